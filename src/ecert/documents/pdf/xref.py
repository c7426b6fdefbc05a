"""Reads cross-reference sections: classic, stream, hybrid (ISO 32000-2, 7.5.4, 7.5.8).

Strict where readers differ: a section must begin exactly where it is said to, and every count is
bounded before memory is spent. Refuses encrypted or unusual filters on cross-reference streams.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from ecert.documents.pdf.bounds import exceeded
from ecert.documents.pdf.inflate import undo_predictor, unpack
from ecert.documents.pdf.lexer import Node, integer, parse_indirect, parse_value, skip_blank
from ecert.errors import MalformedDocument
from ecert.limits import Limits

__all__ = ["Entry", "Section", "filters_of", "read_section", "stream_bytes"]

_SUBSECTION: Final = re.compile(rb"[\x00\t\n\x0c\r ]*(\d{1,10}) +(\d{1,10})[\x00\t\n\x0c\r ]*")
_ROW: Final = re.compile(rb"(\d{10}) (\d{5}) ([nf])[\x00\t\n\x0c\r ]{1,2}")
_MAX_WIDTH: Final = 8
_WIDTHS: Final = 3
_IN_STREAM: Final = 2


class Entry(NamedTuple):
    """Where an object lives: a file offset, or the number of an object stream."""

    offset: int
    generation: int = 0
    container: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One cross-reference section.

    Args:
        offset: where it begins. trailer: its dictionary. prev: the older section, or None.
        entries: object number to place; None for a freed object.
        hybrid: it is a classic table with a second, hidden table (``/XRefStm``).

    """

    offset: int
    trailer: Node
    prev: int | None
    entries: dict[int, Entry | None]
    hybrid: bool = False


def read_section(data: bytes, offset: int, limits: Limits) -> Section:
    """Read the section that begins at ``offset``.

    Raises:
        MalformedDocument: nothing of the kind is there, or a limit is exceeded.

    """
    here = skip_blank(data, offset) if 0 <= offset < len(data) else len(data)
    if data[here : here + 4] == b"xref":
        return _classic(data, offset, here + 4, limits)
    return _stream(data, offset, here, limits)


def _classic(data: bytes, offset: int, here: int, limits: Limits) -> Section:
    entries: dict[int, Entry | None] = {}
    while match := _SUBSECTION.match(data, here):
        first, count = int(match[1]), int(match[2])
        _bound(len(entries) + count, limits)
        here = match.end()
        for number in range(first, first + count):
            found = _ROW.match(data, here)
            if found is None:
                raise MalformedDocument("pdf.xref", f"bad cross-reference row at byte {here}")
            place, generation, use = found.groups()
            entries[number] = Entry(int(place), int(generation)) if use == b"n" else None
            here = found.end()
    here = skip_blank(data, here)
    if data[here : here + 7] != b"trailer":
        raise MalformedDocument("pdf.xref", f"no trailer at byte {here}")
    trailer = parse_value(data, here + 7)
    hidden = integer(trailer.get(b"XRefStm"))
    if hidden is None and trailer.count(b"XRefStm"):
        raise MalformedDocument("pdf.xref", "/XRefStm is no offset")
    if hidden is not None:
        extra = _stream(data, hidden, skip_blank(data, min(hidden, len(data))), limits)
        # ISO 32000-2, 7.5.8.4: the hidden table fills only what the classic one leaves free.
        entries = extra.entries | {k: v for k, v in entries.items() if v is not None}
    return Section(
        offset=offset,
        trailer=trailer,
        prev=_prev(trailer),
        entries=entries,
        hybrid=hidden is not None,
    )


def _stream(data: bytes, offset: int, here: int, limits: Limits) -> Section:
    _, _, node = parse_indirect(data, here)
    kind = node.get(b"Type")
    if node.kind != "dict" or kind is None or kind.raw != b"XRef":
        raise MalformedDocument("pdf.xref", f"no cross-reference section at byte {offset}")
    content = unpack(stream_bytes(data, node), filters_of(node), limits.pdf_stream_bytes // 4)
    params = node.get(b"DecodeParms")
    if params is not None and params.kind == "array" and params.items:
        params = params.items[-1]
    if params is not None and params.kind == "dict":
        predictor = integer(params.get(b"Predictor"))
        columns = integer(params.get(b"Columns"))
        content = undo_predictor(
            content,
            1 if predictor is None else predictor,
            1 if columns is None else columns,
        )
    return Section(
        offset=offset, trailer=node, prev=_prev(node), entries=_rows(node, content, limits)
    )


def _rows(node: Node, content: bytes, limits: Limits) -> dict[int, Entry | None]:
    widths = _integers(node.get(b"W"))
    size = integer(node.get(b"Size"))
    if len(widths) != _WIDTHS or max(widths) > _MAX_WIDTH or not sum(widths) or size is None:
        raise MalformedDocument("pdf.xref", "bad cross-reference stream dictionary")
    index = _integers(node.get(b"Index")) or (0, size)
    entries: dict[int, Entry | None] = {}
    here = 0
    for first, count in zip(index[::2], index[1::2], strict=False):
        _bound(len(entries) + count, limits)
        for number in range(first, first + count):
            fields = []
            for width in widths:
                fields.append(int.from_bytes(content[here : here + width], "big"))
                here += width
            if here > len(content):
                raise MalformedDocument("pdf.xref", "cross-reference stream ends early")
            entries[number] = _entry(fields[0] if widths[0] else 1, fields[1], fields[2])
    return entries


def _entry(kind: int, second: int, third: int) -> Entry | None:
    if kind == 1:
        return Entry(second, third)
    return Entry(-1, 0, second) if kind == _IN_STREAM else None


def _integers(node: Node | None) -> tuple[int, ...]:
    if node is None or node.kind != "array":
        return ()
    values = [integer(item) for item in node.items]
    if any(value is None for value in values):
        raise MalformedDocument("pdf.xref", "numbers expected in a cross-reference stream")
    return tuple(value for value in values if value is not None)


def _bound(count: int, limits: Limits) -> None:
    if count > limits.pdf_objects:
        raise exceeded("pdf_objects", limits.pdf_objects, count)


def _prev(trailer: Node) -> int | None:
    if trailer.kind != "dict":
        raise MalformedDocument("pdf.xref", "the trailer is no dictionary")
    if not trailer.count(b"Prev"):
        return None
    value = integer(trailer.get(b"Prev"))
    if value is None:
        raise MalformedDocument("pdf.xref", "/Prev is no offset")
    return value


def filters_of(node: Node) -> tuple[str, ...]:
    """Return the names of a stream's filters, from its dictionary."""
    entry = node.get(b"Filter")
    if entry is None:
        return ()
    nodes = entry.items if entry.kind == "array" else (entry,)
    return tuple(item.raw.decode("latin-1") for item in nodes)


def stream_bytes(data: bytes, node: Node) -> bytes:
    """Return the stored bytes of the stream whose dictionary is ``node``.

    Raises:
        MalformedDocument: no stream follows, or its direct length is wrong.

    """
    here = skip_blank(data, node.end)
    if data[here : here + 6] != b"stream":
        raise MalformedDocument("pdf.stream", f"no stream at byte {here}")
    here += 6
    here += 2 if data[here : here + 2] == b"\r\n" else 1
    length = integer(node.get(b"Length"))
    if length is None:
        end = data.find(b"endstream", here)
    else:
        end = here + length
        if not data[end : end + 16].lstrip(b"\x00\t\n\x0c\r ").startswith(b"endstream"):
            end = -1
    if end < 0:
        raise MalformedDocument("pdf.stream", f"stream at byte {here} has no end")
    return data[here:end]
