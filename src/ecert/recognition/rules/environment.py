"""The environment that rules are written against, ``ecert.rules`` 1.0 (recognition.md D6), as data.

Everything an expression may name stands here: variables with their types, functions, operators,
macros; a closed list, so what is not here does not compile. The reference page is made from it, and
so is the engine. A value that is not known is absent: reading it is an error, an error is an unknown,
and an unknown never passes. Nothing here imports the CEL engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

__all__ = [
    "COMPARED",
    "FACTS_VERSION",
    "FUNCTIONS",
    "LEVELS",
    "LIMITS",
    "MACROS",
    "NAME",
    "OPERATORS",
    "SOURCES",
    "VARIABLES",
    "VERSION",
    "VIEWS",
    "Function",
    "Overload",
    "Variable",
]

NAME = "ecert.rules"
VERSION = (1, 0)
"""Major and minor: a new function or variable raises the minor, a changed meaning the major."""
FACTS_VERSION = 1
"""Of the variables and their meaning; a rule names the versions it was written for."""
LEVELS = ("low", "substantial", "high")
"""Assurance of issuing processes, lowest first; another word is an unknown."""

LIMITS = MappingProxyType(
    {
        "bytes": 4096,
        "tokens": 600,
        "depth": 24,
        "nodes": 400,
        "list": 200,
        "comprehensions": 1,
        "value": 4000,
        "values": 500,
    }
)
"""Of one expression: UTF-8 bytes, tokens, nested brackets, nodes of the compiled tree, elements of a
written list, nested comprehensions. Of the facts: characters of one text, elements of one list. A
comprehension over 500 values with 400 nodes inside is the most an expression can cost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One name that expressions may read.

    Args:
        type: string, division, bool, date, timestamp, or map<T> whose members are fields of the type.
        personal: masked in traces, and never shown in a rule's messages (L26).
    """

    type: str
    zh: str
    en: str
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Overload:
    """One form of a function: types of its arguments, and of its result."""

    takes: tuple[str, ...]
    gives: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function: its forms, and when its result is unknown.

    Args:
        reads: what it reads beside its arguments, or "".
        literal: places of arguments that must be written out, so that a lint can check them.
        standard: part of CEL itself, not ours.
    """

    forms: tuple[Overload, ...]
    zh: str
    en: str
    unknown_zh: str = ""
    unknown_en: str = ""
    reads: str = ""
    literal: tuple[int, ...] = ()
    standard: bool = False


