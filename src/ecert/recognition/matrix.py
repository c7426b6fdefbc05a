"""Who would recognise what: relying regions by certificates or types, as of one instant (D9).

Every cell is the answer of the same evaluation that judges a file, and says until when a yes holds: the
first instant at which the answer is another one. Only recognition is asked; that a certificate is
genuine and valid is not. A matrix is always simulated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ecert.errors import ECertError
from ecert.recognition.answers import YES, Answer, answer
from ecert.recognition.asked import Asked
from ecert.recognition.compiled import compile_knowledge
from ecert.recognition.moments import own_moments, reads_the_clock, shared_moments
from ecert.recognition.window import changes_between, days
from ecert.trust.agreement import ANY
from ecert.trust.knowledge import Knowledge

__all__ = ["MOST_CELLS", "Cell", "Column", "Matrix", "matrix", "relying_regions", "types_of"]

MOST_CELLS = 250_000
"""Cells of one matrix: every prefecture and province by 500 types, some 20 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One certificate, or one type as a certificate without data of its own; ``asked`` names no region."""

    label: str
    asked: Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One answer; ``until`` is the first instant at which a yes is another answer, None if not found."""

    relying: str
    column: Column
    answer: Answer
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """All answers, by region and then by column.

    Args:
        looked_until: end of the time in which the ends of a yes were looked for.
    """

    at: datetime
    looked_until: datetime
    matter: str | None
    regions: tuple[str, ...]
    columns: tuple[Column, ...]
    cells: tuple[Cell, ...]

    @property
    def rows(self) -> tuple[tuple[str, tuple[Cell, ...]], ...]:
        """The cells of each region."""
        size = len(self.columns)
        return tuple(
            (region, self.cells[n * size : (n + 1) * size]) for n, region in enumerate(self.regions)
        )


def relying_regions(knowledge: Knowledge) -> tuple[str, ...]:
    """Return every division that an agreement names as accepting, or a deviation as its own."""
    named = {e.relying for a in knowledge.agreements if not a.reference for e in a.edges}
    return tuple(sorted(named | {d.division for d in knowledge.deviations}))


def types_of(knowledge: Knowledge) -> tuple[str, ...]:
    """Return every type code, and every profile id, that an agreement names."""
    named = {
        name
        for a in knowledge.agreements
        if not a.reference
        for name in (*a.types, *a.type_names)
        if name != ANY
    }
    return tuple(sorted(named))


def matrix(
    columns: Sequence[Column],
    knowledge: Knowledge,
    *,
    at: datetime,
    until: datetime,
    regions: Sequence[str] = (),
    seen: Callable[[int], None] | None = None,
) -> Matrix:
    """Return the matrix of one matter, which the columns name.

    Args:
        until: how far to look for the end of a yes. regions: all of the knowledge if not given.
        seen: told how many cells are done.

    Raises:
        ECertError: ``matrix.too_large``, ``window.too_long``.
    """
    rows = tuple(regions) or relying_regions(knowledge)
    size = len(rows) * len(columns)
    if size > MOST_CELLS:
        params = {"cells": size, "limit": MOST_CELLS}
        raise ECertError("matrix.too_large", f"{size} cells", params=params)
    compiled = compile_knowledge(knowledge)
    cells = []
    for region in rows:
        for column in columns:
            question = replace(column.asked, relying=region)
            said = answer(question, compiled, at=at)
            cells.append(Cell(relying=region, column=column, answer=said, until=None))
            if seen is not None:
                seen(len(cells))
    return Matrix(
        at=at,
        looked_until=until,
        matter=columns[0].asked.matter if columns else None,
        regions=rows,
        columns=tuple(columns),
        cells=_ends(cells, knowledge, at, until),
    )


def _ends(
    cells: Sequence[Cell], knowledge: Knowledge, at: datetime, until: datetime
) -> tuple[Cell, ...]:
    """Return the cells with the end of every yes: all that still stand are asked at each instant in turn.

    In turn, because what is in force at an instant is worked out once for all of them.
    """
    compiled = compile_knowledge(knowledge)
    found = dict(enumerate(cells))
    alive = {n: cell for n, cell in found.items() if cell.answer.outcome in YES}

    def word(cell: Cell, moment: datetime) -> str:
        question = replace(cell.column.asked, relying=cell.relying)
        return answer(question, compiled, at=moment).outcome

    before = at
    for moment in _instants(alive.values(), knowledge, at, until):
        for n, cell in tuple(alive.items()):
            now = word(cell, moment)
            if now != cell.answer.outcome:
                ask: Callable[[datetime], str] = _asking(word, cell)
                ends = changes_between(ask, (before, cell.answer.outcome), (moment, now))
                found[n] = replace(alive.pop(n), until=next(ends)[0])
        before = moment
    return tuple(found.values())


def _asking(word: Callable[[Cell, datetime], str], cell: Cell) -> Callable[[datetime], str]:
    return lambda moment: word(cell, moment)


def _instants(
    cells: Iterable[Cell], knowledge: Knowledge, at: datetime, until: datetime
) -> tuple[datetime, ...]:
    stated = {
        moment.at
        for cell in cells
        for moment in own_moments(replace(cell.column.asked, relying=cell.relying), knowledge)
    }
    stated.update(moment.at for moment in shared_moments(knowledge))
    if reads_the_clock(knowledge):
        stated.update(days(at, until))
    return tuple(sorted({*(m for m in stated if at < m < until), *([until] if until > at else [])}))
