"""``federation.yaml``: who signs what in a federation, in one file that people read and edit.

    schema: ecert.federation/1
    name: 示例互认
    test_only: true
    expires: {root_days: 365, timestamp_days: 7, snapshot_days: 30, targets_days: 180}
    roles:
      root: {keys: [<keyid>], threshold: 1, compulsory: {sm2: 1}}
      timestamp: ...
      snapshot: ...
      targets: ...
      sichuan: {title: {zh: 四川省, en: Sichuan}, territories: ["510000"], issuers: "*",
        certificate_types: "*", kinds: "*", keys: [<keyid>], threshold: 1}
      chengdu: {parent: sichuan, ...}

The plan is a wish, not authority: only what the threshold of keys signs counts. Refused: unknown
members, roles under nobody or under themselves, thresholds that no set of keys can meet. A role may
stand without keys while a federation is being set up; nothing can be staged for it (``staging``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ecert.errors import MalformedInput
from ecert.ids.region import NATION, lookup
from ecert.limits import Limits
from ecert.model.textdata import load_yaml
from ecert.trust.bundle.keys import ALGORITHMS
from ecert.trust.bundle.payloads import TOP_ROLES as TOP
from ecert.trust.bundle.scope import KINDS
from ecert.trust.reading import Node, bad

__all__ = ["ANY", "TOP", "Expires", "Plan", "PlannedRole", "parse_plan", "plan_yaml"]

SCHEMA = "ecert.federation/1"
ANY = "*"

_ROLE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}[a-z0-9]")
_KEYID = re.compile(r"[0-9a-f]{64}")
_DIVISION = re.compile(r"[0-9]{6}")
_USCC = re.compile(r"[0-9A-Z]{18}")
_TYPE = re.compile(r"[A-Za-z0-9_]{1,64}")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,8}")
_ENGINE = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,4}){0,2}")
_MOST_DAYS = 3660
"""Ten years: beyond it an expiry date protects nobody."""
_MOST_ROLES = 4096
"""31 provinces and 333 prefectures, ten times over."""
_DEEPEST = 4
"""targets, nation or region, province, prefecture."""
_FEDERATION = {"schema", "name", "test_only", "expires", "grace_days", "min_engine", "roles"}
_EXPIRES = {"root_days", "timestamp_days", "snapshot_days", "targets_days"}
_TOP_ROLE = {"title", "keys", "threshold", "compulsory"}
_SCOPED = _TOP_ROLE | {"territories", "issuers", "certificate_types", "kinds"}
_MEMBERS = dict.fromkeys(TOP, _TOP_ROLE) | {"targets": _SCOPED}
_DELEGATED = _SCOPED | {"parent", "complete"}
_WHOLE = {"territories": [NATION], "issuers": ANY, "certificate_types": ANY, "kinds": ANY}
"""What a federation may speak of as a whole, unless its ``targets`` says less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expires:
    """For how many days a new version of each kind of metadata is good."""

    root_days: int
    timestamp_days: int
    snapshot_days: int
    targets_days: int

    def of(self, role: str) -> int:
        """Return the days of one role; delegated ones live as long as ``targets``."""
        days: int = getattr(self, f"{role if role in TOP else 'targets'}_days")
        return days


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRole:
    """One role of the plan.

    Args:
        parent: who delegates to it; ``""`` for the four top roles.
        territories: divisions with all below them. issuers, certificate_types, kinds: what its files
            may name; ``("*",)`` for all.
        keys: key ids. threshold: how many of them must sign. compulsory: algorithm -> how many of its
            keys must be among them.
        complete: its lists name everything that the territory recognises.
    """

    name: str
    parent: str = ""
    title_zh: str = ""
    title_en: str = ""
    territories: tuple[str, ...] = ()
    issuers: tuple[str, ...] = (ANY,)
    certificate_types: tuple[str, ...] = (ANY,)
    kinds: tuple[str, ...] = (ANY,)
    keys: tuple[str, ...] = ()
    threshold: int = 1
    compulsory: Mapping[str, int] = field(default_factory=dict)
    complete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A federation as planned: its name, its dates and its roles, delegators before their delegates."""

    name: str
    test_only: bool
    expires: Expires
    roles: Mapping[str, PlannedRole]
    grace_days: int = 7
    min_engine: str = "0"

    def delegates(self, parent: str) -> tuple[PlannedRole, ...]:
        """Return the roles that one role delegates to, in the order of the file."""
        return tuple(r for r in self.roles.values() if r.parent == parent)

    @property
    def delegated(self) -> tuple[PlannedRole, ...]:
        """All roles but the four top ones."""
        return tuple(r for r in self.roles.values() if r.name not in TOP)

    def with_role(self, role: PlannedRole) -> Plan:
        """Return the plan with one role added or replaced."""
        return replace(self, roles=_ordered({**self.roles, role.name: role}, "federation.yaml"))

    def without_role(self, name: str) -> Plan:
        """Return the plan without one delegated role.

        Raises:
            TrustError: a top role, or one that others hang on.
        """
        rest = {key: role for key, role in self.roles.items() if key != name}
        return replace(self, roles=_ordered(rest, "federation.yaml"))


def parse_plan(
    data: bytes, source: str = "federation.yaml", *, limits: Limits | None = None
) -> Plan:
    """Return the plan in a YAML file.

    Raises:
        TrustError: ``trust.invalid_file`` naming the member and what is expected.
    """
    try:
        body = load_yaml(data, limits=limits)
    except MalformedInput as error:
        raise bad(source, "", f"is not usable YAML: {error.message}") from error
    top = Node(body, source, "", _FEDERATION)
    top.choice("schema", (SCHEMA,))
    expires = top.node("expires", _EXPIRES)
    named = body.get("roles")
    if not isinstance(named, Mapping) or not 0 < len(named) <= _MOST_ROLES:
        raise bad(source, "roles", f"must be a mapping of 1 to {_MOST_ROLES} roles")
    engine = top.text("min_engine", "0")
    if not _ENGINE.fullmatch(engine):
        raise bad(source, "min_engine", "must be a version such as 1.2.0")
    roles = {name: _role(name, value, source) for name, value in named.items()}
    return Plan(
        name=top.text("name"),
        test_only=_yes(top, "test_only"),
        expires=Expires(**{name: _number(expires, name, 1, _MOST_DAYS) for name in _EXPIRES}),
        roles=_ordered(roles, source),
        grace_days=_number(top, "grace_days", 0, 30, "7"),
        min_engine=engine,
    )


def _number(node: Node, name: str, low: int, high: int, default: str | None = None) -> int:
    text = node.text(name, default)
    if not _NUMBER.fullmatch(text) or not low <= int(text) <= high:
        raise bad(node.source, node.at(name), f"must be a number from {low} to {high}")
    return int(text)


def _yes(node: Node, name: str) -> bool:
    return node.choice(name, ("true", "false"), "false") == "true"


def _role(name: str, body: Any, source: str) -> PlannedRole:
    if name not in TOP and not _ROLE_NAME.fullmatch(name):
        raise bad(source, f"roles.{name[:80]}", "must be 2 to 64 of a-z, 0-9 and inner hyphens")
    if isinstance(body, Mapping):
        body = (_WHOLE if name == "targets" else {}) | dict(body)
        body = {key: [ANY] if value == ANY else value for key, value in body.items()}
    node = Node(body, source, f"roles.{name}", _MEMBERS.get(name, _DELEGATED))
    title = node.node("title", {"zh", "en"}) if node.has("title") else None
    keys = _listed(node, "keys", _KEYID, "64 hex digits each (ecert trust key show FILE)")
    role = PlannedRole(
        name=name,
        title_zh=title.text("zh") if title else name,
        title_en=title.text("en") if title else name,
        keys=keys,
        threshold=_number(node, "threshold", 1, 64, "1"),
        compulsory=_compulsory(node),
    )
    if keys and max(role.threshold, sum(role.compulsory.values())) > len(keys):
        raise bad(source, node.at("threshold"), f"cannot be met by {len(keys)} keys")
    if "territories" not in _MEMBERS.get(name, _DELEGATED):
        return role
    territories = _listed(node, "territories", _DIVISION, "six-digit division codes")
    if not territories or not all(t == NATION or lookup(t) for t in territories):
        raise bad(source, node.at("territories"), "must be one or more division codes of the table")
    return replace(
        role,
        parent="" if name in TOP else node.text("parent", "targets"),
        territories=territories,
        issuers=_wild(node, "issuers", _USCC, "social-credit codes of 18 characters"),
        certificate_types=_wild(node, "certificate_types", _TYPE, "type codes or profile names"),
        kinds=_wild(node, "kinds", re.compile("|".join(KINDS)), f"some of {', '.join(KINDS)}"),
        complete=name not in TOP and _yes(node, "complete"),
    )


def _listed(node: Node, name: str, form: re.Pattern[str], what: str) -> tuple[str, ...]:
    found = node.texts(name)
    if not all(form.fullmatch(text) for text in found) or len(set(found)) != len(found):
        raise bad(node.source, node.at(name), f"must be {what}, none twice")
    return found


def _wild(node: Node, name: str, form: re.Pattern[str], what: str) -> tuple[str, ...]:
    """Return a list, or ``*`` alone; it must be written, because silence would mean everything."""
    found = node.texts(name)
    if found == (ANY,):
        return found
    if not found:
        raise bad(node.source, node.at(name), f"must be '*' or {what}")
    return _listed(node, name, form, f"'*' or {what}")


def _compulsory(node: Node) -> Mapping[str, int]:
    if not node.has("compulsory"):
        return {}
    body = node.node("compulsory", set(ALGORITHMS))
    return {a: _number(body, a, 1, 64) for a in ALGORITHMS if body.has(a)}


def _ordered(roles: Mapping[str, PlannedRole], source: str) -> Mapping[str, PlannedRole]:
    """Return the roles, delegators first; every delegated role hangs on ``targets``."""
    missing = [name for name in TOP if name not in roles]
    if missing:
        raise bad(source, f"roles.{missing[0]}", "is missing")
    done: dict[str, PlannedRole] = {name: roles[name] for name in TOP}
    depth = {"targets": 0}
    waiting = [role for name, role in roles.items() if name not in TOP]
    while waiting:
        ready = [role for role in waiting if role.parent in depth]
        if not ready:
            raise bad(
                source, f"roles.{waiting[0].name}.parent", "names no role that hangs on targets"
            )
        for role in ready:
            depth[role.name] = depth[role.parent] + 1
            if depth[role.name] > _DEEPEST:
                raise bad(source, f"roles.{role.name}.parent", f"is more than {_DEEPEST} deep")
            done[role.name] = role
        waiting = [role for role in waiting if role.name not in depth]
    return done


def plan_yaml(plan: Plan) -> bytes:
    """Return the plan as the YAML that ``parse_plan`` reads."""
    import yaml

    body = {
        "schema": SCHEMA,
        "name": plan.name,
        "test_only": plan.test_only,
        "expires": {f"{n}_days": plan.expires.of(n) for n in TOP},
        "grace_days": plan.grace_days,
        "min_engine": plan.min_engine,
        "roles": {name: _role_body(role) for name, role in plan.roles.items()},
    }
    text: str = yaml.safe_dump(body, allow_unicode=True, sort_keys=False, width=100)
    return text.encode()


def _role_body(role: PlannedRole) -> dict[str, Any]:
    shared: dict[str, Any] = {
        "title": {"zh": role.title_zh, "en": role.title_en},
        "keys": list(role.keys),
        "threshold": role.threshold,
    }
    if role.compulsory:
        shared["compulsory"] = dict(role.compulsory)
    if not role.territories:
        return shared
    scope = {name: getattr(role, name) for name in ("issuers", "certificate_types", "kinds")}
    shared["territories"] = list(role.territories)
    shared |= {name: ANY if found == (ANY,) else list(found) for name, found in scope.items()}
    if role.name in TOP:
        return shared
    return {"parent": role.parent, **shared, "complete": role.complete}
