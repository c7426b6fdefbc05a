"""Password-based encryption of keys: PBES2 (RFC 8018, also by its GM OID) and the PKCS#12 schemes.

Reads AES, SM4 and 3DES in CBC with PBKDF2 or scrypt, and 3DES and RC2 of RFC 7292 B and C; writes
AES-256 with PBKDF2-HMAC-SHA256 only. Refuses key derivation of more than a few seconds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_bytes

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, CipherAlgorithm, algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from ecert.crypto import der, rc2
from ecert.crypto.der_build import NULL_VALUE, integer, octet_string, oid, sequence
from ecert.crypto.digest import SIZES
from ecert.crypto.keyforms import malformed
from ecert.errors import MalformedInput, SigningError

__all__ = ["DEFAULT_ITERATIONS", "decrypt", "derive_pkcs12", "encrypt", "wrong_password"]

DEFAULT_ITERATIONS = 100_000
_MAX_ITERATIONS = 2_000_000
_MAX_PKCS12_ITERATIONS = 600_000
_MAX_SCRYPT_BYTES = 64 * 1024 * 1024
_MAX_SCRYPT_PARALLEL = 16
_MAX_SALT = 1024

_PBES2, _PBKDF2, _SCRYPT = (
    "1.2.840.113549.1.5.13",
    "1.2.840.113549.1.5.12",
    "1.3.6.1.4.1.11591.4.11",
)
_GM_PBES2, _GM_PBKDF2 = "1.2.156.10197.6.4.1.5.2", "1.2.156.10197.6.4.1.5.1"
_AES_256, _HMAC_SHA256 = "2.16.840.1.101.3.4.1.42", "1.2.840.113549.2.9"

_PRF: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "1.2.840.113549.2.7": hashes.SHA1,
    "1.2.840.113549.2.8": hashes.SHA224,
    _HMAC_SHA256: hashes.SHA256,
    "1.2.840.113549.2.10": hashes.SHA384,
    "1.2.840.113549.2.11": hashes.SHA512,
    "1.2.156.10197.1.401.2": hashes.SM3,  # HMAC-SM3, GM/T 0006
    "1.2.156.10197.1.401.3.1": hashes.SM3,  # the same, GM/T 0091
}
_CIPHERS: dict[str, tuple[Callable[[bytes], CipherAlgorithm], int]] = {
    "2.16.840.1.101.3.4.1.2": (algorithms.AES, 16),
    "2.16.840.1.101.3.4.1.22": (algorithms.AES, 24),
    _AES_256: (algorithms.AES, 32),
    "1.2.156.10197.1.104.2": (algorithms.SM4, 16),
    "1.2.840.113549.3.7": (TripleDES, 24),
}


@dataclass(frozen=True, slots=True)
class _Legacy:
    """One scheme of RFC 7292 C: cipher, key length, IV length 8."""

    cipher: str
    key_bytes: int


_LEGACY = {
    "1.2.840.113549.1.12.1.3": _Legacy("3des", 24),
    "1.2.840.113549.1.12.1.4": _Legacy("3des", 16),
    "1.2.840.113549.1.12.1.5": _Legacy("rc2", 16),
    "1.2.840.113549.1.12.1.6": _Legacy("rc2", 5),
}


def wrong_password() -> SigningError:
    """Return the error for content that the password does not open."""
    return SigningError(
        "key.wrong_password",
        "the password does not open the key",
        hint="check the password; a damaged file looks the same",
    )


def _unsupported(name: str) -> SigningError:
    return SigningError(
        "key.encryption_unsupported",
        f"key encryption {name} is not supported",
        params={"algorithm": name},
        hint="convert the key: openssl pkcs8 -topk8 -v2 aes-256-cbc",
    )


def _bounded(value: int, most: int) -> int:
    if not 0 < value <= most:
        raise SigningError(
            "key.derivation_excessive",
            f"key derivation with parameter {value}, at most {most}",
            params={"limit": most},
            hint="write the key again with fewer iterations",
        )
    return value


def decrypt(algorithm: der.Node, data: bytes, password: bytes) -> bytes:
    """Return the plain text behind an AlgorithmIdentifier of password-based encryption.

    Raises:
        SigningError: ``key.wrong_password``, ``key.encryption_unsupported``,
            ``key.derivation_excessive`` or ``key.malformed``.

    """
    try:
        members = algorithm.expect(der.SEQUENCE).children()
        if len(members) != 2:  # noqa: PLR2004 - scheme and parameters
            raise malformed()
        name = members[0].oid()
        if name in {_PBES2, _GM_PBES2}:
            return _pbes2(members[1], data, password)
        if name in _LEGACY:
            return _legacy(_LEGACY[name], members[1], data, password)
    except MalformedInput as error:
        raise malformed() from error
    except UnsupportedAlgorithm as error:
        raise _unsupported("of this build of cryptography") from error
    raise _unsupported(name)


def _pbes2(parameters: der.Node, data: bytes, password: bytes) -> bytes:
    fields = der.Fields(parameters.expect(der.SEQUENCE))
    derivation = fields.take(der.SEQUENCE).children()
    scheme = fields.take(der.SEQUENCE).children()
    fields.end()
    if len(derivation) != 2 or len(scheme) != 2:  # noqa: PLR2004 - OID and parameters
        raise malformed()
    name = scheme[0].oid()
    if name not in _CIPHERS:
        raise _unsupported(name)
    make, size = _CIPHERS[name]
    kdf = derivation[0].oid()
    if kdf in {_PBKDF2, _GM_PBKDF2}:
        key = _pbkdf2(derivation[1], password, size)
    elif kdf == _SCRYPT:
        key = _scrypt(derivation[1], password, size)
    else:
        raise _unsupported(kdf)
    return _cbc(make(key), scheme[1].octets(), data)


def _pbkdf2(parameters: der.Node, password: bytes, size: int) -> bytes:
    members = parameters.expect(der.SEQUENCE).children()
    if len(members) < 2:  # noqa: PLR2004 - salt and iterations
        raise malformed()
    salt, rounds = members[0].octets(), _bounded(members[1].integer(), _MAX_ITERATIONS)
    chosen: Callable[[], hashes.HashAlgorithm] = hashes.SHA1  # RFC 8018 A.2: the default
    for member in members[2:]:
        if member.tag == der.INTEGER and member.integer() != size:
            raise malformed("key length and cipher differ")
        if member.tag == der.SEQUENCE:
            name = member.children()[0].oid()
            if name not in _PRF:
                raise _unsupported(name)
            chosen = _PRF[name]
    _bounded(len(salt) + 1, _MAX_SALT)
    return PBKDF2HMAC(algorithm=chosen(), length=size, salt=salt, iterations=rounds).derive(
        password
    )


def _scrypt(parameters: der.Node, password: bytes, size: int) -> bytes:
    members = parameters.expect(der.SEQUENCE).children()
    if len(members) < 4:  # noqa: PLR2004 - RFC 7914 7
        raise malformed()
    cost, block, parallel = (member.integer() for member in members[1:4])
    if cost < 2 or cost & (cost - 1):  # noqa: PLR2004 - RFC 7914 2: a power of two above one
        raise malformed()
    _bounded(block, _MAX_SALT)
    _bounded(cost * block * 128, _MAX_SCRYPT_BYTES)
    _bounded(parallel, _MAX_SCRYPT_PARALLEL)
    salt = members[0].octets()
    return Scrypt(salt=salt, length=size, n=cost, r=block, p=parallel).derive(password)


def _cbc(cipher: CipherAlgorithm, iv: bytes, data: bytes) -> bytes:
    block = getattr(cipher, "block_size", 128) // 8
    if len(iv) != block or not data or len(data) % block:
        raise malformed("encrypted data of the wrong length")
    decryptor = Cipher(cipher, modes.CBC(iv)).decryptor()
    return _unpad(decryptor.update(data) + decryptor.finalize(), block)


def _unpad(plain: bytes, block: int) -> bytes:
    count = plain[-1]
    if not 0 < count <= block or plain[-count:] != bytes((count,)) * count:
        raise wrong_password()
    return plain[:-count]


def _legacy(scheme: _Legacy, parameters: der.Node, data: bytes, password: bytes) -> bytes:
    members = parameters.expect(der.SEQUENCE).children()
    if len(members) != 2:  # noqa: PLR2004 - salt and iterations
        raise malformed()
    salt, rounds = members[0].octets(), members[1].integer()
    key = derive_pkcs12(password, salt, iterations=rounds, purpose=1, size=scheme.key_bytes)
    iv = derive_pkcs12(password, salt, iterations=rounds, purpose=2, size=8)
    if scheme.cipher == "3des":
        return _cbc(TripleDES(key if len(key) == 24 else key + key[:8]), iv, data)  # noqa: PLR2004
    if not data or len(data) % 8:
        raise malformed("encrypted data of the wrong length")
    return _unpad(rc2.decrypt_cbc(key, iv, data), 8)


def derive_pkcs12(
    password: bytes, salt: bytes, *, iterations: int, purpose: int, size: int, digest: str = "sha1"
) -> bytes:
    """Return key material by RFC 7292 B.2.

    Args:
        password: UTF-8 text; it becomes a BMPString with its terminator (B.1).
        salt: as stated.
        iterations: as stated; bounded.
        purpose: 1 key, 2 IV, 3 MAC.
        size: bytes wanted.
        digest: name of the hash.

    """
    _bounded(iterations, _MAX_PKCS12_ITERATIONS)
    _bounded(len(salt) + 1, _MAX_SALT)
    if digest not in SIZES:
        raise _unsupported(digest)
    block = hashlib.new(digest, usedforsecurity=False).block_size
    text = password.decode("utf-8", "replace").encode("utf-16-be") + b"\0\0"
    mixed = _fill(salt, block) + _fill(text, block)
    out = b""
    while True:
        value = bytes((purpose,)) * block + mixed
        for _ in range(iterations):
            value = hashlib.new(digest, value, usedforsecurity=False).digest()
        out += value
        if len(out) >= size:
            return out[:size]
        add = int.from_bytes(_fill(value, block)[:block], "big") + 1
        mask = (1 << 8 * block) - 1
        mixed = b"".join(
            (int.from_bytes(mixed[at : at + block], "big") + add & mask).to_bytes(block, "big")
            for at in range(0, len(mixed), block)
        )


def _fill(value: bytes, block: int) -> bytes:
    """Repeat ``value`` to a whole number of blocks (B.2 steps 2, 3 and 6 B)."""
    if not value:
        return b""
    size = block * -(-len(value) // block)
    return (value * (size // len(value) + 1))[:size]


def encrypt(
    data: bytes, password: bytes, *, iterations: int = DEFAULT_ITERATIONS
) -> tuple[bytes, bytes]:
    """Encrypt with PBES2, AES-256-CBC and PBKDF2-HMAC-SHA256.

    Returns:
        The AlgorithmIdentifier as DER, and the cipher text.

    """
    salt, iv = token_bytes(16), token_bytes(16)
    kdf = PBKDF2HMAC(algorithm=hashes.SHA256(), length=32, salt=salt, iterations=iterations)
    encryptor = Cipher(algorithms.AES(kdf.derive(password)), modes.CBC(iv)).encryptor()
    count = 16 - len(data) % 16
    cipher = encryptor.update(data + bytes((count,)) * count) + encryptor.finalize()
    prf = sequence(oid(_HMAC_SHA256), NULL_VALUE)
    derivation = sequence(octet_string(salt), integer(iterations), prf)
    parameters = sequence(
        sequence(oid(_PBKDF2), derivation), sequence(oid(_AES_256), octet_string(iv))
    )
    return sequence(oid(_PBES2), parameters), cipher
