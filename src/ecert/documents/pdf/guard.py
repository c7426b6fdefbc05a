"""Bounds what the object reader will build, before it is asked: tokens, object streams, overlaps.

qpdf spends some 200 bytes on every value, so a small file of brackets costs gigabytes. Every object
is therefore measured here: where it ends, how many tokens it has, and that it ends before the next
one begins (two objects that share bytes are refused: viewers would differ on them).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from itertools import pairwise
from typing import Final

from ecert.documents.pdf.bounds import exceeded
from ecert.documents.pdf.inflate import unpack
from ecert.documents.pdf.lexer import OBJECT, integer, parse_indirect, string_end
from ecert.documents.pdf.structure import Layout
from ecert.documents.pdf.xref import filters_of, stream_bytes
from ecert.errors import MalformedDocument
from ecert.limits import Limits

__all__ = ["MAX_TOKENS", "guard_objects"]

MAX_TOKENS: Final = 500_000
"""Names, values and brackets of the whole file; a 200-page form has some 100,000."""

_TOKEN: Final = re.compile(
    rb"(?:[\x00\t\n\x0c\r ]++|%[^\r\n]*+)*+"
    rb"(<<|>>|[\[\](<>{})]|/?[^\x00\t\n\x0c\r ()<>\[\]{}/%]++|/)"
)
_HEX_END: Final = re.compile(rb"[0-9A-Fa-f\x00\t\n\x0c\r ]*+>")
_BLANKS: Final = b"\x00\t\n\x0c\r "
_ENDS: Final = frozenset({b"endobj", b"stream"})


class _Meter:
    """Counts tokens against one budget for the whole file."""

    def __init__(self) -> None:
        self.left = MAX_TOKENS

    def extent(self, data: bytes, start: int, stop: int) -> int:
        """Return the offset after the object's closing keyword; spend its tokens.

        Raises:
            MalformedDocument: no closing keyword before ``stop``, or the budget is spent.

        """
        here = start
        while match := _TOKEN.match(data, here, stop):
            self.left -= 1
            if self.left < 0:
                raise exceeded("pdf_tokens", MAX_TOKENS)
            token, here = match[1], match.end()
            if token in _ENDS:
                return here
            here = _after(data, token, here)
        raise MalformedDocument("pdf.syntax", f"object at byte {start} does not end")

    def count(self, data: bytes) -> None:
        """Spend the tokens of a whole object stream.

        Raises:
            MalformedDocument: the budget is spent, or the content is not PDF syntax.

        """
        here = 0
        while match := _TOKEN.match(data, here):
            self.left -= 1
            if self.left < 0:
                raise exceeded("pdf_tokens", MAX_TOKENS)
            here = _after(data, match[1], match.end())


def _after(data: bytes, token: bytes, here: int) -> int:
    if token == b"(":
        return string_end(data, here - 1)
    if token == b"<":
        match = _HEX_END.match(data, here)
        if match is None:
            raise MalformedDocument("pdf.syntax", f"bad hexadecimal string at byte {here}")
        return match.end()
    return here


def guard_objects(data: bytes, layout: Layout, limits: Limits) -> int:
    """Measure every object and object stream of every revision; return their bytes of text.

    Raises:
        MalformedDocument: objects overlap, cannot be read, or exceed a limit.

    """
    meter = _Meter()
    places = [
        (number, entry)
        for section in layout.sections
        for number, entry in section.entries.items()
        if entry is not None
    ]
    size = 0
    offsets = sorted({entry.offset for _, entry in places if entry.container is None})
    for index, offset in enumerate(offsets):
        header = OBJECT.match(data, offset)
        if header is None:
            continue  # qpdf takes such an entry for null, and warns
        following = offsets[index + 1] if index + 1 < len(offsets) else len(data)
        size += meter.extent(data, header.end(), following) - offset
    return size + _object_streams(data, layout, meter, limits)


def _object_streams(data: bytes, layout: Layout, meter: _Meter, limits: Limits) -> int:
    numbers = {
        entry.container
        for section in layout.sections
        for entry in section.entries.values()
        if entry is not None and entry.container is not None
    }
    left = total = limits.pdf_stream_bytes // 4
    for number in sorted(numbers):
        for section in layout.sections:
            place = section.entries.get(number)
            if place is None or place.container is not None:
                continue
            _, _, node = parse_indirect(data, place.offset)
            content = unpack(stream_bytes(data, node), filters_of(node), left)
            left -= len(content)
            meter.count(content)
            _disjoint(content, integer(node.get(b"First")), integer(node.get(b"N")))
    return total - left


def _disjoint(content: bytes, first: int | None, count: int | None) -> None:
    """Check that the members of an object stream follow each other and end where the next begins."""
    if first is None or count is None or first > len(content):
        raise MalformedDocument("pdf.syntax", "bad object stream")
    numbers = content[:first].split()
    if len(numbers) < 2 * count or not all(number.isdigit() for number in numbers):
        raise MalformedDocument("pdf.syntax", "bad object stream header")
    offsets = [int(number) for number in numbers[1 : 2 * count : 2]]
    if any(later <= earlier for earlier, later in pairwise(offsets)):
        raise MalformedDocument("pdf.syntax", "objects of an object stream overlap")
    begins = _outermost(content, first)
    for offset in offsets:
        begin = bisect_left(begins, first + offset)
        # An object that begins inside another, or in a comment, would be read twice.
        if begin == len(begins) or content[first + offset : begins[begin]].strip(_BLANKS):
            raise MalformedDocument("pdf.syntax", "objects of an object stream overlap")


def _outermost(content: bytes, here: int) -> list[int]:
    """Return where the tokens outside of every bracket begin."""
    begins: list[int] = []
    depth = 0
    while match := _TOKEN.match(content, here):
        token = match[1]
        if depth == 0:
            begins.append(match.start(1))
        depth += (token in {b"<<", b"["}) - (token in {b">>", b"]"})
        here = _after(content, token, match.end())
    return begins
