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
from binascii import unhexlify
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from ecert.documents.pdf import guard
from ecert.documents.pdf.carriers import Attachment
from ecert.documents.pdf.fields import Candidate
from ecert.documents.pdf.lexer import Node
from ecert.documents.pdf.plain import MAX_TEXT, NUMBERS, TOKEN, Plain
from ecert.documents.pdf.structure import Layout
from ecert.documents.pdf.values import MAX_VALUES, Body, Dictionary, Name, Numbers, Place, Stream, Thing
from ecert.documents.pdf.xref import Entry, Section
from ecert.limits import Limits
from ecert.memo import Memo
from ecert.report.outcome import OK, Outcome

__all__ = ["Findings", "Known", "learn", "recall"]

_OPEN, _CLOSE, _NAME, _NUMBERS, _BEGIN, _FINISH, _INT, _STRING, _HEX = 1, 2, 3, 6, 7, 8, 9, 11, 12
_TAGGED: Final = re.compile(rb"[A-Z]{6}\+[^#]*")
_DATED: Final = re.compile(rb"D:[0-9Z+'-]{4,20}")

Path = tuple[str | int, ...]
Reader = Callable[[bytes, Any], Any]
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
_EMPTY: Final[dict[int, Callable[[Any], Any]]] = {
    _INT: lambda _: 0,
    _NUMBERS: lambda _: Numbers(b"[]"),
    _HEX: lambda _: b"",
    _STRING: lambda _: b"",
    _NAME: lambda old: Name("A" * 6 + old[6:]),
}

_TABLE: Final = re.compile(rb"xref\n0 ([1-9][0-9]{0,5})\n0000000000 65535 f \n")
_PLACES: Final = re.compile(rb"(?:[0-9]{10} 00000 n \n)*")
_ROW: Final = 20
_LAST: Final = re.compile(rb"startxref[\r\n]{1,2}([0-9]{1,12})[\r\n]{1,2}%%EOF[\r\n]{0,2}\Z")
_REACH: Final = 48
_MAX_SIZE: Final = min(MAX_VALUES, guard.MAX_TOKENS)
"""Bytes outside of streams: no value has less than one."""
_WEIGHT: Final = 4
_EACH: Final = 8
"""Skeletons kept for files of as many objects: one for each kind of document of each issuer."""


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
class _Form:
    """One object: its bytes up to the first slot, then each slot with the bytes behind it.

    Args:
        place: number and generation. first: bytes from its head. rest: pairs of slot and bytes.
        length: index of the slot with the length of its stream, -1 for none. after: bytes behind that.
        thing: what it is with the first file's slots emptied.
        slots: how each is read, and where its value stands.
    """

    place: Place
    first: bytes
    rest: tuple[tuple[Callable[..., Any], bytes], ...]
    length: int
    after: bytes
    thing: Thing
    slots: tuple[tuple[Reader, Path], ...]


@dataclass(frozen=True, slots=True)
class _Skeleton:
    head: bytes
    forms: tuple[_Form, ...]
    trailer: _Form
    root: Place
    behind: int
    findings: Findings
    streams: tuple[Place | None, ...]


_SKELETONS: Memo[tuple[_Skeleton, ...]] = Memo(entries=256, size=16 * 1024 * 1024)
_MET: Memo[bool] = Memo(entries=1024, size=4 * 1024 * 1024)
"""Catalogues met once: whether a second file that has one is worth learning."""


class _Things(Mapping[Place, Thing]):
    """The objects of a file by its skeleton, made when somebody asks."""

    __slots__ = ("_forms", "_made", "_texts")

    def __init__(self, forms: tuple[_Form, ...], texts: list[list[bytes]]) -> None:
        self._forms = {form.place: (form, own) for form, own in zip(forms, texts, strict=True)}
        self._made: dict[Place, Thing] = {}

    def __getitem__(self, place: Place) -> Thing:
        form, texts = self._forms[place]
        if not texts:
            return form.thing
        if place not in self._made:
            self._made[place] = _filled(form, texts)
        return self._made[place]

    def __iter__(self) -> Iterator[Place]:
        return iter(sorted(self._forms))

    def __len__(self) -> int:
        return len(self._forms)


def _filled(form: _Form, texts: list[bytes]) -> Thing:
    old = form.thing
    if all(len(path) == 1 for _, path in form.slots):
        value = dict(old.value)
        for (read, path), text in zip(form.slots, texts, strict=True):
            value[path[0]] = read(text, value[path[0]])
        return replace(old, value=value, inside=((value, old.inside[0][1]), *old.inside[1:]))
    value = old.value
    for (read, path), text in zip(form.slots, texts, strict=True):
        value = _put(value, path, read, text)
    return Thing.of(value, stream=old.stream, cost=old.cost)


