"""Every document that `ecert verify --json` writes is valid by the published schema, and the schema is tight."""

from __future__ import annotations

import copy
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

from test_verification_decision import VECTORS, patched, policy_of

from cli_kit import ROOT, SAMPLES, call
from ecert import TrustStore, verify
from ecert.facade import Asking, fault_report
from ecert.report import Mode, Outcome, Subject
from ecert.report.etsi import ORDER
from ecert.verification.case import Case
from ecert.verification.caseform import from_plain
from ecert.verification.policy import Policy
from ecert.verification.reporting import Setting, report_of

FILE = ROOT / "src/ecert/report/report.schema.json"
SCHEMA = json.loads(FILE.read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
OWN = ROOT / "sample_certs"
AT = datetime(2026, 11, 20, 2, tzinfo=UTC)


def check(document: dict[str, Any]) -> None:
    """Validate against the branch that applies, so that a failure names the member and not `oneOf`."""
    branch = "report" if "root" in document else "error"
    VALIDATOR.evolve(schema=SCHEMA | {"oneOf": [SCHEMA["$defs"][branch]]}).validate(document)
    VALIDATOR.validate(document)


def closed(node: Any) -> list[str]:
    """Return every object schema that lets unknown members in."""
    found = []
    if isinstance(node, dict):
        if node.get("type") == "object" and "additionalProperties" not in node:
            found.append(json.dumps(node)[:80])
        for value in node.values():
            found += closed(value)
    if isinstance(node, list):
        for value in node:
            found += closed(value)
    return found


def test_it_is_a_schema_and_every_object_is_closed() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert not closed(SCHEMA)
    assert SCHEMA["$defs"]["etsi"]["properties"]["sub_indication"]["enum"] == [*ORDER, None]


def test_the_page_and_the_command_give_the_same_bytes(capfd) -> None:
    assert (ROOT / "docs/reference/report.schema.json").read_bytes() == FILE.read_bytes()
    done = call(capfd, "schema", "report")
    assert (done.code, done.out.encode()) == (0, FILE.read_bytes())


@pytest.mark.parametrize(
    "path", sorted(p for p in OWN.iterdir() if p.suffix in (".pdf", ".ofd")), ids=lambda p: p.name
)
@pytest.mark.parametrize("relying", [None, "310000"])
def test_our_samples(path: Path, relying: str | None) -> None:
    trust = TrustStore.load(OWN / "trust")
    for store, at, allowed in (
        (trust, AT, "allowed"),
        (trust, None, "refused"),
        (None, AT, "refused"),
    ):
        asking = Asking(relying=relying, matter="company.change", test_trust=allowed)
        report = verify(path, trust=store, at=at, asking=asking)
        check(report.to_dict())
        check(report.to_dict(reveal="personal"))


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the shared samples are not here")
@pytest.mark.parametrize("folder", ["eseal", "pdf", "hostile"])
def test_foreign_samples(folder: str) -> None:
    files = [
        p
        for p in sorted((SAMPLES / folder).rglob("*"))
        if p.suffix in (".pdf", ".ofd") and p.stat().st_size < 500_000
    ]
    assert files
    for path in files:
        check(verify(path, at=AT).to_dict())


@pytest.mark.parametrize("vector", VECTORS["cases"], ids=lambda v: v["id"])
def test_decision_vectors(vector: dict[str, Any]) -> None:
    case = from_plain(Case, patched(VECTORS["bases"][vector["base"]], vector["patch"]))
    at = datetime.fromisoformat(vector["at"])
    for mode in Mode:
        setting = Setting(subject=Subject(name="x"), mode=mode)
        check(report_of(case, policy_of(vector["policy"]), at=at, setting=setting).to_dict())


def test_error_exits(capfd, tmp_path) -> None:
    (tmp_path / "empty.pdf").write_bytes(b"")
    trusted = ("--trust", OWN / "trust", "--test-trust")
    cases = (
        (2, ("verify",)),
        (2, ("verify", "x.pdf", "--nothing")),
        (2, ("explain", "no.such.code")),
        (4, ("verify", tmp_path / "empty.pdf", *trusted)),
        (4, ("verify", tmp_path / "missing.pdf", *trusted)),
        (4, ("verify", Path(os.devnull), *trusted)),
        (4, ("inspect", tmp_path / "empty.pdf")),
        (5, ("verify", OWN / "good_ses.pdf")),
        (5, ("verify", OWN / "good_ses.pdf", "--trust", tmp_path / "none")),
        (5, ("verify", OWN / "good_ses.pdf", "--policy", "none")),
    )
    for code, words in cases:
        done = call(capfd, *words, "--json")
        assert done.code == code, words
        check(done.json)


def test_a_fault_of_our_own(capfd, monkeypatch) -> None:
    problem = Outcome(ok=None, code="internal.worker_lost", params=(("how", "SIGKILL"),))
    for at in (AT, None):
        check(
            fault_report(
                problem, "a.pdf", policy=Policy.default(), at=at, asking=Asking()
            ).to_dict()
        )
    from ecert import facade

    def broken(*_args: object, **_more: object) -> None:
        raise RecursionError

    monkeypatch.setattr(facade, "verify", broken)
    done = call(capfd, "verify", OWN / "good_ses.pdf", "--json")
    assert done.code == 70
    check(done.json)
    monkeypatch.setattr("ecert.commands.verify.Inputs", broken)
    done = call(capfd, "verify", OWN / "good_ses.pdf", "--json")
    assert done.code == 70
    check(done.json)


# --- what the schema refuses ---------------------------------------------------


def good() -> dict[str, Any]:
    report = verify(
        OWN / "good_ses.pdf",
        trust=TrustStore.load(OWN / "trust"),
        at=AT,
        asking=Asking(test_trust="allowed"),
    )
    assert report.exit_code == 12
    return report.to_dict()


@pytest.mark.parametrize(
    "change",
    [
        {"exit": 0},
        {"decision": "maybe"},
        {"exit": 11},
        {"error": {"code": "trust.no_anchors"}},
        {"conditions": [{"code": "trust.test_only", "met": "no"}]},
        {"axes.status.verdict": "indeterminate"},
        {"axes.recognition.verdict": "failed"},
        {"root.verdict": "indeterminate"},
        {"signatures.0.etsi.sub_indication": "HASH_FAILURE"},
        {"signatures.0.etsi.indication": "TOTAL-FAILED"},
        {"signatures.0.integrity": "ok"},
        {"signatures.0.more": 1},
        {"question.at": "2026-11-20T02:00:00+00:00"},
        {"subject.sha256": "xyz"},
        {"policy.sha256": None},
        {"schema": "ecert.report/2"},
    ],
    ids=str,
)
def test_it_refuses_what_no_report_says(change: dict[str, Any]) -> None:
    document = copy.deepcopy(good())
    check(document)
    for path, value in change.items():
        *way, last = path.split(".")
        node: Any = document
        for key in way:
            node = node[int(key)] if key.isdigit() else node[key]
        node[last] = value
    assert not VALIDATOR.is_valid(document)


@pytest.mark.parametrize("member", sorted(good()))
def test_no_member_may_be_left_out(member: str) -> None:
    document = good()
    del document[member]
    assert not VALIDATOR.is_valid(document)
