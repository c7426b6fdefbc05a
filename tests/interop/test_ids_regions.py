"""Region data against two compilations by others; the agreement must not fall."""

from __future__ import annotations

import csv
import re
from datetime import date
from pathlib import Path

import pytest

from ecert.ids import region

LEGACY = Path(__file__).resolve().parents[2] / "../shared/samples/legacy"


def rows(name, **options):
    path = LEGACY / name
    if not path.exists():
        pytest.skip("../shared/samples is absent")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, **options))


def ours(on):
    found = {}
    for code, records in region._regions().items():
        for record in records:
            listed = (record.valid_from or date.min) <= on <= (record.valid_to or date.max)
            if record.source == "gb" and listed:
                found[code] = record.name
    return found


@pytest.mark.parametrize("year", [*range(1982, 2021), 2023])
def test_year_tables_agree_with_areacodes(year):
    """areacodes (CC0) leaves out the provincial 9xxx codes of 1990-1994 and renumbers 1982-1984 itself."""
    theirs = {
        r["代码"]: r["名称"]
        for r in rows("areacodes_result.csv")
        if int(r["启用时间"]) <= year < int(r["变更/弃用时间"] or 9999)
    }
    mine = ours(date(year, 12, 15) if year <= 2020 else date(2023, 6, 15))
    same = sum(mine.get(code) == name for code, name in theirs.items())
    rate = same / len(theirs.keys() | mine.keys())
    floors = {
        1982: 0.79,
        1983: 0.96,
        1985: 0.97,
        1990: 0.93,
        1991: 0.92,
        1992: 0.90,
        1993: 0.87,
        1994: 0.85,
    }
    assert rate >= (0.999 if year >= 2010 else floors.get(year, 0.98))


def test_month_tables_agree_with_gb2260():
    """The tables of 2013 to 2018 of cn/GB2260, one by one."""
    if not LEGACY.exists():
        pytest.skip("../shared/samples is absent")
    total = same = 0
    for file in sorted((LEGACY / "gb2260").glob("mca_201[5678]*.tsv")):
        month = file.stem.removeprefix("mca_")
        for row in rows(f"gb2260/{file.name}", delimiter="\t"):
            if row["Code"] == "513201":  # the slip 马尔康区, put right in our data
                continue
            found = region.lookup(row["Code"], date(int(month[:4]), int(month[4:]), 28))
            total += 1
            same += found is not None and found.name == row["Name"]
    assert total > 50_000
    assert same / total > 0.9998


def test_every_code_of_gb2260_is_known():
    if not LEGACY.exists():
        pytest.skip("../shared/samples is absent")
    missing = set()
    for file in sorted((LEGACY / "gb2260").glob("*.tsv")):
        if not file.name.startswith("contrib"):
            listed = {r["Code"] for r in rows(f"gb2260/{file.name}", delimiter="\t")}
            missing |= {code for code in listed if region.lookup(code) is None}
    assert missing == set()


def test_successors_agree_with_areacodes():
    """The four that differ: 靖江 and 泰兴 stand exchanged there; 临川 and 琼山 name a code skipped here."""
    theirs = {}
    for row in rows("areacodes_result.csv"):
        links = {re.sub(r"\[.*", "", s) for s in row["新代码"].split(";") if s}
        theirs.setdefault(row["代码"], set()).update(links)
    same, differ = 0, set()
    for code, records in region._regions().items():
        for record in records:
            if not record.successors or not theirs.get(code):
                continue
            if set(record.successors) & theirs[code]:
                same += 1
            else:
                differ.add(code)
    assert same > 900
    assert differ == {"321085", "321086", "362501", "460004"}
