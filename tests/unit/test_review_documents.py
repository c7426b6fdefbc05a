"""What an attacker tried against documents and verification, and must never succeed with again."""

from __future__ import annotations

import io
import re
import sys
import zlib
from datetime import UTC, date, datetime
from pathlib import Path

import pikepdf
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import ofd_kit as ofd
import pdf_kit as kit
from ecert.crypto.times import TimeClaim
from ecert.errors import PolicyError
from ecert.model.profile import FaceRow
from ecert.report import OK
from ecert.verification.case import Case, DataCase, combine_claims
from ecert.verification.face import compare_face
from ecert.verification.policy import Policy
from ecert.verification.reporting import report_of

FORM = b"/Type/XObject/Subtype/Form/BBox[0 0 160 40]"
WIDGET = b"/Type/Annot/Subtype/Widget/P 3 0 R"
STAMP = kit.Draft(signature=b"/Type/DocTimeStamp/Filter/Adobe.PPKLite/SubFilter/ETSI.RFC3161")
DOCMDP = (
    b"/Reference[<</Type/SigRef/TransformMethod/DocMDP"
    b"/TransformParams<</Type/TransformParams/P 1/V/1.2>>>>]"
)


def _stamped(field: bytes, *, certified: bool) -> bytes:
    """A signed file, an increment of unused objects (20 draws, 21-23 are numbers), a time stamp."""
    base = kit.signed(signature=kit.Draft().signature + (DOCMDP if certified else b""))
    unused = {
        20: kit.stream(b"1 0 0 rg 0 0 160 40 re f", FORM),
        21: b"10",
        22: b"150",
        23: b"50",
    }
    objects = kit.Draft().objects()
    update = {
        1: objects[1].replace(b"[5 0 R]", b"[5 0 R 30 0 R]"),
        3: objects[3].replace(b"[5 0 R]", b"[5 0 R 30 0 R]"),
        30: b"<<%s/FT/Sig/T(Stamp)/V 31 0 R/AP<</N 20 0 R>>%s>>" % (WIDGET, field),
        31: STAMP.dictionary(),
    }
    return kit.fill(kit.write(update, base=kit.write(unused, base=base)), kit.token)


@pytest.mark.parametrize("certified", [True, False])
@pytest.mark.parametrize(
    "field",
    [
        b"/F 132/Rect[10 10 150 50]",
        b"/F 132/Rect[21 0 R 21 0 R 22 0 R 23 0 R]",
        b"/F 132/Rect[10 10 150 50 0]",
        b"/F 36/Rect[10 10 150 50 0]",
        b"/F 288/Rect[10 10 150 50 0]",
    ],
    ids=["plain", "numbers elsewhere", "five numbers", "printed", "toggled"],
)
def test_l6_a_later_time_stamp_never_draws(field, certified):
    """pyHanko takes a rectangle it cannot read for no area, and earlier leftovers for known."""
    issuer = kit.inspect(_stamped(field, certified=certified)).signatures[0]
    assert issuer.changes_after.code == "document.drawn_after_issuer"
    assert not issuer.covers_current


@pytest.mark.parametrize(
    ("look", "draws"),
    [
        (b"/Rect[10 10 150 50]/MK<</BG[1 0 0]>>", True),
        (b"/Rect[10 10 150 50]/Border[0 0 90]/C[1 0 0]", True),
        (b"/Rect[10 10 150 50]/MK<</BG[1 0 0]>>/F 2", False),
        (b"/Rect[0 0 0 0]/MK<</BG[1 0 0]>>", False),
    ],
)
def test_l6_a_later_signature_without_appearance_may_still_draw(look, draws):
    """Some viewers paint the background and border of a field that has no appearance."""
    objects = kit.Draft().objects()
    update = {
        1: objects[1].replace(b"[5 0 R]", b"[5 0 R 50 0 R]"),
        3: objects[3].replace(b"[5 0 R]", b"[5 0 R 50 0 R]"),
        50: b"<<%s/FT/Sig/T(Second)/V 51 0 R%s>>" % (WIDGET, look),
        51: kit.Draft().dictionary(),
    }
    data = kit.fill(kit.write(update, base=kit.signed()), kit.cms())
    assert kit.inspect(data).signatures[0].changes_after.ok is not draws


