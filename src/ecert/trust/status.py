"""Status files: which certificates and seals are in force, dated; silence is never a yes (L16).

A scoped snapshot speaks only of the certificates of one issuer and one type, and of the seals of that
issuer; what lies outside it answers nothing, neither yes nor "not listed". A snapshot of a bundle must
be scoped (L19). What follows from another register's word on the holder is `trust.entities`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from ecert.ids.ecid import ROOT
from ecert.trust.reading import Node, bad

__all__ = ["StatusAnswer", "StatusFile", "ask", "ask_of_all", "parse_status_file"]

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
    "issuer",
    "certificate_type",
    "certificates",
    "seals",
}
_ENTRY = {"id", "state", "since", "successor"}
_GOOD = ("valid", "active")
_ISSUER = re.compile(r"[0-9A-Z]{6,18}")
_TYPE = re.compile(r"[0-9A-Z]{18}[0-9]{3}")
_USCC = re.compile(r"[0-9A-Z]{2}([0-9]{6})[0-9A-Z]{10}")
_CLOCK_SLACK = timedelta(minutes=5)
"""Clocks of publisher and reader differ; beyond it a snapshot is of the reader's future."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusEntry:
    """What one snapshot says of one identifier."""

    state: str
    since: datetime | None = None
    successor: str | None = None


@dataclass(frozen=True, slots=True)
class _Question:
    """A certificate by its identifier, or a seal by its number and whose keys used it."""

    kind: Literal["certificates", "seals"]
    ident: str | None
    bodies: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusFile:
    """One dated snapshot of one publisher.

    Args:
        issuer: code of the only body it speaks of; None where the operator's own folder sets no limit.
        certificate_type: code of the only type it speaks of; None with an issuer: of its seals only.
        role: of a bundle, the role that lists it: what one role calls a list is not another's.
    """

    list_id: str
    publisher: str
    version: str
    issued_at: datetime
    next_update: datetime
    issuer: str | None = None
    certificate_type: str | None = None
    certificates: dict[str, StatusEntry]
    seals: dict[str, StatusEntry]
    role: str = ""

    @property
    def issuers(self) -> tuple[str, ...]:
        """The bodies it speaks of, for the delegation of its signer (L19); empty: no limit is stated."""
        return (self.issuer,) if self.issuer else ()

    @property
    def certificate_types(self) -> tuple[str, ...]:
        """The certificate types it speaks of, likewise."""
        return (self.certificate_type,) if self.certificate_type else ()

    @property
    def territories(self) -> tuple[str, ...]:
        """The division its body is registered in, as the body's code says.

        A code that says none stands for itself: it lies in nobody's territory, so that no role may
        speak of it.
        """
        if self.issuer is None:
            return ()
        found = _USCC.fullmatch(self.issuer)
        return (found[1] if found else self.issuer,)

    def answers(self, asked: _Question) -> bool:
        """Whether the question lies in its scope at all."""
        if self.issuer is None:
            return bool(self.certificates if asked.kind == "certificates" else self.seals)
        if asked.kind == "seals":
            speaks = bool(self.seals) or self.certificate_type is None
            return speaks and self.issuer in asked.bodies
        prefix = _prefix(self.issuer, self.certificate_type)
        return prefix is not None and (asked.ident or "").startswith(prefix)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusAnswer:
    """The answer of all snapshots together: no source, listed, or not listed."""

    answer: Literal["none", "listed", "not_listed"]
    entry: StatusEntry | None = None
    issued_at: datetime | None = None
    next_update: datetime | None = None


def ask_of_all(
    files: Iterable[StatusFile],
    es_id: str | None,
    at: datetime | None = None,
    *,
    bodies: Iterable[str] = (),
) -> StatusAnswer:
    """Return what the snapshots say of a seal whose key is listed for some bodies.

    Where there are several, each must call it good: whoever lists another body's key does not speak for
    that body's seal (L16, L19).
    """
    known, asked = tuple(files), tuple(sorted(set(bodies)))
    groups = [frozenset({body}) for body in asked] or [frozenset[str]()]
    found = [ask(known, es_id, "seals", at, bodies=group) for group in groups]
    return min(found, key=_doubt)


def _doubt(answer: StatusAnswer) -> tuple[int, float]:
    """Bad states first, then silence, then good ones; of equals the oldest."""
    rank = {"listed": 3, "not_listed": 2, "none": 1}[answer.answer]
    if answer.entry is not None and answer.entry.state not in _GOOD:
        rank = 0
    return rank, answer.issued_at.timestamp() if answer.issued_at else 0.0


