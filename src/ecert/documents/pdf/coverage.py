"""What a signature covers, and whether its gap is exactly its own /Contents.

The rules of ISO 32000-2, 12.8.1, read strictly (eseal-crypto.md 7): the range begins at 0, has
one gap, the gap is one hexadecimal string and that string is the /Contents of the very dictionary
that states the range. This closes wrapping and gap attacks (USF, SWA); anything else is
described, never corrected.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ecert.crypto import der as der_reader
from ecert.crypto import digest as digests
from ecert.crypto.ber import frame
from ecert.documents.facts import Coverage, Part
from ecert.documents.pdf.bounds import exceeded_outcome
from ecert.documents.pdf.fields import Candidate
from ecert.documents.pdf.lexer import Node, find_dictionaries, integer
from ecert.documents.pdf.objects import entry
from ecert.documents.pdf.plain import hex_entry
from ecert.documents.pdf.structure import Layout
from ecert.documents.pdf.values import Array, Numbers, Stream
from ecert.documents.pdf.xref import stream_bytes
from ecert.errors import MalformedInput
from ecert.limits import Limits
from ecert.report.outcome import OK, Outcome, failed, unknown

__all__ = ["Covered", "covered_bytes", "covers"]

_PAIR: Final = 2
_ONE_GAP: Final = 4
_MAX_RANGES: Final = 64
_INDEFINITE: Final = b"\x30\x80"
_EOLS: Final = (b"", b"\n", b"\r", b"\r\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """The bytes one signature covers.

    Args:
        ranges: half-open byte ranges in the order stated. content: the DER inside /Contents.
        structure: ok, or the first rule that is broken. usable: a digest can be computed.
        coverage: how much of the file that is. section: index of the revision it closes, or None.
        quirks: named deviations that do no harm. gap: byte range of the hexadecimal string.

    """

    ranges: tuple[tuple[int, int], ...] = ()
    content: bytes = b""
    structure: Outcome = OK
    coverage: Coverage = "unknown"
    section: int | None = None
    quirks: tuple[str, ...] = ()
    gap: tuple[int, int] | None = None

    @property
    def usable(self) -> bool:
        """Whether there are ranges to compute a digest over."""
        return bool(self.ranges)

    @property
    def end(self) -> int:
        """First byte after everything covered."""
        return max((end for _, end in self.ranges), default=0)

    def digest(self, data: bytes, name: str) -> bytes:
        """Return the digest of the covered bytes of ``data``, in the order stated."""
        hasher = digests.new(name)
        view = memoryview(data)
        for start, end in self.ranges:
            hasher.update(view[start:end])  # type: ignore[arg-type]
        return hasher.digest()

    def join(self, data: bytes) -> bytes:
        """Return the covered bytes themselves."""
        return b"".join(data[start:end] for start, end in self.ranges)

    def includes(self, start: int, end: int) -> bool:
        """Whether these bytes are covered by a signature whose ranges follow the rules."""
        return self.gap is not None and any(a <= start and end <= b for a, b in self.ranges)

    def uncovered(self, size: int) -> tuple[Part, ...]:
        """Return what lies outside, other than the signature's own string."""
        parts, here = [], 0
        for start, end in (*sorted(self.ranges), (size, size)):
            if start > here and (here, start) != self.gap:
                parts.append(Part(path=f"bytes {here}-{start}", role="unknown"))
            here = max(here, end)
        return tuple(parts)


def covered_bytes(data: bytes, layout: Layout, found: Candidate, limits: Limits) -> Covered:
    """Describe what the signature covers; never raises on content."""
    numbers = _byte_range(found.value)
    ranges = _ranges(numbers, len(data))
    content, problem, quirks = _content(entry(found.value, "Contents"), limits)
    if ranges is None:
        return Covered(content=content, structure=failed("pdf.byte_range"), quirks=quirks)
    token = _token(data, ranges)
    structure = _gap_rules(data, layout, found, token)
    regular = structure.ok is True
    gap = (ranges[0][1], ranges[1][0]) if regular else None
    if gap is not None and gap != token:
        # Old writers leave only the digits out: all is protected, but not in ISO 32000's form.
        quirks = (*quirks, "pdf.contents_brackets")
    if regular and problem.ok is not True:
        structure = problem
    coverage, section = _extent(data, layout, ranges) if regular else ("partial", None)
    return Covered(
        ranges=ranges,
        content=content,
        structure=structure,
        coverage=coverage,
        section=section,
        quirks=quirks,
        gap=gap,
    )


def _byte_range(value: Any) -> list[int]:
    array = entry(value, "ByteRange")
    if not isinstance(array, Array) or len(array) > 2 * _MAX_RANGES:
        return []
    numbers: list[Any] = list(array)
    return numbers if all(type(item) is int for item in numbers) else []


def _ranges(numbers: list[int], size: int) -> tuple[tuple[int, int], ...] | None:
    if not numbers or len(numbers) % _PAIR:
        return None
    ranges: list[tuple[int, int]] = []
    here = 0
    for start, length in zip(numbers[::2], numbers[1::2], strict=True):
        if start < here or length < 0 or start + length > size:
            return None
        here = start + length
        ranges.append((start, here))
    return tuple(ranges)


def _token(data: bytes, ranges: tuple[tuple[int, int], ...]) -> tuple[int, int] | None:
    """Return where the string in the gap stands, its brackets included; None without one gap."""
    if len(ranges) != _PAIR or ranges[0][0] != 0:
        return None
    start, end = ranges[0][1], ranges[1][0]
    bare = data[start - 1 : start] == b"<" and data[end : end + 1] == b">"
    return (start - 1, end + 1) if bare else (start, end)


