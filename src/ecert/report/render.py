"""The report as text for a person: verdict and causes first, the tree on request, in zh or en.

Language is chosen here and nowhere below. All foreign text passes `safe_text`; personal values are masked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Literal

from ecert.report.check import Check, Evidence, Reason, Weight
from ecert.report.codes import info
from ecert.report.etsi import Projection, project
from ecert.report.explained import clerk_page, one_line
from ecert.report.jsonform import instant
from ecert.report.masking import masked
from ecert.report.outcome import Scalar
from ecert.report.text import mask, mask_numbers, safe_text
from ecert.report.verdict import Verdict
from ecert.report.words import WORDS, title, word

if TYPE_CHECKING:
    from ecert.report.report import Report, SignatureSummary

__all__ = [
    "WORDS", "causes", "caveats", "evidence_text", "next_steps", "render_text", "sentence",
    "shown_value", "until",
]  # fmt: skip

_MARK = {
    Verdict.PASSED: "+",
    Verdict.FAILED: "x",
    Verdict.INDETERMINATE: "?",
    Verdict.NOT_APPLICABLE: "-",
}


class _Params(dict[str, object]):
    """Placeholder values; one that is missing shows as ``?`` instead of failing the report."""

    def __missing__(self, key: str) -> str:
        return "?"


_SHANGHAI = timezone(timedelta(hours=8))
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def shown_value(name: str, value: Scalar, lang: str) -> str:
    """Return a value as a person reads it: instants in Beijing time (L12), ages in days or hours."""
    if name == "by" and isinstance(value, str):  # the check that blocked this one
        return (
            f"{value}（{title(value, lang)}）"
            if lang == "zh"
            else f"{value} ({title(value, lang)})"
        )
    if name == "entity_state":
        return safe_text(word(f"entity.{value}", lang))
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        return _local(value, lang)
    if name.endswith("_s") and isinstance(value, int) and not isinstance(value, bool):
        return _age(value, lang)
    return safe_text(str(value))


def _local(text: str, lang: str) -> str:
    """Return an instant in Beijing time; a file's own text may only look like one, or end the calendar."""
    try:
        local = datetime.fromisoformat(text).astimezone(_SHANGHAI)
    except (ValueError, OverflowError):
        return safe_text(text)
    return f"{local:%Y-%m-%d %H:%M}" + (" 北京时间" if lang == "zh" else " UTC+8")


