"""signer[i]: chain, validity, usage, revocation of the signer's certificate (decision table, by time)."""

from __future__ import annotations

from datetime import datetime

from ecert.report import (
    OK,
    Check,
    Evidence,
    Outcome,
    Verdict,
    all_of,
    blocked,
    failed,
    leaf,
    unknown,
)
from ecert.verification.case import ListingCase, RevocationCase, SignerCase, SigningTime
from ecert.verification.checks.context import Context, freshness
from ecert.verification.checks.revocation import Clearing, begun, since, stamp_instants

__all__ = ["algorithm_time", "effective_time", "expired_rule", "signer", "worst"]

_SEVERITY = {Verdict.FAILED: 0, Verdict.INDETERMINATE: 1, Verdict.PASSED: 2}
_FIRM = ("proven", "witnessed")


def worst(outcomes: list[Outcome]) -> Outcome:
    """Return the outcome with the weakest verdict; the first of equals, notes before silence."""
    return min(outcomes, key=lambda o: (_SEVERITY[o.verdict], o.code is None))


def in_service(listings: tuple[ListingCase, ...], at: datetime, ctx: Context) -> bool:
    """Whether a fresh signed list shows this key in service at an instant (L11, L17).

    All of them, where there are several: a region that lists another's key does not vouch for it.
    """
    return bool(listings) and all(
        x.signed and x.state_at(at) == "granted" and _list_fresh(x, ctx) for x in listings
    )


def _list_fresh(listing: ListingCase, ctx: Context) -> bool:
    limit = ctx.policy.issuer_list_age_s
    return (
        freshness(
            listing.issued_at, listing.next_update, at=ctx.at, limit_s=limit, code="trust.stale"
        )
        is None
    )


def expired_rule(
    who: SignerCase, time: SigningTime, ctx: Context, *, status: Verdict, code: str
) -> Outcome:
    """Decision for a certificate or seal that merely expired after signing inside its period (L11)."""
    if time.grade in _FIRM:
        return OK
    vouched = bool(time.ends) and all(in_service(who.listings, t, ctx) for t in time.ends)
    if vouched and status is Verdict.PASSED:
        return Outcome(ok=True, code="time.by_listing")
    return unknown(code)


def _validity(who: SignerCase, time: SigningTime, ctx: Context, status: Verdict) -> Outcome:
    if ctx.at < who.not_before:
        return failed("signer.outside_validity", not_before=who.not_before.isoformat())
    expired = ctx.at > who.not_after
    if not time.ends:
        if expired:
            return unknown("signer.expired_no_poe", not_after=who.not_after.isoformat())
        return _time_absent(ctx)
    place = time.placed(who.not_before, min(who.not_after, ctx.at))
    if place == "late":
        return unknown("signer.expired_no_poe", not_after=who.not_after.isoformat())
    if place == "outside":
        return failed("signer.outside_validity", not_after=who.not_after.isoformat())
    if expired:
        return expired_rule(who, time, ctx, status=status, code="signer.expired_no_poe")
    return OK


def _time_absent(ctx: Context) -> Outcome:
    if ctx.policy.time_absent == "indeterminate":
        return unknown("time.absent")
    return Outcome(ok=True, code="time.absent")


def _revoked(entry: RevocationCase, time: SigningTime) -> Outcome:
    when = since(entry)
    text = when.isoformat()
    if entry.compromise:
        bound = min(when, entry.invalidity_date or when)
        if time.grade == "proven" and time.ends and all(t < bound for t in time.ends):
            return Outcome(ok=True, code="signer.revoked_later", params=(("at", text),))
        return failed("signer.key_compromised", at=text)
    if not any(t >= when for t in time.ends):
        if time.ends and time.grade in _FIRM:
            return Outcome(ok=True, code="signer.revoked_later", params=(("at", text),))
        return unknown("signer.revoked_no_poe", at=text)
    said = time.ends if time.claimed is None else time.claimed
    if any(t >= when for t in said):
        return failed("signer.revoked", at=text)
    return unknown("signer.revoked_no_poe", at=text)  # the stamp that proves it came too late


