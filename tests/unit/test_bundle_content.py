"""What a signed file may say (L19), and what of it becomes trust."""

from __future__ import annotations

import ast
import json
import random
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bundle_kit import NATION, NOW, Simulator, issuers_json, key, reader
from ecert.crypto.crl import CRLFacts
from ecert.crypto.x509_build import CRLSpec, make_crl
from ecert.errors import TrustError
from ecert.model.textdata import load_yaml
from ecert.report.codes import registry
from ecert.trust.bundle.admitting import admit
from ecert.trust.bundle.content import check_scope, parse_item
from ecert.trust.bundle.floors import Floor
from ecert.trust.bundle.index import make_index, parse_index
from ecert.trust.bundle.scope import Scope
from ecert.trust.bundle.selecting import Everything, Selection, select
from ecert.trust.bundle.trusting import BundleTrust
from ecert.trust.need import Need
from keys_kit import certificate

ROOT = Path(__file__).resolve().parents[2]
TYPE = "11100000000013127D001"
OTHER = "11100000000013127D002"


def agreement(relying: str, issuing: str, **changed: object) -> bytes:
    body: dict[str, object] = {
        "schema": "ecert.agreement/1",
        "agreement_id": "test.a",
        "version": "1",
        "title": "示例",
        "kind": "bilateral",
        "legal_basis": [{"document": "示例〔2026〕1号", "clause": "第一条"}],
        "edges": [{"relying": relying, "issuing": issuing, "covers": "subtree"}],
        "scope": {"certificate_types": [TYPE], "matters": ["m"]},
        "effect": "equivalent",
        "status": "enacted",
        "status_start": "2026-01-01T00:00:00Z",
        "confidence": "confirmed",
    }
    return json.dumps(body | changed).encode()


def deviation(division: str) -> bytes:
    return json.dumps(
        {
            "schema": "ecert.deviation/1",
            "deviation_id": "test.d",
            "version": 1,
            "title": "示例",
            "agreement": "test.a",
            "division": division,
            "allowed_by": {"document": "示例〔2026〕2号"},
            "from": "2026-01-01T00:00:00Z",
            "until": "2027-01-01T00:00:00Z",
            "changes": {"exclude": {"types": [TYPE]}},
        }
    ).encode()


def matters(owner: str) -> bytes:
    items = [{"code": "m", "zh": "事项"}]
    body = {"schema": "ecert.matters/1", "vocabulary_id": "v", "version": 1, "owner": owner}
    return json.dumps(body | {"items": items}).encode()


def rule(owner: str) -> bytes:
    source = ROOT / "federations/chuanyu/roles/sichuan/rules/AR-510000-0001.yaml"
    body = load_yaml(source.read_bytes())
    return json.dumps(body | {"owner": owner, "rule_id": f"AR-{owner}-0001"}).encode()


def status(issuer: str) -> bytes:
    body = {
        "schema": "ecert.status/1",
        "list_id": "s",
        "publisher": "p",
        "version": "1",
        "issuer": issuer,
        "certificate_type": TYPE,
        "issued_at": "2026-11-01T00:00:00Z",
        "next_update": "2026-12-01T00:00:00Z",
        "certificates": [{"id": f"1.2.156.3005.2.{TYPE}.{issuer}.1.001.0", "state": "valid"}],
    }
    return json.dumps(body).encode()


def entities(territory: str, code: str) -> bytes:
    body = {
        "schema": "ecert.entities/1",
        "list_id": "e",
        "version": "1",
        "issued_at": "2026-11-01T00:00:00Z",
        "next_update": "2026-12-01T00:00:00Z",
        "register": {
            "code": f"11{territory}MB0000000X",
            "name": "示例登记机关",
            "territories": [territory],
            "departments": ["9"],
            "licence_types": [TYPE],
        },
        "events": [
            {
                "event_id": "1",
                "entity": code,
                "kind": "deregistered",
                "day": "2026-10-01",
                "procedure": "simple",
                "basis": {"document": "示例"},
            }
        ],
    }
    return json.dumps(body).encode()


SICHUAN = Scope(territories=("510000",))
OF_ANOTHER = {
    "issuers": issuers_json("500000", "a" * 64),
    "agreements": agreement("500000", "520000"),
    "deviations": deviation("500000"),
    "matters": matters("500000"),
    "status": status("11500000MB0000000X"),
    "entities": entities("500000", "91500000MA00000000"),
}
OWN = {
    "issuers": issuers_json("510100", "a" * 64),
    "agreements": agreement("500000", "510000"),
    "deviations": deviation("510100"),
    "matters": matters("510000"),
    "rules": rule("510000"),
    "status": status("11510000MB0000000X"),
    "entities": entities("510000", "91510000MA00000000"),
}


