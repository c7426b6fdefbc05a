"""Assumptions and drafts transform a trust and leave their mark on it (recognition.md D9, L14)."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ecert.errors import ECertError, MalformedInput, TrustError
from ecert.recognition import evaluate, recognize
from ecert.recognition.assumptions import Assumption, assume, parse_assumption, parse_draft
from ecert.report import Mode, Question
from ecert.trust.knowledge import Knowledge
from ecert.trust.store import TrustStore
from recognition_kit import AT, agreement, asked, body

DAY = timedelta(days=1)
STEP = timedelta(microseconds=1)
ISSUERS = b"""list_id: t
territory: '350000'
version: '1'
issued_at: '2024-01-01T00:00:00Z'
next_update: '2027-01-01T00:00:00Z'
entries:
- issuer_id: 11350100MB0000000Y
  names: [{name: Example}]
  territory: '350100'
  services:
  - kind: certificate-issuer
    certificate_types: [11100000MB0143028R001]
    anchors: [{spki_sha256: %b, sunset: '2030-01-01T00:00:00Z'}]
    status: granted
    status_start: '2024-01-01T00:00:00Z'
""" % (b"0" * 64)


def store(*made: Any) -> TrustStore:
    base = TrustStore.from_files({"issuers.yaml": ISSUERS})
    return replace(base, knowledge=Knowledge(agreements=tuple(made)))


def assumed(trust: TrustStore, *texts: str) -> TrustStore:
    return assume(trust, [parse_assumption(t, at=AT) for t in texts])


def outcome(trust: TrustStore, at: datetime = AT, **more: Any) -> str:
    return evaluate(asked(**more), trust.knowledge, at=at).outcome


def test_an_agreement_is_repealed_from_a_shanghai_day_on() -> None:
    trust = assumed(store(agreement()), "agreement:test.east=repealed@2026-06-03")
    edge = datetime(2026, 6, 2, 16, tzinfo=UTC)
    assert outcome(trust, edge - STEP) == "recognised"
    assert outcome(trust, edge) == "not_recognised"
    assert outcome(trust, edge + 4000 * DAY) == "not_recognised"


def test_without_a_date_the_judged_instant_is_meant() -> None:
    trust = assumed(store(agreement()), "agreement:test.east=suspended")
    assert outcome(trust, AT - STEP) == "recognised"
    assert outcome(trust, AT) == "not_recognised"
    assert trust.assumptions == ("agreement:test.east=suspended@2026-06-01T04:00:00Z",)


def test_an_instant_with_its_zone_is_taken_as_it_is() -> None:
    given = parse_assumption("agreement:a=b:c=enacted@2026-06-01T08:00:00+08:00", at=AT)
    assert given == Assumption(
        kind="agreement", name="a=b:c", state="enacted", since=datetime(2026, 6, 1, tzinfo=UTC)
    )
    assert str(given) == "agreement:a=b:c=enacted@2026-06-01T00:00:00Z"


def test_a_pending_agreement_can_be_enacted() -> None:
    trust = store(agreement(status="pending"))
    assert outcome(trust, issue_date=AT.date()) == "not_recognised"
    early = assumed(trust, "agreement:test.east=enacted@2026-01-01")
    assert outcome(early, issue_date=AT.date()) == "recognised"


def test_a_later_version_does_not_undo_an_assumption() -> None:
    later = agreement(version="2", status_start="2026-07-01T00:00:00Z")
    trust = assumed(store(agreement(), later), "agreement:test.east=suspended@2026-06-15")
    assert outcome(trust, AT) == "recognised"
    assert outcome(trust, AT + 60 * DAY) == "not_recognised"
    assert [a.version for a in trust.knowledge.agreements] == ["1"]


def test_an_earlier_version_still_says_what_held_before() -> None:
    first = agreement()
    second = agreement(version="2", status_start="2026-05-01T00:00:00Z")
    trust = assumed(store(first, second), "agreement:test.east=suspended@2026-06-15")
    assert [a.version for a in trust.knowledge.agreements] == ["1", "2"]
    assert outcome(trust, AT) == "recognised"


def test_an_issuer_is_suspended_in_every_listing() -> None:
    trust = assumed(store(), "issuer:11350100MB0000000Y=suspended@2026-06-01")
    (listing,) = trust.issuer_lists[0].listings
    assert [w[0] for w in listing.windows] == ["granted", "suspended"]
    assert listing.windows[0][2] == listing.windows[1][1] == datetime(2026, 5, 31, 16, tzinfo=UTC)


def test_a_rule_that_is_off_is_not_asked_for() -> None:
    trust = store(agreement(conditions=["AR-310000-0001", "AR-310000-0002"]))
    assert outcome(trust) == "undetermined"
    one = assumed(trust, "rule:AR-310000-0001=off")
    assert one.knowledge.agreements[0].conditions == ("AR-310000-0002",)
    assert outcome(one) == "undetermined"
    assert outcome(assumed(one, "rule:AR-310000-0002=off")) == "recognised"


@pytest.mark.parametrize(
    "text",
    [
        "agreement:test.west=repealed",
        "agreement:test=repealed",
        "issuer:test.east=suspended",
        "issuer:11350100MB0000001Y=suspended",
        "rule:AR-310000-0009=off",
        "rule:test.east=off",
    ],
)
def test_an_assumption_about_nothing_known_is_an_error(text: str) -> None:
    with pytest.raises(ECertError) as caught:
        assumed(store(agreement()), text)
    assert caught.value.code == "assume.unknown"
    part = assume(store(agreement()), [parse_assumption(text, at=AT)], missing="ignored")
    assert part.assumptions, "a part of a checked whole keeps the mark"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "agreement",
        "agreement:",
        "agreement:x",
        "agreement:=repealed",
        "agreement:x=gone",
        "agreement:x=granted",
        "issuer:x=repealed",
        "issuer:x=",
        "rule:x=on",
        "rule:x=off@2026-06-01",
        "seal:x=suspended",
        "agreement:x=repealed@",
        "agreement:x=repealed@2026-06",
        "agreement:x=repealed@2026-02-29",
        "agreement:x=repealed@2026-06-01T00:00:00",
        "agreement:x=repealed@20260601",
        "agreement:x=repealed@0001-01-01T00:00:00+14:00",
        "agreement:" + "x" * 400 + "=repealed",
        "Agreement:x=repealed",
    ],
)
def test_what_is_no_assumption_is_refused(text: str) -> None:
    with pytest.raises(ECertError) as caught:
        parse_assumption(text, at=AT)
    assert caught.value.code == "assume.syntax"


def test_a_draft_stands_in_place_of_its_version_and_counts_as_signed() -> None:
    plain = body(effect="refuse")
    trust = store(agreement())
    drafted = assume(trust, [parse_draft(json.dumps(plain).encode(), "d.json")])
    assert len(drafted.knowledge.agreements) == 1
    assert drafted.knowledge.agreements[0].signed_by == ("310000", "350000")
    assert outcome(trust) == "recognised"
    assert outcome(drafted) == "not_recognised"
    added = assume(trust, [parse_draft(json.dumps(body(version="2")).encode(), "d.yaml")])
    assert len(added.knowledge.agreements) == 2


def test_drafts_come_before_the_states_that_are_assumed_of_them() -> None:
    draft = parse_draft(json.dumps(body(agreement_id="new")).encode(), "d.json")
    given = [parse_assumption("agreement:new=suspended", at=AT), draft]
    assert outcome(assume(store(), given)) == "not_recognised"


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b"a: b", b"\xff", b"{" * 5000, b"agreement_id: x"]
)
@pytest.mark.parametrize("name", ["d.json", "d.yaml"])
def test_a_bad_draft_is_an_error_of_ours(data: bytes, name: str) -> None:
    with pytest.raises((ECertError, MalformedInput, TrustError)):
        parse_draft(data, name)


def test_l14_the_mark_and_another_digest_travel_with_the_trust() -> None:
    trust = store(agreement())
    one = assumed(trust, "agreement:test.east=suspended@2026-06-03")
    assert trust.assumptions == ()
    assert one.sha256 != trust.sha256
    assert one.sha256 == assumed(trust, "agreement:test.east=suspended@2026-06-03").sha256
    two = assumed(one, "agreement:test.east=enacted@2026-06-09")
    assert len(two.assumptions) == 2
    assert "assumed" in two.pins(AT)[0].state
    assert assume(trust, []) is trust


def test_l14_no_question_has_assumptions_and_is_live() -> None:
    for mode in (Mode.LIVE, Mode.AS_OF):
        with pytest.raises(ValueError, match="simulated"):
            Question(at=AT, mode=mode, assumptions=("x",))


def test_l14_recognize_refuses_a_trust_with_assumptions() -> None:
    from test_recognition_recognize import proof

    trust = assumed(store(agreement()), "agreement:test.east=enacted@2026-05-01")
    for mode in Mode:
        with pytest.raises(ECertError) as caught:
            recognize(
                proof(trust, mode=mode), relying="310000", matter="company.change", trust=trust
            )
        assert caught.value.code == "recognition.foreign_proof"
