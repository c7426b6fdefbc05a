"""Facts of OFD files: signatures, digest chain, coverage, order, carriers, static content (L3, L6-L9)."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import ofd_kit as o
import seals_kit as kit
from ecert.crypto import der_build as b
from ecert.crypto.cms_build import build_cms
from ecert.crypto.digest import digest
from ecert.documents.ofd.write import make_sealed_ofd
from ecert.errors import MalformedDocument, SigningError

SIGN_1 = "Doc_0/Signs/Sign_1/"
ROOT = "OFD.xml"


def changed(
    name: str, old: str, new: str, files: dict[str, bytes] | None = None
) -> dict[str, bytes]:
    files = dict(files or o.content())
    text = files[name].decode()
    assert old in text
    files[name] = text.replace(old, new, 1).encode()
    return files


def sealed(name: str, old: str, new: str, **more: bytes) -> dict[str, bytes]:
    """Change a file before the seal is put on."""
    return o.resigned(changed(name, old, new) | {k.replace("__", "/"): v for k, v in more.items()})


def with_second(files: dict[str, bytes], second: bytes, value: bytes) -> dict[str, bytes]:
    rows = o.listing(o.row(0), o.row(1))
    own = {SIGN_1 + "Signature.xml": second, SIGN_1 + "SignedValue.dat": value}
    return files | {"Doc_0/Signs/Signatures.xml": rows} | own


def test_the_good_file_is_good():
    facts = o.inspect(o.good())
    assert o.acceptable(facts)
    (one,) = facts.signatures
    assert (one.kind, one.profile, one.algorithms) == ("seal", "gbt38540", ("sm3", "sm2"))
    assert (one.index, one.where, one.draws) == (0, "/Doc_0/Signs/Sign_0/Signature.xml", True)
    assert one.signer == kit.signer().certificate
    assert one.seal is not None
    assert {t.source for t in one.times} == {"timeInfo", "SignatureDateTime"}
    assert facts.face_text == "".join(o.LINES).replace(" ", "")
    assert facts.revisions == 1
    assert facts.sha256 == digest("sha256", o.good()).hex()
    roles = {part.path: part.role for part in facts.parts}
    assert roles["/OFD.xml"] == roles["/Doc_0/Document.xml"] == "structure"
    assert roles["/Doc_0/Pages/Page_0/Content.xml"] == "content"
    assert roles["/Doc_0/PublicRes.xml"] == "resource"
    assert roles["/Doc_0/Attachs/certificate.json"] == "metadata"
    assert roles["/Doc_0/Signs/Signatures.xml"] == "signature"
    assert all(p.covered_by == (0,) for p in facts.parts if not p.path.endswith("SignedValue.dat"))


def test_the_writer_is_deterministic_but_for_the_signature():
    again = make_sealed_ofd(
        o.CERTIFICATE, o.LINES, seal=o.seal(), signer=kit.signer(), at=o.AT, custom_datas=o.CUSTOM
    )
    first, second = o.unpack(o.good()), o.unpack(again)
    assert list(first) == list(second)
    assert {n for n in first if first[n] != second[n]} <= {o.SIGN + "SignedValue.dat"}


def test_the_writer_refuses_text_that_xml_cannot_hold():
    with pytest.raises(SigningError) as caught:
        make_sealed_ofd(b"{}", ["\x00"], seal=o.seal(), signer=kit.signer(), at=o.AT)
    assert caught.value.code == "ofd.text"


def test_the_writer_reads_back_what_it_made():
    with pytest.raises(SigningError) as caught:
        make_sealed_ofd(
            b"{}", [], seal=o.seal(), signer=kit.signer(), at=o.AT, custom_datas={"%PDF-1.7": "x"}
        )
    assert caught.value.code == "ofd.own_output"


# --- references ---------------------------------------------------------------------------------


def test_every_changed_part_breaks_the_digest():
    files = o.unpack(o.good())
    for name in files.keys() - o.OWN - {ROOT, "Doc_0/Signs/Signatures.xml"}:
        facts = o.inspect(files | {name: files[name] + b" "})
        (one,) = facts.signatures
        assert one.digest.code == "signature.reference_digest"
        assert dict(one.digest.params) == {"path": "/" + name, "bad": 1, "total": 8}
        assert not o.acceptable(facts)


def test_a_changed_signature_file_breaks_the_seal_digest():
    files = o.unpack(o.good())
    name = o.SIGN + "Signature.xml"
    one = o.one(files | {name: files[name] + b"\n"})
    assert one.seal_digest.code == one.digest.code == "seal.document_digest"


def test_a_missing_part_fails():
    files = o.unpack(o.good())
    del files["Doc_0/PublicRes.xml"]
    assert o.one(files).digest.code == "signature.reference_missing"


def test_no_references_fail():
    assert o.one(o.resigned(o.content(), [])).digest.code == "signature.no_references"


@pytest.mark.parametrize("written", ["CRC32", "", "sm4", "2.999.1"])
def test_an_unknown_digest_fails(written):
    one = o.one(o.resigned(o.content(), method=written or " "))
    assert (one.digest.ok, one.digest.code) == (False, "signature.digest_unknown")


@pytest.mark.parametrize(
    ("written", "name", "weak", "quirks"),
    [
        ("SM3", "sm3", (), ()),
        ("sm3", "sm3", (), ()),
        ("1.2.156.10197.1.401", "sm3", (), ()),
        ("1.2.156.10197.1.401.2", "sm3", (), ("ofd.digest_spelling",)),
        ("SHA-256", "sha256", (), ()),
        ("SHA1", "sha1", ("sha1",), ()),
        ("MD5", "md5", ("md5",), ()),
        (None, "md5", ("md5",), ()),
    ],
)
def test_digest_names(written, name, weak, quirks):
    one = o.one(o.resigned(o.content(), method=written, name=name))
    assert one.digest.ok is True
    assert (one.weak, one.quirks) == (weak, quirks)


@pytest.mark.parametrize("value", ["", "%%%", "AAAA"])
def test_a_check_value_that_is_no_digest_fails(value):
    files = o.content()
    xml = o.signature_xml(files, ["OFD.xml"])
    start, end = xml.index(b"<ofd:CheckValue>") + 16, xml.index(b"</ofd:CheckValue>")
    xml = xml[:start] + value.encode() + xml[end:]
    own = {o.SIGN + "Signature.xml": xml, o.SIGN + "SignedValue.dat": o.seal_value(xml)}
    assert o.one(files | own).digest.code == "signature.reference_digest"


def test_a_path_with_one_good_and_one_bad_reference_is_not_covered():
    files = o.content()
    xml = o.signature_xml(files, ["OFD.xml", "Doc_0/PublicRes.xml"])
    xml = xml.replace(b"/Doc_0/PublicRes.xml", b"/OFD.xml")
    own = {o.SIGN + "Signature.xml": xml, o.SIGN + "SignedValue.dat": o.seal_value(xml)}
    one = o.one(files | own)
    assert one.digest.ok is False
    assert "/OFD.xml" in {part.path for part in one.uncovered}


# --- coverage and order (L6) ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left_out", "current"),
    [
        (ROOT, True),
        ("Doc_0/PublicRes.xml", False),
        ("Doc_0/Pages/Page_0/Content.xml", False),
        ("Doc_0/Document.xml", False),
        ("Doc_0/Attachs/certificate.json", False),
    ],
)
def test_a_part_left_out_is_named(left_out, current):
    files = o.content()
    one = o.one(o.resigned(files, [name for name in files if name != left_out]))
    assert [part.path for part in one.uncovered] == ["/" + left_out]
    assert (one.coverage, one.covers_current) == ("partial", current)
    assert (one.changes_after.ok, one.changes_after.code) == (None, "document.uncovered_part")


def test_the_open_list_of_continue_mode_is_no_gap():
    files = o.content()
    facts = o.inspect(o.resigned(files, [n for n in files if "Signatures" not in n]))
    assert o.acceptable(facts)


def test_an_entry_that_nothing_refers_to_is_named():
    one = o.one(o.unpack(o.good()) | {"Doc_0/Res/extra.bin": b"12345678"})
    assert [(part.path, part.role) for part in one.uncovered] == [
        ("/Doc_0/Res/extra.bin", "unknown")
    ]
    assert one.coverage == "partial"


def continue_mode() -> dict[str, bytes]:
    files = o.content()
    return o.resigned(files, [n for n in files if "Signatures" not in n])


@pytest.mark.parametrize("first", [True, False])
def test_a_second_drawing_seal_fails_the_first_wherever_it_is_listed(first):
    files = continue_mode()
    second = o.signature_xml(files, ["OFD.xml"])
    files = with_second(files, second, o.seal_value(second))
    if first:
        files["Doc_0/Signs/Signatures.xml"] = o.listing(o.row(1), o.row(0))
    facts = o.inspect(files)
    issuer = next(s for s in facts.signatures if "Sign_0" in s.where)
    assert issuer.changes_after.code == "document.drawn_after_issuer"
    assert issuer.changes_after.ok is False


def test_a_second_signature_that_draws_nothing_may_follow():
    files = continue_mode()
    second = o.signature_xml(files, ["OFD.xml"], stamp=False)
    facts = o.inspect(with_second(files, second, o.seal_value(second)))
    issuer, other = facts.signatures
    assert (issuer.changes_after.ok, issuer.coverage) == (True, "whole")
    assert (other.changes_after.ok, other.draws) == (False, False)


def test_the_last_of_two_seals_covers_the_first():
    files = continue_mode()
    files["Doc_0/Signs/Signatures.xml"] = o.listing(o.row(0), o.row(1))
    second = o.signature_xml(files, list(files))
    facts = o.inspect(with_second(files, second, o.seal_value(second)))
    first, last = facts.signatures
    assert first.changes_after.code == "document.drawn_after_issuer"
    assert (last.changes_after.ok, last.coverage, last.covers_current) == (True, "whole", True)


def test_an_unreadable_second_signature_may_draw():
    files = with_second(continue_mode(), b"<broken", b"x")
    issuer, other = o.inspect(files).signatures
    assert (other.structure.ok, other.structure.code) == (False, "document.xml")
    assert issuer.changes_after.code == "document.drawn_after_issuer"


def test_coverage_of_two_signatures_is_never_added_up():
    files = o.content()
    half = sorted(files)[:4]
    first = o.signature_xml(files, half)
    files |= {o.SIGN + "Signature.xml": first, o.SIGN + "SignedValue.dat": o.seal_value(first)}
    second = o.signature_xml(files, [n for n in files if n not in half], stamp=False)
    facts = o.inspect(with_second(files, second, o.seal_value(second)))
    assert [s.coverage for s in facts.signatures] == ["partial", "partial"]
    assert not any(s.covers_current for s in facts.signatures)


def test_an_uncovered_root_may_not_choose_among_documents():
    files = o.content()
    other = files["Doc_0/Document.xml"]
    listed = [n for n in files if n != ROOT]
    hidden = o.resigned(files | {"Doc_0/Old.xml": other}, [*listed, "Doc_0/Old.xml"])
    assert not o.one(hidden).covers_current
    versions = '<ofd:Versions><ofd:Version ID="1" Index="1" BaseLoc="Doc_0/V.xml"/></ofd:Versions>'
    files = changed(ROOT, "</ofd:DocBody>", versions + "</ofd:DocBody>")
    files["Doc_0/V.xml"] = (
        f"<ofd:DocVersion {o.NS}><ofd:DocRoot>Old.xml</ofd:DocRoot></ofd:DocVersion>".encode()
    )
    files["Doc_0/Old.xml"] = other
    assert not o.one(o.resigned(files, [n for n in files if n != ROOT])).covers_current
    assert o.one(o.resigned(files)).covers_current


def test_a_current_version_with_unsigned_pages_is_not_covered():
    files = o.unpack(o.good())
    covered = [n for n in files if n not in o.OWN and n != ROOT]
    files = o.resigned(files, [n for n in covered if "Seal.esl" not in n])
    versions = '<ofd:Versions><ofd:Version Current="true" BaseLoc="Doc_0/V.xml"/></ofd:Versions>'
    files = changed(ROOT, "</ofd:DocBody>", versions + "</ofd:DocBody>", files)
    files["Doc_0/V.xml"] = (
        f"<ofd:DocVersion {o.NS}><ofd:DocRoot>New.xml</ofd:DocRoot></ofd:DocVersion>".encode()
    )
    files["Doc_0/New.xml"] = files["Doc_0/Document.xml"]
    one = o.one(files)
    assert not one.covers_current
    assert {"/Doc_0/V.xml", "/Doc_0/New.xml", "/OFD.xml"} == {part.path for part in one.uncovered}


# --- signatures that cannot be handled ----------------------------------------------------------


def value(data: bytes, *, kind: str = "Seal") -> dict[str, bytes]:
    files = o.unpack(o.good())
    files["Doc_0/Signs/Signatures.xml"] = o.listing(o.row(0, kind=kind))
    return files | {o.SIGN + "SignedValue.dat": data}


@pytest.mark.parametrize(
    ("data", "kind", "ok", "code"),
    [
        (b"", "unknown", None, "signature.unsupported"),
        (b"hello", "unknown", None, "signature.unsupported"),
        (bytes(64), "unknown", None, "signature.no_certificate"),
        (b.sequence(b.integer(5), b.integer(6)), "unknown", None, "signature.no_certificate"),
        (b.sequence(), "unknown", None, "signature.unsupported"),
        (b.sequence(b.sequence()), "unknown", None, "signature.unsupported"),
        (b.sequence(b.sequence(b.integer(4))), "unknown", False, "seal.malformed"),
        (b.sequence(b.oid("1.2.3")), "unknown", False, None),
    ],
)
def test_values_that_nobody_can_judge_are_listed(data, kind, ok, code):
    one = o.one(value(data))
    assert (one.kind, one.structure.ok) == (kind, ok)
    assert code is None or one.structure.code == code
    assert one.value.ok is None


def test_a_value_of_another_type_than_declared_is_named():
    files = o.unpack(o.good())
    assert (
        "ofd.type_mismatch" in o.one(value(files[o.SIGN + "SignedValue.dat"], kind="Sign")).quirks
    )


def test_locations_that_lead_nowhere_are_listed_not_dropped():
    files = o.unpack(o.good())
    nowhere = changed(ROOT, "Doc_0/Signs/Signatures.xml", "../../etc/passwd", files)
    one = o.one(nowhere)
    assert (one.kind, one.structure.code, one.coverage) == (
        "unknown",
        "signature.part_missing",
        "unknown",
    )
    for listing in (o.listing(o.row(7)), o.listing("<ofd:Signature/>")):
        one = o.one(files | {"Doc_0/Signs/Signatures.xml": listing})
        assert one.structure.code == "signature.part_missing"
    one = o.one({n: d for n, d in files.items() if "SignedValue" not in n})
    assert one.structure.code == "signature.part_missing"
    assert (
        o.one(files | {"Doc_0/Signs/Signatures.xml": b"<a/>"}).structure.code
        == "signature.malformed"
    )
    assert o.one(files | {"Doc_0/Signs/Signatures.xml": b"<"}).structure.code == "document.xml"


def test_a_list_with_the_location_as_element():
    files = continue_mode()
    where = f"/{o.SIGN}Signature.xml"
    listing = o.listing(f'<ofd:Signature ID="1"><ofd:BaseLoc>{where}</ofd:BaseLoc></ofd:Signature>')
    assert o.acceptable(o.inspect(files | {"Doc_0/Signs/Signatures.xml": listing}))


@pytest.mark.parametrize("base", ["5", "0"])
def test_a_signature_relative_to_a_missing_one(base):
    files = continue_mode()
    files["Doc_0/Signs/Signatures.xml"] = o.listing(o.row(0, extra=f'Relative="{base}"'))
    one = o.one(files)
    assert (one.structure.ok, one.structure.code) == (None, "signature.base_missing")


def test_a_signature_listed_twice_is_one():
    files = continue_mode()
    files["Doc_0/Signs/Signatures.xml"] = o.listing(
        o.row(0), o.row(1, loc=f"/{o.SIGN}Signature.xml")
    )
    assert len(o.inspect(files).signatures) == 1


def test_a_signature_without_signed_info():
    files = o.unpack(o.good())
    for xml in (
        f"<ofd:Signature {o.NS}/>",
        f"<ofd:Signature {o.NS}><ofd:SignedInfo/></ofd:Signature>",
        f"<ofd:Signature {o.NS}><ofd:SignedInfo/><ofd:SignedInfo/></ofd:Signature>",
    ):
        one = o.one(files | {o.SIGN + "Signature.xml": xml.encode()})
        assert (one.structure.ok, one.structure.code) == (False, "signature.malformed")
        assert one.digest.code == "signature.no_references"


def test_limits_end_the_reading():
    files = continue_mode()
    rows = [o.row(n, loc=f"/none{n}.xml") for n in range(5)]
    facts = o.inspect(files | {"Doc_0/Signs/Signatures.xml": o.listing(*rows)}, signatures=4)
    assert facts.format.within_limits.code == "format.too_large"
    assert facts.signatures == facts.parts == ()
    assert o.inspect(files, references=2).format.within_limits.ok is False
    assert o.inspect(files, file_bytes=10).format.within_limits.ok is False
    assert o.inspect(files, xml_bytes=300).format.within_limits.ok is False
    assert o.inspect(files, xml_depth=2).format.within_limits.ok is False
    big = o.signature_xml(o.content(), ["OFD.xml"], extra="x" * 3000)
    assert (
        o.inspect(files | {o.SIGN + "Signature.xml": big}, xml_bytes=3000).format.within_limits.ok
        is False
    )


def old_seal_value(xml: bytes) -> bytes:
    """A GM/T 0031-2014 signature: certificate and algorithm inside the signed structure."""
    who = kit.signer()
    tbs = b.sequence(
        b.integer(1),
        kit.seal_v1(),
        b.bit_string(b"2026-05-04 11:02:01"),
        b.bit_string(digest("sm3", xml)),
        kit.ia5(kit.PROPERTY),
        b.octet_string(who.der),
        b.oid(kit.SM2_SM3),
    )
    return b.sequence(tbs, b.bit_string(who.sign(tbs)))


def test_a_seal_signature_of_the_first_version():
    files = o.content()
    xml = o.signature_xml(files, list(files))
    own = {o.SIGN + "Signature.xml": xml, o.SIGN + "SignedValue.dat": old_seal_value(xml)}
    facts = o.inspect(files | own)
    (one,) = facts.signatures
    assert (one.profile, one.value.ok, one.seal_digest.ok, one.signer_bound.ok) == (
        "gmt0031",
        True,
        True,
        True,
    )
    assert o.acceptable(facts)
    assert o.one(files | own | {o.SIGN + "Signature.xml": xml + b" "}).seal_digest.ok is False


# --- CMS ----------------------------------------------------------------------------------------


def cms(profile: str = "gmt0010", *, listed: str = "Sign", sign=None) -> dict[str, bytes]:
    files = o.content() | {"Doc_0/Signs/Signatures.xml": o.listing(o.row(0, kind=listed))}
    xml = o.signature_xml(files, list(files), stamp=False)
    make = sign or (
        lambda data: build_cms(
            digest_value=digest("sm3", data),
            digest="sm3",
            signer=kit.signer(),
            signing_time=o.AT,
            profile=profile,
        )
    )
    return files | {o.SIGN + "Signature.xml": xml, o.SIGN + "SignedValue.dat": make(xml)}


@pytest.mark.parametrize(("profile", "name"), [("gmt0010", "gbt35275"), ("adbe", "cms")])
def test_a_cms_signature(profile, name):
    facts = o.inspect(cms(profile))
    (one,) = facts.signatures
    assert (one.kind, one.profile, one.algorithms) == ("cms", name, ("sm3", "sm2"))
    assert one.signer == kit.signer().certificate
    assert (one.digest.ok, one.value.ok, one.signer_bound.ok, one.draws) == (
        True,
        True,
        True,
        False,
    )
    assert {t.source for t in one.times} >= {"SignatureDateTime", "signingTime"}
    assert o.acceptable(facts)


def test_a_cms_over_other_bytes_fails():
    files = cms()
    name = o.SIGN + "Signature.xml"
    assert o.one(files | {name: files[name] + b" "}).digest.code == "cms.digest_mismatch"


def test_a_cms_whose_content_is_the_digest_is_named():
    one = o.one(cms(sign=o.gm_cms(None)))
    assert (one.digest.ok, one.value.ok) == (True, True)
    assert {"cms.content_is_digest", "cms.no_signed_attributes"} <= set(one.quirks)


def test_a_cms_with_another_content_fails():
    assert o.one(cms(sign=o.gm_cms(bytes(32)))).digest.ok is False


def test_a_cms_without_certificate():
    one = o.one(cms(sign=o.gm_cms(None, certificate=False)))
    assert (one.structure.ok, one.structure.code) == (None, "signature.no_certificate")


def test_a_cms_without_or_with_two_signers():
    for count in (0, 2):
        one = o.one(cms(sign=o.gm_cms(None, signers=count)))
        assert one.structure.ok is not True


# --- seal file, stripped signatures, integrity list -----------------------------------------------


def test_the_seal_file_must_be_the_seal_inside():
    files = o.unpack(o.good())
    assert o.one(files | {o.SIGN + "Seal.esl": b"other"}).seal_file.code == "seal.file_mismatch"
    del files[o.SIGN + "Seal.esl"]
    assert o.one(files).seal_file.code == "signature.part_missing"
    assert o.one(value(bytes(64))).seal_file.ok is None


def test_a_stripped_signature_is_noted():
    files = o.unpack(o.good())
    part = "<ofd:Signatures>Doc_0/Signs/Signatures.xml</ofd:Signatures>"
    for new in ("", "<ofd:Signatures/>"):
        facts = o.inspect(changed(ROOT, part, new, files))
        assert facts.signatures == ()
        assert facts.notes[0].code == "document.signature_stripped"
        assert facts.notes[0].ok is False


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("Doc_0/a.xml", b"<Signature><SignedInfo/></Signature>"),
        ("Doc_0/a.esl", b"1"),
        ("Doc_0/Signs/b", b"1"),
        ("Doc_0/c", b.sequence(b.sequence(b.integer(1)))),
    ],
)
def test_leftovers_of_signatures_are_recognised(name, data):
    facts = o.inspect({k: v for k, v in o.content().items() if "Signs" not in k} | {name: data})
    assert "document.signature_stripped" in [note.code for note in facts.notes]


def integrity(
    files: dict[str, bytes], *names: str, where: str = "/signedvalue.dat"
) -> dict[str, bytes]:
    rows = "".join(f'<ofd:File FileLoc="/{name}"/>' for name in names)
    xml = (
        f"<ofd:DocEntries {o.NS}><ofd:SignedValueLoc>{where}</ofd:SignedValueLoc>"
        f"<ofd:FileList>{rows}</ofd:FileList></ofd:DocEntries>"
    ).encode()
    return files | {"OFDEntries.xml": xml, "signedvalue.dat": o.gm_cms(None)(xml)}


def test_an_integrity_list_is_nobodys_signature():
    part = "<ofd:Signatures>Doc_0/Signs/Signatures.xml</ofd:Signatures>"
    files = {n: d for n, d in changed(ROOT, part, "").items() if "Signs" not in n}
    one = o.one(integrity(files, *files))
    assert (one.kind, one.where, one.coverage) == ("integrity", "/OFDEntries.xml", "partial")
    assert (one.digest.ok, one.value.ok, one.structure.ok) == (True, True, True)
    smuggled = o.one(integrity(files | {"extra": b"1"}, *files))
    assert smuggled.digest.code == "integrity.unlisted_entry"
    assert o.one(integrity(files, *files, "missing")).digest.code == "signature.reference_missing"
    assert o.one(integrity(files, *files, where="/no")).structure.code == "signature.part_missing"
    broken = integrity(files, *files) | {"OFDEntries.xml": b"<"}
    assert o.one(broken).structure.code == "document.xml"
    unjudged = integrity(files, *files) | {"signedvalue.dat": b"junk"}
    assert (o.one(unjudged).kind, o.one(unjudged).structure.ok) == ("integrity", None)


def test_an_integrity_list_beside_a_seal_comes_last():
    files = integrity(o.unpack(o.good()), *o.unpack(o.good()))
    kinds = [signature.kind for signature in o.inspect(files).signatures]
    assert kinds == ["seal", "integrity"]


# --- carriers and text --------------------------------------------------------------------------


def test_carriers_say_who_covers_them():
    facts = o.inspect(o.good())
    custom, attached = facts.carriers
    assert (custom.kind, custom.source, custom.covered_by) == ("custom_datas", "/OFD.xml#0", (0,))
    assert json.loads(custom.raw) == o.CUSTOM
    assert (attached.kind, attached.raw, attached.covered_by) == ("attachment", o.CERTIFICATE, (0,))


def test_an_uncovered_carrier_says_so():
    files = o.content()
    for left_out in (
        "Doc_0/Attachs/certificate.json",
        "Doc_0/Attachs/Attachments.xml",
        "Doc_0/Document.xml",
    ):
        facts = o.inspect(o.resigned(files, [n for n in files if n != left_out]))
        assert [c.covered_by for c in facts.carriers] == [(0,), ()]
    facts = o.inspect(o.resigned(files, [n for n in files if n != ROOT]))
    assert [c.covered_by for c in facts.carriers] == [(), (0,)]


def test_a_name_that_stands_twice_stays_twice():
    files = changed(ROOT, 'Name="CYRMC"', 'Name="ZZMC"')
    raw = o.inspect(files).carriers[0].raw
    assert raw.count(b'"ZZMC"') == 2


def test_the_misspelt_element_of_a_real_system_is_read():
    body = (
        "<ofd:CuslomDatas><ofd:CuslomData><ofd:name>ZZMC</ofd:name><ofd:text>证</ofd:text></ofd:CuslomData>"
        '<ofd:CustomData Name="b"/></ofd:CuslomDatas>'
    )
    files = changed(ROOT, "<ofd:CustomDatas>", body + "<ofd:CustomDatas>")
    raw = json.loads(o.inspect(files).carriers[0].raw)
    assert raw == {"ZZMC": "营业执照", "b": "", "CYRMC": "测试有限公司"}
    assert b'"\xe8\xaf\x81"' in o.inspect(files).carriers[0].raw


def test_an_attachment_by_declared_name():
    name = "Doc_0/Attachs/Attachments.xml"
    files = changed(name, "<ofd:FileLoc>certificate.json", "<ofd:FileLoc>a.json")
    files["Doc_0/Attachs/a.json"] = b"{}"
    assert [c.source for c in o.inspect(files).carriers] == ["/OFD.xml#0", "/Doc_0/Attachs/a.json"]
    files = changed(name, 'Name="certificate.json"', 'Name="other"', files)
    assert [c.kind for c in o.inspect(files).carriers] == ["custom_datas"]


def page(body: str) -> dict[str, bytes]:
    name = "Doc_0/Pages/Page_0/Content.xml"
    files = o.content()
    files[name] = (
        f"<ofd:Page {o.NS}><ofd:Content><ofd:Layer>{body}</ofd:Layer></ofd:Content></ofd:Page>".encode()
    )
    return files


def text(body: str, more: str = "") -> str:
    return f"<ofd:TextObject {more}><ofd:TextCode>{body}</ofd:TextCode></ofd:TextObject>"


def test_invisible_text_is_left_out():
    files = page(text("甲 乙") + text("丙", 'Visible="false"') + text("丁"))
    assert o.inspect(files).face_text == "甲乙丁"


def test_invisible_text_is_left_out_at_every_depth_and_in_any_spelling():
    inner = "<ofd:PageBlock>" + text("乙") + text("丙", 'Visible="true"') + "</ofd:PageBlock>"
    layer = inner.replace("<ofd:PageBlock>", '<ofd:PageBlock Visible="FALSE">')
    other = "<PageBlock><TextObject><TextCode>丁</TextCode></TextObject></PageBlock>"
    spaced = '<ofd:PageBlock xmlns:x="u" x:Visible="0">' + text("戊") + "</ofd:PageBlock>"
    files = page(text("甲") + layer + other + spaced + inner)
    assert o.inspect(files).face_text == "甲丁乙丙"


def with_template_and_annotation() -> dict[str, bytes]:
    files = page(text("正文"))
    files = changed(
        "Doc_0/Document.xml",
        "<ofd:PublicRes>",
        '<ofd:TemplatePage ID="7" BaseLoc="Tpls/T.xml"/><ofd:PublicRes>',
        files,
    )
    files = changed(
        "Doc_0/Document.xml",
        "</ofd:Pages>",
        "</ofd:Pages><ofd:Annotations>A.xml</ofd:Annotations>",
        files,
    )
    files = changed(
        "Doc_0/Pages/Page_0/Content.xml",
        "<ofd:Content>",
        '<ofd:Template TemplateID="7"/><ofd:Content>',
        files,
    )
    files["Doc_0/Tpls/T.xml"] = f"<ofd:Page {o.NS}>{text('底版')}</ofd:Page>".encode()
    rows = '<ofd:Page PageID="1"><ofd:FileLoc>P.xml</ofd:FileLoc><ofd:FileLoc>P.xml</ofd:FileLoc></ofd:Page>'
    files["Doc_0/A.xml"] = f"<ofd:Annotations {o.NS}>{rows}</ofd:Annotations>".encode()
    annot = f"<ofd:Annot><ofd:Appearance>{text('批注')}</ofd:Appearance></ofd:Annot>"
    files["Doc_0/P.xml"] = f"<ofd:PageAnnot {o.NS}>{annot}</ofd:PageAnnot>".encode()
    return files


def test_text_of_template_page_and_annotation_in_drawing_order():
    facts = o.inspect(o.resigned(with_template_and_annotation()))
    assert facts.face_text == "底版正文批注"
    roles = {part.path: part.role for part in facts.parts}
    assert roles["/Doc_0/Tpls/T.xml"] == roles["/Doc_0/P.xml"] == roles["/Doc_0/A.xml"] == "content"
    assert o.acceptable(facts)


def test_an_annotation_added_after_signing_is_found():
    files = with_template_and_annotation()
    one = o.one(o.resigned(files, [n for n in files if n != "Doc_0/P.xml"]))
    assert not one.covers_current
    assert [part.path for part in one.uncovered] == ["/Doc_0/P.xml"]


def test_text_that_cannot_be_read_is_none():
    files = o.content()
    del files["Doc_0/Document.xml"]
    assert o.inspect(files).face_text is None
    assert o.inspect(o.content(), pdf_pages=0).face_text is None
    broken = o.content() | {"Doc_0/Pages/Page_0/Content.xml": b"<"}
    assert o.inspect(broken).face_text is None
    assert o.inspect(broken).format.recognized.code == "document.xml"
    long = page(text("一" * 1000)) | {"Doc_0/Attachs/certificate.json": b"{}"}
    long = changed(
        "Doc_0/Document.xml",
        "</ofd:Pages>",
        '<ofd:Page BaseLoc="Pages/Page_0/Content.xml"/>' * 9 + "</ofd:Pages>",
        long,
    )
    assert o.inspect(long, xml_bytes=5000).face_text is None


# --- structure and static content (L8) ------------------------------------------------------------


def test_a_package_without_root_is_no_ofd():
    for files in ({"a.xml": b"<a/>"}, {ROOT: b"<a/>"}, {ROOT: b"<"}):
        with pytest.raises(MalformedDocument):
            o.inspect(files)


def test_odd_structure_is_told():
    twice = changed(
        ROOT, "<ofd:DocRoot>", "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot><ofd:DocRoot>"
    )
    assert o.inspect(twice).format.recognized.code == "document.repeated_element"
    lists = changed(ROOT, "<ofd:Signatures>", "<ofd:Signatures/><ofd:Signatures>")
    assert o.inspect(lists).format.recognized.code == "document.repeated_element"
    other = o.content() | {"Doc_0/PublicRes.xml": b"<Other/>"}
    assert o.inspect(other).format.recognized.code == "document.other_root"
    gone = {n: d for n, d in o.content().items() if "PublicRes" not in n}
    assert "document.part_missing" in [n.code for n in o.inspect(gone).notes if n.ok]


def test_encrypted_packages_are_told():
    files = o.content() | {"Encryptions.xml": b"<Encryptions/>"}
    assert o.inspect(files).format.recognized.code == "format.encrypted"
    inside = changed(
        ROOT, "<ofd:DocBody>", "<ofd:Encryptions>/E.xml</ofd:Encryptions><ofd:DocBody>"
    )
    assert o.inspect(inside).format.recognized.code == "format.encrypted"


def static(files: dict[str, bytes]) -> tuple[bool | None, str | None]:
    outcome = o.inspect(files).format.static
    return outcome.ok, outcome.code


def action(event: str, body: str) -> str:
    return f'<ofd:Actions><ofd:Action Event="{event}">{body}</ofd:Action></ofd:Actions>'


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", (True, None)),
        (action("CLICK", '<ofd:URI URI="http://example.test"/>'), (True, None)),
        (action("CLICK", '<ofd:Goto><ofd:Dest PageID="1"/></ofd:Goto>'), (True, None)),
        (action("PO", '<ofd:URI URI="http://example.test"/>'), (False, "format.active_content")),
        (action("CLICK", '<ofd:Movie ResourceID="1"/>'), (False, "format.active_content")),
        (action("DO", '<ofd:Sound ResourceID="1"/>'), (False, "format.active_content")),
        ("<ofd:Script>x</ofd:Script>", (None, "format.unknown_content")),
        (
            "<ofd:Script/><ofd:Actions/>" + action("PO", "<ofd:GotoA/>"),
            (False, "format.active_content"),
        ),
    ],
)
def test_static_pages(body, expected):
    assert static(page(body)) == expected


def test_static_document_actions():
    files = changed(
        "Doc_0/Document.xml", "</ofd:Pages>", "</ofd:Pages>" + action("DO", "<ofd:Movie/>")
    )
    assert static(files) == (False, "format.active_content")


def resources(body: str, base: str = "Res") -> dict[str, bytes]:
    files = o.content()
    files["Doc_0/PublicRes.xml"] = f'<ofd:Res {o.NS} BaseLoc="{base}">{body}</ofd:Res>'.encode()
    return files


def media(kind: str, file: str = "a.png") -> str:
    return (
        f'<ofd:MultiMedias><ofd:MultiMedia ID="5" Type="{kind}"><ofd:MediaFile>{file}</ofd:MediaFile>'
        "</ofd:MultiMedia></ofd:MultiMedias>"
    )


PNG = b"\x89PNG\r\n\x1a\n"


def test_static_media():
    assert static(resources(media("Image")) | {"Doc_0/Res/a.png": PNG}) == (True, None)
    assert static(resources(media("Image"), "/Doc_0/R") | {"Doc_0/R/a.png": PNG}) == (True, None)
    assert static(resources(media("Image")) | {"Doc_0/a.png": PNG}) == (True, None)
    assert static(resources(media("Image")) | {"Doc_0/Res/a.png": b"<svg/>"}) == (
        None,
        "format.unknown_media",
    )
    assert static(resources(media("Video"))) == (False, "format.active_content")
    assert static(resources(media("Image", "http://example.test/a.png"))) == (
        False,
        "format.external_reference",
    )
    font = '<ofd:Fonts><ofd:Font ID="2"><ofd:FontFile>f.ttf</ofd:FontFile></ofd:Font></ofd:Fonts>'
    profile = '<ofd:ColorSpaces><ofd:ColorSpace ID="3" Profile="c.icc"/></ofd:ColorSpaces>'
    files = resources(font + profile) | {"Doc_0/Res/f.ttf": b"1", "Doc_0/Res/c.icc": b"1"}
    facts = o.inspect(files)
    roles = {part.path: part.role for part in facts.parts}
    assert roles["/Doc_0/Res/f.ttf"] == roles["/Doc_0/Res/c.icc"] == "resource"


def test_other_parts_get_roles():
    files = changed(
        "Doc_0/Document.xml",
        "<ofd:Attachments>",
        "<ofd:CustomTags>T.xml</ofd:CustomTags><ofd:Extensions>E.xml</ofd:Extensions><ofd:Attachments>",
    )
    tag = "<ofd:CustomTag><ofd:FileLoc>tag.xml</ofd:FileLoc></ofd:CustomTag>"
    files["Doc_0/T.xml"] = f"<ofd:CustomTags {o.NS}>{tag}</ofd:CustomTags>".encode()
    files["Doc_0/E.xml"] = f"<ofd:Extensions {o.NS}/>".encode()
    files["Doc_0/tag.xml"] = b"<a/>"
    files = changed(ROOT, "</ofd:DocInfo>", "<ofd:Cover>c.png</ofd:Cover></ofd:DocInfo>", files)
    files["c.png"] = PNG
    files = changed(
        "Doc_0/Pages/Page_0/Content.xml",
        "<ofd:Content>",
        "<ofd:PageRes>R.xml</ofd:PageRes><ofd:Content>",
        files,
    )
    files["Doc_0/Pages/Page_0/R.xml"] = f"<ofd:Res {o.NS}/>".encode()
    facts = o.inspect(o.resigned(files))
    roles = {part.path: part.role for part in facts.parts}
    assert roles["/Doc_0/tag.xml"] == roles["/Doc_0/E.xml"] == "metadata"
    assert roles["/c.png"] == roles["/Doc_0/Pages/Page_0/R.xml"] == "resource"
    assert o.acceptable(facts)


def test_a_part_named_many_times_is_read_once():
    many = '<ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/>' * 2000
    files = changed("Doc_0/Document.xml", "</ofd:Pages>", many + "</ofd:Pages>")
    files["Doc_0/Pages/Page_0/Content.xml"] = page(text("字" * 20_000))[
        "Doc_0/Pages/Page_0/Content.xml"
    ]
    facts = o.inspect(files)
    assert facts.face_text is None


def test_the_markup_of_a_whole_package_is_bounded():
    dense = {f"Doc_0/{n}.xml": b"<r>" + b"<a/>" * 900 + b"</r>" for n in range(5)}
    facts = o.inspect(o.content() | dense, xml_bytes=5000)
    assert dict(facts.format.within_limits.params)["what"] == "xml_nodes"
    assert o.inspect(o.content() | dense).format.within_limits.ok is True


def test_every_code_has_its_text():
    root = Path(__file__).resolve().parents[2] / "src/ecert"
    known: set[str] = set()
    for file in (root / "report/catalog").glob("*.toml"):
        known |= set(tomllib.loads(file.read_text("utf-8")))
    used: set[str] = set()
    for file in (root / "documents/ofd").glob("*.py"):
        used |= set(
            re.findall(
                r'"((?:document|format|signature|integrity|seal|ofd)\.[a-z0-9_]+)"',
                file.read_text("utf-8"),
            )
        )
    quirks = {"signature.xml", "ofd.digest_spelling", "ofd.signature_method", "ofd.type_mismatch"}
    assert used - known - quirks == set()
