"""Rules of recognition (recognition.md D5), as data: conditions in CEL, with messages and tests."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Rule"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One version of one rule.

    Args:
        owner: division code of the region whose rule it is.
        signed_by: division codes of the bundle roles that list exactly this file; empty in a folder.
    """

    rule_id: str
    version: int
    owner: str
    sha256: str = ""
    signed_by: tuple[str, ...] = ()
