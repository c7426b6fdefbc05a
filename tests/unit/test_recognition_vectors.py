"""Recognition row by row against published vectors: agreements and a question in, answer and codes out."""

from __future__ import annotations

import json
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ecert.recognition import Asked, recognition_axis
from ecert.report import Verdict
from recognition_kit import parsed

VECTORS = json.loads(
    (Path(__file__).resolve().parents[1] / "vectors/recognition/recognition.json").read_text(
        "utf-8"
    )
)
NAMES = [
    "agreement",
    "signed_by_parties",
    "in_force",
    "type",
    "matter",
    "assurance",
    "rules",
    "conditions",
]


def question(plain: dict[str, Any]) -> Asked:
    given = dict(plain)
    if given.get("issue_date"):
        given["issue_date"] = date.fromisoformat(given["issue_date"])
    if given.get("signed_by"):
        given["signed_by"] = datetime.fromisoformat(given["signed_by"])
    return Asked(**given)


@pytest.mark.parametrize("vector", VECTORS["cases"], ids=lambda v: v["id"])
def test_vector(vector: dict[str, Any]) -> None:
    axis, conditions = recognition_axis(
        question(vector["asked"]),
        [parsed(a) for a in vector["agreements"]],
        at=datetime.fromisoformat(vector["at"]),
        references=[parsed(a, "reference") for a in vector["references"]],
    )
    shown = {c.id: (c.verdict.value, [r.code for r in c.reasons]) for c in axis.walk()}
    expect = vector["expect"]
    assert axis.verdict.value == expect["axis"], shown
    for name, code in expect["codes"].items():
        assert code in shown[f"recognition.{name}"][1], shown
    assert [c.code for c in conditions] == expect["conditions"]
    assert all(c.met == "unknown" for c in conditions)
    assert [c.id for c in axis.children] == [f"recognition.{n}" for n in NAMES]
    if axis.verdict is not Verdict.PASSED:
        assert any(c.reasons for c in axis.causes())


def test_ids_are_unique() -> None:
    ids = [v["id"] for v in VECTORS["cases"]]
    assert len(ids) == len(set(ids)) > 80


def test_every_code_of_the_area_but_the_door_of_recognize_is_reached() -> None:
    from ecert.report.codes import registry

    area = {c for c, i in registry().items() if i.area == "recognition"}
    seen = {
        c
        for v in VECTORS["cases"]
        for c in (*v["expect"]["codes"].values(), *v["expect"]["conditions"])
    }
    silent = {"agreement.no_assurance", "agreement.no_rules", "agreement.no_conditions"}
    door = {"recognition.foreign_proof", "recognition.carried", "recognition.other_instant"}
    assert area - silent - door <= seen
