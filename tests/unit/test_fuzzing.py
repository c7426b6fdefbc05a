"""The fuzzer finds what it is to find: foreign exceptions, long readings, two answers; and its mutators."""

from __future__ import annotations

import itertools
import json
import random
import signal
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "fuzz"))

import child
import mutation
import targets

from ecert.errors import MalformedInput

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def target(monkeypatch):
    def put(call):
        one = targets.Target(parser="DER", call=call, modules=(), max_len=9)
        monkeypatch.setitem(targets.TARGETS, "tested", one)

    before = signal.signal(signal.SIGPROF, child._too_slow)
    yield put
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.signal(signal.SIGPROF, before)


def test_an_exception_outside_the_family_is_a_finding(target):
    target(lambda data: data[9])
    with pytest.raises(IndexError):
        child.once("tested", b"x")


def test_an_error_of_the_family_is_an_answer(target):
    def refuse(data):
        raise MalformedInput("der.truncated", str(len(data)))

    target(refuse)
    child.once("tested", b"x")
    assert child.answer("tested", b"x").startswith("MalformedInput der.truncated")


def test_too_much_time_is_a_finding_whatever_the_parser_catches(target, monkeypatch):
    def forever(_):
        for _ in itertools.count():
            try:
                sum(range(1000))
            except Exception:  # noqa: BLE001 - as a careless parser would
                return

    monkeypatch.setattr(child, "CPU_SECONDS", 0.05)
    target(forever)
    with pytest.raises(child.TooSlow):
        child.once("tested", b"x")


def test_two_answers_to_one_input_are_a_finding(target):
    numbers = itertools.count()
    target(lambda _: next(numbers))
    twice = next(b"%d" % n for n in range(99) if zlib.crc32(b"%d" % n) % child.TWICE == 0)
    with pytest.raises(child.NotDeterministic):
        child.once("tested", twice)


def test_every_target_names_modules_that_exist():
    for one in targets.TARGETS.values():
        for module in (*one.modules, *one.writers):
            assert (ROOT / "src/ecert" / module).exists(), module


def test_a_tree_of_der_is_written_as_it_was_read():
    data = bytes.fromhex("3009020101a004040201ff0500")
    data = data[:1] + bytes([len(data) - 2]) + data[2:]
    tree = mutation.tree_of(data)
    assert tree
    assert mutation.tree_bytes(tree) == data
    assert mutation.tree_of(b"\x30\x09\x02") is None


def test_mutants_of_der_have_lengths_that_fit():
    rng, data = random.Random(3), bytes.fromhex("300a020101a0050403010203")
    data = data[:1] + bytes([len(data) - 2]) + data[2:]
    made = [mutation.mutate_der(lambda part, _: part + b"\1", data, 99, rng) for _ in range(60)]
    assert sum(mutation.tree_of(one) is not None for one in made) > 30
    assert len(set(made)) > 20


@pytest.mark.slow
def test_the_runner_counts_and_ends_well(tmp_path):
    pytest.importorskip("atheris", reason="the fuzzer has no wheel for this Python")
    command = [
        sys.executable,
        str(ROOT / "fuzz/run.py"),
        "qr",
        "--runs",
        "300",
        "--work",
        str(tmp_path),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "qr/result.json").read_text("utf-8"))
    assert result["executions"] >= 300
    assert result["lines"] > result["missed"]
    assert result["finding"] == ""


def test_an_unknown_target_is_a_usage_error():
    command = [sys.executable, str(ROOT / "fuzz/run.py"), "nothing"]
    assert subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == 2
