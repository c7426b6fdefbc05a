"""Rules run: a missing value is unknown, an unknown never passes, and the trace says what was read."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from ecert.errors import TrustError
from ecert.recognition.rules import Facts, Sources, compile_rule, run_rule
from ecert.recognition.rules.engine import Program, compile_expression
from ecert.recognition.rules.plain import facts_from_json
from ecert.recognition.rules.reading import Reads, read_expression
from ecert.recognition.rules.running import decide
from ecert.trust.rule import Condition, Rule, parse_rule
from rules_kit import body, rule, said

NOW = datetime(2026, 6, 1, 1, tzinfo=UTC)
FACTS: dict[str, Any] = {
    "cert": {
        "kind": "original",
        "long_term": False,
        "valid_to": date(2027, 5, 31),
        "ecid": "1.2.3",
        "fields": {"name": "张三", "founded": "20200229", "codes": ["A1"]},
    },
    "t_eval": NOW,
}


def facts(**cert: Any) -> Facts:
    return Facts({**FACTS, "cert": {**FACTS["cert"], **cert}})


@lru_cache(maxsize=4)
def compiled(expression: str) -> tuple[Program, Reads]:
    program = compile_expression(expression)
    return program, read_expression(expression, program.checked)


def outcome(expression: str, known: Facts) -> bool | None:
    found, _ = decide(*compiled(expression), known)
    return None if isinstance(found, str) else found


def test_d12_a_missing_field_is_unknown_and_not_a_pass() -> None:
    result = run_rule(rule(), facts(valid_to=None))
    assert (result.outcome, result.code) == ("unknown", "rule.undecided")
    (condition,) = result.conditions
    assert (condition.outcome, condition.code) == ("unknown", "rule.value_missing")
    assert condition.detail == "cert.valid_to"
    assert condition.message("zh-CN") == "unknown（说明）"


def test_an_unknown_fails_where_the_rule_says_so_and_never_passes() -> None:
    result = run_rule(rule(on_unknown="fail"), facts(valid_to=None))
    assert (result.outcome, result.code) == ("fail", "rule.unknown_fails")
    assert result.conditions[0].outcome == "unknown"


def test_a_failure_counts_more_than_an_unknown() -> None:
    conditions = [
        {
            "id": name,
            "expression": text,
            "messages": {w: said(w) for w in ("pass", "fail", "unknown")},
        }
        for name, text in (("a", "holder.kind == 'x'"), ("b", "cert.kind == 'copy'"))
    ]
    two = parse_rule(
        body(conditions=conditions, affected_fields=["holder.kind", "cert.kind"]), "rule.yaml"
    )
    result = run_rule(two, facts())
    assert [c.outcome for c in result.conditions] == ["unknown", "fail"]
    assert (result.outcome, result.code) == ("fail", "rule.failed")


def test_the_trace_has_every_value_read_and_marks_personal_ones() -> None:
    fit = rule(
        "cert.fields.name != 'x' && cert.kind == 'original' && cert.ecid != 'x'",
        "cert.ecid",
        "cert.fields.name",
        "cert.kind",
    )
    (condition,) = run_rule(fit, facts()).conditions
    assert [(r.path, r.value, r.personal) for r in condition.reads] == [
        ("cert.ecid", "1.2.3", True),
        ("cert.fields.name", "张三", True),
        ("cert.kind", "original", False),
    ]
    named = Facts(FACTS, personal=frozenset({"other"}))
    assert not run_rule(fit, named).conditions[0].reads[1].personal


def test_messages_are_filled_with_the_values_read() -> None:
    (condition,) = run_rule(rule(), facts(valid_to=date(2026, 5, 31))).conditions
    assert condition.message("en") == "expired on 2026-05-31"
    assert condition.message("zh-CN") == "已于 2026-05-31 到期"
    assert condition.message("fr") == "已于 2026-05-31 到期"


def test_what_functions_answered_stands_in_the_trace() -> None:
    text = "status_at(t_eval) == 'valid' && code_map('sex', cert.kind) == '1'"
    fit = rule(text, "cert.kind", "codes.sex", "history.status", "t_eval")
    sources = Sources(
        status=(("valid", NOW - timedelta(days=1), None),), codes={"sex": {"original": "1"}}
    )
    result = run_rule(fit, Facts(FACTS, sources=sources))
    assert result.outcome == "pass"
    assert [(r.path, r.value) for r in result.conditions[0].reads[-2:]] == [
        ("history.status", "valid"),
        ("codes.sex", "1"),
    ]
    (condition,) = run_rule(fit, facts()).conditions
    assert (condition.code, condition.detail) == (
        "rule.not_computable",
        "status_at: nothing speaks of that instant",
    )


def test_one_question_never_sees_the_sources_of_another() -> None:
    fit = rule("status_at(t_eval) == 'valid'", "history.status", "t_eval")
    known = Facts(FACTS, sources=Sources(status=(("valid", NOW, None),)))
    assert run_rule(fit, known).outcome == "pass"
    assert run_rule(fit, facts()).outcome == "unknown"


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("rule.engine_newer", {"engine": {"name": "ecert.rules", "min_version": "1.1"}}),
        ("rule.engine_other", {"engine": {"name": "ecert.rules", "min_version": "2.0"}}),
        ("rule.engine_other", {"engine": {"name": "jsonlogic", "min_version": "1.0"}}),
        ("rule.data_schema", {"data_schema": {"min": "2", "max": "3"}}),
    ],
)
def test_d12_a_rule_for_another_engine_refers_with_a_code_of_its_own(
    code: str, changes: dict[str, Any]
) -> None:
    newer = rule("written.for(another) ~ engine", **changes)
    result = run_rule(newer, facts())
    assert (result.outcome, result.code) == ("unknown", code)
    assert not result.conditions
    strict = rule("written.for(another) ~ engine", on_unknown="fail", **changes)
    assert run_rule(strict, facts()).outcome == "unknown"


def test_a_rule_that_does_not_compile_is_unknown_with_that_code() -> None:
    result = run_rule(rule("cert.nothing == 1"), facts())
    assert (result.outcome, result.code) == ("unknown", "rule.expression")
    assert run_rule(rule("cert.nothing == 1", on_unknown="fail"), facts()).outcome == "unknown"


def test_a_rule_without_conditions_never_passes() -> None:
    empty = Rule(rule_id="AR-500000-0001", version=1, owner="500000")
    assert run_rule(empty, facts()).outcome == "unknown"
    with pytest.raises(TrustError, match=r"AR-500000-0001"):
        compile_rule(empty)
    assert replace(compile_rule(rule()), steps=()).run(facts()).outcome == "unknown"


@pytest.mark.parametrize(
    ("expression", "fields", "code", "named"),
    [
        ("cert.long_term", ("cert.long_term", "t_eval"), "rule.fields_differ", "-t_eval"),
        ("cert.long_term", (), "rule.fields_differ", "+cert.long_term"),
        ("cert.fields.name == 'x'", ("cert.fields",), "rule.fields_differ", "+cert.fields.name"),
        ("has(cert.valid_to)", ("cert.valid_to",), "rule.absence_undeclared", "cert.valid_to"),
    ],
)
def test_declared_fields_are_exactly_the_fields_read(
    expression: str, fields: tuple[str, ...], code: str, named: str
) -> None:
    with pytest.raises(TrustError) as caught:
        compile_rule(rule(expression, *fields))
    assert caught.value.code == code
    assert named in str(caught.value.params["fields"])


def test_absence_is_declared_for_exactly_the_fields_whose_presence_is_asked() -> None:
    made = body("has(cert.valid_to) && cert.valid_to >= day(t_eval)", "cert.valid_to", "t_eval")
    made["conditions"][0]["absence"] = {"cert.valid_to": said("no end")}
    fit = parse_rule(made, "rule.yaml")
    assert run_rule(fit, facts()).outcome == "pass"
    assert not run_rule(fit, facts()).conditions[0].absent("en")
    missing = run_rule(fit, facts(valid_to=None))
    assert missing.outcome == "fail"
    assert missing.conditions[0].absent("en") == (("cert.valid_to", "no end (said)"),)
    made["conditions"][0]["absence"]["t_eval"] = said("too much")
    with pytest.raises(TrustError) as caught:
        compile_rule(parse_rule(made, "rule.yaml"))
    assert caught.value.code == "rule.absence_undeclared"


@pytest.mark.parametrize(
    "text", ["{cert.fields.name}", "{cert.ecid}", "{cert.kind}", "{", "}", "{}", "{{x}}"]
)
def test_l26_messages_name_only_values_read_that_are_not_personal(text: str) -> None:
    made = body("cert.fields.name == 'x' && cert.ecid == 'y'", "cert.ecid", "cert.fields.name")
    made["conditions"][0]["messages"]["fail"] = {"zh-CN": text}
    with pytest.raises(TrustError) as caught:
        compile_rule(parse_rule(made, "rule.yaml"))
    assert caught.value.code == "rule.placeholder"


def test_l26_the_translation_of_a_personal_code_is_personal() -> None:
    text = "code_map('sex', cert.fields.sex) == '男'"
    made = body(text, "cert.fields.sex", "codes.sex")
    known = Facts({"cert": {"fields": {"sex": "1"}}}, sources=Sources(codes={"sex": {"1": "男"}}))
    (condition,) = run_rule(parse_rule(made, "rule.yaml"), known).conditions
    assert [(r.path, r.personal) for r in condition.reads] == [
        ("cert.fields.sex", True),
        ("codes.sex", True),
    ]
    made["conditions"][0]["messages"]["pass"] = {"zh-CN": "{codes.sex}"}
    with pytest.raises(TrustError) as caught:
        compile_rule(parse_rule(made, "rule.yaml"))
    assert caught.value.code == "rule.placeholder"


def test_l12_the_last_day_of_validity_ends_at_midnight_in_shanghai() -> None:
    last = Facts({"cert": {**FACTS["cert"], "valid_to": date(2026, 6, 1)}, "t_eval": NOW})
    assert run_rule(rule(), last).outcome == "pass"
    for moment, expected in (
        (datetime(2026, 6, 1, 15, 59, 59, tzinfo=UTC), "pass"),
        (datetime(2026, 6, 1, 16, 0, 0, tzinfo=UTC), "fail"),
        (datetime(2026, 6, 2, 0, 0, 0, tzinfo=timezone(timedelta(hours=8))), "fail"),
    ):
        known = Facts(
            {"cert": {"long_term": False, "valid_to": date(2026, 6, 1)}, "t_eval": moment}
        )
        assert run_rule(rule(), known).outcome == expected


def test_wrong_values_are_faults_of_the_data_before_any_rule_runs() -> None:
    known = Facts(
        {
            "cert": {
                "issuing": "5101",
                "valid_to": "2026-06-01",
                "long_term": "no",
                "kind": 7,
                "fields": {"a": 1.5, "b": {"c": 1}, "d": "x", "e": True},
            },
            "holder": "text",
            "t_eval": datetime(2026, 6, 1),
        }
    )
    assert known.faults() == (
        "cert.fields.a",
        "cert.fields.b",
        "cert.fields.e",
        "cert.issuing",
        "cert.kind",
        "cert.long_term",
        "cert.valid_to",
        "holder.id_type",
        "holder.kind",
        "t_eval",
    )
    (condition,) = run_rule(rule(), known).conditions
    assert (condition.outcome, condition.code) == ("unknown", "rule.value_invalid")
    assert condition.detail == "cert.long_term, cert.valid_to, t_eval"


def test_remembered_answers_are_the_computed_ones() -> None:
    fit = compile_rule(rule())
    days = [date(2026, 5, 30) + timedelta(days=n) for n in range(4)] * 3
    got = [fit.run(facts(valid_to=d)).outcome for d in days]
    assert got == ["fail", "fail", "pass", "pass"] * 3
    assert fit.run(facts(long_term=True, valid_to=None)).outcome == "pass"
    assert fit.run(facts(long_term=False, valid_to=None)).outcome == "unknown"


def test_personal_values_are_not_remembered() -> None:
    fit = compile_rule(
        rule(
            "cert.fields.name == '张三' && cert.kind == 'original'", "cert.fields.name", "cert.kind"
        )
    )
    assert [fit.run(facts(fields={"name": name})).outcome for name in ("张三", "李四")] == [
        "pass",
        "fail",
    ]
    assert not any(step.known for step in fit.steps)


VALUES: dict[str, tuple[Any, ...]] = {
    "cert.long_term": (True, False),
    "cert.kind": ("original", "copy"),
    "cert.valid_to": ("2026-05-31", "2027-05-31"),
    "cert.fields.name": ("张三", "x"),
    "cert.fields.codes": (["A1"], ["A1", "B2"], ["B2"]),
    "holder.kind": ("natural_person", "legal_person"),
}
ATOMS = st.sampled_from(
    [
        "true",
        "false",
        "cert.long_term",
        "cert.kind == 'original'",
        "cert.kind != holder.kind",
        "cert.valid_to >= date('2026-06-01')",
        "plus_years(cert.valid_to, 1) > date('2027-06-01')",
        "cert.fields.name == '张三'",
        "cert.kind in ['copy', holder.kind]",
        "cert.lists.codes.all(c, c == 'A1')",
        "cert.lists.codes.exists(c, c == 'B2' || cert.long_term)",
        "has(cert.valid_to)",
        "has(cert.fields.name)",
        "has(holder.kind)",
        "1 / 0 == 1",
    ]
)
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds("({} && {})".format, inner, inner),
        st.builds("({} || {})".format, inner, inner),
        st.builds("!({})".format, inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
        st.builds("(({}) == ({}))".format, inner, inner),
    ),
    max_leaves=5,
)


def nested(flat: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"t_eval": "2026-06-01T00:00:00Z"}
    for path, value in flat.items():
        *above, last = path.split(".")
        inside = made
        for name in above:
            inside = inside.setdefault(name, {})
        inside[last] = value
    return made


def completions(flat: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Return every way to fill in what is missing."""
    missing = [path for path in VALUES if path not in flat]
    for chosen in product(*(VALUES[path] for path in missing)):
        yield flat | dict(zip(missing, chosen, strict=True))


def allowed(expression: str) -> bool:
    """Whether an expression compiles; has() under a negation does not."""
    try:
        compiled(expression)
    except TrustError as error:
        return error.code != "rule.absence_passes"
    return True


@settings(max_examples=200, deadline=None)
@given(
    EXPRESSIONS,
    st.fixed_dictionaries(
        {}, optional={path: st.sampled_from(values) for path, values in VALUES.items()}
    ),
)
@example("!(has(cert.valid_to))", {})
@example("(has(holder.kind) ? cert.long_term : true)", {})
@example("((has(cert.fields.name)) == (false))", {})
def test_l15_no_rule_passes_because_something_is_missing(
    expression: str, known: dict[str, Any]
) -> None:
    """What holds with fields missing holds whatever stands in them: absence decided nothing."""
    if not allowed(expression) or outcome(expression, facts_from_json(nested(known))) is not True:
        return
    for whole in completions(known):
        assert outcome(expression, facts_from_json(nested(whole))) is True, (expression, whole)


def test_condition_messages_fall_back_to_chinese() -> None:
    condition = Condition(
        id="a", expression="true", messages=(("pass", (("zh-CN", "符合"),)),), absence=()
    )
    assert condition.message("pass", "en") == "符合"