@pytest.mark.parametrize("field", [b"/F 132/Rect[0 0 0 0]"])
def test_l6_a_later_time_stamp_without_area_may_follow(field):
    assert kit.inspect(_stamped(field, certified=True)).signatures[0].changes_after.ok


ROWS = (
    FaceRow("name", "名称", "示例科技有限公司"),
    FaceRow("capital", "注册资本", "壹佰万元整"),
    FaceRow("term", "营业期限", "2024年03月18日 至 长期"),
)
FACE = "名 称 示例科技 有限公司 注 册 资 本 壹佰万元整 营业期限：2024 年 03 月 18 日 至 长期"


@pytest.mark.parametrize(
    "face",
    [
        FACE,
        FACE.replace("注 册 资 本 壹", "注册资本壹"),
        FACE.replace("壹佰万元整", "（壹佰 万元整）"),
        FACE.replace("科技", "科\u200b技"),
    ],
    ids=["words", "label before", "in brackets", "invisible"],
)
def test_l8_values_that_stand_on_the_page(face):
    assert compare_face(face, ROWS) == OK


@pytest.mark.parametrize(
    ("face", "more", "code"),
    [
        (FACE.replace("壹佰万", "伍仟壹佰万"), (), "face.not_comparable"),
        (FACE.replace("示例科技", "新示例科技"), (), "face.not_comparable"),
        (FACE.replace("元整", "元整左右"), (), "face.not_comparable"),
        (FACE.replace("壹佰万", "玖佰万"), (), "face.mismatch"),
        (FACE, (FaceRow("scope", "范围", "长期"),), "face.not_comparable"),
        (FACE, (FaceRow("representative", "代表人", "2024"),), "face.not_comparable"),
        (FACE + " 1.2.91110105MA.001", (FaceRow("x", "号", "91110105MA"),), "face.not_comparable"),
        ("长 期 " * 5000, (FaceRow("a", "甲", "期长"),), "face.mismatch"),
    ],
    ids=[
        "amount",
        "name",
        "more behind",
        "other",
        "of another line",
        "year",
        "part of a number",
        "long",
    ],
)
def test_l8_a_value_inside_other_text_is_not_found(face, more, code):
    outcome = compare_face(face, (*ROWS, *more))
    assert outcome.ok is not True
    assert outcome.code == code


def test_l8_l15_a_page_of_nothing_but_one_character_is_answered_at_once():
    rows = (FaceRow("a", "甲", "壹壹"), FaceRow("b", "乙", "壹壹"))
    assert compare_face("壹" * 1_000_000, rows).code == "face.not_comparable"
    assert compare_face("壹" * 1_000_001, rows).code == "face.not_comparable"
    assert compare_face("", rows).code == "face.mismatch"


def test_l15_no_row_compared_is_no_agreement():
    assert compare_face(FACE, ()).code == "face.not_comparable"


def test_l11_contradicting_times_at_the_ends_of_the_calendar():
    """Times are hostile: widening their interval must not leave the calendar."""
    first = datetime.min.replace(tzinfo=UTC)
    last = datetime.max.replace(tzinfo=UTC)
    claims = tuple(TimeClaim(source="M", text="", earliest=t, latest=t) for t in (first, last))
    known = combine_claims(claims)
    assert known.ends == (first, last)


def test_l12_a_validity_until_99991231_is_judged():
    """This day is written where others write 长期; there is no day after it."""
    case = Case(data=DataCase(validity_end=date(9999, 12, 31)))
    report = report_of(case, Policy.default(), at=datetime(2026, 11, 20, tzinfo=UTC))
    assert report.use_until is None


EVIL = b'<ofd:Page xmlns:ofd="http://www.ofdspec.org/2016"/>'


