"""One record: the certificate it becomes, and every reason why it becomes none."""

import pickle
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from conversion_kit import (
    CARD,
    CELLS,
    DRIVERS,
    LICENCE,
    OTHER_USCC,
    PERMIT,
    PERSON,
    SOURCE,
    STALLS,
    USCC,
    mapping,
    record,
)
from ecert.conversion import Converted, Rejected, Unreadable, convert_record
from ecert.conversion.diagnostics import looks_personal, shown
from ecert.conversion.record import reject
from ecert.model import Certificate, Profile
from ecert.model.issue import Cause


@pytest.fixture(scope="module")
def licences():
    return mapping()


@pytest.fixture(scope="module")
def cards():
    return mapping(PERMIT)


def good(found):
    assert isinstance(found, Converted), [(d.field, d.code) for d in found.diagnostics]
    return found.certificate


def why(found):
    assert isinstance(found, Rejected)
    assert found.diagnostics
    for diagnostic in found.diagnostics:
        for lang in ("zh", "en"):
            assert diagnostic.render(lang)
            assert "?" not in diagnostic.render(lang)
        assert diagnostic.hint("zh")
        assert diagnostic.hint("en")
    return [(d.field, d.code) for d in found.diagnostics]


def test_a_good_record(licences):
    certificate = good(convert_record(record(line=7), licences))
    assert certificate.kind == "converted"  # L10: never an original
    assert certificate.validate(Profile.load("business_license")) == ()
    assert certificate.fields["founded"] == "20090318"
    assert certificate.fields["term_end"] == "长期"
    assert certificate.metadata["certificateState"] == "valid"
    assert certificate.document["source"] == {
        "sha256": SOURCE.sha256,
        "line": 7,
        "mapping": {"id": "licences", "sha256": licences.sha256},
    }
    assert Certificate.from_json(certificate.canonical()).document == certificate.document


def test_it_is_pure_and_picklable(licences):
    again = pickle.loads(pickle.dumps(licences))
    for row in (record(), record(代码="91", 成立="x")):
        assert convert_record(row, again) == convert_record(row, licences)


def test_L10_no_mapping_can_make_an_original():
    from ecert.conversion.mapping_form import TERMS

    assert "kind" not in TERMS


def test_defaults_missing_words_and_registration_numbers(licences):
    cells = {k: v for k, v in CELLS.items() if k != "类型"}
    found = good(convert_record(record(cells, 状态="", 代码="110108000000016"), licences))
    assert found.fields["entity_type"] == "企业"
    assert found.fields["uscc"] == USCC
    assert "term_end" not in good(convert_record(record(至=" N/A "), licences)).fields


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"代码": "110108000000017"}, [("fields.uscc", "conversion.regno_not_uscc")]),
        ({"代码": USCC[:-1] + "A"}, [("fields.uscc", "uscc.check")]),
        ({"代码": USCC[:-1]}, [("fields.uscc", "uscc.length")]),
        ({"代码": ""}, [("fields.uscc", "field.missing")]),
        ({"名称": "N/A"}, [("fields.name", "field.missing")]),
        ({"名称": "…"}, [("fields.name", "value.no_letter")]),
        ({"名称": "甲\u200b乙"}, [("fields.name", "value.character")]),
        ({"至": "2年"}, [("fields.term_end", "date.format")]),
        ({"状态": "10"}, [("metadata.certificateState", "conversion.code_unknown")]),
        ({"住所": "一" * 301}, [("fields.address", "value.too_long")]),
    ],
)
def test_single_reasons(licences, changes, expected):
    assert why(convert_record(record(**changes), licences)) == expected


def test_all_reasons_and_no_consequences(licences):
    found = convert_record(record(代码="1", 名称="", 成立="昨天", 状态="88"), licences)
    assert sorted(why(found)) == [
        ("fields.founded", "date.format"),
        ("fields.issue_date", "date.format"),
        ("fields.name", "field.missing"),
        ("fields.uscc", "uscc.length"),
        ("metadata.certificateState", "conversion.code_unknown"),
    ]


