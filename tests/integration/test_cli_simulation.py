"""Simulation on the command line: every output form says so, and none ends in an accept (L14, D9, D12)."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import docs_kit as kit
from cli_kit import Done, call
from ecert import TrustStore, VerificationError, verify
from ecert.errors import ECertError
from ecert.facade import Asking
from ecert.manyfiles import verify_many
from ecert.recognition.assumptions import assume, parse_assumption
from ecert.recognition.statement import statement
from ecert.report import Decision, Mode
from page_kit import names_nothing_outside, parsed

ID = "example.hu-min.business-licence"
ASKED = ("--trust", "trust", "--relying", "310000", "--matter", "company.change")
SAME = ("--assume", f"agreement:{ID}=enacted@2020-01-01")
GONE = ("--assume", f"agreement:{ID}=suspended@2026-01-01")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    kit.furnish(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def now() -> str:
    return kit._today().isoformat()


def says_so(text: str) -> None:
    """Line one of a text says that it is simulated, in the reader's language."""
    first = text.splitlines()[0]
    assert "模拟" in first or "SIMULATED" in first
    assert not re.match(r"ACCEPT|可以接受|REFUSE|不予接受|REFER|需核实", first)


def test_the_same_question_live_is_an_accept(folder: Path, capfd) -> None:
    done = call(capfd, "verify", "license.pdf", *ASKED)
    assert done.code == 0
    assert done.out.startswith("ACCEPT")


@pytest.mark.parametrize("command", ["verify", "recognize"])
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("assumed", "code"), [(SAME, 12), (GONE, 10)])
def test_l14_texts_of_simulated_answers_say_so(
    folder: Path, capfd, command, lang, assumed, code
) -> None:
    for detail in ("summary", "tree", "full"):
        done = call(
            capfd, command, "license.pdf", *ASKED, *assumed, "--lang", lang, "--detail", detail
        )
        assert done.code == code
        says_so(done.out)
        assert f"agreement:{ID}=" in done.out


@pytest.mark.parametrize(("assumed", "word"), [(SAME, "accept"), (GONE, "refuse")])
def test_l14_json_of_simulated_answers_names_no_decision_of_a_report(
    folder: Path, capfd, assumed, word
) -> None:
    done = call(capfd, "verify", "license.pdf", "license.pdf", *ASKED, *assumed, "--json")
    for found in done.lines:
        assert found["decision"] == f"simulated_{word}"
        assert found["question"]["mode"] == "simulated"
        assert found["question"]["assumptions"]
        assert found["exit"] in (10, 12)
    assert '"decision":"accept"' not in done.out
    assert done.code in (10, 12)


def test_l14_pages_of_simulated_answers_say_so(folder: Path, capfd) -> None:
    call(
        capfd,
        "verify",
        "license.pdf",
        "license.pdf",
        *ASKED,
        *SAME,
        "--html",
        "a.html",
        "--lang",
        "zh",
    )
    page = Path("a.html").read_text("utf-8")
    tree = parsed(page)
    banners = [node.text_content() for node in tree.find_class("word")]
    assert len(banners) == 2
    assert all("模拟" in text for text in banners)
    assert not tree.find_class("accept")
    assert not [t for t in tree.find_class("counts") if "模拟" not in t.text_content()]


def test_l14_a_simulated_report_opens_no_door(folder: Path) -> None:
    trust = assume(TrustStore.load("trust"), [parse_assumption(SAME[1], at=kit._today())])
    asking = Asking(relying="310000", matter="company.change")
    for report in (
        verify("license.pdf", trust=trust, asking=asking),
        verify("license.pdf", trust=trust, asking=asking, at=kit._today()),
        *verify_many(["license.pdf"], trust=trust, asking=asking),
        verify("missing.pdf", trust=trust, asking=asking),
    ):
        assert report.question.mode is Mode.SIMULATED
        assert not report
        assert report.exit_code in (12, 4)
        assert report.value is None
        with pytest.raises(VerificationError):
            report.require()
        with pytest.raises(ECertError, match="statement"):
            statement(report)
    assert report.decision is not Decision.ACCEPT


def test_l14_a_fault_while_simulating_is_marked_too(folder: Path, monkeypatch) -> None:
    trust = assume(TrustStore.load("trust"), [parse_assumption(SAME[1], at=kit._today())])
    monkeypatch.setattr("ecert.facade.examine", lambda *_, **__: 1 / 0)
    (report,) = verify_many(["license.pdf"], trust=trust)
    assert (report.question.mode, report.exit_code) == (Mode.SIMULATED, 70)
    says_so(report.render("zh"))


