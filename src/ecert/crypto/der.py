"""DER framing: tag, length and value over the bytes as they came; nothing is decoded ahead of need.

Refuses indefinite lengths, truncated values, trailing bytes and nesting beyond ``Limits.der_depth``
(X.690 clauses 8.1 and 10.1). Lengths written longer than needed are readable, because real seals
and certificates carry them, but are reported by ``walk`` so that callers can name them. Raw slices
are kept, so whatever is verified is verified over the bytes that came (never-accept.md L21).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from ecert.errors import MalformedInput
from ecert.limits import Limits

__all__ = [
    "BIT_STRING",
    "BOOLEAN",
    "GENERALIZED_TIME",
    "IA5_STRING",
    "INTEGER",
    "NULL",
    "OCTET_STRING",
    "OID",
    "SEQUENCE",
    "SET",
    "UTC_TIME",
    "UTF8_STRING",
    "Fields",
    "Node",
    "header",
    "iterate",
    "parse",
    "read",
    "walk",
]

BOOLEAN = 0x01
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
NULL = 0x05
OID = 0x06
UTF8_STRING = 0x0C
IA5_STRING = 0x16
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18
SEQUENCE = 0x30
SET = 0x31

_CONSTRUCTED = 0x20
_HIGH_TAG = 0x1F
_LONG_FORM = 0x80
_LENGTH_OCTETS = 4
_OID_BYTES = 64
_INTEGER_BYTES = 1024
_MEMBERS = 4096  # nothing that is read whole has more; revocation lists are read entry by entry


def header(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Return ``(tag, body_start, body_end)`` of the value at ``at``; tag is the identifier octet.

    Raises:
        MalformedInput: truncated, indefinite, or a multi-octet tag.

    """
    if end - at < 2:  # noqa: PLR2004 - identifier and length octet
        raise MalformedInput(
            "der.truncated", f"value cut off at offset {at}", params={"offset": at}
        )
    tag = data[at]
    if tag & _HIGH_TAG == _HIGH_TAG:
        raise MalformedInput("der.tag", f"multi-octet tag at offset {at}", params={"offset": at})
    length = data[at + 1]
    body = at + 2
    if length & _LONG_FORM:
        count = length & 0x7F
        if not count:
            raise MalformedInput(
                "der.indefinite", f"indefinite length at offset {at}", params={"offset": at}
            )
        if count > _LENGTH_OCTETS:
            raise MalformedInput(
                "der.length", f"length of {count} octets at offset {at}", params={"offset": at}
            )
        body += count
        if body > end:
            raise MalformedInput(
                "der.truncated", f"length cut off at offset {at}", params={"offset": at}
            )
        length = int.from_bytes(data[at + 2 : body], "big")
    if body + length > end:
        raise MalformedInput(
            "der.truncated", f"value at offset {at} runs past its container", params={"offset": at}
        )
    return tag, body, body + length


class Node(NamedTuple):
    """One value: where it stands in its buffer, and its decoders.

    Args:
        data: the buffer, never copied.
        start: offset of the identifier octet.
        tag: the identifier octet (class, constructed bit, number).
        body_start: offset of the contents.
        end: offset after the contents.

    """

    data: bytes
    start: int
    tag: int
    body_start: int
    end: int

    @property
    def raw(self) -> bytes:
        """The whole value, verbatim."""
        return self.data[self.start : self.end]

    @property
    def body(self) -> bytes:
        """The contents, verbatim."""
        return self.data[self.body_start : self.end]

    def expect(self, tag: int) -> Node:
        """Return itself if it carries ``tag``.

        Raises:
            MalformedInput: another tag.

        """
        if self.tag != tag:
            raise MalformedInput(
                "der.tag",
                f"tag {self.tag:#04x} at offset {self.start}, expected {tag:#04x}",
                params={"offset": self.start},
            )
        return self

    def children(self) -> list[Node]:
        """Return the members of a constructed value, of which there are at most 4,096."""
        if not self.tag & _CONSTRUCTED:
            raise MalformedInput(
                "der.tag",
                f"primitive value at offset {self.start}, expected members",
                params={"offset": self.start},
            )
        found = list(islice(iterate(self.data, self.body_start, self.end), _MEMBERS + 1))
        if len(found) > _MEMBERS:
            raise MalformedInput(
                "der.members",
                f"more than {_MEMBERS} members at offset {self.start}",
                params={"limit": _MEMBERS},
            )
        return found

    def only(self) -> Node:
        """Return the single member of a constructed value (an explicit tag)."""
        members = self.children()
        if len(members) != 1:
            raise self._wrong(f"{len(members)} members, expected one")
        return members[0]

    def integer(self) -> int:
        """Return an INTEGER (or ENUMERATED) of at most 1,024 octets, minimal or not."""
        size = self.end - self.body_start
        if self.tag not in {INTEGER, 0x0A} or not 0 < size <= _INTEGER_BYTES:
            raise self._wrong("not a usable INTEGER")
        return int.from_bytes(self.body, "big", signed=True)

    def oid(self) -> str:
        """Return an OBJECT IDENTIFIER in dotted form."""
        self.expect(OID)
        return self._oid_body()

    def _oid_body(self) -> str:
        body = self.body
        if not body or len(body) > _OID_BYTES or body[-1] & 0x80:
            raise self._wrong("not an OBJECT IDENTIFIER")
        dotted = _dotted(body)
        if dotted is None:
            raise self._wrong("OBJECT IDENTIFIER with a padded arc")
        return dotted

    def octets(self) -> bytes:
        """Return the contents of an OCTET STRING."""
        return self.expect(OCTET_STRING).body

    def boolean(self) -> bool:
        """Return a BOOLEAN; any octet but zero is true (X.690 8.2)."""
        self.expect(BOOLEAN)
        if self.end - self.body_start != 1:
            raise self._wrong("not a BOOLEAN")
        return self.body != b"\0"

    def bits(self) -> tuple[bytes, int]:
        """Return the octets of a BIT STRING and its count of unused bits."""
        self.expect(BIT_STRING)
        body = self.body
        if not body or body[0] > 7 or (len(body) == 1 and body[0]):  # noqa: PLR2004
            raise self._wrong("not a BIT STRING")
        return body[1:], body[0]

    def _wrong(self, what: str) -> MalformedInput:
        return MalformedInput(
            "der.value", f"{what} at offset {self.start}", params={"offset": self.start}
        )


