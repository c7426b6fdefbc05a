"""Status files: which certificates and seals are in force, dated; silence is never a yes (L16)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from ecert.trust.reading import Node, bad

__all__ = ["StatusAnswer", "StatusFile", "ask", "parse_status_file"]

SCHEMA = "ecert.status/1"
CERTIFICATE_STATES = (
    "valid", "suspended", "rescinded", "cancelled", "expired", "superseded", "transferred_out",
    "revoked", "other",
)  # fmt: skip
SEAL_STATES = ("active", "suspended", "cancelled")
_FILE = {
    "schema",
    "list_id",
    "publisher",
    "version",
    "issued_at",
    "next_update",
    "certificates",
    "seals",
}
_ENTRY = {"id", "state", "since", "successor", "cascade"}
_GOOD = ("valid", "active")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusEntry:
    """What one snapshot says of one identifier."""

    state: str
    since: datetime | None = None
    successor: str | None = None
    cascade: Literal["none", "refuse", "refer"] = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusFile:
    """One dated snapshot of one publisher."""

    list_id: str
    publisher: str
    version: str
    issued_at: datetime
    next_update: datetime
    certificates: dict[str, StatusEntry]
    seals: dict[str, StatusEntry]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusAnswer:
    """The answer of all snapshots together: no source, listed, or not listed."""

    answer: Literal["none", "listed", "not_listed"]
    entry: StatusEntry | None = None
    issued_at: datetime | None = None
    next_update: datetime | None = None


def parse_status_file(body: Any, source: str) -> StatusFile:
    """Return one status file.

    Raises:
        TrustError: unknown members or states, one identifier twice, a foreign register's cascade.
    """
    top = Node(body, source, "", _FILE)
    top.choice("schema", (SCHEMA,))
    publisher = top.text("publisher")
    return StatusFile(
        list_id=top.text("list_id"),
        publisher=publisher,
        version=top.text("version"),
        issued_at=top.instant("issued_at"),
        next_update=top.instant("next_update"),
        certificates=_entries(top, "certificates", CERTIFICATE_STATES, publisher),
        seals=_entries(top, "seals", SEAL_STATES, publisher),
    )


def _entries(
    top: Node, name: str, states: tuple[str, ...], publisher: str
) -> dict[str, StatusEntry]:
    found: dict[str, StatusEntry] = {}
    for node in top.nodes(name, _ENTRY):
        ident = node.text("id")
        if ident in found:
            raise bad(node.source, node.at("id"), "stands twice")
        found[ident] = StatusEntry(
            state=node.choice("state", states),
            since=node.instant_or_none("since"),
            successor=node.text("successor") if node.has("successor") else None,
            cascade=_cascade(node, publisher),
        )
    return found


def _cascade(node: Node, publisher: str) -> Literal["none", "refuse", "refer"]:
    """L19: only the register that owns an entity can trigger its cascade."""
    if not node.has("cascade"):
        return "none"
    body = node.node("cascade", {"register", "effect"})
    if body.text("register") != publisher:
        raise bad(node.source, body.at("register"), "is not the publisher of this file")
    return "refuse" if body.choice("effect", ("refuse", "refer")) == "refuse" else "refer"


def ask(
    files: Iterable[StatusFile], ident: str | None, kind: Literal["certificates", "seals"]
) -> StatusAnswer:
    """Return what the snapshots say of one identifier; a bad state wins over a good one.

    A good state counts only from the newest snapshot of its list: one that leaves the identifier
    out has withdrawn it (L16), also one that names nothing any more; of two of one instant both
    must name it. A bad state counts from any.
    """
    known = tuple(files)
    lists = {f.list_id for f in known if getattr(f, kind)}
    having = sorted((f for f in known if f.list_id in lists), key=lambda f: f.issued_at)
    if not having:
        return StatusAnswer(answer="none")
    newest = {f.list_id: f.issued_at for f in having}
    silent = {
        f.list_id
        for f in having
        if f.issued_at == newest[f.list_id] and ident not in getattr(f, kind)
    }
    found = [(f, getattr(f, kind)[ident]) for f in having if ident in getattr(f, kind)]
    named = [
        (f, e)
        for f, e in found
        if e.state not in _GOOD or (f.issued_at == newest[f.list_id] and f.list_id not in silent)
    ]
    if not named:
        last = having[-1]
        return StatusAnswer(
            answer="not_listed", issued_at=last.issued_at, next_update=last.next_update
        )
    file, entry = min(
        named, key=lambda pair: (pair[1].state in _GOOD, -pair[0].issued_at.timestamp())
    )
    return StatusAnswer(
        answer="listed", entry=entry, issued_at=file.issued_at, next_update=file.next_update
    )
