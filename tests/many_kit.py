"""Work for processes of `ecert.workers`: importable by a fresh process, which knows only names."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from ecert import workers
from ecert.report import Report


def echo(item: Any) -> Any:
    """Answer with the item, or do what it says to this process."""
    if item == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if item == "leave":
        os._exit(3)
    if item == "raise":
        sys.stderr.close()  # a traceback belongs to nobody's output
        raise RuntimeError("not caught by the work")
    if item == "spin":
        while True:
            pass
    return item if item != "pid" else os.getpid()


def start() -> Callable[[Any], Any]:
    """Become ready at once."""
    return echo


def start_impatient() -> Callable[[Any], Any]:
    """Become ready with one second of processor time an item."""
    workers.CPU_SECONDS = 1
    return echo


def start_broken() -> Callable[[Any], Any]:
    """Never become ready, with a reason."""
    raise ValueError("no luck")


def start_dying() -> Callable[[Any], Any]:
    """Never become ready, without a word."""
    os._exit(7)


def json_of(report: Report[Any]) -> str:
    """Present a report as JSON."""
    return report.to_json()


def deadly(report: Report[Any]) -> str:
    """Present a report as JSON; die over one that is called so, fail over another."""
    if report.error is None and "kill" in report.subject.name:
        os.kill(os.getpid(), signal.SIGKILL)
    if report.error is None and "fault" in report.subject.name:
        raise RecursionError
    return report.to_json()
