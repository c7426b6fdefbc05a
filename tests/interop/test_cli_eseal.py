"""Foreign seals and sealed documents through the command line agree with their INDEX.tsv."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cli_kit import SAMPLES, call

FOLDER = SAMPLES / "eseal"
if not FOLDER.is_dir():
    pytest.skip("../shared/samples is absent", allow_module_level=True)


def rows() -> list[dict[str, str]]:
    head, *lines = [
        line.split("\t") for line in (FOLDER / "INDEX.tsv").read_text("utf-8").splitlines()
    ]
    return [dict(zip(head, line, strict=False)) for line in lines]


DOCUMENTS = [r for r in rows() if r["file"].endswith((".pdf", ".ofd"))]
SEALS = [r for r in rows() if r["file"].endswith((".esl", ".dat"))]


def ident(row: dict[str, str]) -> str:
    return f"{row['expected']}-{row['file']}"


def test_every_row_is_known() -> None:
    assert (len(DOCUMENTS), len(SEALS)) == (17, 7)
    assert {r["expected"] for r in DOCUMENTS} <= {
        "intact", "expired", "broken", "attack", "uncovered", "indeterminate", "unsigned", "integrity-only",
    }  # fmt: skip


@pytest.mark.parametrize("row", DOCUMENTS, ids=ident)
def test_documents_agree_in_integrity_and_coverage(row: dict[str, str], capfd) -> None:
    done = call(capfd, "verify", FOLDER / row["file"], "--policy", "integrity", "--json")
    report, word = done.json, row["expected"]
    assert done.err == ""
    assert report["decision"] in ("refuse", "refer"), "integrity never accepts"
    assert done.code == report["exit"] in (10, 11)
    signatures = report["signatures"]
    integrity = [s["integrity"] for s in signatures]
    if word in ("intact", "expired"):
        assert integrity == ["passed"]
        assert signatures[0]["coverage"] == "whole"
        assert signatures[0]["covers_current"]
        assert not signatures[0]["uncovered"]
        assert done.code == 11, "nothing is broken: want of trust alone refers"
    elif word in ("broken", "attack"):
        assert integrity == ["failed"]
        assert done.code == 10
    elif word == "uncovered":
        assert integrity == ["passed"]
        assert signatures[0]["coverage"] != "whole"
        assert signatures[0]["uncovered"]
    elif word == "indeterminate":
        assert integrity == ["indeterminate"]
        assert "signature.no_certificate" in report["axes"]["authenticity"]["reasons"]
    else:
        assert word in ("unsigned", "integrity-only")
        assert "document.unsigned" in report["axes"]["authenticity"]["reasons"]
        assert done.code == 10


def test_what_is_uncovered_is_named(capfd) -> None:
    extra = call(
        capfd, "verify", FOLDER / "derived/d02_extra_file.ofd", "--policy", "integrity", "--json"
    ).json
    assert extra["signatures"][0]["uncovered"] == ["/Doc_0/Res/extra.bin"]
    appended = call(
        capfd, "verify", FOLDER / "derived/p02_appended.pdf", "--policy", "integrity", "--json"
    ).json
    assert appended["signatures"][0]["uncovered"] == ["bytes 89774-89799"]


@pytest.mark.parametrize("row", SEALS, ids=ident)
def test_bare_seals_agree(row: dict[str, str], capfd) -> None:
    done = call(capfd, "seal", "inspect", FOLDER / row["file"], "--json")
    found, word = done.json, row["expected"]
    assert done.code == 0
    assert done.err == ""
    assert "accept" not in done.out
    seal = found.get("seal", found)
    assert seal["maker_signature"]["verdict"] == "passed"
    if found["kind"] == "seal_signature":
        assert found["value"]["verdict"] == "passed"
        assert found["listed"]["verdict"] == "passed"
    if word == "broken-ts":
        assert seal["timestamp"]["outcome"]["verdict"] == "failed"
    else:
        assert seal["timestamp"] is None
    inside = [v for part in (found, seal) for v in part["periods"].values()]
    assert None not in inside
    assert all(inside) == (word == "intact")


def test_seal_inspect_says_unreadable(capfd, tmp_path) -> None:
    for data in (b"", b"\x30\x80", b"no seal", bytes(5 << 20)):
        (tmp_path / "x.esl").write_bytes(data)
        done = call(capfd, "seal", "inspect", tmp_path / "x.esl", "--json")
        assert done.code == done.json["exit"] == 4
        assert done.json["error"]["code"]
