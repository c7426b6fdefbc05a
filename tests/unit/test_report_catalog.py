"""Every code has both languages, equal placeholders, and one cause; every code used is known."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from ecert.report.codes import ACTORS, CodeInfo, placeholders, registry

SRC = Path(__file__).resolve().parents[2] / "src" / "ecert"
HAN = re.compile(r"[\u4e00-\u9fff]")
CODE = re.compile(r"[a-z0-9]+(\.[a-z0-9_]+)+")
MAKERS = {"failed", "unknown", "Reason", "of", "MalformedInput", "MalformedDocument", "MalformedSeal",
          "TrustError", "PolicyError", "ProfileError", "MappingError", "SigningError", "ECertError",
          "not_applicable", "InvalidIdentifier"}  # fmt: skip


@pytest.mark.parametrize("entry", registry().values(), ids=lambda e: e.code)
def test_entry_is_complete_in_both_languages(entry: CodeInfo) -> None:
    assert CODE.fullmatch(entry.code)
    assert HAN.search(entry.zh)
    assert entry.en
    assert not HAN.search(entry.en)
    assert placeholders(entry.zh) == placeholders(entry.en)
    assert bool(entry.zh_next) == bool(entry.en_next)
    assert not placeholders(entry.zh_next + entry.en_next)
    assert entry.actor in ("", *ACTORS)
    assert not entry.zh.endswith("。")
    assert not entry.en.endswith(".")


def used_codes() -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for path in SRC.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            position = 1 if name == "not_applicable" else 0
            if name not in MAKERS or len(node.args) <= position:
                continue
            arg = node.args[position]
            if (
                isinstance(arg, ast.Constant)
                and isinstance(arg.value, str)
                and CODE.fullmatch(arg.value)
            ):
                found.add((arg.value, str(path.relative_to(SRC))))
    return found


def test_every_code_used_in_the_source_is_in_the_catalogue() -> None:
    missing = sorted({(c, p) for c, p in used_codes() if c not in registry()})
    assert not missing


def test_one_code_one_sentence() -> None:
    sentences: dict[str, list[str]] = {}
    for entry in registry().values():
        sentences.setdefault(entry.en, []).append(entry.code)
    assert not [codes for codes in sentences.values() if len(codes) > 1]
