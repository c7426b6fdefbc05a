"""A certificate type as data: its fields, rules, identifier parts and printed face.

A profile is one YAML file (profile_spec.py says what it may hold). Every problem in a file is
reported at once. The code knows no type by name; a type code that is not known is None, never
invented.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ecert.crypto.digest import digest
from ecert.limits import Limits
from ecert.model.fields import FieldSpec, display_date, display_value
from ecert.model.rules import RuleUse

if TYPE_CHECKING:
    from ecert.model.certificate import Certificate

__all__ = ["Face", "FaceRow", "Profile", "RowSpec", "ValidityRule"]


class FaceRow(NamedTuple):
    """One printed line: the field (or name of the line), its label and the exact text printed."""

    field: str
    label: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSpec:
    """How one line of the face is made: one field, or start and end of a period."""

    id: str
    fields: tuple[str, ...]
    label: str = ""
    format: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """The printed face: template file, heading, page and lines in order; pictures are image fields."""

    template: str
    title: str
    size: str
    orientation: str
    language: str
    rows: tuple[RowSpec, ...]
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidityRule:
    """Which ends of validity a certificate states: ``required``, ``optional`` or ``absent``."""

    start: str
    end: str
    long_term: bool
    years: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A certificate type.

    Args:
        id: name of the type and of its file. name_zh, name_en: what people call it.
        status: active, draft or withdrawn. version: of the file. source: where the fields were
            learnt.
        type_code: 21 characters, or None when unknown; then an issuer states one when minting.
        holder_category, holder_code_types: who may hold it; the first code type is the default.
        serial: ``number`` or ``given``. fields: by name, in order.
        bindings: metadata element to the field it equals. face: how it looks.
        sha256: of the file, to be named in reports.

    """

    id: str
    name_zh: str
    name_en: str
    status: str
    version: str
    source: str
    type_code: str | None
    type_code_confidence: str | None
    type_code_source: str
    holder_category: str
    holder_code_types: tuple[str, ...]
    serial: str
    validity: ValidityRule
    fields: Mapping[str, FieldSpec]
    bindings: Mapping[str, str]
    rules: tuple[RuleUse, ...]
    face: Face
    sha256: str

    @classmethod
    def parse(cls, data: bytes, *, name: str = "profile", limits: Limits | None = None) -> Profile:
        """Return the profile described by YAML.

        Args:
            data: the YAML text.
            limits: of size and depth.
            name: what messages call the source, e.g. its file name.

        Raises:
            ExceptionGroup: of ProfileError, one for every problem, each with its path in the file.

        """
        from ecert.model.profile_build import build

        return cls(**build(data, name, limits), sha256=digest("sha256", data).hex())

    @classmethod
    def load(
        cls, name_or_path: str | Path, *, search: Path | Iterable[Path] | None = None
    ) -> Profile:
        """Return a profile by name (folders of ``search`` first, then the shipped ones) or by path.

        Raises:
            ProfileError: no such profile, or it cannot be read.
            ExceptionGroup: of ProfileError, when the file is unusable.

        """
        from ecert.model.library import open_profile

        return open_profile(name_or_path, search=search)

    def personal_fields(self) -> tuple[str, ...]:
        """Return the names of fields about a natural person; outputs mask them (L26)."""
        return tuple(name for name, spec in self.fields.items() if spec.personal)

    def personal_metadata(self) -> tuple[str, ...]:
        """Return the metadata elements that are personal for this type; outputs mask them (L26)."""
        from ecert.model.metadata import metadata_table

        bound = {e for e, name in self.bindings.items() if self.fields[name].personal}
        if self.is_personal():
            bound |= metadata_table().holder | {"certificateIdentifier", "certificateNumber"}
        return tuple(sorted(bound))

    def is_personal(self) -> bool:
        """Whether holders may be natural persons: holder metadata and ECID are personal then."""
        return self.holder_category != "legal_person"

    def face_rows(self, certificate: Certificate) -> tuple[FaceRow, ...]:
        """Return the lines of the face, in order; a line whose fields are all absent is left out.

        A verifier compares the text of a face with exactly these strings (L8).
        """
        rows = []
        for row in self.face.rows:
            present = [name for name in row.fields if _filled(certificate.fields.get(name))]
            if present:
                text = self._row_text(row, certificate.fields)
                rows.append(FaceRow(row.id, self._label(row, certificate.fields), text))
        return tuple(rows)

    def _label(self, row: RowSpec, values: Mapping[str, Any]) -> str:
        spec = self.fields[row.fields[0]]
        named = spec.label_from
        if not row.label and named and _filled(values.get(named)):
            return display_value(self.fields[named], values[named])
        return row.label or spec.zh

    def _row_text(self, row: RowSpec, values: Mapping[str, Any]) -> str:
        if len(row.fields) == 1:
            name = row.fields[0]
            return display_value(self.fields[name], values[name], row.format)
        dots = row.format == "period_dots"
        style = "date_dots" if dots else "date_zh"
        start, end = (
            display_date(str(values[name]), style) if _filled(values.get(name)) else ""
            for name in row.fields
        )
        if not end:
            return f"{start} 起"
        if not start:
            return f"至 {end}"
        return f"{start}-{end}" if dots else f"{start} 至 {end}"


def _filled(value: Any) -> bool:
    return value is not None and value not in ("", [], ())