VARIABLES = MappingProxyType(
    {
        "cert.type_code": Variable(
            type="string", zh="证照类型代码", en="code of the certificate type"
        ),
        "cert.profile_id": Variable(
            type="string", zh="读取所依据的证照类型定义", en="id of the profile it was read under"
        ),
        "cert.ecid": Variable(
            type="string",
            zh="电子证照标识",
            en="identifier of the electronic certificate",
            personal=True,
        ),
        "cert.issuing": Variable(
            type="division", zh="颁发地区划代码", en="division code of the issuing region"
        ),
        "cert.issue_date": Variable(type="date", zh="颁发日期", en="day of issue"),
        "cert.valid_from": Variable(type="date", zh="有效期起始日", en="first day of validity"),
        "cert.valid_to": Variable(
            type="date",
            zh="有效期截止日（含当日）；长期有效时没有此值",
            en="last day of validity, inclusive; absent where it is long-term",
        ),
        "cert.long_term": Variable(
            type="bool", zh="是否注明长期有效", en="whether it says that it is valid long-term"
        ),
        "cert.kind": Variable(
            type="string",
            zh="original、copy、converted、extract 之一",
            en="original, copy, converted or extract",
        ),
        "cert.fields": Variable(
            type="map<string>",
            zh="照面字段，按字段名取文本",
            en="fields of the type, as text, by name",
            personal=True,
        ),
        "cert.dates": Variable(
            type="map<date>",
            zh="同一字段按日期读取",
            en="the same fields, read as dates",
            personal=True,
        ),
        "cert.numbers": Variable(
            type="map<int>",
            zh="同一字段按整数读取",
            en="the same fields, read as whole numbers",
            personal=True,
        ),
        "cert.lists": Variable(
            type="map<list>",
            zh="同一字段按代码列表读取",
            en="the same fields, read as lists of codes",
            personal=True,
        ),
        "issuer.code": Variable(
            type="string", zh="颁发机构统一社会信用代码", en="credit code of the issuing authority"
        ),
        "issuer.name": Variable(
            type="string", zh="颁发机构名称（取自名录）", en="its name, from the issuer list"
        ),
        "issuer.territory": Variable(
            type="division", zh="名录中的所属区划", en="its division in the issuer list"
        ),
        "issuer.status_at_issue": Variable(
            type="string",
            zh="颁发时的名录状态：granted、suspended、withdrawn、ceased",
            en="its state in the list at issue: granted, suspended, withdrawn or ceased",
        ),
        "issuer.status_now": Variable(
            type="string", zh="判断时的名录状态", en="its state in the list at t_eval"
        ),
        "issuer.assurance": Variable(
            type="string",
            zh="颁发流程保证等级：low、substantial、high",
            en="assurance of its issuing process: low, substantial or high",
        ),
        "agreement.id": Variable(type="string", zh="协议编号", en="id of the agreement"),
        "agreement.version": Variable(type="string", zh="协议版本", en="its version"),
        "agreement.kind": Variable(
            type="string",
            zh="national、bilateral、multilateral、unilateral 之一",
            en="national, bilateral, multilateral or unilateral",
        ),
        "agreement.effect": Variable(
            type="string",
            zh="equivalent、accept-with-conditions、information-only、refuse 之一",
            en="equivalent, accept-with-conditions, information-only or refuse",
        ),
        "relying.division": Variable(
            type="division", zh="接收地区划代码", en="division code of the relying region"
        ),
        "matter.code": Variable(type="string", zh="办理事项代码", en="code of the service item"),
        "holder.kind": Variable(
            type="string",
            zh="natural_person 或 legal_person",
            en="natural_person or legal_person",
        ),
        "holder.id_type": Variable(
            type="string", zh="持证主体代码类型", en="type of the holder's code"
        ),
        "t_issue.earliest": Variable(
            type="timestamp", zh="签发时间的最早可能", en="earliest instant of issue"
        ),
        "t_issue.latest": Variable(
            type="timestamp", zh="签发时间的最晚可能", en="latest instant of issue"
        ),
        "t_issue.grade": Variable(
            type="string",
            zh="proven、witnessed、declared、absent 之一",
            en="proven, witnessed, declared or absent",
        ),
        "t_eval": Variable(type="timestamp", zh="判断所依据的时间", en="instant of the question"),
    }
)

VIEWS = MappingProxyType(
    {"cert.fields": "string", "cert.dates": "date", "cert.numbers": "int", "cert.lists": "list"}
)
"""The four ways to read one field; which is right is the rule's to know, a wrong one is unknown."""

SOURCES = ("history.status", "history.issuer", "codes")
"""What functions read beside their arguments: states of the certificate, states of its issuer's
services by kind, code tables of the trust."""

_AT = "接受日期或时间"

