"""`ecert convert MAPPING INPUT...`: legacy tables to standard JSON; every rejected row says why."""

from __future__ import annotations

from collections.abc import Sequence

import click

from ecert.commands.console import Console, stop
from ecert.commands.options import common

__all__ = ["convert"]

_SHOWN = 10


@click.command(short_help="convert legacy records · 存量数据转换")
@click.argument("mapping")
@click.argument("sources", nargs=-1, metavar="INPUT...")
@click.option("--out", "-o", required=True, metavar="DIR", help="output folder · 输出目录")
@common
def convert(console: Console, *, mapping: str, sources: Sequence[str], out: str) -> int:
    """Convert tables by a mapping file; a converted record is not an issued certificate.

    Writes converted.jsonl, rejects.csv and summary.json. Exit: 0 done, 6 done with rejected rows.
    """
    from ecert import conversion

    if not sources:
        stop("usage.no_input")

    def progress(rows: int) -> None:
        console.progress(str(rows))

    batch = conversion.convert(list(sources), mapping=mapping, out=out, progress=progress)
    if console.is_json:
        body = {"rows": batch.rows, "converted": batch.converted, "rejected": batch.rejected}
        body |= {"exit": batch.exit_code}
        files = {name: path.as_posix() for name, path in batch.files.items()}
        codes = dict(sorted(batch.codes.items()))
        console.emit_json({"schema": "ecert.batch/1", **body, "codes": codes, "files": files})
        return batch.exit_code
    lines = [
        console.say(
            f"共 {batch.rows} 行，转换 {batch.converted} 行，退回 {batch.rejected} 行",
            f"{batch.rows} rows: {batch.converted} converted, {batch.rejected} rejected",
        )
    ]
    for found in batch.diagnostics[:_SHOWN]:
        row = console.say(f"第 {found.line} 行", f"row {found.line}")
        lines.append(f"  {row}  {found.render(console.lang)}  [{found.code}]")
    more = len(batch.diagnostics) - _SHOWN
    if more > 0:
        lines.append(
            console.say(f"  另有 {more} 条，见 rejects.csv", f"  {more} more in rejects.csv")
        )
    lines += [path.as_posix() for path in batch.files.values()]
    console.emit("\n".join(lines))
    return batch.exit_code
