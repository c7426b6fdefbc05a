"""Lint and the tests that rules carry: what is refused before anybody signs."""

from __future__ import annotations

import copy
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cli_kit
from ecert.errors import TrustError
from ecert.model import Profile, list_profiles
from ecert.recognition.rules.engine import compile_expression
from ecert.recognition.rules.linting import lint_rule
from ecert.recognition.rules.parts import parts
from ecert.recognition.rules.tree import read_checked
from ecert.trust.rule import parse_rule
from ecert.trust.rule_publishing import check_notice, check_owner
from rules_kit import BODY, body, rule, said


def codes(made: dict[str, Any]) -> list[str]:
    found, _ = lint_rule(parse_rule(made, "rule.yaml"))
    return [f.code for f in found]


def without_test(*names: str) -> dict[str, Any]:
    return body(tests=[t for t in BODY["tests"] if t["name"] not in names])


def test_a_rule_that_is_fit_has_no_findings() -> None:
    findings, tested = lint_rule(rule())
    assert findings == ()
    assert [t.result.outcome for t in tested] == ["pass", "pass", "fail", "unknown"]


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (without_test("in", "long-term"), "rule.tests_missing"),
        (without_test("expired"), "rule.tests_missing"),
        (without_test("no end", "long-term"), "rule.tests_missing"),
        (without_test("long-term"), "rule.coverage"),
        (body(tests=[]), "rule.tests_missing"),
        (body(example={}), "rule.test_clock"),
        (body(example={"cert": {"nothing": 1}}), "rule.test_facts"),
        (body(valid_to="2026-05-01T00:00:00Z"), "rule.test_clock"),
        (body(notice={"published": "2025-12-30T00:00:01+08:00"}), "rule.notice"),
        (body(affected_fields=["cert.long_term", "cert.valid_to"]), "rule.fields_differ"),
        (body("cert.nothing", "t_eval"), "rule.expression"),
        (body("!has(cert.valid_to)", "cert.valid_to"), "rule.absence_passes"),
        (body(engine={"name": "ecert.rules", "min_version": "1.9"}), "rule.engine_newer"),
    ],
)
def test_what_is_wrong_is_found(made: dict[str, Any], expected: str) -> None:
    assert expected in codes(made)


def test_a_test_that_expects_something_else_is_found() -> None:
    made = body()
    made["tests"][0]["expect"] = "fail"
    made["tests"][2]["conditions"] = {"in_validity": "unknown"}
    findings, _ = lint_rule(parse_rule(made, "rule.yaml"))
    assert [(f.code, f.params["test"]) for f in findings] == [
        ("rule.test_failed", "in"),
        ("rule.test_failed", "expired"),
    ]


def test_every_wrong_condition_is_found_at_once() -> None:
    made = body("cert.nothing", "t_eval")
    second = copy.deepcopy(made["conditions"][0]) | {"id": "b", "expression": "1"}
    made["conditions"].append(second)
    findings, _ = lint_rule(parse_rule(made, "rule.yaml"))
    assert [(f.code, f.params["condition"]) for f in findings] == [
        ("rule.expression", "in_validity"),
        ("rule.expression", "b"),
    ]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cert.long_term", []),
        ("cert.long_term && cert.kind == 'a'", ["cert.long_term", "(cert.kind == 'a')"]),
        (
            "!(cert.kind in ['a', 'b\\'']) || cert.long_term",
            ["!((cert.kind in ['a', 'b\\'']))", "(cert.kind in ['a', 'b\\''])", "cert.long_term"],
        ),
        (
            "cert.long_term ? has(cert.fields.x) : cert.fields.x.startsWith('-1')",
            ["cert.long_term", "has(cert.fields.x)", "cert.fields.x.startsWith('-1')"],
        ),
        (
            "has(cert.valid_to) && plus_days(cert.valid_to, -1) < date('2024-01-01')",
            ["has(cert.valid_to)", "(plus_days(cert.valid_to, -1) < date('2024-01-01'))"],
        ),
        (
            "true && cert.lists.c.exists(v, v == 'a' && v != 'b')",
            ["cert.lists.c.exists(v, ((v == 'a') && (v != 'b')))"],
        ),
        (
            "cert.long_term || cert.lists.c.all(v, v == 'a')",
            ["cert.long_term", "cert.lists.c.all(v, (v == 'a'))"],
        ),
    ],
)
def test_the_parts_that_decide_an_expression_are_written_out_again(
    expression: str, expected: list[str]
) -> None:
    found = parts(read_checked(compile_expression(expression).checked))
    assert list(found) == expected
    for text in found:
        compile_expression(text)


