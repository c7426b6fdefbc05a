"""The text of the printed code: one form, bounded, everything else refused (L7, L10)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecert.errors import MalformedInput
from ecert.model.printed_code import PrintedCode

ECID = "1.2.156.3005.2.11100000MB0143028R001.11110105MB00000009.91110105MA0000007L.001.G"
SM3_OF_ABC = "66c7f0f462eeedd9"  # GB/T 32905-2016, annex A.1
GOOD = f"ECERT:1:{ECID}:{SM3_OF_ABC}"


def test_text_and_back():
    code = PrintedCode.of(ECID, b"abc")
    assert code.text() == GOOD
    assert PrintedCode.parse(GOOD.encode()) == code


@pytest.mark.parametrize(
    "text",
    [
        "", "https://example.invalid/x", GOOD + "\n", " " + GOOD, GOOD[:-1], GOOD + "0", GOOD.upper(),
        GOOD.replace("ECERT:1", "ECERT:2"), GOOD.replace(":1.2", "::1.2"), GOOD.replace("MB", "ＭＢ"),
        f"ECERT:1::{SM3_OF_ABC}", "ECERT:1:" + "1" * 600 + ":" + SM3_OF_ABC, GOOD.replace("6", "６", 1),
    ],
)  # fmt: skip
def test_l10_any_other_text_is_refused(text):
    with pytest.raises(MalformedInput) as caught:
        PrintedCode.parse(text.encode())
    assert caught.value.code == "qr.not_ours"


@given(st.binary(max_size=700))
def test_bytes_of_strangers_raise_nothing_else(data):
    try:
        code = PrintedCode.parse(data)
    except MalformedInput:
        return
    assert code.text().encode() == data
