"""The explanation object (D8): complete, readable alone, masked (L26), and never of a simulated answer."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ecert.errors import ECertError
from ecert.recognition import (
    Asked,
    Recognition,
    compile_knowledge,
    decide,
    evaluate,
    statement,
    with_pins,
)
from ecert.recognition.asked import Fact
from ecert.recognition.nearest import PAIRS, SINGLES
from ecert.report import (
    Axis,
    Check,
    Mode,
    Pin,
    Question,
    Reason,
    Report,
    Subject,
    Tool,
    Verdict,
    all_of,
    not_applicable,
)
from ecert.report.explained import clerk_page, one_line
from ecert.report.explained_words import WORDS
from ecert.trust.knowledge import Knowledge
from recognition_kit import AT, agreement, asked, edge, knowledge_of, question_of, rule

ROOT = Path(__file__).resolve().parents[2]
VECTORS = json.loads((ROOT / "tests/vectors/recognition/recognition.json").read_text("utf-8"))
SCHEMA = json.loads((ROOT / "src/ecert/report/report.schema.json").read_text("utf-8"))
PINS = (Pin(id="trust", version="", sha256="ab" * 32, state="local-folder", age_s=None),)
WORDS_OF_A_YES = ("recognised", "recognised_with_conditions")
SECRET = "13800138000示例街道"


def report_of(found: Recognition, mode: Mode = Mode.LIVE, **more: Any) -> Report[Any]:
    passed = [Check(id=a.value, verdict=Verdict.PASSED) for a in Axis if a is not Axis.RECOGNITION]
    root = all_of("report", (*passed, found.axis))
    given: dict[str, Any] = {
        "subject": Subject(sha256="cd" * 32),
        "question": Question(at=AT, mode=mode, relying="310000", matter="company.change"),
        "policy": Pin(id="default", version="1", sha256="ef" * 32),
        "tool": Tool(version="1"),
        "root": root,
        "trust": PINS,
        "conditions": found.conditions,
        "recognition": with_pins(found.explanation, PINS),
        "value": object(),
    }
    return Report(**(given | more))


@pytest.mark.parametrize("vector", VECTORS["cases"], ids=lambda v: v["id"])
def test_every_answer_is_explained_in_both_languages_and_by_the_schema(
    vector: dict[str, Any],
) -> None:
    from datetime import datetime

    at = datetime.fromisoformat(vector["at"])
    found = evaluate(question_of(vector["asked"]), knowledge_of(vector), at=at)
    explained = with_pins(found.explanation, PINS)
    assert (
        found.outcome
        == decide(
            question_of(vector["asked"]), compile_knowledge(knowledge_of(vector)), at=at
        ).outcome
    )
    verdicts = {Verdict.PASSED: WORDS_OF_A_YES, Verdict.FAILED: ("not_recognised",)}
    assert found.outcome in verdicts.get(found.axis.verdict, ("undetermined",))
    plain = json.loads(json.dumps(explained))
    one = {"$ref": "#/$defs/recognition", "$defs": SCHEMA["$defs"]}
    jsonschema.Draft202012Validator(one).validate(plain)
    for lang in ("zh", "en"):
        lines = list(clerk_page(explained, lang))
        text = "\n".join(t for _, t in lines)
        assert WORDS[found.outcome][0 if lang == "zh" else 1] in text
        assert one_line(explained, lang)
        for finding in explained["findings"]:
            if finding["outcome"] != "passed" and finding["code"] != "check.blocked":
                assert finding["code"] in text
    if found.outcome in ("not_recognised", "undetermined"):
        assert any(h == WORDS["head.cause"][0] for h, _ in clerk_page(explained, "zh"))
    if explained["agreement"] is not None:
        zh = "\n".join(t for _, t in clerk_page(explained, "zh"))
        assert explained["agreement"]["basis"][0]["document"] in zh


def with_rule(expression: str, fields: list[str], **question: Any) -> Recognition:
    made = rule("AR-310000-1", expression, affected_fields=fields)
    known = Knowledge(agreements=(agreement(),), rules=(made,), references=())
    return evaluate(asked(**question), known, at=AT)


def test_the_trace_shows_what_each_condition_read() -> None:
    found = with_rule("cert.issue_date >= date('2030-01-01')", ["cert.issue_date"])
    (ran,) = found.explanation["trace"]
    (condition,) = ran["conditions"]
    assert condition["values"] == [
        {"name": "cert.issue_date", "value": "2025-03-18", "personal": False}
    ]
    assert (ran["outcome"], ran["voice"]) == ("fail", "relying")
    (finding,) = [f for f in found.explanation["findings"] if f["code"] == "rule.failed"]
    assert finding["rule"] == {"id": "AR-310000-1", "version": 1}
    assert finding["basis"][0]["document"] == "示例文件〔2024〕9号"


@pytest.mark.parametrize("reveal", ["masked", "personal"])
def test_l26_personal_values_are_masked_in_every_form(reveal: Any) -> None:
    facts = (Fact("fields.address", SECRET, personal=True),)
    found = with_rule("cert.fields.address != ''", ["cert.fields.address"], facts=facts)
    report = report_of(found)
    forms = (
        report.to_json(reveal=reveal),
        report.render("zh", detail="full", reveal=reveal),
        report.render("en", detail="full", reveal=reveal),
        report.to_html("zh", reveal=reveal),
    )
    for form in forms:
        assert (SECRET in form) is (reveal == "personal")
    assert "cert.fields.address" in forms[0]


def test_l26_translated_personal_values_are_masked() -> None:
    made = agreement(
        equivalences={
            "field": [{"from": "fields.address", "to": "fields.home", "transform": "narrow"}]
        }
    )
    facts = (Fact("fields.address", SECRET, personal=True),)
    found = evaluate(asked(facts=facts), Knowledge(agreements=(made,)), at=AT)
    assert SECRET in json.dumps(found.explanation, ensure_ascii=False)
    report = report_of(found)
    for form in (report.to_json(), report.render("zh", detail="full"), report.to_html("zh")):
        assert SECRET not in form
        assert "fields.home" in form


def test_hidden_characters_of_documents_are_shown_as_code_points() -> None:
    made = agreement(title="协议\u202e\u0000</table><script>")
    found = evaluate(asked(), Knowledge(agreements=(made,)), at=AT)
    report = report_of(found)
    for form in (report.render("zh", detail="full"), report.to_html("zh")):
        assert "\u202e" not in form
        assert "\u0000" not in form
    assert "<script" not in report.to_html("zh")


def test_nearest_names_the_matter_that_would_be_recognised() -> None:
    found = evaluate(asked(matter="company.typo"), Knowledge(agreements=(agreement(),)), at=AT)
    near = found.explanation["nearest"]
    assert near["changes"] == [
        {
            "set": [{"fact": "matter", "from": "company.typo", "to": "company.change"}],
            "outcome": "recognised",
        }
    ]
    assert near["bound"] == ""


def test_nearest_finds_pairs_where_no_single_change_is_enough() -> None:
    question = asked(matter="x", type_code="Y", profile_id=None)
    found = evaluate(question, Knowledge(agreements=(agreement(),), references=()), at=AT)
    (one,) = found.explanation["nearest"]["changes"]
    assert {c["fact"] for c in one["set"]} == {"matter", "type"}


def test_nearest_is_bounded_and_says_so() -> None:
    many = tuple(
        agreement(
            agreement_id=f"a.{n}",
            scope_matters=[f"m.{n}.{i}" for i in range(30)],
            scope_certificate_types=[f"T{n}{i}" for i in range(30)],
            status_start=f"20{n + 10}-01-01T00:00:00Z",
            effect="refuse",
        )
        for n in range(12)
    )
    found = evaluate(asked(), Knowledge(agreements=many, references=()), at=AT)
    near = found.explanation["nearest"]
    assert near["bound"] in ("singles", "pairs")
    assert near["tried"] <= SINGLES + PAIRS
    assert any("只试了" in text for _, text in clerk_page(found.explanation, "zh"))


def test_nearest_of_a_recognised_answer_is_its_end() -> None:
    made = agreement(
        history=[
            {"status": "enacted", "from": "2024-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"}
        ],
        status="repealed",
        status_start="2027-01-01T00:00:00Z",
    )
    found = evaluate(asked(), Knowledge(agreements=(made,)), at=AT)
    (one,) = found.explanation["nearest"]["changes"]
    assert (one["set"][0]["to"], one["outcome"]) == ("2027-01-01T00:00:00+00:00", "not_recognised")


def test_what_is_supposed_never_reaches_an_answer() -> None:
    made = rule("AR-310000-1", "cert.kind == 'copy'")
    known = Knowledge(agreements=(agreement(),), rules=(made,))
    first = evaluate(asked(kind="original"), known, at=AT)
    assert first.explanation["nearest"]["changes"]
    assert evaluate(asked(kind="original"), known, at=AT) == first
    assert first.outcome == "not_recognised"


def test_blocked_data_are_explained_without_a_look_at_any_agreement() -> None:
    question = Asked(relying="310000", matter="x", blocked_by="issuer.is_signer")
    found = evaluate(question, Knowledge(agreements=(agreement(),)), at=AT)
    assert found.explanation["considered"] == []
    assert found.explanation["nearest"] == {"changes": [], "tried": 0, "bound": ""}
    assert {f["depends_on"] for f in found.explanation["findings"]} == {"issuer.is_signer"}


def test_documents_of_others_are_counted_not_listed_without_end() -> None:
    others = tuple(
        agreement(agreement_id=f"o.{n}", edges=[edge("110000", "120000")]) for n in range(200)
    )
    found = evaluate(asked(), Knowledge(agreements=(agreement(), *others)), at=AT)
    assert len(found.explanation["considered"]) == 64
    assert found.explanation["considered_beyond"] == 136


# The signed form


def test_a_statement_has_digests_of_file_policy_and_lists() -> None:
    found = evaluate(asked(), Knowledge(agreements=(agreement(),)), at=AT)
    made = statement(report_of(found))
    told = made["predicate"]
    assert made["subject"][0]["digest"]["sha256"] == "cd" * 32
    assert told["policy"]["digest"]["sha256"] == "ef" * 32
    digests = [i["digest"]["sha256"] for i in told["inputAttestations"]]
    assert digests == ["ab" * 32, agreement().sha256]
    assert (told["verificationResult"], told["outcome"]) == ("PASSED", "recognised")
    assert json.loads(json.dumps(made)) == made


def test_l14_only_a_live_accept_is_stated_as_passed() -> None:
    found = evaluate(asked(), Knowledge(agreements=(agreement(),)), at=AT)
    past = statement(report_of(found, Mode.AS_OF))["predicate"]
    assert (past["verificationResult"], past["mode"]) == ("UNDETERMINED", "as_of")
    tested = statement(report_of(found, test_trust="allowed"))["predicate"]
    assert tested["verificationResult"] == "UNDETERMINED"
    refused = evaluate(asked(), Knowledge(agreements=(agreement(effect="refuse"),)), at=AT)
    assert statement(report_of(refused))["predicate"]["verificationResult"] == "FAILED"


def test_l14_a_simulated_answer_is_never_stated() -> None:
    found = evaluate(asked(), Knowledge(agreements=(agreement(),)), at=AT)
    assumed = Question(at=AT, mode=Mode.SIMULATED, relying="310000", assumptions=("rule:x=off",))
    for report in (
        report_of(found, Mode.SIMULATED, question=assumed),
        report_of(found, recognition=None),
    ):
        with pytest.raises(ECertError) as caught:
            statement(report)
        assert caught.value.code == "recognition.no_statement"


def test_reports_without_the_question_have_no_explanation() -> None:
    found = evaluate(asked(), Knowledge(agreements=(agreement(),)), at=AT)
    skipped = not_applicable("recognition", "recognition.not_asked")
    root = all_of("report", (*report_of(found).root.children[:3], skipped))
    report = report_of(found, recognition=None, root=root)
    assert "recognition" not in report.to_dict()
    assert Reason("recognition.not_asked") in report.axes[Axis.RECOGNITION].reasons


def test_the_issuer_s_service_at_both_times_is_shown() -> None:
    vector = next(v for v in VECTORS["cases"] if v["id"] == "issuer-ceased-since")
    found = evaluate(question_of(vector["asked"]), knowledge_of(vector), at=AT)
    issuer = found.explanation["question"]["issuer"]
    assert (issuer["status_at_issue"], issuer["status_now"]) == ("granted", "ceased")
    assert "issuer.service_changed" in [f["code"] for f in found.explanation["findings"]]
    shown = {e.name: e.value for e in found.axis.children[0].evidence}
    assert (shown["issuer.status_at_issue"], shown["issuer.status_now"]) == ("granted", "ceased")


def test_l11_a_proven_time_widens_the_time_of_issue_and_never_narrows_it() -> None:
    late = AT - timedelta(days=30)
    told = evaluate(
        asked(grade="proven", signed_by=late), Knowledge(agreements=(agreement(),)), at=AT
    )
    assert told.explanation["clocks"]["t_issue"]["latest"] == "2026-05-02T04:00:00Z"
    plain = evaluate(asked(), Knowledge(agreements=(agreement(),)), at=AT)
    assert plain.explanation["clocks"]["t_issue"]["latest"].startswith("2025-03-18T15:59:59")


def test_a_deviation_is_shown_with_who_allowed_it_and_until_when() -> None:
    vector = next(v for v in VECTORS["cases"] if v["id"] == "deviation-information-only")
    found = evaluate(question_of(vector["asked"]), knowledge_of(vector), at=AT)
    text = "\n".join(t for _, t in clerk_page(found.explanation, "zh"))
    assert "示例批复〔2025〕1号" in text
    assert "2027-01-01 00:00 北京时间" in text
    expired = next(v for v in VECTORS["cases"] if v["id"] == "deviation-expired")
    late = replace(question_of(expired["asked"]))
    from datetime import datetime

    found = evaluate(late, knowledge_of(expired), at=datetime.fromisoformat(expired["at"]))
    assert [c["why"] for c in found.explanation["considered"]] == ["expired"]
