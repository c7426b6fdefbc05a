"""Write tests/vectors/rules/*.json: an expression and facts in; true, false, unknown or a refusal out.

Expected answers are written here by hand from the CEL specification and docs/reference/rule-environment.md,
never taken from a program. ``standard`` cases need nothing but CEL and the environment's own functions
without tables of divisions, so that any implementation can be held against them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

OUT = Path(__file__).resolve().parents[1] / "rules"
FACTS: dict[str, Any] = {
    "cert": {
        "type_code": "11100000MB0143028R001",
        "profile_id": "business_license",
        "issuing": "510100",
        "issue_date": "2024-01-31",
        "valid_from": "2024-01-31",
        "valid_to": "2026-06-01",
        "long_term": False,
        "kind": "original",
        "fields": {
            "name": "示例公司",
            "founded": "20200229",
            "capital": "500",
            "codes": ["A1", "B2"],
            "word": "abc",
        },
    },
    "issuer": {"code": "11510000MB0000000X", "assurance": "substantial", "status_now": "granted"},
    "agreement": {"id": "cy.1", "effect": "equivalent"},
    "relying": {"division": "500103"},
    "t_issue": {
        "earliest": "2024-01-30T16:00:00Z",
        "latest": "2024-01-31T15:59:59Z",
        "grade": "declared",
    },
    "t_eval": "2026-06-01T15:59:59Z",
    "history": {
        "status": [
            {
                "state": "valid",
                "from": "2024-01-31T00:00:00+08:00",
                "to": "2026-01-01T00:00:00+08:00",
            },
            {"state": "suspended", "from": "2026-01-01T00:00:00+08:00"},
        ],
        "issuer": {
            "certificate-issuer": [{"state": "granted", "from": "2020-01-01T00:00:00+08:00"}]
        },
    },
    "codes": {"vehicle": {"A1": "大型客车", "B2": "大型货车"}},
}
T, F, U = "true", "false", "unknown"
TYPE, TEXT, ABSENCE, LARGE = (
    "rule.expression",
    "rule.not_allowed",
    "rule.absence_passes",
    "rule.too_large",
)

LOGIC = [
    ("true", T), ("false", F), ("!false", T), ("true && true", T), ("true && false", F), ("false || true", T),
    ("cert.kind == 'original'", T), ("cert.kind != 'original'", F), ('cert.kind == "original"', T),
    ("holder.kind == 'x'", U), ("!(holder.kind == 'x')", U), ("holder.kind == 'x' && false", F),
    ("false && holder.kind == 'x'", F), ("holder.kind == 'x' && true", U), ("holder.kind == 'x' || true", T),
    ("true || holder.kind == 'x'", T), ("holder.kind == 'x' || false", U), ("!(holder.kind == 'x' && false)", T),
    ("holder.kind == 'x' || matter.code == 'y'", U), ("holder.kind == 'x' ? true : true", U),
    ("true ? true : holder.kind == 'x'", T), ("false ? true : holder.kind == 'x'", U),
    ("holder.kind == holder.kind", U), ("cert.long_term", F), ("!cert.long_term", T),
    ("cert.long_term || cert.valid_to >= day(t_eval)", T), ("cert.kind in ['original', 'copy']", T),
    ("cert.kind in ['copy']", F), ("holder.kind in ['x']", U), ("cert.kind in [holder.kind]", U),
]  # fmt: skip
NUMBERS = [
    ("1 + 2 * 3 == 7", T), ("7 / 2 == 3", T), ("-7 / 2 == -3", T), ("-7 % 2 == -1", T), ("7 % 2 == 1", T),
    ("1 < 2", T), ("2 <= 2", T), ("3 > 4", F), ("-1 >= -1", T), ("1 / 0 == 1", U), ("1 % 0 == 1", U),
    ("1 / 0 == 1 || true", T), ("1 / 0 == 1 && false", F), ("9223372036854775807 == 9223372036854775807", T),
    ("9223372036854775807 + 1 == 0", U), ("-9223372036854775808 - 1 == 0", U),
    ("9223372036854775807 * 2 == 0", U), ("-(-9223372036854775807 - 1) == 0", U),
    ("cert.numbers.capital == 500", T), ("cert.numbers.capital * 2 > 999", T), ("cert.numbers.name == 1", U),
    ("cert.numbers.nothing == 1", U), ("9223372036854775808 == 1", TYPE),
]  # fmt: skip
DATES = [
    ("cert.issue_date == date('2024-01-31')", T), ("cert.issue_date < date('2024-02-01')", T),
    ("cert.issue_date <= date('2024-01-31')", T), ("cert.issue_date > date('2024-01-31')", F),
    ("plus_months(date('2024-01-31'), 1) == date('2024-02-29')", T),
    ("plus_months(date('2023-01-31'), 1) == date('2023-02-28')", T),
    ("plus_months(date('2024-01-31'), 2) == date('2024-03-31')", T),
    ("plus_months(plus_months(date('2024-01-31'), 1), 1) == date('2024-03-29')", T),
    ("plus_months(date('2024-03-31'), -1) == date('2024-02-29')", T),
    ("plus_months(date('2024-08-31'), 6) == date('2025-02-28')", T),
    ("plus_months(date('2024-12-31'), 1) == date('2025-01-31')", T),
    ("plus_months(date('2024-01-31'), 0) == date('2024-01-31')", T),
    ("plus_years(date('2024-02-29'), 1) == date('2025-02-28')", T),
    ("plus_years(date('2024-02-29'), 4) == date('2028-02-29')", T),
    ("plus_years(date('2024-02-29'), -124) == date('1900-02-28')", T),
    ("plus_years(date('2000-02-29'), 100) == date('2100-02-28')", T),
    ("plus_days(date('2024-02-28'), 1) == date('2024-02-29')", T),
    ("plus_days(date('2023-02-28'), 1) == date('2023-03-01')", T),
    ("plus_days(date('2024-01-01'), -1) == date('2023-12-31')", T),
    ("plus_days(date('9999-12-31'), 1) == date('9999-12-31')", U),
    ("plus_months(date('9999-12-31'), 1) == date('9999-12-31')", U),
    ("plus_years(date('2024-01-01'), 9223372036854775807) == date('2024-01-01')", U),
    ("plus_months(date('0001-01-01'), -1) == date('0001-01-01')", U),
    ("day(t_eval) == date('2026-06-01')", T),
    ("day(timestamp('2024-01-31T15:59:59Z')) == date('2024-01-31')", T),
    ("day(timestamp('2024-01-31T16:00:00Z')) == date('2024-02-01')", T),
    ("day(timestamp('2024-02-01T00:00:00+08:00')) == date('2024-02-01')", T),
    ("cert.valid_to >= day(t_eval)", T), ("cert.dates.founded == date('2020-02-29')", T),
    ("plus_years(cert.dates.founded, 6) <= day(t_eval)", T), ("cert.dates.name == date('2020-02-29')", U),
    ("cert.dates.nothing == date('2020-02-29')", U), ("date('2023-02-29') == cert.issue_date", TEXT),
    ("date('20240131') == cert.issue_date", TEXT), ("date(cert.fields.founded) == cert.issue_date", TEXT),
    ("cert.issue_date == '2024-01-31'", TYPE), ("cert.issue_date < t_eval", TYPE),
    ("cert.issue_date == 738916", TYPE), ("cert.issue_date + 1 == cert.issue_date", TYPE),
    ("t_eval < timestamp('2026-06-02T00:00:00+08:00')", T), ("t_issue.latest <= t_eval", T),
    ("t_issue.earliest > t_issue.latest", F), ("timestamp('2024-01-31') == t_eval", TEXT),
    ("timestamp('2024-13-31T00:00:00Z') == t_eval", TEXT), ("t_eval - t_eval == t_eval - t_eval", TYPE),
    ("t_eval.getFullYear() == 2026", TYPE),
]  # fmt: skip
FIELDS = [
    ("cert.fields.name == '示例公司'", T), ("cert.fields.nothing == ''", U), ("cert.fields.word.startsWith('ab')", T),
    ("cert.fields.word.startsWith('b')", F), ("cert.fields.capital == '500'", T),
    ("cert.lists.codes.all(c, c in ['A1', 'B2', 'C1'])", T), ("cert.lists.codes.all(c, c == 'A1')", F),
    ("cert.lists.codes.exists(c, c == 'B2')", T), ("cert.lists.codes.exists(c, c == 'C1')", F),
    ("cert.lists.codes.exists(c, c == 'A1' || holder.kind == 'x')", T),
    ("cert.lists.codes.exists(c, c == 'C1' || holder.kind == 'x')", U),
    ("cert.lists.codes.all(c, c == 'A1' && holder.kind == 'x')", F),
    ("cert.lists.codes.all(c, c == 'A1' || holder.kind == 'x')", U),
    ("size(cert.lists.codes) == 2", T), ("cert.lists.word.exists(c, true)", U),
    ("cert.lists.nothing.all(c, false)", U), ("cert.lists.nothing.all(c, true)", U),
    ("has(cert.fields.name) && cert.fields.name == '示例公司'", T), ("has(cert.fields.nothing)", F),
    ("has(cert.fields.nothing) && cert.fields.nothing == 'x'", F), ("has(cert.valid_to)", T),
    ("has(holder.kind)", F), ("has(holder.kind) || cert.kind == 'original'", T),
    ("!has(holder.kind)", ABSENCE), ("has(holder.kind) == false", ABSENCE),
    ("has(holder.kind) ? true : true", ABSENCE), ("cert.kind == 'copy' ? has(holder.kind) : true", T),
    ("!(!has(holder.kind))", ABSENCE), ("cert.lists.codes.all(c, has(holder.kind))", ABSENCE),
    ("has(cert)", TEXT), ("has(cert.fields)", TEXT), ("has(cert.nothing)", TEXT), ("has(holder.kind.x)", TEXT),
    ("cert.fields == cert.fields", TEXT), ("'name' in cert.fields", TYPE), ("cert.fields['name'] == 'x'", TYPE),
    ("size(cert.fields) == 4", TYPE), ("cert.fields.all(k, true)", TEXT), ("cert.fields.name.x == 'y'", TYPE),
]  # fmt: skip
OWN = [
    ("level_at_least(issuer.assurance, 'low')", T), ("level_at_least(issuer.assurance, 'substantial')", T),
    ("level_at_least(issuer.assurance, 'high')", F), ("level_at_least('very high', 'low')", U),
    ("level_at_least(issuer.assurance, '')", U), ("code_map('vehicle', 'A1') == '大型客车'", T),
    ("code_map('vehicle', 'Z9') == '大型客车'", U), ("code_map('nothing', 'A1') == '大型客车'", U),
    ("code_map(cert.fields.word, 'A1') == 'x'", TEXT), ("status_at(t_issue.latest) == 'valid'", T),
    ("status_at(t_eval) == 'suspended'", T), ("status_at(timestamp('2025-12-31T15:59:59Z')) == 'valid'", T),
    ("status_at(timestamp('2025-12-31T16:00:00Z')) == 'suspended'", T),
    ("status_at(timestamp('2020-01-01T00:00:00Z')) == 'valid'", U),
    ("issuer_service_at('certificate-issuer', t_eval) == 'granted'", T),
    ("issuer_service_at('seal-maker', t_eval) == 'granted'", U),
    ("issuer_service_at('certificate-issuer', timestamp('2019-12-31T15:59:59Z')) == 'granted'", U),
    ("issuer_service_at(cert.kind, t_eval) == 'granted'", TEXT),
]  # fmt: skip
DIVISIONS = [
    ("under(cert.issuing, '510000', t_eval)", T), ("under(cert.issuing, '510100', t_eval)", T),
    ("under(cert.issuing, '500000', t_eval)", F), ("under(cert.issuing, '100000', t_eval)", T),
    ("under('510000', cert.issuing, t_eval)", F), ("under(relying.division, '500000', cert.issue_date)", T),
    ("under('510200', '510000', date('1990-01-01'))", T), ("under('510200', '510000', t_eval)", F),
    ("under('510200', '500000', t_eval)", T), ("under('999999', '510000', t_eval)", U),
    ("under(cert.issuing, '999999', t_eval)", U), ("under('51', '510000', t_eval)", U),
    ("under(holder.id_type, '510000', t_eval)", U), ("under(cert.issuing, '510000')", TYPE),
]  # fmt: skip
REFUSED = [
    ("", TYPE), ("1", TYPE), ("cert", TYPE), ("cert.nothing == 'x'", TYPE), ("nothing == 1", TYPE),
    ("cert.kind == 1", TYPE), ("cert.kind = 'x'", TEXT), ("cert.kind == 'x", TEXT), ("(true", TYPE), ("true)", TYPE),
    ("cert.kind.matches('o.*')", TYPE), ("matches(cert.kind, 'o.*')", TYPE), ("cert.kind.contains('o')", TYPE),
    ("cert.kind.endsWith('l')", TYPE), ("size(cert.kind) == 8", TYPE), ("cert.kind < 'z'", TYPE),
    ("cert.kind + 'x' == 'y'", TYPE), ("[1].map(x, x) == [1]", TYPE), ("[1].filter(x, true) == [1]", TYPE),
    ("[1].exists_one(x, true)", TYPE), ("[1, 'a'] == [1]", TEXT), ("[] == []", TEXT), ("{'a': 1} == {'a': 1}", TEXT),
    ("{}.all(k, true)", TEXT), ("google.protobuf.Timestamp{} == t_eval", TEXT), ("null == null", TEXT),
    ("1.5 < 2.0", TEXT), ("1u == 1u", TEXT), ("0x10 == 16", TEXT), ("1e3 == 1000", TEXT), ("b'a' == b'a'", TEXT),
    ("r'a' == 'a'", TEXT), ("'''a''' == 'a'", TEXT), ("'\\n' == 'x'", TEXT), ("'\\x41' == 'A'", TEXT),
    ("true // && false", TEXT), ("cert.kind == 'a\u202eb'", TEXT), ("cert.kind == 'a\u0000b'", TEXT),
    ("cert.kind == 'a\u200bb'", TEXT), ("cert.kind == 'a\tb'", TEXT), ("tru\u0435", TEXT), ("cert.`kind` == 'x'", TEXT),
    ("cert.?kind == 'x'", TYPE), ("dyn(1) == 1", TYPE), ("type(1) == int", TYPE), ("int('1') == 1", TYPE),
    ("string(1) == '1'", TYPE), ("duration('1s') == duration('1s')", TYPE), ("timestamp(0) == t_eval", TYPE),
    ("now() == t_eval", TYPE), ("math.abs(1) == 1", TYPE), ("cert.lists.codes[0] == 'A1'", TYPE),
    ("[[1], [2]].all(a, [3].all(b, true))", TEXT), ("cert.lists.codes.all(cert, true)", TEXT),
    ("has.cert.kind", TEXT), ("has('x')", TEXT), ("has()", TEXT), ("has", TEXT), ("@result", TEXT),
    ("(" * 25 + "true" + ")" * 25, LARGE), ("true" + " && true" * 400, LARGE),
    ("cert.kind in [" + ", ".join(["'x'"] * 201) + "]", TEXT), ("cert.kind == '" + "a" * 5000 + "'", LARGE),
]  # fmt: skip
DATA = [
    ("a day that the calendar does not have", "cert.issue_date < date('2025-01-01')", {"cert.issue_date": "2024-02-30"}),
    ("a number where a text belongs", "cert.kind == 'original'", {"cert.kind": 1}),
    ("a text where a truth belongs", "cert.long_term", {"cert.long_term": "yes"}),
    ("an instant without a zone", "t_eval > t_issue.latest", {"t_eval": "2026-06-01T00:00:00"}),
    ("a division of five digits", "under(cert.issuing, '510000', date('2025-01-01'))", {"cert.issuing": "51010"}),
    ("an empty text is no value", "cert.kind != 'copy'", {"cert.kind": ""}),
    ("an empty field is no value", "cert.fields.word != 'x'", {"cert.fields.word": ""}),
    ("an empty list is no value", "cert.lists.codes.all(c, c == 'A1')", {"cert.fields.codes": []}),
    ("a list that holds a number", "cert.lists.codes.all(c, c == 'A1')", {"cert.fields.codes": ["A1", 1]}),
    ("half of a character", "cert.kind != 'copy'", {"cert.kind": "\ud800"}),
    ("a field that is no day", "cert.dates.word < date('2025-01-01')", {"cert.fields.word": "20240230"}),
    ("long-term is no day", "cert.dates.word < date('2025-01-01')", {"cert.fields.word": "长期"}),
    ("a number beyond 64 bits", "cert.numbers.word > 0", {"cert.fields.word": "9223372036854775808"}),
]  # fmt: skip


def cases(rows: list[tuple[str, str]], *, standard: bool) -> list[dict[str, Any]]:
    """Return cases of one file, all with the shared facts."""
    return [
        {
            "id": f"{number + 1:03}",
            "expression": expression,
            "expected": expected,
            "standard": standard,
        }
        for number, (expression, expected) in enumerate(rows)
    ]


def faults() -> list[dict[str, Any]]:
    """Return cases in which one value is wrong: unknown, whatever the expression says of it."""
    return [
        {"id": name, "expression": expression, "set": put, "expected": U, "standard": False}
        for name, expression, put in DATA
    ]


def main() -> None:
    """Write the files."""
    files = {
        "logic": cases(LOGIC, standard=True),
        "numbers": cases(NUMBERS, standard=True),
        "dates": cases(DATES, standard=True),
        "fields": cases(FIELDS, standard=True),
        "functions": cases(OWN, standard=True),
        "divisions": cases(DIVISIONS, standard=False),
        "refused": cases(REFUSED, standard=False),
        "data-faults": faults(),
    }
    for name, listed in files.items():
        document = {
            "schema": "ecert.rule-vectors/1",
            "environment": "ecert.rules 1.0",
            "facts": FACTS,
            "cases": listed,
        }
        text = json.dumps(document, ensure_ascii=True, indent=1)
        (OUT / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
