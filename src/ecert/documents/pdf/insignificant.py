"""Byte ranges of a signed PDF whose change nobody sees or relies on, each with the name of its class.

For tests that change single bytes: a change outside these ranges must never be accepted. Classes:
``hex_case`` (a digit of /Contents in the other case: the value is the same), ``other_certificate``
(embedded, not the signer's: never trusted for being there), ``crl`` (evidence of the presenter:
clears only when its own signature holds, L17), ``unsigned_attribute`` (a time stamp: proves only
when its own signature holds, and is merely absent when it cannot be found).
"""

from __future__ import annotations

from dataclasses import dataclass

from ecert.crypto.cms import parse_cms
from ecert.documents.facts import SignatureFacts
from ecert.documents.pdf.facts import inspect_pdf
from ecert.limits import Limits

__all__ = ["HEX_CASE", "Insignificant", "insignificant_ranges"]

HEX_CASE = "hex_case"


@dataclass(frozen=True, slots=True)
class Insignificant:
    """One half-open range of bytes and the class it belongs to."""

    start: int
    end: int
    name: str

    def covers(self, original: bytes, changed: bytes) -> bool:
        """Whether the only differences of two files lie here and are of this class."""
        if len(original) != len(changed) or (
            original[: self.start] != changed[: self.start]
            or original[self.end :] != changed[self.end :]
        ):
            return False
        if self.name != HEX_CASE:
            return True
        return original[self.start : self.end].lower() == changed[self.start : self.end].lower()


def insignificant_ranges(data: bytes, limits: Limits | None = None) -> tuple[Insignificant, ...]:
    """Return the ranges of every signature whose own /Contents stands in its gap."""
    facts = inspect_pdf(data, limits or Limits())
    by_end = sorted(_gaps(data), key=lambda gap: gap[1])
    found: list[Insignificant] = []
    for signature, (start, end) in zip(facts.signatures, by_end, strict=False):
        found.append(Insignificant(start, end, HEX_CASE))
        text = data[start + 1 : end - 1].lower()
        for name, value in _pieces(signature, text):
            here = text.find(value.hex().encode()) if value else -1
            if here >= 0:
                first = start + 1 + here
                found.append(Insignificant(first, first + 2 * len(value), name))
    return tuple(found)


def _gaps(data: bytes) -> list[tuple[int, int]]:
    """Return the hexadecimal strings of /Contents, in file order."""
    gaps, here = [], data.find(b"/Contents")
    while here >= 0:
        start = here + len(b"/Contents")
        while data[start : start + 1].isspace():
            start += 1
        end = data.find(b">", start)
        if data[start : start + 1] == b"<" and data[start : start + 2] != b"<<" and end > 0:
            gaps.append((start, end + 1))
        here = data.find(b"/Contents", start)
    return gaps


def _pieces(signature: SignatureFacts, text: bytes) -> list[tuple[str, bytes]]:
    pieces = [("other_certificate", item.der) for item in signature.certificates]
    pieces += [("crl", item) for item in signature.crls]
    if signature.kind == "cms":
        pieces.append(("unsigned_attribute", _unsigned(bytes.fromhex(text.decode("ascii")))))
    return pieces


def _unsigned(content: bytes) -> bytes:
    """Return what follows the signature value: the unsigned attributes, or nothing."""
    cms = parse_cms(content, padding="zeros")
    value = cms.signers[-1].signature
    return cms.raw[cms.raw.rfind(value) + len(value) :]
