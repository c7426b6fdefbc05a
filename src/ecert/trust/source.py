"""Where trust comes from: a plain folder, or a verified bundle that hands out what a question needs."""

from __future__ import annotations

from typing import Protocol

from ecert.trust.need import Need
from ecert.trust.store import TrustStore

__all__ = ["Need", "Trust"]


class Trust(Protocol):
    """Something that can be asked for the trust that a question needs."""

    @property
    def name(self) -> str:
        """Name for reports."""
        ...

    @property
    def sha256(self) -> str:
        """Digest of all of it, whatever is asked for."""
        ...

    @property
    def test_only(self) -> bool:
        """Whether it is for tests alone (L4)."""
        ...

    def narrowed(self, need: Need) -> TrustStore:
        """Return what a question needs, verified.

        Raises:
            TrustError: a part of it cannot be used; nothing is judged then.
        """
        ...
