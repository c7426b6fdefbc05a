"""Makes a minimal sealed OFD: one page of text, an attached certificate, a seal over all.

For tests and the demo; a full OFD face is not made here. "Whole" mode of GB/T 33190-2016 ch. 18:
every file but the signature's own XML and value is referenced, OFD.xml and Signatures.xml
included. The bytes are the same for the same input and signature value: fixed entry times, no
compression. What was made is read back before it is returned; refuses text that XML cannot hold.
"""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from lxml import etree

from ecert.crypto.digest import digest
from ecert.crypto.signer import Signer
from ecert.documents.ofd.facts import inspect_ofd
from ecert.documents.ofd.xmlns import Element
from ecert.errors import SigningError
from ecert.limits import Limits
from ecert.report.outcome import Outcome
from ecert.seals.making import sign_with_seal
from ecert.seals.seal import Seal

__all__ = ["make_sealed_ofd"]

_NS = "http://www.ofdspec.org/2016"
_SIGN = "Doc_0/Signs/Sign_0/"
_WIDTH, _HEIGHT = 297, 210
_MARGIN, _SIZE, _STEP = 25, 5, 11
_EPOCH = (1980, 1, 1, 0, 0, 0)


def make_sealed_ofd(
    certificate_json: bytes,
    lines: Sequence[str],
    *,
    seal: Seal,
    signer: Signer,
    at: datetime,
    custom_datas: Mapping[str, str] | None = None,
) -> bytes:
    """Return the bytes of a sealed OFD file.

    Args:
        certificate_json: attached verbatim as ``certificate.json``.
        lines: what the page says, top down.
        seal: the seal to use; the signer's certificate must stand in its list.
        signer: key and certificate.
        at: signing time, with a zone.
        custom_datas: name-value mirror of the data for OFD.xml.

    Raises:
        SigningError: a text cannot be written, the seal cannot be used, or the result is not valid.

    """
    try:
        files = _content(certificate_json, lines, custom_datas or {})
    except ValueError as problem:
        raise SigningError(
            "ofd.text", "a text holds characters that XML does not allow"
        ) from problem
    files[_SIGN + "Seal.esl"] = seal.raw
    files["Doc_0/Signs/Signatures.xml"] = _signature_list()
    signature = _signature_xml(files, seal, at)
    value = sign_with_seal(
        seal=seal.raw,
        signer=signer,
        data_hash=digest("sm3", signature),
        property_info=f"/{_SIGN}Signature.xml",
        at=at,
    )
    files[_SIGN + "Signature.xml"] = signature
    files[_SIGN + "SignedValue.dat"] = value
    made = _zip(files)
    _check(made)
    return made


def _check(made: bytes) -> None:
    facts = inspect_ofd(made, Limits())
    one = facts.signatures[0]
    outcomes: tuple[Outcome, ...] = (
        facts.format.single,
        facts.format.static,
        one.structure,
        one.digest,
        one.value,
        one.seal_digest,
        one.seal_file,
        one.signer_bound,
        one.changes_after,
    )
    if any(outcome.ok is not True for outcome in outcomes) or one.coverage != "whole":
        raise SigningError("ofd.own_output", "the OFD just made does not verify")


def _content(
    certificate: bytes, lines: Sequence[str], custom: Mapping[str, str]
) -> dict[str, bytes]:
    return {
        "OFD.xml": _ofd_xml(certificate, custom),
        "Doc_0/Document.xml": _document_xml(),
        "Doc_0/PublicRes.xml": _resources_xml(),
        "Doc_0/Pages/Page_0/Content.xml": _page_xml(lines),
        "Doc_0/Attachs/Attachments.xml": _attachments_xml(),
        "Doc_0/Attachs/certificate.json": certificate,
    }


def _element(name: str, **attributes: str) -> Element:
    return etree.Element(f"{{{_NS}}}{name}", attributes, nsmap={"ofd": _NS})


def _add(parent: Element, name: str, text: str | None = None, **attributes: str) -> Element:
    child = etree.SubElement(parent, f"{{{_NS}}}{name}", attributes)
    child.text = text
    return child


