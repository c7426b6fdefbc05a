"""Payloads out of the plan: what each role is to say next.

A new version is made where the plan or the content says something else than what is published, where
the keys that must sign are others, or where it is asked for (renewal). Otherwise the role keeps its
version and nobody has to sign again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ecert.crypto.digest import digest
from ecert.errors import TrustError
from ecert.trust.bundle.dsse import Envelope, parse_envelope, verify
from ecert.trust.bundle.keys import Key, Role
from ecert.trust.bundle.parsing import parse_root, parse_snapshot, parse_targets, parse_timestamp
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
)
from ecert.trust.bundle.scope import Scope
from ecert.trust.publishing.plan import ANY, Plan, PlannedRole
from ecert.trust.publishing.published import Published
from ecert.trust.reading import sha256_hex

__all__ = [
    "Body", "Making", "meta_of", "next_root", "next_snapshot", "next_targets", "next_timestamp",
    "parse_body", "same", "scope_of",
]  # fmt: skip

Body = Root | Timestamp | Snapshot | Targets
_DAY_S = 24 * 60 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """What new versions are made of.

    Args:
        keys: the public keys of the workspace. content: target path -> bytes, of all roles.
        base: what is published. at: the time of issue, in whole seconds.
        renew: roles that get a new version though nothing changed.
        resets: roles whose floors the next root lowers.
        least: lowest version that a role may get, where a withdrawn request may have been signed.
    """

    plan: Plan
    keys: Mapping[str, Key]
    content: Mapping[str, bytes]
    base: Published
    at: datetime
    renew: Collection[str] = ()
    resets: tuple[str, ...] = ()
    least: Mapping[str, int] = field(default_factory=dict)

    def payload(self, role: str) -> Payload:
        """Return version, dates and terms of a role's next version."""
        planned = self.plan.roles[role]
        previous = self.base.envelope(role)
        return Payload(
            version=max(self.base.version(role) + 1, self.least.get(role, 1)),
            expires=self.at + timedelta(days=self.plan.expires.of(role)),
            terms=Terms(
                issued_at=self.at,
                grace_s=0 if role == "root" else self.plan.grace_days * _DAY_S,
                min_engine="" if self.plan.min_engine == "0" else self.plan.min_engine,
                supersedes=previous.sha256 if previous else "",
                complete=planned.complete,
                test_only=role == "root" and self.plan.test_only,
                resets=self.resets if role == "root" else (),
            ),
        )

    def role(self, name: str) -> tuple[Role, dict[str, Key]]:
        """Return who is to sign for a role.

        Raises:
            TrustError: ``publish.no_keys``, ``publish.unknown_key`` or ``publish.unmeetable``.
        """
        planned = self.plan.roles[name]
        if not planned.keys:
            raise TrustError("publish.no_keys", f"{name} has no keys", params={"role": name})
        for keyid in planned.keys:
            if keyid not in self.keys:
                raise TrustError(
                    "publish.unknown_key",
                    f"keys/{keyid}.json of {name} is missing",
                    params={"role": name, "keyid": keyid},
                )
        known = {keyid: self.keys[keyid] for keyid in planned.keys}
        made = [key.keytype for key in known.values()]
        for algorithm, count in planned.compulsory.items():
            if made.count(algorithm) < count:
                raise TrustError(
                    "publish.unmeetable",
                    f"{name} has {made.count(algorithm)} {algorithm} keys, {count} must sign",
                    params={"role": name, "algorithm": algorithm, "count": count},
                )
        signing = Role(
            keyids=planned.keys, threshold=planned.threshold, compulsory=dict(planned.compulsory)
        )
        return signing, known


def next_root(making: Making) -> Root | None:
    """Return the next root, or None where the published one says the same."""
    roles = {name: making.role(name) for name in TOP_ROLES}
    keys = {keyid: key for _, known in roles.values() for keyid, key in known.items()}
    body = Root(
        base=making.payload("root"),
        keys=keys,
        roles={name: role for name, (role, _) in roles.items()},
        scope=scope_of(making.plan.roles["targets"]),
    )
    old = making.base.opened.root if making.base.opened else None
    if old is not None and same(old, body) and "root" not in making.renew and not making.resets:
        return None
    return body


