"""From a rule to a compiled rule: every check that needs no facts (recognition.md D5, D6).

A rule for another engine or other facts is not compiled; it is unknown, with a code of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from ecert.errors import TrustError
from ecert.memo import Memo
from ecert.recognition.rules.engine import Program, compile_expression
from ecert.recognition.rules.environment import FACTS_VERSION, NAME, VARIABLES, VERSION, VIEWS
from ecert.recognition.rules.facts import Facts
from ecert.recognition.rules.reading import Reads, read_expression
from ecert.recognition.rules.running import (
    PLACEHOLDER,
    CompiledRule,
    Known,
    RuleResult,
    Step,
)
from ecert.trust.rule import Condition, Rule

__all__ = ["compile_condition", "compile_rule", "compiled_rule", "run_rule", "version_fault"]

_NOTHING = "—"


def compile_rule(rule: Rule) -> CompiledRule:
    """Return the compiled rule.

    Raises:
        TrustError: ``rule.too_large``, ``rule.not_allowed``, ``rule.expression``,
            ``rule.absence_passes``, ``rule.absence_undeclared``, ``rule.fields_differ``,
            ``rule.placeholder`` or ``rule.no_conditions``.
    """
    code, detail = version_fault(rule)
    if code:
        return CompiledRule(rule=rule, steps=(), code=code, detail=detail)
    if not rule.conditions:
        raise _fault(rule, "rule.no_conditions", "", ())
    steps = tuple(compile_condition(rule, condition) for condition in rule.conditions)
    compiled = CompiledRule(rule=rule, steps=steps)
    _declared(compiled)
    return compiled


def version_fault(rule: Rule) -> tuple[str, str]:
    """Return why this engine may not run a rule: another engine, a newer one, other facts."""
    needed = f"{rule.engine} {rule.min_version[0]}.{rule.min_version[1]}"
    if rule.engine != NAME or rule.min_version[0] != VERSION[0]:
        return "rule.engine_other", needed
    if rule.min_version > VERSION:
        return "rule.engine_newer", needed
    least, most = rule.data_schema
    if not least <= FACTS_VERSION <= most:
        return "rule.data_schema", f"{least}-{most}"
    return "", ""


def compile_condition(rule: Rule, condition: Condition) -> Step:
    """Return one condition, compiled.

    Raises:
        TrustError: as `compile_rule`, for this condition.
    """
    try:
        program, reads, known = _expression(condition.expression)
    except TrustError as error:
        where = f"{rule.rule_id} {condition.id}"
        raise TrustError(
            error.code,
            f"{where}: {error.message}",
            params={**error.params, "rule": rule.rule_id, "condition": condition.id},
            hint=error.hint,
        ) from None
    if not _absence_declared(condition, reads):
        raise _fault(rule, "rule.absence_undeclared", condition.id, reads.asked)
    _placeholders(rule, condition, reads)
    plain = not reads.asked and not reads.sources and not any(map(_personal, reads.values))
    return Step(condition, program, reads, plain=plain, known=known)


@lru_cache(maxsize=4096)
def _expression(text: str) -> tuple[Program, Reads, Known]:
    """Return program, reads and remembered answers of a text: equal conditions of many rules are one."""
    program = compile_expression(text)
    return program, read_expression(text, program.checked), {}


def _absence_declared(condition: Condition, reads: Reads) -> bool:
    """Whether what absence means is declared for exactly the fields whose presence is asked."""
    return {path for path, _ in condition.absence} == set(reads.asked)


def _placeholders(rule: Rule, condition: Condition, reads: Reads) -> None:
    """Refuse a message that names what its condition does not read, or a personal value (L26)."""
    allowed = {p for p in reads.paths if not _personal(p)}
    for _, texts in condition.messages:
        for _, text in texts:
            names = PLACEHOLDER.findall(text)
            rest = PLACEHOLDER.sub("", text)
            if not set(names) <= allowed or "{" in rest or "}" in rest:
                raise _fault(rule, "rule.placeholder", condition.id, names)


def _personal(path: str) -> bool:
    """Whether a value may be about a person: every field, its translation, what is marked so."""
    view, _, _ = path.rpartition(".")
    variable = VARIABLES.get(path)
    return (
        view in VIEWS or path.startswith("codes.") or (variable is not None and variable.personal)
    )


def _declared(compiled: CompiledRule) -> None:
    """Refuse a rule whose declared fields are not exactly the fields that are read (D5)."""
    declared, read = set(compiled.rule.affected_fields), set(compiled.reads)
    if declared != read:
        named = [f"+{p}" for p in sorted(read - declared)]
        named += [f"-{p}" for p in sorted(declared - read)]
        raise _fault(compiled.rule, "rule.fields_differ", "", named)


def _fault(rule: Rule, code: str, condition: str, names: Iterable[str]) -> TrustError:
    fields = ", ".join(names) or _NOTHING
    return TrustError(
        code,
        f"{rule.rule_id} {condition}".rstrip() + f": {fields}",
        params={"rule": rule.rule_id, "condition": condition or _NOTHING, "fields": fields},
        hint="correct the rule and run its tests again",
    )


_COMPILED: Memo[tuple[Rule, CompiledRule]] = Memo(entries=4096, size=64 * 1024 * 1024)
"""Compiled rules by the digest of their file; a nation has some 500."""
_WEIGHT = 16 * 1024


def run_rule(rule: Rule, facts: Facts) -> RuleResult:
    """Return what becomes of a rule; one that does not compile is unknown with that code."""
    return compiled_rule(rule).run(facts)


def compiled_rule(rule: Rule) -> CompiledRule:
    """Return the compiled rule, as it is remembered; of one that does not compile, that it is unknown."""
    known = _COMPILED.get(rule.sha256) if rule.sha256 else None
    # A rule that was changed in memory, for a simulation, keeps its digest and is another rule.
    if known is None or (known[0] is not rule and known[0] != rule):
        known = (rule, _compiled(rule))
        if rule.sha256:
            _COMPILED.put(rule.sha256, known, _WEIGHT)
    return known[1]


def _compiled(rule: Rule) -> CompiledRule:
    try:
        return compile_rule(rule)
    except TrustError as error:
        return CompiledRule(rule=rule, steps=(), code=error.code, detail=error.message)
