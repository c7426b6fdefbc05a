"""Stored facts of certificates (``ecert.facts/1``, JSON Lines): what recognition reads, for corpora (D9).

Kept of a file whose data its issuer proved: division, type, dates, the grade of its time, the issuer's
entry, and of the fields those whose kind can name nobody: dates, amounts, numbers, codes. No names, no
free text, no identifier of a holder or of the certificate; a rule that reads one of these answers
unknown of stored facts. A line states its schema; a line that is not exactly of it is an error of its
own, and the next one is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import IO, Any, Literal, cast, get_args

from ecert.errors import ECertError, InvalidIdentifier, MalformedInput, TrustError
from ecert.ids import RegionCode
from ecert.model import Profile, parse_json
from ecert.model.metadata import metadata_table
from ecert.recognition.asked import FIRM, HOLDERS, Asked, Fact, Grade
from ecert.report.jsonform import dumps, instant
from ecert.trust.issuers import KINDS, STATES
from ecert.trust.reading import Node, bad
from ecert.verification.case import ListingCase

__all__ = ["KEPT_KINDS", "LONGEST", "SCHEMA", "BadLine", "Stored", "read_facts", "store"]

SCHEMA = "ecert.facts/1"
KEPT_KINDS = frozenset(
    {"date", "date_or_long_term", "instant", "region", "money", "code", "integer"}
)
"""Kinds of fields whose values name nobody."""
LONGEST = 64 * 1024
"""Bytes of one line: the facts of a certificate with every field of the largest type take 4 KiB."""
_MOST_FACTS = 512
_TOP = {
    "schema", "subject", "verified_at", "issuing", "type_code", "profile_id", "issue_date", "grade",
    "signed_by", "kind", "valid_from", "valid_to", "long_term", "holder_kind", "holder_id_type", "facts",
    "issuer", "state",
}  # fmt: skip
_ISSUER = {
    "authority", "kind", "territory", "types", "states", "assurance", "issued_at", "next_update",
    "key",
}  # fmt: skip
_TEXT = 256
"""Characters of one text of the facts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The facts of one certificate.

    Args:
        subject: SHA-256 of the file. verified_at: instant for which they were read.
        asked: the question without a region and a matter.
    """

    subject: str
    verified_at: datetime
    asked: Asked

    def to_json(self) -> str:
        """Return the facts as one line."""
        return dumps(_plain(self))


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that holds no facts, by its number from 1, and why."""

    number: int
    what: str


def store(asked: Asked, *, subject: str, at: datetime, profile: Profile | None) -> Stored:
    """Return what may be kept of a question that was put about a file.

    Args:
        profile: of the certificate's type; without it no field is kept, for nothing says what it holds.

    Raises:
        ECertError: ``facts.not_proven``: no issuer's signature covers the data (L7).
    """
    if asked.blocked_by is not None:
        raise ECertError("facts.not_proven", subject)
    kept = tuple(f for f in asked.facts if not f.personal and _kind(f.path, profile) in KEPT_KINDS)
    issuer = replace(asked.issuer, name="") if asked.issuer is not None else None
    plain = replace(asked, relying="", matter=None, ecid=None, facts=kept, issuer=issuer)
    return Stored(subject=subject, verified_at=at, asked=plain)


def _kind(path: str, profile: Profile | None) -> str:
    group, _, name = path.partition(".")
    if profile is None:
        return ""
    known = metadata_table().elements if group == "metadata" else profile.fields
    spec = known.get(name)
    return spec.kind if spec is not None and not spec.personal else ""


