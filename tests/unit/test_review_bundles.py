"""Attacks on signed trust: narrowing, foreign listings, memory, tests that leak, hangs (L4, L15, L19)."""

from __future__ import annotations

import json
import random
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bundle_kit import NOW, Simulator, issuers_json, key, reader
from ecert.crypto.times import TimeClaim
from ecert.documents import inspect_document
from ecert.errors import TrustError
from ecert.facade import verify
from ecert.limits import Limits
from ecert.recognition import evaluate
from ecert.report import Mode
from ecert.trust.bundle.admitting import admit
from ecert.trust.bundle.content import check_scope, parse_item
from ecert.trust.bundle.files import pack_reader
from ecert.trust.bundle.floors import Floor, Floors
from ecert.trust.bundle.freshness import Dated
from ecert.trust.bundle.index import Index, make_index, parse_index
from ecert.trust.bundle.local import LocalStore
from ecert.trust.bundle.scope import Scope
from ecert.trust.bundle.trusting import BundleTrust
from ecert.trust.need import Need
from ecert.trust.store import TrustStore
from ecert.verification.cascading import certificate_cascade
from ecert.verification.case import Case, DataCase, ListingCase, SealCase, SignerCase, SigningTime
from ecert.verification.checks.context import Context
from ecert.verification.checks.maker import maker_authorised
from ecert.verification.dating import doubts_about_trust
from ecert.verification.policy import Policy
from federation_kit import Bureau
from keys_kit import certificate
from recognition_kit import asked
from recognition_kit import body as agreement_body

LISTED = "b" * 64
CODE = "11510100MB0T000012"
HOLDER = "91500000MA00000000"


def world() -> Simulator:
    made = Simulator()
    made.role("sichuan", "510000")
    made.role("chongqing", "500000")
    made.put("targets/anchors/ca.cer", certificate(key("ca")).der)
    made.put("sichuan/issuers/list.json", issuers_json("510000", LISTED))
    return made


def trust(made: Simulator, **start: object) -> BundleTrust:
    files = made.publish()
    admitted = admit(reader(files), made.start(**start), at=NOW)
    index = parse_index(admitted.index.to_bytes())
    return BundleTrust(name="x", opened=admitted.opened, read=reader(files), index=index)


def both(made: Simulator, **need: object) -> tuple[TrustStore, TrustStore]:
    known = trust(made)
    return known.narrowed(Need(keys=frozenset({LISTED}), **need)), known.whole()  # type: ignore[arg-type]


def register(territory: str, *events: dict[str, object], until: str = "2026-12-01") -> bytes:
    basis = {"basis": {"document": "示例"}}
    return json.dumps(
        {
            "schema": "ecert.entities/1",
            "list_id": f"e-{territory}",
            "version": "1",
            "issued_at": "2026-10-30T00:00:00Z",
            "next_update": f"{until}T00:00:00Z",
            "register": {
                "code": f"11{territory}MB0000000X",
                "name": "示例登记机关",
                "territories": [territory],
                "departments": ["9"],
                "licence_types": [],
            },
            "events": [e | basis for e in events],
        }
    ).encode()


def held(store: TrustStore) -> object:
    data = DataCase(holder_code=HOLDER)
    found = certificate_cascade(store.entities, data, NOW)
    return found.answer, found.next_update


def test_l15_a_register_that_says_nothing_is_not_narrowed_away() -> None:
    made = world()
    made.put("chongqing/entities/e.json", register("500000", until="2026-10-31"))
    part, whole = both(made, holder=HOLDER)
    assert held(part) == held(whole) == ("none", datetime(2026, 10, 31, tzinfo=UTC))


def test_l15_the_register_that_took_an_entity_over_is_not_narrowed_away() -> None:
    made = world()
    moved = {
        "event_id": "1",
        "entity": HOLDER,
        "kind": "transferred_out",
        "at": "2026-01-01T00:00:00Z",
        "to": "11440000MB0000000X",
    }
    made.role("guangdong", "440000")
    made.put("chongqing/entities/e.json", register("500000", moved))
    made.put("guangdong/entities/e.json", register("440000", until="2026-10-31"))
    part, whole = both(made, holder=HOLDER)
    assert held(part) == held(whole) == ("none", datetime(2026, 10, 31, tzinfo=UTC))


def test_l19_the_nation_is_written_in_one_way_in_a_delegation() -> None:
    made = world()
    made.role("other-nation", "000000")
    with pytest.raises(TrustError) as caught:
        trust(made)
    assert caught.value.code == "bundle.malformed"