def parse_status_file(
    body: Any, source: str, *, origin: Literal["folder", "bundle"] = "folder"
) -> StatusFile:
    """Return one status file.

    Raises:
        TrustError: unknown members or states, one identifier twice, an entry outside the file's own
            scope, or no scope in a bundle.
    """
    top = Node(body, source, "", _FILE)
    top.choice("schema", (SCHEMA,))
    issuer, certificate_type = _scope(top, origin)
    certificates = _entries(top, "certificates", CERTIFICATE_STATES)
    if issuer is not None:
        prefix = _prefix(issuer, certificate_type)
        strange = (i for i in certificates if prefix is None or not i.startswith(prefix))
        if (first := next(strange, None)) is not None:
            raise bad(source, "certificates", f"names {first!r} outside the scope of the file")
    return StatusFile(
        list_id=top.text("list_id"),
        publisher=top.text("publisher"),
        version=top.text("version"),
        issued_at=top.instant("issued_at"),
        next_update=top.instant("next_update"),
        issuer=issuer,
        certificate_type=certificate_type,
        certificates=certificates,
        seals=_entries(top, "seals", SEAL_STATES),
    )


def _scope(top: Node, origin: str) -> tuple[str | None, str | None]:
    """Return issuer and type; L19: in a bundle a snapshot without them would speak of everybody's."""
    issuer = _code(top, "issuer", _ISSUER) if top.has("issuer") else None
    limit = _code(top, "certificate_type", _TYPE) if top.has("certificate_type") else None
    if limit is not None and issuer is None:
        raise bad(top.source, "issuer", "is required beside certificate_type")
    if origin == "bundle" and issuer is None:
        raise bad(top.source, "issuer", "is required in a bundle")
    if origin == "bundle" and limit is None and top.has("certificates"):
        raise bad(top.source, "certificate_type", "is required in a bundle")
    return issuer, limit


def _code(top: Node, name: str, form: re.Pattern[str]) -> str:
    text = top.text(name)
    if not form.fullmatch(text):
        raise bad(top.source, name, "is no such code")
    return text


def _prefix(issuer: str, certificate_type: str | None) -> str | None:
    """Return how every identifier of a scope begins (GB/T 36904); None for a scope of seals only."""
    return f"{ROOT}.{certificate_type}.{issuer}." if certificate_type else None


def _entries(top: Node, name: str, states: tuple[str, ...]) -> dict[str, StatusEntry]:
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
        )
        found[ident] = same.setdefault(entry, entry)
    return found


def ask(
    files: Iterable[StatusFile],
    ident: str | None,
    kind: Literal["certificates", "seals"],
    at: datetime | None = None,
    *,
    bodies: frozenset[str] = frozenset(),
) -> StatusAnswer:
    """Return what the snapshots say of one identifier; of several lists the worse answer counts.

    Of one list the newest snapshot speaks: it lifts an older bad state by naming a good one, and
    withdraws a good one by leaving it out (L16), also one that names nothing any more. Silence lifts
    nothing. Of two of one instant the worse counts. Snapshots of another scope say nothing.

    Args:
        at: the judged instant. What was published later is no word about it, but for a bad state
            that states its own beginning, not after ``at``.
        bodies: for a seal, the bodies for which the key that used it is listed.
    """
    asked = _Question(kind, ident, bodies)
    lists: dict[tuple[str, str, str, str | None, str | None], list[StatusFile]] = {}
    for file in files:
        place = (file.role, file.publisher, file.list_id, file.issuer, file.certificate_type)
        lists.setdefault(place, []).append(file)
    voices = [
        voice
        for snapshots in lists.values()
        if any(f.answers(asked) for f in snapshots)
        for voice in _voices(snapshots, asked, at)
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


def _voices(snapshots: list[StatusFile], asked: _Question, at: datetime | None) -> Iterator[_Voice]:
    """Yield what one list says: its newest snapshot by then, and what later ones say of that day."""

    def named(file: StatusFile) -> StatusEntry | None:
        entries = file.certificates if asked.kind == "certificates" else file.seals
        return entries.get(asked.ident) if asked.ident is not None else None

    timely = [f for f in snapshots if at is None or f.issued_at - at <= _CLOCK_SLACK]
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
