"""OCSP statements as the judge reads them: doubt leaves only what condemns (L15, L17)."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import crypto_kit as kit
from ecert.crypto.ocsp import OCSPFacts
from ecert.verification.case import RevocationCase
from ecert.verification.responding import Response, respond

DAY = timedelta(days=1)
GOOD, REVOKED, UNKNOWN = ocsp.OCSPCertStatus


def subject(**more) -> kit.Entity:
    return kit.entity("subject", kind="p256", issuer=kit.root("p256"), serial=0x4D, **more)


def response(status=GOOD, *, by: kit.Entity | None = None, about: kit.Entity | None = None):
    signer = by or kit.root("p256")
    revoked = status is REVOKED
    certificate = x509.load_der_x509_certificate(signer.cert.der)
    made = ocsp.OCSPResponseBuilder().add_response(
        cert=x509.load_der_x509_certificate((about or subject()).cert.der),
        issuer=x509.load_der_x509_certificate(kit.root("p256").cert.der),
        algorithm=hashes.SHA256(),
        cert_status=status,
        this_update=kit.NOW,
        next_update=None,
        revocation_time=kit.NOW - DAY if revoked else None,
        revocation_reason=x509.ReasonFlags.key_compromise if revoked else None,
    )
    made = made.responder_id(ocsp.OCSPResponderEncoding.HASH, certificate)
    made = made.certificates([certificate])
    key = serialization.load_der_private_key(signer.key.to_pkcs8_der(), None)
    der = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    return OCSPFacts.parse(der)


def say(facts: OCSPFacts, *, about: kit.Entity | None = None, lists=()):
    return respond(
        Response(facts, "given", (3,)),
        (about or subject()).cert,
        kit.root("p256").cert,
        pool=(),
        about=lambda _delegate: lists,
    )


def changed(facts: OCSPFacts, **more) -> OCSPFacts:
    """Change what was read; the signature holds over the bytes that were."""
    return replace(facts, responses=(replace(facts.responses[0], **more),))


def test_the_issuer_s_word_needs_nobody_else():
    (found,) = say(response())
    assert (found.says, found.origin, found.stamped_by) == ("good", "given", (3,))
    assert (found.until, found.responder) == (None, None)


def test_unknown_is_no_answer():
    assert say(response(UNKNOWN)) == ()


def test_a_theft_is_named():
    (found,) = say(response(REVOKED))
    assert (found.says, found.compromise, found.revoked_at) == ("revoked", True, kit.NOW - DAY)


@pytest.mark.parametrize("status", [GOOD, REVOKED])
def test_what_nobody_understands_leaves_only_what_condemns(status):
    doubtful = changed(response(status), unknown_critical=("1.2.3",))
    whole = replace(response(status), unknown_critical=("1.2.3",))
    for facts in (doubtful, whole):
        assert [one.says for one in say(facts)] == ([] if status is GOOD else ["revoked"])


def test_rfc6960_after_its_end_a_certificate_may_be_forgotten():
    ended = subject(not_after=kit.NOW - 2 * DAY)
    facts = response(about=ended)
    assert say(facts, about=ended) == ()
    kept = changed(facts, archive_cutoff=kit.NOW - 3 * DAY)
    assert [one.says for one in say(kept, about=ended)] == ["good"]
    late = changed(facts, archive_cutoff=kit.NOW - DAY)
    assert say(late, about=ended) == ()
    assert [one.says for one in say(response(REVOKED, about=ended), about=ended)] == ["revoked"]


def test_rfc6960_what_is_known_of_a_delegate_goes_with_its_word():
    good = RevocationCase(origin="given", says="good", this_update=kit.NOW)
    bad = replace(good, says="revoked", revoked_at=kit.NOW)
    excused = kit.responder("p256")
    (found,) = say(response(by=excused), lists=(good,))
    assert (found.until, found.responder) == (excused.cert.not_after, None)
    (found,) = say(response(by=excused), lists=(bad,))
    assert found.responder == (bad,)
    checked = kit.responder("p256", extensions={})
    (found,) = say(response(by=checked), lists=(good,))
    assert found.responder == (good,)
    (found,) = say(response(by=checked))
    assert found.responder == ()
