"""Key compromise and loss, drilled: rotate, revoke, re-sign; what was stolen is worth nothing any more."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from federation_cli import Federation, first_bundle, listed, stand_up

THIEF = "cd" * 32


@pytest.fixture
def made(capfd, tmp_path) -> Federation:
    found = stand_up(capfd, tmp_path)
    first_bundle(found)
    return found


def root_of(made: Federation) -> str:
    return str(made.good("inspect", made.space / "published", "--json").json["root"]["sha256"])


def keyid(made: Federation, name: str) -> str:
    return str(made.good("key", "show", made.root / f"{name}.pub.json", "--json").json["keyid"])


def copy_of(made: Federation, name: str) -> Federation:
    """Return what a thief has who took the whole machine of the publisher, keys and all."""
    shutil.copytree(made.space, made.root / name / "federation")
    for path in made.root.glob("*.p*"):
        shutil.copy(path, made.root / name)
    return Federation(made.capfd, made.root / name)


def replace_sichuan(made: Federation) -> None:
    """The region's key is revoked and replaced by whoever delegates to it, and all is signed again."""
    made.new_key("sichuan-new")
    made.good("key", "remove", made.space, made.root / "sichuan.pub.json", "--role", "sichuan")
    made.give("sichuan", "sichuan-new")
    made.stage()
    assert sorted(p.name for p in (made.space / "requests").iterdir()) == [
        "sichuan.2.json", "targets.2.json",
    ]  # fmt: skip
    made.sign("targets.2.json", "targets")
    made.sign("sichuan.2.json", "sichuan-new")
    assert made.publish("online").code == 0


def test_key_compromise_drill(made, tmp_path) -> None:
    root, store = root_of(made), tmp_path / "store"
    old = made.kept("old")
    thief = copy_of(made, "thief")
    made.good("import", old, "--store", store, "--root", root)

    replace_sichuan(made)
    new = made.kept("new")
    done = made.good("import", new, "--store", store)
    assert f"sichuan loses the key {keyid(made, 'sichuan')}" in done.out
    floors = tmp_path / "floors.json"
    made.good("status", store, "--write-floor", floors)

    # Old bundles are refused by the store that has seen the new one ...
    made.refused("bundle.rollback", "import", old, "--store", store)
    # ... and in a fresh container that knows nothing but the configured floor.
    fresh = tmp_path / "fresh"
    more = ("--root", root, "--floor", floors)
    made.refused("bundle.rollback", "import", old, "--store", fresh, *more)
    made.good("import", new, "--store", fresh, *more)
    made.refused("bundle.rollback", "import", old, "--store", fresh)
    # Without floor and without store there is nothing to compare with: this is what a floor is for.
    made.good("import", old, "--store", tmp_path / "naive", "--root", root)

    # What the thief signs with the old key and the publisher's stolen online key comes to nothing:
    # his top targets are older than those that withdrew the key.
    for version in ("2", "3", "4"):
        thief.update(version, spki=THIEF)
    for place, options in ((store, ()), (tmp_path / "other", more)):
        made.refused(
            "bundle.rollback", "import", thief.space / "published", "--store", place, *options
        )
    # Nor does his region's file stand beside the publisher's own targets.
    mixed = made.kept("mixed")
    shutil.copy(
        thief.space / "published/metadata/roles/4.sichuan.json",
        mixed / "metadata/roles/2.sichuan.json",
    )
    made.refused("bundle.mixed", "import", mixed, "--store", tmp_path / "third", "--root", root)
    # The store still has what it had.
    assert made.good("status", store, "--json").json["floors"]["targets"] == "2"


def test_a_stolen_key_is_refused_even_with_all_other_keys_at_hand(made, tmp_path) -> None:
    """The plan of a workspace is no authority: a bundle signed by the withdrawn key is not published."""
    replace_sichuan(made)
    made.add("sichuan", "issuers", "list.yaml", listed("2", spki=THIEF))
    made.stage()
    request = made.space / "requests/sichuan.3.json"
    assert keyid(made, "sichuan") not in request.read_text("utf-8")
    done = made.run(
        "sign", request, "--key", made.key_file("sichuan"), "--out", made.space, "--yes"
    )
    assert done.code == 5
    assert made.publish("online", "sichuan", "targets").code == 5


