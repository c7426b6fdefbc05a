"""Reads the objects of a plain PDF: one classic table, objects one behind the other, nothing between.

This is how our issuer and most licence systems write. Every byte of the file outside of streams must
be one of the few forms below; whatever else it holds (object streams, comments, escapes, lengths by
reference, null, dangling references, keys that stand twice) is left to the general reader, with no
opinion. So there is no byte that this reader skips and another one reads.
Equal objects of different files are read once (`ecert.memo`), by their whole text.
"""

from __future__ import annotations

import re
from binascii import unhexlify
from itertools import pairwise
from typing import Any, Final, NamedTuple

from ecert.documents.pdf import guard
from ecert.documents.pdf.structure import Layout
from ecert.documents.pdf.values import (
    MAX_DEPTH,
    MAX_VALUES,
    Body,
    Name,
    Numbers,
    Place,
    Ref,
    Thing,
)
from ecert.documents.pdf.xref import Section
from ecert.memo import Memo

__all__ = ["NUMBERS", "TOKEN", "Plain", "hex_entry", "read_plain"]

_WS: Final = rb"[\x00\t\n\x0c\r ]"
_REGULAR: Final = rb"[^\x00-\x20()<>\[\]{}/%\x7f-\xff]"
_END: Final = rb"(?![^\x00\t\n\x0c\r ()<>\[\]{}/%])"
_FIGURE: Final = rb"[+-]?(?:\d{1,15}+(?:\.\d{0,15}+)?|\.\d{1,15}+)(?=[\x00\t\n\x0c\r \[\]])"
_ROW: Final = rb"(?:" + _WS + rb"*+" + _FIGURE + rb"){0,65535}" + _WS + rb"*+"
"""No possessive marks behind groups here: Python before 3.11.5 leaves half an iteration behind (gh-106052)."""
NUMBERS: Final = rb"\[" + _ROW + rb"(?:\[" + _ROW + rb"\]" + _ROW + rb"){0,65535}\]"
"""An array of numbers, at most one level deep."""
TOKEN: Final = re.compile(
    _WS
    + rb"*+(?:(<<)|(>>)|/("
    + _REGULAR
    + rb"++)|(\d{1,10}) (\d{1,5}) R"
    + _END
    + rb"|("
    + NUMBERS
    + rb")|(\[)|(\])|([+-]?\d{1,15}+)"
    + _END
    + rb"|([+-]?(?:\d{1,15}+\.\d{0,15}+|\.\d{1,15}+))"
    + _END
    + rb"|\(((?:[^()\\\r]++|\\[()\\]){0,4096})\)|<([0-9A-Fa-f]*+)>|(true|false)"
    + _END
    + rb")"
)
_OPEN, _CLOSE, _NAME, _REF = 1, 2, 3, 5
_NUMBERS, _BEGIN, _FINISH, _INT, _REAL, _STRING, _HEX = 6, 7, 8, 9, 10, 11, 12
_OPENING: Final = (_OPEN, _BEGIN)
_CLOSING: Final = (_CLOSE, _FINISH)
_ESCAPE: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_QUOTED: Final = re.compile(rb"\\([()\\])")

_HEAD: Final = re.compile(rb"%PDF-[12]\.\d[\r\n]{1,2}(?:%[^\r\n]{0,64}[\r\n]{1,2})?")
_TABLE: Final = re.compile(
    rb"xref(?:\r\n|\n)(?:\d{1,10} \d{1,6} ?(?:\r\n|\n)(?:\d{10} \d{5} [nf](?: \n|\r\n| \r))+)+"
    rb"trailer(?=[<\x00-\x20])"
)
_TAIL: Final = re.compile(rb"[\r\n ]*+startxref[\r\n]{1,2}(\d{1,12})[\r\n]{1,2}%%EOF[\r\n]{0,2}")
_AFTER_DATA: Final = re.compile(rb"(?:\r\n|\n|\r)?endstream[\r\n ]{1,2}endobj[\r\n ]*+")
_AFTER_VALUE: Final = re.compile(rb"[\x00\t\n\x0c\r ]*+endobj[\r\n ]*+")
_AFTER_HEAD: Final = frozenset(bytes((byte,)) for byte in b"\x00\t\n\x0c\r <[(/")
_NOT_HERE: Final = frozenset({"ObjStm", "XRef"})
_ENTRY_WEIGHT: Final = 16

_THINGS: Memo[Thing] = Memo(entries=4096, size=16 * 1024 * 1024)
"""Objects by their text, up to where their bytes begin."""
_MAX_REMEMBERED: Final = 32 * 1024
_MAX_TEXT: Final = 512 * 1024
"""Text of one object, or of the trailer: a repeated group holds some 150 bytes a turn while it matches."""


