"""Make a certificate from face fields: fill the metadata, mint the identifier, refuse the rest.

The identifier is type code, issuer code, serial and version (GB/T 36904). The serial follows the
profile: the number without separators, or one that the caller gives. Nothing here is random and no
clock is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from ecert.errors import ECertError, InvalidIdentifier, MalformedInput
from ecert.ids import (
    ECID,
    USCC,
    CertDate,
    IDNumber,
    NonconformingUSCC,
    OrgCode,
    RegionCode,
    RegistrationNumber,
)
from ecert.model.certificate import SCHEMA, Certificate, Issuer
from ecert.model.codetables import code_table
from ecert.model.issue import FieldIssue
from ecert.model.profile import Profile
from ecert.model.terms import Annotation, Terms

__all__ = ["annotate", "mint"]

_SEPARATORS = re.compile(r"[\s\-_./\\:,()\[\]{}（）〔〕【】［］、，。·—－]+")
_SERIAL = re.compile("[0-9A-Z]{1,100}")
_UUID = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_VALUE_TYPES = (
    CertDate,
    ECID,
    IDNumber,
    NonconformingUSCC,
    OrgCode,
    RegionCode,
    RegistrationNumber,
    USCC,
)
_MINTED_KINDS = ("original", "converted")


def _kind_problems(stated: Terms) -> list[ECertError]:
    if stated.kind in _MINTED_KINDS:
        return []
    expected = ", ".join(_MINTED_KINDS)
    text = f"kind {stated.kind!r}, expected one of {expected}"
    return [ECertError("certificate.kind", text, params={"kind": stated.kind[:40]})]


def mint(
    profile: Profile,
    *,
    region: str,
    fields: Mapping[str, Any],
    issuer: Issuer,
    terms: Terms | None,
) -> Certificate:
    """Return the new certificate; see Certificate.create."""
    stated = terms or Terms()
    problems = [
        ECertError(
            "certificate.unknown_field",
            f"{profile.id} has no field {name!r}",
            params={"field": str(name)[:64], "profile": profile.id},
        )
        for name in fields
        if name not in profile.fields
    ]
    values = {n: plain(fields[n]) for n in profile.fields if _given(fields.get(n))}
    metadata = _metadata(profile, values, issuer, stated, problems)
    metadata["certificateAreaCode"] = str(region)
    _identify(profile, metadata, stated, problems)
    document = {
        "schema": SCHEMA,
        "kind": stated.kind,
        "profile": profile.id,
        "metadata": metadata,
        "fields": values,
    }
    problems += _kind_problems(stated)
    doors = frozenset(str(v) for v in fields.values() if isinstance(v, NonconformingUSCC))
    certificate = Certificate(document)
    reported = {p.params.get("field") for p in problems}
    problems += [
        issue.to_error()
        for issue in certificate.validate(profile, nonconforming=doors)
        if issue.field not in reported and not _let_in(issue)
    ]
    try:
        certificate.canonical()
    except MalformedInput as error:  # a value of a type that JSON does not have
        problems.append(error)
    if problems:
        raise ExceptionGroup(f"this {profile.id} cannot be made", problems)
    return certificate


def _let_in(issue: FieldIssue) -> bool:
    """Whether the issue only says that an odd code came in through the named door."""
    return issue.cause is not None and issue.cause.code == "uscc.nonconforming"


def plain(value: Any) -> Any:
    """Return a Python value as the JSON value that a certificate holds."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, date):
        return str(CertDate.of(value))
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    return str(value) if isinstance(value, _VALUE_TYPES) else value


def _given(value: Any) -> bool:
    return value is not None and value != ""


def _metadata(
    profile: Profile,
    values: Mapping[str, Any],
    issuer: Issuer,
    terms: Terms,
    problems: list[ECertError],
) -> dict[str, str]:
    bound = {e: values[f] for e, f in profile.bindings.items() if _given(values.get(f))}
    code_type = profile.holder_code_types[0]
    holder = terms.holder
    if holder is not None:
        code_type = holder.code_type or code_type
    table = code_table("holder_code_type")
    found = {
        "certificateName": profile.name_zh,
        "certificateTypeName": profile.name_zh,
        "certificateTypeCode": _type_code(profile, terms, problems),
        "certificateNumber": _settle("certificateNumber", bound, terms.number, problems),
        "certificateIdentifier": "",
        "certificateVersion": terms.version,
        "certificateIssuingAuthorityName": _settle(
            "certificateIssuingAuthorityName", bound, issuer.name, problems
        ),
        "certificateIssuingAuthorityCode": issuer.code,
        "certificateIssuingAuthorityLevel": issuer.level,
        "issueDate": _settle("issueDate", bound, plain(terms.issued), problems),
        "certificateHolderName": _settle(
            "certificateHolderName", bound, holder.name if holder else None, problems
        ),
        "certificateHolderCode": _settle(
            "certificateHolderCode", bound, holder.code if holder else None, problems
        ),
        "certificateHolderTypeName": (table.meaning(code_type) if table else None) or "",
        "certificateHolderTypeCode": code_type,
        "certificateValidateStart": _settle(
            "certificateValidateStart", bound, plain(terms.start), problems
        ),
        "certificateValidateEnd": _settle(
            "certificateValidateEnd", bound, plain(terms.end), problems
        ),
        "associatedCertificateIdentifier": terms.previous or "",
    }
    _authority_code(issuer.code, problems)
    return {k: v for k, v in found.items() if v or k == "certificateIdentifier"}


