"""A seal signature found in a document, of whatever container: its facts put into one place."""

from __future__ import annotations

from dataclasses import replace

from ecert.crypto.algorithms import signature_algorithm
from ecert.documents.facts import SignatureFacts
from ecert.report.outcome import Outcome
from ecert.seals.facts import SealSignatureFacts
from ecert.seals.protects import PROFILES

__all__ = ["with_seal"]


def with_seal(
    base: SignatureFacts, signed: SealSignatureFacts, *, bound: Outcome, protects: Outcome
) -> SignatureFacts:
    """Return ``base`` with everything that the seal signature says; ``digest`` is the caller's.

    Args:
        base: what the container says of the signature.
        signed: the signature, its arithmetic done.
        bound: dataHash is that of the document. protects: so says propertyInfo.

    """
    return replace(
        base,
        kind="seal",
        profile=PROFILES[signed.version],
        algorithms=_algorithms(signed),
        weak=tuple(sorted({*base.weak, *signed.weak})),
        quirks=tuple(sorted({*base.quirks, *signed.quirks})),
        value=signed.value,
        signer=signed.signer,
        signer_bound=signed.signer_listed,
        times=(*base.times, *((signed.time,) if signed.time else ())),
        timestamps=(signed.timestamp,) if signed.timestamp else (),
        seal=signed.seal,
        seal_digest=bound,
        seal_property=protects,
    )


def _algorithms(signed: SealSignatureFacts) -> tuple[str, ...]:
    """Return digest and key kind of the signature, then the digests that its seal rests on besides."""
    algorithm = signature_algorithm(signed.signature_algorithm)
    maker = signature_algorithm(signed.seal.signature_algorithm)
    digest = signed.digest_algorithm or "sm3"
    key = algorithm.key_kind if algorithm else signed.signature_algorithm
    listed = (q.partition("=") for q in signed.quirks)
    more = [maker.digest or ""] if maker else []
    more += [value for name, _, value in listed if name == "seal.cert_digest_algorithm"]
    return (digest, key, *dict.fromkeys(name for name in more if name not in ("", digest)))
