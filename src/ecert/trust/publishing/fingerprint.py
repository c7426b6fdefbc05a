"""Fingerprints as people compare them: grouped hexadecimal, and digits to read aloud over a telephone.

Both forms carry all 256 bits. The spoken form is sixteen groups of five decimal digits, one for each
two octets: no letters, which sound alike in Chinese (B, D, E, P), and each group can be asked for
again by its number.
"""

from __future__ import annotations

import re
import unicodedata

from ecert.errors import TrustError

__all__ = ["grouped", "parse_fingerprint", "spoken"]

_HEX = re.compile(r"[0-9a-f]{64}")
_DIGITS = re.compile(r"[0-9]{80}")
_BETWEEN = re.compile(r"[\s:.,\-]+")
_GROUP = 5
_HIGHEST = 0xFFFF
_LONGEST = 400
"""More than the longest form with line numbers and blanks."""


def grouped(fingerprint: str) -> str:
    """Return 64 hexadecimal digits in sixteen groups of four."""
    return " ".join(fingerprint[i : i + 4] for i in range(0, len(fingerprint), 4))


def spoken(fingerprint: str) -> str:
    """Return the same as sixteen groups of five decimal digits."""
    values = [int(fingerprint[i : i + 4], 16) for i in range(0, len(fingerprint), 4)]
    return " ".join(f"{value:05d}" for value in values)


def parse_fingerprint(text: str) -> str:
    """Return the 64 hexadecimal digits of either form, as typed: blanks, colons, full-width digits.

    Raises:
        TrustError: ``publish.fingerprint`` for anything that is not whole.
    """
    plain = unicodedata.normalize("NFKC", text[:_LONGEST]).lower()
    compact = _BETWEEN.sub("", plain.removeprefix("sha256:"))
    if _HEX.fullmatch(compact):
        return compact
    if _DIGITS.fullmatch(compact):
        groups = [int(compact[i : i + _GROUP]) for i in range(0, len(compact), _GROUP)]
        if max(groups) <= _HIGHEST:
            return "".join(f"{value:04x}" for value in groups)
    raise TrustError("publish.fingerprint", "a fingerprint is 64 hexadecimal or 80 decimal digits")