def _settle(
    name: str, bound: Mapping[str, Any], stated: str | None, problems: list[ECertError]
) -> str:
    """Return what field and terms agree on; two statements are an error, never a choice."""
    from_field = bound.get(name)
    if _given(from_field) and _given(stated) and from_field != stated:
        problems.append(
            ECertError(
                "certificate.stated_twice",
                f"metadata.{name}: the terms and the bound field differ",
                params={"field": f"metadata.{name}"},
            )
        )
    return str(from_field if _given(from_field) else stated or "")


def _type_code(profile: Profile, terms: Terms, problems: list[ECertError]) -> str:
    name = "metadata.certificateTypeCode"
    if profile.type_code and terms.type_code and profile.type_code != terms.type_code:
        problems.append(
            ECertError(
                "certificate.type_code_conflict",
                f"type code {terms.type_code[:40]!r}, the profile says {profile.type_code}",
                params={"field": name, "expected": profile.type_code},
            )
        )
    code = profile.type_code or terms.type_code
    if not code:
        problems.append(
            ECertError(
                "certificate.type_code_unknown",
                f"no type code is known for {profile.id}: state it in the terms",
                params={"field": name, "profile": profile.name_zh},
                hint="ask the body that defines this type for its code; codes are never guessed",
            )
        )
    return code or ""


def _authority_code(code: str, problems: list[ECertError]) -> None:
    """Refuse to mint for an issuer without a credit code, though odd ones exist elsewhere."""
    try:
        USCC(code)
    except InvalidIdentifier as error:
        error.params["field"] = "metadata.certificateIssuingAuthorityCode"
        problems.append(error)


def _identify(
    profile: Profile, metadata: dict[str, str], terms: Terms, problems: list[ECertError]
) -> None:
    """Mint the identifier where its parts are there; what is missing was reported already."""
    name = "metadata.certificateIdentifier"
    serial = _serial(profile, metadata.get("certificateNumber", ""), terms, problems)
    parts = (
        metadata.get("certificateTypeCode", ""),
        metadata.get("certificateIssuingAuthorityCode", ""),
        serial,
        terms.version,
    )
    try:
        if all(parts):
            type_code, issuer_code, _, version = parts
            metadata["certificateIdentifier"] = str(
                ECID.create(
                    type_code=type_code, issuer_code=issuer_code, serial=serial, version=version
                )
            )
    except InvalidIdentifier as error:
        error.params["field"] = name
        problems.append(error)
    if not metadata["certificateIdentifier"]:
        del metadata["certificateIdentifier"]
        if problems:
            problems[-1].params.setdefault("field", name)


def _serial(profile: Profile, number: str, terms: Terms, problems: list[ECertError]) -> str:
    name = "metadata.certificateIdentifier"
    if terms.serial is not None:
        text = str(terms.serial)
        is_uuid = isinstance(terms.serial, UUID) or _UUID.fullmatch(text)
        serial = text.replace("-", "").upper() if is_uuid else text
    elif profile.serial == "given":
        problems.append(
            ECertError(
                "certificate.serial_missing",
                f"{profile.id} takes its serial from the issuer: state it in the terms",
                params={"field": name, "profile": profile.name_zh},
            )
        )
        return ""
    else:
        serial = _SEPARATORS.sub("", number).upper()
        if not number:
            return ""
    if not _SERIAL.fullmatch(serial):
        problems.append(
            ECertError(
                "certificate.serial_form",
                "the serial needs 1 to 100 characters of 0-9 and A-Z",
                params={"field": name},
                hint="state a serial in the terms, for example a UUID",
            )
        )
        return ""
    return serial


def annotate(original: Certificate, annotation: Annotation) -> Certificate:
    """Return the annotated copy; see Certificate.annotated_copy."""
    if original.kind != "original":
        raise ECertError(
            "certificate.not_an_original",
            f"a copy is made from an original, this is {original.kind!r}",
            params={"kind": original.kind[:40]},
        )
    document = dict(original.document)
    document["kind"] = "copy"
    document["metadata"] = {
        **original.metadata,
        "certificateCopyCreationTime": annotation.created.isoformat(),
        "certificateCopyCreator": annotation.creator,
        "certificateCopyCause": annotation.cause,
        "certificateCopyExpiringTime": annotation.expires.isoformat(),
    }
    document["copy"] = {"matter": annotation.matter}
    copy = Certificate(document)
    old = set(original.issues())
    problems = [issue.to_error() for issue in copy.issues() if issue not in old]
    if problems:
        raise ExceptionGroup("this copy cannot be made", problems)
    return copy
