"""Metadata elements (GB/T 36903 as implemented): English names, short names, flat carriers.

Two naming families exist for one element: English names in catalogues, pinyin short names inside
files (OFD CustomDatas, XMP), with prefix KZ_ for the fields of a type. The table is data. Mirrors
of a certificate in other carriers are compared here name by name (L7: all carriers agree).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from ecert.errors import InvalidIdentifier, ProfileError
from ecert.ids.dates import parse_end
from ecert.model.codetables import CONFIDENCES
from ecert.model.fields import CHARSETS, KINDS, FieldSpec, flat_value
from ecert.model.spec import Flag, Listed, Mapped, Object, Slot, Text, Whole, decode, read_day
from ecert.model.textdata import load_yaml

if TYPE_CHECKING:
    from ecert.model.certificate import Certificate
    from ecert.model.profile import Profile

__all__ = [
    "MetadataTable",
    "compare_flat",
    "from_short_names",
    "metadata_table",
    "to_short_names",
]

_ELEMENT = Object(
    slots={
        "zh": Slot(Text()),
        "kind": Slot(Text(choices=KINDS)),
        "confidence": Slot(Text(choices=CONFIDENCES)),
        "short": Slot(Text(pattern="[A-Z]{2,20}"), required=False, default=""),
        "aliases": Slot(Listed(item=Text()), required=False, default=[]),
        "required": Slot(Flag(), required=False, default=False),
        "holder": Slot(Flag(), required=False, default=False),
        "scope": Slot(Text(choices=("all", "copy")), required=False, default="all"),
        "max_length": Slot(Whole(), required=False, default=0),
        "min_length": Slot(Whole(), required=False, default=0),
        "length": Slot(Whole(), required=False, default=0),
        "charset": Slot(Text(choices=tuple(CHARSETS)), required=False, default=""),
        "table": Slot(Text(), required=False, default=""),
    }
)
_TABLE = Object(
    slots={
        "schema": Slot(Text(choices=("ecert.metadata/1",))),
        "source": Slot(Text()),
        "extension_prefix": Slot(Text()),
        "elements": Slot(Mapped(keys="[a-z][A-Za-z]{0,63}", item=_ELEMENT)),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataTable:
    """The elements by English name, and the way back from every other name.

    Args:
        elements: all elements. copy_only: those that only annotated copies carry.
        holder: those that name the holder, personal where the holder is a natural person.
        names: English name by English name, short name or alias. prefix: of extension fields.

    """

    elements: Mapping[str, FieldSpec]
    copy_only: frozenset[str]
    holder: frozenset[str]
    names: Mapping[str, str]
    prefix: str
    source: str

    def flat_name(self, name: str) -> str:
        """Return the name an element has in flat carriers: the short name, else the English one."""
        return self.elements[name].short or name


@lru_cache(maxsize=1)
def metadata_table() -> MetadataTable:
    """Return the metadata elements shipped with this package."""
    file = resources.files("ecert.model").joinpath("data", "metadata.yaml")
    body, problems = decode(_TABLE, load_yaml(file.read_bytes()))
    if problems:  # the file is ours: a test keeps this branch from ever being taken
        raise ProfileError(problems[0].code, f"metadata.yaml: {problems[0].path}")
    rows: dict[str, dict[str, Any]] = body["elements"]
    elements = {
        name: FieldSpec(
            name=name,
            en=name,
            aliases=tuple(row["aliases"]),
            personal=row["holder"],
            **{k: v for k, v in row.items() if k not in {"aliases", "holder", "scope"}},
        )
        for name, row in rows.items()
    }
    return MetadataTable(
        elements=elements,
        copy_only=frozenset(name for name, row in rows.items() if row["scope"] == "copy"),
        holder=frozenset(name for name, row in rows.items() if row["holder"]),
        names={
            other: spec.name
            for spec in elements.values()
            for other in (spec.name, spec.short, *spec.aliases)
            if other
        },
        prefix=body["extension_prefix"],
        source=body["source"],
    )


def to_short_names(certificate: Certificate, profile: Profile | None = None) -> dict[str, str]:
    """Return the certificate as the flat text map that XMP, CustomDatas and other mirrors carry.

    Metadata come under their short names (English where there is none), metadata this library does
    not know under their own names, fields of the type under ``KZ_`` and their short name. Pictures
    stay out: only the covered JSON carries them. Without a profile there are no fields.
    """
    table = metadata_table()
    flat = {}
    for name, value in certificate.metadata.items():
        spec = table.elements.get(name)
        if spec is not None:
            flat[table.flat_name(name)] = flat_value(spec, value)
        elif isinstance(value, str):
            flat[name] = value
    for spec in profile.fields.values() if profile else ():
        value = certificate.fields.get(spec.name)
        if value is not None and spec.kind != "image":
            flat[extension_name(spec)] = flat_value(spec, value)
    return flat


def extension_name(spec: FieldSpec) -> str:
    """Return the flat name of a field of a type, e.g. ``KZ_XM``."""
    return metadata_table().prefix + (spec.short or spec.name.upper())


def compare_flat(
    certificate: Certificate, flat: Mapping[str, str], profile: Profile | None = None
) -> list[str]:
    """Return the names whose value in ``flat`` is not what the certificate says, in stable order.

    A known name that only ``flat`` has counts as differing: a mirror must not say more than the
    covered data (L7). A name that ``flat`` leaves out does not: real files mirror a part. Names
    nobody knows are not compared. Dates compare as days, so 2024-03-18 equals 20240318.
    """
    table = metadata_table()
    own = to_short_names(certificate, profile)
    extensions = {extension_name(spec) for spec in (profile.fields.values() if profile else ())}
    differing = set()
    for name, value in flat.items():
        element = table.names.get(name)
        known = table.flat_name(element) if element else name
        comparable = element is not None or known in own or known in extensions
        if comparable and not _same(own.get(known), value):
            differing.add(name)
    return sorted(differing)


def _same(ours: str | None, theirs: str) -> bool:
    if ours == theirs:
        return True
    if ours is None or read_day(ours) is None:
        return False
    return _catalogue_date(theirs) == ours


def _catalogue_date(text: str) -> str | None:
    """Return a date in any of the accepted forms as YYYYMMDD or 长期; None for what is no date."""
    try:
        end = parse_end(text)
    except InvalidIdentifier:
        return None
    return end.strftime("%Y%m%d") if isinstance(end, date) else str(end)


def from_short_names(flat: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return (metadata under English names, everything else) of a flat map found in a file.

    Dates written with separators become YYYYMMDD. Where two names of one element are present the
    one that the files use (the short name) wins; a caller that must know compares with
    ``compare_flat``.
    """
    table = metadata_table()
    metadata: dict[str, str] = {}
    rest: dict[str, str] = {}
    for name, value in flat.items():
        element = table.names.get(name)
        if element is None:
            rest[name] = value
        elif element not in metadata or name == table.elements[element].short:
            metadata[element] = _normal(table.elements[element], value)
    return metadata, rest


def _normal(spec: FieldSpec, value: str) -> str:
    if spec.kind in {"date", "date_or_long_term"}:
        return _catalogue_date(value) or value
    return value
