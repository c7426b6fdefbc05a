"""Issuing: what is refused before signing, what is checked afterwards, and what comes out."""

import dataclasses
import hashlib
import sys
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ecert.documents.pdf.facts import inspect_pdf
from ecert.errors import ProfileError, SigningError
from ecert.issuance import (
    SAMPLE_NOTICE,
    FaceError,
    IssueOptions,
    issue,
    locate_fonts,
    verify_issued,
)
from ecert.issuance import issuing as module
from ecert.issuance.face import face_of
from ecert.issuance.render import render_face
from ecert.issuance.sealart import seal_picture
from ecert.limits import Limits
from ecert.model.certificate import Certificate
from ecert.model.profile import Profile
from ecert.model.terms import Annotation
from issuing_kit import AT, END, FIELDS, NAME, START, altered, certificate, seal, signer

SM2 = signer("sm2")


@cache
def _seal():
    return seal(seal_picture("示例市市场监督管理局", fonts=locate_fonts()))


@cache
def _issued(kind="business_license", layout="cms", key="sm2"):
    options = IssueOptions(notice=SAMPLE_NOTICE)
    return issue(
        certificate(kind), signer=signer(key), seal=_seal(), at=AT, layout=layout, options=options
    )


def _refused(error=SigningError, made=None, **more):
    arguments = {"signer": SM2, "seal": _seal(), "at": AT, **more}
    with pytest.raises(error) as caught:
        issue(made or certificate(), **arguments)
    return caught.value.code


@pytest.mark.parametrize(
    ("layout", "key", "profile"),
    [
        ("cms", "sm2", "adbe.pkcs7.detached"),
        ("cms", "rsa", "ETSI.CAdES.detached"),
        ("cms", "p256", "ETSI.CAdES.detached"),
        ("cms", "p384", "ETSI.CAdES.detached"),
        ("ses", "sm2", "gbt38540"),
    ],
)
def test_each_layout_is_read_back_whole(layout, key, profile):
    made = _issued(layout=layout, key=key)
    facts = inspect_pdf(made.data, Limits())
    (found,) = facts.signatures
    assert found.profile == profile
    assert found.docmdp == 1
    assert found.draws
    assert found.coverage == "whole"
    assert made.sha256 == hashlib.sha256(made.data).hexdigest()
    assert made.ecid == certificate().ecid_text


@pytest.mark.parametrize("layout", ["cms", "ses"])
def test_room_for_the_signature_is_tight(layout):
    data = _issued(layout=layout).data
    text = data[data.rindex(b"/Contents <") + 11 :]
    text = text[: text.index(b">")]
    assert len(text) - len(text.rstrip(b"0")) < 160


@pytest.mark.parametrize("kind", sorted(FIELDS))
def test_every_type_is_issued_with_its_own_lines(kind):
    profile = Profile.load(kind)
    made = certificate(kind)
    text = inspect_pdf(issue(made, signer=SM2, seal=_seal(), at=AT).data, Limits()).face_text
    assert profile.face.title in text
    assert "SAMPLE" not in text
    for row in profile.face_rows(made):
        assert "".join(row.text.split()) in text, row.label


def test_without_a_seal_nothing_is_drawn():
    made = issue(certificate(), signer=SM2, seal=None, at=AT)
    (found,) = inspect_pdf(made.data, Limits()).signatures
    assert not found.draws


def test_save_is_whole_or_not_at_all(tmp_path: Path):
    made = _issued()
    assert made.save(tmp_path / "a.pdf").read_bytes() == made.data
    with pytest.raises(OSError, match="missing"):
        made.save(tmp_path / "missing" / "a.pdf")
    assert [p.name for p in tmp_path.iterdir()] == ["a.pdf"]


def test_times_are_whole_seconds_with_a_zone():
    made = issue(certificate(), signer=signer("rsa"), seal=None, at=AT.replace(microsecond=5))
    assert b"D:20261121120000+08'00'" in made.data
    assert _refused(at=datetime(2026, 1, 1)) == "issue.time_without_zone"


def test_rsa_output_is_reproducible():
    first = issue(certificate(), signer=signer("rsa"), seal=_seal(), at=AT)
    assert first == issue(certificate(), signer=signer("rsa"), seal=_seal(), at=AT)


@pytest.mark.parametrize("at", [START - timedelta(seconds=1), END + timedelta(seconds=1)])
def test_signer_outside_its_period(at):
    assert _refused(at=at) == "issue.signer_outside_period"


def test_seal_outside_its_period():
    facts = dataclasses.replace(
        _seal().facts,
        valid_to=dataclasses.replace(_seal().facts.valid_to, earliest=AT - timedelta(1)),
    )
    assert _refused(seal=_with(facts)) == "issue.seal_outside_period"
    facts = dataclasses.replace(
        _seal().facts, valid_from=dataclasses.replace(_seal().facts.valid_from, latest=None)
    )
    assert _refused(seal=_with(facts)) == "issue.seal_outside_period"


def test_seal_must_be_genuine_and_list_the_signer():
    from ecert.report.outcome import failed

    forged = dataclasses.replace(_seal().facts, maker_signature=failed("x"))
    assert _refused(seal=_with(forged)) == "issue.seal_not_genuine"
    assert _refused(signer=signer("sm2", "another")) == "issue.signer_not_in_seal"


@pytest.mark.parametrize("size", [(0, 42), (42, 61), (200, 200)])
def test_a_seal_never_covers_the_face(size):
    picture = dataclasses.replace(_seal().facts.picture, width_mm=size[0], height_mm=size[1])
    assert (
        _refused(seal=_with(dataclasses.replace(_seal().facts, picture=picture)))
        == "issue.seal_size"
    )


