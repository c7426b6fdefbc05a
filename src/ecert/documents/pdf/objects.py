"""Walks the objects of a PDF once, within bounds, and looks into them.

A plain file is read by `plain`, any other by qpdf (`general`); what is asked here is the same for both.
Streams are unpacked by `inflate`, bounded.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from ecert.documents.pdf.bounds import exceeded
from ecert.documents.pdf.inflate import MAX_FILTERS, unpack
from ecert.documents.pdf.values import Array, Body, Dictionary, Name, Stream, text
from ecert.errors import MalformedDocument
from ecert.limits import Limits

__all__ = [
    "LIBRARY_ERRORS",
    "Found",
    "dictionary",
    "entry",
    "filters_of",
    "name_of",
    "read_stream",
    "text_of",
    "walk",
]

LIBRARY_ERRORS: Final = (
    ArithmeticError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
    zlib.error,
)
"""What hostile objects may raise in Python's own machinery (RecursionError is a RuntimeError)."""

_MAX_TEXT: Final = 4096


@dataclass(slots=True)
class Found:
    """One dictionary met on the walk.

    Args:
        value: the dictionary or stream. keys: its keys without the slash.
        owner: number and generation of the indirect object it stands in. top: it is that object.

    """

    value: Any
    keys: frozenset[str]
    owner: tuple[int, int]
    top: bool


def walk(body: Body, limits: Limits, only: Literal["all", "lively"] = "all") -> Iterator[Found]:
    """Yield every dictionary of the file, nested direct ones included, reachable or not.

    Args:
        only: ``"lively"`` passes over objects that can neither draw beside the pages, nor act, sign or
            hold a file.

    Raises:
        MalformedDocument: more objects than the limits allow.

    """
    if len(body.things) > limits.pdf_objects:
        raise exceeded("pdf_objects", limits.pdf_objects)
    for place, thing in body.things.items():
        if thing.calm and only == "lively":
            continue
        whole = thing.value
        for value, keys in thing.inside:
            top = value is whole
            yield Found(body.at(place) if top else Dictionary(body, value), keys, place, top)


def entry(value: Any, key: str) -> Any:
    """Return an entry of a dictionary or stream, or None for anything else."""
    return value.get(key) if isinstance(value, Dictionary) else None


def dictionary(value: Any) -> Any:
    """Return the value if it is a dictionary or stream, else None."""
    return value if isinstance(value, Dictionary) else None


def name_of(value: Any) -> str | None:
    """Return a name without its slash, or None."""
    return value if type(value) is Name else None


def text_of(value: Any) -> str | None:
    """Return a text string, cut at a sane length, or None."""
    return text(value)[:_MAX_TEXT] if isinstance(value, bytes) else None


def filters_of(stream: Any) -> tuple[str, ...]:
    """Return the names of a stream's filters."""
    raw = entry(stream, "Filter")
    names = list(raw) if isinstance(raw, Array) else [] if raw is None else [raw]
    return tuple(name_of(item) or "?" for item in names)


def read_stream(stream: Stream, limit: int) -> bytes:
    """Return a stream's content, never more than ``limit`` bytes.

    Raises:
        MalformedDocument: the filters are not read here, or the content is too large.
    """
    parms = entry(stream, "DecodeParms")
    if isinstance(parms, Array) and len(parms) > MAX_FILTERS:
        raise MalformedDocument("pdf.stream", "more parameters than filters")
    for one in parms if isinstance(parms, Array) else (parms,):
        if entry(one, "Predictor") not in (None, 1):
            raise MalformedDocument("pdf.stream", "predictors are not read here")
    return unpack(stream.stored(), filters_of(stream), limit)
