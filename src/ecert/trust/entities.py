"""Entity events (ecert.entities/1): what a register says of the bodies that it registers (L19).

A register publishes that an entity was deregistered, lost its licence, was suspended, announced its
simple deregistration, or moved to another register; what follows for certificates and seals is
`trust.cascade`. Only the register that owns an entity may speak of it. In a bundle an event of a
foreign entity refuses the whole file; in the operator's own folder it is kept and never heard, so
that the report can say so. Refused besides: unknown members, an event without a document it rests on,
an event that lifts another in advance.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Literal

from ecert.errors import InvalidIdentifier, TrustError
from ecert.ids.dates import first_instant, shanghai_day
from ecert.ids.region import NATION, lookup, under
from ecert.ids.uscc import USCC
from ecert.trust.reading import Node, bad

__all__ = [
    "Belonging",
    "EntityFile",
    "Event",
    "Register",
    "departments",
    "parse_entities",
]

SCHEMA = "ecert.entities/1"
KINDS = (
    "deregistered", "licence_revoked", "suspended", "deregistration_announced", "transferred_out",
    "lifted",
)  # fmt: skip
EFFECTS = ("refuse", "refer")
_FILE = {"schema", "list_id", "version", "issued_at", "next_update", "register", "events"}
_REGISTER = {"code", "name", "territories", "departments", "licence_types"}
_EVENT = {
    "event_id", "entity", "kind", "at", "day", "announced_until", "procedure", "dependents",
    "es_ids", "to", "received_from", "lifts", "reason", "basis",
}  # fmt: skip
ONLY_WITH = {
    "announced_until": ("deregistration_announced",),
    "procedure": ("deregistered", "deregistration_announced"),
    "dependents": ("deregistered", "licence_revoked", "suspended"),
    "es_ids": ("deregistered", "licence_revoked", "suspended", "deregistration_announced"),
    "to": ("transferred_out",),
    "lifts": ("lifted",),
    "reason": ("lifted",),
}
"""Members that mean something for some kinds only; elsewhere they would be read and not acted on."""
_BASIS = {"document", "issuer", "date", "clause"}
_CODE = re.compile(r"[0-9A-Z]{18}")
_DIVISION = re.compile(r"[0-9]{6}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TYPE = re.compile(r"[0-9A-Z]{18}[0-9]{3}")

Belonging = Literal["yes", "unclear", "no"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A register: who it is, where and for which departments it registers.

    Args:
        code: its own credit code. territories: divisions, each with all below it.
        departments: first characters of the credit codes that it gives.
        licence_types: type codes of its own proofs of registration; a holder's other certificates are
            dependent ones.
    """

    code: str
    name: str
    territories: tuple[str, ...]
    departments: tuple[str, ...]
    licence_types: tuple[str, ...]

    def holds(self, entity: str, day: date) -> Belonging:
        """Return whether an entity's code says that it is registered here, on a day.

        A code keeps its division for life: where the division was merged by then, the register of all
        its successors owns the entity. Where the tables do not say who came after, or only some of the
        successors lie here, it is unclear.
        """
        if entity[0] not in self.departments:
            return "no"
        division = entity[2:8]
        if not _DIVISION.fullmatch(division):
            return "no"
        now, known = _in_force(division, day)
        here = [self._covers(code) for code in now]
        if all(here):
            return "yes" if known else "unclear"
        return "unclear" if any(here) else "no"

    def _covers(self, division: str) -> bool:
        return any(under(division, territory) for territory in self.territories)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened to one entity.

    Args:
        begins: its first instant; where a day is given, the beginning of that day in Shanghai (L12).
        dependents: what the register asks for the holder's dependent licences; None leaves it open.
        es_ids: seals of the entity. to: code of the register that takes the entity over.
        received_from: the register that handed the entity over, where its code names a division elsewhere.
        lifts: the event that this one ends. basis: the document it rests on.
    """

    event_id: str
    entity: str
    kind: str
    begins: datetime
    basis: str
    announced_until: date | None = None
    simple: bool = False
    dependents: Literal["refuse", "refer"] | None = None
    es_ids: tuple[str, ...] = ()
    to: str | None = None
    received_from: str | None = None
    lifts: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityFile:
    """One dated file of one register; ``events`` by entity, ``seals``: which entities name a seal."""

    list_id: str
    version: str
    issued_at: datetime
    next_update: datetime
    register: Register
    events: Mapping[str, tuple[Event, ...]]
    seals: Mapping[str, tuple[str, ...]]

    @property
    def issuers(self) -> tuple[str, ...]:
        """The body it speaks for, for the delegation of its signer (L19)."""
        return (self.register.code,)

    @property
    def territories(self) -> tuple[str, ...]:
        """The divisions it speaks of, likewise; with the register's own, so that nobody uses another's name."""
        return (*self.register.territories, self.register.code[2:8])

    @property
    def certificate_types(self) -> tuple[str, ...]:
        """The certificate types it calls its own, likewise."""
        return self.register.licence_types


@lru_cache(maxsize=1)
def departments() -> Mapping[str, Mapping[str, str]]:
    """Return the departments that give credit codes, by first character (registers.toml)."""
    text = resources.files("ecert.trust").joinpath("registers.toml").read_text("utf-8")
    return MappingProxyType(tomllib.loads(text))


@lru_cache(maxsize=4096)
def _in_force(division: str, day: date) -> tuple[tuple[str, ...], bool]:
    """Return the codes in a division's place on a day, and whether all of them are known.

    A code that no table lists stands for itself: registers give codes of development zones that
    GB/T 2260 does not have. Where the successors are not known, the withdrawn code stands there still.
    """
    found: dict[str, None] = {}
    known, waiting, seen = True, [division], {division}
    while waiting:
        code = waiting.pop()
        record = lookup(code)
        if record is None or code == NATION or lookup(code, day) is not None:
            found[code] = None
        elif record.valid_to is None or record.valid_to >= day:
            found[code] = None  # not listed yet
        elif not record.successors:
            found[code], known = None, False
        else:
            waiting += [s for s in record.successors if s not in seen]
            seen.update(record.successors)
    return tuple(sorted(found)), known


def parse_entities(
    body: object, source: str, *, origin: Literal["folder", "bundle"] = "folder"
) -> EntityFile:
    """Return one file of entity events.

    Raises:
        TrustError: ``trust.not_the_register`` for an event of a foreign entity in a bundle;
            ``trust.invalid_file`` for unknown members, unusable codes or times, one event twice.
    """
    top = Node(body, source, "", _FILE)
    top.choice("schema", (SCHEMA,))
    register = _register(top.node("register", _REGISTER))
    issued_at = top.instant("issued_at")
    found: dict[str, list[Event]] = {}
    seals: dict[str, dict[str, None]] = {}
    known: set[str] = set()
    for node in top.nodes("events", _EVENT):
        event = _event(node, issued_at)
        if event.event_id in known:
            raise bad(source, node.at("event_id"), "stands twice")
        known.add(event.event_id)
        if origin == "bundle":
            _own(register, event, node)
        found.setdefault(event.entity, []).append(event)
        for es_id in event.es_ids:
            seals.setdefault(es_id, {})[event.entity] = None
    return EntityFile(
        list_id=top.text("list_id"),
        version=top.text("version"),
        issued_at=issued_at,
        next_update=top.instant("next_update"),
        register=register,
        events={code: tuple(events) for code, events in found.items()},
        seals={es_id: tuple(codes) for es_id, codes in seals.items()},
    )


def _own(register: Register, event: Event, node: Node) -> None:
    """L19: whoever does not own the entity cannot speak of it; a taken-over one names who handed it over."""
    day = shanghai_day(event.begins)
    if register.holds(event.entity, day) != "no":
        return
    if event.received_from is not None and event.entity[0] in register.departments:
        return  # whether it was handed over is asked of the other register's file, at each question
    raise TrustError(
        "trust.not_the_register",
        f"{node.source}: {register.code} does not register {event.entity}",
        params={"source": node.source, "path": node.at("entity"), "register": register.code},
        hint="only the register that owns an entity can publish its events",
    )


def _register(node: Node) -> Register:
    territories, owned = node.texts("territories"), node.texts("departments")
    if not territories or not all(_is_division(t) for t in territories):
        raise bad(node.source, node.at("territories"), "must be division codes")
    if not owned or not set(owned) <= set(departments()):
        raise bad(node.source, node.at("departments"), f"are of {', '.join(departments())}")
    types = node.texts("licence_types")
    if not all(_TYPE.fullmatch(t) for t in types):
        raise bad(node.source, node.at("licence_types"), "must be certificate type codes")
    return Register(
        code=_code(node, "code"),
        name=node.text("name"),
        territories=territories,
        departments=owned,
        licence_types=types,
    )


def _is_division(text: str) -> bool:
    return _DIVISION.fullmatch(text) is not None


def _code(node: Node, name: str) -> str:
    """Return a credit code; one that was issued against the scheme is a code too."""
    text = node.text(name)
    if not _CODE.fullmatch(text):
        raise bad(node.source, node.at(name), "must be a unified social credit code")
    try:
        return str(USCC(text))
    except InvalidIdentifier:
        return str(USCC.nonconforming(text))


def _event(node: Node, issued_at: datetime) -> Event:
    kind = node.choice("kind", KINDS)
    for name, kinds in ONLY_WITH.items():
        if node.has(name) and kind not in kinds:
            raise bad(node.source, node.at(name), f"means nothing for {kind}")
    simple = node.choice("procedure", ("general", "simple"), "general") == "simple"
    if kind == "deregistration_announced" and not simple:
        raise bad(node.source, node.at("procedure"), "of an announced deregistration is simple")
    begins = _begins(node, kind)
    if kind == "lifted" and begins > issued_at:
        raise bad(node.source, node.at("at"), "is after the file: nothing is lifted in advance")
    announced = _day(node, "announced_until") if kind == "deregistration_announced" else None
    return Event(
        event_id=node.text("event_id"),
        entity=_code(node, "entity"),
        kind=kind,
        begins=begins,
        basis=_basis(node.node("basis", _BASIS)),
        announced_until=announced,
        simple=simple,
        dependents=_dependents(node),
        es_ids=node.texts("es_ids"),
        to=_code(node, "to") if kind == "transferred_out" else None,
        received_from=_code(node, "received_from") if node.has("received_from") else None,
        lifts=node.text("lifts") if kind == "lifted" else None,
        reason=node.text("reason") if kind == "lifted" else "",
    )


def _dependents(node: Node) -> Literal["refuse", "refer"] | None:
    if not node.has("dependents"):
        return None
    return "refuse" if node.choice("dependents", EFFECTS) == "refuse" else "refer"


def _begins(node: Node, kind: str) -> datetime:
    """Return the first instant; what is lifted needs an instant, for a day would lift it too early."""
    if node.has("at") == node.has("day"):
        raise bad(node.source, node.at("at"), "or day is required, and not both")
    if node.has("at"):
        return node.instant("at")
    if kind == "lifted":
        raise bad(node.source, node.at("at"), "is required to lift an event")
    return first_instant(_day(node, "day"))


def _day(node: Node, name: str) -> date:
    text = node.text(name)
    try:
        found = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        found = None
    if found is None:
        raise bad(node.source, node.at(name), "must be a day, YYYY-MM-DD")
    return found


def _basis(node: Node) -> str:
    parts = (node.text("document"), *(node.text(n, "") for n in ("clause", "issuer", "date")))
    return " ".join(part for part in parts if part)
