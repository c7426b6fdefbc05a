"""Attacks on PDFs: each returns the bytes of a file that must never be accepted."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import datetime

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from attacks import rewrite as cut
from attacks.world import SIGNED
from ecert.crypto.cms_build import build_cms
from ecert.crypto.digest import digest
from ecert.crypto.signer import Signer
from ecert.documents.pdf.write import pdf_date

DRAWN = b"0.8 0 0 rg 0 0 160 40 re f"


def cms_by(signer: Signer, at: datetime = SIGNED) -> Callable[[bytes], bytes]:
    """Return a maker of detached CMS signatures."""
    name = "sm3" if signer.kind == "sm2" else "sha256"
    return lambda covered: build_cms(
        digest_value=digest(name, covered),
        digest=name,
        signer=signer,
        signing_time=at,
        profile="adbe",
    )


# -- content ---------------------------------------------------------------------------------------


def altered_content(good: bytes) -> bytes:
    """The capital is printed as nine million instead of one; every offset stays."""
    return cut.swap_glyph(good, "壹", "玖", within="壹佰万")


def altered_metadata(good: bytes) -> bytes:
    """The holder's name is changed in the data and in the XMP mirror alike."""
    place = cut.stream_of(good, cut.attachment)
    changed = place.content.replace("示例科技".encode(), "示例示例".encode())
    data = cut.replace_stream(good, place, changed)
    return data.replace("示例科技".encode(), "示例示例".encode())


def altered_xmp(good: bytes) -> bytes:
    """Only the mirror is changed."""
    return good.replace("示例科技".encode(), "示例示例".encode())


# -- increments ------------------------------------------------------------------------------------


def _widget(number: int, value: int, page: int, extra: bytes = b"") -> bytes:
    return b"<</Type/Annot/Subtype/Widget/FT/Sig/T(Signature2)/F 132/P %d 0 R/V %d 0 R%s>>" % (
        page,
        value,
        extra or b"/Rect[0 0 0 0]",
    )


def _page_number(base: bytes) -> int:
    with pikepdf.open(io.BytesIO(base)) as pdf:
        return int(pdf.pages[0].obj.objgen[0])


def appended_note(good: bytes) -> bytes:
    """An increment adds a note over the page."""
    new = cut.size_of(good)
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 160 40]"
    return cut.append(
        good,
        {
            **cut.extended(good, annotations=[new], fields=()),
            new: b"<</Type/Annot/Subtype/Stamp/Rect[300 300 460 340]/F 4/AP<</N %d 0 R>>>>"
            % (new + 1),
            new + 1: cut.stream(DRAWN, form),
        },
    )


def appended_page(good: bytes) -> bytes:
    """An increment gives the page other content."""
    new, page = cut.size_of(good), _page_number(good)
    body = cut.extended(good)[page]
    body = re.sub(rb"/Contents \d+ 0 R", b"/Contents %d 0 R" % new, body)
    return cut.append(good, {page: body, new: cut.stream(DRAWN)})


def appended_data(good: bytes) -> bytes:
    """An increment gives the attachment other content; the page stays as it is."""
    with pikepdf.open(io.BytesIO(good)) as pdf:
        stream = pdf.Root.AF[0].EF.F
        number, content = stream.objgen[0], stream.read_bytes()
    changed = content.replace("示例科技".encode(), "示例示例".encode())
    return cut.append(good, {number: cut.stream(changed, b"/Type/EmbeddedFile")})


def appended_dss(good: bytes, more: bytes = b"") -> bytes:
    """An increment adds an empty DSS, as long-term validation does; with ``more`` not only that."""
    new = cut.size_of(good)
    root, body = _root(good)
    return cut.append(
        good, {root: body[:-2] + b"/DSS %d 0 R%s>>" % (new, more), new: b"<</Type/DSS>>"}
    )


def _root(base: bytes) -> tuple[int, bytes]:
    with pikepdf.open(io.BytesIO(base)) as pdf:
        return int(pdf.Root.objgen[0]), pdf.Root.unparse(resolved=True)


