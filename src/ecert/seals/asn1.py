"""Reads SESeal and SES_Signature into facts: structure, then arithmetic, in bounded time.

Refuses (MalformedSeal) what has none of the shapes of GM/T 0031-2014, GB/T 38540-2020 or GM/T
0031-2025, bytes after the structure (L9), and sizes above `ecert.limits.Limits`. Everything is
computed over the bytes that came (L21).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ecert.crypto import der
from ecert.errors import MalformedInput, MalformedSeal
from ecert.limits import Limits
from ecert.seals.arithmetic import check_listed, check_token, check_value, read_certificate
from ecert.seals.facts import SealFacts, SealSignatureFacts
from ecert.seals.leaves import Reading
from ecert.seals.structure import SealParts, read_seal, read_signature

__all__ = ["parse_seal", "parse_seal_signature"]


def parse_seal(data: bytes, limits: Limits | None = None) -> SealFacts:
    """Read one SESeal (``Seal.esl``) that fills ``data``.

    Raises:
        MalformedSeal: not a seal of any known shape, or beyond a limit.
    """
    reading = Reading(limits or Limits())
    try:
        return _finish_seal(read_seal(_root(data, reading), reading), reading)
    except MalformedSeal:
        raise
    except MalformedInput as error:
        raise _as_seal(error) from error


def parse_seal_signature(data: bytes, limits: Limits | None = None) -> SealSignatureFacts:
    """Read one SES_Signature (``SignedValue.dat``) that fills ``data``.

    Raises:
        MalformedSeal: not a seal signature of any known shape, or beyond a limit.
    """
    reading = Reading(limits or Limits())
    try:
        return _finish_signature(_root(data, reading), reading)
    except MalformedSeal:
        raise
    except MalformedInput as error:
        raise _as_seal(error) from error


def _as_seal(error: MalformedInput) -> MalformedSeal:
    return MalformedSeal(
        "seal.malformed",
        f"not a known seal structure: {error.message}",
        params={"what": error.message},
    )


def _root(data: bytes, reading: Reading) -> der.Node:
    limit = reading.limits.signature_bytes
    if len(data) > limit:
        raise MalformedSeal(
            "seal.too_large",
            f"seal data of {len(data)} bytes, at most {limit}",
            params={"size": len(data), "limit": limit},
        )
    node = der.parse(data).expect(der.SEQUENCE)
    for quirk in der.walk(node, reading.limits):
        reading.note(quirk)
    return node


def _finish_seal(parts: SealParts, reading: Reading) -> SealFacts:
    maker = read_certificate(parts.signed.certificate, reading.limits)
    check = check_value(
        parts.signed, maker, version=parts.facts.version, code="seal.maker_signature"
    )
    timestamp, token_outcome = check_token(parts.token, parts.signed.value)
    return replace(
        parts.facts,
        maker=maker,
        maker_signature=check.outcome,
        signature_algorithm=parts.signed.algorithm,
        weak=check.weak,
        timestamp=timestamp,
        timestamp_value=token_outcome,
        quirks=_merged(reading.quirks, check.quirks),
    )


def _finish_signature(node: der.Node, reading: Reading) -> SealSignatureFacts:
    seal_reading = Reading(reading.limits)
    parts = read_signature(node, reading, seal_reading)
    seal = _finish_seal(parts.seal, seal_reading)
    signer = read_certificate(parts.signed.certificate, reading.limits)
    check = check_value(parts.signed, signer, version=parts.version, code="seal.signature_value")
    listed, list_quirks = check_listed(parts.signed.certificate, seal)
    timestamp, token_outcome = check_token(parts.token, parts.signed.value)
    return SealSignatureFacts(
        version=parts.version,
        declared_version=parts.declared_version,
        raw=node.raw,
        seal=seal,
        signer=signer,
        value=check.outcome,
        signer_listed=listed,
        data_hash=parts.data_hash,
        property_info=parts.property_info,
        time=parts.time,
        timestamp=timestamp,
        timestamp_value=token_outcome,
        digest_algorithm=check.digest,
        signature_algorithm=parts.signed.algorithm,
        # A signature rests on all that its seal rests on; a reader must not have to remember that.
        weak=_merged(check.weak, seal.weak),
        extensions=parts.extensions,
        quirks=_merged(reading.quirks, check.quirks, list_quirks, seal.quirks),
    )


def _merged(*groups: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for group in groups for name in group))
