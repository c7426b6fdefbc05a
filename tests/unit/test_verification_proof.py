"""What provably existed when (L11, L17): the rules beside the vectors of tests/vectors/decision."""

from __future__ import annotations

import copy
import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from ecert.errors import PolicyError
from ecert.verification.case import Case, SigningTime
from ecert.verification.caseform import from_plain
from ecert.verification.policy import Policy
from ecert.verification.proof import settle

VECTORS = json.loads(
    (Path(__file__).resolve().parents[1] / "vectors/decision/decision.json").read_text("utf-8")
)
AT = datetime(2026, 11, 21, 8, tzinfo=UTC)
HEAD = b'id = "mine"\nversion = "1"\n'


def cases(prefix: str) -> list[tuple[str, Case]]:
    found = []
    for vector in VECTORS["cases"]:
        if not vector["id"].startswith(prefix):
            continue
        plain: Any = copy.deepcopy(VECTORS["bases"][vector["base"]])
        for path, value in vector["patch"].items():
            keys = [int(k) if k.isdigit() else k for k in re.findall(r"[^.\[\]]+", path)]
            node = plain
            for key in keys[:-1]:
                node = node[key] if isinstance(node, list) else node.setdefault(key, {})
            if keys[-1] == "+":
                node.append(value)
            else:
                node[keys[-1]] = value
        found.append((vector["id"], from_plain(Case, plain)))
    return found


@pytest.mark.parametrize(("name", "case"), cases(""), ids=lambda v: v if isinstance(v, str) else "")
def test_settling_again_changes_nothing(name: str, case: Case) -> None:
    once = settle(case, Policy.default(), AT)
    assert settle(once, Policy.default(), AT) == once
    assert [s.index for s in once.signatures] == [s.index for s in case.signatures]
    assert name


def test_l11_nothing_is_proven_before_it_is_settled() -> None:
    for _, case in cases("proof/"):
        assert all(s.proven == () for s in case.signatures)
        settled = settle(case, Policy.default(), AT)
        assert all(m <= AT for s in settled.signatures for m in s.proven)


def test_l11_a_late_stamp_places_a_signature_nowhere() -> None:
    day = [datetime(2026, month, 1, tzinfo=UTC) for month in range(1, 13)]
    late = SigningTime(grade="proven", earliest=day[6], latest=day[6], claimed=(day[2], day[3]))
    assert late.placed(day[1], day[8]) == "inside"
    assert late.placed(day[1], day[5]) == "late"
    assert late.placed(day[4], day[5]) == "outside"  # what it claims lies before the period
    assert late.placed(day[7], day[8]) == "outside"  # it existed before the period began
    silent = SigningTime(grade="proven", earliest=day[6], latest=day[6], claimed=())
    assert silent.placed(day[1], day[5]) == "late"
    declared = SigningTime(grade="declared", earliest=day[6], latest=day[6])
    assert declared.placed(day[1], day[5]) == "outside"


@pytest.mark.parametrize(
    ("text", "member"),
    [
        ("[algorithms]\nrsa_bits = 1024", "rsa_bits"),
        (
            '[algorithms]\ndigests = ["sm3", "sha1"]\n[algorithms.until]\nsha1 = 2017-01-01',
            "digests",
        ),
        ('[algorithms.until]\n"rsa<3072" = 2040-12-31', "until"),
        ('[rules]\nmaker_outside_validity = "indeterminate"', None),
    ],
)
def test_l23_later_dates_and_shorter_keys_are_weaker(text: str, member: str | None) -> None:
    policy = Policy.parse(HEAD + text.encode())
    assert policy.weaker_than(Policy.default()) == ((member,) if member else ())
    assert policy.accept == ("never" if member else "allowed")


@pytest.mark.parametrize(
    "text",
    [
        "[algorithms.until]\nsha256 = 2029-12-31",
        '[algorithms.until]\n"rsa<3072" = 2028-12-31',
        '[algorithms.until]\n"rsa<4096" = 2030-12-31',
        "[algorithms.until]\nrsa = 2030-12-31",
        "[algorithms]\nrsa_bits = 3072",
        '[algorithms]\nkeys = ["sm2"]',
    ],
)
def test_earlier_dates_and_longer_keys_are_not(text: str) -> None:
    assert Policy.parse(HEAD + text.encode()).weaker_than(Policy.default()) == ()


def test_l23_a_date_of_the_base_cannot_be_left_out() -> None:
    policy = Policy.parse(HEAD + b"[algorithms.until]\nsha256 = 2035-12-31")
    assert ("rsa<3072", date(2030, 12, 31)) in policy.until
    laxer = Policy.parse(HEAD + b'base = "gbt38540"\n[rules]\nmaker_expired_at_use = "note"')
    assert laxer.weaker_than(Policy.load("gbt38540")) == ("maker_expired_at_use",)


@pytest.mark.parametrize(
    "text",
    ['"sha-256" = 2030-01-01', 'sha256 = "2030-01-01"', "sha256 = 2030-01-01T00:00:00Z", "x = 1"],
)
def test_a_misspelt_date_would_never_end_and_is_refused(text: str) -> None:
    with pytest.raises(PolicyError):
        Policy.parse(HEAD + b"[algorithms.until]\n" + text.encode())


def test_the_last_day_is_the_whole_day() -> None:
    policy = Policy.default()
    last = datetime(2030, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert policy.judge_algorithms(["rsa-2048"], last).ok
    found = policy.judge_algorithms(["rsa-2048"], datetime(2031, 1, 1, tzinfo=UTC))
    assert (found.ok, found.code) == (None, "algorithm.sunset")
    assert policy.judge_algorithms(["rsa-3072"], datetime(2031, 1, 1, tzinfo=UTC)).ok
    assert policy.judge_algorithms(["rsa-2047"], last).code == "algorithm.not_allowed"
