"""Staging, requests and publishing as a library: what may be signed, what a changed byte does, what words say."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ecert.commands.trust_rounds import check_rule
from ecert.crypto.keys import PrivateKey
from ecert.errors import TrustError
from ecert.trust.bundle.keys import Key
from ecert.trust.publishing.plan import parse_plan
from ecert.trust.publishing.request import Request, parse_request, parse_signature, sign_request
from ecert.trust.publishing.rounds import Done, publish
from ecert.trust.publishing.staging import Asked, open_requests, prepare
from ecert.trust.publishing.wording import changed_documents
from ecert.trust.publishing.workspace import Workspace
from rules_kit import body as rule_body

AT = datetime(2026, 6, 1, 1, tzinfo=UTC)
PLAN = """
schema: ecert.federation/1
name: 示例
test_only: true
expires: {root_days: 365, timestamp_days: 30, snapshot_days: 30, targets_days: 180}
roles:
  root: {}
  timestamp: {}
  snapshot: {}
  targets: {}
  chongqing: {territories: ["500000"], issuers: "*", certificate_types: "*", kinds: "*"}
"""
MATTERS = {
    "schema": "ecert.matters/1",
    "vocabulary_id": "cq.matters",
    "version": "1",
    "owner": "500000",
    "title": "事项",
    "items": [{"code": "a", "zh": "甲"}],
}


class Office:
    """A workspace whose one key signs for everybody."""

    def __init__(self, root: Path) -> None:
        self.key = PrivateKey.generate("sm2")
        plan = parse_plan(PLAN.encode())
        for role in plan.roles.values():
            plan = plan.with_role(replace(role, keys=(Key.of(self.key.public).keyid,)))
        self.space = Workspace.create(root / "w", plan)
        self.space.add_key(Key.of(self.key.public))
        self.put("matters/m", MATTERS)

    def put(self, name: str, body: dict[str, Any]) -> None:
        self.space.write(f"roles/chongqing/{name}.json", json.dumps(body).encode())

    def stage(self, at: datetime = AT, **more: Any) -> tuple[Request, ...]:
        with self.space.locked():
            return prepare(self.space, self.asked(at, **more))

    def asked(self, at: datetime, **more: Any) -> Asked:
        return Asked(at=at, engine="1.0", check_rule=check_rule, **more)

    def release(self, at: datetime = AT, **more: Any) -> Done:
        self.stage(at, **more)
        for _ in range(4):
            with self.space.locked():
                for request in open_requests(self.space).values():
                    signed = sign_request(request, self.key)
                    if signed.name not in self.space.signatures():
                        self.space.write(f"signatures/{signed.name}", signed.to_bytes())
                done = publish(self.space, self.asked(at))
            if isinstance(done, Done):
                return done
        raise AssertionError(done)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_only_what_changed_is_signed_again(office: Office) -> None:
    assert dict(office.release().versions) == dict.fromkeys(
        ("root", "targets", "chongqing", "snapshot", "timestamp"), 1
    )
    with pytest.raises(TrustError) as caught:
        office.stage()
    assert caught.value.code == "publish.nothing"
    office.put("matters/m", MATTERS | {"version": "2"})
    later = AT + timedelta(days=1)
    assert dict(office.release(later).versions) == {"chongqing": 2, "snapshot": 2, "timestamp": 2}
    assert dict(office.release(later, renew=("timestamp",)).versions) == {"timestamp": 3}
    assert dict(office.release(later, renew=("chongqing",)).versions) == {
        "chongqing": 3, "snapshot": 3, "timestamp": 4,
    }  # fmt: skip


def test_an_open_request_keeps_its_signatures_until_something_changes(office: Office) -> None:
    first = office.stage()
    assert office.stage(AT + timedelta(hours=1)) == first
    office.put("matters/m", MATTERS | {"title": "改"})
    again = {r.role: r for r in office.stage(AT + timedelta(hours=2))}
    assert again["targets"] in first
    assert again["chongqing"].version == 2  # the number 1 may have been signed somewhere


def test_what_has_expired_is_not_published(office: Office) -> None:
    office.release()
    late = AT + timedelta(days=200)
    with pytest.raises(TrustError) as caught:
        office.release(late, renew=("timestamp",))
    assert caught.value.code == "publish.expired"


# -- rules -----------------------------------------------------------------------------------------


def test_d5_a_rule_is_announced_two_days_ahead(office: Office) -> None:
    office.release(AT - timedelta(days=200))
    made = rule_body()
    start = datetime.fromisoformat(made["valid_from"])
    office.put("rules/r", made)
    with pytest.raises(TrustError) as caught:
        office.stage(start - timedelta(hours=47))
    assert caught.value.code == "rule.notice"
    assert [r.role for r in office.stage(start - timedelta(hours=49))] == ["chongqing"]


def test_d5_a_new_role_brings_the_rules_that_are_in_force_already(office: Office) -> None:
    office.put("rules/r", rule_body())
    assert office.release().versions["chongqing"] == 1
    # Once it is published it is not new any more, and needs no notice again.
    office.put("matters/m", MATTERS | {"version": "2"})
    assert office.release(AT + timedelta(hours=1)).versions["chongqing"] == 2
    office.put("rules/r", rule_body() | {"version": "2"})
    with pytest.raises(TrustError) as caught:
        office.stage(AT + timedelta(hours=2))
    assert caught.value.code == "rule.notice"


@pytest.mark.parametrize(
    "bend",
    [
        lambda r: r["tests"][0].update(expect="fail"),
        lambda r: r["tests"].clear(),
        lambda r: r["conditions"][0].update(expression="cert.long_term"),
        lambda r: r.update(owner="510000"),
    ],
)
def test_d5_a_rule_that_is_not_fit_is_never_staged(
    office: Office, bend: Callable[[Any], None]
) -> None:
    made = rule_body()
    bend(made)
    office.put("rules/r", made)
    with pytest.raises((TrustError, ExceptionGroup)) as caught:
        office.stage()
    errors = getattr(caught.value, "exceptions", (caught.value,))
    assert all(e.code.startswith(("rule.", "trust.invalid_file")) for e in errors)
    assert not office.space.requests()


# -- requests --------------------------------------------------------------------------------------


def test_no_changed_byte_of_a_request_or_signature_passes(office: Office) -> None:
    request = next(r for r in office.stage() if r.role == "chongqing")
    data = request.to_bytes()
    assert parse_request(data, "x").to_bytes() == data
    signature = sign_request(request, office.key).to_bytes()
    chance = random.Random(7)
    for number in range(400):
        source, parse = ((data, parse_request), (signature, parse_signature))[number % 2]
        at = chance.randrange(len(source) - 1)
        changed = bytearray(source)
        changed[at] ^= 1 << chance.randrange(8)
        for bad in (bytes(changed), source[:at]):
            try:
                parsed = parse(bad, "x")
            except TrustError:
                continue
            if (
                parse is parse_request
            ):  # blanks around it, and a federation's name, say nothing else
                assert isinstance(parsed, Request)
                assert parsed.payload == request.payload
                assert parsed.authorities == request.authorities


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b"null", b"\xff", b'{"schema":' * 50, b"{" * 5000]
)
def test_hostile_bytes_are_refused_in_kind(data: bytes) -> None:
    for parse in (parse_request, parse_signature):
        with pytest.raises(TrustError):
            parse(data, "x")


# -- words -----------------------------------------------------------------------------------------


def said(kind: str, old: dict[str, Any] | None, new: dict[str, Any] | None) -> list[str]:
    def files(body: dict[str, Any] | None) -> dict[str, bytes | None]:
        return {} if body is None else {"r/k/f.json": json.dumps(body).encode()}

    return [w.en for w in changed_documents(kind, files(old), files(new))]


def test_words_say_what_came_what_went_and_what_is_other() -> None:
    agreement = {
        "agreement_id": "x",
        "status": "enacted",
        "scope": {"certificate_types": ["a", "b"]},
    }
    assert said("agreements", agreement, agreement) == []
    assert said("agreements", None, agreement)[0] == "new agreement x"
    assert said("agreements", agreement, None) == ["agreement x removed"]
    changed = agreement | {"status": "suspended", "scope": {"certificate_types": ["b", "c"]}}
    assert said("agreements", agreement, changed) == [
        "agreement x: scope.certificate_types: removed a; added c",
        "agreement x: status from enacted to suspended",
    ]


def test_words_tell_a_list_whose_order_alone_changed() -> None:
    one, two = ({"agreement_id": "x", "edges": order} for order in (["a", "b"], ["b", "a"]))
    assert len(said("agreements", one, two)) == 1


def test_words_never_hide_a_difference_behind_a_common_beginning() -> None:
    one, two = (
        {
            "list_id": "x",
            "entries": [
                {
                    "issuer_id": "i",
                    "services": [{"kind": "k", "anchors": [{"spki_sha256": "a" * 63 + end}]}],
                }
            ],
        }
        for end in ("b", "c")
    )
    (told,) = said("issuers", one, two)
    assert "a" * 63 + "b" in told
    assert "a" * 63 + "c" in told


@pytest.mark.parametrize(
    ("member", "value", "word"),
    [
        ("grace_s", 999, "grace after expiry is 999 s"),
        ("min_engine", "99.0", "needs version 99.0"),
        ("complete", True, "declared complete"),
        ("novelty", "x", "holds special members: ecert.novelty"),
    ],
)
def test_every_member_that_is_signed_is_told(
    office: Office, member: str, value: Any, word: str
) -> None:
    request = next(r for r in office.stage() if r.role == "chongqing")
    payload = json.loads(request.payload)
    payload["ecert"][member] = value
    changed = replace(request, payload=json.dumps(payload).encode())
    assert any(word in w.en for w in changed.changes())
    assert not any(word in w.en for w in request.changes())
