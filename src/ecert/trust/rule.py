"""Rules of recognition (recognition.md D5), as data: conditions in CEL, with messages and tests.

Read strictly: an unknown member refuses the file. Whether the expressions compile, read exactly the
declared fields and never pass for want of a value is decided by ``ecert.recognition.rules``, which
alone needs the CEL engine. YAML gives every scalar as text, so numbers may stand as text here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from ecert.trust.agreement import ANY, Basis
from ecert.trust.reading import Node, bad

__all__ = [
    "CHINESE",
    "KINDS",
    "LEVELS",
    "LIMITS",
    "OUTCOMES",
    "AppliesTo",
    "Condition",
    "Notice",
    "Rule",
    "RuleTest",
    "Texts",
    "parse_rule",
]

SCHEMA = "ecert.rule/1"
KINDS = ("acceptance", "invalidation", "advisory")
LEVELS = ("FAIL", "WARN", "INFORM")
OUTCOMES = ("pass", "fail", "unknown")
CHINESE = "zh-CN"
LANGUAGES = (CHINESE, "en")
PREFIXES = {"acceptance": "AR", "invalidation": "IR", "advisory": "WR"}

LIMITS = {"conditions": 32, "tests": 256, "fields": 64, "texts": 2000, "listed": 512}
"""Of one rule: conditions, tests, declared fields, characters of one text, entries of one list. The
largest rule of the worked federations has five conditions and twelve tests."""

_ID = re.compile(r"(?:AR|IR|WR)-(?P<division>[0-9]{6})-[0-9]{1,6}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_NUMBER = re.compile(r"[0-9]{1,9}")
_VERSION = re.compile(r"(?P<major>[0-9]{1,4})\.(?P<minor>[0-9]{1,4})")
_DIVISION = re.compile(r"[0-9]{6}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_TRUTHS = {"true": True, "false": False, True: True, False: False}

_TOP = {
    "schema", "rule_id", "version", "kind", "title", "owner", "engine", "data_schema", "applies_to",
    "valid_from", "valid_to", "notice", "level", "affected_fields", "conditions", "on_unknown",
    "remedy", "legal_basis", "example", "tests", "supersedes",
}  # fmt: skip
_APPLIES = {"certificate_types", "issuing", "relying", "purposes", "agreements"}

Texts = tuple[tuple[str, str], ...]
"""A text in several languages: (language, text), Chinese first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliesTo:
    """Which questions a rule is about; an empty list means any. Divisions speak for all below."""

    types: tuple[str, ...] = ()
    issuing: tuple[str, ...] = ()
    relying: tuple[str, ...] = ()
    matters: tuple[str, ...] = ()
    agreements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """When a rule was announced; an emergency needs a basis."""

    published: datetime
    emergency: bool = False
    basis: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One thing that must hold.

    Args:
        messages: outcome to texts; pass, fail and unknown are all there.
        absence: what it means that a field is missing, for fields whose presence is asked about.
    """

    id: str
    expression: str
    messages: tuple[tuple[str, Texts], ...]
    absence: tuple[tuple[str, Texts], ...] = ()

    def message(self, outcome: str, language: str) -> str:
        """Return the text of an outcome; Chinese where the language is not there."""
        texts = dict(dict(self.messages)[outcome])
        return texts.get(language, texts[CHINESE])


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTest:
    """One example: facts as given, changed by ``put`` and ``unset``, and what must come out."""

    name: str
    expect: str
    put: tuple[tuple[str, Any], ...] = ()
    unset: tuple[str, ...] = ()
    conditions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One version of one rule.

    Args:
        owner: division code of the region whose rule it is.
        engine: name of the environment. min_version: (major, minor) it needs at least.
        data_schema: first and last version of the facts it was written for.
        valid_to: first instant at which it no longer speaks, or None.
        example: facts that every test starts from, in their JSON form.
        supersedes: digest of the version before, or "".
        signed_by: division codes of the bundle roles that list exactly this file; empty in a folder.
    """

    rule_id: str
    version: int
    owner: str
    kind: Literal["acceptance", "invalidation", "advisory"] = "acceptance"
    title: Texts = ()
    engine: str = "ecert.rules"
    min_version: tuple[int, int] = (1, 0)
    data_schema: tuple[int, int] = (1, 1)
    applies_to: AppliesTo = AppliesTo()
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    notice: Notice | None = None
    level: Literal["FAIL", "WARN", "INFORM"] = "FAIL"
    affected_fields: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    on_unknown: Literal["refer", "fail"] = "refer"
    remedy: Texts = ()
    basis: tuple[Basis, ...] = ()
    example: Mapping[str, Any] | None = None
    tests: tuple[RuleTest, ...] = ()
    supersedes: str = ""
    sha256: str = ""
    signed_by: tuple[str, ...] = ()

    def speaks_at(self, moment: datetime) -> bool:
        """Whether the instant lies in the rule's window; half-open."""
        started = self.valid_from is None or self.valid_from <= moment
        return started and (self.valid_to is None or moment < self.valid_to)


