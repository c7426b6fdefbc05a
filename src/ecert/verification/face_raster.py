"""Holds the ink of each printed value against what the text layer claims (never-accept.md L8, raster).

The page's characters are drawn again at their places with fonts that are known here, and each value's
dots are compared with those seen. So text that is invisible, covered, clipped or off the page, and fonts
that show other glyphs than their text, are noticed. A seal may lie over authority and date alone, and as
long as it hides nothing: seen through a filter that lets pure colours pass, it must be light.

A value that shows otherwise in a font whose other characters are right, or that shows no ink at all,
differs; one in a font that is not known here is not comparable. What is drawn beside the values is not
compared here: level rerendered does that.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, cast

from PIL import Image, ImageChops, ImageFilter

from ecert.documents.pdf.view import Character, PageView, look
from ecert.errors import ECertError
from ecert.limits import Limits
from ecert.model import FaceRow
from ecert.report import OK, Outcome, failed, unknown
from ecert.verification.drawing import Drawer
from ecert.verification.face import find_places, solid

__all__ = ["DPI", "compare_raster", "darkness", "extremes", "hides", "printed"]

DPI: Final = 288
"""Four dots a point: the smallest printed character, of 6 points, is 24 dots high."""
_LIMIT: Final = 0.22
"""Largest difference of one 3 x 3 field, in shares of the contrast between ink and paper. Measured
(docs/explanation/face-and-data.md): the same character stays below 0.16, another one differs by 0.30 or
more (土 and 士 at 6.5 points); the comma and its wide form alone come down to 0.19."""
_LEAST_CONTRAST: Final = 128
"""Of 255: lighter ink could pass for a ground under other ink, and is lost on a copy."""
_LEAST_SHADE: Final = 45
"""Of 255: a place whose lightest and darkest dots differ less shows nothing; a ground of ours has 30."""
_MOST_INK: Final = 110
"""How much darker a seal may make the strongest of three colours; red ink takes 40 to 90."""
_NOISE: Final = 8
"""How much lighter a dot may become by blending."""
_MARGIN: Final = 2
_SHIFTS: Final = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))
"""In dots: pdfium rounds the place of a glyph, and the same place may be rounded otherwise."""
_KNOWN_SHARE: Final = 0.6
_PAPER_SHARE: Final = 0.1
_ASCENT: Final = 0.88
"""Share of a character's square above the base line (OpenType, ideographic em box)."""
_NEAR: Final = 0.1
"""Points by which rounding may move a character that is drawn again."""
_Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class _Glyph:
    """One printed character with what was found at its place.

    Args:
        shown: the ink is what the text layer claims. blank: there is none.
        crowded: other ink stands in its square.
        touched: a picture lies over it. hidden: so that it cannot be read as before.
        odd: its shape cannot be compared: light ink, or shared with a neighbour (a ligature).

    """

    character: Character
    shown: bool = False
    blank: bool = False
    crowded: bool = False
    touched: bool = False
    hidden: bool = False
    odd: bool = False


def darkness(image: Image.Image) -> Image.Image:
    """Return the page through a filter in which pure colours are light: the largest of three channels."""
    red, green, blue = image.split()
    return ImageChops.lighter(ImageChops.lighter(red, green), blue)


def extremes(image: Image.Image) -> tuple[int, int]:
    """Return the smallest and the largest value of an image with one channel."""
    return cast("tuple[int, int]", image.getextrema())


def printed(
    pages: Sequence[PageView], rows: Iterable[FaceRow]
) -> tuple[str, list[tuple[FaceRow, list[tuple[int, Character]]]]]:
    """Return the pages' words, and each row with its characters by page; empty where it stands nowhere."""
    whole = [(number, c) for number, page in enumerate(pages) for c in (*page.characters, _GAP)]
    words = "".join(c.text if solid(c.text) else " " for _, c in whole)
    flat = [(number, c) for number, c in whole if solid(c.text)]
    return words, [
        (row, flat[place[0] : place[1]] if isinstance(place, tuple) else [])
        for row, place in find_places(words, rows)
    ]


