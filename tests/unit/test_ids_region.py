"""Region codes with history: withdrawn is not unknown, a day between two tables is answered."""

from __future__ import annotations

import itertools
from datetime import date

import pytest

from ecert.errors import InvalidIdentifier
from ecert.ids import RegionCode, region


def test_lookup_on_days_around_a_rename():
    assert region.lookup("420600", date(2009, 6, 1)).name == "襄樊市"
    assert region.lookup("420600", date(2010, 3, 1)).name == "襄樊市"  # between two tables
    assert region.lookup("420600", date(2010, 12, 31)).name == "襄阳市"
    assert region.lookup("420600").name == "襄阳市"


def test_lookup_between_tables():
    assert region.lookup("500000", date(1996, 12, 31)) is None
    assert region.lookup("500000", date(1997, 6, 1)).name == "重庆市"  # first listed 1997-12
    assert region.lookup("510200", date(1997, 6, 1)).name == "重庆市"  # last listed 1996-12
    assert region.lookup("510200", date(1998, 1, 1)) is None
    assert region.lookup("110228", date(2015, 10, 31)).name == "密云县"
    assert region.lookup("110228", date(2016, 1, 1)) is None


def test_first_and_last_tables_have_no_edge():
    assert region.lookup("110000", date(1900, 1, 1)).name == "北京市"
    assert region.lookup("110000", date(2090, 1, 1)).name == "北京市"
    assert region.newest_table() == date(2023, 6, 30)


def test_a_code_used_twice():
    names = [r.name for r in region.history("410307")]
    assert names == ["洛龙区", "偃师区"]
    assert region.lookup("410307", date(2015, 1, 1)) is None
    assert region.lookup("410307", date(2022, 1, 1)).name == "偃师区"


def test_unknown_is_an_answer():
    assert region.lookup("999999") is None
    assert region.lookup("830000") is None
    assert region.history("999999") == ()
    with pytest.raises(InvalidIdentifier):
        region.lookup("11010")
    with pytest.raises(InvalidIdentifier):
        region.lookup("１１０１０５")


def test_conventions_and_statistical_codes():
    assert region.lookup("100000").source == "convention"
    assert region.lookup("340171").source == "stats"
    assert region.lookup("130101").name == "市辖区"
    assert region.lookup("340171", date(2017, 1, 1)).name == "合肥高新技术产业开发区"
    assert region.lookup("340171", date(2015, 1, 1)) is None
    for code in ("710000", "810000", "820000"):
        assert not region.lookup(code).withdrawn


def test_successors_have_a_basis():
    assert region.lookup("330104").successors == ("330102", "330114")
    assert region.lookup("330104").basis == "curated"
    assert region.lookup("542400").basis == "same-name"
    assert region.lookup("341400").successors == ()
    for records in region._regions().values():
        for record in records:
            assert bool(record.successors) == bool(record.basis)
            assert not record.successors or record.withdrawn
            for code in record.successors:
                assert region.history(code)
                assert code != record.code


def test_current_follows_successors():
    assert region.current("110228") == ("110118",)
    assert region.current("110118") == ("110118",)
    assert region.current("330104") == ("330102", "330114")
    assert region.current("341400") == ()
    assert region.current("999999") == ()
    assert region.current("542200") == ("540500",)


def test_ancestors_and_under():
    assert [str(a) for a in region.ancestors("110105")] == ["110100", "110000"]
    assert [str(a) for a in region.ancestors("110100")] == ["110000"]
    assert region.ancestors(RegionCode("110000")) == ()
    assert region.under("500112", "500000")
    assert region.under("500000", RegionCode("500000"))
    assert region.under("500112", "100000")
    assert region.under("100000", "100000")
    assert not region.under("500000", "500112")
    assert not region.under("510200", "500000")
    assert not region.under("100000", "110000")


def test_region_code():
    code = RegionCode("110105")
    assert str(code.province) == "110000"
    levels = {RegionCode(c).level for c in ("100000", "110000", "110100", "110105")}
    assert levels == {"nation", "province", "prefecture", "county"}


def test_every_row_is_sound():
    count = 0
    for code, records in region._regions().items():
        assert RegionCode(code)
        for before, after in itertools.pairwise(records):
            assert before.valid_to is not None
            assert after.valid_from is not None
            assert before.valid_to < after.valid_from
        for record in records:
            count += 1
            assert record.name.strip() == record.name != ""
            assert record.source in {"gb", "stats", "early", "convention"}
            middle = record.valid_from or record.valid_to or date(2000, 1, 1)
            assert region.lookup(code, middle) == record
    assert count > 8000
