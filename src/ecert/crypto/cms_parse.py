"""CMS SignedData (RFC 5652) and its Chinese twin (GM/T 0010, GB/T 35275): read, never repaired.

Reads every combination of eseal-crypto.md 4: GM or RSA content types, digest as content, with and
without signed attributes. Refuses trailing bytes, unknown members, indefinite lengths. What one
signer's value proves is computed in ``cms``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ecert.crypto import algorithms, cms_attrs, der
from ecert.crypto.algorithms import GM_DATA, GM_SIGNED_DATA
from ecert.crypto.cms_attrs import EssCertId, SignedAttributes
from ecert.crypto.der import Fields, Node
from ecert.crypto.sigcheck import Algorithm, parse_algorithm
from ecert.crypto.times import TimeClaim
from ecert.crypto.x509 import CertificateFacts
from ecert.errors import MalformedInput
from ecert.limits import Limits

__all__ = [
    "DATA",
    "DATA_TYPES",
    "SIGNED_DATA",
    "CMSFacts",
    "CMSSigner",
    "parse_cms",
]

DATA = "1.2.840.113549.1.7.1"
SIGNED_DATA = "1.2.840.113549.1.7.2"
DATA_TYPES = frozenset({DATA, GM_DATA})

_TAG_0 = 0xA0
_TAG_1 = 0xA1
_PRIMITIVE_0 = 0x80
_WITH_ISSUER = b"\1"
_WITH_KEY_ID = b"\3"
_VERSIONS = frozenset({_WITH_ISSUER, _WITH_KEY_ID})


@dataclass(frozen=True, slots=True, kw_only=True)
class CMSSigner:
    """One SignerInfo.

    Args:
        digest: digest name, or the dotted OID of an unknown one.
        signature_algorithm: as it stands.
        attributes: signed attributes, None where there are none.
        issuer_der: issuer Name of the signer identifier, None where it is a key identifier.
        serial: serial number of the signer identifier.
        key_id: subject key identifier of the signer identifier.
        signature: signature octets.
        timestamps: time-stamp tokens of the unsigned attributes, verbatim.
        unsigned_attributes: OIDs of all unsigned attributes.
        content_type_declared: eContentType of the SignedData.
        econtent: content inside the CMS, None where detached.
        problem: reason code of a structural fault that makes every check fail, or None.
        quirks: names of tolerated oddities, sorted.

    """

    digest: str
    signature_algorithm: Algorithm
    attributes: SignedAttributes | None
    issuer_der: bytes | None = field(repr=False)
    serial: int | None
    key_id: bytes | None
    signature: bytes = field(repr=False)
    timestamps: tuple[bytes, ...] = field(repr=False)
    unsigned_attributes: tuple[str, ...]
    content_type_declared: str
    econtent: bytes | None = field(repr=False)
    problem: str | None
    quirks: tuple[str, ...]

    @property
    def signature_oid(self) -> str:
        """Signature algorithm, dotted."""
        return self.signature_algorithm.oid

    @property
    def signed_attrs(self) -> bytes | None:
        """DER of the signed attributes as signed (tag 0x31)."""
        return self.attributes.signed if self.attributes else None

    @property
    def message_digest(self) -> bytes | None:
        """Attribute messageDigest."""
        return self.attributes.message_digest if self.attributes else None

    @property
    def content_type(self) -> str | None:
        """Attribute contentType, dotted."""
        return self.attributes.content_type if self.attributes else None

    @property
    def signing_time(self) -> TimeClaim | None:
        """Attribute signingTime: declared by the signer, covered by the signature."""
        return self.attributes.signing_time if self.attributes else None

    @property
    def ess(self) -> tuple[EssCertId, ...]:
        """Certificate identifiers inside the signed attributes."""
        return self.attributes.ess if self.attributes else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CMSFacts:
    """One SignedData.

    Args:
        raw: the ContentInfo, verbatim.
        content_type_oid: outer content type, dotted.
        econtent_type_oid: inner content type, dotted.
        econtent: content, None where detached.
        certificates: certificates that could be read, in their order.
        crls: revocation lists, verbatim.
        signers: every SignerInfo.
        quirks: names of oddities of the whole, sorted.
        length: bytes consumed; padding after them was allowed by the caller.

    """

    raw: bytes = field(repr=False)
    content_type_oid: str
    econtent_type_oid: str
    econtent: bytes | None = field(repr=False)
    certificates: tuple[CertificateFacts, ...] = field(repr=False)
    crls: tuple[bytes, ...] = field(repr=False)
    signers: tuple[CMSSigner, ...]
    quirks: tuple[str, ...]
    length: int


def parse_cms(
    data: bytes, limits: Limits | None = None, *, padding: Literal["none", "zeros"] = "none"
) -> CMSFacts:
    """Read one ContentInfo with SignedData.

    Args:
        data: DER.
        limits: bounds on size, nesting, certificates and signers.
        padding: ``"zeros"`` allows zero bytes after the value (PDF /Contents, L22).

    Raises:
        MalformedInput: anything else.

    """
    limits = limits or Limits()
    if len(data) > limits.signature_bytes:
        raise MalformedInput("cms.too_large", f"{len(data)} bytes of CMS")
    root = der.read(data)
    tail = data[root.end :]
    if tail and (padding == "none" or tail.strip(b"\0")):
        raise MalformedInput("der.trailing", f"{len(tail)} bytes after the CMS")
    quirks = set(der.walk(root, limits))
    fields = Fields(root)
    outer = fields.take().oid()
    content = fields.take(_TAG_0).only()
    fields.end()
    if outer not in {SIGNED_DATA, GM_SIGNED_DATA}:
        raise MalformedInput("cms.content_type", f"content type {outer} is not signed data")
    structure, certificates, crls = _signed_data(content, quirks, limits)
    quirks |= _type_quirks(outer, structure.content_type)
    return CMSFacts(
        raw=root.raw,
        content_type_oid=outer,
        econtent_type_oid=structure.content_type,
        econtent=structure.econtent,
        certificates=certificates,
        crls=crls,
        signers=tuple(_signer(info, structure) for info in structure.infos),
        quirks=tuple(sorted(quirks)),
        length=root.end,
    )


@dataclass(frozen=True, slots=True)
class _Structure:
    """What every SignerInfo is held against."""

    version: bytes
    digests: tuple[Algorithm, ...]
    content_type: str
    econtent: bytes | None
    infos: tuple[Node, ...]


def _signed_data(
    node: Node, quirks: set[str], limits: Limits
) -> tuple[_Structure, tuple[CertificateFacts, ...], tuple[bytes, ...]]:
    fields = Fields(node)
    version = fields.take(der.INTEGER).body
    digests = tuple(parse_algorithm(member) for member in fields.take(der.SET).children())
    content_type, econtent = _encapsulated(fields.take(der.SEQUENCE))
    certificates = _certificates(fields.maybe(_TAG_0), quirks, limits)
    crls = _crls(fields.maybe(_TAG_1), quirks)
    infos = tuple(fields.take(der.SET).children())
    fields.end()
    if len(infos) > limits.signatures:
        raise MalformedInput("cms.too_many_signers", f"{len(infos)} signers")
    return _Structure(version, digests, content_type, econtent, infos), certificates, crls


def _encapsulated(node: Node) -> tuple[str, bytes | None]:
    fields = Fields(node)
    content_type = fields.take().oid()
    tagged = fields.maybe(_TAG_0)
    fields.end()
    return content_type, tagged.only().octets() if tagged else None


def _type_quirks(outer: str, inner: str) -> set[str]:
    """Name a mixture of the two families; both spellings are met (eseal-crypto.md 4)."""
    if (outer == GM_SIGNED_DATA) == (inner == GM_DATA):
        return set()
    return {"cms.oid_spelling" if inner in DATA_TYPES else "cms.content_type_odd"}


def _certificates(
    node: Node | None, quirks: set[str], limits: Limits
) -> tuple[CertificateFacts, ...]:
    """Read the certificates; an unreadable one is left out and named, for it may be unused."""
    members = node.children() if node else []
    if len(members) > limits.certificates:
        raise MalformedInput("cms.too_many_certificates", f"{len(members)} certificates")
    found = []
    for member in members:
        if member.tag != der.SEQUENCE:
            quirks.add("cms.other_certificate")
            continue
        try:
            found.append(CertificateFacts.parse(member.raw, limits))
        except MalformedInput:
            quirks.add("cms.unreadable_certificate")
    return tuple(found)


def _crls(node: Node | None, quirks: set[str]) -> tuple[bytes, ...]:
    members = node.children() if node else []
    if any(member.tag != der.SEQUENCE for member in members):
        quirks.add("cms.other_revocation")
    return tuple(member.raw for member in members if member.tag == der.SEQUENCE)


def _signer(node: Node, structure: _Structure) -> CMSSigner:
    fields = Fields(node)
    version = fields.take(der.INTEGER).body
    issuer_der, serial, key_id = _identifier(fields.take())
    digest_algorithm = parse_algorithm(fields.take(der.SEQUENCE))
    signed = fields.maybe(_TAG_0)
    signature_algorithm = parse_algorithm(fields.take(der.SEQUENCE))
    signature = fields.take().octets()
    unsigned = fields.maybe(_TAG_1)
    fields.end()
    attributes = cms_attrs.parse_signed(signed) if signed else None
    timestamps, unsigned_oids = cms_attrs.parse_unsigned(unsigned) if unsigned else ((), ())
    problem = _fault(structure, version, digest_algorithm, key_id) or _protection_fault(
        attributes, digest_algorithm, signature_algorithm
    )
    quirks = list(attributes.quirks) if attributes else ["cms.no_signed_attributes"]
    if _undeclared(structure, digest_algorithm):
        quirks.append("cms.digest_not_declared")
    if digest_algorithm.null_parameters:
        quirks.append("cms.null_parameters")
    return CMSSigner(
        digest=algorithms.digest_name(digest_algorithm.oid) or digest_algorithm.oid,
        signature_algorithm=signature_algorithm,
        attributes=attributes,
        issuer_der=issuer_der,
        serial=serial,
        key_id=key_id,
        signature=signature,
        timestamps=timestamps,
        unsigned_attributes=unsigned_oids,
        content_type_declared=structure.content_type,
        econtent=structure.econtent,
        problem=problem or (attributes.problem if attributes else None),
        quirks=tuple(sorted(quirks)),
    )


def _identifier(node: Node) -> tuple[bytes | None, int | None, bytes | None]:
    if node.tag == _PRIMITIVE_0:
        return None, None, node.body
    fields = Fields(node)
    issuer = fields.take(der.SEQUENCE).raw
    serial = fields.take(der.INTEGER).integer()
    fields.end()
    return issuer, serial, None


def _fault(
    structure: _Structure, version: bytes, digest_algorithm: Algorithm, key_id: bytes | None
) -> str | None:
    """Hold one signer against the whole: nothing outside the signature may be free to change."""
    if version != (_WITH_ISSUER if key_id is None else _WITH_KEY_ID):
        return "cms.version"
    if structure.version not in _VERSIONS:
        return "cms.version"
    if not digest_algorithm.plain or not all(item.plain for item in structure.digests):
        return "cms.digest_parameters"
    return None


def _undeclared(structure: _Structure, digest_algorithm: Algorithm) -> bool:
    """RFC 5652 5.1: the set outside should name the digests of the signers, and no others."""
    declared = {item.oid for item in structure.digests}
    if len(structure.infos) == 1:
        return declared != {digest_algorithm.oid}
    return digest_algorithm.oid not in declared


def _protection_fault(
    attributes: SignedAttributes | None, digest_algorithm: Algorithm, signature: Algorithm
) -> str | None:
    """RFC 6211 4: where the attribute stands, both algorithms must be those outside."""
    if attributes is None or attributes.protection is None:
        return None
    digest_named, signature_named = attributes.protection
    if digest_named.same_as(digest_algorithm) and signature_named.same_as(signature):
        return None
    return "cms.algorithm_protection"
