"""What an issuer states beside the face fields, as small values instead of many arguments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from ecert.ids import LongTerm
from ecert.model.certificate import Holder

__all__ = ["Annotation", "Terms"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Terms of one issue; every None is taken from the face fields or the profile.

    Args:
        number: 证照编号. holder: the holder. issued: day of issue. start, end: period of validity.
        type_code: demanded where the profile has none. serial: demanded where the profile says
            given;
            a UUID is written upper case without dashes. version: three digits; a renewal counts up.
        kind: original, or converted for a legacy record.
        previous: identifier that this one replaces.

    """

    number: str | None = None
    holder: Holder | None = None
    issued: date | None = None
    start: date | None = None
    end: date | LongTerm | None = None
    type_code: str | None = None
    serial: str | UUID | None = None
    version: str = "001"
    kind: str = "original"
    previous: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """What an annotated copy is for: matter code, purpose as printed, maker, two instants."""

    matter: str
    cause: str
    creator: str
    created: datetime
    expires: datetime
