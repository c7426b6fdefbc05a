"""One signature value under one algorithm identifier: all that they name must agree.

Shared by certificates, CRLs and CMS. Refuses algorithm confusion (a digest, key or parameter other
than what the identifier says: RFC 5652 10.1.1, RFC 5754, RFC 8419, GM/T 0009) before any arithmetic
is done.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from ecert.crypto import algorithms, der
from ecert.crypto.der import Fields, Node
from ecert.crypto.digest import SIZES, WEAK, digest
from ecert.crypto.publickey import HASHES, PublicKey, SignatureCheck
from ecert.crypto.sm2.curve import DEFAULT_ID
from ecert.errors import MalformedInput

__all__ = [
    "Algorithm",
    "Plan",
    "check_prehashed",
    "check_signature",
    "explain_sm2",
    "parse_algorithm",
    "plan_signature",
]

_NULL = b"\x05\x00"
_EDWARDS_DIGEST = {"ed25519": "sha512", "ed448": "shake256"}
"""The digest that must stand beside an EdDSA signature of signed attributes (RFC 8419 3.1)."""


@dataclass(frozen=True, slots=True)
class Algorithm:
    """An AlgorithmIdentifier as it stands.

    Args:
        oid: dotted.
        parameters: DER of the parameters, or None where absent.

    """

    oid: str
    parameters: bytes | None = None

    @property
    def null_parameters(self) -> bool:
        """Parameters are an explicit NULL."""
        return self.parameters == _NULL

    @property
    def plain(self) -> bool:
        """Parameters are absent or NULL."""
        return self.parameters is None or self.null_parameters

    @property
    def is_rsa(self) -> bool:
        """An RSA signature, whose parameters RFC 4055 wants to be NULL."""
        known = algorithms.signature_algorithm(self.oid)
        return known is not None and known.key_kind == "rsa"

    def same_as(self, other: Algorithm) -> bool:
        """Whether both say the same; absent and NULL parameters are alike (L22)."""
        return self.oid == other.oid and (
            self.parameters == other.parameters or (self.plain and other.plain)
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """What an algorithm identifier asks for, once it is known to be consistent.

    Args:
        digest: digest of the signed bytes, None for Ed25519 and Ed448.
        pss: parameters of RSASSA-PSS, else None.
        quirks: tolerated or weak points, named.
        code: why nothing may be computed, or None.

    """

    digest: str | None = None
    pss: algorithms.PssParameters | None = None
    quirks: tuple[str, ...] = ()
    code: str | None = None


def parse_algorithm(node: Node) -> Algorithm:
    """Read an AlgorithmIdentifier (RFC 5280 4.1.1.2)."""
    fields = Fields(node)
    oid = fields.take().oid()
    parameters = None if fields.peek() is None else fields.take().raw
    fields.end()
    if parameters is not None and parameters[0] == der.NULL and parameters != _NULL:
        raise MalformedInput("der.value", "NULL with contents", params={"offset": node.start})
    return Algorithm(oid, parameters)


def plan_signature(
    algorithm: Algorithm, key: PublicKey, *, declared_digest: str | None = None
) -> Plan:
    """Decide what to compute, or why not.

    Args:
        algorithm: the signature algorithm as it stands.
        key: the key that is to have signed.
        declared_digest: digest named beside the signature (CMS digestAlgorithm), which must agree.

    """
    known = algorithms.signature_algorithm(algorithm.oid)
    if known is None:
        return Plan(code="signature.algorithm_unknown")
    if not known.fits(key.kind):
        return Plan(code="signature.key_mismatch")
    pss = None
    if known.padding == "pss":
        try:
            pss = algorithms.PssParameters.parse(algorithm.parameters)
        except MalformedInput:
            return Plan(code="signature.parameters")
        if pss.digest != pss.mgf_digest:
            return Plan(code="signature.parameters")
    elif not algorithm.plain or (key.kind in _EDWARDS_DIGEST and algorithm.parameters is not None):
        return Plan(code="signature.parameters")
    name: str | None = pss.digest if pss else known.digest
    if key.kind in _EDWARDS_DIGEST:
        fits = declared_digest in {None, _EDWARDS_DIGEST[key.kind]}
        return Plan() if fits else Plan(code="signature.digest_mismatch")
    if declared_digest is not None and name not in {None, declared_digest}:
        return Plan(code="signature.digest_mismatch")
    name = name or declared_digest
    if name is None:
        return Plan(code="signature.no_digest")
    return Plan(name, pss, _plan_quirks(algorithm, known.padding))


def _plan_quirks(algorithm: Algorithm, padding: str) -> tuple[str, ...]:
    if padding or algorithm.is_rsa == algorithm.null_parameters:
        return ()
    absent = algorithm.parameters is None
    return ("signature.absent_parameters" if absent else "signature.null_parameters",)


def check_signature(
    algorithm: Algorithm,
    key: PublicKey,
    message: bytes,
    signature: bytes,
    *,
    declared_digest: str | None = None,
    user_id: bytes = DEFAULT_ID,
) -> SignatureCheck:
    """Check one signature value over ``message``, exactly as the identifiers say (L21)."""
    plan = plan_signature(algorithm, key, declared_digest=declared_digest)
    if plan.code is not None:
        return SignatureCheck(ok=False, quirks=plan.quirks, code=plan.code)
    check = key.verify(message, signature, digest=plan.digest, user_id=user_id, pss=plan.pss)
    return SignatureCheck(ok=check.ok, quirks=(*plan.quirks, *check.quirks), code=check.code)


def check_prehashed(
    algorithm: Algorithm,
    key: PublicKey,
    hashed: bytes,
    signature: bytes,
    *,
    declared_digest: str,
) -> SignatureCheck:
    """Check an RSA or ECDSA value whose message is known by its digest alone.

    Only to explain a detached CMS without signed attributes, which never accompanies accept (L22).
    """
    plan = plan_signature(algorithm, key, declared_digest=declared_digest)
    if plan.code is not None or plan.digest is None:
        code = plan.code or "signature.no_digest"
        return SignatureCheck(ok=False, quirks=plan.quirks, code=code)
    if len(hashed) != SIZES[plan.digest]:
        return SignatureCheck(ok=False, quirks=plan.quirks, code="signature.digest_mismatch")
    weak = ("digest.weak",) if plan.digest in WEAK else ()
    ok = _holds_prehashed(key, hashed, signature, plan)
    mismatch = None if ok else "crypto.signature_mismatch"
    return SignatureCheck(ok=ok, quirks=(*plan.quirks, *weak), code=mismatch)


def _holds_prehashed(key: PublicKey, hashed: bytes, signature: bytes, plan: Plan) -> bool:
    try:
        loaded = serialization.load_der_public_key(key.spki)
        algorithm = utils.Prehashed(HASHES[plan.digest or ""]())
        if isinstance(loaded, rsa.RSAPublicKey):
            scheme = padding.PKCS1v15() if plan.pss is None else _pss(plan.pss)
            loaded.verify(signature, hashed, scheme, algorithm)
        elif isinstance(loaded, ec.EllipticCurvePublicKey):
            loaded.verify(signature, hashed, ec.ECDSA(algorithm))
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError, KeyError):
        return False
    return True


def _pss(parameters: algorithms.PssParameters) -> padding.PSS:
    mask = padding.MGF1(HASHES[parameters.mgf_digest]())
    return padding.PSS(mgf=mask, salt_length=parameters.salt_length)


def explain_sm2(key: PublicKey, message: bytes, signature: bytes) -> str | None:
    """Name the wrong form under which a failed SM2 signature would hold; never a pass (L22)."""
    if key.kind != "sm2":
        return None
    if key.verify(message, signature, digest="sm3", user_id=b"").ok:
        return "empty_id"
    if key.verify_prehashed_sm2(digest("sm3", message), signature).ok:
        return "no_z"
    return None
