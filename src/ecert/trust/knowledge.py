"""What regions have said about accepting each other's certificates: everything recognition may read.

Comes whole from one trust folder or from the verified roles of one bundle; nothing here is looked
up, fetched or remembered anywhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ecert.report import OK, Outcome
from ecert.trust.agreement import Agreement
from ecert.trust.codetable import CodeTable
from ecert.trust.deviation import Deviation
from ecert.trust.matters import Matters
from ecert.trust.rule import Rule

__all__ = ["Knowledge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """Agreements, rules and what belongs to them.

    Args:
        origin: a plain folder is the operator's own decision; a bundle carries the parties'
            signatures (L19), and only a bundle can say that a list is complete (L18).
        complete: division codes whose own role says: what we recognise is all in this list.
        doubt: why none of it may carry an answer now, or a note about its age; OK for neither.
        references: published facts to show where nothing answers; None for those of the package.
    """

    origin: Literal["folder", "bundle"] = "folder"
    agreements: tuple[Agreement, ...] = ()
    rules: tuple[Rule, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    code_tables: tuple[CodeTable, ...] = ()
    matters: tuple[Matters, ...] = ()
    complete: tuple[str, ...] = ()
    doubt: Outcome = OK
    references: tuple[Agreement, ...] | None = None
