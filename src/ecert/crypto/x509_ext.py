"""The certificate extensions that decide something; all others are counted, never interpreted.

Processed here: basicConstraints, keyUsage, extendedKeyUsage, subject and authority key identifiers
(RFC 5280 4.2.1). Policies and name constraints are processed by ``path_validation``, distribution
points by ``crl_scope``, from ``values``. A critical extension outside these is reported as unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ecert.crypto import der
from ecert.crypto.der import Fields, Node
from ecert.errors import MalformedInput

__all__ = ["PURPOSES", "USAGE_BITS", "Extensions", "parse_extensions"]

USAGE_BITS = (
    "digital_signature",
    "non_repudiation",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
PURPOSES = {
    "2.5.29.37.0": "any_extended_key_usage",
    "1.3.6.1.5.5.7.3.1": "server_auth",
    "1.3.6.1.5.5.7.3.2": "client_auth",
    "1.3.6.1.5.5.7.3.3": "code_signing",
    "1.3.6.1.5.5.7.3.4": "email_protection",
    "1.3.6.1.5.5.7.3.8": "time_stamping",
    "1.3.6.1.5.5.7.3.9": "ocsp_signing",
}
_SKI = "2.5.29.14"
_KEY_USAGE = "2.5.29.15"
_ALT_NAME = "2.5.29.17"
_BASIC = "2.5.29.19"
_POINTS = "2.5.29.31"
_POLICIES = "2.5.29.32"
_AKI = "2.5.29.35"
_EXTENDED = "2.5.29.37"
_CONSTRAINTS = frozenset({"2.5.29.30", "2.5.29.33", "2.5.29.36", "2.5.29.54"})
_PROCESSED = _CONSTRAINTS | {
    _SKI,
    _KEY_USAGE,
    _ALT_NAME,
    _BASIC,
    _POINTS,
    _POLICIES,
    _AKI,
    _EXTENDED,
}
_AKI_KEY = 0x80
_COUNT = 64  # real certificates have ten
_SHORTEST_BOOLEAN = b"\xff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Extensions:
    """What the extensions say; the defaults are a certificate without any."""

    key_usage: frozenset[str] | None = None
    extended_key_usage: frozenset[str] | None = None
    is_ca: bool = False
    path_length: int | None = None
    ski: bytes | None = None
    aki: bytes | None = None
    critical: frozenset[str] = frozenset()
    unknown_critical: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    """Name and policy constraints present (RFC 5280 4.2.1.5, .10, .11, .14)."""
    values: Mapping[str, bytes] = field(default_factory=dict, compare=False, repr=False)
    """Contents of every extension by OID."""
    quirks: tuple[str, ...] = ()


def parse_extensions(node: Node) -> Extensions:
    """Read a SEQUENCE OF Extension.

    Raises:
        MalformedInput: broken framing, or one extension twice (RFC 5280 4.2).

    """
    values, critical, quirks = read_extensions(node)
    basic = _basic(values.get(_BASIC), quirks)
    return Extensions(
        key_usage=_usage(values.get(_KEY_USAGE)),
        extended_key_usage=_purposes(values.get(_EXTENDED)),
        is_ca=basic[0],
        path_length=basic[1],
        ski=_ski(values.get(_SKI)),
        aki=aki_of(values.get(_AKI)),
        critical=frozenset(critical),
        unknown_critical=tuple(sorted(set(critical) - _PROCESSED)),
        constraints=tuple(sorted(_CONSTRAINTS & values.keys())),
        values=values,
        quirks=tuple(sorted(quirks)),
    )


def read_extensions(node: Node) -> tuple[dict[str, bytes], set[str], set[str]]:
    """Return values by OID, the critical OIDs, and quirks; of certificates, CRLs and entries."""
    values: dict[str, bytes] = {}
    critical: set[str] = set()
    quirks: set[str] = set()
    members = node.expect(der.SEQUENCE).children()
    if len(members) > _COUNT:
        raise MalformedInput("x509.extension", f"more than {_COUNT} extensions")
    for member in members:
        fields = Fields(member)
        oid = fields.take().oid()
        flag = fields.maybe(der.BOOLEAN)
        value = fields.take(der.OCTET_STRING).body
        fields.end()
        if oid in values:
            raise MalformedInput("x509.duplicate_extension", f"extension {oid} stands twice")
        values[oid] = value
        if flag is not None and _boolean(flag, quirks):
            critical.add(oid)
    return values, critical, quirks


def aki_of(value: bytes | None) -> bytes | None:
    """Return the key identifier of an AuthorityKeyIdentifier, None where it names none."""
    if value is None:
        return None
    for member in der.parse(value).expect(der.SEQUENCE).children():
        if member.tag == _AKI_KEY:
            return member.body
    return None


def _boolean(node: Node, quirks: set[str]) -> bool:
    value = node.boolean()
    if not value:
        quirks.add("x509.explicit_default")
    elif node.body != _SHORTEST_BOOLEAN:
        quirks.add("x509.boolean_not_der")
    return value


def _basic(value: bytes | None, quirks: set[str]) -> tuple[bool, int | None]:
    if value is None:
        return False, None
    fields = Fields(der.parse(value))
    flag = fields.maybe(der.BOOLEAN)
    length = fields.maybe(der.INTEGER)
    fields.end()
    is_ca = _boolean(flag, quirks) if flag is not None else False
    path_length = length.integer() if length is not None else None
    if path_length is not None and path_length < 0:
        raise MalformedInput("x509.extension", "negative path length")
    return is_ca, path_length


def _usage(value: bytes | None) -> frozenset[str] | None:
    if value is None:
        return None
    octets, _unused = der.parse(value).bits()
    bits = int.from_bytes(octets[:2].ljust(2, b"\0"), "big")
    return frozenset(name for place, name in enumerate(USAGE_BITS) if bits >> (15 - place) & 1)


def _purposes(value: bytes | None) -> frozenset[str] | None:
    if value is None:
        return None
    oids = [member.oid() for member in der.parse(value).expect(der.SEQUENCE).children()]
    return frozenset(PURPOSES.get(oid, oid) for oid in oids)


def _ski(value: bytes | None) -> bytes | None:
    return None if value is None else der.parse(value).octets()
