"""The closed list of deviations that may accompany an accept (never-accept.md L22).

Each package names, beside its reader, which of its own quirks the law allows; this is their union. A
quirk that is in none of them, also one that is new, keeps an answer from being an accept.
"""

from __future__ import annotations

from collections.abc import Iterable

from ecert.crypto import cms, x509
from ecert.seals import quirks as seal_quirks

__all__ = ["TOLERATED", "strange"]

TOLERATED = (
    cms.TOLERATED_QUIRKS
    | x509.TOLERATED_QUIRKS
    | x509.NAMING_QUIRKS
    | seal_quirks.TOLERATED
    | {"ofd.digest_spelling", "pdf.trailing_zeros"}
)


def strange(quirks: Iterable[str]) -> tuple[str, ...]:
    """Return the quirks, sorted, that may not accompany an accept; ``name=value`` counts as ``name``."""
    return tuple(sorted({q for q in quirks if q.partition("=")[0] not in TOLERATED}))
