"""Whether what follows a signed revision is nothing but what its own tables list (never-accept.md L6).

A viewer that cannot follow a table searches the bytes for objects and takes the last it finds; and a
table that one viewer follows, another does not. So where later revisions are judged by their tables,
nothing may stand in their bytes that only a search would find: an object that no table lists, a
second trailer, a member of an object stream that its table passes over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from ecert.documents.pdf.inflate import unpack
from ecert.documents.pdf.lexer import OBJECT, Node, integer, skip_blank
from ecert.documents.pdf.structure import Layout
from ecert.documents.pdf.xref import Entry, Section, filters_of, stream_bytes
from ecert.errors import MalformedInput

__all__ = ["unlisted"]

_TABLE: Final = re.compile(
    rb"xref ?(?:\r\n|\n|\r)(?:\d{1,10} \d{1,6} ?(?:\r\n|\n|\r)(?:\d{10} \d{5} [nf](?: \n|\r\n| \r))*)+"
    rb"trailer(?=[<\x00-\x20])"
)
"""Rows of 20 bytes, and nothing but one line end behind the other lines (ISO 32000-2, 7.5.4)."""
_ROW: Final = re.compile(rb"\d{10} \d{5} [nf]")
_TAIL: Final = re.compile(rb"startxref[\r\n ]{1,3}\d{1,12}[\r\n ]{1,3}%%EOF")
_BEHIND: Final = re.compile(rb"[\x00\t\n\x0c\r ]*endobj")
_BEHIND_DATA: Final = re.compile(rb"(?:\r\n|\n|\r)?endstream[\x00\t\n\x0c\r ]*endobj")
_KEYWORD: Final = re.compile(rb"[0-9][\x00\t\n\x0c\r ]*obj")
_MAX_PACKED: Final = 8 * 1024 * 1024


class _Unlisted(Exception):
    """Something stands there that no table lists, or in a form that viewers read differently."""


def unlisted(data: bytes, layout: Layout, section: int) -> tuple[int, ...]:
    """Return which revisions, behind the one that a section closes, hold more than their tables list."""
    before: dict[int, Entry | None] = {}
    for one in layout.sections[: section + 1]:
        before.update(one.entries)
    found: list[int] = []
    for index in range(section + 1, len(layout.sections)):
        try:
            _revision(data, layout, index, before)
        except (_Unlisted, MalformedInput):
            found.append(index)
        before.update(layout.sections[index].entries)
    return tuple(found)


def _revision(data: bytes, layout: Layout, index: int, before: Mapping[int, Entry | None]) -> None:
    """Go through the bytes of one revision from its begin to its end."""
    section = layout.sections[index]
    start, end = layout.ends[index - 1], layout.ends[index]
    if start is None or end is None or start >= end:
        raise _Unlisted
    extent, here = (start, end), start
    classic = data[section.offset : section.offset + 4] == b"xref"
    offsets = _listed(section, extent, before)
    _once(data, section, classic=classic)
    size = integer(section.trailer.get(b"Size"))
    if size is None or max([*section.entries, *before], default=0) >= size:
        raise _Unlisted
    keywords: set[int] = set()
    for offset in sorted({*offsets, *(() if classic else (section.offset,))}):
        number, generation, node = layout.object_at(data, offset)
        listed = Entry(offset, generation)
        if section.entries.get(number, listed if not classic else None) != listed:
            raise _Unlisted
        _blank(data, here, offset)
        header = OBJECT.match(data, offset)
        keywords.add(header.end() if header else -1)
        here = _end(data, node)
        for member in _members(data, node):
            entry = section.entries.get(member)
            if entry is None or entry.container != number:
                raise _Unlisted
    if classic:
        _blank(data, here, section.offset)
        here = section.trailer.end
    _tail(data, here, end)
    words = data[extent[0] : end]
    if words.count(b"xref") != 1 + classic or words.count(b"trailer") != classic:
        raise _Unlisted
    if {match.end() for match in _KEYWORD.finditer(data, extent[0], end)} != keywords:
        raise _Unlisted


def _listed(
    section: Section, extent: tuple[int, int], before: Mapping[int, Entry | None]
) -> set[int]:
    """Return where the objects of this revision begin; none of them may stand elsewhere."""
    offsets: set[int] = set()
    for number, entry in section.entries.items():
        if entry == before.get(number):
            continue
        if entry is None:
            raise _Unlisted  # freed, or of a type that some viewers take for null and others ignore
        place = entry if entry.container is None else section.entries.get(entry.container)
        if place is None or place.container is not None:
            raise _Unlisted
        if not extent[0] <= place.offset < extent[1]:
            raise _Unlisted
        offsets.add(place.offset)
    return offsets


def _once(data: bytes, section: Section, *, classic: bool) -> None:
    """Make sure that a table has the one form and names no number twice: viewers differ in which they take."""
    if classic:
        table = _TABLE.match(data, section.offset)
        rows = len(_ROW.findall(table[0])) if table else -1
    else:
        index = section.trailer.get(b"Index")
        counts = [integer(item) for item in index.items[1::2]] if index else []
        whole = integer(section.trailer.get(b"Size")) if index is None else 0
        rows = sum(count or 0 for count in counts) + (whole or 0)
    if rows != len(section.entries):
        raise _Unlisted


def _blank(data: bytes, start: int, stop: int) -> None:
    """Make sure that only white space and comments lie between."""
    if not start <= stop <= skip_blank(data, start):
        raise _Unlisted


def _tail(data: bytes, here: int, end: int) -> None:
    tail = _TAIL.match(data, skip_blank(data, here))
    if tail is None or tail.end() != end:
        raise _Unlisted


def _end(data: bytes, node: Node) -> int:
    """Return the end of the object whose value this is."""
    here = skip_blank(data, node.end)
    if data[here : here + 6] != b"stream":
        found = _BEHIND.match(data, node.end)
    else:
        stored = stream_bytes(data, node)
        here += 8 if data[here + 6 : here + 8] == b"\r\n" else 7
        found = _BEHIND_DATA.match(data, here + len(stored))
    if found is None:
        raise _Unlisted
    return found.end()


def _members(data: bytes, node: Node) -> Iterator[int]:
    """Yield the numbers of the objects packed into an object stream; none for anything else."""
    if node.kind != "dict" or not (node.count(b"First") and node.count(b"N")):
        return
    first, count = integer(node.get(b"First")), integer(node.get(b"N"))
    content = unpack(stream_bytes(data, node), filters_of(node), _MAX_PACKED)
    if first is None or count is None or first > len(content):
        raise _Unlisted
    numbers = content[:first].split()
    if len(numbers) != 2 * count or not all(number.isdigit() for number in numbers):
        raise _Unlisted
    yield from (int(number) for number in numbers[::2])
