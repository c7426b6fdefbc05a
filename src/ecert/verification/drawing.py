"""What verification asks of whoever can draw faces: given as an argument, for issuing stands above."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from ecert.documents.pdf.view import PageView
from ecert.model import Certificate, Profile

__all__ = ["Drawer"]


class Drawer(Protocol):
    """Draws with templates and fonts that are known here; everything else is an `ECertError`."""

    def mark(self, profile: Profile) -> Mapping[str, str]:
        """Return the template and version with which it draws faces of this type."""
        ...

    def seal_centre(self, profile: Profile) -> tuple[float, float]:
        """Return where the seal belongs, in millimetres from the upper left corner."""
        ...

    def face(self, certificate: Certificate, profile: Profile, *, words: str) -> bytes:
        """Return the face of these data as a PDF, without signature and seal."""
        ...

    def characters(self, pages: Sequence[PageView]) -> tuple[bytes, ...]:
        """Return PDFs with the pages' characters at their places, one for each known font."""
        ...
