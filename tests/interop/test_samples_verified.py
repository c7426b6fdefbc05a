"""Every PDF and hostile sample through the public ``verify``, with the trust that would suit it best.

A row that must not be accepted is never taken: no signature of it has integrity and trust passed
and covers what is shown. The control: rows whose source calls them good are taken by the very same
construction, but for exceptions listed here with their clause (docs/limitations.md).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import samples_kit as kit
from ecert.report import Verdict

ROOT = Path(__file__).resolve().parents[2]
PDF = [row for area in ("pdf", "eseal") for row in kit.rows(area) if ".pdf" in row["file"]]
HOSTILE = kit.rows("hostile")

# Good rows of which nobody's signature may carry the file here: what keeps it, and the clause.
NOT_TAKEN = {
    "attack/hide-and-replace-shadow-file-signed-3.pdf": (
        "document.changed_after",
        "L6: an object is replaced by its older self",
    ),
    "pyhanko/extensions-direct.pdf": (
        "signer.outside_validity",
        "decision table: signed after the certificate's end",
    ),
    "pyhanko/form-update-override-appearance-stream.pdf": (
        "signer.outside_validity",
        "decision table: as above",
    ),
    "pyhanko/pades-lta-dss-indirect-arrs-test.pdf": (
        "revocation.stale",
        "L17: lists inside the file alone, 50 days old when it was signed",
    ),
    "itext/B-LTA_with_multiple_timestamps.pdf": (
        "document.properties_after",
        "L6, L7: the Info dictionary was rewritten",
    ),
    "itext/signatureSigningCertExpired.pdf": ("document.properties_after", "L6, L7: as above"),
    "itext/linearizedDoc.pdf": ("document.properties_after", "L6, L7: as above"),
    "itext/fieldLockChildModificationAllowed.pdf": (
        "document.drawn_after_issuer",
        "L6: a field was filled in",
    ),
    "itext/encryptedDoc.pdf": ("format.encrypted", "L15: nothing is read"),
    "dss/DSS1376-rev_n.pdf": (
        "change.not_certified",
        "ISO 32000-2 table 257: a field was added after certification at P=2",
    ),
    "dss/pades-ltv.pdf": (
        "pdf.analysis_impossible",
        "L6: the trailer names an object that a later revision defines",
    ),
    "dss/pades-tst-with-sig-type.pdf": ("pdf.analysis_impossible", "L6: as above"),
}


def ids(found: list[dict[str, str]]) -> list[str]:
    return [row["file"] for row in found]


@cache
def judged(name: str) -> list:
    row = next(row for row in PDF if row["file"] == name)
    return list(kit.reports(row, kit.content(row)))


def of(verdict: str) -> list[dict[str, str]]:
    return [row for row in PDF if row["must_not_accept"] == verdict]


def test_the_samples_are_all_there():
    if not kit.SAMPLES.exists():
        pytest.skip("../shared/samples is absent")
    assert (len(PDF), len(HOSTILE)) == (67, 44)
    assert (len(of("yes")), len(of("no"))) == (33, 28)


@pytest.mark.parametrize("row", of("yes"), ids=ids(of("yes")))
def test_no_signature_of_a_bad_row_is_taken(row):
    for report in judged(row["file"]):
        assert kit.taken(report) == []
        assert report.decision.value != "accept"


GOOD = [row for row in PDF if row["expected"] in {"intact", "valid"}]


@pytest.mark.parametrize("row", GOOD, ids=ids(GOOD))
def test_good_rows_are_taken_by_the_same_construction(row):
    """Without this the test above could pass for want of trust."""
    reports = judged(row["file"])
    for report in reports:
        assert report.signatures
        assert all(s.integrity is not Verdict.FAILED for s in report.signatures)
    carried = any(_persons(report) for report in reports)
    assert carried is (row["file"] not in NOT_TAKEN)
    if not carried:
        code, _clause = NOT_TAKEN[row["file"]]
        assert any(code in _said(report) for report in reports)


def _persons(report) -> list[int]:
    """Return the signatures that are taken and are no time stamps."""
    stamps = {s.index for s in report.signatures if s.kind == "timestamp"}
    return [index for index in kit.taken(report) if index not in stamps]


def _said(report) -> set[str]:
    against = [c for c in report.root.walk() if c.verdict is not Verdict.PASSED]
    return {reason.code for check in against for reason in check.reasons}


UNSIGNED = [row for row in PDF if row["expected"] == "unsigned"]


@pytest.mark.parametrize("row", UNSIGNED, ids=ids(UNSIGNED))
def test_unsigned_rows_say_so(row):
    for report in judged(row["file"]):
        assert "document.unsigned" in report.reasons()
        assert report.decision.value == "refuse"


# -- hostile ---------------------------------------------------------------------------------------

GUARD_S = 600  # generous: only a hang is killed by it
MEMORY = 500 * 1024 * 1024
CPU_S = 240  # for all rows together, in the one process
# Judges every row in one process of its own that may neither write, nor connect, nor start anything,
# nor read a file that is not part of the program; says of each row what came out.
PROGRAM = """
import json, os, pathlib, resource, sys
sys.path.insert(0, sys.argv[1])
import samples_kit as kit
from ecert.errors import ECertError
from ecert.facade import verify
roots = tuple(os.path.realpath(r) for r in sys.argv[2:])
touched, watching = [], False
FORBIDDEN = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.remove",
             "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod",
             "shutil.", "urllib.", "ftplib.", "http.", "tempfile.")
