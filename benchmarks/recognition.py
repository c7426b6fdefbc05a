"""Time recognition without explanation: certificates a second where about 10 of 500 rules speak, and impact.

python benchmarks/recognition.py                 10,000 certificates, 31 provinces, 60 types, 496 rules
python benchmarks/recognition.py --profile       where one decision spends its time

Everything is synthetic. Every certificate is a question of its own: issue dates, holders and fields differ,
so that nothing is answered from memory. Processor time, one process.
"""

from __future__ import annotations

import argparse
import cProfile
import io
import pstats
import random
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from ecert.recognition import Asked, evaluate
from ecert.recognition.asked import Fact
from ecert.recognition.compiled import compile_knowledge
from ecert.recognition.deciding import decide
from ecert.recognition.impact import Impact, impact
from ecert.recognition.matrix import Column, matrix
from ecert.recognition.stored import Stored, read_facts
from ecert.trust.agreement import Agreement, parse_agreement
from ecert.trust.knowledge import Knowledge
from ecert.trust.rule import Rule, parse_rule
from ecert.trust.store import TrustStore

AT = datetime(2026, 6, 1, 4, tzinfo=UTC)
PROVINCES = [
    f"{n}0000"
    for n in (
        11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52,
        53, 54, 61, 62, 63, 64, 65,
    )
]  # fmt: skip
TYPES = [f"11100000MB0143{n:03}R001" for n in range(60)]
MATTERS = ("company.change", "school.entry", "housing.transfer")
RULES_EACH, SPEAKING = 16, 10
BASIS = [{"document": "示例文件", "issuer": "示例机关", "date": "2024-01-01", "clause": "第一条"}]
EXPRESSIONS = (
    "cert.numbers.capital >= {n}",
    "cert.fields.level in ['A', 'B', 'C'] || cert.numbers.capital > {n}",
    "day(t_eval) <= plus_months(cert.issue_date, 240 + {n})",
    "cert.valid_to >= cert.issue_date",
    "cert.kind == 'original' && holder.kind == 'legal_person'",
)


def texts(word: str) -> dict[str, str]:
    return {"zh-CN": f"示例：{word}", "en": f"example: {word}"}


def rule(owner: str, number: int, speaks: bool) -> Rule:  # noqa: FBT001 - one caller
    """Return one of a province's rules; those that do not speak are about another matter."""
    body: dict[str, Any] = {
        "schema": "ecert.rule/1",
        "rule_id": f"AR-{owner}-{number:04}",
        "version": 1,
        "kind": "acceptance",
        "title": texts("规则"),
        "owner": owner,
        "engine": {"name": "ecert.rules", "min_version": "1.0"},
        "data_schema": {"min": 1, "max": 1},
        "applies_to": {
            "relying": [owner],
            "purposes": list(MATTERS) if speaks else ["another.matter"],
        },
        "valid_from": "2024-01-01T00:00:00Z",
        "notice": {"published": "2023-12-01T00:00:00Z"},
        "level": "FAIL",
        "affected_fields": FIELDS[number % len(EXPRESSIONS)],
        "conditions": [
            {
                "id": "first",
                "expression": EXPRESSIONS[number % len(EXPRESSIONS)].format(n=number),
                "messages": {word: texts(word) for word in ("pass", "fail", "unknown")},
            }
        ],
        "on_unknown": "refer",
        "remedy": texts("请核实"),
        "legal_basis": BASIS,
    }
    return replace(parse_rule(body, "rule", sha256=f"{owner}{number:058}"), signed_by=(owner,))


FIELDS = (
    ["cert.numbers.capital"],
    ["cert.fields.level", "cert.numbers.capital"],
    ["t_eval", "cert.issue_date"],
    ["cert.valid_to", "cert.issue_date"],
    ["cert.kind", "holder.kind"],
)


def agreement(relying: str, number: int, **changes: Any) -> Agreement:
    """Return one agreement by which a province accepts a third of the types from all others."""
    body: dict[str, Any] = {
        "agreement_id": f"example.{relying}.{number}",
        "version": "1",
        "title": "示例协议",
        "kind": "multilateral",
        "legal_basis": BASIS,
        "edges": [
            {"relying": relying, "issuing": other, "covers": "subtree"} for other in PROVINCES
        ],
        "scope": {"certificate_types": TYPES[number::3], "matters": list(MATTERS)},
        "effect": "equivalent",
        "status": "enacted",
        "status_start": "2024-01-01T00:00:00+08:00",
        "confidence": "confirmed",
    }
    made = parse_agreement(
        body | changes, "agreement", sha256=f"{relying}{number:058}", origin="operator"
    )
    return replace(made, signed_by=tuple(PROVINCES))


def knowledge() -> Knowledge:
    """Return 93 agreements over 31 provinces, and 496 rules of which 10 speak on each question."""
    return Knowledge(
        origin="bundle",
        agreements=tuple(agreement(p, n) for p in PROVINCES for n in range(3)),
        rules=tuple(rule(p, n, n < SPEAKING) for p in PROVINCES for n in range(RULES_EACH)),
        complete=tuple(PROVINCES),
    )


