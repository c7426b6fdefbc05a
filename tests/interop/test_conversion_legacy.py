"""Rows of a public business register through a mapping: every row accounted for, every code judged right.

The class of each credit code was computed by python-stdnum (``*.expected.tsv``), not by us.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from ecert.conversion import RecordMapping, convert

LEGACY = Path(__file__).resolve().parents[2] / "../shared/samples/legacy"
MAPPING = """\
schema: ecert.mapping/1
id: register
version: "1"
profile: business_license
source: {encoding: %s, missing: ["N/A"]}
fields:
  uscc: {from: 统一社会信用代码, steps: [trim, fold_width, upper, uscc_or_regno]}
  name: {from: 企业名称, steps: [trim, interpunct]}
  entity_type: {from: 企业类型, steps: [trim], default: 企业}
  representative: {from: 法人代表, steps: [trim, interpunct]}
  capital: {from: 注册资金, steps: [trim, fold_width]}
  founded: {from: 注册日期, steps: [trim, {date: yyyy-M-d}]}
  address: {from: 注册地址, steps: [trim]}
  scope: {from: 经营范围, steps: [trim, join_lines]}
  authority: {constant: 示例市市场监督管理局}
  issue_date: {from: 注册日期, steps: [trim, {date: yyyy-M-d}]}
region: {from: [所在省份], join: " ", steps: [region_lookup]}
issuer: {code: {constant: 11110105MB00000009}}
checks:
  area: {from: 地区, kind: text}
"""
CODES = {
    "reg15": {"conversion.regno_not_uscc"},
    "bad-length": {"uscc.length", "conversion.orgcode_not_uscc"},
    "bad-checksum": {"uscc.check"},
}
ABOUT_THE_CODE = {*CODES["reg15"], *CODES["bad-length"], *CODES["bad-checksum"], "uscc.characters"}


@pytest.mark.parametrize("encoding", ["auto", "stated"])
@pytest.mark.parametrize(
    ("name", "stated"),
    [
        ("register_clean_utf8", "utf-8"),
        ("register_clean_gb18030", "gb18030"),
        ("register_dirty_utf8", "utf-8-sig"),
    ],
)
def test_register(tmp_path, name, stated, encoding):
    table = LEGACY / f"{name}.csv"
    if not table.exists():
        pytest.skip("../shared/samples is absent")
    with (LEGACY / f"{name}.expected.tsv").open(encoding="utf-8", newline="") as file:
        expected = {
            int(row["row"]): row["uscc_class_by_python-stdnum"]
            for row in csv.DictReader(file, delimiter="\t")
        }
    rules = RecordMapping.parse((MAPPING % (stated if encoding == "stated" else "auto")).encode())
    batch = convert(table, mapping=rules, out=tmp_path)
    assert batch.rows == len(expected) == batch.converted + batch.rejected

    lines = (tmp_path / "converted.jsonl").read_text("utf-8").splitlines()
    converted = {json.loads(line)["source"]["line"] for line in lines}
    reasons: dict[int, set[str]] = {}
    with (tmp_path / "rejects.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            reasons.setdefault(int(row["row"]), set()).add(row["code"])
    assert converted | set(reasons) == set(expected)
    assert not converted & set(reasons)

    for row, kind in expected.items():
        about = reasons.get(row, set()) & ABOUT_THE_CODE
        if kind == "valid":
            assert not about, row
        else:
            assert len(about) == 1, row
            assert about <= CODES[kind], row
    if name.startswith("register_clean"):
        assert batch.converted >= 0.85 * batch.rows
