"""Same file, policy, trust and instant: same bytes, whatever the process around them looks like.

Two processes differ in working directory, time zone, locale, hash seed and in how they reach the file; their
JSON is the same to the byte. Another SM2 engine, chosen by an argument (L25), changes the tool block alone.
"""

from __future__ import annotations

import json
import locale
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cli_kit import ROOT, SAMPLES
from ecert.crypto.sm2.engine import ENGINES, select_engine
from ecert.errors import TrustError

OWN = ROOT / "sample_certs"
AT = "2026-11-20T02:00:00+00:00"
LARGEST = 2_000_000
FIRST = select_engine().name
SCRIPT = """
import sys
from datetime import datetime
from ecert import TrustStore, verify
from ecert.crypto.sm2.engine import select_engine, use_engine
from ecert.facade import Asking
engine, trust, at, *paths = sys.argv[1:]
use_engine(select_engine(engine))
store = TrustStore.load(trust)
asking = Asking(test_trust="allowed", relying="310000", matter="company.change")
for path in paths:
    report = verify(path, trust=store, at=datetime.fromisoformat(at), asking=asking)
    for text in (report.to_json(), report.to_json(reveal="personal"), report.render("zh", detail="full"),
                 report.render("en", detail="full"), report.to_html("zh")):
        sys.stdout.buffer.write(text.replace(chr(10), chr(30)).encode("utf-8", "backslashreplace") + b"\\n")
"""
PLACES = (
    {"TZ": "UTC", "LANG": "C", "LC_ALL": "C", "PYTHONHASHSEED": "0"},
    {"TZ": "Asia/Shanghai", "LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1"},
    {"TZ": "America/St_Johns", "LANG": "tr_TR.UTF-8", "PYTHONHASHSEED": "4242", "PYTHONUTF8": "1",
     "COLUMNS": "40", "NO_COLOR": "1", "HOME": "/nowhere", "OPENSSL_CONF": "/dev/null"},
)  # fmt: skip


def own() -> list[Path]:
    return sorted(p for p in OWN.iterdir() if p.suffix in (".pdf", ".ofd"))


def foreign() -> list[Path]:
    return [
        p
        for folder in ("eseal", "pdf")
        for p in sorted((SAMPLES / folder).rglob("*"))
        if p.suffix in (".pdf", ".ofd") and p.stat().st_size < LARGEST
    ]


@cache
def judged(which: str, place: int, engine: str = FIRST) -> tuple[bytes, ...]:
    """Judge files in a process of its own, from another folder, in another environment."""
    paths = own() if which == "own" else foreign()
    cwd = (ROOT, OWN, Path("/"))[place]
    named = [os.path.relpath(p, cwd) if place == 1 else str(p.resolve()) for p in paths]
    trust = os.path.relpath(OWN / "trust", cwd) if place == 1 else str(OWN / "trust")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, engine, trust, AT, *named],
        cwd=cwd,
        env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT / "src")} | PLACES[place],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    lines = tuple(done.stdout.splitlines())
    assert len(lines) == 5 * len(paths)
    return lines


WHICH = [
    "own",
    pytest.param(
        "foreign",
        marks=pytest.mark.skipif(not SAMPLES.is_dir(), reason="the shared samples are not here"),
    ),
]


@pytest.mark.parametrize("which", WHICH)
@pytest.mark.parametrize("place", [1, 2])
def test_the_same_bytes_in_another_folder_zone_locale_and_with_another_hash_seed(
    which: str, place: int
) -> None:
    assert len(judged(which, 0)) >= 5 * 15
    assert judged(which, 0) == judged(which, place)


def usable(engine: str) -> bool:
    try:
        select_engine(engine)
    except TrustError:
        return False
    return True


def without_tool(line: bytes) -> dict[str, object]:
    data = json.loads(line)
    del data["tool"]
    return data  # type: ignore[no-any-return]


@pytest.mark.parametrize("which", WHICH)
@pytest.mark.parametrize("engine", [e for e in ENGINES if e != FIRST])
def test_l25_another_engine_changes_the_tool_block_alone(which: str, engine: str) -> None:
    if not usable(engine):
        pytest.skip(f"{engine} does not work with this libcrypto")
    first, other = judged(which, 0)[::5], judged(which, 0, engine)[::5]
    assert [without_tool(x) for x in first] == [without_tool(x) for x in other]
    assert {json.loads(x)["tool"]["sm2_engine"].split()[0] for x in other} == {engine}
    assert {json.loads(x)["decision"] for x in first} >= {"refuse"}


def test_the_places_really_differ() -> None:
    code = "import os, time, locale, sys; print(time.tzname, hash('x'), os.getcwd(), sys.flags.utf8_mode)"
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=place,
            cwd=cwd,
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for place, cwd in zip(PLACES, (ROOT, OWN, "/"), strict=True)
    }
    assert len(seen) == len(PLACES)
    assert locale.getlocale() is not None


def test_the_command_line_gives_the_same_bytes_everywhere() -> None:
    files = [str(p) for p in own()[:6]]
    seen = set()
    for place, jobs in zip(PLACES, ("1", "2", "3"), strict=True):
        done = subprocess.run(
            [sys.executable, "-m", "ecert", "verify", *files, "--json", "--at", AT, "--jobs", jobs,
             "--trust", str(OWN / "trust"), "--test-trust"],
            cwd="/", capture_output=True, check=False,
            env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT / "src")} | place,
        )  # fmt: skip
        assert done.returncode in (4, 10, 11, 12)
        seen.add(done.stdout)
    assert len(seen) == 1
