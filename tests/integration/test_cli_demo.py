"""`ecert demo` tells the whole story, checks itself, and leaves what it promises."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cli_kit import Done, call, spawn

TYPES = (
    "business_license",
    "id_card",
    "driving_licence",
    "residence_permit",
    "social_security_card",
)


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> tuple[Path, Done]:
    folder = tmp_path_factory.mktemp("demo")
    return folder / "demo-out", spawn("demo", "--lang", "en", cwd=folder)


def test_the_story_holds(told) -> None:
    _, done = told
    assert done.code == 0, done.out + done.err
    assert done.err == ""
    assert "Every answer was as expected" in done.out
    assert "✗" not in done.out


def test_the_story_is_in_order_and_fits_the_terminal(told) -> None:
    from ecert.commands.demo_print import width

    _, done = told
    heads = [line.split()[0] for line in done.out.splitlines() if line.endswith("───")]
    assert heads == [str(n) for n in range(1, 9)]
    words = [
        "record →",
        "electronic seal",
        "issue PDF",
        "verify",
        "attacks",
        "recognition between",
        "200 legacy rows",
        "summary",
    ]
    places = [done.out.index(w) for w in words]
    assert places == sorted(places)
    assert max(width(line) for line in done.out.splitlines()) <= 100
    for group in ("accept (test trust) 9", "refuse 10", "refer 3", "rows converted"):
        assert group in done.out.partition("summary")[2]


def test_what_it_leaves(told) -> None:
    folder, _ = told
    names = {p.name for p in folder.iterdir()}
    assert {f"{t}.pdf" for t in TYPES} | {f"{t}.png" for t in TYPES} <= names
    assert {"licence.ofd", "trust", "federation", "converted", "TEST-ONLY-DEMO.txt"} <= names
    assert len(list(folder.glob("*.png"))) == len(list(folder.glob("*.pdf")))
    assert not [p for p in folder.rglob("*") if p.suffix in (".pem", ".p12", ".key")]


def test_the_previews_show_face_and_seal(told) -> None:
    from PIL import Image

    folder, _ = told
    for name in TYPES:
        with Image.open(folder / f"{name}.png") as picture:
            small = picture.convert("RGB").resize((picture.width // 2, picture.height // 2))
            data = small.tobytes()
            pixels = [tuple(data[i : i + 3]) for i in range(0, len(data), 3)]
            red = [i for i, (r, g, b) in enumerate(pixels) if r > 170 and g < 60 and b < 80]
            dark = sum(1 for p in pixels if max(p) < 90)
        assert len(red) > 300, f"{name}: the seal is not there"
        across, down = sorted(i % small.width for i in red), sorted(i // small.width for i in red)
        middle = (across[len(across) // 2], down[len(down) // 2])
        assert middle[0] > small.width / 2 < 2 * middle[1] * small.width / small.height, (
            "the seal stands lower right"
        )
        assert dark > 1000, f"{name}: no text"


def test_its_files_verify_again_and_again_the_same(told, capfd) -> None:
    folder, _ = told
    trust = ["--trust", folder / "trust", "--test-trust", "--json"]
    good = call(
        capfd, "verify", *(folder / f"{t}.pdf" for t in TYPES), folder / "licence.ofd", *trust
    )
    assert {d["exit"] for d in good.lines} == {12}
    bad = call(capfd, "verify", *sorted(folder.glob("x-*.*f*")), *trust)
    assert {d["exit"] for d in bad.lines} == {10, 11}
    assert "11010519491231002X" not in good.out


def test_a_wrong_answer_is_a_failure(capfd, tmp_path, monkeypatch) -> None:
    from ecert.commands import demo_story

    monkeypatch.setattr(demo_story, "altered_name", lambda data: data)
    done = call(capfd, "demo", "--out", tmp_path / "d", "--lang", "zh")
    assert done.code == 70
    assert "✗ x-altered.pdf" in done.out
    assert "有答案与预期不符" in done.out


def test_json_and_folders(capfd, tmp_path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.txt").write_text("x")
    for place in (other, other / "mine.txt"):
        done = call(capfd, "demo", "--out", place, "--json")
        assert (done.code, done.json["error"]["code"]) == (2, "usage.not_empty")
    assert (other / "mine.txt").read_text() == "x"
    out = tmp_path / "d"
    done = call(capfd, "demo", "--out", out, "--json")
    assert (done.code, done.json["ok"]) == (0, True)
    assert done.json["batch"]["rows"] == 200
    assert all(a["right"] for a in done.json["answers"])
    (out / "mine.txt").write_text("x")
    from ecert.commands.demo import _prepare

    _prepare(out, keep=True)
    assert (out / "mine.txt").is_file()
    _prepare(out, keep=False)
    assert [p.name for p in out.iterdir()] == ["TEST-ONLY-DEMO.txt"]


def test_lines_break_where_they_may() -> None:
    from ecert.commands.demo_print import cut, pad, row, width, wrap

    assert width("ab证照") == 6
    assert cut("证照证照", 5) == "证照…"
    assert pad("证", 4) == "证  "
    assert wrap("证照（测试）", 10) == ["证照（测试）"]
    assert wrap("one two three", 7) == ["one two", "three"]
    assert wrap("", 7) == [""]
    assert max(width(x) for x in row(["a", "长" * 90], [4]).splitlines()) <= 100
