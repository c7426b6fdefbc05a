"""Scoped status snapshots: they speak of one issuer and one type, and of nothing else (L16, L19)."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ecert.errors import TrustError
from ecert.ids.ecid import ECID
from ecert.testpki.authority import synthetic_uscc
from ecert.trust.bundle.scope import Scope
from ecert.trust.status import StatusFile, ask, parse_status_file

AT = datetime(2026, 6, 1, 4, tzinfo=UTC)
TYPE, OTHER_TYPE = "11100000MB0143028R001", "11100000000019141R005"
ISSUER = synthetic_uscc("11500103MB0000000")
OTHER = synthetic_uscc("11510104MB0000000")
SCOPE = {"issuer": ISSUER, "certificate_type": TYPE}


def ecid(serial: str = "1", *, issuer: str = ISSUER, type_code: str = TYPE) -> str:
    made = ECID.create(type_code=type_code, issuer_code=issuer, serial=serial, version="001")
    return str(made)


def entry(ident: str, state: str = "valid") -> dict[str, str]:
    return {"id": ident, "state": state}


def snapshot(*, origin: Any = "folder", **members: Any) -> StatusFile:
    plain = {
        "schema": "ecert.status/1",
        "list_id": "s",
        "publisher": "registry",
        "version": "1",
        "issued_at": "2026-06-01T00:00:00Z",
        "next_update": "2026-06-02T00:00:00Z",
    }
    return parse_status_file(plain | members, "status/s.json", origin=origin)


def refused(**members: Any) -> str:
    with pytest.raises(TrustError) as caught:
        snapshot(**members)
    assert caught.value.code == "trust.invalid_file"
    return str(caught.value.params["path"])


def answer(files: list[StatusFile], ident: str | None) -> str:
    found = {ask(order, ident, "certificates", AT) for order in permutations(files)}
    (one,) = found
    return one.entry.state if one.entry is not None else one.answer


def seal(files: list[StatusFile], *bodies: str) -> str:
    one = ask(files, "seal-1", "seals", AT, bodies=frozenset(bodies))
    return one.entry.state if one.entry is not None else one.answer


def test_l16_a_scoped_snapshot_answers_within_its_scope_only() -> None:
    known = snapshot(**SCOPE, certificates=[entry(ecid())])
    assert answer([known], ecid()) == "valid"
    assert answer([known], ecid("2")) == "not_listed"
    for outside in (ecid(issuer=OTHER), ecid(type_code=OTHER_TYPE), "x", "", None):
        assert answer([known], outside) == "none"


def test_l16_an_empty_snapshot_of_a_scope_says_not_listed() -> None:
    assert answer([snapshot(**SCOPE)], ecid()) == "not_listed"
    assert answer([snapshot(**SCOPE)], ecid(issuer=OTHER)) == "none"


def test_l16_a_folder_file_without_scope_speaks_of_all_as_before() -> None:
    known = snapshot(certificates=[entry(ecid()), entry("anything")])
    assert answer([known], ecid()) == "valid"
    assert answer([known], ecid(issuer=OTHER)) == "not_listed"
    assert answer([snapshot()], ecid()) == "none"


def test_l16_silence_of_the_scope_is_not_filled_by_another_scope() -> None:
    mine = snapshot(**SCOPE)
    others = snapshot(issuer=OTHER, certificate_type=TYPE, certificates=[entry(ecid(issuer=OTHER))])
    assert answer([mine, others], ecid()) == "not_listed"


def test_editions_of_one_list_and_scope_succeed_each_other() -> None:
    bad = snapshot(**SCOPE, certificates=[entry(ecid(), "suspended")])
    good = snapshot(
        **SCOPE, issued_at="2026-06-01T01:00:00Z", certificates=[entry(ecid())], version="2"
    )
    assert answer([bad, good], ecid()) == "valid"
    rescoped = snapshot(
        issuer=OTHER, certificate_type=TYPE, issued_at="2026-06-01T02:00:00Z", version="3"
    )
    assert answer([bad, rescoped], ecid()) == "suspended"


def test_l19_an_entry_outside_the_files_own_scope_refuses_it() -> None:
    for outside in (ecid(issuer=OTHER), ecid(type_code=OTHER_TYPE), "x"):
        assert refused(**SCOPE, certificates=[entry(ecid()), entry(outside)]) == "certificates"
    assert refused(issuer=ISSUER, certificates=[entry(ecid())]) == "certificates"
    assert refused(certificate_type=TYPE) == "issuer"


@pytest.mark.parametrize("code", ["", "12345", "11500103mb0000000x", "x" * 19, 5])
def test_a_scope_is_a_code(code: Any) -> None:
    assert refused(issuer=code, certificate_type=TYPE) == "issuer"
    assert refused(issuer=ISSUER, certificate_type=code) == "certificate_type"


def test_an_issuer_code_that_was_really_issued_is_a_scope_too() -> None:
    known = snapshot(
        issuer="340100", certificate_type=TYPE, certificates=[entry(ecid(issuer="340100"))]
    )
    assert answer([known], ecid(issuer="340100")) == "valid"
    assert answer([known], ecid(issuer="3401005")) == "none"
    assert known.territories == ("340100",)


def test_l19_a_code_that_names_no_division_lies_in_no_territory() -> None:
    scope = Scope(territories=("100000",))
    for code in ("1500001", "ABCDEFGHIJKLMNOPQR"):
        (territory,) = snapshot(issuer=code).territories
        assert not scope.covers(territory)
    assert scope.covers(snapshot(issuer=ISSUER).territories[0])


def test_l19_a_snapshot_of_a_bundle_needs_its_scope() -> None:
    assert refused(origin="bundle") == "issuer"
    assert refused(origin="bundle", seals=[entry("seal-1", "active")]) == "issuer"
    assert refused(origin="bundle", issuer=ISSUER, certificates=[]) == "certificate_type"
    seals = snapshot(origin="bundle", issuer=ISSUER, seals=[entry("seal-1", "active")])
    assert (seals.issuers, seals.certificate_types) == ((ISSUER,), ())
    both = snapshot(origin="bundle", **SCOPE, certificates=[entry(ecid())])
    assert (both.issuers, both.certificate_types) == ((ISSUER,), (TYPE,))
    assert both.territories == ("500103",)


def test_l16_a_scoped_snapshot_speaks_of_its_own_bodys_seals() -> None:
    known = snapshot(issuer=ISSUER, seals=[entry("seal-1", "active")])
    assert seal([known], ISSUER) == "active"
    assert seal([known], OTHER) == "none"
    assert seal([known]) == "none"
    assert seal([snapshot(issuer=ISSUER)], ISSUER) == "not_listed"
    assert seal([snapshot(**SCOPE)], ISSUER) == "none"
    assert seal([snapshot(seals=[entry("seal-1", "active")])]) == "active"


def test_l16_another_regions_word_on_a_seal_is_not_heard() -> None:
    stranger = snapshot(issuer=OTHER, list_id="other", seals=[entry("seal-1", "active")])
    assert seal([snapshot(issuer=ISSUER), stranger], ISSUER) == "not_listed"
    assert seal([stranger], ISSUER) == "none"
