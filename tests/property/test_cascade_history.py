"""Cascades against a second reading: a plain walk through time, one instant after the other (L19)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ecert.testpki.authority import synthetic_uscc
from ecert.trust.cascade import standing
from ecert.trust.entities import EntityFile, parse_entities

FIRM = synthetic_uscc("91500103MA0000001")
CODES = tuple(synthetic_uscc(f"11{d}MB0000000") for d in ("500103", "510104", "310115"))
PLACES = dict(zip(CODES, ("500000", "510000", "310000"), strict=True))
OWNER = CODES[0]
START = datetime(2026, 1, 1, tzinfo=UTC)
KINDS = ("deregistered", "suspended", "licence_revoked", "transferred_out", "lifted")
IDS = ("a", "b", "c")


def when(hour: int) -> str:
    return (START + timedelta(hours=hour)).isoformat()


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(KINDS))
    made = {
        "event_id": draw(st.sampled_from(IDS)), "entity": FIRM, "kind": kind,
        "at": when(draw(st.integers(0, 8))), "basis": {"document": "d"},
    }  # fmt: skip
    if kind == "transferred_out":
        made["to"] = draw(st.sampled_from(CODES))
    if kind == "lifted":
        made |= {"lifts": draw(st.sampled_from(IDS)), "reason": "r"}
    return made


Said = dict[str, list[dict[str, Any]]]
WORLDS = st.fixed_dictionaries(
    {code: st.lists(events(), max_size=4, unique_by=lambda e: e["event_id"]) for code in CODES}
)


def file(code: str, said: list[dict[str, Any]], **members: Any) -> EntityFile:
    body = {
        "schema": "ecert.entities/1", "list_id": "l", "version": "1", "issued_at": when(9),
        "next_update": when(99),
        "register": {"code": code, "name": "n", "territories": [PLACES[code]],
                     "departments": ["9"], "licence_types": []},
        "events": said,
    }  # fmt: skip
    return parse_entities(body | members, "x")


def in_force(files: list[EntityFile], hour: int) -> list[tuple[str, str]]:
    found = standing(files, FIRM, START + timedelta(hours=hour))
    return sorted((t.register.code, t.event.event_id) for t in found.triggers)


def walked(said: Said, hour: int) -> list[tuple[str, str]]:
    """Return the same by walking through the hours: who owns it, what began, who lifts what."""
    owner, active, takers = OWNER, {}, []
    for now in range(hour + 1):
        here = sorted(
            (code, e["event_id"], e)
            for code, told in said.items()
            for e in told
            if e["at"] == when(now)
        )
        for code, ident, e in here:
            if e["kind"] == "transferred_out" and code == owner:
                owner = e["to"]
                takers.append((now, owner))
                active[code, ident] = now
        for code, ident, e in here:
            if e["kind"] not in ("transferred_out", "lifted") and code == owner:
                active[code, ident] = now
        for code, _, e in here:
            if e["kind"] == "lifted" and code == owner:
                for place, began in list(active.items()):
                    since = {to for at, to in takers if at >= began}
                    if place[1] == e["lifts"] and began < now and code in {place[0], *since}:
                        del active[place]
    return sorted(active)


@given(WORLDS, st.integers(9, 20))
def test_l19_two_readings_of_one_history_agree(said: Said, hour: int) -> None:
    files = [file(code, told) for code, told in said.items()]
    assert in_force(files, hour) == walked(said, hour)
    assert in_force(files[::-1], hour) == in_force(files, hour)


@given(WORLDS)
def test_l19_nothing_but_lifting_and_moving_revives(said: Said) -> None:
    quiet = {c: [e for e in told if e["kind"] != "lifted"] for c, told in said.items()}
    files = [file(code, told) for code, told in quiet.items()]
    before: set[tuple[str, str]] = set()
    for hour in range(12):
        now = set(in_force(files, hour))
        assert before <= now
        before = now
    silent = [file(code, [], version="2", issued_at=when(10)) for code in CODES]
    assert in_force([*files, *silent], 12) == in_force(files, 12)


@given(WORLDS)
def test_l19_whoever_never_owned_it_changes_nothing(said: Said) -> None:
    stranger = CODES[2]
    told = {c: [e for e in t if e.get("to") != stranger] for c, t in said.items()}
    others = [file(code, t) for code, t in told.items() if code != stranger]
    assert in_force([*others, file(stranger, told[stranger])], 12) == in_force(others, 12)
