"""Read delimited text (RFC 4180 as it is met) row by row, in constant memory.

A row that cannot be read is yielded as such and the next one is read. A quotation mark that is
never closed spoils its own line alone: reading starts again at the following one, so that no row
disappears in another. Refused for the whole file: UTF-16, too many columns. Blank lines are no rows.
"""

from __future__ import annotations

import csv
from codecs import getincrementaldecoder
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import BinaryIO

from ecert.conversion.gb18030 import repair
from ecert.conversion.rows import Record, Source, Unreadable
from ecert.errors import MalformedInput
from ecert.limits import Limits
from ecert.model.issue import Cause

__all__ = ["ENCODINGS", "Layout", "Survey", "read_header", "read_rows", "survey"]

ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "auto")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_UTF8_BOM = b"\xef\xbb\xbf"
_IDEOGRAPHS = "\u2e80"
_LOOKAHEAD = 64
"""Lines that one quoted cell may span; a longer one is taken for a stray quotation mark."""
_OPEN_AT_END = "unexpected end of data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How the bytes are laid out: a settled encoding (not auto) and a delimiter."""

    encoding: str = "utf-8"
    delimiter: str = ","


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What the first pass over a file found: digest, size, and the encoding to read it with."""

    sha256: str
    size: int
    encoding: str


@dataclass(slots=True)
class _Line:
    number: int
    text: str
    size: int
    bad_at: int | None = None
    whole: bool = True


def survey(stream: BinaryIO, encoding: str, *, limits: Limits | None = None) -> Survey:
    """Return digest, size and encoding of a file read to its end.

    ``auto`` is UTF-8 with a byte order mark, else what most lines that are not ASCII are: one
    broken line does not turn the whole file into other characters. A Chinese header decides alone,
    where it is UTF-8 or cannot be: GB18030 text that looks like Chinese in UTF-8 does not occur.

    Raises:
        MalformedInput: UTF-16, which none of the encodings is.

    """
    bounds = limits or Limits()
    hashed, size, valid, other = sha256(), 0, 0, 0
    first, begins = b"", True
    while line := stream.readline(bounds.record_bytes):
        first = first or line
        hashed.update(line)
        size += len(line)
        ends = line.endswith(b"\n")
        # Only whole lines vote: a piece of a longer one may begin or end inside a character.
        whole = begins and (ends or len(line) < bounds.record_bytes)
        begins = ends
        if encoding == "auto" and whole and not line.isascii():
            good = _is(line, "utf-8")
            valid, other = valid + good, other + (not good)
    if first[:2] in _UTF16:
        raise MalformedInput("conversion.utf16", "the table is UTF-16, expected UTF-8 or GB18030")
    if encoding == "auto":
        encoding = _auto(first, "utf-8" if valid >= other else "gb18030")
    settled = "gb18030" if encoding == "gb18030" else "utf-8"
    return Survey(sha256=hashed.hexdigest(), size=size, encoding=settled)


def _auto(first: bytes, likely: str) -> str:
    if first.startswith(_UTF8_BOM):
        return "utf-8"
    if _is(first, "utf-8"):
        text = getincrementaldecoder("utf-8")().decode(first)
        return "utf-8" if any(char >= _IDEOGRAPHS for char in text) else likely
    return "gb18030" if _is(first, "gb18030") else likely


def _is(line: bytes, encoding: str) -> bool:
    try:
        getincrementaldecoder(encoding)().decode(line)
    except UnicodeDecodeError:
        return False
    return True


def read_header(stream: BinaryIO, layout: Layout, *, limits: Limits | None = None) -> list[str]:
    """Return the column names of the first row, blanks at their edges removed; [] of an empty file.

    Raises:
        MalformedInput: the header cannot be decoded, or has too many columns.

    """
    return _header(_Rows(stream, layout, limits or Limits()))


def read_rows(
    stream: BinaryIO, layout: Layout, *, source: Source, limits: Limits | None = None
) -> Iterator[Record | Unreadable]:
    """Yield every row after the header, in order."""
    rows = _Rows(stream, layout, limits or Limits())
    names = _header(rows)
    for line, cells, causes in rows.read(len(names)):
        if causes or cells is None:
            yield Unreadable(source, line, causes)
        elif len(cells) != len(names):
            cause = Cause.of("conversion.column_count", expected=len(names), found=len(cells))
            yield Unreadable(source, line, (cause,))
        elif not any(cell.strip() for cell in cells):
            yield Unreadable(source, line, (Cause.of("conversion.empty_row"),))
        else:
            yield Record(source, line, dict(zip(names, cells, strict=True)))


_Row = tuple[int, list[str] | None, tuple[Cause, ...]]


def _header(rows: _Rows) -> list[str]:
    for _, cells, causes in rows.read(0):
        if causes or cells is None:
            raise MalformedInput(
                "conversion.header", f"the header cannot be read: {causes[0].code}"
            )
        if len(cells) > rows.limits.records_field_count:
            limit = rows.limits.records_field_count
            message = f"{len(cells)} columns, limit {limit}"
            params = {"found": len(cells), "limit": limit}
            raise MalformedInput("conversion.too_many_columns", message, params=params)
        return [cell.strip().removeprefix("\ufeff").strip() for cell in cells]
    return []


@dataclass(slots=True)
class _Rows:
    """Physical lines put together to rows, with the lines that were looked at too early kept."""

    stream: BinaryIO
    layout: Layout
    limits: Limits
    waiting: deque[_Line] = field(default_factory=deque)
    number: int = 0
    offset: int = 0

    def read(self, width: int) -> Iterator[_Row]:
        """Yield line number and cells of each row; ``width`` 0 means any number of columns."""
        while (line := self._line()) is not None:
            if not line.whole:
                cause = Cause.of("conversion.row_too_large", limit=self.limits.record_bytes)
                yield line.number, None, (cause,)
            elif line.text.strip(" \t\r\ufeff") or self.layout.delimiter in line.text:
                yield self._row(line, width)

    def _row(self, first: _Line, width: int) -> _Row:
        if '"' not in first.text:
            return first.number, first.text.split(self.layout.delimiter), _undecoded([first])
        lines = [first]
        found = self._parse(lines)
        while found is None and self._extend(lines):
            found = self._parse(lines)
        joined = len(lines) > 1
        fits = isinstance(found, list) and width in (0, len(found))
        if found is None or (joined and not fits):  # the mark is stray: give the other lines back
            self.waiting.extendleft(reversed(lines[1:]))
            causes = (Cause.of("conversion.quote_open"), *_undecoded([first]))
            return first.number, None, causes
        causes = _undecoded(lines)
        if isinstance(found, Cause):
            return first.number, None, (found, *causes)
        return first.number, found, causes

    def _parse(self, lines: list[_Line]) -> list[str] | Cause | None:
        """Return the cells, what is wrong with them, or None while a quoted cell is open."""
        text = [line.text + "\n" for line in lines[:-1]] + [lines[-1].text]
        try:
            return next(csv.reader(text, delimiter=self.layout.delimiter, strict=True))
        except csv.Error as error:
            if str(error).startswith(_OPEN_AT_END):
                return None
            if "field limit" in str(error):
                return Cause.of("conversion.row_too_large", limit=csv.field_size_limit())
            return Cause.of("conversion.quoting")

    def _extend(self, lines: list[_Line]) -> bool:
        """Add the lines up to the next one with a quotation mark; whether there was one in reach."""
        size = sum(line.size for line in lines)
        while len(lines) < _LOOKAHEAD and size <= self.limits.record_bytes:
            line = self._line()
            if line is None:
                return False
            lines.append(line)
            size += line.size
            if not line.whole:
                return False
            if '"' in line.text:
                return True
        return False

    def _line(self) -> _Line | None:
        if self.waiting:
            return self.waiting.popleft()
        limit = self.limits.record_bytes
        data = self.stream.readline(limit + 1)
        if not data:
            return None
        self.number += 1
        start, size = self.offset, len(data)
        rest = data
        while len(rest) > limit and not rest.endswith(b"\n"):
            rest = self.stream.readline(limit + 1)
            size += len(rest)
        self.offset += size
        if size > limit:
            return _Line(self.number, "", size, whole=False)
        skip = len(_UTF8_BOM) if start == 0 and data.startswith(_UTF8_BOM) else 0
        return self._decode(data.rstrip(b"\n").removesuffix(b"\r"), start, skip, size)

    def _decode(self, data: bytes, start: int, skip: int, size: int) -> _Line:
        encoding, bad_at = self.layout.encoding, None
        try:
            text = data[skip:].decode(encoding)
        except UnicodeDecodeError as error:
            bad_at = start + skip + error.start
            text = data[skip:].decode(encoding, "surrogateescape")
        text = repair(text) if encoding == "gb18030" else text
        return _Line(self.number, text, size, bad_at)


def _undecoded(lines: list[_Line]) -> tuple[Cause, ...]:
    for line in lines:
        if line.bad_at is not None:
            return (Cause.of("conversion.undecodable", offset=line.bad_at),)
    return ()
