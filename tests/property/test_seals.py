"""Laws of the seal reader: one changed byte never passes; hostile bytes end in MalformedSeal or facts."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import seals_kit as kit
from ecert.crypto.der import BIT_STRING, parse
from ecert.errors import MalformedSeal
from ecert.seals.asn1 import parse_seal, parse_seal_signature
from ecert.seals.facts import SealFacts, SealSignatureFacts
from ecert.seals.making import make_seal, sign_with_seal
from ecert.seals.quirks import severity
from seals_kit import b

pytestmark = pytest.mark.property
HOSTILE = kit.SAMPLES / "hostile"


@cache
def made_seal() -> bytes:
    return make_seal(kit.order(), maker=kit.maker())


@cache
def made_signature() -> bytes:
    return sign_with_seal(
        seal=made_seal(),
        signer=kit.signer(),
        data_hash=kit.HASH,
        property_info=kit.PROPERTY,
        at=kit.NOW,
    )


@cache
def v1_signature() -> bytes:
    return kit.ses_v1()


def passes(facts: SealSignatureFacts) -> bool:
    outcomes = (
        facts.value,
        facts.signer_listed,
        facts.timestamp_value,
        facts.seal.maker_signature,
        facts.seal.timestamp_value,
    )
    quirks = (*facts.quirks, *facts.seal.quirks)
    return all(o.ok is True for o in outcomes) and all(severity(q) == "tolerated" for q in quirks)


def reads(data: bytes) -> SealSignatureFacts | None:
    try:
        return parse_seal_signature(data)
    except MalformedSeal:
        return None


def unused_bits_octets(raw: bytes) -> set[int]:
    """Offsets of the one documented class: the unused-bits count of the signature's BIT STRING (L22)."""
    return {parse(raw).children()[-1].expect(BIT_STRING).body_start}


def changed(raw: bytes, at: int, value: int) -> bytes:
    return raw[:at] + bytes((value,)) + raw[at + 1 :]


@pytest.mark.parametrize("make", [made_signature, v1_signature])
def test_L21_L22_every_byte_once(make):
    raw = make()
    start = parse_seal_signature(raw)
    assert passes(start)
    free = unused_bits_octets(raw)
    seen = set()
    for at in range(len(raw)):
        facts = reads(changed(raw, at, raw[at] ^ 1 << at % 8))
        if facts is not None and passes(facts):
            seen.add(at)
            assert facts.quirks == ("seal.unused_bits",)
    assert seen <= free


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_L21_L22_any_byte_to_any_value(data):
    raw = made_signature()
    at = data.draw(st.integers(0, len(raw) - 1))
    value = data.draw(st.integers(0, 255).filter(lambda v: v != raw[at]))
    facts = reads(changed(raw, at, value))
    assert facts is None or not passes(facts) or at in unused_bits_octets(raw)


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_a_seal_alone_binds_its_information(data):
    """The maker's certificate stands outside the signed bytes; its chain and listing judge it."""
    raw = made_seal()
    end = parse(raw).children()[0].end
    at = data.draw(st.integers(0, end - 1))
    value = data.draw(st.integers(0, 255).filter(lambda v: v != raw[at]))
    try:
        facts = parse_seal(changed(raw, at, value))
    except MalformedSeal:
        return
    assert facts.maker_signature.ok is not True


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=400))
def test_random_bytes(data):
    for read in (parse_seal, parse_seal_signature):
        try:
            facts = read(data)
        except MalformedSeal:
            continue
        assert isinstance(facts, SealFacts | SealSignatureFacts)


@settings(deadline=None, max_examples=150)
@given(st.integers(0, 5000), st.binary(max_size=8))
def test_truncations_and_tails(cut, tail):
    for raw, read in ((made_seal(), parse_seal), (made_signature(), parse_seal_signature)):
        damaged = raw[: cut % len(raw)] + tail
        if damaged == raw:
            continue
        with pytest.raises(MalformedSeal):
            read(damaged)


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_splices(data):
    """A run of bytes replaced by another run never passes and never escapes as another error."""
    raw = made_signature()
    at = data.draw(st.integers(0, len(raw) - 1))
    length = data.draw(st.integers(0, 40))
    new = data.draw(st.binary(max_size=40))
    damaged = raw[:at] + new + raw[at + length :]
    facts = reads(damaged)
    if damaged != raw and facts is not None and passes(facts):
        assert facts.quirks == ("seal.unused_bits",)


ELEMENT = st.deferred(
    lambda: st.one_of(
        st.integers(-(2**70), 2**70).map(b.integer),
        st.binary(max_size=40).map(b.octet_string),
        st.binary(max_size=40).map(b.bit_string),
        st.text(max_size=10).map(b.utf8),
        st.sampled_from([kit.SM2_SM3, "1.2.3"]).map(b.oid),
        st.sampled_from(["20240101000000Z", "x", ""]).map(kit.gtime),
        st.lists(ELEMENT, max_size=7).map(lambda parts: b.sequence(*parts)),
        st.lists(ELEMENT, max_size=2).map(lambda parts: b.explicit(0, *parts)),
    )
)


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ELEMENT, max_size=6))
def test_other_structures(parts):
    for read in (parse_seal, parse_seal_signature):
        try:
            read(b.sequence(*parts))
        except MalformedSeal:
            continue


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 6), ELEMENT)
def test_one_member_replaced(position, element):
    """Well-formed DER with one foreign member in the seal's information."""
    members = [n.raw for n in parse(kit.info()).children()]
    members[position % len(members)] = element
    body = b.sequence(*members)
    try:
        parse_seal(kit.seal_v4(body))
    except MalformedSeal:
        return


def test_hostile_asn1():
    if not HOSTILE.exists():
        pytest.skip("../shared/samples is absent")
    paths = sorted(p for p in HOSTILE.glob("openssl-fuzz-*/*") if p.is_file())[:300]
    assert paths
    for path in paths:
        for read in (parse_seal, parse_seal_signature):
            try:
                read(path.read_bytes())
            except MalformedSeal:
                continue
