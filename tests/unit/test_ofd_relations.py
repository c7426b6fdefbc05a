"""OFD: what an uncovered part can change, bases, methods, contradicting times, polyglots (L6-L9, L11)."""

from __future__ import annotations

import re
import struct
import sys
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import ofd_kit as o
import seals_kit as kit
from ecert.crypto.digest import digest
from ecert.documents import inspect_document
from ecert.documents.facts import SignatureFacts
from ecert.documents.ofd.methods import check_digest, method_quirks
from ecert.documents.ofd.structure import EFFECTS
from ecert.facade import verify
from ecert.limits import Limits
from ecert.report.check import Reason
from ecert.report.codes import info
from ecert.report.render import sentence
from ecert.seals.making import sign_with_seal

ROOT, DOCUMENT = "OFD.xml", "Doc_0/Document.xml"
PAGE = "Doc_0/Pages/Page_0/Content.xml"
PNG = b"\x89PNG\r\n\x1a\n"


def put(files: dict[str, bytes], name: str, before: str, new: str) -> None:
    text = files[name].decode()
    assert before in text
    files[name] = text.replace(before, new + before, 1).encode()


def element(name: str, body: str = "", more: str = "") -> bytes:
    return f"<ofd:{name} {o.NS} {more}>{body}</ofd:{name}>".encode()


def everything() -> dict[str, bytes]:
    """One package with a part of every kind; what the kind is called -> where it stands."""
    files = o.content()
    put(files, ROOT, "</ofd:DocInfo>", "<ofd:Cover>cover.png</ofd:Cover>")
    versions = '<ofd:Versions><ofd:Version Current="true" BaseLoc="Doc_0/V.xml"/></ofd:Versions>'
    put(files, ROOT, "</ofd:DocBody>", versions)
    put(files, DOCUMENT, "<ofd:PublicRes>", '<ofd:TemplatePage ID="7" BaseLoc="T.xml"/>')
    extra = (
        "<ofd:Annotations>A.xml</ofd:Annotations><ofd:CustomTags>G.xml</ofd:CustomTags>"
        "<ofd:Extensions>E.xml</ofd:Extensions>"
    )
    put(files, DOCUMENT, "<ofd:Attachments>", extra)
    resources = (
        '<ofd:Fonts><ofd:Font ID="2"><ofd:FontFile>f.ttf</ofd:FontFile></ofd:Font></ofd:Fonts>'
        '<ofd:ColorSpaces><ofd:ColorSpace ID="3" Profile="c.icc"/></ofd:ColorSpaces>'
        '<ofd:MultiMedias><ofd:MultiMedia ID="5" Type="Image"><ofd:MediaFile>i.png</ofd:MediaFile>'
        "</ofd:MultiMedia></ofd:MultiMedias>"
    )
    listed = '<ofd:Page PageID="1"><ofd:FileLoc>P.xml</ofd:FileLoc></ofd:Page>'
    root = "<ofd:DocRoot>/Doc_0/Document.xml</ofd:DocRoot>"
    tag = "<ofd:CustomTag><ofd:FileLoc>tag.xml</ofd:FileLoc></ofd:CustomTag>"
    return files | {
        "cover.png": PNG,
        "Doc_0/V.xml": element("DocVersion", root),
        "Doc_0/T.xml": element("Page", "<ofd:Content/>"),
        "Doc_0/A.xml": element("Annotations", listed),
        "Doc_0/P.xml": element("PageAnnot"),
        "Doc_0/PublicRes.xml": element("Res", resources, 'BaseLoc="Res"'),
        "Doc_0/Res/f.ttf": b"font",
        "Doc_0/Res/c.icc": b"colours",
        "Doc_0/Res/i.png": PNG,
        "Doc_0/G.xml": element("CustomTags", tag),
        "Doc_0/tag.xml": b"<a/>",
        "Doc_0/E.xml": element("Extensions"),
        "Doc_0/stray.bin": b"1",
    }


