"""CMS: what a signer's value proves, in every combination that is met, and what makes it fail."""

from __future__ import annotations

import base64
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from asn1crypto import cms as oracle
from asn1crypto import tsp as _tsp  # noqa: F401 - registers the ESS attributes

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import crypto_kit as kit
from ecert.crypto import algorithms, cms_attrs, der
from ecert.crypto import der_build as build
from ecert.crypto.asn1 import GM_DATA, GM_SIGNED_DATA
from ecert.crypto.cms import (
    DATA,
    SIGNED_DATA,
    TOLERATED_QUIRKS,
    find_signer_certificate,
    parse_cms,
    verify_signer,
)
from ecert.crypto.cms_build import Content, build_cms, build_signed_data, with_timestamp
from ecert.crypto.digest import digest
from ecert.crypto.sm2 import curve
from ecert.errors import MalformedInput, SigningError
from ecert.limits import Limits

MESSAGE = b"the bytes of the document"
KINDS = ["sm2", "rsa", "p256", "p384", "ed25519"]
DIGESTS = {"sm2": "sm3", "rsa": "sha256", "p256": "sha256", "p384": "sha384", "ed25519": "sha512"}


def of(content):
    return lambda name: digest(name, content)


def make(kind="sm2", profile="adbe", signing_time=kit.NOW, name=None):
    name = name or DIGESTS[kind]
    return build_cms(
        digest_value=digest(name, MESSAGE),
        digest=name,
        signer=kit.signer(kind),
        signing_time=signing_time,
        profile=profile,
    )


def check(data, content=MESSAGE, certificate=None):
    facts = parse_cms(data)
    (signer,) = facts.signers
    certificate = certificate or find_signer_certificate(signer, facts.certificates)
    assert certificate is not None
    return verify_signer(signer, certificate, content_digest=of(content))


def codes(result):
    return (result.digest.code, result.value.code, result.bound.code)


# -- our own, read by asn1crypto too


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("profile", ["pades", "adbe", "gmt0010"])
def test_what_we_write_holds(kind, profile):
    data = make(kind, profile)
    facts = parse_cms(data)
    (signer,) = facts.signers
    assert check(data).digest.ok
    assert codes(check(data)) == (None, None, None)
    assert check(data).quirks == ()
    assert facts.quirks == ()
    assert facts.raw == data
    assert facts.length == len(data)
    assert {cert.common_name for cert in facts.certificates} == {f"leaf {kind}", f"middle {kind}"}
    gm = profile == "gmt0010"
    assert facts.content_type_oid == (GM_SIGNED_DATA if gm else SIGNED_DATA)
    assert facts.econtent_type_oid == (GM_DATA if gm else DATA)
    assert signer.content_type == facts.econtent_type_oid
    assert (signer.signing_time is None) == (profile == "pades")
    if profile == "adbe":
        assert signer.signing_time.earliest == kit.NOW
        assert signer.signing_time.source == "signingTime"
    assert signer.serial == 77
    assert signer.message_digest == digest(DIGESTS[kind], MESSAGE)
    assert [item.digest for item in signer.ess] == [DIGESTS[kind]]
    assert check(data, b"other").digest.code == "cms.digest_mismatch"


def test_asn1crypto_reads_what_we_write():
    info = oracle.ContentInfo.load(make("p256"), strict=True)
    signed = info["content"]
    assert signed["version"].native == "v1"
    (signer,) = signed["signer_infos"]
    attributes = {item["type"].native: item["values"] for item in signer["signed_attrs"]}
    assert set(attributes) == {
        "content_type",
        "message_digest",
        "signing_time",
        "signing_certificate_v2",
    }
    assert signer["signed_attrs"].untag().dump() == parse_cms(make("p256")).signers[0].signed_attrs
    identifier = attributes["signing_certificate_v2"][0]["certs"][0]
    assert identifier["cert_hash"].native == bytes.fromhex(kit.leaf("p256").cert.sha256)


def test_output_is_deterministic_where_the_signature_is():
    assert make("rsa") == make("rsa")
    assert make("ed25519") == make("ed25519")


@pytest.mark.parametrize(
    ("kind", "name", "code"),
    [("sm2", "sha256", "digest.mismatch"), ("ed25519", "sha256", "digest.mismatch")],
)
def test_a_digest_that_does_not_fit_the_key_is_not_signed(kind, name, code):
    with pytest.raises(SigningError) as error:
        make(kind, name=name)
    assert error.value.code == code


