"""The lines of recognition.md D12 that evaluation must pass, each with answer, code and explanation."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ecert.recognition import Recognition, evaluate
from ecert.report.explained import clerk_page
from ecert.trust.knowledge import Knowledge
from recognition_kit import AT, CARD, LICENCE, agreement, asked, edge, rule

BOTH = ("310000", "350000")
TURN = datetime(2026, 1, 1, tzinfo=UTC)
PROVEN = datetime(2025, 3, 18, 8, tzinfo=UTC)


def bundle(*agreements: Any, **more: Any) -> Knowledge:
    signed = tuple(replace(a, signed_by=a.signed_by or BOTH) for a in agreements)
    return Knowledge(origin="bundle", agreements=signed, references=(), **more)


def answer(knowledge: Knowledge, at: datetime = AT, **question: Any) -> Recognition:
    return evaluate(asked(**question), knowledge, at=at)


def codes(found: Recognition) -> set[str]:
    return {r.code for c in found.axis.walk() for r in c.reasons}


def page(found: Recognition) -> str:
    return "\n".join(text for _, text in clerk_page(found.explanation, "zh"))


def repealed(mode: str, **more: Any) -> Any:
    told = {"mode": mode} | more
    history = [{"status": "enacted", "from": "2024-01-01T00:00:00Z", "to": TURN.isoformat()}]
    return agreement(
        history=history, status="repealed", status_start=TURN.isoformat(), grandfathering=told
    )


@pytest.mark.parametrize(
    ("made", "question", "outcome", "code"),
    [
        (repealed("none"), {}, "not_recognised", "agreement.repealed"),
        (repealed("by-issue-time"), {}, "undetermined", "agreement.grandfathering_no_poe"),
        (
            repealed("by-issue-time"),
            {"grade": "proven", "signed_by": PROVEN},
            "recognised",
            "agreement.grandfathered",
        ),
        (
            repealed("by-issue-time"),
            {"grade": "proven", "signed_by": TURN},
            "undetermined",
            "agreement.grandfathering_no_poe",
        ),
        (
            repealed("by-issue-time"),
            {"grade": "proven", "signed_by": TURN, "issue_date": date(2026, 3, 1)},
            "not_recognised",
            "agreement.repealed",
        ),
        (
            repealed("cut-off", cut_off="2026-06-02T00:00:00Z"),
            {"grade": "witnessed", "signed_by": PROVEN},
            "recognised",
            "agreement.grandfathered",
        ),
        (
            repealed("cut-off", cut_off=AT.isoformat()),
            {"grade": "witnessed", "signed_by": PROVEN},
            "not_recognised",
            "agreement.repealed",
        ),
        (
            repealed("by-evaluation-time"),
            {"grade": "proven", "signed_by": PROVEN},
            "not_recognised",
            "agreement.repealed",
        ),
    ],
)
def test_d12_agreement_repealed_after_issue_with_each_grandfathering_mode(
    made: Any, question: dict[str, Any], outcome: str, code: str
) -> None:
    found = answer(bundle(made), **question)
    assert (found.outcome, code in codes(found)) == (outcome, True)


def test_d12_suspended_then_reenacted_window_edges_to_the_second() -> None:
    first, last = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
    made = agreement(
        history=[
            {"status": "enacted", "from": "2024-01-01T00:00:00Z", "to": first.isoformat()},
            {"status": "suspended", "from": first.isoformat(), "to": last.isoformat()},
        ],
        status="enacted",
        status_start=last.isoformat(),
    )
    second = timedelta(seconds=1)
    for at, outcome in (
        (first - second, "recognised"),
        (first, "not_recognised"),
        (last - second, "not_recognised"),
        (last, "recognised"),
    ):
        found = answer(bundle(made), at)
        assert found.outcome == outcome
        assert ("agreement.suspended" in codes(found)) is (outcome == "not_recognised")
    inside = answer(bundle(made), first)
    changes = inside.explanation["nearest"]["changes"]
    assert {"set": [_change("t_eval", first, last)], "outcome": "recognised"} in changes


def _change(fact: str, now: datetime, then: datetime) -> dict[str, str]:
    return {"fact": fact, "from": now.isoformat(), "to": then.isoformat()}


def test_d12_two_equal_specificity_agreements_are_ambiguous() -> None:
    found = answer(bundle(agreement(), agreement(agreement_id="test.other")))
    assert found.outcome == "undetermined"
    assert "agreement.ambiguous" in codes(found)
    assert {c["why"] for c in found.explanation["considered"]} == {"equally_specific"}


def test_d12_a_b_and_b_c_never_yields_a_c() -> None:
    first = replace(
        agreement(agreement_id="a-b", edges=[edge("310000", "320000")]),
        signed_by=("310000", "320000"),
    )
    second = replace(
        agreement(agreement_id="b-c", edges=[edge("320000", "350000")]),
        signed_by=("320000", "350000"),
    )
    found = answer(bundle(first, second))
    assert (found.outcome, found.explanation["agreement"]) == ("undetermined", None)
    listed = answer(bundle(first, second, complete=("310000",)))
    assert (listed.outcome, "agreement.none" in codes(listed)) == ("not_recognised", True)


def test_d12_one_way_agreement_refused_in_reverse() -> None:
    turned = {"relying": "350000", "issuing": "310000"}
    found = answer(bundle(agreement()), **turned)
    assert found.outcome == "undetermined"
    assert "方向相反" in page(found)
    listed = answer(bundle(agreement(), complete=("350000",)), **turned)
    assert (listed.outcome, "agreement.none" in codes(listed)) == ("not_recognised", True)


def test_d12_type_equivalence_one_to_many_keeps_all() -> None:
    pairs = [
        {"issuing": LICENCE, "relying": "LOCAL-A", "priority": 1},
        {"issuing": LICENCE, "relying": "LOCAL-B", "priority": 2},
        {"issuing": LICENCE, "relying": "LOCAL-C"},
        {"issuing": CARD, "relying": "LOCAL-D"},
    ]
    found = answer(bundle(agreement(equivalences={"type": pairs})))
    assert found.outcome == "recognised"
    (step,) = found.explanation["translations"]
    assert step["into"] == ["LOCAL-B", "LOCAL-A", "LOCAL-C"]
    assert "LOCAL-B | LOCAL-A | LOCAL-C" in page(found)


def test_d12_missing_field_is_unknown_not_pass() -> None:
    made = rule("AR-310000-1", "cert.fields.capital != ''", affected_fields=["cert.fields.capital"])
    found = answer(bundle(agreement(), rules=(replace(made, signed_by=("310000",)),)))
    assert (found.outcome, "rule.undecided" in codes(found)) == ("undetermined", True)
    (ran,) = found.explanation["trace"]
    assert ran["conditions"][0]["code"] == "rule.value_missing"


@pytest.mark.parametrize(
    ("at", "outcome"),
    [
        (datetime(2011, 1, 15, tzinfo=UTC), "undetermined"),
        (datetime(2026, 6, 1, tzinfo=UTC), "recognised"),
    ],
)
def test_d12_division_merged_between_issue_and_evaluation(at: datetime, outcome: str) -> None:
    """卢湾区 310103 went into 黄浦区 310101 in 2011; an edge over the latter covers it from then on."""
    made = agreement(
        edges=[edge("310000", "310101", "exact")],
        status_start="2008-01-01T00:00:00+08:00",
    )
    found = answer(bundle(made), at, issuing="310103", issue_date=date(2010, 5, 4))
    assert found.outcome == outcome
    assert found.explanation["question"]["issuing"]["name"] == "卢湾区"


def test_d12_rule_owner_is_not_signer_refused() -> None:
    made = rule("AR-310000-1", "cert.kind == 'original'")
    for signer in ("350000", "100000", "310101"):
        rules = (replace(made, signed_by=(signer,)),)
        named = bundle(agreement(conditions=["AR-310000-1"]), rules=rules)
        found = answer(named, kind="original")
        assert (found.outcome, "rule.unknown" in codes(found)) == ("undetermined", True)
        assert "not_signed_by_owner" in [c["why"] for c in found.explanation["considered"]]
        unnamed = answer(bundle(agreement(), rules=rules), kind="copy")
        assert unnamed.explanation["trace"] == []


@pytest.mark.parametrize("on_unknown", ["refer", "fail"])
def test_d12_rule_for_newer_engine_refers_with_upgrade_code(on_unknown: str) -> None:
    newer = {"name": "ecert.rules", "min_version": "1.99"}
    made = rule("AR-310000-1", "later(cert)", engine=newer, on_unknown=on_unknown)
    found = answer(bundle(agreement(), rules=(replace(made, signed_by=("310000",)),)))
    assert (found.outcome, "rule.engine_newer" in codes(found)) == ("undetermined", True)
    assert "1.99" in page(found)


def test_d12_identical_answers_of_two_runs_and_of_any_order() -> None:
    several = [agreement(agreement_id=f"x.{i}", edges=[edge("310000", "350100")]) for i in range(4)]
    first = answer(bundle(*several, agreement()))
    second = answer(bundle(agreement(), *reversed(several)))
    assert first == second
