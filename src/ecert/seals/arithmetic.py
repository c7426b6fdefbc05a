"""Computes what can be computed about a seal: signature values, list membership, time stamps.

Judges nothing. One signed form per structure; every other form is tried only after a failure and
only to explain it, so it never leads to an outcome that holds (never-accept.md L21, L22). SM2 with
SM3 is GM/T 0009-2012.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ecert.crypto.algorithms import SignatureAlgorithm, signature_algorithm
from ecert.crypto.digest import SIZES, WEAK, digest
from ecert.crypto.keys import PublicKey
from ecert.crypto.sigcheck import explain_sm2
from ecert.crypto.tsp import TimestampFacts, parse_timestamp
from ecert.crypto.x509 import CertificateFacts
from ecert.errors import MalformedInput
from ecert.limits import Limits
from ecert.report.outcome import OK, Outcome, failed, unknown
from ecert.seals.facts import SealFacts, SealVersion
from ecert.seals.structure import Signed

__all__ = ["ValueCheck", "check_listed", "check_token", "check_value", "read_certificate"]

_STANDARD = "1.2.156.10197.1.501"
_SPELLING = "1.2.156.10197.1.301.1"
_RSA_V1 = frozenset(
    {"1.2.840.113549.1.1.5", "1.2.840.113549.1.1.11"}
)  # GM/T 0031-2014: SHA-1, SHA-256
_DIGEST_ORDER = ("sm3", "sha256", "sha1", "md5", "sha384", "sha512")
_SM3_SIZE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueCheck:
    """What came of checking one signature value.

    Args:
        outcome: it holds over the one signed form, or why not.
        digest: name of the digest, or ``""``. weak: that name if it is weak.
        quirks: names of deviations met.
    """

    outcome: Outcome
    digest: str = ""
    weak: tuple[str, ...] = ()
    quirks: tuple[str, ...] = ()


def read_certificate(data: bytes, limits: Limits) -> CertificateFacts | None:
    """Return the facts of a certificate, or None where it is none."""
    try:
        return CertificateFacts.parse(data, limits)
    except MalformedInput:
        return None


def check_value(
    signed: Signed, certificate: CertificateFacts | None, *, version: SealVersion, code: str
) -> ValueCheck:
    """Check a signature value over its one signed form; ``code`` names the plain failure."""
    key = certificate.public_key if certificate else None
    if certificate is None:
        return ValueCheck(
            outcome=unknown("seal.certificate_unreadable"), quirks=("seal.certificate_unreadable",)
        )
    if key is None:
        return ValueCheck(outcome=unknown("seal.key_unsupported"))
    algorithm = _algorithm(signed.algorithm, version)
    if algorithm is None or algorithm.digest is None:
        return ValueCheck(outcome=unknown("seal.algorithm_unknown", oid=signed.algorithm))
    if not algorithm.fits(key.kind):
        return ValueCheck(
            outcome=failed("seal.algorithm_mismatch", oid=signed.algorithm, key=key.kind)
        )
    check = key.verify(signed.message, signed.value, digest=algorithm.digest)
    quirks = check.quirks
    if signed.algorithm == _SPELLING:
        quirks = (*quirks, "seal.algorithm_spelling")
    outcome = OK
    if not check.ok:
        found = _explain(signed, key)
        quirks = (*quirks, found) if found else quirks
        # L22: a hash used directly as e is FAILED; the other forms are read, but never accepted.
        plain = found is None or found == "seal.hash_as_e"
        outcome = failed(found or code) if plain else unknown(found or code)
    return ValueCheck(
        outcome=outcome,
        digest=algorithm.digest,
        weak=(algorithm.digest,) if algorithm.digest in WEAK else (),
        quirks=quirks,
    )


def _algorithm(oid: str, version: SealVersion) -> SignatureAlgorithm | None:
    known = oid in {_STANDARD, _SPELLING} or (version == "v1" and oid in _RSA_V1)
    return signature_algorithm(oid) if known else None


def _explain(signed: Signed, key: PublicKey) -> str | None:
    """Name the wrong form that explains a failed SM2 value, or None."""
    if key.kind != "sm2":
        return None
    for name, message in signed.other_forms:
        if key.verify(message, signed.value, digest="sm3").ok:
            return name
    if len(signed.document_hash) == _SM3_SIZE and _verify_e(key, signed):
        return "seal.hash_as_e"
    found = explain_sm2(key, signed.message, signed.value)
    return f"seal.{found}" if found else None


def _verify_e(key: PublicKey, signed: Signed) -> bool:
    return key.verify_prehashed_sm2(signed.document_hash, signed.value).ok


def check_listed(certificate: bytes, seal: SealFacts) -> tuple[Outcome, tuple[str, ...]]:
    """Say whether the signed seal lists exactly this certificate (L3), and name what matched."""
    if "seal.cert_list_ia5string" in seal.quirks:
        return failed("seal.cert_list_ia5string"), ()
    if seal.cert_list_kind == "certificates":
        listed = certificate in seal.cert_list
        return (OK if listed else failed("seal.signer_not_listed")), ()
    name = _matching_digest(certificate, seal.cert_list)
    if name is None:
        return failed("seal.signer_not_listed"), ()
    quirk = f"seal.cert_digest_algorithm={name}"
    if name in WEAK:
        return unknown("seal.cert_digest_weak", algorithm=name), (quirk, "seal.cert_digest_weak")
    return OK, (quirk,)


def _matching_digest(certificate: bytes, digests: Sequence[bytes]) -> str | None:
    """Return the digest that matches: SM3 first, then by length; no field names it (1.3)."""
    sizes = {len(value) for value in digests}
    for name in _DIGEST_ORDER:
        if SIZES[name] in sizes and digest(name, certificate) in digests:
            return name
    return None


def check_token(token: bytes | None, stamped: bytes) -> tuple[TimestampFacts | None, Outcome]:
    """Read a time-stamp token over a signature value and say whether its arithmetic holds."""
    if token is None:
        return None, OK
    facts = parse_timestamp(token, stamped)
    for outcome in (facts.problem, facts.imprint_ok, facts.value):
        if outcome.ok is not True:
            return facts, outcome
    return facts, OK