KINDS = {
    ROOT: "ofd.open_root",
    "Doc_0/V.xml": "ofd.open_version",
    DOCUMENT: "ofd.open_document",
    PAGE: "ofd.open_page",
    "Doc_0/T.xml": "ofd.open_template",
    "Doc_0/A.xml": "ofd.open_annotation",
    "Doc_0/P.xml": "ofd.open_annotation",
    "Doc_0/PublicRes.xml": "ofd.open_resources",
    "Doc_0/Res/f.ttf": "ofd.open_font",
    "Doc_0/Res/i.png": "ofd.open_image",
    "Doc_0/Res/c.icc": "ofd.open_colour",
    "cover.png": "ofd.open_cover",
    "Doc_0/Attachs/Attachments.xml": "ofd.open_attachment",
    "Doc_0/Attachs/certificate.json": "ofd.open_attachment",
    "Doc_0/G.xml": "ofd.open_tag",
    "Doc_0/tag.xml": "ofd.open_tag",
    "Doc_0/E.xml": "ofd.open_tag",
    "Doc_0/stray.bin": "ofd.open_unreferenced",
}


def test_every_entry_of_the_package_has_its_kind():
    files = everything()
    assert set(KINDS) == {n for n in files if "Signatures" not in n}
    assert set(KINDS.values()) == set(EFFECTS)
    assert o.acceptable(o.inspect(o.resigned(files)))


@pytest.mark.parametrize("name", KINDS)
def test_l6_l7_what_an_uncovered_part_can_change_is_said(name):
    files = everything()
    one = o.one(o.resigned(files, [n for n in files if n != name]))
    assert [part.path for part in one.uncovered] == ["/" + name]
    assert [effect.code for effect in one.effects] == [KINDS[name]]
    (effect,) = one.effects
    assert (effect.ok, dict(effect.params)) == (None, {"count": 1, "paths": "/" + name})
    for lang in ("zh", "en"):
        said = sentence(Reason(KINDS[name], effect.params), lang)
        assert "/" + name in said or name == ROOT
        assert "{" not in said
        assert info(KINDS[name]).next_step(lang)


def test_what_is_uncovered_stands_in_the_report_widest_first():
    files = everything()
    left_out = {"Doc_0/Res/f.ttf", PAGE, "Doc_0/A.xml", "Doc_0/P.xml"}
    data = o.pack(o.resigned(files, [n for n in files if n not in left_out]))
    coverage = verify(data).root.find("signature[0].coverage")
    assert coverage is not None
    codes = [reason.code for reason in coverage.reasons]
    assert codes == [
        "document.uncovered",
        "ofd.open_page",
        "ofd.open_annotation",
        "ofd.open_font",
    ]
    assert dict(coverage.reasons[2].params)["count"] == 2
    assert {"/" + n for n in left_out} == {e.value for e in coverage.evidence}


def test_a_part_of_two_kinds_is_named_by_the_wider_one():
    files = everything()
    put(files, DOCUMENT, "</ofd:Pages>", '<ofd:Page ID="2" BaseLoc="T.xml"/>')
    one = o.one(o.resigned(files, [n for n in files if n != "Doc_0/T.xml"]))
    assert [effect.code for effect in one.effects] == ["ofd.open_page"]


# --- bases ----------------------------------------------------------------------------------------

LIST = "Doc_0/Signs/Signatures.xml"


def chain(*bases: str | None, covers: bool = True, spoil: int | None = None) -> dict[str, bytes]:
    """Signatures 0, 1, ... in a row; ``bases`` are their `Relative`, each covers those before."""
    files = {n: d for n, d in o.content().items() if n != LIST}
    rows = []
    for number, base in enumerate(bases):
        folder = f"Doc_0/Signs/Sign_{number}/"
        covered = [n for n in files if covers or "Signs" not in n]
        xml = o.signature_xml(files, covered, stamp=False)
        xml = xml.replace(b"</ofd:SignedInfo>", f"<!--{number}--></ofd:SignedInfo>".encode())
        files |= {folder + "Signature.xml": xml, folder + "SignedValue.dat": value_at(xml, folder)}
        rows.append(o.row(number, extra=f'Relative="{base}"' if base is not None else ""))
    if spoil is not None:
        name = f"Doc_0/Signs/Sign_{spoil}/SignedValue.dat"
        files[name] = value_at(b"other", f"Doc_0/Signs/Sign_{spoil}/")
    return files | {LIST: o.listing(*rows)}


