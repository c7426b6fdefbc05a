"""Turn the decoded YAML of a profile into the parts of a Profile, reporting every problem at once.

The shape is checked by profile_spec.py; here names must lead somewhere: fields, code tables,
metadata elements, rule parts, formats that suit the kind of their field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ecert.errors import InvalidIdentifier, ProfileError
from ecert.ids import USCC
from ecert.limits import Limits
from ecert.model.codetables import code_table
from ecert.model.fields import FieldSpec
from ecert.model.metadata import metadata_table
from ecert.model.profile import Face, RowSpec, ValidityRule
from ecert.model.profile_spec import PROFILE
from ecert.model.rules import RULES, RuleUse
from ecert.model.spec import Problem, decode
from ecert.model.textdata import read_yaml

__all__ = ["build"]

_FORMAT_KINDS = {
    "date_zh": {"date", "date_or_long_term"},
    "date_dots": {"date", "date_or_long_term"},
    "period_zh": {"date", "date_or_long_term"},
    "period_dots": {"date", "date_or_long_term"},
    "code": {"code", "region"},
}
_ONLY_FOR = {
    "table": "code",
    "many": "code",
    "join": "code",
    "columns": "table",
    "max_bytes": "image",
}
_PERIOD = 2
_PLAIN = (
    "id",
    "status",
    "version",
    "source",
    "type_code",
    "type_code_confidence",
    "type_code_source",
    "serial",
)
_DATES = frozenset({"date", "date_or_long_term"})


def build(data: bytes, name: str, limits: Limits | None) -> dict[str, Any]:
    """Return the arguments of Profile, all but the digest.

    Raises:
        ExceptionGroup: of ProfileError.

    """
    raw, faults = read_yaml(data, limits=limits)
    problems = [Problem(f.code, f"line {f.line}", f.detail) for f in faults]
    body: dict[str, Any] = {}
    if raw is not None or not faults:
        body, shape = decode(PROFILE, raw)
        problems += shape
        problems += [] if shape else _references(body)
    if problems:
        raise ExceptionGroup(f"{name} is unusable", [_error(name, p) for p in problems])
    return _arguments(body)


def _error(name: str, problem: Problem) -> ProfileError:
    return ProfileError(
        problem.code,
        f"{name}: {problem.path or 'top'}: {problem.code} {problem.detail}".rstrip(),
        params={"source": name, "path": problem.path or "-", "detail": problem.detail or "-"},
    )


def _arguments(body: Mapping[str, Any]) -> dict[str, Any]:
    face, validity = body["face"], body["validity"]
    return {
        **{key: body[key] for key in _PLAIN},
        "name_zh": body["name"]["zh"],
        "name_en": body["name"]["en"],
        "holder_category": body["holder"]["category"],
        "holder_code_types": tuple(body["holder"]["code_types"]),
        "validity": ValidityRule(
            start=validity["start"],
            end=validity["end"],
            long_term=validity["long_term"],
            years=tuple(validity["years"]),
        ),
        "fields": {name: _field(name, row) for name, row in body["fields"].items()},
        "bindings": body["metadata"],
        "rules": tuple(RuleUse(row["rule"], row["fields"]) for row in body["rules"]),
        "face": Face(
            template=face["template"],
            title=face["title"],
            size=face["page"]["size"],
            orientation=face["page"]["orientation"],
            language=face["language"],
            rows=tuple(_row(row) for row in face["rows"]),
            pictures=tuple(face["pictures"]),
        ),
    }


def _field(name: str, row: Mapping[str, Any]) -> FieldSpec:
    rest = {k: v for k, v in row.items() if k not in {"label", "columns"}}
    columns = {k: _field(k, v) for k, v in row.get("columns", {}).items()}
    return FieldSpec(
        name=name, zh=row["label"]["zh"], en=row["label"]["en"], columns=columns, **rest
    )


def _row(row: Mapping[str, Any]) -> RowSpec:
    return RowSpec(
        id=row["id"] or row["field"],
        fields=tuple(row["fields"]) or (row["field"],),
        label=row["label"]["zh"] if row["label"] else "",
        format=row["format"],
    )


def _references(body: Mapping[str, Any]) -> list[Problem]:
    fields: Mapping[str, Mapping[str, Any]] = body["fields"]
    found = [*_type(body), *_holder(body["holder"]), *_validity(body["validity"])]
    for name, row in fields.items():
        found += _one_field(f"fields.{name}", row, fields)
        for column, inner in row["columns"].items():
            found += _column(f"fields.{name}.columns.{column}", inner)
    found += _short_names(fields)
    found += _bindings(body["metadata"], fields)
    found += _rules(body["rules"], fields)
    return found + list(_face(body["face"], fields))


def _type(body: Mapping[str, Any]) -> Iterator[Problem]:
    code = body["type_code"]
    if (code is None) != (body["type_code_confidence"] is None):
        yield Problem("profile.confidence_without_code", "type_code_confidence")
    if code is None:
        return
    try:
        USCC(code[:18])  # every published type code begins with the defining body's credit code
    except InvalidIdentifier as error:
        yield Problem("profile.type_code", "type_code", error.code)


def _holder(holder: Mapping[str, Any]) -> Iterator[Problem]:
    yield from _in_table("holder_category", holder["category"], "holder.category")
    if not holder["code_types"]:
        yield Problem("profile.empty", "holder.code_types")
    for index, code in enumerate(holder["code_types"]):
        yield from _in_table("holder_code_type", code, f"holder.code_types[{index}]")


def _in_table(table: str, code: str, path: str) -> Iterator[Problem]:
    found = code_table(table)
    if found is None or not found.has(code):
        yield Problem("profile.not_in_table", path, table)


def _validity(rule: Mapping[str, Any]) -> Iterator[Problem]:
    if rule["years"] and "absent" in (rule["start"], rule["end"]):
        yield Problem("profile.years_without_ends", "validity.years")


def _one_field(path: str, row: Mapping[str, Any], fields: Mapping[str, Any]) -> Iterator[Problem]:
    yield from _column(path, row)
    if row["kind"] == "table" and not row["columns"]:
        yield Problem("profile.empty", f"{path}.columns")
    source = row["label_from"]
    if source and (source not in fields or fields[source]["kind"] != "code"):
        yield Problem("profile.no_such_field", f"{path}.label_from", source)


def _column(path: str, row: Mapping[str, Any]) -> Iterator[Problem]:
    for key, kind in _ONLY_FOR.items():
        if row.get(key) and row["kind"] != kind:
            yield Problem("profile.key_of_other_kind", f"{path}.{key}", kind)
    if row["kind"] == "code" and code_table(row["table"]) is None:
        yield Problem("profile.no_such_table", f"{path}.table", row["table"])
    if row["kind"] == "table" and "columns" not in row:
        yield Problem("profile.nested_table", f"{path}.kind")


def _short_names(fields: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    """Two fields under one flat name would make a mirror ambiguous."""
    seen: dict[str, str] = {}
    for name, row in fields.items():
        flat = row["short"] or name.upper()
        if flat in seen:
            yield Problem("profile.same_short_name", f"fields.{name}.short", seen[flat])
        seen.setdefault(flat, name)


def _bindings(
    bindings: Mapping[str, str], fields: Mapping[str, Mapping[str, Any]]
) -> Iterator[Problem]:
    elements = metadata_table().elements
    for element, name in bindings.items():
        path = f"metadata.{element}"
        if element not in elements:
            yield Problem("profile.no_such_element", path)
        elif name not in fields:
            yield Problem("profile.no_such_field", path, name)
        else:
            row = fields[name]
            both_dates = (elements[element].kind in _DATES) == (row["kind"] in _DATES)
            if row["kind"] in {"image", "integer", "table"} or row["many"] or not both_dates:
                yield Problem("profile.wrong_kind", path, row["kind"])


def _rules(rules: list[Any], fields: Mapping[str, Any]) -> Iterator[Problem]:
    for index, use in enumerate(rules):
        path = f"rules[{index}].fields"
        parts = RULES[use["rule"]].parts
        if set(use["fields"]) != set(parts):
            yield Problem("profile.rule_parts", path, ", ".join(parts))
        for part, name in use["fields"].items():
            if name not in fields:
                yield Problem("profile.no_such_field", f"{path}.{part}", name)


def _face(face: Mapping[str, Any], fields: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, row in enumerate(face["rows"]):
        path = f"face.rows[{index}]"
        yield from _face_row(path, row, fields)
        name = row["id"] or row["field"]
        if name in seen:
            yield Problem("profile.same_row", path, name)
        seen.add(name)
    for index, name in enumerate(face["pictures"]):
        if name not in fields or fields[name]["kind"] != "image":
            yield Problem("profile.no_such_field", f"face.pictures[{index}]", name)


def _face_row(
    path: str, row: Mapping[str, Any], fields: Mapping[str, Mapping[str, Any]]
) -> Iterator[Problem]:
    period = row["format"].startswith("period_")
    if period:
        whole = bool(row["id"] and row["label"]) and len(row["fields"]) == _PERIOD
        whole = whole and not row["field"]
    else:
        whole = bool(row["field"]) and not row["fields"] and not row["id"]
    if not whole:
        yield Problem("profile.row_shape", path)
    for name in (*row["fields"], *([row["field"]] if row["field"] else [])):
        if name not in fields:
            yield Problem("profile.no_such_field", path, name)
        elif row["format"] and fields[name]["kind"] not in _FORMAT_KINDS[row["format"]]:
            yield Problem("profile.wrong_kind", f"{path}.format", fields[name]["kind"])
        elif fields[name]["kind"] in {"image", "table"}:
            yield Problem("profile.wrong_kind", path, fields[name]["kind"])