def watch(event, arguments):
    if not watching:
        return
    if event == "open":
        path, mode, flags = arguments
        writes = bool((flags or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND))
        own = isinstance(path, (str, bytes)) and os.path.realpath(os.fsdecode(path)).startswith(roots)
        if writes or not own:
            touched.append(f"open {path!r} {mode!r}")
    elif event.startswith(FORBIDDEN):
        touched.append(event)
sys.addaudithook(watch)
resource.setrlimit(resource.RLIMIT_CPU, (CPU, CPU))
for row in kit.rows("hostile"):
    data = kit.content(row)
    watching = True
    try:
        found = list(kit.reports(row, data))
    except ECertError as error:  # the trust cannot be built from a file that cannot be read
        found = [verify(data)]
    watching = False
    line = {"file": row["file"], "touched": touched[:], "reports": len(found),
            "decisions": sorted({r.decision.value for r in found}),
            "taken": [kit.taken(r) for r in found if kit.taken(r)],
            "exits": sorted({r.exit_code for r in found})}
    touched.clear()
    print(json.dumps(line), flush=True)
status = pathlib.Path("/proc/self/status")
lines = status.read_text().splitlines() if status.exists() else []
peak = [line.split()[1] for line in lines if line.startswith("VmHWM")] or [0]
print(json.dumps({"peak": int(peak[0]) * 1024}))
"""


@cache
def hostile() -> tuple[dict[str, dict], int, str]:
    program = PROGRAM.replace("CPU, CPU", f"{CPU_S}, {CPU_S}")
    roots = (str(ROOT / "src"), str(ROOT / "tests"), sys.prefix, sys.base_prefix)
    done = subprocess.run(
        [sys.executable, "-W", "default", "-c", program, str(ROOT / "tests"), *roots],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        timeout=GUARD_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    *lines, last = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["file"]: line for line in lines}, last["peak"], done.stderr


@pytest.mark.parametrize("row", HOSTILE, ids=ids(HOSTILE))
def test_hostile_rows_end_in_a_verdict_and_touch_nothing(row):
    line = hostile()[0][row["file"]]
    assert line["touched"] == []
    assert line["reports"] >= 1
    assert line["taken"] == []
    assert "accept" not in line["decisions"]
    assert 0 not in line["exits"]


def test_hostile_rows_are_quiet_and_bounded():
    if not HOSTILE:
        pytest.skip("../shared/samples is absent")
    lines, peak, errors = hostile()
    assert sorted(lines) == sorted(ids(HOSTILE))
    assert errors == ""
    assert peak < MEMORY
