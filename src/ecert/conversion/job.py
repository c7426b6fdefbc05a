"""One batch on its way through its two passes; what it writes is whole or not there.

The first pass spools converted rows and the cells of rejected ones in order, the second settles
rows of one number and writes the outputs. Several reasons may reject one row; accounts count rows.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from ecert.conversion.diagnostics import Diagnostic, shown
from ecert.conversion.ledger import Ledger, number_key
from ecert.conversion.mapping import RecordMapping
from ecert.conversion.outputs import (
    COLUMNS,
    CONVERTED,
    REJECTS,
    SUMMARY,
    Output,
    cells,
    csv_line,
    file_name,
)
from ecert.conversion.readers.delimited import Layout, Survey, read_rows, survey
from ecert.conversion.record import Converted, Rejected, convert_record, origin_of, reject
from ecert.conversion.rows import Record, Source
from ecert.errors import ECertError, MalformedInput
from ecert.limits import Limits
from ecert.model import Certificate, canonical_bytes
from ecert.report import Reason

__all__ = ["Batch", "Job", "Table"]

_EVERY = 500
_KEPT_DIAGNOSTICS = 1000
_DONE, _DONE_WITH_REJECTS = 0, 6
_LINE_BITS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What became of a batch.

    Args:
        rows, converted, rejected: rows of data; rows = converted + rejected, always.
        files: converted.jsonl, rejects.csv, summary.json by name. codes: how often each reason came.
        diagnostics: the first thousand reasons; all of them are in rejects.csv.

    """

    rows: int
    converted: int
    rejected: int
    files: Mapping[str, Path]
    codes: Mapping[str, int] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def exit_code(self) -> int:
        """0, or 6 when there are rejected rows."""
        return _DONE_WITH_REJECTS if self.rejected else _DONE


@dataclass(frozen=True, slots=True)
class Table:
    """One input that was surveyed: its path, name and digest, layout, and what was found."""

    path: Path
    source: Source
    layout: Layout
    survey: Survey


