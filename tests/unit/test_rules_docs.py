"""What the pages on rules say is true: the reference is made from the code, the how-to is carried out."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import docs_kit as kit

HOW_TO = [kit.ROOT / f"docs/how-to/write-a-rule.{lang}.md" for lang in ("zh", "en")]


def run(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(kit.ROOT / "src"), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_reference_of_the_environment_is_that_of_the_code() -> None:
    done = run(kit.ROOT / "tools/make_rule_environment.py", "--check")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", HOW_TO, ids=lambda p: p.name)
def test_the_how_to_can_be_carried_out(page: Path, tmp_path: Path) -> None:
    commands = []
    for block in kit.blocks(page):
        if block.info == "yaml":
            file = tmp_path / block.text.split("\n", 1)[0].removeprefix("# ")
            file.parent.mkdir(exist_ok=True)
            file.write_text(block.text, encoding="utf-8")
        if block.info == "console rules":
            commands += [line.removeprefix("$ ") for line in block.text.splitlines()]
    assert len(commands) == 2
    for command in commands:
        name, *arguments = shlex.split(command)
        assert name == "ecert"
        done = run("-m", "ecert", *arguments, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "cert.valid_to=2026-05-31" in done.stdout


def test_every_code_of_the_how_to_is_a_code_of_rules() -> None:
    from ecert.report.codes import registry

    text = HOW_TO[1].read_text("utf-8")
    named = [line.split("`")[1] for line in text.splitlines() if line.startswith("| `rule.")]
    assert len(named) >= 7
    assert [code for code in named if code not in registry()] == []