def test_an_assumption_about_nothing_is_a_usage_error(folder: Path, capfd) -> None:
    for text, code in (("agreement:no=repealed", "assume.unknown"), ("x", "assume.syntax")):
        for command in ("verify", "window", "matrix"):
            done = call(capfd, command, "license.pdf", *ASKED, "--assume", text)
            assert done.code == 2
            assert code in done.err
            assert not done.out


def test_a_draft_is_tried_and_never_counts_without_being_simulated(folder: Path, capfd) -> None:
    draft = Path("trust/agreements/example.yaml").read_text("utf-8").replace("equivalent", "refuse")
    Path("draft.yaml").write_text(draft, "utf-8")
    done = call(capfd, "recognize", "license.pdf", *ASKED, "--with", "draft.yaml", "--json")
    assert done.code == 10
    assert done.json["question"]["assumptions"][0].startswith(f"with agreement:{ID} 1 sha256:")
    Path("bad.yaml").write_text("a: b", "utf-8")
    assert call(capfd, "verify", "license.pdf", *ASKED, "--with", "bad.yaml").code == 2
    assert call(capfd, "verify", "license.pdf", *ASKED, "--with", "none.yaml").code == 4


# -- window ----------------------------------------------------------------------------------------


def window(capfd, *more: str) -> Done:
    start = now()
    end = (kit._today() + timedelta(days=24)).isoformat()
    return call(capfd, "window", "license.pdf", *ASKED, "--at", start, "--until", end, *more)


def test_d9_window_names_what_ends_each_stretch(folder: Path, capfd) -> None:
    day = (kit._today() + timedelta(days=20)).date().isoformat()
    done = window(capfd, "--json", "--assume", f"agreement:{ID}=suspended@{day}")
    assert done.code == 12
    found = done.json
    assert (found["schema"], found["mode"]) == ("ecert.window/1", "simulated")
    spans = found["spans"]
    assert [s["to"] for s in spans[:-1]] == [s["from"] for s in spans[1:]]
    assert spans[0]["from"] == now().replace("+00:00", "Z")
    assert [s["open"] for s in spans] == [False] * (len(spans) - 1) + [True]
    assert (spans[0]["simulated"], spans[0]["simulated_decision"]) == (
        "recognised",
        "simulated_accept",
    )
    ended = [s for s in spans if s["simulated"] == "recognised"][-1]
    assert [(e["kind"], e["name"], e["event"]) for e in ended["ended_by"]] == [
        ("agreement", f"{ID} 1", "suspended")
    ]
    assert spans[-1]["simulated"] == "not_recognised"
    assert "agreement.suspended" in spans[-1]["codes"]
    stale = [c["code"] for s in spans for c in s["new_causes"]]
    assert "status.too_old" in stale, "evidence that runs out ends an accept"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_l14_window_says_so_in_line_one(folder: Path, capfd, lang) -> None:
    done = window(capfd, "--lang", lang)
    assert done.code == 12
    says_so(done.out)
    assert ("终止于" if lang == "zh" else "ended by") in done.out


def test_a_window_that_ends_before_it_begins_is_an_error(folder: Path, capfd) -> None:
    end = (kit._today() - timedelta(days=1)).isoformat()
    done = call(capfd, "window", "license.pdf", *ASKED, "--at", now(), "--until", end)
    assert done.code == 4
    assert "window.empty" in done.err


def test_window_of_an_unreadable_file_is_exit_4(folder: Path, capfd) -> None:
    Path("empty.pdf").write_bytes(b"")
    assert call(capfd, "window", "empty.pdf", *ASKED).code == 4
    assert call(capfd, "matrix", "empty.pdf", *ASKED).code == 4


# -- matrix ----------------------------------------------------------------------------------------


def test_d9_matrix_of_a_file_and_of_types(folder: Path, capfd) -> None:
    day = (kit._today() + timedelta(days=20)).date().isoformat()
    args = ("license.pdf", "business_license", "11100000MB0143028R001", "--issuing", "350100")
    done = call(
        capfd, "matrix", *args, "--trust", "trust", "--matter", "company.change", "--at", now(),
        "--json", "--csv", "m.csv", "--html", "m.html", "--assume", f"agreement:{ID}=suspended@{day}",
    )  # fmt: skip
    assert done.code == 12
    found = done.json
    assert (found["schema"], found["mode"]) == ("ecert.matrix/1", "simulated")
    assert {(c["relying"], c["simulated"]) for c in found["cells"]} == {("310000", "recognised")}
    assert len({c["until"] for c in found["cells"]}) == 1
    assert found["columns"][1] == found["columns"][2] | {"label": "business_license"}
    rows = list(csv.DictReader(io.StringIO(Path("m.csv").read_text("utf-8-sig"))))
    assert len(rows) == 3
    assert {r["mode"] for r in rows} == {"simulated"}
    assert {r["simulated"] for r in rows} == {"simulated_recognised"}
    page = Path("m.html").read_text("utf-8")
    names_nothing_outside(page)
    assert page.count("SIMULATED") >= 3
    says_so(page[page.index("<title>") :])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_l14_matrix_says_so_in_line_one_and_names_every_type(folder: Path, capfd, lang) -> None:
    done = call(capfd, "matrix", "--issuing", "350100", *ASKED, "--lang", lang)
    assert done.code == 12
    says_so(done.out)
    assert "[1] 11100000MB0143028R001 (350100)" in done.out


