"""Every row of eseal/INDEX.tsv under the trust that would make it acceptable (L1, L2, L11, L17).

The store is built in memory for each file: anchors are the certificates of signer, maker and time
stampers or of their issuers where those are at hand; a signed list grants exactly these keys as
certificate-issuer and seal-maker for all dates; every seal is active. The file is judged at the
instant of its own signature, where it must hold if ever. Control: rows that are intact reach
integrity and trust under the same construction, so the test can fail.
"""

from __future__ import annotations

import base64
import csv
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import ofd_kit as o
from cli_kit import SAMPLES
from ecert.crypto.x509 import CertificateFacts
from ecert.documents import inspect_document
from ecert.documents.facts import DocumentFacts
from ecert.errors import MalformedInput, MalformedSeal
from ecert.facade import verify
from ecert.limits import Limits
from ecert.report import Decision, Report, Verdict, Weight
from ecert.seals.asn1 import parse_seal, parse_seal_signature
from ecert.seals.facts import SealFacts
from ecert.trust.store import TrustStore
from ecert.verification.assess import _seal as related_seal
from ecert.verification.case import Case, SignatureCase, SigningTime
from ecert.verification.checks.context import Context
from ecert.verification.checks.seal import seal as judge_seal
from ecert.verification.checks.signer import signer as judge_signer
from ecert.verification.policy import Policy
from ecert.verification.relating import Relating
from eseal_kit import generous

FOLDER = SAMPLES / "eseal"
if not FOLDER.is_dir():
    pytest.skip("../shared/samples is absent", allow_module_level=True)

PEM = re.compile(rb"-----BEGIN CERTIFICATE-----(.*?)-----END", re.DOTALL)


def rows(*endings: str) -> list[dict[str, str]]:
    with (FOLDER / "INDEX.tsv").open(encoding="utf-8", newline="") as lines:
        found = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [row for row in found if row["file"].endswith(endings)] if endings else found


DOCUMENTS = rows(".ofd", ".pdf")
SEALS = rows(".esl", ".dat")
CERTIFICATES = rows(".der", ".pem", ".crt")


def ident(row: dict[str, str]) -> str:
    return f"{row['expected']}-{row['file']}"


def certificates(name: str) -> list[CertificateFacts]:
    data = (FOLDER / name).read_bytes()
    found = [base64.b64decode(b"".join(body.split())) for body in PEM.findall(data)] or [data]
    return [CertificateFacts.parse(der) for der in found]


def all_certificates() -> list[CertificateFacts]:
    return [c for row in CERTIFICATES for c in certificates(row["file"])]


def parties_of(facts: DocumentFacts) -> list[CertificateFacts]:
    """Signers, makers and stampers, and those of their issuers that came along."""
    found: list[CertificateFacts | None] = []
    for one in facts.signatures:
        stamps = [*one.timestamps, *([one.seal.timestamp] if one.seal else [])]
        found += [one.signer, one.seal.maker if one.seal else None, *one.certificates]
        found += [c for t in stamps if t is not None for c in (t.signer, *t.certificates)]
    return [c for c in found if c is not None]


def moment_of(facts: DocumentFacts) -> datetime:
    """Just after the last instant at which the file can have been signed."""
    last = [claim.latest for one in facts.signatures for claim in one.times if claim.latest]
    last += [t.gen_time for one in facts.signatures for t in one.timestamps if t.gen_time]
    return (max(last) if last else datetime(2026, 11, 20, tzinfo=UTC)) + timedelta(hours=1)


def judged(data: bytes) -> Report[object]:
    try:
        facts = inspect_document(data, Limits())
    except MalformedInput:
        return verify(data, trust=TrustStore.empty())  # type: ignore[return-value]
    at = moment_of(facts)
    seals = [one.seal.es_id for one in facts.signatures if one.seal is not None]
    trust = generous(parties_of(facts), at=at, seals=seals)
    return verify(data, trust=trust, at=at)  # type: ignore[return-value]


