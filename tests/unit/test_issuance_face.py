"""The faces: nothing overlaps, nothing leaves its place, every value can be read back."""

import dataclasses
import io
from datetime import UTC, datetime
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from ecert.errors import ProfileError
from ecert.issuance.fonts import locate_fonts
from ecert.issuance.glyphs import FaceError, character_fault
from ecert.issuance.qr import qr_svg
from ecert.issuance.render import Face, Item, geometry, render_face
from ecert.issuance.sealart import seal_picture
from ecert.model.printed_code import PrintedCode

AT = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
ECID = "1.2.156.3005.2.11100000MB0143028R001.11110105MB00000009.91110105MA0000007L.001.G"
DPI = 150
SCOPE = (
    "技术开发、技术推广、技术转让、技术咨询、技术服务；计算机系统服务；基础软件服务；应用软件服务；"
    "销售计算机、软件及辅助设备、电子产品（依法须经批准的项目，经相关部门批准后依批准的内容开展经营活动）。"
)


def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (358, 441), (90, 140, 210)).save(out, "JPEG")
    return out.getvalue()


LICENCE = Face(
    title="营业执照",
    subtitle="（副　本）",
    holder="示例科技（京澄）有限公司",
    code=Item("统一社会信用代码", "91110105MA0000007L"),
    left=(
        Item("名称", "示例科技（京澄）有限公司"),
        Item("类型", "有限责任公司（自然人投资或控股）"),
        Item("法定代表人", "王㛃"),
        Item("经营范围", SCOPE, long=True),
    ),
    right=(
        Item("注册资本", "壹佰万元整"),
        Item("成立日期", "2024年03月18日"),
        Item("营业期限", "2024年03月18日至长期"),
        Item("住所", "示例市澄清区文津路一号院A-12号楼三层三〇六"),
    ),
    authority=Item("登记机关", "示例市市场监督管理局"),
    date="2024年03月18日",
    ecid=ECID,
    qr=qr_svg(PrintedCode.of(ECID, b"{}").text()),
    notice="示例证照 SAMPLE",
)
CARD = dataclasses.replace(
    LICENCE,
    title="机动车驾驶证",
    subtitle="",
    code=None,
    right=(),
    photo=_picture(),
    left=(
        Item("证号", "11010519491231002X"),
        Item("姓名", "王㛃"),
        Item("性别", "男"),
        Item("国籍", "中国"),
        Item("住址", "示例市澄清区文津路一号院二号楼三层三〇六"),
        Item("出生日期", "1949年12月31日"),
        Item("初次领证日期", "2010年01月01日"),
        Item("准驾车型", "C1"),
        Item("有效期限", "2024年03月18日至2034年03月18日"),
        Item("档案编号", "110100000001"),
    ),
    authority=Item("发证机关", "示例市公安局交通管理局"),
)


def _long(face: Face) -> Face:
    """Values of extreme length that still fit at a legible size."""
    return dataclasses.replace(
        face,
        left=(
            Item("名称", "示例科技" * 25),
            Item("类型", "有限责任公司" * 10),
            Item("法定代表人", "王㛃" * 20),
            Item("经营范围", (SCOPE * 9)[:600], long=True),
        )
        if face.right
        else tuple(Item(i.label, (i.value * 9)[:60]) for i in face.left),
        right=tuple(Item(i.label, i.value * 5) for i in face.right),
        authority=Item(face.authority.label, face.authority.value * 5),
    )


COPY = "加注件　示例市政务服务中心　仅用于建筑业企业资质变更登记事项的申请　有效期至2026年12月01日 08:00"
CASES = {
    "business_license": LICENCE,
    "plain": CARD,
    "business_license-long": _long(LICENCE),
    "business_license-scope": dataclasses.replace(
        LICENCE, left=(*LICENCE.left[:3], Item("经营范围", (SCOPE * 30)[:2000], long=True))
    ),
    "plain-long": _long(CARD),
    "business_license-copy": dataclasses.replace(LICENCE, notice=COPY),
    "plain-copy": dataclasses.replace(CARD, notice=COPY),
    "plain-no-photo": dataclasses.replace(CARD, photo=None),
}


@pytest.fixture(scope="module")
def fonts():
    return locate_fonts()


