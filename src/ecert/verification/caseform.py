"""A case as JSON and back: what the published decision vectors are written in.

Strict on the way in (unknown members refused), so that a vector with a slip cannot pass by accident.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from datetime import date, datetime
from typing import Any, Union, get_args, get_origin, get_type_hints

from ecert.report import OK, Outcome

__all__ = ["from_plain", "to_plain"]


def to_plain(value: Any) -> Any:
    """Return a case (or any part of one) as plain JSON data."""
    if isinstance(value, Outcome):
        plain = "ok" if value == OK else {"ok": value.ok, "code": value.code}
        return plain | {"params": dict(value.params)} if isinstance(plain, dict) else plain
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (tuple, list)):
        return [to_plain(v) for v in value]
    return value


def from_plain(kind: Any, plain: Any) -> Any:
    """Return a value of type ``kind`` from plain JSON data.

    Raises:
        ValueError: unknown member, wrong type, or a date that is none.
    """
    if kind is Outcome:
        return _outcome(plain)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _dataclass(kind, plain)
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _union(kind, plain)
    if origin is tuple:
        return _tuple(kind, plain)
    if origin is typing.Literal:
        if plain not in get_args(kind):
            raise ValueError(f"{plain!r} is none of {get_args(kind)}")
        return plain
    if kind in (datetime, date):
        return kind.fromisoformat(plain)
    if not isinstance(plain, kind):
        raise ValueError(f"{plain!r} is no {kind}")  # noqa: TRY004 - one error type for a bad vector
    return plain


def _outcome(plain: Any) -> Outcome:
    if plain == "ok":
        return OK
    params = tuple(sorted(plain.get("params", {}).items()))
    return Outcome(ok=plain["ok"], code=plain.get("code"), params=params)


def _dataclass(kind: type, plain: Any) -> Any:
    hints = get_type_hints(kind)
    names = {f.name for f in dataclasses.fields(kind)}
    if not isinstance(plain, dict) or set(plain) - names:
        raise ValueError(f"{kind.__name__}: unknown members {sorted(set(plain) - names)}")
    return kind(**{k: from_plain(hints[k], v) for k, v in plain.items()})


def _union(kind: Any, plain: Any) -> Any:
    options = get_args(kind)
    if plain is None and type(None) in options:
        return None
    for option in options:
        if option is type(None):
            continue
        try:
            return from_plain(option, plain)
        except (ValueError, TypeError, AttributeError) as error:
            last = error
    raise ValueError(f"{plain!r} fits none of {options}") from last


def _tuple(kind: Any, plain: Any) -> Any:
    inner = get_args(kind)
    if len(inner) == 2 and inner[1] is Ellipsis:  # noqa: PLR2004 - tuple[X, ...]
        return tuple(from_plain(inner[0], v) for v in plain)
    return tuple(from_plain(k, v) for k, v in zip(inner, plain, strict=True))