def parse_rule(body: Any, source: str, *, sha256: str = "") -> Rule:
    """Return one rule.

    Raises:
        TrustError: unknown or missing members, an id that is not its owner's, an empty window.
    """
    top = Node(body, source, "", _TOP)
    top.choice("schema", (SCHEMA,))
    kind = top.choice("kind", KINDS)
    rule_id, owner = _identity(top, kind)
    engine = top.node("engine", {"name", "min_version"})
    start, end = top.instant("valid_from"), top.instant_or_none("valid_to")
    if end is not None and end <= start:
        raise bad(source, "valid_to", "must be after valid_from")
    return Rule(
        rule_id=rule_id,
        version=_number(top, "version", least=1),
        owner=owner,
        kind=cast("Literal['acceptance', 'invalidation', 'advisory']", kind),
        title=_texts(top, "title"),
        engine=engine.text("name"),
        min_version=_engine_version(engine),
        data_schema=_data_schema(top),
        applies_to=_applies_to(top),
        valid_from=start,
        valid_to=end,
        notice=_notice(top, start, kind),
        level=cast("Literal['FAIL', 'WARN', 'INFORM']", top.choice("level", LEVELS)),
        affected_fields=_distinct(top, "affected_fields", LIMITS["fields"]),
        conditions=_conditions(top),
        on_unknown=cast(
            "Literal['refer', 'fail']", top.choice("on_unknown", ("refer", "fail"), "refer")
        ),
        remedy=_texts(top, "remedy"),
        basis=_basis(top),
        example=_free(top, "example"),
        tests=_tests(top),
        supersedes=_supersedes(top),
        sha256=sha256,
    )


def _identity(top: Node, kind: str) -> tuple[str, str]:
    rule_id, owner = top.text("rule_id"), top.text("owner")
    match = _ID.fullmatch(rule_id)
    if match is None or not rule_id.startswith(PREFIXES[kind]):
        raise bad(top.source, "rule_id", f"must be {PREFIXES[kind]}-DIVISION-NUMBER for {kind}")
    if match["division"] != owner:
        raise bad(top.source, "owner", "must be the division in rule_id")
    return rule_id, owner


def _number(node: Node, name: str, *, least: int = 0) -> int:
    """Return a whole number, which YAML gives as text."""
    value = node.value(name)
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value < 10**9:
        raise bad(node.source, node.at(name), f"must be a whole number, {least} or more")
    return value


def _truth(node: Node, name: str) -> bool:
    value = node.value(name)
    if value is None:
        return False
    if not isinstance(value, str | bool) or value not in _TRUTHS:
        raise bad(node.source, node.at(name), "must be true or false")
    return _TRUTHS[value]


def _engine_version(engine: Node) -> tuple[int, int]:
    match = _VERSION.fullmatch(engine.text("min_version"))
    if match is None:
        raise bad(engine.source, engine.at("min_version"), "must be MAJOR.MINOR")
    return int(match["major"]), int(match["minor"])


def _data_schema(top: Node) -> tuple[int, int]:
    body = top.node("data_schema", {"min", "max"})
    least, most = _number(body, "min", least=1), _number(body, "max", least=1)
    if most < least:
        raise bad(top.source, body.at("max"), "must not be below min")
    return least, most


def _distinct(node: Node, name: str, limit: int) -> tuple[str, ...]:
    found = node.texts(name)
    if len(set(found)) != len(found) or len(found) > limit:
        raise bad(node.source, node.at(name), f"lists each entry once, at most {limit}")
    return found


def _applies_to(top: Node) -> AppliesTo:
    body = top.node("applies_to", _APPLIES)
    found = {name: _distinct(body, name, LIMITS["listed"]) for name in _APPLIES}
    for name, listed in found.items():
        if ANY in listed:
            raise bad(top.source, body.at(name), "knows no '*': leave it empty for any")
    for name in ("issuing", "relying"):
        if not all(_DIVISION.fullmatch(code) for code in found[name]):
            raise bad(top.source, body.at(name), "must be six-digit division codes")
    return AppliesTo(
        types=found["certificate_types"],
        issuing=found["issuing"],
        relying=found["relying"],
        matters=found["purposes"],
        agreements=found["agreements"],
    )


