"""A batch: accounts that balance, files that are whole, duplicates, hostile cells, refused overwriting."""

import csv
import hashlib
import importlib.util
import json
import os
import sys
import tracemalloc
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from conversion_kit import (
    CARD,
    CELLS,
    COLUMNS,
    EXAMPLES,
    LICENCE,
    OTHER_USCC,
    PERMIT,
    PERSON,
    ROOT,
    STALLS,
    USCC,
    json_lines,
    mapping,
    table,
)
from ecert.conversion import convert, job, run
from ecert.conversion.outputs import COLUMNS as REJECT_COLUMNS
from ecert.conversion.outputs import csv_line, file_name, safe_cell
from ecert.errors import ECertError, MalformedInput, MappingError
from ecert.limits import Limits
from ecert.model import Certificate, Profile


def rejects(folder):
    data = (folder / "rejects.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(data.decode("utf-8-sig").splitlines()))


def batch(tmp_path, data, text=LICENCE, **kwargs):
    (tmp_path / "in.csv").write_bytes(data)
    found = convert(tmp_path / "in.csv", mapping=mapping(text), out=tmp_path / "out", **kwargs)
    check(found, tmp_path / "out")
    return found


def check(found, folder):
    """Hold the outputs against each other: what every batch must satisfy."""
    assert found.rows == found.converted + found.rejected
    lines = json_lines(folder / "converted.jsonl")
    assert len(lines) == found.converted
    rows = rejects(folder)
    assert len({(r["source"], r["row"]) for r in rows}) == found.rejected
    assert Counter(r["code"] for r in rows) == Counter(found.codes)
    summary = json.loads((folder / "summary.json").read_bytes())
    assert [summary[k] for k in ("rows", "converted", "rejected")] == [
        found.rows,
        found.converted,
        found.rejected,
    ]
    for name, digest in summary["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert sum(s["rows"] for s in summary["sources"]) == found.rows
    assert sorted(p.name for p in folder.iterdir()) == [
        "converted.jsonl",
        "rejects.csv",
        "summary.json",
    ]


def test_a_batch(tmp_path):
    seen = []
    found = batch(tmp_path, table({}, {"代码": "1"}, {"代码": OTHER_USCC}), progress=seen.append)
    assert (found.rows, found.converted, found.rejected) == (3, 2, 1)
    assert found.exit_code == 6
    assert seen == [3]
    assert found.codes == {"uscc.length": 1}
    (diagnostic,) = found.diagnostics
    assert (diagnostic.line, diagnostic.code) == (3, "uscc.length")
    (row,) = rejects(tmp_path / "out")
    assert tuple(row) == REJECT_COLUMNS
    assert row["row"] == "3"
    assert row["zh"] == "统一社会信用代码应为 18 位"
    assert row["hint_zh"]
    assert row["hint_en"]
    assert row["column"] == "代码"
    for line in json_lines(tmp_path / "out/converted.jsonl"):
        certificate = Certificate(line)
        assert certificate.kind == "converted"
        assert certificate.validate(Profile.load("business_license")) == ()
        digest = hashlib.sha256((tmp_path / "in.csv").read_bytes()).hexdigest()
        assert line["source"]["sha256"] == digest
    assert batch(tmp_path, table({})).exit_code == 0


def test_same_input_same_bytes(tmp_path):
    data = table({}, {"代码": "1"}, {"至": "99991231"}, {"名称": ""}, encoding="gb18030")
    one = batch(tmp_path, data)
    first = {n: p.read_bytes() for n, p in one.files.items()}
    two = batch(tmp_path, data)
    assert first == {n: p.read_bytes() for n, p in two.files.items()}


def test_an_empty_table(tmp_path):
    found = batch(tmp_path, table())
    assert (found.rows, found.exit_code) == (0, 0)


def test_duplicates_keep_the_latest_validity(tmp_path):
    wide = "９" + USCC[1:]
    found = batch(
        tmp_path,
        table(
            {"至": "20200101"},
            {"代码": wide, "至": "长期"},
            {"代码": USCC.lower(), "至": "20990101"},
        ),
    )
    assert (found.converted, found.rejected) == (1, 2)
    (kept,) = json_lines(tmp_path / "out/converted.jsonl")
    assert kept["source"]["line"] == 3
    rows = rejects(tmp_path / "out")
    assert [(r["row"], r["code"], r["field"]) for r in rows] == [
        ("2", "conversion.duplicate", "fields.uscc"),
        ("4", "conversion.duplicate", "fields.uscc"),
    ]
    assert "in.csv 第 3 行" in rows[0]["zh"]
    assert "row 3 of in.csv" in rows[0]["en"]
    assert rows[0]["column"] == "代码"


def test_equal_validity_keeps_the_later_issue_then_the_first_row(tmp_path):
    batch(tmp_path, table({}, {"成立": "2010/1/1"}, {"成立": "2010/1/1"}))
    (kept,) = json_lines(tmp_path / "out/converted.jsonl")
    assert kept["source"]["line"] == 3
    batch(tmp_path, table({"至": ""}, {"至": "20200101"}))
    (kept,) = json_lines(tmp_path / "out/converted.jsonl")
    assert kept["source"]["line"] == 3


def test_duplicates_can_all_be_refused(tmp_path):
    text = LICENCE + "duplicates: reject\n"
    found = batch(tmp_path, table({}, {"至": "20200101"}, {"代码": OTHER_USCC}), text)
    assert found.codes == {"conversion.duplicate_number": 2}
    assert found.converted == 1


STALL = """\
schema: ecert.mapping/1
id: stalls
version: "1"
profile: stall
source: {encoding: auto}
fields: {name: {from: 名称}}
region: {constant: "110105"}
issuer: {name: {constant: 示例市城市管理局}, code: {constant: 11110105MB00000009}}
terms:
  number: {from: 编号}
  serial: {from: 流水号}
  issued: {constant: "20200101"}
  start: {constant: "20200101"}
  end: {constant: "20300101"}
  holder_name: {from: 名称}
  holder_code: {from: 证件}
"""


def stalls(tmp_path, rows):
    (tmp_path / "s.csv").write_text("编号,流水号,名称,证件\n" + rows, encoding="utf-8")
    rules = mapping(STALL, profiles=STALLS)
    found = convert(tmp_path / "s.csv", mapping=rules, out=tmp_path / "out")
    check(found, tmp_path / "out")
    return found


def test_brackets_in_numbers_do_not_hide_duplicates(tmp_path):
    # ecert-data.md 7: half- and full-width brackets of one number
    found = stalls(
        tmp_path,
        f"京（2009）1号,A1,甲,{PERSON}\n京(2009) 1号,A2,甲,{PERSON}\n京〔2009〕1号,A3,甲,{PERSON}\n",
    )
    assert found.codes == {"conversion.duplicate": 2}
    (row, _) = rejects(tmp_path / "out")
    assert "*" in row["value"]  # the number of a person's certificate is personal (L26)


def test_one_number_of_two_holders_converts_neither(tmp_path):
    found = stalls(tmp_path, f"1,A1,甲,{PERSON}\n2,A2,丙,{PERSON}\n1,A3,乙,440524188001010014\n")
    assert found.codes == {"conversion.duplicate_holder": 2}
    assert found.converted == 1


def test_several_tables_and_patterns(tmp_path, monkeypatch):
    (tmp_path / "a.csv").write_bytes(table({}, {"代码": "1"}))
    (tmp_path / "b.csv").write_bytes(table({"至": "20200101"}, encoding="gb18030"))
    out = tmp_path / "out"
    found = convert(str(tmp_path / "*.csv"), mapping=mapping(), out=out)
    check(found, out)
    assert found.codes == {"conversion.duplicate": 1, "uscc.length": 1}
    assert {r["source"] for r in rejects(out)} == {"a.csv", "b.csv"}
    summary = json.loads((out / "summary.json").read_bytes())
    assert [s["encoding"] for s in summary["sources"]] == ["utf-8", "gb18030"]
    # the same file by two names is one table
    (tmp_path / "c.csv").symlink_to(tmp_path / "a.csv")
    found = convert([tmp_path / "a.csv", tmp_path / "c.csv"], mapping=mapping(), out=out)
    assert found.rows == 2
    # the same content twice is two tables, all of the second are duplicates
    (tmp_path / "d").mkdir()
    (tmp_path / "d/a.csv").write_bytes(table({}, {"代码": "1"}))
    found = convert([tmp_path / "a.csv", tmp_path / "d/a.csv"], mapping=mapping(), out=out)
    assert (found.rows, found.converted, found.rejected) == (4, 1, 3)
    monkeypatch.chdir(tmp_path)
    assert convert("[ab].csv", mapping=mapping(), out="out").rows == 3


def test_mapping_by_path(tmp_path):
    (tmp_path / "m.yaml").write_text(LICENCE, encoding="utf-8")
    (tmp_path / "in.csv").write_bytes(table({}))
    assert convert(tmp_path / "in.csv", mapping=tmp_path / "m.yaml", out=tmp_path / "out").rows == 1


@pytest.mark.parametrize(
    ("sources", "code"),
    [
        ([], "conversion.no_input"),
        ("absent.csv", "input.unreadable"),
        ("absent*.csv", "input.unreadable"),
        ("a**b", "input.unreadable"),
        (".", "input.not_a_file"),
    ],
)
def test_inputs_refused(tmp_path, monkeypatch, sources, code):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ECertError) as caught:
        convert(sources, mapping=mapping(), out="out")
    assert caught.value.code == code
    assert not Path("out").exists()


def test_a_table_without_its_columns_is_refused_before_any_row(tmp_path):
    (tmp_path / "a.csv").write_bytes(table({}))
    (tmp_path / "b.csv").write_bytes(b"x,y\n1,2\n")
    (tmp_path / "empty.csv").write_bytes(b"")
    for second in ("b.csv", "empty.csv"):
        with pytest.raises(ExceptionGroup) as caught:
            convert(
                [tmp_path / "a.csv", tmp_path / second], mapping=mapping(), out=tmp_path / "out"
            )
        errors = caught.value.exceptions
        assert len(errors) == 7
        assert all(isinstance(e, MappingError) for e in errors)
        assert not (tmp_path / "out").exists()


def test_utf16_is_refused(tmp_path):
    (tmp_path / "a.csv").write_bytes(table({}).decode().encode("utf-16"))
    with pytest.raises(MalformedInput) as caught:
        convert(tmp_path / "a.csv", mapping=mapping(), out=tmp_path / "out")
    assert caught.value.code == "conversion.utf16"


@pytest.mark.parametrize("name", ["converted.jsonl", "rejects.csv", "summary.json"])
def test_never_over_its_own_input(tmp_path, name):
    (tmp_path / name).write_bytes(table({}))
    with pytest.raises(ECertError) as caught:
        convert(tmp_path / name, mapping=mapping(), out=tmp_path)
    assert caught.value.code == "conversion.overwrites_input"
    # by another name
    (tmp_path / "link.csv").hardlink_to(tmp_path / name)
    with pytest.raises(ECertError):
        convert(tmp_path / "link.csv", mapping=mapping(), out=tmp_path)
    assert (tmp_path / name).read_bytes() == table({})


def test_a_batch_that_dies_leaves_the_earlier_one(tmp_path, monkeypatch):
    before = batch(tmp_path, table({}))
    files = {n: p.read_bytes() for n, p in before.files.items()}

    def die(_rows):
        raise KeyboardInterrupt

    (tmp_path / "in.csv").write_bytes(table({}, {"代码": "1"}))
    with pytest.raises(KeyboardInterrupt):
        convert(tmp_path / "in.csv", mapping=mapping(), out=tmp_path / "out", progress=die)
    assert {n: p.read_bytes() for n, p in before.files.items()} == files
    assert len(list((tmp_path / "out").iterdir())) == 3


def test_left_overs_of_a_killed_batch_are_cleared(tmp_path):
    (tmp_path / "out/.converting").mkdir(parents=True)
    (tmp_path / "out/.converting/numbers").write_bytes(b"half")
    assert batch(tmp_path, table({})).rows == 1


def test_the_summary_is_gone_while_outputs_are_replaced(tmp_path, monkeypatch):
    batch(tmp_path, table({}))
    (tmp_path / "out/rejects.csv").unlink()
    (tmp_path / "out/rejects.csv").mkdir()  # cannot be replaced by a file
    with pytest.raises(ECertError) as caught:
        convert(tmp_path / "in.csv", mapping=mapping(), out=tmp_path / "out")
    assert caught.value.code == "conversion.not_written"
    assert not (tmp_path / "out/summary.json").exists()


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "in.csv").write_bytes(table({}))
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ECertError) as caught:
        convert(tmp_path / "in.csv", mapping=mapping(), out=tmp_path / "file")
    assert caught.value.code == "conversion.not_written"


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_input_that_cannot_be_read(tmp_path):
    (tmp_path / "in.csv").write_bytes(table({}))
    (tmp_path / "in.csv").chmod(0)
    with pytest.raises(MalformedInput) as caught:
        convert(tmp_path / "in.csv", mapping=mapping(), out=tmp_path / "out")
    assert caught.value.code == "input.unreadable"


