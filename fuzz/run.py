"""Run the fuzz targets: ``run.py NAME... [--runs N | --seconds T]``, ``run.py --all --seconds 60``, ``run.py --list``.

Seeds and corpora live in a folder of their own (``--work``), kept between runs, so that a long run
can be taken up again. Exit 1 if a target found something; the input lies in ``WORK/NAME/findings/``.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]

RSS_MIB = 500
HANG_SECONDS = 120
"""Backstop for a hang that the processor timer of child.py cannot interrupt; wall clock, hence wide."""
CHUNK = 50_000
"""Executions of one process: libFuzzer's own memory grows with its corpus, and the limit is on the whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one run of a target did; ``executions`` are libFuzzer's units, ``slowest`` is in seconds.

    ``total`` counts the executions of all runs with this folder.
    """

    target: str
    executions: int
    total: int
    seconds: float
    edges: int
    features: int
    corpus: int
    peak_mib: int
    slowest: int
    finding: str
    lines: int
    missed: int

    def row(self) -> str:
        """Return a line of the table in docs/reference/fuzzing.md."""
        rate = self.executions / self.seconds if self.seconds else 0
        lines = (
            f"{100 * (self.lines - self.missed) / self.lines:.0f} % of {self.lines}"
            if self.lines
            else "–"
        )
        return (
            f"| `{self.target}` | {self.total:,} | {rate:,.0f} | {self.edges:,} | {self.features:,} "
            f"| {lines} | {self.slowest} | {self.peak_mib} | {self.finding or 'none'} |"
        )


def _child(*arguments: str, log: Path) -> int:
    with log.open("wb") as stream:
        command = [sys.executable, "-W", "ignore", str(HERE / "child.py"), *arguments]
        return subprocess.run(
            command, stdout=stream, stderr=subprocess.STDOUT, check=False, cwd=log.parent
        ).returncode


def run(name: str, *, work: Path, runs: int, seconds: int) -> Result:
    """Fuzz one target until a number of executions or a time is reached, or something is found."""
    folder = work / name
    before = set((folder / "findings").iterdir())
    done, peak, slowest, edges, features, number = 0, 0, 0, 0, 0, 0
    begun = time.monotonic()
    finding = ""
    while not finding and (done < runs if runs else time.monotonic() - begun < seconds):
        log = folder / f"log-{number:03}.txt"
        number += 1
        code = _child("fuzz", name, *_options(folder, runs - done, seconds, begun), log=log)
        text = log.read_text("utf-8", "replace")
        executed, rss, slow = (
            _stat(text, s)
            for s in ("number_of_executed_units", "peak_rss_mb", "slowest_unit_time_sec")
        )
        done, peak, slowest = done + executed, max(peak, rss), max(slowest, slow)
        progress = re.findall(r"cov: (\d+) ft: (\d+)", text)
        if progress:
            edges, features = int(progress[-1][0]), int(progress[-1][1])
        new = sorted(set((folder / "findings").iterdir()) - before)
        clean = executed and code == 0
        finding = new[0].name if new else "" if clean else f"exit code {code}, see {log.name}"
    seconds_used = time.monotonic() - begun
    lines, missed = _coverage(name, folder) if runs else (0, 0)
    return Result(
        target=name, executions=done, total=done + _before(folder), seconds=round(seconds_used, 1), edges=edges, features=features,
        corpus=len(list((folder / "corpus").iterdir())), peak_mib=peak, slowest=slowest, finding=finding,
        lines=lines, missed=missed,
    )  # fmt: skip


def _options(folder: Path, left: int, seconds: int, begun: float) -> list[str]:
    words = folder / "words.txt"
    limit = (
        [f"-runs={min(CHUNK, left)}"]
        if left > 0
        else [f"-max_total_time={max(1, int(seconds - time.monotonic() + begun))}"]
    )
    return [
        str(folder / "seeds"), str(folder / "corpus"), *limit, "-print_final_stats=1", "-use_value_profile=1",
        f"-timeout={HANG_SECONDS}", f"-rss_limit_mb={RSS_MIB}", f"-artifact_prefix={folder / 'findings'}/",
        *([f"-dict={words}"] if words.exists() else []),
    ]  # fmt: skip


def _seed(name: str, folder: Path) -> None:
    """Make folders, dictionary and seeds, once."""
    from targets import TARGETS

    for part in ("seeds", "corpus", "findings"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    words = TARGETS[name].words
    if words:
        (folder / "words.txt").write_text("".join(map(_quoted, words)), encoding="ascii")
    if not any((folder / "seeds").iterdir()):
        from seeds import write_seeds

        write_seeds(name, folder / "seeds")


def _before(folder: Path) -> int:
    """Return how many executions earlier runs with this folder made."""
    try:
        found = json.loads((folder / "result.json").read_text("utf-8"))
    except FileNotFoundError:
        return 0
    return int(found.get("total", found["executions"]))


def _quoted(word: str) -> str:
    return '"' + "".join(rf"\x{byte:02x}" for byte in word.encode()) + '"\n'


def _stat(text: str, name: str) -> int:
    found = re.findall(rf"stat::{name}:\s+(\d+)", text)
    return int(found[-1]) if found else 0


def _coverage(name: str, folder: Path) -> tuple[int, int]:
    everything = folder / "replay"
    everything.mkdir(exist_ok=True)
    for part in ("seeds", "corpus"):
        for path in (folder / part).iterdir():
            target = everything / path.name
            if not target.exists():
                os.link(path, target)
    out = folder / "coverage.json"
    if _child("replay", name, str(everything), str(out), log=folder / "replay.txt"):
        return 0, 0
    found = json.loads(out.read_text("utf-8"))
    return found["lines"], found["missed"]


def main() -> int:
    """Run what was asked for and print one row for each target."""
    from targets import TARGETS

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--all", action="store_true", help="every target")
    parser.add_argument("--list", action="store_true", help="name the targets")
    parser.add_argument(
        "--long", action="store_true", help="the number of executions that each target asks for"
    )
    parser.add_argument("--runs", type=int, default=0, help="executions of each target")
    parser.add_argument(
        "--seconds",
        type=int,
        default=60,
        help="time of each parser, shared by its targets, where no runs are given; coverage is not measured",
    )
    parser.add_argument("--jobs", type=int, default=2, help="targets at a time")
    parser.add_argument(
        "--work", type=Path, default=HERE.parent / ".fuzz", help="folder of corpora and findings"
    )
    asked = parser.parse_args()
    names = list(TARGETS) if asked.all else asked.names
    unknown = [name for name in names if name not in TARGETS]
    if asked.list or not names or unknown:
        print("\n".join(TARGETS) if asked.list else f"targets: {', '.join(TARGETS)}")
        return 0 if asked.list else 2

    asked.work.mkdir(parents=True, exist_ok=True)
    (asked.work / ".gitignore").write_text("*\n")
    for name in names:
        _seed(name, asked.work.resolve() / name)

    def one(name: str) -> Result:
        runs = TARGETS[name].executions if asked.long else asked.runs
        shared = sum(TARGETS[other].parser == TARGETS[name].parser for other in names)
        found = run(name, work=asked.work.resolve(), runs=runs, seconds=asked.seconds // shared)
        print(found.row(), flush=True)
        (asked.work / name / "result.json").write_text(json.dumps(asdict(found)) + "\n")
        return found

    with ThreadPoolExecutor(asked.jobs) as pool:
        results = list(pool.map(one, names))
    bad = [r for r in results if r.finding or not r.executions]
    for result in bad:
        print(
            f"{result.target}: {result.finding}, see {asked.work / result.target}", file=sys.stderr
        )
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