_GAP = Character(text=" ")


def compare_raster(
    pages: Sequence[PageView],
    bare: Sequence[PageView],
    rows: Sequence[FaceRow],
    drawer: Drawer,
    limits: Limits,
    *,
    sealed: frozenset[str] = frozenset(),
) -> Outcome:
    """Return whether each row's ink is what its text claims, and no annotation hides it.

    Args:
        pages, bare: as seen at `DPI`, with and without the appearances of annotations.
        rows: what the profile prints. drawer: draws characters with known fonts.
        limits: of the drawn sheets. sealed: rows that a seal may lie over.

    """
    _, places = printed(bare, rows)
    if not places or not all(characters for _, characters in places):
        return unknown("face.not_comparable")
    try:
        sheets = [look(s, limits, dpi=DPI, appearances="left_out") for s in drawer.characters(bare)]
    except ECertError:
        return unknown("face.not_comparable")
    known = [sheet for sheet in sheets if sheet is not None and len(sheet) == len(bare)]
    if not known or [p.image.size for p in pages] != [p.image.size for p in bare]:
        return unknown("face.not_comparable")
    seen = [
        _Compared(page.image, bare[number].image, [sheet[number] for sheet in known])
        for number, page in enumerate(pages)
    ]
    found = [
        (row, _joined([seen[number].glyph(c) for number, c in characters]))
        for row, characters in places
    ]
    fonts = _known_fonts(g for _, glyphs in found for g in glyphs)
    outcomes = [_row(row, glyphs, fonts, sealed) for row, glyphs in found]
    return min(outcomes, key=lambda o: (o.ok is not False, o.ok is True))


def hides(over: Image.Image, under: Image.Image) -> Image.Image:
    """Return the dots at which a picture laid over a page hides what is printed, or could be taken for it.

    Args:
        over, under: the page with and without the picture, each through `darkness`.

    """
    darker = ImageChops.subtract(under, over).point(
        [0] * (_MOST_INK + 1) + [255] * (255 - _MOST_INK)
    )
    lighter = ImageChops.subtract(over, under).point([0] * (_NOISE + 1) + [255] * (255 - _NOISE))
    return ImageChops.lighter(darker, lighter)


def _row(
    row: FaceRow, glyphs: Sequence[_Glyph], fonts: frozenset[str], sealed: frozenset[str]
) -> Outcome:
    wrong = [g for g in glyphs if not g.shown]
    if any(g.blank for g in wrong):
        return failed("face.unseen", field=row.label)
    if any(g.character.font in fonts and not g.odd for g in wrong):
        return failed("face.shown_otherwise", field=row.label)
    if wrong:
        return unknown("face.font_unknown", field=row.label)
    if any(g.crowded for g in glyphs):
        return unknown("face.ink_beside", field=row.label)
    hidden = any(g.hidden if row.field in sealed else g.touched for g in glyphs)
    return unknown("face.seal_hides", field=row.label) if hidden else OK


def _joined(glyphs: list[_Glyph]) -> list[_Glyph]:
    boxes = Counter(g.character.box for g in glyphs)
    return [replace(g, odd=g.odd or boxes[g.character.box] > 1) for g in glyphs]


def _known_fonts(glyphs: Iterator[_Glyph]) -> frozenset[str]:
    """Return the fonts most of whose characters show what they claim."""
    total: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for glyph in glyphs:
        total[glyph.character.font] += 1
        right[glyph.character.font] += glyph.shown
    return frozenset(name for name in total if right[name] >= _KNOWN_SHARE * total[name])


