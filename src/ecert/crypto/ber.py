"""BER to DER framing, for key stores only: indefinite lengths, strings in pieces (X.690 8.1).

PKCS#12 files of some tools are BER. Nothing signed ever passes through here (never-accept.md L21).
"""

from __future__ import annotations

from ecert.crypto import der
from ecert.crypto.der_build import tlv
from ecert.errors import MalformedInput
from ecert.limits import Limits

__all__ = ["to_der"]

_CONSTRUCTED, _INDEFINITE, _OCTETS, _CONTEXT_OCTETS = 0x20, 0x80, 0x24, 0xA0
_END = b"\0\0"


def to_der(data: bytes) -> bytes:
    """Return ``data`` with definite lengths; unchanged where there is no indefinite one.

    Raises:
        MalformedInput: truncated, too deeply nested, or bytes after the value.

    """
    if len(data) < 2:  # noqa: PLR2004 - identifier and length octet
        raise _malformed()
    if not _has_ber(data):
        return data
    value, end = _value(data, 0, Limits().der_depth)
    if end != len(data):
        raise _malformed()
    return value


def _has_ber(data: bytes) -> bool:
    """Whether the outermost value is of indefinite length; DER around BER is not met."""
    return data[1] == _INDEFINITE


def _value(data: bytes, at: int, depth: int) -> tuple[bytes, int]:
    """Return the DER of the value at ``at``, and where it ends."""
    if depth == 0 or at + 2 > len(data):
        raise _malformed()
    tag, length, body = data[at], data[at + 1], at + 2
    if length == _INDEFINITE:
        if not tag & _CONSTRUCTED:
            raise _malformed()
        parts, end = _members(data, body, None, depth)
        return _join(tag, parts), end
    if length > _INDEFINITE:
        count = length & 0x7F
        length = int.from_bytes(data[body : body + count], "big")
        body += count
    end = body + length
    if end > len(data):
        raise _malformed()
    if tag & _CONSTRUCTED:
        parts, _ = _members(data, body, end, depth)
        return _join(tag, parts), end
    return tlv(tag, data[body:end]), end


def _members(data: bytes, at: int, end: int | None, depth: int) -> tuple[list[bytes], int]:
    parts: list[bytes] = []
    while at != end:
        if end is None and data[at : at + 2] == _END:
            return parts, at + 2
        if end is not None and at > end:
            raise _malformed()
        part, at = _value(data, at, depth - 1)
        parts.append(part)
    return parts, at


def _join(tag: int, parts: list[bytes]) -> bytes:
    """Put a string in pieces together; other constructed values keep their members."""
    if tag == _OCTETS:
        return tlv(tag & ~_CONSTRUCTED, *(_contents(part) for part in parts))
    # [0] IMPLICIT OCTET STRING in pieces: EncryptedContentInfo.encryptedContent (RFC 5652 6.1).
    pieces = len(parts) > 1 and all(part[0] == der.OCTET_STRING for part in parts)
    if tag == _CONTEXT_OCTETS and pieces:
        return tlv(0x80, *(_contents(part) for part in parts))
    return tlv(tag, *parts)


def _contents(part: bytes) -> bytes:
    length = part[1]
    return part[2:] if length < _INDEFINITE else part[2 + (length & 0x7F) :]


def _malformed() -> MalformedInput:
    return MalformedInput("key.malformed", "the key store's BER cannot be read")
