"""Ten thousand files in one call: files a second on all cores against one process, and memory.

Ours is `verify_many` on every core, the peer the same call in one process. The folder holds links to a
few issued licences (RSA, SM2, seal; one altered, one that is no document), each judged in full, every
time. Memory is the resident set of each process from the 1,000th file to the last.

python benchmarks/many.py [FILES]
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import material
from timing import Row

from ecert.facade import Asking
from ecert.manyfiles import Judging, cores
from ecert.report import Report
from ecert.verification.policy import Policy

FILES = 10_000
SETTLED = 1_000
_EVERY = 250
_ALONE = 400


@dataclass(slots=True)
class Memory:
    """The resident set of this process and of those below it, at the settled file and at most."""

    settled: dict[int, int] = field(default_factory=dict)
    most: dict[int, int] = field(default_factory=dict)

    def look(self) -> None:
        """Read every process's resident set, in KiB."""
        own = os.getpid()
        below = Path(f"/proc/{own}/task/{own}/children").read_text("utf-8").split()
        for pid in (own, *map(int, below)):
            text = Path(f"/proc/{pid}/status").read_text("utf-8")
            size = next((int(x.split()[1]) for x in text.splitlines() if x.startswith("VmRSS")), 0)
            self.settled.setdefault(pid, size)
            self.most[pid] = max(size, self.most.get(pid, 0))

    def growth(self) -> list[float]:
        """Return how many MB each process grew since it was first looked at, this one first."""
        return [(self.most[pid] - size) / 1000 for pid, size in self.settled.items()]


def present(report: Report[object]) -> str:
    """Turn a report into the line of JSON that the command line writes."""
    return report.to_json()


def folder(made: material.Material, where: Path, count: int) -> list[str]:
    """Fill a folder with links to a few files and return their paths in order."""
    whole = [made.issued("rsa"), made.issued("sm2"), made.issued("sm2", "ses")]
    altered = whole[0].replace("示例科技".encode(), "示范科技".encode(), 1)
    originals = []
    for i, data in enumerate((*whole, altered, b"no document")):
        originals.append(where / f"original{i}")
        originals[-1].write_bytes(data)
    paths = []
    for i in range(count):
        path = where / f"{i:06}.pdf"
        os.link(originals[i % len(originals)], path)
        paths.append(str(path))
    return paths


def judged(judging: Judging[str], paths: list[str], jobs: int, memory: Memory | None) -> float:
    """Judge every path and return files a second."""
    start, count = time.perf_counter(), 0
    for line in judging.all(iter(paths), jobs=jobs):
        assert line
        count += 1
        if memory is not None and count >= SETTLED and (count - SETTLED) % _EVERY == 0:
            memory.look()
    assert count == len(paths)
    return count / (time.perf_counter() - start)


def measure(made: material.Material, count: int = FILES) -> tuple[Row, list[float]]:
    """Return the comparison, and by how many MB each process grew from the 1,000th file on."""
    judging = Judging(
        trust=made.trust,
        policy=Policy.default(),
        at=material.AT,
        asking=Asking(test_trust="allowed"),
        present=present,
    )
    memory = Memory()
    with tempfile.TemporaryDirectory() as name:
        paths = folder(made, Path(name), count)
        ours = judged(judging, paths, cores(), memory)
        alone = judged(judging, paths[:_ALONE], 1, None)
    row = Row(
        what=f"verify {count:,} files in one call, {cores()} cores",
        ours=ours,
        peer=alone,
        peer_name="`jobs=1`",
        repetitions=1,
    )
    return row, memory.growth()


def rows(made: material.Material, count: int = FILES) -> list[Row]:
    """Return the comparison as a row of the results."""
    return [measure(made, count)[0]]


def main() -> int:
    """Measure and print."""
    row, growth = measure(material.make(), int(sys.argv[1]) if len(sys.argv) > 1 else FILES)
    print(f"{row.what}: {row.ours:.0f}/s, alone {row.peer:.0f}/s, ratio {row.ratio:.2f}")
    print(
        "growth from the 1,000th file on, MB (this process first):", *(f"{g:.1f}" for g in growth)
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
