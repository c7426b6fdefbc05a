"""Reading seals and seal signatures: shapes, outcomes, the closed list of deviations (L21, L22)."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import seals_kit as kit
from ecert.crypto.sm2 import curve
from ecert.errors import MalformedSeal
from ecert.limits import Limits
from ecert.seals.asn1 import parse_seal, parse_seal_signature
from ecert.seals.quirks import NEVER_ACCEPTED, REFUSED, TOLERATED, base_name, severity
from seals_kit import b


def test_v4_seal_says_what_was_written():
    facts = parse_seal(kit.seal_v4())
    assert (facts.version, facts.declared_version) == ("v4", 4)
    assert facts.maker_signature.ok is True
    assert facts.quirks == ()
    assert facts.es_id == "35010000000001"
    assert facts.vendor_id == "ECERTTEST"
    assert facts.name == "测试用电子印章"
    assert facts.cert_list == (kit.signer().der,)
    assert facts.maker == kit.maker().certificate
    assert facts.valid_to.latest == kit.END
    assert facts.picture.sniffed == "PNG"
    assert facts.timestamp is None
    assert facts.timestamp_value.ok is True


def test_v4_signature_holds_and_binds_the_signer():
    facts = parse_seal_signature(kit.ses_v4())
    assert facts.version == "v4"
    assert facts.value.ok is True
    assert facts.signer_listed.ok is True
    assert facts.seal.maker_signature.ok is True
    assert facts.quirks == facts.seal.quirks == ()
    assert facts.data_hash == kit.HASH
    assert facts.property_info == kit.PROPERTY.encode()
    assert facts.time is not None
    assert facts.time.earliest == facts.time.latest == kit.NOW
    assert facts.digest_algorithm == "sm3"
    assert facts.weak == ()
    assert facts.signer == kit.signer().certificate


def test_v5_by_header_version():
    seal = kit.seal_v4(kit.info(head=kit.header(5)))
    facts = parse_seal_signature(kit.ses_v4(kit.tbs_v4(seal, version=5)))
    assert facts.version == facts.seal.version == "v5"
    assert facts.quirks == facts.seal.quirks == ()
    assert facts.value.ok is True


def test_v1_signs_three_elements_and_carries_local_text_time():
    facts = parse_seal_signature(kit.ses_v1())
    assert facts.version == facts.seal.version == "v1"
    assert facts.value.ok is True
    assert facts.seal.maker_signature.ok is True
    assert facts.signer_listed.ok is True
    assert facts.quirks == facts.seal.quirks == ()
    moment = datetime(2026, 5, 4, 11, 2, 1, tzinfo=UTC)
    assert facts.time is not None
    assert facts.time.earliest == moment - timedelta(hours=8)
    assert facts.time.latest == moment + timedelta(hours=8)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (kit.utctime("260504030201Z"), kit.NOW),
        (kit.gtime("20260504030201Z"), kit.NOW),
        (b"2026-05-04T03:02:01.000Z", kit.NOW),
        (b"0\x03\x02\x01\x01", None),
        (b"yesterday", None),
    ],
)
def test_v1_time_info_forms(when, expected):
    facts = parse_seal_signature(kit.ses_v1(when=when))
    assert facts.time is not None
    assert facts.time.earliest == expected
    assert facts.value.ok is True
    assert facts.timestamp is None


def test_v1_with_version_4_is_read_by_shape():
    seal = kit.seal_v1(kit.info(head=kit.header(4), prop=kit.prop_v1()))
    facts = parse_seal_signature(kit.ses_v1(seal, version=4))
    assert facts.version == facts.seal.version == "v1"
    assert facts.value.ok is True
    assert "seal.version_mismatch" in facts.quirks
    assert "seal.version_mismatch" in facts.seal.quirks


def test_byte_swapped_version_is_named():
    facts = parse_seal_signature(kit.ses_v4(kit.tbs_v4(version=0x04000000)))
    assert facts.declared_version == 0x04000000
    assert facts.quirks == ("seal.version_mismatch",)


def test_v1_seal_in_v4_signature_is_named():
    facts = parse_seal_signature(kit.ses_v4(kit.tbs_v4(kit.seal_v1())))
    assert facts.value.ok is True
    assert "seal.version_mismatch" in facts.quirks


def test_L21_only_one_signed_form_holds_for_v4_seals():
    facts = parse_seal(kit.seal_v4(form="three"))
    assert facts.maker_signature.ok is None
    assert facts.maker_signature.code == "seal.three_element_form"
    assert facts.quirks == ("seal.three_element_form",)


def test_L21_only_one_signed_form_holds_for_v1_seals():
    facts = parse_seal(kit.seal_v1(form="info"))
    assert facts.maker_signature.ok is None
    assert facts.maker_signature.code == "seal.info_only_form"


def test_L22_c0119_form_is_explained_and_never_holds():
    tbs = kit.tbs_v4()
    body = tbs[4:] if tbs[1] == 0x82 else tbs[3:]
    old = b.sequence(body, b.octet_string(kit.signer().der), b.oid(kit.SM2_SM3))
    facts = parse_seal_signature(kit.ses_v4(tbs, value=kit.signer().sign(old)))
    assert facts.value.ok is None
    assert facts.value.code == "seal.c0119_form"


def test_L22_hash_as_e_fails():
    facts = parse_seal_signature(kit.ses_v4(value=kit.signer().sign_e(kit.HASH)))
    assert facts.value.ok is False
    assert facts.value.code == "seal.hash_as_e"
    assert severity("seal.hash_as_e") == "refused"


def test_L22_empty_user_id_and_missing_z_never_hold():
    tbs = kit.tbs_v4()
    empty = parse_seal_signature(kit.ses_v4(tbs, value=kit.signer().sign(tbs, user_id=b"")))
    assert empty.value.code == "seal.empty_id"
    bare = parse_seal_signature(kit.ses_v4(tbs, value=kit.signer().sign_e(kit.sm3(tbs))))
    assert bare.value.code == "seal.no_z"
    other = parse_seal_signature(kit.ses_v4(tbs, value=kit.signer().sign(tbs, user_id=b"other")))
    assert other.value.code == "seal.signature_value"
    assert {empty.value.ok, bare.value.ok, other.value.ok} == {None, False}


def test_L22_raw_signature_is_tolerated_and_named():
    tbs = kit.tbs_v4()
    facts = parse_seal_signature(kit.ses_v4(tbs, value=kit.signer().sign_raw(tbs)))
    assert facts.value.ok is True
    assert facts.quirks == ("sm2.raw_signature",)
    assert severity("sm2.raw_signature") == "tolerated"


def test_wrong_signature_values_fail():
    tbs = kit.tbs_v4()
    facts = parse_seal_signature(kit.ses_v4(tbs, value=kit.maker().sign(tbs)))
    assert facts.value.ok is False
    assert facts.value.code == "seal.signature_value"
    seal = parse_seal(kit.seal_v4(value=kit.signer().sign(kit.info())))
    assert seal.maker_signature.code == "seal.maker_signature"
    assert parse_seal(kit.seal_v4(value=b"\x00")).maker_signature.ok is False


def test_algorithm_must_be_known_and_fit_the_key():
    tbs = kit.tbs_v4()
    spelled = parse_seal_signature(kit.ses_v4(tbs, oid="1.2.156.10197.1.301.1"))
    assert spelled.value.ok is True
    assert spelled.quirks == ("seal.algorithm_spelling",)
    for oid in ("1.2.156.10197.1.301", "1.2.840.113549.1.1.11", "1.2.3.4"):
        facts = parse_seal_signature(kit.ses_v4(tbs, oid=oid))
        assert facts.value.ok is None
        assert facts.value.code == "seal.algorithm_unknown"
    seal = parse_seal(kit.seal_v1(oid="1.2.840.113549.1.1.11"))
    assert seal.maker_signature.code == "seal.algorithm_mismatch"


@pytest.mark.parametrize(("name", "weak"), [("sha256", ()), ("sha1", ("sha1",))])
def test_rsa_is_read_for_v1_and_sha1_is_weak(name, weak):
    seal = parse_seal(kit.seal_v1_rsa(name))
    assert seal.maker_signature.ok is True
    assert seal.weak == weak
    wrong = parse_seal(kit.seal_v1_rsa(name, message=b"other"))
    assert wrong.maker_signature.code == "seal.maker_signature"
    signed = parse_seal_signature(kit.ses_v1(kit.seal_v1_rsa(name)))
    assert signed.value.ok is True
    assert signed.weak == weak, "the signature rests on what its seal rests on"


def test_deviations_of_the_seal_stand_in_the_signature_too():
    seal = kit.seal_v4(kit.info(head=kit.header(4, "XX")))
    facts = parse_seal_signature(kit.ses_v4(kit.tbs_v4(seal), oid="1.2.156.10197.1.301.1"))
    assert facts.seal.quirks == ("seal.header_id",)
    assert facts.quirks == ("seal.algorithm_spelling", "seal.header_id")


def test_L3_signer_outside_the_list_fails_though_the_value_holds():
    stranger = kit.party("TEST-ONLY stranger")
    facts = parse_seal_signature(kit.ses_v4(by=stranger))
    assert facts.value.ok is True
    assert facts.signer_listed.ok is False
    assert facts.signer_listed.code == "seal.signer_not_listed"


def test_L3_empty_list_fails():
    for prop in (kit.prop_v4(b.sequence()), kit.prop_v4(b.sequence(), kind=2)):
        seal = kit.seal_v4(kit.info(prop=prop))
        facts = parse_seal_signature(kit.ses_v4(kit.tbs_v4(seal)))
        assert facts.signer_listed.code == "seal.signer_not_listed"


@pytest.mark.parametrize(
    ("name", "listed", "extra"),
    [
        ("sm3", True, ()),
        ("sha256", True, ()),
        ("sha512", True, ()),
        ("sha1", None, ("seal.cert_digest_weak",)),
    ],
)
def test_certificate_digests(name, listed, extra):
    from ecert.crypto.digest import digest

    entries = kit.digest_list(bytes(32), digest(name, kit.signer().der), label="free text")
    seal = kit.seal_v4(kit.info(prop=kit.prop_v4(entries, kind=2)))
    facts = parse_seal_signature(kit.ses_v4(kit.tbs_v4(seal)))
    assert facts.seal.cert_list_kind == "digests"
    assert facts.signer_listed.ok is listed
    assert facts.quirks == (f"seal.cert_digest_algorithm={name}", *extra)
    assert severity(f"seal.cert_digest_algorithm={name}") == "tolerated"


def test_truncated_digest_does_not_list():
    entries = kit.digest_list(kit.sm3(kit.signer().der)[:31])
    seal = kit.seal_v4(kit.info(prop=kit.prop_v4(entries, kind=2)))
    facts = parse_seal_signature(kit.ses_v4(kit.tbs_v4(seal)))
    assert facts.signer_listed.ok is False


def test_L22_ia5string_list_fails_even_beside_the_right_certificate():
    entries = b.sequence(kit.ia5("1"), b.octet_string(kit.signer().der))
    seal = kit.seal_v1(kit.info(head=kit.header(1), prop=kit.prop_v1(entries)))
    facts = parse_seal_signature(kit.ses_v1(seal))
    assert facts.signer_listed.ok is False
    assert facts.signer_listed.code == "seal.cert_list_ia5string"
    assert facts.seal.quirks == ("seal.cert_list_ia5string",)


def test_unused_bits_are_named_and_all_octets_kept():
    tbs = kit.tbs_v4()
    value = kit.signer().sign(tbs)
    made = b.sequence(
        tbs, b.octet_string(kit.signer().der), b.oid(kit.SM2_SM3), b.bit_string(value, 3)
    )
    facts = parse_seal_signature(made)
    assert facts.value.ok is True
    assert facts.quirks == ("seal.unused_bits",)


@pytest.mark.parametrize(
    ("changes", "quirk"),
    [
        ({"head": kit.header(4, "XX")}, "seal.header_id"),
        ({"head": kit.header(3)}, "seal.version_mismatch"),
        ({"image": kit.picture("ofd", b"PK\x03\x04rest")}, "seal.picture_type"),
        ({"image": kit.picture("GIF")}, "seal.picture_type"),
        ({"prop": kit.prop_v4(dates=kit.DATES_V1)}, "seal.time_type"),
        ({"prop": kit.prop_v4(title=kit.ia5("seal"))}, "seal.string_type"),
        ({"prop": kit.prop_v4(title=b.tlv(0x0C, "印章".encode("gb18030")))}, "seal.text_encoding"),
        (
            {"head": b.sequence(kit.ia5("ES"), b.integer(4), b.tlv(0x16, "章".encode()))},
            "seal.text_encoding",
        ),
    ],
)
def test_deviations_of_a_seal_are_named(changes, quirk):
    facts = parse_seal(kit.seal_v4(kit.info(**changes)))
    assert facts.quirks == (quirk,)
    assert facts.maker_signature.ok is True


def test_text_fallbacks_read_what_was_meant():
    title = b.tlv(0x0C, "印章".encode("gb18030"))
    assert parse_seal(kit.seal_v4(kit.info(prop=kit.prop_v4(title=title)))).name == "印章"
    title = b.tlv(0x0C, b"\xff")
    assert parse_seal(kit.seal_v4(kit.info(prop=kit.prop_v4(title=title)))).name == "\\xff"


@pytest.mark.parametrize("kind", ["png", "PNG", "Png"])
def test_picture_type_case_is_free(kind):
    assert parse_seal(kit.seal_v4(kit.info(image=kit.picture(kind)))).quirks == ()


def extension(*, flag: bytes = b"", oid: bytes | None = None) -> bytes:
    return b.sequence(oid or b.oid("1.2.156.10197.6.7.2.2.1"), flag, b.octet_string(b"2.1"))


@pytest.mark.parametrize(
    ("flag", "critical", "quirks"),
    [
        (b"", False, ()),
        (b"\x01\x01\x00", False, ("seal.explicit_default",)),
        (b"\x01\x01\xff", True, ("seal.critical_extension",)),
    ],
)
def test_extensions(flag, critical, quirks):
    item = extension(flag=flag)
    facts = parse_seal(kit.seal_v4(kit.info(tail=b.sequence(item))))
    assert facts.extensions == (("1.2.156.10197.6.7.2.2.1", critical, b"2.1"),)
    assert facts.quirks == quirks
    tbs = kit.tbs_v4(tail=b.explicit(0, b.sequence(item)))
    signed = parse_seal_signature(kit.ses_v4(tbs))
    assert signed.extensions == facts.extensions
    assert signed.quirks == quirks
    assert signed.value.ok is True


@pytest.mark.parametrize("count", [0, 1, 2])
def test_tagged_extensions_are_read_and_named(count):
    items = [extension()] * count
    for tail in (b.explicit(0, b.sequence(*items)), b.explicit(0, *items)):
        facts = parse_seal(kit.seal_v4(kit.info(tail=tail)))
        assert len(facts.extensions) == count
        assert facts.quirks == ("seal.extension_tag",)


def test_data_hash_of_another_length_is_named():
    facts = parse_seal_signature(kit.ses_v4(kit.tbs_v4(data=bytes(20))))
    assert facts.quirks == ("seal.data_hash_length",)


def test_property_info_of_another_string_type_is_named():
    tbs = b.sequence(
        b.integer(4),
        kit.seal_v4(),
        kit.gtime("20260504030201Z"),
        b.bit_string(kit.HASH),
        b.utf8("页"),
    )
    facts = parse_seal_signature(kit.ses_v4(tbs))
    assert facts.property_info == "页".encode()
    assert facts.quirks == ("seal.string_type",)


def test_unreadable_times_are_claims_without_instants():
    dates = (kit.gtime("20241301000000Z"), kit.gtime("x"), kit.gtime("20300101000000Z"))
    facts = parse_seal(kit.seal_v4(kit.info(prop=kit.prop_v4(dates=dates))))
    assert not facts.created.readable
    assert not facts.valid_from.readable
    assert facts.valid_to.readable


def test_unreadable_certificates():
    tbs = kit.tbs_v4()
    made = b.sequence(
        tbs, b.octet_string(b"none"), b.oid(kit.SM2_SM3), b.bit_string(kit.signer().sign(tbs))
    )
    facts = parse_seal_signature(made)
    assert facts.signer is None
    assert facts.value.code == "seal.certificate_unreadable"
    assert facts.signer_listed.ok is False


def test_key_of_an_unsupported_kind():
    der = kit.signer().der.replace(
        bytes.fromhex("2a811ccf5501822d"), bytes.fromhex("2a811ccf5501822c")
    )
    tbs = kit.tbs_v4()
    made = b.sequence(
        tbs, b.octet_string(der), b.oid(kit.SM2_SM3), b.bit_string(kit.signer().sign(tbs))
    )
    assert parse_seal_signature(made).value.code == "seal.key_unsupported"


@pytest.mark.parametrize("token", [b"\x01\x02\x03", b"", b"0\x00"])
def test_dummy_time_stamps_are_invalid(token):
    tail = b.explicit(0, b.bit_string(token))
    signed = parse_seal_signature(kit.ses_v4(tail=tail))
    assert signed.value.ok is True
    assert signed.timestamp is not None
    assert signed.timestamp_value.ok is not True
    seal = parse_seal(kit.seal_v4(kit.info(head=kit.header(5)), tail=tail))
    assert seal.version == "v5"
    assert seal.maker_signature.ok is True
    assert seal.timestamp_value.ok is not True
    assert seal.quirks == ()
    old = parse_seal(kit.seal_v4(tail=tail))
    assert (old.version, old.quirks) == ("v4", ("seal.version_mismatch",))


BAD_SEALS = {
    "empty": b"",
    "not a sequence": b"\x31\x00",
    "no elements": b"\x30\x00",
    "three elements": b.sequence(kit.info(), b.octet_string(b""), b.oid(kit.SM2_SM3)),
    "trailing bytes": kit.seal_v4() + b"\0",
    "six elements": kit.seal_v4(tail=b.explicit(0, b.bit_string(b"")) + b.integer(1)),
    "wrong tag of the stamp": kit.seal_v4(tail=b.explicit(1, b.bit_string(b"x"))),
    "unknown certListType": kit.seal_v4(kit.info(prop=kit.prop_v4(kind=3))),
    "bare certificate in the list": kit.seal_v4(
        kit.info(prop=kit.prop_v4(b.sequence(kit.signer().der)))
    ),
    "integer too long": kit.seal_v4(kit.info(head=kit.header(1 << 70))),
    "integer padded": kit.seal_v4(
        kit.info(head=b.sequence(kit.ia5("ES"), b"\x02\x02\x00\x04", kit.ia5("V")))
    ),
    "header id is a number": kit.seal_v4(
        kit.info(head=b.sequence(b.integer(1), b.integer(4), kit.ia5("V")))
    ),
    "header with a fourth member": kit.seal_v4(
        kit.info(head=b.sequence(kit.ia5("ES"), b.integer(4), kit.ia5("V"), b.integer(1)))
    ),
    "boolean of another value": kit.seal_v4(
        kit.info(tail=b.sequence(extension(flag=b"\x01\x01\x01")))
    ),
    "date is a number": kit.seal_v4(kit.info(prop=kit.prop_v4(dates=(b.integer(1),) * 3))),
    "unused bits above 7": b.sequence(
        kit.info(), b.octet_string(b""), b.oid(kit.SM2_SM3), b.bit_string(b"x", 8)
    ),
    "too many certificates": kit.seal_v4(
        kit.info(prop=kit.prop_v4(kit.cert_list(*[b""] * (Limits().certificates + 1))))
    ),
    "a long sequence": b.sequence(*[b.integer(1)] * 5000),
    "indefinite length": b"\x30\x80\x00\x00",
}


@pytest.mark.parametrize("name", BAD_SEALS)
def test_what_is_no_seal_is_refused(name):
    with pytest.raises(MalformedSeal) as caught:
        parse_seal(BAD_SEALS[name])
    assert caught.value.code == "seal.malformed"
    with pytest.raises(MalformedSeal):
        parse_seal_signature(BAD_SEALS[name])


def test_property_info_must_be_text():
    tbs = b.sequence(
        b.integer(4),
        kit.seal_v4(),
        kit.gtime("20260504030201Z"),
        b.bit_string(kit.HASH),
        b.integer(1),
    )
    with pytest.raises(MalformedSeal):
        parse_seal_signature(kit.ses_v4(tbs))


def test_a_seal_is_no_signature_and_the_reverse():
    with pytest.raises(MalformedSeal):
        parse_seal_signature(kit.seal_v4())
    with pytest.raises(MalformedSeal):
        parse_seal(kit.ses_v4())
    with pytest.raises(MalformedSeal):
        parse_seal(kit.ses_v1())


def test_limits():
    with pytest.raises(MalformedSeal) as caught:
        parse_seal(kit.seal_v4(), Limits(signature_bytes=100))
    assert caught.value.code == "seal.too_large"
    with pytest.raises(MalformedSeal):
        parse_seal_signature(kit.ses_v4(), Limits(der_depth=2))


def test_overlong_lengths_are_named():
    seal = kit.seal_v4()
    assert seal[1] == 0x82
    padded = b"\x30\x83\x00" + seal[2:]
    assert parse_seal(padded).quirks == ("der.long_length",)
    assert severity("der.long_length") == "never_accepted"


def test_severity_is_a_closed_list():
    assert not TOLERATED & NEVER_ACCEPTED
    assert not REFUSED & (TOLERATED | NEVER_ACCEPTED)
    assert severity("something.new") == "never_accepted"
    assert severity("seal.c0119_form") == "never_accepted"
    assert base_name("a.b=c") == "a.b"


def test_every_code_has_a_text():
    import re

    from ecert.report.codes import is_known

    folder = Path(__file__).resolve().parents[2] / "src/ecert/seals"
    texts = "".join(path.read_text("utf-8") for path in folder.glob("*.py"))
    for code in set(re.findall(r'"(seal\.[a-z0-9_]+)["=]', texts)):
        assert is_known(code), code


def test_sm2_default_id_is_the_one_of_the_standard():
    assert curve.DEFAULT_ID == b"1234567812345678"
