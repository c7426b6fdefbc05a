"""`decide`: one question against compiled knowledge, without a word of prose (recognition.md D7).

The judgement is all that there is: what `evaluate` shows is made from it, and from nothing else.

1. The certificate's data must be proven, and both sides be places (D7.1, 2). 2. The agreement is found
(D7.3). 3. Its equivalences are applied (D7.4). 4. The rules are run (D7.5). 5. A failure of weight
refuses; what cannot be told is undetermined; what must be met beside it makes conditions; else it is
recognised (D7.6).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from ecert.ids.dates import shanghai_day
from ecert.recognition.asked import Asked
from ecert.recognition.compiled import Compiled
from ecert.recognition.edges import Hit, Question, Search, nearest_reference, search
from ecert.recognition.ruling import (
    RULE_NAME,
    Choice,
    Ran,
    Setting,
    outcome_of,
    rule_facts,
    run_rules,
    service_at_issue,
)
from ecert.recognition.signing import standing
from ecert.recognition.territory import place
from ecert.recognition.translating import Translated, reached, translate
from ecert.report import OK, Condition, Outcome, failed, unknown
from ecert.trust.agreement import ANY, Agreement

__all__ = ["AXIS", "Judgement", "OutcomeWord", "Part", "decide"]

AXIS = "recognition"
OutcomeWord = Literal["recognised", "recognised_with_conditions", "not_recognised", "undetermined"]
PARTS = (
    "agreement", "signed_by_parties", "in_force", "type", "matter", "assurance", "rules",
    "conditions",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """One leaf of the axis.

    Args:
        outcome: of the leaf; None where another check blocks it. more: what else was found there.
        skipped: code why it does not apply. by: id of the check that blocks it.
    """

    name: str
    outcome: Outcome | None = None
    more: tuple[Outcome, ...] = ()
    skipped: str = ""
    by: str = ""


_TYPE, _RULES = Part("type", OK), Part("rules", OK)
_NO_RULES = Part("rules", skipped="agreement.no_rules")
_NO_ASSURANCE = Part("assurance", skipped="agreement.no_assurance")
_NO_CONDITIONS = Part("conditions", skipped="agreement.no_conditions")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The answer to one question, as facts.

    Args:
        question: None where the data are not proven or a side is no place.
        reference: a published fact that speaks of it and does not count (L18).
        choice: the rules that speak and those that do not. ran: what they said.
        service: the issuer's listed state at issue and at the asked time.
    """

    outcome: OutcomeWord
    asked: Asked
    at: datetime
    parts: tuple[Part, ...]
    conditions: tuple[Condition, ...] = ()
    question: Question | None = None
    found: Search | None = None
    reference: Hit | None = None
    translated: Translated = field(default_factory=Translated)
    choice: Choice | None = None
    ran: tuple[Ran, ...] = ()

    @property
    def hit(self) -> Hit | None:
        """The agreement that answers."""
        return self.found.chosen if self.found is not None else None


def decide(
    asked: Asked, compiled: Compiled, *, at: datetime, supposed: frozenset[str] = frozenset()
) -> Judgement:
    """Return the judgement of one question at an instant.

    Args:
        supposed: what is taken as met to see what hangs on it, e.g. ``rule:AR-310000-1``,
            ``signed:example.east``; never anything but empty in an answer.
    """
    if asked.blocked_by is not None:
        return _stopped(asked, at, {}, by=asked.blocked_by)
    if compiled.knowledge.doubt.ok is not True:
        return _stopped(asked, at, {"agreement": compiled.knowledge.doubt})
    relying, issuing = place(asked.relying, at), place(asked.issuing, at)
    if relying is None or issuing is None:
        code = asked.relying if relying is None else asked.issuing or "-"
        return _stopped(
            asked, at, {"agreement": unknown("agreement.region_unknown", division=code)}
        )
    question = Question(asked, relying, issuing, at, supposed)
    found = search(question, compiled)
    if found.chosen is not None:
        return _answered(found.chosen, found, question, compiled)
    if found.rivals:
        stopped = _stopped(asked, at, {"agreement": _ambiguous(found)})
        return replace(stopped, question=question, found=found)
    complete = compiled.says_complete(relying)
    reference = None if complete else nearest_reference(question, compiled)
    stopped = _stopped(asked, at, _missing(found, asked, reference, complete=complete))
    return replace(stopped, question=question, found=found, reference=reference)


