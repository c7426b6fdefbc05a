"""Whether what regions said is recent enough to carry an answer (decision table, last row)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ecert.report import OK, Mode, Outcome, unknown
from ecert.trust.knowledge import Knowledge
from ecert.trust.store import TrustStore

__all__ = ["knowledge_at"]

_DAY_S = 24 * 60 * 60


def knowledge_at(store: TrustStore, at: datetime, *, mode: Mode) -> Knowledge:
    """Return the knowledge of a trust with what its dates say of it: a note in grace, a doubt beyond.

    A clock before what was signed raises a doubt about live answers alone: whoever asks as of another
    instant says so.
    """
    doubt = _doubt(store, at, mode)
    return store.knowledge if doubt is OK else replace(store.knowledge, doubt=doubt)


def _doubt(store: TrustStore, at: datetime, mode: Mode) -> Outcome:
    if store.dated is None:
        return OK
    dated = store.dated if mode is Mode.LIVE else store.dated.for_audit()
    fresh = dated.at(at)
    if fresh.state == "expired":
        return unknown("trust.stale", age_s=fresh.days * _DAY_S)
    if fresh.state == "clock_suspect":
        return unknown("trust.clock_suspect")
    if fresh.state == "stale":
        params = (("days", fresh.days), ("role", fresh.role))
        return Outcome(ok=True, code="bundle.stale", params=params)
    return OK
