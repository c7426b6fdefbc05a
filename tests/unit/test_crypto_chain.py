"""Paths by key identifier and signature (L3), within limits, dates not judged."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import crypto_kit as kit
from ecert.crypto import der
from ecert.crypto import der_build as build
from ecert.crypto.chain import build_chain
from ecert.crypto.x509 import CertificateFacts
from ecert.crypto.x509_build import make_certificate
from ecert.limits import Limits


def path_names(chain):
    return [cert.common_name for cert in chain.path]


@pytest.mark.parametrize("kind", ["sm2", "rsa", "p256"])
def test_a_good_path(kind):
    leaf, middle, root = kit.leaf(kind).cert, kit.middle(kind).cert, kit.root(kind).cert
    chain = build_chain(leaf, pool=[root, leaf, middle], anchors=[root])
    assert chain.path == (leaf, middle, root)
    assert chain.anchor == root
    assert chain.problem.ok
    assert chain.quirks == ()


def test_an_intermediate_may_be_the_anchor_and_so_may_the_leaf():
    leaf, middle = kit.leaf().cert, kit.middle().cert
    assert build_chain(leaf, pool=[], anchors=[middle]).path == (leaf, middle)
    assert build_chain(leaf, pool=[], anchors=[leaf]).path == (leaf,)
    chain = build_chain(leaf, pool=[leaf, middle, kit.root().cert], anchors=[])
    assert chain.path == ()
    assert chain.problem.code == "signer.chain_unknown"


def test_l3_a_self_signed_twin_with_the_same_name_is_not_the_authority():
    root, middle = kit.root(), kit.middle()
    twin = kit.entity("root sm2", issuer=None, is_ca=True, key_usage=kit.CA, serial=2)
    other = kit.key("sm2", "twin")
    forged = make_certificate(
        kit.spec("root sm2", is_ca=True, key_usage=kit.CA),
        public_key=other.public,
        issuer_key=other,
    )
    forged = CertificateFacts.parse(forged)
    assert forged.subject_der == root.cert.subject_der == twin.cert.subject_der
    good = build_chain(middle.cert, pool=[forged], anchors=[root.cert])
    assert good.problem.ok
    bad = build_chain(forged, pool=[forged], anchors=[root.cert])
    assert bad.path == ()
    assert bad.problem.ok is None
    child = kit.entity("child", issuer=kit.Entity(other, forged)).cert
    assert build_chain(child, pool=[forged], anchors=[root.cert]).problem.ok is None


def test_a_signature_that_does_not_hold_is_a_failure_where_the_key_is_named():
    tbs, algorithm, _ = (node.raw for node in der.parse(kit.leaf().cert.der).children())
    value = kit.root().key.sign(tbs)
    bad = CertificateFacts.parse(build.sequence(tbs, algorithm, build.bit_string(value)))
    chain = build_chain(bad, pool=[kit.middle().cert], anchors=[kit.root().cert])
    assert chain.problem.code == "signer.chain_signature"
    assert chain.problem.ok is False


def test_without_key_identifiers_the_signature_decides():
    middle = kit.middle()
    spec = kit.spec("bare")
    full = make_certificate(
        spec,
        public_key=kit.key("sm2", "bare").public,
        issuer_key=middle.key,
        issuer=middle.cert,
    )
    tbs, algorithm, _ = der.parse(full).children()
    parts = [node.raw for node in tbs.children()][:-1]
    inner = build.sequence(*parts)
    value = build.bit_string(middle.key.sign(inner))
    bare = CertificateFacts.parse(build.sequence(inner, algorithm.raw, value))
    assert bare.aki is None
    assert build_chain(bare, pool=[middle.cert], anchors=[kit.root().cert]).problem.ok
    wrong = build.bit_string(kit.root().key.sign(inner))
    bare = CertificateFacts.parse(build.sequence(inner, algorithm.raw, wrong))
    chain = build_chain(bare, pool=[middle.cert], anchors=[kit.root().cert])
    assert chain.problem.code == "signer.chain_unknown"


def below(issuer: kit.Entity, name: str = "below") -> CertificateFacts:
    return kit.entity(name, issuer=issuer).cert


@pytest.mark.parametrize(
    ("more", "code", "ok"),
    [
        ({"is_ca": False}, "signer.chain_not_ca", False),
        ({"is_ca": True, "key_usage": ["crl_sign"]}, "signer.chain_usage", False),
        ({"is_ca": True}, None, True),
        (
            {"is_ca": True, "critical_extensions": {"1.2.3.4": b"\5\0"}},
            "signer.chain_unsupported",
            None,
        ),
        (
            {"is_ca": True, "extensions": {"2.5.29.30": b"\x30\0"}},
            "signer.chain_unreadable",
            None,
        ),
        (
            {"is_ca": True, "critical_extensions": {"2.5.29.36": b"\x30\0"}},
            "signer.chain_unreadable",
            None,
        ),
    ],
)
def test_what_stands_against_an_issuer(more, code, ok):
    issuer = kit.entity("odd", issuer=kit.root(), **more)
    chain = build_chain(below(issuer), pool=[issuer.cert], anchors=[kit.root().cert])
    assert len(chain.path) == 3
    assert chain.problem.code == code
    assert chain.problem.ok is ok


def test_path_length_counts_what_is_not_self_issued():
    issuer = kit.entity("under", issuer=kit.middle(), is_ca=True, key_usage=kit.CA)
    chain = build_chain(
        below(issuer), pool=[issuer.cert, kit.middle().cert], anchors=[kit.root().cert]
    )
    assert chain.problem.code == "signer.chain_path_length"
    fresh = kit.key("sm2", "fresh")
    same_name = make_certificate(
        kit.spec("middle sm2", is_ca=True, key_usage=kit.CA),
        public_key=fresh.public,
        issuer_key=kit.middle().key,
        issuer=kit.middle().cert,
    )
    rollover = kit.Entity(fresh, CertificateFacts.parse(same_name))
    assert rollover.cert.self_issued
    chain = build_chain(
        below(rollover), pool=[rollover.cert, kit.middle().cert], anchors=[kit.root().cert]
    )
    assert path_names(chain) == ["below", "middle sm2", "middle sm2", "root sm2"]
    assert chain.problem.ok


def test_a_critical_extension_of_the_leaf_is_unknown_and_a_better_path_wins():
    issuer = kit.entity("twice", issuer=kit.root(), is_ca=True, key_usage=kit.CA)
    worse = kit.entity("twice", issuer=kit.root(), is_ca=False)
    child = below(issuer)
    chain = build_chain(child, pool=[worse.cert, issuer.cert], anchors=[kit.root().cert])
    assert chain.problem.ok
    odd = kit.entity("odd leaf", issuer=issuer, critical_extensions={"1.2.3": b"\5\0"}).cert
    chain = build_chain(odd, pool=[issuer.cert], anchors=[kit.root().cert])
    assert chain.problem.code == "signer.chain_unsupported"
    assert dict(chain.problem.params) == {"oid": "1.2.3"}


def test_loops_end():
    one_key, two_key = kit.key("sm2", "loop one"), kit.key("sm2", "loop two")
    first = kit.entity("loop one", is_ca=True)
    two = kit.entity("loop two", issuer=first, is_ca=True)
    one = CertificateFacts.parse(
        make_certificate(
            kit.spec("loop one", is_ca=True),
            public_key=one_key.public,
            issuer_key=two_key,
            issuer=two.cert,
        )
    )
    chain = build_chain(one, pool=[one, two.cert, first.cert], anchors=[kit.root().cert])
    assert chain.problem.code == "signer.chain_unknown"


def test_attempts_and_length_are_limited():
    issuer = kit.middle()
    clones = [
        CertificateFacts.parse(
            make_certificate(
                kit.spec("middle sm2", serial=100 + number, is_ca=True),
                public_key=issuer.key.public,
                issuer_key=kit.key("sm2", "nobody"),
            )
        )
        for number in range(6)
    ]
    chain = build_chain(
        kit.leaf().cert, pool=clones, anchors=[kit.root().cert], limits=Limits(chain_attempts=3)
    )
    assert chain.problem.code == "signer.chain_limit"
    chain = build_chain(
        kit.leaf().cert,
        pool=[issuer.cert],
        anchors=[kit.root().cert],
        limits=Limits(chain_length=2),
    )
    assert chain.problem.code == "signer.chain_limit"


def test_dates_are_not_judged_and_quirks_are_reported():
    issuer = kit.root("rsa")
    old = kit.entity(
        "old", kind="rsa", issuer=issuer, not_before=kit.START, not_after=kit.START
    ).cert
    assert build_chain(old, pool=[], anchors=[issuer.cert]).problem.ok
    chain = build_chain(
        kit.leaf().cert, pool=[kit.middle().cert, kit.root("rsa").cert], anchors=[kit.root().cert]
    )
    assert chain.quirks == ()


def test_an_issuer_with_an_unsupported_key_cannot_be_used():
    tbs, algorithm, value = (node.raw for node in der.parse(kit.middle().cert.der).children())
    parts = [node.raw for node in der.parse(tbs).children()]
    parts[6] = build.sequence(build.algorithm("1.2.3"), build.bit_string(b"x"))
    odd = CertificateFacts.parse(build.sequence(build.sequence(*parts), algorithm, value))
    assert odd.public_key is None
    chain = build_chain(kit.leaf().cert, pool=[odd], anchors=[kit.root().cert])
    assert chain.problem.code == "signer.chain_unknown"
