"""sample_certs/: every file gets exactly the answer its manifest states, from the library and from the command."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
import yaml

from ecert.facade import Asking, verify
from ecert.trust.store import TrustStore
from ecert.verification.policy import Policy

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "sample_certs"
ROWS = yaml.safe_load((SAMPLES / "manifest.yaml").read_text(encoding="utf-8"))["samples"]
WANTED = {
    "good_cms_sm2", "good_cms_rsa", "good_cms_p256", "good_ses", "good_ofd", "altered_content",
    "appended_revision", "altered_metadata", "drawn_over", "other_authority", "self_made_seal",
    "expired_seal", "revoked_signer", "cancelled", "unsigned", "unknown_issuer",
    "wrong_check_character", "copy_other_matter", "ofd_added_file",
}  # fmt: skip


def by_id(row):
    return row["id"]


@pytest.fixture(scope="module")
def trust():
    return TrustStore.load(SAMPLES / "trust")


def report_on(row, trust):
    ask = row["question"]
    return verify(
        SAMPLES / row["file"],
        trust=trust,
        policy=Policy.load(ask["policy"]),
        at=datetime.fromisoformat(ask["at"]),
        asking=Asking(relying=ask["relying"], matter=ask["matter"], test_trust=ask["test_trust"]),
    )


def test_every_file_is_in_the_manifest_and_every_wanted_case_is_there():
    files = {p.name for p in SAMPLES.iterdir() if p.suffix in (".pdf", ".ofd")}
    assert {row["file"] for row in ROWS} == files
    assert {row["id"] for row in ROWS} >= WANTED
    assert len({row["id"] for row in ROWS}) == len(ROWS)


def test_the_samples_are_small_and_hold_no_key():
    everything = [p for p in SAMPLES.rglob("*") if p.is_file()]
    assert sum(p.stat().st_size for p in everything) < 4 * 1024 * 1024
    assert not [p for p in everything if b"PRIVATE KEY" in p.read_bytes() and p.suffix != ".py"]
    assert (SAMPLES / "trust" / "TEST-ONLY").is_file()


@pytest.mark.parametrize("row", ROWS, ids=by_id)
def test_the_answer_is_exactly_the_stated_one(row, trust):
    report = report_on(row, trust)
    own = [s.integrity.value for s in report.signatures if s.role == "issuer"]
    assert report.decision.value == row["decision"]
    assert sorted(report.reasons()) == row["reasons"]
    assert report.exit_code == row["exit"]
    assert (own[0] if own else None) == row["integrity"]


@pytest.mark.parametrize("row", ROWS, ids=by_id)
def test_no_answer_is_handed_out_as_proven(row, trust):
    """L4, L14: as-of and TEST-ONLY answers are never exit 0, never True, never give the value away."""
    from ecert.errors import VerificationError

    report = report_on(row, trust)
    assert report.exit_code != 0
    assert not report
    with pytest.raises(VerificationError):
        report.require()


@pytest.mark.parametrize("row", ROWS, ids=by_id)
def test_the_default_trust_accepts_none(row):
    report = verify(SAMPLES / row["file"], at=datetime.fromisoformat(row["question"]["at"]))
    assert report.decision.value != "accept"
    assert report.exit_code in (5, 10)


@pytest.mark.parametrize("row", [r for r in ROWS if r["decision"] == "accept"], ids=by_id)
def test_every_signature_of_an_accepted_file_is_whole_and_bound(row, trust):
    (one,) = report_on(row, trust).signatures
    assert (one.role, one.coverage, one.covers_current, one.uncovered) == (
        "issuer",
        "whole",
        True,
        (),
    )


@pytest.mark.slow
def test_the_script_remakes_the_same_manifest(tmp_path):
    sys.path.insert(0, str(SAMPLES))
    try:
        import make_samples
    finally:
        sys.path.remove(str(SAMPLES))
    assert make_samples.main(tmp_path) == 0
    assert (tmp_path / "manifest.yaml").read_bytes() == (SAMPLES / "manifest.yaml").read_bytes()
    assert {p.name for p in tmp_path.iterdir()} == (
        {r["file"] for r in ROWS} | {"manifest.yaml", "trust"}
    )


needs_cli = pytest.mark.skipif(
    importlib.util.find_spec("ecert.cli") is None, reason="the command line is not there yet"
)


def run(*arguments: str, cwd: Path = SAMPLES) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"PYTHONPATH": str(ROOT / "src"), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from ecert.cli import main; sys.exit(main())",
            *arguments,
        ],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        env=env,
        timeout=120,
        check=False,
    )


@needs_cli
@pytest.mark.parametrize(
    "row",
    [r for r in ROWS if r["id"] in ("good_ses", "good_ofd", "drawn_over", "copy_other_matter", "unknown_issuer")],
    ids=by_id,
)  # fmt: skip
def test_the_command_says_the_same(row):
    ask = row["question"]
    matter = ["--matter", ask["matter"]] if ask["matter"] else []
    done = run(
        "verify", row["file"], "--trust", "trust", "--test-trust", "--at", ask["at"], "--json", *matter
    )  # fmt: skip
    assert done.returncode == row["exit"], done.stderr
    assert done.stderr == ""
    (line,) = done.stdout.splitlines()
    assert json.loads(line)["decision"] == row["decision"]


@needs_cli
def test_the_command_answers_for_all_files_at_once():
    """One line for each input, in order; the exit code is the worst one."""
    expected = {r["file"]: r["decision"] for r in ROWS if r["question"]["matter"] is None}
    at = ROWS[0]["question"]["at"]
    done = run("verify", *expected, "--trust", "trust", "--test-trust", "--at", at, "--json")
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert [r["decision"] for r in reports] == list(expected.values())
    assert [r["subject"]["name"] for r in reports] == list(expected)
    assert [r["subject"]["index"] for r in reports] == list(range(len(reports)))
    assert (done.returncode, done.stderr) == (10, "")


@needs_cli
def test_without_permission_test_trust_is_referred():
    done = run("verify", "good_ses.pdf", "--trust", "trust", "--json")
    assert done.returncode in (10, 11)
    assert json.loads(done.stdout)["decision"] != "accept"


@needs_cli
def test_nothing_to_judge_is_never_success(tmp_path):
    """L27: an unsigned file, an empty folder, a file named --help."""
    trust = ("--trust", str(SAMPLES / "trust"), "--test-trust")
    assert run("verify", str(SAMPLES / "unsigned.pdf"), *trust).returncode == 10
    empty = tmp_path / "empty"
    empty.mkdir()
    assert run("verify", str(empty), *trust).returncode != 0
    (tmp_path / "--help").write_bytes((SAMPLES / "good_ses.pdf").read_bytes())
    assert run("verify", "--help", *trust, cwd=tmp_path).returncode != 0
    assert run("verify", "--help", cwd=tmp_path).returncode != 0
    assert run("verify").returncode != 0
