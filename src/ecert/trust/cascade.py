"""What follows from a register's word on an entity, for its licence, its seals and its other licences (L19).

Only the owner is heard: the register whose territory and department the entity's code names, or the one
to which the owner handed it over. An event counts from its first instant on, half-open, also where it
was published later. It never revives: no other list, no silence and no newer edition ends it, only a
``lifted`` event of the same register, or of the one that took the entity over, that names it, states a
reason and a document, and is later. It works from its own instant on; what was answered before stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from ecert.ids.dates import shanghai_day
from ecert.trust.entities import Belonging, EntityFile, Event, Register

__all__ = ["Effect", "Standing", "Trigger", "naming", "standing"]

Effect = Literal["none", "refer", "refuse"]
_CLOCK_SLACK = timedelta(minutes=5)
_EFFECTS: dict[str, tuple[Effect, Effect, Effect]] = {
    # kind: own licence, seals, dependent licences (where the register asks for nothing else)
    "deregistered": ("refuse", "refuse", "refer"),
    "licence_revoked": ("refuse", "refer", "refer"),
    "suspended": ("refuse", "refer", "refer"),
    "deregistration_announced": ("refer", "refer", "refer"),
    "transferred_out": ("refuse", "none", "none"),
}
"""An entity whose licence was revoked still exists and winds up with its seal; another authority's
licence is that authority's to cancel, so a dependent one is referred unless the register asks for more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """An event that is in force at the judged instant.

    Args:
        licence, seals, dependents: what follows; at most ``refer`` where it is unclear who owns the entity.
        clear: the publisher surely owns the entity.
    """

    register: Register
    event: Event
    licence: Effect
    seals: Effect
    dependents: Effect
    clear: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the registers say of one entity at one instant.

    Args:
        register: the one that owns it and of which a file is here; None where there is none.
        issued_at, next_update: of its newest edition; of several lists the earliest of each, for the
            silence of one is as old as that one.
        ignored: the register of a foreign event that was not heard.
    """

    register: Register | None = None
    issued_at: datetime | None = None
    next_update: datetime | None = None
    triggers: tuple[Trigger, ...] = ()
    ignored: Register | None = None


@dataclass(frozen=True, slots=True)
class _Said:
    """One event with who said it and when it was published first."""

    register: Register
    event: Event
    published: datetime


@dataclass(frozen=True, slots=True)
class _Handover:
    """Which event handed an entity over; ``clear``: by somebody who surely owned it."""

    by: str
    event: Event
    clear: bool


def standing(files: Iterable[EntityFile], entity: str, at: datetime) -> Standing:
    """Return what is known of an entity at an instant."""
    known = tuple(files)
    said = _said(known, entity)
    handed = _handovers(said, entity)
    begun = [s for s in said if s.event.begins <= at and s.event.kind != "lifted"]
    owned = [(s, _heard(s, entity, handed)) for s in begun]
    heard = {(s.register.code, s.event) for s, how in owned if how != "no"}
    ignored = [s.register for s in begun if (s.register.code, s.event) not in heard]
    triggers = [
        _trigger(s, clear=how == "yes")
        for s, how in owned
        if how != "no" and not _lifted(s, said, entity, at, handed)
    ]
    mine = _newest(f for f in known if _owns(f.register, entity, at, handed) != "no")
    return Standing(
        register=mine[0].register if mine else None,
        issued_at=min((f.issued_at for f in mine), default=None),
        next_update=min((f.next_update for f in mine), default=None),
        triggers=tuple(triggers),
        ignored=min(ignored, key=lambda r: r.code, default=None),
    )


def naming(files: Iterable[EntityFile], es_id: str) -> tuple[str, ...]:
    """Return the entities of which some register says that the seal is theirs."""
    return tuple(sorted({code for file in files for code in file.seals.get(es_id, ())}))


def _newest(files: Iterable[EntityFile]) -> list[EntityFile]:
    """Return the newest edition of each list, ordered by register."""
    found: dict[tuple[str, str], EntityFile] = {}
    for file in files:
        place = (file.register.code, file.list_id)
        if place not in found or found[place].issued_at < file.issued_at:
            found[place] = file
    return [found[place] for place in sorted(found)]


def _said(files: tuple[EntityFile, ...], entity: str) -> tuple[_Said, ...]:
    """Return all that any edition ever said, oldest first: no edition takes back another's word."""
    found: dict[tuple[Register, Event], datetime] = {}
    for file in files:
        for event in file.events.get(entity, ()):
            place = (file.register, event)
            found[place] = min(found.get(place, file.issued_at), file.issued_at)
    made = (_Said(register, event, when) for (register, event), when in found.items())
    return tuple(sorted(made, key=lambda s: (s.event.begins, s.register.code, s.event.event_id)))


def _handovers(said: tuple[_Said, ...], entity: str) -> tuple[_Handover, ...]:
    """Return the chain of registers that took the entity over, each from its owner of that time."""
    chain: tuple[_Handover, ...] = ()
    for one in said:
        if one.event.kind != "transferred_out" or one.event.to is None:
            continue
        owned = _owns(one.register, entity, one.event.begins, chain)
        if owned != "no":
            chain = (*chain, _Handover(one.register.code, one.event, owned == "yes"))
    return chain


def _heard(one: _Said, entity: str, handed: tuple[_Handover, ...]) -> Belonging:
    """Return whether the publisher owned the entity at the event; a handover ends that with itself."""
    if one.event.kind != "transferred_out":
        return _owns(one.register, entity, one.event.begins, handed)
    for handover in handed:
        if (handover.by, handover.event) == (one.register.code, one.event):
            return "yes" if handover.clear else "unclear"
    return "no"


def _owns(
    register: Register, entity: str, when: datetime, handed: tuple[_Handover, ...]
) -> Belonging:
    """Return whether a register owns an entity at an instant, after what was handed over by then."""
    first = register.holds(entity, shanghai_day(when))
    past = [h for h in handed if h.event.begins <= when]
    if not past:
        return first
    last = past[-1]
    doubted = not all(h.clear for h in past)
    if register.code == last.event.to and entity[0] in register.departments:
        return "unclear" if doubted else "yes"
    return "unclear" if doubted and first != "no" else "no"


def _lifted(
    one: _Said, said: tuple[_Said, ...], entity: str, at: datetime, handed: tuple[_Handover, ...]
) -> bool:
    """Return whether the owner ended the event by then; what was published later lifts nothing."""
    return any(
        other.event.kind == "lifted"
        and other.event.lifts == one.event.event_id
        and one.event.begins < other.event.begins <= at
        and other.published - at <= _CLOCK_SLACK
        and _owns(other.register, entity, other.event.begins, handed) == "yes"
        and _may_lift(other.register, one, handed)
        for other in said
    )


def _may_lift(register: Register, one: _Said, handed: tuple[_Handover, ...]) -> bool:
    """Return whether it is the register that spoke, or one that took the entity over since."""
    later = {h.event.to for h in handed if h.event.begins >= one.event.begins}
    return register.code == one.register.code or register.code in later


def _trigger(one: _Said, *, clear: bool) -> Trigger:
    licence, seals, dependents = _EFFECTS[one.event.kind]
    made = Trigger(
        register=one.register,
        event=one.event,
        licence=licence,
        seals=seals,
        dependents=one.event.dependents or dependents,
        clear=clear,
    )
    if clear:
        return made
    return replace(
        made,
        licence=_doubtful(licence),
        seals=_doubtful(seals),
        dependents=_doubtful(made.dependents),
    )


def _doubtful(effect: Effect) -> Effect:
    return "refer" if effect == "refuse" else effect
