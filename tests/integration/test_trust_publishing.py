"""A federation from its first key to its users, through the command line, as people would do it."""

from __future__ import annotations

import base64
import fcntl
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ecert.crypto.keys import PrivateKey
from federation_cli import PASSWORD, Federation, first_bundle, listed, password, stand_up


def imported(made: Federation, store: Path, *options: object, bundle: Path | None = None):
    return made.run("import", bundle or made.space / "published", "--store", store, *options)


def files(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


# -- the whole story -------------------------------------------------------------------------------


def test_a_province_stands_up_and_its_users_follow(capfd, tmp_path) -> None:
    made = stand_up(capfd, tmp_path)
    done = first_bundle(made)
    root = done.json["root"]
    assert done.json["versions"] == dict.fromkeys(
        ("root", "targets", "sichuan", "snapshot", "timestamp"), "1"
    )
    store = tmp_path / "store"
    # No trust on first use: the fingerprint comes from elsewhere, whole, and must be right.
    made.refused("bundle.no_anchor", "import", made.space / "published", "--store", store)
    made.refused(
        "bundle.anchor", "import", made.space / "published", "--store", store, "--root", "0" * 64
    )
    made.refused("bundle.store_empty", "status", store)
    half = root["sha256"][:32]
    made.refused(
        "publish.fingerprint", "import", made.space / "published", "--store", store, "--root", half
    )
    # As read aloud over the telephone.
    done = imported(made, store, "--root", root["spoken"], "--json")
    assert done.code == 0, done.err
    assert done.json["counts"] == done.json["counts"] | {"anchors": 1, "issuers": 1, "roles": 2}
    old = made.kept("old")
    made.update("2", "suspended")
    done = made.good("diff", old, made.space / "published")
    assert "certificate-issuer 1: status from granted to suspended" in done.out
    assert "no impact report" in done.out
    done = made.good("diff", old, made.space / "published", "--lang", "zh")
    # The next import needs no fingerprint; it says what changed.
    done = imported(made, store)
    assert done.code == 0
    assert "status from granted to suspended" in done.out
    done = made.good("status", store, "--json")
    assert (done.json["exit"], done.json["days_left"], done.json["first_to_expire"]) == (
        0, 6, "timestamp",
    )  # fmt: skip
    assert done.json["floors"]["sichuan"] == "2"
    made.refused("bundle.rollback", "import", old, "--store", store)
    # Stale within the local grace is a note; after it nothing may be judged.
    late = datetime.now(UTC)
    for days, code, word in ((5, 0, "fresh"), (8, 0, "stale"), (40, 5, "expired")):
        at = (late + timedelta(days=days)).isoformat()
        done = made.run("status", store, "--at", at)
        assert (done.code, word in done.out) == (code, True), done.out
    assert (
        made.run("status", store, "--at", "2020-01-01T00:00:00Z").code == 5
    )  # the clock is suspect


def test_l15_without_anchors_a_bundle_is_imported_and_unusable(capfd, tmp_path) -> None:
    made = stand_up(capfd, tmp_path)
    root = first_bundle(made).json["root"]["sha256"]
    store = tmp_path / "store"
    made.good("import", made.space / "published", "--store", store, "--root", root)
    (made.space / "roles/sichuan/anchors/root.cer").unlink()
    made.update("2")
    done = imported(made, store)
    assert done.code == 5
    assert "no anchors" in done.err
    assert made.run("status", store).code == 5  # what was withdrawn is not kept for convenience


def test_the_record_holds_every_act_and_its_head_is_printed(capfd, tmp_path) -> None:
    made = stand_up(capfd, tmp_path)
    head = first_bundle(made).json["transcript"]
    done = made.good("inspect", made.space / "transcript.jsonl", "--json")
    assert done.json["head"] == head
    acts = [a["act"] for a in done.json["acts"]]
    assert acts[0] == "init"
    assert acts[-2:] == ["publishing", "published"]
    assert acts.count("requested") == 5
    record = made.space / "transcript.jsonl"
    record.write_bytes(record.read_bytes().replace(b'"added"', b'"addad"'))
    made.refused("publish.transcript", "stage", made.space)


# -- keys ------------------------------------------------------------------------------------------


def test_a_private_key_is_encrypted_for_its_owner_alone_and_never_overwritten(
    capfd, tmp_path
) -> None:
    made = Federation(capfd, tmp_path)
    made.new_key("mine")
    path = made.key_file("mine")
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"ENCRYPTED PRIVATE KEY" in path.read_bytes()
    secret = PrivateKey.from_pkcs8(path.read_bytes(), PASSWORD.encode())
    assert secret.kind == "sm2"
    with password() as fd:
        assert made.run("key", "new", path, "--password-fd", fd).code == 2
    with password("short") as fd:
        assert made.run("key", "new", tmp_path / "b.pem", "--password-fd", fd).code == 2
    assert made.run("key", "new", tmp_path / "b.pem").code == 2  # no terminal, no password
    assert not (tmp_path / "b.pem").exists()
    shown = made.good("key", "show", tmp_path / "mine.pub.json", "--json").json
    assert (
        shown["keyid"] == made.good("inspect", tmp_path / "mine.pub.json", "--json").json["keyid"]
    )
    assert len(shown["spoken"].split()) == 16


def test_a_private_key_never_enters_a_workspace(capfd, tmp_path) -> None:
    made = Federation(capfd, tmp_path)
    made.good("init", made.space, "--name", "x")
    made.new_key("mine")
    made.refused(
        "trust.invalid_file", "key", "add", made.space, made.key_file("mine"), "--role", "root"
    )
    assert list((made.space / "keys").iterdir()) == []


def test_a_role_without_keys_or_with_too_few_cannot_be_staged(capfd, tmp_path) -> None:
    made = Federation(capfd, tmp_path)
    made.good("init", made.space, "--name", "x")
    made.refused("publish.no_keys", "stage", made.space)
    made.new_key("a", "ed25519")
    for role in ("root", "timestamp", "snapshot", "targets"):
        made.give(role, "a")
    made.refused("publish.unmeetable", "stage", made.space)  # SM2 is compulsory in a new plan
    made.refused(
        "publish.unplanned", "key", "add", made.space, tmp_path / "a.pub.json", "--role", "x"
    )


# -- thresholds ------------------------------------------------------------------------------------


def test_a_short_threshold_publishes_nothing_and_names_who_may_sign(capfd, tmp_path) -> None:
    made = stand_up(capfd, tmp_path)
    made.stage()
    made.sign("root.1.json", "root-a")
    made.sign("targets.1.json", "targets")
    done = made.publish("online")
    assert done.code == 5
    waiting = {w["role"]: w for w in done.json["waiting"]}
    assert set(waiting) == {"root", "sichuan"}
    assert "1 valid signatures of the 2" in waiting["root"]["why"]
    assert len(waiting["root"]["may_sign"]) == 2
    assert not (made.space / "published").exists()
    made.sign("root.1.json", "root-a")  # the same person again is still one
    assert made.publish("online").code == 5
    made.sign("root.1.json", "root-b")
    made.sign("sichuan.1.json", "sichuan")
    assert made.publish().code == 5  # snapshot
    assert made.publish("online").code == 0


def test_l19_a_compulsory_algorithm_cannot_be_replaced_by_another(capfd, tmp_path) -> None:
    made = stand_up(capfd, tmp_path)
    for name in ("second", "third"):
        made.new_key(name, "ed25519")
    made.give("sichuan", "second", "third", threshold=2)
    made.stage()
    made.sign("root.1.json", "root-a", "root-b")
    made.sign("targets.1.json", "targets")
    made.sign("sichuan.1.json", "second", "third")
    done = made.publish("online")
    assert done.code == 5
    assert "sm2" in done.json["waiting"][0]["why"].lower()
    made.sign("sichuan.1.json", "sichuan")
    assert made.publish("online").code == 0


# -- what a signer refuses -------------------------------------------------------------------------


def test_a_key_that_is_not_asked_signs_nothing(capfd, tmp_path) -> None:
    made = stand_up(capfd, tmp_path)
    made.stage()
    request = made.space / "requests/sichuan.1.json"
    out = tmp_path / "out"
    out.mkdir()
    with password() as fd:
        made.refused(
            "publish.not_asked", "sign", request, "--key", made.key_file("targets"), "--out", out,
            "--yes", "--password-fd", fd,
        )  # fmt: skip
    with password("another-password") as fd:
        made.refused(
            "key.wrong_password", "sign", request, "--key", made.key_file("sichuan"), "--out", out,
            "--yes", "--password-fd", fd,
        )  # fmt: skip
    with password() as fd:  # nobody is there to read what it changes
        done = made.run(
            "sign", request, "--key", made.key_file("sichuan"), "--out", out, "--password-fd", fd
        )
    assert done.code == 2
    assert "new issuer list" in done.out
    with password() as fd:  # a program may read JSON; a person has to read what he signs
        done = made.run(
            "sign",
            request,
            "--key",
            made.key_file("sichuan"),
            "--out",
            out,
            "--json",
            "--password-fd",
            fd,
        )
    assert done.code == 2
    assert list(out.iterdir()) == []


def repacked(body: dict, change: Callable[[dict], None]) -> bytes:
    """Return a request with a changed payload and all its digests put right again."""
    from ecert.crypto.digest import digest

    payload = json.loads(base64.b64decode(body["payload"]))
    change(payload)
    raw = json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    body["payload"] = base64.b64encode(raw).decode()
    body["sha256"], body["sm3"] = digest("sha256", raw).hex(), digest("sm3", raw).hex()
    return (
        json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
    )


def test_a_tampered_request_is_not_signed(capfd, tmp_path) -> None:
    made = stand_up(capfd, tmp_path)
    made.stage()
    path = made.space / "requests/sichuan.1.json"
    honest = path.read_bytes()

    def put(change: Callable[[dict], None]) -> bytes:
        body = json.loads(honest)
        change(body)
        text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return text.encode() + b"\n"

    def drop_word(body: dict) -> None:
        del body["changes"][-1]

    def soften(body: dict) -> None:
        body["changes"][0]["zh"] = "没有变化"

    def longer(payload: dict) -> None:
        payload["expires"] = "2099-01-01T00:00:00Z"

    def more(payload: dict) -> None:
        payload["ecert"]["complete"] = False

    file = next(iter(json.loads(honest)["files"]))
    forged = [
        put(drop_word),
        put(soften),
        put(lambda b: b.update(role="targets")),
        put(lambda b: b.update(version=2)),
        put(lambda b: b.update(sha256="0" * 64)),
        put(lambda b: b.update(sm3="0" * 64)),
        put(lambda b: b.update(previous=b["payload"])),
        put(lambda b: b.update(authorities=[])),
        put(lambda b: b.update(extra=1)),
        put(lambda b: b["files"].update({file: base64.b64encode(b"other").decode()})),
        put(lambda b: b["files"].clear()),
        put(lambda b: b["authorities"][0].update(threshold=0)),
        repacked(json.loads(honest), longer),
        repacked(json.loads(honest), more),
        honest.replace(b'"version":1', b'"version":1,"version":1'),
        honest[: len(honest) // 2],
        b"{}",
        b"[]",
    ]
    for data in forged:
        assert data != honest
        path.write_bytes(data)
        for command in (("inspect", path), ("publish", made.space)):
            done = made.run(*command)
            assert done.code in (4, 5), data[:80]
            assert "[internal" not in done.err
        with password() as fd:
            done = made.run(
                "sign", path, "--key", made.key_file("sichuan"), "--out", made.space / "signatures",
                "--yes", "--password-fd", fd,
            )  # fmt: skip
        assert done.code == 5, data[:80]
        assert "[publish.request]" in done.err or "[bundle." in done.err, done.err
    assert list((made.space / "signatures").iterdir()) == []


# -- what a publisher refuses ----------------------------------------------------------------------


def test_a_signature_for_another_role_version_or_text_is_refused(capfd, tmp_path) -> None:
    made = stand_up(capfd, tmp_path)
    made.give("targets", "sichuan")  # one person with two hats
    made.stage()
    made.sign("sichuan.1.json", "sichuan")
    (path,) = (made.space / "signatures").iterdir()
    honest = json.loads(path.read_bytes())
    target = made.good("inspect", made.space / "requests/targets.1.json", "--json").json["sha256"]
    for change, code in (
        ({"role": "targets"}, "publish.other_payload"),
        ({"role": "targets", "sha256": target}, "publish.does_not_hold"),
        ({"version": 2}, "publish.other_payload"),
        ({"role": "hubei"}, "publish.no_request"),
        ({"keyid": "0" * 64}, "publish.not_asked"),
        ({"sig": base64.b64encode(b"\0" * 64).decode()}, "publish.does_not_hold"),
        ({"sig": "!"}, "publish.request"),
        ({"version": "1"}, "publish.request"),
    ):
        path.write_bytes(json.dumps(honest | change).encode())
        made.refused(code, "publish", made.space)
    assert not (made.space / "published").exists()


def test_what_changed_after_it_was_signed_is_not_published(capfd, tmp_path) -> None:
    made = stand_up(capfd, tmp_path)
    first_bundle(made)
    before = files(made.space / "published")
    made.add("sichuan", "issuers", "list.yaml", listed("2"))
    made.stage()
    made.sign("sichuan.2.json", "sichuan")
    made.add("sichuan", "issuers", "list.yaml", listed("3", "withdrawn"))
    with password() as fd:
        made.refused(
            "publish.content_changed", "publish", made.space, "--key", made.key_file("online"),
            "--password-fd", fd,
        )  # fmt: skip
    assert files(made.space / "published") == before
    made.stage()  # the number 2 was signed somewhere: it is not used again
    assert [p.name for p in (made.space / "requests").iterdir()] == ["sichuan.3.json"]
    assert list((made.space / "signatures").iterdir()) == []
    made.sign("sichuan.3.json", "sichuan")
    assert made.publish("online").json["versions"]["sichuan"] == "3"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (('territory: "510000"', 'territory: "500000"'), "bundle.out_of_scope"),
        (("list_id:", "lst_id:"), "trust.invalid_file"),
        (("granted", "grunted"), "trust.invalid_file"),
    ],
)
def test_content_that_an_importer_would_refuse_is_not_even_taken_in(
    capfd, tmp_path, change, code
) -> None:
    made = stand_up(capfd, tmp_path)
    bad = tmp_path / "bad.yaml"
    bad.write_text(listed("2").replace(*change), encoding="utf-8")
    made.refused(code, "add", made.space, "sichuan", "issuers", bad)
    # Put there by hand it is refused all the same, before anybody is asked to sign.
    (made.space / "roles/sichuan/issuers/bad.yaml").write_text(bad.read_text("utf-8"), "utf-8")
    made.refused(code, "stage", made.space)
    assert list((made.space / "requests").iterdir()) == []


