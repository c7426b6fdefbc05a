"""Over which time an answer holds: half-open spans, found by asking at every instant that can matter.

Asked are the instants that documents state, the instant just before each, and the first instant of
every Asia/Shanghai day in between (L12: what a rule computes from dates changes there). Where two
neighbours differ, the change between them is found by halving, to the microsecond. So a span can only
be missed that begins and ends within one day without any document naming either instant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Literal, TypeVar

from ecert.errors import ECertError
from ecert.ids import first_instant
from ecert.ids.dates import shanghai_day

__all__ = ["MOST_DAYS", "Span", "changes_between", "days", "spans"]

A = TypeVar("A")

_STEP = timedelta(microseconds=1)
_DAY = timedelta(days=1)
MOST_DAYS = 40_000
"""Days of one window: a century, and as many questions."""
_MOST_CHANGES = 256
"""Changes between two neighbouring instants; more means that answers are no function of time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span(Generic[A]):
    """One stretch of time with one answer.

    Args:
        end: first instant at which it no longer holds; where ``open``, the end of what was asked.
    """

    start: datetime
    end: datetime
    answer: A
    edge: Literal["changes", "open"]


def days(first: datetime, last: datetime) -> Iterator[datetime]:
    """Yield the first instant of every Asia/Shanghai day after one instant and before another.

    Raises:
        ECertError: ``window.too_long``.
    """
    number = (shanghai_day(last) - shanghai_day(first)).days
    if number > MOST_DAYS:
        params = {"days": number, "limit": MOST_DAYS}
        raise ECertError("window.too_long", f"{number} days", params=params)
    start = shanghai_day(first)
    for n in range(1, number + 1):
        moment = first_instant(start + n * _DAY)
        if moment < last:
            yield moment


def spans(
    answer: Callable[[datetime], A],
    stated: Iterable[datetime],
    *,
    first: datetime,
    last: datetime,
    between: Iterable[datetime] = (),
) -> Iterator[Span[A]]:
    """Yield the spans of ``[first, last)`` in order; neighbours differ in their answer.

    Args:
        answer: a pure function of time; answers are compared with ``==``.
        stated: instants that documents state: asked at, and just before. between: asked at.

    Raises:
        ECertError: ``window.empty``: the end is not after the beginning.
    """
    if last <= first:
        raise ECertError("window.empty", f"{first.isoformat()} to {last.isoformat()}")
    named = {m for m in stated if first < m < last}
    asked = sorted(
        {first, *named, *(m - _STEP for m in named), *(m for m in between if first < m < last)}
        | {last - _STEP}
    )
    begun, held = first, answer(first)
    left, said = first, held
    for moment in asked:
        if moment < first or moment == left:
            continue
        now = answer(moment)
        for change, new in changes_between(answer, (left, said), (moment, now)):
            yield Span(start=begun, end=change, answer=held, edge="changes")
            begun, held = change, new
        left, said = moment, now
    yield Span(start=begun, end=last, answer=held, edge="open")


def changes_between(
    answer: Callable[[datetime], A], left: tuple[datetime, A], right: tuple[datetime, A]
) -> Iterator[tuple[datetime, A]]:
    """Yield each instant after ``left`` and up to ``right`` from which on another answer holds."""
    at, held = left
    for _ in range(_MOST_CHANGES):
        if held == right[1]:
            return
        low, high, new = at, right[0], right[1]
        while high - low > _STEP:
            middle = low + (high - low) // 2
            found = answer(middle)
            if found == held:
                low = middle
            else:
                high, new = middle, found
        yield high, new
        at, held = high, new
    raise ECertError("window.unsteady", f"before {right[0].isoformat()}")
