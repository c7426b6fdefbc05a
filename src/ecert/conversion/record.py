"""Convert one record: pure, so that every engine gives the same answer for the same row.

No clock, no file, no randomness. A converted certificate is of kind ``converted``, never an
original: conversion gives no authority that the source did not have (L10). It carries a member
``source`` with the digests of the table and of the mapping and the line, so that it can be traced.
Every reason for a rejection is given, not only the first; reasons that merely follow from another
one are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ecert.conversion.diagnostics import Diagnostic, shown
from ecert.conversion.mapping import ORIGINS, RecordMapping, Rule
from ecert.conversion.rows import Record, Source, Unreadable
from ecert.errors import ECertError, InvalidIdentifier
from ecert.ids import CertDate, LongTerm
from ecert.model import Certificate, Holder, Issuer, Profile, Terms, metadata_table
from ecert.model.fields import FieldSpec, check_value
from ecert.model.issue import Cause
from ecert.report import Reason

__all__ = ["Converted", "Record", "Rejected", "convert_record", "origin_of", "reject"]

_IDENTIFIER = "certificateIdentifier"
_IDENTIFIER_PARTS = (
    "certificateTypeCode",
    "certificateNumber",
    "certificateIssuingAuthorityCode",
    "certificateVersion",
)
_TERM_DATES = ("issued", "start", "end")


@dataclass(frozen=True, slots=True)
class Converted:
    """A row that became a certificate."""

    source: Source
    line: int
    certificate: Certificate


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that did not, with every reason."""

    source: Source
    line: int
    diagnostics: tuple[Diagnostic, ...]


def convert_record(record: Record, mapping: RecordMapping) -> Converted | Rejected:
    """Return the certificate of a record, or why there is none."""
    work = _Work(record, mapping)
    values = work.take()
    certificate = work.mint(values)
    work.check(values)
    if certificate is not None:
        work.check_snapshot(certificate)
    if work.found or certificate is None:
        return Rejected(record.source, record.line, tuple(work.found))
    return Converted(record.source, record.line, certificate)


def reject(row: Unreadable) -> Rejected:
    """Return the rejection of a row that could not be read."""
    found = (
        Diagnostic(source=row.source, line=row.line, reason=Reason(cause.code, cause.params))
        for cause in row.causes
    )
    return Rejected(row.source, row.line, tuple(found))


@dataclass(slots=True)
class _Work:
    """One record on its way; ``found`` collects what is wrong, ``guilty`` where."""

    record: Record
    mapping: RecordMapping
    found: list[Diagnostic] = field(default_factory=list)
    guilty: set[str] = field(default_factory=set)

    def take(self) -> dict[str, Any]:
        """Return the values of every target; a target with a cause has none."""
        values: dict[str, Any] = {}
        for rule in self.mapping.rules:
            value = rule.value(self.record.values, self.mapping.missing)
            if isinstance(value, Cause):
                self.blame(rule.target, Reason(value.code, value.params))
            elif value is not None:
                values[rule.target] = list(value) if isinstance(value, tuple) else value
        return values

    def mint(self, values: Mapping[str, Any]) -> Certificate | None:
        """Return the certificate, or None with the reasons noted."""
        mapping = self.mapping
        terms = self._terms(values)
        try:
            made = Certificate.create(
                mapping.profile,
                region=str(values.get("region", "")),
                fields=_section(values, "fields"),
                issuer=Issuer(**{k: str(v) for k, v in _issuer(values).items()}),
                terms=terms,
            )
        except ExceptionGroup as group:
            self._blame_all(group)
            return None
        return self._complete(made, values)

    def _complete(self, made: Certificate, values: Mapping[str, Any]) -> Certificate:
        """Add further metadata, each judged by the metadata table, and the trace to the source."""
        added = _texts(_section(values, "metadata"))
        elements = metadata_table().elements
        for name, value in added.items():
            for cause in check_value(elements[name], value):
                self.blame(f"metadata.{name}", Reason(cause.code, cause.params))
        document = dict(made.document)
        document["metadata"] = {**made.metadata, **added}
        document["source"] = {
            "sha256": self.record.source.sha256,
            "line": self.record.line,
            "mapping": {"id": self.mapping.id, "sha256": self.mapping.sha256},
        }
        return Certificate(document)

    def _terms(self, values: Mapping[str, Any]) -> Terms:
        given = _section(values, "terms")
        for name in _TERM_DATES:
            if name in given:
                given[name] = self._day(f"terms.{name}", given[name])
        holder = {k: str(given.pop(f"holder_{k}", "")) for k in ("name", "code", "code_type")}
        texts: dict[str, Any] = {k: v if k in _TERM_DATES else str(v) for k, v in given.items()}
        return Terms(kind="converted", holder=_holder(holder), **texts)

    def _day(self, target: str, value: Any) -> date | LongTerm | None:
        if isinstance(value, LongTerm) and target == "terms.end":
            return value
        try:
            return CertDate(str(value)).day
        except InvalidIdentifier as error:
            cause = Cause.from_identifier(error)
            self.blame(target, Reason(cause.code, cause.params))
            return None

    def check(self, values: Mapping[str, Any]) -> None:
        """Judge values that the certificate does not carry but the row must have right."""
        for rule in self.mapping.rules:
            if rule.kind and rule.target in values:
                spec = FieldSpec(name=rule.target, zh="", en="", kind=rule.kind)
                value = values[rule.target]
                plain = str(value) if isinstance(value, LongTerm) else value
                for cause in check_value(spec, plain):
                    self.blame(rule.target, Reason(cause.code, cause.params))

    def check_snapshot(self, certificate: Certificate) -> None:
        """Refuse a day of issue after the day on which the table was taken."""
        snapshot, issued = self.mapping.snapshot, certificate.issue_date
        if snapshot is not None and issued is not None and issued > snapshot:
            target = origin_of("issueDate", self.mapping.profile)
            self.blame(target, Reason.of("conversion.after_snapshot", snapshot=str(snapshot)))

    def blame(self, target: str, reason: Reason) -> None:
        """Note a reason about a target."""
        rule = next((r for r in self.mapping.rules if r.target == target), None)
        spec = _spec(target, self.mapping.profile)
        column = " + ".join(rule.columns) if rule else ""
        self.guilty.add(target)
        raw = rule.raw(self.record.values) if rule else ""
        hidden = raw.strip() not in self.mapping.missing and _is_personal(
            target, rule, self.mapping.profile
        )
        self.found.append(
            Diagnostic(
                source=self.record.source,
                line=self.record.line,
                reason=reason,
                field=target,
                column=column,
                label_zh=spec.zh if spec else column,
                label_en=spec.en if spec else column,
                value=shown(raw, personal="yes" if hidden else "unknown"),
            )
        )

    def _blame_all(self, group: ExceptionGroup[Exception]) -> None:
        """Note the errors of a group, the fields' own first, without mere consequences."""
        errors = sorted(_flat(group), key=_after_fields)
        before = len(self.found)
        for error in errors:
            origins = _origins_of(error, self.mapping.profile)
            blamed = self.guilty if _is_metadata(error) else self._own(before)
            if not blamed.intersection(origins):
                self.blame(origins[0], _reason(error))

    def _own(self, before: int) -> set[str]:
        """Return the targets whose value was lost before minting: "missing" there is a consequence."""
        return {diagnostic.field for diagnostic in self.found[:before]}


