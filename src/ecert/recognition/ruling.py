"""Which rules speak on a question, in which order, and what they say (recognition.md D7.5).

National refusals come first, then the agreement's own rules, the relying region's, the issuing region's
invalidations, then what is only warned of. All are run; none silences another. A rule of a bundle
counts only where its owner's own role signed it (never-accept L19), and of one rule the highest version
that has begun. A rule that an agreement names and nobody has is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from ecert.ids import first_instant, last_instant
from ecert.recognition.asked import FIRM, Asked
from ecert.recognition.rules import Facts, RuleResult, Sources, run_rule
from ecert.recognition.territory import NATION_CODES, Place, lies_under
from ecert.report import OK, Outcome, Scalar, failed, unknown
from ecert.trust.agreement import Agreement
from ecert.trust.rule import CHINESE, AppliesTo, Rule

__all__ = ["RULE_NAME", "Ran", "Skipped", "outcome_of", "rule_facts", "speaking_rules"]

RULE_NAME = re.compile(r"(?:AR|IR|WR)[-_]?[0-9]")
"""How a condition of an agreement names a rule; other conditions are for a person."""
_ORDER = ("national", "agreement", "relying", "issuing")
_NOT_RUN = ("rule.engine_newer", "rule.engine_other", "rule.data_schema")
_RUN = ("rule.failed", "rule.undecided", "rule.unknown_fails")
_GUILTY = {"rule.failed": "fail", "rule.undecided": "unknown", "rule.unknown_fails": "unknown"}

Voice = Literal["national", "agreement", "relying", "issuing"]
Skipped = Literal[
    "not_signed_by_owner", "not_begun", "ended", "superseded", "other_parties", "type", "issuing",
    "relying", "matter", "agreement",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ran:
    """One rule that was run, by whose word; ``result`` is None where the named rule is not there."""

    name: str
    voice: Voice
    result: RuleResult | None

    @property
    def weight(self) -> str:
        """FAIL, WARN or INFORM; an advisory never refuses."""
        if self.result is None:
            return "FAIL"
        rule = self.result.rule
        return "WARN" if rule.kind == "advisory" and rule.level == "FAIL" else rule.level

    @property
    def outcome(self) -> str:
        """pass, fail or unknown."""
        return self.result.outcome if self.result is not None else "unknown"


@dataclass(frozen=True, slots=True)
class Choice:
    """The rules that speak, with their voice, and those that do not, with the reason."""

    speaking: tuple[tuple[Rule, Voice], ...]
    skipped: tuple[tuple[Rule, Skipped], ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """What a question is asked about, as rules are filtered by it."""

    asked: Asked
    relying: Place
    issuing: Place
    agreement: Agreement
    at: datetime


def signed_by_owner(rule: Rule) -> bool:
    """Whether the owner's own role signed the rule: the very division, no wider one (D5)."""
    own = NATION_CODES if rule.owner in NATION_CODES else (rule.owner,)
    return any(code in rule.signed_by for code in own)


def newest(rules: Iterable[Rule], at: datetime) -> tuple[list[Rule], list[tuple[Rule, Skipped]]]:
    """Return of one rule the versions that speak (two only if they share a number), and the others."""
    known = list(rules)
    begun = [r for r in known if r.valid_from is None or r.valid_from <= at]
    top = max((r.version for r in begun), default=0)
    best = [r for r in begun if r.version == top]
    speaking = [r for r in best if r.speaks_at(at)]
    skipped: list[tuple[Rule, Skipped]] = [(r, "ended") for r in best if r not in speaking]
    skipped += [(r, "superseded") for r in begun if r not in best]
    skipped += [(r, "not_begun") for r in known if r not in begun]
    return speaking, skipped


def speaking_rules(candidates: Iterable[Rule], named: Iterable[str], setting: Setting) -> Choice:
    """Return which rules speak.

    Args:
        candidates: versions in force, those of one rule together. named: rules that the agreement
            asks for.
    """
    wanted = tuple(dict.fromkeys(named))
    speaking: list[tuple[Rule, Voice]] = []
    skipped: list[tuple[Rule, Skipped]] = []
    there: set[str] = set()
    for rule in candidates:
        there.add(rule.rule_id)
        voice = _voice(rule, wanted, setting)
        why = _beside(rule.applies_to, setting) if voice is not None else "other_parties"
        if voice is not None and why is None:
            speaking.append((rule, voice))
        elif why is not None:
            skipped.append((rule, why))
    speaking.sort(key=lambda s: (_ORDER.index(s[1]), s[0].rule_id, s[0].version, s[0].sha256))
    missing = tuple(name for name in wanted if name not in there)
    return Choice(tuple(speaking), tuple(skipped), missing)


def _voice(rule: Rule, named: tuple[str, ...], setting: Setting) -> Voice | None:
    """Return by whose word a rule speaks here; nobody's but the nation's, the agreement's, the two sides'."""
    if rule.owner in NATION_CODES:
        return "national"
    if rule.rule_id in named:
        return "agreement"
    if lies_under(setting.relying, rule.owner):
        return "relying"
    if rule.kind == "invalidation" and lies_under(setting.issuing, rule.owner):
        return "issuing"
    return None


