"""What one question knows, in the types of the environment: checked once, before any rule runs.

A value of the wrong type, a day that the calendar does not have, a code that is no code is a fault of
the data: it is listed, and to rules it is absent. So rules only ever see values that mean something.
Dates become day numbers here (1 = 0001-01-01), as the engine compares them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from ecert.errors import InvalidIdentifier
from ecert.ids import RegionCode
from ecert.ids.dates import parse_date
from ecert.recognition.rules.environment import LIMITS, VARIABLES, VIEWS
from ecert.trust.reading import Window

__all__ = ["ABSENT", "INVALID", "Facts", "Sources", "shown"]


class _Mark:
    """Why there is no value."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


ABSENT = _Mark("absent")
INVALID = _Mark("invalid")
_INT64 = 2**63
_LONGEST = LIMITS["value"]
_EVALUATED = "t_eval"
_EXTREMES = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
"""Instants that the engine reads as infinite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What functions read beside their arguments.

    Args:
        status: states of the certificate, half-open; None where no source speaks of it.
        services: states of the issuer's services, by kind.
        codes: code tables, by name.
    """

    status: tuple[Window, ...] = ()
    services: Mapping[str, tuple[Window, ...]] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


class Facts:
    """Checked values by path (``cert.issue_date``, ``cert.fields.name``, ``t_eval``).

    Args:
        values: nested by the names of the environment, absent members left out or None; ``cert.fields``
            holds texts, whole numbers and lists of texts. Dates are `date`, instants aware `datetime`.
        sources: what functions read.
        personal: names of personal fields; None takes every field for personal (L26).

    A value is checked when it is first asked for; nothing outside can change it in between.
    """

    __slots__ = ("_checked", "_fields", "_personal", "_values", "sources")

    def __init__(
        self,
        values: Mapping[str, Any],
        *,
        sources: Sources | None = None,
        personal: frozenset[str] | None = None,
    ) -> None:
        self.sources = sources or Sources()
        self._personal = personal
        self._values = values
        self._checked: dict[str, Any] = {}
        cert = values.get("cert")
        fields = cert.get("fields") if isinstance(cert, Mapping) else None
        self._fields: Mapping[str, Any] = fields if isinstance(fields, Mapping) else {}

    def get(self, path: str) -> Any:
        """Return the value for the engine, ABSENT or INVALID; a path that does not exist is ABSENT."""
        found = self._checked.get(path)
        if found is None:
            found = self._checked[path] = self._check(path)
        return found

    def _check(self, path: str) -> Any:
        member = _MEMBERS.get(path)
        if member is None:
            view, _, name = path.rpartition(".")
            check, value = _FIELD_CHECKS.get(VIEWS.get(view, "")), self._fields.get(name)
        else:
            group, name, check = member
            value = self._values.get(group)
            if value is not None and name:
                value = value.get(name) if isinstance(value, Mapping) else INVALID
        if check is None or value is None:
            return ABSENT
        return check(value)

    def faults(self) -> tuple[str, ...]:
        """Return the paths whose values are none of their type, in order."""
        named = [f"cert.fields.{n}" for n, v in self._fields.items() if _of_no_kind(v)]
        return tuple(sorted([*(p for p in _MEMBERS if self.get(p) is INVALID), *named]))

    def is_personal(self, path: str) -> bool:
        """Whether a value is masked when shown."""
        view, _, name = path.rpartition(".")
        if view in VIEWS:
            return self._personal is None or name in self._personal
        variable = VARIABLES.get(path)
        return variable is not None and variable.personal


def shown(path: str, value: Any) -> str:
    """Return a value of `Facts.get` as text, for traces."""
    if isinstance(value, _Mark):
        return value.name
    view, _, _ = path.rpartition(".")
    kind = VIEWS.get(view) or VARIABLES[path].type
    if kind == "date":
        return date.fromordinal(value).isoformat()
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(value) if isinstance(value, list) else str(value)


def _text(value: Any) -> Any:
    if not isinstance(value, str) or len(value) > _LONGEST:
        return INVALID
    if not value or value.isascii():
        return value or ABSENT
    try:
        value.encode()
    except UnicodeEncodeError:
        return INVALID
    return value


def _division(value: Any) -> Any:
    return _region(value) if isinstance(value, str) and value else _text(value)


@lru_cache(maxsize=4096)
def _region(value: str) -> Any:
    try:
        return str(RegionCode(value))
    except InvalidIdentifier:
        return INVALID


def _truth(value: Any) -> Any:
    return value if isinstance(value, bool) else INVALID


def _day(value: Any) -> Any:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.toordinal()
    return INVALID


def _instant(value: Any) -> Any:
    """Return an instant in UTC; without a zone it is none (L12)."""
    if not isinstance(value, datetime) or value.utcoffset() is None:
        return INVALID
    try:
        moment = value if value.tzinfo is UTC else value.astimezone(UTC)
    except OverflowError:
        return INVALID
    return INVALID if moment in _EXTREMES else moment


def _field_text(value: Any) -> Any:
    return str(value) if _whole(value) is value else _text(value)


def _field_day(value: Any) -> Any:
    """Return a field as a day: any accepted form of a date; 长期 and everything else is no day."""
    try:
        return parse_date(value).toordinal() if isinstance(value, str) else _day(value)
    except InvalidIdentifier:
        return INVALID


def _field_number(value: Any) -> Any:
    if not isinstance(value, str):
        return _whole(value)
    plain = value.isascii() and value.isdecimal() and len(value) <= len(str(_INT64))
    return _whole(int(value)) if plain else INVALID


def _whole(value: Any) -> Any:
    right = isinstance(value, int) and not isinstance(value, bool) and -_INT64 <= value < _INT64
    return value if right else INVALID


def _field_list(value: Any) -> Any:
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= LIMITS["values"]:
        return INVALID if value else ABSENT
    return INVALID if any(_text(v) in (INVALID, ABSENT) for v in value) else list(value)


def _of_no_kind(value: Any) -> bool:
    checks = (_field_text, _field_list, _day)
    return value is not None and all(check(value) is INVALID for check in checks)


_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "string": _text,
    "division": _division,
    "bool": _truth,
    "date": _day,
    "timestamp": _instant,
}
_FIELD_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "string": _field_text,
    "date": _field_day,
    "int": _field_number,
    "list": _field_list,
}


def _members() -> dict[str, tuple[str, str, Callable[[Any], Any]]]:
    """Return the group, the name within it and the check of every single variable."""
    found = {}
    for path, variable in VARIABLES.items():
        group, _, name = path.partition(".")
        if (name and path not in VIEWS) or path == _EVALUATED:
            found[path] = (group, name, _CHECKS[variable.type])
    return found


_MEMBERS = _members()
