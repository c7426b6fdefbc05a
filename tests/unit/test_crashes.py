"""Every input that a fuzzer once broke a parser with: answered now, twice the same, in the error family."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "fuzz"))

from child import answer
from targets import TARGETS

VECTORS = Path(__file__).resolve().parents[1] / "vectors/crashes"
CRASHES = sorted(path for path in VECTORS.glob("*/*") if path.is_file())


@pytest.mark.parametrize("path", CRASHES, ids=lambda p: p.relative_to(VECTORS).as_posix())
def test_an_input_that_once_broke_a_parser(path):
    data = path.read_bytes()
    assert path.parent.name in TARGETS
    assert answer(path.parent.name, data) == answer(path.parent.name, data)


def test_crashes_are_kept():
    assert CRASHES
    assert all(path.stat().st_size <= 65536 for path in CRASHES)


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_every_target_answers_to_nothing_and_to_noise(name):
    """The family of errors holds at the edges, without any corpus."""
    for data in (b"", b"\0", b"\xff" * 40, b"0" * 300, b"%PDF-1.7\n", b"PK\x03\x04" + b"\0" * 60):
        assert answer(name, data) == answer(name, data)