def _beside(applies: AppliesTo, setting: Setting) -> Skipped | None:
    """Return what a rule is about that this question is not; an unknown type is about any."""
    asked = setting.asked
    types = (asked.type_code, asked.profile_id)
    if applies.types and any(types) and not any(t in applies.types for t in types if t):
        return "type"
    if applies.issuing and not any(lies_under(setting.issuing, d) for d in applies.issuing):
        return "issuing"
    if applies.relying and not any(lies_under(setting.relying, d) for d in applies.relying):
        return "relying"
    if applies.matters and asked.matter is not None and asked.matter not in applies.matters:
        return "matter"
    if applies.agreements and setting.agreement.agreement_id not in applies.agreements:
        return "agreement"
    return None


def run_rules(
    choice: Choice, facts: Callable[[], Facts], supposed: frozenset[str]
) -> tuple[Ran, ...]:
    """Return what every rule says; a missing one is there without a result."""
    missing = [n for n in choice.missing if f"rule:{n}" not in supposed]
    speaking = [(r, v) for r, v in choice.speaking if f"rule:{r.rule_id}" not in supposed]
    known = facts() if speaking else None
    found = [Ran(name, "agreement", None) for name in missing]
    found += [Ran(r.rule_id, v, run_rule(r, known)) for r, v in speaking if known is not None]
    return tuple(sorted(found, key=lambda r: _ORDER.index(r.voice)))


def outcome_of(ran: Ran) -> Outcome:
    """Return what one rule says: it holds, it does not, or it cannot be told (then it never passes)."""
    if ran.result is None:
        return unknown("rule.unknown", rules=ran.name)
    result, rule = ran.result, ran.result.rule
    if result.outcome == "pass":
        return OK
    shown: dict[str, Scalar] = {"rule": rule.rule_id, "version": rule.version}
    if result.code in _NOT_RUN:
        return unknown(result.code, needed=result.detail, **shown)
    if result.code not in _RUN:
        return unknown("rule.unusable", fault=result.code, **shown)
    guilty = [c for c in result.conditions if c.outcome == _GUILTY[result.code]]
    first = guilty[0]
    shown |= {"condition": first.id, "text": first.message(CHINESE)}
    return (failed if result.outcome == "fail" else unknown)(result.code, **shown)


def rule_facts(setting: Setting, codes: Mapping[str, Mapping[str, str]]) -> Facts:
    """Return the environment of rules for one question."""
    asked, issuer = setting.asked, setting.asked.issuer
    fields = {
        f.path.removeprefix("fields."): f for f in asked.facts if f.path.startswith("fields.")
    }
    windows = issuer.states if issuer is not None else ()
    values: dict[str, Any] = {
        "cert": {
            "type_code": asked.type_code,
            "profile_id": asked.profile_id,
            "ecid": asked.ecid,
            "issuing": asked.issuing,
            "issue_date": asked.issue_date,
            "valid_from": asked.valid_from,
            "valid_to": asked.valid_to,
            "long_term": asked.long_term if asked.valid_to or asked.long_term else None,
            "kind": asked.kind,
            "fields": {name: f.value for name, f in fields.items()},
        },
        "agreement": {
            "id": setting.agreement.agreement_id,
            "version": setting.agreement.version,
            "kind": setting.agreement.kind,
            "effect": setting.agreement.effect,
        },
        "relying": {"division": asked.relying},
        "matter": {"code": asked.matter},
        "holder": {"kind": asked.holder_kind, "id_type": asked.holder_id_type},
        "t_issue": issued(asked),
        "t_eval": setting.at,
    }
    if issuer is not None:
        values["issuer"] = {
            "code": issuer.authority or None,
            "name": issuer.name or None,
            "territory": issuer.territory or None,
            "status_at_issue": service_at_issue(asked),
            "status_now": issuer.state_at(setting.at),
            "assurance": issuer.assurance or None,
        }
    services = {issuer.kind: windows} if issuer is not None else {}
    return Facts(
        values,
        sources=Sources(services=services, codes=codes),
        personal=frozenset(name for name, f in fields.items() if f.personal),
    )


def issued(asked: Asked) -> dict[str, Any]:
    """Return when the certificate came into being, and how well that is known (D1, L11).

    The day is stated by the file; a proven signature is no younger than its stamp, so that the
    interval reaches to the later of both.
    """
    if asked.issue_date is None:
        return {"grade": asked.grade}
    latest = last_instant(asked.issue_date)
    if asked.grade in FIRM and asked.signed_by is not None:
        latest = max(latest, asked.signed_by)
    return {"earliest": first_instant(asked.issue_date), "latest": latest, "grade": asked.grade}


def service_at_issue(asked: Asked) -> str | None:
    """Return the issuer's listed state throughout the day of issue; None where it changed or is not known."""
    if asked.issuer is None or asked.issue_date is None:
        return None
    first, last = first_instant(asked.issue_date), last_instant(asked.issue_date)
    found = {asked.issuer.state_at(moment) for moment in (first, last)}
    return next(iter(found)) if len(found) == 1 else None