def _gap_rules(
    data: bytes, layout: Layout, found: Candidate, token: tuple[int, int] | None
) -> Outcome:
    if token is None:
        return failed("pdf.byte_range")
    start, end = token
    if data[start : start + 1] != b"<" or data[end - 1 : end] != b">":
        return failed("pdf.contents_gap")
    try:
        stored = binascii.unhexlify(data[start + 1 : end - 1])
    except ValueError:
        return failed("pdf.contents_gap")
    if stored != _bytes_of(entry(found.value, "Contents")):
        return failed("pdf.contents_elsewhere")
    return _own_contents(data, layout, found, token)


def _bytes_of(value: Any) -> bytes:
    return value if isinstance(value, bytes) else b""


def _own_contents(data: bytes, layout: Layout, found: Candidate, gap: tuple[int, int]) -> Outcome:
    """Whether the gap is the /Contents token of this dictionary, by position in the file."""
    place = layout.entries.get(found.owner[0])
    if place is None or place.container is not None or place.generation != found.owner[1]:
        return failed("pdf.contents_elsewhere")
    if layout.extents and found.value.is_indirect:
        # The plain reader has seen that no key stands twice and that the object is at its place.
        if hex_entry(data, place.offset, b"Contents") != gap:
            return failed("pdf.contents_elsewhere")
        direct = type(found.value.raw.get("ByteRange")) is Numbers
        return (
            OK if direct and len(_byte_range(found.value)) == _ONE_GAP else failed("pdf.byte_range")
        )
    try:
        number, generation, node = layout.object_at(data, place.offset)
    except MalformedInput:
        return failed("pdf.contents_elsewhere")
    if (number, generation) != found.owner:
        return failed("pdf.contents_elsewhere")
    for candidate in find_dictionaries(node, b"ByteRange"):
        contents = [child for key, child in candidate.pairs if key == b"Contents"]
        if any((child.start, child.end) == gap for child in contents):
            return _unambiguous(candidate, _byte_range(found.value))
    return failed("pdf.contents_elsewhere")


def _unambiguous(node: Node, numbers: list[int]) -> Outcome:
    keys = [key for key, _ in node.pairs]
    if len(set(keys)) != len(keys):
        return failed("pdf.duplicate_key")
    stated = node.get(b"ByteRange")
    if stated is not None and stated.kind == "array":
        own = [integer(item) for item in stated.items]
        return OK if own == numbers and len(own) == _ONE_GAP else failed("pdf.byte_range")
    return failed("pdf.byte_range")


def _content(value: Any, limits: Limits) -> tuple[bytes, Outcome, tuple[str, ...]]:
    """Cut the DER out of its padding: only zero bytes may follow it (L22)."""
    raw = _bytes_of(value)
    if not raw.strip(b"\x00"):
        return b"", unknown("signature.empty"), ()
    if len(raw) > limits.signature_bytes:
        return b"", exceeded_outcome("signature_bytes", limits.signature_bytes, len(raw)), ()
    framed = raw[:2] == _INDEFINITE
    try:
        content, end = frame(raw) if framed else _cut(raw)
    except MalformedInput:
        problem = unknown("pdf.contents_ber") if framed else failed("pdf.contents_unreadable")
        return b"", problem, ()
    if raw[end:].strip(b"\x00"):
        return content, failed("pdf.contents_tail"), ()
    quirks = ("pdf.trailing_zeros",) if end < len(raw) else ()
    return content, OK, (*quirks, "cms.ber") if framed else quirks


def _cut(raw: bytes) -> tuple[bytes, int]:
    _, _, end = der_reader.header(raw, 0, len(raw))
    return raw[:end], end


def _extent(
    data: bytes, layout: Layout, ranges: tuple[tuple[int, int], ...]
) -> tuple[Coverage, int | None]:
    end = ranges[-1][1]
    if end == len(data):
        return "whole", len(layout.sections) - 1
    for index, limit in enumerate(layout.ends):
        if limit is not None and limit <= end <= limit + 2 and data[limit:end] in _EOLS:
            return "revision", index
    return "partial", None


def covers(
    data: bytes, layout: Layout, covered: Sequence[Covered]
) -> Callable[[Stream, int], tuple[int, ...]]:
    """Return a function from a stream, and the object that says what it is, to who covers both."""

    def by(stream: Stream, owner: int) -> tuple[int, ...]:
        number, generation = stream.objgen
        if layout.extents:
            return _covering(covered, (layout.extents[number], layout.extents[owner]))
        named = _bytes_of_object(data, layout, owner)
        place = layout.entries.get(number)
        if place is None or place.container is not None or place.generation != generation:
            return ()
        try:
            stated, _, node = layout.object_at(data, place.offset)
        except MalformedInput:
            return ()
        # The dictionary, the keyword with its line end, and the stored bytes.
        end = node.end + len(b"stream\r\n") + len(stream.stored())
        if stated != number or named is None:
            return ()
        return _covering(covered, ((place.offset, end), named))

    return by


def _covering(covered: Sequence[Covered], extents: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    """Return who covers all of these bytes."""
    return tuple(
        index
        for index, one in enumerate(covered)
        if all(one.includes(start, end) for start, end in extents)
    )


def _bytes_of_object(data: bytes, layout: Layout, number: int) -> tuple[int, int] | None:
    """Return where an object stands, or the whole object stream it is packed in."""
    place = layout.entries.get(number)
    packed = place is not None and place.container is not None
    if place is not None and place.container is not None:
        number = place.container
        place = layout.entries.get(number)
    if place is None or place.container is not None:
        return None
    try:
        stated, _, node = layout.object_at(data, place.offset)
        end = node.end
        if packed:
            end += len(b"stream\r\n") + len(stream_bytes(data, node))
    except MalformedInput:
        return None
    return (place.offset, end) if stated == number else None
