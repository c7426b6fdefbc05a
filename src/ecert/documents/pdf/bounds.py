"""The one way this package says that a limit was exceeded, shared with the OFD reader's code."""

from __future__ import annotations

from ecert.errors import MalformedDocument, Scalar
from ecert.report.outcome import Outcome, unknown

__all__ = ["TOO_LARGE", "exceeded", "exceeded_outcome"]

TOO_LARGE = "format.too_large"


def exceeded(what: str, limit: int, value: int | None = None) -> MalformedDocument:
    """Return the error that reading stops with; ``value`` is None where reading stopped before."""
    params: dict[str, Scalar] = {"what": what, "limit": limit, "value": _shown(value, limit)}
    return MalformedDocument(TOO_LARGE, f"{what} exceeds {limit}", params=params)


def exceeded_outcome(what: str, limit: int, value: int | None = None) -> Outcome:
    """Return the same as an outcome."""
    return unknown(TOO_LARGE, what=what, limit=limit, value=_shown(value, limit))


def _shown(value: int | None, limit: int) -> str:
    return f">{limit}" if value is None else str(value)
