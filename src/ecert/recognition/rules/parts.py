"""The parts of an expression whose truth decides it, written out again, for coverage by tests.

An operand of && and ||, a condition and a branch of ?: are parts; each is a truth of its own and can be
compiled and run like a whole expression. What stands inside all() and exists() is not looked into.
"""

from __future__ import annotations

from collections.abc import Iterator

from ecert.recognition.rules.environment import FUNCTIONS
from ecert.recognition.rules.syntax import PRESENCE
from ecert.recognition.rules.tree import Checked, Node

__all__ = ["parts"]

_TWO = {f"_{sign}_": sign for sign in
        ("&&", "||", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%")} | {"@in": "in"}  # fmt: skip
_CHAINS = ("_&&_", "_||_")
_ONE = {"!_": "!", "-_": "-"}
_CHOICE = "_?_:_"
_DECIDING = ("_&&_", "_||_", _CHOICE, "!_")
_TRUTHS = ("true", "false")
_MEMBERS = ("startsWith",)
"""Functions that are written behind their first argument."""


def parts(checked: Checked) -> tuple[str, ...]:
    """Return the texts of the parts of an expression, itself left out, each once, outermost first."""
    found = dict.fromkeys(_text(checked, node) for node in _deciding(checked.root))
    return tuple(text for text in found if text not in _TRUTHS)


def _deciding(node: Node) -> Iterator[Node]:
    if node.kind != "call" or node.name not in _DECIDING:
        return
    for part in node.parts:
        yield part
        yield from _deciding(part)


def _text(checked: Checked, node: Node) -> str:
    if node.kind == "text":
        escaped = node.name.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{escaped}'"
    if node.kind in ("int", "bool"):
        return node.name
    if node.kind in ("ident", "select"):
        return _path(checked, node)
    if node.kind == "list":
        return f"[{', '.join(_text(checked, part) for part in node.parts)}]"
    if node.kind == "comprehension":
        return _loop(checked, node)
    return _call(checked, node)


def _path(checked: Checked, node: Node) -> str:
    """Return a path, or the question of presence that a path below ``has`` stands for."""
    name = _name(checked, node)
    if node.kind == "select" and node.id not in checked.names:
        name = f"{_name(checked, node.parts[0])}.{node.name}"
    asked = name.removeprefix(f"{PRESENCE}.")
    return f"{PRESENCE}({asked})" if asked != name else name


def _name(checked: Checked, node: Node) -> str:
    return checked.names.get(node.id, "") or node.name


def _call(checked: Checked, node: Node) -> str:
    words = [_text(checked, part) for part in node.parts]
    if node.name in _TWO:
        sign = f" {_TWO[node.name]} "
        chained = (
            [_chain(checked, p, node.name) for p in node.parts] if node.name in _CHAINS else []
        )
        return f"({sign.join(chained or words)})"
    if node.name in _ONE:
        return f"{_ONE[node.name]}({words[0]})"
    if node.name == _CHOICE:
        return f"({words[0]} ? {words[1]} : {words[2]})"
    assert node.name in FUNCTIONS
    if node.name in _MEMBERS:
        return f"{words[0]}.{node.name}({', '.join(words[1:])})"
    return f"{node.name}({', '.join(words)})"


def _chain(checked: Checked, node: Node, name: str) -> str:
    """Return an operand; one of the same operator needs no brackets, so that chains stay flat."""
    text = _text(checked, node)
    return text[1:-1] if node.kind == "call" and node.name == name else text


def _loop(checked: Checked, node: Node) -> str:
    """Return all() or exists() from what the macro was expanded to."""
    listed, step = node.parts[0], node.parts[3]
    macro = "all" if step.name == "_&&_" else "exists"
    predicate = _text(checked, step.parts[1])
    return f"{_text(checked, listed)}.{macro}({node.name}, {predicate})"
