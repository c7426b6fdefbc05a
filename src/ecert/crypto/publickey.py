"""Public keys of every kind that ecert uses, and checking a signature with them.

SM2 goes to ``sm2.engine``; RSA, ECDSA (P-256, P-384), Ed25519 and Ed448 go to ``cryptography``. A
signature is checked over the bytes given, never over a re-encoding (L21). Minimum key sizes are
policy; ``key_bits`` is exposed for it. Refuses explicit curve parameters and RSA
moduli above 8192 bits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding

from ecert.crypto import keyforms
from ecert.crypto.algorithms import EC_PUBLIC_KEY, PssParameters
from ecert.crypto.digest import WEAK
from ecert.crypto.sm2 import curve
from ecert.crypto.sm2.curve import DEFAULT_ID
from ecert.crypto.sm2.engine import current_engine
from ecert.errors import MalformedInput
from ecert.memo import Memo
from ecert.report.outcome import OK, Outcome, failed, unknown

__all__ = ["HASHES", "KINDS", "TOLERATED_QUIRKS", "PublicKey", "SignatureCheck", "canonical_spki"]

KINDS = ("sm2", "rsa", "p256", "p384", "ed25519")
"""Kinds of key that ecert makes; it also checks signatures of ``"ed448"``."""

_RSA_KEY = "1.2.840.113549.1.1.1"
_EDWARDS = {"1.3.101.112": "ed25519", "1.3.101.113": "ed448"}
_RSA_PSS_KEY = "1.2.840.113549.1.1.10"
_CURVES = {"1.2.840.10045.3.1.7": "p256", "1.3.132.0.34": "p384"}
_BITS = {"sm2": 256, "p256": 256, "p384": 384, "ed25519": 256, "ed448": 456}
_MAX_RSA_BITS = 8192
_P25519 = (1 << 255) - 19
_D25519 = -121665 * pow(121666, -1, _P25519) % _P25519
_P448 = (1 << 448) - (1 << 224) - 1
_MAX_SIGNATURE = 2048
HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "md5": hashes.MD5,
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
    "sha3_256": hashes.SHA3_256,
    "sha3_384": hashes.SHA3_384,
    "sha3_512": hashes.SHA3_512,
    "sm3": hashes.SM3,
}
"""Digest names that RSA and ECDSA can use."""

TOLERATED_QUIRKS = frozenset(
    {
        "sm2.raw_signature",
        "signature.absent_parameters",
        "signature.null_parameters",
        "x509.unused_bits",
    }
)
"""Quirks of a signature value that may accompany accept: a closed list (L22)."""


@dataclass(frozen=True, slots=True)
class SignatureCheck:
    """What checking one signature value found.

    Args:
        ok: the arithmetic holds. Alone it is no pass: see ``outcome``.
        quirks: what is odd though the arithmetic holds.
        code: why it does not hold, or None.

    """

    ok: bool
    quirks: tuple[str, ...] = ()
    code: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "quirks", tuple(dict.fromkeys(self.quirks)))

    def __bool__(self) -> bool:
        return self.outcome.ok is True

    @property
    def outcome(self) -> Outcome:
        """OK only when it holds with nothing but tolerated quirks (L22); else failed or unknown."""
        if not self.ok:
            return failed(self.code or "crypto.signature_mismatch")
        untolerated = [quirk for quirk in self.quirks if quirk not in TOLERATED_QUIRKS]
        return unknown(untolerated[0]) if untolerated else OK


_CHECKED: Memo[SignatureCheck] = Memo(entries=4096, size=8 * 1024 * 1024)
"""Signature checks by all that goes into one, the engine included: in the files of one issuer the
certificates, the seal and the lists carry the same ones. The message stands in the key by its digest.
"""
_REMEMBERED_BYTES = 1024 * 1024
_KEY_WEIGHT = 1024


def _no(code: str) -> SignatureCheck:
    return SignatureCheck(ok=False, code=code)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key: a value, equal and hashable by its SubjectPublicKeyInfo.

    Args:
        kind: one of ``KINDS``.
        spki: SubjectPublicKeyInfo, verbatim.
        key_bits: modulus or field size.
        sha256: hex digest of ``spki``.
        point: the 65 bytes of an SM2 key, else None.

    """

    kind: str
    spki: bytes = field(repr=False)
    key_bits: int = field(compare=False)
    sha256: str = field(compare=False)
    point: bytes | None = field(default=None, compare=False, repr=False)

    @classmethod
    def from_spki(cls, data: bytes) -> PublicKey:
        """Read a SubjectPublicKeyInfo.

        Raises:
            MalformedInput: ``key.malformed``, ``key.not_on_curve``, ``key.small_order`` or
                ``key.unsupported``.

        """
        try:
            algorithm, key = keyforms.read_spki(data)
        except MalformedInput as error:
            raise MalformedInput("key.malformed", "the public key cannot be read") from error
        if algorithm.is_sm2:
            if not curve.is_on_curve(key):
                raise MalformedInput("key.not_on_curve", "the public key is not a point of SM2")
            return _public("sm2", data, 256, key)
        kind = _CURVES.get(algorithm.curve, "") if algorithm.oid == EC_PUBLIC_KEY else ""
        kind = {_RSA_KEY: "rsa", _RSA_PSS_KEY: "rsa", **_EDWARDS}.get(algorithm.oid, kind)
        if not kind:
            raise MalformedInput(
                "key.unsupported",
                f"public keys of algorithm {algorithm.oid} are not supported",
                params={"algorithm": algorithm.curve or algorithm.oid},
            )
        if kind in _SMALL_ORDER and _SMALL_ORDER[kind](key):
            raise MalformedInput("key.small_order", f"the {kind} key is a point of small order")
        loaded = _load_public(data)
        bits = loaded.key_size if kind == "rsa" else _BITS[kind]
        if bits > _MAX_RSA_BITS:
            raise MalformedInput(
                "key.unsupported",
                "RSA modulus above 8192 bits",
                params={"algorithm": f"RSA-{bits}"},
            )
        return _public(kind, data, bits)

    @classmethod
    def from_point(cls, point: bytes) -> PublicKey:
        """Return the SM2 key of a 65-byte point; raises like ``from_spki``."""
        return cls.from_spki(keyforms.sm2_spki(point))

    def same_key(self, other: PublicKey) -> bool:
        """Whether both are the same key, whatever their encodings."""
        return self._identity() == other._identity()

    def _identity(self) -> tuple[str, bytes]:
        if self.point is not None:
            return self.kind, self.point
        return self.kind, canonical_spki(_load_public(self.spki))

    def verify(
        self,
        message: bytes,
        signature: bytes,
        *,
        digest: str | None,
        user_id: bytes = DEFAULT_ID,
        pss: PssParameters | None = None,
    ) -> SignatureCheck:
        """Check a signature over ``message``; never raises on content.

        Args:
            message: the signed bytes, verbatim.
            signature: DER or raw r || s for SM2, DER for ECDSA, octets for the others.
            digest: digest name; None or ``"sm3"`` for SM2; ignored for Ed25519 and Ed448, which have their own.
            user_id: SM2 user ID.
            pss: RSASSA-PSS parameters; None means PKCS#1 v1.5.

        """
        if len(message) + len(signature) > _REMEMBERED_BYTES:
            return self._verify(message, signature, digest=digest, user_id=user_id, pss=pss)
        engine = current_engine() if self.kind == "sm2" else None
        key = (
            *(self.kind, self.spki, digest, user_id, pss, signature),
            sha256(message).digest(),
            (engine.name, engine.version) if engine else None,
        )
        found = _CHECKED.get(key)
        if found is None:
            found = self._verify(message, signature, digest=digest, user_id=user_id, pss=pss)
            _CHECKED.put(key, found, len(self.spki) + len(user_id) + len(signature) + _KEY_WEIGHT)
        return found

    def _verify(
        self,
        message: bytes,
        signature: bytes,
        *,
        digest: str | None,
        user_id: bytes,
        pss: PssParameters | None,
    ) -> SignatureCheck:
        if self.kind == "sm2":
            if digest not in {None, "sm3"}:
                return _no("digest.mismatch")
            try:
                e = curve.e_value(self.point or b"", message, user_id)
            except MalformedInput as error:
                return _no(error.code)
            return self.verify_prehashed_sm2(e, signature)
        if len(signature) > _MAX_SIGNATURE:
            return _no("crypto.signature_mismatch")
        return self._verify_loaded(message, signature, pss.digest if pss else digest, pss)

    def verify_prehashed_sm2(self, e: bytes, signature: bytes) -> SignatureCheck:
        """Check an SM2 signature over e itself.

        Other uses than from ``verify`` explain a failure and never pass (L21, L22).
        """
        if self.point is None:
            return _no("crypto.key_mismatch")
        try:
            r, s, quirks = curve.decode_signature(signature)
        except MalformedInput as error:
            return _no(error.code)
        if not current_engine().verify_digest(self.point, e, r, s):
            return SignatureCheck(ok=False, quirks=quirks, code="crypto.signature_mismatch")
        return SignatureCheck(ok=True, quirks=quirks)

    def _verify_loaded(
        self, message: bytes, signature: bytes, digest: str | None, pss: PssParameters | None
    ) -> SignatureCheck:
        key = _load_public(self.spki)
        edwards = self.kind in _SMALL_ORDER
        if not edwards and digest not in HASHES:
            return _no("digest.unsupported")
        try:
            if edwards:
                key.verify(signature, message)
                return SignatureCheck(ok=True)
            assert digest is not None
            if self.kind == "rsa":
                key.verify(signature, message, _padding(pss), HASHES[digest]())
            else:
                key.verify(signature, message, ec.ECDSA(HASHES[digest]()))
        except (InvalidSignature, ValueError):
            return _no("crypto.signature_mismatch")
        except (UnsupportedAlgorithm, TypeError):
            return _no("crypto.unsupported")
        return SignatureCheck(ok=True, quirks=("digest.weak",) if digest in WEAK else ())


