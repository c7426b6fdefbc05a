"""A company leaves the register: its licence, its seal and its permits, through `ecert verify` (L16, L19)."""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

import ecert.facade

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from attacks.generator import good_files, trust_files_of_world
from attacks.world import AT, AUTHORITY_CODE, LICENCE_TYPE, OTHER_TYPE, SEALS, licence
from cli_kit import Done, call
from ecert.testpki import write_trust
from ecert.testpki.authority import synthetic_uscc

FIRM = str(licence().fields["uscc"])
GONE = AT - timedelta(hours=1)
SECOND = timedelta(seconds=1)
HERE, THERE = synthetic_uscc("11110105MB0000001"), synthetic_uscc("11310115MB0000001")


def z(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def event(ident: str = "e1", kind: str = "deregistered", at: datetime = GONE, **more: Any) -> Any:
    basis = {"document": "准予注销登记通知书（示例）1 号"}
    return {"event_id": ident, "entity": FIRM, "kind": kind, "at": z(at), "basis": basis, **more}


def register(*events: Any, code: str = HERE, territory: str = "110000", **more: Any) -> Any:
    return {
        "schema": "ecert.entities/1", "list_id": f"entities-{territory}", "version": "1",
        "issued_at": z(AT - timedelta(minutes=30)), "next_update": z(AT + timedelta(days=2)),
        "register": {
            "code": code, "name": f"登记机关{territory}", "territories": [territory],
            "departments": ["9"], "licence_types": [LICENCE_TYPE],
        },
        "events": list(events), **more,
    }  # fmt: skip


def permits(*events: Any) -> Any:
    """The register whose own licence is of another type: to it, ours is a dependent permit."""
    made = register(*events)
    return made | {"register": made["register"] | {"licence_types": [OTHER_TYPE]}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_trust(tmp_path / "trust", dict(trust_files_of_world()))
    for name, data in good_files().items():
        (tmp_path / f"{name}.pdf").write_bytes(data)
    return tmp_path


def publish(folder: Path, *files: Any) -> None:
    (folder / "trust/entities").mkdir(exist_ok=True)
    for number, body in enumerate(files):
        path = folder / f"trust/entities/{number}.json"
        path.write_text(json.dumps(body, ensure_ascii=False), "utf-8")


def judged(capfd: Any, folder: Path, at: datetime = AT, *, name: str = "cms_sm2") -> Done:
    trust = ("--trust", folder / "trust", "--test-trust", "--at", z(at))
    return call(capfd, "verify", folder / f"{name}.pdf", *trust, "--json")


def check(report: Any, ident: str) -> Any:
    def walk(node: Any) -> Iterator[Any]:
        yield node
        for child in node.get("checks", ()):
            yield from walk(child)

    found = [node for node in walk(report["root"]) if node["id"] == ident]
    assert len(found) == 1
    return found[0]


def cascade(done: Done) -> tuple[str, str, str]:
    """Return the decision, what the leaf says, and why."""
    report = done.json
    node = check(report, "status.cascade")
    codes = [r["code"] for r in node.get("reasons", ())]
    return report["decision"], node["verdict"], ",".join(codes)


def test_l19_refused_from_the_second_of_the_deregistration(capfd, folder):
    publish(folder, register(event()))
    before = judged(capfd, folder, GONE - SECOND)
    assert (before.code, *cascade(before)) == (12, "accept", "passed", "status.no_cascade")
    for moment in (GONE, AT):
        after = judged(capfd, folder, moment)
        assert (after.code, *cascade(after)) == (10, "refuse", "failed", "status.cascade")
    said = {e["name"]: e["value"] for e in check(after.json, "status.cascade")["evidence"]}
    assert said["cascade.register"] == HERE
    assert said["cascade.since"] == GONE.isoformat()
    assert said["cascade.basis"] == "准予注销登记通知书（示例）1 号"


def test_l16_the_status_list_still_calls_it_valid_and_that_lifts_nothing(capfd, folder):
    publish(folder, register(event()))
    report = judged(capfd, folder).json
    assert check(report, "status.certificate")["verdict"] == "passed"
    assert report["decision"] == "refuse"


def test_live_judgements_hear_it_too(capfd, folder, monkeypatch):
    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(AT.timestamp(), tz)

    monkeypatch.setattr(ecert.facade, "datetime", Clock)
    asked = ("verify", folder / "cms_sm2.pdf", "--trust", folder / "trust", "--test-trust")
    assert call(capfd, *asked).code == 12  # test material never ends in 0
    publish(folder, register(event()))
    done = call(capfd, *asked, "--lang", "zh")
    assert done.code == 10
    assert (
        "持证主体自 2026-11-20 09:00 北京时间 起在登记机关（登记机关110000）的状态为已注销登记"
        in done.out
    )
    assert "请先向登记机关核实主体登记状态" in done.out
    english = call(capfd, *asked, "--lang", "en")
    assert "the holder is deregistered in its register (登记机关110000)" in english.out


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ("refer", "indeterminate")),
        ({"dependents": "refer"}, ("refer", "indeterminate")),
        ({"dependents": "refuse"}, ("refuse", "failed")),
    ],
)
def test_l19_a_dependent_permit_follows_as_the_register_asks(capfd, folder, asked, expected):
    publish(folder, permits(event(**asked)))
    assert cascade(judged(capfd, folder)) == (*expected, "status.cascade")


