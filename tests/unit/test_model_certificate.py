"""Certificates: minting against the published vectors, JSON both ways, everything wrong found."""

import json
import pickle
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from model_samples import (
    FIELDS,
    ISSUER,
    LICENCE_ECID,
    LOCAL_TYPE,
    PERSON,
    POLICE,
    UUID_SERIAL,
    make,
)

from ecert.errors import ECertError, MalformedInput
from ecert.ids import LONG_TERM, USCC, Validity
from ecert.limits import Limits
from ecert.model import Annotation, Certificate, Holder, Issuer, Profile, Terms
from ecert.report.codes import is_known

NOTE = Annotation(
    matter="company.change",
    cause="办理变更登记",
    creator="示例市政务服务中心",
    created=datetime(2026, 1, 1, tzinfo=UTC),
    expires=datetime(2026, 2, 1, tzinfo=UTC),
)


def edited(certificate, **paths):
    """Return the certificate with members set (None deletes), addressed like metadata__issueDate."""
    document = json.loads(certificate.to_json())
    for path, value in paths.items():
        *parents, name = path.split("__")
        target = document
        for parent in parents:
            target = target[parent]
        if value is None:
            del target[name]
        else:
            target[name] = value
    return Certificate.from_json(json.dumps(document))


def found(certificate, name="business_license", **more):
    issues = certificate.validate(Profile.load(name), **more)
    for issue in issues:
        for outcome in issue.outcomes():
            assert is_known(outcome.code), outcome.code
    return {(i.field, i.cause.code if i.cause else i.code) for i in issues}


def errors(name="business_license", /, **more):
    with pytest.raises(ExceptionGroup) as caught:
        make(name, **more)
    assert all(isinstance(e, ECertError) and is_known(e.code) for e in caught.value.exceptions)
    return {(e.code, e.params.get("field")) for e in caught.value.exceptions}


def test_published_identifier():
    """ecert-data.md 2.2, business licence versions 1 and 2."""
    assert str(make().ecid) == LICENCE_ECID
    assert str(make(terms=Terms(version="002")).ecid) == LICENCE_ECID.replace("001.G", "002.E")


def test_uuid_serial():
    for serial in (UUID_SERIAL, UUID(UUID_SERIAL), UUID_SERIAL.replace("-", "").upper()):
        terms = Terms(serial=serial, type_code=LOCAL_TYPE, issued=date(2020, 1, 1))
        ecid = make("driving_licence", terms=terms).ecid
        assert ecid.serial == "FCE9044689494E0092B44BD193200933"
        assert ecid.type_code == LOCAL_TYPE


def test_number_without_separators():
    profile = Profile.load("business_license")
    assert make().number == make().ecid.serial
    terms = Terms(serial="X 1")
    assert ("certificate.serial_form", "metadata.certificateIdentifier") in errors(terms=terms)
    text = (Profile.__module__, profile.serial)
    assert text[1] == "number"


def test_metadata_comes_from_the_fields():
    certificate = make()
    assert certificate.kind == "original"
    assert certificate.profile_id == "business_license"
    assert certificate.holder == Holder(
        name="示例科技（京澄）有限公司", code="91110105MA0000007L", code_type="001"
    )
    assert certificate.issuer == ISSUER
    assert certificate.validity == Validity(date(2024, 3, 18), LONG_TERM)
    assert certificate.issue_date == date(2024, 3, 18)
    assert certificate.type_code == "11100000MB0143028R001"
    assert certificate.type_name == "营业执照"
    assert certificate.area_code == "110105"
    assert certificate.version == "001"
    assert certificate.copy is None
    assert certificate.metadata["certificateHolderTypeName"] == "统一社会信用代码"
    assert certificate.fields["founded"] == "20240318"


def test_terms_state_what_no_field_does():
    terms = Terms(
        number="京0001",
        serial="1",
        type_code=LOCAL_TYPE,
        start=date(2026, 1, 1),
        previous=LICENCE_ECID,
        kind="converted",
        holder=Holder(name="示例·阿依古丽", code=PERSON),
    )
    certificate = make("residence_permit", terms=terms)
    assert certificate.validity == Validity(date(2026, 1, 1), date(2027, 1, 1))
    assert certificate.kind == "converted"
    assert certificate.metadata["associatedCertificateIdentifier"] == LICENCE_ECID
    assert certificate.holder.code_type == "111"


