"""What a hostile neighbour or one side alone publishes never makes an answer more accepting (L19)."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ecert.recognition import evaluate
from ecert.recognition.asked import Fact
from ecert.trust.agreement import Agreement
from ecert.trust.codetable import CodeTable, parse_code_table
from ecert.trust.knowledge import Knowledge
from ecert.trust.matters import Matters, parse_matters
from recognition_kit import AT, agreement, asked, edge, rule

OURS, THEIRS, THIRD = "310000", "350000", "440000"
NATIONAL = replace(
    agreement(agreement_id="test.nation", kind="national", edges=[edge("100000", "100000")]),
    signed_by=("100000",),
)
NOT_YES = ("not_recognised", "undetermined")


def outcome(*agreements: Agreement, at: datetime = AT, question: Any = None, **more: Any) -> str:
    known = Knowledge(origin="bundle", agreements=agreements, references=(), **more)
    return evaluate(question or asked(), known, at=at).outcome


def whole(**changes: Any) -> Agreement:
    return replace(agreement(**changes), signed_by=(OURS, THEIRS))


def table(owner: str, version: int, to: str, table_id: str = "test.t") -> CodeTable:
    body = {
        "schema": "ecert.code-table/1", "table_id": table_id, "version": version, "owner": owner,
        "title": "示例", "rows": [{"code": "a", "to": to}],
    }  # fmt: skip
    return replace(parse_code_table(body, "t.yaml", sha256=f"{version:064d}"), signed_by=(owner,))


def vocabulary(version: int, *codes: str) -> Matters:
    body = {
        "schema": "ecert.matters/1", "vocabulary_id": "test.v", "version": version, "owner": OURS,
        "title": "示例", "items": [{"code": c, "zh": "示例"} for c in codes],
    }  # fmt: skip
    return replace(parse_matters(body, "m.yaml", sha256=f"{version:064d}"), signed_by=(OURS,))


# What was in force between both sides is not lifted by a version that one of them signs alone.


@pytest.mark.parametrize("by", [OURS, THEIRS])
@pytest.mark.parametrize("matters", [["company.change"], ["other"]])
def test_l19_a_version_of_one_side_lifts_no_conditions(by: str, matters: list[str]) -> None:
    bound = whole(effect="accept-with-conditions", conditions=["face.compared"])
    assert outcome(NATIONAL, bound) == "recognised_with_conditions"
    newer = replace(agreement(version="9", scope_matters=matters), signed_by=(by,))
    found = outcome(NATIONAL, bound, newer)
    if by == OURS and matters == ["other"]:
        return  # the relying side itself no longer speaks of this matter there
    assert found != "recognised"


@pytest.mark.parametrize("matters", [["company.change"], ["other"]])
def test_l19_a_version_of_the_issuing_side_lifts_no_suspension(matters: list[str]) -> None:
    suspended = whole(
        history=[
            {"status": "enacted", "from": "2024-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}
        ],
        status="suspended",
        status_start="2026-01-01T00:00:00Z",
    )
    assert outcome(NATIONAL, suspended) == "not_recognised"
    newer = replace(agreement(version="9", scope_matters=matters), signed_by=(THEIRS,))
    assert outcome(NATIONAL, suspended, newer) in NOT_YES


@pytest.mark.parametrize("matters", [["company.change"], ["other"]])
def test_l19_the_issuing_side_replaces_no_unilateral_word(matters: list[str]) -> None:
    word = replace(
        agreement(kind="unilateral", effect="accept-with-conditions", conditions=["face.compared"]),
        signed_by=(OURS,),
    )
    newer = replace(agreement(version="9", scope_matters=matters), signed_by=(THEIRS,))
    assert outcome(NATIONAL, word, newer) != "recognised"


def repealed() -> Agreement:
    past = {"status": "enacted", "from": "2024-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}
    return whole(history=[past], status="repealed", status_start="2026-01-01T00:00:00Z")


def test_l19_what_both_had_ended_is_not_opened_again_by_one_side() -> None:
    assert outcome(repealed()) == "not_recognised"
    newer = replace(agreement(version="9", scope_matters=["other"]), signed_by=(THEIRS,))
    assert outcome(repealed(), newer) == "not_recognised"


def test_l19_an_agreement_of_the_issuing_side_alone_softens_no_repeal() -> None:
    alone = replace(agreement(agreement_id="test.alone"), signed_by=(THEIRS,))
    assert outcome(repealed(), alone) == "not_recognised"


# Code tables of one name.


def test_l19_a_code_table_of_a_third_region_translates_nothing() -> None:
    agreed = whole(equivalences={"code": [{"path": "fields.x", "table": "test.t"}]})
    question = replace(asked(), facts=(Fact("fields.x", "a"),))
    assert outcome(agreed, question=question, code_tables=(table(THIRD, 9, "z"),)) in NOT_YES


@pytest.mark.parametrize("thief", [THIRD, THEIRS])
def test_l19_a_table_of_another_owner_does_not_stand_for_ours_in_a_rule(thief: str) -> None:
    checked = rule(
        "AR-310000-1",
        "code_map('test.t', cert.fields.x) == 'good'",
        affected_fields=["cert.fields.x", "codes.test.t"],
    )
    checked = replace(checked, signed_by=(OURS,))
    question = replace(asked(), facts=(Fact("fields.x", "a"),))
    ours, theirs = table(OURS, 1, "bad"), table(thief, 9, "good")
    more = {"rules": (checked,), "question": question}
    assert outcome(whole(), code_tables=(ours,), **more) == "not_recognised"
    assert outcome(whole(), code_tables=(ours, theirs), **more) in NOT_YES
    if thief == THIRD:
        assert outcome(whole(), code_tables=(ours, theirs), **more) == "not_recognised"
        assert outcome(whole(), code_tables=(theirs,), **more) == "undetermined"


# In force at issue.


def test_d7_a_refusal_at_issue_is_no_acceptance() -> None:
    refused = whole(effect="refuse")
    now = whole(version="2", status_start="2026-01-01T00:00:00+08:00")
    question = replace(asked(), issue_date=date(2025, 3, 18))
    assert outcome(now, question=question) == "not_recognised"
    assert outcome(refused, now, question=question) == "not_recognised"


# What is not known is not covered by "*".


def test_l15_a_certificate_of_no_known_type_is_of_no_type() -> None:
    every = whole(scope_certificate_types=["*"])
    assert outcome(every) == "recognised"
    question = replace(asked(), type_code=None, profile_id=None)
    assert outcome(every, question=question) in NOT_YES


@pytest.mark.parametrize("known", ["type_code", "profile_id"])
def test_l15_an_exclusion_holds_where_half_of_the_type_is_unknown(known: str) -> None:
    every = whole(scope_certificate_types=["*"], scope_exclusions=["type:X1", "type:x.one"])
    half = {"type_code": None, "profile_id": None} | {known: "Y" if known == "type_code" else "y"}
    assert outcome(every, question=replace(asked(), **half)) in NOT_YES


def test_d4_a_matter_that_the_vocabulary_no_longer_lists_is_unknown() -> None:
    every = whole(scope_matters=["*"])
    old, new = vocabulary(1, "company.change", "b"), vocabulary(2, "b")
    assert outcome(every, matters=(old,)) == "recognised"
    assert outcome(every, matters=(old, new)) in NOT_YES


@pytest.mark.parametrize(("types", "expected"), [([], "recognised"), (["X"], "with_conditions")])
def test_l20_conditions_that_speak_of_other_certificates_are_none(
    types: list[str], expected: str
) -> None:
    """Accepted with conditions whose only rule is about other types: nothing was asked, so a person asks."""
    bound = whole(effect="accept-with-conditions", conditions=["AR-310000-1"])
    passing = rule(
        "AR-310000-1", "cert.kind == 'original'", applies_to={"certificate_types": types}
    )
    question = replace(asked(), kind="original")
    found = outcome(bound, question=question, rules=(replace(passing, signed_by=(OURS,)),))
    assert found.endswith(expected)


@pytest.mark.parametrize("matter", ["*", ""])
def test_d4_nobody_asks_for_every_matter_at_once(matter: str) -> None:
    every = whole(scope_matters=["*"], scope_exclusions=["matter:firearms"])
    assert outcome(every) == "recognised"
    assert outcome(every, question=replace(asked(), matter=matter)) in NOT_YES


def test_l26_of_a_type_that_is_not_known_every_field_may_name_a_person() -> None:
    from ecert.recognition.ruling import _personal

    fields = {"name": Fact(path="fields.name", value="示例人")}
    known = asked(profile_id="business_license")
    assert _personal(known, fields) == frozenset()
    assert _personal(asked(profile_id=None), fields) is None