def test_a_matrix_of_nothing_known_is_an_error(folder: Path, capfd) -> None:
    for args, code in (
        (("no_such", "--issuing", "350100", *ASKED), "matrix.no_such_input"),
        (("business_license", *ASKED), "usage.missing"),
        (("business_license", "--issuing", "350100"), "matrix.no_regions"),
        (("business_license", "--issuing", "350100", *ASKED, "--issued", "x"), "usage.time"),
    ):
        done = call(capfd, "matrix", *args)
        assert (done.code, done.out) == (2, "")
        assert code in done.err


def test_no_cell_of_a_table_is_run_as_a_formula(folder: Path, capfd) -> None:
    Path("=1+1.pdf").write_bytes(Path("license.pdf").read_bytes())
    Path("trust/agreements/x.yaml").write_text(
        Path("trust/agreements/example.yaml")
        .read_text("utf-8")
        .replace(ID, "=cmd|x")
        .replace("'310000'", "'320000'")
        .replace("310000", "320000"),
        "utf-8",
    )
    call(
        capfd,
        "matrix",
        "=1+1.pdf",
        "--trust",
        "trust",
        "--matter",
        "company.change",
        "--csv",
        "m.csv",
    )
    cells = [
        c for row in csv.reader(io.StringIO(Path("m.csv").read_text("utf-8-sig"))) for c in row
    ]
    assert "'=1+1.pdf" in cells
    assert "'=cmd|x 1" in cells
    assert not [c for c in cells if c.startswith(("=", "+", "-", "@", "\t", "\r"))]


# -- facts and impact ------------------------------------------------------------------------------


def facts(capfd, *files: str) -> Done:
    return call(capfd, "facts", *files, "--trust", "trust", "--at", now())


def test_facts_name_nobody(folder: Path, capfd) -> None:
    done = facts(capfd, "license.pdf")
    assert done.code == 0
    line = done.json
    assert line["schema"] == "ecert.facts/1"
    for hidden in ("示例", "91350100M000100Y43", kit.ECID, "license.pdf"):
        assert hidden not in done.out
    assert line["issuer"]["key"]


def test_a_file_that_proves_nothing_is_left_out_of_the_facts(folder: Path, capfd) -> None:
    Path("empty.pdf").write_bytes(b"")
    done = facts(capfd, "empty.pdf", "license.pdf")
    assert done.code == 6
    assert len(done.lines) == 1
    assert "facts.not_proven" in done.err
    assert call(capfd, "facts", "license.pdf").code == 6, "without trust nothing is authentic"


def test_d12_impact_lists_flips_and_fails_above_the_maximum(folder: Path, capfd) -> None:
    Path("corpus.jsonl").write_text(facts(capfd, "license.pdf", "license.pdf").out, "utf-8")
    import shutil

    shutil.copytree("trust", "next")
    plan = Path("next/agreements/example.yaml")
    plan.write_text(plan.read_text("utf-8").replace("equivalent", "refuse"), "utf-8")
    args = ("rules", "impact", "corpus.jsonl", "--old", "trust", "--new", "next", "--at", now())
    done = call(capfd, *args, "--json", "--csv", "i.csv")
    assert done.code == 0
    found = done.json
    assert (found["schema"], found["mode"]) == ("ecert.impact/1", "simulated")
    (flip,) = found["flips"]
    assert (flip["relying"], flip["issuing"], flip["count"]) == ("310000", "350100", 2)
    assert flip["after"] == "simulated_not_recognised"
    assert found["counts"]["newly_refused"] == 2
    (row,) = csv.DictReader(io.StringIO(Path("i.csv").read_text("utf-8-sig")))
    assert (row["mode"], row["change"], row["count"]) == ("simulated", "newly_refused", "2")
    for most, code in (("1", 10), ("2", 0)):
        done = call(capfd, *args, "--max-newly-refused", most, "--lang", "zh")
        assert done.code == code
        says_so(done.out)
    same = call(
        capfd, "rules", "impact", "corpus.jsonl", "--old", "trust", "--new", "trust", "--json"
    )
    assert same.json["flips"] == []
    assert same.json["counts"]["asked"] == 0


