"""A seal as a value: its bytes, and the facts read from them once.

Refuses bytes that are no seal (MalformedSeal) and files above the limit before they are read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Self

from ecert.errors import MalformedSeal
from ecert.limits import Limits
from ecert.seals.asn1 import parse_seal
from ecert.seals.facts import SealFacts

__all__ = ["Seal"]


@dataclass(frozen=True, slots=True)
class Seal:
    """One electronic seal; two are equal when their bytes are.

    Args:
        raw: the DER of SESeal.

    Raises:
        MalformedSeal: not a seal.
    """

    raw: bytes = field(repr=False)
    facts: SealFacts = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "facts", parse_seal(self.raw))

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a seal from DER bytes."""
        return cls(data)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read a seal file (``*.esl``)."""
        file = Path(path)
        limit = Limits().signature_bytes
        if (size := file.stat().st_size) > limit:
            raise MalformedSeal(
                "seal.too_large",
                f"seal data of {size} bytes, at most {limit}",
                params={"size": size, "limit": limit},
            )
        return cls(file.read_bytes())