def test_parts_of_a_long_chain_stay_within_the_limits() -> None:
    chain = " && ".join(f"cert.kind != '{n}'" for n in range(60))
    for text in parts(read_checked(compile_expression(chain).checked)):
        compile_expression(text)


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ("cert.fields.name", True),
        ("cert.dates.founded", True),
        ("cert.dates.term_end", True),
        ("cert.fields.nmae", False),
        ("cert.dates.name", False),
        ("cert.lists.name", False),
        ("cert.numbers.capital", True),
    ],
)
def test_fields_of_known_types_are_checked_by_name_and_kind(path: str, known: bool) -> None:
    profiles = [Profile.load(name) for name in list_profiles()]
    texts = {
        "fields": "{} == 'x'",
        "dates": "{} == date('2024-01-01')",
        "lists": "{}.exists(v, v == 'x')",
        "numbers": "{} == 1",
    }
    expression = texts[path.split(".")[1]].format(path)
    types = {"certificate_types": ["business_license"]}
    findings, _ = lint_rule(rule(expression, path, applies_to=types), profiles=profiles)
    assert ("rule.unknown_field" in [f.code for f in findings]) is not known
    own = {"certificate_types": ["business_license", "a_type_of_somebody"]}
    findings, _ = lint_rule(rule(expression, path, applies_to=own), profiles=profiles)
    assert "rule.unknown_field" not in [f.code for f in findings]


# -- publishing ------------------------------------------------------------------------------------


def test_d12_a_rule_whose_owner_is_not_its_signer_is_refused() -> None:
    check_owner(rule(), ("500000", "510000"))
    for territories in ((), ("510000",), ("100000",), ("500100",)):
        with pytest.raises(TrustError) as caught:
            check_owner(rule(), territories)
        assert caught.value.code == "rule.owner"


def test_d5_a_rule_is_announced_48_hours_ahead() -> None:
    one = rule()
    assert one.valid_from is not None
    check_notice(one, one.valid_from - timedelta(hours=48))
    with pytest.raises(TrustError) as caught:
        check_notice(one, one.valid_from - timedelta(hours=47, minutes=59, seconds=59))
    assert caught.value.code == "rule.notice"


def test_d5_only_an_invalidation_may_be_an_emergency() -> None:
    urgent = {"published": "2026-01-01T00:00:00+08:00", "emergency": "true", "basis": "fire"}
    now = datetime(2025, 12, 31, 16, tzinfo=UTC)
    made = parse_rule(
        body(kind="invalidation", rule_id="IR-500000-0001", notice=urgent), "rule.yaml"
    )
    check_notice(made, now)
    plain = parse_rule(
        body(
            kind="invalidation",
            rule_id="IR-500000-0001",
            notice={"published": "2026-01-01T00:00:00+08:00"},
        ),
        "rule.yaml",
    )
    with pytest.raises(TrustError):
        check_notice(plain, now)
    for wrong in (body(notice=urgent), body(notice={**urgent, "basis": ""})):
        with pytest.raises(TrustError):
            parse_rule(wrong, "rule.yaml")