def test_what_a_clerk_reads(licences):
    found = convert_record(record(代码="110108000000017", 名称="甲\u200b"), licences)
    by_field = {d.field: d for d in found.diagnostics}
    regno = by_field["fields.uscc"]
    assert regno.column == "代码"
    assert regno.value == "110108000000017"
    assert regno.hint("zh").startswith("请向登记机关查询")
    name = by_field["fields.name"]
    assert name.render("zh") == "名称：" + name.render("zh").removeprefix("名称：")
    assert "U+200B" in name.render("en")
    assert name.value == "甲\\u{200B}"


def test_terms_issuer_and_region_come_from_rules():
    text = LICENCE.replace(
        'region: {constant: "110105"}', "region: {from: 住所, steps: [region_lookup]}"
    )
    text = text.replace("code: {constant: 11110105MB00000009}", "code: {from: 类型}")
    text += """terms:
  serial: {from: 名称}
  version: {constant: "002"}
  previous: {from: 状态}
  type_code: {constant: 11100000MB0143028R001}
"""
    text = text.replace("  issue_date: {from: 成立, steps: [{date: [yyyy/M/d, yyyyMMdd]}]}\n",
                        "  issue_date: {from: 成立, steps: [{date: [yyyyMMdd]}]}\n")  # fmt: skip
    rules = mapping(text)
    changes = {"住所": "北京 朝阳", "类型": "11110105MB00000009", "名称": "A1", "成立": "20090318"}
    cells = record(**changes, 状态="N/A", 负责人="A1")
    found = good(convert_record(cells, rules))
    assert found.area_code == "110105"
    assert found.ecid.serial == "A1"
    assert found.version == "002"
    problems = why(convert_record(record(**{**changes, "类型": "110105", "住所": "朝阳"}), rules))
    assert ("region", "conversion.region_ambiguous") in problems
    assert ("issuer.code", "uscc.length") in problems
    problems = why(
        convert_record(record(**{**changes, "名称": "有汉字"}, 状态="N/A", 负责人="有汉字"), rules)
    )
    assert problems == [("terms.serial", "certificate.serial_form")]


def test_dates_of_terms_must_be_dates():
    text = DRIVERS.replace(
        'issued: {constant: "20200101"}', "issued: {from: 发证, steps: [long_term_words]}"
    )
    cells = {"证号": PERSON, "姓名": "示例甲", "车型": "c1"}
    rules = mapping(text)
    assert (
        good(convert_record(record(cells, 发证="20200101"), rules)).metadata["issueDate"]
        == "20200101"
    )
    for value, code in (
        ("长期", "date.format"),
        ("2020", "date.format"),
        ("20200230", "date.impossible"),
    ):
        assert why(convert_record(record(cells, 发证=value), rules)) == [("terms.issued", code)]


def test_an_end_that_no_field_states():
    profile = """\
schema: ecert.mapping/1
id: stalls
version: "1"
profile: stall
source: {encoding: utf-8}
fields: {name: {from: 名称}}
region: {constant: "110105"}
issuer: {name: {constant: 示例市城市管理局}, code: {constant: 11110105MB00000009}}
terms:
  number: {from: 编号, steps: [{brackets: half}]}
  issued: {constant: "20200101"}
  start: {constant: "20200101"}
  end: {from: 至, steps: [long_term_words]}
  holder_name: {from: 名称}
  holder_code: {constant: 11010519491231002X}
"""
    rules = mapping(profile, profiles=STALLS)
    cells = {"名称": "示例甲", "编号": "A（1）", "至": "长期"}
    certificate = good(convert_record(record(cells), rules))
    assert certificate.metadata["certificateValidateEnd"] == "长期"
    assert certificate.number == "A(1)"
    assert why(convert_record(record(cells, 至="2年", 编号="A一"), rules)) == [
        ("terms.end", "date.format"),
        ("terms.serial", "certificate.serial_form"),
    ]


def test_snapshot():
    rules = mapping(LICENCE + 'snapshot: "20090317"\n')
    assert why(convert_record(record(), rules)) == [
        ("fields.issue_date", "conversion.after_snapshot")
    ]
    assert good(convert_record(record(), mapping(LICENCE + 'snapshot: "20090318"\n')))


