"""The functions of the environment: pure, total over their types, an unknown result raised.

Dates are day numbers. Three functions read `Sources` beside their arguments; those of the running
question stand in a context variable, set around one evaluation in one thread, because the engine
passes arguments alone. What they answered is kept for the trace. Error texts are fixed words without
any value, because the engine hands them on.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable
from contextvars import ContextVar
from datetime import date, datetime
from functools import lru_cache

from ecert.errors import InvalidIdentifier
from ecert.ids.dates import first_instant, shanghai_day
from ecert.ids.region import NATION, RegionCode, history
from ecert.recognition.rules.environment import LEVELS
from ecert.recognition.rules.facts import Sources
from ecert.recognition.territory import lies_under, place
from ecert.trust.reading import state_at

__all__ = ["IMPLEMENTED", "RUNNING", "Running", "Unknown", "day_number"]

_MONTHS = 12
_ALL_MONTHS = 12 * 9999
_ALL_DAYS = date.max.toordinal()


class Unknown(Exception):
    """A function has no answer; the engine turns it into an error, which is an unknown."""


class Running:
    """The question that is being evaluated: what functions may read, and what they answered."""

    __slots__ = ("answers", "sources")

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.answers: list[tuple[str, str]] = []

    def answer(self, path: str, value: str | None, why: str) -> str:
        """Note what a function read; an absent answer is an unknown."""
        self.answers.append((path, "absent" if value is None else value))
        if value is None:
            raise Unknown(why)
        return value


RUNNING: ContextVar[Running] = ContextVar("ecert_running_rule")


def day_number(text: str) -> int:
    """Return the day of an ISO date; ``rule.not_allowed`` texts are found before, by the compiler."""
    return date.fromisoformat(text).toordinal()


@lru_cache(maxsize=1024)
def _day(moment: datetime) -> int:
    return shanghai_day(moment).toordinal()


def _plus_days(day: int, count: int) -> int:
    if not 1 <= day + count <= _ALL_DAYS:
        raise Unknown("plus_days: outside the calendar")
    return day + count


def _plus_months(day: int, count: int) -> int:
    start = date.fromordinal(day)
    month = start.year * _MONTHS + start.month - 1 + count
    if not _MONTHS <= month < _ALL_MONTHS + _MONTHS:
        raise Unknown("plus_months: outside the calendar")
    year, index = divmod(month, _MONTHS)
    last = calendar.monthrange(year, index + 1)[1]
    return date(year, index + 1, min(start.day, last)).toordinal()


def _plus_years(day: int, count: int) -> int:
    if abs(count) > date.max.year:
        raise Unknown("plus_years: outside the calendar")
    return _plus_months(day, count * _MONTHS)


@lru_cache(maxsize=4096)
def _under(division: str, ancestor: str, moment: datetime) -> bool:
    where = place(division, moment)
    if where is None or not _listed(ancestor):
        raise Unknown("under: a division that is not known")
    return lies_under(where, ancestor)


def _listed(code: str) -> bool:
    try:
        return str(RegionCode(code)) in (NATION, "000000") or bool(history(code))
    except InvalidIdentifier:
        return False


def _under_on(division: str, ancestor: str, day: int) -> bool:
    return _under(division, ancestor, first_instant(date.fromordinal(day)))


def _code_map(table: str, code: str) -> str:
    running = RUNNING.get()
    found = running.sources.codes.get(table, {}).get(code)
    return running.answer(f"codes.{table}", found, "code_map: not in the table")


def _status_at(moment: datetime) -> str:
    running = RUNNING.get()
    found = state_at(running.sources.status, moment)
    return running.answer("history.status", found, "status_at: nothing speaks of that instant")


def _issuer_service_at(kind: str, moment: datetime) -> str:
    running = RUNNING.get()
    found = state_at(running.sources.services.get(kind, ()), moment)
    return running.answer(
        "history.issuer", found, "issuer_service_at: nothing speaks of that instant"
    )


def _level_at_least(level: str, minimum: str) -> bool:
    if level not in LEVELS or minimum not in LEVELS:
        raise Unknown("level_at_least: a level that is not known")
    return LEVELS.index(level) >= LEVELS.index(minimum)


IMPLEMENTED: dict[str, tuple[Callable[..., object], ...]] = {
    "date": (day_number,),
    "day": (_day,),
    "plus_days": (_plus_days,),
    "plus_months": (_plus_months,),
    "plus_years": (_plus_years,),
    "under": (_under, _under_on),
    "code_map": (_code_map,),
    "status_at": (_status_at,),
    "issuer_service_at": (_issuer_service_at,),
    "level_at_least": (_level_at_least,),
}
"""Name to its forms, in the order of the environment."""
