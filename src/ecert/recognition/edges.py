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

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from ecert.recognition.asked import HOLDERS, Asked
from ecert.recognition.compiled import Compiled
from ecert.recognition.deviating import Deviated
from ecert.recognition.force import force_of, speaking_at
from ecert.recognition.lineages import Found, Line, Sides, among, best_edge, near, reference_line
from ecert.recognition.signing import WHOLE, Signed
from ecert.recognition.territory import NATION_CODES, Place
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
    found = near(Sides(question.relying, question.issuing, question.at), compiled)
    considered: list[tuple[Agreement, Why]] = [*found.silent]
    hits: list[Hit] = []
    for line in found.lines:
        why = _line_why_not(line, question)
        if why is None:
            hits.append(_line_hit(line, question))
        else:
            considered.append((line.agreement, why))
    missed = frozenset(why for _, why in considered) if not hits else frozenset[Why]()
    chosen, rivals = _contest(hits, considered)
    if len(considered) > 1:
        considered.sort(key=lambda c: found.ranks[id(c[0])])
    return Search(
        chosen=chosen,
        rivals=rivals,
        missed=missed,
        considered=tuple(considered),
        deviations=found.looked,
    )


def _line_why_not(line: Line, question: Question) -> Why | None:
    """Return why a version that is heard does not cover a question; most name other types."""
    asked = question.asked
    named = asked.type_code in line.types or asked.profile_id in line.types or ANY in line.types
    if line.found is not None and not named:
        return "type"
    return _why_not(line.agreement, question, line.found)


def _line_hit(line: Line, question: Question) -> Hit:
    supposed = f"signed:{line.agreement.agreement_id}" in question.supposed
    return _hit(line, line.known if supposed else line.whole, question)


def elsewhere(question: Question, compiled: Compiled) -> tuple[tuple[Agreement, Why], ...]:
    """Return the agreements that are not between these two sides, and whether they only run back."""
    near_by = set(compiled.own.numbers(question.relying, question.issuing))
    found: list[tuple[Agreement, Why]] = []
    for number, lineage in enumerate(compiled.own.lineages):
        if number not in near_by:
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
                line = reference_line(agreement, lineage, question.relying, question.issuing)
                hits.append(_hit(line, lineage, question))
    return max(hits, key=_nearness) if hits else None


def _nearness(hit: Hit) -> tuple[int, int, str, str]:
    named = hit.agreement
    return sum(hit.territory), hit.type_rank, named.agreement_id, named.sha256


def _contest(
    hits: list[Hit], considered: list[tuple[Agreement, Why]]
) -> tuple[Hit | None, tuple[Hit, ...]]:
    """Return the winner, or those that none of them beats; say of each what became of it."""
    national = [h for h in hits if h.national_refusal]
    alive = [h for h in hits if not (h.agreement.effect == "refuse" and h.force.ok is False)]
    # What the issuing side signs alone contests nothing that the relying side signed, in force or not.
    heard = [h for h in alive if h.signed != "issuing" or h.agreement.effect == "refuse"]
    pool = national[:1] or [h for h in alive if h.stands] or heard or alive
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


def _hit(line: Line, whole: tuple[Agreement, ...], question: Question) -> Hit:
    """Return a hit; whole are the versions of its lineage that are signed by whom they need."""
    agreement, found = line.agreement, line.found
    rank = _type_rank(agreement, question.asked)
    assert found is not None
    assert rank is not None
    force = force_of(
        agreement,
        line.lineage,
        question.asked,
        at=question.at,
        covers=lambda version: (
            None
            if not among(version, whole)
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
        state=line.state,
        signed=line.signed,
        deviations=line.deviations,
    )


def _type_rank(agreement: Agreement, asked: Asked) -> int | None:
    """Return 1 for a type that is named, 0 for one under ``*``, None for one out of scope."""
    named = asked.type_code is not None and asked.type_code in agreement.types
    if named or (asked.profile_id is not None and asked.profile_id in agreement.type_names):
        return 1
    unsaid = not asked.type_code and not asked.profile_id  # no type is not any type (L15)
    return 0 if ANY in agreement.types and not unsaid else None


def _matter(agreement: Agreement, asked: Asked) -> bool:
    """Whether the matter is in scope; a shipped reference is shown even where none was asked."""
    if agreement.reference and (asked.matter is None or UNSTATED in agreement.matters):
        return True
    if asked.matter in (None, "", ANY):  # "any matter" is none: what is excluded would be in it
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
