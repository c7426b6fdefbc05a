"""The rows of x509/INDEX.tsv outside PKITS, under the trust that would make each acceptable."""

from __future__ import annotations

import csv
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from ecert.crypto.chain import build_chain
from ecert.crypto.x509 import CertificateFacts, explain_signature, is_signed_by
from ecert.errors import MalformedInput
from ecert.limits import Limits
from ecert.report import Check, Verdict
from ecert.trust.pem import pem_blocks
from ecert.trust.store import TrustStore
from ecert.verification.case import Case, ListingCase, SignatureCase, SigningTime
from ecert.verification.checks.context import Context
from ecert.verification.checks.signer import signer
from ecert.verification.policy import Policy
from ecert.verification.relating import Relating

SAMPLES = Path(__file__).resolve().parents[2] / "../shared/samples/x509"
if not SAMPLES.exists():
    pytest.skip("../shared/samples is absent", allow_module_level=True)

AT = datetime(2025, 1, 1, tzinfo=UTC)
ROOTS = (
    "tongsuo/sm2-chain-ca.crt",
    "tongsuo/sm2_chain-ca.crt",
    "tongsuo/sm2-root-cert.pem",
    "tongsuo/sm2-noza-root-cert.pem",
)
GOOD = {
    "tongsuo/sm2-cert.pem",
    "tongsuo/sm2-first-crt.pem",
    "tongsuo/sm2-leaf.crt",
    "tongsuo/sm2_client_sign.crt",
    "tongsuo/sm2_server_sign.crt",
}
USAGE = {
    "tongsuo/sm2_client_enc.crt",
    "tongsuo/sm2_client_enc_expire.crt",
    "tongsuo/sm2_server_enc.crt",
    "tongsuo/sm2_server_enc_expire.crt",
}
NO_Z = {"tongsuo/sm2-noza-cert.pem", "tongsuo/sm2-noza-root-cert.pem"}


@cache
def rows() -> tuple[dict[str, str], ...]:
    with (SAMPLES / "INDEX.tsv").open(encoding="utf-8", newline="") as lines:
        found = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return tuple(row for row in found if row["file"].startswith("sm2/"))


@cache
def certificates(name: str) -> tuple[CertificateFacts, ...]:
    data = (SAMPLES / "sm2" / name).read_bytes()
    if b"-----BEGIN CERTIFICATE-----" not in data:
        return ()
    return tuple(CertificateFacts.parse(block) for block in pem_blocks(data, "CERTIFICATE"))


@cache
def pool() -> tuple[CertificateFacts, ...]:
    names = [row["file"].removeprefix("sm2/") for row in rows()]
    return tuple(cert for name in names for cert in certificates(name))


def judged(certificate: CertificateFacts, time: SigningTime) -> Check:
    """The signer's axis, with every root of the folder trusted and this very key listed and granted."""
    anchors = [cert for name in ROOTS for cert in certificates(name) if cert.self_issued]
    trust = TrustStore(name="x", sha256=sha256(b"").hexdigest(), anchors=tuple(anchors))
    who = Relating(trust=trust, limits=Limits()).signer(certificate, pool())
    granted = ListingCase(
        authority="X", name="x", kind="certificate-issuer", signed=True, issued_at=AT,
        states=(("granted", datetime(1990, 1, 1, tzinfo=UTC), None),),
        next_update=AT + timedelta(days=1),
    )  # fmt: skip
    who = replace(who, listings=(granted,))
    signatures = (SignatureCase(index=0, kind="cms", signer=who),)
    ctx = Context(case=Case(signatures=signatures), policy=Policy.default(), at=AT)
    return signer(ctx, 0, who, time, status=Verdict.PASSED)


NOW = SigningTime(grade="declared", earliest=AT, latest=AT)


def names() -> list[str]:
    return [row["file"].removeprefix("sm2/") for row in rows()]


@pytest.mark.parametrize("name", [name for name in names() if certificates(name)])
def test_certificates_are_taken_where_they_are_good_and_nowhere_else(name):
    for certificate in certificates(name):
        check = judged(certificate, NOW)
        assert (check.verdict is Verdict.PASSED) is (name in GOOD), check


def test_each_group_of_certificates_is_met():
    with_certificates = {name for name in names() if certificates(name)}
    assert with_certificates >= GOOD | USAGE | NO_Z
    assert len(with_certificates) > 20


MUST_NOT = [row for row in rows() if row["must_not_accept"] == "yes"]


@pytest.mark.parametrize("row", MUST_NOT, ids=lambda row: row["file"])
@pytest.mark.parametrize("time", [NOW, SigningTime()], ids=["signed now", "signed sometime"])
def test_rows_that_must_not_be_accepted_are_not(row, time):
    name = row["file"].removeprefix("sm2/")
    if "expired" not in row["expected"]:  # keys: refused as such in test_crypto_sm2_engines.py
        assert "_bad_" in name
        assert not certificates(name)
        return
    for certificate in certificates(name):
        assert judged(certificate, time).verdict is not Verdict.PASSED
        roots = certificates("tongsuo/sm2_chain-ca.crt")
        chain = build_chain(certificate, pool=roots, anchors=roots[:1], at=AT)
        assert chain.problem.ok is False
        assert chain.problem.code == "signer.chain_dates"
        # the dates are all that stands against the path
        then = certificate.not_before + timedelta(days=1)
        assert build_chain(certificate, pool=roots, anchors=roots[:1]).problem.ok
        assert build_chain(certificate, pool=roots, anchors=roots[:1], at=then).problem.ok is False


@pytest.mark.parametrize("name", sorted(USAGE))
def test_l3_an_encryption_certificate_signs_nothing(name):
    for certificate in certificates(name):
        reasons = {r.code for check in judged(certificate, NOW).walk() for r in check.reasons}
        assert "signer.usage" in reasons


@pytest.mark.parametrize("name", sorted(NO_Z))
def test_l22_a_certificate_signed_without_z_makes_no_path(name):
    (root,) = certificates("tongsuo/sm2-noza-root-cert.pem")
    (certificate,) = certificates(name)
    assert not is_signed_by(certificate, root.public_key).ok
    assert explain_signature(certificate, root.public_key) == "x509.signature_no_z"
    if certificate != root:
        chain = build_chain(certificate, pool=pool(), anchors=[root])
        assert chain.path == ()
        assert chain.problem.ok is False
    assert judged(certificate, NOW).verdict is not Verdict.PASSED


@pytest.mark.parametrize("name", [name for name in names() if "csr" in name.lower()])
def test_requests_are_no_certificates(name):
    data = (SAMPLES / "sm2" / name).read_bytes()
    labels = ("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")
    blocks = [
        x
        for label in labels
        if f"-BEGIN {label}-".encode() in data
        for x in pem_blocks(data, label)
    ]
    assert blocks
    for block in blocks:
        with pytest.raises(MalformedInput):
            CertificateFacts.parse(block)
