"""From signatures to a published bundle.

1. ``publish`` takes the signatures that came back for the requests of ``staging``. While a threshold
   is short it says so; nothing is put together.
2. Then it asks for the snapshot, which pins the finished files, and for the timestamp, which pins the
   snapshot: the same call again, after each has been signed.
3. What comes out is verified as an importer would, by one who sees it for the first time and by one
   who has accepted the bundle before it; only then does it take the old one's place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ecert.errors import TrustError
from ecert.trust.bundle.dsse import Envelope, verify
from ecert.trust.bundle.machine import Opened, Start, file_path
from ecert.trust.bundle.payloads import Root, Targets
from ecert.trust.bundle.trusting import BundleTrust
from ecert.trust.publishing.bodies import Making, next_snapshot, next_timestamp, parse_body
from ecert.trust.publishing.published import (
    Published,
    first_root,
    metadata_path,
    open_bundle,
    reader,
)
from ecert.trust.publishing.request import Request, Signed, check_signature, parse_signature
from ecert.trust.publishing.staging import (
    SECOND_ROUND,
    Asked,
    keep_request,
    make_request,
    making_of,
    settled,
    top_authority,
)
from ecert.trust.publishing.workspace import Workspace
from ecert.trust.reading import sha256_hex

__all__ = ["Done", "Waiting", "publish"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A request that has too few signatures yet.

    Args:
        signed: ids of the keys that signed. why: what is short, as an importer would say it.
    """

    request: Request
    signed: tuple[str, ...]
    why: TrustError


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A new bundle, verified and in its place.

    Args:
        versions: of the roles that are new. before: versions of all targets roles before it.
        unusable: why nothing can be judged by it yet (no anchors, no issuers).
    """

    published: Published
    versions: Mapping[str, int]
    before: Mapping[str, int]
    unusable: TrustError | None

    @property
    def tells_more(self) -> bool:
        """Whether a role says something else than in the bundle before, so that answers may change."""
        return any(role in self.before for role in self.versions)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finished:
    """The finished metadata files of the new bundle: of this publication, else of the one before."""

    base: Published
    new: Mapping[str, Envelope]

    def data(self, role: str) -> bytes | None:
        """Return the file of a role; None where it has no version yet."""
        if role in self.new:
            return self.new[role].to_bytes()
        path = self.base.path(role)
        return None if path is None else self.base.files[path]

    def root(self) -> Root:
        """Return the root that will hold; raises where nothing was ever prepared."""
        envelope = self.new.get("root") or self.base.envelope("root")
        if envelope is None:
            raise _nothing()
        body = parse_body(envelope.payload, "root")
        assert isinstance(body, Root)
        return body

    def targets(self) -> dict[str, tuple[bytes, Targets]]:
        """Return file and payload of every targets role that the payloads themselves lead to."""
        found: dict[str, tuple[bytes, Targets]] = {}
        waiting = ["targets"]
        while waiting:
            name = waiting.pop(0)
            data, envelope = self.data(name), self.new.get(name) or self.base.envelope(name)
            if data is None or envelope is None:
                raise TrustError(
                    "publish.not_prepared", f"{name} has no version", params={"role": name}
                )
            body = parse_body(envelope.payload, name)
            assert isinstance(body, Targets)
            if name not in found:
                waiting += [d.name for d in body.delegations]
            found[name] = data, body
        return found


def publish(space: Workspace, asked: Asked) -> Done | tuple[Waiting, ...]:
    """Take the next step towards a new bundle; the caller holds the lock.

    Returns:
        What is published now, or the requests that must be signed first.

    Raises:
        TrustError: a signature that does not hold or belongs to nothing, ``publish.nothing``,
            ``publish.outdated``, or whatever an importer would say of the bundle.
    """
    making = making_of(space, asked)
    requests = settled(space, making.base, at=asked.at)
    making = replace(making, renew={*asked.renew, *requests})
    for request in requests.values():
        _check_current(request, making.base)
    signed = _signatures(space, requests)
    first = {role: r for role, r in requests.items() if role not in SECOND_ROUND}
    new, waiting = _assembled(first, signed)
    if waiting:
        return waiting
    if not new and not set(SECOND_ROUND) & set(making.renew):
        raise _nothing()
    for role in SECOND_ROUND:
        request_or_none = _second_round(making, role, _Finished(base=making.base, new=new))
        if request_or_none is None:
            continue
        request = keep_request(space, request_or_none, requests.get(role), at=asked.at)
        if request is not requests.get(role):
            signed.pop(role, None)
        made, waiting = _assembled({role: request}, signed)
        if waiting:
            return waiting
        new |= made
    return _swap(space, making, _Finished(base=making.base, new=new), asked)


def _nothing() -> TrustError:
    return TrustError("publish.nothing", "nothing has changed since the last publication")


def _check_current(request: Request, base: Published) -> None:
    """Refuse a request that was made before something else was published."""
    current = base.envelope(request.role)
    if request.previous != (current.payload if current else None):
        raise TrustError(
            "publish.outdated",
            f"{request.name} does not follow what is published",
            params={"name": request.name},
        )


def _signatures(space: Workspace, requests: Mapping[str, Request]) -> dict[str, list[Signed]]:
    """Return the signatures that came back, each checked against its request."""
    found: dict[str, list[Signed]] = {}
    for name, data in space.signatures().items():
        signed = parse_signature(data, name)
        request = requests.get(signed.role)
        if request is None:
            raise TrustError(
                "publish.no_request",
                f"{name} signs for {signed.role}, which waits for nothing",
                params={"name": name, "role": signed.role[:64], "version": signed.version},
            )
        check_signature(request, signed, name)
        same_key = [
            s for s in found.get(signed.role, []) if s.signature.keyid == signed.signature.keyid
        ]
        if not same_key:
            found.setdefault(signed.role, []).append(signed)
    return found


def _assembled(
    requests: Mapping[str, Request], signed: Mapping[str, list[Signed]]
) -> tuple[dict[str, Envelope], tuple[Waiting, ...]]:
    """Return the envelopes of all requests, and which of them are short of signatures."""
    done: dict[str, Envelope] = {}
    waiting: list[Waiting] = []
    for role, request in requests.items():
        values = sorted((s.signature for s in signed.get(role, [])), key=lambda s: s.keyid)
        envelope = Envelope(payload=request.payload, signatures=tuple(values))
        try:
            for authority in request.authorities:
                verify(envelope, authority.role, authority.keys, name=role)
        except TrustError as error:
            ids = tuple(s.keyid for s in values)
            waiting.append(Waiting(request=request, signed=ids, why=error))
        else:
            done[role] = envelope
    return done, tuple(waiting)


def _second_round(making: Making, role: str, finished: _Finished) -> Request | None:
    """Return the request for the snapshot or the timestamp; None for a snapshot that stays."""
    authority = top_authority(finished.root(), role)
    if role == "timestamp":
        data = finished.data("snapshot")
        assert data is not None  # the snapshot comes first
        return make_request(making, next_timestamp(making, data), role, (authority,))
    root = finished.data("root")
    assert root is not None
    files = {name: data for name, (data, _) in finished.targets().items()} | {"root": root}
    body = next_snapshot(making, files, (authority.role, authority.keys))
    return None if body is None else make_request(making, body, role, (authority,))


def _swap(space: Workspace, making: Making, finished: _Finished, asked: Asked) -> Done:
    """Put the bundle together, verify it as others will, and put it in the old one's place."""
    base = making.base
    files = {path: data for path, data in base.files.items() if path.startswith("metadata/root/")}
    contents = {sha256_hex(d): d for d in (*base.targets().values(), *making.content.values())}
    versions = {r: parse_body(e.payload, r).base.version for r, e in finished.new.items()}
    bodies = finished.targets()
    for name in ("root", *SECOND_ROUND, *bodies):
        data = finished.data(name)
        path = metadata_path(name, versions[name]) if name in versions else base.path(name)
        assert data is not None
        assert path is not None
        files[path] = data
    for _, body in bodies.values():
        for file in body.files:
            if file.sha256 not in contents:
                raise TrustError(
                    "publish.content_changed",
                    f"{file.path} is no longer what was signed",
                    params={"path": file.path},
                )
            files[file_path(file)] = contents[file.sha256]
    anchor = first_root(base.files) or first_root(files)
    published = open_bundle(files, Start(anchor=anchor, engine=asked.engine))
    if base.opened is not None:
        open_bundle(files, Start(floors=base.floors(), engine=asked.engine))
    assert published.opened is not None
    unusable = _as_trust(published.opened, files, asked)
    detail = {"sha256": published.opened.sha256, "versions": versions}
    space.record("publishing", detail, at=asked.at)
    space.replace_published(files)
    for name in space.requests():
        space.remove(f"requests/{name}")
    for name in space.signatures():
        space.remove(f"signatures/{name}")
    space.record("published", detail, at=asked.at)
    before = {name: role.body.base.version for name, role in base.roles.items()}
    return Done(published=published, versions=versions, before=before, unusable=unusable)


def _as_trust(opened: Opened, files: Mapping[str, bytes], asked: Asked) -> TrustError | None:
    """Read the bundle as whoever judges by it; return why nothing can be judged by it yet.

    Raises:
        TrustError: what reading its files raises, ``publish.expired`` for dates that have run out.
    """
    trust = BundleTrust(name="published", opened=opened, read=reader(files))
    store = trust.whole()
    assert store.dated is not None
    fresh = store.dated.at(asked.at)
    if fresh.state != "fresh":
        raise TrustError(
            "publish.expired", f"{fresh.role} has expired", params={"role": fresh.role}
        )
    return store.usable()
