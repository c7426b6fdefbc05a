"""What a workspace has published so far, read as strictly as an importer reads it.

A publisher builds only on a bundle that verifies from its own first root; a damaged or exchanged
folder is noticed before anything is signed on top of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ecert.trust.bundle.dsse import Envelope, parse_envelope
from ecert.trust.bundle.floors import Floors
from ecert.trust.bundle.machine import (
    Opened,
    OpenedRole,
    Read,
    Start,
    file_path,
    open_top,
    read_target,
    versions_of,
    walk,
)
from ecert.trust.bundle.payloads import LIMITS, Delegation
from ecert.trust.bundle.scope import Scope

__all__ = ["Published", "first_root", "metadata_path", "open_bundle", "reader"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A verified bundle.

    Args:
        files: every file of it, by path. roles: its targets roles by name; empty before the first
            publication.
    """

    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    opened: Opened | None = None
    roles: Mapping[str, OpenedRole] = field(default_factory=dict)

    def path(self, role: str) -> str | None:
        """Return where the current metadata of a role stands; None before its first version."""
        if self.opened is None:
            return None
        if role == "root":
            return metadata_path(role, self.opened.root.base.version)
        if role == "timestamp":
            return metadata_path(role, 0)
        if role == "snapshot":
            return metadata_path(role, self.opened.snapshot.base.version)
        found = self.roles.get(role)
        return metadata_path(role, found.body.base.version) if found else None

    def data(self, role: str) -> bytes:
        """Return the current metadata file of a role, which must have one."""
        path = self.path(role)
        assert path is not None
        return self.files[path]

    def envelope(self, role: str) -> Envelope | None:
        """Return the current envelope of a role."""
        path = self.path(role)
        return None if path is None else parse_envelope(self.files[path], role, limit=_limit(role))

    def version(self, role: str) -> int:
        """Return the current version of a role; 0 before its first."""
        if self.opened is None:
            return 0
        if role in ("root", "timestamp", "snapshot"):
            return next(v.version for v in self.opened.base if v.name == role)
        found = self.roles.get(role)
        return found.body.base.version if found else 0

    def target(self, path: str) -> bytes | None:
        """Return the bytes of a target by its path."""
        role = self.roles.get(path.split("/", maxsplit=1)[0])
        listed = {f.path: f for f in role.body.files} if role else {}
        return self.files[file_path(listed[path])] if path in listed else None

    def targets(self) -> dict[str, bytes]:
        """Return every target by its path."""
        return {
            f.path: self.files[file_path(f)]
            for role in self.roles.values()
            for f in role.body.files
        }

    def floors(self) -> Floors:
        """Return the floors of somebody who has accepted this bundle."""
        if self.opened is None:
            return Floors()
        return Floors(roles=versions_of(self.opened, tuple(self.roles.values())))


def reader(files: Mapping[str, bytes]) -> Read:
    """Return what the state machine reads files in memory with."""

    def read(path: str, limit: int) -> bytes | None:
        data = files.get(path)
        return None if data is None else data[: limit + 1]

    return read


def metadata_path(role: str, version: int) -> str:
    """Return where a bundle keeps one version of a role's metadata."""
    if role == "root":
        return f"metadata/root/{version}.json"
    if role == "timestamp":
        return "metadata/timestamp.json"
    if role in ("snapshot", "targets"):
        return f"metadata/{version}.{role}.json"
    return f"metadata/roles/{version}.{role}.json"


def first_root(files: Mapping[str, bytes]) -> str:
    """Return the fingerprint of a bundle's first root; "" where there is none.

    It tells what a bundle says of itself. Whoever imports it needs the fingerprint from elsewhere.
    """
    data = files.get(metadata_path("root", 1))
    return parse_envelope(data, "root", limit=LIMITS["root"]).sha256 if data else ""


def open_bundle(files: Mapping[str, bytes], start: Start) -> Published:
    """Return a bundle verified whole: every role and every file of it.

    Raises:
        TrustError: as the state machine; an empty folder is nothing published yet.
    """
    if not files:
        return Published()
    read = reader(files)
    opened = open_top(read, start)
    roles = {role.name: role for role in walk(read, opened, _all)}
    for role in roles.values():
        for file in role.body.files:
            read_target(read, file)
    return Published(files=files, opened=opened, roles=roles)


def _all(delegation: Delegation, scope: Scope) -> bool:
    del delegation, scope
    return True


def _limit(role: str) -> int:
    return LIMITS.get(role, LIMITS["targets"])
