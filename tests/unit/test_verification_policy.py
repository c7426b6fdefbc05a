"""Policies are data: strict on the way in, and never able to accept when weaker than the default (L23)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ecert.crypto.times import TimeClaim
from ecert.errors import PolicyError
from ecert.report import OK, Subject, Verdict, failed
from ecert.verification.case import Case, combine_claims
from ecert.verification.caseform import from_plain, to_plain
from ecert.verification.judge import judge
from ecert.verification.policy import Policy, plain_id
from ecert.verification.reporting import Setting, report_of_error
from ecert.verification.tolerance import TOLERATED, strange

AT = datetime(2026, 11, 21, tzinfo=UTC)
HEAD = b'id = "mine"\nversion = "1"\n'


@pytest.mark.parametrize(
    "name", ["default", "integrity", "domestic", "archive", "gbt38540", "gmt0031-2025"]
)
def test_shipped_policies_load_and_pin_themselves(name: str) -> None:
    policy = Policy.load(name)
    assert policy.id == name
    assert len(policy.sha256) == 64
    assert policy.accept == ("never" if name == "integrity" else "allowed")


@pytest.mark.parametrize(
    "text",
    [
        '[checks]\nadvisory = ["seal.picture", "issuer"]',
        '[checks]\noptional = ["status.source"]',
        '[checks]\nrequired = ["signed"]',
        "[limits]\ncrl_age_s = 99999999",
        "[limits]\nstatus_age_s = 99999999",
        "[limits]\nissuer_list_age_s = 99999999",
        '[algorithms]\ndigests = ["sm3", "sha1"]',
        '[algorithms]\nkeys = ["sm2", "rsa-512"]',
        '[rules]\nface_level = "none"',
    ],
)
def test_l23_a_weaker_policy_never_accepts(text: str) -> None:
    policy = Policy.parse(HEAD + text.encode())
    assert policy.weaker_than(Policy.default())
    assert policy.accept == "never"


@pytest.mark.parametrize(
    "text",
    [
        "[limits]\nstatus_age_s = 60",
        '[algorithms]\ndigests = ["sm3"]',
        '[rules]\ntime_absent = "indeterminate"',
        '[rules]\nmaker_outside_validity = "failed"',
        '[rules]\nface_level = "raster"',
    ],
)
def test_a_stricter_policy_may_accept(text: str) -> None:
    policy = Policy.parse(HEAD + text.encode())
    assert not policy.weaker_than(Policy.default())
    assert policy.accept == "allowed"


@pytest.mark.parametrize(
    "data",
    [
        b"\xff",
        b"id = ",
        b'version = "1"',
        b'id = "x"\nversion = 1',
        HEAD + b'base = "nobody"',
        HEAD + b"surprise = 1",
        HEAD + b"[limits]\nsurprise = 1",
        HEAD + b"[limits]\ncrl_age_s = true",
        HEAD + b'[limits]\ncrl_age_s = "1"',
        HEAD + b'[rules]\naccept = "always"',
        HEAD + b"x = " + b"[" * 9000,
    ],
)
def test_an_unusable_policy_is_refused(data: bytes) -> None:
    with pytest.raises(PolicyError):
        Policy.parse(data)


def test_a_policy_file_is_found_by_path(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_bytes(HEAD)
    assert Policy.load(file).id == "mine"
    with pytest.raises(PolicyError, match="no policy"):
        Policy.load("nobody")


def test_a_policy_file_cannot_pass_for_the_default(tmp_path: Path) -> None:
    file = tmp_path / "default"
    for ident in (b"default", b"mine"):
        file.write_bytes(b'id = "' + ident + b'"\nversion = "1"\n[limits]\ncrl_age_s = 999999999\n')
        assert Policy.load(file).accept == "never"


def test_l15_a_required_check_that_is_missing_is_named() -> None:
    policy = replace(Policy.default(), required=Policy.default().required | {"quantum.check"})
    root = judge(Case(), policy, AT).root
    found = root.find("quantum.check")
    assert found is not None
    assert found.verdict is Verdict.INDETERMINATE
    assert found.reasons[0].code == "check.missing"


def test_l15_skipping_what_is_not_optional_is_no_pass() -> None:
    policy = replace(Policy.default(), optional=frozenset())
    found = judge(Case(), policy, AT).root.find("status.cascade")
    assert found is not None
    assert found.verdict is Verdict.INDETERMINATE
    assert found.reasons[-1].code == "check.not_optional"


def test_an_unreadable_input_is_refused_with_its_reason() -> None:
    report = report_of_error(
        failed("format.not_recognized"),
        Policy.default(),
        at=AT,
        setting=Setting(subject=Subject(name="x")),
        exit_code=4,
    )
    assert (report.decision.value, report.exit_code) == ("refuse", 4)
    assert "format.not_recognized" in report.reasons()


def claim(first: str | None, last: str | None = None) -> TimeClaim:
    ends = [datetime.fromisoformat(t) if t else None for t in (first, last or first)]
    return TimeClaim(source="x", text="x", earliest=ends[0], latest=ends[1])


def test_l11_claims_that_agree_narrow_and_that_differ_widen() -> None:
    exact, wide = (
        claim("2026-01-01T08:00:00+00:00"),
        claim("2026-01-01T00:00:00+00:00", "2026-01-01T16:00:00+00:00"),
    )
    assert combine_claims((wide, exact)).ends == (exact.earliest, exact.latest)
    assert combine_claims((wide,)).ends == (wide.earliest, wide.latest)
    second = claim("2026-01-01T08:00:02+00:00")
    assert combine_claims((exact, second)).ends == (exact.earliest, second.latest)
    far = combine_claims((exact, claim("2026-01-02T08:00:00+00:00"))).ends
    assert [t.isoformat() for t in far] == [
        "2026-01-01T00:00:00+00:00",
        "2026-01-02T16:00:00+00:00",
    ]
    assert combine_claims(()).grade == "absent"
    assert combine_claims((claim(None),)).unreadable


def test_l22_the_list_of_tolerated_quirks_is_closed() -> None:
    assert strange(["sm2.raw_signature", "new.quirk", "seal.cert_digest_algorithm=sm3"]) == (
        "new.quirk",
    )
    assert {
        "cms.no_signed_attributes",
        "sm2.negative_integer",
        "seal.three_element_form",
    }.isdisjoint(TOLERATED)
    assert plain_id("signature[3].value") == "signature.value"


def test_a_case_in_plain_form_is_read_strictly() -> None:
    assert from_plain(Case, to_plain(Case())) == Case()
    for bad in (
        {"signatures": [{"index": "0"}]},
        {"signatures": [{"index": 0, "kind": "magic"}]},
        {"status": 3},
    ):
        with pytest.raises((ValueError, TypeError)):
            from_plain(Case, bad)
    assert to_plain(OK) == "ok"
