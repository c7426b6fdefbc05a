"""PDFs that other software signed, altered or attacked; pyHanko as the oracle (L24)."""

from __future__ import annotations

import csv
import io
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pdf_kit as kit
from ecert.documents.facts import DocumentFacts, SignatureFacts

NO_SAMPLES = pytest.mark.skipif(not kit.SAMPLES.exists(), reason="../shared/samples is absent")


def rows(area: str) -> list[dict[str, str]]:
    index = kit.SAMPLES / area / "INDEX.tsv"
    if not index.exists():
        return []
    with index.open(encoding="utf-8", newline="") as lines:
        found = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [{**row, "path": f"{area}/{row['file']}"} for row in found if ".pdf" in row["file"]]


def ids(found: list[dict[str, str]]) -> list[str]:
    return [row["file"] for row in found]


def integrity(one: SignatureFacts) -> bool | None:
    """What ``signatures[].integrity`` says: the arithmetic and digests alone."""
    outcomes = [one.digest.ok, one.value.ok]
    if False in outcomes:
        return False
    return True if all(outcomes) else None


def sound(one: SignatureFacts) -> bool | None:
    if one.structure.ok is False:
        return False
    state = integrity(one)
    return None if state and one.structure.ok is None else state


def violated(changes) -> bool:
    return changes.code == "document.changed_after" or ("forbidden", True) in changes.params


def acceptable(facts: DocumentFacts) -> bool:
    """What the judge may at most accept: some signature carries the file, none was violated.

    Whether a later signer may replace an earlier one is a question of who the issuer is (L6).
    """
    form = facts.format
    if any(violated(one.changes_after) for one in facts.signatures):
        return False
    if not all(o.ok for o in (form.recognized, form.within_limits, form.single)):
        return False
    stamps = [one for one in facts.signatures if one.kind == "timestamp"]
    return all(sound(one) for one in stamps) and any(
        sound(one) and one.covers_current and one.changes_after.ok and not one.weak
        for one in facts.signatures
        if one.kind != "timestamp"
    )


ESEAL = rows("eseal")
PDF = rows("pdf")


def test_samples_are_there():
    if not kit.SAMPLES.exists():
        pytest.skip("../shared/samples is absent")
    assert (len(ESEAL), len(PDF) > 50) == (4, True)


@pytest.mark.parametrize("row", ESEAL, ids=ids(ESEAL))
def test_eseal_rows(row):
    data = kit.read_sample(row["path"])
    facts = kit.inspect(data)
    (one,) = facts.signatures
    assert one.kind == "cms"
    assert one.timestamps[0].value.ok is not None
    if row["expected"] == "intact":
        assert (integrity(one), one.coverage, one.uncovered) == (True, "whole", ())
        assert one.timestamps[0].imprint_ok.ok
        assert acceptable(facts)
    elif row["expected"] == "broken":
        assert (integrity(one), one.digest.ok, one.value.ok) == (False, False, True)
    else:
        assert row["expected"] == "uncovered"
        assert (integrity(one), one.coverage, one.covers_current) == (True, "revision", False)
        assert [part.path for part in one.uncovered] == [f"bytes 89774-{len(data)}"]
        assert facts.format.single.code == "format.bytes_outside"


def test_the_sm2_sample_names_its_algorithms():
    if not ESEAL:
        pytest.skip("../shared/samples is absent")
    one = kit.only(kit.read_sample("eseal/pdf/sm2sign.pdf"))
    assert (one.algorithms, one.profile) == (("sm3", "sm2"), "adbe.pkcs7.detached")
    assert one.signer is not None
    assert "pdf.trailing_zeros" in one.quirks


# What is said of later changes in rows whose source calls them good (docs/limitations.md).
LATER_CHANGES = {
    "attack/hide-and-replace-shadow-file-signed-3.pdf": {"document.changed_after"},
    "dss/DSS1376-rev_n.pdf": {"document.drawn_after_issuer", "document.altered_before"},
    "dss/pades-ltv.pdf": {"pdf.analysis_impossible", None},
    "dss/pades-tst-with-sig-type.pdf": {"pdf.analysis_impossible", None},
}


@pytest.mark.parametrize("row", PDF, ids=ids(PDF))
def test_pdf_rows(row):
    facts = kit.inspect(kit.read_sample(row["path"]))
    expected, name = row["expected"], row["file"]
    persons = [one for one in facts.signatures if one.kind != "timestamp"]
    if row["must_not_accept"] == "yes":
        assert not acceptable(facts)
    if expected in {"intact", "valid"}:
        assert persons
        if name == "itext/encryptedDoc.pdf":
            assert facts.format.recognized.code == "format.encrypted"
            return
        assert all(sound(one) is True for one in facts.signatures)
        codes = {one.changes_after.code for one in facts.signatures}
        quiet = {None, "document.drawn_after_issuer", "document.properties_after"}
        assert codes <= quiet if name not in LATER_CHANGES else codes == LATER_CHANGES[name]
    elif expected == "unsigned":
        assert persons == []
    elif expected == "modified":
        assert any(one.changes_after.ok is False for one in persons)
    elif expected == "broken":
        assert not any(sound(one) for one in persons)
    elif expected == "uncovered":
        assert all(one.coverage != "whole" and one.uncovered for one in persons)


