"""Puts a certificate's printed lines into the places of its template; knows no certificate type.

Which line goes where is data: the profile binds authority and date of issue, the template's
geometry names the lines it sets apart. Every line the profile prints is on the face, none twice.
"""

from __future__ import annotations

from pathlib import Path

from ecert.documents.pdf.write import CHINA
from ecert.errors import ProfileError
from ecert.issuance.qr import qr_svg
from ecert.issuance.render import Face, Geometry, Item, geometry
from ecert.model.certificate import Certificate
from ecert.model.fields import display_date
from ecert.model.images import decode_image
from ecert.model.printed_code import PrintedCode
from ecert.model.profile import FaceRow, Profile

__all__ = ["SAMPLE_NOTICE", "face_of"]

SAMPLE_NOTICE = "示例证照 SAMPLE"
"""Printed on certificates that exist for tests and shows alone."""

_AUTHORITY = "certificateIssuingAuthorityName"
_DATE = "issueDate"
_LONG = 60
"""Characters above which a value is running text wherever it stands."""


def face_of(
    certificate: Certificate,
    profile: Profile,
    *,
    template: str | Path | None = None,
    notice: str | None = None,
) -> Face:
    """Return what the template draws.

    Args:
        certificate: what is printed.
        profile: of its type.
        template: instead of the one the profile names.
        notice: a line such as `SAMPLE_NOTICE`; an annotated copy always says what it is.

    Raises:
        ProfileError: the template is unknown, or cannot hold the picture the profile prints.

    """
    place = geometry(template if template is not None else profile.face.template)
    rows = {row.field: row for row in profile.face_rows(certificate)}
    authority = _taken(rows, field=profile.bindings.get(_AUTHORITY), profile=profile)
    date = _taken(rows, field=profile.bindings.get(_DATE), profile=profile)
    code, subtitle = rows.pop(place.code, None), rows.pop(place.subtitle, None)
    right = [rows.pop(name) for name in place.right if name in rows]
    ecid = certificate.ecid_text or ""
    return Face(
        title=profile.face.title,
        subtitle=_bracketed(subtitle.text) if subtitle else "",
        holder=certificate.holder.name,
        code=Item(code.label, code.text) if code else None,
        left=tuple(_item(row, place) for row in rows.values()),
        right=tuple(_item(row, place) for row in right),
        authority=_authority(authority, certificate),
        date=date.text if date else display_date(certificate.metadata_text(_DATE) or "", "date_zh"),
        ecid=ecid,
        qr=qr_svg(PrintedCode.of(ecid, certificate.canonical()).text()),
        photo=_photo(certificate, profile=profile, place=place),
        notice=_copy_notice(certificate) or notice,
    )


def _taken(rows: dict[str, FaceRow], *, field: str | None, profile: Profile) -> FaceRow | None:
    """Take out the line that shows one field alone."""
    for row in profile.face.rows:
        if row.fields == (field,):
            return rows.pop(row.id, None)
    return None


def _authority(row: FaceRow | None, certificate: Certificate) -> Item:
    return Item(row.label, row.text) if row else Item("发证机关", certificate.issuer.name)


def _item(row: FaceRow, place: Geometry) -> Item:
    return Item(row.label, row.text, long=row.field in place.long or len(row.text) > _LONG)


def _bracketed(text: str) -> str:
    """Return a word in brackets; one of two characters is set wide, as on printed licences."""
    return f"（{'　'.join(text)}）" if len(text) == 2 else f"（{text}）"  # noqa: PLR2004


def _photo(certificate: Certificate, *, profile: Profile, place: Geometry) -> bytes | None:
    for name in profile.face.pictures:
        value = certificate.fields.get(name)
        if isinstance(value, str) and value:
            if not place.photo:
                raise ProfileError(
                    "face.no_picture_place",
                    f"the template of {profile.id} has no place for {name}",
                    params={"field": name},
                )
            found = decode_image(value)
            return found[1] if found else None
    return None


def _copy_notice(certificate: Certificate) -> str | None:
    """Return the line of an annotated copy: by whom, for what alone, until when (L10)."""
    copy = certificate.copy
    if copy is None:
        return None
    expires = copy.expires.astimezone(CHINA).strftime("%Y年%m月%d日 %H:%M") if copy.expires else "—"
    return f"加注件　{copy.creator or ''}　仅用于{copy.cause or ''}　有效期至{expires}"
