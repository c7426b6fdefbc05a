"""OCSP responses given by the operator, or brought by the file: what they clear and what they condemn."""

from __future__ import annotations

import io
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509 import ocsp
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.validation import DocumentSecurityStore

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from attacks.generator import good_files, store, the_world
from attacks.world import AT, DAY
from ecert.crypto import keys
from ecert.crypto.keys import PrivateKey
from ecert.crypto.x509 import CertificateFacts
from ecert.crypto.x509_build import CertificateSpec, make_certificate
from ecert.errors import TrustError
from ecert.facade import Asking, verify

GOOD, REVOKED = ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED
HASH = ocsp.OCSPResponderEncoding.HASH
NO_CHECK = {"1.3.6.1.5.5.7.48.1.5": b"\5\0"}


def loaded(key: PrivateKey, certificate: CertificateFacts):
    return (
        serialization.load_der_private_key(key.to_pkcs8_der(), None),
        x509.load_der_x509_certificate(certificate.der),
    )


def delegate(**more):
    root_key, root = the_world().pki.root("p256")
    key = more.pop("key", None) or PrivateKey.generate("p256")
    values = {
        "subject": (("C", "CN"), ("CN", "TEST ONLY responder")),
        "serial": 4711,
        "not_before": AT - 400 * DAY,
        "not_after": AT + 9999 * DAY,  # the library dates responses by the clock
        "key_usage": ("digital_signature",),
        "extended_key_usage": ("ocsp_signing",),
        "extensions": NO_CHECK,
    }
    spec = CertificateSpec(**(values | more))
    der = make_certificate(spec, public_key=key.public, issuer_key=root_key, issuer=root)
    return key, CertificateFacts.parse(der)


def response(*, by=None, at=AT - DAY, status=GOOD, reason=None, next_update=30 * DAY) -> bytes:
    """Return a response about the bureau's P-256 certificate, by its issuer or a delegate."""
    issuer = the_world().pki.root("p256")
    key, certificate = loaded(*(by or issuer))
    revoked = status is REVOKED
    made = ocsp.OCSPResponseBuilder().add_response(
        cert=x509.load_der_x509_certificate(the_world().bureau_p256.certificate.der),
        issuer=x509.load_der_x509_certificate(issuer[1].der),
        algorithm=hashes.SHA1(),
        cert_status=status,
        this_update=at,
        next_update=at + next_update if next_update else None,
        revocation_time=at - DAY if revoked else None,
        revocation_reason=reason,
    )
    made = made.responder_id(HASH, certificate)
    if by is not None:
        made = made.certificates([certificate])
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def judged(*given: bytes, brought: tuple[bytes, ...] = (), keep_list: str = ""):
    """Return the report on a good file whose revocation list is taken away, responses instead."""

    def change(files):
        left = {k: v for k, v in files.items() if keep_list == k or "crls/root-p256" not in k}
        return left | {f"ocsp/{n}.ocsp": der for n, der in enumerate(given)}

    data = good_files()["cms_p256"]
    if brought:
        out = io.BytesIO(data)
        found = [asn1_ocsp.OCSPResponse.load(der) for der in brought]
        DocumentSecurityStore.add_dss(out, None, ocsps=found)
        data = out.getvalue()
    return verify(data, trust=store(change), at=AT, asking=Asking(test_trust="allowed"))


def answer(*given: bytes, **more) -> tuple[str, set[str | None]]:
    report = judged(*given, **more)
    check = report.root.find("signer[0].revocation")
    return report.decision.value, {r.code for r in check.reasons}


@pytest.fixture(autouse=True)
def properties_left_alone(monkeypatch):
    """pyHanko dates the document's properties with each increment, which L6 does not allow here."""
    monkeypatch.setattr(IncrementalPdfFileWriter, "_prep_dom_for_writing", lambda _: None)


def test_l15_without_list_and_response_it_is_unknown():
    assert answer() == ("refer", {"revocation.unknown"})


@pytest.mark.parametrize("where", ["given", "brought"])
def test_l17_a_fresh_response_clears(where):
    der = response()
    found = answer(der) if where == "given" else answer(brought=(der,))
    assert found == ("accept", set())


@pytest.mark.parametrize("where", ["given", "brought"])
def test_l17_an_old_one_does_not(where):
    for der in (response(at=AT - 40 * DAY), response(at=AT - 3 * DAY, next_update=DAY)):
        found = answer(der) if where == "given" else answer(brought=(der,))
        assert found == ("refer", {"revocation.stale"})


@pytest.mark.parametrize("where", ["given", "brought"])
def test_l17_revoked_condemns_whatever_else_says_good(where):
    stolen = response(status=REVOKED, reason=x509.ReasonFlags.key_compromise, at=AT - 300 * DAY)
    both = (response(), stolen)
    found = answer(*both) if where == "given" else answer(response(), brought=(stolen,))
    assert found == ("refuse", {"signer.key_compromised"})
    assert answer(stolen, keep_list="crls/root-p256.crl")[0] == "refuse"


def test_a_delegate_is_believed_while_its_certificate_is_in_force():
    assert answer(response(by=delegate())) == ("accept", set())
    assert answer(response(by=delegate(extended_key_usage=("client_auth",)))) == (
        "refer",
        {"revocation.unknown"},
    )
    ended = delegate(not_after=AT - timedelta(hours=1))
    assert answer(response(by=ended))[0] == "refer"


@pytest.mark.parametrize(("bits", "decision"), [(1024, "refer"), (2048, "accept")])
def test_l22_a_delegate_with_a_key_too_short_clears_nothing_and_may_condemn(bits, decision):
    """Who breaks the short key of a delegate writes "good" for whom he likes."""
    by = delegate(key=keys._wrap(rsa.generate_private_key(65537, bits)))
    codes = {"revocation.responder"} if decision == "refer" else set()
    assert answer(response(by=by)) == (decision, codes)
    assert answer(response(by=by, status=REVOKED))[1] == {"signer.revoked_no_poe"}


def test_rfc6960_a_delegate_without_nocheck_needs_evidence_of_its_own():
    unchecked = delegate(extensions={})
    assert answer(response(by=unchecked)) == ("refer", {"revocation.responder"})
    listed = "crls/root-p256.crl"
    assert answer(response(by=unchecked), keep_list=listed)[0] == "accept"


def test_an_unusable_response_in_the_trust_folder_is_refused():
    for der in (b"", b"\x30\x03\x0a\x01\x06", response()[:-1]):
        with pytest.raises(TrustError) as caught:
            judged(der)
        assert caught.value.code == "trust.invalid_file"


def test_an_unusable_response_in_the_file_is_no_evidence():
    broken = bytearray(response())
    broken[-1] ^= 1
    assert answer(brought=(bytes(broken),)) == ("refer", {"revocation.unknown"})
