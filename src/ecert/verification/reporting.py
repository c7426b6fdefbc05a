"""From a judged case to the one report: conditions, certificate view, how long the answer may be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, timezone
from typing import Any, Literal

from ecert.report import (
    Axis,
    CertificateView,
    Check,
    Condition,
    FieldView,
    Mode,
    Outcome,
    Pin,
    Question,
    Reason,
    Report,
    Subject,
    Tool,
    all_of,
    blocked,
    leaf,
    not_applicable,
)
from ecert.verification.case import Case
from ecert.verification.judge import Judgement, judge
from ecert.verification.policy import Policy

__all__ = ["Setting", "report_of", "report_of_error"]

_SHANGHAI = timezone(timedelta(hours=8))
UNREADABLE_EXIT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What surrounds a case: the file's name, the question, the trust that was used.

    Args:
        assumptions: what the trust takes as true and is not; the mode is simulated then.
        test_trust: the material is TEST-ONLY: not_test, refused (no explicit permission), allowed (L4).
        recognition: the fourth axis and its conditions, where a relying region was named;
            explanation: why, as plain data.
    """

    subject: Subject = field(default_factory=Subject)
    mode: Mode = Mode.LIVE
    assumptions: tuple[str, ...] = ()
    relying: str | None = None
    matter: str | None = None
    tool: Tool = field(default_factory=Tool)
    trust: tuple[Pin, ...] = ()
    test_trust: Literal["not_test", "refused", "allowed"] = "not_test"
    recognition: Check | None = None
    explanation: Mapping[str, Any] | None = None
    conditions: tuple[Condition, ...] = ()
    trust_ends: datetime | None = None


def report_of(
    case: Case, policy: Policy, *, at: datetime, setting: Setting | None = None, value: Any = None
) -> Report[Any]:
    """Return the report of one case under one policy at one instant."""
    given = setting or Setting()
    found = judge(case, policy, at, mode=given.mode, recognition=given.recognition)
    return Report(
        subject=given.subject,
        question=_question(policy, at, given),
        policy=Pin(id=policy.id, version=policy.version, sha256=policy.sha256),
        tool=given.tool,
        root=found.root,
        trust=given.trust,
        signatures=found.signatures,
        conditions=_conditions(policy, given),
        certificate=_view(case, found),
        recognition=given.explanation,
        use_until=_use_until(case, policy, found, given.trust_ends),
        test_trust="allowed" if given.test_trust == "allowed" else "none",
        value=value,
    )


def report_of_error(
    outcome: Outcome, policy: Policy, *, at: datetime, setting: Setting, exit_code: int
) -> Report[Any]:
    """Return the report for an input that could not be read: refused, with its reason (exit 4)."""
    node = leaf("format.recognized", outcome)
    code = outcome.code or "internal.error"
    rest = [blocked(axis.value, "format.recognized") for axis in (Axis.STATUS, Axis.CONFORMITY)]
    root = all_of(
        "report",
        (
            all_of(Axis.AUTHENTICITY.value, [all_of("format", [node])]),
            *rest,
            not_applicable(Axis.RECOGNITION.value, "recognition.not_asked"),
        ),
    )
    return Report(
        subject=setting.subject,
        question=_question(policy, at, setting),
        policy=Pin(id=policy.id, version=policy.version, sha256=policy.sha256),
        tool=setting.tool,
        root=root,
        trust=setting.trust,
        error=Reason(code, outcome.params),
        error_exit=exit_code,
    )


def _question(policy: Policy, at: datetime, setting: Setting) -> Question:
    return Question(
        at=at,
        mode=setting.mode,
        policy=policy.id,
        relying=setting.relying,
        matter=setting.matter,
        assumptions=setting.assumptions,
    )


def _conditions(policy: Policy, setting: Setting) -> tuple[Condition, ...]:
    """L4, L20, L23: what forbids an accept beside the verdicts."""
    own = []
    if policy.capped().accept == "never":  # also one that was made by hand, not read
        own.append(Condition(code="policy.cannot_accept", met="no"))
    if setting.test_trust == "refused":
        own.append(Condition(code="trust.test_only", met="no"))
    return (*own, *setting.conditions)


def _view(case: Case, found: Judgement) -> CertificateView | None:
    if case.data is None:
        return None
    index = found.issuer_index
    fields = {
        name: FieldView(
            value=f.value,
            source=f.source,
            covered_by=index if index is not None and index in f.covered_by else None,
            personal=f.personal,
            label=f.label,
        )
        for name, f in case.data.fields
    }
    return CertificateView(kind=case.data.kind, fields=fields)


def _use_until(
    case: Case, policy: Policy, found: Judgement, trust_ends: datetime | None
) -> datetime | None:
    """Return the first instant at which some evidence of this answer runs out."""
    ends = [trust_ends] if trust_ends is not None else []
    for known in (case.status, case.status.cascade):
        if known.issued_at is not None:
            ends += _later(known.issued_at, timedelta(seconds=policy.status_age_s))
        ends += [known.next_update] if known.next_update else []
    for sig in case.signatures:
        if sig.index != found.issuer_index or sig.signer is None:
            continue
        ends.append(sig.signer.not_after)
        ends += [a.next_update for x in sig.signer.revocation for a in x if a.next_update]
        ends += [x.next_update for x in sig.signer.listings if x.next_update]
    if case.data is not None and case.data.validity_end is not None:
        midnight = datetime.combine(case.data.validity_end, time(0), _SHANGHAI)
        ends += _later(midnight, timedelta(days=1))
    return min(ends) if ends else None


def _later(moment: datetime, span: timedelta) -> list[datetime]:
    """Return the instant so much later in UTC, or nothing beyond the calendar (99991231 is used)."""
    try:
        return [(moment + span).astimezone(UTC)]
    except OverflowError:
        return []
