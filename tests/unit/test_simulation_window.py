"""Spans of one answer: every edge to the microsecond, held against a scan of every hour (D9, D12)."""

from __future__ import annotations

import random
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ecert.errors import ECertError
from ecert.ids import first_instant
from ecert.recognition import Asked
from ecert.recognition.compiled import compile_knowledge
from ecert.recognition.deciding import decide
from ecert.recognition.moments import known_moments
from ecert.recognition.window import Span, days, spans
from ecert.trust.knowledge import Knowledge
from recognition_kit import agreement, asked, edge

STEP = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
START = datetime(2024, 1, 1, tzinfo=UTC)
END = datetime(2024, 4, 1, tzinfo=UTC)


def word(question: Asked, known: Knowledge, at: datetime) -> str:
    return decide(question, compile_knowledge(known), at=at).outcome


def stepped(*edges: datetime) -> Any:
    """Return an answer that counts the edges passed."""
    return lambda moment: sum(e <= moment for e in edges)


def found(
    answer: Any, stated: Any = (), *, first: datetime = START, last: datetime = END
) -> list[Span[Any]]:
    return list(spans(answer, stated, first=first, last=last, between=days(first, last)))


def test_d12_edges_are_found_to_the_microsecond_stated_or_not() -> None:
    edges = (
        START + timedelta(hours=5, microseconds=7),
        datetime(2024, 2, 29, 15, 59, 59, 999999, UTC),
    )
    for stated in ((), edges, edges[:1]):
        got = found(stepped(*edges), stated)
        assert [(s.start, s.end, s.answer) for s in got] == [
            (START, edges[0], 0),
            (edges[0], edges[1], 1),
            (edges[1], END, 2),
        ]
        assert [s.edge for s in got] == ["changes", "changes", "open"]


def test_a_stretch_of_one_microsecond_is_found_where_a_document_states_it() -> None:
    moment = START + timedelta(hours=30, seconds=1)
    got = found(lambda t: t == moment, (moment, moment + STEP))
    assert [(s.start, s.end) for s in got if s.answer] == [(moment, moment + STEP)]


def test_what_comes_back_to_the_same_answer_between_two_questions_is_found_by_the_day() -> None:
    first, last = datetime(2024, 2, 3, 16, tzinfo=UTC), datetime(2024, 2, 4, 16, tzinfo=UTC)
    got = found(lambda t: first <= t < last)
    assert [(s.start, s.end) for s in got if s.answer] == [(first, last)]


def test_d12_month_ends_and_the_leap_day_are_shanghai_days() -> None:
    got = [
        d.isoformat()
        for d in days(datetime(2024, 2, 28, tzinfo=UTC), datetime(2024, 3, 2, tzinfo=UTC))
    ]
    assert got == [
        "2024-02-28T16:00:00+00:00",
        "2024-02-29T16:00:00+00:00",
        "2024-03-01T16:00:00+00:00",
    ]


def test_edges_at_both_ends_of_what_was_asked_do_not_count_twice() -> None:
    got = found(stepped(START, END), (START, END))
    assert [(s.start, s.end, s.answer) for s in got] == [(START, END, 1)]


@pytest.mark.parametrize("last", [START, START - DAY])
def test_an_empty_stretch_is_an_error(last: datetime) -> None:
    with pytest.raises(ECertError) as caught:
        found(stepped(), last=last)
    assert caught.value.code == "window.empty"


def test_a_stretch_of_more_than_a_century_is_an_error() -> None:
    with pytest.raises(ECertError) as caught:
        found(stepped(), last=datetime(2199, 1, 1, tzinfo=UTC))
    assert caught.value.code == "window.too_long"


def test_an_answer_that_is_no_function_of_time_ends_in_an_error() -> None:
    rng = random.Random(4)
    with pytest.raises(ECertError) as caught:
        found(lambda _: rng.random())
    assert caught.value.code == "window.unsteady"


def scan(
    question: Asked, knowledge: Knowledge, first: datetime, last: datetime
) -> list[tuple[datetime, str]]:
    """Return each change of the outcome, by asking at every hour and just before it."""
    changes, moment, held = [], first, ""
    while moment < last:
        for at in (moment, moment + HOUR - STEP):
            said = word(question, knowledge, at)
            if said != held:
                changes.append((at, said))
                held = said
        moment += HOUR
    return changes


def history(rng: random.Random) -> dict[str, Any]:
    """Return a random history whose edges lie on full hours."""
    cuts = sorted(rng.sample(range(24 * 20), rng.randint(1, 4)))
    times = [(START + c * HOUR).isoformat() for c in cuts]
    states = [rng.choice(["pending", "enacted", "suspended", "repealed"]) for _ in times]
    past = [
        {"status": s, "from": a, "to": b}
        for s, (a, b) in zip(states, pairwise(times), strict=False)
    ]
    return {"history": past, "status": states[-1], "status_start": times[-1]}


@pytest.mark.parametrize("seed", range(20))
def test_d9_the_spans_are_those_of_a_scan_of_every_hour(seed: int) -> None:
    rng = random.Random(seed)
    modes: list[Any] = [
        None,
        {"mode": "by-evaluation-time"},
        {"mode": "by-issue-time"},
        {"mode": "cut-off", "cut_off": (START + rng.randrange(24 * 20) * HOUR).isoformat()},
    ]
    made = []
    for number in range(rng.randint(1, 4)):
        made.append(
            agreement(
                agreement_id=rng.choice(["a", "b"]),
                version=str(number + 1),
                edges=[edge("310000", rng.choice(["350000", "350100"]))],
                effect=rng.choice(["equivalent", "refuse", "accept-with-conditions"]),
                grandfathering=rng.choice(modes),
                **history(rng),
            )
        )
    known = Knowledge(agreements=tuple({(a.agreement_id, a.order): a for a in made}.values()))
    question = asked(
        issue_date=date(2024, 1, 1) + rng.randrange(20) * DAY,
        grade=rng.choice(["proven", "declared"]),
        signed_by=START + rng.randrange(24 * 20) * HOUR,
    )
    first, last = START, START + 22 * DAY
    stated = [m.at for m in known_moments(question, known)]
    got = list(
        spans(
            lambda t: word(question, known, t),
            stated,
            first=first,
            last=last,
        )
    )
    assert [(s.start, s.answer) for s in got] == scan(question, known, first, last)
    assert [s.end for s in got[:-1]] == [s.start for s in got[1:]]
    assert got[-1].end == last


def test_moments_are_those_of_both_sides_and_sorted() -> None:
    mine = agreement(status_start="2024-02-29T00:00:00+08:00")
    other = agreement(agreement_id="far", edges=[edge("440000", "110000")])
    known = Knowledge(agreements=(other, mine))
    question = asked(valid_from=date(2024, 2, 29), valid_to=date(2024, 3, 31))
    got = [
        (m.at, m.kind, m.name, m.event)
        for m in known_moments(question, known)
        if m.kind != "division"
    ]
    assert got == sorted(got)
    assert (first_instant(date(2024, 2, 29)), "agreement", "test.east 1", "enacted") in got
    assert (first_instant(date(2024, 4, 1)), "certificate", "valid_to", "ends") in got
    assert not [m for m in got if "far" in m[2]]
    assert known_moments(replace(question, issuing=None), known)
