"""A few hundred mutants of issued PDFs: our reader and pyHanko agree, or ours is the stricter (L24).

The run of 100,000 is `fuzz/mutants.py`; its table stands in docs/reference/fuzzing.md.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "fuzz"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import mutants

from attacks import pdf_attacks

EACH = 25


@pytest.fixture(scope="module")
def files():
    return mutants.bases()


@pytest.fixture
def quiet():
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("kind", mutants.MUTATIONS)
def test_l24_mutants_are_judged_alike_or_more_strictly(kind, files):
    found = 0
    for number in range(100_000):
        if found == EACH:
            break
        base, chosen, data = mutants.mutant("test", number, files)
        if chosen != kind:
            continue
        found += 1
        assert data != files[base]
        relation, mine, theirs = mutants.compare(data)
        if mine.refused:
            continue
        assert relation == "both intact", (number, theirs.why)
        assert mutants.explain(files[base], data) in mutants.EXPLAINED, number


@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("quiet")
def test_l24_the_bases_are_intact_for_both(files):
    for data in files.values():
        relation, mine, _ = mutants.compare(data)
        assert (relation, mine.refused) == ("both intact", "")


def test_mutants_are_the_same_every_time(files):
    assert mutants.mutant("test", 7, files) == mutants.mutant("test", 7, files)
    assert mutants.mutant("test", 7, files)[2] != mutants.mutant("other", 7, files)[2]


@pytest.mark.parametrize(
    "change", ["appended_note", "appended_page", "appended_data", "altered_xmp"]
)
def test_a_real_change_has_no_explanation(change, files):
    """The third reader would not wave through what changes the document."""
    base = files["good_cms_sm2"]
    assert mutants.explain(base, getattr(pdf_attacks, change)(base)) == "unexplained"
    assert mutants.explain(base, base) == mutants.EXPLAINED[0]
