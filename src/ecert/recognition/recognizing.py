"""`recognize`: whether a region would accept a certificate that was verified before.

Takes a `VerifiedCertificate`, so that recognising before verifying is a type error, and refuses one
that was proven live under other trust or another policy than its own (L14). The three other axes
are carried over from that proof, which ended in a live accept; they say so, and they hold for the
instant of the proof alone: asked about another instant, they cannot be told.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from ecert import __version__
from ecert.errors import ECertError
from ecert.ids import RegionCode
from ecert.recognition.asked import FIRM, Asked, certificate_asked
from ecert.recognition.deciding import AXIS
from ecert.recognition.doubting import knowledge_at
from ecert.recognition.evaluating import evaluate
from ecert.recognition.explaining import with_pins
from ecert.report import (
    Axis,
    Check,
    Condition,
    Evidence,
    Mode,
    Outcome,
    Pin,
    Question,
    Reason,
    Report,
    Subject,
    Tool,
    Verdict,
    all_of,
    leaf,
    unknown,
)
from ecert.trust.need import Need
from ecert.trust.source import Trust
from ecert.trust.store import TrustStore
from ecert.verification.dating import doubts_about_trust
from ecert.verification.judge import stamp
from ecert.verification.policy import Policy
from ecert.verification.verified import VerifiedCertificate

__all__ = ["RecognitionDecision", "recognize"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognitionDecision:
    """What a live accept of `recognize` hands out.

    Args:
        verdict: of the recognition axis. reasons: its notes and causes.
        agreement: id and version. basis: legal basis, as text. conditions: all of them met.
    """

    verdict: Verdict
    reasons: tuple[Reason, ...]
    relying: str
    issuing: str
    type_code: str
    matter: str | None
    agreement: str
    basis: tuple[str, ...]
    conditions: tuple[Condition, ...]
    subject_sha256: str
    trust_sha256: str
    at: datetime


def recognize(
    verified: VerifiedCertificate,
    *,
    relying: str,
    matter: str | None,
    trust: Trust,
    at: datetime | None = None,
    policy: Policy | None = None,
) -> Report[RecognitionDecision]:
    """Return the report on one recognition question.

    Args:
        relying: division code of the region that would accept. matter: service item, or None.
        trust: the trust under which it was verified; of a bundle the roles of both sides are read.
        at: evaluated instant; None is the instant of verification, any other makes an as-of answer.
        policy: as it was verified under.

    Raises:
        ECertError: ``recognition.foreign_proof``: proven under another trust, policy or mode.
        InvalidIdentifier: ``relying`` is no division code.
        TrustError: a role of the bundle that is needed cannot be used.
    """
    rules = policy or Policy.default()
    asked = _asked(verified, relying, matter)
    need = Need(
        issuing=asked.issuing, issuer_code=verified.issuer_code or None, relying=asked.relying
    )
    store = trust.narrowed(need)
    _own_proof(verified, store, rules)
    moment = verified.at if at is None else at
    mode = Mode.LIVE if moment == verified.at else Mode.AS_OF
    found = evaluate(asked, knowledge_at(store, moment, mode=mode), at=moment)
    axis, pins = found.axis, store.pins(moment)
    conditions = (*doubts_about_trust(store, moment, mode=mode), *found.conditions)
    if store.test_only:
        conditions = (*conditions, Condition(code="trust.test_only", met="no"))
    carried = [_carried(a.value, verified, moment) for a in Axis if a is not Axis.RECOGNITION]
    root = stamp(all_of("report", (*carried, axis)), rules)
    return Report(
        subject=Subject(sha256=verified.subject_sha256),
        question=Question(
            at=moment,
            mode=mode,
            policy=rules.id,
            relying=asked.relying,
            matter=asked.matter,
        ),
        policy=Pin(id=rules.id, version=rules.version, sha256=rules.sha256),
        tool=_tool(),
        root=root,
        trust=pins,
        conditions=conditions,
        recognition=with_pins(found.explanation, pins),
        value=_decision(asked, verified, root, conditions, moment),
    )


def _own_proof(verified: VerifiedCertificate, trust: TrustStore, policy: Policy) -> None:
    differing = [
        name
        for name, same in (
            ("mode", verified.mode is Mode.LIVE and not trust.assumptions),
            ("trust", verified.trust_sha256 == trust.sha256),
            ("policy", verified.policy_sha256 == policy.sha256 and policy.accept == "allowed"),
        )
        if not same
    ]
    if differing:
        raise ECertError(
            "recognition.foreign_proof",
            f"the certificate was not proven live under this {', '.join(differing)}",
            params={"what": ", ".join(differing)},
            hint="verify it again, with the trust and the policy that are used here",
        )


def _asked(verified: VerifiedCertificate, relying: str, matter: str | None) -> Asked:
    """Return the question; only a firm signing instant may carry grandfathering (L11)."""
    return replace(
        certificate_asked(verified.certificate, verified.profile_id),
        issuer=verified.listing,
        state=verified.state or None,
        relying=str(RegionCode.parse(relying)),
        matter=matter or None,
        issuing=verified.area_code or None,
        type_code=verified.type_code or None,
        profile_id=verified.profile_id or None,
        issue_date=verified.issue_date,
        grade=verified.signing_grade,
        signed_by=verified.signing_time if verified.signing_grade in FIRM else None,
    )


def _carried(name: str, verified: VerifiedCertificate, at: datetime) -> Check:
    when = verified.at.isoformat()
    evidence = (
        Evidence("proof.at", when),
        Evidence("proof.trust", verified.trust_sha256),
        Evidence("proof.policy", verified.policy_sha256),
        Evidence("proof.subject", verified.subject_sha256),
    )
    held = Outcome(ok=True, code="recognition.carried", params=(("at", when),))
    outcome = held if at == verified.at else unknown("recognition.other_instant", at=when)
    return leaf(name, outcome, evidence=evidence, clause="never-accept L14")


def _tool() -> Tool:
    from ecert.crypto.sm2.engine import current_engine

    engine = current_engine()
    return Tool(
        version=__version__,
        sm2_engine=f"{engine.name} {engine.version}",
        certified=engine.certified,
    )


def _decision(
    asked: Asked,
    verified: VerifiedCertificate,
    root: Check,
    conditions: tuple[Condition, ...],
    at: datetime,
) -> RecognitionDecision:
    axis = root.children[-1]
    shown = [e for c in axis.walk() for e in c.evidence if c.id == f"{AXIS}.agreement"]
    named = {e.name: str(e.value) for e in shown}
    return RecognitionDecision(
        verdict=axis.verdict,
        reasons=tuple(r for c in axis.walk() for r in c.reasons),
        relying=asked.relying,
        issuing=asked.issuing or "",
        type_code=asked.type_code or "",
        matter=asked.matter,
        agreement=f"{named.get('agreement.id', '')} {named.get('agreement.version', '')}".strip(),
        basis=tuple(str(e.value) for e in shown if e.name == "basis"),
        conditions=conditions,
        subject_sha256=verified.subject_sha256,
        trust_sha256=verified.trust_sha256,
        at=at,
    )
