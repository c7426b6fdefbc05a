"""Facts of an X.509 certificate (RFC 5280, GM/T 0015, GB/T 20518): read once, judged elsewhere.

Reads what real SM2 authorities issue: explicit DEFAULT values, NULL or absent parameters, Chinese
in ASCII string types, long attributes, private extensions; each is named in ``quirks``. Refuses
broken framing, repeated extensions and trailing bytes. Dates, trust and revocation are not judged
here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from ecert.crypto import der, names
from ecert.crypto.der import Fields, Node
from ecert.crypto.keys import PublicKey, SignatureCheck
from ecert.crypto.sigcheck import Algorithm, check_signature, explain_sm2, parse_algorithm
from ecert.crypto.sm2.curve import DEFAULT_ID
from ecert.crypto.times import parse_asn1_time
from ecert.crypto.x509_ext import Extensions, parse_extensions
from ecert.errors import MalformedInput
from ecert.limits import Limits
from ecert.memo import Memo

__all__ = [
    "NAMING_QUIRKS",
    "TOLERATED_QUIRKS",
    "CertificateFacts",
    "explain_signature",
    "is_signed_by",
]

NAMING_QUIRKS = frozenset(
    {
        "x509.gb18030_name",
        "x509.long_attribute",
        "x509.undecodable_name",
        "x509.utf8_in_ascii",
    }
)
"""Quirks of display text only: no decision reads a name's text."""

TOLERATED_QUIRKS = frozenset(
    {
        "x509.explicit_default",
        "x509.null_parameters",
        "x509.sm2_key_oid",
        "x509.unused_bits",
    }
)
"""Quirks of a certificate that may accompany accept (L22): a closed list."""

