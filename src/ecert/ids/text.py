"""What every identifier needs: folding of typed text, and faults that point at characters.

Folding turns full-width forms (U+FF01..U+FF5E) into ASCII and drops blanks; it knows no other
look-alike, so a Cyrillic or Arabic-Indic character stays and is refused by the scheme.
"""

from __future__ import annotations

from ecert.errors import InvalidIdentifier

__all__ = ["Scheme", "digits_of", "fold"]

_BLANKS = frozenset(" \t\r\n\u00a0\u2002\u2003\u2009\u202f\u3000\ufeff")
_FULL = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_MAX_TEXT = 512
DIGITS = "0123456789"


class Scheme:
    """One identifier scheme: its name in codes and messages, and the checks all schemes share."""

    __slots__ = ("kind", "title")

    def __init__(self, kind: str, title: str) -> None:
        self.kind = kind
        self.title = title

    def fault(
        self,
        cause: str,
        message: str,
        value: object,
        *,
        span: tuple[int, int] | None = None,
        expected: str | None = None,
    ) -> InvalidIdentifier:
        """Return the error ``<kind>.<cause>``; its message never holds the value (L26)."""
        text = value[:_MAX_TEXT] if isinstance(value, str) else ""
        return InvalidIdentifier(
            f"{self.kind}.{cause}",
            f"{self.title}: {message}",
            kind=self.kind,
            value=text,
            span=(0, len(text)) if span is None else span,
            expected=expected,
        )

    def length(self, value: object, size: int) -> str:
        """Return the value if it is a text of this length."""
        if not isinstance(value, str):
            raise self.fault("length", f"not a text but {type(value).__name__}", value)
        if len(value) != size:
            message = f"has {len(value)} characters, expected {size}"
            span = (min(len(value), size), max(min(len(value), _MAX_TEXT), size))
            raise self.fault("length", message, value, span=span, expected=str(size))
        return value

    def characters(self, value: str, start: int, end: int, *, alphabet: str, name: str) -> None:
        """Refuse the first character of ``value[start:end]`` outside the alphabet."""
        for at in range(start, end):
            if value[at] not in alphabet:
                message = f"character {at + 1} is U+{ord(value[at]):04X}, expected {name}"
                raise self.fault("characters", message, value, span=(at, at + 1), expected=name)

    def check(self, value: str, expected: str) -> None:
        """Refuse a wrong last character."""
        if value[-1] != expected:
            message = f"check character is {value[-1]}, expected {expected}"
            span = (len(value) - 1, len(value))
            raise self.fault("check", message, value, span=span, expected=expected)


def fold(text: object) -> str:
    """Return the text with full-width forms as ASCII and without blanks; "" for what is no text."""
    if not isinstance(text, str):
        return ""
    return "".join(c for c in text.translate(_FULL) if c not in _BLANKS)


def digits_of(text: object) -> bool:
    """Whether it is a text of ASCII digits alone (``str.isdigit`` also takes other scripts)."""
    return isinstance(text, str) and text.isascii() and text.isdigit()
