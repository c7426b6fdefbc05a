"""Write src/ecert/conversion/examples/legacy_200.csv: 200 invented rows with the dirt of real tables.

    python tools/make_legacy_rows.py [FILE]

Nobody in it exists: names are made of a few characters, codes are computed, identity numbers are the
printed samples of GB 11643. Deterministic; a test compares the shipped file with what this makes.
The dirt is that of ecert-data.md 7: dates in seven forms, brackets and digits in two widths, old
and placeholder numbers, three code systems for one body, rows broken in every way a CSV can be.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from ecert.ids.checkdigit import gb11714, gb32100, iso7064_mod11_10  # noqa: E402

OUT = ROOT / "src/ecert/conversion/examples/legacy_200.csv"
HEADER = (
    "序号",
    "注册号或信用代码",
    "企业名称",
    "企业类型",
    "负责人",
    "负责人证件号",
    "注册资本",
    "成立日期",
    "营业期限自",
    "营业期限至",
    "住所",
    "省市",
    "区县",
    "经营范围",
    "发证机关代码",
    "发照日期",
    "状态",
)
WORDS = "青禾云帆沐光启航知行远山清泉明德博雅锦程"
TRADES = ("科技", "商贸", "餐饮管理", "建筑劳务", "文化传播", "物流", "园林绿化")
PEOPLE = ("示例甲", "示例乙", "示例•丙", "示例・丁", "示例戊", "示例\u9fb4")
IDS = (
    "11010519491231002X",
    "11010519491231002x",
    "130503670401001",
    "４４０５２４１８８００１０１００１４",
    "...............",
    "N/A",
    "440524188001010014",
)
TYPES = ("有限责任公司(自然人独资)", "有限责任公司（自然人投资或控股）", "个体工商户", "N/A")
CAPITAL = ("100万元", "５０万元人民币", "壹佰万元整", "", "2,140(万元)")
PLACES = (("北京市", "朝阳区"), ("北京", "朝阳"), ("北京市", "崇文区"), ("北京", "110105"))
ISSUERS = ("11110105MB00000009", "110105", "1500001")
STATES = ("01", "01", "", "02", "05", "04")
ENDS = ("长期", "99991231", "2029-03-17", "永久", "2039年3月17日", "")
EPOCH_DAY = 86_400_000
QUOTE = '"'


def uscc(number: int) -> str:
    """Return a credit code nobody has: 市场监管, enterprise, 110105, organisation code MA..."""
    org = f"MA{number:06d}"
    body = "91110105" + org + gb11714(org)
    return body + gb32100(body)


def regno(number: int) -> str:
    """Return a registration number of GS 15-2006."""
    body = f"110105{number:08d}"
    return body + iso7064_mod11_10(body)


def day(row: int) -> str:
    """Return one of seven forms of a day in 2009 (2009-01-01 is day 14245 of the epoch)."""
    month, date = row % 12 + 1, row % 28 + 1
    forms = (
        f"2009/{month}/{date}",
        f"2009年{month}月{date}日",
        f"2009-{month:02}-{date:02}",
        f"2009{month:02}{date:02}",
        str((14245 + row) * EPOCH_DAY - 8 * 3_600_000),
        f"2009-{month:02}-{date:02} 00:00:00",
        f"２００９年{month}月{date}日",
    )
    return forms[row % len(forms)]


def clean(row: int) -> dict[str, str]:
    """Return a row that can be converted, written the way row number ``row`` writes things."""
    word = WORDS[row % 9 * 2 : row % 9 * 2 + 2]
    brackets = ("(京澄)", "（京澄）", "")[row % 3]
    province, county = PLACES[row % len(PLACES)]
    opened = day(row)
    cells = (
        str(row),
        uscc(row),
        f"示例{word}{row}号{TRADES[row % len(TRADES)]}{brackets}有限公司",
        TYPES[row % len(TYPES)],
        PEOPLE[row % len(PEOPLE)],
        IDS[row % len(IDS)],
        CAPITAL[row % len(CAPITAL)],
        opened,
        opened,
        ENDS[row % len(ENDS)],
        f"示例市澄清区文津路{row}号",
        province,
        county,
        "技术服务、技术咨询；日用百货销售。",
        ISSUERS[row % len(ISSUERS)],
        opened,
        STATES[row % len(STATES)],
    )
    return dict(zip(HEADER, cells, strict=True))


def wide(text: str) -> str:
    """Return ASCII in full width."""
    return "".join(chr(ord(c) + 0xFEE0) for c in text)


def spoiled() -> dict[int, dict[str, str]]:
    """Return what stands otherwise in some rows."""
    code, founded, issued = "注册号或信用代码", "成立日期", "发照日期"
    end, start, person = "营业期限至", "营业期限自", "负责人证件号"
    wrong = uscc(23)[:-1] + ("0" if uscc(23)[-1] != "0" else "1")
    changes: dict[int, dict[str, str]] = {
        11: {code: regno(1)},  # listed in the mapping's table
        12: {code: wide(regno(2))},
        13: {code: regno(3)},
        31: {code: regno(31)},
        51: {code: regno(51)},
        71: {code: regno(71)},
        14: {code: "MA0000141"},
        23: {code: wrong},
        43: {code: uscc(43)[:10] + "I" + uscc(43)[11:]},
        63: {code: uscc(63)[:-1]},
        24: {founded: "09-3-18"},
        44: {issued: "98/12/1"},
        25: {founded: "2009-02-30"},
        26: {start: "20090318", end: "20080317"},
        46: {founded: "20100101", issued: "20090101"},
        27: {end: "2年"},
        28: {"负责人": "N/A"},
        48: {"负责人": "......"},
        29: {person: "110105194912310021"},
        49: {person: "110105491331002"},
        33: {"发证机关代码": "1500002"},
        34: {"状态": "10"},  # 有效 to the ministry of transport, nothing to that of housing
        35: {"省市": "", "区县": "朝阳"},
        36: {"省市": "示例省", "区县": "示例县"},
        37: {"住所": "=HYPERLINK(\u200b0)"},
        38: {founded: "20250201", issued: "20250201"},
        39: {code: wrong, "企业名称": "N/A", issued: "昨天"},
        40: {"经营范围": "技术服务；\n日用百货销售。"},
        60: {"经营范围": f"销售{QUOTE}示例{QUOTE}牌日用百货，\r\n不含食品。"},
        42: {code: uscc(42).lower()},
        # the same numbers again, written otherwise, valid for another time
        101: {code: wide(uscc(1)), end: "2019-03-17"},
        102: {code: " " + uscc(2).lower(), end: "长期"},
        103: {code: uscc(3), end: "2030/1/1"},
        153: {code: uscc(3), end: "长期"},
    }
    changes[1] = {end: "长期"}
    changes[2] = {end: "2019-03-17"}
    changes[3] = {end: "2029/1/1"}
    return changes


def line(cells: dict[str, str]) -> bytes:
    """Return one CSV line; the rare character in its two-byte code of GB 18030-2022."""
    texts = []
    for text in cells.values():
        quoted = any(c in text for c in ',"\n')
        texts.append(QUOTE + text.replace(QUOTE, QUOTE * 2) + QUOTE if quoted else text)
    data = (",".join(texts) + "\r\n").encode("gb18030")
    return data.replace("\u9fb4".encode("gb18030"), b"\xfe\x59")


def broken(row: int, data: bytes) -> bytes:
    """Return the line of some rows broken as no cell could be."""
    name = "示例".encode("gb18030")
    return {
        81: data.replace(name, name + b"\xff", 1),
        82: data.replace(name, name[:-1], 1),
        83: data.replace(b",", b"", 1),
        84: data.replace(b"\r\n", b",\r\n"),
        85: data.replace(name, b'"' + name, 1),
        86: data.replace(name, b'"' + name + b'"' + name, 1),
        87: b"," * (len(HEADER) - 1) + b"\r\n",
        88: b"\r\n" + data,  # a blank line is no row
    }.get(row, data)


def table() -> bytes:
    """Return the whole file."""
    changes = spoiled()
    rows = [broken(row, line(clean(row) | changes.get(row, {}))) for row in range(1, 201)]
    return line({name: name for name in HEADER}) + b"".join(rows)


def main() -> None:
    """Write the file."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT
    target.write_bytes(table())


if __name__ == "__main__":
    main()
