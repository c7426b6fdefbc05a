"""Revocation lists: what they say, and what their silence does not say."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import crl as oracle

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import crypto_kit as kit
from ecert.crypto import der
from ecert.crypto import der_build as build
from ecert.crypto.crl import UNREADABLE_SINCE, CRLFacts, RevokedEntry
from ecert.crypto.x509_build import CRLSpec, make_crl
from ecert.errors import MalformedInput
from ecert.limits import Limits

WEEK = timedelta(days=7)


def make(*revoked, kind="sm2", **more) -> bytes:
    values = {"revoked": revoked, "this_update": kit.NOW, "next_update": kit.NOW + WEEK}
    root = kit.root(kind)
    return make_crl(CRLSpec(**(values | more)), issuer=root.cert, issuer_key=root.key)


def entry(serial: int, **more) -> RevokedEntry:
    return RevokedEntry(serial=serial, revoked_at=more.pop("revoked_at", kit.NOW), **more)


@pytest.mark.parametrize("kind", ["sm2", "rsa", "p256", "ed25519"])
def test_a_list_reads_the_same_in_two_libraries(kind):
    entries = (
        entry(5),
        entry(1 << 150, reason="key_compromise", invalidity_date=kit.NOW - WEEK),
    )
    data = make(*entries, kind=kind, number=7)
    facts = CRLFacts.parse(data)
    seen = oracle.CertificateList.load(data, strict=True)
    assert [
        item["user_certificate"].native for item in seen["tbs_cert_list"]["revoked_certificates"]
    ] == [5, 1 << 150]
    assert seen.crl_number_value.native == facts.number == 7
    assert seen.authority_key_identifier == facts.aki == kit.root(kind).cert.ski
    assert facts.issuer_der == kit.root(kind).cert.subject_der
    assert facts.issuer.endswith(f"CN=root {kind}")
    assert (facts.this_update, facts.next_update) == (kit.NOW, kit.NOW + WEEK)
    assert facts.count == 2
    assert not facts.partial
    assert facts.unknown_critical == ()
    assert facts.quirks == ()
    assert facts.lookup(5) == entries[0]
    assert facts.lookup(1 << 150) == entries[1]
    assert facts.lookup(6) is None
    assert facts.is_signed_by(kit.root(kind).cert.public_key).ok
    assert not facts.is_signed_by(kit.middle(kind).cert.public_key).ok
    assert facts == CRLFacts.parse(data)


def test_an_empty_list_without_next_update():
    facts = CRLFacts.parse(make(next_update=None))
    assert facts.next_update is None
    assert facts.count == 0
    assert facts.lookup(1) is None


@pytest.mark.parametrize(
    ("oid", "value"), [("2.5.29.28", build.sequence()), ("2.5.29.27", build.integer(1))]
)
def test_l15_a_partial_list_says_so(oid, value):
    facts = CRLFacts.parse(make(extensions={oid: value}))
    assert facts.partial
    assert facts.unknown_critical == ()


def test_unknown_critical_extensions_are_listed():
    facts = CRLFacts.parse(make(extensions={"1.2.3": build.NULL_VALUE}))
    assert facts.unknown_critical == ("1.2.3",)
    assert not facts.partial


def test_of_two_entries_the_earlier_counts():
    facts = CRLFacts.parse(
        make(entry(9, revoked_at=kit.NOW), entry(9, revoked_at=kit.NOW - WEEK), entry(9))
    )
    assert facts.count == 3
    assert facts.lookup(9).revoked_at == kit.NOW - WEEK


def members(data: bytes) -> list[bytes]:
    return [node.raw for node in der.parse(data).children()]


def changed(change) -> bytes:
    """A list whose TBS members went through ``change``; its signature no longer holds."""
    tbs, algorithm, value = members(make(entry(9, reason="superseded")))
    return build.sequence(build.sequence(*change(members(tbs))), algorithm, value)


def raw_entry(*extensions: bytes, when: bytes = build.time(kit.NOW)) -> bytes:
    tail = build.sequence(*extensions) if extensions else b""
    return build.sequence(build.sequence(build.integer(9), when, tail))


def test_entry_extensions():
    reason = build.sequence(build.oid("2.5.29.21"), build.octet_string(build.tlv(0x0A, b"\x07")))
    critical = build.sequence(
        build.oid("2.5.29.29"), build.boolean(1), build.octet_string(build.sequence())
    )
    data = changed(lambda parts: [*parts[:5], raw_entry(reason, critical), *parts[6:]])
    found = CRLFacts.parse(data).lookup(9)
    assert found.reason == "reason_7"
    assert found.unknown_critical == ("2.5.29.29",)


@pytest.mark.parametrize(
    "revoked",
    [
        raw_entry(when=build.utf8("now")),
        raw_entry(build.sequence(build.oid("2.5.29.21"), build.octet_string(b"\5\0"))),
    ],
)
def test_l15_an_unreadable_entry_condemns(revoked):
    facts = CRLFacts.parse(changed(lambda parts: [*parts[:5], revoked, *parts[6:]]))
    found = facts.lookup(9)
    assert found.revoked_at == UNREADABLE_SINCE
    assert found.unknown_critical[0].startswith(("crl.", "der."))


@pytest.mark.parametrize(
    "change",
    [
        lambda parts: [build.integer(2), *parts[1:]],
        lambda parts: [*parts[:3], build.utf8("x"), *parts[4:]],
        lambda parts: [*parts[:5], build.sequence(build.integer(1)), *parts[6:]],
        lambda parts: [*parts[:5], build.sequence(build.sequence(build.utf8("x"))), *parts[6:]],
        lambda parts: [*parts, build.integer(1)],
        lambda parts: parts[:2],
    ],
)
def test_what_is_no_list(change):
    with pytest.raises(MalformedInput):
        CRLFacts.parse(changed(change))


def test_version_1_and_odd_spellings():
    facts = CRLFacts.parse(changed(lambda parts: [*parts[1:5], parts[5]]))
    assert facts.number is None
    assert facts.aki is None
    assert facts.lookup(9).reason == "superseded"
    tbs, _, value = members(make())
    other = build.algorithm("1.2.156.10197.1.301.1")
    octets = der.parse(value).bits()[0]
    facts = CRLFacts.parse(build.sequence(tbs, other, build.bit_string(octets, 3)))
    assert facts.quirks == ("crl.algorithm_mismatch", "crl.unused_bits")
    check = facts.is_signed_by(kit.root().cert.public_key)
    assert (check.ok, check.code) == (False, "crl.algorithm_mismatch")


def test_size_and_tail():
    data = make()
    with pytest.raises(MalformedInput):
        CRLFacts.parse(data, Limits(trust_file_bytes=10))
    with pytest.raises(MalformedInput):
        CRLFacts.parse(data + b"\0")