def test_creation_reports_everything():
    found_errors = errors(
        uscc="91110105MA0000007M",
        name="a\u200bb",
        founded="2024-03-18",
        scope=None,
        colour="red",
        terms=Terms(type_code=LOCAL_TYPE, issued=date(2024, 1, 1), kind="copy", version="1"),
        issuer=Issuer(name="另一机关", code="110105"),
    )
    assert {
        ("certificate.unknown_field", "colour"),
        ("certificate.kind", None),
        ("certificate.type_code_conflict", "metadata.certificateTypeCode"),
        ("certificate.stated_twice", "metadata.issueDate"),
        ("certificate.stated_twice", "metadata.certificateIssuingAuthorityName"),
        ("uscc.length", "metadata.certificateIssuingAuthorityCode"),
        ("field.invalid", "fields.uscc"),
        ("field.invalid", "fields.name"),
        ("field.invalid", "fields.founded"),
        ("field.missing", "fields.scope"),
    } <= found_errors


def test_no_type_code_is_invented():
    for name in ("driving_licence", "residence_permit", "social_security_card"):
        assert ("certificate.type_code_unknown", "metadata.certificateTypeCode") in errors(
            name, terms=Terms(serial="1")
        )
    assert ("certificate.serial_missing", "metadata.certificateIdentifier") in errors(
        "driving_licence", terms=Terms(type_code=LOCAL_TYPE)
    )


def test_no_number_no_serial():
    codes = errors("residence_permit", terms=Terms(serial="1", type_code=LOCAL_TYPE))
    assert ("field.missing", "metadata.certificateNumber") in codes
    assert ("field.missing", "fields.uscc") in errors(uscc=None)


def test_nonconforming_code_only_through_its_door():
    odd = "91110105MA0000007M"
    assert ("field.invalid", "fields.uscc") in errors(uscc=odd)
    certificate = make(uscc=USCC.nonconforming(odd))
    assert found(certificate) == {
        ("fields.uscc", "uscc.check"),
        ("metadata.certificateHolderCode", "uscc.check"),
    }
    known = certificate.validate(Profile.load("business_license"), nonconforming=frozenset({odd}))
    assert {(i.ok, i.cause.code) for i in known} == {(None, "uscc.nonconforming")}


def test_round_trip_keeps_unknown_members():
    document = json.loads(make().to_json())
    document["x-local"] = {"b": [1, 2.50, None], "a": "é"}
    document["metadata"]["KZ_LOCAL"] = "值"
    document["fields"]["extra"] = [{}]
    text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    certificate = Certificate.from_json(text)
    assert json.loads(certificate.to_json()) == document
    assert list(json.loads(certificate.to_json())) == list(document)
    assert Certificate.from_json(certificate.to_json()) == certificate
    assert found(certificate) == set()


def test_canonical_form_ignores_order_only():
    certificate = make()
    document = json.loads(certificate.to_json())
    turned = Certificate.from_json(json.dumps(dict(reversed(document.items()))))
    assert turned.digest() == certificate.digest()
    assert turned == certificate
    assert len({turned, certificate}) == 1
    assert certificate.digest("sha256") != certificate.digest()
    assert edited(certificate, fields__name="x").digest() != certificate.digest()
    assert Certificate.from_json(certificate.canonical()).digest() == certificate.digest()


def test_frozen_and_picklable():
    certificate = make()
    with pytest.raises(TypeError):
        certificate.fields["name"] = "x"
    with pytest.raises(AttributeError):
        certificate.document = {}
    assert certificate != certificate.to_json()
    assert Certificate({"schema": "x", "a": 1}) != Certificate({"schema": "x", "a": True})
    assert edited(certificate, metadata__certificateIdentifier="x").ecid is None
    copy = pickle.loads(pickle.dumps(certificate))
    assert copy.to_json() == certificate.to_json()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[]", "certificate.schema"),
        ("{}", "certificate.schema"),
        ('{"schema": 5}', "certificate.schema"),
        ('{"schema": "other/1"}', "certificate.schema"),
        ('{"schema": "ecert.certificate/2"}', "certificate.schema_version"),
        ('{"schema": "ecert.certificate/1", "schema": "x"}', "json.duplicate_key"),
        ("", "json.syntax"),
    ],
)
def test_unreadable(text, code):
    with pytest.raises(MalformedInput) as caught:
        Certificate.from_json(text)
    assert caught.value.code == code
    assert is_known(code)


