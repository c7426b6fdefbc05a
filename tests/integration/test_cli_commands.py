"""Every command but `verify`: one library call each, printed; JSON and text, right and wrong input."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cli_kit import ROOT, call, spawn
from ecert.commands.console import Console, Stop
from ecert.errors import TrustError


@pytest.fixture(scope="module")
def kit(tmp_path_factory) -> Path:
    k = tmp_path_factory.mktemp("kit") / "k"
    assert spawn("trust", "init-test", k).code == 0
    return k


def issue(kit: Path, out: object, *more: object) -> list[object]:
    return [
        "issue",
        kit / "certificate.json",
        "--signer",
        f"file:{kit / 'issuer.pem'}",
        "--seal",
        kit / "seal.esl",
        "--out",
        out,
        *more,
    ]


# --- issue --------------------------------------------------------------------


@pytest.mark.parametrize("layout", ["cms", "ses"])
def test_issue_then_verify(kit, capfd, tmp_path, layout) -> None:
    out = tmp_path / "a.pdf"
    done = call(capfd, *issue(kit, out, "--layout", layout, "--notice", "示例"))
    assert (done.code, done.out, done.err) == (0, f"{out}\n", "")
    report = call(capfd, "verify", out, "--trust", kit / "trust", "--test-trust", "--json").json
    assert report["exit"] == 12
    assert report["signatures"][0]["kind"] == ("cms" if layout == "cms" else "seal")
    again = call(capfd, *issue(kit, out, "--json", "--layout", layout))
    assert set(again.json) == {"schema", "path", "sha256", "ecid"}


def test_issue_writes_bytes_to_a_pipe_only(kit, capfd, monkeypatch) -> None:
    done = call(capfd, *issue(kit, "-", "--json"))
    assert (done.code, done.json["error"]["code"]) == (2, "usage.binary_on_terminal")
    monkeypatch.setattr(Console, "on_terminal", lambda _self: True)
    done = call(capfd, *issue(kit, "-"))
    assert (done.code, done.out) == (2, "")
    assert "usage.binary_on_terminal" in done.err


def test_issue_to_stdout(kit, tmp_path) -> None:
    with (tmp_path / "a.pdf").open("wb") as stream:
        assert spawn(*issue(kit, "-"), stdout=stream).code == 0
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF-")


def test_issue_never_overwrites_its_inputs(kit, capfd, tmp_path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(kit / "certificate.json")
    for out in (kit / "certificate.json", kit / "seal.esl", kit / "issuer.pem", link):
        before = out.read_bytes()
        done = call(capfd, *issue(kit, out))
        assert done.code == 2
        assert "usage.overwrites_input" in done.err
        assert out.read_bytes() == before


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"--signer": "file:nowhere.pem"}, 5),
        ({"--signer": "pkcs11:x"}, 5),
        ({"--seal": "nowhere.esl"}, 4),
        ({"--out": "nowhere/a.pdf"}, 70),
        ({"--at": "1999-01-01T00:00:00Z"}, 5),
        ({"--profile": "nothing"}, 5),
        ({"--layout": "odd"}, 2),
    ],
)
def test_issue_with_unusable_arguments(kit, capfd, tmp_path, monkeypatch, change, code) -> None:
    monkeypatch.chdir(tmp_path)
    words = [str(w) for w in issue(kit, tmp_path / "a.pdf", "--json")]
    for name, value in change.items():
        words = [*words, name, value]
    done = call(capfd, *words)
    assert done.code == done.json["exit"] == code
    assert not list(tmp_path.glob("*.pdf"))
    assert not list(tmp_path.glob(".*.part"))


def test_issue_refuses_a_broken_record(kit, capfd, tmp_path) -> None:
    record = json.loads((kit / "certificate.json").read_text("utf-8"))
    record["fields"]["uscc"] = "91110105MA0000000X"
    (tmp_path / "bad.json").write_text(json.dumps(record), "utf-8")
    words = issue(kit, tmp_path / "a.pdf", "--lang", "en")
    words[1] = tmp_path / "bad.json"
    done = call(capfd, *words)
    assert done.code == 5
    assert "issue.certificate_invalid" in done.err
    (tmp_path / "bad.json").write_text("{}")
    assert call(capfd, *words).code == 4


def test_passwords_come_from_a_descriptor_or_a_terminal(kit, capfd, tmp_path, monkeypatch) -> None:
    from ecert.crypto.keys import PrivateKey

    pem = (kit / "issuer.pem").read_bytes()
    locked = tmp_path / "locked.pem"
    locked.write_bytes(
        PrivateKey.from_pkcs8(pem, None).to_pkcs8(b"secret") + pem[pem.index(b"-----BEGIN CERT") :]
    )

    def words(*more: object) -> list[object]:
        found = issue(kit, tmp_path / "a.pdf", *more)
        found[3] = f"file:{locked}"
        return found

    for secret, code in ((b"secret\nnoise", 0), (b"wrong", 5), (b"", 5)):
        read, write = os.pipe()
        os.write(write, secret)
        os.close(write)
        assert call(capfd, *words("--password-fd", read)).code == code
        os.close(read)
    done = call(capfd, *words("--password-fd", 999))
    assert (done.code, "usage.password_fd" in done.err) == (2, True)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert call(capfd, *words()).code == 5

    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", lambda *_a, **_k: "secret")
    assert call(capfd, *words()).code == 0


# --- inspect, seal ------------------------------------------------------------


def test_inspect_judges_nothing(kit, capfd, tmp_path) -> None:
    out = tmp_path / "a.pdf"
    call(capfd, *issue(kit, out))
    done = call(capfd, "inspect", out, "--json")
    assert done.code == 0
    assert done.json["schema"] == "ecert.facts/1"
    assert done.json["signatures"][0]["value"] == {"verdict": "passed"}
    assert [c["kind"] for c in done.json["carriers"]] == ["attachment", "xmp"]
    assert "accept" not in done.out
    text = call(capfd, "inspect", out, "--lang", "zh")
    assert "签名证书" in text.out


def test_inspect_cannot_read(capfd, tmp_path, monkeypatch) -> None:
    for data in (b"", b"text", b"%PDF-1.7\n", b"PK\x03\x04"):
        (tmp_path / "x").write_bytes(data)
        done = call(capfd, "inspect", tmp_path / "x", "--json")
        assert done.code == done.json["exit"] == 4
    assert call(capfd, "inspect", tmp_path / "none").code == 4
    assert call(capfd, "inspect", tmp_path).code == 4
    from ecert.limits import Limits

    monkeypatch.setattr(
        "ecert.limits.Limits.__init__.__kwdefaults__",
        dict(Limits.__init__.__kwdefaults__ or {}) | {"file_bytes": 1},
    )
    (tmp_path / "x").write_bytes(b"long")
    assert (
        call(capfd, "inspect", tmp_path / "x", "--json").json["error"]["code"] == "format.too_large"
    )


def test_inspect_an_unreadable_file(capfd, tmp_path, monkeypatch) -> None:
    (tmp_path / "x").write_bytes(b"x")

    def refuse(*_a, **_k):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert (
        call(capfd, "inspect", tmp_path / "x", "--json").json["error"]["code"] == "input.unreadable"
    )


def test_seal_make_and_inspect(kit, capfd, tmp_path) -> None:
    out = tmp_path / "s.esl"
    base = [
        "seal",
        "make",
        "--name",
        "示例局",
        "--es-id",
        "11010500000009",
        "--signer-cert",
        kit / "issuer.pem",
        "--maker",
        f"file:{kit / 'maker.pem'}",
    ]
    done = call(capfd, *base, "--draw", "--out", out)
    assert (done.code, done.out) == (0, f"{out}\n")
    seen = call(capfd, "seal", "inspect", out, "--json").json
    assert (seen["kind"], seen["name"], seen["es_id"]) == ("seal", "示例局", "11010500000009")
    assert seen["maker_signature"] == {"verdict": "passed"}
    assert seen["periods"] == {"created_in_maker_certificate": True}
    picture = tmp_path / "p.png"
    picture.write_bytes(
        bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55")
    )
    made = call(
        capfd, *base, "--picture", picture, "--out", out, "--json", "--to", "2027-01-01T00:00:00Z"
    )
    assert made.code == 0
    assert made.json["path"] == str(out)
    for wrong in ([], ["--draw", "--picture", picture], ["--picture", kit / "issuer.pem"]):
        done = call(capfd, *base, *wrong, "--out", out)
        assert (done.code, "usage.seal_picture" in done.err) == (2, True)
    assert call(capfd, *base, "--draw", "--out", kit / "maker.pem").code == 2
    assert call(capfd, *base, "--draw", "--out", out, "--to", "2001-01-01T00:00:00Z").code == 5


# --- explain, id, profile -----------------------------------------------------


def test_explain(capfd) -> None:
    done = call(capfd, "explain", "document.unsigned", "--lang", "zh")
    assert done.code == 0
    assert "ETSI" in done.out or "没有" in done.out
    entry = call(capfd, "explain", "document.unsigned", "--json").json
    assert entry["zh"]
    assert entry["en"]
    wrong = call(capfd, "explain", "documnt.unsignd", "--json")
    assert wrong.code == 2
    assert "document.unsigned" in wrong.json["error"]["params"]["near"]
    assert call(capfd, "explain", ".").code == 2


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("uscc", "91350100M000100Y43"),
        ("uscc", " 91350100m000100y43 "),
        (
            "ecid",
            "1.2.156.3005.2.11100000MB0143028R001.11110105MB00000009.91110105MA0000007L.001.G",
        ),
        ("regno", "110108000000016"),
        ("orgcode", "D2143569-X"),
        ("region", "110105"),
        ("region", "999999"),
    ],
)
def test_id_check_right(capfd, kind, value) -> None:
    done = call(capfd, "id", "check", kind, value, "--json")
    assert (done.code, done.json["ok"]) == (0, True)
    assert "*" not in done.out
    assert call(capfd, "id", "check", kind, value).code == 0
    if kind != "ecid":
        assert call(capfd, "id", "diagnose", kind, value).code == 0


@pytest.mark.parametrize("kind", ["uscc", "ecid", "idnumber", "regno", "orgcode", "region"])
@pytest.mark.parametrize("value", ["", "x", "统一", "1" * 300, "\u202e"])
@pytest.mark.parametrize("verb", ["check", "diagnose"])
def test_id_check_wrong(capfd, kind, value, verb) -> None:
    done = call(capfd, "id", verb, kind, value, "--json")
    assert (done.code, done.json["ok"]) == (10, False)
    assert done.json["code"]
    assert call(capfd, "id", verb, kind, value).code == 10
    assert "\u202e" not in done.out


def test_id_points_at_the_fault(capfd) -> None:
    done = call(capfd, "id", "check", "uscc", "91350100M000100Y44", "--lang", "en")
    first, second, third = done.out.splitlines()
    assert "expected 3" in first
    assert second[third.index("^")] == "4"


def test_L26_identity_numbers_are_masked(capfd) -> None:
    for verb in ("check", "diagnose"):
        for value in ("11010519491231002X", "110105194912310021", "110105491231002"):
            for form in ([], ["--json"]):
                done = call(capfd, "id", verb, "idnumber", value, *form)
                assert value not in done.out + done.err
                assert "19491231" not in done.out
    assert (
        "11010519491231002X"
        in call(capfd, "id", "check", "idnumber", "11010519491231002X", "--reveal").out
    )


@pytest.mark.parametrize(
    ("parts", "made"),
    [
        (("uscc", "91350100M000100Y4"), "91350100M000100Y43"),
        (("idnumber", "11010519491231002"), "11010519491231002X"),
        (("idnumber", "110105491231002"), "11010519491231002X"),
        (("orgcode", "D2143569"), "D2143569X"),
        (("ecid", "11100000MB0143028R001", "11110105MB00000009", "91110105MA0000007L", "001"), "1.2.156.3005.2.11100000MB0143028R001.11110105MB00000009.91110105MA0000007L.001.G"),
    ],
)  # fmt: skip
def test_id_make(capfd, parts, made) -> None:
    assert call(capfd, "id", "make", *parts).out == f"{made}\n"
    assert call(capfd, "id", "make", *parts, "--json").json["value"] == made


@pytest.mark.parametrize(
    "parts",
    [
        ("uscc", "1"),
        ("uscc", "1", "2"),
        ("ecid", "1"),
        ("regno", "统" * 14),
        ("regno", "x" * 14),
        ("orgcode", "!" * 8),
        ("region", "110105"),
        ("uscc",),
    ],
)
def test_id_make_wrong(capfd, parts) -> None:
    assert call(capfd, "id", "make", *parts).code == 2


def test_id_diagnose_names_the_wrong_rule(capfd) -> None:
    good = "1.2.156.3005.2.11100000MB0143028R001.11110105MB00000009.91110105MA0000007L.001.G"
    assert call(capfd, "id", "diagnose", "ecid", good).code == 0
    wrong = call(capfd, "id", "diagnose", "ecid", good.removeprefix("1.2.156.3005.2."), "--json")
    assert (wrong.code, wrong.json["rule"], wrong.json["corrected"]) == (10, "root_missing", good)


def test_profiles(capfd, tmp_path) -> None:
    listed = call(capfd, "profile", "list", "--json").json["profiles"]
    assert len(listed) >= 5
    one = listed[0]["id"]
    assert one in call(capfd, "profile", "list").out
    assert call(capfd, "profile", "show", one, "--json").json["fields"]
    assert call(capfd, "profile", "show", one, "--lang", "zh").code == 0
    assert call(capfd, "profile", "show", "nothing").code == 5
    own = tmp_path / "own.yaml"
    text = (ROOT / "profiles" / f"{one}.yaml").read_text("utf-8")
    own.write_text(text.replace(f"id: {one}", "id: own"), "utf-8")
    assert call(capfd, "profile", "check", own).code == 0
    assert "own" in call(capfd, "profile", "list", "--profiles", tmp_path).out
    assert call(capfd, "profile", "show", "own", "--profiles", tmp_path).code == 0
    own.write_text(
        text.replace("kind: uscc", "kind: odd").replace("required: true", "required: perhaps"),
        "utf-8",
    )
    done = call(capfd, "profile", "check", own, "--json")
    assert (done.code, done.json["ok"]) == (5, False)
    assert len(done.json["problems"]) > 1
    assert call(capfd, "profile", "check", own).code == 5
    assert call(capfd, "profile", "check", tmp_path / "none.yaml").code == 5
    assert call(capfd, "profile", "show", own).code == 5


# --- trust --------------------------------------------------------------------


def test_trust_show_and_check(kit, capfd) -> None:
    shown = call(capfd, "trust", "show", kit / "trust", "--json").json
    assert shown["test_only"] is True
    assert len(shown["anchors"]) == 1
    assert {x["kind"] for known in shown["issuer_lists"] for x in known["listings"]} == {
        "certificate-issuer",
        "seal-maker",
    }
    assert call(capfd, "trust", "show", kit / "trust").code == 0
    good = call(capfd, "trust", "check", kit / "trust", "--json")
    assert (good.code, good.json["problems"]) == (0, [])
    assert call(capfd, "trust", "check", kit / "trust", "--lang", "zh").code == 0
    late = call(capfd, "trust", "check", kit / "trust", "--at", "2190-01-01T00:00:00Z", "--json")
    assert late.code == 5
    assert {p["code"] for p in late.json["problems"]} == {"trust.out_of_date"}
    assert len(late.json["problems"]) == 3
    assert (
        "trust.out_of_date"
        in call(capfd, "trust", "check", kit / "trust", "--at", "2190-01-01T00:00:00Z").out
    )


def test_an_empty_trust_is_unusable(capfd, tmp_path) -> None:
    done = call(capfd, "trust", "check", tmp_path, "--json")
    assert (done.code, done.json["problems"][0]["code"]) == (5, "trust.no_anchors")
    assert call(capfd, "trust", "show", tmp_path).code == 0
    assert call(capfd, "trust", "show", tmp_path / "none").code == 5
    (tmp_path / "anchor").mkdir()
    (tmp_path / "anchor" / "x.cer").write_bytes(b"x")
    assert call(capfd, "trust", "check", tmp_path).code == 5


def test_init_test_makes_a_usable_kit(kit, capfd, tmp_path) -> None:
    assert (kit / "trust" / "TEST-ONLY").is_file()
    assert (kit / "issuer.pem").stat().st_mode & 0o077 == 0
    for folder in (kit, kit / "seal.esl"):
        done = call(capfd, "trust", "init-test", folder)
        assert (done.code, "usage.not_empty" in done.err) == (2, True)
    done = call(
        capfd,
        "trust",
        "init-test",
        tmp_path / "n",
        "--certificate",
        kit / "certificate.json",
        "--json",
    )
    assert done.code == 0
    assert len(done.json["paths"]) == 5
    assert call(capfd, "trust", "init-test", tmp_path / "m", "--certificate", "none.json").code == 4


# --- convert ------------------------------------------------------------------


def test_convert(capfd, tmp_path) -> None:
    examples = ROOT / "src/ecert/conversion/examples"
    mapping, table = examples / "business_licence_2009.yaml", examples / "legacy_200.csv"
    done = call(capfd, "convert", mapping, table, "--out", tmp_path / "out", "--json")
    assert done.code == done.json["exit"] == 6
    assert done.json["rows"] == 200 == done.json["converted"] + done.json["rejected"]
    text = call(capfd, "convert", mapping, table, "--out", tmp_path / "out", "--lang", "zh")
    assert text.code == 6
    assert "共 200 行" in text.out
    assert call(capfd, "convert", mapping, "--out", tmp_path / "out").code == 2
    assert (
        call(capfd, "convert", mapping, tmp_path / "none.csv", "--out", tmp_path / "out").code == 4
    )
    assert (
        call(capfd, "convert", tmp_path / "none.yaml", table, "--out", tmp_path / "out").code == 5
    )


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Broken(Terminal):
    encoding = "ascii"

    def write(self, _text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")


def test_progress_is_shown_on_a_terminals_stderr_only(capfd, tmp_path, monkeypatch) -> None:
    err = Terminal()
    Console(out=None, err=err).progress("500")
    assert err.getvalue() == "\r500"
    for console in (
        Console(out=None, err=io.StringIO()),
        Console(out=Terminal(), err=Terminal()),
        Console(out=None, err=None),
    ):
        console.progress("500")
        assert console.err is None or console.err.getvalue() == ""
    from ecert.commands import progress

    monkeypatch.setattr(progress, "_AFTER_S", -1.0)
    monkeypatch.setattr(progress, "_EVERY_S", -1.0)
    seen: list[str] = []
    monkeypatch.setattr(Console, "progress", lambda _self, text: seen.append(text))
    for name in ("a.pdf", "b.OFD", "readme.txt"):
        (tmp_path / name).write_bytes(b"x")
    done = call(capfd, "verify", tmp_path)
    assert "neither PDF nor OFD" in done.err
    assert [line.split()[0] for line in seen] == ["1", "2", "2"]
    assert seen[-1].endswith("\n")


def test_a_broken_stderr_changes_nothing() -> None:
    console = Console(out=None, err=Broken())
    console.progress("1")
    console.note("证照")
    Console(out=None, err=None).note("x")
    console.warn("usage.no_input")


@pytest.mark.parametrize("out", [None, io.StringIO(), Broken()])
def test_a_broken_stdout_is_a_failed_write(out, monkeypatch) -> None:
    from ecert.commands import console

    forgotten: list[int] = []
    monkeypatch.setattr(console, "forget_stdout", lambda: forgotten.append(1))
    with pytest.raises(Stop) as caught:
        Console(out=out).emit("x")
    assert (caught.value.exit_code, caught.value.reason.code) == (70, "output.failed")
    assert forgotten == [1]


def test_unknown_codes_and_params_do_not_break_a_message() -> None:
    console = Console(lang="en", out=None, err=None)
    assert console.sentence("no.such", {}) == "no.such"
    assert "{name}" in console.sentence("usage.no_files", {})


def test_an_unusable_engine_is_a_document_too(capfd, monkeypatch) -> None:
    import ecert.facade

    def broken() -> None:
        raise TrustError("sm2.engine_unusable", "no engine")

    monkeypatch.setattr(ecert.facade, "tool", broken)
    done = call(capfd, "verify", "--json")
    assert done.code == 2
    assert done.json["tool"]["sm2_engine"] == ""
