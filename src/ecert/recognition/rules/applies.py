"""Which of many rules are about one question, and why the others are not (recognition.md D5).

An index by the narrowest thing that each rule names, so that a question looks at a few of 500. What
the question does not say cannot exclude a rule: a rule for one matter applies where no matter is
named. Of each rule the highest version that has started speaks; once it has started the earlier ones
are silent, also when it has ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Literal

from ecert.errors import InvalidIdentifier
from ecert.ids.dates import shanghai_day
from ecert.ids.region import NATION, RegionCode, ancestors, current, lookup
from ecert.memo import Memo
from ecert.trust.rule import Rule

__all__ = ["RuleAsk", "RuleIndex", "WhyNot"]

WhyNot = Literal[
    "not_started", "ended", "superseded", "relying", "issuing", "type", "matter", "agreement"
]
_NATION = (NATION, "000000")
_WEIGHT = 512


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

    __slots__ = ("_buckets", "_memo", "_newer", "rules")

    def __init__(self, rules: Iterable[Rule]) -> None:
        distinct = {(r.rule_id, r.version, r.sha256, r.signed_by): r for r in rules}
        self.rules = tuple(distinct[key] for key in sorted(distinct))
        self._newer = _starts(self.rules)
        self._buckets: dict[tuple[str, str], list[int]] = {}
        for number, rule in enumerate(self.rules):
            for key in _keys(rule):
                self._buckets.setdefault(key, []).append(number)
        self._memo: Memo[tuple[Rule, ...]] = Memo(entries=4096, size=4096 * _WEIGHT)

    def applicable(self, ask: RuleAsk, *, at: datetime) -> tuple[Rule, ...]:
        """Return the rules that speak at an instant and are about the question, by id and version."""
        return self._memo.ask((ask, at), lambda: self._find(ask, at), _WEIGHT)

    def _find(self, ask: RuleAsk, at: datetime) -> tuple[Rule, ...]:
        numbers = {n for key in _asked_keys(ask, at, self._buckets) for n in self._buckets[key]}
        found = (self.rules[n] for n in sorted(numbers))
        return tuple(rule for rule in found if self.why_not(rule, ask, at=at) is None)

    def why_not(self, rule: Rule, ask: RuleAsk, *, at: datetime) -> WhyNot | None:
        """Return why a rule does not apply, or None where it does."""
        if rule.valid_from is not None and at < rule.valid_from:
            return "not_started"
        if any(v > rule.version and start <= at for v, start in self._newer[rule.rule_id]):
            return "superseded"
        if rule.valid_to is not None and at >= rule.valid_to:
            return "ended"
        return _excluded(rule, ask, at)


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
    return [(name, "100000" if code in _NATION else code) for code in codes] or [("", "")]


def _asked_keys(
    ask: RuleAsk, at: datetime, buckets: Mapping[tuple[str, str], list[int]]
) -> Iterable[tuple[str, str]]:
    names: dict[str, frozenset[str] | None] = {
        "": frozenset({""}),
        "relying": _names(ask.relying, at),
        "issuing": _names(ask.issuing, at),
        "agreement": frozenset({ask.agreement}) if ask.agreement is not None else None,
    }
    if None in names.values():
        return [k for k in buckets if (known := names[k[0]]) is None or k[1] in known]
    return [(n, c) for n, known in names.items() for c in known or () if (n, c) in buckets]


def _excluded(rule: Rule, ask: RuleAsk, at: datetime) -> WhyNot | None:
    about = rule.applies_to
    if not _within(ask.relying, about.relying, at):
        return "relying"
    if not _within(ask.issuing, about.issuing, at):
        return "issuing"
    if about.types and not _of_type(ask, about.types):
        return "type"
    if about.matters and ask.matter is not None and ask.matter not in about.matters:
        return "matter"
    if about.agreements and ask.agreement is not None and ask.agreement not in about.agreements:
        return "agreement"
    return None


def _within(division: str | None, named: tuple[str, ...], at: datetime) -> bool:
    if not named:
        return True
    names = _names(division, at)
    return names is None or any(("100000" if c in _NATION else c) in names for c in named)


def _of_type(ask: RuleAsk, types: tuple[str, ...]) -> bool:
    """Whether a rule for these types may be about the question; ids are lower case, codes are not."""
    if ask.type_code in types or ask.profile_id in types:
        return True
    ids = any(name[:1].islower() for name in types)
    codes = any(not name[:1].islower() for name in types)
    return (ids and ask.profile_id is None) or (codes and ask.type_code is None)


def _names(division: str | None, at: datetime) -> frozenset[str] | None:
    """Return every code that names a division or holds it, or None where it cannot be placed."""
    return None if division is None else _placed(division, shanghai_day(at).toordinal())


@lru_cache(maxsize=4096)
def _placed(division: str, day: int) -> frozenset[str] | None:
    """Return the codes of a day; a withdrawn code stands for each of its successors."""
    try:
        code = str(RegionCode(division))
    except InvalidIdentifier:
        return None
    listed = code in _NATION or lookup(code, date.fromordinal(day)) is not None
    places = (code,) if listed else (code, *current(code))
    if not listed and len(places) == 1:
        return None
    above = {str(a) for place in places if place not in _NATION for a in ancestors(place)}
    return frozenset({*places, *above, NATION} - {"000000"})