_SM2_TWICE = bytes.fromhex("301406082a811ccf5501822d06082a811ccf5501822d")
_VERSION = 0xA0
_ISSUER_UNIQUE_ID = 0x81
_SUBJECT_UNIQUE_ID = 0x82
_EXTENSIONS = 0xA3
_SERIAL_OCTETS = 64
_TIMES = (der.UTC_TIME, der.GENERALIZED_TIME)
_MIB = 1024 * 1024
_PARSED: Memo[CertificateFacts] = Memo(entries=1024, size=16 * _MIB)
"""Certificates by (DER, limits): the files of one issuer carry the same ones."""
_FACTS_WEIGHT = 4096
"""About the bytes of one certificate's facts beside its DER, of which they keep slices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """What one certificate says. Two are equal when their DER is.

    Args:
        der: the certificate, verbatim.
        sha256: hex digest of ``der``.
        spki: SubjectPublicKeyInfo, verbatim.
        spki_sha256: hex digest of ``spki``.
        public_key: None where the key is of a kind that is not supported.
        subject: display text; never compared.
        issuer: display text; never compared.
        subject_der: Name, verbatim.
        issuer_der: Name, verbatim.
        common_name: most specific CN of the subject.
        organization: most specific O of the subject.
        serial: serial number.
        not_before: first instant, UTC.
        not_after: last instant, UTC.
        tbs: the signed bytes, verbatim.
        signature: signature octets.
        signature_algorithm: outer algorithm identifier.
        extensions: what the extensions say.
        quirks: names of tolerated or forbidden oddities, sorted.

    """

    der: bytes
    sha256: str = field(compare=False)
    spki: bytes = field(compare=False, repr=False)
    spki_sha256: str = field(compare=False)
    public_key: PublicKey | None = field(compare=False, repr=False)
    subject: str = field(compare=False)
    issuer: str = field(compare=False)
    subject_der: bytes = field(compare=False, repr=False)
    issuer_der: bytes = field(compare=False, repr=False)
    common_name: str | None = field(compare=False)
    organization: str | None = field(compare=False)
    serial: int = field(compare=False)
    not_before: datetime = field(compare=False)
    not_after: datetime = field(compare=False)
    tbs: bytes = field(compare=False, repr=False)
    signature: bytes = field(compare=False, repr=False)
    signature_algorithm: Algorithm = field(compare=False)
    extensions: Extensions = field(compare=False)
    quirks: tuple[str, ...] = field(compare=False)

    @staticmethod
    def parse(data: bytes, limits: Limits | None = None) -> CertificateFacts:
        """Read one DER certificate that fills ``data`` exactly.

        Raises:
            MalformedInput: not a certificate.

        """
        bounds = limits or Limits()
        weight = 4 * len(data) + _FACTS_WEIGHT
        return _PARSED.ask((data, bounds), lambda: _parse(data, bounds), weight)

    @property
    def signature_oid(self) -> str:
        """Outer signature algorithm, dotted."""
        return self.signature_algorithm.oid

    @property
    def key_usage(self) -> frozenset[str] | None:
        """Named bits (``digital_signature``, ``key_cert_sign``...), None where absent."""
        return self.extensions.key_usage

    @property
    def extended_key_usage(self) -> frozenset[str] | None:
        """Purposes (``time_stamping``... or dotted), None where absent."""
        return self.extensions.extended_key_usage

    @property
    def is_ca(self) -> bool:
        """BasicConstraints says CA."""
        return self.extensions.is_ca

    @property
    def path_length(self) -> int | None:
        """BasicConstraints path length, None where unlimited."""
        return self.extensions.path_length

    @property
    def ski(self) -> bytes | None:
        """Subject key identifier."""
        return self.extensions.ski

    @property
    def aki(self) -> bytes | None:
        """Authority key identifier (key identifier part)."""
        return self.extensions.aki

    @property
    def unknown_critical(self) -> tuple[str, ...]:
        """Critical extensions that are not processed here."""
        return self.extensions.unknown_critical

    @property
    def self_issued(self) -> bool:
        """Subject and issuer are the same Name, octet by octet."""
        return self.subject_der == self.issuer_der


def is_signed_by(
    certificate: CertificateFacts, issuer_public_key: PublicKey, *, user_id: bytes = DEFAULT_ID
) -> SignatureCheck:
    """Check the certificate's signature over its original bytes with one key (L21)."""
    if "x509.algorithm_mismatch" in certificate.quirks:
        return SignatureCheck(ok=False, quirks=(), code="x509.algorithm_mismatch")
    return check_signature(
        certificate.signature_algorithm,
        issuer_public_key,
        certificate.tbs,
        certificate.signature,
        user_id=user_id,
    )


def explain_signature(certificate: CertificateFacts, issuer_public_key: PublicKey) -> str | None:
    """Say why a failed SM2 certificate signature fails, where a known wrong form explains it.

    Never a pass: an empty user ID and a missing Z value stay failures (L21, L22).
    """
    found = explain_sm2(issuer_public_key, certificate.tbs, certificate.signature)
    return f"x509.signature_{found}" if found else None


