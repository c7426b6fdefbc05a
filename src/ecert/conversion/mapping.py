"""A record mapping: which column of a legacy table becomes which field, as data.

One YAML file (mapping_form.py says what it may hold) names the certificate type, the encoding, the
columns and the transforms. Every problem of a file is reported at once. A mapping holds no code and
reaches no other file. Clause: ecert-data.md 7.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

from ecert.conversion.mapping_form import DELIMITERS, FORM, steps_of
from ecert.conversion.transforms import Result, Step, apply
from ecert.crypto.digest import digest
from ecert.errors import ECertError, MappingError
from ecert.limits import Limits
from ecert.model import Profile, metadata_table
from ecert.model.spec import Problem, decode
from ecert.model.textdata import read_yaml

__all__ = ["ORIGINS", "RecordMapping", "Rule"]

ORIGINS = {
    "certificateNumber": "terms.number",
    "certificateTypeCode": "terms.type_code",
    "certificateVersion": "terms.version",
    "certificateIssuingAuthorityName": "issuer.name",
    "certificateIssuingAuthorityCode": "issuer.code",
    "certificateIssuingAuthorityLevel": "issuer.level",
    "issueDate": "terms.issued",
    "certificateHolderName": "terms.holder_name",
    "certificateHolderCode": "terms.holder_code",
    "certificateHolderTypeCode": "terms.holder_code_type",
    "certificateHolderTypeName": "terms.holder_code_type",
    "certificateValidateStart": "terms.start",
    "certificateValidateEnd": "terms.end",
    "certificateAreaCode": "region",
    "associatedCertificateIdentifier": "terms.previous",
}
"""Where an element of the metadata comes from, unless the type binds it to a field."""
_MINTED = frozenset({*ORIGINS, "certificateName", "certificateTypeName", "certificateIdentifier"})
"""Elements that fields, terms, issuer and region fill; ``metadata`` may name any other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How one target gets its value.

    Args:
        target: ``fields.uscc``, ``terms.issued``, ``issuer.code``, ``region``, ``checks.id`` ...
        columns: source columns, joined with ``join``; empty for a constant.
        steps: transforms in order. default: used where the row has no value.
        optional: whether a table without these columns may be converted. kind: of a check.

    """

    target: str
    columns: tuple[str, ...] = ()
    join: str = ""
    steps: tuple[Step, ...] = ()
    constant: str | None = None
    default: str | None = None
    optional: bool = False
    kind: str = ""

    def value(self, cells: Mapping[str, str], missing: frozenset[str]) -> Result:
        """Return the value for a row's cells, a cause, or None where the row has none."""
        if self.constant is not None:
            return self.constant
        parts = [cells.get(column, "") for column in self.columns]
        present = [part for part in parts if part.strip() and part.strip() not in missing]
        found = apply(self.steps, self.join.join(present)) if present else None
        return self.default if found in (None, "", ()) else found

    def raw(self, cells: Mapping[str, str]) -> str:
        """Return what stands in the source columns, for a message."""
        return " | ".join(cells[column] for column in self.columns if column in cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordMapping:
    """A usable mapping.

    Args:
        id, version: of the mapping. profile: the certificate type it converts to.
        encoding, delimiter, missing: of the source; ``missing`` are texts that mean "no value".
        rules: in the order of the file. snapshot: day the table was taken; later issue dates are
            refused. duplicates: what to do with several rows of one number.
        sha256: of the file, named in every converted certificate.

    """

    id: str
    version: str
    profile: Profile
    encoding: str
    delimiter: str
    rules: tuple[Rule, ...]
    sha256: str
    missing: frozenset[str] = field(default_factory=frozenset)
    snapshot: date | None = None
    duplicates: str = "latest_validity"

    @classmethod
    def load(
        cls, path: str | Path, *, profiles: Path | None = None, limits: Limits | None = None
    ) -> RecordMapping:
        """Return the mapping in a YAML file.

        Args:
            path: of the file.
            profiles: folder with further certificate types.
            limits: of size and depth.

        Raises:
            MappingError: the file cannot be read.
            ExceptionGroup: of MappingError, one for every problem, each with its path in the file.

        """
        file, bounds = Path(path), limits or Limits()
        try:
            with file.open("rb") as stream:
                data = stream.read(bounds.json_bytes + 1)
        except OSError as error:
            raise MappingError(
                "mapping.unreadable", f"{file.name}: cannot be read", params={"source": file.name}
            ) from error
        return cls.parse(data, name=file.name, profiles=profiles, limits=bounds)

    @classmethod
    def parse(
        cls,
        data: bytes,
        *,
        name: str = "mapping",
        profiles: Path | None = None,
        limits: Limits | None = None,
    ) -> RecordMapping:
        """Return the mapping described by YAML bytes; see ``load``."""
        raw, faults = read_yaml(data, limits=limits)
        problems = [Problem(f.code, f"line {f.line}", f.detail) for f in faults]
        if raw is None:
            _refuse(name, problems or [Problem("mapping.not_a_mapping", "")])
        body, found = decode(FORM, raw)
        problems += found
        profile = _profile(body.get("profile"), profiles, problems)
        rules = tuple(_rules(body, problems))
        if profile is not None:
            problems += _against(profile, rules)
        if problems or profile is None:
            _refuse(name, problems)
        return cls(
            id=body["id"],
            version=body["version"],
            profile=profile,
            encoding=body["source"]["encoding"],
            delimiter=DELIMITERS[body["source"]["delimiter"]],
            missing=frozenset(body["source"]["missing"]),
            rules=rules,
            snapshot=body["snapshot"],
            duplicates=body["duplicates"],
            sha256=digest("sha256", data).hex(),
        )

    def required_columns(self) -> tuple[str, ...]:
        """Return the columns that a table must have."""
        return tuple(
            dict.fromkeys(c for rule in self.rules if not rule.optional for c in rule.columns)
        )

    def check_header(self, names: Iterable[str], *, source: str) -> None:
        """Refuse a table whose header does not have what the rules ask for.

        Raises:
            ExceptionGroup: of MappingError, one for every column that is missing or stands twice.

        """
        present = list(names)
        used = {column for rule in self.rules for column in rule.columns}
        problems = [
            Problem("mapping.column_missing", column)
            for column in self.required_columns()
            if column not in present
        ]
        problems += [
            Problem("mapping.column_twice", column)
            for column in sorted(used)
            if present.count(column) > 1
        ]
        if problems:
            _refuse(source, problems)


def _refuse(name: str, problems: list[Problem]) -> NoReturn:
    """Raise every problem at once; codes of the shared decoder become those of mappings."""
    raise ExceptionGroup(f"mapping {name} is unusable", [_error(name, p) for p in problems])


def _error(name: str, problem: Problem) -> MappingError:
    code = problem.code
    if code.startswith("profile."):
        code = "mapping." + code.removeprefix("profile.")
    return MappingError(
        code,
        f"{name}: {problem.path}: {code} {problem.detail}".rstrip(),
        params={"source": name, "path": problem.path, "detail": problem.detail},
    )


def _profile(name: Any, folder: Path | None, problems: list[Problem]) -> Profile | None:
    if not isinstance(name, str) or not name:
        return None
    try:
        return Profile.load(name.removesuffix(".yaml"), search=folder)
    except ECertError as error:
        problems.append(Problem("mapping.no_such_profile", "profile", error.code))
    except ExceptionGroup as group:
        detail = "; ".join(str(error) for error in group.exceptions)
        problems.append(Problem("mapping.no_such_profile", "profile", detail))
    return None


def _rules(body: Mapping[str, Any], problems: list[Problem]) -> Iterable[Rule]:
    tables = body.get("tables") or {}
    sections: list[tuple[str, Any]] = [("region", body.get("region"))]
    for section in ("fields", "issuer", "terms", "metadata", "checks"):
        members = body.get(section)
        if isinstance(members, Mapping):
            sections += [(f"{section}.{name}", raw) for name, raw in members.items()]
    for target, raw in sections:
        if isinstance(raw, Mapping):
            yield _rule(target, raw, tables, problems)


def _rule(
    target: str, raw: Mapping[str, Any], tables: Mapping[str, Any], problems: list[Problem]
) -> Rule:
    columns, constant = tuple(raw.get("from") or ()), raw.get("constant")
    if bool(columns) == (constant is not None):
        problems.append(Problem("mapping.rule_source", target))
    if constant is not None and raw.get("steps"):
        problems.append(Problem("mapping.constant_steps", target))
    return Rule(
        target=target,
        columns=columns,
        join=raw.get("join") or "",
        steps=steps_of(raw.get("steps") or [], target, tables=tables, problems=problems),
        constant=constant,
        default=raw.get("default"),
        optional=bool(raw.get("optional")),
        kind=raw.get("kind") or "",
    )


def _against(profile: Profile, rules: tuple[Rule, ...]) -> list[Problem]:
    """Return what the rules ask of the type that it does not have, and the other way round."""
    targets = {rule.target for rule in rules}
    problems = [
        Problem("mapping.no_such_field", target, profile.id)
        for target in sorted(targets)
        if target.startswith("fields.") and target.removeprefix("fields.") not in profile.fields
    ]
    problems += [
        Problem("mapping.field_not_mapped", f"fields.{name}", spec.zh)
        for name, spec in profile.fields.items()
        if spec.required and f"fields.{name}" not in targets
    ]
    problems += [
        Problem("mapping.bound_to_field", ORIGINS[element], f"fields.{name}")
        for element, name in profile.bindings.items()
        if ORIGINS.get(element) in targets
    ]
    table = metadata_table()
    free = set(table.elements) - _MINTED - set(table.copy_only)
    problems += [
        Problem("mapping.no_such_element", target, ", ".join(sorted(free)))
        for target in sorted(targets)
        if target.startswith("metadata.") and target.removeprefix("metadata.") not in free
    ]
    return problems
