"""Kinds of fields: what a value of each kind must be, and the exact text a face prints for it.

The kinds and the character sets are closed: a profile chooses among them and brings no patterns of
its own, so a profile can neither hang a verifier nor mean something else in another implementation.
Checking returns causes as data and never raises.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from ecert.errors import InvalidIdentifier
from ecert.ids import ECID, USCC, IDNumber, RegionCode, region
from ecert.model.canonical import canonical_bytes
from ecert.model.characters import name_causes, text_causes
from ecert.model.codetables import code_table
from ecert.model.images import image_causes
from ecert.model.issue import Cause
from ecert.model.spec import read_day

__all__ = [
    "CHARSETS",
    "KINDS",
    "LONG_TERM_TEXT",
    "Context",
    "FieldSpec",
    "check_value",
    "display_date",
    "display_value",
    "flat_value",
    "read_instant",
]

LONG_TERM_TEXT = "长期"
CHARSETS = {
    "digits": re.compile("[0-9]*"),
    "upper_alphanumeric": re.compile("[0-9A-Z]*"),
    "ascii": re.compile("[ -~]*"),
}
_TEXT_LENGTH = 2000
_NAME_LENGTH = 200
_IMAGE_BYTES = 512 * 1024
_ROWS = 500
_FIRST_YEAR, _LAST_YEAR = 1800, 2199
_NUMERALS = frozenset("0123456789〇零一二三四五六七八九十壹贰叁肆伍陆柒捌玖拾百佰千仟万萬亿億")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSpec:
    """One field of a certificate type, or one element of the metadata.

    Args:
        name: key in the JSON. zh, en: labels. short: pinyin short name of the flat carriers, or
            ``""``.
        kind: one of KINDS. required: must be present and not empty. personal: masked in outputs.
        confidence: how the field was learnt. group: information group of the engineering standards.
        min_length, max_length, length: in characters, 0 for none. charset: a key of CHARSETS or
            ``""``.
        table: code table of a ``code``. many: the value is a list of codes, printed with ``join``.
        columns: fields of one row of a ``table``. label_from: field whose meaning is the printed
            label.
        max_bytes: largest picture. aliases: other names seen for the same element.

    """

    name: str
    zh: str
    en: str
    kind: str
    short: str = ""
    required: bool = False
    personal: bool = False
    confidence: str = "from_memory"
    group: str = ""
    min_length: int = 0
    max_length: int = 0
    length: int = 0
    charset: str = ""
    table: str = ""
    many: bool = False
    join: str = ""
    columns: Mapping[str, FieldSpec] = field(default_factory=dict)
    label_from: str = ""
    max_bytes: int = 0
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What checking may know besides the value.

    Args:
        on: day of issue, for codes that come and go. nonconforming: credit codes known to have been
            really issued with a wrong check character (decision-table: an unknown, not an error).

    """

    on: date | None = None
    nonconforming: frozenset[str] = frozenset()


Checker = Callable[[FieldSpec, Any, Context], tuple[Cause, ...]]


def check_value(spec: FieldSpec, value: Any, context: Context | None = None) -> tuple[Cause, ...]:
    """Return everything wrong with a value that is present."""
    return _CHECKERS[spec.kind](spec, value, context or Context())


def _text_of(check: Checker) -> Checker:
    """Wrap a check of text: other types and hidden characters end it before ``check`` looks."""

    def checked(spec: FieldSpec, value: Any, context: Context) -> tuple[Cause, ...]:
        if not isinstance(value, str):
            return (Cause.of("value.type", expected="text"),)
        causes = (*text_causes(value), *_lengths(spec, value))
        return causes or check(spec, value, context)

    return checked


def _lengths(spec: FieldSpec, value: str) -> tuple[Cause, ...]:
    size = len(value)
    limit = spec.max_length or (_NAME_LENGTH if spec.kind == "name" else _TEXT_LENGTH)
    causes = []
    if size > limit:
        causes.append(Cause.of("value.too_long", size=size, limit=limit))
    if size < spec.min_length:
        causes.append(Cause.of("value.too_short", size=size, limit=spec.min_length))
    if spec.length and size != spec.length:
        causes.append(Cause.of("value.length", size=size, expected=spec.length))
    if spec.charset and not CHARSETS[spec.charset].fullmatch(value):
        causes.append(Cause.of("value.charset", charset=spec.charset))
    return tuple(causes)


def _plain(_spec: FieldSpec, _value: Any, _context: Context) -> tuple[Cause, ...]:
    return ()


def _name(_spec: FieldSpec, value: Any, _context: Context) -> tuple[Cause, ...]:
    return name_causes(value)


def _date(_spec: FieldSpec, value: Any, _context: Context) -> tuple[Cause, ...]:
    day = read_day(value)
    if day is None:
        return (Cause.of("value.date"),)
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        return (Cause.of("value.date_range", first=_FIRST_YEAR, last=_LAST_YEAR),)
    return ()


def _date_or_long_term(spec: FieldSpec, value: Any, context: Context) -> tuple[Cause, ...]:
    return () if value == LONG_TERM_TEXT else _date(spec, value, context)


def _instant(_spec: FieldSpec, value: Any, _context: Context) -> tuple[Cause, ...]:
    return () if read_instant(value) else (Cause.of("value.instant"),)


def read_instant(value: Any) -> datetime | None:
    """Return the instant written in ISO 8601 with a zone, or None."""
    if not isinstance(value, str) or not re.match("[0-9]{4}-[0-9]{2}-[0-9]{2}T", value):
        return None
    try:
        instant = datetime.fromisoformat(value)
        return instant if instant.utcoffset() is not None else None
    except (ValueError, OverflowError):
        return None


