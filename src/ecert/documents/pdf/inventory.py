"""What one state of a PDF consists of, piece by piece, each with a digest of all that it rests on.

Two states are compared by these digests, never by object numbers: a piece is the same when
everything a reader can reach from it is. References upwards (/Parent, /P) and to other pages are
not followed. Bounded by the objects already read, each looked at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from ecert.documents.pdf.objects import dictionary, entry, name_of, text_of
from ecert.documents.pdf.values import Array, Body, Dictionary, Name, Place, Stream
from ecert.errors import MalformedDocument

__all__ = ["Field", "Inventory", "Page", "take_inventory"]

_MAX_DEPTH: Final = 48
_MAX_PIECES: Final = 20_000
_MAX_LISTED: Final = 200_000
"""Members of all lists of pages, fields and annotations: one list may be named many times."""
_MAX_NAME: Final = 64
_MAX_LOOKED_AT: Final = 1_000_000
"""Values looked at for digests: a file has 300,000, and few are asked for twice."""
_UPWARDS: Final = frozenset({"Parent", "P", "Popup", "IRT"})
_INHERITED: Final = ("Resources", "MediaBox", "CropBox", "Rotate")
_PAGE_PARTS: Final = frozenset({"Annots", "Type", *_INHERITED, *_UPWARDS})
_CATALOG_PARTS: Final = frozenset(
    {
        "Type",
        "Pages",
        "AcroForm",
        "Metadata",
        "Names",
        "AF",
        "DSS",
        "Extensions",
        "Version",
        "Perms",
    }
)
_VALUE: Final = frozenset({"V", "AP", "AS"})
_TREES: Final = frozenset({"Page", "Pages", "Catalog"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page.

    Args:
        number: from 1. content: what it draws itself, and on what paper.
        annotations: by a key of their own: what sort, and their digest; widgets only by presence.

    """

    number: int
    content: bytes
    annotations: dict[Any, tuple[str, bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One form field.

    Args:
        kind: ``"Sig"``, ``"Tx"``, ... signed: the digest of a signature's dictionary, or None.
        owner: where that dictionary stands. lock: what signing this field locks (/Lock), or None.
        stamp: that signature is a document time stamp.
        value: value and appearance. rest: all else. places: its widgets.

    """

    kind: str | None
    signed: bytes | None
    owner: Place
    lock: Any
    stamp: bool
    value: bytes
    rest: bytes
    places: frozenset[Place]


@dataclass(slots=True)
class Inventory:
    """Everything in one state of a file; ``parts`` are the other entries of the catalogue."""

    pages: dict[Place, Page] = field(default_factory=dict)
    fields: dict[str, Field] = field(default_factory=dict)
    attachments: dict[str, bytes] = field(default_factory=dict)
    properties: dict[str, bytes] = field(default_factory=dict)
    parts: dict[str, bytes] = field(default_factory=dict)
    form: bytes = b""
    validation: bytes = b""


def take_inventory(body: Body, info: Place | None = None) -> Inventory:
    """Return the inventory of one state.

    Args:
        body: its objects. info: place of the information dictionary, which the trailer names.

    Raises:
        MalformedDocument: nested too deeply, or with too many pages or fields.

    """
    digests = _Digests()
    root = dictionary(body.root)
    if root is None:
        raise MalformedDocument("pdf.syntax", "no catalogue")
    names = entry(root, "Names")
    found = Inventory()
    for number, page in enumerate(_pages(root, digests), 1):
        found.pages[page.objgen] = _page(page, number, digests)
    form = dictionary(entry(root, "AcroForm"))
    counts = _Names()
    for name, item in _fields(form, digests):
        found.fields[counts.unused(name, found.fields)] = _field(item, digests)
    found.attachments = _attachments(root, names, digests)
    found.properties["XMP"] = digests.of(entry(root, "Metadata"))
    found.properties["Info"] = digests.of(body.at(info) if info else None)
    found.form = digests.of(form, frozenset({"Fields", "SigFlags"}))
    found.validation = digests.of(entry(root, "DSS"))
    for key in sorted(root.raw.keys() - _CATALOG_PARTS):
        found.parts[f"/{key}"[:_MAX_NAME]] = digests.of(root.get(key))
    if isinstance(names, Dictionary):
        for key in sorted(names.raw.keys() - {"EmbeddedFiles"}):
            found.parts[f"/Names/{key}"[:_MAX_NAME]] = digests.of(names.get(key))
    return found


class _Digests:
    """Digests of values with all they rest on; each object is looked at once."""

    def __init__(self) -> None:
        self._left, self._looks = _MAX_LISTED, _MAX_LOOKED_AT
        self._known: dict[Place, bytes] = {}
        self._open: set[Place] = set()

    def of(self, value: Any, without: frozenset[str] = frozenset()) -> bytes:
        """Return the digest of a value, some entries of a dictionary left out."""
        return self._of(value, 0, without)

    def listed(self, value: Any) -> list[Any]:
        """Return the members of an array, none for anything else; all arrays share one budget.

        Raises:
            MalformedDocument: the budget is spent.

        """
        if not isinstance(value, Array):
            return []
        self._left -= len(value)
        if self._left < 0:
            raise MalformedDocument("pdf.syntax", "too many entries to compare")
        return list(value)

    def _of(self, value: Any, depth: int, without: frozenset[str] = frozenset()) -> bytes:
        self._looks -= 1
        if depth > _MAX_DEPTH or self._looks < 0:
            raise MalformedDocument("pdf.syntax", "values nested too deeply, or too many")
        if not isinstance(value, (Dictionary, Array)):
            kind = "name" if isinstance(value, Name) else type(value).__name__
            return sha256(f"{kind} {value!r}".encode("utf-8", "surrogatepass")).digest()
        place = value.objgen
        if depth and isinstance(value, Dictionary) and name_of(value.get("Type")) in _TREES:
            return b"page %d %d" % place
        if value.is_indirect and not without:
            if place in self._known:
                return self._known[place]
            if place in self._open:
                return b"loop"
            self._open.add(place)
        digest = self._members(value, depth, without)
        if value.is_indirect and not without:
            self._open.discard(place)
            self._known[place] = digest
        return digest

    def _members(self, value: Any, depth: int, without: frozenset[str]) -> bytes:
        hasher = sha256()
        if isinstance(value, Array):
            hasher.update(b"array")
            for item in value:
                hasher.update(self._of(item, depth + 1))
            return hasher.digest()
        hasher.update(b"dictionary")
        for key in sorted(value.raw.keys() - _UPWARDS - without):
            hasher.update(key.encode("utf-8", "surrogatepass") + b"\0")
            hasher.update(self._of(value.get(key), depth + 1))
        if isinstance(value, Stream):
            hasher.update(sha256(value.stored()).digest())
        return hasher.digest()


class _Names:
    """Gives what calls itself like another piece a name of its own: neither hides the other."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def unused(self, name: str, taken: Container[str]) -> str:
        """Return the name, with a number where it is taken."""
        free = name
        while free in taken:
            self._counts[name] += 1
            free = f"{name} #{self._counts[name] + 1}"
        return free


def _pages(root: Any, digests: _Digests) -> Iterator[Any]:
    queue = [entry(root, "Pages")]
    seen: set[Place] = set()
    while queue:
        node = dictionary(queue.pop())
        if node is None or not node.is_indirect or node.objgen in seen:
            continue
        seen.add(node.objgen)
        if len(seen) > _MAX_PIECES:
            raise MalformedDocument("pdf.syntax", "too many pages to compare")
        kids = entry(node, "Kids")
        if isinstance(kids, Array):
            queue.extend(reversed(digests.listed(kids)))
        else:
            yield node


def _page(page: Any, number: int, digests: _Digests) -> Page:
    hasher = sha256(digests.of(page, _PAGE_PARTS))
    for key in _INHERITED:
        hasher.update(digests.of(_inherited(page, key)))
    annotations: dict[Any, tuple[str, bytes]] = {}
    for index, item in enumerate(digests.listed(entry(page, "Annots"))):
        if dictionary(item) is None:
            continue
        kind = (name_of(entry(item, "Subtype")) or "?")[:_MAX_NAME]
        place: Any = item.objgen if item.is_indirect else index
        annotations[place] = (kind, b"" if kind == "Widget" else digests.of(item))
    return Page(number=number, content=hasher.digest(), annotations=annotations)


def _inherited(page: Any, key: str) -> Any:
    for _ in range(_MAX_DEPTH):
        if dictionary(page) is None:
            return None
        found = entry(page, key)
        if found is not None:
            return found
        page = entry(page, "Parent")
    return None


def _fields(form: Any, digests: _Digests) -> Iterator[tuple[str, list[Any]]]:
    """Yield each terminal field's full name with the dictionaries it is made of, itself last."""
    first = reversed(digests.listed(entry(form, "Fields")))
    queue: list[tuple[Any, str, tuple[Any, ...]]] = [(item, "", ()) for item in first]
    seen: set[Place] = set()
    while queue:
        item, prefix, above = queue.pop()
        if dictionary(item) is None or (item.is_indirect and item.objgen in seen):
            continue
        seen.add(item.objgen if item.is_indirect else (-len(seen), 0))
        if len(seen) > _MAX_PIECES or len(above) > _MAX_DEPTH:
            raise MalformedDocument("pdf.syntax", "too many fields to compare")
        own = text_of(entry(item, "T"))
        name: str = prefix if own is None else f"{prefix}.{own}" if prefix else own
        below = digests.listed(entry(item, "Kids"))
        if any(entry(kid, "T") is not None for kid in below):
            queue.extend((kid, name, (*above, item)) for kid in reversed(below))
            continue
        widgets = [kid for kid in below if dictionary(kid) is not None]
        yield name[:_MAX_NAME], [*above, *widgets, item]


def _field(chain: list[Any], digests: _Digests) -> Field:
    kind = next((name_of(entry(one, "FT")) for one in reversed(chain) if entry(one, "FT")), None)
    signature = dictionary(next((v for one in reversed(chain) if (v := entry(one, "V"))), None))
    signed = kind == "Sig" and signature is not None
    value, rest = sha256(), sha256()
    for one in chain:
        for key in sorted(_VALUE & one.raw.keys()):
            value.update(key.encode() + digests.of(one.get(key)))
        rest.update(digests.of(one, _VALUE | {"Kids"}))
    return Field(
        kind=kind,
        signed=digests.of(signature) if signed else None,
        owner=signature.objgen if signed else (0, 0),
        lock=next((lock for one in chain if (lock := dictionary(entry(one, "Lock")))), None),
        stamp=signed and name_of(entry(signature, "SubFilter")) == "ETSI.RFC3161",
        value=value.digest(),
        rest=rest.digest(),
        places=frozenset(one.objgen for one in chain if one.is_indirect),
    )


def _attachments(root: Any, names: Any, digests: _Digests) -> dict[str, bytes]:
    """Return the embedded files of the name tree and of the catalogue's /AF, by their names."""
    found: dict[str, bytes] = {}
    queue = [entry(names, "EmbeddedFiles")]
    seen: set[Place] = set()
    specs: list[Any] = []
    while queue:
        node = dictionary(queue.pop())
        if node is None or node.objgen in seen or len(seen) > _MAX_PIECES:
            continue
        if node.is_indirect:
            seen.add(node.objgen)
        queue.extend(digests.listed(entry(node, "Kids")))
        specs.extend(digests.listed(entry(node, "Names"))[1::2])
    specs.extend(digests.listed(entry(root, "AF")))
    listed_once: dict[Any, Any] = {}
    for index, spec in enumerate(specs):
        own = dictionary(spec) is not None and spec.is_indirect
        listed_once[spec.objgen if own else index] = spec
    counts = _Names()
    for spec in listed_once.values():
        name = text_of(entry(spec, "UF")) or text_of(entry(spec, "F")) or "?"
        found[counts.unused(name[:_MAX_NAME], found)] = digests.of(spec)
    return found
