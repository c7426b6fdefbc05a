"""Which characters may stand on a face: visible, unambiguous, and present in the fonts.

Refuses, naming the code point: bidirectional controls, zero-width and blank-looking characters,
other controls, private use (GB 18030's old mapping lands there), ideographic description
characters, and anything the fonts have no glyph for: a blank box is never printed. See
never-accept.md L8 and L26.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Container, Iterable

from ecert.errors import ECertError

__all__ = ["FaceError", "character_fault", "check_text"]

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_BLANK = frozenset("\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u2800\u3164\uffa0")
_IDS = frozenset(chr(c) for c in (*range(0x2FF0, 0x3000), 0x31EF))
_VARIATION = (range(0x180B, 0x1810), range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))


class FaceError(ECertError):
    """A value cannot be shown on the face as it is; the message names character and field."""


def character_fault(char: str, glyphs: Container[int]) -> str | None:
    """Return the reason code why a character cannot be printed, or None."""
    category = unicodedata.category(char)
    if char in _BIDI:
        return "face.character_bidi"
    if char in _BLANK or category == "Cf" or any(ord(char) in r for r in _VARIATION):
        return "face.character_zero_width"
    if category == "Co":
        return "face.character_private_use"
    if char in _IDS:
        return "face.character_ids"
    if category in {"Cc", "Cn", "Cs", "Zl", "Zp"}:
        return "face.character_control"
    if ord(char) not in glyphs:
        return "face.character_missing_glyph"
    return None


def check_text(values: Iterable[tuple[str, str]], glyphs: Container[int]) -> None:
    """Refuse the first unprintable character of (field label, text) pairs.

    Raises:
        FaceError: naming the code point as U+XXXX and the field.

    """
    for field, text in values:
        for position, char in enumerate(text, 1):
            code = character_fault(char, glyphs)
            if code is not None:
                point = f"U+{ord(char):04X}"
                raise FaceError(
                    code,
                    f"{field}: character {position} is {point}, which cannot be printed",
                    params={"field": field, "character": point, "position": position},
                )
