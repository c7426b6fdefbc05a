"""Finding and binding the platform's libcrypto (OpenSSL 3.0 or later) through ctypes.

Order: the caller's path; the library that CPython's own ``_ssl`` is linked to; the loader's names.
No environment variable is read (never-accept.md L25), and work happens in a library context of our
own, out of reach of a configuration file that the environment names. ctypes releases the GIL.
"""

from __future__ import annotations

import ctypes as C  # noqa: N812 - the usual short name of a foreign-function table
import sys
import weakref
from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

__all__ = ["EngineUnavailable", "Handle", "Library", "open_library"]

_MINIMUM = 0x30000000
_VERSION_TEXT = 0

Function = Callable[..., Any]


class EngineUnavailable(Exception):
    """An engine cannot be built here; selection goes on with the next one."""


class Handle:
    """A foreign object that is freed with its Python owner, never looked up by address (L24)."""

    __slots__ = ("__weakref__", "pointer")

    def __init__(self, pointer: int, free: Function) -> None:
        self.pointer = pointer
        weakref.finalize(self, free, pointer).atexit = False


class Library:
    """One loaded libcrypto.

    Args:
        handle: the loaded library.
        source: the path or name it was loaded by.

    """

    __slots__ = ("_clear", "_handle", "context", "source", "version")

    def __init__(self, handle: C.CDLL, source: str) -> None:
        self._handle = handle
        self.source = source
        number: int = self.function("OpenSSL_version_num", C.c_ulong)()
        if number < _MINIMUM:
            raise EngineUnavailable(f"{source} is older than OpenSSL 3.0")
        text: bytes | None = self.function("OpenSSL_version", C.c_char_p, C.c_int)(_VERSION_TEXT)
        self.version = (text or b"").decode("ascii", "replace")
        self._clear = self.function("ERR_clear_error", None)
        context = self.function("OSSL_LIB_CTX_new", C.c_void_p)()
        if not context:
            raise EngineUnavailable("libcrypto gives no library context")
        # Never freed: a key collected after its context would touch freed memory.
        self.context: int = context

    def function(self, name: str, result: Any, *arguments: Any) -> Function:
        """Bind one C function.

        Raises:
            EngineUnavailable: the library has no such function.

        """
        try:
            bound = self._handle[name]  # by item: a private object, so that types cannot be changed
        except AttributeError as error:
            raise EngineUnavailable(f"libcrypto has no {name}") from error
        bound.restype = result
        bound.argtypes = arguments
        return bound

    def clear_errors(self) -> None:
        """Empty this thread's error queue, so that nobody else reads our failure as theirs."""
        self._clear()


def _candidates() -> Iterator[str]:
    try:
        # dlsym on this handle also searches its dependencies: the libcrypto Python itself uses.
        own = getattr(import_module("_ssl"), "__file__", None)
    except ImportError:
        own = None
    if own:
        yield str(own)
    if sys.platform == "win32":
        for name in ("libcrypto-3-x64.dll", "libcrypto-3-arm64.dll", "libcrypto-3.dll"):
            yield str(Path(sys.base_prefix) / "DLLs" / name)
    yield from ("libcrypto.so.3", "libcrypto.3.dylib", "libcrypto.so.4", "libcrypto.4.dylib")


@lru_cache(maxsize=8)
def open_library(path: str | None = None) -> Library:
    """Load libcrypto: exactly ``path`` if given, else the first usable candidate.

    Raises:
        EngineUnavailable: none can be loaded.

    """
    reason = "no candidate"
    for candidate in (path,) if path else _candidates():
        try:
            return Library(C.CDLL(candidate), candidate)
        except (OSError, EngineUnavailable) as error:
            reason = str(error)
    raise EngineUnavailable(f"no OpenSSL 3 libcrypto: {reason}")