def _put(value: Any, path: Path, read: Reader, text: bytes) -> Any:
    if not path:
        return read(text, value)
    new = _put(value[path[0]], path[1:], read, text)
    if type(value) is dict:
        return {**value, path[0]: new}
    return (*value[: path[0]], new, *value[path[0] + 1 :])


def recall(data: bytes, limits: Limits) -> Known | None:
    """Return a file read by a skeleton that fits it in every byte, or None."""
    last = _LAST.search(data, max(0, len(data) - _REACH))
    offset = int(last[1]) if last is not None else len(data)
    table = _TABLE.match(data, offset) if offset < len(data) else None
    if table is None:
        return None
    count = int(table[1])
    end = table.end() + _ROW * (count - 1)
    known = _SKELETONS.get((limits, count))
    if known is None or _PLACES.fullmatch(data, table.end(), end) is None or end > len(data):
        return None
    offsets = [0, *map(int, data[table.end() : end].split(b" 00000 n \n")[:-1]), offset]
    for skeleton in known:
        found = _fit(data, skeleton, offsets, end)
        if found is not None:
            return found
    return None


def _fit(data: bytes, skeleton: _Skeleton, offsets: list[int], end: int) -> Known | None:
    if not data.startswith(skeleton.head):
        return None
    trailer: list[bytes] = []
    if _text(data, end, skeleton.trailer, trailer) != len(data) or int(trailer[-1]) != offsets[-1]:
        return None
    here, size = len(skeleton.head), 0
    texts: list[list[bytes]] = []
    spans: dict[Place, tuple[int, int]] = {}
    extents: dict[int, tuple[int, int]] = {}
    for form in skeleton.forms:
        number = form.place[0]
        start, own = here, []
        here = _text(data, start, form, own) if offsets[number] == start else -1
        if here < 0:
            return None
        size += here - start
        begin = here
        if form.length >= 0:
            here += int(own[form.length])
            spans[form.place] = begin, here
            extents[number] = start, here
            if not data.startswith(form.after, here):
                return None
            here += len(form.after)
        else:
            spans[form.place] = here, here
            extents[number] = start, here
        texts.append(own)
    if here != offsets[-1] or size > _MAX_SIZE:
        return None
    return _known(data, skeleton, offsets, texts, (spans, extents, size))


def _text(data: bytes, here: int, form: _Form, texts: list[bytes]) -> int:
    """Return where an object's text ends, its slots added to ``texts``; -1 where it does not fit."""
    start = here
    if not data.startswith(form.first, here):
        return -1
    here += len(form.first)
    for match, piece in form.rest:
        found = match(data, here)
        if found is None:
            return -1
        here = found.end()
        if not data.startswith(piece, here):
            return -1
        here += len(piece)
        texts.append(found[0])
    return here if here - start <= MAX_TEXT else -1


def _known(
    data: bytes,
    skeleton: _Skeleton,
    offsets: list[int],
    texts: list[list[bytes]],
    places: tuple[dict[Place, tuple[int, int]], dict[int, tuple[int, int]], int],
) -> Known:
    spans, extents, size = places
    entries: dict[int, Entry | None] = {0: None}
    entries.update(zip(range(1, len(offsets) - 1), map(Entry, offsets[1:-1]), strict=True))
    section = Section(
        offset=offsets[-1], trailer=Node("dict", offsets[-1], len(data)), prev=None, entries=entries
    )
    layout = Layout(
        sections=(section,),
        ends=(len(data) - skeleton.behind,),
        entries=entries,
        encrypted=False,
        tail=OK,
        text_bytes=size,
        extents=extents,
    )
    body = Body(
        _Things(skeleton.forms, texts), skeleton.root, lambda place: data[slice(*spans[place])]
    )
    return Known(layout, body, _bound(skeleton, body))


def _bound(skeleton: _Skeleton, body: Body) -> Findings:
    """Return the findings as they are of this file."""
    found = skeleton.findings
    return replace(
        found,
        candidates=tuple(replace(one, value=body.at(one.owner)) for one in found.candidates),
        files=tuple(
            replace(one, stream=None if place is None else body.at(place))
            for one, place in zip(found.files, skeleton.streams, strict=True)
        ),
    )