@pytest.fixture(scope="module")
def rendered(fonts):
    return {
        name: (
            name.split("-")[0],
            face,
            render_face(face, template=name.split("-")[0], fonts=fonts, at=AT),
        )
        for name, face in CASES.items()
    }


def _raster(pdf: bytes) -> Image.Image:
    return pypdfium2.PdfDocument(pdf)[0].render(scale=DPI / 72).to_pil().convert("L")


def _mm(*values: float) -> tuple[int, ...]:
    return tuple(round(v * DPI / 25.4) for v in values)


@pytest.mark.parametrize("name", CASES)
def test_text_layer_holds_every_value(rendered, name):
    _, face, pdf = rendered[name]
    text = "".join(pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range().split())
    for label, value in face.texts():
        assert "".join(value.split()) in text, label


def test_any_character_of_the_fonts_reads_back(fonts):
    """The text layer says what the data say, for rare characters too (L8)."""
    points = sorted(p for p in fonts.glyphs() if not 0xFB00 <= p <= 0xFB06)  # Latin ligatures
    chars = [chr(p) for p in points if character_fault(chr(p), fonts.glyphs()) is None]
    values = ["".join(f"甲{c}乙" for c in chars[at::97]) for at in (0, 31, 64)] + [
        "Office-fi-ffl-" * 6 + "A",
        "⼀一⼀",
        "—— …… ‘’“” ·•〇O0",
        "a  b",
        "http://www.example.cn/a-b?c=d-e&f",
    ]
    for part in (values[:1], values[1:2], values[2:]):
        face = dataclasses.replace(
            LICENCE, left=tuple(Item("项", v, long=True) for v in part), right=()
        )
        pdf = render_face(face, template="business_license", fonts=fonts, at=AT)
        text = "".join(pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range().split())
        for value in part:
            assert "".join(value.split()) in text


@pytest.mark.parametrize("name", CASES)
def test_no_ink_between_frame_and_content(rendered, name):
    template, _, pdf = rendered[name]
    place = geometry(template)
    image = _raster(pdf)
    left, top, right, bottom = place.frame
    gap = 0.6  # the frame's own line
    strips = [
        (left + gap, top + gap, right - gap, top + place.clear),
        (left + gap, bottom - place.clear, right - gap, bottom - gap),
        (left + gap, top + gap, left + place.clear, bottom - gap),
        (right - place.clear, top + gap, right - gap, bottom - gap),
    ]
    for strip in strips:
        darkest, _ = image.crop(_mm(*strip)).getextrema()
        assert darkest > 190, strip  # only the faint ground


@pytest.mark.parametrize("name", CASES)
def test_boxes_do_not_overlap(rendered, name):
    """No two text lines share ink: their boxes are disjoint (the seal alone may overlap)."""
    _, _, pdf = rendered[name]
    page = pypdfium2.PdfDocument(pdf)[0].get_textpage()
    boxes = [page.get_rect(i) for i in range(page.count_rects())]
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            across = min(a[2], b[2]) - max(a[0], b[0])
            down = min(a[3], b[3]) - max(a[1], b[1])
            assert across < 1 or down < 1, (a, b)


@pytest.mark.parametrize("name", ["business_license", "plain"])
def test_code_reads_back_from_the_raster(rendered, name):
    template, face, pdf = rendered[name]
    found = zxingcpp.read_barcodes(_raster(pdf))
    assert [b.text for b in found] == [PrintedCode.of(face.ecid, b"{}").text()]
    x, y, side = geometry(template).qr
    corner = found[0].position.top_left
    assert abs(corner.x - _mm(x)[0]) < 4
    assert abs(corner.y - _mm(y)[0]) < 4
    assert side >= 20


def test_payload_is_identifier_and_short_digest():
    sm3_of_abc = "66c7f0f462eeedd9"  # GB/T 32905-2016 A.1, first 16 characters
    assert PrintedCode.of(ECID, b"abc").text() == f"ECERT:1:{ECID}:{sm3_of_abc}"


def test_same_data_and_instant_give_the_same_bytes(rendered, fonts):
    assert (
        render_face(LICENCE, template="business_license.typ", fonts=fonts, at=AT)
        == rendered["business_license"][2]
    )


