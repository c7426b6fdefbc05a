"""Making foreign text safe to show: control, bidi and zero-width characters escaped, persons masked (L26)."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["PERSON", "mask", "mask_numbers", "safe_text"]

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_VISIBLE_TAIL = 4


def safe_text(text: str) -> str:
    """Return ``text`` with every character that can hide or reorder others shown as its code point."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        f"\\u{{{ord(c):04X}}}" if unicodedata.category(c) in _HIDDEN else c for c in text
    )


PERSON = re.compile(r"(?<!\d)(?:\d{17}[\dXx\uff38\uff58]|\d{15})(?!\d)")
"""What may be a citizen's number (GB 11643), in digits of any width."""


def mask_numbers(text: str) -> str:
    """Return a name with every citizen number in it masked (file names carry them)."""
    return PERSON.sub(lambda found: mask(found.group()), text)


def mask(text: str) -> str:
    """Return ``text`` with all but the last characters hidden, so that a clerk can still compare.

    Four stay of an identifier; of a short text (a name) the last one.
    """
    keep = _VISIBLE_TAIL if len(text) > 2 * _VISIBLE_TAIL else 1
    return "*" * max(0, len(text) - keep) + text[-keep:] if len(text) > 1 else "*"
