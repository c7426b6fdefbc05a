"""What changed between two verified bundles, by role, in words; and what one of them holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ecert.trust.bundle.content import Item
from ecert.trust.bundle.machine import Opened, OpenedRole, Read
from ecert.trust.issuers import IssuerList
from ecert.trust.publishing.bodies import Body
from ecert.trust.publishing.changes import role_changes
from ecert.trust.publishing.wording import Words

__all__ = ["Side", "compare", "counts"]

_FILE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One bundle to compare: its verified top, its roles, and what reads its files."""

    opened: Opened
    roles: tuple[OpenedRole, ...]
    read: Read

    def bodies(self) -> dict[str, Body]:
        """Return the payload of the root and of every targets role."""
        return {"root": self.opened.root, **{role.name: role.body for role in self.roles}}

    def find(self, sha256: str) -> bytes | None:
        """Return a file by its digest."""
        return self.read(f"files/{sha256}", _FILE_BYTES)


def compare(old: Side | None, new: Side) -> tuple[tuple[str, tuple[Words, ...]], ...]:
    """Return what changed, by role; roles that say the same are left out."""
    before = old.bodies() if old else {}
    after = new.bodies()
    found: list[tuple[str, tuple[Words, ...]]] = []

    def find(sha256: str) -> bytes | None:
        data = new.find(sha256)
        return old.find(sha256) if data is None and old else data

    for name in (*after, *(n for n in before if n not in after)):
        was, now = before.get(name), after.get(name)
        if now is None:
            gone = Words(f"角色 {name} 不再存在", f"the role {name} is gone")
            found.append((name, (gone,)))
        elif was != now:
            found.append((name, role_changes(name, was, now, find)))
    return tuple(found)


def counts(items: Iterable[Item]) -> dict[str, int]:
    """Return how many documents of each kind there are, and how many bodies and keys are listed."""
    seen = {item.sha256: item for item in items}.values()
    found = Counter(item.kind for item in seen)
    lists = [item.document for item in seen if isinstance(item.document, IssuerList)]
    listings = [listing for known in lists for listing in known.listings]
    return {
        "anchors": found["anchors"],
        "issuers": len({listing.authority for listing in listings}),
        "keys": len({listing.spki_sha256 for listing in listings}),
        **{
            kind: found[kind]
            for kind in ("agreements", "rules", "deviations", "status", "entities", "crls", "ocsp")
        },
    }
