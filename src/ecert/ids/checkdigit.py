"""Check characters: pure functions from a text to the character that belongs behind it.

ISO/IEC 7064:2003 (GB/T 17710-2008) MOD 11-2, MOD 11,10 and hybrid MOD 37,36; GB 32100-2015 (mod
31); GB 11714-1997 (mod 11). A character outside a scheme's alphabet is a ValueError: callers look
at characters first.
"""

from __future__ import annotations

__all__ = [
    "ALNUM",
    "USCC_ALPHABET",
    "gb11714",
    "gb32100",
    "hybrid_mod37_36",
    "iso7064_mod11_2",
    "iso7064_mod11_10",
]

ALNUM = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""GB 32100-2015: without I, O, S, V, Z."""

_MOD11_2 = "0123456789X"
_GB11714_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_GB32100_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
_DIGITS = "0123456789"


def iso7064_mod11_2(digits: str) -> str:
    """Return the MOD 11-2 check character of a digit string (GB 11643-1999: 17 digits)."""
    total = 0
    for char in digits:
        total = (total + _DIGITS.index(char)) * 2 % 11
    return _MOD11_2[(12 - total) % 11]


def iso7064_mod11_10(digits: str) -> str:
    """Return the hybrid MOD 11,10 check digit of a digit string (GS 15-2006: 14 digits)."""
    return str(_hybrid(digits, _DIGITS))


def hybrid_mod37_36(text: str) -> str:
    """Return the hybrid MOD 37,36 check character of a text over 0-9 A-Z (GB/T 36904)."""
    return ALNUM[_hybrid(text, ALNUM)]


def _hybrid(text: str, alphabet: str) -> int:
    modulus = len(alphabet)
    product = modulus
    for char in text:
        total = (product + alphabet.index(char)) % modulus or modulus
        product = total * 2 % (modulus + 1)
    return (modulus + 1 - product) % modulus


def gb32100(text: str) -> str:
    """Return the check character of the first 17 characters of a unified social credit code."""
    pairs = zip(_GB32100_WEIGHTS, text, strict=True)
    total = sum(weight * USCC_ALPHABET.index(char) for weight, char in pairs)
    return USCC_ALPHABET[-total % 31]


def gb11714(text: str) -> str:
    """Return the check character of the first 8 characters of an organisation code: 0-9 or X."""
    pairs = zip(_GB11714_WEIGHTS, text, strict=True)
    return _MOD11_2[-sum(weight * ALNUM.index(char) for weight, char in pairs) % 11]
