"""Which rows share a number, kept on disk so that memory stays constant whatever the batch.

Identifiers are made of the number: of several rows with one number at most one can be converted.
With ``latest_validity`` that is the row valid longest (长期 before any date, then the later day of
issue, then the first row); rows of one number that name different holders are all refused, because
nothing in the table says which of them is right. Numbers compare without blanks, width, case and
form of brackets (ecert-data.md 7).
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from ecert.ids.text import fold
from ecert.model import Certificate

if TYPE_CHECKING:
    import sqlite3

__all__ = ["Entry", "Ledger", "number_key"]

_BRACKETS = str.maketrans("〔〕［］【】（）[]", "()()()()()")
_TABLE = """
CREATE TABLE numbers (
    key BLOB PRIMARY KEY, rank TEXT NOT NULL, place INTEGER NOT NULL, holder BLOB NOT NULL,
    rows INTEGER NOT NULL, holders INTEGER NOT NULL
) WITHOUT ROWID
"""
_UPSERT = """
INSERT INTO numbers VALUES (?, ?, ?, ?, 1, 1) ON CONFLICT (key) DO UPDATE SET
    rows = rows + 1,
    holders = holders + (holder <> excluded.holder),
    place = CASE WHEN excluded.rank > rank THEN excluded.place ELSE place END,
    rank = max(rank, excluded.rank)
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one number: the place of the row to keep, how many rows, whether holders differ."""

    kept: int
    rows: int
    same_holder: bool


class Ledger:
    """The numbers of a batch; ``place`` is a row's position in the batch."""

    def __init__(self, file: Path) -> None:
        import sqlite3

        self._db: sqlite3.Connection = sqlite3.connect(file, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute(_TABLE)
        self._db.execute("BEGIN")

    def add(self, certificate: Certificate, place: int) -> None:
        """Note the certificate of a row."""
        key, holder = number_key(certificate), _digest(fold(certificate.holder.code).upper())
        self._db.execute(_UPSERT, (key, _rank(certificate), place, holder))

    def entry(self, key: bytes) -> Entry:
        """Return what is known of a number that was added."""
        row = self._db.execute(
            "SELECT place, rows, holders FROM numbers WHERE key = ?", (key,)
        ).fetchone()
        place, rows, holders = row
        return Entry(place, rows, holders == 1)

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def number_key(certificate: Certificate) -> bytes:
    """Return a digest of the certificate's number as it compares with others."""
    return _digest(fold(certificate.number or "").upper().translate(_BRACKETS))


def _digest(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]


def _rank(certificate: Certificate) -> str:
    end = certificate.metadata_text("certificateValidateEnd") or ""
    issued = certificate.metadata_text("issueDate") or ""
    return f"{'99999999' if end and not end.isdigit() else end:0>8}{issued:0>8}"
