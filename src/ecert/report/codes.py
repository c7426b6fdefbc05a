"""Reason codes: one code, one cause; stable names, never translated; texts live in catalog/*.toml.

Each catalogue file holds one area with Chinese and English side by side, so that a missing translation
is visible where it is missing; steps.toml holds the next steps that many codes share. Nothing below the
renderer reads a text.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from string import Formatter
from types import MappingProxyType
from typing import Any

__all__ = ["CodeInfo", "info", "is_known", "near", "places", "registry", "related"]

_RELATED = 5

_FIELDS = {"zh", "en", "zh_next", "en_next", "actor", "clause", "etsi", "next"}
_HEADING = re.compile(r'^\["([^"\n]+)"\]$', re.MULTILINE)
ACTORS = ("clerk", "citizen", "issuer", "admin")


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeInfo:
    """What the catalogue says of one reason code.

    Args:
        code: the code itself. zh, en: the sentence, with ``{placeholders}``.
        zh_next, en_next: the next step, or ``""``. actor: who takes it.
        clause: where the rule stands. etsi: ETSI EN 319 102-1 sub-indication, or ``""``.
        area: catalogue file it came from.
    """

    code: str
    zh: str
    en: str
    zh_next: str = ""
    en_next: str = ""
    actor: str = ""
    clause: str = ""
    etsi: str = ""
    area: str = ""

    def text(self, lang: str) -> str:
        """Return the sentence in ``"zh"`` or ``"en"``."""
        return self.zh if lang == "zh" else self.en

    def next_step(self, lang: str) -> str:
        """Return the next step in ``"zh"`` or ``"en"``, or ``""``."""
        return self.zh_next if lang == "zh" else self.en_next


def placeholders(text: str) -> frozenset[str]:
    """Return the names of the placeholders in one catalogue text."""
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name)


def _entry(area: str, code: str, body: dict[str, Any]) -> CodeInfo:
    extra = set(body) - _FIELDS
    if extra or not {"zh", "en"} <= set(body):
        raise ValueError(f"catalogue {area}: {code}: needs zh and en, unknown {sorted(extra)}")
    step = _steps()[body["next"]] if "next" in body else {}
    if step and "zh_next" in body:
        raise ValueError(f"catalogue {area}: {code}: names a shared step and one of its own")
    shared = {"zh_next": step["zh"], "en_next": step["en"], "actor": step["actor"]} if step else {}
    own = {key: value for key, value in body.items() if key != "next"}
    return CodeInfo(code=code, area=area, **(shared | own))


@lru_cache(maxsize=1)
def _places() -> dict[str, list[str]]:
    file = resources.files("ecert.report").joinpath("places.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


def places(code: str) -> tuple[str, ...]:
    """Return the checks (without index) in which this code has been seen."""
    return tuple(_places().get(code, ()))


def related(code: str) -> tuple[str, ...]:
    """Return codes of the same family, the most similar first."""
    from difflib import get_close_matches

    family = code.split(".", maxsplit=1)[0] + "."
    others = [c for c in registry() if c.startswith(family) and c != code]
    return tuple(get_close_matches(code, others, n=_RELATED, cutoff=0))


def near(text: str) -> tuple[str, ...]:
    """Return the codes that a mistyped one may mean, the most likely first."""
    from difflib import get_close_matches

    asked = text.strip().strip(".").lower()
    inside = [c for c in registry() if asked and asked in c]
    return tuple(
        dict.fromkeys((*get_close_matches(asked, registry(), n=5, cutoff=0.5), *inside[:5]))
    )


@lru_cache(maxsize=1)
def _steps() -> dict[str, dict[str, str]]:
    """Return the next steps that entries share by name."""
    file = resources.files("ecert.report").joinpath("steps.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _areas() -> Iterator[tuple[str, str]]:
    """Return each catalogue file's name and text, in the order of the names."""
    folder = resources.files("ecert.report").joinpath("catalog")
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".toml"):
            yield file.name.removesuffix(".toml"), file.read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def registry() -> MappingProxyType[str, CodeInfo]:
    """Return every known code, by code; read once from the package's catalogue files."""
    found: dict[str, CodeInfo] = {}
    for area, text in _areas():
        for code, body in tomllib.loads(text).items():
            if code in found:
                raise ValueError(f"catalogue {area}: {code} stands in {found[code].area} too")
            found[code] = _entry(area, code, body)
    return MappingProxyType(dict(sorted(found.items())))


@lru_cache(maxsize=1)
def _sources() -> dict[str, tuple[str, str]]:
    """Return each code's area and the text of its entry, not parsed yet.

    One report names a few of several hundred codes: parsing all costs a tenth of a cold command.
    An entry begins at its heading and ends at the next one; the tests hold every entry against
    the files parsed as a whole.
    """
    found: dict[str, tuple[str, str]] = {}
    for area, text in _areas():
        headings = list(_HEADING.finditer(text))
        ends = [heading.start() for heading in headings[1:]] + [len(text)]
        for heading, end in zip(headings, ends, strict=True):
            if heading[1] in found:
                raise ValueError(f"catalogue {area}: {heading[1]} stands in {found[heading[1]][0]}")
            found[heading[1]] = area, text[heading.start() : end]
    return found


def is_known(code: str) -> bool:
    """Whether the catalogue has this code."""
    return code in _sources()


@lru_cache(maxsize=1024)
def info(code: str) -> CodeInfo:
    """Return the catalogue entry of a code; KeyError names an unknown one."""
    area, text = _sources()[code]
    return _entry(area, code, tomllib.loads(text)[code])
