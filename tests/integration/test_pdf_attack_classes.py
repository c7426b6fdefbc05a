"""The published classes of attacks on signed PDFs, on licences that we issued ourselves.

Mladenov et al. 2019 (USF, ISA, SWA), Mainka et al. 2021 (shadow attacks: hide, replace, hide and
replace), Rohlmann et al. 2021 (certification attacks: evil annotation, sneaky signature), and tricks
with cross-reference tables. None is accepted, and the report says what was done.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from attacks import pdf_attacks as pdf
from attacks import rewrite as cut
from attacks.generator import good_files, named, store, the_world
from attacks.world import AT
from ecert.facade import Asking, verify

RANGE = re.compile(rb"/ByteRange \[[^\]]*\]")
BASES = ["cms_sm2", "ses"]


def good(base: str) -> bytes:
    return good_files()[base]


def judged(data: bytes):
    return verify(data, trust=store(), at=AT, asking=Asking(test_trust="allowed"))


def said(report) -> set[str]:
    """Return every code of the tree that is not a pass, changes in words included."""
    return named(report)


def numbers(data: bytes) -> dict[str, int]:
    """Return the object numbers of the parts that an attacker aims at."""
    with pikepdf.open(io.BytesIO(data)) as file:
        page = file.pages[0].obj
        field = file.Root.AcroForm.Fields[0]
        return {
            "root": file.Root.objgen[0],
            "pages": file.Root.Pages.objgen[0],
            "page": page.objgen[0],
            "content": page.Contents.objgen[0],
            "field": field.objgen[0],
            "look": field.AP.N.objgen[0],
            "value": field.V.objgen[0],
            "font": next(iter(page.Resources.Font.values())).objgen[0],
            "file": file.Root.AF[0].EF.F.objgen[0],
        }


def bodies(data: bytes, *names: str) -> list[bytes]:
    """Return the bodies of objects, as they stand."""
    found = numbers(data)
    with pikepdf.open(io.BytesIO(data)) as file:
        return [file.get_object(found[n], 0).unparse(resolved=True) for n in names]


def offsets(data: bytes) -> dict[int, int]:
    return {int(match[1]): match.start() + 1 for match in re.finditer(rb"\n(\d+) 0 obj\b", data)}


def update(base: bytes, rows: dict[int, bytes], *, extra: bytes = b"", body: bytes = b"") -> bytes:
    """Append an increment whose cross-reference rows are given; it need not bring any object."""
    out = base + body
    previous = re.findall(rb"startxref\s+(\d+)", base)[-1]
    identifier = re.findall(rb"/ID ?\[[^\]]*\]", base)[-1]
    size = max([cut.size_of(base), *(number + 1 for number in rows)])
    table = b"".join(b"%d 1\n%s \n" % (number, row) for number, row in sorted(rows.items()))
    return out + (
        b"xref\n0 1\n0000000000 65535 f \n%strailer\n<</Size %d/Root %d 0 R%s/Prev %s%s>>\n"
        b"startxref\n%d\n%%%%EOF\n"
        % (table, size, numbers(base)["root"], identifier, previous, extra, len(out))
    )


def used(offset: int) -> bytes:
    return b"%010d 00000 n" % offset


FREE, DEAD = b"0000000000 00001 f", b"0000000000 00000 f"

# -- USF: the signature looks present and cannot be checked ----------------------------------------


def with_range(base: bytes, text: bytes) -> bytes:
    found = RANGE.search(base)
    assert found
    assert len(text) <= len(found[0])
    return base[: found.start()] + text.ljust(len(found[0])) + base[found.end() :]


def with_contents(base: bytes, text: bytes) -> bytes:
    start = base.index(b"/Contents <")
    end = base.index(b">", start) + 1
    return base[:start] + text.ljust(end - start) + base[end:]


def last(base: bytes) -> list[int]:
    found = re.search(rb"/ByteRange \[ 0 (\d+) (\d+) (\d+) *\]", base)
    assert found
    return [int(found[n]) for n in (1, 2, 3)]


USF: dict[str, tuple[Callable[[bytes], bytes], set[str]]] = {
    "range missing": (lambda d: with_range(d, b""), {"pdf.byte_range"}),
    "range null": (lambda d: with_range(d, b"/ByteRange null"), {"pdf.byte_range"}),
    "range empty": (lambda d: with_range(d, b"/ByteRange []"), {"pdf.byte_range"}),
    "range all zero": (lambda d: with_range(d, b"/ByteRange [0 0 0 0]"), {"pdf.contents_gap"}),
    "range negative": (lambda d: with_range(d, b"/ByteRange [0 -1 -1 -1]"), {"pdf.byte_range"}),
    "range of one pair": (lambda d: with_range(d, b"/ByteRange [0 %d]" % len(d)), {"pdf.byte_range"}),
    "range not from 0": (
        lambda d: with_range(d, b"/ByteRange [1 %d %d %d]" % (last(d)[0] - 1, *last(d)[1:])),
        {"pdf.byte_range"},
    ),
    "range of text": (lambda d: with_range(d, b"/ByteRange [(0) (1)]"), {"pdf.byte_range"}),
    "value missing": (lambda d: with_contents(d, b""), {"pdf.contents_gap"}),
    "value null": (lambda d: with_contents(d, b"/Contents null"), {"pdf.contents_gap"}),
    "value empty": (lambda d: with_contents(d, b"/Contents <>"), {"pdf.contents_gap"}),
    "value zero": (lambda d: with_contents(d, b"/Contents <00>"), {"pdf.contents_gap"}),
    "all zeros": (pdf.zeroed, {"signature.empty"}),
    "value of a name": (lambda d: with_contents(d, b"/Contents /None"), {"pdf.contents_gap"}),
}  # fmt: skip


@pytest.mark.parametrize("case", USF)
@pytest.mark.parametrize("base", BASES)
def test_universal_signature_forgery(base, case):
    make, codes = USF[case]
    report = judged(make(good(base)))
    assert report.decision.value in {"refuse", "refer"}
    assert codes & said(report)
    assert all(s.integrity.value != "passed" for s in report.signatures)


# -- ISA: something is appended --------------------------------------------------------------------


def evil_page(base: bytes) -> tuple[int, bytes, bytes]:
    """Return a page object with other content, and that content."""
    found, (body,) = numbers(base), bodies(base, "page")
    new = cut.size_of(base)
    page = re.sub(rb"/Contents \d+ 0 R", b"/Contents %d 0 R" % new, body)
    return found["page"], page, b"%d 0 obj\n%s\nendobj\n" % (new, cut.stream(pdf.DRAWN))


def without_xref(base: bytes) -> bytes:
    """The new objects stand behind %%EOF and no table names them: readers that repair see them."""
    number, page, content = evil_page(base)
    return base + content + b"%d 0 obj\n%s\nendobj\n" % (number, page)


def without_trailer(base: bytes) -> bytes:
    """A table without trailer and startxref."""
    number, page, content = evil_page(base)
    body = content + b"%d 0 obj\n%s\nendobj\n" % (number, page)
    return base + body + b"xref\n0 1\n0000000000 65535 f \n"


def with_old_startxref(base: bytes) -> bytes:
    """The tail of the signed revision is repeated behind the new objects."""
    number, page, content = evil_page(base)
    tail = base[base.rindex(b"startxref") :]
    return base + content + b"%d 0 obj\n%s\nendobj\n" % (number, page) + tail


def with_signature_copied(base: bytes) -> bytes:
    """The increment brings the signature dictionary along, with its old range."""
    found, (value,) = numbers(base), bodies(base, "value")
    number, page, _ = evil_page(base)
    new = cut.size_of(base)
    return cut.append(base, {number: page, new: cut.stream(pdf.DRAWN), found["value"]: value})


def through_prev_zero(base: bytes) -> bytes:
    """The chain of tables leaves the signed one out."""
    return pdf.appended_page(base).replace(
        b"/Prev %s" % re.findall(rb"startxref\s+(\d+)", base)[-1], b"/Prev 0"
    )


ISA = {
    "content": (pdf.appended_page, {"document.drawn_after_issuer", "change.page_content"}),
    "no table": (without_xref, {"document.bytes_after", "format.bytes_outside"}),
    "no trailer": (without_trailer, {"document.bytes_after", "format.bytes_outside"}),
    "old tail again": (with_old_startxref, {"document.bytes_after"}),
    "the signature copied": (with_signature_copied, {"pdf.contents_elsewhere"}),
    "the signed table left out": (through_prev_zero, {"pdf.unreadable"}),
}


@pytest.mark.parametrize("case", ISA)
@pytest.mark.parametrize("base", BASES)
def test_incremental_saving(base, case):
    make, codes = ISA[case]
    report = judged(make(good(base)))
    assert report.decision.value in {"refuse", "refer"}
    assert codes <= said(report)


# -- SWA: the signed part is moved ----------------------------------------------------------------


def wrapped_with_table(base: bytes) -> bytes:
    """The tail moves behind a new table in the gap; /ByteRange is made to fit."""
    start, end, rest = last(base)
    number, page, content = evil_page(base)
    inserted = content + b"%d 0 obj\n%s\nendobj\n" % (number, page)
    data = base[:end] + inserted + base[end:]
    return with_range(data, b"/ByteRange [ 0 %d %d %d]" % (start, end + len(inserted), rest))


def gap_grown(base: bytes) -> bytes:
    """The string ends earlier, and an entry stands where its padding was."""
    _, end, _ = last(base)
    inserted = b">/Reason(other) "
    return base[: end - len(inserted)] + inserted + base[end:]


SWA = {
    "moved": (pdf.wrapped, {"pdf.unreadable"}),
    "moved with objects": (wrapped_with_table, {"pdf.unreadable"}),
    "wider gap": (pdf.wider_gap, {"pdf.contents_gap"}),
    "entry inside the gap": (gap_grown, {"pdf.contents_gap"}),
}


@pytest.mark.parametrize("case", SWA)
@pytest.mark.parametrize("base", BASES)
def test_signature_wrapping(base, case):
    make, codes = SWA[case]
    report = judged(make(good(base)))
    assert report.decision.value in {"refuse", "refer"}
    assert codes & said(report)


# -- shadow attacks --------------------------------------------------------------------------------


def hidden(what: str, row: bytes) -> Callable[[bytes], bytes]:
    """An object of the signed file is declared free: what it drew is gone."""
    return lambda base: update(base, {numbers(base)[what]: row})


def swapped(what: str, other: str) -> Callable[[bytes], bytes]:
    """A table without objects: one number now means what another one means."""

    def make(base: bytes) -> bytes:
        found = numbers(base)
        return update(base, {found[what]: used(offsets(base)[found[other]])})

    return make


def other_font(base: bytes) -> bytes:
    """Replace: the font of the text is exchanged, which readers take for harmless."""
    body = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    return cut.append(base, {numbers(base)["font"]: body})


def other_look(base: bytes) -> bytes:
    """Replace: the appearance of the signature itself."""
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 160 40]"
    return cut.append(base, {numbers(base)["look"]: cut.stream(pdf.DRAWN, form)})


def other_pages(base: bytes) -> bytes:
    """Hide and replace: the catalogue is exchanged for one that shows another page tree."""
    found, (root,) = numbers(base), bodies(base, "root")
    new = cut.size_of(base)
    changed = re.sub(rb"/Pages \d+ 0 R", b"/Pages %d 0 R" % new, root)
    page = b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 595 842]/Contents %d 0 R>>"
    return cut.append(
        base,
        {
            found["root"]: changed,
            new: b"<</Type/Pages/Kids[%d 0 R]/Count 1>>" % (new + 1),
            new + 1: page % (new, new + 2),
            new + 2: cut.stream(pdf.DRAWN),
        },
    )


SHADOW = {
    "hide: content freed": (hidden("content", FREE), {"change.page_content"}),
    "hide: content declared dead": (hidden("content", DEAD), {"change.page_content"}),
    "hide: seal freed": (hidden("look", FREE), {"change.field_changed"}),
    "hide: seal declared dead": (hidden("look", DEAD), {"change.field_changed"}),
    "hide: data freed": (hidden("file", FREE), {"change.attachment_changed"}),
    "hide: data declared dead": (hidden("file", DEAD), {"change.attachment_changed"}),
    "replace: font": (other_font, {"change.page_content"}),
    "replace: seal": (other_look, {"change.field_changed"}),
    "replace: content by another stream of the file": (
        swapped("content", "look"),
        {"format.repaired", "pdf.unreadable", "change.page_content"},
    ),
    "hide and replace: page tree": (other_pages, {"change.page_added", "change.page_removed"}),
}


@pytest.mark.parametrize("case", SHADOW)
@pytest.mark.parametrize("base", BASES)
def test_shadow_attacks(base, case):
    make, codes = SHADOW[case]
    report = judged(make(good(base)))
    assert report.decision.value in {"refuse", "refer"}
    assert codes & said(report), said(report)
    assert not any(s.covers_current and s.role == "issuer" for s in report.signatures)


# -- certification attacks -------------------------------------------------------------------------

EVIL = {
    "FreeText": b"/Subtype/FreeText/Contents(other)/DA(/F1 12 Tf)",
    "Stamp": b"/Subtype/Stamp/AP<</N %d 0 R>>",
    "Redact": b"/Subtype/Redact/OverlayText(other)",
    "Link without look": b"/Subtype/Link/A<</S/URI/URI(http://example.invalid)>>",
    "Widget without field": b"/Subtype/Widget/MK<</BG[1 1 1]>>",
    "Ink": b"/Subtype/Ink/InkList[[0 0 9 9]]",
}


@pytest.mark.parametrize("kind", EVIL)
@pytest.mark.parametrize("base", BASES)
def test_evil_annotations(base, kind):
    """Our files are certified at level 1; a later annotation is named with page and sort."""
    data = good(base)
    new = cut.size_of(data)
    text = EVIL[kind].replace(b"%d", b"%d" % (new + 1))
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 160 40]"
    report = judged(
        cut.append(
            data,
            {
                **cut.extended(data, annotations=[new]),
                new: b"<</Type/Annot/F 4/Rect[300 300 460 340]%s>>" % text,
                new + 1: cut.stream(pdf.DRAWN, form),
            },
        )
    )
    assert report.decision.value == "refuse"
    assert {
        "document.drawn_after_issuer",
        "change.annotation_added",
        "change.not_certified",
    } <= said(report)
    text = report.render("zh", detail="full")
    assert f"第 1 页增加了批注（{kind.split()[0]}）" in text
    assert "文件认证为级别 1" in text


@pytest.mark.parametrize("shown", [b"", pdf.DRAWN])
@pytest.mark.parametrize("base", BASES)
def test_sneaky_signature(base, shown):
    """A second signer adds a signature field, with and without a look; level 1 permits neither."""
    data = pdf.countersigned(good(base), the_world().other.signer, shown=shown)
    report = judged(data)
    assert report.decision.value == "refuse"
    assert {"change.signature_field_added", "change.not_certified"} <= said(report)
    assert report.signatures[0].integrity.value == "passed"
    assert not report.signatures[0].covers_current


def test_a_sneaky_signature_that_is_none_is_named():
    """What follows looks like a signature and does not hold."""
    data = pdf.countersigned(good("cms_sm2"), the_world().other.signer)
    at = data.rindex(b"/Contents <") + 600
    report = judged(data[:at] + b"0000" + data[at + 4 :])
    assert report.decision.value == "refuse"
    assert report.signatures[0].integrity.value == "passed"
    assert "change.signature_field_added" in said(report)


# -- cross-reference tricks ------------------------------------------------------------------------


def hybrid(base: bytes) -> bytes:
    """A classic table with a second, hidden one that only some readers follow."""
    number, page, content = evil_page(base)
    body = content + b"%d 0 obj\n%s\nendobj\n" % (number, page)
    at = len(base) + len(content)
    new = cut.size_of(base) + 1
    row = b"\1" + at.to_bytes(4, "big") + b"\0"
    hidden_table = (
        b"<</Type/XRef/Size %d/W[1 4 1]/Index[%d 1]/Length 6>>\nstream\n%s\nendstream"
        % (
            new + 1,
            number,
            row,
        )
    )
    place = len(base) + len(body)
    body += b"%d 0 obj\n%s\nendobj\n" % (new, hidden_table)
    return update(base, {new - 1: used(len(base))}, extra=b"/XRefStm %d" % place, body=body)


def packed(base: bytes) -> bytes:
    """The page is redefined inside an object stream of the increment."""
    number, page, content = evil_page(base)
    new = cut.size_of(base) + 1
    head = b"%d 0 " % number
    stream = b"<</Type/ObjStm/N 1/First %d/Length %d>>\nstream\n%s\nendstream" % (
        len(head),
        len(head) + len(page),
        head + page,
    )
    body = content + b"%d 0 obj\n%s\nendobj\n" % (new, stream)
    table_at = len(base) + len(body)
    rows = {
        number: b"\2" + new.to_bytes(4, "big") + b"\0",
        new - 1: b"\1" + len(base).to_bytes(4, "big") + b"\0",
        new: b"\1" + (len(base) + len(content)).to_bytes(4, "big") + b"\0",
        new + 1: b"\1" + table_at.to_bytes(4, "big") + b"\0",
    }
    index = b" ".join(b"%d 1" % n for n in sorted(rows))
    table = b"".join(rows[n] for n in sorted(rows))
    previous = re.findall(rb"startxref\s+(\d+)", base)[-1]
    identifier = re.findall(rb"/ID ?\[[^\]]*\]", base)[-1]
    body += (
        b"%d 0 obj\n<</Type/XRef/Size %d/W[1 4 1]/Index[%s]/Root %d 0 R%s/Prev %s/Length %d>>\n"
        b"stream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n"
        % (
            new + 1, new + 2, index, numbers(base)["root"], identifier, previous, len(table),
            table, table_at,
        )
    )  # fmt: skip
    return base + body


def twice_in_a_table(base: bytes) -> bytes:
    """One number stands twice in one table; readers differ in which row they take."""
    number, page, content = evil_page(base)
    body = content + b"%d 0 obj\n%s\nendobj\n" % (number, page)
    at = len(base) + len(content)
    data = update(base, {number: used(offsets(base)[number])}, body=body)
    row = b"%d 1\n%s \n" % (number, used(offsets(base)[number]))
    return data.replace(row, row + b"%d 1\n%s \n" % (number, used(at)))


def linearised(base: bytes) -> bytes:
    """Saved anew as linearised: the first table stands at the beginning of the file."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(base)) as file:
        file.save(out, linearize=True)
    return out.getvalue()


