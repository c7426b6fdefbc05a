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


_RANK = {Verdict.FAILED: 0, Verdict.INDETERMINATE: 1, Verdict.PASSED: 2}
_BY_RANK = (Verdict.FAILED, Verdict.INDETERMINATE, Verdict.PASSED)


def _ranks(verdicts: Iterable[Verdict]) -> list[int]:
    return [_RANK[v] for v in verdicts if v is not Verdict.NOT_APPLICABLE]


def meet(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the weakest verdict; ``NOT_APPLICABLE`` when nothing else is there."""
    ranks = _ranks(verdicts)
    return _BY_RANK[min(ranks)] if ranks else Verdict.NOT_APPLICABLE


def join(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the strongest verdict; ``NOT_APPLICABLE`` when nothing else is there."""
    ranks = _ranks(verdicts)
    return _BY_RANK[max(ranks)] if ranks else Verdict.NOT_APPLICABLE
