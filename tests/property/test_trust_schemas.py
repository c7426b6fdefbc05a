"""One truth: the exported JSON Schemas and the parsers agree, on good files, and on what is made of them.

Whatever a parser takes is valid under its schema. What the schema finds valid and the parser still
refuses is refused for a reason of BEYOND: rules between members that no schema can say.
"""

from __future__ import annotations

import copy
import json
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import make_trust_schemas as made

import bundle_kit
from ecert.errors import TrustError
from ecert.limits import Limits
from ecert.model.textdata import load_yaml
from ecert.testpki.authority import synthetic_uscc
from ecert.trust.agreement import parse_agreement
from ecert.trust.bundle import parsing
from ecert.trust.bundle.dsse import parse_envelope
from ecert.trust.codetable import parse_code_table
from ecert.trust.deviation import parse_deviation
from ecert.trust.entities import KINDS, parse_entities
from ecert.trust.issuers import parse_issuer_list
from ecert.trust.matters import parse_matters
from ecert.trust.publishing.plan import parse_plan
from ecert.trust.rule import parse_rule
from ecert.trust.status import parse_status_file

ROOT = Path(__file__).resolve().parents[2]
FEDERATIONS = ROOT / "federations"
REFERENCES = ROOT / "src/ecert/recognition/agreements"
MEMBERS = 22
"""Members kept of one mapping: no document has more, and a plan has its top roles and some delegates."""
DIVISION, TYPE = "500103", "11100000MB0143028R001"
ISSUER = synthetic_uscc("11500103MB0000000")


def as_yaml(body: Any) -> Any:
    return parse_plan(json.dumps(body).encode())


def as_payload(body: Any) -> Any:
    """Read a payload as the kind of role that it says it is."""
    kind = body.get("_type") if isinstance(body, dict) else None
    read = {
        "root": parsing.parse_root, "timestamp": parsing.parse_timestamp,
        "snapshot": parsing.parse_snapshot,
        "targets": lambda data, name: parsing.parse_targets(data, name, role=role_of(body)),
    }  # fmt: skip
    data = json.dumps(body).encode()
    return read[kind if isinstance(kind, str) and kind in read else "root"](data, "x")


def role_of(body: Any) -> str:
    """Return the role in whose name the first target stands: which role it is, its envelope's name says."""
    listed = body.get("targets")
    return next(iter(listed), "targets").split("/")[0] if isinstance(listed, dict) else "targets"


PARSERS: dict[str, Callable[[Any], Any]] = {
    "issuers": lambda body: parse_issuer_list(body, "x"),
    "agreement": lambda body: parse_agreement(body, "x", sha256="", origin="reference"),
    "rule": lambda body: parse_rule(body, "x"),
    "deviation": lambda body: parse_deviation(body, "x"),
    "code-table": lambda body: parse_code_table(body, "x"),
    "matters": lambda body: parse_matters(body, "x"),
    "status": lambda body: parse_status_file(body, "x"),
    "entities": lambda body: parse_entities(body, "x"),
    "federation": as_yaml,
    "payload": as_payload,
}
BEYOND = re.compile(
    "has a gap or an overlap|must be after|must be an ISO 8601 time|stands twice|outside the scope"
    r"|'\*' stands alone|knows no '\*'|must name the service items|has one .* twice"
    "|needs a table or pairs|lossy must be true|must be a day|lies before from"
    "|needs at least one change|is after the file|must not be below min|must not be after valid_from"
    "|for invalidation rules alone|required for an emergency|must be the division in rule_id"
    "|must be (AR|IR|WR)-|each id once|each name once"
    # a plan
    # payloads: what refers to something else in them
    "|is not the digest of its key|is not registered|are not registered|names the unknown key"
    "|must be called|must be a name in lower case|paths must be|names a role twice|needs a reader"
    "|must be after issued_at|publishes? them|hold everywhere"
    "|must be a number from|cannot be met by|hangs on targets|is more than 4 deep|one or more division codes"
)


def files(*patterns: str) -> Iterator[Any]:
    for pattern in patterns:
        for path in sorted(FEDERATIONS.glob(pattern)):
            yield load_yaml(path.read_bytes(), limits=Limits())


