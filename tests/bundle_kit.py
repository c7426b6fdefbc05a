"""A federation in memory that publishes bundles, right or wrong; keys are derived, never stored.

In the manner of python-tuf's RepositorySimulator: change what a role says, publish, and get the files
of a bundle as a mapping. ``signers`` and ``edit`` make it misbehave.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from ecert.crypto.digest import digest
from ecert.crypto.keys import PrivateKey
from ecert.trust.bundle.dsse import Envelope, sign
from ecert.trust.bundle.keys import Key, Role
from ecert.trust.bundle.machine import Read
from ecert.trust.bundle.payloads import (
    TOP_ROLES,
    Delegation,
    Meta,
    Payload,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Terms,
    Timestamp,
    payload_bytes,
)
from ecert.trust.bundle.rootchain import Start
from ecert.trust.bundle.scope import Scope

NOW = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
NATION = Scope(territories=("100000",))


@cache
def key(name: str, kind: str = "sm2") -> PrivateKey:
    """Return the test key of a name: derived from it, so that nothing secret lies anywhere."""
    seed = hashlib.sha256(f"TEST-ONLY {kind} {name}".encode()).digest()
    if kind == "sm2":
        return PrivateKey.from_sm2_scalar(b"\0" + seed[1:])
    if kind == "ed25519":
        secret: object = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    else:
        curve = ec.SECP256R1() if kind == "p256" else ec.SECP384R1()
        secret = ec.derive_private_key(int.from_bytes(seed[1:], "big"), curve)
    return PrivateKey.from_pkcs8(
        secret.private_bytes(  # type: ignore[attr-defined]
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


@dataclass
class RoleSpec:
    """What a role is and says."""

    keys: tuple[PrivateKey, ...]
    threshold: int = 1
    compulsory: Mapping[str, int] = field(default_factory=dict)
    parent: str = ""
    scope: Scope = NATION
    files: dict[str, bytes] = field(default_factory=dict)
    terms: dict[str, object] = field(default_factory=dict)
    life: timedelta = timedelta(days=30)
    version: int = 1
    changed: bool = True
    last: str = ""
    envelope: bytes = b""


class Simulator:
    """A publisher of bundles."""

    def __init__(self, at: datetime = NOW, kinds: tuple[str, ...] = ("sm2",)) -> None:
        self.at = at
        self.kinds = kinds
        self.specs = {name: RoleSpec(keys=self.keys(name)) for name in TOP_ROLES}
        self.specs["root"].life = timedelta(days=365)
        self.roots: dict[int, bytes] = {}
        self.root_keys_before: tuple[PrivateKey, ...] = ()
        self.signers: dict[str, tuple[PrivateKey, ...]] = {}
        self.edit: dict[str, Callable[[bytes], bytes]] = {}

    def keys(self, name: str) -> tuple[PrivateKey, ...]:
        """Return one key of each kind for a role."""
        return tuple(key(name, kind) for kind in self.kinds)

    def role(
        self, name: str, *territories: str, parent: str = "targets", **limits: object
    ) -> RoleSpec:
        """Delegate to a new role."""
        given = {k: frozenset(v) for k, v in limits.items()}  # type: ignore[call-overload]
        scope = Scope(territories=territories, **given)
        self.specs[name] = RoleSpec(keys=self.keys(name), parent=parent, scope=scope)
        self.specs[parent].changed = True
        return self.specs[name]

    def put(self, path: str, data: bytes) -> None:
        """Let the role that the path names list a file."""
        spec = self.specs[path.split("/", maxsplit=1)[0]]
        spec.files[path] = data
        spec.changed = True

    def rotate_root(self, **terms: object) -> None:
        """Make the next root; call before changing the top roles' keys, or after."""
        spec = self.specs["root"]
        spec.changed, spec.terms = True, terms

    def publish(self) -> dict[str, bytes]:
        """Return the files of a new bundle; roles that changed since the last one get new versions."""
        found: dict[str, bytes] = {}
        self._root()
        found |= {f"metadata/root/{n}.json": data for n, data in self.roots.items()}
        newest = max(self.roots)
        metas: dict[str, Meta] = {"root": meta(newest, self.roots[newest])}
        for name, spec in self.specs.items():
            if name in ("root", "timestamp", "snapshot"):
                continue
            self._make(name, lambda name=name, spec=spec: self._targets(name, spec))
            folder = "metadata" if name == "targets" else "metadata/roles"
            found[f"{folder}/{spec.version}.{name}.json"] = spec.envelope
            metas[name] = meta(spec.version, spec.envelope)
            found |= {f"files/{hashlib.sha256(d).hexdigest()}": d for d in spec.files.values()}
        snapshot, timestamp = self.specs["snapshot"], self.specs["timestamp"]
        snapshot.changed = timestamp.changed = True
        self._make("snapshot", lambda: Snapshot(base=self._base("snapshot"), roles=metas))
        found[f"metadata/{snapshot.version}.snapshot.json"] = snapshot.envelope
        pinned = meta(snapshot.version, snapshot.envelope)
        self._make("timestamp", lambda: Timestamp(base=self._base("timestamp"), snapshot=pinned))
        return found | {"metadata/timestamp.json": timestamp.envelope}

    def start(self, **given: object) -> Start:
        """Return what a reader starts with: the first root's fingerprint."""
        return Start(**({"anchor": self.anchor, "engine": "0.1.0"} | given))  # type: ignore[arg-type]

    @property
    def anchor(self) -> str:
        """Fingerprint of the first root."""
        return payload_digest(self.roots[1])

    def _root(self) -> None:
        spec = self.specs["root"]
        if not spec.changed:
            return
        signers = (*spec.keys, *(k for k in self.root_keys_before if k not in spec.keys))
        self.signers.setdefault("root", signers)
        known = {name: self.specs[name] for name in TOP_ROLES}
        self._make(
            "root",
            lambda: Root(
                base=self._base("root"),
                keys=keys_json(k for s in known.values() for k in s.keys),
                roles={name: role_of(s) for name, s in known.items()},
                scope=known["targets"].scope,
            ),
        )
        if self.signers["root"] == signers:
            del self.signers["root"]
        self.roots[spec.version], self.root_keys_before = spec.envelope, spec.keys

    def _base(self, name: str) -> Payload:
        spec = self.specs[name]
        given = {"issued_at": self.at, "supersedes": spec.last} | spec.terms
        return Payload(version=spec.version, expires=self.at + spec.life, terms=Terms(**given))  # type: ignore[arg-type]

    def _targets(self, name: str, spec: RoleSpec) -> Targets:
        below = {n: s for n, s in self.specs.items() if s.parent == name}
        return Targets(
            base=self._base(name),
            files=tuple(target(path, data) for path, data in sorted(spec.files.items())),
            keys=keys_json(k for s in below.values() for k in s.keys),
            delegations=tuple(
                Delegation(name=n, role=role_of(s), scope=s.scope) for n, s in below.items()
            ),
        )

    def _make(self, name: str, build: Callable[[], Root | Timestamp | Snapshot | Targets]) -> None:
        spec = self.specs[name]
        if not spec.changed:
            return
        if spec.envelope:
            spec.version += 1
        payload = payload_bytes(build())
        payload = self.edit.get(name, bytes)(payload)
        signers = self.signers.get(name, spec.keys)
        made = Envelope(payload=payload).with_signatures([sign(payload, k) for k in signers])
        spec.envelope, spec.last, spec.changed = made.to_bytes(), made.sha256, False


