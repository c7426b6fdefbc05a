"""The closed set of named, pure functions that a mapping may apply to a cell.

A mapping chooses among them and brings no code of its own. Each takes the text of a cell and gives
text, a list of texts, 长期, nothing (no value), or the cause why it cannot. What it cannot read it
refuses: no two-digit year, no ambiguous region, no credit code computed from a registration number
(ecert-data.md 7). A code is looked up in the system that the mapping names, because ``03`` means
撤销 in one ministry and 注销 in another (ecert-data.md 3.4).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from ecert.conversion.regionnames import find_region
from ecert.errors import InvalidIdentifier
from ecert.ids import LONG_TERM, CertDate, IDNumber, LongTerm, parse_date
from ecert.ids.dates import FAR_DATES, shanghai_day
from ecert.ids.text import digits_of, fold
from ecert.model.codetables import code_table
from ecert.model.issue import Cause

__all__ = ["CODE_SYSTEMS", "DATE_FORMS", "TRANSFORMS", "Result", "Step", "Transform", "apply"]

Result = str | tuple[str, ...] | LongTerm | Cause | None

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_BLANKS = re.compile(r"[\s\ufeff]+")
_BREAKS = re.compile(r"[ \t]*[\r\n\v\f\u2028\u2029]+[ \t]*")
_PLACEHOLDER = re.compile(r"[.。．·…*＊\-－—_＿/／\\#＃?？\s]+")
_HALF = str.maketrans("（）〔〕［］【】﹙﹚", "()[][][]()")
_WIDE = str.maketrans("()[]【】［］﹙﹚", "（）〔〕〔〕〔〕（）")
_DOTS = str.maketrans(dict.fromkeys("\u2022\u2027\u2219\u22c5\u30fb\uff65\u0387", "\u00b7"))
_LONG_WORDS = frozenset(
    {"长期", "長期", "长期有效", "永久", "永久有效", "无固定期限", "至长期", "不约定期限"}
)
_OLD_ID, _REGNO = 15, 15
_ORGCODE = re.compile("[0-9A-Z]{8}-?[0-9X]")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCK = r"[ T](?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
DATE_FORMS: Mapping[str, re.Pattern[str]] = {
    "yyyyMMdd": re.compile("[0-9]{8}"),
    "yyyy-M-d": re.compile("[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"),
    "yyyy/M/d": re.compile("[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}"),
    "yyyy.M.d": re.compile(r"[0-9]{4}\.[0-9]{1,2}\.[0-9]{1,2}"),
    "yyyy年M月d日": re.compile("[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日"),
    "datetime": re.compile(rf"([0-9]{{4}}[-/][0-9]{{1,2}}[-/][0-9]{{1,2}}){_CLOCK}"),
    "epoch_ms": re.compile("-?[0-9]{11,14}"),
}
"""Forms of dates by name; ``datetime`` drops the time of day, ``epoch_ms`` gives the Shanghai day."""


@dataclass(frozen=True, slots=True)
class Step:
    """One use of a transform: its name, the mapping's argument, the table it looks into."""

    name: str
    args: tuple[str, ...] = ()
    table: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform:
    """A named function and the argument it takes: ``none``, ``some`` of ``choices``, ``table``, ``text``."""

    function: Callable[[str, Step], Result]
    takes: str = "none"
    choices: tuple[str, ...] = ()


def apply(steps: tuple[Step, ...], value: str) -> Result:
    """Return the value after every step; stops at a cause, at 长期 and at nothing."""
    result: Result = value
    for step in steps:
        function = TRANSFORMS[step.name].function
        if isinstance(result, str):
            result = function(result, step)
        elif isinstance(result, tuple):
            result = _each(function, result, step)
        else:
            return result
    return result


def _each(
    function: Callable[[str, Step], Result], items: tuple[str, ...], step: Step
) -> tuple[str, ...] | Cause:
    found: list[str] = []
    for index, item in enumerate(items):
        value = function(item, step)
        if isinstance(value, Cause):
            return value.at(f"[{index}]")
        found += value if isinstance(value, tuple) else [str(value)] if value is not None else []
    return tuple(found)


def _trim(text: str, _step: Step) -> str:
    return text.strip().strip("\ufeff").strip()


def _remove_blanks(text: str, _step: Step) -> str:
    return _BLANKS.sub("", text)


def _join_lines(text: str, _step: Step) -> str:
    """Drop line breaks inside a cell; a blank stays between words of ASCII."""
    return _BREAKS.sub(lambda m: " " if text[: m.start()][-1:].isascii() else "", text)


def _fold_width(text: str, _step: Step) -> str:
    return text.translate(_FULL_WIDTH)


def _upper(text: str, _step: Step) -> str:
    return text.upper()


def _nfc(text: str, _step: Step) -> str:
    return unicodedata.normalize("NFC", text)


def _brackets(text: str, step: Step) -> str:
    return text.translate(_HALF if step.args == ("half",) else _WIDE)


def _interpunct(text: str, _step: Step) -> str:
    return text.translate(_DOTS)


