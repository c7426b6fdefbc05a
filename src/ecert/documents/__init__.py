"""Containers: which module reads which media type. The modules are imported on first use only.

`inspect_document` decides by content (never by file name) and refuses nothing itself: bytes that
are no known container come back as facts that say so.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from ecert.documents.facts import DocumentFacts, Scope
    from ecert.limits import Limits

__all__ = ["INSPECTORS", "inspect_document"]

INSPECTORS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "application/pdf": ("ecert.documents.pdf.facts", "inspect_pdf"),
        "application/ofd": ("ecert.documents.ofd.facts", "inspect_ofd"),
    }
)
"""Media type -> (module, function); the function takes the bytes and the limits."""


_SCOPED = frozenset({"application/pdf"})


def inspect_document(data: bytes, limits: Limits, scope: Scope = "everything") -> DocumentFacts:
    """Return the facts of a file, read by the module for its content.

    Args:
        scope: what may be left out; what is, is unknown and never good (L15).

    Raises:
        MalformedDocument: the container is damaged beyond reading.

    """
    from ecert.documents.sniff import media_type

    kind = media_type(data)
    if kind not in INSPECTORS:
        return _not_recognized(data, kind)
    module, function = INSPECTORS[kind]
    reader = cast(
        "Callable[..., DocumentFacts]",
        getattr(importlib.import_module(module), function),
    )
    return reader(data, limits, scope) if kind in _SCOPED else reader(data, limits)


def _not_recognized(data: bytes, kind: str) -> DocumentFacts:
    from ecert.crypto.digest import digest
    from ecert.documents.facts import DocumentFacts, FormatFacts
    from ecert.report.outcome import failed

    return DocumentFacts(
        media_type=kind,
        sha256=digest("sha256", data).hex(),
        size=len(data),
        format=FormatFacts(recognized=failed("format.not_recognized")),
    )
