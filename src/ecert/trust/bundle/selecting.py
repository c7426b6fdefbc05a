"""Which roles and files of a bundle a question needs.

By territory: agreements, rules and what belongs to them from every role over the issuing or relying
division, their anchors, and the registers over the holder's division. By the index: issuer lists that
name a key of the file, revocation lists of its issuers, status of its authority, events of its holder
and of the bodies whose seals it carries. What nobody asked for can then neither help nor harm.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ecert.ids.region import history
from ecert.trust.bundle.index import Index, name_key
from ecert.trust.bundle.payloads import TargetFile
from ecert.trust.bundle.scope import Scope
from ecert.trust.need import Need

__all__ = ["Everything", "Selection", "select", "with_events"]

_KNOWLEDGE = frozenset({"agreements", "rules", "deviations", "code-tables", "matters"})
_DIVISION = re.compile(r"[0-9]{6}")
_CREDIT_CODE = re.compile(r"[0-9A-Z]{2}([0-9]{6})[0-9A-Z]{10}")


class Everything:
    """Selects all."""

    __slots__ = ()

    def wants_role(self, name: str, scope: Scope) -> bool:
        """Whether a role is needed."""
        del name, scope
        return True

    def wants_file(self, scope: Scope, file: TargetFile) -> bool:
        """Whether a file of a needed role is needed."""
        del scope, file
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What one question needs.

    Args:
        paths: files that the index selected. roles: theirs, and all that those rest on.
        sides: the issuing and the relying division, where recognition is asked.
        registered: divisions in which the bodies in question are registered.
        kinds: of files that are needed from roles over one of the sides.
    """

    paths: frozenset[str]
    roles: frozenset[str]
    sides: frozenset[str]
    registered: frozenset[str]
    kinds: frozenset[str]

    def wants_role(self, name: str, scope: Scope) -> bool:
        """Whether a role is needed: it has a file that is, or speaks of a division in question."""
        return name in self.roles or _over(scope, self.sides | self.registered)

    def wants_file(self, scope: Scope, file: TargetFile) -> bool:
        """Whether a file of a needed role is needed; anchors of such roles always are."""
        return (
            file.path in self.paths
            or file.kind == "anchors"
            or (file.kind in self.kinds and _over(scope, self.sides))
            or (file.kind == "entities" and _over(scope, self.registered))
        )


def select(index: Index, need: Need) -> Selection | Everything:
    """Return what a question needs; everything, where none of its keys is listed anywhere.

    A file whose keys are listed nowhere is told from a listed one only by all lists together.
    """
    lists = index.paths("key", need.keys)
    if not lists:
        return Everything()
    listed = {body for key in need.keys for body in index.bodies.get(key, ())}
    sealed = {body for seal in need.es_ids for body in index.sealed.get(seal, ())}
    asked = {code for code in (need.issuer_code, need.holder) if code} | listed | sealed
    names = {name_key(name) for name in need.issuer_names}
    paths = lists | set(index.always)
    paths |= index.paths("status", asked) | index.paths("entity", asked)
    paths |= index.paths("seal", need.es_ids)
    paths |= index.paths("crl", {name for name in names if name})
    holders = {code for code in (need.holder, *sealed, *listed) if code}
    matched = (_CREDIT_CODE.fullmatch(code) for code in holders if index.entries["entity"])
    sides = (need.issuing, need.relying) if need.relying else ()
    return Selection(
        paths=frozenset(paths),
        roles=frozenset(index.roles(paths)),
        sides=_today(d for d in sides if d),
        registered=_today(m[1] for m in matched if m),
        kinds=_KNOWLEDGE,
    )


def with_events(index: Index | None) -> Selection | Everything:
    """Return every file with events of registers; without an index, everything."""
    if index is None:
        return Everything()
    paths = frozenset(path for found in index.entries["entity"].values() for path in found)
    return Selection(
        paths=paths,
        roles=frozenset(index.roles(paths)),
        sides=frozenset(),
        registered=frozenset(),
        kinds=frozenset(),
    )


def _today(codes: Iterable[str]) -> frozenset[str]:
    """Return the division codes among some texts, with all that ever took the place of a withdrawn one.

    Also where a step on the way is not known: whoever might speak of a division is heard.
    """
    found: set[str] = set()
    waiting = [code for code in codes if _DIVISION.fullmatch(code)]
    while waiting:
        code = waiting.pop()
        if code not in found:
            found.add(code)
            waiting += [s for record in history(code) for s in record.successors]
    return frozenset(found)


def _over(scope: Scope, divisions: frozenset[str]) -> bool:
    return any(scope.holds(division) for division in divisions)
