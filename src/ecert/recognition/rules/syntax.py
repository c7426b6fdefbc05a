"""The letters of an expression, before any compiler sees it: which tokens may stand at all.

A small part of CEL: names, whole numbers, plain texts, operators and brackets. Comments, raw and triple
texts, bytes, fractions, maps, messages, control, invisible and direction-changing characters are refused,
with their column; so are sizes beyond the limits. ``has(path)`` becomes a name of equal length, because
the engine knows no presence of a single variable.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise

from ecert.errors import TrustError
from ecert.recognition.rules.environment import LIMITS, VARIABLES, VIEWS

__all__ = ["PRESENCE", "Token", "not_allowed", "pointer", "prepare", "tokens"]

PRESENCE = "has"
_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
    |(?P<text>'(?:[^'\\\r\n]|\\['"\\])*'|"(?:[^"\\\r\n]|\\['"\\])*")
    |(?P<number>[0-9]+)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<sign>&&|\|\||==|!=|<=|>=|[<>!?:,.()\[\]+\-*/%])""",
    re.VERBOSE,
)
_GLUED = {("name", "text"), ("text", "text"), ("number", "name"), ("number", "text"),
          ("text", "name"), ("text", "number")}  # fmt: skip
"""Pairs that without a blank between them are another kind of literal: r'', b'', ''' and 1u."""
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Token:
    """One token: kind, text and where it starts, in characters."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Where the next character stands."""
        return self.start + len(self.text)


def not_allowed(expression: str, at: int, what: str) -> TrustError:
    """Return the error for something that has no place in a rule, pointing at it."""
    line, column = _place(expression, at)
    return TrustError(
        "rule.not_allowed",
        f"line {line}, column {column}: {what}",
        params={"what": what, "line": line, "column": column},
        hint=pointer(expression, line, column),
    )


def _too_large(what: str, size: int, limit: int) -> TrustError:
    return TrustError(
        "rule.too_large",
        f"{size} {what}, limit {limit}",
        params={"what": what, "size": size, "limit": limit},
        hint="split it into several conditions",
    )


def _place(expression: str, at: int) -> tuple[int, int]:
    before = expression[:at]
    return before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1


def pointer(expression: str, line: int, column: int) -> str:
    """Return the line of an expression with a caret under the column, unseen characters escaped."""
    lines = expression.split("\n")
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    begin = max(0, column - 61)
    shown = _visible(text[begin : begin + 120])
    caret = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1
                for c in _visible(text[begin : max(begin, column - 1)]))  # fmt: skip
    return f"{shown}\n{' ' * caret}^"


def _visible(text: str) -> str:
    return "".join(f"\\u{ord(c):04x}" if unicodedata.category(c) in _UNSEEN else c for c in text)


def tokens(expression: str) -> tuple[Token, ...]:
    """Return the tokens of an expression.

    Raises:
        TrustError: ``rule.too_large`` or ``rule.not_allowed``.
    """
    size = len(expression.encode("utf-8", "replace"))
    if size > LIMITS["bytes"]:
        raise _too_large("bytes", size, LIMITS["bytes"])
    found: list[Token] = []
    at = depth = 0
    before = ""
    while at < len(expression):
        match = _TOKEN.match(expression, at)
        kind = "" if match is None else match.lastgroup or ""
        if match is None or (before, kind) in _GLUED or expression.startswith("//", at):
            raise not_allowed(expression, at, "this character or form")
        token = Token(kind, match.group(), at)
        depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
        if depth > LIMITS["depth"]:
            raise _too_large("nested brackets", depth, LIMITS["depth"])
        if kind == "text":
            _seen(expression, token)
        if kind != "space":
            found.append(token)
        before, at = kind, token.end
    if len(found) > LIMITS["tokens"]:
        raise _too_large("tokens", len(found), LIMITS["tokens"])
    _fractions(expression, found)
    return tuple(found)


def _seen(expression: str, token: Token) -> None:
    for index, char in enumerate(token.text):
        if unicodedata.category(char) in _UNSEEN:
            raise not_allowed(expression, token.start + index, "a character that cannot be seen")


def _fractions(expression: str, found: list[Token]) -> None:
    """Refuse a whole number beside a point: a fraction, which rules do not know."""
    for one, other in pairwise(found):
        if {one.text, other.text} >= {"."} and "number" in (one.kind, other.kind):
            raise not_allowed(expression, one.start, "a fraction")


def prepare(expression: str) -> str:
    """Return the expression as the engine reads it: ``has(path)`` as a name, nothing else changed.

    Raises:
        TrustError: ``rule.too_large`` or ``rule.not_allowed``.
    """
    found = tokens(expression)
    made, at = [], 0
    for index, token in enumerate(found):
        if token.text != PRESENCE or token.kind != "name":
            continue
        if index and found[index - 1].text == ".":
            continue
        end, path = _asked(found, index + 1)
        if not path:
            raise not_allowed(expression, token.start, "has() asks for one field by its path")
        name = f"{PRESENCE}.{path}"
        gap = expression[token.start : end]
        blanks = "".join("\n" if c == "\n" else " " for c in gap[len(name) :])
        made += [expression[at : token.start], name, blanks]
        at = end
    return "".join([*made, expression[at:]])


def _asked(found: tuple[Token, ...], index: int) -> tuple[int, str]:
    """Return where ``(path)`` ends and the path, or an empty path if it is no path of a value."""
    parts: list[str] = []
    for token in found[index + 1 : index + 7]:
        if token.text == ")":
            path = "".join(parts)
            view, _, name = path.rpartition(".")
            fixed = path in VARIABLES and path not in VIEWS
            known = fixed or (view in VIEWS and bool(name))
            opened = found[index].text == "("
            return token.end, path if known and opened else ""
        parts.append(token.text)
    return 0, ""
