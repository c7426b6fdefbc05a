"""`ecert window FILE`: over which time a region would recognise a certificate, and what ends it (D9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ecert.commands.assuming import read_simulated, simulating
from ecert.commands.console import Console, Stop
from ecert.commands.files import read_bytes
from ecert.commands.options import common, read_instant, read_region
from ecert.commands.progress import Progress
from ecert.commands.simulated import (
    EXIT,
    answer_json,
    banner,
    horizon,
    moment_text,
    question_json,
    reasons_text,
    rests_on,
    shown,
    time_text,
    trust_json,
    would,
)
from ecert.report.jsonform import instant

if TYPE_CHECKING:
    from ecert.recognition.answers import Answer
    from ecert.recognition.moments import Moment
    from ecert.recognition.window import Span
    from ecert.trust.store import TrustStore

__all__ = ["window"]


@click.command(short_help="from when until when · 何时起至何时止")
@click.argument("file", metavar="FILE")
@click.option(
    "--relying", metavar="CODE", required=True, help="relying region · 采信地行政区划代码"
)
@click.option("--until", metavar="TIME", help="end, a year after --at if not given · 截止时间")
@click.option("--test-trust", is_flag=True, help="allow TEST-ONLY trust · 允许测试信任")
@simulating
@common
def window(console: Console, *, file: str, relying: str, until: str | None, **given: Any) -> int:
    """Show every stretch of time from --at (now) to --until with one answer, and what ends it.

    Evidence is what the trust holds today: what expires and is not renewed ends an accept. Always
    simulated. Exit: 12; 2 usage, 4 unreadable, 5 trust unusable.
    """
    first = read_instant(given["at"]) or datetime.now(UTC).replace(microsecond=0)
    last = horizon(first, read_instant(until))
    trust = read_simulated(given, at=first)
    asked = _Asked(
        data=_read(file),
        trust=trust,
        relying=str(read_region(relying)),
        matter=given["matter"],
        profiles=given["profiles"],
        test_trust="allowed" if given["test_trust"] else "refused",
    )
    found = asked.spans(console, first, last)
    if console.is_json:
        console.emit_json(_json(asked, found, file, first, last))
    else:
        console.emit("\n".join(_lines(console, asked, found, file)))
    return EXIT


def _read(file: str) -> bytes:
    from ecert.limits import Limits

    return read_bytes(file, Limits().file_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """One file and what is asked about it."""

    data: bytes
    trust: TrustStore
    relying: str
    matter: str | None
    profiles: Path | None
    test_trust: Any

    def at(self, moment: datetime) -> tuple[Answer, list[Moment]]:
        """Return the answer at an instant, and the instants that documents state about it."""
        from ecert.facade import Asking, examine
        from ecert.recognition.answers import answer, with_report
        from ecert.recognition.compiled import compile_knowledge
        from ecert.recognition.moments import known_moments, trust_moments

        asking = Asking(
            relying=self.relying,
            matter=self.matter,
            profiles=self.profiles,
            test_trust=self.test_trust,
        )
        report, asked = examine(self.data, trust=self.trust, at=moment, asking=asking)
        if report.error is not None:
            raise Stop(report.error, exit_code=report.exit_code)
        assert asked is not None
        knowledge = self.trust.knowledge
        said = with_report(answer(asked, compile_knowledge(knowledge), at=moment), report)
        return said, [*known_moments(asked, knowledge), *trust_moments(self.trust)]

    def spans(
        self, console: Console, first: datetime, last: datetime
    ) -> list[tuple[Span[Answer], list[Moment]]]:
        """Return the spans, each with what is stated to happen where it ends."""
        from ecert.recognition.window import days, spans

        progress = Progress(console, zh="已推算 {n} 个时点", en="{n} instants")
        _, stated = self.at(first)
        known: dict[datetime, Answer] = {}

        def ask(moment: datetime) -> Answer:
            if moment not in known:
                known[moment] = self.at(moment)[0]
                progress.show(len(known))
            return known[moment]

        times = [m.at for m in stated]
        found = list(spans(ask, times, first=first, last=last, between=days(first, last)))
        progress.end(len(known))
        return [(s, [m for m in stated if m.at == s.end and s.edge == "changes"]) for s in found]


def _ending(
    found: Sequence[tuple[Span[Answer], list[Moment]]], place: int
) -> tuple[list[Moment], list[tuple[str, str, str]]]:
    """Return what ends a span: what documents state, and the causes that are new after it."""
    span, moments = found[place]
    if span.edge == "open":
        return [], []
    after = found[place + 1][0].answer
    begun = {(m.kind, m.name) for m in moments if not m.event.endswith(" ends")}
    moments = [m for m in moments if (m.kind, m.name) not in begun or not m.event.endswith(" ends")]
    return moments, [c for c in after.causes if c not in span.answer.causes]


def _json(
    asked: _Asked,
    found: Sequence[tuple[Span[Answer], list[Moment]]],
    file: str,
    first: datetime,
    last: datetime,
) -> dict[str, Any]:
    import hashlib

    from ecert.facade import tool
    from ecert.report.jsonform import tool_dict

    spans = []
    for place, (span, _) in enumerate(found):
        moments, causes = _ending(found, place)
        spans.append(
            {
                "from": instant(span.start),
                "to": instant(span.end),
                "open": span.edge == "open",
                **answer_json(span.answer),
                "ended_by": [
                    {"kind": m.kind, "name": shown(m.name), "event": m.event} for m in moments
                ],
                "new_causes": [
                    {"check": check, "code": code} | ({"rule": shown(rule)} if rule else {})
                    for check, code, rule in causes
                ],
            }
        )
    return {
        "schema": "ecert.window/1",
        "mode": "simulated",
        "tool": tool_dict(tool()),
        "question": question_json(asked.trust, first, last, asked.matter)
        | {"relying": asked.relying},
        "subject": {"name": shown(file), "sha256": hashlib.sha256(asked.data).hexdigest()},
        "trust": trust_json(asked.trust),
        "exit": EXIT,
        "spans": spans,
    }


def _lines(
    console: Console,
    asked: _Asked,
    found: Sequence[tuple[Span[Answer], list[Moment]]],
    file: str,
) -> list[str]:
    lang = console.lang
    matter = shown(asked.matter) if asked.matter else "-"
    lines = [
        f"{banner(lang)}  {shown(file)}",
        "  "
        + console.say(
            f"接收地区 {asked.relying}  事项 {matter}", f"relying {asked.relying}  matter {matter}"
        ),
        *(f"  {line}" for line in rests_on(console, asked.trust)),
    ]
    for place, (span, _) in enumerate(found):
        said = span.answer
        what = f"{would(said.outcome, lang)} · {would(said.decision, lang)}"
        agreement = f" · {shown(said.agreement)}" if said.agreement else ""
        start, end = time_text(span.start, lang), time_text(span.end, lang)
        lines.append(f"{start} → {end}  {what}{agreement}")
        lines += [f"    {line}" for line in reasons_text(said, lang)]
        moments, causes = _ending(found, place)
        named = [moment_text(m, lang) for m in moments]
        named += [] if named else [f"{rule} {code}".strip() for _, code, rule in causes]
        ended = console.say("终止于：", "ended by: ")
        if span.edge == "changes":
            lines.append(f"    {ended}{'; '.join(shown(n) for n in named) or '-'}")
    return lines
