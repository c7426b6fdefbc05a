"""行政区划代码 (GB/T 2260) with history: which name a code had when, and what took its place.

A withdrawn code is valid history and an unknown code is an answer (None), never an error; only a
text that is not six digits is refused. Data: data/regions.csv (provenance in data/README.md), read
on first use, not at import.
"""

from __future__ import annotations

import calendar
import csv
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources
from types import MappingProxyType

from ecert.ids.text import DIGITS, Scheme, fold

__all__ = [
    "NATION",
    "Region",
    "RegionCode",
    "ancestors",
    "current",
    "history",
    "lookup",
    "newest_table",
    "under",
]

NATION = "100000"
"""The whole country, as credit codes of central bodies write it."""

_SCHEME = Scheme("region", "region code")
_SIZE = 6


@dataclass(frozen=True, slots=True, order=True)
class RegionCode:
    """A six-digit region code; whether it is listed is a question for ``lookup``.

    Args:
        text: six digits.

    """

    text: str

    def __post_init__(self) -> None:
        text = _SCHEME.length(self.text, _SIZE)
        _SCHEME.characters(text, 0, _SIZE, alphabet=DIGITS, name="0-9")

    @classmethod
    def parse(cls, text: str) -> RegionCode:
        """Return the code in typed text: blanks and full-width digits are allowed."""
        return cls(fold(text))

    def __str__(self) -> str:
        return self.text

    @property
    def province(self) -> RegionCode:
        """The province level code above it, or itself."""
        return RegionCode(self.text[:2] + "0000")

    @property
    def level(self) -> str:
        """``"nation"``, ``"province"``, ``"prefecture"`` or ``"county"``."""
        if self.text == NATION:
            return "nation"
        if self.text.endswith("0000"):
            return "province"
        return "prefecture" if self.text.endswith("00") else "county"


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One name of one code.

    Args:
        code, name: as listed.
        valid_from: first day of the month of the first table listing it; None if already in the
            first table, 1980.
        valid_to: last day of the month of the last table listing it; None if in the newest table.
        successors: codes that took its place, where certain; empty means not known.
        basis: ``"same-name"`` or ``"curated"`` for successors, else ``""``.
        source: ``"gb"``, ``"stats"`` (statistical tables only), ``"early"`` or ``"convention"``.

    """

    code: str
    name: str
    valid_from: date | None
    valid_to: date | None
    successors: tuple[str, ...]
    basis: str
    source: str

    @property
    def withdrawn(self) -> bool:
        """Whether the newest table no longer lists this name for this code."""
        return self.valid_to is not None


def lookup(code: RegionCode | str, on: date | None = None) -> Region | None:
    """Return the record of a code on a day, or its latest record; None if there is none.

    Tables are up to a year apart, so a day between the last table with a record and the next one
    without it (or the other way round) is answered with the record: the earlier one where two
    compete.
    """
    records = history(code)
    if on is None or not records:
        return records[-1] if records else None
    for record in records:
        if (record.valid_from or date.min) <= on <= (record.valid_to or date.max):
            return record
    for record in records:
        if record.valid_to is not None and record.valid_to < on < _next_table(record):
            return record
    for record in records:
        if record.valid_from is not None and _previous_table(record) < on < record.valid_from:
            return record
    return None


def history(code: RegionCode | str) -> tuple[Region, ...]:
    """Return every record of a code, oldest first; empty if it was never listed."""
    return _regions().get(str(RegionCode(str(code))), ())


def current(code: RegionCode | str) -> tuple[str, ...]:
    """Return the codes in a code's place today; empty if a step on the way is not known."""
    found: list[str] = []
    seen: set[str] = set()
    waiting = [str(code)]
    while waiting:
        step = waiting.pop(0)
        record = lookup(step)
        if record is None or (record.withdrawn and not record.successors):
            return ()
        if not record.withdrawn:
            found.append(step)
        else:
            waiting += [s for s in record.successors if s not in seen]
            seen.update(record.successors)
    return tuple(dict.fromkeys(found))


def ancestors(code: RegionCode | str) -> tuple[RegionCode, ...]:
    """Return the codes above a code, nearest first, from its digits alone: prefecture, province."""
    text = RegionCode(str(code)).text
    above = (text[:4] + "00", text[:2] + "0000")
    return tuple(dict.fromkeys(RegionCode(a) for a in above if a != text))


def under(code: RegionCode | str, ancestor: RegionCode | str) -> bool:
    """Whether a code is the ancestor or lies below it by its digits; all lie below ``NATION``.

    History is not followed: 510200 (重庆 until 1997) lies under 510000, not under 500000.
    """
    low, high = RegionCode(str(code)), RegionCode(str(ancestor))
    return high.text == NATION or low == high or high in ancestors(low)


def newest_table() -> date:
    """Return the last day of the newest table's month: later changes are not known here."""
    return _last_day(_tables()["gb"][-1])


def _next_table(record: Region) -> date:
    months = _months(record)
    assert record.valid_to is not None
    at = bisect_right(months, f"{record.valid_to:%Y%m}")
    return _last_day(months[at]) if at < len(months) else date.max


def _previous_table(record: Region) -> date:
    months = _months(record)
    assert record.valid_from is not None
    at = bisect_left(months, f"{record.valid_from:%Y%m}")
    return _last_day(months[at - 1]) if at else date.min


def _months(record: Region) -> tuple[str, ...]:
    return _tables()[record.source]


def _last_day(month: str) -> date:
    year, number = int(month[:4]), int(month[4:])
    return date(year, number, calendar.monthrange(year, number)[1])


def _rows(name: str) -> list[dict[str, str]]:
    text = resources.files("ecert.ids").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@lru_cache(maxsize=1)
def _tables() -> MappingProxyType[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for row in _rows("region_tables.csv"):
        found.setdefault(row["kind"], []).append(row["month"])
    return MappingProxyType({kind: tuple(sorted(months)) for kind, months in found.items()})


@lru_cache(maxsize=1)
def _regions() -> MappingProxyType[str, tuple[Region, ...]]:
    found: dict[str, list[Region]] = {}
    for row in _rows("regions.csv"):
        first, last = row["valid_from"], row["valid_to"]
        record = Region(
            code=row["code"],
            name=row["name"],
            valid_from=date(int(first[:4]), int(first[4:]), 1) if first else None,
            valid_to=_last_day(last) if last else None,
            successors=tuple(row["successor"].split(";")) if row["successor"] else (),
            basis=row["basis"],
            source=row["source"],
        )
        found.setdefault(record.code, []).append(record)
    return MappingProxyType({code: tuple(records) for code, records in found.items()})
