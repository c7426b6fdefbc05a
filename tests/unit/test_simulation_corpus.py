"""Stored facts, the matrix and the impact of new knowledge, held against plain evaluation (D9, D12)."""

from __future__ import annotations

import dataclasses
import io
import json
import random
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ecert.errors import ECertError
from ecert.model import Profile
from ecert.recognition import Asked
from ecert.recognition.asked import Fact
from ecert.recognition.compiled import compile_knowledge
from ecert.recognition.deciding import decide
from ecert.recognition.impact import Impact, impact
from ecert.recognition.matrix import MOST_CELLS, Column, matrix, relying_regions, types_of
from ecert.recognition.stored import LONGEST, BadLine, Stored, read_facts, store
from ecert.trust.deviation import Deviation, parse_deviation
from ecert.trust.issuers import IssuerList, Listing
from ecert.trust.knowledge import Knowledge
from ecert.trust.rule import Rule, parse_rule
from ecert.trust.store import TrustStore
from ecert.verification.case import ListingCase
from recognition_kit import AT, BASE, CARD, LICENCE, agreement, asked, edge

DAY = timedelta(days=1)
SEEN: Counter[Any] = Counter()
KEY = "ab" * 32
ENTRY = ListingCase(
    authority="11350100MB0000000Y",
    name="某局",
    kind="certificate-issuer",
    territory="350100",
    types=(LICENCE,),
    states=(("granted", datetime(2020, 1, 1, tzinfo=UTC), None),),
    assurance="high",
    key=KEY,
)


def word(question: Asked, known: Knowledge, at: datetime = AT) -> str:
    return decide(question, compile_knowledge(known), at=at).outcome


def given(**changes: Any) -> Asked:
    full: dict[str, Any] = {
        "ecid": "1.2.156.3005.2.x",
        "kind": "original",
        "valid_from": date(2024, 2, 29),
        "valid_to": date(2034, 2, 28),
        "holder_kind": "legal_person",
        "holder_id_type": "001",
        "issuer": ENTRY,
        "state": "valid",
        "facts": (
            Fact("fields.name", "示例科技有限公司"),
            Fact("fields.representative", "示例人", personal=True),
            Fact("fields.uscc", "91350100M000100Y43"),
            Fact("fields.address", "示例路"),
            Fact("fields.issue_date", "20240229"),
            Fact("metadata.certificateNumber", "123"),
            Fact("metadata.issueDate", "20240229"),
            Fact("fields.unheard_of", "x"),
        ),
    }
    return asked(**(full | changes))


def line(question: Asked | None = None, subject: str = "0" * 64) -> Stored:
    profile = Profile.load("business_license")
    return store(question or given(), subject=subject, at=AT, profile=profile)


def read(text: str | bytes) -> list[Stored | BadLine]:
    return list(read_facts(io.BytesIO(text if isinstance(text, bytes) else text.encode())))


# -- stored facts ----------------------------------------------------------------------------------


def test_facts_are_read_back_as_they_were_written() -> None:
    for question in (
        given(),
        given(grade="proven", signed_by=AT, long_term=True, valid_to=None),
        Asked(relying="310000", grade="absent"),
        given(issuer=None, state=None, facts=()),
        given(facts=(Fact("fields.issue_date", None, many=("20240101", "20240229")),)),
    ):
        one = line(question)
        assert read(one.to_json() + "\n\n" + one.to_json()) == [one, one]


def test_every_member_of_a_question_is_stored_or_left_out_on_purpose() -> None:
    written = set(json.loads(line().to_json())) - {"schema", "subject", "verified_at"}
    of_the_question = {"relying", "matter", "blocked_by"}
    names_somebody = {"ecid"}
    assert {f.name for f in dataclasses.fields(Asked)} == written | of_the_question | names_somebody


def test_l26_no_name_no_identifier_no_free_text_is_stored() -> None:
    text = line().to_json()
    assert set(json.loads(text)["facts"]) == {"fields.issue_date", "metadata.issueDate"}
    for hidden in ("示例", "91350100M000100Y43", "某局", "1.2.156", "123"):
        assert hidden not in text.replace("1234", "")
    assert store(given(), subject="0" * 64, at=AT, profile=None).asked.facts == ()


def test_l7_data_without_an_issuers_signature_are_not_stored() -> None:
    with pytest.raises(ECertError) as caught:
        line(Asked(relying="310000", blocked_by="issuer.is_signer"))
    assert caught.value.code == "facts.not_proven"


