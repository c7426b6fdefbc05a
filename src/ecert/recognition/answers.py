"""One answer as it is compared over times, regions and knowledge: the word, and what it hangs on (D9)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ecert.recognition.asked import Asked
from ecert.recognition.compiled import Compiled
from ecert.recognition.deciding import OutcomeWord, decide
from ecert.report import Reason, Report

__all__ = ["YES", "Answer", "answer", "with_report"]

YES = ("recognised", "recognised_with_conditions")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a question comes to, compared without the values in its reasons, which name the asked time.

    Args:
        agreement: id and version that answers, or "". causes: where and why it is no plain yes, with
            the rule. conditions: what must still be met. decision: over all four axes, or "" where no
            file was judged. reasons: the causes with their values.
    """

    outcome: OutcomeWord
    agreement: str = ""
    causes: tuple[tuple[str, str, str], ...] = ()
    conditions: tuple[str, ...] = ()
    decision: str = ""
    reasons: tuple[Reason, ...] = field(default=(), compare=False)

    @property
    def codes(self) -> tuple[str, ...]:
        """Reason codes of the causes and of the open conditions, each once."""
        return tuple(dict.fromkeys((*(code for _, code, _ in self.causes), *self.conditions)))


def answer(asked: Asked, compiled: Compiled, *, at: datetime) -> Answer:
    """Return the answer to one question at an instant."""
    judged = decide(asked, compiled, at=at)
    hit = judged.hit
    found = [
        (f"recognition.{part.name}", Reason(outcome.code, outcome.params))
        for part in judged.parts
        for outcome in ((part.outcome, *part.more) if part.outcome is not None else ())
        if outcome.ok is not True and outcome.code is not None
    ]
    if asked.blocked_by is not None:
        found.append((asked.blocked_by, Reason.of("check.blocked", by=asked.blocked_by)))
    return Answer(
        outcome=judged.outcome,
        agreement=f"{hit.agreement.agreement_id} {hit.agreement.version}" if hit else "",
        causes=_causes(found),
        conditions=tuple(c.code for c in judged.conditions if c.met != "yes"),
        reasons=tuple(reason for _, reason in found),
    )


def with_report(plain: Answer, report: Report[Any]) -> Answer:
    """Return the answer over all four axes: what else of a report stands against an accept."""
    found = [
        (check.id, reason)
        for check in report.causes()
        if not check.id.startswith("recognition")
        for reason in check.reasons
    ]
    if report.error is not None:
        found.append(("report", report.error))
    others = [c.code for c in report.conditions if c.met != "yes"]
    return replace(
        plain,
        decision=report.decision.value,
        causes=(*plain.causes, *_causes(found)),
        conditions=tuple(dict.fromkeys((*plain.conditions, *others))),
        reasons=(*plain.reasons, *(reason for _, reason in found)),
    )


def _causes(found: Iterable[tuple[str, Reason]]) -> tuple[tuple[str, str, str], ...]:
    named = ((where, reason.code, _rule(reason)) for where, reason in found)
    return tuple(dict.fromkeys(named))


def _rule(reason: Reason) -> str:
    values = dict(reason.params)
    return str(values.get("rule", values.get("rules", "")))