def item(kind: str, data: bytes, name: str = "x.json"):
    return parse_item(f"sichuan/{kind}/{name}", data, sha256="0" * 64)


def refusal(call, *args: object) -> str:
    with pytest.raises(TrustError) as caught:
        call(*args)
    return caught.value.code


@pytest.mark.parametrize("kind", OF_ANOTHER)
def test_l19_a_region_that_signs_for_another_region_is_refused(kind: str) -> None:
    check_scope(item(kind, OF_ANOTHER[kind]), NATION)
    assert refusal(check_scope, item(kind, OF_ANOTHER[kind]), SICHUAN) == "bundle.out_of_scope"


def test_d12_a_rule_whose_owner_is_not_its_signer_is_refused() -> None:
    assert refusal(check_scope, item("rules", rule("500000")), SICHUAN) == "rule.owner"


@pytest.mark.parametrize("kind", OWN)
def test_a_region_signs_for_itself_and_what_lies_below_it(kind: str) -> None:
    check_scope(item(kind, OWN[kind]), SICHUAN)


@pytest.mark.parametrize("kind", ["issuers", "agreements", "deviations", "status", "entities"])
def test_l19_a_certificate_type_outside_the_delegation_is_refused(kind: str) -> None:
    limited = Scope(territories=("510000",), certificate_types=frozenset({OTHER}))
    assert refusal(check_scope, item(kind, OWN[kind]), limited) == "bundle.out_of_scope"
    allowed = Scope(territories=("510000",), certificate_types=frozenset({TYPE}))
    check_scope(item(kind, OWN[kind]), allowed)


def test_l19_a_wildcard_of_types_needs_a_delegation_of_all_types() -> None:
    limited = Scope(territories=("510000",), certificate_types=frozenset({TYPE}))
    wild = agreement("510000", "500000", scope={"certificate_types": ["*"], "matters": ["m"]})
    named = agreement("510000", "500000", scope={"type_names": ["licence"], "matters": ["m"]})
    for data in (wild, named):
        check_scope(item("agreements", data), SICHUAN)
        assert refusal(check_scope, item("agreements", data), limited) == "bundle.out_of_scope"
    anything = json.loads(rule("510000"))
    anything["applies_to"].pop("certificate_types")
    made = item("rules", json.dumps(anything).encode())
    assert refusal(check_scope, made, limited) == "bundle.out_of_scope"


@pytest.mark.parametrize("kind", ["issuers", "status", "entities"])
def test_l19_an_issuer_outside_the_delegation_is_refused(kind: str) -> None:
    limited = Scope(territories=("510000",), issuers=frozenset({"11510000MB00000000"}))
    assert refusal(check_scope, item(kind, OWN[kind]), limited) == "bundle.out_of_scope"


def test_l19_an_entity_of_another_register_refuses_the_file() -> None:
    data = entities("510000", "91500000MA00000000")
    assert refusal(item, "entities", data) == "trust.not_the_register"


def test_l16_a_status_of_another_issuer_refuses_the_file() -> None:
    data = status("11510000MB0000000X").replace(
        b".11510000MB0000000X.1.", b".11500000MB0000000X.1."
    )
    assert refusal(item, "status", data) == "trust.invalid_file"


def crl() -> bytes:
    signer = key("ca")
    spec = CRLSpec(revoked=(), this_update=NOW, next_update=None)
    return make_crl(spec, issuer=certificate(signer, usage=0x02), issuer_key=signer)


@pytest.mark.parametrize(
    ("kind", "name", "data"),
    [("anchors", "a.cer", certificate(key("ca")).der), ("crls", "c.crl", crl())],
)
def test_l19_anchors_and_lists_only_where_the_kind_is_delegated(
    kind: str, name: str, data: bytes
) -> None:
    made = item(kind, data, name)
    check_scope(made, SICHUAN)
    without = Scope(territories=("510000",), kinds=frozenset({"issuers"}))
    assert refusal(check_scope, made, without) == "bundle.kind_out_of_scope"


@pytest.mark.parametrize(
    ("kind", "name", "data"),
    [
        ("anchors", "a.cer", b"-----BEGIN CERTIFICATE-----\n"),
        ("anchors", "a.json", b"{}"),
        ("crls", "c.crl", b"\x30\x00"),
        ("ocsp", "o.ocsp", b""),
        ("issuers", "x.json", b"[]"),
        ("issuers", "x.yaml", b"{}"),
        ("recipes", "x.json", b"{}"),
        ("issuers", "x.json", issuers_json("510000", "a" * 64, version="newest")),
        ("agreements", "x.json", b'{"schema":1,"schema":2}'),
        ("rules", "x.json", b"[" * 100_000),
    ],
)
def test_unreadable_content_refuses_the_bundle(kind: str, name: str, data: bytes) -> None:
    assert refusal(item, kind, data, name).split(".")[0] in ("bundle", "trust")


