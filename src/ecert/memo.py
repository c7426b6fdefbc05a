"""A bounded memory for pure functions of bytes: what was computed once need not be computed again.

Whoever uses it puts all inputs of the function into the key, by value or full digest, never by address
(never-accept.md L24); so a remembered answer is the computed one. The least recently used answers
are forgotten first; entries and bytes are bounded. Safe for threads: two may compute the same
answer, none sees half of one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar
from weakref import WeakSet

__all__ = ["Memo", "forget_all"]

V = TypeVar("V")

_ALL: WeakSet[Memo[object]] = WeakSet()


class Memo(Generic[V]):
    """Answers by key.

    Args:
        entries: how many answers are kept at most.
        size: sum of their weights at most; a single answer above an eighth of it is not kept.
    """

    __slots__ = ("__weakref__", "_entries", "_held", "_lock", "_size", "_weight")

    def __init__(self, *, entries: int, size: int) -> None:
        self._entries, self._size = entries, size
        self._held: OrderedDict[Hashable, tuple[V, int]] = OrderedDict()
        self._weight = 0
        self._lock = Lock()
        _ALL.add(self)  # type: ignore[arg-type]

    def get(self, key: Hashable) -> V | None:
        """Return the remembered answer, or None."""
        with self._lock:
            found = self._held.get(key)
            if found is None:
                return None
            self._held.move_to_end(key)
            return found[0]

    def put(self, key: Hashable, value: V, weight: int) -> None:
        """Remember an answer; ``weight`` is about the bytes that key and answer hold."""
        if weight > self._size // 8:
            return
        with self._lock:
            old = self._held.pop(key, None)
            self._weight += weight - (old[1] if old else 0)
            self._held[key] = (value, weight)
            while self._weight > self._size or len(self._held) > self._entries:
                _, (_, gone) = self._held.popitem(last=False)
                self._weight -= gone

    def ask(self, key: Hashable, compute: Callable[[], V], weight: int) -> V:
        """Return the answer, computed where it is not remembered; what raises is not remembered."""
        found = self.get(key)
        if found is None:
            found = compute()
            self.put(key, found, weight)
        return found

    def forget(self) -> None:
        """Drop everything."""
        with self._lock:
            self._held.clear()
            self._weight = 0

    def __len__(self) -> int:
        return len(self._held)

    @property
    def weight(self) -> int:
        """Sum of the weights held."""
        return self._weight


def forget_all() -> None:
    """Drop every remembered answer of this process; for tests and measurements."""
    for memo in list(_ALL):
        memo.forget()
