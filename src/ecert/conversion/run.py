"""Convert whole tables: the edge of this package that opens files.

1. Every file is read once for its digest and encoding, and its header is compared with the mapping;
   nothing is written before all headers fit.
2. Rows are converted one by one into a spool beside the output, numbers into a ledger on disk:
   memory stays constant (job.py).
3. Rows of one number are settled and the outputs written.
4. The accounts must balance: rows in = rows converted + rows rejected.
5. The outputs are moved into place.
Refuses to write over its own input, and to go on if an input changed between the passes.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from ecert.conversion.job import Batch, Job, Table
from ecert.conversion.mapping import RecordMapping
from ecert.conversion.outputs import CONVERTED, REJECTS, SUMMARY
from ecert.conversion.readers.delimited import Layout, read_header, survey
from ecert.conversion.rows import Source
from ecert.errors import ECertError, MalformedInput
from ecert.limits import Limits

__all__ = ["Batch", "convert"]

_WORK = ".converting"
Sources = str | Path | Iterable[str | Path]


def convert(
    sources: Sources,
    *,
    mapping: RecordMapping | str | Path,
    out: str | Path,
    progress: Callable[[int], None] | None = None,
    limits: Limits | None = None,
) -> Batch:
    """Convert tables to ``out/converted.jsonl``, ``out/rejects.csv`` and ``out/summary.json``.

    Args:
        sources: a path, a pattern such as ``legacy/*.csv``, or several of them.
        mapping: the mapping, or the path of one.
        out: folder for the outputs; made if missing. One batch at a time writes to a folder.
        progress: called with the number of rows done.
        limits: upper bounds on one row.

    Raises:
        ExceptionGroup: of MappingError; the mapping is unusable or a table lacks its columns.
        MalformedInput: a source cannot be read as a table at all.
        ECertError: no source; an output would replace a source; the folder cannot be written.

    """
    rules = mapping if isinstance(mapping, RecordMapping) else RecordMapping.load(mapping)
    bounds, folder = limits or Limits(), Path(out)
    paths = _inputs(sources)
    _guard(paths if isinstance(mapping, RecordMapping) else [*paths, Path(mapping)], folder)
    tables = [_survey(path, rules, bounds) for path in paths]
    job = Job(rules, tables, bounds, progress or _silent)
    work = folder / _WORK
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        return job.run(work, folder)
    except OSError as error:
        raise ECertError(
            "conversion.not_written", f"{folder.name}: {error.strerror or type(error).__name__}"
        ) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _silent(_rows: int) -> None:
    return


def _inputs(sources: Sources) -> list[Path]:
    given = [sources] if isinstance(sources, str | Path) else list(sources)
    paths: list[Path] = []
    for item in given:
        path = Path(item)
        found = [path] if path.exists() else _matching(path)
        if not found:
            raise MalformedInput("input.unreadable", f"{path.name}: no such file")
        paths += found
    if not paths:
        raise ECertError("conversion.no_input", "no table was given")
    for path in paths:
        if not path.is_file():
            raise MalformedInput("input.not_a_file", f"{path.name}: not a regular file")
    return list({path.resolve(): path for path in reversed(paths)}.values())[::-1]


def _matching(pattern: Path) -> list[Path]:
    start = Path(pattern.anchor or ".")
    try:
        return sorted(start.glob(str(pattern.relative_to(pattern.anchor))))
    except (ValueError, NotImplementedError):  # not a pattern
        return []


def _guard(paths: list[Path], folder: Path) -> None:
    """Refuse outputs that are the inputs or the mapping, by whatever name or link.

    The folder of temporary files is emptied before and after: no input may lie in it.
    """
    work = (folder / _WORK).resolve()
    if any(work in path.resolve().parents for path in paths):
        raise ECertError(
            "conversion.overwrites_input",
            f"an input lies in {_WORK} of the output folder",
            params={"name": _WORK},
        )
    for name in (CONVERTED, REJECTS, SUMMARY):
        target = folder / name
        if any(target.exists() and target.samefile(path) for path in paths):
            raise ECertError(
                "conversion.overwrites_input",
                f"{name} in the output folder is one of the inputs",
                params={"name": name},
            )


def _survey(path: Path, mapping: RecordMapping, limits: Limits) -> Table:
    try:
        with path.open("rb") as stream:
            found = survey(stream, mapping.encoding, limits=limits)
            stream.seek(0)
            layout = Layout(encoding=found.encoding, delimiter=mapping.delimiter)
            names = read_header(stream, layout, limits=limits)
    except OSError as error:
        raise MalformedInput("input.unreadable", f"{path.name}: cannot be read") from error
    mapping.check_header(names, source=path.name)
    return Table(path, Source(path.name, found.sha256), layout, found)
