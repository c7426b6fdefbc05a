"""Writes one revision of a PDF/A-3b: XMP, associated files, and an unfilled certifying signature.

The file is written once; afterwards only the digits of /ByteRange and the hex of /Contents change,
in place. There is no incremental update, no object stream, no encryption and no Info dictionary.
Clauses: ISO 32000-1 12.8.1 (ByteRange, Contents), 12.8.2.2 (DocMDP); ISO 19005-3 6.6.2 (XMP), 6.8
(files).
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from ecert.documents.pdf.appearance import Raster, Rectangle, appearance_stream
from ecert.errors import MalformedDocument, SigningError

if TYPE_CHECKING:
    import pikepdf

__all__ = ["CHINA", "Attachment", "Prepared", "SignatureSlot", "pdf_date", "prepare"]

CHINA = timezone(timedelta(hours=8))
"""Asia/Shanghai, without daylight saving since 1992."""
_WIDE = 9_999_999_999
_FLAGS_PRINT_LOCKED = 4 | 128
_SIGNATURES_EXIST_APPEND_ONLY = 3


def pdf_date(at: datetime) -> str:
    """Return an instant as a PDF date with its zone (ISO 32000-1 7.9.4), in Asia/Shanghai."""
    if at.tzinfo is None:
        raise SigningError("issue.time_without_zone", "the signing time needs a zone")
    return at.astimezone(CHINA).strftime("D:%Y%m%d%H%M%S+08'00'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One associated file of the document (ISO 32000-2 7.11.4; ISO 19005-3 6.8)."""

    name: str
    data: bytes
    media_type: str
    description: str
    relationship: str = "Data"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureSlot:
    """The signature field to be made.

    Args:
        filter: /Filter. subfilter: /SubFilter.
        at: the instant written as /M.
        reserved: bytes of signature to make room for.
        picture: the appearance, or None for a field that draws nothing. where: its place on page 1.
        name: the field's name.

    """

    filter: str
    subfilter: str
    at: datetime
    reserved: int
    picture: Raster | None = None
    where: Rectangle | None = None
    name: str = "Signature1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A file whose only missing bytes are the signature between ``start`` and ``end``."""

    data: bytes
    start: int
    end: int

    @property
    def byte_range(self) -> tuple[int, int, int, int]:
        """The four numbers of /ByteRange."""
        return 0, self.start, self.end, len(self.data) - self.end

    @property
    def signed_bytes(self) -> bytes:
        """The bytes the signature covers: everything but the hex string of /Contents."""
        return self.data[: self.start] + self.data[self.end :]

    def fill(self, contents: bytes) -> bytes:
        """Return the file with the signature in place, padded with zeros.

        Raises:
            SigningError: the signature is longer than the room made for it.

        """
        room = self.end - self.start - 2
        text = contents.hex().encode()
        if len(text) > room:
            raise SigningError(
                "issue.no_room",
                f"signature has {len(contents)} bytes, room is {room // 2}",
                params={"size": len(contents), "room": room // 2},
            )
        return b"".join(
            (self.data[: self.start], b"<", text.ljust(room, b"0"), b">", self.data[self.end :])
        )


def prepare(
    pdf: bytes, *, xmp: bytes, attachments: Sequence[Attachment], slot: SignatureSlot
) -> Prepared:
    """Return the file in its final shape, with room for the signature.

    Args:
        pdf: a one-page-or-more PDF/A-3b body without signatures.
        xmp: the XMP packet, written uncompressed.
        attachments: associated files.
        slot: the signature field.

    Raises:
        MalformedDocument: ``pdf`` cannot be read or is signed already.

    """
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(pdf)) as document:
            if "/AcroForm" in document.Root or "/Perms" in document.Root:
                raise MalformedDocument("issue.face_has_form", "the face must not contain a form")
            _metadata(document, xmp)
            _attach(document, attachments=attachments, at=slot.at)
            _field(document, slot)
            out = io.BytesIO()
            document.save(
                out,
                object_stream_mode=pikepdf.ObjectStreamMode.disable,
                compress_streams=False,
                stream_decode_level=pikepdf.StreamDecodeLevel.none,
                deterministic_id=True,
                fix_metadata_version=False,
                force_version="1.7",
            )
    except pikepdf.PdfError as error:
        raise MalformedDocument(
            "issue.face_unreadable", "the face is not a readable PDF"
        ) from error
    return _patch(out.getvalue(), slot.reserved)


