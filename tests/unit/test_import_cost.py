"""`import ecert` and `ecert --help` load nothing heavy (architecture.md 0): a list of modules, no stopwatch."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = (
    "pyhanko", "pyhanko_certvalidator", "lxml", "typst", "sqlalchemy", "sqlite3", "cryptography", "asn1crypto", "pikepdf",
    "pypdf", "pypdfium2", "PIL", "qrcode", "zxingcpp", "yaml", "fontTools", "ssl", "socket", "asyncio",
)  # fmt: skip
RARE = {"pyhanko", "pyhanko_certvalidator", "asn1crypto", "pikepdf", "pypdfium2", "typst", "PIL", "sqlite3", "ssl",
        "fontTools", "qrcode", "zxingcpp", "pypdf", "asyncio"}  # fmt: skip
"""What judging one signed PDF of one revision does without."""
PROBE = "import sys; print(' '.join(sorted({m.partition('.')[0] for m in sys.modules})))"
HELP = f"import contextlib, io\nfrom ecert.cli import main\nwith contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())):\n    main(['--help'])\n{PROBE}"


@pytest.mark.parametrize(
    "code",
    [
        f"import ecert; {PROBE}",
        HELP,
        HELP.replace("['--help']", "['verify', '--help']"),
        HELP.replace("['--help']", "['explain', 'uscc.check']"),
    ],
    ids=["import", "help", "command-help", "explain"],
)
def test_nothing_heavy_is_loaded(code: str) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT / "src"), "LANG": "C.UTF-8"},
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(  # noqa: T201 - the number is shown, never asserted
        f"CPU {after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime:.2f} s, interpreter included"
    )
    loaded = set(done.stdout.split())
    assert "ecert" in loaded
    assert not loaded & set(HEAVY)


@pytest.mark.parametrize("name", ["good_cms_sm2", "good_cms_rsa", "good_ses"])
def test_one_revision_is_judged_without_foreign_readers(name: str) -> None:
    samples = ROOT / "sample_certs"
    asked = [
        "verify",
        str(samples / f"{name}.pdf"),
        "--trust",
        str(samples / "trust"),
        "--test-trust",
    ]
    asked += ["--at", "2026-11-20T02:00:00Z", "--json"]
    code = HELP.replace("main(['--help'])", f"code = main({asked})") + "; print(code)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT / "src"), "LANG": "C.UTF-8"},
    )
    loaded, code = done.stdout.splitlines()
    assert code == "12"
    assert not set(loaded.split()) & RARE
