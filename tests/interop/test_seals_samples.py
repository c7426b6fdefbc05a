"""Seals and seal signatures made by other software, and ours read by a second implementation."""

# ruff: noqa: E402, RUF012 - helpers stand beside the tests; asn1crypto wants lists

from __future__ import annotations

import csv
import io
import sys
import zipfile
from pathlib import Path

import pytest
from asn1crypto import core

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1])]

import second_ses

import seals_kit as kit
from ecert.errors import MalformedSeal
from ecert.seals.asn1 import parse_seal, parse_seal_signature
from ecert.seals.making import make_seal, sign_with_seal
from ecert.seals.quirks import severity
from seals_kit import b

ESEAL = kit.SAMPLES / "eseal"


def rows(kind: str) -> list[dict[str, str]]:
    index = ESEAL / "INDEX.tsv"
    if not index.exists():
        return []
    with index.open(encoding="utf-8", newline="") as lines:
        found = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [row for row in found if row["file"].startswith(kind)]


def test_samples_are_there():
    if not ESEAL.exists():
        pytest.skip("../shared/samples is absent")
    assert len(rows("ses/")) >= 7


def load(name: str) -> bytes:
    path = ESEAL / name
    if not path.exists():
        pytest.skip("../shared/samples is absent")
    return path.read_bytes()


def ids(row: dict[str, str]) -> str:
    return row["file"].rpartition("/")[2]


@pytest.mark.parametrize("row", rows("ses/"), ids=ids)
def test_bare_samples(row):
    raw, detail = load(row["file"]), row["expected_detail"]
    if row["file"].endswith(".dat"):
        facts = parse_seal_signature(raw)
        assert f"ver={facts.version}" in detail
        assert facts.value.ok is ("sig=valid" in detail)
        assert facts.signer_listed.ok is ("inlist=yes" in detail)
        assert facts.time is not None
        assert f"time={facts.time.earliest:%Y-%m-%dT%H:%M:%S}" in detail
        assert facts.data_hash == bytes(32)
        assert facts.signer is not None
        expired = not facts.signer.not_before <= facts.time.earliest <= facts.signer.not_after
        assert expired is ("signer_cert@sign=NO" in detail)
        assert facts.quirks == ()
        seal = facts.seal
    else:
        seal = parse_seal(raw)
        form = "SEQ(info,cert,alg)" if seal.version == "v1" else "info"
        assert f"VALID over {form};" in detail
        for claim in (seal.created, seal.valid_from, seal.valid_to):
            assert claim.text in detail
        assert seal.name in detail
    assert seal.maker_signature.ok is True
    assert seal.maker is not None
    stamped = row["expected"] == "broken-ts"
    assert (seal.timestamp is not None) is stamped
    assert (seal.timestamp_value.ok is not True) is stamped
    assert all(severity(quirk) == "tolerated" for quirk in seal.quirks), seal.quirks


def test_versions_and_pictures_of_the_bare_samples():
    found = {}
    for row in rows("ses/"):
        if row["file"].endswith(".esl"):
            seal = parse_seal(load(row["file"]))
            found[ids(row)] = (seal.version, seal.declared_version, seal.picture.sniffed)
    if not found:
        pytest.skip("../shared/samples is absent")
    assert set(found.values()) >= {
        ("v1", 1, "PNG"),
        ("v4", 4, "PNG"),
        ("v5", 5, "PNG"),
        ("v4", 4, "OFD"),
    }


def packaged(name: str) -> list[bytes]:
    with zipfile.ZipFile(io.BytesIO(load(name))) as package:
        names = [n for n in package.namelist() if n.endswith("SignedValue.dat")]
        return [package.read(n) for n in names]


class Header(core.Sequence):
    _fields = [("id", core.IA5String), ("version", core.Integer), ("vid", core.IA5String)]


class Certificates(core.SequenceOf):
    _child_spec = core.OctetString


class Property(core.Sequence):
    _fields = [
        ("type", core.Integer),
        ("name", core.UTF8String),
        ("cert_list_type", core.Integer),
        ("cert_list", Certificates),
        ("create_date", core.GeneralizedTime),
        ("valid_start", core.GeneralizedTime),
        ("valid_end", core.GeneralizedTime),
    ]


class Picture(core.Sequence):
    _fields = [
        ("type", core.IA5String),
        ("data", core.OctetString),
        ("width", core.Integer),
        ("height", core.Integer),
    ]


class SealInfo(core.Sequence):
    _fields = [
        ("header", Header),
        ("es_id", core.IA5String),
        ("property", Property),
        ("picture", Picture),
    ]


class SESeal(core.Sequence):
    _fields = [
        ("info", SealInfo),
        ("cert", core.OctetString),
        ("algorithm", core.ObjectIdentifier),
        ("value", core.OctetBitString),
    ]


