"""L8, level raster: the same characters at every size, and their nearest neighbours, told apart."""

from __future__ import annotations

import io
from dataclasses import replace

import pikepdf
import pypdfium2
import pytest
from PIL import Image

from ecert.documents.pdf.view import Character, look
from ecert.issuance.fonts import locate_fonts
from ecert.issuance.redraw import Redrawing
from ecert.issuance.render import compile_template
from ecert.limits import Limits
from ecert.model import FaceRow
from ecert.verification import face_raster
from ecert.verification.face_raster import compare_raster, hides

LIKE = [
    "己已巳",
    "未末",
    "土士",
    "日曰",
    "人入",
    "戊戌戍",
    "大太犬",
    "王玉主",
    "千干于",
    "天夭",
    "田由甲申",
    "目自",
    "免兔",
    "今令",
    "准淮",
    "折拆",
    "治冶",
    "茶荼",
    "侯候",
    "0O〇",
    "1lI",
    "—一",
    "38",
    "68",
    "B8",
    "5S",
    "2Z",
    "百佰",
    "市巿",
    "晴睛",
    "柬東",
    "口囗",
    "木本",
    "几凡",
    "风凤",
    "亳毫",
    "戎戒",
    "徽微",
    "（(",
]
SIZES = (6, 6.5, 8, 10.5, 14.5)
LIMITS = Limits()


def sheet(characters, font="Noto Serif SC"):
    """Return a page with characters at their places, as another program might set them."""
    rows = [(c.text, c.x, c.y, c.size, c.ink) for c in characters]
    page = {"width": 500, "height": 300, "characters": rows}
    data = {"font": font, "script": "auto", "pages": [page]}
    return compile_template("characters", data, fonts=locate_fonts(), options={"pdf_tags": False})


