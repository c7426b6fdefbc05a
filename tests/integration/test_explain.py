"""`ecert explain`: every code, where it is seen, what is near; the places are those of real reports."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import make_code_places as made

from cli_kit import ROOT, call
from ecert.report.codes import near, places, registry, related
from ecert.report.words import title

PLACES = tomllib.loads((ROOT / "src/ecert/report/places.toml").read_text("utf-8"))


def test_every_code_is_listed_and_explained_in_both_languages(capfd) -> None:
    listed = call(capfd, "explain")
    assert [x for x in registry() if f"\n  {x}  " not in listed.out] == []
    documents = call(capfd, "explain", "--json").lines
    assert {d["code"] for d in documents} == set(registry())
    keys = ["schema", "code", "zh", "en", "zh_next", "en_next", "actor", "clause", "etsi", "area"]
    assert all(list(d) == [*keys, "checks", "related"] for d in documents)


def test_a_page_has_meaning_next_step_clause_indication_checks_and_relatives(capfd) -> None:
    page = call(capfd, "explain", "issuer.not_the_signer", "--lang", "zh").out
    for part in ("zh: ", "en: ", "下一步: 不得接受", "next: do not", "办理人: 窗口人员", "依据: never-accept L1",
                 "见于: issuer.is_signer  签名的就是证照所写的发证机关", "相关: issuer.not_listed"):  # fmt: skip
        assert part in page
    assert "ETSI EN 319 102-1: HASH_FAILURE" in call(capfd, "explain", "cms.digest_mismatch").out


def test_places_name_known_codes_and_titled_checks() -> None:
    assert set(PLACES) <= set(registry())
    assert len(PLACES) > 100
    untitled = {c for checks in PLACES.values() for c in checks if title(c, "en") == c}
    assert not untitled
    assert "signed" in places("document.unsigned")
    assert places("uscc.characters") == ()


@pytest.mark.parametrize("source", [made.vectors], ids=["decision vectors"])
def test_what_real_reports_show_stands_in_the_places(source) -> None:
    found = {pair for report in source() for pair in made.seen(report.root)}
    missing = sorted({(c, p) for c, p in found if p not in places(c)})
    assert not missing, "run python tools/make_code_places.py"


def test_near_and_related() -> None:
    assert near("signer.revokd")[0] == "signer.revoked"
    assert "status.expired" in near("EXPIRED")
    assert near("") == near(".") == ()
    assert all(c.startswith("seal.") for c in related("seal.malformed"))
    assert "seal.malformed" not in related("seal.malformed")


def test_an_unknown_code_is_a_usage_error_with_suggestions(capfd) -> None:
    done = call(capfd, "explain", "statusexpired", "--json")
    assert done.code == 2
    assert "status.expired" in done.json["error"]["params"]["near"]
    long = call(capfd, "explain", "x" * 10_000, "--json")
    assert long.code == 2
    assert len(json.dumps(long.json)) < 1_000
