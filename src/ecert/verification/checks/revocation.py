"""Revocation of one certificate: what condemns, and what evidence is fresh enough to clear (L15, L17)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ecert.report import OK, Outcome, unknown
from ecert.verification.case import Case, RevocationCase, SignatureCase
from ecert.verification.checks.context import freshness
from ecert.verification.policy import Policy
from ecert.verification.tolerance import strange

__all__ = ["Clearing", "begun", "since", "stamp_instant", "stamp_instants"]


def since(answer: RevocationCase) -> datetime:
    """Return when a revocation begins; one without a date has begun when it was published."""
    return answer.revoked_at or answer.this_update


def begun(answer: RevocationCase, at: datetime) -> bool:
    """Whether an answer condemns at an instant; a stolen key condemns whatever the date says."""
    return answer.says == "revoked" and (answer.compromise or since(answer) <= at)


def stamp_instant(sig: SignatureCase) -> datetime | None:
    """Return the instant that a trusted document time stamp proves, or None."""
    sound = all(o.ok is True for o in (sig.structure, sig.digest, sig.value))
    if sig.kind != "timestamp" or not sound or strange(sig.quirks):
        return None
    known = [t for t in sig.timestamps if t.arithmetic.ok is True and t.trusted.ok is True]
    return known[0].instant if known else None


def stamp_instants(case: Case) -> dict[int, datetime]:
    """Return the instants that the trusted document time stamps of a settled case prove."""
    found = ((sig.index, stamp_instant(sig)) for sig in case.signatures)
    return {index: moment for index, moment in found if moment is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearing:
    """By what measure evidence clears.

    Args:
        at: the judged instant.
        stamps: what trusted document time stamps prove, by their index.
        proven: instants that are proven without this evidence; newer evidence clears.
        ended: a certificate of the path has ended by ``at``, so that no later evidence names it. Beside a
            proven instant only newer evidence clears then (decision table): of older evidence the
            presenter could choose the last before the revocation, and nothing later would tell.
    """

    policy: Policy
    at: datetime
    stamps: Mapping[int, datetime]
    proven: tuple[datetime, ...] = ()
    ended: bool = False

    def verdict(self, answers: Sequence[RevocationCase]) -> Outcome:
        """Return OK where an answer clears, none of them condemning; else unknown, and why.

        L17: fresh at the judged time, or newer than a proven time.
        """
        if not answers:
            return unknown("revocation.unknown")
        usable = [a for a in answers if self._entitled(a)]
        if any(self._clears(a) for a in usable):
            return OK
        if not usable:
            return unknown("revocation.responder")
        newest = max(a.this_update for a in usable)
        return unknown("revocation.stale", this_update=newest.isoformat())

    def _clears(self, answer: RevocationCase) -> bool:
        if answer.says != "good":
            return False
        if self.proven and all(answer.this_update > t for t in self.proven):
            return True
        if self.proven and self.ended:
            return False
        stale = freshness(
            answer.this_update,
            answer.next_update,
            at=self.at,
            limit_s=self.policy.crl_age_s,
            code="revocation.stale",
        )
        return stale is None

    def _entitled(self, answer: RevocationCase) -> bool:
        """Whether the delegate that signed an answer may be believed (RFC 6960 4.2.2.2.1).

        Its certificate is in force now, or was at an instant at which the answer provably existed:
        who gets hold of the key of an expired delegate could write any answer. So could who breaks
        its key: what the policy takes no more entitles nobody (L22).
        """
        existed = sorted(self.stamps[i] for i in answer.stamped_by if i in self.stamps)[:1]
        moment = min(existed, default=self.at)
        if answer.until is not None and moment > answer.until:
            return False
        if answer.algorithms:
            taken = self.policy.judge_algorithms(answer.algorithms, min(moment, self.at))
            if taken.ok is not True:
                return False
        if answer.responder is None:
            return True
        if any(a.says == "revoked" for a in answer.responder):
            return False
        about = replace(self, proven=tuple(existed), ended=False)
        return about.verdict(answer.responder).ok is True
