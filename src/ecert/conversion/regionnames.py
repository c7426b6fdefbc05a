"""Find the region code (GB/T 2260) for names as legacy tables write them.

``安徽 合肥``, ``安徽省/合肥市`` and ``340100`` all mean 340100: names from the outermost inwards, the
ending (省, 市, 自治区 ...) may be missing. A name that fits several codes is ambiguous, never guessed.
Codes in the newest table win; a withdrawn one is found where no other fits (valid history).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources

from ecert.ids.region import history, under
from ecert.ids.text import digits_of, fold
from ecert.model.codetables import code_table
from ecert.model.issue import Cause

__all__ = ["find_region"]

_BREAKS = re.compile(r"[\s/\\>,，、\-]+")
_ENDINGS = re.compile(
    "(特别行政区|(维吾尔|壮族|回族)?自治区|自治州|地区|省|市|盟|自治县|自治旗|新区|区|县|旗)$"
)
_AUTONOMOUS = ("自治州", "自治县", "自治旗")
_CODE_SIZE = 6
_HEADINGS = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})


def find_region(text: str) -> str | Cause:
    """Return the six digits, or why there are none."""
    found: tuple[str, ...] = ()
    for position, name in enumerate(part for part in _BREAKS.split(text.strip()) if part):
        found = _inside(name, found) if position else _first(name)
        if not found:
            return Cause.of("conversion.region_unknown")
    best = _outermost(found)
    if not best:
        return Cause.of("conversion.region_unknown")
    return best[0] if len(best) == 1 else Cause.of("conversion.region_ambiguous", found=len(best))


def _inside(name: str, above: tuple[str, ...]) -> tuple[str, ...]:
    """Return codes of this name below those above; the same again where a city is its own province."""
    for fitting in _candidates(name):
        below = tuple(c for c in fitting if any(c != a and under(c, a) for a in above))
        same = tuple(c for c in fitting if c in above)
        if below or same:
            return below or same
    return ()


def _first(name: str) -> tuple[str, ...]:
    return next((codes for codes in _candidates(name) if codes), ())


def _candidates(name: str) -> Iterator[tuple[str, ...]]:
    """Yield the codes a part may mean: itself if it is a code, else by names of today, then former."""
    plain = fold(name)
    if digits_of(plain) and len(plain) == _CODE_SIZE:
        yield (plain,) if history(plain) else ()
        return
    for table in _by_name():
        yield _spelled(name, table)


def _spelled(name: str, table: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    for spelling in (name, _short(name), name.removesuffix("州")):
        if spelling in table:
            return table[spelling]
    return ()


def _outermost(codes: tuple[str, ...]) -> tuple[str, ...]:
    """Drop codes that lie below another one; a province comes before all others of its name.

    So 吉林 is the province, not the city in it, and 河南 not a county of Qinghai.
    """
    provinces = tuple(c for c in codes if c.endswith("0000"))
    if provinces:
        return provinces
    return tuple(c for c in codes if not any(c != o and under(c, o) for o in codes))


def _short(name: str) -> str:
    """Return the name without its ending and the peoples that an autonomous division is named for."""
    stem = _ENDINGS.sub("", name)
    if name.endswith(_AUTONOMOUS):
        stem = _peoples().sub("", stem)
    return stem if len(stem) > 1 else name


@lru_cache(maxsize=1)
def _peoples() -> re.Pattern[str]:
    table = code_table("ethnic")
    names = [item.zh for item in table.items.values()] if table else []
    # 族 is left out after long names only (巴音郭楞蒙古自治州): 彭水 does not end with the Shui people.
    forms = [f"{name}族?" if len(name) > 1 else f"{name}族" for name in names]
    return re.compile(f"(?:{'|'.join([*forms, '各族'])})+$")


@lru_cache(maxsize=1)
def _by_name() -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Return two tables, full or shortened name to codes: the names of today, then former ones."""
    data = resources.files("ecert.ids").joinpath("data", "regions.csv")
    rows = csv.DictReader(data.read_text(encoding="utf-8").splitlines())
    found: tuple[dict[str, list[str]], dict[str, list[str]]] = ({}, {})
    for code in dict.fromkeys(row["code"] for row in rows):
        for record in history(code):
            if record.name in _HEADINGS:
                continue
            table = found[1 if record.withdrawn else 0]
            for key in {record.name, _short(record.name)}:
                codes = table.setdefault(key, [])
                if code not in codes:
                    codes.append(code)
    today, former = ({name: tuple(codes) for name, codes in t.items()} for t in found)
    return today, former
