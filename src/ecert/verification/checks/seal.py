"""seal[i]: the seal's own structure, maker, period, status, list of signers, and what it was pressed on."""

from __future__ import annotations

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
from ecert.verification.checks.maker import (
    ends,
    maker_authorised,
    maker_chain,
    ruled,
    seal_token,
)
from ecert.verification.checks.signer import expired_rule

__all__ = ["seal"]

_BAD_STATES = ("cancelled", "suspended", "revoked", "rescinded", "expired")


def _validity(
    seal: SealCase, who: SignerCase | None, time: SigningTime, ctx: Context, status: Verdict
) -> Outcome:
    period = (*ends(seal.valid_from)[1:], *ends(seal.valid_to)[:1])
    if len(period) != len(("start", "end")):
        return unknown("seal.period_unreadable")
    start, end = period
    if ctx.at < start:  # whenever it was pressed, that was before the seal was in use
        return failed("seal.outside_period", start=start.isoformat(), end=end.isoformat())
    if not time.ends:
        return unknown("seal.time_absent") if ctx.at > end else Outcome(ok=True, code="time.absent")
    place = time.placed(start, end)
    if place == "outside":
        return failed("seal.outside_period", start=start.isoformat(), end=end.isoformat())
    if place == "late":
        return unknown("seal.expired_no_poe", end=end.isoformat())
    if ctx.at <= end:
        return _order(seal, time, ctx)
    order = _order(seal, time, ctx)
    if order.ok is not True:
        return order
    if who is None:
        return unknown("seal.expired_no_poe", end=end.isoformat())
    found = expired_rule(who, time, ctx, status=status, code="seal.expired_no_poe")
    return found if found.ok else unknown("seal.expired_no_poe", end=end.isoformat())


def _order(seal: SealCase, time: SigningTime, ctx: Context) -> Outcome:
    """Return what is odd about the dates that the seal states of itself (eseal-crypto.md 2.5)."""
    created, start = ends(seal.created)[:1], ends(seal.valid_from)[1:]
    if created and time.latest is not None and time.latest < created[0]:
        return unknown("seal.used_before_made", at=created[0].isoformat())
    if created and start and created[0] > start[0]:
        rule = ctx.policy.created_after_start
        return ruled(rule, "seal.created_after_start", at=created[0].isoformat())
    return OK


def _current(seal: SealCase, ctx: Context) -> Outcome:
    """Whether the seal is in force today; that it was when used is `seal[i].validity`.

    A seal that has ended since is normal for old documents (eseal-crypto.md 2.5), so this is seen and
    not counted: the rule for it stands in `seal[i].validity`.
    """
    end = ends(seal.valid_to)[1:]
    if not end:
        return unknown("seal.period_unreadable")
    return failed("seal.expired_now", end=end[0].isoformat()) if ctx.at > end[0] else OK


def _status(seal: SealCase, ctx: Context) -> Outcome:
    """L16: the seal's status is a question of its own; unknown is never passed."""
    known = seal.status
    holder = known.cascade
    if known.state not in _BAD_STATES and holder.effect != "none":
        maker = failed if holder.effect == "refuse" else unknown
        since = holder.since.isoformat() if holder.since else ""
        return maker(
            "seal.cascade", entity_state=holder.kind, register=holder.register, since=since
        )
    if known.answer != "listed":
        return unknown("seal.status_unknown")
    if known.state in _BAD_STATES and not (known.since is not None and known.since > ctx.at):
        return failed("seal.status_bad", state=known.state)
    begun = known.since is None or known.since <= ctx.at
    if known.state not in _BAD_STATES and not (begun and known.state in ("active", "valid")):
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
        leaf(f"{at}.maker_chain", maker_chain(known, sig.signer, time, ctx)),
        leaf(f"{at}.maker_authorised", maker_authorised(known, sig.signer, time, ctx)),
        leaf(f"{at}.validity", _validity(known, sig.signer, time, ctx, status)),
        leaf(f"{at}.current", _current(known, ctx)).advisory(),
        leaf(f"{at}.status", _status(known, ctx)),
        leaf(f"{at}.signer_listed", known.signer_listed),
        leaf(f"{at}.document_digest", known.document_digest),
        leaf(f"{at}.file", known.file),
        leaf(f"{at}.property", known.property),
        leaf(f"{at}.picture", known.picture),
    ]
    token = seal_token(known, ctx)
    if token is not None:
        children.append(leaf(f"{at}.timestamp", token))
    return all_of(at, children)
