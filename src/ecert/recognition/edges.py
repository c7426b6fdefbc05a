"""The search for the agreement that answers a question (recognition.md D7.3).

1. Of each agreement, the version that speaks at the evaluated time. 2. Its edges that cover the
relying and the issuing side in this direction: one hop, never a chain. 3. Type and matter in scope,
nothing excluded. 4. Agreements out of force step back where others stand. 5. The most specific
territory wins, then the most specific type; two that do not yield to each other are ambiguous.

Versions are compared within one agreement only: between two agreements they mean nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ecert.recognition.asked import Asked
from ecert.recognition.force import force_of, speaking_at
from ecert.recognition.territory import Place, lies_under, specificity
from ecert.report import Outcome
from ecert.trust.agreement import ANY, UNSTATED, Agreement, Edge

__all__ = ["Hit", "Search", "Why", "search"]

Why = Literal[
    "chosen", "standing", "other_parties", "reverse_only", "type", "matter", "excluded",
    "superseded", "out_of_force", "less_specific", "equally_specific",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One agreement that covers a question, with the edge that says so and its standing."""

    agreement: Agreement
    edge: Edge
    territory: tuple[int, int]
    type_rank: int
    force: Outcome
    state: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What was found.

    Args:
        chosen: the one that answers. rivals: those that are as specific, where none was chosen.
        missed: why no agreement of these parties covers the question, the nearest miss first.
        considered: every agreement that was looked at, and why it does not answer.
    """

    chosen: Hit | None
    rivals: tuple[Hit, ...]
    missed: frozenset[Why]
    considered: tuple[tuple[Agreement, Why], ...]


def search(
    asked: Asked,
    agreements: Sequence[Agreement],
    *,
    relying: Place,
    issuing: Place,
    at: datetime,
) -> Search:
    """Return the agreement that answers a question at an instant."""
    hits: list[Hit] = []
    considered: dict[Agreement, Why] = {}
    lineages: dict[str, list[Agreement]] = {}
    for agreement in sorted(dict.fromkeys(agreements), key=_place_in_order):
        lineages.setdefault(agreement.agreement_id, []).append(agreement)
    for lineage in lineages.values():
        speaking = speaking_at(lineage, at)
        considered.update((a, "superseded") for a in lineage if a not in speaking)
        for agreement in speaking:
            why = _why_not(agreement, asked, relying, issuing)
            if why is None:
                hits.append(_hit(agreement, lineage, asked, at, relying, issuing))
            else:
                considered[agreement] = why
    missed = frozenset(considered.values()) if not hits else frozenset[Why]()
    chosen, rivals = _contest(hits, considered)
    return Search(
        chosen=chosen,
        rivals=rivals,
        missed=missed,
        considered=tuple(sorted(considered.items(), key=lambda c: _place_in_order(c[0]))),
    )


def _place_in_order(agreement: Agreement) -> tuple[str, tuple[int, ...], str]:
    """Return the order of agreements: that of the files must not show in a report (D1)."""
    return agreement.agreement_id, agreement.order, agreement.sha256


def _contest(
    hits: list[Hit], considered: dict[Agreement, Why]
) -> tuple[Hit | None, tuple[Hit, ...]]:
    """Return the winner, or those that none of them beats; say of each what became of it."""
    alive = [h for h in hits if not (h.agreement.effect == "refuse" and h.force.ok is False)]
    standing = [h for h in alive if h.force.ok is not False or h.state == "suspended"]
    pool = standing or alive
    considered.update((h.agreement, "out_of_force") for h in hits if h not in pool)
    best = [h for h in pool if all(_beats(h, other) for other in pool if other is not h)]
    top = best or [h for h in pool if not any(_beats(other, h) for other in pool)]
    considered.update((h.agreement, "less_specific") for h in pool if h not in top)
    considered.update((h.agreement, "chosen" if best else "equally_specific") for h in top)
    return (best[0], ()) if best else (None, tuple(top))


def _beats(one: Hit, other: Hit) -> bool:
    """Whether a hit is more specific: in territory on no side wider, then in type."""
    if one.territory == other.territory:
        return one.type_rank > other.type_rank
    return all(a >= b for a, b in zip(one.territory, other.territory, strict=True))


def _why_not(agreement: Agreement, asked: Asked, relying: Place, issuing: Place) -> Why | None:
    """Return why an agreement does not cover a question, or None if it does."""
    if _best_edge(agreement, relying, issuing) is None:
        turned = _best_edge(agreement, issuing, relying)
        return "reverse_only" if turned is not None else "other_parties"
    if _type_rank(agreement, asked) is None:
        return "type"
    if not _matter(agreement, asked):
        return "matter"
    return "excluded" if _excluded(agreement, asked, relying, issuing) else None


def _hit(
    agreement: Agreement,
    lineage: Sequence[Agreement],
    asked: Asked,
    at: datetime,
    relying: Place,
    issuing: Place,
) -> Hit:
    found = _best_edge(agreement, relying, issuing)
    rank = _type_rank(agreement, asked)
    assert found is not None
    assert rank is not None
    force = force_of(
        agreement,
        lineage,
        asked,
        at=at,
        covers=lambda version: _why_not(version, asked, relying, issuing) is None,
    )
    return Hit(
        agreement=agreement,
        edge=found[0],
        territory=found[1],
        type_rank=rank,
        force=force,
        state=agreement.state_at(at),
    )


def _best_edge(
    agreement: Agreement, relying: Place, issuing: Place
) -> tuple[Edge, tuple[int, int]] | None:
    """Return the narrowest edge of one agreement over both sides."""
    found = [(e, specificity(e, relying, issuing)) for e in agreement.edges]
    fitting = [(e, s) for e, s in found if s is not None]
    return max(fitting, key=lambda pair: (sum(pair[1]), pair[1])) if fitting else None


def _type_rank(agreement: Agreement, asked: Asked) -> int | None:
    """Return 1 for a type that is named, 0 for one under ``*``, None for one out of scope."""
    named = asked.type_code is not None and asked.type_code in agreement.types
    if named or (asked.profile_id is not None and asked.profile_id in agreement.type_names):
        return 1
    return 0 if ANY in agreement.types else None


def _matter(agreement: Agreement, asked: Asked) -> bool:
    """Whether the matter is in scope; a shipped reference is shown even where none was asked."""
    if agreement.reference and (asked.matter is None or UNSTATED in agreement.matters):
        return True
    if asked.matter is None:
        return False
    return ANY in agreement.matters or asked.matter in agreement.matters


def _excluded(agreement: Agreement, asked: Asked, relying: Place, issuing: Place) -> bool:
    for text in agreement.exclusions:
        kind, _, value = text.partition(":")
        if kind == "matter" and value == asked.matter:
            return True
        if kind == "type" and value in (asked.type_code, asked.profile_id):
            return True
        if kind == "division" and any(_touches(p, value) for p in (relying, issuing)):
            return True
    return False


def _touches(where: Place, division: str) -> bool:
    """Whether any part of a place lies in an excluded division."""
    return any(lies_under(Place(code, (code,)), division) for code in (where.code, *where.today))
