"""Metadata names in two families, and mirrors in flat carriers compared with the covered data (L7)."""

import json

import pytest
from model_samples import LICENCE_ECID, make

from ecert.model import (
    Certificate,
    Profile,
    compare_flat,
    from_short_names,
    metadata_table,
    to_short_names,
)
from ecert.model.codetables import CONFIDENCES


def test_table():
    """ecert-data.md 3.1."""
    table = metadata_table()
    assert table.prefix == "KZ_"
    names = {
        "ZZMC": "certificateName",
        "ZZLXDM": "certificateTypeCode",
        "ZZBH": "certificateNumber",
        "ZZBS": "certificateIdentifier",
        "CertificateID": "certificateIdentifier",
        "ZZBFJG": "certificateIssuingAuthorityName",
        "issueDept": "certificateIssuingAuthorityName",
        "ZZBFJGDM": "certificateIssuingAuthorityCode",
        "ZZBFRQ": "issueDate",
        "CZZT": "certificateHolderName",
        "CZZTDM": "certificateHolderCode",
        "CZZTDMLX": "certificateHolderTypeName",
        "CZZTDMLXDM": "certificateHolderTypeCode",
        "ZZYXQQSRQ": "certificateValidateStart",
        "ZZYXQJZRQ": "certificateValidateEnd",
        "JZJZZSY": "certificateCopyCause",
        "JZJYXQJZSJ": "certificateCopyExpiringTime",
        "associatedZzeCertID": "associatedCertificateIdentifier",
    }
    assert {short: table.names[short] for short in names} == names
    assert all(spec.confidence in CONFIDENCES for spec in table.elements.values())
    shorts = [s.short for s in table.elements.values() if s.short]
    assert len(set(shorts)) == len(shorts)
    assert table.holder == {"certificateHolderName", "certificateHolderCode"}
    assert len(table.copy_only) == 4


def test_short_names():
    flat = to_short_names(make(), Profile.load("business_license"))
    assert flat["ZZBS"] == LICENCE_ECID
    assert flat["certificateAreaCode"] == "110105"  # no short name was ever seen for it
    assert flat["KZ_MC"] == flat["CZZT"]
    assert flat["ZZYXQJZRQ"] == "长期"
    assert all(isinstance(v, str) for v in flat.values())
    assert not any(k.startswith("KZ_") for k in to_short_names(make()))
    classes = to_short_names(make("driving_licence"), Profile.load("driving_licence"))
    assert classes["KZ_ZJCX"] == "C1,D"


def test_unknown_metadata_are_mirrored():
    document = json.loads(make().to_json())
    document["metadata"] |= {"KZ_LOCAL": "值", "odd": [1]}
    flat = to_short_names(Certificate.from_json(json.dumps(document)))
    assert flat["KZ_LOCAL"] == "值"
    assert "odd" not in flat


def test_mirror_agrees():
    certificate, profile = make(), Profile.load("business_license")
    flat = to_short_names(certificate, profile)
    assert compare_flat(certificate, flat, profile) == []
    assert compare_flat(certificate, {}, profile) == []
    assert compare_flat(certificate, {"ZZBH": flat["ZZBH"], "Creator": "x"}, profile) == []
    assert compare_flat(certificate, {"CertificateID": LICENCE_ECID}) == []


@pytest.mark.parametrize("text", ["20240318", "2024-03-18", "2024/3/18", "2024年3月18日"])
def test_dates_compare_as_days(text):
    assert compare_flat(make(), {"ZZBFRQ": text}) == []
    assert compare_flat(make(), {"ZZBFRQ": text.replace("18", "19")}) == ["ZZBFRQ"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ZZBH", "other"),
        ("issueDept", "另一机关"),
        ("ZZBFRQ", "soon"),
        ("ZZYXQJZRQ", "20300101"),
        ("KZ_FDDBR", "另一人"),
        ("JZJZZSY", "a mirror says more than the data"),
        ("KZ_LOCAL", ""),
    ],
)
def test_mirror_differs(name, value):
    document = json.loads(make().to_json())
    document["metadata"]["KZ_LOCAL"] = "值"
    certificate = Certificate.from_json(json.dumps(document))
    profile = Profile.load("business_license")
    flat = {**to_short_names(certificate, profile), name: value}
    assert compare_flat(certificate, flat, profile) == [name]


def test_extension_that_the_data_lack():
    profile = Profile.load("business_license")
    assert compare_flat(make(capital=None), {"KZ_ZCZB": "壹元"}, profile) == ["KZ_ZCZB"]


def test_back_from_short_names():
    certificate = make()
    metadata, rest = from_short_names(to_short_names(certificate))
    assert metadata == dict(certificate.metadata)
    assert rest == {}
    metadata, rest = from_short_names(
        {
            "issueDate": "1",
            "ZZBFRQ": "2024年3月8日",
            "ZZYXQJZRQ": "长期",
            "KZ_X": "y",
            "ZZYXQQSRQ": "x",
        }
    )
    assert metadata == {
        "issueDate": "20240308",
        "certificateValidateEnd": "长期",
        "certificateValidateStart": "x",
    }
    assert rest == {"KZ_X": "y"}
    assert from_short_names({"ZZBFRQ": "20240308", "issueDate": "1"})[0] == {
        "issueDate": "20240308"
    }
