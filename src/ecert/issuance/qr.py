"""The code on the face, drawn as one vector path; what it says stands in `ecert.model.printed_code`.

Clause: ISO/IEC 18004 (QR code), error correction level M.
"""

from __future__ import annotations

from ecert.errors import MissingExtra

__all__ = ["qr_svg"]

_MASK = 3
"""Fixed: the search for the best mask costs six times the drawing (ecosystem.md 2)."""


def qr_svg(payload: str) -> str:
    """Return the code as an SVG with one path, without a quiet zone (the face leaves it free).

    Raises:
        MissingExtra: ``qrcode`` is not installed.

    """
    try:
        import qrcode
    except ImportError as error:
        raise MissingExtra(
            "extra.missing", "drawing a code needs ecert[typst]", params={"extra": "typst"}
        ) from error
    code = qrcode.QRCode(
        error_correction=qrcode.constants.ERROR_CORRECT_M, border=0, mask_pattern=_MASK
    )
    code.add_data(payload)
    code.make(fit=True)
    rows = code.get_matrix()
    side = len(rows)
    runs = "".join(_runs(y, row) for y, row in enumerate(rows))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" '
        f'shape-rendering="crispEdges"><path d="{runs}"/></svg>'
    )


def _runs(y: int, row: list[bool]) -> str:
    """Return one rectangle for each run of dark modules, so that no seam shows between them."""
    parts, start = [], None
    for x, dark in enumerate([*row, False]):
        if dark and start is None:
            start = x
        elif not dark and start is not None:
            parts.append(f"M{start} {y}h{x - start}v1h-{x - start}z")
            start = None
    return "".join(parts)