def _notice(top: Node, start: datetime, kind: str) -> Notice:
    body = top.node("notice", {"published", "emergency", "basis"})
    found = Notice(
        published=body.instant("published"),
        emergency=_truth(body, "emergency"),
        basis=body.text("basis", ""),
    )
    if found.published > start:
        raise bad(top.source, body.at("published"), "must not be after valid_from")
    if found.emergency and kind != "invalidation":
        raise bad(top.source, body.at("emergency"), "is for invalidation rules alone")
    if found.emergency and not found.basis:
        raise bad(top.source, body.at("basis"), "is required for an emergency")
    return found


def _texts(node: Node, name: str) -> Texts:
    """Return a text in languages; Chinese is compulsory."""
    body = node.node(name, set(LANGUAGES))
    found = tuple((lang, body.text(lang)) for lang in LANGUAGES if body.has(lang))
    if not found or found[0][0] != CHINESE:
        raise bad(node.source, body.at(CHINESE), "is required")
    if any(len(text) > LIMITS["texts"] for _, text in found):
        raise bad(node.source, body.path, f"has at most {LIMITS['texts']} characters")
    return found


def _conditions(top: Node) -> tuple[Condition, ...]:
    found = tuple(
        _condition(n) for n in top.nodes("conditions", {"id", "expression", "messages", "absence"})
    )
    names = {c.id for c in found}
    if not found or len(found) > LIMITS["conditions"] or len(names) != len(found):
        raise bad(top.source, "conditions", f"are 1 to {LIMITS['conditions']}, each id once")
    return found


def _condition(node: Node) -> Condition:
    name = node.text("id")
    if not _NAME.fullmatch(name):
        raise bad(node.source, node.at("id"), "must be lower-case letters, digits and _")
    messages = node.node("messages", set(OUTCOMES))
    absence = _absence(node)
    return Condition(
        id=name,
        expression=node.text("expression"),
        messages=tuple((outcome, _texts(messages, outcome)) for outcome in OUTCOMES),
        absence=absence,
    )


def _absence(node: Node) -> tuple[tuple[str, Texts], ...]:
    names = node.names("absence")
    if len(names) > LIMITS["fields"] or not all(isinstance(name, str) for name in names):
        raise bad(node.source, node.at("absence"), f"names at most {LIMITS['fields']} fields")
    body = node.node("absence", set(names)) if names else None
    return tuple((name, _texts(body, name)) for name in names) if body else ()


def _basis(top: Node) -> tuple[Basis, ...]:
    found = tuple(
        Basis(
            document=b.text("document"),
            issuer=b.text("issuer", ""),
            date=b.text("date", ""),
            clause=b.text("clause", ""),
        )
        for b in top.nodes("legal_basis", {"document", "issuer", "date", "clause"})
    )
    if not found:
        raise bad(top.source, "legal_basis", "needs at least one document")
    return found


def _free(node: Node, name: str) -> Mapping[str, Any] | None:
    """Return a mapping whose members are checked as facts, not here."""
    node.names(name)
    return cast("Mapping[str, Any] | None", node.value(name))


def _tests(top: Node) -> tuple[RuleTest, ...]:
    found = tuple(
        RuleTest(
            name=n.text("name"),
            expect=n.choice("expect", OUTCOMES),
            put=tuple((_free(n, "set") or {}).items()),
            unset=n.texts("unset"),
            conditions=_expected(n),
        )
        for n in top.nodes("tests", {"name", "expect", "set", "unset", "conditions"})
    )
    names = {t.name for t in found}
    if len(found) > LIMITS["tests"] or len(names) != len(found):
        raise bad(top.source, "tests", f"are at most {LIMITS['tests']}, each name once")
    return found


def _expected(node: Node) -> tuple[tuple[str, str], ...]:
    names = node.names("conditions")
    body = node.node("conditions", set(names)) if names else None
    return tuple((name, body.choice(name, OUTCOMES)) for name in names) if body else ()


def _supersedes(top: Node) -> str:
    text = top.text("supersedes", "")
    if text and not _DIGEST.fullmatch(text):
        raise bad(top.source, "supersedes", "must be 64 hex digits")
    return text
