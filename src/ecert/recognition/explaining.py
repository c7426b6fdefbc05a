"""The explanation of a judgement as plain data (recognition.md D8): for the clerk, and for the auditor.

Everything in it was read while judging or is asked again (`nearest`); nothing is made up afterwards.
Texts are codes with their values, or the rule's own words; values that name a person are marked, and
masked where a report is shown (never-accept L26).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ecert import __version__
from ecert.ids.dates import shanghai_day
from ecert.ids.region import lookup
from ecert.recognition.compiled import Compiled
from ecert.recognition.deciding import AXIS, Judgement, Part
from ecert.recognition.deviating import Deviated
from ecert.recognition.edges import Hit, Why
from ecert.recognition.nearest import nearest
from ecert.recognition.rules.environment import NAME, VERSION
from ecert.recognition.ruling import (
    Ran,
    Setting,
    issued,
    outcome_of,
    rule_ask,
    service_at_issue,
    voice_of,
)
from ecert.recognition.territory import NATION_CODES
from ecert.report import Outcome, Pin
from ecert.report.jsonform import instant
from ecert.trust.agreement import Agreement, Basis
from ecert.trust.rule import Rule, Texts

__all__ = ["SCHEMA", "explain", "with_pins"]

SCHEMA = "ecert.recognition/1"
_SHOWN = 64
"""Documents listed as considered; what is beyond them is counted."""
_AFAR = {
    "superseded": 1,
    "less_specific": 1,
    "type": 2,
    "reverse_only": 2,
    "elsewhere": 3,
    "other_parties": 4,
}
"""Why a document was not used, of those that say little about the answer; near misses come first."""


def explain(
    judgement: Judgement, compiled: Compiled, beyond: Sequence[tuple[Agreement, Why]]
) -> dict[str, Any]:
    """Return the explanation of a judgement.

    Args:
        beyond: agreements that are not between the two sides.
    """
    hit = judgement.hit
    considered = sorted(
        (*_agreements(judgement, beyond), *_deviations(judgement), *_rules(judgement, compiled)),
        key=lambda one: _AFAR.get(one["why"], 0),
    )
    return {
        "schema": SCHEMA,
        "outcome": judgement.outcome,
        "question": _question(judgement, compiled),
        "agreement": _agreement(hit) if hit is not None else None,
        "reference": _agreement(judgement.reference) if judgement.reference is not None else None,
        "deviations": [_deviation(d) for d in hit.deviations] if hit is not None else [],
        "findings": list(_findings(judgement)),
        "translations": [
            {"kind": s.kind, "path": s.path, "value": s.value, "personal": s.personal}
            | {"into": list(s.into), "lossy": s.lossy, "table": s.table}
            for s in judgement.translated.steps
        ],
        "trace": [_traced(r) for r in judgement.ran],
        "conditions": [{"code": c.code, "met": c.met} for c in judgement.conditions],
        "required": list(hit.agreement.conditions) if hit is not None else [],
        "considered": considered[:_SHOWN],
        "considered_beyond": max(0, len(considered) - _SHOWN),
        "nearest": nearest(judgement, compiled),
        "clocks": _clocks(judgement),
        "bundle": [],
        "engine": {
            "name": "ecert",
            "version": __version__,
            "rules": f"{NAME} {VERSION[0]}.{VERSION[1]}",
        },
    }


def with_pins(explanation: Mapping[str, Any], pins: Sequence[Pin]) -> dict[str, Any]:
    """Return an explanation that says which lists it rests on: id, version, digest, freshness (D8)."""
    found = [
        {
            "id": p.id,
            "version": p.version,
            "digest": p.sha256,
            "freshness": p.state,
            "age_s": p.age_s,
        }
        for p in pins
    ]
    return {**explanation, "bundle": found}


def _question(judgement: Judgement, compiled: Compiled) -> dict[str, Any]:
    asked = judgement.asked
    return {
        "relying": _named(asked.relying, judgement.at),
        "issuing": _named(asked.issuing, judgement.at),
        "type": asked.type_code,
        "profile": asked.profile_id,
        "matter": {"code": asked.matter, "name": _matter(asked.matter, judgement, compiled)},
        "holder": asked.holder_kind,
        "issuer": {
            "name": asked.issuer.name if asked.issuer is not None else None,
            "assurance": asked.issuer.assurance if asked.issuer is not None else None,
            "status_at_issue": service_at_issue(asked),
            "status_now": asked.issuer.state_at(judgement.at) if asked.issuer is not None else None,
        },
    }


def _named(code: str | None, at: datetime) -> dict[str, Any]:
    """Return a division with its name then; a code that no table lists has none."""
    if code is None or not (code.isascii() and code.isdigit() and len(code) == 6):  # noqa: PLR2004
        return {"code": code, "name": None}
    if code in NATION_CODES:
        return {"code": code, "name": "全国"}
    known = lookup(code, shanghai_day(at)) or lookup(code)
    return {"code": code, "name": known.name if known is not None else None}


def _matter(code: str | None, judgement: Judgement, compiled: Compiled) -> str | None:
    if code is None or judgement.question is None:
        return None
    known = compiled.vocabularies(judgement.question.relying, judgement.at)
    found = (m.items.get(code) for m in known)
    return next((item.zh for item in found if item is not None), None)


def _agreement(hit: Hit) -> dict[str, Any]:
    agreement, edge = hit.agreement, hit.edge
    return {
        "id": agreement.agreement_id,
        "version": agreement.version,
        "title": agreement.title,
        "kind": agreement.kind,
        "effect": agreement.effect,
        "state": hit.state,
        "sha256": agreement.sha256,
        "confidence": agreement.confidence,
        "edge": {"relying": edge.relying, "issuing": edge.issuing, "covers": edge.covers},
        "basis": [_basis(b) for b in agreement.basis],
        "signed": hit.signed,
        "signed_by": list(agreement.signed_by),
        "windows": [
            {"state": state, "from": instant(start), "to": instant(end)}
            for state, start, end in agreement.windows
        ],
        "grandfathering": agreement.grandfathering,
    }


def _basis(basis: Basis) -> dict[str, str]:
    return {
        "document": basis.document,
        "clause": basis.clause,
        "issuer": basis.issuer,
        "date": basis.date,
    }


def _deviation(one: Deviated) -> dict[str, Any]:
    deviation = one.deviation
    return {
        "id": deviation.deviation_id,
        "version": deviation.version,
        "title": deviation.title,
        "division": deviation.division,
        "changes": list(deviation.changes),
        "allowed_by": _basis(deviation.allowed_by),
        "from": instant(deviation.begin),
        "until": instant(deviation.until),
        "fate": one.fate,
    }


def _findings(judgement: Judgement) -> Iterator[dict[str, Any]]:
    """Yield everything that did not simply pass, and every note, each with its code and its basis."""
    hit = judgement.hit
    bases = [_basis(b) for b in hit.agreement.basis] if hit is not None else []
    for part in judgement.parts:
        if part.name == "rules":
            continue
        yield from _part(part, bases if part.name in ("agreement", "in_force") else [])
    for ran in judgement.ran:
        said = outcome_of(ran)
        if said.code is not None:
            yield _finding(f"{AXIS}.rules", said, ran.weight) | _of_rule(ran)


def _part(part: Part, bases: list[dict[str, str]]) -> Iterator[dict[str, Any]]:
    check_id = f"{AXIS}.{part.name}"
    if part.skipped:
        return
    if part.outcome is None:
        blocked = Outcome(ok=None, code="check.blocked", params=(("by", part.by),))
        found = _finding(check_id, blocked, "FAIL")
        yield found | {"depends_on": part.by, "not_reached_because": part.by}
        return
    for outcome in (part.outcome, *part.more):
        if outcome.code is not None:
            level = "INFORM" if outcome.ok else "FAIL"
            yield _finding(check_id, outcome, level) | (
                {"basis": bases} if outcome.ok is False else {}
            )


def _finding(check_id: str, outcome: Outcome, level: str) -> dict[str, Any]:
    return {
        "code": outcome.code,
        "params": dict(outcome.params),
        "level": level,
        "axis": AXIS,
        "check": check_id,
        "outcome": outcome.verdict.value,
    }


def _of_rule(ran: Ran) -> dict[str, Any]:
    if ran.result is None:
        return {"rule": {"id": ran.name, "version": None}, "basis": []}
    rule = ran.result.rule
    return {
        "rule": {"id": rule.rule_id, "version": rule.version},
        "basis": [_basis(b) for b in rule.basis],
        "remedy": _texts(rule.remedy),
    }


def _texts(texts: Texts) -> dict[str, str]:
    return {"zh" if lang.startswith("zh") else lang: text for lang, text in texts}


def _traced(ran: Ran) -> dict[str, Any]:
    """Return what a rule read and said, condition by condition."""
    if ran.result is None:
        return {
            "rule": ran.name,
            "version": None,
            "voice": ran.voice,
            "outcome": "unknown",
            "conditions": [],
        }
    result, rule = ran.result, ran.result.rule
    return {
        "rule": rule.rule_id,
        "version": rule.version,
        "title": _texts(rule.title),
        "voice": ran.voice,
        "weight": ran.weight,
        "outcome": result.outcome,
        "code": result.code,
        "sha256": rule.sha256,
        "basis": [_basis(b) for b in rule.basis],
        "conditions": [
            {
                "id": c.id,
                "outcome": c.outcome,
                "code": c.code,
                "detail": c.detail,
                "values": [
                    {"name": r.path, "value": r.value, "personal": r.personal} for r in c.reads
                ],
                "message": {"zh": c.message("zh-CN"), "en": c.message("en")},
            }
            for c in result.conditions
        ],
    }


def _agreements(
    judgement: Judgement, beyond: Sequence[tuple[Agreement, Why]]
) -> Iterator[dict[str, Any]]:
    found = judgement.found.considered if judgement.found is not None else ()
    for agreement, why in (*found, *beyond):
        if why != "chosen":
            yield {
                "kind": "agreement",
                "id": agreement.agreement_id,
                "version": agreement.version,
                "title": agreement.title,
                "sha256": agreement.sha256,
                "why": why,
                "basis": [_basis(b) for b in agreement.basis],
            }


def _deviations(judgement: Judgement) -> Iterator[dict[str, Any]]:
    found = judgement.found.deviations if judgement.found is not None else ()
    for one in found:
        hit = judgement.hit
        used = hit is not None and one in hit.deviations
        if not used:
            deviation = one.deviation
            yield {
                "kind": "deviation",
                "id": deviation.deviation_id,
                "version": str(deviation.version),
                "title": deviation.title,
                "sha256": deviation.sha256,
                "why": one.fate,
                "basis": [_basis(deviation.allowed_by)],
                "until": instant(deviation.until),
                "changes": list(deviation.changes),
            }


def _rules(judgement: Judgement, compiled: Compiled) -> Iterator[dict[str, Any]]:
    """Yield the rules of these sides that do not speak, with the reason; those of others are not listed."""
    hit, question = judgement.hit, judgement.question
    if hit is None or question is None:
        return
    setting = Setting(
        judgement.asked, question.relying, question.issuing, hit.agreement, judgement.at
    )
    ask = rule_ask(setting)
    for rule in compiled.rules.rules:
        why = compiled.rules.why_not(rule, ask, at=judgement.at)
        if why is not None and voice_of(rule, hit.agreement.conditions, setting) is not None:
            yield _considered_rule(rule, why)
    for rule in compiled.unsigned_rules:
        if voice_of(rule, hit.agreement.conditions, setting) is not None:
            yield _considered_rule(rule, "not_signed_by_owner")


def _considered_rule(rule: Rule, why: str) -> dict[str, Any]:
    return {
        "kind": "rule",
        "id": rule.rule_id,
        "version": str(rule.version),
        "title": _texts(rule.title).get("zh", ""),
        "sha256": rule.sha256,
        "why": why,
        "basis": [_basis(b) for b in rule.basis],
    }


def _clocks(judgement: Judgement) -> dict[str, Any]:
    """Return the three clocks (D1); what was known is named by the agreement and the bundle's pins."""
    when, hit = issued(judgement.asked), judgement.hit
    day = judgement.asked.issue_date
    return {
        "t_issue": {
            "day": day.isoformat() if day is not None else None,
            "earliest": instant(when.get("earliest")),
            "latest": instant(when.get("latest")),
            "grade": judgement.asked.grade,
        },
        "t_eval": instant(judgement.at),
        "t_known": f"{hit.agreement.version} sha256:{hit.agreement.sha256}" if hit else None,
    }