def test_a_digest_of_the_wrong_length_is_not_signed():
    content = Content(digest="sm3", value=b"short")
    with pytest.raises(SigningError) as error:
        build_signed_data(content, signer=kit.signer(), signing_time=None)
    assert error.value.code == "cms.digest_length"


# -- a CMS put together by hand


def attribute(oid, *values):
    return build.sequence(build.oid(oid), build.set_of(values))


def content_type(oid=DATA):
    return attribute(cms_attrs.CONTENT_TYPE, build.oid(oid))


def message_digest(name="sm3", content=MESSAGE):
    return attribute(cms_attrs.MESSAGE_DIGEST, build.octet_string(digest(name, content)))


def ess_v2(certificate, name="sm3", tail=b""):
    value = build.octet_string(digest(name, certificate.der))
    algorithm = build.algorithm(algorithms.DIGEST_OIDS[name])
    return attribute(
        cms_attrs.ESS_V2, build.sequence(build.sequence(build.sequence(algorithm, value, tail)))
    )


def ess_v1(certificate):
    value = build.octet_string(digest("sha1", certificate.der))
    return attribute(cms_attrs.ESS_V1, build.sequence(build.sequence(build.sequence(value))))


PARTS = {
    "outer": SIGNED_DATA,
    "inner": DATA,
    "econtent": None,
    "attributes": None,
    "kind": "sm2",
    "digest": "sm3",
    "digest_algorithm": None,
    "declared": None,
    "signature_algorithm": None,
    "version": 1,
    "signer_version": 1,
    "sid": None,
    "signature": None,
    "unsigned": b"",
    "certificates": None,
    "signed": None,
    "extra": b"",
    "crls": b"",
    "copies": 1,
}


def hand(**given):
    part = PARTS | given
    entity = kit.leaf(part["kind"])
    attributes = part["attributes"]
    raw = b"".join(attributes) if attributes is not None else b""
    if part["signed"] is None:
        signed = build.tlv(der.SET, raw) if attributes is not None else part["econtent"] or MESSAGE
    else:
        signed = part["signed"]
    value = part["signature"]
    if value is None:
        value = entity.key.sign(
            signed, digest=None if part["kind"] == "ed25519" else part["digest"]
        )
    digest_algorithm = part["digest_algorithm"] or build.algorithm(
        algorithms.DIGEST_OIDS[part["digest"]]
    )
    default = algorithms.signature_oid(part["kind"], part["digest"])
    info = build.sequence(
        build.integer(part["signer_version"]),
        part["sid"] or build.sequence(entity.cert.issuer_der, build.integer(entity.cert.serial)),
        digest_algorithm,
        build.tlv(0xA0, raw) if attributes is not None else b"",
        part["signature_algorithm"] or build.algorithm(default),
        build.octet_string(value),
        part["unsigned"],
        part["extra"],
    )
    certificates = [entity.cert.der] if part["certificates"] is None else part["certificates"]
    econtent = part["econtent"]
    content = b"" if econtent is None else build.explicit(0, build.octet_string(econtent))
    return build.sequence(
        build.oid(part["outer"]),
        build.explicit(
            0,
            build.sequence(
                build.integer(part["version"]),
                build.tlv(der.SET, *(part["declared"] or [digest_algorithm])),
                build.sequence(build.oid(part["inner"]), content),
                build.tlv(0xA0, *certificates) if certificates else b"",
                part["crls"],
                build.tlv(der.SET, *[info] * part["copies"]),
            ),
        ),
    )


def plain():
    return [content_type(), message_digest(), ess_v2(kit.leaf().cert)]


def test_the_hand_made_one_is_good():
    result = check(hand(attributes=sorted(plain())))
    assert codes(result) == (None, None, None)
    assert result.quirks == ()
    result = check(hand(attributes=sorted(plain(), reverse=True)))
    assert codes(result) == (None, None, None)
    assert result.quirks == ("cms.unsorted_attributes",)
    assert not set(result.quirks) <= TOLERATED_QUIRKS


# -- eseal-crypto.md 4: combinations met in real files


