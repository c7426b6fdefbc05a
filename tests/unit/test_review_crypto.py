"""What an attacker tried against keys, certificates, lists, seals, trust folders and conversion."""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import crypto_kit as kit
from ecert.crypto import der_build as build
from ecert.crypto import keyforms
from ecert.crypto.crl import CRLFacts, RevokedEntry
from ecert.crypto.x509_build import CRLSpec, make_crl
from ecert.errors import SigningError

BOUND_S = 5.0


def timed(work) -> float:
    start = time.monotonic()
    work()
    return time.monotonic() - start


# --- revocation lists


def revocation_list(entries: bytes) -> bytes:
    algorithm = build.sequence(build.oid("1.2.156.10197.1.501"))
    root = kit.root().cert
    tbs = build.sequence(
        build.integer(1), algorithm, root.subject_der, build.time(kit.NOW), build.sequence(entries)
    )
    return build.sequence(tbs, algorithm, build.bit_string(b"\0" * 64))


def test_a_list_that_names_one_serial_over_and_over_ends_in_time():
    data = revocation_list(b"\x30\x03\x02\x01\x05" * 300_000)
    found = []
    assert timed(lambda: found.append(CRLFacts.parse(data))) < BOUND_S
    assert found[0].count == 300_000


def test_a_list_keeps_little_for_each_entry():
    found = CRLFacts.parse(
        revocation_list(b"".join(b"\x30\x05\x02\x03" + n.to_bytes(3, "big") for n in range(9000)))
    )
    index = found._entries
    assert index.keys.itemsize * len(index.keys) + index.offsets.itemsize * found.count < 200_000
    assert found.lookup(8999).serial == 8999
    assert found.lookup(9000) is None


def test_serials_that_agree_in_their_low_bits_are_told_apart():
    twins = (5, 5 + (1 << 64), 5 - (1 << 64))
    spec = CRLSpec(
        revoked=tuple(RevokedEntry(serial=s, revoked_at=kit.NOW) for s in twins[1:2]),
        this_update=kit.NOW,
        next_update=None,
    )
    found = CRLFacts.parse(make_crl(spec, issuer=kit.root().cert, issuer_key=kit.root().key))
    assert found.lookup(twins[1]).serial == twins[1]
    assert found.lookup(twins[0]) is None
    assert found.lookup(twins[2]) is None


@pytest.mark.parametrize("partial", [True, False])
def test_remove_from_crl_condemns_only_where_it_makes_no_sense(partial):
    spec = CRLSpec(
        revoked=(RevokedEntry(serial=9, revoked_at=kit.NOW, reason="remove_from_crl"),),
        this_update=kit.NOW,
        next_update=kit.NOW + timedelta(days=1),
        extensions={"2.5.29.27": build.integer(1)} if partial else {},
    )
    found = CRLFacts.parse(make_crl(spec, issuer=kit.root().cert, issuer_key=kit.root().key))
    assert found.partial is partial
    assert (found.lookup(9) is None) is partial


# --- key files


@pytest.mark.parametrize(
    "data",
    [
        b"-----BEGIN A-----\n" * 58_000,
        b"".join(b"-----BEGIN %d-----" % n for n in range(45_000)),
        b"".join(b"-----BEGIN %d-----" % n for n in range(45_000)) + b"-----END X-----",
    ],
)
def test_pem_blocks_without_an_end_take_linear_time(data):
    def read() -> None:
        with pytest.raises(SigningError) as caught:
            keyforms.read_key_block(data)
        assert caught.value.code == "key.malformed"

    assert timed(read) < BOUND_S


def test_pem_blocks_end_under_their_own_label():
    data = b"-----BEGIN A-----\nAAAA\n-----BEGIN B-----\nBBBB\n-----END B-----\n-----END A-----\n"
    assert keyforms.pem_blocks(data) == ((b"B", b"\x04\x10\x41"),)
    two = b"-----BEGIN A-----AAAA-----END A----------BEGIN B-----BBBB-----END B-----"
    assert [label for label, _ in keyforms.pem_blocks(two)] == [b"A", b"B"]
