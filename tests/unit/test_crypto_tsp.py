"""Time-stamp tokens: arithmetic, usage, period; never an exception on content."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import tsp as oracle

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import crypto_kit as kit
from ecert.crypto import der_build as build
from ecert.crypto.cms_build import Content, build_signed_data, with_timestamp
from ecert.crypto.digest import digest
from ecert.crypto.signer import Signer
from ecert.crypto.tsp import TST_INFO, make_timestamp, parse_timestamp

STAMPED = b"a signature value"


def make(kind="sm2", at=kit.NOW, name="sm3", entity=None):
    signer = kit.tsa_signer(kind)
    if entity is not None:
        signer = Signer.from_key(entity.key, entity.cert)
    return make_timestamp(STAMPED, signer=signer, at=at, serial=99, digest=name)


@pytest.mark.parametrize("kind", ["sm2", "rsa", "p256", "ed25519"])
@pytest.mark.parametrize("name", ["sm3", "sha256"])
def test_a_good_token(kind, name):
    at = kit.NOW.replace(microsecond=120000)
    facts = parse_timestamp(make(kind, at, name), STAMPED)
    assert facts.imprint_ok.ok
    assert facts.value.ok
    assert facts.problem.ok
    assert facts.gen_time == at
    assert (facts.imprint_algorithm, facts.imprint) == (name, digest(name, STAMPED))
    assert facts.signer == kit.tsa(kind).cert
    assert facts.certificates == (facts.signer,)
    assert facts.serial == 99
    assert facts.quirks == ()


def test_asn1crypto_reads_the_token():
    token = oracle.ContentInfo.load(make("p256", name="sha256"), strict=True)
    content = token["content"]["encap_content_info"]["content"].parsed
    assert content["serial_number"].native == 99
    assert content["gen_time"].native == kit.NOW
    assert content["message_imprint"]["hashed_message"].native == digest("sha256", STAMPED)


def test_a_token_over_other_bytes():
    facts = parse_timestamp(make(), b"other")
    assert facts.imprint_ok.code == "tsp.imprint"
    assert facts.imprint_ok.ok is False
    assert facts.value.ok


@pytest.mark.parametrize("data", [b"", b"\1\2\3", build.sequence(), b"\x30\x80\x00\x00"])
def test_what_is_no_token_is_a_fact_not_an_exception(data):
    facts = parse_timestamp(data, STAMPED)
    assert facts.problem.code == facts.value.code == facts.imprint_ok.code == "tsp.malformed"
    assert facts.raw == data
    assert facts.gen_time is None


def token(*parts, inner=TST_INFO, embedded=True, kind="sm2"):
    info = build.sequence(*parts)
    name = "sm3" if kind == "sm2" else "sha256"
    content = Content(
        digest=name,
        value=digest(name, info),
        inner=inner,
        embedded=info if embedded else None,
    )
    return build_signed_data(content, signer=kit.tsa_signer(kind), signing_time=None)


def imprint(oid="1.2.156.10197.1.401", value=None):
    value = digest("sm3", STAMPED) if value is None else value
    return build.sequence(build.algorithm(oid), build.octet_string(value))


def info(**given):
    parts = {
        "version": build.integer(1),
        "policy": build.oid("1.2.3"),
        "imprint": imprint(),
        "serial": build.integer(5),
        "time": build.generalized_time(kit.NOW),
        "rest": b"",
    } | given
    return list(parts.values())


def optional(*, critical: bool = False, accuracy: bytes | None = None) -> bytes:
    flag = [build.boolean(1)] if critical else []
    return b"".join(
        (
            build.sequence(build.integer(1)) if accuracy is None else accuracy,
            build.boolean(1),
            build.integer(7),
            build.explicit(0, build.sequence()),
            build.tlv(0xA1, build.sequence(build.oid("1.2.3"), *flag, build.octet_string(b""))),
        )
    )


def test_optional_members_are_passed_over():
    facts = parse_timestamp(token(*info(rest=optional())), STAMPED)
    assert facts.problem.ok
    assert facts.policy == "1.2.3"
    assert facts.accuracy == timedelta(seconds=1)


def test_a_critical_extension_that_nobody_knows_forbids_use():
    facts = parse_timestamp(token(*info(rest=optional(critical=True))), STAMPED)
    assert (facts.problem.ok, facts.problem.code) == (None, "tsp.critical_extension")


def test_the_accuracy_is_the_sum_of_its_parts():
    parts = build.sequence(build.tlv(0x80, b"\x01\xf4"), build.tlv(0x81, b"\x07"))
    facts = parse_timestamp(token(*info(rest=optional(accuracy=parts))), STAMPED)
    assert facts.accuracy == timedelta(milliseconds=500, microseconds=7)
    for wrong in (build.integer(90_000), build.integer(-1), build.tlv(0x80, b"\x03\xe8")):
        rest = optional(accuracy=build.sequence(wrong))
        assert parse_timestamp(token(*info(rest=rest)), STAMPED).problem.ok is False


@pytest.mark.parametrize("accuracy", [None, build.sequence(build.integer(86_400)), b""])
def test_a_time_at_the_end_of_the_calendar_is_none(accuracy):
    """Its accuracy would lead beyond what can be counted."""
    late = build.tlv(0x18, b"99991231235959Z")
    facts = parse_timestamp(token(*info(time=late, rest=optional(accuracy=accuracy))), STAMPED)
    assert (facts.gen_time, facts.problem.code) == (None, "tsp.malformed")


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        ({"version": build.integer(2)}, "tsp.version"),
        ({"time": build.tlv(0x18, b"20260101000000")}, "tsp.time"),
        ({"time": build.tlv(0x18, b"soon")}, "tsp.time"),
        ({"time": build.time(kit.NOW)}, "der.tag"),
        ({"rest": build.utf8("x")}, "der.unexpected"),
    ],
)
def test_a_broken_time_stamp_info(given, cause):
    facts = parse_timestamp(token(*info(**given)), STAMPED)
    assert facts.problem.code == "tsp.malformed"
    assert dict(facts.problem.params) == {"cause": cause}


@pytest.mark.parametrize(("inner", "embedded"), [("1.2.840.113549.1.7.1", True), (TST_INFO, False)])
def test_a_cms_of_another_kind_is_no_token(inner, embedded):
    facts = parse_timestamp(token(*info(), inner=inner, embedded=embedded), STAMPED)
    assert dict(facts.problem.params) == {"cause": "tsp.content_type"}


def test_an_unknown_imprint_digest_is_unknown_and_a_weak_one_named():
    facts = parse_timestamp(token(*info(imprint=imprint("1.2.3.4"))), STAMPED)
    assert facts.imprint_ok.code == "tsp.imprint_algorithm"
    assert facts.imprint_ok.ok is None
    weak = imprint("1.3.14.3.2.26", digest("sha1", STAMPED))
    facts = parse_timestamp(token(*info(imprint=weak)), STAMPED)
    assert facts.imprint_ok.ok
    assert facts.quirks == ("digest.weak",)


def test_a_changed_token_does_not_hold():
    data = make()
    facts = parse_timestamp(data.replace(b"20260504", b"20250504"), STAMPED)
    assert facts.value.ok is False
    assert facts.value.code == "cms.digest_mismatch"


def test_usage_and_period_of_the_authority():
    plain = kit.entity("no tsa", issuer=kit.root(), key_usage=["digital_signature"])
    assert parse_timestamp(make(entity=plain), STAMPED).problem.code == "tsp.usage"
    both = kit.entity(
        "mixed",
        issuer=kit.root(),
        key_usage=["digital_signature"],
        extended_key_usage=["time_stamping", "client_auth"],
    )
    facts = parse_timestamp(make(entity=both), STAMPED)
    assert facts.problem.ok
    assert facts.quirks == ("tsp.usage_not_exclusive",)
    late = parse_timestamp(make(at=kit.END + timedelta(days=1)), STAMPED)
    assert late.problem.code == "tsp.outside_validity"
    assert late.value.ok


def test_a_token_without_its_certificate_cannot_be_checked():
    from ecert.crypto import der

    data = make()
    content_type, tagged = der.parse(data).children()
    members = [node.raw for node in tagged.only().children() if node.tag != 0xA0]
    bare = build.sequence(content_type.raw, build.explicit(0, build.sequence(*members)))
    facts = parse_timestamp(bare, STAMPED)
    assert facts.value.code == facts.problem.code == "tsp.no_certificate"
    assert facts.signer is None
    assert facts.gen_time == kit.NOW


def test_a_token_has_one_signer():
    from ecert.crypto import der

    content_type, tagged = der.parse(make()).children()
    *members, infos = tagged.only().children()
    twice = build.tlv(der.SET, infos.body, infos.body)
    body = build.sequence(*(node.raw for node in members), twice)
    facts = parse_timestamp(build.sequence(content_type.raw, build.explicit(0, body)), STAMPED)
    assert facts.problem.code == "tsp.signers"


def test_a_token_inside_a_signature():
    from ecert.crypto.cms import parse_cms
    from ecert.crypto.cms_build import build_cms

    cms = build_cms(
        digest_value=digest("sm3", b"x"),
        digest="sm3",
        signer=kit.signer(),
        signing_time=None,
        profile="pades",
    )
    value = parse_cms(cms).signers[0].signature
    stamp = make_timestamp(value, signer=kit.tsa_signer(), at=kit.NOW, serial=1)
    (found,) = parse_cms(with_timestamp(cms, stamp)).signers[0].timestamps
    assert found == stamp
    assert parse_timestamp(found, value).imprint_ok.ok