_NAMES: dict[bytes, Name] = {
    name: Name(name.decode("ascii"))
    for name in (
        b"Type Subtype Length Filter FlateDecode Resources Font XObject Pattern ColorSpace ICCBased N Alternate"
        b" DeviceRGB DeviceGray Page Pages Kids Count Parent MediaBox Contents Annots Catalog BaseFont Encoding"
        b" Identity-H ToUnicode DescendantFonts Type0 CIDFontType0 CIDFontType2 CIDSystemInfo Registry Ordering"
        b" Supplement FontDescriptor FontName FontFile2 FontFile3 CIDFontType0C CIDSet CIDToGIDMap"
        b" Identity Flags FontBBox ItalicAngle Ascent Descent CapHeight StemV DW W CMap WMode Metadata XML"
        b" EmbeddedFile Params Size ModDate CreationDate CheckSum Filespec EF F UF Desc AFRelationship Data"
        b" AF Names EmbeddedFiles OutputIntents Lang AcroForm Fields SigFlags Perms DocMDP ViewerPreferences"
        b" Sig SubFilter ByteRange M Reference TransformMethod TransformParams SigRef P V T FT Rect Annot"
        b" Widget AP Image Width Height BitsPerComponent Interpolate SMask Form BBox FormType Root ID Info"
    ).split()
}
"""Names that nearly every file has, made once."""


class _NotPlain(Exception):
    """The bytes have a form that is not read here."""


class Plain(NamedTuple):
    """A plain file: its objects, the bytes of their text, and where each stands, by number."""

    body: Body
    text_bytes: int
    extents: dict[int, tuple[int, int]]


def read_plain(data: bytes, layout: Layout) -> Plain | None:
    """Return the objects of a file, or None for the general reader.

    The body holds to the same bounds as `guard_objects` asks of any file.
    """
    try:
        return _read(data, layout)
    except _NotPlain:
        return None


def _read(data: bytes, layout: Layout) -> Plain:
    if len(layout.sections) != 1 or layout.encrypted or layout.hybrid:
        raise _NotPlain
    section = layout.sections[0]
    root = _frame(data, section)
    places = sorted(
        (e.offset, n, e.generation) for n, e in section.entries.items() if e is not None
    )
    if (
        any(e is not None and e.container is not None for e in section.entries.values())
        or not places
    ):
        raise _NotPlain
    head = _HEAD.match(data)
    if head is None or head.end() != places[0][0]:
        raise _NotPlain
    places.append((section.offset, 0, 0))
    found: dict[Place, Thing] = {}
    spans: dict[Place, tuple[int, int]] = {}
    extents: dict[int, tuple[int, int]] = {}
    left, size = min(MAX_VALUES, guard.MAX_TOKENS), 0
    for (start, number, generation), (stop, _, _) in pairwise(places):
        thing, span = _object(data, (start, stop), (number, generation))
        left -= thing.cost
        if left < 0:
            raise _NotPlain
        found[number, generation] = thing
        spans[number, generation] = span
        extents[number] = start, span[1]
        size += (span[0] if thing.stream else stop) - start
    if not all(found.keys() >= thing.refs for thing in found.values()):
        raise _NotPlain
    things = {place: found[place] for place in sorted(found)}
    body = Body(things, root, lambda place: data[slice(*spans[place])])
    catalogue = found.get(root)
    if catalogue is None or catalogue.stream or type(catalogue.value) is not dict:
        raise _NotPlain
    if catalogue.value.get("Type") != "Catalog" or type(catalogue.value.get("Pages")) is not Ref:
        raise _NotPlain
    return Plain(body, size, extents)


def _frame(data: bytes, section: Section) -> Place:
    """Check everything from the table to the end of the file; return the place of the catalogue."""
    table = _TABLE.match(data, section.offset)
    if table is None or table[0].count(b" n") + table[0].count(b" f") != len(section.entries):
        raise _NotPlain
    trailer, end, _ = _value(data[table.end() : table.end() + _MAX_TEXT], 0)
    end += table.end()
    tail = _TAIL.fullmatch(data, end)
    if tail is None or int(tail[1]) != section.offset or type(trailer) is not dict:
        raise _NotPlain
    root = trailer.get("Root")
    if type(root) is not Ref or trailer.get("Size") != max(section.entries) + 1:
        raise _NotPlain
    return root


def _object(data: bytes, extent: tuple[int, int], place: Place) -> tuple[Thing, tuple[int, int]]:
    """Read the object that fills these bytes; return it and where its stream's bytes stand."""
    start, stop = extent
    head = b"%d %d obj" % place
    if not data.startswith(head, start):
        raise _NotPlain
    begin = start + len(head)
    mark = data.find(b"stream", begin, stop)
    end = stop if mark < 0 else mark + (8 if data[mark + 6 : mark + 8] == b"\r\n" else 7)
    if end - begin > _MAX_TEXT:
        raise _NotPlain
    source = data[begin:end]
    thing = _THINGS.get(source)
    if thing is None:
        thing = _thing(source)
        if len(source) <= _MAX_REMEMBERED:
            _THINGS.put(source, thing, _ENTRY_WEIGHT * len(source))
    if not thing.stream:
        return thing, (stop, stop)
    last = end + thing.value["Length"]
    if last > stop:
        raise _NotPlain
    rest = data[last:stop]
    if rest != b"\nendstream\nendobj\n" and _AFTER_DATA.fullmatch(rest) is None:
        raise _NotPlain
    return thing, (end, last)


