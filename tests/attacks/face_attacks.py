"""Changes of a face before it is signed: what a page can show beside what its text layer says.

The issuer's own key signs each of these files, so that nothing but the face disagrees.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import pikepdf
from fontTools.cffLib import CFFFontSet

from attacks.rewrite import _unescape

_BLOCK = re.compile(rb"q [^q]*?\nBT.*?\nET\nQ\n?", re.DOTALL)
_STRING = re.compile(rb"\((?:\\.|[^\\)])*\)", re.DOTALL)


@dataclass(frozen=True)
class Shown:
    """A value's text object in the page's content."""

    content: bytes
    start: int
    end: int

    @property
    def block(self) -> bytes:
        return self.content[self.start : self.end]

    @property
    def place(self) -> tuple[float, float]:
        numbers = self.block.split(b" cm", 1)[0].split()
        return float(numbers[-2]), float(numbers[-1])

    def with_block(self, block: bytes) -> bytes:
        return self.content[: self.start] + block + self.content[self.end :]


def _characters(font: pikepdf.Object) -> dict[str, int]:
    pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]{4})>", font.ToUnicode.read_bytes())
    return {chr(int(b, 16)): int(a, 16) for a, b in pairs}


def _font_with(pdf: pikepdf.Pdf, text: str) -> tuple[str, pikepdf.Object]:
    for name, font in pdf.pages[0].Resources.Font.items():
        if set(text) <= set(_characters(font)):
            return name, font
    raise ValueError(f"no font has {text}")


def find(pdf: pikepdf.Pdf, text: str) -> Shown:
    """Return the text object that prints a text in one piece."""
    content = pdf.pages[0].Contents.read_bytes()
    for name, font in pdf.pages[0].Resources.Font.items():
        glyphs = _characters(font)
        if not set(text) <= set(glyphs):
            continue
        wanted = b"".join(glyphs[c].to_bytes(2, "big") for c in text)
        for block in _BLOCK.finditer(content):
            shown = b"".join(_unescape(s[1:-1]) for s in _STRING.findall(block[0]))
            if name.encode() + b" " in block[0] and wanted in shown:
                return Shown(content, *block.span())
    raise ValueError(f"{text} is not printed in one piece")


def _changed(body: bytes, change: Callable[[pikepdf.Pdf], None]) -> bytes:
    with pikepdf.open(io.BytesIO(body)) as pdf:
        change(pdf)
        out = io.BytesIO()
        pdf.save(out)
    return out.getvalue()


def at_text(text: str, change: Callable[[Shown], bytes]) -> Callable[[bytes], bytes]:
    """Return a change of the block that prints a text; it gives the page's new content."""

    def whole(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].Contents = pdf.make_stream(change(find(pdf, text)))

    return lambda body: _changed(body, whole)


def white(shown: Shown) -> bytes:
    """The text has the colour of the paper."""
    return shown.with_block(re.sub(rb"[\d. ]+ scn", b" 1 0.99215686 0.9647059 scn", shown.block))


def pale(shown: Shown) -> bytes:
    """The text is a little darker than the paper."""
    return shown.with_block(re.sub(rb"[\d. ]+ scn", b" 0.9 0.88 0.86 scn", shown.block))


def invisible(shown: Shown) -> bytes:
    return shown.with_block(shown.block.replace(b"0 Tr", b"3 Tr"))


def off_page(shown: Shown) -> bytes:
    return shown.with_block(b"q 1 0 0 1 0 2000 cm " + shown.block + b" Q ")


def clipped(shown: Shown) -> bytes:
    return shown.with_block(b"q 0 0 1 1 re W n " + shown.block + b" Q ")


def covered(shown: Shown) -> bytes:
    """A patch of paper colour lies over the text."""
    x, y = shown.place
    patch = b" q /DeviceRGB cs 1 0.99215686 0.9647059 scn %.2f %.2f 120 22 re f Q " % (x - 2, y - 5)
    return shown.content + patch


def struck(shown: Shown) -> bytes:
    """A bar of ink lies through the text."""
    x, y = shown.place
    return shown.content + b" q /DeviceGray cs 0 scn %.2f %.2f 80 6 re f Q " % (x, y + 2)


def outshone(shown: Shown) -> bytes:
    """The text is grey, and strong red ink of another shape lies over it."""
    grey = shown.with_block(re.sub(rb"[\d. ]+ scn", b" 0.3 0.3 0.3 scn", shown.block))
    x, y = shown.place
    red = b" q /DeviceRGB cs 1 0 0 scn %.2f %.2f 9 3 re f %.2f %.2f 3 9 re f Q "
    return grey + red % (x, y, x + 4, y)


