"""What a seal signature says it protects is compared with the document at hand (eseal-crypto.md 1.3)."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import ofd_kit as o
import seals_kit as kit
from ecert.report import failed
from ecert.seals.asn1 import parse_seal_signature
from ecert.seals.facts import SealSignatureFacts
from ecert.seals.protects import check_hash, check_path, check_range

OWN = "/Doc_0/Signs/Sign_0/Signature.xml"
ENTRIES = {OWN, "/Doc_0/Signs/Sign_1/Signature.xml"}


def said(info: bytes, version: str = "v4") -> SealSignatureFacts:
    return replace(parse_seal_signature(kit.ses_v4()), property_info=info, version=version)  # type: ignore[arg-type]


def resolve(location: str) -> str | None:
    path = "/" + location.lstrip("/")
    return path if path in ENTRIES else None


@pytest.mark.parametrize(
    ("info", "ok", "code"),
    [
        (OWN.encode(), True, None),
        (OWN[1:].encode(), True, None),
        (b"/" + OWN.encode() + b"\0", True, None),
        (b'{"DocId":"1","Entry":"/Doc_0/Signs/Sign_0/Signature.xml"}', True, None),
        (b'{"doc.DocID":"1","ofd.Sign":"/Doc_0/Signs/Sign_1/Signature.xml"}', None, "seal.property_path"),
        (b"/Doc_0/Signs/Sign_1/Signature.xml", None, "seal.property_path"),
        (b"/Doc_9/Signs/Sign_0/Signature.XML", None, "seal.property_path"),
        ("/文档/签章.xml".encode("gb18030"), None, "seal.property_path"),
        (b"", True, "seal.property_blank"),
        (b" ", True, "seal.property_blank"),
        (b"OFDSIGN", True, "seal.property_word"),
        (b'{"DocId":"1","DocName":"n"}', True, "seal.property_word"),
        (b'{"a":["/Doc_9/x.xml"],"b":1}', True, "seal.property_word"),
        (b"{no json.xml", True, "seal.property_word"),
        (b"{" + b"[" * 4000, True, "seal.property_word"),
        (b"{" + b" " * 5000 + b"}", True, "seal.property_word"),
    ],
)  # fmt: skip
def test_the_package_path_that_is_stated(info, ok, code):
    found = check_path(said(info), OWN, resolve)
    assert (found.ok, found.code) == (ok, code)


RANGES = ((0, 100), (300, 1000))


@pytest.mark.parametrize(
    ("info", "version", "ok", "code"),
    [
        (b"[0 100 300 700]", "v4", True, None),
        (b"0,100,300,700", "v5", True, None),
        (b"0-100;300-1000", "v4", True, None),
        (b"[0 100 300 701]", "v4", False, "seal.property_range"),
        (b"[0 100]", "v5", False, "seal.property_range"),
        (b"0 1000", "v4", False, "seal.property_range"),
        (b"[0 100 300 " + b"7" * 30 + b"]", "v4", True, "seal.property_word"),
        (b"[0 100 300 700" + b" " * 300 + b"]", "v4", True, "seal.property_word"),
        (b"GOMAIN 2", "v4", True, "seal.property_word"),
        (b"GOMAIN 2", "v5", None, "seal.property_no_range"),
        (b"", "v1", True, "seal.property_blank"),
        (b"", "v5", None, "seal.property_no_range"),
        (b"\xff\xfe", "v4", True, "seal.property_word"),
    ],
)
def test_the_byte_range_that_is_stated(info, version, ok, code):
    found = check_range(said(info, version), RANGES)
    assert (found.ok, found.code) == (ok, code)


def test_the_document_hash_by_the_algorithm_of_the_signature():
    signed = parse_seal_signature(kit.ses_v4())
    assert check_hash(signed, lambda name: kit.HASH if name == "sm3" else b"").ok is True
    assert check_hash(signed, lambda _: kit.HASH[:-1]) == failed("seal.document_digest")
    assert check_hash(replace(signed, digest_algorithm=""), lambda _: kit.HASH).ok is True
    odd = check_hash(replace(signed, digest_algorithm="md4"), lambda _: kit.HASH)
    assert (odd.ok, odd.code) == (None, "signature.digest_unknown")


def test_a_signature_moved_to_another_place_of_the_package_is_named():
    """The seal still holds over every byte it signs; what it signs says where it stood."""
    files = o.content()
    moved = "Doc_0/Signs/Sign_7/"
    xml = o.signature_xml(files, [n for n in files if "Signatures" not in n])
    files["Doc_0/Signs/Signatures.xml"] = o.listing(o.row(7))
    files |= {moved + "Signature.xml": xml, moved + "SignedValue.dat": o.seal_value(xml)}
    one = o.one(files)
    assert (one.digest.ok, one.value.ok) == (True, True)
    assert (one.seal_property.ok, one.seal_property.code) == (None, "seal.property_path")
    assert o.one(o.good()).seal_property.code is None
