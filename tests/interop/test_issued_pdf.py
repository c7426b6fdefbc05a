"""What others say of our issued files: poppler, pyHanko, openssl, pdf_oxide, qpdf, pypdf, a second SES reader.

PDF/A-3b is checked three ways: pdf_oxide, qpdf, and the list of clauses below. Known false alarm: pdf_oxide
warns (WARN-007) that it does not look at annotations; the clause list does.
"""

import asyncio
import hashlib
import io
import logging
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pdf_oxide
import pikepdf
import pypdf
import pypdfium2
import pytest
import zxingcpp
from lxml import etree
from PIL import ImageChops

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import second_ses
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from ecert.documents.pdf.pyhanko_sm2 import SM2AlgorithmPolicy, SM2SignatureValidator
from ecert.issuance import SAMPLE_NOTICE, IssueOptions, issue, locate_fonts
from ecert.issuance.render import geometry
from ecert.issuance.sealart import seal_picture
from ecert.model.printed_code import PrintedCode
from issuing_kit import AT, certificate, root, seal, signer

CMS = [("cms", "sm2"), ("cms", "rsa"), ("cms", "p256"), ("cms", "p384")]
ALL = [*CMS, ("ses", "sm2")]
TYPES = ["business_license", "driving_licence"]


@cache
def issued(layout: str, kind: str, of: str = "business_license") -> bytes:
    picture = seal_picture("示例市市场监督管理局", fonts=locate_fonts())
    options = IssueOptions(notice=SAMPLE_NOTICE)
    return issue(
        certificate(of),
        signer=signer(kind),
        seal=seal(picture),
        at=AT,
        layout=layout,
        options=options,
    ).data


def contents(data: bytes) -> tuple[bytes, bytes]:
    """Return (signature DER without padding, signed bytes), by hand."""
    numbers = re.search(rb"/ByteRange *\[ *(\d+) +(\d+) +(\d+) +(\d+) *\]", data).groups()
    a, b, c, d = map(int, numbers)
    raw = bytes.fromhex(data[a + b + 1 : c - 1].decode())
    node, _ = second_ses.tlv(raw)
    assert set(raw[len(node[2]) :]) <= {0}
    return node[2], data[a : a + b] + data[c : c + d]


