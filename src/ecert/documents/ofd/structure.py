"""What an OFD package is made of: from OFD.xml to every part, each with a role.

Walks GB/T 33190-2016 ch. 7-18 from OFD.xml (all DocBody elements) and gives every reachable part a
role; what nothing refers to keeps the role "unknown". The current revision is the union of what a
viewer may take for it: the DocRoot of each DocBody and of each version marked current. Damaged XML
of OFD.xml itself is refused; of any other part it is a problem in the result.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ecert.documents.facts import PartRole
from ecert.documents.ofd.content import Scan, page_text
from ecert.documents.ofd.package import Package
from ecert.documents.ofd.paths import is_external, resolve
from ecert.documents.ofd.xmlns import (
    Element,
    attribute,
    child,
    children,
    local,
    parse_xml,
    text_of,
    too_large,
    walk,
)
from ecert.errors import MalformedDocument
from ecert.limits import Limits
from ecert.report.outcome import Outcome, failed, unknown

__all__ = ["EFFECTS", "UNREFERENCED", "Attachment", "Body", "Page", "Structure", "read_structure"]

ROOT = "/OFD.xml"
_ROLE_ORDER: tuple[PartRole, ...] = ("structure", "content", "resource", "metadata", "signature")
_SHOWN = 16
"""Missing locations that a report names."""
Use = tuple[PartRole, str]
"""A part's role, and the reason code that says what a change of it can do to the page."""
_ROOT: Use = ("structure", "ofd.open_root")
_VERSION: Use = ("structure", "ofd.open_version")
_DOCUMENT: Use = ("structure", "ofd.open_document")
_PAGE: Use = ("content", "ofd.open_page")
_TEMPLATE: Use = ("content", "ofd.open_template")
_ANNOTATION: Use = ("content", "ofd.open_annotation")
_RESOURCES: Use = ("resource", "ofd.open_resources")
_FONT: Use = ("resource", "ofd.open_font")
_IMAGE: Use = ("resource", "ofd.open_image")
_COLOUR: Use = ("resource", "ofd.open_colour")
_COVER: Use = ("resource", "ofd.open_cover")
_ATTACHMENT: Use = ("metadata", "ofd.open_attachment")
_TAG: Use = ("metadata", "ofd.open_tag")
UNREFERENCED = "ofd.open_unreferenced"
EFFECTS = (
    *(use[1] for use in (_ROOT, _VERSION, _DOCUMENT, _PAGE, _TEMPLATE, _ANNOTATION, _RESOURCES)),
    *(use[1] for use in (_FONT, _IMAGE, _COLOUR, _COVER, _ATTACHMENT, _TAG)),
    UNREFERENCED,
)
"""What a part that no digest holds can change, the widest first."""
_TEMPLATES = 256
"""Templates of one page, each drawn on it; honest pages have one or two."""
_CUSTOM_LISTS = ("CustomDatas", "CuslomDatas")
_CUSTOM_ITEMS = ("CustomData", "CuslomData")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One attached file: its declared name, its path, and the list that names it."""

    name: str
    path: str
    listed_in: str
    root: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The parts whose text makes one page, in drawing order: templates, content, annotations."""

    layers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """One DocBody: name-value data as written, and where its signature list should be."""

    custom: tuple[tuple[str, str], ...]
    signatures: str | None


@dataclass(slots=True)
class Structure:
    """The result of the walk (filled here, read-only afterwards).

    Args:
        roles: path -> role, for every reachable part. effects: path -> what a change of it can do.
        current: paths of the current revision. roots: document roots of all revisions.
        pages: what the current pages are made of. texts: path -> words of a drawn part.
        missing: locations that lead to no entry. problems: parts that could not be read.

    """

    bodies: list[Body] = field(default_factory=list)
    roles: dict[str, PartRole] = field(default_factory=dict)
    effects: dict[str, str] = field(default_factory=dict)
    current: set[str] = field(default_factory=set)
    roots: list[str] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    attachments: list[Attachment] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    problems: list[Outcome] = field(default_factory=list)
    scan: Scan = field(default_factory=Scan)
    encrypted: bool = False


def read_structure(package: Package, limits: Limits) -> Structure:
    """Walk the package.

    Raises:
        MalformedDocument: OFD.xml is missing or unreadable, or a limit is exceeded.

    """
    path = resolve(ROOT, ROOT, package)
    if path is None:
        raise MalformedDocument("format.not_recognized", "the package has no OFD.xml")
    walker = _Walker(package, limits, Structure())
    walker.root(path)
    return walker.result


