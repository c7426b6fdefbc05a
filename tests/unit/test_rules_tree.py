"""The tree of an expression and the JSON form of facts: broken input is refused with a code, nothing else."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ecert.errors import TrustError
from ecert.recognition.rules import Facts, run_rule
from ecert.recognition.rules.engine import compile_expression
from ecert.recognition.rules.plain import changed, facts_from_json
from ecert.recognition.rules.reading import read_expression
from ecert.recognition.rules.tree import read_checked
from ecert.trust.rule import parse_rule
from rules_kit import body

SOURCE = "has(cert.valid_to) && cert.lists.c.all(v, v in ['a', '张']) || -1 < 2"
CHECKED = compile_expression(SOURCE).checked


def refused(data: bytes) -> bool:
    """Whether bytes are refused; whatever is read instead must be walkable."""
    try:
        list(read_checked(data).root.walk())
        read_expression(SOURCE, data)
    except TrustError as error:
        return error.code.startswith("rule.")
    return False


def test_the_tree_has_names_types_and_places() -> None:
    tree = read_checked(CHECKED)
    assert not tree.dynamic
    assert set(tree.names.values()) >= {"has.cert.valid_to", "cert.lists"}
    kinds = {node.kind for node in tree.root.walk()}
    assert kinds >= {"call", "comprehension", "list", "text", "int", "select", "ident", "bool"}
    minus = next(n for n in tree.root.walk() if n.kind == "int" and n.name == "-1")
    assert SOURCE[tree.places[minus.id] :].startswith(("-1", "1"))


@pytest.mark.parametrize("size", range(0, len(CHECKED), 7))
def test_truncated_bytes_are_refused_or_read(size: int) -> None:
    refused(CHECKED[:size])


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data: bytes) -> None:
    assert refused(data)


@given(st.integers(0, len(CHECKED) - 1), st.integers(0, 255))
def test_a_changed_byte_is_refused_or_read(at: int, value: int) -> None:
    refused(CHECKED[:at] + bytes([value]) + CHECKED[at + 1 :])


def nested(depth: int) -> bytes:
    """Return a checked expression of calls inside calls."""
    data = bytes([0x1A, 2, 0x10, 1])
    for _ in range(depth):
        call = b"\x1a" + varint(len(data)) + data
        data = b"\x32" + varint(len(call)) + call
    inner = b"\x22" + varint(len(data)) + data
    name = b"type.googleapis.com/cel.expr.CheckedExpr"
    return b"\x0a" + varint(len(name)) + name + b"\x12" + varint(len(inner)) + inner


def varint(value: int) -> bytes:
    made = bytearray()
    while value >= 0x80:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*made, value])


def test_deep_bytes_are_refused() -> None:
    assert refused(nested(5_000))


@pytest.mark.parametrize(
    "wrong",
    [
        {"nothing": {}},
        {"cert": {"nothing": 1}},
        {"cert": []},
        {"cert": {"fields": 1}},
        {"history": []},
        {"history": {"status": [1]}},
        {"history": {"status": [{"state": "valid"}]}},
        {"history": {"status": [{"state": "valid", "from": "2024-01-01"}]}},
        {"history": {"status": [{"state": 1, "from": "2024-01-01T00:00:00Z"}]}},
        {"history": {"status": [{"state": "a", "from": "2024-01-01T00:00:00Z", "to": "x"}]}},
        {"history": {"issuer": []}},
        {"codes": []},
        {"codes": {"t": {"a": 1}}},
    ],
)
def test_facts_with_unknown_names_or_broken_histories_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(TrustError) as caught:
        facts_from_json(wrong)
    assert caught.value.code == "rule.test_facts"


def test_paths_are_set_and_removed_without_touching_the_example() -> None:
    example = {"cert": {"kind": "original", "fields": {"a": "1"}}}
    made = changed(example, [("cert.fields.b", "2"), ("t_eval", "x")], ["cert.kind", "holder.kind"])
    assert made == {"cert": {"fields": {"a": "1", "b": "2"}}, "t_eval": "x"}
    assert example == {"cert": {"kind": "original", "fields": {"a": "1"}}}
    for path in ("cert", "cert.nothing", "t_issue", "cert.kind.x", "cert.fields.a b", "", "."):
        with pytest.raises(TrustError):
            changed(example, [(path, "1")], [])
        with pytest.raises(TrustError):
            changed(example, [], [path])


def test_a_rule_changed_in_memory_is_another_rule_though_its_digest_is_kept() -> None:
    """Simulations change rules without a file; a remembered rule must not speak for them."""
    known = Facts({"cert": {"long_term": False}})
    one = parse_rule(body("cert.long_term", "cert.long_term"), "r", sha256="a" * 64)
    other = parse_rule(body("!cert.long_term", "cert.long_term"), "r", sha256="a" * 64)
    assert [run_rule(r, known).outcome for r in (one, other, one)] == ["fail", "pass", "fail"]
    assert run_rule(other, known).rule is other
