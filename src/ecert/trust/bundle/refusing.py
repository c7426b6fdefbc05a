"""How everything about a bundle is refused: one error class, one code for each cause."""

from __future__ import annotations

from ecert.errors import Scalar, TrustError

__all__ = ["malformed", "refuse"]


def refuse(code: str, message: str, **params: Scalar) -> TrustError:
    """Return the error for a bundle that must not be used."""
    return TrustError(code, message, params=params)


def malformed(name: str, what: str) -> TrustError:
    """Return the error for bytes that have not the shape of what they are called."""
    return refuse("bundle.malformed", f"{name}: {what}", name=name, what=what[:200])
