"""What revocation lists answer for a certificate: who may speak, about whom, and what silence means."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

import crypto_kit as kit
from ecert.crypto import algorithms, crl_scope, der, keys
from ecert.crypto import crl as crl_module
from ecert.crypto import der_build as build
from ecert.crypto.crl import CRLFacts
from ecert.crypto.crl_answers import status_at
from ecert.crypto.crl_points import ALL_REASONS
from ecert.crypto.crl_scope import CRLScope
from ecert.crypto.x509 import CertificateFacts
from ecert.crypto.x509_build import key_identifier
from ecert.errors import MalformedInput
from ecert.limits import Limits

WEEK = timedelta(days=7)
POINTS, IDP, DELTA, OWNER, REASON = (
    "2.5.29.31",
    "2.5.29.28",
    "2.5.29.27",
    "2.5.29.29",
    "2.5.29.21",
)
HOLD, COMPROMISE, REMOVE = 6, 1, 8


@cache
def ca(name: str, above: str = "", **more) -> kit.Entity:
    issuer = ca(above) if above else None
    values = {"is_ca": True, "key_usage": kit.CA}
    return kit.entity(name, kind="p256", issuer=issuer, **(values | more))


def end(issuer: kit.Entity, serial: int = 7, points: bytes | None = None, **more) -> kit.Entity:
    extensions = {POINTS: points} if points is not None else {}
    return kit.entity(
        f"end {serial} {issuer.cert.common_name}", kind="p256", issuer=issuer, serial=serial,
        extensions=extensions, **more,
    )  # fmt: skip


def named(*entities: kit.Entity) -> bytes:
    """The members of a GeneralNames of directory names."""
    return b"".join(build.tlv(0xA4, entity.cert.subject_der) for entity in entities)


def uri(text: str) -> bytes:
    return build.tlv(0x86, text.encode())


def point(place: bytes = b"", reasons: bytes = b"", issuer: bytes = b"") -> bytes:
    """A cRLDistributionPoints of one place."""
    parts = [
        build.tlv(0xA0, build.tlv(0xA0, place)) if place else b"",
        build.tlv(0x81, reasons) if reasons else b"",
        build.tlv(0xA2, issuer) if issuer else b"",
    ]
    return build.sequence(build.sequence(*parts))


def scope(place: bytes = b"", flag: int = 0, reasons: bytes = b"", indirect: bytes = b"") -> bytes:
    """An issuingDistributionPoint."""
    return build.sequence(
        build.tlv(0xA0, build.tlv(0xA0, place)) if place else b"",
        build.tlv(flag, b"\xff") if flag else b"",
        build.tlv(0x83, reasons) if reasons else b"",
        build.tlv(0x84, b"\xff") if indirect else b"",
    )


INDIRECT = scope(indirect=b"y")
NULL = {"p256": b"", "rsa": build.NULL_VALUE}
SOME, REST = b"\x05\x60", b"\x00\x1f\x80"  # reasons 1, 2; reasons 3 to 8


@dataclass(frozen=True)
class Entry:
    serial: int
    reason: int | None = None
    owner: bytes = b""
    extra: bytes = b""
    when: datetime = kit.NOW - WEEK

    def der(self) -> bytes:
        parts = []
        if self.reason is not None:
            parts.append(extension(REASON, build.tlv(0x0A, bytes((self.reason,)))))
        if self.owner:
            parts.append(extension(OWNER, build.sequence(self.owner), critical=1))
        parts.append(self.extra)
        tail = build.sequence(*parts) if any(parts) else b""
        return build.sequence(build.integer(self.serial), build.time(self.when), tail)


def extension(oid: str, value: bytes, critical: int = 0) -> bytes:
    flag = build.boolean(1) if critical else b""
    return build.sequence(build.oid(oid), flag, build.octet_string(value))


def make(
    signer: kit.Entity,
    *entries: Entry,
    idp: bytes | None = None,
    delta: int | None = None,
    number: int | None = 5,
    since: datetime = kit.NOW,
    until: datetime | None = kit.NOW + WEEK,
    more: bytes = b"",
    issuer: kit.Entity | None = None,
) -> CRLFacts:
    kind = signer.key.kind
    algorithm = build.algorithm(algorithms.signature_oid(kind, "sha256"), NULL[kind])
    authority = key_identifier(signer.key.public)
    extensions = [extension("2.5.29.35", build.sequence(build.tlv(0x80, authority)))]
    if number is not None:
        extensions.append(extension("2.5.29.20", build.integer(number)))
    if idp is not None:
        extensions.append(extension(IDP, idp, critical=1))
    if delta is not None:
        extensions.append(extension(DELTA, build.integer(delta), critical=1))
    tbs = build.sequence(
        build.integer(1),
        algorithm,
        (issuer or signer).cert.subject_der,
        build.time(since),
        build.time(until) if until else b"",
        build.sequence(*(entry.der() for entry in entries)) if entries else b"",
        build.explicit(0, build.sequence(*extensions, more)),
    )
    value = build.bit_string(signer.key.sign(tbs))
    return CRLFacts.parse(build.sequence(tbs, algorithm, value))


def says(certificate: kit.Entity, above: list[kit.Entity], *lists: CRLFacts, pool=()) -> list[str]:
    asked = CRLScope(crls=lists, pool=tuple(entity.cert for entity in pool))
    found = asked.answers(certificate.cert, [entity.cert for entity in above])
    return [answer.says for answer in found]


ROOT = "scope root"


def family() -> tuple[kit.Entity, kit.Entity, kit.Entity]:
    root, issuer = ca(ROOT), ca("scope issuer", ROOT)
    return root, issuer, end(issuer)


def test_a_complete_list_answers_with_its_dates():
    root, issuer, cert = family()
    (answer,) = CRLScope(crls=(make(issuer, Entry(8)),)).answers(
        cert.cert, (issuer.cert, root.cert)
    )
    assert (answer.says, answer.this_update) == ("good", kit.NOW)
    assert answer.next_update == kit.NOW + WEEK
    assert status_at([answer], kit.NOW + WEEK) == "good"
    assert status_at([answer], kit.NOW + WEEK + timedelta(seconds=1)) == "unknown"
    assert status_at([answer], kit.NOW - timedelta(seconds=1)) == "unknown"
    bad = CRLScope(crls=(make(issuer, Entry(7, COMPROMISE)),))
    (answer,) = bad.answers(cert.cert, (issuer.cert, root.cert))
    assert (answer.says, answer.reason) == ("revoked", "key_compromise")
    assert status_at([answer], kit.NOW) == "revoked"


def test_l15_nothing_is_said_without_a_path_or_by_a_stranger():
    root, issuer, cert = family()
    assert says(cert, [], make(issuer)) == []
    assert says(cert, [issuer, root]) == []
    assert says(cert, [issuer, root], make(root)) == []
    # the right name under a stranger's key
    stranger = kit.Entity(kit.key("p256", "stranger"), issuer.cert)
    assert says(cert, [issuer, root], make(stranger, Entry(7))) == []


def test_l3_an_authority_that_may_not_sign_lists_says_nothing():
    root = ca(ROOT)
    issuer = ca("no lists", ROOT, key_usage=("key_cert_sign",))
    assert says(end(issuer), [issuer, root], make(issuer)) == []


def test_l3_a_namesake_under_another_anchor_says_nothing():
    root, issuer, cert = family()
    twin = kit.entity(
        "scope issuer", kind="rsa", issuer=ca("another root"), is_ca=True, key_usage=kit.CA
    )
    assert twin.cert.subject_der == issuer.cert.subject_der
    algorithm = build.algorithm("1.2.840.113549.1.1.11", build.NULL_VALUE)
    tbs = build.sequence(
        build.integer(1), algorithm, twin.cert.subject_der, build.time(kit.NOW),
        build.time(kit.NOW + WEEK), build.sequence(Entry(7).der()),
    )  # fmt: skip
    value = build.bit_string(twin.key.sign(tbs))
    bad = CRLFacts.parse(build.sequence(tbs, algorithm, value))
    assert bad.is_signed_by(twin.cert.public_key)
    assert says(cert, [issuer, root], bad, pool=[twin, ca("another root")]) == []


def test_l3_an_authority_cannot_speak_for_its_sibling_by_certifying_a_namesake():
    root, issuer, cert = family()
    evil = ca("scope sibling", ROOT)
    key = kit.key("p256", "namesake of the issuer")
    namesake = CertificateFacts.parse(
        kit.make_certificate(
            kit.spec("scope issuer", serial=66, key_usage=("crl_sign",)),
            public_key=key.public, issuer_key=evil.key, issuer=evil.cert,
        )
    )  # fmt: skip
    fake = kit.Entity(key, namesake)
    vouched = (make(root), make(evil))  # nobody is revoked
    pool = [fake, evil, issuer]
    assert says(cert, [issuer, root], make(fake), *vouched, pool=pool) == []
    assert says(cert, [issuer, root], make(fake, Entry(7)), *vouched, pool=pool) == []
    # the same key, certified by the anchor or by the issuer itself, may
    for above in (root, issuer):
        own = CertificateFacts.parse(
            kit.make_certificate(
                kit.spec("scope issuer", serial=67, key_usage=("crl_sign",)),
                public_key=key.public, issuer_key=above.key, issuer=above.cert,
            )
        )  # fmt: skip
        mine = kit.Entity(key, own)
        lists = (make(mine), make(root), make(issuer))
        assert says(cert, [issuer, root], *lists, pool=[mine, issuer]) == ["good", "good"]


# -- indirect lists


def indirect_family() -> tuple[kit.Entity, kit.Entity, kit.Entity, kit.Entity]:
    """A root, an issuer, a maker of lists beside it, and a certificate that names it."""
    root, issuer, maker = ca(ROOT), ca("scope issuer", ROOT), ca("scope maker", ROOT)
    return root, issuer, maker, end(issuer, points=point(issuer=named(maker)))


def test_an_entry_of_another_authority_condemns_nobody_else():
    root, issuer, maker, cert = indirect_family()
    clear = make(root)
    pool, above = [maker], [issuer, root]
    other = Entry(7, COMPROMISE, owner=named(ca("scope other", ROOT)))
    ours = Entry(9, owner=named(issuer))
    for entries, answer in [
        ([Entry(7)], "good"),  # the maker's own
        ([other], "good"),
        ([ours, other], "good"),
        ([ours, Entry(7)], "revoked"),  # the issuer was named last
        ([other, Entry(7)], "good"),
        ([other, ours, Entry(8), Entry(7)], "revoked"),
        ([Entry(7, owner=named(issuer))], "revoked"),
    ]:
        found = make(maker, *entries, idp=INDIRECT)
        assert says(cert, above, found, clear, pool=pool) == [answer]
        # and of the maker's own certificates only the maker's own entries speak
        own = end(maker)
        mine = "revoked" if entries == [Entry(7)] else "good"
        assert says(own, [maker, root], found) == [mine]


def test_an_indirect_list_speaks_only_where_the_certificate_names_its_issuer():
    root, issuer, maker, _ = indirect_family()
    found = make(maker, Entry(7, owner=named(issuer)), idp=INDIRECT)
    assert says(end(issuer), [issuer, root], found, make(root), pool=[maker]) == []
    # a list that is not indirect has no entries of others (RFC 5280 5.3.3), and clears nothing
    cert = end(issuer, points=point(issuer=named(maker)))
    assert says(cert, [issuer, root], make(maker), make(root), pool=[maker]) == []
    odd = make(issuer, Entry(8, owner=named(maker)))
    assert odd.entries_doubtful
    assert says(end(issuer), [issuer, root], odd) == []


def test_a_delegate_for_some_reasons_clears_only_those():
    root, issuer, maker, _ = indirect_family()
    cert = end(issuer, points=point(issuer=named(maker), reasons=SOME))
    part, rest = make(maker, idp=INDIRECT), make(issuer, idp=scope(reasons=REST))
    assert says(cert, [issuer, root], part, make(root), pool=[maker]) == []
    assert says(cert, [issuer, root], part, rest, make(root), pool=[maker]) == ["good"]


def test_l15_an_entry_whose_owner_cannot_be_read_may_be_anybodys():
    root, issuer, maker, cert = indirect_family()
    bad = extension(OWNER, b"\x30\x02\xff\xff", critical=1)
    found = make(maker, Entry(7, extra=bad), idp=INDIRECT)
    assert says(cert, [issuer, root], found, make(root), pool=[maker]) == ["revoked"]
    nameless = make(maker, Entry(7, owner=uri("http://x")), idp=INDIRECT)
    assert says(cert, [issuer, root], nameless, make(root), pool=[maker]) == ["revoked"]


def test_octets_that_look_like_an_owner_are_no_owner():
    root, issuer, maker, cert = indirect_family()
    fake = extension("1.2.3", bytes.fromhex("0603551d1d"))
    entries = (Entry(9, owner=named(issuer)), *(Entry(100 + n, extra=fake) for n in range(20)))
    for serial, answer in ((7, "revoked"), (8, "good")):
        found = make(maker, *entries, Entry(serial), idp=INDIRECT)
        assert says(cert, [issuer, root], found, make(root), pool=[maker]) == [answer]
    many = (Entry(9, owner=named(issuer)), *(Entry(100 + n, extra=fake) for n in range(300)))
    found = make(maker, *many, Entry(7), idp=INDIRECT)
    assert says(cert, [issuer, root], found, make(root), pool=[maker]) == ["revoked"]


# -- who vouches for a signer beside the path


def test_a_delegate_clears_only_while_it_is_known_to_be_good():
    root, issuer, maker, cert = indirect_family()
    found = make(maker, idp=INDIRECT)
    above = [issuer, root]
    late = make(root, since=kit.NOW - WEEK, until=kit.NOW + timedelta(days=1))
    (answer,) = CRLScope(crls=(found, late), pool=(maker.cert,)).answers(
        cert.cert, [entity.cert for entity in above]
    )
    assert answer.says == "good"
    assert answer.this_update == kit.NOW - WEEK
    assert answer.next_update == kit.NOW + timedelta(days=1)
    assert answer.lists == (found, late)
    assert says(cert, above, found, pool=[maker]) == []  # nothing known of the delegate
    revoked = make(root, Entry(maker.cert.serial))
    assert says(cert, above, found, revoked, pool=[maker]) == []
    bad = make(maker, Entry(7, owner=named(issuer)), idp=INDIRECT)
    assert says(cert, above, bad, pool=[maker]) == ["revoked"]  # condemns unless itself revoked
    assert says(cert, above, bad, revoked, pool=[maker]) == []


def test_authorities_of_the_path_are_not_asked_about_again():
    root, issuer, cert = family()
    key = kit.key("p256", "second key of the issuer")
    own = CertificateFacts.parse(
        kit.make_certificate(
            kit.spec("scope issuer", serial=72, key_usage=("crl_sign",)),
            public_key=key.public, issuer_key=issuer.key, issuer=issuer.cert,
        )
    )  # fmt: skip
    lists = (make(kit.Entity(key, own), number=1), make(issuer, idp=scope(reasons=SOME)))
    rest = make(issuer, idp=scope(reasons=REST))
    asked = CRLScope(crls=(*lists, rest), pool=(own, issuer.cert))
    found = asked.answers(cert.cert, (issuer.cert, root.cert))
    assert [answer.says for answer in found] == ["good", "good"]
    assert asked.checks == 3  # the delegate for two certificates; the delegate itself asked about


def weaker(cert: CertificateFacts, issuer: kit.Entity) -> CertificateFacts:
    """The same certificate under SHA-1, which our own keys refuse to sign with."""
    algorithm = build.algorithm("1.2.840.10045.4.1")
    parts = [node.raw for node in der.parse(cert.tbs).children()]
    parts[2] = algorithm
    tbs = build.sequence(*parts)
    value = issuer.key._secret.sign(tbs, ec.ECDSA(hashes.SHA1()))
    return CertificateFacts.parse(build.sequence(tbs, algorithm, build.bit_string(value)))


@pytest.mark.parametrize("weak", ["", "signature", "key"])
def test_l22_a_delegate_of_a_weak_signature_or_key_clears_nothing(weak):
    root, issuer, _ = family()
    key = kit.key("p256", "weak maker")
    if weak == "key":
        key = keys._wrap(rsa.generate_private_key(65537, 1024))
    made = CertificateFacts.parse(
        kit.make_certificate(
            kit.spec("weak maker", serial=73, key_usage=("crl_sign",)),
            public_key=key.public, issuer_key=root.key, issuer=root.cert,
        )
    )  # fmt: skip
    maker = kit.Entity(key, weaker(made, root) if weak == "signature" else made)
    cert = end(issuer, points=point(issuer=named(maker)))
    above, pool = [issuer, root], [maker]
    good = says(cert, above, make(maker, idp=INDIRECT), make(root), pool=pool)
    assert good == ([] if weak else ["good"])
    bad = make(maker, Entry(7, owner=named(issuer)), idp=INDIRECT)
    assert says(cert, above, bad, make(root), pool=pool) == ["revoked"]


def test_l22_a_list_under_two_names_of_an_algorithm_says_nothing():
    root, issuer, cert = family()
    good = make(issuer, Entry(7))
    tbs, _algorithm, value = (node.raw for node in der.parse(good.der).children())
    other = build.algorithm("1.2.840.10045.4.3.3")
    odd = CRLFacts.parse(build.sequence(tbs, other, value))
    assert "crl.algorithm_mismatch" in odd.quirks
    assert says(cert, [issuer, root], odd) == []


def test_a_delegate_clears_itself_only_where_its_issuer_says_so():
    root = ca(ROOT)
    own = ca("own maker", ROOT)
    allowed = kit.entity(
        "own maker", kind="p256", issuer=root, serial=3, key_usage=("crl_sign",),
        extensions={POINTS: point(issuer=named(own))},
    )  # fmt: skip
    found = make(allowed, idp=INDIRECT)
    assert says(allowed, [root], found, pool=[allowed]) == ["good"]
    rolled = kit.key("p256", "rolled")
    # a self-issued delegate of the issuer's own name: its silence about itself clears nothing
    again = CertificateFacts.parse(
        kit.make_certificate(
            kit.spec(ROOT, serial=44, key_usage=("crl_sign",)),
            public_key=rolled.public, issuer_key=root.key, issuer=root.cert,
        )
    )  # fmt: skip
    delegate = kit.Entity(rolled, again)
    assert delegate.cert.subject_der == root.cert.subject_der
    assert says(delegate, [root], make(delegate), pool=[delegate]) == []
    assert says(delegate, [root], make(delegate, Entry(44)), pool=[delegate]) == ["revoked"]


def test_two_delegates_that_vouch_for_each_other_clear_nothing():
    root = ca(ROOT)
    first, second = (
        kit.entity(
            name, kind="p256", issuer=root, serial=serial, key_usage=("crl_sign",),
            extensions={POINTS: point(issuer=named(ca(other, ROOT)))},
        )
        for name, serial, other in (("one", 21, "two"), ("two", 22, "one"))
    )  # fmt: skip
    lists = [make(first, idp=INDIRECT), make(second, idp=INDIRECT)]
    cert = end(root, points=point(issuer=named(first)))
    assert says(cert, [root], *lists, pool=[first, second]) == []
    assert says(cert, [root], *lists, make(root), pool=[first, second]) == ["good", "good"]


# -- scope


def test_lists_of_some_reasons_clear_only_together():
    root, issuer, cert = family()
    one = make(issuer, idp=scope(reasons=SOME), since=kit.NOW - WEEK)
    two = make(issuer, idp=scope(reasons=REST), until=kit.NOW + timedelta(days=2))
    assert says(cert, [issuer, root], one) == []
    assert says(cert, [issuer, root], two) == []
    (answer,) = CRLScope(crls=(one, two)).answers(cert.cert, (issuer.cert, root.cert))
    assert (answer.says, answer.this_update) == ("good", kit.NOW - WEEK)
    assert answer.next_update == kit.NOW + timedelta(days=2)
    held = make(issuer, Entry(7, HOLD), idp=scope(reasons=REST))
    assert says(cert, [issuer, root], one, held) == ["revoked"]
    limited = end(issuer, points=point(place=uri("http://a"), reasons=SOME))
    assert says(limited, [issuer, root], make(issuer, idp=scope(uri("http://a")))) == []


@pytest.mark.parametrize(
    ("place", "fits"),
    [(uri("http://a"), True), (uri("http://b") + uri("http://a"), True), (uri("http://b"), False)],
)
def test_a_list_of_another_place_clears_nothing_and_condemns(place, fits):
    root, issuer, _ = family()
    cert = end(issuer, points=point(uri("http://a")))
    good, bad = make(issuer, idp=scope(place)), make(issuer, Entry(7), idp=scope(place))
    assert says(cert, [issuer, root], good) == (["good"] if fits else [])
    assert says(cert, [issuer, root], bad) == ["revoked"]


@pytest.mark.parametrize(
    ("flag", "for_user", "for_ca"), [(0x81, True, False), (0x82, False, True), (0x85, False, False)]
)
def test_a_list_of_one_kind_of_certificate(flag, for_user, for_ca):
    root, issuer, cert = family()
    assert says(cert, [issuer, root], make(issuer, idp=scope(flag=flag))) == ["good"] * for_user
    assert says(issuer, [root], make(root, idp=scope(flag=flag))) == ["good"] * for_ca
    listed = make(issuer, Entry(7), idp=scope(flag=flag))
    # serial numbers of attribute certificates are others
    assert says(cert, [issuer, root], listed) == ["revoked"] * (flag != 0x85)


def test_a_list_of_two_kinds_only_is_refused():
    _, issuer, _ = family()
    both = build.sequence(build.tlv(0x81, b"\xff"), build.tlv(0x82, b"\xff"))
    with pytest.raises(MalformedInput) as caught:
        make(issuer, idp=both)
    assert caught.value.code == "crl.scope"


def test_a_relative_name_is_read_from_the_issuer_of_the_list():
    root, issuer, _ = family()
    attribute = build.sequence(build.oid("2.5.4.3"), build.utf8("List 1"))
    relative = build.tlv(0xA0, build.tlv(0xA1, attribute))
    whole = build.tlv(0xA4, issuer.cert.subject_der[:0] + build.sequence(
        issuer.cert.subject_der[2:], build.set_of([attribute])
    ))  # fmt: skip
    listed = make(issuer, idp=build.sequence(relative))
    for place in (build.sequence(build.sequence(relative)), point(whole)):
        assert says(end(issuer, points=place), [issuer, root], listed) == ["good"]
    assert says(end(issuer), [issuer, root], listed) == []


def test_l15_what_is_unknown_and_critical_clears_nothing_and_condemns():
    root, issuer, cert = family()
    more = extension("1.2.3", b"\5\0", critical=1)
    assert says(cert, [issuer, root], make(issuer, more=more)) == []
    assert says(cert, [issuer, root], make(issuer, Entry(7), more=more)) == ["revoked"]
    assert says(cert, [issuer, root], make(issuer, Entry(8, extra=more))) == []
    assert says(cert, [issuer, root], make(issuer, Entry(7, extra=more))) == ["revoked"]
    plain = extension("1.2.3", b"\5\0")
    assert says(cert, [issuer, root], make(issuer, Entry(8, extra=plain))) == ["good"]
    odd = end(issuer, points=b"\x30\x03\x02\x01\x01")
    assert says(odd, [issuer, root], make(issuer)) == []
    assert says(odd, [issuer, root], make(issuer, Entry(7))) == ["revoked"]


# -- delta lists


def delta_says(base: CRLFacts, *deltas: CRLFacts) -> list[str]:
    root, issuer, cert = family()
    return says(cert, [issuer, root], base, *deltas)


def test_a_delta_list_brings_its_complete_list_up_to_date():
    root, issuer, cert = family()
    base = make(issuer, since=kit.NOW - WEEK, number=5)
    delta = make(issuer, delta=5, number=6, until=kit.NOW + timedelta(days=1))
    found = CRLScope(crls=(base, delta)).answers(cert.cert, (issuer.cert, root.cert))
    dates = [(a.says, a.this_update, a.next_update) for a in found]
    assert dates == [
        ("good", kit.NOW - WEEK, kit.NOW + WEEK),
        ("good", kit.NOW, kit.NOW + timedelta(days=1)),
    ]
    assert delta_says(make(issuer, delta=5, number=6)) == []
    assert delta_says(base, make(issuer, Entry(7), delta=5, number=6)) == ["revoked", "good"]


def test_a_delta_list_under_another_key_of_the_issuer_lifts_nothing():
    root, issuer, cert = family()
    key = kit.key("p256", "second key of the issuer")
    second = CertificateFacts.parse(
        kit.make_certificate(
            kit.spec("scope issuer", serial=71, key_usage=("crl_sign",)),
            public_key=key.public, issuer_key=root.key, issuer=root.cert,
        )
    )  # fmt: skip
    held = make(issuer, Entry(7, HOLD), number=5)
    lift = make(kit.Entity(key, second), Entry(7, REMOVE), delta=5, number=6)
    pool = [kit.Entity(key, second)]
    assert says(cert, [issuer, root], held, lift, make(root), pool=pool) == ["revoked"]


def test_a_hold_is_lifted_by_a_delta_list_of_the_same_series_alone():
    root, issuer, _ = family()
    held = make(issuer, Entry(7, HOLD), since=kit.NOW - WEEK, number=5)
    lift = Entry(7, REMOVE)
    assert delta_says(held) == ["revoked"]
    assert delta_says(held, make(issuer, lift, delta=5, number=6)) == ["good"]
    for other in (
        make(issuer, lift, delta=6, number=7),  # completes a later list
        make(issuer, lift, delta=4, number=5),  # older than the list
        make(issuer, lift, delta=5, number=None),
        make(issuer, lift, delta=5, number=6, idp=scope(uri("http://a"))),
        make(root, lift, delta=5, number=6),
        make(issuer, Entry(8, REMOVE), delta=5, number=6),
        make(issuer, lift, delta=5, number=6, more=extension("1.2.3", b"\5\0", critical=1)),
    ):
        assert delta_says(held, other) == ["revoked"]
    assert delta_says(
        make(issuer, Entry(7, HOLD), number=None), make(issuer, lift, delta=5, number=6)
    ) == ["revoked"]
    # a later delta list lifts what an earlier one held, not the other way round
    base, hold = make(issuer, number=5), make(issuer, Entry(7, HOLD), delta=5, number=6)
    assert delta_says(base, hold, make(issuer, lift, delta=5, number=7)) == ["good", "good"]
    assert delta_says(base, hold, make(issuer, lift, delta=4, number=5)) == ["revoked", "good"]
    again = make(issuer, lift, Entry(7, HOLD), delta=5, number=6)
    assert delta_says(held, again) == ["revoked", "revoked"]
    compromised = make(issuer, Entry(7, COMPROMISE), number=5)
    assert delta_says(compromised, make(issuer, lift, delta=5, number=6)) == ["revoked"]
    both = make(issuer, Entry(7, HOLD), Entry(7, COMPROMISE), number=5)
    assert delta_says(both, make(issuer, lift, delta=5, number=6)) == ["revoked"]
    nothing = make(issuer, lift, number=5)  # removeFromCRL in a complete list is a doubt
    assert delta_says(nothing) == ["revoked"]


# -- bounds


def test_l17_a_flood_of_lists_and_signers_hides_no_entry():
    root, issuer, cert = family()
    key = kit.key("p256", "stranger")
    stranger = CertificateFacts.parse(
        kit.make_certificate(
            kit.spec("scope issuer", serial=5, key_usage=("crl_sign",)),
            public_key=key.public,
            issuer_key=key,
        )
    )
    flood = [make(kit.Entity(key, stranger), number=n) for n in range(40)]
    few, above = Limits(crl_checks=20), (issuer.cert, root.cert)
    asked = CRLScope(crls=(*flood, make(issuer)), pool=(stranger,), limits=few)
    assert asked.answers(cert.cert, above) == ()
    assert asked.checks == 20
    assert asked.exhausted
    enough = CRLScope(crls=(*flood, make(issuer)), pool=(stranger,))
    assert [answer.says for answer in enough.answers(cert.cert, above)] == ["good"]
    # whatever comes first, and however often it is asked, the authority's own entry is found
    listed = (make(issuer, Entry(7)), make(root, Entry(issuer.cert.serial)))
    bad = CRLScope(crls=(*flood, *listed), pool=(stranger,), limits=few)
    assert [answer.says for answer in bad.answers(cert.cert, above)] == ["revoked"]
    assert [answer.says for answer in bad.answers(issuer.cert, above[1:])] == ["revoked"]


def test_a_serial_number_that_stands_everywhere_is_a_doubt(monkeypatch):
    root, issuer, cert = family()
    monkeypatch.setattr(crl_module, "_SAME", 50)
    assert says(cert, [issuer, root], make(issuer, *[Entry(8)] * 60)) == ["good"]
    found = make(issuer, *[Entry(7)] * 60)
    assert found.lookup(7).unknown_critical == ("crl.entry",)
    assert says(cert, [issuer, root], found) == ["revoked"]


def test_many_signers_of_one_name_are_counted_not_tried_without_end(monkeypatch):
    root, issuer, cert = family()
    key = kit.key("p256", "stranger")
    pool = [
        kit.Entity(
            key,
            CertificateFacts.parse(
                kit.make_certificate(
                    kit.spec("scope issuer", serial=n, key_usage=("crl_sign",)),
                    public_key=key.public,
                    issuer_key=key,
                )
            ),
        )
        for n in range(60)
    ]
    lists = [make(pool[0], number=n) for n in range(60)]
    searches = []
    real = crl_scope.build_chain

    def counted(*args, **more):
        searches.append(1)
        return real(*args, **more)

    monkeypatch.setattr(crl_scope, "build_chain", counted)
    asked = CRLScope(crls=tuple(lists), pool=tuple(entity.cert for entity in pool))
    assert asked.answers(cert.cert, (issuer.cert, root.cert)) == ()
    assert asked.checks <= asked.limits.crl_checks
    assert len(searches) <= len(pool)


def test_a_long_list_is_looked_up_without_reading_its_entries(monkeypatch):
    _, issuer, _ = family()
    entries = b"".join(
        b"\x30\x13\x02\x02" + n.to_bytes(2, "big") + b"\x17\x0d260101000000Z"
        for n in range(256, 30_000)
    )
    algorithm = build.algorithm("1.2.840.10045.4.3.2")
    tbs = build.sequence(
        build.integer(1), algorithm, issuer.cert.subject_der, build.time(kit.NOW),
        build.sequence(entries), build.explicit(0, build.sequence(extension(IDP, INDIRECT, 1))),
    )  # fmt: skip
    reads = []
    real = crl_module._entry_values

    def counted(node):
        reads.append(1)
        return real(node)

    monkeypatch.setattr(crl_module, "_entry_values", counted)
    facts = CRLFacts.parse(build.sequence(tbs, algorithm, build.bit_string(b"x")))
    assert facts.count == 30_000 - 256
    assert facts.lookup(300).serial == 300
    assert facts.lookup(200) is None
    assert len(reads) == 1


def test_octets_that_look_critical_are_searched_a_bounded_number_of_times(monkeypatch):
    root, issuer, cert = family()
    reads = []
    real = crl_module._entry_values

    def counted(node):
        reads.append(1)
        return real(node)

    monkeypatch.setattr(crl_module, "_entry_values", counted)
    fake = extension("1.2.3", b"\x01\x01\xff\x04")
    few = make(issuer, *(Entry(100 + n, extra=fake) for n in range(20)))
    assert not few.entries_doubtful
    assert says(cert, [issuer, root], few) == ["good"]
    many = make(issuer, *(Entry(100 + n, extra=fake) for n in range(1000)))
    assert many.entries_doubtful
    assert says(cert, [issuer, root], many) == []
    assert len(reads) < 400


# -- places and scopes as they are written


@pytest.mark.parametrize(
    "value",
    [
        build.sequence(build.tlv(0x84, b"\xff"), build.tlv(0x81, b"\xff")),  # out of order
        build.sequence(build.tlv(0x81, b"\xff"), build.tlv(0x81, b"\xff")),  # twice
        build.sequence(build.tlv(0x86, b"\xff")),  # no such member
        build.sequence(build.tlv(0x81, b"")),
        build.sequence(build.tlv(0x84, b"\xff\xff")),
        build.sequence(build.tlv(0x83, b"")),
        build.sequence(build.tlv(0x83, b"\x09\x00")),
        build.sequence(build.tlv(0x83, b"\x01")),
        build.sequence(build.tlv(0xA0)),
        build.sequence(build.tlv(0xA0, build.tlv(0xA2, uri("http://a")))),
        build.tlv(0x31),
    ],
)
def test_a_list_of_an_unreadable_scope_is_refused(value):
    _, issuer, _ = family()
    with pytest.raises(MalformedInput):
        make(issuer, idp=value)


def test_scopes_are_read_as_they_are_written():
    _, issuer, _ = family()
    false = make(issuer, idp=build.sequence(build.tlv(0x81, b"\0"), build.tlv(0x84, b"\0")))
    assert (false.point.only, false.point.indirect) == ("", False)
    some = make(
        issuer, idp=build.sequence(build.tlv(0x83, b"\x07\x00\x80"), build.tlv(0x84, b"\1"))
    )
    assert some.point.reasons == 1 << 8
    assert some.point.indirect
    assert make(issuer, idp=scope(reasons=SOME)).point.reasons == 0b110
    assert make(issuer, idp=scope(reasons=REST)).point.reasons == ALL_REASONS - 0b110
