"""L8, level rerendered: every shipped type is drawn anew to the last dot; pictures too."""

from __future__ import annotations

import io
import sys
from base64 import b64encode
from pathlib import Path

import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import issuing_kit as kit
from ecert.documents.pdf.appearance import Raster, Rectangle
from ecert.documents.pdf.view import look, with_picture
from ecert.issuance.face import SAMPLE_NOTICE, face_of
from ecert.issuance.fonts import locate_fonts
from ecert.issuance.redraw import Redrawing, missing
from ecert.issuance.render import render_face
from ecert.limits import Limits
from ecert.model import Profile
from ecert.seals.facts import Picture
from ecert.verification.face_code import compare_code
from ecert.verification.face_raster import DPI, compare_raster
from ecert.verification.face_redraw import Printed, compare_redrawn

LIMITS = Limits()
TYPES = sorted(kit.FIELDS)


def drawn(certificate, kind, notice=None):
    profile = Profile.load(kind)
    face = face_of(certificate, profile, notice=notice)
    return render_face(face, template=profile.face.template, fonts=locate_fonts(), at=kit.AT)


def printed(data, certificate, kind, *, words="", picture=None):
    return Printed(
        data=data, certificate=certificate, profile=Profile.load(kind), words=words, picture=picture
    )


def same_version(monkeypatch):
    """Take a file that says nothing of its drawing for one of this version."""
    monkeypatch.setattr(Redrawing, "mark", lambda *_: {})


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("notice", [None, SAMPLE_NOTICE])
def test_l8_an_honest_face_is_drawn_anew_to_the_last_dot(kind, notice):
    certificate = kit.certificate(kind)
    it = printed(drawn(certificate, kind, notice), certificate, kind, words=notice or "")
    assert compare_redrawn(it, Redrawing(), LIMITS).ok is True


@pytest.mark.parametrize("kind", TYPES)
def test_l8_an_honest_face_is_seen_as_its_text_says(kind):
    certificate = kit.certificate(kind)
    pages = look(drawn(certificate, kind), LIMITS, dpi=DPI, appearances="left_out")
    rows = Profile.load(kind).face_rows(certificate)
    assert compare_raster(pages, pages, rows, Redrawing(), LIMITS).ok is True
    assert compare_code(pages, certificate).ok is True


def test_l8_a_swapped_photograph(monkeypatch):
    same_version(monkeypatch)
    out = io.BytesIO()
    Image.new("RGB", (358, 441), (200, 60, 60)).save(out, "JPEG")
    other = kit.certificate("driving_licence", photo=b64encode(out.getvalue()).decode())
    mine = kit.certificate("driving_licence")
    found = compare_redrawn(
        printed(drawn(other, "driving_licence"), mine, "driving_licence"), Redrawing(), LIMITS
    )
    assert (found.ok, found.code) == (False, "face.redrawn_differs")


def test_l8_a_notice_that_nobody_may_print(monkeypatch):
    """Only the sample notice is known; any other line on the face is not drawn from the data."""
    same_version(monkeypatch)
    certificate = kit.certificate()
    data = drawn(certificate, "business_license", "注册资本 玖佰万元整")
    found = compare_redrawn(printed(data, certificate, "business_license"), Redrawing(), LIMITS)
    assert (found.ok, found.code) == (False, "face.redrawn_differs")


def test_l8_a_type_whose_template_is_not_here(monkeypatch):
    from ecert.errors import ProfileError

    def refuse(*_, **__):
        raise ProfileError("face.template_unknown", "none", params={"name": "none"})

    monkeypatch.setattr(Redrawing, "face", refuse)
    certificate = kit.certificate()
    it = printed(drawn(certificate, "business_license"), certificate, "business_license")
    assert compare_redrawn(it, Redrawing(), LIMITS).code == "face.template_not_here"


def test_l8_a_page_too_many_differs(monkeypatch):
    same_version(monkeypatch)
    import pikepdf

    certificate = kit.certificate()
    body = drawn(certificate, "business_license")
    with pikepdf.open(io.BytesIO(body)) as pdf:
        pdf.add_blank_page(page_size=(842, 595))
        out = io.BytesIO()
        pdf.save(out)
    it = printed(out.getvalue(), certificate, "business_license")
    assert compare_redrawn(it, Redrawing(), LIMITS).code == "face.redrawn_differs"


def test_l8_a_page_of_another_size_differs(monkeypatch):
    same_version(monkeypatch)
    mine, card = kit.certificate(), kit.certificate("id_card")
    it = printed(drawn(card, "id_card"), mine, "business_license")
    assert compare_redrawn(it, Redrawing(), LIMITS).code == "face.redrawn_differs"


def seal_ink(alpha=255):
    return Raster(width=2, height=2, rgb=bytes((200, 16, 46)) * 4, alpha=bytes([alpha]) * 4)


WHERE = Rectangle(centre_x=241, centre_y=152, width=42, height=42)


def test_l8_a_seal_whose_picture_cannot_be_drawn():
    certificate = kit.certificate()
    data = with_picture(drawn(certificate, "business_license"), seal_ink(), WHERE)
    picture = Picture(type="PNG", data=b"no picture", width_mm=42, height_mm=42)
    it = printed(data, certificate, "business_license", picture=picture)
    assert compare_redrawn(it, Redrawing(), LIMITS).code == "face.seal_picture_unusable"


def test_l8_a_seal_in_its_place_is_looked_through():
    certificate = kit.certificate()
    data = with_picture(drawn(certificate, "business_license"), seal_ink(), WHERE)
    it = printed(data, certificate, "business_license")
    assert compare_redrawn(it, Redrawing(), LIMITS).ok is True


def test_l8_a_signing_seal_that_is_not_shown_differs_from_its_picture():
    """A seal signs and shows nothing: the page is not the one that its picture would make."""
    certificate = kit.certificate()
    out = io.BytesIO()
    Image.new("RGBA", (9, 9), (200, 16, 46, 255)).save(out, "PNG")
    picture = Picture(type="PNG", data=out.getvalue(), width_mm=42, height_mm=42)
    it = printed(
        drawn(certificate, "business_license"), certificate, "business_license", picture=picture
    )
    assert compare_redrawn(it, Redrawing(), LIMITS).code == "face.seal_picture_differs"


def test_nothing_is_missing_where_these_tests_run():
    assert missing() is None


def test_missing_fonts_are_named(monkeypatch):
    from ecert.issuance import redraw
    from ecert.issuance.fonts import FontSet

    monkeypatch.setattr(redraw, "locate_fonts", lambda: FontSet(()))
    assert missing() == "fonts"
