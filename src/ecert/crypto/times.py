"""Claimed times as they are written: an instant, or an interval where the text leaves room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

__all__ = ["ZONELESS_SLACK", "TimeClaim"]

ZONELESS_SLACK = timedelta(hours=8)
"""A time without a zone, or with a false Z, may be Asia/Shanghai or UTC (never-accept.md L11)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeClaim:
    """One time that a file states about itself (grade "declared": it can worsen, never rescue).

    Args:
        source: where it stands: ``"signingTime"``, ``"M"``, ``"timeInfo"``, ``"SignatureDateTime"``.
        text: the characters as written, for the report.
        earliest: first instant it can mean (aware, UTC), or None when unreadable.
        latest: last instant it can mean; equal to ``earliest`` for a time with a zone.
        covered: the claim stands in bytes covered by the signature it belongs to.
    """

    source: str
    text: str
    earliest: datetime | None
    latest: datetime | None
    covered: bool = True

    @property
    def readable(self) -> bool:
        """Whether the text was a time at all."""
        return self.earliest is not None
