"""Read YAML as text: no scalar ever turns into a number, a date or a Norwegian ``no``.

A code such as 0101 stays "0101" and 2024-03-18 stays those ten characters. Only a bare ``null``,
``~`` or nothing at all means None. Refused: duplicate keys, anchors and aliases, tags, several
documents, keys that are not text, nesting and sizes beyond the limits. Works over parser events, so
depth costs no stack.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ecert.errors import MalformedInput
from ecert.limits import Limits

__all__ = ["YamlProblem", "load_yaml", "read_yaml"]

_NULLS = frozenset({"", "~", "null"})


@dataclass(frozen=True, slots=True)
class YamlProblem:
    """One thing wrong with a YAML text: code, place (line from 1) and the values of the message."""

    code: str
    line: int
    detail: str = ""


@dataclass(slots=True)
class _Open:
    """A list or mapping being filled."""

    value: Any
    key: str | None = None
    keys: set[str] = field(default_factory=set)


class _Stop(Exception):
    def __init__(self, problem: YamlProblem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def load_yaml(data: bytes, *, limits: Limits | None = None) -> Any:
    """Return nested dicts, lists, text and None.

    Raises:
        MalformedInput: with a ``yaml.*`` code, naming the first problem and its line.

    """
    value, problems = read_yaml(data, limits=limits)
    if problems:
        first = problems[0]
        raise MalformedInput(
            first.code,
            f"line {first.line}: {first.code} {first.detail}".rstrip(),
            params={"line": first.line, "detail": first.detail},
        )
    return value


def read_yaml(data: bytes, *, limits: Limits | None = None) -> tuple[Any, tuple[YamlProblem, ...]]:
    """Return the value and every problem found; after a syntax problem the value is None."""
    import yaml

    bounds = limits or Limits()
    if len(data) > bounds.json_bytes:
        return None, (YamlProblem("yaml.too_large", 0, str(bounds.json_bytes)),)
    try:
        text = data.decode("utf-8-sig")
        return _build(yaml.parse(text, Loader=yaml.CSafeLoader), bounds.json_depth)
    except UnicodeDecodeError:
        return None, (YamlProblem("yaml.encoding", 0),)
    except _Stop as stop:
        return None, (stop.problem,)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 0
        detail = str(getattr(error, "problem", "") or "")[:80]
        return None, (YamlProblem("yaml.syntax", line, detail),)


def _build(events: Iterator[Any], depth: int) -> tuple[Any, tuple[YamlProblem, ...]]:
    import yaml

    problems: list[YamlProblem] = []
    stack: list[_Open] = []
    documents: list[Any] = []
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.DocumentStartEvent) and documents:
            raise _Stop(YamlProblem("yaml.syntax", line, "several documents"))
        if not isinstance(event, yaml.NodeEvent):
            if isinstance(event, yaml.CollectionEndEvent):
                closed = stack.pop()
                _put(stack, documents, closed.value, problems, line)
            continue
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            raise _Stop(YamlProblem("yaml.alias", line))
        tag = getattr(event, "tag", None)
        if tag:
            raise _Stop(YamlProblem("yaml.tag", line, str(tag)[:40]))
        if isinstance(event, yaml.ScalarEvent):
            bare = event.style is None or event.style == ""
            value = None if bare and event.value in _NULLS else event.value
            _put(stack, documents, value, problems, line)
        else:
            if len(stack) >= depth:
                raise _Stop(YamlProblem("yaml.too_deep", line, str(depth)))
            if stack and isinstance(stack[-1].value, dict) and stack[-1].key is None:
                raise _Stop(YamlProblem("yaml.key", line))
            stack.append(_Open({} if isinstance(event, yaml.MappingStartEvent) else []))
    return (documents[0] if documents else None), tuple(problems)


def _put(
    stack: list[_Open], documents: list[Any], value: Any, problems: list[YamlProblem], line: int
) -> None:
    if not stack:
        documents.append(value)
        return
    top = stack[-1]
    if isinstance(top.value, list):
        top.value.append(value)
    elif top.key is None:
        if not isinstance(value, str):
            raise _Stop(YamlProblem("yaml.key", line))
        if value in top.keys:
            problems.append(YamlProblem("yaml.duplicate_key", line, value[:60]))
        top.keys.add(value)
        top.key = value
    else:
        top.value.setdefault(top.key, value)
        top.key = None