def test_an_input_that_vanishes(tmp_path, monkeypatch):
    def vanish(*_args, **_kwargs):
        raise OSError

    (tmp_path / "in.csv").write_bytes(table({}))
    monkeypatch.setattr(run, "survey", vanish)
    with pytest.raises(MalformedInput) as caught:
        convert(tmp_path / "in.csv", mapping=mapping(), out=tmp_path / "out")
    assert caught.value.code == "input.unreadable"


def test_an_input_that_changes_is_refused(tmp_path):
    path = tmp_path / "in.csv"
    path.write_bytes(table(*({} for _ in range(500))))

    def change(_rows):
        with path.open("ab") as stream:
            stream.write(b"x\n")

    with pytest.raises(MalformedInput) as caught:
        convert(path, mapping=mapping(), out=tmp_path / "out", progress=change)
    assert caught.value.code == "conversion.input_changed"
    assert list((tmp_path / "out").iterdir()) == []


def test_a_lost_row_is_never_published(tmp_path, monkeypatch):
    honest = job.Job._settle

    def forgetful(self, stream, *args):
        stream.readline()
        honest(self, stream, *args)

    monkeypatch.setattr(job.Job, "_settle", forgetful)
    (tmp_path / "in.csv").write_bytes(table({}, {"代码": "1"}))
    with pytest.raises(ECertError) as caught:
        convert(tmp_path / "in.csv", mapping=mapping(), out=tmp_path / "out")
    assert caught.value.code == "conversion.unbalanced"
    assert list((tmp_path / "out").iterdir()) == []


