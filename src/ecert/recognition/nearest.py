"""What would have to be otherwise for another answer: the smallest change of facts (recognition.md D8).

Found by asking again, never by reading the reasons backwards: single changes first, then pairs. The
search is bounded and says which bound it met. What it finds is a hint where to look, no promise: a
changed fact must still be proven.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

from ecert.ids import last_instant
from ecert.ids.dates import shanghai_day
from ecert.recognition.asked import FIRM, HOLDERS, Asked
from ecert.recognition.compiled import Compiled
from ecert.recognition.deciding import Judgement, OutcomeWord, decide
from ecert.recognition.edges import Question
from ecert.recognition.translating import reached
from ecert.trust.agreement import ANY, UNSTATED, Agreement

__all__ = ["SINGLES", "nearest"]

SINGLES, PAIRS, FOUND = 32, 64, 8
"""Changes tried alone, pairs tried, and answers kept: some 20 ms at most for one question, with ten rules."""
_KIND = 10
"""Changes of one kind of fact, so that long lists of matters leave room for the others."""
_RANK: dict[OutcomeWord, int] = {
    "not_recognised": 0,
    "undetermined": 1,
    "recognised_with_conditions": 2,
    "recognised": 3,
}


@dataclass(frozen=True, slots=True)
class _World:
    """A question with its instant and with what is taken as met."""

    asked: Asked
    at: datetime
    supposed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Change:
    """One fact that is otherwise: its name, what it is and what it would be."""

    fact: str
    now: str
    then: str
    asked: tuple[tuple[str, Any], ...] = ()
    at: datetime | None = None
    met: str = ""

    def apply(self, world: _World) -> _World:
        """Return the world with this fact changed."""
        return _World(
            replace(world.asked, **dict(self.asked)) if self.asked else world.asked,
            self.at or world.at,
            world.supposed | {self.met} if self.met else world.supposed,
        )


def nearest(judgement: Judgement, compiled: Compiled) -> dict[str, Any]:
    """Return the smallest changes after which the answer would be better, as plain data.

    Of an answer that recognises already: until when it would stay so.
    """
    if judgement.question is None:
        return {"changes": [], "tried": 0, "bound": ""}
    changes = list(_candidates(judgement, judgement.question, compiled))
    bound = "singles" if len(changes) > SINGLES else ""
    changes = changes[:SINGLES]
    start = _World(judgement.asked, judgement.at)
    found, tried = _flips(judgement, compiled, start, [(c,) for c in changes])
    if not found and judgement.outcome != "recognised":
        pairs = [p for p in combinations(changes, 2) if p[0].fact != p[1].fact]
        bound = bound or ("pairs" if len(pairs) > PAIRS else "")
        found, more = _flips(judgement, compiled, start, pairs[:PAIRS])
        tried += more
    return {"changes": found, "tried": tried, "bound": bound}


def _flips(
    judgement: Judgement,
    compiled: Compiled,
    start: _World,
    sets: Sequence[tuple[Change, ...]],
) -> tuple[list[dict[str, Any]], int]:
    found: list[dict[str, Any]] = []
    tried = 0
    for changes in sets:
        if len(found) >= FOUND:
            break
        world = start
        for change in changes:
            world = change.apply(world)
        tried += 1
        word = decide(world.asked, compiled, at=world.at, supposed=world.supposed).outcome
        better = _RANK[word] > _RANK[judgement.outcome]
        if better or (judgement.outcome == "recognised" and word != "recognised"):
            shown = [{"fact": c.fact, "from": c.now, "to": c.then} for c in changes]
            found.append({"set": shown, "outcome": word})
    return found, tried


def _candidates(judgement: Judgement, question: Question, compiled: Compiled) -> Iterator[Change]:
    near = [
        a for lineage in compiled.own.between(question.relying, question.issuing) for a in lineage
    ]
    if judgement.outcome == "recognised":
        yield from _moments(judgement, near, compiled)
        return
    yield from _met(judgement)
    yield from _told(judgement, near)
    yield from _time(judgement, near)
    yield from _moments(judgement, near, compiled)


def _met(judgement: Judgement) -> Iterator[Change]:
    """Yield what the agreement asks for and is not known to hold."""
    hit = judgement.hit
    if hit is not None and hit.signed in ("relying", "issuing"):
        missing = hit.edge.issuing if hit.signed == "relying" else hit.edge.relying
        yield Change(
            "agreement.signed_by",
            ", ".join(hit.agreement.signed_by),
            missing,
            met=f"signed:{hit.agreement.agreement_id}",
        )
    if hit is not None:
        told = reached(judgement.asked, hit.agreement)
        if told is not None and told.ok is not True:
            issuer = judgement.asked.issuer
            level = issuer.assurance if issuer is not None else ""
            yield Change("issuer.assurance", level, hit.agreement.min_assurance, met="assurance")
    for name in dict.fromkeys(r.name for r in judgement.ran if r.outcome != "pass"):
        yield Change(f"rule {name}", "", "pass", met=f"rule:{name}")
    for condition in judgement.conditions:
        yield Change(
            f"condition {condition.code}", condition.met, "yes", met=f"condition:{condition.code}"
        )


def _told(judgement: Judgement, near: Sequence[Agreement]) -> Iterator[Change]:
    """Yield other matters, types and holders that the agreements of these two sides name."""
    asked = judgement.asked
    matters = {m for a in near for m in a.matters} - {ANY, UNSTATED, asked.matter}
    for matter in sorted(m for m in matters if m)[:_KIND]:
        yield Change("matter", asked.matter or "", matter, (("matter", matter),))
    codes = {t for a in near for t in a.types} - {ANY, asked.type_code}
    for code in sorted(c for c in codes if c)[:_KIND]:
        yield Change("type", asked.type_code or "", code, (("type_code", code),))
    for kind in HOLDERS:
        named = any(kind in a.holder_kinds for a in near)
        if named and kind != asked.holder_kind:
            yield Change("holder.kind", asked.holder_kind or "", kind, (("holder_kind", kind),))
    if asked.state != "valid" and any(a.equivalences.status for a in near):
        yield Change("status", asked.state or "", "valid", (("state", "valid"),))


def _time(judgement: Judgement, near: Sequence[Agreement]) -> Iterator[Change]:
    """Yield a proven time of signing on the day of issue, and days on which an agreement was in force."""
    asked = judgement.asked
    if asked.grade not in FIRM and asked.issue_date is not None:
        proven = min(last_instant(asked.issue_date), judgement.at)
        yield Change(
            "t_issue.grade", asked.grade, "proven", (("grade", "proven"), ("signed_by", proven))
        )
    starts = sorted({w[1] for a in near for w in a.windows if w[0] == "enacted"})
    now = asked.issue_date.isoformat() if asked.issue_date else ""
    for start in starts[:_KIND]:
        day = shanghai_day(start + timedelta(days=1))
        if day != asked.issue_date:
            yield Change("issue_date", now, day.isoformat(), (("issue_date", day),))


def _moments(
    judgement: Judgement, near: Sequence[Agreement], compiled: Compiled
) -> Iterator[Change]:
    """Yield the instants at which something these two sides agreed on begins or ends, the nearest first."""
    names = {a.agreement_id for a in near}
    edges = {m for a in near for w in a.windows for m in (w[1], w[2]) if m is not None}
    edges |= {m for a in near if (m := a.cut_off) is not None}
    for name in names:
        for one in compiled.deviations.get(name, ()):
            edges |= {one.begin, one.until}
    for ran in judgement.ran:
        rule = ran.result.rule if ran.result is not None else None
        if rule is not None:
            edges |= {m for m in (rule.valid_from, rule.valid_to) if m is not None}
    at = judgement.at
    later = sorted(m for m in edges if m > at)[:_KIND]
    earlier = sorted((m for m in edges if m <= at), reverse=True)[:_KIND]
    recognised = judgement.outcome == "recognised"
    for moment in later:
        yield Change("t_eval", at.isoformat(), moment.isoformat(), at=moment)
    for moment in () if recognised else earlier:
        before = moment - timedelta(seconds=1)
        yield Change("t_eval", at.isoformat(), before.isoformat(), at=before)
