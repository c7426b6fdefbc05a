"""From a rule to programs, and from facts to a result with its trace (recognition.md D6).

A condition is true, false, or cannot be told; a rule passes when every condition is true, fails when
one is false, and is unknown otherwise. Unknown never passes: it refers, or fails where the rule says
so. A rule for another engine or other facts is unknown with a code of its own, and is not compiled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ecert.errors import TrustError
from ecert.memo import Memo
from ecert.recognition.rules.engine import Program, activation, compile_expression
from ecert.recognition.rules.environment import FACTS_VERSION, NAME, VARIABLES, VERSION, VIEWS
from ecert.recognition.rules.facts import ABSENT, INVALID, Facts, shown
from ecert.recognition.rules.functions import RUNNING, Running
from ecert.recognition.rules.reading import Reads, read_expression
from ecert.recognition.rules.syntax import PRESENCE
from ecert.trust.rule import Condition, Rule

__all__ = ["CompiledRule", "ConditionResult", "Read", "RuleResult", "compile_rule", "run_rule"]

Result = Literal["pass", "fail", "unknown"]
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_OWN_WORDS = re.compile(r"UNKNOWN: (?P<words>[a-z_]{2,20}: [a-z ]{1,60})")
_ENGINE_WORDS = ("integer overflow", "divide by zero", "modulus by zero")
_NOTHING = "—"
_ANSWERS = 1024
"""Answers remembered for one condition; a batch repeats divisions, types and days."""


@dataclass(frozen=True, slots=True)
class Read:
    """One value that a condition read, as text; personal ones are masked when shown (L26)."""

    path: str
    value: str
    personal: bool = False


@dataclass(frozen=True, slots=True)
class _Step:
    """One condition, compiled.

    Args:
        shared: it reads single variables alone, and nothing of sources; then its answer is a pure
            function of their values, and ``known`` remembers answers by exactly those (L24).
    """

    condition: Condition
    program: Program
    reads: Reads
    shared: bool
    known: dict[tuple[Any, ...], bool | str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class ConditionResult:
    """What became of one condition; what it read is put into words when it is asked for."""

    _step: _Step
    _answer: bool | str
    _facts: Facts
    _answers: tuple[tuple[str, str], ...] = ()

    @property
    def id(self) -> str:
        """Name of the condition within its rule."""
        return self._step.condition.id

    @property
    def outcome(self) -> Result:
        """Whether it holds, or unknown."""
        if isinstance(self._answer, str):
            return "unknown"
        return "pass" if self._answer else "fail"

    @property
    def code(self) -> str:
        """``rule.value_missing``, ``.value_invalid``, ``.not_computable`` where unknown, else ""."""
        return self._why()[0]

    @property
    def detail(self) -> str:
        """Which values are missing or wrong, or what could not be computed."""
        return self._why()[1]

    @property
    def reads(self) -> tuple[Read, ...]:
        """Every value read, in order of the paths; answers of functions after them."""
        facts = self._facts
        named = sorted({*self._step.reads.values, *self._step.reads.asked})
        found = [Read(p, shown(p, facts.get(p)), facts.is_personal(p)) for p in named]
        return (*found, *(Read(path, value) for path, value in self._answers))

    def message(self, language: str) -> str:
        """Return the rule's own words for this outcome, values filled in; Chinese is always there."""
        values = {read.path: read.value for read in self.reads}
        text = self._step.condition.message(self.outcome, language)
        return _PLACEHOLDER.sub(lambda m: _filled(values.get(m[1], "")), text)

    def _why(self) -> tuple[str, str]:
        if not isinstance(self._answer, str):
            return "", ""
        found = {path: self._facts.get(path) for path in self._step.reads.paths}
        sources = self._step.reads.sources
        return _cause({p: v for p, v in found.items() if p not in sources}, self._answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """What became of one rule.

    Args:
        outcome: after ``on_unknown``. code: "" for a pass, ``rule.failed``, ``rule.undecided``,
            ``rule.unknown_fails``, or why it could not be run at all. detail: what that code is about.
    """

    rule: Rule
    outcome: Result
    code: str
    detail: str = ""
    conditions: tuple[ConditionResult, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledRule:
    """A rule that can be run; ``code`` says why it cannot, where it is for another engine."""

    rule: Rule
    steps: tuple[_Step, ...]
    code: str = ""
    detail: str = ""

    @property
    def reads(self) -> tuple[str, ...]:
        """Everything its conditions read."""
        return tuple(sorted({path for step in self.steps for path in step.reads.paths}))

    def run(self, facts: Facts) -> RuleResult:
        """Return what becomes of the rule for these facts."""
        if self.code:
            return _result(self.rule, "unknown", self.code, detail=self.detail)
        found = tuple([_run(step, facts) for step in self.steps])
        outcomes = [c.outcome for c in found]
        if "fail" in outcomes:
            return _result(self.rule, "fail", "rule.failed", conditions=found)
        if "unknown" in outcomes:
            return _result(self.rule, "unknown", "rule.undecided", conditions=found)
        return _result(self.rule, "pass", "", conditions=found)


def _result(
    rule: Rule,
    outcome: Result,
    code: str,
    *,
    detail: str = "",
    conditions: tuple[ConditionResult, ...] = (),
) -> RuleResult:
    """Return a result; an unknown becomes a failure where the rule says so, and never a pass."""
    if outcome == "unknown" and rule.on_unknown == "fail":
        outcome = "fail"
        code = "rule.unknown_fails" if code == "rule.undecided" else code
    return RuleResult(rule=rule, outcome=outcome, code=code, detail=detail, conditions=conditions)


def compile_rule(rule: Rule) -> CompiledRule:
    """Return the compiled rule.

    Raises:
        TrustError: ``rule.too_large``, ``rule.not_allowed``, ``rule.expression``,
            ``rule.absence_passes``, ``rule.absence_undeclared``, ``rule.fields_differ`` or
            ``rule.placeholder``.
    """
    code, detail = _version_fault(rule)
    if code:
        return CompiledRule(rule=rule, steps=(), code=code, detail=detail)
    steps = tuple(_step(rule, condition) for condition in rule.conditions)
    compiled = CompiledRule(rule=rule, steps=steps)
    _declared(compiled)
    return compiled


def _version_fault(rule: Rule) -> tuple[str, str]:
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


def _step(rule: Rule, condition: Condition) -> _Step:
    try:
        program = compile_expression(condition.expression)
        reads = read_expression(condition.expression, program.checked)
    except TrustError as error:
        where = f"{rule.rule_id} {condition.id}"
        raise TrustError(
            error.code,
            f"{where}: {error.message}",
            params={**error.params, "rule": rule.rule_id, "condition": condition.id},
            hint=error.hint,
        ) from None
    if not rule_absence(condition, reads):
        raise _fault(rule, "rule.absence_undeclared", condition.id, reads.asked)
    _placeholders(rule, condition, reads)
    shared = not reads.asked and not reads.sources and not any(map(_is_view, reads.values))
    return _Step(condition, program, reads, shared)


def rule_absence(condition: Condition, reads: Reads) -> bool:
    """Whether what absence means is declared for exactly the fields whose presence is asked."""
    return {path for path, _ in condition.absence} == set(reads.asked)


def _placeholders(rule: Rule, condition: Condition, reads: Reads) -> None:
    """Refuse a message that names what its condition does not read, or a personal value (L26)."""
    allowed = {p for p in reads.paths if not _personal(p)}
    for _, texts in condition.messages:
        for _, text in texts:
            names = _PLACEHOLDER.findall(text)
            rest = _PLACEHOLDER.sub("", text)
            if not set(names) <= allowed or "{" in rest or "}" in rest:
                raise _fault(rule, "rule.placeholder", condition.id, names)


def _personal(path: str) -> bool:
    view, _, _ = path.rpartition(".")
    variable = VARIABLES.get(path)
    return view in VIEWS or (variable is not None and variable.personal)


def _declared(compiled: CompiledRule) -> None:
    """Refuse a rule whose declared fields are not exactly the fields that are read (D5)."""
    declared, read = set(compiled.rule.affected_fields), set(compiled.reads)
    if declared != read:
        named = [f"+{p}" for p in sorted(read - declared)]
        named += [f"-{p}" for p in sorted(declared - read)]
        raise _fault(compiled.rule, "rule.fields_differ", "", named)


def _fault(rule: Rule, code: str, condition: str, names: Any) -> TrustError:
    fields = ", ".join(names) or _NOTHING
    return TrustError(
        code,
        f"{rule.rule_id} {condition}".rstrip() + f": {fields}",
        params={"rule": rule.rule_id, "condition": condition or _NOTHING, "fields": fields},
        hint="correct the rule and run its tests again",
    )


def _run(step: _Step, facts: Facts) -> ConditionResult:
    if step.shared:
        return ConditionResult(step, _answer(step, facts), facts)
    values = activation(_values(step.reads, facts))
    running = Running(facts.sources)
    token = RUNNING.set(running)
    try:
        answer = step.program.run(values)
    finally:
        RUNNING.reset(token)
    return ConditionResult(step, answer, facts, tuple(running.answers))


def _answer(step: _Step, facts: Facts) -> bool | str:
    key = tuple([facts.plain.get(path) for path in step.reads.values])
    found = step.known.get(key)
    if found is None:
        found = step.program.run(facts.ready(activation))
        if len(step.known) >= _ANSWERS:
            step.known.clear()
        step.known[key] = found
    return found


def _values(reads: Reads, facts: Facts) -> dict[str, Any]:
    """Return what a condition may see: the values it reads and the presence it asks for, no more."""
    values: dict[str, Any] = {}
    for path in reads.values:
        value = facts.get(path)
        if value is not ABSENT and value is not INVALID:
            _put(values, path, value)
    for path in reads.asked:
        value = facts.get(path)
        if value is not INVALID:
            _put(values, f"{PRESENCE}.{path}", value is not ABSENT)
    return values


def _put(values: dict[str, Any], path: str, value: Any) -> None:
    view, _, name = path.rpartition(".")
    if view.removeprefix(f"{PRESENCE}.") in VIEWS:
        values.setdefault(view, {})[name] = value
    else:
        values[path] = value


def _is_view(path: str) -> bool:
    return path.rpartition(".")[0] in VIEWS


def _cause(found: Mapping[str, Any], words: str) -> tuple[str, str]:
    """Return the code of an unknown and which values or words stand behind it."""
    invalid = [path for path, value in found.items() if value is INVALID]
    missing = [path for path, value in found.items() if value is ABSENT]
    if invalid:
        return "rule.value_invalid", ", ".join(invalid)
    if missing:
        return "rule.value_missing", ", ".join(missing)
    own = _OWN_WORDS.match(words)
    known = next((w for w in _ENGINE_WORDS if w in words), "error")
    return "rule.not_computable", own["words"] if own else known


def _filled(value: str) -> str:
    return _NOTHING if value in ("", "absent", "invalid") else value


_COMPILED: Memo[CompiledRule | TrustError] = Memo(entries=4096, size=64 * 1024 * 1024)
"""Compiled rules by the digest of their file; a nation has some 500."""
_WEIGHT = 16 * 1024


def run_rule(rule: Rule, facts: Facts) -> RuleResult:
    """Return what becomes of a rule; one that does not compile is unknown with that code."""
    compiled = _COMPILED.get((rule.sha256, rule.signed_by)) if rule.sha256 else None
    if compiled is None:
        compiled = _compiled(rule)
        if rule.sha256:
            _COMPILED.put((rule.sha256, rule.signed_by), compiled, _WEIGHT)
    if isinstance(compiled, TrustError):
        return _result(rule, "unknown", compiled.code, detail=compiled.message)
    return compiled.run(facts)


def _compiled(rule: Rule) -> CompiledRule | TrustError:
    try:
        return compile_rule(rule)
    except TrustError as error:
        return error
