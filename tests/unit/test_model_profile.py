"""Profiles: five as data, every problem at once, a sixth without a line of code."""

import re
from datetime import date
from pathlib import Path

import pytest
from model_samples import FIELDS, ISSUER, LOCAL_TYPE, make

import ecert.model
from ecert.errors import ProfileError
from ecert.model import Certificate, Profile, Terms, find_profile, list_profiles, load_profile
from ecert.model.codetables import CONFIDENCES, CodeTable, code_table, code_tables
from ecert.model.library import shipped_folder
from ecert.model.profile_spec import profile_schema_json
from ecert.report.codes import is_known

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = (
    "business_license",
    "driving_licence",
    "id_card",
    "residence_permit",
    "social_security_card",
)


def problems(text, name="x.yaml"):
    with pytest.raises(ExceptionGroup) as caught:
        Profile.parse(text.encode(), name=name)
    found = caught.value.exceptions
    assert all(isinstance(e, ProfileError) and is_known(e.code) for e in found)
    return {(e.code, e.params["path"]) for e in found}


def test_listing_is_the_folder():
    assert set(SHIPPED) <= set(list_profiles())
    assert list_profiles() == tuple(sorted(f.stem for f in (ROOT / "profiles").glob("*.yaml")))
    assert shipped_folder().is_dir()


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_profile(name):
    profile = Profile.load(name)
    assert profile.id == name
    assert profile.face.template in {f"{name}.typ", "plain.typ"}
    assert all(spec.confidence in CONFIDENCES for spec in profile.fields.values())
    assert (profile.type_code is None) == (profile.type_code_confidence is None)
    assert len(profile.sha256) == 64
    certificate = make(name)
    assert certificate.validate(profile) == ()
    assert certificate.ecid is not None
    rows = profile.face_rows(certificate)
    shown = {row.field for row in rows}
    assert len(shown) == len(rows)
    assert shown <= {r.id for r in profile.face.rows}


def test_type_codes_are_never_invented():
    known = {name: Profile.load(name).type_code for name in SHIPPED}
    assert known == {
        "business_license": "11100000MB0143028R001",
        "id_card": "11100000000013127D001",
        "driving_licence": None,
        "residence_permit": None,
        "social_security_card": None,
    }
    assert find_profile("11100000MB0143028R001").id == "business_license"
    assert find_profile(LOCAL_TYPE) is None


def test_schema_file_is_generated():
    text = (ROOT / "profiles" / "profile.schema.json").read_text(encoding="utf-8")
    assert text == profile_schema_json()


def test_code_knows_no_type_by_name():
    words = [f'"{w}"' for n in SHIPPED for w in (n, Profile.load(n).name_zh)]
    words += [c for n in SHIPPED if (c := Profile.load(n).type_code)]
    for file in (ROOT / "src" / "ecert").rglob("*.py"):
        if "demo" in file.parts or file.stem.startswith("demo"):
            continue  # a demonstration shows one chosen type
        text = file.read_text(encoding="utf-8")
        assert [w for w in words if w in text] == [], file.name


def test_face_rows_are_the_printed_text():
    profile = Profile.load("business_license")
    rows = {r.field: (r.label, r.text) for r in profile.face_rows(make())}
    assert rows["founded"] == ("成立日期", "2024年03月18日")
    assert rows["term"] == ("营业期限", "2024年03月18日 至 长期")
    assert rows["copy"] == ("正副本", "副本")
    assert rows["capital"] == ("注册资本", "壹佰万元整")
    assert rows["representative"] == ("法定代表人", "王㛃")
    other = make(representative_title="operator", capital=None)
    rows = {r.field: r.label for r in profile.face_rows(other)}
    assert rows["representative"] == "经营者"
    assert "capital" not in rows
    plain = {r.field: r.label for r in profile.face_rows(make(representative_title=None))}
    assert plain["representative"] == "法定代表人"


def test_face_rows_of_persons():
    card = {r.field: r.text for r in Profile.load("id_card").face_rows(make("id_card"))}
    assert (card["sex"], card["ethnic"]) == ("女", "维吾尔")
    assert card["term"] == "2015.01.01-长期"
    driving = Profile.load("driving_licence")
    rows = {r.field: r.text for r in driving.face_rows(make("driving_licence"))}
    assert rows["vehicle_classes"] == "C1D"
    assert rows["term"] == "2020年01月01日 至 2030年01月01日"


