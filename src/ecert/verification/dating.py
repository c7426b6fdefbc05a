"""Doubts that the dates of the trust raise: it has expired, or the clock stands before what was signed.

They are conditions beside the verdicts: no accept while one is not met (L13, L19, L20).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from ecert.report import Condition, Mode
from ecert.trust.store import TrustStore
from ecert.verification.case import Case

__all__ = ["dates_in_file", "doubts_about_clock", "doubts_about_trust"]

_CLOCK_SLACK = timedelta(minutes=5)


def doubts_about_trust(store: TrustStore, now: datetime, *, mode: Mode) -> tuple[Condition, ...]:
    """Return what the dates of the trust forbid.

    A bundle that is frozen for an audit, and a clock before what was signed, concern live answers alone:
    whoever asks as of another instant says so. What had expired by that instant is stale all the same.
    """
    live = mode is Mode.LIVE
    dated = store.dated if live or store.dated is None else store.dated.for_audit()
    state = dated.at(now).state if dated is not None else "fresh"
    if state == "expired":
        return (Condition(code="trust.stale", met="no"),)
    if live and state == "frozen":
        return (Condition(code="bundle.frozen", met="no"),)
    if live and state == "clock_suspect":
        return (Condition(code="trust.clock_suspect", met="no"),)
    return doubts_about_clock(_dates(store), now) if live else ()


def doubts_about_clock(seen: Iterable[datetime], now: datetime) -> tuple[Condition, ...]:
    """Return the doubt about a clock that stands before an instant already seen (L13)."""
    if any(moment - now > _CLOCK_SLACK for moment in seen):
        return (Condition(code="trust.clock_suspect", met="no"),)
    return ()


def dates_in_file(case: Case) -> Iterator[datetime]:
    """Yield the instants of what an authority signed and the file brings."""
    signers = (sig.signer for sig in case.signatures if sig.signer is not None)
    return (a.this_update for who in signers for answers in who.revocation for a in answers)


def _dates(store: TrustStore) -> Iterator[datetime]:
    yield from (crl.this_update for crl in store.crls)
    yield from (status.issued_at for status in store.status_files)
    yield from (register.issued_at for register in store.entities)
    yield from (response.produced_at for response in store.ocsps)
    yield from (known.issued_at for known in store.issuer_lists)
