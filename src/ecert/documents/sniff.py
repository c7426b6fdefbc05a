"""Media type by content, and signs of a second format in the same bytes (L9).

File names and extensions say nothing here. The tests are the ones common viewers use: PDF readers
search the first 1,024 bytes for ``%PDF-`` (ISO 32000-1 annex H, note 13), zip readers search the
end of the file for the end-of-central-directory record.
"""

from __future__ import annotations

import re

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
# Marks by which viewers take a file for theirs from its first byte; the zip behind them is ours.
_FIRST_MARKS = (
    (b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"), (b"GIF8", "gif"), (b"BM", "bmp"),
    (b"II*\0", "tiff"), (b"MM\0*", "tiff"), (b"RIFF", "riff"), (b"MZ", "exe"), (b"\x7fELF", "elf"),
    (b"\xcf\xfa\xed\xfe", "mach-o"), (b"\xca\xfe\xba\xbe", "java"), (b"Rar!", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "7z"), (b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ\0", "xz"),
    (b"MSCF", "cab"), (b"\xd0\xcf\x11\xe0", "ole"), (b"{\\rtf", "rtf"), (b"%!PS", "postscript"),
    (b"ID3", "audio"), (b"OggS", "audio"), (b"fLaC", "audio"), (b"#!", "script"),
)  # fmt: skip
_MARKUP_WINDOW = 512  # as browsers sniff
_MARKUP = re.compile(
    rb"[\s\xef\xbb\xbf]*<(?:!doctype|html|head|body|script|svg|\?xml|!--)", re.IGNORECASE
)
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
    found += [name for mark, name in _FIRST_MARKS if data.startswith(mark)]
    if data[4:8] == b"ftyp":
        found.append("video")
    if _MARKUP.match(data[:_MARKUP_WINDOW]):
        found.append("html")
    found += [name for at, mark, name in _FIXED_MARKS if data[at : at + len(mark)] == mark]
    folded = {name.lstrip("/").casefold() for name in names}
    found += [name for root, name in _FOREIGN_ROOTS.items() if root in folded]
    return tuple(found)
