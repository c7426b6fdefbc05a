"""From a file's facts and a trust store to the case: chains built, lists asked, nothing judged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from ecert.documents.facts import DocumentFacts, SignatureFacts
from ecert.limits import Limits
from ecert.seals.facts import SealFacts
from ecert.trust.store import TrustStore
from ecert.verification.cascading import Pressed, certificate_cascade, seal_cascade
from ecert.verification.case import (
    CascadeCase,
    Case,
    FormatCase,
    SealCase,
    SignatureCase,
    SignerCase,
    combine_claims,
)
from ecert.verification.reading import Reading, read_data
from ecert.verification.relating import RSA_BITS, Relating, status_case

__all__ = ["Assessed", "assess", "relate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """The case, and the certificate it speaks of."""

    case: Case
    reading: Reading


def assess(
    facts: DocumentFacts,
    trust: TrustStore,
    *,
    at: datetime,
    matter: str | None = None,
    profiles: Path | None = None,
    limits: Limits | None = None,
) -> Assessed:
    """Return the case of one file against one trust store.

    Args:
        at: judged instant (aware UTC), for the limits of a copy and for what was published by then.
        matter: the matter asked about, for the limits of a copy.
        profiles: folder with certificate types beside the shipped ones.
    """
    bounds = limits or Limits()
    reading = read_data(facts, at=at, matter=matter, limits=bounds, profiles=profiles)
    return relate(facts, reading, trust, at=at, limits=bounds)


def relate(
    facts: DocumentFacts, reading: Reading, trust: TrustStore, *, at: datetime, limits: Limits
) -> Assessed:
    """Return the case of one file whose data were read before; arguments as for `assess`."""
    relating = Relating(trust, limits, at)
    relating.with_evidence(facts.all_evidence)
    signatures = tuple(_signature(s, relating, reading) for s in facts.signatures)
    ecid = reading.data.ecid if reading.data is not None else None
    case = Case(
        format=FormatCase(
            recognized=facts.format.recognized,
            within_limits=facts.format.within_limits,
            single=facts.format.single,
            static=facts.format.static,
        ),
        signatures=signatures,
        data=reading.data,
        status=replace(
            status_case(trust.status(ecid, at)),
            cascade=certificate_cascade(trust.entities, reading.data, at),
        ),
        notes=facts.notes,
    )
    return Assessed(case=case, reading=reading)


def _signature(sig: SignatureFacts, relating: Relating, reading: Reading) -> SignatureCase:
    time = combine_claims(sig.times)
    stamped = (token.gen_time for token in sig.timestamps if token.gen_time is not None)
    who = None
    if sig.signer is not None:
        times = tuple(dict.fromkeys((*time.ends, *stamped)))
        who = relating.signer(sig.signer, sig.certificates, times=times)
    return SignatureCase(
        index=sig.index,
        where=sig.where,
        kind=sig.kind,
        profile=sig.profile,
        algorithms=_algorithms(sig),
        structure=sig.structure,
        digest=sig.digest,
        value=sig.value,
        bound=sig.signer_bound,
        weak=(*sig.weak, *_weak_key(sig)),
        quirks=_quirks(sig),
        coverage=sig.coverage,
        covers_current=sig.covers_current,
        covers_data=sig.index in reading.covered_by,
        changes_after=sig.changes_after,
        changes=sig.changes,
        uncovered=tuple(p.path for p in sig.uncovered),
        effects=sig.effects,
        signer=who,
        time=time,
        timestamps=tuple(relating.timestamp(t) for t in sig.timestamps),
        stamps=sig.stamps,
        seal=_seal(sig, sig.seal, relating, who) if sig.seal is not None else None,
    )


def _algorithms(sig: SignatureFacts) -> tuple[str, ...]:
    """Return digest, key kind (the key's own, where its identifier leaves it open), further digests."""
    key = sig.signer.public_key if sig.signer is not None else None
    if key is None or len(sig.algorithms) < 2:  # noqa: PLR2004 - (digest, key)
        return sig.algorithms
    return (sig.algorithms[0], key.kind, *sig.algorithms[2:])


def _quirks(sig: SignatureFacts) -> tuple[str, ...]:
    """Return the deviations of a signature and of the certificates it rests on, all of them named (L22)."""
    maker = sig.seal.maker if sig.seal is not None else None
    certificates = [c for c in (sig.signer, maker) if c is not None]
    return tuple(sorted({*sig.quirks, *(q for c in certificates for q in c.quirks)}))


def _weak_key(sig: SignatureFacts) -> tuple[str, ...]:
    """Return the name of an RSA key too short to rest on (under 2,048 bits: GB/T 20518, NIST SP 800-131A)."""
    key = sig.signer.public_key if sig.signer is not None else None
    if key is None or key.kind != "rsa" or key.key_bits >= RSA_BITS:
        return ()
    return (f"rsa-{key.key_bits}",)


_USERS = ("certificate-issuer", "seal-holder")
"""Services that use a seal; whoever is listed for another one with the same key does not."""


def _seal(
    sig: SignatureFacts, seal: SealFacts, relating: Relating, who: SignerCase | None
) -> SealCase:
    created = tuple(t for t in (seal.created.earliest, seal.created.latest) if t is not None)
    maker = relating.signer(seal.maker, (), times=created) if seal.maker is not None else None
    bodies = {x.authority for x in who.listings if x.kind in _USERS} if who is not None else ()
    known = relating.trust.seal_status(seal.es_id, relating.at, bodies=bodies)
    same_key = (
        seal.maker is not None
        and sig.signer is not None
        and seal.maker.spki_sha256 == sig.signer.spki_sha256
    )
    return SealCase(
        es_id=seal.es_id,
        version=seal.version,
        maker_signature=seal.maker_signature,
        maker=maker,
        maker_is_signer=same_key,
        created=seal.created,
        valid_from=seal.valid_from,
        valid_to=seal.valid_to,
        signer_listed=sig.signer_bound,
        document_digest=sig.seal_digest,
        file=sig.seal_file,
        property=sig.seal_property,
        timestamp=relating.timestamp(seal.timestamp) if seal.timestamp else None,
        status=replace(status_case(known), cascade=_seal_cascade(seal.es_id, relating, who)),
    )


def _seal_cascade(es_id: str, relating: Relating, who: SignerCase | None) -> CascadeCase:
    listings = who.listings if who is not None else ()
    pressed = Pressed(
        es_id=es_id,
        holders=frozenset(x.authority for x in listings if x.kind == "seal-holder"),
        others=frozenset(x.authority for x in listings if x.kind == "certificate-issuer"),
    )
    return seal_cascade(relating.trust.entities, pressed, relating.at)
