"""Finds the fonts of a face and knows which characters they have; never uses system fonts silently.

Order: explicit paths, then the installed package of ``ecert[fonts]``, then a clear error.
Clause: OpenType 1.9 cmap, formats 4 and 12 (the two that map whole fonts); other formats are
ignored.
"""

from __future__ import annotations

import importlib.util
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ecert.errors import MissingExtra, ProfileError

__all__ = ["FontSet", "character_map", "locate_fonts"]

_PACKAGE = "pylopdf_fonts_zh_cn"
_FORMAT_SEGMENTS, _FORMAT_GROUPS = 4, 12


@dataclass(frozen=True, slots=True)
class FontSet:
    """Font files of a face.

    Args:
        paths: OpenType files; families "Noto Serif SC" and "Noto Sans SC" are named by the
            templates.
        fallback: further families, tried after these two in this order.

    """

    paths: tuple[Path, ...]
    fallback: tuple[str, ...] = ()

    def glyphs(self) -> frozenset[int]:
        """Return the code points that at least one of the fonts can draw."""
        return _maps(self.paths)


def locate_fonts(paths: Sequence[Path] = (), *, fallback: Sequence[str] = ()) -> FontSet:
    """Return the fonts at ``paths``, or the installed ones.

    Raises:
        ProfileError: an explicit path is not a file.
        MissingExtra: no path given and ``ecert[fonts]`` is not installed.

    """
    if paths:
        missing = [p.name for p in paths if not p.is_file()]
        if missing:
            raise ProfileError(
                "font.not_found", f"font file not found: {missing[0]}", params={"name": missing[0]}
            )
        return FontSet(tuple(paths), tuple(fallback))
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtra(
            "extra.missing",
            "no fonts found: install ecert[fonts] or name font files",
            params={"extra": "fonts"},
            hint="pip install 'ecert[fonts]'",
        )
    folder = Path(spec.submodule_search_locations[0])
    return FontSet(tuple(sorted(folder.glob("*.otf"))), tuple(fallback))


@lru_cache(maxsize=16)
def _maps(paths: tuple[Path, ...]) -> frozenset[int]:
    return frozenset().union(*(character_map(path.read_bytes()) for path in paths))


def character_map(font: bytes) -> frozenset[int]:
    """Return the code points that the font's cmap maps to a glyph.

    Raises:
        ProfileError: not a readable OpenType font (collections are refused).

    """
    try:
        return frozenset(_read(font))
    except (struct.error, IndexError) as error:
        raise ProfileError("font.unreadable", "font has no readable cmap table") from error


def _read(font: bytes) -> set[int]:
    tables = {
        font[at : at + 4]: struct.unpack_from(">I", font, at + 8)[0]
        for at in range(12, 12 + 16 * struct.unpack_from(">H", font, 4)[0], 16)
    }
    base = tables.get(b"cmap")
    if base is None or font[:4] == b"ttcf":
        raise ProfileError("font.unreadable", "font has no readable cmap table")
    found: set[int] = set()
    for k in range(struct.unpack_from(">H", font, base + 2)[0]):
        at = base + struct.unpack_from(">I", font, base + 8 + 8 * k)[0]
        kind = struct.unpack_from(">H", font, at)[0]
        if kind == _FORMAT_GROUPS:
            found |= _groups(font, at)
        elif kind == _FORMAT_SEGMENTS:
            found |= _segments(font, at)
    return found


def _groups(font: bytes, at: int) -> set[int]:
    found: set[int] = set()
    for k in range(struct.unpack_from(">I", font, at + 12)[0]):
        first, last, glyph = struct.unpack_from(">III", font, at + 16 + 12 * k)
        if last > 0x10FFFF:  # noqa: PLR2004 - the end of Unicode: no broken table fills memory
            raise IndexError
        found.update(range(first + (glyph == 0), last + 1))
    return found


def _segments(font: bytes, at: int) -> set[int]:
    count = struct.unpack_from(">H", font, at + 6)[0] // 2
    ends = struct.unpack_from(f">{count}H", font, at + 14)
    starts = struct.unpack_from(f">{count}H", font, at + 16 + 2 * count)
    deltas = struct.unpack_from(f">{count}H", font, at + 16 + 4 * count)
    offsets_at = at + 16 + 6 * count
    offsets = struct.unpack_from(f">{count}H", font, offsets_at)
    found: set[int] = set()
    for k, (start, end) in enumerate(zip(starts, ends, strict=True)):
        for code in range(start, end + 1):
            glyph = code
            if offsets[k]:
                where = offsets_at + 2 * k + offsets[k] + 2 * (code - start)
                glyph = struct.unpack_from(">H", font, where)[0]
                if not glyph:
                    continue
            if (glyph + deltas[k]) & 0xFFFF:
                found.add(code)
    return found
