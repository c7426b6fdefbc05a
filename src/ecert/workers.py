"""Work on many items in other processes: order kept, memory flat, a killed process costs one item.

1. Each process is started fresh (spawn: no inherited state, no fork of threads) and says when it is ready.
2. Each works on one item and has the next at hand, so that it never waits for this process. At most
   ``_AHEAD`` items a process are handed out before the first of them is taken by the caller, so that one
   slow item never lets answers pile up.
3. A process that ends while it works is a `Lost` answer for exactly that item; a fresh one goes on.
4. Leaving the loop, by any way, ends every process.

It knows nothing of what the work is. Processes that never become ready are an error, not an endless restart.
"""

from __future__ import annotations

import logging
import signal
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Generic, TypeVar

__all__ = ["CPU_SECONDS", "Lost", "StartFailed", "in_order"]

A = TypeVar("A")
B = TypeVar("B")

CPU_SECONDS = 60
"""Processor time one item may take: six times what the limits let the worst file take (`Limits`)."""
_AHEAD = 8
_AT_HAND = 2
_PATIENCE_S = 5.0
_STARTS = 3
"""So many processes in a row may end before they are ready (killed by hand, memory short for a moment)."""
_SPAWN = get_context("spawn")
_GONE = (EOFError, ConnectionResetError, BrokenPipeError)


@dataclass(frozen=True, slots=True)
class Lost:
    """The process that held an item ended before it answered; ``how`` names the signal or exit."""

    how: str


class StartFailed(RuntimeError):
    """A process could not be made ready for work."""


def in_order(
    items: Iterable[A], *, start: Callable[[], Callable[[A], B]], jobs: int
) -> Iterator[tuple[A, B | Lost]]:
    """Yield (item, answer) in the order of the items, worked on by ``jobs`` processes.

    Args:
        start: called once in each process, returns what is called with each item; both must pickle.

    Raises:
        StartFailed: ``start`` raised, or process after process ended before it was ready.
    """
    run: _Run[A, B] = _Run(start, jobs)
    source, given, taken = enumerate(items), 0, 0
    more = True
    try:
        while more or run.held:
            while more and run.free() and given < taken + jobs * _AHEAD:
                step = next(source, None)
                if step is None:
                    more = False
                else:
                    run.hand_out(*step)
                    given += 1
            while taken in run.answers:
                yield run.answers.pop(taken)
                taken += 1
            if run.held:
                run.collect()
        while taken in run.answers:
            yield run.answers.pop(taken)
            taken += 1
    finally:
        run.close()


@dataclass(slots=True, eq=False)
class _Worker(Generic[A]):
    process: SpawnProcess
    link: Connection
    items: deque[tuple[int, A]] = field(default_factory=deque)
    ready: bool = False


@dataclass(slots=True)
class _Run(Generic[A, B]):
    """The processes of one run, what each holds, and the answers nobody has taken yet."""

    start: Callable[[], Callable[[A], B]]
    jobs: int
    workers: list[_Worker[A]] = field(default_factory=list)
    answers: dict[int, tuple[A, B | Lost]] = field(default_factory=dict)
    stillborn: int = 0

    @property
    def held(self) -> bool:
        """Whether some process has an item."""
        return any(w.items for w in self.workers)

    def free(self) -> bool:
        """Whether another item can be handed out; processes are started as they are needed."""
        return len(self.workers) < self.jobs or any(len(w.items) < _AT_HAND for w in self.workers)

    def hand_out(self, index: int, item: A) -> None:
        """Give an item to the process with the fewest, or to a new one."""
        worker = min(self.workers, key=lambda w: len(w.items), default=None)
        if worker is None or (worker.items and len(self.workers) < self.jobs):
            worker = self._new()
        worker.items.append((index, item))
        if worker.ready:
            self._send(worker, item)

    def _new(self) -> _Worker[A]:
        ours, theirs = _SPAWN.Pipe()
        process = _SPAWN.Process(target=_serve, args=(theirs, self.start), daemon=True)
        process.start()
        theirs.close()
        worker: _Worker[A] = _Worker(process, ours)
        self.workers.append(worker)
        return worker

    def _send(self, worker: _Worker[A], item: A) -> None:
        try:
            worker.link.send(item)
        except _GONE:
            return  # its end is heard where its answer is awaited

    def collect(self) -> None:
        """Wait until at least one process says something, or ends."""
        by_link = {w.link: w for w in self.workers if w.items}
        for link in wait(list(by_link)):
            self._hear(by_link[link])  # type: ignore[index]

    def _hear(self, worker: _Worker[A]) -> None:
        try:
            said = worker.link.recv()
        except _GONE:
            self._lost(worker)
            return
        if worker.ready:
            index, item = worker.items.popleft()
            self.answers[index] = (item, said)
        elif said is not None:
            raise StartFailed(said)
        else:
            worker.ready, self.stillborn = True, 0
            for _, item in worker.items:
                self._send(worker, item)

    def _lost(self, worker: _Worker[A]) -> None:
        worker.process.join()
        self.workers.remove(worker)
        worker.link.close()
        how = _ending(worker.process.exitcode)
        if worker.ready:
            index, item = worker.items.popleft()
            self.answers[index] = (item, Lost(how))
        else:
            self.stillborn += 1
            if self.stillborn >= _STARTS:
                raise StartFailed(how)
        for index, item in worker.items:
            self.hand_out(index, item)

    def close(self) -> None:
        """End every process: one that waits sees its link closed, one that works is told to stop."""
        for worker in self.workers:
            worker.link.close()
            if worker.items:
                worker.process.terminate()
        for worker in self.workers:
            worker.process.join(_PATIENCE_S)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()


def _ending(code: int | None) -> str:
    if code is None or code >= 0:
        return f"exit {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def _serve(link: Connection, start: Callable[[], Callable[[A], B]]) -> None:
    """Be one process: get ready, then answer item after item until the link is closed."""
    import resource  # not on every system, and only here is it needed

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends us, once, in its own words
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    try:
        try:
            work = start()
        except Exception as error:  # noqa: BLE001 - any reason is told to the parent, which raises
            link.send(f"{type(error).__name__}: {error}")
            return
        link.send(None)
        while True:
            item = link.recv()
            _allow(CPU_SECONDS)
            link.send(work(item))
    except _GONE:
        return


def _allow(seconds: int) -> None:
    """Let the next item take so much processor time; beyond it the system ends this process."""
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    soft, hard = (
        int(used.ru_utime + used.ru_stime) + 1 + seconds,
        resource.getrlimit(resource.RLIMIT_CPU)[1],
    )
    if hard != resource.RLIM_INFINITY:
        soft = min(soft, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))
