"""Vocabularies of matters (ecert.matters/1): the service items of one region, with their names.

An agreement over every matter speaks only of matters that exist: where the relying region has a
vocabulary, a matter outside it is unknown. Refused: one code twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ecert.trust.codetable import division
from ecert.trust.reading import Node, bad

__all__ = ["Matter", "Matters", "parse_matters"]

SCHEMA = "ecert.matters/1"
_TOP = {"schema", "vocabulary_id", "version", "owner", "title", "source", "notes", "items"}
_MOST = 65536
"""Items of one vocabulary; a province lists under 20,000."""


@dataclass(frozen=True, slots=True)
class Matter:
    """One service item with its names."""

    code: str
    zh: str
    en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matters:
    """One version of one region's vocabulary.

    Args:
        owner: division code of the region. items: by code.
        signed_by: division codes of the bundle roles that list exactly this file; empty in a folder.
    """

    vocabulary_id: str
    version: int
    owner: str
    items: Mapping[str, Matter]
    sha256: str = ""
    signed_by: tuple[str, ...] = ()


def parse_matters(body: Any, source: str, *, sha256: str = "") -> Matters:
    """Return one vocabulary.

    Raises:
        TrustError: unknown or missing members, one code twice.
    """
    top = Node(body, source, "", _TOP)
    top.choice("schema", (SCHEMA,))
    nodes = top.nodes("items", {"code", "zh", "en"})
    if not 0 < len(nodes) <= _MOST:
        raise bad(source, "items", f"needs 1 to {_MOST} items")
    items = [Matter(n.text("code"), n.text("zh"), n.text("en", "")) for n in nodes]
    found = {item.code: item for item in items}
    if len(found) != len(items):
        raise bad(source, "items", "has one code twice")
    return Matters(
        vocabulary_id=top.text("vocabulary_id"),
        version=top.number("version", least=1),
        owner=division(top, "owner"),
        items=MappingProxyType(found),
        sha256=sha256,
    )
