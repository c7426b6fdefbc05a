"""XML of OFD parts: no DTD, no entities, no network, bounded, namespace-tolerant.

Refused (`MalformedDocument`): any DOCTYPE, encodings in which markup is not ASCII, parts over
``Limits.xml_bytes``, elements nested deeper than ``Limits.xml_depth``, a size made mostly of
markup (each node costs memory that text does not). The namespace is normally
http://www.ofdspec.org/2016; real files have others or none (eseal-crypto.md 6.1, item 5), so only
local names count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from lxml import etree

from ecert.errors import MalformedDocument
from ecert.limits import Limits

__all__ = [
    "Element",
    "attribute",
    "check_all",
    "child",
    "children",
    "local",
    "parse_xml",
    "text_of",
    "too_large",
    "walk",
]

Element = etree._Element  # noqa: SLF001 - lxml exports the class under no other name

_BYTES_PER_NODE = 32
"""One tag or attribute per so many bytes of the allowance: half a million in the largest part. Each
costs some 200 bytes and a microsecond or two; the densest real page has some ten thousand."""
_DOCTYPE = "has a document type declaration"
_ATTRIBUTES = 64
"""Attributes among which one is looked for by local name; honest elements have fewer than 20."""
_DENSE_PARTS = 4
"""So many parts of the largest number of nodes may one package hold."""
_DECLARATION = re.compile(rb"""<\?xml\s([^<>?]{0,200})\?>""")
_ENCODING = re.compile(rb"""\bencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_ENCODINGS = {b"utf-8", b"utf8", b"us-ascii", b"ascii", b"gbk", b"gb2312", b"gb18030"}


def parse_xml(data: bytes, path: str, limits: Limits) -> Element:
    """Return the root element of a part.

    Args:
        data: the part's bytes.
        path: its path, for messages only.
        limits: bounds on size, nodes and depth.

    Raises:
        MalformedDocument: ``format.too_large``, or ``document.xml`` with the reason.

    """
    if len(data) > limits.xml_bytes:
        raise too_large("xml_bytes", len(data), limits.xml_bytes)
    _check_nodes(_nodes(data), _node_limit(limits))
    _check_start(data, path)
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        no_network=True,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.LxmlError, ValueError, LookupError) as problem:
        raise _bad(path, "not well-formed") from problem
    if root.getroottree().docinfo.internalDTD is not None:  # however it was written
        raise _bad(path, _DOCTYPE)
    _check_depth(root, limits.xml_depth)
    return root


def _check_depth(root: Element, limit: int) -> None:
    level, depth = [root], 1
    while level := [inner for element in level for inner in element]:
        depth += 1
        if depth > limit:
            raise too_large("xml_depth", depth, limit)


def check_all(parts: Iterable[bytes], limits: Limits) -> None:
    """Bound the markup of a whole package before any of it is parsed.

    Raises:
        MalformedDocument: ``format.too_large``.
    """
    total = sum(_nodes(part) for part in parts if part[:8].lstrip(b"\xef\xbb\xbf")[:1] == b"<")
    _check_nodes(total, _DENSE_PARTS * _node_limit(limits))


def _nodes(data: bytes) -> int:
    return data.count(b"<") + data.count(b"=")


def _node_limit(limits: Limits) -> int:
    return max(1024, limits.xml_bytes // _BYTES_PER_NODE)


def _check_nodes(nodes: int, limit: int) -> None:
    if nodes > limit:
        raise too_large("xml_nodes", nodes, limit)


def _check_start(data: bytes, path: str) -> None:
    body = data.removeprefix(b"\xef\xbb\xbf")
    if not body.startswith(b"<"):
        raise _bad(path, "does not begin with markup")
    if not _may_be_read(body):
        raise _bad(path, "encoding not allowed")
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise _bad(path, _DOCTYPE)


def _may_be_read(body: bytes) -> bool:
    """Whether markup is ASCII: no UTF-16 or UTF-32, which show by their zeros, and no odd name."""
    if b"\0" in body[:4]:
        return False
    if not body.startswith(b"<?xml"):
        return True  # UTF-8
    stated = _DECLARATION.match(body)
    if stated is None:
        return False
    named = _ENCODING.search(stated[1])
    return named[1].lower() in _ENCODINGS if named else b"encoding" not in stated[1]


def _bad(path: str, detail: str) -> MalformedDocument:
    return MalformedDocument(
        "document.xml", f"{path}: {detail}", params={"path": path, "detail": detail}
    )


def too_large(what: str, value: int, limit: int) -> MalformedDocument:
    """Return the error for a limit that is exceeded."""
    return MalformedDocument(
        "format.too_large",
        f"{what} is {value}, allowed are {limit}",
        params={"what": what, "value": value, "limit": limit},
    )


def local(element: Element) -> str:
    """Return an element's name without its namespace."""
    tag = element.tag
    return tag.rpartition("}")[2]


def children(element: Element, *names: str) -> list[Element]:
    """Return the child elements with one of these local names (all when none is given)."""
    return list(element.iterchildren(*(f"{{*}}{name}" for name in names)))


def child(element: Element, name: str) -> Element | None:
    """Return the only child element of that local name, or None; two are as good as none.

    Readers differ in which of two they take, so neither may be relied on.
    """
    found = children(element, name)
    return found[0] if len(found) == 1 else None


def text_of(element: Element | None) -> str:
    """Return an element's own text, outer blanks removed; ``""`` for None."""
    return (element.text or "").strip() if element is not None else ""


def attribute(element: Element, name: str) -> str | None:
    """Return an attribute by local name."""
    value = element.get(name)
    if value is not None:
        return str(value)
    for key in islice(element.attrib, _ATTRIBUTES):  # keys: items take the square of their number
        if str(key).rpartition("}")[2] == name:
            return str(element.get(key))
    return None


def walk(root: Element, *names: str) -> Iterator[Element]:
    """Yield an element and everything below it in document order; only these local names, if given."""
    return root.iter(*(f"{{*}}{name}" for name in names))
