"""Reads one PDF object from the file's bytes and keeps where every value stands.

Syntax of ISO 32000-2, 7.2 and 7.3. Only for questions of position: which bytes are the
``/Contents`` of which dictionary, what a
trailer says. Streams are not decoded and references are not followed. Refuses anything that is
not plain PDF syntax.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from ecert.errors import MalformedDocument

__all__ = [
    "OBJECT",
    "Node",
    "find_dictionaries",
    "integer",
    "parse_indirect",
    "parse_value",
    "skip_blank",
    "string_end",
]

Kind = Literal["dict", "array", "name", "hex", "string", "number", "ref", "word"]

_MAX_DEPTH: Final = 64
_MAX_VALUES: Final = 100_000
_BLANK: Final = re.compile(rb"(?:[\x00\t\n\x0c\r ]++|%[^\r\n]*+)*+")
_NAME: Final = re.compile(rb"/[^\x00\t\n\x0c\r ()<>\[\]{}/%]*")
_HEX: Final = re.compile(rb"<[^<>]*>")
_REF: Final = re.compile(
    rb"(\d{1,10})[\x00\t\n\x0c\r ]+(\d{1,5})[\x00\t\n\x0c\r ]+R(?![A-Za-z0-9])"
)
_NUMBER: Final = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)")
_WORD: Final = re.compile(rb"[A-Za-z]+")
_STRING_MARK: Final = re.compile(rb"[()\\]")
OBJECT: Final = re.compile(
    rb"(\d{1,10})[\x00\t\n\x0c\r ]+(\d{1,5})[\x00\t\n\x0c\r ]+obj(?![A-Za-z0-9])"
)
_ESCAPED_NAME: Final = re.compile(rb"#([0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Node:
    """One value and its half-open byte range.

    Args:
        kind: the sort of value. raw: its bytes for leaves (names unescaped, without the slash).
        items: members of an array.
        pairs: entries of a dictionary in file order, duplicates kept.

    """

    kind: Kind
    start: int
    end: int
    raw: bytes = b""
    items: tuple[Node, ...] = ()
    pairs: tuple[tuple[bytes, Node], ...] = ()

    def get(self, name: bytes) -> Node | None:
        """Return the entry of that name; None when it is absent or stands twice."""
        found = [node for key, node in self.pairs if key == name]
        return found[0] if len(found) == 1 else None

    def count(self, name: bytes) -> int:
        """Return how often a key stands in this dictionary."""
        return sum(1 for key, _ in self.pairs if key == name)


@dataclass(slots=True)
class _Budget:
    values: int = _MAX_VALUES


def skip_blank(data: bytes, pos: int) -> int:
    """Return the next position that is neither white space nor comment."""
    match = _BLANK.match(data, pos)
    return match.end() if match else pos


def integer(node: Node | None) -> int | None:
    """Return a non-negative integer value, or None."""
    if node is None or node.kind != "number" or not node.raw.isdigit() or len(node.raw) > 19:  # noqa: PLR2004 - digits of 2**63
        return None
    return int(node.raw)


def parse_value(data: bytes, pos: int) -> Node:
    """Read the value that begins at ``pos`` (white space before it is skipped).

    Raises:
        MalformedDocument: not PDF syntax, or nested too deeply.

    """
    return _value(data, skip_blank(data, pos), 0, _Budget())


def parse_indirect(data: bytes, offset: int) -> tuple[int, int, Node]:
    """Read ``n g obj value`` at exactly this offset; return number, generation and value.

    Raises:
        MalformedDocument: no object begins there.

    """
    match = OBJECT.match(data, offset)
    if match is None:
        raise MalformedDocument("pdf.syntax", f"no object at byte {offset}")
    return int(match[1]), int(match[2]), parse_value(data, match.end())


def find_dictionaries(node: Node, key: bytes) -> list[Node]:
    """Return every dictionary inside ``node``, itself included, that has this key."""
    found, queue = [], [node]
    while queue:
        current = queue.pop()
        if current.kind == "dict" and current.count(key):
            found.append(current)
        queue.extend(current.items)
        queue.extend(child for _, child in current.pairs)
    return found


def _value(data: bytes, pos: int, depth: int, budget: _Budget) -> Node:
    budget.values -= 1
    if depth > _MAX_DEPTH or budget.values < 0:
        raise MalformedDocument("pdf.syntax", f"values nested too deeply at byte {pos}")
    lead = data[pos : pos + 2]
    if lead == b"<<":
        return _dictionary(data, pos, depth, budget)
    if lead[:1] == b"[":
        return _array(data, pos, depth, budget)
    if lead[:1] == b"(":
        return _string(data, pos)
    if lead[:1] == b"/":
        return _name(data, pos)
    if lead[:1] == b"<" and (match := _HEX.match(data, pos)):
        return Node("hex", pos, match.end(), match[0][1:-1])
    if match := _REF.match(data, pos):
        return Node("ref", pos, match.end(), match[1] + b" " + match[2])
    if match := _NUMBER.match(data, pos):
        return Node("number", pos, match.end(), match[0])
    if match := _WORD.match(data, pos):
        return Node("word", pos, match.end(), match[0])
    raise MalformedDocument("pdf.syntax", f"no value at byte {pos}")


def _name(data: bytes, pos: int) -> Node:
    match = _NAME.match(data, pos)
    if match is None:
        raise MalformedDocument("pdf.syntax", f"no name at byte {pos}")
    raw = _ESCAPED_NAME.sub(lambda m: bytes((int(m[1], 16),)), match[0][1:])
    return Node("name", pos, match.end(), raw)


def _dictionary(data: bytes, pos: int, depth: int, budget: _Budget) -> Node:
    pairs: list[tuple[bytes, Node]] = []
    here = skip_blank(data, pos + 2)
    while data[here : here + 2] != b">>":
        name = _name(data, here)
        node = _value(data, skip_blank(data, name.end), depth + 1, budget)
        pairs.append((name.raw, node))
        here = skip_blank(data, node.end)
    return Node("dict", pos, here + 2, pairs=tuple(pairs))


def _array(data: bytes, pos: int, depth: int, budget: _Budget) -> Node:
    items: list[Node] = []
    here = skip_blank(data, pos + 1)
    while data[here : here + 1] != b"]":
        node = _value(data, here, depth + 1, budget)
        items.append(node)
        here = skip_blank(data, node.end)
    return Node("array", pos, here + 1, items=tuple(items))


def _string(data: bytes, pos: int) -> Node:
    end = string_end(data, pos)
    return Node("string", pos, end, data[pos + 1 : end - 1])


def string_end(data: bytes, pos: int) -> int:
    """Return the offset after the literal string that begins at ``pos``.

    Raises:
        MalformedDocument: its brackets do not balance.

    """
    level, here = 1, pos + 1
    while level:
        match = _STRING_MARK.search(data, here)
        if match is None:
            raise MalformedDocument("pdf.syntax", f"string without end at byte {pos}")
        here = match.end()
        if match[0] == b"(":
            level += 1
        elif match[0] == b")":
            level -= 1
        else:
            here += 1
    return here
