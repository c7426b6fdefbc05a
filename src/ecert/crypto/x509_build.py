"""Certificates and revocation lists of any supported key kind, for the test PKI and for tests.

Not a certificate authority: no policy, no serial ledger, no request checking. Writes DER only; SM2
under the default user ID (GM/T 0009) with parameters absent, RSA with NULL (RFC 4055).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from ecert.crypto import algorithms, der
from ecert.crypto import der_build as build
from ecert.crypto.crl import REASONS, RevokedEntry
from ecert.crypto.keys import PrivateKey, PublicKey
from ecert.crypto.x509 import CertificateFacts
from ecert.crypto.x509_ext import PURPOSES, USAGE_BITS

__all__ = ["CRLSpec", "CertificateSpec", "key_identifier", "make_certificate", "make_crl"]

_TYPES = {
    "C": "2.5.4.6",
    "ST": "2.5.4.8",
    "L": "2.5.4.7",
    "O": "2.5.4.10",
    "OU": "2.5.4.11",
    "CN": "2.5.4.3",
    "serialNumber": "2.5.4.5",
}
_PRINTABLE = frozenset({"C", "serialNumber"})
_PRINTABLE_STRING = 0x13
_ENUMERATED = 0x0A
_NUMBERS = {name: number for number, name in REASONS.items()}
_OIDS = {name: oid for oid, name in PURPOSES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateSpec:
    """What a certificate is to say.

    Args:
        subject: pairs of attribute name (``C O OU CN L ST serialNumber``, or dotted) and text.
        serial: serial number.
        not_before: first instant.
        not_after: last instant.
        is_ca: written as critical basicConstraints.
        path_length: for authorities.
        key_usage: names of ``x509_ext.USAGE_BITS``; empty leaves the extension out.
        extended_key_usage: names of ``x509_ext.PURPOSES`` or dotted; critical when it is time
            stamping alone.
        extensions: further extensions, encoded, by dotted OID; non-critical.
        critical_extensions: the same, critical.

    """

    subject: Sequence[tuple[str, str]]
    serial: int
    not_before: datetime
    not_after: datetime
    is_ca: bool = False
    path_length: int | None = None
    key_usage: Sequence[str] = ()
    extended_key_usage: Sequence[str] = ()
    extensions: Mapping[str, bytes] = field(default_factory=dict)
    critical_extensions: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CRLSpec:
    """What a revocation list is to say; ``extensions`` are further critical ones by OID."""

    revoked: Sequence[RevokedEntry] = ()
    this_update: datetime
    next_update: datetime | None
    number: int = 1
    extensions: Mapping[str, bytes] = field(default_factory=dict)


def make_certificate(
    spec: CertificateSpec,
    *,
    public_key: PublicKey,
    issuer_key: PrivateKey,
    issuer: CertificateFacts | None = None,
    digest: str | None = None,
) -> bytes:
    """Return a DER certificate; without ``issuer`` it is self-signed.

    Args:
        spec: what it says.
        public_key: the subject's key.
        issuer_key: signs; the subject's own for a self-signed one.
        issuer: certificate of the issuer.
        digest: digest of the signature, None for the key kind's own.

    """
    subject = _name(spec.subject)
    algorithm = _algorithm(issuer_key, digest)
    authority = key_identifier(issuer_key.public)
    if issuer is not None and issuer.ski is not None:
        authority = issuer.ski
    tbs = build.sequence(
        build.explicit(0, build.integer(2)),
        build.integer(spec.serial),
        algorithm,
        issuer.subject_der if issuer else subject,
        build.sequence(build.time(spec.not_before), build.time(spec.not_after)),
        subject,
        public_key.spki,
        build.explicit(3, build.sequence(*_extensions(spec, public_key, authority))),
    )
    return _signed(tbs, algorithm, issuer_key, digest)


def make_crl(
    spec: CRLSpec,
    *,
    issuer: CertificateFacts,
    issuer_key: PrivateKey,
    digest: str | None = None,
) -> bytes:
    """Return a DER revocation list, version 2, with authorityKeyIdentifier and number."""
    algorithm = _algorithm(issuer_key, digest)
    authority = issuer.ski or key_identifier(issuer_key.public)
    entries = [_entry(entry) for entry in spec.revoked]
    extensions = [
        _extension("2.5.29.35", build.sequence(build.tlv(0x80, authority))),
        _extension("2.5.29.20", build.integer(spec.number)),
        *(_extension(oid, value, critical=1) for oid, value in spec.extensions.items()),
    ]
    tbs = build.sequence(
        build.integer(1),
        algorithm,
        issuer.subject_der,
        build.time(spec.this_update),
        build.time(spec.next_update) if spec.next_update else b"",
        build.sequence(*entries) if entries else b"",
        build.explicit(0, build.sequence(*extensions)),
    )
    return _signed(tbs, algorithm, issuer_key, digest)


def key_identifier(public_key: PublicKey) -> bytes:
    """Return the key identifier we write: 160 bits of SHA-256 (RFC 7093 2, method 1)."""
    _algorithm_node, bits = der.parse(public_key.spki).children()
    return sha256(bits.bits()[0]).digest()[:20]


def _signed(tbs: bytes, algorithm: bytes, key: PrivateKey, digest: str | None) -> bytes:
    value = key.sign(tbs, digest=None if key.kind == "ed25519" else digest)
    return build.sequence(tbs, algorithm, build.bit_string(value))


def _algorithm(key: PrivateKey, digest: str | None) -> bytes:
    dotted = algorithms.signature_oid(key.kind, digest or algorithms.default_digest(key.kind))
    return build.algorithm(dotted, build.NULL_VALUE if key.kind == "rsa" else b"")


def _name(pairs: Sequence[tuple[str, str]]) -> bytes:
    rdns = []
    for kind, text in pairs:
        value = (
            build.tlv(_PRINTABLE_STRING, text.encode("ascii"))
            if kind in _PRINTABLE
            else build.utf8(text)
        )
        rdns.append(build.set_of([build.sequence(build.oid(_TYPES.get(kind, kind)), value)]))
    return build.sequence(*rdns)


def _extension(dotted: str, value: bytes, *, critical: object = None) -> bytes:
    flag = build.boolean(critical) if critical else b""
    return build.sequence(build.oid(dotted), flag, build.octet_string(value))


def _extensions(spec: CertificateSpec, public_key: PublicKey, authority: bytes) -> list[bytes]:
    basic = build.boolean(spec.is_ca) if spec.is_ca else b""
    if spec.path_length is not None:
        basic += build.integer(spec.path_length)
    found = [
        _extension("2.5.29.19", build.sequence(basic), critical=1),
        _extension("2.5.29.14", build.octet_string(key_identifier(public_key))),
        _extension("2.5.29.35", build.sequence(build.tlv(0x80, authority))),
    ]
    if spec.key_usage:
        found.append(_extension("2.5.29.15", _usage(spec.key_usage), critical=1))
    if spec.extended_key_usage:
        purposes = [build.oid(_OIDS.get(name, name)) for name in spec.extended_key_usage]
        # RFC 3161 2.3: time stamping stands alone and critical.
        alone = list(spec.extended_key_usage) == ["time_stamping"]
        found.append(_extension("2.5.29.37", build.sequence(*purposes), critical=alone))
    found += [_extension(oid, value) for oid, value in spec.extensions.items()]
    found += [_extension(oid, value, critical=1) for oid, value in spec.critical_extensions.items()]
    return found


def _usage(names: Sequence[str]) -> bytes:
    places = [USAGE_BITS.index(name) for name in names]
    size = max(places) + 1
    unused = -size % 8
    bits = sum(1 << (size - 1 - place) for place in set(places)) << unused
    return build.bit_string(bits.to_bytes((size + unused) // 8, "big"), unused)


def _entry(entry: RevokedEntry) -> bytes:
    extensions = []
    if entry.reason is not None:
        number = bytes((_NUMBERS[entry.reason],))
        extensions.append(_extension("2.5.29.21", build.tlv(_ENUMERATED, number)))
    if entry.invalidity_date is not None:
        moment = build.generalized_time(entry.invalidity_date)
        extensions.append(_extension("2.5.29.24", moment))
    return build.sequence(
        build.integer(entry.serial),
        build.time(entry.revoked_at),
        build.sequence(*extensions) if extensions else b"",
    )
