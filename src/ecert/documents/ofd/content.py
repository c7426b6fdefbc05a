"""What OFD content can do besides standing still (L8), and the text a reader can select from it.

The closed list of drawing elements is GB/T 33190-2016 ch. 8-15. Films, sounds, actions that run
when a document or page is opened and locations outside the package fail; an element or media type
that the list does not know cannot be judged. A link that a reader must click (Goto, URI, GotoA)
draws nothing and is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from lxml import etree

from ecert.documents.ofd.xmlns import Element, attribute, children, local, walk
from ecert.report.outcome import OK, Outcome, failed, unknown

__all__ = ["Scan", "page_text"]

_CONTENT = frozenset(
    [
        "Page",
        "PageAnnot",
        "Annot",
        "Remark",
        "Parameters",
        "Parameter",
        "Appearance",
        "Area",
        "PhysicalBox",
        "ApplicationBox",
        "ContentBox",
        "BleedBox",
        "CropBox",
        "Template",
        "PageRes",
        "Content",
        "Layer",
        "PageBlock",
        "TextObject",
        "TextCode",
        "CGTransform",
        "Glyphs",
        "Clips",
        "Clip",
        "Path",
        "Text",
        "PathObject",
        "AbbreviatedData",
        "FillColor",
        "StrokeColor",
        "AxialShd",
        "RadialShd",
        "GouraudShd",
        "LaGourandShd",
        "LaGouraudShd",
        "Segment",
        "Color",
        "Point",
        "BackColor",
        "Pattern",
        "CellContent",
        "ImageObject",
        "Border",
        "BorderColor",
        "CompositeObject",
        "Actions",
        "Action",
        "Region",
        "Start",
        "Line",
        "Move",
        "QuadraticBezier",
        "CubicBezier",
        "Arc",
        "Close",
        "Goto",
        "Dest",
        "Bookmark",
        "URI",
        "GotoA",
    ]
)
_RESOURCE = _CONTENT | frozenset(
    [
        "Res",
        "ColorSpaces",
        "ColorSpace",
        "Palette",
        "CV",
        "DrawParams",
        "DrawParam",
        "Fonts",
        "Font",
        "FontFile",
        "MultiMedias",
        "MultiMedia",
        "MediaFile",
        "CompositeGraphicUnits",
        "CompositeGraphicUnit",
        "VectorG",
        "Substitution",
        "Thumbnail",
    ]
)
_PLAYS = frozenset({"Sound", "Movie"})
_LEAVES = frozenset({"URI", "GotoA"})
_ACTING = _PLAYS | _LEAVES | {"MultiMedia"}
_VISIBLE = etree.XPath("descendant-or-self::*[@*[local-name() = 'Visible']]")
_FALSE = ("false", "0")
_IMAGES = (
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"BM",
    b"II*\x00",
    b"MM\x00*",
    b"GIF8",
    b"\x00\x00\x00\x0cjP  ",
    b"\x97JB2",
)
_SHOWN = 40


@dataclass(slots=True)
class Scan:
    """Collects what stands against `FormatFacts.static` while the package is walked."""

    found: dict[Outcome, None] = field(default_factory=dict)

    @property
    def static(self) -> Outcome:
        """The worst finding, or OK."""
        bad = [outcome for outcome in self.found if outcome.ok is False]
        return next(iter(bad or self.found), OK)

    def _add(self, outcome: Outcome) -> None:
        if len(self.found) < _SHOWN or outcome.ok is False:
            self.found.setdefault(outcome)

    def document(self, root: Element, path: str) -> None:
        """Look at a document's own actions."""
        for actions in children(root, "Actions"):
            for element in walk(actions):
                self._acts(element, path)

    def page(self, root: Element, path: str) -> None:
        """Look at a page, template or annotation part."""
        self._elements(root, path, _CONTENT)

    def resource(self, root: Element, path: str) -> None:
        """Look at a list of resources."""
        self._elements(root, path, _RESOURCE)

    def _elements(self, root: Element, path: str, known: frozenset[str]) -> None:
        strange: dict[str, None] = {}
        for element in walk(root):
            name = local(element)
            if name not in known and name not in _PLAYS and len(strange) < _SHOWN:
                strange.setdefault(name)
            if name in _ACTING:
                self._acts(element, path)
        for name in strange:
            self._add(unknown("format.unknown_content", name=name[:_SHOWN], path=path))

    def _acts(self, element: Element, path: str) -> None:
        """Note what plays, or leaves the document without a reader's click; each is looked at once."""
        name = local(element)
        if name in _PLAYS or (name in _LEAVES and not _on_click(element)):
            self._add(failed("format.active_content", what=name, path=path))
        elif name == "MultiMedia" and (attribute(element, "Type") or "Image") != "Image":
            self._add(failed("format.active_content", what="multimedia", path=path))

    def media(self, data: bytes, path: str) -> None:
        """Look at an image file: by content, a still picture."""
        if not data.startswith(_IMAGES):
            self._add(unknown("format.unknown_media", path=path))

    def external(self, location: str, path: str) -> None:
        """Note a location outside the package."""
        shown = location[: 2 * _SHOWN]
        self._add(failed("format.external_reference", location=shown, path=path))


def _on_click(element: Element) -> bool:
    action = element.getparent()
    if action is None or local(action) != "Action":
        return False
    return (attribute(action, "Event") or "").upper() == "CLICK"


def page_text(root: Element) -> str:
    """Return the words of a page part, invisible objects left out, in document order."""
    hidden: set[Element] = set()
    for element in cast("list[Element]", _VISIBLE(root)):
        if element not in hidden and (attribute(element, "Visible") or "").lower() in _FALSE:
            hidden.update(walk(element))
    shown = (element for element in walk(root, "TextCode") if element not in hidden)
    return " ".join(word for element in shown for word in (element.text or "").split())
