"""A publisher's workspace: what has a place in it, its transcript, and what is read aloud."""

from __future__ import annotations

import json
import multiprocessing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from test_publishing_plan import TEXT

from ecert.crypto.keys import PrivateKey
from ecert.errors import TrustError
from ecert.trust.bundle.keys import Key
from ecert.trust.publishing.fingerprint import grouped, parse_fingerprint, spoken
from ecert.trust.publishing.plan import parse_plan
from ecert.trust.publishing.transcript import appended, head, read_transcript
from ecert.trust.publishing.workspace import Workspace, read_key, target_form

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
DIGEST = "00ff" * 15 + "c0de"


def workspace(root: Path) -> Workspace:
    return Workspace.create(root / "w", parse_plan(TEXT.encode()))


# -- fingerprints ----------------------------------------------------------------------------------


def test_a_fingerprint_is_the_same_in_every_form_that_people_type() -> None:
    assert grouped(DIGEST).startswith("00ff 00ff ")
    assert spoken(DIGEST).split() == ["00255"] * 15 + ["49374"]
    for form in (DIGEST, DIGEST.upper(), grouped(DIGEST), spoken(DIGEST), f"sha256:{DIGEST}"):
        assert parse_fingerprint(form) == DIGEST
    assert (
        parse_fingerprint(spoken(DIGEST).translate({48 + i: 0xFF10 + i for i in range(10)}))
        == DIGEST
    )
    assert parse_fingerprint(spoken(DIGEST).replace(" ", "-")) == DIGEST


@pytest.mark.parametrize(
    "text",
    ["", "00ff", DIGEST[:-1], DIGEST + "0", "99999" * 16, spoken(DIGEST)[:-1], "g" * 64],
)
def test_half_a_fingerprint_is_none(text: str) -> None:
    with pytest.raises(TrustError) as caught:
        parse_fingerprint(text)
    assert caught.value.code == "publish.fingerprint"


# -- transcript ------------------------------------------------------------------------------------


def story() -> bytes:
    data = b""
    for act in ("init", "key-added", "staged", "signed", "published"):
        data = appended(data, act, {"role": "root"}, at=AT)
    return data


def test_the_transcript_is_a_chain() -> None:
    data = story()
    assert [e.act for e in read_transcript(data)] == [
        "init", "key-added", "staged", "signed", "published",
    ]  # fmt: skip
    assert head(data) != head(appended(data, "x", {}, at=AT))
    assert read_transcript(b"") == ()


@pytest.mark.parametrize("line", range(4))
def test_no_line_of_the_transcript_changes_goes_or_comes_without_notice(line: int) -> None:
    lines = story().splitlines(keepends=True)
    changed = [*lines[:line], lines[line].replace(b"root", b"r00t"), *lines[line + 1 :]]
    gone = [*lines[:line], *lines[line + 1 :]]
    doubled = [*lines[: line + 1], *lines[line:]]
    for broken in (changed, gone, doubled):
        with pytest.raises(TrustError) as caught:
            read_transcript(b"".join(broken))
        assert caught.value.code == "publish.transcript"


def test_the_last_line_is_held_by_the_head_that_was_noted_down() -> None:
    whole = story()
    cut = b"".join(whole.splitlines(keepends=True)[:4])
    assert read_transcript(cut)
    forged = cut + whole.splitlines(keepends=True)[4].replace(b"root", b"r00t")
    assert read_transcript(forged)
    assert len({head(whole), head(cut), head(forged)}) == 3


@pytest.mark.parametrize(
    "data", [b"\n", b"{}\n", b"[]\n", b"\xff\n", b"x", story()[:-1], story() + b"{"]
)
def test_a_broken_transcript_is_never_continued(data: bytes) -> None:
    with pytest.raises(TrustError):
        appended(data, "x", {}, at=AT)


# -- keys ------------------------------------------------------------------------------------------


def test_only_public_keys_under_their_own_ids_are_kept(tmp_path: Path) -> None:
    space = workspace(tmp_path)
    secret = PrivateKey.generate("sm2")
    key = Key.of(secret.public)
    space.add_key(key)
    assert space.keys() == {key.keyid: key}
    (tmp_path / "w/keys/other.json").write_bytes(json.dumps(key.to_json()).encode())
    with pytest.raises(TrustError, match=key.keyid):
        space.keys()
    for data in (secret.to_pkcs8(), b"", b"[]", b"{}", b"-----BEGIN X", b'{"keytype":"dsa"}'):
        with pytest.raises(TrustError):
            read_key(data, "keys/x.json")
    weak = {"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": "01" + "00" * 31}}
    with pytest.raises(TrustError):  # of small order: anybody could sign for it
        read_key(json.dumps(weak).encode(), "keys/x.json")