def test_a_published_version_is_never_written_again_with_another_text(capfd, tmp_path) -> None:
    made = stand_up(capfd, tmp_path)
    first_bundle(made)
    made.add("sichuan", "issuers", "list.yaml", listed("1", "withdrawn"))
    made.refused("publish.version_used", "stage", made.space)
    made.add("sichuan", "issuers", "list.yaml", listed("0", "withdrawn"))
    made.refused("publish.version_used", "stage", made.space)


def test_a_delegate_is_given_no_more_than_its_delegator_has(capfd, tmp_path) -> None:
    made = stand_up(capfd, tmp_path)
    made.new_key("wuhan")
    made.good("delegate", made.space, "wuhan", "--parent", "sichuan", "--territory", "420100")
    made.give("wuhan", "wuhan")
    made.refused("publish.scope", "stage", made.space)
    made.good("delegate", made.space, "wuhan", "--remove")
    made.stage()


# -- two at once, killed half-way ------------------------------------------------------------------


def test_of_two_publishers_at_once_the_second_is_told(capfd, tmp_path) -> None:
    made = stand_up(capfd, tmp_path)
    with (made.space / ".lock").open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        for command in ("stage", "publish"):
            made.refused("publish.busy", command, made.space)
    made.stage()


@pytest.mark.parametrize("rename", [1, 2, 3])
def test_killed_in_the_middle_of_publishing_it_goes_on_where_it_stood(
    capfd, tmp_path, monkeypatch, rename
) -> None:
    made = stand_up(capfd, tmp_path)
    first_bundle(made)
    old = files(made.space / "published")
    made.add("sichuan", "issuers", "list.yaml", listed("2"))
    made.stage()
    made.sign("sichuan.2.json", "sichuan")
    count = iter(range(1, 100))
    real = Path.rename

    def killed(self: Path, target: Path) -> Path:
        if next(count) == rename:
            raise KeyboardInterrupt
        return real(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", killed)
        done = made.publish("online")
    assert done.code == 130
    if (made.space / "published").exists():
        assert files(made.space / "published") == old
    done = made.publish("online")
    if done.code == 5:  # it was complete, and moved in as the next command began
        assert "publish.nothing" in done.out
    assert files(made.space / "published") != old
    assert not list((made.space / "requests").iterdir())
    assert not list((made.space / "signatures").iterdir())
    store = tmp_path / "store"
    root = made.good("inspect", made.space / "published", "--json").json["root"]["sha256"]
    assert imported(made, store, "--root", root).code == 0
    assert made.good("status", store, "--json").json["floors"]["sichuan"] == "2"


def test_a_damaged_bundle_is_not_built_upon(capfd, tmp_path) -> None:
    made = stand_up(capfd, tmp_path)
    first_bundle(made)
    victim = made.space / "published/metadata/roles/1.sichuan.json"
    victim.write_bytes(victim.read_bytes().replace(b"A", b"B", 1))
    made.refused("bundle.mixed", "stage", made.space)


def test_a_store_whose_bundle_is_damaged_hands_its_floors_on_to_a_new_one(capfd, tmp_path) -> None:
    made = stand_up(capfd, tmp_path)
    root = first_bundle(made).json["root"]["sha256"]
    store, old, floors = tmp_path / "store", made.kept("old"), tmp_path / "floors.json"
    made.good("import", old, "--store", store, "--root", root)
    made.update("2")
    made.good("import", made.space / "published", "--store", store)
    for kept in (store / "bundles").iterdir():
        kept.write_bytes(b"")
    made.refused("bundle.store_damaged", "import", made.space / "published", "--store", store)
    made.refused("bundle.store_damaged", "status", store, "--write-floor", floors)
    more = ("--store", tmp_path / "new", "--root", root, "--floor", floors)
    made.refused("bundle.rollback", "import", old, *more)
    made.good("import", made.space / "published", *more)
