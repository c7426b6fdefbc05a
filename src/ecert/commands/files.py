"""Files of commands: sizes first, own inputs never overwritten, no binary on a terminal."""

from __future__ import annotations

import contextlib
import getpass
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from ecert.commands.console import INTERNAL, UNREADABLE, Console, Stop, stop
from ecert.report.check import Reason

__all__ = ["read_bytes", "secrets_from", "write_output"]

_SECRET_BYTES = 4096


def read_bytes(path: str | Path, limit: int) -> bytes:
    """Return a regular file's bytes; its size is compared with the limit before it is read."""
    file = Path(path)
    try:
        if not file.is_file():
            raise _unreadable(Reason.of("input.not_a_file"), path)
        size = file.stat().st_size
        if size > limit:
            raise _unreadable(Reason.of("format.too_large", size=size, limit=limit), path)
        with file.open("rb") as stream:
            return stream.read(limit + 1)
    except (OSError, ValueError) as error:
        raise _unreadable(Reason.of("input.unreadable"), path) from error


def _unreadable(reason: Reason, path: str | Path) -> Stop:
    return Stop(reason, exit_code=UNREADABLE, name=str(path))


def write_output(console: Console, out: str, data: bytes, *, inputs: Iterable[str]) -> None:
    """Write a product to a file as a whole or not at all, or to stdout for ``-``."""
    if out == "-":
        if console.on_terminal() or console.is_json:
            stop("usage.binary_on_terminal")
        console.emit_bytes(data)
        return
    target = Path(out)
    for name in inputs:
        with contextlib.suppress(OSError):
            if target.exists() and target.samefile(name):
                stop("usage.overwrites_input", name=out)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        what = error.strerror or "output error"
        stop("output.file_failed", exit_code=INTERNAL, name=out, what=what)


def secrets_from(console: Console, password_fd: int | None) -> Callable[[str], bytes | None]:
    """Return what answers a request for a password: a file descriptor, or a prompt on a terminal."""
    known: dict[str, bytes | None] = {}

    def ask(uri: str) -> bytes | None:
        if uri not in known:
            known[uri] = _prompt(console, uri) if password_fd is None else _from_fd(password_fd)
        return known[uri]

    return ask


def _prompt(console: Console, uri: str) -> bytes | None:
    if sys.stdin is None or not sys.stdin.isatty():
        return None
    label = console.say(f"{uri} 的口令：", f"password of {uri}: ")
    return getpass.getpass(label, stream=console.err).encode()


def _from_fd(number: int) -> bytes:
    try:
        data = b""
        while len(data) < _SECRET_BYTES and (more := os.read(number, _SECRET_BYTES)):
            data += more
    except OSError:
        stop("usage.password_fd", value=number)
    return data.splitlines()[0] if data else b""
