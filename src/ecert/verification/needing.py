"""What of a trust bundle one file needs: named by what the file says, before any of it is believed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from ecert.crypto.tsp import TimestampFacts
from ecert.crypto.x509 import CertificateFacts
from ecert.documents.facts import DocumentFacts, SignatureFacts
from ecert.errors import MalformedInput
from ecert.limits import Limits
from ecert.trust.need import Need
from ecert.verification.reading import Reading

__all__ = ["need_of"]


def need_of(facts: DocumentFacts, reading: Reading, *, relying: str | None, limits: Limits) -> Need:
    """Return what a file and its question select; a name that is false selects nothing that is true.

    Args:
        reading: the data of the file. relying: division that asks, or None.
    """
    certificates = set(_certificates(facts, limits))
    data = reading.data
    return Need(
        keys=frozenset(c.spki_sha256 for c in certificates),
        issuer_names=frozenset(c.issuer_der for c in certificates),
        issuing=data.area_code if data is not None else None,
        issuer_code=data.issuer_code if data is not None else None,
        es_ids=frozenset(s.seal.es_id for s in facts.signatures if s.seal and s.seal.es_id),
        relying=relying,
        holder=data.holder_code if data is not None else None,
    )


def _certificates(facts: DocumentFacts, limits: Limits) -> Iterator[CertificateFacts]:
    """Yield every certificate of the file that can be read."""
    for signature in facts.signatures:
        yield from _of(signature)
    for item in facts.all_evidence:
        if item.kind == "certificate":
            with suppress(MalformedInput):  # unreadable evidence counts as none
                yield CertificateFacts.parse(item.der, limits)


def _of(signature: SignatureFacts) -> Iterator[CertificateFacts]:
    tokens: list[TimestampFacts] = [*signature.timestamps]
    yield from signature.certificates
    if signature.signer is not None:
        yield signature.signer
    if signature.seal is not None:
        if signature.seal.maker is not None:
            yield signature.seal.maker
        if signature.seal.timestamp is not None:
            tokens.append(signature.seal.timestamp)
    for token in tokens:
        yield from token.certificates
        if token.signer is not None:
            yield token.signer
