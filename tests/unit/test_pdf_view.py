"""Bounds of drawing: what would be dear to draw, or is drawn elsewhere than it is written, is not drawn."""

from __future__ import annotations

import io

import pikepdf
import pytest

from ecert.documents.pdf.view import look, stated_drawing
from ecert.issuance.fonts import locate_fonts
from ecert.issuance.render import compile_template
from ecert.limits import Limits

LIMITS = Limits()
N = pikepdf.Name


def page(change=None, *, pages=1):
    sheet = {"width": 300, "height": 200, "characters": [("证", 50, 50, 12, (0, 0, 0))]}
    data = {"font": "Noto Serif SC", "script": "auto", "pages": [sheet] * pages}
    body = compile_template("characters", data, fonts=locate_fonts(), options={"pdf_tags": False})
    if change is None:
        return body
    with pikepdf.open(io.BytesIO(body)) as pdf:
        change(pdf)
        out = io.BytesIO()
        pdf.save(out)
    return out.getvalue()


def seen(data, dpi=72):
    return look(data, LIMITS, dpi=dpi, appearances="drawn")


def test_a_plain_page_is_drawn():
    (found,) = seen(page())
    assert found.image.size == (300, 200)
    (mark,) = [c for c in found.characters if c.size]
    assert (mark.text, round(mark.x), round(mark.y), round(mark.size)) == ("证", 50, 50, 12)
    assert found.image.crop((50, 38, 62, 52)).convert("L").getextrema()[0] < 128


def stream(pdf, content, **entries):
    return pdf.make_stream(content, **entries)


def form(pdf, content):
    return stream(
        pdf, content, Type=N.XObject, Subtype=N.Form, BBox=pikepdf.Array([0, 0, 300, 200])
    )


def resources(pdf, **entries):
    for name, value in entries.items():
        pdf.pages[0].Resources[f"/{name}"] = value


def many_paints(pdf):
    resources(pdf, XObject=pikepdf.Dictionary(F=form(pdf, b"0 0 300 200 re f\n" * 1001)))


def small_tiles(pdf):
    tile = stream(
        pdf, b"0 0 1 1 re f", PatternType=1, PaintType=1, TilingType=1, XStep=0.01, YStep=0.01,
        BBox=pikepdf.Array([0, 0, 1, 1]), Resources=pikepdf.Dictionary(),
    )  # fmt: skip
    resources(pdf, Pattern=pikepdf.Dictionary(P=tile))


def huge_image(pdf):
    image = stream(
        pdf, b"\0", Type=N.XObject, Subtype=N.Image, Width=60_000, Height=60_000, BitsPerComponent=8,
        ColorSpace=N.DeviceGray,
    )  # fmt: skip
    resources(pdf, XObject=pikepdf.Dictionary(I=image))


def other_picture_for_print(pdf):
    one = {
        "Type": N.XObject,
        "Subtype": N.Image,
        "Width": 1,
        "Height": 1,
        "BitsPerComponent": 8,
        "ColorSpace": N.DeviceGray,
    }
    image, other = stream(pdf, b"\0", **one), stream(pdf, b"\xff", **one)
    image.Alternates = pikepdf.Array([pikepdf.Dictionary(Image=other, DefaultForPrinting=True)])
    resources(pdf, XObject=pikepdf.Dictionary(I=image))


def strange_width(pdf):
    image = stream(
        pdf, b"\0", Type=N.XObject, Subtype=N.Image, Width=-5, Height=5, BitsPerComponent=8,
        ColorSpace=N.DeviceGray,
    )  # fmt: skip
    resources(pdf, XObject=pikepdf.Dictionary(I=image))


def mesh(pdf):
    resources(pdf, Shading=pikepdf.Dictionary(S=pikepdf.Dictionary(ShadingType=7)))


def soft_mask(pdf):
    state = pikepdf.Dictionary(
        SMask=pikepdf.Dictionary(S=N.Luminosity, G=form(pdf, b"0 0 1 1 re f"))
    )
    resources(pdf, ExtGState=pikepdf.Dictionary(G=state))


def filled_often(pdf):
    pdf.pages[0].contents_add(b" 0 0 300 200 re f" * 40)


def turned(pdf):
    pdf.pages[0].obj.Rotate = 90


def moved(pdf):
    pdf.pages[0].obj.MediaBox = pikepdf.Array([10, 10, 300, 200])


def cropped(pdf):
    pdf.pages[0].obj.CropBox = pikepdf.Array([10, 10, 300, 200])


def endless(pdf):
    pdf.pages[0].obj.MediaBox = pikepdf.Array([0, 0, 14_400, 14_400])


@pytest.mark.parametrize(
    "change",
    [many_paints, small_tiles, huge_image, other_picture_for_print, strange_width, mesh, soft_mask, filled_often, turned, moved,
     cropped, endless],
)  # fmt: skip
def test_l8_what_is_dear_or_displaced_is_not_drawn(change):
    assert seen(page(change)) is None


def test_l8_a_long_document_is_not_drawn():
    assert len(seen(page(pages=4))) == 4
    assert seen(page(pages=5)) is None


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n", page()[:900]])
def test_what_is_no_whole_pdf_is_not_drawn(data):
    assert seen(data) is None


def test_a_file_that_says_nothing_of_its_drawing():
    assert stated_drawing(page(), LIMITS) == {}
    assert stated_drawing(b"%PDF-1.7\n", LIMITS) == {}
