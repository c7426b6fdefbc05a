"""Signs a PDF in one of the layouts of layouts.toml: CMS (SM2, RSA, ECDSA) or SES_Signature.

1 pick the layout for the signer's key; 2 measure the signature with a stand-in that signs nothing;
3 write the file with exactly that room; 4 digest all bytes but the room; 5 sign; 6 put it in place.
It refuses key kinds that no layout names, and a seal layout without a seal.
Clauses: ISO 32000-1 12.8; ETSI EN 319 142-1; GB/T 38540-2020 (signature with a seal).
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from importlib import resources
from typing import Any, Literal, cast

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from ecert.crypto.cms_build import build_cms
from ecert.crypto.digest import digest
from ecert.crypto.signer import Signer
from ecert.documents.pdf.appearance import Raster, Rectangle
from ecert.documents.pdf.write import Attachment, SignatureSlot, prepare
from ecert.errors import SigningError
from ecert.seals.making import Seal, sign_with_seal

__all__ = ["Layout", "Stamp", "layouts", "pick_layout", "property_info", "sign_pdf"]

_WIDE = 9_999_999_999
_LONGEST = {
    # SEQUENCE of two integers below the group order, whose first bit is set
    "sm2": bytes.fromhex("3046022100" + "ff" * 32 + "022100" + "ff" * 32),
    "p256": bytes.fromhex("3046022100" + "ff" * 32 + "022100" + "ff" * 32),
    "p384": bytes.fromhex("3066023100" + "ff" * 48 + "023100" + "ff" * 48),
}
_SES_OVERHEAD = 150
"""dataHash 36, time 17, signature 74, algorithm 12, version 3, headers of nine elements, slack."""
_SLACK = 24
"""DER of (r, s) and of lengths differs by a few bytes from one signature to the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One row of layouts.toml; the meaning of each field stands there."""

    layout: str
    kinds: tuple[str, ...]
    filter: str
    subfilter: str
    digest: str
    container: Literal["cms", "ses"]
    profile: Literal["pades", "adbe", "gmt0010", "gbt38540"]
    signing_time: Literal["attribute", "dictionary"]
    confidence: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Who signs, when, in which layout, and what the signature shows.

    Args:
        signer: the issuer's key. layout: ``"cms"`` or ``"ses"``. at: the signing instant.
        seal: needed by ``"ses"``. picture, where: the appearance, or None to draw nothing.

    """

    signer: Signer
    at: datetime
    layout: str = "cms"
    seal: Seal | None = None
    picture: Raster | None = None
    where: Rectangle | None = None


@lru_cache(maxsize=1)
def layouts() -> tuple[Layout, ...]:
    """Return the known layouts."""
    text = resources.files(__package__).joinpath("layouts.toml").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = tomllib.loads(text)["layout"]
    return tuple(Layout(**{**row, "kinds": tuple(row["kinds"])}) for row in rows)


def pick_layout(layout: str, kind: str) -> Layout:
    """Return the layout of that name for a key of that kind.

    Raises:
        SigningError: no such layout, or not for this kind of key.

    """
    for row in layouts():
        if row.layout == layout and kind in row.kinds:
            return row
    raise SigningError(
        "issue.layout_unknown",
        f"no layout {layout} for a {kind} key",
        params={"layout": layout, "kind": kind},
        hint="layouts are listed in layouts.toml",
    )


def property_info(byte_range: Sequence[int]) -> bytes:
    """Return what a SES_Signature says it protects: the /ByteRange as written in PDF."""
    return f"[{' '.join(str(n) for n in byte_range)}]".encode()


def sign_pdf(pdf: bytes, *, xmp: bytes, attachments: Sequence[Attachment], stamp: Stamp) -> bytes:
    """Return the signed file of one revision.

    Args:
        pdf: the face.
        xmp: the XMP packet.
        attachments: associated files.
        stamp: who signs, when and how.

    Raises:
        SigningError: the layout does not fit the key, or signing failed.
        MalformedDocument: the face cannot be used.

    """
    row = pick_layout(stamp.layout, stamp.signer.kind)
    if row.container == "ses" and stamp.seal is None:
        raise SigningError("issue.seal_needed", f"layout {stamp.layout} needs a seal")
    slot = SignatureSlot(
        filter=row.filter,
        subfilter=row.subfilter,
        at=stamp.at,
        reserved=0,
        picture=stamp.picture,
        where=stamp.where,
    )
    slot = replace(slot, reserved=_room(row, stamp))
    prepared = prepare(pdf, xmp=xmp, attachments=attachments, slot=slot)
    return prepared.fill(
        _contents(prepared.signed_bytes, prepared.byte_range, row=row, stamp=stamp)
    )


def _room(row: Layout, stamp: Stamp) -> int:
    """Return how many bytes the signature may need: padding costs every reader time."""
    if row.container == "ses":
        assert stamp.seal is not None
        parts = (stamp.seal.raw, stamp.signer.certificate.der, property_info((_WIDE,) * 4))
        return sum(len(part) for part in parts) + _SES_OVERHEAD
    trial = _contents(b"", (), row=row, stamp=_dry(stamp))
    return len(trial) + _SLACK


def _dry(stamp: Stamp) -> Stamp:
    """Return the same stamp with a signer that signs nothing, at the greatest length."""
    return replace(stamp, signer=cast("Signer", _StandIn(stamp.signer)))


class _StandIn:
    """Has a signer's shape and certificates; a device is not asked for a signature nobody needs."""

    def __init__(self, signer: Signer) -> None:
        self.certificate = signer.certificate
        self.chain = signer.chain
        self.kind = signer.kind

    def sign(self, message: bytes, *, digest: str | None = None) -> bytes:
        """Return as many bytes as the longest signature of this key has."""
        del message, digest
        if self.kind == "rsa":
            key = cast("RSAPublicKey", load_der_public_key(self.certificate.spki))
            return b"\xff" * (key.key_size // 8)
        return _LONGEST[self.kind]


def _contents(signed: bytes, byte_range: Sequence[int], *, row: Layout, stamp: Stamp) -> bytes:
    value = digest(row.digest, signed)
    if row.container == "ses":
        assert stamp.seal is not None
        return sign_with_seal(
            seal=stamp.seal.raw,
            signer=stamp.signer,
            data_hash=value,
            property_info=property_info(byte_range),
            at=stamp.at,
        )
    assert row.profile != "gbt38540"
    time = stamp.at if row.signing_time == "attribute" else None
    return build_cms(
        digest_value=value,
        digest=row.digest,
        signer=stamp.signer,
        signing_time=time,
        profile=row.profile,
    )
