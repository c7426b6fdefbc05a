"""Unpacks stream filters with a hard bound on what comes out; refuses bombs before they are built.

Handles FlateDecode with PNG predictors, ASCIIHexDecode and chains of them (ISO 32000-2, 7.4);
every other filter is refused here, so that nothing unbounded is handed to a library behind it.
"""

from __future__ import annotations

import binascii
import zlib
from typing import Final

from ecert.documents.pdf.bounds import exceeded
from ecert.errors import MalformedDocument

__all__ = ["MAX_FILTERS", "inflate", "undo_predictor", "unpack", "unpacked_size"]

MAX_FILTERS: Final = 4
_CHUNK: Final = 1 << 20
_STAGE: Final = 8 << 20
_PICTURES: Final = frozenset(
    {"DCTDecode", "DCT", "JPXDecode", "CCITTFaxDecode", "CCF", "JBIG2Decode"}
)
_SMALL: Final = {
    "ASCII85Decode": 1,
    "A85": 1,
    "RunLengthDecode": 64,
    "RL": 64,
    "LZWDecode": 2048,
    "LZW": 2048,
}
_PNG_FIRST: Final = 10
_MAX_COLUMNS: Final = 1 << 16


def inflate(data: bytes, limit: int) -> bytes:
    """Return the inflated bytes.

    Raises:
        MalformedDocument: not a zlib stream, or more than ``limit`` bytes come out.

    """
    decoder = zlib.decompressobj()
    try:
        out = decoder.decompress(data, limit + 1)
    except zlib.error as error:
        raise MalformedDocument("pdf.stream", f"stream does not inflate: {error}") from error
    if len(out) > limit:
        raise exceeded("pdf_stream_bytes", limit)
    return out


def unpack(data: bytes, filters: tuple[str, ...], limit: int) -> bytes:
    """Undo a chain of filters, each step bounded by ``limit``.

    Raises:
        MalformedDocument: an unsupported filter, too many of them, or too much output.

    """
    if len(filters) > MAX_FILTERS:
        raise MalformedDocument("pdf.stream", f"{len(filters)} filters on one stream")
    for name in filters:
        if name in {"FlateDecode", "Fl"}:
            data = inflate(data, limit)
        elif name in {"ASCIIHexDecode", "AHx"}:
            data = _unhex(data)
        else:
            raise MalformedDocument("pdf.stream", f"filter {name[:32]} is not read here")
    if len(data) > limit:
        raise exceeded("pdf_stream_bytes", limit)
    return data


def unpacked_size(data: bytes, filters: tuple[str, ...], limit: int) -> int:
    """Return how many bytes a library would make of a stream, at most, without keeping them.

    Raises:
        MalformedDocument: more than ``limit``, or a chain that cannot be bounded.
    """
    names = [name for name in filters if name not in _PICTURES]
    if not names:
        return len(data)
    if len(names) == 1 and names[0] in _SMALL:
        size = len(data) * _SMALL[names[0]]
        if size <= limit:
            return size
        raise exceeded("pdf_stream_bytes", limit)
    inner = unpack(data, tuple(names[:-1]), min(limit, _STAGE))
    if names[-1] not in {"FlateDecode", "Fl"}:
        return len(unpack(inner, (names[-1],), limit))
    return _inflated_size(inner, limit)


def _inflated_size(data: bytes, limit: int) -> int:
    decoder = zlib.decompressobj()
    size = 0
    try:
        while data and not decoder.eof:
            size += len(decoder.decompress(data, _CHUNK))
            if size > limit:
                raise exceeded("pdf_stream_bytes", limit)
            data = decoder.unconsumed_tail
    except zlib.error:
        return size
    return size


def _unhex(data: bytes) -> bytes:
    digits = b"".join(data.split(b">", 1)[0].split())
    try:
        return binascii.unhexlify(digits + b"0" * (len(digits) % 2))
    except ValueError as error:
        raise MalformedDocument("pdf.stream", "bad hexadecimal stream") from error


def undo_predictor(data: bytes, predictor: int, columns: int) -> bytes:
    """Undo a PNG predictor of one byte per component (cross-reference streams use no other).

    Raises:
        MalformedDocument: another predictor, or a row type that does not exist.

    """
    if predictor == 1:
        return data
    if predictor < _PNG_FIRST or not 0 < columns <= _MAX_COLUMNS:
        raise MalformedDocument("pdf.stream", f"predictor {predictor} is not read here")
    out, previous = bytearray(), bytes(columns)
    for start in range(0, len(data) - columns, columns + 1):
        row = _png_row(data[start], data[start + 1 : start + 1 + columns], previous)
        out += row
        previous = row
    return bytes(out)


def _png_row(kind: int, row: bytes, previous: bytes) -> bytes:
    if kind == 0:
        return row
    if kind == 2:  # noqa: PLR2004 - PNG "up", the one every producer uses
        return bytes((a + b) & 0xFF for a, b in zip(row, previous, strict=True))
    out = bytearray()
    for index, value in enumerate(row):
        left = out[index - 1] if index else 0
        up, corner = previous[index], previous[index - 1] if index else 0
        if kind == 1:
            guess = left
        elif kind == 3:  # noqa: PLR2004 - PNG "average"
            guess = (left + up) // 2
        elif kind == 4:  # noqa: PLR2004 - PNG "Paeth"
            guess = _paeth(left, up, corner)
        else:
            raise MalformedDocument("pdf.stream", f"PNG row type {kind}")
        out.append((value + guess) & 0xFF)
    return bytes(out)


def _paeth(left: int, up: int, corner: int) -> int:
    estimate = left + up - corner
    a, b, c = abs(estimate - left), abs(estimate - up), abs(estimate - corner)
    if a <= b and a <= c:
        return left
    return up if b <= c else corner
