"""Keys of a federation, as TUF writes them, and the roles that they sign for.

A key's id is the SHA-256 of its canonical JSON and nothing else, so that nobody can name a key
twice; and of keys that are the same in other clothes (another scheme, another encoding) one role
may hold one only. Refused: types and schemes outside the table, RSA below 2048 bits, an encoding
other than the one that ``Key.of`` writes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ecert.crypto import keyforms
from ecert.crypto.algorithms import PssParameters
from ecert.crypto.publickey import PublicKey, SignatureCheck
from ecert.errors import MalformedInput, SigningError
from ecert.trust.bundle.refusing import malformed, refuse
from ecert.trust.reading import Node, sha256_hex

__all__ = ["ALGORITHMS", "SCHEMES", "Key", "Role", "key_id", "parse_keys", "parse_role"]

MIN_RSA_BITS = 2048
MAX_KEYS = 64
"""Keys of one role; each signature by one of them is a check to pay for."""
_PSS = PssParameters(digest="sha256", mgf_digest="sha256", salt_length=32)
SCHEMES: dict[tuple[str, str], tuple[str, str | None, PssParameters | None]] = {
    ("sm2", "sm2-sm3"): ("sm2", "sm3", None),
    ("ed25519", "ed25519"): ("ed25519", None, None),
    ("ecdsa", "ecdsa-sha2-nistp256"): ("p256", "sha256", None),
    ("ecdsa", "ecdsa-sha2-nistp384"): ("p384", "sha384", None),
    ("rsa", "rsassa-pss-sha256"): ("rsa", "sha256", _PSS),
    ("rsa", "rsa-pkcs1v15-sha256"): ("rsa", "sha256", None),
}
"""TUF key type and scheme to our kind of key, digest and padding; other pairs are refused."""
ALGORITHMS = ("sm2", "ed25519", "ecdsa", "rsa")
"""Key types, as thresholds for compulsory algorithms name them."""
_DEFAULT_SCHEMES = {
    "sm2": ("sm2", "sm2-sm3"),
    "ed25519": ("ed25519", "ed25519"),
    "p256": ("ecdsa", "ecdsa-sha2-nistp256"),
    "p384": ("ecdsa", "ecdsa-sha2-nistp384"),
    "rsa": ("rsa", "rsa-pkcs1v15-sha256"),
}
_ED25519 = bytes.fromhex("302a300506032b6570032100")
_ED25519_SIZE = 32


@dataclass(frozen=True, slots=True)
class Key:
    """A public key of a federation; a value.

    Args:
        keytype, scheme: as TUF names them; a pair of ``SCHEMES``.
        text: PEM, or 64 hexadecimal digits for Ed25519.
    """

    keytype: str
    scheme: str
    text: str = field(repr=False)

    @classmethod
    def of(cls, public: PublicKey) -> Key:
        """Return the key with the scheme that our own signers use for its kind."""
        if public.kind not in _DEFAULT_SCHEMES:
            raise refuse(
                "bundle.key_type", f"no scheme for {public.kind}", keytype=public.kind, scheme=""
            )
        return cls(*_DEFAULT_SCHEMES[public.kind], _text(public))

    @property
    def keyid(self) -> str:
        """The digest that names it."""
        return key_id(self.to_json())

    @property
    def public(self) -> PublicKey:
        """The key itself; raises ``bundle.key_type``, ``bundle.key_weak`` or ``bundle.malformed``."""
        return _public(self)

    @property
    def digest(self) -> str | None:
        """Digest that a signer of this key uses."""
        return SCHEMES[self.keytype, self.scheme][1]

    def to_json(self) -> dict[str, Any]:
        """Return it as TUF writes it."""
        return {
            "keytype": self.keytype,
            "scheme": self.scheme,
            "keyval": {"public": self.text},
        }

    def check(self, message: bytes, signature: bytes) -> SignatureCheck:
        """Check a signature over ``message``; never raises on its content."""
        _, digest, pss = SCHEMES[self.keytype, self.scheme]
        return self.public.verify(message, signature, digest=digest, pss=pss)


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """Who signs for a role: keys, how many of them, and how many of each compulsory algorithm."""

    keyids: tuple[str, ...]
    threshold: int
    compulsory: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return keyids and threshold as TUF writes them."""
        return {"keyids": list(self.keyids), "threshold": self.threshold}


