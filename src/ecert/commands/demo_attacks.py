"""What attackers and accidents do to a good file; each returns other bytes, or a file made without right."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from typing import Any

from ecert.model import Certificate, Profile

__all__ = ["altered_name", "altered_ofd", "appended_revision", "unsigned_face"]

_OLD, _NEW = "示例科技", "示范科技"
"""The same number of bytes in UTF-8, so that nothing moves."""


def altered_name(data: bytes) -> bytes:
    """Return a PDF whose metadata names another holder: one character of the signed bytes."""
    old, new = _OLD.encode(), _NEW.encode()
    found = data.find(old)
    assert found >= 0, "the XMP packet is written plain (ISO 19005)"
    return data[:found] + new + data[found + len(old) :]


def appended_revision(data: bytes) -> bytes:
    """Return a PDF with a note drawn over the face in a later revision; the signed bytes stay whole."""
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    name: Any = generic.NameObject  # pyHanko's objects are not typed
    array: Any = generic.ArrayObject
    number: Any = generic.NumberObject
    text: Any = generic.TextStringObject
    dictionary: Any = generic.DictionaryObject
    writer: Any = IncrementalPdfFileWriter(io.BytesIO(data))
    page = writer.root["/Pages"]["/Kids"][0]
    note = dictionary(
        {
            name("/Type"): name("/Annot"),
            name("/Subtype"): name("/FreeText"),
            name("/Rect"): array([number(x) for x in (420, 300, 640, 340)]),
            name("/F"): number(4),
            name("/DA"): text("/Helv 20 Tf 0 g"),
            name("/Contents"): text("RMB 100,000,000"),
        }
    )
    found = page.get("/Annots")
    annotations = array([*(found or ()), writer.add_object(note)])
    page[name("/Annots")] = annotations
    writer.mark_update(page.container_ref)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def unsigned_face(certificate: Certificate, at: datetime) -> bytes:
    """Return the face alone: it looks the same and nobody signed it."""
    from ecert.issuance.face import face_of
    from ecert.issuance.fonts import locate_fonts
    from ecert.issuance.render import render_face

    profile = Profile.load(str(certificate.profile_id))
    face = face_of(certificate, profile)
    return render_face(face, template=profile.face.template, fonts=locate_fonts(), at=at)


def altered_ofd(data: bytes) -> bytes:
    """Return an OFD whose page names another holder, the package otherwise as it was."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.infolist():
            body = old.read(entry)
            if entry.filename.endswith("Content.xml"):
                body = body.replace(_OLD.encode(), _NEW.encode())
            new.writestr(entry, body)
    return out.getvalue()
