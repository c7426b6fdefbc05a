"""Which divisions an edge speaks for, with the history of division codes (recognition.md D4).

A code that was withdrawn stands for its successors, and only where all of them are known; an edge
must then cover every one of them. A code that no table lists covers and means nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ecert.errors import InvalidIdentifier
from ecert.ids import RegionCode
from ecert.ids.dates import shanghai_day
from ecert.ids.region import NATION, current, lookup, under
from ecert.trust.agreement import Edge

__all__ = ["Place", "lies_under", "place", "specificity"]

_NATION_CODES = (NATION, "000000")
_LEVELS = ("nation", "province", "prefecture", "county")


@dataclass(frozen=True, slots=True)
class Place:
    """A division as asked about, and the divisions in its place at the evaluated time."""

    code: str
    today: tuple[str, ...]


def place(code: str | None, at: datetime) -> Place | None:
    """Return where a code lies at an instant, or None for a code that cannot be placed."""
    if code is None:
        return None
    try:
        text = str(RegionCode(code))
    except InvalidIdentifier:
        return None
    if text == NATION or lookup(text, shanghai_day(at)) is not None:
        return Place(text, (text,))
    successors = current(text)
    return Place(text, successors) if successors else None


def lies_under(where: Place, ancestor: str) -> bool:
    """Whether a place lies within a division whole."""
    top = NATION if ancestor in _NATION_CODES else ancestor
    return all(under(code, top) for code in where.today)


def specificity(edge: Edge, relying: Place, issuing: Place) -> tuple[int, int] | None:
    """Return how narrowly an edge names both sides, or None if it does not cover them.

    Direction counts: the relying side of the edge must cover the relying place.
    """
    sides = [_side(edge, edge.relying, relying), _side(edge, edge.issuing, issuing)]
    if sides[0] is None or sides[1] is None:
        return None
    return sides[0], sides[1]


def _side(edge: Edge, named: str, where: Place) -> int | None:
    if named == where.code or where.today == (named,):
        return 2 * _level(named) + 1
    if edge.covers == "subtree" and lies_under(where, named):
        return 2 * _level(named)
    return None


def _level(code: str) -> int:
    return 0 if code in _NATION_CODES else _LEVELS.index(RegionCode(code).level)
