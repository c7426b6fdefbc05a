"""Local deviations 统异 (ecert.deviation/1): what one division does otherwise than an agreement, until when.

A deviation narrows: it excludes, asks for more, or lowers to information only. Widening (`accept_also`)
is for the relying side alone and never reaches what the agreement excludes or refuses. Refused: no
end, no word of who allowed it, nothing changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ecert.trust.agreement import ANY, Basis, read_basis
from ecert.trust.codetable import division
from ecert.trust.reading import Node, bad

__all__ = ["Deviation", "parse_deviation"]

SCHEMA = "ecert.deviation/1"
_TOP = {
    "schema", "deviation_id", "version", "title", "agreement", "division", "allowed_by", "from",
    "until", "changes", "notes",
}  # fmt: skip
_SETS = {"types", "matters"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """One version of one deviation.

    Args:
        agreement: id of the agreement it changes. division: whose deviation it is.
        begin, until: half-open. allowed_by: who allowed it.
        exclude_types, exclude_matters: no longer accepted (by the relying side) or given (by the
            issuing side). require: rule ids and condition codes asked for beside the agreement's.
        information_only: not to be relied on alone.
        accept_types, accept_matters: accepted although the agreement does not name them.
        signed_by: division codes of the bundle roles that list exactly this file; empty in a folder.
    """

    deviation_id: str
    version: int
    title: str
    agreement: str
    division: str
    allowed_by: Basis
    begin: datetime
    until: datetime
    exclude_types: tuple[str, ...] = ()
    exclude_matters: tuple[str, ...] = ()
    require: tuple[str, ...] = ()
    information_only: bool = False
    accept_types: tuple[str, ...] = ()
    accept_matters: tuple[str, ...] = ()
    sha256: str = ""
    signed_by: tuple[str, ...] = ()

    @property
    def widens(self) -> bool:
        """Whether it accepts more than the agreement does."""
        return bool(self.accept_types or self.accept_matters)

    @property
    def changes(self) -> tuple[str, ...]:
        """What it changes, in a fixed order, as short texts."""
        parts = (
            ("exclude type", self.exclude_types),
            ("exclude matter", self.exclude_matters),
            ("require", self.require),
            ("information only", ("-",) if self.information_only else ()),
            ("accept type", self.accept_types),
            ("accept matter", self.accept_matters),
        )
        return tuple(f"{what}: {', '.join(values)}" for what, values in parts if values)


def parse_deviation(body: Any, source: str, *, sha256: str = "") -> Deviation:
    """Return one deviation.

    Raises:
        TrustError: unknown or missing members, no end, an end before its beginning, no change.
    """
    top = Node(body, source, "", _TOP)
    top.choice("schema", (SCHEMA,))
    changes = top.node("changes", {"exclude", "require", "information_only", "accept_also"})
    out = changes.node("exclude", _SETS) if changes.has("exclude") else None
    more = changes.node("accept_also", _SETS) if changes.has("accept_also") else None
    made = Deviation(
        deviation_id=top.text("deviation_id"),
        version=top.number("version", least=1),
        title=top.text("title"),
        agreement=top.text("agreement"),
        division=division(top, "division"),
        allowed_by=read_basis(top.node("allowed_by", {"document", "issuer", "date", "clause"})),
        begin=top.instant("from"),
        until=top.instant("until"),
        exclude_types=_named(out, "types"),
        exclude_matters=_named(out, "matters"),
        require=changes.texts("require"),
        information_only=changes.flag("information_only"),
        accept_types=_named(more, "types"),
        accept_matters=_named(more, "matters"),
        sha256=sha256,
    )
    if made.until <= made.begin:
        raise bad(source, "until", "must be after from")
    if not made.changes:
        raise bad(source, "changes", "needs at least one change")
    return made


def _named(node: Node | None, name: str) -> tuple[str, ...]:
    found = node.texts(name) if node is not None else ()
    if node is not None and ANY in found:
        raise bad(node.source, node.at(name), "names each one: a deviation knows no '*'")
    return found
