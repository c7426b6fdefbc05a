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
    algorithm = signature_algorithm(signed.signature_algorithm)
    return replace(
        base,
        kind="seal",
        profile=PROFILES[signed.version],
        algorithms=(
            signed.digest_algorithm or "sm3",
            algorithm.key_kind if algorithm else signed.signature_algorithm,
        ),
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
