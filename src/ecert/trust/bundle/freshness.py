"""How old verified trust is: fresh, stale within the local grace, expired, frozen, or clock suspect.

An outcome, never an exception: what is stale carries a note, what is expired refers. The grace is the
operator's; a publisher's wish can only make it smaller, and for roots, and for what is said of status
and revocation, there is none (L19).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

__all__ = ["CLOCK_SLACK", "DEFAULT_GRACE", "Dated", "Freshness", "RoleVersion"]

State = Literal["fresh", "stale", "expired", "frozen", "clock_suspect"]

CLOCK_SLACK = timedelta(minutes=5)
"""Clocks of signer and reader differ; beyond it a signed time is of the reader's future (L13)."""
DEFAULT_GRACE = timedelta(days=3)
"""A weekend without a courier; ``Dated.grace`` says what the operator chose."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleVersion:
    """One verified version of one role, for the report.

    Args:
        sha256: of the payload. grace: for how long the publisher would have it used after expiry.
    """

    name: str
    version: int
    sha256: str
    issued_at: datetime
    expires: datetime
    grace: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Freshness:
    """The outcome at one instant; ``role`` is the one that is worst, ``days`` since it expired."""

    state: State
    days: int = 0
    role: str = ""

    @property
    def code(self) -> str | None:
        """Reason code, or None for what is fresh."""
        return None if self.state == "fresh" else f"bundle.{self.state}"

    @property
    def usable(self) -> bool:
        """Whether a live answer may rest on it: fresh, or stale within the local grace."""
        return self.state in ("fresh", "stale")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """Every role that an answer rests on, with the operator's grace.

    Args:
        seen: the latest signed time that was verified, here or by the store before.
        frozen: opened by digest for an audit: true for what it was, and never a live answer.
    """

    roles: tuple[RoleVersion, ...]
    grace: timedelta = DEFAULT_GRACE
    seen: datetime | None = None
    frozen: bool = False

    @property
    def expires(self) -> datetime:
        """First instant at which one of the roles has expired."""
        return min(role.expires for role in self.roles)

    @property
    def ends(self) -> datetime:
        """First instant at which one of the roles is beyond its grace."""
        return min(self._end(role) for role in self.roles)

    def at(self, now: datetime) -> Freshness:
        """Return how fresh it is by the reader's clock."""
        if self.frozen:
            return Freshness("frozen")
        if self.seen is not None and self.seen - now > CLOCK_SLACK:
            return Freshness("clock_suspect")
        late = [role for role in self.roles if now >= role.expires]
        if not late:
            return Freshness("fresh")
        worst = max(late, key=lambda role: now - self._end(role))
        days = (now - worst.expires) // _DAY
        beyond = now >= self._end(worst)
        return Freshness("expired" if beyond else "stale", days, worst.name)

    def of(self, roles: tuple[RoleVersion, ...]) -> Dated:
        """Return the same for other roles of the same bundle."""
        return replace(self, roles=roles)

    def for_audit(self) -> Dated:
        """Return the same for a question about another instant: its dates alone count then."""
        return replace(self, seen=None, frozen=False)

    def _end(self, role: RoleVersion) -> datetime:
        """Return when one role is beyond its grace; the end of time is no error."""
        grace = timedelta(0) if role.name == "root" else min(self.grace, role.grace)
        return role.expires + min(grace, datetime.max.replace(tzinfo=UTC) - role.expires)