def _continued(value: str, *, seal: str = "") -> dict[str, bytes]:
    """A package whose list of signatures is left open, and a second row in that list."""
    files = {**ofd.content(), "Doc_0/Signs/Signatures.xml": ofd.listing(ofd.row(0))}
    files = ofd.resigned(files, [n for n in files if not n.endswith("Signatures.xml")])
    extra = f"<ofd:Seal><ofd:BaseLoc>/{seal}</ofd:BaseLoc></ofd:Seal>" if seal else ""
    xml = ofd.signature_xml(files, ["OFD.xml"], stamp=False, extra=extra)
    xml = xml.replace(b">SignedValue.dat<", f">/{value}<".encode())
    where = "Doc_0/Signs/Sign_1/Signature.xml"
    return files | {
        "Doc_0/Signs/Signatures.xml": ofd.listing(ofd.row(0), ofd.row(1)),
        where: xml,
        "Doc_0/Signs/Sign_1/SignedValue.dat": ofd.seal_value(xml),
    }


def _listed_entries(files: dict[str, bytes], value: str) -> dict[str, bytes]:
    text = f"<DocEntries><FileList/><SignedValueLoc>/{value}</SignedValueLoc></DocEntries>"
    return files | {"OFDEntries.xml": text.encode()}


def test_l6_a_second_signature_that_draws_nothing_may_follow():
    facts = ofd.inspect(_continued("Doc_0/Signs/Sign_1/SignedValue.dat"))
    issuer = facts.signatures[0]
    assert (issuer.coverage, issuer.uncovered, issuer.changes_after.ok) == ("whole", (), True)


@pytest.mark.parametrize("way", ["value", "seal", "integrity list"])
def test_l6_l7_nothing_hides_behind_an_open_list_of_signatures(way):
    """A page that some viewers would find first is no signature value because a list says so."""
    path, good = "Pages/Page_0/Content.xml", "Doc_0/Signs/Sign_1/SignedValue.dat"
    files = {
        "value": _continued(path),
        "seal": _continued(good, seal=path),
        "integrity list": _listed_entries(ofd.unpack(ofd.good()), path),
    }[way]
    issuer = ofd.inspect(files | {path: EVIL}).signatures[0]
    assert issuer.coverage == "partial"
    assert "/" + path in [part.path for part in issuer.uncovered]
    assert issuer.changes_after.ok is not True


def test_l7_the_name_that_makes_a_file_the_certificate_is_covered_too():
    """A later signature that draws nothing gives an old, covered file the reserved name."""
    old = {40: kit.stream(b'{"schema":"ecert.certificate/1"}', b"/Type/EmbeddedFile")}
    base = kit.signed(extra=old)
    named = b"/Prop_Build<</F(certificate.json)/EF<</F 40 0 R>>>>"
    draft = kit.Draft(signature=kit.Draft().signature + named)
    objects = kit.Draft().objects()
    update = {
        1: objects[1].replace(b"[5 0 R]", b"[5 0 R 50 0 R]"),
        3: objects[3].replace(b"[5 0 R]", b"[5 0 R 50 0 R]"),
        50: b"<<%s/F 132/FT/Sig/T(Second)/V 51 0 R/Rect[0 0 0 0]>>" % WIDGET,
        51: draft.dictionary(),
    }
    facts = kit.inspect(kit.fill(kit.write(update, base=base), kit.cms()))
    (carrier,) = facts.carriers
    assert facts.signatures[0].changes_after.ok
    assert 0 not in carrier.covered_by