def test_a_withdrawn_division_is_covered_where_all_its_successors_are() -> None:
    assert Scope(territories=("340000",)).covers("341400")
    assert not Scope(territories=("340100",)).covers("341400")  # split among three
    assert Scope(territories=("500000",)).covers("510200")
    assert not Scope(territories=("500000",)).covers("999999")
    assert not Scope(territories=("500000",)).covers("50000x")


def federation() -> Simulator:
    made = Simulator()
    made.role("sichuan", "510000")
    made.role("chongqing", "500000")
    made.role("chengdu", "510100", parent="sichuan")
    made.put("sichuan/agreements/a.json", agreement("500000", "510000"))
    made.put("chongqing/agreements/a.json", agreement("500000", "510000"))
    made.put("chengdu/agreements/b.json", agreement("510100", "500000", agreement_id="test.b"))
    made.put("sichuan/issuers/list.json", issuers_json("510000", "a" * 64))
    made.put("chengdu/issuers/list.json", issuers_json("510100", "b" * 64))
    made.put("targets/anchors/ca.cer", certificate(key("ca")).der)
    made.put("chongqing/crls/ca.crl", crl())
    made.put("chongqing/entities/e.json", entities("500000", "91500000MA00000000"))
    made.put("chengdu/status/s.json", status("11510100MB0000000X"))
    made.specs["chongqing"].terms = {"complete": True}
    return made


def test_l19_who_signed_is_who_lists_exactly_these_bytes() -> None:
    made = federation()
    known = BundleTrust.open(reader(made.publish()), made.start(), name="x").whole()
    signed = {a.agreement_id: a.signed_by for a in known.knowledge.agreements}
    assert signed == {"test.a": ("500000", "510000"), "test.b": ("510100",)}
    assert known.knowledge.origin == "bundle"
    assert known.knowledge.complete == ("500000",)
    assert known.signed
    made.put("chongqing/agreements/a.json", agreement("500000", "510000") + b"\n")
    known = BundleTrust.open(reader(made.publish()), made.start(), name="x").whole()
    both = [a.signed_by for a in known.knowledge.agreements if a.agreement_id == "test.a"]
    assert sorted(both) == [("500000",), ("510000",)]


def test_l19_the_top_role_is_nobodys_own() -> None:
    made = federation()
    made.put("targets/agreements/c.json", agreement("500000", "510000", agreement_id="test.c"))
    made.specs["targets"].terms = {"complete": True}
    known = BundleTrust.open(reader(made.publish()), made.start(), name="x").whole()
    assert {a.agreement_id: a.signed_by for a in known.knowledge.agreements}["test.c"] == ()
    assert known.knowledge.complete == ("500000",)


def trust(made: Simulator) -> BundleTrust:
    files = made.publish()
    admitted = admit(reader(files), made.start(), at=NOW)
    index = parse_index(admitted.index.to_bytes())
    assert index.to_bytes() == admitted.index.to_bytes()
    return BundleTrust(name="x", opened=admitted.opened, read=reader(files), index=index)


def test_nothing_that_could_speak_against_a_file_is_narrowed_away() -> None:
    """Revocation by the CA's name, events by the holder, status by the issuer, roles of both sides."""
    made = trust(federation())
    ca = certificate(key("ca"), usage=0x02)
    need = Need(
        keys=frozenset({"b" * 64}),
        issuer_names=frozenset({ca.issuer_der}),
        issuing="510100",
        issuer_code="11510100MB0000000X",
        relying="500000",
        holder="91500000MA00000000",
    )
    part, whole = made.narrowed(need), made.whole()
    assert part.crls == whole.crls != ()
    assert part.entities == whole.entities != ()
    assert part.status_files == whole.status_files != ()
    assert part.knowledge == whole.knowledge
    assert part.anchors == whole.anchors != ()
    assert part.listings("b" * 64) == whole.listings("b" * 64) != ()
    assert part.issuer_lists != whole.issuer_lists


def test_what_a_question_does_not_touch_is_not_read() -> None:
    made = trust(federation())
    part = made.narrowed(Need(keys=frozenset({"b" * 64}), issuing="510100"))
    assert (part.crls, part.entities) == ((), ())
    assert len(part.status_files) == 1  # of the body for which the key is listed
    assert part.knowledge.agreements == ()
    assert [k.territory for k in part.issuer_lists] == ["510100"]


