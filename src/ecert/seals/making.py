"""Makes GB/T 38540-2020 (v4) seals and signs with them; reads back all it made.

Refuses to make what a verifier would refuse: reversed dates, a signer outside the seal's list, a
signing time outside the seal's period, text outside ASCII in IA5String fields, keys other than SM2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from ecert.crypto import der, der_build
from ecert.crypto.algorithms import SM2_WITH_SM3
from ecert.crypto.signer import Signer
from ecert.crypto.x509 import CertificateFacts
from ecert.errors import MalformedInput, SigningError
from ecert.seals import picture as pictures
from ecert.seals.arithmetic import check_listed
from ecert.seals.asn1 import parse_seal, parse_seal_signature
from ecert.seals.facts import Picture, SealFacts
from ecert.seals.seal import Seal

__all__ = ["Seal", "SealOrder", "make_seal", "sign_with_seal"]

_VERSION = 4
_CERTIFICATES = 1
_SM3_SIZE = 32
_SIGNING = frozenset({"digital_signature", "non_repudiation"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SealOrder:
    """What a seal is to say.

    Args:
        es_id: seal identifier (ASCII). name: seal name, e.g. the organization's.
        vendor_id: the maker's vendor code (ASCII). seal_type: number, defined by the business.
        certificates: DER certificates of everyone who may sign with the seal, at least one.
        created: createDate. valid_from: validStart. valid_to: validEnd; all with a zone.
        picture: the image; type GIF, BMP, JPG, PNG or SVG.
    """

    es_id: str
    name: str
    vendor_id: str
    certificates: tuple[bytes, ...]
    created: datetime
    valid_from: datetime
    valid_to: datetime
    picture: Picture
    seal_type: int = 1


def make_seal(order: SealOrder, *, maker: Signer) -> bytes:
    """Return the DER of a new v4 seal, signed by its maker.

    Raises:
        SigningError: the order cannot be met, or the engine made a wrong signature.
    """
    _check_sm2(maker)
    _check_order(order)
    info = _seal_info(order)
    value = maker.sign(info, digest="sm3")
    seal = der_build.sequence(
        info,
        der_build.octet_string(maker.certificate.der),
        der_build.oid(SM2_WITH_SM3),
        der_build.bit_string(value),
    )
    if parse_seal(seal).maker_signature.ok is not True:
        raise _own_output()
    return seal


def sign_with_seal(
    *,
    seal: bytes,
    signer: Signer,
    data_hash: bytes,
    property_info: str | bytes,
    at: datetime,
    stamp: Callable[[bytes], bytes] | None = None,
) -> bytes:
    """Return the DER of a SES_Signature made with a v4 or v5 seal.

    Args:
        seal: the seal's DER, embedded verbatim.
        signer: key and certificate; the certificate must stand in the seal's list.
        data_hash: SM3 of the document's protected bytes.
        property_info: what is protected: package path of Signature.xml, or a PDF byte range.
        at: signing time, with a zone; written in whole seconds.
        stamp: makes a time-stamp token over the signature value, if one is wanted.

    Raises:
        MalformedSeal: ``seal`` is none.
        SigningError: the signature would not be valid.
    """
    _check_sm2(signer)
    facts = parse_seal(seal)
    _check_use(facts, signer, data_hash, at)
    text = property_info if isinstance(property_info, str) else property_info.decode("latin-1")
    tbs = der_build.sequence(
        der_build.integer(facts.declared_version),
        seal,
        _moment(at, "timeInfo"),
        der_build.bit_string(data_hash),
        _ia5(text, "propertyInfo"),
    )
    value = signer.sign(tbs, digest="sm3")
    token = (der_build.explicit(0, der_build.bit_string(stamp(value))),) if stamp else ()
    made = der_build.sequence(
        tbs,
        der_build.octet_string(signer.certificate.der),
        der_build.oid(SM2_WITH_SM3),
        der_build.bit_string(value),
        *token,
    )
    checked = parse_seal_signature(made)
    if checked.value.ok is not True or checked.timestamp_value.ok is not True:
        raise _own_output()
    return made


def _own_output() -> SigningError:
    return SigningError("seal.own_output", "the signature just made does not verify")


def _seal_info(order: SealOrder) -> bytes:
    picture = order.picture
    return der_build.sequence(
        der_build.sequence(
            _ia5("ES", "ID"), der_build.integer(_VERSION), _ia5(order.vendor_id, "Vid")
        ),
        _ia5(order.es_id, "esID"),
        der_build.sequence(
            der_build.integer(order.seal_type),
            der_build.utf8(order.name),
            der_build.integer(_CERTIFICATES),
            der_build.sequence(*(der_build.octet_string(item) for item in order.certificates)),
            _moment(order.created, "createDate"),
            _moment(order.valid_from, "validStart"),
            _moment(order.valid_to, "validEnd"),
        ),
        der_build.sequence(
            _ia5(picture.type, "picture type"),
            der_build.octet_string(picture.data),
            der_build.integer(picture.width_mm),
            der_build.integer(picture.height_mm),
        ),
    )


def _ia5(text: str, name: str) -> bytes:
    if not text.isascii() or not text.isprintable():
        raise SigningError(
            "seal.order_text",
            f"{name} must be printable ASCII",
            params={"field": name},
            hint="the standard's type is IA5String; Chinese belongs in the seal's name",
        )
    return der_build.tlv(der.IA5_STRING, text.encode("ascii"))


def _moment(moment: datetime, name: str) -> bytes:
    """Return a GeneralizedTime in UTC with Z, whole seconds: every reader takes that form."""
    if moment.tzinfo is None:
        raise SigningError("seal.order_zone", f"{name} has no time zone", params={"field": name})
    try:
        return der_build.generalized_time(moment.replace(microsecond=0))
    except OverflowError as error:
        raise SigningError(
            "seal.order_time", f"{name} is no time in UTC", params={"field": name}
        ) from error


def _check_sm2(signer: Signer) -> None:
    if signer.kind != "sm2":
        raise SigningError(
            "seal.order_key",
            f"GB/T 38540-2020 signs with SM2, not {signer.kind}",
            params={"kind": signer.kind},
        )


def _check_order(order: SealOrder) -> None:
    if not order.certificates:
        raise SigningError("seal.order_empty_list", "a seal needs at least one signer certificate")
    for item in order.certificates:
        try:
            usage = CertificateFacts.parse(item).key_usage
        except MalformedInput as error:
            raise SigningError(
                "seal.order_certificate", f"an entry is no certificate: {error.message}"
            ) from error
        if usage is not None and not usage & _SIGNING:
            raise SigningError("key.encryption_only", "an entry of the list may only encrypt")
    for name in ("created", "valid_from", "valid_to"):
        _moment(getattr(order, name), name)
    if order.valid_from >= order.valid_to:
        raise SigningError("seal.order_dates", "valid_from must be before valid_to")
    if not order.es_id or not order.name or not order.name.isprintable():
        raise SigningError(
            "seal.order_name", "a seal needs an identifier, and a name without hidden characters"
        )
    _check_picture(order.picture)


def _check_picture(picture: Picture) -> None:
    if not picture.data or picture.width_mm <= 0 or picture.height_mm <= 0:
        raise SigningError("seal.order_picture", "the picture needs data, a width and a height")
    _ia5(picture.type, "picture type")
    if not pictures.matches(picture.type, pictures.sniff(picture.data)):
        raise SigningError(
            "seal.order_picture_type",
            f"the picture is no {picture.type[:8]!r}",
            params={"type": picture.type[:8]},
        )


def _check_use(facts: SealFacts, signer: Signer, data_hash: bytes, at: datetime) -> None:
    if facts.version == "v1" or facts.maker_signature.ok is not True:
        raise SigningError(
            "seal.unusable",
            f"a {facts.version} seal cannot be used: {facts.maker_signature.code or 'old form'}",
            params={"version": facts.version},
        )
    if check_listed(signer.certificate.der, facts)[0].ok is not True:
        raise SigningError(
            "seal.signer_not_listed", "the signer's certificate is not in the seal's list"
        )
    if len(data_hash) != _SM3_SIZE:
        raise SigningError(
            "seal.order_hash",
            f"dataHash has {len(data_hash)} bytes, expected 32",
            params={"size": len(data_hash)},
        )
    _moment(at, "timeInfo")
    moment = at.astimezone(UTC).replace(microsecond=0)
    first, last = facts.valid_from.latest, facts.valid_to.earliest
    if first is None or last is None or not first <= moment <= last:
        raise SigningError("seal.outside_period", "the signing time is outside the seal's period")
