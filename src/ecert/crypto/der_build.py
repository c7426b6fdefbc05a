"""DER writing (X.690 clause 10): shortest lengths, SET OF sorted; the only encoder of this package.

Never used to verify anything: what is verified are the bytes that came (never-accept.md L21).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from ecert.crypto import der

__all__ = [
    "NULL_VALUE",
    "algorithm",
    "bit_string",
    "boolean",
    "explicit",
    "generalized_time",
    "integer",
    "octet_string",
    "oid",
    "sequence",
    "set_of",
    "time",
    "tlv",
    "utf8",
]

NULL_VALUE = b"\x05\x00"
_SHORT = 0x80
_GENERALIZED_FROM = 2050


def tlv(tag: int, *parts: bytes) -> bytes:
    """Return one value with its identifier octet and shortest length."""
    body = b"".join(parts)
    size = len(body)
    if size < _SHORT:
        return bytes((tag, size)) + body
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _SHORT | len(octets))) + octets + body


def sequence(*parts: bytes) -> bytes:
    """Return a SEQUENCE of encoded values."""
    return tlv(der.SEQUENCE, *parts)


def set_of(parts: Iterable[bytes], tag: int = der.SET) -> bytes:
    """Return a SET OF in DER order (X.690 11.6)."""
    return tlv(tag, *sorted(parts))


def explicit(number: int, *parts: bytes) -> bytes:
    """Return ``[number]`` around encoded values."""
    return tlv(0xA0 | number, *parts)


def integer(value: int) -> bytes:
    """Return an INTEGER."""
    size = (value + (value < 0)).bit_length() // 8 + 1
    return tlv(der.INTEGER, value.to_bytes(size, "big", signed=True))


def boolean(value: object) -> bytes:
    """Return a BOOLEAN by the truth of ``value``."""
    return tlv(der.BOOLEAN, b"\xff" if value else b"\0")


def octet_string(body: bytes) -> bytes:
    """Return an OCTET STRING."""
    return tlv(der.OCTET_STRING, body)


def bit_string(body: bytes, unused: int = 0) -> bytes:
    """Return a BIT STRING."""
    return tlv(der.BIT_STRING, bytes((unused,)), body)


def utf8(text: str) -> bytes:
    """Return a UTF8String."""
    return tlv(der.UTF8_STRING, text.encode())


def oid(dotted: str) -> bytes:
    """Return an OBJECT IDENTIFIER."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    return tlv(der.OID, *(_arc(arc) for arc in (40 * first + second, *rest)))


def _arc(value: int) -> bytes:
    octets = [value & 0x7F]
    while value := value >> 7:
        octets.append(0x80 | value & 0x7F)
    return bytes(reversed(octets))


def algorithm(dotted: str, parameters: bytes = b"") -> bytes:
    """Return an AlgorithmIdentifier; no parameters unless given."""
    return sequence(oid(dotted), parameters)


def time(moment: datetime) -> bytes:
    """Return a Time: UTCTime through 2049, GeneralizedTime after (RFC 5280 4.1.2.5)."""
    moment = moment.astimezone(UTC)
    if 1950 <= moment.year < _GENERALIZED_FROM:  # noqa: PLR2004 - UTCTime's first year
        return tlv(der.UTC_TIME, moment.strftime("%y%m%d%H%M%SZ").encode())
    return generalized_time(moment)


def generalized_time(moment: datetime) -> bytes:
    """Return a GeneralizedTime, fraction only where there is one (X.690 11.7)."""
    moment = moment.astimezone(UTC)
    text = f"{moment.year:04d}{moment.strftime('%m%d%H%M%S')}"
    if moment.microsecond:
        text += f".{moment.microsecond:06d}".rstrip("0")
    return tlv(der.GENERALIZED_TIME, f"{text}Z".encode())
