"""What if: assumptions and drafts, as pure transformations of a trust store (recognition.md D9).

    agreement:ID=repealed@2026-06-01     agreement:ID=suspended     issuer:ID=withdrawn@DATE     rule:ID=off

A date is an Asia/Shanghai day and means its first instant (L12); an instant carries its zone; without
either the judged instant is meant. From then on the assumed state holds for good: windows and versions
that would begin later are gone. What names nothing known is an error, never silently nothing. A store
that was touched carries its assumptions, and whatever is judged by it is simulated (L14): the mark
travels with the data, not with the caller. Drafts need no signature, and are read nowhere else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Literal

from ecert.errors import ECertError, MalformedInput
from ecert.ids import first_instant
from ecert.limits import Limits
from ecert.model import canonical_bytes, parse_json
from ecert.model.textdata import load_yaml
from ecert.recognition.force import speaking_at
from ecert.trust import agreement as agreements
from ecert.trust import issuers
from ecert.trust.agreement import Agreement, parse_agreement
from ecert.trust.deviation import Deviation, parse_deviation
from ecert.trust.issuers import IssuerList
from ecert.trust.knowledge import Knowledge
from ecert.trust.reading import Window, sha256_hex
from ecert.trust.rule import Rule, parse_rule
from ecert.trust.store import TrustStore

__all__ = ["Assumption", "Draft", "assume", "parse_assumption", "parse_draft"]

Kind = Literal["agreement", "issuer", "rule"]
_STATES: dict[str, tuple[str, ...]] = {
    "agreement": agreements.STATES,
    "issuer": issuers.STATES,
    "rule": ("off",),
}
_LONGEST = 400
"""Characters of one assumption: an identifier and a date; more is a mistake in quoting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """One state that is taken as given.

    Args:
        name: agreement id, code of an issuing body, or rule id.
        since: first instant of the state; a rule is off at all times.
    """

    kind: Kind
    name: str
    state: str
    since: datetime | None = None

    def __str__(self) -> str:
        since = f"@{self.since.isoformat().replace('+00:00', 'Z')}" if self.since else ""
        return f"{self.kind}:{self.name}={self.state}{since}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One document that nobody signed; it counts as signed by everybody it needs."""

    document: Agreement | Rule | Deviation

    def __str__(self) -> str:
        made = self.document
        return f"with {_name(made)} {made.version} sha256:{made.sha256}"


def _name(made: Agreement | Rule | Deviation) -> str:
    if isinstance(made, Agreement):
        return f"agreement:{made.agreement_id}"
    if isinstance(made, Rule):
        return f"rule:{made.rule_id}"
    return f"deviation:{made.deviation_id}"


def parse_assumption(text: str, *, at: datetime) -> Assumption:
    """Return one assumption.

    Args:
        at: the judged instant, from which a state holds that states no date.

    Raises:
        ECertError: ``assume.syntax``.
    """
    kind, _, rest = text.partition(":")
    name, _, held = rest.rpartition("=")
    state, dated, when = held.partition("@")
    if not name or state not in _STATES.get(kind, ()) or len(text) > _LONGEST:
        raise _syntax(text)
    if kind == "rule":
        if dated:
            raise _syntax(text)
        return Assumption(kind="rule", name=name, state=state)
    since = _instant(when, text) if dated else at.astimezone(UTC)
    return Assumption(
        kind="agreement" if kind == "agreement" else "issuer", name=name, state=state, since=since
    )


def _syntax(text: str) -> ECertError:
    return ECertError(
        "assume.syntax", f"{text!r} is no assumption", params={"text": text[:_LONGEST]}
    )


def _instant(text: str, whole: str) -> datetime:
    try:
        if len(text) == len("2026-06-01"):
            return first_instant(date.fromisoformat(text))
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _syntax(whole) from None
    raise _syntax(whole)


def parse_draft(data: bytes, name: str, *, limits: Limits | None = None) -> Draft:
    """Return one draft: YAML, or JSON where the name says so.

    Raises:
        ECertError: ``assume.draft_kind``. MalformedInput, TrustError: unreadable, or against its schema.
    """
    bounds = limits or Limits()
    if len(data) > bounds.trust_file_bytes:
        params = {"size": len(data), "limit": bounds.trust_file_bytes}
        raise MalformedInput("format.too_large", f"{len(data)} bytes", params=params)
    as_json = name.lower().endswith(".json")
    body = parse_json(data, limits=bounds) if as_json else load_yaml(data, limits=bounds)
    members = body if isinstance(body, dict) else {}
    digest = sha256_hex(data)
    # What a draft is assumed to carry is every signature that L19 asks for, and no other.
    if "agreement_id" in members:
        made = parse_agreement(body, name, sha256=digest, origin="operator")
        parties = {d for e in made.edges for d in (e.relying, e.issuing)}
        return Draft(document=replace(made, signed_by=tuple(sorted(parties))))
    if "rule_id" in members:
        rule = parse_rule(body, name, sha256=digest)
        return Draft(document=replace(rule, signed_by=(rule.owner,)))
    if "deviation_id" in members:
        local = parse_deviation(body, name, sha256=digest)
        return Draft(document=replace(local, signed_by=(local.division,)))
    raise ECertError("assume.draft_kind", f"{name} is no draft", params={"name": name})


