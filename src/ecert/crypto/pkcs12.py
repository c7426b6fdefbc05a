"""PKCS#12 stores (RFC 7292) for every kind of key, SM2 included, read and written by ourselves.

Reading: 1. the MAC is checked with the password; 2. safe contents are decrypted; 3. keys and
certificates are collected; 4. a key is paired with the certificate of its own public key, never by
position or by the store's labels. Refuses public-key integrity or privacy modes, and stores without
a pair. Written stores use PBES2 with AES-256 and an SHA-256 MAC; ``openssl pkcs12`` reads them.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha1
from secrets import token_bytes

from ecert.crypto import der, pbe
from ecert.crypto.algorithms import DIGEST_OIDS, digest_name
from ecert.crypto.ber import to_der
from ecert.crypto.der_build import (
    NULL_VALUE,
    explicit,
    integer,
    octet_string,
    oid,
    sequence,
    set_of,
    tlv,
)
from ecert.crypto.keyforms import MAX_KEY_FILE, malformed
from ecert.crypto.keys import PrivateKey
from ecert.crypto.x509 import CertificateFacts
from ecert.errors import MalformedInput, SigningError

__all__ = ["dump_pkcs12", "load_pkcs12"]

_DATA, _ENCRYPTED = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.6"
_KEY_BAG, _SHROUDED_BAG = "1.2.840.113549.1.12.10.1.1", "1.2.840.113549.1.12.10.1.2"
_CERT_BAG, _X509 = "1.2.840.113549.1.12.10.1.3", "1.2.840.113549.1.9.22.1"
_FRIENDLY_NAME, _LOCAL_KEY_ID = "1.2.840.113549.1.9.20", "1.2.840.113549.1.9.21"
_BMP_STRING, _CONTENT = 0x1E, 0x80
_MAX_CERTIFICATES, _MAX_ENCRYPTED = 64, 8
_MAC_SALT = 16
_SIGNING_USES = frozenset({"digital_signature", "non_repudiation", "content_commitment"})


@dataclass(slots=True)
class _Contents:
    """What a store holds, and how many derivations may still be spent on it."""

    keys: list[PrivateKey] = field(default_factory=list)
    certificates: list[CertificateFacts] = field(default_factory=list)
    encrypted: int = 0

    def spend(self) -> None:
        self.encrypted += 1
        if self.encrypted > _MAX_ENCRYPTED:
            raise malformed("more encrypted parts than a key store has")


def load_pkcs12(
    data: bytes, password: bytes | None
) -> tuple[PrivateKey, CertificateFacts, tuple[CertificateFacts, ...]]:
    """Open a store.

    Returns:
        The key, its certificate, and the other certificates. Of several pairs (signing and
        encryption keys often come together) one whose certificate may sign is taken.

    Raises:
        SigningError: ``key.malformed``, ``key.wrong_password``, ``key.no_certificate``,
            ``key.encryption_unsupported``, ``key.derivation_excessive`` or ``key.unsupported``.

    """
    if len(data) > MAX_KEY_FILE:
        raise malformed("a key store has at most 1 MiB")
    try:
        contents = _open(to_der(data), password or b"")
    except (MalformedInput, IndexError) as error:
        raise malformed("the PKCS#12 store cannot be read") from error
    pairs = [
        (key, certificate)
        for key in contents.keys
        for certificate in contents.certificates
        if certificate.public_key is not None and key.public.same_key(certificate.public_key)
    ]
    if not pairs:
        raise SigningError(
            "key.no_certificate",
            "the store has no key with its certificate",
            hint="export the key together with its certificate",
        )
    key, certificate = next((pair for pair in pairs if _may_sign(pair[1])), pairs[0])
    others = tuple(c for c in contents.certificates if c.der != certificate.der)
    return key, certificate, others


def _may_sign(certificate: CertificateFacts) -> bool:
    return certificate.key_usage is None or bool(certificate.key_usage & _SIGNING_USES)


def _open(data: bytes, password: bytes) -> _Contents:
    members = der.parse(data).expect(der.SEQUENCE).children()
    if members[0].integer() != 3:  # noqa: PLR2004 - RFC 7292 4
        raise malformed("not PKCS#12 version 3")
    content = members[1].children()
    if content[0].oid() != _DATA:
        raise SigningError(
            "key.encryption_unsupported",
            "PKCS#12 with public-key integrity is not supported",
            params={"algorithm": content[0].oid()},
        )
    safe = content[1].only().octets()
    if len(members) > 2:  # noqa: PLR2004 - MacData is optional
        _check_mac(members[2], safe, password)
    contents = _Contents()
    for info in der.parse(to_der(safe)).expect(der.SEQUENCE).children():
        for bag in _bags(info, password, contents):
            _read_bag(bag, password, contents)
    return contents


def _check_mac(node: der.Node, safe: bytes, password: bytes) -> None:
    fields = node.expect(der.SEQUENCE).children()
    info = fields[0].children()
    name = digest_name(info[0].children()[0].oid())
    if name is None:
        stated = info[0].children()[0].oid()
        raise SigningError(
            "key.encryption_unsupported",
            f"PKCS#12 MAC {stated} is not supported",
            params={"algorithm": stated},
        )
    stated_mac, salt = info[1].octets(), fields[1].octets()
    rounds = fields[2].integer() if len(fields) > 2 else 1  # noqa: PLR2004 - DEFAULT 1
    mac = _mac(safe, password, salt, iterations=rounds, digest=name)
    if not hmac.compare_digest(mac, stated_mac):
        raise pbe.wrong_password()


def _mac(safe: bytes, password: bytes, salt: bytes, *, iterations: int, digest: str) -> bytes:
    size = len(hmac.new(b"", b"", digest).digest())
    key = pbe.derive_pkcs12(
        password, salt, iterations=iterations, purpose=3, size=size, digest=digest
    )
    return hmac.new(key, safe, digest).digest()


def _bags(info: der.Node, password: bytes, contents: _Contents) -> Iterator[der.Node]:
    """Yield the safe bags of one ContentInfo."""
    members = info.expect(der.SEQUENCE).children()
    kind = members[0].oid()
    if kind == _DATA:
        plain = to_der(members[1].only().octets())
    elif kind == _ENCRYPTED:
        inner = members[1].only().children()[1].children()
        if inner[0].oid() != _DATA:
            raise malformed()
        contents.spend()
        cipher = inner[2]
        octets = cipher.body if cipher.tag == _CONTENT else cipher.only().octets()
        plain = to_der(pbe.decrypt(inner[1], octets, password))
    else:
        raise SigningError(
            "key.encryption_unsupported",
            f"PKCS#12 contents {kind} are not supported",
            params={"algorithm": kind},
        )
    yield from der.parse(plain).expect(der.SEQUENCE).children()


def _read_bag(bag: der.Node, password: bytes, contents: _Contents) -> None:
    members = bag.expect(der.SEQUENCE).children()
    kind, value = members[0].oid(), members[1].only()
    if kind == _KEY_BAG:
        contents.keys.append(PrivateKey.from_pkcs8(value.raw))
    elif kind == _SHROUDED_BAG:
        contents.spend()
        contents.keys.append(PrivateKey.from_pkcs8(value.raw, password))
    elif kind == _CERT_BAG:
        parts = value.children()
        if parts[0].oid() == _X509 and len(contents.certificates) < _MAX_CERTIFICATES:
            contents.certificates.append(CertificateFacts.parse(parts[1].only().octets()))


def dump_pkcs12(
    key: PrivateKey,
    certificate: CertificateFacts,
    *,
    password: bytes,
    chain: Sequence[CertificateFacts] = (),
    friendly_name: str = "",
    iterations: int = pbe.DEFAULT_ITERATIONS,
) -> bytes:
    """Return a store with one key, its certificate and the chain.

    Raises:
        SigningError: ``key.no_certificate`` when the certificate is another key's,
            ``key.password_needed`` for an empty password.

    """
    if certificate.public_key is None or not key.public.same_key(certificate.public_key):
        raise SigningError("key.no_certificate", "the certificate is not this key's")
    if not password:
        raise SigningError("key.password_needed", "a key store needs a password")
    attributes = _attributes(certificate, friendly_name)
    scheme, cipher = pbe.encrypt(key.to_pkcs8_der(), password, iterations=iterations)
    shrouded = explicit(0, sequence(scheme, octet_string(cipher)))
    keys = sequence(sequence(oid(_SHROUDED_BAG), shrouded, attributes))
    bags = [_certificate_bag(certificate, attributes), *(_certificate_bag(c) for c in chain)]
    scheme, cipher = pbe.encrypt(sequence(*bags), password, iterations=iterations)
    inner = sequence(oid(_DATA), scheme, tlv(_CONTENT, cipher))
    hidden = sequence(oid(_ENCRYPTED), explicit(0, sequence(integer(0), inner)))
    safe = sequence(hidden, sequence(oid(_DATA), explicit(0, octet_string(keys))))
    salt = token_bytes(_MAC_SALT)
    mac = _mac(safe, password, salt, iterations=iterations, digest="sha256")
    stated = sequence(sequence(oid(DIGEST_OIDS["sha256"]), NULL_VALUE), octet_string(mac))
    return sequence(
        integer(3),
        sequence(oid(_DATA), explicit(0, octet_string(safe))),
        sequence(stated, octet_string(salt), integer(iterations)),
    )


def _certificate_bag(certificate: CertificateFacts, attributes: bytes = b"") -> bytes:
    body = sequence(oid(_X509), explicit(0, octet_string(certificate.der)))
    return sequence(oid(_CERT_BAG), explicit(0, body), attributes)


def _attributes(certificate: CertificateFacts, friendly_name: str) -> bytes:
    label = sha1(certificate.der, usedforsecurity=False).digest()  # a label, by convention
    found = [sequence(oid(_LOCAL_KEY_ID), set_of([octet_string(label)]))]
    if friendly_name:
        text = tlv(_BMP_STRING, friendly_name.encode("utf-16-be"))
        found.append(sequence(oid(_FRIENDLY_NAME), set_of([text])))
    return set_of(found)
