"""From arguments to files: folders are walked in sorted order; nothing at all is a usage error (L27)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ecert.commands.console import stop

__all__ = ["Input", "inputs"]


@dataclass(frozen=True, slots=True)
class Input:
    """One file to look at: its path and the name to show."""

    path: str
    name: str


def inputs(arguments: Sequence[str]) -> list[Input]:
    """Return every file named or found in a named folder, recursively, sorted.

    Links to folders are not followed. A folder that cannot be listed stays in the list, so that it is
    reported like a file that cannot be read.
    """
    if not arguments:
        stop("usage.no_input")
    found: list[Input] = []
    for argument in arguments:
        if not _is_folder(argument):
            found.append(Input(argument, argument))
            continue
        inside = list(_walk(argument))
        if not inside:
            stop("usage.no_files", name=argument)
        found += inside
    return found


def _is_folder(argument: str) -> bool:
    try:
        return Path(argument).is_dir()
    except (
        OSError,
        ValueError,
    ):  # a name too long, or with a NUL, is no folder; reading it will say so
        return False


def _walk(folder: str) -> Iterator[Input]:
    unreadable: list[str] = []
    for base, folders, names in os.walk(
        folder, onerror=lambda error: unreadable.append(str(error.filename))
    ):
        folders.sort()
        for name in sorted(names):
            path = str(Path(base) / name)
            yield Input(path, path)
    for path in unreadable:
        yield Input(path, path)
