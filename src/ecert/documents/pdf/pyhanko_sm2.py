"""Teaches pyHanko and certvalidator to check SM2 signatures, through their public hook only.

Used as a test oracle and for what pyHanko alone can do; our own verdicts never rest on it
(never-accept L24). pyHanko skips its digest checks for names it does not know, so the pairing
"SM2 signs SM3 digests, on the SM2 curve" is enforced here. Refuses signatures without signed
attributes: the hook then gets SM3(M), while SM2 signs SM3(Z || M) (design/sm2-and-pyhanko.md B2).
"""

from __future__ import annotations

from typing import Any, Final

from asn1crypto import algos, keys
from cryptography.exceptions import InvalidSignature
from pyhanko.sign.validation.utils import (
    DEFAULT_WEAK_HASH_ALGORITHMS,
    CMSAlgorithmUsagePolicy,
)
from pyhanko_certvalidator.policy_decl import (
    AlgorithmUsageConstraint,
    DisallowWeakAlgorithmsPolicy,
)
from pyhanko_certvalidator.sig_validate import (
    DEFAULT_VALIDATION_CONTEXT,
    DefaultSignatureValidator,
)

from ecert.crypto import asn1
from ecert.crypto.keys import PublicKey

__all__ = ["SM2AlgorithmPolicy", "SM2SignatureValidator"]

_SM2_NAMES: Final = frozenset({asn1.SM2_MECHANISM, "sm2_sign", "sm2"})
_SM3_NAMES: Final = frozenset({"sm3", "sm3_plain"})

asn1.register()


class SM2SignatureValidator(DefaultSignatureValidator):
    """For `ValidationContext(signature_validator=...)`: CMS, paths, CRLs, OCSP, time stamps."""

    def validate_signature(
        self,
        signature: bytes,
        signed_data: bytes,
        public_key_info: keys.PublicKeyInfo,
        signature_algorithm: algos.SignedDigestAlgorithm,
        context: Any = DEFAULT_VALIDATION_CONTEXT,
    ) -> None:
        """Raise `InvalidSignature` unless the signature holds."""
        if signature_algorithm["algorithm"].native not in _SM2_NAMES:
            super().validate_signature(
                signature, signed_data, public_key_info, signature_algorithm, context
            )
            return
        if context.prehashed:
            raise InvalidSignature
        key = PublicKey.from_spki(public_key_info.dump())
        if key.kind != "sm2" or not key.verify(signed_data, signature, digest="sm3").ok:
            raise InvalidSignature


class SM2AlgorithmPolicy(CMSAlgorithmUsagePolicy):
    """SM2 is allowed with SM3 only; every other algorithm by the library's own policy."""

    def __init__(self) -> None:
        self._others = DisallowWeakAlgorithmsPolicy(  # type: ignore[no-untyped-call]
            DEFAULT_WEAK_HASH_ALGORITHMS
        )

    def digest_algorithm_allowed(
        self, algo: algos.DigestAlgorithm, moment: Any
    ) -> AlgorithmUsageConstraint:
        """Whether a digest may be used."""
        if algo["algorithm"].native in _SM3_NAMES:
            return AlgorithmUsageConstraint(allowed=True)
        return self._others.digest_algorithm_allowed(algo, moment)

    def signature_algorithm_allowed(
        self, algo: algos.SignedDigestAlgorithm, moment: Any, public_key: Any
    ) -> AlgorithmUsageConstraint:
        """Whether a signature mechanism may be used with that key."""
        if algo["algorithm"].native not in _SM2_NAMES:
            return self._others.signature_algorithm_allowed(algo, moment, public_key)
        fits = public_key is None or (
            public_key.algorithm == "ec" and public_key.curve == ("named", "sm2")
        )
        return AlgorithmUsageConstraint(allowed=fits, failure_reason=None if fits else "curve")

    def digest_combination_allowed(
        self,
        signature_algo: algos.SignedDigestAlgorithm,
        message_digest_algo: algos.DigestAlgorithm,
        moment: Any,
    ) -> AlgorithmUsageConstraint:
        """SM2 signs over SM3 digests only (GM/T 0009)."""
        if signature_algo["algorithm"].native in _SM2_NAMES:
            fits = message_digest_algo["algorithm"].native in _SM3_NAMES
            return AlgorithmUsageConstraint(
                allowed=fits, failure_reason=None if fits else "SM2 needs SM3"
            )
        return super().digest_combination_allowed(signature_algo, message_digest_algo, moment)