def _strip_placeholder(text: str, _step: Step) -> str | None:
    return None if _PLACEHOLDER.fullmatch(text) else text


def _long_term_words(text: str, _step: Step) -> Result:
    return LONG_TERM if fold(text) in _LONG_WORDS else text


def _far_date_long_term(text: str, _step: Step) -> Result:
    """Read 99991231 and 20991231 as 长期; only where the mapping says so by name."""
    try:
        return LONG_TERM if parse_date(text) in FAR_DATES else text
    except InvalidIdentifier:
        return text


def _date(text: str, step: Step) -> Result:
    for name in step.args:
        match = DATE_FORMS[name].fullmatch(text)
        if match is None:
            continue
        if name == "epoch_ms":
            return _epoch(text)
        plain = match[1] if name == "datetime" else text
        return _day(plain.replace(".", "-"))
    return Cause.of("date.format", expected=", ".join(step.args))


def _day(text: str) -> str | Cause:
    try:
        return str(CertDate.of(parse_date(text)))
    except InvalidIdentifier as error:
        return Cause.from_identifier(error)


def _epoch(text: str) -> str | Cause:
    try:
        instant = _EPOCH + timedelta(milliseconds=int(text))
        day: date = shanghai_day(instant)
    except OverflowError:
        return Cause.of("date.impossible")
    return str(CertDate.of(day))


def _id15to18(text: str, _step: Step) -> str | Cause:
    if not (digits_of(text) and len(text) == _OLD_ID):
        return text
    try:
        return str(IDNumber.upgrade(text))
    except InvalidIdentifier as error:
        return Cause.from_identifier(error)


def _uscc_or_regno(text: str, step: Step) -> str | Cause:
    """Pass a credit code; turn an older number into one only where the mapping's table lists it."""
    known = step.table.get(text)
    if known is not None:
        return known
    if digits_of(text) and len(text) == _REGNO:
        return Cause.of("conversion.regno_not_uscc")
    if _ORGCODE.fullmatch(text):
        return Cause.of("conversion.orgcode_not_uscc")
    return text


def _look_up(text: str, step: Step) -> str | Cause:
    known = step.table.get(text)
    return known if known is not None else Cause.of("conversion.not_in_table", table=step.args[0])


def _code(text: str, step: Step) -> str | Cause:
    known = _code_system(step.args[0]).get(text)
    return known if known is not None else Cause.of("conversion.code_unknown", system=step.args[0])


def _split_list(text: str, step: Step) -> tuple[str, ...]:
    separators = step.args[0] if step.args else ",，;；、"
    parts = re.split(f"[{re.escape(separators)}]", text)
    return tuple(part.strip() for part in parts if part.strip())


def _region_lookup(text: str, _step: Step) -> str | Cause:
    return find_region(text)


_HOLDER_BEIJING = {"10": "111", "40": "999", "70": "001", "50": "099", "80": "099"}
CODE_SYSTEMS = (
    "holder_type.beijing",
    "holder_type.words",
    "sex.gbt2261",
    "status.mohurd",
    "status.real_estate",
    "status.transport",
    "status.words",
)
"""Code systems by name: what is coded, then whose code it is (ecert-data.md 3.2, 3.4, 6, 7)."""


@lru_cache(maxsize=len(CODE_SYSTEMS))
def _code_system(name: str) -> Mapping[str, str]:
    subject, system = name.split(".")
    if name == "holder_type.beijing":
        return _HOLDER_BEIJING
    table_name = {"holder_type": "holder_code_type", "status": "certificate_status"}.get(
        subject, subject
    )
    table = code_table(table_name)
    items = table.items.values() if table else ()
    words = {item.zh: item.code for item in items}
    if system == "words":
        return words
    if name == "sex.gbt2261":  # tables mix 男 with 1; the words mean the same everywhere
        return words | {item.code: item.code for item in items}
    return {item.equivalents[system]: item.code for item in items if system in item.equivalents}


TRANSFORMS: Mapping[str, Transform] = {
    "trim": Transform(function=_trim),
    "remove_blanks": Transform(function=_remove_blanks),
    "join_lines": Transform(function=_join_lines),
    "fold_width": Transform(function=_fold_width),
    "upper": Transform(function=_upper),
    "nfc": Transform(function=_nfc),
    "brackets": Transform(function=_brackets, takes="one", choices=("half", "full")),
    "interpunct": Transform(function=_interpunct),
    "strip_placeholder": Transform(function=_strip_placeholder),
    "long_term_words": Transform(function=_long_term_words),
    "far_date_long_term": Transform(function=_far_date_long_term),
    "date": Transform(function=_date, takes="some", choices=tuple(DATE_FORMS)),
    "id15to18": Transform(function=_id15to18),
    "uscc_or_regno": Transform(function=_uscc_or_regno, takes="table or none"),
    "lookup": Transform(function=_look_up, takes="table"),
    "code": Transform(function=_code, takes="one", choices=CODE_SYSTEMS),
    "split_list": Transform(function=_split_list, takes="text or none"),
    "region_lookup": Transform(function=_region_lookup),
}
"""Every transform by the name a mapping uses."""