def _bytes(root: Element) -> bytes:
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def _ofd_xml(certificate: bytes, custom: Mapping[str, str]) -> bytes:
    root = _element("OFD", Version="1.1", DocType="OFD")
    body = _add(root, "DocBody")
    info = _add(body, "DocInfo")
    _add(info, "DocID", digest("sm3", certificate).hex()[:32])
    if custom:
        holder = _add(info, "CustomDatas")
        for name, value in custom.items():
            _add(holder, "CustomData", value, Name=name)
    _add(body, "DocRoot", "Doc_0/Document.xml")
    _add(body, "Signatures", "Doc_0/Signs/Signatures.xml")
    return _bytes(root)


def _document_xml() -> bytes:
    root = _element("Document")
    common = _add(root, "CommonData")
    _add(common, "MaxUnitID", "1000")
    area = _add(common, "PageArea")
    _add(area, "PhysicalBox", f"0 0 {_WIDTH} {_HEIGHT}")
    _add(common, "PublicRes", "PublicRes.xml")
    pages = _add(root, "Pages")
    _add(pages, "Page", ID="1", BaseLoc="Pages/Page_0/Content.xml")
    _add(root, "Attachments", "Attachs/Attachments.xml")
    return _bytes(root)


def _resources_xml() -> bytes:
    root = _element("Res", BaseLoc="Res")
    fonts = _add(root, "Fonts")
    _add(fonts, "Font", ID="2", FontName="宋体", FamilyName="宋体")
    return _bytes(root)


def _page_xml(lines: Sequence[str]) -> bytes:
    root = _element("Page")
    content = _add(root, "Content")
    layer = _add(content, "Layer", ID="3")
    for number, line in enumerate(lines):
        top = _MARGIN + number * _STEP
        boundary = f"{_MARGIN} {top} {_WIDTH - 2 * _MARGIN} {_STEP}"
        place = {"ID": str(10 + number), "Boundary": boundary, "Font": "2", "Size": str(_SIZE)}
        text = _add(layer, "TextObject", **place)
        steps = {"DeltaX": f"g {len(line) - 1} {_SIZE}"} if len(line) > 1 else {}
        _add(text, "TextCode", line, X="0", Y=str(_SIZE), **steps)
    return _bytes(root)


def _attachments_xml() -> bytes:
    root = _element("Attachments")
    item = _add(root, "Attachment", ID="900", Name="certificate.json", Format="json")
    _add(item, "FileLoc", "certificate.json")
    return _bytes(root)


def _signature_list() -> bytes:
    root = _element("Signatures")
    _add(root, "MaxSignId", "1")
    _add(root, "Signature", ID="1", Type="Seal", BaseLoc=f"/{_SIGN}Signature.xml")
    return _bytes(root)


def _signature_xml(files: Mapping[str, bytes], seal: Seal, at: datetime) -> bytes:
    root = _element("Signature")
    info = _add(root, "SignedInfo")
    _add(info, "Provider", ProviderName="ecert", Company="ecert", Version="1")
    _add(info, "SignatureMethod", "1.2.156.10197.1.501")
    _add(info, "SignatureDateTime", at.astimezone(UTC).strftime("%Y%m%d%H%M%SZ"))
    references = _add(info, "References", CheckMethod="1.2.156.10197.1.401")
    for name, data in files.items():
        reference = _add(references, "Reference", FileRef="/" + name)
        _add(reference, "CheckValue", base64.b64encode(digest("sm3", data)).decode("ascii"))
    picture = seal.facts.picture
    left = _WIDTH - _MARGIN - picture.width_mm
    top = _HEIGHT - _MARGIN - picture.height_mm
    boundary = f"{left} {top} {picture.width_mm} {picture.height_mm}"
    _add(info, "StampAnnot", ID="950", PageRef="1", Boundary=boundary)
    _add(_add(info, "Seal"), "BaseLoc", f"/{_SIGN}Seal.esl")
    _add(root, "SignedValue", f"/{_SIGN}SignedValue.dat")
    return _bytes(root)


def _zip(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, data)
    return buffer.getvalue()