@lru_cache(maxsize=4096)
def _dotted(body: bytes) -> str | None:
    """Return the dotted form, or None for leading zeros in an arc (X.690 8.19.2)."""
    arcs: list[int] = []
    value, fresh = 0, True
    for octet in body:
        if fresh and octet == 0x80:  # noqa: PLR2004
            return None
        value = value << 7 | octet & 0x7F
        fresh = not octet & 0x80
        if fresh:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:]))


def iterate(data: bytes, at: int, end: int) -> Iterator[Node]:
    """Yield the values that fill ``data[at:end]`` exactly."""
    while at < end:
        tag, body, stop = header(data, at, end)
        yield Node(data, at, tag, body, stop)
        at = stop


def read(data: bytes, at: int = 0) -> Node:
    """Return the value that begins at ``at``; bytes after it are the caller's to judge."""
    tag, body, stop = header(data, at, len(data))
    return Node(data, at, tag, body, stop)


def parse(data: bytes) -> Node:
    """Return the value that fills ``data`` exactly.

    Raises:
        MalformedInput: no such value, or bytes after it (L9).

    """
    node = read(data)
    if node.end != len(data):
        extra = len(data) - node.end
        raise MalformedInput(
            "der.trailing", f"{extra} bytes after the value", params={"count": extra}
        )
    return node


def walk(node: Node, limits: Limits) -> tuple[str, ...]:
    """Check the framing of everything inside ``node`` and return the quirks met.

    Called before any library sees the bytes: what passes cannot make a recursive parser overflow.

    Raises:
        MalformedInput: more values or deeper nesting than the limits, or broken framing anywhere.

    """
    data = node.data
    padded = _padded_length(data, node.start, node.body_start, node.end)
    ends = [node.end]
    at = node.body_start if node.tag & _CONSTRUCTED else node.end
    left = limits.der_nodes
    while ends:
        if at == ends[-1]:
            ends.pop()
            continue
        left -= 1
        if left < 0:
            raise MalformedInput(
                "der.nodes",
                f"more than {limits.der_nodes} values",
                params={"limit": limits.der_nodes},
            )
        tag, body, stop = header(data, at, ends[-1])
        if body - at > 2 and not padded:  # noqa: PLR2004 - a length of several octets
            padded = _padded_length(data, at, body, stop)
        if tag & _CONSTRUCTED:
            if len(ends) >= limits.der_depth:
                raise MalformedInput(
                    "der.depth",
                    f"nesting deeper than {limits.der_depth}",
                    params={"limit": limits.der_depth},
                )
            ends.append(stop)
            at = body
        else:
            at = stop
    return ("der.long_length",) if padded else ()


def _padded_length(data: bytes, start: int, body: int, end: int) -> bool:
    octets = body - start - 1
    length = end - body
    if octets == 1:
        return False
    return length < _LONG_FORM or data[start + 2] == 0


class Fields:
    """Reads the members of a SEQUENCE in order; what is not taken is an error."""

    __slots__ = ("_at", "_owner")

    def __init__(self, owner: Node, tag: int = SEQUENCE) -> None:
        self._owner = owner.expect(tag)
        self._at = owner.body_start

    def peek(self) -> int | None:
        """Return the tag of the next member, or None at the end."""
        return None if self._at == self._owner.end else self._owner.data[self._at]

    def take(self, tag: int | None = None) -> Node:
        """Return the next member, which must be there (and carry ``tag``)."""
        owner, at = self._owner, self._at
        if at == owner.end:
            raise MalformedInput(
                "der.missing",
                f"a member is missing at offset {at}",
                params={"offset": at},
            )
        found, body, self._at = header(owner.data, at, owner.end)
        node = Node(owner.data, at, found, body, self._at)
        return node if tag is None else node.expect(tag)

    def maybe(self, *tags: int) -> Node | None:
        """Return the next member if it carries one of ``tags``."""
        return self.take() if self.peek() in tags else None

    def end(self) -> None:
        """Refuse members that nobody took."""
        if self._at != self._owner.end:
            raise MalformedInput(
                "der.unexpected",
                f"unexpected member at offset {self._at}",
                params={"offset": self._at},
            )
