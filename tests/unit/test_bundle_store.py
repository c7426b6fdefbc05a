"""The local store, bundle folders and freshness: what is kept, and what a killed or second import does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bundle_kit import NOW, Simulator, issuers_json, key, reader
from ecert.errors import TrustError
from ecert.trust.bundle.admitting import admit
from ecert.trust.bundle.files import folder_reader
from ecert.trust.bundle.floors import Floor, Floors, parse_floors
from ecert.trust.bundle.freshness import Dated, RoleVersion
from ecert.trust.bundle.local import LocalStore
from ecert.trust.bundle.trusting import BundleTrust
from ecert.trust.need import Need
from keys_kit import certificate

DAY = timedelta(days=1)


def federation() -> Simulator:
    made = Simulator()
    made.role("sichuan", "510000")
    made.role("chengdu", "510100", parent="sichuan")
    made.role("chongqing", "500000")
    made.put("sichuan/issuers/list.json", issuers_json("510000", "a" * 64))
    made.put("chengdu/issuers/list.json", issuers_json("510100", "b" * 64))
    made.put("chongqing/issuers/list.json", issuers_json("500000", "c" * 64))
    return made


def write(folder: Path, files: Mapping[str, bytes]) -> Path:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def imported(store: LocalStore, made: Simulator, files: Mapping[str, bytes], **given: object):
    return store.import_(reader(files), made.start(), **({"at": NOW} | given))  # type: ignore[arg-type]


def refusal(call, *args: object, **given: object) -> str:
    with pytest.raises(TrustError) as caught:
        call(*args, **given)
    return caught.value.code


def test_an_imported_bundle_is_opened_and_floors_stay(tmp_path: Path) -> None:
    made, store = federation(), LocalStore(tmp_path / "store")
    old, new = made.publish(), made.publish()
    assert refusal(store.open, engine="0.1.0") == "bundle.store_empty"
    imported(store, made, new)
    trust = store.open(engine="0.1.0")
    assert {x.spki_sha256 for k in trust.whole().issuer_lists for x in k.listings} == {
        c * 64 for c in "abc"
    }
    assert refusal(imported, store, made, old) == "bundle.rollback"
    assert store.open(engine="0.1.0").sha256 == trust.sha256
    again = imported(store, made, new)
    assert again.sha256 == trust.sha256


def test_d12_floors_count_though_what_set_them_has_expired(tmp_path: Path) -> None:
    made, store = federation(), LocalStore(tmp_path)
    old, new = made.publish(), made.publish()
    imported(store, made, new)
    later = NOW + 400 * DAY
    assert refusal(imported, store, made, old, at=later) == "bundle.rollback"
    assert refusal(imported, store, made, new, at=later) == "bundle.expired"


def test_only_the_roles_that_a_question_needs_are_read(tmp_path: Path) -> None:
    made, store = federation(), LocalStore(tmp_path)
    imported(store, made, made.publish())
    made.put("targets/anchors/ca.cer", certificate(key("ca")).der)
    imported(store, made, made.publish())
    trust = store.open(engine="0.1.0")
    one = trust.narrowed(Need(keys=frozenset({"b" * 64}), issuing="510100"))
    assert [k.territory for k in one.issuer_lists] == ["510100"]
    assert one.dated is not None
    names = [v.name for v in one.dated.roles]
    assert names == ["root", "timestamp", "snapshot", "targets", "sichuan", "chengdu"]
    assert one.sha256 == trust.sha256 == trust.whole().sha256
    unknown = trust.narrowed(Need(keys=frozenset({"d" * 64})))
    assert len(unknown.issuer_lists) == 3


def test_a_damaged_index_selects_nothing_and_everything_is_read(tmp_path: Path) -> None:
    made, store = federation(), LocalStore(tmp_path)
    imported(store, made, made.publish())
    body = json.loads((tmp_path / "state.json").read_bytes())
    body["index_sha256"] = "0" * 64
    (tmp_path / "state.json").write_text(json.dumps(body))
    trust = store.open(engine="0.1.0")
    assert trust.index is None
    assert len(trust.narrowed(Need(keys=frozenset({"b" * 64}))).issuer_lists) == 3


def test_a_store_that_lost_its_state_is_no_new_store(tmp_path: Path) -> None:
    made, store = federation(), LocalStore(tmp_path)
    files = made.publish()
    imported(store, made, files)
    (tmp_path / "state.json").unlink()
    assert refusal(store.open, engine="0.1.0") == "bundle.store_damaged"
    assert refusal(imported, store, made, files) == "bundle.store_damaged"


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"schema":"ecert.trust-store/1"}', b"\xff"])
def test_an_unreadable_state_is_refused(tmp_path: Path, data: bytes) -> None:
    made, store = federation(), LocalStore(tmp_path)
    files = made.publish()
    imported(store, made, files)
    (tmp_path / "state.json").write_bytes(data)
    assert refusal(store.open, engine="0.1.0") == "bundle.malformed"
    assert refusal(imported, store, made, files) == "bundle.malformed"


def test_a_stored_bundle_that_was_changed_is_refused_on_load(tmp_path: Path) -> None:
    made, store = federation(), LocalStore(tmp_path)
    admitted = imported(store, made, made.publish())
    place = tmp_path / "bundles" / admitted.sha256
    whole = place.read_bytes()
    mark = whole.index(b'"list_id"')
    place.write_bytes(whole[:mark] + b'"LIST_id"' + whole[mark + 9 :])
    assert refusal(store.open(engine="0.1.0").whole) in (
        "bundle.store_damaged",
        "bundle.file_changed",
    )
    for size in range(0, len(whole), len(whole) // 40):
        place.write_bytes(whole[:size])
        assert refusal(lambda: store.open(engine="0.1.0").whole()).startswith("bundle.")
    for head in (b"", b"ecert.pack/1 x\n", b"ecert.pack/1 2\n[]", b"ecert.pack/1 9999999999\n{}"):
        place.write_bytes(head)
        assert refusal(store.open, engine="0.1.0") == "bundle.store_damaged"
    place.write_bytes(b'ecert.pack/1 45\n{"metadata/root/1.json":[-99999999999999999999,5]}')
    assert refusal(store.open, engine="0.1.0") == "bundle.store_damaged"
    place.unlink()
    assert refusal(store.open, engine="0.1.0") == "bundle.store_damaged"


def test_a_failed_import_leaves_the_old_bundle(tmp_path: Path) -> None:
    made, store = federation(), LocalStore(tmp_path)
    first = imported(store, made, made.publish())
    before = sorted(p.name for p in tmp_path.rglob("*"))
    made.put("sichuan/issuers/list.json", issuers_json("500000", "a" * 64))
    assert refusal(imported, store, made, made.publish()) == "bundle.out_of_scope"
    assert sorted(p.name for p in tmp_path.rglob("*")) == before
    assert store.open(engine="0.1.0").sha256 == first.sha256


_KILLED = """
import os, sys
sys.path[:0] = [{tests!r}]
from pathlib import Path
from bundle_kit import reader
from ecert.trust.bundle import local
from ecert.trust.bundle.files import folder_reader
from ecert.trust.bundle.rootchain import Start
from datetime import datetime, UTC
calls = 0
real = os.fsync
def fsync(handle):
    global calls
    calls += 1
    if calls == {step}:
        os._exit(9)
    real(handle)