# -- reading ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"schema": "ecert.rule/2"},
        {"rule_id": "XX-500000-1"},
        {"rule_id": "IR-500000-0001"},
        {"rule_id": "AR-510000-0001"},
        {"version": "0"},
        {"version": "1.5"},
        {"version": True},
        {"version": 10**10},
        {"kind": "acceptance "},
        {"level": "fail"},
        {"on_unknown": "pass"},
        {"engine": {"name": "ecert.rules", "min_version": "1"}},
        {"data_schema": {"min": "2", "max": "1"}},
        {"applies_to": {"certificate_types": ["*"]}},
        {"applies_to": {"relying": ["50"]}},
        {"applies_to": {"unknown": []}},
        {"valid_from": "2026-01-01"},
        {"valid_to": "2026-01-01T00:00:00+08:00"},
        {"notice": {"published": "2026-01-02T00:00:00+08:00"}},
        {"notice": {"published": "2025-12-01T00:00:00+08:00", "emergency": "perhaps"}},
        {"affected_fields": ["t_eval", "t_eval"]},
        {"affected_fields": [f"cert.fields.f{n}" for n in range(65)]},
        {"conditions": []},
        {"conditions": BODY["conditions"] * 2},
        {"conditions": BODY["conditions"] * 33},
        {"title": {"en": "no Chinese"}},
        {"title": {"zh-CN": "长" * 2001}},
        {"remedy": None},
        {"legal_basis": []},
        {"tests": BODY["tests"] * 2},
        {"tests": [{"name": "a", "expect": "maybe"}]},
        {"example": []},
        {"supersedes": "x"},
        {"unknown": 1},
    ],
)
def test_a_rule_is_read_strictly(changes: dict[str, Any]) -> None:
    with pytest.raises(TrustError):
        parse_rule(body(**changes), "rule.yaml")


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "Upper"},
        {"id": ""},
        {"expression": ""},
        {"expression": 1},
        {"messages": {"pass": said("a"), "fail": said("a")}},
        {"messages": {"pass": said("a"), "fail": said("a"), "unknown": {"en": "x"}}},
        {"absence": ["cert.valid_to"]},
        {"absence": {"cert.valid_to": {"en": "only English"}}},
        {"absence": {1: said("a")}},
    ],
)
def test_a_condition_is_read_strictly(changes: dict[str, Any]) -> None:
    made = body()
    made["conditions"][0] |= changes
    with pytest.raises(TrustError):
        parse_rule(made, "rule.yaml")


@pytest.mark.parametrize("value", [None, 1, "x", [], [1], {}, {"schema": 1}, {1: 2}])
def test_anything_else_is_refused(value: Any) -> None:
    with pytest.raises(TrustError):
        parse_rule(value, "rule.yaml")


# -- the command line ------------------------------------------------------------------------------


def write(folder: Path, name: str, made: dict[str, Any]) -> Path:
    file = folder / name
    file.write_text(json.dumps(made, ensure_ascii=False), encoding="utf-8")
    return file


def test_lint_and_test_on_the_command_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    good = write(tmp_path, "good.json", body())
    write(tmp_path, "agreement.yaml", {"agreement_id": "x"})
    done = cli_kit.call(capfd, "rules", "lint", str(tmp_path), "--lang", "en")
    assert (done.code, done.out.splitlines()[-1]) == (0, "1 rules, 0 with findings")
    bad = write(tmp_path, "bad.json", body("cert.long_term && cert.valid_to >= t_eval", "t_eval"))
    done = cli_kit.call(capfd, "rules", "lint", str(bad), "--lang", "zh")
    assert done.code == 5
    lines = done.out.splitlines()
    assert lines[2].strip() == "cert.long_term && cert.valid_to >= t_eval"
    assert lines[3].index("^") - lines[2].index("c") == 32
    done = cli_kit.call(capfd, "rules", "test", str(good), "--json")
    document = json.loads(done.out)
    assert (done.code, document["schema"], document["exit"]) == (0, "ecert.rules-test/1", 0)
    (entry,) = document["rules"]
    assert [t["outcome"] for t in entry["tests"]] == ["pass", "pass", "fail", "unknown"]
    assert entry["tests"][2]["conditions"][0]["message"]["en"] == "expired on 2026-05-31"


def test_wrong_data_of_a_test_are_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    made = body()
    made["tests"].append(
        {"name": "no day", "expect": "unknown", "set": {"cert.valid_to": "2026-02-30"}}
    )
    file = write(tmp_path, "rule.json", made)
    done = cli_kit.call(capfd, "rules", "test", str(file), "--lang", "en")
    assert (done.code, "wrong data: cert.valid_to" in done.out) == (0, True)
    done = cli_kit.call(capfd, "rules", "test", str(file), "--json")
    last = json.loads(done.out)["rules"][0]["tests"][-1]
    assert last["data_faults"] == ["cert.valid_to"]
    assert last["conditions"][0]["code"] == "rule.value_invalid"


def test_files_that_are_no_rules_are_reported_and_nothing_is_a_usage_error(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.json").write_bytes(b"{")
    done = cli_kit.call(capfd, "rules", "lint", str(tmp_path / "broken.json"), "--json")
    assert done.code == 5
    (entry,) = json.loads(done.out)["rules"]
    assert entry["rule"] is None
    assert entry["findings"][0]["code"].startswith("json.")
    assert cli_kit.call(capfd, "rules", "lint", str(tmp_path / "nothing.yaml")).code == 4
    empty = tmp_path / "empty"
    empty.mkdir()
    assert cli_kit.call(capfd, "rules", "test", str(empty)).code == 2
    assert cli_kit.call(capfd, "rules", "lint").code == 2
