"""Scans a PDF's skeleton: header, revisions, tail, second formats (never-accept L9).

Works on bytes only, before any library opens the file, so that bombs and loops are found here.
Refuses chains that loop, sections that are not where they are said to be, and object streams that
inflate too far.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from ecert.documents.pdf.bounds import exceeded
from ecert.documents.pdf.lexer import Node, parse_indirect
from ecert.documents.pdf.xref import Entry, Section, read_section
from ecert.errors import MalformedDocument
from ecert.limits import Limits
from ecert.report.outcome import OK, Outcome, failed, unknown

__all__ = ["Layout", "check_single", "is_pdf", "scan"]

_HEAD: Final = 1024
_TAIL: Final = re.compile(rb"startxref[\x00\t\n\x0c\r ]+(\d{1,12})[\x00\t\n\x0c\r ]+%%EOF")
_EOLS: Final = (b"", b"\n", b"\r", b"\r\n")
_MAX_SECTIONS: Final = 256
_MAX_TAILS: Final = 4096
_ZIP_END: Final = b"PK\x05\x06"
_ZIP_END_SIZE: Final = 22
_ZIP_REACH: Final = 0x10000 + _ZIP_END_SIZE
_MARKUP: Final = (b"<html", b"<script", b"<!doctype", b"<svg")
_MAGICS: Final = ((128, b"DICM", "dicom"), (257, b"ustar", "tar"), (0x8001, b"CD001", "iso9660"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The skeleton of one file.

    Args:
        sections: cross-reference sections, oldest first.
        ends: for each section, the offset after its ``%%EOF``; None for the half of a linearised
            pair that has no tail of its own.
        entries: object number to place in the newest state.
        encrypted: an ``/Encrypt`` entry exists.
        text_bytes: bytes of objects outside of streams, once measured.
        tail: ok, or why the end of the file is ambiguous.
        parsed: objects already read for their positions, by offset.
        extents: where each object begins and ends, by number, if the plain reader has read them all.

    """

    sections: tuple[Section, ...]
    ends: tuple[int | None, ...]
    entries: dict[int, Entry | None]
    encrypted: bool
    tail: Outcome
    text_bytes: int = 0
    parsed: dict[int, tuple[int, int, Node]] = field(
        default_factory=dict, compare=False, repr=False
    )
    extents: Mapping[int, tuple[int, int]] = field(default_factory=dict, compare=False, repr=False)

    def object_at(self, data: bytes, offset: int) -> tuple[int, int, Node]:
        """Return number, generation and value of the object that begins here, read only once.

        Raises:
            MalformedDocument: no object begins there.
        """
        if offset not in self.parsed:
            self.parsed[offset] = parse_indirect(data, offset)
        return self.parsed[offset]

    @property
    def revisions(self) -> int:
        """Number of states the file has gone through."""
        return max(1, sum(1 for end in self.ends if end is not None))

    def stands_before(self, number: int, end: int) -> bool:
        """Whether the bytes of an object, or of the object stream it lies in, begin before ``end``."""
        place = self.entries.get(number)
        if place is not None and place.container is not None:
            place = self.entries.get(place.container)
        return place is not None and 0 <= place.offset < end

    @property
    def hybrid(self) -> bool:
        """Whether old and new readers are given different tables."""
        return any(section.hybrid for section in self.sections)


def is_pdf(data: bytes) -> bool:
    """Whether a PDF header stands near the beginning, as viewers look for it."""
    return b"%PDF-" in data[:_HEAD]


def scan(data: bytes, limits: Limits) -> Layout:
    """Follow the cross-reference chain from the end of the file.

    Raises:
        MalformedDocument: the chain is broken, loops, or exceeds a limit.

    """
    last = _last_tail(data)
    sections = _chain(data, last[0], limits)
    # What stands before the first table closes none of them.
    first = min(section.offset for section in sections)
    tails = list(islice(_tails(data, first), _MAX_TAILS + 1))
    if len(tails) > _MAX_TAILS:
        raise MalformedDocument("pdf.xref", "too many end-of-file marks")
    ends = tuple(_end_of(section, sections, tails) for section in sections)
    entries: dict[int, Entry | None] = {}
    for section in sections:
        entries.update(section.entries)
    return Layout(
        sections=sections,
        ends=ends,
        entries=entries,
        encrypted=any(section.trailer.count(b"Encrypt") for section in sections),
        tail=_tail(data, last),
    )


