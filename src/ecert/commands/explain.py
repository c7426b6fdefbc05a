"""`ecert explain CODE`: what a reason code means, what to do, and where the rule stands."""

from __future__ import annotations

import difflib

import click

from ecert.commands.console import Console, stop
from ecert.commands.options import common

__all__ = ["explain"]


@click.command(short_help="explain a reason code · 解释原因代码")
@click.argument("code")
@common
def explain(console: Console, *, code: str) -> int:
    """Explain one reason code in Chinese and English."""
    from ecert.report.codes import registry

    known = registry()
    if code not in known:
        near = difflib.get_close_matches(code, known, n=5, cutoff=0.4)
        inside = [c for c in known if code.strip(".") and code.strip(".") in c][:5]
        found = ", ".join(dict.fromkeys((*near, *inside))) or "-"
        stop("usage.unknown_code", value=code[:80], near=found)
    entry = known[code]
    if console.is_json:
        console.emit_json(
            {"schema": "ecert.code/1", "code": code, "zh": entry.zh, "en": entry.en}
            | {"zh_next": entry.zh_next, "en_next": entry.en_next, "actor": entry.actor}
            | {"clause": entry.clause, "etsi": entry.etsi}
        )
        return 0
    rows = [
        ("zh", entry.zh),
        ("en", entry.en),
        ("下一步", entry.zh_next),
        ("next", entry.en_next),
        (console.say("办理人", "actor"), entry.actor),
        (console.say("依据", "clause"), entry.clause),
        ("ETSI EN 319 102-1", entry.etsi),
    ]
    console.emit("\n".join([code, *(f"  {label}: {text}" for label, text in rows if text)]))
    return 0