def test_a_corpus_without_facts_passes_no_gate(folder: Path, capfd) -> None:
    Path("empty.jsonl").write_text("\n\n", "utf-8")
    Path("bad.jsonl").write_text(facts(capfd, "license.pdf").out + "{}\n", "utf-8")
    sides = ("--old", "trust", "--new", "trust")
    done = call(capfd, "rules", "impact", "empty.jsonl", *sides)
    assert (done.code, "impact.no_facts" in done.err) == (4, True)
    done = call(capfd, "rules", "impact", "bad.jsonl", *sides)
    assert (done.code, "line 2" in done.err) == (6, True)
    assert call(capfd, "rules", "impact", "missing.jsonl", *sides).code == 4


# -- the same bytes --------------------------------------------------------------------------------

PLACES: tuple[dict[str, str], ...] = (
    {"TZ": "UTC", "PYTHONHASHSEED": "0", "LANG": "C.UTF-8"},
    {"TZ": "Asia/Shanghai", "PYTHONHASHSEED": "1", "LANG": "zh_CN.UTF-8"},
    {"TZ": "America/St_Johns", "PYTHONHASHSEED": "77", "LANG": "tr_TR.UTF-8"},
)


@pytest.mark.parametrize(
    "command",
    [
        ("verify", "{f}/license.pdf", "--json", *GONE),
        ("recognize", "{f}/license.pdf", "--lang", "zh", "--detail", "full", *SAME),
        ("window", "{f}/license.pdf", "--json", "--until", "{u}", *SAME),
        ("window", "{f}/license.pdf", "--lang", "zh", "--until", "{u}"),
        ("matrix", "{f}/license.pdf", "--json", *GONE),
        ("matrix", "{f}/license.pdf", "--lang", "en"),
    ],
    ids=lambda c: " ".join((c[0], *c[2:4])),
)
def test_d12_the_same_bytes_in_two_processes(folder: Path, command: tuple[str, ...]) -> None:
    until = (kit._today() + timedelta(days=2)).isoformat()
    words = [w.format(f=folder, u=until) for w in command]
    asked = ("--trust", str(folder / "trust"), "--relying", "310000", "--matter", "company.change")
    seen = set()
    for place, cwd in zip(PLACES, (folder, "/", kit.ROOT), strict=True):
        done = subprocess.run(
            [sys.executable, "-m", "ecert", *words, *asked, "--at", now()],
            cwd=cwd,
            env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(kit.ROOT / "src")} | place,
            capture_output=True,
            check=False,
        )
        assert done.returncode in (10, 12), done.stderr.decode()
        seen.add(done.stdout)
    assert len(seen) == 1


# -- as of -----------------------------------------------------------------------------------------


def as_of(folder: Path, at: datetime, trust: str = "trust") -> Any:
    asking = Asking(relying="310000", matter="company.change")
    return verify(
        folder / "license.pdf", trust=TrustStore.load(folder / trust), at=at, asking=asking
    )


def test_d9_as_of_moves_status_list_history_and_revocation(folder: Path) -> None:
    today = kit._today()
    assert as_of(folder, today).exit_code == 12
    status = folder / "trust/status"
    (name,) = status.iterdir()
    whole = json.loads(name.read_text("utf-8"))
    since = today + timedelta(days=1)
    changed = whole | {
        "version": "9",
        "issued_at": since.isoformat(),
        "next_update": (since + timedelta(days=30)).isoformat(),
        "certificates": [
            one | {"state": "cancelled", "since": since.isoformat()}
            for one in whole["certificates"]
        ],
    }
    (status / "later.json").write_text(json.dumps(changed), "utf-8")
    assert as_of(folder, today).exit_code == 12, "what was published later is no word about it"
    later = as_of(folder, since + timedelta(hours=1))
    assert later.decision is Decision.REFUSE
    assert "status.cancelled" in later.reasons()


def test_d9_as_of_reads_the_history_of_the_issuer_list(folder: Path) -> None:
    today = kit._today()
    file = folder / "trust/issuers.yaml"
    since = (today + timedelta(days=1)).isoformat()
    past = f"history: [{{status: granted, from: '2020-01-01T00:00:00Z', to: '{since}'}}]"
    text = file.read_text("utf-8").replace("status: granted", "status: suspended")
    text = re.sub(r"( *)status_start: .*", rf"\1status_start: '{since}'\n\1{past}", text)
    file.write_text(text, "utf-8")
    assert as_of(folder, today).exit_code == 12
    assert as_of(folder, today + timedelta(days=1, seconds=1)).exit_code in (10, 11)


def test_d9_as_of_before_the_evidence_is_no_accept(folder: Path) -> None:
    early = as_of(folder, datetime(2021, 6, 1, tzinfo=UTC))
    assert early.decision is not Decision.ACCEPT
