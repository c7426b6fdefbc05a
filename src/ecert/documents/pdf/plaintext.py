"""Reads the words of pages written in one plain form, as pdfium would; knows nothing of any other.

The form is that of our own faces (and of others set by the same typesetter): graphics without text, and
between them blocks that set one font, one position and show one string, upright and at their natural
size. Where pdfium's rules for blanks and lines (its text page) do not decide by a clear margin, or
anything could make the two readers differ, the answer is None and pdfium is asked: two readers of
one face may not differ where somebody could make use of it (L8). What glyphs look like is not asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from ecert.documents.pdf.fontmap import Font, font_of
from ecert.documents.pdf.objects import dictionary, entry, name_of, read_stream
from ecert.documents.pdf.plainline import Unsure, share_of, shown_line
from ecert.documents.pdf.values import Array, Body, Place, Stream
from ecert.errors import MalformedDocument

__all__ = ["plain_words"]

_NUM: Final = rb"[+-]?(?:\d{1,7}(?:\.\d{0,9})?|\.\d{1,9})"
_WS: Final = rb"[\r\n ]"
_SIGN: Final = rb"[^()\\\r]++|\\(?:[nrtbf()\\]|[0-3][0-7]{2})"
_STRING: Final = rb"\((?:" + _SIGN + rb"|\((?:" + _SIGN + rb"|\((?:" + _SIGN + rb")*\))*\))*\)"
_COLOUR: Final = (
    rb"(?:(?:/[A-Za-z0-9]{1,16}" + _WS + rb"+(?:cs|CS)|(?:" + _NUM + _WS + rb"+){1,4}"
    rb"(?:scn|SCN|sc|SC|g|G|rg|RG|k|K|w|M|J|j))(?=[\r\n /])" + _WS + rb"*){0,256}"
)  # fmt: skip
_RUN: Final = re.compile(
    rb"q" + _WS + rb"+1 0 0 -1 (" + _NUM + rb") (" + _NUM + rb") cm" + _WS + rb"*"
    + _COLOUR + rb"BT" + _WS + rb"+[0-7] Tr" + _WS + rb"*/([A-Za-z0-9]{1,16}) (" + _NUM + rb") Tf"
    + _WS + rb"*1 0 0 -1 0 0 Tm" + _WS + rb"*(?:\[((?:" + _STRING + rb"|" + _NUM
    + rb"(?=[\r\n (\]+-])|" + _WS + rb")+)\]" + _WS + rb"*TJ|(" + _STRING + rb")" + _WS
    + rb"*Tj)" + _WS + rb"+ET" + _WS + rb"+Q(?![^\r\n ])"
)  # fmt: skip
_PIECE: Final = re.compile(rb"(" + _STRING + rb")|(" + _NUM + rb")")
_TALL: Final = re.compile("[0-9A-Za-z\u4e00-\u9fff]")
"""Letters, figures and ideographs reach over the middle of their line."""

_FIGURES: Final = bytes.maketrans(b"123456789.+-", b"0" * 12)
_HARMLESS: Final = frozenset(
    b"q Q @ m l c v y h re S s f F f* B B* b b* n W W* w J j M i g G rg RG k K cs CS sc SC scn SCN Do"
    b"".split()
)
_NESTING: Final = bytes(byte for byte in range(256) if byte not in b"qQ@")
_NAMED: Final = re.compile(rb"/([A-Za-z0-9]{1,16})(?=[\r\n ]+(Do|cs|CS|scn|SCN)(?![^\r\n ]))")
_MAX_CONTENT: Final = 1024 * 1024
_MAX_TOTAL: Final = 8 * 1024 * 1024
"""Content of all pages together: many pages may share one content. A MiB takes some 0.1 s."""
_MAX_FONTS: Final = 64
"""Fonts read for one file: the dearest take 30 ms each."""
_MAX_RUNS: Final = 4096
_SMALLEST, _LARGEST = 5.0, 72.0
_HYPHENS: Final = frozenset("-\u00ad\u2010\u2011")

# How far a figure must be from pdfium's own limit to count as decided.
_SURELY_LESS, _SURELY_MORE = 0.85, 1.6
"""Between strings pdfium takes half as much again for some limits."""
_SAME_LINE, _NEXT_LINE = 0.2, 0.9
"""Rise in advances of the characters that meet; pdfium's limits are 0.5 and 0.75."""
_BELOW, _ABOVE = 0.2, 0.95
_MASK_FILLED: Final = 0.84
"""pdfium takes a page for horizontal where text stands over more than 0.8 of its width."""