os.fsync = fsync
store = local.LocalStore(Path({store!r}))
start = Start(anchor={anchor!r}, engine="0.1.0")
store.import_(folder_reader(Path({bundle!r})), start, at=datetime(2026, 11, 1, 8, tzinfo=UTC))
"""


@pytest.mark.parametrize("step", [1, 2, 3, 4, 5])
def test_an_import_killed_half_way_leaves_the_old_or_the_new_bundle(
    tmp_path: Path, step: int
) -> None:
    made, store = federation(), LocalStore(tmp_path / "store")
    first = imported(store, made, made.publish())
    bundle = write(tmp_path / "bundle", made.publish())
    second = admit(folder_reader(bundle), made.start(), at=NOW).sha256
    code = _KILLED.format(
        tests=str(Path(__file__).resolve().parents[1]),
        step=step,
        store=str(store.root),
        anchor=made.anchor,
        bundle=str(bundle),
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, env=dict(os.environ))
    assert done.returncode == (9 if step < 5 else 0)
    expected = (
        first.sha256 if step < 4 else second
    )  # the fourth flush is of the folder, after the swap
    assert store.open(engine="0.1.0").sha256 == expected
    assert store.import_(folder_reader(bundle), made.start(), at=NOW).sha256 == second
    assert not list(store.root.rglob("*.part")) or step == 3


def test_a_first_import_killed_half_way_can_be_done_again(tmp_path: Path) -> None:
    made, store = federation(), LocalStore(tmp_path / "store")
    bundle = write(tmp_path / "bundle", made.publish())
    for step in (1, 2, 3, 4, 5):
        code = _KILLED.format(
            tests=str(Path(__file__).resolve().parents[1]),
            step=step,
            store=str(store.root),
            anchor=made.anchor,
            bundle=str(bundle),
        )
        subprocess.run([sys.executable, "-c", code], check=False, env=dict(os.environ))
        assert refusal(store.open, engine="0.1.0") == "bundle.store_empty"
    store.import_(folder_reader(bundle), made.start(), at=NOW)


def test_two_imports_at_once_one_wins_and_the_other_says_busy(tmp_path: Path) -> None:
    made, store = federation(), LocalStore(tmp_path)
    files = made.publish()
    imported(store, made, files)
    outcomes: list[str] = []
    inside, leave = threading.Event(), threading.Event()

    def slow(path: str, limit: int) -> bytes | None:
        inside.set()
        leave.wait(20)
        return reader(files)(path, limit)

    first = threading.Thread(
        target=lambda: outcomes.append(store.import_(slow, made.start(), at=NOW).sha256)
    )
    first.start()
    inside.wait(20)
    assert refusal(imported, store, made, files) == "bundle.store_busy"
    assert store.open(engine="0.1.0").name == tmp_path.name  # readers take no lock
    leave.set()
    first.join()
    assert outcomes == [store.state().current]


def test_a_store_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    made = federation()
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    assert refusal(imported, LocalStore(blocked), made, made.publish()) == "bundle.store_unwritable"


def test_past_bundles_are_opened_by_digest_and_frozen(tmp_path: Path) -> None:
    made, store = federation(), LocalStore(tmp_path)
    first = imported(store, made, made.publish())
    made.rotate_root()
    made.specs["root"].keys = (key("root anew"),)
    made.put("sichuan/issuers/list.json", issuers_json("510000", "d" * 64, version="2"))
    second = imported(store, made, made.publish())
    past = store.open_past(first.sha256, engine="0.1.0")
    known = past.whole()
    assert "a" * 64 in {x.spki_sha256 for k in known.issuer_lists for x in k.listings}
    assert known.dated is not None
    assert known.dated.at(NOW).state == "frozen"
    assert known.dated.at(NOW + 4000 * DAY).code == "bundle.frozen"
    assert not known.dated.at(NOW).usable
    assert store.open_past(second.sha256, engine="0.1.0").sha256 == second.sha256
    assert refusal(store.open_past, "0" * 64, engine="0.1.0") == "bundle.not_imported"


def test_l13_a_clock_set_back_is_noticed(tmp_path: Path) -> None:
    made, store = federation(), LocalStore(tmp_path)
    files = made.publish()
    assert refusal(imported, store, made, files, at=NOW - DAY) == "bundle.clock_suspect"
    imported(store, made, files)
    made.at += 10 * DAY
    imported(store, made, made.publish(), at=NOW + 10 * DAY)
    known = store.open(engine="0.1.0").whole()
    assert known.dated is not None
    assert known.dated.at(NOW + 9 * DAY).code == "bundle.clock_suspect"
    assert known.dated.at(NOW + 10 * DAY).state == "fresh"
    assert store.state().floors.seen == NOW + 10 * DAY


def test_d12_stale_inside_the_local_grace_and_expired_beyond_it(tmp_path: Path) -> None:
    made, store = federation(), LocalStore(tmp_path)
    for spec in made.specs.values():
        spec.terms = {"grace_s": 30 * 24 * 3600}
    files = made.publish()
    end = NOW + 30 * DAY
    assert imported(store, made, files, at=end - DAY / 24).freshness.state == "fresh"
    assert imported(store, made, files, at=end + DAY).freshness.code == "bundle.stale"
    assert refusal(imported, store, made, files, at=end + 3 * DAY) == "bundle.expired"
    known = store.open(engine="0.1.0", grace=2 * DAY).whole()
    assert known.dated is not None
    stale = known.dated.at(end + DAY)
    assert (stale.state, stale.days, stale.usable) == ("stale", 1, True)
    beyond = known.dated.at(end + 2 * DAY)
    assert (beyond.state, beyond.days, beyond.usable) == ("expired", 2, False)
    assert not known.dated.at(end + 4000 * DAY).usable


def test_l19_the_publisher_cannot_widen_the_grace_and_may_end_it(tmp_path: Path) -> None:
    def version(grace: timedelta, name: str = "targets") -> RoleVersion:
        return RoleVersion(
            name=name, version=1, sha256="", issued_at=NOW, expires=NOW + DAY, grace=grace
        )

    wide = Dated(roles=(version(365 * DAY),), grace=2 * DAY)
    assert wide.at(NOW + 4 * DAY).state == "expired"
    none = Dated(roles=(version(timedelta(0)),), grace=2 * DAY)
    assert none.at(NOW + DAY).state == "expired"
    root = Dated(roles=(version(365 * DAY, "root"),), grace=2 * DAY)
    assert root.at(NOW + DAY).state == "expired"
    assert root.ends == NOW + DAY
    assert wide.ends == NOW + 3 * DAY


def test_dates_at_the_ends_of_time_are_answered() -> None:
    made = federation()
    made.specs["timestamp"].terms = {"grace_s": 10**15 - 1}
    made.specs["targets"].life = timedelta(days=365 * 7970)
    made.specs["targets"].terms = {"grace_s": 10**15 - 1}
    made.edit["sichuan"] = lambda p: p.replace(b"2026-12-01T08:00:00Z", b"9999-12-31T23:59:59Z")
    made.edit["chengdu"] = lambda p: p.replace(b"2026-11-01T08:00:00Z", b"0001-01-01T00:00:00Z")
    admitted = admit(reader(made.publish()), made.start(), at=NOW, grace=timedelta(days=10**6))
    assert admitted.freshness.state == "fresh"
    old = RoleVersion(
        name="x", version=1, sha256="", issued_at=NOW.replace(year=1), expires=NOW.replace(year=2)
    )
    assert Dated(roles=(old,), seen=NOW.replace(year=1)).at(NOW).state == "expired"


def test_a_bundle_that_is_too_large_as_a_whole_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from ecert.trust.bundle import steps

    made = federation()
    monkeypatch.setattr(steps, "MAX_BUNDLE_BYTES", 10_000)
    assert refusal(admit, reader(made.publish()), made.start(), at=NOW) == "bundle.too_large"


def test_l19_no_grace_for_what_is_said_of_status_and_revocation() -> None:
    made = federation()
    for spec in made.specs.values():
        spec.terms = {"grace_s": 30 * 24 * 3600}
    made.put("chengdu/status/seals.json", status_json())
    known = BundleTrust.open(reader(made.publish()), made.start(), name="x").whole()
    end = NOW + 30 * DAY
    assert [s.next_update for s in known.status_files] == [end]
    lists = {k.territory: (k.next_update, k.evidence_until) for k in known.issuer_lists}
    assert lists["510100"] == (end + 3 * DAY, end)
    first = known.issuer_lists[0]
    assert first.is_evidence(end - DAY)
    assert not first.is_evidence(end)
    assert not first.is_evidence(None)


def status_json() -> bytes:
    return json.dumps(
        {
            "schema": "ecert.status/1",
            "list_id": "s",
            "publisher": "p",
            "version": "1",
            "issuer": "11510100MB0000000X",
            "issued_at": "2026-11-01T08:00:00Z",
            "next_update": "2029-11-01T08:00:00Z",
            "seals": [],
        }
    ).encode()


def test_a_files_own_version_may_not_go_back_or_be_rewritten(tmp_path: Path) -> None:
    made, store = federation(), LocalStore(tmp_path)
    made.put("sichuan/issuers/list.json", issuers_json("510000", "a" * 64, version="3"))
    imported(store, made, made.publish())
    made.put("sichuan/issuers/list.json", issuers_json("510000", "e" * 64, version="3"))
    assert refusal(imported, store, made, made.publish()) == "bundle.equivocation"
    made.put("sichuan/issuers/list.json", issuers_json("510000", "a" * 64, version="2"))
    assert refusal(imported, store, made, made.publish()) == "bundle.rollback"
    made.put("sichuan/issuers/list.json", issuers_json("510000", "e" * 64, version="4"))
    imported(store, made, made.publish())


def test_two_texts_of_one_version_in_one_role_are_equivocation() -> None:
    made = federation()
    made.put("sichuan/issuers/copy.json", issuers_json("510000", "f" * 64))
    trust = BundleTrust.open(reader(made.publish()), made.start(), name="x")
    assert refusal(trust.whole) == "bundle.equivocation"


def test_a_bundle_folder_is_read_with_a_fingerprint_and_configured_floors(tmp_path: Path) -> None:
    made = federation()
    old = folder_reader(write(tmp_path / "old", made.publish()))
    new = folder_reader(write(tmp_path / "new", made.publish()))
    assert BundleTrust.open(new, made.start(), name="new").narrowed(Need()).signed
    assert refusal(BundleTrust.open, new, made.start(anchor=""), name="x") == "bundle.no_anchor"
    held = made.start(floors=Floors(roles={"timestamp": Floor("2")}))
    assert refusal(BundleTrust.open, old, held, name="old") == "bundle.rollback"
    assert BundleTrust.open(new, held, name="new").name == "new"
    (tmp_path / "new/metadata/timestamp.json").unlink()
    (tmp_path / "new/metadata/timestamp.json").mkdir()
    assert refusal(BundleTrust.open, new, held, name="new") == "bundle.missing"
    assert refusal(folder_reader, tmp_path / "none") == "bundle.no_folder"


def test_configured_floors_hold_beside_those_of_a_store(tmp_path: Path) -> None:
    made, store = federation(), LocalStore(tmp_path)
    imported(store, made, made.publish())
    high = Floors(roles={"timestamp": Floor("9")})
    assert refusal(store.open, engine="0.1.0", floors=high) == "bundle.rollback"


@pytest.mark.parametrize(
    "data",
    [
        b"[]",
        b'{"schema":"ecert.floors/2"}',
        b'{"schema":"ecert.floors/1","roles":{"root":{"version":"x"}}}',
        b'{"schema":"ecert.floors/1","roles":{"root":{"version":"1","sha256":"zz"}}}',
        b'{"schema":"ecert.floors/1","roles":{"root":{"version":"' + b"9" * 5000 + b'"}}}',
        b'{"schema":"ecert.floors/1","roles":[]}',
        b'{"schema":"ecert.floors/1","seen":"yesterday"}',
        b'{"schema":"ecert.floors/1","more":1}',
    ],
)
def test_a_malformed_floor_file_is_refused_and_never_an_empty_one(data: bytes) -> None:
    assert refusal(parse_floors, data, "floor") == "bundle.malformed"


def test_floors_join_to_the_higher_and_disagreement_is_equivocation() -> None:
    one = Floors(roles={"a": Floor("2", "1" * 64), "b": Floor("1")}, seen=NOW)
    other = Floors(roles={"a": Floor("10"), "b": Floor("1", "2" * 64)})
    joined = one.joined(other)
    assert joined.roles == {"a": Floor("10"), "b": Floor("1", "2" * 64)}
    assert joined.seen == NOW
    assert joined.joined(one).roles == joined.roles
    twin = Floors(roles={"a": Floor("2", "3" * 64)})
    assert refusal(one.joined, twin) == "bundle.equivocation"


def test_l15_zero_anchors_stay_a_hard_fault_also_when_narrowed(tmp_path: Path) -> None:
    made, store = federation(), LocalStore(tmp_path)
    imported(store, made, made.publish())
    known = store.open(engine="0.1.0").narrowed(Need(keys=frozenset({"b" * 64})))
    fault = known.usable()
    assert fault is not None
    assert fault.code == "trust.no_anchors"
