"""An OFD package as a zip that every reader reads alike (GB/T 33190-2016 ch. 7; L9).

`open_package` compares every local header with the central directory, accounts for every byte of
the file, inflates every entry within `Limits` and checks its exact length and CRC-32. It refuses
(`MalformedDocument`) what cannot be read in one way only: encrypted or split archives, other
methods than stored and deflate, overlapping records, damaged entries, names that leave the
package. It reports in ``single`` what other readers might read differently: duplicate names,
headers that disagree, bytes outside. Which bytes may change without anybody seeing it:
`ecert.documents.ofd.ziprecords.insignificant_ranges`.
"""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ecert.documents.ofd.ziprecords import Directory, Entry, read_directory
from ecert.documents.sniff import second_formats
from ecert.errors import MalformedDocument
from ecert.limits import Limits
from ecert.report.outcome import OK, Outcome, failed, unknown

__all__ = ["Package", "fold", "open_package"]

_RATIO_FLOOR = 1024 * 1024
_CHUNK = 1024 * 1024
_NAME_LENGTH = 512
"""Characters of an entry name; honest ones have fewer than 100, and extraction tools cut at 255."""
_ZIP_MARKS = (b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06")
_MODE_TYPES = {0, 0o040000, 0o100000}


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """The unpacked entries of one OFD file.

    Args:
        files: absolute path -> unpacked bytes, in directory order; folders left out.
        folded: case-folded path -> path, for locations written in another case.
        single: ok when every reader finds the same one package and nothing else (L9).

    """

    files: Mapping[str, bytes]
    folded: Mapping[str, str]
    single: Outcome

    def __contains__(self, path: object) -> bool:
        return path in self.files


def open_package(data: bytes, limits: Limits) -> Package:
    """Return the unpacked package.

    Raises:
        MalformedDocument: ``format.too_large`` when a limit is exceeded (nothing more was read),
            else the reason why the container cannot be read in one way only.

    """
    _bound("file_bytes", len(data), limits.file_bytes)
    directory = read_directory(data, limits.zip_entries)
    _check_sizes(directory, limits)
    files: dict[str, bytes] = {}
    problems: list[Outcome] = []
    folded: dict[str, str] = {}
    for entry in directory.entries:
        _check_kind(entry)
        path = "/" + _checked_name(entry.name)
        problems += _name_problems(entry, path, folded)
        if entry.difference:
            problems.append(
                failed("format.headers_differ", path=entry.name, field=entry.difference)
            )
        content = _unpack(data, entry)
        if not entry.is_folder:
            files[path] = content
    problems += _folder_clashes(files)
    problems += _whole_file(data, directory)
    return Package(
        files=MappingProxyType(files),
        folded=MappingProxyType({k: v for k, v in folded.items() if v in files}),
        single=_worst(problems),
    )


def _bound(what: str, value: int, limit: int) -> None:
    if value > limit:
        raise MalformedDocument(
            "format.too_large",
            f"{what} is {value}, allowed are {limit}",
            params={"what": what, "value": value, "limit": limit},
        )


def _check_sizes(directory: Directory, limits: Limits) -> None:
    """Check what the headers state before anything is inflated; `_unpack` holds them to it."""
    total = 0
    for entry in directory.entries:
        _bound("zip_entry_bytes", entry.size, limits.zip_entry_bytes)
        if entry.size > _RATIO_FLOOR:
            _bound("zip_ratio", entry.size // max(1, entry.packed), limits.zip_ratio)
        total += entry.size
    _bound("zip_total_bytes", total, limits.zip_total_bytes)


def _check_kind(entry: Entry) -> None:
    if entry.flags & 0x2041 or entry.aes:
        raise MalformedDocument("format.encrypted", f"entry {entry.name!r} is encrypted")
    if entry.method not in (0, 8):
        raise MalformedDocument(
            "format.unsupported_packing",
            f"entry {entry.name!r} uses method {entry.method}, expected 0 or 8",
            params={"path": entry.name, "method": entry.method},
        )
    if (entry.attributes >> 16) & 0o170000 not in _MODE_TYPES:
        raise MalformedDocument(
            "format.entry_name",
            f"entry {entry.name!r} is a link or device",
            params={"path": entry.name},
        )


def _checked_name(name: str) -> str:
    """Refuse names that mean different places to different readers (eseal-crypto.md 6.1)."""
    odd = len(name) > _NAME_LENGTH or not name.isprintable() or "\\" in name or ":" in name
    if odd or any(not s or s != s.rstrip(" .") for s in name.removesuffix("/").split("/")):
        raise MalformedDocument(
            "format.entry_name",
            f"entry name {name!r} leaves the package or is ambiguous",
            params={"path": name},
        )
    return name


def fold(path: str) -> str:
    """Return the key under which file systems and viewers might confuse two names."""
    return unicodedata.normalize("NFKC", path).casefold()


def _name_problems(entry: Entry, path: str, folded: dict[str, str]) -> list[Outcome]:
    key = fold(path.removesuffix("/"))
    if key in folded:
        return [failed("format.duplicate_name", path=entry.name)]
    folded[key] = path
    if entry.other_name:
        return [failed("format.headers_differ", path=entry.name, field="unicode_path")]
    return []


def _folder_clashes(files: Mapping[str, bytes]) -> list[Outcome]:
    keys = {fold(path) for path in files}
    parents = {fold(path).rsplit("/", n)[0] for path in files for n in range(1, path.count("/"))}
    return [failed("format.duplicate_name", path=key) for key in sorted(keys & parents)]


def _whole_file(data: bytes, directory: Directory) -> list[Outcome]:
    names = tuple(entry.name for entry in directory.entries)
    problems = [
        failed("format.multiple_formats", other=other)
        for other in second_formats(data, names=names)
    ]
    if any(data.find(mark, *stray) >= 0 for stray in directory.strays for mark in _ZIP_MARKS):
        # A reader that takes the first archive, or the last, would show another document (L9).
        problems.append(failed("format.multiple_formats", other="zip"))
    if directory.outside:
        # Bytes that no record owns never accompany an accept (L9, L22); some vendors wrap the zip
        # in a blob of their own, so this alone is no proof of an attack.
        problems.append(unknown("format.bytes_outside", where="outside", size=directory.outside))
    return problems


def _worst(problems: list[Outcome]) -> Outcome:
    for problem in problems:
        if problem.ok is False:
            return problem
    return problems[0] if problems else OK


def _unpack(data: bytes, entry: Entry) -> bytes:
    """Return an entry's bytes; never more than its header states, whatever the stream says."""
    raw = data[entry.start : entry.start + entry.packed]
    content = raw if entry.method == 0 else _inflate(raw, entry)
    damaged = len(content) != entry.size or zlib.crc32(content) != entry.crc
    if damaged or (entry.is_folder and content):
        raise _damaged(entry)
    return content


def _inflate(raw: bytes, entry: Entry) -> bytes:
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    out = bytearray()
    pending = raw
    try:
        while not stream.eof:
            room = entry.size - len(out) + 1
            piece = stream.decompress(pending, min(_CHUNK, room))
            out += piece
            pending = stream.unconsumed_tail
            if len(out) > entry.size or (not piece and not pending):
                break
    except zlib.error as problem:
        raise _damaged(entry) from problem
    if not stream.eof or stream.unused_data or stream.unconsumed_tail:
        raise _damaged(entry)
    return bytes(out)


def _damaged(entry: Entry) -> MalformedDocument:
    return MalformedDocument(
        "format.entry_damaged",
        f"entry {entry.name!r} does not unpack to the length and CRC-32 it states",
        params={"path": entry.name},
    )
