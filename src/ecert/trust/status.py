"""Status files: which certificates and seals are in force, dated; silence is never a yes (L16)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
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
_CLOCK_SLACK = timedelta(minutes=5)
"""Clocks of publisher and reader differ; beyond it a snapshot is of the reader's future."""


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
    same: dict[StatusEntry, StatusEntry] = {}  # most entries of a list of millions are alike
    for node in top.nodes(name, _ENTRY):
        ident = node.text("id")
        if ident in found:
            raise bad(node.source, node.at("id"), "stands twice")
        entry = StatusEntry(
            state=node.choice("state", states),
            since=node.instant_or_none("since"),
            successor=node.text("successor") if node.has("successor") else None,
            cascade=_cascade(node, publisher),
        )
        found[ident] = same.setdefault(entry, entry)
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
    files: Iterable[StatusFile],
    ident: str | None,
    kind: Literal["certificates", "seals"],
    at: datetime | None = None,
) -> StatusAnswer:
    """Return what the snapshots say of one identifier; of several lists the worse answer counts.

    Of one list the newest snapshot speaks: it lifts an older bad state by naming a good one, and
    withdraws a good one by leaving it out (L16), also one that names nothing any more. Silence lifts
    nothing. Of two of one instant the worse counts.

    Args:
        at: the judged instant. What was published later is no word about it, but for a bad state
            that states its own beginning, not after ``at``.
    """
    lists: dict[tuple[str, str], list[StatusFile]] = {}
    for file in files:
        lists.setdefault((file.publisher, file.list_id), []).append(file)
    voices = [
        voice
        for snapshots in lists.values()
        if any(getattr(f, kind) for f in snapshots)
        for voice in _voices(snapshots, ident, kind, at)
    ]
    if not voices:
        return StatusAnswer(answer="none")
    file, entry = min(voices, key=_weight)
    return StatusAnswer(
        answer="not_listed" if entry is None else "listed",
        entry=entry,
        issued_at=file.issued_at,
        next_update=file.next_update,
    )


_Voice = tuple[StatusFile, StatusEntry | None]


def _weight(voice: _Voice) -> tuple[int, float]:
    """Bad states first, then good ones, then silence; of equals the newest."""
    file, entry = voice
    rank = 2 if entry is None else int(entry.state in _GOOD)
    return rank, -file.issued_at.timestamp()


def _voices(
    snapshots: list[StatusFile], ident: str | None, kind: str, at: datetime | None
) -> Iterator[_Voice]:
    """Yield what one list says: its newest snapshot by then, and what later ones say of that day."""

    def named(file: StatusFile) -> StatusEntry | None:
        found: StatusEntry | None = getattr(file, kind).get(ident)
        return found

    timely = [f for f in snapshots if at is None or f.issued_at <= at + _CLOCK_SLACK]
    for file in snapshots:
        entry = named(file) if file not in timely else None
        bad = entry is not None and entry.state not in _GOOD
        if bad and at is not None and entry and entry.since is not None and entry.since <= at:
            yield file, entry
    if not timely:
        return
    newest = max(f.issued_at for f in timely)
    last = [(f, named(f)) for f in timely if f.issued_at == newest]
    if all(entry is not None for _, entry in last):
        yield min(last, key=_weight)
        return
    # Somebody of the newest is silent: a good state is withdrawn, a bad one is not lifted.
    older = sorted(timely, key=lambda f: f.issued_at, reverse=True)
    word = next(((f, entry) for f in older if (entry := named(f)) is not None), None)
    if word is not None and word[1].state not in _GOOD:
        yield word
    else:
        yield last[0][0], None
