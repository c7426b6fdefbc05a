"""`import ecert` and `ecert --help` load nothing heavy (architecture.md 0): a list of modules, no stopwatch."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from ecert.documents.pdf import pyhanko_diff

ROOT = Path(__file__).resolve().parents[2]
HEAVY = (
    "pyhanko", "pyhanko_certvalidator", "lxml", "typst", "sqlalchemy", "sqlite3", "cryptography", "asn1crypto", "pikepdf",
    "pypdf", "pypdfium2", "PIL", "qrcode", "zxingcpp", "yaml", "fontTools", "ssl", "socket", "asyncio",
)  # fmt: skip
RARE = {"pyhanko", "pyhanko_certvalidator", "asn1crypto", "pikepdf", "pypdfium2", "typst", "PIL", "sqlite3", "ssl",
        "fontTools", "qrcode", "zxingcpp", "pypdf", "asyncio"}  # fmt: skip
"""What judging one signed PDF of one revision does without."""
ELSEWHERE = {
    "difflib", "ecert.crypto.cms_build", "ecert.crypto.pkcs12", "ecert.crypto.signer", "ecert.issuance",
    "ecert.documents.ofd", "ecert.documents.pdf.general", "ecert.documents.pdf.bounded_reader",
    "ecert.report.html", "ecert.testpki", "ecert.conversion",
}  # fmt: skip
"""Modules for other work: issuing, other formats and revisions, keys from files, pages, mistyped codes."""
UNUSED = {
    "aiohttp",
    "fontTools",
    "PIL",
    "typst",
    "pypdfium2",
    "qrcode",
    "zxingcpp",
    "pypdf",
    "sqlite3",
}
"""What judging one of two revisions does without."""
ALL = "import sys; print(' '.join(sorted(sys.modules)))"
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


def _run(code: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT / "src"), "LANG": "C.UTF-8"},
    )
    return done.stdout.splitlines()


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
    code = (
        HELP.replace("main(['--help'])", f"code = main({asked})").replace(PROBE, ALL)
        + "; print(code)"
    )
    loaded, answer = _run(code)
    assert answer == "12"
    assert not {name.partition(".")[0] for name in loaded.split()} & RARE
    assert not set(loaded.split()) & ELSEWHERE


def _second_revision(data: bytes) -> bytes:
    size, root = re.findall(rb"/Size (\d+)", data)[-1], re.findall(rb"/Root (\d+) 0 R", data)[-1]
    previous = re.findall(rb"startxref\s+(\d+)", data)[-1]
    added = b"%s 0 obj\n<< >>\nendobj\n" % size
    tail = b"xref\n%s 1\n%010d 00000 n \ntrailer\n<< /Size %d /Root %s 0 R /Prev %s >>\nstartxref\n%d\n%%%%EOF\n"
    numbers = (size, len(data), int(size) + 1, root, previous, len(data) + len(added))
    return data + added + tail % numbers


def test_two_revisions_are_judged_without_signers_and_network(tmp_path: Path) -> None:
    samples, file = ROOT / "sample_certs", tmp_path / "two.pdf"
    file.write_bytes(_second_revision((samples / "good_cms_rsa.pdf").read_bytes()))
    asked = ["verify", str(file), "--trust", str(samples / "trust"), "--test-trust"]
    asked += ["--at", "2026-11-20T02:00:00Z", "--json"]
    code = HELP.replace("main(['--help'])", f"main({asked})").replace(PROBE, ALL)
    loaded = set(_run(code)[0].split())
    assert "pyhanko.sign.diff_analysis" in loaded  # the file was compared with its earlier state
    assert not {name.partition(".")[0] for name in loaded} & UNUSED
    assert not loaded & {
        "pyhanko.sign.signers",
        "pyhanko.sign.validation",
        "pyhanko.sign.timestamps",
    }


@pytest.mark.parametrize(
    "use",
    [
        "from pyhanko.sign import SimpleSigner as one; from pyhanko.sign.signers import SimpleSigner as other",
        "from pyhanko.sign import fields as one; import pyhanko.sign.fields; other = sys.modules['pyhanko.sign.fields']",
        "from pyhanko.sign import timestamps as one; other = sys.modules['pyhanko.sign.timestamps']",
        "import pyhanko.sign; one = pyhanko.sign.validation; other = sys.modules['pyhanko.sign.validation']",
        "from pyhanko.sign import *; from pyhanko.sign.signers import sign_pdf as other; one = sign_pdf",
        "import pyhanko.sign; one = hasattr(pyhanko.sign, 'no_such_name'); other = False",
    ],
)
def test_the_rest_of_pyhanko_stays_what_it_is(use: str) -> None:
    code = (
        "import sys; from ecert.documents.pdf.pyhanko_diff import difference_analysis; difference_analysis();"
        f"assert 'pyhanko.sign.signers' not in sys.modules; {use}; print(one is other)"
    )
    assert _run(code) == ["True"]


def test_a_package_in_another_form_is_loaded_in_full() -> None:
    assert pyhanko_diff._names("from .signers import A, B\n__all__ = ['A', 'B']\n") == ("A", "B")
    for source in (
        "",
        "import os\nfrom .signers import A",
        "from .signers import *",
        "from .signers import A as B",
        "from .other import A",
        "from .signers import A\nprint(A)",
    ):
        assert pyhanko_diff._names(source) is None


def test_a_package_loaded_already_is_left_alone() -> None:
    code = (
        "import sys; import pyhanko.sign as before; from ecert.documents.pdf.pyhanko_diff import difference_analysis;"
        "difference_analysis(); print(sys.modules['pyhanko.sign'] is before, type(before).__name__)"
    )
    assert _run(code) == ["True module"]


def test_one_report_parses_its_own_codes_alone() -> None:
    asked = ["explain", "uscc.check"]
    for words, whole in ((asked, True), (["verify", "no_such_file.pdf"], False)):
        code = HELP.replace("main(['--help'])", f"main({words})").replace(
            PROBE, "from ecert.report import codes; print(codes.registry.cache_info().currsize)"
        )
        assert _run(code)[-1] == ("1" if whole else "0")
