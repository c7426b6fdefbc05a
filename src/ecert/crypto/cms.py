"""What one CMS signer's value proves: digest, signature and binding to a certificate, kept apart.

The signature is checked over the signed attributes as they came (tag 0x31 in place of 0xA0, RFC
5652 5.4), never over a re-encoding (never-accept.md L21). Tolerances are those of L22 and named; a
CMS without signed attributes is computed so that a report can explain it, and carries
``cms.no_signed_attributes``.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ecert.crypto import digest as digests
from ecert.crypto.cms_attrs import EssCertId
from ecert.crypto.cms_parse import (
    DATA,
    DATA_TYPES,
    SIGNED_DATA,
    CMSFacts,
    CMSSigner,
    parse_cms,
)
from ecert.crypto.sigcheck import check_prehashed, check_signature
from ecert.crypto.x509 import CertificateFacts
from ecert.report.outcome import OK, Outcome, failed, unknown

__all__ = [
    "DATA",
    "SIGNED_DATA",
    "TOLERATED_QUIRKS",
    "CMSCheck",
    "CMSFacts",
    "CMSSigner",
    "find_signer_certificate",
    "parse_cms",
    "verify_signer",
]

TOLERATED_QUIRKS = frozenset(
    {
        "cms.null_parameters",
        "cms.oid_spelling",
        "signature.absent_parameters",
        "signature.null_parameters",
        "sm2.raw_signature",
    }
)
"""The only quirks of this package's CMS and signature checks that may accompany accept (L22)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CMSCheck:
    """Result of one signer against one certificate and one content.

    Args:
        digest: the content is the one that the signed bytes name.
        value: the signature value holds under the certificate's key, and the signer names it.
        bound: the signed bytes name this certificate by digest (L3).
        quirks: names of tolerated and forbidden oddities, sorted.

    """

    digest: Outcome
    value: Outcome
    bound: Outcome
    quirks: tuple[str, ...] = ()


def find_signer_certificate(
    signer: CMSSigner, candidates: Sequence[CertificateFacts]
) -> CertificateFacts | None:
    """Return the one certificate that the signer names; None when there is none or it is ambiguous.

    Where several share issuer and serial, the digest inside the signed bytes decides (L3).
    """
    named = {item.der: item for item in candidates if _names(signer, item)}
    if len(named) > 1:
        named = {key: item for key, item in named.items() if _bound(signer, item)[0].ok}
    return next(iter(named.values())) if len(named) == 1 else None


def verify_signer(
    signer: CMSSigner,
    certificate: CertificateFacts,
    *,
    content_digest: Callable[[str], bytes],
) -> CMSCheck:
    """Compute what the signer proves about a content.

    Args:
        signer: from ``parse_cms``.
        certificate: the certificate to check against, from ``find_signer_certificate``.
        content_digest: returns the digest of the content (a byte range, a file, or the eContent
            of an attached CMS) under a digest name; called only with known names.

    """
    quirks = set(signer.quirks)
    if digests.is_known(signer.digest) and signer.digest in digests.WEAK:
        quirks.add("digest.weak")
    content = _content_outcome(signer, content_digest, quirks)
    value = _value_outcome(signer, certificate, content_digest, quirks)
    bound, weak = _bound(signer, certificate)
    return CMSCheck(digest=content, value=value, bound=bound, quirks=tuple(sorted(quirks | weak)))


def _names(signer: CMSSigner, certificate: CertificateFacts) -> bool:
    if signer.key_id is not None:
        return certificate.ski == signer.key_id
    return certificate.issuer_der == signer.issuer_der and certificate.serial == signer.serial


def _content_outcome(
    signer: CMSSigner, content_digest: Callable[[str], bytes], quirks: set[str]
) -> Outcome:
    if not digests.is_known(signer.digest):
        return unknown("cms.digest_unknown", digest=signer.digest)
    if signer.problem is not None:
        return failed(signer.problem)
    if signer.attributes is not None:
        return _type_problem(signer, quirks) or _attribute_outcome(signer, content_digest, quirks)
    if signer.econtent is not None:
        return _embedded(signer.econtent, signer.digest, content_digest, quirks)
    # Nothing inside names the content: the value itself decides.
    return OK


