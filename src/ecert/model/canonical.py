"""Read JSON strictly and write the one canonical byte form that digests and signatures use.

Reading refuses duplicate keys (L7), NaN and Infinity, nesting and sizes beyond the limits, text
that is not UTF-8 and lone surrogates. Writing follows RFC 8785: no blanks, members sorted by UTF-16
code units, only the escapes JSON demands. One deliberate difference: a number that is not a small
integer keeps the spelling it was read with, because a certificate is never rounded. Text is not
normalised: code points stay what they are, since a digest over "almost the same" text would prove
nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from ecert.errors import MalformedInput
from ecert.limits import Limits

__all__ = ["JsonNumber", "canonical_bytes", "parse_json", "pretty_json"]

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_SMALL = 15  # digits that a double holds exactly, so every reader sees the same integer
_ESCAPES = {
    '"': '\\"',
    "\\": "\\\\",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
}
_ESCAPED = re.compile(r'["\\\x00-\x1f]')
# An unterminated string counts as one up to the end, so that scanning stays linear.
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)


@dataclass(frozen=True, slots=True)
class JsonNumber:
    """A number kept as written: fractions, exponents and integers of more than 15 digits."""

    text: str

    def __post_init__(self) -> None:
        if not _NUMBER.fullmatch(self.text):
            raise MalformedInput("json.number", f"not a JSON number: {self.text[:20]!r}")


def parse_json(data: bytes | str, *, limits: Limits | None = None) -> Any:
    """Return the JSON value of ``data``.

    Raises:
        MalformedInput: with a ``json.*`` code, for anything refused above.

    """
    bounds = limits or Limits()
    try:
        raw = data.encode() if isinstance(data, str) else bytes(data)
        if len(raw) > bounds.json_bytes:
            raise MalformedInput(
                "json.too_large",
                f"JSON of {len(raw)} bytes, limit {bounds.json_bytes}",
                params={"size": len(raw), "limit": bounds.json_bytes},
            )
        text = raw.decode("utf-8-sig")
    except UnicodeError as error:
        raise MalformedInput("json.encoding", "JSON is not UTF-8") from error
    if text.count("[") + text.count("{") > bounds.json_depth:
        _refuse_depth(text, bounds.json_depth)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_members,
            parse_int=_integer,
            parse_float=JsonNumber,
            parse_constant=_refuse_constant,
        )
    except MalformedInput:
        raise
    except (ValueError, RecursionError) as error:
        raise MalformedInput("json.syntax", f"not JSON: {str(error)[:80]}") from error
    if "\\u" in text:  # no other way: the text was UTF-8
        _refuse_surrogates(value)
    return value


def canonical_bytes(value: Any) -> bytes:
    """Return the canonical bytes of a JSON value.

    Raises:
        MalformedInput: a value of a type JSON does not have, a float, or a lone surrogate.

    """
    try:
        return _encode("".join(_pieces(value)))
    except RecursionError as error:
        raise MalformedInput("json.too_deep", "value nested too deep to write") from error


def pretty_json(value: Any) -> str:
    """Return readable JSON with members in the order given; ends with a line feed."""
    text = "".join(_pretty(value, "\n")) + "\n"
    _encode(text)
    return text


def _encode(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeError as error:
        raise MalformedInput("json.encoding", "text holds a lone surrogate") from error


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        key = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise MalformedInput(
            "json.duplicate_key", f"member {key[:60]!r} occurs twice", params={"key": key[:60]}
        )
    return members


def _integer(text: str) -> int | JsonNumber:
    if len(text.lstrip("-")) > _SMALL or text == "-0":
        return JsonNumber(text)
    return int(text)


def _refuse_constant(text: str) -> NoReturn:
    raise MalformedInput("json.number", f"{text} is not a JSON number")


def _refuse_depth(text: str, limit: int) -> None:
    """Refuse deep nesting before a recursive parser meets it."""
    depth = 0
    for bracket in re.finditer(r"[\[\]{}]", _STRINGS.sub("", text)):
        depth += 1 if bracket.group() in "[{" else -1
        if depth > limit:
            raise MalformedInput(
                "json.too_deep", f"JSON nested deeper than {limit}", params={"limit": limit}
            )


def _refuse_surrogates(value: Any) -> None:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            _encode(item)
        elif isinstance(item, dict):
            stack.extend(item)
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return f'"{_ESCAPED.sub(_escape, value)}"'
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value) if abs(value) < 10**_SMALL else _refuse_value(value)
    if isinstance(value, JsonNumber):
        return value.text
    return _refuse_value(value)


def _refuse_value(value: Any) -> NoReturn:
    raise MalformedInput(
        "json.type", f"a {type(value).__name__} of this size has no JSON form here"
    )


def _escape(match: re.Match[str]) -> str:
    char = match.group()
    return _ESCAPES.get(char) or f"\\u{ord(char):04x}"


def _key(key: Any) -> str:
    return key if isinstance(key, str) else _refuse_value(key)


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be", "surrogatepass")


def _pieces(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield "{"
        for index, key in enumerate(sorted(map(_key, value), key=_utf16)):
            yield f"{',' if index else ''}{_scalar(key)}:"
            yield from _pieces(value[key])
        yield "}"
    elif isinstance(value, list | tuple):
        yield "["
        for index, item in enumerate(value):
            if index:
                yield ","
            yield from _pieces(item)
        yield "]"
    else:
        yield _scalar(value)


def _pretty(value: Any, newline: str) -> Iterator[str]:
    inner = newline + "  "
    if isinstance(value, Mapping) and value:
        yield "{"
        for index, (key, item) in enumerate(value.items()):
            yield f"{',' if index else ''}{inner}{_scalar(_key(key))}: "
            yield from _pretty(item, inner)
        yield f"{newline}}}"
    elif isinstance(value, list | tuple) and value:
        yield "["
        for index, item in enumerate(value):
            yield f"{',' if index else ''}{inner}"
            yield from _pretty(item, inner)
        yield f"{newline}]"
    else:
        yield from _pieces(value)
