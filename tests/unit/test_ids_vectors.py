"""The vectors of tests/vectors/ids: published identifiers, the standards' samples, and known wrong ones."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from ecert.errors import InvalidIdentifier
from ecert.ids import ECID, USCC, IDNumber, OrgCode, RegistrationNumber, ecid, region
from ecert.ids.dates import parse_date

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "ids"
TYPES = {"uscc": USCC, "orgcode": OrgCode, "regno": RegistrationNumber, "idnumber": IDNumber}


def load(name):
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))


def by_id(case):
    return case["id"] if "kind" not in case else f"{case['kind']}-{case['id']}"


@pytest.mark.parametrize("case", load("ecid.json")["cases"], ids=by_id)
def test_ecid(case):
    found = ecid.diagnose(case["text"])
    assert found.ok is case["valid"]
    if case["valid"]:
        value = ECID(case["text"])
        assert str(value) == case["text"]
        assert value.type_code_conforms
        assert value.issuer_conforms is case.get("issuer_conforms", True)
        assert found.issuer_conforms is value.issuer_conforms
        assert (found.stated, found.expected, found.rule) == (value.check, value.check, None)
        parts = {n: getattr(value, n) for n in ("type_code", "issuer_code", "serial", "version")}
        assert ECID.create(**parts) == value
        return
    with pytest.raises(InvalidIdentifier) as caught:
        ECID(case["text"])
    assert caught.value.code == found.code == case["code"]
    assert found.expected == case.get("expected")
    assert found.rule == case.get("rule")
    assert str(found.corrected or "") == case.get("corrected", "")


@pytest.mark.parametrize("case", load("codes.json")["cases"], ids=by_id)
def test_code(case):
    kind = TYPES[case["kind"]]
    if case["valid"]:
        value = kind(case["text"])
        assert str(value) == case["text"]
        for name in ("region", "org_code", "registrar", "order", "sex"):
            if name in case:
                assert str(getattr(value, name)) == case[name]
        if "birth" in case:
            assert value.birth_date == date.fromisoformat(case["birth"])
        return
    with pytest.raises(InvalidIdentifier) as caught:
        kind(case["text"])
    error = caught.value
    assert (error.code, error.kind, error.value) == (case["code"], case["kind"], case["text"])
    if "expected" in case:
        assert error.expected == case["expected"]
    if "span" in case:
        assert list(error.span) == case["span"]
    assert case["text"] == "" or case["text"] not in error.message


@pytest.mark.parametrize("case", load("regions.json")["withdrawn"], ids=lambda c: c["code"])
def test_withdrawn_region(case):
    found = region.lookup(case["code"])
    assert found is not None
    assert found.withdrawn
    assert found.name == case["name"]
    assert found.valid_to is not None
    assert found.valid_to.year == case["last"]
    if case["successors"]:
        assert list(found.successors) == case["successors"]
    assert region.lookup(case["code"], date(case["last"], 1, 1)) is not None
    assert region.lookup(case["code"], date(2023, 1, 1)) is None


@pytest.mark.parametrize("case", load("regions.json")["renamed"], ids=lambda c: c["code"])
def test_renamed_region(case):
    names = [r.name for r in region.history(case["code"])]
    assert names[-2:] == case["names"]
    assert not region.history(case["code"])[-1].withdrawn


@pytest.mark.parametrize("case", load("dates.json")["good"], ids=lambda c: c[0])
def test_date(case):
    assert parse_date(case[0]) == date.fromisoformat(case[1])


@pytest.mark.parametrize("case", load("dates.json")["bad"], ids=lambda c: c[0])
def test_no_date(case):
    with pytest.raises(InvalidIdentifier) as caught:
        parse_date(case[0])
    assert caught.value.code == case[1]
