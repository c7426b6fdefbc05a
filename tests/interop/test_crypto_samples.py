"""Certificates, CMS, lists and time stamps of others; ours under the openssl command line."""

from __future__ import annotations

import base64
import csv
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import crypto_kit as kit
from ecert.crypto import digest as digests
from ecert.crypto.chain import build_chain
from ecert.crypto.cms import TOLERATED_QUIRKS, find_signer_certificate, parse_cms, verify_signer
from ecert.crypto.cms_build import build_cms
from ecert.crypto.crl import CRLFacts, RevokedEntry
from ecert.crypto.tsp import make_timestamp, parse_timestamp
from ecert.crypto.x509 import CertificateFacts, explain_signature, is_signed_by
from ecert.crypto.x509_build import CRLSpec, make_crl
from ecert.errors import MalformedInput
from ecert.limits import Limits
from ofd_kit import calls

SAMPLES = Path(__file__).resolve().parents[2] / "../shared/samples"
if not SAMPLES.exists():
    pytest.skip("../shared/samples is absent", allow_module_level=True)

OPENSSL = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="the openssl command is absent")
MESSAGE = b"the bytes of the document"
JUDGED = datetime(2024, 1, 1, tzinfo=UTC)
PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END", re.DOTALL)


def blocks(path: Path, label: bytes = b"CERTIFICATE") -> list[bytes]:
    data = path.read_bytes()
    if b"-----BEGIN" not in data:
        return [data]
    return [
        base64.b64decode(b"".join(body.split()))
        for kind, body in PEM.findall(data)
        if kind == label
    ]


def certificates(path: Path) -> list[CertificateFacts]:
    return [CertificateFacts.parse(data) for data in blocks(path)]


@lru_cache
def index() -> list[dict[str, str]]:
    with (SAMPLES / "eseal/INDEX.tsv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def rows() -> list[dict[str, str]]:
    return [row for row in index() if row["file"].startswith("cert/")]


@lru_cache
def pool() -> tuple[CertificateFacts, ...]:
    files = sorted((SAMPLES / "eseal/cert").iterdir())
    return tuple(cert for path in files for cert in certificates(path))


ANCHORS = ("NRCAC_ROOTCA.der", "ts_sm2-root-cert.pem", "ts_sm2_chain-ca.crt")
SIGNING = {"digital_signature", "non_repudiation", "key_cert_sign"}


def verdict(cert: CertificateFacts) -> str:
    """The word of INDEX.tsv for one certificate, from our facts alone."""
    anchors = [certificates(SAMPLES / "eseal/cert" / name)[0] for name in ANCHORS]
    candidates = [item for item in pool() if item.subject_der == cert.issuer_der]
    held = [item for item in candidates if item.public_key and is_signed_by(cert, item.public_key)]
    if not held:
        return "broken"
    chain = build_chain(cert, pool=pool(), anchors=anchors)
    if chain.problem.ok is not True:
        return "invalid"
    if cert.key_usage is not None and not cert.key_usage & SIGNING:
        return "invalid"
    return "intact" if cert.not_before <= JUDGED <= cert.not_after else "expired"


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["file"])
def test_certificate_rows_of_the_index(row):
    for cert in certificates(SAMPLES / "eseal" / row["file"]):
        assert verdict(cert) == row["expected"], row["expected_detail"]


@pytest.mark.parametrize(
    ("name", "issuer", "code"),
    [
        ("gmsm_emptyuid_selfsigned.der", None, "x509.signature_empty_id"),
        ("ts_sm2-noza-root-cert.pem", None, "x509.signature_no_z"),
        ("ts_sm2-noza-cert.pem", "ts_sm2-noza-root-cert.pem", "x509.signature_no_z"),
    ],
)
def test_l22_other_forms_are_explained_and_never_pass(name, issuer, code):
    (cert,) = certificates(SAMPLES / "eseal/cert" / name)
    (authority,) = certificates(SAMPLES / "eseal/cert" / (issuer or name))
    assert not is_signed_by(cert, authority.public_key).ok
    assert explain_signature(cert, authority.public_key) == code


def test_l3_two_authorities_of_one_name():
    folder = SAMPLES / "eseal/cert"
    (root,) = certificates(folder / "NRCAC_ROOTCA.der")
    (genuine,) = certificates(folder / "MCSCA_by_NRCAC.der")
    (twin,) = certificates(folder / "SM2_MCSCA_selfsigned.der")
    assert genuine.subject_der == twin.subject_der
    chain = build_chain(genuine, pool=[twin, genuine], anchors=[root])
    assert chain.path == (genuine, root)
    assert chain.problem.ok
    assert build_chain(twin, pool=[genuine, twin], anchors=[root]).problem.ok is None


