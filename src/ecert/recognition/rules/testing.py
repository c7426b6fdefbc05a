"""A rule's own tests (recognition.md D5): run them, and say what they leave untried.

A rule needs a test that passes, one that fails and one in which a field is missing; over all tests each
condition must have held, failed and been unknown, and each part that decides it must have been true and
false. The clocks of a test lie inside the rule's window, or it would test a rule that does not speak.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ecert.errors import Params, TrustError
from ecert.recognition.rules.compiling import compile_rule
from ecert.recognition.rules.engine import compile_expression
from ecert.recognition.rules.facts import ABSENT, Facts
from ecert.recognition.rules.parts import parts
from ecert.recognition.rules.plain import changed, facts_from_json
from ecert.recognition.rules.reading import read_expression
from ecert.recognition.rules.running import CompiledRule, RuleResult, Step, decide
from ecert.recognition.rules.tree import read_checked
from ecert.trust.rule import OUTCOMES, Rule, RuleTest

__all__ = ["Finding", "Tested", "run_tests", "untried"]

_SAID = 60


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a rule: a code of the catalogue, its values, and where to look."""

    code: str
    params: Params
    hint: str = ""

    @classmethod
    def of(cls, error: TrustError) -> Finding:
        """Return an error as a finding."""
        return cls(error.code, dict(error.params), error.hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """One test that was run: what was expected, what came out, with the trace."""

    test: RuleTest
    facts: Facts
    result: RuleResult

    @property
    def held(self) -> bool:
        """Whether everything expected came out."""
        got = {c.id: c.outcome for c in self.result.conditions}
        return self.result.outcome == self.test.expect and all(
            got.get(name) == wanted for name, wanted in self.test.conditions
        )


def run_tests(rule: Rule) -> tuple[Tested, ...]:
    """Return what came out of every test of a rule.

    Raises:
        TrustError: the rule does not compile, or the facts of a test cannot be read.
    """
    compiled = compile_rule(rule)
    made = []
    for test in rule.tests:
        facts = facts_from_json(changed(rule.example or {}, test.put, test.unset))
        made.append(Tested(test=test, facts=facts, result=compiled.run(facts)))
    return tuple(made)


def untried(rule: Rule, tested: Sequence[Tested]) -> tuple[Finding, ...]:
    """Return what the tests of a rule got wrong, and what they never tried."""
    compiled = compile_rule(rule)
    found = [*_wrong(rule, tested), *_lacking(rule, compiled, tested), *_clocks(rule, tested)]
    for step in compiled.steps:
        found += _untried_outcomes(rule, step, tested)
        found += _untried_parts(rule, step, tested)
    return tuple(found)


def _wrong(rule: Rule, tested: Sequence[Tested]) -> Iterator[Finding]:
    for one in tested:
        if not one.held:
            got = ", ".join(f"{c.id}={c.outcome}" for c in one.result.conditions)
            yield Finding(
                "rule.test_failed",
                {
                    "rule": rule.rule_id,
                    "test": one.test.name,
                    "expected": one.test.expect,
                    "got": f"{one.result.outcome} ({got or one.result.code})",
                },
            )


def _lacking(rule: Rule, compiled: CompiledRule, tested: Sequence[Tested]) -> Iterator[Finding]:
    """Return the kinds of test that are not there; a missing field is one that the rule reads."""
    fields = {p for step in compiled.steps for p in (*step.reads.values, *step.reads.asked)}
    missing = any(
        one.facts.get(path) is ABSENT and one.result.outcome != "pass"
        for one in tested
        for path in fields
    )
    kinds = {one.test.expect for one in tested}
    for what, there in (("pass", "pass" in kinds), ("fail", "fail" in kinds), ("missing", missing)):
        if not there:
            yield Finding("rule.tests_missing", {"rule": rule.rule_id, "what": what})


def _clocks(rule: Rule, tested: Sequence[Tested]) -> Iterator[Finding]:
    for one in tested:
        moment = one.facts.get("t_eval")
        if moment is ABSENT and "t_eval" in one.test.unset:
            continue
        if not hasattr(moment, "tzinfo") or not rule.speaks_at(moment):
            yield Finding("rule.test_clock", {"rule": rule.rule_id, "test": one.test.name})


def _untried_outcomes(rule: Rule, step: Step, tested: Sequence[Tested]) -> Iterator[Finding]:
    seen = {c.outcome for one in tested for c in one.result.conditions if c.id == step.condition.id}
    reads = bool(step.reads.paths)
    for outcome in OUTCOMES:
        if outcome not in seen and (reads or outcome != "unknown"):
            yield _gap(rule, step, step.condition.expression, outcome)


def _untried_parts(rule: Rule, step: Step, tested: Sequence[Tested]) -> Iterator[Finding]:
    for part in parts(read_checked(step.program.checked)):
        program = compile_expression(part)
        reads = read_expression(part, program.checked)
        seen = {decide(program, reads, one.facts)[0] for one in tested}
        for truth, word in ((True, "true"), (False, "false")):
            if truth not in seen:
                yield _gap(rule, step, part, word)


def _gap(rule: Rule, step: Step, part: str, outcome: str) -> Finding:
    shown = part if len(part) <= _SAID else part[: _SAID - 1] + "…"
    return Finding(
        "rule.coverage",
        {
            "rule": rule.rule_id,
            "condition": step.condition.id,
            "part": " ".join(shown.split()),
            "outcome": outcome,
        },
    )
