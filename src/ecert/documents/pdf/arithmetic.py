"""Computes what one PDF signature holds, by its content: CMS, seal signature, or time-stamp token.

The content decides, never /SubFilter alone (eseal-crypto.md 7): an OID first means CMS, a
sequence that begins with a sequence that begins with an integer means SES_Signature. What nobody
here can handle is listed with `signature.unsupported`, never dropped. All digests are over the
file's own bytes (never-accept.md L21).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from ecert.crypto import cms
from ecert.crypto import der as der_reader
from ecert.crypto import digest as digests
from ecert.crypto.algorithms import signature_algorithm
from ecert.crypto.cms_skeleton import read_cms
from ecert.crypto.evidence import evidence_in
from ecert.crypto.times import TimeClaim
from ecert.crypto.tsp import TimestampFacts, parse_timestamp
from ecert.crypto.x509 import CertificateFacts
from ecert.documents.facts import SignatureFacts
from ecert.documents.pdf.coverage import Covered
from ecert.documents.sealed import with_seal
from ecert.errors import MalformedInput
from ecert.limits import Limits
from ecert.report.outcome import NOT_COMPUTED, OK, Outcome, failed, unknown
from ecert.seals.asn1 import parse_seal_signature
from ecert.seals.protects import check_hash, check_range

__all__ = ["compute", "kind_of"]

_TIMESTAMP_SUBFILTER: Final = "ETSI.RFC3161"
_SHA1_INSIDE: Final = "adbe.pkcs7.sha1"
_WEAK_HANDLERS: Final = {"adbe.x509.rsa_sha1": ("sha1",), _SHA1_INSIDE: ("sha1",)}
"""What a handler rests on, whatever its value says (ISO 32000-2, 12.8.3.1; both are deprecated)."""


def kind_of(content: bytes, subfilter: str | None) -> str:
    """Return ``"cms"``, ``"seal"``, ``"timestamp"`` or ``"unknown"``, by content first."""
    try:
        outer = der_reader.parse(content).expect(der_reader.SEQUENCE)
        first = outer.children()[0]
        if first.tag == der_reader.OID:
            return "timestamp" if subfilter == _TIMESTAMP_SUBFILTER else "cms"
        if first.tag == der_reader.SEQUENCE and first.children()[0].tag == der_reader.INTEGER:
            return "seal"
    except (MalformedInput, IndexError):
        return "unknown"
    return "unknown"


def compute(
    base: SignatureFacts, data: bytes, covered: Covered, subfilter: str | None, limits: Limits
) -> SignatureFacts:
    """Return ``base`` with kind, algorithms, outcomes, certificates and times filled in."""
    kind = kind_of(covered.content, subfilter)
    try:
        if kind == "cms":
            return _cms(base, data, covered, subfilter, limits)
        if kind == "seal":
            return _seal(base, data, covered, limits)
        if kind == "timestamp":
            return _timestamp(base, data, covered)
    except MalformedInput as error:
        return replace(base, structure=_worst(base.structure, failed(error.code, **error.params)))
    if base.structure.ok is not True:
        return base
    handler = (subfilter or "?")[:64]
    return replace(
        base,
        structure=unknown("signature.unsupported", handler=handler),
        profile=subfilter,
        weak=_WEAK_HANDLERS.get(handler, ()),
    )


def _worst(first: Outcome, second: Outcome) -> Outcome:
    """Return the outcome that says more against the signature; the first of equals."""
    if first.ok is False or second.ok is True:
        return first
    return second if second.ok is False or first.ok is True else first


def _without_ranges(covered: Covered) -> Outcome:
    return OK if covered.usable else failed("pdf.byte_range")


def _cms(
    base: SignatureFacts, data: bytes, covered: Covered, subfilter: str | None, limits: Limits
) -> SignatureFacts:
    parsed = read_cms(covered.content, limits)
    structure = base.structure
    if parsed.econtent is not None and subfilter != _SHA1_INSIDE:
        structure = _worst(structure, failed("pdf.cms_with_content"))
    if len(parsed.signers) != 1:
        count = len(parsed.signers)
        structure = _worst(structure, unknown("signature.signer_count", count=count))
        if not count:
            return replace(base, kind="cms", profile=subfilter, structure=structure)
    signer = parsed.signers[0]
    certificate = cms.find_signer_certificate(signer, parsed.certificates)
    found: dict[str, Any] = {
        "kind": "cms",
        "profile": subfilter,
        "structure": structure,
        "algorithms": _names(signer.digest, signer.signature_oid),
        "weak": _merge(
            _weak(signer.digest, signer.signature_oid), _WEAK_HANDLERS.get(subfilter or "", ())
        ),
        "quirks": _merge(base.quirks, parsed.quirks, signer.quirks),
        "signer": certificate,
        "certificates": _others(parsed.certificates, certificate),
        "crls": parsed.crls,
        "evidence": evidence_in(parsed.raw),
        "times": (*base.times, *_time(signer.signing_time)),
        "timestamps": _tokens(signer.timestamps, signer.signature, limits),
    }
    if certificate is None:
        return replace(base, **found, value=unknown("signature.no_certificate"))
    if not covered.usable:
        return replace(base, **found, digest=_without_ranges(covered))
    check = cms.verify_signer(
        signer, certificate, content_digest=lambda name: covered.digest(data, name)
    )
    found["quirks"] = _merge(found["quirks"], check.quirks)
    return replace(base, **found, digest=check.digest, value=check.value, signer_bound=check.bound)


def _seal(base: SignatureFacts, data: bytes, covered: Covered, limits: Limits) -> SignatureFacts:
    signed = parse_seal_signature(covered.content, limits)
    bound = protects = _without_ranges(covered)
    if covered.usable:
        bound = check_hash(signed, lambda name: covered.digest(data, name))
        protects = check_range(signed, covered.ranges)
    return replace(with_seal(base, signed, bound=bound, protects=protects), digest=bound)


def _timestamp(base: SignatureFacts, data: bytes, covered: Covered) -> SignatureFacts:
    if not covered.usable:
        return replace(base, kind="timestamp", digest=_without_ranges(covered))
    token = parse_timestamp(covered.content, covered.join(data))
    return replace(
        base,
        kind="timestamp",
        profile=_TIMESTAMP_SUBFILTER,
        structure=_worst(base.structure, token.problem),
        algorithms=(token.imprint_algorithm,) if token.imprint_algorithm else (),
        weak=(token.imprint_algorithm,) if token.imprint_algorithm in digests.WEAK else (),
        quirks=_merge(base.quirks, token.quirks),
        digest=token.imprint_ok,
        value=token.value,
        signer=token.signer,
        # A document time stamp states no ESS identity of its own beyond its token, which binds it.
        signer_bound=OK if token.signer is not None else NOT_COMPUTED,
        certificates=_others(token.certificates, token.signer),
        timestamps=(token,),
    )


def _tokens(
    tokens: tuple[bytes, ...], signature: bytes, limits: Limits
) -> tuple[TimestampFacts, ...]:
    return tuple(parse_timestamp(token, signature) for token in tokens[: limits.signatures])


def _names(digest: str | None, oid: str) -> tuple[str, ...]:
    algorithm = signature_algorithm(oid)
    return (digest or "?", algorithm.key_kind if algorithm else oid)


def _weak(digest: str | None, oid: str) -> tuple[str, ...]:
    algorithm = signature_algorithm(oid)
    names = {digest, algorithm.digest if algorithm else None}
    return tuple(sorted(name for name in names if name in digests.WEAK))


def _others(
    certificates: tuple[CertificateFacts, ...], signer: CertificateFacts | None
) -> tuple[CertificateFacts, ...]:
    return tuple(other for other in certificates if other != signer)


def _time(claim: TimeClaim | None) -> tuple[TimeClaim, ...]:
    return () if claim is None else (claim,)


def _merge(*groups: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({name for group in groups for name in group}))
