"""`verify_many` and `ecert verify` of many files: order, bad files, dying processes, one trust for all."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import many_kit
from cli_kit import ROOT, call, spawn
from ecert import TrustStore, verify
from ecert import manyfiles as many
from ecert.cli import main
from ecert.crypto.sm2.engine import current_engine, select_engine, use_engine
from ecert.facade import Asking
from ecert.manyfiles import FEW, Judging, verify_many
from ecert.verification.policy import Policy

SAMPLES = ROOT / "sample_certs"
AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
FILES = sorted(p for p in SAMPLES.iterdir() if p.suffix in (".pdf", ".ofd"))
ALLOWED = Asking(test_trust="allowed")


@pytest.fixture(scope="module")
def trust() -> TrustStore:
    return TrustStore.load(SAMPLES / "trust")


def judging(trust: TrustStore, present) -> Judging[str]:
    return Judging(trust=trust, policy=Policy.default(), at=AT, asking=ALLOWED, present=present)


def test_processes_give_the_same_bytes_in_the_same_order_as_one_by_one(trust) -> None:
    alone = [
        verify(p, trust=trust, at=AT, asking=Asking(test_trust="allowed", index=i)).to_json()
        for i, p in enumerate(FILES)
    ]
    assert len({json.loads(x)["decision"] for x in alone}) == 3
    for jobs in (1, 2):
        reports = verify_many(FILES, trust=trust, at=AT, asking=ALLOWED, jobs=jobs)
        assert [r.to_json() for r in reports] == alone


def test_reports_from_processes_still_hand_out_their_value(trust) -> None:
    reports = verify_many(
        [SAMPLES / "good_ses.pdf"] * 2, trust=trust, at=AT, asking=ALLOWED, jobs=2
    )
    assert [r.value.certificate.fields["uscc"] for r in reports] == [
        verify(SAMPLES / "good_ses.pdf", trust=trust, at=AT).value.certificate.fields["uscc"]
    ] * 2


def test_l27_a_killed_worker_is_that_file_s_report_and_the_rest_goes_on(trust, tmp_path) -> None:
    names = ["a.pdf", "kill1.pdf", "b.pdf", "fault.pdf", "missing.pdf", "kill2.pdf", "c.pdf"]
    for name in names:
        if name != "missing.pdf":
            shutil.copy(SAMPLES / "good_cms_sm2.pdf", tmp_path / name)
    paths = [str(tmp_path / n) for n in names]
    found = [json.loads(x) for x in judging(trust, many_kit.deadly).all(paths, jobs=2)]
    assert [d["subject"]["name"] for d in found] == names
    assert [d["subject"]["index"] for d in found] == list(range(7))
    assert [d["exit"] for d in found] == [12, 70, 12, 70, 4, 70, 12]
    assert {d["decision"] for d in found if d["exit"] == 70} == {"refer"}
    errors = [d["error"]["code"] for d in found if d["exit"] == 70]
    assert errors == ["internal.worker_lost", "internal.error", "internal.worker_lost"]
    assert found[1]["error"]["params"] == {"how": "SIGKILL"}
    assert {d["question"]["mode"] for d in found} == {"as_of"}


def test_one_trust_for_all_whatever_becomes_of_the_folder(tmp_path) -> None:
    folder = tmp_path / "trust"
    shutil.copytree(SAMPLES / "trust", folder)
    store = TrustStore.load(folder)
    paths = [SAMPLES / "good_cms_sm2.pdf"] * 40
    reports = verify_many(paths, trust=store, at=AT, asking=ALLOWED, jobs=2)
    first = next(reports).to_json()
    shutil.rmtree(folder)
    rest = [r.to_json() for r in reports]
    plain = {json.dumps(json.loads(x) | {"subject": None}) for x in (first, *rest)}
    assert len(rest) == 39
    assert len(plain) == 1


def test_l25_processes_use_the_engine_of_the_first(trust) -> None:
    before = current_engine()
    try:
        use_engine(select_engine("pure-python"))
        reports = list(verify_many(FILES[:3], trust=trust, at=AT, asking=ALLOWED, jobs=2))
    finally:
        use_engine(before)
    assert {r.tool.sm2_engine.split()[0] for r in reports} == {"pure-python"}


def test_few_files_start_no_process(trust, monkeypatch) -> None:
    def refused(*_args, **_more):
        raise AssertionError("a pool was started")

    monkeypatch.setattr("ecert.workers.in_order", refused)
    monkeypatch.setattr(many, "cores", lambda: 4)
    path = SAMPLES / "good_cms_sm2.pdf"
    for count, jobs in ((1, None), (1, 4), (FEW, None), (3, 1)):
        found = list(verify_many([path] * count, trust=trust, at=AT, asking=ALLOWED, jobs=jobs))
        assert [r.exit_code for r in found] == [12] * count
    with pytest.raises(AssertionError, match="pool"):
        list(verify_many([path] * (FEW + 1), trust=trust, at=AT, asking=ALLOWED))


def test_paths_are_read_as_they_are_needed_and_leaving_ends_the_processes(trust) -> None:
    taken = itertools.count()

    def endless():
        for _ in itertools.count():
            next(taken)
            yield SAMPLES / "unsigned.pdf"

    reports = verify_many(endless(), trust=trust, at=AT, asking=ALLOWED, jobs=2)
    assert [next(reports).exit_code for _ in range(20)] == [10] * 20
    reports.close()
    assert next(taken) < 60
    assert not multiprocessing.active_children()


# --- the command line ----------------------------------------------------------


def test_a_folder_of_files_one_line_each_in_order(capfd, tmp_path) -> None:
    for i in range(6):
        folder = tmp_path / f"{i % 3}"
        folder.mkdir(exist_ok=True)
        shutil.copy(SAMPLES / "good_cms_sm2.pdf", folder / f"{i}.pdf")
        (folder / f"{i}.txt").write_bytes(b"x")
    for i in range(6, 12):
        (tmp_path / f"{i:02}.ofd").write_bytes(b"broken")
    options = ("--trust", SAMPLES / "trust", "--test-trust", "--at", AT.isoformat())
    done = call(capfd, "verify", tmp_path, *options, "--json", "--jobs", "2")
    again = call(capfd, "verify", tmp_path, *options, "--json", "--jobs", "1")
    assert done.out == again.out
    names = [Path(d["subject"]["name"]).name for d in done.lines]
    assert names == [f"{i:02}.ofd" for i in range(6, 12)] + [f"{i}.pdf" for i in (0, 3, 1, 4, 2, 5)]
    assert (done.code, len(done.lines)) == (4, 12)
    assert "6 files in the folders are neither PDF nor OFD" in done.err
    text = call(capfd, "verify", tmp_path, *options, "--jobs", "2", "--lang", "en")
    assert text.out.splitlines()[-1].startswith("12 files: ")


def children(pid: int) -> list[int]:
    """The processes below one that judge files; the bookkeeper of multiprocessing is none of them."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    named = [(int(c), Path(f"/proc/{c}/cmdline").read_bytes()) for c in found]
    return [c for c, words in named if b"spawn_main" in words]


