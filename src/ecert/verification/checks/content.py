"""conformity: kind, metadata, profile, fields, identifiers, coverage of fields, carriers, the visible face."""

from __future__ import annotations

from typing import get_args

from ecert.report import (
    OK,
    Check,
    Evidence,
    Outcome,
    all_of,
    blocked,
    leaf,
    not_applicable,
    unknown,
)
from ecert.verification.case import DataCase
from ecert.verification.checks.context import Context
from ecert.verification.checks.signer import worst
from ecert.verification.policy import FaceLevel

__all__ = ["conformity"]

_LEVELS: tuple[str, ...] = get_args(FaceLevel)
_NAMES = (
    "kind", "profile_known", "fields", "identifiers", "covered", "carriers_agree", "face_matches",
)  # fmt: skip


def _kind(data: DataCase) -> Outcome:
    """L10: a copy may pass within its limits; a converted one, an extract or an unknown kind is referred."""
    if data.kind in ("original", "copy"):
        return OK
    if data.kind in ("converted", "extract"):
        return unknown(f"certificate.{data.kind}")
    return unknown("certificate.kind_unknown", kind=data.kind)


def _covered(ctx: Context, data: DataCase) -> Outcome:
    """L7: every field stands in bytes that the issuer's signature covers."""
    index = ctx.issuer_index
    if index is None:
        return unknown("check.blocked", by="issuer.is_signer")
    loose = [name for name, f in data.fields if index not in f.covered_by]
    if loose:
        return unknown("field.uncovered", field=loose[0], count=len(loose))
    return OK


def _face(ctx: Context, data: DataCase) -> Outcome:
    """L8: the face agrees, at the level the policy asks for; what was reached is said."""
    if data.face.ok is False:
        return data.face
    if ctx.policy.face_level == "none":
        return OK
    if data.face.ok is None:
        return data.face
    if _LEVELS.index(data.face_level) < _LEVELS.index(ctx.policy.face_level):
        return unknown("face.not_comparable", level=data.face_level)
    return Outcome(ok=True, code="face.compared", params=(("level", data.face_level),))


def conformity(ctx: Context) -> Check:
    """Return the conformity axis."""
    data = ctx.case.data
    if data is None or data.metadata.ok is not True:
        found = data.metadata if data is not None else unknown("certificate.no_metadata")
        rest = [blocked(f"conformity.{n}", "conformity.metadata") for n in _NAMES]
        return all_of("conformity", [leaf("conformity.metadata", found), *rest])
    fields = worst([*data.fields_ok]) if data.fields_ok else OK
    copy = (
        not_applicable("conformity.copy", "certificate.not_a_copy")
        if data.kind != "copy"
        else leaf("conformity.copy", data.copy or unknown("certificate.copy_limits_unknown"))
    )
    return all_of(
        "conformity",
        (
            leaf("conformity.kind", _kind(data)),
            leaf("conformity.metadata", OK),
            leaf("conformity.profile_known", data.profile),
            leaf("conformity.fields", fields),
            leaf("conformity.identifiers", worst([data.ecid_check, data.ecid_matches])),
            leaf("conformity.covered", _covered(ctx, data)),
            leaf("conformity.carriers_agree", data.carriers),
            leaf(
                "conformity.face_matches",
                _face(ctx, data),
                evidence=(Evidence(name="face.level", value=data.face_level),),
            ),
            copy,
        ),
    )