def test_load(tmp_path):
    file = tmp_path / "certificate.json"
    file.write_text(make().to_json(), encoding="utf-8")
    assert Certificate.load(file) == make()
    with pytest.raises(MalformedInput, match=r"gone"):
        Certificate.load(tmp_path / "gone.json")
    with pytest.raises(MalformedInput) as caught:
        Certificate.load(file, limits=Limits(json_bytes=10))
    assert caught.value.code == "json.too_large"


def test_foreign_document_never_raises():
    empty = Certificate.from_json('{"schema": "ecert.certificate/1"}')
    assert (empty.kind, empty.ecid, empty.profile_id, empty.number) == ("", None, None, None)
    assert empty.validity == Validity(None, None)
    assert {("kind", "certificate.kind"), ("metadata", "certificate.member")} <= found(empty)
    odd = Certificate.from_json(
        '{"schema": "ecert.certificate/1", "kind": ["x"], "metadata": [], "fields": 5, "copy": "x"}'
    )
    assert {("fields", "certificate.member"), ("copy", "certificate.member")} <= found(odd)


@pytest.mark.parametrize(
    ("path", "value", "issue"),
    [
        ("metadata__certificateIdentifier", LICENCE_ECID[:-1] + "H", ("metadata.certificateIdentifier", "ecid.check")),
        ("metadata__certificateIdentifier", None, ("metadata.certificateIdentifier", "field.missing")),
        ("metadata__certificateIdentifier", ["x"], ("metadata.certificateIdentifier", "value.type")),
        ("metadata__certificateVersion", "002", ("metadata.certificateIdentifier", "ecid.mismatch")),
        ("metadata__certificateTypeCode", LOCAL_TYPE, ("metadata.certificateIdentifier", "ecid.mismatch")),
        ("metadata__certificateTypeCode", LOCAL_TYPE, ("metadata.certificateTypeCode", "field.conflict")),
        ("metadata__certificateTypeName", "别的证", ("metadata.certificateTypeName", "field.conflict")),
        ("metadata__certificateIssuingAuthorityCode", "11500000000000000D", ("metadata.certificateIdentifier", "ecid.mismatch")),
        ("metadata__certificateIssuingAuthorityCode", "340100", ("metadata.certificateIssuingAuthorityCode", "issuer.code_nonconforming")),
        ("metadata__issueDate", "20240319", ("metadata.issueDate", "field.conflict")),
        ("metadata__issueDate", 20240318, ("metadata.issueDate", "value.type")),
        ("metadata__certificateHolderName", "别的公司", ("metadata.certificateHolderName", "field.conflict")),
        ("metadata__certificateHolderTypeCode", "111", ("metadata.certificateHolderTypeCode", "value.holder_type")),
        ("metadata__certificateHolderTypeCode", "002", ("metadata.certificateHolderTypeCode", "value.not_in_table")),
        ("metadata__certificateHolderTypeCode", "099", ("metadata.certificateHolderTypeName", "field.conflict")),
        ("metadata__certificateHolderTypeCode", None, ("metadata.certificateHolderTypeCode", "field.missing")),
        ("metadata__certificateValidateEnd", "20240101", ("metadata.certificateValidateEnd", "rule.not_before")),
        ("metadata__certificateCopyCause", "x", ("metadata.certificateCopyCause", "certificate.copy_element")),
        ("copy", {"matter": "x"}, ("copy", "certificate.copy_element")),
        ("profile", "id_card", ("profile", "certificate.profile")),
        ("kind", "forged", ("kind", "certificate.kind")),
        ("fields__founded", "20240319", ("fields.issue_date", "rule.not_before")),
        ("fields__copy", "third", ("fields.copy", "value.not_in_table")),
        ("fields__scope", "", ("fields.scope", "field.missing")),
    ],
)  # fmt: skip
def test_one_fault_is_named(path, value, issue):
    assert issue in found(edited(make(), **{path: value}))


def test_type_unknown_here_still_checks_metadata():
    certificate = edited(make(), metadata__certificateVersion="002")
    assert [i.code for i in certificate.issues()] == ["ecid.mismatch"]
    assert make().issues() == ()


