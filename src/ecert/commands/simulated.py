"""What the simulating commands say alike: the banner, the words of an answer, where time ends."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ecert.commands.console import Console, stop
from ecert.report.jsonform import instant
from ecert.report.render import sentence, shown_value
from ecert.report.text import mask_numbers, safe_text

if TYPE_CHECKING:
    from ecert.recognition.answers import Answer
    from ecert.recognition.moments import Moment
    from ecert.trust.store import TrustStore

__all__ = [
    "EXIT", "LOOKS", "answer_json", "banner", "horizon", "moment_text", "question_json", "reasons_text",
    "rests_on", "shown", "time_text", "trust_json", "would",
]  # fmt: skip

EXIT = 12
"""No simulation ends in the exit of an accept (never-accept L14)."""
_OUTCOMES = {
    "recognised": ("会互认", "would be recognised"),
    "recognised_with_conditions": ("会附条件互认", "would be recognised with conditions"),
    "not_recognised": ("会不予互认", "would not be recognised"),
    "undetermined": ("无法确定", "cannot be told"),
}
_DECISIONS = {
    "accept": ("会接受", "would accept"),
    "refuse": ("会拒绝", "would refuse"),
    "refer": ("会转核实", "would refer"),
}
LOOKS = {
    "recognised": ("yes", "✓"),
    "recognised_with_conditions": ("maybe", "!"),
    "not_recognised": ("no", "✗"),
    "undetermined": ("unknown", "?"),
}
"""Of an outcome: the look of a cell, and a mark of one column's width."""
_KINDS = {
    "agreement": ("协议", "agreement"), "deviation": ("差异规定", "deviation"), "rule": ("规则", "rule"),
    "list": ("发证机关名单", "issuer list"), "status": ("状态清单", "status list"),
    "issuer": ("发证机关", "issuer"), "certificate": ("证照", "certificate"),
    "division": ("行政区划", "division"), "code-table": ("对照表", "code table"),
    "crl": ("吊销列表", "revocation list"), "register": ("登记机关数据", "register"),
    "role": ("信任包角色", "role of the bundle"),
}  # fmt: skip
_EVENTS = {
    "begins": ("开始", "begins"), "ends": ("结束", "ends"), "expires": ("到期", "expires"),
    "cut-off": ("过渡期截止", "cut-off"), "grace-over": ("宽限期满", "grace is over"),
    "pending": ("待生效", "pending"), "enacted": ("生效", "enacted"),
    "suspended": ("暂停", "suspended"), "repealed": ("废止", "repealed"), "granted": ("授权", "granted"),
    "withdrawn": ("撤回", "withdrawn"), "ceased": ("终止", "ceased"),
}  # fmt: skip
_YEAR = timedelta(days=366)
_LAST_YEAR = 2199


def banner(lang: str) -> str:
    """Return what stands first on everything simulated."""
    if lang == "zh":
        return "【模拟】不是结论，不可作为依据"
    return "[SIMULATED] no verdict, nothing to act on"


def would(word: str, lang: str) -> str:
    """Return an outcome or a decision as what it would be."""
    return (_OUTCOMES | _DECISIONS)[word][0 if lang == "zh" else 1]


def shown(text: str) -> str:
    """Return foreign text safe to show."""
    return mask_numbers(safe_text(text))


def time_text(moment: datetime, lang: str) -> str:
    """Return an instant as a person reads it, to the second where it is not on a full minute."""
    text = shown_value("at", instant(moment), lang)
    if not moment.second and not moment.microsecond:
        return text
    exact = f":{moment.second:02}" + (f".{moment.microsecond:06}" if moment.microsecond else "")
    day, clock, *zone = text.split(" ")
    return " ".join((day, clock + exact, *zone))


def moment_text(moment: Moment, lang: str) -> str:
    """Return what begins or ends at an instant."""
    index = 0 if lang == "zh" else 1
    event, _, ends = moment.event.partition(" ")
    said = _EVENTS[event][index] + (_EVENTS["ends"][index] if lang == "zh" and ends else "")
    said += " ends" if ends and lang != "zh" else ""
    return f"{_KINDS[moment.kind][index]} {shown(moment.name)} {said}"


def horizon(at: datetime, until: datetime | None) -> datetime:
    """Return the end of the time that is looked at: a year, where none was given."""
    end = until or at + _YEAR
    if end.year > _LAST_YEAR:
        stop("usage.time", value=end.isoformat())
    return end


def reasons_text(answer: Answer, lang: str) -> list[str]:
    """Return why an answer is no plain yes, in sentences; what is merely blocked by it stays out."""
    told = [r for r in answer.reasons if r.code != "check.blocked"] or list(answer.reasons)
    return list(dict.fromkeys(f"{sentence(r, lang)}  [{r.code}]" for r in told))


def answer_json(answer: Answer) -> dict[str, Any]:
    """Return an answer as plain data; no member of it is named as that of a report."""
    out: dict[str, Any] = {"simulated": answer.outcome}
    if answer.decision:
        out["simulated_decision"] = f"simulated_{answer.decision}"
    out["agreement"] = shown(answer.agreement) or None
    out["codes"] = list(answer.codes)
    return out


def trust_json(trust: TrustStore) -> dict[str, Any]:
    """Return the trust that was asked."""
    return {"id": shown(trust.name), "sha256": trust.sha256, "test_only": trust.test_only}


def question_json(
    trust: TrustStore, at: datetime, until: datetime, matter: str | None
) -> dict[str, Any]:
    """Return the question that all answers share."""
    return {
        "at": instant(at),
        "until": instant(until),
        "matter": shown(matter) if matter else None,
        "assumptions": [shown(a) for a in trust.assumptions],
    }


def rests_on(console: Console, trust: TrustStore) -> Iterable[str]:
    """Yield the trust and every assumption, as lines."""
    test = " TEST-ONLY" if trust.test_only else ""
    yield console.say("信任材料：", "trust: ") + f"{shown(trust.name)}{test} sha256:{trust.sha256}"
    for text in trust.assumptions:
        yield console.say("假设：", "assumed: ") + shown(text)
