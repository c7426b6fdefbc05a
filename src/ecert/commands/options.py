"""Options that several commands share, and their reading: language, form, time, trust, policy, region."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ecert.commands.console import UNUSABLE, Console, stop

if TYPE_CHECKING:
    from ecert.ids import RegionCode
    from ecert.trust.source import Trust
    from ecert.verification.policy import Policy

__all__ = [
    "common",
    "judging",
    "read_instant",
    "read_policy",
    "read_region",
    "read_trust",
    "trusting",
]

F = TypeVar("F", bound=Callable[..., Any])
_FIRST_YEAR, _LAST_YEAR = 1950, 2199


def common(function: Callable[..., int]) -> Callable[..., int]:
    """Add ``--json``, ``--lang`` and ``--debug``; hand the command a `Console` instead."""

    def wrapper(base: Console, as_json: bool, lang: Any, debug: bool, **rest: Any) -> int:
        del debug  # read by main before anything can fail
        console = Console(
            lang=lang or base.lang, form="json" if as_json else "text", out=base.out, err=base.err
        )
        return function(console, **rest)

    functools.update_wrapper(wrapper, function)
    found: Callable[..., int] = click.pass_obj(wrapper)
    options = (
        click.option("--json", "as_json", is_flag=True, help="JSON on stdout · 输出 JSON"),
        click.option(
            "--lang", type=click.Choice(["zh", "en"]), help="language of texts · 文字语言"
        ),
        click.option(
            "--debug", is_flag=True, help="show tracebacks of faults · 显示内部错误的调用栈"
        ),
    )
    for option in reversed(options):
        found = option(found)
    return found


def judging(function: F) -> F:
    """Add the options of a verdict: trust, policy, time, region, matter, detail."""
    choices = [
        *trusting(),
        click.option(
            "--test-trust", is_flag=True, help="allow TEST-ONLY trust (exit 12) · 允许测试信任"
        ),
        click.option("--policy", metavar="NAME|FILE", default="default", show_default=True,
                     help="default, integrity, domestic, archive, or a file · 判定策略"),
        click.option("--at", metavar="TIME", help="judge as of a time with zone · 按指定时间判断"),
        click.option("--relying", metavar="CODE", help="relying region · 采信地行政区划代码"),
        click.option("--matter", metavar="TEXT", help="service item · 办理事项"),
        click.option("--profiles", metavar="DIR",
                     type=click.Path(exists=True, file_okay=False, path_type=Path),
                     help="folder with more certificate types · 更多证照类型的目录"),
        click.option("--detail", type=click.Choice(["summary", "tree", "full"]),
                     default="summary", show_default=True, help="how much text · 详略"),
        click.option("--reveal", is_flag=True, help="show personal values · 显示个人信息"),
        click.option("--html", metavar="FILE",
                     help="also write one page to read and print · 另存为网页报告"),
        click.option("--jobs", type=click.IntRange(1, 1024), metavar="N",
                     help="processes; all cores for many files · 并行进程数"),
    ]  # fmt: skip
    for option in reversed(choices):
        function = option(function)
    return function


def read_instant(text: str | None) -> datetime | None:
    """Return an ISO 8601 time with its zone."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        stop("usage.time", value=text)
    if moment.tzinfo is None or not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        stop("usage.time", value=text)
    return moment.astimezone(UTC)


def read_region(text: str | None) -> RegionCode | None:
    """Return a region code."""
    if text is None:
        return None
    from ecert.errors import InvalidIdentifier
    from ecert.ids import RegionCode

    try:
        return RegionCode(text)
    except InvalidIdentifier:
        stop("usage.region", value=text)


def trusting() -> list[Callable[[F], F]]:
    """Return the options that say whom to believe."""
    return [
        click.option("--trust", metavar="DIR", help="trust folder, store or bundle · 信任目录"),
        click.option("--root", metavar="FINGERPRINT",
                     help="of a bundle's root, got elsewhere · 信任包的根指纹"),
        click.option("--floor", metavar="FILE", help="configured least versions · 版本下限文件"),
    ]  # fmt: skip


def read_trust(path: str | None, *, root: str | None = None, floor: str | None = None) -> Trust:
    """Return a plain trust folder, the bundle of a store, or a bundle as published; nothing for None.

    Args:
        root: fingerprint of the bundle's root; a store knows its own. floor: file with least versions.
    """
    if path is None:
        from ecert.trust.store import TrustStore

        if root is not None or floor is not None:
            stop("usage.no_trust")
        return TrustStore.empty()
    from ecert.trust.opening import open_trust

    return open_trust(path, root=root, floor=floor)


def read_policy(name: str) -> Policy:
    """Return a shipped policy or one from a file."""
    from ecert.verification.policy import Policy

    try:
        return Policy.load(name)
    except OSError as error:
        what = error.strerror or "input error"
        stop("usage.policy_unreadable", exit_code=UNUSABLE, name=Path(name).name, what=what)
