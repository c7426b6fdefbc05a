"""What one operator of a plain page shows: characters, advances, and blanks where pdfium sees them."""

from __future__ import annotations

import re
from codecs import escape_decode
from collections.abc import Iterable, Sequence
from functools import lru_cache
from struct import unpack
from typing import Final, NamedTuple

from ecert.documents.pdf.fontmap import NARROW, Font

__all__ = ["Unsure", "share_of", "shown_line"]

_ESCAPE: Final = re.compile(rb"\\(?:[0-7]{3}|.)", re.DOTALL)
_SIGNS: Final = {
    b"\\n": b"\n", b"\\r": b"\r", b"\\t": b"\t", b"\\b": b"\b", b"\\f": b"\f",
    b"\\(": b"(", b"\\)": b")", b"\\\\": b"\\",
    **{b"\\%03o" % byte: bytes((byte,)) for byte in range(256)},
}  # fmt: skip
_WITHIN: Final = (0.9, 1.1)
"""How far a figure must be from pdfium's own limit to count as decided."""


class Unsure(Exception):
    """The answer is not certain."""


class _Line(NamedTuple):
    """What one operator shows, in thousandths of the size."""

    pieces: list[str]
    start: float
    advance: float
    first: float
    last: float


def shown_line(shown: Iterable[tuple[bytes, bytes]], font: Font) -> _Line:
    """Return what strings and shifts show together; `KeyError` where a code is not known."""
    pieces: list[str] = []
    start = advance = pending = first = last = 0.0
    for string, figure in shown:
        if figure:
            pending += float(figure)
            continue
        codes = _codes(string)
        width = font.advance[codes[0]]
        if not pieces:
            start = advance = -pending
            first = width
        elif pending:
            if last - pending < NARROW:
                raise Unsure  # characters that fall on each other
            if _parts(-pending, width, font.spaces):
                pieces.append(" ")
            advance -= pending
        pending = 0.0
        if len(codes) == 1:
            pieces.append(font.text[codes[0]])
            advance += width
            last = width
        else:
            widths = [font.advance[code] for code in codes]
            pieces += [font.text[code] for code in codes]
            advance += sum(widths)
            last = widths[-1]
    return _Line(pieces, start, advance, first, last)


def _codes(string: bytes) -> Sequence[int]:
    inner = string[1:-1]
    if b"\\" in inner:
        # Python reads the same escapes but for brackets, which it leaves alone.
        odd = b"\\(" in inner or b"\\)" in inner
        inner = _ESCAPE.sub(_unescaped, inner) if odd else escape_decode(inner)[0]
    if len(inner) == 2:  # noqa: PLR2004 - one code
        return (inner[0] << 8 | inner[1],)
    if len(inner) % 2 or not inner:
        raise Unsure
    return unpack(f">{len(inner) // 2}H", inner)


def _unescaped(match: re.Match[bytes]) -> bytes:
    return _SIGNS[match[0]]


@lru_cache(maxsize=4096)
def _parts(shift: float, width: float, spaces: tuple[float, ...]) -> bool:
    """Whether pdfium sees a blank where a string leaves this much room before a character."""
    if shift <= 0:
        return False
    limits = (share_of(width, (300, 500, 700)), *spaces)
    if shift <= _WITHIN[0] * min(limits):
        return False
    if shift >= _WITHIN[1] * max(limits):
        return True
    raise Unsure


def share_of(width: float, steps: tuple[int, int, int]) -> float:
    """Return pdfium's share of an advance that counts as room for a blank."""
    first, second, third = steps
    if width < first:
        return width / 2
    if width < second:
        return width / 4
    return width / (5 if width < third else 6)