def test_sm2_folder_reads_in_full():
    files = sorted((SAMPLES / "x509/sm2").glob("*/*"))
    seen = 0
    for path in files:
        if b"-BEGIN CERTIFICATE-" in path.read_bytes():
            for cert in certificates(path):
                assert cert.public_key is not None
                assert cert.public_key.kind == "sm2"
                assert cert.unknown_critical == ()
                seen += 1
    assert seen > 20


def test_gmsm_bundle_is_a_chain():
    path = SAMPLES / "x509/sm2/gmsm/pkcs7-gm-certificateChainGMSSL.pem"
    with pytest.raises(MalformedInput):
        parse_cms(b"\0" + blocks(path, b"PKCS7")[0])
    facts = parse_cms(blocks(path, b"PKCS7")[0])
    assert facts.signers == ()
    assert len(facts.certificates) == 2
    root = next(cert for cert in facts.certificates if cert.self_issued)
    for cert in facts.certificates:
        assert build_chain(cert, pool=facts.certificates, anchors=[root]).problem.ok


def test_enveloped_data_is_not_signed_data():
    path = SAMPLES / "x509/sm2/gmsm/pkcs7-sign_enveloped-smSignedEvelopedTestData.pem"
    with pytest.raises(MalformedInput):
        parse_cms(blocks(path, b"PKCS7")[0])


# -- NIST PKITS: lists (the paths: test_pkits.py)


def path_of(name: str) -> CertificateFacts:
    folder = SAMPLES / "x509/pkits/certs"
    return CertificateFacts.parse((folder / Path(name).name).read_bytes())


def test_pkits_lists_read_and_verify():
    files = sorted((SAMPLES / "x509/pkits/crls").iterdir())
    read = 0
    for path in files:
        facts = CRLFacts.parse(path.read_bytes())
        assert facts.this_update.tzinfo is not None
        read += 1
    good = CRLFacts.parse((SAMPLES / "x509/pkits/crls/GoodCACRL.crl").read_bytes())
    issuer = path_of("GoodCACert.crt")
    assert good.is_signed_by(issuer.public_key).ok
    assert good.aki == issuer.ski
    assert good.lookup(path_of("InvalidRevokedEETest3EE.crt").serial).reason == "key_compromise"
    assert good.lookup(path_of("ValidCertificatePathTest1EE.crt").serial) is None
    bad = CRLFacts.parse((SAMPLES / "x509/pkits/crls/BadCRLSignatureCACRL.crl").read_bytes())
    assert not bad.is_signed_by(path_of("BadCRLSignatureCACert.crt").public_key).ok
    assert read == 173


# -- signatures in PDF files of others


RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]")


def pdf_checks(path: Path):
    data = path.read_bytes()
    for match in RANGE.finditer(data):
        start, length, second, rest = map(int, match.groups())
        content = data[start : start + length] + data[second : second + rest]
        raw = bytes.fromhex(data[start + length : second].strip(b"<> \r\n\t").decode("ascii"))
        facts = parse_cms(raw, padding="zeros")
        (signer,) = facts.signers
        certificate = find_signer_certificate(signer, facts.certificates)
        check = verify_signer(
            signer,
            certificate,
            content_digest=lambda name, content=content: digests.digest(name, content),
        )
        yield signer, check


@pytest.mark.parametrize(("name", "key"), [("sm2sign.pdf", "sm2"), ("rsasign.pdf", "rsa")])
def test_real_signed_pdfs_with_time_stamps(name, key):
    ((signer, check),) = pdf_checks(SAMPLES / "eseal/pdf" / name)
    assert check.digest.ok
    assert check.value.ok
    assert check.bound.code == "signer.not_bound"
    assert set(check.quirks) <= TOLERATED_QUIRKS
    (token,) = signer.timestamps
    facts = parse_timestamp(token, signer.signature)
    assert facts.imprint_ok.ok
    assert facts.value.ok
    assert facts.imprint_algorithm == "sha256"
    assert facts.signer.public_key.kind == key
    assert facts.gen_time.year == 2021
    assert not parse_timestamp(token, b"other").imprint_ok.ok


def test_a_changed_pdf_has_another_digest():
    ((_, check),) = pdf_checks(SAMPLES / "eseal/derived/p01_modified.pdf")
    assert check.digest.code == "cms.digest_mismatch"
    assert check.value.ok


