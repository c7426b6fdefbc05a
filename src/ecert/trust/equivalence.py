"""Equivalences of an agreement (recognition.md D4): what the issuing side's words mean on the relying side.

Types, statuses and levels are relations of pairs, never maps: one to many keeps all, by priority.
Codes are translated by pairs or by a named table; fields by a closed set of transforms. Refused: a
transform that is not known, one that loses something and does not say so, two fields to one place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ecert.errors import InvalidIdentifier
from ecert.ids.dates import parse_date
from ecert.ids.text import fold
from ecert.trust.reading import Node, bad

__all__ = [
    "LEVELS",
    "TRANSFORMS",
    "CodeMapping",
    "Equivalences",
    "FieldMapping",
    "Pair",
    "level_reached",
]

LEVELS = ("low", "substantial", "high")
"""Levels of assurance that are known in order; another word equals only itself."""
_MOST = 4096
"""Rows of one relation; the national catalogue has about 1,000 types."""
_PATH = re.compile(r"(?:metadata|fields)\.[A-Za-z][A-Za-z0-9_]{0,63}")


def _date(text: str) -> str | None:
    try:
        return parse_date(text).isoformat()
    except InvalidIdentifier:
        return None


def _year(text: str) -> str | None:
    day = _date(text)
    return day[:4] if day is not None else None


TRANSFORMS: Mapping[str, Callable[[str], str | None]] = MappingProxyType(
    {"copy": lambda text: text, "narrow": fold, "upper": str.upper, "date": _date, "year": _year}
)
"""The closed set: as it is; without blanks and in narrow digits; in capitals; YYYY-MM-DD; the year."""
LOSSY = frozenset({"upper", "year"})


@dataclass(frozen=True, slots=True)
class Pair:
    """One row of a relation: a value of the issuing side and one of the relying side."""

    issuing: str
    relying: str
    priority: int = 0


@dataclass(frozen=True, slots=True)
class CodeMapping:
    """Codes in one field, by pairs written here or by the code table of that name.

    Args:
        absent: what a certificate without the field means: unknown, or nothing to translate.
    """

    path: str
    table: str = ""
    pairs: tuple[Pair, ...] = ()
    absent: str = "unknown"


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """One field under another name.

    Args:
        absent: what a certificate without the source means: unknown, or nothing to translate.
    """

    source: str
    target: str
    transform: str = "copy"
    lossy: bool = False
    absent: str = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivalences:
    """What one agreement says of five kinds of values; a kind that is not named is empty."""

    type: tuple[Pair, ...] = ()
    status: tuple[Pair, ...] = ()
    level: tuple[Pair, ...] = ()
    code: tuple[CodeMapping, ...] = ()
    field: tuple[FieldMapping, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.type or self.status or self.level or self.code or self.field)

    @classmethod
    def parse(cls, body: Node) -> Equivalences:
        """Return the equivalences of an agreement's member of that name.

        Raises:
            TrustError: an unknown member, transform or path; a row twice; a loss that is not stated.
        """
        return cls(
            type=_pairs(body, "type"),
            status=_pairs(body, "status"),
            level=_pairs(body, "level"),
            code=_codes(body),
            field=_fields(body),
        )


def related(pairs: tuple[Pair, ...], value: str | None) -> tuple[str, ...]:
    """Return every value that stands for one, the highest priority first; none where none is written."""
    found = [p for p in pairs if p.issuing == value]
    return tuple(dict.fromkeys(p.relying for p in sorted(found, key=lambda p: -p.priority)))


def level_reached(level: str, least: str) -> bool | None:
    """Return whether a level is at least another one; None where their order is not known."""
    if level == least:
        return True
    if level not in LEVELS or least not in LEVELS:
        return None
    return LEVELS.index(level) >= LEVELS.index(least)


def _rows(body: Node, name: str, members: set[str]) -> list[Node]:
    found = body.nodes(name, members)
    if len(found) > _MOST:
        raise bad(body.source, body.at(name), f"has more than {_MOST} rows")
    return found


def _pairs(body: Node, name: str) -> tuple[Pair, ...]:
    found = tuple(_pair(row) for row in _rows(body, name, {"issuing", "relying", "priority"}))
    if len({(p.issuing, p.relying) for p in found}) != len(found):
        raise bad(body.source, body.at(name), "has one pair twice")
    return found


def _pair(row: Node) -> Pair:
    return Pair(row.text("issuing"), row.text("relying"), row.number("priority", 0))


def _path(row: Node, name: str) -> str:
    text = row.text(name)
    if not _PATH.fullmatch(text):
        raise bad(row.source, row.at(name), "must be metadata.NAME or fields.NAME")
    return text


def _absent(row: Node) -> str:
    return row.choice("absent", ("unknown", "skip"), "unknown")


def _codes(body: Node) -> tuple[CodeMapping, ...]:
    found = []
    for row in _rows(body, "code", {"path", "table", "pairs", "absent"}):
        pairs = _pairs(row, "pairs")
        table = row.text("table", "")
        if bool(pairs) is bool(table):
            raise bad(row.source, row.path, "needs a table or pairs, one of the two")
        found.append(CodeMapping(_path(row, "path"), table, pairs, _absent(row)))
    if len({c.path for c in found}) != len(found):
        raise bad(body.source, body.at("code"), "has one path twice")
    return tuple(found)


def _fields(body: Node) -> tuple[FieldMapping, ...]:
    found = []
    for row in _rows(body, "field", {"from", "to", "transform", "lossy", "absent"}):
        transform = row.choice("transform", tuple(TRANSFORMS), "copy")
        if transform in LOSSY and not row.flag("lossy"):
            raise bad(row.source, row.at("lossy"), f"must be true: {transform} loses something")
        found.append(
            FieldMapping(
                _path(row, "from"),
                _path(row, "to"),
                transform,
                row.flag("lossy"),
                _absent(row),
            )
        )
    if len({f.target for f in found}) != len(found):
        raise bad(body.source, body.at("field"), "has one target twice")
    return tuple(found)