def taken(report: Report[object]) -> list[bool]:
    """For each signature: whether all three, integrity, trust and coverage, are there."""
    return [
        s.integrity is Verdict.PASSED and s.trust is Verdict.PASSED and s.covers_current
        for s in report.signatures
    ]


def test_every_row_of_the_index_is_driven() -> None:
    assert len(rows()) == 38 == len(DOCUMENTS) + len(SEALS) + len(CERTIFICATES)
    assert {row["must_not_accept"] for row in rows()} == {"yes", "no", "discuss"}


@pytest.mark.parametrize("row", DOCUMENTS, ids=ident)
def test_l1_l2_l6_documents_under_the_trust_that_would_take_them(row: dict[str, str]) -> None:
    report = judged((FOLDER / row["file"]).read_bytes())
    assert report.decision is not Decision.ACCEPT, "none carries a certificate's data"
    assert len(report.signatures) == (0 if row["expected"] == "unsigned" else 1)
    if row["must_not_accept"] == "yes":
        assert not any(taken(report))
    else:
        assert row["expected"] == "intact"
        assert taken(report) == [True], "the control: what is intact is taken"


@pytest.mark.parametrize("row", [r for r in DOCUMENTS if r["must_not_accept"] == "yes"], ids=ident)
def test_what_stands_against_a_row_is_the_thing_that_was_done(row: dict[str, str]) -> None:
    (one,) = judged((FOLDER / row["file"]).read_bytes()).signatures or [None]
    if one is None:
        assert row["expected"] == "unsigned"
    elif row["expected"] == "expired":
        assert (one.integrity, one.trust) == (Verdict.PASSED, Verdict.FAILED)
        assert one.covers_current
    elif row["expected"] in ("broken", "attack"):
        assert one.integrity is Verdict.FAILED
    elif row["expected"] == "uncovered":
        assert one.integrity is Verdict.PASSED
        assert one.uncovered
        assert not one.covers_current
    else:
        assert row["expected"] in ("indeterminate", "integrity-only")
        assert one.trust is not Verdict.PASSED


def test_l2_without_the_maker_on_the_list_the_same_seal_is_not_taken() -> None:
    data = (FOLDER / "ofd/8d9baae6_ofdrw_v4signed_7d3937.ofd").read_bytes()
    facts = inspect_document(data, Limits())
    (one,) = facts.signatures
    assert one.signer is not None
    assert one.seal is not None
    at = moment_of(facts)
    trust = generous([one.signer], at=at, seals=[one.seal.es_id])
    assert taken(verify(data, trust=trust, at=at)) == [False]  # type: ignore[arg-type]


def test_a_seal_that_ended_since_is_said_apart_from_its_use() -> None:
    """Signed in 2020 inside the seal's period; read today it has ended, which alone refuses nothing."""
    data = (FOLDER / "ofd/8d9baae6_ofdrw_v4signed_7d3937.ofd").read_bytes()
    facts = inspect_document(data, Limits())
    (one,) = facts.signatures
    assert one.seal is not None
    for at, then, now in (
        (moment_of(facts), "passed", "passed"),
        (datetime(2026, 11, 20, tzinfo=UTC), "indeterminate", "failed"),
    ):
        trust = generous(parties_of(facts), at=at, seals=[one.seal.es_id])
        root = verify(data, trust=trust, at=at).root
        used, current = root.find("seal[0].validity"), root.find("seal[0].current")
        assert used is not None
        assert current is not None
        assert (used.verdict.value, current.verdict.value) == (then, now)
        assert current.weight is Weight.ADVISORY
        told = [reason.code for reason in current.reasons]
        assert told == ([] if now == "passed" else ["seal.expired_now"])
        group = root.find("seal[0]")
        assert group is not None
        assert group.verdict.value == then, "what is seen and not counted decides nothing"


