"""Opens a PDF whose skeleton was already scanned and walks its objects once, within bounds.

qpdf (through pikepdf) is the object reader; recovery is off, so a file that needs repair is
refused rather than guessed at, and every warning of the library becomes a fact. Streams are
unpacked by `inflate`, bounded.
"""

from __future__ import annotations

import io
import logging
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pikepdf

from ecert.documents.pdf.bounds import exceeded
from ecert.documents.pdf.inflate import unpack
from ecert.errors import MalformedDocument
from ecert.limits import Limits

__all__ = [
    "LIBRARY_ERRORS",
    "Found",
    "dictionary",
    "entry",
    "filters_of",
    "name_of",
    "open_objects",
    "read_stream",
    "text_of",
    "walk",
]

LIBRARY_ERRORS: Final = (
    pikepdf.PdfError,
    ArithmeticError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
    zlib.error,
)
"""What qpdf's binding may raise on hostile objects (RecursionError is a RuntimeError)."""

_MAX_VALUES: Final = 300_000
_MAX_DEPTH: Final = 32
_MAX_TEXT: Final = 4096


@dataclass(frozen=True, slots=True)
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


def open_objects(data: bytes) -> tuple[pikepdf.Pdf, tuple[str, ...]]:
    """Open the file without recovery; return it and the library's warnings.

    Raises:
        MalformedDocument: qpdf cannot read it as it stands.

    """
    logging.getLogger("pikepdf").setLevel(logging.CRITICAL)
    try:
        pdf = pikepdf.open(
            io.BytesIO(data),
            suppress_warnings=True,
            attempt_recovery=False,
            inherit_page_attributes=False,
        )
        return pdf, tuple(str(warning) for warning in pdf.get_warnings())
    except LIBRARY_ERRORS as error:
        raise MalformedDocument("pdf.unreadable", "the PDF cannot be read") from error


def walk(pdf: pikepdf.Pdf, limits: Limits) -> Iterator[Found]:
    """Yield every dictionary of the file, nested direct ones included, reachable or not.

    Raises:
        MalformedDocument: more objects or values than the limits allow.

    """
    count = 0
    values = _MAX_VALUES
    for top in pdf.objects:
        count += 1
        if count > limits.pdf_objects:
            raise exceeded("pdf_objects", limits.pdf_objects)
        if not isinstance(top, pikepdf.Object):
            continue
        owner = top.objgen
        queue: list[tuple[Any, int]] = [(top, 0)]
        while queue:
            value, depth = queue.pop()
            values -= 1
            if values < 0 or depth > _MAX_DEPTH:
                raise exceeded("pdf_values", _MAX_VALUES)
            if isinstance(value, pikepdf.Array):
                queue.extend((item, depth + 1) for item in value if _direct(item))
            elif isinstance(value, (pikepdf.Dictionary, pikepdf.Stream)):
                keys = frozenset(key[1:] for key in value.keys())  # noqa: SIM118 - no iterator
                values -= len(keys)
                yield Found(value, keys, owner, depth == 0)
                queue.extend((item, depth + 1) for item in _members(value) if _direct(item))


def _members(value: Any) -> list[Any]:
    return [member for _, member in value.items()]


def _direct(value: Any) -> bool:
    return (
        isinstance(value, (pikepdf.Array, pikepdf.Dictionary, pikepdf.Stream))
        and not value.is_indirect
    )


def entry(value: Any, key: str) -> Any:
    """Return an entry of a dictionary or stream, or None for anything else."""
    if isinstance(value, (pikepdf.Dictionary, pikepdf.Stream)):
        return value.get("/" + key)
    return None


def dictionary(value: Any) -> Any:
    """Return the value if it is a dictionary or stream, else None."""
    return value if isinstance(value, (pikepdf.Dictionary, pikepdf.Stream)) else None


def name_of(value: Any) -> str | None:
    """Return a name without its slash, or None."""
    return str(value)[1:] if isinstance(value, pikepdf.Name) else None


def text_of(value: Any) -> str | None:
    """Return a text string, cut at a sane length, or None."""
    return str(value)[:_MAX_TEXT] if isinstance(value, pikepdf.String) else None


def filters_of(stream: Any) -> tuple[str, ...]:
    """Return the names of a stream's filters."""
    raw = entry(stream, "Filter")
    names = list(raw) if isinstance(raw, pikepdf.Array) else [] if raw is None else [raw]
    return tuple(name_of(item) or "?" for item in names)


def read_stream(stream: Any, limit: int) -> bytes:
    """Return a stream's content, never more than ``limit`` bytes.

    Raises:
        MalformedDocument: the filters are not read here, or the content is too large.
    """
    parms = entry(stream, "DecodeParms")
    if isinstance(parms, pikepdf.Dictionary) and entry(parms, "Predictor") not in (None, 1):
        raise MalformedDocument("pdf.stream", "predictors are not read here")
    return unpack(stream.read_raw_bytes(), filters_of(stream), limit)
