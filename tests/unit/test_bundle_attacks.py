"""Every attack on a bundle is refused with its own code, before anything is judged by it (D12)."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bundle_kit import NATION, NOW, Simulator, key, payload_digest, reader, role_of
from ecert.errors import TrustError
from ecert.trust.bundle.dsse import Envelope, parse_envelope, sign
from ecert.trust.bundle.floors import Floor, Floors, parse_floors
from ecert.trust.bundle.machine import (
    Opened,
    OpenedRole,
    open_top,
    read_target,
    versions_of,
    walk,
)
from ecert.trust.bundle.scope import Scope

Files = dict[str, bytes]


def federation(kinds: tuple[str, ...] = ("sm2",)) -> Simulator:
    made = Simulator(kinds=kinds)
    made.role("sichuan", "510000")
    made.role("chongqing", "500000")
    made.role("chengdu", "510100", parent="sichuan")
    made.put("sichuan/issuers/list.json", b'{"who":"sichuan"}')
    made.put("chengdu/issuers/list.json", b'{"who":"chengdu"}')
    return made


def opened(files: Files, made: Simulator, **start: object) -> tuple[Opened, list[OpenedRole]]:
    top = open_top(reader(files), made.start(**start))
    roles = list(walk(reader(files), top, lambda _d, _s: True))
    for role in roles:
        for file in role.body.files:
            read_target(reader(files), file)
    return top, roles


def floors(files: Files, made: Simulator) -> Floors:
    top, roles = opened(files, made)
    return Floors(roles=versions_of(top, tuple(roles)), seen=NOW)


def code(files: Files, made: Simulator, **start: object) -> str:
    with pytest.raises(TrustError) as caught:
        opened(files, made, **start)
    return caught.value.code


def test_an_honest_bundle_opens_and_scopes_are_intersected() -> None:
    made = federation(("sm2", "p256", "ed25519"))
    made.role("greedy", "510000", "110000", parent="chongqing")
    top, roles = opened(made.publish(), made)
    scopes = {r.name: r.scope.territories for r in roles}
    assert scopes == {
        "targets": ("100000",),
        "sichuan": ("510000",),
        "chongqing": ("500000",),
        "chengdu": ("510100",),
        "greedy": (),
    }
    assert top.roots == (1,)


def test_d12_replay_of_an_older_bundle_is_refused() -> None:
    made = federation()
    old = made.publish()
    new = made.publish()
    known = floors(new, made)
    assert code(old, made, floors=known) == "bundle.rollback"


def test_d12_a_fresh_container_that_knows_only_the_configured_floor_refuses_it_too() -> None:
    made = federation()
    old = made.publish()
    handed_on = parse_floors(floors(made.publish(), made).to_bytes(), "floor")
    assert code(old, made, floors=handed_on) == "bundle.rollback"
    by_hand = Floors(roles={"timestamp": Floor("2")})
    assert code(old, made, floors=by_hand) == "bundle.rollback"


def test_d12_same_version_with_other_bytes_is_equivocation() -> None:
    made, twin = federation(), federation()
    known = floors(made.publish(), made)
    twin.at += timedelta(hours=1)
    twin.specs["root"].envelope = made.roots[1]
    twin.roots, twin.specs["root"].changed = dict(made.roots), False
    assert code(twin.publish(), twin, floors=known) == "bundle.equivocation"


def test_a_root_of_the_same_version_with_other_bytes_is_equivocation() -> None:
    made, twin = federation(), federation()
    known = floors(made.publish(), made)
    twin.at += timedelta(hours=1)
    assert code(twin.publish(), twin, floors=known) == "bundle.equivocation"


def test_a_next_version_that_names_another_predecessor_is_a_fork() -> None:
    made = federation()
    known = floors(made.publish(), made)
    made.specs["timestamp"].last = "0" * 64
    assert code(made.publish(), made, floors=known) == "bundle.fork"


def test_a_root_that_names_another_predecessor_is_a_fork() -> None:
    made = federation()
    made.publish()
    made.specs["root"].last = "0" * 64
    made.rotate_root()
    assert code(made.publish(), made) == "bundle.fork"


def test_d12_new_rules_with_old_agreements_are_a_mix() -> None:
    made = federation()
    old = made.publish()
    made.put("sichuan/issuers/list.json", b'{"who":"other"}')
    new = made.publish()
    mixed = {**new, "metadata/roles/2.sichuan.json": old["metadata/roles/1.sichuan.json"]}
    assert code(mixed, made) in ("bundle.mixed", "bundle.truncated", "bundle.too_large")
    # of the same length, so that the digest alone tells:
    data = bytearray(new["metadata/roles/2.sichuan.json"])
    data[-3] ^= 1
    assert code({**new, "metadata/roles/2.sichuan.json": bytes(data)}, made) == "bundle.mixed"


def test_an_old_snapshot_under_a_new_timestamp_is_missing_or_mixed() -> None:
    made = federation()
    old = made.publish()
    new = made.publish()
    without = {k: v for k, v in new.items() if k != "metadata/2.snapshot.json"}
    assert code(without, made) == "bundle.missing"
    moved = {**new, "metadata/2.snapshot.json": old["metadata/1.snapshot.json"]}
    assert code(moved, made) in ("bundle.mixed", "bundle.truncated", "bundle.too_large")


def test_a_snapshot_that_lists_an_older_role_is_a_rollback_though_the_role_is_not_read() -> None:
    made = federation()
    made.publish()
    made.specs["chengdu"].changed = True
    known = floors(made.publish(), made)
    spec = made.specs["chengdu"]
    spec.envelope, spec.changed, spec.version, spec.last = b"", True, 1, ""
    files = made.publish()
    with pytest.raises(TrustError) as caught:
        open_top(reader(files), made.start(floors=known))
    assert caught.value.code == "bundle.rollback"
    assert caught.value.params["name"] == "chengdu"


@pytest.mark.parametrize("role", ["root", "timestamp", "snapshot", "targets", "sichuan", "chengdu"])
def test_a_role_signed_with_another_roles_key_is_refused(role: str) -> None:
    made = federation()
    made.signers[role] = (key("chongqing"),)
    assert code(made.publish(), made) == "bundle.wrong_key"


@pytest.mark.parametrize("role", ["root", "timestamp", "snapshot", "targets", "sichuan"])
def test_threshold_short_is_refused(role: str) -> None:
    made = federation()
    made.specs[role].keys = (key("one"), key("two"), key("three"))
    made.specs[role].threshold = 2
    made.specs["root"].changed = made.specs["targets"].changed = True
    made.signers[role] = (key("one"),)
    assert code(made.publish(), made) == "bundle.threshold"
    made.signers[role] = (key("one"), key("three"))
    made.rotate_root()
    for spec in made.specs.values():
        spec.changed = True
    if role != "root":
        opened(made.publish(), made)


@pytest.mark.parametrize("role", ["root", "timestamp", "snapshot", "targets", "sichuan"])
@pytest.mark.parametrize("signer", ["sm2", "p256"])
def test_l19_a_role_of_sm2_and_ecdsa_signed_by_one_of_them_only_is_refused(
    role: str, signer: str
) -> None:
    made = federation(("sm2", "p256"))
    made.specs[role].compulsory = {"sm2": 1, "ecdsa": 1}
    made.signers[role] = (key(role, signer),)
    assert code(made.publish(), made) == "bundle.compulsory"


@pytest.mark.parametrize("role", ["root", "timestamp", "sichuan"])
def test_an_unsigned_role_is_refused(role: str) -> None:
    made = federation()
    made.signers[role] = ()
    assert code(made.publish(), made) == "bundle.unsigned"


def test_one_key_under_two_ids_is_refused() -> None:
    made = federation()
    made.specs["sichuan"].threshold = 2

    def doubled(payload: bytes) -> bytes:
        body = json.loads(payload)
        keys, role = body["delegations"]["keys"], body["delegations"]["roles"][0]
        other = "ab" * 32
        keys[other] = keys[role["keyids"][0]]
        role["keyids"].append(other)
        return json.dumps(body).encode()

    made.edit["targets"] = doubled
    assert code(made.publish(), made) == "bundle.key_id"


def test_one_key_under_two_schemes_is_refused() -> None:
    """Both ids are right digests, and yet it is one key."""
    from hashlib import sha256

    from cryptography.hazmat.primitives.asymmetric import rsa

    from ecert.crypto.keys import PrivateKey, _wrap
    from ecert.trust.bundle.keys import Key, Role

    private: PrivateKey = _wrap(rsa.generate_private_key(65537, 2048))
    one = Key.of(private.public)
    two = Key("rsa", "rsassa-pss-sha256", one.text)
    assert one.keyid != two.keyid
    payload = b"{}"
    envelope = Envelope(payload=payload, signatures=(sign(payload, private),))
    role = Role(keyids=(one.keyid, two.keyid), threshold=1)
    from ecert.trust.bundle.dsse import verify

    with pytest.raises(TrustError) as caught:
        verify(envelope, role, {one.keyid: one, two.keyid: two}, name="x")
    assert caught.value.code == "bundle.key_twice"
    assert sha256(payload).hexdigest() == envelope.sha256


def _edited(role: str, change: Callable[[bytes], bytes], *, after: bool) -> str:
    """Return the code for a payload changed before signing, or after it (with all above re-signed)."""
    made = federation()
    if not after:
        made.edit[role] = change
        return code(made.publish(), made)
    made.publish()
    spec = made.specs[role]
    body = json.loads(spec.envelope)
    payload = change(base64.b64decode(body["payload"]))
    body["payload"] = base64.b64encode(payload).decode()
    spec.envelope = json.dumps(body).encode()
    if role == "root":
        made.roots[1] = spec.envelope
    files = made.publish()
    if role == "timestamp":
        files["metadata/timestamp.json"] = json.dumps(body).encode()
    return code(files, made, **({"anchor": made.anchor} if role == "root" else {}))


@pytest.mark.parametrize("role", ["root", "timestamp", "targets", "sichuan"])
@pytest.mark.parametrize("changed", [(b'":', b'": '), (b"{", b"{\n"), (b"}", b"}\n")])
def test_l21_changed_white_space_fails(role: str, changed: tuple[bytes, bytes]) -> None:
    got = _edited(role, lambda p: p.replace(*changed, 1), after=True)
    assert got == "bundle.signature_invalid"


def test_l21_a_payload_written_anew_with_the_same_meaning_fails() -> None:
    got = _edited("targets", lambda p: json.dumps(json.loads(p), indent=1).encode(), after=True)
    assert got == "bundle.signature_invalid"


@pytest.mark.parametrize("role", ["root", "timestamp", "snapshot", "targets", "sichuan"])
def test_duplicate_members_are_refused_though_signed(role: str) -> None:
    got = _edited(role, lambda p: p.replace(b"{", b'{"version":1,', 1), after=False)
    assert got == "bundle.duplicate_member"


def test_duplicate_members_of_the_envelope_are_refused() -> None:
    made = federation()
    files = made.publish()
    name = "metadata/timestamp.json"
    files[name] = files[name].replace(b"{", b'{"payloadType":"x",', 1)
    assert code(files, made) == "bundle.duplicate_member"


def test_an_unregistered_key_type_is_refused() -> None:
    def other(payload: bytes) -> bytes:
        return payload.replace(b'"keytype":"sm2"', b'"keytype":"sm9"')

    assert _edited("targets", other, after=False) == "bundle.key_type"
    assert _edited("root", other, after=False) == "bundle.key_type"


@pytest.mark.parametrize("role", ["root", "timestamp", "snapshot", "targets", "sichuan"])
def test_an_unknown_critical_member_is_refused_and_an_uncritical_one_noticed(role: str) -> None:
    def critical(payload: bytes) -> bytes:
        body = json.loads(payload)
        body["ecert"]["critical"] = ["moon_phase"]
        return json.dumps(body).encode()

    def ignorable(payload: bytes) -> bytes:
        body = json.loads(payload)
        body["moon_phase"] = body["ecert"]["tide"] = "full"
        return json.dumps(body).encode()

    assert _edited(role, critical, after=False) == "bundle.critical"
    made = federation()
    made.edit["targets"] = ignorable
    top, _ = opened(made.publish(), made)
    assert top.targets.body.base.terms.ignored == ("moon_phase", "ecert.tide")


@pytest.mark.parametrize("role", ["root", "timestamp", "snapshot", "targets", "sichuan"])
def test_a_bundle_for_a_newer_engine_is_refused(role: str) -> None:
    made = federation()
    made.specs[role].terms = {"min_engine": "0.10"}
    files = made.publish()
    assert code(files, made, engine="0.9.3") == "bundle.engine"
    opened(files, made, engine="0.10.0")


def test_a_truncated_file_is_refused() -> None:
    made = federation()
    files = made.publish()
    for path in [p for p in files if not p.startswith("metadata/root") and "timestamp" not in p]:
        assert code({**files, path: files[path][:-1]}, made) == "bundle.truncated", path
        assert code({**files, path: files[path] + b" "}, made) == "bundle.too_large", path
        assert code({k: v for k, v in files.items() if k != path}, made) == "bundle.missing", path


def test_a_truncated_root_or_timestamp_is_refused() -> None:
    made = federation()
    files = made.publish()
    for path in ("metadata/root/1.json", "metadata/timestamp.json"):
        assert code({**files, path: files[path][:-1]}, made) == "bundle.malformed"
        assert code({**files, path: files[path] + b" " * 600_000}, made) == "bundle.too_large"
    assert code({k: v for k, v in files.items() if "timestamp" not in k}, made) == "bundle.missing"


def test_a_changed_file_is_refused() -> None:
    made = federation()
    files = made.publish()
    path = next(p for p in files if p.startswith("files/"))
    files[path] = files[path].replace(b"sichuan", b"SICHUAN").replace(b"chengdu", b"CHENGDU")
    assert code(files, made) == "bundle.file_changed"


def test_another_federation_is_refused() -> None:
    made, other = federation(), Simulator()
    other.specs["root"].keys = (key("somebody"),)
    made.publish()
    assert code(other.publish(), made) == "bundle.anchor"
    assert code(made.publish(), made, anchor="") == "bundle.no_anchor"


def test_a_root_must_be_signed_by_the_old_and_the_new_threshold() -> None:
    for signer in ("new root", "root"):
        made = federation()
        made.publish()
        made.rotate_root()
        made.specs["root"].keys = (key("new root"),)
        made.signers["root"] = (key(signer),)
        assert code(made.publish(), made) == "bundle.wrong_key", signer
    made.signers.pop("root")


def test_a_root_chain_is_followed_and_may_not_skip() -> None:
    made = federation()
    made.publish()
    for name in ("second", "third"):
        made.rotate_root()
        made.specs["root"].keys = (key(name),)
        files = made.publish()
    top, _ = opened(files, made)
    assert top.roots == (1, 2, 3)
    skipped = {k: v for k, v in files.items() if k != "metadata/root/2.json"}
    assert code(skipped, made) == "bundle.mixed"
    renamed = {**files, "metadata/root/2.json": files["metadata/root/3.json"]}
    assert code(renamed, made) in ("bundle.wrong_key", "bundle.root_chain")


def test_an_older_bundle_without_the_newest_root_is_a_rollback() -> None:
    made = federation()
    old = made.publish()
    made.rotate_root()
    known = floors(made.publish(), made)
    assert code(old, made, floors=known) == "bundle.rollback"
    only_number = Floors(roles={"root": Floor("2")})
    assert code(old, made, floors=only_number) == "bundle.rollback"


def test_a_key_compromise_is_ended_by_rotation_and_old_bundles_stay_refused() -> None:
    made = federation()
    stolen = made.specs["sichuan"].keys
    old = made.publish()
    made.specs["sichuan"].keys = (key("sichuan anew"),)
    made.specs["sichuan"].changed = made.specs["targets"].changed = True
    new = made.publish()
    known = floors(new, made)
    assert code(old, made, floors=known) == "bundle.rollback"
    made.signers["sichuan"] = stolen
    made.put("sichuan/issuers/forged.json", b"{}")
    assert code(made.publish(), made, floors=known) == "bundle.wrong_key"


def test_fast_forward_is_recovered_by_a_root_that_names_the_floors() -> None:
    made = federation()
    made.publish()
    thief = federation()
    thief.roots, thief.specs["root"].changed = dict(made.roots), False
    for name in ("timestamp", "snapshot"):
        thief.specs[name].envelope, thief.specs[name].version = b"x", 2**40
        thief.specs[name].changed = True
    known = floors(thief.publish(), made)
    assert int(known.roles["timestamp"].version) > 2**40
    for name in ("timestamp", "snapshot"):
        made.specs[name].keys = (key(f"{name} anew"),)
    made.rotate_root()
    assert code(made.publish(), made, floors=known) == "bundle.rollback"
    made.rotate_root(resets=("timestamp", "snapshot"))
    top, roles = opened(made.publish(), made, floors=known)
    assert top.lowered == ("timestamp", "snapshot")
    assert [r.name for r in roles][:2] == ["targets", "sichuan"]
    # A root already known lowers nothing: the floors it recovered to hold again.
    after = Floors(roles=versions_of(top, tuple(roles)))
    assert opened(made.publish(), made, floors=after)[0].lowered == ()


def test_roles_may_not_stand_twice_or_too_deep_or_sign_for_others() -> None:
    twice = federation()
    spec = twice.role("copy", "510100", parent="chongqing")
    twice.edit["chongqing"] = lambda p: p.replace(b"copy", b"chengdu")
    assert spec.parent == "chongqing"
    assert code(twice.publish(), twice) == "bundle.role_twice"
    deep = federation()
    parent = "chengdu"
    for level in range(5):
        deep.role(f"level-{level}", "510100", parent=parent)
        parent = f"level-{level}"
    assert code(deep.publish(), deep) == "bundle.too_deep"
    foreign = federation()
    foreign.specs["chongqing"].files["sichuan/issuers/mine.json"] = b"{}"
    assert code(foreign.publish(), foreign) == "bundle.malformed"


@pytest.mark.parametrize(
    "change",
    [
        lambda b: b | {"more": 1},
        lambda b: b | {"payload": b["payload"] + "\n"},
        lambda b: b | {"payload": b["payload"].rstrip("=") + "===="},
        lambda b: b | {"signatures": {}},
        lambda b: b | {"signatures": b["signatures"] * 150},
        lambda b: b | {"signatures": [{"keyid": "x"}]},
        lambda b: b | {"signatures": [{"keyid": 7, "sig": ""}]},
        lambda b: b | {"payload": None},
        lambda b: [b],
    ],
)
def test_a_malformed_envelope_is_refused(change: Callable[[dict[str, object]], object]) -> None:
    made = federation()
    files = made.publish()
    body = json.loads(files["metadata/timestamp.json"])
    files["metadata/timestamp.json"] = json.dumps(change(body)).encode()
    assert code(files, made) == "bundle.malformed"


def test_two_signatures_of_one_key_and_another_payload_type_are_refused() -> None:
    made = federation()
    files = made.publish()
    body = json.loads(files["metadata/timestamp.json"])
    twice = body | {"signatures": body["signatures"] * 2}
    typed = body | {"payloadType": "application/vnd.in-toto+json"}
    for changed, expected in ((twice, "signature_twice"), (typed, "payload_type")):
        files["metadata/timestamp.json"] = json.dumps(changed).encode()
        assert code(files, made) == f"bundle.{expected}"


def test_a_signature_of_another_payload_type_does_not_count() -> None:
    """The type is inside what is signed (PAE), so that no signature can be carried over."""
    payload = b"{}"
    signer = key("x")
    foreign = signer.sign(b"DSSEv1 28 application/vnd.in-toto+json 2 {}", digest="sm3")
    from ecert.trust.bundle.dsse import Signature, verify
    from ecert.trust.bundle.keys import Key, Role

    own = Key.of(signer.public)
    envelope = Envelope(payload=payload, signatures=(Signature(own.keyid, foreign),))
    with pytest.raises(TrustError) as caught:
        verify(envelope, Role(keyids=(own.keyid,), threshold=1), {own.keyid: own}, name="x")
    assert caught.value.code == "bundle.signature_invalid"


def test_hostile_bytes_never_raise_anything_else() -> None:
    import random

    made = federation()
    files = made.publish()
    dice = random.Random(4)
    for path in files:
        for _ in range(40):
            data = bytearray(files[path])
            for _ in range(dice.randrange(1, 4)):
                data[dice.randrange(len(data))] = dice.randrange(256)
            if bytes(data) != files[path]:
                changed = {**files, path: bytes(data)}
                if not refused(changed, made):
                    # Only what no signature covers may change unseen: the envelope of the
                    # root and timestamp around payload and signatures.
                    assert path in ("metadata/root/1.json", "metadata/timestamp.json")
                    before = parse_envelope(files[path], path, limit=10**6)
                    assert parse_envelope(bytes(data), path, limit=10**6).payload == before.payload


def refused(files: Files, made: Simulator) -> bool:
    try:
        opened(files, made)
    except TrustError as error:
        return error.code.startswith("bundle.")
    return False


def test_scopes_and_roles_of_the_kit_are_what_they_seem() -> None:
    assert Scope(territories=("510000",)).within(NATION).territories == ("510000",)
    made = federation()
    made.publish()
    assert role_of(made.specs["sichuan"]).keyids
    assert made.anchor == payload_digest(made.roots[1])
