"""Staging: a signing request for the root and for every targets role that is to say something new.

A version number is used once: a request that is made anew because something changed gets the next
number, since the old one may have been signed somewhere. Only roots must be consecutive.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from ecert.errors import TrustError
from ecert.trust.bundle.machine import Start
from ecert.trust.bundle.payloads import Root, Targets, payload_bytes
from ecert.trust.publishing.bodies import (
    Body,
    Making,
    next_root,
    next_snapshot,
    next_targets,
    next_timestamp,
    same,
)
from ecert.trust.publishing.checking import CheckRule, check_content
from ecert.trust.publishing.published import Published, first_root, open_bundle
from ecert.trust.publishing.request import Authority, Request, parse_request
from ecert.trust.publishing.transcript import read_transcript
from ecert.trust.publishing.workspace import Workspace

__all__ = [
    "SECOND_ROUND", "Asked", "drop_request", "keep_request", "make_request", "making_of",
    "open_requests", "prepare", "settled", "top_authority",
]  # fmt: skip

SECOND_ROUND = ("snapshot", "timestamp")
"""Roles that can only sign when the others have: each pins the finished files of those before it."""
_CARRIED = (
    "issuers", "agreements", "rules", "deviations", "code-tables", "matters", "entities", "anchors",
)  # fmt: skip
_CARRIED_BYTES = 4 * 1024 * 1024
"""Of one file that a request carries so that its change can be told; larger ones go by their digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be made, and when.

    Args:
        at: time of issue. engine: version of this program. check_rule: see ``checking``.
        renew: roles to issue anew though nothing changed. resets: see ``Terms.resets``.
    """

    at: datetime
    engine: str
    check_rule: CheckRule
    renew: Collection[str] = ()
    resets: tuple[str, ...] = ()


def prepare(space: Workspace, asked: Asked) -> tuple[Request, ...]:
    """Write the requests for all that changed and return the open ones; the caller holds the lock.

    An open request that still says the same stays as it is, with the signatures it has.

    Raises:
        TrustError: the workspace or its bundle is unusable, content that an importer would refuse,
            ``publish.nothing`` where there is nothing to sign.
    """
    making = making_of(space, asked)
    check_content(making, asked.check_rule)
    waiting = settled(space, making.base, at=asked.at)

    def kept(request: Request) -> Request:
        return keep_request(space, request, waiting.pop(request.role, None), at=asked.at)

    found = tuple(_first_round(making, kept)) or tuple(map(kept, _renewed(making)))
    if not found:
        raise TrustError("publish.nothing", "nothing has changed since the last publication")
    for old in waiting.values():
        drop_request(space, old, at=asked.at)
    return found


def making_of(space: Workspace, asked: Asked) -> Making:
    """Return everything that new versions are made of.

    Raises:
        TrustError: ``publish.unplanned`` for a role that the plan does not know, and what reading
            plan, content and published bundle raises.
    """
    plan = space.plan()
    strange = sorted({*space.roles_with_content(), *asked.renew, *asked.resets} - set(plan.roles))
    if strange:
        raise TrustError(
            "publish.unplanned", f"{strange[0]} is not planned", params={"role": strange[0]}
        )
    files = space.published_files()
    content: dict[str, bytes] = {}
    for name in plan.roles:
        content |= space.content(name)
    least: dict[str, int] = {}
    for entry in read_transcript(space.transcript()):
        role, version = entry.detail.get("role"), entry.detail.get("version")
        if entry.act == "requested" and role not in ("root", None) and isinstance(version, int):
            least[str(role)] = max(version + 1, least.get(str(role), 1))
    return Making(
        plan=plan,
        keys=space.keys(),
        content=content,
        base=open_bundle(files, Start(anchor=first_root(files), engine=asked.engine)),
        at=asked.at.replace(microsecond=0),
        renew=asked.renew,
        resets=asked.resets,
        least=least,
    )


def open_requests(space: Workspace) -> dict[str, Request]:
    """Return the requests that wait for signatures, by role; each is checked whole.

    Raises:
        TrustError: as ``parse_request``, and ``publish.request`` for two of one role.
    """
    found: dict[str, Request] = {}
    for name, data in space.requests().items():
        request = parse_request(data, name)
        if request.name != name or request.role in found:
            raise TrustError(
                "publish.request", f"{name} is misnamed", params={"name": name, "member": "role"}
            )
        found[request.role] = request
    return found


def settled(space: Workspace, base: Published, *, at: datetime) -> dict[str, Request]:
    """Return the open requests, after clearing away those that are published already.

    They are there where a process was killed between publishing and clearing up.
    """
    found = open_requests(space)
    for role, request in tuple(found.items()):
        current = base.envelope(role)
        if current is not None and current.payload == request.payload:
            space.record("published", {"role": role, "sha256": request.sha256}, at=at)
            _clear(space, found.pop(role))
    return found


def _clear(space: Workspace, request: Request) -> None:
    for name in space.signatures():
        if name.startswith(f"{request.role}.{request.version}."):
            space.remove(f"signatures/{name}")
    space.remove(f"requests/{request.name}")


def keep_request(space: Workspace, new: Request, old: Request | None, *, at: datetime) -> Request:
    """Return the open request where it says the same as a new one; else put the new one in its place."""
    if (
        old is not None
        and (old.previous, old.authorities) == (new.previous, new.authorities)
        and same(old.body, new.body)
    ):
        return old
    if old is not None:
        drop_request(space, old, at=at)
    detail = {"role": new.role, "version": new.version, "sha256": new.sha256}
    space.record("requested", detail, at=at)
    space.write(f"requests/{new.name}", new.to_bytes())
    return new


def drop_request(space: Workspace, old: Request, *, at: datetime) -> None:
    """Withdraw a request and what was signed for it."""
    detail = {"role": old.role, "version": old.version, "sha256": old.sha256}
    space.record("withdrawn", detail, at=at)
    _clear(space, old)


def _first_round(making: Making, kept: Callable[[Request], Request]) -> Iterator[Request]:
    """Yield the requests for the root and for the targets roles, delegators first.

    Args:
        kept: returns the request that waits already where it says the same. Those below it are
            signed under that one, not under the one that was made now to compare.
    """
    base = making.base
    before = base.opened.root if base.opened else None
    current, root = before, next_root(making)
    if root is not None:
        roots = [root] if before is None else [before, root]
        authorities = tuple(top_authority(r, "root") for r in roots)
        request = kept(make_request(making, root, "root", authorities))
        current = _root_of(request)
        yield request
    assert current is not None  # next_root makes one where there is none
    bodies: dict[str, Targets] = {}
    for name in ("targets", *(r.name for r in making.plan.delegated)):
        parent = making.plan.roles[name].parent
        own = bodies.get(parent)
        authority = _delegated(own, name, parent) if own else top_authority(current, name)
        body = next_targets(making, name, (authority.role, authority.keys))
        if body is None:
            bodies[name] = base.roles[name].body
            continue
        request = kept(make_request(making, body, name, (authority,)))
        made = request.body
        assert isinstance(made, Targets)
        bodies[name] = made
        yield request


def _renewed(making: Making) -> Iterator[Request]:
    """Yield the request for a snapshot or a timestamp whose dates alone are to be extended.

    Where anything else changed they follow by themselves, and the timestamp follows the snapshot.
    """
    base = making.base
    role = next((name for name in SECOND_ROUND if name in making.renew), None)
    if role is None or base.opened is None:
        return
    authority = top_authority(base.opened.root, role)
    body: Body | None
    if role == "snapshot":
        finished = {name: base.data(name) for name in ("root", *base.roles)}
        body = next_snapshot(making, finished, (authority.role, authority.keys))
    else:
        body = next_timestamp(making, base.data("snapshot"))
    if body is not None:
        yield make_request(making, body, role, (authority,))


def _root_of(request: Request) -> Root:
    body = request.body
    assert isinstance(body, Root)
    return body


def _delegated(above: Targets, name: str, parent: str) -> Authority:
    """Return who must sign for a role, as its delegator says."""
    role = next(d.role for d in above.delegations if d.name == name)
    keys = {keyid: above.keys[keyid] for keyid in role.keyids}
    return Authority(by=f"{parent} {above.base.version}", role=role, keys=keys)


def top_authority(root: Root, name: str) -> Authority:
    """Return who must sign for one of the top roles."""
    role = root.roles[name]
    keys = {keyid: root.keys[keyid] for keyid in role.keyids}
    return Authority(by=f"root {root.base.version}", role=role, keys=keys)


def make_request(
    making: Making, body: Body, role: str, authorities: tuple[Authority, ...]
) -> Request:
    """Return the request for one new payload."""
    previous = making.base.envelope(role)
    return Request(
        federation=making.plan.name,
        role=role,
        payload=payload_bytes(body),
        authorities=authorities,
        previous=previous.payload if previous else None,
        files=_carried(making, role, body) if isinstance(body, Targets) else {},
    )


def _carried(making: Making, role: str, body: Targets) -> dict[str, bytes]:
    """Return the files, before and after, by which a change can be told."""
    published = making.base.roles.get(role)
    old = {f.path: f for f in published.body.files} if published else {}
    new = {f.path: f for f in body.files}
    found: dict[str, bytes] = {}
    for path in {*old, *new}:
        if path.split("/")[1] not in _CARRIED or old.get(path) == new.get(path):
            continue
        sides = (old.get(path), making.base.target(path)), (new.get(path), making.content.get(path))
        for listed, data in sides:
            if listed is not None and data is not None and len(data) <= _CARRIED_BYTES:
                found[listed.sha256] = data
    return found
