"""Writing a PDF once: shape of the file, room for the signature, appearance, attachments, XMP."""

import io
import re
from datetime import UTC, datetime

import pikepdf
import pytest
from lxml import etree
from PIL import Image

from ecert.documents.pdf.appearance import Rectangle, read_picture
from ecert.documents.pdf.sign import layouts, pick_layout, property_info
from ecert.documents.pdf.write import Attachment, SignatureSlot, pdf_date, prepare
from ecert.errors import MalformedDocument, MalformedSeal, SigningError
from ecert.issuance.xmp import build_xmp

AT = datetime(2026, 3, 1, 16, 30, 5, tzinfo=UTC)
FILE = Attachment(
    name="certificate.json",
    data=b'{"a":"\xe7\x94\xb2"}',
    media_type="application/json",
    description="证照",
)


def _body() -> bytes:
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(595, 842))
        pdf.docinfo["/Title"] = "x"
        out = io.BytesIO()
        pdf.save(out)
    return out.getvalue()


def _png(mode: str, size: tuple[int, int] = (8, 4), *, kind: str = "PNG") -> bytes:
    image = Image.new(mode, size)
    if mode == "RGBA":
        image.putpixel((1, 1), (200, 10, 20, 255))
    if mode == "RGB":
        image.paste((255, 255, 255), (0, 0, *size))
        image.putpixel((1, 1), (200, 10, 20))
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def _slot(**more) -> SignatureSlot:
    base = {
        "filter": "Adobe.PPKLite",
        "subfilter": "adbe.pkcs7.detached",
        "at": AT,
        "reserved": 300,
    }
    return SignatureSlot(**{**base, **more})


def _xmp() -> bytes:
    return build_xmp({"ZZMC": "营业执照"}, title="t", identifier="1.2", at=AT)


def _prepared(**more):
    return prepare(_body(), xmp=_xmp(), attachments=[FILE], slot=_slot(**more))


def test_the_only_gap_is_the_hex_string():
    made = _prepared()
    zero, length, second, rest = made.byte_range
    assert (zero, second + rest) == (0, len(made.data))
    assert made.data[length:second] == b"<" + b"0" * 600 + b">"
    written = re.search(rb"/ByteRange \[ ?0 (\d+) (\d+) (\d+) *\]", made.data)
    assert tuple(map(int, written.groups())) == (length, second, rest)
    assert made.signed_bytes == made.data[:length] + made.data[second:]


def test_filling_changes_nothing_else_and_pads_with_zeros():
    made = _prepared()
    done = made.fill(b"\x30\x03abc")
    assert len(done) == len(made.data)
    assert done[made.start : made.end] == b"<3003616263" + b"0" * 590 + b">"
    assert done[: made.start] + done[made.end :] == made.signed_bytes
    with pytest.raises(SigningError) as caught:
        made.fill(bytes(301))
    assert caught.value.params == {"size": 301, "room": 300}


def test_one_revision_without_hidden_parts():
    data = _prepared().fill(b"0")
    assert data.startswith(b"%PDF-1.7\n%")
    assert all(byte > 127 for byte in data[10:14])  # ISO 19005-3 6.1.2: binary comment
    assert data.count(b"startxref") == data.count(b"%%EOF") == 1
    assert data.rstrip(b"\n").endswith(b"%%EOF")
    assert b"/ObjStm" not in data
    assert b"/XRef" not in data
    assert b"/Info" not in data
    assert b"<?xpacket begin" in data  # XMP stands uncompressed
    assert b"/Prev" not in data


def test_same_input_gives_the_same_bytes():
    assert _prepared() == _prepared()


def test_attachment_is_associated_with_the_document():
    with pikepdf.open(io.BytesIO(_prepared().data)) as pdf:
        (spec,) = pdf.Root.AF
        assert spec.AFRelationship == "/Data"
        assert str(spec.UF) == "certificate.json"
        stream = spec.EF.F
        assert stream.Subtype == "/application/json"
        assert stream.read_bytes() == FILE.data
        assert int(stream.Params.Size) == len(FILE.data)
        assert list(pdf.Root.Names.EmbeddedFiles.Names)[1].objgen == spec.objgen


def test_certification_forbids_every_change():
    with pikepdf.open(io.BytesIO(_prepared().data)) as pdf:
        signature = pdf.Root.Perms.DocMDP
        (field,) = pdf.Root.AcroForm.Fields
        assert field.V.objgen == signature.objgen
        assert int(signature.Reference[0].TransformParams.P) == 1
        assert int(pdf.Root.AcroForm.SigFlags) == 3
        assert int(field.F) & 4  # Print
        assert not int(field.F) & 0b100011  # not invisible, hidden or without view
        assert [float(v) for v in field.Rect] == [0, 0, 0, 0]
        assert "/AP" not in field
        assert str(signature.M) == "D:20260302003005+08'00'"


