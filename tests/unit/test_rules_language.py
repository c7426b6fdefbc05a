"""The language of rules: closed, typed, bounded; errors point at their column; nothing hangs or escapes."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecert.errors import TrustError
from ecert.recognition.rules.engine import compile_expression
from ecert.recognition.rules.environment import (
    FUNCTIONS,
    LIMITS,
    MACROS,
    OPERATORS,
    VARIABLES,
    VIEWS,
)
from ecert.recognition.rules.functions import IMPLEMENTED
from ecert.recognition.rules.reading import read_expression
from ecert.recognition.rules.syntax import pointer, prepare

HOSTILE = {
    "a megabyte": "cert.kind == '" + "a" * 1_000_000 + "'",
    "a megabyte of brackets": "(" * 1_000_000,
    "a megabyte of negations": "!" * 1_000_000 + "true",
    "brackets": "(" * 500 + "true" + ")" * 500,
    "lists": "[" * 500 + "1" + "]" * 500 + " == [1]",
    "negations": "!" * 500 + "true",
    "minus": "-" * 500 + "1 == 1",
    "choices": "true ? " * 200 + "true",
    "dots": "cert" + ".kind" * 300 + " == 'x'",
    "calls": "plus_days(" * 100 + "cert.issue_date" + ", 1)" * 100 + " == cert.issue_date",
    "a sum": "1" + " + 1" * 280 + " == 281",
    "a chain": " && ".join(["cert.long_term"] * 150),
    "every of a billion": "[1,2,3].all(a, [1,2,3].all(b, [1,2,3].all(c, [1,2,3].all(d, true))))",
    "a regular expression": "cert.kind.matches('(a+)+$')",
    "a function that is not there": "open('x')",
    "python": "__import__('os').system('true')",
    "a wrong type": "cert.issue_date == cert.kind",
    "nul": "cert.kind == 'a\x00'",
    "nul outside": "cert.kind\x00 == 'a'",
    "bidi": "cert.kind == 'a\u202e'",
    "bidi outside": "cert.\u202ekind == 'a'",
    "half a character": "cert.kind == '\ud800'",
    "another alphabet": "c\u0435rt.kind == 'a'",
    "full-width": "cert.kind ＝＝ 'a'",
    "quotes": "'" * 999,
    "backslashes": "'" + "\\" * 999 + "'",
    "only blanks": " \n\t " * 100,
    "only a comment": "// true",
    "an int too large": "1" + "0" * 400 + " == 1",
    "operators": "&& || ! ? : ,",
    "has of itself": "has(has(cert.kind))",
    "reserved words": "in as break const else for if loop package return var void while",
}


FIT = {"a chain", "minus", "negations"}
"""Ugly, and within the limits."""
REFUSALS = {"rule.too_large", "rule.not_allowed", "rule.expression", "rule.absence_passes"}


def refusal(text: str) -> TrustError | None:
    """Return the refusal of an expression, or None where it compiles; nothing else may be raised."""
    try:
        program = compile_expression(text)
        read_expression(text, program.checked)
    except TrustError as error:
        return error
    return None


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_expressions_are_refused_with_a_code_or_compile(name: str) -> None:
    error = refusal(HOSTILE[name])
    assert (error is None) == (name in FIT)
    if error is not None:
        assert error.code in REFUSALS
        assert len(error.message) < 400
        assert len(error.hint) < 1000


@given(st.text(max_size=80) | st.text("cert.kind()[]&|!'\"\\ has=<>?:,-1u", max_size=60))
def test_any_text_compiles_or_is_refused(text: str) -> None:
    error = refusal(text)
    assert error is None or error.code in REFUSALS


@pytest.mark.parametrize(
    ("expression", "line", "column"),
    [
        ("cert.long_term || cert.valid_to >= t_eval", 1, 33),
        ("has(cert.valid_to) && cert.valid_to >= t_eval", 1, 37),
        ("cert.kind == '原件' && cert.nothing == 1", 1, 26),
        ("cert.long_term ||\n  cert.kind == 1", 2, 13),
        ("cert.kind == 'x' && 1.5 < 2", 1, 21),
        ("true && '\u202e' == cert.kind", 1, 10),
        ("cert.long_term && !has(cert.kind)", 1, 28),
        ("true && date('2023-02-29') == cert.issue_date", 1, 14),
    ],
)
def test_errors_point_at_the_column(expression: str, line: int, column: int) -> None:
    with pytest.raises(TrustError) as caught:
        read_expression(expression, compile_expression(expression).checked)
    assert (caught.value.params["line"], caught.value.params["column"]) == (line, column)
    shown, caret = caught.value.hint.split("\n")
    assert caret.strip() == "^"
    assert not set(shown) & {"\u202e"}


def test_the_caret_stands_under_wide_characters() -> None:
    assert pointer("a == '张三' && b", 1, 14) == "a == '张三' && b\n" + " " * 15 + "^"


def test_presence_becomes_a_name_of_equal_length_and_texts_stay() -> None:
    text = "has(cert.valid_to) && cert.kind == 'has(cert.kind)' || has( cert.fields.name )"
    made = prepare(text)
    assert len(made) == len(text)
    assert made.startswith("has.cert.valid_to  && cert.kind == 'has(cert.kind)' || ")
    assert made.rstrip().endswith("has.cert.fields.name")


def test_the_list_of_what_rules_may_use_is_closed() -> None:
    own = {name for name, function in FUNCTIONS.items() if not function.standard}
    assert own == set(IMPLEMENTED)
    assert all(len(FUNCTIONS[n].forms) == len(IMPLEMENTED[n]) for n in own)
    assert set(MACROS) == {"has", "all", "exists"}
    assert "matches" not in {*FUNCTIONS, *OPERATORS}
    assert set(VIEWS) <= set(VARIABLES)
    assert {"now", "random", "matches", "getDate", "map", "filter"}.isdisjoint(FUNCTIONS)


def test_a_comprehension_is_bounded_by_the_lists_that_facts_may_hold() -> None:
    assert LIMITS["comprehensions"] == 1
    assert LIMITS["values"] * LIMITS["nodes"] <= 200_000


def test_the_engine_is_not_imported_before_a_rule_must_be_compiled() -> None:
    code = (
        "import sys, ecert, ecert.recognition, ecert.recognition.rules\n"
        "assert 'cel_expr_python' not in sys.modules, 'imported too early'\n"
        "from ecert.recognition.rules.engine import compile_expression\n"
        "compile_expression('true')\n"
        "assert 'cel_expr_python' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
