"""Names shared by the writer and the reader of certificate data in a PDF; constants only.

The XMP mirror holds one text property per metadata short name (``ZZBS``, ``ZZMC``, ...;
ecert-data.md 3.1) in the namespace below; the associated file holds the whole JSON.
"""

from __future__ import annotations

from typing import Final

__all__ = ["CERTIFICATE_FILENAME", "FACE_NAMESPACE", "FACE_PREFIX", "XMP_NAMESPACE", "XMP_PREFIX"]

XMP_NAMESPACE: Final = "urn:ecert:metadata:1"
XMP_PREFIX: Final = "ecert"
FACE_NAMESPACE: Final = "urn:ecert:face:1"
"""What drew the face: ``template`` and ``version``; a hint for drawing it anew, never a proof."""
FACE_PREFIX: Final = "ecertface"
CERTIFICATE_FILENAME: Final = "certificate.json"
