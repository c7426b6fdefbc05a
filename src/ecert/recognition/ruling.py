"""Which rules speak on a question, in which order, and what they say (recognition.md D7.5).

National refusals come first, then the agreement's own rules, the relying region's, the issuing region's
invalidations, then what is only warned of. All are run; none silences another. A rule of a bundle
counts only where its owner's own role signed it (never-accept L19), and of one rule the highest version
that has begun. A rule that an agreement names and nobody has is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from ecert.ids import first_instant, last_instant
from ecert.recognition.asked import FIRM, Asked, Fact
from ecert.recognition.rules import (
    CompiledRule,
    Facts,
    RuleAsk,
    RuleIndex,
    RuleResult,
    Sources,
    compiled_rule,
)
from ecert.recognition.territory import NATION_CODES, Place, lies_under
from ecert.report import OK, Outcome, Scalar, failed, unknown
from ecert.trust.agreement import Agreement
from ecert.trust.rule import CHINESE, Rule

__all__ = [
    "RULE_NAME", "Choice", "Ran", "Setting", "issued", "outcome_of", "rule_ask", "rule_facts",
    "run_rules", "service_at_issue", "signed_by_owner", "speaking_rules", "voice_of",
]  # fmt: skip

RULE_NAME = re.compile(r"(?:AR|IR|WR)[-_]?[0-9]")
"""How a condition of an agreement names a rule; other conditions are for a person."""
_LONGEST = 256
_ORDER = ("national", "agreement", "relying", "issuing")
_NOT_RUN = ("rule.engine_newer", "rule.engine_other", "rule.data_schema")
_RUN = ("rule.failed", "rule.undecided", "rule.unknown_fails")
_GUILTY = {"rule.failed": "fail", "rule.undecided": "unknown", "rule.unknown_fails": "unknown"}

Voice = Literal["national", "agreement", "relying", "issuing"]


@dataclass(frozen=True, slots=True)
class Ran:
    """One rule that was run.

    Args:
        voice: by whose word. named: the agreement asks for it. result: None where it is not there.
    """

    name: str
    voice: Voice
    named: bool
    result: RuleResult | None

    @property
    def weight(self) -> str:
        """FAIL, WARN or INFORM: an advisory never refuses, and what an agreement names must pass (D4)."""
        if self.result is None:
            return "FAIL"
        rule = self.result.rule
        if rule.kind == "advisory":
            return "WARN" if self.named or rule.level == "FAIL" else rule.level
        return "FAIL" if self.named else rule.level

    @property
    def outcome(self) -> str:
        """pass, fail or unknown."""
        return self.result.outcome if self.result is not None else "unknown"


@dataclass(frozen=True, slots=True)
class Choice:
    """The rules that speak, with their voice; those the agreement names, and those of them nobody has.

    ``ready`` are the same rules compiled, once they have been run.
    """

    speaking: tuple[tuple[Rule, Voice], ...]
    named: tuple[str, ...]
    missing: tuple[str, ...]
    ready: list[CompiledRule] = field(default_factory=list, compare=False, repr=False)


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


def speaking_rules(index: RuleIndex, named: Iterable[str], setting: Setting) -> Choice:
    """Return which rules speak on a question.

    Args:
        index: rules that their owners signed. named: rules that the agreement asks for.
    """
    wanted = tuple(dict.fromkeys(named))
    ask = rule_ask(setting)
    speaking: list[tuple[Rule, Voice]] = []
    for rule in index.applicable(ask, at=setting.at):
        voice = voice_of(rule, wanted, setting)
        if voice is not None:
            speaking.append((rule, voice))
    speaking.sort(key=lambda s: _ORDER.index(s[1]))
    missing = tuple(name for name in wanted if not _there(name, index, ask, setting.at))
    return Choice(tuple(speaking), wanted, missing)


def rule_ask(setting: Setting) -> RuleAsk:
    """Return what decides which rules are about a question."""
    asked = setting.asked
    return RuleAsk(
        type_code=_short(asked.type_code),
        profile_id=_short(asked.profile_id),
        issuing=asked.issuing,
        relying=asked.relying,
        matter=_short(asked.matter),
        agreement=setting.agreement.agreement_id,
    )


def _short(text: str | None) -> str | None:
    """Return a text as choices are remembered by it; no rule names one as long as this."""
    return text if text is None else text[:_LONGEST]


def _there(name: str, index: RuleIndex, ask: RuleAsk, at: datetime) -> bool:
    """Whether a rule of that name is in force, be it about this question or not."""
    return any(
        index.why_not(rule, ask, at=at) not in ("not_started", "ended", "superseded")
        for rule in index.rules
        if rule.rule_id == name
    )


def voice_of(rule: Rule, named: tuple[str, ...], setting: Setting) -> Voice | None:
    """Return by whose word a rule speaks here: the nation, the agreement, a side; nobody else has a say."""
    if rule.owner in NATION_CODES:
        return "national"
    if rule.rule_id in named:
        return "agreement"
    if lies_under(setting.relying, rule.owner):
        return "relying"
    if rule.kind == "invalidation" and lies_under(setting.issuing, rule.owner):
        return "issuing"
    return None


def run_rules(
    choice: Choice, facts: Callable[[], Facts], supposed: frozenset[str]
) -> tuple[Ran, ...]:
    """Return what every rule says; a missing one is there without a result."""
    missing = [n for n in choice.missing if f"rule:{n}" not in supposed]
    found = [Ran(name, "agreement", named=True, result=None) for name in missing]
    if choice.speaking:
        if not choice.ready:
            choice.ready[:] = [compiled_rule(rule) for rule, _ in choice.speaking]
        known, named = facts(), choice.named
        found += [
            Ran(rule.rule_id, voice, rule.rule_id in named, compiled.run(known))
            for (rule, voice), compiled in zip(choice.speaking, choice.ready, strict=True)
            if not supposed or f"rule:{rule.rule_id}" not in supposed
        ]
    return tuple(sorted(found, key=lambda r: _ORDER.index(r.voice)) if missing else found)


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
    fields = {f.path[7:]: f for f in asked.facts if f.path.startswith("fields.")}
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
            "fields": {name: f.many or f.value for name, f in fields.items()},
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
        personal=_personal(asked, fields),
    )


def _personal(asked: Asked, fields: Mapping[str, Fact]) -> frozenset[str] | None:
    """Return which fields name a person; of a type that is not known here any may (L26)."""
    if asked.profile_id is None:
        return None
    return frozenset(name for name, f in fields.items() if f.personal)


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
