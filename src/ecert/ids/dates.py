"""Calendar dates as certificates write them, 长期, and validity ranges.

A date is an Asia/Shanghai day, end inclusive (never-accept.md L12): the legal time of certificates
is UTC+8 without regard to the summer time of 1986-1991, so no time zone data is read. Accepted:
YYYYMMDD, YYYY-MM-DD, YYYY/M/D, YYYY年M月D日, in ASCII or full-width digits. Refused: two-digit
years, other digits, impossible days, times. A far date such as 99991231 stays a date; only
``parse_end_lenient``, meant for converters, reads it as 长期.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import Enum, StrEnum
from functools import lru_cache
from typing import Literal

from ecert.ids.text import Scheme, digits_of, fold

__all__ = [
    "FAR_DATES",
    "LONG_TERM",
    "SHANGHAI",
    "CertDate",
    "LongTerm",
    "State",
    "Validity",
    "first_instant",
    "last_instant",
    "parse_date",
    "parse_end",
    "parse_end_lenient",
    "shanghai_day",
]

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
FAR_DATES = frozenset({date(9999, 12, 31), date(2099, 12, 31)})
"""Placeholders that databases hold for 长期 (ecert-data.md 6)."""

_SCHEME = Scheme("date", "date")
_FORMS = re.compile(
    r"(?P<y>[0-9]{4})(?:(?P<m>[0-9]{2})(?P<d>[0-9]{2})"
    r"|-(?P<m2>[0-9]{1,2})-(?P<d2>[0-9]{1,2})"
    r"|/(?P<m3>[0-9]{1,2})/(?P<d3>[0-9]{1,2})"
    r"|年(?P<m4>[0-9]{1,2})月(?P<d4>[0-9]{1,2})日)"
)
_LONG_WORDS = frozenset({"长期", "长期有效"})
_LONGER_WORDS = _LONG_WORDS | {"永久", "永久有效", "无固定期限", "無固定期限", "長期", "至长期"}
_EXPECTED = "YYYYMMDD, YYYY-MM-DD, YYYY/M/D or YYYY年M月D日"
_DIGITS = 8


class LongTerm(Enum):
    """The one value 长期, an open end that was stated, unlike an end that is unknown."""

    LONG_TERM = "长期"

    def __str__(self) -> str:
        return self.value


LONG_TERM: Literal[LongTerm.LONG_TERM] = LongTerm.LONG_TERM


def calendar_date(year: int, month: int, day: int) -> date | None:
    """Return the day, or None if the calendar has no such day."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def parse_date(text: str) -> date:
    """Return the day written in one of the accepted forms."""
    plain = fold(text)
    match = _FORMS.fullmatch(plain)
    if match is None:
        raise _SCHEME.fault("format", f"not a date, expected {_EXPECTED}", text, expected=_EXPECTED)
    year, month, day = (int(g) for g in match.groups() if g is not None)
    found = calendar_date(year, month, day)
    if found is None:
        message = f"there is no day {year:04}-{month:02}-{day:02}"
        raise _SCHEME.fault("impossible", message, text, expected="a day of the calendar")
    return found


def parse_end(text: str) -> date | LongTerm:
    """Return an end of validity: a date, or LONG_TERM for the words 长期 and 长期有效."""
    if fold(text) in _LONG_WORDS:
        return LONG_TERM
    return parse_date(text)


def parse_end_lenient(text: str) -> date | LongTerm:
    """Return an end of validity as legacy tables write it.

    Also 永久 and 无固定期限, 9999-12-31 and 2099-12-31 mean LONG_TERM.
    """
    if fold(text) in _LONGER_WORDS:
        return LONG_TERM
    day = parse_date(text)
    return LONG_TERM if day in FAR_DATES else day


@lru_cache(maxsize=4096)
def first_instant(day: date) -> datetime:
    """Return the first instant of an Asia/Shanghai day, in UTC (16:00:00Z of the day before)."""
    if day == date.min:
        return datetime.min.replace(tzinfo=UTC)
    return datetime.combine(day, time.min, SHANGHAI).astimezone(UTC)


@lru_cache(maxsize=4096)
def last_instant(day: date) -> datetime:
    """Return the last instant of an Asia/Shanghai day, in UTC (15:59:59.999999Z)."""
    return datetime.combine(day, time.max, SHANGHAI).astimezone(UTC)


def shanghai_day(instant: datetime) -> date:
    """Return the Asia/Shanghai day of an aware instant."""
    if instant.tzinfo is None or instant.utcoffset() is None:
        raise ValueError("an instant needs a time zone")
    try:
        return instant.astimezone(SHANGHAI).date()
    except OverflowError:  # the last hours of year 9999, in UTC
        return date.max if instant.year > 1 else date.min


@dataclass(frozen=True, slots=True, order=True)
class CertDate:
    """A calendar date of a certificate, an Asia/Shanghai day.

    Args:
        text: the catalogue form ``YYYYMMDD``.

    """

    text: str

    def __post_init__(self) -> None:
        if not digits_of(self.text) or len(self.text) != _DIGITS:
            raise _SCHEME.fault("format", "expected YYYYMMDD", self.text, expected="YYYYMMDD")
        parse_date(self.text)

    @classmethod
    def parse(cls, text: str) -> CertDate:
        """Return the date in any accepted form."""
        return cls.of(parse_date(text))

    @classmethod
    def of(cls, day: date) -> CertDate:
        """Return the value of a ``datetime.date``."""
        return cls(f"{day.year:04}{day.month:02}{day.day:02}")

    def __str__(self) -> str:
        return self.text

    @property
    def day(self) -> date:
        """The ``datetime.date``."""
        return parse_date(self.text)

    @property
    def iso(self) -> str:
        """``YYYY-MM-DD``."""
        return self.day.isoformat()

    @property
    def chinese(self) -> str:
        """``YYYY年MM月DD日``, as printed on a face."""
        return f"{self.text[:4]}年{self.text[4:6]}月{self.text[6:]}日"


class State(StrEnum):
    """Where an instant lies in a validity range."""

    NOT_YET = "not_yet"
    IN_FORCE = "in_force"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Validity:
    """A range of Asia/Shanghai days, both ends inclusive.

    Args:
        start: first day, or None when not stated.
        end: last day, LONG_TERM when stated as open, or None when not stated.

    """

    start: date | None
    end: date | LongTerm | None

    def __post_init__(self) -> None:
        if self.start is not None and isinstance(self.end, date) and self.end < self.start:
            message = f"the end {self.end} lies before the start {self.start}"
            raise Scheme("validity", "validity").fault("order", message, str(self))

    @classmethod
    def parse(cls, start: str | None, end: str | None) -> Validity:
        """Return the range of two texts; None or blank means not stated."""
        return cls(
            parse_date(start) if start is not None and fold(start) else None,
            parse_end(end) if end is not None and fold(end) else None,
        )

    def __str__(self) -> str:
        start = self.start.isoformat() if self.start else ""
        end = self.end.isoformat() if isinstance(self.end, date) else str(self.end or "")
        return f"{start}/{end}"

    def state(self, instant: datetime) -> State:
        """Return the state at an aware instant; UNKNOWN where a needed end is not stated."""
        day = shanghai_day(instant)
        if self.start is not None and day < self.start:
            return State.NOT_YET
        if isinstance(self.end, date) and day > self.end:
            return State.EXPIRED
        return State.UNKNOWN if self.start is None or self.end is None else State.IN_FORCE

    def covers(self, instant: datetime) -> bool:
        """Whether the range is known to hold at an aware instant."""
        return self.state(instant) is State.IN_FORCE
