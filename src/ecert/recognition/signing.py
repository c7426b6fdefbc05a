"""Which parties stand behind a document of a bundle: each side speaks for itself (never-accept L19).

An edge needs the own role of the relying party it names, and of the issuing party unless it is
unilateral. A refusal needs one of them: nobody is accepted against the word of either side. What is
signed by neither, whoever else signed it, says nothing. A newer version of one side alone withdraws what
both had signed; it does not let a wider agreement speak in its place, for then one side would have
lifted a condition or a suspension of the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from ecert.recognition.force import speaking_at
from ecert.recognition.territory import own_role
from ecert.report import OK, Outcome, unknown
from ecert.trust.agreement import Agreement

__all__ = ["WHOLE", "Signed", "signed", "standing", "withdrawn"]

Signed = Literal["operator", "both", "withdrawn", "relying", "issuing", "nobody"]
"""Who signed: the operator's own folder asks nobody; else both sides as needed, one, or neither.
``withdrawn``: both, but one of them has signed a newer version since."""
WHOLE = ("operator", "both")
_OPERATOR = Outcome(ok=True, code="agreement.operator_folder")


def signed(agreement: Agreement, relying: str, issuing: str, at: datetime) -> Signed:
    """Return which of the two named sides signed exactly this file."""
    ours = own_role(agreement.signed_by, relying, at)
    theirs = own_role(agreement.signed_by, issuing, at)
    if ours and (theirs or agreement.kind == "unilateral"):
        return "both"
    if ours:
        return "relying"
    return "issuing" if theirs else "nobody"


def withdrawn(
    known: Sequence[tuple[Agreement, Signed]], speaking: Sequence[Agreement], at: datetime
) -> list[tuple[Agreement, Signed]]:
    """Return the newest version signed whole where newer ones of one side alone speak in its place.

    Of a unilateral word the issuing side takes nothing back. A refusal is heard by itself.
    """
    whole = [a for a, by in known if by in WHOLE]
    newer = {by for a, by in known if any(a is one for one in speaking)}
    if not whole or not newer.isdisjoint(WHOLE):
        return []
    last = (a for a in speaking_at(whole, at) if a.effect != "refuse")
    alone = newer == {"issuing"}
    return [(a, "both" if alone and a.kind == "unilateral" else "withdrawn") for a in last]


def standing(by: Signed, agreement: Agreement, *, relying: str, issuing: str) -> Outcome:
    """Return whether an agreement is signed as it must be, or who is missing."""
    if by == "operator":
        return _OPERATOR
    if by == "both" or agreement.effect == "refuse":
        return OK
    if by == "withdrawn":
        shown = {"agreement": agreement.agreement_id, "version": agreement.version}
        return unknown("agreement.withdrawn", **shown)
    if by == "relying":
        return unknown(
            "agreement.issuing_unsigned", agreement=agreement.agreement_id, division=issuing
        )
    return unknown("agreement.relying_unsigned", agreement=agreement.agreement_id, division=relying)
