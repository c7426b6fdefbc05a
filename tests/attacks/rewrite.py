"""Surgery on finished PDFs, by hand: increments, recompression, moved signatures. Nothing here checks anything."""

from __future__ import annotations

import io
import random
import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import pikepdf

_WIDE = b"/ByteRange [0 0000000000 0000000000 0000000000]"
_STREAM = re.compile(rb"stream\r?\n")


@dataclass(frozen=True)
class Place:
    """A compressed stream in the bytes of a file."""

    start: int
    end: int
    content: bytes


def stream_of(data: bytes, pick: Callable[[pikepdf.Pdf], pikepdf.Object]) -> Place:
    """Return where a stream's stored bytes stand, and what they hold."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        found = pick(pdf)
        raw, content = found.read_raw_bytes(), found.read_bytes()
    start = data.index(raw)
    return Place(start, start + len(raw), content)


def page_content(pdf: pikepdf.Pdf) -> pikepdf.Object:
    return pdf.pages[0].Contents


def attachment(pdf: pikepdf.Pdf) -> pikepdf.Object:
    return pdf.Root.AF[0].EF.F


def squeeze(content: bytes, size: int, *, before: bytes, alphabet: bytes) -> bytes:
    """Return a zlib stream of exactly ``size`` bytes: ``content``, ``before`` and as much noise as fits.

    Raises:
        ValueError: the content does not fit.
    """
    noise = random.Random(1)
    text = b""
    level = min(range(5, 10), key=lambda level: len(zlib.compress(content, level)))
    for _ in range(4000):
        packed = zlib.compress(content + (before + text if text else b""), level)
        if len(packed) == size:
            return packed
        if len(packed) > size:
            text = text[: -noise.randrange(1, 4)] if text else text
            if not text:
                break
        missing = size - len(packed)
        text += bytes(noise.choice(alphabet) for _ in range(max(1, missing // 2)))
    raise ValueError(f"{len(content)} bytes do not fit into {size}")


def replace_stream(data: bytes, place: Place, content: bytes, *, comment: bytes = b"") -> bytes:
    """Return the file with a stream's content replaced in place, every offset kept."""
    alphabet = bytes(range(97, 123)) if comment else b" \n\t\r"
    packed = squeeze(content, place.end - place.start, before=comment, alphabet=alphabet)
    return data[: place.start] + packed + data[place.end :]


def swap_glyph(data: bytes, old: str, new: str, *, within: str) -> bytes:
    """Return the file with one printed character exchanged for another of the same font."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for font in pdf.pages[0].Resources.Font.values():
            pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]{4})>", font.ToUnicode.read_bytes())
            glyphs = {chr(int(b, 16)): int(a, 16) for a, b in pairs}
            if {old, new, *within} <= set(glyphs):
                break
        else:
            raise ValueError("no font has these characters")
    place = stream_of(data, page_content)
    wanted = b"".join(glyphs[c].to_bytes(2, "big") for c in within)
    for match in re.finditer(rb"\((?:\\.|[^\\)])*\)", place.content, re.DOTALL):
        if wanted in _unescape(match[0][1:-1]):
            text = _unescape(match[0][1:-1]).replace(
                glyphs[old].to_bytes(2, "big"), glyphs[new].to_bytes(2, "big")
            )
            escaped = b"(" + re.sub(rb"[()\\\r]", lambda m: b"\\%03o" % m[0][0], text) + b")"
            content = place.content[: match.start()] + escaped + place.content[match.end() :]
            return replace_stream(data, place, content, comment=b"\n%")
    raise ValueError(f"{within} is not printed in one piece")


def _unescape(text: bytes) -> bytes:
    plain = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}

    def one(match: re.Match[bytes]) -> bytes:
        body = match[1]
        return bytes([int(body, 8) & 0xFF]) if body[:1].isdigit() else plain.get(body, body)

    return re.sub(rb"\\([0-7]{1,3}|.)", one, text, flags=re.DOTALL)


def stream(content: bytes, entries: bytes = b"") -> bytes:
    """Return an uncompressed stream object's body."""
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (entries, len(content), content)


def append(base: bytes, objects: Mapping[int, bytes]) -> bytes:
    """Return the file with one incremental update (ISO 32000-1, 7.5.6)."""
    out = bytearray(base if base.endswith(b"\n") else base + b"\n")
    offsets = {}
    for number, body in objects.items():
        offsets[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 1\n0000000000 65535 f \n"
    for number, at in sorted(offsets.items()):
        out += b"%d 1\n%010d 00000 n \n" % (number, at)
    identifier = re.findall(rb"/ID ?\[[^\]]*\]", base)[-1]
    previous = re.findall(rb"startxref\s+(\d+)", base)[-1]
    size = max([size_of(base), *(n + 1 for n in objects)])
    out += b"trailer\n<</Size %d/Root 1 0 R%s/Prev %s>>\nstartxref\n%d\n%%%%EOF\n" % (
        size,
        identifier,
        previous,
        start,
    )
    return bytes(out)


def size_of(base: bytes) -> int:
    """Return the next free object number."""
    return int(re.findall(rb"/Size (\d+)", base)[-1])


def extended(
    base: bytes, *, annotations: Iterable[int] = (), fields: Iterable[int] = ()
) -> dict[int, bytes]:
    """Return the page and the catalogue of a file with further annotations and form fields."""
    with pikepdf.open(io.BytesIO(base)) as pdf:
        page, root = pdf.pages[0].obj, pdf.Root
        shown = _references(page.get("/Annots", []), annotations)
        known = _references(root.AcroForm.Fields if "/AcroForm" in root else [], fields)
        for owner, key in ((page, "/Annots"), (root, "/AcroForm")):
            if key in owner:
                del owner[key]
        return {
            page.objgen[0]: page.unparse(resolved=True)[:-2] + b"/Annots [%s]>>" % shown,
            root.objgen[0]: root.unparse(resolved=True)[:-2]
            + b"/AcroForm <</SigFlags 3/Fields [%s]>>>>" % known,
        }


def _references(old: Iterable[pikepdf.Object], new: Iterable[int]) -> bytes:
    numbers = [item.objgen[0] for item in old] + list(new)
    return b" ".join(b"%d 0 R" % number for number in numbers)


def fill(data: bytes, make: Callable[[bytes], bytes]) -> bytes:
    """Set the last signature's ByteRange and value; ``make`` signs the covered bytes."""
    start = data.rfind(b"/Contents <") + len(b"/Contents ")
    end = data.index(b">", start) + 1
    at = data.rfind(_WIDE)
    numbers = b"/ByteRange [0 %010d %010d %010d]" % (start, end, len(data) - end)
    data = data[:at] + numbers + data[at + len(numbers) :]
    value = make(data[:start] + data[end:]).hex().encode()
    return data[: start + 1] + value.ljust(end - start - 2, b"0") + data[end - 1 :]


def signature_dictionary(date: bytes, *, room: int = 3000) -> bytes:
    """Return an unfilled CMS signature dictionary for `fill`."""
    return (
        b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.pkcs7.detached/M(%s)%s/Contents <%s>>>"
        % (date, _WIDE, b"00" * room)
    )


def resave(data: bytes, change: Callable[[pikepdf.Pdf], None]) -> bytes:
    """Return the file as an editor would write it anew, with a change."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        change(pdf)
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return out.getvalue()