def _tails(data: bytes, here: int = 0) -> Iterator[tuple[int, int, int]]:
    """Yield what each ``startxref`` with an end-of-file mark says, and where both stand."""
    while (here := data.find(b"startxref", here)) >= 0:
        match = _TAIL.match(data, here)
        here += 9
        if match is not None:
            here = match.end()
            yield int(match[1]), match.start(), here


def _last_tail(data: bytes) -> tuple[int, int, int]:
    here = len(data)
    for _ in range(_MAX_TAILS):
        here = data.rfind(b"startxref", 0, here)
        if here < 0:
            break
        match = _TAIL.match(data, here)
        if match is not None:
            return int(match[1]), match.start(), match.end()
    raise MalformedDocument("pdf.xref", "no startxref and end-of-file mark")


def _chain(data: bytes, start: int, limits: Limits) -> tuple[Section, ...]:
    chain: list[Section] = []
    seen: set[int] = set()
    total = 0
    here: int | None = start
    while here is not None:
        if here in seen or len(chain) >= _MAX_SECTIONS:
            raise MalformedDocument("pdf.xref", "the cross-reference chain does not end")
        seen.add(here)
        section = read_section(data, here, limits)
        total += len(section.entries)
        if total > 2 * limits.pdf_objects:
            raise exceeded("pdf_objects", limits.pdf_objects, total)
        chain.append(section)
        here = section.prev
    return tuple(reversed(chain))


def _end_of(
    section: Section, sections: tuple[Section, ...], tails: list[tuple[int, int, int]]
) -> int | None:
    """Return the end of the revision that this section closes."""
    after = section.offset
    if len(sections) > 1 and section is sections[1] and sections[0].offset > section.offset:
        after = sections[0].offset  # linearised: the main table stands behind the first page's
    for offset, start, end in tails:
        if offset == section.offset and start > after:
            return end
    return None


def _tail(data: bytes, last: tuple[int, int, int]) -> Outcome:
    _, start, end = last
    if b"startxref" in data[end:]:
        return unknown("format.ambiguous_tail")
    before = 0
    for mark in (b"trailer", b"endobj", b"%%EOF"):  # each looked for only behind the last one
        before = max(before, data.rfind(mark, before, start))
    if b"startxref" in data[before:start]:
        return unknown("format.ambiguous_tail")
    return OK


def check_single(data: bytes) -> Outcome:
    """Judge that the bytes are one PDF and nothing else (L9)."""
    if not data.startswith(b"%PDF-"):
        return unknown("format.bytes_outside", where="before", size=data[:_HEAD].find(b"%PDF-"))
    foreign = _second_format(data)
    if foreign is not None:
        return failed("format.multiple_formats", other=foreign)
    end = len(data)
    last = data.rfind(b"startxref")
    for _, _, stop in _tails(data, last if last >= 0 else end):
        end = stop
    rest = data[end:]
    if rest not in _EOLS:
        return unknown("format.bytes_outside", where="after", size=len(rest))
    return OK


def _second_format(data: bytes) -> str | None:
    lowered = data[:_HEAD].lower()
    if any(mark in lowered for mark in _MARKUP):
        return "html"
    for offset, magic, name in _MAGICS:
        if data[offset : offset + len(magic)] == magic:
            return name
    return "zip" if _is_zip(data) else None


def _is_zip(data: bytes) -> bool:
    """Whether a ZIP reader, which searches from the end, would find a directory."""
    floor = max(0, len(data) - _ZIP_REACH)
    here = data.find(_ZIP_END, floor)
    while here >= 0:
        size = int.from_bytes(data[here + 12 : here + 16], "little")
        if len(data) - here >= _ZIP_END_SIZE and 0 < size <= here:
            return True
        here = data.find(_ZIP_END, here + 1)
    return False
