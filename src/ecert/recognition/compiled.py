"""Knowledge made ready for many questions: agreements by the pair of divisions that an edge names.

A pure function of `Knowledge`; what it holds is the same documents in an order of their own, so that
the order of files never shows in an answer (recognition.md D1).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, lru_cache

from ecert.ids.dates import shanghai_day
from ecert.memo import Memo
from ecert.recognition.reference import reference_agreements
from ecert.recognition.rules import RuleIndex
from ecert.recognition.ruling import (
    Choice,
    Setting,
    rule_ask,
    signed_by_owner,
    speaking_rules,
)
from ecert.recognition.territory import NATION_CODES, Place, own_role
from ecert.recognition.translating import usable_tables
from ecert.trust.agreement import Agreement
from ecert.trust.codetable import CodeTable
from ecert.trust.deviation import Deviation
from ecert.trust.knowledge import Knowledge
from ecert.trust.matters import Matters
from ecert.trust.rule import Rule

__all__ = ["Agreements", "Compiled", "compile_agreements", "compile_knowledge", "in_order"]

_Tables = tuple[Mapping[str, CodeTable], Mapping[str, Mapping[str, str]]]
_SIDES = 64
"""Sets of owners of code tables that a batch hears, times days."""
_CHOICES = 4096
"""Pairs of regions, types and matters that a batch asks about."""
_NEAR = 16_384
"""Pairs of places, times instants, of which a batch asks; see `lineages`."""
_KEPT = 4
"""Knowledge compiled for a trust that is asked again and again; a simulation needs two at a time."""


@dataclass(frozen=True, slots=True)
class Agreements:
    """Lineages (all versions of one agreement), and which of them have an edge for a pair of codes."""

    lineages: tuple[tuple[Agreement, ...], ...]
    by_pair: Mapping[tuple[str, str], tuple[int, ...]]

    def between(self, relying: Place, issuing: Place) -> list[tuple[Agreement, ...]]:
        """Return the lineages with an edge that may cover both sides, in order."""
        return [self.lineages[n] for n in self.numbers(relying, issuing)]

    def numbers(self, relying: Place, issuing: Place) -> list[int]:
        """Return the places of those lineages."""
        found: set[int] = set()
        for one in relying.names:
            for other in issuing.names:
                found.update(self.by_pair.get((one, other), ()))
        return sorted(found)


def in_order(agreement: Agreement) -> tuple[str, tuple[int, ...], str, tuple[str, ...]]:
    """Return the order of agreements: that of the files must not show in a report (D1)."""
    return agreement.agreement_id, agreement.order, agreement.sha256, agreement.signed_by


def compile_agreements(agreements: Iterable[Agreement]) -> Agreements:
    """Return agreements ready to be searched; one file given twice counts once."""
    found: dict[str, list[Agreement]] = {}
    for agreement in sorted(dict.fromkeys(agreements), key=in_order):
        found.setdefault(agreement.agreement_id, []).append(agreement)
    pairs: dict[tuple[str, str], dict[int, None]] = {}
    for number, lineage in enumerate(found.values()):
        for edge in (e for a in lineage for e in a.edges):
            pairs.setdefault((edge.relying, edge.issuing), {})[number] = None
    return Agreements(
        lineages=tuple(tuple(lineage) for lineage in found.values()),
        by_pair={pair: tuple(numbers) for pair, numbers in pairs.items()},
    )


class Compiled:
    """One `Knowledge`, each part made ready when it is first needed."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.complete = frozenset(knowledge.complete if knowledge.origin == "bundle" else ())
        self._is_folder = knowledge.origin != "bundle"
        self.near: Memo[object] = Memo(entries=_NEAR, size=_NEAR * 4096)
        self._choices: Memo[Choice] = Memo(entries=_CHOICES, size=_CHOICES * 1024)
        self._tables: Memo[_Tables] = Memo(entries=_SIDES, size=_SIDES * 1024)
        self._owners = frozenset(t.owner for t in knowledge.code_tables)

    @cached_property
    def own(self) -> Agreements:
        """Agreements that count."""
        return compile_agreements(a for a in self.knowledge.agreements if not a.reference)

    @cached_property
    def deviations(self) -> Mapping[str, tuple[Deviation, ...]]:
        """Deviations by the agreement that they change."""
        found: dict[str, list[Deviation]] = {}
        for one in dict.fromkeys(self.knowledge.deviations):
            found.setdefault(one.agreement, []).append(one)
        return {name: tuple(those) for name, those in found.items()}

    @cached_property
    def rules(self) -> RuleIndex:
        """Rules that count: of a bundle those that their owner's own role signed (L19)."""
        known = self.knowledge.rules
        return RuleIndex(r for r in known if self._is_folder or signed_by_owner(r))

    @property
    def unsigned_rules(self) -> tuple[Rule, ...]:
        """Rules of a bundle that their owner did not sign; they say nothing."""
        if self._is_folder:
            return ()
        found = (r for r in self.knowledge.rules if not signed_by_owner(r))
        return tuple(sorted(found, key=lambda r: (r.rule_id, r.version, r.sha256)))

    def choose(self, named: tuple[str, ...], setting: Setting) -> Choice:
        """Return the rules that speak on a question; a batch asks the same again and again."""
        key = (self.rules.told(rule_ask(setting), at=setting.at), named, setting.at)
        return self._choices.ask(key, lambda: speaking_rules(self.rules, named, setting), 512)

    def tables_at(self, at: datetime, relying: Place, issuing: Place) -> _Tables:
        """Return the code tables that both sides may use, and their unambiguous rows on that day.

        Of a bundle those of either side, of a division above it, or of the nation: a name is nobody's,
        and what a third region calls by it says nothing here (L19).
        """
        day = shanghai_day(at)
        heard = self._owners
        if not self._is_folder:
            heard &= relying.names | issuing.names
        return self._tables.ask((day, heard), lambda: self._heard(heard, at, day), 1024)

    def _heard(self, owners: frozenset[str], at: datetime, day: date) -> _Tables:
        known = (t for t in self.knowledge.code_tables if t.owner in owners)
        own = [t for t in known if self._is_folder or own_role(t.signed_by, t.owner, at)]
        tables = usable_tables(own)
        return tables, {n: _plain(t, day) for n, t in tables.items()}

    def vocabularies(self, relying: Place, at: datetime) -> tuple[Matters, ...]:
        """Return the newest version of every vocabulary that lists matters of the relying side (L19)."""
        newest: dict[tuple[str, str], Matters] = {}
        for one in sorted(self.knowledge.matters, key=lambda m: (m.version, m.sha256)):
            own = self._is_folder or own_role(one.signed_by, one.owner, at)
            if own and one.owner in relying.names:
                newest[one.owner, one.vocabulary_id] = one
        return tuple(newest[name] for name in sorted(newest))

    @cached_property
    def references(self) -> Agreements:
        """Published facts that never count (L18)."""
        known = self.knowledge.references
        mine = [a for a in self.knowledge.agreements if a.reference]
        if known is None and not mine:
            return _shipped()
        return compile_agreements((*mine, *(reference_agreements() if known is None else known)))

    def says_complete(self, relying: Place) -> bool:
        """Whether the relying side's own signed list names all that it recognises (L18)."""
        if relying.code in NATION_CODES:
            return not self.complete.isdisjoint(NATION_CODES)
        regional = self.complete.difference(NATION_CODES)
        return any(all(code in chain for chain in relying.above) for code in regional)


def _plain(table: CodeTable, day: date) -> Mapping[str, str]:
    """Return the codes that stand for exactly one other code on a day: of several none is given."""
    found: dict[str, set[str]] = {}
    for row in table.rows:
        if (row.first or date.min) <= day <= (row.last or date.max):
            found.setdefault(row.code, set()).add(row.to)
    return {code: next(iter(to)) for code, to in found.items() if len(to) == 1}


@lru_cache(maxsize=1)
def _shipped() -> Agreements:
    return compile_agreements(reference_agreements())


_compiled: list[Compiled] = []


def compile_knowledge(knowledge: Knowledge) -> Compiled:
    """Return the compiled form; the last few are kept, found again by being the very same object."""
    held: Sequence[Compiled] = tuple(_compiled)
    for one in held:
        if one.knowledge is knowledge:
            return one
    made = Compiled(knowledge)
    _compiled[:] = [made, *held[: _KEPT - 1]]
    return made