class _Walker:
    """One walk; holds what every step needs. ``now`` says whether the parts met are current."""

    def __init__(self, package: Package, limits: Limits, result: Structure) -> None:
        self.package = package
        self.limits = limits
        self.result = result
        self.now = True
        self.seen: set[tuple[str, bool]] = set()
        self.templates_of: dict[str, list[str]] = {}

    def root(self, path: str) -> None:
        root = parse_xml(self.package.files[path], path, self.limits)
        if local(root) != "OFD":
            raise MalformedDocument("format.not_recognized", "OFD.xml has another root element")
        self._mark(path, _ROOT)
        self.result.encrypted = any(local(e) == "Encryptions" for e in root)
        for body in children(root, "DocBody"):
            self._body(body, path)

    def _body(self, body: Element, path: str) -> None:
        custom: list[tuple[str, str]] = []
        for info in children(body, "DocInfo"):
            for holder in children(info, *_CUSTOM_LISTS):
                custom += [_pair(e) for e in children(holder, *_CUSTOM_ITEMS)]
            for cover in children(info, "Cover"):
                self._follow(text_of(cover), path, _COVER)
        lists = children(body, "Signatures")
        where = text_of(lists[0]) if lists else None
        if len(lists) > 1:
            self.result.problems.append(failed("document.repeated_element", name="Signatures"))
        self.result.bodies.append(Body(custom=tuple(custom), signatures=where))
        roots = [text_of(e) for e in children(body, "DocRoot")]
        if len(roots) > 1:
            self.result.problems.append(failed("document.repeated_element", name="DocRoot"))
        for location in roots:
            self._document(location, path)
        for versions in children(body, "Versions"):
            for version in children(versions, "Version"):
                self._version(version, path)

    def _version(self, version: Element, path: str) -> None:
        """Follow a version; one not marked current is history and draws only when asked for."""
        self.now = (attribute(version, "Current") or "").lower() in ("true", "1")
        found = self._follow(attribute(version, "BaseLoc") or "", path, _VERSION)
        root = self._parse(found, "DocVersion") if found and self._first(found) else None
        if found and root is not None:
            for location in children(root, "DocRoot"):
                self._document(text_of(location), found)
        self.now = True

    def _document(self, location: str, path: str) -> None:
        found = self._follow(location, path, _DOCUMENT)
        if found is None or not self._first(found):
            return
        root = self._parse(found, "Document")
        if root is None:
            return
        if found not in self.result.roots:
            self.result.roots.append(found)
        self.result.scan.document(root, found)
        templates = self._common(root, found)
        annotations = self._annotations(root, found)
        for pages in children(root, "Pages"):
            for page in children(pages, "Page"):
                self._page(page, found, (templates, annotations))
        self._metadata(root, found)

    def _common(self, root: Element, path: str) -> dict[str, str]:
        templates: dict[str, str] = {}
        for common in children(root, "CommonData"):
            for res in children(common, "PublicRes", "DocumentRes"):
                self._resource(text_of(res), path)
            for template in children(common, "TemplatePage"):
                found = self._drawn(attribute(template, "BaseLoc") or "", path, _TEMPLATE)
                if found:
                    templates.setdefault(attribute(template, "ID") or "", found)
        return templates

    def _page(
        self, page: Element, path: str, known: tuple[dict[str, str], dict[str, list[str]]]
    ) -> None:
        templates, annotations = known
        found = self._drawn(attribute(page, "BaseLoc") or "", path, _PAGE)
        if not self.now or len(self.result.pages) > self.limits.pdf_pages:
            return  # beyond the limit no text is compared, so what a page is made of need not be known
        layers = list(annotations.get(attribute(page, "ID") or "", []))
        if found:
            used = self.templates_of.get(found, [])
            layers = [templates[i] for i in used if i in templates] + [found, *layers]
        self.result.pages.append(Page(layers=tuple(layers)))

    def _drawn(self, location: str, path: str, use: Use) -> str | None:
        """Mark and scan a page or template, and follow its own resources."""
        found = self._follow(location, path, use)
        root = self._parse(found, "Page") if found and self._first(found) else None
        if found and root is not None:
            self._scan(root, found)
            used = dict.fromkeys(
                attribute(e, "TemplateID") or "" for e in children(root, "Template")
            )
            if len(used) > _TEMPLATES:
                raise too_large("templates", len(used), _TEMPLATES)
            self.templates_of[found] = list(used)
            for res in children(root, "PageRes"):
                self._resource(text_of(res), found)
        return found

    def _annotations(self, root: Element, path: str) -> dict[str, list[str]]:
        by_page: dict[str, list[str]] = {}
        for element in children(root, "Annotations"):
            listing = self._follow(text_of(element), path, _ANNOTATION)
            top = self._parse(listing, "Annotations") if listing and self._first(listing) else None
            for page in children(top, "Page") if top is not None else []:
                for where in children(page, "FileLoc"):
                    found = self._follow(text_of(where), listing or path, _ANNOTATION)
                    if found and self._annotation(found):
                        by_page.setdefault(attribute(page, "PageID") or "", []).append(found)
        return by_page

    def _annotation(self, path: str) -> bool:
        """Scan the annotations of a page once; False when met before or unreadable."""
        root = self._parse(path, "PageAnnot") if self._first(path) else None
        if root is None:
            return False
        self._scan(root, path)
        return True

    def _scan(self, root: Element, path: str) -> None:
        self.result.scan.page(root, path)
        self.result.texts[path] = page_text(root)

    def _resource(self, location: str, path: str) -> None:
        found = self._follow(location, path, _RESOURCES)
        if found is None or not self._first(found):
            return
        root = self._parse(found, "Res")
        if root is None:
            return
        base = attribute(root, "BaseLoc") or ""
        folder = found.rsplit("/", 1)[0] + "/" + base.strip() + "/"
        if base.strip().startswith("/"):
            folder = base.strip() + "/"
        self.result.scan.resource(root, found)
        for element in walk(root):
            name = local(element)
            if name in ("MediaFile", "FontFile"):
                use = _IMAGE if name == "MediaFile" else _FONT
                media = self._media(text_of(element), folder, (found, use))
                if media and name == "MediaFile":
                    self.result.scan.media(self.package.files[media], media)
            elif name == "ColorSpace" and attribute(element, "Profile"):
                self._media(attribute(element, "Profile") or "", folder, (found, _COLOUR))

    def _media(self, location: str, folder: str, listed: tuple[str, Use]) -> str | None:
        """Follow a resource file: relative to the BaseLoc of its list, else to the list."""
        inside = resolve(location, folder, self.package)
        return self._follow(inside or location, *listed)

    def _metadata(self, root: Element, path: str) -> None:
        for element in children(root, "CustomTags", "Extensions"):
            listing = self._follow(text_of(element), path, _TAG)
            top = self._parse(listing, None) if listing and self._first(listing) else None
            for inner in walk(top) if top is not None else ():
                if local(inner) in ("FileLoc", "SchemaLoc", "ExtendData"):
                    self._follow(text_of(inner), listing or path, _TAG)
        for element in children(root, "Attachments"):
            listing = self._follow(text_of(element), path, _ATTACHMENT)
            top = self._parse(listing, "Attachments") if listing and self._first(listing) else None
            for item in children(top, "Attachment") if top is not None else []:
                self._attachment(item, listing or path, path)

    def _attachment(self, item: Element, listing: str, root: str) -> None:
        found = self._follow(text_of(child(item, "FileLoc")), listing, _ATTACHMENT)
        if found and self.now:
            name = attribute(item, "Name") or ""
            self.result.attachments.append(
                Attachment(name=name, path=found, listed_in=listing, root=root)
            )

    def _follow(self, location: str, path: str, use: Use) -> str | None:
        """Resolve a location and mark the part; note what leads nowhere or outside."""
        found = resolve(location, path, self.package)
        if found is not None:
            self._mark(found, use)
        elif is_external(location, path):
            self.result.scan.external(location, path)
        elif location and len(self.result.missing) < _SHOWN:
            self.result.missing.append(location)
        return found

    def _first(self, path: str) -> bool:
        """Whether a part is met for the first time, so that each is parsed once per revision."""
        before = len(self.seen)
        self.seen.add((path, self.now))
        return len(self.seen) > before

    def _mark(self, path: str, use: Use) -> None:
        role, effect = use
        old = self.result.roles.get(path, "signature")
        self.result.roles[path] = min(old, role, key=_ROLE_ORDER.index)
        known = self.result.effects.get(path, UNREFERENCED)
        self.result.effects[path] = min(known, effect, key=EFFECTS.index)
        if self.now:
            self.result.current.add(path)

    def _parse(self, path: str, expected: str | None) -> Element | None:
        try:
            root = parse_xml(self.package.files[path], path, self.limits)
        except MalformedDocument as problem:
            if problem.code == "format.too_large":
                raise
            self.result.problems.append(failed(problem.code, **problem.params))
            return None
        if expected is not None and local(root) != expected:
            self.result.problems.append(
                unknown("document.other_root", path=path, expected=expected)
            )
            return None
        return root


def _pair(element: Element) -> tuple[str, str]:
    """Return one custom datum; the name is an attribute, or a child element in some real files."""
    named = attribute(element, "Name") or attribute(element, "name")
    if named is None:
        named = text_of(child(element, "name")) or text_of(child(element, "Name"))
        return named, text_of(child(element, "text")) or text_of(element)
    return named, element.text or ""
