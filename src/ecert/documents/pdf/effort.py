"""What pdfium would spend on a page's fonts and inline images, estimated before it is asked.

pdfium loads a font anew for every dictionary and page, and unpacks an inline image to find its end;
a file of 100 KiB can so cost minutes and gigabytes, or end the process. The figures are measured,
rounded up. What cannot be estimated is refused: the text is then "not comparable" (L8, L15).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Final

from ecert.documents.pdf.bounds import exceeded
from ecert.documents.pdf.inflate import unpacked_size
from ecert.documents.pdf.objects import dictionary, entry, filters_of, read_stream, walk
from ecert.documents.pdf.values import Array, Body, Stream
from ecert.errors import MalformedDocument
from ecert.limits import Limits

__all__ = ["InlineImages", "check_fonts", "glyphs"]

_MAX_KEPT: Final = 128 * 1024 * 1024
_MAX_TIME: Final = 8_000_000_000
_MAX_PROGRAM: Final = 96 * 1024 * 1024
_MAX_MAP: Final = 8 * 1024 * 1024
_NS_PER_BYTE: Final = 3
_NS_PER_MAP_BYTE: Final = 300
_NS_PER_RANGE_TOKEN: Final = 25_000
_NS_PER_WIDTH: Final = 15
_BYTES_PER_WIDTH: Final = 16
_RANGES: Final = re.compile(rb"begin(?:bf|cid|notdef)range")
_TOKEN: Final = re.compile(rb"[^\x00\t\n\x0c\r <>\[\]]+")
_FILES: Final = ("FontFile", "FontFile2", "FontFile3")

_FONT_KEYS: Final = frozenset(
    {"ToUnicode", "FontDescriptor", "DescendantFonts", "W", "W2", "CIDToGIDMap", "Encoding"}
)
_Known = dict[tuple[int, int], tuple[int, int]]

_INLINE: Final = re.compile(rb"BI[\x00\t\n\x0c\r /%]")
_DATA: Final = re.compile(rb"ID(?=([\x00\t\n\x0c\r ]?))")
_HEAVY: Final = re.compile(rb"/(?:DCT|DCTDecode|LZW|LZWDecode|[A-Za-z0-9]*#[0-9A-Fa-f]{2})")
_FAX: Final = re.compile(rb"/(?:CCF|CCITTFaxDecode)")
_ACROSS: Final = re.compile(rb"/(?:W|Width|Columns)[\x00\t\n\x0c\r ]*+([^\x00\t\n\x0c\r /<>\[\]]*)")
_DOWN: Final = re.compile(rb"/(?:H|Height|Rows)[\x00\t\n\x0c\r ]*+([^\x00\t\n\x0c\r /<>\[\]]*)")
_MAX_DOTS: Final = 1 << 30
_FAX_WIDTH: Final = 1728
"""Dots in a row where no width is given (ISO 32000-2, table 11)."""
_MAX_INLINE: Final = 32 * 1024 * 1024
_PIECE: Final = 1 << 14
"""Bytes unpacked at a time: of what cannot be unpacked, no more is copied."""
_TRIED: Final = 256
"""What looking at one beginning costs, in bytes unpacked."""


def check_fonts(body: Body, pages: int, limits: Limits) -> None:
    """Make sure that all fonts of the file may be loaded for every page.

    Raises:
        MalformedDocument: they need too much time or memory, or cannot be estimated.
    """
    kept = time = 0
    known: _Known = {}
    for found in walk(body, limits):
        if found.keys.isdisjoint(_FONT_KEYS):
            continue
        for size, spent in _font(found.value, known):
            kept += size
            time += spent
        if kept > _MAX_KEPT or time * max(1, pages) > _MAX_TIME:
            raise exceeded("pdf_fonts", _MAX_KEPT)


def _font(font: Any, known: _Known) -> Iterator[tuple[int, int]]:
    """Yield (bytes kept, nanoseconds) of each part that loading a font dictionary reads."""
    descendants = entry(font, "DescendantFonts")
    if isinstance(descendants, Array) and len(descendants):
        below = dictionary(descendants[0])  # has no descendants of its own, whatever it says
        if below is not None:
            yield _once(below, known, lambda value: _sum(_parts(value, known)))
    yield from _parts(font, known)


def _parts(font: Any, known: _Known) -> Iterator[tuple[int, int]]:
    for key in ("ToUnicode", "Encoding"):
        if isinstance(entry(font, key), Stream):
            yield _once(entry(font, key), known, _map)
    if isinstance(entry(font, "CIDToGIDMap"), Stream):
        yield _once(entry(font, "CIDToGIDMap"), known, _program)
    descriptor = entry(font, "FontDescriptor")
    for key in _FILES:
        if isinstance(entry(descriptor, key), Stream):
            yield _once(entry(descriptor, key), known, _program)
    for key in ("W", "W2"):
        if isinstance(entry(font, key), Array):
            yield _once(entry(font, key), known, _widths)


def _sum(parts: Iterator[tuple[int, int]]) -> tuple[int, int]:
    kept = time = 0
    for size, spent in parts:
        kept += size
        time += spent
    return kept, time


def _once(value: Any, known: _Known, measure: Callable[[Any], tuple[int, int]]) -> tuple[int, int]:
    """Measure a value, an indirect one only the first time it is met."""
    if not value.is_indirect:
        return measure(value)
    if value.objgen not in known:
        known[value.objgen] = measure(value)
    return known[value.objgen]


def _program(stream: Any) -> tuple[int, int]:
    size = unpacked_size(stream.stored(), filters_of(stream), _MAX_PROGRAM)
    return size, size * _NS_PER_BYTE


def _map(stream: Any) -> tuple[int, int]:
    """Measure a CMap: each row of a range may stand for 65,536 characters."""
    content = read_stream(stream, _MAX_MAP)
    time = len(content) * _NS_PER_MAP_BYTE
    ranges = _RANGES.search(content)
    if ranges is not None:
        time += _NS_PER_RANGE_TOKEN * sum(1 for _ in _TOKEN.finditer(content, ranges.end()))
    return 0, time


def _widths(array: Any) -> tuple[int, int]:
    count = sum(len(item) if isinstance(item, Array) else 1 for item in array)
    return count * _BYTES_PER_WIDTH, count * _NS_PER_WIDTH


def glyphs(body: Body, limits: Limits) -> Iterator[tuple[Any, Any]]:
    """Yield the stream of every drawn glyph (Type 3) with its font's resources.

    Raises:
        MalformedDocument: more values than the limits allow.
    """
    for found in walk(body, limits):
        drawn = dictionary(entry(found.value, "CharProcs")) if "CharProcs" in found.keys else None
        if drawn is not None:
            resources = dictionary(entry(found.value, "Resources"))
            for stream in drawn.values():
                if isinstance(stream, Stream):
                    yield stream, resources


class InlineImages:
    """Bounds what the inline images of all contents together unpack to."""

    def __init__(self) -> None:
        self._left = _MAX_INLINE
        self._dots = _MAX_DOTS

    def check(self, content: bytes) -> None:
        """Look at one content stream.

        Raises:
            MalformedDocument: a filter that is not bounded here, or too much to unpack.
        """
        if _INLINE.search(content) is None:
            return
        if _HEAVY.search(content):
            raise MalformedDocument("pdf.stream", "an inline image with an unbounded filter")
        if _FAX.search(content):
            count = sum(1 for _ in _INLINE.finditer(content))
            across, down = _largest(_ACROSS, content), _largest(_DOWN, content)
            self._dots -= count * max(across, _FAX_WIDTH) * down
            if self._dots < 0:
                raise exceeded("pdf_stream_bytes", _MAX_DOTS)
        for match in _DATA.finditer(content):
            for start in {match.end(), match.end(1)}:
                self._left -= _inflated(content[start : start + 2], content, start, self._left)
                if self._left < 0:
                    raise exceeded("pdf_stream_bytes", _MAX_INLINE)


def _largest(pattern: re.Pattern[bytes], content: bytes) -> int:
    """Return the largest side that any inline image of a content states.

    Raises:
        MalformedDocument: a side that is no plain number.
    """
    sides = [match[1] for match in pattern.finditer(content)]
    if not all(side.isdigit() and len(side) <= 9 for side in sides):  # noqa: PLR2004 - digits
        raise MalformedDocument("pdf.stream", "an inline image of unknown size")
    return max(map(int, sides), default=1)


def _inflated(head: bytes, content: bytes, start: int, limit: int) -> int:
    """Return how much a zlib stream that begins here unpacks to, a little over the limit at most."""
    if len(head) < 2 or head[0] & 15 != 8 or int.from_bytes(head, "big") % 31:  # noqa: PLR2004 - RFC 1950, 2.2
        return 0
    decoder = zlib.decompressobj()
    size, here = _TRIED, start
    try:
        while here < len(content) and not decoder.eof and size <= limit:
            size += len(decoder.decompress(content[here : here + _PIECE]))
            here += _PIECE
    except zlib.error:
        return size
    return size