def two_tails(base: bytes) -> bytes:
    """Two startxref: some readers take the first from the end, some the one before."""
    data = pdf.appended_page(base)
    signed = re.findall(rb"startxref\s+(\d+)", base)[-1]
    return data + b"startxref\n%s\n%%%%EOF\n" % signed


XREF = {
    "hidden table": (hybrid, {"pdf.analysis_impossible", "document.drawn_after_issuer", "pdf.unreadable"}),
    "object stream": (packed, {"document.drawn_after_issuer", "change.page_content"}),
    "row twice": (twice_in_a_table, {"pdf.unreadable", "document.drawn_after_issuer", "change.rewritten"}),
    "linearised anew": (linearised, {"pdf.contents_gap", "pdf.byte_range", "cms.digest_mismatch", "seal.document_digest"}),
    "two tails": (two_tails, {"document.bytes_after", "format.ambiguous_tail", "document.drawn_after_issuer"}),
}  # fmt: skip


@pytest.mark.parametrize("case", XREF)
@pytest.mark.parametrize("base", BASES)
def test_cross_reference_tricks(base, case):
    make, codes = XREF[case]
    report = judged(make(good(base)))
    assert report.decision.value in {"refuse", "refer"}
    assert codes & said(report), said(report)


@pytest.mark.parametrize("base", BASES)
def test_the_good_file_is_accepted(base):
    """The control: without a change the same question is answered with accept."""
    assert judged(good(base)).decision.value == "accept"