def test_cells_that_a_spreadsheet_would_run(tmp_path):
    assert safe_cell("=1+1") == "'=1+1"
    for sign in "=+-@\t\r＝＋－＠":
        assert safe_cell(sign + "x").startswith("'")
    assert safe_cell("x=1") == "x=1"
    batch(tmp_path, table({"住所": "=HYPERLINK(\u200b1)"}, {"成立": "-1"}, {"成立": "@SUM(A1)"}))
    for row in rejects(tmp_path / "out"):
        for cell in row.values():
            assert not cell.startswith(("=", "+", "-", "@"))
    assert {r["value"] for r in rejects(tmp_path / "out")} >= {"'=HYPERLINK(\\u{200B}1)", "'-1"}
    assert csv_line(["a,b", '"', "x\ny"]) == b'"a,b","""","x\ny"\r\n'


def test_L26_personal_values_are_masked(tmp_path):
    rows = [
        CARD,
        {**CARD, "号码": PERSON[:-1] + "1"},
        {**CARD, "姓名": "示\u200b例"},
        {**CARD, "性别": "9"},
    ]
    text = ",".join(CARD) + "\n" + "\n".join(",".join(r.values()) for r in rows) + "\n"
    name = f"{PERSON}.csv"
    (tmp_path / name).write_text(text, encoding="utf-8")
    found = convert(tmp_path / name, mapping=mapping(PERMIT), out=tmp_path / "out")
    assert found.rejected >= 2
    for output in ("rejects.csv", "summary.json"):
        data = (tmp_path / "out" / output).read_text("utf-8")
        assert PERSON[:-1] not in data
        assert "示例" not in data.replace("示例市", "")
    assert file_name(name) == "********.csv"
    assert file_name("a.csv") == "a.csv"
    assert file_name("20240318_110105.csv") == "20240318_110105.csv"
    assert file_name("a\u202e.csv") == "a\\u{202E}.csv"


