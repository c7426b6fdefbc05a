"""SM2 verification in Python alone, for machines without a usable libcrypto (GB/T 32918.2 7.1).

Variable time, which is harmless for public data. Signing and key generation are not offered: they
would leak the key through timing.
"""

from __future__ import annotations

from functools import lru_cache

from ecert.crypto.sm2 import curve
from ecert.errors import SigningError

__all__ = ["PureEngine"]

_Affine = tuple[int, int]
_Jacobian = tuple[int, int, int]
_INFINITY: _Jacobian = (1, 1, 0)
_P = curve.P
_WINDOW = 4
_MASK = (1 << _WINDOW) - 1


def _double(point: _Jacobian) -> _Jacobian:
    x, y, z = point
    delta, gamma = z * z % _P, y * y % _P
    beta = x * gamma % _P
    alpha = 3 * (x - delta) * (x + delta) % _P  # a = p - 3
    out = (alpha * alpha - 8 * beta) % _P
    return out, (alpha * (4 * beta - out) - 8 * gamma * gamma) % _P, 2 * y * z % _P


def _add(left: _Jacobian, right: _Affine) -> _Jacobian:
    """Add an affine point; complete: equal, opposite and infinite points are told apart."""
    x, y, z = left
    if z == 0:
        return right[0], right[1], 1
    zz = z * z % _P
    h, slope = (right[0] * zz - x) % _P, (right[1] * zz * z - y) % _P
    if h == 0:
        return _double(left) if slope == 0 else _INFINITY
    hh = h * h % _P
    hhh, v = hh * h % _P, x * hh % _P
    out = (slope * slope - hhh - 2 * v) % _P
    return out, (slope * (v - out) - y * hhh) % _P, z * h % _P


def _affine(point: _Jacobian) -> _Affine:
    inverse = pow(point[2], -1, _P)
    square = inverse * inverse % _P
    return point[0] * square % _P, point[1] * square * inverse % _P


@lru_cache(maxsize=256)
def _multiples(public: bytes) -> tuple[_Affine, ...] | None:
    """Return 1..15 times a point, or None when it is not on the curve."""
    if not curve.is_on_curve(public):
        return None
    base = int.from_bytes(public[1:33], "big"), int.from_bytes(public[33:], "big")
    point, out = (base[0], base[1], 1), [base]
    for _ in range(_MASK - 1):
        point = _add(point, base)
        out.append(_affine(point))
    return tuple(out)


def _combine(s: int, t: int, mine: tuple[_Affine, ...], other: tuple[_Affine, ...]) -> _Jacobian:
    """Return s times the first base plus t times the second, four bits at a time."""
    out = _INFINITY
    for shift in range(256 - _WINDOW, -1, -_WINDOW):
        for _ in range(_WINDOW):
            out = _double(out)
        for scalar, table in ((s, mine), (t, other)):
            digit = scalar >> shift & _MASK
            if digit:
                out = _add(out, table[digit - 1])
    return out


class PureEngine:
    """SM2 verification without any library."""

    name = "pure-python"
    version = "1"
    certified = False
    can_sign = False

    def verify_digest(self, public: bytes, e: bytes, r: int, s: int) -> bool:
        """Whether (r, s) signs e (7.1 B1-B7); False for any malformed argument."""
        if not curve.in_range(r, s) or len(e) != curve.DIGEST_BYTES:
            return False
        table, base = _multiples(public), _multiples(curve.GENERATOR)
        if table is None or base is None:
            return False
        point = _combine(s, (r + s) % curve.N, base, table)
        if point[2] == 0:
            return False
        return (int.from_bytes(e, "big") + _affine(point)[0]) % curve.N == r

    def sign_digest(self, private: bytes, e: bytes) -> tuple[int, int]:
        """Refuse: see the module."""
        raise _refusal(private, e)

    def generate(self) -> tuple[bytes, bytes]:
        """Refuse: see the module."""
        raise _refusal()

    def public_of(self, private: bytes) -> bytes:
        """Refuse: see the module."""
        raise _refusal(private)


def _refusal(*_secrets: bytes) -> SigningError:
    return SigningError(
        "sm2.signing_unavailable",
        "the pure-Python SM2 engine only verifies",
        hint="install OpenSSL 3.0 or later for this Python",
    )
