"""Media type by content, and signs of a second format in the same bytes (L9).

File names and extensions say nothing here. The tests are the ones common viewers use: PDF readers
search the first 1,024 bytes for ``%PDF-`` (ISO 32000-1 annex H, note 13), zip readers search the
end of the file for the end-of-central-directory record.
"""

from __future__ import annotations

__all__ = ["OCTET_STREAM", "OFD", "PDF", "media_type", "second_formats"]

PDF = "application/pdf"
OFD = "application/ofd"
OCTET_STREAM = "application/octet-stream"

_PDF_WINDOW = 1024
_ZIP_TAIL = 65557
_LOCAL, _END = b"PK\x03\x04", b"PK\x05\x06"
_OFD_ROOT = b"OFD.xml"
# Formats whose mark stands at a fixed place behind a zip's first bytes.
_FIXED_MARKS = ((257, b"ustar", "tar"), (128, b"DICM", "dicom"), (32769, b"CD001", "iso9660"))
# Entries by which other viewers recognise their own zip-based format.
_FOREIGN_ROOTS = {
    "[content_types].xml": "office",
    "mimetype": "opendocument",
    "meta-inf/manifest.mf": "jar",
    "androidmanifest.xml": "apk",
}


def media_type(data: bytes) -> str:
    """Return ``application/pdf``, ``application/ofd`` or ``application/octet-stream``.

    The format at the first byte wins; bytes before a container do not hide it (the reader of that
    container reports them).
    """
    if data.startswith(_LOCAL):
        return OFD if _OFD_ROOT in data else _pdf_or_nothing(data)
    if b"%PDF-" in data[:_PDF_WINDOW]:
        return PDF
    tail = data[-_ZIP_TAIL:]
    if _END in tail and _OFD_ROOT in tail and _LOCAL in data:
        return OFD
    return OCTET_STREAM


def _pdf_or_nothing(data: bytes) -> str:
    return PDF if b"%PDF-" in data[:_PDF_WINDOW] else OCTET_STREAM


def second_formats(data: bytes, *, names: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the names of formats, other than OFD, as which a viewer could open this zip.

    Args:
        data: the whole file.
        names: its entry names, without a leading slash.

    """
    found = []
    if b"%PDF-" in data[:_PDF_WINDOW]:
        found.append("pdf")
    found += [name for at, mark, name in _FIXED_MARKS if data[at : at + len(mark)] == mark]
    folded = {name.lstrip("/").casefold() for name in names}
    found += [name for root, name in _FOREIGN_ROOTS.items() if root in folded]
    return tuple(found)
