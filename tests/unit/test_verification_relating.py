"""Time stampers related to trust: what stands against one at any time (L3, L15, L22)."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import crypto_kit as kit
from ecert.crypto.signer import Signer
from ecert.crypto.tsp import TimestampFacts, make_timestamp, parse_timestamp
from ecert.limits import Limits
from ecert.report import Outcome
from ecert.trust.store import TrustStore
from ecert.verification.relating import Relating

STAMPED = b"a signature value"


def token(maker: kit.Entity | None = None) -> TimestampFacts:
    who = maker or kit.tsa("sm2")
    signer = Signer.from_key(who.key, who.cert, ())
    return parse_timestamp(make_timestamp(STAMPED, signer=signer, at=kit.NOW, serial=1), STAMPED)


def trust(*, kind: str = "TSA", anchor: kit.Entity | None = None, maker: kit.Entity | None = None):
    key = (maker or kit.tsa("sm2")).cert.spki_sha256
    listed = {
        "list_id": "x",
        "territory": "100000",
        "version": "1",
        "issued_at": "2026-01-01T00:00:00Z",
        "next_update": "2027-01-01T00:00:00Z",
        "entries": [
            {
                "issuer_id": "x",
                "names": [{"name": "示例时间戳中心"}],
                "territory": "100000",
                "services": [
                    {
                        "kind": kind,
                        "anchors": [{"spki_sha256": key}],
                        "status": "granted",
                        "status_start": "2020-01-01T00:00:00Z",
                    }
                ],
            }
        ],
    }
    files = {
        "anchors/root.der": (anchor or kit.root("sm2")).cert.der,
        "issuers.yaml": yaml.safe_dump(listed, allow_unicode=True).encode(),
    }
    return TrustStore.from_files(files)


def related(facts: TimestampFacts, store: TrustStore):
    return Relating(store, Limits()).timestamp(facts)


def test_a_listed_stamper_under_a_given_anchor():
    found = related(token(), trust())
    assert (found.trusted, found.arithmetic) == (Outcome(ok=True), Outcome(ok=True))
    assert found.signer is not None
    assert found.signer.name == "示例时间戳中心"
    assert found.algorithms == ("sm3", "sm3", "sm2")
    assert set(found.signer.algorithms) == {"sm2", "sm3"}
    assert (found.instant, found.latest) == (kit.NOW, None)


def test_the_accuracy_makes_it_later():
    exact = timedelta(seconds=2)
    assert related(replace(token(), accuracy=exact), trust()).instant == kit.NOW + exact


def test_l15_a_key_listed_for_something_else_is_no_stamper():
    assert related(token(), trust(kind="seal-maker")).trusted.code == "tsp.untrusted"


def test_l15_a_path_that_ends_elsewhere_is_named():
    found = related(token(), trust(anchor=kit.root("p256"))).trusted
    assert (found.ok, found.code) == (None, "tsp.chain")
    assert dict(found.params)["cause"] == "signer.chain_unknown"


def test_l3_an_authority_s_own_key_stamps_nothing():
    purpose = ["time_stamping"]
    both = kit.entity("a CA that stamps", issuer=kit.root("sm2"), is_ca=True, serial=5,
                      key_usage=["digital_signature"], extended_key_usage=purpose)  # fmt: skip
    found = related(token(both), trust(maker=both)).trusted
    assert (found.ok, found.code) == (None, "tsp.maker_usage")


@pytest.mark.parametrize("quirk", ["digest.weak", "cms.weak_binding", "tsp.usage_not_exclusive"])
def test_l22_what_is_weak_or_odd_is_named(quirk):
    found = related(replace(token(), quirks=(quirk,)), trust()).trusted
    assert (found.ok, found.code, dict(found.params)) == (None, "tsp.quirk", {"quirks": quirk})


def test_a_token_without_its_maker_s_certificate():
    found = related(replace(token(), signer=None), trust())
    assert (found.signer, found.trusted.code) == (None, "tsp.untrusted")
