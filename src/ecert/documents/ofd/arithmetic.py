"""Computes what one signature value holds: seal, CMS, or a bare pair of numbers.

The content decides, never the declared type (eseal-crypto.md 6): a sequence that begins with an
OID is CMS (GB/T 35275 or RFC 5652), one that begins with a sequence is SES_Signature, two integers
or 64 bytes are an SM2 signature without its certificate, which nobody can judge from the file.
Whatever cannot be handled is described with its reason, never dropped. Every digest is over the
bytes that came (L21).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from ecert.crypto import cms, der
from ecert.crypto import digest as digests
from ecert.crypto.algorithms import signature_algorithm
from ecert.crypto.evidence import evidence_in
from ecert.crypto.tsp import parse_timestamp
from ecert.documents.facts import SignatureFacts
from ecert.documents.sealed import with_seal
from ecert.errors import MalformedInput
from ecert.limits import Limits
from ecert.report.outcome import OK, Outcome, failed, unknown
from ecert.seals.asn1 import parse_seal_signature
from ecert.seals.protects import check_hash, check_path

__all__ = ["SignedFile", "compute", "kind_of", "worst"]

ValueKind = Literal["seal", "cms", "bare", "unknown"]

_GM_ARC = "1.2.156.10197.6.1.4."
_RAW_SM2 = 64
_DER_SM2 = 80


def kind_of(value: bytes) -> ValueKind:
    """Return what a signature value is, by its first bytes."""
    if len(value) == _RAW_SM2:
        return "bare"
    try:
        members = der.read(value).expect(der.SEQUENCE).children()
        tags = [members[0].tag] if members else []
        if tags == [der.SEQUENCE]:
            # TBS_Sign begins with its version; a certificate or a bare seal does not.
            tags += [node.tag for node in members[0].children()[:1]]
    except MalformedInput:
        return "unknown"
    if tags == [der.OID]:
        return "cms"
    if tags == [der.SEQUENCE, der.INTEGER]:
        return "seal"
    return "bare" if tags == [der.INTEGER] and len(value) <= _DER_SM2 else "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedFile:
    """The file that a value signs: its bytes, its path, and where a location in it leads."""

    data: bytes
    path: str
    resolve: Callable[[str], str | None]


def compute(
    base: SignatureFacts, value: bytes, message: SignedFile, limits: Limits
) -> SignatureFacts:
    """Return ``base`` with kind, outcomes, certificates and times filled in.

    Args:
        base: what the package says of the signature; its ``digest`` is that of the references.
        value: bytes of the signature value.
        message: the file it signs.
        limits: bounds for the parsers.

    """
    kind = kind_of(value)
    try:
        if kind == "seal":
            return _seal(base, value, message, limits)
        if kind == "cms":
            return _cms(base, value, message.data, limits)
    except MalformedInput as problem:
        outcome = failed(problem.code, **problem.params)
        return replace(base, structure=worst(base.structure, outcome))
    code = "signature.no_certificate" if kind == "bare" else "signature.unsupported"
    return replace(
        base,
        profile="bare" if kind == "bare" else None,
        structure=worst(base.structure, unknown(code)),
    )


def worst(*outcomes: Outcome) -> Outcome:
    """Return the outcome that says most against the signature; the first of equals."""
    for wanted in (False, None):
        for outcome in outcomes:
            if outcome.ok is wanted:
                return outcome
    return OK


def _seal(
    base: SignatureFacts, value: bytes, signed_file: SignedFile, limits: Limits
) -> SignatureFacts:
    signed = parse_seal_signature(value, limits)
    bound = check_hash(signed, lambda name: digests.digest(name, signed_file.data))
    protects = check_path(signed, signed_file.path, signed_file.resolve)
    facts = with_seal(base, signed, bound=bound, protects=protects)
    return replace(facts, digest=worst(base.digest, bound))


def _cms(base: SignatureFacts, value: bytes, message: bytes, limits: Limits) -> SignatureFacts:
    parsed = cms.parse_cms(value, limits)
    national = parsed.content_type_oid.startswith(_GM_ARC)
    facts = replace(
        base,
        kind="cms" if base.kind == "unknown" else base.kind,
        profile="gbt35275" if national else "cms",
        certificates=parsed.certificates,
        crls=parsed.crls,
        evidence=evidence_in(parsed.raw),
        quirks=_merge(base.quirks, parsed.quirks),
    )
    if len(parsed.signers) != 1:
        count = len(parsed.signers)
        return replace(facts, structure=unknown("signature.signer_count", count=count))
    signer = parsed.signers[0]
    certificate = cms.find_signer_certificate(signer, parsed.certificates)
    facts = replace(
        facts,
        algorithms=(signer.digest or "?", _key_kind(signer.signature_oid)),
        weak=_merge(base.weak, _weak(signer.digest, signer.signature_oid)),
        quirks=_merge(facts.quirks, signer.quirks),
        signer=certificate,
        certificates=tuple(c for c in parsed.certificates if c != certificate),
        times=(*base.times, *((signer.signing_time,) if signer.signing_time else ())),
        timestamps=tuple(
            parse_timestamp(t, signer.signature) for t in signer.timestamps[: limits.signatures]
        ),
    )
    if certificate is None:
        missing = unknown("signature.no_certificate")
        return replace(facts, structure=worst(facts.structure, missing))
    check = cms.verify_signer(
        signer, certificate, content_digest=lambda name: digests.digest(name, message)
    )
    return replace(
        facts,
        digest=worst(base.digest, check.digest),
        value=check.value,
        signer_bound=check.bound,
        quirks=_merge(facts.quirks, check.quirks),
    )


def _key_kind(oid: str) -> str:
    algorithm = signature_algorithm(oid)
    return algorithm.key_kind if algorithm else oid


def _weak(digest: str | None, oid: str) -> tuple[str, ...]:
    algorithm = signature_algorithm(oid)
    names = {digest, algorithm.digest if algorithm else None}
    return tuple(sorted(n for n in names if n in digests.WEAK and n is not None))


def _merge(*groups: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({name for group in groups for name in group}))
