"""What a seal or a seal signature says, and the arithmetic found in it; no policy, no clock.

Versions: ``v1`` GM/T 0031-2014, ``v4`` GB/T 38540-2020, ``v5`` GM/T 0031-2025. Nothing here is
trusted: whether a maker may make, or a seal may be used, is the judge's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ecert.crypto.digest import digest
from ecert.crypto.times import TimeClaim
from ecert.crypto.tsp import TimestampFacts
from ecert.crypto.x509 import CertificateFacts
from ecert.report.outcome import NOT_COMPUTED, OK, Outcome

__all__ = ["CertListKind", "Picture", "SealFacts", "SealSignatureFacts", "SealVersion"]

SealVersion = Literal["v1", "v4", "v5"]
CertListKind = Literal["certificates", "digests"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The seal's image.

    Args:
        type: the type as written (GIF BMP JPG PNG SVG; real files also write ``ofd``).
        data: the image bytes, never decoded here.
        width_mm: stated width in millimetres. height_mm: stated height.
        sniffed: upper-case type by content (``"PNG"``, ``"JPG"``, ``"OFD"``...), or None.
    """

    type: str
    data: bytes
    width_mm: int
    height_mm: int
    sniffed: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SealFacts:
    """One SESeal.

    Args:
        version: structure found by its shape. declared_version: header.version as written.
        raw: the DER as it came.
        es_id: seal identifier. vendor_id: header's Vid. name: seal name. seal_type: a number.
        cert_list_kind: certificates or their digests. cert_list: DER certificates, or digests.
        created: createDate. valid_from: validStart. valid_to: validEnd.
        picture: the image.
        maker: certificate of the seal maker, or None when unreadable.
        maker_signature: the maker's signature over the one signed form of the version (L21).
        signature_algorithm: dotted OID of the maker's signature.
        timestamp: v5 ``[0]`` token over the maker's signature value. timestamp_value: that token
            parsed, covers the value and verifies; OK when there is none.
        extensions: extDatas as (dotted OID, critical, value).
        weak: names of weak digests the maker's signature rests on (sha1).
        quirks: named deviations (L22); `ecert.seals.quirks.severity` says what each allows.
    """

    version: SealVersion
    declared_version: int
    raw: bytes
    es_id: str
    vendor_id: str
    name: str
    seal_type: int
    cert_list_kind: CertListKind
    cert_list: tuple[bytes, ...]
    created: TimeClaim
    valid_from: TimeClaim
    valid_to: TimeClaim
    picture: Picture
    maker: CertificateFacts | None = None
    maker_signature: Outcome = NOT_COMPUTED
    signature_algorithm: str = ""
    timestamp: TimestampFacts | None = None
    timestamp_value: Outcome = OK
    extensions: tuple[tuple[str, bool, bytes], ...] = ()
    weak: tuple[str, ...] = ()
    quirks: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        """Hex digest of ``raw``."""
        return digest("sha256", self.raw).hex()


@dataclass(frozen=True, slots=True, kw_only=True)
class SealSignatureFacts:
    """One SES_Signature: a document signed with a seal.

    Args:
        version: structure found by its shape. declared_version: TBS_Sign.version as written.
        raw: the DER as it came.
        seal: the seal inside, with its own outcomes.
        signer: the signer's certificate, or None when unreadable.
        value: the signature value verifies over TBS_Sign as it came (L21).
        signer_listed: the signer's certificate, or its digest, is in the signed seal's list (L3).
        data_hash: dataHash, to be compared by the document reader.
        property_info: propertyInfo as bytes.
        time: timeInfo. timestamp: token over the signature value (v1: inside timeInfo).
        timestamp_value: that token parsed, covers the value and verifies; OK when there is none.
        digest_algorithm: name of the digest in the signature, e.g. ``"sm3"``.
        signature_algorithm: dotted OID as written.
        weak: names of weak digests that the signature or its seal rests on (sha1).
        extensions: extDatas of TBS_Sign as (dotted OID, critical, value).
        quirks: named deviations of the signature and of the seal inside it.
    """

    version: SealVersion
    declared_version: int
    raw: bytes
    seal: SealFacts
    signer: CertificateFacts | None = None
    value: Outcome = NOT_COMPUTED
    signer_listed: Outcome = NOT_COMPUTED
    data_hash: bytes = b""
    property_info: bytes = b""
    time: TimeClaim | None = None
    timestamp: TimestampFacts | None = None
    timestamp_value: Outcome = OK
    digest_algorithm: str = ""
    signature_algorithm: str = ""
    weak: tuple[str, ...] = ()
    extensions: tuple[tuple[str, bool, bytes], ...] = ()
    quirks: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        """Hex digest of ``raw``."""
        return digest("sha256", self.raw).hex()
