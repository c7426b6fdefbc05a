"""OCSP responses (RFC 6960): what one says, and whether the issuer or its delegate signed it.

Reads the basic response alone. Refuses unsuccessful responses, other response types, broken framing
and trailing bytes. Signatures are checked over the original bytes (never-accept.md L21), SM2
included. A nonce is ignored: nothing is fetched here, so nothing was asked. Freshness is judged
elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha1, sha256
from itertools import islice
from typing import Literal

from ecert.crypto import algorithms, der
from ecert.crypto import digest as digests
from ecert.crypto.crl import REASONS
from ecert.crypto.der import Fields, Node
from ecert.crypto.keys import SignatureCheck
from ecert.crypto.sigcheck import Algorithm, check_signature, parse_algorithm
from ecert.crypto.times import parse_asn1_time
from ecert.crypto.x509 import CertificateFacts, is_signed_by
from ecert.crypto.x509_ext import read_extensions
from ecert.errors import MalformedInput
from ecert.limits import Limits

__all__ = ["OCSPAnswer", "OCSPFacts", "SingleResponse", "answers"]

BASIC = "1.3.6.1.5.5.7.48.1.1"
_NONCE = "1.3.6.1.5.5.7.48.1.2"
_NO_CHECK = "1.3.6.1.5.5.7.48.1.5"
_ARCHIVE_CUTOFF = "1.3.6.1.5.5.7.48.1.6"
_INVALIDITY = "2.5.29.24"
_PROCESSED = frozenset({_NONCE})
_SINGLE_PROCESSED = frozenset({_ARCHIVE_CUTOFF, _INVALIDITY})
_PURPOSE = "ocsp_signing"
_SUCCESSFUL = 0
_ENUMERATED = 0x0A
_TAG_0, _TAG_1, _TAG_2 = 0xA0, 0xA1, 0xA2
_EXTENSIONS = 0xA3
_GOOD, _REVOKED, _UNKNOWN = 0x80, 0xA1, 0x82
_ID_DIGESTS = frozenset({"sha1", "sha256", "sha384", "sha512", "sm3"})
"""Digests that may name an issuer in a CertID; the signature covers them, so SHA-1 only names."""
_DELEGATES = 4
"""Certificates tried for one response, each with two signature checks; one fits, or its renewal."""
_RESPONSES = 256
"""Single responses read from one response; real ones hold one, a pre-produced batch a few dozen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleResponse:
    """What a response says of one certificate.

    Args:
        digest: digest name of the CertID, or its dotted OID.
        name_hash, key_hash: digests of the issuer's name and key.
        serial: of the certificate asked about.
        says: good, revoked, or unknown to the responder.
        this_update, next_update: validity of the statement, UTC.
        revoked_at, reason, invalidity_date: of a revocation.
        archive_cutoff: certificates that expired since then are still known to the responder.
        unknown_critical: critical extensions that are not processed.

    """

    digest: str
    name_hash: bytes
    key_hash: bytes
    serial: int
    says: Literal["good", "revoked", "unknown"]
    this_update: datetime
    next_update: datetime | None = None
    revoked_at: datetime | None = None
    reason: str | None = None
    invalidity_date: datetime | None = None
    archive_cutoff: datetime | None = None
    unknown_critical: tuple[str, ...] = ()

    def is_about(self, certificate: CertificateFacts, issuer: CertificateFacts) -> bool:
        """Whether the CertID names this certificate of this issuer, by name and key (4.1.1)."""
        key = _key_bits(issuer)
        return (
            certificate.issuer_der == issuer.subject_der
            and self.names(certificate)
            and key is not None
            and self.key_hash == digests.digest(self.digest, key)
        )

    def names(self, certificate: CertificateFacts) -> bool:
        """Whether the CertID names this certificate by serial number and its issuer's name alone."""
        return (
            self.serial == certificate.serial
            and self.digest in _ID_DIGESTS
            and self.name_hash == digests.digest(self.digest, certificate.issuer_der)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OCSPFacts:
    """One basic response. Two are equal when their DER is.

    Args:
        der: the BasicOCSPResponse, verbatim.
        sha256: hex digest of ``der``.
        responder_name: Name of the responder, or None where it is named by key.
        responder_key: SHA-1 of the responder's key, or None.
        produced_at: when it was signed, UTC.
        responses: what it says, one entry each.
        certificates: certificates that came with it.
        unknown_critical: critical extensions of the whole that are not processed.
        tbs, signature, signature_algorithm: for the check of its signature.

    """

    der: bytes = field(repr=False)
    sha256: str = field(compare=False)
    responder_name: bytes | None = field(compare=False, repr=False)
    responder_key: bytes | None = field(compare=False, repr=False)
    produced_at: datetime = field(compare=False)
    responses: tuple[SingleResponse, ...] = field(compare=False)
    certificates: tuple[CertificateFacts, ...] = field(compare=False, repr=False)
    unknown_critical: tuple[str, ...] = field(compare=False)
    tbs: bytes = field(compare=False, repr=False)
    signature: bytes = field(compare=False, repr=False)
    signature_algorithm: Algorithm = field(compare=False)

    @staticmethod
    def parse(data: bytes, limits: Limits | None = None) -> OCSPFacts:
        """Read one DER OCSPResponse, or a bare BasicOCSPResponse, that fills ``data`` exactly.

        Raises:
            MalformedInput: neither; not successful; of another type; or too large.

        """
        limits = limits or Limits()
        if len(data) > limits.signature_bytes:
            raise MalformedInput("ocsp.too_large", f"response of {len(data)} bytes")
        root = der.parse(data)
        der.walk(root, limits)
        fields = Fields(root)
        status = fields.maybe(_ENUMERATED)
        if status is None:  # CAdES revocation values hold the basic response alone
            return _basic(root, limits)
        return _basic(_enveloped(status, fields), limits)

    def names(self, certificate: CertificateFacts) -> bool:
        """Whether the responder identifier names this certificate's key or subject (4.2.2.3)."""
        if self.responder_key is not None:
            key = _key_bits(certificate)
            return (
                key is not None and self.responder_key == sha1(key, usedforsecurity=False).digest()
            )
        return certificate.subject_der == self.responder_name

    def is_signed_by(self, certificate: CertificateFacts) -> SignatureCheck:
        """Check the signature over the original bytes with one certificate's key."""
        if certificate.public_key is None:
            return SignatureCheck(ok=False, quirks=(), code="signature.key_unsupported")
        return check_signature(
            self.signature_algorithm, certificate.public_key, self.tbs, self.signature
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OCSPAnswer:
    """One statement about one certificate whose signature holds and whose signer was entitled.

    Args:
        single: the statement.
        responder: the delegate's certificate, None where the issuer's own key signed.
        needs_check: the delegate's certificate has no id-pkix-ocsp-nocheck, so that its own
            revocation has to be known (4.2.2.2.1).
        quirks: names of oddities of the signatures it rests on.
        unknown_critical: critical extensions that nothing here understands.

    """

    single: SingleResponse
    responder: CertificateFacts | None = None
    needs_check: bool = False
    quirks: tuple[str, ...] = ()
    unknown_critical: tuple[str, ...] = ()


def answers(
    response: OCSPFacts,
    certificate: CertificateFacts,
    issuer: CertificateFacts,
    *,
    pool: Sequence[CertificateFacts] = (),
) -> tuple[OCSPAnswer, ...]:
    """Return what a response says of a certificate, where the issuer or its delegate signed it.

    A delegate is certified by the same issuing key, for OCSP signing, and its certificate was in
    force when the response was made (RFC 6960 4.2.2.2). ``pool``: where to look for it, too.
    """
    mine = [one for one in response.responses if one.is_about(certificate, issuer)]
    if not mine:
        return ()
    found = _authority(response, issuer, (*response.certificates, *pool))
    if found is None:
        return ()
    responder, quirks = found
    return tuple(
        OCSPAnswer(
            single=one,
            responder=responder,
            needs_check=responder is not None and not _unchecked(responder),
            quirks=quirks,
            unknown_critical=(*response.unknown_critical, *one.unknown_critical),
        )
        for one in mine
    )


def _authority(
    response: OCSPFacts, issuer: CertificateFacts, candidates: Sequence[CertificateFacts]
) -> tuple[CertificateFacts | None, tuple[str, ...]] | None:
    """Return who signed (None for the issuer itself) and the quirks, or None for a stranger."""
    if response.names(issuer):
        check = response.is_signed_by(issuer)
        if check.ok:
            return None, check.quirks
    entitled = (c for c in candidates if response.names(c) and _may_answer(c, issuer, response))
    for candidate in islice(entitled, _DELEGATES):
        check = response.is_signed_by(candidate)
        delegated = (
            is_signed_by(candidate, issuer.public_key)
            if check.ok and issuer.public_key is not None
            else None
        )
        if delegated is not None and delegated.ok:
            quirks = {*check.quirks, *delegated.quirks, *candidate.quirks}
            return candidate, tuple(sorted(quirks))
    return None


def _may_answer(candidate: CertificateFacts, issuer: CertificateFacts, response: OCSPFacts) -> bool:
    usage, purposes = candidate.key_usage, candidate.extended_key_usage
    return (
        candidate.issuer_der == issuer.subject_der
        and purposes is not None
        and _PURPOSE in purposes
        and (usage is None or "digital_signature" in usage or "non_repudiation" in usage)
        and not candidate.unknown_critical
        and candidate.not_before <= response.produced_at <= candidate.not_after
    )


def _unchecked(certificate: CertificateFacts) -> bool:
    """Whether the CA asks nobody to check this delegate's revocation (id-pkix-ocsp-nocheck)."""
    tagged = der.parse(certificate.tbs).children()[-1]
    if tagged.tag != _EXTENSIONS:
        return False
    values, _, _ = read_extensions(tagged.only())
    return _NO_CHECK in values


def _key_bits(certificate: CertificateFacts) -> bytes | None:
    """Return the key as it is hashed: the BIT STRING without tag, length and unused bits.

    None where the presenter's certificate has none that can be read; no identifier names it.
    """
    try:
        members = der.parse(certificate.spki).children()
        return members[1].bits()[0] if len(members) == 2 else None  # noqa: PLR2004 - algorithm, key
    except MalformedInput:
        return None


def _enveloped(status: Node, fields: Fields) -> Node:
    if status.integer() != _SUCCESSFUL:
        raise MalformedInput("ocsp.unsuccessful", f"response status {status.integer()}")
    body = Fields(fields.take(_TAG_0).only())
    fields.end()
    kind = body.take().oid()
    inner = body.take().octets()
    body.end()
    if kind != BASIC:
        raise MalformedInput("ocsp.type", f"response type {kind}")
    return der.parse(inner)


def _basic(root: Node, limits: Limits) -> OCSPFacts:
    outer = Fields(root)
    tbs = outer.take(der.SEQUENCE)
    algorithm = parse_algorithm(outer.take(der.SEQUENCE))
    signature, unused = outer.take(der.BIT_STRING).bits()
    tagged = outer.maybe(_TAG_0)
    outer.end()
    if unused:
        raise MalformedInput("der.value", "a signature with unused bits", params={"offset": 0})
    fields = Fields(tbs)
    version = fields.maybe(_TAG_0)
    if version is not None and version.only().integer() != 0:
        raise MalformedInput("ocsp.version", "response version other than 1")
    name, key = _responder(fields.take())
    produced = _instant(fields.take(der.GENERALIZED_TIME))
    singles = fields.take(der.SEQUENCE).children()
    extensions = fields.maybe(_TAG_1)
    fields.end()
    if len(singles) > _RESPONSES:
        raise MalformedInput("ocsp.too_large", f"{len(singles)} statements in one response")
    _, critical, _ = read_extensions(extensions.only()) if extensions else ({}, set(), set())
    return OCSPFacts(
        der=root.raw,
        sha256=sha256(root.raw).hexdigest(),
        responder_name=name,
        responder_key=key,
        produced_at=produced,
        responses=tuple(_single(one) for one in singles),
        certificates=_certificates(tagged, limits),
        unknown_critical=tuple(sorted(critical - _PROCESSED)),
        tbs=tbs.raw,
        signature=signature,
        signature_algorithm=algorithm,
    )


def _responder(node: Node) -> tuple[bytes | None, bytes | None]:
    if node.tag == _TAG_1:
        return node.only().expect(der.SEQUENCE).raw, None
    return None, node.expect(_TAG_2).only().octets()


def _certificates(tagged: Node | None, limits: Limits) -> tuple[CertificateFacts, ...]:
    if tagged is None:
        return ()
    members = tagged.only().expect(der.SEQUENCE).children()
    if len(members) > limits.certificates:
        raise MalformedInput("ocsp.too_large", f"{len(members)} certificates in one response")
    return tuple(CertificateFacts.parse(member.raw, limits) for member in members)


def _single(node: Node) -> SingleResponse:
    fields = Fields(node)
    ident = Fields(fields.take(der.SEQUENCE))
    oid = parse_algorithm(ident.take(der.SEQUENCE)).oid
    name_hash, key_hash = ident.take().octets(), ident.take().octets()
    serial = ident.take(der.INTEGER).integer()
    ident.end()
    status = fields.take()
    this_update = _instant(fields.take(der.GENERALIZED_TIME))
    following = fields.maybe(_TAG_0)
    tagged = fields.maybe(_TAG_1)
    fields.end()
    values, critical, _ = read_extensions(tagged.only()) if tagged else ({}, set(), set())
    says, revoked_at, reason = _status(status)
    invalidity, cutoff = values.get(_INVALIDITY), values.get(_ARCHIVE_CUTOFF)
    return SingleResponse(
        digest=algorithms.digest_name(oid) or oid,
        name_hash=name_hash,
        key_hash=key_hash,
        serial=serial,
        says=says,
        this_update=this_update,
        next_update=_instant(following.only()) if following else None,
        revoked_at=revoked_at,
        reason=reason,
        invalidity_date=_instant(der.parse(invalidity)) if invalidity is not None else None,
        archive_cutoff=_instant(der.parse(cutoff)) if cutoff is not None else None,
        unknown_critical=tuple(sorted(critical - _SINGLE_PROCESSED)),
    )


def _status(
    node: Node,
) -> tuple[Literal["good", "revoked", "unknown"], datetime | None, str | None]:
    if node.tag == _GOOD:
        return "good", None, None
    if node.tag == _UNKNOWN:
        return "unknown", None, None
    fields = Fields(node.expect(_REVOKED), _REVOKED)
    revoked_at = _instant(fields.take(der.GENERALIZED_TIME))
    reason = fields.maybe(_TAG_0)
    fields.end()
    if reason is None:
        return "revoked", revoked_at, None
    number = reason.only().expect(_ENUMERATED).integer()
    return "revoked", revoked_at, REASONS.get(number, f"reason_{number}")


def _instant(node: Node) -> datetime:
    """Return an instant; of a vague one the earliest, which can only make matters worse (L11)."""
    claim = parse_asn1_time(node.raw, "ocsp")
    if claim.earliest is None:
        raise MalformedInput("ocsp.time", f"unreadable time at offset {node.start}")
    return claim.earliest
