"""Turns a PDF's signature dictionaries into facts: coverage, arithmetic, successors (L6, L21).

Arithmetic is our own for every file; pyHanko is asked only what an earlier signature's successors
changed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

from ecert.documents.changes import Change
from ecert.documents.facts import Part, SignatureFacts
from ecert.documents.pdf.appended import unlisted
from ecert.documents.pdf.arithmetic import compute
from ecert.documents.pdf.coverage import Covered, covered_bytes
from ecert.documents.pdf.fields import Candidate
from ecert.documents.pdf.history import History, certain
from ecert.documents.pdf.objects import entry, name_of, text_of
from ecert.documents.pdf.revisions import Question, judge_changes
from ecert.documents.pdf.structure import Layout
from ecert.documents.pdf.successors import judge_successors
from ecert.documents.pdf.times import parse_pdf_date
from ecert.limits import Limits
from ecert.report.outcome import OK, Outcome, failed, unknown

__all__ = ["read_signatures"]

_MAX_WHERE: Final = 256


def read_signatures(
    data: bytes,
    layout: Layout,
    candidates: Sequence[Candidate],
    limits: Limits,
    *,
    drawing: Collection[int] = (),
) -> tuple[tuple[SignatureFacts, ...], tuple[Covered, ...]]:
    """Return facts and ranges of every signature dictionary, in the order of what they cover.

    Args:
        data: the file. layout: its skeleton.
        candidates: the signature dictionaries.
        limits: upper bounds.
        drawing: numbers of the objects that hold an annotation which can draw.

    """
    placed = [(found, covered_bytes(data, layout, found, limits)) for found in candidates]
    placed.sort(key=lambda pair: (pair[1].end, pair[0].owner))
    facts = [
        _one(index, data, found, covered, limits) for index, (found, covered) in enumerate(placed)
    ]
    judged = _with_changes(data, layout, placed, facts, drawing, limits)
    return judged, tuple(covered for _, covered in placed)


def _one(
    index: int, data: bytes, found: Candidate, covered: Covered, limits: Limits
) -> SignatureFacts:
    structure = covered.structure
    if structure.ok is True and found.referenced != 1:
        code = "pdf.signature_shared" if found.referenced else "signature.unreferenced"
        structure = unknown(code)
    subfilter = name_of(entry(found.value, "SubFilter"))
    date = text_of(entry(found.value, "M"))
    base = SignatureFacts(
        index=index,
        where=found.where[:_MAX_WHERE],
        kind="unknown",
        profile=subfilter,
        structure=structure,
        quirks=covered.quirks,
        coverage=covered.coverage,
        uncovered=covered.uncovered(len(data)),
        draws=found.draws,
        docmdp=found.docmdp,
        times=()
        if date is None
        else (parse_pdf_date(date, source="M", covered=covered.gap is not None),),
    )
    if not covered.content:
        return base
    return compute(base, data, covered, subfilter, limits)


def _with_changes(
    data: bytes,
    layout: Layout,
    placed: Sequence[tuple[Candidate, Covered]],
    facts: Sequence[SignatureFacts],
    drawing: Collection[int],
    limits: Limits,
) -> tuple[SignatureFacts, ...]:
    draws = {found.where: found.draws for found, _ in placed}
    answers: dict[int, Outcome] = {}
    questions: dict[int, Question] = {}
    for index, (_, covered) in enumerate(placed):
        direct = _direct_answer(data, layout, covered)
        if direct is None:
            questions[index] = _question(index, placed)
        else:
            answers[index] = direct
    replies = judge_changes(data, layout, list(questions.values()), draws)
    named: dict[int, tuple[Change, ...]] = {}
    history = History(data, layout, limits)
    for (index, question), reply in zip(questions.items(), replies, strict=True):
        found, covered = placed[index]
        changes = history.changes(found, covered, question.docmdp)
        answers[index] = certain(reply, changes)
        named[index] = changes if changes is not None else (Change(code="change.unread"),)
        if answers[index].ok is not False and not all(
            layout.stands_before(number, covered.end) for number in drawing
        ):
            # Asked of every annotation here: pyHanko takes a rectangle it cannot read for no area,
            # and what an earlier increment left unused for known (L6).
            answers[index] = failed("document.drawn_after_issuer")
    _hold_to_tables(data, layout, questions, answers)
    judged = judge_successors(layout, placed, facts, [answers[i] for i in range(len(facts))])
    return tuple(
        _finish(fact, judged[index], named.get(index, ())) for index, fact in enumerate(facts)
    )


def _hold_to_tables(
    data: bytes, layout: Layout, questions: dict[int, Question], answers: dict[int, Outcome]
) -> None:
    """Take back what is harmless by the tables alone, where there is more than they list (L6, L9).

    Viewers that search for objects may show what neither analysis has seen.
    """
    harmless = [index for index in questions if answers[index].ok is True]
    if not harmless:
        return
    odd = unlisted(data, layout, min(questions[index].section for index in harmless))
    for index in harmless:
        if any(revision > questions[index].section for revision in odd):
            answers[index] = unknown("document.unlisted_after")


def _question(index: int, placed: Sequence[tuple[Candidate, Covered]]) -> Question:
    found, covered = placed[index]
    levels = [item.docmdp for item, _ in placed[: index + 1] if item.docmdp]
    later = any(item.docmdp for item, _ in placed[index + 1 :])
    return Question(
        section=covered.section or 0,
        owner=found.owner,
        docmdp=min(levels, default=None),
        certified_later=bool(levels) and later,
    )


def _direct_answer(data: bytes, layout: Layout, covered: Covered) -> Outcome | None:
    """Answer without pyHanko where the ranges alone decide; None where it must be asked."""
    if covered.coverage == "whole":
        return OK
    if covered.coverage != "revision" or covered.section is None:
        if covered.usable and covered.end < len(data):
            return failed("document.bytes_after", size=len(data) - covered.end)
        return failed("document.gap_uncovered")
    last = layout.ends[-1]
    if covered.section == len(layout.sections) - 1 or last is None or len(data) > last + 2:
        return failed("document.bytes_after", size=len(data) - covered.end)
    return None


def _finish(fact: SignatureFacts, after: Outcome, changes: tuple[Change, ...]) -> SignatureFacts:
    harmless = after.ok is True
    uncovered: tuple[Part, ...] = () if harmless else fact.uncovered
    return replace(
        fact,
        changes_after=after,
        changes=changes,
        covers_current=harmless,
        uncovered=uncovered,
    )
