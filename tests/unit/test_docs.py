"""The documentation is true: every code, name, field, command and exit code stands in it, every example runs."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import docs_kit as kit
import ecert
from ecert import cli, facade
from ecert.commands import console
from ecert.model import Profile, list_profiles, metadata_table
from ecert.report.codes import registry
from ecert.trust.store import TrustStore
from ecert.verification import judge
from ecert.verification.policy import Policy

REFERENCE = kit.ROOT / "docs/reference"
TOOLS = kit.ROOT / "tools"
EXITS = {0, 2, 4, 5, 6, 10, 11, 12, 70}
_STEP = re.compile(r"(?<![\w.])(\d)\. ")


def read(name: str) -> str:
    return (kit.ROOT / name).read_text(encoding="utf-8")


def flat(text: str) -> str:
    return " ".join(text.split())


# -- reference -------------------------------------------------------------------------------------


def test_every_reason_code_stands_in_the_reference() -> None:
    text = read("docs/reference/reason-codes.md")
    assert [code for code in registry() if f"`{code}`" not in text] == []


@pytest.mark.parametrize("name", ["make_reason_codes", "make_profiles_doc"])
def test_generated_pages_are_up_to_date(name: str) -> None:
    script = TOOLS / f"{name}.py"
    done = subprocess.run(
        [sys.executable, script, "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_profile_and_field_stands_in_the_reference() -> None:
    text = read("docs/reference/profiles.md")
    names = {name for p in list_profiles() for name in (p, *Profile.load(p).fields)}
    names |= set(metadata_table().elements)
    assert sorted(n for n in names if f"`{n}`" not in text) == []


def test_every_public_name_stands_in_the_reference() -> None:
    text = read("docs/reference/api.md")
    assert [n for n in ecert.__all__ if n != "__version__" and f"`{n}`" not in text] == []


def test_every_check_of_the_default_policy_stands_in_the_reference() -> None:
    text = read("docs/reference/verification.md").replace("[i]", "")
    policy = Policy.default()
    wanted = (policy.required | policy.optional | policy.advisory) - {"recognition"}
    assert sorted(check for check in wanted if f"`{check}`" not in text) == []


def test_every_shipped_policy_stands_in_the_reference() -> None:
    text = read("docs/reference/policies.md")
    folder = Path(judge.__file__).with_name("policies")
    assert [f.stem for f in folder.glob("*.toml") if f"`{f.stem}`" not in text] == []


def test_the_steps_are_those_of_the_code() -> None:
    page = flat(read("docs/reference/verification.md"))
    for doc in (judge.__doc__, facade.__doc__):
        steps = steps_of(doc)
        assert len(steps) >= 4
        for number, text in steps:
            assert f"{number}. {text}" in page


def steps_of(doc: str | None) -> list[tuple[str, str]]:
    parts = _STEP.split(flat(doc or ""))[1:]
    found = list(zip(parts[::2], parts[1::2], strict=True))
    number, last = found[-1]
    return [(n, t.strip()) for n, t in found[:-1]] + [(number, first_sentence(last))]


def first_sentence(text: str) -> str:
    return re.split(r"(?<=\.)\s", text.strip())[0]


@pytest.mark.parametrize("page", ["docs/reference/exit-codes.md", "README.md"])
def test_every_exit_code_is_explained(page: str) -> None:
    cells = {
        int(c)
        for line in read(page).splitlines()
        if line.startswith("|")
        for c in re.findall(r"\| (\d+)(?= )", line)
    }
    assert cells >= EXITS


def test_exit_codes_are_those_of_the_command_line() -> None:
    named = {
        v
        for k, v in vars(console).items()
        if k.isupper() and isinstance(v, int) and not isinstance(v, bool)
    }
    assert named <= EXITS


def test_every_command_stands_in_the_reference() -> None:
    text = read("docs/reference/cli.md")
    assert [name for name in cli._COMMANDS if f"ecert {name}" not in text] == []


def test_codes_named_in_prose_exist() -> None:
    areas = {code.split(".")[0] for code in registry()} - {"report"}  # `report.reasons` is Python
    known = set(registry()) | set(
        re.findall(r"`([a-z_.]+)`", read("docs/reference/verification.md").replace("[i]", ""))
    )
    wrong = []
    for page in [
        *(kit.ROOT / "docs/how-to").glob("*.md"),
        *(kit.ROOT / "docs/explanation").glob("*.md"),
        kit.ROOT / "docs/limitations.md",
    ]:
        for word in re.findall(r"`([a-z_]+\.[a-z_]+)`", page.read_text(encoding="utf-8")):
            if word.split(".")[0] in areas and word not in known and not (kit.ROOT / word).exists():
                wrong.append(f"{page.name}: {word}")
    assert wrong == []


def test_the_json_of_the_reference_is_that_of_the_code() -> None:
    (stated,) = (
        json.loads(b.text) for b in kit.blocks(REFERENCE / "report.md") if b.info == "json"
    )
    folder_free = facade.verify((kit.ROOT / "sample_certs/good_cms_sm2.pdf").read_bytes()).to_dict()
    assert list(stated) == [k for k in folder_free if k != "error"]
    for part in ("tool", "question", "subject", "policy"):
        assert list(stated[part]) == list(folder_free[part])
    assert list(stated["signatures"][0]) == list(folder_free["signatures"][0])
    assert list(stated["axes"]["authenticity"]) == list(folder_free["axes"]["authenticity"])
    assert list(stated["trust"][0]) == list(folder_free["trust"][0])


def test_the_trust_files_of_the_reference_can_be_read() -> None:
    (listed,) = (b.text for b in kit.blocks(REFERENCE / "trust-folder.md") if b.info == "yaml")
    (status,) = (b.text for b in kit.blocks(REFERENCE / "trust-folder.md") if b.info == "json")
    listed = re.sub(r"spki_sha256: [^}]*", f"spki_sha256: {'0' * 64}", listed)
    store = TrustStore.from_files(
        {"issuers.yaml": listed.encode(), "status/status.json": status.encode()}
    )
    assert store.issuer_lists
    assert store.status("1.2.156.3005.2....").answer == "listed"


def test_the_status_files_of_the_reference_can_be_read() -> None:
    found = (b.text for b in kit.blocks(REFERENCE / "status.md") if b.info == "json")
    status, entities = (text.encode() for text in found)
    store = TrustStore.from_files({"status/status.json": status, "entities/e.json": entities})
    (known,) = store.status_files[0].certificates
    assert store.status(known).answer == "listed"
    assert store.entities[0].events


# -- pages -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", kit.PAGES, ids=kit.name_of)
def test_links_lead_somewhere(page: Path) -> None:
    text = kit.FENCE.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", kit.PAGES, ids=kit.name_of)
def test_a_page_in_one_language_has_its_twin(page: Path) -> None:
    for mine, other in ((".zh.md", ".en.md"), (".en.md", ".zh.md")):
        if page.name.endswith(mine):
            assert page.with_name(page.name.removesuffix(mine) + other).exists()


def test_decisions_are_numbered_and_complete() -> None:
    pages = sorted((kit.ROOT / "docs/adr").glob("*.md"))
    assert [p.name[:4] for p in pages] == [f"{i:04d}" for i in range(1, len(pages) + 1)]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for heading in (
            "## Context",
            "## Drivers",
            "## Options",
            "## Decision",
            "## Consequences",
            "## 中文摘要",
        ):
            assert heading in text, (page.name, heading)
        assert text.count("\n") <= 60, page.name


def test_contributing_is_short_and_the_licence_whole() -> None:
    assert read("CONTRIBUTING.md").count("\n") < 150
    assert read("LICENSE").count("\n") > 170
    assert "### Security" in read("CHANGELOG.md")


def test_the_readme_quotes_the_results() -> None:
    rows = [line for line in read("benchmarks/RESULTS.md").splitlines() if line.startswith("| ")][
        2:
    ]
    assert rows
    readme = read("README.md")
    for row in rows:
        ratio = row.strip("| ").split("|")[-1].strip()
        assert readme.count(f"| {ratio} |") >= 2, row


# -- examples --------------------------------------------------------------------------------------


def runnable(page: Path) -> bool:
    return any(b.info in {"python", "console run"} for b in kit.blocks(page))


@pytest.mark.slow
@pytest.mark.parametrize("page", [p for p in kit.PAGES if runnable(p)], ids=kit.name_of)
def test_examples_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr("getpass.getpass", lambda prompt="": kit.PASSWORD)
    if "tutorial" in page.parts:  # makes everything itself, in an empty folder
        scope: dict[str, object] = {}
    else:
        scope = kit.furnish(tmp_path)
    monkeypatch.chdir(tmp_path)
    scope["__name__"] = "__example__"
    for block in (b for told in kit.story(page) for b in kit.blocks(told)):
        if block.info.startswith("yaml ") or block.info.startswith("text "):
            named = tmp_path / block.info.split()[1]
            named.parent.mkdir(parents=True, exist_ok=True)
            named.write_text(block.text, encoding="utf-8")
        elif block.info == "python":
            code = compile("\n" * block.line + block.text, str(page), "exec")
            exec(code, scope)
        elif block.info == "console run":
            for line in block.text.splitlines():
                if line.startswith("$ "):
                    run_command(line.removeprefix("$ "), tmp_path)
    assert "Traceback" not in capsys.readouterr().out


def run_command(line: str, folder: Path) -> None:
    """Run one `ecert` line through the command line; `# exit N` at its end is the expected code.

    `< FILE` is its standard input; FINGERPRINT is what the publisher's root has, as told by telephone.
    """
    words = [
        kit.fingerprint(folder) if w == "FINGERPRINT" else w
        for w in shlex.split(line, comments=True)
    ]
    words, given = (words[:-2], words[-1]) if "<" in words else (words, os.devnull)
    assert words[0] == "ecert"
    stated = re.search(r"# exit (\d+)$", line)
    env = os.environ | {"PYTHONPATH": str(kit.ROOT / "src"), "PYTHONWARNINGS": ""}
    with (folder / given).open("rb") as stdin:
        run = subprocess.run(
            [sys.executable, "-m", "ecert", *words[1:]],
            cwd=folder,
            env=env,
            stdin=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
    assert run.returncode == int(stated[1] if stated else 0), run.stdout + run.stderr
