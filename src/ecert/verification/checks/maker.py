"""Who made a seal, and when: chain, listing, revocation and token of the seal maker (L2, L3, L11).

The day of making is what a trusted token over the seal proves, or one over the signature that holds
the seal inside; else createDate, which the maker declares: it can worsen an answer, never rescue one.
GM/T 0031-2025 (eseal-crypto.md 2.4) asks for the maker at createDate, not at the judged instant.
"""

from __future__ import annotations

from datetime import datetime

from ecert.crypto.times import TimeClaim
from ecert.errors import InvalidIdentifier
from ecert.ids import region
from ecert.report import OK, Outcome, failed, unknown
from ecert.verification.case import SealCase, SignerCase, SigningTime
from ecert.verification.checks.context import Context
from ecert.verification.checks.revocation import begun, since
from ecert.verification.checks.signer import algorithm_time

__all__ = ["ends", "maker_authorised", "maker_chain", "ruled", "seal_token"]

_HOLDERS = ("certificate-issuer", "seal-holder")


def ends(claim: TimeClaim | None) -> tuple[datetime, ...]:
    """Return the first and last instant a date can mean, or nothing when it is unreadable."""
    if claim is None or claim.earliest is None or claim.latest is None:
        return ()
    return (claim.earliest, claim.latest)


def _listed(seal: SealCase, who: SignerCase | None) -> bool:
    """L2: listed as seal maker for the holder's territory at createDate.

    That is the whole interval a zoneless date can mean. A holder on no list has no territory here;
    issuer.listed says so. One that several list is in all their territories: a neighbour that lists a
    body's key brings no maker of its own with it (L19).
    """
    created = ends(seal.created)
    if seal.maker is None or not created:
        return False
    holder = {x.territory for x in who.listings if x.kind in _HOLDERS} if who else set()
    return any(
        x.kind == "seal-maker"
        and all(x.state_at(e) == "granted" for e in created)
        and all(_under(place, x.territory) for place in holder)
        for x in seal.maker.listings
    )


def _under(place: str, territory: str) -> bool:
    try:
        return region.under(place, territory)
    except InvalidIdentifier:
        return False


def maker_chain(seal: SealCase, who: SignerCase | None, time: SigningTime, ctx: Context) -> Outcome:
    """Whether the maker's certificate leads to given trust, or its key is listed; by good algorithms."""
    if seal.maker is None:
        return unknown("seal.maker_missing")
    if _listed(seal, who) or seal.maker.chain.ok is True:
        return ctx.policy.judge_algorithms(seal.maker.algorithms, algorithm_time(time, ctx))
    return unknown("seal.maker_chain_unknown")


def maker_authorised(
    seal: SealCase, who: SignerCase | None, time: SigningTime, ctx: Context
) -> Outcome:
    """Whether the maker was one when the seal was made. ``time`` is when the seal was used."""
    maker = seal.maker
    if maker is None:
        return unknown("seal.maker_missing")
    if maker.usage.ok is False:  # L3: a key that may only encrypt makes no seals, listed or not
        return maker.usage
    listed = _listed(seal, who)
    issuer_listed = who is not None and any(x.kind == "certificate-issuer" for x in who.listings)
    if seal.maker_is_signer and not (listed and issuer_listed):
        return failed("seal.maker_is_signer")
    revoked = _revoked(seal, maker, time, ctx)
    if revoked is not None and revoked.ok is not True:
        return revoked
    dates = _dates(seal, maker, time, ctx)
    if dates is not None and dates.ok is not True:
        return dates
    created = ends(seal.created)
    inside = bool(created) and all(maker.not_before <= e <= maker.not_after for e in created)
    if listed:
        disagree = None if inside else Outcome(ok=True, code="seal.maker_dates_disagree")
        return revoked or disagree or dates or OK
    if not inside:
        if ctx.policy.maker_outside_validity == "failed":
            return failed("seal.maker_outside_validity")
        return unknown("seal.maker_outside_validity")
    return unknown("seal.maker_not_listed")


def _dates(seal: SealCase, maker: SignerCase, time: SigningTime, ctx: Context) -> Outcome | None:
    """Return what the policy makes of a maker's certificate that began late or ended early.

    eseal-crypto.md 2.5: the standards differ, and real seals break each of them.
    """
    created = ends(seal.created)
    rule = ctx.policy.made_before_maker
    if rule != "listed" and created and all(e < maker.not_before for e in created):
        return ruled(rule, "seal.made_before_maker", at=maker.not_before.isoformat())
    used = time.claimed or time.ends
    if used and all(t > maker.not_after for t in used):
        rule_at_use = ctx.policy.maker_expired_at_use
        return ruled(rule_at_use, "seal.maker_expired_at_use", at=maker.not_after.isoformat())
    return None


def ruled(rule: str, code: str, **params: str) -> Outcome:
    """Return what a rule of the policy makes of a finding: a note, a doubt, or a failure."""
    if rule == "failed":
        return failed(code, **params)
    if rule == "indeterminate":
        return unknown(code, **params)
    return Outcome(ok=True, code=code, params=tuple(sorted(params.items())))


def _revoked(seal: SealCase, maker: SignerCase, time: SigningTime, ctx: Context) -> Outcome | None:
    """Return what revocation of the maker's certificate means for this seal, or None without any.

    A listing is no answer to it: whoever has the key writes any createDate (L11).
    """
    known = [a for answers in maker.revocation for a in answers if begun(a, ctx.at)]
    if not known:
        return None
    if any(a.compromise for a in known):
        bound = min(min(since(a), a.invalidity_date or since(a)) for a in known)
        if _proven_before(seal, time, bound):
            return Outcome(ok=True, code="seal.maker_revoked_later", params=_at(bound))
        return failed("seal.maker_compromised", at=bound.isoformat())
    when = min(since(a) for a in known)
    created = ends(seal.created)
    if not created or any(e >= when for e in created):
        return failed("seal.maker_revoked", at=when.isoformat())
    if _proven_before(seal, time, when):
        return Outcome(ok=True, code="seal.maker_revoked_later", params=_at(when))
    return unknown("seal.maker_revoked_no_poe", at=when.isoformat())


def _at(moment: datetime) -> tuple[tuple[str, str], ...]:
    return (("at", moment.isoformat()),)


def _proven_before(seal: SealCase, time: SigningTime, moment: datetime) -> bool:
    """Whether the seal is proven to have existed before an instant: by its own token, or in use."""
    token = seal.timestamp
    proven = [time.latest] if time.grade == "proven" else []
    if token is not None and token.arithmetic.ok is True and token.trusted.ok is True:
        proven.append(token.instant)
    return any(known is not None and known < moment for known in proven)


def seal_token(seal: SealCase, ctx: Context) -> Outcome | None:
    """Return what stands against the token over the maker's signature; None where there is none.

    GM/T 0031-2025: createDate must not be later than it (eseal-crypto.md 2.4 f).
    """
    token = seal.timestamp
    if token is None:
        return None
    if token.arithmetic.ok is not True or token.gen_time is None:
        return unknown("time.token_broken")
    if token.gen_time > ctx.at:
        return failed("time.in_future", at=token.gen_time.isoformat())
    created = ends(seal.created)
    if created and created[0] > token.gen_time:
        return unknown("seal.timestamp_order", at=token.gen_time.isoformat())
    return token.trusted
