"""`evaluate`: one question against everything known, in one of four outcomes, with its explanation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ecert.recognition.asked import Asked
from ecert.recognition.axis import render_axis
from ecert.recognition.compiled import compile_knowledge
from ecert.recognition.deciding import OutcomeWord, decide
from ecert.recognition.edges import elsewhere
from ecert.recognition.explaining import explain
from ecert.report import Check, Condition
from ecert.trust.knowledge import Knowledge

__all__ = ["OutcomeWord", "Recognition", "evaluate"]


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
    compiled = compile_knowledge(knowledge)
    judgement = decide(asked, compiled, at=at)
    beyond = elsewhere(judgement.question, compiled) if judgement.question is not None else ()
    return Recognition(
        outcome=judgement.outcome,
        axis=render_axis(judgement, beyond),
        conditions=judgement.conditions,
        explanation=explain(judgement, compiled, beyond),
    )
