"""Which rules apply: what the question does not say excludes nothing, and the newest started version speaks."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ecert.recognition.rules import RuleAsk, RuleIndex
from ecert.trust.rule import AppliesTo, Rule

START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = START + timedelta(days=30)
ASK = RuleAsk(
    type_code="11100000MB0143028R001",
    profile_id="business_license",
    issuing="510104",
    relying="500103",
    matter="company.change",
    agreement="cy.1",
)


def rule(number: int = 1, version: int = 1, **changes: Any) -> Rule:
    made: dict[str, Any] = {
        "rule_id": f"AR-500000-{number:04}",
        "version": version,
        "owner": "500000",
        "valid_from": START,
        "sha256": f"{number:032x}{version:032x}",
    }
    return Rule(**{**made, **changes})


def about(**lists: tuple[str, ...]) -> AppliesTo:
    return AppliesTo(**lists)


@pytest.mark.parametrize(
    ("lists", "why"),
    [
        ({}, None),
        ({"relying": ("500000",)}, None),
        ({"relying": ("500103",)}, None),
        ({"relying": ("100000",)}, None),
        ({"relying": ("000000",)}, None),
        ({"relying": ("500112",)}, "relying"),
        ({"relying": ("510000",)}, "relying"),
        ({"issuing": ("510100", "330000")}, None),
        ({"issuing": ("330000",)}, "issuing"),
        ({"types": ("business_license",)}, None),
        ({"types": ("11100000MB0143028R001",)}, None),
        ({"types": ("driving_licence", "1110")}, "type"),
        ({"matters": ("company.change",)}, None),
        ({"matters": ("other",)}, "matter"),
        ({"agreements": ("cy.1",)}, None),
        ({"agreements": ("cy.2",)}, "agreement"),
        ({"relying": ("500000",), "issuing": ("510000",), "types": ("id_card",)}, "type"),
    ],
)
def test_a_rule_applies_or_the_reason_is_given(
    lists: dict[str, tuple[str, ...]], why: str | None
) -> None:
    one = rule(applies_to=about(**lists))
    index = RuleIndex([one])
    assert index.why_not(one, ASK, at=NOW) == why
    assert index.applicable(ASK, at=NOW) == ((one,) if why is None else ())


@pytest.mark.parametrize(
    "lists",
    [
        {"relying": ("500000",)},
        {"issuing": ("330000",)},
        {"types": ("id_card",)},
        {"types": ("1110",)},
        {"matters": ("other",)},
        {"agreements": ("cy.2",)},
    ],
)
def test_l15_what_is_not_known_excludes_no_rule(lists: dict[str, tuple[str, ...]]) -> None:
    one = rule(applies_to=about(**lists))
    assert RuleIndex([one]).applicable(RuleAsk(), at=NOW) == (one,)


def test_l15_a_division_that_cannot_be_placed_excludes_no_rule() -> None:
    one = rule(applies_to=about(issuing=("330000",)))
    for code in ("999999", "51"):
        assert RuleIndex([one]).applicable(RuleAsk(issuing=code), at=NOW) == (one,)


def test_a_type_known_by_code_alone_does_not_exclude_a_rule_for_a_profile() -> None:
    one = rule(applies_to=about(types=("id_card",)))
    assert RuleIndex([one]).applicable(RuleAsk(type_code="1110"), at=NOW) == (one,)
    known = RuleAsk(type_code="1110", profile_id="business_license")
    assert RuleIndex([one]).applicable(known, at=NOW) == ()


def test_d12_a_withdrawn_division_stands_for_its_successors() -> None:
    early = datetime(1980, 1, 1, tzinfo=UTC)
    old = rule(1, applies_to=about(issuing=("510000",)), valid_from=early)
    new = rule(2, applies_to=about(issuing=("500000",)), valid_from=early)
    index, chongqing = RuleIndex([old, new]), RuleAsk(issuing="510200")
    assert index.applicable(chongqing, at=datetime(1990, 1, 1, tzinfo=UTC)) == (old,)
    assert index.applicable(chongqing, at=NOW) == (old, new)


def test_the_newest_started_version_speaks_to_the_second() -> None:
    second = START + timedelta(days=10)
    versions = [
        rule(version=1, valid_to=second + timedelta(days=9)),
        rule(version=2, valid_from=second, valid_to=second + timedelta(days=1)),
        rule(version=3, valid_from=second + timedelta(days=90)),
    ]
    for order in permutations(versions):
        index = RuleIndex(order)
        just_before = second - timedelta(microseconds=1)
        assert [r.version for r in index.applicable(ASK, at=just_before)] == [1]
        assert [r.version for r in index.applicable(ASK, at=second)] == [2]
        assert index.why_not(versions[0], ASK, at=second) == "superseded"
        ended = second + timedelta(days=1)
        assert index.applicable(ASK, at=ended) == ()
        assert index.why_not(versions[1], ASK, at=ended) == "ended"
        assert index.why_not(versions[2], ASK, at=ended) == "not_started"
        assert index.applicable(ASK, at=START - timedelta(microseconds=1)) == ()


def test_two_files_of_one_version_both_speak_and_equal_files_once() -> None:
    one, other = rule(), rule(sha256="f" * 64)
    assert RuleIndex([one, other, one]).applicable(ASK, at=NOW) == (one, other)


def test_the_index_finds_what_looking_at_every_rule_finds() -> None:
    provinces = ("110000", "310000", "500000", "510000", "500100", "500103", "100000")
    rules = [
        rule(
            n,
            applies_to=about(
                relying=(provinces[n % 7],) if n % 3 else (),
                issuing=(provinces[n % 5],) if n % 2 else (),
                agreements=(f"cy.{n % 2}",) if n % 4 == 0 else (),
            ),
        )
        for n in range(200)
    ]
    index = RuleIndex(reversed(rules))
    asks = [ASK, RuleAsk(), RuleAsk(relying="500000"), RuleAsk(issuing="510100", agreement="cy.0")]
    for ask in asks:
        slow = tuple(r for r in index.rules if index.why_not(r, ask, at=NOW) is None)
        assert index.applicable(ask, at=NOW) == slow
        assert slow
