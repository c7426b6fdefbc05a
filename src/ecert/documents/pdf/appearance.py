"""The seal picture as a signature's own appearance: a form XObject with an image and its soft mask.

The picture is multiplied onto the page, as ink is: text below the seal stays readable. It refuses
pictures that are no raster image (OFD, SVG) and pictures larger than any seal.
Clauses: ISO 32000-1 8.9.5, 11.6.5.3, 12.5.5; ISO 19005-3 6.3.3 (appearance dictionary holds N
alone).
"""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ecert.errors import MalformedSeal, MissingExtra

if TYPE_CHECKING:
    import pikepdf
    from PIL.Image import Image

__all__ = ["Raster", "Rectangle", "appearance_stream", "read_picture"]

_MAX_SIDE = 4096
_PT_PER_MM = 72 / 25.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Rectangle:
    """Where the appearance stands, in millimetres: its centre from the page's upper left corner."""

    centre_x: float
    centre_y: float
    width: float
    height: float

    def points(self, page_height: float) -> tuple[float, float, float, float]:
        """Return the PDF rectangle in points for a page of that height (points)."""
        left = (self.centre_x - self.width / 2) * _PT_PER_MM
        bottom = page_height - (self.centre_y + self.height / 2) * _PT_PER_MM
        right = left + self.width * _PT_PER_MM
        top = bottom + self.height * _PT_PER_MM
        return round(left, 3), round(bottom, 3), round(right, 3), round(top, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Raster:
    """Decoded picture: 8-bit RGB samples and 8-bit opacity."""

    width: int
    height: int
    rgb: bytes
    alpha: bytes


@lru_cache(maxsize=16)
def read_picture(data: bytes) -> Raster:
    """Decode a seal picture (PNG, GIF, JPEG, BMP); one without opacity loses its white paper.

    Raises:
        MalformedSeal: the picture cannot be drawn.
        MissingExtra: pillow is not installed.

    """
    try:
        from PIL import Image as Images
        from PIL import UnidentifiedImageError
    except ImportError as error:
        raise MissingExtra("extra.missing", "drawing a seal needs ecert[typst]") from error
    try:
        with Images.open(io.BytesIO(data), formats=("PNG", "GIF", "JPEG", "BMP")) as image:
            if max(image.size) > _MAX_SIDE:
                raise MalformedSeal("seal.picture_unusable", "seal picture is too large")
            rgba = image.convert("RGBA")
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        Images.DecompressionBombError,
        Images.DecompressionBombWarning,  # where the caller makes warnings errors
    ) as error:
        raise MalformedSeal("seal.picture_unusable", "seal picture cannot be decoded") from error
    return _split(rgba)


def _split(rgba: Image) -> Raster:
    from PIL import Image as Images
    from PIL import ImageChops

    rgb, alpha = rgba.convert("RGB"), rgba.getchannel("A")
    if alpha.getextrema() == (255, 255):
        red, green, blue = rgb.split()
        alpha = ImageChops.invert(ImageChops.darker(ImageChops.darker(red, green), blue))
    # Colour and opacity are interpolated apart: black of transparent pixels would bleed in.
    visible = alpha.point([0] * 128 + [255] * 128)
    ink = rgb.resize((1, 1)) if visible.getbbox() is None else _dominant(rgb, visible)
    filled = Images.composite(rgb, Images.new("RGB", rgb.size, ink.getpixel((0, 0))), visible)
    return Raster(width=rgb.width, height=rgb.height, rgb=filled.tobytes(), alpha=alpha.tobytes())


def _dominant(rgb: Image, visible: Image) -> Image:
    from PIL import Image as Images
    from PIL import ImageStat

    mean = ImageStat.Stat(rgb, visible).mean
    return Images.new("RGB", (1, 1), tuple(round(v) for v in mean))


@lru_cache(maxsize=16)
def _packed(samples: bytes) -> bytes:
    return zlib.compress(samples, 9)


def appearance_stream(
    pdf: pikepdf.Pdf, *, picture: Raster, width: float, height: float
) -> pikepdf.Stream:
    """Return the form XObject that draws the picture over ``width`` x ``height`` points."""
    from pikepdf import Array, Dictionary, Name

    size = {"Width": picture.width, "Height": picture.height, "BitsPerComponent": 8}
    common = {"Type": Name.XObject, "Subtype": Name.Image, "Interpolate": False, **size}
    mask = pdf.make_stream(
        _packed(picture.alpha),
        ColorSpace=Name.DeviceGray,
        Filter=Name.FlateDecode,
        **common,
    )
    image = pdf.make_stream(
        _packed(picture.rgb),
        ColorSpace=Name.DeviceRGB,
        Filter=Name.FlateDecode,
        SMask=mask,
        **common,
    )
    state = Dictionary(Type=Name.ExtGState, BM=Name.Multiply)
    return pdf.make_stream(
        f"q /G gs {width:.3f} 0 0 {height:.3f} 0 0 cm /I Do Q".encode(),
        Type=Name.XObject,
        Subtype=Name.Form,
        FormType=1,
        BBox=Array([0, 0, round(width, 3), round(height, 3)]),
        Resources=Dictionary(
            XObject=Dictionary(I=pdf.make_indirect(image)), ExtGState=Dictionary(G=state)
        ),
    )
