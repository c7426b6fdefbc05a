"""`ecert id {check,make,diagnose}`: identifiers, each by its own scheme; citizen numbers are masked."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from ecert.commands.console import Console, stop
from ecert.commands.options import common
from ecert.commands.shown import show

if TYPE_CHECKING:
    from ecert.errors import InvalidIdentifier

__all__ = ["ids"]

KINDS = ["uscc", "ecid", "idnumber", "regno", "orgcode", "region"]
_REFUSED = 10
_LABELS = {
    "kind": "种类", "value": "代码", "ok": "正确", "parts": "组成", "registrar": "登记管理部门",
    "category": "机构类别", "region": "行政区划", "org_code": "主体标识", "check": "校验位",
    "region_name": "地区", "region_withdrawn": "已撤销", "region_successors": "现为", "sex": "性别",
    "sequence": "顺序码", "hyphenated": "书写形式", "type_code": "证照类型代码", "serial": "流水号",
    "issuer_code": "颁发机构代码", "version": "版本号", "issuer_conforms": "颁发机构代码合规",
    "code": "原因代码", "stated": "所写校验位", "expected": "应为", "rule": "错误规则",
    "rules": "可能的错误规则", "corrected": "正确写法",
}  # fmt: skip
_PARTS, _OLD_ID = 4, 15


@click.group("id", short_help="check, make, diagnose identifiers · 标识与代码")
def ids() -> None:
    """Unified social credit codes, certificate identifiers, identity numbers and the like."""


def _reader(kind: str) -> Callable[[str], Any]:
    from ecert import ids as values

    readers: dict[str, Callable[[str], Any]] = {
        "uscc": values.USCC.parse,
        "ecid": values.ECID.parse,
        "idnumber": values.IDNumber.parse,
        "regno": values.RegistrationNumber.parse,
        "orgcode": values.OrgCode.parse,
        "region": values.RegionCode.parse,
    }
    return readers[kind]


@ids.command(short_help="check one · 校验")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("value")
@click.option("--reveal", is_flag=True, help="show personal values · 显示个人信息")
@common
def check(console: Console, *, kind: str, value: str, reveal: bool) -> int:
    """Check one identifier and show its parts. Exit: 0 right, 10 wrong."""
    from ecert.errors import InvalidIdentifier

    try:
        found = _reader(kind)(value)
    except InvalidIdentifier as error:
        return _wrong(console, kind, error, reveal=reveal)
    body = {"kind": kind, "value": str(found), "ok": True, "parts": _parts(kind, found)}
    show(console, "ecert.id/1", body, reveal=_plain(kind, reveal=reveal), labels=_LABELS)
    return 0


def _plain(kind: str, *, reveal: bool) -> bool:
    """Whether values of this kind are shown whole: those of bodies and places always (L26)."""
    return reveal or kind not in ("idnumber", "ecid")


def _wrong(console: Console, kind: str, error: InvalidIdentifier, *, reveal: bool) -> int:
    from ecert.report.text import mask

    personal = kind == "idnumber" and not reveal
    value = mask(error.value) if personal else error.value
    expected = None if personal else error.expected
    body = {"kind": kind, "value": value, "ok": False, "code": error.code}
    body |= {"span": list(error.span), "expected": expected}
    if console.is_json:
        show(console, "ecert.id/1", body, reveal=_plain(kind, reveal=reveal), labels=_LABELS)
        return _REFUSED
    start, end = error.span
    params = dict(error.params) | {"value": value, "expected": "*" if personal else error.expected}
    text = console.sentence(error.code, params)
    wide = unicodedata.east_asian_width  # a wide character takes two columns of a terminal
    before = sum(2 if wide(c) in "WF" else 1 for c in value[:start])
    console.emit(f"{text}  [{error.code}]\n  {value}\n  {' ' * before}{'^' * max(1, end - start)}")
    return _REFUSED


def _parts(kind: str, found: Any) -> dict[str, Any]:
    from ecert.ids.region import lookup

    names = {
        "uscc": ("registrar", "category", "region", "org_code", "check"),
        "ecid": ("type_code", "issuer_code", "serial", "version", "check", "issuer_conforms"),
        "idnumber": ("region", "birth_date", "sex", "check"),
        "regno": ("region", "sequence", "check"),
        "orgcode": ("hyphenated", "check"),
        "region": (),
    }[kind]
    parts = {n: v if isinstance(v := getattr(found, n), bool) else str(v) for n in names}
    if kind == "idnumber":
        parts.pop("birth_date")
        parts.pop("check")
    code = str(found) if kind == "region" else parts.get("region")
    region = lookup(code) if isinstance(code, str) else None
    if region is not None:
        parts["region_name"] = region.name
        parts["region_withdrawn"] = region.withdrawn
        parts["region_successors"] = ", ".join(region.successors)
    elif code is not None:
        parts["region_name"] = "-"
    return parts


@ids.command(short_help="make one with its check character · 计算校验位")
@click.argument("kind", type=click.Choice(KINDS[:-1]))
@click.argument("parts", nargs=-1, required=True)
@common
def make(console: Console, *, kind: str, parts: Sequence[str]) -> int:
    """Complete an identifier with its check character.

    uscc: 17 characters; idnumber: 17 digits, or 15 to be upgraded; regno: 14; orgcode: 8;
    ecid: TYPE ISSUER SERIAL VERSION.
    """
    made = _make(kind, parts)
    body = {"kind": kind, "value": str(made), "ok": True}
    if console.is_json:
        show(console, "ecert.id/1", body, reveal=True)
    else:
        console.emit(str(made))
    return 0


def _make(kind: str, parts: Sequence[str]) -> Any:
    from ecert import ids as values
    from ecert.ids import checkdigit

    if kind == "ecid":
        if len(parts) != _PARTS:
            stop("usage.id_parts", kind=kind)
        names = ("type_code", "issuer_code", "serial", "version")
        return values.ECID.create(**dict(zip(names, parts, strict=True)))
    text = parts[0]
    if len(parts) != 1 or not text.isascii():
        stop("usage.id_parts", kind=kind)
    if kind == "idnumber" and len(text) == _OLD_ID:
        return values.IDNumber.upgrade(text)
    size, rule = {
        "uscc": (17, checkdigit.gb32100),
        "idnumber": (17, checkdigit.iso7064_mod11_2),
        "regno": (14, checkdigit.iso7064_mod11_10),
        "orgcode": (8, checkdigit.gb11714),
    }[kind]
    if len(text) != size:
        stop("usage.id_parts", kind=kind)
    try:
        last = rule(text.upper())
    except (ValueError, KeyError, IndexError):
        last = "?"  # the value type names the wrong character
    return _reader(kind)(text.upper() + last)


@ids.command(short_help="say which wrong rule made it · 诊断错误来源")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("value")
@click.option("--reveal", is_flag=True, help="show personal values · 显示个人信息")
@common
def diagnose(console: Console, *, kind: str, value: str, reveal: bool) -> int:
    """Say why an identifier is wrong: for ecid, which known wrong rule produced it. Exit as check."""
    from ecert.errors import InvalidIdentifier

    if kind != "ecid":
        try:
            found = _reader(kind)(value)
        except InvalidIdentifier as error:
            return _wrong(console, kind, error, reveal=reveal)
        body = {"kind": kind, "value": str(found), "ok": True}
        show(console, "ecert.id/1", body, reveal=_plain(kind, reveal=reveal), labels=_LABELS)
        return 0
    from ecert.ids.ecid import diagnose as explain

    told = explain(value)
    body = {
        "kind": kind,
        "value": value,
        "ok": told.ok,
        "code": told.code,
        "stated": told.stated,
        "expected": told.expected,
        "rule": told.rule,
        "rules": list(told.rules),
        "corrected": str(told.corrected) if told.corrected else None,
        "issuer_conforms": told.issuer_conforms,
    }
    show(console, "ecert.id/1", body, reveal=reveal, labels=_LABELS)
    return 0 if told.ok else _REFUSED
