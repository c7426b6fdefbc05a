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


_FAILED, _INDETERMINATE = Verdict.FAILED, Verdict.INDETERMINATE
_PASSED, _NOT_APPLICABLE = Verdict.PASSED, Verdict.NOT_APPLICABLE
"""Looked up once: finding a member through its class takes longer than a whole fold."""


def meet(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the weakest verdict; ``NOT_APPLICABLE`` when nothing else is there."""
    return _first(tuple(verdicts), (_FAILED, _INDETERMINATE, _PASSED))


def join(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the strongest verdict; ``NOT_APPLICABLE`` when nothing else is there."""
    return _first(tuple(verdicts), (_PASSED, _INDETERMINATE, _FAILED))


def _first(found: tuple[Verdict, ...], order: tuple[Verdict, ...]) -> Verdict:
    for verdict in order:
        if verdict in found:
            return verdict
    return _NOT_APPLICABLE
