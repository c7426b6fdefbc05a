"""Agreements as data: what is refused, so that nothing a check cannot act on slips by."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ecert.errors import TrustError
from ecert.trust.equivalence import Equivalences, Pair
from recognition_kit import agreement, body, edge, parsed

BASIS = [{"document": "示例文件"}]


def test_a_full_agreement() -> None:
    made = agreement(
        schema="ecert.agreement/1",
        version="1.2-3",
        conditions=["AR-310000-1"],
        grandfathering={"mode": "cut-off", "cut_off": "2027-01-01T00:00:00+08:00"},
        equivalences={"status": [{"issuing": "1", "relying": "2", "priority": "3"}], "type": []},
        data_basis="x",
        notes="说明",
        scope_channels=["counter"],
        scope_holder_kinds=["legal"],
        scope_min_assurance="high",
        scope_exclusions=["division:310115", "matter:x", "type:y"],
        edges=[edge("310000", "350000"), {"relying": "320000", "issuing": "350000", "depth": "0"}],
    )
    assert made.order == (1, 2, 3)
    assert made.cut_off == datetime(2026, 12, 31, 16, tzinfo=UTC)
    assert made.equivalences == Equivalences(status=(Pair("1", "2", 3),))
    assert (made.channels, made.holder_kinds, made.min_assurance) == (
        ("counter",),
        ("legal",),
        "high",
    )
    assert [e.covers for e in made.edges] == ["subtree", "exact"]
    assert str(made.basis[0]) == "示例文件〔2024〕1号 第三条 示例机关 2024-01-01"
    assert made.notes == "说明"
    assert not made.reference


REFUSED: dict[str, dict[str, Any]] = {
    "unknown member": {"extra": "1"},
    "other schema": {"schema": "ecert.agreement/9"},
    "no basis": {"legal_basis": []},
    "basis without document": {"legal_basis": [{"clause": "1"}]},
    "no title": {"title": None},
    "empty id": {"agreement_id": ""},
    "version in words": {"version": "draft"},
    "version too long": {"version": "1" * 10},
    "version ending in a dot": {"version": "1."},
    "unknown kind": {"kind": "friendly"},
    "unknown effect": {"effect": "maybe"},
    "unknown status": {"status": "asleep"},
    "unknown confidence": {"confidence": "sure"},
    "no edges": {"edges": []},
    "edges no list": {"edges": "310000"},
    "edge no mapping": {"edges": ["310000"]},
    "transitive edge": {"edges": [edge("310000", "350000") | {"depth": "1"}]},
    "short division": {"edges": [edge("31000", "350000")]},
    "digits of another script": {"edges": [edge("３１００００", "350000")]},
    "superscript digits": {"edges": [edge("31000²", "350000")]},
    "unknown covers": {"edges": [edge("310000", "350000", "all")]},
    "no types": {"scope_certificate_types": None},
    "a type that is empty": {"scope_certificate_types": [""]},
    "any type without clause": {"scope_certificate_types": ["*"], "legal_basis": BASIS},
    "any type and another": {"scope_certificate_types": ["*", "x"]},
    "any type by name": {"scope_type_names": ["*"]},
    "no matters": {"scope_matters": []},
    "any matter without clause": {"scope_matters": ["*"], "legal_basis": BASIS},
    "any matter and another": {"scope_matters": ["*", "x"]},
    "unstated matters": {"scope_matters": ["unstated"]},
    "exclusion in words": {"scope_exclusions": ["不含营运车辆"]},
    "exclusion of nothing": {"scope_exclusions": ["matter:"]},
    "exclusion of a short division": {"scope_exclusions": ["division:31"]},
    "scope member": {"scope_colour": "red"},
    "unknown grandfathering": {"grandfathering": {"mode": "forever"}},
    "cut-off without date": {"grandfathering": {"mode": "cut-off"}},
    "unknown equivalence": {"equivalences": {"colour": []}},
    "start without zone": {"status_start": "2024-01-01T00:00:00"},
    "start is a day": {"status_start": "2024-01-01"},
    "start is no time": {"status_start": "soon"},
    "start before time": {"status_start": "0001-01-01T00:00:00+08:00"},
    "history with a gap": {
        "history": [
            {"status": "pending", "from": "2023-01-01T00:00:00Z", "to": "2023-06-01T00:00:00Z"}
        ]
    },
    "history that overlaps": {
        "history": [
            {"status": "pending", "from": "2023-01-01T00:00:00Z", "to": "2024-06-01T00:00:00Z"}
        ]
    },
    "history that runs backwards": {
        "history": [
            {"status": "pending", "from": "2024-01-01T00:00:00Z", "to": "2023-06-01T00:00:00Z"}
        ]
    },
}


@pytest.mark.parametrize("changes", REFUSED.values(), ids=REFUSED)
def test_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(TrustError) as caught:
        agreement(**changes)
    assert caught.value.code == "trust.invalid_file"
    assert caught.value.params["source"] == "agreements/test.yaml"


@pytest.mark.parametrize("value", [None, "text", [], 7])
def test_no_mapping(value: Any) -> None:
    with pytest.raises(TrustError):
        parsed(value)


def test_only_a_reference_leaves_its_matters_unstated() -> None:
    assert parsed(body(scope_matters=["unstated"]), "reference").reference
    with pytest.raises(TrustError):
        parsed(body(scope_matters=["unstated", "x"]), "reference")


def test_windows_are_half_open() -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    history = [{"status": "pending", "from": "2023-01-01T00:00:00Z", "to": "2024-01-01T00:00:00Z"}]
    made = agreement(history=history, status_start="2024-01-01T00:00:00Z")
    assert made.state_at(start) == "enacted"
    assert made.state_at(datetime(2023, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)) == "pending"
    assert made.state_at(datetime(2022, 12, 31, tzinfo=UTC)) is None