def test_an_announced_simple_deregistration_refers(capfd, folder):
    announced = event(
        kind="deregistration_announced", procedure="simple", announced_until="2026-12-10"
    )
    publish(folder, register(announced))
    done = judged(capfd, folder)
    assert cascade(done) == ("refer", "indeterminate", "status.deregistration_announced")
    shown = call(
        capfd,
        "verify",
        folder / "cms_sm2.pdf",
        "--trust",
        folder / "trust",
        "--at",
        z(AT),
        "--lang",
        "zh",
    )
    assert "公告期至 2026-12-10" in shown.out


def test_l19_a_foreign_registers_event_is_not_heard(capfd, folder):
    foreign = register(event(), code=THERE, territory="310000")
    publish(folder, foreign)
    done = judged(capfd, folder)
    assert cascade(done) == ("accept", "not_applicable", "status.cascade_ignored")
    publish(folder, foreign, register())
    done = judged(capfd, folder)
    assert cascade(done) == ("accept", "passed", "status.no_cascade")
    said = {e["name"]: e["value"] for e in check(done.json, "status.cascade")["evidence"]}
    assert said["cascade.ignored"] == "登记机关310000"


def test_l19_only_the_register_itself_corrects_an_error(capfd, folder):
    lifted = GONE + timedelta(minutes=10)
    undone = event("l1", "lifted", lifted, lifts="e1", reason="撤销注销登记决定（示例）")
    foreign = register(undone, code=THERE, territory="310000")
    publish(folder, register(event()), foreign)
    assert cascade(judged(capfd, folder))[0] == "refuse"
    publish(folder, register(event(), undone))
    (folder / "trust/entities/1.json").unlink()
    assert cascade(judged(capfd, folder)) == ("accept", "passed", "status.no_cascade")
    assert cascade(judged(capfd, folder, lifted - SECOND))[0] == "refuse"


def test_l15_the_silence_of_an_old_register_is_no_good_news(capfd, folder):
    old = AT - timedelta(days=30)
    publish(folder, register(issued_at=z(old), next_update=z(old + timedelta(days=2))))
    done = judged(capfd, folder)
    assert cascade(done) == ("refer", "indeterminate", "status.register_too_old")
    publish(
        folder, register(event(at=old), issued_at=z(old), next_update=z(old + timedelta(days=2)))
    )
    assert cascade(judged(capfd, folder))[0] == "refuse"


def test_without_register_data_the_answer_says_so(capfd, folder):
    done = judged(capfd, folder)
    assert cascade(done) == ("accept", "not_applicable", "status.no_register")


