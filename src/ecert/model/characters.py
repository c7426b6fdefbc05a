"""Which characters a text of a certificate may hold.

Refused, each naming its code point: control, bidi, zero-width and other invisible characters,
private use (nobody else can read it), unassigned code points, text that is not NFC, blanks at the
edges. The interpunct of personal names is U+00B7 alone. Ideographs newer than this Python's Unicode
tables are accepted: rare names are written with them.
"""

from __future__ import annotations

import re
import unicodedata

from ecert.model.issue import Cause

__all__ = ["name_causes", "text_causes"]

INTERPUNCT = "\u00b7"
_LOOKALIKES = frozenset("\u2022\u2027\u2219\u22c5\u30fb\uff65\u0387\u1427\u2e31\u2e33\u16eb")
_REFUSED = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_INVISIBLE = frozenset("\u00ad\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_VARIATION = (range(0x180B, 0x1810), range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
_IDEOGRAPHIC = range(0x20000, 0x3FFFE)  # planes 2 and 3: assigned faster than Python is released
_PLANE_END = 0xFFFE
# Anything outside these assigned, visible ranges is looked at one by one; most text has none of it.
_UNCOMMON = re.compile("[^ -~\u00b7\u3000-\u3029\u3400-\u4dbf\u4e00-\u9fff\uff01-\uff5e]")


def text_causes(text: str) -> tuple[Cause, ...]:
    """Return what is wrong with the characters of ``text``: at most one cause of each sort."""
    if text.isascii() and text.isprintable() and text == text.strip():
        return ()
    causes = []
    for match in _UNCOMMON.finditer(text):
        char = match.group()
        if _refused(char):
            code_point, position = f"U+{ord(char):04X}", match.start() + 1
            causes.append(Cause.of("value.character", code_point=code_point, position=position))
            break
    if not unicodedata.is_normalized("NFC", text):
        causes.append(Cause.of("value.not_nfc"))
    if text != text.strip():
        causes.append(Cause.of("value.edge_blank"))
    return tuple(causes)


def name_causes(text: str) -> tuple[Cause, ...]:
    """Return what is wrong with the characters of a person's or organisation's name."""
    causes = list(text_causes(text))
    for index, char in enumerate(text):
        if char in _LOOKALIKES:
            causes.append(
                Cause.of("value.interpunct", code_point=f"U+{ord(char):04X}", position=index + 1)
            )
            break
    if text and not any(unicodedata.category(c)[0] in "LN" or _newer(c) for c in text):
        causes.append(Cause.of("value.no_letter"))
    return tuple(causes)


def _newer(char: str) -> bool:
    point = ord(char)
    return point in _IDEOGRAPHIC and point & 0xFFFF < _PLANE_END


def _refused(char: str) -> bool:
    category = unicodedata.category(char)
    if category == "Cn":
        return not _newer(char)
    return (
        category in _REFUSED
        or char in _INVISIBLE
        or any(ord(char) in points for points in _VARIATION)
    )