def learn(data: bytes, limits: Limits, layout: Layout, plain: Plain, findings: Findings) -> None:
    """Remember the skeleton of a file whose findings are known, if another had its catalogue before."""
    section, root = layout.sections[0], plain.body.root.objgen
    table = _TABLE.match(data, section.offset)
    if table is None or layout.tail.ok is not True or layout.ends[0] is None:
        return
    count = int(table[1])
    end = table.end() + _ROW * (count - 1)
    regular = len(section.entries) == count and _PLACES.fullmatch(data, table.end(), end)
    if not regular or not 0 <= len(data) - layout.ends[0] <= len(b"\r\n"):
        return
    start, stop = plain.extents[root[0]]
    met = (limits, count, data[start:stop])
    before = _MET.get(met)
    if before is None:
        _MET.put(met, value=True, weight=stop - start)
    made = _skeleton(data, end, layout, plain, findings) if before else None
    if made is not None:
        kept = (made, *(_SKELETONS.get((limits, count)) or ()))[:_EACH]
        weight = sum(len(form.first) + 256 for one in kept for form in one.forms)
        _SKELETONS.put((limits, count), kept, _WEIGHT * weight)
    elif before:
        _MET.put(met, value=False, weight=stop - start)


def _skeleton(
    data: bytes, end: int, layout: Layout, plain: Plain, findings: Findings
) -> _Skeleton | None:
    bound = [one.value for one in findings.candidates]
    streams = [one.stream for one in findings.files]
    if not all(isinstance(one, Dictionary) and one.is_indirect for one in bound) or not all(
        one is None or isinstance(one, Stream) for one in streams
    ):
        return None
    places = sorted(plain.body.things, key=lambda place: plain.extents[place[0]])
    starts = [plain.extents[place[0]][0] for place in places]
    stops = [*starts[1:], layout.sections[0].offset]
    forms = [
        _form(data, (start, stop), place, plain)
        for place, start, stop in zip(places, starts, stops, strict=True)
    ]
    trailer = _trailer(data, end)
    if trailer is None or any(form is None for form in forms):
        return None
    return _Skeleton(
        head=data[: starts[0]],
        forms=tuple(form for form in forms if form is not None),
        trailer=trailer,
        root=plain.body.root.objgen,
        behind=len(data) - (layout.ends[0] or 0),
        findings=replace(
            findings,
            candidates=tuple(replace(one, value=None) for one in findings.candidates),
            files=tuple(replace(one, stream=None) for one in findings.files),
        ),
        streams=tuple(None if one is None else one.objgen for one in streams),
    )


def _form(data: bytes, extent: tuple[int, int], place: Place, plain: Plain) -> _Form | None:
    start, stop = extent
    thing = plain.body.things[place]
    begin, after = stop, b""
    if thing.stream:
        last = plain.extents[place[0]][1]
        begin, after = last - thing.value["Length"], data[last:stop]
    text = data[start:begin]
    slots = _slots(text, text.index(b"obj") + 3, _KEYS)
    length = next((at for at, one in enumerate(slots) if one.path == ("Length",)), -1)
    escaped = any("#" in part for one in slots for part in one.path if type(part) is str)
    if escaped or (thing.stream and length < 0):
        return None
    value = thing.value
    for one in slots:
        value = _put(value, one.path, lambda _, old, kind=one.kind: _EMPTY[kind](old), b"")
    return _cut(
        text,
        slots,
        place=place,
        length=length if thing.stream else -1,
        after=after,
        thing=Thing.of(value, stream=thing.stream, cost=thing.cost) if slots else thing,
    )


def _trailer(data: bytes, end: int) -> _Form | None:
    """Return the form of what follows the table, the number behind startxref being its last slot."""
    slots = _slots(data, end + len(b"trailer"), _IN_TRAILER)
    last = _LAST.search(data, end)
    if not data.startswith(b"trailer", end) or last is None:
        return None
    number = _Slot(last.start(1) - end, last.end(1) - end, _FIGURE, (), _INT)
    moved = [replace(one, start=one.start - end, end=one.end - end) for one in slots]
    empty = Thing.of(None, stream=False)
    return _cut(data[end:], [*moved, number], place=(0, 0), length=-1, after=b"", thing=empty)


def _cut(text: bytes, slots: list[_Slot], **rest: Any) -> _Form:
    edges = [*(one.start for one in slots[1:]), len(text)] if slots else []
    return _Form(
        first=text[: slots[0].start] if slots else text,
        rest=tuple(
            (one.reader[0], text[one.end : edge]) for one, edge in zip(slots, edges, strict=True)
        ),
        slots=tuple((one.reader[1], one.path) for one in slots),
        **rest,
    )


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