def _thing(source: bytes) -> Thing:
    """Read one object's text: a value, then either its end or the beginning of its bytes."""
    value, end, cost = _value(source, 0)
    rest = source[end:]
    stream = rest.strip(b"\r\n ") == b"stream"
    if stream and source[-1:] != b"\n":
        raise _NotPlain
    if stream:
        length = value.get("Length") if type(value) is dict else None
        kind = value.get("Type") if type(value) is dict else None
        if type(length) is not int or length < 0 or (type(kind) is Name and kind in _NOT_HERE):
            raise _NotPlain
    elif (
        source[:1] not in _AFTER_HEAD or _AFTER_VALUE.fullmatch(rest) is None or type(value) is Ref
    ):
        raise _NotPlain
    return Thing.of(value, stream=stream, cost=cost)


def _value(source: bytes, here: int) -> tuple[Any, int, int]:
    """Read one value; return it, where it ends, and about how many values it holds."""
    match = TOKEN.match
    stack: list[list[Any]] = [[]]
    cost = 0
    while True:
        token = match(source, here)
        if token is None:
            raise _NotPlain
        here, kind = token.end(), token.lastindex or 0
        cost += 1
        if kind in _OPENING:
            if len(stack) >= MAX_DEPTH:
                raise _NotPlain
            stack.append([kind])
            continue
        if kind in _CLOSING:
            value = _closed(stack, kind)
        elif kind == _NUMBERS:
            value = Numbers(token[_NUMBERS])
            cost += len(value.source) // 2
        else:
            source_of = token[kind]
            value = _NAMES.get(source_of) if kind == _NAME else None
            if value is None:
                value = _leaf(token, kind)
        stack[-1].append(value)
        if len(stack) == 1:
            return value, here, cost


def hex_entry(data: bytes, start: int, key: bytes) -> tuple[int, int] | None:
    """Return where the hexadecimal string of an entry stands, in a plain object that is a dictionary.

    Args:
        start: where the object begins.
        key: name of the entry; entries of inner dictionaries are not meant.
    """
    here, depth, at_key = data.index(b"obj", start) + 3, 0, False
    while token := TOKEN.match(data, here):
        here, kind = token.end(), token.lastindex or 0
        if kind in _OPENING:
            depth += 1
            at_key = depth == 1
        elif kind in _CLOSING:
            depth -= 1
            at_key = depth == 1
        elif depth == 1 and at_key and token[kind] == key:
            found = TOKEN.match(data, here)
            hexadecimal = found is not None and found.lastindex == _HEX
            return (found.start(_HEX) - 1, found.end()) if found and hexadecimal else None
        elif depth == 1:
            at_key = not at_key
        if depth == 0:
            break
    return None


def _closed(stack: list[list[Any]], kind: int) -> Any:
    if len(stack) == 1:
        raise _NotPlain
    members = stack.pop()
    if kind - members[0] != 1:
        raise _NotPlain  # a dictionary closed as an array, or the other way round
    if kind == _FINISH:
        return tuple(members[1:])
    names, values = members[1::2], members[2::2]
    if len(names) != len(values) or not all(type(name) is Name for name in names):
        raise _NotPlain
    made = dict(zip(names, values, strict=True))
    if len(made) != len(names):
        raise _NotPlain
    return made


def _leaf(token: re.Match[bytes], kind: int) -> Any:
    source = token[kind]
    if kind == _NAME:
        return _name(source)
    if kind == _REF:
        return Ref(int(token[_REF - 1]), int(source))
    if kind == _INT:
        return int(source)
    if kind == _REAL:
        return float(source)
    if kind == _STRING:
        return _QUOTED.sub(rb"\1", source) if b"\\" in source else source
    if kind == _HEX:
        if len(source) % 2:
            raise _NotPlain
        return unhexlify(source)
    return source == b"true"


def _name(source: bytes) -> Name:
    if b"#" not in source:
        return Name(source.decode("ascii"))
    if b"#" in _ESCAPE.sub(b"", source):
        raise _NotPlain
    plain = _ESCAPE.sub(lambda m: bytes((int(m[1], 16),)), source)
    if b"\x00" in plain or b"/" in plain[:1]:
        raise _NotPlain
    try:
        return Name(plain.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _NotPlain from error
