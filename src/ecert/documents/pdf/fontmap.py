"""What the codes of one embedded font mean and how far they advance (ISO 32000-2, 9.7.4, 9.10.3).

Only for composite fonts with the encoding Identity-H, a CMap of single characters in the form that
common writers give it, and widths as one plain array; of anything else it knows nothing.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from struct import unpack as unpack_numbers
from typing import Any, Final

from ecert.documents.pdf.inflate import unpack
from ecert.documents.pdf.objects import dictionary, entry, filters_of, name_of
from ecert.documents.pdf.values import Array, Stream
from ecert.errors import MalformedDocument
from ecert.memo import Memo

__all__ = ["Font", "font_of"]

_WS: Final = rb"[\r\n\t ]"
_PAIR: Final = rb"<([0-9A-Fa-f]{4})>" + _WS + rb"*<([0-9A-Fa-f]{4})>" + _WS + rb"*"
_MAP: Final = re.compile(
    rb"(?:%[^\r\n<>]*[\r\n]+)*(?:/CIDInit /ProcSet findresource begin" + _WS + rb"+)"
    rb"12 dict begin" + _WS + rb"+begincmap" + _WS + rb"+/CIDSystemInfo 3 dict dup begin" + _WS
    + rb"+/Registry \(Adobe\) def" + _WS + rb"+/Ordering \(Identity\) def" + _WS
    + rb"+/Supplement 0 def" + _WS + rb"+end def" + _WS + rb"+/CMapName /[A-Za-z-]+ def" + _WS
    + rb"+(?:/CMapVersion 1 def" + _WS + rb"+)?/CMapType [02] def" + _WS + rb"+(?:/WMode 0 def" + _WS
    + rb"+)?1 begincodespacerange" + _WS + rb"+<0000>" + _WS + rb"*<[Ff]{4}>" + _WS
    + rb"+endcodespacerange" + _WS + rb"+((?:\d{1,3} beginbfchar" + _WS + rb"+(?:" + _PAIR
    + rb")+endbfchar" + _WS + rb"+)+)endcmap" + _WS
    + rb"+CMapName currentdict /CMap defineresource pop" + _WS + rb"+end" + _WS + rb"+end"
    + rb"(?:" + _WS + rb"+%[^\r\n<>]*)*" + _WS + rb"*"
)  # fmt: skip
_PAIRS: Final = re.compile(_PAIR)
_MAX_MAP: Final = 1 << 18
"""Some 17,000 characters."""
_MAX_CODES: Final = 1 << 16
_WIDE: Final = 1500
"""Advances beyond this, or below `NARROW`, are not what the rules of `plaintext` were made for."""
NARROW: Final = 100
_BLANKS: Final = frozenset(" \u3000")
_LEFT_TO_RIGHT: Final = frozenset({"L", "EN", "ES", "ET", "CS", "ON", "WS"})
_MAPS: Memo[dict[int, str]] = Memo(entries=1024, size=16 * 1024 * 1024)
_ADVANCES: Memo[dict[int, float]] = Memo(entries=1024, size=16 * 1024 * 1024)


@dataclass(frozen=True, slots=True)
class Font:
    """One font.

    Args:
        text: character by code; what is not in it is not known.
        advance: thousandths of the size, by code.
        spaces: what half the advance of its blank may be, for the readers that ask.
    """

    text: dict[int, str]
    advance: dict[int, float]
    spaces: tuple[float, ...]


def font_of(value: Any) -> Font | None:
    """Return what is known of a font dictionary, or None."""
    if (
        name_of(entry(value, "Subtype")) != "Type0"
        or name_of(entry(value, "Encoding")) != "Identity-H"
    ):
        return None
    below = entry(value, "DescendantFonts")
    if not isinstance(below, Array) or len(below) != 1 or dictionary(below[0]) is None:
        return None
    kind = name_of(entry(below[0], "Subtype"))
    mapped = entry(below[0], "CIDToGIDMap")
    system = entry(below[0], "CIDSystemInfo")
    if entry(system, "Registry") != b"Adobe" or entry(system, "Ordering") != b"Identity":
        return None  # of other collections pdfium knows characters by heart
    if kind not in {"CIDFontType0", "CIDFontType2"} or name_of(mapped) not in {None, "Identity"}:
        return None
    descriptor = entry(below[0], "FontDescriptor")
    files = [entry(descriptor, key) for key in ("FontFile2", "FontFile3")]
    unicode = entry(value, "ToUnicode")
    if sum(isinstance(f, Stream) for f in files) != 1 or not isinstance(unicode, Stream):
        return None
    if (
        isinstance(mapped, Stream)
        or entry(below[0], "DW2") is not None
        or entry(below[0], "W2") is not None
    ):
        return None
    text = _read_map(unicode)
    advance = _advances(entry(below[0], "W"))
    if text is None or advance is None:
        return None
    blanks = [advance.get(code, 0.0) for code, char in text.items() if char == " "]
    # Readers that find no blank may take code 0 for it.
    halves = {width / 2 for width in (*blanks, advance.get(0, 0.0)) if 0 < width <= 1000 / 3}
    return Font(text, advance, tuple(sorted(halves)))


def _read_map(stream: Stream) -> dict[int, str] | None:
    stored, filters = stream.stored(), filters_of(stream)
    if entry(stream, "DecodeParms") is not None or entry(stream, "UseCMap") is not None:
        return None
    key = (sha256(stored).digest(), filters)
    found = _MAPS.get(key)
    if found is None:
        found = _parsed_map(stored, filters)
        _MAPS.put(key, found, 256 + 100 * len(found))
    return found or None


def _parsed_map(stored: bytes, filters: tuple[str, ...]) -> dict[int, str]:
    """Return the characters by code; an empty map where the form is not known."""
    try:
        match = _MAP.fullmatch(unpack(stored, filters, _MAX_MAP))
    except MalformedDocument:
        return {}
    if match is None:
        return {}
    figures = bytes.fromhex(b"".join(map(b"".join, _PAIRS.findall(match[1]))).decode("ascii"))
    numbers = unpack_numbers(f">{len(figures) // 2}H", figures)
    codes, chars = numbers[::2], "".join(map(chr, numbers[1::2]))
    made = dict(zip(codes, chars, strict=True))
    if len(made) != len(codes) or not all(map(_plain, set(chars))):
        return {}
    return made


@lru_cache(maxsize=1 << 14)
def _plain(char: str) -> bool:
    """Whether every reader gives this character as it is, from left to right."""
    if char in _BLANKS:
        return True
    return (
        char.isprintable()
        and unicodedata.bidirectional(char) in _LEFT_TO_RIGHT
        and not unicodedata.combining(char)
        and not "\ufb00" <= char <= "\ufdff"
        and not "\ufe00" <= char <= "\ufe0f"
    )


def _advances(array: Any) -> dict[int, float] | None:
    """Return the stated advances by code (ISO 32000-2, 9.7.4.3); of several, the first."""
    if not isinstance(array, Array):
        return None
    key = array.raw if not isinstance(array.raw, tuple) else None
    found = _ADVANCES.get(key) if key is not None else None
    if found is None:
        found = _stated(list(array))
        if key is not None and found is not None:
            _ADVANCES.put(key, found, 256 + 100 * len(found))
    return found


def _stated(items: list[Any]) -> dict[int, float] | None:
    made: dict[int, float] = {}
    here = count = 0
    while here + 1 < len(items):
        first, second = items[here], items[here + 1]
        if type(first) is not int or not 0 <= first < _MAX_CODES:
            return None
        if isinstance(second, Array):
            widths, step = list(second), 2
            if not all(map(_usual, widths)):
                return None
            made.update(enumerate(map(float, widths), first))
            count += len(widths)
        elif type(second) is int and first <= second < _MAX_CODES and here + 2 < len(items):
            width, step = items[here + 2], 3
            if not _usual(width):
                return None
            made.update(dict.fromkeys(range(first, second + 1), float(width)))
            count += second - first + 1
        else:
            return None
        if len(made) != count:  # a code that stands twice
            return None
        here += step
    return made if here == len(items) and len(made) <= _MAX_CODES else None


def _usual(width: Any) -> bool:
    return type(width) in {int, float} and NARROW <= width <= _WIDE
