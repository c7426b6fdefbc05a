"""The page: nothing that acts, nothing from outside, everything escaped, every reason there (L26)."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

from test_report_output import sample

from cli_kit import ROOT, call, spawn
from ecert import Report, TrustStore, verify
from ecert.facade import Asking
from ecert.report import (
    Check,
    Condition,
    Evidence,
    FieldView,
    Mode,
    Question,
    Reason,
    Subject,
    Verdict,
    all_of,
)
from ecert.report.html import page
from ecert.report.words import title
from page_kit import names_nothing_outside, parsed

SAMPLES = ROOT / "sample_certs"
AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
FILES = sorted(p for p in SAMPLES.iterdir() if p.suffix in (".pdf", ".ofd"))
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&lt;\u202egnp.exe\u200b\x1b[0m</style></bdi></article>"


def report(path: Path, **more: Any) -> Report[Any]:
    trust = TrustStore.load(SAMPLES / "trust")
    return verify(path, trust=trust, at=AT, asking=Asking(test_trust="allowed", **more))


def words(tree: Any) -> str:
    return " ".join(tree.find("body").text_content().split())


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_reason_check_and_signature_of_a_report_is_on_its_page(path: Path, lang: str) -> None:
    found = report(path, relying="310000", matter="company.change")
    tree = parsed(found.to_html(lang))
    names_nothing_outside(found.to_html(lang))
    text = words(tree)
    for check in found.root.walk():
        assert check.id in text
        assert title(check.id, lang) in text
        assert title(check.id, lang) != check.id, "give the new check a title in report/checks.toml"
        assert all(r.code in text for r in check.reasons)
    assert all(code in text for code in found.reasons())
    assert found.subject.sha256 in text
    assert found.policy.sha256 in text
    assert all(p.sha256 in text for p in found.trust)
    assert len(tree.xpath("//table[.//th='ETSI EN 319 102-1']//tr[td]")) == len(found.signatures)


def hostile() -> Report[str]:
    base = sample()
    name = f"李-11010519491231002X-{EVIL}.pdf"
    sig = replace(base.signatures[0], signer=EVIL, seal_id=EVIL, quirks=(EVIL,), algorithms=(EVIL,))
    root = Check(
        id="status.source",
        verdict=Verdict.FAILED,
        reasons=(Reason.of("status.cancelled", since=EVIL),),
        evidence=(
            Evidence(EVIL, EVIL, source=EVIL),
            Evidence("person", "11010519491231002X", personal=True),
        ),
    )
    axes = [all_of("status", [root]) if c.id == "status" else c for c in base.root.children]
    view = replace(
        base.certificate,
        fields={
            EVIL: FieldView(value=EVIL, source=EVIL, covered_by=None),
            "fields.id": FieldView(
                value="11010519491231002X", source="s", covered_by=0, personal=True
            ),
            "fields.x": FieldView(value="x", source="s", covered_by=0, label=(EVIL, EVIL)),
        },
    )
    return sample(
        subject=Subject(name=name, media_type=EVIL),
        question=Question(at=AT, relying=EVIL, matter=EVIL, policy=EVIL),
        signatures=(sig,),
        certificate=view,
        root=all_of("report", axes),
        policy=replace(base.policy, id=EVIL, version=EVIL),
        trust=tuple(replace(p, id=EVIL, version=EVIL, state=EVIL) for p in base.trust),
        tool=replace(base.tool, sm2_engine=EVIL),
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_l26_hostile_texts_stay_texts(lang: str) -> None:
    text = hostile().to_html(lang)
    tree = parsed(text)
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b-\u200f\x00-\x09\x0b-\x1f]", text)
    assert words(tree).count("<script>alert(1)</script>") >= 12
    assert "\\u{202E}gnp.exe" in words(tree)
    assert len(tree.xpath("//article")) == 1
    for node in tree.xpath("//bdi"):
        assert not list(node)


def test_l26_personal_values_are_masked_unless_asked_for() -> None:
    masked, shown = hostile().to_html("zh"), hostile().to_html("zh", reveal="personal")
    assert "19491231" not in masked
    assert masked.count("002X") >= 3
    assert shown.count("11010519491231002X") >= 3
    assert "个人信息已遮盖" in masked
    assert "个人信息已遮盖" not in shown


def banner(text: str) -> tuple[str, str]:
    (found,) = parsed(text).xpath("//div[starts-with(@class, 'verdict ')]")
    return found.get("class"), found.xpath("string(.//div[@class='word'])")


def test_l14_only_a_live_accept_looks_like_one() -> None:
    good = report(SAMPLES / "good_ses.pdf")
    assert good.decision.value == "accept"
    assert banner(good.to_html("zh")) == ("verdict refer", "可以接受（不可作为依据）")
    live = replace(good, question=replace(good.question, mode=Mode.LIVE), test_trust="none")
    assert live.exit_code == 0
    assert banner(live.to_html("zh")) == ("verdict accept", "可以接受")
    assert banner(report(SAMPLES / "unsigned.pdf").to_html("en")) == ("verdict refuse", "REFUSE")
    assert banner(report(SAMPLES / "expired_seal.pdf").to_html("en")) == ("verdict refer", "REFER")
    both = words(parsed(page([good, live], "en")))
    assert "✓ ACCEPT 1" in both
    assert "! ACCEPT (not to act on) 1" in both


def test_data_of_a_file_that_is_not_genuine_are_marked_so() -> None:
    warning = "真实性没有通过，以下内容未经证实"
    assert warning in report(SAMPLES / "altered_content.pdf").to_html("zh")
    assert warning in report(SAMPLES / "unknown_issuer.pdf").to_html("zh")
    assert warning not in report(SAMPLES / "cancelled.pdf").to_html("zh")


def test_l20_conditions_stand_on_the_page_met_or_not() -> None:
    conditions = (
        Condition(code="trust.test_only", met="no"),
        Condition(code="agreement.information_only", met="unknown"),
        Condition(code="trust.clock_suspect", met="yes"),
    )
    found = replace(report(SAMPLES / "good_ses.pdf"), conditions=conditions)
    assert banner(found.to_html("zh")) == ("verdict refer", "需核实")
    rows = [
        [cell.text_content() for cell in row.xpath("td")][1:]
        for row in parsed(found.to_html("zh")).xpath(
            "//h2[.='还须满足的条件']/following::table[1]//tr"
        )
    ]
    assert rows == [
        ["trust.test_only", "不满足"],
        ["agreement.information_only", "未知"],
        ["trust.clock_suspect", "满足"],
    ]
    assert "结论依赖仅供测试的信任材料" in found.to_html("zh")


def test_l5_the_page_says_that_the_bearer_is_not_identified() -> None:
    assert "不能证明持件人就是证照主体" in report(SAMPLES / "good_ses.pdf").to_html("zh")


# --- the command line ----------------------------------------------------------


TRUSTED = ("--trust", SAMPLES / "trust", "--test-trust")


def test_one_page_for_all_files_beside_the_usual_output(capfd, tmp_path) -> None:
    out = tmp_path / "report.html"
    plain = call(capfd, "verify", *FILES[:4], *TRUSTED, "--at", AT.isoformat(), "--lang", "zh")
    done = call(
        capfd, "verify", *FILES[:4], *TRUSTED, "--at", AT.isoformat(), "--lang", "zh", "--html", out
    )
    assert (done.out, done.err, done.code) == (plain.out, plain.err, plain.code)
    tree = parsed(out.read_text("utf-8"))
    assert [n.text for n in tree.xpath("//article//div[@class='name']/bdi")] == [
        str(p) for p in FILES[:4]
    ]
    again = tmp_path / "again.HTM"
    call(capfd, "verify", *FILES[:4], *TRUSTED, "--at", AT.isoformat(), "--lang", "zh", "--json",
         "--jobs", "2", "--html", again)  # fmt: skip
    assert again.read_bytes() == out.read_bytes()


def test_it_never_overwrites_an_input(capfd, tmp_path) -> None:
    for name in ("a.html", "b.pdf"):
        shutil.copy(SAMPLES / "good_ses.pdf", tmp_path / name)
    os.link(tmp_path / "a.html", tmp_path / "linked.pdf")
    before = (tmp_path / "a.html").read_bytes()
    for inputs in (
        [tmp_path / "a.html"],
        [tmp_path / "b.pdf", tmp_path / "linked.pdf"],
        [tmp_path],
    ):
        done = call(capfd, "verify", *inputs, *TRUSTED, "--json", "--html", tmp_path / "a.html")
        assert done.code == 2
        assert done.lines[-1]["error"]["code"] == "usage.overwrites_input"
        assert (tmp_path / "a.html").read_bytes() == before
    done = call(capfd, "verify", tmp_path / "a.html", "--html", tmp_path / "b.pdf", "--json")
    assert (done.code, done.json["error"]["code"]) == (2, "usage.html_name")


def test_l27_a_page_that_cannot_be_written_is_never_exit_0(capfd, tmp_path) -> None:
    done = call(capfd, "verify", FILES[0], *TRUSTED, "--html", tmp_path / "none" / "a.html")
    assert done.code == 70
    assert "output.file_failed" in done.err
    old = tmp_path / "old.html"
    old.write_text("old")
    full = subprocess.run(
        [
            "bash",
            "-c",
            f"ulimit -f 8; exec {sys.executable} -m ecert verify {FILES[0]} --html {old}",
        ],
        env={
            "PYTHONPATH": str(ROOT / "src"),
            "PATH": os.environ.get("PATH", ""),
            "PYTHONDONTWRITEBYTECODE": "1",  # or the limit would cut a cached module short
        },
        capture_output=True,
        check=False,
    )
    assert full.returncode == 70
    assert old.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["old.html"]


def test_a_run_that_stops_leaves_no_page(tmp_path) -> None:
    done = spawn("verify", FILES[0], "--trust", tmp_path / "none", "--html", tmp_path / "a.html")
    assert done.code == 5
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no Chromium here to look at the page")
def test_a_browser_applies_the_style_and_reports_nothing(tmp_path) -> None:
    file = tmp_path / "a.html"
    file.write_text(report(SAMPLES / "altered_content.pdf").to_html("zh"), "utf-8")
    done = subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0",
         f"--user-data-dir={tmp_path / 'profile'}", f"--print-to-pdf={tmp_path / 'a.pdf'}", file.as_uri()],
        capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    assert b"Content Security Policy" not in done.stderr
    pypdfium2 = pytest.importorskip("pypdfium2")
    pages = pypdfium2.PdfDocument(tmp_path / "a.pdf")
    assert 1 <= len(pages) <= 4
    assert [round(x) for x in pages[0].get_size()] == [595, 842]
    assert "不予接受" in pages[0].get_textpage().get_text_range()
