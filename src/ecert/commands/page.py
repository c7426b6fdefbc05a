"""`--html FILE`: the reports of one run as one page, written as a whole at the end or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from ecert.commands.console import INTERNAL, stop

__all__ = ["Page"]

_SUFFIXES = (".html", ".htm")


class Page:
    """A page that grows in a temporary file, so that ten thousand reports need no memory.

    Raises:
        Stop: ``usage.html_name`` when the name does not end in .html: ``--html *.pdf`` names a certificate.
    """

    def __init__(self, target: str) -> None:
        """Remember the target and look at what stands there."""
        if not target.lower().endswith(_SUFFIXES):
            stop("usage.html_name", name=target)
        self.name, self.target = target, Path(target)
        self.sections: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        self.counts = Counter[str]()
        self.there = self._identity(target)

    @staticmethod
    def _identity(name: str) -> tuple[int, int] | None:
        with contextlib.suppress(OSError, ValueError):
            found = os.stat(name)  # noqa: PTH116 - a name may be no path at all
            return found.st_dev, found.st_ino
        return None

    def guarded(self, paths: Iterable[str]) -> Iterator[str]:
        """Yield the inputs, and stop the run at one that the page would overwrite."""
        for path in paths:
            if self.there is not None and self._identity(path) == self.there:
                stop("usage.overwrites_input", name=self.name)
            yield path

    def add(self, section: str, *, ending: str) -> None:
        """Append one report and count how it ended."""
        self.counts[ending] += 1
        try:
            self.sections.write(section.encode("utf-8", "backslashreplace"))
        except OSError as error:
            self._failed(error)

    def write(self, lang: str) -> None:
        """Put the page in its place, whole."""
        from ecert.report.html import foot, head

        part = self.target.with_name(f".{self.target.name}.{os.getpid()}.part")
        try:
            with part.open("wb") as out:
                out.write(head(lang, self.counts).encode())
                self.sections.seek(0)
                shutil.copyfileobj(self.sections, out)
                out.write(foot(lang).encode())
            part.replace(self.target)
        except OSError as error:
            part.unlink(missing_ok=True)
            self._failed(error)

    def _failed(self, error: OSError) -> None:
        what = error.strerror or "output error"
        stop("output.file_failed", exit_code=INTERNAL, name=self.name, what=what)

    def close(self) -> None:
        """Forget the sections."""
        self.sections.close()
