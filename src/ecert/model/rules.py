"""Rules between fields: a closed set that profiles choose from, each a pure function.

A rule looks only at values that are right by themselves: what is missing or malformed has its own
issue.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ecert.errors import InvalidIdentifier
from ecert.ids import IDNumber
from ecert.model.issue import Cause
from ecert.model.spec import read_day

__all__ = ["RULES", "Rule", "RuleUse", "spans"]

Values = Mapping[str, Any]
_UNSTATED_SEX = frozenset({"0", "9"})


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: the parts it needs, the part that is blamed, and the function."""

    parts: tuple[str, ...]
    blamed: str
    check: Callable[[Values], Cause | None]


@dataclass(frozen=True, slots=True)
class RuleUse:
    """A rule as one profile uses it: its parts bound to fields."""

    rule: str
    fields: Mapping[str, str]

    def apply(self, values: Values) -> tuple[str, Cause] | None:
        """Return the blamed field and the cause, or None when the rule holds or cannot be asked."""
        rule = RULES[self.rule]
        bound = {part: values.get(self.fields[part]) for part in rule.parts}
        if any(v in (None, "") for v in bound.values()):
            return None
        cause = rule.check(bound)
        return None if cause is None else (self.fields[rule.blamed], cause)


def _id(values: Values) -> IDNumber | None:
    try:
        return IDNumber(values["id"]) if isinstance(values["id"], str) else None
    except InvalidIdentifier:
        return None


def _sex(values: Values) -> Cause | None:
    number = _id(values)
    if number is None or values["sex"] in _UNSTATED_SEX:
        return None
    return None if number.sex.value == values["sex"] else Cause.of("rule.sex_matches_id")


def _birth(values: Values) -> Cause | None:
    number, birth = _id(values), read_day(values["birth"])
    if number is None or birth is None or number.birth_date == birth:
        return None
    return Cause.of("rule.birth_matches_id")


def _not_before(values: Values) -> Cause | None:
    day, limit = read_day(values["date"]), read_day(values["limit"])
    if day is None or limit is None or day >= limit:
        return None
    return Cause.of("rule.not_before")


RULES: Mapping[str, Rule] = {
    "sex_matches_id": Rule(("sex", "id"), "sex", _sex),
    "birth_matches_id": Rule(("birth", "id"), "birth", _birth),
    "not_before": Rule(("date", "limit"), "date", _not_before),
}


def spans(start: date, end: date, years: int) -> bool:
    """Whether ``end`` closes a span of whole years; the day before counts as well."""
    anniversary = start.toordinal()
    try:
        anniversary = start.replace(year=start.year + years).toordinal()
    except ValueError:  # 29 February, or past the last year of the calendar
        if start.year + years > date.max.year:
            return False
        anniversary = date(start.year + years, 3, 1).toordinal()
    return end.toordinal() in {anniversary, anniversary - 1}