def value_at(xml: bytes, folder: str) -> bytes:
    return sign_with_seal(
        seal=o.seal().raw,
        signer=kit.signer(),
        data_hash=kit.sm3(xml),
        property_info=f"/{folder}Signature.xml",
        at=o.AT,
    )


def codes(files: dict[str, bytes]) -> list[tuple[bool | None, str | None]]:
    return [(s.structure.ok, s.structure.code) for s in o.inspect(files).signatures]


GOOD = (True, None)


def test_a_relative_signature_holds_with_its_base():
    assert codes(chain(None, "0")) == [GOOD, GOOD]
    assert codes(chain(None, "0", "1")) == [GOOD, GOOD, GOOD]


def test_a_relative_signature_falls_with_its_base():
    files = chain(None, "0", "1", covers=False, spoil=0)
    broken = (False, "signature.base_broken")
    assert codes(files) == [GOOD, broken, broken]
    assert o.inspect(files).signatures[0].digest.code == "seal.document_digest"


def test_a_base_that_cannot_be_judged_makes_the_relative_one_so():
    files = chain(None, "0", covers=False)
    files["Doc_0/Signs/Sign_0/SignedValue.dat"] = bytes(64)
    assert codes(files)[1] == (None, "signature.base_unknown")


def test_a_base_that_is_not_covered_can_be_exchanged():
    assert codes(chain(None, "0", covers=False))[1] == (None, "signature.base_uncovered")


@pytest.mark.parametrize("bases", [("0",), ("1", "0"), ("1", "2", "0"), (None, "9")])
def test_rings_and_missing_bases_cannot_be_judged(bases):
    for base, (ok, code) in zip(bases, codes(chain(*bases)), strict=True):
        assert (ok, code) == (GOOD if base is None else (None, code))
        assert base is None or code in ("signature.base_missing", "signature.base_uncovered")


def test_two_signatures_of_one_identifier_are_no_base():
    files = chain(None, None, "0")
    files[LIST] = files[LIST].replace(b'ID="1"', b'ID="0"')
    assert codes(files)[2] == (None, "signature.base_missing")


def test_l6_a_relative_signature_never_takes_over_from_a_broken_base():
    report = verify(o.pack(chain(None, "0", covers=False, spoil=0)))
    assert [s.integrity.value for s in report.signatures] == ["failed", "failed"]


# --- lists, bodies and names ----------------------------------------------------------------------


def two_bodies(second_covers: str) -> dict[str, bytes]:
    """Two DocBody elements, each with its document and its own list of one signature."""
    files = {n: d for n, d in o.content().items() if n != LIST}
    files |= {n.replace("Doc_0", "Doc_1"): d for n, d in files.items() if n.startswith("Doc_0")}
    body = re.search(r"<ofd:DocBody>.*</ofd:DocBody>", files[ROOT].decode(), re.DOTALL)
    assert body is not None
    put(files, ROOT, "</ofd:OFD>", body[0].replace("Doc_0", "Doc_1"))
    for number in (0, 1):
        folder = f"Doc_{number}/Signs/Sign_{number}/"
        covered = [n for n in files if not number or second_covers in n]
        xml = o.signature_xml(files, covered, stamp=False)
        files |= {folder + "Signature.xml": xml, folder + "SignedValue.dat": value_at(xml, folder)}
    for number in (0, 1):
        loc = f"/Doc_{number}/Signs/Sign_{number}/Signature.xml"
        files[f"Doc_{number}/Signs/Signatures.xml"] = o.listing(o.row(number, loc=loc))
    return files


