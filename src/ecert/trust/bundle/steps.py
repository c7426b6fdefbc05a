"""What every step of the state machine checks: size, floor, predecessor, version of this program."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from ecert.errors import TrustError
from ecert.trust.bundle.dsse import Envelope
from ecert.trust.bundle.floors import Floors
from ecert.trust.bundle.freshness import RoleVersion
from ecert.trust.bundle.payloads import Payload
from ecert.trust.bundle.refusing import refuse

__all__ = ["Read", "admit", "bounded", "fork", "sized"]

Read = Callable[[str, int], bytes | None]
"""Returns the bytes at a path of the bundle, at most a limit and one more; None for no such file."""

MAX_BUNDLE_BYTES = 512 * 1024 * 1024
"""All that is read of one bundle, held in memory while it is admitted; a national one has 7 MB without
long lists. A file that is listed under many names is read, parsed and kept as often."""
_MAX_GRACE_S = 366 * 24 * 60 * 60
"""More than any local grace; a publisher's wish beyond it means the same."""


def admit(
    name: str, base: Payload, envelope: Envelope, *, floors: Floors, engine: str
) -> RoleVersion:
    """Check one verified payload against its floor, its predecessor and this program's version.

    Raises:
        TrustError: ``bundle.engine``, ``bundle.rollback``, ``bundle.equivocation``, ``bundle.fork``.
    """
    terms = base.terms
    if _order(terms.min_engine) > _order(engine):
        message = f"{name} needs version {terms.min_engine} of this program"
        raise refuse("bundle.engine", message, name=name, needed=terms.min_engine, engine=engine)
    sha256 = envelope.sha256
    floors.check_role(name, base.version, sha256)
    before = floors.roles.get(name)
    if (
        before
        and before.sha256
        and int(before.version) + 1 == base.version
        and terms.supersedes != before.sha256
    ):
        raise fork(name, base.version)
    return RoleVersion(
        name=name,
        version=base.version,
        sha256=sha256,
        issued_at=terms.issued_at,
        expires=base.expires,
        grace=timedelta(seconds=min(terms.grace_s, _MAX_GRACE_S)),
    )


def bounded(read: Read) -> Read:
    """Return a reader that ends in ``bundle.too_large`` where a whole bundle is; it counts for itself."""
    limit = MAX_BUNDLE_BYTES
    size = 0

    def counting(path: str, most: int) -> bytes | None:
        nonlocal size
        data = read(path, most)
        size += len(data or b"")
        if size > limit:
            message = "the bundle as a whole is too large"
            raise refuse("bundle.too_large", message, name="bundle", size=size, limit=limit)
        return data

    return counting


def fork(name: str, version: int) -> TrustError:
    """Return the error for a version that names another predecessor than the accepted one."""
    message = f"{name} version {version} does not follow the version accepted before"
    return refuse("bundle.fork", message, name=name, version=version)


def sized(read: Read, path: str, name: str, *, length: int, limit: int) -> bytes:
    """Return the bytes at a path, which must be exactly as many as were signed."""
    if length > limit:
        message = f"{name} is said to have {length} bytes"
        raise refuse("bundle.too_large", message, name=name, size=length, limit=limit)
    data = read(path, length)
    if data is None:
        raise refuse("bundle.missing", f"{name} is missing", name=name)
    if len(data) < length:
        message = f"{name} has {len(data)} of {length} bytes"
        raise refuse("bundle.truncated", message, name=name, size=len(data), length=length)
    if len(data) > length:
        message = f"{name} has more than its {length} bytes"
        raise refuse("bundle.too_large", message, name=name, size=len(data), limit=length)
    return data


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdecimal())