@pytest.mark.parametrize("code", ["11510000MB0000000X", "11100000MB0000000X"])
def test_l19_a_region_lists_no_issuing_authority_of_another_region(code) -> None:
    made = world()
    made.put("chongqing/issuers/x.json", issuers_json("500000", "c" * 64, code=code))
    with pytest.raises(TrustError) as caught:
        trust(made)
    assert caught.value.code == "bundle.out_of_scope"


def test_l24_what_was_narrowed_once_is_held_to_the_floors_of_files_too() -> None:
    made = world()
    known = trust(made)
    need = Need(keys=frozenset({LISTED}))
    assert known.narrowed(need)
    files = {"sichuan/issuers/list.json": Floor("2")}
    floors = replace(known.opened.floors, files=files)
    doubted = replace(known, opened=replace(known.opened, floors=floors))
    with pytest.raises(TrustError) as caught:
        doubted.narrowed(need)
    assert caught.value.code == "bundle.rollback"


@pytest.mark.parametrize("name", ["root", "snapshot", "targets", "sichuan"])
def test_l4_a_role_that_says_it_is_for_tests_is(name) -> None:
    made = world()
    made.specs[name].terms = {"test_only": True}
    part, whole = both(made)
    assert part.test_only
    assert whole.test_only


def test_l15_an_audit_beyond_what_a_bundle_knew_is_doubted() -> None:
    store = replace(trust(world()), frozen=True).whole()
    late = NOW + timedelta(days=400)
    codes = [c.code for c in doubts_about_trust(store, late, mode=Mode.AS_OF)]
    assert codes == ["trust.stale"]
    assert doubts_about_trust(store, NOW, mode=Mode.AS_OF) == ()
    assert [c.code for c in doubts_about_trust(store, NOW, mode=Mode.LIVE)] == ["bundle.frozen"]


def test_l13_a_clock_that_stands_before_what_was_seen_hides_no_expiry_from_an_audit() -> None:
    known = trust(world())
    floors = Floors(roles=known.opened.floors.roles, seen=NOW + timedelta(days=900))
    store = replace(known, opened=replace(known.opened, floors=floors)).whole()
    late = NOW + timedelta(days=400)
    assert [c.code for c in doubts_about_trust(store, late, mode=Mode.AS_OF)] == ["trust.stale"]


def test_l13_the_end_of_time_is_no_error() -> None:
    store = trust(world()).whole()
    assert store.dated is not None
    assert store.dated.at(datetime.max.replace(tzinfo=UTC)).state == "expired"
    assert isinstance(store.dated, Dated)


def test_a_file_under_many_names_counts_as_often(monkeypatch) -> None:
    made = world()
    listed = issuers_json("500000", "c" * 64) + b" " * 20_000
    for number in range(20):
        made.put(f"chongqing/issuers/{number}.json", listed)
    files = made.publish()
    monkeypatch.setattr("ecert.trust.bundle.steps.MAX_BUNDLE_BYTES", 200_000)
    assert sum(len(data) for data in files.values()) < 200_000
    opened = BundleTrust.open(reader(files), made.start(), name="x")
    for use in (opened.whole, lambda: admit(reader(files), made.start(), at=NOW)):
        with pytest.raises(TrustError) as caught:
            use()
        assert caught.value.code == "bundle.too_large"


def listed(spki: str, *, by: str = "510100", code: str = CODE, ended: str = "") -> bytes:
    body = json.loads(issuers_json(by, spki, code=code))
    if ended:
        service = body["entries"][0]["services"][0]
        start = service["status_start"]
        past = {"status": "granted", "from": start, "to": ended}
        service |= {"status": "withdrawn", "status_start": ended, "history": [past]}
    return json.dumps(body).encode()


def asked_of(data: bytes, made: Simulator) -> dict[str, str]:
    opened = BundleTrust.open(reader(made.publish()), made.start(), name="x")
    report = verify(data, trust=opened, at=NOW + timedelta(minutes=1))
    codes = {c.id: [r.code for r in c.reasons] for c in report.root.walk()}
    return {name: ",".join(found) for name, found in codes.items()}


@pytest.fixture(scope="module")
def licence() -> tuple[bytes, str, bytes]:
    bureau = Bureau("chuanyu", at=NOW)
    data = bureau.pdf(bureau.licence("91510104MA0T00001H"))
    signer = inspect_document(data, Limits()).signatures[0].signer
    assert signer is not None
    return data, signer.spki_sha256, bureau.offices.pki.root("sm2")[1].der


