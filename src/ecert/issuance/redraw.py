"""Draws a face anew from data, and single characters with known fonts, for verification to compare with.

Verification stands below issuing and gets this as an argument (`ecert.verification.drawing.Drawer`).
Only packaged templates and installed fonts are used; nothing of the judged file is but its data, the
places of its characters and whether it says that it is a sample.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property

from ecert.documents.pdf.view import PageView
from ecert.errors import ECertError
from ecert.issuance.drawing import drawing_mark
from ecert.issuance.face import SAMPLE_NOTICE, face_of
from ecert.issuance.fonts import FontSet, locate_fonts
from ecert.issuance.render import compile_template, geometry, render_face
from ecert.model.certificate import Certificate
from ecert.model.profile import Profile

__all__ = ["Redrawing", "missing"]

_NEEDED = ("PIL", "qrcode", "typst", "zxingcpp")
_STYLES = (
    ("Noto Serif SC", "auto"),
    ("Noto Sans SC", "auto"),
    ("Noto Serif SC", "hani"),
    ("Noto Sans SC", "hani"),
)
"""Family and script: marks such as the long dash look otherwise within Chinese text."""
_THEN = datetime(2000, 1, 1, tzinfo=UTC)
"""The instant stands in the file only, nothing of it is drawn."""
_SMALLEST, _LARGEST = 3, 200
"""Sizes in points of characters that are drawn for comparison."""


def missing() -> str | None:
    """Return the first module or font that drawing and looking need and that is not installed, or None."""
    for name in _NEEDED:
        if importlib.util.find_spec(name) is None:
            return name
    try:
        return None if locate_fonts().paths else "fonts"
    except ECertError:
        return "fonts"


class Redrawing:
    """The drawer of the installed templates and fonts; loads them when first asked to draw."""

    @cached_property
    def _fonts(self) -> FontSet:
        return locate_fonts()

    def mark(self, profile: Profile) -> Mapping[str, str]:
        """Return template and version, as `issue` writes them into the file."""
        return drawing_mark(profile.face.template, self._fonts)

    def seal_centre(self, profile: Profile) -> tuple[float, float]:
        """Return the place of the seal's centre in millimetres from the upper left corner."""
        return geometry(profile.face.template).seal

    def face(self, certificate: Certificate, profile: Profile, *, words: str) -> bytes:
        """Return the face of these data; ``words`` of the judged page say whether it is a sample.

        Raises:
            ECertError: the template is not one of ours, or cannot hold the data.

        """
        sample = "".join(SAMPLE_NOTICE.split()) in "".join(words.split())
        face = face_of(certificate, profile, notice=SAMPLE_NOTICE if sample else None)
        return render_face(face, template=profile.face.template, fonts=self._fonts, at=_THEN)

    def characters(self, pages: Sequence[PageView]) -> tuple[bytes, ...]:
        """Return PDFs with the same upright characters at the same places, one for each known style.

        Raises:
            ECertError: they cannot be drawn.

        """
        known = self._fonts.glyphs()
        sheets = [
            {
                "width": page.width,
                "height": page.height,
                "characters": [
                    (c.text, c.x, c.y, c.size, c.ink)
                    for c in page.characters
                    if _SMALLEST <= c.size <= _LARGEST and ord(c.text) in known
                ],
            }
            for page in pages
        ]
        return tuple(
            compile_template(
                "characters",
                {"font": family, "script": script, "pages": sheets},
                fonts=self._fonts,
                options={"pdf_tags": False},
            )
            for family, script in _STYLES
        )
