"""Write src/ecert/trust/schemas/*.json: the JSON Schemas of the documents of a trust folder or bundle.

The parsers of ecert.trust decide; what stands here is held to them by tests/property/test_trust_schemas.py:
a document that a parser takes is valid here, and what is valid here and still refused there is refused for
a reason that no schema can say (a gap in a history, an id that stands twice, a foreign entity).

python tools/make_trust_schemas.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ecert.trust import agreement, entities, equivalence, issuers, rule, status
from ecert.trust.bundle import keys, scope

OUT = Path(__file__).resolve().parents[1] / "src/ecert/trust/schemas"
Schema = dict[str, Any]

ANYTHING: Schema = {}
TEXT: Schema = {"type": "string", "minLength": 1}
OPTIONAL: Schema = {"type": "string"}
INSTANT: Schema = {
    "type": "string",
    "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})$",
    "description": "带时区的时刻 / an instant with its zone; a bare date is refused (L12)",
}
DAY: Schema = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
DIVISION: Schema = {"type": "string", "pattern": "^[0-9]{6}$"}
USCC: Schema = {"type": "string", "pattern": "^[0-9A-Z]{18}$"}
TYPE_CODE: Schema = {"type": "string", "pattern": "^[0-9A-Z]{18}[0-9]{3}$"}
DIGEST: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
TRUTH: Schema = {"enum": [True, False, "true", "false"]}


def one_of(*words: str) -> Schema:
    """Return a choice of words."""
    return {"type": "string", "enum": list(words)}


def maybe(schema: Schema) -> Schema:
    """Return a member that may also be null, which means the same as leaving it out."""
    return {"anyOf": [schema, {"type": "null"}]}


def listed(item: Schema = TEXT, least: int = 0, **more: Any) -> Schema:
    """Return a list; where it may be empty, null means the same."""
    made: Schema = {"type": "array", "items": item, **more}
    return {**made, "minItems": least} if least else {**made, "type": ["array", "null"]}


def number(least: int = 0) -> Schema:
    """Return a whole number, which may stand as text, as YAML gives it."""
    text = "^(0|[1-9][0-9]{0,8})$" if least == 0 else "^[1-9][0-9]{0,8}$"
    return {"anyOf": [{"type": "integer", "minimum": least}, {"type": "string", "pattern": text}]}


def members(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    """Return a mapping of exactly these members."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def document(name: str, title: str, body: Schema) -> Schema:
    """Return a schema with its name."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:ecert:schema:{name}",
        "title": title,
        **body,
    }


BASIS = members({"document": TEXT}, dict.fromkeys(("issuer", "date", "clause"), OPTIONAL))


def history(*states: str) -> tuple[dict[str, Schema], dict[str, Schema]]:
    """Return the required and the optional members of a dated status."""
    past = members(
        {"status": one_of(*states), "from": INSTANT, "to": INSTANT},
        {"reason": ANYTHING, "basis": ANYTHING},
    )
    return {"status": one_of(*states), "status_start": INSTANT}, {"history": listed(past)}


def issuer_list() -> Schema:
    """Return the schema of an issuer list."""
    anchor = members(
        {"spki_sha256": {"type": "string", "pattern": "^[0-9a-fA-F]{64}$"}},
        {"subject": ANYTHING, "usage": ANYTHING}
        | {n: maybe(INSTANT) for n in ("from", "to", "sunset")},
    )
    now, before = history(*issuers.STATES)
    service = members(
        {"kind": one_of(*issuers.KINDS), **now},
        {
            "certificate_types": listed(), "anchors": listed(anchor), "assurance": OPTIONAL,
            "trust": one_of("chain", "direct"), **before,
        },
    )  # fmt: skip
    name = members({"name": TEXT}, {"from": ANYTHING, "to": ANYTHING})
    entry = members(
        {"issuer_id": TEXT, "names": listed(name, 1), "territory": TEXT},
        {"legal_basis": ANYTHING, "services": listed(service)},
    )
    return members(
        {
            "list_id": TEXT, "territory": TEXT, "version": TEXT, "issued_at": INSTANT,
            "next_update": INSTANT,
        },
        {"operator": ANYTHING, "history_period": ANYTHING, "entries": listed(entry)},
    )  # fmt: skip


def pairs() -> Schema:
    """Return that of a relation."""
    return listed(
        members({"issuing": TEXT, "relying": TEXT}, {"priority": number()}), maxItems=4096
    )


def equivalences() -> Schema:
    """Return that of what words mean on the other side."""
    path = {"type": "string", "pattern": r"^(metadata|fields)\.[A-Za-z][A-Za-z0-9_]{0,63}$"}
    absent = one_of("unknown", "skip")
    code = members({"path": path}, {"table": OPTIONAL, "pairs": pairs(), "absent": absent})
    field = members(
        {"from": path, "to": path},
        {
            "transform": one_of(*equivalence.TRANSFORMS), "lossy": TRUTH,
            "absent": absent,
        },
    )  # fmt: skip
    return members(
        {},
        {n: pairs() for n in ("type", "status", "level")}
        | {"code": listed(code, maxItems=4096), "field": listed(field, maxItems=4096)},
    )


def agreed() -> Schema:
    """Return the schema of an agreement."""
    edge = members(
        {"relying": DIVISION, "issuing": DIVISION},
        {"covers": one_of("exact", "subtree"), "depth": {"const": "0"}},
    )
    exclusion = {
        "type": "string",
        "pattern": r"^((matter|type):[^\s]{1,128}|division:[0-9]{6})$",
    }
    limits = members(
        {"matters": listed(TEXT, 1)},
        {n: listed() for n in ("certificate_types", "type_names", "holder_kinds", "channels")}
        | {"min_assurance": OPTIONAL, "exclusions": listed(exclusion)},
    )
    named = (
        {"required": [n], "properties": {n: listed(TEXT, 1)}}
        for n in ("certificate_types", "type_names")
    )
    limits["anyOf"] = list(named)
    now, before = history(*agreement.STATES)
    cut = members({"mode": {"const": "cut-off"}, "cut_off": INSTANT})
    other = members(
        {"mode": one_of(*(m for m in agreement.GRANDFATHERING if m != "cut-off"))},
        {"cut_off": ANYTHING},
    )
    return members(
        {
            "agreement_id": TEXT,
            "version": {"type": "string", "pattern": r"^[0-9]{1,9}([.-][0-9]{1,9}){0,7}$"},
            "title": TEXT, "kind": one_of(*agreement.KINDS), "legal_basis": listed(BASIS, 1),
            "edges": listed(edge, 1), "scope": limits, "effect": one_of(*agreement.EFFECTS), **now,
        },
        {
            "schema": {"const": agreement.SCHEMA}, "data_basis": ANYTHING,
            "grandfathering": maybe({"anyOf": [cut, other]}), "conditions": listed(),
            "equivalences": maybe(equivalences()), "confidence": one_of(*agreement.CONFIDENCE),
            "notes": OPTIONAL, **before,
        },
    )  # fmt: skip


def ruled() -> Schema:
    """Return the schema of a rule."""
    short = {"type": "string", "minLength": 1, "maxLength": rule.LIMITS["texts"]}
    texts = members({rule.CHINESE: short}, {"en": maybe(short)})
    named = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$"}
    condition = members(
        {"id": named, "expression": TEXT, "messages": members(dict.fromkeys(rule.OUTCOMES, texts))},
        {
            "absence": {
                "type": "object",
                "additionalProperties": texts,
                "maxProperties": rule.LIMITS["fields"],
            }
        },
    )
    test = members(
        {"name": TEXT, "expect": one_of(*rule.OUTCOMES)},
        {
            "set": {"type": "object"}, "unset": listed(),
            "conditions": {"type": "object", "additionalProperties": one_of(*rule.OUTCOMES)},
        },
    )  # fmt: skip
    distinct = {"uniqueItems": True, "maxItems": rule.LIMITS["listed"]}
    plain = {"type": "string", "minLength": 1, "not": {"const": "*"}}
    applies = members(
        {},
        {n: listed(plain, **distinct) for n in ("certificate_types", "purposes", "agreements")}
        | {n: listed(DIVISION, **distinct) for n in ("issuing", "relying")},
    )
    version = {"type": "string", "pattern": r"^[0-9]{1,4}\.[0-9]{1,4}$"}
    some = {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 10**9 - 1},
                      {"type": "string", "pattern": "^0*[1-9][0-9]*$", "maxLength": 9}]}  # fmt: skip
    notice = members({"published": INSTANT}, {"emergency": maybe(TRUTH), "basis": OPTIONAL})
    return members(
        {
            "schema": {"const": rule.SCHEMA},
            "rule_id": {"type": "string", "pattern": "^(AR|IR|WR)-[0-9]{6}-[0-9]{1,6}$"},
            "version": some, "kind": one_of(*rule.KINDS), "title": texts, "owner": DIVISION,
            "engine": members({"name": TEXT, "min_version": version}),
            "data_schema": members({"min": some, "max": some}), "applies_to": applies,
            "valid_from": INSTANT, "notice": notice, "level": one_of(*rule.LEVELS),
            "conditions": listed(condition, 1, maxItems=rule.LIMITS["conditions"]),
            "remedy": texts, "legal_basis": listed(BASIS, 1),
        },
        {
            "affected_fields": listed(TEXT, uniqueItems=True, maxItems=rule.LIMITS["fields"]),
            "valid_to": maybe(INSTANT), "on_unknown": one_of("refer", "fail"),
            "example": {"type": "object"}, "tests": listed(test, maxItems=rule.LIMITS["tests"]),
            "supersedes": {"anyOf": [{"const": ""}, DIGEST]},
        },
    )  # fmt: skip


def deviating() -> Schema:
    """Return the schema of a deviation."""
    each = {"type": "string", "minLength": 1, "not": {"const": "*"}}
    sets = members({}, {"types": listed(each), "matters": listed(each)})
    changes = members(
        {},
        {"exclude": maybe(sets), "accept_also": maybe(sets), "require": listed(),
         "information_only": TRUTH},
    )  # fmt: skip
    return members(
        {
            "schema": {"const": "ecert.deviation/1"}, "deviation_id": TEXT, "version": number(1),
            "title": TEXT, "agreement": TEXT, "division": DIVISION, "allowed_by": BASIS,
            "from": INSTANT, "until": INSTANT, "changes": changes,
        },
        {"notes": ANYTHING},
    )  # fmt: skip


def code_table() -> Schema:
    """Return the schema of a code table."""
    row = members(
        {"code": TEXT, "to": TEXT}, {"from": maybe(TEXT), "until": maybe(TEXT), "lossy": TRUTH}
    )
    return members(
        {
            "schema": {"const": "ecert.code-table/1"}, "table_id": TEXT, "version": number(1),
            "owner": DIVISION, "title": TEXT, "rows": listed(row, 1, maxItems=65536),
        },
        {"source": ANYTHING, "notes": ANYTHING},
    )  # fmt: skip


def matters() -> Schema:
    """Return the schema of a vocabulary."""
    item = members({"code": TEXT, "zh": TEXT}, {"en": OPTIONAL})
    return members(
        {
            "schema": {"const": "ecert.matters/1"}, "vocabulary_id": TEXT, "version": number(1),
            "owner": DIVISION, "items": listed(item, 1, maxItems=65536),
        },
        {"title": ANYTHING, "source": ANYTHING, "notes": ANYTHING},
    )  # fmt: skip


def snapshot() -> Schema:
    """Return the schema of a status snapshot."""

    def entry(*states: str) -> Schema:
        return members(
            {"id": TEXT, "state": one_of(*states)},
            {"since": maybe(INSTANT), "successor": maybe(TEXT)},
        )

    made = members(
        {
            "schema": {"const": status.SCHEMA}, "list_id": TEXT, "publisher": TEXT,
            "version": TEXT, "issued_at": INSTANT, "next_update": INSTANT,
        },
        {
            "issuer": maybe({"type": "string", "pattern": "^[0-9A-Z]{6,18}$"}),
            "certificate_type": maybe(TYPE_CODE),
            "certificates": listed(entry(*status.CERTIFICATE_STATES)),
            "seals": listed(entry(*status.SEAL_STATES)),
        },
    )  # fmt: skip
    named = {"required": ["certificate_type"], "properties": {"certificate_type": TYPE_CODE}}
    issuer = {"required": ["issuer"], "properties": {"issuer": {"type": "string"}}}
    return made | {"if": named, "then": issuer}


def event() -> Schema:
    """Return that of one event: each kind has members of its own."""
    simple = one_of("general", "simple")
    common = {"event_id": TEXT, "entity": USCC, "basis": BASIS}
    more = {"received_from": maybe(USCC)}
    absent = {"type": "null"}

    def kind(name: str, required: dict[str, Schema], optional: dict[str, Schema]) -> list[Schema]:
        lone = [n for n in entities.ONLY_WITH if n not in required and n not in optional]
        rest = {n: absent for n in lone if n != "procedure"} | more | optional
        base = common | {"kind": {"const": name}} | required
        by_instant = members(base | {"at": INSTANT}, rest | {"day": absent})
        by_day = members(base | {"day": DAY}, rest | {"at": absent})
        return [by_instant] if name == "lifted" else [by_instant, by_day]

    follows = {"dependents": maybe(one_of(*entities.EFFECTS)), "es_ids": listed()}
    return {
        "anyOf": [
            *kind("deregistered", {}, {"procedure": simple, **follows}),
            *kind("licence_revoked", {}, follows),
            *kind("suspended", {}, follows),
            *kind(
                "deregistration_announced",
                {"procedure": {"const": "simple"}, "announced_until": DAY},
                {"es_ids": listed()},
            ),
            *kind("transferred_out", {"to": USCC}, {}),
            *kind("lifted", {"lifts": TEXT, "reason": TEXT}, {}),
        ]
    }


def register() -> Schema:
    """Return the schema of a register's events."""
    who = members(
        {
            "code": USCC, "name": TEXT, "territories": listed(DIVISION, 1),
            "departments": listed(one_of(*entities.departments()), 1),
        },
        {"licence_types": listed(TYPE_CODE)},
    )  # fmt: skip
    return members(
        {
            "schema": {"const": entities.SCHEMA}, "list_id": TEXT, "version": TEXT,
            "issued_at": INSTANT, "next_update": INSTANT, "register": who,
        },
        {"events": listed(event())},
    )  # fmt: skip


