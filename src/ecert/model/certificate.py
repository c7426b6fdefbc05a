"""What one certificate says: a frozen view of its JSON ("ecert.certificate/1"), nothing dropped.

Reading a foreign certificate raises only for what cannot be read at all; whatever else is wrong
comes back as issues. The canonical form covers the whole document, unknown members included, so
nothing in it escapes a digest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ecert.crypto.digest import digest
from ecert.errors import InvalidIdentifier, MalformedInput
from ecert.ids import ECID, LONG_TERM, Validity
from ecert.limits import Limits
from ecert.model.canonical import canonical_bytes, parse_json, pretty_json
from ecert.model.fields import LONG_TERM_TEXT, read_instant
from ecert.model.issue import FieldIssue
from ecert.model.spec import read_day

if TYPE_CHECKING:
    from ecert.model.profile import Profile
    from ecert.model.terms import Annotation, Terms

__all__ = ["FILE_NAME", "SCHEMA", "Certificate", "Copy", "Holder", "Issuer"]

SCHEMA = "ecert.certificate/1"
FILE_NAME = "certificate.json"
_FAMILY = "ecert.certificate/"
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """The issuing authority: name, credit code and (where stated) level."""

    name: str
    code: str
    level: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The holder: name, code and type of the code (table holder_code_type)."""

    name: str
    code: str
    code_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """What an annotated copy may be used for (L10); None where the document does not say.

    Args:
        matter: code of the only matter. creator: who made the copy. cause: the purpose as printed.
        created, expires: instants.

    """

    matter: str | None
    creator: str | None
    cause: str | None
    created: datetime | None
    expires: datetime | None


