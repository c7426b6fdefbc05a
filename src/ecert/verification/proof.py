"""What provably existed when: tokens over signatures, document time stamps, chains of them (L11).

A token is judged at the instant at which it provably existed itself: the earliest trusted document time
stamp around it, else the judged instant. Its authority must be listed, in force and unrevoked then
(EN 319 102-1 5.6 in the terms of this model: each newer stamp vouches for the older one from before
its certificate ended). Of evidence about an authority, only what is fresh at the judged time or newer
than such a proven instant clears (L17): the stated time of the token in question proves nothing yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from ecert.report import OK, Outcome, unknown
from ecert.verification.case import Case, RevocationCase, SignatureCase, SignerCase, TimestampCase
from ecert.verification.checks.revocation import Clearing, begun, since, stamp_instant
from ecert.verification.policy import Policy

__all__ = ["settle"]


def settle(case: Case, policy: Policy, at: datetime) -> Case:
    """Return the case with every token judged and ``proven`` filled in; doing it again changes nothing.

    The stamps that cover most come first, so that each is judged by the ones around it.
    """
    if not any(map(_has_tokens, case.signatures)):
        return case
    stamps: dict[int, datetime] = {}
    around: dict[int, list[int]] = {}
    done: dict[int, SignatureCase] = {}
    order = sorted(case.signatures, key=lambda s: (s.kind != "timestamp", -len(s.stamps), -s.index))
    for sig in order:
        outer = [stamps[i] for i in around.get(sig.index, ()) if i in stamps]
        done[sig.index] = settled = _settle_one(sig, _Judging(policy, at, stamps, tuple(outer)))
        moment = stamp_instant(settled)
        if moment is not None:
            stamps[sig.index] = moment
            for inner in sig.stamps:
                around.setdefault(inner, []).append(sig.index)
    return replace(case, signatures=tuple(done[s.index] for s in case.signatures))


def _has_tokens(sig: SignatureCase) -> bool:
    """Whether there is anything to settle about a signature."""
    seal = sig.seal
    sealed = seal is not None and seal.timestamp is not None
    return sealed or bool(sig.timestamps or sig.stamps or sig.proven) or sig.kind == "timestamp"


@dataclass(frozen=True, slots=True)
class _Judging:
    """The question about one token: ``outer`` are the trusted instants at which it existed."""

    policy: Policy
    at: datetime
    stamps: Mapping[int, datetime]
    outer: tuple[datetime, ...]

    @property
    def moment(self) -> datetime:
        """The earliest instant at which it is known to have existed, else the judged one."""
        return min(self.outer, default=self.at)


def _settle_one(sig: SignatureCase, judging: _Judging) -> SignatureCase:
    tokens = tuple(_settled(token, judging) for token in sig.timestamps)
    seal = sig.seal
    if seal is not None and seal.timestamp is not None:
        seal = replace(seal, timestamp=_settled(seal.timestamp, judging))
    own = [t.instant for t in tokens if t.arithmetic.ok is True and t.trusted.ok is True]
    proven = sorted({*judging.outer, *(min(m, judging.moment) for m in own if m is not None)})
    return replace(sig, timestamps=tokens, seal=seal, proven=tuple(proven))


def _settled(token: TimestampCase, judging: _Judging) -> TimestampCase:
    if token.trusted.ok is not True:
        return token
    return replace(token, trusted=_trusted(token, judging))


def _trusted(token: TimestampCase, judging: _Judging) -> Outcome:
    who, made, latest = token.signer, token.gen_time, token.instant
    if who is None or made is None or latest is None:
        return unknown("tsp.untrusted")
    if made - judging.moment > latest - made:  # by more than the accuracy that it states
        return unknown("tsp.after_proof", at=made.isoformat())
    problem = judging.policy.judge_algorithms((*token.algorithms, *who.algorithms), judging.moment)
    for found in (_in_service(who, made, judging), problem):
        if found.ok is not True:
            return found
    return _unrevoked(who, judging)


def _in_service(who: SignerCase, made: datetime, judging: _Judging) -> Outcome:
    """Return OK for one listed and in force when the token says it was made, and when it provably existed."""
    for moment in (made, judging.moment):
        if not any(x.kind == "TSA" and x.state_at(moment) == "granted" for x in who.listings):
            return unknown("tsp.not_in_service", at=moment.isoformat())
    if not who.not_before <= made <= who.not_after:
        return unknown("tsp.outside_validity", subject=who.name)
    if judging.moment > who.not_after:
        return unknown("tsp.expired_no_poe", not_after=who.not_after.isoformat())
    return OK


def _unrevoked(who: SignerCase, judging: _Judging) -> Outcome:
    clearing = Clearing(
        policy=judging.policy,
        at=judging.at,
        stamps=judging.stamps,
        proven=(judging.moment,) if judging.outer else (),
        ended=judging.at > who.not_after,
    )
    for answers in who.revocation or ((),):
        known = [a for a in answers if begun(a, judging.at)]
        bound = min((_bound(a) for a in known), default=None)
        if bound is not None and (bound <= judging.moment or not judging.outer):
            return unknown("tsp.revoked", at=bound.isoformat())
        if not known and clearing.verdict(answers).ok is not True:
            return unknown("tsp.revocation_unknown")
    return OK


def _bound(answer: RevocationCase) -> datetime:
    """Return the instant from which nothing of this key counts."""
    return min(since(answer), answer.invalidity_date or since(answer))
