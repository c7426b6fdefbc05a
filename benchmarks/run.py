"""Run every comparison, write benchmarks/RESULTS.md and quote the ratios in README.md.

python benchmarks/run.py            five turns of half a second a side, about six minutes
python benchmarks/run.py --quick    a few minutes; prints, writes nothing
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

sys.path.insert(0, str(Path(__file__).resolve().parent))

import coldstart
import documents
import many
import material
import ofd
import sm2
import verifying
from timing import Row, Turns

from ecert.crypto.sm2.engine import current_engine

OUT = Path(__file__).resolve().with_name("RESULTS.md")
README = OUT.parents[1] / "README.md"
HEADS = {
    "zh": "| 工作 | 对照 | 比值（越大越快） |",
    "en": "| work | peer | ratio (higher is faster) |",
}
ZH = {
    "issue, RSA-2048": "签发，RSA-2048",
    "issue, SM2 (CMS)": "签发，SM2（CMS）",
    "issue, SM2 (GB/T 38540 seal)": "签发，SM2（GB/T 38540 印章）",
    "verify RSA-2048, authenticity": "核验 RSA-2048，只问真实性",
    "verify RSA-2048, authenticity, signers always different": "核验 RSA-2048，只问真实性，签发者各不相同",
    "verify RSA-2048, everything": "核验 RSA-2048，全部",
    "RSA-2048: the arithmetic alone, no verifier": "RSA-2048：只做运算，不是核验（上限）",
    "SM2 (CMS): the arithmetic alone, no verifier": "SM2（CMS）：只做运算，不是核验（上限）",
    "verify SM2 (CMS), authenticity": "核验 SM2（CMS），只问真实性",
    "verify SM2 (CMS), authenticity, signers always different": "核验 SM2（CMS），只问真实性，签发者各不相同",
    "verify SM2 (CMS), everything": "核验 SM2（CMS），全部",
    "verify SM2 (GB/T 38540 seal), everything": "核验 SM2（GB/T 38540 印章），全部",
    "verify, OFD with a seal, nothing remembered": "核验带印章的 OFD，每次都从头",
    "verify, OFD with a seal, file after file": "核验带印章的 OFD，逐个文件",
    "SM2 sign: `PrivateKey.sign`, Z and SM3 included": "SM2 签名：`PrivateKey.sign`，含 Z 与 SM3",
    "SM2 verify: `PublicKey.verify`, Z and SM3 included": "SM2 验签：`PublicKey.verify`，含 Z 与 SM3",
}
FULL = Turns(seconds=0.5, repetitions=5)
QUICK = Turns(seconds=0.4, repetitions=3)


def machine() -> list[str]:
    """Return what the figures were made with; no host names, no paths."""
    engine = current_engine()
    libraries = ", ".join(
        f"{name} {version(name)}"
        for name in (
            "pyhanko",
            "pyhanko-certvalidator",
            "typst",
            "cryptography",
            "pikepdf",
            "pypdfium2",
        )
    )
    openssl = shutil.which("openssl")
    speed = (
        subprocess.run(
            [openssl, "version"], capture_output=True, text=True, check=False
        ).stdout.split(" (")[0]
        if openssl
        else "absent"
    )
    return [
        f"* machine: {platform.machine()}, {os.cpu_count()} cores, {platform.system()}; shared with other work",
        f"* Python {platform.python_version()}; SM2 engine {engine.name}, {engine.version}",
        f"* `openssl` command: {speed.strip()}",
        f"* {libraries}",
    ]


def table(rows: list[Row]) -> list[str]:
    """Return the rows as a Markdown table."""
    lines = ["| work | ecert /s | peer | peer /s | ratio |", "| --- | ---: | --- | ---: | ---: |"]
    lines += [
        f"| {r.what} | {_figure(r.ours)} | {r.peer_name} | {_figure(r.peer)} | {r.ratio:.2f} |"
        for r in rows
    ]
    return lines


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def quote(rows: list[Row], text: str) -> str:
    """Return the README with the ratios of this run in their two places."""
    for lang, head in HEADS.items():
        lines = [head, "| --- | --- | ---: |"]
        lines += [
            f"| {ZH.get(r.what, r.what) if lang == 'zh' else r.what} | {r.peer_name} | {r.ratio:.2f} |"
            for r in rows
        ]
        start, end = f"<!-- ratios:{lang} -->\n", "<!-- /ratios -->"
        before, _, rest = text.partition(start)
        _, _, after = rest.partition(end)
        text = before + start + "\n".join(lines) + "\n" + end + after
    return text


def explained(*modules: ModuleType) -> list[str]:
    """Return what each comparison does, from its own description."""
    texts = [(module.__doc__ or "").split("\n\n", 1)[1].strip() for module in modules]
    return "\n\n".join(texts).splitlines()


def main() -> int:
    """Run, print, and unless quick, write."""
    parser = argparse.ArgumentParser(description="compare ecert with its peers")
    parser.add_argument("--quick", action="store_true", help="a few minutes; writes nothing")
    quick = parser.parse_args().quick
    turns = QUICK if quick else FULL
    rows = sm2.rows(turns)
    made = material.make()
    for part in (documents, verifying, ofd, coldstart):
        rows += part.rows(made, turns)
    rows += many.rows(made, 1_000 if quick else many.FILES)
    lines = [
        "# Results",
        "",
        "Written by `benchmarks/run.py`; not edited by hand. Ours and the peer take turns in one process",
        f"and one thread; medians of {turns.repetitions} turns of at least {turns.seconds:g} s of processor",
        "time (`openssl speed`: 1 s). On a shared machine trust the ratios, not the rates.",
        "",
        *machine(),
        "",
        *table(rows),
        "",
        *explained(documents, verifying, ofd, coldstart, many),
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    if not quick:
        OUT.write_text(text, encoding="utf-8")
        README.write_text(quote(rows, README.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