@pytest.mark.parametrize(
    ("name", "digest", "value", "quirk"),
    [
        ("itext/sample-ed25519-sha512.pdf", None, None, None),
        ("itext/sample-nistp256-sha256.pdf", None, None, None),
        ("itext/sample-pss-sha3_256.pdf", None, None, None),
        ("itext/mgfDiscrepancy.pdf", None, "signature.parameters", None),
        (
            "dss/pades-unsupported-signature-algorithm.pdf",
            None,
            "signature.algorithm_unknown",
            None,
        ),
        ("dss/pdf-signed-corrupted.pdf", "cms.digest_mismatch", None, None),
        ("pyhanko/pdf-sig-with-econtent.pdf", "cms.digest_mismatch", None, None),
        ("pyhanko/sig-no-signed-attrs.pdf", None, None, "cms.no_signed_attributes"),
        ("pyhanko/sig-with-ski-sid.pdf", None, None, "cms.weak_binding"),
        ("pyhanko/ed448-shake256-nolen.pdf", None, None, None),
        ("pyhanko/ed448-disallowed-hash.pdf", None, "signature.digest_mismatch", None),
        ("misc/signed_verified.pdf", None, None, "cms.digest_not_declared"),
    ],
)
def test_signed_pdfs_of_other_makers(name, digest, value, quirk):
    (_, check), *_ = pdf_checks(SAMPLES / "pdf" / name)
    assert (check.digest.code, check.value.code) == (digest, value)
    assert quirk is None or quirk in check.quirks


# -- hostile bytes


HOSTILE = sorted((SAMPLES / "hostile").glob("openssl-fuzz-*/*"))[:300]


@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: path.parent.name)
def test_hostile_bytes_cost_little(path):
    data = path.read_bytes()
    readers = (
        CertificateFacts.parse,
        CRLFacts.parse,
        parse_cms,
        lambda value: parse_timestamp(value, b""),
    )

    def attempt() -> None:
        for read in readers:
            try:
                read(data)
            except MalformedInput:
                continue

    assert calls(attempt) < 2_000 + len(data)


def test_deep_and_wide_values_are_not_read_to_the_end():
    deep = b"\x30\x80" * 200_000
    wide = b"\x30\x84" + (4_000_000).to_bytes(4, "big") + b"\x05\x00" * 2_000_000
    nested = b""
    for _ in range(20_000):
        size = len(nested).to_bytes(4, "big")
        nested = b"\x30\x84" + size + nested if len(nested) < 60_000 else nested

    def attempt() -> None:
        for data in (deep, wide, nested):
            for read in (CertificateFacts.parse, CRLFacts.parse, parse_cms):
                with pytest.raises(MalformedInput):
                    read(data)

    assert calls(attempt) < 4 * Limits().der_nodes


# -- ours under openssl


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [str(OPENSSL), *arguments], cwd=cwd, capture_output=True, check=False, timeout=60
    )


def pem(label: str, data: bytes) -> str:
    body = base64.encodebytes(data).decode()
    return f"-----BEGIN {label}-----\n{body}-----END {label}-----\n"


@needs_openssl
@pytest.mark.parametrize(
    ("kind", "name"), [("rsa", "sha256"), ("rsa", "sha512"), ("p256", "sha256"), ("p384", "sha384")]
)
@pytest.mark.parametrize("profile", ["pades", "adbe"])
def test_openssl_verifies_our_cms(tmp_path, kind, name, profile):
    data = build_cms(
        digest_value=digests.digest(name, MESSAGE),
        digest=name,
        signer=kit.signer(kind),
        signing_time=kit.NOW,
        profile=profile,
    )
    (tmp_path / "cms").write_bytes(data)
    (tmp_path / "content").write_bytes(MESSAGE)
    (tmp_path / "root.pem").write_text(pem("CERTIFICATE", kit.root(kind).cert.der))
    arguments = [
        "cms",
        "-verify",
        "-inform",
        "DER",
        "-in",
        "cms",
        "-content",
        "content",
        "-binary",
        "-CAfile",
        "root.pem",
        "-cades",
        "-purpose",
        "any",
        "-out",
        "/dev/null",
    ]
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (tmp_path / "content").write_bytes(MESSAGE + b"x")
    assert run(*arguments, cwd=tmp_path).returncode != 0


@needs_openssl
@pytest.mark.parametrize("profile", ["pades", "adbe", "gmt0010"])
def test_openssl_verifies_the_signed_attributes_of_our_sm2_cms(tmp_path, profile):
    data = build_cms(
        digest_value=digests.digest("sm3", MESSAGE),
        digest="sm3",
        signer=kit.signer("sm2"),
        signing_time=kit.NOW,
        profile=profile,
    )
    (signer,) = parse_cms(data).signers
    (tmp_path / "attrs").write_bytes(signer.signed_attrs)
    (tmp_path / "value").write_bytes(signer.signature)
    (tmp_path / "key.pem").write_text(pem("PUBLIC KEY", kit.leaf("sm2").cert.spki))
    arguments = [
        "pkeyutl",
        "-verify",
        "-rawin",
        "-digest",
        "sm3",
        "-pubin",
        "-inkey",
        "key.pem",
        "-in",
        "attrs",
        "-sigfile",
        "value",
        "-pkeyopt",
        "distid:1234567812345678",
    ]
    done = run(*arguments, cwd=tmp_path)
    if b"not supported" in done.stderr.lower() or b"unsupported" in done.stderr.lower():
        pytest.skip("this openssl has no SM2")
    assert done.returncode == 0, done.stdout + done.stderr
    (tmp_path / "attrs").write_bytes(signer.signed_attrs + b"\0")
    assert run(*arguments, cwd=tmp_path).returncode != 0


