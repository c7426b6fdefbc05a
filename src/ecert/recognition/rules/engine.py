"""The CEL engine behind a small interface: check the types of an expression, make a program, run it.

Two environments are made from the same tables. The first has dates as a type of their own and only
checks; the second has them as day numbers, which the engine can hold and compare fast, and runs. What
the first accepts means the same in the second. Nothing is imported until a rule must be compiled.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from ecert.errors import TrustError
from ecert.recognition.rules.environment import (
    COMPARED,
    FUNCTIONS,
    MACROS,
    NAME,
    OPERATORS,
    VARIABLES,
    VERSION,
    VIEWS,
)
from ecert.recognition.rules.functions import IMPLEMENTED
from ecert.recognition.rules.syntax import PRESENCE, pointer, prepare

if TYPE_CHECKING:
    from cel_expr_python import cel

__all__ = ["Program", "activation", "compile_expression"]

_ORDER = ("_<_", "_<=_", "_>_", "_>=_")
_STANDARD = {
    "size": ("size_list",),
    "startsWith": ("starts_with_string",),
    "timestamp": ("string_to_timestamp",),
    "@not_strictly_false": ("not_strictly_false",),
}
_MESSAGE = re.compile(r"ERROR: <input>:(?P<line>-?[0-9]+):(?P<column>-?[0-9]+): (?P<text>[^\n|]*)")
_SHOWN = 200


class Program:
    """A checked expression that can be run."""

    __slots__ = ("_run", "checked", "source")

    def __init__(self, source: str, checked: bytes, run: cel.Expression) -> None:
        self.source, self.checked, self._run = source, checked, run

    def run(self, values: cel.Activation) -> bool | str:
        """Return the truth of the expression, or the words of an error, which is an unknown."""
        try:
            found = self._run.eval(values).value()
        except RuntimeError as error:
            return f"UNKNOWN: {type(error).__name__}"
        return found if isinstance(found, bool) else str(found)


def activation(values: Mapping[str, Any]) -> cel.Activation:
    """Return values by path in the form that programs run on."""
    return _environments()[1].Activation(values)


def compile_expression(source: str) -> Program:
    """Return the program of an expression that is a truth under the types of the environment.

    Raises:
        TrustError: ``rule.too_large``, ``rule.not_allowed`` or ``rule.expression``.
    """
    prepared = prepare(source)
    checking, running = _environments()
    try:
        checked = checking.compile(prepared)
        if checked.return_type().name() != "BOOL":
            raise _wrong(source, 1, 1, "the result is not true or false")
        return Program(source, checked.serialize(), running.compile(prepared))
    except RuntimeError as error:
        raise _translated(source, str(error)) from None


def _translated(source: str, text: str) -> TrustError:
    """Return the compiler's first message with its place, one line, bounded."""
    match = _MESSAGE.search(text)
    if match is None:
        return _wrong(source, 1, 1, "the compiler refuses it")
    line, column = max(1, int(match["line"])), max(1, int(match["column"]))
    words = match["text"].replace(" (in container '')", "").strip()
    return _wrong(source, line, column, words[:_SHOWN])


def _wrong(source: str, line: int, column: int, what: str) -> TrustError:
    return TrustError(
        "rule.expression",
        f"line {line}, column {column}: {what}",
        params={"what": what, "line": line, "column": column},
        hint=pointer(source, line, column),
    )


@cache
def _environments() -> tuple[cel.Env, cel.Env]:
    from cel_expr_python import cel

    opaque = cel.Type.AbstractType(f"{NAME}.date", [])
    return _environment(cel, opaque), _environment(cel, cel.Type.INT)


def _environment(cel: Any, day: cel.Type) -> cel.Env:
    """Return the environment in which a date is ``day``."""
    types = {
        "string": cel.Type.STRING,
        "division": cel.Type.STRING,
        "bool": cel.Type.BOOL,
        "int": cel.Type.INT,
        "timestamp": cel.Type.TIMESTAMP,
        "list": cel.Type.List(cel.Type.STRING),
        "date": day,
    }
    variables = {}
    for path, variable in VARIABLES.items():
        view = VIEWS.get(path)
        present = cel.Type.BOOL
        if view is not None:
            variables[path] = cel.Type.Map(cel.Type.STRING, types[view])
            present = cel.Type.Map(cel.Type.STRING, cel.Type.BOOL)
        else:
            variables[path] = types[variable.type]
        variables[f"{PRESENCE}.{path}"] = present
    functions = [_declared(cel, name, types) for name in IMPLEMENTED]
    # The engine compares whole numbers itself where a date is one; only the checker needs these.
    compared = types["int"] != day
    functions += [_compared(cel, sign, types) for sign in _ORDER] if compared else []
    config = cel.NewEnvConfigFromYaml(_standard(compared=compared))
    return cel.NewEnv(config=config, variables=variables, functions=functions)


def _declared(cel: Any, name: str, types: Mapping[str, Any]) -> Any:
    function = FUNCTIONS[name]
    return cel.FunctionDecl(
        name,
        [
            _overload(cel, f"{name}_{'_'.join(form.takes)}", impl, [types[t] for t in form.takes],
                      types[form.gives])
            for form, impl in zip(function.forms, IMPLEMENTED[name], strict=True)
        ],
    )  # fmt: skip


def _overload(cel: Any, name: str, impl: Callable[..., Any], takes: list[Any], gives: Any) -> Any:
    return cel.Overload(id=name, return_type=gives, parameters=takes, impl=impl)


def _compared(cel: Any, sign: str, types: Mapping[str, Any]) -> Any:
    return cel.FunctionDecl(
        sign,
        [
            _overload(cel, f"order{sign}{name}", _never, [types[name]] * 2, cel.Type.BOOL)
            for name in COMPARED
        ],
    )


def _never(*_: object) -> bool:
    raise TypeError("the checking environment does not run")


def _standard(*, compared: bool) -> str:
    """Return the closed list of what rules may use of CEL itself, as the engine's configuration."""
    lines = [f"name: {NAME}/{VERSION[0]}", "stdlib:", "  include_macros: [all, exists]"]
    lines += ["  include_functions:"]
    named: dict[str, tuple[str, ...]] = {name: (form,) for name, form in OPERATORS.items()}
    named |= _STANDARD
    if not compared:
        words = ("less", "less_equals", "greater", "greater_equals")
        named |= {s: (f"{w}_int64", f"{w}_timestamp") for s, w in zip(_ORDER, words, strict=True)}
    for name, overloads in named.items():
        lines += [f'    - name: "{name}"', "      overloads:"]
        lines += [f"        - id: {overload}" for overload in overloads]
    return "\n".join(lines) + "\n"


assert set(MACROS) == {PRESENCE, "all", "exists"}