def _stopped(
    asked: Asked,
    at: datetime,
    said: dict[str, Outcome],
    *,
    by: str = f"{AXIS}.agreement",
) -> Judgement:
    """Return the judgement with the parts that could be made; the others are blocked."""
    parts = tuple(Part(n, said[n]) if n in said else Part(n, by=by) for n in PARTS)
    return Judgement(outcome=_word(parts, ()), asked=asked, at=at, parts=parts)


def _note(doubt: Outcome) -> tuple[Outcome, ...]:
    """Return what is to be said of knowledge that is used although it is not fresh."""
    return (doubt,) if doubt.code is not None else ()


def _answered(hit: Hit, found: Search, question: Question, compiled: Compiled) -> Judgement:
    agreement, asked, at = hit.agreement, question.asked, question.at
    signed = standing(hit.signed, agreement, relying=hit.edge.relying, issuing=hit.edge.issuing)
    if f"signed:{agreement.agreement_id}" in question.supposed:
        signed = OK
    ended = hit.signed == "withdrawn" and hit.force.ok is False
    if signed.ok is not True and not ended:  # what both had ended is not opened again by one side
        said = {"agreement": OK, "signed_by_parties": signed}
        if hit.signed == "issuing" and compiled.says_complete(question.relying):
            said["agreement"] = _none(asked)
        by = f"{AXIS}.signed_by_parties"
        return replace(_stopped(asked, at, said, by=by), question=question, found=found)
    first = failed("agreement.refused", **named(agreement)) if agreement.effect == "refuse" else OK
    tables, codes = compiled.tables_at(at, question.relying, question.issuing)
    translated = translate(asked, agreement, tables, shanghai_day(at))
    choice, ran = _rules(hit, question, compiled, codes)
    plain = [c for c in agreement.conditions if not RULE_NAME.match(c)]
    parts = (
        Part("agreement", first, (*_service(asked, at), *_note(compiled.knowledge.doubt))),
        Part("signed_by_parties", signed),
        Part("in_force", hit.force),
        _TYPE,
        *_equivalences(agreement, translated),
        Part("matter", _matter(question, agreement, compiled)),
        _assurance(asked, agreement, question.supposed),
        _rules_part(ran),
        _conditions_part(plain),
    )
    open_ = () if first.ok is False else _conditions(hit, question, translated, ran, plain)
    return Judgement(
        outcome=_word(parts, open_),
        asked=asked,
        at=at,
        parts=parts,
        conditions=open_,
        question=question,
        found=found,
        translated=translated,
        choice=choice,
        ran=ran,
    )


def _service(asked: Asked, at: datetime) -> tuple[Outcome, ...]:
    """D7.2: that the issuer's listed state is another now than at issue is a finding, not yet a fault."""
    if asked.issuer is None or not asked.issuer.states:
        return ()
    then, now = service_at_issue(asked), asked.issuer.state_at(at)
    if then == now:
        return ()
    shown = (("now", now or "-"), ("then", then or "-"))
    return (Outcome(ok=True, code="issuer.service_changed", params=shown),)


def _word(parts: tuple[Part, ...], conditions: tuple[Condition, ...]) -> OutcomeWord:
    """D7.6: a failure refuses, what is unknown or blocked is undetermined, then conditions count."""
    said = [p.outcome.ok if p.outcome is not None else None for p in parts if not p.skipped]
    if False in said:
        return "not_recognised"
    if None in said:
        return "undetermined"
    met = all(c.met == "yes" for c in conditions)
    return "recognised" if met else "recognised_with_conditions"


def named(agreement: Agreement) -> dict[str, str]:
    """Return how an agreement is named in a reason."""
    return {"agreement": agreement.title, "basis": str(agreement.basis[0])}


def _rules(
    hit: Hit,
    question: Question,
    compiled: Compiled,
    codes: Mapping[str, Mapping[str, str]],
) -> tuple[Choice, tuple[Ran, ...]]:
    names = tuple(c for c in hit.agreement.conditions if RULE_NAME.match(c))
    setting = Setting(
        question.asked, question.relying, question.issuing, hit.agreement, question.at
    )
    choice = compiled.choose(names, setting)
    return choice, run_rules(choice, lambda: rule_facts(setting, codes), question.supposed)


