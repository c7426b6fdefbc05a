"""A check and the tree of checks: what was looked at, what was found, why, on what evidence.

Laws (docs/reference/report.md, tests/property/test_report.py):
observation and policy are separate: ``weight`` says whether a check counts, never what it saw;
a group's verdict follows from its counted children and cannot be set; a group in which nothing
counted is INDETERMINATE (L15); anything but a pass carries a reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache

from ecert.report.codes import is_known
from ecert.report.outcome import Outcome, Scalar
from ecert.report.verdict import Verdict, join, meet

__all__ = ["Check", "Evidence", "Reason", "Rule", "Weight", "all_of", "any_of", "blocked", "leaf"]


class Weight(Enum):
    """Whether a check counts in its group; set by policy."""

    REQUIRED = "required"
    ADVISORY = "advisory"


class Rule(Enum):
    """How a group folds its counted children."""

    ALL = "all"
    ANY = "any"


_REQUIRED, _ANY = Weight.REQUIRED, Rule.ANY
_VERDICT_PASSED, _NOT_APPLICABLE = Verdict.PASSED, Verdict.NOT_APPLICABLE
"""Looked up once: finding a member through its class takes longer than a whole fold."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason code with the values for its sentence.

    Args:
        code: a code of the catalogue; anything else is refused.
        params: sorted (name, value) pairs.
    """

    code: str
    params: tuple[tuple[str, Scalar], ...] = ()

    def __post_init__(self) -> None:
        if not is_known(self.code):
            raise ValueError(f"reason code {self.code!r} is not in the catalogue")
        object.__setattr__(self, "params", tuple(sorted(self.params)))

    @classmethod
    def of(cls, code: str, **params: Scalar) -> Reason:
        """Return a reason with its values given by name."""
        return cls(code, tuple(params.items()))


@dataclass(frozen=True, slots=True)
class Evidence:
    """One value that a check relied on.

    Args:
        name: dotted name, e.g. ``"digest.expected"``.
        value: hex, ISO time, fingerprint, number. source: part of the file it came from.
        personal: masked in every output unless asked for (L26).
    """

    name: str
    value: Scalar
    source: str | None = None
    personal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One node of the report: a leaf that looked at something, or a group that folds its children.

    Raises:
        ValueError: when a group's verdict does not follow from its children, or a leaf that is not
            PASSED gives no reason.
    """

    id: str
    verdict: Verdict
    weight: Weight = Weight.REQUIRED
    clause: str | None = None
    rule: Rule | None = None
    reasons: tuple[Reason, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    children: tuple[Check, ...] = ()

    def __post_init__(self) -> None:
        if self.rule is None:
            if self.children:
                raise ValueError(f"{self.id}: children need a rule")
            if self.verdict is not _VERDICT_PASSED and not self.reasons:
                raise ValueError(f"{self.id}: {self.verdict} without a reason")
        elif self.verdict is not fold(self.rule, self.children):
            raise ValueError(f"{self.id}: verdict {self.verdict} does not follow from its children")

    def walk(self) -> Iterator[Check]:
        """Yield this check and everything below it, depth first, in order."""
        yield self
        for child in self.children:
            yield from child.walk()

    def causes(self) -> Iterator[Check]:
        """Yield the counted leaves that alone explain a verdict other than PASSED."""
        if self.verdict is Verdict.PASSED or self.verdict is Verdict.NOT_APPLICABLE:
            return
        guilty = [
            c
            for c in self.children
            if c.weight is Weight.REQUIRED
            and c.verdict is not Verdict.NOT_APPLICABLE
            and (c.verdict is self.verdict or self.rule is Rule.ANY)
        ]
        if not guilty:
            yield self
        for child in guilty:
            yield from child.causes()

    def find(self, check_id: str) -> Check | None:
        """Return the node with this id, or None."""
        return next((c for c in self.walk() if c.id == check_id), None)

    def advisory(self) -> Check:
        """Return the same observation with weight ADVISORY."""
        return replace(self, weight=Weight.ADVISORY)


def fold(rule: Rule, children: Iterable[Check]) -> Verdict:
    """Return a group's verdict: strong Kleene over the counted children, INDETERMINATE over none (L15)."""
    verdict = _folded(rule, children)
    return Verdict.INDETERMINATE if verdict is _NOT_APPLICABLE else verdict


def _folded(rule: Rule, children: Iterable[Check]) -> Verdict:
    """Return the same, NOT_APPLICABLE over none."""
    counted = [c.verdict for c in children if c.weight is _REQUIRED]
    return join(counted) if rule is _ANY else meet(counted)


def _group(rule: Rule, check_id: str, children: Iterable[Check], weight: Weight) -> Check:
    kids = tuple(children)
    verdict = _folded(rule, kids)
    counted = verdict is not _NOT_APPLICABLE
    return Check(
        id=check_id,
        verdict=verdict if counted else Verdict.INDETERMINATE,
        weight=weight,
        rule=rule,
        reasons=() if counted else (Reason("check.nothing_checked"),),
        children=kids,
    )


def all_of(check_id: str, children: Iterable[Check], *, weight: Weight = Weight.REQUIRED) -> Check:
    """Return a group that passes only if every counted child passes."""
    return _group(Rule.ALL, check_id, children, weight)


def any_of(check_id: str, children: Iterable[Check], *, weight: Weight = Weight.REQUIRED) -> Check:
    """Return a group that passes if one counted child passes."""
    return _group(Rule.ANY, check_id, children, weight)


def leaf(
    check_id: str,
    outcome: Outcome,
    *,
    evidence: tuple[Evidence, ...] = (),
    clause: str | None = None,
) -> Check:
    """Return a leaf whose verdict is that of a computed outcome."""
    if outcome.code is None and not evidence and clause is None:
        return _passed(check_id)  # an outcome without a code holds
    reasons = (Reason(outcome.code, outcome.params),) if outcome.code else ()
    return Check(
        id=check_id, verdict=outcome.verdict, reasons=reasons, evidence=evidence, clause=clause
    )


@lru_cache(maxsize=4096)
def _passed(check_id: str) -> Check:
    """Return the leaf that says nothing but that it passed: a value, whoever has it."""
    return Check(id=check_id, verdict=_VERDICT_PASSED)


def blocked(check_id: str, by: str) -> Check:
    """Return a leaf for a check that could not be made because another one did not pass."""
    return Check(
        id=check_id, verdict=Verdict.INDETERMINATE, reasons=(Reason.of("check.blocked", by=by),)
    )


def not_applicable(check_id: str, code: str, **params: Scalar) -> Check:
    """Return a leaf that does not apply to this file or question, with the reason."""
    return Check(id=check_id, verdict=Verdict.NOT_APPLICABLE, reasons=(Reason.of(code, **params),))