def test_appearance_draws_the_picture_in_its_place():
    where = Rectangle(centre_x=100, centre_y=50, width=42, height=42)
    made = _prepared(picture=read_picture(_png("RGBA")), where=where)
    with pikepdf.open(io.BytesIO(made.data)) as pdf:
        (field,) = pdf.Root.AcroForm.Fields
        left, bottom, right, top = (float(v) for v in field.Rect)
        assert (left + right) / 2 == pytest.approx(100 * 72 / 25.4, abs=0.01)
        assert 842 - (bottom + top) / 2 == pytest.approx(50 * 72 / 25.4, abs=0.01)
        assert set(field.AP.keys()) == {"/N"}  # ISO 19005-3 6.3.3
        image = field.AP.N.Resources.XObject.I
        assert (int(image.Width), int(image.Height)) == (8, 4)
        assert len(image.read_bytes()) == 8 * 4 * 3
        assert len(image.SMask.read_bytes()) == 8 * 4
        assert image.SMask.ColorSpace == "/DeviceGray"


def test_transparent_pixels_take_the_ink_colour():
    found = read_picture(_png("RGBA"))
    assert found.rgb == bytes((200, 10, 20)) * 32
    assert found.alpha.count(b"\xff") == 1
    assert read_picture(_clear()).alpha == b"\0"


def _clear() -> bytes:
    out = io.BytesIO()
    Image.new("RGBA", (1, 1)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF"])
def test_white_paper_of_an_opaque_picture_disappears(kind):
    found = read_picture(_png("RGB", kind=kind))
    assert found.alpha[0] == 0
    assert found.alpha[9] > 200


@pytest.mark.parametrize(
    "data", [b"", b"PK\3\4", b"\x89PNG\r\n\x1a\n", b"<svg/>", _png("L", (5000, 1))]
)
def test_pictures_that_cannot_be_drawn_are_refused(data):
    with pytest.raises(MalformedSeal):
        read_picture(data)


def test_a_form_or_an_unreadable_body_is_refused():
    done = _prepared().fill(b"0")
    with pytest.raises(MalformedDocument) as caught:
        prepare(done, xmp=_xmp(), attachments=[], slot=_slot())
    assert caught.value.code == "issue.face_has_form"
    with pytest.raises(MalformedDocument) as caught:
        prepare(b"%PDF-", xmp=_xmp(), attachments=[], slot=_slot())
    assert caught.value.code == "issue.face_unreadable"


def test_a_second_place_like_the_signature_is_refused():
    decoy = Attachment(
        name="a", data=b"", media_type="text/plain", description="/Contents <" + "00" * 300 + ">"
    )
    with pytest.raises(MalformedDocument) as caught:
        prepare(
            _body(),
            xmp=_xmp() + b"/Contents <" + b"00" * 300 + b">",
            attachments=[decoy],
            slot=_slot(),
        )
    assert caught.value.code == "issue.placeholder_lost"


def test_dates_need_a_zone():
    assert pdf_date(datetime(2026, 1, 1, tzinfo=UTC)) == "D:20260101080000+08'00'"
    with pytest.raises(SigningError):
        pdf_date(datetime(2026, 1, 1))


def test_layouts_are_data_with_confidence():
    for row in layouts():
        assert row.confidence in {"standard", "files", "code"}
        assert row.source
    assert pick_layout("cms", "sm2").subfilter == "adbe.pkcs7.detached"
    assert pick_layout("cms", "rsa").subfilter == "ETSI.CAdES.detached"
    assert pick_layout("cms", "p384").digest == "sha384"
    assert pick_layout("ses", "sm2").confidence == "code"
    for layout, kind in (("ses", "rsa"), ("cms", "ed25519"), ("other", "sm2")):
        with pytest.raises(SigningError) as caught:
            pick_layout(layout, kind)
        assert caught.value.code == "issue.layout_unknown"
    assert property_info((0, 1, 2, 3)) == b"[0 1 2 3]"


def test_xmp_mirrors_metadata_and_describes_its_schema():
    packet = build_xmp(
        {"ZZMC": "营业<执>&照", "ZZBS": "1.2", "EMPTY": "", "不是": "x"},
        title="a<b",
        identifier="1.2.3",
        at=AT,
    )
    root = etree.fromstring(packet)
    ns = {
        "ecert": "urn:ecert:metadata:1",
        "pdfaid": "http://www.aiim.org/pdfa/ns/id/",
        "p": "http://www.aiim.org/pdfa/ns/property#",
        "xmp": "http://ns.adobe.com/xap/1.0/",
    }
    assert root.findtext(".//ecert:ZZMC", namespaces=ns) == "营业<执>&照"
    assert root.find(".//ecert:EMPTY", ns) is None
    assert root.findtext(".//pdfaid:part", namespaces=ns) == "3"
    assert root.findtext(".//xmp:CreateDate", namespaces=ns) == "2026-03-02T00:30:05+08:00"
    described = {e.text for e in root.iterfind(".//p:name", ns)}
    assert described == {"ZZMC", "ZZBS"}
    assert packet.startswith(b"<?xpacket begin")
    assert packet.endswith(b'<?xpacket end="r"?>')


@pytest.mark.parametrize("text", ["\x00", "a\rb", "\ufffe", "\ud800"])
def test_xmp_refuses_what_xml_cannot_carry(text):
    with pytest.raises(SigningError) as caught:
        build_xmp({"ZZMC": text}, title="t", identifier="1", at=AT)
    assert caught.value.params == {"name": "ZZMC"}