def test_row_1_digest_as_content_raw_signature():
    hashed = digest("sm3", MESSAGE)
    r, s, _ = curve.decode_signature(kit.leaf().key.sign(hashed))
    data = hand(
        outer=GM_SIGNED_DATA,
        inner=GM_DATA,
        econtent=hashed,
        signature=r.to_bytes(32, "big") + s.to_bytes(32, "big"),
    )
    result = check(data)
    assert codes(result) == (None, None, "signer.not_bound")
    assert result.quirks == (
        "cms.content_is_digest",
        "cms.no_signed_attributes",
        "sm2.raw_signature",
    )
    assert not set(result.quirks) <= TOLERATED_QUIRKS
    assert check(data, b"other").digest.code == "cms.digest_mismatch"


def test_row_2_digest_as_base64_text():
    text = base64.b64encode(digest("sm3", MESSAGE))
    algorithm = build.algorithm("1.2.156.10197.1.301.1")
    data = hand(outer=GM_SIGNED_DATA, inner=GM_DATA, econtent=text, signature_algorithm=algorithm)
    result = check(data)
    assert codes(result) == (None, None, "signer.not_bound")
    assert "cms.base64_digest" in result.quirks


@pytest.mark.parametrize(
    ("outer", "inner", "stated", "oid"),
    [
        (GM_SIGNED_DATA, GM_DATA, GM_DATA, "1.2.156.10197.1.301.1"),
        (GM_SIGNED_DATA, DATA, GM_DATA, "1.2.156.10197.1.301.1"),
        (SIGNED_DATA, DATA, DATA, "1.2.156.10197.1.501"),
        (SIGNED_DATA, DATA, DATA, "1.2.156.10197.1.301"),
    ],
)
def test_rows_3_to_5(outer, inner, stated, oid):
    attributes = sorted([content_type(stated), message_digest(), ess_v2(kit.leaf().cert)])
    data = hand(
        outer=outer,
        inner=inner,
        attributes=attributes,
        signature_algorithm=build.algorithm(oid, build.NULL_VALUE),
    )
    result = check(data)
    assert codes(result) == (None, None, None)
    odd = {"cms.oid_spelling"} if inner != stated else set()
    assert set(result.quirks) == {"signature.null_parameters"} | odd
    assert set(parse_cms(data).quirks) == odd
    assert set(result.quirks) <= TOLERATED_QUIRKS


def test_content_inside_with_attributes():
    attributes = sorted([content_type(), message_digest(), ess_v2(kit.leaf().cert)])
    data = hand(econtent=MESSAGE, attributes=attributes)
    assert codes(check(data)) == (None, None, None)
    assert check(data, b"x").digest.code == "cms.digest_mismatch"
    data = hand(econtent=b"else", attributes=attributes)
    assert check(data).digest.code == "cms.digest_mismatch"


@pytest.mark.parametrize("name", ["sm3", "sha1"])
def test_content_inside_is_a_digest_with_attributes(name):
    hashed = digest(name, MESSAGE)
    attributes = sorted([content_type(), message_digest(content=hashed), ess_v2(kit.leaf().cert)])
    result = check(hand(econtent=hashed, attributes=attributes))
    assert codes(result) == (None, None, None)
    assert "cms.content_is_digest" in result.quirks
    assert ("digest.weak" in result.quirks) == (name == "sha1")


def test_content_inside_without_attributes_may_be_the_content_itself():
    result = check(hand(econtent=MESSAGE))
    assert codes(result) == (None, None, "signer.not_bound")
    assert result.quirks == ("cms.no_signed_attributes",)


@pytest.mark.parametrize(("kind", "name"), [("rsa", "sha256"), ("p256", "sha256")])
def test_detached_without_attributes_is_explained_from_the_digest(kind, name):
    data = hand(kind=kind, digest=name)
    assert check(data).value.ok
    assert "cms.no_signed_attributes" in check(data).quirks
    assert check(data, b"other").value.code == "crypto.signature_mismatch"


@pytest.mark.parametrize(("kind", "name"), [("sm2", "sm3"), ("ed25519", "sha512")])
def test_detached_without_attributes_needs_the_content(kind, name):
    result = check(hand(kind=kind, digest=name))
    assert result.value.code == "cms.content_needed"
    assert result.value.ok is None


