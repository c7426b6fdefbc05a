"""Hand-made agreements and questions for the tests of trust and recognition."""

from __future__ import annotations

import copy
import hashlib
import json
from datetime import UTC, date, datetime
from typing import Any

from ecert.recognition import Asked
from ecert.trust.agreement import Agreement, parse_agreement

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
    digest = hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
    return parse_agreement(plain, "agreements/test.yaml", sha256=digest, origin=origin)  # type: ignore[arg-type]


def agreement(**changes: Any) -> Agreement:
    return parsed(body(**changes))


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
