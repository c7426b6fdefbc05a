"""The XMP packet of an issued PDF: PDF/A-3b, Dublin Core, certificate metadata and its schema.

Properties in a namespace of our own must be described in the packet itself (ISO 19005-3 6.6.2.3);
each metadata element is one text property under its short name (ecert-data.md 3.1). The packet is
not padded: nothing may be edited later. Characters that XML cannot carry are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from xml.sax.saxutils import escape

from ecert.documents.pdf.write import CHINA
from ecert.documents.pdf.xmpns import (
    FACE_NAMESPACE,
    FACE_PREFIX,
    XMP_NAMESPACE,
    XMP_PREFIX,
)
from ecert.errors import SigningError

__all__ = ["PRODUCER", "build_xmp"]

PRODUCER = "ecert"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_BAD = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
<pdfaid:part>3</pdfaid:part>
<pdfaid:conformance>B</pdfaid:conformance>
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:identifier>{identifier}</dc:identifier>
<dc:language><rdf:Bag><rdf:li>zh-CN</rdf:li></rdf:Bag></dc:language>
<xmp:CreatorTool>{producer}</xmp:CreatorTool>
<xmp:CreateDate>{date}</xmp:CreateDate>
<xmp:ModifyDate>{date}</xmp:ModifyDate>
<xmp:MetadataDate>{date}</xmp:MetadataDate>
<pdf:Producer>{producer}</pdf:Producer>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:{prefix}="{namespace}">
{properties}
</rdf:Description>
{face}<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag>{schemas}</rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""

_FACE = """<rdf:Description rdf:about="" xmlns:{prefix}="{namespace}">
{properties}
</rdf:Description>
"""

_SCHEMA = """<rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>{title}</pdfaSchema:schema>
<pdfaSchema:namespaceURI>{namespace}</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>{prefix}</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq>
{properties}
</rdf:Seq></pdfaSchema:property>
</rdf:li>"""

_PROPERTY = """<rdf:li rdf:parseType="Resource">
<pdfaProperty:name>{name}</pdfaProperty:name>
<pdfaProperty:valueType>Text</pdfaProperty:valueType>
<pdfaProperty:category>external</pdfaProperty:category>
<pdfaProperty:description>{what} {name}</pdfaProperty:description>
</rdf:li>"""


def build_xmp(
    metadata: Mapping[str, str],
    *,
    title: str,
    identifier: str,
    at: datetime,
    producer: str = PRODUCER,
    drawing: Mapping[str, str] | None = None,
) -> bytes:
    """Return the packet as UTF-8.

    Args:
        metadata: short name to text; empty texts and names XML has no room for are left out (a
            mirror may say less than the associated file, never more).
        title: document title.
        identifier: the ECID.
        at: the instant of issue.
        producer: name and version of the writing program.
        drawing: what drew the face: ``template`` and ``version``; None says nothing of it.

    Raises:
        SigningError: a text holds a character that XML cannot carry.

    """
    used = {name: text for name, text in sorted(metadata.items()) if text and _NAME.match(name)}
    face = dict(sorted((drawing or {}).items()))
    for name, text in (*used.items(), *face.items(), ("title", title), ("identifier", identifier)):
        if _BAD.search(text):
            raise SigningError(
                "issue.metadata_unwritable",
                f"metadata element {name} cannot be written",
                params={"name": name},
            )
    schemas = _schema(used, XMP_PREFIX, "GB/T 36903 certificate metadata", "metadata element")
    if face:
        schemas += _schema(face, FACE_PREFIX, "drawing of the certificate's face", "face")
    return _PACKET.format(
        title=escape(title),
        identifier=escape(identifier),
        producer=escape(producer),
        date=at.astimezone(CHINA).strftime("%Y-%m-%dT%H:%M:%S+08:00"),
        prefix=XMP_PREFIX,
        namespace=XMP_NAMESPACE,
        properties=_properties(used, XMP_PREFIX),
        face=_FACE.format(
            prefix=FACE_PREFIX,
            namespace=FACE_NAMESPACE,
            properties=_properties(face, FACE_PREFIX),
        )
        if face
        else "",
        schemas=schemas,
    ).encode()


def _properties(values: Mapping[str, str], prefix: str) -> str:
    return "\n".join(f"<{prefix}:{n}>{escape(t)}</{prefix}:{n}>" for n, t in values.items())


def _schema(values: Mapping[str, str], prefix: str, title: str, what: str) -> str:
    """Return the description of a namespace's properties (ISO 19005-3 6.6.2.3)."""
    return _SCHEMA.format(
        title=title,
        namespace=XMP_NAMESPACE if prefix == XMP_PREFIX else FACE_NAMESPACE,
        prefix=prefix,
        properties="\n".join(_PROPERTY.format(name=n, what=what) for n in values),
    )
