"""Agreements (recognition.md D4): directed, dated claims of who accepts what from whom, for what.

Nothing is symmetric or transitive unless written: each edge names one relying and one issuing
territory. Refused: unknown members, a history with gaps, a wildcard without a clause of law, a
scope or an exclusion that no check could act on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from ecert.trust.equivalence import Equivalences
from ecert.trust.reading import Node, Window, bad, state_at, windows

__all__ = ["ANY", "UNSTATED", "Agreement", "Basis", "Edge", "parse_agreement", "read_basis"]

ANY = "*"
"""Every matter, or every type; only with a clause of law."""
UNSTATED = "unstated"
"""The matters are not known; only a shipped reference may say so, and it never counts (L18)."""
SCHEMA = "ecert.agreement/1"
KINDS = ("national", "bilateral", "multilateral", "unilateral")
STATES = ("pending", "enacted", "suspended", "repealed")
EFFECTS = ("equivalent", "accept-with-conditions", "information-only", "refuse")
CONFIDENCE = ("confirmed", "reported", "unconfirmed")
GRANDFATHERING = ("none", "by-issue-time", "by-evaluation-time", "cut-off")
EQUIVALENCES = ("type", "status", "level", "code", "field")
_VERSION = re.compile(r"[0-9]{1,9}(?:[.-][0-9]{1,9}){0,7}")
_DIVISION = re.compile(r"[0-9]{6}")
_EXCLUSION = re.compile(r"(?:matter|type):\S{1,128}|division:[0-9]{6}")

_TOP = {
    "schema", "agreement_id", "version", "title", "kind", "legal_basis", "edges", "data_basis",
    "scope",
    "effect", "status", "status_start", "history", "grandfathering", "conditions", "equivalences",
    "confidence", "notes",
}  # fmt: skip
_SCOPE = {
    "certificate_types", "type_names", "matters", "holder_kinds", "channels", "min_assurance",
    "exclusions",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """Where a rule stands: document, issuer, date, clause; shown in every refusal."""

    document: str
    issuer: str = ""
    date: str = ""
    clause: str = ""

    def __str__(self) -> str:
        return " ".join(t for t in (self.document, self.clause, self.issuer, self.date) if t)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """One directed claim; ``covers`` says whether descendants of a division are meant too."""

    relying: str
    issuing: str
    covers: Literal["exact", "subtree"] = "exact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One agreement as published or as given by the operator.

    Args:
        version: numbers joined by ``.`` or ``-``; a higher one replaces a lower one once it starts.
        types: certificate type codes. type_names: profile ids where no code is known.
        matters: service items; ``("*",)`` only with a legal basis.
        exclusions: ``matter:ITEM``, ``type:CODE-OR-PROFILE``, ``division:CODE``.
        windows: (state, from, to), half-open, contiguous.
        cut_off: until when certificates from before a repeal stay good (mode ``cut-off``).
        conditions: rule ids (AR-, IR-, WR-) and codes that must be met before anybody accepts.
        reference: shipped with the package, hence never law (L18).
        equivalences: what the issuing side's words mean on the relying side.
        signed_by: division codes of the bundle roles that list exactly this file (L19); empty in a
            folder, where it is the operator's own decision.
    """

    agreement_id: str
    version: str
    title: str
    kind: str
    basis: tuple[Basis, ...]
    edges: tuple[Edge, ...]
    types: tuple[str, ...]
    type_names: tuple[str, ...]
    matters: tuple[str, ...]
    exclusions: tuple[str, ...]
    effect: str
    windows: tuple[Window, ...]
    grandfathering: str
    cut_off: datetime | None
    conditions: tuple[str, ...]
    confidence: str
    reference: bool = False
    sha256: str = ""
    min_assurance: str = ""
    holder_kinds: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    equivalences: Equivalences = field(default_factory=Equivalences)
    notes: str = ""
    signed_by: tuple[str, ...] = ()

    @property
    def order(self) -> tuple[int, ...]:
        """The version as numbers, for comparison within one agreement."""
        return tuple(int(part) for part in re.split("[.-]", self.version))

    def state_at(self, moment: datetime) -> str | None:
        """Return the state at an instant, or None before the first window."""
        return state_at(self.windows, moment)


