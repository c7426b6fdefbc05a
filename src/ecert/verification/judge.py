"""The judge: one case, one policy, one instant, one report tree. No bytes, no trust store, no clock.

The numbered plan (docs/reference/verification.md uses the same numbers):

1. Find the issuer's signature: the one whose key is listed for the authority that the data name (L1, L6).
2. Is there a signature at all, and is the container one file of one format (L8, L9, L15)?
3. Each signature on its own: structure, coverage, digest, value, algorithm, binding, later changes.
4. Each signer: chain, validity, usage, revocation at the time of signing (L11, L17); each seal (L2, L16).
5. The issuer: listed, the signer, for this type, this region, this day (L1).
6. Status of the certificate (L16), with the validity the data state (L12).
7. Conformity of the data (L7, L8, L10).
8. Recognition, if it was asked: given by floor 9.
9. Weights of the policy are stamped; skipped and missing checks become "cannot tell" (L15).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from operator import is_

from ecert.report import (
    Check,
    Mode,
    Reason,
    Rule,
    SignatureSummary,
    TimeView,
    Verdict,
    Weight,
    all_of,
    any_of,
    leaf,
    meet,
    not_applicable,
    unknown,
)
from ecert.verification.case import Case, SignatureCase, SigningTime
from ecert.verification.checks.content import conformity
from ecert.verification.checks.context import Context, issuer_listings
from ecert.verification.checks.issuer import issuer
from ecert.verification.checks.seal import seal
from ecert.verification.checks.signature import (
    document_format,
    integrity_of,
    is_signature,
    signature,
    signed,
)
from ecert.verification.checks.signer import effective_time, signer
from ecert.verification.checks.status import status
from ecert.verification.checks.timing import proven_times, timing
from ecert.verification.policy import Policy, plain_id
from ecert.verification.proof import settle

__all__ = ["Judgement", "find_issuer_signature", "judge"]

_ADVISORY, _NOT_APPLICABLE = Weight.ADVISORY, Verdict.NOT_APPLICABLE
_PER_SIGNATURE = ("signature", "signer", "time", "seal")


@dataclass(frozen=True, slots=True)
class Judgement:
    """The tree and the summaries of one judged case."""

    root: Check
    signatures: tuple[SignatureSummary, ...]
    issuer_index: int | None


def find_issuer_signature(case: Case) -> int | None:
    """Return the index of the signature that carries the document (decision table, first section).

    Several listed for the named authority: the last that covers the current revision, else the last.
    """
    if case.data is None:
        return None
    mine = [
        s
        for s in case.signatures
        if is_signature(s) and s.covers_data and issuer_listings(s, case.data.issuer_code)
    ]
    current = [s for s in mine if s.covers_current] or mine
    return current[-1].index if current else None


def judge(
    case: Case,
    policy: Policy,
    at: datetime,
    *,
    mode: Mode = Mode.LIVE,
    recognition: Check | None = None,
) -> Judgement:
    """Return the judgement of a case: a pure function of its arguments.

    Args:
        at: the judged instant, aware UTC.
        recognition: the fourth axis where a relying region was named.
    """
    case = settle(case, policy, at)
    index = find_issuer_signature(case)
    ctx = Context(case=case, policy=policy, at=at, mode=mode, issuer_index=index)
    state = status(ctx) if "status" not in policy.unasked else not_asked("status")
    groups = {s.index: _per_signature(ctx, s, state.verdict) for s in case.signatures}
    children = [signed(ctx), document_format(ctx)]
    for sig in case.signatures:
        counts = is_signature(sig) if index is None else sig.index == index
        children += [g if counts else g.advisory() for g in groups[sig.index]]
    time_known = next(
        (effective_time(s.time, proven_times(s)) for s in case.signatures if s.index == index),
        SigningTime(),
    )
    children.append(issuer(ctx, time_known))
    axes = (
        all_of("authenticity", children),
        state,
        conformity(ctx) if "conformity" not in policy.unasked else not_asked("conformity"),
        recognition or not_applicable("recognition", "recognition.not_asked"),
    )
    root = stamp(all_of("report", axes), policy)
    summaries = tuple(_summary(ctx, s, groups[s.index]) for s in case.signatures)
    return Judgement(_complete(root, policy), summaries, index)


def not_asked(axis: str) -> Check:
    """Return the axis that the policy leaves unasked: unknown, and it says so (L15)."""
    return leaf(axis, unknown("check.not_asked"))


def _per_signature(ctx: Context, sig: SignatureCase, state: Verdict) -> list[Check]:
    time_known = effective_time(sig.time, proven_times(sig))
    groups = [
        signature(ctx, sig),
        signer(ctx, sig.index, sig.signer, time_known, status=state),
        timing(ctx, sig),
    ]
    pressed = seal(ctx, sig, time_known, status=state)
    return [*groups, pressed] if pressed is not None else groups


def stamp(check: Check, policy: Policy) -> Check:
    """Return the tree with the policy's weights, and skipped checks turned into "cannot tell" (L15)."""
    weight = _ADVISORY if policy.is_advisory(check.id) else check.weight
    if check.rule is None:
        if check.verdict is _NOT_APPLICABLE and not policy.is_optional(check.id):
            reasons = (*check.reasons, Reason.of("check.not_optional", id=check.id))
            return replace(check, verdict=Verdict.INDETERMINATE, weight=weight, reasons=reasons)
        return check if weight is check.weight else replace(check, weight=weight)
    children = tuple([stamp(c, policy) for c in check.children])
    if weight is check.weight and all(map(is_, children, check.children)):
        return check  # nothing was changed below, so the verdict is what it was
    make = any_of if check.rule is Rule.ANY else all_of
    return make(check.id, children, weight=weight)


