"""`ecert verify`: exit codes, JSON Lines, L27, failed writes, faults of our own."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cli_kit import call, spawn
from ecert.commands.console import RANKING, worst
from ecert.report.text import mask_numbers


@pytest.fixture(scope="module")
def kit(tmp_path_factory) -> Path:
    """A folder with TEST-ONLY trust, and one good licence in it."""
    root = tmp_path_factory.mktemp("kit")
    made = spawn("trust", "init-test", root / "k")
    assert made.code == 0, made.err
    k = root / "k"
    done = spawn(
        "issue",
        k / "certificate.json",
        "--signer",
        f"file:{k / 'issuer.pem'}",
        "--seal",
        k / "seal.esl",
        "-o",
        k / "good.pdf",
    )
    assert done.code == 0, done.err
    data = (k / "good.pdf").read_bytes()
    name = "示例科技".encode()
    (k / "altered.pdf").write_bytes(data.replace(name, "示范科技".encode(), 1))
    (k / "truncated.pdf").write_bytes(data[: len(data) // 2])
    (k / "empty.pdf").write_bytes(b"")
    (k / "text.pdf").write_bytes(b"not a certificate\n")
    return k


def trusted(kit: Path) -> list[object]:
    return ["--trust", kit / "trust", "--test-trust"]


# --- exit codes ---------------------------------------------------------------


def test_test_trust_ends_in_12_only_where_it_is_allowed(kit, capfd) -> None:
    done = call(capfd, "verify", kit / "good.pdf", *trusted(kit), "--json")
    assert (done.code, done.json["decision"], done.json["exit"]) == (12, "accept", 12)
    assert done.json["question"]["mode"] == "live"
    assert done.err == ""
    refused = call(capfd, "verify", kit / "good.pdf", "--trust", kit / "trust", "--json")
    assert (refused.code, refused.json["decision"]) == (11, "refer")
    assert {"code": "trust.test_only", "met": "no"} in refused.json["conditions"]


def test_a_live_accept_is_0(kit, capfd, monkeypatch) -> None:
    # L4: nothing but its marks make this trust a test; without them the same answer is exit 0.
    from ecert.trust.store import TrustStore

    files = {
        p.relative_to(kit / "trust").as_posix(): p.read_bytes()
        for p in (kit / "trust").rglob("*")
        if p.is_file()
    }
    files.pop("TEST-ONLY")
    monkeypatch.setattr(
        TrustStore,
        "load",
        classmethod(lambda cls, folder: replace(TrustStore.from_files(files), test_only=False)),
    )
    done = call(capfd, "verify", kit / "good.pdf", "--trust", "any", "--json")
    assert (done.code, done.json["decision"]) == (0, "accept")


def test_as_of_is_never_0(kit, capfd) -> None:
    moment = json.loads(call(capfd, "verify", kit / "good.pdf", *trusted(kit), "--json").out)[
        "question"
    ]["at"]
    done = call(capfd, "verify", kit / "good.pdf", *trusted(kit), "--at", moment, "--json")
    assert (done.code, done.json["question"]["mode"]) == (12, "as_of")
    old = call(
        capfd,
        "verify",
        kit / "good.pdf",
        *trusted(kit),
        "--at",
        "2020-01-01T00:00:00+08:00",
        "--json",
    )
    assert old.code in (10, 11)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("altered.pdf", 10),
        ("truncated.pdf", None),
        ("empty.pdf", 4),
        ("text.pdf", 4),
        ("nowhere.pdf", 4),
        ("", 4),
    ],
)
def test_bad_files_end_in_a_report(kit, capfd, name, code) -> None:
    path = kit / name if name else Path(os.devnull)
    done = call(capfd, "verify", path, *trusted(kit), "--json")
    assert done.code == done.json["exit"]
    assert done.code in ((4, 10) if code is None else (code,))
    assert done.json["decision"] != "accept"
    assert (done.code != 4) or done.json["error"]["code"]
    assert "Traceback" not in done.err


def test_integrity_never_accepts(kit, capfd) -> None:
    done = call(capfd, "verify", kit / "good.pdf", *trusted(kit), "--policy", "integrity", "--json")
    assert (done.code, done.json["signatures"][0]["integrity"]) == (11, "passed")


@pytest.mark.parametrize(
    ("options", "code", "reason"),
    [
        ([], 5, "trust.no_anchors"),
        (["--trust", "nowhere"], 5, "trust.no_folder"),
        (["--policy", "nothing"], 5, "policy.unknown"),
        (["--at", "2026-01-01"], 2, "usage.time"),
        (["--at", "2026-01-01T00:00:00"], 2, "usage.time"),
        (["--at", "0001-01-01T00:00:00+08:00"], 2, "usage.time"),
        (["--at", "soon"], 2, "usage.time"),
        (["--relying", "31000"], 2, "usage.region"),
        (["--nothing"], 2, "usage.no_option"),
        (["--tru", "x"], 2, "usage.no_option"),
        (["--detail", "some"], 2, "usage.bad_value"),
        (["--detail"], 2, "usage.bad_value"),
    ],
)
def test_unusable_arguments_end_in_one_document(kit, capfd, options, code, reason) -> None:
    done = call(capfd, "verify", kit / "good.pdf", *options, "--json")
    assert done.code == code
    (document,) = done.lines
    assert document["exit"] == code
    assert document["error"]["code"] == reason
    assert document["decision"] == "refer"


def test_policies_from_files(kit, capfd, tmp_path) -> None:
    (tmp_path / "p.toml").write_text('id = "mine"\nversion = "1"\n[checks]\nnothing = []\n')
    assert (
        call(capfd, "verify", kit / "good.pdf", "--policy", tmp_path / "p.toml", "--json").code == 5
    )
    (tmp_path / "dir.toml").mkdir()
    assert (
        call(capfd, "verify", kit / "good.pdf", "--policy", tmp_path / "dir.toml", "--json").code
        == 5
    )


def test_an_unreadable_policy_is_5(kit, capfd, tmp_path, monkeypatch) -> None:
    def refuse(_self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "p.toml").write_text("")
    monkeypatch.setattr(Path, "read_bytes", refuse)
    done = call(capfd, "verify", kit / "good.pdf", "--policy", tmp_path / "p.toml", "--json")
    assert (done.code, done.json["error"]["code"]) == (5, "usage.policy_unreadable")


# --- several files ------------------------------------------------------------


def test_every_input_has_one_line_and_the_worst_code_wins(kit, capfd) -> None:
    names = ["good.pdf", "altered.pdf", "text.pdf", "nowhere.pdf", "good.pdf"]
    done = call(capfd, "verify", *(kit / n for n in names), *trusted(kit), "--json")
    assert done.code == 4
    assert [d["exit"] for d in done.lines] == [12, 10, 4, 4, 12]
    assert [d["subject"]["index"] for d in done.lines] == [0, 1, 2, 3, 4]
    assert [Path(d["subject"]["name"]).name for d in done.lines] == names


def test_folders_are_searched_in_order(kit, capfd, tmp_path) -> None:
    for name in ("b.pdf", "a/z.pdf", "a/y/x.pdf"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((kit / "good.pdf").read_bytes())
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "dangling.pdf").symlink_to(tmp_path / "gone")
    done = call(capfd, "verify", tmp_path, *trusted(kit), "--json")
    found = [str(Path(d["subject"]["name"]).relative_to(tmp_path)) for d in done.lines]
    assert found == ["b.pdf", "dangling.pdf", "a/z.pdf", "a/y/x.pdf"]
    assert [d["exit"] for d in done.lines] == [12, 4, 12, 12]
    text = call(capfd, "verify", tmp_path / "a", *trusted(kit), "--lang", "en")
    assert text.out.endswith("2 files: ACCEPT (not to act on) 2\n")


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_nothing_to_look_at_is_a_usage_error(capfd, tmp_path, form) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    for arguments in ([], [tmp_path]):
        done = call(capfd, "verify", *arguments, *form)
        assert done.code == 2
        assert "ecert: error: " in done.err
        assert "ecert: hint: " in done.err
        assert bool(done.out) == bool(form)


def test_the_ranking_is_that_of_the_contract() -> None:
    assert [c for c in RANKING if c != 6] == [70, 5, 4, 10, 11, 12, 0]
    assert worst([0, 12, 11]) == 11
    assert worst([]) == 2
    assert worst([99]) == 70


# --- L27: the command line cannot be steered by file names --------------------


@pytest.mark.parametrize(
    "name", ["--help", "--json", "--test-trust", "-", "--", "-x.pdf", "--trust=x"]
)
@pytest.mark.parametrize("command", [["verify"], ["recognize"], ["inspect"], ["seal", "inspect"]])
def test_L27_an_option_that_is_a_file(capfd, tmp_path, monkeypatch, name, command) -> None:
    monkeypatch.chdir(tmp_path)
    Path(tmp_path / name).write_bytes(b"x")
    done = call(capfd, *command, name, "--lang", "en")
    assert done.code == 2
    assert "usage.option_is_file" in done.err
    assert "./" in done.err
    assert "accept" not in done.out.lower()


def test_L27_dot_slash_means_the_file(kit, capfd, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("--help").write_bytes((kit / "good.pdf").read_bytes())
    done = call(capfd, "verify", "./--help", *trusted(kit), "--json")
    assert (done.code, done.json["subject"]["name"]) == (12, "./--help")


@pytest.mark.parametrize(
    "arguments",
    [
        ["verify", "--help", "x"],
        ["verify", "x", "--help"],
        ["--help", "verify", "x"],
        ["verify", "--", "--help"],
        ["nothing", "--help"],
    ],
)
def test_L27_help_beside_files(capfd, arguments) -> None:
    done = call(capfd, *arguments)
    assert done.code == 2
    assert "usage.help_beside" in done.err
    assert done.out == ""


def test_help_alone_is_help(capfd) -> None:
    for arguments in (
        [],
        ["--help"],
        ["verify", "--help"],
        ["seal", "make", "--help"],
        ["--version"],
    ):
        done = call(capfd, *arguments)
        assert done.code == 0
        assert done.out
        assert done.err == ""


# --- writing ------------------------------------------------------------------


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["explain", "uscc.check"],
        ["verify", "GOOD"],
        ["verify", "GOOD", "--json"],
        ["verify", "--json"],
    ],
)
def test_L27_a_full_disk_is_never_0(kit, arguments) -> None:
    words = [str(kit / "good.pdf") if a == "GOOD" else a for a in arguments]
    with Path("/dev/full").open("wb") as full:
        done = spawn(*words, *(trusted(kit) if "GOOD" in arguments else []), stdout=full)
    assert done.code == 70
    assert "output.failed" in done.err
    assert "Traceback" not in done.err
    assert "Exception ignored" not in done.err


def test_L27_a_closed_pipe_is_never_0(kit) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as pipe:
        done = spawn("verify", kit / "good.pdf", *trusted(kit), stdout=pipe)
    assert done.code == 70
    assert "Exception ignored" not in done.err


def test_L27_a_closed_stdout_is_never_0(kit) -> None:
    done = spawn(
        "verify", kit / "good.pdf", *trusted(kit), preexec_fn=lambda: os.close(1), stdout=None
    )
    assert done.code == 70
    assert "output.failed" in done.err


def test_json_is_utf8_whatever_the_locale(kit) -> None:
    odd = {
        "LANG": "C",
        "LC_ALL": "C",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONUTF8": "0",
        "PYTHONIOENCODING": "ascii",
    }
    done = spawn("verify", kit / "good.pdf", *trusted(kit), "--json", "--reveal", env=odd)
    assert done.code == 12
    assert "示例科技" in done.out
    text = spawn("verify", kit / "good.pdf", *trusted(kit), "--lang", "zh", env=odd)
    assert text.code == 12
    assert text.out.isascii()
    assert "\\u53ef" in text.out


@pytest.mark.parametrize(
    ("env", "zh"),
    [
        ({"LANG": "zh_CN.UTF-8"}, True),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, False),
        ({"LANG": "de_DE.UTF-8"}, False),
        ({"LANG": ""}, False),
    ],
)
def test_the_locale_chooses_the_language(env, zh) -> None:
    done = spawn("verify", env=env)
    assert ("没有给出" in done.err) == zh
    assert "没有给出" in spawn("verify", "--lang", "zh", env=env).err
    assert "no input" in spawn("verify", "--lang=en", env=env).err


def test_language_never_alters_json(kit, capfd) -> None:
    at = ["--at", "2026-11-20T10:00:00+08:00"]
    found = {
        call(capfd, "verify", kit / "good.pdf", *trusted(kit), *at, "--json", "--lang", lang).out
        for lang in ("zh", "en")
    }
    assert len(found) == 1


# --- faults of our own, and noise ---------------------------------------------


def test_a_fault_of_our_own_is_70_and_the_next_file_is_read(kit, capfd, monkeypatch) -> None:
    from ecert import facade

    real = facade.verify
    monkeypatch.setattr(
        facade,
        "verify",
        lambda source, **more: 1 / 0 if "altered" in str(source) else real(source, **more),
    )
    done = call(capfd, "verify", kit / "altered.pdf", kit / "good.pdf", *trusted(kit), "--json")
    assert done.code == 70
    assert [d["exit"] for d in done.lines] == [70, 12]
    assert done.lines[0]["error"] == {
        "code": "internal.error",
        "params": {"what": "ZeroDivisionError"},
    }
    assert done.err == ""


def test_a_fault_before_any_file_is_70_without_traceback(kit, capfd, monkeypatch) -> None:
    from ecert.trust.store import TrustStore

    def broken(*_a, **_k):
        raise RuntimeError("secret")

    monkeypatch.setattr(TrustStore, "load", broken)
    done = call(capfd, "verify", kit / "good.pdf", "--trust", "x", "--json")
    assert (done.code, done.json["exit"]) == (70, 70)
    assert "Traceback" not in done.err
    assert "secret" not in done.err
    loud = call(capfd, "verify", kit / "good.pdf", "--trust", "x", "--debug")
    assert "Traceback" in loud.err


def test_libraries_stay_silent(kit, capfd, monkeypatch) -> None:
    import logging
    import warnings

    from ecert import facade

    real = facade.verify

    def noisy(source, **more):
        logging.getLogger("pyhanko").error("noise")
        warnings.warn("noise", UserWarning, stacklevel=1)
        return real(source, **more)

    monkeypatch.setattr(facade, "verify", noisy)
    done = call(capfd, "verify", kit / "good.pdf", *trusted(kit))
    assert done.code == 12
    assert done.err == ""
    assert logging.root.manager.disable == 0


def test_interrupt_is_above_128(kit, capfd, monkeypatch) -> None:
    from ecert import facade

    def stop(*_a, **_k):
        raise KeyboardInterrupt

    monkeypatch.setattr(facade, "verify", stop)
    assert call(capfd, "verify", kit / "good.pdf").code == 130


# --- what is shown ------------------------------------------------------------


def test_L26_numbers_in_file_names_are_masked(kit, capfd, tmp_path) -> None:
    file = tmp_path / "张三11010519491231002X.pdf"
    file.write_bytes(b"x")
    for form in ([], ["--json"], ["--detail", "full"]):
        done = call(capfd, "verify", file, *form)
        assert "11010519491231002X" not in done.out + done.err
        assert "002X" in done.out
    assert "11010519491231002X" in call(capfd, "verify", file, "--reveal").out
    assert mask_numbers("a_110105491231002.pdf") == "a_***********1002.pdf"
    assert mask_numbers("91110105MA0000000Y.pdf") == "91110105MA0000000Y.pdf"


def test_L26_hidden_characters_in_names_are_escaped(capfd, tmp_path) -> None:
    (tmp_path / "a\u202efdp.exe\n.pdf").write_bytes(b"x")
    done = call(capfd, "verify", tmp_path)
    assert "\u202e" not in done.out
    assert "\\u{202E}" in done.out


def test_names_that_are_no_utf8(tmp_path) -> None:
    raw = os.fsencode(tmp_path) + b"/\xff\xfe.pdf"
    Path(os.fsdecode(raw)).write_bytes(b"x")
    done = spawn("verify", tmp_path, "--json")
    assert done.code == 4
    assert json.loads(done.out)["exit"] == 4


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("detail", ["summary", "tree", "full"])
def test_details(kit, capfd, lang, detail) -> None:
    done = call(
        capfd, "verify", kit / "good.pdf", *trusted(kit), "--lang", lang, "--detail", detail
    )
    assert done.code == 12
    assert done.out.startswith("可以接受" if lang == "zh" else "ACCEPT")
    assert ("issuer.is_signer" in done.out) == (detail != "summary")
    assert "王㛃" not in done.out
    if detail == "full":
        assert "示例科技" in done.out


def test_recognize(kit, capfd) -> None:
    asked = call(capfd, "recognize", kit / "good.pdf", *trusted(kit), "--json")
    assert (asked.code, asked.json["error"]["code"]) == (2, "usage.needs_relying")
    done = call(
        capfd,
        "recognize",
        kit / "good.pdf",
        *trusted(kit),
        "--relying",
        "310000",
        "--matter",
        "x",
        "--json",
    )
    assert (done.code, done.json["question"]["relying"]) == (11, "310000")
    assert done.json["axes"]["recognition"]["reasons"][0] == "agreement.reference_only"


def test_a_name_too_long_or_a_nul_is_unreadable(capfd) -> None:
    for name in ("x" * 5000, "a\0b"):
        done = call(capfd, "verify", name, "--json")
        assert done.code in (4, 70)
        assert done.json["decision"] == "refer" or done.code == 4
