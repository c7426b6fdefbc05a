"""L8: files signed by the issuer's own key in which only the face disagrees with the data.

Under a policy that asks for the level that sees it, none is accepted, and the reason names field and
carriers. What a level does not see is tested too, so that nobody believes more than it proves.
"""

from __future__ import annotations

import functools
import io
import sys
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from PIL import Image, ImageDraw

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from attacks import face_attacks as face
from attacks import pdf_attacks as pdf
from attacks.generator import another, good_files, store, subject, the_world
from attacks.world import AT, PROFILE, SIGNED, Forgery, _file, licence, stamp_of
from ecert.documents.pdf.appearance import Rectangle, read_picture
from ecert.documents.pdf.sign import sign_pdf
from ecert.facade import Asking, verify
from ecert.issuance import SAMPLE_NOTICE, locate_fonts
from ecert.issuance import redraw as redrawing
from ecert.issuance.face import face_of
from ecert.issuance.qr import qr_svg
from ecert.issuance.render import render_face
from ecert.model import Profile
from ecert.verification.policy import Policy

CAPITAL, OTHER_CAPITAL = "壹佰万元整", "伍佰万元整"
RASTER = Policy.parse(b'id = "raster"\nversion = "1"\n[rules]\nface_level = "raster"\n')
POLICIES = {"raster": RASTER, "rerendered": Policy.load("thorough")}


@functools.cache
def trust():
    return store()


def ask(data, level):
    return verify(
        data, trust=trust(), policy=POLICIES[level], at=AT, asking=Asking(test_trust="allowed")
    )


def forged(body=None, *, shows=None, layout="cms"):
    what = Forgery(body=body, face=shows, layout=layout)
    return the_world().forge(subject(), forgery=what)


def drawn(certificate):
    """Return the face of a certificate as it is drawn, before anybody signs it."""
    profile = Profile.load(PROFILE)
    made = face_of(certificate, profile, notice=SAMPLE_NOTICE)
    return render_face(made, template=profile.face.template, fonts=locate_fonts(), at=SIGNED)


def licence_with(capital):
    return licence(capital=capital)


def reasons(report):
    return {(r.code, dict(r.params).get("field")) for c in report.causes() for r in c.reasons}


@pytest.mark.parametrize("level", POLICIES)
@pytest.mark.parametrize("layout", ["cms_sm2", "cms_rsa", "cms_p256", "ses"])
def test_l8_an_honest_face_reaches_the_level(layout, level):
    """Without this every other test here would pass for the wrong reason."""
    report = ask(good_files()[layout], level)
    assert (report.decision.value, report.exit_code, report.reasons()) == ("accept", 12, ())
    leaf = report.root.find("conformity.face_matches")
    assert [(e.name, e.value) for e in leaf.evidence] == [("face.level", level)]


def test_l8_the_forger_of_these_tests_can_make_an_honest_face():
    assert ask(forged(), "rerendered").decision.value == "accept"


HIDDEN = {
    "white": face.at_text(CAPITAL, face.white),
    "pale": face.at_text(CAPITAL, face.pale),
    "invisible": face.at_text(CAPITAL, face.invisible),
    "off_page": face.at_text(CAPITAL, face.off_page),
    "clipped": face.at_text(CAPITAL, face.clipped),
    "covered": face.at_text(CAPITAL, face.covered),
    "covered_by_image": face.covered_by_image(CAPITAL),
}


@pytest.mark.parametrize("level", POLICIES)
@pytest.mark.parametrize("how", HIDDEN)
def test_l8_text_that_nobody_sees(how, level):
    report = ask(forged(HIDDEN[how]), level)
    code = {"raster": "face.unseen", "rerendered": "face.redrawn_differs"}[level]
    if how == "off_page" and report.root.find("conformity.face_matches").verdict.value == "failed":
        code = next(
            c for c, _ in reasons(report)
        )  # a text layer that leaves such text out sees it too
        assert code in ("face.unseen", "face.redrawn_differs", "face.mismatch")
    assert report.decision.value == "refuse"
    assert (code, "注册资本") in reasons(report)
    assert "注册资本" in report.render("zh")
    assert "certificate" in report.render("en")