def changed(**changes: Any) -> str:
    return json.dumps(json.loads(line().to_json()) | changes)


@pytest.mark.parametrize(
    "bad",
    [
        "{}",
        "[]",
        "null",
        "{",
        "\ufeff{",
        '{"schema":"ecert.facts/1","schema":"ecert.facts/1"}',
        changed(schema="ecert.facts/2"),
        changed(more=1),
        changed(subject="x"),
        changed(subject="0" * 63),
        changed(verified_at="2024-01-01"),
        changed(issuing="35010"),
        changed(issuing=350100),
        changed(issue_date="20240101"),
        changed(issue_date="2023-02-29"),
        changed(grade="sure"),
        changed(grade="proven"),
        changed(signed_by="2024-01-01T00:00:00Z"),
        changed(holder_kind="robot"),
        changed(long_term="yes"),
        changed(type_code="x" * 257),
        changed(facts=[]),
        changed(facts={"name": "x"}),
        changed(facts={"fields.": "x"}),
        changed(facts={"fields.a": "x" * 257}),
        changed(facts={"fields.a": 1.5}),
        changed(facts={"fields.a": [1]}),
        changed(facts={"fields.a": ["x" * 257]}),
        changed(facts={"fields.a": [["x"]]}),
        changed(facts={"fields.a": ["x"] * 10_000}),
        changed(facts={f"fields.a{n}": 1 for n in range(513)}),
        changed(issuer={"authority": "x"}),
        changed(issuer={"authority": "x", "kind": "certificate-issuer", "states": [["granted"]]}),
        changed(issuer={"authority": "x", "kind": "certificate-issuer", "states": "granted"}),
    ],
)
def test_a_line_that_is_not_exactly_of_the_schema_is_an_error_of_its_own(bad: str) -> None:
    found = read(f"{bad}\n{line().to_json()}\n")
    assert isinstance(found[0], BadLine)
    assert found[0].number == 1
    assert found[1] == line()


def test_hostile_lines_are_bounded() -> None:
    found = read(
        b"\xff\n" + b"x" * (3 * LONGEST) + b"\n" + b"[" * 40_000 + b"\n" + line().to_json().encode()
    )
    assert [type(f) for f in found] == [BadLine, BadLine, BadLine, Stored]
    assert read(b"x" * (LONGEST + 9)) == [BadLine(1, f"longer than {LONGEST} bytes")]


# -- matrix ----------------------------------------------------------------------------------------


def test_d9_every_relying_region_and_type_of_the_knowledge() -> None:
    known = Knowledge(
        agreements=(
            agreement(edges=[edge("310000", "350000"), edge("320100", "350000")]),
            agreement(agreement_id="b", edges=[edge("100000", "510000")], scope_type_names=["x"]),
        )
    )
    assert relying_regions(known) == ("100000", "310000", "320100")
    assert types_of(known) == tuple(sorted((LICENCE, "x")))


@pytest.mark.parametrize("seed", range(12))
def test_d9_until_is_the_first_other_answer_of_an_hourly_scan(seed: int) -> None:
    rng = random.Random(seed)
    made = []
    for number in range(4):
        start = AT + timedelta(hours=rng.randrange(-300, 300))
        end = start + timedelta(hours=rng.randrange(1, 400))
        made.append(
            agreement(
                agreement_id=f"a{number}",
                edges=[edge(rng.choice(["310000", "320000"]), rng.choice(["350000", "350100"]))],
                effect=rng.choice(["equivalent", "equivalent", "refuse", "information-only"]),
                history=[{"status": "enacted", "from": start.isoformat(), "to": end.isoformat()}],
                status=rng.choice(["suspended", "repealed"]),
                status_start=end.isoformat(),
                grandfathering={"mode": "by-evaluation-time"},
            )
        )
    known = Knowledge(agreements=tuple(made))
    question = asked(grade="proven", signed_by=AT - 400 * DAY)
    last = AT + 30 * DAY
    found = matrix([Column(label="x", asked=question)], known, at=AT, until=last)
    for cell in found.cells:
        mine = replace(question, relying=cell.relying)
        first = word(mine, known)
        assert cell.answer.outcome == first
        hours = (AT + timedelta(hours=n) for n in range(30 * 24 + 1))
        other = next((h for h in hours if word(mine, known, h) != first), None)
        yes = first in ("recognised", "recognised_with_conditions")
        assert cell.until == (other if yes else None)


