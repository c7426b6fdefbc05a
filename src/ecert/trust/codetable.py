"""Code tables between regions (ecert.code-table/1): which codes of one system stand for which of another.

A relation with dates: one code may stand for several, and then no single answer is given. Refused: a
row that ends before it begins, one row twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from ecert.errors import InvalidIdentifier
from ecert.ids.dates import parse_date
from ecert.trust.reading import Node, bad

__all__ = ["CodeRow", "CodeTable", "parse_code_table"]

SCHEMA = "ecert.code-table/1"
_TOP = {"schema", "table_id", "version", "owner", "title", "source", "notes", "rows"}
_ROW = {"code", "to", "from", "until", "lossy"}
_MOST = 65536
"""Rows of one table; the largest in use, of divisions with history, has under 10,000."""


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One pair of codes, from its first to its last day (Asia/Shanghai, both inclusive)."""

    code: str
    to: str
    first: date | None = None
    last: date | None = None
    lossy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeTable:
    """One version of one table.

    Args:
        owner: division code of the region whose table it is.
        signed_by: division codes of the bundle roles that list exactly this file; empty in a folder.
    """

    table_id: str
    version: int
    owner: str
    title: str
    rows: tuple[CodeRow, ...]
    sha256: str = ""
    signed_by: tuple[str, ...] = ()

    def rows_of(self, code: str, day: date) -> tuple[CodeRow, ...]:
        """Return every row for a code that holds on a day; several keep their order."""
        return tuple(
            r
            for r in self.rows
            if r.code == code and (r.first or date.min) <= day <= (r.last or date.max)
        )


def parse_code_table(body: Any, source: str, *, sha256: str = "") -> CodeTable:
    """Return one code table.

    Raises:
        TrustError: unknown or missing members, a row twice, one that ends before it begins.
    """
    top = Node(body, source, "", _TOP)
    top.choice("schema", (SCHEMA,))
    nodes = top.nodes("rows", _ROW)
    if not 0 < len(nodes) <= _MOST:
        raise bad(source, "rows", f"needs 1 to {_MOST} rows")
    rows = tuple(_row(node) for node in nodes)
    if len(set(rows)) != len(rows):
        raise bad(source, "rows", "has one row twice")
    return CodeTable(
        table_id=top.text("table_id"),
        version=top.number("version", least=1),
        owner=division(top, "owner"),
        title=top.text("title"),
        rows=rows,
        sha256=sha256,
    )


def division(node: Node, name: str) -> str:
    """Return a member that is a six-digit division code."""
    text = node.text(name)
    if len(text) != 6 or not (text.isascii() and text.isdigit()):  # noqa: PLR2004 - GB/T 2260
        raise bad(node.source, node.at(name), "must be a six-digit division code")
    return text


def day(node: Node, name: str) -> date | None:
    """Return a calendar day, or None when the member is absent."""
    if not node.has(name):
        return None
    try:
        return parse_date(node.text(name))
    except InvalidIdentifier:
        raise bad(node.source, node.at(name), "must be a day, e.g. 2026-01-01") from None


def _row(node: Node) -> CodeRow:
    row = CodeRow(
        node.text("code"),
        node.text("to"),
        day(node, "from"),
        day(node, "until"),
        node.flag("lossy"),
    )
    if row.first and row.last and row.last < row.first:
        raise bad(node.source, node.at("until"), "lies before from")
    return row
