"""Everything that is wrong with a rule before anybody signs it (recognition.md D5, D6, D10).

All findings at once: text, types, fields, absence, notice, tests and what they never tried. A rule
without findings is fit to be published; that it says what the law says is for people to judge.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ecert.errors import Params, TrustError
from ecert.model.profile import Profile
from ecert.recognition.rules.compiling import compile_condition, compile_rule, version_fault
from ecert.recognition.rules.environment import VIEWS
from ecert.recognition.rules.testing import Finding, Tested, run_tests, untried
from ecert.trust.rule import Rule
from ecert.trust.rule_publishing import check_notice

__all__ = ["Linted", "lint_rule"]

Linted = tuple[tuple[Finding, ...], tuple[Tested, ...]]
"""Findings, and the tests that were run (none where the rule does not compile)."""


def lint_rule(rule: Rule, *, profiles: Iterable[Profile] = ()) -> Linted:
    """Return everything that is wrong with a rule, and its tests as they came out.

    Args:
        profiles: certificate types that are known; a rule that is for known types alone may name
            only fields that one of them has.
    """
    found: list[Finding] = []
    code, needed = version_fault(rule)
    if code:
        params: Params = {"rule": rule.rule_id, "version": rule.version, "needed": needed}
        return (Finding(code, params),), ()
    for condition in rule.conditions:
        try:
            compile_condition(rule, condition)
        except TrustError as error:
            found.append(Finding.of(error))
    tested: tuple[Tested, ...] = ()
    if not found:
        try:
            compile_rule(rule)
            found += _unknown_fields(rule, tuple(profiles))
            tested = run_tests(rule)
            found += untried(rule, tested)
        except TrustError as error:
            found.append(Finding.of(error))
    if rule.notice is not None:
        try:
            check_notice(rule, rule.notice.published)
        except TrustError as error:
            found.append(Finding.of(error))
    return tuple(found), tested


def _unknown_fields(rule: Rule, profiles: tuple[Profile, ...]) -> Iterator[Finding]:
    """Return the fields that no type of the rule has, or has in another kind than it is read."""
    known = {name: p for p in profiles for name in (p.id, p.type_code) if name}
    types = rule.applies_to.types
    if not types or not all(name in known for name in types):
        return
    for path in rule.affected_fields:
        view, _, name = path.rpartition(".")
        if view not in VIEWS:
            continue
        if not any(_readable(known[t], name, VIEWS[view]) for t in types):
            yield Finding(
                "rule.unknown_field",
                {"rule": rule.rule_id, "field": path, "types": ", ".join(types)},
            )


def _readable(profile: Profile, name: str, kind: str) -> bool:
    field = profile.fields.get(name)
    if field is None or field.kind in ("image", "table"):
        return False
    if kind == "date":
        return field.kind in ("date", "date_or_long_term")
    return (kind == "list") == (field.kind == "code" and field.many)
