"""Object identifiers of digests, signatures and keys, as data; RSASSA-PSS parameters (RFC 4055).

Names nothing strong or weak: ``digest.WEAK`` and the policy do. Unknown OIDs return None.
Refuses PSS parameters other than MGF1 over known digests.
GM/T 0006-2012 (SM2, SM3 arcs), RFC 8017, RFC 5758, RFC 8410.
"""

from __future__ import annotations

from dataclasses import dataclass

from ecert.crypto import der
from ecert.errors import MalformedInput

__all__ = [
    "DIGEST_BY_OID",
    "DIGEST_OIDS",
    "EC_PUBLIC_KEY",
    "GM_DATA",
    "GM_SIGNED_DATA",
    "MAX_PSS_SALT",
    "SIGNATURE_BY_OID",
    "SM2_CURVE",
    "SM2_WITH_SM3",
    "PssParameters",
    "SignatureAlgorithm",
    "default_digest",
    "digest_name",
    "signature_algorithm",
    "signature_oid",
]

EC_PUBLIC_KEY = "1.2.840.10045.2.1"
SM2_CURVE = "1.2.156.10197.1.301"
SM2_WITH_SM3 = "1.2.156.10197.1.501"
GM_DATA = "1.2.156.10197.6.1.4.2.1"
GM_SIGNED_DATA = "1.2.156.10197.6.1.4.2.2"
"""Content types of GM/T 0010."""

DIGEST_OIDS = {
    "md5": "1.2.840.113549.2.5",
    "sha1": "1.3.14.3.2.26",
    "sha224": "2.16.840.1.101.3.4.2.4",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
    "sha3_256": "2.16.840.1.101.3.4.2.8",
    "sha3_384": "2.16.840.1.101.3.4.2.9",
    "sha3_512": "2.16.840.1.101.3.4.2.10",
    "shake256": "2.16.840.1.101.3.4.2.12",
    "sm3": "1.2.156.10197.1.401",
}
"""Digest name to the OID that ecert writes."""

DIGEST_BY_OID = {oid: name for name, oid in DIGEST_OIDS.items()} | {
    "1.2.156.10197.1.401.1": "sm3",  # "SM3 without key", GM/T 0006
}
"""OID met in files to digest name. 1.401.2 is HMAC-SM3 by the standard and is not an alias here."""


@dataclass(frozen=True, slots=True)
class SignatureAlgorithm:
    """What a signature OID says.

    Args:
        name: readable name, for reports.
        digest: digest it implies, or None where it stands elsewhere (PSS, CMS digestAlgorithm).
        key_kind: ``"sm2"``, ``"rsa"``, ``"ec"`` (P-256 or P-384), ``"ed25519"`` or ``"ed448"``.
        oid: dotted OID.
        padding: ``"pss"`` for RSASSA-PSS, else ``""``.

    """

    name: str
    digest: str | None
    key_kind: str
    oid: str
    padding: str = ""

    def fits(self, key_kind: str) -> bool:
        """Whether a public key of that kind can make this signature."""
        return key_kind == self.key_kind or (self.key_kind == "ec" and key_kind in {"p256", "p384"})


_SIGNATURES = (
    SignatureAlgorithm("SM2-SM3", "sm3", "sm2", SM2_WITH_SM3),
    # Other spellings of the same signature in real files; L22 tolerates OID spelling.
    SignatureAlgorithm("SM2", "sm3", "sm2", "1.2.156.10197.1.301.1"),
    SignatureAlgorithm("SM2", "sm3", "sm2", SM2_CURVE),
    SignatureAlgorithm("RSA-MD5", "md5", "rsa", "1.2.840.113549.1.1.4"),
    SignatureAlgorithm("RSA-SHA1", "sha1", "rsa", "1.2.840.113549.1.1.5"),
    SignatureAlgorithm("RSA-SHA224", "sha224", "rsa", "1.2.840.113549.1.1.14"),
    SignatureAlgorithm("RSA-SHA256", "sha256", "rsa", "1.2.840.113549.1.1.11"),
    SignatureAlgorithm("RSA-SHA384", "sha384", "rsa", "1.2.840.113549.1.1.12"),
    SignatureAlgorithm("RSA-SHA512", "sha512", "rsa", "1.2.840.113549.1.1.13"),
    SignatureAlgorithm("RSA-SM3", "sm3", "rsa", "1.2.156.10197.1.504"),
    SignatureAlgorithm("RSA", None, "rsa", "1.2.840.113549.1.1.1"),
    SignatureAlgorithm("RSASSA-PSS", None, "rsa", "1.2.840.113549.1.1.10", "pss"),
    SignatureAlgorithm("ECDSA", None, "ec", EC_PUBLIC_KEY),
    SignatureAlgorithm("ECDSA-SHA1", "sha1", "ec", "1.2.840.10045.4.1"),
    SignatureAlgorithm("ECDSA-SHA224", "sha224", "ec", "1.2.840.10045.4.3.1"),
    SignatureAlgorithm("ECDSA-SHA256", "sha256", "ec", "1.2.840.10045.4.3.2"),
    SignatureAlgorithm("ECDSA-SHA384", "sha384", "ec", "1.2.840.10045.4.3.3"),
    SignatureAlgorithm("ECDSA-SHA512", "sha512", "ec", "1.2.840.10045.4.3.4"),
    SignatureAlgorithm("Ed25519", None, "ed25519", "1.3.101.112"),
    SignatureAlgorithm("Ed448", None, "ed448", "1.3.101.113"),
)
SIGNATURE_BY_OID = {item.oid: item for item in _SIGNATURES}
"""Every signature OID that ecert can compute."""

