"""Reads the leaf values of a seal and names every deviation: text, numbers, times, bits, extDatas.

Refuses wrong tags, INTEGERs above 8 octets, BOOLEANs that are neither 00 nor FF, untaken members.
GM/T 0031-2014 and GB/T 38540-2020, ASN.1 of the seal data.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice

from ecert.crypto import der
from ecert.crypto.times import TimeClaim, parse_asn1_time
from ecert.errors import MalformedSeal
from ecert.limits import Limits

__all__ = ["EXPLICIT_0", "Extension", "Reading", "malformed"]

EXPLICIT_0 = 0xA0
_INTEGER_OCTETS = 8
_MEMBERS = 8  # no SEQUENCE of the standards has more
_EXTENSIONS = 64
_PRINTABLE_STRING = 0x13
_TEXT_TAGS = frozenset({der.UTF8_STRING, der.IA5_STRING, _PRINTABLE_STRING})

Extension = tuple[str, bool, bytes]


def malformed(what: str) -> MalformedSeal:
    """Return the error for bytes that have none of the known shapes."""
    return MalformedSeal(
        "seal.malformed", f"not a known seal structure: {what}", params={"what": what}
    )


@dataclass(slots=True)
class Reading:
    """One pass over one structure: its limits and the deviations met so far.

    Args:
        limits: upper bounds.
        quirks: names met, in order, each once.
    """

    limits: Limits
    quirks: list[str] = field(default_factory=list)

    def note(self, quirk: str) -> None:
        """Remember a deviation once."""
        if quirk not in self.quirks:
            self.quirks.append(quirk)

    def members(self, node: der.Node, *, at_most: int = _MEMBERS) -> list[der.Node]:
        """Return the members of a SEQUENCE; refuses more than ``at_most`` before collecting."""
        node.expect(der.SEQUENCE)
        return self._bounded(node, at_most)

    def _bounded(self, node: der.Node, at_most: int) -> list[der.Node]:
        found = list(islice(der.iterate(node.data, node.body_start, node.end), at_most + 1))
        if len(found) > at_most:
            raise malformed(f"more than {at_most} members at offset {node.start}")
        return found

    def fields(self, node: der.Node) -> der.Fields:
        """Return a reader over the members of a SEQUENCE; what is left over is refused at its end."""
        return der.Fields(node)

    def number(self, node: der.Node) -> int:
        """Return an INTEGER of at most 8 octets in its shortest form."""
        value = node.expect(der.INTEGER).integer()
        body = node.body
        if len(body) > _INTEGER_OCTETS:
            raise malformed(f"INTEGER of {len(body)} octets at offset {node.start}")
        if len(body) != max(1, (value if value >= 0 else ~value).bit_length() // 8 + 1):
            raise malformed(f"padded INTEGER at offset {node.start}")
        return value

    def text(self, node: der.Node, tag: int) -> str:
        """Return a string; another string type or GB18030 bytes are named."""
        if node.tag not in _TEXT_TAGS:
            raise malformed(f"no string at offset {node.start}")
        if node.tag != tag:
            self.note("seal.string_type")
        body = node.body
        try:
            return body.decode("ascii" if tag == der.IA5_STRING else "utf-8")
        except UnicodeDecodeError:
            self.note("seal.text_encoding")
        try:
            return body.decode("utf-8")
        except UnicodeDecodeError:
            return body.decode("gb18030", "backslashreplace")

    def string_bytes(self, node: der.Node) -> bytes:
        """Return propertyInfo: an IA5String by type, bytes in practice (eseal-crypto.md 1.3)."""
        if node.tag not in _TEXT_TAGS:
            raise malformed(f"no string at offset {node.start}")
        if node.tag != der.IA5_STRING:
            self.note("seal.string_type")
        return node.body

    def bits(self, node: der.Node) -> bytes:
        """Return all octets of a BIT STRING; a count of unused bits is named and ignored (L22)."""
        octets, unused = node.bits()
        if unused:
            self.note("seal.unused_bits")
        return octets

    def time(self, node: der.Node, source: str, tag: int) -> TimeClaim:
        """Return one of the two ASN.1 times; the other type than the version's own is named."""
        if node.tag not in {der.UTC_TIME, der.GENERALIZED_TIME}:
            raise malformed(f"no time at offset {node.start}")
        if node.tag != tag:
            self.note("seal.time_type")
        return parse_asn1_time(node.raw, source)

    def extensions(self, node: der.Node) -> tuple[Extension, ...]:
        """Return extDatas: a SEQUENCE, or ``[0]`` around it or in its place.

        None is understood here, so a critical one is named.
        """
        if node.tag == EXPLICIT_0:
            inner = self._bounded(node, _EXTENSIONS)
            if len(inner) == 1 and not _is_extension(inner[0]):
                return self.extensions(inner[0].expect(der.SEQUENCE))
            return tuple(self._extension(item) for item in inner)
        return tuple(self._extension(item) for item in self.members(node, at_most=_EXTENSIONS))

    def _extension(self, node: der.Node) -> Extension:
        fields = self.fields(node)
        oid = fields.take().oid()
        flag = fields.maybe(der.BOOLEAN)
        critical = False
        if flag is not None:
            if flag.body not in {b"\x00", b"\xff"}:
                raise malformed(f"BOOLEAN at offset {flag.start}")
            critical = flag.boolean()
            self.note("seal.critical_extension" if critical else "seal.explicit_default")
        value = fields.take().octets()
        fields.end()
        return oid, critical, value


def _is_extension(node: der.Node) -> bool:
    """Whether a value starts like ExtData, with its OBJECT IDENTIFIER."""
    return node.body[:1] == bytes((der.OID,))