def _missing(root: Check, policy: Policy) -> Iterable[str]:
    seen: set[str] = set()
    queue = [root]
    while queue:
        check = queue.pop()
        seen.add(plain_id(check.id))
        queue += check.children
    has_signature = "signature" in seen
    for name in sorted(policy.required - seen):
        if name.split(".")[0] in policy.unasked:
            continue
        if has_signature or name.split(".")[0] not in _PER_SIGNATURE:
            yield name


def _complete(root: Check, policy: Policy) -> Check:
    """Return the tree with an INDETERMINATE leaf for every required check that is not in it (L15)."""
    missing = [
        Check(id=n, verdict=Verdict.INDETERMINATE, reasons=(Reason.of("check.missing", id=n),))
        for n in _missing(root, policy)
    ]
    if not missing:
        return root
    first, *rest = root.children
    return all_of("report", [all_of(first.id, [*first.children, *missing]), *rest])


_TRUST = ("chain", "validity", "usage", "revocation")
_SEAL_TRUST = ("maker_chain", "maker_authorised", "validity", "status")


def _trust_verdict(groups: list[Check]) -> Verdict:
    """Return what is known of the signer's and the seal's standing, the issuer question left aside."""
    verdicts = []
    for group in groups:
        kind = plain_id(group.id)
        names = {"signer": _TRUST, "seal": _SEAL_TRUST}.get(kind, ())
        verdicts += [c.verdict for c in group.children if c.id.rsplit(".", 1)[-1] in names]
    return meet(verdicts)


def _role(ctx: Context, sig: SignatureCase) -> str:
    if sig.kind == "timestamp":
        return "timestamp"
    if sig.kind in ("unknown", "integrity") or sig.structure.ok is not True:
        return "unknown"
    return "issuer" if sig.index == ctx.issuer_index else "other"


def _summary(ctx: Context, sig: SignatureCase, groups: list[Check]) -> SignatureSummary:
    proven = proven_times(sig)
    who = sig.signer
    issuing = [x for x in who.listings if x.kind == "certificate-issuer"] if who else []
    return SignatureSummary(
        index=sig.index,
        role=_role(ctx, sig),  # type: ignore[arg-type]
        kind="unknown" if sig.kind == "integrity" else sig.kind,
        profile=sig.profile,
        algorithms=sig.algorithms,
        signer=(issuing[0].name if issuing else who.name) if who else None,
        cert_sha256=who.cert_sha256 if who else None,
        issuer_id=issuing[0].authority if issuing else None,
        seal_id=sig.seal.es_id if sig.seal else None,
        time=TimeView(
            declared=sig.time.earliest,
            proven=min(proven) if proven else None,
            grade="proven" if proven else sig.time.grade,
        ),
        integrity=integrity_of(sig),
        trust=_trust_verdict(groups),
        coverage=sig.coverage,
        covers_current=sig.covers_current,
        uncovered=sig.uncovered,
        quirks=sig.quirks,
    )
