"""status: cancelled, suspended, superseded, expired, or honestly unknown (L12, L15, L16)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone

from ecert.report import (
    OK,
    Check,
    Evidence,
    Outcome,
    all_of,
    failed,
    leaf,
    not_applicable,
    unknown,
)
from ecert.verification.case import CascadeCase, DataCase, StatusCase
from ecert.verification.checks.context import Context, age_s, freshness

__all__ = ["judged_day", "status"]

_SHANGHAI = timezone(timedelta(hours=8))
_BAD = (
    "suspended",
    "cancelled",
    "revoked",
    "rescinded",
    "expired",
    "superseded",
    "transferred_out",
)


def judged_day(at: datetime) -> date:
    """Return the Asia/Shanghai calendar day of an instant (L12)."""
    return at.astimezone(_SHANGHAI).date()


def _source(known: StatusCase) -> Outcome:
    return unknown("status.unknown") if known.answer == "none" else OK


def _certificate(known: StatusCase, at: datetime) -> Outcome:
    if known.answer == "none":
        return unknown("status.unknown")
    if known.answer == "not_listed":
        return unknown("status.not_listed")
    begun = known.since is None or known.since <= at
    if begun and known.state in _BAD:
        since = known.since.astimezone(UTC).isoformat() if known.since else ""
        return failed(f"status.{known.state}", since=since)
    if (known.state == "valid") is begun and known.state in ("valid", *_BAD):
        return OK
    return unknown("status.unknown_state", state=known.state)


def _age(known: StatusCase, ctx: Context) -> Outcome:
    if known.answer == "none":
        return unknown("status.unknown")
    stale = freshness(
        known.issued_at,
        known.next_update,
        at=ctx.at,
        limit_s=ctx.policy.status_age_s,
        code="status.too_old",
    )
    return stale or OK


def _validity(data: DataCase | None, at: datetime) -> Outcome:
    if data is None:
        return unknown("certificate.no_metadata")
    if data.validity.ok is not True:
        return data.validity
    today = judged_day(at)
    begins = [day for day in (data.issue_date, data.validity_start) if day is not None]
    if begins and today < max(begins):  # nothing is in force before it is issued
        return failed("status.not_yet_valid", start=max(begins).isoformat())
    if data.validity_end is not None and today > data.validity_end:
        return failed("status.expired", since=data.validity_end.isoformat())
    return OK


def _cascade(known: CascadeCase, ctx: Context) -> Check:
    """L19: what the register that owns the holder says of it; its silence counts only while it is fresh."""
    if known.answer == "no_holder":
        return not_applicable("status.cascade", "status.no_holder_code")
    if known.answer == "no_register" and known.ignored:
        return not_applicable("status.cascade", "status.cascade_ignored", register=known.ignored)
    if known.answer == "no_register":
        return not_applicable("status.cascade", "status.no_register")
    found = _followed(known) if known.answer == "event" else _silent(known, ctx)
    return leaf("status.cascade", found, evidence=tuple(_told(known, ctx.at)))


def _told(known: CascadeCase, at: datetime) -> Iterator[Evidence]:
    yield Evidence("cascade.register", known.register_code)
    age = age_s(known.issued_at, at)
    if age is not None:
        yield Evidence("evidence.age_s", age)
    if known.since is not None:
        yield Evidence("cascade.event", known.kind)
        yield Evidence("cascade.since", known.since.isoformat())
        yield Evidence("cascade.basis", known.basis)
    if known.ignored:
        yield Evidence("cascade.ignored", known.ignored)


def _silent(known: CascadeCase, ctx: Context) -> Outcome:
    stale = freshness(
        known.issued_at,
        known.next_update,
        at=ctx.at,
        limit_s=ctx.policy.status_age_s,
        code="status.register_too_old",
    )
    return stale or Outcome(ok=True, code="status.no_cascade")


def _followed(known: CascadeCase) -> Outcome:
    since = known.since.isoformat() if known.since else ""
    if not known.clear:
        return unknown("status.register_unclear", register=known.register, since=since)
    if known.kind == "deregistration_announced":
        until = known.announced_until.isoformat() if known.announced_until else ""
        return unknown("status.deregistration_announced", register=known.register, until=until)
    if known.kind == "transferred_out":
        return failed("status.transferred_out", since=since)
    maker = failed if known.effect == "refuse" else unknown
    return maker(
        "status.cascade",
        entity_state=known.kind,
        register=known.register,
        since=since,
        basis=known.basis,
    )


def status(ctx: Context) -> Check:
    """Return the status axis."""
    known = ctx.case.status
    age = age_s(known.issued_at, ctx.at)
    evidence = () if age is None else (Evidence("evidence.age_s", age),)
    superseded = (
        leaf("status.superseded", failed("status.superseded", since=known.successor))
        if known.state == "superseded" and known.successor
        else not_applicable("status.superseded", "status.not_superseded")
    )
    return all_of(
        "status",
        (
            leaf("status.source", _source(known)),
            leaf("status.certificate", _certificate(known, ctx.at)),
            superseded,
            _cascade(known.cascade, ctx),
            leaf("status.validity", _validity(ctx.case.data, ctx.at)),
            leaf("status.age", _age(known, ctx), evidence=evidence),
        ),
    )
