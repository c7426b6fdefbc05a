"""PAdES LT and LTA files of others, with their anchors and a listing of their time stampers.

Each is asked about shortly after it was made, when its own evidence was fresh, and years later, when it
is not and its certificates have ended: then it takes evidence from the caller (docs/explanation/
time-and-revocation.md).
"""

from __future__ import annotations

import csv
import io
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pdf_kit as kit
from ecert.crypto.evidence import Evidence
from ecert.crypto.ocsp import OCSPFacts, answers
from ecert.crypto.x509 import CertificateFacts
from ecert.documents.facts import DocumentFacts
from ecert.facade import verify
from ecert.report import Report
from ecert.trust.store import TrustStore
from ecert.verification.policy import Policy

pytestmark = pytest.mark.skipif(not kit.SAMPLES.exists(), reason="../shared/samples is absent")

LTA = "pyhanko/pades-lta-dss-indirect-arrs-test.pdf"
LATER = datetime(2026, 11, 21, tzinfo=UTC)
ROOM = timedelta(minutes=10)
QUARTER = Policy.parse(b'id = "quarterly"\nversion = "1"\n[limits]\ncrl_age_s = 8640000\n')
"""pyHanko's own sample carries a list of 50 days; this policy takes it and may not accept (L23)."""


def facts_of(name: str) -> DocumentFacts:
    return kit.inspect(kit.read_sample(f"pdf/{name}"))


def trust_of(name: str, facts: DocumentFacts, **more: bytes) -> TrustStore:
    makers = {t.signer.spki_sha256 for s in facts.signatures for t in s.timestamps if t.signer}
    anchors = kit.SAMPLES / "pdf/anchors" / f"{name.replace('/', '__')}.pem"
    service = {
        "kind": "TSA",
        "anchors": [{"spki_sha256": maker} for maker in sorted(makers)],
        "status": "granted",
        "status_start": "2000-01-01T00:00:00Z",
    }
    listed = {
        "list_id": "samples",
        "territory": "100000",
        "version": "1",
        "issued_at": "2019-01-01T00:00:00Z",
        "next_update": "2040-01-01T00:00:00Z",
        "entries": [
            {
                "issuer_id": "12100000000000000T",
                "names": [{"name": "stampers of the sample"}],
                "territory": "100000",
                "services": [service],
            }
        ],
    }
    files = {"anchors/a.pem": anchors.read_bytes(), "issuers.yaml": yaml.safe_dump(listed).encode()}
    return TrustStore.from_files({**files, **{k.replace("__", "/"): v for k, v in more.items()}})


def asked(name: str, at: datetime, policy: Policy | None = None) -> Report:
    facts = facts_of(name)
    trust = trust_of(name, facts)
    return verify(kit.read_sample(f"pdf/{name}"), trust=trust, at=at, policy=policy)


def standing(report: Report) -> list[tuple[str, str, str]]:
    return [(s.role, s.trust.value, s.time.grade) for s in report.signatures]


@pytest.mark.parametrize(
    ("name", "stamps"),
    [
        (LTA, 1),
        ("dss/pades-ltv.pdf", 2),
        ("dss/pades-lta-copied-doctst.pdf", 0),
    ],
)
def test_shortly_after_it_was_made_the_time_is_proven_and_the_path_trusted(name, stamps):
    facts = facts_of(name)
    made = max(t.gen_time for s in facts.signatures for t in s.timestamps)
    policy = QUARTER if name == LTA else None
    report = asked(name, made + ROOM, policy)
    assert standing(report) == [
        ("other", "passed", "proven"),
        *[("timestamp", "passed", "proven")] * stamps,
        *[("timestamp", "passed", "absent")] * (len(facts.signatures) - 1 - stamps),
    ]
    assert report.signatures[0].time.proven == made
    assert report.decision.value != "accept"


@pytest.mark.parametrize("name", [LTA, "dss/pades-ltv.pdf", "dss/pades-tst-with-sig-type.pdf"])
def test_l17_years_later_what_the_file_brings_does_not_clear(name):
    assert {(trust, grade) for _, trust, grade in standing(asked(name, LATER))} <= {
        ("indeterminate", "declared"),
        ("indeterminate", "absent"),
    }


def test_a_copied_document_stamp_proves_nothing():
    """broken-ts: the token is genuine, over another document."""
    name = "dss/pades-lta-copied-doctst.pdf"
    facts = facts_of(name)
    made = facts.signatures[1].timestamps[0].gen_time
    report = asked(name, made + ROOM)
    copied = report.signatures[1]
    assert (copied.role, copied.integrity.value, copied.time.grade) == (
        "timestamp",
        "failed",
        "absent",
    )
    assert facts.signatures[1].stamps == (0,)  # it covers the bytes; its imprint is of others
    assert report.decision.value == "refuse"


def test_rfc6960_a_responder_of_the_authority_above_is_no_delegate():
    """DSS's responder is certified by the root, not by the CA that issued the signer (4.2.2.2)."""
    facts = facts_of("dss/pades-tst-with-sig-type.pdf")
    (response,) = [OCSPFacts.parse(e.der) for e in facts.all_evidence if e.kind == "ocsp"]
    signer = facts.signatures[0].signer
    issuers = [c for c in facts.signatures[0].certificates if c.is_ca]
    (named,) = [c for c in issuers if response.responses[0].is_about(signer, c)]
    assert answers(response, signer, named) == ()
    made = facts.signatures[1].timestamps[0].gen_time
    report = asked("dss/pades-tst-with-sig-type.pdf", made + ROOM)
    assert "revocation.unknown" in report.reasons()


def test_l22_a_stamp_that_names_its_maker_by_sha1_alone_proves_nothing():
    """RFC 3161 before RFC 5816: ESSCertID is SHA-1 (iText's and GlobalSign's tokens)."""
    for name in (
        "itext/B-LTA_with_multiple_timestamps.pdf",
        "itext/signatureSigningCertExpired.pdf",
    ):
        facts = facts_of(name)
        made = max(t.gen_time for s in facts.signatures for t in s.timestamps)
        report = asked(name, made + ROOM)
        assert {s.time.grade for s in report.signatures} <= {"declared", "absent"}
        chains = [c for c in report.root.walk() if c.id.endswith("].chain") and "time" in c.id]
        assert "tsp.quirk" in {r.code for c in chains for r in c.reasons}


def identity(item: Evidence) -> object:
    """pyHanko keeps one certificate for an issuer and number; lists and responses by their bytes."""
    if item.kind != "certificate":
        return item.der
    certificate = CertificateFacts.parse(item.der)
    return certificate.issuer_der, certificate.serial


def test_pyhanko_reads_the_same_store():
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import DocumentSecurityStore

    found = 0
    with (kit.SAMPLES / "pdf/INDEX.tsv").open(encoding="utf-8", newline="") as lines:
        names = [
            row["file"] for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        ]
    for name in names:
        ours = facts_of(name).evidence
        if not ours:
            continue
        reader = PdfFileReader(io.BytesIO(kit.read_sample(f"pdf/{name}")), strict=False)
        theirs = DocumentSecurityStore.read_dss(reader)
        for kind, count in (
            ("certificate", len(theirs.certs)),
            ("crl", len(theirs.crls)),
            ("ocsp", len(theirs.ocsps)),
        ):
            assert len({identity(e) for e in ours if e.kind == kind}) == count, (name, kind)
        found += 1
    assert found >= 6
