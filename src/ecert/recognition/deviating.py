"""Deviations 统异 applied to an agreement, before it is asked whether it covers a question.

Only the deviating division's own role speaks (never-accept L19), and only for places within it. On the
relying side a deviation may narrow and widen; on the issuing side, and from the nation, it narrows
alone. A refusal, and what an agreement excludes, stay as they are. One that ended or has not begun
changes nothing and is shown as considered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from ecert.recognition.territory import NATION_CODES, Place, lies_under, own_role
from ecert.trust.agreement import ANY, Agreement
from ecert.trust.deviation import Deviation

__all__ = ["Deviated", "applied", "standing_deviations"]

Fate = Literal[
    "applied", "narrowed_only", "not_begun", "expired", "superseded", "unsigned", "elsewhere"
]
ACTIVE = ("applied", "narrowed_only")


@dataclass(frozen=True, slots=True)
class Deviated:
    """One deviation of an agreement that was looked at, and what became of it."""

    deviation: Deviation
    fate: Fate

    @property
    def active(self) -> bool:
        """Whether it changed the agreement."""
        return self.fate in ACTIVE


def standing_deviations(
    known: Sequence[Deviation],
    *,
    relying: Place,
    issuing: Place,
    at: datetime,
    origin: str,
) -> tuple[Deviated, ...]:
    """Return the deviations of one agreement with their fate, in a fixed order.

    Of the versions of one deviation the highest that has begun speaks, also after its end. A name says
    nothing beyond its division: nobody supersedes what another division said (L19).
    """
    found = [Deviated(d, _fate(d, relying, issuing, at, origin)) for d in known]
    newest: dict[tuple[str, str], int] = {}
    for one in found:
        if one.fate not in ("unsigned", "not_begun"):
            name = _name(one)
            newest[name] = max(newest.get(name, 0), one.deviation.version)
    marked = [
        replace(one, fate="superseded")
        if one.deviation.version < newest.get(_name(one), 0)
        else one
        for one in found
    ]
    return tuple(sorted(marked, key=_order))


def _name(one: Deviated) -> tuple[str, str]:
    return one.deviation.division, one.deviation.deviation_id


def _order(one: Deviated) -> tuple[str, int, str]:
    return one.deviation.deviation_id, one.deviation.version, one.deviation.sha256


def _fate(one: Deviation, relying: Place, issuing: Place, at: datetime, origin: str) -> Fate:
    if origin == "bundle" and not own_role(one.signed_by, one.division, at):
        return "unsigned"
    ours = lies_under(relying, one.division)
    if not ours and not lies_under(issuing, one.division):
        return "elsewhere"
    if at < one.begin:
        return "not_begun"
    if at >= one.until:
        return "expired"
    own = ours and (one.division not in NATION_CODES or relying.code in NATION_CODES)
    return "applied" if own or not one.widens else "narrowed_only"


def applied(agreement: Agreement, found: Sequence[Deviated]) -> Agreement:
    """Return an agreement as the active deviations leave it; a refusal stays what it is."""
    if agreement.effect == "refuse" or agreement.reference:
        return agreement
    for one in found:
        if one.active:
            agreement = _changed(agreement, one.deviation, widen=one.fate == "applied")
    return agreement


def _changed(agreement: Agreement, one: Deviation, *, widen: bool) -> Agreement:
    more = (
        *(f"type:{name}" for name in one.exclude_types),
        *(f"matter:{name}" for name in one.exclude_matters),
    )
    types, matters = (one.accept_types, one.accept_matters) if widen else ((), ())
    any_type, any_matter = ANY in agreement.types, ANY in agreement.matters
    return replace(
        agreement,
        exclusions=(*agreement.exclusions, *more),
        conditions=_joined(agreement.conditions, one.require),
        effect="information-only" if one.information_only else agreement.effect,
        types=agreement.types if any_type else _joined(agreement.types, types),
        type_names=agreement.type_names if any_type else _joined(agreement.type_names, types),
        matters=agreement.matters if any_matter else _joined(agreement.matters, matters),
    )


def _joined(first: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return (*first, *(name for name in more if name not in first))