def _pyhanko(data: bytes) -> list[tuple[str, bool, bool, str]]:
    """Field, digest holds, signature holds, coverage: by pyHanko with the SM2 hook."""
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    from ecert.documents.pdf.pyhanko_sm2 import SM2AlgorithmPolicy, SM2SignatureValidator

    answers = []
    # Strict, it refuses hybrid files altogether; qpdf, pdfium and we read them alike.
    reader = PdfFileReader(io.BytesIO(data), strict=b"/XRefStm" not in data)
    for embedded in reader.embedded_regular_signatures:
        context = ValidationContext(
            trust_roots=[],
            allow_fetching=False,
            moment=datetime(2026, 1, 1, tzinfo=UTC),
            signature_validator=SM2SignatureValidator(),
            algorithm_usage_policy=SM2AlgorithmPolicy(),
        )
        status = validate_pdf_signature(embedded, context, skip_diff=True)
        whole = status.coverage.name == "ENTIRE_FILE"
        answers.append((embedded.field_name, status.intact, status.valid, whole))
    return answers


ORACLE = [
    row
    for row in PDF + ESEAL
    if row["file"].startswith(("pyhanko/", "itext/B-B", "pdf/", "derived/", "itext-out"))
    and row["file"]
    not in {
        "pyhanko/base.pdf",  # an empty signature
        "pyhanko/one-byterange.pdf",  # pyHanko refuses the range
        "pyhanko/pdf-sig-with-econtent.pdf",
        "pyhanko/ed448-disallowed-hash.pdf",
    }
]


@pytest.fixture
def quiet():
    names = ("pyhanko", "pyhanko_certvalidator")
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    yield
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("row", ORACLE, ids=ids(ORACLE))
def test_pyhanko_agrees(row):
    data = kit.read_sample(row["path"])
    ours = {
        one.where: (one.digest.ok, one.value.ok, one.coverage == "whole")
        for one in kit.inspect(data).signatures
        if one.kind != "timestamp"
    }
    theirs = _pyhanko(data)
    assert theirs
    for name, intact, valid, whole in theirs:
        digest, value, ours_whole = ours[name]
        assert (digest, ours_whole) == (intact, whole)
        # pyHanko does not check the value once the digest is wrong.
        assert value == valid or not intact


@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("kind", ["sm2", "rsa", "p256"])
def test_pyhanko_agrees_on_our_own_files(kind):
    data = kit.signed(kit.cms(kind))
    assert _pyhanko(data) == [("Signature1", True, True, True)]
    changed = data.replace(b"12345", b"12346")
    assert _pyhanko(changed)[0][1] is False
    assert kit.only(changed).digest.ok is False


def test_the_hook_refuses_what_sm2_cannot_sign():
    from asn1crypto import algos, keys
    from cryptography.exceptions import InvalidSignature
    from pyhanko_certvalidator.sig_validate import SignatureValidationContext

    from ecert.documents.pdf.pyhanko_sm2 import SM2AlgorithmPolicy, SM2SignatureValidator

    hook, policy = SM2SignatureValidator(), SM2AlgorithmPolicy()
    mechanism = algos.SignedDigestAlgorithm({"algorithm": "sm3_sm2"})
    sm2 = keys.PublicKeyInfo.load(kit.signer("sm2").certificate.spki)
    p256 = keys.PublicKeyInfo.load(kit.signer("p256").certificate.spki)
    value = kit.signer("sm2").sign(b"message", digest="sm3")
    hook.validate_signature(value, b"message", sm2, mechanism)
    bare = SignatureValidationContext(contextual_md_algorithm="sm3", prehashed=True)
    for signature, message, key, context in (
        (value, b"other", sm2, None),
        (value, b"message", p256, None),
        (value, b"message", sm2, bare),
    ):
        more = {} if context is None else {"context": context}
        with pytest.raises(InvalidSignature):
            hook.validate_signature(signature, message, key, mechanism, **more)
    sha256 = algos.DigestAlgorithm({"algorithm": "sha256"})
    sm3 = algos.DigestAlgorithm({"algorithm": "sm3"})
    sha1 = algos.DigestAlgorithm({"algorithm": "sha1"})
    rsa = algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"})
    assert not policy.digest_combination_allowed(mechanism, sha256, None).allowed
    assert policy.digest_combination_allowed(mechanism, sm3, None).allowed
    assert policy.digest_combination_allowed(rsa, sha256, None).allowed
    assert policy.digest_algorithm_allowed(sm3, None).allowed
    assert not policy.digest_algorithm_allowed(sha1, None).allowed
    assert policy.signature_algorithm_allowed(rsa, None, None).allowed
    assert policy.signature_algorithm_allowed(mechanism, None, sm2).allowed
    assert not policy.signature_algorithm_allowed(mechanism, None, p256).allowed