@needs_openssl
@pytest.mark.parametrize("kind", ["rsa", "p256", "sm2"])
def test_openssl_verifies_our_certificates_and_lists(tmp_path, kind):
    root, middle, leaf = kit.root(kind), kit.middle(kind), kit.leaf(kind)
    (tmp_path / "root.pem").write_text(pem("CERTIFICATE", root.cert.der))
    (tmp_path / "middle.pem").write_text(pem("CERTIFICATE", middle.cert.der))
    (tmp_path / "leaf.pem").write_text(pem("CERTIFICATE", leaf.cert.der))
    options = "-vfyopt distid:1234567812345678" if kind == "sm2" else ""
    arguments = f"verify {options} -x509_strict -CAfile root.pem -untrusted middle.pem leaf.pem"
    done = run(*arguments.split(), cwd=tmp_path)
    # openssl #23471: below the first level 3.0 forgets the user ID of SM2.
    if kind == "sm2" and done.returncode:
        done = run(*f"verify {options} -CAfile root.pem middle.pem".split(), cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    revoked = RevokedEntry(serial=5, revoked_at=kit.NOW, reason="key_compromise")
    spec = CRLSpec(revoked=[revoked], this_update=kit.NOW, next_update=kit.NOW + timedelta(days=1))
    (tmp_path / "list").write_bytes(make_crl(spec, issuer=root.cert, issuer_key=root.key))
    done = run(*["crl", "-inform", "DER", "-in", "list", "-noout", "-text"], cwd=tmp_path)
    assert b"Key Compromise" in done.stdout
    if kind != "sm2":
        done = run(
            *["crl", "-inform", "DER", "-in", "list", "-CAfile", "root.pem", "-noout"], cwd=tmp_path
        )
        assert b"verify OK" in done.stdout + done.stderr


@needs_openssl
def test_openssl_verifies_our_time_stamp(tmp_path):
    token = make_timestamp(
        MESSAGE, signer=kit.tsa_signer("rsa"), at=kit.NOW, serial=7, digest="sha256"
    )
    (tmp_path / "token").write_bytes(token)
    (tmp_path / "content").write_bytes(MESSAGE)
    (tmp_path / "root.pem").write_text(pem("CERTIFICATE", kit.root("rsa").cert.der))
    arguments = [
        "ts",
        "-verify",
        "-in",
        "token",
        "-token_in",
        "-data",
        "content",
        "-CAfile",
        "root.pem",
    ]
    done = run(*arguments, cwd=tmp_path)
    assert b"Verification: OK" in done.stdout, done.stdout + done.stderr
    (tmp_path / "content").write_bytes(MESSAGE + b"x")
    assert b"Verification: OK" not in run(*arguments, cwd=tmp_path).stdout


OPTIONS = ("", "-noattr", "-nodetach", "-nodetach -noattr", "-keyid", "-cades")
PSS = "-keyopt rsa_padding_mode:pss"


@needs_openssl
@pytest.mark.parametrize(
    ("kind", "options"), [*((k, o) for k in ("rsa", "p256") for o in OPTIONS), ("rsa", PSS)]
)
def test_cms_made_by_openssl(tmp_path, kind, options):
    leaf = kit.leaf(kind)
    (tmp_path / "leaf.pem").write_text(pem("CERTIFICATE", leaf.cert.der))
    (tmp_path / "key.pem").write_bytes(leaf.key.to_pkcs8())
    (tmp_path / "content").write_bytes(MESSAGE)
    arguments = (
        "cms -sign -binary -in content -signer leaf.pem -inkey key.pem -outform DER -out cms"
        f" -md sha256 {options}"
    )
    done = run(*arguments.split(), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    facts = parse_cms((tmp_path / "cms").read_bytes())
    (signer,) = facts.signers
    certificate = find_signer_certificate(signer, facts.certificates)
    assert certificate == leaf.cert
    check = verify_signer(
        signer, certificate, content_digest=lambda name: digests.digest(name, MESSAGE)
    )
    assert check.digest.ok
    assert check.value.ok
    assert (check.bound.ok is True) == (options == "-cades")
    assert ("cms.no_signed_attributes" in check.quirks) == ("-noattr" in options)
    other = verify_signer(
        signer, certificate, content_digest=lambda name: digests.digest(name, b"other")
    )
    assert not (other.digest.ok and other.value.ok)
