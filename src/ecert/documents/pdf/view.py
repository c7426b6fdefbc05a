"""What the eye sees on the pages: their raster, and where each character of the text layer stands.

pdfium draws. What a file may make it draw is bounded first by counting, not by a clock: pages, pixels,
painting operators, tiles, samples of images, areas. What exceeds a bound, or needs means that a printed
certificate does not use (soft masks of groups, meshes), is not drawn: the answer is None, "not
comparable", never a guess (never-accept.md L8, L15).
"""

from __future__ import annotations

import ctypes
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import pikepdf

from ecert.documents.pdf.appearance import Raster, Rectangle, appearance_stream
from ecert.documents.pdf.carriers import xmp_properties
from ecert.documents.pdf.general import read_general
from ecert.documents.pdf.objects import (
    LIBRARY_ERRORS,
    dictionary,
    entry,
    name_of,
    read_stream,
    walk,
)
from ecert.documents.pdf.static import ALTERNATIVES
from ecert.documents.pdf.values import Array, Body, Stream
from ecert.documents.pdf.xmpns import FACE_NAMESPACE
from ecert.errors import MalformedInput
from ecert.limits import Limits

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Character", "PageView", "look", "stated_drawing", "with_picture"]

Appearances = Literal["drawn", "left_out"]
"""Whether the appearances of annotations (the seal's picture among them) are drawn."""

_MAX_PAGES: Final = 4
"""A certificate has one page or two; a longer document is not compared by its looks."""
_MAX_PIXELS: Final = 16_000_000
"""A4 at 288 dpi has 7.8 million; three bytes for each."""
_MAX_CHARACTERS: Final = 8_000
"""The longest certificate type fills one page with some 4,500."""
_MAX_OBJECTS: Final = 20_000
_MAX_AREA: Final = 16
"""How often the objects of a page may fill it; ours do so three times."""
_MAX_PAINTS: Final = 1_000
"""Painting operators of all forms and patterns; a page of ours has 90 of them in its ground."""
_MAX_TILES: Final = 10_000
_MAX_SAMPLES: Final = 64_000_000
_MAX_CONTENT: Final = 8 * 1024 * 1024
_FIRST_MESH: Final = 4
"""Shading types from 4 on are meshes (ISO 32000-1, 8.7.4.5.5)."""
_PAINT: Final = re.compile(
    rb"(?<![^\x00\t\n\x0c\r ])(?:[fFbBsS]\*?|sh|Do|Tj|TJ|'|\"|BI)(?![^\x00\t\n\x0c\r /\[(<])"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Character:
    """One character of the text layer; places in points from the page's upper left corner.

    Args:
        text: what the text layer claims; a blank for a gap that pdfium supplies.
        x, y: origin on the base line. size: of the em, 0 where it is turned, slanted or stretched.
        box: left, top, right, bottom of its ink by its own font.
        ink: colour as red, green, blue. font: name in the file.

    """

    text: str
    x: float = 0.0
    y: float = 0.0
    size: float = 0.0
    box: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    ink: tuple[int, int, int] = (0, 0, 0)
    font: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageView:
    """One page: its size in points, its raster (RGB), and its characters in reading order."""

    width: float
    height: float
    image: Image
    characters: tuple[Character, ...] = ()


def look(
    data: bytes, limits: Limits, *, dpi: int, appearances: Appearances
) -> tuple[PageView, ...] | None:
    """Return the pages as they are seen, or None where they cannot be drawn in bounds.

    Args:
        data: a PDF that `inspect_pdf` found readable.
        limits: of the file. dpi: resolution. appearances: whether annotations are drawn.

    """
    import pypdfium2

    try:
        if not _affordable(read_general(data, limits), limits):
            return None
        document = pypdfium2.PdfDocument(data)
    except (pypdfium2.PdfiumError, MalformedInput, *LIBRARY_ERRORS):
        return None
    try:
        if not 1 <= len(document) <= _MAX_PAGES:
            return None
        if appearances == "drawn":
            document.init_forms()  # pdfium draws the appearances of fields with the form alone
        pages = [_page(document[index], dpi / 72, appearances) for index in range(len(document))]
    except (pypdfium2.PdfiumError, *LIBRARY_ERRORS):
        return None
    finally:
        document.close()
    return None if None in pages else tuple(page for page in pages if page is not None)


def stated_drawing(data: bytes, limits: Limits) -> dict[str, str]:
    """Return which template and version a file says that it was drawn with; empty where it says nothing.

    A hint alone: it says what to expect of drawing the face anew, never that it was drawn so.
    """
    try:
        stream = entry(read_general(data, limits).root, "Metadata")
        if not isinstance(stream, Stream):
            return {}
        return dict(xmp_properties(stream, FACE_NAMESPACE, limits))
    except (MalformedInput, *LIBRARY_ERRORS):
        return {}


def with_picture(face: bytes, picture: Raster, where: Rectangle) -> bytes:
    """Return a face of our own with a seal's picture on its first page, as its signature would show it."""
    with pikepdf.open(io.BytesIO(face)) as document:
        page = document.pages[0]
        box = where.points(float(page.mediabox[3]))
        form = appearance_stream(
            document, picture=picture, width=box[2] - box[0], height=box[3] - box[1]
        )
        stamp = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            Subtype=pikepdf.Name.Stamp,
            F=4,
            Rect=pikepdf.Array(list(box)),
            AP=pikepdf.Dictionary(N=form),
        )
        page.obj.Annots = pikepdf.Array([document.make_indirect(stamp)])
        out = io.BytesIO()
        document.save(out)
    return out.getvalue()


