"""Distinguished names for people to read, from whatever octets a certificate authority put there.

The text decides nothing: chains are built by key identifier and signature (L3). ``folded`` compares
names as RFC 5280 7.1 asks. Never raises on content of a string; control characters stay in, because
escaping is the renderer's work (L26). Refuses names of more than 64 parts.
"""

from __future__ import annotations

import unicodedata

from ecert.crypto import der
from ecert.crypto.der import Node
from ecert.errors import MalformedInput
from ecert.memo import Memo

__all__ = [
    "COMMON_NAME",
    "ORGANIZATION",
    "Attribute",
    "Folded",
    "decode_text",
    "display",
    "folded",
    "folded_rdn",
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
Folded = tuple[tuple[Attribute, ...], ...]
"""A Name as it is compared: its RDNs in order, the members of each sorted."""
_FOLDED: Memo[Folded] = Memo(entries=1024, size=1024 * 1024)
_FOLDED_WEIGHT = 8  # objects weigh some times the octets they came from


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


def folded(encoded: bytes) -> Folded:
    """Return a Name so that equal ones mean the same: string types, case and blanks are put aside.

    RFC 5280 7.1, RFC 4518 2.

    Raises:
        MalformedInput: not an RDNSequence.

    """
    return _FOLDED.ask(encoded, lambda: _fold(encoded), _FOLDED_WEIGHT * len(encoded))


def _fold(encoded: bytes) -> Folded:
    rdns = der.parse(encoded).expect(der.SEQUENCE).children()
    return tuple(folded_rdn(rdn.expect(der.SET)) for rdn in rdns)


def folded_rdn(node: Node) -> tuple[Attribute, ...]:
    """Return one RelativeDistinguishedName folded; its members in one order, whatever its tag."""
    members = []
    for member in node.children():
        fields = der.Fields(member)
        kind, value = fields.take().oid(), fields.take()
        text, _quirk = decode_text(value.tag, value.body)
        members.append((kind, _prepared(text)))
    return tuple(sorted(members))


def _prepared(text: str) -> str:
    """Prepare a string for comparison: compatibility forms, invisible marks, case, blanks."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.casefold())
        text = "".join(mark for mark in text if unicodedata.category(mark) != "Cf")
    return " ".join(text.casefold().split())
