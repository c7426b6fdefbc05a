"""组织机构代码 (GB 11714-1997) and 注册号 (GS 15-2006), predecessors of the USCC.

Both refuse wrong length, characters and check character. A USCC is never computed from a 注册号
(ecert-data.md 7): no function here does it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ecert.ids.checkdigit import ALNUM, gb11714, iso7064_mod11_10
from ecert.ids.region import RegionCode
from ecert.ids.text import DIGITS, Scheme, fold

__all__ = ["OrgCode", "RegistrationNumber"]

_ORG = Scheme("orgcode", "organisation code")
_REG = Scheme("regno", "registration number")
_ORG_SIZE = 9
_REG_SIZE = 15


@dataclass(frozen=True, slots=True, order=True)
class OrgCode:
    """An organisation code that conforms to GB 11714.

    Args:
        text: nine characters without the hyphen, upper case.

    """

    text: str

    def __post_init__(self) -> None:
        text = _ORG.length(self.text, _ORG_SIZE)
        _ORG.characters(text, 0, 8, alphabet=ALNUM, name="0-9 A-Z")
        _ORG.characters(text, 8, 9, alphabet=DIGITS + "X", name="0-9 X")
        _ORG.check(text, gb11714(text[:8]))

    @classmethod
    def parse(cls, text: str) -> OrgCode:
        """Return the code in typed text; the hyphen before the check character may be there."""
        plain = fold(text).upper()
        if len(plain) == _ORG_SIZE + 1 and plain[8] == "-":
            plain = plain[:8] + plain[9]
        return cls(plain)

    def __str__(self) -> str:
        return self.text

    @property
    def hyphenated(self) -> str:
        """The printed form, ``D2143569-X``."""
        return f"{self.text[:8]}-{self.text[8]}"

    @property
    def check(self) -> str:
        """The check character."""
        return self.text[8]


@dataclass(frozen=True, slots=True, order=True)
class RegistrationNumber:
    """A business registration number that conforms to GS 15-2006.

    Args:
        text: fifteen digits.

    """

    text: str

    def __post_init__(self) -> None:
        text = _REG.length(self.text, _REG_SIZE)
        _REG.characters(text, 0, _REG_SIZE, alphabet=DIGITS, name="0-9")
        _REG.check(text, iso7064_mod11_10(text[:14]))

    @classmethod
    def parse(cls, text: str) -> RegistrationNumber:
        """Return the number in typed text: blanks and full-width digits are allowed."""
        return cls(fold(text))

    def __str__(self) -> str:
        return self.text

    @property
    def region(self) -> RegionCode:
        """首次登记机关代码: region of the first registration."""
        return RegionCode(self.text[:6])

    @property
    def sequence(self) -> str:
        """顺序码, eight digits."""
        return self.text[6:14]

    @property
    def check(self) -> str:
        """The check digit."""
        return self.text[14]
