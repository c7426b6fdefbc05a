"""docs/reference/ofd.md: every section has its rule, and the code and tests it names exist."""

from __future__ import annotations

import ast
import importlib
import re
from functools import cache
from pathlib import Path

import pytest

from ecert.documents.ofd.structure import EFFECTS

TESTS = Path(__file__).resolve().parents[1]
PAGE = (TESTS.parent / "docs/reference/ofd.md").read_text(encoding="utf-8")
ROW = re.compile(r"\| (6[^|]*) \| ([^|]+) \| `([\w.]+)` \| `([\w.]+)::(\w+)` \|")
ROWS = ROW.findall(PAGE)
SECTIONS = {
    "6 lists", "6 bodies", "6 several", "6 Relative", "6 Signature.xml", "6 SignatureMethod",
    "6 CheckMethod", "6 chain", "6 Type", "6 propertyInfo", "6 Seal.esl", "6 names", "6 modes",
    "6 integrity", "6 encryption", *(f"6.1.{n}" for n in range(1, 9)),
}  # fmt: skip


@cache
def functions_in(name: str) -> set[str]:
    (path,) = [p for p in TESTS.rglob(name) if p.parent.name != "__pycache__"]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_no_section_is_left_out() -> None:
    assert {row[0].strip() for row in ROWS} == SECTIONS
    assert len(ROWS) == sum(line.startswith("| 6") for line in PAGE.splitlines()), (
        "a row is malformed"
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[4]}")
def test_code_and_test_of_a_row_exist(row: tuple[str, ...]) -> None:
    _, _, code, file, test = row
    name, _, attribute = code.rpartition(".")
    module = name if name.startswith("ecert.") else f"ecert.documents.ofd.{name}"
    assert callable(getattr(importlib.import_module(module), attribute))
    assert test in functions_in(file)


def test_every_kind_of_uncovered_part_is_explained() -> None:
    assert tuple(re.findall(r"\| `(ofd\.open_\w+)` \|", PAGE)) == EFFECTS
