"""A rule that is fit to publish, to be bent by tests."""

from __future__ import annotations

import copy
from typing import Any

from ecert.trust.rule import Rule, parse_rule

__all__ = ["BODY", "body", "rule"]


def said(word: str) -> dict[str, str]:
    return {"zh-CN": f"{word}（说明）", "en": f"{word} (said)"}


BODY: dict[str, Any] = {
    "schema": "ecert.rule/1",
    "rule_id": "AR-500000-0001",
    "version": "1",
    "kind": "acceptance",
    "title": said("licence"),
    "owner": "500000",
    "engine": {"name": "ecert.rules", "min_version": "1.0"},
    "data_schema": {"min": "1", "max": "1"},
    "applies_to": {
        "certificate_types": ["driving_licence"],
        "issuing": ["510000"],
        "relying": ["500000"],
    },
    "valid_from": "2026-01-01T00:00:00+08:00",
    "notice": {"published": "2025-12-01T00:00:00+08:00"},
    "level": "FAIL",
    "affected_fields": ["cert.long_term", "cert.valid_to", "t_eval"],
    "conditions": [
        {
            "id": "in_validity",
            "expression": "cert.long_term || cert.valid_to >= day(t_eval)",
            "messages": {
                "pass": said("pass"),
                "fail": {"zh-CN": "已于 {cert.valid_to} 到期", "en": "expired on {cert.valid_to}"},
                "unknown": said("unknown"),
            },
        }
    ],
    "on_unknown": "refer",
    "remedy": said("remedy"),
    "legal_basis": [{"document": "虚构文件", "clause": "第三条"}],
    "example": {
        "cert": {"long_term": False, "valid_to": "2027-05-31"},
        "t_eval": "2026-06-01T09:00:00+08:00",
    },
    "tests": [
        {"name": "in", "expect": "pass"},
        {
            "name": "long-term",
            "expect": "pass",
            "set": {"cert.long_term": True},
            "unset": ["cert.valid_to"],
        },
        {"name": "expired", "expect": "fail", "set": {"cert.valid_to": "2026-05-31"}},
        {"name": "no end", "expect": "unknown", "unset": ["cert.valid_to"]},
    ],
}


def body(expression: str | None = None, *fields: str, **changes: Any) -> dict[str, Any]:
    """Return the rule's JSON, with other members, or another expression and the fields it reads."""
    made = copy.deepcopy(BODY) | changes
    if expression is not None:
        made["conditions"][0]["expression"] = expression
        made["conditions"][0]["messages"] = {
            word: said(word) for word in ("pass", "fail", "unknown")
        }
        made["affected_fields"] = sorted(fields)
    return made


def rule(expression: str | None = None, *fields: str, **changes: Any) -> Rule:
    """Return the rule of `body`."""
    return parse_rule(body(expression, *fields, **changes), "rule.yaml")
