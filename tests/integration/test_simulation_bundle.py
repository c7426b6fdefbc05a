"""Simulation on a signed federation: drafts, windows, matrix and impact between two published bundles."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cli_kit import call
from ecert import verify
from ecert.facade import Asking
from ecert.model import canonical_bytes, parse_json
from ecert.recognition.assumptions import assume, parse_assumption
from ecert.report import Mode
from ecert.testpki.publishing import Publisher
from ecert.trust.publishing.published import first_root
from ecert.trust.source import Need
from ecert.trust.store import TrustStore
from federation_kit import AT, COMPANIES, Bureau
from scenario_kit import Scenario, scenarios

ASKED = ("--relying", "500000", "--matter", "enterprise.change", "--at", AT.isoformat())


@dataclass(frozen=True, slots=True)
class Kept:
    """One federation, published twice: once as it is, once with an agreement suspended."""

    old: Path
    new: Path
    root: str
    licence: Path
    agreement: str
    trust: Any


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    folder = tmp_path_factory.mktemp("simulation")
    bureau = Bureau("chuanyu")
    licence = folder / "licence.pdf"
    licence.write_bytes(bureau.pdf(bureau.licence(COMPANIES[0])))
    publisher = Publisher(folder / "workspace")
    publisher.publish(bureau.federation(), bureau.offices.pki, at=AT)
    shutil.copytree(publisher.workspace.published, folder / "old")
    trust = publisher.trust()
    asking = Asking(relying="500000", matter="enterprise.change", test_trust="allowed")
    report = verify(licence, trust=trust, at=AT, asking=asking)
    assert report.exit_code == 12, report.render("en", detail="full")
    shown = {e.name: e.value for c in report.root.walk() for e in c.evidence}
    agreement = str(shown["agreement.id"])
    federation = bureau.federation()
    versions = {
        path: body
        for path, data in federation.of("agreements").items()
        if (body := parse_json(data))["agreement_id"] == agreement
    }
    newest = max(versions.values(), key=lambda body: int(body["version"]))
    made = str(int(newest["version"]) + 1)
    start = "2025-05-01T00:00:00Z"
    past = {"status": newest["status"], "from": newest["status_start"], "to": start}
    following = newest | {
        "version": made,
        "history": [*newest.get("history", []), past],
        "status": "suspended",
        "status_start": start,
    }
    changed = {
        path.replace(".json", f"-{made}.json"): canonical_bytes(following)
        for path, body in versions.items()
        if body == newest
    }
    assert changed
    same = {
        path.removeprefix("roles/"): (publisher.folder / path).read_bytes()
        for kind in ("anchors", "crls")
        for path in (
            f"roles/nation/{kind}/{f.name}"
            for f in (publisher.folder / "roles/nation" / kind).iterdir()
        )
    }
    with mock.patch("ecert.testpki.publishing._certificates", return_value=same):
        publisher.publish(federation.with_files(changed), bureau.offices.pki, at=AT)
    shutil.copytree(publisher.workspace.published, folder / "new")
    return Kept(
        folder / "old", folder / "new", first_root(publisher.files()), licence, agreement, trust
    )


def test_an_assumption_over_a_bundle_is_simulated(kept: Kept, capfd) -> None:
    asked = ("--trust", kept.old, "--root", kept.root, "--test-trust", *ASKED)
    live = call(capfd, "verify", kept.licence, *asked, "--json")
    assert (live.code, live.json["decision"]) == (12, "accept")
    gone = ("--assume", f"agreement:{kept.agreement}=suspended@2025-05-01")
    done = call(capfd, "verify", kept.licence, *asked, *gone, "--json")
    assert (done.code, done.json["decision"]) == (10, "simulated_refuse")
    assert "agreement.suspended" in str(done.json["axes"]["recognition"])
    unknown = call(capfd, "verify", kept.licence, *asked, "--assume", "agreement:no=suspended")
    assert unknown.code == 2


def test_l14_a_trust_that_brings_assumptions_late_is_simulated_too(kept: Kept) -> None:
    @dataclass(frozen=True)
    class Late:
        name: str = "late"
        sha256: str = "0" * 64
        test_only: bool = False

        def narrowed(self, need: Need) -> TrustStore:
            given = parse_assumption(f"agreement:{kept.agreement}=enacted@2024-01-01", at=AT)
            found = assume(kept.trust.narrowed(need), [given])
            return replace(found, test_only=False)

    asking = Asking(relying="500000", matter="enterprise.change", test_trust="allowed")
    for at in (AT, None):
        report = verify(kept.licence, trust=Late(), at=at, asking=asking)
        assert report.question.mode is Mode.SIMULATED
        assert report.question.assumptions
        assert not report
        assert report.value is None
        assert report.exit_code != 0


def test_d12_impact_between_two_bundles_fits_the_comparison(kept: Kept, capfd, tmp_path) -> None:
    trust = ("--trust", kept.old, "--root", kept.root, "--at", AT.isoformat())
    facts = call(capfd, "facts", kept.licence, *trust)
    assert facts.code == 0, facts.err
    (tmp_path / "facts.jsonl").write_text(facts.out, "utf-8")
    sides = ("--old", kept.old, "--new", kept.new, "--root", kept.root)
    args = ("rules", "impact", tmp_path / "facts.jsonl", *sides, "--at", AT.isoformat())
    done = call(capfd, *args, "--json", "--max-newly-refused", "0")
    assert done.code == 10, done.err
    found = done.json
    assert found["counts"]["newly_refused"] == len(found["flips"]) > 0
    assert {f["issuing"] for f in found["flips"]} == {"510104"}
    assert "500000" in {f["relying"] for f in found["flips"]}
    (tmp_path / "impact.json").write_text(json.dumps(found), "utf-8")
    compared = call(
        capfd, "trust", "diff", kept.old, kept.new, "--impact", tmp_path / "impact.json", "--json"
    )
    assert compared.code == 0, compared.err
    assert compared.json["impact"]["newly_refused"] == found["counts"]["newly_refused"]


def test_d9_window_of_a_bundle_ends_with_its_roles(kept: Kept, capfd) -> None:
    done = call(
        capfd, "window", kept.licence, "--trust", kept.old, "--root", kept.root, "--test-trust", *ASKED,
        "--until", "2025-06-20T00:00:00Z", "--json",
    )  # fmt: skip
    assert done.code == 12, done.err
    spans = done.json["spans"]
    assert spans[0]["simulated_decision"] == "simulated_accept"
    assert spans[-1]["simulated_decision"] == "simulated_refer"
    assert {s["simulated"] for s in spans} == {"recognised"}


def test_d9_matrix_over_the_whole_federation(kept: Kept, capfd) -> None:
    done = call(
        capfd, "matrix", "--issuing", "510104", "--trust", kept.new, "--root", kept.root,
        "--matter", "enterprise.change", "--at", AT.isoformat(), "--json",
    )  # fmt: skip
    assert done.code == 12, done.err
    found = done.json
    assert {"500000", "510000"} <= {c["relying"] for c in found["cells"]}
    assert len(found["columns"]) >= 20
    suspended = [c for c in found["cells"] if "agreement.suspended" in c["codes"]]
    assert {c["simulated"] for c in suspended} == {"not_recognised"}
    assert found["trust"]["test_only"] is True


@pytest.mark.parametrize(
    "scenario", [s for s in scenarios() if "certificate" in s.body], ids=lambda s: s.name
)
def test_the_answer_of_a_simulation_is_that_of_the_scenario(scenario: Scenario) -> None:
    from ecert.recognition.answers import answer
    from ecert.recognition.compiled import compile_knowledge

    said = answer(scenario.asked(), compile_knowledge(scenario.knowledge), at=scenario.at)
    assert said.outcome == scenario.expect["outcome"]
