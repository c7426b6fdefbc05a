"""The fourth axis, made from a judgement: every check of the tree in its place, with its evidence.

The tree (architecture.md 3.3): .agreement .signed_by_parties .in_force .type .equivalences .matter
.assurance .rules .conditions; equivalences stand there where the agreement carries some. Shipped
references answer INDETERMINATE (L18). Conditions never turn into a pass: they stand beside the verdicts
until met (L20).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ecert.recognition.deciding import AXIS, Judgement, Part
from ecert.recognition.edges import Hit, Why
from ecert.recognition.ruling import Ran, service_at_issue
from ecert.recognition.translating import Translation
from ecert.report import Check, Evidence, Reason, all_of, blocked, leaf, not_applicable
from ecert.trust.agreement import Agreement

__all__ = ["render_axis"]

_SHOWN = 32
_CLAUSES = {"agreement": "recognition.md D7", "signed_by_parties": "never-accept L19"}


def render_axis(judgement: Judgement, beyond: Sequence[tuple[Agreement, Why]] = ()) -> Check:
    """Return the recognition axis of a judgement.

    Args:
        beyond: agreements that are not between the two sides, for the list of those looked at.
    """
    return all_of(AXIS, [_leaf(part, judgement, beyond) for part in judgement.parts])


def _leaf(part: Part, judgement: Judgement, beyond: Sequence[tuple[Agreement, Why]]) -> Check:
    check_id = f"{AXIS}.{part.name}"
    if part.skipped:
        return not_applicable(check_id, part.skipped)
    if part.outcome is None:
        return blocked(check_id, part.by)
    evidence = _EVIDENCE[part.name](judgement) if part.name in _EVIDENCE else ()
    if part.name == "agreement":
        evidence = (*evidence, *_considered(judgement, beyond))
    made = leaf(check_id, part.outcome, evidence=evidence, clause=_CLAUSES.get(part.name))
    if not part.more:
        return made
    more = tuple(Reason(o.code, o.params) for o in part.more if o.code)
    return Check(
        id=made.id,
        verdict=made.verdict,
        clause=made.clause,
        reasons=(*made.reasons, *more),
        evidence=made.evidence,
    )


def clocks(judgement: Judgement) -> tuple[Evidence, ...]:
    """Return the first two clocks (D1); the third is the version and digest of what was used."""
    asked = judgement.asked
    day = asked.issue_date.isoformat() if asked.issue_date else None
    return (
        Evidence("clock.issue", day),
        Evidence("clock.issue.grade", asked.grade),
        Evidence("clock.evaluation", judgement.at.isoformat()),
    )


def _agreement(judgement: Judgement) -> tuple[Evidence, ...]:
    shown = judgement.hit or judgement.reference
    rivals = judgement.found.rivals if judgement.found is not None else ()
    bases = tuple(e for h in rivals[:_SHOWN] for e in _bases(h.agreement))
    return (
        *clocks(judgement),
        *(_about(shown) if shown is not None else ()),
        *_service(judgement),
        *bases,
    )


def _about(hit: Hit) -> tuple[Evidence, ...]:
    agreement, edge = hit.agreement, hit.edge
    deviations = (d.deviation for d in hit.deviations)
    return (
        Evidence("clock.known", f"{agreement.version} sha256:{agreement.sha256}"),
        Evidence("agreement.id", agreement.agreement_id),
        Evidence("agreement.version", agreement.version),
        Evidence("agreement.title", agreement.title),
        Evidence("agreement.effect", agreement.effect),
        Evidence("agreement.confidence", agreement.confidence),
        Evidence("agreement.edge", f"{edge.relying} <- {edge.issuing} ({edge.covers})"),
        *_bases(agreement),
        *(
            Evidence(
                "deviation",
                f"{d.deviation_id} v{d.version} {d.division} {'; '.join(d.changes)}"
                f" until {d.until.isoformat()}",
                str(d.allowed_by),
            )
            for d in deviations
        ),
    )


def _bases(agreement: Agreement) -> tuple[Evidence, ...]:
    return tuple(Evidence("basis", str(b), agreement.agreement_id) for b in agreement.basis)


def _service(judgement: Judgement) -> tuple[Evidence, ...]:
    """D7.2: the issuer's listed service at both times; that they differ is seen here."""
    asked = judgement.asked
    if asked.issuer is None or judgement.hit is None:
        return ()
    return (
        Evidence("issuer.status_at_issue", service_at_issue(asked)),
        Evidence("issuer.status_now", asked.issuer.state_at(judgement.at)),
    )


