"""Takes the certificate's data out of a PDF: the associated file and the XMP mirror (L7).

Every file specification named `certificate.json` is a carrier, wherever it hangs: two of them are
shown as two, and the judge refuses them. XMP is parsed without DTD, entities or network; a
property that stands twice stays twice in the JSON text, so that the judge's reader refuses it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ecert.documents.facts import Carrier, Scope
from ecert.documents.pdf import xmpform
from ecert.documents.pdf.objects import Found, entry, name_of, read_stream, text_of
from ecert.documents.pdf.values import Body, Stream
from ecert.documents.pdf.xmpns import CERTIFICATE_FILENAME, XMP_NAMESPACE
from ecert.errors import MalformedDocument
from ecert.limits import Limits
from ecert.report.outcome import Outcome, unknown

__all__ = ["Attachment", "attachment", "collect", "xmp_carrier", "xmp_properties"]

_MAX_PROPERTIES: Final = 1024
_JSON: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XMP_BYTES: Final = 4 * 1024 * 1024
_MAX_NAME: Final = 128
_MAX_NOTES: Final = 32
_MAX_CERTIFICATES: Final = 16
"""Files of the reserved name that are read; the second is one too many already (L7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One embedded file.

    Args:
        name: file name as displayed. stream: its object, None when it is missing.
        owner: number of the object that holds the file specification and so the name.
        is_certificate: it has the name reserved for the certificate's data.

    """

    name: str
    stream: Any
    owner: int
    is_certificate: bool


def attachment(found: Found) -> tuple[Attachment, ...]:
    """Return the distinct embedded files of one file specification; empty for anything else."""
    specification = found.value
    files = entry(specification, "EF")
    if files is None:
        return ()
    names = [text_of(entry(specification, key)) for key in ("UF", "F")]
    stated = [name for name in names if name]
    reserved = any(_plain(name) == CERTIFICATE_FILENAME for name in stated)
    streams: list[Any] = []
    for key in ("UF", "F", "DOS", "Mac", "Unix"):
        stream = entry(files, key)
        if isinstance(stream, Stream) and not any(
            stream.objgen == other.objgen for other in streams
        ):
            streams.append(stream)
    name = stated[0] if stated else ""
    return tuple(
        Attachment(name=name, stream=stream, owner=found.owner[0], is_certificate=reserved)
        for stream in streams or [None]
    )


def _plain(name: str) -> str:
    name = name.replace("\ufffd", "")  # some readers drop what is no text
    return name.replace("\\", "/").rsplit("/", 1)[-1].strip().casefold()


def collect(
    body: Body,
    files: Sequence[Attachment],
    covered_by: Callable[[Stream, int], tuple[int, ...]],
    limits: Limits,
    *,
    scope: Scope = "everything",
) -> tuple[tuple[Carrier, ...], tuple[Outcome, ...]]:
    """Return the carriers, attachments first, and notes on what was passed over.

    Raises:
        MalformedDocument: a reserved attachment cannot be read within the limits.

    """
    result: list[Carrier] = []
    notes: list[Outcome] = []
    seen: set[tuple[int, int]] = set()
    for item in files:
        if not item.is_certificate:
            name = item.name[:_MAX_NAME]
            notes.append(Outcome(ok=True, code="pdf.other_attachment", params=(("name", name),)))
        elif item.stream is None:
            notes.append(unknown("pdf.attachment_unreadable"))
        elif item.stream.objgen not in seen and len(seen) < _MAX_CERTIFICATES:
            seen.add(item.stream.objgen)
            raw = read_stream(item.stream, limits.json_bytes)
            place = f"{item.name[:_MAX_NAME]} (object {item.stream.objgen[0]})"
            covered = covered_by(item.stream, item.owner)
            result.append(Carrier(kind="attachment", source=place, raw=raw, covered_by=covered))
    stream = entry(body.root, "Metadata")
    if isinstance(stream, Stream) and scope == "everything":
        try:
            packet = xmp_carrier(stream, limits)
        except MalformedDocument:
            notes.append(unknown("pdf.xmp_unreadable"))
        else:
            if packet is not None:
                covered = covered_by(stream, stream.objgen[0])
                result.append(Carrier(kind="xmp", source="XMP", raw=packet, covered_by=covered))
    return tuple(result), tuple(notes[:_MAX_NOTES])


def xmp_carrier(stream: Any, limits: Limits) -> bytes | None:
    """Return the certificate properties of an XMP packet as a JSON object of strings, or None.

    Raises:
        MalformedDocument: the packet cannot be read safely.

    """
    pairs = xmp_properties(stream, XMP_NAMESPACE, limits)
    if not pairs:
        return None
    # A name that stands twice stays twice; the judge's reader refuses it.
    members = (_JSON.encode({name: value})[1:-1] for name, value in pairs)
    made = dict(pairs)
    text = _JSON.encode(made) if len(made) == len(pairs) else "{" + ",".join(members) + "}"
    return text.encode("utf-8", "surrogatepass")


def xmp_properties(stream: Any, namespace: str, limits: Limits) -> list[tuple[str, str]]:
    """Return the properties of one namespace in an XMP packet, as (name, text) in their order.

    Raises:
        MalformedDocument: the packet cannot be read safely.

    """
    if name_of(entry(stream, "Subtype")) != "XML":
        return []
    packet = read_stream(stream, min(limits.xml_bytes, _XMP_BYTES))
    if namespace.encode() not in packet and packet[:2] not in {b"\xfe\xff", b"\xff\xfe"}:
        return []
    found = xmpform.recall(packet, namespace, limits)
    if found is None:
        found = _properties(_parse(packet), namespace, limits)
        xmpform.learn(packet, namespace, limits, found)
    return found


def _parse(packet: bytes) -> Any:
    from lxml import etree

    if b"<!" in packet.replace(b"<!--", b""):
        raise MalformedDocument("pdf.xmp_unreadable", "declarations are not allowed in XMP")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root: Any = etree.fromstring(packet.strip(b"\x00 \t\r\n"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise MalformedDocument("pdf.xmp_unreadable", "the XMP packet is not XML") from error
    if root.getroottree().docinfo.doctype:
        raise MalformedDocument("pdf.xmp_unreadable", "a document type is not allowed in XMP")
    return root


def _properties(root: Any, namespace: str, limits: Limits) -> list[tuple[str, str]]:
    prefix = "{" + namespace + "}"
    pairs: list[tuple[str, str]] = []
    queue: list[tuple[Any, int]] = [(root, 0)]
    while queue:
        node, depth = queue.pop()
        if depth > limits.xml_depth or len(pairs) > _MAX_PROPERTIES:
            raise MalformedDocument("pdf.xmp_unreadable", "the XMP packet is too deep or too long")
        for name, value in node.items():
            if name.startswith(prefix):
                pairs.append((name[len(prefix) :], value))
        tag = node.tag
        if isinstance(tag, str) and tag.startswith(prefix):
            pairs.append((tag[len(prefix) :], _text(node)))
        elif len(node):
            queue += [(child, depth + 1) for child in reversed(node)]
    return pairs


def _text(node: Any) -> str:
    """Return a property's text; of a list, its items' text as they follow each other."""
    if not len(node):  # an element is false where it has no children, which is asked here
        return node.text or ""
    items = node.findall(f".//{{{_RDF}}}li")
    if items:
        return "\n".join("".join(item.itertext()) for item in items)
    return "".join(node.itertext())
