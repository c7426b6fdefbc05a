"""Names of the deviations that the seal reader reports, sorted by what may happen to them (L22).

The reader names what it met and goes on; whether a named deviation may accompany an accept is fixed
here, as a closed list. A name in none of the sets is to be treated as ``NEVER_ACCEPTED``.
"""

from __future__ import annotations

__all__ = ["NEVER_ACCEPTED", "REFUSED", "TOLERATED", "Severity", "base_name", "severity"]

from typing import Literal

Severity = Literal["tolerated", "never_accepted", "refused"]

TOLERATED = frozenset(
    {
        "seal.algorithm_spelling",
        "seal.cert_digest_algorithm",
        "seal.explicit_default",
        "seal.picture_type",
        "seal.unused_bits",
        "sm2.raw_signature",
    }
)
"""May accompany an accept, named in the report (never-accept.md L22)."""

NEVER_ACCEPTED = frozenset(
    {
        "seal.c0119_form",
        "seal.cert_digest_weak",
        "seal.certificate_unreadable",
        "seal.critical_extension",
        "seal.data_hash_length",
        "seal.extension_tag",
        "seal.header_id",
        "seal.info_only_form",
        "seal.string_type",
        "seal.text_encoding",
        "seal.three_element_form",
        "seal.time_type",
        "seal.empty_id",
        "seal.version_mismatch",
        "seal.no_z",
    }
)
"""Readable, but an answer that rests on them is at most "refer"."""

REFUSED = frozenset({"seal.cert_list_ia5string", "seal.hash_as_e"})
"""FAILED by L22."""


def base_name(quirk: str) -> str:
    """Return the name before ``=``, as in ``"seal.cert_digest_algorithm=sm3"``."""
    return quirk.partition("=")[0]


def severity(quirk: str) -> Severity:
    """Return what a deviation allows; unknown names are never accepted (the list is closed)."""
    name = base_name(quirk)
    if name in REFUSED:
        return "refused"
    return "tolerated" if name in TOLERATED else "never_accepted"
