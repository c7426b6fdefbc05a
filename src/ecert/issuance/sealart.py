"""Draws a seal from its name: ring, star, name along the arc; PNG with a transparent ground.

A picture proves nothing; it is what people look for. Names with unprintable characters are refused.
"""

from __future__ import annotations

from ecert.issuance.fonts import FontSet
from ecert.issuance.glyphs import FaceError, check_text
from ecert.issuance.render import compile_template

__all__ = ["SEAL_MM", "seal_picture"]

SEAL_MM = 42
"""Diameter of an authority's seal, in millimetres."""

_LONGEST_NAME = 30


def seal_picture(name: str, *, fonts: FontSet, foot: str = "", dpi: int = 400) -> bytes:
    """Return the picture as PNG of 42 mm at ``dpi``.

    Args:
        name: the authority, along the arc.
        fonts: where glyphs come from.
        foot: a short line below the star, e.g. ``"示例专用章"``.
        dpi: pixels an inch.

    Raises:
        FaceError: a character cannot be printed, or the name is too long for the arc.

    """
    check_text((("seal", name), ("seal foot", foot)), fonts.glyphs())
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise FaceError(
            "face.seal_name_length",
            f"a seal's name has 1 to {_LONGEST_NAME} characters, not {len(name)}",
            params={"length": len(name), "limit": _LONGEST_NAME},
        )
    data = {"name": name, "foot": foot}
    return compile_template("seal", data, fonts=fonts, options={"format": "png", "ppi": dpi})
