"""Finds what could draw or act beside the page content (never-accept.md L8).

Judged over every dictionary of the file, reachable or not, because what is reachable differs
between viewers. Refuses scripts, actions that leave the document, XFA, optional content, foreign
appearances, external streams, pictures that others may exchange.
"""

from __future__ import annotations

from typing import Any, Final

from ecert.documents.pdf.fields import has_place, visible
from ecert.documents.pdf.objects import Found, dictionary, entry, name_of
from ecert.documents.pdf.values import Body, Stream
from ecert.report.outcome import OK, Outcome, failed

__all__ = ["ALTERNATIVES", "Stillness"]

ALTERNATIVES: Final = frozenset({"Alternates", "OPI"})
"""Other pictures that another program, or the printer, may show instead (ISO 32000-1 8.9.5.4, 14.11.7)."""

_ACTIONS: Final = frozenset(
    {
        "JavaScript",
        "Launch",
        "GoToR",
        "GoToE",
        "ImportData",
        "SubmitForm",
        "ResetForm",
        "Rendition",
        "Movie",
        "Sound",
        "Hide",
        "Trans",
        "SetOCGState",
        "GoTo3DView",
        "RichMediaExecute",
        "Named",
    }
)
_MEDIA: Final = frozenset(
    {"RichMedia", "3D", "Screen", "Movie", "Sound", "TrapNet", "PrinterMark", "Projection"}
)
_OPTIONAL_CONTENT: Final = frozenset({"OCG", "OCMD"})
_DRAWN_BY_VIEWERS: Final = frozenset({"Tx", "Btn", "Ch"})
_QUIET_ANNOTATIONS: Final = frozenset({"Link", "Popup"})


class Stillness:
    """Collects findings while the objects are walked; the worst and first one answers.

    Args:
        body: the file's objects.

    """

    def __init__(self, body: Body) -> None:
        self._problem: Outcome = OK
        self._path = "catalogue"
        self._notes: dict[str, Outcome] = {}
        root = body.root
        form = entry(root, "AcroForm")
        if entry(form, "XFA") is not None:
            self._fail("format.active_content", "XFA")
        if entry(root, "OCProperties") is not None:
            self._fail("format.optional_content", "OCProperties")
        if entry(entry(root, "Names"), "JavaScript") is not None:
            self._fail("format.active_content", "JavaScript")
        if entry(form, "NeedAppearances") is True:
            self._fail("format.foreign_appearance", "NeedAppearances")

    def _fail(self, code: str, what: str) -> None:
        if self._problem.ok is not True:
            return
        if code == "format.external_reference":
            self._problem = failed(code, location=what, path=self._path)
        else:
            self._problem = failed(code, what=what[:64], path=self._path)

    def _note(self, code: str) -> None:
        self._notes.setdefault(code, Outcome(ok=True, code=code))

    @property
    def outcome(self) -> Outcome:
        """Ok, or the first thing that could draw or act."""
        return self._problem

    @property
    def notes(self) -> tuple[Outcome, ...]:
        """Harmless findings worth saying, by code."""
        return tuple(self._notes[code] for code in sorted(self._notes))

    def look(self, found: Found) -> None:
        """Judge one dictionary."""
        keys, value = found.keys, found.value
        self._path = f"object {found.owner[0]}"
        self._actions(keys, value)
        if not keys.isdisjoint({"Rect", "Subtype", "AP"}):
            self._annotation(keys, value)
        kind = name_of(entry(value, "Type")) if "Type" in keys else None
        if kind in _OPTIONAL_CONTENT or "OC" in keys:
            self._fail("format.optional_content", kind or "OC")
        if isinstance(value, Stream) and "F" in keys:
            self._fail("format.external_reference", "F")
        if isinstance(value, Stream) and not keys.isdisjoint(ALTERNATIVES):
            self._fail("format.other_picture", min(keys & ALTERNATIVES))
        if "Ref" in keys and dictionary(entry(value, "Ref")) is not None and _is_form(value):
            self._fail("format.external_reference", "Ref")
        if kind == "Font" and name_of(entry(value, "Subtype")) == "Type3":
            self._note("pdf.type3_font")

    def _actions(self, keys: frozenset[str], value: Any) -> None:
        if "JS" in keys:
            self._fail("format.active_content", "JavaScript")
        if "S" in keys:
            action = name_of(entry(value, "S"))
            if action in _ACTIONS:
                self._fail("format.active_content", action)
            elif action == "URI" and "URI" in keys:
                self._note("pdf.link")
        if "AA" in keys and dictionary(entry(value, "AA")) is not None:
            self._fail("format.active_content", "AA")
        if "OpenAction" in keys:
            action_value = entry(value, "OpenAction")
            goes = name_of(entry(action_value, "S"))
            if dictionary(action_value) is not None and goes != "GoTo":
                self._fail("format.active_content", "OpenAction")
        if "XFA" in keys:
            self._fail("format.active_content", "XFA")

    def _annotation(self, keys: frozenset[str], value: Any) -> None:
        subtype = name_of(entry(value, "Subtype")) if "Subtype" in keys else None
        if subtype in _MEDIA and ("Rect" in keys or name_of(entry(value, "Type")) == "Annot"):
            self._fail("format.active_content", subtype)
            return
        if "Rect" not in keys or subtype is None:
            return
        if subtype == "Widget":
            if _field_draws(value):
                self._fail("format.foreign_appearance", "Widget")
        elif subtype not in _QUIET_ANNOTATIONS or "AP" in keys:
            self._fail("format.foreign_appearance", subtype)


def _is_form(value: Any) -> bool:
    return isinstance(value, Stream) and name_of(entry(value, "Subtype")) == "Form"


def _field_draws(widget: Any) -> bool:
    """Whether a widget shows anything but a signature.

    Viewers draw the value of other fields themselves where there is no appearance.
    """
    field, kind, signed = widget, None, False
    for _ in range(8):
        kind = kind or name_of(entry(field, "FT"))
        signed = signed or entry(entry(field, "V"), "ByteRange") is not None
        field = dictionary(entry(field, "Parent"))
        if field is None:
            break
    if kind in _DRAWN_BY_VIEWERS:
        return has_place(widget)
    return visible(widget) and not (kind == "Sig" and signed)