# -- content ---------------------------------------------------------------------------------------


def test_yaml_becomes_canonical_json_and_pem_becomes_der(tmp_path: Path) -> None:
    assert target_form("r/issuers/a.yaml", b"b: 1\na: [x]\n") == (
        "r/issuers/a.json", b'{"a":["x"],"b":"1"}',
    )  # fmt: skip
    assert target_form("r/issuers/a.json", b'{ "b":1, "a":2 }')[1] == b'{"a":2,"b":1}'
    pem = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    assert target_form("r/anchors/a.cer", pem) == ("r/anchors/a.cer", b"\0\0\0")


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("r/issuers/a.cer", b"x"),
        ("r/anchors/a.json", b"{}"),
        ("r/issuers/.json", b"{}"),
        ("r/issuers/a b.json", b"{}"),
        ("r/issuers/名单.yaml", b"{}"),
        ("r/issuers/a.json", b'{"a":1,"a":2}'),
        ("r/issuers/a.yaml", b"a: &x 1\nb: *x"),
        ("r/issuers/a.json", b""),
        ("r/anchors/a.cer", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" * 2),
    ],
)
def test_what_cannot_be_signed_is_refused_with_its_name(path: str, data: bytes) -> None:
    with pytest.raises(TrustError, match=path.split("/")[2][:1]):
        target_form(path, data)


def test_a_file_without_a_place_is_refused(tmp_path: Path) -> None:
    space = workspace(tmp_path)
    folder = tmp_path / "w/roles/sichuan"
    (folder / "issuers").mkdir(parents=True)
    (folder / "issuers/a.yaml").write_text("a: 1")
    (folder / "issuers/.a.yaml.swp").write_text("editor")
    assert list(space.content("sichuan")) == ["sichuan/issuers/a.json"]
    (folder / "issuers/a.json").write_text("{}")
    with pytest.raises(TrustError, match="two forms"):
        space.content("sichuan")
    (folder / "issuers/a.json").unlink()
    (folder / "isuers").mkdir()
    with pytest.raises(TrustError, match="isuers"):
        space.content("sichuan")


# -- one at a time ---------------------------------------------------------------------------------


def hold(root: str, ready, leave) -> None:
    with Workspace(Path(root)).locked():
        ready.set()
        leave.wait(60)


def test_of_two_publishers_at_once_the_second_is_told(tmp_path: Path) -> None:
    space = workspace(tmp_path)
    spawn = multiprocessing.get_context("spawn")
    ready, leave = spawn.Event(), spawn.Event()
    other = spawn.Process(target=hold, args=(str(space.root), ready, leave))
    other.start()
    assert ready.wait(60)
    with pytest.raises(TrustError) as caught, space.locked():
        pass
    assert caught.value.code == "publish.busy"
    leave.set()
    other.join(60)
    with space.locked():  # the lock goes with its process
        space.record("init", {}, at=AT)


def test_no_workspace_is_made_by_locking_one(tmp_path: Path) -> None:
    with pytest.raises(TrustError) as caught, Workspace(tmp_path).locked():
        pass
    assert caught.value.code == "publish.no_workspace"
    assert list(tmp_path.iterdir()) == []


# -- killed in the middle --------------------------------------------------------------------------

OLD, NEW = {"metadata/timestamp.json": b"1"}, {"metadata/timestamp.json": b"2", "files/a": b"a"}


def found(space: Workspace) -> dict[str, bytes]:
    return {
        p.relative_to(space.published).as_posix(): p.read_bytes()
        for p in space.published.rglob("*")
        if p.is_file()
    }


@pytest.mark.parametrize("step", range(1, 12))
def test_killed_at_any_step_the_bundle_is_the_old_or_the_new_one(
    tmp_path, monkeypatch, step
) -> None:
    space = workspace(tmp_path)
    space.replace_published(OLD)
    steps = iter(range(1, 1000))

    class Killed(BaseException):
        pass

    def dying(function):
        def wrapper(*args, **more):
            if next(steps) == step:
                raise Killed
            return function(*args, **more)

        return wrapper

    killed = False
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", dying(Path.rename))
        patch.setattr(Path, "open", dying(Path.open))
        patch.setattr("shutil.rmtree", dying(__import__("shutil").rmtree))
        try:
            space.replace_published(NEW)
        except Killed:
            killed = True
    assert not space.published.exists() or found(space) in (OLD, NEW)
    with space.locked():
        assert found(space) in ((OLD, NEW) if killed else (NEW,))
        assert not [p for p in space.root.iterdir() if p.name.startswith(".published")]
    space.replace_published(NEW)
    assert found(space) == NEW
