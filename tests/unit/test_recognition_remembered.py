"""What knowledge remembers of earlier questions never shows in an answer (never-accept.md L24)."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta, timezone
from itertools import product
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ecert.recognition import Asked
from ecert.recognition.compiled import Compiled
from ecert.recognition.deciding import Judgement, decide
from ecert.recognition.rules import RuleAsk, RuleIndex
from ecert.trust.knowledge import Knowledge
from recognition_kit import AT, CARD, LICENCE, agreement, asked, edge, rule

EARLY = datetime(2025, 6, 1, tzinfo=UTC)
SHANGHAI = timezone(timedelta(hours=8))
OTHER = "school.entry"


def known() -> Knowledge:
    def scoped(name: str, **about: Any) -> Any:
        return rule(name, "cert.kind == 'original'", applies_to=about)

    return Knowledge(
        agreements=(
            agreement(scope_matters=["company.change", OTHER], conditions=["AR-310000-9"]),
            agreement(
                version="2",
                status_start="2026-01-01T00:00:00+08:00",
                edges=[edge("310100", "350100")],
                conditions=["seen"],
            ),
            agreement(agreement_id="wide", edges=[edge("310000", "100000")], effect="refuse",
                      scope_certificate_types=[CARD]),
        ),
        rules=(
            scoped("AR-310000-1"),
            scoped("AR-310000-2", issuing=["350100"]),
            scoped("AR-310000-3", certificate_types=[LICENCE]),
            scoped("AR-310000-4", purposes=[OTHER]),
            scoped("AR-310000-5", agreements=["wide"]),
            scoped("AR-310100-6", relying=["310100"]),
            scoped("IR-350100-7"),
            scoped("IR-350000-8"),
            scoped("WR-100000-9"),
        ),
    )  # fmt: skip


def questions() -> list[tuple[Asked, datetime]]:
    sides = product(["310000", "310100", "320000"], ["350000", "350100", "350200", "510000"])
    about = product(sides, [LICENCE, CARD, None], ["company.change", OTHER, None], [AT, EARLY])
    return [
        (asked(relying=ours, issuing=theirs, type_code=code, matter=matter, kind="original"), at)
        for (ours, theirs), code, matter, at in about
    ]


def told(judgement: Judgement) -> tuple[Any, ...]:
    ran = [(r.name, r.voice, r.named, r.weight, r.outcome) for r in judgement.ran]
    return (judgement.outcome, judgement.parts, judgement.conditions, judgement.found,
            judgement.choice, ran)  # fmt: skip


def test_l24_a_question_is_answered_alike_first_and_last() -> None:
    shared, found = Compiled(known()), set()
    for one, at in questions() * 2:
        said = told(decide(one, shared, at=at))
        assert said == told(decide(one, Compiled(known()), at=at))
        found.add(said[0])
    assert len(found) > 1


def test_l24_questions_that_rules_cannot_tell_apart_have_the_same_rules() -> None:
    index = RuleIndex(known().rules)
    heard: dict[Any, set[tuple[Any, ...]]] = {}
    for one, at in questions():
        ask = RuleAsk(
            type_code=one.type_code, issuing=one.issuing, relying=one.relying, matter=one.matter
        )
        heard.setdefault((index.told(ask, at=at), at), set()).add(index.applicable(ask, at=at))
    assert len(heard) < len(questions())
    assert all(len(those) == 1 for those in heard.values())


@pytest.mark.parametrize("at", [AT, EARLY])
def test_l24_one_instant_in_two_zones_is_shown_as_it_was_asked(at: datetime) -> None:
    shared = Compiled(known())
    one = asked(issue_date=None)
    first, second = (decide(one, shared, at=t) for t in (at, at.astimezone(SHANGHAI)))
    assert (first.at.isoformat(), second.at.isoformat()) == (
        at.isoformat(), at.astimezone(SHANGHAI).isoformat(),
    )  # fmt: skip
    assert first.outcome == second.outcome