@pytest.mark.parametrize(
    ("change", "box"),
    [
        ({"left": (Item("经营范围", SCOPE * 40, long=True),)}, "left"),
        ({"right": (Item("住所", "示例" * 900),)}, "right"),
        ({"authority": Item("登记机关", "示例市市场监督管理局" * 30)}, "authority"),
        ({"code": Item("统一社会信用代码", "9" * 400)}, "code"),
        ({"date": "2024年" * 60}, "date"),
        ({"notice": "加注件" * 60}, "notice"),
    ],
)
def test_what_does_not_fit_is_an_error(fonts, change, box):
    face = dataclasses.replace(LICENCE, **change)
    with pytest.raises(FaceError) as caught:
        render_face(face, template="business_license", fonts=fonts, at=AT)
    assert (caught.value.code, caught.value.params) == ("face.overflow", {"box": box})


def test_every_printed_text_is_checked(fonts):
    for change in (
        {"title": "营\u200b业"},
        {"date": "\u202e"},
        {"notice": "\ue000"},
        {"code": Item("x", "⿰")},
        {"left": (Item("\x00", "y"),)},
        {"right": (Item("x", "\U00030000"),)},
        {"authority": Item("x", "\u2067")},
    ):
        with pytest.raises(FaceError):
            render_face(
                dataclasses.replace(LICENCE, **change), template="plain", fonts=fonts, at=AT
            )


def test_unknown_or_broken_templates(fonts, tmp_path: Path):
    with pytest.raises(ProfileError) as caught:
        render_face(LICENCE, template="nothing", fonts=fonts, at=AT)
    assert caught.value.code == "face.template_unknown"
    own = tmp_path / "own.typ"
    with pytest.raises(ProfileError):
        render_face(LICENCE, template=own, fonts=fonts, at=AT)
    own.with_suffix(".toml").write_text(
        "page=[100,80]\nframe=[1,1,99,79]\nclear=1\nseal=[80,60]\nqr=[1,1,20]\n"
    )
    own.write_text("#no-such-function()")
    with pytest.raises(ProfileError) as caught:
        render_face(LICENCE, template=own, fonts=fonts, at=AT)
    assert caught.value.code == "face.template_broken"


def test_a_template_outside_the_package_uses_its_library(fonts, tmp_path: Path):
    own = tmp_path / "own.typ"
    own.with_suffix(".toml").write_text(
        "page=[100,80]\nframe=[1,1,99,79]\nclear=1\nseal=[80,60]\nqr=[1,1,20]\n"
    )
    own.write_text(
        '#import sys.inputs.library + "/face.typ": *\n'
        "#set page(width: 100mm, height: 80mm, margin: 0mm)\n#set text(font: serif)\n"
        "#place(dx: 10mm, dy: 10mm, d.title)\n"
    )
    pdf = render_face(LICENCE, template=own, fonts=fonts, at=AT)
    assert "营业执照" in pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range()


@pytest.mark.parametrize(
    "name",
    [
        "示",
        "示例市公安局",
        "示例市市场监督管理局",
        "示例省示例自治州示例自治县人力资源和社会保障局",
    ],
)
def test_seal_is_round_red_and_transparent(fonts, name):
    image = Image.open(io.BytesIO(seal_picture(name, fonts=fonts, foot="示例专用章")))
    assert image.mode == "RGBA"
    assert image.width == image.height >= 42 / 25.4 * 300
    alpha = image.getchannel("A")
    side = image.width
    assert alpha.getpixel((2, 2)) == 0
    assert alpha.getpixel((side // 2, side // 2)) == 255
    bounds = alpha.getbbox()
    assert min(bounds[0], bounds[1], side - bounds[2], side - bounds[3]) >= 0
    # the band between ring and text stays clear, so that no character touches the ring
    centre, inner = side / 2, 19.6 * side / 42
    for degree in range(0, 360, 3):
        import math

        x, y = (
            centre + inner * math.cos(math.radians(degree)),
            centre + inner * math.sin(math.radians(degree)),
        )
        assert alpha.getpixel((int(x), int(y))) < 40
    red, green, _, _ = image.getpixel((side // 2, side // 2))
    assert red > 180
    assert green < 40


def test_seal_names_are_bounded_and_checked(fonts):
    for name in ("", "示" * 31):
        with pytest.raises(FaceError) as caught:
            seal_picture(name, fonts=fonts)
        assert caught.value.code == "face.seal_name_length"
    with pytest.raises(FaceError):
        seal_picture("示\u200b", fonts=fonts)
