"""Deviations, code tables, matters and equivalences as data: what is refused, and what is kept."""

from __future__ import annotations

import copy
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ecert.errors import TrustError
from ecert.trust.codetable import CodeTable, parse_code_table
from ecert.trust.deviation import parse_deviation
from ecert.trust.documents import identity, knowledge_of, parse_document
from ecert.trust.equivalence import Equivalences, level_reached, related
from ecert.trust.matters import parse_matters
from ecert.trust.reading import Node
from ecert.trust.store import TrustStore
from recognition_kit import agreement

DEVIATION: dict[str, Any] = {
    "schema": "ecert.deviation/1",
    "deviation_id": "test.deviation",
    "version": "1",
    "title": "示例统异",
    "agreement": "test.east",
    "division": "310000",
    "allowed_by": {"document": "示例批复〔2025〕1号"},
    "from": "2026-01-01T00:00:00+08:00",
    "until": "2027-01-01T00:00:00+08:00",
    "changes": {"exclude": {"matters": ["x"]}},
}
TABLE: dict[str, Any] = {
    "schema": "ecert.code-table/1",
    "table_id": "test.use",
    "version": "1",
    "owner": "310000",
    "title": "示例",
    "rows": [{"code": "1", "to": "A", "until": "2025-12-31"}, {"code": "1", "to": "B"}],
}
MATTERS: dict[str, Any] = {
    "schema": "ecert.matters/1",
    "vocabulary_id": "test.matters",
    "version": "1",
    "owner": "310000",
    "title": "示例",
    "items": [{"code": "a", "zh": "甲"}],
}


def changed(plain: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    made = copy.deepcopy(plain) | changes
    return {k: v for k, v in made.items() if v is not None}


@pytest.mark.parametrize(
    "changes",
    [
        {"until": None},
        {"from": None},
        {"until": "2026-01-01T00:00:00+08:00"},
        {"until": "2025-01-01T00:00:00+08:00"},
        {"until": "2027-01-01"},
        {"allowed_by": None},
        {"allowed_by": {"clause": "1"}},
        {"changes": {}},
        {"changes": None},
        {"changes": {"exclude": {}}},
        {"changes": {"exclude": {"types": ["*"]}}},
        {"changes": {"accept_also": {"matters": ["*"]}}},
        {"changes": {"accept_also": {"divisions": ["110000"]}}},
        {"changes": {"information_only": "perhaps"}},
        {"changes": {"effect": "equivalent"}},
        {"division": "3100"},
        {"division": "３１００００"},
        {"version": "0"},
        {"version": "1.5"},
        {"schema": "ecert.deviation/2"},
        {"schema": None},
        {"extra": "1"},
        {"agreement": ""},
    ],
)
def test_a_deviation_without_end_leave_or_effect_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(TrustError):
        parse_deviation(changed(DEVIATION, changes), "d.yaml")
    assert parse_deviation(DEVIATION, "d.yaml").changes == ("exclude matter: x",)


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": []},
        {"rows": None},
        {"rows": [{"code": "1", "to": "A"}, {"code": "1", "to": "A"}]},
        {"rows": [{"code": "1", "to": "A", "from": "2026-01-01", "until": "2025-01-01"}]},
        {"rows": [{"code": "1", "to": "A", "from": "2026-02-30"}]},
        {"rows": [{"code": "1"}]},
        {"rows": [{"code": "1", "to": "A", "lossy": "some"}]},
        {"rows": [["1", "A"]]},
        {"owner": "31"},
        {"version": "-1"},
        {"schema": "ecert.codetable/1"},
    ],
)
def test_a_code_table_is_strict(changes: dict[str, Any]) -> None:
    with pytest.raises(TrustError):
        parse_code_table(changed(TABLE, changes), "t.yaml")


