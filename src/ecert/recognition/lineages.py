"""What agreements say between two places at an instant, whatever certificate is asked about (D7.3).

Of each agreement, the versions that a party signed (L19), of these those that are heard, with the
deviations in force, and its edge over both sides. It is found once for two places and an instant;
every question between them then only asks for type, matter, holder and day of issue.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ecert.recognition.compiled import Compiled, in_order
from ecert.recognition.deviating import Deviated, applied, standing_deviations
from ecert.recognition.force import speaking_at
from ecert.recognition.signing import WHOLE, Signed, signed, withdrawn
from ecert.recognition.territory import Place, own_role, specificity
from ecert.trust.agreement import Agreement, Edge

__all__ = ["Found", "Line", "Near", "Sides", "among", "best_edge", "near", "reference_line"]

Found = tuple[Edge, tuple[int, int]]
"""An edge over both sides, and how narrowly it names each."""
_WEIGHT = 1024
"""About the bytes of one version that speaks, with its lists."""


@dataclass(frozen=True, slots=True)
class Sides:
    """The two places of a question, and its instant."""

    relying: Place
    issuing: Place
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One version that is heard.

    Args:
        agreement: as changed by the deviations. found: its edge; None where no edge covers both sides.
        signed: by which parties. lineage: all versions that a party signed. whole: those signed by whom
            they need. known: all.
        types: everything by which its scope names a type. deviations: those that changed it.
        state: of the agreement at the instant.
    """

    agreement: Agreement
    found: Found | None
    signed: Signed
    lineage: tuple[Agreement, ...]
    whole: tuple[Agreement, ...]
    known: tuple[Agreement, ...]
    types: frozenset[str]
    deviations: tuple[Deviated, ...]
    state: str | None


@dataclass(frozen=True, slots=True)
class Near:
    """Everything between two places.

    Args:
        silent: versions that are not heard, and why. looked: deviations, with what became of them.
        ranks: order of the versions (D1), by the identity of objects that this one holds.
    """

    lines: tuple[Line, ...]
    silent: tuple[tuple[Agreement, Literal["unsigned", "superseded"]], ...]
    looked: tuple[Deviated, ...]
    ranks: Mapping[int, int]


def near(sides: Sides, compiled: Compiled) -> Near:
    """Return what stands between two places; equal instants of two zones are told apart all the same."""
    key = (sides.relying, sides.issuing, sides.at, sides.at.utcoffset())
    found = compiled.near.get(key)
    if not isinstance(found, Near):
        found = _near(sides, compiled)
        compiled.near.put(key, found, _WEIGHT * (1 + len(found.ranks)))
    return found


def _near(sides: Sides, compiled: Compiled) -> Near:
    lines: list[Line] = []
    silent: list[tuple[Agreement, Literal["unsigned", "superseded"]]] = []
    looked: list[Deviated] = []
    held: list[Agreement] = []
    for written in compiled.own.between(sides.relying, sides.issuing):
        deviations = _deviations(sides, compiled, written[0].agreement_id)
        looked += deviations
        versions = [applied(a, deviations) for a in written]
        held += versions
        edges = {id(a): best_edge(a, sides.relying, sides.issuing) for a in versions}
        known = [(a, _signed(a, sides, compiled, edges[id(a)])) for a in versions]
        lineage = tuple(a for a, by in known if by != "nobody")
        silent += [(a, "unsigned") for a, by in known if by == "nobody"]
        speaking = _speaking(lineage, sides, edges) if lineage else ()
        said = [(a, by) for a, by in known if among(a, speaking)]
        said += withdrawn(known, speaking, sides.at)
        heard = [a for a, _ in said]
        silent += [(a, "superseded") for a in lineage if not among(a, heard)]
        lines += [
            Line(
                agreement=a,
                found=edges[id(a)],
                signed=by,
                lineage=lineage,
                whole=tuple(x for x, who in known if who in WHOLE),
                known=tuple(versions),
                types=frozenset((*a.types, *a.type_names)),
                deviations=tuple(d for d in deviations if d.active),
                state=a.state_at(sides.at),
            )
            for a, by in said
        ]
    keys = {id(a): in_order(a) for a in held}
    order = {key: rank for rank, key in enumerate(sorted(set(keys.values())))}
    ranks = {ident: order[key] for ident, key in keys.items()}
    return Near(tuple(lines), tuple(silent), tuple(looked), ranks)


def among(agreement: Agreement, others: Sequence[Agreement]) -> bool:
    """Whether it is one of these very objects."""
    return any(agreement is other for other in others)


def reference_line(
    agreement: Agreement, lineage: tuple[Agreement, ...], relying: Place, issuing: Place
) -> Line:
    """Return an enacted published fact as if its parties stood behind it, to show it (L18)."""
    return Line(
        agreement=agreement,
        found=best_edge(agreement, relying, issuing),
        signed="operator",
        lineage=lineage,
        whole=lineage,
        known=lineage,
        types=frozenset(agreement.types),
        deviations=(),
        state="enacted",
    )


def best_edge(agreement: Agreement, relying: Place, issuing: Place) -> Found | None:
    """Return the narrowest edge of one agreement over both sides."""
    ours, theirs = relying.names, issuing.names  # no edge speaks under another code
    near_by = (e for e in agreement.edges if e.relying in ours and e.issuing in theirs)
    found = [(e, specificity(e, relying, issuing)) for e in near_by]
    fitting = [(e, s) for e, s in found if s is not None]
    return max(fitting, key=lambda pair: (sum(pair[1]), pair[1])) if fitting else None


def _deviations(sides: Sides, compiled: Compiled, name: str) -> tuple[Deviated, ...]:
    known = compiled.deviations.get(name, ())
    if not known:
        return ()
    return standing_deviations(
        known,
        relying=sides.relying,
        issuing=sides.issuing,
        at=sides.at,
        origin=compiled.knowledge.origin,
    )


def _signed(agreement: Agreement, sides: Sides, compiled: Compiled, found: Found | None) -> Signed:
    """Return who signed a version: the parties that its edge names, or the places asked about."""
    if compiled.knowledge.origin != "bundle":
        return "operator"
    return signed(agreement, *_parties(sides, found), sides.at)


def _parties(sides: Sides, found: Found | None) -> tuple[str, str]:
    if found is None:
        return sides.relying.code, sides.issuing.code
    return found[0].relying, found[0].issuing


def _speaking(
    lineage: Sequence[Agreement], sides: Sides, edges: Mapping[int, Found | None]
) -> tuple[Agreement, ...]:
    """Return the version that speaks, and what a side refuses by the newest version of its own (L19).

    A version that one side signs alone takes back nothing that the other side said.
    """
    found = speaking_at(lineage, sides.at)
    for side in (0, 1):
        own = [
            a
            for a in lineage
            if own_role(a.signed_by, _parties(sides, edges[id(a)])[side], sides.at)
        ]
        last = speaking_at(own, sides.at) if own else ()
        found += tuple(a for a in last if a.effect == "refuse" and not among(a, found))
    return found