def reader(files: Mapping[str, bytes]) -> Read:
    """Return a reader over files in memory."""
    return lambda path, limit: None if path not in files else files[path][: limit + 1]


def meta(version: int, data: bytes) -> Meta:
    """Return what pins a metadata file."""
    sha256 = hashlib.sha256(data).hexdigest()
    return Meta(version=version, length=len(data), sha256=sha256, sm3=digest("sm3", data).hex())


def target(path: str, data: bytes) -> TargetFile:
    """Return what a role says of a file."""
    sha256 = hashlib.sha256(data).hexdigest()
    sm3 = digest("sm3", data).hex()
    return TargetFile(path=path, length=len(data), sha256=sha256, sm3=sm3)


def keys_json(keys: object) -> dict[str, Key]:
    """Return keys by their ids."""
    made = [Key.of(k.public) for k in keys]  # type: ignore[attr-defined]
    return {k.keyid: k for k in made}


def role_of(spec: RoleSpec) -> Role:
    """Return who signs for a role."""
    ids = tuple(keys_json(spec.keys))
    return Role(keyids=ids, threshold=spec.threshold, compulsory=spec.compulsory)


def payload_digest(envelope: bytes) -> str:
    """Return the fingerprint of an envelope's payload."""
    return hashlib.sha256(base64.b64decode(json.loads(envelope)["payload"])).hexdigest()


def issuers_json(territory: str, spki: str, *, version: str = "1", code: str = "") -> bytes:
    """Return a small issuer list with one listed key."""
    authority = code or f"11{territory}MB0000000X"
    return json.dumps(
        {
            "list_id": f"list-{territory}",
            "territory": territory,
            "version": version,
            "issued_at": "2026-10-01T00:00:00Z",
            "next_update": "2028-10-01T00:00:00Z",
            "entries": [
                {
                    "issuer_id": authority,
                    "names": [{"name": "测试机关"}],
                    "territory": territory,
                    "services": [
                        {
                            "kind": "certificate-issuer",
                            "certificate_types": ["11100000000013127D001"],
                            "status": "granted",
                            "status_start": "2020-01-01T00:00:00Z",
                            "anchors": [{"spki_sha256": spki, "subject": "CN=测试"}],
                        }
                    ],
                }
            ],
        }
    ).encode()
