"""What certificates and their signatures rest on, by the names that a policy takes or refuses."""

from __future__ import annotations

from collections.abc import Sequence

from ecert.crypto.algorithms import PssParameters, signature_algorithm
from ecert.crypto.sigcheck import Algorithm
from ecert.crypto.x509 import CertificateFacts
from ecert.errors import MalformedInput

__all__ = ["digest_of", "rests_on"]


def rests_on(path: Sequence[CertificateFacts]) -> tuple[str, ...]:
    """Return what a path rests on: every key, and every digest but that of the anchor's signature."""
    names: list[str] = []
    for place, certificate in enumerate(path):
        key = certificate.public_key
        if key is not None:
            names.append(f"rsa-{key.key_bits}" if key.kind == "rsa" else key.kind)
        if place < len(path) - 1:
            names += digest_of(certificate.signature_algorithm)
    return tuple(dict.fromkeys(names))


def digest_of(algorithm: Algorithm) -> tuple[str, ...]:
    """Return the digest of a signature's algorithm; its identifier where it is not known, or none."""
    known = signature_algorithm(algorithm.oid)
    if known is None:
        return (algorithm.oid,)
    if known.padding == "pss":
        try:
            return (PssParameters.parse(algorithm.parameters).digest,)
        except MalformedInput:
            return (algorithm.oid,)
    return (known.digest,) if known.digest else ()
