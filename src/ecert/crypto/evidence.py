"""Certificates, revocation lists and OCSP responses that travel with a signature: found, not judged.

Reads the SignedData's own set of revocation data (RFC 5652 10.2.1, RFC 5940), the signed attribute
adbe-revocationInfoArchival (ISO 32000-2 12.8.3.3.2) and the CAdES values attributes (RFC 5126
6.3.3, 6.3.4). All of it is the presenter's choice (never-accept.md L17): unreadable parts are left
out, as he could have left them out himself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from ecert.crypto import der
from ecert.crypto.der import Node
from ecert.errors import MalformedInput

__all__ = ["Evidence", "EvidenceKind", "evidence_in"]

EvidenceKind = Literal["certificate", "crl", "ocsp"]

_ARCHIVAL = "1.2.840.113583.1.1.8"
_CERTIFICATE_VALUES = "1.2.840.113549.1.9.16.2.23"
_REVOCATION_VALUES = "1.2.840.113549.1.9.16.2.24"
_OCSP_RESPONSE = "1.3.6.1.5.5.7.16.2"
_MARKS = tuple(
    bytes.fromhex(text)
    for text in (
        "06092a864886f72f010108",  # adbe-revocationInfoArchival
        "060b2a864886f70d0109100217",  # certificate values
        "060b2a864886f70d0109100218",  # revocation values
        "06082b06010505071002",  # id-ri-ocsp-response
    )
)
_TAG_0, _TAG_1 = 0xA0, 0xA1


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One piece of validation data inside a file.

    Args:
        kind: what it is. der: its bytes, verbatim. source: where it stood, for reports.
        covered_by: indexes of the signatures that cover these bytes (a document security store).
    """

    kind: EvidenceKind
    der: bytes = field(repr=False)
    source: str
    covered_by: tuple[int, ...] = ()


def evidence_in(cms: bytes) -> tuple[Evidence, ...]:
    """Return the validation data of a ContentInfo beside its plain certificates and lists.

    The common signature has none of it, which a search for the identifiers tells.
    """
    if not any(mark in cms for mark in _MARKS):
        return ()
    try:
        return tuple(_signed_data(der.read(cms).children()[1].only()))
    except (MalformedInput, IndexError):
        return ()


def _signed_data(node: Node) -> Iterator[Evidence]:
    members = node.children()
    for member in members[3:-1]:
        if member.tag == _TAG_1:
            yield from _other_revocation(member)
    for info in members[-1].children():
        for part in info.children():
            if part.tag in (_TAG_0, _TAG_1):
                yield from _attributes(part)


def _other_revocation(node: Node) -> Iterator[Evidence]:
    for member in node.children():
        parts = member.children() if member.tag == _TAG_1 else []
        if len(parts) == 2 and parts[0].oid() == _OCSP_RESPONSE:  # noqa: PLR2004 - kind and value
            yield Evidence(kind="ocsp", der=parts[1].raw, source="cms.crls")


def _attributes(node: Node) -> Iterator[Evidence]:
    for member in node.children():
        parts = member.children()
        if len(parts) != 2 or parts[0].tag != der.OID:  # noqa: PLR2004 - kind and values
            continue
        oid = parts[0].oid()
        for value in parts[1].children() if oid in _READERS else ():
            yield from _READERS[oid](value)


def _archival(value: Node) -> Iterator[Evidence]:
    yield from _by_tag(value, {_TAG_0: "crl", _TAG_1: "ocsp"}, "adbe-revocationInfoArchival")


def _revocation_values(value: Node) -> Iterator[Evidence]:
    yield from _by_tag(value, {_TAG_0: "crl", _TAG_1: "ocsp"}, "revocation-values")


def _certificate_values(value: Node) -> Iterator[Evidence]:
    for one in value.expect(der.SEQUENCE).children():
        yield Evidence(kind="certificate", der=one.raw, source="certificate-values")


def _by_tag(value: Node, kinds: dict[int, EvidenceKind], source: str) -> Iterator[Evidence]:
    for group in value.expect(der.SEQUENCE).children():
        kind = kinds.get(group.tag)
        if kind is None:
            continue
        for one in group.only().expect(der.SEQUENCE).children():
            yield Evidence(kind=kind, der=one.raw, source=source)


_READERS = {
    _ARCHIVAL: _archival,
    _CERTIFICATE_VALUES: _certificate_values,
    _REVOCATION_VALUES: _revocation_values,
}
