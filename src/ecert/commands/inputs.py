"""From arguments to files: folders are walked in sorted order; nothing at all is a usage error (L27).

Folders are walked while the files in them are being judged, so a million files are never held in a list.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from ecert.commands.console import stop

__all__ = ["Inputs"]

_SUFFIXES = (".pdf", ".ofd")


class Inputs:
    """Every file named, and every PDF and OFD in a named folder, recursively, sorted in each folder.

    A file that is named is always looked at, whatever it is called. Links to folders are not followed. A
    folder that cannot be listed stays in, so that it is reported like a file that cannot be read.

    Attributes:
        skipped: files met in folders so far that are no PDF or OFD by name.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        """Look at the arguments, not yet into all of the folders.

        Raises:
            Stop: ``usage.no_input`` without arguments, ``usage.no_files`` for a folder without files.
        """
        if not arguments:
            stop("usage.no_input")
        self.arguments = tuple(arguments)
        self.skipped = 0
        for argument in self.arguments:
            if _is_folder(argument) and next(_walk(argument), None) is None:
                stop("usage.no_files", name=argument)

    def __iter__(self) -> Iterator[str]:
        for argument in self.arguments:
            if _is_folder(argument):
                yield from _walk(argument, self)
            else:
                yield argument


def _is_folder(argument: str) -> bool:
    try:
        return Path(argument).is_dir()
    except (
        OSError,
        ValueError,
    ):  # a name too long, or with a NUL, is no folder; reading it will say so
        return False


def _walk(folder: str, count: Inputs | None = None) -> Iterator[str]:
    unreadable: list[str] = []
    for base, folders, names in os.walk(
        folder, onerror=lambda error: unreadable.append(str(error.filename))
    ):
        folders.sort()
        for name in sorted(names):
            if name.lower().endswith(_SUFFIXES):
                yield str(Path(base) / name)
            elif count is not None:
                count.skipped += 1
        yield from unreadable
        unreadable.clear()
    yield from unreadable
