"""`recognize` after `verify` puts the very question that `verify` with a relying region puts."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cli_kit import ROOT
from ecert import TrustStore
from ecert.facade import Asking, examine
from ecert.recognition.recognizing import _asked

AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
OWN = ROOT / "sample_certs"


@pytest.mark.parametrize("name", ["good_cms_sm2.pdf", "good_ses.pdf", "good_ofd.ofd"])
def test_both_ways_ask_the_same(name: str) -> None:
    asking = Asking(relying="310000", matter="company.change", test_trust="allowed")
    report, asked = examine(OWN / name, trust=TrustStore.load(OWN / "trust"), at=AT, asking=asking)
    assert report.value is not None
    assert asked is not None
    assert asked.facts
    assert asked.issuer is not None
    assert (asked.state, asked.holder_kind) == ("valid", "legal_person")
    again = _asked(report.value, "310000", "company.change")

    def plain(one: object) -> object:
        """Leave out what is masked: a proof knows the type alone, a file its holder, too."""
        return replace(one, facts=tuple(replace(f, personal=False) for f in one.facts))  # type: ignore[attr-defined,type-var]

    assert plain(again) == plain(asked)
    hidden = {f.path for f in again.facts if f.personal}
    assert {f.path for f in asked.facts if f.personal and f.path.startswith("fields.")} <= hidden
