"""What follows a signature holds nothing that only a search for objects would find (L6)."""

from __future__ import annotations

import re
import sys
import zlib
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pdf_kit as kit

CODE = "document.unlisted_after"
OTHER = b"4 0 obj\n%s\nendobj\n" % kit.stream(b"BT /F1 12 Tf 20 100 Td (Licence 99999) Tj ET")


def objects() -> dict[int, bytes]:
    """Return a store of validation data, and the catalogue that names it."""
    catalogue = kit.Draft().objects()[1][:-2] + b"/DSS 31 0 R>>"
    return {1: catalogue, 31: b"<</Type/DSS>>"}


def appended(between: bytes = b"") -> bytes:
    """A store of validation data in a revision of its own, with bytes before its first object."""
    good = kit.signed()
    data = kit.write(objects(), base=good)
    return moved(data, len(good), between)


def moved(data: bytes, at: int, between: bytes) -> bytes:
    """Return the file with bytes put in, and the offsets of the last table set right."""

    def later(match: re.Match[bytes]) -> bytes:
        offset = int(match[1])
        return b"%010d 00000 n" % (offset + (len(between) if offset >= at else 0))

    data = data[:at] + between + data[at:]
    start = data.rindex(b"xref\n0 1")
    table = re.sub(rb"(\d{10}) 00000 n", later, data[start:])
    table = re.sub(rb"startxref\n\d+", b"startxref\n%d" % start, table)
    return data[:start] + table


def first(data: bytes):
    return kit.inspect(data).signatures[0].changes_after


@pytest.mark.parametrize("between", [b"", b"\n\n", b"% made by a writer\n"])
def test_validation_data_follow_a_signature(between):
    assert first(appended(between)).ok is True


@pytest.mark.parametrize(
    "between",
    [
        OTHER,
        b"% " + OTHER,
        b"trailer\n<</Root 31 0 R>>\n",
        b"%%EOF\nxref\n",
        b"31",
        b"(4 0 obj)",
    ],
)
def test_l6_nothing_unlisted_follows_a_signature(between):
    """Viewers that search for objects would show another page; the two analyses see the tables alone."""
    assert (first(appended(between)).ok, first(appended(between)).code) == (None, CODE)


def test_l6_a_table_that_viewers_read_differently_hides_no_object():
    """MuPDF does not follow a table whose headings end in more than a line end: it searches."""
    data = appended(OTHER)
    start = data.rindex(b"xref\n0 1")
    loose = re.sub(rb"(\n\d+ 1)\n", rb"\1   \n\n", data[start:])
    assert first(data[:start] + loose).code == CODE
    data = appended()
    start = data.rindex(b"xref\n0 1")
    loose = re.sub(rb"(\n\d+ 1)\n", rb"\1   \n\n", data[start:])
    assert first(data[:start] + loose).code == CODE


@pytest.mark.parametrize(
    "body",
    [
        b"<</Type/DSS/Unknown(\n" + OTHER + b")>>",
        kit.stream(b"\n" + OTHER),
        kit.stream(b"\ntrailer <</Root 4 0 R>>"),
    ],
)
def test_l6_an_object_inside_an_object_is_not_passed_over(body):
    data = kit.write({**objects(), 32: body}, base=kit.signed())
    assert first(data).ok is not True


def packed(names: bytes, row: bytes = b"") -> bytes:
    """A store whose dictionary lies in an object stream, under a cross-reference stream."""
    good = kit.signed()
    catalogue = objects()[1]
    content = zlib.compress(names + b"<</Type/DSS>> <</Length 0>>")
    extra = b"/Type/ObjStm/N %d/First %d/Filter/FlateDecode" % (len(names.split()) // 2, len(names))
    out = bytearray(good)
    places = {}
    for number, body in ((1, catalogue), (33, kit.stream(content, extra))):
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    rows = [
        bytes((1,)) + places[1].to_bytes(4, "big") + b"\0",
        row,
        bytes((2,)) + (33).to_bytes(4, "big") + b"\0",
        bytes((1,)) + places[33].to_bytes(4, "big") + b"\0",
        bytes((1,)) + start.to_bytes(4, "big") + b"\0",
    ]
    previous = re.findall(rb"startxref\s+(\d+)", good)[-1]
    head = b"/Type/XRef/W[1 4 1]/Index[1 1%s 31 1 33 2]/Size 35/Root 1 0 R/Prev %s" % (
        b" 4 1" if row else b"",
        previous,
    )
    out += b"34 0 obj\n%s\nendobj\n" % kit.stream(b"".join(rows), head)
    out += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


def test_an_object_stream_may_follow():
    assert first(packed(b"31 0 ")).ok is True


def test_l6_a_packed_object_that_no_table_lists_is_not_passed_over():
    answer = first(packed(b"31 0 4 14 "))
    assert (answer.ok, answer.code) == (None, CODE)


@pytest.mark.parametrize("kind", [3, 255])
def test_l6_a_row_that_viewers_read_differently_is_not_passed_over(kind):
    """Null for some (ISO 32000-2, 7.5.8.3), ignored by others."""
    answer = first(packed(b"31 0 ", bytes((kind, 0, 0, 0, 0, 0))))
    assert (answer.ok, answer.code) == (None, CODE)


def test_l6_a_number_that_stands_twice_in_a_table_is_not_passed_over():
    data = appended()
    start = data.rindex(b"31 1\n")
    assert first(data[:start] + data[start : start + 25] + data[start:]).code == CODE
