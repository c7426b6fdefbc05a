"""统一社会信用代码 (GB 32100-2015): registrar, category, region, organisation code, check.

Refuses wrong length, letters outside the 31-character alphabet, a region that is not digits, and a
wrong check character. A code that was really issued but breaks the scheme enters only through
``USCC.nonconforming`` and stays a different type. The inner organisation code's own check (GB
11714) and the region table are properties, not errors.
"""

from __future__ import annotations

from dataclasses import dataclass

from ecert.errors import InvalidIdentifier
from ecert.ids.checkdigit import ALNUM, USCC_ALPHABET, gb11714, gb32100
from ecert.ids.region import RegionCode
from ecert.ids.text import DIGITS, Scheme, fold

__all__ = ["USCC", "NonconformingUSCC"]

_SCHEME = Scheme("uscc", "unified social credit code")
_SIZE = 18
_NAME = "0-9 A-H J-N P-R T U W X Y"


@dataclass(frozen=True, slots=True, order=True)
class USCC:
    """A unified social credit code that conforms to GB 32100-2015.

    Args:
        text: the 18 characters, upper case.

    """

    text: str

    def __post_init__(self) -> None:
        text = _SCHEME.length(self.text, _SIZE)
        _SCHEME.characters(text, 0, 2, alphabet=USCC_ALPHABET, name=_NAME)
        _SCHEME.characters(text, 2, 8, alphabet=DIGITS, name="0-9")
        _SCHEME.characters(text, 8, _SIZE, alphabet=USCC_ALPHABET, name=_NAME)
        _SCHEME.check(text, gb32100(text[:17]))

    @classmethod
    def parse(cls, text: str) -> USCC:
        """Return the code in typed text: blanks, full-width forms and lower case are allowed."""
        return cls(fold(text).upper())

    @staticmethod
    def nonconforming(text: str) -> NonconformingUSCC:
        """Return a really issued code that breaks the scheme, as its own type.

        A conforming code is refused here, so that no code has two types.
        """
        return NonconformingUSCC(text)

    def __str__(self) -> str:
        return self.text

    @property
    def registrar(self) -> str:
        """登记管理部门代码: 1 机构编制, 5 民政, 9 市场监管, N 农业农村, Y 其他 ..."""
        return self.text[0]

    @property
    def category(self) -> str:
        """机构类别代码 within the registrar."""
        return self.text[1]

    @property
    def region(self) -> RegionCode:
        """登记管理机关行政区划码; 100000 stands for the whole country."""
        return RegionCode(self.text[2:8])

    @property
    def org_code(self) -> str:
        """主体标识码: the nine characters of the organisation code."""
        return self.text[8:17]

    @property
    def org_code_conforms(self) -> bool:
        """Whether the organisation code passes its own check (GB 11714); a warning if not."""
        return self.text[16] == gb11714(self.text[8:16])

    @property
    def check(self) -> str:
        """The check character."""
        return self.text[17]


@dataclass(frozen=True, slots=True, order=True)
class NonconformingUSCC:
    """A code issued in place of a USCC that breaks GB 32100-2015; never equal to a ``USCC``.

    Args:
        text: 18 characters 0-9, A-Z.

    """

    text: str

    def __post_init__(self) -> None:
        text = _SCHEME.length(self.text, _SIZE)
        _SCHEME.characters(text, 0, _SIZE, alphabet=ALNUM, name="0-9 A-Z")
        if _fault_of(text) is None:
            raise _SCHEME.fault("conforms", "conforms, so it is not nonconforming", text)

    def __str__(self) -> str:
        return self.text

    @property
    def fault(self) -> InvalidIdentifier:
        """What is wrong with it, as the error that ``USCC(text)`` raises."""
        found = _fault_of(self.text)
        assert found is not None
        return found


def _fault_of(text: str) -> InvalidIdentifier | None:
    try:
        USCC(text)
    except InvalidIdentifier as error:
        return error
    return None
