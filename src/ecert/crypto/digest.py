"""Message digests by one spelling of their name; weak ones are named, never judged here.

SM3 (GB/T 32905-2016) comes from ``hashlib`` where its OpenSSL has it, else from ``cryptography``.
Refuses every name outside the table: an unknown digest fails the caller's check.
"""

from __future__ import annotations

import hashlib
from typing import Protocol, Self

from ecert.errors import MalformedInput

__all__ = ["SIZES", "WEAK", "Hasher", "digest", "is_known", "new"]

SIZES = {
    "md5": 16,
    "sha1": 20,
    "sha224": 28,
    "sha256": 32,
    "sha384": 48,
    "sha512": 64,
    "sha3_256": 32,
    "sha3_384": 48,
    "sha3_512": 64,
    "shake256": 64,
    "sm3": 32,
}
"""Known digest names and their length in bytes; SHAKE256 as CMS uses it (RFC 8702 2)."""

WEAK = frozenset({"md5", "sha1"})
"""Computed so that a report can say what holds; never with accept (never-accept.md L22)."""


class Hasher(Protocol):
    """The part of a ``hashlib`` object that ecert uses."""

    @property
    def name(self) -> str:
        """Name of the digest."""
        ...

    @property
    def digest_size(self) -> int:
        """Length of the digest in bytes."""
        ...

    def update(self, data: bytes, /) -> None:
        """Take more bytes."""
        ...

    def digest(self) -> bytes:
        """Return the digest of all bytes so far."""
        ...

    def hexdigest(self) -> str:
        """Return the digest as lower-case hexadecimal."""
        ...

    def copy(self) -> Self:
        """Return an independent copy of the state."""
        ...


class _LibrarySM3:
    """SM3 from ``cryptography``, for interpreters whose OpenSSL was built without it."""

    name = "sm3"
    digest_size = 32

    def __init__(self) -> None:
        from cryptography.hazmat.primitives import hashes

        self._hash: hashes.HashContext = hashes.Hash(hashes.SM3())

    def update(self, data: bytes, /) -> None:
        self._hash.update(data)

    def digest(self) -> bytes:
        return self._hash.copy().finalize()

    def hexdigest(self) -> str:
        return self.digest().hex()

    def copy(self) -> Self:
        twin = type(self)()
        twin._hash = self._hash.copy()  # noqa: SLF001 - same class
        return twin


class _Shake256:
    """SHAKE256 with the 64 bytes that CMS and Ed448 take of it (RFC 8419 2.3, RFC 8702 2)."""

    name = "shake256"
    digest_size = 64

    def __init__(self) -> None:
        self._hash = hashlib.shake_256(usedforsecurity=False)

    def update(self, data: bytes, /) -> None:
        self._hash.update(data)

    def digest(self) -> bytes:
        return self._hash.digest(self.digest_size)

    def hexdigest(self) -> str:
        return self.digest().hex()

    def copy(self) -> Self:
        twin = type(self)()
        twin._hash = self._hash.copy()  # noqa: SLF001 - same class
        return twin


def is_known(name: str) -> bool:
    """Whether ``name`` is a digest that ``new`` can make."""
    return name in SIZES


def new(name: str) -> Hasher:
    """Return a fresh hash object.

    Raises:
        MalformedInput: ``digest.unsupported`` for a name outside the table.

    """
    if name not in SIZES:
        raise _unsupported(name)
    if name == "shake256":
        return _Shake256()
    try:
        # usedforsecurity: FIPS builds still compute MD5 and SHA-1, which L22 never accepts.
        return hashlib.new(name, usedforsecurity=False)
    except ValueError as error:
        found = _library_sm3() if name == "sm3" else None
        if found is None:
            raise _unsupported(name) from error
        return found


def _library_sm3() -> Hasher | None:
    """Return SM3 of ``cryptography``, or None where its OpenSSL is configured without it too."""
    from cryptography.exceptions import InternalError, UnsupportedAlgorithm

    try:
        return _LibrarySM3()
    except (InternalError, UnsupportedAlgorithm):
        return None


def _unsupported(name: str) -> MalformedInput:
    shown = name[:32]
    return MalformedInput(
        "digest.unsupported", f"digest {shown!r} is not known here", params={"name": shown}
    )


def digest(name: str, data: bytes) -> bytes:
    """Return the digest of ``data``; raises like ``new``."""
    hasher = new(name)
    hasher.update(data)
    return hasher.digest()
