"""The values of a PDF as the extractor reads them, whichever reader took them from the file.

A value is plain Python: `Name`, bytes for a string, int, float, bool, dict, tuple, `Numbers`, `Ref`.
Such values say nothing of the file they came from, so equal bytes may share them; `Dictionary`,
`Array` and `Stream` bind one to its file and follow references.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

__all__ = [
    "MAX_DEPTH",
    "MAX_VALUES",
    "Array",
    "Body",
    "Dictionary",
    "Name",
    "Numbers",
    "Place",
    "Ref",
    "Stream",
    "Thing",
    "text",
]

MAX_DEPTH: Final = 32
"""Nesting of direct values inside one object."""
MAX_VALUES: Final = 300_000
"""Values of one file: some 100 bytes each."""

Place = tuple[int, int]
"""Number and generation of an indirect object; (0, 0) for a direct value."""
_DIRECT: Final = (0, 0)
_NUMBER: Final = re.compile(rb"[\[\]]|[^\x00\t\n\x0c\r \[\]]+")


class Name(str):
    """A name without its slash, escapes undone."""

    __slots__ = ()


class Ref(NamedTuple):
    """A reference to an indirect object."""

    number: int
    generation: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """An array of numbers, at most one level deep, left as text until somebody reads it."""

    source: bytes

    def read(self) -> tuple[Any, ...]:
        """Return the members."""
        if self.source.count(b"[") == 1 and b"\x00" not in self.source:
            row = self.source[1:-1].split()
            return tuple([float(one) if b"." in one else int(one) for one in row])
        stack: list[list[Any]] = [[]]
        for token in _NUMBER.findall(self.source):
            if token == b"[":
                stack.append([])
            elif token == b"]":
                done = tuple(stack.pop())
                stack[-1].append(done)
            else:
                stack[-1].append(float(token) if b"." in token else int(token))
        members: tuple[Any, ...] = stack[0][0]
        return members


@dataclass(frozen=True, slots=True)
class Thing:
    """One indirect object.

    Args:
        value: what it is; of a stream, its dictionary. stream: whether bytes follow.
        inside: every dictionary in it with its keys, itself first.
        refs: what it refers to. cost: about the number of values it holds.
        calm: nothing in it can draw beside the pages, act, sign, or hold a file.
    """

    value: Any
    stream: bool
    inside: tuple[tuple[dict[str, Any], frozenset[str]], ...]
    refs: frozenset[Ref]
    cost: int
    calm: bool

    @classmethod
    def of(cls, value: Any, *, stream: bool, cost: int = 0) -> Thing:
        """Return an object with what there is to know of it."""
        inside, refs = dictionaries(value)
        calm = all(_calm(item, keys) for item, keys in inside)
        return cls(value, stream, inside, refs, cost, calm)


_LIVELY: Final = frozenset(
    "AA AP Alternates ByteRange EF F JS OC OPI OpenAction Rect Ref S SubFilter XFA".split()  # noqa: SIM905 - a list of words
)
_LIVELY_TYPES: Final = frozenset("Annot DocTimeStamp OCG OCMD Sig".split())  # noqa: SIM905
_LIVELY_KINDS: Final = frozenset(
    "3D Movie PrinterMark Projection RichMedia Screen Sound TrapNet Type3".split()  # noqa: SIM905
)


def _calm(value: dict[str, Any], keys: frozenset[str]) -> bool:
    """Whether a dictionary has none of the keys and kinds that `static`, `fields` or `carriers` ask for."""
    if not keys.isdisjoint(_LIVELY):
        return False
    for key, lively in (("Type", _LIVELY_TYPES), ("Subtype", _LIVELY_KINDS)):
        kind = value.get(key)
        if kind is not None and (type(kind) is not Name or kind in lively):
            return False
    return True


def dictionaries(
    value: Any,
) -> tuple[tuple[tuple[dict[str, Any], frozenset[str]], ...], frozenset[Ref]]:
    """Return every dictionary inside a value with its keys, and every reference."""
    inside: list[tuple[dict[str, Any], frozenset[str]]] = []
    refs: set[Ref] = set()
    queue = [value]
    while queue:
        item = queue.pop()
        kind = type(item)
        if kind is dict:
            inside.append((item, frozenset(item)))
            queue.extend(item.values())
        elif kind is tuple:
            queue.extend(item)
        elif kind is Ref:
            refs.add(item)
    return tuple(inside), frozenset(refs)


class Body:
    """All objects of one file.

    Args:
        things: objects by place, in the order of their numbers.
        root: place of the catalogue. read: returns the stored bytes of the stream at a place.
        warnings: what the reader had to overlook.
    """

    __slots__ = ("_bound", "_read", "_root", "things", "warnings")

    def __init__(
        self,
        things: Mapping[Place, Thing],
        root: Place,
        read: Callable[[Place], bytes],
        warnings: tuple[str, ...] = (),
    ) -> None:
        self.things, self.warnings = things, warnings
        self._root, self._read = root, read
        self._bound: dict[Place, Any] = {}

    @property
    def root(self) -> Any:
        """The catalogue."""
        return self.at(self._root)

    def at(self, place: Place) -> Any:
        """Return the object at a place, bound; None where there is none."""
        if place in self._bound:
            return self._bound[place]
        thing = self.things.get(place)
        found: Any = None
        if thing is not None and thing.stream:
            found = Stream(self, thing.value, (place[0], place[1]))
        elif thing is not None:
            found = self.bind(thing.value, (place[0], place[1]))
        self._bound[place] = found
        return found

    def bind(self, value: Any, place: Place = _DIRECT) -> Any:
        """Return a value as seen from this file."""
        kind = type(value)
        if kind is Ref:
            return self.at(value)
        if kind is dict:
            return Dictionary(self, value, place)
        if kind is tuple or kind is Numbers:
            return Array(self, value, place)
        return value

    def stored(self, place: Place) -> bytes:
        """Return the bytes of a stream as they are stored."""
        return self._read(place)

    def streams(self) -> Iterator[Stream]:
        """Yield every stream."""
        for place, thing in self.things.items():
            if thing.stream:
                yield self.at(place)


class _Bound:
    __slots__ = ("body", "objgen", "raw")

    def __init__(self, body: Body, raw: Any, objgen: Place = _DIRECT) -> None:
        self.body, self.raw, self.objgen = body, raw, objgen

    @property
    def is_indirect(self) -> bool:
        """Whether it is an object of its own."""
        return self.objgen != _DIRECT

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.raw == other.raw

    def __hash__(self) -> int:
        return hash(self.objgen)


class Array(_Bound):
    """An array; its members come bound."""

    __slots__ = ()

    def _members(self) -> tuple[Any, ...]:
        if type(self.raw) is Numbers:
            self.raw = self.raw.read()
        members: tuple[Any, ...] = self.raw
        return members

    def __len__(self) -> int:
        return len(self._members())

    def __iter__(self) -> Iterator[Any]:
        return map(self.body.bind, self._members())

    def __getitem__(self, index: int) -> Any:
        return self.body.bind(self._members()[index])


class Dictionary(_Bound):
    """A dictionary, or the dictionary of a stream; its entries come bound."""

    __slots__ = ()

    def get(self, key: str) -> Any:
        """Return an entry, references followed, or None."""
        value = self.raw.get(key)
        kind = type(value)
        return self.body.bind(value) if kind in _COMPOUND else value

    def values(self) -> Iterator[Any]:
        """Return the entries without their names."""
        return map(self.body.bind, self.raw.values())


class Stream(Dictionary):
    """A stream."""

    __slots__ = ()

    def stored(self) -> bytes:
        """Return its bytes as they are stored."""
        return self.body.stored(self.objgen)


_COMPOUND: Final = frozenset({Ref, dict, tuple, Numbers})

_DOC_ENCODING: Final = {
    **dict(enumerate("\u02d8\u02c7\u02c6\u02d9\u02dd\u02db\u02da\u02dc", 0x18)),
    0x7F: "\ufffd",
    **dict(
        enumerate(
            "\u2022\u2020\u2021\u2026\u2014\u2013\u0192\u2044\u2039\u203a\u2212\u2030\u201e\u201c"
            "\u201d\u2018\u2019\u201a\u2122\ufb01\ufb02\u0141\u0152\u0160\u0178\u017d\u0131\u0142"
            "\u0153\u0161\u017e\ufffd\u20ac",
            0x80,
        )
    ),
    0xAD: "\ufffd",
}
"""PDFDocEncoding where it is not Latin-1 (ISO 32000-2, annex D.3)."""


def text(value: bytes) -> str:
    """Return a text string (ISO 32000-2, 7.9.2.2); what is no text becomes U+FFFD."""
    if value.isascii() and value.isalnum():
        return value.decode("ascii")
    if value[:2] == b"\xfe\xff":
        return value[2:].decode("utf-16-be", "replace")
    if value[:2] == b"\xff\xfe":
        return value[2:].decode("utf-16-le", "replace")
    if value[:3] == b"\xef\xbb\xbf":
        return value[3:].decode("utf-8", "replace")
    return value.decode("latin-1").translate(_DOC_ENCODING)
