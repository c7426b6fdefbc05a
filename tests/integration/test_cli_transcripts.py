"""Transcripts: commands with the exact stdout, stderr and exit code they must give.

In transcripts/*.txt: `$ ` begins a command (run in an empty folder that holds the files named by `+ `), plain
lines are stdout, `! ` lines are stderr, `= ` is the exit code. `UPDATE_TRANSCRIPTS=1` is not offered: a change
of wording is made by hand, on purpose.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cli_kit import ROOT, call

FOLDER = Path(__file__).parent / "transcripts"


def cases() -> list[tuple[str, list[str], str, str, str, int]]:
    found = []
    for file in sorted(FOLDER.glob("*.txt")):
        files: list[str] = []
        command, out, err = "", "", ""
        for line in file.read_text("utf-8").splitlines():
            if line.startswith("$ "):
                command, out, err = line[2:], "", ""
            elif line.startswith("+ "):
                files.append(line[2:])
            elif line.startswith("! "):
                err += line[2:] + "\n"
            elif line.startswith("= "):
                found.append(
                    (f"{file.stem}: {command}", list(files), command, out, err, int(line[2:]))
                )
                command = ""
            elif command:
                out += line + "\n"
    return found


@pytest.mark.parametrize("case", cases(), ids=[c[0] for c in cases()])
def test_transcript(case, capfd, tmp_path, monkeypatch) -> None:
    _, files, command, out, err, code = case
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    for file in files:
        target = tmp_path / file
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.endswith("/"):
            target.mkdir(exist_ok=True)
        else:
            target.write_bytes(b"")
    program, *words = shlex.split(command)
    assert program == "ecert"
    done = call(capfd, *words)
    assert (done.out, done.err, done.code) == (out, err, code)


def test_there_are_transcripts_of_both_languages() -> None:
    commands = [c[2] for c in cases()]
    assert len(commands) >= 20
    assert any("--lang zh" in c for c in commands)


def test_the_reference_page_is_current() -> None:
    sys.path.insert(0, str(ROOT / "tools"))
    from make_cli_reference import PAGE, page

    assert PAGE.read_text("utf-8") == page(), "run python tools/make_cli_reference.py"


def test_every_command_takes_json_and_a_language() -> None:
    sys.path.insert(0, str(ROOT / "tools"))
    import click
    from make_cli_reference import commands

    from ecert.cli import cli

    leaves = [(p, c) for p, c in commands(cli, ("ecert",)) if not isinstance(c, click.Group)]
    assert len(leaves) >= 27
    for path, command in leaves:
        names = {o for p in command.params for o in p.opts}
        assert {"--json", "--lang"} <= names, path
        assert command.short_help, path
        assert command.help, path
