"""The fourth axis: what the agreements say of one question, every check of the tree in its place.

The tree (architecture.md 3.3): .agreement .signed_by_parties .in_force .type .matter .assurance
.rules .conditions. Shipped references answer INDETERMINATE (L18); an agreement of the operator's
folder counts as the operator's own decision and is named so (L19: no party's signature was
verified). Conditions never turn into a pass: they stand beside the verdicts until met (L20).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ecert.recognition.asked import Asked
from ecert.recognition.edges import Hit, Search, search
from ecert.recognition.reference import reference_agreements
from ecert.recognition.territory import Place, place
from ecert.report import (
    OK,
    Check,
    Condition,
    Evidence,
    Outcome,
    all_of,
    blocked,
    failed,
    leaf,
    not_applicable,
    unknown,
)
from ecert.trust.agreement import Agreement

__all__ = ["AXIS", "recognition_axis"]

AXIS = "recognition"
_NAMES = (
    "agreement", "signed_by_parties", "in_force", "type", "matter", "assurance", "rules",
    "conditions",
)  # fmt: skip
_RULE = re.compile(r"(?:AR|IR|WR)[-_]?[0-9]")
_SHOWN = 32


def recognition_axis(
    asked: Asked,
    agreements: Sequence[Agreement],
    *,
    at: datetime,
    references: Sequence[Agreement] | None = None,
) -> tuple[Check, tuple[Condition, ...]]:
    """Return the recognition axis and the conditions that must be met before anybody accepts.

    Args:
        agreements: of the operator's trust. at: evaluated instant, aware.
        references: published facts that never count; the shipped ones if not given.
    """
    if asked.blocked_by is not None:
        return _stopped({}, rest=asked.blocked_by), ()
    relying, issuing = place(asked.relying, at), place(asked.issuing, at)
    clocks = _clocks(asked, at)
    if relying is None or issuing is None:
        code = asked.relying if relying is None else asked.issuing or "-"
        return _stopped(
            {"agreement": (unknown("agreement.region_unknown", division=code), clocks)}
        ), ()
    own = [a for a in agreements if not a.reference]
    found = search(asked, own, relying=relying, issuing=issuing, at=at)
    if found.chosen is not None:
        return _answered(found.chosen, found, asked, clocks)
    if found.rivals:
        return _stopped({"agreement": _ambiguous(found, clocks)}), ()
    known = [a for a in agreements if a.reference]
    known += reference_agreements() if references is None else references
    nearest = _reference(asked, known, relying, issuing, at)
    return _stopped(_missing(found, asked, nearest, clocks)), ()


def _stopped(
    leaves: dict[str, tuple[Outcome, tuple[Evidence, ...]]], *, rest: str = f"{AXIS}.agreement"
) -> Check:
    """Return the axis with the leaves that could be made; the others are blocked."""
    children = []
    for name in _NAMES:
        check_id = f"{AXIS}.{name}"
        if name in leaves:
            outcome, evidence = leaves[name]
            children.append(leaf(check_id, outcome, evidence=evidence))
        else:
            children.append(blocked(check_id, rest))
    return all_of(AXIS, children)


def _answered(
    hit: Hit, found: Search, asked: Asked, clocks: tuple[Evidence, ...]
) -> tuple[Check, tuple[Condition, ...]]:
    agreement = hit.agreement
    first = failed("agreement.refused", **_named(agreement)) if agreement.effect == "refuse" else OK
    about = (*clocks, *_about(hit), *_considered(found))
    plain = [c for c in agreement.conditions if not _RULE.match(c)]
    children = (
        leaf(f"{AXIS}.agreement", first, evidence=about, clause="recognition.md D7"),
        leaf(
            f"{AXIS}.signed_by_parties",
            Outcome(ok=True, code="agreement.operator_folder"),
            evidence=(Evidence("agreement.sha256", agreement.sha256),),
            clause="never-accept L19",
        ),
        leaf(f"{AXIS}.in_force", hit.force, evidence=(*clocks, *_windows(agreement))),
        leaf(f"{AXIS}.type", _type(agreement), evidence=_asked_type(asked)),
        leaf(f"{AXIS}.matter", OK, evidence=(Evidence("asked.matter", asked.matter),)),
        _assurance(agreement),
        _rules(agreement),
        _conditions_leaf(plain),
    )
    refused = first.ok is False
    return all_of(AXIS, children), () if refused else _conditions(agreement, plain)


def _type(agreement: Agreement) -> Outcome:
    """Equivalences are read but not applied yet: an answer that may hang on one cannot be told."""
    if agreement.equivalences:
        kinds = ", ".join(agreement.equivalences)
        return unknown("agreement.equivalences", agreement=agreement.agreement_id, kinds=kinds)
    return OK


def _assurance(agreement: Agreement) -> Check:
    if not agreement.min_assurance:
        return not_applicable(f"{AXIS}.assurance", "agreement.no_assurance")
    asked = unknown("agreement.assurance_unknown", level=agreement.min_assurance)
    return leaf(f"{AXIS}.assurance", asked)


def _rules(agreement: Agreement) -> Check:
    names = [c for c in agreement.conditions if _RULE.match(c)]
    if not names:
        return not_applicable(f"{AXIS}.rules", "agreement.no_rules")
    return leaf(f"{AXIS}.rules", unknown("rule.unknown", rules=", ".join(names[:_SHOWN])))


def _conditions_leaf(plain: list[str]) -> Check:
    if not plain:
        return not_applicable(f"{AXIS}.conditions", "agreement.no_conditions")
    shown = tuple(Evidence("condition", name) for name in plain)
    return leaf(f"{AXIS}.conditions", Outcome(ok=True, code="agreement.conditions"), evidence=shown)


def _conditions(agreement: Agreement, plain: list[str]) -> tuple[Condition, ...]:
    """Return what must be met beside the verdicts; nothing here is ever met by itself (L20)."""
    conditional = agreement.effect == "accept-with-conditions" and not agreement.conditions
    codes = {
        "agreement.information_only": agreement.effect == "information-only",
        "agreement.conditions_unstated": conditional,
        "agreement.condition": bool(plain),
        "agreement.holder_kind": bool(agreement.holder_kinds),
        "agreement.channel": bool(agreement.channels),
    }
    return tuple(Condition(code=code, met="unknown") for code, holds in codes.items() if holds)


def _ambiguous(found: Search, clocks: tuple[Evidence, ...]) -> tuple[Outcome, tuple[Evidence, ...]]:
    names = ", ".join(
        sorted(f"{h.agreement.agreement_id} {h.agreement.version}" for h in found.rivals)
    )
    bases = tuple(e for h in found.rivals[:_SHOWN] for e in _bases(h.agreement))
    return unknown("agreement.ambiguous", agreements=names), (*clocks, *bases, *_considered(found))


def _missing(
    found: Search, asked: Asked, nearest: Hit | None, clocks: tuple[Evidence, ...]
) -> dict[str, tuple[Outcome, tuple[Evidence, ...]]]:
    """Return the leaves that say that no agreement of the folder answers, and why."""
    pair = {"relying": asked.relying, "issuing": asked.issuing or "-"}
    parts: dict[str, tuple[Outcome, tuple[Evidence, ...]]] = {}
    missing_matter = "matter" in found.missed and asked.matter is None
    outcome = unknown("agreement.not_known", **pair)
    if missing_matter:
        outcome = unknown("check.blocked", by=f"{AXIS}.matter")
    elif nearest is not None:
        outcome = unknown("agreement.reference_only", **_named(nearest.agreement))
    more = _about(nearest) if nearest is not None else ()
    parts["agreement"] = (outcome, (*clocks, *more, *_considered(found)))
    if "matter" in found.missed:
        said = unknown("agreement.matter_not_asked")
        if asked.matter is not None:
            said = unknown("agreement.matter_not_covered", matter=asked.matter)
        parts["matter"] = (said, ())
    elif "type" in found.missed:
        unsaid = asked.type_code is None and asked.profile_id is None
        shown = asked.type_code or asked.profile_id or "-"
        said = unknown("agreement.type_not_covered", type=shown)
        parts["type"] = (unknown("agreement.type_unknown") if unsaid else said, _asked_type(asked))
    return parts


def _reference(
    asked: Asked, known: Sequence[Agreement], relying: Place, issuing: Place, at: datetime
) -> Hit | None:
    """Return the most specific published fact about a question, for information only."""
    hits = []
    for agreement in known:
        one = search(
            asked, [replace(agreement, reference=True)], relying=relying, issuing=issuing, at=at
        )
        if one.chosen is not None and one.chosen.state == "enacted":
            hits.append(one.chosen)
    return max(hits, key=_nearness) if hits else None


def _nearness(hit: Hit) -> tuple[int, int, str, str]:
    named = hit.agreement
    return sum(hit.territory), hit.type_rank, named.agreement_id, named.sha256


def _named(agreement: Agreement) -> dict[str, str]:
    return {"agreement": agreement.title, "basis": str(agreement.basis[0])}


def _bases(agreement: Agreement) -> tuple[Evidence, ...]:
    return tuple(Evidence("basis", str(b), agreement.agreement_id) for b in agreement.basis)


def _about(hit: Hit) -> tuple[Evidence, ...]:
    agreement, edge = hit.agreement, hit.edge
    return (
        Evidence("clock.known", f"{agreement.version} sha256:{agreement.sha256}"),
        Evidence("agreement.id", agreement.agreement_id),
        Evidence("agreement.version", agreement.version),
        Evidence("agreement.title", agreement.title),
        Evidence("agreement.effect", agreement.effect),
        Evidence("agreement.confidence", agreement.confidence),
        Evidence("agreement.edge", f"{edge.relying} <- {edge.issuing} ({edge.covers})"),
        *_bases(agreement),
    )


def _windows(agreement: Agreement) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(
            "agreement.window", f"{state} {start.isoformat()}/{end.isoformat() if end else ''}"
        )
        for state, start, end in agreement.windows
    )


def _considered(found: Search) -> tuple[Evidence, ...]:
    return tuple(
        Evidence("considered", f"{a.agreement_id} {a.version} {a.sha256[:16]}: {why}")
        for a, why in found.considered[:_SHOWN]
    )


def _asked_type(asked: Asked) -> tuple[Evidence, ...]:
    return (
        Evidence("asked.type", asked.type_code),
        Evidence("asked.profile", asked.profile_id),
    )


def _clocks(asked: Asked, at: datetime) -> tuple[Evidence, ...]:
    """Return the first two clocks (D1); the third is the version and digest of what was used."""
    day = asked.issue_date.isoformat() if asked.issue_date else None
    return (
        Evidence("clock.issue", day),
        Evidence("clock.issue.grade", asked.grade),
        Evidence("clock.evaluation", at.isoformat()),
    )
