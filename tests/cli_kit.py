"""Runs the command line: in this process for speed, in another where the process matters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "../shared/samples"


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


def call(capfd, *arguments: object) -> Done:
    """Run in this process."""
    from ecert.cli import main

    capfd.readouterr()
    code = main([str(a) for a in arguments])
    found = capfd.readouterr()
    return Done(code, found.out, found.err)


def spawn(
    *arguments: object, cwd: Path | None = None, env: dict[str, str] | None = None, **more: Any
) -> Done:
    """Run in a process of its own, with next to no environment."""
    base = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT / "src"), "LANG": "C.UTF-8"}
    more.setdefault("stdout", subprocess.PIPE)
    more.setdefault("stdin", subprocess.DEVNULL)
    done = subprocess.run(
        [sys.executable, "-m", "ecert", *(str(a) for a in arguments)],
        cwd=cwd, env=base | (env or {}), stderr=subprocess.PIPE, check=False, **more,
    )  # fmt: skip
    return Done(done.returncode, (done.stdout or b"").decode("utf-8"), done.stderr.decode("utf-8"))
