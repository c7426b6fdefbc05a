"""The report as JSON, schema ``ecert.report/1``: codes only, fixed key order, no clock, no locale."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from ecert.report.check import Check, Evidence, Reason, Weight
from ecert.report.codes import info
from ecert.report.etsi import CUSTOM, Projection, project
from ecert.report.masking import explained, masked, masked_reason
from ecert.report.outcome import Scalar
from ecert.report.text import mask, mask_numbers, safe_text
from ecert.report.verdict import Verdict

if TYPE_CHECKING:
    from ecert.report.report import CertificateView, Report, SignatureSummary, Tool

__all__ = ["SCHEMA", "dumps", "error_document", "report_dict", "tool_dict"]

SCHEMA = "ecert.report/1"
Reveal = Literal["masked", "personal"]


def dumps(data: dict[str, Any]) -> str:
    """Return one line of JSON, UTF-8, key order as built."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def instant(moment: datetime | None) -> str | None:
    """Return an aware time as ISO 8601 in UTC with ``Z``."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _value(value: Scalar, *, personal: Reveal | None) -> Scalar:
    if not isinstance(value, str):
        return value
    text = safe_text(value)
    return mask(text) if personal == "masked" else text


def _reason(reason: Reason) -> dict[str, Any]:
    out: dict[str, Any] = {"code": reason.code}
    if reason.params:
        out["params"] = {k: _value(v, personal=None) for k, v in reason.params}
    return out


def _evidence(item: Evidence, reveal: Reveal) -> dict[str, Any]:
    out: dict[str, Any] = {
        "name": item.name,
        "value": _value(item.value, personal=reveal if item.personal else None),
    }
    if item.source is not None:
        out["source"] = safe_text(item.source)
    return out


def check_dict(check: Check, reveal: Reveal) -> dict[str, Any]:
    """Return one node of the tree with everything below it."""
    out: dict[str, Any] = {"id": check.id, "verdict": check.verdict.value}
    if check.weight is Weight.ADVISORY:
        out["weight"] = check.weight.value
    if check.clause:
        out["clause"] = check.clause
    if check.reasons:
        out["reasons"] = [_reason(r) for r in check.reasons]
    if check.evidence:
        out["evidence"] = [_evidence(e, reveal) for e in check.evidence]
    if check.children:
        out["checks"] = [check_dict(c, reveal) for c in check.children]
    return out


def _axis(check: Check) -> dict[str, Any]:
    causes = list(check.causes())
    if check.verdict is Verdict.NOT_APPLICABLE:
        causes = [check]
    codes = dict.fromkeys(r.code for c in causes for r in c.reasons)
    ages = [
        e.value
        for c in check.walk()
        for e in c.evidence
        if e.name == "evidence.age_s" and isinstance(e.value, int)
    ]
    return {
        "verdict": check.verdict.value,
        "reasons": list(codes),
        "evidence_age_s": max(ages) if ages else None,
    }


def _signature(sig: SignatureSummary, theirs: Projection | None) -> dict[str, Any]:
    """Return one signature; one that the tree does not judge says nothing in the standard's words."""
    etsi = theirs or Projection("INDETERMINATE", CUSTOM)
    return {
        "index": sig.index,
        "role": sig.role,
        "kind": sig.kind,
        "profile": sig.profile,
        "algorithms": list(sig.algorithms),
        "signer": safe_text(sig.signer) if sig.signer else None,
        "cert_sha256": sig.cert_sha256,
        "issuer_id": sig.issuer_id,
        "seal_id": safe_text(sig.seal_id) if sig.seal_id else None,
        "time": {
            "declared": instant(sig.time.declared),
            "proven": instant(sig.time.proven),
            "grade": sig.time.grade,
        },
        "integrity": sig.integrity.value,
        "trust": sig.trust.value,
        "coverage": sig.coverage,
        "covers_current": sig.covers_current,
        "uncovered": [safe_text(p) for p in sig.uncovered],
        "quirks": list(sig.quirks),
        "etsi": {"indication": etsi.indication, "sub_indication": etsi.sub_indication},
    }


def _certificate(view: CertificateView | None, reveal: Reveal) -> dict[str, Any] | None:
    if view is None:
        return None
    fields = {
        name: {
            "value": _value(f.value, personal=reveal if f.personal else None),
            "source": safe_text(f.source),
            "covered_by": f.covered_by,
        }
        for name, f in view.fields.items()
    }
    return {"kind": view.kind, "fields": fields}


def _next(report: Report[Any]) -> list[dict[str, str]]:
    steps: dict[str, str] = {}
    first = (report.error.code,) if report.error else ()
    for code in (*first, *report.reasons()):
        entry = info(code)
        if entry.zh_next:
            steps.setdefault(code, entry.actor or "clerk")
    return [{"code": code, "actor": actor} for code, actor in steps.items()]


def tool_dict(tool: Tool) -> dict[str, Any]:
    """Return who computed."""
    return {
        "name": tool.name,
        "version": tool.version,
        "sm2_engine": tool.sm2_engine,
        "certified": tool.certified,
    }


def report_dict(report: Report[Any], *, reveal: Reveal = "masked") -> dict[str, Any]:
    """Return the whole report as plain data in the order of the published contract."""
    report = masked(report) if reveal == "masked" else report
    q, s = report.question, report.subject
    theirs = project(report.root)
    out: dict[str, Any] = {
        "schema": SCHEMA,
        "tool": tool_dict(report.tool),
        "question": {
            "relying": q.relying,
            "matter": q.matter,
            "at": instant(q.at),
            "mode": q.mode.value,
            "policy": q.policy,
            "assumptions": [mask_numbers(safe_text(a)) for a in q.assumptions],
        },
        "subject": {
            "index": s.index,
            "name": safe_text(s.name),
            "sha256": s.sha256,
            "media_type": s.media_type,
            "size": s.size,
        },
        "decision": report.ending if q.mode.value == "simulated" else report.decision.value,
        "exit": report.exit_code,
        "axes": {axis.value: _axis(check) for axis, check in report.axes.items()},
        "conditions": [{"code": c.code, "met": c.met} for c in report.conditions],
        "next": _next(report),
        "use_until": instant(report.use_until),
        "signatures": [_signature(x, theirs.get(x.index)) for x in report.signatures],
        "certificate": _certificate(report.certificate, reveal),
        "policy": {
            "id": report.policy.id,
            "version": report.policy.version,
            "sha256": report.policy.sha256,
        },
        "trust": [
            {"id": safe_text(p.id), "version": p.version, "sha256": p.sha256}
            | {"state": p.state, "age_s": p.age_s}
            for p in report.trust
        ],
        "root": check_dict(report.root, reveal),
    }
    if report.recognition is not None:
        out["recognition"] = explained(report.recognition, safe_text)
    if report.error is not None:
        out["error"] = _reason(report.error)
    return out


def error_document(tool: Tool, reason: Reason, *, exit_code: int, name: str = "") -> dict[str, Any]:
    """Return the JSON for an answer that has no report: usage or configuration (exit 2, 5, 70)."""
    return {
        "schema": SCHEMA,
        "tool": tool_dict(tool),
        "subject": {"name": safe_text(name)},
        "decision": "refer",
        "exit": exit_code,
        "error": _reason(masked_reason(reason)),
    }
