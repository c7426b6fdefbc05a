"""What a batch leaves behind: certificates as JSON lines, rejects as CSV, a summary that binds both.

Files are written under temporary names and moved into place when whole; the summary is moved last
and states the digests of the others, so that a batch without a fitting summary is not a batch.
rejects.csv opens in spreadsheet programs: UTF-8 with a byte order mark, and a cell that such a
program would run as a formula begins with an apostrophe.
"""

from __future__ import annotations

import csv
import io
import os
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

from ecert.conversion.diagnostics import Diagnostic, looks_personal
from ecert.report.text import safe_text

__all__ = ["COLUMNS", "CONVERTED", "REJECTS", "SUMMARY", "Output", "cells", "csv_line", "safe_cell"]

CONVERTED, REJECTS, SUMMARY = "converted.jsonl", "rejects.csv", "summary.json"
COLUMNS = (
    "row",
    "field",
    "code",
    "zh",
    "en",
    "hint_zh",
    "hint_en",
    "value",
    "column",
    "source",
)
_FORMULA = tuple("=+-@\t\r＝＋－＠")
_DIGITS_IN_NAME = 15


class Output:
    """A file under a temporary name that knows its digest; whole on disk once closed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines = 0
        self._hash = sha256()
        self._stream = path.open("wb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()

    @property
    def sha256(self) -> str:
        """Digest of what was written so far."""
        return self._hash.hexdigest()

    def write(self, data: bytes) -> None:
        """Append bytes that end a line."""
        self._stream.write(data)
        self._hash.update(data)
        self.lines += 1


def cells(diagnostic: Diagnostic) -> list[str]:
    """Return one line of the rejects file."""
    return [
        str(diagnostic.line),
        diagnostic.field,
        diagnostic.code,
        diagnostic.render("zh"),
        diagnostic.render("en"),
        diagnostic.hint("zh"),
        diagnostic.hint("en"),
        diagnostic.value,
        diagnostic.column,
        file_name(diagnostic.source.name),
    ]


def file_name(name: str) -> str:
    """Return a file name safe to show: one that carries an identity number is masked (L26)."""
    digits = "".join(c for c in name if c.isdigit() or c in "xX")
    personal = len(digits) >= _DIGITS_IN_NAME and any(
        looks_personal(digits[i : i + size])
        for size in (18, 15)
        for i in range(len(digits) - size + 1)
    )
    return "*" * 8 + Path(name).suffix if personal else safe_text(name)


def safe_cell(text: str) -> str:
    """Return a cell that no spreadsheet program takes for a formula."""
    return "'" + text if text.startswith(_FORMULA) else text


def csv_line(row: list[str] | tuple[str, ...]) -> bytes:
    """Return one line of CSV, RFC 4180, every cell safe."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([safe_cell(cell) for cell in row])
    return text.getvalue().encode("utf-8", "backslashreplace")
