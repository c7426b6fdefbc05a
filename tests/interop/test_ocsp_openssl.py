"""OCSP responses made by the openssl command line: RSA, EC, SM2; issuer and delegate (RFC 6960)."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import crypto_kit as kit
from ecert.crypto.ocsp import OCSPFacts, answers
from ecert.verification.responding import Response
from ecert.verification.responding import respond as respond_case

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="the openssl command line is absent")

KINDS = ["rsa", "p256", "sm2"]
REVOKED = "231231120000Z"


def run(folder: Path, *arguments: object) -> None:
    done = subprocess.run(
        [OPENSSL, *map(str, arguments)], cwd=folder, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr.decode()


def respond(
    folder: Path,
    kind: str,
    *,
    by: kit.Entity,
    status: str = "V",
    by_key: bool = False,
    serial: str = "4D",
    digest: str = "sha256",
) -> tuple[bytes, kit.Entity]:
    """Return the response of openssl about a certificate of the root."""
    subject = kit.entity(f"subject {kind}", kind=kind, issuer=kit.root(kind), serial=0x4D)
    for name, der in (("ca", kit.root(kind).cert.der), ("subject", subject.cert.der)):
        (folder / f"{name}.pem").write_bytes(kit.pem("CERTIFICATE", der))
    (folder / "responder.pem").write_bytes(kit.pem("CERTIFICATE", by.cert.der))
    (folder / "responder.key").write_bytes(kit.pem("PRIVATE KEY", by.key.to_pkcs8_der()))
    when = f"{REVOKED},keyCompromise" if status == "R" else ""
    (folder / "index.txt").write_text(
        f"{status}\t400101000000Z\t{when}\t{serial}\tunknown\t/CN=x\n"
    )
    run(folder, "ocsp", "-issuer", "ca.pem", "-cert", "subject.pem", "-reqout", "request.der")
    more = ["-resp_key_id"] if by_key else []
    if kind != "sm2":
        more += ["-rmd", digest]
    if kind == "sm2":
        more += ["-rmd", "sm3", "-rsigopt", "distid:1234567812345678"]
    run(
        *(folder, "ocsp", "-index", "index.txt", "-CA", "ca.pem", "-rsigner", "responder.pem"),
        *("-rkey", "responder.key", "-reqin", "request.der", "-respout", "response.der"),
        *("-ndays", "3", *more),
    )
    return (folder / "response.der").read_bytes(), subject


@pytest.mark.parametrize("by_key", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_delegate_of_the_issuer_says_good(tmp_path, kind, by_key):
    responder = kit.responder(kind)
    der, subject = respond(tmp_path, kind, by=responder, by_key=by_key)
    facts = OCSPFacts.parse(der)
    (found,) = answers(facts, subject.cert, kit.root(kind).cert)
    assert (found.single.says, found.responder, found.needs_check) == (
        "good",
        responder.cert,
        False,
    )
    assert (facts.responder_key is not None) is by_key
    assert found.unknown_critical == ()
    now = datetime.now(UTC)
    assert abs(found.single.this_update - now) < timedelta(hours=1)
    assert found.single.next_update is not None


@pytest.mark.parametrize("kind", KINDS)
def test_the_issuer_itself_says_revoked_with_time_and_reason(tmp_path, kind):
    der, subject = respond(tmp_path, kind, by=kit.root(kind), status="R")
    (found,) = answers(OCSPFacts.parse(der), subject.cert, kit.root(kind).cert)
    assert (found.single.says, found.responder) == ("revoked", None)
    assert found.single.revoked_at == datetime(2023, 12, 31, 12, tzinfo=UTC)
    assert found.single.reason == "key_compromise"


@pytest.mark.parametrize("kind", KINDS)
def test_a_stranger_a_server_certificate_and_a_changed_byte_say_nothing(tmp_path, kind):
    for by in (
        kit.entity(f"self {kind}", kind=kind, serial=88, extended_key_usage=("ocsp_signing",)),
        kit.responder(kind, extended_key_usage=("server_auth",)),
        kit.responder(kind, key_usage=("key_encipherment",)),
        kit.responder(kind, not_after=kit.NOW - timedelta(days=900)),
    ):
        der, subject = respond(tmp_path, kind, by=by)
        assert answers(OCSPFacts.parse(der), subject.cert, kit.root(kind).cert) == ()
    der, subject = respond(tmp_path, kind, by=kit.responder(kind))
    facts = OCSPFacts.parse(der)
    at = facts.der.index(facts.tbs) + facts.tbs.index(b"\x18\x0f") + 12
    changed = bytearray(facts.der)
    changed[at] ^= 1
    assert answers(OCSPFacts.parse(bytes(changed)), subject.cert, kit.root(kind).cert) == ()
    other = kit.entity("another", kind=kind, issuer=kit.root(kind), serial=0x4E)
    assert answers(facts, other.cert, kit.root(kind).cert) == ()
    twin = kit.root("p256" if kind != "p256" else "rsa")
    assert answers(facts, subject.cert, twin.cert) == ()


def test_a_delegate_without_nocheck_has_to_be_checked(tmp_path):
    responder = kit.responder("p256", extensions={})
    der, subject = respond(tmp_path, "p256", by=responder)
    (found,) = answers(OCSPFacts.parse(der), subject.cert, kit.root("p256").cert)
    assert found.needs_check


def test_a_serial_number_that_the_responder_does_not_know_is_unknown(tmp_path):
    der, subject = respond(tmp_path, "p256", by=kit.responder("p256"), serial="4E")
    (found,) = answers(OCSPFacts.parse(der), subject.cert, kit.root("p256").cert)
    assert found.single.says == "unknown"


@pytest.mark.parametrize(("status", "left"), [("V", []), ("R", ["revoked"])])
def test_l22_a_response_signed_over_sha1_may_only_condemn(tmp_path, status, left):
    der, subject = respond(tmp_path, "rsa", by=kit.responder("rsa"), status=status, digest="sha1")
    facts = OCSPFacts.parse(der)
    (found,) = answers(facts, subject.cert, kit.root("rsa").cert)
    assert "digest.weak" in found.quirks
    cases = respond_case(
        Response(facts, "given"), subject.cert, kit.root("rsa").cert, pool=(), about=lambda _: ()
    )
    assert [case.says for case in cases] == left