def _affordable(body: Body, limits: Limits) -> bool:
    """Whether nothing in the file makes drawing dear out of proportion.

    Raises:
        MalformedDocument: a content cannot be read here.

    """
    samples, paints, left = 0, 0, _MAX_CONTENT
    for found in walk(body, limits):
        value, keys = found.value, found.keys
        if not keys.isdisjoint(ALTERNATIVES):
            return False
        if "ShadingType" in keys and not _at_most(entry(value, "ShadingType"), _FIRST_MESH - 1):
            return False
        if not isinstance(value, Stream):
            if "SMask" in keys and dictionary(entry(value, "SMask")) is not None:
                return False  # of a graphics state: a group drawn anew for each object
            continue
        if name_of(entry(value, "Subtype")) == "Image":
            samples += _number(entry(value, "Width")) * _number(entry(value, "Height"))
        elif "PatternType" in keys or name_of(entry(value, "Subtype")) == "Form":
            content = read_stream(value, left)
            left -= len(content)
            paints += sum(1 for _ in _PAINT.finditer(content))
            if "PatternType" in keys and not _few_tiles(value):
                return False
    return samples <= _MAX_SAMPLES and paints <= _MAX_PAINTS


def _at_most(value: Any, limit: int) -> bool:
    return isinstance(value, int) and value <= limit


def _number(value: Any) -> int:
    return value if isinstance(value, int) and value >= 0 else _MAX_SAMPLES + 1


def _few_tiles(pattern: Stream) -> bool:
    """Whether a pattern cannot ask for more tiles than the bound on a page of 1000 x 1000 points."""
    steps = [entry(pattern, key) for key in ("XStep", "YStep")]
    raw = entry(pattern, "Matrix")
    matrix = list(raw) if isinstance(raw, Array) else [1, 0, 0, 1, 0, 0]
    if not all(isinstance(n, (int, float)) for n in (*steps, *matrix)) or len(matrix) != 6:  # noqa: PLR2004
        return False
    a, b, c, d = (float(n) for n in matrix[:4])
    cell = abs(float(steps[0]) * float(steps[1]) * (a * d - b * c))
    return cell * _MAX_TILES >= 1000 * 1000


def _page(page: Any, scale: float, appearances: Appearances) -> PageView | None:
    try:
        width, height = page.get_size()
        pixels = width * scale * height * scale
        if not 0 < pixels <= _MAX_PIXELS or not _upright(page):
            return None
        if not _sparse(page, width * height):
            return None
        characters = _characters(page, height)
        if characters is None:
            return None
        drawn = appearances == "drawn"
        bitmap = page.render(scale=scale, may_draw_forms=drawn, draw_annots=drawn)
        try:
            image = bitmap.to_pil().convert("RGB")
        finally:
            bitmap.close()
    finally:
        page.close()
    return PageView(width=width, height=height, image=image, characters=characters)


def _upright(page: Any) -> bool:
    """Whether places on the page are places on its raster: no rotation, and the origin in the corner."""
    boxes = (page.get_mediabox(), page.get_cropbox())
    return page.get_rotation() == 0 and all(box[:2] == (0, 0) for box in boxes)


def _sparse(page: Any, area: float) -> bool:
    """Whether the page's objects are few, and fill the page only so often."""
    filled = 0.0
    for count, item in enumerate(page.get_objects(max_depth=1)):
        if count >= _MAX_OBJECTS:
            return False
        left, bottom, right, top = item.get_bounds()
        filled += max(0.0, right - left) * max(0.0, top - bottom)
    return filled <= _MAX_AREA * area


def _characters(page: Any, height: float) -> tuple[Character, ...] | None:
    text = page.get_textpage()
    try:
        count = text.count_chars()
        if count > _MAX_CHARACTERS:
            return None
        return tuple(_read_characters(text, count, height))
    finally:
        text.close()


def _read_characters(text: Any, count: int, height: float) -> Iterator[Character]:
    from pypdfium2 import raw

    x, y = ctypes.c_double(), ctypes.c_double()
    matrix, name, flags = raw.FS_MATRIX(), ctypes.create_string_buffer(128), ctypes.c_int()
    colour = [ctypes.c_uint() for _ in range(4)]
    for index in range(count):
        point = raw.FPDFText_GetUnicode(text, index)
        shown = "-" if point in {0xFFFE, 2} else chr(point)  # how pdfium marks a hyphen at an end
        if shown.isspace() or raw.FPDFText_IsGenerated(text, index):
            yield Character(text=shown)
            continue
        told = (
            raw.FPDFText_GetCharOrigin(text, index, x, y),
            raw.FPDFText_GetMatrix(text, index, matrix),
            raw.FPDFText_GetFillColor(text, index, *colour),
            raw.FPDFText_GetFontInfo(text, index, name, len(name), flags),
        )
        left, bottom, right, top = text.get_charbox(index)
        yield Character(
            text=shown,
            x=x.value,
            y=height - y.value,
            size=_em(matrix) * raw.FPDFText_GetFontSize(text, index) if all(told) else 0.0,
            box=(left, height - top, right, height - bottom),
            ink=(colour[0].value, colour[1].value, colour[2].value),
            font=name.value.decode("utf-8", "replace"),
        )


def _em(matrix: Any) -> float:
    """Return the scale of upright text, 0 for any other."""
    level = abs(matrix.b) < 1e-4 and abs(matrix.c) < 1e-4  # noqa: PLR2004 - of the em: no pixel
    even = matrix.a > 0 and abs(matrix.a - matrix.d) < 1e-3 * matrix.a
    return float(matrix.a) if level and even else 0.0