def limited(form: Schema) -> Schema:
    """Return ``*`` for all, or a list of what is named."""
    return {"anyOf": [{"const": "*"}, {"const": ["*"]}, listed(form, 1, uniqueItems=True)]}


def federation() -> Schema:
    """Return the schema of a plan."""

    def whole(low: int, high: int) -> Schema:
        digits = {"type": "string", "pattern": "^(0|[1-9][0-9]{0,8})$"}
        return {"anyOf": [{"type": "integer", "minimum": low, "maximum": high}, digits]}

    shared = {
        "title": maybe(members({"zh": TEXT, "en": TEXT})),
        "keys": listed(DIGEST, uniqueItems=True), "threshold": whole(1, 64),
        "compulsory": maybe(members({}, {a: maybe(whole(1, 64)) for a in keys.ALGORITHMS})),
    }  # fmt: skip
    kind = one_of(*scope.KINDS)
    name = {"type": "string", "pattern": "^[A-Za-z0-9_]{1,64}$"}
    spoken = {"issuers": limited(USCC), "certificate_types": limited(name), "kinds": limited(kind)}
    territories = {"territories": listed(DIVISION, 1, uniqueItems=True)}
    delegated = members(territories | spoken, shared | {"parent": OPTIONAL, "complete": TRUTH})
    roles = {n: members({}, shared) for n in ("root", "timestamp", "snapshot")}
    roles["targets"] = members({}, shared | territories | spoken)
    days = {
        n: whole(1, 3660) for n in ("root_days", "timestamp_days", "snapshot_days", "targets_days")
    }
    return members(
        {
            "schema": {"const": "ecert.federation/1"}, "name": TEXT, "expires": members(days),
            "roles": {
                "type": "object", "properties": roles, "required": list(roles),
                "patternProperties": {
                    "^(?!(root|timestamp|snapshot|targets)$)[a-z0-9][a-z0-9-]{0,62}[a-z0-9]$": {
                        "$ref": "#/$defs/delegated"
                    }
                },
                "additionalProperties": False,
            },
        },
        {
            "test_only": TRUTH, "grace_days": whole(0, 30),
            "min_engine": {"type": ["string", "number"]},
        },
    ) | {"$defs": {"delegated": delegated}}  # fmt: skip


