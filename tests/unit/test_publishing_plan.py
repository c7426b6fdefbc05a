"""federation.yaml: read strictly, written back the same."""

from __future__ import annotations

import re

import pytest

from ecert.errors import TrustError
from ecert.trust.publishing.plan import TOP, parse_plan, plan_yaml

KEY = "ab" * 32
TEXT = f"""
schema: ecert.federation/1
name: 示例互认
test_only: true
expires: {{root_days: 365, timestamp_days: 7, snapshot_days: 30, targets_days: 180}}
roles:
  chengdu: {{parent: sichuan, territories: ["510100"], issuers: [11510100MB0000000Y],
    certificate_types: [driving_licence], kinds: [issuers, status], keys: [{KEY}]}}
  root: {{keys: [{KEY}], compulsory: {{sm2: 1}}}}
  timestamp: {{keys: [{KEY}]}}
  snapshot: {{keys: [{KEY}]}}
  targets: {{}}
  sichuan: {{title: {{zh: 四川省, en: Sichuan}}, territories: ["510000"], issuers: "*",
    certificate_types: "*", kinds: "*", keys: [{KEY}], complete: true}}
"""


def test_a_plan_is_read_with_delegators_first_and_written_back_the_same() -> None:
    plan = parse_plan(TEXT.encode())
    assert tuple(plan.roles) == (*TOP, "sichuan", "chengdu")
    assert plan.test_only
    assert plan.roles["sichuan"].complete
    assert plan.roles["sichuan"].issuers == ("*",)
    assert plan.roles["chengdu"].kinds == ("issuers", "status")
    assert plan.expires.of("chengdu") == 180
    assert [r.name for r in plan.delegates("sichuan")] == ["chengdu"]
    assert parse_plan(plan_yaml(plan)) == plan


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("schema: ecert.federation/1", "schema: ecert.federation/2", "schema"),
        ("name: 示例互认", "name: 示例互认\nextra: 1", "extra"),
        ("test_only: true", "test_only: yes", "test_only"),
        ("root_days: 365", "root_days: 0", "root_days"),
        ("root_days: 365", "root_days: 365.5", "root_days"),
        ("parent: sichuan", "parent: hubei", "chengdu.parent"),
        ("parent: sichuan", "parent: chengdu", "chengdu.parent"),
        ("parent: sichuan", "parent: root", "chengdu.parent"),
        ("  timestamp:", "  time-stamp:", "time-stamp"),
        ("chengdu:", "../evil:", "roles"),
        ('["510100"]', "[]", "territories"),
        ('["510100"]', '["519999"]', "territories"),
        ('["510100"]', '"*"', "territories"),
        ('issuers: "*"', "issuers: []", "issuers"),
        ('issuers: "*"', 'issuers: ["*", 11510100MB0000000Y]', "issuers"),
        ('issuers: "*",', "", "issuers"),
        ('kinds: "*"', "kinds: [everything]", "kinds"),
        (f"keys: [{KEY}]", "keys: [abc]", "keys"),
        (f"keys: [{KEY}]", f"keys: [{KEY}, {KEY}]", "keys"),
        ("compulsory: {sm2: 1}", "threshold: 2", "threshold"),
        ("compulsory: {sm2: 1}", "threshold: 0", "threshold"),
        ("compulsory: {sm2: 1}", "compulsory: {sm2: 1, rsa: 1}", "threshold"),
        ("compulsory: {sm2: 1}", "compulsory: {md5: 1}", "compulsory"),
        ("compulsory: {sm2: 1}", "territories: ['510000']", "territories"),
        ("  targets: {}", "  targets: {}\n  targets: {}", "duplicate"),
    ],
)
def test_what_is_not_a_plan_is_refused_with_its_place(old: str, new: str, where: str) -> None:
    assert old in TEXT
    with pytest.raises(TrustError, match=re.escape(where)) as caught:
        parse_plan(TEXT.replace(old, new).encode())
    assert caught.value.code == "trust.invalid_file"


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b"a: &x [*x]", b"{" * 100])
def test_hostile_plans_are_refused(data: bytes) -> None:
    with pytest.raises(TrustError):
        parse_plan(data)


def test_a_chain_of_delegations_has_an_end() -> None:
    links = "".join(
        f"  r{i}: {{parent: {'targets' if i == 0 else f'r{i - 1}'}, territories: ['510000'], "
        "issuers: '*', certificate_types: '*', kinds: '*'}\n"
        for i in range(6)
    )
    with pytest.raises(TrustError, match="deep"):
        parse_plan((TEXT + links).encode())


def test_a_role_others_hang_on_cannot_be_taken_away() -> None:
    plan = parse_plan(TEXT.encode())
    with pytest.raises(TrustError, match=r"chengdu\.parent"):
        plan.without_role("sichuan")
    with pytest.raises(TrustError, match="root"):
        plan.without_role("root")
    assert "chengdu" not in plan.without_role("chengdu").roles
