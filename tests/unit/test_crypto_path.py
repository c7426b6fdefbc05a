"""Rules of a path (RFC 5280 6.1) step by step, and what hostile ones cost: counted, never timed."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import crypto_kit as kit
from ecert.crypto import chain as chain_module
from ecert.crypto import der
from ecert.crypto import der_build as build
from ecert.crypto.chain import build_chain
from ecert.crypto.general_names import DNS, EMAIL, IP, URI, GeneralName
from ecert.crypto.name_constraints import NameConstraints, judge_names
from ecert.crypto.path_validation import PathRules, PathValidator
from ecert.crypto.policies import Effort, PolicyRules
from ecert.crypto.x509 import CertificateFacts
from ecert.crypto.x509_build import make_certificate
from ecert.errors import MalformedInput
from ecert.limits import Limits

ALT, CONSTRAINTS, POLICIES, MAPPINGS, LIMITS, NO_ANY = (
    f"2.5.29.{n}" for n in (17, 30, 32, 33, 36, 54)
)
ONE, TWO = "1.2.156.1", "1.2.156.2"


def dns(text: str) -> bytes:
    return build.tlv(0x82, text.encode())


def subtrees(tag: int, *names: bytes) -> bytes:
    return build.sequence(build.tlv(tag, *(build.sequence(name) for name in names)))


def policies(*oids: str) -> bytes:
    return build.sequence(*(build.sequence(build.oid(oid)) for oid in oids))


def explicit(count: int) -> bytes:
    return build.sequence(build.tlv(0x80, bytes((count,))))


@cache
def root(**more) -> kit.Entity:
    return kit.entity("path root", kind="p256", is_ca=True, key_usage=kit.CA)


def under(issuer: kit.Entity, name: str = "path middle", **more) -> kit.Entity:
    return kit.entity(name, kind="p256", issuer=issuer, is_ca=True, key_usage=kit.CA, **more)


def end(issuer: kit.Entity, **more) -> CertificateFacts:
    return kit.entity("path end", kind="p256", issuer=issuer, **more).cert


def found(leaf: CertificateFacts, *between: kit.Entity, anchor: kit.Entity | None = None, **more):
    pool = [entity.cert for entity in between]
    return build_chain(leaf, pool=pool, anchors=[(anchor or root()).cert], **more)


# -- step 1: dates


def test_dates_count_where_an_instant_is_given():
    old = under(root(), not_after=kit.NOW - timedelta(days=1))
    cert = end(old)
    assert found(cert, old).problem.ok
    assert found(cert, old, at=kit.NOW - timedelta(days=1)).problem.ok
    problem = found(cert, old, at=kit.NOW).problem
    assert problem.ok is False
    assert problem.code == "signer.chain_dates"
    assert "path middle" in dict(problem.params)["subject"]
    assert found(cert, old, at=kit.START - timedelta(seconds=1)).problem.ok is False


def test_of_two_certificates_of_one_authority_the_one_in_force_is_taken():
    old = under(root(), not_after=kit.NOW - timedelta(days=1), serial=1)
    new = under(root(), serial=2)
    assert old.key == new.key
    chain = found(end(new), old, new, at=kit.NOW)
    assert chain.problem.ok
    assert chain.path[1] == new.cert


# -- steps 5 to 7


def test_names_bind_below_their_authority_and_not_a_self_issued_one():
    allowed = under(root(), critical_extensions={CONSTRAINTS: subtrees(0xA0, dns("a.cn"))})
    for text, ok in (("a.cn", True), ("b.cn", False)):
        cert = end(allowed, extensions={ALT: build.sequence(dns(text))})
        assert found(cert, allowed).problem.ok is ok
    # not critical: it binds all the same
    loose = under(root(), extensions={CONSTRAINTS: subtrees(0xA0, dns("a.cn"))})
    cert = end(loose, extensions={ALT: build.sequence(dns("b.cn"))})
    assert found(cert, loose).problem.code == "signer.chain_name_not_permitted"
    # an intermediate certificate's names count too, unless it is self-issued
    second = under(allowed, "path second", extensions={ALT: build.sequence(dns("b.cn"))})
    assert found(end(second), allowed, second).problem.ok is False
    rolled = under(allowed, "path middle", serial=9, extensions={ALT: build.sequence(dns("b.cn"))})
    fresh = kit.key("p256", "rolled over")
    again = CertificateFacts.parse(
        make_certificate(
            kit.spec("path middle", is_ca=True, extensions={ALT: build.sequence(dns("b.cn"))}),
            public_key=fresh.public, issuer_key=allowed.key, issuer=allowed.cert,
        )
    )  # fmt: skip
    assert again.self_issued
    assert rolled.cert.self_issued
    cert = end(kit.Entity(fresh, again))
    chain = build_chain(cert, pool=[allowed.cert, again], anchors=[root().cert])
    assert len(chain.path) == 4
    assert chain.problem.ok


def test_constraints_of_the_anchor_bind():
    anchor = kit.entity(
        "strict root", kind="p256", is_ca=True, key_usage=kit.CA,
        extensions={CONSTRAINTS: subtrees(0xA1, dns("b.cn")), LIMITS: explicit(0)},
    )  # fmt: skip
    cert = end(anchor, extensions={ALT: build.sequence(dns("b.cn")), POLICIES: policies(ONE)})
    assert found(cert, anchor=anchor).problem.code == "signer.chain_name_excluded"
    assert found(end(anchor), anchor=anchor).problem.code == "signer.chain_policy"
    assert found(end(anchor, extensions={POLICIES: policies(ONE)}), anchor=anchor).problem.ok


def test_policies_are_asked_for_by_the_relying_side_or_by_the_path():
    middle = under(root(), extensions={POLICIES: policies(ONE)})
    cert = end(middle, extensions={POLICIES: policies(ONE)})
    for rules, ok in (
        (PathRules(), True),
        (PathRules(policies=frozenset({TWO})), True),  # wanted, but not needed
        (PathRules(explicit_policy=True), True),
        (PathRules(explicit_policy=True, policies=frozenset({ONE, TWO})), True),
        (PathRules(explicit_policy=True, policies=frozenset({TWO})), False),
    ):
        assert found(cert, middle, rules=rules).problem.ok is ok
    asking = under(root(), extensions={POLICIES: policies(ONE), LIMITS: explicit(0)})
    assert found(end(asking), asking).problem.code == "signer.chain_policy"
    assert found(end(asking, extensions={POLICIES: policies(ONE)}), asking).problem.ok
    last = end(root(), extensions={LIMITS: explicit(0)})
    assert found(last).problem.code == "signer.chain_policy"
    assert found(end(root(), extensions={LIMITS: explicit(1)})).problem.ok


@pytest.mark.parametrize(
    ("oid", "value"),
    [
        (CONSTRAINTS, build.sequence()),
        (CONSTRAINTS, build.sequence(build.tlv(0xA0))),
        (CONSTRAINTS, subtrees(0xA0, b"\x99\x01a")),
        (CONSTRAINTS, b"\x30\x03\x02\x01\x01"),
        (MAPPINGS, build.sequence()),
        (MAPPINGS, build.sequence(build.sequence(build.oid(ONE)))),
        (LIMITS, build.sequence()),
        (LIMITS, build.sequence(build.tlv(0x80, b"\xff"))),
        (LIMITS, build.sequence(build.tlv(0x80))),
        (LIMITS, build.sequence(build.tlv(0x82, b"\1"))),
        (NO_ANY, build.boolean(1)),
        (NO_ANY, build.integer(-1)),
    ],
)
def test_l15_a_rule_that_cannot_be_read_is_unknown(oid, value):
    middle = under(root(), extensions={oid: value})
    problem = found(end(middle, extensions={ALT: build.sequence(dns("a.cn"))}), middle).problem
    assert problem.ok is None
    assert problem.code == "signer.chain_unreadable"
    assert dict(problem.params) == {"oid": oid}


@pytest.mark.parametrize(
    ("value", "critical"),
    [
        (build.sequence(), False),
        (policies(ONE, ONE), False),
        (build.sequence(build.sequence(build.oid(ONE), build.integer(1))), False),
        (
            build.sequence(
                build.sequence(build.oid(ONE), build.sequence(build.sequence(build.oid("1.2.3"))))
            ),
            True,
        ),
    ],
)
def test_policies_that_cannot_be_read_are_refused(value, critical):
    with pytest.raises(MalformedInput) as caught:
        PolicyRules.read({POLICIES: value}, {POLICIES} if critical else set())
    assert caught.value.code == "signer.chain_unreadable"


@pytest.mark.parametrize("qualifier", ["1.3.6.1.5.5.7.2.1", "1.3.6.1.5.5.7.2.2", "1.2.3", ""])
@pytest.mark.parametrize("critical", [True, False])
def test_conditions_of_policies_must_be_known_where_they_are_critical(qualifier, critical):
    inner = build.sequence(build.sequence(build.oid(qualifier))) if qualifier else b""
    value = build.sequence(build.sequence(build.oid(ONE), inner))
    said = {POLICIES} if critical else set()
    if critical and qualifier == "1.2.3":
        with pytest.raises(MalformedInput):
            PolicyRules.read({POLICIES: value}, said)
    else:
        assert PolicyRules.read({POLICIES: value}, said).policies == {ONE}


def test_names_that_cannot_be_read_under_a_constraint_are_unknown():
    middle = under(root(), critical_extensions={CONSTRAINTS: subtrees(0xA0, dns("a.cn"))})
    problem = found(end(middle, extensions={ALT: b"\x30\x03\x02\x01\x01"}), middle).problem
    assert (problem.ok, problem.code) == (None, "signer.chain_unreadable")


@pytest.mark.parametrize("bound", [build.tlv(0x80, b"\1"), build.tlv(0x81, b"\5")])
def test_a_subtree_with_a_minimum_or_maximum_is_unknown(bound):
    value = build.sequence(build.tlv(0xA0, build.sequence(dns("a.cn"), bound)))
    middle = under(root(), critical_extensions={CONSTRAINTS: value})
    named = end(middle, extensions={ALT: build.sequence(dns("a.cn"))})
    assert found(named, middle).problem.code == "signer.chain_unsupported"
    assert found(end(middle), middle).problem.ok  # no name of that form
    usual = build.sequence(build.tlv(0xA0, build.sequence(dns("a.cn"), build.tlv(0x80, b"\0"))))
    middle = under(root(), critical_extensions={CONSTRAINTS: usual})
    assert found(end(middle, extensions={ALT: build.sequence(dns("a.cn"))}), middle).problem.ok


# -- nothing slow on the common path


def test_without_constraints_no_rule_is_read(monkeypatch):
    def never(*_args):
        raise AssertionError

    monkeypatch.setattr(PolicyRules, "read", never)
    monkeypatch.setattr(NameConstraints, "read", never)
    middle = under(root(), extensions={POLICIES: policies(ONE)})
    assert found(end(middle), middle).problem.ok


# -- hostile paths


def counting(monkeypatch) -> list[int]:
    calls: list[int] = []
    real = chain_module.check_issued

    def counted(child, key):
        calls.append(1)
        return real(child, key)

    monkeypatch.setattr(chain_module, "check_issued", counted)
    return calls


def bare(template: CertificateFacts, serial: int) -> CertificateFacts:
    """A certificate of the same name that nobody signed, without key identifiers."""
    extensions = replace(template.extensions, ski=None, aki=None)
    return replace(
        template, der=b"%d" % serial, sha256=str(serial), spki=b"%d" % serial,
        extensions=extensions,
    )  # fmt: skip


def test_thousands_of_namesakes_cost_no_more_checks_than_the_limit(monkeypatch):
    calls = counting(monkeypatch)
    template = kit.entity("namesake", kind="p256", is_ca=True).cert
    pool = [bare(template, n) for n in range(3000)]
    chain = build_chain(bare(template, 9999), pool=pool, anchors=[root().cert])
    assert (chain.problem.ok, chain.problem.code) == (None, "signer.chain_limit")
    assert len(calls) == Limits().chain_attempts


def test_cycles_of_certificates_that_sign_each_other_end(monkeypatch):
    calls = counting(monkeypatch)
    ring = []
    names = [f"ring {n}" for n in range(12)]
    for n, name in enumerate(names):
        for m in range(12):
            if n != m:
                issuer = kit.Entity(
                    kit.key("p256", names[m]), kit.entity(names[m], kind="p256", is_ca=True).cert
                )
                ring.append(kit.entity(name, kind="p256", issuer=issuer, is_ca=True).cert)
    chain = build_chain(ring[0], pool=ring, anchors=[root().cert])
    assert chain.problem.ok is None
    assert len(calls) <= Limits().chain_attempts


def test_huge_name_constraints_are_counted():
    trees = subtrees(0xA1, *(dns(f"h{n}.cn") for n in range(4000)))
    constraints = NameConstraints.read({CONSTRAINTS: trees})
    names = [GeneralName(DNS, b"x%d.cn" % n) for n in range(4000)]
    effort = Effort(50_000)
    with pytest.raises(MalformedInput) as caught:
        judge_names(names, [constraints], effort)
    assert caught.value.code == "signer.chain_limit"
    middle = under(root(), critical_extensions={CONSTRAINTS: trees})
    cert = end(middle, extensions={ALT: build.sequence(*(dns(f"x{n}.cn") for n in range(4000)))})
    problem = found(cert, middle).problem
    assert (problem.ok, problem.code) == (None, "signer.chain_limit")
    assert dict(problem.params) == {"limit": "path_rules"}
    few = end(middle, extensions={ALT: build.sequence(dns("a.cn"))})
    assert found(few, middle).problem.ok


def test_the_steps_are_those_of_all_paths_of_a_search_together():
    """Many paths, each under many constraints, cost no more than one search may."""
    trees = subtrees(0xA1, *(dns(f"h{n}.cn") for n in range(1000)))
    doors = [
        under(root(), "path door", serial=n, critical_extensions={CONSTRAINTS: trees})
        for n in range(30)
    ]
    names = build.sequence(*(dns(f"x{n}.cn") for n in range(9)), dns("h1.cn"))
    validator = PathValidator(PathRules(), None, Effort(Limits().path_rules))
    cert = end(doors[0], extensions={ALT: names})
    outcomes = {validator.judge((cert, door.cert, root().cert)).code for door in doors}
    assert outcomes == {"signer.chain_name_excluded", "signer.chain_limit"}
    assert validator.effort.left >= -1001 * 30


# -- DSA


def dsa_spki(key: dsa.DSAPrivateKey, whole: bool) -> bytes:
    spki = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    if whole:
        return spki
    algorithm, value = der.parse(spki).children()
    return build.sequence(build.sequence(algorithm.children()[0].raw), value.raw)


class Signs:
    """A DSA key in the shape that the kit signs with."""

    def __init__(self, key: dsa.DSAPrivateKey, spki: bytes) -> None:
        self.key, self.spki = key, spki

    def certificate(self, tbs_of: CertificateFacts) -> CertificateFacts:
        parts = [node.raw for node in der.parse(tbs_of.tbs).children()]
        parts[2] = build.algorithm("2.16.840.1.101.3.4.3.2")
        tbs = build.sequence(*parts)
        value = self.key.sign(tbs, hashes.SHA256())
        return CertificateFacts.parse(build.sequence(tbs, parts[2], build.bit_string(value)))


def with_key(cert: CertificateFacts, spki: bytes) -> CertificateFacts:
    """The same certificate around another key; its signature is made anew by its issuer."""
    parts = [node.raw for node in der.parse(cert.tbs).children()]
    parts[6] = spki
    algorithm, value = (node.raw for node in der.parse(cert.der).children()[1:])
    return CertificateFacts.parse(build.sequence(build.sequence(*parts), algorithm, value))


@cache
def dsa_family() -> tuple[CertificateFacts, CertificateFacts, CertificateFacts, Signs, Signs]:
    parameters = dsa.generate_parameters(1024)
    upper_key, lower_key = parameters.generate_private_key(), parameters.generate_private_key()
    upper = Signs(upper_key, dsa_spki(upper_key, whole=True))
    lower = Signs(lower_key, dsa_spki(lower_key, whole=False))
    top = kit.entity("dsa top", kind="p256", is_ca=True, key_usage=kit.CA)
    middle = kit.entity("dsa middle", kind="p256", issuer=top, is_ca=True, key_usage=kit.CA)
    leaf = kit.entity("dsa leaf", kind="p256", issuer=middle)
    anchor = with_key(top.cert, upper.spki)
    between = upper.certificate(with_key(middle.cert, lower.spki))
    return anchor, between, lower.certificate(leaf.cert), upper, lower


def test_l22_dsa_keys_inherit_parameters_and_carry_a_quirk_that_is_never_accepted():
    anchor, between, leaf, _upper, _lower = dsa_family()
    assert between.public_key is None
    chain = build_chain(leaf, pool=[between], anchors=[anchor])
    assert chain.path == (leaf, between, anchor)
    assert chain.problem.ok
    assert {"signature.dsa", "x509.key_unsupported"} <= set(chain.quirks)


@pytest.mark.parametrize(
    "spki",
    [
        build.sequence(),
        build.sequence(build.sequence()),
        build.sequence(build.sequence(), build.bit_string(b"")),
        build.sequence(build.algorithm("1.2.840.10040.4.1"), build.bit_string(b"\2\1\5")),
        build.sequence(
            build.algorithm("1.2.840.10040.4.1", build.sequence(build.integer(1))),
            build.bit_string(b"\2\1\5"),
        ),
        build.sequence(
            build.algorithm("1.2.840.10040.4.1", build.sequence(*[build.integer(-1)] * 3)),
            build.bit_string(b"\2\1\5"),
        ),
    ],
)
def test_keys_that_are_nearly_dsa_make_no_path_and_no_crash(spki):
    _anchor, between, leaf, _upper, _lower = dsa_family()
    odd = with_key(between, spki)
    assert odd.public_key is None
    chain = build_chain(leaf, pool=[], anchors=[odd])
    assert chain.path == ()
    assert chain.problem.ok is not True


def test_a_dsa_signature_that_fails_once_parameters_are_known_makes_no_path():
    anchor, between, leaf, upper, _lower = dsa_family()
    forged = upper.certificate(leaf)  # signed by a key other than the one it names
    assert build_chain(forged, pool=[between], anchors=[anchor]).path == ()
    # parameters that come from nowhere: the anchor itself states none, or is of another kind
    assert build_chain(leaf, pool=[], anchors=[between]).path == ()


# -- an authority certified again under the same key


def test_of_several_paths_the_one_that_covers_the_asked_moments_is_taken():
    day = timedelta(days=1)
    old = under(root(), serial=1, not_after=kit.NOW - day)
    new = under(root(), serial=2, not_before=kit.NOW - 9 * day)
    cert = end(new)
    then, now = kit.NOW - 30 * day, kit.NOW
    for moments, middle in (
        ((), None),
        ((then,), old),
        ((now,), new),
        ((then, now), old),  # the first weighs most
        ((now, then), new),
        ((kit.NOW - 2 * day, now), new),
        ((kit.NOW - 2 * day, then), old),
        ((kit.START - day, now), new),  # none covers the first
    ):
        for pool in ([old.cert, new.cert], [new.cert, old.cert]):
            rules = PathRules(moments=moments)
            chain = build_chain(cert, pool=pool, anchors=[root().cert], rules=rules)
            assert chain.problem.ok
            assert chain.path[1] == (middle.cert if middle else pool[0])
    # dates never make up for what stands against a path
    bad = kit.entity("path middle", kind="p256", issuer=root(), serial=3)
    rules = PathRules(moments=(then,))
    chain = build_chain(cert, pool=[bad.cert, new.cert], anchors=[root().cert], rules=rules)
    assert chain.path[1] == new.cert


def test_looking_for_a_path_in_force_is_bounded_too(monkeypatch):
    calls = counting(monkeypatch)
    old = [under(root(), serial=n, not_after=kit.NOW - timedelta(days=1)) for n in range(200)]
    rules = PathRules(moments=(kit.NOW,))
    chain = build_chain(
        end(old[0]), pool=[entity.cert for entity in old], anchors=[root().cert], rules=rules
    )
    assert chain.problem.ok  # the path holds; its dates are weighed by the judge
    assert len(calls) <= Limits().chain_attempts


# -- single names

REGISTERED = 8


def answer(side: str, form: int, tree: bytes, name: bytes) -> str:
    tag = 0xA0 if side == "permitted" else 0xA1
    value = subtrees(tag, build.tlv(0x80 | form, tree))
    constraints = NameConstraints.read({CONSTRAINTS: value})
    return judge_names([GeneralName(form, name)], [constraints], Effort(100))


@pytest.mark.parametrize(
    ("form", "tree", "name", "permitted", "excluded"),
    [
        # tree and name that cannot be compared say nothing, on either side
        (EMAIL, b"", b"u@a.cn", "unclear", "unclear"),
        (EMAIL, b"a.cn", b"a.cn", "unclear", "unclear"),
        (EMAIL, b"a.cn", b"@a.cn", "unclear", "unclear"),
        (EMAIL, b"a.cn", b"u@", "unclear", "unclear"),
        (DNS, b"a.cn", b"", "unclear", "unclear"),
        (DNS, b"a.cn", b"x\0.b.cn", "unclear", "unclear"),
        (DNS, b"a.cn", "é.a.cn".encode(), "unclear", "unclear"),
        (URI, b"", b"http://a.cn", "unclear", "unclear"),
        (IP, b"\x0a\0\0\0\xff\0\0\0", b"\x0a\0\0\0\1", "unclear", "unclear"),
        (IP, b"\x0a\0\0\xff\0\0", b"\x0a\0\0\1", "unclear", "unclear"),
        # in doubt outside what is permitted, and inside what is excluded
        (DNS, b"x.a.cn", b"*.a.cn", "not_permitted", "excluded"),
        (DNS, b".a.cn", b"a.cn", "not_permitted", "excluded"),
        (URI, b"a.cn", b"http://a%2ecn/", "not_permitted", "excluded"),
        (URI, b"a.cn", b"http://[::1]/", "not_permitted", "excluded"),
        (URI, b"a.cn", b"mailto:u@a.cn", "not_permitted", "excluded"),
        (URI, b"a.cn", b"http:///x", "not_permitted", "excluded"),
        # everything, and nothing but itself
        (DNS, b"", b"a.cn", "permitted", "excluded"),
        (DNS, b"a.cn.", b"x.a.cn", "permitted", "excluded"),
        (DNS, b"cn", b"*.cn", "permitted", "excluded"),
        (DNS, b"a.cn", b"*.b.cn", "not_permitted", "permitted"),
        (URI, b"a.cn", b"http://u:p@A.CN:80/x?y#z@b.cn", "permitted", "excluded"),
        (URI, b"a.cn", b"http://a.cn@b.cn/", "not_permitted", "permitted"),
        (URI, b"a.cn", b"http://b.cn?@a.cn", "not_permitted", "permitted"),
        (URI, b".a.cn", b"http://.a.cn/", "not_permitted", "permitted"),
        (EMAIL, b"u@a.cn", b"x@u@a.cn", "not_permitted", "permitted"),
        (EMAIL, b".a.cn", b"u@.a.cn", "not_permitted", "permitted"),
        (EMAIL, b"u@a.cn", b"u@b.cn", "not_permitted", "permitted"),
        (EMAIL, b"u@a.cn", b"v@a.cn", "not_permitted", "permitted"),
        (REGISTERED, b"*+", b"*+", "unclear", "unclear"),
    ],
)
def test_a_name_under_one_subtree(form, tree, name, permitted, excluded):
    assert answer("permitted", form, tree, name) == permitted
    assert answer("excluded", form, tree, name) == excluded


def test_what_is_excluded_stays_so_beside_what_is_unclear_or_permitted():
    value = build.sequence(
        build.tlv(0xA0, build.sequence(dns("a.cn"))),
        build.tlv(0xA1, build.sequence(dns("x.a.cn")), build.sequence(build.tlv(0x82, b"\0"))),
    )
    constraints = NameConstraints.read({CONSTRAINTS: value})
    for text, said in ((b"x.a.cn", "excluded"), (b"y.a.cn", "unclear"), (b"b.cn", "not_permitted")):
        assert judge_names([GeneralName(DNS, text)], [constraints], Effort(100)) == said


def test_an_authority_that_certifies_its_own_key_under_a_new_name_is_no_loop():
    former = under(root(), "former name")
    renamed = CertificateFacts.parse(
        make_certificate(
            kit.spec("new name", is_ca=True, key_usage=kit.CA),
            public_key=former.key.public, issuer_key=former.key, issuer=former.cert,
        )
    )  # fmt: skip
    cert = end(kit.Entity(former.key, renamed))
    chain = build_chain(cert, pool=[renamed, former.cert], anchors=[root().cert])
    assert chain.path == (cert, renamed, former.cert, root().cert)
    assert chain.problem.ok
