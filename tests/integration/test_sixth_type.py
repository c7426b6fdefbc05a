"""A sixth certificate type without a line of code: one YAML, one template; issued, verified, refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path

from ecert.cli import main
from ecert.facade import Asking, verify
from ecert.issuance import IssueOptions, issue
from ecert.manyfiles import verify_many
from ecert.model import Certificate, Issuer, Profile, Terms
from ecert.model.library import folder_digest
from ecert.testpki import SyntheticPKI, TrustPlan, trust_files, write_trust
from ecert.testpki.authority import synthetic_uscc
from ecert.trust.store import TrustStore

AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
AUTHORITY = "示例区城市管理局"
YAML = """
schema: ecert.profile/1
id: stall_permit
name: {zh: 摊位许可证, en: Stall permit}
status: draft
version: "1.0"
source: invented for a test
type_code: 11110105MB00000009123
type_code_confidence: from_memory
type_code_source: invented for a test
holder: {category: natural_person, code_types: ["111"]}
serial: number
validity: {start: required, end: required, long_term: false, years: [1, 2]}
fields:
  number: {label: {zh: 许可证号, en: Number}, kind: text, max_length: 12, required: true, confidence: from_memory}
  keeper: {label: {zh: 摊主, en: Keeper}, kind: name, required: true, personal: true, confidence: from_memory}
  keeper_id: {label: {zh: 公民身份号码, en: Identity number}, kind: idnumber, required: true, personal: true, confidence: from_memory}
  office: {label: {zh: 发证机关, en: Authority}, kind: name, required: true, confidence: from_memory}
metadata:
  certificateNumber: number
  certificateHolderName: keeper
  certificateHolderCode: keeper_id
  certificateIssuingAuthorityName: office
face:
  template: plain.typ
  title: 摊位许可证
  page: {size: a5, orientation: landscape}
  language: zh
  rows: [{field: number}, {field: keeper}, {field: keeper_id}, {field: office}]
"""
GEOMETRY = "page = [210, 148]\nframe = [8.3, 8.3, 201.7, 139.7]\nclear = 2\nseal = [169, 116]\nqr = [18, 103, 26]\nphoto = false\n"


def template(folder: Path) -> Path:
    """Write a template of the type's own: another title, the shared pieces imported from the library."""
    shipped = (resources.files("ecert.issuance") / "templates" / "plain.typ").read_text("utf-8")
    own = shipped.replace('#import "face.typ": *', '#import sys.inputs.library + "/face.typ": *')
    file = folder / "stall_permit.typ"
    file.write_text(own.replace("23pt", "30pt"), encoding="utf-8")
    file.with_suffix(".toml").write_text(GEOMETRY, encoding="utf-8")
    return file


def test_a_sixth_type_is_issued_and_verified_without_code(tmp_path, capfd) -> None:
    types = tmp_path / "types"
    types.mkdir()
    (types / "stall_permit.yaml").write_text(YAML, encoding="utf-8")
    profile = Profile.load("stall_permit", search=types)
    pki = SyntheticPKI(at=AT)
    code = synthetic_uscc("11110105MB0000000")
    office = pki.party(AUTHORITY, code)
    certificate = Certificate.create(
        profile,
        region="110105",
        issuer=Issuer(name=AUTHORITY, code=code),
        fields={
            "number": "0101",
            "keeper": "示例",
            "keeper_id": "11010519491231002X",
            "office": AUTHORITY,
        },
        terms=Terms(issued=date(2026, 1, 1), start=date(2026, 1, 1), end=date(2026, 12, 31)),
    )
    document = issue(
        certificate,
        signer=office.signer,
        seal=None,
        at=AT - timedelta(days=1),
        options=IssueOptions(profile=profile, template=template(types)),
    )
    file = document.save(tmp_path / "stall.pdf")
    plan = TrustPlan(
        issuers=[(office, "110000", [profile.type_code])],
        certificates={document.ecid: ("valid", None)},
    )
    write_trust(tmp_path / "trust", trust_files(pki, plan))
    trust = TrustStore.load(tmp_path / "trust")
    known = verify(file, trust=trust, at=AT, asking=Asking(test_trust="allowed", profiles=types))
    assert known.decision.value == "accept", known.render("en", detail="tree")
    (pin,) = (p for p in known.trust if p.state == "profiles")
    assert (pin.id, pin.sha256) == ("types", folder_digest(types))
    unknown = verify(file, trust=trust, at=AT, asking=Asking(test_trust="allowed"))
    assert (unknown.decision.value, unknown.reasons()[0]) == ("refer", "profile.not_here")
    asked = [
        "verify",
        str(file),
        "--trust",
        str(tmp_path / "trust"),
        "--test-trust",
        "--at",
        AT.isoformat(),
    ]
    assert main([*asked, "--profiles", str(types)]) == 12
    assert main(asked) == 11
    capfd.readouterr()
    asking = Asking(test_trust="allowed", profiles=types)
    answers = verify_many([file, file], trust=trust, at=AT, asking=asking, jobs=1)
    assert next(answers).decision.value == "accept"
    (types / "other.yaml").write_text(YAML.replace("stall_permit", "other"), encoding="utf-8")
    changed = next(answers)
    assert (changed.decision.value, changed.exit_code) == ("refer", 70)
    assert dict(changed.error.params)["what"] == "profile.folder_changed"
