"""The documents of recognition by kind: how each is parsed, and how many make one `Knowledge`.

Kinds are the folders of a trust folder and of a bundle's targets alike. One version of one document in
two files is refused: which of them holds could not be told (recognition.md D2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Literal

from ecert.trust.agreement import Agreement, parse_agreement
from ecert.trust.codetable import CodeTable, parse_code_table
from ecert.trust.deviation import Deviation, parse_deviation
from ecert.trust.knowledge import Knowledge
from ecert.trust.matters import Matters, parse_matters
from ecert.trust.reading import bad
from ecert.trust.rule import Rule, parse_rule

__all__ = ["KINDS", "Document", "identity", "knowledge_of", "parse_document"]

Document = Agreement | CodeTable | Deviation | Matters | Rule


def _agreement(body: Any, source: str, *, sha256: str = "") -> Agreement:
    return parse_agreement(body, source, sha256=sha256, origin="operator")


KINDS: Mapping[str, tuple[str, Callable[..., Document]]] = MappingProxyType(
    {
        "agreements": ("agreements", _agreement),
        "rules": ("rules", parse_rule),
        "deviations": ("deviations", parse_deviation),
        "code-tables": ("code_tables", parse_code_table),
        "matters": ("matters", parse_matters),
    }
)
"""Folder to the member of `Knowledge` it fills and the parser of its files."""


def parse_document(kind: str, body: Any, source: str, *, sha256: str) -> Document:
    """Return the document in one file of a kind.

    Raises:
        TrustError: what its parser refuses.
    """
    return KINDS[kind][1](body, source, sha256=sha256)


def identity(document: Document) -> tuple[str, str, object]:
    """Return what names one version of one document."""
    if isinstance(document, Agreement):
        return "agreements", document.agreement_id, document.order
    if isinstance(document, CodeTable):
        return "code-tables", document.table_id, document.version
    if isinstance(document, Deviation):
        return "deviations", document.deviation_id, document.version
    if isinstance(document, Matters):
        return "matters", document.vocabulary_id, document.version
    return "rules", document.rule_id, document.version


def knowledge_of(
    documents: Iterable[tuple[str, Document]],
    *,
    origin: Literal["folder", "bundle"] = "folder",
    complete: tuple[str, ...] = (),
) -> Knowledge:
    """Return what many documents say together; each comes with the name of its file.

    Raises:
        TrustError: one version of one document stands in two files.
    """
    seen: dict[tuple[str, str, object], str] = {}
    parts: dict[str, list[Any]] = {member: [] for member, _ in KINDS.values()}
    for source, document in documents:
        name = identity(document)
        if seen.setdefault(name, document.sha256) != document.sha256:
            raise bad(source, "version", f"of {name[1]} stands in another file too")
        parts[KINDS[name[0]][0]].append(document)
    found: dict[str, Any] = {member: tuple(those) for member, those in parts.items()}
    return Knowledge(origin=origin, complete=complete, **found)
