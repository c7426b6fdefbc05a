"""What a compiled expression reads, and what it may not do (recognition.md D6).

Unknowns are safe by construction: CEL's operators never turn an error into a truth that another value
of the missing field would not give as well, so an absent value cannot make a condition hold. The one
exception would be asking for presence; so ``has()`` stands only where absence can make the condition
false: joined by && and ||, in the branches of ?:, never under !, never compared. Whole maps are not
values either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ecert.errors import TrustError
from ecert.recognition.rules.environment import FUNCTIONS, LIMITS, OPERATORS, VARIABLES, VIEWS
from ecert.recognition.rules.functions import day_number
from ecert.recognition.rules.syntax import PRESENCE, not_allowed
from ecert.recognition.rules.tree import Checked, Node, read_checked

__all__ = ["Reads", "read_expression"]

_CALLS = frozenset({*OPERATORS, *FUNCTIONS, "@not_strictly_false", "_<_", "_<=_", "_>_", "_>=_"})
_ROOTS = frozenset({PRESENCE, *(path.partition(".")[0] for path in VARIABLES)})
_KEEP = ("_&&_", "_||_")
_SUM = "@result"
"""The name under which CEL gathers what all() and exists() found."""
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """What an expression reads.

    Args:
        values: paths of variables and fields. asked: paths whose presence is asked for.
        sources: what its functions read beside their arguments.
    """

    values: tuple[str, ...]
    asked: tuple[str, ...]
    sources: tuple[str, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        """Everything read, as a rule declares it."""
        return tuple(sorted({*self.values, *self.asked, *self.sources}))


@dataclass(frozen=True, slots=True)
class _Text:
    """An expression with the places of its nodes, for errors."""

    source: str
    checked: Checked

    def refuse(self, node: Node, what: str) -> TrustError:
        return not_allowed(self.source, self.checked.places.get(node.id, 0), what)


def read_expression(source: str, checked: bytes) -> Reads:
    """Return what a checked expression reads.

    Raises:
        TrustError: ``rule.not_allowed``, ``rule.too_large`` or ``rule.absence_passes``.
    """
    text = _Text(source, read_checked(checked))
    root = text.checked.root
    count = sum(1 for _ in root.walk())
    if count > LIMITS["nodes"]:
        raise TrustError(
            "rule.too_large",
            f"{count} nodes, limit {LIMITS['nodes']}",
            params={"what": "nodes", "size": count, "limit": LIMITS["nodes"]},
            hint="split it into several conditions",
        )
    found = set(_paths(text, root, frozenset()))
    for node in root.walk():
        _check(text, node)
    _positive(text, root, holds=True)
    _nested(text, root, 0)
    return Reads(
        values=_named(found, "value"),
        asked=_named(found, PRESENCE),
        sources=_named(found, "source"),
    )


def _named(found: set[tuple[str, str]], kind: str) -> tuple[str, ...]:
    return tuple(sorted(path for path, k in found if k == kind))


def _variable(text: _Text, node: Node) -> str:
    """Return the variable that a node stands for, or an empty text."""
    return text.checked.names.get(node.id, "") if node.kind in ("ident", "select") else ""


def _paths(text: _Text, node: Node, local: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Return (path, kind) of everything read below a node."""
    path = _path(text, node)
    if path:
        asked = path.startswith(f"{PRESENCE}.")
        yield path.removeprefix(f"{PRESENCE}."), PRESENCE if asked else "value"
        return
    if node.kind == "ident" and node.name in local:
        return
    if _variable(text, node) or node.kind == "ident":
        raise text.refuse(node, "a whole group of fields is no value: name one field")
    if node.kind == "select":
        raise text.refuse(node, "a member of a value that has none")
    if node.kind == "comprehension":
        if node.name in _ROOTS:
            raise text.refuse(node, "a name that the environment uses")
        for index, part in enumerate(node.parts):
            yield from _paths(text, part, local | {node.name, _SUM} if index else local)
        return
    if node.kind == "call" and node.name in FUNCTIONS and FUNCTIONS[node.name].reads:
        yield _source(node), "source"
    for part in node.parts:
        yield from _paths(text, part, local)


def _path(text: _Text, node: Node) -> str:
    """Return the path of the value that a node reads, or an empty text."""
    name = _variable(text, node)
    if name and name.removeprefix(f"{PRESENCE}.") not in VIEWS:
        return name if name.removeprefix(f"{PRESENCE}.") in VARIABLES else ""
    if node.kind == "select" and len(node.parts) == 1:
        view = _variable(text, node.parts[0])
        if view.removeprefix(f"{PRESENCE}.") in VIEWS:
            return f"{view}.{node.name}"
    return ""


def _source(node: Node) -> str:
    reads = FUNCTIONS[node.name].reads
    return f"{reads}.{node.parts[0].name}" if reads == "codes" and node.parts else reads


def _check(text: _Text, node: Node) -> None:
    if node.id in text.checked.dynamic:
        raise text.refuse(node, "values of different types in one place")
    if node.kind == "call":
        _check_call(text, node)
    if node.kind == "list" and not 1 <= len(node.parts) <= LIMITS["list"]:
        raise text.refuse(node, f"a list has 1 to {LIMITS['list']} elements")


def _check_call(text: _Text, node: Node) -> None:
    if node.name not in _CALLS:
        raise text.refuse(node, f"function {node.name}")
    function = FUNCTIONS.get(node.name)
    for place in function.literal if function else ():
        argument = node.parts[place] if place < len(node.parts) else node
        if argument.kind != "text":
            raise text.refuse(node, f"the argument of {node.name} must be written out")
        _check_literal(text, node.name, argument)


def _check_literal(text: _Text, function: str, node: Node) -> None:
    try:
        if function == "date":
            right = _DATE.fullmatch(node.name) is not None and day_number(node.name) > 0
        elif function == "timestamp":
            right = _INSTANT.fullmatch(node.name) is not None
            right = right and datetime.fromisoformat(node.name).utcoffset() is not None
        else:
            right = bool(node.name)
    except ValueError:
        right = False
    if not right:
        raise text.refuse(node, f"no {function}: {node.name[:32]!r}")


def _positive(text: _Text, node: Node, *, holds: bool) -> None:
    """Refuse a question of presence whose absence could make the condition hold."""
    asks = _path(text, node).startswith(f"{PRESENCE}.")
    if asks and not holds:
        refused = text.refuse(node, "has() where absence could make it true")
        raise TrustError(
            "rule.absence_passes", refused.message, params=refused.params, hint=refused.hint
        )
    if asks:
        return
    kept = node.kind == "call" and node.name in _KEEP
    for index, part in enumerate(node.parts):
        branch = node.kind == "call" and node.name == "_?_:_" and index > 0
        _positive(text, part, holds=holds and (kept or branch))


def _nested(text: _Text, node: Node, depth: int) -> None:
    depth += node.kind == "comprehension"
    if depth > LIMITS["comprehensions"]:
        raise text.refuse(node, "all() or exists() inside another")
    for part in node.parts:
        _nested(text, part, depth)
