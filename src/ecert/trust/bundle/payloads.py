"""The payloads of the four kinds of role: values that cannot change, written as canonical JSON.

They are TUF 1.0 payloads, so that a TUF client reads them too; what is ours stands in members called
``ecert``. ``parsing`` reads them. ADR 0015 says why the classes of the tuf library are not used here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ecert.model.canonical import canonical_bytes
from ecert.trust.bundle.keys import Key, Role
from ecert.trust.bundle.scope import Scope

__all__ = [
    "LIMITS",
    "TOP_ROLES",
    "Delegation",
    "Meta",
    "Payload",
    "Root",
    "Snapshot",
    "TargetFile",
    "Targets",
    "Terms",
    "Timestamp",
    "payload_bytes",
]

TOP_ROLES = ("root", "timestamp", "snapshot", "targets")
SPEC_VERSION = "1.0.31"
LIMITS = {"root": 512 * 1024, "timestamp": 32 * 1024, "snapshot": 2_000_000, "targets": 5_000_000}
"""Bytes of one metadata file, after the defaults of TUF clients; a snapshot of 364 roles has 0.1 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What TUF has no member for.

    Args:
        issued_at: when it was signed, as its signers say.
        grace_s: for how long after expiry the publisher would still have it used; the local grace
            decides, and can only be smaller (L19).
        min_engine: oldest version of this program that understands it, or "".
        supersedes: digest of the role's previous payload; "" for the first.
        complete: this list names all that its territories recognise (L18).
        test_only: of a root, a federation for tests; of a role, what rests on it is for tests (L4).
        resets: roles whose floors a new root lowers, to recover from versions that a thief of
            their keys ran up (fast-forward); counts in the root.
        critical: members that a reader must know.
        ignored: members that this reader does not know, none of them critical.
    """

    issued_at: datetime
    grace_s: int = 0
    min_engine: str = ""
    supersedes: str = ""
    complete: bool = False
    test_only: bool = False
    resets: tuple[str, ...] = ()
    critical: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """Which bytes a role's metadata file must have."""

    version: int
    length: int
    sha256: str
    sm3: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFile:
    """One file that a role vouches for; its path is ``<role>/<kind>/<name>``."""

    path: str
    length: int
    sha256: str
    sm3: str

    @property
    def kind(self) -> str:
        """The kind of file, one of ``scope.KINDS``."""
        return self.path.split("/")[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """To whom a targets role delegates, who signs, and what of."""

    name: str
    role: Role
    scope: Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What all payloads have."""

    version: int
    expires: datetime
    terms: Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """The keys of the top roles; ``scope`` is what the federation as a whole may speak of."""

    base: Payload
    keys: Mapping[str, Key]
    roles: Mapping[str, Role]
    scope: Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Timestamp:
    """Which snapshot is current."""

    base: Payload
    snapshot: Meta


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Which metadata of each role is current."""

    base: Payload
    roles: Mapping[str, Meta]


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Files of one role, and the roles below it."""

    base: Payload
    files: tuple[TargetFile, ...] = ()
    keys: Mapping[str, Key] = field(default_factory=dict)
    delegations: tuple[Delegation, ...] = ()


def payload_bytes(body: Root | Timestamp | Snapshot | Targets) -> bytes:
    """Return the payload to sign, as canonical JSON."""
    kind: dict[str, Any]
    match body:
        case Root():
            kind = {
                "_type": "root",
                "consistent_snapshot": True,
                "keys": _keys(body.keys),
                "roles": {name: _role(role) for name, role in body.roles.items()},
            }
            kind["roles"]["targets"]["ecert"] |= body.scope.to_json()
        case Timestamp():
            kind = {"_type": "timestamp", "meta": {"snapshot.json": _meta(body.snapshot)}}
        case Snapshot():
            metas = {f"{name}.json": _meta(meta) for name, meta in body.roles.items()}
            kind = {"_type": "snapshot", "meta": metas}
        case Targets():
            kind = {"_type": "targets", "targets": {f.path: _target(f) for f in body.files}}
            if body.delegations:
                roles = [_delegated(d) for d in body.delegations]
                kind["delegations"] = {"keys": _keys(body.keys), "roles": roles}
    base = body.base
    common = {"spec_version": SPEC_VERSION, "version": base.version, "expires": _time(base.expires)}
    return canonical_bytes(kind | common | {"ecert": _terms_json(base.terms)})


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _terms_json(terms: Terms) -> dict[str, Any]:
    return {
        "issued_at": _time(terms.issued_at),
        "grace_s": terms.grace_s,
        "min_engine": terms.min_engine,
        "supersedes": terms.supersedes,
        "complete": terms.complete,
        "test_only": terms.test_only,
        "resets": list(terms.resets),
        "critical": list(terms.critical),
    }


def _keys(keys: Mapping[str, Key]) -> dict[str, Any]:
    return {keyid: key.to_json() for keyid, key in keys.items()}


def _role(role: Role) -> dict[str, Any]:
    return role.to_json() | {"ecert": {"compulsory": dict(role.compulsory)}}


def _delegated(made: Delegation) -> dict[str, Any]:
    terms = made.scope.to_json() | {"compulsory": dict(made.role.compulsory)}
    named = {"name": made.name, "terminating": True, "paths": [f"{made.name}/*/*"]}
    return named | made.role.to_json() | {"ecert": terms}


def _meta(meta: Meta) -> dict[str, Any]:
    return {
        "version": meta.version,
        "length": meta.length,
        "hashes": {"sha256": meta.sha256, "sm3": meta.sm3},
    }


def _target(file: TargetFile) -> dict[str, Any]:
    return {"length": file.length, "hashes": {"sha256": file.sha256, "sm3": file.sm3}}
