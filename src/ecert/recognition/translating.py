"""Equivalences applied (recognition.md D7.4): every translated value is kept, and every lossy step said.

A relation that is there must speak of the value: where it is silent, or a table is missing, nothing is
assumed to mean the same. A type alone means itself where no row names it, because the scope of the
agreement names it already. Several codes for one are all kept, and a person chooses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from ecert.recognition.asked import Asked, Fact
from ecert.report import OK, Outcome, unknown
from ecert.trust.agreement import Agreement
from ecert.trust.codetable import CodeTable
from ecert.trust.equivalence import TRANSFORMS, CodeMapping, FieldMapping, level_reached, related

__all__ = ["Translated", "Translation", "reached", "translate", "usable_tables"]

_GOOD = ("valid", "active")


_SHOWN = 400
"""Characters of one value that are shown; codes and dates are far shorter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """One value of the issuing side and what stands for it on the relying side, best first."""

    kind: str
    path: str
    value: str
    into: tuple[str, ...]
    lossy: bool = False
    personal: bool = False
    table: str = ""


@dataclass(frozen=True, slots=True)
class Translated:
    """Everything that was translated, and what could not be.

    Args:
        several: one code stands for several, so a person must choose.
    """

    steps: tuple[Translation, ...] = ()
    problems: tuple[Outcome, ...] = ()
    several: bool = False

    @property
    def outcome(self) -> Outcome:
        """Whether everything could be translated, with a note where something was lost on the way."""
        if self.problems:
            return self.problems[0]
        lost = [s.path for s in self.steps if s.lossy]
        if not lost:
            return OK
        return Outcome(ok=True, code="equivalence.lossy", params=(("paths", ", ".join(lost)),))


@dataclass(slots=True)
class _Work:
    agreement: Agreement
    facts: Mapping[str, Fact]
    tables: Mapping[str, CodeTable]
    day: date
    steps: list[Translation] = field(default_factory=list)
    problems: list[Outcome] = field(default_factory=list)

    def lacks(self, kind: str, path: str, code: str = "equivalence.missing") -> None:
        """Remember what could not be translated; never the value, which may be personal."""
        shown = {"agreement": self.agreement.agreement_id, "kind": kind, "path": path}
        self.problems.append(unknown(code, **shown))


def translate(
    asked: Asked, agreement: Agreement, tables: Mapping[str, CodeTable], day: date
) -> Translated:
    """Return what an agreement's equivalences make of a certificate.

    Args:
        tables: code tables that may be used, by name. day: Asia/Shanghai day of the question.
    """
    told = agreement.equivalences
    if not told:
        return Translated()
    work = _Work(agreement, {f.path: f for f in asked.facts}, tables, day)
    _types(work, asked)
    if told.status:
        _status(work, asked)
    if told.level and asked.issuer is not None and asked.issuer.assurance:
        _level(work, asked.issuer.assurance)
    several = [_code(work, one) for one in told.code]
    for one in told.field:
        _field(work, one)
    return Translated(tuple(work.steps), tuple(work.problems), any(several))


def _types(work: _Work, asked: Asked) -> None:
    for value in (asked.type_code, asked.profile_id):
        into = related(work.agreement.equivalences.type, value)
        if into and value is not None:
            work.steps.append(Translation(kind="type", path="type", value=value, into=into))


def _status(work: _Work, asked: Asked) -> None:
    """Translate the status; it may mean less over there, never more: recognition upgrades nothing."""
    into = related(work.agreement.equivalences.status, asked.state)
    if not into or asked.state is None:
        work.lacks("status", "status")
        return
    work.steps.append(Translation(kind="status", path="status", value=asked.state, into=into))
    if any(word not in _GOOD for word in into):
        work.lacks("status", "status", "equivalence.status_not_good")


def _level(work: _Work, level: str) -> None:
    into = related(work.agreement.equivalences.level, level)
    if into:
        work.steps.append(
            Translation(kind="level", path="issuer.assurance", value=level, into=into)
        )


def _code(work: _Work, one: CodeMapping) -> bool:
    fact = _fact(work, "code", one.path, one.absent)
    if fact is None:
        return False
    value = str(fact.value)
    lossy = False
    if one.table:
        table = work.tables.get(one.table)
        if table is None:
            work.lacks("code", one.table, "equivalence.table_missing")
            return False
        rows = table.rows_of(value, work.day)
        into, lossy = tuple(dict.fromkeys(r.to for r in rows)), any(r.lossy for r in rows)
    else:
        into = related(one.pairs, value)
    if not into:
        work.lacks("code", one.path)
        return False
    work.steps.append(
        Translation(
            kind="code",
            path=one.path,
            value=value[:_SHOWN],
            into=into,
            lossy=lossy,
            personal=fact.personal,
            table=one.table,
        )
    )
    return len(into) > 1


def _fact(work: _Work, kind: str, path: str, absent: str) -> Fact | None:
    """Return the value to translate; one that is not there is unknown unless the agreement lets it be."""
    fact = work.facts.get(path)
    if fact is None and absent == "unknown":
        work.lacks(kind, path, "equivalence.field_missing")
    if fact is not None and fact.many:
        work.lacks(kind, path, "equivalence.not_convertible")
        return None
    return fact


def _field(work: _Work, one: FieldMapping) -> None:
    fact = _fact(work, "field", one.source, one.absent)
    if fact is None:
        return
    value = str(fact.value)
    into = TRANSFORMS[one.transform](value)
    if into is None:
        work.lacks("field", one.source, "equivalence.not_convertible")
        return
    work.steps.append(
        Translation(
            kind="field",
            path=f"{one.source} -> {one.target} ({one.transform})",
            value=value[:_SHOWN],
            into=(into[:_SHOWN],),
            lossy=one.lossy,
            personal=fact.personal,
        )
    )


def reached(asked: Asked, agreement: Agreement) -> Outcome | None:
    """Return whether the issuer's level reaches the least one asked for; None where none is asked."""
    least = agreement.min_assurance
    if not least:
        return None
    level = asked.issuer.assurance if asked.issuer is not None else ""
    relation = agreement.equivalences.level
    words = related(relation, level) if relation else (level,)
    told = [level_reached(word, least) for word in words if word]
    if not told or None in told:
        return unknown("agreement.assurance_unknown", level=least)
    if all(told):
        return OK
    return _too_low(level, least)


def _too_low(level: str, least: str) -> Outcome:
    params = (("found", level), ("level", least))
    return Outcome(ok=False, code="agreement.assurance_low", params=params)


def usable_tables(tables: Sequence[CodeTable]) -> dict[str, CodeTable]:
    """Return the newest version of each table; a name that two owners use, or one version, is doubted."""
    found: dict[str, CodeTable] = {}
    doubted: set[str] = set()
    for table in sorted(tables, key=lambda t: t.version):
        held = found.get(table.table_id)
        if held is not None and held.owner != table.owner:
            doubted.add(table.table_id)
        found[table.table_id] = table
    for table in tables:
        held = found[table.table_id]
        if held.version == table.version and held != table:
            doubted.add(table.table_id)
    return {name: table for name, table in found.items() if name not in doubted}
