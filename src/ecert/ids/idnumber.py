"""公民身份号码 (GB 11643-1999): region, birth date, order, check; upgrade of 15 digits.

Refuses wrong length or characters, a birth date that is no day of the calendar or before 1800, and
a wrong check character. A birth date in the future is a policy question (the type has no clock);
an unknown region is a property. Residence permits of 港澳台 residents use the same scheme with the
prefixes 810000, 820000, 830000.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ecert.ids import region as regions
from ecert.ids.checkdigit import iso7064_mod11_2
from ecert.ids.dates import calendar_date
from ecert.ids.region import RegionCode
from ecert.ids.text import DIGITS, Scheme, digits_of, fold

__all__ = ["IDNumber", "Sex"]

_SCHEME = Scheme("idnumber", "citizen identity number")
_SIZE = 18
_OLD_SIZE = 15
_FIRST_YEAR = 1800
_CENTENARIANS = frozenset({"996", "997", "998", "999"})
_PERMITS = {"810000": "hong_kong", "820000": "macao", "830000": "taiwan"}


class Sex(StrEnum):
    """GB/T 2261.1 codes that an identity number can state."""

    MALE = "1"
    FEMALE = "2"


@dataclass(frozen=True, slots=True, order=True, repr=False)
class IDNumber:
    """A citizen identity number that conforms to GB 11643-1999; its repr is masked.

    Args:
        text: the 18 characters, ``X`` upper case.

    """

    text: str

    def __post_init__(self) -> None:
        if digits_of(self.text) and len(self.text) == _OLD_SIZE:
            message = "has 15 digits, expected 18: IDNumber.upgrade reads the old form"
            raise _SCHEME.fault("fifteen_digits", message, self.text, expected="18")
        text = _SCHEME.length(self.text, _SIZE)
        _SCHEME.characters(text, 0, 17, alphabet=DIGITS, name="0-9")
        _SCHEME.characters(text, 17, 18, alphabet=DIGITS + "X", name="0-9 X")
        if _birth(text[6:14]) is None:
            message = "characters 7-14 are not a day of the calendar since 1800"
            raise _SCHEME.fault("birth_date", message, text, span=(6, 14), expected="YYYYMMDD")
        _SCHEME.check(text, iso7064_mod11_2(text[:17]))

    @classmethod
    def parse(cls, text: str) -> IDNumber:
        """Return the number in typed text: blanks, full-width forms, a lower-case x allowed."""
        return cls(fold(text).upper())

    @classmethod
    def upgrade(cls, text: str) -> IDNumber:
        """Return the 18-character number of a 15-digit one.

        The century is 19, except for the orders 996 to 999, which were given to persons born in
        18xx.
        """
        old = _SCHEME.length(fold(text), _OLD_SIZE)
        _SCHEME.characters(old, 0, _OLD_SIZE, alphabet=DIGITS, name="0-9")
        century = "18" if old[12:] in _CENTENARIANS else "19"
        body = old[:6] + century + old[6:]
        if _birth(body[6:14]) is None:
            message = f"digits 7-12 are not a day of the calendar in {century}xx"
            raise _SCHEME.fault("birth_date", message, old, span=(6, 12), expected="YYMMDD")
        return cls(body + iso7064_mod11_2(body))

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"IDNumber('{'*' * 14}{self.text[-4:]}')"

    @property
    def region(self) -> RegionCode:
        """Where the number was first given; often a code withdrawn since."""
        return RegionCode(self.text[:6])

    @property
    def region_known(self) -> bool:
        """Whether the region was ever listed, or is a residence permit's prefix."""
        return self.residence_permit is not None or regions.lookup(self.region) is not None

    @property
    def residence_permit(self) -> str | None:
        """``"hong_kong"``, ``"macao"`` or ``"taiwan"`` for a 港澳台居民居住证, else None."""
        return _PERMITS.get(self.text[:6])

    @property
    def birth_date(self) -> date:
        """The birth date."""
        day = _birth(self.text[6:14])
        assert day is not None
        return day

    @property
    def order(self) -> str:
        """顺序码, three digits."""
        return self.text[14:17]

    @property
    def sex(self) -> Sex:
        """Odd orders are given to men, even ones to women."""
        return Sex.MALE if int(self.text[16]) % 2 else Sex.FEMALE

    @property
    def check(self) -> str:
        """The check character."""
        return self.text[17]


def _birth(digits: str) -> date | None:
    day = calendar_date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    return day if day is not None and day.year >= _FIRST_YEAR else None
