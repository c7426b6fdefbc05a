"""The text of the code on a face: the identifier and a short digest of the certificate's data.

    ECERT:1:1.2.156.3005.2.….G:1f8c9a0b2d3e4f50

A code alone proves nothing and carries no signature (never-accept.md L10): it leads to the record,
and inside a document it must equal the covered data (L7). Its digest finds a slip or a lazy forgery;
16 hexadecimal digits of SM3 are no commitment by themselves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ecert.crypto.digest import digest
from ecert.errors import MalformedInput

__all__ = ["PrintedCode"]

_LONGEST = 512
"""Bytes; ours have about 110, and a code that people can still scan from paper holds some 300."""
_TEXT = re.compile(r"ECERT:1:([0-9A-Z.]{1,256}):([0-9a-f]{16})")
_CHARACTERS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedCode:
    """What a code says.

    Args:
        ecid: the identifier with its root.
        digest: the first 16 hexadecimal digits of SM3 over the certificate's canonical bytes.

    """

    ecid: str
    digest: str

    @classmethod
    def of(cls, ecid: str, canonical: bytes) -> PrintedCode:
        """Return the code of a certificate."""
        return cls(ecid=ecid, digest=digest("sm3", canonical).hex()[:_CHARACTERS])

    @classmethod
    def parse(cls, data: bytes) -> PrintedCode:
        """Return what the bytes of a code say.

        Raises:
            MalformedInput: it is no code of this form.

        """
        try:
            found = _TEXT.fullmatch(data.decode("ascii")) if len(data) <= _LONGEST else None
        except UnicodeDecodeError:
            found = None
        if found is None:
            raise MalformedInput("qr.not_ours", "the code does not have the form ECERT:1")
        return cls(ecid=found[1], digest=found[2])

    def text(self) -> str:
        """Return what is printed."""
        return f"ECERT:1:{self.ecid}:{self.digest}"
