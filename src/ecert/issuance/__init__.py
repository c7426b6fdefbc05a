"""Issuing: a certificate becomes a face, a signed PDF/A-3b, verified before it is handed over.

Importing this package loads neither typst nor qrcode; what needs them imports them when called.
"""

from ecert.issuance.face import SAMPLE_NOTICE
from ecert.issuance.fonts import FontSet, locate_fonts
from ecert.issuance.glyphs import FaceError
from ecert.issuance.issuing import IssuedDocument, IssueOptions, issue, verify_issued

__all__ = [
    "SAMPLE_NOTICE",
    "FaceError",
    "FontSet",
    "IssueOptions",
    "IssuedDocument",
    "issue",
    "locate_fonts",
    "verify_issued",
]
