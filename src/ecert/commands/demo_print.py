"""Plain text in 100 columns: headings, aligned columns with wide characters, nothing else."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

__all__ = ["COLUMNS", "cut", "heading", "line", "pad", "row", "width", "wrap"]

COLUMNS = 100
_HANGING = 2
_CLOSING = "）」，。；：、？！”"
_PIECES = re.compile(r"[!-~]+ *|. *")


def width(text: str) -> int:
    """Return the columns a text takes on a terminal."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def cut(text: str, columns: int) -> str:
    """Return a text of at most so many columns, its end marked if something was left out."""
    if width(text) <= columns:
        return text
    taken = ""
    for char in text:
        if width(taken + char) > columns - 1:
            break
        taken += char
    return taken + "…"


def pad(text: str, columns: int) -> str:
    """Return a text of exactly so many columns."""
    short = cut(text, columns)
    return short + " " * (columns - width(short))


def wrap(text: str, columns: int) -> list[str]:
    """Return the lines of a text: broken at blanks, or between wide characters."""
    lines, current = [], ""
    for piece in _PIECES.findall(text):
        room = columns + (
            _HANGING if piece[0] in _CLOSING else 0
        )  # such a mark never begins a line
        if current and width(current + piece.rstrip()) > room:
            lines.append(current.rstrip())
            current = ""
        current += piece
    return [*lines, current.rstrip()]


def _room(columns: Sequence[int]) -> int:
    """Return the columns left for the last cell, room for a closing mark kept free."""
    return COLUMNS - _HANGING - sum(columns) - 2 * len(columns) - 2


def line(cells: Sequence[str], columns: Sequence[int]) -> str:
    """Return one line of a table; the last cell is cut where the line ends."""
    return row([*cells[:-1], cut(cells[-1], _room(columns))], columns)


def row(cells: Sequence[str], columns: Sequence[int]) -> str:
    """Return a row of a table; the last cell takes what is left and goes on below itself."""
    fixed = [pad(c, w) for c, w in zip(cells, columns, strict=False)]
    first, *rest = wrap(cells[-1], _room(columns))
    head = ("  " + "  ".join([*fixed, first])).rstrip()
    return "\n".join([head, *(" " * (COLUMNS - _HANGING - _room(columns)) + more for more in rest)])


def heading(number: int, text: str) -> str:
    """Return a numbered heading with a rule to the edge."""
    start = f"{number}  {text} "
    return "\n" + start + "─" * (COLUMNS - width(start))