class _Compared:
    """A page as seen, beside the same characters in each known font."""

    def __init__(self, page: Image.Image, bare: Image.Image, sheets: Sequence[PageView]) -> None:
        self._seen = bare.convert("L")
        self._touched = darkness(ImageChops.difference(page, bare))
        self._hidden = hides(darkness(page), darkness(bare))
        fitting = [sheet for sheet in sheets if sheet.image.size == bare.size]
        self._sheets = [sheet.image.convert("L") for sheet in fitting]
        self._due = [{_key(c): c for c in sheet.characters} for sheet in fitting]
        self._blur = ImageFilter.BoxBlur(1)
        self._apart = [
            ImageChops.difference(self._seen, sheet).filter(self._blur) for sheet in self._sheets
        ]

    def glyph(self, character: Character) -> _Glyph:
        """Return what stands at a character's place.

        The place holds the ink of the file's own font and that of the known ones: a font that calls a
        character small must not keep the rest of it from being compared.
        """
        due = [c.box for known in self._due for c in _same_place(character, known)]
        box = _dots(_around([character.box, *due]))
        width, height = self._seen.size
        if not (0 <= box[0] < box[2] <= width and 0 <= box[1] < box[3] <= height):
            return _Glyph(character, blank=True)
        ink = Image.new("RGB", (1, 1), character.ink).convert("L").tobytes()[0]
        cut = self._seen.crop(box)
        paper = _paper(cut)
        darkest, lightest = extremes(cut)
        if lightest - darkest < _LEAST_SHADE:
            return _Glyph(character, blank=True)
        if not due or paper - ink < _LEAST_CONTRAST:
            return _Glyph(character, odd=True)
        cell = _dots(_around([character.box, *due, _cell(character)]))
        return _Glyph(
            character,
            shown=self._distance(cut, box, ink, paper) <= _LIMIT,
            crowded=self._distance(self._seen.crop(cell), cell, ink, paper) > _LIMIT,
            touched=extremes(self._touched.crop(cell))[1] > 0,
            hidden=extremes(self._hidden.crop(cell))[1] > 0,
        )

    def _distance(
        self, cut: Image.Image, box: tuple[int, int, int, int], ink: int, paper: int
    ) -> float:
        """Return how far the seen dots are from the nearest drawing, in shares of the contrast."""
        contrast = paper - ink
        least = min((extremes(apart.crop(box))[1] for apart in self._apart), default=255)
        if least <= _LIMIT * contrast:
            return least / contrast
        # paper that is not white, or a place rounded otherwise
        tone = [round(ink + contrast * max(0, k - ink) / (255 - ink)) for k in range(256)]
        for sheet in self._sheets:
            for dx, dy in _SHIFTS:
                near = (box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy)
                due = sheet.crop(near).point(tone)
                apart = ImageChops.difference(cut, due).filter(self._blur)
                least = min(least, extremes(apart)[1])
        return least / contrast


_Key = tuple[str, int, int]


def _key(character: Character) -> _Key:
    return character.text, round(character.x), round(character.y)


def _same_place(character: Character, known: Mapping[_Key, Character]) -> Iterator[Character]:
    """Yield the known characters of the same text within a tenth of a point of a place."""
    text, x, y = _key(character)
    for near in ((text, x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)):
        other = known.get(near)
        if other and max(abs(other.x - character.x), abs(other.y - character.y)) < _NEAR:
            yield other


def _around(boxes: Sequence[_Box]) -> _Box:
    """Return the smallest box around all of them."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _cell(character: Character) -> _Box:
    """Return the square in which a character is set, half of it for a narrow one."""
    wide = unicodedata.east_asian_width(character.text) in "WF"
    size = character.size
    right = character.x + (size if wide else size / 2)
    return character.x, character.y - _ASCENT * size, right, character.y + (1 - _ASCENT) * size


def _dots(box: _Box) -> tuple[int, int, int, int]:
    """Return a box in dots, with a margin."""
    left, top, right, bottom = (side * DPI / 72 for side in box)
    return (
        int(left) - _MARGIN,
        int(top) - _MARGIN,
        int(right) + _MARGIN + 1,
        int(bottom) + _MARGIN + 1,
    )


def _paper(cut: Image.Image) -> int:
    """Return the brightness that a tenth of the dots reach."""
    histogram = cut.histogram()
    left = _PAPER_SHARE * sum(histogram)
    for level in range(255, -1, -1):
        left -= histogram[level]
        if left <= 0:
            return level
    return 0
