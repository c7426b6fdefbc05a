"""A verified bundle as trust: what a question needs, each role and file verified anew on every load.

Zero anchors and zero issuers stay what they are in a folder: unusable (L15). A local grace keeps lists
in use for a while after they expired; as evidence about status and revocation they end with the first
role that they rest on (L19).
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from ecert.crypto.crl import CRLFacts
from ecert.crypto.ocsp import OCSPFacts
from ecert.crypto.x509 import CertificateFacts
from ecert.memo import Memo
from ecert.trust.agreement import Agreement
from ecert.trust.bundle.content import Item, check_scope, parse_item
from ecert.trust.bundle.freshness import DEFAULT_GRACE, Dated, RoleVersion
from ecert.trust.bundle.index import Index
from ecert.trust.bundle.machine import Opened, OpenedRole, Read, Start, open_top, read_target, walk
from ecert.trust.bundle.payloads import Delegation, TargetFile
from ecert.trust.bundle.refusing import refuse
from ecert.trust.bundle.scope import Scope
from ecert.trust.bundle.selecting import Everything, Selection, select
from ecert.trust.bundle.steps import bounded
from ecert.trust.codetable import CodeTable
from ecert.trust.deviation import Deviation
from ecert.trust.entities import EntityFile
from ecert.trust.issuers import IssuerList
from ecert.trust.knowledge import Knowledge
from ecert.trust.matters import Matters
from ecert.trust.need import Need
from ecert.trust.reading import sha256_hex
from ecert.trust.rule import Rule
from ecert.trust.status import StatusFile
from ecert.trust.store import TrustStore, is_test_root

__all__ = ["BundleTrust", "Loaded", "load"]

_NARROWED: Memo[TrustStore] = Memo(entries=256, size=512 * 1024 * 1024)
"""What questions needed, verified; the files of one batch need the same few roles. The key holds every
input by value or by digest (L24)."""
_WEIGHT, _ENTRY = 8, 512
"""Objects weigh some times the bytes they were read from; one entry of a role's metadata."""

