"""The vector suite of the rule environment, on this package and on a second CEL engine."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "vectors" / "rules"
SECOND_ENGINE_DIFFERS = {
    "fields/012": "the Rust engine stops all() at the first error; CEL joins elements with &&",
    "numbers/018": "the Rust engine negates the least number without noticing the overflow",
}


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"rule_vectors_{name}", FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RUN, OURS, RUST = load("run"), load("ours"), load("rust")
CASES = list(RUN.cases(standard=False))
STANDARD = list(RUN.cases(standard=True))
ENGINE = RUST.engine()


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["id"])
def test_our_engine_gives_the_expected_answer(case: dict[str, Any]) -> None:
    assert OURS.answer(case) == case["expected"], case["expression"]


@pytest.mark.skipif(ENGINE is None, reason="common-expression-language is not installed")
@pytest.mark.parametrize("case", STANDARD, ids=lambda c: c["id"])
def test_a_second_engine_gives_the_same_answer(case: dict[str, Any]) -> None:
    got = RUST.answer(ENGINE, case)
    if case["id"] in SECOND_ENGINE_DIFFERS:
        assert got != case["expected"], "it agrees now: take it off the list"
        return
    assert got == case["expected"], case["expression"]


def test_the_runner_speaks_to_programs_and_reports_differences(tmp_path: Path) -> None:
    done = run(sys.executable, str(FOLDER / "ours.py"))
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1] == f"{len(CASES)} cases, 0 differ"
    liar = tmp_path / "liar.py"
    liar.write_text(
        "import json, sys\n"
        "for line in sys.stdin:\n"
        "    print(json.dumps({'id': json.loads(line)['id'], 'answer': 'true'}))\n",
        encoding="utf-8",
    )
    done = run("--standard", sys.executable, str(liar))
    assert done.returncode == 1
    assert "expected unknown, got true" in done.stdout


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(FOLDER / "run.py"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(FOLDER.parents[2] / "src"), "PATH": ""},
    )


def test_the_suite_has_every_kind_of_answer_for_every_function() -> None:
    from ecert.recognition.rules.environment import FUNCTIONS

    texts = " ".join(c["expression"] for c in CASES)
    assert [name for name in FUNCTIONS if f"{name}(" not in texts] == []
    assert {c["expected"] for c in CASES} >= {"true", "false", "unknown"}
