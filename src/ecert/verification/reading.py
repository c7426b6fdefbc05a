"""From carriers to data: the certificate's fields out of signed bytes, and whether all copies agree (L7, L8).

The attachment is the certificate; XMP and CustomDatas are mirrors that may say less but not otherwise.
Nothing here judges; nothing uncovered is handed on as a fact about issuer or status.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ecert.documents.facts import Carrier, DocumentFacts
from ecert.errors import ECertError, InvalidIdentifier, MalformedInput
from ecert.ids import USCC, LongTerm
from ecert.ids.ecid import diagnose
from ecert.ids.text import fold
from ecert.limits import Limits
from ecert.model import Certificate, Profile, compare_flat, find_profile, load_profile, parse_json
from ecert.model.metadata import metadata_table
from ecert.report import NOT_COMPUTED, OK, Outcome, failed, unknown
from ecert.verification.case import DataCase, FieldCase
from ecert.verification.face import compare_face

__all__ = ["Reading", "read_data", "texts_of"]

_CREDIT_CODE = "001"
_OF_BODIES = (_CREDIT_CODE, "099", "")
"""Kinds of holder code (ecert-data.md 3.2): 统一社会信用代码, other codes of bodies, not stated. A
person's number is never taken for a credit code, though one in 31 would pass its check."""
_CODE = re.compile(r"[0-9A-Z]{18}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The certificate found in a file, and its data as the judge reads it."""

    certificate: Certificate | None
    profile: Profile | None
    data: DataCase | None
    covered_by: tuple[int, ...] = ()


def read_data(
    facts: DocumentFacts,
    *,
    at: datetime,
    matter: str | None,
    limits: Limits,
    profiles: Path | None = None,
) -> Reading:
    """Return the data of a file; where only signatures were read, who should have signed and no more.

    Args:
        at: judged instant, for the limits of a copy. matter: the asked matter, or None.
        profiles: folder with certificate types beside the shipped ones.
    """
    attachments = [c for c in facts.carriers if c.kind == "attachment"]
    if not attachments:
        return Reading(certificate=None, profile=None, data=None)
    source = attachments[0]
    if len(attachments) > 1:
        problem = failed("certificate.two_metadata", count=len(attachments))
        return _unreadable(problem, source)
    try:
        certificate = Certificate.from_json(source.raw, limits=limits)
    except MalformedInput as error:
        return _unreadable(failed(error.code, **error.params), source)
    profile, known = _profile(certificate, profiles)
    data = _named(certificate, profile, known, source)
    if facts.scope == "everything":
        data = _data(data, facts, certificate, profile, _Question(source, at, matter))
    return Reading(
        certificate=certificate,
        profile=profile,
        data=data,
        covered_by=source.covered_by,
    )


@dataclass(frozen=True, slots=True)
class _Question:
    source: Carrier
    at: datetime
    matter: str | None


def _unreadable(problem: Outcome, source: Carrier) -> Reading:
    data = DataCase(kind="other", metadata=problem)
    return Reading(certificate=None, profile=None, data=data, covered_by=source.covered_by)


def _profile(certificate: Certificate, search: Path | None) -> tuple[Profile | None, Outcome]:
    """Return the profile of the stated type; a profile and a type code that disagree are unknown."""
    code, name = certificate.type_code or "", certificate.profile_id or ""
    try:
        owner = find_profile(code, search=search) if code else None
        profile = load_profile(name, search=search) if name else owner
    except (ECertError, ExceptionGroup):
        profile = owner = None
    if profile is None:
        return None, unknown("profile.not_here", type=code, profile=name)
    differs = profile.type_code is not None and profile.type_code != code
    if differs or (owner is not None and owner.id != profile.id):
        return None, unknown("profile.type_differs", type=code, profile=profile.id)
    return profile, OK


def _named(
    certificate: Certificate, profile: Profile | None, known: Outcome, source: Carrier
) -> DataCase:
    """Return who and what the data name, and for how long; that they hold is not computed here."""
    covered = bool(source.covered_by)
    validity = certificate.validity
    end = validity.end if validity is not None else None
    return DataCase(
        kind=certificate.kind or "other",
        issuer_code=certificate.issuer_code if covered else None,
        type_code=certificate.type_code if covered else None,
        unbound_type=profile.id if profile and profile.type_code is None else None,
        area_code=certificate.area_code if covered else None,
        ecid=certificate.ecid_text if covered else None,
        holder_code=_holder_code(certificate) if covered else None,
        issue_date=certificate.issue_date,
        validity_start=validity.start if validity is not None else None,
        validity_end=end if isinstance(end, date) else None,
        long_term=isinstance(end, LongTerm),
        validity=_validity(certificate, covered=covered),
        profile=known,
        fields_ok=(NOT_COMPUTED,),
        ecid_check=NOT_COMPUTED,
        ecid_matches=NOT_COMPUTED,
        carriers=NOT_COMPUTED,
        face=NOT_COMPUTED,
        copy=NOT_COMPUTED,
    )


def _holder_code(certificate: Certificate) -> str | None:
    """Return the holder's credit code; a code issued against the scheme counts where it is called one."""
    holder = certificate.holder
    if holder.code_type not in _OF_BODIES:
        return None
    text = fold(holder.code).upper()
    try:
        return str(USCC(text))
    except InvalidIdentifier:
        called = holder.code_type == _CREDIT_CODE and _CODE.fullmatch(text)
        return text if called else None


def _data(
    named: DataCase,
    facts: DocumentFacts,
    certificate: Certificate,
    profile: Profile | None,
    question: _Question,
) -> DataCase:
    issues = certificate.validate(profile) if profile else certificate.issues()
    face, level = _face(facts, certificate, profile)
    return replace(
        named,
        fields_ok=tuple(o for i in issues if not _about_ecid(i.code) for o in i.outcomes()[:1]),
        ecid_check=_ecid(certificate),
        ecid_matches=next((i.outcomes()[0] for i in issues if i.code == "ecid.mismatch"), OK),
        carriers=_carriers(facts, certificate, profile),
        face=face,
        face_level=level,
        copy=_copy(certificate, question),
        fields=_fields(certificate, profile, question.source),
    )


def _about_ecid(code: str) -> bool:
    return code.startswith("ecid.")


def _validity(certificate: Certificate, *, covered: bool) -> Outcome:
    if not covered:
        return unknown("field.uncovered")
    if certificate.validity is None:
        return unknown("certificate.validity_unreadable")
    return OK


def _ecid(certificate: Certificate) -> Outcome:
    """Return whether the identifier holds, with the wrong rule that produced it where one is known."""
    text = certificate.ecid_text
    if text is None:
        return failed("ecid.missing")
    found = diagnose(text)
    if found.ok:
        return OK
    return failed(
        found.code or "ecid.check",
        stated=found.stated or "",
        expected=found.expected or "",
        rule=found.rule or "",
    )


def _flat(carrier: Carrier) -> dict[str, str] | None:
    try:
        value = parse_json(carrier.raw)
    except MalformedInput:
        return None
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        return None
    return value


def _carriers(facts: DocumentFacts, certificate: Certificate, profile: Profile | None) -> Outcome:
    """L7: all carriers agree; a mirror that cannot be read is no agreement."""
    for carrier in facts.carriers:
        if carrier.kind == "attachment":
            continue
        flat = _flat(carrier)
        if flat is None:
            return failed("carrier.unreadable", carrier=carrier.source)
        differing = compare_flat(certificate, flat, profile)
        if differing:
            return failed("carrier.mismatch", field=differing[0], carrier=carrier.source)
    return OK


def _face(
    facts: DocumentFacts, certificate: Certificate, profile: Profile | None
) -> tuple[Outcome, Any]:
    """L8: each printed value stands in the selectable text; counts only where nothing else can draw."""
    if profile is None or facts.face_words is None:
        return unknown("face.not_comparable"), "none"
    if facts.format.static.ok is not True:
        return unknown("face.not_comparable"), "none"
    found = compare_face(facts.face_words, profile.face_rows(certificate))
    return found, "text_layer" if found.ok else "none"


def _copy(certificate: Certificate, question: _Question) -> Outcome | None:
    """L10: a copy serves one matter until one instant."""
    limits = certificate.copy
    if limits is None:
        return None
    if not limits.matter or limits.expires is None:
        return unknown("certificate.copy_limits_unknown")
    if question.at > limits.expires:
        return failed("copy.expired", expires=limits.expires.isoformat())
    if question.matter is None:
        return unknown("copy.matter_not_asked", matter=limits.matter)
    if question.matter != limits.matter:
        return failed("copy.other_matter", matter=limits.matter, asked=question.matter)
    return OK


def texts_of(value: Any) -> tuple[str, ...]:
    """Return the texts of a field that is a list of nothing but texts."""
    texts = isinstance(value, list | tuple) and all(isinstance(v, str) for v in value)
    return tuple(value) if texts else ()


def _fields(
    certificate: Certificate, profile: Profile | None, source: Carrier
) -> tuple[tuple[str, FieldCase], ...]:
    """Return metadata and face fields with source and coverage; personal ones marked (L26)."""
    personal = frozenset(profile.personal_fields()) if profile else frozenset(certificate.fields)
    natural = profile is None or profile.is_personal()
    found: list[tuple[str, FieldCase]] = []
    for group, values in (("metadata", certificate.metadata), ("fields", certificate.fields)):
        for name, value in values.items():
            shown = value if isinstance(value, (str, int, bool)) else None
            hidden = name in personal if group == "fields" else natural and _holder(name)
            case = FieldCase(
                value=shown,
                source=f"{source.source}#{group}.{name}",
                covered_by=source.covered_by,
                personal=hidden,
                label=_label(group, name, profile),
                many=texts_of(value),
            )
            found.append((f"{group}.{name}", case))
    return tuple(found)


def _label(group: str, name: str, profile: Profile | None) -> tuple[str, ...]:
    """Return what people call a field, in Chinese and English, where its type says so."""
    known = metadata_table().elements if group == "metadata" else profile.fields if profile else {}
    spec = known.get(name)
    return (spec.zh, spec.en) if spec is not None else ()


def _holder(name: str) -> bool:
    return name.startswith("certificateHolder") or name in (
        "certificateIdentifier",
        "certificateNumber",
    )
