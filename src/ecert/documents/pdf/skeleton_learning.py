"""Takes the skeleton of a file that was read in full (`skeleton`): what may differ, and all the rest.

A slot is a value of one of the kinds below under one of the names below, found by the reader's own
tokens. None of them is asked for by `static`, `fields.find_signatures` or `carriers.attachment`, so
what these have found does not rest on it.
"""

from __future__ import annotations

import re
from binascii import unhexlify
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from ecert.documents.pdf.plain import NUMBERS, TOKEN, Plain
from ecert.documents.pdf.skeleton import (
    LAST,
    MAX_SIZE,
    PLACES,
    ROW,
    SKELETONS,
    TABLE,
    Findings,
    Form,
    Path,
    Reader,
    Skeleton,
    Step,
    put,
)
from ecert.documents.pdf.structure import Layout
from ecert.documents.pdf.values import Dictionary, Name, Numbers, Place, Stream, Thing
from ecert.limits import Limits
from ecert.memo import Memo

__all__ = ["learn"]

_OPEN, _CLOSE, _NAME, _NUMBERS, _BEGIN, _FINISH, _INT, _STRING, _HEX = 1, 2, 3, 6, 7, 8, 9, 11, 12
_TAGGED: Final = re.compile(rb"[A-Z]{6}\+[^#]*")
_DATED: Final = re.compile(rb"D:[0-9Z+'-]{4,20}")

Kind = tuple[Callable[..., Any], Reader]
"""How the text of a slot is matched, and how it is read beside what stood there before."""


_DIGITS: Final = re.compile(rb"[0-9A-Fa-f]*+")


def _pairs(data: bytes, here: int) -> re.Match[bytes] | None:
    """Match hexadecimal digits; only as many as make whole bytes are read alike by everybody."""
    found = _DIGITS.match(data, here)
    return found if found is not None and not (found.end() - here) % 2 else None


_FIGURE: Final = (re.compile(rb"[0-9]{1,9}+").match, lambda text, _: int(text))
_ROWS: Final = (re.compile(NUMBERS).match, lambda text, _: Numbers(text))
_HEXED: Final = (_pairs, lambda text, _: unhexlify(text))
_DATE: Final = (_DATED.match, lambda text, _: text)
_TAG: Final = (
    re.compile(rb"[A-Z]{6}").match,
    lambda text, old: Name(text.decode("ascii") + old[6:]),
)
_KEYS: Final[dict[tuple[int, str], Kind]] = {
    **{(_INT, key): _FIGURE for key in ("Length", "Length1", "Length2", "Length3", "Size")},
    **{(_NUMBERS, key): _ROWS for key in ("W", "FontBBox", "ByteRange")},
    **{(_HEX, key): _HEXED for key in ("Contents", "CheckSum")},
    **{(_STRING, key): _DATE for key in ("M", "ModDate", "CreationDate")},
    **{(_NAME, key): _TAG for key in ("BaseFont", "FontName")},
}
"""What may differ: none of it is asked for by `static`, `fields.find_signatures` or `carriers.attachment`."""
_IN_TRAILER: Final = {(_HEX, "ID"): _HEXED}
_FITS: Final = {_INT: re.compile(rb"[0-9]{1,9}"), _STRING: _DATED, _NAME: _TAGGED}
_EMPTY: Final[dict[int, Reader]] = {
    _INT: lambda _, __: 0,
    _NUMBERS: lambda _, __: Numbers(b"[]"),
    _HEX: lambda _, __: b"",
    _STRING: lambda _, __: b"",
    _NAME: lambda _, old: Name("A" * 6 + old[6:]),
}

_WEIGHT: Final = 4
_STEP: Final = 128
_EACH: Final = 8
"""Skeletons kept for files of as many objects: one for each kind of document of each issuer."""


_MET: Memo[bool] = Memo(entries=1024, size=4 * 1024 * 1024)
"""Catalogues met once: whether a second file that has one is worth learning."""


def learn(data: bytes, limits: Limits, layout: Layout, plain: Plain, findings: Findings) -> None:
    """Remember the skeleton of a file whose findings are known, if another had its catalogue before."""
    section, root = layout.sections[0], plain.body.root.objgen
    table = TABLE.match(data, section.offset)
    usable = layout.tail.ok is True and layout.ends[0] is not None
    if table is None or not usable or plain.text_bytes > MAX_SIZE:
        return
    count = int(table[1])
    end = table.end() + ROW * (count - 1)
    regular = len(section.entries) == count and PLACES.fullmatch(data, table.end(), end)
    if not regular or not 0 <= len(data) - (layout.ends[0] or 0) <= len(b"\r\n"):
        return
    start, stop = plain.extents[root[0]]
    met = (limits, count, data[start:stop])
    before = _MET.get(met)
    if before is None:
        _MET.put(met, value=True, weight=stop - start)
    made = _skeleton(data, end, layout, plain, findings) if before else None
    if made is not None:
        kept = (made, *(SKELETONS.get((limits, count)) or ()))[:_EACH]
        weight = sum(step.size + _STEP for one in kept for step in one.steps)
        SKELETONS.put((limits, count), kept, _WEIGHT * weight)
    elif before:
        _MET.put(met, value=False, weight=stop - start)