def _packed() -> bytes:
    """A face in object streams with its data, then an increment that signs it."""
    body = kit.write(
        {
            1: b"<</Type/Catalog/Pages 2 0 R/AF[11 0 R]>>",
            2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]>>",
            11: b"<</Type/Filespec/F(certificate.json)/EF<</F 12 0 R>>>>",
            12: kit.stream(b"{}", b"/Type/EmbeddedFile"),
        }
    )
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(body)) as pdf:
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    with pikepdf.open(io.BytesIO(out.getvalue())) as pdf:
        root, page = pdf.Root.unparse(resolved=True), pdf.pages[0].obj
        number, shown = page.objgen[0], page.unparse(resolved=True)
        top = pdf.Root.objgen[0]
    update = {
        top: root[:-2] + b"/AcroForm<</Fields[50 0 R]/SigFlags 3>>>>",
        number: shown[:-2] + b"/Annots[50 0 R]>>",
        50: b"<</Type/Annot/Subtype/Widget/F 132/FT/Sig/T(S)/V 51 0 R/Rect[0 0 0 0]>>",
        51: kit.Draft().dictionary(),
    }
    made = kit.write(update, base=out.getvalue())
    size = len(b"/Root 1 0 R")
    at = made.rindex(b"/Root 1 0 R")
    made = made[:at] + b"/Root %d 0 R" % top + made[at + size :]
    return kit.fill(made, kit.cms())


@pytest.mark.parametrize("packed", [False, True])
def test_l7_a_covered_name_counts_wherever_it_stands(packed):
    data = {40: kit.stream(b"{}", b"/Type/EmbeddedFile")}
    spec = b"<</Type/Filespec/F(certificate.json)/EF<</F 40 0 R>>>>"
    made = _packed() if packed else kit.signed(extra={**data, 41: spec})
    facts = kit.inspect(made)
    assert facts.format.recognized.ok
    (carrier,) = facts.carriers
    assert carrier.covered_by == (0,)


# -- what pdfium would spend ------------------------------------------------------------------------

TYPE0 = (
    b"<</Type/Font/Subtype/Type0/BaseFont/X/Encoding %s/ToUnicode 20 0 R/DescendantFonts[<<%s"
    b"/Type/Font/Subtype/CIDFontType2/BaseFont/X/FontDescriptor<</Type/FontDescriptor%s>>"
    b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>>>]>>"
)
SHOWN = b"BT /F1 12 Tf 20 100 Td <00410042> Tj ET"


def _packed_stream(content: bytes, entries: bytes = b"") -> bytes:
    return kit.stream(zlib.compress(content, 9), b"/Filter/FlateDecode" + entries)


def _cmap(rows: int, kind: bytes = b"bfrange") -> bytes:
    row = b"<0000><ffff><0041>\n" if kind == b"bfrange" else b"<0000><ffff> 0\n"
    text = b"begincmap 1 begincodespacerange<0000><ffff>endcodespacerange %d begin%s\n%send%s"
    return text % (rows, kind, row * rows, kind)


def _page(content: bytes, fonts: int, font: bytes, extra: dict[int, bytes]) -> bytes:
    names = b"".join(b"/F%d %d 0 R" % (n, 100 + n) for n in range(1, fonts + 1))
    return kit.write(
        {
            1: b"<</Type/Catalog/Pages 2 0 R>>",
            2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R"
            b"/Resources<</Font<<%s>>>>>>" % names,
            4: kit.stream(content),
            20: _packed_stream(_cmap(10)),
            **extra,
            **dict.fromkeys(range(101, 101 + fonts), font),
        }
    )


def _inline(entries: bytes, data: bytes) -> bytes:
    return b"q BI %s ID %s\nEI Q " % (entries, data)


