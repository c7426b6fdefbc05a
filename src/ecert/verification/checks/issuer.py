"""issuer: is the signing key listed for the authority the data name, for this type and place (L1)."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, timezone

from ecert.errors import InvalidIdentifier
from ecert.ids import region
from ecert.report import OK, Check, Evidence, Outcome, all_of, blocked, failed, leaf, unknown
from ecert.verification.case import DataCase, ListingCase, SigningTime
from ecert.verification.checks.context import Context, freshness
from ecert.verification.checks.signature import is_signature

__all__ = ["issuer"]

_SHANGHAI = timezone(timedelta(hours=8))
_FIRM = ("proven", "witnessed")


def _nobody(ctx: Context) -> tuple[Outcome, Outcome]:
    """Return (listed, is_signer) when no signature can be taken for the issuer's."""
    signatures = [s for s in ctx.case.signatures if is_signature(s)]
    if not signatures:
        return failed("document.unsigned"), failed("document.unsigned")
    data = ctx.case.data
    listed = [s for s in signatures if s.signer and _issuing(s.signer.listings)]
    if data is None or data.issuer_code is None:
        code = "field.uncovered" if data is not None else "issuer.no_data"
        return (OK if listed else unknown("issuer.not_listed")), unknown(code)
    if listed:
        return OK, failed("issuer.not_the_signer", authority=data.issuer_code)
    structures = [s.structure for s in signatures if s.structure.ok is None]
    if structures and len(structures) == len(signatures):
        return structures[0], structures[0]
    return unknown("issuer.not_listed"), unknown("issuer.not_listed")


def _issuing(listings: tuple[ListingCase, ...]) -> list[ListingCase]:
    return [x for x in listings if x.kind == "certificate-issuer"]


def _may_issue(listing: ListingCase, data: DataCase) -> Outcome:
    """L1: this type, by its code; a type without a known code must be listed by its name as well."""
    if data.type_code is None:
        return unknown("issuer.type_unknown")
    if data.type_code not in listing.types:
        return failed("issuer.type_not_allowed", type=data.type_code, authority=listing.name)
    if data.unbound_type is not None and data.unbound_type not in listing.types:
        return unknown("issuer.type_name_not_listed", type=data.unbound_type)
    return OK


def _region(listing: ListingCase, area_code: str | None) -> Outcome:
    if not area_code:
        return unknown("issuer.region_unknown")
    try:
        inside = region.under(area_code, listing.territory)
    except InvalidIdentifier:
        return unknown("issuer.region_unknown")
    if inside:
        return OK
    return failed("issuer.region", area=area_code, territory=listing.territory)


def _in_force(ctx: Context, listing: ListingCase, time_known: SigningTime) -> Outcome:
    """L1, L11: granted on the day of issue and at signing; a declared time cannot rescue a past service."""
    data = ctx.case.data
    moments = list(time_known.ends)
    if data is not None and data.issue_date is not None:
        day = datetime.combine(data.issue_date, time(12), _SHANGHAI)
        moments.append(day.astimezone(UTC))
    if not moments:
        return unknown("issuer.date_unknown")
    late = time_known.claimed is not None and any(
        listing.state_at(moment) != "granted" for moment in time_known.ends
    )
    if late:  # a stamp that came after the service ended: what is declared may still condemn
        moments = [m for m in moments if m not in time_known.ends] + list(time_known.claimed or ())
    for moment in moments:
        if listing.state_at(moment) != "granted":
            return failed("issuer.not_in_force", at=moment.isoformat(), authority=listing.name)
    if late:
        return unknown("issuer.ceased_no_poe", authority=listing.name)
    if listing.state_at(ctx.at) != "granted" and time_known.grade not in _FIRM:
        return unknown("issuer.ceased_no_poe", authority=listing.name)
    return OK


def _listed(ctx: Context, listing: ListingCase) -> Outcome:
    stale = freshness(
        listing.issued_at,
        listing.next_update,
        at=ctx.at,
        limit_s=ctx.policy.issuer_list_age_s,
        code="trust.stale",
    )
    return stale or OK


def issuer(ctx: Context, time_known: SigningTime) -> Check:
    """Return the issuer group; ``time_known`` is the effective time of the issuer's signature."""
    listing, data = ctx.issuer_listing(), ctx.case.data
    names = ("issuer.may_issue_type", "issuer.region", "issuer.in_force")
    if listing is None or data is None:
        listed, is_signer = _nobody(ctx)
        first = [leaf("issuer.listed", listed), leaf("issuer.is_signer", is_signer)]
        return all_of("issuer", [*first, *(blocked(n, "issuer.is_signer") for n in names)])
    who = (
        Evidence("issuer.authority", listing.authority),
        Evidence("issuer.name", listing.name),
        Evidence("issuer.territory", listing.territory),
    )
    return all_of(
        "issuer",
        (
            leaf("issuer.listed", _listed(ctx, listing), evidence=who),
            leaf("issuer.is_signer", OK, clause="never-accept L1"),
            leaf(names[0], _may_issue(listing, data)),
            leaf(names[1], _region(listing, data.area_code)),
            leaf(names[2], _in_force(ctx, listing, time_known)),
        ),
    )
