"""Hand-made agreements and questions for the tests of trust and recognition."""

from __future__ import annotations

import copy
import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from ecert.recognition import Asked, evaluate
from ecert.recognition.asked import Fact
from ecert.trust.agreement import Agreement, parse_agreement
from ecert.trust.codetable import parse_code_table
from ecert.trust.deviation import parse_deviation
from ecert.trust.knowledge import Knowledge
from ecert.trust.matters import parse_matters
from ecert.trust.rule import Rule, parse_rule
from ecert.verification.case import ListingCase

LICENCE = "11100000MB0143028R001"
CARD = "11100000000013127D001"
AT = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)

BASE: dict[str, Any] = {
    "agreement_id": "test.east",
    "version": "1",
    "title": "示例互认协议",
    "kind": "bilateral",
    "legal_basis": [
        {
            "document": "示例文件〔2024〕1号",
            "issuer": "示例机关",
            "date": "2024-01-01",
            "clause": "第三条",
        }
    ],
    "edges": [{"relying": "310000", "issuing": "350000", "covers": "subtree"}],
    "scope": {"certificate_types": [LICENCE], "matters": ["company.change"]},
    "effect": "equivalent",
    "status": "enacted",
    "status_start": "2024-01-01T00:00:00+08:00",
    "confidence": "reported",
}


def body(**changes: Any) -> dict[str, Any]:
    """Return a D4 mapping; ``scope_x=...`` changes a member of the scope, None drops a member."""
    made = copy.deepcopy(BASE)
    for name, value in changes.items():
        target, key = (made["scope"], name[6:]) if name.startswith("scope_") else (made, name)
        if value is None:
            target.pop(key, None)
        else:
            target[key] = value
    return made


def parsed(plain: dict[str, Any], origin: str = "operator") -> Agreement:
    return parse_agreement(plain, "agreements/test.yaml", sha256=_digest(plain), origin=origin)  # type: ignore[arg-type]


def agreement(**changes: Any) -> Agreement:
    return parsed(body(**changes))


def knowledge_of(vector: dict[str, Any]) -> Knowledge:
    """Return the knowledge of one vector: agreements, and in a bundle who signed what."""
    plain = dict(vector.get("knowledge", {}))
    signers = plain.get("signed_by", [])
    agreements = [parsed(a) for a in vector["agreements"]]
    return Knowledge(
        origin=plain.get("origin", "folder"),
        agreements=tuple(
            replace(a, signed_by=tuple(signers[i]) if i < len(signers) else ())
            for i, a in enumerate(agreements)
        ),
        rules=_documents(plain.get("rules", []), parse_rule),
        deviations=_documents(plain.get("deviations", []), parse_deviation),
        code_tables=_documents(plain.get("code_tables", []), parse_code_table),
        matters=_documents(plain.get("matters", []), parse_matters),
        complete=tuple(plain.get("complete", [])),
        references=tuple(parsed(a, "reference") for a in vector["references"]),
    )


def _documents(items: list[dict[str, Any]], parse: Any) -> tuple[Any, ...]:
    return tuple(
        replace(
            parse(item["body"], "test.yaml", sha256=_digest(item["body"])),
            signed_by=tuple(item["signed_by"]),
        )
        for item in items
    )


def _digest(plain: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def question_of(plain: dict[str, Any]) -> Asked:
    """Return the question of one vector; ``assurance`` is that of the issuer's entry."""
    given = dict(plain)
    if given.get("issue_date"):
        given["issue_date"] = date.fromisoformat(given["issue_date"])
    if given.get("signed_by"):
        given["signed_by"] = datetime.fromisoformat(given["signed_by"])
    if "facts" in given:
        given["facts"] = tuple(
            Fact(**(f | {"many": tuple(f.get("many", ()))})) for f in given["facts"]
        )
    if "assurance" in given or "service" in given:
        given["issuer"] = ListingCase(
            authority="11350100003606000A",
            name="示例机关",
            kind="certificate-issuer",
            assurance=given.pop("assurance", ""),
            states=tuple(_window(*w) for w in given.pop("service", [])),
        )
    return Asked(**given)


def _window(state: str, start: str, end: str | None) -> Any:
    return (
        state,
        datetime.fromisoformat(start),
        datetime.fromisoformat(end) if end is not None else None,
    )


def axis_of(question: Asked, agreements: Any, *, at: datetime, references: Any = None) -> Any:
    """Return the recognition axis and its conditions, as a plain folder answers."""
    known = None if references is None else tuple(references)
    knowledge = Knowledge(agreements=tuple(agreements), references=known)
    found = evaluate(question, knowledge, at=at)
    return found.axis, found.conditions


def rule(rule_id: str, expression: str, **changes: Any) -> Rule:
    """Return a rule of one condition, in force, signed by nobody."""
    told = {"zh-CN": "示例"}
    kind = {"AR": "acceptance", "IR": "invalidation", "WR": "advisory"}[rule_id[:2]]
    made = {
        "schema": "ecert.rule/1", "rule_id": rule_id, "version": 1, "kind": kind, "title": told,
        "owner": rule_id[3:9], "engine": {"name": "ecert.rules", "min_version": "1.0"},
        "data_schema": {"min": 1, "max": 1}, "applies_to": {},
        "valid_from": "2024-01-01T00:00:00+08:00",
        "notice": {"published": "2023-12-01T00:00:00+08:00"}, "level": "FAIL",
        "affected_fields": ["cert.kind"],
        "conditions": [{
            "id": "one", "expression": expression,
            "messages": {"pass": told, "fail": told, "unknown": told},
        }],
        "remedy": told, "legal_basis": [{"document": "示例文件〔2024〕9号"}],
    } | changes  # fmt: skip
    return parse_rule(made, "test.yaml", sha256=_digest(made))


def edge(relying: str, issuing: str, covers: str = "subtree") -> dict[str, str]:
    return {"relying": relying, "issuing": issuing, "covers": covers}


def asked(**changes: Any) -> Asked:
    """Return a question that the base agreement answers."""
    given: dict[str, Any] = {
        "relying": "310000",
        "matter": "company.change",
        "issuing": "350100",
        "type_code": LICENCE,
        "profile_id": "business_license",
        "issue_date": date(2025, 3, 18),
        "grade": "declared",
    }
    return Asked(**(given | changes))
