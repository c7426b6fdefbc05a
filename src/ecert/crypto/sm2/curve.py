"""SM2 without arithmetic: constants, Z, e, signature encodings (GB/T 32918, GM/T 0009-2012).

Refuses bytes after a signature value and INTEGERs longer than a field element.
"""

from __future__ import annotations

from functools import lru_cache

from ecert.crypto import digest as _digest
from ecert.errors import MalformedInput

__all__ = [
    "DEFAULT_ID",
    "DIGEST_BYTES",
    "FORBIDDEN_QUIRKS",
    "GENERATOR",
    "GX",
    "GY",
    "KEY_BYTES",
    "OID",
    "A",
    "B",
    "N",
    "P",
    "decode_signature",
    "e_value",
    "encode_signature",
    "in_range",
    "is_on_curve",
    "z_value",
]

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
GX = 0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7
GY = 0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0
"""GB/T 32918.5-2017 A: prime, coefficients, order and generator of sm2p256v1."""

OID = "1.2.156.10197.1.301"
"""Object identifier of the curve (GM/T 0006-2012)."""

DEFAULT_ID = b"1234567812345678"
"""User ID of GM/T 0009-2012 10; another needs a listing for the key (L22)."""

GENERATOR = b"\4" + GX.to_bytes(32, "big") + GY.to_bytes(32, "big")
"""The generator as an uncompressed point."""

DIGEST_BYTES = KEY_BYTES = 32
"""Length of e and of a private key."""

FORBIDDEN_QUIRKS = frozenset({"sm2.negative_integer", "sm2.nonminimal_der"})
"""Encodings that verify arithmetically but never accompany accept (L22)."""

_MAX_ID = 8191  # ENTL counts bits in two bytes
_PREFIX = b"".join(v.to_bytes(32, "big") for v in (A, B, GX, GY))
_RAW = 64
_POINT = 65
_MAX_DER = 160
_SHORT, _LONG_ONE, _HIGH_BIT = 0x80, 0x81, 0x80


def is_on_curve(public: bytes) -> bool:
    """Whether ``public`` is ``04 || X || Y`` with coordinates below p, on the curve."""
    if len(public) != _POINT or public[0] != 4:  # noqa: PLR2004 - SEC 1 tag of an uncompressed point
        return False
    x, y = int.from_bytes(public[1:33], "big"), int.from_bytes(public[33:], "big")
    return x < P and y < P and (y * y - (x * x + A) * x - B) % P == 0


def in_range(r: int, s: int) -> bool:
    """Whether 1 <= r, s < n and r + s is not n (GB/T 32918.2-2016 7.1 B1, B2, B5)."""
    return 0 < r < N and 0 < s < N and r + s != N


@lru_cache(maxsize=1024)
def z_value(public: bytes, ident: bytes = DEFAULT_ID) -> bytes:
    """Return Z = SM3(ENTL || ID || a || b || xG || yG || xA || yA) (GB/T 32918.2-2016 5.5).

    Raises:
        MalformedInput: ``sm2.user_id_too_long`` above 8191 bytes, ``key.malformed``.

    """
    if len(ident) > _MAX_ID:
        raise MalformedInput("sm2.user_id_too_long", "an SM2 user ID has at most 8191 bytes")
    if len(public) != _POINT:
        raise MalformedInput("key.malformed", "an SM2 public key has 65 bytes")
    entl = (len(ident) * 8).to_bytes(2, "big")
    return _digest.digest("sm3", entl + ident + _PREFIX + public[1:])


def e_value(public: bytes, message: bytes, ident: bytes = DEFAULT_ID) -> bytes:
    """Return e = SM3(Z || M), the 32 bytes that are signed."""
    hasher = _digest.new("sm3")
    hasher.update(z_value(public, ident))
    hasher.update(message)
    return hasher.digest()


def encode_signature(r: int, s: int) -> bytes:
    """Return DER ``SEQUENCE { r INTEGER, s INTEGER }`` (GM/T 0009-2012 7.3)."""
    body = b""
    for value in (r, s):
        octets = value.to_bytes(value.bit_length() // 8 + 1, "big")
        body += bytes((2, len(octets))) + octets
    return bytes((0x30, len(body))) + body


def decode_signature(value: bytes) -> tuple[int, int, tuple[str, ...]]:
    """Read a signature value: DER, or the raw 64 bytes r || s that some signers write.

    Returns:
        r, s and the names of what is odd about the encoding. Integers with the high bit
        set are read as unsigned, because that is what such writers mean.

    Raises:
        MalformedInput: ``sm2.trailing_bytes`` after the SEQUENCE, ``sm2.malformed_signature``.

    """
    try:
        return _decode_der(value)
    except MalformedInput:
        if len(value) == _RAW:
            r, s = int.from_bytes(value[:32], "big"), int.from_bytes(value[32:], "big")
            return r, s, ("sm2.raw_signature",)
        raise


def _decode_der(value: bytes) -> tuple[int, int, tuple[str, ...]]:
    if len(value) > _MAX_DER:
        raise _malformed()
    start, end, quirks = _header(value, 0, 0x30)
    if end < len(value):
        raise MalformedInput("sm2.trailing_bytes", "bytes follow the SM2 signature value")
    numbers: list[int] = []
    for _ in range(2):
        first, after, odd = _header(value[:end], start, 2)
        number, more = _unsigned(value[first:after])
        numbers.append(number)
        quirks |= odd | more
        start = after
    if start != end:
        raise _malformed()
    return numbers[0], numbers[1], tuple(sorted(quirks))


def _header(value: bytes, at: int, tag: int) -> tuple[int, int, set[str]]:
    """Return start and end of the contents at ``at``, with what is odd about the length."""
    if len(value) < at + 2 or value[at] != tag:
        raise _malformed()
    length, start, quirks = value[at + 1], at + 2, set[str]()
    if length == _LONG_ONE and len(value) > start:
        length, start, quirks = value[start], start + 1, {"sm2.nonminimal_der"}
        if length >= _SHORT:
            quirks = set()
    elif length >= _SHORT:
        raise _malformed()
    if start + length > len(value):
        raise _malformed()
    return start, start + length, quirks


def _unsigned(octets: bytes) -> tuple[int, set[str]]:
    """Read an INTEGER's contents as unsigned; at most a field element, plus padding."""
    if not octets:
        raise _malformed()
    number = int.from_bytes(octets, "big")
    if number.bit_length() > 256:  # noqa: PLR2004 - the field's size
        raise _malformed()
    if octets[0] & _HIGH_BIT:
        return number, {"sm2.negative_integer"}
    if len(octets) > 1 and octets[0] == 0 and not octets[1] & _HIGH_BIT:
        return number, {"sm2.nonminimal_der"}
    return number, set()


def _malformed() -> MalformedInput:
    return MalformedInput("sm2.malformed_signature", "the value is not an SM2 signature")
