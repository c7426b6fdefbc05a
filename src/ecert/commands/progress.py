"""How far a long run is, on a terminal's stderr after two seconds."""

from __future__ import annotations

import time

from ecert.commands.console import Console

__all__ = ["Progress"]

_AFTER_S = 2.0
_EVERY_S = 0.2


class Progress:
    """Counts one kind of thing.

    Args:
        zh, en: what is counted: "已核验 {n} 个" and "{n} files", without the rate.
    """

    def __init__(self, console: Console, *, zh: str, en: str) -> None:
        self.console, self.zh, self.en = console, zh, en
        self.started = self.shown = time.monotonic()

    def show(self, done: int) -> None:
        """Show the count, at most a few times a second."""
        now = time.monotonic()
        if now - self.started > _AFTER_S and now - self.shown > _EVERY_S:
            self.shown = now
            rate = done / (now - self.started)
            zh, en = self._counted(done)
            self.console.progress(self.console.say(f"{zh}，每秒 {rate:.0f}", f"{en}, {rate:.0f}/s"))

    def end(self, done: int) -> None:
        """Leave the last count standing, if any was shown."""
        if self.shown > self.started:
            self.console.progress(self.console.say(*self._counted(done)) + " " * 16 + "\n")

    def _counted(self, done: int) -> tuple[str, str]:
        return self.zh.format(n=done), self.en.format(n=done)