def started(tmp_path: Path, count: int) -> subprocess.Popen[bytes]:
    for i in range(count):
        os.link(shutil.copy(SAMPLES / "good_cms_sm2.pdf", tmp_path / "one.pdf") if not i else
                tmp_path / "one.pdf", tmp_path / f"f{i:04}.pdf")  # fmt: skip
    (tmp_path / "one.pdf").unlink()
    command = [sys.executable, "-m", "ecert", "verify", tmp_path, "--json", "--jobs", "2"]
    return subprocess.Popen(
        [
            *map(str, command),
            "--trust",
            str(SAMPLES / "trust"),
            "--test-trust",
            "--at",
            AT.isoformat(),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,  # communicate() reads past a buffer that readline() filled
        env={
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": str(ROOT / "src"),
            "LANG": "C.UTF-8",
        },
        start_new_session=True,
        # As at a terminal, whatever the test itself was started from: a shell's background job ignores it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads here
    )


@pytest.mark.slow
def test_l27_a_worker_killed_from_outside(tmp_path) -> None:
    run = started(tmp_path, 160)
    assert run.stdout is not None
    first = run.stdout.readline()
    os.kill(children(run.pid)[0], signal.SIGKILL)
    out, err = run.communicate()
    documents = [json.loads(line) for line in (first + out).splitlines()]
    assert [d["subject"]["index"] for d in documents] == list(range(160))
    lost = [d for d in documents if d["exit"] == 70]
    assert len(lost) <= 1  # none, if it was killed before it was ready or between two files
    assert all(d["error"]["code"] == "internal.worker_lost" for d in lost)
    assert [d["exit"] for d in documents if d not in lost] == [12] * (160 - len(lost))
    assert run.returncode == (70 if lost else 12)
    assert err == b""


@pytest.mark.slow
def test_ctrl_c_ends_everything_without_a_word(tmp_path) -> None:
    run = started(tmp_path, 300)
    assert run.stdout is not None
    run.stdout.readline()
    below = children(run.pid)
    os.killpg(run.pid, signal.SIGINT)
    _, err = run.communicate()
    assert run.returncode == 130
    assert b"Traceback" not in err
    for _ in range(100):
        if not any(Path(f"/proc/{c}").exists() for c in below):
            break
        time.sleep(0.05)
    assert below
    assert not any(Path(f"/proc/{c}").exists() for c in below)


@pytest.mark.slow
def test_a_reader_that_goes_away_is_never_exit_0(tmp_path) -> None:
    run = started(tmp_path, 300)
    assert run.stdout is not None
    run.stdout.readline()
    run.stdout.close()
    run.stdout = None
    _, err = run.communicate()
    assert run.returncode == 70
    assert b"output.failed" in err
    assert b"Traceback" not in err


def test_a_script_without_a_guard_is_told_so(tmp_path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from ecert.manyfiles import verify_many\n"
        f"print([r.exit_code for r in verify_many([{str(FILES[0])!r}] * 3, jobs=2)])\n"
    )
    done = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        check=False,
        env={"PYTHONPATH": str(ROOT / "src"), "PATH": os.environ.get("PATH", "")},
    )
    assert done.returncode == 1
    assert b"no process" in done.stderr or b"StartFailed" in done.stderr


