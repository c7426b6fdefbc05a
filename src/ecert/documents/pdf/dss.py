"""The document security store, and what document time stamps cover (ISO 32000-2 12.8.4.3, 12.8.5).

Reads certificates, revocation lists and OCSP responses from /DSS and its /VRI, within bounds. All of
it is the presenter's choice (never-accept.md L17): what cannot be read is left out. Files without a
/DSS cost one look into the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Final

from ecert.crypto.evidence import Evidence, EvidenceKind
from ecert.documents.facts import SignatureFacts
from ecert.documents.pdf.coverage import Covered
from ecert.documents.pdf.objects import LIBRARY_ERRORS, dictionary, entry, read_stream
from ecert.documents.pdf.values import Array, Body, Dictionary, Stream
from ecert.errors import MalformedInput
from ecert.limits import Limits

__all__ = ["read_store", "with_stamps"]

_STORE: Final[dict[str, EvidenceKind]] = {"Certs": "certificate", "CRLs": "crl", "OCSPs": "ocsp"}
_VRI: Final[dict[str, EvidenceKind]] = {"Cert": "certificate", "CRL": "crl", "OCSP": "ocsp"}
_STREAMS: Final = 256
"""Streams read from one store; a chain of ten time stamps has about eighty."""
_ENTRIES: Final = 64
"""Signatures with an entry of their own in /VRI, as many as signatures in a document."""


def read_store(
    body: Body, covered_by: Callable[[Stream, int], tuple[int, ...]], limits: Limits
) -> tuple[Evidence, ...]:
    """Return the validation data of the newest state of the file.

    Args:
        body: its objects.
        covered_by: who covers a stream (`coverage.covers`).
        limits: the bytes of one signature bound all of it together.
    """
    store = dictionary(entry(body.root, "DSS"))
    if store is None:
        return ()
    found: list[Evidence] = []
    seen: set[tuple[int, int]] = set()
    left = limits.signature_bytes
    for kind, stream, source in _streams(store):
        if stream.objgen in seen:
            continue
        seen.add(stream.objgen)
        try:
            der = read_stream(stream, left) if len(seen) <= _STREAMS else b""
        except (MalformedInput, *LIBRARY_ERRORS):
            continue
        left -= len(der)
        if der:
            by = covered_by(stream, stream.objgen[0])
            found.append(Evidence(kind=kind, der=der, source=source, covered_by=by))
    return tuple(found)


def _streams(store: Dictionary) -> Iterator[tuple[EvidenceKind, Stream, str]]:
    yield from _of(store, _STORE, "DSS")
    entries = dictionary(entry(store, "VRI"))
    for value in islice(entries.values() if entries is not None else (), _ENTRIES):
        yield from _of(value, _VRI, "DSS/VRI")


def _of(
    owner: Any, kinds: dict[str, EvidenceKind], where: str
) -> Iterator[tuple[EvidenceKind, Stream, str]]:
    for key, kind in kinds.items():
        members = entry(owner, key)
        for member in islice(members if isinstance(members, Array) else (), _STREAMS):
            if isinstance(member, Stream):
                yield kind, member, f"{where}/{key}"


def with_stamps(
    facts: Sequence[SignatureFacts], covered: Sequence[Covered]
) -> tuple[SignatureFacts, ...]:
    """Return the facts with what each document time stamp covers: whole signatures before its gap.

    Its first range holds every byte up to its own token, so a signature that ends there existed
    when the token was made.
    """
    if not any(fact.kind == "timestamp" for fact in facts):
        return tuple(facts)
    return tuple(
        replace(fact, stamps=_stamped(index, covered))
        if fact.kind == "timestamp" and fact.structure.ok is True
        else fact
        for index, fact in enumerate(facts)
    )


def _stamped(own: int, covered: Sequence[Covered]) -> tuple[int, ...]:
    mine = covered[own]
    return tuple(
        index
        for index, other in enumerate(covered)
        if index != own and other.gap is not None and mine.includes(0, other.end)
    )
