"""Admitting a bundle: everything in it is verified before any of it is believed.

All roles, all files, all contents within their scopes, every floor, the dates. What comes out is what a
store keeps: the files that were verified (and no others), the raised floors, the index.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ecert.trust.bundle.floors import Floor, Floors
from ecert.trust.bundle.freshness import DEFAULT_GRACE, Dated, Freshness
from ecert.trust.bundle.index import Index, make_index
from ecert.trust.bundle.machine import Opened, Read, Start, open_top, versions_of
from ecert.trust.bundle.refusing import refuse
from ecert.trust.bundle.selecting import Everything
from ecert.trust.bundle.steps import bounded
from ecert.trust.bundle.trusting import Loaded, load

__all__ = ["Admitted", "admit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A bundle that may be used.

    Args:
        floors: to be kept from now on. freshness: fresh or stale at the time of the import.
        files: the bytes that were verified, by their paths in the bundle.
    """

    opened: Opened
    loaded: Loaded
    floors: Floors
    freshness: Freshness
    index: Index
    files: Mapping[str, bytes] = field(repr=False)

    @property
    def sha256(self) -> str:
        """Digest of the bundle."""
        return self.opened.sha256

    @property
    def lowered(self) -> tuple[str, ...]:
        """Roles whose floors a new root lowered; a report of the import names them."""
        return self.opened.lowered

    @property
    def ignored(self) -> tuple[tuple[str, str], ...]:
        """Members that this program does not know, none of them critical, by role."""
        known = [(role.name, role.body.base.terms) for role in self.loaded.roles]
        known += [
            ("root", self.opened.root.base.terms),
            ("snapshot", self.opened.snapshot.base.terms),
        ]
        return tuple((name, member) for name, terms in known for member in terms.ignored)


def admit(read: Read, start: Start, *, at: datetime, grace: timedelta = DEFAULT_GRACE) -> Admitted:
    """Return a bundle that stands up to every check, at an instant of the reader's clock.

    Raises:
        TrustError: as ``machine`` and ``trusting.load``; ``bundle.clock_suspect``, ``bundle.expired``.
    """
    kept: dict[str, bytes] = {}
    counted = bounded(read)

    def keeping(path: str, limit: int) -> bytes | None:
        data = counted(path, limit)
        if data is not None:
            kept[path] = data
        return data

    opened = open_top(keeping, start)
    loaded = load(keeping, opened, Everything())
    items = [item for _, item in loaded.items]
    seen = max(version.issued_at for version in loaded.versions)
    floors = opened.floors.raised(
        versions_of(opened, loaded.roles),
        {i.path: Floor(i.version, i.sha256) for i in items if i.version},
        seen,
    )
    freshness = Dated(roles=loaded.versions, grace=grace, seen=floors.seen).at(at)
    if freshness.state == "clock_suspect":
        message = "the clock stands before a time that the bundle's signers wrote"
        raise refuse("bundle.clock_suspect", message)
    if freshness.state == "expired":
        message = f"{freshness.role} expired {freshness.days} days ago"
        raise refuse("bundle.expired", message, days=freshness.days, role=freshness.role)
    return Admitted(
        opened=opened,
        loaded=loaded,
        floors=floors,
        freshness=freshness,
        index=make_index(loaded.roles, items),
        files=kept,
    )
