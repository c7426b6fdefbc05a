"""The report as text for a person: verdict and causes first, the tree on request, in zh or en.

Language is chosen here and nowhere below. All foreign text passes `safe_text`; personal values are masked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Literal

from ecert.report.check import Check, Evidence, Reason, Weight
from ecert.report.codes import info
from ecert.report.jsonform import instant
from ecert.report.outcome import Scalar
from ecert.report.text import mask, mask_numbers, safe_text
from ecert.report.verdict import Verdict

if TYPE_CHECKING:
    from ecert.report.report import Report, SignatureSummary

__all__ = ["WORDS", "render_text", "sentence"]

WORDS: dict[str, tuple[str, str]] = {
    "accept": ("可以接受", "ACCEPT"),
    "refuse": ("不予接受", "REFUSE"),
    "refer": ("需核实", "REFER"),
    "passed": ("通过", "passed"),
    "failed": ("不通过", "failed"),
    "indeterminate": ("无法确定", "cannot tell"),
    "not_applicable": ("不适用", "not applicable"),
    "authenticity": ("真实性", "authenticity"),
    "status": ("状态", "status"),
    "conformity": ("规范性", "conformity"),
    "recognition": ("互认", "recognition"),
    "cause": ("原因", "cause"),
    "next": ("下一步", "next"),
    "where": ("位置", "where"),
    "axes": ("四问", "axes"),
    "signatures": ("签名", "signatures"),
    "data": ("内容", "data"),
    "until": ("有效至", "use until"),
    "as_of": ("非实时：按指定时间判断", "not live: judged as of the given time"),
    "simulated": ("模拟结果，不可作为依据", "simulated, not a verdict to act on"),
    "test": ("测试信任材料，不可作为依据", "test trust material, not a verdict to act on"),
    "bearer": (
        "本结论只说明文件本身，不能证明持件人就是证照主体，请核对本人",
        "this speaks of the file only; it does not identify the person who presents it",
    ),
    "not_recognition": (
        "未询问互认：仅说明证照真实，不等于本地应当接受",
        "recognition was not asked: genuine, which is not the same as recognised here",
    ),
    "covers": ("覆盖", "covers"),
    "whole": ("整个文件", "the whole file"),
    "revision": ("较早的版本", "an earlier revision"),
    "partial": ("部分内容", "parts only"),
    "unknown": ("未知", "unknown"),
}

_MARK = {
    Verdict.PASSED: "+",
    Verdict.FAILED: "x",
    Verdict.INDETERMINATE: "?",
    Verdict.NOT_APPLICABLE: "-",
}


def _word(key: str, lang: str) -> str:
    return WORDS[key][0 if lang == "zh" else 1]


class _Params(dict[str, object]):
    """Placeholder values; one that is missing shows as ``?`` instead of failing the report."""

    def __missing__(self, key: str) -> str:
        return "?"


_SHANGHAI = timezone(timedelta(hours=8))
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def _shown(name: str, value: Scalar, lang: str) -> str:
    """Return a value as a person reads it: instants in Beijing time (L12), ages in days or hours."""
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        local = datetime.fromisoformat(value).astimezone(_SHANGHAI)
        return f"{local:%Y-%m-%d %H:%M}" + (" 北京时间" if lang == "zh" else " UTC+8")
    if name.endswith("_s") and isinstance(value, int) and not isinstance(value, bool):
        return _age(value, lang)
    return safe_text(str(value))


def _age(seconds: int, lang: str) -> str:
    for size, zh, en in ((86400, "天", "days"), (3600, "小时", "hours"), (60, "分钟", "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size}{zh}" if lang == "zh" else f"{seconds // size} {en}"
    return f"{seconds}秒" if lang == "zh" else f"{seconds} seconds"


def sentence(reason: Reason, lang: str) -> str:
    """Return a reason's sentence with its values filled in, safe to show."""
    values = _Params({k: _shown(k, v, lang) for k, v in reason.params})
    return info(reason.code).text(lang).format_map(values)


def _label(lang: str, key: str) -> str:
    word = _word(key, lang)
    return f"  {word}{'　' * max(0, 4 - len(word))}" if lang == "zh" else f"  {word:<10}"


