"""CMS SignedData as we write it: one signer, attributes in DER order, signing-certificate-v2.

Every byte but the signature value follows from the arguments. Refuses a digest that does not fit
the key. RFC 5652, RFC 5035, EN 319 122-1; GM/T 0010 content types for the profile ``gmt0010``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ecert.crypto import algorithms, cms_attrs, der
from ecert.crypto import der_build as build
from ecert.crypto import digest as digests
from ecert.crypto.algorithms import GM_DATA, GM_SIGNED_DATA
from ecert.crypto.cms_parse import DATA, SIGNED_DATA
from ecert.crypto.signer import Signer
from ecert.crypto.x509 import CertificateFacts
from ecert.errors import MalformedInput, SigningError

__all__ = ["Content", "build_cms", "build_signed_data", "with_timestamp"]

Profile = Literal["pades", "adbe", "gmt0010"]

_TYPES: dict[str, tuple[str, str]] = {
    "pades": (SIGNED_DATA, DATA),
    "adbe": (SIGNED_DATA, DATA),
    "gmt0010": (GM_SIGNED_DATA, GM_DATA),
}
_VERSION_1 = build.integer(1)
_VERSION_3 = build.integer(3)
_TAG_0 = 0xA0
_TAG_1 = 0xA1


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What is signed.

    Args:
        digest: digest name.
        value: digest of the content.
        outer: content type of the whole, dotted.
        inner: type of the content, dotted.
        embedded: the content itself, None for a detached signature.

    """

    digest: str
    value: bytes
    outer: str = SIGNED_DATA
    inner: str = DATA
    embedded: bytes | None = None


def build_cms(
    *,
    digest_value: bytes,
    digest: str,
    signer: Signer,
    signing_time: datetime | None,
    profile: Profile,
) -> bytes:
    """Return a detached CMS over a content of which only the digest is needed.

    Args:
        digest_value: digest of the content (without Z for SM2: eseal-crypto.md 4).
        digest: its name; ``sm3`` for SM2 keys, ``sha512`` for Ed25519.
        signer: key and certificates; the chain is embedded without its root.
        signing_time: written as signingTime, but never under ``pades``, where the signature
            dictionary carries the time (EN 319 142-1 6.3).
        profile: which content types are written.

    Raises:
        SigningError: the digest does not fit the key, or has the wrong length.

    """
    outer, inner = _TYPES[profile]
    content = Content(digest=digest, value=digest_value, outer=outer, inner=inner)
    at = None if profile == "pades" else signing_time
    return build_signed_data(content, signer=signer, signing_time=at)


def build_signed_data(content: Content, *, signer: Signer, signing_time: datetime | None) -> bytes:
    """Return a ContentInfo with one SignerInfo (see ``build_cms``)."""
    if len(content.value) != digests.SIZES.get(content.digest):
        raise SigningError(
            "cms.digest_length",
            f"{len(content.value)} bytes are no {content.digest} digest",
            params={"length": len(content.value)},
        )
    signature_algorithm = _signature_algorithm(signer.kind, content.digest)
    attributes = _signed_attributes(content, signer.certificate, signing_time)
    value = signer.sign(build.set_of(attributes), digest=content.digest)
    digest_algorithm = build.algorithm(algorithms.DIGEST_OIDS[content.digest])
    info = build.sequence(
        _VERSION_1,
        build.sequence(signer.certificate.issuer_der, build.integer(signer.certificate.serial)),
        digest_algorithm,
        build.set_of(attributes, _TAG_0),
        signature_algorithm,
        build.octet_string(value),
    )
    certificates = {item.der for item in (signer.certificate, *_without_root(signer.chain))}
    embedded = content.embedded
    signed_data = build.sequence(
        _VERSION_1 if content.inner in {DATA, GM_DATA} else _VERSION_3,
        build.set_of([digest_algorithm]),
        build.sequence(
            build.oid(content.inner),
            b"" if embedded is None else build.explicit(0, build.octet_string(embedded)),
        ),
        build.set_of(certificates, _TAG_0),
        build.set_of([info]),
    )
    return build.sequence(build.oid(content.outer), build.explicit(0, signed_data))


def with_timestamp(cms: bytes, token: bytes) -> bytes:
    """Return a CMS of ``build_cms`` with a time-stamp token as unsigned attribute (RFC 3161 A).

    Everything that is signed is copied verbatim; earlier unsigned attributes are kept.

    Raises:
        MalformedInput: not a CMS with exactly one signer.

    """
    content_type, tagged = der.parse(cms).children()
    *head, infos = tagged.only().children()
    signers = infos.children()
    if len(signers) != 1:
        raise MalformedInput("cms.too_many_signers", f"{len(signers)} signers")
    members = signers[0].children()
    earlier = [member.raw for member in members[-1].children()] if members[-1].tag == _TAG_1 else []
    kept = [member.raw for member in members if member.tag != _TAG_1]
    stamp = build.sequence(build.oid(cms_attrs.TIME_STAMP), build.set_of([token]))
    info = build.sequence(*kept, build.set_of([*earlier, stamp], _TAG_1))
    signed_data = build.sequence(*(node.raw for node in head), build.set_of([info]))
    return build.sequence(content_type.raw, build.explicit(0, signed_data))


def _signature_algorithm(kind: str, digest: str) -> bytes:
    if kind == "ed25519" and digest != "sha512":
        # RFC 8419 3.1: the message digest beside Ed25519 is SHA-512.
        raise SigningError(
            "digest.mismatch",
            f"a {kind} key does not sign with {digest}",
            params={"kind": kind, "digest": digest},
        )
    try:
        dotted = algorithms.signature_oid(kind, digest)
    except MalformedInput as error:
        raise SigningError(error.code, error.message, params=error.params) from error
    return build.algorithm(dotted, build.NULL_VALUE if kind == "rsa" else b"")


def _signed_attributes(
    content: Content, certificate: CertificateFacts, signing_time: datetime | None
) -> list[bytes]:
    attributes = [
        _attribute(cms_attrs.CONTENT_TYPE, build.oid(content.inner)),
        _attribute(cms_attrs.MESSAGE_DIGEST, build.octet_string(content.value)),
        _attribute(cms_attrs.ESS_V2, _certificate_id(content.digest, certificate)),
    ]
    if signing_time is not None:
        at = signing_time.replace(microsecond=0)
        attributes.append(_attribute(cms_attrs.SIGNING_TIME, build.time(at)))
    return attributes


def _attribute(dotted: str, value: bytes) -> bytes:
    return build.sequence(build.oid(dotted), build.set_of([value]))


def _certificate_id(digest: str, certificate: CertificateFacts) -> bytes:
    """Return SigningCertificateV2; sha256 is its DEFAULT and must be left out (X.690 11.5)."""
    algorithm = b"" if digest == "sha256" else build.algorithm(algorithms.DIGEST_OIDS[digest])
    value = build.octet_string(digests.digest(digest, certificate.der))
    return build.sequence(build.sequence(build.sequence(algorithm, value)))


def _without_root(chain: tuple[CertificateFacts, ...]) -> tuple[CertificateFacts, ...]:
    return tuple(item for item in chain if not item.self_issued)
