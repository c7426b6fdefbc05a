"""What leaves the report: text made safe, persons masked, JSON as published."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from ecert.report import (
    OK,
    Axis,
    CertificateView,
    Check,
    Condition,
    Evidence,
    FieldView,
    Mode,
    Pin,
    Question,
    Reason,
    Report,
    SignatureSummary,
    Subject,
    TimeView,
    Tool,
    Verdict,
    all_of,
    blocked,
    failed,
    leaf,
    not_applicable,
)
from ecert.report.jsonform import error_document
from ecert.report.text import mask, safe_text

AT = datetime(2026, 11, 21, 8, tzinfo=UTC)


def sample(**more: object) -> Report[str]:
    checks = (
        all_of("authenticity", [leaf("signed", OK, evidence=(Evidence("evidence.age_s", 60),))]),
        all_of("status", [leaf("status.source", failed("status.cancelled", since="x\u202ey"))]),
        all_of("conformity", [blocked("conformity.kind", "conformity.metadata")]),
        not_applicable("recognition", "recognition.not_asked"),
    )
    parts: dict[str, object] = {
        "subject": Subject(name="a\u200b.pdf", sha256="ab", size=3),
        "question": Question(at=AT),
        "policy": Pin(id="default", version="1", sha256="cd"),
        "tool": Tool(version="1", sm2_engine="libcrypto 3"),
        "root": all_of("report", checks),
        "certificate": CertificateView(
            kind="original",
            fields={
                "fields.name": FieldView(value="示例科技", source="certificate.json", covered_by=0),
                "fields.id": FieldView(value="11010519491231002X", source="s", covered_by=None, personal=True),
            },
        ),
        "signatures": (
            SignatureSummary(
                index=0, role="issuer", kind="cms", profile=None, algorithms=("sm3", "sm2"), signer="甲",
                cert_sha256="ef", issuer_id="1", seal_id=None, time=TimeView(declared=AT, grade="declared"),
                integrity=Verdict.PASSED, trust=Verdict.PASSED, coverage="whole", covers_current=True,
                quirks=("sm2.raw_signature",),
            ),
        ),
        "trust": (Pin(id="folder", version="", sha256="0", state="local-folder", age_s=5),),
    }  # fmt: skip
    return Report(**{**parts, **more})  # type: ignore[arg-type]


def test_l26_hidden_characters_are_escaped_everywhere() -> None:
    text = (
        sample().to_json()
        + sample().render("zh", detail="full")
        + sample().render("en", detail="full")
    )
    assert not {"\u200b", "\u202e"} & set(text)
    assert "\\u{200B}" in sample().render("en")
    assert safe_text("中文 ok") == "中文 ok"
    assert safe_text("a\nb\x1b[0m") == "a\\u{000A}b\\u{001B}[0m"


def test_l26_personal_values_keep_their_last_four() -> None:
    assert mask("11010519491231002X") == "**************002X"
    assert mask("王小明") == "**明"
    assert mask("王") == "*"
    hidden = sample()
    for text in (hidden.to_json(), hidden.render("zh", detail="full")):
        assert "002X" in text
        assert "19491231" not in text
    for text in (
        hidden.to_json(reveal="personal"),
        hidden.render("zh", detail="full", reveal="personal"),
    ):
        assert "11010519491231002X" in text


def test_json_is_the_published_contract() -> None:
    data = json.loads(sample().to_json())
    assert list(data) == [
        "schema", "tool", "question", "subject", "decision", "exit", "axes", "conditions", "next", "use_until",
        "signatures", "certificate", "policy", "trust", "root",
    ]  # fmt: skip
    assert list(data["signatures"][0])[:12] == [
        "index", "role", "kind", "profile", "algorithms", "signer", "cert_sha256", "issuer_id", "seal_id",
        "time", "integrity", "trust",
    ]  # fmt: skip
    assert data["axes"]["authenticity"]["evidence_age_s"] == 60
    assert data["axes"]["recognition"] == {
        "verdict": "not_applicable", "reasons": ["recognition.not_asked"], "evidence_age_s": None,
    }  # fmt: skip
    assert data["decision"] == "refuse"
    assert data["exit"] == 10
    assert data["question"]["at"] == "2026-11-21T08:00:00Z"


def test_an_error_document_says_refer_and_the_exit_code() -> None:
    out = error_document(Tool(), Reason("trust.no_anchors"), exit_code=5, name="f")
    assert (out["decision"], out["exit"], out["error"]["code"]) == ("refer", 5, "trust.no_anchors")


def test_a_report_with_an_error_is_no_accept() -> None:
    checks = [all_of(a.value, [leaf(f"{a.value}.x", OK)]) for a in Axis]
    good = sample(root=all_of("report", checks))
    assert good
    assert good.decision.value == "accept"
    bad = sample(root=all_of("report", checks), error=Reason("trust.no_anchors"), error_exit=5)
    assert not bad
    assert bad.exit_code == 5
    assert bad.decision.value == "refer"
    assert json.loads(bad.to_json())["next"][0] == {"code": "trust.no_anchors", "actor": "admin"}
    for text in (bad.render("zh"), bad.to_html("zh")):
        assert "没有任何信任根证书，无法核验" in text
        assert "请用 --trust 指定含 anchors/ 的信任目录" in text
    later = sample(root=all_of("report", checks), question=Question(at=AT, mode=Mode.AS_OF))
    assert (later.decision.value, later.exit_code, bool(later)) == ("accept", 12, False)
    tested = sample(root=all_of("report", checks), test_trust="allowed")
    assert (tested.exit_code, bool(tested)) == (12, False)
    assert "TEST" in tested.render("en").upper()
    held = sample(
        root=all_of("report", checks),
        conditions=(Condition(code="trust.test_only", met="unknown"),),
    )
    assert held.decision.value == "refer"
    assert "trust.test_only" in held.reasons()
    assert json.loads(held.to_json())["next"][0]["code"] == "trust.test_only"
    assert "TEST-ONLY" in held.render("en")


def test_times_need_a_zone_and_are_written_in_utc() -> None:
    with pytest.raises(ValueError, match="zone"):
        Question(at=datetime(2026, 1, 1))
    shanghai = datetime(2026, 11, 21, 16, tzinfo=timezone(timedelta(hours=8)))
    assert json.loads(sample(use_until=shanghai).to_json())["use_until"] == "2026-11-21T08:00:00Z"


def test_unknown_codes_and_missing_reasons_are_refused() -> None:
    with pytest.raises(ValueError, match="not in the catalogue"):
        Reason("no.such_code")
    with pytest.raises(ValueError, match="without a reason"):
        Check(id="x", verdict=Verdict.FAILED)
    with pytest.raises(ValueError, match="need a rule"):
        Check(id="x", verdict=Verdict.PASSED, children=(leaf("y", OK),))
    with pytest.raises(ValueError, match="one node per axis"):
        sample(root=all_of("report", [leaf("signed", OK)]))


def test_l26_file_names_that_carry_a_citizen_number_are_masked() -> None:
    named = sample(subject=Subject(name="李-11010519491231002X.pdf"))
    for text in (named.to_json(), named.render("zh"), named.render("en", detail="full")):
        assert "19491231" not in text
        assert "002X.pdf" in text
    assert "11010519491231002X" in named.to_json(reveal="personal")


def named_everywhere(name: str, **fields: FieldView) -> Report[str]:
    """A report in which a name out of the file stands wherever one can."""
    told = Check(
        id="signed",
        verdict=Verdict.FAILED,
        reasons=(Reason.of("change.attachment_added", name=name),),
        evidence=(Evidence("pdf.other_attachment", name, source=f"attachment {name}"),),
    )
    plain = sample()
    return sample(
        subject=Subject(name=f"{name}.pdf"),
        root=all_of("report", (all_of("authenticity", [told]), *plain.root.children[1:])),
        signatures=(replace(plain.signatures[0], signer=f"CN={name}", uncovered=(f"/{name}",)),),
        certificate=CertificateView(
            kind="original",
            fields=fields or {"x": FieldView(value=1, source=f"{name}#x", covered_by=None)},
        ),
        error=Reason.of("pdf.other_attachment", name=name),
    )


def outputs(report: Report[str], reveal: str) -> list[str]:
    texts = [report.to_json(reveal=reveal), report.to_html("zh", reveal=reveal)]
    return texts + [report.render(x, detail="full", reveal=reveal) for x in ("zh", "en")]


@pytest.mark.parametrize(
    ("name", "secret", "left"),
    [
        ("照片11010519491231002X", "19491231", "002X"),
        ("scan_110105491231002", "491231", "1002"),
        ("\uff11\uff11\uff10\uff11\uff10\uff15\uff11\uff19\uff14\uff19\uff11\uff12\uff13\uff11\uff10\uff10\uff12\uff38", "\uff14\uff19", "\uff12\uff38"),
    ],
)  # fmt: skip
def test_l26_names_that_carry_a_citizen_number_are_masked_wherever_they_stand(name, secret, left):
    """Attachments, form fields, paths and signers are named by the file, in reasons and in evidence."""
    report = named_everywhere(name)
    for text in outputs(report, "masked"):
        assert secret not in text
        assert left in text
    assert all(secret in text for text in outputs(report, "personal"))


def test_l26_the_identifier_of_a_natural_person_is_masked_wherever_it_stands():
    ecid = "1.2.156.3005.2.11100000000013338W055.11110105000000000A.ZHANGSAN7.001.B"
    view = FieldView(value=ecid, source="s", covered_by=0, personal=True)
    bare = ecid.removeprefix("1.2.156.3005.2.")
    for name in (ecid, bare):
        report = named_everywhere(name, ecid=view)
        assert all("ZHANGSAN" not in text for text in outputs(report, "masked"))
        assert all("ZHANGSAN" in text for text in outputs(report, "personal"))
    open_ = replace(view, personal=False)
    assert all("ZHANGSAN" in text for text in outputs(named_everywhere(bare, ecid=open_), "masked"))


@pytest.mark.parametrize("code", ["11110105000056789X", "110105000012345", "00" * 32])
def test_l26_codes_of_bodies_and_digests_stay(code):
    root = sample().root.children
    told = Check(id="x", verdict=Verdict.PASSED, evidence=(Evidence("issuer.authority", code),))
    report = sample(root=all_of("report", (all_of("authenticity", [told]), *root[1:])))
    assert all(code in text for text in outputs(report, "masked"))


def test_l26_an_answer_without_a_report_masks_too():
    reason = Reason.of("usage.html_name", name="a11010519491231002X.pdf")
    document = error_document(Tool(version="1"), reason, exit_code=2)
    assert "19491231" not in json.dumps(document)
    assert "002X.pdf" in json.dumps(document)


@pytest.mark.parametrize(
    "name",
    [
        "2026-13-45T00:00:00Z",
        "2026-01-01T00:00:00+99:99",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59+00:00",
        "\uff12\uff10\uff12\uff16-01-01T00:00:00Z",
    ],
)
def test_l26_a_name_that_looks_like_an_instant_stops_no_report(name):
    """Whoever names an attachment so would have turned every refusal into a fault of ours."""
    assert all(name in text for text in outputs(named_everywhere(name), "masked"))


def test_a_signature_at_the_end_of_the_calendar_is_shown():
    end = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    (one,) = sample().signatures
    late = sample(signatures=(replace(one, time=TimeView(declared=end, grade="declared")),))
    assert all("9999-12-31T23:59:59Z" in text for text in outputs(late, "masked")[:2])
