"""BER to DER framing: indefinite lengths, strings in pieces (X.690 8.1).

PKCS#12 files of some tools are BER (``to_der``), and so is the CMS of some signers (``frame``).
Nothing that is signed is ever re-encoded (never-accept.md L21): ``frame`` changes only the outermost
levels, and keeps every value of definite length byte for byte.
"""

from __future__ import annotations

from ecert.crypto import der
from ecert.crypto.der_build import tlv
from ecert.errors import MalformedInput
from ecert.limits import Limits

__all__ = ["frame", "to_der"]

_CONSTRUCTED, _INDEFINITE, _OCTETS, _CONTEXT_OCTETS = 0x20, 0x80, 0x24, 0xA0
_END = b"\0\0"
_CMS_LEVELS = 4


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


def frame(data: bytes) -> tuple[bytes, int]:
    """Return a ContentInfo of indefinite length with definite ones, and where it ended in ``data``.

    Four levels may be indefinite: ContentInfo, its [0], SignedData and the members of that. What
    lies below, certificates and signers with all they signed, must be definite and is not touched.

    Raises:
        MalformedInput: not of indefinite length, indefinite further down, or truncated.

    """
    if data[1:2] != bytes((_INDEFINITE,)):
        raise _malformed()
    return _framed(data, 0, _CMS_LEVELS)


def _framed(data: bytes, at: int, levels: int) -> tuple[bytes, int]:
    if data[at + 1 : at + 2] != bytes((_INDEFINITE,)):
        _, _, end = der.header(data, at, len(data))
        return data[at:end], end
    tag, parts, here = data[at], list[bytes](), at + 2
    if not levels or not tag & _CONSTRUCTED:
        raise _malformed()
    while data[here : here + 2] != _END:
        part, here = _framed(data, here, levels - 1)
        parts.append(part)
    return tlv(tag, *parts), here + 2


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
    return MalformedInput("key.malformed", "the BER cannot be read")