Shared = TypeVar("Shared", Agreement, Rule, Deviation, CodeTable, Matters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """Verified roles, and files of them with the roles that list them."""

    roles: tuple[OpenedRole, ...]
    items: tuple[tuple[OpenedRole, Item], ...]

    @property
    def size(self) -> int:
        """Bytes of metadata's entries and files, about."""
        entries = sum(len(role.body.files) + len(role.body.delegations) for role in self.roles)
        return _ENTRY * entries + sum(item.size for _, item in self.items)

    @property
    def versions(self) -> tuple[RoleVersion, ...]:
        """Every role version that the files rest on, each once."""
        found = {version.name: version for role in self.roles for version in role.path}
        return tuple(found.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleTrust:
    """A bundle whose top is verified (``source.Trust``).

    Args:
        index: made by the import into a local store; without it everything is read.
        grace: how long the operator goes on after expiry. frozen: opened for an audit.
    """

    name: str
    opened: Opened
    read: Read = field(repr=False)
    index: Index | None = field(default=None, repr=False)
    grace: timedelta = DEFAULT_GRACE
    frozen: bool = False
    _files: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        known = sorted(self.opened.floors.files.items())
        told = "".join(f"{path}\0{f.version}\0{f.sha256}\n" for path, f in known)
        object.__setattr__(self, "_files", sha256_hex(told.encode("utf-8", "surrogatepass")))

    @classmethod
    def open(cls, read: Read, start: Start, *, name: str) -> BundleTrust:
        """Return a bundle out of its files; ``replace`` sets what belongs to the operator.

        Raises:
            TrustError: its top cannot be verified from ``start``.
        """
        return cls(name=name, opened=open_top(read, start), read=read)

    @property
    def sha256(self) -> str:
        """Digest of the bundle, whatever is asked for."""
        return self.opened.sha256

    @property
    def test_only(self) -> bool:
        """Whether its root, or a role that all rests on, says that it is for tests alone (L4)."""
        tops = (self.opened.root, self.opened.snapshot, self.opened.targets.body)
        return any(top.base.terms.test_only for top in tops)

    def narrowed(self, need: Need) -> TrustStore:
        """Return what a question needs: all, where there is no index, or where a part is unusable.

        Zero anchors or issuers is a fault of the bundle, not of the question (L15).

        Raises:
            TrustError: a role or a file that is needed cannot be used; nothing is judged then.
        """
        chosen = Everything() if self.index is None else select(self.index, need)
        key = (*self._pinned(), "everything" if isinstance(chosen, Everything) else chosen)
        known = _NARROWED.get(key)
        if known is None:
            loaded = load(self.read, self.opened, chosen)
            known = self._store(loaded)
            if known.usable() is not None and not isinstance(chosen, Everything):
                loaded = load(self.read, self.opened, Everything())
                known = self._store(loaded)
            _NARROWED.put(key, known, _WEIGHT * loaded.size)
        return known

    def whole(self) -> TrustStore:
        """Return everything that the bundle says, verified; raises likewise."""
        return self._store(load(self.read, self.opened, Everything()))

    def _pinned(self) -> tuple[Hashable, ...]:
        """Return all that decides what a selection gives: the digest pins every byte of the bundle."""
        floors = self.opened.floors
        held = tuple(sorted(floors.roles.items()))
        return (
            self.sha256,
            self.opened.engine,
            held,
            self._files,
            floors.seen,
            self.name,
            self.grace,
            self.frozen,
        )

    def _store(self, loaded: Loaded) -> TrustStore:
        versions = loaded.versions
        seen = [v.issued_at for v in versions]
        if self.opened.floors.seen:
            seen.append(self.opened.floors.seen)
        dated = Dated(roles=versions, grace=self.grace, seen=max(seen), frozen=self.frozen)
        anchors = _each(loaded, CertificateFacts)
        return TrustStore(
            name=self.name,
            sha256=self.sha256,
            test_only=self.test_only
            or any(role.body.base.terms.test_only for role in loaded.roles)
            or any(is_test_root(a) for a in anchors),
            signed=True,
            anchors=anchors,
            anchor_reach=_anchor_reach(loaded),
            issuer_lists=tuple(
                _issuer_list(item.document, dated.of(role.path))
                for role, item in loaded.items
                if isinstance(item.document, IssuerList)
            ),
            crls=_each(loaded, CRLFacts),
            ocsps=_each(loaded, OCSPFacts),
            status_files=tuple(
                replace(
                    item.document,
                    next_update=_until(item.document.next_update, role),
                    role=role.name,
                )
                for role, item in loaded.items
                if isinstance(item.document, StatusFile)
            ),
            entities=tuple(
                replace(item.document, next_update=_until(item.document.next_update, role))
                for role, item in loaded.items
                if isinstance(item.document, EntityFile)
            ),
            knowledge=_knowledge(loaded),
            dated=dated,
        )


def load(read: Read, opened: Opened, selection: Selection | Everything) -> Loaded:
    """Return the selected roles and files, each verified.

    Raises:
        TrustError: as the state machine, the parsers and ``content.check_scope``; ``bundle.rollback`` for
            a file below its floor; ``bundle.equivocation`` for two texts of one version of a document in
            one role.
    """

    def wanted(delegation: Delegation, scope: Scope) -> bool:
        return selection.wants_role(delegation.name, scope)

    counted = bounded(read)
    roles = tuple(walk(counted, opened, wanted))
    items = tuple(
        (role, read_item(counted, role, file))
        for role in roles
        for file in role.body.files
        if selection.wants_file(role.scope, file)
    )
    texts: dict[tuple[str, str, str, str], Item] = {}
    for role, item in items:
        if item.version:
            opened.floors.check_file(item.path, item.version, item.sha256)
        if item.identity:
            place = (role.name, item.kind, item.identity, item.version)
            if texts.setdefault(place, item).sha256 != item.sha256:
                message = f"{item.path}: another text of {item.identity} version {item.version}"
                raise refuse("bundle.equivocation", message, name=item.path, version=item.version)
    return Loaded(roles=roles, items=items)


def read_item(read: Read, role: OpenedRole, file: TargetFile) -> Item:
    """Return one file of a role: its bytes, its form and its scope checked."""
    item = parse_item(file.path, read_target(read, file), sha256=file.sha256)
    check_scope(item, role.scope)
    return item


Plain = TypeVar("Plain", CertificateFacts, CRLFacts, OCSPFacts)


def _each(loaded: Loaded, kind: type[Plain]) -> tuple[Plain, ...]:
    """Return the documents of a kind, each once however many roles list it."""
    found: dict[str, Plain] = {}
    for _, item in loaded.items:
        if isinstance(item.document, kind):
            found.setdefault(item.sha256, item.document)
    return tuple(found.values())


def _anchor_reach(loaded: Loaded) -> dict[str, tuple[str, ...]]:
    """Return how far each anchor reaches that no role for the whole federation lists."""
    reach: dict[str, set[str]] = {}
    everywhere = set()
    for role, item in loaded.items:
        if isinstance(item.document, CertificateFacts):
            reach.setdefault(item.document.sha256, set()).update(role.scope.territories)
            everywhere |= {item.document.sha256} if role.scope.everywhere else set()
    return {d: tuple(sorted(found)) for d, found in reach.items() if d not in everywhere}


def _issuer_list(known: IssuerList, dated: Dated) -> IssuerList:
    return replace(
        known,
        next_update=min(known.next_update, dated.ends),
        evidence_until=min(known.next_update, dated.expires),
    )


def _until(next_update: datetime, role: OpenedRole) -> datetime:
    """Return when a word on status ends: with the first role that it rests on, without grace."""
    return min(next_update, *(version.expires for version in role.path))


def _knowledge(loaded: Loaded) -> Knowledge:
    complete = {
        t
        for r in loaded.roles
        if r.above and r.body.base.terms.complete
        for t in r.scope.territories
    }
    signers: dict[str, set[str]] = {}
    for role, item in loaded.items:
        # L19: the top role is whoever keeps the federation, no party's own.
        own = role.scope.territories if role.above else ()
        signers.setdefault(item.sha256, set()).update(own)

    def shared(kind: type[Shared]) -> tuple[Shared, ...]:
        found: dict[str, Shared] = {}
        for _, item in loaded.items:
            if isinstance(item.document, kind) and item.sha256 not in found:
                signed_by = tuple(sorted(signers[item.sha256]))
                found[item.sha256] = replace(item.document, signed_by=signed_by)
        return tuple(found.values())

    return Knowledge(
        origin="bundle",
        agreements=shared(Agreement),
        rules=shared(Rule),
        deviations=shared(Deviation),
        code_tables=shared(CodeTable),
        matters=shared(Matters),
        complete=tuple(sorted(complete)),
    )
