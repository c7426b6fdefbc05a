"""Laws of recognition: no chain, no symmetry, no order, no pass without an edge of one's own."""

from __future__ import annotations

import itertools
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ecert.ids.region import under
from ecert.recognition import Asked
from ecert.report import Verdict
from recognition_kit import CARD, LICENCE, agreement, asked, axis_of, edge

pytestmark = pytest.mark.property

REGIONS = ["100000", "310000", "310100", "310101", "320000", "350000", "350100", "500000"]
region = st.sampled_from(REGIONS)
EDGES = st.builds(edge, region, region, st.sampled_from(["exact", "subtree"]))
START = datetime(2024, 1, 1, tzinfo=UTC)
instants = st.integers(0, 1000).map(lambda days: START + timedelta(days=days))


@st.composite
def agreements(draw: st.DrawFn) -> list[Any]:
    found = []
    for number in range(draw(st.integers(0, 4))):
        begin, middle = sorted(draw(st.tuples(instants, instants).filter(lambda p: p[0] != p[1])))
        found.append(
            agreement(
                agreement_id=draw(st.sampled_from(["a", "b", "c"])),
                version=str(number),
                edges=draw(st.lists(EDGES, min_size=1, max_size=3)),
                effect=draw(
                    st.sampled_from(
                        ["equivalent", "accept-with-conditions", "information-only", "refuse"]
                    )
                ),
                history=[
                    {"status": "enacted", "from": begin.isoformat(), "to": middle.isoformat()}
                ],
                status=draw(st.sampled_from(["enacted", "suspended", "repealed", "pending"])),
                status_start=middle.isoformat(),
                scope_certificate_types=draw(st.sampled_from([[LICENCE], [CARD], ["*"]])),
                conditions=draw(st.sampled_from([[], ["seen"], ["AR-310000-1"]])),
            )
        )
    return found


questions = st.builds(
    asked,
    relying=region,
    issuing=region,
    issue_date=st.dates(date(2023, 6, 1), date(2026, 9, 1)),
    grade=st.sampled_from(["declared", "proven", "absent"]),
)


@settings(deadline=None)
@given(agreements(), questions, instants, st.randoms(use_true_random=False))
def test_the_order_of_files_changes_nothing(
    found: list[Any], question: Asked, at: datetime, mixer: Any
) -> None:
    shuffled = list(found)
    mixer.shuffle(shuffled)
    assert axis_of(question, found, at=at) == axis_of(question, shuffled, at=at)


@settings(deadline=None)
@given(agreements(), questions, instants)
def test_a_pass_rests_on_one_edge_in_this_direction_in_force_then_and_now(
    found: list[Any], question: Asked, at: datetime
) -> None:
    axis, _ = axis_of(question, found, at=at)
    if axis.verdict is not Verdict.PASSED:
        return
    assert any(
        a.state_at(at) == "enacted" and a.effect != "refuse" and reaches(e, question)
        for a in found
        for e in a.edges
    )


def reaches(one: Any, question: Asked) -> bool:
    sides = ((one.relying, question.relying), (one.issuing, question.issuing or ""))
    return all(
        asked_for == named or (one.covers == "subtree" and under(asked_for, named))
        for named, asked_for in sides
    )


@settings(deadline=None)
@given(agreements(), questions, instants)
def test_references_alone_never_pass_or_fail(
    found: list[Any], question: Asked, at: datetime
) -> None:
    axis, conditions = axis_of(question, [], at=at, references=found)
    assert axis.verdict is Verdict.INDETERMINATE
    assert conditions == ()


def test_no_chain_of_any_length_is_ever_used() -> None:
    places = ["110000", "120000", "130000", "140000", "150000"]
    hops = [edge(a, b) for a, b in itertools.pairwise(places)]
    separate = [agreement(agreement_id=f"hop.{i}", edges=[h]) for i, h in enumerate(hops)]
    at = datetime(2026, 6, 1, tzinfo=UTC)
    for given_agreements in (separate, [agreement(edges=hops)]):
        for i, relying in enumerate(places):
            for j, issuing in enumerate(places):
                axis, _ = axis_of(asked(relying=relying, issuing=issuing), given_agreements, at=at)
                assert (axis.verdict is Verdict.PASSED) is (j == i + 1)


@settings(deadline=None)
@given(st.text(max_size=12), st.text(max_size=40), questions, instants)
def test_hostile_data_never_raise(area: str, kind: str, question: Asked, at: datetime) -> None:
    hostile = asked(
        relying=question.relying, issuing=area, type_code=kind, profile_id=kind, matter=kind or None
    )
    axis, _ = axis_of(hostile, [agreement()], at=at)
    assert axis.verdict is not Verdict.PASSED
