"""From what registers say of a body to what follows for one certificate or seal; nothing is judged (L19)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from ecert.ids.dates import shanghai_day
from ecert.trust.cascade import Effect, Standing, Trigger, naming, standing
from ecert.trust.entities import EntityFile
from ecert.verification.case import CascadeCase, DataCase

__all__ = ["Pressed", "certificate_cascade", "seal_cascade"]

_RANK: dict[Effect, int] = {"none": 0, "refer": 1, "refuse": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """A seal as it was used.

    Args:
        holders: bodies for which the key that used it is listed as the holder's.
        others: bodies for which that key is listed as an issuer's.
    """

    es_id: str
    holders: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()


def certificate_cascade(
    files: tuple[EntityFile, ...], data: DataCase | None, at: datetime
) -> CascadeCase:
    """Return what follows for a certificate from the standing of its holder."""
    if data is None or data.holder_code is None:
        return CascadeCase()
    found = standing(files, data.holder_code, at)
    return _worst([(found, [(_effect(t, data), t) for t in found.triggers])])


def seal_cascade(
    files: tuple[EntityFile, ...], pressed: Pressed, at: datetime | None
) -> CascadeCase:
    """Return what follows for a seal from the standing of the body it belongs to.

    A seal belongs to whom the issuer list names its holder, and to whom the body's register says.
    """
    named = frozenset(naming(files, pressed.es_id))
    listed = pressed.holders | pressed.others
    if at is None or not (named or pressed.holders):
        return CascadeCase()
    found = []
    for body in sorted(named | pressed.holders):
        known = standing(files, body, at)
        doubted = bool(listed) and body not in listed
        effects = [
            (_capped(t.seals) if doubted else t.seals, t)
            for t in known.triggers
            if body in pressed.holders or pressed.es_id in t.event.es_ids
        ]
        found.append((known, effects))
    return _worst(found)


def _capped(effect: Effect) -> Effect:
    """Return what follows at most where the issuer list says that the seal is another body's."""
    return "refer" if effect == "refuse" else effect


def _effect(trigger: Trigger, data: DataCase) -> Effect:
    """Return what follows for a certificate: the register's own proof, or one that depends on it."""
    if data.type_code not in trigger.register.licence_types:
        return trigger.dependents
    moved = trigger.event.kind == "transferred_out"
    if moved and _issued_since(data.issue_date, shanghai_day(trigger.event.begins)):
        return "none"  # by the register that it moved to
    return trigger.licence


def _issued_since(issued: date | None, day: date) -> bool:
    return issued is not None and issued >= day


def _worst(found: Iterable[tuple[Standing, list[tuple[Effect, Trigger]]]]) -> CascadeCase:
    """Return the worst that follows; of equals what began last."""
    known = list(found)
    ignored = next((s.ignored.name for s, _ in known if s.ignored is not None), "")
    effects = [pair for _, pairs in known for pair in pairs]
    if effects:
        effect, trigger = max(effects, key=lambda e: (_RANK[e[0]], e[1].clear, e[1].event.begins))
        if effect != "none":
            return replace(_event(effect, trigger), ignored=ignored)
    here = [s for s, _ in known if s.register is not None]
    if here:
        stalest = min(here, key=lambda s: s.issued_at or datetime.max.replace(tzinfo=UTC))
        return CascadeCase(
            answer="none",
            register=stalest.register.name if stalest.register else "",
            register_code=stalest.register.code if stalest.register else "",
            issued_at=stalest.issued_at,
            next_update=min((s.next_update for s in here if s.next_update), default=None),
            ignored=ignored,
        )
    return CascadeCase(answer="no_register", ignored=ignored)


def _event(effect: Effect, trigger: Trigger) -> CascadeCase:
    return CascadeCase(
        answer="event",
        effect=effect,
        clear=trigger.clear,
        kind=trigger.event.kind,
        register=trigger.register.name,
        register_code=trigger.register.code,
        since=trigger.event.begins,
        announced_until=trigger.event.announced_until,
        basis=trigger.event.basis,
    )
