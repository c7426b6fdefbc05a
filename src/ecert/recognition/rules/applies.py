"""Which of many rules are about one question, and why the others are not (recognition.md D5).

An index by the narrowest thing that each rule names, so that a question looks at a few of 500. What
the question does not say cannot exclude a rule: a rule for one matter applies where no matter is
named. Of each rule the highest version that has started speaks; once it has started the earlier ones
are silent, also when it has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal

from ecert.errors import InvalidIdentifier
from ecert.ids.dates import shanghai_day
from ecert.ids.region import NATION, RegionCode, ancestors, current, lookup
from ecert.memo import Memo
from ecert.recognition.territory import lies_under, place
from ecert.trust.rule import Rule

__all__ = ["RuleAsk", "RuleIndex", "WhyNot"]

WhyNot = Literal[
    "not_started", "ended", "superseded", "relying", "issuing", "type", "matter", "agreement"
]
_NATION = (NATION, "000000")
_OTHER = False
"""A name that no rule has; no text equals it."""
_SideKey = tuple[frozenset[str], frozenset[str]] | str | None
_SideOf = Callable[[str | None, datetime], _SideKey]
RuleKey = tuple[
    _SideKey, _SideKey, str | bool | None, str | bool | None, str | bool | None, str | bool | None
]
_WEIGHT = 512
_SPEAKING = 32 * 1024
"""About the bytes of the numbers of 500 rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleAsk:
    """What decides which rules apply; None is not known, and excludes nothing."""

    type_code: str | None = None
    profile_id: str | None = None
    issuing: str | None = None
    relying: str | None = None
    matter: str | None = None
    agreement: str | None = None


class RuleIndex:
    """Rules made ready for many questions; the order of the files never shows in an answer."""

    __slots__ = (
        "_agreements", "_buckets", "_issuing", "_matters", "_memo", "_newer", "_relying", "_scopes",
        "_speaking", "_types", "rules",
    )  # fmt: skip

    def __init__(self, rules: Iterable[Rule]) -> None:
        distinct = {(r.rule_id, r.version, r.sha256, r.signed_by): r for r in rules}
        self.rules = tuple(distinct[key] for key in sorted(distinct))
        self._newer = _starts(self.rules)
        self._scopes = tuple(_Scope.of(rule) for rule in self.rules)
        self._speaking: Memo[frozenset[int]] = Memo(entries=64, size=64 * 8 * _SPEAKING)
        self._buckets: dict[tuple[str, str], list[int]] = {}
        for number, rule in enumerate(self.rules):
            for key in _keys(rule):
                self._buckets.setdefault(key, []).append(number)
        scopes, rules = self._scopes, self.rules
        self._types = frozenset(name for s in scopes for name in s.types)
        self._matters = frozenset(name for s in scopes for name in s.matters)
        self._agreements = frozenset(name for s in scopes for name in s.agreements)
        # An owner speaks for the relying side, and of the issuing side what it invalidates.
        self._relying = self._side_of(
            frozenset(code for s in scopes for code in s.relying),
            frozenset(r.owner for r in rules),
        )
        self._issuing = self._side_of(
            frozenset(code for s in scopes for code in s.issuing),
            frozenset(r.owner for r in rules if r.kind == "invalidation"),
        )
        self._memo: Memo[tuple[Rule, ...]] = Memo(entries=4096, size=4096 * _WEIGHT)

    def applicable(self, ask: RuleAsk, *, at: datetime) -> tuple[Rule, ...]:
        """Return the rules that speak at an instant and are about the question, by id and version."""
        return self._memo.ask((ask, at), lambda: self._find(ask, at), _WEIGHT)

    def _find(self, ask: RuleAsk, at: datetime) -> tuple[Rule, ...]:
        relying, issuing = _names(ask.relying, at), _names(ask.issuing, at)
        keys = _asked_keys(ask, relying, issuing, self._buckets)
        about = {n for key in keys for n in self._buckets[key]}
        numbers = sorted(about & self._speaking.ask(at, lambda: self._speaking_at(at), _SPEAKING))
        scopes = self._scopes
        return tuple(
            self.rules[n] for n in numbers if scopes[n].excludes(ask, relying, issuing) is None
        )

    def _speaking_at(self, at: datetime) -> frozenset[int]:
        return frozenset(n for n, rule in enumerate(self.rules) if self._silent(rule, at) is None)

    def told(self, ask: RuleAsk, *, at: datetime) -> RuleKey:
        """Return all of a question by which any of the rules could tell it from another (L24).

        Two questions alike in this have the same rules, which speak by the same word.
        """
        types, agreement = self._types, ask.agreement
        return (
            self._relying(ask.relying, at),
            self._issuing(ask.issuing, at),
            ask.type_code if ask.type_code is None or ask.type_code in types else _OTHER,
            ask.profile_id if ask.profile_id is None or ask.profile_id in types else _OTHER,
            ask.matter if ask.matter is None or ask.matter in self._matters else _OTHER,
            agreement if agreement is None or agreement in self._agreements else _OTHER,
        )

    def _side_of(self, named: frozenset[str], owners: frozenset[str]) -> _SideOf:
        """Return what tells one side from another: its names that scopes use, the owners it lies under."""

        def side(division: str | None, at: datetime) -> _SideKey:
            if division is None:
                return None
            names, where = _names(division, at), place(division, at)
            if names is None or where is None:
                return division
            return names & named, frozenset(o for o in owners if lies_under(where, o))

        return lru_cache(maxsize=4096)(side)

    def why_not(self, rule: Rule, ask: RuleAsk, *, at: datetime) -> WhyNot | None:
        """Return why a rule does not apply, or None where it does."""
        relying, issuing = _names(ask.relying, at), _names(ask.issuing, at)
        return self._silent(rule, at) or _Scope.of(rule).excludes(ask, relying, issuing)

    def _silent(self, rule: Rule, at: datetime) -> WhyNot | None:
        """Return why a version does not speak at an instant, whatever is asked."""
        if rule.valid_from is not None and at < rule.valid_from:
            return "not_started"
        if any(v > rule.version and start <= at for v, start in self._newer[rule.rule_id]):
            return "superseded"
        return "ended" if rule.valid_to is not None and at >= rule.valid_to else None