GRAY = b"/W 32768/H 32768/BPC 8/CS/G/F/Fl"
PLAIN = TYPE0 % (b"/Identity-H", b"", b"")
TYPE3 = (
    b"<</Type/Font/Subtype/Type3/FontBBox[0 0 1 1]/FontMatrix[1 0 0 1 0 0]/CharProcs<</a 21 0 R>>"
    b"/Encoding<</Differences[65/a]>>/FirstChar 65/LastChar 65%s>>"
)
BOMB = zlib.compress(bytes(64 << 20), 9)
HEAVY = {
    "ranges, many fonts": (SHOWN, 40, PLAIN, {20: _packed_stream(_cmap(20_000))}),
    "ranges in an encoding": (
        SHOWN,
        1,
        TYPE0 % (b"21 0 R", b"", b""),
        {21: _packed_stream(_cmap(500_000, b"cidrange"))},
    ),
    "glyph map": (
        SHOWN,
        20,
        TYPE0 % (b"/Identity-H", b"/CIDToGIDMap 21 0 R", b""),
        {21: _packed_stream(bytes(16 << 20))},
    ),
    "font program": (
        SHOWN,
        20,
        TYPE0 % (b"/Identity-H", b"", b"/FontFile2 21 0 R"),
        {21: _packed_stream(bytes(16 << 20))},
    ),
    "widths": (
        SHOWN,
        300,
        TYPE0 % (b"/Identity-H", b"/W 21 0 R", b""),
        {21: b"[%s]" % (b"0 1 500 " * 20_000)},
    ),
    "shared descendant": (
        SHOWN,
        400,
        b"<</Type/Font/Subtype/Type0/Encoding/Identity-H/DescendantFonts[21 0 R]>>",
        {21: b"<</Type/Font/Subtype/CIDFontType2/W[%s]>>" % (b"0 1 500 " * 20_000)},
    ),
    "inline": (_inline(GRAY, BOMB) + SHOWN, 1, PLAIN, {}),
    "inline, name spelt otherwise": (_inline(b"/F/#46l", BOMB[:50]) + SHOWN, 1, PLAIN, {}),
    "inline fax": (_inline(b"/W 65535/H 65535/F/CCF", b"\xff") + SHOWN, 1, PLAIN, {}),
    "inline fax of unknown size": (_inline(b"/W +9/H 9/F/CCF", b"\xff") + SHOWN, 1, PLAIN, {}),
    "inline photograph": (_inline(b"/W 9/H 9/F/DCT", b"\xff") + SHOWN, 1, PLAIN, {}),
    "glyph": (SHOWN, 1, TYPE3 % b"", {21: kit.stream(_inline(GRAY, BOMB))}),
    "glyph that draws": (SHOWN, 1, TYPE3 % b"", {21: kit.stream(b"/X Do")}),
}


@pytest.mark.parametrize("name", HEAVY)
def test_l15_what_would_keep_pdfium_busy_is_not_comparable(name):
    """Each of these, a little larger, took minutes or gigabytes, or ended the process."""
    facts = kit.inspect(_page(*HEAVY[name]))
    assert facts.format.recognized.ok
    assert facts.face_text is None


@pytest.mark.parametrize(
    ("content", "font", "extra"),
    [
        (SHOWN, PLAIN, {}),
        (_inline(b"/W 2/H 2/BPC 8/CS/G/F/Fl", zlib.compress(b"abcd")) + SHOWN, PLAIN, {}),
        (_inline(b"/W 2/H 2/BPC 8/CS/G", b"abcd") + SHOWN, PLAIN, {}),
        (_inline(b"/W 8/H 8/F/CCF/DP<</K -1/Columns 8>>", b"\xff") + SHOWN, PLAIN, {}),
        (SHOWN, TYPE0 % (b"/Identity-H", b"/W[1[500 600]]", b""), {}),
        (
            b"BT /F1 12 Tf (A) Tj ET",
            TYPE3 % b"/Resources<<>>",
            {21: kit.stream(b"1 0 0 0 1 1 d1 0 0 1 1 re f")},
        ),
    ],
    ids=["text", "inline", "inline, unpacked", "inline fax", "widths", "glyph"],
)
def test_l8_ordinary_fonts_and_pictures_are_read(content, font, extra):
    assert kit.inspect(_page(content, 1, font, extra)).face_text


# -- work -------------------------------------------------------------------------------------------

PAGES = {
    2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
    3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]>>",
}


def _calls(data: bytes, code: str | None = None) -> int:
    """Return how many calls reading a file makes: its work, whatever the machine and its load."""
    count = 0

    def counted(_frame, event, _argument) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        facts = kit.inspect(data)
    finally:
        sys.setprofile(before)
    assert facts.format.within_limits.code == code
    return count


