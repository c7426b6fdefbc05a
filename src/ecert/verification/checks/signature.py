"""signed, format, signature[i]: is there a signature, does it hold, what does it cover."""

from __future__ import annotations

from dataclasses import replace

from ecert.report import (
    OK,
    Check,
    Evidence,
    Outcome,
    Reason,
    Verdict,
    all_of,
    failed,
    leaf,
    meet,
    unknown,
)
from ecert.verification.case import SignatureCase
from ecert.verification.checks.context import Context
from ecert.verification.tolerance import strange

__all__ = ["document_format", "integrity_of", "is_signature", "signature", "signed"]


def is_signature(sig: SignatureCase) -> bool:
    """Whether this is somebody's signature over the document: no time stamp, no integrity list."""
    return sig.kind in ("cms", "seal", "unknown")


def signed(ctx: Context) -> Check:
    """L15: a file without any signature fails with its own reason; it is never an empty group."""
    if not any(is_signature(s) for s in ctx.case.signatures):
        return leaf("signed", failed("document.unsigned"))
    return leaf("signed", OK)


def document_format(ctx: Context) -> Check:
    """L8, L9: one file, one format, nothing hidden that can draw."""
    facts = ctx.case.format
    return all_of(
        "format",
        (
            leaf("format.recognized", facts.recognized),
            leaf("format.within_limits", facts.within_limits),
            leaf("format.single", facts.single),
            leaf("format.static", facts.static),
            *(leaf(f"format.note[{i}]", note) for i, note in enumerate(ctx.case.notes)),
        ),
    )


def _quirks(sig: SignatureCase) -> Outcome:
    found = strange(sig.quirks)
    return unknown("signature.quirk", quirks=", ".join(found)) if found else OK


def _algorithm(sig: SignatureCase, ctx: Context) -> Outcome:
    if sig.weak:
        return unknown("algorithm.weak", names=", ".join(sig.weak))
    moment = min(sig.proven, default=ctx.at)
    return ctx.policy.judge_algorithms(sig.algorithms, moment)


def _coverage(sig: SignatureCase) -> Outcome:
    """L6: this signature alone must cover what the current revision shows."""
    if sig.covers_current and not sig.uncovered and sig.coverage in ("whole", "revision"):
        return OK  # later revisions, if any, are the business of changes_after
    if sig.coverage == "unknown":
        return unknown("signature.coverage_unknown")
    if sig.uncovered:
        return unknown("document.uncovered", count=len(sig.uncovered), first=sig.uncovered[0])
    if sig.coverage == "whole" and sig.changes_after.ok is not True:
        return sig.changes_after
    return unknown("signature.earlier_revision")


def _told(check: Check, sig: SignatureCase) -> Check:
    """Return the coverage leaf with what the uncovered parts can change, in words."""
    if check.verdict is Verdict.PASSED:
        return check
    told = (Reason(e.code, e.params) for e in sig.effects if e.code)
    return replace(check, reasons=(*check.reasons, *told))


def _changes(at: str, sig: SignatureCase) -> Check:
    """Return the verdict on what came later, with every change in words beside it."""
    notes = [Reason(change.code, change.params) for change in sig.changes]
    known = leaf(at, sig.changes_after)
    return replace(
        known,
        reasons=(*known.reasons, *notes),
        evidence=tuple(Evidence(change.code, change.value) for change in sig.changes),
    )


def signature(ctx: Context, sig: SignatureCase) -> Check:
    """Return signature[i]: structure, coverage, digest, value, algorithm, binding, later changes."""
    at = f"signature[{sig.index}]"
    uncovered = tuple(Evidence("uncovered", p) for p in sig.uncovered)
    return all_of(
        at,
        (
            leaf(f"{at}.structure", sig.structure),
            _told(leaf(f"{at}.coverage", _coverage(sig), evidence=uncovered), sig),
            leaf(f"{at}.digest", sig.digest),
            leaf(f"{at}.value", sig.value),
            leaf(f"{at}.algorithm", _algorithm(sig, ctx)),
            leaf(f"{at}.bound", sig.bound),
            leaf(
                f"{at}.quirks",
                _quirks(sig),
                evidence=tuple(Evidence("quirk", q) for q in sig.quirks),
            ),
            _changes(f"{at}.changes_after", sig),
        ),
    )


def integrity_of(sig: SignatureCase) -> Verdict:
    """Return the arithmetic and digests of one signature alone: no trust, no time, no coverage."""
    parts = [sig.structure.verdict, sig.digest.verdict, sig.value.verdict]
    if sig.seal is not None:
        seal = sig.seal
        parts += [
            seal.structure.verdict,
            seal.maker_signature.verdict,
            seal.signer_listed.verdict,
            seal.document_digest.verdict,
            seal.file.verdict,
        ]
    return meet(parts)
