"""`ecert verify FILE...`: one report per file, in order, each written as soon as it is known."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ecert.commands.assuming import assuming, read_assumed
from ecert.commands.console import Console, stop, worst
from ecert.commands.inputs import Inputs
from ecert.commands.options import (
    common,
    judging,
    read_instant,
    read_policy,
    read_region,
    read_trust,
)
from ecert.commands.progress import Progress

if TYPE_CHECKING:
    from ecert.commands.page import Page
    from ecert.report import Report

__all__ = ["recognize", "verify"]


@click.command(short_help="verify certificates · 验证证照文件")
@click.argument("files", nargs=-1, metavar="FILE...")
@judging
@assuming
@common
def verify(console: Console, *, files: Sequence[str], **asked: Any) -> int:
    """Verify PDF and OFD certificates; folders are searched.

    Exit: 0 accept, 10 refuse, 11 refer, 12 accept but not live; 2 usage, 4 unreadable, 5 trust unusable.
    With --assume or --with every answer is simulated and none is 0.
    """
    return _run(console, files, **asked)


@click.command(short_help="ask whether a region accepts it · 跨区域互认")
@click.argument("files", nargs=-1, metavar="FILE...")
@judging
@assuming
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
    root: str | None,
    floor: str | None,
    test_trust: bool,
    policy: str,
    at: str | None,
    relying: str | None,
    matter: str | None,
    profiles: Path | None,
    detail: str,
    reveal: bool,
    html: str | None,
    jobs: int | None,
    assume: Sequence[str],
    drafts: Sequence[str],
) -> int:
    """Judge every file and write every report."""
    from ecert.facade import Asking
    from ecert.manyfiles import Judging

    given = Inputs(files)
    page = _page(html)
    moment, region = read_instant(at), read_region(relying)
    made = _Made(
        json=console.is_json,
        lang=console.lang,
        detail=detail,
        reveal="personal" if reveal else "masked",
        html=page is not None,
    )
    every = Judging(
        policy=read_policy(policy),
        trust=read_assumed(read_trust(trust, root=root, floor=floor), assume, drafts, at=moment),
        at=moment,
        asking=Asking(
            relying=str(region) if region else None,
            matter=matter,
            test_trust="allowed" if test_trust else "refused",
            profiles=profiles,
        ),
        present=made,
        names="path",
        on_fault=_debug,
    )
    paths = iter(given) if page is None else page.guarded(given)
    return _printed(console, every.all(paths, jobs=jobs), given, page)


def _page(html: str | None) -> Page | None:
    if html is None:
        return None
    from ecert.commands.page import Page

    return Page(html)


def _printed(console: Console, answers: Iterator[_Answer], given: Inputs, page: Page | None) -> int:
    """Write every answer as it comes; return the exit code of all."""
    codes, decisions = Counter[int](), Counter[str]()
    progress = Progress(console, zh="已核验 {n} 个", en="{n} files")
    try:
        for answer in answers:
            console.emit(answer.text)
            codes[answer.exit] += 1
            decisions[answer.ending] += 1
            if page is not None:
                page.add(answer.html, ending=answer.ending)
            progress.show(codes.total())
        progress.end(codes.total())
        if given.skipped:
            console.warn("usage.skipped_files", {"count": given.skipped})
        if codes.total() > 1 and not console.is_json:
            console.emit(_summary(console, decisions))
        if page is not None:
            page.write(console.lang)
    finally:
        if page is not None:
            page.close()
    return worst(list(codes))


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is left of a report once it is printed."""

    text: str
    html: str
    exit: int
    ending: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """How a report becomes text: the same for every file, and sent to the process that makes it."""

    json: bool
    lang: str
    detail: Any
    reveal: Any
    html: bool

    def __call__(self, report: Report[Any]) -> _Answer:
        if self.json:
            text = report.to_json(reveal=self.reveal)
        else:
            text = report.render(self.lang, detail=self.detail, reveal=self.reveal)
        return _Answer(text, self._section(report), report.exit_code, report.ending)

    def _section(self, report: Report[Any]) -> str:
        if not self.html:
            return ""
        from ecert.report.html import section

        return section(report, self.lang, reveal=self.reveal)


def _debug(error: BaseException) -> None:
    if "--debug" in sys.argv:
        import traceback

        traceback.print_exception(error)


def _summary(console: Console, decisions: Counter[str]) -> str:
    from ecert.report.render import WORDS

    index = 0 if console.lang == "zh" else 1
    parts = [f"{WORDS[d][index]} {n}" for d, n in sorted(decisions.items())]
    total = sum(decisions.values())
    return console.say(f"共 {total} 个文件：", f"{total} files: ") + "  ".join(parts)
