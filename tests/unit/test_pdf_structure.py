"""The byte skeleton of a PDF, what may be unpacked, what draws, and the carriers (L7, L8, L9)."""

from __future__ import annotations

import io
import json
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pdf_kit as kit
from ecert.documents.pdf import carriers, guard, inflate, lexer, structure, text, times, xref
from ecert.documents.pdf.facts import inspect_pdf
from ecert.documents.pdf.objects import Found
from ecert.documents.pdf.xmpns import CERTIFICATE_FILENAME, XMP_NAMESPACE
from ecert.errors import MalformedDocument
from ecert.limits import Limits

LIMITS = Limits()


def with_streams(data: bytes) -> bytes:
    """The same file with object streams and a cross-reference stream, written by qpdf."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def plain(**parts: object) -> bytes:
    objects = kit.Draft(**parts).objects()  # type: ignore[arg-type]
    objects[1] = objects[1].replace(b"/Fields[5 0 R]/SigFlags 3", b"")
    objects[3] = objects[3].replace(b"/Annots[5 0 R]", b"")
    del objects[5], objects[6]
    return kit.write(objects)


# -- one file, one format (L9)


def test_unsigned_file():
    facts = kit.inspect(plain())
    assert facts.signatures == ()
    assert facts.media_type == "application/pdf"
    assert (facts.size, len(facts.sha256)) == (len(plain()), 64)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"x" + plain(), "format.bytes_outside"),
        (plain() + b"\n\n", "format.bytes_outside"),
        (plain() + b"%%EOF", "format.bytes_outside"),
        (plain().replace(b"\n%\xe2", b"\n%<HTML>\xe2"), "format.multiple_formats"),
        (plain() + b"PK\x05\x06" + bytes(8) + b"\x10\0\0\0" + bytes(6), "format.multiple_formats"),
        (plain()[:-6] + b"PK\x05\x06%%EOF\n", None),
        (plain()[:128] + b"DICM" + plain()[132:], "format.multiple_formats"),
        (plain()[:-1], None),
        (plain()[:-1] + b"\r\n", None),
    ],
)
def test_single(data, code):
    assert structure.check_single(data).code == code


def test_not_a_pdf():
    facts = kit.inspect(b"PK\x03\x04" + bytes(2000))
    assert facts.media_type == "application/octet-stream"
    assert facts.format.recognized.code == "format.not_recognized"
    assert kit.inspect(b"").format.recognized.ok is False


def test_size_limit_comes_first():
    facts = inspect_pdf(plain(), replace(LIMITS, file_bytes=10))
    assert facts.format.within_limits.code == "format.too_large"
    assert facts.format.recognized.ok
    assert inspect_pdf(b"x" * 20, replace(LIMITS, file_bytes=10)).format.recognized.ok is False


@pytest.mark.parametrize("cut", [10, 40, 400, 700, -1, -10, -30])
def test_truncated_files_are_refused_cleanly(cut):
    facts = kit.inspect(kit.signed()[:cut])
    broken = facts.format.recognized.ok is not True
    assert broken or not facts.signatures or cut == -1


def test_unreadable_file_still_lists_its_signatures():
    data = kit.signed()
    facts = kit.inspect(data[: data.rindex(b"startxref")])
    assert facts.format.recognized.code == "pdf.unreadable"
    assert [one.structure.code for one in facts.signatures] == ["pdf.signature_unread"]


def test_encrypted_file_cannot_be_told():
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(kit.signed())) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(owner="o", user="", R=6))
    facts = kit.inspect(out.getvalue())
    assert (facts.format.recognized.ok, facts.format.recognized.code) == (None, "format.encrypted")
    assert facts.signatures[0].structure.ok is None


def test_two_entry_points_at_the_end():
    data = plain()
    at = data.rindex(b"startxref")
    twice = data[:at] + b"startxref\n0\n" + data[at:]
    assert kit.inspect(twice).format.recognized.code == "format.ambiguous_tail"
    assert kit.inspect(data + b"startxref\n").format.recognized.code == "format.ambiguous_tail"


def test_library_warnings_are_facts():
    data = plain().replace(b"/Root 1 0 R", b"/Root 1 0 R/Size 99")
    assert kit.inspect(data).format.recognized.code == "format.repaired"


# -- cross-reference sections


def test_streams_and_linearised_files():
    assert kit.inspect(with_streams(plain())).face_text == "Licence12345"
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(plain())) as pdf:
        pdf.save(out, linearize=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    facts = kit.inspect(out.getvalue())
    assert (facts.revisions, facts.format.recognized.ok) == (1, True)


def test_signature_dictionary_in_an_object_stream_is_not_in_the_gap():
    data = with_streams(kit.signed())
    one = kit.only(data)
    assert one.structure.ok is False
    assert one.coverage != "whole"


def _xref_stream(entries: bytes, extra: bytes) -> bytes:
    data = plain()
    body = data[: data.rindex(b"xref\n0")]
    start = len(body)
    made = b"/Type/XRef/Root 1 0 R/Size 8" + extra
    stream = b"7 0 obj\n%s\nendobj\n" % kit.stream(entries, made)
    return body + stream + b"startxref\n%d\n%%%%EOF\n" % start


def _rows(data: bytes) -> bytes:
    rows = [b"\0\0\0\0\0"]
    for number in range(1, 7):
        at = data.find(b"\n%d 0 obj" % number) + 1
        rows.append(b"\1" + at.to_bytes(3, "big") + b"\0" if at else b"\0\0\0\0\0")
    rows.append(b"\1" + data.rindex(b"xref\n0").to_bytes(3, "big") + b"\0")
    return b"".join(rows)


@pytest.mark.parametrize("predictor", [1, 10, 11, 12, 13, 14])
def test_predictors_of_cross_reference_streams(predictor):
    rows = _rows(plain())
    if predictor == 1:
        data = _xref_stream(rows, b"/W[1 3 1]")
    else:
        lines = [rows[at : at + 5] for at in range(0, len(rows), 5)]
        packed = _png(lines, predictor - 10)
        params = b"/DecodeParms<</Predictor %d/Columns 5>>" % predictor
        data = _xref_stream(zlib.compress(packed), b"/W[1 3 1]/Filter/FlateDecode" + params)
    facts = kit.inspect(data)
    assert facts.format.recognized.ok
    assert facts.face_text == "Licence12345"


def _png(lines: list[bytes], kind: int) -> bytes:
    out, previous = bytearray(), bytes(5)
    for line in lines:
        out.append(kind)
        for at, value in enumerate(line):
            left = line[at - 1] if at else 0
            up, corner = previous[at], previous[at - 1] if at else 0
            nearest = min((left, up, corner), key=lambda g: abs(left + up - corner - g))
            guess = (0, left, up, (left + up) // 2, nearest)[kind]
            out.append((value - guess) & 255)
        previous = line
    return bytes(out)


@pytest.mark.parametrize(
    "extra",
    [
        b"/W[1 3]",
        b"/W[1 3 99]",
        b"/W[0 0 0]",
        b"/W[1 (x) 1]",
        b"/W[1 3 1]/Index[0 900]",
        b"/W[1 3 1]/Index[0 99999999]",
        b"/W[1 3 1]/Prev(x)",
        b"/W[1 3 1]/Filter/LZWDecode",
        b"/W[1 3 1]/Filter/FlateDecode",
        b"/W[1 3 1]/DecodeParms<</Predictor 2/Columns 5>>",
        b"/W[1 3 1]/DecodeParms[<</Predictor 12/Columns 0>>]",
        b"/W[1 3 1]/DecodeParms<</Predictor 15/Columns 3>>",
    ],
)
def test_bad_cross_reference_streams(extra):
    facts = kit.inspect(_xref_stream(b"\7" * 40, extra))
    assert facts.format.recognized.ok is not True or facts.format.within_limits.ok is not True


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"trailer\n", b"trailor\n"),
        (b"00000 n", b"00000 x"),
        (b"<</Size", b"[</Size"),
        (b"/Root 1 0 R", b"/Root 1 0 R/Prev -5"),
        (b"/Root 1 0 R", b"/Root 1 0 R/Prev 9999999"),
        (b"/Root 1 0 R", b"/Root 9 0 R"),
        (b"\n1 1\n", b"\n1 999999\n"),
    ],
)
def test_bad_tables(old, new):
    facts = kit.inspect(plain().replace(old, new))
    assert facts.format.recognized.ok is not True or facts.format.within_limits.ok is not True


def test_chain_that_loops_or_is_too_long():
    data = plain()
    at = data.rindex(b"xref\n0")
    loop = data.replace(b"/Root 1 0 R", b"/Root 1 0 R/Prev %d" % at)
    assert kit.inspect(loop).format.recognized.code == "pdf.unreadable"
    for _ in range(5):
        data = kit.write({10: b"null"}, base=data)
    few = replace(LIMITS, pdf_objects=7)
    assert inspect_pdf(data, few).format.within_limits.code == "format.too_large"
    marks = b"%PDF-1.4\n" + b"startxref\n9\n%%EOF\n" * 5000
    assert kit.inspect(marks).format.recognized.code == "pdf.unreadable"


def test_hybrid_file_is_noted():
    data = plain()
    body = data[: data.rindex(b"xref\n0")]
    hidden = kit.stream(b"\0" * 5, b"/Type/XRef/W[1 3 1]/Size 8/Index[7 1]/Root 1 0 R")
    objects = body + b"7 0 obj\n" + hidden + b"\nendobj\n"
    shift = len(objects) - len(body)
    tail = data[data.rindex(b"xref\n0") :]
    tail = tail.replace(b"/Root", b"/XRefStm %d/Root" % len(body))
    start = int(tail.split(b"startxref\n")[1].split()[0])
    tail = tail.replace(b"startxref\n%d" % start, b"startxref\n%d" % (start + shift))
    facts = kit.inspect(objects + tail)
    assert "pdf.hybrid_xref" in kit.codes(facts.notes)


# -- lexer


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        (b"<< /A#20b (x\\)(y)) /C [1 2 0 R true null] >>", "dict"),
        (b"[/A<41>-1.5+.5]", "array"),
        (b"% comment\n 12 0 R", "ref"),
        (b"(a(b)c)", "string"),
        (b"-3", "number"),
        (b"true", "word"),
    ],
)
def test_lexer_reads(source, kind):
    node = lexer.parse_value(source, 0)
    assert (node.kind, node.end) == (kind, len(source))


def test_lexer_details():
    node = lexer.parse_value(b"<</A#20b 1/B 2/B 3>>", 0)
    assert node.get(b"A b") is not None
    assert (node.get(b"B"), node.count(b"B")) == (None, 2)
    assert lexer.integer(lexer.parse_value(b"-3", 0)) is None
    assert lexer.integer(lexer.parse_value(b"9" * 30, 0)) is None
    deep = lexer.parse_value(b"[<</X 1>>]", 0)
    assert len(lexer.find_dictionaries(deep, b"X")) == 1


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"<</A",
        b"<<1 2>>",
        b"[1",
        b"(a",
        b"<zz",
        b"}",
        b"[" * 100,
        b"[" + b"1 " * 100_001 + b"]",
    ],
)
def test_lexer_refuses(source):
    with pytest.raises(MalformedDocument):
        lexer.parse_value(source, 0)


def test_stream_bounds():
    good = b"<</Length 3>>stream\r\nabc\nendstream"
    assert xref.stream_bytes(good, lexer.parse_value(good, 0)) == b"abc"
    by_reference = b"<</Length 9 0 R>>stream\nabcendstream"
    assert xref.stream_bytes(by_reference, lexer.parse_value(by_reference, 0)) == b"abc"
    for bad in (b"<</Length 3>>", b"<</Length 9>>stream\nabc\nendstream", b"<<>>stream\nabc"):
        with pytest.raises(MalformedDocument):
            xref.stream_bytes(bad, lexer.parse_value(bad, 0))


# -- bombs


def test_inflate_is_bounded():
    bomb = zlib.compress(bytes(5_000_000))
    with pytest.raises(MalformedDocument) as caught:
        inflate.inflate(bomb, 1000)
    assert caught.value.code == "format.too_large"
    with pytest.raises(MalformedDocument):
        inflate.unpack(bomb, ("FlateDecode",) * 5, 1000)
    with pytest.raises(MalformedDocument):
        inflate.unpack(b"x" * 100, (), 10)
    with pytest.raises(MalformedDocument):
        inflate.unpack(b"6x", ("AHx",), 10)
    assert inflate.unpack(b"61 6>", ("ASCIIHexDecode",), 10) == b"a`"
    size = inflate.unpacked_size
    assert size(bomb, ("FlateDecode",), 6_000_000) == 5_000_000
    assert size(b"abc", ("DCTDecode",), 10) == 3
    assert size(b"abc", ("LZWDecode",), 10_000) > 3
    assert size(b"6162", ("FlateDecode",), 10) == 0
    assert size(b"6162", ("AHx", "AHx"), 10) == 1
    for chain in (("FlateDecode",), ("FlateDecode", "FlateDecode"), ("LZWDecode",)):
        with pytest.raises(MalformedDocument):
            size(bomb, chain, 1000)


def test_bombs_are_met_before_a_library_meets_them():
    bomb = zlib.compress(zlib.compress(bytes(300_000_000), 9), 9)
    entries = b"/Type/Metadata/Subtype/XML/Filter[/FlateDecode/FlateDecode]"
    data = plain(catalog=b"/Metadata 10 0 R", extra={10: kit.stream(bomb, entries)})
    facts = kit.inspect(data)
    assert facts.face_text is None
    assert "pdf.xmp_unreadable" in kit.codes(facts.notes)


def test_values_are_counted_before_a_library_builds_them(monkeypatch):
    monkeypatch.setattr(guard, "MAX_TOKENS", 1000)
    data = plain(catalog=b"/X 10 0 R", extra={10: b"[" + b"1 " * 2000 + b"]"})
    assert kit.inspect(data).format.within_limits.code == "format.too_large"
    assert kit.inspect(with_streams(data)).format.within_limits.code == "format.too_large"


def test_objects_that_share_bytes_are_refused():
    data = bytearray(plain(extra={10: b"[%11 0 obj [\n1 2 3]"}))
    inner = data.index(b"11 0 obj")
    at = data.index(b"trailer")
    data[at:at] = b"11 1\n%010d 00000 n \n" % inner
    assert kit.inspect(bytes(data)).format.recognized.code == "pdf.unreadable"


@pytest.mark.parametrize(
    ("content", "first", "count"),
    [
        (b"1 0 2 4 [1 [2]]", 8, 2),
        (b"1 0 2 2 [%[\n1]", 8, 2),
        (b"1 0 2 0 [1]", 8, 2),
        (b"1 0 x 4 [1] [2]", 8, 2),
        (b"1 0 2 99 [1]", 9, 2),
        (b"1 0", 99, 1),
        (b"1 0 [(", 4, 1),
        (b"1 0 [<zz", 4, 1),
    ],
)
def test_members_of_an_object_stream_may_not_overlap(content, first, count):
    with pytest.raises(MalformedDocument):
        guard._disjoint(content, first, count)
    guard._disjoint(b"1 0 2 3 [1] 5 0 R", 8, 2)
    with pytest.raises(MalformedDocument):
        guard._disjoint(b"", None, None)


# -- what draws (L8)


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"catalog": b"/OpenAction<</S/JavaScript/JS(x)>>"}, "format.active_content"),
        ({"catalog": b"/OpenAction<</S/URI/URI(http://x.example/)>>"}, "format.active_content"),
        ({"catalog": b"/OpenAction<</S/GoTo/D[3 0 R/Fit]>>"}, None),
        ({"catalog": b"/OpenAction[3 0 R/Fit]"}, None),
        ({"catalog": b"/AA<</WC<</S/Named/N/Print>>>>"}, "format.active_content"),
        ({"catalog": b"/Names<</JavaScript<</Names[]>>>>"}, "format.active_content"),
        ({"catalog": b"/OCProperties<<>>"}, "format.optional_content"),
        ({"extra": {10: b"<</Type/OCG/Name(a)>>"}}, "format.optional_content"),
        ({"form": b"/XFA 10 0 R", "extra": {10: b"null"}}, None),
        ({"form": b"/XFA(x)"}, "format.active_content"),
        ({"form": b"/NeedAppearances true"}, "format.foreign_appearance"),
        ({"extra": {10: b"<</S/Launch/F(x)>>"}}, "format.active_content"),
        ({"extra": {10: b"[[<</S/SubmitForm>>]]"}}, "format.active_content"),
        ({"extra": {10: b"<</Type/Annot/Subtype/RichMedia>>"}}, "format.active_content"),
        ({"extra": {10: b"<</Subtype/Text/Rect[0 0 9 9]>>"}}, "format.foreign_appearance"),
        ({"extra": {10: b"<</Subtype/Link/Rect[0 0 9 9]>>"}}, None),
        (
            {"extra": {10: b"<</Subtype/Link/Rect[0 0 9 9]/AP<</N 4 0 R>>>>"}},
            "format.foreign_appearance",
        ),
        ({"extra": {10: b"<</Subtype/Widget/Rect[0 0 9 9]>>"}}, None),
        (
            {"extra": {10: b"<</Subtype/Widget/FT/Tx/Rect[0 0 9 9]/AP<</N 4 0 R>>>>"}},
            "format.foreign_appearance",
        ),
        (
            {"extra": {10: b"<</Subtype/Widget/FT/Sig/Rect[0 0 9 9]/AP<</N 4 0 R>>>>"}},
            "format.foreign_appearance",
        ),
        ({"extra": {10: kit.stream(b"", b"/F(other.bin)")}}, "format.external_reference"),
        (
            {"extra": {10: kit.stream(b"", b"/Subtype/Image/Alternates[<</Image 4 0 R>>]")}},
            "format.other_picture",
        ),
        ({"extra": {10: kit.stream(b"", b"/Subtype/Form/OPI<<>>")}}, "format.other_picture"),
        (
            {"extra": {10: kit.stream(b"", b"/Subtype/Form/Ref<</F(x)/Page 0>>")}},
            "format.external_reference",
        ),
    ],
)
def test_still_documents(parts, code):
    assert kit.inspect(kit.signed(**parts)).format.static.code == code


def test_own_visible_seal_is_no_foreign_appearance():
    shape = kit.stream(b"0 0 9 9 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]")
    one = kit.signed(field=b"/FT/Sig/T(S)/V 6 0 R/Rect[0 0 9 9]/AP<</N 10 0 R>>", extra={10: shape})
    assert kit.inspect(one).format.static.ok
    split = kit.signed(
        field=b"/Parent 11 0 R/Rect[0 0 9 9]/AP<</N 10 0 R>>",
        extra={10: shape, 11: b"<</FT/Sig/T(S)/V 6 0 R/Kids[5 0 R]>>"},
        form=b"/Dummy 1",
    ).replace(b"/Fields[5 0 R]", b"/Fields[11 0 R]")
    assert kit.inspect(split).format.static.ok


def test_notes():
    extra = {
        10: b"<</S/URI/URI(http://x.example/)>>",
        11: b"<</Type/Font/Subtype/Type3>>",
        12: b"<</Type/Filespec/F(other.txt)/EF<</F 13 0 R>>>>",
        13: kit.stream(b"x"),
    }
    facts = kit.inspect(kit.signed(extra=extra))
    assert kit.codes(facts.notes) == ["pdf.link", "pdf.type3_font", "pdf.other_attachment"]
    assert facts.format.static.ok


# -- carriers (L7)

JSON = json.dumps({"ZZBS": "1"}).encode()


def filespec(name: bytes = b"certificate.json", number: int = 13) -> bytes:
    return b"<</Type/Filespec/F(%s)/UF(%s)/EF<</F %d 0 R/UF %d 0 R>>>>" % (
        name,
        name,
        number,
        number,
    )


def xmp(body: str) -> bytes:
    return (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" xmlns:ecert="{XMP_NAMESPACE}">{body}</rdf:Description>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def carried(packet: bytes, entries: bytes = b"/Type/Metadata/Subtype/XML", **more: object):
    extra = {10: kit.stream(packet, entries)}
    return kit.inspect(kit.signed(catalog=b"/Metadata 10 0 R", extra=extra, **more))


def test_attachment_is_a_covered_carrier():
    data = kit.signed(catalog=b"/AF[12 0 R]", extra={12: filespec(), 13: kit.stream(JSON)})
    (one,) = kit.inspect(data).carriers
    assert (one.kind, one.raw, one.covered_by) == ("attachment", JSON, (0,))
    assert CERTIFICATE_FILENAME in one.source
    packed = zlib.compress(JSON)
    data = kit.signed(extra={12: filespec(), 13: kit.stream(packed, b"/Filter/FlateDecode")})
    assert kit.inspect(data).carriers[0].raw == JSON


def test_two_attachments_are_both_shown():
    extra = {
        12: filespec(),
        13: kit.stream(JSON),
        14: filespec(b"dir/CERTIFICATE.JSON", 15),
        15: kit.stream(b"{}"),
        16: filespec(),
    }
    raws = sorted(one.raw for one in kit.inspect(kit.signed(extra=extra)).carriers)
    assert raws == sorted([JSON, b"{}"])


def test_attachment_added_later_is_not_covered():
    data = kit.write({12: filespec(), 13: kit.stream(JSON)}, base=kit.signed())
    (one,) = kit.inspect(data).carriers
    assert one.covered_by == ()
    packed = with_streams(
        kit.signed(catalog=b"/AF[12 0 R]", extra={12: filespec(), 13: kit.stream(JSON)})
    )
    assert kit.inspect(packed).carriers[0].covered_by == ()


def test_attachment_without_a_stream_or_too_large():
    facts = kit.inspect(kit.signed(extra={12: filespec(number=39)}))
    assert "pdf.attachment_unreadable" in kit.codes(facts.notes)
    bomb = zlib.compress(bytes(10_000_000))
    data = kit.signed(extra={12: filespec(), 13: kit.stream(bomb, b"/Filter/FlateDecode")})
    assert kit.inspect(data).format.within_limits.code == "format.too_large"
    nothing = Found(value=None, keys=frozenset(), owner=(0, 0), top=True)
    assert carriers.attachment(nothing) == ()


def test_xmp_mirror():
    facts = carried(xmp("<ecert:ZZBS>1.2.3</ecert:ZZBS><ecert:ZZMC>营业执照</ecert:ZZMC>"))
    (one,) = facts.carriers
    assert (one.kind, one.covered_by) == ("xmp", (0,))
    assert json.loads(one.raw) == {"ZZBS": "1.2.3", "ZZMC": "营业执照"}


def test_xmp_twice_stays_twice():
    (one,) = carried(xmp("<ecert:ZZBS>1</ecert:ZZBS><ecert:ZZBS>2</ecert:ZZBS>")).carriers
    assert one.raw == b'{"ZZBS":"1","ZZBS":"2"}'


def test_xmp_attributes_and_lists():
    packet = xmp("<ecert:A><rdf:Seq><rdf:li>x</rdf:li><rdf:li>y</rdf:li></rdf:Seq></ecert:A>")
    packet = packet.replace(b'rdf:about=""', b'rdf:about="" ecert:B="z"')
    (one,) = carried(packet).carriers
    assert json.loads(one.raw) == {"A": "x\ny", "B": "z"}


@pytest.mark.parametrize(
    "packet",
    [
        xmp("<ecert:A>1</ecert:A>")[:-40],
        b'<!DOCTYPE x [<!ENTITY e "x">]>' + xmp("<ecert:A>&e;</ecert:A>"),
        xmp("<ecert:A>1</ecert:A>" + "<x>" * 80 + "</x>" * 80),
        xmp("<ecert:A>1</ecert:A>" * 1100),
    ],
)
def test_xmp_that_cannot_be_read_safely(packet):
    facts = carried(packet)
    assert facts.carriers == ()
    assert "pdf.xmp_unreadable" in kit.codes(facts.notes)


def test_xmp_without_our_properties():
    assert carried(xmp("")).carriers == ()
    assert carried(b"<a/>").carriers == ()
    assert carried(xmp("<ecert:A>1</ecert:A>"), b"/Subtype/Other").carriers == ()


# -- text


def test_face_text_of_forms_and_its_bounds(monkeypatch):
    form = kit.stream(b"BT /F1 9 Tf (inner) Tj ET", b"/Type/XObject/Subtype/Form/BBox[0 0 300 200]")
    page = b"/Resources<</XObject<</X 10 0 R>>/Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Courier>>>>>>"
    objects = kit.Draft(content=b"/X Do /X Do", extra={10: form}).objects()
    objects[3] = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R%s>>" % page
    objects[1] = b"<</Type/Catalog/Pages 2 0 R>>"
    del objects[5], objects[6]
    assert "inner" in (kit.inspect(kit.write(objects)).face_text or "")
    objects[10] = kit.stream(b"/X Do " * 3, b"/Type/XObject/Subtype/Form/BBox[0 0 300 200]")
    assert kit.inspect(kit.write(objects)).face_text is None
    monkeypatch.setattr(text, "_MAX_PAGE_COST", 5)
    assert kit.inspect(plain()).face_text is None


def test_face_text_of_a_fan_of_forms():
    """Ten forms that draw each other ten times each would keep a renderer busy for days."""
    objects = kit.Draft(content=b"/X Do").objects()
    del objects[5], objects[6]
    objects[1] = b"<</Type/Catalog/Pages 2 0 R>>"
    objects[3] = (
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R"
        b"/Resources<</XObject<</X 10 0 R>>>>>>"
    )
    for number in range(10, 20):
        nested = b"/Resources<</XObject<</X %d 0 R>>>>" % (number + 1)
        objects[number] = kit.stream(
            b"/X Do " * 10, b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]" + nested
        )
    objects[20] = kit.stream(b"0 0 1 1 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]")
    assert kit.inspect(kit.write(objects)).face_text is None


def test_page_trees_that_loop_or_are_too_long():
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: b"<</Type/Pages/Kids[2 0 R]/Count 1>>",
    }
    assert kit.inspect(kit.write(objects)).face_text is None
    assert inspect_pdf(plain(), replace(LIMITS, pdf_pages=0)).face_text is None


# -- dates


@pytest.mark.parametrize(
    ("written", "earliest", "latest"),
    [
        ("D:20260301120000+08'00'", "2026-03-01T04:00", "2026-03-01T04:00"),
        ("D:20260301120000+08'00", "2026-03-01T04:00", "2026-03-01T04:00"),
        ("D:20260301120000-0130", "2026-03-01T13:30", "2026-03-01T13:30"),
        ("D:20260301120000Z", "2026-03-01T12:00", "2026-03-01T12:00"),
        ("D:20260301120000Z00'00'", "2026-03-01T12:00", "2026-03-01T12:00"),
        ("D:20260301120000", "2026-03-01T04:00", "2026-03-01T20:00"),
    ],
)
def test_pdf_dates(written, earliest, latest):
    claim = times.parse_pdf_date(written, source="M", covered=True)
    assert claim.earliest is not None
    assert claim.latest is not None
    assert claim.earliest.isoformat().startswith(earliest)
    assert claim.latest.isoformat().startswith(latest)


@pytest.mark.parametrize(
    "written",
    ["", "2026-03-01", "D:20261301120000Z", "D:00010101000000", "D:20260301120000+99'00'"],
)
def test_dates_that_are_none(written):
    claim = times.parse_pdf_date(written, source="M", covered=False)
    assert (claim.readable, claim.text) == (False, written)
