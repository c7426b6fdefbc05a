"""电子证照标识 (GB/T 36904): root.type.issuer.serial.version.check, and a diagnosis of wrong ones.

The check character is hybrid MOD 37,36 over type + issuer + serial + version, without root and
dots. Refused: another root, missing parts, characters outside 0-9 A-Z, lengths outside the scheme,
version 000, a wrong check character. An issuer code that is no USCC (6 to 18 characters) is
accepted and named: such identifiers were really issued.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ecert.errors import InvalidIdentifier
from ecert.ids.checkdigit import ALNUM, hybrid_mod37_36
from ecert.ids.ecid_rules import Parts, wrong_rules
from ecert.ids.text import Scheme, digits_of, fold
from ecert.ids.uscc import USCC

__all__ = ["ECID", "ROOT", "Diagnosis", "check_character", "diagnose"]

ROOT = "1.2.156.3005.2"
"""电子证照根代码."""

_SCHEME = Scheme("ecid", "electronic certificate identifier")
_PARTS = ("type_code", "issuer_code", "serial", "version", "check")
_FIRST = len(ROOT.split("."))
_MAX = 200  # metadata column of 证照标识 (ecert-data.md 3.1)
_TYPE = 21
_USCC = 18
_ISSUER_MIN = 6
_VERSION = 3
_UUID = 32


def check_character(type_code: str, issuer_code: str, serial: str, version: str) -> str:
    """Return the check character of four valid parts."""
    return hybrid_mod37_36(type_code + issuer_code + serial + version)


@dataclass(frozen=True, slots=True, order=True)
class ECID:
    """An electronic certificate identifier that conforms to GB/T 36904.

    Args:
        text: the whole identifier with root and dots, upper case.

    """

    text: str

    def __post_init__(self) -> None:
        _validate(self.text)

    @classmethod
    def parse(cls, text: str) -> ECID:
        """Return the identifier in typed text.

        Blanks, full-width forms, lower case and a missing root are allowed.
        """
        plain = fold(text).upper()
        return cls(plain if plain.startswith(ROOT + ".") else f"{ROOT}.{plain}")

    @classmethod
    def create(cls, *, type_code: str, issuer_code: str, serial: str, version: str) -> ECID:
        """Return the identifier of four parts, with its check character."""
        parts = (type_code, issuer_code, serial, version)
        for name, part in zip(_PARTS, parts, strict=False):
            for at, char in enumerate(part):
                if char not in ALNUM:
                    message = f"{name} has U+{ord(char):04X}, expected 0-9 or A-Z"
                    raise _SCHEME.fault("characters", message, part, span=(at, at + 1))
        return cls(".".join((ROOT, *parts, check_character(*parts))))

    def __str__(self) -> str:
        return self.text

    def _part(self, index: int) -> str:
        return self.text.split(".")[_FIRST + index]

    @property
    def type_code(self) -> str:
        """证照类型代码, 21 characters: USCC of the defining body and three digits."""
        return self._part(0)

    @property
    def issuer_code(self) -> str:
        """证照颁发机构代码, a USCC or a nonconforming code."""
        return self._part(1)

    @property
    def serial(self) -> str:
        """流水号."""
        return self._part(2)

    @property
    def version(self) -> str:
        """版本号, three digits from 001."""
        return self._part(3)

    @property
    def check(self) -> str:
        """校验位."""
        return self._part(4)

    @property
    def issuer(self) -> USCC | None:
        """The issuer code as a USCC, or None if it does not conform."""
        return _uscc(self.issuer_code)

    @property
    def issuer_conforms(self) -> bool:
        """Whether the issuer code is a USCC; a warning if not."""
        return self.issuer is not None

    @property
    def type_definer(self) -> USCC | None:
        """The body that defines the type, or None if the type code's prefix is no USCC."""
        return _uscc(self.type_code[:_USCC])

    @property
    def type_code_conforms(self) -> bool:
        """Whether the type code starts with a USCC; a warning for local types."""
        return self.type_definer is not None


def _uscc(text: str) -> USCC | None:
    try:
        return USCC(text)
    except InvalidIdentifier:
        return None


def _validate(text: object) -> None:
    if not isinstance(text, str) or len(text) > _MAX:
        raise _SCHEME.fault("format", f"not a text of at most {_MAX} characters", text)
    _validate_text(text)


@lru_cache(maxsize=64)
def _validate_text(text: str) -> None:
    """Raise for what is no identifier; one that is, is asked for several times in a row."""
    if not text.startswith(ROOT + "."):
        message = f"does not start with {ROOT}."
        raise _SCHEME.fault(
            "root", message, text, span=(0, min(len(ROOT), len(text))), expected=ROOT
        )
    parts = text[len(ROOT) + 1 :].split(".")
    if len(parts) != len(_PARTS):
        message = f"has {len(parts)} parts after the root, expected {len(_PARTS)}"
        raise _SCHEME.fault("format", message, text, expected=str(len(_PARTS)))
    start = len(ROOT) + 1
    for name, part in zip(_PARTS, parts, strict=True):
        _validate_part(text, name, part, start)
        start += len(part) + 1
    _SCHEME.check(text, check_character(*parts[:4]))


