"""The printed code, read from the raster and held against the covered data (never-accept.md L7, L10)."""

from __future__ import annotations

from collections.abc import Sequence

from ecert.documents.pdf.view import PageView
from ecert.errors import MalformedInput
from ecert.model import Certificate
from ecert.model.printed_code import PrintedCode
from ecert.report import OK, Outcome, failed, unknown

__all__ = ["compare_code"]


def compare_code(pages: Sequence[PageView], certificate: Certificate) -> Outcome:
    """Return whether every code on the pages says what the data say, and there is one.

    Raises:
        ImportError: zxing-cpp is not installed; callers ask beforehand.

    """
    due = PrintedCode.of(certificate.ecid_text or "", certificate.canonical())
    found = [(number, raw) for number, page in enumerate(pages, 1) for raw in _read(page)]
    for number, raw in found:
        carrier = f"QR code, page {number}"
        try:
            code = PrintedCode.parse(raw)
        except MalformedInput:
            return unknown("qr.not_ours", carrier=carrier)
        if code.ecid != due.ecid:
            return failed("carrier.mismatch", field="certificateIdentifier", carrier=carrier)
        if code.digest != due.digest:
            return failed("carrier.mismatch", field="certificate.json", carrier=carrier)
    return OK if found else unknown("qr.unread")


def _read(page: PageView) -> list[bytes]:
    import zxingcpp

    codes = zxingcpp.read_barcodes(
        page.image, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    )
    return [bytes(code.bytes) for code in codes if code.valid]