@dataclass(frozen=True, slots=True, eq=False)
class Certificate:
    """A certificate, original or not; ``document`` is its JSON, deeply frozen.

    Two certificates are equal if their canonical forms are.
    """

    document: Mapping[str, Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "document", _freeze(self.document))

    @classmethod
    def from_json(cls, data: bytes | str, *, limits: Limits | None = None) -> Certificate:
        """Return the certificate in a JSON text.

        Raises:
            MalformedInput: not JSON (``json.*``), or JSON of another kind (``certificate.schema``).

        """
        value = parse_json(data, limits=limits)
        stated = value.get("schema") if isinstance(value, dict) else None
        if stated != SCHEMA:
            shown = stated[:40] if isinstance(stated, str) else "-"
            newer = shown.startswith(_FAMILY)
            raise MalformedInput(
                "certificate.schema_version" if newer else "certificate.schema",
                f"schema {shown!r}, expected {SCHEMA}",
                params={"schema": shown, "expected": SCHEMA},
            )
        return cls(value)

    @classmethod
    def load(cls, path: str | Path, *, limits: Limits | None = None) -> Certificate:
        """Return the certificate in a JSON file; the size is checked before it is read."""
        file, bounds = Path(path), limits or Limits()
        try:
            size = file.stat().st_size
            data = file.read_bytes() if size <= bounds.json_bytes else b""
        except OSError as error:
            raise MalformedInput(
                "certificate.unreadable", f"{file.name}: cannot be read"
            ) from error
        if size > bounds.json_bytes:
            raise MalformedInput(
                "json.too_large",
                f"{file.name}: {size} bytes, limit {bounds.json_bytes}",
                params={"size": size, "limit": bounds.json_bytes},
            )
        return cls.from_json(data, limits=bounds)

    @classmethod
    def create(
        cls,
        profile: Profile,
        *,
        region: str,
        fields: Mapping[str, Any],
        issuer: Issuer,
        terms: Terms | None = None,
    ) -> Certificate:
        """Return a new original with its minted identifier.

        Number, holder, dates and authority come from the fields that the profile binds them to;
        ``terms`` states what no field does. Values may be text, dates, LONG_TERM or identifier
        values.

        Raises:
            ExceptionGroup: of ECertError, one for everything that is wrong.

        """
        from ecert.model.minting import mint

        return mint(profile, region=region, fields=fields, issuer=issuer, terms=terms)

    def annotated_copy(self, annotation: Annotation) -> Certificate:
        """Return a copy of this original for one matter and a limited time (加注件).

        Raises:
            ECertError: this is not an original, or the annotation is incomplete.

        """
        from ecert.model.minting import annotate

        return annotate(self, annotation)

    def to_json(self) -> str:
        """Return the JSON text, members in the document's order; ends with a line feed."""
        return pretty_json(self.document)

    def canonical(self) -> bytes:
        """Return the one canonical byte form."""
        return canonical_bytes(self.document)

    def digest(self, name: str = "sm3") -> bytes:
        """Return the digest of the canonical form."""
        return digest(name, self.canonical())

    @property
    def kind(self) -> str:
        """``original``, ``copy``, ``converted``, ``extract``; or what the document says instead."""
        return _text(self.document.get("kind")) or ""

    @property
    def profile_id(self) -> str | None:
        """Name of the profile the certificate was made with, if it says."""
        return _text(self.document.get("profile"))

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Metadata by English name; empty if the document has none."""
        return _object(self.document.get("metadata"))

    @property
    def fields(self) -> Mapping[str, Any]:
        """Face fields by name; empty if the document has none."""
        return _object(self.document.get("fields"))

    @property
    def ecid_text(self) -> str | None:
        """The identifier as written."""
        return self.metadata_text("certificateIdentifier")

    @property
    def ecid(self) -> ECID | None:
        """The identifier, or None if it is absent or wrong; ``issues`` says which and why."""
        try:
            return ECID(self.ecid_text) if self.ecid_text else None
        except InvalidIdentifier:
            return None

    @property
    def number(self) -> str | None:
        """证照编号."""
        return self.metadata_text("certificateNumber")

    @property
    def version(self) -> str | None:
        """证照版本号."""
        return self.metadata_text("certificateVersion")

    @property
    def type_code(self) -> str | None:
        """证照类型代码."""
        return self.metadata_text("certificateTypeCode")

    @property
    def type_name(self) -> str | None:
        """证照类型名称."""
        return self.metadata_text("certificateTypeName")

    @property
    def issuer_code(self) -> str | None:
        """证照颁发机构代码."""
        return self.metadata_text("certificateIssuingAuthorityCode")

    @property
    def area_code(self) -> str | None:
        """证照所属管辖属地编码."""
        return self.metadata_text("certificateAreaCode")

    @property
    def issuer(self) -> Issuer:
        """The issuing authority as stated; missing parts are empty."""
        return Issuer(
            name=self.metadata_text("certificateIssuingAuthorityName") or "",
            code=self.issuer_code or "",
            level=self.metadata_text("certificateIssuingAuthorityLevel") or "",
        )

    @property
    def holder(self) -> Holder:
        """The holder as stated; missing parts are empty."""
        return Holder(
            name=self.metadata_text("certificateHolderName") or "",
            code=self.metadata_text("certificateHolderCode") or "",
            code_type=self.metadata_text("certificateHolderTypeCode") or "",
        )

    @property
    def issue_date(self) -> date | None:
        """证照颁发日期, if stated and right."""
        return read_day(self.metadata.get("issueDate"))

    @property
    def validity(self) -> Validity | None:
        """The stated period; None if a stated end is no date or lies before the start."""
        start, end = (self.metadata.get(f"certificateValidate{w}") for w in ("Start", "End"))
        first, last = read_day(start), read_day(end)
        if (start and first is None) or (end and end != LONG_TERM_TEXT and last is None):
            return None
        try:
            return Validity(first, LONG_TERM if end == LONG_TERM_TEXT else last)
        except InvalidIdentifier:
            return None

    @property
    def copy(self) -> Copy | None:
        """Limits of an annotated copy, None for every other kind."""
        if self.kind != "copy":
            return None
        return Copy(
            matter=_text(_object(self.document.get("copy")).get("matter")),
            creator=self.metadata_text("certificateCopyCreator"),
            cause=self.metadata_text("certificateCopyCause"),
            created=read_instant(self.metadata.get("certificateCopyCreationTime")),
            expires=read_instant(self.metadata.get("certificateCopyExpiringTime")),
        )

    def metadata_text(self, name: str) -> str | None:
        """Return a metadata element that is a non-empty text, else None."""
        return _text(self.metadata.get(name))

    def issues(self) -> tuple[FieldIssue, ...]:
        """Return what is wrong without knowing the type: structure, metadata, identifier."""
        from ecert.model.validation import certificate_issues

        return certificate_issues(self)

    def validate(
        self, profile: Profile, *, nonconforming: frozenset[str] = frozenset()
    ) -> tuple[FieldIssue, ...]:
        """Return everything wrong, judged by the profile of the type.

        Args:
            profile: of the certificate's type.
            nonconforming: credit codes known to have been issued with a wrong check character.

        """
        from ecert.model.validation import profile_issues

        return (*self.issues(), *profile_issues(self, profile, nonconforming=nonconforming))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Certificate):
            return NotImplemented
        return self.canonical() == other.canonical()

    def __hash__(self) -> int:
        return hash(self.canonical())

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self.to_json(),)


def _restore(text: str) -> Certificate:
    """Rebuild a pickled certificate (process pools need this); it was within limits before."""
    return Certificate(parse_json(text, limits=Limits(json_bytes=len(text) * 4)))


def _freeze(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return MappingProxyType({key: _freeze(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(_freeze(item) for item in value)
    return value


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _object(value: Any) -> Mapping[str, Any]:
    if type(value) is MappingProxyType:
        return value
    return value if isinstance(value, Mapping) else _NOTHING
