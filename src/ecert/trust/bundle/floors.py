"""Floors: the highest version ever accepted of each role and file, below which nothing is believed.

Kept in the state of a local store, and given as a configured file where no state survives (a fresh
container, a read-only disk); both have one form, so that a store's floors can be handed on as they
are. An expired version counts like any other. Of one version there is one text: another with the same
number is equivocation. Only a newer root lowers floors, and only those that it names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from ecert.errors import TrustError
from ecert.model.canonical import canonical_bytes
from ecert.trust.bundle.dsse import read_json
from ecert.trust.bundle.refusing import malformed, refuse
from ecert.trust.reading import Node, bad

__all__ = ["Floor", "Floors", "floors_of", "numbers", "parse_floors", "read_floors", "write_floors"]

SCHEMA = "ecert.floors/1"
MAX_BYTES = 8 * 1024 * 1024
"""A state file; 4,096 roles and 30,000 files take about this."""
_HEX = re.compile(r"[0-9a-f]{64}|")
_NUMBER = re.compile(r"[0-9]{1,15}")
_VERSION = re.compile(r"[0-9]{1,15}(?:[.-][0-9]{1,15}){0,7}")


@dataclass(frozen=True, slots=True, order=True)
class Floor:
    """One version and the digest of its text; "" where only the number is known."""

    version: str
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Floors:
    """What was accepted before.

    Args:
        roles: by name of role; the digest is that of the payload.
        files: by path of the target; versions are those inside the documents.
        seen: the latest signed time that was verified (L13); only signed times raise it.
    """

    roles: Mapping[str, Floor] = field(default_factory=dict)
    files: Mapping[str, Floor] = field(default_factory=dict)
    seen: datetime | None = None

    @property
    def root(self) -> int:
        """The newest root that was accepted; 0 for none."""
        floor = self.roles.get("root")
        return int(floor.version) if floor else 0

    def check_role(self, name: str, version: int, sha256: str) -> None:
        """Return if a role's version may be believed.

        Raises:
            TrustError: ``bundle.rollback`` or ``bundle.equivocation``.
        """
        _check(self.roles.get(name), name, str(version), sha256)

    def check_file(self, path: str, version: str, sha256: str) -> None:
        """Return if a file's version may be believed; raises the same."""
        _check(self.files.get(path), path, version, sha256)

    def without(self, names: Iterable[str]) -> Floors:
        """Return the floors without those of some roles and of their files (recovery)."""
        gone = set(names) - {"root"}
        return replace(
            self,
            roles={n: f for n, f in self.roles.items() if n not in gone},
            files={p: f for p, f in self.files.items() if p.split("/")[0] not in gone},
        )

    def raised(
        self, roles: Mapping[str, Floor], files: Mapping[str, Floor], seen: datetime
    ) -> Floors:
        """Return the floors after something was accepted that stands on or above them."""
        latest = max(seen, self.seen) if self.seen else seen
        return Floors(roles={**self.roles, **roles}, files={**self.files, **files}, seen=latest)

    def joined(self, other: Floors) -> Floors:
        """Return the higher of each floor.

        Raises:
            TrustError: ``bundle.equivocation`` where both know other texts of one version.
        """
        times = [t for t in (self.seen, other.seen) if t]
        return Floors(
            roles=_joined(self.roles, other.roles),
            files=_joined(self.files, other.files),
            seen=max(times) if times else None,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the floors as they are written."""
        body: dict[str, Any] = {
            "schema": SCHEMA,
            "roles": write_floors(self.roles),
            "files": write_floors(self.files),
        }
        if self.seen:
            body["seen"] = self.seen.astimezone(UTC).isoformat()
        return body

    def to_bytes(self) -> bytes:
        """Return the floors as a file of their own."""
        return canonical_bytes(self.to_json())


def numbers(version: str) -> tuple[int, ...] | None:
    """Return a version as numbers, for comparison; None for one that cannot be compared."""
    if not _VERSION.fullmatch(version):
        return None
    return tuple(int(part) for part in re.split("[.-]", version))


def parse_floors(data: bytes, name: str) -> Floors:
    """Return the floors of a state file or of a configured file.

    Raises:
        TrustError: ``bundle.malformed``, ``bundle.too_large`` or ``bundle.duplicate_member``.
    """
    return floors_of(read_json(data, name, limit=MAX_BYTES), name)


def floors_of(body: Any, name: str) -> Floors:
    """Return the floors in the JSON of a file; raises ``bundle.malformed``."""
    try:
        top = Node(body, name, "", {"schema", "roles", "files", "seen"})
        top.choice("schema", (SCHEMA,))
        return Floors(
            roles=read_floors(top, "roles"),
            files=read_floors(top, "files"),
            seen=top.instant_or_none("seen"),
        )
    except TrustError as error:
        if error.code == "trust.invalid_file":
            raise malformed(name, f"{error.params['path']} {error.params['what']}") from error
        raise


def _check(floor: Floor | None, name: str, version: str, sha256: str) -> None:
    if floor is None:
        return
    if floor.version == version:
        if floor.sha256 not in ("", sha256):
            message = f"{name} version {version} has another text than the one accepted before"
            raise refuse("bundle.equivocation", message, name=name, version=version)
        return
    new, old = numbers(version), numbers(floor.version)
    if new is None or old is None or new <= old:
        message = f"{name} version {version} is older than {floor.version}, accepted before"
        raise refuse("bundle.rollback", message, name=name, version=version, floor=floor.version)


def _joined(one: Mapping[str, Floor], other: Mapping[str, Floor]) -> dict[str, Floor]:
    found = dict(one)
    for name, floor in other.items():
        mine = found.get(name)
        if mine is None or (numbers(mine.version) or ()) < (numbers(floor.version) or ()):
            found[name] = floor
        elif mine.version == floor.version:
            if mine.sha256 and floor.sha256:
                _check(mine, name, floor.version, floor.sha256)
            found[name] = mine if mine.sha256 else floor
    return found


def read_floors(top: Node, name: str) -> dict[str, Floor]:
    """Return a member that maps names to versions."""
    found = {}
    for key in top.names(name):
        version, sha256 = _version_of(top.member(name)[key])
        if version is None or (name != "files" and not _NUMBER.fullmatch(version)):
            raise bad(top.source, f"{name}.{key[:160]}", "has no usable version and digest")
        found[key] = Floor(version, sha256)
    return found


def _version_of(body: Any) -> tuple[str | None, str]:
    """Return version and digest of one entry, read without a Node: a store has a thousand of them."""
    if not isinstance(body, dict) or not body.keys() <= {"version", "sha256"}:
        return None, ""
    version, sha256 = body.get("version"), body.get("sha256", "")
    if not isinstance(version, str) or not version or not isinstance(sha256, str):
        return None, ""
    return (version, sha256) if _HEX.fullmatch(sha256) else (None, "")


def write_floors(floors: Mapping[str, Floor]) -> dict[str, Any]:
    """Return versions by name as they are written."""
    return {name: {"version": f.version, "sha256": f.sha256} for name, f in floors.items()}