def cascade_samples() -> Iterator[Any]:
    firm = synthetic_uscc("91500103MA0000001")
    said = {"entity": firm, "basis": {"document": "d", "clause": "c", "issuer": "i", "date": "x"}}
    at = {"at": "2026-01-01T00:00:00Z"}
    yield {
        "schema": "ecert.entities/1", "list_id": "l", "version": "1",
        "issued_at": "2026-02-01T00:00:00Z", "next_update": "2026-02-02T00:00:00Z",
        "register": {"code": ISSUER, "name": "n", "territories": [DIVISION], "departments": ["9"],
                     "licence_types": [TYPE]},
        "events": [
            {"event_id": "1", "kind": "deregistered", **at, **said, "procedure": "simple",
             "dependents": "refuse", "es_ids": ["1"], "received_from": ISSUER},
            {"event_id": "2", "kind": "licence_revoked", "day": "2026-01-01", **said},
            {"event_id": "3", "kind": "suspended", **at, **said, "dependents": "refer"},
            {"event_id": "4", "kind": "deregistration_announced", **at, **said,
             "procedure": "simple", "announced_until": "2026-01-20"},
            {"event_id": "5", "kind": "transferred_out", **at, **said, "to": ISSUER},
            {"event_id": "6", "kind": "lifted", **at, **said, "lifts": "1", "reason": "r"},
        ],
    }  # fmt: skip


def status_samples() -> Iterator[Any]:
    common = {
        "schema": "ecert.status/1", "list_id": "l", "publisher": "p", "version": "1",
        "issued_at": "2026-02-01T00:00:00Z", "next_update": "2026-02-02T00:00:00.5+08:00",
    }  # fmt: skip
    ident = f"1.2.156.3005.2.{TYPE}.{ISSUER}.1.001.X"
    entry = {"id": ident, "state": "superseded", "since": "2026-01-01T00:00:00Z", "successor": "s"}
    yield common | {"certificates": [entry], "seals": [{"id": "s", "state": "active"}]}
    yield common | {"issuer": ISSUER, "certificate_type": TYPE, "certificates": [entry]}


def payload_samples() -> Iterator[Any]:
    federation = bundle_kit.Simulator(kinds=("sm2", "ed25519"))
    federation.role("role", "500000", issuers=[ISSUER], kinds=["status"])
    federation.put("role/status/a.json", b"{}")
    for name, data in sorted(federation.publish().items()):
        if name.startswith("metadata/"):
            yield json.loads(parse_envelope(data, name, limit=10**6).payload)


@cache
def samples(name: str) -> tuple[Any, ...]:
    """Return good documents of one kind: those of the worked federations, and our own."""
    found = {
        "issuers": lambda: files("*/roles/*/issuers/*.yaml"),
        "agreement": lambda: (
            *files("*/roles/*/agreements/*.yaml"),
            *(load_yaml(p.read_bytes()) for p in sorted(REFERENCES.glob("*.yaml"))),
        ),
        "rule": lambda: files("*/roles/*/rules/*.yaml"),
        "deviation": lambda: files("*/roles/*/deviations/*.yaml"),
        "code-table": lambda: files("*/roles/*/code-tables/*.yaml"),
        "matters": lambda: files("*/roles/*/matters/*.yaml"),
        "status": lambda: (*files("*/roles/*/status/*.yaml"), *status_samples()),
        "entities": lambda: (*files("*/roles/*/entities/*.yaml"), *cascade_samples()),
        "federation": lambda: files("*/federation.yaml"),
        "payload": payload_samples,
    }[name]
    return tuple(found())


@cache
def seeds(name: str) -> tuple[Any, ...]:
    """Return the documents that are changed: long ones cut short, each still good."""
    found = {json.dumps(cut(body), sort_keys=True): cut(body) for body in samples(name)}
    kept = sorted(found.values(), key=lambda body: len(json.dumps(body)))[-12:]
    assert all(refusal(name, body) is None for body in kept)
    return tuple(kept)


def cut(body: Any) -> Any:
    if isinstance(body, list):
        return [cut(value) for value in (body if len(body) == len(KINDS) else body[:3])]
    if isinstance(body, dict):
        return {key: cut(value) for key, value in list(body.items())[:MEMBERS]}
    return body


@cache
def validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(stored(name)))


def stored(name: str) -> str:
    return (ROOT / f"src/ecert/trust/schemas/{name}.json").read_text("utf-8")


def refusal(name: str, body: Any) -> str | None:
    """Return why the parser refuses a document, or None."""
    try:
        PARSERS[name](body)
    except TrustError as error:
        return f"{error.params.get('path', '')} {error.params.get('what', error.message)}"
    return None


