"""The report as one self-contained page: big verdict, reasons, next steps, signatures, every check.

No script, no link to anything outside, no style but our own (the content security policy allows exactly
its digest). Every text of a file passes `safe_text` and is escaped and isolated (L26); personal values are
masked. A page holds one report or many; the sections of many are made one by one.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from html import escape
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

from ecert.report.check import Check, Reason, Weight
from ecert.report.etsi import Projection, project
from ecert.report.explained import clerk_page
from ecert.report.jsonform import instant
from ecert.report.masking import masked
from ecert.report.outcome import Scalar
from ecert.report.render import (
    causes,
    caveats,
    evidence_text,
    next_steps,
    sentence,
    shown_value,
    until,
)
from ecert.report.report import Axis, FieldView, Mode
from ecert.report.text import mask, safe_text
from ecert.report.verdict import Verdict
from ecert.report.words import title, word

if TYPE_CHECKING:
    from ecert.report.report import Report, SignatureSummary, TimeView

__all__ = ["foot", "head", "page", "section"]

Reveal = Literal["masked", "personal"]
_MARKS = {"accept": "✓", "accept_not_final": "!", "refuse": "✗", "refer": "?"}
_SIMULATED = "～"
_SIGN = {
    Verdict.PASSED: "✓",
    Verdict.FAILED: "✗",
    Verdict.INDETERMINATE: "?",
    Verdict.NOT_APPLICABLE: "–",
}


def _text(value: str) -> str:
    """Return our own text, escaped."""
    return escape(value, quote=True)


def _foreign(value: str) -> str:
    """Return text that came from a file: made visible, escaped, and kept from reordering its neighbours."""
    return f"<bdi>{escape(safe_text(value), quote=True)}</bdi>"


def _personal(value: Scalar, reveal: Reveal) -> str:
    text = safe_text(str(value))
    return _foreign(mask(text) if reveal == "masked" else text)


@lru_cache(maxsize=1)
def _style() -> tuple[str, str]:
    """Return the style and its digest, which is all that the policy lets a browser apply."""
    style = resources.files("ecert.report").joinpath("page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return style, f"sha256-{digest}"


def head(lang: str, decisions: Mapping[str, int]) -> str:
    """Return the beginning of a page; with several reports, how many ended how (see `Report.ending`)."""
    style, digest = _style()
    policy = f"default-src 'none'; style-src '{digest}'; base-uri 'none'; form-action 'none'"
    name = _text(word("found.title", lang))
    lines = [
        "<!DOCTYPE html>",
        f'<html lang="{"zh-CN" if lang == "zh" else "en"}">',
        '<head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="referrer" content="no-referrer">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{name}</title>",
        f"<style>{style}</style></head>",
        f"<body><h1>{name}</h1>",
    ]
    if sum(decisions.values()) > 1:
        counts = "".join(
            f"<span>{_MARKS.get(d, _SIMULATED)} {_text(word(d, lang))} <b>{n}</b></span>"
            for d, n in sorted(decisions.items())
        )
        total = sum(decisions.values())
        lines.append(
            f'<p class="counts">{_text(word("found.files", lang))} <b>{total}</b>　{counts}</p>'
        )
    return "\n".join(lines) + "\n"


def foot(lang: str) -> str:
    """Return the end of a page."""
    return f'<p class="foot">{_text(word("found.not_certified", lang))}</p>\n</body></html>\n'


def page(reports: Iterable[Report[Any]], lang: str = "zh", *, reveal: Reveal = "masked") -> str:
    """Return one page with these reports, in order."""
    counts: dict[str, int] = {}
    sections = []
    for report in reports:
        said = report.ending
        counts[said] = counts.get(said, 0) + 1
        sections.append(section(report, lang, reveal=reveal))
    return head(lang, counts) + "".join(sections) + foot(lang)


def section(report: Report[Any], lang: str = "zh", *, reveal: Reveal = "masked") -> str:
    """Return one report as a part of a page."""
    report = masked(report) if reveal == "masked" else report
    parts = [
        '<article class="report">',
        *_verdict(report, lang),
        *_why(report, lang),
        *_caveats(report, lang),
        *_explained(report, lang),
        *_data(report, lang, reveal),
        *_signatures(report, lang),
        *_pins(report, lang),
        f"<details><summary>{_text(word('found.tree', lang))}</summary>",
        '<ul class="tree">',
        *_tree(report.root, lang, reveal),
        "</ul></details>",
        "</article>",
    ]
    return "\n".join(parts) + "\n"


def _verdict(report: Report[Any], lang: str) -> Iterator[str]:
    """Yield the banner; an accept that nobody may act on is not shown as one (L4, L14)."""
    said = report.ending
    simulated = report.question.mode is Mode.SIMULATED
    look = "simulated" if simulated else "refer" if said == "accept_not_final" else said
    yield (
        f'<div class="verdict {look}"><div class="mark" aria-hidden="true">{_MARKS.get(said, _SIMULATED)}</div>'
        f'<div><div class="word">{_text(word(said, lang))}</div>'
        f'<div class="name">{_foreign(report.subject.name)}</div></div></div>'
    )
    yield '<div class="axes">'
    for axis, check in report.axes.items():
        name, _, asks = title(axis.value, lang).partition("：" if lang == "zh" else ": ")
        yield (
            f'<div class="axis"><b>{_text(name)}</b><div class="asks">{_text(asks)}</div>'
            f'<div class="{check.verdict.value}">{_SIGN[check.verdict]} '
            f"{_text(word(check.verdict.value, lang))}</div></div>"
        )
    yield "</div>"


def _why(report: Report[Any], lang: str) -> Iterator[str]:
    """Yield the causes, where they stand, and what to do; nothing for a clean accept."""
    rows = [
        f'<tr><td>{_text(line)}</td><td class="code">{_text(code)}<br>{_text(where)}</td></tr>'
        for line, code, where in causes(report, lang)
    ]
    steps = [
        f'<tr><td class="next">{_text(step)}</td><td>{_text(_actor(actor, lang))}</td></tr>'
        for step, actor in next_steps(report, lang).items()
    ]
    if not rows:
        return
    yield f"<h2>{_text(word('found.why', lang))}</h2>"
    yield f"<table><tr><th>{_text(word('cause', lang))}</th><th>{_text(word('where', lang))}</th></tr>"
    yield from rows
    yield "</table>"
    if steps:
        yield f"<table><tr><th>{_text(word('next', lang))}</th><th>{_text(word('found.who', lang))}</th></tr>"
        yield from steps
        yield "</table>"


def _actor(actor: str, lang: str) -> str:
    return word("actor.issuer" if actor == "issuer" else actor, lang)


def _caveats(report: Report[Any], lang: str) -> Iterator[str]:
    end = until(report, lang)
    lines = [*caveats(report, lang), *([f"{word('until', lang)} {end}"] if end else [])]
    yield f"<h2>{_text(word('found.caveats', lang))}</h2>"
    yield '<ul class="caveats">' + "".join(f"<li>{_text(line)}</li>" for line in lines) + "</ul>"
    if report.conditions:
        yield f"<h2>{_text(word('found.conditions', lang))}</h2><table>"
        for condition in report.conditions:
            yield (
                f"<tr><td>{_text(sentence(Reason(condition.code), lang))}</td>"
                f'<td class="code">{_text(condition.code)}</td>'
                f"<td>{_text(word(condition.met, lang))}</td></tr>"
            )
        yield "</table>"


def _explained(report: Report[Any], lang: str) -> Iterator[str]:
    """Yield why the relying region recognises it or not, for a reader who sees nothing else."""
    if report.recognition is None:
        return
    yield f"<h2>{_text(word('recognition', lang))}</h2><table>"
    for heading, text in clerk_page(report.recognition, lang):
        yield f'<tr><td class="key">{_text(heading)}</td><td><bdi>{_text(text)}</bdi></td></tr>'
    yield "</table>"


def _data(report: Report[Any], lang: str, reveal: Reveal) -> Iterator[str]:
    if report.certificate is None:
        return
    fields = report.certificate.fields
    covered = all(item.covered_by is not None for item in fields.values())
    proven = report.axes[Axis.AUTHENTICITY].verdict is Verdict.PASSED
    yield f"<h2>{_text(word('data', lang))}</h2>"
    if not proven:
        yield f'<p class="failed"><b>{_text(word("found.unproven", lang))}</b></p>'
    notes = [word("found.all_covered", lang)] if covered and proven else []
    notes += [word("found.masked", lang)] if reveal == "masked" else []
    yield f'<p class="foot">{_text(" · ".join(notes))}</p><dl class="data">'
    for name, item in fields.items():
        value = _personal(item.value, reveal) if item.personal else _foreign(str(item.value))
        if item.covered_by is None:
            value += f' <span class="failed">{_text(word("found.uncovered", lang))}</span>'
        yield f"<div><dt>{_label(name, item, lang)}</dt><dd>{value}</dd></div>"
    yield "</dl>"


def _label(name: str, item: FieldView, lang: str) -> str:
    """Return what people call a field, else its name without its group."""
    return _foreign(item.label[0 if lang == "zh" else 1] if item.label else name.rpartition(".")[2])


def _time(time: TimeView, lang: str) -> str:
    moment = time.proven or time.declared
    when = shown_value("time", instant(moment), lang) + " · " if moment else ""
    return _text(when + word(time.grade, lang))


def _signature(sig: SignatureSummary, theirs: Projection | None, lang: str) -> str:
    who = _foreign(sig.signer) if sig.signer else _text(word("unknown", lang))
    seal = f'<br><span class="code">{_foreign(sig.seal_id)}</span>' if sig.seal_id else ""
    cells = [
        f"#{sig.index}",
        _text(word(sig.role, lang)),
        who + seal,
        _time(sig.time, lang),
        _foreign(" / ".join(sig.algorithms) or sig.kind),
        _verdict_word(sig.integrity, lang),
        _verdict_word(sig.trust, lang),
        _text(word(sig.coverage, lang)),
        f'<span class="code">{_text(theirs.text() if theirs else "–").replace("/", "<br>")}</span>',
    ]
    if sig.quirks:
        cells[4] += f'<br><span class="code">{_foreign(", ".join(sig.quirks))}</span>'
    number, *rest = cells
    return f'<tr><td class="n">{number}</td>' + "".join(f"<td>{c}</td>" for c in rest) + "</tr>"


def _verdict_word(verdict: Verdict, lang: str) -> str:
    shown = f"{_SIGN[verdict]} {word(verdict.value, lang)}"
    return f'<span class="{verdict.value}">{_text(shown)}</span>'


def _signatures(report: Report[Any], lang: str) -> Iterator[str]:
    yield f"<h2>{_text(word('signatures', lang))} ({len(report.signatures)})</h2>"
    if not report.signatures:
        yield f"<p>{_text(word('none', lang))}</p>"
        return
    theirs = project(report.root)
    keys = (
        "found.role",
        "found.signer",
        "found.time",
        "found.algorithms",
        "integrity",
        "trust",
        "covers",
    )
    heads = ["#", *(word(k, lang) for k in keys), "ETSI EN 319 102-1"]
    yield "<table><tr>" + "".join(f"<th>{_text(h)}</th>" for h in heads) + "</tr>"
    for sig in report.signatures:
        yield _signature(sig, theirs.get(sig.index), lang)
    yield "</table>"


def _pins(report: Report[Any], lang: str) -> Iterator[str]:
    """Yield what the answer rests on, each with its digest."""
    q, s, tool = report.question, report.subject, report.tool
    rows = [
        ("found.at", _text(shown_value("at", instant(q.at), lang))),
        ("found.file", _pinned(f"{_foreign(report.subject.name)} · {s.size} B", s.sha256)),
        (
            "found.policy",
            _pinned(_foreign(f"{report.policy.id} {report.policy.version}"), report.policy.sha256),
        ),
    ]
    rows += [("found.relying", _foreign(q.relying))] if q.relying else []
    rows += [("found.matter", _foreign(q.matter))] if q.matter else []
    for pin in report.trust:
        age = (
            f"{word('found.age', lang)} {shown_value('age_s', pin.age_s, lang)}"
            if pin.age_s
            else ""
        )
        known = (pin.id, pin.version, pin.state, age)
        rows.append(("found.trust", _pinned(_foreign(" · ".join(filter(None, known))), pin.sha256)))
    rows.append(("found.tool", _foreign(f"{tool.name} {tool.version} · SM2 {tool.sm2_engine}")))
    yield f"<h2>{_text(word('found.pins', lang))}</h2><table>"
    for key, value in rows:
        yield f'<tr><td class="key">{_text(word(key, lang))}</td><td>{value}</td></tr>'
    yield "</table>"


def _pinned(shown: str, sha256: str) -> str:
    return f'{shown}<br><span class="code">{_text(sha256)}</span>' if sha256 else shown


def _tree(check: Check, lang: str, reveal: Reveal) -> Iterator[str]:
    note = word("advisory", lang) if check.weight is Weight.ADVISORY else ""
    reasons = "".join(
        f'<div>{_text(sentence(r, lang))} <span class="code">{_text(r.code)}</span></div>'
        for r in check.reasons
    )
    evidence = "".join(
        f'<div class="evidence">{_foreign(evidence_text(item, reveal))}</div>'
        for item in check.evidence
    )
    yield (
        f'<li><span class="mark {check.verdict.value}">{_SIGN[check.verdict]}</span> '
        f'{_text(title(check.id, lang) + note)} <span class="code">{_text(check.id)}</span>{reasons}{evidence}'
    )
    if check.children:
        yield '<ul class="tree">'
        for child in check.children:
            yield from _tree(child, lang, reveal)
        yield "</ul>"
    yield "</li>"
