"""Writes a generated page, or with ``--check`` says whether the one in the tree is up to date."""

from __future__ import annotations

import sys
from pathlib import Path


def write_or_check(page: Path, text: str) -> int:
    """Return the exit code of a generator script called as ``script [--check]``."""
    if "--check" not in sys.argv[1:]:
        page.write_text(text, encoding="utf-8")
        return 0
    if page.is_file() and page.read_text(encoding="utf-8") == text:
        return 0
    script = Path(sys.argv[0]).name
    print(f"{page.name} is out of date: run python tools/{script}", file=sys.stderr)
    return 1
