"""DSA signatures of old certificates and lists, with inherited parameters (RFC 3279 2.3.2).

Only so that paths of other countries' old authorities are computed at all: every good check carries
the quirk ``signature.dsa``, which never accompanies accept (never-accept.md L22). Refuses moduli
above 3072 bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa

from ecert.crypto import der
from ecert.crypto.digest import WEAK
from ecert.crypto.publickey import HASHES, PublicKey, SignatureCheck
from ecert.crypto.sigcheck import Algorithm, check_signature
from ecert.crypto.x509 import CertificateFacts, is_signed_by
from ecert.errors import MalformedInput

__all__ = ["DSAKey", "IssuerKey", "check_inherited", "check_issued", "check_with", "issuer_key"]

_DSA = "1.2.840.10040.4.1"
_DIGESTS = {
    "1.2.840.10040.4.3": "sha1",
    "2.16.840.1.101.3.4.3.1": "sha224",
    "2.16.840.1.101.3.4.3.2": "sha256",
    "2.16.840.1.101.3.4.3.3": "sha384",
    "2.16.840.1.101.3.4.3.4": "sha512",
}
_MAX_BITS = 3072


@dataclass(frozen=True, slots=True)
class DSAKey:
    """A DSA public key: its value, and p, q, g where its certificate states them."""

    y: int
    parameters: tuple[int, int, int] | None


IssuerKey = PublicKey | DSAKey
"""What can check the signature of a certificate or list."""


def issuer_key(certificate: CertificateFacts, above: IssuerKey | None) -> IssuerKey | None:
    """Return the key of an authority; a DSA key without parameters takes those of the one above.

    RFC 5280 6.1.4 d to f. None where the key is of no supported kind.
    """
    if certificate.public_key is not None:
        return certificate.public_key
    try:
        key = _read(certificate.spki)
    except (MalformedInput, ValueError):  # ValueError: more or fewer members than there must be
        return None
    if key is not None and key.parameters is None and isinstance(above, DSAKey):
        return DSAKey(key.y, above.parameters)
    return key


def check_inherited(path: Sequence[CertificateFacts]) -> tuple[str, ...] | None:
    """Check the signatures of a path, leaf first, that need inherited parameters.

    Return their quirks, or None where one does not hold.
    """
    above: IssuerKey | None = None
    quirks: list[str] = []
    for place in reversed(range(1, len(path))):
        stated = issuer_key(path[place], None)
        above = issuer_key(path[place], above)
        if isinstance(stated, DSAKey) and stated.parameters is None and above is not None:
            check = check_issued(path[place - 1], above)
            if not check.ok:
                return None
            quirks += check.quirks
    return tuple(quirks)


def check_issued(child: CertificateFacts, key: IssuerKey) -> SignatureCheck:
    """Check the signature of a certificate with the key of an authority."""
    if isinstance(key, PublicKey):
        return is_signed_by(child, key)
    if "x509.algorithm_mismatch" in child.quirks:
        return SignatureCheck(ok=False, code="x509.algorithm_mismatch")
    return check_with(key, child.signature_algorithm, child.tbs, child.signature)


def _read(spki: bytes) -> DSAKey | None:
    algorithm, value = der.parse(spki).children()
    oid, *parameters = algorithm.children()
    if oid.oid() != _DSA:
        return None
    y = der.parse(value.bits()[0]).integer()
    if not parameters or parameters[0].tag == der.NULL:
        return DSAKey(y, None)
    p, q, g = (node.integer() for node in parameters[0].children())
    return DSAKey(y, (p, q, g))


def check_with(
    key: IssuerKey, algorithm: Algorithm, message: bytes, signature: bytes
) -> SignatureCheck:
    """Check one signature with the key of an authority."""
    if isinstance(key, PublicKey):
        return check_signature(algorithm, key, message, signature)
    digest = _DIGESTS.get(algorithm.oid)
    if digest is None or key.parameters is None or not algorithm.plain:
        return SignatureCheck(ok=False, code="signature.key_mismatch")
    p, q, g = key.parameters
    if max(p, q, g, key.y).bit_length() > _MAX_BITS:
        return SignatureCheck(ok=False, code="signature.key_unsupported")
    try:
        numbers = dsa.DSAPublicNumbers(key.y, dsa.DSAParameterNumbers(p, q, g))
        numbers.public_key().verify(signature, message, HASHES[digest]())
    except (InvalidSignature, ValueError, TypeError, OverflowError):
        return SignatureCheck(ok=False, code="crypto.signature_mismatch")
    except UnsupportedAlgorithm:
        return SignatureCheck(ok=False, code="crypto.unsupported")
    return SignatureCheck(
        ok=True, quirks=("signature.dsa", *(("digest.weak",) if digest in WEAK else ()))
    )
