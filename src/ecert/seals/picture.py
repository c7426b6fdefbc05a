"""Media type of a seal picture by its first bytes; the image itself is never decoded here."""

from __future__ import annotations

__all__ = ["matches", "sniff"]

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"\xff\xd8\xff", "JPG"),
    (b"BM", "BMP"),
    (b"PK\x03\x04", "OFD"),
)
_SPELLINGS = {"JPEG": "JPG"}
_STANDARD = frozenset({"GIF", "BMP", "JPG", "PNG", "SVG"})
_SVG_WINDOW = 1024


def sniff(data: bytes) -> str | None:
    """Return ``"PNG"``, ``"GIF"``, ``"JPG"``, ``"BMP"``, ``"OFD"``, ``"SVG"`` or None."""
    for magic, name in _MAGIC:
        if data.startswith(magic):
            return name
    return "SVG" if b"<svg" in data[:_SVG_WINDOW] else None


def matches(declared: str, sniffed: str | None) -> bool:
    """Whether a picture type is one of the standard's and is what the bytes are; case is free."""
    name = declared.upper()
    return _SPELLINGS.get(name, name) in _STANDARD and _SPELLINGS.get(name, name) == sniffed
