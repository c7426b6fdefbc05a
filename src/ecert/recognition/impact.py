"""What changes if one knowledge replaces another: flips of the answer over stored facts (D9).

Each certificate is put as a question to every relying region and matter, under the old and under the
new knowledge, as of one instant. Where both say the very same of two regions and a type nothing can
flip, and nothing is asked: agreements that name the type, their deviations, the rules that may speak
there, code tables, matters, and which lists are complete.
Only recognition is compared; the issuer's entry is looked up in the lists of each side by its key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache

from ecert.recognition.answers import YES
from ecert.recognition.asked import Asked
from ecert.recognition.compiled import Compiled, compile_knowledge
from ecert.recognition.deciding import OutcomeWord, decide
from ecert.recognition.matrix import relying_regions
from ecert.recognition.stored import BadLine, Stored
from ecert.recognition.territory import place
from ecert.trust.agreement import ANY, UNSTATED, Agreement
from ecert.trust.codetable import CodeTable
from ecert.trust.deviation import Deviation
from ecert.trust.issuers import Listing
from ecert.trust.knowledge import Knowledge
from ecert.trust.matters import Matters
from ecert.trust.rule import Rule
from ecert.trust.store import TrustStore
from ecert.verification.case import ListingCase

__all__ = ["Flip", "Impact", "Kind", "impact"]

_PAIRS = 65_536
"""Pairs of regions whose plan is remembered; all prefectures with each other are 110,000."""
_BAD_SHOWN = 32
_MATTER = "matter."
"""How an expression names the asked matter (rule-environment.md)."""


@dataclass(frozen=True, slots=True, order=True)
class Kind:
    """One kind of flip."""

    type: str
    issuing: str
    relying: str
    matter: str
    before: OutcomeWord
    after: OutcomeWord

    @property
    def refused(self) -> bool:
        """Whether what was not refused now is."""
        return self.after == "not_recognised"

    @property
    def referred(self) -> bool:
        """Whether what was recognised can no longer be told."""
        return self.before in YES and self.after == "undetermined"

    @property
    def recognised(self) -> bool:
        """Whether what was not recognised now is, with conditions or without."""
        return self.before not in YES and self.after in YES


@dataclass(slots=True)
class Flip:
    """How often one kind of flip was found, and the first certificates of it, by the digest of the file."""

    count: int = 0
    samples: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Impact:
    """Everything found so far; complete once the facts have been gone through.

    Args:
        certificates: lines with facts. questions: certificate by region by matter. asked: how many had to
            be evaluated, matters that nothing tells apart together. bad, bad_lines: lines without
            facts, and the first of them.
    """

    at: datetime
    regions: tuple[str, ...]
    matters: tuple[str, ...]
    flips: dict[Kind, Flip] = field(default_factory=dict)
    certificates: int = 0
    questions: int = 0
    asked: int = 0
    bad: int = 0
    bad_lines: list[BadLine] = field(default_factory=list)

    def count(self, which: Callable[[Kind], bool]) -> int:
        """Return how many questions flipped in one way."""
        return sum(flip.count for kind, flip in self.flips.items() if which(kind))

    @property
    def newly_refused(self) -> int:
        """Questions that were not refused and now are."""
        return self.count(lambda k: k.refused)

    @property
    def newly_referred(self) -> int:
        """Questions that were recognised and now cannot be told."""
        return self.count(lambda k: k.referred)

    @property
    def newly_recognised(self) -> int:
        """Questions that were not recognised and now are."""
        return self.count(lambda k: k.recognised)

    def sorted_flips(self) -> tuple[tuple[Kind, Flip], ...]:
        """Return the flips in an order that does not depend on the corpus."""
        return tuple(sorted(self.flips.items()))


def impact(
    facts: Iterable[Stored | BadLine],
    old: TrustStore,
    new: TrustStore,
    *,
    at: datetime,
    only: Asked | None = None,
    samples: int = 3,
) -> Iterator[Impact]:
    """Yield what was found after every certificate; the last is the whole. The same object each time.

    Args:
        only: where it names a relying region or a matter, no other is asked.
    """
    regions = tuple(sorted({*relying_regions(old.knowledge), *relying_regions(new.knowledge)}))
    if only is not None and only.relying:
        regions = (only.relying,)
    both = _Both(old, new, at, only.matter if only is not None else None)
    found = Impact(at=at, regions=regions, matters=both.matters)
    yield found
    for line in facts:
        if isinstance(line, BadLine):
            found.bad += 1
            found.bad_lines += [line] if len(found.bad_lines) < _BAD_SHOWN else []
        else:
            found.certificates += 1
            for kind in both.flips(line, found):
                flip = found.flips.setdefault(kind, Flip())
                flip.count += 1
                if len(flip.samples) < samples:
                    flip.samples.append(line.subject)
        yield found


class _Both:
    """The old and the new knowledge, made ready once."""

    def __init__(self, old: TrustStore, new: TrustStore, at: datetime, matter: str | None) -> None:
        self.at = at
        self.sides = tuple(
            _Side(compile_knowledge(s.knowledge), _listings(s), bool(s.issuer_lists))
            for s in (old, new)
        )
        one, two = (s.compiled.knowledge for s in self.sides)
        self.same_rest = (
            one.origin == two.origin
            and _in_order(one.code_tables) == _in_order(two.code_tables)
            and _in_order(one.matters) == _in_order(two.matters)
        )
        self.changed = _changed(one.rules, two.rules)
        self.only_matter = matter
        named = {m for k in (one, two) for a in k.agreements if not a.reference for m in a.matters}
        named.update(m for k in (one, two) for d in k.deviations for m in d.accept_matters)
        self.matters = (matter,) if matter else tuple(sorted(named - {UNSTATED}))
        self.marks = {m: _marks(m, number, (one, two)) for number, m in enumerate(self.matters)}
        self.plan = lru_cache(maxsize=_PAIRS)(self._plan)

    def flips(self, stored: Stored, found: Impact) -> Iterator[Kind]:
        """Yield every flip of one certificate."""
        old, new = (side.of(stored.asked) for side in self.sides)
        for region in found.regions:
            found.questions += len(self.matters)
            asked = stored.asked
            groups, same = self.plan(region, asked.issuing, asked.type_code, asked.profile_id)
            if same and old == new:
                continue
            for matters in groups:
                found.asked += 1
                first = replace(old, relying=region, matter=matters[0])
                second = first
                if new is not old:
                    second = replace(new, relying=region, matter=matters[0])
                before, after = self._word(first, 0), self._word(second, 1)
                if before != after:
                    named = asked.type_code or asked.profile_id or ""
                    for matter in matters:
                        yield Kind(named, asked.issuing or "", region, matter, before, after)

    def _word(self, question: Asked, side: int) -> OutcomeWord:
        return decide(question, self.sides[side].compiled, at=self.at).outcome

    def _plan(
        self, relying: str, issuing: str | None, code: str | None, profile: str | None
    ) -> tuple[tuple[tuple[str, ...], ...], bool]:
        """Return the matters of which two regions speak for a type, and whether nothing there changed.

        Matters that nothing tells apart stand together: their answers are the same.

        What no agreement between them names has one answer only: none, or not known, which hangs on the
        list being complete.
        """
        where, whence = place(relying, self.at), place(issuing, self.at)
        if where is None or whence is None:
            return (), True
        spoken: set[str] = set()
        asked_for: set[str] = set()
        said = []
        for side in self.sides:
            compiled = side.compiled
            lineages: list[Agreement] = []
            local: list[Deviation] = []
            for lineage in compiled.own.between(where, whence):
                own = compiled.deviations.get(lineage[0].agreement_id, ())
                if _speak_of(lineage, own, code, profile):
                    lineages += lineage
                    local += own
            spoken.update(m for a in lineages for m in a.matters)
            spoken.update(m for d in local for m in d.accept_matters)
            said.append((set(lineages), set(local), compiled.says_complete(where)))
            asked_for.update(c for a in lineages for c in a.conditions)
            asked_for.update(c for d in local for c in d.require)
        if said[0][2] != said[1][2]:
            return tuple((m,) for m in self.matters), False
        if not said[0][0] and not said[1][0]:
            return (), True
        wanted = [m for m in self.matters if m in spoken or ANY in spoken]
        lineages = [a for lineage, _, _ in said for a in lineage]
        local = [d for _, deviations, _ in said for d in deviations]
        groups: dict[tuple[bool, ...], list[str]] = {}
        for matter in wanted:
            groups.setdefault(self._told_apart(matter, lineages, local), []).append(matter)
        near = where.names | whence.names
        rules = any(r.owner in near or r.rule_id in asked_for for r in self.changed)
        unchanged = self.same_rest and not rules and said[0] == said[1]
        return tuple(map(tuple, groups.values())), unchanged

    def _told_apart(
        self, matter: str, lineages: Iterable[Agreement], local: Iterable[Deviation]
    ) -> tuple[bool, ...]:
        """Return everything by which anything could tell one matter from another."""
        marks = list(self.marks[matter])
        for agreement in lineages:
            marks.append(matter in agreement.matters)
            marks.append(f"matter:{matter}" in agreement.exclusions)
        for deviation in local:
            marks.append(matter in deviation.exclude_matters)
            marks.append(matter in deviation.accept_matters)
        return tuple(marks)


@dataclass(frozen=True, slots=True)
class _Side:
    compiled: Compiled
    listings: Mapping[str, Sequence[Listing]]
    has_lists: bool

    def of(self, asked: Asked) -> Asked:
        """Return the question with the issuer's entry as this side lists it; unknown where it does not.

        Facts without a key, and knowledge without any list, leave the entry as it was stored.
        """
        issuer = asked.issuer
        if issuer is None or not issuer.key or not self.has_lists:
            return asked
        mine = [
            x
            for x in self.listings.get(issuer.key, ())
            if x.authority == issuer.authority and x.kind == issuer.kind
        ]
        fit = [x for x in mine if asked.type_code in x.certificate_types] or mine
        told = {(x.territory, x.assurance, x.windows) for x in fit}
        return replace(asked, issuer=_entry(fit[0]) if len(told) == 1 else None)


def _in_order(documents: Iterable[CodeTable | Matters]) -> list[CodeTable | Matters]:
    return sorted(documents, key=lambda d: d.sha256)


def _marks(matter: str, number: int, sides: tuple[Knowledge, Knowledge]) -> tuple[bool, ...]:
    """Return what rules and vocabularies tell of a matter; where a rule reads it, none is like another."""
    rules = [r for side in sides for r in side.rules]
    read = any(_MATTER in c.expression for r in rules for c in r.conditions)
    own = [bit == "1" for bit in f"{number:016b}"] if read else []
    listed = [matter in r.applies_to.matters for r in rules if r.applies_to.matters]
    vocabulary = [matter in known.items for side in sides for known in side.matters]
    return (*own, *listed, *vocabulary)


def _changed(old: Iterable[Rule], new: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return the rules that only one side has, in these very words."""
    before, after = (
        {(r.rule_id, r.version, r.sha256, r.signed_by): r for r in s} for s in (old, new)
    )
    same = {key for key in before.keys() & after.keys() if before[key] == after[key]}
    return tuple(r for side in (before, after) for key, r in side.items() if key not in same)


def _speak_of(
    lineage: Sequence[Agreement], local: Sequence[Deviation], code: str | None, profile: str | None
) -> bool:
    """Whether any version of an agreement, or a deviation from it, names a type."""
    return any(
        ANY in a.types or code in a.types or profile in a.type_names for a in lineage
    ) or any(code in d.accept_types or profile in d.accept_types for d in local)


def _entry(listing: Listing) -> ListingCase:
    return ListingCase(
        authority=listing.authority,
        name="",
        kind=listing.kind,
        territory=listing.territory,
        types=listing.certificate_types,
        states=listing.windows,
        assurance=listing.assurance,
        key=listing.spki_sha256,
    )


def _listings(trust: TrustStore) -> Mapping[str, Sequence[Listing]]:
    found: dict[str, list[Listing]] = {}
    for known in trust.issuer_lists:
        for listing in known.listings:
            found.setdefault(listing.spki_sha256, []).append(listing)
    return found