def test_a_list_whose_issuer_cannot_be_named_or_that_is_indirect_is_always_read() -> None:
    made = federation()
    loaded = admit(reader(made.publish()), made.start(), at=NOW).loaded
    items = [i for _, i in loaded.items]
    index = make_index(loaded.roles, items)
    lists = [i for i in items if isinstance(i.document, CRLFacts)]
    assert index.always == ()
    assert index.paths("crl", index.entries["crl"]) == {i.path for i in lists}


def test_l24_what_was_verified_for_one_question_is_kept_by_all_that_decides_it() -> None:
    made = trust(federation())
    need = Need(keys=frozenset({"b" * 64}), issuing="510100")
    known = made.narrowed(need)
    assert made.narrowed(need) is known
    assert replace(made, frozen=True).narrowed(need).dated.frozen
    assert replace(made, grace=timedelta(0)).narrowed(need).dated.grace == timedelta(0)
    assert replace(made, name="y").narrowed(need).name == "y"
    broken = replace(made, read=lambda _path, _limit: None, index=None)
    with pytest.raises(TrustError):
        broken.narrowed(need)
    # The same bundle under floors that know another text of a role is refused, not remembered.
    held = made.opened.floors.raised({"chengdu": Floor("1", "0" * 64)}, {}, NOW)
    doubted = replace(made, opened=replace(made.opened, floors=held))
    assert refusal(doubted.narrowed, need) == "bundle.equivocation"


def test_keys_that_nobody_lists_are_answered_from_all_lists() -> None:
    made = trust(federation())
    assert made.index is not None
    assert isinstance(select(made.index, Need(keys=frozenset({"f" * 64}))), Everything)
    assert isinstance(select(made.index, Need(keys=frozenset({"a" * 64}))), Selection)


def test_l4_a_federation_for_tests_says_so() -> None:
    made = federation()
    made.specs["root"].terms = {"test_only": True}
    opened = BundleTrust.open(reader(made.publish()), made.start(), name="x")
    assert opened.test_only
    assert opened.whole().test_only


def test_pins_name_every_role_with_version_digest_and_age() -> None:
    made = federation()
    known = BundleTrust.open(reader(made.publish()), made.start(), name="x").whole()
    pins = {p.id: p for p in known.pins(NOW)}
    assert pins["x"].state == "bundle,fresh"
    assert pins["role:chengdu"].version == "1"
    assert pins["role:chengdu"].age_s == 0
    assert len(pins["role:root"].sha256) == 64


def test_every_code_of_a_bundle_is_registered_and_every_registered_one_is_used() -> None:
    used = set()
    for folder in ("trust", "commands"):
        for path in (ROOT / "src/ecert" / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                text = node.value if isinstance(node, ast.Constant) else None
                if isinstance(text, str) and text.startswith("bundle.") and text.islower():
                    used.add(text)
    used |= {f"bundle.{state}" for state in ("stale", "expired", "frozen", "clock_suspect")}
    codes = {code for code in registry() if code.startswith("bundle.")}
    assert {u for u in used if " " not in u and u != "bundle."} == codes


_ODD = [
    None, True, 0, -1, 10**16, 1.5, "", "*", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", [], {},
    [[]], [{}], {"a": 1}, "a" * 64, "\ud83d", {"sm2": 99},
]  # fmt: skip


def _places(value: object, path: tuple[object, ...] = ()):
    if path:
        yield path
    children = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value if isinstance(value, list) else ())
    )
    for name, inner in children:
        yield from _places(inner, (*path, name))


def _mutated(payload: bytes, dice: random.Random) -> bytes:
    body = json.loads(payload)
    *above, last = dice.choice(list(_places(body)))
    inner = body
    for name in above:
        inner = inner[name]
    if dice.random() < 0.7:
        inner[last] = dice.choice(_ODD)
    else:
        del inner[last]
    return json.dumps(body).encode()


def test_whatever_a_signer_signs_is_admitted_or_refused_and_nothing_else() -> None:
    dice = random.Random(4)
    roles = ["root", "timestamp", "snapshot", "targets", "sichuan", "chengdu", "chongqing"]
    codes = set()
    for number in range(120):
        made = federation()
        if number % 4:
            made.edit[dice.choice(roles)] = lambda payload: _mutated(payload, dice)
        else:
            files = made.specs[dice.choice(roles[4:])].files
            path = dice.choice([p for p in files if p.endswith(".json")])
            files[path] = _mutated(files[path], dice)
        try:
            admit(reader(made.publish()), made.start(), at=NOW)
        except TrustError as error:
            codes.add(error.code)
    assert {"bundle.malformed", "trust.invalid_file"} <= codes