def _padding(pss: PssParameters | None) -> Any:
    if pss is None:
        return padding.PKCS1v15()
    mask = padding.MGF1(HASHES[pss.mgf_digest]())
    return padding.PSS(mgf=mask, salt_length=pss.salt_length)


def _small_order(key: bytes) -> bool:
    """Whether anybody could sign for an Ed25519 key: its point has an order of at most 8."""
    y = (int.from_bytes(key, "little") & ((1 << 255) - 1)) % _P25519
    square = y * y % _P25519
    # y = 1, -1, 0 have order 1, 2, 4; of order 8 are the points that double to y = 0: x^2 = -y^2.
    return y in {0, 1, _P25519 - 1} or (_D25519 * square * square + 2 * square - 1) % _P25519 == 0


def _small_order_448(key: bytes) -> bool:
    """Return the same for Ed448, whose small orders are 1, 2 and 4: y = 1, -1, 0 (RFC 8032 5.2)."""
    y = int.from_bytes(key[:-1], "little") % _P448
    return y in {0, 1, _P448 - 1}


_SMALL_ORDER = {"ed25519": _small_order, "ed448": _small_order_448}


def _public(kind: str, spki: bytes, bits: int, point: bytes | None = None) -> PublicKey:
    return PublicKey(kind, spki, bits, sha256(spki).hexdigest(), point)


@lru_cache(maxsize=256)
def _load_public(spki: bytes) -> Any:
    """Return the library's key; the cache holds by bytes, never by address (L24)."""
    try:
        return serialization.load_der_public_key(spki)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise MalformedInput("key.malformed", "the public key cannot be read") from error


def canonical_spki(loaded: Any) -> bytes:
    """Return the SubjectPublicKeyInfo that ``cryptography`` writes for its public key."""
    out: bytes = loaded.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return out