def _plain(stored: Stored) -> dict[str, Any]:
    asked = stored.asked
    return {
        "schema": SCHEMA,
        "subject": stored.subject,
        "verified_at": instant(stored.verified_at),
        "issuing": asked.issuing,
        "type_code": asked.type_code,
        "profile_id": asked.profile_id,
        "issue_date": _day(asked.issue_date),
        "grade": asked.grade,
        "signed_by": instant(asked.signed_by),
        "kind": asked.kind,
        "valid_from": _day(asked.valid_from),
        "valid_to": _day(asked.valid_to),
        "long_term": asked.long_term,
        "holder_kind": asked.holder_kind,
        "holder_id_type": asked.holder_id_type,
        "facts": {f.path: list(f.many) or f.value for f in asked.facts},
        "issuer": _listing(asked.issuer),
        "state": asked.state,
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None


def _listing(entry: ListingCase | None) -> dict[str, Any] | None:
    if entry is None:
        return None
    return {
        "authority": entry.authority,
        "kind": entry.kind,
        "territory": entry.territory,
        "types": list(entry.types),
        "states": [[state, instant(a), instant(b)] for state, a, b in entry.states],
        "assurance": entry.assurance,
        "issued_at": instant(entry.issued_at),
        "next_update": instant(entry.next_update),
        "key": entry.key,
    }


def read_facts(stream: IO[bytes]) -> Iterator[Stored | BadLine]:
    """Yield the facts of every line, or why it holds none; blank lines are passed over."""
    number = 0
    while line := stream.readline(LONGEST + 1):
        number += 1
        if len(line) > LONGEST:
            while line and not line.endswith(b"\n"):
                line = stream.readline(LONGEST)
            yield BadLine(number, f"longer than {LONGEST} bytes")
        elif line.strip():
            yield _line(line, number)


def _line(line: bytes, number: int) -> Stored | BadLine:
    try:
        return _stored(Node(parse_json(line.strip()), f"line {number}", "", _TOP))
    except (TrustError, MalformedInput) as error:
        return BadLine(number, error.message)


def _stored(top: Node) -> Stored:
    top.choice("schema", (SCHEMA,))
    grade = cast("Grade", top.choice("grade", get_args(Grade)))
    signed_by = top.instant_or_none("signed_by")
    if (signed_by is not None) is not (grade in FIRM):
        raise bad(top.source, "signed_by", f"stands with the grades {', '.join(FIRM)} alone")
    holder = _short(top, "holder_kind")
    if holder is not None and holder not in HOLDERS:
        raise bad(top.source, "holder_kind", f"is one of {', '.join(HOLDERS)}")
    return Stored(
        subject=_digest(top),
        verified_at=top.instant("verified_at"),
        asked=Asked(
            relying="",
            issuing=_division(top),
            type_code=_short(top, "type_code"),
            profile_id=_short(top, "profile_id"),
            issue_date=_date(top, "issue_date"),
            grade=grade,
            signed_by=signed_by,
            kind=_short(top, "kind"),
            valid_from=_date(top, "valid_from"),
            valid_to=_date(top, "valid_to"),
            long_term=top.truth("long_term"),
            holder_kind=holder,
            holder_id_type=_short(top, "holder_id_type"),
            facts=_facts(top),
            issuer=_entry(top),
            state=_short(top, "state"),
        ),
    )


def _short(top: Node, name: str) -> str | None:
    if not top.has(name):
        return None
    text = top.text(name)
    if len(text) > _TEXT:
        raise bad(top.source, top.at(name), f"has more than {_TEXT} characters")
    return text


def _digest(top: Node) -> str:
    text = top.text("subject")
    if len(text) != 64 or not set(text) <= set("0123456789abcdef"):  # noqa: PLR2004 - SHA-256 in hex
        raise bad(top.source, "subject", "must be 64 hex digits")
    return text


def _division(top: Node) -> str | None:
    text = _short(top, "issuing")
    try:
        return str(RegionCode(text)) if text is not None else None
    except InvalidIdentifier:
        raise bad(top.source, "issuing", "must be a six-digit division code") from None


def _date(top: Node, name: str) -> date | None:
    text = _short(top, name)
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise bad(top.source, top.at(name), "must be a day, YYYY-MM-DD") from None


def _facts(top: Node) -> tuple[Fact, ...]:
    body = top.value("facts")
    if not isinstance(body, Mapping) or len(body) > _MOST_FACTS:
        raise bad(top.source, "facts", f"must be a mapping of at most {_MOST_FACTS}")
    for path, value in body.items():
        named = path.partition(".")
        if named[0] not in ("fields", "metadata") or not named[2] or len(path) > _TEXT:
            raise bad(top.source, "facts", "are named fields.NAME or metadata.NAME")
        texts = value if isinstance(value, list) else [value]
        if not 0 < len(texts) <= _MOST_FACTS or not all(_kept(v, value) for v in texts):
            raise bad(top.source, f"facts.{path}", "must be short texts, a number or a truth")
    return tuple(_fact(path, value) for path, value in body.items())


def _kept(one: Any, value: Any) -> bool:
    """Whether one value is short; those of a list are texts."""
    short = isinstance(one, str) and len(one) <= _TEXT
    return short or (isinstance(one, int) and not isinstance(value, list))


def _fact(path: str, value: Any) -> Fact:
    return Fact(path, None, many=tuple(value)) if isinstance(value, list) else Fact(path, value)


def _entry(top: Node) -> ListingCase | None:
    if not top.has("issuer"):
        return None
    body = top.node("issuer", _ISSUER)
    return ListingCase(
        authority=body.text("authority"),
        name="",
        kind=body.choice("kind", KINDS),
        territory=body.text("territory", ""),
        types=body.texts("types"),
        states=tuple(_window(body, w) for w in body.items("states")),
        assurance=body.text("assurance", ""),
        issued_at=body.instant_or_none("issued_at"),
        next_update=body.instant_or_none("next_update"),
        key=body.text("key", ""),
    )


def _window(body: Node, row: Any) -> tuple[str, datetime, datetime | None]:
    names: tuple[Literal["state", "from", "to"], ...] = ("state", "from", "to")
    if not isinstance(row, list) or len(row) != len(names):
        raise bad(body.source, body.at("states"), "are rows of state, from, to")
    made = Node(dict(zip(names, row, strict=True)), body.source, body.at("states"), set(names))
    return made.choice("state", STATES), made.instant("from"), made.instant_or_none("to")
