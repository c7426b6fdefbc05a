"""SM2 over libcrypto's EC_POINT calls with explicit parameters, for builds made with ``no-sm2``.

GB/T 32918.2-2016 6.1 and 7.1. Secrets stay in BIGNUMs: the nonce multiplication is libcrypto's
ladder and (1 + d)^-1 is Fermat's, in constant time; nothing else is claimed.
"""

from __future__ import annotations

import ctypes as C  # noqa: N812 - as in native
from functools import lru_cache
from types import TracebackType
from typing import Self

from ecert.crypto.sm2 import curve
from ecert.crypto.sm2.native import EngineUnavailable, Function, Handle, Library
from ecert.errors import SigningError

__all__ = ["Arithmetic", "EcPointEngine"]

_PTR, _INT, _BYTES, _SIZE = C.c_void_p, C.c_int, C.c_char_p, C.c_size_t
_CONSTANT_TIME = 4  # BN_FLG_CONSTTIME
_UNCOMPRESSED = 4
_ATTEMPTS = 16  # r = 0, r + k = n or s = 0 happen once in 2^256


class _Scratch:
    """Numbers and points of one operation; all cleared and freed at its end."""

    __slots__ = ("_all", "_lib", "context")

    def __init__(self, lib: Arithmetic) -> None:
        self._lib = lib
        self._all: list[tuple[Function, int]] = []
        self.context: int = lib.ctx_new(lib.library.context)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for free, pointer in self._all:
            free(pointer)
        self._lib.ctx_free(self.context)

    def number(self, value: int | bytes = 0) -> int:
        octets = value if isinstance(value, bytes) else value.to_bytes(32, "big")
        pointer: int = self._lib.bin2bn(octets, len(octets), None)
        self._lib.set_flags(pointer, _CONSTANT_TIME)
        self._all.append((self._lib.bn_free, pointer))
        return pointer

    def point(self) -> int:
        pointer: int = self._lib.point_new(self._lib.group.pointer)
        self._all.append((self._lib.point_free, pointer))
        return pointer


class Arithmetic:
    """The curve of GB/T 32918.5 as an EC_GROUP with explicit parameters, and the calls on it.

    Args:
        library: the libcrypto to bind.

    """

    def __init__(self, library: Library) -> None:
        self.library = library
        bind = library.function
        self.ctx_new = bind("BN_CTX_secure_new_ex", _PTR, _PTR)
        self.ctx_free = bind("BN_CTX_free", None, _PTR)
        self.bin2bn = bind("BN_bin2bn", _PTR, _BYTES, _INT, _PTR)
        self.bn2bin = bind("BN_bn2binpad", _INT, _PTR, _BYTES, _INT)
        self.bn_free = bind("BN_clear_free", None, _PTR)
        self.set_flags = bind("BN_set_flags", None, _PTR, _INT)
        self.is_zero = bind("BN_is_zero", _INT, _PTR)
        self.add_word = bind("BN_add_word", _INT, _PTR, _SIZE)  # BN_ULONG is a word
        self.random = bind("BN_priv_rand_range_ex", _INT, _PTR, _PTR, C.c_uint, _PTR)
        five = (_PTR, _PTR, _PTR, _PTR, _PTR)
        self.mod_add = bind("BN_mod_add", _INT, *five)
        self.mod_sub = bind("BN_mod_sub", _INT, *five)
        self.mod_mul = bind("BN_mod_mul", _INT, *five)
        self.mod_exp = bind("BN_mod_exp_mont_consttime", _INT, *five, _PTR)
        self.point_new = bind("EC_POINT_new", _PTR, _PTR)
        self.point_free = bind("EC_POINT_clear_free", None, _PTR)
        self._to_octets = bind("EC_POINT_point2oct", _SIZE, _PTR, _PTR, _INT, _BYTES, _SIZE, _PTR)
        self._from_octets = bind("EC_POINT_oct2point", _INT, _PTR, _PTR, _BYTES, _SIZE, _PTR)
        self.multiply = bind("EC_POINT_mul", _INT, _PTR, _PTR, _PTR, _PTR, _PTR, _PTR)
        self.affine = bind("EC_POINT_get_affine_coordinates", _INT, *five)
        self.group = self._make_group()

    def _make_group(self) -> Handle:
        bind = self.library.function
        new = bind("EC_GROUP_new_curve_GFp", _PTR, _PTR, _PTR, _PTR, _PTR)
        free = bind("EC_GROUP_free", None, _PTR)
        generator = bind("EC_GROUP_set_generator", _INT, _PTR, _PTR, _PTR, _PTR)
        with _Scratch(self) as scratch:
            p, a, b = (scratch.number(v) for v in (curve.P, curve.A, curve.B))
            pointer = new(p, a, b, scratch.context)
            if not pointer:
                self.library.clear_errors()
                raise EngineUnavailable("libcrypto refuses the curve's parameters")
            group = Handle(pointer, free)
            base = self.read_point(curve.GENERATOR, group)
            order, one = scratch.number(curve.N), scratch.number(1)
            if base is None or generator(group.pointer, base.pointer, order, one) != 1:
                self.library.clear_errors()
                raise EngineUnavailable("libcrypto refuses the curve's generator")
            return group

    def read_point(self, public: bytes, group: Handle | None = None) -> Handle | None:
        """Return the point behind 65 bytes, or None when it is not on the curve."""
        of = (group or self.group).pointer
        point = Handle(self.point_new(of), self.point_free)
        if len(public) != len(curve.GENERATOR) or not curve.is_on_curve(public):
            return None
        if self._from_octets(of, point.pointer, public, len(public), None) != 1:
            self.library.clear_errors()
            return None
        return point

    def public_of(self, private: bytes) -> bytes:
        """Return d times G as 65 bytes.

        Raises:
            SigningError: ``key.out_of_range`` unless 1 <= d <= n - 2 (GB/T 32918.1-2016 6.1).

        """
        if not 0 < int.from_bytes(private, "big") < curve.N - 1:
            raise SigningError("key.out_of_range", "the SM2 private key is outside 1..n-2")
        out = C.create_string_buffer(len(curve.GENERATOR))
        group = self.group.pointer
        with _Scratch(self) as scratch:
            point, secret = scratch.point(), scratch.number(private)
            ok = self.multiply(group, point, secret, None, None, scratch.context) == 1
            size = len(out)
            wrote = self._to_octets(group, point, _UNCOMPRESSED, out, size, scratch.context)
            if not ok or wrote != size:
                self.library.clear_errors()
                raise SigningError("sm2.engine_failed", "libcrypto could not multiply a point")
        return out.raw

    def generate(self) -> tuple[bytes, bytes]:
        """Return a new private key, 1 <= d <= n - 2, and its public key."""
        with _Scratch(self) as scratch:
            secret, bound = scratch.number(), scratch.number(curve.N - 2)
            context = scratch.context
            if self.random(secret, bound, 0, context) != 1 or self.add_word(secret, 1) != 1:
                self.library.clear_errors()
                raise SigningError("sm2.engine_failed", "libcrypto gives no random number")
            private = self.octets(secret)
        return private, self.public_of(private)

    def octets(self, number: int) -> bytes:
        """Return a BIGNUM as 32 bytes."""
        out = C.create_string_buffer(32)
        self.bn2bin(number, out, 32)
        return out.raw