def _skeleton(
    data: bytes, end: int, layout: Layout, plain: Plain, findings: Findings
) -> Skeleton | None:
    bound = [one.value for one in findings.candidates]
    streams = [one.stream for one in findings.files]
    if not all(isinstance(one, Dictionary) and one.is_indirect for one in bound) or not all(
        one is None or isinstance(one, Stream) for one in streams
    ):
        return None
    trailer = _trailer(data, end)
    made = _Making(data)
    places = sorted(plain.body.things, key=lambda place: plain.extents[place[0]])
    starts = [plain.extents[place[0]][0] for place in places]
    stops = [*starts[1:], layout.sections[0].offset]
    made.bytes_behind(data[: starts[0]])
    if trailer is None or not all(
        made.add(place, (start, stop), plain)
        for place, start, stop in zip(places, starts, stops, strict=True)
    ):
        return None
    made.step(None)
    return Skeleton(
        steps=tuple(made.steps),
        trailer=trailer,
        starts=tuple(made.starts),
        order=tuple(number for number, _ in places),
        streams=tuple(at for at, place in enumerate(places) if plain.body.things[place].stream),
        forms={place: made.forms[place] for place in sorted(places)},
        root=plain.body.root.objgen,
        behind=len(data) - (layout.ends[0] or 0),
        findings=replace(
            findings,
            candidates=tuple(replace(one, value=None) for one in findings.candidates),
            files=tuple(replace(one, stream=None) for one in findings.files),
        ),
        attached=tuple(None if one is None else one.objgen for one in streams),
    )


@dataclass(slots=True)
class _Making:
    """A skeleton while its objects are added one behind the other."""

    data: bytes
    fixed: list[bytes] = field(default_factory=list)
    size: int = 0
    texts: int = 0
    steps: list[Step] = field(default_factory=list)
    starts: list[tuple[int, int]] = field(default_factory=list)
    forms: dict[Place, Form | Thing] = field(default_factory=dict)

    def step(self, match: Callable[..., Any] | None, jump: int = -1) -> None:
        self.steps.append(Step(b"".join(self.fixed), self.size, match, jump))
        self.fixed, self.size = [], 0
        self.texts += match is not None

    def bytes_behind(self, part: bytes) -> None:
        self.fixed.append(part)
        self.size += len(part)

    def add(self, place: Place, extent: tuple[int, int], plain: Plain) -> bool:
        """Add one object; whether it has a form that can be known again."""
        start, stop = extent
        thing, first = plain.body.things[place], self.texts
        begin = stop
        if thing.stream:
            begin = plain.extents[place[0]][1] - thing.value["Length"]
        text = self.data[start:begin]
        slots = _slots(text, text.index(b"obj") + 3, _KEYS)
        if any("#" in part for one in slots for part in one.path if type(part) is str):
            return False  # a name that is spelt otherwise than it reads
        self.starts.append((len(self.steps), self.size))
        here, length = 0, -1
        for one in slots:
            length = self.texts if one.path == ("Length",) else length
            self.bytes_behind(text[here : one.start])
            self.step(one.reader[0])
            here = one.end
        self.bytes_behind(text[here:])
        if thing.stream:
            self.step(None, length)
            self.bytes_behind(self.data[plain.extents[place[0]][1] : stop])
        value = thing.value
        for one in slots:
            value = put(value, one.path, _EMPTY[one.kind], b"")
        empty = Thing.of(value, stream=thing.stream, cost=thing.cost) if slots else thing
        readers = tuple((one.reader[1], one.path) for one in slots)
        self.forms[place] = Form(empty, readers, first) if slots else thing
        return not thing.stream or length >= 0


def _trailer(data: bytes, end: int) -> tuple[Step, ...] | None:
    """Return what follows the table, the number behind startxref being its last slot."""
    last = LAST.search(data, end)
    if not data.startswith(b"trailer", end) or last is None:
        return None
    made, here = _Making(data), end
    slots = [(one.start, one.end) for one in _slots(data, end + len(b"trailer"), _IN_TRAILER)]
    for start, stop in slots:
        made.bytes_behind(data[here:start])
        made.step(_HEXED[0])
        here = stop
    made.bytes_behind(data[here : last.start(1)])
    made.step(_FIGURE[0])
    made.bytes_behind(data[last.end(1) :])
    made.step(None)
    return tuple(made.steps)


@dataclass(frozen=True, slots=True)
class _Slot:
    start: int
    end: int
    reader: Kind
    path: Path
    kind: int


def _slots(source: bytes, here: int, known: Mapping[tuple[int, str], Kind]) -> list[_Slot]:
    """Return the slots of one value that begins here, in the order of the text."""
    found: list[_Slot] = []
    path: list[Any] = []
    """For each open array or dictionary: the index, or the name, of what comes next; None for a name."""
    while token := TOKEN.match(source, here):
        here, kind = token.end(), token.lastindex or 0
        if kind in (_CLOSE, _FINISH):
            path.pop()
        elif path and path[-1] is None:
            path[-1] = token[kind].decode("ascii")
            continue
        elif kind in (_OPEN, _BEGIN):
            path.append(None if kind == _OPEN else 0)
            continue
        else:
            key = next((part for part in reversed(path) if type(part) is str), "")
            reader = known.get((kind, key))
            if reader is not None and (kind not in _FITS or _FITS[kind].fullmatch(token[kind])):
                start = token.start(kind)
                stop = start + 6 if kind == _NAME else token.end(kind)
                found.append(_Slot(start, stop, reader, tuple(path), kind))
        if not path:
            break
        path[-1] = None if type(path[-1]) is str else path[-1] + 1
    return found
