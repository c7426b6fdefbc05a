"""Takes SESeal and SES_Signature apart by shape; keeps every signed slice verbatim.

GM/T 0031-2014 (v1), GB/T 38540-2020 (v4), GM/T 0031-2025 (v5). The version INTEGER is no guide to
the structure: two elements are v1, four or five are v4 or v5. Refuses unknown elements; computes
nothing over what it read.
"""

from __future__ import annotations

from dataclasses import dataclass

from ecert.crypto import der, der_build
from ecert.crypto.times import TimeClaim, parse_asn1_time, parse_claim
from ecert.crypto.tsp import parse_timestamp
from ecert.seals import picture as pictures
from ecert.seals.facts import CertListKind, Picture, SealFacts, SealVersion
from ecert.seals.leaves import EXPLICIT_0, Extension, Reading, malformed

__all__ = ["SealParts", "SignatureParts", "Signed", "read_seal", "read_signature"]

_V1_SIZE, _V4_SIZE, _V5_SIZE = 2, 4, 5
_DECLARED: dict[SealVersion, frozenset[int]] = {
    # GM/T 0031-2014 itself gives 11 as an example of header.version.
    "v1": frozenset({1, 2, 3, 11}),
    "v4": frozenset({4}),
    "v5": frozenset({5}),
}
_CERTIFICATES, _DIGESTS = 1, 2
_PRINTABLE_STRING = 0x13
_SM3_SIZE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A signature value with what it is over.

    Args:
        message: the one signed form of the version, in the bytes that came (L21).
        certificate: DER of the certificate beside it. algorithm: dotted OID. value: the signature.
        other_forms: (quirk, message) pairs, tried only to explain a failure.
        document_hash: dataHash, which some signers used directly as e; b"" for a seal.
    """

    message: bytes
    certificate: bytes
    algorithm: str
    value: bytes
    other_forms: tuple[tuple[str, bytes], ...] = ()
    document_hash: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealParts:
    """A seal as read, before arithmetic.

    Args:
        facts: everything it says. signed: the maker's signature. token: v5 time stamp, or None.
    """

    facts: SealFacts
    signed: Signed
    token: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureParts:
    """A seal signature as read, before arithmetic; fields as in `SealSignatureFacts`."""

    version: SealVersion
    declared_version: int
    seal: SealParts
    signed: Signed
    token: bytes | None
    data_hash: bytes
    property_info: bytes
    time: TimeClaim
    extensions: tuple[Extension, ...]


@dataclass(frozen=True, slots=True)
class _Property:
    seal_type: int
    name: str
    kind: CertListKind
    cert_list: tuple[bytes, ...]
    dates: tuple[TimeClaim, TimeClaim, TimeClaim]


def read_seal(node: der.Node, reading: Reading) -> SealParts:
    """Take one SESeal apart.

    Raises:
        MalformedInput: none of the known shapes.
    """
    members = reading.members(node)
    size = len(members)
    if size not in {_V1_SIZE, _V4_SIZE, _V5_SIZE}:
        raise malformed(f"seal of {size} elements")
    info = members[0]
    rest = reading.fields(members[1] if size == _V1_SIZE else node)
    if size != _V1_SIZE:
        rest.take()
    certificate, algorithm = rest.take(der.OCTET_STRING), rest.take(der.OID)
    value = reading.bits(rest.take())
    token = _token(rest, reading) if size == _V5_SIZE else None
    rest.end()
    facts = _seal_info(node, info, size, reading)
    if token is not None and facts.version != "v5":
        reading.note("seal.version_mismatch")
    three = der_build.sequence(info.raw, certificate.raw, algorithm.raw)
    forms = ("seal.three_element_form", three), ("seal.info_only_form", info.raw)
    signed = Signed(
        message=three if size == _V1_SIZE else info.raw,
        certificate=certificate.body,
        algorithm=algorithm.oid(),
        value=value,
        other_forms=forms[1:] if size == _V1_SIZE else forms[:1],
    )
    return SealParts(facts=facts, signed=signed, token=token)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tail:
    """What v1 keeps inside the signed part and v4 and v5 beside it."""

    certificate: der.Node
    algorithm: der.Node
    value: bytes
    time: TimeClaim
    extensions: tuple[Extension, ...] = ()
    token: bytes | None = None
    forms: tuple[tuple[str, bytes], ...] = ()


def _v1_tail(fields: der.Fields, when: der.Node, value: der.Node, reading: Reading) -> _Tail:
    return _Tail(
        certificate=fields.take(der.OCTET_STRING),
        algorithm=fields.take(der.OID),
        value=reading.bits(value),
        time=_v1_time(when, reading),
    )


def _v4_tail(node: der.Node, fields: der.Fields, when: der.Node, reading: Reading) -> _Tail:
    extensions = _tbs_extensions(fields, reading)
    rest = reading.fields(node)
    tbs = rest.take()
    certificate, algorithm = rest.take(der.OCTET_STRING), rest.take(der.OID)
    value, time = reading.bits(rest.take()), _signing_time(when, reading)
    token = _token(rest, reading) if len(reading.members(node)) == _V5_SIZE else None
    rest.end()
    c0119 = der_build.sequence(tbs.body, certificate.raw, algorithm.raw)
    return _Tail(
        certificate=certificate,
        algorithm=algorithm,
        value=value,
        time=time,
        extensions=extensions,
        token=token,
        forms=(("seal.c0119_form", c0119),),
    )


def read_signature(node: der.Node, reading: Reading, seal_reading: Reading) -> SignatureParts:
    """Take one SES_Signature apart; deviations of the seal inside go to ``seal_reading``.

    Raises:
        MalformedInput: none of the known shapes.
    """
    members = reading.members(node)
    size = len(members)
    if size not in {_V1_SIZE, _V4_SIZE, _V5_SIZE}:
        raise malformed(f"seal signature of {size} elements")
    tbs = members[0]
    fields = reading.fields(tbs)
    declared = reading.number(fields.take())
    seal = read_seal(fields.take(), seal_reading)
    when = fields.take()
    data_hash = reading.bits(fields.take())
    if len(data_hash) != _SM3_SIZE and size != _V1_SIZE:
        reading.note("seal.data_hash_length")
    property_info = reading.string_bytes(fields.take())
    version: SealVersion = "v1"
    if size == _V1_SIZE:
        tail = _v1_tail(fields, when, members[1], reading)
    else:
        version = "v5" if seal.facts.version == "v5" else "v4"
        tail = _v4_tail(node, fields, when, reading)
    fields.end()
    if declared not in _DECLARED[version] or (version == "v1") != (seal.facts.version == "v1"):
        reading.note("seal.version_mismatch")
    signed = Signed(
        message=tbs.raw,
        certificate=tail.certificate.body,
        algorithm=tail.algorithm.oid(),
        value=tail.value,
        other_forms=tail.forms,
        document_hash=data_hash,
    )
    return SignatureParts(
        version=version,
        declared_version=declared,
        seal=seal,
        signed=signed,
        token=tail.token,
        data_hash=data_hash,
        property_info=property_info,
        time=tail.time,
        extensions=tail.extensions,
    )


def _token(rest: der.Fields, reading: Reading) -> bytes:
    return reading.bits(rest.take(EXPLICIT_0).only())


def _signing_time(node: der.Node, reading: Reading) -> TimeClaim:
    return reading.time(node, "timeInfo", der.GENERALIZED_TIME)


def _v1_time(node: der.Node, reading: Reading) -> TimeClaim:
    """Read v1 timeInfo, "time stamp or UTCTIME" in a BIT STRING: DER, a token, or text as met.

    A token here cannot cover the signature value, so its genTime is one more declared time (L11).
    """
    content = reading.bits(node)
    if content[:1] == bytes((der.SEQUENCE,)):
        facts = parse_timestamp(content, b"")
        moment = facts.gen_time
        text = moment.isoformat() if moment else ""
        return TimeClaim(source="timeInfo", text=text, earliest=moment, latest=moment)
    if content[:1] in {bytes((der.UTC_TIME,)), bytes((der.GENERALIZED_TIME,))}:
        return parse_asn1_time(content, "timeInfo")
    return parse_claim(content.decode("latin-1"), "timeInfo")


def _seal_info(node: der.Node, info: der.Node, size: int, reading: Reading) -> SealFacts:
    fields = reading.fields(info)
    declared, vendor = _header(fields.take(), reading)
    version: SealVersion = "v1"
    if size != _V1_SIZE:
        version = "v5" if declared in _DECLARED["v5"] else "v4"
    if declared not in _DECLARED[version]:
        reading.note("seal.version_mismatch")
    es_id = reading.text(fields.take(), der.IA5_STRING)
    prop = _property(fields.take(), version, reading)
    image = _picture(fields.take(), reading)
    extensions = _seal_extensions(fields, reading)
    fields.end()
    return SealFacts(
        version=version,
        declared_version=declared,
        raw=node.raw,
        es_id=es_id,
        vendor_id=vendor,
        name=prop.name,
        seal_type=prop.seal_type,
        cert_list_kind=prop.kind,
        cert_list=prop.cert_list,
        created=prop.dates[0],
        valid_from=prop.dates[1],
        valid_to=prop.dates[2],
        picture=image,
        extensions=extensions,
    )


def _header(node: der.Node, reading: Reading) -> tuple[int, str]:
    fields = reading.fields(node)
    if reading.text(fields.take(), der.IA5_STRING) != "ES":
        reading.note("seal.header_id")
    version = reading.number(fields.take())
    vendor = reading.text(fields.take(), der.IA5_STRING)
    fields.end()
    return version, vendor


def _property(node: der.Node, version: SealVersion, reading: Reading) -> _Property:
    fields = reading.fields(node)
    seal_type = reading.number(fields.take())
    name = reading.text(fields.take(), der.UTF8_STRING)
    kind: CertListKind = "certificates"
    if version != "v1":
        stated = reading.number(fields.take())
        if stated not in {_CERTIFICATES, _DIGESTS}:
            raise malformed(f"certListType {stated}")
        kind = "digests" if stated == _DIGESTS else "certificates"
    entries = reading.members(fields.take(), at_most=reading.limits.certificates)
    read = _digest_entry if kind == "digests" else _certificate_entry
    cert_list = tuple(read(entry, reading) for entry in entries)
    tag = der.UTC_TIME if version == "v1" else der.GENERALIZED_TIME
    created = reading.time(fields.take(), "createDate", tag)
    valid_from = reading.time(fields.take(), "validStart", tag)
    valid_to = reading.time(fields.take(), "validEnd", tag)
    fields.end()
    return _Property(seal_type, name, kind, cert_list, (created, valid_from, valid_to))


def _certificate_entry(node: der.Node, reading: Reading) -> bytes:
    if (
        node.tag == der.IA5_STRING
    ):  # a stray certID ::= IA5String stands in the 2014 text; L22: FAILED
        reading.note("seal.cert_list_ia5string")
        return node.body
    return node.octets()


def _digest_entry(node: der.Node, reading: Reading) -> bytes:
    fields = reading.fields(node)
    reading.text(fields.take(), _PRINTABLE_STRING)  # free text: it names no algorithm
    value = fields.take().octets()
    fields.end()
    return value


def _picture(node: der.Node, reading: Reading) -> Picture:
    fields = reading.fields(node)
    declared = reading.text(fields.take(), der.IA5_STRING)
    data = fields.take().octets()
    width, height = reading.number(fields.take()), reading.number(fields.take())
    fields.end()
    found = pictures.sniff(data)
    if not pictures.matches(declared, found):
        reading.note("seal.picture_type")
    return Picture(type=declared, data=data, width_mm=width, height_mm=height, sniffed=found)


def _seal_extensions(fields: der.Fields, reading: Reading) -> tuple[Extension, ...]:
    """Read extDatas of the seal: untagged in real files, though the text of 2014 says EXPLICIT."""
    if fields.peek() is None:
        return ()
    node = fields.take()
    if node.tag == EXPLICIT_0:
        reading.note("seal.extension_tag")
    return reading.extensions(node)


def _tbs_extensions(fields: der.Fields, reading: Reading) -> tuple[Extension, ...]:
    """Read extDatas of TBS_Sign: ``[0]`` EXPLICIT by GB/T 38540-2020."""
    node = fields.maybe(EXPLICIT_0)
    return reading.extensions(node.only().expect(der.SEQUENCE)) if node else ()
