"""Containers of keys: SubjectPublicKeyInfo, PKCS#8, SEC 1 and PEM, read strictly.

RFC 5280 4.1.2.7, RFC 5958, RFC 5915, RFC 7468; SM2 keys follow GM/T 0009-2012 7.1 inside. Knows
no arithmetic and no password; refuses explicit curve parameters and PEM encryption of the 1990s.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ecert.crypto import der
from ecert.crypto.algorithms import EC_PUBLIC_KEY, SM2_CURVE
from ecert.crypto.der_build import bit_string, explicit, integer, octet_string, oid, sequence
from ecert.errors import MalformedInput, SigningError
from ecert.limits import Limits

__all__ = [
    "MAX_KEY_FILE",
    "Algorithm",
    "KeyBlock",
    "PlainKey",
    "malformed",
    "pem_blocks",
    "read_key_block",
    "read_pkcs8",
    "read_sec1",
    "read_spki",
    "sm2_pkcs8",
    "sm2_spki",
    "write_pem",
]

MAX_KEY_FILE = 1024 * 1024
"""A key file with a long chain stays under 64 KiB."""

_CONTEXT_0, _CONTEXT_1 = 0xA0, 0xA1
_PEM_END = b"-----END "
_PEM_BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----")
_PRIVATE_LABELS = frozenset(
    {
        b"PRIVATE KEY",
        b"ENCRYPTED PRIVATE KEY",
        b"EC PRIVATE KEY",
        b"SM2 PRIVATE KEY",  # what `openssl ec` 3.0 writes
        b"RSA PRIVATE KEY",
    }
)


def malformed(what: str = "the key cannot be read") -> SigningError:
    """Return the error for a key file that is not a key."""
    return SigningError(
        "key.malformed", what, hint="give a private key as PKCS#8 (PEM or DER) or PKCS#12"
    )


@dataclass(frozen=True, slots=True)
class Algorithm:
    """An AlgorithmIdentifier of a key: its OID, and its parameters if they are an OID.

    Args:
        oid: dotted OID.
        curve: dotted OID of the named curve, or ``""`` where the parameters are anything else.

    """

    oid: str
    curve: str = ""

    @property
    def is_sm2(self) -> bool:
        """Whether it names an SM2 key (GM/T 0009-2012: id-ecPublicKey with the curve's OID)."""
        return self.oid == EC_PUBLIC_KEY and self.curve == SM2_CURVE


def _algorithm(node: der.Node) -> Algorithm:
    members = node.expect(der.SEQUENCE).children()
    if not 1 <= len(members) <= 2:  # noqa: PLR2004 - algorithm and parameters
        raise MalformedInput("key.malformed", "an algorithm identifier has one or two members")
    named = len(members) == 2 and members[1].tag == der.OID  # noqa: PLR2004
    return Algorithm(members[0].oid(), members[1].oid() if named else "")


def read_spki(data: bytes) -> tuple[Algorithm, bytes]:
    """Return a SubjectPublicKeyInfo's algorithm and the octets of its key.

    Raises:
        MalformedInput: any other structure, or a key with unused bits.

    """
    root = der.parse(data)
    der.walk(root, Limits())
    members = root.expect(der.SEQUENCE).children()
    if len(members) != 2:  # noqa: PLR2004 - algorithm and key
        raise MalformedInput("key.malformed", "a public key has two members")
    key, unused = members[1].bits()
    if unused:
        raise MalformedInput("key.malformed", "a public key has whole octets")
    return _algorithm(members[0]), key


def sm2_spki(public: bytes) -> bytes:
    """Return the SubjectPublicKeyInfo of a 65-byte SM2 public key."""
    return sequence(_sm2_algorithm(), bit_string(public))


def sm2_pkcs8(private: bytes, public: bytes) -> bytes:
    """Return the PrivateKeyInfo (RFC 5958) around the ECPrivateKey (RFC 5915) of an SM2 key."""
    stated = explicit(1, bit_string(public))
    inner = sequence(integer(1), octet_string(private), stated)
    return sequence(integer(0), _sm2_algorithm(), octet_string(inner))


def _sm2_algorithm() -> bytes:
    return sequence(oid(EC_PUBLIC_KEY), oid(SM2_CURVE))


@dataclass(frozen=True, slots=True)
class PlainKey:
    """An SM2 or other elliptic private key as it stands in its container.

    Args:
        private: the scalar, padded on the left to 32 bytes.
        public: the point stated beside it, or None.
        curve: dotted OID stated inside, or ``""``.

    """

    private: bytes
    public: bytes | None
    curve: str


def read_pkcs8(data: bytes) -> tuple[Algorithm, bytes]:
    """Return a PrivateKeyInfo's algorithm and the octets of its key; attributes are ignored."""
    members = der.parse(data).expect(der.SEQUENCE).children()
    if len(members) < 3 or members[0].integer() not in {0, 1}:  # noqa: PLR2004 - RFC 5958 2
        raise MalformedInput("key.malformed", "not a PrivateKeyInfo")
    return _algorithm(members[1]), members[2].octets()


def read_sec1(data: bytes) -> PlainKey:
    """Return the parts of an ECPrivateKey; a short or zero-padded scalar is brought to 32 bytes."""
    members = der.parse(data).expect(der.SEQUENCE).children()
    if len(members) < 2 or members[0].integer() != 1:  # noqa: PLR2004 - RFC 5915 3
        raise MalformedInput("key.malformed", "not an ECPrivateKey")
    scalar = members[1].octets().lstrip(b"\0")
    public, curve = None, ""
    for member in members[2:]:
        if member.tag == _CONTEXT_0 and member.only().tag == der.OID:
            curve = member.only().oid()
        elif member.tag == _CONTEXT_1:
            public = member.only().bits()[0]
    return PlainKey(scalar.rjust(32, b"\0"), public, curve)


@dataclass(frozen=True, slots=True)
class KeyBlock:
    """One private key's container, told apart by its structure.

    Args:
        form: ``"pkcs8"``, ``"encrypted"``, ``"sec1"``, ``"rsa"`` or ``"pkcs12"``. der: its bytes.

    """

    form: str
    der: bytes


def pem_blocks(data: bytes) -> tuple[tuple[bytes, bytes], ...]:
    """Return the labels and contents of all PEM blocks; text around them is ignored (RFC 7468 5.2).

    Raises:
        SigningError: ``key.malformed`` for a block that is not base64.

    """
    found = []
    for label, body in _framed(data):
        if b":" in body:
            found.append((label, b""))  # headers of the traditional encryption; refused by label
            continue
        try:
            found.append((label, base64.b64decode(b"".join(body.split()), validate=True)))
        except (binascii.Error, ValueError) as error:
            raise malformed("a PEM block is not base64") from error
    return tuple(found)


def _framed(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield label and body of each block that ends under its own label, in linear time."""
    at = stop = 0
    while (begin := _PEM_BEGIN.search(data, at)) is not None:
        at = begin.end()
        if stop < at and (stop := data.find(_PEM_END, at)) < 0:
            return
        if data.startswith(begin.group(1) + b"-----", stop + len(_PEM_END)):
            yield begin.group(1), data[at:stop]
            at = stop


def read_key_block(data: bytes) -> KeyBlock:
    """Find the private key in PEM or DER.

    Raises:
        SigningError: ``key.malformed``, or ``key.encryption_unsupported`` for old PEM encryption.

    """
    if len(data) > MAX_KEY_FILE:
        raise malformed("a key file has at most 1 MiB")
    raw = data
    if b"-----BEGIN " in data:
        bodies = [body for label, body in pem_blocks(data) if label in _PRIVATE_LABELS]
        if not bodies:
            raise malformed("no private key among the PEM blocks")
        raw = bodies[0]
        if not raw:
            raise SigningError(
                "key.encryption_unsupported",
                "traditional PEM encryption is not supported",
                params={"algorithm": "PEM"},
                hint="convert the key: openssl pkcs8 -topk8 -v2 aes-256-cbc",
            )
    try:
        return KeyBlock(_form(raw), raw)
    except MalformedInput as error:
        raise malformed() from error


def _form(data: bytes) -> str:
    root = der.parse(data)
    der.walk(root, Limits())
    members = root.expect(der.SEQUENCE).children()
    tags = [member.tag for member in members[:3]]
    if tags == [der.SEQUENCE, der.OCTET_STRING]:
        return "encrypted"
    if tags[:2] == [der.INTEGER, der.OCTET_STRING]:
        return "sec1"
    if tags == [der.INTEGER, der.SEQUENCE, der.OCTET_STRING]:
        return "pkcs8"
    if tags == [der.INTEGER] * 3:
        return "rsa"
    if tags[:2] == [der.INTEGER, der.SEQUENCE] and members[0].integer() == 3:  # noqa: PLR2004
        return "pkcs12"
    raise MalformedInput("key.malformed", "no known form of a private key")


def write_pem(label: str, data: bytes) -> bytes:
    """Return one PEM block (RFC 7468)."""
    text = base64.b64encode(data)
    lines = b"\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    name = label.encode("ascii")
    return b"-----BEGIN " + name + b"-----\n" + lines + b"\n-----END " + name + b"-----\n"
