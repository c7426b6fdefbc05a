"""DER framing, DER writing and the times read from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import core

from ecert.crypto import asn1, der
from ecert.crypto import der_build as build
from ecert.crypto.times import ZONELESS_SLACK, parse_asn1_time, parse_claim
from ecert.errors import MalformedInput
from ecert.limits import Limits


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("", "der.truncated"),
        ("30", "der.truncated"),
        ("3080020100", "der.indefinite"),
        ("3085ffffffffff", "der.length"),
        ("3082ff", "der.truncated"),
        ("300502", "der.truncated"),
        ("1f810100", "der.tag"),
        ("020100ff", "der.trailing"),
    ],
)
def test_broken_framing_has_a_code(data, code):
    with pytest.raises(MalformedInput) as error:
        der.parse(bytes.fromhex(data))
    assert error.value.code == code


def test_slices_are_verbatim():
    data = bytes.fromhex("3081050201050500")
    node = der.parse(data)
    assert node.raw == data
    assert node.body == data[3:]
    assert [child.raw.hex() for child in node.children()] == ["020105", "0500"]


@pytest.mark.parametrize("data", ["30810402020080", "3082000402020080", "020102"])
def test_long_lengths_are_read_and_named(data):
    quirks = der.walk(der.parse(bytes.fromhex(data)), Limits())
    assert quirks == (() if data.startswith("02") else ("der.long_length",))


def test_depth_is_bounded_without_recursion():
    data = b""
    for _ in range(60):
        data = build.sequence(data)
    with pytest.raises(MalformedInput) as error:
        der.walk(der.parse(data), Limits())
    assert error.value.code == "der.depth"
    assert der.walk(der.parse(data), Limits(der_depth=60)) == ()


def test_walk_finds_broken_framing_below():
    with pytest.raises(MalformedInput):
        der.walk(der.parse(bytes.fromhex("3004300502ff")), Limits())


@pytest.mark.parametrize("dotted", ["1.2.156.10197.1.501", "2.5.29.15", "2.999.3", "0.9.2342"])
def test_oids_agree_with_asn1crypto(dotted):
    encoded = build.oid(dotted)
    assert encoded == core.ObjectIdentifier(dotted).dump()
    assert der.parse(encoded).oid() == dotted


@pytest.mark.parametrize("value", [0, 1, 127, 128, 255, 256, -1, -128, -129, 1 << 200])
def test_integers_agree_with_asn1crypto(value):
    encoded = build.integer(value)
    assert encoded == core.Integer(value).dump()
    assert der.parse(encoded).integer() == value


@pytest.mark.parametrize(
    ("data", "read"),
    [
        ("0200", "integer"),
        ("0600", "oid"),
        ("06028001", "oid"),
        ("060181", "oid"),
        ("0641" + "81" * 64 + "01", "oid"),
        ("0100", "boolean"),
        ("0300", "bits"),
        ("030108", "bits"),
        ("030101", "bits"),
        ("0401ff", "oid"),
        ("0201ff", "octets"),
        ("0401ff", "children"),
        ("3000", "only"),
    ],
)
def test_values_that_are_not_what_is_asked_for(data, read):
    with pytest.raises(MalformedInput):
        getattr(der.parse(bytes.fromhex(data)), read)()


def test_bits_and_booleans():
    assert der.parse(build.bit_string(b"\xa0", 5)).bits() == (b"\xa0", 5)
    assert der.parse(b"\x03\x01\x00").bits() == (b"", 0)
    assert der.parse(build.boolean(1)).boolean() is True
    assert der.parse(build.boolean("")).boolean() is False


def test_fields_must_all_be_taken():
    fields = der.Fields(der.parse(build.sequence(build.integer(1), build.integer(2))))
    assert fields.maybe(der.OID) is None
    fields.take(der.INTEGER)
    with pytest.raises(MalformedInput) as error:
        fields.end()
    assert error.value.code == "der.unexpected"
    fields.take()
    fields.end()
    assert fields.peek() is None
    with pytest.raises(MalformedInput) as error:
        fields.take()
    assert error.value.code == "der.missing"


def test_sets_are_sorted_and_long_lengths_are_shortest():
    assert build.set_of([b"\x02\x01\x02", b"\x02\x01\x01"]).hex() == "3106020101020102"
    assert build.octet_string(bytes(300))[:4].hex() == "0482012c"
    assert build.time(datetime(2050, 1, 1, tzinfo=UTC))[:1] == b"\x18"


def test_registration_is_idempotent_and_usable():
    from asn1crypto import algos, cms

    asn1.register()
    asn1.register()
    mechanism = algos.SignedDigestAlgorithm({"algorithm": asn1.SM2_MECHANISM})
    assert mechanism["algorithm"].dotted == "1.2.156.10197.1.501"
    assert algos.DigestAlgorithmId("sm3").dotted == "1.2.156.10197.1.401"
    assert cms.ContentType(asn1.GM_SIGNED_DATA).native == "gm_signed_data"
    assert cms.ContentType("data").dotted == "1.2.840.113549.1.7.1"


# -- times


def at(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "earliest", "width"),
    [
        ("20200305032131Z", at(2020, 3, 5, 3, 21, 31), timedelta()),
        ("20201010065840.923Z", at(2020, 10, 10, 6, 58, 40, 923000), timedelta()),
        ("2021-05-19T12:53:44.5Z", at(2021, 5, 19, 12, 53, 44, 500000), timedelta()),
        ("2021-05-19 12:53:44+08:00", at(2021, 5, 19, 4, 53, 44), timedelta()),
        ("D:20211019163049+08'00'", at(2021, 10, 19, 8, 30, 49), timedelta()),
        ("D:20211019083049Z00'00'", at(2021, 10, 19, 8, 30, 49), timedelta()),
        ("20211019083049-0130", at(2021, 10, 19, 10, 0, 49), timedelta()),
        ("2022-03-24 08:54:12", at(2022, 3, 24, 0, 54, 12), 2 * ZONELESS_SLACK),
        ("2022/3/4 8:54:12\0", at(2022, 3, 4, 0, 54, 12), 2 * ZONELESS_SLACK),
        ("20220324085412", at(2022, 3, 24, 0, 54, 12), 2 * ZONELESS_SLACK),
    ],
)
def test_claims_as_met_in_real_files(text, earliest, width):
    claim = parse_claim(text, "timeInfo")
    assert claim.readable
    assert claim.earliest == earliest
    assert claim.latest == earliest + width
    assert claim.text == text


def test_without_seconds_it_is_the_minute():
    claim = parse_asn1_time(b"\x17\x0b2110190830Z", "signingTime")
    assert claim.latest - claim.earliest == timedelta(minutes=1) - timedelta(microseconds=1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "20201345000000Z",
        "2020-02-30 00:00:00",
        "00010101000000",
        "9" * 300,
        "99991231235959-0100",
        "20200101000060Z",
        "٢٠٢٠0101000000Z",
    ],
)
def test_what_is_no_time_is_an_unreadable_claim(text):
    claim = parse_claim(text, "M")
    assert not claim.readable
    assert claim.latest is None
    assert len(claim.text) <= 64


@pytest.mark.parametrize(
    ("encoded", "year"),
    [
        (b"\x17\x0d490101000000Z", 2049),
        (b"\x17\x0d500101000000Z", 1950),
        (b"\x18\x0f20500101000000Z", 2050),
    ],
)
def test_asn1_times_by_tag(encoded, year):
    assert parse_asn1_time(encoded, "x").earliest.year == year


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        b"\x17",
        b"\x0c\x0d490101000000Z",
        b"\x18\x0d490101000000Z",
        b"\x17\x0f20500101000000Z",
        b"\x18\x11D:20500101000000Z",
        b"\x18\x02\xff\xff",
    ],
)
def test_what_is_no_asn1_time(encoded):
    assert not parse_asn1_time(encoded, "x").readable
