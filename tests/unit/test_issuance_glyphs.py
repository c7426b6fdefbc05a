"""Which characters may be printed, and the reader of the fonts' character maps."""

import io
import struct
import unicodedata
from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable

from ecert.errors import MissingExtra, ProfileError
from ecert.issuance import fonts as fonts_module
from ecert.issuance.fonts import FontSet, character_map, locate_fonts
from ecert.issuance.glyphs import FaceError, character_fault, check_text

EVERYTHING = range(0x110000)


@pytest.mark.parametrize(
    ("char", "code"),
    [
        ("\u202e", "face.character_bidi"),
        ("\u2066", "face.character_bidi"),
        ("\u061c", "face.character_bidi"),
        ("\u200b", "face.character_zero_width"),
        ("\ufeff", "face.character_zero_width"),
        ("\u2060", "face.character_zero_width"),
        ("\u00ad", "face.character_zero_width"),
        ("\u3164", "face.character_zero_width"),
        ("\U000e0101", "face.character_zero_width"),
        ("\ufe0f", "face.character_zero_width"),
        ("\U000e0041", "face.character_zero_width"),
        ("\x07", "face.character_control"),
        ("\n", "face.character_control"),
        ("\u2028", "face.character_control"),
        ("\ud800", "face.character_control"),
        ("\uffff", "face.character_control"),
        ("\ue78d", "face.character_private_use"),
        ("\U000f0000", "face.character_private_use"),
        ("⿰", "face.character_ids"),
        ("㇯", "face.character_ids"),
        ("営", None),
        ("·", None),
        ("　", None),
    ],
)
def test_each_unprintable_character_has_its_own_code(char, code):
    assert character_fault(char, EVERYTHING) == code


def test_no_format_or_private_character_is_ever_printable():
    for point in range(0x110000):
        if unicodedata.category(chr(point)) in {"Cf", "Cc", "Co", "Cs", "Cn", "Zl", "Zp"}:
            assert character_fault(chr(point), EVERYTHING) is not None


def test_error_names_code_point_and_field():
    with pytest.raises(FaceError) as caught:
        check_text([("名称", "甲"), ("住所", "示\u202e例")], EVERYTHING)
    assert caught.value.code == "face.character_bidi"
    assert caught.value.params == {"field": "住所", "character": "U+202E", "position": 2}


def test_missing_glyph_names_the_code_point(fonts):
    with pytest.raises(FaceError, match=r"U\+30000") as caught:
        check_text([("名称", "王\U00030000")], fonts.glyphs())
    assert caught.value.code == "face.character_missing_glyph"


@pytest.fixture(scope="module")
def fonts():
    return locate_fonts()


def test_character_map_equals_fonttools(fonts):
    for path in fonts.paths:
        assert character_map(path.read_bytes()) == set(TTFont(path).getBestCmap())


def _font(subtable_format: int, mapping: dict[int, str]) -> bytes:
    names = [".notdef", *sorted(set(mapping.values()))]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({})
    table = CmapSubtable.newSubtable(subtable_format)
    table.platformID, table.platEncID, table.language, table.cmap = 3, 1, 0, mapping
    builder.font["cmap"].tables = [table]
    out = io.BytesIO()
    builder.font.save(out)
    return out.getvalue()


@pytest.mark.parametrize("subtable_format", [4, 12])
def test_both_formats_of_small_fonts(subtable_format):
    # neighbours in reverse glyph order force format 4 to use its glyph array
    mapping = {0x41: "c", 0x42: "a", 0x43: "b", 0x4E00: "a", 0x4E01: "b", 0xFFFD: "c"}
    assert character_map(_font(subtable_format, mapping)) == set(mapping)


def test_other_formats_are_ignored():
    assert character_map(_font(6, {0x41: "a"})) == frozenset()


@pytest.mark.parametrize("data", [b"", b"OTTO", b"OTTO\0\x01" + bytes(30), b"ttcf" + bytes(40)])
def test_unreadable_fonts_are_refused(data):
    with pytest.raises(ProfileError):
        character_map(data)


def test_a_map_beyond_unicode_is_refused():
    cmap = struct.pack(">HHHHI", 0, 1, 3, 10, 12) + struct.pack(">HHIII", 12, 0, 28, 0, 1)
    font = struct.pack(">4sHHHH", b"OTTO", 1, 0, 0, 0) + struct.pack(">4sIII", b"cmap", 0, 28, 40)
    with pytest.raises(ProfileError):
        character_map(font + cmap + struct.pack(">III", 0, 0xFFFFFFFF, 1))
    assert character_map(font + cmap + struct.pack(">III", 0x40, 0x42, 0)) == {0x41, 0x42}


def test_explicit_font_files(tmp_path: Path):
    path = tmp_path / "a.ttf"
    path.write_bytes(_font(4, {0x41: "a"}))
    found = locate_fonts([path], fallback=["Other"])
    assert found == FontSet((path,), ("Other",))
    assert found.glyphs() == {0x41}
    with pytest.raises(ProfileError, match=r"gone\.otf"):
        locate_fonts([tmp_path / "gone.otf"])


def test_without_the_extra_the_error_names_it(monkeypatch):
    monkeypatch.setattr(fonts_module, "_PACKAGE", "ecert_no_such_fonts")
    with pytest.raises(MissingExtra) as caught:
        locate_fonts()
    assert caught.value.params == {"extra": "fonts"}
