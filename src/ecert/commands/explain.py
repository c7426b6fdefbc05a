"""`ecert explain [CODE]`: what a reason code means, what to do, where it is met, and where the rule stands."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from ecert.commands.console import Console, stop
from ecert.commands.options import common

if TYPE_CHECKING:
    from ecert.report.codes import CodeInfo

__all__ = ["explain"]


@click.command(short_help="explain a reason code · 解释原因代码")
@click.argument("code", required=False)
@common
def explain(console: Console, *, code: str | None) -> int:
    """Explain one reason code in Chinese and English; without CODE, list them all by area."""
    from ecert.report.codes import near, registry

    known = registry()
    if code is None:
        _list(console, list(known.values()))
        return 0
    if code not in known:
        stop("usage.unknown_code", value=code[:80], near=", ".join(near(code[:80])) or "-")
    if console.is_json:
        console.emit_json(_document(known[code]))
    else:
        console.emit("\n".join(_page(console, known[code])))
    return 0


def _document(entry: CodeInfo) -> dict[str, Any]:
    from ecert.report.codes import places, related

    return {
        "schema": "ecert.code/1",
        "code": entry.code,
        "zh": entry.zh,
        "en": entry.en,
        "zh_next": entry.zh_next,
        "en_next": entry.en_next,
        "actor": entry.actor,
        "clause": entry.clause,
        "etsi": entry.etsi,
        "area": entry.area,
        "checks": list(places(entry.code)),
        "related": list(related(entry.code)),
    }


def _page(console: Console, entry: CodeInfo) -> Iterator[str]:
    from ecert.report.codes import info, places, related
    from ecert.report.words import title, word

    lang = console.lang
    actor = word("actor.issuer" if entry.actor == "issuer" else entry.actor, lang)
    rows = [
        ("zh", entry.zh),
        ("en", entry.en),
        ("下一步", entry.zh_next),
        ("next", entry.en_next),
        (console.say("办理人", "actor"), actor),
        (console.say("依据", "clause"), entry.clause),
        ("ETSI EN 319 102-1", entry.etsi),
    ]
    yield entry.code
    yield from (f"  {label}: {text}" for label, text in rows if text)
    for check in places(entry.code):
        yield f"  {console.say('见于', 'seen in')}: {check}  {title(check, lang)}"
    for other in related(entry.code):
        yield f"  {console.say('相关', 'related')}: {other}  {info(other).text(lang)}"


def _list(console: Console, entries: list[CodeInfo]) -> None:
    """Write every code, by the area of the catalogue it stands in."""
    ordered = sorted(entries, key=lambda e: (e.area, e.code))
    if console.is_json:
        for entry in ordered:
            console.emit_json(_document(entry))
        return
    lines = []
    for area, found in groupby(ordered, key=lambda e: e.area):
        lines.append(area)
        lines += [f"  {e.code}  {e.text(console.lang)}" for e in found]
    console.emit("\n".join(lines))