def lines(groups=LIKE, ink=(29, 25, 21)):
    """Return every character of the groups at every size; groups in columns, sizes in rows."""
    found = []
    for row, size in enumerate(SIZES):
        for column, char in enumerate("".join(groups)):
            x, y = 12 + 17 * (column % 28) + 0.37 * row, 20 + 52 * row + 17.3 * (column // 28)
            found.append(Character(text=char, x=x, y=y, size=size, ink=ink))
    return found


def seen(pdf):
    pages = look(pdf, LIMITS, dpi=face_raster.DPI, appearances="drawn")
    assert pages is not None
    return pages


def claiming(pages, other):
    """Return the pages with a text layer that claims other characters; what is seen stays."""
    return tuple(
        replace(
            page,
            characters=tuple(replace(c, text=other.get(c.text, c.text)) for c in page.characters),
        )
        for page in pages
    )


def shown(pages, drawer):
    sheets = [
        look(s, LIMITS, dpi=face_raster.DPI, appearances="left_out")
        for s in drawer.characters(pages)
    ]
    image = pages[0].image
    compared = face_raster._Compared(image, image, [s[0] for s in sheets])
    return [
        (c.text, c.size, compared.glyph(c).shown)
        for c in pages[0].characters
        if c.size and not c.text.isspace()
    ]


@pytest.mark.parametrize("font", ["Noto Serif SC", "Noto Sans SC"])
@pytest.mark.parametrize("ink", [(29, 25, 21), (107, 98, 84)])
def test_l8_the_same_characters_are_the_same_at_every_size(font, ink):
    found = shown(seen(sheet(lines(ink=ink), font)), Redrawing())
    assert len(found) == len(SIZES) * len("".join(LIKE))
    assert [(text, size) for text, size, same in found if not same] == []


@pytest.mark.parametrize("step", [1, 2])
def test_l8_no_character_passes_for_its_neighbour(step):
    other = {c: g[(k + step) % len(g)] for g in LIKE for k, c in enumerate(g)}
    other = {c: o for c, o in other.items() if c != o}
    found = shown(claiming(seen(sheet(lines())), other), Redrawing())
    claimed = set(other.values())
    assert len([text for text, _, _ in found if text in claimed]) > 100
    assert [(text, size) for text, size, same in found if same and text in claimed] == []


def value(text="壹佰万元整", **more):
    marks = {"x": 60, "y": 60, "size": 12, "ink": (20, 20, 20)} | more
    return [
        Character(
            text=c,
            x=marks["x"] + k * marks["size"],
            y=marks["y"],
            size=marks["size"],
            ink=marks["ink"],
        )
        for k, c in enumerate(text)
    ]


ROWS = [FaceRow("capital", "注册资本", "壹佰万元整")]


def test_l8_a_value_in_a_known_font_is_confirmed():
    pages = seen(sheet(value()))
    assert compare_raster(pages, pages, ROWS, Redrawing(), LIMITS).ok is True


def test_l8_a_value_in_an_unknown_font_is_not_comparable():
    """A font whose every shape is another: nothing tells a strange hand from a lie."""
    other = dict(zip("壹佰万元整", "科技开发转", strict=True))
    pages = claiming(seen(sheet(value("".join(other.values())))), {o: c for c, o in other.items()})
    found = compare_raster(pages, pages, ROWS, Redrawing(), LIMITS)
    assert (found.ok, found.code) == (None, "face.font_unknown")


def test_l8_a_value_whose_last_character_is_another_differs():
    pages = claiming(seen(sheet(value("贰佰万元整"))), {"贰": "壹"})
    found = compare_raster(pages, pages, ROWS, Redrawing(), LIMITS)
    assert (found.ok, found.code) == (False, "face.shown_otherwise")


def test_l8_light_ink_on_a_dark_bar_is_not_comparable():
    """White on a dark ground can be read by people; it is neither confirmed nor refused."""
    body = sheet(value(ink=(255, 255, 255)))
    with pikepdf.open(io.BytesIO(body)) as pdf:
        pdf.pages[0].contents_add(b"q 0 g 40 200 200 80 re f Q ", prepend=True)
        content = b"".join(part.read_bytes() for part in pdf.pages[0].Contents)
        bar = b"q 0 g 40 200 200 80 re f Q "
        paper, rest = content.replace(bar, b"").split(b"BT", 1)
        pdf.pages[0].Contents = pdf.make_stream(
            paper.rsplit(b"q ", 1)[0] + bar + b"q " + paper.rsplit(b"q ", 1)[1] + b"BT" + rest
        )
        out = io.BytesIO()
        pdf.save(out)
    pages = seen(out.getvalue())
    found = compare_raster(pages, pages, ROWS, Redrawing(), LIMITS)
    assert (found.ok, found.code) == (None, "face.font_unknown")


def test_l8_a_stroke_added_in_a_characters_square():
    """一 with a bar above it is read as 二: its own ink is right, and something stands beside it."""
    body = sheet(value("一佰万元整"))
    with pikepdf.open(io.BytesIO(body)) as pdf:
        pdf.pages[0].contents_add(b" q 0 g 62.5 248 7 0.8 re f Q ")
        out = io.BytesIO()
        pdf.save(out)
    pages = seen(out.getvalue())
    rows = [FaceRow("capital", "注册资本", "一佰万元整")]
    found = compare_raster(pages, pages, rows, Redrawing(), LIMITS)
    assert (found.ok, found.code) == (None, "face.ink_beside")


def test_l8_a_font_cannot_make_the_compared_place_small():
    """The page shows 玖; its font claims 壹, and that its ink is one dot large."""
    (page,) = seen(sheet(value("玖佰万元整")))
    first, *rest = page.characters
    x, y, *_ = first.box
    lie = replace(first, text="壹", box=(x + 5, y + 5, x + 5.2, y + 5.2))
    pages = [replace(page, characters=(lie, *rest))]
    found = compare_raster(pages, pages, ROWS, Redrawing(), LIMITS)
    assert (found.ok, found.code) == (False, "face.shown_otherwise")


def test_l8_a_value_that_stands_nowhere_is_not_comparable():
    pages = seen(sheet(value("壹佰")))
    assert compare_raster(pages, pages, ROWS, Redrawing(), LIMITS).code == "face.not_comparable"


@pytest.mark.parametrize(
    ("ink", "hidden"), [((200, 16, 46), False), ((0, 0, 255), False), ((60, 60, 60), True)]
)
def test_l8_a_seal_may_lie_over_text_where_its_ink_is_a_pure_colour(ink, hidden):
    page = Image.new("RGB", (20, 20), (255, 253, 246))
    over = Image.new("RGB", (20, 20), ink)
    found = hides(face_raster.darkness(over), face_raster.darkness(page))
    assert (found.getbbox() is not None) is hidden


def test_l8_a_picture_may_not_make_the_page_lighter():
    page, over = Image.new("RGB", (9, 9), (20, 20, 20)), Image.new("RGB", (9, 9), (255, 255, 255))
    assert hides(face_raster.darkness(over), face_raster.darkness(page)).getbbox() is not None


def test_the_characters_of_the_view_are_those_of_the_text_layer():
    body = sheet(value())
    text = pypdfium2.PdfDocument(body)[0].get_textpage().get_text_range()
    assert "".join(c.text for c in seen(body)[0].characters) == text