def test_diagnostics_in_memory_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(job, "_KEPT_DIAGNOSTICS", 2)
    found = batch(tmp_path, table(*({"代码": "1"} for _ in range(5))))
    assert len(found.diagnostics) == 2
    assert found.codes == {"uscc.length": 5}
    assert len(rejects(tmp_path / "out")) == 5


@pytest.mark.slow
def test_memory_does_not_grow_with_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(job, "_KEPT_DIAGNOSTICS", 10)

    def peak(rows):
        (tmp_path / "in.csv").write_bytes(table(*({"代码": "1"} for _ in range(rows))))
        tracemalloc.start()
        convert(tmp_path / "in.csv", mapping=mapping(), out=tmp_path / "out")
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(10)  # imports and tables
    assert peak(1500) < peak(300) + 250_000  # cycles of exceptions come and go


def test_row_limits(tmp_path):
    found = batch(tmp_path, table({"住所": "甲" * 300}, {}), limits=Limits(record_bytes=400))
    assert found.codes == {"conversion.row_too_large": 1}


def test_the_example(tmp_path):
    spec = importlib.util.spec_from_file_location("rows", ROOT / "tools/make_legacy_rows.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    data = (EXAMPLES / "legacy_200.csv").read_bytes()
    assert data == module.table(), "run python tools/make_legacy_rows.py"
    found = convert(
        EXAMPLES / "legacy_200.csv",
        mapping=EXAMPLES / "business_licence_2009.yaml",
        out=tmp_path / "out",
    )
    check(found, tmp_path / "out")
    assert (found.rows, found.converted, found.rejected) == (200, 164, 36)
    assert found.codes == {
        "conversion.after_snapshot": 1,
        "conversion.code_unknown": 1,
        "conversion.column_count": 2,
        "conversion.duplicate": 4,
        "conversion.empty_row": 1,
        "conversion.not_in_table": 1,
        "conversion.orgcode_not_uscc": 1,
        "conversion.quote_open": 1,
        "conversion.quoting": 1,
        "conversion.region_ambiguous": 1,
        "conversion.region_unknown": 1,
        "conversion.regno_not_uscc": 4,
        "conversion.undecodable": 2,
        "date.format": 4,
        "date.impossible": 1,
        "field.missing": 3,
        "idnumber.birth_date": 1,
        "idnumber.check": 1,
        "rule.not_before": 2,
        "uscc.characters": 1,
        "uscc.check": 2,
        "uscc.length": 1,
        "value.character": 1,
    }
    made = {c["source"]["line"]: c for c in json_lines(tmp_path / "out/converted.jsonl")}
    profile = Profile.load("business_license")
    assert all(Certificate(c).validate(profile) == () for c in made.values())
    assert {c["kind"] for c in made.values()} == {"converted"}
    assert any("\u9fb4" in c["fields"]["representative"] for c in made.values())
    assert made[12]["fields"]["uscc"] == module.uscc(11)  # joined by the table, not computed
    assert made[41]["fields"]["scope"] == "技术服务；日用百货销售。"
    assert len({c["metadata"]["certificateIdentifier"] for c in made.values()}) == found.converted
    for row in rejects(tmp_path / "out"):
        assert row["zh"]
        assert row["en"]
        assert row["hint_zh"]
        assert row["hint_en"]


def test_columns_of_the_kit():
    assert set(COLUMNS) == set(CELLS)
