"""Find everything wrong with a certificate: structure, metadata, identifier, fields, rules.

Pure functions from a certificate (and its profile) to issues; they never raise for content and look
at the covered data alone. Decision-table, Conformity: ``field.missing``, ``field.invalid``,
``ecid.mismatch``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from ecert.errors import InvalidIdentifier
from ecert.ids import ECID, USCC
from ecert.model.certificate import Certificate
from ecert.model.codetables import code_table
from ecert.model.fields import LONG_TERM_TEXT, Context, FieldSpec, check_value
from ecert.model.issue import Cause, FieldIssue
from ecert.model.metadata import metadata_table
from ecert.model.profile import Profile
from ecert.model.rules import spans
from ecert.model.spec import read_day

__all__ = ["certificate_issues", "profile_issues"]

_KINDS = "certificate_kind"
_PARTS = {
    "type_code": "certificateTypeCode",
    "issuer_code": "certificateIssuingAuthorityCode",
    "version": "certificateVersion",
}
_IDENTIFIER = "certificateIdentifier"
_CODE_SCHEMES = {"001": "uscc", "111": "idnumber"}


def certificate_issues(certificate: Certificate) -> tuple[FieldIssue, ...]:
    """Return what is wrong without knowing the type."""
    return (
        *_structure(certificate),
        *_metadata(certificate),
        *_identifier(certificate),
        *_issuer(certificate),
        *_period(certificate),
        *_copy(certificate),
    )


def profile_issues(
    certificate: Certificate, profile: Profile, *, nonconforming: frozenset[str] = frozenset()
) -> tuple[FieldIssue, ...]:
    """Return what is wrong by the rules of the type, without what ``certificate_issues`` says."""
    context = Context(on=certificate.issue_date, nonconforming=nonconforming)
    values = certificate.fields
    return (
        *_type(certificate, profile),
        *_values("fields", profile.fields, values, context),
        *_bindings(certificate, profile),
        *_rules(profile, values),
        *_holder(certificate, profile, context),
        *_validity(certificate, profile),
    )


def _structure(certificate: Certificate) -> Iterator[FieldIssue]:
    table = code_table(_KINDS)
    if table is not None and not table.has(certificate.kind):
        yield FieldIssue(
            "kind", "certificate.kind", "种类", params=(("kind", certificate.kind[:40]),)
        )
    for name, required in (("metadata", True), ("fields", True), ("copy", False)):
        value = certificate.document.get(name)
        if (value is None and required) or not isinstance(value, Mapping | None):
            yield FieldIssue(name, "certificate.member")


def _values(
    area: str, specs: Mapping[str, FieldSpec], values: Mapping[str, Any], context: Context
) -> Iterator[FieldIssue]:
    for name, spec in specs.items():
        value = values.get(name)
        if value is None or value in ("", [], ()):
            if spec.required:
                yield FieldIssue(f"{area}.{name}", "field.missing", spec.zh)
            continue
        for cause in check_value(spec, value, context):
            place = f"{area}.{name}{cause.place}"
            yield FieldIssue(place, "field.invalid", spec.zh, cause, ok=cause.ok)


def _metadata(certificate: Certificate) -> Iterator[FieldIssue]:
    table = metadata_table()
    is_copy = certificate.kind == "copy"
    specs = {
        name: spec
        for name, spec in table.elements.items()
        if name != _IDENTIFIER and (is_copy or name not in table.copy_only)
    }
    yield from _values("metadata", specs, certificate.metadata, Context())
    for name in sorted(table.copy_only if not is_copy else ()):
        if name in certificate.metadata:
            yield FieldIssue(
                f"metadata.{name}", "certificate.copy_element", table.elements[name].zh
            )


def _identifier(certificate: Certificate) -> Iterator[FieldIssue]:
    place = f"metadata.{_IDENTIFIER}"
    label = metadata_table().elements[_IDENTIFIER].zh
    value = certificate.metadata.get(_IDENTIFIER)
    if value is None or value == "":
        yield FieldIssue(place, "field.missing", label)
        return
    if not isinstance(value, str):
        yield FieldIssue(place, "field.invalid", label, Cause.of("value.type", expected="text"))
        return
    try:
        ecid = ECID(value)
    except InvalidIdentifier as error:
        # A wrong check character is a row of its own in the decision table.
        params = Cause.from_identifier(error).params
        yield FieldIssue(place, error.code, label, params=params)
        return
    for part, element in _PARTS.items():
        stated = certificate.metadata_text(element)
        if stated is not None and stated != getattr(ecid, part):
            yield FieldIssue(place, "ecid.mismatch", label, params=(("part", element),))


def _issuer(certificate: Certificate) -> Iterator[FieldIssue]:
    """Call an issuer code that is no credit code an unknown: such codes were really issued."""
    code = certificate.issuer_code
    if code is None:
        return
    try:
        USCC(code)
    except InvalidIdentifier:
        name = "certificateIssuingAuthorityCode"
        label = metadata_table().elements[name].zh
        yield FieldIssue(f"metadata.{name}", "issuer.code_nonconforming", label, ok=None)


def _period(certificate: Certificate) -> Iterator[FieldIssue]:
    start, end = _ends(certificate)
    if start is not None and isinstance(end, date) and end < start:
        yield _about("certificateValidateEnd", "rule.not_before")


def _ends(certificate: Certificate) -> tuple[date | None, date | str | None]:
    start = read_day(certificate.metadata.get("certificateValidateStart"))
    end = certificate.metadata.get("certificateValidateEnd")
    return start, end if end == LONG_TERM_TEXT else read_day(end)


def _about(element: str, code: str) -> FieldIssue:
    """Return an issue of a metadata element whose cause is ``code``."""
    label = metadata_table().elements[element].zh
    return FieldIssue(f"metadata.{element}", "field.invalid", label, Cause.of(code))


def _copy(certificate: Certificate) -> Iterator[FieldIssue]:
    copy = certificate.copy
    if copy is None:
        if certificate.document.get("copy") is not None:
            yield FieldIssue("copy", "certificate.copy_element", "加注件")
        return
    if copy.matter is None:
        yield FieldIssue("copy.matter", "field.missing", "加注件事项")
    if copy.created and copy.expires and copy.expires <= copy.created:
        yield _about("certificateCopyExpiringTime", "rule.not_before")


def _type(certificate: Certificate, profile: Profile) -> Iterator[FieldIssue]:
    stated = certificate.type_code
    if profile.type_code is not None and stated is not None and stated != profile.type_code:
        yield _conflict("certificateTypeCode")
    if certificate.type_name is not None and certificate.type_name != profile.name_zh:
        yield _conflict("certificateTypeName")
    if certificate.profile_id is not None and certificate.profile_id != profile.id:
        yield FieldIssue("profile", "certificate.profile", params=(("profile", profile.id),))


def _conflict(element: str, other: str = "profile") -> FieldIssue:
    label = metadata_table().elements[element].zh
    return FieldIssue(f"metadata.{element}", "field.conflict", label, params=(("other", other),))


def _bindings(certificate: Certificate, profile: Profile) -> Iterator[FieldIssue]:
    """Demand that a bound metadata element says what its field says, which the eye sees (L8)."""
    for element, name in profile.bindings.items():
        value = certificate.fields.get(name)
        stated = certificate.metadata.get(element)
        if value in (None, "") and stated in (None, ""):
            continue
        if value != stated:
            yield _conflict(element, f"fields.{name}")


def _rules(profile: Profile, values: Mapping[str, Any]) -> Iterator[FieldIssue]:
    for rule in profile.rules:
        broken = rule.apply(values)
        if broken is not None:
            name, cause = broken
            yield FieldIssue(f"fields.{name}", "field.invalid", profile.fields[name].zh, cause)


def _holder(certificate: Certificate, profile: Profile, context: Context) -> Iterator[FieldIssue]:
    holder = certificate.holder
    table = code_table("holder_code_type")
    if not holder.code_type:
        return
    if holder.code_type not in profile.holder_code_types:
        yield _about("certificateHolderTypeCode", "value.holder_type")
    name = certificate.metadata_text("certificateHolderTypeName")
    meaning = table.meaning(holder.code_type) if table else None
    if name and meaning and name != meaning:
        yield _conflict("certificateHolderTypeName", "metadata.certificateHolderTypeCode")
    kind = _CODE_SCHEMES.get(holder.code_type)
    if kind and holder.code:
        spec = FieldSpec(name="certificateHolderCode", zh="持证主体代码", en="", kind=kind)
        for cause in check_value(spec, holder.code, context):
            yield FieldIssue(
                "metadata.certificateHolderCode", "field.invalid", spec.zh, cause, ok=cause.ok
            )


def _validity(certificate: Certificate, profile: Profile) -> Iterator[FieldIssue]:
    rule = profile.validity
    for element, wanted in (
        ("certificateValidateStart", rule.start),
        ("certificateValidateEnd", rule.end),
    ):
        present = certificate.metadata.get(element) not in (None, "")
        if wanted == "required" and not present:
            label = metadata_table().elements[element].zh
            yield FieldIssue(f"metadata.{element}", "field.missing", label)
        if wanted == "absent" and present:
            yield _about(element, "value.not_expected")
    start, end = _ends(certificate)
    if end == LONG_TERM_TEXT and not rule.long_term:
        yield _about("certificateValidateEnd", "value.long_term")
    if start and isinstance(end, date) and rule.years:
        spanned = any(spans(start, end, years) for years in rule.years)
        yield from () if spanned else (_about("certificateValidateEnd", "value.span"),)
