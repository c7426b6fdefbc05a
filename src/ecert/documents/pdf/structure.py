"""Scans a PDF's skeleton: header, revisions, tail, second formats (never-accept L9).

Works on bytes only, before any library opens the file, so that bombs and loops are found here.
Refuses chains that loop, sections that are not where they are said to be, and object streams that
inflate too far.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ecert.documents.pdf.bounds import exceeded
from ecert.documents.pdf.inflate import unpack
from ecert.documents.pdf.lexer import parse_indirect
from ecert.documents.pdf.xref import Entry, Section, filters_of, read_section, stream_bytes
from ecert.errors import MalformedDocument
from ecert.limits import Limits
from ecert.report.outcome import OK, Outcome, failed, unknown

__all__ = ["Layout", "check_single", "guard_object_streams", "is_pdf", "scan"]

_HEAD: Final = 1024
_TAIL: Final = re.compile(rb"startxref[\x00\t\n\x0c\r ]+(\d{1,12})[\x00\t\n\x0c\r ]+%%EOF")
_EOLS: Final = (b"", b"\n", b"\r", b"\r\n")
_MAX_SECTIONS: Final = 256
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
        tail: ok, or why the end of the file is ambiguous.

    """

    sections: tuple[Section, ...]
    ends: tuple[int | None, ...]
    entries: dict[int, Entry | None]
    encrypted: bool
    tail: Outcome

    @property
    def revisions(self) -> int:
        """Number of states the file has gone through."""
        return max(1, sum(1 for end in self.ends if end is not None))

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
    tails = [(int(m[1]), m.start(), m.end()) for m in _TAIL.finditer(data)]
    if not tails:
        raise MalformedDocument("pdf.xref", "no startxref and end-of-file mark")
    sections = _chain(data, tails[-1][0], limits)
    ends = tuple(_end_of(section, sections, tails) for section in sections)
    entries: dict[int, Entry | None] = {}
    for section in sections:
        entries.update(section.entries)
    return Layout(
        sections=sections,
        ends=ends,
        entries=entries,
        encrypted=any(section.trailer.count(b"Encrypt") for section in sections),
        tail=_tail(data, tails[-1]),
    )


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
    before = max(data.rfind(mark, 0, start) for mark in (b"endobj", b"trailer", b"%%EOF"))
    if b"startxref" in data[max(0, before) : start]:
        return unknown("format.ambiguous_tail")
    return OK


def check_single(data: bytes) -> Outcome:
    """Judge that the bytes are one PDF and nothing else (L9)."""
    if not data.startswith(b"%PDF-"):
        return failed("format.bytes_outside", where="before", size=data[:_HEAD].find(b"%PDF-"))
    foreign = _second_format(data)
    if foreign is not None:
        return failed("format.multiple_formats", other=foreign)
    end = max((match.end() for match in _TAIL.finditer(data)), default=len(data))
    rest = data[end:]
    if rest not in _EOLS:
        return failed("format.bytes_outside", where="after", size=len(rest))
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
    here = data.rfind(_ZIP_END, floor)
    while here >= 0:
        size = int.from_bytes(data[here + 12 : here + 16], "little")
        if len(data) - here >= _ZIP_END_SIZE and 0 < size <= here:
            return True
        here = data.rfind(_ZIP_END, floor, here)
    return False


def guard_object_streams(data: bytes, layout: Layout, limits: Limits) -> None:
    """Inflate every object stream within bounds, so that a library may do it again.

    Raises:
        MalformedDocument: one cannot be read here, or together they exceed the limit.

    """
    numbers = {
        entry.container
        for section in layout.sections
        for entry in section.entries.values()
        if entry is not None and entry.container is not None
    }
    left = limits.pdf_stream_bytes
    for number in sorted(numbers):
        for section in layout.sections:
            place = section.entries.get(number)
            if place is None or place.container is not None:
                continue
            _, _, node = parse_indirect(data, place.offset)
            left -= len(unpack(stream_bytes(data, node), filters_of(node), left))
