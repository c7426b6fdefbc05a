"""Reads the objects of any other PDF: qpdf (through pikepdf) opens it, its values are copied once.

Recovery is off, so a file that needs repair is refused rather than guessed at, and every warning of
the library becomes a fact. The skeleton and `guard_objects` have bounded what it will build.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Final

import pikepdf

from ecert.documents.pdf.bounds import exceeded
from ecert.documents.pdf.values import (
    MAX_DEPTH,
    MAX_VALUES,
    Body,
    Name,
    Place,
    Ref,
    Thing,
)
from ecert.errors import MalformedDocument
from ecert.limits import Limits

__all__ = ["read_general"]

_ERRORS: Final = (
    pikepdf.PdfError,
    pikepdf.PasswordError,
    pikepdf.DataDecodingError,
    ArithmeticError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What qpdf's binding may raise on hostile objects (RecursionError is a RuntimeError)."""


def read_general(data: bytes, limits: Limits) -> Body:
    """Return the objects of a file.

    Raises:
        MalformedDocument: qpdf cannot read it as it stands, or it holds more than the limits allow.
    """
    logging.getLogger("pikepdf").setLevel(logging.CRITICAL)
    with _refusing():
        pdf = pikepdf.open(
            io.BytesIO(data),
            suppress_warnings=True,
            attempt_recovery=False,
            inherit_page_attributes=False,
        )
        before = pdf.get_warnings()
        things = _things(pdf, limits)
        warnings = before or pdf.get_warnings()
        root = pdf.Root.objgen
    # The file stays open for its streams, as long as somebody may ask for them.
    return Body(things, root, _stored(pdf), tuple(str(warning) for warning in warnings))


def _things(pdf: pikepdf.Pdf, limits: Limits) -> dict[Place, Thing]:
    things: dict[Place, Thing] = {}
    copier = _Copier()
    for count, top in enumerate(pdf.objects):
        if count >= limits.pdf_objects:
            raise exceeded("pdf_objects", limits.pdf_objects)
        if isinstance(top, pikepdf.Object):
            stream = isinstance(top, pikepdf.Stream)
            things[top.objgen] = Thing.of(copier.copy(top, 0), stream=stream)
    return things


def _stored(pdf: pikepdf.Pdf) -> Callable[[Place], bytes]:
    def read(place: Place) -> bytes:
        with _refusing():
            return pdf.get_object(*place).read_raw_bytes()

    return read


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except _ERRORS as error:
        raise MalformedDocument("pdf.unreadable", "the PDF cannot be read") from error


class _Copier:
    """Copies values out of qpdf's, within one budget for the file."""

    def __init__(self) -> None:
        self._left = MAX_VALUES

    def copy(self, value: Any, depth: int) -> Any:
        """Return the plain value; below depth 0, what is an object of its own becomes a reference."""
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            raise exceeded("pdf_values", MAX_VALUES)
        if not isinstance(value, pikepdf.Object):
            return float(value) if isinstance(value, Decimal) else value
        if depth and value.is_indirect:
            return Ref(*value.objgen)
        if isinstance(value, pikepdf.Array):
            return tuple(self.copy(item, depth + 1) for item in value)
        if isinstance(value, (pikepdf.Dictionary, pikepdf.Stream)):
            entries = ((str(key)[1:], self.copy(item, depth + 1)) for key, item in value.items())
            # ISO 32000-2, 7.3.9: an entry whose value is null is no entry.
            return {key: item for key, item in entries if item is not None}
        if isinstance(value, pikepdf.Name):
            return Name(str(value)[1:])
        return bytes(value) if isinstance(value, pikepdf.String) else None
