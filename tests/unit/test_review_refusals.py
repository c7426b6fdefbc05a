"""L19: no version by one side takes back what another side said of the same agreement or deviation."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ecert.recognition import evaluate
from ecert.trust.agreement import Agreement
from ecert.trust.deviation import Deviation, parse_deviation
from ecert.trust.knowledge import Knowledge
from recognition_kit import AT, agreement, asked, edge

OURS, THEIRS, THIRD = "310000", "350000", "440000"
NATIONAL = replace(
    agreement(agreement_id="test.nation", kind="national", edges=[edge("100000", "100000")]),
    signed_by=("100000",),
)


def outcome(*agreements: Agreement, deviations: tuple[Deviation, ...] = ()) -> str:
    known = Knowledge(origin="bundle", agreements=agreements, deviations=deviations, references=())
    return evaluate(asked(), known, at=AT).outcome


def refusal(by: str, **changes: object) -> Agreement:
    return replace(agreement(effect="refuse", **changes), signed_by=(by,))


@pytest.mark.parametrize("kind", ["bilateral", "unilateral"])
@pytest.mark.parametrize(("by", "other"), [(OURS, THEIRS), (THEIRS, OURS)])
def test_l19_a_newer_version_by_the_other_side_takes_no_refusal_back(by, other, kind) -> None:
    assert outcome(NATIONAL) == "recognised"
    refused = refusal(by, kind=kind)
    assert outcome(NATIONAL, refused) == "not_recognised"
    newer = replace(agreement(version="9", kind=kind), signed_by=(other,))
    assert outcome(NATIONAL, refused, newer) in ("not_recognised", "undetermined")
    assert outcome(refused, newer) in ("not_recognised", "undetermined")


@pytest.mark.parametrize("by", [OURS, THEIRS])
def test_l19_whoever_refused_takes_it_back_by_a_newer_version_of_its_own(by) -> None:
    newer = replace(agreement(version="9"), signed_by=(OURS, THEIRS))
    assert outcome(refusal(by), newer) == "recognised"


def deviation(division: str, version: int, **changes: object) -> Deviation:
    body = {
        "schema": "ecert.deviation/1",
        "deviation_id": "test.d",
        "version": version,
        "title": "示例",
        "agreement": "test.east",
        "division": division,
        "allowed_by": {"document": "示例〔2026〕2号"},
        "from": "2026-01-01T00:00:00Z",
        "until": "2027-01-01T00:00:00Z",
        "changes": changes,
    }
    return replace(parse_deviation(body, "d.yaml", sha256="0" * 64), signed_by=(division,))


@pytest.mark.parametrize("thief", [THEIRS, THIRD])
def test_l19_a_deviation_of_another_division_supersedes_none(thief) -> None:
    whole = replace(agreement(), signed_by=(OURS, THEIRS))
    narrowed = deviation(OURS, 1, exclude={"matters": ["company.change"]})
    foreign = deviation(thief, 9, exclude={"matters": ["other"]})
    assert outcome(whole) == "recognised"
    assert outcome(whole, deviations=(narrowed,)) != "recognised"
    assert outcome(whole, deviations=(narrowed, foreign)) != "recognised"
    ended = deviation(OURS, 9, exclude={"matters": ["other"]})
    assert outcome(whole, deviations=(narrowed, ended)) == "recognised"