def test_added_metadata_is_judged():
    text = LICENCE + "  relatedItemName: {from: 类型}\n"
    assert why(convert_record(record(类型="甲\u202e"), mapping(text)))[0] == (
        "fields.entity_type",
        "value.character",
    )
    text = text.replace("{from: 类型}\n", "{from: 备注, optional: true}\n")
    rules = mapping(text)
    assert why(convert_record(record(备注="甲\u202e"), rules)) == [
        ("metadata.relatedItemName", "value.character")
    ]
    assert good(convert_record(record(备注="甲"), rules)).metadata["relatedItemName"] == "甲"
    long = LICENCE.replace("[{code: status.mohurd}]", "[long_term_words]")
    assert good(convert_record(record(状态="长期"), mapping(long))).metadata[
        "certificateState"
    ] == ("长期")


def test_checks_judge_what_is_not_carried():
    text = LICENCE + "checks:\n  who: {from: 证件, steps: [id15to18], kind: idnumber}\n"
    text += "  until: {from: 至, steps: [long_term_words], kind: date_or_long_term}\n"
    rules = mapping(text)
    certificate = good(convert_record(record(证件="130503670401001"), rules))
    assert "130503" not in certificate.to_json()
    found = convert_record(record(证件=PERSON[:-1] + "1", 至="2年"), rules)
    assert ("checks.who", "idnumber.check") in why(found)
    assert ("checks.until", "value.date") in why(found)
    (who,) = (d for d in found.diagnostics if d.field == "checks.who")
    assert who.value == "*" * 14 + "0021"
    assert who.render("zh").startswith("证件：")


def test_a_personal_type_is_masked(cards):
    certificate = good(convert_record(record(CARD), cards))
    assert certificate.fields["id_number"] == PERSON
    assert certificate.fields["name"] == "示例·阿依古丽"
    found = convert_record(
        record(CARD, 号码=PERSON[:-1] + "1", 性别="男", 姓名="示\u200b例"), cards
    )
    assert sorted(why(found)) == [
        ("fields.id_number", "idnumber.check"),
        ("fields.name", "value.character"),
    ] or ("fields.id_number", "idnumber.check") in why(found)
    text = " ".join(d.render("zh") + d.render("en") + d.value for d in found.diagnostics)
    assert PERSON[:-1] not in text
    assert "示" not in "".join(d.value for d in found.diagnostics)


def test_sex_that_contradicts_the_number(cards):
    found = convert_record(record(CARD, 性别="1"), cards)
    assert [code for _, code in why(found)] == ["rule.sex_matches_id"]
    placeholder = convert_record(record(CARD, 号码="..............."), cards)
    assert ("fields.id_number", "field.missing") in why(placeholder)
    old = record(CARD, 号码="130503670401001", 出生="19670401", 性别="1")
    assert good(convert_record(old, cards)).fields["id_number"] == "130503196704010016"


def test_identity_numbers_are_masked_in_any_column(licences):
    found = convert_record(record(代码=PERSON), licences)
    assert {d.value for d in found.diagnostics} == {"*" * 14 + "002X"}
    assert looks_personal("130503670401001")
    assert looks_personal("１１０１０５１９４９１２３１００２Ｘ")
    assert looks_personal(PERSON[:-1] + "3")
    assert not looks_personal("110108000000016")
    assert not looks_personal(OTHER_USCC)
    assert not looks_personal("")
    assert shown("  ", personal="yes") == "  "
    assert len(shown("甲" * 500)) == 80


def test_unreadable_rows():
    causes = (Cause.of("conversion.quote_open"), Cause.of("conversion.undecodable", offset=3))
    found = reject(Unreadable(SOURCE, 9, causes))
    assert (found.line, len(found.diagnostics)) == (9, 2)
    assert why(found) == [("", "conversion.quote_open"), ("", "conversion.undecodable")]


def test_lists_become_codes():
    cells = {"证号": PERSON, "姓名": "示例甲", "车型": "c1/d"}
    rules = mapping(DRIVERS)
    assert good(convert_record(record(cells), rules)).fields["vehicle_classes"] == ("C1", "D")
    assert why(convert_record(record(cells, 车型="c1/Z9"), rules)) == [
        ("fields.vehicle_classes", "value.not_in_table")
    ]
