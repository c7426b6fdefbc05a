"""Every instant that documents state and from which on an answer may be another one (D9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ecert.ids import first_instant
from ecert.ids.region import NATION, ancestors, current, history
from ecert.recognition.asked import Asked
from ecert.trust.agreement import Agreement
from ecert.trust.codetable import CodeRow
from ecert.trust.knowledge import Knowledge
from ecert.trust.rule import Rule
from ecert.trust.store import TrustStore

__all__ = [
    "Moment", "known_moments", "own_moments", "reads_the_clock", "shared_moments", "trust_moments",
]  # fmt: skip

_DAY = timedelta(days=1)
_CODE = 6
_CLOCKS = ("t_eval", "status_now", "_at(")
"""What makes the result of a rule depend on the asked time."""


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """One instant, and what begins or ends there.

    Args:
        kind: agreement, deviation, rule, list, status, issuer, certificate, division, role, register.
        name: its identifier. event: the state that begins, or begins, ends, expires.
    """

    at: datetime
    kind: str
    name: str
    event: str


def known_moments(asked: Asked, knowledge: Knowledge) -> tuple[Moment, ...]:
    """Return every instant that may matter to a question."""
    return tuple(sorted({*shared_moments(knowledge), *own_moments(asked, knowledge)}))


def shared_moments(knowledge: Knowledge) -> tuple[Moment, ...]:
    """Return the instants of the rules and code tables, which may matter to any question."""
    found = [m for rule in knowledge.rules for m in _rule(rule)]
    found += [m for t in knowledge.code_tables for row in t.rows for m in _row(t.table_id, row)]
    return tuple(sorted(set(found)))


def own_moments(asked: Asked, knowledge: Knowledge) -> tuple[Moment, ...]:
    """Return the instants of the agreements between both sides, and those of the question itself."""
    sides = _names(asked.relying), _names(asked.issuing)
    mine = [a for a in knowledge.agreements if not a.reference and _between(a, *sides)]
    found = [m for a in mine for m in _agreement(a)]
    names = {a.agreement_id for a in mine}
    for one in (d for d in knowledge.deviations if d.agreement in names):
        name = f"{one.deviation_id} {one.version}"
        found.append(Moment(one.begin, "deviation", name, "begins"))
        found.append(Moment(one.until, "deviation", name, "ends"))
    found += [m for code in (asked.relying, asked.issuing) for m in _division(code)]
    found += _certificate(asked)
    if asked.issuer is not None:
        found += _windows("issuer", asked.issuer.authority, asked.issuer.states)
    return tuple(sorted(set(found)))


def trust_moments(trust: TrustStore) -> tuple[Moment, ...]:
    """Return the instants at which lists begin and run out, and keys change their standing."""
    found = []
    for known in trust.issuer_lists:
        found.append(Moment(known.issued_at, "list", known.list_id, "begins"))
        found.append(Moment(known.next_update, "list", known.list_id, "expires"))
        for listing in known.listings:
            found += _windows("issuer", listing.authority, listing.windows)
    for status in trust.status_files:
        found.append(Moment(status.issued_at, "status", status.list_id, "begins"))
        found.append(Moment(status.next_update, "status", status.list_id, "expires"))
    for crl in trust.crls:
        found.append(Moment(crl.this_update, "crl", crl.issuer, "begins"))
        if crl.next_update is not None:
            found.append(Moment(crl.next_update, "crl", crl.issuer, "expires"))
    for entities in trust.entities:
        found.append(Moment(entities.issued_at, "register", entities.list_id, "begins"))
        found.append(Moment(entities.next_update, "register", entities.list_id, "expires"))
    if trust.dated is not None:
        found += [Moment(r.expires, "role", r.name, "expires") for r in trust.dated.roles]
        found.append(Moment(trust.dated.ends, "role", trust.name, "grace-over"))
    return tuple(sorted(set(found)))


def reads_the_clock(knowledge: Knowledge) -> bool:
    """Whether a rule may answer otherwise on another day, though no document states an instant."""
    return any(
        word in condition.expression
        for rule in knowledge.rules
        for condition in rule.conditions
        for word in _CLOCKS
    )


def _names(code: str | None) -> frozenset[str]:
    """Return every code by which an edge may mean a division, now or once it has successors."""
    if code is None or not code.isdecimal() or len(code) != _CODE:
        return frozenset()
    own = (code, *current(code))
    return frozenset({*own, *(str(a) for c in own for a in ancestors(c)), NATION, "000000"})


def _between(agreement: Agreement, relying: frozenset[str], issuing: frozenset[str]) -> bool:
    return any(e.relying in relying and e.issuing in issuing for e in agreement.edges)


def _agreement(agreement: Agreement) -> Iterator[Moment]:
    name = f"{agreement.agreement_id} {agreement.version}"
    yield from _windows("agreement", name, agreement.windows)
    if agreement.cut_off is not None:
        yield Moment(agreement.cut_off, "agreement", name, "cut-off")


def _windows(
    kind: str, name: str, windows: Iterable[tuple[str, datetime, datetime | None]]
) -> Iterator[Moment]:
    for state, start, end in windows:
        yield Moment(start, kind, name, state)
        if end is not None:
            yield Moment(end, kind, name, f"{state} ends")


def _rule(rule: Rule) -> Iterator[Moment]:
    name = f"{rule.rule_id} {rule.version}"
    if rule.valid_from is not None:
        yield Moment(rule.valid_from, "rule", name, "begins")
    if rule.valid_to is not None:
        yield Moment(rule.valid_to, "rule", name, "ends")


def _division(code: str | None) -> Iterator[Moment]:
    if code is None or not code.isdecimal() or len(code) != _CODE:
        return
    for record in history(code):
        yield from _day(record.valid_from, "division", code, "begins")
        yield from _after(record.valid_to, "division", code)


def _row(name: str, row: CodeRow) -> Iterator[Moment]:
    yield from _day(row.first, "code-table", name, "begins")
    yield from _after(row.last, "code-table", name)


def _certificate(asked: Asked) -> Iterator[Moment]:
    yield from _day(asked.issue_date, "certificate", "issue_date", "begins")
    yield from _day(asked.valid_from, "certificate", "valid_from", "begins")
    yield from _after(asked.valid_to, "certificate", "valid_to")


def _day(day: date | None, kind: str, name: str, event: str) -> Iterator[Moment]:
    if day is not None:
        yield Moment(first_instant(day), kind, name, event)


def _after(last: date | None, kind: str, name: str) -> Iterator[Moment]:
    """Yield the instant after a last day."""
    if last is not None and last < date.max:
        yield from _day(last + _DAY, kind, name, "ends")