def _scheme(kind: Callable[[str], object]) -> Checker:
    def checked(_spec: FieldSpec, value: Any, _context: Context) -> tuple[Cause, ...]:
        try:
            kind(value)
        except InvalidIdentifier as error:
            return (Cause.from_identifier(error),)
        return ()

    return checked


def _uscc(_spec: FieldSpec, value: Any, context: Context) -> tuple[Cause, ...]:
    try:
        USCC(value)
    except InvalidIdentifier as error:
        if value in context.nonconforming:
            return (Cause("uscc.nonconforming", ok=None),)
        return (Cause.from_identifier(error),)
    return ()


def _money(_spec: FieldSpec, value: Any, _context: Context) -> tuple[Cause, ...]:
    return () if any(c in _NUMERALS for c in value) else (Cause.of("value.money"),)


def _image(spec: FieldSpec, value: Any, _context: Context) -> tuple[Cause, ...]:
    if not isinstance(value, str):
        return (Cause.of("value.type", expected="text"),)
    return image_causes(value, spec.max_bytes or _IMAGE_BYTES)


def _integer(_spec: FieldSpec, value: Any, _context: Context) -> tuple[Cause, ...]:
    if isinstance(value, int) and not isinstance(value, bool):
        return ()
    return (Cause.of("value.type", expected="integer"),)


def _code(spec: FieldSpec, value: Any, context: Context) -> tuple[Cause, ...]:
    if not spec.many:
        return _one_code(spec, value, context)
    if not isinstance(value, list | tuple) or not value:
        return (Cause.of("value.type", expected="list"),)
    causes = [
        cause.at(f"[{index}]")
        for index, item in enumerate(value[:_ROWS])
        for cause in _one_code(spec, item, context)
    ]
    if len(set(map(str, value))) != len(value):
        causes.append(Cause.of("value.repeated"))
    return tuple(causes)


def _one_code(spec: FieldSpec, value: Any, context: Context) -> tuple[Cause, ...]:
    if not isinstance(value, str):
        return (Cause.of("value.type", expected="text"),)
    table = code_table(spec.table)
    if table is not None and not table.has(value):
        return (Cause.of("value.not_in_table", table=table.zh),)
    if table is not None and not table.has(value, context.on):
        return (Cause.of("value.code_not_in_force", table=table.zh),)
    return ()


def _table(spec: FieldSpec, value: Any, context: Context) -> tuple[Cause, ...]:
    if not isinstance(value, list | tuple):
        return (Cause.of("value.type", expected="list"),)
    if len(value) > _ROWS:
        return (Cause.of("value.too_many_rows", size=len(value), limit=_ROWS),)
    causes: list[Cause] = []
    for index, row in enumerate(value):
        if not isinstance(row, Mapping):
            causes.append(Cause.of("value.type", expected="object").at(f"[{index}]"))
            continue
        for name, column in spec.columns.items():
            place = f"[{index}].{name}"
            if row.get(name) in (None, ""):
                causes += [Cause.of("value.column_missing").at(place)] if column.required else []
            else:
                causes += [c.at(place) for c in check_value(column, row[name], context)]
    return tuple(causes)


_CHECKERS: dict[str, Checker] = {
    "text": _text_of(_plain),
    "name": _text_of(_name),
    "date": _text_of(_date),
    "date_or_long_term": _text_of(_date_or_long_term),
    "instant": _text_of(_instant),
    "region": _text_of(_scheme(RegionCode)),
    "uscc": _text_of(_uscc),
    "idnumber": _text_of(_scheme(IDNumber)),
    "ecid": _text_of(_scheme(ECID)),
    "money": _text_of(_money),
    "image": _image,
    "code": _code,
    "integer": _integer,
    "table": _table,
}
KINDS = tuple(_CHECKERS)


def display_date(text: str, style: str) -> str:
    """Return a stored date as printed: ``date_zh`` 2024年03月18日, ``date_dots`` 2024.03.18."""
    if read_day(text) is None:
        return text
    if style == "date_dots":
        return f"{text[:4]}.{text[4:6]}.{text[6:]}"
    return f"{text[:4]}年{text[4:6]}月{text[6:]}日"


def display_value(spec: FieldSpec, value: Any, style: str = "") -> str:
    """Return the exact text a face prints for a value; a wrong value is shown as it stands."""
    if spec.kind in {"date", "date_or_long_term"}:
        return display_date(str(value), style)
    if spec.kind == "code":
        return spec.join.join(_meaning(spec, v, style) for v in _items(spec, value))
    if spec.kind == "region":
        return _region_name(str(value)) if style != "code" else str(value)
    return flat_value(spec, value)


def _items(spec: FieldSpec, value: Any) -> tuple[Any, ...]:
    return tuple(value) if spec.many and isinstance(value, list | tuple) else (value,)


def _meaning(spec: FieldSpec, code: Any, style: str) -> str:
    table = code_table(spec.table)
    found = table.meaning(code) if table and isinstance(code, str) and style != "code" else None
    return found or str(code)


def _region_name(code: str) -> str:
    try:
        found = region.lookup(RegionCode(code))
    except InvalidIdentifier:
        return code
    return found.name if found else code


def flat_value(spec: FieldSpec, value: Any) -> str:
    """Return a value as the one string that flat carriers hold (XMP, CustomDatas, QR)."""
    if spec.kind == "code":
        return ",".join(map(str, _items(spec, value)))
    if isinstance(value, str):
        return value
    return canonical_bytes(value).decode()
