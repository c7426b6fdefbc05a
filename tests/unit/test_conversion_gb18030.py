"""GB 18030-2022: the bytes of the code points that moved, against the table and against glibc's iconv."""

import shutil
import subprocess

import pytest

from ecert.conversion.gb18030 import FIX_2005, FIX_2022, decode, repair

# Written out from L2/23-003R, not taken from the module: GB bytes -> code point.
STANDARD = {
    "A6D9": 0xFE10, "A6DA": 0xFE12, "A6DB": 0xFE11, "A6DC": 0xFE13, "A6DD": 0xFE14, "A6DE": 0xFE15,
    "A6DF": 0xFE16, "A6EC": 0xFE17, "A6ED": 0xFE18, "A6F3": 0xFE19, "FE59": 0x9FB4, "FE61": 0x9FB5,
    "FE66": 0x9FB6, "FE67": 0x9FB7, "FE6D": 0x9FB8, "FE7E": 0x9FB9, "FE90": 0x9FBA, "FEA0": 0x9FBB,
}  # fmt: skip


def test_the_eighteen_code_points():
    assert len(FIX_2022) == len(STANDARD) == 18
    for text, point in STANDARD.items():
        assert decode(bytes.fromhex(text)) == chr(point), text
    assert {fix.gb.hex().upper(): ord(fix.char) for fix in FIX_2022} == STANDARD
    assert all(fix.source for fix in FIX_2022)


def test_python_gives_the_private_characters_of_the_table():
    # If a later Python reads the 2022 mapping itself, the table is no longer needed for reading.
    for fix in (*FIX_2022, *FIX_2005):
        assert fix.gb.decode("gb18030") in {fix.private, fix.char}
        assert repair(fix.private) == fix.char


def test_four_byte_codes_still_give_the_assigned_characters():
    for point in STANDARD.values():
        char = chr(point)
        assert decode(char.encode("gb18030")) == char


def test_letter_moved_in_2005():
    assert decode(b"\xa8\xbc") == "\u1e3f"


def test_other_text_and_other_private_characters_stay():
    text = "示例科技（京澄）有限公司 𠮷 abc"
    assert decode(text.encode("gb18030")) == text
    assert repair("\ue000") == "\ue000"


def test_invalid_bytes_raise():
    with pytest.raises(UnicodeDecodeError):
        decode(b"\xff")


@pytest.mark.skipif(shutil.which("iconv") is None, reason="iconv is absent")
def test_iconv_agrees():
    data = b"".join(fix.gb for fix in (*FIX_2022, *FIX_2005))
    done = subprocess.run(
        ["iconv", "-f", "GB18030", "-t", "UTF-8"], input=data, capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("this iconv does not know GB18030")
    assert decode(data) == done.stdout.decode()
