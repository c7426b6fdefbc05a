"""Private keys of every kind that ecert uses; the public half and its checks are in ``publickey``.

SM2 goes to ``sm2.engine``; RSA, ECDSA (P-256, P-384) and Ed25519 go to ``cryptography``. Reads
PKCS#8 (PEM, DER, encrypted), SEC 1 and PKCS#1; refuses weak digests and other curves. A
wrong password, a truncated or foreign file is a SigningError with a hint.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from ecert.crypto import der, keyforms, pbe
from ecert.crypto.algorithms import default_digest
from ecert.crypto.der_build import octet_string, sequence
from ecert.crypto.digest import WEAK
from ecert.crypto.publickey import HASHES, KINDS, PublicKey, SignatureCheck, canonical_spki
from ecert.crypto.sm2 import curve
from ecert.crypto.sm2.curve import DEFAULT_ID
from ecert.crypto.sm2.engine import current_engine
from ecert.errors import MalformedInput, SigningError

__all__ = ["KINDS", "PrivateKey", "PublicKey", "SignatureCheck"]

_NEW_RSA_BITS = 2048


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A private key in memory; its secret is in no repr and takes no part in comparison.

    Args:
        kind: one of ``KINDS``.
        public: its public key.

    """

    kind: str
    public: PublicKey
    _secret: Any = field(repr=False, compare=False)

    @classmethod
    def generate(cls, kind: str) -> PrivateKey:
        """Make a new key: RSA has 2048 bits.

        Raises:
            SigningError: ``key.unsupported`` for an unknown kind, ``sm2.signing_unavailable``.

        """
        if kind == "sm2":
            private, public = current_engine().generate()
            return cls(kind, PublicKey.from_point(public), private)
        if kind == "rsa":
            return _wrap(rsa.generate_private_key(65537, _NEW_RSA_BITS))
        if kind == "ed25519":
            return _wrap(ed25519.Ed25519PrivateKey.generate())
        if kind in {"p256", "p384"}:
            return _wrap(
                ec.generate_private_key(ec.SECP256R1() if kind == "p256" else ec.SECP384R1())
            )
        raise _unsupported(kind)

    @classmethod
    def from_sm2_scalar(cls, private: bytes) -> PrivateKey:
        """Return the SM2 key of a 32-byte scalar.

        Raises:
            SigningError: ``key.out_of_range``, ``sm2.signing_unavailable``.

        """
        point = current_engine().public_of(private)
        return cls("sm2", PublicKey.from_point(point), private)

    @classmethod
    def from_pkcs8(cls, data: bytes, password: bytes | None = None) -> PrivateKey:
        """Read a key from PKCS#8 (PEM, DER, encrypted), or from plain SEC 1 or PKCS#1.

        Raises:
            SigningError: ``key.malformed``, ``key.unsupported``, ``key.password_needed``,
                ``key.wrong_password``, ``key.encryption_unsupported``, ``key.public_mismatch``.

        """
        block = keyforms.read_key_block(data)
        if block.form == "pkcs12":
            raise keyforms.malformed("this is a PKCS#12 file, not PKCS#8")
        if block.form != "encrypted":
            return _from_plain(block)
        if password is None:
            raise SigningError(
                "key.password_needed", "the key is encrypted", hint="give its password"
            )
        algorithm, cipher = der.parse(block.der).children()
        plain = pbe.decrypt(algorithm, cipher.octets(), password)
        try:
            return _from_plain(keyforms.KeyBlock("pkcs8", plain))
        except SigningError as error:
            if error.code != "key.malformed":
                raise
            # One wrong password in 256 leaves well-formed padding, but never a key.
            raise pbe.wrong_password() from error

    def to_pkcs8(self, password: bytes | None = None) -> bytes:
        """Return PKCS#8 as PEM, encrypted (PBES2, AES-256) where a password is given."""
        plain = self.to_pkcs8_der()
        if password is None:
            return keyforms.write_pem("PRIVATE KEY", plain)
        algorithm, cipher = pbe.encrypt(plain, password)
        body = sequence(algorithm, octet_string(cipher))
        return keyforms.write_pem("ENCRYPTED PRIVATE KEY", body)

    def to_pkcs8_der(self) -> bytes:
        """Return the plain PrivateKeyInfo."""
        if self.kind == "sm2":
            return keyforms.sm2_pkcs8(self._secret, self.public.point or b"")
        out: bytes = self._secret.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return out

    def sign(
        self, message: bytes, *, digest: str | None = None, user_id: bytes = DEFAULT_ID
    ) -> bytes:
        """Sign: DER for SM2 and ECDSA, PKCS#1 v1.5 for RSA.

        Args:
            message: the bytes to sign.
            digest: digest name, or None for the kind's own; weak ones are refused.
            user_id: SM2 user ID.

        Raises:
            SigningError: ``digest.mismatch``, ``sm2.engine_failed``.

        """
        if self.kind == "ed25519":
            return bytes(self._secret.sign(message))
        name = digest or default_digest(self.kind)
        if name not in HASHES or name in WEAK or (self.kind == "sm2" and name != "sm3"):
            raise SigningError(
                "digest.mismatch",
                f"a {self.kind} key does not sign with {name}",
                params={"kind": self.kind, "digest": name},
            )
        if self.kind == "sm2":
            e = curve.e_value(self.public.point or b"", message, user_id)
            return curve.encode_signature(*current_engine().sign_digest(self._secret, e))
        algorithm = HASHES[name]()
        if self.kind == "rsa":
            return bytes(self._secret.sign(message, padding.PKCS1v15(), algorithm))
        return bytes(self._secret.sign(message, ec.ECDSA(algorithm)))


def _unsupported(what: str) -> SigningError:
    return SigningError(
        "key.unsupported",
        f"private keys of kind {what} are not supported",
        params={"algorithm": what},
        hint="use SM2, RSA, ECDSA P-256 or P-384, or Ed25519",
    )


def _from_plain(block: keyforms.KeyBlock) -> PrivateKey:
    try:
        algorithm, inner = keyforms.Algorithm(""), block.der
        if block.form == "pkcs8":
            algorithm, inner = keyforms.read_pkcs8(block.der)
        if algorithm.is_sm2 or block.form == "sec1":
            parts = keyforms.read_sec1(inner)
            if algorithm.is_sm2 or parts.curve == curve.OID:
                return _sm2(parts)
        return _wrap(serialization.load_der_private_key(block.der, None))
    except UnsupportedAlgorithm as error:
        raise _unsupported(algorithm.curve or algorithm.oid or block.form) from error
    except (MalformedInput, ValueError, TypeError) as error:
        raise keyforms.malformed() from error


def _sm2(parts: keyforms.PlainKey) -> PrivateKey:
    if parts.curve not in {"", curve.OID}:
        raise keyforms.malformed("the key names two curves")
    key = PrivateKey.from_sm2_scalar(parts.private)
    if parts.public is not None and parts.public != key.public.point:
        raise SigningError("key.public_mismatch", "the stated public key is not this key's")
    return key


def _wrap(loaded: Any) -> PrivateKey:
    try:
        public = PublicKey.from_spki(canonical_spki(loaded.public_key()))
    except MalformedInput as error:
        raise _unsupported(type(loaded).__name__.lstrip("_")) from error
    if public.kind not in KINDS:
        raise _unsupported(public.kind)
    return PrivateKey(public.kind, public, loaded)
