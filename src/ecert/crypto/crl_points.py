"""Where revocations of a certificate stand, and what a list covers (RFC 5280 4.2.1.13, 5.2.5).

Reads cRLDistributionPoints and issuingDistributionPoint. Reasons are bit masks, so that the union
of several lists tells whether every reason is answered. Refuses what is not DER of these types, and
a list that limits itself to two kinds of certificate at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from ecert.crypto import der, names
from ecert.crypto.der import Node
from ecert.crypto.general_names import DIRECTORY, GeneralName, directory, read_general_names
from ecert.errors import MalformedInput

__all__ = ["ALL_REASONS", "DistributionPoint", "IssuingPoint", "points_of", "read_issuing_point"]

ALL_REASONS = 0b1_1111_1110
"""Bits 1 (keyCompromise) to 8 (aACompromise) of ReasonFlags; bit 0 is unused."""

_NAME, _FULL, _RELATIVE = 0xA0, 0xA0, 0xA1
_REASONS, _ISSUER = 0x81, 0xA2
_USER, _CA, _SOME, _INDIRECT, _ATTRIBUTE = 0x81, 0x82, 0x83, 0x84, 0x85
_BITS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributionPoint:
    """One place that a certificate names for its revocations.

    Args:
        names: of the place; None where only the issuer of the list is named.
        reasons: mask of the reasons found there.
        issuers: names of the list's issuer, empty where it is the certificate's own.

    """

    names: frozenset[GeneralName] | None = None
    reasons: int = ALL_REASONS
    issuers: frozenset[GeneralName] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuingPoint:
    """What a list says of its own scope.

    Args:
        names: of the place; None where it does not limit itself to one.
        only: ``"user"``, ``"ca"``, ``"attribute"`` or ``""``: the only kind of certificate in it.
        reasons: mask of the only reasons in it.
        indirect: entries may belong to other authorities.

    """

    names: frozenset[GeneralName] | None = None
    only: str = ""
    reasons: int = ALL_REASONS
    indirect: bool = False


def points_of(value: bytes | None, issuer: GeneralName) -> tuple[DistributionPoint, ...]:
    """Return the places of a certificate's revocations, the issuer's own name always among them.

    RFC 5280 6.3.3 ends by trying lists under the issuer's name for every reason.

    Raises:
        MalformedInput: not a cRLDistributionPoints.

    """
    own = DistributionPoint(names=frozenset({issuer}))
    if value is None:
        return (own,)
    members = der.parse(value).expect(der.SEQUENCE).children()
    return (*(_point(member, issuer) for member in members), own)


def _point(node: Node, issuer: GeneralName) -> DistributionPoint:
    parts = _parts(node, (_NAME, _REASONS, _ISSUER))
    issuers: tuple[GeneralName, ...] = ()
    if _ISSUER in parts:
        issuers = read_general_names(parts[_ISSUER])
    found = None
    if _NAME in parts:
        named = [name for name in issuers if name.form == DIRECTORY]
        found = _point_names(parts[_NAME], named[0] if named else issuer)
    reasons = _mask(parts[_REASONS]) if _REASONS in parts else ALL_REASONS
    return DistributionPoint(names=found, reasons=reasons, issuers=frozenset(issuers))


def read_issuing_point(value: bytes, issuer_der: bytes) -> IssuingPoint:
    """Read the issuingDistributionPoint of a list whose issuer is ``issuer_der``.

    Raises:
        MalformedInput: not one, or limited to two kinds of certificate.

    """
    tags = (_NAME, _USER, _CA, _SOME, _INDIRECT, _ATTRIBUTE)
    parts = _parts(der.parse(value), tags)
    kinds = {_USER: "user", _CA: "ca", _ATTRIBUTE: "attribute"}
    only = [name for tag, name in kinds.items() if tag in parts and _flag(parts[tag])]
    if len(only) > 1:
        raise MalformedInput("crl.scope", "a list of two kinds of certificate only")
    found = None
    if _NAME in parts:
        found = _point_names(parts[_NAME], directory(issuer_der))
    return IssuingPoint(
        names=found,
        only=only[0] if only else "",
        reasons=_mask(parts[_SOME]) if _SOME in parts else ALL_REASONS,
        indirect=_INDIRECT in parts and _flag(parts[_INDIRECT]),
    )


def _parts(node: Node, tags: tuple[int, ...]) -> dict[int, Node]:
    """Return the members of a SEQUENCE by tag: each at most once, in order, none unknown."""
    members = node.expect(der.SEQUENCE).children()
    places = [tags.index(member.tag) if member.tag in tags else -1 for member in members]
    if -1 in places or places != sorted(set(places)):
        raise MalformedInput("der.unexpected", f"unexpected member at offset {node.start}")
    return {member.tag: member for member in members}


def _point_names(node: Node, issuer: GeneralName) -> frozenset[GeneralName]:
    choice = node.only()
    if choice.tag == _FULL:
        return frozenset(read_general_names(choice))
    relative = names.folded_rdn(choice.expect(_RELATIVE))
    assert not isinstance(issuer.value, bytes)
    return frozenset({GeneralName(DIRECTORY, (*issuer.value, relative))})


def _flag(node: Node) -> bool:
    if node.end - node.body_start != 1:
        raise MalformedInput("der.value", f"not a BOOLEAN at offset {node.start}")
    return node.body != b"\0"


def _mask(node: Node) -> int:
    """Return ReasonFlags as a mask with bit n for reason flag n."""
    body = node.body
    if not body or body[0] > 7 or (len(body) == 1 and body[0]):  # noqa: PLR2004 - unused bits
        raise MalformedInput("der.value", f"not a BIT STRING at offset {node.start}")
    bits = int.from_bytes(body[1:3].ljust(2, b"\0"), "big") >> 16 - _BITS
    return sum(1 << n for n in range(_BITS) if bits >> _BITS - 1 - n & 1) & ALL_REASONS