def test_person_rules():
    card = make("id_card")
    assert found(edited(card, fields__sex="1"), "id_card") == {
        ("fields.sex", "rule.sex_matches_id")
    }
    assert found(edited(card, fields__sex="9"), "id_card") == set()
    assert ("fields.birth", "rule.birth_matches_id") in found(
        edited(card, fields__birth="19491230"), "id_card"
    )
    assert found(edited(card, fields__id_number="x"), "id_card") == {
        ("fields.id_number", "idnumber.length"),
        ("metadata.certificateNumber", "field.conflict"),
        ("metadata.certificateHolderCode", "field.conflict"),
    }
    assert found(edited(card, metadata__certificateHolderCode="1"), "id_card") >= {
        ("metadata.certificateHolderCode", "idnumber.length")
    }
    assert found(edited(card, fields__id_number=5), "id_card") >= {
        ("fields.id_number", "value.type")
    }


@pytest.mark.parametrize(
    ("start", "end", "right"),
    [
        ("20150101", "20250101", True),
        ("20150101", "20241231", True),
        ("20150101", "20350101", True),
        ("20160229", "20210301", True),
        ("20160229", "20210228", True),
        ("20150101", "20250102", False),
        ("20150101", "20180101", False),
    ],
)
def test_spans_of_the_card(start, end, right):
    card = make("id_card", term_start="20150101", term_end="20250101")
    changed = edited(
        card,
        fields__term_start=start,
        fields__term_end=end,
        metadata__certificateValidateStart=start,
        metadata__certificateValidateEnd=end,
        metadata__issueDate=start,
    )
    expected = set() if right else {("metadata.certificateValidateEnd", "value.span")}
    assert found(changed, "id_card") == expected


def test_validity_rules_of_types():
    card = edited(make("id_card"), metadata__certificateValidateEnd=None)
    assert ("metadata.certificateValidateEnd", "field.missing") in found(card, "id_card")
    permit = edited(make("residence_permit"), metadata__certificateValidateEnd="长期")
    assert ("metadata.certificateValidateEnd", "value.long_term") in found(
        permit, "residence_permit"
    )


def test_validity_that_cannot_be_read():
    assert edited(make(), metadata__certificateValidateStart="x").validity is None
    assert edited(make(), metadata__certificateValidateEnd="20230101").validity is None
    assert edited(make(), metadata__certificateValidateEnd=5).validity is None


def test_annotated_copy():
    original = make()
    copy = original.annotated_copy(NOTE)
    assert copy.kind == "copy"
    assert copy.ecid == original.ecid
    assert copy.copy.matter == "company.change"
    assert copy.copy.expires == NOTE.expires
    assert copy.copy.creator == NOTE.creator
    assert copy.fields == original.fields
    assert found(copy) == set()
    assert original.kind == "original"
    with pytest.raises(ECertError) as caught:
        copy.annotated_copy(NOTE)
    assert caught.value.code == "certificate.not_an_original"


def test_incomplete_copies():
    copy = make().annotated_copy(NOTE)
    assert ("copy.matter", "field.missing") in found(edited(copy, copy=None))
    assert ("metadata.certificateCopyCause", "field.missing") in found(
        edited(copy, metadata__certificateCopyCause=None)
    )
    assert ("metadata.certificateCopyExpiringTime", "value.instant") in found(
        edited(copy, metadata__certificateCopyExpiringTime="2026")
    )
    backwards = Annotation(
        matter="m", cause="c", creator="甲", created=NOTE.expires, expires=NOTE.created
    )
    with pytest.raises(ExceptionGroup) as caught:
        make().annotated_copy(backwards)
    assert [e.params["cause"] for e in caught.value.exceptions] == ["rule.not_before"]
    naive = Annotation(
        matter="", cause="", creator="甲", created=datetime(2026, 1, 1), expires=NOTE.expires
    )
    with pytest.raises(ExceptionGroup) as caught:
        make().annotated_copy(naive)
    assert len(caught.value.exceptions) == 3


def test_dates_and_lists_of_python():
    certificate = make("driving_licence", vehicle_classes=("A1", "A2"))
    assert certificate.fields["vehicle_classes"] == ("A1", "A2")
    assert ("field.invalid", "fields.founded") in errors(founded=datetime(2024, 3, 18, tzinfo=UTC))
    assert {("field.invalid", "fields.capital"), ("json.type", None)} <= errors(capital=1.5)
    assert POLICE.level == ""
    assert make(issuer=Issuer(name=ISSUER.name, code=ISSUER.code, level="地市级")).issuer.level
    assert set(FIELDS) == {
        "business_license",
        "id_card",
        "driving_licence",
        "residence_permit",
        "social_security_card",
    }
