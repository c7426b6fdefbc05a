"""Truncated, empty, encrypted, huge, wrong and random input: a JSON report, a quiet stderr, bounded memory, no hang."""

from __future__ import annotations

import io
import json
import os
import random
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from attacks import pdf_attacks as pdf  # noqa: E402 - its folder is named just above

SAMPLES = ROOT / "sample_certs"
AT = "2026-11-20T02:00:00Z"
GUARD_S, MEMORY = 120, 500 * 1024 * 1024  # a command that hangs is killed by the guard, and fails
UNREADABLE = 4
# Runs the command and says afterwards how much memory it took; nothing else may be on stderr.
PROGRAM = """
import pathlib, resource, sys
from ecert.cli import main
code = main()
sys.stdout.flush()
status = pathlib.Path("/proc/self/status")  # ru_maxrss also counts what the test runner had before exec
peak = [r.split()[1] for r in status.read_text().splitlines() if r.startswith("VmHWM")] if status.exists() else []
print(peak[0] if peak else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""


def ecert(*arguments: str, cwd: Path = ROOT) -> tuple[int, list[dict], int]:
    """Return exit code, reports and bytes of memory of one command."""
    env = os.environ | {"PYTHONPATH": str(ROOT / "src"), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-W", "default", "-c", PROGRAM, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        env=env,
        timeout=GUARD_S,
        check=False,
    )
    assert done.stderr.strip().isdigit(), done.stderr[-3000:]
    scale = 1 if sys.platform == "darwin" else 1024
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, lines, int(done.stderr) * scale


def verify(*paths: Path) -> tuple[int, list[dict], int]:
    trust = ("--trust", str(SAMPLES / "trust"), "--test-trust", "--at", AT, "--json")
    return ecert("verify", *(str(p) for p in paths), *trust)


def noise(size: int, seed: int = 5) -> bytes:
    return random.Random(seed).randbytes(size)


def good_pdf() -> bytes:
    return (SAMPLES / "good_ses.pdf").read_bytes()


def good_ofd() -> bytes:
    return (SAMPLES / "good_ofd.ofd").read_bytes()


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), data)
    return buffer.getvalue()


def pdf_with(stream: bytes, entries: bytes) -> bytes:
    """A small file whose page content is this stream."""
    body = b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    body += b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    body += b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>endobj\n"
    body += b"4 0 obj<<%s/Length %d>>stream\n%s\nendstream endobj\n" % (
        entries,
        len(stream),
        stream,
    )
    rows = b"".join(b"%010d 00000 n \n" % body.index(b"%d 0 obj" % n) for n in range(1, 5))
    table = b"xref\n0 5\n0000000000 65535 f \n" + rows
    return body + table + b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(body)


def bomb(times: int) -> bytes:
    """Deflate that unpacks to ``times`` MiB, packed twice."""
    packer = zlib.compressobj(9)
    block = bytes(1024 * 1024)
    once = b"".join(packer.compress(block) for _ in range(times)) + packer.flush()
    return zlib.compress(once, 9)


CASES = {
    "empty": lambda: b"",
    "one_byte": lambda: b"%",
    "text": "这不是证照".encode,
    "gif": lambda: b"GIF89a" + noise(300),
    "png": lambda: b"\x89PNG\r\n\x1a\n" + noise(5000),
    "word": lambda: zipped(**{"[Content_Types].xml": b"<Types/>", "word__document.xml": b"<w/>"}),
    "random": lambda: noise(200_000),
    "random_pdf": lambda: b"%PDF-1.7\n" + noise(200_000),
    "random_zip": lambda: b"PK\x03\x04" + noise(200_000),
    "random_ofd": lambda: b"PK\x03\x04" + noise(100_000) + b"OFD.xml" + noise(1000),
    "pdf_header": lambda: b"%PDF-1.7\n",
    "pdf_end": lambda: b"%PDF-1.7\nstartxref\n0\n%%EOF\n",
    "pdf_loop": lambda: b"%PDF-1.7\nxref\n0 0\ntrailer<</Prev 9>>\nstartxref\n9\n%%EOF\n",
    "pdf_bomb": lambda: pdf_with(bomb(600), b"/Filter[/FlateDecode/FlateDecode]"),
    "pdf_deep": lambda: b"%PDF-1.7\n1 0 obj" + b"[" * 200_000 + b"endobj\nstartxref\n9\n%%EOF\n",
    "pdf_deep_trailer": lambda: (
        b"%PDF-1.7\nxref\n0 1\n0000000000 65535 f \ntrailer<</Size 1/A"
        + b"[" * 100_000
        + b">>\nstartxref\n9\n%%EOF\n"
    ),
    "pdf_halves": lambda: good_pdf()[: len(good_pdf()) // 2],
    "pdf_last_line": lambda: good_pdf()[:-7],
    "pdf_one_less": lambda: good_pdf()[:-2],
    "pdf_twice": lambda: good_pdf() + good_pdf(),
    "pdf_zeros": lambda: good_pdf()[:60_000] + bytes(60_000) + good_pdf()[120_000:],
    "encrypted": lambda: pdf.encrypted(good_pdf()),
    "ofd_halves": lambda: good_ofd()[: len(good_ofd()) // 2],
    "ofd_one_less": lambda: good_ofd()[:-1],
    "ofd_empty_root": lambda: zipped(**{"OFD.xml": b""}),
    "ofd_entities": lambda: zipped(
        **{"OFD.xml": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'}
    ),
    "ofd_laughs": lambda: zipped(
        **{
            "OFD.xml": b"<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'>"
            + b"".join(b"<!ENTITY %c '%s'>" % (c, b"&%c;" % (c - 1) * 10) for c in range(98, 110))
            + b"]><a>&m;</a>"
        }
    ),
    "ofd_bomb": lambda: zipped(**{"OFD.xml": b"<a/>", "b": bytes(300 * 1024 * 1024)}),
    "ofd_deep": lambda: zipped(**{"OFD.xml": b"<a>" * 100_000}),
    "ofd_many": lambda: zipped(**{"OFD.xml": b"<a/>", **{f"f{n}": b"" for n in range(5000)}}),
    "ofd_climbing": lambda: zipped(**{"OFD.xml": b"<a/>", "..__..__x": b"x"}),
}


@pytest.mark.parametrize("name", CASES)
def test_bad_content_gives_a_report(name, tmp_path):
    file = tmp_path / f"{name}.pdf"
    file.write_bytes(CASES[name]())
    code, (report,), memory = verify(file)
    assert report["schema"] == "ecert.report/1"
    assert report["decision"] in ("refuse", "refer")
    assert code in (UNREADABLE, 10, 11)
    assert memory < MEMORY


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("empty", 4), ("text", 4), ("random", 4), ("random_pdf", 4), ("png", 4), ("word", 4),
        ("pdf_halves", 4), ("ofd_halves", 4), ("encrypted", 4), ("ofd_bomb", 4),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_exit_4(name, code, tmp_path):
    from ecert.facade import verify as judge

    report = judge(CASES[name]())
    assert report.exit_code == code
    assert report.error is not None
    assert not report


def test_a_gigabyte_is_refused_before_it_is_read(tmp_path):
    file = tmp_path / "large.pdf"
    with file.open("wb") as stream:
        stream.write(b"%PDF-1.7\n")
        stream.truncate(1024**3)
    code, (report,), memory = verify(file)
    assert (code, report["decision"]) == (UNREADABLE, "refuse")
    assert "format.too_large" in json.dumps(report)
    assert memory < 200 * 1024 * 1024


def test_one_bad_file_does_not_stop_the_others(tmp_path):
    """L27: one line for each input, in order; the worst code wins."""
    names = ("empty", "random_pdf", "pdf_halves", "encrypted", "ofd_laughs")
    files = []
    for name in names:
        files.append(tmp_path / f"{name}.pdf")
        files[-1].write_bytes(CASES[name]())
    code, reports, memory = verify(*files, SAMPLES / "good_ses.pdf")
    assert [r["decision"] for r in reports[-1:]] == ["accept"]
    assert len(reports) == len(files) + 1
    assert all(r["decision"] != "accept" for r in reports[:-1])
    assert code not in (0, 12)
    assert memory < MEMORY


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such files here")
def test_what_is_no_regular_file_is_not_opened(tmp_path):
    from ecert.facade import verify as judge

    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, tmp_path / "absent", Path("/dev/zero")):
        report = judge(path)
        assert (report.exit_code, report.decision.value) == (UNREADABLE, "refuse")


def test_a_path_that_no_system_takes_is_a_report():
    from ecert.facade import verify as judge

    for path in ("a\0b", "x" * 5000):
        report = judge(path)
        assert report.exit_code == UNREADABLE


@pytest.mark.slow
def test_random_damage_ends_in_a_report():
    """A few hundred random cuts, holes and repetitions of both containers, in one process."""
    from ecert.facade import verify as judge

    rng = random.Random(11)
    for data in (good_pdf(), good_ofd()):
        for _ in range(150):
            a, b = sorted(rng.randrange(len(data)) for _ in range(2))
            kind = rng.randrange(4)
            pieces = {
                0: data[:a] + data[b:],
                1: data[:a] + data[a:b] * 2 + data[b:],
                2: data[:a] + rng.randbytes(min(b - a, 400)) + data[b:],
                3: data[a:b],
            }
            report = judge(pieces[kind])
            assert report.decision.value != "accept"
            assert report.exit_code in (4, 5, 10)