# -- PDF/A -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("of", TYPES)
@pytest.mark.parametrize(("layout", "kind"), CMS)
def test_pdf_oxide_finds_pdf_a_3b(layout, kind, of, tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(issued(layout, kind, of))
    found = pdf_oxide.PdfDocument(str(path)).validate_pdf_a("3b")
    assert found["valid"], found
    assert not found["errors"]
    assert all("WARN-007" in w for w in found["warnings"])


@pytest.mark.parametrize(("layout", "kind"), ALL)
def test_qpdf_finds_no_fault(layout, kind):
    with pikepdf.open(io.BytesIO(issued(layout, kind))) as pdf:
        assert pdf.check_pdf_syntax() == []
        with pdf.open_metadata(update_docinfo=False, set_pikepdf_as_editor=False) as xmp:
            assert xmp.pdfa_status == "3B"


def _fonts(pdf: pikepdf.Pdf):
    for item in pdf.objects:
        if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/Font":
            yield item


def _clauses(data: bytes) -> dict[str, bool]:
    """ISO 19005-3 (and 19005-2, on which it rests), as far as a face can break it."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        root_, trailer = pdf.Root, pdf.trailer
        objects = list(pdf.objects)
        dictionaries = [o for o in objects if isinstance(o, pikepdf.Dictionary | pikepdf.Stream)]
        intents = [i for i in root_.OutputIntents if i.S == "/GTS_PDFA1"]
        xmp = root_.Metadata.read_raw_bytes()
        (widget,) = pdf.pages[0].Annots
        files = list(root_.AF)
        descendants = [f for f in _fonts(pdf) if "/FontDescriptor" in f]
        images = [o for o in dictionaries if o.get("/Subtype") == "/Image"]
        streams = [o for o in objects if isinstance(o, pikepdf.Stream)]
        states = [o for o in dictionaries if "/BM" in o]
        return {
            "6.1.2 header": re.match(rb"%PDF-1\.[0-7]\n%[\x80-\xff]{4}", data) is not None,
            "6.1.3 id": len(trailer.ID) == 2 and "/Encrypt" not in trailer,
            "6.1.3 nothing after the end": re.search(rb"%%EOF\n?\Z", data) is not None,
            "6.1.7 streams": not any({"/F", "/FFilter"} & set(s.keys()) for s in streams),
            "6.1.7 no LZW": b"/LZWDecode" not in data,
            "6.1.12 permissions": set(root_.Perms.keys()) == {"/DocMDP"},
            "6.2.3 output intent": len(intents) == 1 and "/DestOutputProfile" in intents[0],
            "6.2.8 images": not any(
                i.get("/Interpolate", False) or "/Alternates" in i for i in images
            ),
            "6.2.10 blend modes": all(s.BM in ("/Normal", "/Multiply") for s in states),
            "6.2.11 embedded fonts": bool(descendants)
            and all(
                {"/FontFile", "/FontFile2", "/FontFile3"} & set(f.FontDescriptor.keys())
                for f in descendants
            ),
            "6.2.11 subset names": all("+" in str(f.BaseFont) for f in descendants),
            "6.3.2 annotation flags": int(widget.F) & 0b1100111 == 4,
            "6.3.3 appearance": set(widget.AP.keys()) == {"/N"},
            "6.4.1 form": "/NeedAppearances" not in root_.AcroForm and "/XFA" not in root_.AcroForm,
            "6.4.1 no actions": not any({"/AA", "/A", "/JS"} & set(d.keys()) for d in dictionaries),
            "6.5 no actions": "/OpenAction" not in root_
            and "/JavaScript" not in root_.get("/Names", {}),
            "6.6.2 metadata": xmp.startswith(b"<?xpacket begin")
            and "/Filter" not in root_.Metadata,
            "6.6.3 info agrees": "/Info" not in trailer,
            "6.6.4 identification": b"<pdfaid:part>3<" in xmp and b"<pdfaid:conformance>B<" in xmp,
            "6.8 associated files": all(
                f.AFRelationship == "/Data"
                and "/UF" in f
                and "/F" in f
                and f.EF.F.Subtype == "/application/json"
                for f in files
            )
            and len(files) == 1,
            "6.9 no optional content": "/OCProperties" not in root_,
        }


@pytest.mark.parametrize("of", TYPES)
@pytest.mark.parametrize(("layout", "kind"), CMS)
def test_clauses_of_pdf_a_3b(layout, kind, of):
    broken = [clause for clause, held in _clauses(issued(layout, kind, of)).items() if not held]
    assert broken == []


def test_every_own_property_is_described():
    with pikepdf.open(io.BytesIO(issued("cms", "sm2"))) as pdf:
        tree = etree.fromstring(pdf.Root.Metadata.read_raw_bytes())
    used = {etree.QName(e).localname for e in tree.iter("{urn:ecert:metadata:1}*")}
    drawn = {etree.QName(e).localname for e in tree.iter("{urn:ecert:face:1}*")}
    described = {e.text for e in tree.iter("{http://www.aiim.org/pdfa/ns/property#}name")}
    assert used | drawn == described
    assert drawn == {"template", "version"}
    assert {"ZZMC", "ZZBS", "ZZBFJG", "KZ_TYSHXYDM"} <= used


# -- other readers ---------------------------------------------------------------------------------


def test_pypdf_reads_the_data_and_one_revision():
    data = issued("cms", "sm2")
    reader = pypdf.PdfReader(io.BytesIO(data), strict=True)
    assert reader.attachments["certificate.json"] == [certificate().canonical()]
    assert data.count(b"startxref") == 1
    assert reader.pdf_header == "%PDF-1.7"


@pytest.mark.parametrize("of", TYPES)
def test_code_reads_back_and_equals_the_data(of):
    data = issued("cms", "sm2", of)
    with pypdfium2.PdfDocument(data) as document:
        document.init_forms()
        (found,) = zxingcpp.read_barcodes(document[0].render(scale=150 / 72).to_pil())
    assert (
        found.text == PrintedCode.of(certificate(of).ecid_text, certificate(of).canonical()).text()
    )
    with pypdf.PdfReader(io.BytesIO(data)) as reader:
        (attached,) = reader.attachments["certificate.json"]
    assert found.text.endswith(second_ses.sm3(attached).hex()[:16])


@pytest.mark.parametrize("of", TYPES)
def test_seal_stands_over_the_authority_and_inside_the_frame(of):
    place = geometry("business_license" if of == "business_license" else "plain")
    with pypdfium2.PdfDocument(issued("cms", "sm2", of)) as document:
        bare = document[0].render(scale=100 / 72, draw_annots=False).to_pil().convert("RGB")
        document.init_forms()
        image = document[0].render(scale=100 / 72).to_pil().convert("RGB")
    box = ImageChops.difference(image, bare).getbbox()
    left, top, right, bottom = (v * 25.4 / 100 for v in box)
    x, y = place.seal
    assert abs((left + right) / 2 - x) < 0.6
    assert abs((top + bottom) / 2 - y) < 0.6
    assert abs(right - left - 42) < 1.5
    assert left > place.frame[0]
    assert top > place.frame[1]
    assert right < place.frame[2]
    assert bottom < place.frame[3]
    pixel = image.getpixel((round(x * 100 / 25.4), round(y * 100 / 25.4)))
    assert pixel[0] > 150 > pixel[1]
    # ink multiplies: the authority's text is as dark below the seal as beside it
    crop = tuple(round(v * 100 / 25.4) for v in (x - 20, y - 12, x + 20, y + 12))
    assert (
        image.crop(crop).convert("L").getextrema()[0]
        <= bare.crop(crop).convert("L").getextrema()[0]
    )


@pytest.mark.skipif(not shutil.which("pdfsig"), reason="poppler's pdfsig is absent")
@pytest.mark.parametrize("kind", ["rsa", "p256", "p384", "sm2"])
def test_poppler_says_valid(kind, tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(issued("cms", kind))
    done = subprocess.run(
        ["pdfsig", "-nocert", path.name], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "Total document signed" in done.stdout
    if kind != "sm2":  # poppler knows no SM2 (sm2-and-pyhanko.md B5)
        assert "Signature is Valid" in done.stdout, done.stdout + done.stderr


def _pyhanko(data: bytes, kind: str):
    from asn1crypto import x509

    logging.disable(logging.CRITICAL)
    try:
        context = ValidationContext(
            trust_roots=[x509.Certificate.load(root(kind)[1].der)],
            allow_fetching=False,
            moment=AT,
            signature_validator=SM2SignatureValidator(),
            algorithm_usage_policy=SM2AlgorithmPolicy(),
        )
        (embedded,) = PdfFileReader(io.BytesIO(data), strict=True).embedded_signatures
        return asyncio.run(async_validate_pdf_signature(embedded, context))
    finally:
        logging.disable(logging.NOTSET)


@pytest.mark.parametrize("kind", ["sm2", "rsa", "p256", "p384"])
def test_pyhanko_says_intact_valid_trusted_entire_file(kind):
    status = _pyhanko(issued("cms", kind), kind)
    assert status.intact
    assert status.valid
    assert status.trusted
    assert status.coverage.name == "ENTIRE_FILE"
    assert status.docmdp_ok
    assert status.bottom_line


def test_pyhanko_sees_tampering():
    data = bytearray(issued("cms", "sm2"))
    data[data.index(b"<ecert:ZZMC>") + 13] ^= 1
    status = _pyhanko(bytes(data), "sm2")
    assert not status.intact


# -- the signature alone ---------------------------------------------------------------------------


@pytest.mark.skipif(not shutil.which("openssl"), reason="the openssl command is absent")
@pytest.mark.parametrize("kind", ["sm2", "rsa", "p256", "p384"])
def test_openssl_verifies_the_signed_attributes(kind, tmp_path):
    from asn1crypto import cms

    der, signed = contents(issued("cms", kind))
    info = cms.ContentInfo.load(der)["content"]["signer_infos"][0]
    raw = info["signed_attrs"].dump()
    attributes = b"\x31" + raw[1:]
    values = {a["type"].dotted: a["values"] for a in info["signed_attrs"]}
    digest = (
        second_ses.sm3(signed)
        if kind == "sm2"
        else hashlib.new("sha384" if kind == "p384" else "sha256", signed).digest()
    )
    assert values["1.2.840.113549.1.9.4"][0].native == digest
    assert ("1.2.840.113549.1.9.5" in values) == (kind == "sm2")  # signing time: never under PAdES
    assert "1.2.840.113549.1.9.16.2.47" in values
    for name, body in (
        ("cert.der", signer(kind).certificate.der),
        ("attrs", attributes),
        ("sig", info["signature"].native),
    ):
        (tmp_path / name).write_bytes(body)
    run = ["openssl", "x509", "-inform", "DER", "-in", "cert.der", "-pubkey", "-noout"]
    (tmp_path / "key.pem").write_bytes(
        subprocess.run(run, cwd=tmp_path, capture_output=True, check=True).stdout
    )
    name = {"sm2": "sm3", "p384": "sha384"}.get(kind, "sha256")
    run = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-in", "attrs", "-rawin"]
    run += ["-digest", name, "-sigfile", "sig"]
    run += ["-pkeyopt", "distid:1234567812345678"] if kind == "sm2" else []
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Verified Successfully" in done.stdout, done.stdout + done.stderr


def test_a_second_reader_verifies_the_seal_signature():
    der, signed = contents(issued("ses", "sm2"))
    found = second_ses.signature(der)
    assert found["data_hash"] == second_ses.sm3(signed)
    assert found["ok"]
    assert found["listed"]
    assert found["signer"] == signer("sm2").certificate.der
    assert found["seal"]["ok"]
    numbers = re.search(rb"/ByteRange *\[ *(\d+ \d+ \d+ \d+) *\]", issued("ses", "sm2")).group(1)
    assert found["property"] == b"[" + numbers + b"]"
