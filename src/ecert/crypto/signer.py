"""A signer: a private key with its certificate and chain, from a file or put together in memory.

A secret comes only from the caller's function, never from the environment. Refuses a certificate
of another key, and one that may only encrypt (never-accept.md L3). The only module of this package
that reads a file, because ``Signer.open`` is the public door.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ecert.crypto import keyforms
from ecert.crypto.algorithms import default_digest
from ecert.crypto.keys import PrivateKey, PublicKey
from ecert.crypto.pkcs12 import load_pkcs12
from ecert.crypto.x509 import CertificateFacts
from ecert.errors import MalformedInput, SigningError

__all__ = ["Secrets", "Signer", "SigningKey"]

Secrets = Callable[[str], bytes | None]
"""Asked with the location that needs a secret; None means there is none."""

_SCHEME = "file:"
_USES = frozenset({"digitalsignature", "nonrepudiation", "contentcommitment"})
_AUTHORITY_USES = frozenset({"keycertsign", "crlsign"})


class SigningKey(Protocol):
    """What a signer needs of a key; a device can stand behind it."""

    @property
    def kind(self) -> str:
        """Kind of key."""
        ...

    @property
    def public(self) -> PublicKey:
        """The public key."""
        ...

    def sign(self, message: bytes, *, digest: str | None = None) -> bytes:
        """Return a signature value over ``message``."""
        ...


@dataclass(frozen=True, slots=True)
class Signer:
    """A key with its certificate; make it with ``open`` or ``from_key``.

    Args:
        certificate: the signer's certificate.
        chain: certificates above it, as far as known.
        key: what signs.

    """

    certificate: CertificateFacts
    chain: tuple[CertificateFacts, ...]
    key: SigningKey

    @property
    def kind(self) -> str:
        """Kind of key: ``"sm2"``, ``"rsa"``, ``"p256"``, ``"p384"``, ``"ed25519"``."""
        return self.key.kind

    @property
    def digest(self) -> str:
        """Digest that goes with the key by default; SHA-512 beside Ed25519 (RFC 8419 3.1)."""
        return default_digest(self.kind) or "sha512"

    def sign(self, message: bytes, *, digest: str | None = None) -> bytes:
        """Return the signature value over ``message``: DER for SM2 and ECDSA."""
        return self.key.sign(message, digest=digest)

    @classmethod
    def from_key(
        cls,
        key: SigningKey,
        certificate: CertificateFacts,
        chain: Sequence[CertificateFacts] = (),
    ) -> Signer:
        """Put a signer together.

        Raises:
            SigningError: ``key.no_certificate`` for another key's certificate,
                ``key.encryption_only`` for one that may not sign (L3).

        """
        if certificate.public_key is None or not key.public.same_key(certificate.public_key):
            raise SigningError("key.no_certificate", "the certificate is not this key's")
        usage = certificate.key_usage
        if usage is not None:
            named = {use.replace("_", "").lower() for use in usage}
            if not named & (_USES | _AUTHORITY_USES):
                raise SigningError(
                    "key.encryption_only",
                    "the certificate may only encrypt",
                    hint="use the signing certificate of the pair",
                )
        return cls(certificate, tuple(chain), key)

    @classmethod
    def open(cls, uri: str, *, secrets: Secrets) -> Signer:
        """Open ``file:`` with a PKCS#12 store, or PEM with one key and its certificates.

        Args:
            uri: ``"file:issuer.p12"`` or ``"file:issuer.pem"``; the path is taken as written.
            secrets: asked for the password with ``uri``.

        Raises:
            SigningError: ``key.location_unsupported``, ``key.file_unreadable``, and what reading a
                key raises.

        """
        if not uri.startswith(_SCHEME) or uri == _SCHEME:
            raise SigningError(
                "key.location_unsupported",
                "a signer's location begins with file:",
                params={"uri": uri},
                hint="write file:issuer.p12",
            )
        data = _read(uri.removeprefix(_SCHEME))
        if b"-----BEGIN " in data:
            return _from_pem(data, uri, secrets)
        if keyforms.read_key_block(data).form != "pkcs12":
            raise SigningError(
                "key.no_certificate",
                "the file holds a key without a certificate",
                hint="give PKCS#12, or PEM with key and certificate",
            )
        key, certificate, others = load_pkcs12(data, secrets(uri))
        return cls.from_key(key, certificate, others)


def _read(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            data = file.read(keyforms.MAX_KEY_FILE + 1)
    except (OSError, ValueError) as error:
        raise SigningError(
            "key.file_unreadable",
            f"cannot read {path}",
            params={"path": path},
            hint="check the path and its permissions",
        ) from error
    if len(data) > keyforms.MAX_KEY_FILE:
        raise keyforms.malformed("a key file has at most 1 MiB")
    return data


def _from_pem(data: bytes, uri: str, secrets: Secrets) -> Signer:
    block = keyforms.read_key_block(data)
    key = PrivateKey.from_pkcs8(data, secrets(uri) if block.form == "encrypted" else None)
    try:
        certificates = [
            CertificateFacts.parse(body)
            for label, body in keyforms.pem_blocks(data)
            if label == b"CERTIFICATE"
        ]
    except MalformedInput as error:
        raise keyforms.malformed("a certificate beside the key cannot be read") from error
    own = [
        certificate
        for certificate in certificates
        if certificate.public_key is not None and key.public.same_key(certificate.public_key)
    ]
    if not own:
        raise SigningError(
            "key.no_certificate",
            "the file holds a key without its certificate",
            hint="append the certificate to the PEM file",
        )
    return Signer.from_key(key, own[0], [c for c in certificates if c.der != own[0].der])
