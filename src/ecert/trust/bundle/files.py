"""Where the bytes of a bundle come from: a folder, or one file of a local store.

Reading is bounded, follows no name that the state machine did not build, and opens nothing that is not
a regular file. The bytes are not trusted: whoever reads them verifies them.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ecert.errors import TrustError
from ecert.trust.bundle.refusing import refuse
from ecert.trust.bundle.steps import Read

__all__ = ["folder_reader", "pack", "pack_reader"]

MAX_PACK_BYTES = 1024 * 1024 * 1024
"""One bundle in a store: ten times a national one with every status list in it."""
_EPOCH = (1980, 1, 1, 0, 0, 0)


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

    __slots__ = ("_archive", "_file")

    def __init__(self, file: Path) -> None:
        self._file = file
        self._archive = _open_pack(file)

    def __reduce__(self) -> tuple[type[PackRead], tuple[Path]]:
        return PackRead, (self._file,)

    def __call__(self, path: str, limit: int) -> bytes | None:
        """Return up to ``limit`` + 1 bytes of a file, or None where there is none."""
        try:
            with self._archive.open(path) as stream:
                return stream.read(limit + 1)
        except KeyError:
            return None
        except (OSError, zipfile.BadZipFile, ValueError, RuntimeError, EOFError) as error:
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


def _open_pack(file: Path) -> zipfile.ZipFile:
    try:
        if file.stat().st_size > MAX_PACK_BYTES:
            raise _damaged(file)
        return zipfile.ZipFile(file)
    except (OSError, zipfile.BadZipFile, ValueError) as error:
        raise _damaged(file) from error


def pack(stream: IO[bytes], files: Mapping[str, bytes]) -> None:
    """Write the files of a bundle as one file: not compressed, in order, without times."""
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(files):
            archive.writestr(zipfile.ZipInfo(path, _EPOCH), files[path])


def _unreadable(path: str, error: OSError) -> TrustError:
    return refuse("bundle.unreadable", f"{path}: {error.strerror or 'input error'}", name=path)


def _damaged(file: Path) -> TrustError:
    return refuse("bundle.store_damaged", f"{file.name} cannot be read", name=file.name)