def _parse(data: bytes, limits: Limits) -> CertificateFacts:
    if len(data) > limits.signature_bytes:
        raise MalformedInput("x509.too_large", f"certificate of {len(data)} bytes")
    root = der.parse(data)
    quirks = set(der.walk(root, limits))
    outer = Fields(root)
    tbs = outer.take(der.SEQUENCE)
    algorithm = parse_algorithm(outer.take(der.SEQUENCE))
    signature, unused = outer.take(der.BIT_STRING).bits()
    outer.end()
    if unused:
        quirks.add("x509.unused_bits")
    fields = Fields(tbs)
    version = _version(fields)
    serial_node = fields.take(der.INTEGER)
    if serial_node.end - serial_node.body_start > _SERIAL_OCTETS:
        raise MalformedInput("x509.serial", "serial number longer than 64 octets")
    inner = parse_algorithm(fields.take(der.SEQUENCE))
    issuer = fields.take(der.SEQUENCE)
    validity = fields.take(der.SEQUENCE)
    subject = fields.take(der.SEQUENCE)
    spki = fields.take(der.SEQUENCE).raw
    extensions = _extensions(fields, version, quirks)
    quirks |= _algorithm_quirks(algorithm, inner)
    subject_names, subject_quirks = names.parse_name(subject)
    issuer_names, issuer_quirks = names.parse_name(issuer)
    not_before, not_after = _validity(validity, quirks)
    public_key = _public_key(spki, quirks)
    quirks |= {*subject_quirks, *issuer_quirks, *extensions.quirks}
    return CertificateFacts(
        der=data,
        sha256=sha256(data).hexdigest(),
        spki=spki,
        spki_sha256=sha256(spki).hexdigest(),
        public_key=public_key,
        subject=names.display(subject_names),
        issuer=names.display(issuer_names),
        subject_der=subject.raw,
        issuer_der=issuer.raw,
        common_name=names.last(subject_names, names.COMMON_NAME),
        organization=names.last(subject_names, names.ORGANIZATION),
        serial=serial_node.integer(),
        not_before=not_before,
        not_after=not_after,
        tbs=tbs.raw,
        signature=signature,
        signature_algorithm=algorithm,
        extensions=extensions,
        quirks=tuple(sorted(quirks)),
    )


def _version(fields: Fields) -> int:
    tagged = fields.maybe(_VERSION)
    version = tagged.only().integer() if tagged else 0
    if version not in {0, 1, 2}:
        raise MalformedInput("x509.version", f"certificate version {version}")
    return version


def _extensions(fields: Fields, version: int, quirks: set[str]) -> Extensions:
    for tag in (_ISSUER_UNIQUE_ID, _SUBJECT_UNIQUE_ID):
        if fields.maybe(tag):
            quirks.add("x509.unique_id")
    tagged = fields.maybe(_EXTENSIONS)
    fields.end()
    if tagged is None:
        return Extensions()
    if version != 2:  # noqa: PLR2004 - v3 (RFC 5280 4.1.2.9)
        raise MalformedInput("x509.version", "extensions in a certificate that is not v3")
    return parse_extensions(tagged.only())


def _algorithm_quirks(outer: Algorithm, inner: Algorithm) -> set[str]:
    if not outer.same_as(inner):
        return {"x509.algorithm_mismatch"}
    return {"x509.null_parameters"} if outer.null_parameters and not outer.is_rsa else set()


def _validity(node: Node, quirks: set[str]) -> tuple[datetime, datetime]:
    fields = Fields(node)
    moments = []
    for name in ("notBefore", "notAfter"):
        value = fields.take()
        claim = parse_asn1_time(value.raw, name)
        if value.tag not in _TIMES or claim.earliest is None or claim.latest is None:
            raise MalformedInput("x509.time", f"unreadable {name}")
        if claim.earliest != claim.latest:
            quirks.add("x509.vague_time")
        # The narrower reading of a vague time: a doubt may only shorten the period (L11).
        moments.append(claim.latest if name == "notBefore" else claim.earliest)
    fields.end()
    return moments[0], moments[1]


def _public_key(spki: bytes, quirks: set[str]) -> PublicKey | None:
    try:
        point = _point_under_sm2_oid(spki)
        if point is None:
            return PublicKey.from_spki(spki)
        quirks.add("x509.sm2_key_oid")
        return PublicKey.from_point(point)
    except MalformedInput:
        quirks.add("x509.key_unsupported")
        return None


def _point_under_sm2_oid(spki: bytes) -> bytes | None:
    """Return the point of a key whose algorithm is spelled with the curve's OID (OpenSSL does)."""
    members = list(der.parse(spki).children())
    if len(members) != 2 or members[0].raw != _SM2_TWICE:  # noqa: PLR2004 - algorithm and key
        return None
    return members[1].bits()[0]