@pytest.mark.parametrize("level", POLICIES)
@pytest.mark.parametrize("how", [face.struck, face.outshone])
def test_l8_ink_over_a_value(how, level):
    report = ask(forged(face.at_text(CAPITAL, how)), level)
    code = {"raster": "face.shown_otherwise", "rerendered": "face.redrawn_differs"}[level]
    assert report.decision.value == "refuse"
    assert reasons(report) == {(code, "注册资本")}


SHAPES = {
    # the page shows five million, or no capital at all; the text layer says one million
    "tounicode": (face.renamed("伍", "壹", within=OTHER_CAPITAL), OTHER_CAPITAL),
    "glyphs": (face.redrawn("壹", "科", within=CAPITAL), CAPITAL),
}


@pytest.mark.parametrize("level", POLICIES)
@pytest.mark.parametrize("how", SHAPES)
def test_l8_a_font_that_shows_other_characters(how, level):
    change, capital = SHAPES[how]
    own_code = face.code_of(drawn(subject())) if capital != CAPITAL else lambda body: body
    report = ask(forged(lambda body: own_code(change(body)), shows=licence_with(capital)), level)
    code = {"raster": "face.shown_otherwise", "rerendered": "face.redrawn_differs"}[level]
    assert report.decision.value == "refuse"
    assert {c for c, _ in reasons(report)} == {code}
    assert {f for _, f in reasons(report)} <= {"注册资本", "名称", "经营范围"}


@pytest.mark.parametrize("level", POLICIES)
def test_l8_the_face_of_one_certificate_with_the_data_of_another(level):
    report = ask(forged(shows=another()), level)
    assert report.decision.value == "refuse"
    assert {code for code, _ in reasons(report)} == {"face.mismatch"}


@pytest.mark.parametrize("level", POLICIES)
@pytest.mark.parametrize("which", ["identifier", "data"])
def test_l7_l10_a_code_that_says_something_else(which, level):
    donor = drawn(another() if which == "identifier" else licence_with(OTHER_CAPITAL))
    report = ask(forged(face.code_of(donor)), level)
    field = {"identifier": "certificateIdentifier", "data": "certificate.json"}[which]
    assert report.decision.value == "refuse"
    assert reasons(report) == {("carrier.mismatch", field)}
    assert report.root.find("conformity.carriers_agree").verdict.value == "failed"
    assert "QR" in report.render("en")


@pytest.mark.parametrize("level", POLICIES)
def test_l8_a_code_that_cannot_be_read_is_not_comparable(level):
    report = ask(forged(face.without_code), level)
    assert report.decision.value == "refer"
    assert report.reasons() == ("qr.unread",)


def test_l8_what_is_drawn_beside_the_values_is_seen_by_drawing_anew_alone():
    data = forged(face.drawn_beside)
    assert ask(data, "raster").decision.value == "accept"
    report = ask(data, "rerendered")
    assert report.decision.value == "refuse"
    assert {code for code, _ in reasons(report)} == {"face.redrawn_differs"}


@pytest.mark.parametrize("level", POLICIES)
def test_l8_optional_content_is_refused_at_every_level(level):
    report = ask(forged(pdf.with_layer), level)
    assert report.decision.value == "refuse"
    assert "format.optional_content" in report.reasons()


def stamped(picture, *, layout="cms", where=None):
    """Return a file whose signature shows another picture, or at another place."""
    world = the_world()
    good = forged(layout=layout)
    with pikepdf.open(io.BytesIO(good)) as document:
        xmp = document.Root.Metadata.read_bytes()
    stamp = stamp_of(
        world.bureau.signer, world.seal(), layout=layout, at=SIGNED, template="business_license"
    )
    stamp = replace(stamp, picture=read_picture(picture), where=where or stamp.where)
    return sign_pdf(
        drawn(subject()), xmp=xmp, attachments=[_file(subject().canonical())], stamp=stamp
    )