def test_half_a_period():
    profile = Profile.load("business_license")
    start = {r.field: r.text for r in profile.face_rows(make(term_end=None))}
    end = {r.field: r.text for r in profile.face_rows(make(term_start=None))}
    assert start["term"] == "2024年03月18日 起"
    assert end["term"] == "至 长期"


def test_personal_names():
    card, licence = Profile.load("id_card"), Profile.load("business_license")
    assert {"name", "id_number", "photo"} <= set(card.personal_fields())
    assert "authority" not in card.personal_fields()
    assert licence.personal_fields() == ("representative",)
    assert "certificateIdentifier" in card.personal_metadata()
    assert licence.personal_metadata() == ()
    assert card.is_personal()
    assert not licence.is_personal()


SIXTH = """
schema: ecert.profile/1
id: stall_permit
name: {zh: 摊位许可, en: Stall permit}
status: draft
version: "1.0"
source: invented for a test
type_code: 11410800MB18523953004
type_code_confidence: seen_in_code
holder: {category: natural_person, code_types: ["111"]}
serial: number
validity: {start: required, end: required, long_term: false, years: [1, 2]}
fields:
  stall:
    label: {zh: 摊位号, en: Stall}
    kind: text
    charset: digits
    length: 4
    required: true
    confidence: from_memory
  keeper:
    label: {zh: 摊主, en: Keeper}
    kind: name
    required: true
    personal: true
    confidence: from_memory
  keeper_id:
    label: {zh: 号码, en: Number}
    kind: idnumber
    required: true
    personal: true
    confidence: from_memory
  helpers:
    label: {zh: 帮工, en: Helpers}
    kind: table
    confidence: from_memory
    columns:
      name: {label: {zh: 姓名, en: Name}, kind: name, required: true, confidence: from_memory}
      since: {label: {zh: 自, en: Since}, kind: date, confidence: from_memory}
  pitches:
    label: {zh: 数量, en: Count}
    kind: integer
    confidence: from_memory
  region:
    label: {zh: 地区, en: Region}
    kind: region
    confidence: from_memory
metadata:
  certificateNumber: stall
  certificateHolderName: keeper
  certificateHolderCode: keeper_id
face:
  template: stall_permit.typ
  title: 摊位许可
  page: {size: a5, orientation: portrait}
  language: zh
  rows:
    - {field: stall}
    - {field: keeper}
    - {field: pitches}
    - {field: region}
"""
STALL = {"stall": "0101", "keeper": "示例", "keeper_id": "11010519491231002X"}


def stall(profile, **changes):
    return Certificate.create(
        profile,
        region="110105",
        fields={**STALL, **changes},
        issuer=ISSUER,
        terms=Terms(issued=date(2026, 1, 1), start=date(2026, 1, 1), end=date(2026, 12, 31)),
    )


def test_sixth_type_needs_one_file_and_one_template(tmp_path):
    (tmp_path / "stall_permit.yaml").write_text(SIXTH, encoding="utf-8")
    (tmp_path / "stall_permit.typ").write_text("// the template of the issuing side\n")
    profile = Profile.load("stall_permit", search=tmp_path)
    assert "stall_permit" in list_profiles(search=[tmp_path])
    assert find_profile(LOCAL_TYPE, search=tmp_path) == profile
    helper = {"name": "示例二", "since": date(2026, 1, 2)}
    certificate = stall(profile, helpers=[helper], pitches=2, region="110105")
    assert certificate.ecid.serial == "0101"
    assert certificate.fields["helpers"][0]["since"] == "20260102"
    rows = {r.field: r.text for r in profile.face_rows(certificate)}
    assert rows["stall"] == "0101"
    assert rows["pitches"] == "2"
    assert rows["region"] == "朝阳区"
    assert Certificate.from_json(certificate.to_json()).validate(profile) == ()


def test_table_rows_are_checked():
    profile = Profile.parse(SIXTH.encode())
    with pytest.raises(ExceptionGroup) as caught:
        stall(profile, helpers=[{"since": "2026"}, "x", {"name": "示例", "more": 1}], pitches=True)
    found = {(e.params["field"], e.params["cause"]) for e in caught.value.exceptions}
    assert found == {
        ("fields.helpers[0].name", "value.column_missing"),
        ("fields.helpers[0].since", "value.date"),
        ("fields.helpers[1]", "value.type"),
        ("fields.pitches", "value.type"),
    }


