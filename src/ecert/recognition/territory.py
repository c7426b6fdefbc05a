"""Which divisions an edge or a signer speaks for, with the history of division codes (recognition.md D4).

A code that was withdrawn stands for its successors, and only where all of them are known; an edge
must then cover every one of them. A code that no table lists covers and means nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from ecert.errors import InvalidIdentifier
from ecert.ids import RegionCode
from ecert.ids.dates import shanghai_day
from ecert.ids.region import NATION, ancestors, current, lookup
from ecert.trust.agreement import Edge

__all__ = ["NATION_CODES", "Place", "lies_under", "own_role", "place", "specificity"]

NATION_CODES = (NATION, "000000")
"""The whole country: as credit codes write it, and as the code tables do."""
_PLACES = 4096
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Place:
    """A division as asked about, and the divisions in its place at the evaluated time.

    Args:
        named: the codes above the code as asked. above: those above each of ``today``: itself, its
            ancestors, the nation. names: every code under which an edge could speak for it.
    """

    code: str
    today: tuple[str, ...]
    named: frozenset[str]
    above: tuple[frozenset[str], ...]
    names: frozenset[str]


def place(code: str | None, at: datetime) -> Place | None:
    """Return where a code lies at an instant, or None for a code that cannot be placed."""
    if code is None or len(code) != _DIGITS:  # a file's own text is not remembered at any length
        return None
    return _place(code, shanghai_day(at))


@lru_cache(maxsize=_PLACES)
def _place(code: str, day: date) -> Place | None:
    try:
        text = str(RegionCode(code))
    except InvalidIdentifier:
        return None
    if text in NATION_CODES or lookup(text, day) is not None:
        return _placed(text, (text,))
    successors = current(text)
    return _placed(text, successors) if successors else None


def _placed(code: str, today: tuple[str, ...]) -> Place:
    above = tuple(_chain(c) for c in today)
    return Place(code, today, _chain(code), above, frozenset({code}).union(*above))


def _chain(code: str) -> frozenset[str]:
    return frozenset({code, *map(str, ancestors(code)), *NATION_CODES})


def lies_under(where: Place, ancestor: str) -> bool:
    """Whether a place lies within a division whole."""
    return all(ancestor in chain for chain in where.above)


def own_role(signed_by: Iterable[str], named: str, at: datetime) -> bool:
    """Whether one of these territories is that of a party's own role (never-accept L19).

    It must cover the division that an edge names, whole. The nation speaks for the nation alone: its
    role is no province's own.
    """
    signers = frozenset(signed_by)
    if named in NATION_CODES:
        return not signers.isdisjoint(NATION_CODES)
    if named in signers:
        return True
    where = place(named, at)
    regional = signers.difference(NATION_CODES)
    return where is not None and any(lies_under(where, code) for code in regional)


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
    if code in NATION_CODES:
        return 0
    return 1 if code.endswith("0000") else 2 if code.endswith("00") else 3