def test_each_body_has_its_own_list_and_none_is_forgotten():
    first, second = o.inspect(two_bodies("")).signatures
    assert (first.where, second.where) == (
        "/Doc_0/Signs/Sign_0/Signature.xml",
        "/Doc_1/Signs/Sign_1/Signature.xml",
    )
    assert (first.digest.ok, second.digest.ok) == (True, True)
    assert (first.coverage, second.coverage) == ("whole", "whole")


def test_l6_a_signature_of_one_body_never_covers_what_the_other_shows():
    _, second = o.inspect(two_bodies("Doc_1")).signatures
    assert not second.covers_current
    assert "ofd.open_page" in [effect.code for effect in second.effects]


def test_two_lists_in_one_body_are_not_one_document():
    files = two_bodies("")
    put(
        files,
        ROOT,
        "<ofd:Signatures>",
        "<ofd:Signatures>/Doc_1/Signs/Signatures.xml</ofd:Signatures>",
    )
    facts = o.inspect(files)
    assert facts.format.recognized.code == "document.repeated_element"
    assert not o.acceptable(facts)


@pytest.mark.parametrize(
    ("listing", "xml", "value"),
    [
        ("Doc_0/Signatures.xml", "Doc_0/Signs/Sign_3/Signature.xml", "SignedValue.dat"),
        ("Doc_0/Signs/Signatures.xml", "Doc_0/S/a.xml", "SignValue.dat"),
        ("s.xml", "x.xml", "//v.bin"),
        ("Doc_0/Signs/Signatures.xml", "Doc_0/Signs/Sign_0/Signature.xml", "../Sign_0/./V.dat"),
    ],
)
def test_names_of_signature_files_are_free(listing, xml, value):
    files = {n: d for n, d in o.content().items() if n != LIST}
    root = files[ROOT].decode().replace(LIST, listing)
    files |= {ROOT: root.encode(), listing: o.listing(o.row(3, loc="/" + xml))}
    body = o.signature_xml(files, list(files)).replace(b">SignedValue.dat<", f">{value}<".encode())
    name = value.rsplit("/", 1)[-1]
    place = name if value.startswith("/") else xml.rpartition("/")[0] + "/" + name
    signed = sign_with_seal(
        seal=o.seal().raw,
        signer=kit.signer(),
        data_hash=kit.sm3(body),
        property_info="/" + xml,
        at=o.AT,
    )
    files |= {xml: body, place.lstrip("/"): signed}
    assert o.acceptable(o.inspect(files))


def test_a_whole_document_signature_forbids_another_one():
    """The first covered the list of signatures, so the second broke it (eseal-crypto.md 6, h.ofd)."""
    files = o.resigned(o.content())
    second = o.signature_xml(files, list(files), stamp=False)
    folder = "Doc_0/Signs/Sign_1/"
    files |= {
        folder + "Signature.xml": second,
        folder + "SignedValue.dat": value_at(second, folder),
    }
    facts = o.inspect(files | {LIST: o.listing(o.row(0), o.row(1))})
    first, last = facts.signatures
    assert first.digest.code == "signature.reference_digest"
    assert dict(first.digest.params) == {"path": "/" + LIST, "bad": 1, "total": 7}
    assert last.digest.code == "signature.reference_digest", "and its own list was written after it"
    assert not o.acceptable(facts)


def test_children_of_a_signature_stand_in_any_order():
    files = o.content()
    xml = o.signature_xml(files, list(files)).decode()
    provider = "<ofd:Provider><ofd:ProviderName>n</ofd:ProviderName></ofd:Provider>"
    value = re.search(r"<ofd:SignedValue>.*</ofd:SignedValue>", xml)
    assert value is not None
    xml = xml.replace(value[0], "").replace("<ofd:SignedInfo>", value[0] + "<ofd:SignedInfo>", 1)
    xml = xml.replace("</ofd:SignedInfo>", provider + "</ofd:SignedInfo>")
    body = xml.encode()
    files |= {o.SIGN + "Signature.xml": body, o.SIGN + "SignedValue.dat": o.seal_value(body)}
    assert o.acceptable(o.inspect(files))


