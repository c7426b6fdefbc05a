"""Code tables as data: a code, its meaning, since when and until when, and how sure we are of it.

A withdrawn code stays readable: it is valid history for whoever asks with a date before its end
(decision-table, Conformity). Tables are YAML files of this package; no code is named in Python.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from ecert.errors import ProfileError
from ecert.model.spec import Day, Mapped, Object, Problem, Slot, Text, decode
from ecert.model.textdata import read_yaml

__all__ = ["CONFIDENCES", "CodeItem", "CodeTable", "code_table", "code_tables"]

CONFIDENCES = ("confirmed", "seen_in_code", "from_memory")
"""How a fact was learnt: read in an official text; seen in public code or data; remembered."""

_NAME = Object(slots={"zh": Slot(Text()), "en": Slot(Text())})
_TABLE = Object(
    slots={
        "schema": Slot(Text(choices=("ecert.codetable/1",))),
        "id": Slot(Text(pattern="[a-z][a-z0-9_]{0,63}")),
        "name": Slot(_NAME),
        "source": Slot(Text()),
        "confidence": Slot(Text(choices=CONFIDENCES)),
        "items": Slot(
            Mapped(
                keys="[A-Za-z0-9_]{1,40}",
                item=Object(
                    slots={
                        "zh": Slot(Text()),
                        "en": Slot(Text(), required=False, default=""),
                        "class": Slot(Text(), required=False, default=""),
                        "from": Slot(Day(), required=False),
                        "until": Slot(Day(), required=False),
                        "equivalents": Slot(
                            Mapped(keys="[a-z_]{1,40}", item=Text()), required=False, default={}
                        ),
                    }
                ),
            )
        ),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeItem:
    """One row: code, meaning, class, first and last day, codes of other systems."""

    code: str
    zh: str
    en: str = ""
    group: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    equivalents: Mapping[str, str] = field(default_factory=dict)

    def in_force(self, on: date | None) -> bool:
        """Whether the code could be given on that day; without a day every code counts."""
        if on is None:
            return True
        return not (
            (self.valid_from and on < self.valid_from)
            or (self.valid_until and on > self.valid_until)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeTable:
    """A named set of codes."""

    id: str
    zh: str
    en: str
    source: str
    confidence: str
    items: Mapping[str, CodeItem]

    @classmethod
    def parse(cls, data: bytes, *, name: str = "code table") -> CodeTable:
        """Return the table described by YAML.

        Raises:
            ExceptionGroup: of ProfileError, one for every problem.

        """
        raw, faults = read_yaml(data)
        body, problems = decode(_TABLE, raw)
        found = [Problem(f.code, f"line {f.line}", f.detail) for f in faults]
        found += problems if not faults or raw is not None else ()
        if found:
            raise ExceptionGroup(f"code table {name} is unusable", [_error(name, p) for p in found])
        items = {code: _item(code, row) for code, row in body["items"].items()}
        return cls(
            id=body["id"],
            zh=body["name"]["zh"],
            en=body["name"]["en"],
            source=body["source"],
            confidence=body["confidence"],
            items=items,
        )

    def meaning(self, code: str) -> str | None:
        """Return the Chinese meaning, also of a withdrawn code; None for an unknown one."""
        item = self.items.get(code)
        return item.zh if item else None

    def has(self, code: str, on: date | None = None) -> bool:
        """Whether the code exists and could be given on that day."""
        item = self.items.get(code)
        return item is not None and item.in_force(on)

    def from_system(self, system: str, code: str) -> str | None:
        """Return our code for another system's, e.g. ``("mohurd", "04")``."""
        for item in self.items.values():
            if item.equivalents.get(system) == code:
                return item.code
        return None


def _item(code: str, row: Mapping[str, Any]) -> CodeItem:
    return CodeItem(
        code=code,
        zh=row["zh"],
        en=row["en"],
        group=row["class"],
        valid_from=row["from"],
        valid_until=row["until"],
        equivalents=row["equivalents"],
    )


def _error(name: str, problem: Problem) -> ProfileError:
    return ProfileError(
        problem.code,
        f"{name}: {problem.path}: {problem.code} {problem.detail}".rstrip(),
        params={"source": name, "path": problem.path, "detail": problem.detail},
    )


@lru_cache(maxsize=1)
def code_tables() -> Mapping[str, CodeTable]:
    """Return every table of this package, by id."""
    folder = resources.files("ecert.model").joinpath("data", "code_tables")
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name)
    tables = [CodeTable.parse(file.read_bytes(), name=file.name) for file in files]
    return MappingProxyType({table.id: table for table in tables})


def code_table(name: str) -> CodeTable | None:
    """Return one table of this package, or None."""
    return code_tables().get(name)
