"""One target in a process of its own: ``child.py fuzz NAME SEEDS CORPUS [libFuzzer options]`` or ``child.py replay NAME DIR OUT``.

A finding is an exception outside `ecert.errors`, more than `CPU_SECONDS` for one input, another
answer to the same input, or (by libFuzzer's own watch) memory beyond the limit.
"""

from __future__ import annotations

import json
import random
import signal
import sys
import zlib
from pathlib import Path
from typing import Any

from mutation import mutate_der, mutate_zip

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

CPU_SECONDS = 5.0
"""For one input, instrumented; the process's own time, since a loaded machine proves nothing."""
TWICE = 16
"""Every so many inputs (by their checksum) are read twice and the answers compared."""


class TooSlow(BaseException):
    """Beyond every ``except Exception`` of the code under test."""


class NotDeterministic(BaseException):
    """Two readings of the same bytes differ."""


def _too_slow(*_: object) -> None:
    raise TooSlow(f"more than {CPU_SECONDS} s of processor time for one input")


def answer(name: str, data: bytes) -> str:
    """Return what a target says to an input, errors of the family included."""
    from targets import TARGETS

    from ecert.errors import ECertError

    try:
        return repr(TARGETS[name].call(data))
    except ECertError as error:
        return f"{type(error).__name__} {error.code} {error.params}"


def once(name: str, data: bytes) -> None:
    """Read an input under the time limit, now and then twice."""
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    first = answer(name, data)
    if zlib.crc32(data) % TWICE == 0:
        signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
        if answer(name, data) != first:
            raise NotDeterministic(f"{name}: two answers to {len(data)} bytes")
    signal.setitimer(signal.ITIMER_PROF, 0)


def fuzz(name: str, seeds: Path, options: list[str]) -> None:
    """Hand the target to libFuzzer; its first folder is the corpus that it writes."""
    import atheris

    with atheris.instrument_imports(include=["ecert"]):
        from targets import TARGETS

        target = TARGETS[name]
        for path in sorted(seeds.iterdir()):  # imports, hence instruments, all it reaches
            answer(name, path.read_bytes())
    signal.signal(signal.SIGPROF, _too_slow)
    more: dict[str, Any] = {}
    if target.mutator != "bytes":
        mutate = {"der": mutate_der, "zip": mutate_zip}[target.mutator]
        more["custom_mutator"] = lambda data, size, seed: mutate(
            lambda part, most: bytes(atheris.Mutate(part, most)), data, size, random.Random(seed)
        )
    argv = [sys.argv[0], f"-max_len={target.max_len}", *options, str(seeds)]
    atheris.Setup(argv, lambda data: once(name, bytes(data)), **more)
    atheris.Fuzz()


def replay(name: str, corpus: Path, out: Path) -> None:
    """Measure the line and branch coverage of a corpus over the target's own modules."""
    import coverage

    root = Path(__file__).resolve().parents[1] / "src/ecert"
    measured = coverage.Coverage(
        data_file=None, branch=True, source=["ecert"], config_file=False, messages=False
    )
    measured.exclude("if TYPE_CHECKING:")
    measured.start()
    from targets import TARGETS

    for path in sorted(corpus.iterdir()):
        answer(name, path.read_bytes())
    measured.stop()
    wanted = [root / module for module in TARGETS[name].modules]
    writers = {root / module for module in TARGETS[name].writers}
    files = [f for w in wanted for f in ([w] if w.is_file() else sorted(w.rglob("*.py")))]
    lines = missed = 0
    gaps = {}
    for path in sorted(set(files) - writers):
        _, executable, _, missing, _ = measured.analysis2(str(path))
        lines, missed = lines + len(executable), missed + len(missing)
        gaps[path.relative_to(root).as_posix()] = missing
    out.write_text(json.dumps({"lines": lines, "missed": missed, "gaps": gaps}))


if __name__ == "__main__":
    if sys.argv[1] == "fuzz":
        fuzz(sys.argv[2], Path(sys.argv[3]), sys.argv[4:])
    else:
        replay(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
