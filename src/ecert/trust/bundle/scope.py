"""What a role may speak of: divisions, issuers, certificate types, kinds of file (L19).

A nested role's scope is what its own delegation and all above it have in common: nobody can
delegate more than it was given. Everything that a signed file names must lie within.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ecert.ids.region import NATION, current
from ecert.trust.bundle.refusing import malformed
from ecert.trust.reading import Node

__all__ = ["KINDS", "MEMBERS", "Scope", "parse_scope"]

KINDS = (
    "issuers", "agreements", "rules", "deviations", "code-tables", "matters", "status", "entities",
    "anchors", "crls", "ocsp",
)  # fmt: skip
"""Kinds of target file, the second part of each target's path."""
MEMBERS = {"territories", "issuers", "certificate_types", "kinds", "compulsory"}
"""Members of our terms of a delegation; unknown ones are refused, since they might narrow it."""
ANY = "*"
_DIVISION = re.compile(r"[0-9]{6}")
_WHOLE = "000000"
"""The nation as code tables write it: refused here, for one place under two names is found under one."""
MAX_TERRITORIES = 4096
"""All divisions of the nation; each file of a role is compared with each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Limits of one role.

    Args:
        territories: division codes, each with all below it.
        issuers, certificate_types, kinds: None for all.
        everywhere: it speaks for all territories of the federation, as do all scopes above it.
    """

    territories: tuple[str, ...]
    issuers: frozenset[str] | None = None
    certificate_types: frozenset[str] | None = None
    kinds: frozenset[str] | None = None
    everywhere: bool = True

    def within(self, parent: Scope) -> Scope:
        """Return what both have in common."""
        sides = (set(self.territories), set(parent.territories))
        common = {
            code
            for mine, other in (sides, sides[::-1])
            for code in mine
            if not other.isdisjoint(_upward(code))
        }
        return Scope(
            everywhere=parent.everywhere and common == set(parent.territories),
            territories=tuple(sorted(common)),
            issuers=_common(self.issuers, parent.issuers),
            certificate_types=_common(self.certificate_types, parent.certificate_types),
            kinds=_common(self.kinds, parent.kinds),
        )

    def covers(self, division: str) -> bool:
        """Whether a division lies within whole; a text that is no division code does not.

        A code that was withdrawn lies where all its successors lie, if they are known.
        """
        if not _DIVISION.fullmatch(division):
            return False
        if self.holds(division):
            return True
        now = current(division)
        return bool(now) and all(self.holds(code) for code in now)

    def holds(self, division: str) -> bool:
        """Whether a division lies within by its digits; history is not looked up."""
        return any(code in self.territories for code in _upward(division))

    def allows_issuer(self, code: str) -> bool:
        """Whether it may speak of this issuer."""
        return self.issuers is None or code in self.issuers

    def allows_types(self, codes: Iterable[str]) -> bool:
        """Whether it may speak of all these certificate types; "*" only where nothing limits it."""
        return self.certificate_types is None or set(codes) <= self.certificate_types

    def allows_kind(self, kind: str) -> bool:
        """Whether it may list files of this kind."""
        return kind in KINDS and (self.kinds is None or kind in self.kinds)

    def to_json(self) -> dict[str, Any]:
        """Return it as terms of a delegation, without the compulsory algorithms."""
        return {
            "territories": list(self.territories),
            "issuers": _written(self.issuers),
            "certificate_types": _written(self.certificate_types),
            "kinds": _written(self.kinds),
        }


def parse_scope(terms: Node) -> Scope:
    """Return the scope of a delegation's terms; each member is required, "*" means all.

    Raises:
        TrustError: a member is missing or is not what it should be.
    """
    territories = terms.texts("territories")
    if not territories or not all(_DIVISION.fullmatch(t) for t in territories):
        raise malformed(terms.source, f"{terms.at('territories')} must be division codes")
    if _WHOLE in territories or len(territories) > MAX_TERRITORIES:
        what = f"must be at most {MAX_TERRITORIES}; the nation is {NATION}"
        raise malformed(terms.source, f"{terms.at('territories')} {what}")
    kinds = _limit(terms, "kinds")
    if kinds is not None and not kinds <= set(KINDS):
        raise malformed(terms.source, f"{terms.at('kinds')} knows {', '.join(KINDS)}")
    return Scope(
        territories=territories,
        issuers=_limit(terms, "issuers"),
        certificate_types=_limit(terms, "certificate_types"),
        kinds=kinds,
    )


def _upward(code: str) -> tuple[str, ...]:
    """Return a division and all that it lies in by its digits."""
    return (code, f"{code[:4]}00", f"{code[:2]}0000", NATION)


def _limit(terms: Node, name: str) -> frozenset[str] | None:
    if not terms.has(name):
        raise malformed(terms.source, f'{terms.at(name)} must be "*" or a list')
    if terms.is_text(name):
        terms.choice(name, (ANY,))
        return None
    found = frozenset(terms.texts(name))
    if ANY in found:
        raise malformed(terms.source, f'{terms.at(name)}: "*" stands alone')
    return found


def _common(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _written(limit: frozenset[str] | None) -> str | list[str]:
    return ANY if limit is None else sorted(limit)
