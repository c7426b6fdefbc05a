"""Where output goes: the product to stdout, everything else to stderr; a failed write is never exit 0 (L27).

JSON is UTF-8 whatever the locale. Text uses the encoding of the stream, with what it lacks escaped.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Literal, NoReturn, TextIO

from ecert.errors import ECertError
from ecert.report.check import Reason
from ecert.report.codes import info, is_known
from ecert.report.jsonform import dumps, error_document
from ecert.report.outcome import Scalar
from ecert.report.report import Tool
from ecert.report.text import mask_numbers, safe_text

__all__ = [
    "INTERNAL", "RANKING", "REFER", "REJECTS", "UNREADABLE", "UNUSABLE", "USAGE", "Console", "Stop",
    "forget_stdout", "stop", "worst",
]  # fmt: skip

Lang = Literal["zh", "en"]

USAGE, UNREADABLE, UNUSABLE, REJECTS, REFER, INTERNAL = 2, 4, 5, 6, 11, 70
RANKING = (INTERNAL, UNUSABLE, UNREADABLE, REJECTS, 10, REFER, 12, 0)
"""Several files end with the worst of these (architecture.md 1)."""


class Stop(Exception):
    """A command cannot go on: one reason, one exit code.

    Args:
        reason: with a code of the catalogue. exit_code: of architecture.md section 1.
        hint: what to do, where the catalogue has no next step. name: the input it is about.
    """

    def __init__(self, reason: Reason, *, exit_code: int, hint: str = "", name: str = "") -> None:
        self.reason, self.exit_code, self.hint, self.name = reason, exit_code, hint, name
        super().__init__(reason.code)


def stop(code: str, *, exit_code: int = USAGE, hint: str = "", **params: Scalar) -> NoReturn:
    """End the command with a reason.

    Raises:
        Stop: always.
    """
    raise Stop(Reason.of(code, **params), exit_code=exit_code, hint=hint)


def worst(codes: list[int]) -> int:
    """Return the exit code of several answers."""
    return next((c for c in RANKING if c in codes), INTERNAL if codes else USAGE)


class _Params(dict[str, Any]):
    """Values of a sentence; a missing one shows its name instead of failing the whole message."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """One run's language and form of output.

    Args:
        lang: of sentences; never of codes. form: text, or JSON (one document a line).
    """

    lang: Lang = "en"
    form: Literal["text", "json"] = "text"
    out: TextIO | None = field(default_factory=lambda: sys.stdout)
    err: TextIO | None = field(default_factory=lambda: sys.stderr)

    @property
    def is_json(self) -> bool:
        """Whether JSON was asked for."""
        return self.form == "json"

    def say(self, zh: str, en: str) -> str:
        """Return the text of the chosen language."""
        return zh if self.lang == "zh" else en

    def emit(self, text: str) -> None:
        """Write one piece of the product and make sure it arrived."""
        encoding = (self.out.encoding if self.out else None) or "utf-8"
        self.emit_bytes(
            (text + "\n").encode("utf-8" if self.is_json else encoding, "backslashreplace")
        )

    def emit_json(self, document: dict[str, Any]) -> None:
        """Write one JSON document as one line."""
        self.emit_bytes((dumps(document) + "\n").encode("utf-8", "backslashreplace"))

    def emit_bytes(self, data: bytes) -> None:
        """Write bytes to stdout.

        Raises:
            Stop: ``output.failed``, exit 70, when not every byte was taken.
        """
        try:
            stream = _binary(self.out)
            stream.write(data)
            stream.flush()
        except (OSError, ValueError) as error:
            forget_stdout()
            what = (error.strerror if isinstance(error, OSError) else None) or str(error)
            raise Stop(Reason.of("output.failed", what=what), exit_code=INTERNAL) from error

    def on_terminal(self) -> bool:
        """Whether stdout is a terminal."""
        return self.out is not None and self.out.isatty()

    def note(self, text: str) -> None:
        """Write one line to stderr; a broken stderr changes nothing about the answer."""
        if self.err is None:
            return
        encoding = self.err.encoding or "utf-8"
        line = text.encode(encoding, "backslashreplace").decode(encoding)
        try:
            self.err.write(line + "\n")
            self.err.flush()
        except (OSError, ValueError):
            return

    def progress(self, text: str) -> None:
        """Show a passing text on a terminal's stderr, unless the product goes to a terminal too."""
        if self.err is None or not self.err.isatty() or self.on_terminal():
            return
        try:
            self.err.write(f"\r{text}")
            self.err.flush()
        except (OSError, ValueError):
            return

    def warn(self, code: str, params: Mapping[str, Scalar] | None = None) -> None:
        """Write a warning of the catalogue to stderr."""
        self.note(f"ecert: {self.say('提醒', 'warning')}: {self.sentence(code, params or {})}")

    def sentence(self, code: str, params: Mapping[str, Scalar]) -> str:
        """Return a catalogue sentence with its values, made safe to show."""
        if not is_known(code):
            return code
        shown = {k: mask_numbers(safe_text(str(v))) for k, v in params.items()}
        return info(code).text(self.lang).format_map(_Params(shown))

    def fail(self, error: Stop) -> int:
        """Report a stop on stderr, and as a document on stdout where JSON was asked for; return its exit."""
        code, params = error.reason.code, dict(error.reason.params)
        about = f"{safe_text(mask_numbers(error.name))}: " if error.name else ""
        self.note(f"ecert: error: {about}{self.sentence(code, params)}  [{code}]")
        hint = (info(code).next_step(self.lang) if is_known(code) else "") or error.hint
        if hint:
            self.note(f"ecert: hint: {hint}")
        if self.is_json and code != "output.failed":
            document = error_document(
                _tool(), error.reason, exit_code=error.exit_code, name=mask_numbers(error.name)
            )
            try:
                self.emit_json(document)
            except Stop as second:
                return self.fail(second)
        return error.exit_code


def _tool() -> Tool:
    """Return who computes; without an engine where none can be used, which may be the very error."""
    from ecert import __version__
    from ecert.facade import tool

    try:
        return tool()
    except ECertError:
        return Tool(version=__version__)


def _binary(stream: TextIO | None) -> BinaryIO:
    """Return the byte stream below a text stream; a closed stdout is a failed write."""
    if stream is None:
        raise OSError("stdout is closed")
    found = getattr(stream, "buffer", None)
    if found is None:
        raise OSError("stdout takes no bytes")
    stream.flush()
    return found  # type: ignore[no-any-return]


def forget_stdout() -> None:
    """Point stdout at nothing, so that the interpreter's own last flush stays silent."""
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.close(null)
    except OSError:
        sys.stdout = None