def key_id(body: Mapping[str, Any]) -> str:
    """Return the id of a key: SHA-256 over its canonical JSON (RFC 8785).

    A key holds nothing but texts under ASCII names, for which ``json`` writes the canonical form.
    """
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256_hex(text.encode("utf-8", "surrogatepass"))


def parse_keys(node: Node, name: str) -> dict[str, Key]:
    """Return the keys of a payload by their ids.

    Raises:
        TrustError: ``bundle.key_type``, ``bundle.key_id``, and what a malformed member raises.
    """
    found: dict[str, Key] = {}
    keyids = node.names(name)
    inner = node.node(name, set(keyids))
    for keyid in keyids:
        body = inner.node(keyid, {"keytype", "scheme", "keyval"})
        key = Key(
            body.text("keytype"),
            body.text("scheme"),
            body.node("keyval", {"public"}).text("public"),
        )
        if (key.keytype, key.scheme) not in SCHEMES:
            raise refuse(
                "bundle.key_type",
                f"{node.source}: keys of type {key.keytype} with {key.scheme} are not registered",
                name=node.source,
                keytype=key.keytype[:40],
                scheme=key.scheme[:40],
            )
        if key.keyid != keyid:
            raise refuse(
                "bundle.key_id",
                f"{node.source}: {keyid} is not the digest of its key",
                name=node.source,
                keyid=keyid[:64],
            )
        found[keyid] = key
    return found


def parse_role(node: Node, keys: Mapping[str, Key], terms: Node) -> Role:
    """Return who signs for a role: ``keyids``, ``threshold``, and ``compulsory`` out of our terms."""
    keyids = node.texts("keyids")
    if not keyids or len(keyids) > MAX_KEYS or len(set(keyids)) != len(keyids):
        raise malformed(node.source, f"{node.at('keyids')} must be 1 to {MAX_KEYS} different ids")
    missing = [k for k in keyids if k not in keys]
    if missing:
        raise malformed(node.source, f"{node.at('keyids')} names the unknown key {missing[0][:64]}")
    names = terms.names("compulsory")
    if not set(names) <= set(ALGORITHMS):
        raise malformed(node.source, f"{terms.at('compulsory')} knows {', '.join(ALGORITHMS)}")
    counts = terms.node("compulsory", set(names)) if names else terms
    return Role(
        keyids=keyids,
        threshold=node.integer("threshold", least=1),
        compulsory={name: counts.integer(name, least=1) for name in names},
    )


def _text(public: PublicKey) -> str:
    if public.kind == "ed25519":
        return public.spki[-_ED25519_SIZE:].hex()
    return keyforms.write_pem("PUBLIC KEY", public.spki).decode()


@lru_cache(maxsize=2048)
def _public(key: Key) -> PublicKey:
    kind = SCHEMES[key.keytype, key.scheme][0]
    try:
        if kind == "ed25519":
            public = PublicKey.from_spki(_ED25519 + bytes.fromhex(key.text))
        else:
            public = PublicKey.from_spki(_der(key.text))
    except (MalformedInput, SigningError, ValueError) as error:
        raise malformed("key", f"{key.keyid} cannot be read: {error}") from error
    if public.kind != kind or _text(public) != key.text:
        raise malformed("key", f"{key.keyid} is not written as a {key.scheme} key")
    if kind == "rsa" and public.key_bits < MIN_RSA_BITS:
        raise refuse("bundle.key_weak", "an RSA key is too short", bits=public.key_bits)
    return public


def _der(text: str) -> bytes:
    blocks = list(keyforms.pem_blocks(text.encode()))
    if len(blocks) != 1 or blocks[0][0] != b"PUBLIC KEY":
        raise ValueError("not one PEM block of a public key")
    return blocks[0][1]
