"""Inspects one PDF: bytes in, facts out; no policy, no trust, no clock (never-accept L24).

Reads strictly, in this order: the byte skeleton, the bounds of what a library would unpack, the
objects, the signatures. What cannot be read is said in `FormatFacts`; nothing is raised for bad
content.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import Final

from ecert.documents.facts import DocumentFacts, FormatFacts, Scope, SignatureFacts
from ecert.documents.pdf import carriers, structure
from ecert.documents.pdf.bounds import TOO_LARGE, exceeded, exceeded_outcome
from ecert.documents.pdf.coverage import covers
from ecert.documents.pdf.dss import read_store, with_stamps
from ecert.documents.pdf.fields import can_draw, find_signatures, is_signature
from ecert.documents.pdf.guard import guard_objects
from ecert.documents.pdf.objects import LIBRARY_ERRORS, Found, walk
from ecert.documents.pdf.plain import read_plain
from ecert.documents.pdf.signatures import read_signatures
from ecert.documents.pdf.skeleton import Findings, Known, recall
from ecert.documents.pdf.skeleton_learning import learn
from ecert.documents.pdf.static import Stillness
from ecert.documents.pdf.text import face_text
from ecert.documents.pdf.values import Body
from ecert.errors import MalformedInput
from ecert.limits import Limits
from ecert.report.outcome import OK, Outcome, failed, unknown

__all__ = ["inspect_pdf"]

_PDF: Final = "application/pdf"
_OTHER: Final = "application/octet-stream"
_BYTE_RANGE: Final = re.compile(rb"/ByteRange[\x00\t\n\x0c\r ]*\[")
_LISTED: Final = 16


def inspect_pdf(data: bytes, limits: Limits, scope: Scope = "everything") -> DocumentFacts:
    """Return everything a PDF says and every computation made over it.

    Args:
        data: the whole file.
        limits: upper bounds; what exceeds them is a fact, not an error.
        scope: ``"signatures"`` leaves the text of the face and the XMP copy of the data unread.

    """
    if len(data) > limits.file_bytes:
        problem = exceeded_outcome("file_bytes", limits.file_bytes, len(data))
        return _bare(data, FormatFacts(recognized=_recognized(data), within_limits=problem))
    if not structure.is_pdf(data):
        return _bare(data, FormatFacts(recognized=failed("format.not_recognized")), _OTHER)
    single = structure.check_single(data)
    try:
        known = recall(data, limits)
        if known is not None:
            return _facts(data, limits, known, single, scope)
        layout = structure.scan(data, limits)
        if layout.encrypted:
            return _closed(data, single, unknown("format.encrypted"), layout)
        plain = read_plain(data, layout)
        if plain is not None:
            body = plain.body
            layout = replace(layout, text_bytes=plain.text_bytes, extents=plain.extents)
        else:
            layout = replace(layout, text_bytes=guard_objects(data, layout, limits))
            body = _read_general(data, limits)
        known = Known(layout, body, _findings(body, limits))
        if plain is not None:
            learn(data, limits, layout, plain, known.findings)
        return _facts(data, limits, known, single, scope)
    except MalformedInput as error:
        return _malformed(data, single, error)
    except LIBRARY_ERRORS:
        return _closed(data, single, failed("pdf.unreadable"))


def _recognized(data: bytes) -> Outcome:
    return OK if structure.is_pdf(data) else failed("format.not_recognized")


def _bare(data: bytes, facts: FormatFacts, media_type: str = _PDF) -> DocumentFacts:
    return DocumentFacts(
        media_type=media_type,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        format=facts,
    )


def _malformed(data: bytes, single: Outcome, error: MalformedInput) -> DocumentFacts:
    if error.code == TOO_LARGE:
        limit = unknown(TOO_LARGE, **error.params)
        return _closed(data, single, OK, within=limit)
    return _closed(data, single, failed("pdf.unreadable"))


def _closed(
    data: bytes,
    single: Outcome,
    recognized: Outcome,
    layout: structure.Layout | None = None,
    *,
    within: Outcome = OK,
) -> DocumentFacts:
    """Return facts of a file that is not opened; signatures in it are listed, unjudged."""
    reason = within if within.ok is not True else recognized
    listed = tuple(
        SignatureFacts(
            index=index,
            where=f"byte {match.start()}",
            kind="unknown",
            structure=unknown("pdf.signature_unread"),
        )
        for index, match in zip(range(_LISTED), _BYTE_RANGE.finditer(data), strict=False)
    )
    return DocumentFacts(
        media_type=_PDF,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        format=FormatFacts(
            recognized=recognized,
            within_limits=within,
            single=single,
            static=unknown(reason.code or "pdf.unreadable", **dict(reason.params)),
        ),
        signatures=listed,
        revisions=layout.revisions if layout else 1,
    )


def _read_general(data: bytes, limits: Limits) -> Body:
    from ecert.documents.pdf.general import read_general  # qpdf is loaded where it is needed

    return read_general(data, limits)


def _facts(
    data: bytes, limits: Limits, known: Known, single: Outcome, scope: Scope
) -> DocumentFacts:
    layout, body, findings = known.layout, known.body, known.findings
    signatures, covered = read_signatures(
        data, layout, findings.candidates, limits, drawing=findings.drawing
    )
    by = covers(data, layout, covered)
    found, notes = carriers.collect(body, findings.files, by, limits, scope=scope)
    text = face_text(data, body, limits) if scope == "everything" else None
    hybrid = (Outcome(ok=True, code="pdf.hybrid_xref"),) if layout.hybrid else ()
    return DocumentFacts(
        media_type=_PDF,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        format=FormatFacts(
            recognized=_readable(layout, body.warnings), single=single, static=findings.static
        ),
        signatures=with_stamps(signatures, covered),
        evidence=read_store(body, by, limits),
        carriers=found,
        revisions=layout.revisions,
        face_words=text,
        notes=(*findings.notes, *hybrid, *notes),
        scope=scope,
    )


def _readable(layout: structure.Layout, warnings: tuple[str, ...]) -> Outcome:
    if layout.tail.ok is not True:
        return layout.tail
    if warnings:
        return unknown("format.repaired", count=len(warnings))
    return OK


def _findings(body: Body, limits: Limits) -> Findings:
    """Walk the objects once."""
    stillness = Stillness(body)
    loose: list[Found] = []
    files: list[carriers.Attachment] = []
    drawing: set[int] = set()
    for found in walk(body, limits, "lively"):
        stillness.look(found)
        if can_draw(found):
            drawing.add(found.owner[0])
        if is_signature(found):
            loose.append(found)
            if len(loose) > limits.signatures:
                raise exceeded("signatures", limits.signatures)
        if "EF" in found.keys:
            files.extend(carriers.attachment(found))
    return Findings(
        candidates=find_signatures(body, loose),
        files=tuple(files),
        drawing=frozenset(drawing),
        static=stillness.outcome,
        notes=stillness.notes,
    )