def issuing(root: bytes) -> Simulator:
    made = Simulator()
    made.role("sichuan", "510000")
    made.role("chongqing", "500000")
    made.role("chengdu", "510100", parent="sichuan")
    made.put("targets/anchors/root.cer", root)
    return made


@pytest.mark.parametrize("older", ["chengdu/issuers/a.json", "sichuan/issuers/a.json"])
def test_l1_no_older_list_outlives_the_word_that_ended_a_service(licence, older) -> None:
    data, spki, root = licence
    made = issuing(root)
    made.put(older, listed(spki))
    assert asked_of(data, made)["issuer.in_force"] == ""
    ended = json.loads(listed(spki, ended="2026-06-01T00:00:00Z")) | {"version": "2"}
    made.put("sichuan/issuers/b.json", json.dumps(ended).encode())
    assert asked_of(data, made)["issuer.in_force"] == "issuer.not_in_force"


def test_l17_a_region_vouches_for_no_key_of_another_region(licence) -> None:
    data, spki, root = licence
    made = issuing(root)
    made.put("sichuan/issuers/a.json", listed(spki))
    assert asked_of(data, made)["signer[0].revocation"] == ""
    old = json.loads(listed(spki)) | {"next_update": "2026-10-31T00:00:00Z"}
    made.put("sichuan/issuers/a.json", json.dumps(old).encode())
    unsaid = asked_of(data, made)["signer[0].revocation"]
    assert unsaid == "revocation.unknown"
    foreign = listed(spki, by="500000", code="11500000MB0000000X")
    made.put("chongqing/issuers/a.json", foreign)
    assert asked_of(data, made)["signer[0].revocation"] == unsaid


def test_territories_are_compared_in_linear_time() -> None:
    codes = tuple(f"51{n:04}" for n in range(4096))
    wide = Scope(territories=codes)
    assert wide.within(Scope(territories=("510000",))).territories == codes
    assert wide.within(wide).territories == codes
    assert not wide.within(Scope(territories=("500000",))).territories
    made = world()
    made.role("too-many", *(f"{n:06}" for n in range(1, 4098)))
    with pytest.raises(TrustError) as caught:
        trust(made)
    assert caught.value.code == "bundle.malformed"


TYPE = "11100000000013127D001"
SEAL = "51010000000001"


def state(issuer: str, at: str, **said: dict[str, str]) -> bytes:
    body: dict[str, object] = {
        "schema": "ecert.status/1",
        "list_id": "s",
        "publisher": "p",
        "version": at.replace("-", ""),
        "issuer": issuer,
        "issued_at": f"{at}T00:00:00Z",
        "next_update": "2026-12-01T00:00:00Z",
    }
    if "certificates" in said:
        body["certificate_type"] = TYPE
    for name, entries in said.items():
        body[name] = [{"id": ident, "state": word} for ident, word in entries.items()]
    return json.dumps(body).encode()


def test_l16_a_neighbour_who_lists_a_body_s_key_does_not_speak_for_its_seals() -> None:
    made = world()
    made.put("sichuan/status/s.json", state(CODE, "2026-10-30", seals={"another": "active"}))
    neighbour = "11500000MB0000000X"
    made.put("chongqing/status/s.json", state(neighbour, "2026-10-31", seals={SEAL: "active"}))
    store = trust(made).whole()
    assert store.seal_status(SEAL, NOW, bodies=[neighbour]).answer == "listed"
    assert store.seal_status(SEAL, NOW, bodies=[CODE]).answer == "not_listed"
    assert store.seal_status(SEAL, NOW, bodies=[CODE, neighbour]).answer == "not_listed"
    silent = "11510000MB0000000X"
    assert store.seal_status(SEAL, NOW, bodies=[silent, neighbour]).answer == "none"


def test_l16_a_list_of_another_role_lifts_nothing_by_its_name() -> None:
    made = world()
    made.role("chengdu", "510100", parent="sichuan")
    ecid = f"1.2.156.3005.2.{TYPE}.{CODE}.1.001.0"
    made.put("sichuan/status/s.json", state(CODE, "2026-10-30", certificates={ecid: "cancelled"}))
    made.put("chengdu/status/s.json", state(CODE, "2026-10-31", certificates={ecid: "valid"}))
    answer = trust(made).whole().status(ecid, NOW)
    assert answer.entry is not None
    assert answer.entry.state == "cancelled"


