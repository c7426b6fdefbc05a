"""The three-valued verdict and its two folds (strong Kleene logic, no negation)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

__all__ = ["Verdict", "join", "meet"]


class Verdict(Enum):
    """What a check found: it holds, it does not, or it cannot be told.

    ``NOT_APPLICABLE`` is the identity of both folds; it needs a reason and never counts as a pass.
    There is no "not": a negation over missing information is how policies fail open.
    """

    FAILED = "failed"
    INDETERMINATE = "indeterminate"
    PASSED = "passed"
    NOT_APPLICABLE = "not_applicable"


def meet(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the weakest verdict; ``NOT_APPLICABLE`` when nothing else is there."""
    found = Verdict.NOT_APPLICABLE
    for verdict in verdicts:
        if verdict is Verdict.FAILED:
            return verdict
        if verdict is Verdict.INDETERMINATE or found is Verdict.NOT_APPLICABLE:
            found = verdict
    return found


def join(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the strongest verdict; ``NOT_APPLICABLE`` when nothing else is there."""
    found = Verdict.NOT_APPLICABLE
    for verdict in verdicts:
        if verdict is Verdict.PASSED:
            return verdict
        if verdict is Verdict.INDETERMINATE or found is Verdict.NOT_APPLICABLE:
            found = verdict
    return found
