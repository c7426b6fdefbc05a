"""Registers and cascades: only the owner is heard, nothing revives, every instant is half-open (L12, L19)."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ecert.errors import TrustError
from ecert.ids.uscc import USCC
from ecert.testpki.authority import synthetic_uscc
from ecert.trust.cascade import naming, standing
from ecert.trust.entities import EntityFile, departments, parse_entities
from ecert.verification.cascading import Pressed, certificate_cascade, seal_cascade
from ecert.verification.case import DataCase

LICENCE, PERMIT = "11100000MB0143028R001", "11100000000019141R005"
HERE, THERE = synthetic_uscc("11500103MB0000000"), synthetic_uscc("11510104MB0000000")
FIRM = synthetic_uscc("91500103MA0000001")
T = datetime(2026, 6, 1, 4, tzinfo=UTC)
SECOND = timedelta(seconds=1)
BASIS = {"document": "准予注销登记通知书", "issuer": "示例登记机关", "date": "2026-06-01"}


def z(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def event(ident: str = "e1", kind: str = "deregistered", **members: Any) -> dict[str, Any]:
    when = {} if "at" in members or "day" in members else {"at": z(T)}
    made = {"event_id": ident, "entity": FIRM, "kind": kind, **when, "basis": BASIS, **members}
    return {k: v for k, v in made.items() if v is not None}


def lift(ident: str = "l1", *, at: datetime = T + SECOND, **members: Any) -> dict[str, Any]:
    stated = {"lifts": "e1", "reason": "撤销注销登记"} | members
    return event(ident, "lifted", at=z(at), **stated)


def moved(to: str, *, at: datetime, ident: str = "m1") -> dict[str, Any]:
    return event(ident, "transferred_out", at=z(at), to=to)


def register(code: str = HERE, territory: str = "500000", **members: Any) -> dict[str, Any]:
    plain = {
        "code": code, "name": f"登记机关{territory}", "territories": [territory],
        "departments": ["9"], "licence_types": [LICENCE],
    }  # fmt: skip
    return plain | members


def body(*events: Any, by: Any = None, **members: Any) -> dict[str, Any]:
    return {
        "schema": "ecert.entities/1", "list_id": "entities", "version": "1",
        "issued_at": z(T + timedelta(days=9)), "next_update": z(T + timedelta(days=10)),
        "register": by or register(), "events": list(events), **members,
    }  # fmt: skip


def file(*events: Any, origin: Any = "folder", **members: Any) -> EntityFile:
    return parse_entities(body(*events, **members), "entities/e.json", origin=origin)


def elsewhere(*events: Any, **members: Any) -> EntityFile:
    return file(*events, by=register(THERE, "510000"), **members)


def refused(*events: Any, **members: Any) -> TrustError:
    with pytest.raises(TrustError) as caught:
        file(*events, **members)
    return caught.value


def answer(*files: EntityFile, at: datetime = T, type_code: str = LICENCE, **data: Any) -> str:
    """Return what follows for a certificate of the firm, whatever the order of the files."""
    asked = DataCase(holder_code=FIRM, type_code=type_code, **data)
    (found,) = {certificate_cascade(order, asked, at) for order in permutations(files)}
    return found.effect if found.answer == "event" else found.answer


# When


@pytest.mark.parametrize(
    ("moment", "expected"),
    [(T - SECOND, "none"), (T, "refuse"), (T + SECOND, "refuse"), (T.replace(year=2036), "refuse")],
)
def test_l19_an_event_counts_from_its_second_on(moment: datetime, expected: str) -> None:
    assert answer(file(event()), at=moment) == expected


def test_l12_a_day_is_one_of_shanghai() -> None:
    known = file(event(day="2026-06-01"))
    assert answer(known, at=datetime(2026, 5, 31, 15, 59, 59, tzinfo=UTC)) == "none"
    assert answer(known, at=datetime(2026, 5, 31, 16, 0, 0, tzinfo=UTC)) == "refuse"


def test_l19_an_event_published_later_counts_from_when_it_happened() -> None:
    late = file(event(), issued_at=z(T + timedelta(days=300)))
    assert answer(late) == "refuse"


# What follows


@pytest.mark.parametrize(
    ("kind", "more", "licence", "dependent"),
    [
        ("deregistered", {}, "refuse", "refer"),
        ("deregistered", {"procedure": "simple"}, "refuse", "refer"),
        ("deregistered", {"dependents": "refuse"}, "refuse", "refuse"),
        ("deregistered", {"dependents": "refer"}, "refuse", "refer"),
        ("licence_revoked", {}, "refuse", "refer"),
        ("licence_revoked", {"dependents": "refuse"}, "refuse", "refuse"),
        ("suspended", {}, "refuse", "refer"),
        (
            "deregistration_announced",
            {"procedure": "simple", "announced_until": "2026-06-21"},
            "refer",
            "refer",
        ),
        ("transferred_out", {"to": THERE}, "refuse", "no_register"),
    ],
)
def test_what_follows_for_the_licence_and_for_dependent_ones(
    kind: str, more: dict[str, Any], licence: str, dependent: str
) -> None:
    known = file(event(kind=kind, **more))
    assert answer(known) == licence
    assert answer(known, type_code=PERMIT) == dependent


def test_l19_the_end_of_an_announcement_lifts_nothing() -> None:
    announced = event(
        kind="deregistration_announced", procedure="simple", announced_until="2026-06-21"
    )
    assert answer(file(announced), at=T + timedelta(days=60)) == "refer"
    gone = event("e2", at=z(T + timedelta(days=21)))
    assert answer(file(announced, gone), at=T + timedelta(days=60)) == "refuse"


def test_a_licence_of_the_register_it_moved_to_is_not_the_old_one() -> None:
    known = file(event(kind="transferred_out", to=THERE))
    assert answer(known, elsewhere(), issue_date=date(2026, 5, 31)) == "refuse"
    assert answer(known, elsewhere(), issue_date=date(2026, 6, 1)) == "none"
    assert answer(known, elsewhere()) == "refuse"


def test_another_holder_and_no_holder() -> None:
    known = (file(event()),)
    other = DataCase(holder_code=synthetic_uscc("91500103MA0000002"), type_code=LICENCE)
    assert certificate_cascade(known, other, T).answer == "none"
    assert certificate_cascade(known, DataCase(type_code=LICENCE), T).answer == "no_holder"
    assert certificate_cascade(known, None, T).answer == "no_holder"
    assert certificate_cascade((), other, T).answer == "no_register"


def test_the_case_says_who_when_and_on_what_document() -> None:
    asked = DataCase(holder_code=FIRM, type_code=LICENCE)
    found = certificate_cascade((file(event()),), asked, T)
    assert (found.register_code, found.since, found.kind) == (HERE, T, "deregistered")
    assert found.basis == "准予注销登记通知书 示例登记机关 2026-06-01"
    silent = certificate_cascade((file(),), asked, T)
    assert silent.issued_at == T + timedelta(days=9)


# Who


@pytest.mark.parametrize("territory", ["100000", "500000", "500100", "500103"])
def test_l19_the_register_of_the_division_owns_the_entity(territory: str) -> None:
    assert answer(file(event(), by=register(territory=territory))) == "refuse"
    assert file(event(), by=register(territory=territory), origin="bundle").events


@pytest.mark.parametrize(
    "by",
    [
        register(THERE, "510000"),
        register(territory="500104"),
        register(departments=["1"]),
        register(departments=["5", "N"]),
    ],
)
def test_l19_nobody_else_is_heard(by: dict[str, Any]) -> None:
    stranger = file(event(), by=by)
    assert answer(stranger) == "no_register"
    asked = DataCase(holder_code=FIRM, type_code=LICENCE)
    assert certificate_cascade((stranger,), asked, T).ignored == by["name"]
    owner = certificate_cascade((stranger, file()), asked, T)
    assert (owner.answer, owner.ignored) == ("none", by["name"])
    error = refused(event(), by=by, origin="bundle")
    assert error.code == "trust.not_the_register"
    assert (error.params["register"], error.params["path"]) == (by["code"], "events[0].entity")


def test_l19_a_department_gives_its_own_codes_only() -> None:
    school = synthetic_uscc("52500103MJ0000001")
    assert standing([file(event(entity=school))], school, T).triggers == ()
    civil = file(event(entity=school), by=register(departments=["5"]))
    assert len(standing([civil], school, T).triggers) == 1


def test_l19_a_merged_division_belongs_to_its_successor() -> None:
    """莱芜 371202 became 370116 of 济南 in 2019; the codes of its firms stayed."""
    firm = synthetic_uscc("91371202MA0000001")
    old, new = (register(territory=t) for t in ("371200", "370100"))
    for by, year, expected in (
        (old, 2017, ["yes"]), (new, 2017, []), (old, 2024, []), (new, 2024, ["yes"]),
    ):  # fmt: skip
        then = T.replace(year=year)
        made = file(event(entity=firm, at=z(then)), by=by)
        found = standing([made], firm, T).triggers
        assert ["yes" if t.clear else "unclear" for t in found] == expected, (by, year)


def test_l19_where_the_successor_is_not_known_the_answer_is_refer() -> None:
    """简阳 512081 went to 成都 in 2016; the table does not say which code took its place."""
    firm = synthetic_uscc("91512081MA0000001")
    asked = DataCase(holder_code=firm, type_code=LICENCE)
    made = file(event(entity=firm), by=register(territory="512000"), origin="bundle")
    found = certificate_cascade((made,), asked, T)
    assert (found.effect, found.clear) == ("refer", False)
    assert certificate_cascade((elsewhere(event(entity=firm)),), asked, T).effect == "refer"


def test_a_code_of_a_zone_that_no_table_lists_belongs_to_its_digits() -> None:
    firm = synthetic_uscc("91500191MA0000001")
    assert standing([file(event(entity=firm))], firm, T).triggers[0].clear
    assert not standing([elsewhere(event(entity=firm))], firm, T).triggers


def test_a_code_issued_against_the_scheme_is_an_entity_too() -> None:
    wrong = FIRM[:17] + ("A" if FIRM[17] != "A" else "B")
    with pytest.raises(Exception, match="check"):
        USCC(wrong)
    assert standing([file(event(entity=wrong))], wrong, T).triggers


# Handing over


def test_l19_the_register_that_took_it_over_owns_it_from_that_instant() -> None:
    here = file(moved(THERE, at=T))
    gone = event(at=z(T + SECOND), received_from=HERE)
    there = elsewhere(gone, origin="bundle")
    assert answer(here, there, at=T + SECOND, type_code=PERMIT) == "refer"
    early = elsewhere(event(at=z(T - SECOND)))
    assert answer(here, early, at=T + SECOND, type_code=PERMIT) == "none"
    assert answer(there, at=T + SECOND) == "no_register"  # nobody handed anything over


def test_l19_the_former_owner_has_no_say_any_more() -> None:
    here = file(moved(THERE, at=T), event(at=z(T + SECOND)))
    assert answer(here, elsewhere(), at=T + SECOND, type_code=PERMIT) == "none"
    before = file(moved(THERE, at=T), event(at=z(T - SECOND)))
    assert answer(before, elsewhere(), at=T + SECOND, type_code=PERMIT) == "refer"


def test_l19_only_the_owner_hands_over() -> None:
    grabbed = elsewhere(moved(THERE, at=T), event(at=z(T + SECOND), received_from=HERE))
    assert answer(grabbed, file(), at=T + SECOND) == "none"
    third = synthetic_uscc("11110105MB0000000")
    chain = (file(moved(THERE, at=T)), elsewhere(moved(third, at=T + SECOND)))
    last = file(event(at=z(T + 2 * SECOND)), by=register(third, "110000"))
    assert answer(*chain, last, at=T + 2 * SECOND, type_code=PERMIT) == "refer"
    assert answer(chain[1], last, at=T + 2 * SECOND, type_code=PERMIT) == "no_register"


def test_l19_a_bundle_takes_a_foreign_event_only_with_its_former_owner_named() -> None:
    assert elsewhere(event(received_from=HERE), origin="bundle").events
    wrong = register(THERE, "510000", departments=["1"])
    assert refused(event(received_from=HERE), by=wrong, origin="bundle").code == (
        "trust.not_the_register"
    )


# Never revives


def test_l19_no_silence_and_no_newer_edition_revives() -> None:
    newer = file(version="2", issued_at=z(T + timedelta(days=10)))
    assert answer(file(event()), newer, at=T + timedelta(days=11)) == "refuse"


def test_l19_its_own_register_lifts_an_event_from_a_later_instant_on() -> None:
    known = file(event(), lift(at=T + 2 * SECOND), issued_at=z(T + 2 * SECOND))
    assert answer(known, at=T + SECOND) == "refuse"
    assert answer(known, at=T + 2 * SECOND) == "none"


def test_l14_what_was_lifted_later_stays_refused_as_of_then() -> None:
    at = T + timedelta(days=2)
    known = file(event(), lift(at=at), issued_at=z(at + timedelta(days=3)))
    assert answer(known, at=at - SECOND) == "refuse"
    assert answer(known, at=at + timedelta(days=1)) == "refuse"  # nobody had published it by then
    assert answer(known, at=at + timedelta(days=3)) == "none"


@pytest.mark.parametrize(
    "lifting",
    [
        lift(lifts="another"),
        lift(at=T),
        lift(at=T - SECOND),
        lift(entity=synthetic_uscc("91500103MA0000002")),
    ],
)
def test_l19_a_lifting_names_the_event_and_is_later(lifting: dict[str, Any]) -> None:
    assert answer(file(event(), lifting), at=T + timedelta(days=30)) == "refuse"


def test_l19_nobody_else_lifts() -> None:
    late = T + timedelta(days=30)
    assert answer(file(event()), elsewhere(lift()), at=late) == "refuse"
    county = file(lift(), by=register(THERE, "500103"), list_id="county")
    assert answer(file(event()), county, at=late) == "refuse"
    other_list = file(lift(), list_id="corrections")
    assert answer(file(event()), other_list, at=late) == "none"


def test_l19_the_register_that_took_it_over_may_lift() -> None:
    here = file(event(), moved(THERE, at=T + SECOND))
    there = elsewhere(lift(at=T + 2 * SECOND, received_from=HERE))
    late = T + timedelta(days=30)
    assert answer(here, there, at=late, type_code=PERMIT) == "none"
    former = file(event(), moved(THERE, at=T + SECOND), lift(at=T + 2 * SECOND))
    assert answer(former, elsewhere(), at=late, type_code=PERMIT) == "refer"


def test_l19_a_register_that_gives_up_a_territory_revives_nothing() -> None:
    smaller = file(
        by=register(territory="500104"), version="2", issued_at=z(T + timedelta(days=10))
    )
    assert answer(file(event()), smaller, at=T + timedelta(days=11)) == "refuse"
    again = file(event(), by=register(territory="500104"), version="2")
    assert answer(file(event()), again) == "refuse"
    asked = DataCase(holder_code=FIRM, type_code=LICENCE)
    assert certificate_cascade((file(event()), again), asked, T).ignored == ""


def test_l19_a_handover_told_by_two_editions_is_one() -> None:
    renamed = register(name="新名称")
    known = file(moved(THERE, at=T)), file(moved(THERE, at=T), by=renamed, version="2")
    asked = DataCase(holder_code=FIRM, type_code=LICENCE)
    found = certificate_cascade((*known, elsewhere()), asked, T)
    assert (found.kind, found.ignored) == ("transferred_out", "")


def test_l19_one_lifted_event_leaves_the_others() -> None:
    again = event("e2", at=z(T + timedelta(days=1)))
    known = file(event(), lift(), again, issued_at=z(T + SECOND))
    assert answer(known, at=T + SECOND) == "none"
    assert answer(known, at=T + timedelta(days=1)) == "refuse"


def test_the_silence_of_several_lists_is_as_old_as_the_oldest() -> None:
    day = timedelta(days=1)
    fresh = file(issued_at=z(T), next_update=z(T + day))
    stale = file(list_id="other", issued_at=z(T - 9 * day), next_update=z(T - 8 * day))
    found = standing([fresh, stale], FIRM, T)
    assert (found.issued_at, found.next_update) == (T - 9 * day, T - 8 * day)
    newer = file(list_id="other", issued_at=z(T - day), next_update=z(T + 2 * day))
    assert standing([fresh, stale, newer], FIRM, T).issued_at == T - day


# Seals


SEAL = "50010300000001"


def pressed(*holders: str, others: frozenset[str] = frozenset()) -> Pressed:
    return Pressed(es_id=SEAL, holders=frozenset(holders), others=others)


def test_the_seals_that_its_register_names() -> None:
    known = file(event(es_ids=[SEAL, "another"]))
    assert naming([known], SEAL) == (FIRM,)
    assert seal_cascade((known,), pressed(), T).effect == "refuse"
    assert seal_cascade((known,), pressed(), T - SECOND).effect == "none"
    assert seal_cascade((known,), Pressed(es_id="unknown"), T).answer == "no_holder"
    assert seal_cascade((known,), pressed(), None).answer == "no_holder"
    revoked = file(event(kind="licence_revoked", es_ids=[SEAL]))
    assert seal_cascade((revoked,), pressed(), T).effect == "refer"
    assert seal_cascade((elsewhere(event(es_ids=[SEAL])),), pressed(), T).effect == "none"


def test_the_seals_of_whom_the_issuer_list_names_its_holder() -> None:
    known = (file(event()),)
    assert seal_cascade(known, pressed(FIRM), T).effect == "refuse"
    assert seal_cascade(known, pressed(THERE), T).effect == "none"


def test_l19_a_register_does_not_cancel_a_seal_that_is_listed_as_anothers() -> None:
    known = (file(event(es_ids=[SEAL])),)
    assert seal_cascade(known, pressed(THERE), T).effect == "refer"
    assert seal_cascade(known, pressed(others=frozenset({THERE})), T).effect == "refer"
    assert seal_cascade(known, pressed(FIRM, others=frozenset({THERE})), T).effect == "refuse"


# The file


def test_the_departments_are_marked_by_confidence() -> None:
    assert set(departments()) == set("123456789ANY")
    assert {d["confidence"] for d in departments().values()} == {"confirmed", "reported"}
    assert all(d["zh"] and d["en"] for d in departments().values())


def test_l19_what_a_file_speaks_of() -> None:
    made = file(event())
    assert (made.issuers, made.territories, made.certificate_types) == (
        (HERE,), ("500000", "500103"), (LICENCE,),
    )  # fmt: skip


WRONG: list[tuple[dict[str, Any], str]] = [
    (event(kind="exploded"), "kind"),
    (event(colour="red"), "colour"),
    (event(event_id=""), "event_id"),
    (event(entity="9150"), "entity"),
    (event(entity=5), "entity"),
    (event(at="2026-06-01"), "at"),
    (event(at="2026-06-01T00:00:00"), "at"),
    (event(at=z(T), day="2026-06-01"), "at"),
    (event() | {"at": None}, "at"),
    (event(day="20260601"), "day"),
    (event(day="2026-02-30"), "day"),
    (event(basis={}), "document"),
    (event(basis=None), "basis"),
    (event(dependents="none"), "dependents"),
    (event(dependents="explode"), "dependents"),
    (event(es_ids="x"), "es_ids"),
    (event(to=THERE), "to"),
    (event(lifts="e2"), "lifts"),
    (event(announced_until="2026-06-30"), "announced_until"),
    (event(kind="transferred_out"), "to"),
    (event(kind="transferred_out", to=THERE, dependents="refer"), "dependents"),
    (event(kind="transferred_out", to=THERE, es_ids=["x"]), "es_ids"),
    (event(kind="suspended", procedure="simple"), "procedure"),
    (event(kind="deregistration_announced", announced_until="2026-06-21"), "procedure"),
    (event(kind="deregistration_announced", procedure="simple"), "announced_until"),
    (lift(reason=None), "reason"),
    (lift(lifts=None), "lifts"),
    (lift(at=T + timedelta(days=10)), "at"),
    (lift() | {"at": None, "day": "2026-06-02"}, "at"),
]


@pytest.mark.parametrize(("wrong", "member"), WRONG)
def test_a_wrong_event_refuses_the_file(wrong: dict[str, Any], member: str) -> None:
    error = refused(wrong)
    assert error.code == "trust.invalid_file"
    assert str(error.params["path"]).endswith(member)


@pytest.mark.parametrize(
    "members",
    [
        {"schema": "ecert.entities/2"},
        {"register": register(territories=[])},
        {"register": register(territories=["50"])},
        {"register": register(departments=[])},
        {"register": register(departments=["0"])},
        {"register": register(licence_types=["x"])},
        {"register": register(code="x")},
        {"register": register(name="")},
        {"register": register(colour="red")},
        {"events": [event(), event()]},
        {"events": "none"},
        {"issued_at": None},
        {"colour": "red"},
    ],
)
def test_a_wrong_file_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises(TrustError) as caught:
        parse_entities(body() | members, "entities/e.json")
    assert caught.value.code == "trust.invalid_file"


def test_the_ends_of_the_calendar_are_read() -> None:
    for when in (
        {"at": "9999-12-31T23:59:59Z"},
        {"at": "0001-01-01T00:00:00Z"},
        {"day": "0001-01-01"},
    ):
        made = file(event(**when), origin="bundle")
        assert standing([made], FIRM, T).register is not None
