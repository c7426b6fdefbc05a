"""The explanation of a recognition answer for people: one line, or the page of a clerk (recognition.md D8).

Reads plain data (`ecert.recognition`): codes and values, and words that rules bring themselves. Foreign
text passes `safe_text`; personal values are masked before it comes here, or shown because they were
asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ecert.report.check import Reason
from ecert.report.codes import is_known
from ecert.report.explained_words import WORDS
from ecert.report.text import safe_text

__all__ = ["clerk_page", "one_line"]

Plain = Mapping[str, Any]
_SHOWN = 12


def _word(key: str, lang: str) -> str:
    found = WORDS.get(key)
    return safe_text(key) if found is None else found[0 if lang == "zh" else 1]


def _say(key: str, lang: str, **values: object) -> str:
    shown = {name: safe_text(str(value)) for name, value in values.items()}
    return WORDS[key][0 if lang == "zh" else 1].format_map(shown)


def one_line(explained: Plain, lang: str) -> str:
    """Return the outcome with what it rests on, in one line."""
    outcome = _word(str(explained["outcome"]), lang)
    agreement = explained["agreement"]
    if agreement is None:
        causes = [f["code"] for f in _faults(explained)]
        return f"{outcome} · {causes[0]}" if causes else outcome
    basis = _basis(agreement["basis"][0]) if agreement["basis"] else ""
    named = f"{agreement['title']} ({agreement['id']} {agreement['version']})"
    return " · ".join(safe_text(t) for t in (outcome, named, basis) if t)


def clerk_page(explained: Plain, lang: str) -> Iterator[tuple[str, str]]:
    """Yield (heading, text) lines: a reader of these alone can say why."""
    yield "", _say("line.outcome", lang, outcome=_word(str(explained["outcome"]), lang))
    yield _word("head.asked", lang), _asked(explained["question"], lang)
    yield from _agreement(explained, lang)
    for one in explained["deviations"]:
        yield _word("head.deviation", lang), _deviation(one, lang)
    for finding in _faults(explained):
        yield _word("head.cause", lang), _finding(finding, lang)
    for finding in explained["findings"]:
        if finding["outcome"] == "passed" or finding["level"] != "FAIL":
            yield _word("head.note", lang), _finding(finding, lang)
    for ran in explained["trace"]:
        yield _word("head.rule", lang), _rule(ran, lang)
        yield from (("", _condition(c, lang)) for c in ran["conditions"])
    for step in explained["translations"]:
        yield _word("head.translation", lang), _translation(step, lang)
    for condition in explained["conditions"]:
        if condition["met"] != "yes":
            yield _word("head.condition", lang), _sentence(condition["code"], {}, lang)
    if explained["conditions"] and explained["required"]:
        yield "", ", ".join(safe_text(name) for name in explained["required"])
    yield from _considered(explained, lang)
    yield from _nearest(explained["nearest"], lang)
    yield from _clocks(explained, lang)


def _faults(explained: Plain) -> list[Plain]:
    """Return what stands in the way; what was only blocked by it is left out where there is more."""
    found = [f for f in explained["findings"] if f["outcome"] != "passed" and f["level"] == "FAIL"]
    told = [f for f in found if f["code"] != "check.blocked"]
    return told or found


def _asked(question: Plain, lang: str) -> str:
    type_code = question["type"] or question["profile"] or _word("unknown", lang)
    matter = question["matter"]
    return _say(
        "line.asked",
        lang,
        relying=_place(question["relying"], lang),
        issuing=_place(question["issuing"], lang),
        type=type_code,
        matter=_named(matter, lang) if matter["code"] else _word("not_asked", lang),
    )


def _place(place: Plain, lang: str) -> str:
    return _named(place, lang) if place["code"] else _word("unknown", lang)


def _named(item: Plain, lang: str) -> str:
    if not item["name"]:
        return str(item["code"])
    return (
        f"{item['name']}（{item['code']}）" if lang == "zh" else f"{item['name']} ({item['code']})"
    )


def _basis(basis: Plain) -> str:
    return " ".join(
        v for v in (basis["document"], basis["clause"], basis["issuer"], basis["date"]) if v
    )


def _agreement(explained: Plain, lang: str) -> Iterator[tuple[str, str]]:
    agreement, reference = explained["agreement"], explained["reference"]
    if agreement is None and reference is None:
        yield _word("head.agreement", lang), _word("line.no_agreement", lang)
        return
    shown = agreement if agreement is not None else reference
    heading = _word("head.agreement" if agreement is not None else "head.reference", lang)
    edge = shown["edge"]
    yield (
        heading,
        _say(
            "line.refusal" if shown["effect"] == "refuse" else "line.agreement",
            lang,
            title=shown["title"],
            id=shown["id"],
            version=shown["version"],
            kind=_word(f"kind.{shown['kind']}", lang),
            effect=_word(f"effect.{shown['effect']}", lang),
            relying=edge["relying"],
            issuing=edge["issuing"],
        ),
    )
    for basis in shown["basis"]:
        yield _word("head.basis", lang), safe_text(_basis(basis))
    if agreement is None:
        return
    one_sided = shown["effect"] == "refuse" and shown["signed"] in ("relying", "issuing")
    signed = _word(f"{'refused' if one_sided else 'signed'}.{shown['signed']}", lang)
    by = f" ({', '.join(shown['signed_by'])})" if shown["signed_by"] else ""
    yield _word("head.signed", lang), signed + safe_text(by)
    yield _word("head.windows", lang), "; ".join(_window(w, lang) for w in shown["windows"])


def _window(window: Plain, lang: str) -> str:
    return _say(
        "line.window",
        lang,
        state=_word(f"state.{window['state']}", lang),
        start=_instant(window["from"], lang),
        end=_instant(window["to"], lang) if window["to"] else _word("open_end", lang),
    )


def _instant(value: str | None, lang: str) -> str:
    from ecert.report.render import shown_value

    return shown_value("at", value, lang) if value else _word("unknown", lang)


def _deviation(one: Plain, lang: str) -> str:
    return _say(
        "line.deviation",
        lang,
        title=one["title"],
        id=one["id"],
        division=one["division"],
        changes="; ".join(one["changes"]),
        allowed=_basis(one["allowed_by"]),
        until=_instant(one["until"], lang),
    )


def _sentence(code: str, params: Plain, lang: str) -> str:
    from ecert.report.render import sentence

    if not is_known(code):
        return safe_text(code)
    return f"{sentence(Reason(code, tuple(params.items())), lang)} [{code}]"


def _finding(finding: Plain, lang: str) -> str:
    text = _sentence(str(finding["code"]), finding["params"], lang)
    bases = finding.get("basis") or ()
    remedy = (finding.get("remedy") or {}).get(lang) or (finding.get("remedy") or {}).get("zh")
    shown = [_basis(b) for b in bases]
    more = [_say("line.basis", lang, basis=b) for b in shown if safe_text(b) not in text]
    more += [_say("line.remedy", lang, remedy=remedy)] if remedy else []
    return " ".join([text, *more])


def _rule(ran: Plain, lang: str) -> str:
    if ran["version"] is None:
        return _say("line.rule_missing", lang, rule=ran["rule"])
    title = ran["title"].get(lang) or ran["title"].get("zh", "")
    return _say(
        "line.rule",
        lang,
        rule=ran["rule"],
        version=ran["version"],
        title=title,
        voice=_word(f"voice.{ran['voice']}", lang),
        outcome=_word(f"rule.{ran['outcome']}", lang),
    )


def _condition(condition: Plain, lang: str) -> str:
    read = ", ".join(f"{v['name']}={v['value']}" for v in condition["values"])
    return _say(
        "line.condition",
        lang,
        id=condition["id"],
        outcome=_word(f"rule.{condition['outcome']}", lang),
        message=condition["message"].get(lang, condition["message"]["zh"]),
        read=read or "-",
    )


def _translation(step: Plain, lang: str) -> str:
    lossy = _word("lossy", lang) if step["lossy"] else ""
    return safe_text(f"{step['path']}: {step['value']} → {' | '.join(step['into'])}") + lossy


def _considered(explained: Plain, lang: str) -> Iterator[tuple[str, str]]:
    near = [c for c in explained["considered"] if c["why"] not in ("other_parties", "elsewhere")]
    far = len(explained["considered"]) - len(near) + explained["considered_beyond"]
    for one in near[:_SHOWN]:
        yield (
            _word("head.considered", lang),
            _say(
                "line.considered",
                lang,
                title=one["title"] or one["id"],
                id=one["id"],
                version=one["version"],
                why=_word(f"why.{one['why']}", lang) + _until(one, lang) + _resting(one, lang),
            ),
        )
    far += max(0, len(near) - _SHOWN)
    if far:
        yield "", _say("line.considered_beyond", lang, count=far)


def _resting(one: Plain, lang: str) -> str:
    """Return what a near miss rests on; of what is about something else it would only be in the way."""
    if one["why"] in ("type", "reverse_only", "superseded") or not one["basis"]:
        return ""
    return _say("line.resting", lang, basis=_basis(one["basis"][0]))


def _until(one: Plain, lang: str) -> str:
    """Return what a deviation that is not used would change, and until when."""
    if not one.get("changes"):
        return ""
    changes = "; ".join(one["changes"])
    return _say("line.until", lang, changes=changes, until=_instant(one.get("until"), lang))


def _nearest(found: Plain, lang: str) -> Iterator[tuple[str, str]]:
    for one in found["changes"]:
        changes = _word("and", lang).join(_change(c, lang) for c in one["set"])
        outcome = _word(str(one["outcome"]), lang)
        yield (
            _word("head.nearest", lang),
            _say("line.nearest", lang, changes=changes, outcome=outcome),
        )
    if found["bound"]:
        yield "", _say("line.bound", lang, tried=found["tried"])


def _change(change: Plain, lang: str) -> str:
    fact, _, name = str(change["fact"]).partition(" ")
    label = f"{_word(f'fact.{fact}', lang)} {name}".rstrip()
    value = str(change["to"])
    shown = _instant(value, lang) if fact == "t_eval" else _word(value, lang)
    return _say("line.change", lang, fact=label, to=shown)


def _clocks(explained: Plain, lang: str) -> Iterator[tuple[str, str]]:
    clocks, bundle = explained["clocks"], explained["bundle"]
    issue = clocks["t_issue"]
    yield (
        _word("head.clocks", lang),
        _say(
            "line.clocks",
            lang,
            day=issue["day"] or _word("unknown", lang),
            grade=_word(f"grade.{issue['grade']}", lang),
            eval=_instant(clocks["t_eval"], lang),
            known=_pins(bundle) or clocks["t_known"] or _word("unknown", lang),
        ),
    )


def _pins(bundle: Sequence[Plain]) -> str:
    if not bundle:
        return ""
    first = bundle[0]
    parts = (first["id"], first["version"], first["freshness"], f"sha256:{first['digest'][:16]}")
    return " ".join(part for part in parts if part)
