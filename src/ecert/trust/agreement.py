"""Agreements (recognition.md D4): directed, dated claims of who accepts what from whom, for which matter.

Nothing is symmetric or transitive unless written: each edge names one relying and one issuing territory.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from ecert.trust.reading import Node, Window, bad, state_at, windows

__all__ = ["Agreement", "Basis", "Edge", "parse_agreement"]

KINDS = ("national", "bilateral", "multilateral", "unilateral")
STATES = ("pending", "enacted", "suspended", "repealed")
EFFECTS = ("equivalent", "accept-with-conditions", "information-only", "refuse")
CONFIDENCE = ("confirmed", "reported", "unconfirmed")
GRANDFATHERING = ("none", "by-issue-time", "by-evaluation-time", "cut-off")
Confidence = Literal["confirmed", "reported", "unconfirmed"]

_TOP = {
    "schema", "agreement_id", "version", "title", "kind", "legal_basis", "edges", "data_basis", "scope",
    "effect", "status", "status_start", "history", "grandfathering", "conditions", "equivalences",
    "confidence", "notes",
}  # fmt: skip
_SCOPE = {
    "certificate_types", "type_names", "matters", "holder_kinds", "channels", "min_assurance", "exclusions",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """Where a rule stands: document, issuer, date, clause; shown in every refusal."""

    document: str
    issuer: str = ""
    date: str = ""
    clause: str = ""


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
        reference: shipped with the package, hence never law (L18).
        types: certificate type codes. type_names: profile ids where no code is known.
        matters: service items; ``("*",)`` only with a legal basis.
        windows: (state, from, to), half-open, contiguous.
        conditions: codes that must be met before anybody accepts.
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

    def state_at(self, moment: datetime) -> str | None:
        """Return the state at an instant, or None before the first window."""
        return state_at(self.windows, moment)


def parse_agreement(
    body: Any, source: str, *, sha256: str, origin: Literal["operator", "reference"]
) -> Agreement:
    """Return one agreement.

    Raises:
        TrustError: unknown or missing members, a history with gaps, a wildcard matter without basis.
    """
    top = Node(body, source, "", _TOP)
    scope = top.node("scope", _SCOPE)
    basis = tuple(
        Basis(
            document=b.text("document"),
            issuer=b.text("issuer", ""),
            date=b.text("date", ""),
            clause=b.text("clause", ""),
        )
        for b in top.nodes("legal_basis", {"document", "issuer", "date", "clause"})
    )
    matters = scope.texts("matters")
    if not basis:
        raise bad(source, "legal_basis", "needs at least one document")
    if not matters:
        raise bad(source, "scope.matters", "is required; '*' needs a legal basis with a clause")
    if "*" in matters and not any(b.clause for b in basis):
        raise bad(source, "scope.matters", "'*' needs a legal basis with a clause")
    grandfathering, cut_off = _grandfathering(top)
    return Agreement(
        agreement_id=top.text("agreement_id"),
        version=top.text("version"),
        title=top.text("title"),
        kind=top.choice("kind", KINDS),
        basis=basis,
        edges=_edges(top),
        types=scope.texts("certificate_types"),
        type_names=scope.texts("type_names"),
        matters=matters,
        exclusions=scope.texts("exclusions"),
        effect=top.choice("effect", EFFECTS),
        windows=windows(top, STATES),
        grandfathering=grandfathering,
        cut_off=cut_off,
        conditions=top.texts("conditions"),
        confidence=top.choice("confidence", CONFIDENCE, "unconfirmed"),
        reference=origin == "reference",
        sha256=sha256,
    )


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
    if len(text) != 6 or not text.isdigit():  # noqa: PLR2004 - GB/T 2260 has six digits
        raise bad(node.source, node.at(name), "must be a six-digit division code")
    return text


def _grandfathering(top: Node) -> tuple[str, datetime | None]:
    if not top.has("grandfathering"):
        return "none", None
    body = top.node("grandfathering", {"mode", "cut_off"})
    mode = body.choice("mode", GRANDFATHERING)
    return mode, body.instant("cut_off") if mode == "cut-off" else None