@dataclass(slots=True)
class Job:
    """The state of one batch; ``run`` is called once."""

    mapping: RecordMapping
    tables: list[Table]
    limits: Limits
    progress: Callable[[int], None]
    rows: int = 0
    converted: int = 0
    rejected: int = 0
    read: list[int] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)
    kept: list[Diagnostic] = field(default_factory=list)

    def run(self, work: Path, folder: Path) -> Batch:
        """Return the finished batch; temporary files lie in ``work``."""
        ledger = Ledger(work / "numbers")
        try:
            with (work / "spool").open("wb") as stream:
                for table, row in self._rows():
                    self._spool(stream, table, row, ledger)
            with Output(work / CONVERTED) as good, Output(work / REJECTS) as bad:
                bad.write(b"\xef\xbb\xbf" + csv_line(COLUMNS))
                with (work / "spool").open("rb") as stream:
                    self._settle(stream, ledger, good, bad)
        finally:
            ledger.close()
        self._balance(good)
        with Output(work / SUMMARY) as summary:
            summary.write(canonical_bytes(self._summary(good, bad)) + b"\n")
        return self._publish(work, folder)

    def _rows(self) -> Iterator[tuple[int, Converted | Rejected]]:
        for index, table in enumerate(self.tables):
            before = self.rows
            with table.path.open("rb") as stream:
                for row in read_rows(stream, table.layout, source=table.source, limits=self.limits):
                    self.rows += 1
                    yield (
                        index,
                        convert_record(row, self.mapping)
                        if isinstance(row, Record)
                        else reject(row),
                    )
                    if self.rows % _EVERY == 0:
                        self.progress(self.rows)
                stream.seek(0)
                again = survey(stream, table.layout.encoding, limits=self.limits)
            if again.sha256 != table.source.sha256:
                raise MalformedInput(
                    "conversion.input_changed", f"{table.path.name}: changed while it was read"
                )
            self.read.append(self.rows - before)
        self.progress(self.rows)

    def _spool(
        self, stream: BinaryIO, table: int, row: Converted | Rejected, ledger: Ledger
    ) -> None:
        place = table << _LINE_BITS | row.line
        item: dict[str, Any] = {"place": place}
        if isinstance(row, Converted):
            ledger.add(row.certificate, place)
            item["json"] = row.certificate.canonical().decode()
            item["key"] = number_key(row.certificate).hex()
        else:
            item["cells"] = [cells(diagnostic) for diagnostic in row.diagnostics]
            self._note(row.diagnostics)
        stream.write(json.dumps(item).encode() + b"\n")

    def _note(self, diagnostics: Iterable[Diagnostic]) -> None:
        for diagnostic in diagnostics:
            self.codes[diagnostic.code] += 1
            if len(self.kept) < _KEPT_DIAGNOSTICS:
                self.kept.append(diagnostic)

    def _settle(self, stream: BinaryIO, ledger: Ledger, good: Output, bad: Output) -> None:
        for line in stream:
            item = json.loads(line)
            lines = item.get("cells")
            if lines is None:
                problem = self._duplicate(item, ledger)
                if problem is None:
                    good.write(item["json"].encode() + b"\n")
                    self.converted += 1
                    continue
                self._note([problem])
                lines = [cells(problem)]
            self.rejected += 1
            for row in lines:
                bad.write(csv_line(row))

    def _duplicate(self, item: Mapping[str, Any], ledger: Ledger) -> Diagnostic | None:
        """Return why a row gives way to others of its number, or None for the row to keep."""
        entry = ledger.entry(bytes.fromhex(item["key"]))
        keeps = self.mapping.duplicates == "latest_validity"
        if entry.rows == 1 or (keeps and entry.same_holder and entry.kept == item["place"]):
            return None
        if not entry.same_holder:
            reason = Reason.of("conversion.duplicate_holder", rows=entry.rows)
        elif keeps:
            table, line = self._where(entry.kept)
            name = file_name(table.source.name)
            reason = Reason.of("conversion.duplicate", kept_row=line, kept_source=name)
        else:
            reason = Reason.of("conversion.duplicate_number", rows=entry.rows)
        certificate = Certificate.from_json(item["json"])
        profile = self.mapping.profile
        personal = "certificateNumber" in profile.personal_metadata()
        target = origin_of("certificateNumber", profile)
        table, line = self._where(item["place"])
        rule = next((r for r in self.mapping.rules if r.target == target), None)
        return Diagnostic(
            source=table.source,
            line=line,
            reason=reason,
            field=target,
            column=" + ".join(rule.columns) if rule else "",
            value=shown(certificate.number or "", personal="yes" if personal else "unknown"),
        )

    def _where(self, place: int) -> tuple[Table, int]:
        return self.tables[place >> _LINE_BITS], place & (1 << _LINE_BITS) - 1

    def _balance(self, good: Output) -> None:
        """Refuse to publish a batch in which a row is lost or counted twice."""
        counted = (self.converted + self.rejected, sum(self.read), good.lines + self.rejected)
        if set(counted) != {self.rows}:
            raise ECertError(
                "conversion.unbalanced",
                f"{self.rows} rows in, {self.converted} converted, {self.rejected} rejected",
                params={
                    "rows": self.rows,
                    "converted": self.converted,
                    "rejected": self.rejected,
                },
            )

    def _summary(self, good: Output, bad: Output) -> dict[str, Any]:
        mapping = self.mapping
        return {
            "schema": "ecert.conversion/1",
            "mapping": {"id": mapping.id, "version": mapping.version, "sha256": mapping.sha256},
            "profile": {"id": mapping.profile.id, "sha256": mapping.profile.sha256},
            "sources": [
                {
                    "name": file_name(table.source.name),
                    "sha256": table.source.sha256,
                    "size": table.survey.size,
                    "encoding": table.layout.encoding,
                    "rows": rows,
                }
                for table, rows in zip(self.tables, self.read, strict=True)
            ],
            "rows": self.rows,
            "converted": self.converted,
            "rejected": self.rejected,
            "codes": dict(sorted(self.codes.items())),
            "files": {CONVERTED: good.sha256, REJECTS: bad.sha256},
        }

    def _publish(self, work: Path, folder: Path) -> Batch:
        """Move the outputs into place, the summary that states their digests last."""
        (folder / SUMMARY).unlink(missing_ok=True)
        files = {name: folder / name for name in (CONVERTED, REJECTS, SUMMARY)}
        for name, target in files.items():
            (work / name).replace(target)
        return Batch(
            rows=self.rows,
            converted=self.converted,
            rejected=self.rejected,
            files=files,
            codes=dict(sorted(self.codes.items())),
            diagnostics=tuple(self.kept),
        )
