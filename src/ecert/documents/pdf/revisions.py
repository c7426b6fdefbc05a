"""What was changed after a signature, when a PDF went through several revisions (L6).

pyHanko's difference analysis is used, and nothing else of it: no signature arithmetic. Its import
is lazy, its loggers are silent, and whatever it raises becomes `pdf.analysis_impossible`. The
signed revision is the one found by our own scan; where pyHanko counts revisions differently, the
answer is "unknown".
"""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from ecert.documents.pdf.pyhanko_diff import difference_analysis
from ecert.documents.pdf.structure import Layout
from ecert.report.outcome import OK, Outcome, failed, unknown

__all__ = ["MAX_ANALYSED_BYTES", "Question", "forbidden", "judge_changes", "too_large"]

MAX_ANALYSED_BYTES: Final = 2 * 1024 * 1024
"""Bytes outside of streams: pyHanko reads them one by one. Larger files are answered "unknown"."""

_MAX_OBJECTS: Final = 20_000
_SILENT_STREAMS: Final = ("/XRef", "/ObjStm", "/Metadata", "/EmbeddedFile")
_LOGGERS: Final = ("pyhanko", "pyhanko_certvalidator", "fontTools")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One signature of an earlier revision.

    Args:
        section: index of the cross-reference section it closes, oldest first.
        owner: object number and generation of its dictionary.
        docmdp: strictest certification level in force at that point, or None.
        certified_later: a later signature certifies the document again, which is not allowed.

    """

    section: int
    owner: tuple[int, int]
    docmdp: int | None
    certified_later: bool = False


def judge_changes(
    data: bytes, layout: Layout, questions: Sequence[Question], draws: Mapping[str, bool]
) -> tuple[Outcome, ...]:
    """Answer each question: ok, drawn or changed afterwards, or unknown.

    Args:
        data: the file.
        layout: its skeleton.
        questions: signatures that something follows.
        draws: for each signature field's full name, whether it has a visible appearance.

    """
    if not questions:
        return ()
    if too_large(layout):
        return (unknown("pdf.analysis_impossible", reason="size"),) * len(questions)
    if layout.hybrid:  # a reader that ignores the second table sees other revisions
        return (unknown("pdf.analysis_impossible", reason="hybrid"),) * len(questions)
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        reader = _open(data, layout)
        if reader.xrefs.total_revisions != len(layout.sections):
            return (unknown("pdf.analysis_impossible", reason="revisions"),) * len(questions)
    except Exception as error:  # noqa: BLE001 - a foreign parser on hostile bytes: any failure is "unknown"
        return (_impossible(error),) * len(questions)
    return tuple(_answer(reader, question, draws) for question in questions)


def too_large(layout: Layout) -> bool:
    """Whether a file is not compared with its earlier states at all."""
    return layout.text_bytes > MAX_ANALYSED_BYTES or len(layout.entries) > _MAX_OBJECTS


def _open(data: bytes, layout: Layout) -> Any:
    from ecert.documents.pdf.bounded_reader import BoundedReader

    return BoundedReader(io.BytesIO(data), never_used=_never_used(layout))


def _never_used(layout: Layout) -> tuple[frozenset[int], ...]:
    """Return, for each revision, the numbers it declares free that named no object before."""
    used: set[int] = set()
    result = []
    for section in layout.sections:
        free = {number for number, place in section.entries.items() if place is None}
        result.append(frozenset(free - used))
        used = (used - free) | (section.entries.keys() - free)
    return tuple(result)


def _impossible(error: BaseException) -> Outcome:
    return unknown("pdf.analysis_impossible", reason=type(error).__name__)


def _answer(reader: Any, question: Question, draws: Mapping[str, bool]) -> Outcome:
    try:
        if question.certified_later:
            return _forbidden(reader, question)
        return _review(reader, question, draws)
    except Exception as error:  # noqa: BLE001 - as above
        return _impossible(error)


def _review(reader: Any, question: Question, draws: Mapping[str, bool]) -> Outcome:
    diff = difference_analysis()
    result = _compare(diff.DEFAULT_DIFF_POLICY, reader, question)
    if not isinstance(result, diff.DiffResult):
        return _forbidden(reader, question)
    level = result.modification_level
    if question.docmdp and level.value > question.docmdp:
        return _forbidden(reader, question)
    changed = result.changed_form_fields
    quiet = level in {diff.ModificationLevel.NONE, diff.ModificationLevel.LTA_UPDATES}
    if not quiet and not (changed and all(draws.get(name) is False for name in changed)):
        return failed("document.drawn_after_issuer")
    if not isinstance(_compare(_strict_policy(), reader, question), diff.DiffResult):
        return unknown("document.properties_after")
    return OK


def forbidden(changes: Outcome) -> bool:
    """Whether a failure is of a change that no rule of ISO 32000 permits, whatever L6 says."""
    return changes.code == "document.changed_after" or ("forbidden", True) in changes.params


def _forbidden(reader: Any, question: Question) -> Outcome:
    """Return the failure of a change that no rule permits; drawing is named as such (L6)."""
    for revision in range(question.section + 1, reader.xrefs.total_revisions):
        for reference in reader.xrefs.explicit_refs_in_revision(revision):
            if _can_draw(reader.get_object(reference)):
                return failed("document.drawn_after_issuer", forbidden=True)
    return failed("document.changed_after")


def _can_draw(item: Any) -> bool:
    """Whether an object is a page, an annotation with an appearance, or a stream of drawing."""
    from pyhanko.pdf_utils.generic import DictionaryObject, StreamObject

    if not isinstance(item, DictionaryObject):
        return False
    if isinstance(item, StreamObject):
        return item.get("/Type") not in _SILENT_STREAMS
    return item.get("/Type") == "/Page" or "/AP" in item


def _compare(policy: Any, reader: Any, question: Question) -> Any:
    from pyhanko.sign.fields import MDPPerm

    return policy.review_file(
        reader,
        question.section,
        field_mdp_spec=_field_lock(reader, question),
        doc_mdp=MDPPerm(question.docmdp) if question.docmdp else None,
    )


@cache
def _strict_policy() -> Any:
    """Return pyHanko's rules without those that let Info, XMP or the version be rewritten (L6, L7).

    Viewers show a title and XMP carries the data: neither is validation data, neither draws.
    """
    diff = difference_analysis()
    validation_data = diff.ModificationLevel.LTA_UPDATES
    return diff.StandardDiffPolicy(
        global_rules=[
            diff.CatalogModificationRule({"/AcroForm", "/DSS", "/Extensions"}),
            diff.XrefStreamRule().as_qualified(validation_data),
            diff.ObjectStreamRule().as_qualified(validation_data),
            diff.DSSCompareRule().as_qualified(validation_data),
        ],
        form_rule=diff.DEFAULT_DIFF_POLICY.form_rule,
    )


def _field_lock(reader: Any, question: Question) -> Any:
    """Return the fields this signature locks by its /FieldMDP (ISO 32000-2, 12.8.2.4)."""
    from pyhanko.pdf_utils.generic import Reference
    from pyhanko.sign.fields import FieldMDPSpec

    number, generation = question.owner
    signature = reader.get_object(Reference(number, generation, pdf=reader))
    for reference in signature.get("/Reference", ()):
        entry = reference.get_object()
        if entry["/TransformMethod"] == "/FieldMDP":
            return FieldMDPSpec.from_pdf_object(entry["/TransformParams"])
    return None