def test_validity_absent():
    text = SIXTH.replace("start: required, end: required", "start: absent, end: optional")
    profile = Profile.parse(text.replace(", years: [1, 2]", "").encode())
    with pytest.raises(ExceptionGroup) as caught:
        stall(profile)
    assert [e.params["cause"] for e in caught.value.exceptions] == ["value.not_expected"]


def test_rule_with_a_date_that_is_none():
    rules = "rules:\n  - {rule: not_before, fields: {date: stall, limit: keeper}}\n"
    assert stall(Profile.parse((SIXTH + rules).encode())).fields["stall"] == "0101"


def test_every_problem_at_once():
    text = SIXTH
    for old, new in (
        ("serial: number", "serial: random"),
        ("length: 4", "length: four"),
        ("status: draft", "colour: red"),
        ("kind: integer", "kind: float"),
        ("personal: true", "personal: yes"),
        ('code_types: ["111"]', "code_types: 111"),
    ):
        text = text.replace(old, new, 1)
    assert problems(text + "version: twice\n") == {
        ("yaml.duplicate_key", f"line {text.count(chr(10)) + 1}"),
        ("profile.not_a_choice", "serial"),
        ("profile.not_a_number", "fields.stall.length"),
        ("profile.unknown_key", "colour"),
        ("profile.missing_key", "status"),
        ("profile.not_a_choice", "fields.pitches.kind"),
        ("profile.not_a_choice", "fields.keeper.personal"),
        ("profile.not_a_list", "holder.code_types"),
    }


@pytest.mark.parametrize(
    ("old", "new", "code", "path"),
    [
        ("11410800MB18523953004", "11410800MB18523954004", "type_code", "type_code"),
        (
            "type_code: 11410800MB18523953004",
            "type_code: null",
            "confidence_without_code",
            "type_code_confidence",
        ),
        ("natural_person", "martian", "not_in_table", "holder.category"),
        ('["111"]', '["112"]', "not_in_table", "holder.code_types[0]"),
        ('["111"]', "[]", "empty", "holder.code_types"),
        ("start: required", "start: absent", "years_without_ends", "validity.years"),
        ("charset: digits", "table: sex", "key_of_other_kind", "fields.stall.table"),
        ("kind: text", "kind: code", "no_such_table", "fields.stall.table"),
        ("charset: digits", "label_from: nobody", "no_such_field", "fields.stall.label_from"),
        ("charset: digits", "short: KEEPER", "same_short_name", "fields.keeper.short"),
        (
            "kind: name, required",
            "kind: table, required",
            "nested_table",
            "fields.helpers.columns.name.kind",
        ),
        (
            "certificateNumber: stall",
            "certificateColour: stall",
            "no_such_element",
            "metadata.certificateColour",
        ),
        (
            "certificateNumber: stall",
            "certificateNumber: hut",
            "no_such_field",
            "metadata.certificateNumber",
        ),
        ("certificateNumber: stall", "issueDate: stall", "wrong_kind", "metadata.issueDate"),
        ("- {field: stall}", "- {field: hut}", "no_such_field", "face.rows[0]"),
        ("- {field: stall}", "- {field: keeper}", "same_row", "face.rows[1]"),
        (
            "- {field: stall}",
            "- {field: stall, format: date_zh}",
            "wrong_kind",
            "face.rows[0].format",
        ),
        ("- {field: stall}", "- {field: helpers}", "wrong_kind", "face.rows[0]"),
        ("- {field: stall}", "- {id: a}", "row_shape", "face.rows[0]"),
        ("language: zh", "language: zh\n  pictures: [stall]", "no_such_field", "face.pictures[0]"),
        ("stall_permit.typ", "../stall.typ", "bad_form", "face.template"),
        ("id: stall_permit", "id: ../x", "bad_form", "id"),
        ("en: Stall permit", "en: []", "not_text", "name.en"),
        ("page: {size: a5, orientation: portrait}", "page: a5", "not_a_mapping", "face.page"),
        ("columns:", "join: x", "empty", "fields.helpers.columns"),
    ],
)
def test_one_problem(old, new, code, path):
    assert old in SIXTH
    text = SIXTH.replace(old, new, 1)
    if new == "join: x":
        text = re.sub(r"\n      (name|since): .*", "", text)
    assert (f"profile.{code}", path) in problems(text)