@dataclass(slots=True)
class _Run:
    left: float
    base: float
    size: float
    text: str
    right: float
    first: float
    last: float
    tall: bool


@dataclass(slots=True)
class _Known:
    """What one file may still cost, and its fonts by their place."""

    left: int = _MAX_TOTAL
    read: int = 0
    fonts: dict[Place, Font | None] = field(default_factory=dict)

    def font(self, value: Any) -> Font:
        """Return a font, read once for all names and pages that have it."""
        place = value.objgen if dictionary(value) is not None else (0, 0)
        if place == (0, 0) or place not in self.fonts:
            self.read += 1
            if self.read > _MAX_FONTS:
                raise Unsure
            self.fonts[place] = font_of(value)
        font = self.fonts[place]
        if font is None:
            raise Unsure
        return font


def plain_words(body: Body, pages: int) -> str | None:
    """Return the words of all pages with one blank between, or None where that is not certain.

    Args:
        pages: how many pages are read at most.
    """
    try:
        tree = entry(body.root, "Pages")
        kids = entry(tree, "Kids")
        if (
            not isinstance(kids, Array)
            or not 0 < len(kids) <= pages
            or entry(tree, "Count") != len(kids)
            or any(entry(tree, key) is not None for key in ("Rotate", "CropBox"))
        ):
            return None
        if len({kid.objgen for kid in kids if dictionary(kid) is not None}) != len(kids):
            return None
        known = _Known()
        return " ".join(_page(kid, known) for kid in kids)
    except (Unsure, MalformedDocument):
        return None


def _page(page: Any, known: _Known) -> str:
    """Return the words of one page, all of whose entries are its own."""
    resources, content = entry(page, "Resources"), entry(page, "Contents")
    if name_of(entry(page, "Type")) != "Page" or not isinstance(content, Stream):
        raise Unsure
    if entry(page, "Rotate") not in {None, 0} or entry(page, "UserUnit") is not None:
        raise Unsure
    width = _upright(entry(page, "MediaBox"))
    if entry(page, "CropBox") is not None or dictionary(resources) is None:
        raise Unsure
    read = read_stream(content, _MAX_CONTENT)
    known.left -= len(read)
    if known.left < 0:
        raise Unsure
    return _words(_runs(read, resources, known), width)


def _upright(box: Any) -> float:
    """Return the width of a page that begins at the origin."""
    sides = list(box) if isinstance(box, Array) else []
    if len(sides) != 4 or sides[:2] != [0, 0] or not all(type(s) in {int, float} for s in sides):  # noqa: PLR2004
        raise Unsure
    return float(sides[2])


def _runs(content: bytes, resources: Any, known: _Known) -> list[_Run]:
    """Return the shown strings in the order of the content."""
    if b"\\\\" not in content and b"\x00" not in content:
        # Nearly every character has this escape. Outside of strings, neither form is read here.
        content = content.replace(b"\\000", b"\x00")
    fonts: dict[bytes, Font] = {}
    runs: list[_Run] = []
    here = 0
    for match in _RUN.finditer(content):
        start = match.start()
        if start and content[start - 1] not in b"\r\n ":
            raise Unsure
        if start > here and content[here:start] != b"\n":
            _graphics(content[here:start], resources)
        here = match.end()
        name = match[3]
        if name not in fonts:
            fonts[name] = known.font(entry(entry(resources, "Font"), name.decode("ascii")))
        run = _shown(match, fonts[name])
        runs.append(run)
        if len(runs) > _MAX_RUNS:
            raise Unsure
    _graphics(content[here:], resources)
    return runs


def _graphics(part: bytes, resources: Any) -> None:
    """Make sure that a part of the content draws no text and leaves the state as it was."""
    if not part.strip(b"\r\n "):
        return
    plain = part.replace(b"/", b" /")
    if b"@" in part or b"#" in part:
        raise Unsure
    if not all(
        _picture(name, resources) for name, operator in _NAMED.findall(plain) if operator == b"Do"
    ):
        raise Unsure
    plain = _NAMED.sub(b"0", plain)
    plain = plain.replace(b" cm ", b" @ ").replace(b" cm\n", b" @\n")
    if b"cm" in plain:
        raise Unsure
    # Modules of a bar code are a thousand lines of a few forms.
    words = set(b"\n".join(set(plain.translate(_FIGURES).split(b"\n"))).split())
    if not all(word in _HARMLESS or not word.strip(b"0") for word in words):
        raise Unsure
    if not _balanced(plain.translate(None, _NESTING)):
        raise Unsure


