"""Running a compiled rule, and its result with the trace (recognition.md D6, D8).

A condition is true, false, or cannot be told; a rule passes when every condition is true, fails when
one is false, and is unknown otherwise. Unknown never passes: it refers, or fails where the rule says
so. What was read is put into words only when somebody asks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from ecert.recognition.rules.engine import Program, activation
from ecert.recognition.rules.environment import VIEWS
from ecert.recognition.rules.facts import ABSENT, INVALID, Facts, shown
from ecert.recognition.rules.functions import RUNNING, Running
from ecert.recognition.rules.reading import Reads
from ecert.recognition.rules.syntax import PRESENCE
from ecert.trust.rule import CHINESE, Condition, Rule

__all__ = [
    "PLACEHOLDER",
    "CompiledRule",
    "ConditionResult",
    "Known",
    "Read",
    "RuleResult",
    "Step",
    "decide",
    "not_run",
]

Result = Literal["pass", "fail", "unknown"]
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
"""A value in a rule's message, by its path."""
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


Known = dict[tuple[Any, ...], bool | str]
"""Answers by the values that were read."""


@dataclass(frozen=True, slots=True)
class Step:
    """One condition, compiled.

    Args:
        plain: it reads single variables alone, none of them personal, nothing of sources, and asks for
            no presence. Then its answer is a function of those values, and ``known`` remembers answers
            by exactly the values read (L24).
    """

    condition: Condition
    program: Program
    reads: Reads
    plain: bool
    known: Known = field(default_factory=dict, compare=False)


_Answer = tuple[Step, bool | str, tuple[tuple[str, str], ...]]
"""A condition, its truth or the words of an error, and what its functions read."""


@dataclass(frozen=True, slots=True)
class ConditionResult:
    """What became of one condition; what it read is put into words when it is asked for."""

    _step: Step
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
        hidden = any(read.personal for read in found)  # an answer may repeat what was asked about
        return (*found, *(Read(path, value, hidden) for path, value in self._answers))

    def message(self, language: str) -> str:
        """Return the rule's own words for this outcome, values filled in; Chinese is always there."""
        values = {read.path: read.value for read in self.reads}
        text = self._step.condition.message(self.outcome, language)
        return PLACEHOLDER.sub(lambda m: _filled(values.get(m[1], "")), text)

    def absent(self, language: str) -> tuple[tuple[str, str], ...]:
        """Return the fields whose presence was asked for and that are missing, and what that means."""
        declared = ((path, dict(texts)) for path, texts in self._step.condition.absence)
        return tuple(
            (path, texts.get(language, texts[CHINESE]))
            for path, texts in declared
            if self._facts.get(path) is ABSENT
        )

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
    _ran: tuple[_Answer, ...] = ()
    _facts: Facts | None = None

    @property
    def conditions(self) -> tuple[ConditionResult, ...]:
        """What became of each condition, with its trace; put together when it is asked for."""
        if self._facts is None:
            return ()
        return tuple(ConditionResult(s, a, self._facts, words) for s, a, words in self._ran)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledRule:
    """A rule that can be run; ``code`` says why it cannot: it is for another engine, or does not compile."""

    rule: Rule
    steps: tuple[Step, ...]
    code: str = ""
    detail: str = ""

    @property
    def reads(self) -> tuple[str, ...]:
        """Everything its conditions read."""
        return tuple(sorted({path for step in self.steps for path in step.reads.paths}))

    def run(self, facts: Facts) -> RuleResult:
        """Return what becomes of the rule for these facts."""
        if self.code:
            return not_run(self.rule, self.code, self.detail)
        ran = tuple([_run(step, facts) for step in self.steps])
        answers = [one[1] for one in ran]
        outcome: Result = "unknown"
        if False in answers:
            outcome, code = "fail", "rule.failed"
        elif ran and answers.count(True) == len(ran):
            outcome, code = "pass", ""
        elif self.rule.on_unknown == "fail":
            outcome, code = "fail", "rule.unknown_fails"
        else:
            code = "rule.undecided"
        return RuleResult(rule=self.rule, outcome=outcome, code=code, _ran=ran, _facts=facts)


def not_run(rule: Rule, code: str, detail: str) -> RuleResult:
    """Return that a rule could not be run at all: unknown, whatever it wants done with an unknown."""
    return RuleResult(rule=rule, outcome="unknown", code=code, detail=detail)


def _run(step: Step, facts: Facts) -> _Answer:
    if step.plain:
        return step, _remembered(step, facts), ()
    answer, words = decide(step.program, step.reads, facts)
    return step, answer, words


def decide(
    program: Program, reads: Reads, facts: Facts
) -> tuple[bool | str, tuple[tuple[str, str], ...]]:
    """Return the truth of an expression, or the words of an error, and what its functions read."""
    values = activation(_values(reads, facts))
    if not reads.sources:
        return program.run(values), ()
    running = Running(facts.sources)
    token = RUNNING.set(running)
    try:
        answer = program.run(values)
    finally:
        RUNNING.reset(token)
    return answer, tuple(running.answers)


def _remembered(step: Step, facts: Facts) -> bool | str:
    get = facts.get
    key = tuple([get(path) for path in step.reads.values])
    found = step.known.get(key)
    if found is None:
        found = step.program.run(activation(_values(step.reads, facts)))
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
    view, name = _view_of(path)
    if view:
        values.setdefault(view, {})[name] = value
    else:
        values[path] = value


@lru_cache(maxsize=4096)
def _view_of(path: str) -> tuple[str, str]:
    """Return the view of fields that a path is of, or "", and the name in it."""
    view, _, name = path.rpartition(".")
    return (view, name) if view.removeprefix(f"{PRESENCE}.") in VIEWS else ("", path)


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
