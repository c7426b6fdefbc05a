"""The question put to agreements: who would accept what, from where, for which matter.

Certificate data enter only where the issuer's signature covers them (never-accept L7); without
such a signature the question is blocked, and no agreement is looked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from ecert.ids import RegionCode
from ecert.verification.case import Case, SignatureCase
from ecert.verification.checks.signer import effective_time
from ecert.verification.checks.timing import proven_times

__all__ = ["FIRM", "Asked", "Grade"]

Grade = Literal["proven", "witnessed", "declared", "absent"]
FIRM = ("proven", "witnessed")
"""Grades that may rescue a verdict (L11)."""
_ISSUER = "issuer.is_signer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One recognition question.

    Args:
        relying: division code of the region that would accept. matter: service item, or None.
        issuing: division code of the certificate. type_code, profile_id: its type.
        issue_date: an Asia/Shanghai day (L12). grade: of the issuer signature's time (L11).
        signed_by: latest instant of that time where its grade is firm, else None.
        blocked_by: id of the check whose failure leaves the data unproven, or None.
    """

    relying: str
    matter: str | None = None
    issuing: str | None = None
    type_code: str | None = None
    profile_id: str | None = None
    issue_date: date | None = None
    grade: Grade = "absent"
    signed_by: datetime | None = None
    blocked_by: str | None = None

    @classmethod
    def of(
        cls,
        case: Case,
        issuer_index: int | None,
        *,
        relying: str,
        matter: str | None,
        profile_id: str | None = None,
    ) -> Asked:
        """Return the question about one case.

        Args:
            issuer_index: the signature that carries the document, or None.
            profile_id: id of the profile under which the covered data were read.

        Raises:
            InvalidIdentifier: ``relying`` is no division code.
        """
        region = str(RegionCode.parse(relying))
        signature = next((s for s in case.signatures if s.index == issuer_index), None)
        if signature is None or not signature.covers_data or case.data is None:
            return cls(relying=region, matter=matter or None, blocked_by=_ISSUER)
        grade, signed_by = _time(signature)
        return cls(
            relying=region,
            matter=matter or None,
            issuing=case.data.area_code,
            type_code=case.data.type_code,
            profile_id=profile_id,
            issue_date=case.data.issue_date,
            grade=grade,
            signed_by=signed_by,
        )


def _time(signature: SignatureCase) -> tuple[Grade, datetime | None]:
    known = effective_time(signature.time, proven_times(signature))
    return known.grade, known.latest if known.grade in FIRM else None