def test_a_matrix_is_bounded() -> None:
    columns = [Column(label="x", asked=asked())] * (MOST_CELLS // 1000 + 1)
    with pytest.raises(ECertError) as caught:
        matrix(columns, Knowledge(), at=AT, until=AT + DAY, regions=["310000"] * 1000)
    assert caught.value.code == "matrix.too_large"


# -- impact ----------------------------------------------------------------------------------------


def trust(known: Knowledge, *lists: IssuerList) -> TrustStore:
    return replace(TrustStore.empty(), knowledge=known, issuer_lists=lists)


def whole(facts: list[Stored | BadLine], old: TrustStore, new: TrustStore, **more: Any) -> Impact:
    *_, last = impact(facts, old, new, at=AT, **more)
    return last


TEXTS = {"zh-CN": "示例", "en": "example"}


def random_rule(rng: random.Random) -> Rule:
    kind, prefix = rng.choice([("acceptance", "AR"), ("invalidation", "IR")])
    owner = rng.choice(["310000", "350000", "350100", "100000"])
    expression = rng.choice(["cert.kind == 'copy'", "cert.kind == 'original'", "cert.ecid == 'x'"])
    made = parse_rule(
        {
            "schema": "ecert.rule/1",
            "rule_id": f"{prefix}-{owner}-{rng.randrange(3)}",
            "version": 1,
            "kind": kind,
            "title": TEXTS,
            "owner": owner,
            "engine": {"name": "ecert.rules", "min_version": "1.0"},
            "data_schema": {"min": 1, "max": 1},
            "applies_to": {"certificate_types": rng.choice([[], [LICENCE]])},
            "valid_from": "2024-01-01T00:00:00Z",
            "notice": {"published": "2023-01-01T00:00:00Z"},
            "level": "FAIL",
            "affected_fields": [expression.partition(" ")[0]],
            "conditions": [
                {
                    "id": "one",
                    "expression": expression,
                    "messages": dict.fromkeys(("pass", "fail", "unknown"), TEXTS),
                }
            ],
            "remedy": TEXTS,
            "legal_basis": BASE["legal_basis"],
        },
        "rule",
        sha256=f"{rng.randrange(16**8):064x}",
    )
    return replace(made, signed_by=(owner,))


def random_deviation(rng: random.Random) -> Deviation:
    division = rng.choice(["310000", "350000", "350100"])
    changes = rng.choice(
        [
            {"exclude": {"matters": ["school.entry"]}},
            {"information_only": True},
            {"accept_also": {"types": [CARD], "matters": ["housing.transfer"]}},
            {"require": ["AR-350000-1"]},
        ]
    )
    made = parse_deviation(
        {
            "schema": "ecert.deviation/1",
            "deviation_id": f"d{rng.randrange(3)}",
            "version": 1,
            "title": "示例",
            "agreement": f"a{rng.randrange(6)}",
            "division": division,
            "allowed_by": BASE["legal_basis"][0],
            "from": "2024-01-01T00:00:00Z",
            "until": "2030-01-01T00:00:00Z",
            "changes": changes,
        },
        "deviation",
        sha256=f"{rng.randrange(16**8):064x}",
    )
    return replace(made, signed_by=(division,))


def random_knowledge(rng: random.Random, other: Knowledge | None = None) -> Knowledge:
    """Return random knowledge, or a change of other knowledge."""
    made = {a.agreement_id: a for a in other.agreements} if other is not None else {}
    rules = {r.rule_id: r for r in other.rules} if other is not None else {}
    local = {d.deviation_id: d for d in other.deviations} if other is not None else {}
    for _ in range(rng.randint(0 if other is not None else 2, 4)):
        name = f"a{rng.randrange(6)}"
        issuing = rng.choice(["350000", "350100", "360000"])
        made[name] = agreement(
            agreement_id=name,
            edges=[edge(rng.choice(["310000", "320000", "100000"]), issuing)],
            scope_certificate_types=[rng.choice([LICENCE, CARD])],
            scope_matters=rng.choice([["company.change"], ["school.entry"], ["*"]]),
            effect=rng.choice(["equivalent", "equivalent", "refuse", "information-only"]),
            conditions=rng.choice([[], [], ["AR-350100-0"]]),
        )
    for _ in range(rng.randrange(3)):
        rule, deviation = random_rule(rng), random_deviation(rng)
        rules[rule.rule_id] = rule
        local[deviation.deviation_id] = deviation
    parties = ("310000", "320000", "350000", "350100", "360000", "100000")
    return Knowledge(
        origin=rng.choice(["folder", "bundle"]) if other is None else other.origin,
        agreements=tuple(replace(a, signed_by=parties) for a in made.values()),
        rules=tuple(rules.values()),
        deviations=tuple(local.values()),
        complete=rng.choice([(), ("310000",)])
        if other is None or rng.random() < 0.2
        else other.complete,
    )


@pytest.mark.parametrize("seed", range(80))
def test_d9_flips_are_those_of_asking_everything(seed: int) -> None:
    rng = random.Random(seed)
    old = random_knowledge(rng)
    new = random_knowledge(rng, old)
    corpus: list[Stored | BadLine] = [
        line(
            given(
                issuing=rng.choice(["350000", "350100", "350200", "360000", "999999"]),
                type_code=rng.choice([LICENCE, CARD, None]),
                profile_id=None,
            ),
            subject=f"{n:064x}",
        )
        for n in range(20)
    ]
    found = whole(corpus, trust(old), trust(new))
    wanted: Counter[tuple[str, ...]] = Counter()
    for stored in corpus:
        assert isinstance(stored, Stored)
        for region in found.regions:
            for matter in found.matters:
                question = replace(stored.asked, relying=region, matter=matter)
                words = [word(question, k) for k in (old, new)]
                if words[0] != words[1]:
                    wanted[
                        (
                            stored.asked.type_code or "",
                            stored.asked.issuing or "",
                            region,
                            matter,
                            *words,
                        )
                    ] += 1
    got = {
        (k.type, k.issuing, k.relying, k.matter, k.before, k.after): f.count
        for k, f in found.flips.items()
    }
    assert got == dict(wanted)
    assert found.questions == len(corpus) * len(found.regions) * len(found.matters)
    assert found.asked <= found.questions
    SEEN["asked"] += found.asked
    SEEN["questions"] += found.questions


def test_the_random_changes_flip_something_and_leave_much_unasked() -> None:
    if not SEEN["questions"]:
        test_d9_flips_are_those_of_asking_everything(3)
    assert 0 < SEEN["asked"] < SEEN["questions"]


def test_d12_flips_by_kind_with_the_first_certificates_as_samples() -> None:
    old = Knowledge(agreements=(agreement(),))
    new = Knowledge(
        agreements=(
            agreement(effect="refuse"),
            agreement(agreement_id="b", edges=[edge("320000", "350000")]),
        )
    )
    corpus: list[Stored | BadLine] = [line(subject=f"{n:064x}") for n in range(5)]
    found = whole([*corpus, BadLine(6, "x")], trust(old), trust(new), samples=2)
    assert (found.certificates, found.bad) == (5, 1)
    assert (found.newly_refused, found.newly_recognised, found.newly_referred) == (5, 5, 0)
    for _, flip in found.sorted_flips():
        assert (flip.count, flip.samples) == (5, [f"{n:064x}" for n in range(2)])
    gone = whole(corpus, trust(old), trust(Knowledge()))
    assert (gone.newly_referred, gone.newly_refused) == (5, 0)
    only = whole(
        corpus, trust(old), trust(new), only=Asked(relying="320000", matter="company.change")
    )
    assert [k.relying for k in only.flips] == ["320000"]


def test_between_regions_that_say_the_same_nothing_is_asked() -> None:
    known = Knowledge(agreements=(agreement(),))
    again = Knowledge(agreements=(agreement(),))
    found = whole([line()], trust(known), trust(again))
    assert (found.questions, found.asked, found.flips) == (1, 0, {})


def listed(state: str) -> IssuerList:
    start = datetime(2020, 1, 1, tzinfo=UTC)
    listing = Listing(
        authority=ENTRY.authority,
        name="x",
        kind=ENTRY.kind,
        territory="350100",
        certificate_types=(LICENCE,),
        spki_sha256=KEY,
        windows=((state, start, None),),
        direct_trust=False,
        assurance="high",
    )
    return IssuerList(
        list_id="l",
        territory="350000",
        version="1",
        issued_at=start,
        next_update=AT + DAY,
        listings=(listing,),
    )


def test_an_issuer_that_a_list_no_longer_names_is_unknown_to_what_reads_it() -> None:
    known = Knowledge(agreements=(agreement(scope_min_assurance="substantial"),))
    old, none = trust(known, listed("granted")), replace(listed("granted"), listings=())
    found = whole([line()], old, trust(known, none))
    assert found.newly_referred == 1
    assert whole([line()], old, trust(known, listed("granted"))).flips == {}
