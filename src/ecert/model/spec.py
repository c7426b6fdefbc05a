"""Shape of a YAML data file, as data: one description decodes the file and writes its JSON Schema.

Values arrive as text (textdata.py); a node turns them into what it describes and reports every
problem with its path, never the first one alone. What a description does not name is a problem,
too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

__all__ = [
    "Day",
    "Flag",
    "Listed",
    "Mapped",
    "Node",
    "Object",
    "Problem",
    "Slot",
    "Text",
    "Whole",
    "decode",
    "read_day",
]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a data file: reason code, path in the file, what was expected."""

    code: str
    path: str
    detail: str = ""


class Node(Protocol):
    """Description of one value."""

    def decode(self, value: Any, path: str, problems: list[Problem]) -> Any:
        """Return the typed value; append what is wrong to ``problems``."""
        ...

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the value, as an editor that knows YAML types sees it."""
        ...


def decode(node: Node, value: Any) -> tuple[Any, tuple[Problem, ...]]:
    """Return the typed value and every problem; the value is only meaningful without problems."""
    problems: list[Problem] = []
    return node.decode(value, "", problems), tuple(problems)


def read_day(value: Any) -> date | None:
    """Return the day written YYYYMMDD, or None for anything else."""
    if not isinstance(value, str) or not re.fullmatch("[0-9]{8}", value, re.ASCII):
        return None
    try:
        return date(int(value[:4]), int(value[4:6]), int(value[6:]))
    except ValueError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Text, optionally one of ``choices``, matching ``pattern``, or null."""

    about: str = ""
    choices: tuple[str, ...] = ()
    pattern: str = ""
    nullable: bool = False

    def decode(self, value: Any, path: str, problems: list[Problem]) -> str | None:
        """Return the text, or None where null is allowed."""
        if value is None and self.nullable:
            return None
        if not isinstance(value, str) or not value:
            problems.append(Problem("profile.not_text", path))
            return ""
        if self.choices and value not in self.choices:
            problems.append(Problem("profile.not_a_choice", path, ", ".join(self.choices)))
        elif self.pattern and not re.fullmatch(self.pattern, value):
            problems.append(Problem("profile.bad_form", path, self.pattern))
        return value

    def schema(self) -> dict[str, Any]:
        """Return a string schema."""
        found: dict[str, Any] = {"type": ["string", "null"] if self.nullable else "string"}
        found |= {"description": self.about} if self.about else {}
        if self.choices:
            found["enum"] = [*self.choices, *([None] if self.nullable else [])]
        elif self.pattern:
            found["pattern"] = f"^(?:{self.pattern})$"
        else:
            found["minLength"] = 1
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """``true`` or ``false``."""

    about: str = ""

    def decode(self, value: Any, path: str, problems: list[Problem]) -> bool:
        """Return the flag."""
        if value not in {"true", "false"}:
            problems.append(Problem("profile.not_a_choice", path, "true, false"))
        return bool(value == "true")

    def schema(self) -> dict[str, Any]:
        """Return a boolean schema."""
        return {"type": "boolean"} | ({"description": self.about} if self.about else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A positive whole number in plain digits."""

    about: str = ""
    maximum: int = 10_000_000

    def decode(self, value: Any, path: str, problems: list[Problem]) -> int:
        """Return the number."""
        if isinstance(value, str) and re.fullmatch("[1-9][0-9]{0,8}", value, re.ASCII):
            number = int(value)
            if number <= self.maximum:
                return number
        problems.append(Problem("profile.not_a_number", path, f"1..{self.maximum}"))
        return 0

    def schema(self) -> dict[str, Any]:
        """Return an integer schema."""
        found: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": self.maximum}
        return found | ({"description": self.about} if self.about else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A calendar day, YYYYMMDD."""

    about: str = ""

    def decode(self, value: Any, path: str, problems: list[Problem]) -> date | None:
        """Return the day."""
        day = read_day(value)
        if day is None:
            problems.append(Problem("profile.not_a_day", path, "YYYYMMDD"))
        return day

    def schema(self) -> dict[str, Any]:
        """Return a string schema."""
        found: dict[str, Any] = {"type": "string", "pattern": "^[0-9]{8}$"}
        return found | ({"description": self.about} if self.about else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A list of equal nodes."""

    item: Node
    about: str = ""

    def decode(self, value: Any, path: str, problems: list[Problem]) -> list[Any]:
        """Return the list."""
        if not isinstance(value, list):
            problems.append(Problem("profile.not_a_list", path))
            return []
        return [self.item.decode(v, f"{path}[{i}]", problems) for i, v in enumerate(value)]

    def schema(self) -> dict[str, Any]:
        """Return an array schema."""
        found: dict[str, Any] = {"type": "array", "items": self.item.schema()}
        return found | ({"description": self.about} if self.about else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """A mapping whose keys the file chooses, within ``keys`` (a pattern)."""

    item: Node
    keys: str
    about: str = ""

    def decode(self, value: Any, path: str, problems: list[Problem]) -> dict[str, Any]:
        """Return the mapping, in the order of the file."""
        if not isinstance(value, dict):
            problems.append(Problem("profile.not_a_mapping", path))
            return {}
        problems += [
            Problem("profile.bad_form", _join(path, key), self.keys)
            for key in value
            if not re.fullmatch(self.keys, key)
        ]
        return {k: self.item.decode(v, _join(path, k), problems) for k, v in value.items()}

    def schema(self) -> dict[str, Any]:
        """Return an object schema with free keys."""
        found: dict[str, Any] = {
            "type": "object",
            "propertyNames": {"pattern": f"^(?:{self.keys})$"},
            "additionalProperties": self.item.schema(),
        }
        return found | ({"description": self.about} if self.about else {})


@dataclass(frozen=True, slots=True)
class Slot:
    """One member of an Object; ``default`` is used when the file leaves it out."""

    node: Node
    required: bool = True
    default: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    """A mapping whose keys are fixed."""

    slots: dict[str, Slot] = field(default_factory=dict)
    about: str = ""

    def decode(self, value: Any, path: str, problems: list[Problem]) -> dict[str, Any]:
        """Return every member, defaults filled in."""
        found = {name: slot.default for name, slot in self.slots.items()}
        if not isinstance(value, dict):
            problems.append(Problem("profile.not_a_mapping", path))
            return found
        problems += [
            Problem("profile.unknown_key", _join(path, key), ", ".join(self.slots))
            for key in value
            if key not in self.slots
        ]
        for name, slot in self.slots.items():
            if name in value:
                found[name] = slot.node.decode(value[name], _join(path, name), problems)
            elif slot.required:
                problems.append(Problem("profile.missing_key", _join(path, name)))
        return found

    def schema(self) -> dict[str, Any]:
        """Return an object schema that allows no other key."""
        found: dict[str, Any] = {
            "type": "object",
            "additionalProperties": False,
            "required": [name for name, slot in self.slots.items() if slot.required],
            "properties": {name: slot.node.schema() for name, slot in self.slots.items()},
        }
        return found | ({"description": self.about} if self.about else {})


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
