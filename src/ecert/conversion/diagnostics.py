"""Why a row was not converted: a coded reason, where it stands, and what a clerk reads of it.

The sentence and the hint come from the one catalogue (report/catalog) and are chosen at render
time. The value shown is masked here, once, when it is about a person (L26).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ecert.conversion.rows import Source
from ecert.errors import InvalidIdentifier
from ecert.ids import IDNumber, RegistrationNumber
from ecert.ids.text import fold
from ecert.report import Reason
from ecert.report.codes import info
from ecert.report.render import sentence
from ecert.report.text import mask, safe_text

__all__ = ["Diagnostic", "looks_personal", "shown"]

_SHOWN = 80
_NUMBER = re.compile(r"(?<!\d)(?:\d{17}[\dXx\uff38\uff58]|\d{15})(?!\d)")
_ANY_FIELD = "field.invalid"
"""Its next step, "check this field", serves where a cause has none of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One thing wrong with one row.

    Args:
        source, line: the row. field: the target, e.g. ``fields.uscc``, or ``""`` for the whole row.
        column: the source columns the value came from. reason: code and values of the sentence.
        label_zh, label_en: what people call the target. value: safe to show, masked if personal.

    """

    source: Source
    line: int
    reason: Reason
    field: str = ""
    column: str = ""
    label_zh: str = ""
    label_en: str = ""
    value: str = ""

    @property
    def code(self) -> str:
        """The reason code."""
        return self.reason.code

    def render(self, lang: str = "en") -> str:
        """Return the sentence in ``"zh"`` or ``"en"``, the field named first."""
        text = sentence(self.reason, lang)
        label = self.label_zh if lang == "zh" else self.label_en or self.field
        known = (name.lower() for name in (self.label_zh, self.label_en) if name)
        if not label or any(name in text.lower() for name in known):
            return text
        return f"{label}：{text}" if lang == "zh" else f"{label}: {text}"

    def hint(self, lang: str = "en") -> str:
        """Return the next step in ``"zh"`` or ``"en"``; never empty."""
        return info(self.code).next_step(lang) or info(_ANY_FIELD).next_step(lang)


def shown(value: str, *, personal: str = "unknown") -> str:
    """Return a cell's text safe to show; masked if ``personal`` is "yes" or it looks like a person's."""
    hidden = personal == "yes" or looks_personal(value)
    text = mask(value.strip()) if hidden and value.strip() else _NUMBER.sub(_masked, value)
    return safe_text(text[:_SHOWN])


def _masked(found: re.Match[str]) -> str:
    """Mask a citizen's number that stands among other words (L26)."""
    return mask(found.group()) if looks_personal(found.group()) else found.group()


def _is_registration(text: str) -> bool:
    """Whether it is a 注册号 whose sequence begins with 0, which no old identity number's year did."""
    try:
        return RegistrationNumber(text).sequence.startswith("0")
    except InvalidIdentifier:
        return False


def looks_personal(value: str) -> bool:
    """Whether a text is a citizen identity number of 15 or 18 characters, in whatever column it stands."""
    plain = fold(value).upper()
    if _is_registration(plain):
        return False
    for read in (IDNumber, IDNumber.upgrade):
        try:
            read(plain)
        except InvalidIdentifier as error:
            # A mistyped number still tells who it is: only length and characters decide otherwise.
            if error.code == "idnumber.check":
                return True
        else:
            return True
    return False