def _validate_part(text: str, name: str, part: str, start: int) -> None:
    for at, char in enumerate(part, start):
        if char not in ALNUM:
            message = f"{name} has U+{ord(char):04X}, expected 0-9 or A-Z"
            raise _SCHEME.fault("characters", message, text, span=(at, at + 1), expected="0-9 A-Z")
    expected = {
        "type_code": (len(part) == _TYPE and digits_of(part[_USCC:]), "18 characters and 3 digits"),
        "issuer_code": (_ISSUER_MIN <= len(part) <= _USCC, "a USCC, or 6 to 18 characters"),
        "serial": (bool(part), "at least one character"),
        "version": (_is_version(part), "three digits from 001"),
        "check": (len(part) == 1, "one character"),
    }
    holds, wanted = expected[name]
    if not holds:
        cause = "format" if name == "check" else name
        span = (start, start + len(part))
        raise _SCHEME.fault(cause, f"{name} must be {wanted}", text, span=span, expected=wanted)


def _is_version(part: str) -> bool:
    return len(part) == _VERSION and digits_of(part) and part != "000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Why a text is no identifier.

    Args:
        ok: the text is a conforming identifier.
        stated: check character as written, or None if the text has no such place.
        expected: check character that belongs there once the known slips are undone, or None.
        rule: the most likely wrong rule, or None if none known explains the text.
        rules: every wrong rule that explains it (each hits a random character once in 36).
        code: reason code, or None when ok.
        corrected: the identifier that was meant, if slips of form alone explain the text.
        issuer_conforms: whether the issuer code is a USCC, or None if the text has no such part.

    """

    ok: bool
    stated: str | None = None
    expected: str | None = None
    rule: str | None = None
    rules: tuple[str, ...] = ()
    code: str | None = None
    corrected: ECID | None = None
    issuer_conforms: bool | None = None


def diagnose(text: str) -> Diagnosis:
    """Return whether a text is an identifier, and if not, which known wrong rule produced it.

    Slips of form: ``blanks_or_width``, ``root_missing``, ``lower_case``, ``serial_not_normalised``,
    ``version_unpadded``. Slips of computing: see ``ecert.ids.ecid_rules``.
    """
    code = _code_of(text)
    if code is None:
        good = ECID(text)
        conforms = good.issuer_conforms
        return Diagnosis(ok=True, stated=good.check, expected=good.check, issuer_conforms=conforms)
    undone = _undo(text)
    if undone is None:
        return Diagnosis(ok=False, code=code)
    rules, parts, stated, meant = undone
    if stated != meant.check:
        computed = tuple(r.name for r in wrong_rules(parts, ROOT) if stated in r.gives)
        rules = computed + tuple(slip for slip in rules if slip not in computed)
    return Diagnosis(
        ok=False,
        stated=stated,
        expected=meant.check,
        rule=rules[0] if rules else None,
        rules=rules,
        code=code,
        corrected=meant if stated == meant.check else None,
        issuer_conforms=meant.issuer_conforms,
    )


def _code_of(text: str) -> str | None:
    try:
        ECID(text)
    except InvalidIdentifier as error:
        return error.code
    return None


def _undo(text: str) -> tuple[tuple[str, ...], Parts, str, ECID] | None:
    """Undo the slips of form; None if what remains can be no identifier."""
    slips = []
    plain = fold(text)
    if plain != text:
        slips.append("blanks_or_width")
    if not plain.startswith(ROOT + "."):
        slips.append("root_missing")
    pieces = plain.removeprefix(ROOT + ".").split(".")
    if len(pieces) != len(_PARTS) or len(plain) > _MAX:
        return None
    type_code, issuer_code, written, number, stated = pieces
    serial = written.upper()
    if len(serial.replace("-", "")) == _UUID:
        serial = serial.replace("-", "")
    if (type_code + issuer_code + stated) != (type_code + issuer_code + stated).upper():
        slips.append("lower_case")
    if serial != written:
        slips.append("serial_not_normalised")
    version = number.zfill(_VERSION)
    if version != number:
        slips.append("version_unpadded")
    parts = Parts(type_code.upper(), issuer_code.upper(), serial, version, written)
    try:
        meant = ECID.create(
            type_code=parts.type_code,
            issuer_code=parts.issuer_code,
            serial=serial,
            version=version,
        )
    except InvalidIdentifier:
        return None
    stated = stated.upper()
    return (tuple(slips), parts, stated, meant) if len(stated) == 1 and stated in ALNUM else None
