"""`evaluate`: one question against everything known, in one of four outcomes, with its explanation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from ecert.recognition.asked import Asked
from ecert.recognition.axis import recognition_axis
from ecert.report import Check, Condition, Verdict
from ecert.trust.knowledge import Knowledge

__all__ = ["OutcomeWord", "Recognition", "evaluate"]

OutcomeWord = Literal["recognised", "recognised_with_conditions", "not_recognised", "undetermined"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """The answer to one recognition question.

    Args:
        axis: the fourth axis of a report. conditions: what must be met beside it (L20).
        explanation: plain data of recognition.md D8: considered, trace, nearest, clocks, engine.
    """

    outcome: OutcomeWord
    axis: Check
    conditions: tuple[Condition, ...]
    explanation: Mapping[str, Any] = field(default_factory=dict)


def evaluate(asked: Asked, knowledge: Knowledge, *, at: datetime) -> Recognition:
    """Return whether the asked region recognises the certificate, at an instant (D7).

    Args:
        knowledge: of the trust that was used. at: evaluated instant, aware.
    """
    axis, conditions = recognition_axis(asked, knowledge.agreements, at=at)
    return Recognition(outcome=_outcome(axis.verdict, conditions), axis=axis, conditions=conditions)


def _outcome(verdict: Verdict, conditions: tuple[Condition, ...]) -> OutcomeWord:
    if verdict is Verdict.FAILED:
        return "not_recognised"
    if verdict is not Verdict.PASSED:
        return "undetermined"
    met = all(c.met == "yes" for c in conditions)
    return "recognised" if met else "recognised_with_conditions"
