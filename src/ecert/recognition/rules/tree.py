"""The tree of a checked CEL expression, read from its published form ``cel.expr.CheckedExpr``.

The engine hands it out as protocol buffer bytes and offers no way to walk it, so this reads the few
messages of cel/expr/checked.proto and syntax.proto that rules can have. The bytes come from the engine
of this process, from an expression within the limits; what is not understood is refused all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ecert.errors import TrustError

__all__ = ["Checked", "Node", "read_checked"]

_VARINT_BITS, _MORE = 63, 0x80
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_TYPE_URL = "type.googleapis.com/cel.expr.CheckedExpr"
_DYN, _LIST_TYPE = 1, 6
"""Of cel.expr.Type."""
_NODE_ID = 2
_CONSTANTS = {2: "bool", 3: "int", 6: "text"}
_DEPTH = 120
"""Nested messages; the lexical limits allow about half."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One node: bool, int, text (constants), ident, select, call, list or comprehension.

    Args:
        id: number of the node. name: value, name, field or function, as text.
        parts: operand, target and arguments, elements; of a comprehension range, start, loop
            condition, step and result.
    """

    id: int
    kind: str
    name: str
    parts: tuple[Node, ...] = ()

    def walk(self) -> Iterator[Node]:
        """Return this node and all below it."""
        yield self
        for part in self.parts:
            yield from part.walk()


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A checked expression.

    Args:
        names: node to the variable that it stands for. dynamic: nodes of no fixed type.
        places: node to its place in the text, in characters.
    """

    root: Node
    names: dict[int, str]
    dynamic: frozenset[int]
    places: dict[int, int]


def read_checked(data: bytes) -> Checked:
    """Return the tree of a serialised checked expression.

    Raises:
        TrustError: ``rule.not_allowed`` for a node that rules cannot have.
    """
    if _text(_first(data, 1)) != _TYPE_URL:
        raise _refused("an expression that was not checked")
    body = _bytes(_first(data, 2))
    root = _first(body, 4)
    if not isinstance(root, bytes) or not root:
        raise _refused("an empty expression")
    named = (_entry(entry) for entry in _all(body, 2))
    typed = (_entry(entry) for entry in _all(body, 3))
    return Checked(
        root=_node(root, 0),
        names={key: name for key, at in named if (name := _text(_first(at, 1)))},
        dynamic=frozenset(key for key, kind in typed if _is_dynamic(kind)),
        places=dict(_places(_bytes(_first(body, 5)))),
    )


def _is_dynamic(kind: bytes) -> bool:
    """Whether a type, or the element type of a list, is left open until the expression runs."""
    if any(True for _ in _all(kind, _DYN)):
        return True
    return any(_is_dynamic(_bytes(_first(_bytes(inner), 1))) for inner in _all(kind, _LIST_TYPE))


def _node(data: bytes, depth: int) -> Node:
    if depth > _DEPTH:
        raise _refused("deeper nesting than rules may have")
    number = _first(data, _NODE_ID)
    kind, body = next(((n, _bytes(v)) for n, v in _members(data) if n != _NODE_ID), (0, b""))
    reader = _READERS.get(kind)
    if reader is None:
        raise _refused("a map or a message")
    name, parts = reader(body)
    return Node(
        id=number if isinstance(number, int) else 0,
        kind=_KINDS.get(kind) or _constant_kind(body),
        name=name,
        parts=tuple(_node(part, depth + 1) for part in parts),
    )


def _constant(body: bytes) -> tuple[str, list[bytes]]:
    value = _first(body, next(n for n, kind in _CONSTANTS.items() if kind == _constant_kind(body)))
    if isinstance(value, bytes):
        return _text(value), []
    truth = _constant_kind(body) == "bool"
    return (("true" if value else "false") if truth else str(_signed(value))), []


def _constant_kind(body: bytes) -> str:
    number = next((n for n, _ in _members(body)), 0)
    if number not in _CONSTANTS:
        raise _refused("a null, a fraction or bytes")
    return _CONSTANTS[number]


def _ident(body: bytes) -> tuple[str, list[bytes]]:
    return _text(_first(body, 1)), []


def _select(body: bytes) -> tuple[str, list[bytes]]:
    if any(_all(body, 3)):
        raise _refused("a test of presence inside")
    return _text(_first(body, 2)), [_bytes(_first(body, 1))]


def _call(body: bytes) -> tuple[str, list[bytes]]:
    return _text(_first(body, 2)), [_bytes(part) for n in (1, 3) for part in _all(body, n)]


def _list(body: bytes) -> tuple[str, list[bytes]]:
    return "", [_bytes(part) for part in _all(body, 1)]


def _comprehension(body: bytes) -> tuple[str, list[bytes]]:
    if any(_all(body, 8)):
        raise _refused("a comprehension over two variables")
    return _text(_first(body, 1)), [_bytes(_first(body, n)) for n in (2, 4, 5, 6, 7)]


_READERS = {3: _constant, 4: _ident, 5: _select, 6: _call, 7: _list, 9: _comprehension}
_KINDS = {4: "ident", 5: "select", 6: "call", 7: "list", 9: "comprehension"}


def _entry(value: int | bytes) -> tuple[int, bytes]:
    """Return key and value of one entry of a map of numbers to messages."""
    body = _bytes(value)
    key = _first(body, 1)
    return key if isinstance(key, int) else 0, _bytes(_first(body, 2))


def _places(info: bytes) -> Iterator[tuple[int, int]]:
    for entry in _all(info, 4):
        key, place = (_first(_bytes(entry), n) for n in (1, 2))
        if isinstance(key, int):
            yield key, place if isinstance(place, int) else 0


def _all(body: bytes, number: int) -> Iterator[int | bytes]:
    return (value for field, value in _members(body) if field == number)


def _first(body: bytes, number: int) -> int | bytes:
    return next(_all(body, number), b"")


def _text(value: int | bytes) -> str:
    return _bytes(value).decode("utf-8", "replace")


def _bytes(value: int | bytes) -> bytes:
    return value if isinstance(value, bytes) else b""


def _signed(value: int) -> int:
    return value - 2**64 if value >= 2**63 else value


def _members(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Return (field number, value) of one message in wire order."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        wire = tag & 7
        if wire == _VARINT:
            value, at = _varint(data, at)
            yield tag >> 3, value
            continue
        if wire == _BYTES:
            size, at = _varint(data, at)
        elif wire in (_FIXED64, _FIXED32):
            size = 8 if wire == _FIXED64 else 4
        else:
            raise _refused("an encoding that is not known")
        if at + size > len(data):
            raise _refused("a truncated expression")
        yield tag >> 3, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift <= _VARINT_BITS:
        byte = data[at]
        value |= (byte & ~_MORE) << shift
        at, shift = at + 1, shift + 7
        if not byte & _MORE:
            return value, at
    raise _refused("a truncated expression")


def _refused(what: str) -> TrustError:
    return TrustError("rule.not_allowed", what, params={"what": what, "line": 1, "column": 1})