@pytest.mark.parametrize(
    "data",
    [
        b"ecert.pack/1 100000\n" + b"[" * 100_000,
        b"ecert.pack/1 -5\n{}",
        b'ecert.pack/1 16\n{"a":[1e999,1]}  ',
    ],
)
def test_a_damaged_pack_is_refused(tmp_path: Path, data: bytes) -> None:
    place = tmp_path / "pack"
    place.write_bytes(data)
    with pytest.raises(TrustError) as caught:
        pack_reader(place)
    assert caught.value.code == "bundle.store_damaged"


def test_l2_a_neighbour_s_seal_maker_makes_no_seal_for_a_body_that_it_lists_too() -> None:
    def entry(kind: str, territory: str) -> ListingCase:
        states = (("granted", NOW - timedelta(days=999), None),)
        return ListingCase(authority="x", name="x", kind=kind, territory=territory, states=states)

    def who(*listings: ListingCase) -> SignerCase:
        dates = {"not_before": NOW - timedelta(days=99), "not_after": NOW + timedelta(days=99)}
        return SignerCase(name="x", cert_sha256="", listings=listings, **dates)

    made = TimeClaim(source="t", text="", earliest=NOW, latest=NOW)
    seal = SealCase(es_id=SEAL, maker=who(entry("seal-maker", "500000")), created=made)
    ctx = Context(case=Case(signatures=()), policy=Policy.default(), at=NOW)
    holder = entry("certificate-issuer", "510100")
    for more, code in (
        ((), "seal.maker_not_listed"),
        ((entry("seal-holder", "500000"),), "seal.maker_not_listed"),
    ):
        found = maker_authorised(seal, who(holder, *more), SigningTime(), ctx)
        assert found.code == code
    own = replace(seal, maker=who(entry("seal-maker", "510000")))
    assert maker_authorised(own, who(holder), SigningTime(), ctx).ok


def test_l15_an_index_of_an_older_program_selects_nothing(tmp_path: Path) -> None:
    made = world()
    made.put("chongqing/issuers/x.json", issuers_json("500000", "c" * 64))
    store = LocalStore(tmp_path / "store")
    older = make_index((), ()).to_bytes().replace(b"bundle-index/2", b"bundle-index/1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Index, "to_bytes", lambda _self: older)
        store.import_(reader(made.publish()), made.start(), at=NOW)
    opened = store.open(engine="0.1.0")
    assert opened.index is None
    assert len(opened.narrowed(Need(keys=frozenset({LISTED}))).issuer_lists) == 2


_NESTED = (
    ("nation", "100000", "targets"), ("anhui", "340000", "targets"), ("hefei", "340100", "anhui"),
    ("one", "500000", "targets"), ("two", "500100", "one"), ("three", "500112", "two"),
    ("guangdong", "440000", "targets"),
)  # fmt: skip
_CODES = (
    "340000", "340100", "340181", "341400", "341422", "500000", "500112", "510200", "510000",
    "440000", "100000", "000000",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_l15_no_answer_changes_by_what_is_narrowed_away(seed: int) -> None:
    """Withdrawn and merged codes, nested roles, refusals and versions by anybody, signed by any."""
    dice = random.Random(seed)
    made = world()
    for name, territory, parent in _NESTED:
        made.role(name, territory, parent=parent)
    for number in range(4):
        edges = [
            {"relying": dice.choice(_CODES), "issuing": dice.choice(_CODES), "covers": "subtree"}
            for _ in range(2)
        ]
        body = agreement_body(
            agreement_id=f"test.{dice.choice('ab')}",
            version=str(number + 1),
            kind=dice.choice(["bilateral", "unilateral"]),
            effect=dice.choice(["equivalent", "equivalent", "refuse"]),
            edges=[*edges, {"relying": "100000", "issuing": "100000", "covers": "subtree"}],
        )
        data = json.dumps(body | {"schema": "ecert.agreement/1"}).encode()
        for name, _, _ in _NESTED:
            path = f"{name}/agreements/{number}.json"
            item = parse_item(path, data, sha256="0" * 64)
            with suppress(TrustError):
                check_scope(item, made.specs[name].scope)
                made.put(path, data)
    known = trust(made)
    whole, said = known.whole().knowledge, set()
    for relying, issuing in product(_CODES, _CODES):
        need = Need(keys=frozenset({LISTED}), relying=relying, issuing=issuing)
        question = asked(relying=relying, issuing=issuing)
        part = evaluate(question, known.narrowed(need).knowledge, at=NOW)
        said.add(part.outcome)
        assert part.outcome == evaluate(question, whole, at=NOW).outcome, (relying, issuing)
    assert len(said) > 1