def _age(seconds: int, lang: str) -> str:
    for size, zh, en in ((86400, "天", "days"), (3600, "小时", "hours"), (60, "分钟", "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size}{zh}" if lang == "zh" else f"{seconds // size} {en}"
    return f"{seconds}秒" if lang == "zh" else f"{seconds} seconds"


def sentence(reason: Reason, lang: str) -> str:
    """Return a reason's sentence with its values filled in, safe to show."""
    values = _Params({k: shown_value(k, v, lang) for k, v in reason.params})
    return info(reason.code).text(lang).format_map(values)


def _label(lang: str, key: str) -> str:
    text = word(key, lang)
    return f"  {text}{'　' * max(0, 4 - len(text))}" if lang == "zh" else f"  {text:<10}"


def _where(check: Check, code: str, lang: str) -> str:
    """Return which check a cause stands in, what that check asks, and the rule behind it."""
    asks = title(check.id, lang)
    shown = (
        check.id
        if asks == check.id
        else f"{check.id}（{asks}）"
        if lang == "zh"
        else f"{check.id} ({asks})"
    )
    clause = check.clause or info(code).clause
    return f"{shown} · {clause}" if clause else shown


def _shown_codes(report: Report[Any]) -> tuple[str, ...]:
    codes = (*((report.error.code,) if report.error else ()), *report.reasons())
    return tuple(c for c in codes if c != "check.blocked") or codes


def causes(report: Report[Any], lang: str) -> Iterator[tuple[str, str, str]]:
    """Yield (sentence, code, where) of every cause and unmet condition, each sentence once.

    That a check was blocked by another one is told only where nothing else is.
    """
    seen: set[str] = set()
    shown = _shown_codes(report)
    # What could not be used comes before what could not be told without it.
    if report.error is not None and report.error.code not in report.reasons():
        yield sentence(report.error, lang), report.error.code, info(report.error.code).clause
    for check in report.causes():
        for reason in check.reasons:
            line = sentence(reason, lang)
            if line not in seen and reason.code in shown:
                seen.add(line)
                yield line, reason.code, _where(check, reason.code, lang)
    told = {reason.code for check in report.causes() for reason in check.reasons}
    for condition in report.conditions:
        if condition.met != "yes" and condition.code not in told:
            yield sentence(Reason(condition.code), lang), condition.code, ""


def next_steps(report: Report[Any], lang: str) -> dict[str, str]:
    """Return every next step with who takes it, in the order of the causes."""
    found: dict[str, str] = {}
    for code in _shown_codes(report):
        entry = info(code)
        if entry.next_step(lang):
            found.setdefault(entry.next_step(lang), entry.actor or "clerk")
    return found


def _why(report: Report[Any], lang: str) -> Iterator[str]:
    for line, code, where in causes(report, lang):
        yield f"{_label(lang, 'cause')}{line}  [{code}]"
        if where:
            yield f"{_label(lang, 'where')}{where}"
    for step in next_steps(report, lang):
        yield f"{_label(lang, 'next')}{step}"


def caveats(report: Report[Any], lang: str) -> Iterator[str]:
    """Yield what a reader must know before relying on the answer (L4, L5, L14)."""
    mode = report.question.mode.value
    if mode != "live":
        yield word(mode, lang)
    for text in report.question.assumptions:
        yield f"{word('assumed', lang)}{mask_numbers(safe_text(text))}"
    if report.test_trust != "none":
        yield word("test", lang)
    if report.decision.value == "accept" and report.question.relying is None:
        yield word("not_recognition", lang)
    yield word("bearer", lang)


def until(report: Report[Any], lang: str) -> str | None:
    """Return until when an accept may be used, where that is known."""
    if not report.ending.startswith("accept") or report.use_until is None:
        return None
    return shown_value("until", instant(report.use_until), lang)


def _signature(sig: SignatureSummary, theirs: Projection | None, lang: str) -> str:
    who = safe_text(sig.signer) if sig.signer else word("unknown", lang)
    parts = [
        f"#{sig.index} {word(sig.role, lang)}",
        "/".join(sig.algorithms) or sig.kind,
        who,
        f"{word('integrity', lang)} {word(sig.integrity.value, lang)}",
        f"{word('trust', lang)} {word(sig.trust.value, lang)}",
        f"{word('covers', lang)} {word(sig.coverage, lang)}",
    ]
    if theirs is not None:
        parts.append("ETSI " + theirs.text())
    if sig.quirks:
        parts.append("~ " + ", ".join(sig.quirks))
    return "    " + " · ".join(parts)


def evidence_text(item: Evidence, reveal: str) -> str:
    """Return one piece of evidence as name, value and source."""
    value = safe_text(str(item.value))
    shown = mask(value) if item.personal and reveal == "masked" else value
    return f"{item.name}={shown}" + (f" ({safe_text(item.source)})" if item.source else "")


def _tree(check: Check, lang: str, *, depth: int, reveal: str | None) -> Iterator[str]:
    pad = "  " * (depth + 1)
    note = word("advisory", lang) if check.weight is Weight.ADVISORY else ""
    asks = title(check.id, lang)
    name = check.id if asks == check.id else f"{check.id}  {asks}"
    text = "; ".join(f"{sentence(r, lang)} [{r.code}]" for r in check.reasons)
    yield f"{pad}{_MARK[check.verdict]} {name}{note}" + (f": {text}" if text else "")
    if reveal is not None:
        for item in check.evidence:
            yield f"{pad}    {evidence_text(item, reveal)}"
    for child in check.children:
        yield from _tree(child, lang, depth=depth + 1, reveal=reveal)


def _data(report: Report[Any], lang: str, reveal: str) -> Iterator[str]:
    if report.certificate is None:
        return
    yield f"  {word('data', lang)}"
    for name, item in report.certificate.fields.items():
        value = safe_text(str(item.value))
        shown = mask(value) if item.personal and reveal == "masked" else value
        yield f"    {safe_text(name)}: {shown}"


def _explained(explained: Mapping[str, Any], lang: str, detail: str) -> Iterator[str]:
    """Yield why a region recognises it or not: one line, or with everything that was read and weighed."""
    if detail == "tree":
        yield f"  {word('recognition', lang)}: {one_line(explained, lang)}"
        return
    for heading, text in clerk_page(explained, lang):
        yield f"    {heading}: {text}" if heading else f"      {text}"


def render_text(
    report: Report[Any],
    lang: str = "en",
    *,
    detail: Literal["summary", "tree", "full"] = "summary",
    reveal: Literal["masked", "personal"] = "masked",
) -> str:
    """Return the report as text.

    Args:
        lang: ``"zh"`` or ``"en"``.
        detail: summary (verdict, causes, next step), tree (with every check), full (with evidence and data).
        reveal: whether personal values are shown whole.
    """
    report = masked(report) if reveal == "masked" else report
    name = safe_text(report.subject.name)
    lines = [f"{word(report.ending, lang)}  {name}"]
    axes = "  ".join(
        f"{word(axis.value, lang)}:{word(check.verdict.value, lang)}"
        for axis, check in report.axes.items()
    )
    lines.append(f"{_label(lang, 'axes')}{axes}")
    lines += _why(report, lang)
    end = until(report, lang)
    lines += [f"{_label(lang, 'until')}{end}"] if end else []
    lines += [f"  ! {line}" for line in caveats(report, lang)]
    if detail != "summary":
        theirs = project(report.root)
        lines.append(f"  {word('signatures', lang)} ({len(report.signatures)})")
        lines += [_signature(s, theirs.get(s.index), lang) for s in report.signatures]
        shown = reveal if detail == "full" else None
        lines += _tree(report.root, lang, depth=0, reveal=shown)
    if detail == "full":
        lines += _data(report, lang, reveal)
    if detail != "summary" and report.recognition is not None:
        lines += _explained(report.recognition, lang, detail)
    return "\n".join(lines)
