"""Status and register events in bundles: scopes, owners, and what a register said stays said (L16, L19)."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bundle_kit import NOW, Simulator, issuers_json, reader
from ecert.errors import TrustError
from ecert.ids.ecid import ECID
from ecert.testpki.authority import synthetic_uscc
from ecert.trust.bundle.local import LocalStore
from ecert.trust.need import Need
from ecert.verification.cascading import Pressed, certificate_cascade, seal_cascade
from ecert.verification.case import DataCase

HOUR = timedelta(hours=1)
KEY = "c" * 64
LICENCE = "11100000MB0143028R001"
HERE, THERE = synthetic_uscc("11500103MB0000000"), synthetic_uscc("11510104MB0000000")
FIRM = synthetic_uscc("91500103MA0000001")
PATH = "chongqing/entities/events.json"


def z(moment: Any) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def event(ident: str = "e1", **members: Any) -> dict[str, Any]:
    plain = {
        "event_id": ident, "entity": FIRM, "kind": "deregistered", "at": z(NOW - HOUR),
        "basis": {"document": "准予注销登记通知书（示例）"},
    }  # fmt: skip
    return plain | members


def entities(*events: Any, code: str = HERE, territory: str = "500000", **members: Any) -> bytes:
    body = {
        "schema": "ecert.entities/1", "list_id": "events", "version": "1",
        "issued_at": z(NOW), "next_update": z(NOW + 24 * HOUR),
        "register": {"code": code, "name": "示例登记机关", "territories": [territory],
                     "departments": ["9"], "licence_types": [LICENCE]},
        "events": list(events),
    } | members  # fmt: skip
    return json.dumps(body).encode()


def status(**members: Any) -> bytes:
    body = {
        "schema": "ecert.status/1", "list_id": "s", "publisher": "p", "version": "1",
        "issued_at": z(NOW), "next_update": z(NOW + 24 * HOUR),
    } | members  # fmt: skip
    return json.dumps(body).encode()


def federation() -> Simulator:
    made = Simulator()
    made.role("sichuan", "510000")
    made.role("chongqing", "500000")
    made.put("chongqing/issuers/list.json", issuers_json("500000", KEY))
    return made


def imported(store: LocalStore, made: Simulator, files: Mapping[str, bytes], **given: Any) -> Any:
    return store.import_(reader(files), made.start(), **({"at": NOW} | given))


def refused(made: Simulator, tmp_path: Path, **given: Any) -> str:
    with pytest.raises(TrustError) as caught:
        imported(LocalStore(tmp_path / "store"), made, made.publish(), **given)
    return caught.value.code


@pytest.mark.parametrize(
    ("path", "data", "code"),
    [
        (
            "sichuan/entities/a.json",
            entities(event(), territory="510000"),
            "trust.not_the_register",
        ),
        ("sichuan/entities/a.json", entities(event()), "bundle.out_of_scope"),
        (
            "sichuan/status/a.json",
            status(issuer=HERE, certificate_type=LICENCE),
            "bundle.out_of_scope",
        ),
        ("sichuan/status/a.json", status(issuer="1500001"), "bundle.out_of_scope"),
        ("sichuan/status/a.json", status(), "trust.invalid_file"),
        ("sichuan/status/a.json", status(issuer=THERE, certificates=[]), "trust.invalid_file"),
    ],
)
def test_l19_a_region_speaks_of_its_own(path: str, data: bytes, code: str, tmp_path: Path) -> None:
    made = federation()
    made.put(path, data)
    assert refused(made, tmp_path) == code


def test_l19_a_role_speaks_of_its_own_issuers_and_types(tmp_path: Path) -> None:
    made = federation()
    made.role("narrow", "510000", issuers=[THERE], certificate_types=[LICENCE])
    made.put("narrow/status/a.json", status(issuer=THERE, certificate_type=LICENCE[:-1] + "2"))
    assert refused(made, tmp_path) == "bundle.out_of_scope"
    made.put("narrow/status/a.json", status(issuer=THERE, certificate_type=LICENCE))
    made.put("narrow/entities/a.json", entities(code=THERE, territory="510000"))
    imported(LocalStore(tmp_path / "store"), made, made.publish())


def test_l16_l19_what_a_bundle_says_of_one_certificate_one_holder_and_one_seal(
    tmp_path: Path,
) -> None:
    made, store = federation(), LocalStore(tmp_path / "store")
    mine = str(ECID.create(type_code=LICENCE, issuer_code=HERE, serial="1", version="001"))
    listed = status(
        issuer=HERE, certificate_type=LICENCE, certificates=[{"id": mine, "state": "valid"}]
    )
    made.put("chongqing/status/a.json", listed)
    made.put(PATH, entities(event(es_ids=["seal-1"])))
    imported(store, made, made.publish())
    need = Need(
        keys=frozenset({KEY}), issuing="500000", issuer_code=HERE, holder=FIRM,
        es_ids=frozenset({"seal-1"}),
    )  # fmt: skip
    part = store.open(engine="0.1.0").narrowed(need)
    assert part.status(mine, NOW).answer == "listed"
    data = DataCase(holder_code=FIRM, type_code=LICENCE)
    assert certificate_cascade(part.entities, data, NOW).effect == "refuse"
    assert certificate_cascade(part.entities, data, NOW - 2 * HOUR).effect == "none"
    assert seal_cascade(part.entities, Pressed(es_id="seal-1"), NOW).effect == "refuse"
    # the seal alone leads to its body, whoever holds the certificate
    alone = store.open(engine="0.1.0").narrowed(replace(need, holder=None, issuer_code=None))
    assert seal_cascade(alone.entities, Pressed(es_id="seal-1"), NOW).effect == "refuse"


def test_l19_what_was_handed_over_is_found_with_both_registers(tmp_path: Path) -> None:
    made, store = federation(), LocalStore(tmp_path / "store")
    gone = event(at=z(NOW - HOUR), received_from=HERE)
    away = event("m1", kind="transferred_out", at=z(NOW - 2 * HOUR), to=THERE)
    made.put(PATH, entities(away))
    made.put("sichuan/entities/a.json", entities(gone, code=THERE, territory="510000"))
    imported(store, made, made.publish())
    need = Need(keys=frozenset({KEY}), issuing="500000", issuer_code=HERE, holder=FIRM)
    part = store.open(engine="0.1.0").narrowed(need)
    permit = DataCase(holder_code=FIRM, type_code="11100000000019141R005")
    found = certificate_cascade(part.entities, permit, NOW)
    assert (found.effect, found.register_code) == ("refer", THERE)


def test_l19_nobody_speaks_in_the_name_of_another_register(tmp_path: Path) -> None:
    """A third region that calls itself the register to which an entity was handed over."""
    made = federation()
    made.role("guangdong", "440000")
    made.put(PATH, entities(event("m1", kind="transferred_out", at=z(NOW - 2 * HOUR), to=THERE)))
    gone = event(received_from=HERE)
    made.put("guangdong/entities/a.json", entities(gone, code=THERE, territory="440000"))
    assert refused(made, tmp_path) == "bundle.out_of_scope"


# What was said stays said


def grown(made: Simulator, *events: Any, version: str = "2") -> dict[str, bytes]:
    made.put(PATH, entities(*events, version=version))
    return made.publish()


@pytest.fixture
def said(tmp_path: Path) -> tuple[Simulator, LocalStore]:
    made, store = federation(), LocalStore(tmp_path / "store")
    imported(store, made, grown(made, event(), event("e2"), version="1"))
    return made, store


def code_of(store: LocalStore, made: Simulator, files: Mapping[str, bytes]) -> str:
    with pytest.raises(TrustError) as caught:
        imported(store, made, files)
    return caught.value.code


def test_l19_an_edition_that_forgets_an_event_is_refused(said: Any) -> None:
    made, store = said
    for events in ((), (event(),), (event(), event("e2", at=z(NOW)))):
        assert code_of(store, made, grown(made, *events)) == "bundle.event_dropped"
    lifted = event("l1", kind="lifted", at=z(NOW), lifts="e1", reason="更正")
    imported(store, made, grown(made, event(), event("e2"), lifted))
    assert store.open(engine="0.1.0").whole().entities[0].version == "2"


def test_l19_a_file_that_vanishes_takes_no_event_with_it(said: Any) -> None:
    made, store = said
    del made.specs["chongqing"].files[PATH]
    made.specs["chongqing"].changed = True
    assert code_of(store, made, made.publish()) == "bundle.event_dropped"
    made.put("chongqing/entities/elsewhere.json", entities(event(), event("e2")))
    imported(store, made, made.publish())


def test_l19_a_lost_index_hides_nothing(said: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made, store = said
    monkeypatch.setattr("ecert.trust.bundle.local._index", lambda *_: None)
    assert code_of(store, made, grown(made, event())) == "bundle.event_dropped"


def test_a_role_that_was_withdrawn_takes_its_words_with_it(said: Any) -> None:
    made, store = said
    made.put("sichuan/issuers/list.json", issuers_json("510000", "d" * 64))
    del made.specs["chongqing"]
    made.specs["targets"].changed = True
    imported(store, made, made.publish())
    assert not store.open(engine="0.1.0").whole().entities