def test_rules_name_their_parts():
    rules = "rules:\n  - {rule: not_before, fields: {date: stall, until: hut}}\n"
    assert problems(SIXTH + rules) == {
        ("profile.rule_parts", "rules[0].fields"),
        ("profile.no_such_field", "rules[0].fields.until"),
    }
    assert problems(SIXTH + "rules:\n  - {rule: guess, fields: x}\n") == {
        ("profile.not_a_choice", "rules[0].rule"),
        ("profile.not_a_mapping", "rules[0].fields"),
    }


@pytest.mark.parametrize("text", ["", "- a", "a: [", "x", "!!python/object:os.system {}"])
def test_no_profile_at_all(text):
    assert problems(text)


def test_a_name_from_a_file_is_never_a_path(tmp_path, monkeypatch):
    """A certificate names its profile; a verifier must not open what a presenter chose."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(SIXTH, encoding="utf-8")
    for name in ("mine.yaml", str(tmp_path / "mine.yaml"), "./mine", "mine"):
        with pytest.raises(ProfileError) as caught:
            load_profile(name)
        assert caught.value.code == "profile.unknown"


def test_loading_by_name_and_path(tmp_path):
    for name in ("no_such_type", "../profiles/id_card", "", "A", "x" * 100):
        with pytest.raises(ProfileError) as caught:
            Profile.load(name)
        assert caught.value.code == "profile.unknown"
    with pytest.raises(ProfileError, match=r"gone\.yaml"):
        Profile.load(tmp_path / "gone.yaml")
    other = tmp_path / "other.yaml"
    other.write_text(SIXTH, encoding="utf-8")
    assert Profile.load(other).id == "stall_permit"
    assert Profile.load(str(other)).id == "stall_permit"
    with pytest.raises(ProfileError) as caught:
        Profile.load("other", search=tmp_path)
    assert caught.value.code == "profile.id_differs"
    big = tmp_path / "big.yaml"
    big.write_bytes(b"#" * (5 * 1024 * 1024))
    with pytest.raises(ProfileError) as caught:
        Profile.load(big)
    assert caught.value.code == "profile.unreadable"


def test_code_tables_are_data():
    tables = code_tables()
    assert len(tables["ethnic"].items) == 58
    assert len(tables["holder_code_type"].items) == 16
    assert all(t.confidence in CONFIDENCES and t.source for t in tables.values())
    states = tables["certificate_status"]
    # ecert-data.md 3.4: equal codes of two ministries mean different states
    assert states.from_system("mohurd", "04") == "cancelled"
    assert states.from_system("transport", "04") == "rescinded"
    assert states.from_system("transport", "77") is None
    assert code_table("nothing") is None
    assert tables["sex"].meaning("7") is None


def test_code_in_force():
    classes = code_table("driving_class")
    assert not classes.has("C6", date(2022, 3, 31))
    assert classes.has("C6", date(2022, 4, 1))
    assert classes.has("C6")
    assert not classes.has("X1")
    text = b"""
schema: ecert.codetable/1
id: t
name: {zh: t, en: t}
source: test
confidence: confirmed
items: {a: {zh: x, until: "20200101"}}
"""
    table = CodeTable.parse(text)
    assert table.has("a", date(2020, 1, 1))
    assert not table.has("a", date(2020, 1, 2))
    with pytest.raises(ExceptionGroup) as caught:
        CodeTable.parse(text.replace(b"20200101", b"20200230").replace(b"id: t", b"id: t\nid: u"))
    assert {e.code for e in caught.value.exceptions} == {"profile.not_a_day", "yaml.duplicate_key"}


def test_importing_the_model_is_light():
    import subprocess
    import sys

    code = "import sys, ecert.model; print([m for m in ('yaml','lxml','pyhanko','typst') if m in sys.modules])"
    out = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT / "src")},
    )
    assert out.stdout.strip() == "[]"
    assert set(ecert.model.__all__) <= set(dir(ecert.model))


def test_all_samples_are_covered():
    assert set(FIELDS) == set(SHIPPED)


def test_how_to_page_runs(monkeypatch):
    monkeypatch.chdir(ROOT)
    page = (ROOT / "docs/how-to/add-a-certificate-type.md").read_text(encoding="utf-8")
    exec(compile(page.split("```python\n")[1].split("```")[0], "how-to", "exec"), {})