def test_l7_a_stamp_drawn_as_a_picture_of_the_page_is_no_signature():
    """New tax invoices draw their seal as an image: it proves nothing (eseal-crypto.md 6.1, 7)."""
    part = re.compile(r"<ofd:Signatures>.*?</ofd:Signatures>")
    files = {n: d for n, d in everything().items() if "Signs" not in n}
    files[ROOT] = part.sub("", files[ROOT].decode()).encode()
    put(files, PAGE, "</ofd:Layer>", '<ofd:ImageObject ID="9" ResourceID="5" Boundary="1 1 9 9"/>')
    report = verify(o.pack(files))
    assert report.decision.value == "refuse"
    assert "document.unsigned" in report.reasons()


def after(files: dict[str, bytes]) -> tuple[bool | None, str | None]:
    issuer = next(s for s in o.inspect(files).signatures if "Sign_0" in s.where)
    return issuer.changes_after.ok, issuer.changes_after.code


def test_l6_what_only_calls_itself_a_signature_is_a_change_like_any_other():
    files = o.content()
    files = o.resigned(files, [n for n in files if n != LIST], stamp=False)
    folder = "Doc_0/Signs/Sign_1/"
    second = o.signature_xml(files, ["OFD.xml"], stamp=False)
    holds = {folder + "Signature.xml": second, folder + "SignedValue.dat": value_at(second, folder)}
    both = {LIST: o.listing(o.row(0), o.row(1))}
    assert after(files | holds | both) == (True, None)
    broken = (False, "document.broken_signature_after")
    assert after(files | holds | both | {folder + "Signature.xml": second + b" "}) == broken
    assert after(files | both) == broken, "a row that leads nowhere"
    unread = {folder + "SignedValue.dat": bytes(64)}
    assert after(files | holds | both | unread) == (None, "document.unread_signature_after")
    for covered in (ROOT, PAGE, "Doc_0/Attachs/certificate.json"):
        row = {LIST: o.listing(o.row(0), o.row(1, loc="/" + covered))}
        assert after(files | row)[0] is False, "a covered part that the open list calls a signature"


def test_a_seal_beside_a_signature_without_one_is_said_to_be_unchecked():
    """Type=Sign with a Seal element: viewers may draw its picture, and nobody's signature is over it."""
    files = o.content() | {
        LIST: o.listing(o.row(0, kind="Sign")),
        o.SIGN + "Seal.esl": o.seal().raw,
    }
    beside = f"<ofd:Seal><ofd:BaseLoc>/{o.SIGN}Seal.esl</ofd:BaseLoc></ofd:Seal>"
    for extra, told in ((beside, 1), ("", 0)):
        xml = o.signature_xml(files, list(files), stamp=False, extra=extra)
        value = o.gm_cms(None)(xml)
        own = {o.SIGN + "Signature.xml": xml, o.SIGN + "SignedValue.dat": value}
        notes = [note.code for note in o.inspect(files | own).notes]
        assert notes.count("ofd.seal_not_judged") == told


def test_l6_a_seal_file_that_nothing_covers_keeps_its_signature_from_being_relied_on():
    """What is drawn at the stamp comes out of that file: whoever exchanges it draws over the page."""
    files = o.content() | {LIST: o.listing(o.row(0, kind="Sign"))}
    seal = {o.SIGN + "Seal.esl": o.seal().raw}
    beside = f"<ofd:Seal><ofd:BaseLoc>/{o.SIGN}Seal.esl</ofd:BaseLoc></ofd:Seal>"
    for covered, extra, code in (
        (files | seal, beside, None),
        (files, beside, "ofd.open_seal"),
        (files | seal, 2 * beside, "document.repeated_element"),
    ):
        xml = o.signature_xml(files | seal, list(covered), extra=extra)
        own = {o.SIGN + "Signature.xml": xml, o.SIGN + "SignedValue.dat": o.gm_cms(None)(xml)}
        assert o.one(files | seal | own).structure.code == code