_WRITTEN = {
    (item.key_kind, item.digest): item.oid
    for item in reversed(_SIGNATURES)
    if item.digest or item.key_kind == "ed25519"
}


def digest_name(oid: str) -> str | None:
    """Return the digest behind an OID, or None."""
    return DIGEST_BY_OID.get(oid)


def signature_algorithm(oid: str) -> SignatureAlgorithm | None:
    """Return what a signature OID says, or None."""
    return SIGNATURE_BY_OID.get(oid)


def default_digest(key_kind: str) -> str | None:
    """Return the digest that a key of that kind signs with by itself; None for Ed25519."""
    return {"sm2": "sm3", "rsa": "sha256", "p256": "sha256", "p384": "sha384"}.get(key_kind)


def signature_oid(key_kind: str, digest: str | None) -> str:
    """Return the OID that ecert writes for a key kind and digest.

    Raises:
        MalformedInput: ``digest.mismatch`` for a pair that no OID names.

    """
    family = "ec" if key_kind in {"p256", "p384"} else key_kind
    oid = _WRITTEN.get((family, None if family == "ed25519" else digest))
    if oid is None:
        raise MalformedInput(
            "digest.mismatch",
            f"a {key_kind} key does not sign with {digest}",
            params={"kind": key_kind, "digest": digest},
        )
    return oid


_MGF1 = "1.2.840.113549.1.1.8"
MAX_PSS_SALT = 512
"""A salt longer than any supported RSA modulus holds cannot verify."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PssParameters:
    """Parameters of RSASSA-PSS (RFC 4055 3.1); the standard's own defaults."""

    digest: str = "sha1"
    mgf_digest: str = "sha1"
    salt_length: int = 20

    @classmethod
    def parse(cls, data: bytes | None) -> PssParameters:
        """Read the DER parameters; None or empty stands for the defaults.

        Raises:
            MalformedInput: ``key.pss_parameters`` unless MGF1 over known digests, trailer 1.

        """
        if not data:
            return cls()
        try:
            return _read_pss(der.parse(data))
        except MalformedInput as error:
            raise _bad_pss() from error


def _read_pss(node: der.Node) -> PssParameters:
    """Read the members by their tags [0] to [3], each optional, in order (RFC 4055 3.1)."""
    members = node.expect(der.SEQUENCE).children()
    tags = [member.tag for member in members]
    if tags != sorted(set(tags)) or not set(tags) <= {0xA0, 0xA1, 0xA2, 0xA3}:
        raise _bad_pss()
    given = {member.tag & 0x0F: member.only() for member in members}
    digest = _digest_of(given[0]) if 0 in given else "sha1"
    mgf_digest = "sha1"
    if 1 in given:
        parts = given[1].expect(der.SEQUENCE).children()
        if len(parts) != 2 or parts[0].oid() != _MGF1:  # noqa: PLR2004 - OID and digest
            raise _bad_pss()
        mgf_digest = _digest_of(parts[1])
    salt = given[2].integer() if 2 in given else 20  # noqa: PLR2004 - tag [2]
    trailer = given[3].integer() if 3 in given else 1  # noqa: PLR2004 - tag [3]
    if trailer != 1 or not 0 <= salt <= MAX_PSS_SALT:
        raise _bad_pss()
    return PssParameters(digest=digest, mgf_digest=mgf_digest, salt_length=salt)


def _digest_of(node: der.Node) -> str:
    """Return the digest of an AlgorithmIdentifier whose parameters are absent or NULL."""
    members = node.expect(der.SEQUENCE).children()
    name = digest_name(members[0].oid()) if members else None
    if name is None or [m.raw for m in members[1:]] not in ([], [b"\5\0"]):
        raise _bad_pss()
    return name


def _bad_pss() -> MalformedInput:
    return MalformedInput("key.pss_parameters", "RSASSA-PSS parameters cannot be read or used")
