"""The search for the agreement that answers a question (recognition.md D7.3).

1. Of each agreement, the versions that a party signed (L19), and of these the one that speaks at the
evaluated time, with the deviations in force; what both had signed and one of them has withdrawn is still
in the way of others. 2. Its edges that cover the relying and the issuing side
in this direction: one hop, never a chain. 3. Type and matter in scope, nothing excluded. 4. Agreements
out of force, or signed by one side alone, step back where others stand; a refusal never does. 5. What
the nation refuses is refused; else the most specific territory wins, then the most specific type; two
that do not yield to each other are ambiguous.

Versions are compared within one agreement only: between two agreements they mean nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from ecert.recognition.asked import HOLDERS, Asked
from ecert.recognition.compiled import Compiled, in_order
from ecert.recognition.deviating import Deviated, applied, standing_deviations
from ecert.recognition.force import force_of, speaking_at
from ecert.recognition.signing import WHOLE, Signed, signed, withdrawn
from ecert.recognition.territory import NATION_CODES, Place, own_role, specificity
from ecert.report import Outcome
from ecert.trust.agreement import ANY, UNSTATED, Agreement, Edge

__all__ = [
    "Hit",
    "Question",
    "Search",
    "Why",
    "elsewhere",
    "nearest_reference",
    "search",
    "why_not",
]

Why = Literal[
    "chosen", "standing", "other_parties", "reverse_only", "type", "matter", "holder", "excluded",
    "unsigned",
    "superseded", "out_of_force", "half_signed", "overruled", "less_specific", "equally_specific",
]  # fmt: skip


Found = tuple[Edge, tuple[int, int]]
"""An edge over both sides, and how narrowly it names each."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its two sides placed.

    Args:
        supposed: what is taken as met, see `decide`; empty in every answer.
    """

    asked: Asked
    relying: Place
    issuing: Place
    at: datetime
    supposed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One agreement that covers a question, with the edge that says so and its standing.

    Args:
        agreement: as changed by ``deviations``. signed: which of the edge's parties signed it.
    """

    agreement: Agreement
    edge: Edge
    territory: tuple[int, int]
    type_rank: int
    force: Outcome
    state: str | None
    signed: Signed = "operator"
    deviations: tuple[Deviated, ...] = ()

    @property
    def national_refusal(self) -> bool:
        """Whether the nation says no, now: what is nearer does not outweigh it (D7.5)."""
        return (
            self.agreement.effect == "refuse"
            and self.force.ok is True
            and self.edge.relying in NATION_CODES
        )

    @property
    def stands(self) -> bool:
        """Whether it counts: in force or suspended, and signed by whom it needs."""
        whole = self.signed in (*WHOLE, "withdrawn") or self.agreement.effect == "refuse"
        return whole and (self.force.ok is not False or self.state == "suspended")


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What was found.

    Args:
        chosen: the one that answers. rivals: those that are as specific, where none was chosen.
        missed: why no agreement of these parties covers the question.
        considered: every agreement that was looked at, and why it does not answer.
        deviations: those of the agreements looked at, with what became of them.
    """

    chosen: Hit | None
    rivals: tuple[Hit, ...]
    missed: frozenset[Why]
    considered: tuple[tuple[Agreement, Why], ...]
    deviations: tuple[Deviated, ...] = ()


def search(question: Question, compiled: Compiled) -> Search:
    """Return the agreement that answers a question."""
    hits: list[Hit] = []
    considered: list[tuple[Agreement, Why]] = []
    looked: list[Deviated] = []
    for written in compiled.own.between(question.relying, question.issuing):
        deviations = _deviations(question, compiled, written[0].agreement_id)
        looked += deviations
        versions = [applied(a, deviations) for a in written]
        edges = {id(a): best_edge(a, question.relying, question.issuing) for a in versions}
        known = [(a, _signed(a, question, compiled, edges[id(a)])) for a in versions]
        lineage = [a for a, by in known if by != "nobody"]
        considered += [(a, "unsigned") for a, by in known if by == "nobody"]
        speaking = _speaking(lineage, question, edges) if lineage else ()
        said = [(a, by) for a, by in known if _among(a, speaking)]
        said += withdrawn(known, speaking, question.at)
        heard = [a for a, _ in said]
        considered += [(a, "superseded") for a in lineage if not _among(a, heard)]
        for agreement, by in said:
            why = _why_not(agreement, question, edges[id(agreement)])
            if why is None:
                supposed = f"signed:{agreement.agreement_id}" in question.supposed
                whole = [a for a, who in known if who in WHOLE or supposed]
                hit = _hit(agreement, (lineage, whole), question, by)
                active = tuple(d for d in deviations if d.active)
                hits.append(replace(hit, deviations=active) if active else hit)
            else:
                considered.append((agreement, why))
    missed = frozenset(why for _, why in considered) if not hits else frozenset[Why]()
    chosen, rivals = _contest(hits, considered)
    if len(considered) > 1:
        considered.sort(key=lambda c: in_order(c[0]))
    return Search(
        chosen=chosen,
        rivals=rivals,
        missed=missed,
        considered=tuple(considered),
        deviations=tuple(looked),
    )


def elsewhere(question: Question, compiled: Compiled) -> tuple[tuple[Agreement, Why], ...]:
    """Return the agreements that are not between these two sides, and whether they only run back."""
    near = set(compiled.own.numbers(question.relying, question.issuing))
    found: list[tuple[Agreement, Why]] = []
    for number, lineage in enumerate(compiled.own.lineages):
        if number not in near:
            turned = best_edge(lineage[-1], question.issuing, question.relying)
            found.append((lineage[-1], "reverse_only" if turned is not None else "other_parties"))
    return tuple(found)


def nearest_reference(question: Question, compiled: Compiled) -> Hit | None:
    """Return the most specific published fact about a question, for information only (L18)."""
    hits = []
    for lineage in compiled.references.between(question.relying, question.issuing):
        for agreement in speaking_at(lineage, question.at):
            enacted = agreement.state_at(question.at) == "enacted"
            if enacted and why_not(replace(agreement, reference=True), question) is None:
                hits.append(_hit(agreement, (lineage, lineage), question, "operator"))
    return max(hits, key=_nearness) if hits else None


def _nearness(hit: Hit) -> tuple[int, int, str, str]:
    named = hit.agreement
    return sum(hit.territory), hit.type_rank, named.agreement_id, named.sha256


def _among(agreement: Agreement, others: Sequence[Agreement]) -> bool:
    return any(agreement is other for other in others)


def _deviations(question: Question, compiled: Compiled, name: str) -> tuple[Deviated, ...]:
    known = compiled.deviations.get(name, ())
    if not known:
        return ()
    return standing_deviations(
        known,
        relying=question.relying,
        issuing=question.issuing,
        at=question.at,
        origin=compiled.knowledge.origin,
    )


def _signed(
    agreement: Agreement, question: Question, compiled: Compiled, found: Found | None
) -> Signed:
    """Return who signed a version: the parties that its edge names, or the places asked about."""
    if compiled.knowledge.origin != "bundle":
        return "operator"
    relying = found[0].relying if found else question.relying.code
    issuing = found[0].issuing if found else question.issuing.code
    return signed(agreement, relying, issuing, question.at)


def _speaking(
    lineage: Sequence[Agreement], question: Question, edges: Mapping[int, Found | None]
) -> tuple[Agreement, ...]:
    """Return the version that speaks, and what a side refuses by the newest version of its own (L19).

    A version that one side signs alone takes back nothing that the other side said.
    """
    found = speaking_at(lineage, question.at)
    for side in (0, 1):
        own = [a for a in lineage if _signed_by(a, side, question, edges[id(a)])]
        last = speaking_at(own, question.at) if own else ()
        found += tuple(a for a in last if a.effect == "refuse" and not _among(a, found))
    return found


def _signed_by(agreement: Agreement, side: int, question: Question, found: Found | None) -> bool:
    """Whether the own role of one party of its edge signed a version; 0 is the relying one."""
    parties = (question.relying.code, question.issuing.code)
    if found is not None:
        parties = (found[0].relying, found[0].issuing)
    return own_role(agreement.signed_by, parties[side], question.at)


def _contest(
    hits: list[Hit], considered: list[tuple[Agreement, Why]]
) -> tuple[Hit | None, tuple[Hit, ...]]:
    """Return the winner, or those that none of them beats; say of each what became of it."""
    national = [h for h in hits if h.national_refusal]
    alive = [h for h in hits if not (h.agreement.effect == "refuse" and h.force.ok is False)]
    pool = national[:1] or [h for h in alive if h.stands] or alive
    considered += [(h.agreement, _stepped_back(h, national)) for h in hits if h not in pool]
    best = [h for h in pool if all(_beats(h, other) for other in pool if other is not h)]
    top = best or [h for h in pool if not any(_beats(other, h) for other in pool)]
    considered += [(h.agreement, "less_specific") for h in pool if h not in top]
    considered += [(h.agreement, "chosen" if best else "equally_specific") for h in top]
    return (best[0], ()) if best else (None, tuple(top))


def _stepped_back(hit: Hit, national: list[Hit]) -> Why:
    if national:
        return "overruled"
    return "half_signed" if hit.signed in ("relying", "issuing") else "out_of_force"


def _beats(one: Hit, other: Hit) -> bool:
    """Whether a hit is more specific: in territory on no side wider, then in type."""
    if one.territory == other.territory:
        return one.type_rank > other.type_rank
    return all(a >= b for a, b in zip(one.territory, other.territory, strict=True))


def why_not(agreement: Agreement, question: Question) -> Why | None:
    """Return why an agreement does not cover a question, or None if it does."""
    return _why_not(agreement, question, best_edge(agreement, question.relying, question.issuing))


def _why_not(agreement: Agreement, question: Question, found: Found | None) -> Why | None:
    relying, issuing, asked = question.relying, question.issuing, question.asked
    if found is None:
        turned = best_edge(agreement, issuing, relying)
        return "reverse_only" if turned is not None else "other_parties"
    if _type_rank(agreement, asked) is None:
        return "type"
    if not _matter(agreement, asked):
        return "matter"
    if _other_holder(agreement, asked):
        return "holder"
    if _excluded(agreement, question):
        return "excluded"
    return "type" if _perhaps_excluded(agreement, asked) else None


def _other_holder(agreement: Agreement, asked: Asked) -> bool:
    """Whether the agreement is for other kinds of holders; words that are not ours decide nothing."""
    named = agreement.holder_kinds
    known = bool(named) and set(named) <= set(HOLDERS)
    return known and asked.holder_kind in HOLDERS and asked.holder_kind not in named


def _hit(
    agreement: Agreement,
    lineage: tuple[Sequence[Agreement], Sequence[Agreement]],
    question: Question,
    by: Signed,
) -> Hit:
    """Return a hit; the lineage comes as all versions that a party signed, and those signed whole."""
    found = best_edge(agreement, question.relying, question.issuing)
    rank = _type_rank(agreement, question.asked)
    assert found is not None
    assert rank is not None
    force = force_of(
        agreement,
        lineage[0],
        question.asked,
        at=question.at,
        covers=lambda version: (
            None
            if not _among(version, lineage[1])
            else version.effect != "refuse"  # what was refused at issue was not accepted then
            and (version is agreement or why_not(version, question) is None)
        ),
    )
    return Hit(
        agreement=agreement,
        edge=found[0],
        territory=found[1],
        type_rank=rank,
        force=force,
        state=agreement.state_at(question.at),
        signed=by,
    )


def best_edge(agreement: Agreement, relying: Place, issuing: Place) -> Found | None:
    """Return the narrowest edge of one agreement over both sides."""
    ours, theirs = relying.names, issuing.names  # no edge speaks under another code
    near = (e for e in agreement.edges if e.relying in ours and e.issuing in theirs)
    found = [(e, specificity(e, relying, issuing)) for e in near]
    fitting = [(e, s) for e, s in found if s is not None]
    return max(fitting, key=lambda pair: (sum(pair[1]), pair[1])) if fitting else None


def _type_rank(agreement: Agreement, asked: Asked) -> int | None:
    """Return 1 for a type that is named, 0 for one under ``*``, None for one out of scope."""
    named = asked.type_code is not None and asked.type_code in agreement.types
    if named or (asked.profile_id is not None and asked.profile_id in agreement.type_names):
        return 1
    unsaid = asked.type_code is None and asked.profile_id is None  # no type is not any type (L15)
    return 0 if ANY in agreement.types and not unsaid else None


def _matter(agreement: Agreement, asked: Asked) -> bool:
    """Whether the matter is in scope; a shipped reference is shown even where none was asked."""
    if agreement.reference and (asked.matter is None or UNSTATED in agreement.matters):
        return True
    if asked.matter is None:
        return False
    return ANY in agreement.matters or asked.matter in agreement.matters


def _excluded(agreement: Agreement, question: Question) -> bool:
    asked = question.asked
    for text in agreement.exclusions:
        kind, _, value = text.partition(":")
        if kind == "matter" and value == asked.matter:
            return True
        if kind == "type" and value in (asked.type_code, asked.profile_id):
            return True
        if kind == "division":
            sides = (question.relying, question.issuing)
            if any(_touches(side, value) for side in sides):
                return True
    return False


def _perhaps_excluded(agreement: Agreement, asked: Asked) -> bool:
    """Whether a type is excluded by that name, profile id or code, which this certificate's is not known."""
    kinds = (text.partition(":") for text in agreement.exclusions)
    names = [value for kind, _, value in kinds if kind == "type"]
    return any((asked.profile_id if n[0].islower() else asked.type_code) is None for n in names)


def _touches(where: Place, division: str) -> bool:
    """Whether any part of a place lies in an excluded division, as it is named or as it is today."""
    return any(division in chain for chain in (where.named, *where.above))