def _picture(name: bytes, resources: Any) -> bool:
    drawn = entry(entry(resources, "XObject"), name.decode("ascii"))
    return isinstance(drawn, Stream) and name_of(entry(drawn, "Subtype")) == "Image"


def _balanced(marks: bytes) -> bool:
    """Whether every change of position (``@``) is undone: it stands between q and Q."""
    depth = 0
    for mark in marks:
        depth += (mark == ord("q")) - (mark == ord("Q"))
        if depth < 0 or (mark == ord("@") and not depth):
            return False
    return not depth


def _shown(match: re.Match[bytes], font: Font) -> _Run:
    size = float(match[4])
    if not _SMALLEST <= size <= _LARGEST:
        raise Unsure
    shown = ((match[6], b""),) if match[6] is not None else _PIECE.findall(match[5])
    try:
        line = shown_line(shown, font)
    except KeyError as error:
        raise Unsure from error
    text = "".join(line.pieces)
    if not text.strip(" \u3000") or text[0] in _HYPHENS or text[-1] in _HYPHENS:
        raise Unsure
    left = float(match[1])
    return _Run(
        left=left + line.start * size / 1000,
        base=float(match[2]),
        size=size,
        text=text,
        right=left + line.advance * size / 1000,
        first=line.first,
        last=line.last,
        tall=_TALL.search(text) is not None,
    )


def _words(runs: list[_Run], page: float) -> str:
    """Join the runs, with a blank where pdfium makes one or begins a line."""
    _distinct(runs)
    if any(len(run.text) == 1 for run in runs):
        _horizontal(runs, page)
    out = [runs[0].text] if runs else []
    for before, run in pairwise(runs):
        if _blank_between(before, run):
            out.append(" ")
        out.append(run.text)
    return " ".join("".join(out).split())


def _blank_between(before: _Run, run: _Run) -> bool:
    rise = abs(run.base - before.base)
    upper, lower = (before, run) if before.base > run.base else (run, before)
    reach = max(before.last * before.size, run.first * run.size) / 1000
    if rise >= _NEXT_LINE * reach and (
        upper.base - _BELOW * upper.size > lower.base + _ABOVE * lower.size
    ):
        return True
    if rise > _SAME_LINE * reach or not (before.tall and run.tall):
        raise Unsure
    wide = max(before.last, run.first)
    size = before.size if before.last >= run.first else run.size
    limit = share_of(wide, (400, 700, 800)) * size / 1000
    room = run.left - before.right
    if run.left < before.left or room < -_SURELY_LESS * limit:
        raise Unsure
    if room <= _SURELY_LESS * limit:
        return False
    if room >= _SURELY_MORE * limit:
        return True
    raise Unsure


def _distinct(runs: list[_Run]) -> None:
    """Refuse the same string drawn twice in about one place, which pdfium counts once."""
    places: dict[str, list[_Run]] = {}
    for run in runs:
        known = places.setdefault(run.text, [])
        if len(known) > 64:  # noqa: PLR2004 - comparing each with each stays small
            raise Unsure
        for other in known:
            size = max(run.size, other.size)
            if (
                abs(run.left - other.left) < 0.95 * run.last * size / 1000
                and abs(run.base - other.base) < size
            ):
                raise Unsure
        known.append(run)


def _horizontal(runs: list[_Run], page: float) -> None:
    """Refuse a page that pdfium might read in columns: it asks how far the text fills the width.

    Counted here is what the glyphs surely reach, against all that they may.
    """
    if any(run.left < 0 or run.right > page for run in runs):
        raise Unsure
    start, end = min(run.left for run in runs), max(run.right for run in runs)
    filled, here = 0.0, start
    for left, right in sorted(map(_reach, runs)):
        if right > here:
            filled += right - max(here, left)
            here = right
    if end <= start or filled < _MASK_FILLED * (end - start):
        raise Unsure


def _reach(run: _Run) -> tuple[float, float]:
    sides = [0.2 if char.isalnum() else 0.75 for char in (run.text[0], run.text[-1])]
    return run.left + sides[0] * run.size + 1, run.right - sides[1] * run.size - 1
