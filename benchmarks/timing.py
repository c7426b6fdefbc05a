"""Ratios: two ways of doing the same work take turns in one process, and medians are compared.

Taking turns makes both sides suffer equally from a busy machine; the ratio is then worth quoting,
the absolute figures much less so.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

__all__ = ["Row", "Turns", "compare", "rate"]

Work = Callable[[], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """How long one turn lasts at least, and how many turns each side has."""

    seconds: float
    repetitions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One comparison: ours and the peer's operations a second, and how often each was timed."""

    what: str
    ours: float
    peer: float
    peer_name: str
    repetitions: int

    @property
    def ratio(self) -> float:
        """How many times as fast as the peer we are."""
        return self.ours / self.peer

    def times(self, count: int) -> Row:
        """Return the same where one piece of work was ``count`` operations."""
        return replace(self, ours=self.ours * count, peer=self.peer * count)


def rate(work: Work, seconds: float) -> float:
    """Return operations a second of processor time, over at least ``seconds`` and two operations.

    Wall time would measure the machine's other work as well.
    """
    count, start = 0, time.process_time()
    while True:
        work()
        count += 1
        spent = time.process_time() - start
        if spent >= seconds and count > 1:
            return count / spent


def compare(
    what: str,
    ours: Work,
    peer: Callable[[], float] | Work,
    *,
    peer_name: str,
    turns: Turns,
    external: bool = False,
) -> Row:
    """Return the medians of turns taken by ours and the peer.

    Args:
        external: ``peer`` measures itself and returns a rate (``openssl speed`` does).
    """
    ours()
    if not external:
        peer()
    mine, theirs = [], []
    for _ in range(turns.repetitions):
        mine.append(rate(ours, turns.seconds))
        theirs.append(float(peer()) if external else rate(peer, turns.seconds))  # type: ignore[arg-type]
    return Row(
        what=what,
        ours=statistics.median(mine),
        peer=statistics.median(theirs),
        peer_name=peer_name,
        repetitions=turns.repetitions,
    )
