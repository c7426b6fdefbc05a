"""Recognises files that equal one already read in full, but for typed slots (never-accept L24).

Files of one issuer differ in lengths, offsets, digests, dates, widths of fonts and the bytes of their
streams, and in nothing else outside of streams. A skeleton is every other byte of a file that the plain
reader has read; a second file has it if it can be rebuilt from these bytes and its own slots, every slot
being of the type that stood there, every offset and length being where they say. Then it has the
same objects, and what was found by walking them holds for it too. Nothing of the first file's slots
or streams is kept. Whatever does not fit is read in full.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from ecert.documents.pdf import guard
from ecert.documents.pdf.carriers import Attachment
from ecert.documents.pdf.fields import Candidate
from ecert.documents.pdf.lexer import Node
from ecert.documents.pdf.structure import Layout
from ecert.documents.pdf.values import (
    MAX_VALUES,
    Body,
    Place,
    Thing,
)
from ecert.documents.pdf.xref import Entry, Section
from ecert.limits import Limits
from ecert.memo import Memo
from ecert.report.outcome import OK, Outcome

__all__ = [
    "LAST",
    "MAX_SIZE",
    "PLACES",
    "ROW",
    "SKELETONS",
    "TABLE",
    "Findings",
    "Form",
    "Known",
    "Path",
    "Reader",
    "Skeleton",
    "Step",
    "put",
    "recall",
]

Path = tuple[Any, ...]
"""Names and indexes on the way to a value."""
Reader = Callable[[bytes, Any], Any]
"""Makes a value of its text and of what stood there before."""
TABLE: Final = re.compile(rb"xref\n0 ([1-9][0-9]{0,5})\n0000000000 65535 f \n")
PLACES: Final = re.compile(rb"(?:[0-9]{10} 00000 n \n)*")
ROW: Final = 20
LAST: Final = re.compile(rb"startxref[\r\n]{1,2}([0-9]{1,12})[\r\n]{1,2}%%EOF[\r\n]{0,2}\Z")
_REACH: Final = 48
MAX_SIZE: Final = min(MAX_VALUES, guard.MAX_TOKENS)
"""Bytes outside of streams: no value has less than one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What walking a file's objects has found.

    Args:
        candidates: signature dictionaries. files: embedded files.
        drawing: numbers of the objects with an annotation that can draw.
        static: whether anything can draw or act beside the pages. notes: harmless findings.
    """

    candidates: tuple[Candidate, ...]
    files: tuple[Attachment, ...]
    drawing: frozenset[int]
    static: Outcome
    notes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """A file read by its skeleton."""

    layout: Layout
    body: Body
    findings: Findings


@dataclass(frozen=True, slots=True)
class Form:
    """One object with slots.

    Args:
        thing: what it is with the first file's slots emptied.
        slots: how each is read, and where its value stands. first: index of its first slot in the file.
    """

    thing: Thing
    slots: tuple[tuple[Reader, Path], ...]
    first: int


class Step(NamedTuple):
    """Bytes that must stand here, then a slot or the bytes of a stream.

    Args:
        match: how the slot is matched, or None.
        jump: index of the slot that says how long the stream is, or -1.
    """

    fixed: bytes
    size: int
    match: Callable[..., Any] | None
    jump: int


@dataclass(frozen=True, slots=True)
class Skeleton:
    """All of a file but its slots and streams.

    Args:
        steps: from the first byte to the table. trailer: from behind the table to the end.
        starts: for each object in file order, in which step's bytes it begins, and where in them.
        order: their numbers. streams: which of them are streams, as indexes.
        behind: bytes behind the end-of-file mark. attached: places of the embedded files.
    """

    steps: tuple[Step, ...]
    trailer: tuple[Step, ...]
    starts: tuple[tuple[int, int], ...]
    order: tuple[int, ...]
    streams: tuple[int, ...]
    forms: Mapping[Place, Form | Thing]
    root: Place
    behind: int
    findings: Findings
    attached: tuple[Place | None, ...]


SKELETONS: Memo[tuple[Skeleton, ...]] = Memo(entries=256, size=16 * 1024 * 1024)


class _Things(Mapping[Place, Thing]):
    """The objects of a file by its skeleton, made when somebody asks."""

    __slots__ = ("_forms", "_made", "_texts")

    def __init__(self, forms: Mapping[Place, Form | Thing], texts: list[bytes]) -> None:
        self._forms, self._texts = forms, texts
        self._made: dict[Place, Thing] = {}

    def __getitem__(self, place: Place) -> Thing:
        form = self._forms[place]
        if type(form) is Thing:
            return form
        if place not in self._made:
            self._made[place] = _filled(form, self._texts)  # type: ignore[arg-type]
        return self._made[place]

    def __iter__(self) -> Iterator[Place]:
        return iter(self._forms)

    def __len__(self) -> int:
        return len(self._forms)


def _filled(form: Form, texts: list[bytes]) -> Thing:
    old = form.thing
    mine = texts[form.first : form.first + len(form.slots)]
    value = old.value
    if all(len(path) == 1 for _, path in form.slots):
        value = dict(value)
        for (read, path), text in zip(form.slots, mine, strict=True):
            value[path[0]] = read(text, value[path[0]])
        inside = ((value, old.inside[0][1]), *old.inside[1:])
        return Thing(value, old.stream, inside, old.refs, old.cost, old.calm)
    for (read, path), text in zip(form.slots, mine, strict=True):
        value = put(value, path, read, text)
    return Thing.of(value, stream=old.stream, cost=old.cost)


def put(value: Any, path: Path, read: Reader, text: bytes) -> Any:
    """Return a value with another one at the end of a path."""
    if not path:
        return read(text, value)
    new = put(value[path[0]], path[1:], read, text)
    if type(value) is dict:
        return {**value, path[0]: new}
    return (*value[: path[0]], new, *value[path[0] + 1 :])


def recall(data: bytes, limits: Limits) -> Known | None:
    """Return a file read by a skeleton that fits it in every byte, or None."""
    last = LAST.search(data, max(0, len(data) - _REACH))
    offset = int(last[1]) if last is not None else len(data)
    table = TABLE.match(data, offset) if offset < len(data) else None
    if table is None:
        return None
    count = int(table[1])
    end = table.end() + ROW * (count - 1)
    known = SKELETONS.get((limits, count))
    if known is None or PLACES.fullmatch(data, table.end(), end) is None or end > len(data):
        return None
    offsets = [0, *map(int, data[table.end() : end].split(b" 00000 n \n")[:-1]), offset]
    for skeleton in known:
        found = _fit(data, skeleton, offsets, end)
        if found is not None:
            return found
    return None


def _fit(data: bytes, skeleton: Skeleton, offsets: list[int], end: int) -> Known | None:
    tail = _run(data, end, skeleton.trailer)
    if tail is None or tail.end != len(data) or int(tail.texts[-1]) != offsets[-1]:
        return None
    run = _run(data, 0, skeleton.steps)
    if run is None or run.end != offsets[-1]:
        return None
    starts = [run.places[step] + behind for step, behind in skeleton.starts]
    if starts != [offsets[number] for number in skeleton.order]:
        return None
    lasts = [*starts[1:], offsets[-1]]
    for index, (_, last) in zip(skeleton.streams, run.streams, strict=True):
        lasts[index] = last
    stored = sum(last - begin for begin, last in run.streams)
    size = sum(lasts) - sum(starts) - stored
    if size > MAX_SIZE:
        return None
    extents = dict(zip(skeleton.order, zip(starts, lasts, strict=True), strict=True))
    layout = _layout(len(data), skeleton, offsets, extents, size)
    spans = {
        skeleton.order[index]: span
        for index, span in zip(skeleton.streams, run.streams, strict=True)
    }
    body = Body(
        _Things(skeleton.forms, run.texts),
        skeleton.root,
        lambda place: data[slice(*spans[place[0]])],
    )
    return Known(layout, body, _bound(skeleton, body))


class _Run(NamedTuple):
    end: int
    places: list[int]
    texts: list[bytes]
    streams: list[tuple[int, int]]


def _run(data: bytes, here: int, steps: tuple[Step, ...]) -> _Run | None:
    """Return where each step begins, the slots, and where the streams stand; None where one does not fit."""
    places: list[int] = []
    texts: list[bytes] = []
    streams: list[tuple[int, int]] = []
    for fixed, size, match, jump in steps:
        if not data.startswith(fixed, here):
            return None
        places.append(here)
        here += size
        if match is not None:
            found = match(data, here)
            if found is None:
                return None
            here = found.end()
            texts.append(found[0])
        elif jump >= 0:
            begin = here
            here += int(texts[jump])
            streams.append((begin, here))
    return _Run(here, places, texts, streams) if here <= len(data) else None


def _layout(
    whole: int,
    skeleton: Skeleton,
    offsets: list[int],
    extents: dict[int, tuple[int, int]],
    size: int,
) -> Layout:
    entries: dict[int, Entry | None] = dict(enumerate(map(Entry, offsets[:-1])))
    entries[0] = None
    trailer = Node("dict", offsets[-1], whole)  # nobody asks for it of a file with one revision
    return Layout(
        sections=(Section(offset=offsets[-1], trailer=trailer, prev=None, entries=entries),),
        ends=(whole - skeleton.behind,),
        entries=entries,
        encrypted=False,
        tail=OK,
        text_bytes=size,
        extents=extents,
    )


def _bound(skeleton: Skeleton, body: Body) -> Findings:
    """Return the findings as they are of this file."""
    found = skeleton.findings
    return Findings(
        candidates=tuple(
            Candidate(
                where=one.where,
                value=body.at(one.owner),
                owner=one.owner,
                referenced=one.referenced,
                draws=one.draws,
                docmdp=one.docmdp,
            )
            for one in found.candidates
        ),
        files=tuple(
            Attachment(
                name=one.name,
                stream=None if place is None else body.at(place),
                owner=one.owner,
                is_certificate=one.is_certificate,
            )
            for one, place in zip(found.files, skeleton.attached, strict=True)
        ),
        drawing=found.drawing,
        static=found.static,
        notes=found.notes,
    )
