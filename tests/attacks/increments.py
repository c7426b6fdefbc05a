"""Revisions appended to a finished PDF, by the hundred: every key of catalogue, page and field, every object.

Nobody needs a key for these. None may be accepted but those in `HARMLESS`, which change nothing
that is shown or relied upon.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator

import pikepdf

from attacks import rewrite as cut

HARMLESS = {
    "catalogue /Extensions": "names the extensions of the standard that a DSS is one of (ISO 32000-2, 7.12)",
    "catalogue /Lang(zh-CN)": "the same value as before",
    "trailer no /ID": "the identifier of the file is no content; the signed revision still has it",
}
_ACTION = b"<</S/JavaScript/JS(app.alert\\(1\\))>>"
_CATALOGUE = (
    b"/OpenAction[%(page)d 0 R/Fit]", b"/OpenAction" + _ACTION, b"/PageMode/FullScreen", b"/Lang(en)",
    b"/PageLayout/TwoColumnLeft", b"/OCProperties<</OCGs[]/D<<>>>>", b"/Outlines %(new)d 0 R",
    b"/URI<</Base(http://example.invalid)>>", b"/Collection<</View/H>>", b"/NeedsRendering true",
    b"/Version/1.4", b"/AA<</WC" + _ACTION + b">>", b"/Requirements[<</S/EnableJavaScripts>>]",
    b"/PieceInfo<<>>", b"/StructTreeRoot %(new)d 0 R", b"/MarkInfo<</Marked true>>", b"/Threads[]",
    b"/Unknown<</Y 1>>", b"/DSS<</Unknown 1>>", b"/DSS %(page)d 0 R", b"/DSS %(field)d 0 R",
    b"/DSS<</Certs[%(page)d 0 R]>>", b"/DSS<</VRI %(new)d 0 R>>",
    b"/AcroForm<</Fields[%(field)d 0 R]/SigFlags 3/NeedAppearances true>>",
    b"/AcroForm<</Fields[]/SigFlags 3>>", b"/AcroForm<</Fields[%(field)d 0 R]/SigFlags 3/XFA(x)>>",
    b"/Pages %(new)d 0 R", b"/Perms<<>>", b"/Metadata %(new)d 0 R", b"/AF[]", b"/Names<<>>",
    b"/OutputIntents[]", b"/ViewerPreferences<</HideToolbar true>>",
    b"/Extensions<</ADBE<</BaseVersion/1.7/ExtensionLevel 8>>>>", b"/Lang(zh-CN)",
)  # fmt: skip
_NODE = (
    b"/Rotate 90", b"/CropBox[0 0 10 10]", b"/MediaBox[0 0 10 10]", b"/UserUnit 10", b"/Dur 1",
    b"/Group<</S/Transparency>>", b"/AA<</O" + _ACTION + b">>", b"/Tabs/S", b"/Trans<</S/Fade>>", b"/B[]",
    b"/Metadata %(new)d 0 R", b"/Thumb %(new)d 0 R", b"/AF[%(new)d 0 R]", b"/F 2", b"/Rect[0 0 0 0]",
    b"/AP<<>>", b"/AS/Off", b"/MK<</CA(x)>>", b"/BS<</W 9>>", b"/OC %(new)d 0 R", b"/DA(/Helv 9 Tf)",
    b"/TU(x)", b"/T(Other)", b"/Ff 1", b"/V null", b"/Contents null", b"/Annots[]", b"/Resources<<>>",
    b"/Kids[]", b"/Count 2", b"/Unknown 1", b"/VP[]", b"/PresSteps<<>>", b"/Lock<</Action/All>>", b"/SV<<>>",
)  # fmt: skip
_BODIES = (b"null", b"<<>>", b"[]", b"0", b"<</Type/DSS>>")


def increments(good: bytes) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yield (what is done, how to make the file)."""
    with pikepdf.open(io.BytesIO(good)) as pdf:
        places = {
            "catalogue": int(pdf.Root.objgen[0]),
            "pages": int(pdf.Root.Pages.objgen[0]),
            "page": int(pdf.pages[0].obj.objgen[0]),
            "field": int(pdf.Root.AcroForm.Fields[0].objgen[0]),
            "new": cut.size_of(good),
        }
        bodies = {
            int(o.objgen[0]): b"" if isinstance(o, pikepdf.Stream) else o.unparse(resolved=True)
            for o in pdf.objects
            if o is not None
        }
    names = {number: name for name, number in places.items()}
    for where, entries in (
        ("catalogue", _CATALOGUE),
        ("page", _NODE),
        ("pages", _NODE),
        ("field", _NODE),
    ):
        for text in entries:
            entry = text % {k.encode(): v for k, v in places.items()}
            what = (
                f"{where} {text.decode()}"
                if "/Extensions" not in text.decode()
                else f"{where} /Extensions"
            )
            yield what, lambda where=where, entry=entry: _with_entry(good, places, where, entry)
    for number, body in bodies.items():
        what = names.get(number, f"object {number}")
        for other in _BODIES:
            if number != places["catalogue"]:
                yield (
                    f"{what} is {other.decode()}",
                    lambda n=number, o=other: cut.append(good, {n: o}),
                )
        for source, text in bodies.items():
            if text and text != body and source < 8:
                yield (
                    f"{what} is object {source}",
                    lambda n=number, t=text: cut.append(good, {n: t}),
                )
        if number != places["catalogue"]:
            yield f"{what} as DSS", lambda n=number: _with_entry(good, places, "catalogue", b"/DSS %d 0 R" % n, {n: b"<</Type/DSS>>"})  # fmt: skip
            yield f"DSS points to {what}", lambda n=number: _with_entry(good, places, "catalogue", b"/DSS %d 0 R" % n)  # fmt: skip
        if not body:
            yield f"{what} emptied", lambda n=number: cut.append(good, {n: b"<</Length 4>>\nstream\nq Q \nendstream"})  # fmt: skip
    yield from _trailers(good, places)


