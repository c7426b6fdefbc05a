"""The laws of the report (architecture.md 3.2), on random trees."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecert.report import (
    OK,
    Check,
    Condition,
    Mode,
    Pin,
    Question,
    Reason,
    Report,
    Rule,
    Subject,
    Tool,
    Verdict,
    Weight,
    all_of,
    any_of,
    failed,
    join,
    leaf,
    meet,
    not_applicable,
    unknown,
)
from ecert.report.check import fold

pytestmark = pytest.mark.property
verdicts = st.sampled_from(list(Verdict))
NA = Verdict.NOT_APPLICABLE


def make_leaf(i: int, verdict: Verdict, weight: Weight) -> Check:
    outcome = {
        Verdict.PASSED: OK,
        Verdict.FAILED: failed("document.unsigned"),
        Verdict.INDETERMINATE: unknown("status.unknown"),
    }
    check = (
        not_applicable(f"leaf[{i}]", "time.no_token")
        if verdict is NA
        else leaf(f"leaf[{i}]", outcome[verdict])
    )
    return check if weight is Weight.REQUIRED else check.advisory()


leaves = st.builds(make_leaf, st.integers(0, 99), verdicts, st.sampled_from(list(Weight)))
trees = st.recursive(
    leaves,
    lambda kids: st.builds(
        lambda make, children: make("group", children),
        st.sampled_from([all_of, any_of]),
        st.lists(kids, max_size=4),
    ),
    max_leaves=20,
)


@given(st.lists(verdicts), st.randoms())
def test_folds_do_not_depend_on_order(values: list[Verdict], random) -> None:
    shuffled = values[:]
    random.shuffle(shuffled)
    assert meet(values) is meet(shuffled)
    assert join(values) is join(shuffled)


@given(st.lists(verdicts), st.lists(verdicts))
def test_folds_are_associative_and_idempotent(a: list[Verdict], b: list[Verdict]) -> None:
    for op in (meet, join):
        assert op([op(a), op(b)]) is op([*a, *b])
        assert op([*a, *a]) is op(a)


@given(verdicts)
def test_not_applicable_is_the_identity(verdict: Verdict) -> None:
    assert meet([verdict, NA]) is verdict
    assert join([verdict, NA]) is verdict


@given(st.lists(leaves))
def test_l15_a_group_in_which_nothing_counts_is_never_a_pass(children: list[Check]) -> None:
    counted = [c for c in children if c.weight is Weight.REQUIRED and c.verdict is not NA]
    for make in (all_of, any_of):
        group = make("group", children)
        if not counted:
            assert group.verdict is Verdict.INDETERMINATE
            assert group.reasons == (Reason("check.nothing_checked"),)
        if group.verdict is Verdict.PASSED:
            assert any(c.verdict is Verdict.PASSED for c in counted)
    if all_of("g", children).verdict is Verdict.PASSED:
        assert all(c.verdict is Verdict.PASSED for c in counted)


@given(st.lists(leaves), leaves)
def test_an_advisory_child_never_moves_its_parent(children: list[Check], extra: Check) -> None:
    for rule in Rule:
        assert fold(rule, children) is fold(rule, [*children, extra.advisory()])


@given(trees, verdicts)
def test_a_groups_verdict_cannot_be_forged(tree: Check, verdict: Verdict) -> None:
    group = all_of("outer", [tree])
    if verdict is not group.verdict:
        with pytest.raises(ValueError, match="does not follow"):
            Check(id="outer", verdict=verdict, rule=Rule.ALL, children=group.children)


@given(trees)
def test_whatever_does_not_pass_says_why(tree: Check) -> None:
    if tree.verdict in (Verdict.FAILED, Verdict.INDETERMINATE):
        causes = list(tree.causes())
        assert causes
        assert all(c.reasons for c in causes)
    else:
        assert not list(tree.causes())


def report_of(axes: list[Check], mode: Mode, met: str, test: str) -> Report[str]:
    names = ("authenticity", "status", "conformity", "recognition")
    root = all_of("report", [all_of(n, [a]) for n, a in zip(names, axes, strict=True)])
    return Report(
        subject=Subject(name="x"),
        question=Question(at=datetime(2026, 11, 21, tzinfo=UTC), mode=mode),
        policy=Pin(id="default", version="1", sha256="0"),
        tool=Tool(version="0"),
        root=root,
        conditions=(Condition(code="policy.cannot_accept", met=met),),  # type: ignore[arg-type]
        test_trust=test,  # type: ignore[arg-type]
        value="proven",
    )


@given(
    st.lists(trees, min_size=4, max_size=4),
    st.sampled_from(list(Mode)),
    st.sampled_from(["yes", "no", "unknown"]),
    st.sampled_from(["none", "allowed"]),
)
def test_only_a_live_accept_is_true_and_hands_out_its_value(
    axes: list[Check], mode: Mode, met: str, test: str
) -> None:
    report = report_of(axes, mode, met, test)
    live = mode is Mode.LIVE and test == "none"
    passed = report.root.verdict is Verdict.PASSED and met == "yes"
    assert bool(report) is (passed and live)
    assert (report.exit_code == 0) is bool(report)
    if report:
        assert report.require() == "proven"
    else:
        with pytest.raises(Exception, match="not accepted"):
            report.require()
        assert report.exit_code in (10, 11, 12)
        assert report.exit_code == 12 or report.reasons()
    for lang in ("zh", "en"):
        assert report.render(lang, detail="full")


@given(st.lists(trees, min_size=4, max_size=4))
def test_same_facts_give_the_same_bytes(axes: list[Check]) -> None:
    one = report_of(axes, Mode.LIVE, "yes", "none").to_json()
    two = report_of(list(axes), Mode.LIVE, "yes", "none").to_json()
    assert one == two
    assert json.loads(one)["schema"] == "ecert.report/1"
