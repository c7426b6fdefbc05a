"""`ecert verify FILE...`: one report per file, in order, each written before the next is read."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ecert.commands.console import Console, Stop, stop, worst
from ecert.commands.inputs import Input, inputs
from ecert.commands.options import (
    common,
    judging,
    read_instant,
    read_policy,
    read_region,
    read_trust,
)

if TYPE_CHECKING:
    from ecert.facade import Asking
    from ecert.report import Report
    from ecert.trust.store import TrustStore
    from ecert.verification.policy import Policy

__all__ = ["recognize", "verify"]

_PROGRESS_AFTER_S = 2.0


@click.command(short_help="verify certificates · 验证证照文件")
@click.argument("files", nargs=-1, metavar="FILE...")
@judging
@common
def verify(console: Console, *, files: Sequence[str], **asked: Any) -> int:
    """Verify PDF and OFD certificates; folders are searched.

    Exit: 0 accept, 10 refuse, 11 refer, 12 accept but not live; 2 usage, 4 unreadable, 5 trust unusable.
    """
    return _run(console, files, **asked)


@click.command(short_help="ask whether a region accepts it · 跨区域互认")
@click.argument("files", nargs=-1, metavar="FILE...")
@judging
@common
def recognize(console: Console, *, files: Sequence[str], relying: str | None, **asked: Any) -> int:
    """Verify certificates and ask whether the region of --relying accepts them for --matter.

    Recognition never stands alone: what is not genuine is refused first. Exit as verify.
    """
    if relying is None:
        stop("usage.needs_relying")
    return _run(console, files, relying=relying, **asked)


def _run(
    console: Console,
    files: Sequence[str],
    *,
    trust: str | None,
    test_trust: bool,
    policy: str,
    at: str | None,
    relying: str | None,
    matter: str | None,
    profiles: Path | None,
    detail: str,
    reveal: bool,
) -> int:
    """Judge every file and write every report."""
    from ecert.facade import Asking

    given = inputs(files)
    found = given.files
    if given.skipped:
        console.warn("usage.skipped_files", {"count": given.skipped})
    moment, region = read_instant(at), read_region(relying)
    rules, store = read_policy(policy), read_trust(trust)
    codes: list[int] = []
    started, decisions = time.monotonic(), Counter[str]()
    for index, item in enumerate(found):
        asking = Asking(
            relying=str(region) if region else None,
            matter=matter,
            test_trust="allowed" if test_trust else "refused",
            profiles=profiles,
            index=index if len(found) > 1 else 0,
            name=item.name,
        )
        report, text = _answer(
            item, asking, store, rules, moment, _form(console, detail, reveal=reveal)
        )
        console.emit(text)
        codes.append(report.exit_code)
        decisions[report.decision.value] += 1
        _progress(console, len(codes), len(found), since=started)
    if len(found) > 1 and not console.is_json:
        console.emit(_summary(console, decisions))
    return worst(codes)


class _Form:
    """How a report becomes text: set once, used for every file."""

    __slots__ = ("detail", "json", "lang", "reveal")

    def __init__(self, *, json: bool, lang: str, detail: Any, reveal: Any) -> None:
        self.json, self.lang, self.detail, self.reveal = json, lang, detail, reveal

    def render(self, report: Report[Any]) -> str:
        if self.json:
            return report.to_json(reveal=self.reveal)
        return report.render(self.lang, detail=self.detail, reveal=self.reveal)


def _form(console: Console, detail: str, *, reveal: bool) -> _Form:
    shown = "personal" if reveal else "masked"
    return _Form(json=console.is_json, lang=console.lang, detail=detail, reveal=shown)


def _answer(
    item: Input,
    asking: Asking,
    store: TrustStore,
    rules: Policy,
    at: datetime | None,
    form: _Form,
) -> tuple[Report[Any], str]:
    """Return report and text of one file; a fault of our own becomes a report with exit 70."""
    from ecert import facade

    try:
        report = facade.verify(item.path, trust=store, policy=rules, at=at, asking=asking)
        return report, form.render(report)
    except Stop:
        raise
    except Exception as error:  # noqa: BLE001 - any fault must end in a report, and the next file be read
        _debug(error)
        moment = at or datetime.now(UTC)
        report = facade.internal_error_report(
            error, item.path, policy=rules, at=moment, asking=asking
        )
        return report, form.render(report)


def _debug(error: BaseException) -> None:
    if "--debug" in sys.argv:
        import traceback

        traceback.print_exception(error)


def _progress(console: Console, done: int, total: int, *, since: float) -> None:
    if total > 1 and time.monotonic() - since > _PROGRESS_AFTER_S:
        console.progress(f"{done}/{total}" + ("\n" if done == total else ""))


def _summary(console: Console, decisions: Counter[str]) -> str:
    from ecert.report.render import WORDS

    index = 0 if console.lang == "zh" else 1
    parts = [f"{WORDS[d][index]} {n}" for d, n in sorted(decisions.items())]
    total = sum(decisions.values())
    return console.say(f"共 {total} 个文件：", f"{total} files: ") + "  ".join(parts)
