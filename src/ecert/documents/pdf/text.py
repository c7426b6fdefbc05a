"""The text that a reader can select on the pages, one blank between words (never-accept.md L8).

Plain pages are read by `plaintext`, all others by pdfium. Before pdfium, the worst case of nested
forms is estimated from the bytes, so that a small file cannot keep it busy; whatever is too large,
or fails, gives None: "not comparable", never a guess.
"""

from __future__ import annotations

import re
from typing import Any, Final

from ecert.documents.pdf.effort import InlineImages, check_fonts, glyphs
from ecert.documents.pdf.inflate import unpacked_size
from ecert.documents.pdf.objects import (
    LIBRARY_ERRORS,
    dictionary,
    entry,
    filters_of,
    name_of,
    read_stream,
)
from ecert.documents.pdf.plaintext import plain_words
from ecert.documents.pdf.values import Array, Body, Stream
from ecert.errors import MalformedDocument
from ecert.limits import Limits

__all__ = ["affordable", "face_text", "pdfium_words"]

_DRAW: Final = re.compile(rb"/([^\x00\t\n\x0c\r ()<>\[\]{}/%]+)[\x00\t\n\x0c\r ]+Do(?![A-Za-z])")
_MAX_COST: Final = 16 * 1024 * 1024
_MAX_PAGE_COST: Final = 1024 * 1024 + 512 * 1024
"""pdfium keeps some 150 bytes for each byte of a page's content."""
_MAX_UNPACKED: Final = 96 * 1024 * 1024
_MAX_STREAM: Final = 8 * 1024 * 1024
_MAX_FORM_DEPTH: Final = 12
_MAX_PAGE_CHARS: Final = 200_000


def face_text(data: bytes, body: Body, limits: Limits) -> str | None:
    """Return the pages' words with one blank between, or None where they cannot be read in bounds."""
    words = plain_words(body, limits.pdf_pages)
    return words if words is not None else pdfium_words(data, body, limits)


def pdfium_words(data: bytes, body: Body, limits: Limits) -> str | None:
    """Return the same as pdfium reads it, for whatever the plain reader is not sure of."""
    try:
        _bound_streams(body)
        if not affordable(body, limits):
            return None
    except (*LIBRARY_ERRORS, MalformedDocument):
        return None
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except (pypdfium2.PdfiumError, *LIBRARY_ERRORS):
        return None
    try:
        if len(document) > limits.pdf_pages:
            return None
        return " ".join(_page_text(document[index]) for index in range(len(document)))
    except (pypdfium2.PdfiumError, *LIBRARY_ERRORS):
        return None
    finally:
        document.close()


def _page_text(page: Any) -> str:
    try:
        text_page = page.get_textpage()
        try:
            count = min(text_page.count_chars(), _MAX_PAGE_CHARS)
            text = text_page.get_text_range(0, count) if count > 0 else ""
        finally:
            text_page.close()
    finally:
        page.close()
    # pdfium writes U+FFFE for a hyphen that ends a line.
    return " ".join(text.replace("\ufffe", "-").split())


def _bound_streams(body: Body) -> None:
    """Make sure that pdfium, which unpacks what it likes, finds no bomb.

    Raises:
        MalformedDocument: all streams together unpack to more than the bound.
    """
    left = _MAX_UNPACKED
    for stream in body.streams():
        left -= unpacked_size(stream.stored(), filters_of(stream), left)


def affordable(body: Body, limits: Limits) -> bool:
    """Whether the pages' content, with every form drawn as often as it is called, stays small.

    Raises:
        MalformedDocument: a content stream cannot be read here.

    """
    pages = _pages(body, limits)
    if pages is None:
        return False
    check_fonts(body, len(pages), limits)
    inline = InlineImages()
    memo: dict[tuple[int, int], int] = {}
    drawn = 0
    for stream, resources in glyphs(body, limits):
        content = read_stream(stream, _MAX_STREAM)
        if resources is None and _DRAW.search(content):
            return False  # the page's resources would be used, whichever page that is
        drawn += _cost(content, resources, (memo, inline), 0)
    total = 0
    for page, resources in pages:
        contents = entry(page, "Contents")
        streams = list(contents) if isinstance(contents, Array) else [contents]
        content = b"\n".join(
            read_stream(stream, _MAX_STREAM) for stream in streams if isinstance(stream, Stream)
        )
        cost = drawn + _cost(content, resources, (memo, inline), 0)
        total += cost
        if cost > _MAX_PAGE_COST or total > _MAX_COST:
            return False
    return True


def _pages(body: Body, limits: Limits) -> list[tuple[Any, Any]] | None:
    """Return each page with its resources; None for a tree that loops or is too large."""
    root = dictionary(entry(body.root, "Pages"))
    queue: list[tuple[Any, Any]] = [(root, None)]
    seen: set[tuple[int, int]] = set()
    pages: list[tuple[Any, Any]] = []
    while queue:
        node, inherited = queue.pop()
        if dictionary(node) is None or node.objgen in seen or len(seen) > 4 * limits.pdf_pages:
            return None
        seen.add(node.objgen)
        resources = dictionary(entry(node, "Resources")) or inherited
        kids = entry(node, "Kids")
        if isinstance(kids, Array):
            queue.extend((kid, resources) for kid in reversed(list(kids)))
        else:
            pages.append((node, resources))
        if len(pages) > limits.pdf_pages:
            return None
    return pages


def _cost(
    content: bytes,
    resources: Any,
    context: tuple[dict[tuple[int, int], int], InlineImages],
    depth: int,
) -> int:
    memo, inline = context
    cost = len(content)
    if depth > _MAX_FORM_DEPTH or cost > _MAX_PAGE_COST:
        return _MAX_COST + 1  # nothing more is spent on what is refused anyway
    inline.check(content)
    calls: dict[bytes, int] = {}
    for match in _DRAW.finditer(content):
        calls[match[1]] = calls.get(match[1], 0) + 1
    objects = entry(resources, "XObject")
    for name, count in calls.items():
        form = entry(objects, name.decode("latin-1"))
        if not isinstance(form, Stream) or name_of(entry(form, "Subtype")) != "Form":
            continue
        if form.objgen not in memo:
            memo[form.objgen] = _MAX_COST + 1  # a form that draws itself never ends
            own = dictionary(entry(form, "Resources")) or resources
            memo[form.objgen] = _cost(read_stream(form, _MAX_STREAM), own, context, depth + 1)
        cost += count * memo[form.objgen]
        if cost > _MAX_COST:
            return cost
    return cost
