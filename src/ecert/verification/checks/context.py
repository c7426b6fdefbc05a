"""What every check may read: the case, the policy, the asked instant, and who the issuer's signature is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ecert.report import Mode, Outcome, unknown
from ecert.verification.case import Case, ListingCase, SignatureCase
from ecert.verification.policy import Policy

__all__ = ["Context", "age_s", "freshness"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The question and everything known; ``at`` is the judged instant (aware UTC)."""

    case: Case
    policy: Policy
    at: datetime
    mode: Mode = Mode.LIVE
    issuer_index: int | None = None

    @property
    def issuer_signature(self) -> SignatureCase | None:
        """The signature that carries the document (L6), or None."""
        if self.issuer_index is None:
            return None
        return next(s for s in self.case.signatures if s.index == self.issuer_index)

    def issuer_listing(self) -> ListingCase | None:
        """Return the listing of the issuer's key for the authority that the data name (L1)."""
        signature, data = self.issuer_signature, self.case.data
        if signature is None or signature.signer is None or data is None:
            return None
        mine = issuer_listings(signature, data.issuer_code)
        fit = [x for x in mine if data.type_code in x.types] or list(mine)
        now = [x for x in fit if x.state_at(self.at) == "granted"] or fit
        return now[0] if now else None


def issuer_listings(signature: SignatureCase, authority: str | None) -> tuple[ListingCase, ...]:
    """Return the certificate-issuer entries of a signature's key for one authority (L1, L10)."""
    if signature.signer is None or authority is None:
        return ()
    return tuple(
        x
        for x in signature.signer.listings
        if x.kind == "certificate-issuer" and x.authority == authority
    )


def age_s(issued_at: datetime | None, at: datetime) -> int | None:
    """Return how old evidence is at an instant, in whole seconds; 0 when it is newer."""
    if issued_at is None:
        return None
    return max(0, int((at - issued_at).total_seconds()))


def freshness(
    issued_at: datetime | None,
    next_update: datetime | None,
    *,
    at: datetime,
    limit_s: int,
    code: str,
) -> Outcome | None:
    """Return None for fresh evidence, else an unknown outcome with its age (L15).

    Fresh: dated, not older than ``limit_s``, and not past its own next update.
    """
    age = age_s(issued_at, at)
    if issued_at is None or age is None:
        return unknown(code, age_s=None)
    if at - issued_at > timedelta(seconds=limit_s) or (
        next_update is not None and at > next_update
    ):
        return unknown(code, age_s=age)
    return None