# -- attributes


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ([content_type(), content_type(), message_digest()], "cms.duplicate_attribute"),
        ([content_type(), message_digest(), message_digest()], "cms.duplicate_attribute"),
        (
            [
                content_type(),
                attribute(
                    cms_attrs.MESSAGE_DIGEST,
                    build.octet_string(bytes(32)),
                    build.octet_string(digest("sm3", MESSAGE)),
                ),
            ],
            "cms.duplicate_attribute",
        ),
        ([content_type(), attribute(cms_attrs.MESSAGE_DIGEST)], "cms.empty_attribute"),
        ([], "cms.empty_attribute"),
        ([content_type()], "cms.no_message_digest"),
        ([message_digest()], "cms.no_content_type"),
        ([content_type("1.2.3"), message_digest()], "cms.content_type_mismatch"),
        ([content_type(), message_digest("sha1")], "cms.digest_length"),
        ([content_type(), message_digest(content=b"x")], "cms.digest_mismatch"),
    ],
)
def test_attributes_that_fail(attributes, code):
    result = check(hand(attributes=attributes))
    assert result.digest.code == code
    assert result.digest.ok is False


def test_a_duplicate_fails_the_value_too():
    result = check(hand(attributes=[content_type(), message_digest(), message_digest()]))
    assert result.value.code == "cms.duplicate_attribute"


def protection(signature_oid="1.2.156.10197.1.501", tail=b""):
    value = build.sequence(
        build.algorithm(algorithms.DIGEST_OIDS["sm3"]),
        build.tlv(0xA1, build.oid(signature_oid), tail),
    )
    return attribute(cms_attrs.PROTECTION, value)


def test_algorithm_protection_must_agree():
    good = hand(attributes=[content_type(), message_digest(), protection()])
    assert check(good).value.ok
    good = hand(attributes=[content_type(), message_digest(), protection(tail=b"\5\0")])
    assert check(good).value.ok
    bad = hand(attributes=[content_type(), message_digest(), protection("1.2.156.10197.1.301.1")])
    assert check(bad).value.code == "cms.algorithm_protection"


# -- algorithms


def test_weak_digests_are_named():
    attributes = [content_type(), message_digest("sha1")]
    leaf = kit.leaf("rsa")
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    value = leaf.key._secret.sign(
        build.tlv(der.SET, *attributes), padding.PKCS1v15(), hashes.SHA1()
    )
    data = hand(
        kind="rsa",
        digest="sha256",
        digest_algorithm=build.algorithm(algorithms.DIGEST_OIDS["sha1"]),
        signature_algorithm=build.algorithm("1.2.840.113549.1.1.5", build.NULL_VALUE),
        attributes=attributes,
        signature=value,
    )
    result = check(data)
    assert (result.digest.ok, result.value.ok) == (True, True)
    assert "digest.weak" in result.quirks


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"signature_algorithm": build.algorithm("1.2.3")}, "signature.algorithm_unknown"),
        (
            {"signature_algorithm": build.algorithm("1.2.840.113549.1.1.11")},
            "signature.key_mismatch",
        ),
        (
            {"signature_algorithm": build.algorithm("1.2.156.10197.1.501", build.integer(1))},
            "signature.parameters",
        ),
        (
            {"digest_algorithm": build.algorithm(algorithms.DIGEST_OIDS["sha256"])},
            "signature.digest_mismatch",
        ),
        (
            {"digest_algorithm": build.algorithm(algorithms.DIGEST_OIDS["sm3"], build.integer(1))},
            "cms.digest_parameters",
        ),
        (
            {"declared": [build.algorithm(algorithms.DIGEST_OIDS["sm3"], build.integer(1))]},
            "cms.digest_parameters",
        ),
        ({"version": 4}, "cms.version"),
        ({"signer_version": 3}, "cms.version"),
        (
            {"sid": build.sequence(kit.leaf().cert.issuer_der, build.integer(78))},
            "cms.signer_identifier",
        ),
        ({"signature": b"\x30\x06\x02\x01\x01\x02\x01\x01"}, "crypto.signature_mismatch"),
        ({"signed": b"something else"}, "crypto.signature_mismatch"),
    ],
)
def test_values_that_fail(given, code):
    result = check(hand(attributes=plain(), **given), certificate=kit.leaf().cert)
    assert result.value.code == code
    assert result.value.ok is False


def test_an_unknown_digest_is_unknown_and_never_computed():
    data = hand(attributes=plain(), digest_algorithm=build.algorithm("1.2.3.4"))
    result = verify_signer(
        parse_cms(data).signers[0],
        kit.leaf().cert,
        content_digest=lambda name: pytest.fail(f"asked for {name}"),
    )
    assert result.digest.code == result.value.code == "cms.digest_unknown"
    assert result.digest.ok is None


