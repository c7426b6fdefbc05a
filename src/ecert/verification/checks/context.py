"""What every check may read: the case, the policy, the asked instant, and who the issuer's signature is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ecert.errors import InvalidIdentifier
from ecert.ids import region
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
        fit = [x for x in fit if _inside(data.area_code, x.territory)] or fit
        now = [x for x in fit if x.state_at(self.at) == "granted"]
        last = max((_since(x, self.at) for x in now), default=None)
        # An older list, or another role's, does not outlive the word that ended the service (L1, L15).
        ended = [x for x in fit if x.state_at(self.at) not in (None, "granted")]
        against = [x for x in ended if last is not None and _since(x, self.at) > last]
        return next(iter((*against, *now, *fit)), None)


def _since(listing: ListingCase, moment: datetime) -> datetime:
    """Return since when the state of an instant holds."""
    begins = [w[1] for w in listing.states if w[1] <= moment]
    return max(begins, default=datetime.min.replace(tzinfo=UTC))


def _inside(area: str | None, territory: str) -> bool:
    try:
        return area is not None and region.under(area, territory)
    except InvalidIdentifier:
        return False


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