def _section(values: Mapping[str, Any], section: str) -> dict[str, Any]:
    start = f"{section}."
    return {k.removeprefix(start): v for k, v in values.items() if k.startswith(start)}


def _issuer(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": "", "code": "", **_section(values, "issuer")}


def _texts(values: Mapping[str, Any]) -> dict[str, Any]:
    return {k: str(v) if isinstance(v, LongTerm) else v for k, v in values.items()}


def _holder(parts: Mapping[str, str]) -> Holder | None:
    return Holder(**parts) if any(parts.values()) else None


def _flat(group: ExceptionGroup[Exception]) -> list[ECertError]:
    return [error for error in group.exceptions if isinstance(error, ECertError)]


def _is_metadata(error: ECertError) -> bool:
    return not str(error.params.get("field") or "").startswith("fields.")


def _after_fields(error: ECertError) -> tuple[bool, bool]:
    return _is_metadata(error), str(error.params.get("field")).endswith(_IDENTIFIER)


def origin_of(element: str, profile: Profile) -> str:
    """Return the target that an element of the metadata is made of, e.g. ``fields.uscc``."""
    return _origins(element, profile)[0]


def _origins_of(error: ECertError, profile: Profile) -> tuple[str, ...]:
    place = str(error.params.get("field") or "")
    section, _, name = place.partition(".")
    name = name.split("[")[0].split(".")[0]
    if section == "metadata":
        return _origins(name, profile)
    return (f"{section}.{name}" if name else section,)


def _origins(element: str, profile: Profile) -> tuple[str, ...]:
    """Return the targets an element of the metadata is made of, the likeliest cause first."""
    if element == _IDENTIFIER:
        parts: Iterable[str] = (o for e in _IDENTIFIER_PARTS for o in _origins(e, profile))
        return ("terms.serial", *parts)
    bound = profile.bindings.get(element)
    if bound is not None:
        return (f"fields.{bound}",)
    return (ORIGINS.get(element, f"metadata.{element}"),)


def _reason(error: ECertError) -> Reason:
    """Return the exact cause where an error has one, with the values of its sentence."""
    code = str(error.params.get("cause") or error.code)
    return Reason(code, tuple((k, v) for k, v in error.params.items() if k != "cause"))


def _spec(target: str, profile: Profile) -> FieldSpec | None:
    section, _, name = target.partition(".")
    if section == "fields":
        return profile.fields.get(name)
    if section == "checks":
        return None
    element = name if section == "metadata" else _element(target)
    return metadata_table().elements.get(element)


def _element(target: str) -> str:
    return next((e for e, origin in ORIGINS.items() if origin == target), _IDENTIFIER)


def _is_personal(target: str, rule: Rule | None, profile: Profile) -> bool:
    section, _, name = target.partition(".")
    if section == "fields":
        return name in profile.personal_fields()
    if section == "checks":
        return rule is not None and rule.kind in {"idnumber", "name"}
    return _element(target) in profile.personal_metadata()