# --- SignatureMethod and CheckMethod ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "algorithms", "odd"),
    [
        ("", ("sm3", "sm2"), False),
        ("1.2.156.10197.1.501", ("sm3", "sm2"), False),
        ("1.2.156.10197.1.301.1", ("sm3", "sm2"), False),
        ("1.2.156.10197.1.301", ("sm3", "sm2"), False),
        ("SM2", ("sm3", "sm2"), False),
        ("SM3WithSM2", ("sm3", "sm2"), False),
        ("sm2-with-sm3", ("sm3", "sm2"), False),
        ("SM3_SM2", ("sm3", "sm2"), False),
        ("SHA256withRSA", ("sha256", "rsa"), False),
        ("sha1WithRSAEncryption", ("sha1", "rsa"), False),
        ("1.2.840.113549.1.1.11", ("sha256", "rsa"), False),
        ("RSA", ("sha256", "rsa"), False),
        ("SHA256withECDSA", ("sha256", "ec"), False),
        ("anything", (), False),
        ("SM2", ("sha256", "rsa"), True),
        ("SHA1withRSA", ("sha256", "rsa"), True),
        ("SHA1withRSA", ("sm3", "sm2"), True),
        ("1.2.840.113549.1.1.5", ("sm3", "sm2"), True),
        ("SM9", ("sm3", "sm2"), True),
        ("SM2WithCRC32", ("sm3", "sm2"), True),
        ("1.2.3", ("sm3", "sm2"), True),
        ("x" * 5000, ("sm3", "sm2"), True),
    ],
)
def test_l22_signature_methods(written, algorithms, odd):
    assert method_quirks(written, algorithms) == (("ofd.signature_method",) if odd else ())


@pytest.mark.parametrize("written", ["sm3", "Sm3", "SM3", "1.2.156.10197.1.401"])
def test_l22_digest_names_of_any_case(written):
    assert check_digest(written) == ("sm3", ())


def test_a_method_of_another_algorithm_is_named_and_not_tolerated():
    files = o.content()
    method = "<ofd:SignatureMethod>SHA1withRSA</ofd:SignatureMethod>"
    one = o.one(o.resigned(files, extra=method))
    assert one.quirks == ("ofd.signature_method",)
    report = verify(o.pack(o.resigned(files, extra=method)))
    check = report.root.find("signature[0].quirks")
    assert check is not None
    assert check.verdict.value == "indeterminate"
    fine = method.replace("SHA1withRSA", "sm2WITHsm3")
    assert o.one(o.resigned(files, extra=fine)).quirks == ()


# --- times ------------------------------------------------------------------------------------------


def dated(text: str) -> tuple[SignatureFacts, list[str]]:
    files = o.content()
    xml = o.signature_xml(files, list(files)).replace(b"2026-05-04 11:02:01", text.encode())
    files |= {o.SIGN + "Signature.xml": xml, o.SIGN + "SignedValue.dat": o.seal_value(xml)}
    facts = o.inspect(files)
    (one,) = facts.signatures
    return one, [n.code for n in facts.notes if n.code and n.ok]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("2026-05-04 11:02:01", []),
        ("2026-05-04 03:02:01", []),
        ("20260504030201Z", []),
        ("20260504110201Z", ["ofd.false_zone"]),
        ("2026-05-04T11:02:30Z", ["ofd.false_zone"]),
        ("2026-05-05 11:02:01", ["ofd.times_differ"]),
        ("20250504030201Z", ["ofd.times_differ"]),
        ("yesterday", []),
    ],
)
def test_l11_the_time_of_the_signature_file_against_the_signed_one(text, codes):
    """The signed time is 2026-05-04 03:02:01 UTC, 11:02:01 in Beijing."""
    one, found = dated(text)
    assert found == codes
    (written,) = (c for c in one.times if c.source == "SignatureDateTime")
    assert written.text == text
    if written.earliest is not None:
        assert written.latest is not None
        assert written.latest - written.earliest == timedelta(hours=16), "the Z is not believed"


