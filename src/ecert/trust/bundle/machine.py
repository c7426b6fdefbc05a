"""The state machine of a bundle: from a fingerprint down to every file, each step verified.

Without I/O and without a clock: a function that returns bytes goes in, trusted values or a
``TrustError`` come out. The order is that of TUF: root N to N+1 under the thresholds of both,
timestamp, snapshot, top targets, delegated targets, files. Each step checks size, signatures, the
floor, what the step before it pinned, and that this program is new enough. Dates are judged by
``freshness``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ecert.crypto.digest import digest
from ecert.trust.bundle.dsse import Envelope, parse_envelope, verify
from ecert.trust.bundle.floors import Floor, Floors
from ecert.trust.bundle.freshness import RoleVersion
from ecert.trust.bundle.parsing import parse_snapshot, parse_targets, parse_timestamp
from ecert.trust.bundle.payloads import (
    LIMITS,
    Delegation,
    Meta,
    Payload,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)
from ecert.trust.bundle.refusing import refuse
from ecert.trust.bundle.rootchain import Start, follow_roots
from ecert.trust.bundle.scope import Scope
from ecert.trust.bundle.steps import Read, admit, sized
from ecert.trust.reading import sha256_hex

__all__ = [
    "Opened",
    "OpenedRole",
    "Read",
    "Start",
    "file_path",
    "open_top",
    "read_target",
    "versions_of",
    "walk",
]

MAX_ROLES = 4096
"""31 provinces and 333 prefectures, ten times over."""
MAX_DEPTH = 6
"""targets, region, province, prefecture, county, bureau."""
FILE_BYTES = 64 * 1024 * 1024
"""One file, as in a trust folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedRole:
    """One verified targets role.

    Args:
        scope: what it may speak of: its delegation within those above it.
        above: names of the roles that delegate to it, top first.
        path: itself and all roles that it rests on, for freshness.
    """

    name: str
    body: Targets
    scope: Scope
    above: tuple[str, ...]
    path: tuple[RoleVersion, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The verified top of a bundle.

    Args:
        base: root, timestamp and snapshot, for freshness.
        floors: those that hold after the new roots lowered what they name. lowered: those names.
        roots: versions of the roots in the chain.
    """

    root: Root
    snapshot: Snapshot
    targets: OpenedRole
    base: tuple[RoleVersion, ...]
    floors: Floors
    lowered: tuple[str, ...]
    roots: tuple[int, ...]
    engine: str

    @property
    def sha256(self) -> str:
        """Digest of the bundle: its root and its timestamp pin everything below."""
        return sha256_hex("".join(v.sha256 for v in self.base[:2]).encode())


def open_top(read: Read, start: Start) -> Opened:
    """Return the verified root, timestamp, snapshot and top targets.

    Raises:
        TrustError: ``bundle.anchor``, ``bundle.no_anchor``, ``bundle.missing``, ``bundle.rollback``,
            ``bundle.equivocation``, ``bundle.fork``, ``bundle.mixed``, ``bundle.engine``, and what
            ``dsse`` and ``parsing`` raise.
    """
    roots = follow_roots(read, start)
    root, floors = roots.root, roots.floors
    envelope = _signed(read, "metadata/timestamp.json", root, "timestamp")
    timestamp = parse_timestamp(envelope.payload, "timestamp")
    pinned = admit("timestamp", timestamp.base, envelope, floors=floors, engine=start.engine)
    envelope, snapshot = _snapshot(read, root, timestamp)
    of_snapshot = admit("snapshot", snapshot.base, envelope, floors=floors, engine=start.engine)
    listed = snapshot.roles.get("root")
    if listed is not None and listed.version != root.base.version:
        message = (
            f"the snapshot is of root {listed.version}, the newest here is {root.base.version}"
        )
        raise refuse("bundle.mixed", message, name="root")
    _check_listed(snapshot, floors)
    base = (roots.version, pinned, of_snapshot)
    meta = snapshot.roles["targets"]
    data = _pinned(read, f"metadata/{meta.version}.targets.json", meta, limit=LIMITS["targets"])
    envelope = parse_envelope(data, "targets", limit=LIMITS["targets"])
    verify(envelope, root.roles["targets"], root.keys, name="targets")
    body = parse_targets(envelope.payload, "targets", role="targets")
    _check_version("targets", body.base, meta)
    version = admit("targets", body.base, envelope, floors=floors, engine=start.engine)
    targets = OpenedRole(
        name="targets", body=body, scope=root.scope, above=(), path=(*base, version)
    )
    return Opened(
        root=root,
        snapshot=snapshot,
        targets=targets,
        base=base,
        floors=floors,
        lowered=roots.lowered,
        roots=roots.chain,
        engine=start.engine,
    )


def walk(
    read: Read, opened: Opened, wanted: Callable[[Delegation, Scope], bool]
) -> Iterator[OpenedRole]:
    """Yield the top targets role and every verified role below it whose branch is wanted.

    Args:
        wanted: asked with a delegation and the scope that it comes to; a branch that is not wanted
            is neither read nor descended into.

    Raises:
        TrustError: as ``open_top``, and ``bundle.role_twice``, ``bundle.too_deep``.
    """
    seen = {"targets"}
    waiting = [opened.targets]
    while waiting:
        role = waiting.pop(0)
        yield role
        for delegation in role.body.delegations:
            scope = delegation.scope.within(role.scope)
            if not wanted(delegation, scope):
                continue
            if delegation.name in seen or len(seen) >= MAX_ROLES:
                message = f"the role {delegation.name} is delegated to twice, or one too many"
                raise refuse("bundle.role_twice", message, name=delegation.name)
            if len(role.above) + 1 >= MAX_DEPTH:
                message = f"the role {delegation.name} stands too deep"
                raise refuse("bundle.too_deep", message, name=delegation.name, limit=MAX_DEPTH)
            seen.add(delegation.name)
            waiting.append(_delegated(read, opened, role, delegation))


def file_path(file: TargetFile) -> str:
    """Return where a bundle keeps a file: by its digest."""
    return f"files/{file.sha256}"


def read_target(read: Read, file: TargetFile) -> bytes:
    """Return the bytes of a file that a verified role lists, checked against both digests.

    Raises:
        TrustError: ``bundle.missing``, ``bundle.truncated``, ``bundle.too_large`` or
            ``bundle.file_changed``.
    """
    data = sized(read, file_path(file), file.path, length=file.length, limit=FILE_BYTES)
    if sha256_hex(data) != file.sha256 or digest("sm3", data).hex() != file.sm3:
        message = f"{file.path} has not the bytes that its role signed"
        raise refuse("bundle.file_changed", message, name=file.path)
    return data


def _signed(read: Read, path: str, root: Root, name: str) -> Envelope:
    data = read(path, LIMITS[name])
    if data is None:
        raise refuse("bundle.missing", f"{path} is missing", name=path)
    envelope = parse_envelope(data, name, limit=LIMITS[name])
    verify(envelope, root.roles[name], root.keys, name=name)
    return envelope


def _snapshot(read: Read, root: Root, timestamp: Timestamp) -> tuple[Envelope, Snapshot]:
    meta = timestamp.snapshot
    data = _pinned(read, f"metadata/{meta.version}.snapshot.json", meta, limit=LIMITS["snapshot"])
    envelope = parse_envelope(data, "snapshot", limit=LIMITS["snapshot"])
    verify(envelope, root.roles["snapshot"], root.keys, name="snapshot")
    snapshot = parse_snapshot(envelope.payload, "snapshot")
    _check_version("snapshot", snapshot.base, meta)
    return envelope, snapshot


def _delegated(
    read: Read, opened: Opened, parent: OpenedRole, delegation: Delegation
) -> OpenedRole:
    name = delegation.name
    meta = opened.snapshot.roles.get(name)
    if meta is None:
        raise refuse("bundle.missing", f"the snapshot does not list {name}", name=name)
    path = f"metadata/roles/{meta.version}.{name}.json"
    envelope = parse_envelope(
        _pinned(read, path, meta, limit=LIMITS["targets"]), name, limit=LIMITS["targets"]
    )
    verify(envelope, delegation.role, parent.body.keys, name=name)
    body = parse_targets(envelope.payload, name, role=name)
    _check_version(name, body.base, meta)
    version = admit(name, body.base, envelope, floors=opened.floors, engine=opened.engine)
    return OpenedRole(
        name=name,
        body=body,
        scope=delegation.scope.within(parent.scope),
        above=(*parent.above, parent.name),
        path=(*parent.path, version),
    )


def _check_listed(snapshot: Snapshot, floors: Floors) -> None:
    """Refuse a snapshot that lists an older version of any role, whether or not that is read."""
    for name, floor in floors.roles.items():
        if name in ("root", "timestamp", "snapshot"):
            continue
        meta = snapshot.roles.get(name)
        if meta is not None and meta.version < int(floor.version):
            floors.check_role(name, meta.version, "")


def _check_version(name: str, base: Payload, meta: Meta) -> None:
    if base.version != meta.version:
        message = f"{name} is version {base.version}, the bundle pins {meta.version}"
        raise refuse("bundle.mixed", message, name=name)


def _pinned(read: Read, path: str, meta: Meta, *, limit: int) -> bytes:
    """Return the bytes of a metadata file, which must be exactly those that were pinned."""
    data = sized(read, path, path, length=meta.length, limit=limit)
    if sha256_hex(data) != meta.sha256 or digest("sm3", data).hex() != meta.sm3:
        raise refuse("bundle.mixed", f"{path} is not the one that the bundle pins", name=path)
    return data


def versions_of(opened: Opened, roles: tuple[OpenedRole, ...]) -> dict[str, Floor]:
    """Return the floors that accepting these roles would set."""
    found = {v.name: Floor(str(v.version), v.sha256) for v in opened.base}
    return found | {r.name: Floor(str(r.path[-1].version), r.path[-1].sha256) for r in roles}
