"""Recognition row by row against published vectors: agreements and a question in, answer and codes out."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ecert.recognition import evaluate
from ecert.report import Verdict
from recognition_kit import knowledge_of, question_of

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


@pytest.mark.parametrize("vector", VECTORS["cases"], ids=lambda v: v["id"])
def test_vector(vector: dict[str, Any]) -> None:
    found = evaluate(
        question_of(vector["asked"]),
        knowledge_of(vector),
        at=datetime.fromisoformat(vector["at"]),
    )
    axis, conditions = found.axis, found.conditions
    shown = {c.id: (c.verdict.value, [r.code for r in c.reasons]) for c in axis.walk()}
    expect = vector["expect"]
    assert axis.verdict.value == expect["axis"], shown
    for name, code in expect["codes"].items():
        assert code in shown[f"recognition.{name}"][1], shown
    assert [c.code for c in conditions] == expect["conditions"]
    assert [c.met for c in conditions] == expect.get("met", ["unknown"] * len(conditions))
    plain = [c.id for c in axis.children if c.id != "recognition.equivalences"]
    assert plain == [f"recognition.{n}" for n in NAMES]
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
    door = {
        "recognition.no_statement",
        "recognition.foreign_proof",
        "recognition.carried",
        "recognition.other_instant",
    }
    assert area - silent - door <= seen