FUNCTIONS = MappingProxyType(
    {
        "date": Function(
            forms=(Overload(("string",), "date"),),
            zh="写出一个日历日，例如 date('2024-02-29')",
            en="a calendar day, written out: date('2024-02-29')",
            literal=(0,),
        ),
        "timestamp": Function(
            forms=(Overload(("string",), "timestamp"),),
            zh="写出一个时间，例如 timestamp('2024-02-29T00:00:00+08:00')",
            en="an instant, written out: timestamp('2024-02-29T00:00:00+08:00')",
            literal=(0,),
            standard=True,
        ),
        "day": Function(
            forms=(Overload(("timestamp",), "date"),),
            zh="一个时间所在的北京时间日",
            en="the Asia/Shanghai day of an instant",
        ),
        "plus_days": Function(
            forms=(Overload(("date", "int"), "date"),),
            zh="若干天之后（负数为之前）",
            en="so many days later, or earlier if negative",
            unknown_zh="结果不在 0001 至 9999 年之间",
            unknown_en="the result is outside the years 1 to 9999",
        ),
        "plus_months": Function(
            forms=(Overload(("date", "int"), "date"),),
            zh="若干个月之后的同一日；没有该日时取当月最后一日：1月31日加1个月为2月28日或29日。"
            "总从原日期一次算出",
            en="the same day so many months later, or the last day of that month where there is no "
            "such day: 31 January plus 1 is 28 or 29 February. Counted once, from the day given",
            unknown_zh="结果不在 0001 至 9999 年之间",
            unknown_en="the result is outside the years 1 to 9999",
        ),
        "plus_years": Function(
            forms=(Overload(("date", "int"), "date"),),
            zh="若干年之后的同一日；2月29日在平年取2月28日",
            en="the same day so many years later; 29 February becomes 28 February in a common year",
            unknown_zh="结果不在 0001 至 9999 年之间",
            unknown_en="the result is outside the years 1 to 9999",
        ),
        "under": Function(
            forms=(
                Overload(("string", "string", "timestamp"), "bool"),
                Overload(("string", "string", "date"), "bool"),
            ),
            zh="区划在该时点是否等于上级区划或在其之下；已撤销的代码以全部后继代码为准；"
            f"第三个参数{_AT}",
            en="whether a division is, or lies below, another one at that time; a withdrawn code "
            "stands for all of its successors",
            unknown_zh="任一代码不在区划表中，或其后继不明",
            unknown_en="either code is in no table of divisions, or what followed it is not known",
        ),
        "code_map": Function(
            forms=(Overload(("string", "string"), "string"),),
            zh="按信任数据中的代码对照表换算一个代码",
            en="a code, translated by a code table of the trust",
            unknown_zh="没有该表，或表中没有该代码",
            unknown_en="there is no such table, or the code is not in it",
            reads="codes",
            literal=(0,),
        ),
        "status_at": Function(
            forms=(Overload(("timestamp",), "string"),),
            zh="证照在该时间的状态",
            en="the state of the certificate at an instant",
            unknown_zh="没有状态资料说明该时间",
            unknown_en="no status source speaks of that instant",
            reads="history.status",
        ),
        "issuer_service_at": Function(
            forms=(Overload(("string", "timestamp"), "string"),),
            zh="颁发机构某类服务在该时间的名录状态，例如 "
            "issuer_service_at('certificate-issuer', t_eval)",
            en="the listed state of a service of the issuer at an instant: "
            "issuer_service_at('certificate-issuer', t_eval)",
            unknown_zh="名录没有该类服务，或没有说明该时间",
            unknown_en="the list has no such service, or does not speak of that instant",
            reads="history.issuer",
            literal=(0,),
        ),
        "level_at_least": Function(
            forms=(Overload(("string", "string"), "bool"),),
            zh="等级是否不低于给定等级：low < substantial < high",
            en="whether a level is at least another: low < substantial < high",
            unknown_zh="任一等级不在此列",
            unknown_en="either level is another word",
        ),
        "size": Function(
            forms=(Overload(("list",), "int"),),
            zh="列表的项数；文本没有长度，因为各种实现的算法不同",
            en="entries of a list; not of a text, which implementations count differently",
            standard=True,
        ),
        "startsWith": Function(
            forms=(Overload(("string", "string"), "bool"),),
            zh="文本是否以另一文本开头，写作 a.startsWith(b)",
            en="whether a text begins with another, written a.startsWith(b)",
            standard=True,
        ),
    }
)

COMPARED = ("int", "timestamp", "date")
"""Types that have an order; texts have none, so codes and dates cannot be compared as texts."""
OPERATORS = MappingProxyType(
    {
        "!_": "logical_not",
        "_&&_": "logical_and",
        "_||_": "logical_or",
        "_?_:_": "conditional",
        "_==_": "equals",
        "_!=_": "not_equals",
        "@in": "in_list",
        "_+_": "add_int64",
        "_-_": "subtract_int64",
        "_*_": "multiply_int64",
        "_/_": "divide_int64",
        "_%_": "modulo_int64",
        "-_": "negate_int64",
    }
)
"""Operator to its one allowed form in CEL; arithmetic is of whole numbers alone."""
MACROS = ("has", "all", "exists")
"""No map, filter or exists_one: they make lists, or count where a value is missing."""
