"""Names as they are compared (RFC 5280 7.1): what looks and means the same is the same."""

from __future__ import annotations

import pytest

from ecert.crypto import der
from ecert.crypto import der_build as build
from ecert.crypto.general_names import DIRECTORY, directory, read_general_name
from ecert.crypto.names import folded
from ecert.errors import MalformedInput

PRINTABLE, UTF8, BMP = 0x13, 0x0C, 0x1E


def name(*values: tuple[int, bytes], kind: str = "2.5.4.10") -> bytes:
    return build.sequence(
        *(build.set_of([build.sequence(build.oid(kind), build.tlv(*value))]) for value in values)
    )


def utf8(text: str) -> tuple[int, bytes]:
    return (UTF8, text.encode())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((PRINTABLE, b"Good CA"), utf8("good ca")),
        (utf8("  Good   CA "), utf8("Good CA")),
        ((BMP, "数字证书".encode("utf-16-be")), utf8("数字证书")),
        (utf8("ＧＯＯＤ　ＣＡ"), utf8("Good CA")),
        (utf8("Go\u200bod\u00ad CA"), utf8("Good CA")),  # invisible marks
        (utf8("Straße"), utf8("STRASSE")),
        (utf8("e\u0301"), utf8("\u00e9")),
        ((UTF8, "数字证书".encode("gb18030")), utf8("数字证书")),
    ],
)
def test_names_that_mean_the_same_are_equal(one, other):
    assert folded(name(one)) == folded(name(other))
    assert directory(name(one)) == directory(name(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (name(utf8("Good CA")), name(utf8("GoodCA"))),
        (name(utf8("Good CA")), name(utf8("Good CA"), utf8("Good CA"))),
        (name(utf8("a"), utf8("b")), name(utf8("b"), utf8("a"))),
        (name(utf8("a")), name(utf8("a"), kind="2.5.4.11")),
        (name(utf8("数字证书")), name(utf8("数字證書"))),
        (name(utf8("a")), name()),
    ],
)
def test_names_that_differ_are_different(one, other):
    assert folded(one) != folded(other)


def test_members_of_one_part_have_no_order():
    first = build.sequence(build.oid("2.5.4.3"), build.utf8("x"))
    second = build.sequence(build.oid("2.5.4.10"), build.utf8("y"))
    one = build.sequence(build.tlv(0x31, first, second))
    other = build.sequence(build.tlv(0x31, second, first))
    assert folded(one) == folded(other)
    assert folded(one) != folded(build.sequence(build.set_of([first]), build.set_of([second])))


def test_what_is_no_name_is_refused():
    for data in (b"\x30\x02\x05\x00", build.set_of([]), build.utf8("a")):
        with pytest.raises(MalformedInput):
            folded(data)

    for tag in (0x30, 0x89, 0x41, 0x02):
        with pytest.raises(MalformedInput):
            read_general_name(der.parse(build.tlv(tag, b"")))
    found = read_general_name(der.parse(build.tlv(0xA4, name(utf8("a")))))
    assert found.form == DIRECTORY