def test_a_lost_root_key_is_replaced_by_old_and_new_thresholds(made, tmp_path) -> None:
    root, store = root_of(made), tmp_path / "store"
    made.good("import", made.space / "published", "--store", store, "--root", root)
    old = made.kept("old")
    made.new_key("root-d")
    made.good("key", "remove", made.space, keyid(made, "root-b"), "--role", "root")
    made.give("root", "root-d")
    made.stage()
    done = made.good("inspect", made.space / "requests/root.2.json", "--json")
    assert [need["by"] for need in done.json["needs"]] == ["root 1", "root 2"]
    # Two new ones are not enough: the old root must agree with two of its own, the lost key aside.
    made.sign("root.2.json", "root-a", "root-d")
    done = made.publish("online")
    assert (done.code, done.json["waiting"][0]["role"]) == (5, "root")
    made.sign("root.2.json", "root-c")
    assert made.publish("online").code == 0
    done = made.good("import", made.space / "published", "--store", store)
    assert "root gets the sm2 key" in done.out
    made.refused("bundle.rollback", "import", old, "--store", store)
    # Who has only the first fingerprint follows the chain; who has the second starts there.
    made.good("import", made.space / "published", "--store", tmp_path / "first", "--root", root)
    second = made.good(
        "inspect", made.space / "published/metadata/root/2.json", "--json"
    ).json["sha256"]  # fmt: skip
    made.good("import", made.space / "published", "--store", tmp_path / "second", "--root", second)
    made.refused("bundle.anchor", "import", old, "--store", tmp_path / "third", "--root", second)


def test_a_stolen_online_key_that_ran_versions_up_is_recovered_from_by_a_new_root(
    made, tmp_path
) -> None:
    """Fast-forward: a thief publishes far ahead, so that honest versions look old ever after."""
    root, store = root_of(made), tmp_path / "store"
    thief = copy_of(made, "thief")
    for _ in range(3):
        thief.run("stage", thief.space, "--renew", "snapshot")
        thief.run("stage", thief.space, "--renew", "timestamp")
        thief.update(str(2 + _))
    made.good("import", thief.space / "published", "--store", store, "--root", root)
    made.new_key("online-new")
    made.good("key", "remove", made.space, keyid(made, "online"))
    for role in ("timestamp", "snapshot"):
        made.give(role, "online-new")
    replace_key = keyid(made, "sichuan")
    made.new_key("sichuan-new")
    made.good("key", "remove", made.space, replace_key)
    made.give("sichuan", "sichuan-new")

    def publish(*options: str) -> None:
        made.stage(*options)
        for path in sorted((made.space / "requests").iterdir()):
            people = {"root": ("root-a", "root-b"), "targets": ("targets",)}
            made.sign(path.name, *people.get(path.name.split(".")[0], ("sichuan-new",)))
        done = made.publish("online-new")
        assert done.code == 0, done.out

    # Without naming what may start again, honest stores that the thief deceived are lost.
    lost = copy_of(made, "lost")
    lost.stage()
    for name, *people in (
        ("root.2", "root-a", "root-b"),
        ("targets.2", "targets"),
        ("sichuan.2", "sichuan-new"),
    ):
        lost.sign(f"{name}.json", *people)
    assert lost.publish("online-new").code == 0
    made.refused("bundle.rollback", "import", lost.space / "published", "--store", store)
    publish(
        "--reset-floors", "timestamp", "--reset-floors", "snapshot", "--reset-floors", "sichuan"
    )
    done = made.good("import", made.space / "published", "--store", store)
    assert "may start again" in done.out
    assert "lowered" in done.out
    made.refused("bundle.rollback", "import", thief.space / "published", "--store", store)
