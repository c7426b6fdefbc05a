"""What reading words may cost: one font or one content named a thousand times is read a few times."""

from __future__ import annotations

import sys
import zlib
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pdf_kit as kit
from ecert.documents.pdf import effort, plaintext, structure
from ecert.documents.pdf.plain import read_plain
from ecert.errors import MalformedDocument
from ecert.limits import Limits


def words(objects: dict[int, bytes]) -> str | None:
    data = kit.write(dict(sorted(objects.items())))
    plain = read_plain(data, structure.scan(data, Limits()))
    assert plain is not None
    return plaintext.plain_words(plain.body, 200)


def counted(monkeypatch, name: str) -> list[object]:
    calls: list[object] = []
    real = getattr(plaintext, name)

    def call(*given):
        calls.append(given)
        return real(*given)

    monkeypatch.setattr(plaintext, name, call)
    return calls


def face(fonts: list[bytes], *, more: dict[int, bytes]) -> dict[int, bytes]:
    """One page that shows a character of each font, one below the other."""
    run = b"q 1 0 0 -1 20 %d cm BT 0 Tr /F%d 10 Tf 1 0 0 -1 0 0 Tm (\\000A)Tj ET Q\n"
    names = b"".join(b"/F%d %s" % (index, font) for index, font in enumerate(fonts))
    return {
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 28 9000]/Contents 4 0 R/Resources<</Font<<%s>>>>>>"
        % names,
        4: kit.stream(b"".join(run % (20 * index, index) for index in range(len(fonts)))),
        **more,
    }


def font(number: int) -> dict[int, bytes]:
    """A font with one character, in five objects."""
    name = b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
    cmap = (
        b"/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo 3 dict dup begin\n"
        b"/Registry (Adobe) def\n/Ordering (Identity) def\n/Supplement 0 def\nend def\n/CMapName /X def\n"
        b"/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n1 beginbfchar\n"
        b"<0041> <0041>\nendbfchar\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
    )
    return {
        number: b"<</Type/Font/Subtype/Type0/Encoding/Identity-H/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>"
        % (number + 1, number + 2),
        number + 1: b"<</Subtype/CIDFontType2%s/FontDescriptor %d 0 R/W[65 65 500]>>"
        % (name, number + 3),
        number + 2: kit.stream(cmap),
        number + 3: b"<</FontFile2 %d 0 R>>" % (number + 4),
        number + 4: kit.stream(b"x"),
    }


def test_one_font_of_many_names_is_read_once(monkeypatch):
    read = counted(monkeypatch, "font_of")
    words(face([b"5 0 R"] * 300, more=font(5)))
    assert len(read) == 1


def test_many_fonts_are_left_to_pdfium(monkeypatch):
    read = counted(monkeypatch, "font_of")
    more = {k: v for index in range(100) for k, v in font(5 + 5 * index).items()}
    assert words(face([b"%d 0 R" % (5 + 5 * i) for i in range(100)], more=more)) is None
    assert len(read) < 100


def test_one_content_of_many_pages_is_not_read_for_each(monkeypatch):
    read = counted(monkeypatch, "read_stream")
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<<>>>>"
    kids = range(10, 110)
    content = zlib.compress(b"q 1 0 0 -1 1 1 cm Q\n" * 50_000)
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: b"<</Type/Pages/Kids[%s]/Count 100>>" % b" ".join(b"%d 0 R" % n for n in kids),
        4: kit.stream(content, b"/Filter/FlateDecode"),
        **dict.fromkeys(kids, page),
    }
    assert words(objects) is None
    assert len(read) < 20


def test_what_looks_like_inline_images_is_not_copied_for_each(monkeypatch):
    """Each beginning costs something, and no more than a piece is handed to zlib."""
    fed: list[int] = []
    real = zlib.decompressobj

    class Decoder:
        def __init__(self) -> None:
            self.inner = real()

        @property
        def eof(self) -> bool:
            return self.inner.eof

        def decompress(self, data: bytes) -> bytes:
            fed.append(len(data))
            return self.inner.decompress(data)

    monkeypatch.setattr(effort.zlib, "decompressobj", Decoder)
    content = b"BI " + b"ID x\x9c" * 300_000
    with pytest.raises(MalformedDocument):
        effort.InlineImages().check(content)
    assert sum(fed) < len(content) ** 2 / 100
    assert max(fed) < len(content) / 10


def test_one_inline_image_is_in_bounds():
    packed = zlib.compress(bytes(100_000))
    effort.InlineImages().check(b"BI /W 1 /H 1 /F /Fl ID " + packed + b" EI")


def test_an_inline_bomb_is_not():
    packed = zlib.compress(bytes(40 * 1024 * 1024))
    with pytest.raises(MalformedDocument):
        effort.InlineImages().check(b"BI /W 1 /H 1 /F /Fl ID " + packed + b" EI")


PAGE = {
    1: b"<</Type/Catalog/Pages 2 0 R>>",
    2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
    3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<<>>>>",
}


@pytest.mark.parametrize(
    ("parameters", "read"),
    [
        (b"", ""),
        (b"/DecodeParms<<>>", ""),
        (b"/DecodeParms[<<>>]", ""),
        (b"/DecodeParms<</Predictor 12>>", None),
        (b"/DecodeParms[<</Predictor 2/Columns 4>>]", None),
    ],
)
def test_l8_what_a_predictor_changes_is_left_to_pdfium(parameters, read):
    """A viewer undoes it, so the page shows other words than the bytes that inflate."""
    content = kit.stream(zlib.compress(b"0 0 9 9 re f"), b"/Filter/FlateDecode" + parameters)
    assert words({**PAGE, 4: content}) == read


@pytest.mark.parametrize("entry", [b"/Rotate 90", b"/CropBox[0 0 9 9]"])
def test_l8_what_the_page_tree_hands_down_is_left_to_pdfium(entry):
    tree = PAGE[2].replace(b"/Count 1", b"/Count 1" + entry)
    assert words({**PAGE, 4: kit.stream(b"0 0 9 9 re f")}) == ""
    assert words({**PAGE, 2: tree, 4: kit.stream(b"0 0 9 9 re f")}) is None