def seal_status(done: Done) -> tuple[str, str, list[str]]:
    report = done.json
    node = check(report, "seal[0].status")
    return report["decision"], node["verdict"], [r["code"] for r in node.get("reasons", ())]


def owned_by_the_firm(folder: Path) -> None:
    """List the key that uses the seal as that of the firm, as its seal's holder."""
    path = folder / "trust/issuers.yaml"
    listed = yaml.safe_load(path.read_text("utf-8"))
    bureau = next(e for e in listed["entries"] if e["issuer_id"] == AUTHORITY_CODE)
    firm = copy.deepcopy(bureau) | {"issuer_id": FIRM}  # YAML aliases are refused
    for service in firm["services"]:
        service.update(kind="seal-holder", certificate_types=[])
    listed["entries"].append(firm)
    path.write_text(yaml.safe_dump(listed, allow_unicode=True), "utf-8")


def test_l19_the_seal_of_the_company_follows_it(capfd, folder):
    owned_by_the_firm(folder)
    other = event(entity=synthetic_uscc("91110105MA0000099"), es_ids=[SEALS["good"]])
    publish(folder, register(other))
    assert seal_status(judged(capfd, folder, name="ses")) == (
        "refer", "indeterminate", ["seal.cascade"],
    )  # fmt: skip
    publish(folder, register(event()))
    before = judged(capfd, folder, GONE - SECOND, name="ses")
    assert seal_status(before) == ("accept", "passed", [])
    after = judged(capfd, folder, name="ses")
    assert seal_status(after) == ("refuse", "failed", ["seal.cascade"])


def test_l19_a_seal_that_is_listed_as_an_authoritys_is_only_referred(capfd, folder):
    publish(folder, permits(event(es_ids=[SEALS["good"]])))
    assert seal_status(judged(capfd, folder, name="ses"))[1:] == ("indeterminate", ["seal.cascade"])


def test_l16_a_scoped_snapshot_speaks_through_the_command_line(capfd, folder):
    path = folder / "trust/status/status.json"
    plain = json.loads(path.read_text("utf-8"))
    scope = {"issuer": AUTHORITY_CODE, "certificate_type": LICENCE_TYPE}
    path.write_text(json.dumps(plain | scope), "utf-8")
    assert judged(capfd, folder).json["decision"] == "accept"
    assert seal_status(judged(capfd, folder, name="ses"))[0] == "accept"
    elsewhere = {"issuer": THERE, "certificate_type": LICENCE_TYPE, "certificates": []}
    path.write_text(json.dumps(plain | elsewhere), "utf-8")
    done = judged(capfd, folder).json
    assert check(done, "status.certificate")["reasons"][0]["code"] == "status.unknown"
    path.write_text(json.dumps(plain | scope | {"certificates": []}), "utf-8")
    done = judged(capfd, folder).json
    assert check(done, "status.certificate")["reasons"][0]["code"] == "status.not_listed"
    late = judged(capfd, folder, AT + timedelta(days=30)).json
    assert check(late, "status.age")["reasons"][0]["code"] == "status.too_old"
    path.write_text(json.dumps(plain | scope | {"issuer": THERE}), "utf-8")
    refused = judged(capfd, folder)
    assert refused.code == 5


def test_trust_commands_show_and_date_register_events(capfd, folder):
    publish(folder, register(event()), register(list_id="other"))
    shown = call(capfd, "trust", "show", folder / "trust", "--json").json["entities"]
    assert [(one["register"], one["events"]) for one in shown] == [(HERE, 1), (HERE, 0)]
    asked = ("trust", "check", folder / "trust", "--lang", "en", "--at")
    now = call(capfd, *asked, z(AT))
    assert (now.code, "2 files of register events" in now.out) == (0, True)
    publish(folder, register(next_update=z(AT - SECOND)))
    late = call(capfd, *asked, z(AT))
    assert (late.code, "entities-110000" in late.out) == (5, True)