def _rules_part(ran: tuple[Ran, ...]) -> Part:
    counted = [r for r in ran if r.weight == "FAIL"]
    if not counted:
        return _NO_RULES
    faults = [outcome_of(r) for r in counted if r.outcome != "pass"]
    bad = [o for o in faults if o.ok is False]
    open_ = [o for o in faults if o.ok is None]
    told = [*bad, *open_]
    return Part("rules", told[0], tuple(told[1:])) if told else _RULES


def _equivalences(agreement: Agreement, translated: Translated) -> Iterator[Part]:
    if agreement.equivalences:
        yield Part("equivalences", translated.outcome, translated.problems[1:])


def _matter(question: Question, agreement: Agreement, compiled: Compiled) -> Outcome:
    """Return whether an agreement over every matter means one that exists, as the relying side lists them."""
    matter = question.asked.matter
    if ANY not in agreement.matters or matter is None:
        return OK
    known = compiled.vocabularies(question.relying, question.at)
    if known and not any(matter in m.items for m in known):
        return unknown("agreement.matter_unknown", matter=matter)
    return OK


def _assurance(asked: Asked, agreement: Agreement, supposed: frozenset[str]) -> Part:
    told = reached(asked, agreement)
    if told is None:
        return _NO_ASSURANCE
    return Part("assurance", OK if "assurance" in supposed else told)


def _conditions_part(plain: list[str]) -> Part:
    if not plain:
        return _NO_CONDITIONS
    return Part("conditions", Outcome(ok=True, code="agreement.conditions"))


def _conditions(
    hit: Hit,
    question: Question,
    translated: Translated,
    ran: tuple[Ran, ...],
    plain: list[str],
) -> tuple[Condition, ...]:
    """Return what must be met beside the verdicts; nothing here is ever met by itself (L20)."""
    agreement = hit.agreement
    stated = bool(plain) or any(
        r.named for r in ran
    )  # a rule about other questions asks nothing here
    conditional = agreement.effect == "accept-with-conditions" and not stated
    codes = {
        "agreement.information_only": agreement.effect == "information-only",
        "agreement.conditions_unstated": conditional,
        "agreement.condition": bool(plain),
        "agreement.holder_kind": bool(agreement.holder_kinds)
        and question.asked.holder_kind not in agreement.holder_kinds,
        "agreement.channel": bool(agreement.channels),
        "equivalence.several": translated.several,
    }
    found = [
        Condition(code=code, met="unknown")
        for code, holds in codes.items()
        if holds and f"condition:{code}" not in question.supposed
    ]
    warned = [r.outcome for r in ran if r.outcome != "pass" and r.weight == "WARN"]
    if warned:
        found.append(Condition(code="rule.warned", met="no" if "fail" in warned else "unknown"))
    return tuple(found)


def _ambiguous(found: Search) -> Outcome:
    names = sorted(f"{h.agreement.agreement_id} {h.agreement.version}" for h in found.rivals)
    return unknown("agreement.ambiguous", agreements=", ".join(names))


def _none(asked: Asked) -> Outcome:
    return failed("agreement.none", relying=asked.relying, issuing=asked.issuing or "-")


def _missing(
    found: Search, asked: Asked, reference: Hit | None, *, complete: bool
) -> dict[str, Outcome]:
    """Return what can be said where no agreement answers: not known, or none (L18)."""
    unsaid = asked.type_code is None and asked.profile_id is None
    parts: dict[str, Outcome] = {}
    if "matter" in found.missed and asked.matter is None:
        parts["agreement"] = unknown("check.blocked", by=f"{AXIS}.matter")
    elif complete and not unsaid and asked.matter is not None:
        parts["agreement"] = _none(asked)
    elif reference is not None:
        parts["agreement"] = unknown("agreement.reference_only", **named(reference.agreement))
    else:
        parts["agreement"] = unknown(
            "agreement.not_known", relying=asked.relying, issuing=asked.issuing or "-"
        )
    if "matter" in found.missed:
        told = unknown("agreement.matter_not_asked")
        if asked.matter is not None:
            told = unknown("agreement.matter_not_covered", matter=asked.matter)
        parts["matter"] = told
    elif "holder" in found.missed:
        parts["conditions"] = unknown("agreement.holder_not_covered", holder=asked.holder_kind)
    elif "type" in found.missed:
        shown = asked.type_code or asked.profile_id or "-"
        missing = unknown("agreement.type_not_covered", type=shown)
        parts["type"] = unknown("agreement.type_unknown") if unsaid else missing
    return parts