def drawn_beside(body: bytes) -> bytes:
    """Paths are drawn where nothing stands; no value is touched."""
    mark = b" q /DeviceGray cs 0 scn 560 330 60 3 re f 560 320 60 3 re f Q "
    return _changed(body, lambda pdf: pdf.pages[0].contents_add(mark))


def covered_by_image(text: str) -> Callable[[bytes], bytes]:
    """A picture of paper colour lies over a text."""

    def change(pdf: pikepdf.Pdf) -> None:
        shown = find(pdf, text)
        x, y = shown.place
        image = pdf.make_stream(
            b"\xff\xfd\xf6",
            Type=pikepdf.Name.XObject,
            Subtype=pikepdf.Name.Image,
            Width=1,
            Height=1,
            BitsPerComponent=8,
            ColorSpace=pikepdf.Name.DeviceRGB,
        )
        pdf.pages[0].Resources.XObject = pikepdf.Dictionary(Patch=image)
        place = b" q 120 0 0 22 %.2f %.2f cm /Patch Do Q " % (x - 2, y - 5)
        pdf.pages[0].Contents = pdf.make_stream(shown.content + place)

    return lambda body: _changed(body, change)


def renamed(shown: str, claimed: str, *, within: str) -> Callable[[bytes], bytes]:
    """The font shows one character, and its ToUnicode says another."""

    def change(pdf: pikepdf.Pdf) -> None:
        _, font = _font_with(pdf, within)
        old = font.ToUnicode.read_bytes()
        row = b"<%04X> <%04X>"
        glyph = _characters(font)[shown]
        new = old.replace(row % (glyph, ord(shown)), row % (glyph, ord(claimed)))
        assert new != old
        font.ToUnicode = pdf.make_stream(new, **_kept(font.ToUnicode))

    return lambda body: _changed(body, change)


def _kept(stream: pikepdf.Object) -> dict[str, pikepdf.Object]:
    return {
        key[1:]: value
        for key, value in stream.items()
        if key not in ("/Length", "/Filter", "/DecodeParms")
    }


def redrawn(char: str, other: str, *, within: str) -> Callable[[bytes], bytes]:
    """Two glyphs of the embedded font program change places; every code and name stays."""

    def change(pdf: pikepdf.Pdf) -> None:
        _, font = _font_with(pdf, within + other)
        glyphs = _characters(font)
        descriptor = font.DescendantFonts[0].FontDescriptor
        program = descriptor.FontFile3.read_bytes()
        fonts = CFFFontSet()
        fonts.decompile(io.BytesIO(program), None)
        start = fonts[0].rawDict["CharStrings"]
        program = _swapped(program, start, glyphs[char], glyphs[other])
        descriptor.FontFile3 = pdf.make_stream(program, Subtype=pikepdf.Name.CIDFontType0C)

    return lambda body: _changed(body, change)


def _swapped(program: bytes, start: int, one: int, other: int) -> bytes:
    """Return a CFF program in which two members of the INDEX at ``start`` change places."""
    count = int.from_bytes(program[start : start + 2], "big")
    wide = program[start + 2]
    table = start + 3
    offsets = [
        int.from_bytes(program[table + wide * k : table + wide * (k + 1)], "big")
        for k in range(count + 1)
    ]
    base = table + wide * (count + 1) - 1
    shapes = [program[base + a : base + b] for a, b in pairwise(offsets)]
    shapes[one], shapes[other] = shapes[other], shapes[one]
    places = [1]
    for shape in shapes:
        places.append(places[-1] + len(shape))
    index = b"".join(place.to_bytes(wide, "big") for place in places) + b"".join(shapes)
    return program[:table] + index + program[table + len(index) :]


def code_of(donor: bytes) -> Callable[[bytes], bytes]:
    """The code is taken from another face."""

    def change(pdf: pikepdf.Pdf) -> None:
        content = pdf.pages[0].Contents.read_bytes()
        with pikepdf.open(io.BytesIO(donor)) as other:
            new = _code(other.pages[0].Contents.read_bytes())
        old = _code(content)
        assert new != old
        pdf.pages[0].Contents = pdf.make_stream(content.replace(old, new))

    return lambda body: _changed(body, change)


def without_code(body: bytes) -> bytes:
    def change(pdf: pikepdf.Pdf) -> None:
        content = pdf.pages[0].Contents.read_bytes()
        pdf.pages[0].Contents = pdf.make_stream(content.replace(_code(content), b""))

    return _changed(body, change)


def _code(content: bytes) -> bytes:
    found = re.search(
        rb"q [\d.]+ 0 0 -[\d.]+ [\d. ]+ cm/c\d+ cs 0 scn 0 0 m.*?\nQ\n", content, re.DOTALL
    )
    assert found
    return found[0]