@dataclass(frozen=True, slots=True)
class _Scope:
    """What one rule is about, ready for comparison; an empty set is any."""

    relying: frozenset[str]
    issuing: frozenset[str]
    types: frozenset[str]
    matters: frozenset[str]
    agreements: frozenset[str]
    ids: bool
    codes: bool

    @classmethod
    def of(cls, rule: Rule) -> _Scope:
        """Return the scope of a rule; ids of types are lower case, codes are not."""
        about = rule.applies_to
        return cls(
            frozenset(map(_nation, about.relying)),
            frozenset(map(_nation, about.issuing)),
            frozenset(about.types),
            frozenset(about.matters),
            frozenset(about.agreements),
            ids=any(name[:1].islower() for name in about.types),
            codes=any(not name[:1].islower() for name in about.types),
        )

    def excludes(
        self, ask: RuleAsk, relying: frozenset[str] | None, issuing: frozenset[str] | None
    ) -> WhyNot | None:
        """Return what the rule is about that the question is known not to be."""
        if self.relying and relying is not None and self.relying.isdisjoint(relying):
            return "relying"
        if self.issuing and issuing is not None and self.issuing.isdisjoint(issuing):
            return "issuing"
        if self.types and self._of_other_type(ask):
            return "type"
        if self.matters and ask.matter is not None and ask.matter not in self.matters:
            return "matter"
        if self.agreements and ask.agreement is not None and ask.agreement not in self.agreements:
            return "agreement"
        return None

    def _of_other_type(self, ask: RuleAsk) -> bool:
        if ask.type_code in self.types or ask.profile_id in self.types:
            return False
        open_id, open_code = ask.profile_id is None, ask.type_code is None
        return not ((self.ids and open_id) or (self.codes and open_code))


def _starts(rules: Sequence[Rule]) -> Mapping[str, list[tuple[int, datetime]]]:
    found: dict[str, list[tuple[int, datetime]]] = {}
    for rule in rules:
        starts = found.setdefault(rule.rule_id, [])
        if rule.valid_from is not None:
            starts.append((rule.version, rule.valid_from))
    return found


def _keys(rule: Rule) -> list[tuple[str, str]]:
    """Return where a rule is found: under the narrowest list that it has."""
    about = rule.applies_to
    lists = (
        ("relying", about.relying),
        ("issuing", about.issuing),
        ("agreement", about.agreements),
    )
    name, codes = next(((n, c) for n, c in lists if c), ("", ()))
    return [(name, _nation(code)) for code in codes] or [("", "")]


def _nation(code: str) -> str:
    return NATION if code in _NATION else code


def _asked_keys(
    ask: RuleAsk,
    relying: frozenset[str] | None,
    issuing: frozenset[str] | None,
    buckets: Mapping[tuple[str, str], list[int]],
) -> Iterable[tuple[str, str]]:
    names: dict[str, frozenset[str] | None] = {
        "": frozenset({""}),
        "relying": relying,
        "issuing": issuing,
        "agreement": frozenset({ask.agreement}) if ask.agreement is not None else None,
    }
    if None in names.values():
        return [k for k in buckets if (known := names[k[0]]) is None or k[1] in known]
    return [(n, c) for n, known in names.items() for c in known or () if (n, c) in buckets]


def _names(division: str | None, at: datetime) -> frozenset[str] | None:
    """Return every code that names a division or holds it, or None where it cannot be placed."""
    return None if division is None else _placed(division, at)


@lru_cache(maxsize=4096)
def _placed(division: str, at: datetime) -> frozenset[str] | None:
    """Return the codes of an instant; a withdrawn code stands for each of its successors."""
    try:
        code = str(RegionCode(division))
    except InvalidIdentifier:
        return None
    listed = code in _NATION or lookup(code, shanghai_day(at)) is not None
    places = (code,) if listed else (code, *current(code))
    if not listed and len(places) == 1:
        return None
    above = {str(a) for place in places if place not in _NATION for a in ancestors(place)}
    return frozenset({*places, *above, NATION} - {"000000"})