def agree(name: str, body: Any) -> None:
    valid, why = validator(name).is_valid(body), refusal(name, body)
    if why is None:
        assert valid, jsonschema.exceptions.best_match(validator(name).iter_errors(body))
    elif valid:
        assert BEYOND.search(why), why


@pytest.mark.parametrize("name", made.SCHEMAS)
def test_the_schema_is_what_the_tool_makes_and_is_one(name: str) -> None:
    assert stored(name) == made.text_of(name)
    jsonschema.Draft202012Validator.check_schema(json.loads(stored(name)))


def test_every_schema_has_a_parser() -> None:
    assert set(PARSERS) == set(made.SCHEMAS)


@pytest.mark.parametrize("name", PARSERS)
def test_good_documents_are_good_to_both(name: str) -> None:
    assert samples(name)
    for body in samples(name):
        assert refusal(name, body) is None
        agree(name, body)


# Changes of good documents


def places(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value; of a long list the first few."""
    yield path
    if isinstance(body, dict):
        for key in sorted(body):
            yield from places(body[key], (*path, key))
    elif isinstance(body, list):
        for number in range(min(len(body), 8)):
            yield from places(body[number], (*path, number))


def changed(body: Any, path: tuple[Any, ...], change: Callable[[Any, Any], None]) -> Any:
    out = copy.deepcopy(body)
    node = out
    for step in path[:-1]:
        node = node[step]
    change(node, path[-1])
    return out


STRANGE: tuple[Any, ...] = (
    None, "", "x", "*", "0", "1", "true", 0, 1, -1, True, False, [], {}, ["x"], ["*"], {"x": "y"}, [[]],
    "2026-01-01", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00", "500103", "五", "\n",
)  # fmt: skip
TEXTS_ONLY = tuple(v for v in STRANGE if not isinstance(v, (int, bool)) and v is not None)
"""YAML gives every scalar as text, so other scalars never reach the reader of a plan."""


@st.composite
def mutants(draw: st.DrawFn, name: str) -> Any:
    body = draw(st.sampled_from(seeds(name)))
    for _ in range(draw(st.integers(1, 3))):
        found = [p for p in places(body) if p]
        if not found:
            break
        path = draw(st.sampled_from(found))
        kind = draw(st.sampled_from(("put", "drop", "add", "twice", "swap")))
        values = TEXTS_ONLY if name == "federation" else STRANGE
        value = draw(st.sampled_from(values))
        if kind == "swap":
            other = draw(st.sampled_from(found))
            value = copy.deepcopy(value_at(body, other))
        body = changed(body, path, lambda n, k, kind=kind, value=value: act(n, k, kind, value))
    return body


def value_at(body: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        body = body[step]
    return body


def act(node: Any, key: Any, kind: str, value: Any) -> None:
    if kind == "drop":
        del node[key]
    elif kind == "twice" and isinstance(node[key], list) and node[key]:
        node[key].append(copy.deepcopy(node[key][0]))
    elif kind == "add" and isinstance(node[key], dict):
        node[key]["colour"] = value
    else:
        node[key] = value


@pytest.mark.parametrize("name", PARSERS)
def test_changed_documents_are_good_or_bad_to_both(name: str) -> None:
    @settings(max_examples=120)
    @given(mutants(name))
    def check(body: Any) -> None:
        agree(name, body)

    check()


@pytest.mark.parametrize("name", [n for n in PARSERS if n != "federation"])
def test_every_member_dropped_nulled_or_replaced(name: str) -> None:
    body = seeds(name)[-1]
    for path in places(body):
        if not path:
            continue
        for value in STRANGE:
            agree(name, changed(body, path, lambda n, k, value=value: act(n, k, "put", value)))
        for kind in ("drop", "add", "twice"):
            agree(name, changed(body, path, lambda n, k, kind=kind: act(n, k, kind, 1)))


@pytest.mark.parametrize("name", PARSERS)
@pytest.mark.parametrize("body", [None, [], "x", 5, {}])
def test_what_is_no_mapping(name: str, body: Any) -> None:
    assert refusal(name, body) is not None
    assert not validator(name).is_valid(body)


def test_the_command_prints_them(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    from ecert.cli import main

    for name in made.SCHEMAS:
        assert main(["schema", name]) == 0
        assert capfdbinary.readouterr().out.decode("utf-8") == stored(name)
