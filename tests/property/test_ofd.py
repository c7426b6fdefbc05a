"""Laws of the OFD reader: one changed byte is never accepted, and nothing makes the reader crash."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import ofd_kit as o
from ecert.documents.ofd.package import open_package
from ecert.documents.ofd.xmlns import parse_xml
from ecert.documents.ofd.ziprecords import insignificant_ranges
from ecert.errors import MalformedDocument
from ecert.limits import Limits

pytestmark = pytest.mark.property


def accepted(data: bytes) -> bool:
    try:
        return o.acceptable(o.inspect(data))
    except MalformedDocument:
        return False


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_one_byte_flipped_at_2000_places_is_never_accepted(method):
    data = o.good() if method == zipfile.ZIP_STORED else o.pack(o.unpack(o.good()), method)
    assert accepted(data)
    ranges = insignificant_ranges(data)
    random = o.rng(20260504)
    for _ in range(2000):
        at = random.randrange(len(data))
        changed = bytearray(data)
        changed[at] ^= random.randrange(1, 256)
        if accepted(bytes(changed)):
            assert any(start <= at < end for start, end, _ in ranges), at


def test_one_byte_flipped_inside_a_part_and_repacked_is_never_accepted():
    files = o.unpack(o.good())
    names = [name for name, data in files.items() for _ in data]
    random = o.rng(20260505)
    for _ in range(2000):
        name = random.choice(names)
        changed = bytearray(files[name])
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
        made = o.pack(files | {name: bytes(changed)})
        if accepted(made):  # the one spelling outside the signed bytes that L22 tolerates, named
            (one,) = o.inspect(made).signatures
            assert (name, one.quirks) == (o.SIGN + "SignedValue.dat", ("seal.unused_bits",))


def test_a_changed_time_stamp_of_an_entry_is_tolerated_and_nothing_else_is():
    data = o.good()
    for start, end, name in insignificant_ranges(data):
        if name == "timestamp":
            assert accepted(data[:start] + bytes(end - start) + data[end:])


def test_every_truncation_is_refused():
    data = o.good()
    for size in range(0, len(data), 37):
        assert not accepted(data[:size])


@given(st.binary(max_size=400))
def test_arbitrary_bytes_end_in_facts_or_malformed_document(data):
    for candidate in (data, b"PK\x03\x04" + data, data + o.good()[-200:]):
        try:
            o.inspect(candidate)
        except MalformedDocument as problem:
            assert problem.code  # noqa: PT017


@settings(max_examples=60)
@given(
    st.sampled_from(sorted(o.unpack(o.good()))),
    st.one_of(st.binary(max_size=300), st.text(max_size=200).map(lambda t: f"<a>{t}</a>".encode())),
)
def test_any_part_replaced_by_anything_never_crashes(name, data):
    assert (
        not accepted(o.pack(o.unpack(o.good()) | {name: data})) or data == o.unpack(o.good())[name]
    )


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=8))
def test_several_changed_bytes_never_crash(changes):
    changed = bytearray(o.good())
    for at, value in changes:
        changed[at % len(changed)] = value
    accepted(bytes(changed))


@given(
    st.dictionaries(
        st.text("abcXYZ_0./", min_size=1, max_size=12),
        st.binary(max_size=50),
        max_size=6,
    ),
    st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
)
def test_what_another_writer_packs_is_read_alike_or_refused(files, method):
    files = {name: b"" if name.endswith("/") else data for name, data in files.items()}
    try:
        package = open_package(o.pack(files, method), Limits())
    except MalformedDocument as problem:
        assert problem.code == "format.entry_name"  # noqa: PT017
        return
    if package.single.ok is True:
        expected = {"/" + n: d for n, d in files.items() if not n.endswith("/")}
        assert dict(package.files) == expected


@given(st.text(max_size=100))
def test_arbitrary_xml_never_crashes(text):
    try:
        parse_xml(b"<a " + text.encode("utf-8", "surrogatepass"), "/x", Limits())
    except MalformedDocument as problem:
        assert problem.code in ("document.xml", "format.too_large")  # noqa: PT017
