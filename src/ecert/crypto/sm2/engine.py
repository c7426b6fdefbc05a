"""Choosing what computes SM2, by proof: an engine is used only after its self-test (L25).

1. libcrypto's EVP calls; 2. EC_POINT on the same library; 3. pure Python, verification only. Only
an explicit argument overrides the order; no environment variable does. None is certified.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ecert.crypto.sm2 import curve
from ecert.crypto.sm2.ecpoint import EcPointEngine
from ecert.crypto.sm2.libcrypto import LibcryptoEngine
from ecert.crypto.sm2.native import EngineUnavailable, Library, open_library
from ecert.crypto.sm2.pure import PureEngine
from ecert.errors import ECertError, TrustError

__all__ = ["ENGINES", "Engine", "current_engine", "select_engine", "self_test", "use_engine"]


class Engine(Protocol):
    """Arithmetic of SM2 over a 32-byte e; Z and encodings are ecert's own."""

    @property
    def name(self) -> str:
        """Name for reports."""
        ...

    @property
    def version(self) -> str:
        """Version of what computes, for reports."""
        ...

    @property
    def certified(self) -> bool:
        """Whether it is a certified cryptographic module; False for all that ship."""
        ...

    @property
    def can_sign(self) -> bool:
        """Whether it signs and makes keys."""
        ...

    def verify_digest(self, public: bytes, e: bytes, r: int, s: int) -> bool:
        """Whether (r, s) signs e under the 65-byte public key; never raises on content."""
        ...

    def sign_digest(self, private: bytes, e: bytes) -> tuple[int, int]:
        """Return (r, s) over e with a 32-byte private key, or raise SigningError."""
        ...

    def generate(self) -> tuple[bytes, bytes]:
        """Return a new private key (32 bytes) and its public key (65 bytes)."""
        ...

    def public_of(self, private: bytes) -> bytes:
        """Return the public key (65 bytes) of a private key."""
        ...


# GB/T 32918.5-2017 A.2: ID 1234567812345678, message "message digest".
_PRIVATE = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
_PUBLIC = bytes.fromhex(
    "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
_R = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
_S = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA


def self_test(engine: Engine) -> bool:
    """Whether the engine accepts the standard's vector and refuses what it must (L25).

    1. vector accepted; 2. wrong s, 3. r = 0, 4. r + s = n, 5. wrong e, 6. off-curve key refused;
    7. a signing engine derives the vector's public key and makes a signature that verifies.
    """
    e = curve.e_value(_PUBLIC, b"message digest")
    off_curve = _PUBLIC[:-1] + bytes((_PUBLIC[-1] ^ 1,))
    refused = (
        (_PUBLIC, e, _R, _S ^ 1),
        (_PUBLIC, e, 0, _S),
        (_PUBLIC, e, _R, curve.N - _R),
        (_PUBLIC, e[::-1], _R, _S),
        (off_curve, e, _R, _S),
    )
    if not engine.verify_digest(_PUBLIC, e, _R, _S):
        return False
    if any(engine.verify_digest(*case) for case in refused):
        return False
    if not engine.can_sign:
        return True
    r, s = engine.sign_digest(_PRIVATE, e)
    return engine.public_of(_PRIVATE) == _PUBLIC and engine.verify_digest(_PUBLIC, e, r, s)


_BUILDERS: dict[str, Callable[[Library], Engine]] = {
    LibcryptoEngine.name: LibcryptoEngine,
    EcPointEngine.name: EcPointEngine,
    PureEngine.name: lambda _library: PureEngine(),
}
ENGINES = tuple(_BUILDERS)
"""Engine names in the order they are tried."""


def _build(name: str, library: str | None) -> Engine:
    if name == PureEngine.name:
        return PureEngine()
    return _BUILDERS[name](open_library(library))


def select_engine(name: str | None = None, library: str | None = None) -> Engine:
    """Return the first engine that passes its self-test, or exactly the named one.

    Args:
        name: one of ``ENGINES``, or None for their order.
        library: path of a libcrypto to use instead of the ones looked for.

    Raises:
        TrustError: ``sm2.engine_unknown``, or ``sm2.engine_unusable`` when none passes.

    """
    if name is not None and name not in _BUILDERS:
        raise TrustError(
            "sm2.engine_unknown",
            f"no SM2 engine is called {name!r}",
            params={"name": name},
            hint="known engines: " + ", ".join(ENGINES),
        )
    reason = ""
    for candidate in (name,) if name else ENGINES:
        try:
            engine = _build(candidate, library)
            if self_test(engine):
                return engine
            reason = f"{candidate} failed its self-test"
        except (EngineUnavailable, ECertError) as error:
            reason = str(error)
    raise TrustError(
        "sm2.engine_unusable",
        f"no usable SM2 engine: {reason}",
        params={"name": name or "", "reason": reason},
        hint="install OpenSSL 3.0 or later",
    )


@dataclass(slots=True)
class _Current:
    engine: Engine | None = None


_LOCK = threading.Lock()
_CURRENT = _Current()


def current_engine() -> Engine:
    """Return the process's engine, chosen once at first use; raises like ``select_engine``."""
    engine = _CURRENT.engine
    if engine is None:
        with _LOCK:
            engine = _CURRENT.engine = _CURRENT.engine or select_engine()
    return engine


def use_engine(engine: Engine) -> None:
    """Make an explicitly selected engine the process's own.

    Raises:
        TrustError: ``sm2.engine_unusable`` when it fails its self-test.

    """
    if not self_test(engine):
        raise TrustError(
            "sm2.engine_unusable",
            f"{engine.name} failed its self-test",
            params={"name": engine.name, "reason": "self-test"},
        )
    with _LOCK:
        _CURRENT.engine = engine
