"""Attributes of a CMS signer (RFC 5652 11, RFC 5035, RFC 6211, GB/T 35275), from signed bytes.

An attribute that must stand once and stands twice, or with two values, is named a duplicate and
makes the check fail: two readers would otherwise see two different signatures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ecert.crypto import algorithms, der
from ecert.crypto.der import Fields, Node
from ecert.crypto.sigcheck import Algorithm, parse_algorithm
from ecert.crypto.times import TimeClaim, parse_asn1_time
from ecert.errors import MalformedInput

__all__ = [
    "CONTENT_TYPE",
    "ESS_V1",
    "ESS_V2",
    "MESSAGE_DIGEST",
    "SIGNING_TIME",
    "TIME_STAMP",
    "EssCertId",
    "SignedAttributes",
    "parse_signed",
    "parse_unsigned",
]

CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"
PROTECTION = "1.2.840.113549.1.9.52"
ESS_V1 = "1.2.840.113549.1.9.16.2.12"
ESS_V2 = "1.2.840.113549.1.9.16.2.47"
TIME_STAMP = "1.2.840.113549.1.9.16.2.14"

_SINGLE = (CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME, PROTECTION, ESS_V1, ESS_V2)
_DIRECTORY_NAME = 0xA4
_TOKENS = 8  # each brings certificates and paths; a signature has one, rarely two
_PROTECTED_SIGNATURE = 0xA1


@dataclass(frozen=True, slots=True)
class EssCertId:
    """The signer's certificate as the signed attributes name it.

    Args:
        digest: digest name (``sha1`` for version 1), or the dotted OID of an unknown one.
        value: digest of the whole certificate.
        serial: serial number, where given.
        issuer_der: issuer Name, verbatim, where given.

    """

    digest: str
    value: bytes
    serial: int | None = None
    issuer_der: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedAttributes:
    """What the signed attributes say.

    Args:
        signed: DER as it was signed: the bytes that came under tag 0x31 (RFC 5652 5.4).
        content_type: dotted, None where absent.
        message_digest: None where absent.
        signing_time: None where absent.
        ess: certificate identifiers, version 2 first; the signer's entry of each attribute.
        protection: digest and signature algorithm of RFC 6211, where present.
        problem: reason code of a fault that forbids any verdict but failure.
        quirks: names of tolerated oddities.

    """

    signed: bytes
    content_type: str | None = None
    message_digest: bytes | None = None
    signing_time: TimeClaim | None = None
    ess: tuple[EssCertId, ...] = ()
    protection: tuple[Algorithm, Algorithm] | None = None
    problem: str | None = None
    quirks: tuple[str, ...] = ()


def parse_signed(node: Node) -> SignedAttributes:
    """Read ``[0] IMPLICIT SET OF Attribute``; what is verified keeps order and encoding (L21).

    Raises:
        MalformedInput: not a set of attributes.

    """
    members = node.children()
    quirks: tuple[str, ...] = ()
    if [member.raw for member in members] != sorted(member.raw for member in members):
        quirks = ("cms.unsorted_attributes",)
    values, repeated = _collect(members)
    duplicate = any(oid in repeated or len(values.get(oid, ())) > 1 for oid in _SINGLE)
    first = {oid: found[0] for oid, found in values.items() if found}
    empty = not members or any(not found for found in values.values())
    ess = (
        *_ess(first.get(ESS_V2), _cert_id_v2),
        *_ess(first.get(ESS_V1), _cert_id_v1),
    )
    signing_time = first.get(SIGNING_TIME)
    problem = "cms.duplicate_attribute" if duplicate else None
    if problem is None and empty:
        problem = "cms.empty_attribute"
    return SignedAttributes(
        signed=bytes((der.SET,)) + node.raw[1:],
        content_type=first[CONTENT_TYPE].oid() if CONTENT_TYPE in first else None,
        message_digest=first[MESSAGE_DIGEST].octets() if MESSAGE_DIGEST in first else None,
        signing_time=parse_asn1_time(signing_time.raw, "signingTime") if signing_time else None,
        ess=ess,
        protection=_protection(first.get(PROTECTION)),
        problem="cms.duplicate_attribute"
        if duplicate
        else "cms.empty_attribute"
        if empty
        else None,
        quirks=quirks,
    )


def parse_unsigned(node: Node) -> tuple[tuple[bytes, ...], tuple[str, ...]]:
    """Return the time-stamp tokens and all OIDs of ``[1] IMPLICIT SET OF Attribute``."""
    values, _repeated = _collect(node.children())
    tokens = tuple(token.raw for token in values.get(TIME_STAMP, ()))
    if len(tokens) > _TOKENS:
        raise MalformedInput("cms.too_many_timestamps", f"{len(tokens)} time stamps")
    return tokens, tuple(values)


def _collect(members: list[Node]) -> tuple[Mapping[str, list[Node]], set[str]]:
    values: dict[str, list[Node]] = {}
    repeated: set[str] = set()
    for member in members:
        fields = Fields(member)
        oid = fields.take().oid()
        found = fields.take(der.SET).children()
        fields.end()
        if oid in values:
            repeated.add(oid)
        values.setdefault(oid, []).extend(found)
    return values, repeated


def _ess(value: Node | None, read: Callable[[Node], EssCertId]) -> tuple[EssCertId, ...]:
    """Return the first identifier, which is the signer's (RFC 5035 3)."""
    if value is None:
        return ()
    fields = Fields(value)
    identifiers = fields.take(der.SEQUENCE).children()
    fields.maybe(der.SEQUENCE)
    fields.end()
    if not identifiers:
        raise MalformedInput("der.missing", "an empty list of certificate identifiers")
    return (read(identifiers[0]),)


def _cert_id_v1(node: Node) -> EssCertId:
    fields = Fields(node)
    value = fields.take().octets()
    return _with_issuer("sha1", value, fields)


def _cert_id_v2(node: Node) -> EssCertId:
    fields = Fields(node)
    algorithm = fields.maybe(der.SEQUENCE)
    oid = parse_algorithm(algorithm).oid if algorithm else algorithms.DIGEST_OIDS["sha256"]
    return _with_issuer(algorithms.digest_name(oid) or oid, fields.take().octets(), fields)


def _with_issuer(digest: str, value: bytes, fields: Fields) -> EssCertId:
    issuer_serial = fields.maybe(der.SEQUENCE)
    fields.end()
    if issuer_serial is None:
        return EssCertId(digest, value)
    inner = Fields(issuer_serial)
    general = inner.take(der.SEQUENCE).children()
    serial = inner.take(der.INTEGER).integer()
    inner.maybe(der.BIT_STRING)
    inner.end()
    names = [name.only().raw for name in general if name.tag == _DIRECTORY_NAME]
    return EssCertId(digest, value, serial, names[0] if len(names) == 1 else None)


def _protection(value: Node | None) -> tuple[Algorithm, Algorithm] | None:
    if value is None:
        return None
    fields = Fields(value)
    digest = parse_algorithm(fields.take(der.SEQUENCE))
    tagged = fields.take(_PROTECTED_SIGNATURE)
    fields.end()
    inner = Fields(tagged, _PROTECTED_SIGNATURE)
    oid = inner.take().oid()
    parameters = None if inner.peek() is None else inner.take().raw
    inner.end()
    return digest, Algorithm(oid, parameters)