def _attribute_outcome(
    signer: CMSSigner, content_digest: Callable[[str], bytes], quirks: set[str]
) -> Outcome:
    stated = signer.message_digest
    if stated is None:
        return failed("cms.no_message_digest")
    if len(stated) != digests.SIZES[signer.digest]:
        return failed("cms.digest_length", length=len(stated))
    if signer.econtent is None:
        same = stated == content_digest(signer.digest)
        return OK if same else failed("cms.digest_mismatch")
    if stated != digests.digest(signer.digest, signer.econtent):
        return failed("cms.digest_mismatch")
    if stated == content_digest(signer.digest):
        return OK
    return _embedded(signer.econtent, signer.digest, content_digest, quirks)


def _type_problem(signer: CMSSigner, quirks: set[str]) -> Outcome | None:
    """Hold contentType against the content (RFC 5652 11.1); the two data types are one."""
    stated, declared = signer.content_type, signer.content_type_declared
    if stated is None:
        return failed("cms.no_content_type")
    if stated == declared:
        return None
    if {stated, declared} <= DATA_TYPES:
        quirks.add("cms.oid_spelling")
        return None
    return failed("cms.content_type_mismatch", declared=declared, stated=stated)


def _embedded(
    econtent: bytes, name: str, content_digest: Callable[[str], bytes], quirks: set[str]
) -> Outcome:
    """Compare an eContent that is the content's digest (GM/T 0099 7.2.2), raw or as Base64."""
    if econtent == content_digest(name):
        quirks.add("cms.content_is_digest")
        return OK
    try:
        decoded = base64.b64decode(econtent, validate=True)
    except binascii.Error:
        decoded = b""
    if decoded and decoded == content_digest(name):
        quirks.update({"cms.content_is_digest", "cms.base64_digest"})
        return OK
    if len(econtent) == digests.SIZES["sha1"] and econtent == content_digest("sha1"):
        quirks.update({"cms.content_is_digest", "digest.weak"})
        return OK
    if digests.digest(name, econtent) == content_digest(name):
        return OK
    return failed("cms.digest_mismatch")


def _value_outcome(
    signer: CMSSigner,
    certificate: CertificateFacts,
    content_digest: Callable[[str], bytes],
    quirks: set[str],
) -> Outcome:
    key = certificate.public_key
    if signer.problem is not None:
        return failed(signer.problem)
    if not _names(signer, certificate):
        return failed("cms.signer_identifier")
    if key is None:
        return unknown("signature.key_unsupported")
    if not digests.is_known(signer.digest):
        return unknown("cms.digest_unknown", digest=signer.digest)
    message = signer.signed_attrs if signer.attributes else signer.econtent
    if message is not None:
        check = check_signature(
            signer.signature_algorithm,
            key,
            message,
            signer.signature,
            declared_digest=signer.digest,
        )
    elif key.kind in {"sm2", "ed25519", "ed448"}:
        # Z and EdDSA need the content itself; a bare digest of it cannot be completed.
        return unknown("cms.content_needed")
    else:
        check = check_prehashed(
            signer.signature_algorithm,
            key,
            content_digest(signer.digest),
            signer.signature,
            declared_digest=signer.digest,
        )
    quirks.update(check.quirks)
    return OK if check.ok else failed(check.code or "crypto.signature_mismatch")


def _bound(signer: CMSSigner, certificate: CertificateFacts) -> tuple[Outcome, set[str]]:
    """Hold the signed certificate identifiers against the certificate (RFC 5035 5, L3)."""
    if not signer.ess:
        return unknown("signer.not_bound"), set()
    for identifier in signer.ess:
        if not digests.is_known(identifier.digest):
            return unknown("signer.not_bound"), set()
        if not _identifies(identifier, certificate):
            return failed("signer.bound_to_another"), set()
    strong = any(identifier.digest not in digests.WEAK for identifier in signer.ess)
    return OK, set() if strong else {"cms.weak_binding"}


def _identifies(identifier: EssCertId, certificate: CertificateFacts) -> bool:
    return (
        digests.digest(identifier.digest, certificate.der) == identifier.value
        and identifier.serial in {None, certificate.serial}
        and identifier.issuer_der in {None, certificate.issuer_der}
    )
