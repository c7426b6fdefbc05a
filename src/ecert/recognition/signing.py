"""Which parties stand behind a document of a bundle: each side speaks for itself (never-accept L19).

An edge needs the own role of the relying party it names, and of the issuing party unless it is
unilateral. A refusal needs one of them: nobody is accepted against the word of either side. What is
signed by neither, whoever else signed it, says nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ecert.recognition.territory import own_role
from ecert.report import OK, Outcome, unknown
from ecert.trust.agreement import Agreement

__all__ = ["Signed", "signed", "standing"]

Signed = Literal["operator", "both", "relying", "issuing", "nobody"]
"""Who signed: the operator's own folder asks nobody; else both sides as needed, one, or neither."""
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


def standing(by: Signed, agreement: Agreement, *, relying: str, issuing: str) -> Outcome:
    """Return whether an agreement is signed as it must be, or who is missing."""
    if by == "operator":
        return _OPERATOR
    if by == "both" or agreement.effect == "refuse":
        return OK
    if by == "relying":
        return unknown(
            "agreement.issuing_unsigned", agreement=agreement.agreement_id, division=issuing
        )
    return unknown("agreement.relying_unsigned", agreement=agreement.agreement_id, division=relying)
