"""Safe XML and locations inside a package; media type by content."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import ofd_kit as o
from ecert.documents import INSPECTORS, inspect_document
from ecert.documents.ofd.package import open_package
from ecert.documents.ofd.paths import candidates, is_external, resolve
from ecert.documents.ofd.xmlns import attribute, child, children, local, parse_xml, text_of
from ecert.documents.sniff import OCTET_STREAM, OFD, PDF, media_type
from ecert.errors import MalformedDocument
from ecert.limits import Limits


def parsed(data: bytes, **limits: int):
    return parse_xml(data, "/x.xml", Limits(**limits))


def refused(data: bytes, **limits: int) -> str:
    with pytest.raises(MalformedDocument) as caught:
        parsed(data, **limits)
    return caught.value.code


def test_names_are_compared_without_namespace():
    for ns in ("", ' xmlns="http://www.ofdspec.org/2016"', ' xmlns="urn:odd"'):
        root = parsed(f'<OFD{ns}><DocBody ID="1"> a </DocBody><Other/></OFD>'.encode())
        assert local(root) == "OFD"
        assert text_of(child(root, "DocBody")) == "a"
        assert [local(e) for e in children(root)] == ["DocBody", "Other"]
    root = parsed(b'<o:OFD xmlns:o="urn:a" o:ID="7" Name="8"/>')
    assert (attribute(root, "ID"), attribute(root, "Name"), attribute(root, "No")) == (
        "7",
        "8",
        None,
    )


def test_two_children_of_a_name_are_as_good_as_none():
    root = parsed(b"<a><b>1</b><b>2</b></a>")
    assert child(root, "b") is None
    assert text_of(child(root, "b")) == ""


HIDDEN = '<!DOCTYPE a [<!ENTITY e "other text">]><a>&e;</a>'


@pytest.mark.parametrize(
    "data",
    [
        HIDDEN.encode("utf-16-le"),
        HIDDEN.encode("utf-32-le"),
        f'<?xml version="1.0"?>{HIDDEN}'.encode("utf-16-le"),
        b'<?xml version="1.0"%s encoding="UTF-7"?>' % (b" " * 80) + HIDDEN.encode("utf-7"),
        b'<?xml version="1.0"%s encoding="UTF-7"?>' % (b" " * 999) + HIDDEN.encode("utf-7"),
        b"<?xml version='1.0' encoding = 'UTF-7' ?>" + HIDDEN.encode("utf-7"),
    ],
)
def test_l9_no_encoding_hides_a_document_type(data):
    """What a viewer would put in for an entity is not what is read here, so there may be none."""
    assert refused(data) == "document.xml"


def test_declarations_as_they_are_written():
    for head in ("", "<?xml version='1.0'?>", '<?xml version="1.0" standalone="no" ?>'):
        assert parsed(f"{head}<a>一</a>".encode()).text == "一"
    for name in ("GBK", "gb18030"):
        text = f'<?xml version="1.0" encoding="{name}" standalone="yes"?><a>一</a>'
        assert parsed(text.encode(name)).text == "一"


def test_comments_do_not_split_text():
    root = parsed("<a>一<!-- x -->二<?pi?>三</a>".encode())
    assert text_of(root) == "一二三"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text",
        b"<a>",
        b"<a/><b/>",
        b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>',
        b'<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b"<a>&undefined;</a>",
        '<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16"),
        b'<?xml version="1.0" encoding="UTF-7"?><a/>',
        b'<?xml version="1.0" encoding="EBCDIC-CP-US"?><a/>',
        b'<?xml version="1.0" encoding="UTF-8"?><a>\xff</a>',
        b'<a b="1" b="2"/>',
        b"\x00<a/>",
    ],
)
def test_what_is_no_plain_xml_is_refused(data):
    assert refused(data) == "document.xml"


def test_allowed_encodings():
    assert text_of(parsed(b"\xef\xbb\xbf<a>1</a>")) == "1"
    data = '<?xml version="1.0" encoding="GB18030"?><a>证照</a>'.encode("gb18030")
    assert text_of(parsed(data)) == "证照"


def test_limits_of_xml():
    assert refused(b"<a>" + b"1" * 100 + b"</a>", xml_bytes=50) == "format.too_large"
    assert refused(b"<a>" * 70 + b"</a>" * 70) == "format.too_large"
    assert parsed(b"<a>" * 64 + b"</a>" * 64) is not None
    assert refused(b"<r>" + b"<a/>" * 3000 + b"</r>", xml_bytes=16_000) == "format.too_large"


def test_very_deep_nesting_is_refused_by_the_parser():
    assert refused(b"<a>" * 100_000 + b"</a>" * 100_000) in ("document.xml", "format.too_large")


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/Doc_0/Document.xml", "/Doc_0/Document.xml"),
        ("//Doc_0//Document.xml", "/Doc_0/Document.xml"),
        ("../Document.xml", "/Doc_0/Document.xml"),
        ("Signature.xml", "/Doc_0/Signs/Signature.xml"),
        ("./Signature.xml", "/Doc_0/Signs/Signature.xml"),
        ("Doc_0/Document.xml", "/Doc_0/Document.xml"),
        ("/doc_0/DOCUMENT.xml", "/Doc_0/Document.xml"),
        (" /Doc_0/Document.xml\n", "/Doc_0/Document.xml"),
        ("../../../Document.xml", None),
        ("", None),
        ("/", None),
        ("..", None),
        ("http://example.test/Doc_0/Document.xml", None),
        ("\\Doc_0\\Document.xml", None),
        ("C:/Doc_0/Document.xml", None),
        ("/Doc_0/Document.xml\u202e", None),
        ("missing.xml", None),
    ],
)
def test_locations(location, expected):
    files = {"Doc_0/Document.xml": b"1", "Doc_0/Signs/Signature.xml": b"2"}
    package = open_package(o.pack(files), Limits())
    assert resolve(location, "/Doc_0/Signs/Signatures.xml", package) == expected


def test_the_referring_file_comes_before_the_root():
    assert candidates("a.xml", "/Doc_0/b.xml") == ("/Doc_0/a.xml", "/a.xml")
    assert candidates("a.xml", "/b.xml") == ("/a.xml",)


def test_external_locations():
    for location in ("http://example.test/a", "file:///etc/passwd", "\\\\host\\a", "../../a"):
        assert is_external(location, "/Doc_0/b.xml")
    for location in ("", " ", "missing.xml", "../a"):
        assert not is_external(location, "/Doc_0/b.xml")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"%PDF-1.7\n", PDF),
        (b"\r\n junk %PDF-1.4", PDF),
        (b"", OCTET_STREAM),
        (b"hello", OCTET_STREAM),
        (b"PK\x03\x04 nothing", OCTET_STREAM),
        (b"PK\x03\x04 nothing %PDF-1.4", PDF),
        (bytes(2000) + b"%PDF-1.7", OCTET_STREAM),
    ],
)
def test_media_type(data, expected):
    assert media_type(data) == expected


def test_media_type_of_an_ofd_with_and_without_a_prefix():
    assert media_type(o.good()) == OFD
    assert media_type(b"vendor blob" + o.good()) == OFD
    assert set(INSPECTORS) == {OFD, PDF}


def test_inspect_document_decides_by_content():
    facts = inspect_document(o.good(), Limits())
    assert facts.media_type == OFD
    other = inspect_document(b"hello", Limits())
    assert (other.media_type, other.size) == (OCTET_STREAM, 5)
    assert other.format.recognized.code == "format.not_recognized"
    assert other.format.recognized.ok is False
