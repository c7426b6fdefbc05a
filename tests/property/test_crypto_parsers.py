"""Every parser of ecert.crypto ends in a value or in MalformedInput, whatever the bytes."""

from __future__ import annotations

import contextlib
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import crypto_kit as kit
from ecert.crypto import der
from ecert.crypto import der_build as build
from ecert.crypto.cms import find_signer_certificate, parse_cms, verify_signer
from ecert.crypto.cms_build import build_cms
from ecert.crypto.crl import CRLFacts, RevokedEntry
from ecert.crypto.digest import digest
from ecert.crypto.times import parse_asn1_time, parse_claim
from ecert.crypto.tsp import make_timestamp, parse_timestamp
from ecert.crypto.x509 import CertificateFacts, explain_signature, is_signed_by
from ecert.crypto.x509_build import CRLSpec, make_crl
from ecert.errors import MalformedInput
from ecert.limits import Limits

pytestmark = pytest.mark.property
FEW = settings(
    max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
MESSAGE = b"message"


def read_certificate(data):
    cert = CertificateFacts.parse(data)
    assert cert.subject is not None
    if cert.public_key is not None:
        is_signed_by(cert, kit.middle().cert.public_key)
        explain_signature(cert, kit.middle().cert.public_key)


def read_list(data):
    facts = CRLFacts.parse(data)
    facts.is_signed_by(kit.root().cert.public_key)
    facts.lookup(5)


def read_cms(data):
    facts = parse_cms(data)
    for signer in facts.signers:
        found = find_signer_certificate(signer, facts.certificates)
        if found is not None:
            verify_signer(signer, found, content_digest=lambda name: digest(name, MESSAGE))


def read_token(data):
    parse_timestamp(data, MESSAGE)


def read_der(data):
    node = der.parse(data)
    der.walk(node, Limits())
    if node.tag & 0x20:
        node.children()


def samples():
    revoked = RevokedEntry(
        serial=5, revoked_at=kit.NOW, reason="superseded", invalidity_date=kit.NOW
    )
    spec = CRLSpec(revoked=[revoked], this_update=kit.NOW, next_update=kit.NOW)
    cms = build_cms(
        digest_value=digest("sm3", MESSAGE),
        digest="sm3",
        signer=kit.signer(),
        signing_time=kit.NOW,
        profile="adbe",
    )
    root = kit.root()
    return {
        "certificate": (read_certificate, kit.leaf().cert.der),
        "list": (read_list, make_crl(spec, issuer=root.cert, issuer_key=root.key)),
        "cms": (read_cms, cms),
        "token": (
            read_token,
            make_timestamp(MESSAGE, signer=kit.tsa_signer(), at=kit.NOW, serial=1),
        ),
        "der": (read_der, build.sequence(build.integer(5), build.sequence(build.utf8("x")))),
    }


SAMPLES = samples()


def ends_well(read, data):
    with contextlib.suppress(MalformedInput):
        read(data)


@pytest.mark.parametrize("name", SAMPLES)
@FEW
@given(data=st.binary(max_size=200))
def test_random_bytes(name, data):
    ends_well(SAMPLES[name][0], data)


@pytest.mark.parametrize("name", SAMPLES)
@FEW
@given(edits=st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=4))
def test_changed_bytes(name, edits):
    read, good = SAMPLES[name]
    data = bytearray(good)
    for place, value in edits:
        data[place % len(data)] = value
    ends_well(read, bytes(data))


@pytest.mark.parametrize("name", SAMPLES)
@FEW
@given(start=st.integers(0, 4000), length=st.integers(0, 60), extra=st.binary(max_size=20))
def test_spliced_bytes(name, start, length, extra):
    read, good = SAMPLES[name]
    start %= len(good)
    ends_well(read, good[:start] + extra + good[start + length :])


def tree(leaves):
    """Well-formed DER of any shape: it gets past the framing and into the readers."""
    return st.builds(
        lambda tag, parts: build.tlv(tag, *parts),
        st.sampled_from([0x30, 0x31, 0xA0, 0xA1, 0xA3]),
        st.lists(leaves, max_size=4),
    )


VALUES = st.builds(
    build.tlv,
    st.sampled_from([1, 2, 3, 4, 5, 6, 0x0A, 0x0C, 0x13, 0x17, 0x18, 0x80, 0x82]),
    st.binary(max_size=8),
)
TREES = st.recursive(VALUES, tree, max_leaves=25)


@pytest.mark.parametrize("name", SAMPLES)
@FEW
@given(data=TREES)
def test_well_formed_values_of_the_wrong_shape(name, data):
    ends_well(SAMPLES[name][0], data)


@pytest.mark.parametrize("name", ["certificate", "list", "cms"])
@FEW
@given(data=TREES, place=st.integers(0, 200))
def test_one_value_replaced_by_another(name, data, place):
    read, good = SAMPLES[name]
    nodes = list(every(der.parse(good)))
    node = nodes[place % len(nodes)]
    ends_well(read, replaced(der.parse(good), node, data))


def every(node):
    yield node
    if node.tag & 0x20:
        for child in node.children():
            yield from every(child)


def replaced(node, old, new):
    if node == old:
        return new
    if not node.tag & 0x20:
        return node.raw
    return build.tlv(node.tag, *(replaced(child, old, new) for child in node.children()))


@FEW
@given(data=TREES)
def test_what_is_written_back_is_what_was_read(data):
    node = der.parse(data)
    assert replaced(node, None, b"") == data
    assert der.walk(node, Limits()) == ()


@FEW
@given(value=st.integers(-(1 << 400), 1 << 400))
def test_integers_go_round(value):
    assert der.parse(build.integer(value)).integer() == value


@FEW
@given(arcs=st.lists(st.integers(0, 1 << 40), max_size=6), first=st.integers(0, 2))
def test_oids_go_round(arcs, first):
    dotted = ".".join(str(arc) for arc in (first, 5, *arcs))
    assert der.parse(build.oid(dotted)).oid() == dotted


@FEW
@given(
    moment=st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)).map(
        lambda at: at.replace(tzinfo=UTC, microsecond=0)
    )
)
def test_times_go_round(moment):
    claim = parse_asn1_time(build.time(moment), "x")
    assert claim.earliest == claim.latest == moment
    text = parse_claim(moment.strftime("%Y-%m-%d %H:%M:%S"), "x")
    assert text.earliest == moment - timedelta(hours=8)
    assert text.latest == moment + timedelta(hours=8)


@FEW
@given(text=st.text(max_size=80), data=st.binary(max_size=40))
def test_times_never_raise(text, data):
    for claim in (parse_claim(text, "x"), parse_asn1_time(data, "x")):
        assert (claim.earliest is None) == (claim.latest is None)
        if claim.readable:
            assert claim.earliest <= claim.latest
