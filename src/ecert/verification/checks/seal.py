"""seal[i]: the seal's own structure, maker, period, status, list of signers, and what it was pressed on."""

from __future__ import annotations

from datetime import datetime

from ecert.crypto.times import TimeClaim
from ecert.errors import InvalidIdentifier
from ecert.ids import region
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
from ecert.verification.case import SealCase, SignatureCase, SignerCase, SigningTime
from ecert.verification.checks.context import Context, freshness
from ecert.verification.checks.signer import expired_rule

__all__ = ["seal"]

_HOLDERS = ("certificate-issuer", "seal-holder")
_BAD_STATES = ("cancelled", "suspended", "revoked", "rescinded", "expired")


def _maker_listed(seal: SealCase, who: SignerCase | None) -> bool:
    """L2: listed as seal maker for the holder's territory at createDate.

    That is the whole interval a zoneless date can mean. A holder on no list has no territory here;
    issuer.listed says so.
    """
    ends = _ends(seal.created)
    if seal.maker is None or not ends:
        return False
    holder = {x.territory for x in who.listings if x.kind in _HOLDERS} if who else set()
    return any(
        x.kind == "seal-maker"
        and all(x.state_at(e) == "granted" for e in ends)
        and (not holder or any(_under(place, x.territory) for place in holder))
        for x in seal.maker.listings
    )


def _under(place: str, territory: str) -> bool:
    try:
        return region.under(place, territory)
    except InvalidIdentifier:
        return False


def _maker_chain(seal: SealCase, who: SignerCase | None) -> Outcome:
    if seal.maker is None:
        return unknown("seal.maker_missing")
    if _maker_listed(seal, who) or seal.maker.chain.ok is True:
        return OK
    return unknown("seal.maker_chain_unknown")


def _maker_authorised(seal: SealCase, who: SignerCase | None, ctx: Context) -> Outcome:
    maker = seal.maker
    if maker is None:
        return unknown("seal.maker_missing")
    if maker.usage.ok is False:  # L3: a key that may only encrypt makes no seals, listed or not
        return maker.usage
    listed = _maker_listed(seal, who)
    issuer_listed = who is not None and any(x.kind == "certificate-issuer" for x in who.listings)
    if seal.maker_is_signer and not (listed and issuer_listed):
        return failed("seal.maker_is_signer")
    created = _ends(seal.created)
    inside = bool(created) and all(maker.not_before <= e <= maker.not_after for e in created)
    if listed:
        return OK if inside else Outcome(ok=True, code="seal.maker_dates_disagree")
    if not inside:
        if ctx.policy.maker_outside_validity == "failed":
            return failed("seal.maker_outside_validity")
        return unknown("seal.maker_outside_validity")
    return unknown("seal.maker_not_listed")


def _ends(claim: TimeClaim | None) -> tuple[datetime, ...]:
    """Return the first and last instant a date can mean, or nothing when it is unreadable."""
    if claim is None or claim.earliest is None or claim.latest is None:
        return ()
    return (claim.earliest, claim.latest)


def _validity(
    seal: SealCase, who: SignerCase | None, time: SigningTime, ctx: Context, status: Verdict
) -> Outcome:
    period = (*_ends(seal.valid_from)[1:], *_ends(seal.valid_to)[:1])
    if len(period) != len(("start", "end")):
        return unknown("seal.period_unreadable")
    start, end = period
    if ctx.at < start:  # whenever it was pressed, that was before the seal was in use
        return failed("seal.outside_period", start=start.isoformat(), end=end.isoformat())
    if not time.ends:
        return unknown("seal.time_absent") if ctx.at > end else Outcome(ok=True, code="time.absent")
    if any(t < start or t > end for t in time.ends):
        return failed("seal.outside_period", start=start.isoformat(), end=end.isoformat())
    if ctx.at <= end:
        return OK
    if who is None:
        return unknown("seal.expired_no_poe", end=end.isoformat())
    found = expired_rule(who, time, ctx, status=status, code="seal.expired_no_poe")
    return found if found.ok else unknown("seal.expired_no_poe", end=end.isoformat())


def _status(seal: SealCase, ctx: Context) -> Outcome:
    """L16: the seal's status is a question of its own; unknown is never passed."""
    known = seal.status
    if known.answer != "listed":
        return unknown("seal.status_unknown")
    if known.state in _BAD_STATES and not (known.since is not None and known.since > ctx.at):
        return failed("seal.status_bad", state=known.state)
    if known.state not in ("active", "valid", *_BAD_STATES):
        return unknown("seal.status_unknown")
    stale = freshness(
        known.issued_at,
        known.next_update,
        at=ctx.at,
        limit_s=ctx.policy.status_age_s,
        code="seal.status_unknown",
    )
    return OK if stale is None else unknown("seal.status_unknown")


def seal(ctx: Context, sig: SignatureCase, time: SigningTime, *, status: Verdict) -> Check | None:
    """Return seal[i], or None for a signature without a seal."""
    known = sig.seal
    at = f"seal[{sig.index}]"
    if (
        known is None
    ):  # a seal signature whose seal is not there is no signature without a seal (L15)
        missing = blocked(f"{at}.structure", f"signature[{sig.index}].structure")
        return all_of(at, [missing]) if sig.kind == "seal" else None
    ident = (Evidence("seal.id", known.es_id), Evidence("seal.version", known.version))
    children = [
        leaf(f"{at}.structure", known.structure, evidence=ident),
        leaf(f"{at}.maker_signature", known.maker_signature),
        leaf(f"{at}.maker_chain", _maker_chain(known, sig.signer)),
        leaf(f"{at}.maker_authorised", _maker_authorised(known, sig.signer, ctx)),
        leaf(f"{at}.validity", _validity(known, sig.signer, time, ctx, status)),
        leaf(f"{at}.status", _status(known, ctx)),
        leaf(f"{at}.signer_listed", known.signer_listed),
        leaf(f"{at}.document_digest", known.document_digest),
        leaf(f"{at}.file", known.file),
        leaf(f"{at}.picture", known.picture),
    ]
    if known.timestamp is not None:
        token = known.timestamp if known.timestamp.ok else unknown("time.token_broken")
        children.append(leaf(f"{at}.timestamp", token))
    return all_of(at, children)