def test_l15_many_files_of_the_reserved_name_in_one_object():
    """The object that names them is read once, not once for each."""
    count = 4000
    one = b"<</F(certificate.json)/EF<</F %d 0 R>>>>"
    data = kit.write(
        {1: b"<</Type/Catalog/Pages 2 0 R>>", **PAGES}
        | {60: b"[%s]" % b"".join(one % (100 + n) for n in range(count))}
        | dict.fromkeys(range(100, 100 + count), kit.stream(b"{}"))
    )
    assert _calls(data) < 2_500_000
    assert len(kit.inspect(data).carriers) == 16


def test_l15_many_signatures_in_one_object():
    one = b"<</Type/Sig/ByteRange[0 0000000000 0000000000 0000000000]/Contents<00>>>"
    body = b"[%s]" % (one * 64 + b"0 " * 90_000)
    data = kit.write({1: b"<</Type/Catalog/Pages 2 0 R>>", **PAGES, 60: body})
    gaps = [m.span(1) for m in re.finditer(rb"/Contents(<00>)", data)]
    numbers = iter(b"/ByteRange[0 %010d %010d %010d]" % (a, b, len(data) - b) for a, b in gaps)
    data = re.sub(rb"/ByteRange\[[^\]]*\]", lambda _: next(numbers), data)
    assert _calls(data) < 32_000_000


def test_l15_many_signature_fields_in_one_form():
    field = b"<</FT/Sig/T(%d)/V<</ByteRange[0 %d]>>>>"
    form = b"<</Fields[%s]>>" % b"".join(field % (n, n) for n in range(5000))
    data = kit.write({1: b"<</Type/Catalog/Pages 2 0 R/AcroForm 60 0 R>>", **PAGES, 60: form})
    assert _calls(data, "format.too_large") < 500_000


# -- what the page shows ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "static"),
    [
        (b"/FT/Tx/T(name)/V(other)/DA(/F1 12 Tf)/Rect[10 10 90 30]", False),
        (b"/FT/Tx/T(name)/V(other)/Rect[10 10 90 30]/F 2", True),
        (b"/FT/Tx/T(name)/Rect[0 0 0 0]", True),
        (b"/FT/Sig/T(empty)/Rect[10 10 90 30]", True),
    ],
    ids=["field", "hidden", "without area", "unsigned"],
)
def test_l8_viewers_draw_the_value_of_a_field_themselves(field, static):
    widget = b"<</Type/Annot/Subtype/Widget/P 3 0 R%s>>" % field
    assert kit.inspect(kit.signed(extra={40: widget})).format.static.ok is static


@pytest.mark.parametrize("offset", [b"+9", b"9.0", b"9 0 R", b"9/XRefStm 9"])
def test_l9_a_hidden_table_that_readers_find_in_different_places(offset):
    data = kit.signed()
    at = data.rindex(b"/Root")
    assert kit.inspect(data[:at] + b"/XRefStm " + offset + data[at:]).format.recognized.ok is False


# -- policies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "checks=5",
        "[[limits]]\na=1",
        "[checks]\nadvisory=[{}]",
        "[checks]\nadvisory=[5]",
        "[limits]\ncrl_age_s=99999999999999999999",
        "[limits]\nstatus_age_s=-1",
    ],
)
def test_l23_an_unusable_policy_is_said_to_be_one(body):
    with pytest.raises(PolicyError):
        Policy.parse(f'id="x"\nversion="1"\n{body}'.encode())


@pytest.mark.parametrize(
    ("instant", "code"),
    [
        (datetime(2026, 11, 20, 15, 59, 59, tzinfo=UTC), "status.not_yet_valid"),
        (datetime(2026, 11, 20, 16, 0, 0, tzinfo=UTC), None),
    ],
)
def test_l12_nothing_is_in_force_before_it_is_issued(instant, code):
    """The issuer's data name a day of issue that has not come, in Asia/Shanghai."""
    case = Case(data=DataCase(issue_date=date(2026, 11, 21), validity_start=date(2026, 1, 1)))
    tree = report_of(case, Policy.default(), at=instant).root
    (validity,) = [check for check in tree.walk() if check.id == "status.validity"]
    assert next((reason.code for reason in validity.reasons), None) == code
