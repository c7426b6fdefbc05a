"""Laws of issuing: what is written is read back, what cannot be read back is refused."""

import unicodedata
from datetime import UTC, datetime

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from PIL import Image

from ecert.documents.pdf.write import Prepared
from ecert.errors import SigningError
from ecert.issuance.fonts import locate_fonts
from ecert.issuance.glyphs import FaceError, check_text
from ecert.issuance.qr import qr_svg
from ecert.issuance.xmp import build_xmp

AT = datetime(2026, 1, 1, tzinfo=UTC)
pytestmark = pytest.mark.property


@given(
    st.dictionaries(st.from_regex("[A-Z_]{1,9}", fullmatch=True), st.text(min_size=1), max_size=5)
)
def test_every_text_stands_in_the_packet_or_is_refused(metadata):
    try:
        packet = build_xmp(metadata, title="t", identifier="1", at=AT)
    except SigningError as error:
        assert error.code == "issue.metadata_unwritable"  # noqa: PT017
        return
    tree = etree.fromstring(packet)
    for name, text in metadata.items():
        if name[0] != "_":
            assert tree.findtext(f".//{{urn:ecert:metadata:1}}{name}") == text


@given(st.text(max_size=30))
def test_a_printable_text_has_only_visible_known_characters(text):
    glyphs = locate_fonts().glyphs()
    try:
        check_text([("x", text)], glyphs)
    except FaceError as error:
        assert error.params["character"].startswith("U+")  # noqa: PT017
        return
    for char in text:
        assert ord(char) in glyphs
        assert unicodedata.category(char)[0] != "C"


@given(st.binary(max_size=60), st.binary(max_size=60), st.binary(max_size=40))
def test_filling_never_touches_signed_bytes(head, tail, contents):
    data = head + b"<" + b"00" * 40 + b">" + tail
    made = Prepared(data=data, start=len(head), end=len(head) + 82)
    done = made.fill(contents)
    zero, length, second, rest = made.byte_range
    assert (
        done[zero : zero + length] + done[second : second + rest]
        == made.signed_bytes
        == head + tail
    )
    assert bytes.fromhex(done[length + 1 : second - 1].decode()) == contents.ljust(40, b"\0")


@settings(max_examples=25, deadline=None)
@given(st.text(alphabet="0123456789.ABCDEFGHJKLMNPQRTUWXY:", min_size=1, max_size=120))
def test_every_code_reads_back(text):
    path = qr_svg(text)
    side = int(path.split('viewBox="0 0 ')[1].split()[0])
    image = Image.new("L", (side + 8, side + 8), 255)
    for run in path.split('d="M')[1].split('"')[0].split("M"):
        corner, width = run.split("h")[0], int(run.split("h")[1].split("v")[0])
        x, y = map(int, corner.split())
        image.paste(0, (x + 4, y + 4, x + 4 + width, y + 5))
    (found,) = zxingcpp.read_barcodes(
        image.resize((image.width * 4, image.height * 4), Image.Resampling.NEAREST)
    )
    assert found.text == text