def certificates(count: int) -> list[Stored]:
    """Return facts of certificates, no two alike."""
    rng = random.Random(20261122)
    made = []
    for number in range(count):
        issued = date(2024, 1, 2) + timedelta(days=rng.randrange(850))
        made.append(
            Stored(
                subject=f"{number:064x}",
                verified_at=AT,
                asked=Asked(
                    relying="",
                    issuing=rng.choice(PROVINCES)[:2] + "0100",
                    type_code=rng.choice(TYPES),
                    issue_date=issued,
                    grade="declared",
                    kind="original",
                    valid_from=issued,
                    valid_to=issued + timedelta(days=3650),
                    holder_kind="legal_person",
                    holder_id_type="001",
                    facts=(
                        Fact("fields.capital", rng.randrange(100, 10_000_000)),
                        Fact("fields.level", rng.choice("ABC")),
                    ),
                    state="valid",
                ),
            )
        )
    return made


def timed(what: str, count: int, started: float) -> None:
    spent = time.process_time() - started
    print(f"{what:<64} {spent:8.2f} s  {1e6 * spent / max(count, 1):8.1f} us each")


def questions(corpus: list[Stored]) -> list[Asked]:
    rng = random.Random(7)
    return [
        replace(s.asked, relying=rng.choice(PROVINCES), matter=rng.choice(MATTERS)) for s in corpus
    ]


def deciding(known: Knowledge, asked: list[Asked]) -> None:
    compiled = compile_knowledge(known)
    first = {one.relying: one for one in asked}.values()
    started = time.process_time()
    rules = sum(len(decide(one, compiled, at=AT).ran) for one in first)
    timed("first decisions: indexes, and every rule that speaks compiled", rules, started)
    started = time.process_time()
    spoke = sum(len(decide(one, compiled, at=AT).ran) for one in asked)
    timed(
        f"decide, {spoke / len(asked):.1f} of {len(known.rules)} rules speak", len(asked), started
    )
    started = time.process_time()
    for one in asked[:500]:
        evaluate(one, known, at=AT)
    timed("evaluate, with explanation", 500, started)


def comparing(known: Knowledge, corpus: list[Stored]) -> None:
    changed = replace(
        known,
        agreements=tuple(
            replace(a, effect="refuse") if a.agreement_id.endswith("000.1") else a
            for a in known.agreements
        ),
        rules=tuple(r for r in known.rules if r.rule_id != "AR-510000-0003"),
    )
    started = time.process_time()
    lines = "".join(s.to_json() + "\n" for s in corpus).encode()
    timed("facts written", len(corpus), started)
    started = time.process_time()
    read = list(read_facts(io.BytesIO(lines)))
    timed("facts read", len(read), started)
    empty = TrustStore.empty()
    sides = replace(empty, knowledge=known), replace(empty, knowledge=changed)
    started, wall = time.process_time(), time.perf_counter()
    found = last(impact(read, *sides, at=AT))
    what = f"impact, a third of the agreements of every region: {found.asked} of {found.questions} asked"
    timed(what, len(read), started)
    print(
        f"{'':<64} {time.perf_counter() - wall:8.2f} s on the clock, {len(found.flips)} kinds of flips"
    )
    one = replace(
        known, agreements=(*known.agreements[:-1], agreement(PROVINCES[-1], 2, effect="refuse"))
    )
    started = time.process_time()
    found = last(impact(read, sides[0], replace(empty, knowledge=one), at=AT))
    timed(f"impact, one agreement: {found.asked} of {found.questions} asked", len(read), started)


def last(steps: Iterator[Impact]) -> Impact:
    return deque(steps, maxlen=1).pop()


def drawing(known: Knowledge) -> None:
    columns = [
        Column(
            label=t,
            asked=Asked(relying="", matter=MATTERS[0], issuing="510100", type_code=t,
                        issue_date=AT.date(), grade="declared"),
        )
        for t in TYPES
    ]  # fmt: skip
    started = time.process_time()
    found = matrix(columns, known, at=AT, until=AT + timedelta(days=366))
    timed(f"matrix of {len(found.cells)} cells", len(found.cells), started)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--profile", action="store_true")
    given = parser.parse_args()
    started = time.process_time()
    known = knowledge()
    timed(f"{len(known.agreements)} agreements and {len(known.rules)} rules read", 1, started)
    corpus = certificates(given.count)
    asked = questions(corpus)
    if given.profile:
        compiled = compile_knowledge(known)
        for one in {one.relying: one for one in asked}.values():
            decide(one, compiled, at=AT)
        watch = cProfile.Profile()
        watch.enable()
        for one in asked:
            decide(one, compiled, at=AT)
        watch.disable()
        pstats.Stats(watch).sort_stats("tottime").print_stats(25)
        return
    deciding(known, asked)
    comparing(known, corpus)
    drawing(known)


if __name__ == "__main__":
    main()