def black_text():
    image = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
    ImageDraw.Draw(image).rectangle((60, 180, 340, 220), fill=(0, 0, 0, 255))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def test_l8_a_signature_picture_in_the_seals_place_may_not_hide_what_is_printed():
    report = ask(stamped(black_text()), "rerendered")
    assert report.decision.value == "refer"
    assert report.reasons() == ("face.seal_hides",)


def test_l8_a_seal_that_shows_the_picture_of_another():
    report = ask(stamped(the_world().other_picture, layout="ses"), "rerendered")
    assert report.decision.value == "refuse"
    assert report.reasons() == ("face.seal_picture_differs",)


def test_l8_a_signature_picture_outside_the_seals_place():
    where = Rectangle(centre_x=180, centre_y=90, width=42, height=42)
    report = ask(stamped(the_world().picture, where=where), "rerendered")
    assert report.decision.value == "refuse"
    assert {code for code, _ in reasons(report)} == {"face.redrawn_differs"}


def test_l8_a_signature_picture_over_another_value_is_not_looked_through():
    """Red ink over capital, founding and term: a seal belongs over authority and date alone."""
    where = Rectangle(centre_x=200, centre_y=82, width=42, height=42)
    report = ask(stamped(the_world().picture, where=where), "raster")
    assert report.decision.value == "refer"
    assert reasons(report) == {("face.seal_hides", "营业期限")}


def test_l8_a_code_beside_the_right_one_is_not_comparable():
    """Somebody's own code on the face: where it leads nobody knows."""
    profile = Profile.load(PROFILE)
    made = replace(face_of(subject(), profile), qr=qr_svg("https://example.invalid/look"))
    body = render_face(made, template=profile.face.template, fonts=locate_fonts(), at=SIGNED)
    report = ask(forged(lambda _: body), "raster")
    assert report.decision.value == "refer"
    assert report.reasons() == ("qr.not_ours",)


def test_l8_a_seal_over_authority_and_date_is_looked_through():
    assert ask(stamped(the_world().picture), "raster").decision.value == "accept"


def test_l8_an_ofd_stays_at_its_text():
    report = ask(good_files()["ofd"], "raster")
    assert report.decision.value == "refer"
    assert report.reasons() == ("face.not_comparable",)


@pytest.mark.parametrize("level", POLICIES)
def test_l8_a_level_without_its_software_is_a_configuration_error(monkeypatch, level):
    monkeypatch.setattr(redrawing, "_NEEDED", ("PIL", "no_such_module"))
    report = ask(good_files()["cms_sm2"], level)
    assert (report.decision.value, report.exit_code) == ("refer", 5)
    assert report.error.code == "face.software_missing"
    assert "ecert[face]" in report.render("zh")


def test_l8_default_needs_none_of_it(monkeypatch):
    monkeypatch.setattr(redrawing, "_NEEDED", ("no_such_module",))
    report = verify(
        good_files()["cms_sm2"], trust=trust(), at=AT, asking=Asking(test_trust="allowed")
    )
    assert report.decision.value == "accept"


def test_l8_another_version_of_the_drawing_never_fails_and_never_passes(monkeypatch):
    """A face that is drawn otherwise here, and says so: nothing is known of it."""
    monkeypatch.setattr(
        redrawing.Redrawing, "mark", lambda *_: {"template": "business_license", "version": "0"}
    )
    report = ask(forged(face.drawn_beside), "rerendered")
    assert report.decision.value == "refer"
    assert report.reasons() == ("face.other_version",)
    assert (
        ask(forged(), "rerendered").decision.value == "accept"
    )  # no dot differs: that is the proof


def test_l8_files_of_strangers_are_not_drawn(monkeypatch):
    """Only a file whose issuer's signature holds reaches the program that draws."""
    from ecert.verification import face_levels

    monkeypatch.setattr(face_levels, "look", lambda *_, **__: pytest.fail("was drawn"))
    good = good_files()["cms_sm2"]
    broken = pdf.altered_xmp(good)
    for data, known in ((broken, trust()), (good, None)):
        report = verify(
            data, trust=known, policy=RASTER, at=AT, asking=Asking(test_trust="allowed")
        )
        assert report.decision.value != "accept"