# --- seals on their own -----------------------------------------------------------------------


@pytest.mark.parametrize("row", [*SEALS, *CERTIFICATES], ids=ident)
def test_l15_what_is_no_document_is_never_accepted(row: dict[str, str]) -> None:
    report = judged((FOLDER / row["file"]).read_bytes())
    assert report.decision is not Decision.ACCEPT
    assert report.signatures == ()


def seal_of(name: str) -> SealFacts:
    data = (FOLDER / name).read_bytes()
    try:
        return parse_seal(data)
    except MalformedSeal:
        return parse_seal_signature(data).seal


@pytest.mark.parametrize("row", SEALS, ids=ident)
def test_l2_bare_seals_under_the_trust_that_would_take_them(row: dict[str, str]) -> None:
    """The seal's own checks, in the place it would have in a document pressed as it was made."""
    seal = seal_of(row["file"])
    assert seal.maker is not None
    holder = CertificateFacts.parse(seal.cert_list[0])
    assert seal.valid_from.latest is not None
    assert seal.created.latest is not None
    when = max(seal.valid_from.latest, seal.created.latest, holder.not_before)
    trust = generous([seal.maker, holder], at=when, seals=[seal.es_id])
    relating = Relating(trust, Limits())
    sealed = o.one(o.good())
    case = SignatureCase(
        index=0,
        kind="seal",
        signer=relating.signer(holder, ()),
        time=SigningTime(grade="declared", earliest=when, latest=when),
        seal=related_seal(sealed, seal, relating, relating.signer(holder, ())),
    )
    ctx = Context(case=Case(signatures=(case,)), policy=Policy.default(), at=when)
    check = judge_seal(ctx, case, case.time, status=Verdict.PASSED)
    assert check is not None
    signer = judge_signer(ctx, 0, case.signer, case.time, status=Verdict.PASSED)
    good = (check.verdict, signer.verdict) == (Verdict.PASSED, Verdict.PASSED)
    assert good is (row["must_not_accept"] != "yes"), [c.id for c in check.causes()]


@pytest.mark.parametrize("row", [r for r in SEALS if r["file"].endswith(".dat")], ids=ident)
def test_a_bare_signature_put_into_a_package_is_for_other_bytes(row: dict[str, str]) -> None:
    files = o.unpack(o.good())
    del files[o.SIGN + "Seal.esl"]
    xml = files[o.SIGN + "Signature.xml"]
    files[o.SIGN + "Signature.xml"] = re.sub(rb"<ofd:Seal>.*?</ofd:Seal>", b"", xml)
    files[o.SIGN + "SignedValue.dat"] = (FOLDER / row["file"]).read_bytes()
    (one,) = judged(o.pack(files)).signatures
    assert one.integrity is Verdict.FAILED


# --- certificates -----------------------------------------------------------------------------


@pytest.mark.parametrize("row", CERTIFICATES, ids=ident)
def test_l3_certificates_as_signers_under_the_roots_at_hand(row: dict[str, str]) -> None:
    """As signer of a document: every self-signed one but itself is an anchor, the key is listed."""
    at = datetime(2024, 1, 1, tzinfo=UTC)
    mine = certificates(row["file"])[0]
    others = [c for c in all_certificates() if c != mine]
    roots = [c for c in others if c.issuer_der == c.subject_der]
    trust = generous([mine], at=at, anchors=roots, direct_trust=False)
    who = Relating(trust, Limits()).signer(mine, others)
    time = SigningTime(grade="declared", earliest=at, latest=at)
    ctx = Context(case=Case(), policy=Policy.default(), at=at)
    verdict = judge_signer(ctx, 0, who, time, status=Verdict.PASSED).verdict
    if row["must_not_accept"] == "yes" or mine.is_ca:
        assert verdict is not Verdict.PASSED, "an authority's own certificate signs no documents"
    else:
        assert verdict is Verdict.PASSED
