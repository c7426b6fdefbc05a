"""`ecert`: reads the command line, calls one command, turns every ending into an exit code.

Floor: only click at the top. L27: no file name can steer the options; a failed write is never exit 0.
The locale is read here and nowhere else; no environment variable chooses anything but the language.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from ecert import __version__
from ecert.commands.console import (
    INTERNAL,
    UNREADABLE,
    UNUSABLE,
    USAGE,
    Console,
    Stop,
    forget_stdout,
    stop,
)

__all__ = ["cli", "main"]

_COMMANDS = {
    "demo": "ecert.commands.demo:demo",
    "verify": "ecert.commands.verify:verify",
    "inspect": "ecert.commands.inspect:inspect",
    "explain": "ecert.commands.explain:explain",
    "schema": "ecert.commands.schema:schema",
    "recognize": "ecert.commands.verify:recognize",
    "window": "ecert.commands.window:window",
    "matrix": "ecert.commands.matrix:matrix",
    "facts": "ecert.commands.facts:facts",
    "issue": "ecert.commands.issuing:issue",
    "convert": "ecert.commands.converting:convert",
    "seal": "ecert.commands.seals:seals",
    "id": "ecert.commands.ids:ids",
    "profile": "ecert.commands.profiles:profiles",
    "trust": "ecert.commands.trusts:trusts",
    "rules": "ecert.commands.rules:rules",
}
_HELP = "--help"
_INTERRUPTED = 130


class _Lazy(click.Group):
    """A group that imports a command when it is named."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the story, not of the alphabet."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its exact name; no abbreviations."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name].split(":")
        found = getattr(import_module(module), name)
        assert isinstance(found, click.Command)
        return found


@click.group(cls=_Lazy, context_settings={"max_content_width": 100, "help_option_names": [_HELP]})
@click.version_option(__version__, message="ecert %(version)s")
def cli() -> None:
    """电子证照: issue, seal, verify, recognise and convert electronic certificates.

    Answers are accept, refuse or refer, each with its reasons.

    结论为 可以接受、不予接受 或 需核实，并说明原因。
    """


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    console = Console(lang=_language(arguments), form="json" if "--json" in arguments else "text")
    handler, level = logging.NullHandler(), logging.root.manager.disable
    logging.getLogger().addHandler(handler)
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _run(arguments, console)
    finally:
        logging.disable(level)
        logging.getLogger().removeHandler(handler)


def _run(arguments: list[str], console: Console) -> int:
    try:
        _guard(arguments)
        return _invoke(arguments, console)
    except Stop as error:
        return console.fail(error)
    except click.exceptions.Exit as ended:
        return _flushed(console, ended.exit_code)
    except click.Abort:
        console.note("")
        return _INTERRUPTED
    except click.ClickException as error:
        code, params = _usage(error)
        return _as_stop(code, USAGE, params, console)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except Exception as error:  # noqa: BLE001 - never a traceback to a clerk
        return _unexpected(error, arguments, console)


def _usage(error: click.ClickException) -> tuple[str, dict[str, Any]]:
    """Return a usage error of click as a code of the catalogue, so that both languages have it."""
    name = getattr(error, "option_name", None)
    param = getattr(error, "param", None)
    if isinstance(error, click.NoSuchOption):
        return "usage.no_option", {"name": str(name)}
    if isinstance(error, click.BadOptionUsage):
        return "usage.missing", {"name": f"{name} VALUE"}
    if isinstance(error, click.MissingParameter):
        shown = param.get_error_hint(error.ctx) if param and error.ctx else "?"
        return "usage.missing", {"name": shown.strip("'")}
    if isinstance(error, click.BadParameter) and param is not None:
        kind = param.type
        allowed = ", ".join(kind.choices) if isinstance(kind, click.Choice) else kind.name
        return "usage.bad_value", {"name": str(param.opts[0]), "allowed": allowed}
    context = getattr(error, "ctx", None)
    if isinstance(error, click.exceptions.NoArgsIsHelpError) and context is not None:
        names = ", ".join(context.command.list_commands(context))
        return "usage.missing", {"name": f"COMMAND ({names})"}
    command = getattr(error, "command_name", None)
    if command is not None:
        return "usage.no_command", {"name": str(command)}
    return "usage.click", {"what": error.format_message()}


def _invoke(arguments: list[str], console: Console) -> int:
    if not arguments:
        arguments = [_HELP]
    with cli.make_context("ecert", arguments, obj=console) as context:
        answer = cli.invoke(context)
    assert isinstance(answer, int)
    return answer


def _unexpected(error: Exception, arguments: list[str], console: Console) -> int:
    from ecert.errors import ECertError
    from ecert.report.codes import is_known

    if "--debug" in arguments:
        console.note("".join(traceback.format_exception(error)).rstrip())
    first = error
    if isinstance(error, ExceptionGroup) and all(
        isinstance(e, ECertError) and is_known(e.code) for e in error.exceptions
    ):
        *others, first = reversed(error.exceptions)
        for other in reversed(others):
            if isinstance(other, ECertError):
                console.warn(other.code, other.params)
    if isinstance(first, OSError) and {_HELP, "--version"} & set(arguments or [_HELP]):
        forget_stdout()
        return _as_stop("output.failed", INTERNAL, {"what": first.strerror or "?"}, console)
    if not isinstance(first, ECertError) or not is_known(first.code):
        what = first.code if isinstance(first, ECertError) else type(first).__name__
        return _as_stop("internal.error", INTERNAL, {"what": what}, console)
    return _as_stop(first.code, _exit_of(first), dict(first.params), console, hint=first.hint)


def _exit_of(error: Exception) -> int:
    """Return the exit code of an error that the library raised on purpose."""
    from ecert import errors

    unusable = (
        errors.TrustError, errors.PolicyError, errors.ProfileError, errors.MappingError,
        errors.SigningError, errors.MissingExtra,
    )  # fmt: skip
    if isinstance(error, unusable):
        return UNUSABLE
    if isinstance(error, errors.InvalidIdentifier):
        return USAGE
    if isinstance(error, errors.ECertError) and error.code.startswith("internal."):
        return INTERNAL
    return UNREADABLE


def _as_stop(
    code: str, exit_code: int, params: dict[str, Any], console: Console, *, hint: str = ""
) -> int:
    try:
        stop(code, exit_code=exit_code, hint=hint, **params)
    except Stop as error:
        return console.fail(error)


def _flushed(console: Console, exit_code: int) -> int:
    """Return the exit of ``--help`` and ``--version``, unless their text did not arrive."""
    try:
        console.emit_bytes(b"")
    except Stop as error:
        return console.fail(error)
    return exit_code


def _guard(arguments: Sequence[str]) -> None:
    """L27: an option that is also a file, and ``--help`` beside anything but command names."""
    for word in arguments:
        if word.startswith("-") and os.path.lexists(word):
            stop("usage.option_is_file", name=word)
    if _HELP not in arguments:
        return
    context = click.Context(cli)
    command: click.Command | None = cli
    for word in (w for w in arguments if w != _HELP):
        command = command.get_command(context, word) if isinstance(command, click.Group) else None
        if command is None:
            stop("usage.help_beside", name=word)


def _language(arguments: Sequence[str]) -> Any:
    """Return ``--lang`` if it is there (also for messages before parsing), else the locale's, else en."""
    for at, word in enumerate(arguments):
        value = word.removeprefix("--lang=") if word.startswith("--lang=") else ""
        if word == "--lang" and at + 1 < len(arguments):
            value = arguments[at + 1]
        if value in ("zh", "en"):
            return value
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return "zh" if os.environ[name].startswith("zh") else "en"
    return "en"