def _with_entry(
    good: bytes, places: dict[str, int], where: str, entry: bytes, more: dict[int, bytes] | None = None
) -> bytes:  # fmt: skip
    key = re.match(rb"/[A-Za-z]+", entry)
    assert key
    with pikepdf.open(io.BytesIO(good)) as pdf:
        item = pdf.get_object(places[where], 0)
        if key[0].decode() in item:
            del item[key[0].decode()]
        body = item.unparse(resolved=True)[:-2] + entry + b">>"
    new = b"<</Type/Unknown/Kids[%(page)d 0 R]/Count 1>>" % {b"page": places["page"]}
    used = b"%d 0 R" % places["new"] in entry
    return cut.append(
        good, {places[where]: body, **({places["new"]: new} if used else {}), **(more or {})}
    )


def _trailers(good: bytes, places: dict[str, int]) -> Iterator[tuple[str, Callable[[], bytes]]]:
    later = cut.append(good, {places["new"]: b"<</Type/DSS>>"})
    root = b"/Root %d 0 R" % places["catalogue"]
    rows = [
        ("another root", root, b"/Root %d 0 R" % places["new"]),
        ("/Prev 0", b"/Prev ", b"/Prev 0 /Was "),
        ("/Encrypt", b"/Prev ", b"/Encrypt<</Filter/Standard>>/Prev "),
        ("/Info", b"/Prev ", b"/Info %d 0 R/Prev " % places["new"]),
        ("no /Prev", b"/Prev", b"/Was"),
        ("/Size 1", b"/Size ", b"/Size 1 /Was "),
        ("/XRefStm", b"/Prev ", b"/XRefStm 15/Prev "),
        ("no /ID", b"/ID", b"/Was"),
    ]
    for name, old, new in rows:
        at = later.rindex(old)
        yield (
            f"trailer {name}",
            lambda at=at, old=old, new=new: later[:at] + new + later[at + len(old) :],
        )
    yield "a second end", lambda: good + b"%%EOF\n"
    yield "a second startxref", lambda: good + b"startxref\n0\n%%EOF\n"
