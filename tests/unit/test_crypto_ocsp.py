"""OCSP responses: what is read, who may sign one, what is refused; `cryptography` writes them."""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import crypto_kit as kit
from ecert.crypto import der_build as build
from ecert.crypto.ocsp import OCSPFacts, answers
from ecert.errors import MalformedInput

DAY = timedelta(days=1)


def loaded(entity):
    key = serialization.load_der_private_key(entity.key.to_pkcs8_der(), None)
    return x509.load_der_x509_certificate(entity.cert.der), key


def subject(kind="p256", **more):
    return kit.entity(f"subject {kind}", kind=kind, issuer=kit.root(kind), serial=0x4D, **more)


def response(
    kind="p256",
    *,
    by=None,
    status=ocsp.OCSPCertStatus.GOOD,
    reason=None,
    algorithm=None,
    next_update=DAY,
    extensions=(),
    carried=True,
    encoding=ocsp.OCSPResponderEncoding.HASH,
):
    by = by or kit.responder(kind)
    certificate, key = loaded(by)
    revoked = status is ocsp.OCSPCertStatus.REVOKED
    issuer = x509.load_der_x509_certificate(kit.root(kind).cert.der)
    made = ocsp.OCSPResponseBuilder().add_response(
        cert=x509.load_der_x509_certificate(subject(kind).cert.der),
        issuer=issuer,
        algorithm=algorithm or hashes.SHA1(),
        cert_status=status,
        this_update=kit.NOW,
        next_update=kit.NOW + next_update if next_update else None,
        revocation_time=kit.NOW - DAY if revoked else None,
        revocation_reason=reason,
    )
    made = made.responder_id(encoding, certificate)
    if carried:
        made = made.certificates([certificate])
    for value, critical in extensions:
        made = made.add_extension(value, critical)
    digest = None if kind == "ed25519" else hashes.SHA256()
    return made.sign(key, digest).public_bytes(serialization.Encoding.DER)


def ask(der, kind="p256", pool=()):
    facts = OCSPFacts.parse(der)
    return answers(facts, subject(kind).cert, kit.root(kind).cert, pool=pool)


@pytest.mark.parametrize("kind", ["rsa", "p256", "p384", "ed25519"])
@pytest.mark.parametrize("digest", [hashes.SHA1(), hashes.SHA256(), hashes.SHA512()])
def test_the_issuer_is_named_by_any_of_the_digests(kind, digest):
    (found,) = ask(response(kind, algorithm=digest), kind)
    assert (found.single.says, found.needs_check) == ("good", False)
    assert (found.single.this_update, found.single.next_update) == (kit.NOW, kit.NOW + DAY)


@pytest.mark.parametrize("encoding", list(ocsp.OCSPResponderEncoding))
def test_the_responder_is_named_by_key_or_by_name(encoding):
    assert ask(response(encoding=encoding))


def test_a_revocation_has_time_and_reason():
    der = response(status=ocsp.OCSPCertStatus.REVOKED, reason=x509.ReasonFlags.key_compromise)
    (found,) = ask(der)
    assert (found.single.says, found.single.reason) == ("revoked", "key_compromise")
    assert found.single.revoked_at == kit.NOW - DAY


def test_a_delegate_left_out_is_looked_for_in_the_pool():
    der = response(carried=False)
    assert ask(der) == ()
    assert ask(der, pool=(kit.responder("p256").cert,))


def test_a_delegate_of_another_authority_with_the_same_name_is_nobody():
    impostor = kit.entity("root p256", kind="p256", is_ca=True, key_usage=kit.CA)
    fake = kit.Entity(kit.key("p256", "another key"), impostor.cert)
    other = kit.entity(
        *("responder p256",),
        kind="p256",
        issuer=fake,
        serial=88,
        extended_key_usage=("ocsp_signing",),
    )
    assert ask(response(by=other)) == ()


def test_a_delegate_with_a_rule_that_nobody_knows_is_nobody():
    odd = kit.responder("p256", critical_extensions={"1.2.3.4": b"\5\0"})
    assert ask(response(by=odd)) == ()


def test_a_delegate_of_the_same_key_under_another_name_is_nobody():
    namesake = kit.entity("another name", kind="p256", is_ca=True, key_usage=kit.CA)
    renamed = kit.Entity(kit.root("p256").key, namesake.cert)
    other = kit.entity(
        "responder p256",
        kind="p256",
        issuer=renamed,
        serial=88,
        extended_key_usage=("ocsp_signing",),
    )
    assert ask(response(by=other)) == ()


def test_unknown_critical_extensions_are_reported_and_a_nonce_is_not():
    odd = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0")
    (found,) = ask(response(extensions=[(x509.OCSPNonce(b"12345678"), True), (odd, True)]))
    assert found.unknown_critical == ("1.2.3.4",)
    (plain,) = ask(response(extensions=[(x509.OCSPNonce(b"12345678"), True), (odd, False)]))
    assert plain.unknown_critical == ()


def test_a_bare_basic_response_is_read_too():
    facts = OCSPFacts.parse(response())
    assert OCSPFacts.parse(facts.der) == facts


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "der.truncated"),
        (build.sequence(b"\x0a\x01\x06"), "ocsp.unsuccessful"),
        (build.sequence(b"\x0a\x01\x00"), "der.missing"),
        (
            build.sequence(
                b"\x0a\x01\x00",
                build.explicit(0, build.sequence(build.oid("1.2.3"), build.octet_string(b"\5\0"))),
            ),
            "ocsp.type",
        ),
        (b"\x30" * 4096, "der.trailing"),
    ],
)
def test_what_is_no_answer_is_refused(data, code):
    with pytest.raises(MalformedInput) as caught:
        OCSPFacts.parse(data)
    assert caught.value.code == code


def test_no_prefix_and_no_changed_byte_does_more_than_be_refused_or_say_nothing():
    der = response()
    facts = OCSPFacts.parse(der)
    start = der.index(facts.tbs)
    for cut in range(0, len(der), 7):
        with pytest.raises(MalformedInput):
            OCSPFacts.parse(der[:cut])
    for place in range(start, start + len(facts.tbs), 3):
        changed = bytearray(der)
        changed[place] ^= 0x10
        with suppress(MalformedInput):
            assert ask(bytes(changed)) == ()