def _revocation(
    answers: tuple[RevocationCase, ...], who: SignerCase, time: SigningTime, ctx: Context
) -> Outcome:
    """Revocation of one certificate of the path; a revoked entry condemns whatever its source or age.

    One that begins after the judged instant does not, unless the key is known to be compromised.
    """
    known = [a for a in answers if begun(a, ctx.at)]
    if known:
        return worst([_revoked(a, time) for a in known])
    if not answers and in_service(who.listings, ctx.at, ctx):
        return OK
    clearing = Clearing(
        policy=ctx.policy,
        at=ctx.at,
        stamps=stamp_instants(ctx.case),
        proven=time.ends if time.grade in _FIRM else (),
        ended=ctx.at > who.not_after,
    )
    return clearing.verdict(answers)


def _vouches(listing: ListingCase, moments: tuple[datetime, ...]) -> bool:
    """Whether a listing stands for its key without a chain; one that was not in force then does not."""
    granted = all(listing.state_at(moment) == "granted" for moment in moments)
    return listing.direct_trust and listing.kind == "certificate-issuer" and granted


def _chain(who: SignerCase, time: SigningTime, ctx: Context) -> Outcome:
    """Where the path ends, and whether all that it rests on was good enough at the proven time."""
    trusted = who.chain
    if any(_vouches(x, time.ends or (ctx.at,)) for x in who.listings):
        trusted = OK if who.chain.ok is True else Outcome(ok=True, code="signer.direct_trust")
    if trusted.ok is not True:
        return trusted
    problem = ctx.policy.judge_algorithms(who.algorithms, algorithm_time(time, ctx))
    return trusted if problem.ok is True else problem


def signer(
    ctx: Context, index: int, who: SignerCase | None, time: SigningTime, *, status: Verdict
) -> Check:
    """Return signer[i]. ``status`` is the status axis: the expired rows lean on it."""
    at = f"signer[{index}]"
    if who is None:
        ids = ("chain", "validity", "usage", "revocation")
        return all_of(at, [blocked(f"{at}.{n}", f"signature[{index}].structure") for n in ids])
    revocation = worst(
        [_revocation(answers, who, time, ctx) for answers in who.revocation or ((),)]
    )
    certificate = (
        Evidence("certificate.sha256", who.cert_sha256),
        Evidence("certificate.not_before", who.not_before.isoformat()),
        Evidence("certificate.not_after", who.not_after.isoformat()),
    )
    return all_of(
        at,
        (
            leaf(f"{at}.chain", _chain(who, time, ctx), evidence=certificate),
            leaf(f"{at}.validity", _validity(who, time, ctx, status)),
            leaf(f"{at}.usage", who.usage),
            leaf(f"{at}.revocation", revocation, evidence=_ages(who, ctx)),
        ),
    )


def _ages(who: SignerCase, ctx: Context) -> tuple[Evidence, ...]:
    updates = [a.this_update for answers in who.revocation for a in answers]
    if not updates:
        return ()
    age = max(0, int((ctx.at - max(updates)).total_seconds()))
    return (Evidence("evidence.age_s", age),)


def effective_time(time: SigningTime, proven: tuple[datetime, ...]) -> SigningTime:
    """Return the signing time that counts: a proven instant where there is one, else the claim."""
    if not proven:
        return time
    first = min(proven)
    return SigningTime(grade="proven", earliest=first, latest=first, claimed=time.ends)


def algorithm_time(time: SigningTime, ctx: Context) -> datetime:
    """Return the instant at which algorithms are judged: the proven one, else the judged one."""
    if time.grade == "proven" and time.latest is not None:
        return min(time.latest, ctx.at)
    return ctx.at