def _other_title(base: bytes) -> tuple[int, bytes]:
    """Return the number of the XMP stream, and a packet with another title in it."""
    with pikepdf.open(io.BytesIO(base)) as pdf:
        number, packet = int(pdf.Root.Metadata.objgen[0]), pdf.Root.Metadata.read_bytes()
    title = re.search(rb"<dc:title>.*?</dc:title>", packet, re.DOTALL)
    assert title
    changed = title[0].replace("营业执照".encode(), "特许证书".encode())
    assert changed != title[0]
    return number, cut.stream(packet.replace(title[0], changed), b"/Type/Metadata/Subtype/XML")


def appended_title(good: bytes) -> bytes:
    number, body = _other_title(good)
    return cut.append(good, {number: body})


def appended_xmp(good: bytes) -> bytes:
    new = cut.size_of(good)
    root, body = _root(good)
    body = re.sub(rb"/Metadata \d+ 0 R", b"/Metadata %d 0 R" % new, body)
    return cut.append(good, {root: body, new: _other_title(good)[1]})


def appended_info(good: bytes) -> bytes:
    new = cut.size_of(good)
    data = cut.append(good, {new: b"<</Title(another title)>>"})
    at = data.rindex(b"trailer\n<<") + len(b"trailer\n<<")
    return data[:at] + b"/Info %d 0 R" % new + data[at:]


def appended_attachment(good: bytes) -> bytes:
    new = cut.size_of(good)
    spec = b"<</Type/Filespec/F(certificate.json)/UF(certificate.json)/EF<</F %d 0 R>>>>" % (
        new + 1
    )
    return cut.append(good, {new: spec, new + 1: cut.stream(b"{}", b"/Type/EmbeddedFile")})


def drawn_over(good: bytes, second: Signer) -> bytes:
    """A second signer stamps the page in an increment and signs all of it, validly."""
    new, page = cut.size_of(good), _page_number(good)
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 160 40]"
    objects = {
        **cut.extended(good, annotations=[new, new + 2], fields=[new + 2]),
        new: b"<</Type/Annot/Subtype/Stamp/Rect[300 300 460 340]/F 4/AP<</N %d 0 R>>>>" % (new + 1),
        new + 1: cut.stream(DRAWN, form),
        new + 2: _widget(new + 2, new + 3, page),
        new + 3: cut.signature_dictionary(pdf_date(SIGNED).encode()),
    }
    return cut.fill(cut.append(good, objects), cms_by(second))


def countersigned(good: bytes, second: Signer, *, shown: bytes = b"") -> bytes:
    """A second signer signs in an increment; with ``shown`` the new field itself draws."""
    new, page = cut.size_of(good), _page_number(good)
    look = b"/Rect[300 300 460 340]/AP<</N %d 0 R>>" % (new + 2) if shown else b""
    objects = {
        **cut.extended(good, annotations=[new], fields=[new]),
        new: _widget(new, new + 1, page, look),
        new + 1: cut.signature_dictionary(pdf_date(SIGNED).encode()),
    }
    if shown:
        form = b"/Type/XObject/Subtype/Form/BBox[0 0 160 40]"
        objects[new + 2] = cut.stream(shown, form)
        objects = dict(sorted(objects.items(), key=lambda pair: pair[0] == new + 1))
    return cut.fill(cut.append(good, objects), cms_by(second))


# -- the signature itself --------------------------------------------------------------------------


def _hex(data: bytes) -> tuple[int, int]:
    start = data.index(b"/Contents <") + len(b"/Contents ")
    return start, data.index(b">", start) + 1


def stripped(good: bytes) -> bytes:
    """Every trace of the signature is taken out, the rest saved anew."""

    def strip(pdf: pikepdf.Pdf) -> None:
        del pdf.Root.AcroForm, pdf.Root.Perms
        del pdf.pages[0].obj.Annots

    return cut.resave(good, strip)


def zeroed(good: bytes) -> bytes:
    """The signature value is overwritten with zeros (USF: value removed)."""
    start, end = _hex(good)
    return good[: start + 1] + b"0" * (end - start - 2) + good[end - 1 :]


def other_contents(good: bytes, donor: bytes) -> bytes:
    """The signature value of another genuine file is put in place."""
    start, end = _hex(good)
    a, b = _hex(donor)
    value = donor[a + 1 : b - 1].rstrip(b"0")
    room = end - start - 2
    return good[: start + 1] + value[:room].ljust(room, b"0") + good[end - 1 :]


