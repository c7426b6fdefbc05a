"""Every law has tests named after it, and docs/reference/laws.md names tests and attacks that exist."""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/reference/laws.md").read_text(encoding="utf-8")
ROWS = {
    int(number): (tests, attacks)
    for number, tests, attacks in re.findall(
        r"^\| L(\d+) \|[^|]*\|([^|]*)\|([^|]*)\|$", PAGE, re.MULTILINE
    )
}
LAWS = range(1, 28)


def names(text: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", text))


@cache
def known() -> frozenset[str]:
    files = (p for p in (ROOT / "tests").rglob("test_*.py"))
    return frozenset(n for p in files for n in re.findall(r"def (test_\w+)", p.read_text("utf-8")))


def laws_of(test: str) -> set[int]:
    """Return the laws a test is named after: ``test_l6_l7_...``."""
    head = re.match(r"test(?:_law)?((?:_[lL]\d+)+)(?:_|$)", test)
    return {int(n) for n in re.findall(r"\d+", head[1])} if head else set()


@cache
def attacked() -> frozenset[str]:
    sys.path.insert(0, str(ROOT / "tests"))
    from attacks.generator import attacks

    return frozenset(a.id.split("@")[0] for a in attacks())


@pytest.mark.parametrize("law", LAWS)
def test_every_law_has_tests_named_after_it(law):
    assert any(law in laws_of(test) for test in known())


def test_no_test_is_named_after_a_law_that_is_none():
    wrong = {t for t in known() if re.match(r"test_(law|l\d)", t, re.IGNORECASE) and not laws_of(t)}
    assert not wrong
    assert all(laws_of(t) <= set(LAWS) for t in known())


def test_the_page_has_every_law_once():
    assert list(ROWS) == list(LAWS)
    assert PAGE.count("\n| L") == len(LAWS)


@pytest.mark.parametrize("law", LAWS)
def test_the_page_names_what_exists(law):
    named, attacks = ROWS[law]
    assert names(named)
    assert names(named) <= known()
    assert all(law in laws_of(test) for test in names(named))
    assert names(attacks) <= attacked()


def test_every_attack_belongs_to_a_law():
    assert attacked() == {name for _, attacks in ROWS.values() for name in names(attacks)}