def _considered(
    judgement: Judgement, beyond: Sequence[tuple[Agreement, Why]]
) -> tuple[Evidence, ...]:
    found = judgement.found.considered if judgement.found is not None else ()
    return tuple(
        Evidence("considered", f"{a.agreement_id} {a.version} {a.sha256[:16]}: {why}")
        for a, why in (*found, *beyond)[:_SHOWN]
    )


def _signed(judgement: Judgement) -> tuple[Evidence, ...]:
    hit = judgement.hit
    if hit is None:
        return ()
    signers = (Evidence("signed_by", code) for code in hit.agreement.signed_by[:_SHOWN])
    return (Evidence("agreement.sha256", hit.agreement.sha256), *signers)


def _windows(judgement: Judgement) -> tuple[Evidence, ...]:
    windows = judgement.hit.agreement.windows if judgement.hit is not None else ()
    return (
        *clocks(judgement),
        *(
            Evidence(
                "agreement.window", f"{state} {start.isoformat()}/{end.isoformat() if end else ''}"
            )
            for state, start, end in windows
        ),
    )


def _type(judgement: Judgement) -> tuple[Evidence, ...]:
    asked = judgement.asked
    return (Evidence("asked.type", asked.type_code), Evidence("asked.profile", asked.profile_id))


def _translated(judgement: Judgement) -> tuple[Evidence, ...]:
    return tuple(_step(s) for s in judgement.translated.steps)


def _step(step: Translation) -> Evidence:
    lost = " (lossy)" if step.lossy else ""
    text = f"{step.path}: {step.value} -> {' | '.join(step.into)}{lost}"
    return Evidence(f"equivalence.{step.kind}", text, step.table or None, step.personal)


def _matter(judgement: Judgement) -> tuple[Evidence, ...]:
    return (Evidence("asked.matter", judgement.asked.matter),)


def _assurance(judgement: Judgement) -> tuple[Evidence, ...]:
    issuer = judgement.asked.issuer
    return (Evidence("issuer.assurance", issuer.assurance if issuer is not None else None),)


def _rules(judgement: Judgement) -> tuple[Evidence, ...]:
    return tuple(e for ran in judgement.ran for e in _ran(ran))


def _ran(ran: Ran) -> tuple[Evidence, ...]:
    if ran.result is None:
        return (Evidence("rule", f"{ran.name}: missing"),)
    rule = ran.result.rule
    told = Evidence(
        "rule", f"{rule.rule_id} v{rule.version} {ran.voice} {ran.weight}: {ran.outcome}"
    )
    return (told, *(Evidence("basis", str(b), rule.rule_id) for b in rule.basis))


def _conditions(judgement: Judgement) -> tuple[Evidence, ...]:
    named = judgement.hit.agreement.conditions if judgement.hit is not None else ()
    return tuple(Evidence("condition", name) for name in named)


_EVIDENCE: Mapping[str, Callable[[Judgement], tuple[Evidence, ...]]] = {
    "agreement": _agreement,
    "signed_by_parties": _signed,
    "in_force": _windows,
    "type": _type,
    "equivalences": _translated,
    "matter": _matter,
    "assurance": _assurance,
    "rules": _rules,
    "conditions": _conditions,
}
