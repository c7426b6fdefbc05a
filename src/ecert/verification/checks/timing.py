"""time[i]: tokens, their makers, the order of times, and the grade that results (L11)."""

from __future__ import annotations

from datetime import datetime

from ecert.report import (
    OK,
    Check,
    Evidence,
    Outcome,
    all_of,
    failed,
    leaf,
    not_applicable,
    unknown,
)
from ecert.verification.case import SignatureCase
from ecert.verification.checks.context import Context
from ecert.verification.checks.signer import worst

__all__ = ["proven_times", "timing"]


def proven_times(sig: SignatureCase) -> tuple[datetime, ...]:
    """Return the instants at which a signature of a settled case provably existed."""
    return sig.proven


def _order(sig: SignatureCase, ctx: Context) -> Outcome:
    for token in sig.timestamps:
        if token.gen_time is None:
            return unknown("time.token_broken")
        if token.gen_time > ctx.at:
            return failed("time.in_future", at=token.gen_time.isoformat())
    for moment in (*(t.instant for t in sig.timestamps), *sig.proven):
        if moment is not None and sig.time.ends and sig.time.ends[0] > moment:
            return unknown("time.order", at=moment.isoformat())
    return OK


def timing(ctx: Context, sig: SignatureCase) -> Check:
    """Return time[i]."""
    at = f"time[{sig.index}]"
    proven = proven_times(sig)
    if sig.timestamps:
        token = worst([t.arithmetic for t in sig.timestamps])
        tokens = [
            leaf(f"{at}.token", token if token.ok else unknown("time.token_broken")),
            leaf(f"{at}.chain", worst([t.trusted for t in sig.timestamps])),
            leaf(f"{at}.order", _order(sig, ctx)),
        ]
    else:
        tokens = [not_applicable(f"{at}.{name}", "time.no_token") for name in ("token", "chain")]
        order = f"{at}.order"
        tokens.append(
            leaf(order, _order(sig, ctx)) if proven else not_applicable(order, "time.no_token")
        )
    grade = "proven" if proven else sig.time.grade
    evidence = [Evidence("time.grade", grade)]
    evidence += [Evidence("time.claim", t.isoformat()) for t in sig.time.ends]
    evidence += [Evidence("time.proven", t.isoformat()) for t in proven]
    return all_of(at, [*tokens, leaf(f"{at}.grade", _grade(grade, ctx), evidence=tuple(evidence))])


def _grade(grade: str, ctx: Context) -> Outcome:
    if grade != "absent":
        return OK
    if ctx.policy.time_absent == "indeterminate":
        return unknown("time.absent")
    return Outcome(ok=True, code="time.absent")