def _metadata(document: pikepdf.Pdf, xmp: bytes) -> None:
    from pikepdf import Name

    if "/Info" in document.trailer:
        del document.trailer["/Info"]  # XMP alone speaks: two places could disagree
    document.Root.Metadata = document.make_stream(xmp, Type=Name.Metadata, Subtype=Name.XML)


def _attach(document: pikepdf.Pdf, *, attachments: Sequence[Attachment], at: datetime) -> None:
    from pikepdf import Array, Dictionary, Name, String

    if not attachments:
        return
    files, names = [], []
    for item in sorted(attachments, key=lambda a: a.name):
        stream = document.make_stream(
            zlib.compress(item.data, 9),
            Type=Name.EmbeddedFile,
            Filter=Name.FlateDecode,
            Subtype=Name("/" + item.media_type),
            Params=Dictionary(Size=len(item.data), ModDate=String(pdf_date(at))),
        )
        spec = document.make_indirect(
            Dictionary(
                Type=Name.Filespec,
                F=String(item.name),
                UF=String(item.name),
                Desc=String(item.description),
                AFRelationship=Name("/" + item.relationship),
                EF=Dictionary(F=stream, UF=stream),
            )
        )
        files.append(spec)
        names += [String(item.name), spec]
    document.Root.AF = Array(files)
    if "/Names" not in document.Root:
        document.Root.Names = Dictionary()
    document.Root.Names.EmbeddedFiles = Dictionary(Names=Array(names))


def _field(document: pikepdf.Pdf, slot: SignatureSlot) -> None:
    """Add the field, its widget on page 1, and the certification that nothing may change (L6)."""
    from pikepdf import Array, Dictionary, Name, String

    params = Dictionary(Type=Name.TransformParams, P=1, V=Name("/1.2"))
    reference = Dictionary(Type=Name.SigRef, TransformMethod=Name.DocMDP, TransformParams=params)
    signature = document.make_indirect(
        Dictionary(
            Type=Name.Sig,
            Filter=Name("/" + slot.filter),
            SubFilter=Name("/" + slot.subfilter),
            M=String(pdf_date(slot.at)),
            Reference=Array([reference]),
            ByteRange=Array([0, _WIDE, _WIDE, _WIDE]),
            Contents=String(b"\0" * slot.reserved),
        )
    )
    page = document.pages[0].obj
    widget = document.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=Name.Sig,
            T=String(slot.name),
            V=signature,
            F=_FLAGS_PRINT_LOCKED,
            P=page,
            Rect=Array([0, 0, 0, 0]),
        )
    )
    if slot.picture is not None and slot.where is not None:
        box = slot.where.points(float(document.pages[0].mediabox[3]))
        width, height = box[2] - box[0], box[3] - box[1]
        widget.Rect = Array(list(box))
        widget.AP = Dictionary(
            N=appearance_stream(document, picture=slot.picture, width=width, height=height)
        )
    page.Annots = Array([*page.get("/Annots", Array()), widget])
    document.Root.AcroForm = Dictionary(
        Fields=Array([widget]), SigFlags=_SIGNATURES_EXIST_APPEND_ONLY
    )
    document.Root.Perms = Dictionary(DocMDP=signature)


def _patch(data: bytes, reserved: int) -> Prepared:
    """Write the true /ByteRange over the wide placeholder, keeping every offset."""
    empty = b"<" + b"00" * reserved + b">"
    wide = re.compile(rb"/ByteRange \[ ?0 (%d %d %d) ?\]" % (_WIDE, _WIDE, _WIDE))
    ranges = list(wide.finditer(data))
    if len(ranges) != 1 or data.count(b"/Contents " + empty) != 1:
        raise MalformedDocument("issue.placeholder_lost", "the signature's place was not found")
    start = data.index(b"/Contents " + empty) + len(b"/Contents ")
    end = start + len(empty)
    first, last = ranges[0].span(1)
    numbers = b"%d %d %d" % (start, end, len(data) - end)
    patched = data[:first] + numbers.ljust(last - first) + data[last:]
    return Prepared(data=patched, start=start, end=end)
