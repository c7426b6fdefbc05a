"""Wrong ways to compute an 电子证照标识 check character, met in public code or one slip away.

Used by ``ecid.diagnose`` to say which slip produced a wrong character. A match is evidence, not
proof: any rule hits a random character once in 36. Right rule: hybrid MOD 37,36 over type + issuer
+ serial + version (GB/T 36904).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ecert.ids.checkdigit import ALNUM, hybrid_mod37_36

__all__ = ["Parts", "Rule", "wrong_rules"]

_M = 36
_UUID = 32
_HEX = frozenset("0123456789ABCDEF")


@dataclass(frozen=True, slots=True)
class Parts:
    """The four covered parts, normalised, and the serial as it was written."""

    type_code: str
    issuer_code: str
    serial: str
    version: str
    written_serial: str

    @property
    def text(self) -> str:
        """The text that the check character covers."""
        return self.type_code + self.issuer_code + self.serial + self.version


@dataclass(frozen=True, slots=True)
class Rule:
    """A named wrong rule and the characters that it gives."""

    name: str
    gives: frozenset[str]


def wrong_rules(parts: Parts, root: str) -> Iterator[Rule]:
    """Yield the wrong rules, the ones met most often first."""
    dotted = f"{parts.type_code}.{parts.issuer_code}.{parts.serial}.{parts.version}"
    short = str(int(parts.version))
    yield _rule("letters_from_11", [_letters_from_11(parts.text), _letters_reduced(parts.text)])
    yield _rule("root_included", [hybrid_mod37_36(root.replace(".", "") + parts.text)])
    yield _rule("dots_included", _with_foreign(dotted))
    yield _rule("root_and_dots_included", _with_foreign(f"{root}.{dotted}"))
    yield _rule("version_unpadded", [hybrid_mod37_36(parts.text[: -len(parts.version)] + short)])
    yield _rule("serial_not_normalised", _as_written(parts))
    yield _rule("check_of_other_version", _other_versions(parts))
    yield _rule("version_left_out", [hybrid_mod37_36(parts.text[: -len(parts.version)])])
    yield _rule("modulus_is_length", [_modulus_is_length(parts.text)])
    yield _rule("mod_37_2", [_mod37_2(parts.text)])


def _rule(name: str, characters: list[str]) -> Rule:
    return Rule(name, frozenset(c for c in characters if c))


def _hybrid(text: str, value: Callable[[str], int]) -> int:
    product = _M
    for char in text:
        product = ((product + value(char)) % _M or _M) * 2 % (_M + 1)
    return product


def _from_11(char: str) -> int:
    return ALNUM.index(char) + (0 if char.isdigit() else 1)


def _letters_from_11(text: str) -> str:
    return ALNUM[(_M + 1 - _hybrid(text, _from_11)) % _M]


def _letters_reduced(text: str) -> str:
    """Letters from 11, an extra reduction before the modulus, and a result counted from 1."""
    product = _M
    for char in text:
        value = _from_11(char)
        total = product + value
        if value > 10 and total > _M + 1:  # noqa: PLR2004 - as in the code it was met in
            total %= _M + 1
        product = (total % _M or _M) * 2 % (_M + 1)
    return ALNUM[_M - product]


def _with_foreign(text: str) -> list[str]:
    """Compute with foreign characters counted as -1 (a failed search) or as 0."""
    finds: tuple[Callable[[str], int], ...] = (ALNUM.find, lambda c: max(0, ALNUM.find(c)))
    return [ALNUM[(_M + 1 - _hybrid(text, find)) % _M] for find in finds]


def _as_written(parts: Parts) -> list[str]:
    """Compute over the serial as written, or as a UUID is usually printed."""
    serial = parts.serial
    spellings = {parts.written_serial}
    if len(serial) == _UUID and set(serial) <= _HEX:
        dashed = "-".join((serial[:8], serial[8:12], serial[12:16], serial[16:20], serial[20:]))
        spellings |= {dashed, dashed.lower(), serial.lower()}
    found: list[str] = []
    for spelling in sorted(spellings - {serial}):
        text = parts.type_code + parts.issuer_code + spelling + parts.version
        found.append(_with_foreign(text)[0])
    return found


def _other_versions(parts: Parts) -> list[str]:
    """Compute for the version before or the first one: kept when the version rose."""
    number = int(parts.version)
    base = parts.text[: -len(parts.version)]
    return [hybrid_mod37_36(f"{base}{v:03}") for v in sorted({1, number - 1} - {0, number})]


def _modulus_is_length(text: str) -> str:
    """Take the text's length for the modulus 36; empty where the result is past the alphabet."""
    modulus = product = len(text)
    for char in text:
        product = ((product + ALNUM.index(char)) % modulus or modulus) * 2 % (modulus + 1)
    return ALNUM[modulus - product : modulus - product + 1]


def _mod37_2(text: str) -> str:
    """Compute the pure system MOD 37-2 of the same standard; empty for its 37th character."""
    total = 0
    for char in text:
        total = (total + ALNUM.index(char)) * 2 % (_M + 1)
    return ALNUM[(_M + 2 - total) % (_M + 1) :][:1]
