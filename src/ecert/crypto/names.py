"""Distinguished names for people to read, from whatever octets a certificate authority put there.

Nothing here decides anything: names are compared as DER, chains are built by key and signature
(L3). Never raises on content of a string; control characters stay in, because escaping is the
renderer's work (L26). Refuses names of more than 64 parts.
"""

from __future__ import annotations

from ecert.crypto import der
from ecert.crypto.der import Node
from ecert.errors import MalformedInput

__all__ = [
    "COMMON_NAME",
    "ORGANIZATION",
    "Attribute",
    "decode_text",
    "display",
    "folded",
    "last",
    "parse_name",
]

COMMON_NAME = "2.5.4.3"
ORGANIZATION = "2.5.4.10"

_SHORT = {
    COMMON_NAME: "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "street",
    ORGANIZATION: "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "title",
    "2.5.4.42": "GN",
    "2.5.4.97": "organizationIdentifier",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "emailAddress",
}
_SPECIAL = frozenset(',+"\\<>;=')
_BMP_STRING = 0x1E
_UNIVERSAL_STRING = 0x1C
_UPPER_BOUND = 64
_PARTS = 64  # real names have ten
_ASCII_TAGS = frozenset({0x12, 0x13, der.IA5_STRING, 0x1A})
_LONG_FORMS = frozenset({"1.2.840.113549.1.9.1", "0.9.2342.19200300.100.1.25"})

Attribute = tuple[str, str]
"""Dotted type and decoded text."""


def decode_text(tag: int, body: bytes) -> tuple[str, str | None]:
    """Decode a directory string; return its text and a quirk where the type does not fit.

    UTF-8, then GB18030, then one character per octet: real certificates carry Chinese in every
    string type (eseal-crypto.md 8.12, 8.13).
    """
    if tag == _BMP_STRING:
        return body.decode("utf-16-be", errors="replace"), None
    if tag == _UNIVERSAL_STRING:
        return body.decode("utf-32-be", errors="replace"), None
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        try:
            return body.decode("gb18030"), "x509.gb18030_name"
        except UnicodeDecodeError:
            return body.decode("latin-1"), "x509.undecodable_name"
    return text, "x509.utf8_in_ascii" if tag in _ASCII_TAGS and not text.isascii() else None


def parse_name(name: Node) -> tuple[tuple[Attribute, ...], tuple[str, ...]]:
    """Return the attributes of a Name in their order, and the quirks met.

    Raises:
        MalformedInput: not an RDNSequence (RFC 5280 4.1.2.4).

    """
    attributes: list[Attribute] = []
    quirks: list[str] = []
    for rdn in name.expect(der.SEQUENCE).children():
        members = rdn.expect(der.SET).children()
        if not members:
            raise MalformedInput("der.missing", "an empty RDN", params={"offset": rdn.start})
        for member in members:
            fields = der.Fields(member)
            kind = fields.take().oid()
            value = fields.take()
            fields.end()
            text, quirk = decode_text(value.tag, value.body)
            if quirk:
                quirks.append(quirk)
            if len(text) > _UPPER_BOUND and kind not in _LONG_FORMS:
                quirks.append("x509.long_attribute")
            attributes.append((kind, text))
        if len(attributes) > _PARTS:
            raise MalformedInput("x509.name", f"a name of more than {_PARTS} parts")
    return tuple(attributes), tuple(quirks)


def display(attributes: tuple[Attribute, ...]) -> str:
    """Return ``CN=..., O=...`` in encoded order, separators escaped (RFC 4514 2.4)."""
    return ", ".join(f"{_SHORT.get(kind, kind)}={_escape(text)}" for kind, text in attributes)


def last(attributes: tuple[Attribute, ...], kind: str) -> str | None:
    """Return the most specific (last) value of one attribute type."""
    found = [text for name, text in attributes if name == kind]
    return found[-1] if found else None


def _escape(text: str) -> str:
    return "".join(f"\\{mark}" if mark in _SPECIAL else mark for mark in text)


def folded(encoded: bytes) -> tuple[tuple[tuple[str, str], ...], ...]:
    """Return a Name so that equal ones mean the same: string types, case and blanks are put aside.

    RFC 5280 7.1. Only narrows the choice of issuers to try; the signature decides.

    Raises:
        MalformedInput: not an RDNSequence.

    """
    found = []
    for rdn in der.parse(encoded).expect(der.SEQUENCE).children():
        members = []
        for member in rdn.expect(der.SET).children():
            fields = der.Fields(member)
            kind, value = fields.take().oid(), fields.take()
            text, _quirk = decode_text(value.tag, value.body)
            members.append((kind, " ".join(text.casefold().split())))
        found.append(tuple(sorted(members)))
    return tuple(found)
