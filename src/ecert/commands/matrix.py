"""`ecert matrix`: every relying region by certificates or types, as text, CSV, page or JSON (D9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ecert.commands.assuming import read_simulated, simulating
from ecert.commands.console import UNREADABLE, Console, Stop, stop
from ecert.commands.files import write_output
from ecert.commands.options import common, read_instant, read_region
from ecert.commands.progress import Progress
from ecert.commands.simulated import (
    EXIT,
    LOOKS,
    answer_json,
    banner,
    horizon,
    question_json,
    rests_on,
    shown,
    time_text,
    trust_json,
    would,
)
from ecert.report.jsonform import instant

if TYPE_CHECKING:
    from ecert.recognition.asked import Asked
    from ecert.recognition.matrix import Cell, Column, Matrix
    from ecert.trust.store import TrustStore

__all__ = ["matrix"]

_HEADS = (
    "mode", "at", "relying", "relying_name", "certificate_or_type", "issuing", "matter", "simulated",
    "until", "agreement", "codes",
)  # fmt: skip


@click.command(short_help="who would recognise what · 互认矩阵")
@click.argument("inputs", nargs=-1, metavar="[FILE|TYPE]...")
@click.option(
    "--issuing", metavar="CODE", help="issuing division, for types · 颁发地（按类型查询时）"
)
@click.option("--issued", metavar="DATE", help="day of issue, for types; the asked day · 颁发日期")
@click.option("--relying", multiple=True, metavar="CODE", help="only these regions · 只看这些地区")
@click.option("--until", metavar="TIME", help="how far to look for ends; a year · 推算至何时")
@click.option("--csv", "csv_file", metavar="FILE", help="also write a table · 另存为 CSV")
@click.option("--html", "html_file", metavar="FILE", help="also write a page · 另存为网页")
@simulating
@common
def matrix(
    console: Console,
    *,
    inputs: Sequence[str],
    issuing: str | None,
    issued: str | None,
    relying: Sequence[str],
    until: str | None,
    csv_file: str | None,
    html_file: str | None,
    **given: Any,
) -> int:
    """Show which regions would recognise certificates, or types from --issuing, for --matter.

    Without FILE or TYPE: every type that the agreements of the trust name. Only recognition is asked, not
    whether a file is genuine. Always simulated. Exit: 12; 2 usage, 4 unreadable, 5 trust unusable.
    """
    from ecert.recognition.matrix import matrix as made_matrix
    from ecert.recognition.matrix import relying_regions

    at = read_instant(given["at"]) or datetime.now(UTC).replace(microsecond=0)
    trust = read_simulated(given, at=at)
    regions = [str(read_region(code)) for code in relying]
    if not regions and not relying_regions(trust.knowledge):
        stop("matrix.no_regions")
    wanted = _Wanted(trust, at, given["matter"], given["profiles"], issuing, issued)
    columns = [wanted.column(text) for text in inputs] or wanted.every_type()
    progress = Progress(console, zh="已推算 {n} 格", en="{n} cells")
    found = made_matrix(
        columns,
        trust.knowledge,
        at=at,
        until=horizon(at, read_instant(until)),
        regions=regions,
        seen=progress.show,
    )
    progress.end(len(found.cells))
    if csv_file is not None:
        write_output(console, csv_file, b"".join(_csv(found)), inputs=inputs)
    if html_file is not None:
        page = "".join(_page(console, found, trust))
        write_output(console, html_file, page.encode("utf-8", "backslashreplace"), inputs=inputs)
    if console.is_json:
        console.emit_json(_json(found, trust))
    elif "-" not in (csv_file, html_file):
        console.emit("\n".join(_lines(console, found, trust)))
    return EXIT


class _Wanted:
    """From arguments to columns."""

    def __init__(
        self,
        trust: TrustStore,
        at: datetime,
        matter: str | None,
        profiles: Path | None,
        issuing: str | None,
        issued: str | None,
    ) -> None:
        self.trust, self.at, self.matter, self.profiles = trust, at, matter, profiles
        region = read_region(issuing)
        self.issuing = str(region) if region is not None else None
        self.issued = issued

    def column(self, text: str) -> Column:
        """Return the column of one file or one type."""
        from ecert.recognition.matrix import Column

        if Path(text).is_file():
            return Column(label=text, asked=self._of_file(text))
        return Column(label=text, asked=self._of_type(text))

    def every_type(self) -> list[Column]:
        """Return a column for every type that agreements name."""
        from ecert.recognition.matrix import Column, types_of

        names = types_of(self.trust.knowledge)
        return [Column(label=name, asked=self._of_type(name)) for name in names]

    def _of_file(self, path: str) -> Asked:
        from ecert.facade import Asking, examine
        from ecert.ids.region import NATION

        asking = Asking(relying=NATION, matter=self.matter, profiles=self.profiles)
        report, asked = examine(path, trust=self.trust, at=self.at, asking=asking)
        if asked is None:
            assert report.error is not None
            raise Stop(report.error, exit_code=report.exit_code, name=path)
        if asked.blocked_by is not None:
            stop("matrix.no_question", exit_code=UNREADABLE, name=path)
        return asked

    def _of_type(self, text: str) -> Asked:
        """Return the question about a certificate of a type of which nothing else is known."""
        from ecert.recognition.asked import Asked
        from ecert.recognition.matrix import types_of

        profile = self._profile(text)
        if profile is None and text not in types_of(self.trust.knowledge):
            stop("matrix.no_such_input", name=text)
        if self.issuing is None:
            stop("usage.missing", name="--issuing CODE")
        code, name = profile or (text, None)
        return Asked(
            relying="",
            matter=self.matter,
            issuing=self.issuing,
            type_code=code,
            profile_id=name if name is not None or profile else text,
            issue_date=self._issued(),
            grade="declared",
        )

    def _issued(self) -> date:
        from ecert.errors import InvalidIdentifier
        from ecert.ids import parse_date
        from ecert.ids.dates import shanghai_day

        if self.issued is None:
            return shanghai_day(self.at)
        try:
            return parse_date(self.issued)
        except InvalidIdentifier:
            stop("usage.time", value=self.issued)

    def _profile(self, text: str) -> tuple[str | None, str] | None:
        """Return type code and profile of a known type named by either."""
        from ecert.model.library import find_profile, list_profiles, load_profile

        found = find_profile(text, search=self.profiles)
        if found is None and text in list_profiles(search=self.profiles):
            found = load_profile(text, search=self.profiles)
        return (found.type_code, found.id) if found is not None else None


def _name(code: str) -> str:
    from ecert.ids.region import lookup

    record = lookup(code)
    return record.name if record is not None else ""


def _csv(found: Matrix) -> Iterator[bytes]:
    """Yield the table: a byte order mark, and no cell that a program would run as a formula."""
    from ecert.conversion.outputs import csv_line

    yield b"\xef\xbb\xbf" + csv_line(_HEADS)
    for cell in found.cells:
        asked, said = cell.column.asked, cell.answer
        row = (
            "simulated",
            instant(found.at) or "",
            cell.relying,
            _name(cell.relying),
            shown(cell.column.label),
            asked.issuing or "",
            shown(asked.matter or ""),
            f"simulated_{said.outcome}",
            instant(cell.until) or "",
            shown(said.agreement),
            " ".join(said.codes),
        )
        yield csv_line(row)


def _notes(console: Console, found: Matrix, trust: TrustStore) -> Iterable[str]:
    lang = console.lang
    matter = shown(found.matter) if found.matter else "-"
    until = time_text(found.looked_until, lang)
    yield console.say("事项：", "matter: ") + matter
    yield console.say("时点：", "as of: ") + time_text(found.at, lang)
    yield console.say(
        f"“至”为第一次变为其他回答的时刻；未注明的，到 {until} 未见变化",
        f"'until' is the first instant of another answer; where none stands, none was found by {until}",
    )
    yield console.say(
        "只问互认：文件是否真实、有效另行核验",
        "recognition alone: whether a file is genuine and valid is another question",
    )
    yield from rests_on(console, trust)


def _page(console: Console, found: Matrix, trust: TrustStore) -> Iterator[str]:
    from ecert.report.sheet import Field, sheet

    lang = console.lang

    def field(cell: Cell) -> Field:
        said = cell.answer
        lines = [f"{LOOKS[said.outcome][1]} {would(said.outcome, lang)}"]
        if cell.until is not None:
            lines.append(console.say("至 ", "until ") + time_text(cell.until, lang))
        lines += [said.agreement] if said.agreement else []
        lines += [" ".join(said.codes)] if said.codes else []
        return Field(tuple(lines), LOOKS[said.outcome][0])

    return sheet(
        console.say("互认矩阵", "Matrix of recognition"),
        lang=lang,
        banner=banner(lang),
        notes=_notes(console, found, trust),
        heads=(console.say("接收地区", "relying"), *(_head(c) for c in found.columns)),
        rows=(
            (Field((region, _name(region)), "head"), *(field(c) for c in cells))
            for region, cells in found.rows
        ),
    )


def _head(column: Column) -> str:
    issuing = column.asked.issuing
    return f"{column.label} ({issuing})" if issuing else column.label


def _lines(console: Console, found: Matrix, trust: TrustStore) -> Iterator[str]:
    lang = console.lang
    yield f"{banner(lang)}  " + console.say("互认矩阵", "matrix of recognition")
    yield from (f"  {note}" for note in _notes(console, found, trust))
    for number, column in enumerate(found.columns, start=1):
        yield f"  [{number}] {shown(_head(column))}"
    legend = (f"{mark} {would(word, lang)}" for word, (_, mark) in LOOKS.items())
    yield "  " + "   ".join(legend)
    width = len("? 2026-01-01")
    heads = "".join(f"[{n}]".ljust(width + 2) for n in range(1, len(found.columns) + 1))
    yield f"{'':8}{heads}".rstrip()
    for region, cells in found.rows:
        marks = "".join(_mark(c, lang).ljust(width + 2) for c in cells)
        yield f"{region:8}{marks}{_name(region)}".rstrip()


def _mark(cell: Cell, lang: str) -> str:
    mark = LOOKS[cell.answer.outcome][1]
    return f"{mark} {time_text(cell.until, lang)[:10]}" if cell.until is not None else mark


def _json(found: Matrix, trust: TrustStore) -> dict[str, Any]:
    from ecert.facade import tool
    from ecert.report.jsonform import tool_dict

    columns = [
        {
            "label": shown(c.label),
            "issuing": c.asked.issuing,
            "type_code": c.asked.type_code,
            "profile_id": c.asked.profile_id,
            "issue_date": c.asked.issue_date.isoformat() if c.asked.issue_date else None,
        }
        for c in found.columns
    ]
    cells = [
        {"relying": cell.relying, "column": found.columns.index(cell.column)}
        | answer_json(cell.answer)
        | {"until": instant(cell.until)}
        for cell in found.cells
    ]
    return {
        "schema": "ecert.matrix/1",
        "mode": "simulated",
        "tool": tool_dict(tool()),
        "question": question_json(trust, found.at, found.looked_until, found.matter),
        "trust": trust_json(trust),
        "exit": EXIT,
        "columns": columns,
        "cells": cells,
    }
