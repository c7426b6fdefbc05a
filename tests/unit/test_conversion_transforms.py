"""Every transform: what it reads, and what it refuses rather than guess."""

import pytest

from ecert.conversion.regionnames import find_region
from ecert.conversion.transforms import CODE_SYSTEMS, DATE_FORMS, TRANSFORMS, Step, apply
from ecert.ids import LONG_TERM
from ecert.model.issue import Cause


def run(value, *steps):
    return apply(tuple(s if isinstance(s, Step) else Step(s) for s in steps), value)


def code(value, *steps):
    result = run(value, *steps)
    assert isinstance(result, Cause), result
    return result.code


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("trim", " \u3000\ufeff甲 乙\u00a0", "甲 乙"),
        ("remove_blanks", " 1\u30002\t3 ", "123"),
        ("join_lines", "服务；\r\n 零售\nabc\ndef", "服务；零售abc def"),
        ("fold_width", "９１Ａ（）－\u3000x", "91A()- x"),
        ("upper", "91ma0x", "91MA0X"),
        ("nfc", "e\u0301", "\u00e9"),
        ("interpunct", "买买提•阿・丙･丁", "买买提·阿·丙·丁"),
        ("strip_placeholder", "...............", None),
        ("strip_placeholder", "－－　＊", None),
        ("strip_placeholder", "甲...", "甲..."),
        ("long_term_words", "永久有效", LONG_TERM),
        ("long_term_words", " 长 期 ", LONG_TERM),
        ("long_term_words", "2年", "2年"),
        ("far_date_long_term", "99991231", LONG_TERM),
        ("far_date_long_term", "2099-12-31", LONG_TERM),
        ("far_date_long_term", "2098-12-31", "2098-12-31"),
        ("far_date_long_term", "2年", "2年"),
        ("id15to18", "130503670401001", "130503196704010016"),
        ("id15to18", "11010519491231002X", "11010519491231002X"),
        ("id15to18", "", ""),
        ("split_list", "甲，乙; 丙、、", ("甲", "乙", "丙")),
        ("uscc_or_regno", "91110105MA0000007L", "91110105MA0000007L"),
        ("region_lookup", "安徽 合肥", "340100"),
    ],
)
def test_plain(name, value, expected):
    assert run(value, name) == expected


def test_brackets():
    assert run("京(2009)〔1〕【2】", Step("brackets", ("half",))) == "京(2009)[1][2]"
    assert run("京(2009)[1]（2）", Step("brackets", ("full",))) == "京（2009）〔1〕（2）"


@pytest.mark.parametrize(
    ("form", "value"),
    [
        ("yyyyMMdd", "20090308"),
        ("yyyy-M-d", "2009-3-8"),
        ("yyyy/M/d", "2009/3/08"),
        ("yyyy.M.d", "2009.03.8"),
        ("yyyy年M月d日", "2009年3月8日"),
        ("datetime", "2009-03-08 00:00:00"),
        ("datetime", "2009/3/8T23:59:59.997"),
        (
            "epoch_ms",
            "1236441600000",
        ),  # 2009-03-07T16:00Z, the first instant of the 8th in Shanghai
        ("epoch_ms", "1236527999999"),
    ],
)
def test_date_forms(form, value):
    assert run(value, Step("date", (form,))) == "20090308"
    others = tuple(name for name in DATE_FORMS if name != form)
    assert run(value, Step("date", tuple(DATE_FORMS))) == "20090308"
    assert code(value, Step("date", others)) == "date.format"


def test_dates_refused():
    step = Step("date", tuple(DATE_FORMS))
    for value in ("09-3-8", "8/3/2009", "2009-3", "２００９0308", "", "2年", "2009-03-08 25:00"):
        assert code(value, step) == "date.format", value
    assert code("2009-02-30", step) == "date.impossible"
    assert code("-99999999999999", Step("date", ("epoch_ms",))) == "date.impossible"
    assert run("-86400000000", Step("date", ("epoch_ms",))) == "19670407"


def test_long_term_stops_the_chain():
    steps = ("long_term_words", "far_date_long_term", Step("date", ("yyyyMMdd",)))
    assert run("长期", *steps) is LONG_TERM
    assert run("99991231", *steps) is LONG_TERM
    # without the named step a far date stays a date (ids/dates.py says the same)
    assert run("99991231", Step("date", ("yyyyMMdd",))) == "99991231"