@pytest.mark.parametrize("extra", ["sha256", None])
def test_the_declared_digests_must_be_those_in_use(extra):
    declared = [build.algorithm(algorithms.DIGEST_OIDS["sha256"])]
    if extra:
        declared.append(build.algorithm(algorithms.DIGEST_OIDS["sm3"]))
    result = check(hand(attributes=plain(), declared=declared))
    assert "cms.digest_not_declared" in result.quirks
    assert "cms.digest_not_declared" not in TOLERATED_QUIRKS


def test_two_signers_may_declare_more():
    declared = [build.algorithm(algorithms.DIGEST_OIDS[name]) for name in ("sm3", "sha256")]
    facts = parse_cms(hand(attributes=plain(), declared=declared, copies=2))
    assert len(facts.signers) == 2
    assert all("cms.digest_not_declared" not in signer.quirks for signer in facts.signers)


def test_null_digest_parameters_are_named():
    algorithm = build.algorithm(algorithms.DIGEST_OIDS["sm3"], build.NULL_VALUE)
    result = check(hand(attributes=plain(), digest_algorithm=algorithm))
    assert "cms.null_parameters" in result.quirks
    assert result.value.ok


def test_a_key_that_is_not_supported_is_unknown():
    cert = replace(kit.leaf().cert, public_key=None)
    result = check(hand(attributes=plain()), certificate=cert)
    assert result.value.code == "signature.key_unsupported"


# -- binding (L3)


def test_l3_the_signed_bytes_name_the_certificate():
    leaf, other = kit.leaf().cert, kit.middle().cert
    general = build.sequence(build.explicit(4, leaf.issuer_der))
    good = build.sequence(general, build.integer(leaf.serial))
    bad = build.sequence(general, build.integer(5))
    base = [content_type(), message_digest()]
    cases = [
        (base, "signer.not_bound", set()),
        ([*base, ess_v2(leaf)], None, set()),
        ([*base, ess_v2(leaf, tail=good)], None, set()),
        ([*base, ess_v2(leaf, tail=bad)], "signer.bound_to_another", set()),
        ([*base, ess_v2(other)], "signer.bound_to_another", set()),
        ([*base, ess_v1(leaf)], None, {"cms.weak_binding"}),
        ([*base, ess_v1(leaf), ess_v2(leaf)], None, set()),
        ([*base, ess_v1(other), ess_v2(leaf)], "signer.bound_to_another", set()),
        ([*base, ess_v2(leaf), ess_v2(leaf)], None, set()),
    ]
    for attributes, code, quirks in cases:
        result = check(hand(attributes=attributes))
        assert result.bound.code == code, attributes
        assert quirks <= set(result.quirks)
    assert check(hand(attributes=cases[-1][0])).value.code == "cms.duplicate_attribute"


def test_a_binding_by_an_unknown_digest_is_no_binding():
    value = build.sequence(build.algorithm("1.2.3"), build.octet_string(b"x"))
    unknown = attribute(cms_attrs.ESS_V2, build.sequence(build.sequence(value)))
    result = check(hand(attributes=[content_type(), message_digest(), unknown]))
    assert result.bound.code == "signer.not_bound"


@pytest.mark.parametrize("body", [build.sequence(), build.sequence(build.sequence())])
def test_a_broken_binding_is_malformed(body):
    broken = attribute(cms_attrs.ESS_V2, body)
    with pytest.raises(MalformedInput):
        parse_cms(hand(attributes=[content_type(), message_digest(), broken]))


def test_the_signer_is_found_by_identifier_and_digest():
    data = hand(attributes=plain())
    signer = parse_cms(data).signers[0]
    leaf = kit.leaf().cert
    other = kit.entity("same serial", issuer=kit.middle(), serial=leaf.serial).cert
    assert find_signer_certificate(signer, [other, leaf, leaf]) == leaf
    assert find_signer_certificate(signer, [kit.root().cert]) is None
    unbound = parse_cms(hand(attributes=[content_type(), message_digest()])).signers[0]
    assert find_signer_certificate(unbound, [other, leaf]) is None
    assert find_signer_certificate(unbound, [leaf]) == leaf


