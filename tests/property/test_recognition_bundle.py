"""Laws of recognition over bundles: order, silence, foreign signatures, what carries a refusal."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ecert.recognition import Asked, compile_knowledge, decide, evaluate
from ecert.trust.deviation import parse_deviation
from ecert.trust.knowledge import Knowledge
from recognition_kit import CARD, LICENCE, agreement, asked, edge, rule

pytestmark = pytest.mark.property

REGIONS = ["100000", "310000", "310101", "350000", "350100", "500000"]
region = st.sampled_from(REGIONS)
START = datetime(2024, 1, 1, tzinfo=UTC)
instants = st.integers(0, 1000).map(lambda days: START + timedelta(days=days))
signers = st.lists(region, max_size=3, unique=True).map(tuple)
EDGES = st.builds(edge, region, region, st.sampled_from(["exact", "subtree"]))
EFFECTS = ["equivalent", "accept-with-conditions", "information-only", "refuse"]
KINDS = ["bilateral", "unilateral", "national"]


@st.composite
def agreements(draw: st.DrawFn) -> Any:
    begin, middle = sorted(draw(st.tuples(instants, instants).filter(lambda p: p[0] != p[1])))
    made = agreement(
        agreement_id=draw(st.sampled_from(["a", "b", "c"])),
        version=str(draw(st.integers(1, 3))),
        kind=draw(st.sampled_from(KINDS)),
        edges=draw(st.lists(EDGES, min_size=1, max_size=2)),
        effect=draw(st.sampled_from(EFFECTS)),
        history=[{"status": "enacted", "from": begin.isoformat(), "to": middle.isoformat()}],
        status=draw(st.sampled_from(["enacted", "suspended", "repealed"])),
        status_start=middle.isoformat(),
        scope_certificate_types=draw(st.sampled_from([[LICENCE], [CARD], ["*"]])),
        conditions=draw(st.sampled_from([[], ["AR-310000-1"]])),
    )
    return replace(made, signed_by=draw(signers))


@st.composite
def rules(draw: st.DrawFn) -> Any:
    name = draw(st.sampled_from(["AR-310000-1", "IR-100000-1", "IR-350000-1", "WR-310000-1"]))
    kind = draw(st.sampled_from(["original", "copy"]))
    made = rule(name, f"cert.kind == '{kind}'", version=draw(st.integers(1, 2)))
    return replace(made, signed_by=draw(signers))


CHANGES = [
    {"exclude": {"matters": ["company.change"]}},
    {"accept_also": {"types": [LICENCE], "matters": ["company.change"]}},
    {"information_only": True},
    {"require": ["AR-310000-1"]},
]


@st.composite
def deviations(draw: st.DrawFn) -> Any:
    begin, end = sorted(draw(st.tuples(instants, instants).filter(lambda p: p[0] != p[1])))
    plain = {
        "schema": "ecert.deviation/1",
        "deviation_id": draw(st.sampled_from(["d", "e"])),
        "version": draw(st.integers(1, 2)),
        "title": "示例",
        "agreement": draw(st.sampled_from(["a", "b"])),
        "division": draw(region),
        "allowed_by": {"document": "示例"},
        "from": begin.isoformat(),
        "until": end.isoformat(),
        "changes": draw(st.sampled_from(CHANGES)),
    }
    made = parse_deviation(plain, "d.yaml", sha256=hashlib.sha256(str(plain).encode()).hexdigest())
    return replace(made, signed_by=draw(signers))


@st.composite
def bundles(draw: st.DrawFn) -> Knowledge:
    return Knowledge(
        origin="bundle",
        agreements=tuple(draw(st.lists(agreements(), max_size=4))),
        rules=tuple(draw(st.lists(rules(), max_size=3))),
        deviations=tuple(draw(st.lists(deviations(), max_size=3))),
        complete=draw(signers),
        references=(),
    )


questions = st.builds(
    asked,
    relying=region,
    issuing=region,
    kind=st.sampled_from(["original", None]),
    issue_date=st.dates(date(2023, 6, 1), date(2026, 9, 1)),
    grade=st.just("declared"),
)


def word(question: Asked, knowledge: Knowledge, at: datetime) -> str:
    return decide(question, compile_knowledge(knowledge), at=at).outcome


@settings(deadline=None)
@given(bundles(), questions, instants, st.randoms(use_true_random=False))
def test_the_same_facts_in_any_order_give_the_same_answer(
    known: Knowledge, question: Asked, at: datetime, mixer: Any
) -> None:
    def mixed(those: tuple[Any, ...]) -> tuple[Any, ...]:
        found = list(those)
        mixer.shuffle(found)
        return tuple(found)

    other = replace(
        known,
        agreements=mixed(known.agreements),
        rules=mixed(known.rules),
        deviations=mixed(known.deviations),
    )
    first, second = evaluate(question, known, at=at), evaluate(question, other, at=at)
    assert first == second
    assert first.outcome == word(question, known, at)


@settings(deadline=None)
@given(bundles(), questions, instants, agreements(), deviations(), rules())
def test_l19_what_neither_side_signed_changes_nothing(
    known: Knowledge, question: Asked, at: datetime, more: Any, deviation: Any, extra: Any
) -> None:
    """Adding a document signed by strangers never produces an answer, and never takes one away."""
    strangers = ("500000",)
    foreign = replace(
        more, signed_by=strangers, edges=agreement(edges=[edge("310000", "350000")]).edges
    )
    other = replace(
        known,
        agreements=(*known.agreements, foreign),
        deviations=(*known.deviations, replace(deviation, signed_by=strangers, division="310000")),
        rules=(*known.rules, replace(extra, signed_by=strangers)),
    )
    if "500000" in (question.relying, question.issuing):
        return
    assert word(question, other, at) == word(question, known, at)


@settings(deadline=None)
@given(bundles(), questions, instants)
def test_l19_a_pass_needs_the_relying_role_and_the_issuing_one_unless_unilateral(
    known: Knowledge, question: Asked, at: datetime
) -> None:
    found = decide(question, compile_knowledge(known), at=at)
    if found.outcome not in ("recognised", "recognised_with_conditions"):
        return
    hit = found.hit
    assert hit is not None
    signers_of = set(hit.agreement.signed_by)
    assert covered(hit.edge.relying, signers_of)
    assert hit.agreement.kind == "unilateral" or covered(hit.edge.issuing, signers_of)
    assert hit.agreement.effect != "refuse"


def covered(named: str, signed: set[str]) -> bool:
    if named == "100000":
        return "100000" in signed
    return bool({named, named[:2] + "0000"} & (signed - {"100000"}))


@settings(deadline=None)
@given(bundles(), questions, instants)
def test_removing_a_document_that_carried_no_refusal_never_turns_a_no_into_a_yes(
    known: Knowledge, question: Asked, at: datetime
) -> None:
    found = decide(question, compile_knowledge(known), at=at)
    if found.outcome != "not_recognised" or found.hit is None:
        return
    carried = {found.hit.agreement.agreement_id}
    carried |= {r.name for r in found.ran if r.outcome == "fail"}
    carried |= {d.deviation.deviation_id for d in found.hit.deviations}
    for name, those in (
        ("agreements", known.agreements),
        ("rules", known.rules),
        ("deviations", known.deviations),
    ):
        for one in those:
            ident = getattr(
                one, {"agreements": "agreement_id", "rules": "rule_id"}.get(name, "deviation_id")
            )
            if ident in carried:
                continue
            less = replace(known, **{name: tuple(d for d in those if d is not one)})
            assert word(question, less, at) not in ("recognised", "recognised_with_conditions")


@settings(deadline=None)
@given(bundles(), questions, instants)
def test_a_deviation_never_turns_the_other_side_s_refusal_into_a_yes(
    known: Knowledge, question: Asked, at: datetime
) -> None:
    without = decide(question, compile_knowledge(replace(known, deviations=())), at=at)
    if without.hit is None or without.hit.agreement.effect != "refuse":
        return
    if without.outcome != "not_recognised":
        return
    refusing = without.hit.agreement.agreement_id
    mine = tuple(d for d in known.deviations if d.agreement == refusing)
    assert word(question, replace(known, deviations=mine), at) == "not_recognised"


@settings(deadline=None)
@given(st.text(max_size=12), st.text(max_size=20), bundles(), instants)
def test_hostile_questions_never_raise(
    area: str, text: str, known: Knowledge, at: datetime
) -> None:
    question = asked(
        issuing=area, type_code=text, profile_id=text, matter=text or None, kind=text, state=text,
        holder_kind=text,
    )  # fmt: skip
    assert evaluate(question, known, at=at).outcome in ("undetermined", "not_recognised")