def test_processes_that_cannot_be_started_are_an_internal_error(capfd, monkeypatch) -> None:
    from ecert.workers import StartFailed

    def refused(*_args, **_more):
        raise StartFailed("no memory")

    monkeypatch.setattr("ecert.workers.in_order", refused)
    done = call(capfd, "verify", FILES[0], FILES[1], "--jobs", "2", "--json")
    assert (done.code, done.json["error"]["code"]) == (70, "internal.worker_start")


def test_l26_hostile_names_pass_through_processes_as_text(capfdbinary, tmp_path) -> None:
    names = [
        b"a\xff\xfe.pdf",
        "b\u202ecod.pdf".encode(),
        b"c\n<script>.pdf",
        "李-11010519491231002X.pdf".encode(),
    ]
    for name in names:
        shutil.copy(SAMPLES / "good_cms_sm2.pdf", tmp_path / os.fsdecode(name))
    outputs = []
    for jobs in ("1", "2"):
        page = tmp_path / f"{jobs}.html"
        main(
            [
                "verify",
                str(tmp_path),
                "--json",
                "--at",
                AT.isoformat(),
                "--jobs",
                jobs,
                "--html",
                str(page),
            ]
        )
        outputs.append((capfdbinary.readouterr().out, page.read_bytes()))
    assert outputs[0] == outputs[1]
    (lines, page_bytes) = outputs[0]
    shown = [Path(json.loads(x)["subject"]["name"]).name for x in lines.splitlines()]
    assert shown == [
        "a\\u{DCFF}\\u{DCFE}.pdf", "b\\u{202E}cod.pdf", "c\\u{000A}<script>.pdf", "李-**************002X.pdf",
    ]  # fmt: skip
    assert b"<script" not in page_bytes
    assert b"19491231" not in page_bytes + lines


@pytest.mark.parametrize("jobs", ["0", "-1", "many", "9999"])
def test_jobs_must_be_a_number_of_processes(capfd, jobs) -> None:
    done = call(capfd, "verify", FILES[0], f"--jobs={jobs}", "--json")
    assert (done.code, done.json["error"]["code"]) == (2, "usage.bad_value")


def test_one_file_is_judged_in_the_first_process(tmp_path) -> None:
    done = spawn("verify", FILES[0], "--json", "--jobs", "4")
    assert done.code == 5
    assert len(done.lines) == 1
