"""Holds the page, dot for dot, against what its template draws from the covered data (L8, rerendered).

The face is drawn anew from the data alone and both pages are compared without the appearances of
annotations: no dot may differ, for template, fonts and program are the same. Then the signature's own
appearance is looked at: it may draw inside the seal's place alone. Where the signature holds a seal, the
picture must be that seal's; otherwise it may not add dark ink, so that what it lies on stays readable.

Pages that differ are a failure where the file names the version that draws here; where it names another,
or none, nothing is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageChops

from ecert.documents.pdf.appearance import Rectangle, read_picture
from ecert.documents.pdf.view import PageView, look, stated_drawing, with_picture
from ecert.errors import ECertError, MalformedInput
from ecert.limits import Limits
from ecert.model import Certificate, Profile
from ecert.report import OK, Outcome, failed, unknown
from ecert.seals.facts import Picture
from ecert.verification.drawing import Drawer
from ecert.verification.face_raster import darkness, hides, printed

__all__ = ["Printed", "compare_redrawn"]

_DPI: Final = 144
"""Drawings of one program differ by whole strokes or not at all: two dots a point show any."""
_DOTS_PER_MM: Final = _DPI / 25.4
_SEAL_RADIUS_MM: Final = 30.5
"""Half of the largest seal (60 mm), and a dot for rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """What was read of the file: its bytes, data, type, words, and the picture of its seal, if one signs."""

    data: bytes
    certificate: Certificate
    profile: Profile
    words: str
    picture: Picture | None = None


def compare_redrawn(it: Printed, drawer: Drawer, limits: Limits) -> Outcome:
    """Return whether the page is what the template draws from the data."""
    try:
        face = drawer.face(it.certificate, it.profile, words=it.words)
        same_version = stated_drawing(it.data, limits) == dict(drawer.mark(it.profile))
        centre = drawer.seal_centre(it.profile)
    except ECertError:
        return unknown("face.template_not_here")
    due = look(face, limits, dpi=_DPI, appearances="left_out")
    bare = look(it.data, limits, dpi=_DPI, appearances="left_out")
    full = look(it.data, limits, dpi=_DPI, appearances="drawn")
    if due is None or bare is None or full is None:
        return unknown("face.not_comparable")
    different = _difference(bare, due)
    if different is not None:
        if not same_version:
            return unknown("face.other_version")
        return failed("face.redrawn_differs", field=_field(*different, due, it))
    found = _appearance(bare, full, centre, it)
    if found.ok is True and it.picture is not None:
        return _own_picture(full, face, centre, it.picture, limits)
    return found


def _difference(
    one: Sequence[PageView], other: Sequence[PageView]
) -> tuple[int, Image.Image] | None:
    """Return the first page that differs with its differing dots, or None; a page too many differs."""
    for number, (seen, due) in enumerate(zip(one, other, strict=False)):
        if seen.image.size != due.image.size:
            return number, Image.new("L", due.image.size, 255)
        apart = darkness(ImageChops.difference(seen.image, due.image))
        if apart.getbbox() is not None:
            return number, apart
    if len(one) != len(other):
        return len(other) - 1, Image.new("L", other[-1].image.size, 255)
    return None


def _field(number: int, apart: Image.Image, due: Sequence[PageView], it: Printed) -> str:
    """Return the label of the row that differs most, or the place of the difference in millimetres."""
    most, label = 0, ""
    for row, characters in printed(due, it.profile.face_rows(it.certificate))[1]:
        here = [c for page, c in characters if page == number]
        differing = sum(_dots(apart, c.box) for c in here)
        if differing > most:
            most, label = differing, row.label
    if label:
        return label
    left, top, *_ = apart.getbbox() or (0, 0)
    return f"{left / _DOTS_PER_MM:.0f}, {top / _DOTS_PER_MM:.0f} mm"


def _dots(apart: Image.Image, box: tuple[float, float, float, float]) -> int:
    """Return how many dots differ inside a box given in points."""
    scale = _DPI / 72
    left, top, right, bottom = (round(side * scale) for side in box)
    cut = apart.crop((left, top, right, bottom))
    return cut.width * cut.height - cut.histogram()[0]


def _appearance(
    bare: Sequence[PageView],
    full: Sequence[PageView],
    centre: tuple[float, float],
    it: Printed,
) -> Outcome:
    """Return whether what signatures draw stands in the seal's place and hides nothing."""
    found = _difference(full, bare)
    if found is None:
        return OK
    number, apart = found
    x, y = (side * _DOTS_PER_MM for side in centre)
    reach = _SEAL_RADIUS_MM * _DOTS_PER_MM
    left, top, right, bottom = apart.getbbox() or (0, 0, 0, 0)
    inside = x - reach <= left and right <= x + reach and y - reach <= top and bottom <= y + reach
    if number or not inside or _difference(full[1:], bare[1:]) is not None:
        place = f"{left / _DOTS_PER_MM:.0f}, {top / _DOTS_PER_MM:.0f} mm"
        return failed("face.redrawn_differs", field=place)
    hidden = hides(darkness(full[0].image), darkness(bare[0].image))
    if it.picture is None and hidden.getbbox() is not None:
        return unknown("face.seal_hides", field=_field(0, hidden, bare, it))
    return OK


def _own_picture(
    full: Sequence[PageView],
    face: bytes,
    centre: tuple[float, float],
    picture: Picture,
    limits: Limits,
) -> Outcome:
    """Return whether the seal's place shows the very picture of the seal that signed."""
    where = Rectangle(
        centre_x=centre[0],
        centre_y=centre[1],
        width=picture.width_mm,
        height=picture.height_mm,
    )
    try:
        stamped = with_picture(face, read_picture(picture.data), where)
    except MalformedInput:
        return unknown("face.seal_picture_unusable")
    due = look(stamped, limits, dpi=_DPI, appearances="drawn")
    if due is None:
        return unknown("face.not_comparable")
    return OK if _difference(full, due) is None else failed("face.seal_picture_differs")
