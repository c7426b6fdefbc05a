"""The scenario files: each question gives its outcome, reasons and legal basis, and says why in zh."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import jsonschema
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ecert.report.explained import clerk_page
from federation_kit import Publications
from scenario_kit import FOLDER, ROOT, Scenario, codes, evidence_of, explained, scenarios

ALL = scenarios()
QUESTIONS = [s for s in ALL if "certificate" in s.body]
DOCUMENTS = [s for s in ALL if "document" in s.body]
SCHEMA = json.loads((FOLDER / "case.schema.json").read_text("utf-8"))


@pytest.mark.parametrize("scenario", QUESTIONS, ids=lambda s: s.name)
def test_scenario(scenario: Scenario) -> None:
    expect = scenario.expect
    found = scenario.answer()
    said = explained(found)
    assert found.outcome == expect["outcome"], said
    assert set(expect.get("codes", ())) <= codes(found), codes(found)
    assert set(expect.get("conditions", ())) == {c.code for c in found.conditions if c.met != "yes"}
    assert expect.get("basis", "") in said
    for phrase in expect["says"]:
        assert phrase in said, said
    if "agreement" in expect:
        shown = evidence_of(found)
        assert f"{shown['agreement.id']} {shown['agreement.version']}" == expect["agreement"]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Publications:
    return Publications(tmp_path_factory)


@pytest.mark.parametrize("scenario", DOCUMENTS, ids=lambda s: s.name)
def test_document_scenario(scenario: Scenario, published: Publications) -> None:
    """A file, a signed bundle, four axes: through the library, as of the asked instant."""
    expect, report = scenario.expect, published.ask(scenario)
    shown = report.render("zh", detail="full")
    assert report.recognition is not None
    assert report.recognition["outcome"] == expect["outcome"], shown
    assert report.decision.value == expect["decision"], shown
    assert set(expect.get("codes", ())) <= set(report.reasons()), report.reasons()
    unmet = {c.code for c in report.conditions if c.met != "yes"}
    assert set(expect.get("conditions", ())) <= unmet
    page = "\n".join(text for _, text in clerk_page(report.recognition, "zh"))
    for phrase in (expect.get("basis", ""), *expect["says"]):
        assert phrase in page, page
    if "agreement" in expect:
        named = report.recognition["agreement"]
        assert f"{named['id']} {named['version']}" == expect["agreement"]


def test_scenarios_follow_their_schema_and_are_enough() -> None:
    assert len(ALL) >= 40
    for scenario in ALL:
        jsonschema.validate(scenario.body, SCHEMA)
    stories = [s.body["story"] for s in ALL]
    assert len(set(stories)) == len(stories)


def test_what_is_not_recognised_names_why() -> None:
    """A scenario that does not end in recognised must say which reason it expects."""
    for scenario in ALL:
        expect = scenario.expect
        assert expect["outcome"] == "recognised" or expect.get("codes") or expect.get("conditions")


def test_l19_every_recognised_scenario_falls_when_a_side_has_not_signed() -> None:
    fallen = 0
    for scenario in QUESTIONS:
        if scenario.expect["outcome"] != "recognised":
            continue
        relying = scenario.body["question"]["relying"]
        assert scenario.unsigned_by(relying).outcome != "recognised", scenario.name
        found = scenario.answer().explanation["agreement"]
        if found["kind"] != "unilateral":
            issuing = scenario.body["certificate"]["issuing"]
            assert scenario.unsigned_by(issuing).outcome != "recognised", scenario.name
        fallen += 1
    assert fallen >= 30


@pytest.mark.parametrize("scenario", QUESTIONS, ids=lambda s: s.name)
def test_d1_the_order_of_files_never_shows(scenario: Scenario) -> None:
    one, other = scenario.answer(), scenario.turned()
    assert (one.outcome, one.axis, one.conditions) == (other.outcome, other.axis, other.conditions)
    assert one.explanation == other.explanation


PLACES = {"Yuzhong": "500103", "Wanzhou": "500101", "Yubei": "500112"}
MATTERS = {
    "change of the company": "change",
    "deregistration": "cancel",
    "tender": "tender",
    "move of the company": "relocation",
}


def test_the_concept_page_tells_the_truth() -> None:
    """docs/explanation: the table of one licence and its several answers, in both languages."""
    words = {"recognised": "认可", "not recognised": "不予认可", "undetermined": "无法确定"}
    pages = [
        (ROOT / f"docs/explanation/recognition.{lang}.md").read_text("utf-8")
        for lang in ("en", "zh")
    ]
    rows, chinese = (
        [
            [cell.strip() for cell in line.split("|")[1:-1]]
            for line in page.splitlines()
            if re.search(r"\| 202\d-\d\d-\d\d \|", line)
        ]
        for page in pages
    )
    assert len(rows) == 5
    assert [(r[2], words[r[3]]) for r in rows] == [(c[2], c[3]) for c in chinese]
    base = next(s for s in QUESTIONS if s.name == "c01-before-the-amendment")
    for where, what, day, answer, _ in rows:
        question = {
            "relying": PLACES[where.partition(",")[0]],
            "matter": f"enterprise.{MATTERS[what]}",
            "at": f"{day}T10:00:00+08:00",
        }
        found = Scenario("page", {**base.body, "question": question}).answer()
        assert found.outcome == answer.replace(" ", "_"), (where, what, day)