def wider_gap(good: bytes) -> bytes:
    """The gap of /ByteRange is widened over the bytes behind the value (SWA without the wrapping)."""
    return _with_range(good, lambda a, b, c: (a, b + 40, c - 40))


def range_lost(good: bytes) -> bytes:
    """/ByteRange no longer reaches the end (USF)."""
    return _with_range(good, lambda a, b, c: (a, b, c - 5))


def _with_range(data: bytes, change: Callable[[int, int, int], tuple[int, int, int]]) -> bytes:
    found = re.search(rb"/ByteRange \[ 0 (\d+) (\d+) (\d+)( *)\]", data)
    assert found
    numbers = change(int(found[1]), int(found[2]), int(found[3]))
    text = b"/ByteRange [ 0 %d %d %d" % numbers
    return (
        data[: found.start()]
        + text.ljust(found.end() - found.start() - 1)
        + b"]"
        + data[found.end() :]
    )


def wrapped(good: bytes) -> bytes:
    """The signed part is moved behind new content and found again by a changed /ByteRange (SWA)."""
    _, end = _hex(good)
    rest = good[end:]
    inserted = b"\n%%EOF\n9999 0 obj\n(other content)\nendobj\n"
    data = good[:end] + inserted + rest
    return _with_range(data, lambda a, b, c: (a, b + len(inserted), c))


def second_byte_range(good: bytes) -> bytes:
    """The dictionary states /ByteRange twice; readers differ in which one they take."""
    found = re.search(rb"/ByteRange \[ 0 \d+ \d+ \d+( *)\]", good)
    assert found
    room = len(found[1])
    extra = b"/ByteRange[]"
    assert room >= len(extra)
    text = found[0][: -1 - room] + b"]" + extra
    return good[: found.start()] + text.ljust(len(found[0])) + good[found.end() :]


def moved_field(good: bytes, victim: bytes) -> bytes:
    """The signature dictionary of a genuine file is copied into an unsigned one."""
    with pikepdf.open(io.BytesIO(good)) as donor, pikepdf.open(io.BytesIO(victim)) as pdf:
        field = pdf.copy_foreign(donor.Root.AcroForm.Fields[0].V)
        widget = pdf.make_indirect(
            Dictionary(
                Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, T=String("Signature1"),
                V=field, F=132, Rect=Array([0, 0, 0, 0]), P=pdf.pages[0].obj,
            )
        )  # fmt: skip
        pdf.pages[0].obj.Annots = Array([widget])
        pdf.Root.AcroForm = Dictionary(Fields=Array([widget]), SigFlags=3)
        out = io.BytesIO()
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return out.getvalue()


# -- one file, one format --------------------------------------------------------------------------


def prefixed(good: bytes) -> bytes:
    return b"GIF89a\n" + good


def suffixed(good: bytes) -> bytes:
    return good + b"\n% and something more\n" * 3


def zip_behind(good: bytes) -> bytes:
    """The file is a ZIP as well: another viewer opens something else."""
    buffer = io.BytesIO(good)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("OFD.xml", "<OFD/>")
    return buffer.getvalue()


# -- before signing --------------------------------------------------------------------------------


def with_script(body: bytes) -> bytes:
    def change(pdf: pikepdf.Pdf) -> None:
        pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))

    return cut.resave(body, change)


def with_layer(body: bytes) -> bytes:
    """Half of the page may be switched off by a viewer."""

    def change(pdf: pikepdf.Pdf) -> None:
        group = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("layer")))
        shown = Dictionary(Order=Array([group]), ON=Array([group]))
        pdf.Root.OCProperties = Dictionary(OCGs=Array([group]), D=shown)

    return cut.resave(body, change)


def encrypted(good: bytes) -> bytes:
    """The same file with a password."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(good)) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(owner="owner", user="user"))
    return out.getvalue()


def picture_swapped(good: bytes) -> bytes:
    """The visible seal is exchanged for another one of the same size, in place."""

    def pick(pdf: pikepdf.Pdf) -> pikepdf.Object:
        form = pdf.Root.AcroForm.Fields[0].AP.N
        image = next(iter(form.Resources.XObject.values()))
        return image.get("/SMask", image)

    place = cut.stream_of(good, pick)
    blank = bytes(len(place.content))
    return cut.replace_stream(good, place, blank)
