"""What a reader yields: a row of named cells, or a row that could not be read and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ecert.model.issue import Cause

__all__ = ["Record", "Source", "Unreadable"]


@dataclass(frozen=True, slots=True)
class Source:
    """The file a row came from: name for people, SHA-256 for the record."""

    name: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One row: where it begins (line from 1, the header included) and its cells by column name."""

    source: Source
    line: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """One row that has no cells to speak of: undecodable bytes, a wrong number of columns, ..."""

    source: Source
    line: int
    causes: tuple[Cause, ...]
