"""Mappings: every problem of a file at once, each with its path and a sentence."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from conversion_kit import COLUMNS, EXAMPLES, LICENCE, ROOT, mapping
from ecert.conversion import RecordMapping
from ecert.conversion.outputs import COLUMNS as REJECT_COLUMNS
from ecert.conversion.transforms import CODE_SYSTEMS, DATE_FORMS, TRANSFORMS
from ecert.errors import MappingError
from ecert.limits import Limits
from ecert.report import Reason
from ecert.report.render import sentence


def problems(text, **kwargs):
    with pytest.raises(ExceptionGroup) as caught:
        mapping(text, **kwargs)
    found = []
    for error in caught.value.exceptions:
        assert isinstance(error, MappingError)
        reason = Reason(error.code, tuple(error.params.items()))
        for lang in ("zh", "en"):
            assert "?" not in sentence(reason, lang)
        found.append((error.code, error.params["path"]))
    return found


def changed(old, new):
    assert old in LICENCE
    return LICENCE.replace(old, new)


def test_a_good_one():
    found = mapping()
    assert (found.id, found.version, found.profile.id) == ("licences", "1", "business_license")
    assert set(found.required_columns()) == set(COLUMNS) - {"类型"}
    assert found.delimiter == ","
    assert found.duplicates == "latest_validity"
    assert len(found.sha256) == 64
    assert mapping(LICENCE + "snapshot: '20240101'\n").snapshot.year == 2024


def test_load(tmp_path):
    path = tmp_path / "m.yaml"
    path.write_text(LICENCE, encoding="utf-8")
    assert RecordMapping.load(path) == mapping()
    with pytest.raises(MappingError) as caught:
        RecordMapping.load(tmp_path / "absent.yaml")
    assert caught.value.code == "mapping.unreadable"
    with pytest.raises(ExceptionGroup) as group:
        RecordMapping.load(path, limits=Limits(json_bytes=10))
    assert group.value.exceptions[0].code == "yaml.too_large"


def test_the_example_loads():
    found = RecordMapping.load(EXAMPLES / "business_licence_2009.yaml")
    assert found.encoding == "gb18030"
    assert {rule.target for rule in found.rules if rule.kind} == {"checks.representative_id"}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("ecert.mapping/1", "ecert.mapping/9", ("mapping.not_a_choice", "schema")),
        ("id: licences", "id: Licences", ("mapping.bad_form", "id")),
        ('version: "1"', "version: ", ("mapping.not_text", "version")),
        ("profile: business_license", "profile: unheard_of", ("mapping.no_such_profile", "profile")),
        ("encoding: auto", "encoding: utf-16", ("mapping.not_a_choice", "source.encoding")),
        ("encoding: auto", "encoding: auto, x: y", ("mapping.unknown_key", "source.x")),
        ('missing: ["N/A"]', "missing: N/A", ("mapping.not_a_list", "source.missing")),
        ('source: {encoding: auto, missing: ["N/A"]}\n', "", ("mapping.missing_key", "source")),
        ("known: {", "KNOWN: {", ("mapping.bad_form", "tables.KNOWN")),
        ("{from: 名称, steps: [trim]}", "{from: 名称, steps: [tirm]}",
         ("mapping.no_such_transform", "fields.name.steps[0]")),
        ("{from: 名称, steps: [trim]}", "{from: 名称, steps: [{trim: x, upper: y}]}",
         ("mapping.no_such_transform", "fields.name.steps[0]")),
        ("{from: 名称, steps: [trim]}", "{from: 名称, steps: [{trim: x}]}",
         ("mapping.step_argument", "fields.name.steps[0]")),
        ("{from: 名称, steps: [trim]}", "{from: 名称, steps: [date]}",
         ("mapping.step_argument", "fields.name.steps[0]")),
        ("{from: 名称, steps: [trim]}", "{from: 名称, steps: [{date: d/M/yy}]}",
         ("mapping.step_argument", "fields.name.steps[0]")),
        ("{from: 名称, steps: [trim]}", "{from: 名称, steps: [{brackets: [half, full]}]}",
         ("mapping.step_argument", "fields.name.steps[0]")),
        ("{code: status.mohurd}", "{code: status}",
         ("mapping.step_argument", "metadata.certificateState.steps[0]")),
        ("{uscc_or_regno: known}", "{uscc_or_regno: unknown}",
         ("mapping.no_such_table", "fields.uscc.steps[3]")),
        ("{from: 名称, steps: [trim]}", "{from: 名称, steps: [lookup]}",
         ("mapping.step_argument", "fields.name.steps[0]")),
        ("{from: 名称, steps: [trim]}", "{steps: [trim]}", ("mapping.rule_source", "fields.name")),
        ("{from: 名称, steps: [trim]}", "{from: [], steps: [trim]}",
         ("mapping.empty", "fields.name.from")),
        ("{from: 名称, steps: [trim]}", "{from: 名称, constant: 甲}",
         ("mapping.rule_source", "fields.name")),
        ("{constant: 技术服务}", "{constant: 技术服务, steps: [trim]}",
         ("mapping.constant_steps", "fields.scope")),
        ("  name:", "  nmae:", ("mapping.no_such_field", "fields.nmae")),
        ("  name: {from: 名称, steps: [trim]}\n", "", ("mapping.field_not_mapped", "fields.name")),
        ("certificateState:", "certificateNumber:",
         ("mapping.no_such_element", "metadata.certificateNumber")),
        ("certificateState:", "certificateCopyCause:",
         ("mapping.no_such_element", "metadata.certificateCopyCause")),
        ("optional: true", "optional: maybe",
         ("mapping.not_a_choice", "fields.entity_type.optional")),
        ("region:", "snapshot: 2024-01-01\nregion:", ("mapping.not_a_day", "snapshot")),
        ("region:", "duplicates: keep_all\nregion:", ("mapping.not_a_choice", "duplicates")),
        ("region:", "checks: {x: {from: 名称, kind: image}}\nregion:",
         ("mapping.not_a_choice", "checks.x.kind")),
        ("metadata:", "terms: {start: {from: 成立}}\nmetadata:", ("mapping.bound_to_field", "terms.start")),
        ("issuer: {", "issuer: {name: {constant: 甲}, ", ("mapping.bound_to_field", "issuer.name")),
        ("issuer: {", "issuer: &a {", ("yaml.alias", "line 20")),
    ],
)  # fmt: skip
def test_each_problem(old, new, expected):
    assert expected in problems(changed(old, new))


def test_all_at_once():
    text = changed("[trim, fold_width,", "[tirm, fold_width,").replace("utf-16", "x")
    text = text.replace("encoding: auto", "encoding: ebcdic").replace("  address:", "  adress:")
    found = problems(text)
    assert len(found) == 4
    assert {code for code, _ in found} == {
        "mapping.no_such_transform",
        "mapping.not_a_choice",
        "mapping.no_such_field",
        "mapping.field_not_mapped",
    }


@pytest.mark.parametrize(
    "text", ["", "[]", "a", "fields: [1]", "a: b: c", "\x00", "fields: {a: b}"]
)
def test_no_mapping_at_all(text):
    assert problems(text)


def test_repeated_keys_and_own_profiles(tmp_path):
    again = problems(LICENCE + "region: {constant: '1'}\n")
    assert [code for code, _ in again] == ["yaml.duplicate_key"]
    (tmp_path / "business_license.yaml").write_text("schema: x\n", encoding="utf-8")
    assert ("mapping.no_such_profile", "profile") in problems(LICENCE, profiles=tmp_path)


def test_headers():
    found = mapping()
    found.check_header(COLUMNS, source="t.csv")
    found.check_header([c for c in COLUMNS if c != "类型"], source="t.csv")
    found.check_header([*COLUMNS, "别的", "别的"], source="t.csv")
    with pytest.raises(ExceptionGroup) as caught:
        found.check_header(["代码", "代码", "类型", "类型"], source="t.csv")
    codes = [(e.code, e.params["path"]) for e in caught.value.exceptions]
    assert ("mapping.column_twice", "代码") in codes
    assert ("mapping.column_twice", "类型") in codes
    assert ("mapping.column_missing", "名称") in codes
    assert all(e.params["source"] == "t.csv" for e in caught.value.exceptions)


def test_the_form_has_a_schema():
    from ecert.conversion.mapping_form import FORM

    schema = FORM.schema()
    assert set(schema["properties"]) >= {"source", "fields", "region", "issuer"}


def test_the_guide_is_true():
    page = (ROOT / "docs/how-to/migrate-a-legacy-batch.md").read_text("utf-8")
    example = page.split("```yaml\n")[1].split("```")[0]
    assert RecordMapping.parse(example.encode()).id == "licences_2009"
    systems = [f"{{code: {system}}}" for system in CODE_SYSTEMS]
    for name in (*TRANSFORMS, *DATE_FORMS, *systems, *REJECT_COLUMNS):
        assert f"`{name}" in page, name