def test_a_signer_named_by_key_identifier():
    leaf = kit.leaf().cert
    data = hand(attributes=plain(), sid=build.tlv(0x80, leaf.ski), signer_version=3, version=3)
    assert codes(check(data)) == (None, None, None)
    data = hand(attributes=plain(), sid=build.tlv(0x80, b"x"), signer_version=3)
    assert check(data, certificate=leaf).value.code == "cms.signer_identifier"


# -- containers


def test_no_bytes_after_the_cms_unless_allowed_zeros():
    data = make()
    with pytest.raises(MalformedInput) as error:
        parse_cms(data + b"\0")
    assert error.value.code == "der.trailing"
    facts = parse_cms(data + bytes(9), padding="zeros")
    assert facts.length == len(data)
    assert facts.raw == data
    with pytest.raises(MalformedInput):
        parse_cms(data + b"\0\1", padding="zeros")


@pytest.mark.parametrize(
    ("given", "limits"),
    [
        ({"outer": DATA}, Limits()),
        ({"extra": build.integer(1)}, Limits()),
        ({"copies": 3}, Limits(signatures=2)),
        ({"certificates": [kit.leaf().cert.der] * 3}, Limits(certificates=2)),
        ({}, Limits(signature_bytes=10)),
        ({}, Limits(der_depth=3)),
    ],
)
def test_what_is_no_cms_for_us(given, limits):
    with pytest.raises(MalformedInput):
        parse_cms(hand(attributes=plain(), **given), limits)


def test_extras_are_read_and_named():
    data = hand(
        attributes=plain(),
        outer=GM_SIGNED_DATA,
        inner="1.2.3",
        certificates=[kit.leaf().cert.der, build.sequence(), build.tlv(0xA1, b"")],
        crls=build.tlv(0xA1, build.sequence(), build.tlv(0xA1, b"")),
        unsigned=build.tlv(0xA1, attribute("1.2.3.4", build.integer(1))),
    )
    facts = parse_cms(data)
    assert set(facts.quirks) == {
        "cms.content_type_odd",
        "cms.other_certificate",
        "cms.other_revocation",
        "cms.unreadable_certificate",
    }
    assert facts.crls == (build.sequence(),)
    assert facts.certificates == (kit.leaf().cert,)
    assert facts.signers[0].unsigned_attributes == ("1.2.3.4",)
    assert facts.signers[0].timestamps == ()


def test_a_time_stamp_is_added_without_touching_what_is_signed():
    data = make()
    once = with_timestamp(data, build.sequence(build.integer(1)))
    twice = with_timestamp(once, build.sequence(build.integer(2)))
    assert codes(check(twice)) == (None, None, None)
    signer = parse_cms(twice).signers[0]
    assert signer.timestamps == (
        build.sequence(build.integer(1)),
        build.sequence(build.integer(2)),
    )
    assert signer.signed_attrs == parse_cms(data).signers[0].signed_attrs
    with pytest.raises(MalformedInput):
        with_timestamp(hand(attributes=plain(), copies=2), b"\5\0")


# -- one byte flipped


def acceptable(data, anchor_pool):
    """Whether a caller could accept: everything holds and only tolerated quirks remain."""
    try:
        facts = parse_cms(data)
    except MalformedInput:
        return False
    if len(facts.signers) != 1:
        return False
    (signer,) = facts.signers
    certificate = find_signer_certificate(signer, facts.certificates)
    if certificate is None:
        return False
    result = verify_signer(signer, certificate, content_digest=of(MESSAGE))
    fine = result.digest.ok and result.value.ok and result.bound.ok
    return bool(fine) and {*result.quirks, *facts.quirks} <= TOLERATED_QUIRKS


@pytest.mark.parametrize("kind", ["sm2", "p256", "rsa"])
def test_one_byte_flipped_is_never_acceptable_but_in_an_unused_certificate(kind):
    data = make(kind)
    harmless = set()
    unused = data.index(kit.middle(kind).cert.der)
    harmless |= set(range(unused, unused + len(kit.middle(kind).cert.der)))
    assert acceptable(data, ())
    step = 1 if kind == "p256" else 3
    for place in range(0, len(data), step):
        for mask in (0x01, 0x80):
            flipped = bytearray(data)
            flipped[place] ^= mask
            if acceptable(bytes(flipped), ()):
                assert place in harmless, (place, mask)
