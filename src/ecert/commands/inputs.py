"""From arguments to files: folders are walked in sorted order; nothing at all is a usage error (L27)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ecert.commands.console import stop

__all__ = ["Input", "Inputs", "inputs"]

_SUFFIXES = (".pdf", ".ofd")


@dataclass(frozen=True, slots=True)
class Input:
    """One file to look at: its path and the name to show."""

    path: str
    name: str


@dataclass(frozen=True, slots=True)
class Inputs:
    """The files to look at, and how many in named folders are no PDF or OFD by name."""

    files: tuple[Input, ...]
    skipped: int = 0


def inputs(arguments: Sequence[str]) -> Inputs:
    """Return every file named, and every PDF and OFD in a named folder, recursively, sorted.

    A file that is named is always looked at, whatever it is called. Links to folders are not followed. A
    folder that cannot be listed stays in the list, so that it is reported like a file that cannot be read.
    """
    if not arguments:
        stop("usage.no_input")
    found: list[Input] = []
    skipped = 0
    for argument in arguments:
        if not _is_folder(argument):
            found.append(Input(argument, argument))
            continue
        walked = list(_walk(argument))
        inside = [item for item in walked if item.path.lower().endswith(_SUFFIXES)]
        inside += [item for item in walked if item not in inside and Path(item.path).is_dir()]
        if not inside:
            stop("usage.no_files", name=argument)
        found += inside
        skipped += len(walked) - len(inside)
    return Inputs(tuple(found), skipped)


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