def test_a_signed_time_at_the_end_of_the_calendar_is_compared():
    files = o.content()
    xml = o.signature_xml(files, list(files))
    when = kit.gtime("99991231235959Z")
    tbs = kit.tbs_v4(o.seal().raw, when=when, data=digest("sm3", xml))
    value = kit.ses_v4(tbs)
    files |= {o.SIGN + "Signature.xml": xml, o.SIGN + "SignedValue.dat": value}
    assert "ofd.times_differ" in [note.code for note in o.inspect(files).notes]
    assert verify(o.pack(files)).render("zh", detail="full")


# --- one file, one format (L9) -----------------------------------------------------------------------

FIRST = {
    "png": PNG, "jpeg": b"\xff\xd8\xff\xe0", "gif": b"GIF89a", "bmp": b"BM", "exe": b"MZ",
    "elf": b"\x7fELF", "rar": b"Rar!\x1a\x07", "gzip": b"\x1f\x8b\x08", "rtf": b"{\\rtf1",
    "html": b" <!DOCTYPE html><p>", "script": b"#!/bin/sh\n", "ole": b"\xd0\xcf\x11\xe0",
    "video": b"\0\0\0\x18ftypmp42", "7z": b"7z\xbc\xaf\x27\x1c", "postscript": b"%!PS-Adobe",
}  # fmt: skip


@pytest.mark.parametrize("name", FIRST)
def test_l9_a_file_that_begins_as_another_format_is_failed(name):
    single = inspect_document(FIRST[name] + o.good(), Limits()).format.single
    assert (single.ok, single.code) == (False, "format.multiple_formats")
    assert dict(single.params) == {"other": name}


def test_l9_a_pdf_in_front_is_read_as_pdf_and_never_as_both():
    report = verify(b"%PDF-1.7\n" + o.good())
    assert report.subject.media_type == "application/pdf"
    assert report.decision.value != "accept"


@pytest.mark.parametrize("second", ["before", "after", "comment", "between"])
def test_l9_two_archives_in_one_file_are_failed(second):
    mine, other = o.good(), o.pack({"OFD.xml": b"<OFD/>", "other.xml": b"<other/>"})
    if second == "before":
        data = other + mine
    elif second == "after":
        data = mine + other
    elif second == "comment":
        data = mine[:-2] + struct.pack("<H", len(other)) + other
    else:
        end, start = mine.rindex(b"PK\x05\x06"), mine.index(b"PK\x01\x02")
        where = struct.pack("<I", start + len(other))
        data = mine[:start] + other + mine[start:end] + mine[end : end + 16] + where + bytes(2)
    single = inspect_document(data, Limits()).format.single
    assert (single.ok, single.code) == (False, "format.multiple_formats")
    assert verify(data).decision.value == "refuse"


def test_l9_a_vendors_blob_around_the_package_is_no_proof_but_never_accepted():
    single = inspect_document(b"GOLDGRID\0" * 9 + o.good() + b"TAIL" * 9, Limits()).format.single
    assert (single.ok, single.code) == (None, "format.bytes_outside")
    assert dict(single.params)["size"] == 9 * 9 + 4 * 9


def test_smuggled_entries_are_named_and_counted():
    part = re.compile(r"<ofd:Signatures>.*?</ofd:Signatures>")
    files = {n: d for n, d in o.content().items() if "Signs" not in n}
    files[ROOT] = part.sub("", files[ROOT].decode()).encode()
    rows = "".join(f'<ofd:File FileLoc="/{name}"/>' for name in files)
    body = f"<ofd:SignedValueLoc>/v.dat</ofd:SignedValueLoc><ofd:FileList>{rows}</ofd:FileList>"
    files |= {"OFDEntries.xml": element("DocEntries", body), "v.dat": b"0"}
    one = o.one(files | {f"extra{n}": b"1" for n in range(5)})
    assert one.digest.code == "integrity.unlisted_entry"
    assert dict(one.digest.params) == {"count": 5, "path": "/extra0, /extra1, /extra2"}
