"""Read the payloads of the four kinds of role strictly.

An unknown member is ignored with notice, unless the payload calls it critical (as X.509 extensions
are); inside keys, roles, delegations and terms nothing unknown is allowed, because it might narrow
them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from ecert.errors import TrustError
from ecert.trust.bundle.dsse import read_json
from ecert.trust.bundle.keys import Key, Role, parse_keys, parse_role
from ecert.trust.bundle.payloads import (
    LIMITS,
    TOP_ROLES,
    Delegation,
    Meta,
    Payload,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Terms,
    Timestamp,
)
from ecert.trust.bundle.refusing import malformed, refuse
from ecert.trust.bundle.scope import MEMBERS, parse_scope
from ecert.trust.reading import Node, bad

__all__ = ["ROLE_NAME", "parse_root", "parse_snapshot", "parse_targets", "parse_timestamp"]

ROLE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_HEX = re.compile(r"[0-9a-f]{64}")
_VERSION = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6}){0,3}")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_TERMS = {
    "issued_at", "grace_s", "min_engine", "supersedes", "complete", "test_only", "resets", "critical",
}  # fmt: skip
_COMMON = {"_type", "spec_version", "version", "expires", "ecert"}


def parse_root(payload: bytes, name: str) -> Root:
    """Return a root payload.

    Raises:
        TrustError: ``bundle.malformed``, ``bundle.duplicate_member``, ``bundle.too_large``,
            ``bundle.critical``, ``bundle.key_type`` or ``bundle.key_id``; so do the other three.
    """
    node, base = _open(payload, name, "root", {"consistent_snapshot", "keys", "roles"})
    with _shape(name):
        if not node.truth("consistent_snapshot"):
            raise bad(name, "consistent_snapshot", "must be true")
        keys = parse_keys(node, "keys")
        roles = node.node("roles", set(TOP_ROLES))
        found: dict[str, Role] = {}
        for role in TOP_ROLES:
            inner = roles.node(role, {"keyids", "threshold", "ecert"})
            allowed = MEMBERS if role == "targets" else {"compulsory"}
            found[role] = parse_role(inner, keys, inner.node("ecert", allowed))
        scope = parse_scope(
            roles.node("targets", {"keyids", "threshold", "ecert"}).node("ecert", MEMBERS)
        )
        return Root(base=base, keys=keys, roles=found, scope=scope)


def parse_timestamp(payload: bytes, name: str) -> Timestamp:
    """Return a timestamp payload."""
    node, base = _open(payload, name, "timestamp", {"meta"})
    with _shape(name):
        found = _metas(node, {"snapshot.json"})
        if "snapshot" not in found:
            raise bad(name, "meta", "must name snapshot.json")
        return Timestamp(base=base, snapshot=found["snapshot"])


def parse_snapshot(payload: bytes, name: str) -> Snapshot:
    """Return a snapshot payload."""
    node, base = _open(payload, name, "snapshot", {"meta"})
    with _shape(name):
        found = _metas(node, set(node.names("meta")))
        if "targets" not in found:
            raise bad(name, "meta", "must name targets.json")
        return Snapshot(base=base, roles=found)


def parse_targets(payload: bytes, name: str, *, role: str) -> Targets:
    """Return a payload of the top targets role or of a delegated one; ``role`` is its name."""
    node, base = _open(payload, name, "targets", {"targets", "delegations"})
    with _shape(name):
        paths = node.names("targets")
        listed = node.node("targets", set(paths))
        files = tuple(_file(listed, path, role) for path in paths)
        if not node.has("delegations"):
            return Targets(base=base, files=files)
        inner = node.node("delegations", {"keys", "roles"})
        keys = parse_keys(inner, "keys")
        members = {"name", "keyids", "threshold", "terminating", "paths", "ecert"}
        delegations = tuple(_delegation(n, keys) for n in inner.nodes("roles", members))
        if len({d.name for d in delegations}) != len(delegations):
            raise bad(name, "delegations.roles", "names a role twice")
        return Targets(base=base, files=files, keys=keys, delegations=delegations)


@contextmanager
def _shape(name: str) -> Iterator[None]:
    """Turn what the strict reader says of a member into the code of a bundle."""
    try:
        yield
    except TrustError as error:
        if error.code == "trust.invalid_file":
            raise malformed(name, f"{error.params['path']} {error.params['what']}") from error
        raise


def _open(payload: bytes, name: str, kind: str, members: set[str]) -> tuple[Node, Payload]:
    """Return the members of a payload that are known, and what all payloads have."""
    body = read_json(payload, name, limit=LIMITS[kind])
    if not isinstance(body, dict) or not isinstance(body.get("ecert"), dict):
        raise malformed(name, "a payload is a mapping with the member ecert")
    own, known = body["ecert"], _COMMON | members
    ignored = [*sorted(set(body) - known), *(f"ecert.{m}" for m in sorted(set(own) - _TERMS))]
    with _shape(name):
        terms = Node({m: v for m, v in own.items() if m in _TERMS}, name, "ecert", _TERMS)
        critical = terms.texts("critical")
        unknown = [m for m in critical if m not in known and m not in _TERMS]
        if unknown:
            message = f"{name} needs a reader that knows {unknown[0]!r}"
            raise refuse("bundle.critical", message, name=name, member=unknown[0][:60])
        node = Node({m: v for m, v in body.items() if m in known}, name, "", known)
        node.choice("_type", (kind,))
        if not node.text("spec_version").startswith("1."):
            raise bad(name, "spec_version", "must be of TUF 1")
        expires, issued_at = _instant(node, "expires"), _instant(terms, "issued_at")
        if expires <= issued_at:
            raise bad(name, "expires", "must be after issued_at")
        found = Terms(
            issued_at=issued_at,
            grace_s=terms.integer("grace_s", 0),
            min_engine=_matching(terms, "min_engine", _VERSION),
            supersedes=_matching(terms, "supersedes", _HEX),
            complete=terms.truth("complete"),
            test_only=terms.truth("test_only"),
            resets=terms.texts("resets"),
            critical=critical,
            ignored=tuple(ignored),
        )
        version = node.integer("version", least=1)
    return node, Payload(version=version, expires=expires, terms=found)


def _matching(node: Node, name: str, pattern: re.Pattern[str]) -> str:
    text = node.text(name, "")
    if text and not pattern.fullmatch(text):
        raise bad(node.source, node.at(name), "has not the form that it must have")
    return text


def _instant(node: Node, name: str) -> datetime:
    if not _INSTANT.fullmatch(node.text(name)):
        raise bad(node.source, node.at(name), "must be written YYYY-MM-DDTHH:MM:SSZ")
    return node.instant(name)


def _metas(node: Node, names: set[str]) -> dict[str, Meta]:
    node.node("meta", names)
    listed = node.member("meta")
    found = {}
    for name in names & set(listed):
        role = name.removesuffix(".json")
        if role == name or not ROLE_NAME.fullmatch(role):
            raise bad(node.source, f"meta.{name[:80]}", "is not the name of a role's file")
        found[role] = _meta_of(listed[name], node.source, f"meta.{name}")
    return found


def _meta_of(body: Any, source: str, path: str) -> Meta:
    """Return one entry, read without a Node: a snapshot has hundreds of them."""
    match body:
        case {
            "version": int(v),
            "length": int(n),
            "hashes": {"sha256": str(a), "sm3": str(b), **more},
        }:
            whole = not more and len(body) == 3 and v > 0 and n >= 0  # noqa: PLR2004 - the three members
            plain = not isinstance(v, bool) and not isinstance(n, bool)
            if whole and plain and _HEX.fullmatch(a) and _HEX.fullmatch(b):
                return Meta(version=v, length=n, sha256=a, sm3=b)
    raise bad(source, path, "has not exactly version, length and both hashes")


def _pinned(node: Node) -> tuple[int, str, str]:
    """Return length and both digests: each is required."""
    hashes = node.node("hashes", {"sha256", "sm3"})
    digests = []
    for name in ("sha256", "sm3"):
        digests.append(hashes.text(name))
        if not _HEX.fullmatch(digests[-1]):
            raise bad(node.source, hashes.at(name), "must be 64 hex digits")
    return node.integer("length"), digests[0], digests[1]


def _file(listed: Node, path: str, role: str) -> TargetFile:
    parts = path.split("/")
    if len(parts) != 3 or parts[0] != role or not _FILE_NAME.fullmatch(parts[2]):  # noqa: PLR2004 - role/kind/name
        raise bad(listed.source, f"targets.{path[:160]}", f"must be called {role}/<kind>/<name>")
    length, sha256, sm3 = _pinned(listed.node(path, {"length", "hashes"}))
    return TargetFile(path=path, length=length, sha256=sha256, sm3=sm3)


def _delegation(node: Node, keys: Mapping[str, Key]) -> Delegation:
    name = node.text("name")
    if not ROLE_NAME.fullmatch(name) or name in TOP_ROLES:
        raise bad(node.source, node.at("name"), "must be a name in lower case, digits and hyphens")
    if node.texts("paths") != (f"{name}/*/*",):
        raise bad(node.source, node.at("paths"), f"must be {name}/*/*")
    node.truth("terminating")
    terms = node.node("ecert", MEMBERS)
    return Delegation(name=name, role=parse_role(node, keys, terms), scope=parse_scope(terms))
