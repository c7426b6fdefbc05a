"""Assembles seals and seal signatures, right and wrong, value by value; every key is made on the spot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from ecert.crypto import der_build as b
from ecert.crypto.digest import digest
from ecert.crypto.keys import PrivateKey
from ecert.crypto.sm2 import curve
from ecert.crypto.sm2.engine import current_engine
from ecert.crypto.tsp import make_timestamp
from ecert.crypto.x509 import CertificateFacts
from ecert.crypto.x509_build import CertificateSpec, make_certificate
from ecert.seals.facts import Picture
from ecert.seals.making import SealOrder

SAMPLES = Path(__file__).resolve().parents[1] / "../shared/samples"
SM2_SM3 = "1.2.156.10197.1.501"
PNG = b"\x89PNG\r\n\x1a\n" + b"synthetic"
START = datetime(2024, 1, 1, tzinfo=UTC)
END = datetime(2030, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
HASH = bytes(range(32))
PROPERTY = "/Doc_0/Signs/Sign_0/Signature.xml"


def ia5(text: str) -> bytes:
    return b.tlv(0x16, text.encode("latin-1"))


def gtime(text: str) -> bytes:
    return b.tlv(0x18, text.encode())


def utctime(text: str) -> bytes:
    return b.tlv(0x17, text.encode())


@dataclass(frozen=True)
class Party:
    """A key with a self-signed certificate; it has what the code under test asks of a Signer."""

    private: bytes
    public: bytes
    certificate: CertificateFacts
    kind: str = "sm2"
    chain: tuple[CertificateFacts, ...] = ()
    digest: str = "sm3"

    @property
    def der(self) -> bytes:
        return self.certificate.der

    def sign(
        self, message: bytes, *, digest: str | None = "sm3", user_id: bytes = curve.DEFAULT_ID
    ) -> bytes:
        return self.sign_e(curve.e_value(self.public, message, user_id))

    def sign_e(self, e: bytes) -> bytes:
        return curve.encode_signature(*current_engine().sign_digest(self.private, e))

    def sign_raw(self, message: bytes) -> bytes:
        r, s = current_engine().sign_digest(self.private, curve.e_value(self.public, message))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def spki(public: bytes) -> bytes:
    algorithm = b.sequence(b.oid("1.2.840.10045.2.1"), b.oid("1.2.156.10197.1.301"))
    return b.sequence(algorithm, b.bit_string(public))


def name(common: str) -> bytes:
    return b.sequence(b.set_of([b.sequence(b.oid("2.5.4.3"), b.utf8(common))]))


@cache
def party(common: str) -> Party:
    private, public = current_engine().generate()
    usage = b.sequence(b.oid("2.5.29.15"), b.boolean(1), b.octet_string(b.bit_string(b"\xc0", 6)))
    stamping = "TSA" in common
    purpose = b.sequence(
        b.oid("2.5.29.37"),
        b.boolean(1),
        b.octet_string(b.sequence(b.oid("1.3.6.1.5.5.7.3.8"))),
    )
    tbs = b.sequence(
        b.explicit(0, b.integer(2)),
        b.integer(len(common) + 1000),
        b.algorithm(SM2_SM3),
        name(common),
        b.sequence(b.time(START), b.time(END)),
        name(common),
        spki(public),
        b.explicit(3, b.sequence(usage, purpose) if stamping else b.sequence(usage)),
    )
    value = curve.encode_signature(
        *current_engine().sign_digest(private, curve.e_value(public, tbs))
    )
    der = b.sequence(tbs, b.algorithm(SM2_SM3), b.bit_string(value))
    return Party(private, public, CertificateFacts.parse(der))


_ODD: dict[str, Party] = {}


def odd(mark: str, changes: Mapping[str, object]) -> Party:
    """A signer whose certificate has ``names``, ``extensions`` or a ``null`` parameter besides."""
    if mark not in _ODD:
        _ODD[mark] = _odd(f"TEST-ONLY {mark}", **changes)  # type: ignore[arg-type]
    return _ODD[mark]


def _odd(
    common: str,
    *,
    names: tuple[bytes, ...] = (),
    extensions: tuple[bytes, ...] = (),
    null: bool = False,
) -> Party:
    private, public = current_engine().generate()
    usage = b.sequence(b.oid("2.5.29.15"), b.boolean(1), b.octet_string(b.bit_string(b"\xc0", 6)))
    parameters = b"\x05\x00" if null else b""
    algorithm = b.sequence(b.oid(SM2_SM3), parameters)
    plain = b.set_of([b.sequence(b.oid("2.5.4.3"), b.utf8(common))])
    who = b.sequence(plain, *names)
    tbs = b.sequence(
        b.explicit(0, b.integer(2)),
        b.integer(77),
        algorithm,
        who,
        b.sequence(b.time(START), b.time(END)),
        who,
        spki(public),
        b.explicit(3, b.sequence(usage, *extensions)),
    )
    value = curve.encode_signature(
        *current_engine().sign_digest(private, curve.e_value(public, tbs))
    )
    der = b.sequence(tbs, algorithm, b.bit_string(value))
    return Party(private, public, CertificateFacts.parse(der))


def maker() -> Party:
    return party("TEST-ONLY seal maker")


def signer() -> Party:
    return party("TEST-ONLY seal user")


def stamp(message: bytes) -> bytes:
    return make_timestamp(message, signer=party("TEST-ONLY TSA"), at=NOW, serial=7)  # type: ignore[arg-type]


def order(**changes: object) -> SealOrder:
    values: dict[str, object] = {
        "es_id": "35010000000001",
        "name": "测试用电子印章",
        "vendor_id": "ECERTTEST",
        "certificates": (signer().der,),
        "created": START,
        "valid_from": START,
        "valid_to": END,
        "picture": Picture(type="PNG", data=PNG, width_mm=40, height_mm=40),
    }
    return SealOrder(**{**values, **changes})  # type: ignore[arg-type]


def header(version: int = 4, ident: str = "ES") -> bytes:
    return b.sequence(ia5(ident), b.integer(version), ia5("ECERTTEST"))


def picture(kind: str = "PNG", data: bytes = PNG) -> bytes:
    return b.sequence(ia5(kind), b.octet_string(data), b.integer(40), b.integer(40))


DATES_V4 = (gtime("20240101000000Z"), gtime("20240101000000Z"), gtime("20300101000000Z"))
DATES_V1 = (utctime("240101000000Z"), utctime("240101000000Z"), utctime("300101000000Z"))


def cert_list(*certificates: bytes) -> bytes:
    return b.sequence(*(b.octet_string(item) for item in certificates))


def digest_list(*values: bytes, label: str = "SM3") -> bytes:
    return b.sequence(
        *(b.sequence(b.tlv(0x13, label.encode()), b.octet_string(item)) for item in values)
    )


def prop_v4(
    entries: bytes | None = None, *, kind: int = 1, dates=DATES_V4, title: bytes | None = None
):
    return b.sequence(
        b.integer(1),
        title or b.utf8("测试用电子印章"),
        b.integer(kind),
        cert_list(signer().der) if entries is None else entries,
        *dates,
    )


def prop_v1(entries: bytes | None = None, *, dates=DATES_V1) -> bytes:
    entries = cert_list(signer().der) if entries is None else entries
    return b.sequence(b.integer(1), b.utf8("测试用电子印章"), entries, *dates)


def info(
    *, head: bytes | None = None, prop: bytes | None = None, image: bytes | None = None, tail=b""
):
    return b.sequence(
        head or header(), ia5("35010000000001"), prop or prop_v4(), image or picture(), tail
    )


def seal_v4(
    body: bytes | None = None, *, form: str = "info", oid: str = SM2_SM3, tail=b"", value=None
):
    body = body or info()
    cert, algorithm = b.octet_string(maker().der), b.oid(oid)
    message = body if form == "info" else b.sequence(body, cert, algorithm)
    return b.sequence(body, cert, algorithm, b.bit_string(value or maker().sign(message)), tail)


def seal_v1(body: bytes | None = None, *, form: str = "three", oid: str = SM2_SM3) -> bytes:
    body = body or info(head=header(1), prop=prop_v1())
    cert, algorithm = b.octet_string(maker().der), b.oid(oid)
    message = body if form == "info" else b.sequence(body, cert, algorithm)
    return b.sequence(body, b.sequence(cert, algorithm, b.bit_string(maker().sign(message))))


def tbs_v4(
    seal: bytes | None = None, *, version: int = 4, when: bytes | None = None, tail=b"", data=HASH
):
    return b.sequence(
        b.integer(version),
        seal or seal_v4(),
        when or gtime("20260504030201Z"),
        b.bit_string(data),
        ia5(PROPERTY),
        tail,
    )


def ses_v4(
    tbs: bytes | None = None, *, oid: str = SM2_SM3, value: bytes | None = None, tail=b"", by=None
):
    tbs, by = tbs or tbs_v4(), by or signer()
    return b.sequence(
        tbs, b.octet_string(by.der), b.oid(oid), b.bit_string(value or by.sign(tbs)), tail
    )


def ses_v1(
    seal: bytes | None = None, *, when: bytes = b"2026-05-04 11:02:01", version: int = 1, by=None
):
    by = by or signer()
    tbs = b.sequence(
        b.integer(version),
        seal or seal_v1(),
        b.bit_string(when),
        b.bit_string(HASH),
        ia5(PROPERTY),
        b.octet_string(by.der),
        b.oid(SM2_SM3),
    )
    return b.sequence(tbs, b.bit_string(by.sign(tbs)))


@cache
def rsa_maker() -> tuple[PrivateKey, bytes]:
    key = PrivateKey.generate("rsa")
    spec = CertificateSpec(
        subject=[("CN", "TEST-ONLY RSA maker")], serial=5, not_before=START, not_after=END
    )
    return key, make_certificate(spec, public_key=key.public, issuer_key=key)


def seal_v1_rsa(name: str, *, message: bytes | None = None) -> bytes:
    """A v1 seal whose maker signs with RSA, by the cryptography package alone."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    key, der = rsa_maker()
    oid = {"sha1": "1.2.840.113549.1.1.5", "sha256": "1.2.840.113549.1.1.11"}[name]
    body = info(head=header(1), prop=prop_v1())
    cert, algorithm = b.octet_string(der), b.oid(oid)
    native = serialization.load_pem_private_key(key.to_pkcs8(), None)
    assert isinstance(native, rsa.RSAPrivateKey)
    hasher = hashes.SHA1() if name == "sha1" else hashes.SHA256()
    signed = b.sequence(body, cert, algorithm) if message is None else message
    value = native.sign(signed, padding.PKCS1v15(), hasher)
    return b.sequence(body, b.sequence(cert, algorithm, b.bit_string(value)))


def sm3(data: bytes) -> bytes:
    return digest("sm3", data)
