"""The JSON form of facts, as rules' tests and the vector suite write them.

Nested by the names of the environment: days as ``2024-02-29``, instants with their zone, ``history`` and
``codes`` for what functions read. An unknown name refuses the facts, because a test that sets a value
nobody reads proves nothing; a wrong value stays wrong, because tests ask about that too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from ecert.errors import TrustError
from ecert.ids.dates import calendar_date
from ecert.recognition.rules.environment import SOURCES, VARIABLES, VIEWS
from ecert.recognition.rules.facts import Facts, Sources
from ecert.trust.reading import Window

__all__ = ["changed", "facts_from_json"]

_FIELDS = "cert.fields"
_GROUPS = frozenset(path.partition(".")[0] for path in VARIABLES)
_DEPTH = 3
_SIZE = len("2024-02-29")


def facts_from_json(body: Mapping[str, Any]) -> Facts:
    """Return the facts of a JSON form.

    Raises:
        TrustError: ``rule.test_facts``: a name that the environment does not have, or a history that
            cannot be read.
    """
    values: dict[str, Any] = {}
    for path, value in _leaves(body):
        _set(values, path, _typed(path, value))
    history = _mapping(body.get("history", {}), "history")
    services = _mapping(history.get("issuer", {}), "history.issuer")
    tables = _mapping(body.get("codes", {}), "codes")
    sources = Sources(
        status=_windows(history.get("status", []), "history.status"),
        services={str(k): _windows(v, "history.issuer") for k, v in services.items()},
        codes={str(k): _codes(v) for k, v in tables.items()},
    )
    return Facts(values, sources=sources)


def changed(
    body: Mapping[str, Any], put: Iterable[tuple[str, Any]], unset: Iterable[str]
) -> dict[str, Any]:
    """Return a copy of facts with some paths set and some removed.

    Raises:
        TrustError: ``rule.test_facts``: a path that the environment does not have.
    """
    made: dict[str, Any] = {str(group): _copied(inside) for group, inside in body.items()}
    for path, value in put:
        _known(path)
        _set(made, path, value)
    for path in unset:
        _known(path)
        names = path.split(".")
        inside: Any = made
        for name in names[:-1]:
            inside = inside.get(name, {}) if isinstance(inside, dict) else {}
        if isinstance(inside, dict):
            inside.pop(names[-1], None)
    return made


def _copied(value: Any) -> Any:
    return {str(k): _copied(v) for k, v in value.items()} if isinstance(value, Mapping) else value


def _leaves(body: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Return (path, value) of every variable and field."""
    for group, inside in body.items():
        if group in ("history", "codes"):
            continue
        if group in VARIABLES:
            yield group, inside
            continue
        if group not in _GROUPS:
            raise _wrong(group, "is no name of the environment")
        for name, value in _mapping(inside, group).items():
            path = f"{group}.{name}"
            _known(path)
            if path != _FIELDS:
                yield path, value
                continue
            for field, member in _mapping(value, path).items():
                yield f"{path}.{field}", member


def _known(path: str) -> None:
    view, _, name = path.rpartition(".")
    fields = path == _FIELDS or (view == _FIELDS and name.isidentifier())
    plain = path in VARIABLES and path not in VIEWS
    source = any(path == s or path.startswith(f"{s}.") for s in SOURCES)
    if not (plain or fields or source) or path.count(".") > _DEPTH:
        raise _wrong(path, "is no name of the environment")


def _set(values: dict[str, Any], path: str, value: Any) -> None:
    *above, last = path.split(".")
    for name in above:
        values = values.setdefault(name, {})
        if not isinstance(values, dict):
            raise _wrong(path, "is below a value")
    values[last] = value


def _typed(path: str, value: Any) -> Any:
    """Return a value in the type of its variable, or as it stands where it is wrong."""
    kind = VARIABLES[path].type if path in VARIABLES else ""
    if kind == "date" and isinstance(value, str):
        return _day(value) or value
    if kind == "timestamp" and isinstance(value, str):
        return _instant(value) or value
    if kind == "bool" and value in ("true", "false"):
        return value == "true"
    return value


def _day(text: str) -> Any:
    parts = text.split("-")
    if len(text) != _SIZE or not all(p.isascii() and p.isdigit() for p in parts):
        return None
    return calendar_date(*map(int, parts)) if len(parts) == _DEPTH else None


def _instant(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _mapping(value: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _wrong(path, "must be a mapping")
    return value


def _codes(value: Any) -> Mapping[str, str]:
    table = _mapping(value, "codes")
    if not all(isinstance(code, str) for code in table.values()):
        raise _wrong("codes", "must map codes to codes")
    return {str(code): found for code, found in table.items()}


def _windows(value: Any, path: str) -> tuple[Window, ...]:
    """Return states from a list of ``{state, from, to}``, half-open; the last may have no ``to``."""
    found: list[Window] = []
    for entry in value if isinstance(value, list) else [value]:
        body = _mapping(entry, path)
        start = _instant(str(body.get("from", "")))
        end = _instant(str(body["to"])) if body.get("to") is not None else None
        state = body.get("state")
        if not isinstance(state, str) or start is None or (end is None) != ("to" not in body):
            raise _wrong(path, "must be a list of state, from and to")
        found.append((state, start, end))
    return tuple(found)


def _wrong(path: str, what: str) -> TrustError:
    return TrustError(
        "rule.test_facts",
        f"facts: {path} {what}",
        params={"path": path, "what": what},
        hint="see docs/reference/rule-environment.md",
    )
