"""Every rule of this repository is fit to publish, and none of them passes for want of a value (L15)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import docs_kit as kit
from ecert.model import Profile, list_profiles
from ecert.model.textdata import load_yaml
from ecert.recognition.rules import compile_rule
from ecert.recognition.rules.linting import lint_rule
from ecert.recognition.rules.plain import changed, facts_from_json
from ecert.trust.rule import Rule, parse_rule


def read(data: bytes, name: str) -> Rule:
    return parse_rule(load_yaml(data), name)


def rules() -> list[Rule]:
    found = [
        read(path.read_bytes(), path.name)
        for path in sorted((kit.ROOT / "federations").rglob("rules/*.yaml"))
    ]
    for lang in ("zh", "en"):
        page = kit.ROOT / f"docs/how-to/write-a-rule.{lang}.md"
        found += [read(b.text.encode(), page.name) for b in kit.blocks(page) if b.info == "yaml"]
    return found


RULES = rules()


def test_there_are_rules_to_look_at() -> None:
    assert len(RULES) >= 8
    assert {r.kind for r in RULES} == {"acceptance", "invalidation", "advisory"}


@pytest.mark.parametrize("one", RULES, ids=lambda r: r.rule_id)
def test_every_rule_is_fit_to_publish(one: Rule) -> None:
    findings, tested = lint_rule(one, profiles=[Profile.load(name) for name in list_profiles()])
    assert findings == ()
    assert len(tested) >= 3


@pytest.mark.parametrize("one", RULES, ids=lambda r: r.rule_id)
def test_l15_no_declared_field_lets_a_rule_pass_by_being_absent(one: Rule) -> None:
    """With a field removed a rule passes only where it passes whatever its tests put there."""
    compiled = compile_rule(one)
    removed = 0
    for test in one.tests:
        base = changed(one.example or {}, test.put, test.unset)
        for path in one.affected_fields:
            field = fact_path(path)
            without = facts_from_json(changed(base, (), [field]))
            if compiled.run(without).outcome != "pass":
                removed += 1
                continue
            for value in values_of(one, field):
                there = facts_from_json(changed(base, [(field, value)], ()))
                assert compiled.run(there).outcome == "pass", (test.name, path, value)
    assert removed


def fact_path(path: str) -> str:
    """Return where a field stands in the facts; its four readings are one field."""
    group, _, rest = path.partition(".")
    view, _, name = rest.partition(".")
    return f"{group}.fields.{name}" if view in ("dates", "numbers", "lists") else path


def values_of(one: Rule, path: str) -> list[object]:
    """Return every value that the example and the tests give to a path."""
    found: list[object] = [value for test in one.tests for p, value in test.put if p == path]
    node: object = one.example or {}
    for name in path.split("."):
        node = node.get(name) if isinstance(node, dict) else None
    return found if node is None else [*found, node]
