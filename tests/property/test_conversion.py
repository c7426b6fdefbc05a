"""Laws of conversion: totality, purity, accounts that balance, nothing personal in the rejects."""

import io
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from conversion_kit import CARD, CELLS, LICENCE, PERMIT, SOURCE, mapping, record, table
from ecert.conversion import Converted, RecordMapping, Rejected, convert, convert_record
from ecert.conversion.gb18030 import FIX_2005, FIX_2022, decode
from ecert.conversion.outputs import csv_line
from ecert.conversion.readers.delimited import Layout, read_rows
from ecert.conversion.regionnames import find_region
from ecert.conversion.transforms import (
    CODE_SYSTEMS,
    DATE_FORMS,
    TRANSFORMS,
    LongTerm,
    Step,
    apply,
)
from ecert.errors import ECertError, MalformedInput
from ecert.model.issue import Cause
from ecert.report.codes import is_known

pytestmark = pytest.mark.property

TEXT = st.text(max_size=40)
DIRT = st.sampled_from(
    ["", "N/A", "长期", "99991231", "2009/3/18", "09-3-18", "=1", "...", "９１", "110105", "\u200b", "\ud800",
     "130503670401001", "110108000000016", "91110105MA0000007L", "1236441600000", "甲", "-1", "京（1）"]
) | TEXT  # fmt: skip
ARGS = {
    "date": tuple(DATE_FORMS),
    "brackets": ("half",),
    "lookup": ("t",),
    "code": (CODE_SYSTEMS[0],),
}
STEPS = st.lists(
    st.sampled_from(sorted(TRANSFORMS)).map(lambda n: Step(n, ARGS.get(n, ()), {"甲": "乙"})),
    max_size=5,
).map(tuple)


@settings(deadline=None)
@given(STEPS, DIRT)
def test_transforms_are_total_and_pure(steps, value):
    found = apply(steps, value)
    assert found is None or isinstance(found, str | tuple | LongTerm | Cause)
    if isinstance(found, Cause):
        assert is_known(found.code)
    assert apply(steps, value) == found


@settings(deadline=None)
@given(DIRT)
def test_normalising_twice_changes_nothing(value):
    for name in (
        "trim",
        "remove_blanks",
        "join_lines",
        "fold_width",
        "nfc",
        "interpunct",
        "brackets",
    ):
        step = (Step(name, ARGS.get(name, ())),)
        once = apply(step, value)
        assert apply(step, once) == once, name


@settings(deadline=None)
@given(DIRT)
def test_no_transform_makes_a_credit_code(value):
    # L10 and ecert-data.md 7: never computed from a registration number
    found = apply((Step("uscc_or_regno"),), value)
    assert isinstance(found, Cause) or found == value


@settings(deadline=None)
@given(st.text(alphabet="北京市上海安徽合肥朝阳区州县省自治族 /-1105", max_size=16))
def test_regions_are_total(text):
    found = find_region(text)
    assert isinstance(found, Cause) or (len(found) == 6 and found.isdigit())


@pytest.mark.parametrize(
    ("text", "cells"), [(LICENCE, CELLS), (PERMIT, CARD)], ids=["licence", "card"]
)
@settings(deadline=None)
@given(data=st.data())
def test_every_record_is_converted_or_explained(text, cells, data):
    rules = RULES[text]
    changes = data.draw(st.dictionaries(st.sampled_from(sorted(cells)), DIRT))
    row = record(cells, **changes)
    found = convert_record(row, rules)
    assert convert_record(row, rules) == found
    if isinstance(found, Converted):
        assert found.certificate.kind == "converted"
        assert found.certificate.document["source"]["sha256"] == SOURCE.sha256
        assert not [i for i in found.certificate.validate(rules.profile) if i.ok is False]
    else:
        assert isinstance(found, Rejected)
        assert found.diagnostics
        for diagnostic in found.diagnostics:
            assert diagnostic.render("zh")
            assert diagnostic.render("en")
            assert diagnostic.hint("zh")
            if diagnostic.field in ("fields.id_number", "fields.name") and text == PERMIT:
                raw = row.values[diagnostic.column].strip()
                assert len(raw) < 2 or diagnostic.value != raw or set(raw) <= {"*"}


RULES = {LICENCE: mapping(LICENCE), PERMIT: mapping(PERMIT)}


@settings(deadline=None)
@given(st.binary(max_size=200) | st.lists(DIRT, max_size=8).map(lambda c: ",".join(c).encode("utf-8", "ignore")),
       st.sampled_from(["utf-8", "gb18030"]))  # fmt: skip
def test_a_reader_survives_any_bytes(data, encoding):
    layout = Layout(encoding=encoding)
    try:
        rows = list(read_rows(io.BytesIO(b"a,b\n" + data), layout, source=SOURCE))
    except MalformedInput:
        return
    lines = [row.line for row in rows]
    assert lines == sorted(set(lines))
    good = [line for line in data.split(b"\n") if line.strip(b" \t\r")]
    assert len(rows) <= len(good) + 1


@settings(deadline=None)
@given(st.lists(st.tuples(DIRT, DIRT), max_size=6))
def test_what_is_written_as_csv_is_read_back(pairs):
    pairs = [tuple(c.encode("utf-8", "ignore").decode() for c in p) for p in pairs]
    pairs = [p for p in pairs if any(c.strip() for c in p) and not any("\r" in c for c in p)]
    data = b"a,b\n" + b"".join(csv_line(list(p)) for p in pairs)
    rows = list(read_rows(io.BytesIO(data), Layout(), source=SOURCE))
    for row, pair in zip(rows, pairs, strict=True):
        for cell, text in zip(row.values.values(), pair, strict=True):
            assert cell.removeprefix("'") == text.removeprefix("'")


@settings(deadline=None, max_examples=20)
@given(st.lists(st.dictionaries(st.sampled_from(["代码", "成立", "名称", "至"]), DIRT), max_size=6),
       st.lists(st.binary(max_size=12), max_size=3))  # fmt: skip
def test_accounts_balance(changes, junk):
    changes = [{k: v.encode("utf-8", "ignore").decode() for k, v in c.items()} for c in changes]
    with tempfile.TemporaryDirectory() as folder:
        path, seen = Path(folder) / "in.csv", []
        path.write_bytes(table(*changes) + b"\n".join(junk))
        batch = convert(
            path, mapping=RULES[LICENCE], out=Path(folder) / "out", progress=seen.append
        )
        assert batch.rows == batch.converted + batch.rejected == seen[-1]
        lines = batch.files["converted.jsonl"].read_bytes().count(b"\n")
        assert lines == batch.converted


@settings(deadline=None)
@given(st.binary(max_size=300) | st.text(alphabet="schema: {}[]-\n\"'abc键&*!|>#", max_size=200).map(str.encode)
       | st.tuples(st.integers(0, len(LICENCE)), TEXT).map(lambda t: (LICENCE[: t[0]] + t[1] + LICENCE[t[0] :]).encode("utf-8", "ignore")))  # fmt: skip
def test_mappings_stay_in_their_error_family(data):
    try:
        RecordMapping.parse(data)
    except ExceptionGroup as group:
        errors = group.exceptions
    else:
        return
    assert errors
    assert all(isinstance(e, ECertError) and is_known(e.code) for e in errors)


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Co"]), max_size=30))
def test_gb18030_reads_what_python_writes(text):
    moved = {fix.char for fix in (*FIX_2022, *FIX_2005)}
    assert decode(text.encode("gb18030")) == text
    assert moved.isdisjoint(fix.private for fix in FIX_2022)