def assume(
    trust: TrustStore,
    given: Sequence[Assumption | Draft],
    *,
    missing: Literal["refused", "ignored"] = "refused",
) -> TrustStore:
    """Return the store in which every assumption holds, drafts first; it carries them, and another digest.

    Args:
        missing: an assumption about something that the store does not know is refused; a part of a
            trust that was checked as a whole may ignore it.

    Raises:
        ECertError: ``assume.unknown``.
    """
    if not given:
        return trust
    made = trust
    for item in sorted(given, key=lambda g: isinstance(g, Assumption)):
        changed = _draft(made, item) if isinstance(item, Draft) else _APPLY[item.kind](made, item)
        if changed is None and missing == "refused":
            raise ECertError("assume.unknown", f"nothing known: {item}", params={"text": str(item)})
        made = changed or made
    texts = (*trust.assumptions, *(str(g) for g in given))
    stated = canonical_bytes({"trust": trust.sha256, "assumptions": list(texts)})
    return replace(made, assumptions=texts, sha256=hashlib.sha256(stated).hexdigest())


def _draft(trust: TrustStore, draft: Draft) -> TrustStore:
    """Return the store with the draft in it, in place of the same version of the same document."""
    new, known = draft.document, trust.knowledge
    if isinstance(new, Agreement):
        agreements = [
            a
            for a in known.agreements
            if (a.agreement_id, a.order) != (new.agreement_id, new.order)
        ]
        return _knowing(trust, replace(known, agreements=(*agreements, new)))
    if isinstance(new, Rule):
        rules = [r for r in known.rules if (r.rule_id, r.version) != (new.rule_id, new.version)]
        return _knowing(trust, replace(known, rules=(*rules, new)))
    same = (new.deviation_id, new.version)
    deviations = [d for d in known.deviations if (d.deviation_id, d.version) != same]
    return _knowing(trust, replace(known, deviations=(*deviations, new)))


def _knowing(trust: TrustStore, knowledge: Knowledge) -> TrustStore:
    return replace(trust, knowledge=knowledge)


def _agreement(trust: TrustStore, given: Assumption) -> TrustStore | None:
    known = trust.knowledge.agreements
    lineage = [a for a in known if a.agreement_id == given.name]
    if not lineage or given.since is None:
        return None
    speaking = speaking_at(lineage, given.since)
    newest = max(a.order for a in speaking)
    kept = []
    for one in known:
        if one in speaking:
            kept.append(replace(one, windows=_from(one.windows, given.state, given.since)))
        elif one.agreement_id != given.name or one.order < newest:
            kept.append(one)
    return _knowing(trust, replace(trust.knowledge, agreements=tuple(kept)))


def _issuer(trust: TrustStore, given: Assumption) -> TrustStore | None:
    if not any(x.authority == given.name for known in trust.issuer_lists for x in known.listings):
        return None
    lists = tuple(_listed(known, given) for known in trust.issuer_lists)
    return replace(trust, issuer_lists=lists)


def _listed(known: IssuerList, given: Assumption) -> IssuerList:
    assert given.since is not None
    listings = tuple(
        replace(x, windows=_from(x.windows, given.state, given.since))
        if x.authority == given.name
        else x
        for x in known.listings
    )
    return replace(known, listings=listings)


def _rule(trust: TrustStore, given: Assumption) -> TrustStore | None:
    """Return the store without a rule: neither asked for by an agreement or a deviation, nor there."""
    known, name = trust.knowledge, given.name
    asked = {c for a in known.agreements for c in a.conditions}
    asked.update(c for d in known.deviations for c in d.require)
    if name not in asked and not any(r.rule_id == name for r in known.rules):
        return None
    without = replace(
        known,
        agreements=tuple(
            replace(a, conditions=_without(a.conditions, name)) for a in known.agreements
        ),
        deviations=tuple(replace(d, require=_without(d.require, name)) for d in known.deviations),
        rules=tuple(r for r in known.rules if r.rule_id != name),
    )
    return _knowing(trust, without)


def _without(names: Iterable[str], name: str) -> tuple[str, ...]:
    return tuple(n for n in names if n != name)


def _from(windows: tuple[Window, ...], state: str, since: datetime) -> tuple[Window, ...]:
    """Return the windows with one state from an instant on, for good."""
    kept = [
        (name, start, since if end is None else min(end, since))
        for name, start, end in windows
        if start < since
    ]
    return (*kept, (state, since, None))


_APPLY: dict[str, Callable[[TrustStore, Assumption], TrustStore | None]] = {
    "agreement": _agreement,
    "issuer": _issuer,
    "rule": _rule,
}