def test_identifiers():
    assert code("130503671401001", "id15to18") == "idnumber.birth_date"
    table = {"110108000000016": "91110105MA0000007L", "D21435697": "91110105MA0000007L"}
    assert run("110108000000016", Step("uscc_or_regno", ("t",), table)) == "91110105MA0000007L"
    assert run("D21435697", Step("uscc_or_regno", ("t",), table)) == "91110105MA0000007L"
    assert code("110108000000017", Step("uscc_or_regno", ("t",), table)) == (
        "conversion.regno_not_uscc"
    )
    assert code("110108000000016", "uscc_or_regno") == "conversion.regno_not_uscc"
    assert code("D2143569-X", "uscc_or_regno") == "conversion.orgcode_not_uscc"
    assert run("企合苏镇分字第2005", "uscc_or_regno") == "企合苏镇分字第2005"


def test_tables_and_code_systems():
    assert run("甲", Step("lookup", ("t",), {"甲": "1"})) == "1"
    assert code("乙", Step("lookup", ("t",), {"甲": "1"})) == "conversion.not_in_table"
    # the collision of ecert-data.md 3.4: the same code, three meanings
    meanings = {s: run("01", Step("code", (f"status.{s}",))) for s in ("mohurd", "transport")}
    assert meanings == {"mohurd": "valid", "transport": "superseded"}
    assert code("01", Step("code", ("status.real_estate",))) == "conversion.code_unknown"
    assert run("03", Step("code", ("status.mohurd",))) == "rescinded"
    assert run("03", Step("code", ("status.transport",))) == "cancelled"
    assert run("1", Step("code", ("status.real_estate",))) == "valid"
    assert run("吊销", Step("code", ("status.words",))) == "revoked"
    beijing = {
        c: run(c, Step("code", ("holder_type.beijing",))) for c in ["10", "40", "70", "50", "80"]
    }
    assert beijing == {"10": "111", "40": "999", "70": "001", "50": "099", "80": "099"}
    assert run("公民身份号码", Step("code", ("holder_type.words",))) == "111"
    assert run("男", Step("code", ("sex.gbt2261",))) == run("1", Step("code", ("sex.gbt2261",)))
    assert code("3", Step("code", ("sex.gbt2261",))) == "conversion.code_unknown"
    assert set(TRANSFORMS["code"].choices) == set(CODE_SYSTEMS)


def test_lists():
    split = Step("split_list", ("/",))
    assert run("c1/d", split, "upper") == ("C1", "D")
    result = run("男/3", split, Step("code", ("sex.gbt2261",)))
    assert isinstance(result, Cause)
    assert (result.code, result.place) == ("conversion.code_unknown", "[1]")
    assert run("甲,乙/丙", split, "split_list", "strip_placeholder") == ("甲", "乙", "丙")
    assert run("甲/..", split, "strip_placeholder") == ("甲",)
    assert run("...", "strip_placeholder", "upper") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("110105", "110105"),
        ("５１０２００", "510200"),  # 重庆 until 1997: a withdrawn code is valid history
        ("999999", "conversion.region_unknown"),
        ("", "conversion.region_unknown"),
        (" / ", "conversion.region_unknown"),
        ("北京 110105", "110105"),
        ("北京 340100", "conversion.region_unknown"),
        ("北京", "110000"),
        ("北京市/北京", "110000"),
        ("吉林", "220000"),
        ("吉林 吉林", "220200"),
        ("河南", "410000"),  # not 河南蒙古族自治县
        ("河南 焦作", "410800"),
        ("朝阳", "conversion.region_ambiguous"),
        ("北京 朝阳", "110105"),
        ("北京 崇文", "110103"),
        ("新疆", "650000"),
        ("贵州 黔南", "522700"),
        ("吉林 延边州", "222400"),
        ("云南 大理", "532900"),
        ("云南 大理市", "532901"),
        ("重庆 彭水", "500243"),
        ("天津 自贸区", "conversion.region_unknown"),
        ("示例省", "conversion.region_unknown"),
    ],
)
def test_regions(text, expected):
    found = find_region(text)
    assert (found.code if isinstance(found, Cause) else found) == expected
