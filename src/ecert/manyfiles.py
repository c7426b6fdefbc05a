"""`verify_many`: one report per file, in the order given, on all cores, whatever a file does to a process.

The trust and the policy are read once, by the caller, and handed as they are to every process: a folder
that changes during the run cannot give mixed answers. A fault of our own, and a process killed by the
system or by its own libraries, is the report of that file (exit 70); the next files go on.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from ecert import facade
from ecert.crypto.sm2.engine import current_engine, select_engine, use_engine
from ecert.errors import ECertError, TrustError
from ecert.facade import Asking
from ecert.model.library import folder_digest
from ecert.report import Outcome, Report, Tool
from ecert.trust.source import Trust
from ecert.trust.store import TrustStore
from ecert.verification.policy import Policy
from ecert.verification.verified import VerifiedCertificate

__all__ = ["FEW", "Judging", "cores", "verify_many"]

T = TypeVar("T")

FEW = 8
"""Up to so many files are judged in this process: starting another costs as much as judging a dozen."""
Item = tuple[int, str]


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _itself(report: Report[Any]) -> Report[Any]:
    return report


def _ignored(error: Exception) -> None:
    del error


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging(Generic[T]):
    """What is the same for every file, and what becomes of a report in the process that made it.

    Args:
        at: as for `ecert.verify`. asking: its ``index`` and ``name`` are set for each file.
        present: turns a report into what is handed back; must pickle, and so must its answers.
        names: whether a report names its file by the whole path given, or by the last part of it.
        on_fault: is told of a fault of our own before its report is made.
    """

    trust: Trust
    policy: Policy
    at: datetime | None
    asking: Asking
    present: Callable[[Report[VerifiedCertificate]], T]
    names: Literal["path", "file"] = "file"
    on_fault: Callable[[Exception], None] = _ignored

    def one(self, item: Item) -> T:
        """Return the answer for one file; nothing that a file does raises."""
        asking = self._asking(item)
        try:
            report = facade.verify(
                item[1], trust=self.trust, policy=self.policy, at=self.at, asking=asking
            )
            return self.present(report)
        except Exception as error:  # noqa: BLE001 - any fault must end in a report, and the next file be read
            self.on_fault(error)
            what = error.code if isinstance(error, ECertError) else type(error).__name__
            return self.fault(
                item, Outcome(ok=None, code="internal.error", params=(("what", what),))
            )

    def fault(self, item: Item, problem: Outcome) -> T:
        """Return the answer for a file that could not be judged: refer, exit 70."""
        report = facade.fault_report(
            problem,
            item[1],
            policy=self.policy,
            at=self.at,
            asking=self._asking(item),
            assumptions=facade.assumptions_of(self.trust),
        )
        return self.present(report)

    def _asking(self, item: Item) -> Asking:
        index, path = item
        return replace(self.asking, index=index, name=path if self.names == "path" else "")

    def all(self, paths: Iterable[str], *, jobs: int | None = None) -> Iterator[T]:
        """Yield the answer for each path, in order; see `verify_many`."""
        judging = self._pinned()
        items = enumerate(paths)
        first = list(islice(items, FEW + 1))
        wanted = (cores() if len(first) > FEW else 1) if jobs is None else jobs
        if wanted <= 1 or len(first) <= 1:
            yield from map(judging.one, chain(first, items))
            return
        yield from judging._in_processes(chain(first, items), wanted)  # noqa: SLF001 - our own kind

    def _pinned(self) -> Judging[T]:
        """Return the same with the folder of types as it is now; a file read with another one is a fault."""
        if self.asking.profiles is None or self.asking.profiles_sha256:
            return self
        found = folder_digest(self.asking.profiles)
        return replace(self, asking=replace(self.asking, profiles_sha256=found))

    def _in_processes(self, items: Iterable[Item], jobs: int) -> Iterator[T]:
        # imported here: one file needs no processes, and its answer should not wait for them
        from ecert.workers import Lost, StartFailed, in_order

        start = _Start(self, current_engine().name, facade.tool())
        try:
            for item, answer in in_order(items, start=start, jobs=jobs):
                if isinstance(answer, Lost):
                    params = (("how", answer.how),)
                    problem = Outcome(ok=None, code="internal.worker_lost", params=params)
                    yield self.fault(item, problem)
                else:
                    yield answer
        except StartFailed as error:
            what = str(error)
            raise ECertError("internal.worker_start", what, params={"what": what}) from error


@dataclass(frozen=True, slots=True)
class _Start(Generic[T]):
    """Makes a fresh process ready: the same SM2 engine as here, or none (L25)."""

    judging: Judging[T]
    engine: str
    tool: Tool

    def __call__(self) -> Callable[[Item], T]:
        use_engine(select_engine(self.engine))
        found = facade.tool()
        if found != self.tool:
            raise TrustError(
                "sm2.engine_unusable", f"{found} here, {self.tool} in the first process"
            )
        return self.judging.one


def verify_many(
    paths: Iterable[str | Path],
    *,
    trust: Trust | None = None,
    policy: Policy | None = None,
    at: datetime | None = None,
    asking: Asking | None = None,
    jobs: int | None = None,
) -> Iterator[Report[VerifiedCertificate]]:
    """Yield one report per path, in order, while later files are still being judged.

    Args:
        paths: read as they are needed; may be endless. trust, policy, at, asking: as for `ecert.verify`.
        jobs: processes; None takes every core for more than `FEW` files and none beside this one for
            fewer. A script that asks for processes needs ``if __name__ == "__main__":``.

    Raises:
        ECertError: ``internal.worker_start`` when no process can be made ready.
    """
    judging = Judging(
        trust=trust or TrustStore.empty(),
        policy=policy or Policy.default(),
        at=at,
        asking=asking or Asking(),
        present=_itself,
    )
    return judging.all((str(p) for p in paths), jobs=jobs)
