"""Where the bytes of a bundle come from: a folder, or one file of a local store.

Reading is bounded, follows no name that the state machine did not build, and opens nothing that is not
a regular file. The bytes are not trusted: whoever reads them verifies them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ecert.errors import TrustError
from ecert.trust.bundle.refusing import refuse
from ecert.trust.bundle.steps import Read

__all__ = ["folder_reader", "pack", "pack_reader"]

MAX_TABLE_BYTES = 64 * 1024 * 1024
"""The table of one pack; a national bundle has 0.1 MB."""
_MAGIC = b"ecert.pack/1"
_DAMAGE = (OSError, ValueError, AttributeError, TypeError, OverflowError, RecursionError)


@dataclass(frozen=True, slots=True)
class FolderRead:
    """Reads a bundle in a folder, as it was published; pickles, so that other processes read it too."""

    folder: Path

    def __call__(self, path: str, limit: int) -> bytes | None:
        """Return up to ``limit`` + 1 bytes of a file, or None where there is none."""
        place = self.folder / path
        try:
            if not place.is_file():
                return None
            with place.open("rb") as stream:
                return stream.read(limit + 1)
        except OSError as error:
            raise _unreadable(path, error) from error


class PackRead:
    """Reads a bundle that a local store keeps in one file; each process opens it for itself."""

    __slots__ = ("_file", "_places", "_stream")

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            # Held open, so that an import that writes the same bundle anew changes nothing here.
            self._stream = file.open("rb")
            self._places = _table(self._stream)
        except _DAMAGE as error:
            raise _damaged(file) from error

    def __del__(self) -> None:
        if hasattr(self, "_stream"):
            self._stream.close()

    def __reduce__(self) -> tuple[type[PackRead], tuple[Path]]:
        return PackRead, (self._file,)

    def __call__(self, path: str, limit: int) -> bytes | None:
        """Return up to ``limit`` + 1 bytes of a file, or None where there is none."""
        place = self._places.get(path)
        if place is None:
            return None
        start, length = place
        try:
            return os.pread(self._stream.fileno(), min(length, limit + 1), start)
        except (OSError, ValueError, OverflowError) as error:
            raise _damaged(self._file) from error


def folder_reader(folder: Path) -> Read:
    """Return what reads a bundle in a folder, as it was published.

    Raises:
        TrustError: ``bundle.no_folder``.
    """
    if not folder.is_dir():
        message = f"{folder.name} is no folder"
        raise refuse("bundle.no_folder", message, name=str(folder))
    return FolderRead(folder)


def pack_reader(file: Path) -> Read:
    """Return what reads a bundle that a local store keeps in one file.

    Raises:
        TrustError: ``bundle.store_damaged``.
    """
    return PackRead(file)


def _table(stream: IO[bytes]) -> dict[str, tuple[int, int]]:
    """Return where each file begins and how long it is; the numbers are checked by whoever reads."""
    magic, size = stream.readline(64).split()
    if magic != _MAGIC or not 0 <= int(size) <= MAX_TABLE_BYTES:
        raise ValueError("not a pack")
    first = stream.tell() + int(size)
    listed = json.loads(stream.read(int(size)))
    return {path: (first + int(start), int(length)) for path, (start, length) in listed.items()}


def pack(stream: IO[bytes], files: Mapping[str, bytes]) -> None:
    """Write the files of a bundle as one file: a line, a table of places, the bytes one after another."""
    places, end = {}, 0
    for path in sorted(files):
        places[path] = (end, len(files[path]))
        end += len(files[path])
    table = json.dumps(places).encode()
    stream.write(b"%b %d\n%b" % (_MAGIC, len(table), table))
    for path in places:
        stream.write(files[path])


def _unreadable(path: str, error: OSError) -> TrustError:
    return refuse("bundle.unreadable", f"{path}: {error.strerror or 'input error'}", name=path)


def _damaged(file: Path) -> TrustError:
    return refuse("bundle.store_damaged", f"{file.name} cannot be read", name=file.name)
