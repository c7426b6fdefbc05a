"""What a mapping file may hold: rules, steps and sections, as nodes that report every problem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ecert.conversion.readers.delimited import ENCODINGS
from ecert.conversion.transforms import TRANSFORMS, Step
from ecert.model.fields import KINDS
from ecert.model.spec import Day, Flag, Listed, Mapped, Object, Problem, Slot, Text

__all__ = ["DELIMITERS", "FORM", "SCHEMA", "TERMS", "steps_of"]

SCHEMA = "ecert.mapping/1"
DELIMITERS = {"comma": ",", "tab": "\t", "semicolon": ";", "pipe": "|"}
TERMS = (
    "number",
    "issued",
    "start",
    "end",
    "type_code",
    "serial",
    "version",
    "previous",
    "holder_name",
    "holder_code",
    "holder_code_type",
)
_NAME = "[a-z][a-z0-9_]{0,63}"
_CHECKED = tuple(k for k in KINDS if k not in {"image", "table", "code", "integer"})


@dataclass(frozen=True, slots=True)
class _TextOrList:
    """One text, or a list of texts; decoded to a list."""

    def decode(self, value: Any, path: str, problems: list[Problem]) -> list[str]:
        node = Listed(item=Text()) if isinstance(value, list) else Text()
        found: Any = node.decode(value, path, problems)
        if found == []:
            problems.append(Problem("mapping.empty", path))
        return found if isinstance(found, list) else [found]

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [Text().schema(), Listed(item=Text()).schema()]}


@dataclass(frozen=True, slots=True)
class _StepForm:
    """``trim``, or ``{date: [yyyy/M/d, epoch_ms]}``: a transform's name with its argument."""

    def decode(self, value: Any, path: str, problems: list[Problem]) -> tuple[str, list[str]]:
        name, args = value, []
        if isinstance(value, dict) and len(value) == 1:
            ((name, argument),) = value.items()
            args = _TextOrList().decode(argument, f"{path}.{name}", problems)
        if not isinstance(name, str) or name not in TRANSFORMS:
            problems.append(Problem("mapping.no_such_transform", path, ", ".join(TRANSFORMS)))
            return "", []
        return name, args

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"enum": list(TRANSFORMS)}, {"type": "object", "maxProperties": 1}]}


_SLOTS: dict[str, Slot] = {
    "from": Slot(_TextOrList(), required=False),
    "join": Slot(Text(), required=False, default=""),
    "steps": Slot(Listed(item=_StepForm()), required=False, default=[]),
    "constant": Slot(Text(), required=False),
    "default": Slot(Text(), required=False),
    "optional": Slot(Flag(), required=False, default=False),
}
_RULE = Object(slots=_SLOTS)
_CHECK = Object(slots={**_SLOTS, "kind": Slot(Text(choices=_CHECKED))})
FORM = Object(
    slots={
        "schema": Slot(Text(choices=(SCHEMA,))),
        "id": Slot(Text(pattern=_NAME)),
        "version": Slot(Text()),
        "about": Slot(Text(), required=False, default=""),
        "profile": Slot(Text(pattern=_NAME)),
        "snapshot": Slot(Day(), required=False),
        "source": Slot(
            Object(
                slots={
                    "encoding": Slot(Text(choices=ENCODINGS)),
                    "delimiter": Slot(
                        Text(choices=tuple(DELIMITERS)), required=False, default="comma"
                    ),
                    "missing": Slot(Listed(item=Text()), required=False, default=[]),
                }
            )
        ),
        "tables": Slot(
            Mapped(keys=_NAME, item=Mapped(keys="(?s:.+)", item=Text())),
            required=False,
            default={},
        ),
        "fields": Slot(Mapped(keys=_NAME, item=_RULE)),
        "region": Slot(_RULE),
        "issuer": Slot(
            Object(
                slots={
                    "name": Slot(_RULE, required=False),
                    "code": Slot(_RULE),
                    "level": Slot(_RULE, required=False),
                }
            )
        ),
        "terms": Slot(
            Object(slots={name: Slot(_RULE, required=False) for name in TERMS}),
            required=False,
            default={},
        ),
        "metadata": Slot(Mapped(keys="[a-zA-Z]{1,64}", item=_RULE), required=False, default={}),
        "checks": Slot(Mapped(keys=_NAME, item=_CHECK), required=False, default={}),
        "duplicates": Slot(
            Text(choices=("latest_validity", "reject")), required=False, default="latest_validity"
        ),
    }
)
"""The whole file."""


def steps_of(
    raw: list[tuple[str, list[str]]],
    path: str,
    *,
    tables: Mapping[str, Mapping[str, str]],
    problems: list[Problem],
) -> tuple[Step, ...]:
    """Return the steps of a rule, each argument checked against what its transform takes."""
    found = []
    for index, (name, args) in enumerate(raw):
        if not name:
            continue
        place, wanted = f"{path}.steps[{index}]", TRANSFORMS[name]
        table: Mapping[str, str] = {}
        if not _fits(wanted.takes, args):
            problems.append(Problem("mapping.step_argument", place, f"{name}: {wanted.takes}"))
        elif wanted.choices and not set(args) <= set(wanted.choices):
            detail = f"{name}: {', '.join(wanted.choices)}"
            problems.append(Problem("mapping.step_argument", place, detail))
        elif wanted.takes.startswith("table") and args:
            if args[0] not in tables:
                problems.append(Problem("mapping.no_such_table", place, args[0]))
            table = tables.get(args[0], {})
        found.append(Step(name, tuple(args), table))
    return tuple(found)


def _fits(takes: str, args: list[str]) -> bool:
    least = 0 if "none" in takes else 1
    most = {"none": 0, "some": 64}.get(takes, 1)
    return least <= len(args) <= most
