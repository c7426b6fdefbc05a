"""A small PKI in memory for the tests of certificates, CMS, lists and time stamps."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from ecert.crypto.keys import PrivateKey
from ecert.crypto.signer import Signer
from ecert.crypto.x509 import CertificateFacts
from ecert.crypto.x509_build import CertificateSpec, make_certificate

START = datetime(2020, 1, 1, tzinfo=UTC)
END = datetime(2040, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
SIGNING = ("digital_signature", "non_repudiation")
CA = ("key_cert_sign", "crl_sign")


@dataclass(frozen=True)
class Entity:
    key: PrivateKey
    cert: CertificateFacts


@lru_cache
def key(kind: str, name: str = "") -> PrivateKey:
    return PrivateKey.generate(kind)


def spec(name: str, serial: int = 1, **more) -> CertificateSpec:
    values = {
        "subject": [("C", "CN"), ("O", "测试机构 TEST ONLY"), ("CN", name)],
        "serial": serial,
        "not_before": START,
        "not_after": END,
    }
    return CertificateSpec(**(values | more))


def entity(name: str, *, kind: str = "sm2", issuer: Entity | None = None, **more) -> Entity:
    own = key(kind, name)
    der = make_certificate(
        spec(name, **more),
        public_key=own.public,
        issuer_key=issuer.key if issuer else own,
        issuer=issuer.cert if issuer else None,
    )
    return Entity(own, CertificateFacts.parse(der))


def root(kind: str = "sm2") -> Entity:
    return _root(kind)


@lru_cache
def _root(kind: str) -> Entity:
    return entity(f"root {kind}", kind=kind, is_ca=True, key_usage=CA)


def middle(kind: str = "sm2") -> Entity:
    return _middle(kind)


@lru_cache
def _middle(kind: str) -> Entity:
    return entity(
        f"middle {kind}", kind=kind, issuer=root(kind), is_ca=True, path_length=0, key_usage=CA
    )


def leaf(kind: str = "sm2") -> Entity:
    return _leaf(kind)


@lru_cache
def _leaf(kind: str) -> Entity:
    return entity(f"leaf {kind}", kind=kind, issuer=middle(kind), serial=77, key_usage=SIGNING)


def tsa(kind: str = "sm2") -> Entity:
    return _tsa(kind)


@lru_cache
def _tsa(kind: str) -> Entity:
    return entity(
        f"tsa {kind}",
        kind=kind,
        issuer=root(kind),
        key_usage=["digital_signature"],
        extended_key_usage=["time_stamping"],
    )


def signer(kind: str = "sm2") -> Signer:
    return Signer.from_key(leaf(kind).key, leaf(kind).cert, (middle(kind).cert, root(kind).cert))


def tsa_signer(kind: str = "sm2") -> Signer:
    return Signer.from_key(tsa(kind).key, tsa(kind).cert, (root(kind).cert,))


NO_CHECK = "1.3.6.1.5.5.7.48.1.5"
"""id-pkix-ocsp-nocheck (RFC 6960 4.2.2.2.1)."""


def responder(kind: str, **more) -> Entity:
    """Return a delegate of the root for OCSP signing; ``more`` changes its certificate."""
    values = {
        "serial": 88,
        "key_usage": ("digital_signature",),
        "extended_key_usage": ("ocsp_signing",),
        "extensions": {NO_CHECK: b"\5\0"},
    }
    return entity(f"responder {kind}", kind=kind, issuer=root(kind), **(values | more))


def pem(label: str, data: bytes) -> bytes:
    body = base64.encodebytes(data).decode()
    return f"-----BEGIN {label}-----\n{body}-----END {label}-----\n".encode()