STAMP: Schema = {
    "type": "string",
    "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$",
}
BOOLEAN: Schema = {"type": "boolean"}


def whole(least: int) -> Schema:
    """Return a whole number of canonical JSON."""
    return {"type": "integer", "minimum": least}


def spoken_of() -> dict[str, Schema]:
    """Return what a delegation may say of its scope: ``*`` for all, or a list of what is named."""

    def limit(form: Schema) -> Schema:
        return {"anyOf": [{"const": "*"}, {"type": "array", "items": form}]}

    name = {"type": "string", "minLength": 1, "not": {"const": "*"}}
    return {
        "territories": listed(DIVISION, 1), "issuers": limit(name), "certificate_types": limit(name),
        "kinds": limit(one_of(*scope.KINDS)),
    }  # fmt: skip


def signing(terms: Schema, more: dict[str, Schema] | None = None, **optional: Schema) -> Schema:
    """Return who signs for a role, beside our own terms."""
    ids = listed(TEXT, 1, uniqueItems=True, maxItems=keys.MAX_KEYS)
    return members({"keyids": ids, "threshold": whole(1), "ecert": terms, **(more or {})}, optional)


def payload() -> Schema:
    """Return the schema of the payload of a role's metadata: TUF 1.0, ours in members called ecert."""
    hashes = members({"sha256": DIGEST, "sm3": DIGEST})
    meta = members({"version": whole(1), "length": whole(0), "hashes": hashes})
    compulsory = {"compulsory": members({}, {a: whole(1) for a in keys.ALGORITHMS})}
    key = members({"keytype": TEXT, "scheme": TEXT, "keyval": members({"public": TEXT})})
    known = {"type": "object", "additionalProperties": key}
    plain = signing(members({}, compulsory))
    scoped = members(spoken_of(), compulsory)
    name = "[a-z0-9][a-z0-9-]{0,63}"
    delegation = signing(
        scoped,
        {"name": {"type": "string", "pattern": f"^{name}$"}, "paths": listed(TEXT, 1)},
        terminating=BOOLEAN,
    )
    target = members({"length": whole(0), "hashes": hashes})
    parts: dict[str, dict[str, Schema]] = {
        "root": {
            "consistent_snapshot": {"const": True}, "keys": known,
            "roles": members({"root": plain, "timestamp": plain, "snapshot": plain,
                              "targets": signing(scoped)}),
        },
        "timestamp": {"meta": members({"snapshot.json": meta})},
        "snapshot": {
            "meta": {
                "type": "object", "required": ["targets.json"], "additionalProperties": False,
                "patternProperties": {rf"^{name}\.json$": meta},
            }
        },
        "targets": {
            "targets": {"type": "object", "additionalProperties": target},
        },
    }  # fmt: skip
    delegations = maybe(members({"keys": known, "roles": listed(delegation)}))
    words = {"type": ["array", "null"], "items": TEXT}
    terms = {
        "type": "object", "required": ["issued_at"],
        "properties": {
            "issued_at": STAMP, "grace_s": whole(0),
            "min_engine": {
                "anyOf": [
                    {"const": ""},
                    {"type": "string", "pattern": r"^[0-9]{1,6}(\.[0-9]{1,6}){0,3}$"},
                ]
            },
            "supersedes": {"anyOf": [{"const": ""}, DIGEST]},
            "complete": BOOLEAN, "test_only": BOOLEAN, "resets": words, "critical": words,
        },
    }  # fmt: skip
    common: dict[str, Schema] = {
        "spec_version": {"type": "string", "pattern": r"^1\."}, "version": whole(1),
        "expires": STAMP, "ecert": terms,
    }  # fmt: skip
    return {
        "type": "object",
        "oneOf": [
            {
                "properties": {"_type": {"const": kind}} | common | own
                | ({"delegations": delegations} if kind == "targets" else {}),
                "required": ["_type", *common, *own],
            }
            for kind, own in parts.items()
        ],
    }  # fmt: skip


SCHEMAS = {
    "issuers": ("颁发机关名录 / issuer list (recognition.md D3)", issuer_list),
    "agreement": ("互认协议 / agreement (D4)", agreed),
    "rule": ("规则 / rule (D5)", ruled),
    "deviation": ("统异 / local deviation", deviating),
    "code-table": ("代码对照表 / code table", code_table),
    "matters": ("事项词表 / vocabulary of matters", matters),
    "status": ("状态快照 / status snapshot", snapshot),
    "entities": ("登记事件 / events of a register", register),
    "payload": ("信任包元数据 / metadata of a bundle (D2)", payload),
    "federation": ("联合体计划 / plan of a federation", federation),
}


def schema_of(name: str) -> Schema:
    """Return one schema."""
    title, make = SCHEMAS[name]
    return document(name, title, make())


def text_of(name: str) -> str:
    """Return one schema as it is stored."""
    return json.dumps(schema_of(name), ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    """Write them all."""
    for name in SCHEMAS:
        (OUT / f"{name}.json").write_text(text_of(name), "utf-8")


if __name__ == "__main__":
    main()