class EcPointEngine:
    """SM2 signatures from point arithmetic; see the module.

    Args:
        library: the libcrypto to use.

    """

    name = "libcrypto-ecpoint"
    certified = False
    can_sign = True

    def __init__(self, library: Library) -> None:
        self.version = library.version
        self.source = library.source
        self._arithmetic = Arithmetic(library)
        self._point = lru_cache(maxsize=1024)(self._arithmetic.read_point)

    def verify_digest(self, public: bytes, e: bytes, r: int, s: int) -> bool:
        """Whether (r, s) signs e (7.1 B1-B7); False for any malformed argument."""
        if not curve.in_range(r, s) or len(e) != curve.DIGEST_BYTES:
            return False
        point = self._point(public)
        if point is None:
            return False
        lib = self._arithmetic
        group = lib.group.pointer
        with _Scratch(lib) as scratch:
            out, x, context = scratch.point(), scratch.number(), scratch.context
            first, second = scratch.number(s), scratch.number((r + s) % curve.N)
            if (
                lib.multiply(group, out, first, point.pointer, second, context) != 1
                or lib.affine(group, out, x, None, context) != 1
            ):
                lib.library.clear_errors()
                return False
            x1 = int.from_bytes(lib.octets(x), "big")
        return (int.from_bytes(e, "big") + x1) % curve.N == r

    def sign_digest(self, private: bytes, e: bytes) -> tuple[int, int]:
        """Return (r, s) over e (6.1 A3-A7)."""
        if len(private) != curve.KEY_BYTES or not 0 < int.from_bytes(private, "big") < curve.N - 1:
            raise SigningError("key.out_of_range", "the SM2 private key is outside 1..n-2")
        if len(e) != curve.DIGEST_BYTES:
            raise SigningError("sm2.digest_length", "SM2 signs 32 bytes")
        for _ in range(_ATTEMPTS):
            result = self._attempt(private, e)
            if result is not None:
                return result
        raise SigningError("sm2.engine_failed", "libcrypto could not sign")

    def _attempt(self, private: bytes, e: bytes) -> tuple[int, int] | None:
        lib = self._arithmetic
        group = lib.group.pointer
        with _Scratch(lib) as t:
            order, d, k, x = t.number(curve.N), t.number(private), t.number(), t.number()
            r, s, inverse = t.number(e), t.number(), t.number()
            point, context = t.point(), t.context
            steps = (
                lambda: lib.random(k, order, 0, context),
                lambda: lib.multiply(group, point, k, None, None, context),  # A4
                lambda: lib.affine(group, point, x, None, context),
                lambda: lib.mod_add(r, r, x, order, context),  # A5: r = e + x1
                lambda: lib.mod_add(s, r, k, order, context),
                lambda: not lib.is_zero(r) and not lib.is_zero(s),
                lambda: lib.mod_mul(s, r, d, order, context),  # A6: s = (k - r d) / (1 + d)
                lambda: lib.mod_sub(s, k, s, order, context),
                lambda: lib.add_word(d, 1),
                lambda: lib.mod_exp(inverse, d, t.number(curve.N - 2), order, context, None),
                lambda: lib.mod_mul(s, s, inverse, order, context),
                lambda: not lib.is_zero(s),
            )
            for step in steps:
                if step() != 1:
                    lib.library.clear_errors()
                    return None
            return int.from_bytes(lib.octets(r), "big"), int.from_bytes(lib.octets(s), "big")

    def generate(self) -> tuple[bytes, bytes]:
        """Return a new private key and its public key."""
        return self._arithmetic.generate()

    def public_of(self, private: bytes) -> bytes:
        """Return the public key of a private key."""
        return self._arithmetic.public_of(private)
