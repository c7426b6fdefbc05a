"""The records of a zip file, read strictly (PKWARE APPNOTE 4.3).

Every byte must belong to exactly one record. Refused: no or several disks, a directory that is not
where the end record says, records that overlap, counts or sizes that contradict each other. Zip64
fields are read only where they are consistent with the ordinary ones.

Bytes that may change without anybody seeing or relying on it (`insignificant_ranges`), each with
its reason:

* ``timestamp``: DOS time and date of an entry, twice. Nothing reads them; times of a document come
  from signed parts; local and central values may differ in honest files (L11).
* ``version``: the versions "made by" and "needed". They describe the tool, not the content; our
  reader supports one fixed set of features and checks the features themselves.
* ``attributes``: internal and external file attributes. They matter when files are extracted to a
  disk, which no viewer of OFD does; links and devices are refused whatever the rest says.
* ``extra``: extra fields (times, owner ids, vendor marks). Fields that change name, sizes or
  encryption (0x7075, 0x0001, 0x9901) are read and compared, so a change *into* one of them is
  found.
* ``packing``: the packed form of a deflated entry. Digests are over the unpacked bytes, whose
  length and CRC-32 are checked: a change here passes only if the very same bytes come out.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from ecert.errors import MalformedDocument

__all__ = ["Directory", "Entry", "insignificant_ranges", "read_directory"]

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR = struct.Struct("<4sIQI")
_TAIL = 65535 + _END.size
_FULL32, _FULL16 = 0xFFFFFFFF, 0xFFFF
_DESCRIBED, _UTF8 = 0x0008, 0x0800
_ZIP64, _UNICODE_PATH, _AES = 0x0001, 0x7075, 0x9901


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry as the central directory states it.

    Args:
        name: decoded name. header: offset of the local header. start: of the packed bytes.
        end: offset after the packed bytes and the data descriptor.
        record, central: where its central directory header starts and ends.
        difference: name of the first field in which the local header disagrees, or ``""``.
        other_name: a unicode-path extra field gives it a second name. aes: it is AES encrypted.

    """

    name: str
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    attributes: int
    header: int
    start: int
    end: int
    record: int
    central: int
    difference: str
    other_name: bool
    aes: bool
    comment: int

    @property
    def is_folder(self) -> bool:
        """Whether the entry only names a folder."""
        return self.name.endswith("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """All entries, and the byte ranges that belong to none of the records (comments included)."""

    entries: tuple[Entry, ...]
    strays: tuple[tuple[int, int], ...] = ()

    @property
    def outside(self) -> int:
        """How many bytes belong to no record."""
        return sum(end - start for start, end in self.strays)


def _bad(message: str) -> MalformedDocument:
    return MalformedDocument("format.zip_structure", message, params={"detail": message})


def read_directory(data: bytes, max_entries: int) -> Directory:
    """Return the entries of a zip file.

    Raises:
        MalformedDocument: the records contradict each other, or are more than ``max_entries``.

    """
    try:
        return _read(data, max_entries)
    except struct.error as problem:
        raise _bad("a record is cut off") from problem


def _read(data: bytes, max_entries: int) -> Directory:
    end = data.rfind(b"PK\x05\x06", max(0, len(data) - _TAIL))
    if end < 0:
        raise MalformedDocument("format.not_recognized", "no end of central directory")
    count, size, offset, first_end, after = _end_record(data, end)
    if count > max_entries:
        raise MalformedDocument(
            "format.too_large",
            f"{count} entries, allowed are {max_entries}",
            params={"what": "zip_entries", "value": count, "limit": max_entries},
        )
    base = first_end - size - offset
    if base < 0:
        raise _bad("the central directory is not where the end record says")
    entries = tuple(_central_entries(data, base, first_end - size, count))
    if (entries[-1].central if entries else first_end - size) != first_end:
        raise _bad("the central directory has another size than stated")
    _check_overlap(entries, first_end - size)
    strays = [*_gaps(entries, first_end - size), (len(data) - after, len(data))]
    strays += [(e.central - e.comment, e.central) for e in entries]
    return Directory(entries=entries, strays=tuple(s for s in strays if s[0] < s[1]))


def _gaps(entries: tuple[Entry, ...], limit: int) -> Iterator[tuple[int, int]]:
    """Yield what lies before, between and behind the local records; they do not overlap."""
    at = 0
    for entry in sorted(entries, key=lambda e: e.header):
        yield at, entry.header
        at = entry.end
    yield at, limit


def _end_record(data: bytes, end: int) -> tuple[int, int, int, int, int]:
    """Return (entries, directory size, its offset, start of the end records, bytes after)."""
    _, disk, start_disk, here, count, size, offset, comment = _END.unpack_from(data, end)
    after = len(data) - end - _END.size
    if comment > after:
        raise _bad("the archive comment is cut off")
    first = end
    if end >= _LOCATOR.size and data[end - _LOCATOR.size :].startswith(b"PK\x06\x07"):
        first = end - _LOCATOR.size - _END64.size
        values = _end64(data, first, end - _LOCATOR.size)
        for short, full, wide in (
            (here, _FULL16, values[0]),
            (count, _FULL16, values[0]),
            (size, _FULL32, values[1]),
            (offset, _FULL32, values[2]),
        ):
            if short not in (full, wide):
                raise _bad("zip64 end record disagrees with the end record")
        here, (count, size, offset) = values[0], values
        disk = start_disk = 0
    if disk or start_disk or here != count:
        raise _bad("the archive is split over disks")
    return count, size, offset, first, after


def _end64(data: bytes, at: int, locator: int) -> tuple[int, int, int]:
    if at < 0:
        raise _bad("no room for the zip64 end record")
    mark, length, _, _, disk, start, here, count, size, offset = _END64.unpack_from(data, at)
    _, disk2, place, disks = _LOCATOR.unpack_from(data, locator)
    if mark != b"PK\x06\x06" or length != _END64.size - 12 or disk or start or disk2 or disks > 1:
        raise _bad("the zip64 end record is not consistent")
    if here != count or place != offset + size:
        # Another reader would follow the locator to another record.
        raise _bad("the zip64 end record is not consistent")
    return count, size, offset


def _central_entries(data: bytes, base: int, at: int, count: int) -> Iterator[Entry]:
    limit = at
    for _ in range(count):
        entry = _central_entry(data, base, at, limit)
        at = entry.central
        yield entry


def _central_entry(data: bytes, base: int, at: int, limit: int) -> Entry:
    fields = _CENTRAL.unpack_from(data, at)
    mark, _, _, flags, method, _, _, crc, packed, size = fields[:10]
    name_len, extra_len, comment_len, disk, _, attributes, offset = fields[10:]
    if mark != b"PK\x01\x02":
        raise _bad("a central directory header is missing")
    raw_name = data[at + _CENTRAL.size : at + _CENTRAL.size + name_len]
    extra_at = at + _CENTRAL.size + name_len
    fields_by_id = dict(_extra(data[extra_at : extra_at + extra_len]))
    size, packed, offset = _zip64(fields_by_id, (size, packed, offset))
    if disk:
        raise _bad("the archive is split over disks")
    header = base + offset
    if header + _LOCAL.size > limit:
        raise _bad("an entry lies outside the file")
    central = (raw_name, flags, method, crc, packed, size)
    start, end, difference = _local(data, header, central)
    if end > limit:
        raise _bad("an entry lies outside the file")
    return Entry(
        name=_decode(raw_name, flags),
        flags=flags,
        method=method,
        crc=crc,
        packed=packed,
        size=size,
        attributes=attributes,
        header=header,
        start=start,
        end=end,
        record=at,
        central=extra_at + extra_len + comment_len,
        difference=difference,
        other_name=_UNICODE_PATH in fields_by_id,
        aes=_AES in fields_by_id,
        comment=comment_len,
    )


def _local(
    data: bytes, at: int, central: tuple[bytes, int, int, int, int, int]
) -> tuple[int, int, str]:
    """Return where the packed bytes start, where the record ends, the first field that differs."""
    raw_name, flags, method, crc, packed, size = central
    fields = _LOCAL.unpack_from(data, at)
    mark, _, flags2, method2, _, _, crc2, packed2, size2, name_len, extra_len = fields
    if mark != b"PK\x03\x04":
        raise _bad("a local header is missing")
    extra_at = at + _LOCAL.size + name_len
    extra = dict(_extra(data[extra_at : extra_at + extra_len]))
    size2, packed2, _ = _zip64(extra, (size2, packed2, 0))
    start = extra_at + extra_len
    pairs = [
        ("name", data[at + _LOCAL.size : extra_at], raw_name),
        ("flags", flags2, flags),
        ("method", method2, method),
        ("unicode_path", _UNICODE_PATH in extra, False),
    ]
    wanted = (crc, packed, size)
    stated = (crc2, packed2, size2)
    end = start + packed
    if flags & _DESCRIBED:
        described, end = _descriptor(data, end, wide=_ZIP64 in extra)
        pairs.append(("descriptor", described, wanted))
        if stated == (0, 0, 0):
            stated = wanted
    pairs.append(("sizes", stated, wanted))
    difference = next((name for name, mine, theirs in pairs if mine != theirs), "")
    return start, end, difference


def _descriptor(data: bytes, at: int, *, wide: bool) -> tuple[tuple[int, int, int], int]:
    if data[at : at + 4] == b"PK\x07\x08":
        at += 4
    layout = struct.Struct("<IQQ" if wide else "<III")
    crc, packed, size = layout.unpack_from(data, at)
    return (crc, packed, size), at + layout.size


def _extra(raw: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(raw):
        tag, length = struct.unpack_from("<HH", raw, at)
        yield tag, raw[at + 4 : at + 4 + length]
        at += 4 + length


def _zip64(extra: dict[int, bytes], values: tuple[int, int, int]) -> tuple[int, int, int]:
    """Replace saturated fields by their zip64 values, in the order of APPNOTE 4.5.3."""
    wide = extra.get(_ZIP64, b"")
    result = []
    for value in values:
        if value == _FULL32 and len(wide) >= 8:  # noqa: PLR2004
            result.append(int.from_bytes(wide[:8], "little"))
            wide = wide[8:]
        else:
            result.append(value)
    return result[0], result[1], result[2]


def _decode(raw: bytes, flags: int) -> str:
    """Decode a name: UTF-8 where flagged, else UTF-8 or GB18030, as Chinese tools write them."""
    for encoding in ("utf-8",) if flags & _UTF8 else ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise MalformedDocument(
        "format.entry_name",
        "an entry name is not text",
        params={"path": raw[:80].decode("ascii", "backslashreplace")},
    )


def _check_overlap(entries: tuple[Entry, ...], limit: int) -> None:
    at = 0
    for entry in sorted(entries, key=lambda e: e.header):
        if entry.header < at:
            raise _bad("two entries share bytes")
        at = entry.end
    if at > limit:
        raise _bad("an entry overlaps the central directory")


def insignificant_ranges(data: bytes) -> list[tuple[int, int, str]]:
    """Return (start, end, class) of bytes that nobody sees or relies on (see the module text).

    Raises:
        MalformedDocument: the file is no zip that `read_directory` accepts.

    """
    directory = read_directory(data, _FULL16)
    ranges: list[tuple[int, int, str]] = []
    for entry in directory.entries:
        at = entry.header
        ranges += [(at + 4, at + 6, "version"), (at + 10, at + 14, "timestamp")]
        name_len = int.from_bytes(data[at + 26 : at + 28], "little")
        ranges.append((at + _LOCAL.size + name_len, entry.start, "extra"))
        if entry.method:
            ranges.append((entry.start, entry.start + entry.packed, "packing"))
        at = entry.record
        ranges += [
            (at + 4, at + 8, "version"),
            (at + 12, at + 16, "timestamp"),
            (at + 36, at + 42, "attributes"),
        ]
        name_len = int.from_bytes(data[at + 28 : at + 30], "little")
        ranges.append((at + _CENTRAL.size + name_len, entry.central - entry.comment, "extra"))
    return sorted(r for r in ranges if r[0] < r[1])
