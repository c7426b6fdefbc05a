"""The chain of roots: from the one that is trusted to the newest, each under the keys of both.

A root that was accepted before is where the chain starts; else the one with the given fingerprint.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ecert.errors import TrustError
from ecert.trust.bundle.dsse import Envelope, parse_envelope, verify
from ecert.trust.bundle.floors import Floors
from ecert.trust.bundle.freshness import RoleVersion
from ecert.trust.bundle.parsing import parse_root
from ecert.trust.bundle.payloads import LIMITS, Root
from ecert.trust.bundle.refusing import refuse
from ecert.trust.bundle.steps import Read, admit, fork

__all__ = ["Roots", "Start", "follow_roots"]

MAX_ROOTS = 1024
"""Roots in one chain: a new one every month for 85 years."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """With what a bundle is opened.

    Args:
        anchor: fingerprint of a root: SHA-256 of its payload. Not used where ``floors`` know a root.
        floors: what must not be undercut. engine: version of this program.
    """

    anchor: str = ""
    floors: Floors = field(default_factory=Floors)
    engine: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Roots:
    """The newest root with how it was reached.

    Args:
        floors: those that hold after new roots lowered what they name. lowered: those names.
        chain: versions from the trusted root to the newest.
    """

    root: Root
    version: RoleVersion
    floors: Floors
    lowered: tuple[str, ...]
    chain: tuple[int, ...]


def follow_roots(read: Read, start: Start) -> Roots:
    """Follow the chain of roots from the one that is trusted to the newest.

    Raises:
        TrustError: ``bundle.no_anchor``, ``bundle.anchor``, ``bundle.rollback``, ``bundle.fork``,
            ``bundle.equivocation``, ``bundle.root_chain``, ``bundle.too_many_roots``, and what
            ``dsse`` and ``parsing`` raise.
    """
    floors = start.floors
    known = floors.roles.get("root")
    if known and known.sha256:
        version = int(known.version)
        envelope = _root_envelope(read, version)
        if envelope is None:
            raise _missing_root(read, version)
        floors.check_role("root", version, envelope.sha256)
    else:
        version, envelope = _anchored(read, start.anchor)
    root = parse_root(envelope.payload, "root")
    pinned = _root_step(envelope, root, version, root, start.engine)
    chain = [version]
    lowered: list[str] = []
    while (following := _root_envelope(read, version + 1)) is not None:
        if len(chain) >= MAX_ROOTS:
            raise refuse("bundle.too_many_roots", "the chain of roots is too long", limit=MAX_ROOTS)
        version += 1
        new = parse_root(following.payload, "root")
        pinned = _root_step(following, root, version, new, start.engine)
        if new.base.terms.supersedes != envelope.sha256:
            raise fork("root", version)
        if 0 < floors.root < version:
            lowered += new.base.terms.resets
        root, envelope = new, following
        chain.append(version)
    if floors.root > version:
        floors.check_role("root", version, envelope.sha256)
    return Roots(
        root=root,
        version=pinned,
        floors=floors.without(lowered),
        lowered=tuple(lowered),
        chain=tuple(chain),
    )


def _root_step(envelope: Envelope, old: Root, version: int, new: Root, engine: str) -> RoleVersion:
    """Check one root under the thresholds of the root before it and under its own."""
    verify(envelope, old.roles["root"], old.keys, name="root")
    verify(envelope, new.roles["root"], new.keys, name="root")
    if new.base.version != version:
        message = f"metadata/root/{version}.json holds version {new.base.version}"
        raise refuse("bundle.root_chain", message, version=version, found=new.base.version)
    # Floors of roots are checked at the ends of the chain: those between are older on purpose.
    return admit("root", new.base, envelope, floors=Floors(), engine=engine)


def _root_envelope(read: Read, version: int) -> Envelope | None:
    data = read(f"metadata/root/{version}.json", LIMITS["root"])
    return None if data is None else parse_envelope(data, "root", limit=LIMITS["root"])


def _anchored(read: Read, anchor: str) -> tuple[int, Envelope]:
    if not anchor:
        raise refuse("bundle.no_anchor", "no root is trusted: give its fingerprint")
    for version in range(1, MAX_ROOTS + 1):
        envelope = _root_envelope(read, version)
        if envelope is None:
            break
        if envelope.sha256 == anchor:
            return version, envelope
    message = "no root of the bundle has the given fingerprint"
    raise refuse("bundle.anchor", message, fingerprint=anchor[:64])


def _missing_root(read: Read, version: int) -> TrustError:
    """Tell an older bundle, which lacks the newest root, from one that lacks all."""
    if _root_envelope(read, 1) is not None:
        message = f"the bundle ends before root {version}, accepted before"
        return refuse("bundle.rollback", message, name="root", version="", floor=str(version))
    return refuse(
        "bundle.missing", f"root {version} is missing", name=f"metadata/root/{version}.json"
    )