def parse_agreement(
    body: Any, source: str, *, sha256: str, origin: Literal["operator", "reference"]
) -> Agreement:
    """Return one agreement.

    Raises:
        TrustError: unknown or missing members, a history with gaps, a wildcard without basis.
    """
    top = Node(body, source, "", _TOP)
    top.choice("schema", (SCHEMA,), SCHEMA)
    scope = top.node("scope", _SCOPE)
    basis = _basis(top)
    grandfathering, cut_off = _grandfathering(top)
    return Agreement(
        agreement_id=top.text("agreement_id"),
        version=_version(top),
        title=top.text("title"),
        kind=top.choice("kind", KINDS),
        basis=basis,
        edges=_edges(top),
        types=_wild(scope, "certificate_types", basis),
        type_names=_type_names(scope),
        matters=_matters(scope, basis, origin),
        exclusions=_exclusions(scope),
        effect=top.choice("effect", EFFECTS),
        windows=windows(top, STATES),
        grandfathering=grandfathering,
        cut_off=cut_off,
        conditions=top.texts("conditions"),
        confidence=top.choice("confidence", CONFIDENCE, "unconfirmed"),
        reference=origin == "reference",
        sha256=sha256,
        min_assurance=scope.text("min_assurance", ""),
        holder_kinds=scope.texts("holder_kinds"),
        channels=scope.texts("channels"),
        equivalences=_equivalences(top),
        notes=top.text("notes", ""),
    )


def _basis(top: Node) -> tuple[Basis, ...]:
    found = tuple(
        read_basis(b) for b in top.nodes("legal_basis", {"document", "issuer", "date", "clause"})
    )
    if not found:
        raise bad(top.source, "legal_basis", "needs at least one document")
    return found


def read_basis(node: Node) -> Basis:
    """Return one document that something rests on."""
    return Basis(
        document=node.text("document"),
        issuer=node.text("issuer", ""),
        date=node.text("date", ""),
        clause=node.text("clause", ""),
    )


def _version(top: Node) -> str:
    text = top.text("version")
    if not _VERSION.fullmatch(text):
        raise bad(top.source, "version", "must be numbers joined by '.' or '-'")
    return text


def _wild(scope: Node, name: str, basis: tuple[Basis, ...]) -> tuple[str, ...]:
    """Return a list in which ``*`` stands alone and rests on a clause (D4)."""
    found = scope.texts(name)
    if ANY in found and (len(found) > 1 or not any(b.clause for b in basis)):
        raise bad(scope.source, scope.at(name), "'*' stands alone and needs a basis with a clause")
    return found


def _type_names(scope: Node) -> tuple[str, ...]:
    found = scope.texts("type_names")
    if ANY in found:
        raise bad(scope.source, scope.at("type_names"), "knows no '*': use certificate_types")
    if not found and not scope.texts("certificate_types"):
        raise bad(scope.source, scope.at("certificate_types"), "or type_names is required")
    return found


def _matters(scope: Node, basis: tuple[Basis, ...], origin: str) -> tuple[str, ...]:
    found = _wild(scope, "matters", basis)
    if not found:
        raise bad(scope.source, scope.at("matters"), "is required; '*' needs a basis with a clause")
    if UNSTATED in found and (origin != "reference" or len(found) > 1):
        raise bad(scope.source, scope.at("matters"), "must name the service items")
    return found


def _exclusions(scope: Node) -> tuple[str, ...]:
    """Return the exclusions; a text that no check could act on is refused, never ignored."""
    found = scope.texts("exclusions")
    if not all(_EXCLUSION.fullmatch(text) for text in found):
        raise bad(
            scope.source, scope.at("exclusions"), "are matter:ITEM, type:CODE or division:CODE"
        )
    return found


def _equivalences(top: Node) -> Equivalences:
    if not top.has("equivalences"):
        return Equivalences()
    return Equivalences.parse(top.node("equivalences", set(EQUIVALENCES)))


def _edges(top: Node) -> tuple[Edge, ...]:
    found = []
    for node in top.nodes("edges", {"relying", "issuing", "covers", "depth"}):
        if node.text("depth", "0") != "0":
            raise bad(node.source, node.at("depth"), "must be 0: recognition is not transitive")
        covers = node.choice("covers", ("exact", "subtree"), "exact")
        found.append(
            Edge(
                relying=_division(node, "relying"),
                issuing=_division(node, "issuing"),
                covers="subtree" if covers == "subtree" else "exact",
            )
        )
    if not found:
        raise bad(top.source, "edges", "needs at least one edge")
    return tuple(found)


def _division(node: Node, name: str) -> str:
    text = node.text(name)
    if not _DIVISION.fullmatch(text):
        raise bad(node.source, node.at(name), "must be a six-digit division code")
    return text


def _grandfathering(top: Node) -> tuple[str, datetime | None]:
    if not top.has("grandfathering"):
        return "none", None
    body = top.node("grandfathering", {"mode", "cut_off"})
    mode = body.choice("mode", GRANDFATHERING)
    return mode, body.instant("cut_off") if mode == "cut-off" else None