def _causes(report: Report[Any], lang: str) -> Iterator[str]:
    seen: set[str] = set()
    for check in report.causes():
        for reason in check.reasons:
            line = sentence(reason, lang)
            if line not in seen:
                seen.add(line)
                yield f"{_label(lang, 'cause')}{line}  [{reason.code}]"
                yield f"{_label(lang, 'where')}{check.id}" + (
                    f" · {check.clause}" if check.clause else ""
                )
    for condition in report.conditions:
        if condition.met != "yes":
            line = info(condition.code).text(lang).format_map(_Params())
            yield f"{_label(lang, 'cause')}{line}  [{condition.code}]"
    steps = (info(code).next_step(lang) for code in report.reasons())
    for step in dict.fromkeys(s for s in steps if s):
        yield f"{_label(lang, 'next')}{step}"


def _caveats(report: Report[Any], lang: str) -> Iterator[str]:
    mode = report.question.mode.value
    if mode != "live":
        yield f"  ! {_word(mode, lang)}"
    if report.test_trust != "none":
        yield f"  ! {_word('test', lang)}"
    if report.decision.value == "accept":
        if report.question.relying is None:
            yield f"  ! {_word('not_recognition', lang)}"
        if report.use_until is not None:
            yield f"{_label(lang, 'until')}{_shown('until', instant(report.use_until), lang)}"
    yield f"  ! {_word('bearer', lang)}"


def _signature(sig: SignatureSummary, lang: str) -> str:
    who = safe_text(sig.signer) if sig.signer else _word("unknown", lang)
    parts = [
        f"#{sig.index} {sig.role}",
        "/".join(sig.algorithms) or sig.kind,
        who,
        f"integrity {_word(sig.integrity.value, lang)}",
        f"trust {_word(sig.trust.value, lang)}",
        f"{_word('covers', lang)} {_word(sig.coverage, lang)}",
    ]
    if sig.quirks:
        parts.append("~ " + ", ".join(sig.quirks))
    return "    " + " · ".join(parts)


def _evidence(item: Evidence, reveal: str) -> str:
    value = safe_text(str(item.value))
    shown = mask(value) if item.personal and reveal == "masked" else value
    return f"{item.name}={shown}" + (f" ({safe_text(item.source)})" if item.source else "")


def _tree(check: Check, lang: str, *, depth: int, reveal: str | None) -> Iterator[str]:
    pad = "  " * (depth + 1)
    note = " (advisory)" if check.weight is Weight.ADVISORY else ""
    text = "; ".join(f"{sentence(r, lang)} [{r.code}]" for r in check.reasons)
    yield f"{pad}{_MARK[check.verdict]} {check.id}{note}" + (f"  {text}" if text else "")
    if reveal is not None:
        for item in check.evidence:
            yield f"{pad}    {_evidence(item, reveal)}"
    for child in check.children:
        yield from _tree(child, lang, depth=depth + 1, reveal=reveal)


def _data(report: Report[Any], lang: str, reveal: str) -> Iterator[str]:
    if report.certificate is None:
        return
    yield f"  {_word('data', lang)}"
    for name, item in report.certificate.fields.items():
        value = safe_text(str(item.value))
        shown = mask(value) if item.personal and reveal == "masked" else value
        yield f"    {safe_text(name)}: {shown}"


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
    name = safe_text(report.subject.name)
    shown_name = mask_numbers(name) if reveal == "masked" else name
    lines = [f"{_word(report.decision.value, lang)}  {shown_name}"]
    axes = "  ".join(
        f"{_word(axis.value, lang)}:{_word(check.verdict.value, lang)}"
        for axis, check in report.axes.items()
    )
    lines.append(f"{_label(lang, 'axes')}{axes}")
    lines += _causes(report, lang)
    lines += _caveats(report, lang)
    if detail != "summary":
        lines.append(f"  {_word('signatures', lang)} ({len(report.signatures)})")
        lines += [_signature(s, lang) for s in report.signatures]
        shown = reveal if detail == "full" else None
        lines += _tree(report.root, lang, depth=0, reveal=shown)
    if detail == "full":
        lines += _data(report, lang, reveal)
    return "\n".join(lines)
