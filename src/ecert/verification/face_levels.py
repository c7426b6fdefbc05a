"""Levels of the face above the text layer (never-accept.md L8): reached by looking, never assumed.

1. Nothing is looked at unless the policy asks for it, the text layer agrees, the file is a PDF, and the
   arithmetic of the issuer's signature holds: strangers' files are not drawn.
2. The printed code is read; it must equal the data.
3. ``raster``: each printed value's ink is what the text layer claims. ``rerendered``: the page is, dot
   for dot, what the template draws from the covered data.
4. What could not be done leaves the level where it was; what differs is a failure with its field.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import get_args

from ecert.documents.facts import DocumentFacts
from ecert.documents.pdf.view import look
from ecert.limits import Limits
from ecert.model import Profile
from ecert.report import OK, Outcome, Verdict
from ecert.seals.facts import Picture
from ecert.verification.assess import Assessed
from ecert.verification.case import DataCase
from ecert.verification.checks.signature import integrity_of
from ecert.verification.drawing import Drawer
from ecert.verification.face_code import compare_code
from ecert.verification.face_raster import DPI, compare_raster
from ecert.verification.face_redraw import Printed, compare_redrawn
from ecert.verification.judge import find_issuer_signature
from ecert.verification.policy import FaceLevel

__all__ = ["look_closer", "needs_drawing"]

_LEVELS: tuple[str, ...] = get_args(FaceLevel)
_SEALED = ("certificateIssuingAuthorityName", "issueDate")


def needs_drawing(level: FaceLevel) -> bool:
    """Whether a level needs pages to be drawn, and so the software of ``ecert[face]``."""
    return _LEVELS.index(level) > _LEVELS.index("text_layer")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    level: FaceLevel
    face: Outcome = OK
    carriers: Outcome = OK


def look_closer(
    found: Assessed,
    facts: DocumentFacts,
    data: bytes,
    *,
    level: FaceLevel,
    drawer: Drawer,
    limits: Limits,
) -> Assessed:
    """Return the case with the level of its face raised as far as looking bears it, or its disagreement.

    Args:
        found: the assessed file. facts, data: of the same file.
        level: what the policy asks for. drawer: draws faces and characters. limits: of the file.

    """
    case = found.case.data
    if case is None or not needs_drawing(level) or not _may_be_drawn(found, facts, case):
        return found
    seen = _see(found, facts, data, level, drawer, limits)
    changed = replace(
        case,
        face=seen.face,
        face_level=seen.level,
        carriers=seen.carriers if case.carriers.ok is True else case.carriers,
    )
    return replace(found, case=replace(found.case, data=changed))


def _may_be_drawn(found: Assessed, facts: DocumentFacts, case: DataCase) -> bool:
    index = find_issuer_signature(found.case)
    signature = next((s for s in found.case.signatures if s.index == index), None)
    return (
        facts.media_type == "application/pdf"
        and case.face.ok is True
        and case.face_level == "text_layer"
        and not case.fields_ok  # data that their type refuses are not drawn
        and signature is not None
        and integrity_of(signature) is Verdict.PASSED
    )


def _see(
    found: Assessed,
    facts: DocumentFacts,
    data: bytes,
    level: FaceLevel,
    drawer: Drawer,
    limits: Limits,
) -> _Seen:
    certificate, profile = found.reading.certificate, found.reading.profile
    pages = look(data, limits, dpi=DPI, appearances="drawn")
    if certificate is None or profile is None or pages is None:
        return _Seen(level="text_layer")
    code = compare_code(pages, certificate)
    if code.ok is not True:
        return _Seen(
            level="text_layer",
            face=code if code.ok is None else OK,
            carriers=code if code.ok is False else OK,
        )
    redrawn = None
    if level == "rerendered":
        it = Printed(
            data=data,
            certificate=certificate,
            profile=profile,
            words=facts.face_words or "",
            picture=_picture(found, facts),
        )
        redrawn = compare_redrawn(it, drawer, limits)
        if redrawn.ok is not None:
            return _Seen(level="rerendered" if redrawn.ok else "text_layer", face=redrawn)
    bare = look(data, limits, dpi=DPI, appearances="left_out")
    if bare is None:
        return _Seen(level="text_layer")
    rows = profile.face_rows(certificate)
    raster = compare_raster(pages, bare, rows, drawer, limits, sealed=_under_seal(profile))
    if raster.ok is not True:
        return _Seen(level="text_layer", face=raster)
    return _Seen(level="raster", face=redrawn or OK)


def _under_seal(profile: Profile) -> frozenset[str]:
    """Return the rows over which a seal belongs: the issuing authority and the date of issue."""
    bound = {profile.bindings.get(name) for name in _SEALED}
    return frozenset(row.id for row in profile.face.rows if set(row.fields) <= bound)


def _picture(found: Assessed, facts: DocumentFacts) -> Picture | None:
    """Return the picture of the seal that signs for the issuer."""
    index = find_issuer_signature(found.case)
    seals = [s.seal for s in facts.signatures if s.index == index]
    return seals[0].picture if seals and seals[0] is not None else None
