"""The decision table, row by row, against the judge: hand-made facts, no parser (never-accept.md binds)."""

from __future__ import annotations

import copy
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ecert.report import Decision, Verdict
from ecert.verification.case import Case
from ecert.verification.caseform import from_plain, to_plain
from ecert.verification.policy import Policy
from ecert.verification.reporting import report_of

VECTORS = json.loads(
    (Path(__file__).resolve().parents[1] / "vectors/decision/decision.json").read_text("utf-8")
)


def patched(base: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    out = copy.deepcopy(base)
    for path, value in patch.items():
        keys = [int(k) if k.isdigit() else k for k in re.findall(r"[^.\[\]]+", path)]
        node: Any = out
        for key in keys[:-1]:
            node = node[key] if isinstance(node, list) else node.setdefault(key, {})
        if keys[-1] == "+":
            node.append(value)
        else:
            node[keys[-1]] = value
    return out


def policy_of(name: str) -> Policy:
    if name == "strict_maker":
        return Policy.parse(
            b'id = "strict"\nversion = "1"\n[rules]\nmaker_outside_validity = "failed"\n'
        )
    return Policy.load(name)


@pytest.mark.parametrize("vector", VECTORS["cases"], ids=lambda v: v["id"])
def test_decision_row(vector: dict[str, Any]) -> None:
    case = from_plain(Case, patched(VECTORS["bases"][vector["base"]], vector["patch"]))
    report = report_of(case, policy_of(vector["policy"]), at=datetime.fromisoformat(vector["at"]))
    expect = dict(vector["expect"])
    decision = expect.pop("decision", None)
    for key, (verdict, code) in expect.items():
        if key == "condition":
            assert (code, verdict) in {(c.code, c.met) for c in report.conditions}
        elif key.startswith("role["):
            assert report.signatures[int(key[5:-1])].role == verdict
        else:
            check = report.root.find(key)
            assert check is not None, key
            assert check.verdict.value == verdict, (key, check)
            assert code in {r.code for r in check.reasons} | (
                {None} if not check.reasons else set()
            )
    if decision is not None:
        assert report.decision.value == decision, report.render("en", detail="tree")
    if report.decision is not Decision.ACCEPT:
        assert report.reasons()


def test_every_case_survives_its_plain_form() -> None:
    for vector in VECTORS["cases"]:
        case = from_plain(Case, patched(VECTORS["bases"][vector["base"]], vector["patch"]))
        assert from_plain(Case, json.loads(json.dumps(to_plain(case)))) == case


def test_ids_are_unique() -> None:
    ids = [v["id"] for v in VECTORS["cases"]]
    assert len(ids) == len(set(ids)) > 90


def test_a_vector_with_a_slip_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown members"):
        from_plain(Case, {"signature": []})
    assert Verdict.PASSED
