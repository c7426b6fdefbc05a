"""Fails unless branch coverage is at least 95 % on each package whose answers people act on."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

FLOOR = 95.0
PACKAGES = ("report", "ids", "seals", "trust", "verification", "recognition")


def main() -> int:
    """Combine the workers' data, sum lines and branches by package, print a table."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "coverage.json"
        subprocess.run(
            [sys.executable, "-m", "coverage", "combine", "-q"], check=False, capture_output=True
        )
        subprocess.run(
            [sys.executable, "-m", "coverage", "json", "-q", "-o", str(target)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        files = json.loads(target.read_text("utf-8"))["files"]
    low = []
    for package in PACKAGES:
        done = total = 0
        for name, entry in files.items():
            if f"ecert/{package}/" in name.replace("\\", "/"):
                s = entry["summary"]
                done += s["covered_lines"] + s["covered_branches"]
                total += s["num_statements"] + s["num_branches"]
        share = 100.0 * done / total if total else 0.0
        print(f"coverage {package:<13} {share:6.2f} %")
        if share < FLOOR:
            low.append(package)
    if low:
        print(f"below {FLOOR} %: {', '.join(low)}", file=sys.stderr)
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