def _with(facts):
    changed = type(_seal())(_seal().raw)
    object.__setattr__(changed, "facts", facts)
    return changed


def test_an_encryption_key_never_signs():
    class Usage:
        not_before, not_after, key_usage = START, END, frozenset({"key_encipherment"})

    with pytest.raises(SigningError) as caught:
        module._check_signer(Usage(), AT)
    assert caught.value.code == "issue.signer_usage"


def test_layout_and_key_must_fit():
    assert _refused(layout="ses", signer=signer("rsa")) == "issue.layout_unknown"
    assert _refused(layout="ses", seal=None) == "issue.seal_needed"


def test_a_certificate_with_faults_is_refused():
    wrong = altered(certificate(), "fields.uscc", "91110105MA0000007X")
    assert _refused(made=wrong) == "issue.certificate_invalid"


def test_a_certificate_needs_a_profile():
    document = {k: v for k, v in certificate().document.items() if k != "profile"}
    assert _refused(ProfileError, made=Certificate(document)) == "issue.profile_unnamed"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("示例\u30000公司\U00030000", "face.character_missing_glyph"),
        ("示" * 200 + "例" * 3300, "face.overflow"),
    ],
)
def test_what_cannot_be_printed_is_refused(value, code):
    assert _refused(FaceError, made=certificate(scope=value)) == code


def test_hidden_characters_never_reach_the_face():
    profile = Profile.load("business_license")
    made = altered(certificate(), "fields.scope", "软件\u202e开发")
    face = face_of(made, profile)
    with pytest.raises(FaceError, match=r"U\+202E"):
        render_face(face, template="business_license", fonts=locate_fonts(), at=AT)


def test_own_check_names_what_fails():
    made, original = _issued(), certificate()
    ok = verify_issued(made.data, certificate=original, signer=SM2.certificate)
    assert ok.sha256 == made.sha256
    cases = {
        "carrier.attachment": {"certificate": certificate(name="另一公司")},
        "signature.signer": {"signer": signer("rsa").certificate},
    }
    for check, change in cases.items():
        arguments = {"certificate": original, "signer": SM2.certificate, **change}
        with pytest.raises(SigningError) as caught:
            verify_issued(made.data, **arguments)
        assert caught.value.params["check"] == check


def test_own_check_refuses_changed_and_unsigned_files():
    made, original = _issued(), certificate()
    at = made.data.index(b"/ByteRange") - 60
    for data in (
        made.data[:at] + b" " + made.data[at + 1 :],
        made.data + b"\n%",
        b"%PDF-1.7\n%%EOF\n",
    ):
        with pytest.raises(SigningError) as caught:
            verify_issued(data, certificate=original, signer=SM2.certificate)
        assert caught.value.code == "issue.own_output"


def test_own_check_reads_the_face():
    face = face_of(certificate(), Profile.load("business_license"), notice="另一行")
    with pytest.raises(SigningError) as caught:
        verify_issued(_issued().data, certificate=certificate(), signer=SM2.certificate, face=face)
    assert caught.value.params["check"] == "face.notice"


def test_a_signing_device_that_errs_is_caught():
    class Broken:
        kind, public = "rsa", signer("rsa").key.public

        def sign(self, message, *, digest=None):
            return bytes(256)

    broken = dataclasses.replace(signer("rsa"), key=Broken())
    assert _refused(signer=broken, seal=None) == "issue.own_output"


def test_face_takes_every_printed_line_once():
    profile = Profile.load("business_license")
    face = face_of(certificate(), profile)
    printed = [*face.left, *face.right, face.authority]
    assert face.code.value == "91110105MA0000007L"
    assert face.subtitle == "（副　本）"
    assert face.date == "2024年03月18日"
    assert [i.label for i in printed] == [
        "名称",
        "类型",
        "法定代表人",
        "经营范围",
        "注册资本",
        "成立日期",
        "营业期限",
        "住所",
        "登记机关",
    ]
    assert [i.label for i in printed if i.long] == ["经营范围"]
    assert face.holder == NAME


def test_an_annotated_copy_says_so():
    note = Annotation(
        matter="company.change",
        cause="变更登记",
        creator="示例大厅",
        created=AT,
        expires=datetime(2026, 12, 1, tzinfo=UTC),
    )
    copy = certificate().annotated_copy(note)
    face = face_of(copy, Profile.load("business_license"), notice=SAMPLE_NOTICE)
    assert face.notice.startswith("加注件")
    assert "变更登记" in face.notice


def test_a_picture_needs_a_place():
    made = certificate("driving_licence")
    profile = Profile.load("driving_licence")
    assert face_of(made, profile).photo.startswith(b"\xff\xd8")
    with pytest.raises(ProfileError) as caught:
        face_of(made, profile, template="business_license")
    assert caught.value.code == "face.no_picture_place"
    bare = altered(made, "fields.photo", "")
    assert face_of(bare, profile).photo is None


def test_every_code_is_in_the_catalogue():
    import re

    from ecert.report.codes import is_known

    source = Path(module.__file__).parent
    files = [*source.glob("*.py"), *(source.parent / "documents/pdf").glob("[aw][pr]*.py")]
    files.append(source.parent / "documents/pdf/sign.py")
    codes = {
        c
        for f in files
        for c in re.findall(r'"((?:face|issue|font|extra)\.[a-z_]+)"', f.read_text("utf-8"))
    }
    assert len(codes) > 25
    assert not [c for c in codes if not is_known(c)]
