"""What a live accept hands out: the certificate and everything that pins how it was proven (L14)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from ecert.model import Certificate
from ecert.report import Mode
from ecert.verification.case import ListingCase

__all__ = ["VerifiedCertificate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedCertificate:
    """A certificate that passed, with instant, mode, policy and trust it passed under.

    `ecert.recognize` refuses one whose trust or mode is not its own (L14).

    Args:
        listing: the issuer's entry that its key was found under, for rules and levels of assurance.
        state: of the certificate as its status source says it; "" where that was not handed on.
    """

    certificate: Certificate
    subject_sha256: str
    issuer_code: str
    issuer_name: str
    area_code: str
    type_code: str
    profile_id: str
    issue_date: date | None
    signing_grade: Literal["proven", "witnessed", "declared", "absent"]
    signing_time: datetime | None
    at: datetime
    mode: Mode
    policy_sha256: str
    trust_sha256: str
    listing: ListingCase | None = None
    state: str = ""
