"""A policy that does not ask an axis: what only that axis needs is not computed, and never good (L15, L23)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from ecert.documents import inspect_document
from ecert.errors import PolicyError
from ecert.facade import Asking, verify
from ecert.limits import Limits
from ecert.report import Axis, Verdict
from ecert.trust.store import TrustStore
from ecert.verification.assess import assess
from ecert.verification.policy import Policy
from ecert.verification.reporting import report_of

SAMPLES = Path(__file__).resolve().parents[2] / "sample_certs"
AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
ASKING = Asking(test_trust="allowed")


@cache
def trust() -> TrustStore:
    return TrustStore.load(SAMPLES / "trust")


def read(name: str) -> bytes:
    return (SAMPLES / f"{name}.pdf").read_bytes()


@pytest.mark.parametrize("name", ["good_cms_sm2", "good_cms_rsa", "good_ses"])
def test_l23_authenticity_alone_never_accepts_and_says_so(name: str) -> None:
    found = verify(
        read(name), trust=trust(), policy=Policy.load("authenticity"), at=AT, asking=ASKING
    )
    assert (found.decision.value, found.exit_code) == ("refer", 11)
    assert found.reasons() == ("policy.cannot_accept",)
    assert found.axes[Axis.AUTHENTICITY].verdict is Verdict.PASSED
    for axis in (Axis.STATUS, Axis.CONFORMITY):
        assert found.axes[axis].verdict is Verdict.INDETERMINATE
        assert [r.code for r in found.axes[axis].reasons] == ["check.not_asked"]
    assert json.loads(found.to_json())["axes"]["status"]["reasons"] == ["check.not_asked"]
    assert found.certificate is not None
    assert not found.certificate.fields


@pytest.mark.parametrize(
    "name", ["altered_content", "altered_metadata", "appended_revision", "other_authority", "revoked_signer",
             "unknown_issuer", "self_made_seal", "unsigned", "drawn_over"],
)  # fmt: skip
def test_what_default_says_of_authenticity_is_said_here_too(name: str) -> None:
    whole = verify(read(name), trust=trust(), at=AT, asking=ASKING)
    alone = verify(
        read(name), trust=trust(), policy=Policy.load("authenticity"), at=AT, asking=ASKING
    )
    mine, theirs = (r.axes[Axis.AUTHENTICITY] for r in (alone, whole))
    # Status may add to what is known of an expired certificate, never the other way round.
    assert mine.verdict is theirs.verdict is not Verdict.PASSED
    assert [c.id for c in mine.walk()] == [c.id for c in theirs.walk()]


def test_l15_what_was_not_read_is_no_agreement() -> None:
    data = read("good_cms_sm2")
    facts = inspect_document(data, Limits(), "signatures")
    assert facts.face_words is None
    assert [c.kind for c in facts.carriers] == ["attachment"]
    case = assess(facts, trust(), at=AT).case
    report = report_of(case, Policy.default(), at=AT)
    assert report.decision.value == "refer"
    conformity = {c.id: c.verdict for c in report.axes[Axis.CONFORMITY].children}
    for name in ("fields", "identifiers", "carriers_agree", "face_matches"):
        assert conformity[f"conformity.{name}"] is Verdict.INDETERMINATE


def test_a_region_asked_for_reads_everything() -> None:
    asking = Asking(test_trust="allowed", relying="110000")
    found = verify(
        read("good_cms_sm2"),
        trust=trust(),
        policy=Policy.load("authenticity"),
        at=AT,
        asking=asking,
    )
    assert found.certificate is not None
    assert found.certificate.fields
    assert found.decision.value != "accept"


def test_l23_an_unasked_axis_makes_a_policy_weaker() -> None:
    policy = Policy.parse(
        b'base = "default"\nid = "x"\nversion = "1"\n[checks]\nunasked = ["status"]\n'
    )
    assert policy.weaker_than(Policy.default()) == ("unasked",)
    assert policy.accept == "never"


@pytest.mark.parametrize(
    "value", ['["authenticity"]', '["recognition"]', '["face"]', '"status"', "[1]"]
)
def test_only_two_axes_may_be_left_unasked(value: str) -> None:
    text = f'base = "default"\nid = "x"\nversion = "1"\n[checks]\nunasked = {value}\n'
    with pytest.raises(PolicyError):
        Policy.parse(text.encode())