def test_rows_hold_on_their_days_and_all_are_kept() -> None:
    table: CodeTable = parse_code_table(TABLE, "t.yaml")
    assert [r.to for r in table.rows_of("1", date(2025, 12, 31))] == ["A", "B"]
    assert [r.to for r in table.rows_of("1", date(2026, 1, 1))] == ["B"]
    assert table.rows_of("2", date(2026, 1, 1)) == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"items": []},
        {"items": [{"code": "a", "zh": "甲"}, {"code": "a", "zh": "乙"}]},
        {"items": [{"code": "a"}]},
        {"owner": None},
    ],
)
def test_a_vocabulary_is_strict(changes: dict[str, Any]) -> None:
    with pytest.raises(TrustError):
        parse_matters(changed(MATTERS, changes), "m.yaml")
    assert parse_matters(MATTERS, "m.yaml").items["a"].zh == "甲"


def equivalences(plain: dict[str, Any]) -> Equivalences:
    members = {"type", "status", "level", "code", "field"}
    return Equivalences.parse(Node(plain, "a.yaml", "equivalences", members))


FIELD = {"from": "fields.a", "to": "fields.b"}


@pytest.mark.parametrize(
    "plain",
    [
        {"type": [{"issuing": "A"}]},
        {"type": [{"issuing": "A", "relying": "B"}, {"issuing": "A", "relying": "B"}]},
        {"type": [{"issuing": "A", "relying": "B", "priority": "-1"}]},
        {"type": {"A": "B"}},
        {"code": [{"path": "fields.a"}]},
        {"code": [{"path": "fields.a", "table": "t", "pairs": [{"issuing": "1", "relying": "2"}]}]},
        {"code": [{"path": "fields.a", "table": "t"}, {"path": "fields.a", "table": "u"}]},
        {"code": [{"path": "cert.ecid", "table": "t"}]},
        {"field": [{"from": "fields.a", "to": "../b"}]},
        {"field": [FIELD | {"transform": "eval"}]},
        {"field": [FIELD | {"transform": "year"}]},
        {"field": [FIELD | {"transform": "upper", "lossy": "false"}]},
        {"field": [FIELD, FIELD | {"from": "fields.c"}]},
        {"field": [FIELD | {"absent": "pass"}]},
        {"colour": []},
        {"type": [{"issuing": str(n), "relying": "x"} for n in range(4097)]},
    ],
)
def test_equivalences_are_a_closed_language(plain: dict[str, Any]) -> None:
    with pytest.raises(TrustError):
        equivalences(plain)


def test_a_relation_keeps_all_by_priority() -> None:
    told = equivalences(
        {
            "type": [
                {"issuing": "A", "relying": "low"},
                {"issuing": "A", "relying": "top", "priority": 2},
                {"issuing": "B", "relying": "top"},
            ]
        }
    )
    assert related(told.type, "A") == ("top", "low")
    assert related(told.type, "B") == ("top",)
    assert related(told.type, None) == ()
    assert not equivalences({})


def test_levels_in_words_of_others_have_no_order() -> None:
    assert level_reached("high", "substantial") is True
    assert level_reached("low", "substantial") is False
    assert level_reached("二级", "二级") is True
    assert level_reached("二级", "一级") is None
    assert level_reached("high", "二级") is None


def test_one_version_in_two_files_is_refused() -> None:
    one = parse_document("deviations", DEVIATION, "a.yaml", sha256="a" * 64)
    other = parse_document("deviations", DEVIATION, "b.yaml", sha256="b" * 64)
    assert identity(one) == ("deviations", "test.deviation", 1)
    with pytest.raises(TrustError, match="another file"):
        knowledge_of([("a.yaml", one), ("b.yaml", other)])
    made = knowledge_of([("a.yaml", one), ("x.yaml", agreement())], complete=("310000",))
    assert (made.deviations, len(made.agreements)) == ((one,), 1)


def test_a_trust_folder_holds_every_kind() -> None:
    files = {
        "deviations/d.yaml": DEVIATION,
        "code-tables/t.yaml": TABLE,
        "matters/m.yaml": MATTERS,
    }
    import yaml

    store = TrustStore.from_files(
        {name: yaml.safe_dump(body, allow_unicode=True).encode() for name, body in files.items()}
    )
    known = store.knowledge
    assert (len(known.deviations), len(known.code_tables), len(known.matters)) == (1, 1, 1)
    assert known.origin == "folder"
    assert known.deviations[0].sha256