def next_targets(
    making: Making, name: str, signed_by: tuple[Role, Mapping[str, Key]]
) -> Targets | None:
    """Return the next version of a targets role, or None where the published one says the same.

    Args:
        signed_by: who must sign it from now on, as its delegator says; where the published version
            does not stand up to that, it is made and signed anew.

    Raises:
        TrustError: ``publish.scope`` where a delegate is given more than its delegator has.
    """
    delegates = making.plan.delegates(name)
    own = scope_of(making.plan.roles[name])
    for role in delegates:
        if not _lies_within(scope_of(role), own):
            raise TrustError(
                "publish.scope",
                f"{role.name} is given more than {name} has",
                params={"role": role.name, "parent": name},
            )
    signing = {role.name: making.role(role.name) for role in delegates}
    body = Targets(
        base=making.payload(name),
        files=tuple(
            _file(p, making.content[p]) for p in sorted(making.content) if p.startswith(f"{name}/")
        ),
        keys={keyid: key for _, known in signing.values() for keyid, key in known.items()},
        delegations=tuple(
            Delegation(name=role.name, role=signing[role.name][0], scope=scope_of(role))
            for role in sorted(delegates, key=lambda r: r.name)
        ),
    )
    published = making.base.roles.get(name)
    envelope = making.base.envelope(name)
    if (
        published is not None
        and envelope is not None
        and name not in making.renew
        and same(published.body, body)
        and _stands(envelope, signed_by, name)
    ):
        return None
    return body


def next_snapshot(
    making: Making, envelopes: Mapping[str, bytes], signed_by: tuple[Role, Mapping[str, Key]]
) -> Snapshot | None:
    """Return the next snapshot, or None where the published one says the same.

    Args:
        envelopes: the finished ones of all targets roles, and of the newest root, so that nobody can
            leave that out for readers who have no floors. signed_by: as for ``next_targets``.
    """
    metas = {name: meta_of(data, name) for name, data in envelopes.items()}
    body = Snapshot(base=making.payload("snapshot"), roles=metas)
    old, envelope = making.base.opened, making.base.envelope("snapshot")
    if (
        old is not None
        and envelope is not None
        and "snapshot" not in making.renew
        and same(old.snapshot, body)
        and _stands(envelope, signed_by, "snapshot")
    ):
        return None
    return body


def next_timestamp(making: Making, snapshot: bytes) -> Timestamp:
    """Return the next timestamp; there is one with each publication."""
    return Timestamp(base=making.payload("timestamp"), snapshot=meta_of(snapshot, "snapshot"))


def meta_of(data: bytes, name: str) -> Meta:
    """Return what pins a finished metadata file: its version, length and digests."""
    payload = parse_envelope(data, name, limit=len(data)).payload
    version = parse_body(payload, name).base.version
    return Meta(
        version=version, length=len(data), sha256=sha256_hex(data), sm3=digest("sm3", data).hex()
    )


def parse_body(payload: bytes, role: str) -> Body:
    """Return the payload of a role, read as an importer reads it."""
    if role == "root":
        return parse_root(payload, role)
    if role == "timestamp":
        return parse_timestamp(payload, role)
    if role == "snapshot":
        return parse_snapshot(payload, role)
    return parse_targets(payload, role, role=role)


def _file(path: str, data: bytes) -> TargetFile:
    return TargetFile(
        path=path, length=len(data), sha256=sha256_hex(data), sm3=digest("sm3", data).hex()
    )


def scope_of(role: PlannedRole) -> Scope:
    """Return what a role may speak of, as planned."""

    def limit(values: tuple[str, ...]) -> frozenset[str] | None:
        return None if values == (ANY,) else frozenset(values)

    return Scope(
        territories=role.territories,
        issuers=limit(role.issuers),
        certificate_types=limit(role.certificate_types),
        kinds=limit(role.kinds),
    )


def _lies_within(scope: Scope, parent: Scope) -> bool:
    """Whether a scope loses nothing inside its parent's."""
    left = scope.within(parent).to_json()
    return left == scope.to_json() | {"territories": sorted(set(scope.territories))}


def same(old: Body, new: Body) -> bool:
    """Whether two payloads of one role say the same, their versions and dates aside."""

    def plain(body: Body) -> Body:
        base = replace(
            new.base,
            terms=replace(
                body.base.terms, issued_at=new.base.terms.issued_at, supersedes="", resets=()
            ),
        )
        return replace(body, base=base)

    return plain(old) == plain(new)


def _stands(envelope: Envelope, signed_by: tuple[Role, Mapping[str, Key]], name: str) -> bool:
    try:
        verify(envelope, *signed_by, name=name)
    except TrustError:
        return False
    return True
