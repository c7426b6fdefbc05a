"""Check a picture in a field: base64 of a JPEG or PNG of bounded size; pixels are not decoded.

Refuses other formats, base64 that is not strict, more bytes than the field allows and more than
4000 by 4000 pixels stated in the header, so that no later step meets a decompression bomb.
"""

from __future__ import annotations

import base64
import binascii
import struct
from typing import Literal

from ecert.model.issue import Cause

__all__ = ["decode_image", "image_causes"]

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_PIXELS = 4000
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = frozenset(range(0xD0, 0xDA)) | {0x01}
_HEADER = struct.Struct(">HH")

ImageType = Literal["jpeg", "png"]


def decode_image(text: str) -> tuple[ImageType, bytes] | None:
    """Return type and bytes of a picture field, or None when it is not one."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        return None
    if data.startswith(_PNG):
        return "png", data
    return ("jpeg", data) if data.startswith(_JPEG) else None


def image_causes(text: str, max_bytes: int) -> tuple[Cause, ...]:
    """Return what is wrong with the picture in ``text``."""
    if len(text) > (max_bytes + 2) // 3 * 4:
        return (Cause.of("value.image_too_large", limit=max_bytes),)
    decoded = decode_image(text)
    if decoded is None:
        return (Cause.of("value.image_type"),)
    kind, data = decoded
    size = _png_size(data) if kind == "png" else _jpeg_size(data)
    if size is None:
        return (Cause.of("value.image_broken"),)
    if not all(1 <= side <= _PIXELS for side in size):
        return (Cause.of("value.image_pixels", limit=_PIXELS),)
    return ()


def _png_size(data: bytes) -> tuple[int, int] | None:
    end = len(_PNG) + 8 + 8
    if len(data) < end or data[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", data[16:end])
    return width, height


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    position = 2
    while position + 9 <= len(data):
        if data[position] != 0xFF:  # noqa: PLR2004 - every marker begins so (ITU-T T.81 B.1.1.2)
            return None
        marker = data[position + 1]
        if marker == 0xFF or marker in _BARE:  # noqa: PLR2004 - fill byte
            position += 1 if marker == 0xFF else 2  # noqa: PLR2004
            continue
        if marker in _FRAMES:
            height, width = _HEADER.unpack_from(data, position + 5)
            return width, height
        length = int.from_bytes(data[position + 2 : position + 4], "big")
        position += 2 + max(2, length)
    return None
