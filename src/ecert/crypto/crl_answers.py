"""Answers of revocation lists, each or several together (RFC 5280 6.3.3), with their dates.

An answer is as old as the oldest list that it rests on and ends with the first that ends; the judge
weighs that (never-accept.md L17).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from ecert.crypto.crl import CRLFacts, RevokedEntry
from ecert.crypto.crl_points import ALL_REASONS
from ecert.crypto.dsa import IssuerKey

__all__ = ["CRLAnswer", "Standing", "earlier", "goods", "revoked", "status_at", "with_delta"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CRLAnswer:
    """What one list, or several together, say of one certificate.

    Args:
        says: ``"good"`` or ``"revoked"``.
        this_update: of the oldest list it rests on, those about the signers of lists included.
        next_update: earliest end of any of them, None where none states one.
        lists: what it rests on.
        revoked_at: instant of revocation.
        reason: name of the reason, None where none is given.
        invalidity_date: instant from which the key is suspected, where given.

    """

    says: Literal["good", "revoked"]
    this_update: datetime
    next_update: datetime | None
    lists: tuple[CRLFacts, ...]
    revoked_at: datetime | None = None
    reason: str | None = None
    invalidity_date: datetime | None = None


def status_at(answers: Sequence[CRLAnswer], at: datetime) -> Literal["good", "revoked", "unknown"]:
    """Return what answers say at one instant: revoked by then, or good by evidence in force then."""
    if any(
        a.says == "revoked" and a.revoked_at is not None and a.revoked_at <= at for a in answers
    ):
        return "revoked"
    in_force = (
        a.says == "good"
        and a.this_update <= at
        and a.next_update is not None
        and at <= a.next_update
        for a in answers
    )
    return "good" if any(in_force) else "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A list whose signature holds, with what its signer's own standing leaves of it.

    Args:
        crl: the list.
        key: checked its signature.
        since: its date, or the older one of what vouches for its signer.
        until: its end, or the earlier one.
        clears: its silence may clear.
        reasons: mask of the reasons it answers for the certificate asked about.
        support: further lists it rests on.

    """

    crl: CRLFacts
    key: IssuerKey
    since: datetime
    until: datetime | None
    clears: bool
    reasons: int = 0
    support: tuple[CRLFacts, ...] = ()

    @property
    def lists(self) -> tuple[CRLFacts, ...]:
        """What it rests on."""
        return (self.crl, *self.support)


def with_delta(base: Standing, delta: Standing) -> Standing:
    """Return a complete list brought up to date by a delta list (RFC 5280 5.2.4)."""
    return replace(
        base,
        since=delta.since,
        until=earlier(base.until, delta.until),
        support=(*base.support, *delta.lists),
    )


def revoked(standing: Standing, entry: RevokedEntry) -> CRLAnswer:
    """Return the answer of an entry."""
    return CRLAnswer(
        says="revoked",
        this_update=standing.since,
        next_update=standing.until,
        lists=standing.lists,
        revoked_at=entry.revoked_at,
        reason=entry.reason,
        invalidity_date=entry.invalidity_date,
    )


def goods(standings: list[Standing]) -> Iterator[CRLAnswer]:
    """Yield an answer for each list that answers every reason, and one of those that do together."""
    parts = [s for s in standings if s.reasons != ALL_REASONS]
    for standing in standings:
        if standing.reasons == ALL_REASONS:
            yield _good((standing,))
    mask, taken = 0, []
    for standing in sorted(parts, key=lambda s: s.since, reverse=True):
        if standing.reasons & ~mask:
            mask |= standing.reasons
            taken.append(standing)
    if mask == ALL_REASONS:
        yield _good(tuple(taken))


def _good(standings: tuple[Standing, ...]) -> CRLAnswer:
    until: datetime | None = None
    for standing in standings:
        until = earlier(until, standing.until)
    return CRLAnswer(
        says="good",
        this_update=min(s.since for s in standings),
        next_update=until,
        lists=tuple(crl for standing in standings for crl in standing.lists),
    )


def earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    """Return the earlier of two ends; None is no end."""
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)