class TBSSign(core.Sequence):
    _fields = [
        ("version", core.Integer),
        ("seal", SESeal),
        ("time_info", core.GeneralizedTime),
        ("data_hash", core.OctetBitString),
        ("property_info", core.IA5String),
    ]


class SESSignature(core.Sequence):
    _fields = [
        ("tbs", TBSSign),
        ("cert", core.OctetString),
        ("algorithm", core.ObjectIdentifier),
        ("value", core.OctetBitString),
    ]


PACKAGES = [row for row in rows("ofd/") + rows("derived/") if row["file"].endswith(".ofd")]


@pytest.mark.parametrize("row", PACKAGES, ids=ids)
def test_samples_inside_packages(row):
    for raw in packaged(row["file"]):
        if "bare SM2" in row["what"]:
            with pytest.raises(MalformedSeal):
                parse_seal_signature(raw)
            continue
        facts, second = parse_seal_signature(raw), second_ses.signature(raw)
        assert facts.value.ok is second["ok"] is True
        assert facts.seal.maker_signature.ok is second["seal"]["ok"] is True
        assert facts.signer_listed.ok is second["listed"]
        assert facts.signer_listed.ok is ("signer_not_in_list" not in row["file"])
        assert facts.data_hash == second["data_hash"]
        assert facts.property_info == second["property"]
        assert all(severity(q) == "tolerated" for q in (*facts.quirks, *facts.seal.quirks))


def test_L21_seal_of_a_real_document_with_one_byte_changed():
    raw = bytearray(load("ses/cab69f8e_SignedValueV4.dat"))
    at = raw.index(b"/Doc_0/Signs")
    raw[at + 1] ^= 0x20
    facts = parse_seal_signature(bytes(raw))
    assert facts.value.ok is False
    assert facts.seal.maker_signature.ok is True
    assert second_ses.signature(bytes(raw))["ok"] is False


@pytest.mark.parametrize("row", rows("ses/"), ids=ids)
def test_second_implementation_agrees_on_the_bare_samples(row):
    raw = load(row["file"])
    if row["file"].endswith(".dat"):
        facts, second = parse_seal_signature(raw), second_ses.signature(raw)
        assert (facts.value.ok, facts.signer_listed.ok) == (second["ok"], second["listed"])
        seal, inner = facts.seal, second["seal"]
    else:
        seal, inner = parse_seal(raw), second_ses.seal(raw)
    assert seal.maker_signature.ok is inner["ok"] is True
    assert seal.name == inner["name"]
    assert seal.es_id == inner["es_id"]
    assert seal.declared_version == inner["version"]
    assert seal.picture.data == inner["picture"]
    assert list(seal.cert_list) == inner["list"]


def made_signature() -> bytes:
    seal = make_seal(kit.order(), maker=kit.maker())
    return sign_with_seal(
        seal=seal, signer=kit.signer(), data_hash=kit.HASH, property_info=kit.PROPERTY, at=kit.NOW
    )


def test_second_implementation_accepts_what_we_make():
    second = second_ses.signature(made_signature())
    assert second["ok"] is True
    assert second["listed"] is True
    assert second["data_hash"] == kit.HASH
    assert second["property"] == kit.PROPERTY.encode()
    assert second["signer"] == kit.signer().der
    assert second["timestamp"] is None
    inner = second["seal"]
    assert inner["ok"] is True
    assert inner["version"] == 4
    assert inner["name"] == "测试用电子印章"
    assert inner["maker"] == kit.maker().der
    assert inner["dates"] == ("20240101000000Z", "20240101000000Z", "20300101000000Z")
    assert second_ses.seal(make_seal(kit.order(), maker=kit.maker()))["ok"] is True


def test_second_implementation_sees_the_same_faults():
    stranger = second_ses.signature(kit.ses_v4(by=kit.party("TEST-ONLY stranger")))
    assert (stranger["ok"], stranger["listed"]) == (True, False)
    assert second_ses.signature(kit.ses_v4(value=kit.maker().sign(b"x")))["ok"] is False
    assert second_ses.seal(kit.seal_v4(form="three"))["ok"] is False
    assert second_ses.seal(kit.seal_v1())["ok"] is True
    listed = kit.digest_list(kit.sm3(kit.signer().der))
    seal = kit.seal_v4(kit.info(prop=kit.prop_v4(listed, kind=2)))
    assert second_ses.signature(kit.ses_v4(kit.tbs_v4(seal)))["listed"] is True


def test_structure_of_what_we_make_reads_with_asn1crypto():
    raw = made_signature()
    value = SESSignature.load(raw, strict=True)
    assert value["tbs"]["time_info"].native == kit.NOW
    assert value["tbs"]["seal"]["info"]["property"]["name"].native == "测试用电子印章"
    assert value["algorithm"].dotted == kit.SM2_SM3
    native = value["tbs"]["seal"]["info"].native
    assert native["header"]["version"] == 4
    assert value.dump(force=True) == raw, "what we write is DER"
    assert b.sequence() == b"\x30\x00"
