"""`recognize`, `Asked.of` and the shipped references: who may ask, and what is carried over."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ecert.errors import ECertError, InvalidIdentifier, VerificationError
from ecert.model import list_profiles, load_profile
from ecert.recognition import (
    Asked,
    RecognitionDecision,
    recognize,
    reference_agreements,
)
from ecert.report import OK, Axis, Decision, Mode, Verdict
from ecert.trust.bundle.freshness import Dated, RoleVersion
from ecert.trust.need import Need
from ecert.trust.store import TrustStore
from ecert.verification.case import Case, DataCase, SignatureCase, SigningTime, TimestampCase
from ecert.verification.policy import Policy
from ecert.verification.verified import VerifiedCertificate
from recognition_kit import AT, CARD, LICENCE, agreement, asked, axis_of, body, edge

PROVEN = datetime(2025, 3, 18, 8, tzinfo=UTC)


def store(*agreements: dict[str, Any], **files: bytes) -> TrustStore:
    made = {
        f"agreements/a{i}.yaml": yaml.safe_dump(a, allow_unicode=True).encode()
        for i, a in enumerate(agreements)
    }
    return TrustStore.from_files(made | files)


def proof(trust: TrustStore, **changes: Any) -> VerifiedCertificate:
    given: dict[str, Any] = {
        "certificate": None,
        "subject_sha256": "aa" * 32,
        "issuer_code": "",
        "issuer_name": "示例机关",
        "area_code": "350100",
        "type_code": LICENCE,
        "profile_id": "business_license",
        "issue_date": date(2025, 3, 18),
        "signing_grade": "declared",
        "signing_time": None,
        "at": AT,
        "mode": Mode.LIVE,
        "policy_sha256": Policy.default().sha256,
        "trust_sha256": trust.sha256,
    }
    return VerifiedCertificate(**(given | changes))


def ask(trust: TrustStore, proven: VerifiedCertificate | None = None, **more: Any) -> Any:
    given = {"relying": "310000", "matter": "company.change", "trust": trust} | more
    return recognize(proven or proof(trust), **given)


def test_a_recognised_certificate() -> None:
    trust = store(body())
    report = ask(trust)
    assert report.decision is Decision.ACCEPT
    assert bool(report)
    assert report.exit_code == 0
    decision = report.require()
    assert isinstance(decision, RecognitionDecision)
    assert decision.verdict is Verdict.PASSED
    assert decision.agreement == "test.east 1"
    assert decision.basis == ("示例文件〔2024〕1号 第三条 示例机关 2024-01-01",)
    assert "agreement.operator_folder" in [r.code for r in decision.reasons]
    assert report.question.relying == "310000"
    assert [r.code for r in report.axes[Axis.STATUS].reasons] == ["recognition.carried"]
    assert report.tool.version


def test_same_question_same_bytes() -> None:
    trust = store(body())
    assert ask(trust).to_json() == ask(trust).to_json()


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"mode": Mode.AS_OF}, "mode"),
        ({"mode": Mode.SIMULATED}, "mode"),
        ({"trust_sha256": "00" * 32}, "trust"),
        ({"policy_sha256": "00" * 32}, "policy"),
    ],
)
def test_l14_a_foreign_proof_is_refused(changes: dict[str, Any], what: str) -> None:
    trust = store(body())
    with pytest.raises(ECertError) as caught:
        ask(trust, proof(trust, **changes))
    assert caught.value.code == "recognition.foreign_proof"
    assert caught.value.params["what"] == what


def test_l14_another_trust_is_foreign_even_with_the_same_agreements() -> None:
    trust = store(body())
    other = store(body(), README=b"x")
    with pytest.raises(ECertError, match="trust"):
        ask(other, proof(trust))


def test_l23_a_proof_under_a_policy_that_never_accepts_is_refused() -> None:
    trust, policy = store(body()), Policy.load("integrity")
    with pytest.raises(ECertError, match="policy"):
        ask(trust, proof(trust, policy_sha256=policy.sha256), policy=policy)


def test_a_stricter_policy_is_its_own() -> None:
    trust, policy = store(body()), Policy.load("domestic")
    report = ask(trust, proof(trust, policy_sha256=policy.sha256), policy=policy)
    assert report.decision is Decision.ACCEPT
    assert report.policy.id == "domestic"


def test_l14_another_instant_is_as_of_and_carries_nothing() -> None:
    trust = store(body())
    report = ask(trust, at=AT + timedelta(seconds=1))
    assert report.question.mode is Mode.AS_OF
    assert report.decision is Decision.REFER
    assert "recognition.other_instant" in report.reasons()
    with pytest.raises(VerificationError):
        report.require()
    assert ask(trust, at=AT).decision is Decision.ACCEPT


def test_l4_test_only_trust_never_accepts() -> None:
    trust = store(body(), **{"TEST-ONLY": b""})
    report = ask(trust)
    assert report.decision is Decision.REFER
    assert "trust.test_only" in report.reasons()


@pytest.mark.parametrize("effect", ["information-only", "accept-with-conditions"])
def test_l20_conditions_refer(effect: str) -> None:
    report = ask(store(body(effect=effect)))
    assert report.axes[Axis.RECOGNITION].verdict is Verdict.PASSED
    assert report.decision is Decision.REFER
    assert report.exit_code == 11
    for lang in ("zh", "en"):
        assert report.render(lang, detail="full")


def test_a_refusal_shows_its_basis() -> None:
    report = ask(store(body(effect="refuse")))
    assert report.decision is Decision.REFUSE
    assert "示例文件〔2024〕1号" in report.render("zh")
    assert report.conditions == ()


def test_a_repeal_shows_dates_and_basis() -> None:
    history = [{"status": "enacted", "from": "2024-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}]
    trust = store(body(history=history, status="repealed", status_start="2026-01-01T00:00:00Z"))
    text = ask(trust).render("zh")
    assert "2026-01-01 08:00 北京时间" in text
    assert "第三条" in text


@pytest.mark.parametrize("relying", ["", "31000", "abcdef", "310000x", "３１００００00"])
def test_a_wrong_relying_code_is_an_argument_error(relying: str) -> None:
    trust = store(body())
    with pytest.raises(InvalidIdentifier):
        ask(trust, relying=relying)
    with pytest.raises(InvalidIdentifier):
        Asked.of(Case(), None, relying=relying, matter=None)


def test_a_typed_relying_code_is_folded() -> None:
    assert ask(store(body()), relying=" ３１００００").question.relying == "310000"


def test_empty_values_of_a_proof_are_unknown() -> None:
    trust = store(body())
    report = ask(trust, proof(trust, area_code="", type_code="", profile_id=""), matter="")
    assert report.decision is Decision.REFER
    assert "agreement.region_unknown" in report.reasons()
    assert report.value is not None
    assert report.value.agreement == ""


def test_l15_a_policy_that_allows_no_skipping_refers() -> None:
    trust = store(body())
    policy = replace(Policy.default(), optional=frozenset())
    report = ask(trust, proof(trust, policy_sha256=policy.sha256), policy=policy)
    assert report.decision is Decision.REFER
    assert "check.not_optional" in report.reasons()


class OpenedLate:
    """A trust that reads the roles of the relying side only when it is asked for them."""

    name, test_only = "bundle", False

    def __init__(self, store: TrustStore) -> None:
        self.store, self.needs = store, []

    @property
    def sha256(self) -> str:
        return self.store.sha256

    def narrowed(self, need: Need) -> TrustStore:
        self.needs.append(need)
        return self.store


@pytest.mark.parametrize(("days", "decision"), [(1, Decision.ACCEPT), (-30, Decision.REFER)])
def test_l19_roles_of_the_relying_side_that_ended_refer(days: int, decision: Decision) -> None:
    ends = AT + timedelta(days=days)
    role = RoleVersion(
        name="310000", version=1, sha256="ab" * 32, issued_at=AT - timedelta(days=90), expires=ends
    )
    opened = OpenedLate(replace(store(body()), dated=Dated(roles=(role,))))
    report = ask(opened, proof(opened.store))
    assert report.decision is decision
    assert ("trust.stale" in report.reasons()) is (decision is Decision.REFER)
    (need,) = opened.needs
    assert (need.relying, need.issuing) == ("310000", "350100")


# Asked.of


def case(**changes: Any) -> Case:
    signature = SignatureCase(
        index=0, time=SigningTime(grade="declared", earliest=PROVEN, latest=PROVEN)
    )
    data = DataCase(area_code="350100", type_code=LICENCE, issue_date=date(2025, 3, 18))
    return Case(signatures=(replace(signature, **changes),), data=data)


def test_asked_takes_covered_data() -> None:
    made = Asked.of(
        case(), 0, relying="310000", matter="company.change", profile_id="business_license"
    )
    assert made == asked(kind="original")


@pytest.mark.parametrize(
    ("given", "index"),
    [
        (case(), None),
        (case(), 3),
        (case(covers_data=False), 0),
        (replace(case(), data=None), 0),
        (Case(), 0),
    ],
)
def test_l7_uncovered_data_are_not_asked_about(given: Case, index: int | None) -> None:
    made = Asked.of(given, index, relying="310000", matter="x")
    assert made == Asked(relying="310000", matter="x", blocked_by="issuer.is_signer")
    axis, conditions = axis_of(made, [agreement()], at=AT)
    assert axis.verdict is Verdict.INDETERMINATE
    assert {r.code for c in axis.children for r in c.reasons} == {"check.blocked"}
    assert conditions == ()


def test_a_proven_time_is_the_token_s() -> None:
    token = TimestampCase(gen_time=PROVEN, arithmetic=OK, trusted=OK)
    known = case(proven=(PROVEN,), time=SigningTime())
    made = Asked.of(known, 0, relying="310000", matter=None)
    assert (made.grade, made.signed_by) == ("proven", PROVEN)
    unsettled = case(timestamps=(token,), time=SigningTime())
    assert Asked.of(unsettled, 0, relying="310000", matter=None).grade == "absent"


def test_a_witnessed_time_counts_with_its_latest_end() -> None:
    early = PROVEN - timedelta(hours=8)
    known = SigningTime(grade="witnessed", earliest=early, latest=PROVEN)
    made = Asked.of(case(time=known), 0, relying="310000", matter=None)
    assert (made.grade, made.signed_by) == ("witnessed", PROVEN)


# The shipped references


def test_l18_references_never_pass_and_never_refuse() -> None:
    for reference in reference_agreements():
        assert reference.reference
        for one in reference.edges:
            question = asked(
                relying=one.relying if one.relying != "100000" else "310000",
                issuing=one.issuing if one.issuing != "100000" else "350000",
                type_code=next(iter(reference.types), None),
                profile_id=next(iter(reference.type_names), None),
            )
            for given in ([], [reference]):
                axis, conditions = axis_of(question, given, at=AT)
                assert axis.verdict is Verdict.INDETERMINATE
                assert axis.children[0].reasons[0].code == "agreement.reference_only"
                assert conditions == ()


def test_references_carry_basis_dates_and_confidence() -> None:
    shipped = {a.agreement_id: a for a in reference_agreements()}
    assert set(shipped) == {
        "cn.order-716.article-10",
        "cn.chuanyu.driving-licence",
        "cn.yangtze-delta.consensus-2020",
        "cn.yangtze-delta.driving-and-vehicle-licence",
    }
    for one in shipped.values():
        assert one.confidence == "confirmed"
        assert one.basis[0].document
        assert one.basis[0].date
        assert len(one.sha256) == 64
        assert one.state_at(AT) == "enacted"
    assert (
        shipped["cn.chuanyu.driving-licence"].state_at(
            datetime(2021, 5, 19, 15, 59, 59, tzinfo=UTC)
        )
        is None
    )
    assert (
        shipped["cn.chuanyu.driving-licence"].state_at(datetime(2021, 5, 19, 16, tzinfo=UTC))
        == "enacted"
    )


def test_references_name_only_known_types() -> None:
    codes = {load_profile(name).type_code for name in list_profiles()}
    for one in reference_agreements():
        assert {t for t in one.types if t != "*"} <= codes
        assert set(one.type_names) <= {*list_profiles(), "vehicle_licence"}


def test_references_of_a_region_pair_name_the_nearest() -> None:
    question = asked(
        relying="510100",
        issuing="500103",
        type_code=None,
        profile_id="driving_licence",
        matter="traffic",
    )
    axis, _ = axis_of(question, [], at=AT)
    assert dict(axis.children[0].reasons[0].params)["agreement"] == "川渝电子驾驶证互认"
    card = asked(relying="330100", issuing="340100", type_code=CARD, profile_id="id_card")
    axis, _ = axis_of(card, [], at=AT)
    assert "长三角" in str(dict(axis.children[0].reasons[0].params)["agreement"])


@pytest.mark.parametrize("region", ["710000", "810000", "820000"])
def test_no_cross_border_reference(region: str) -> None:
    for question in (asked(relying=region), asked(issuing=region)):
        axis, _ = axis_of(question, [], at=AT)
        assert axis.children[0].reasons[0].code == "agreement.not_known"


def test_references_before_their_time_are_not_known() -> None:
    axis, _ = axis_of(asked(), [], at=datetime(2019, 4, 29, 15, 59, 59, tzinfo=UTC))
    assert axis.children[0].reasons[0].code == "agreement.not_known"


# Evidence


def test_the_three_clocks_and_the_considered_are_shown() -> None:
    others = [
        agreement(agreement_id=f"other.{i}", edges=[edge("110000", "120000")]) for i in range(3)
    ]
    axis, _ = axis_of(asked(), [agreement(), *others], at=AT)
    shown = {e.name: str(e.value) for e in axis.children[0].evidence}
    assert shown["clock.issue"] == "2025-03-18"
    assert shown["clock.issue.grade"] == "declared"
    assert shown["clock.evaluation"] == AT.isoformat()
    assert shown["clock.known"].startswith("1 sha256:")
    why = [
        str(e.value).rsplit(": ", 1)[1] for e in axis.children[0].evidence if e.name == "considered"
    ]
    assert sorted(why) == ["chosen", "other_parties", "other_parties", "other_parties"]


def test_a_reverse_edge_is_named_as_such() -> None:
    axis, _ = axis_of(asked(relying="350000", issuing="310000"), [agreement()], at=AT)
    assert any(str(e.value).endswith("reverse_only") for e in axis.children[0].evidence)
