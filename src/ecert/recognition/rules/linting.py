"""Everything that is wrong with a rule before anybody signs it (recognition.md D5, D6, D10).

All findings at once: text, types, fields, absence, notice, tests and what they never tried. A rule
without findings is fit to be published; that it says what the law says is for people to judge.
"""

from __future__ import annotations

from ecert.errors import Params, TrustError
from ecert.recognition.rules.compiling import compile_condition, compile_rule, version_fault
from ecert.recognition.rules.testing import Finding, Tested, run_tests, untried
from ecert.trust.rule import Rule
from ecert.trust.rule_publishing import check_notice

__all__ = ["Linted", "lint_rule"]

Linted = tuple[tuple[Finding, ...], tuple[Tested, ...]]
"""Findings, and the tests that were run (none where the rule does not compile)."""


def lint_rule(rule: Rule) -> Linted:
    """Return everything that is wrong with a rule, and its tests as they came out."""
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
