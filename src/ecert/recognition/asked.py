"""The question put to agreements: who would accept what, from where, for which matter.

Certificate data enter only where the issuer's signature covers them (never-accept L7); without
such a signature the question is blocked, and no agreement is looked for. What equivalences and rules
may read of the certificate and of its issuer stands here, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from ecert.errors import ECertError
from ecert.ids import LongTerm, RegionCode
from ecert.model import Certificate, load_profile
from ecert.model.codetables import code_table
from ecert.report import Scalar
from ecert.verification.case import Case, DataCase, ListingCase, SignatureCase
from ecert.verification.checks.context import issuer_listings
from ecert.verification.checks.signer import effective_time
from ecert.verification.checks.timing import proven_times
from ecert.verification.reading import texts_of

__all__ = [
    "FIRM",
    "HOLDERS",
    "Asked",
    "Fact",
    "Grade",
    "certificate_asked",
    "holder_kind",
    "issuer_entry",
]

Grade = Literal["proven", "witnessed", "declared", "absent"]
FIRM = ("proven", "witnessed")
"""Grades that may rescue a verdict (L11)."""
HOLDERS = ("natural_person", "legal_person")
_ISSUER = "issuer.is_signer"
_HOLDER_TYPE = "metadata.certificateHolderTypeCode"


@dataclass(frozen=True, slots=True)
class Fact:
    """One covered value of the certificate: where it stands, and whether it is masked (L26).

    Args:
        many: the texts of a field that is a list; ``value`` is None then.
    """

    path: str
    value: Scalar
    personal: bool = False
    many: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One recognition question.

    Args:
        relying: division code of the region that would accept. matter: service item, or None.
        issuing: division code of the certificate. type_code, profile_id: its type.
        issue_date: an Asia/Shanghai day (L12). grade: of the issuer signature's time (L11).
        signed_by: latest instant of that time where its grade is firm, else None.
        blocked_by: id of the check whose failure leaves the data unproven, or None.
        kind: original, copy, converted, ... ecid: its identifier. valid_from, valid_to: days;
            ``long_term`` where the end is 长期.
        holder_kind: natural_person or legal_person, from the type of the holder's code.
        facts: covered values by path (``metadata.x``, ``fields.y``).
        issuer: the entry of the issuer list under which the key was found; None is not known.
        state: of the certificate as its status source says it, or None.
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
    kind: str | None = None
    ecid: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    long_term: bool = False
    holder_kind: str | None = None
    holder_id_type: str | None = None
    facts: tuple[Fact, ...] = ()
    issuer: ListingCase | None = None
    state: str | None = None

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
        data = case.data
        facts = _covered(data, signature.index)
        id_type = _text(facts, _HOLDER_TYPE)
        return cls(
            relying=region,
            matter=matter or None,
            issuing=data.area_code,
            type_code=data.type_code,
            profile_id=profile_id,
            issue_date=data.issue_date,
            grade=grade,
            signed_by=signed_by,
            kind=data.kind,
            ecid=data.ecid,
            valid_from=data.validity_start,
            valid_to=data.validity_end,
            long_term=data.long_term,
            holder_kind=holder_kind(id_type),
            holder_id_type=id_type,
            facts=facts,
            issuer=issuer_entry(signature, data),
            state=case.status.state if case.status.answer == "listed" else None,
        )


def holder_kind(id_type: str | None) -> str | None:
    """Return natural_person or legal_person for a type of holder's code, None where it is unknown."""
    table = code_table("holder_code_type")
    item = table.items.get(id_type) if table is not None and id_type is not None else None
    return (item.group or None) if item is not None else None


def _time(signature: SignatureCase) -> tuple[Grade, datetime | None]:
    known = effective_time(signature.time, proven_times(signature))
    return known.grade, known.latest if known.grade in FIRM else None


def _covered(data: DataCase, index: int) -> tuple[Fact, ...]:
    """Return the values that the issuer's own signature covers (L7); what is no plain value is not known."""
    return tuple(
        Fact(path, field.value, field.personal, field.many)
        for path, field in data.fields
        if index in field.covered_by and (field.value is not None or field.many)
    )


def certificate_asked(certificate: Certificate | None, profile_id: str) -> Asked:
    """Return what a certificate that was proven whole says of itself, as a question without its sides."""
    if certificate is None:
        return Asked(relying="")
    validity, id_type = certificate.validity, certificate.holder.code_type or None
    end = validity.end if validity is not None else None
    return Asked(
        relying="",
        kind=certificate.kind,
        ecid=certificate.ecid_text,
        valid_from=validity.start if validity is not None else None,
        valid_to=end if isinstance(end, date) else None,
        long_term=isinstance(end, LongTerm),
        holder_kind=holder_kind(id_type),
        holder_id_type=id_type,
        facts=_facts(certificate, profile_id),
    )


def _facts(certificate: Certificate, profile_id: str) -> tuple[Fact, ...]:
    """Return the values by path; where the type is not known every one may be personal."""
    try:
        profile = load_profile(profile_id)
    except (ECertError, ExceptionGroup):
        profile = None
    secret = frozenset(profile.personal_fields()) if profile is not None else None
    groups = (("metadata", certificate.metadata), ("fields", certificate.fields))
    found = (
        Fact(
            f"{group}.{name}",
            value if isinstance(value, str | int | bool) else None,
            secret is None or name in secret,
            texts_of(value),
        )
        for group, values in groups
        for name, value in values.items()
    )
    return tuple(fact for fact in found if fact.value is not None or fact.many)


def _text(facts: Iterable[Fact], path: str) -> str | None:
    found = next((f.value for f in facts if f.path == path), None)
    return found if isinstance(found, str) and found else None


def issuer_entry(signature: SignatureCase, data: DataCase) -> ListingCase | None:
    """Return the issuer's entry for this type; None where several disagree in what recognition reads."""
    mine = issuer_listings(signature, data.issuer_code)
    fit = [x for x in mine if data.type_code in x.types] or list(mine)
    told = {(x.territory, x.assurance, x.states) for x in fit}
    return fit[0] if len(told) == 1 else None
