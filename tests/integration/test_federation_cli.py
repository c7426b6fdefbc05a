"""The worked federation of Sichuan and Chongqing on the command line: from files to answers."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cli_kit import Done, call, spawn
from ecert.testpki.publishing import Publisher
from ecert.trust.publishing.published import first_root
from federation_kit import AT, COMPANIES, ROOT, Bureau

FILES = ("licence.pdf", "licence.ofd")
WHEN = AT.isoformat()


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with a bundle, its root's fingerprint and a licence in two forms."""

    folder: Path
    root: str

    @property
    def bundle(self) -> Path:
        return self.folder / "workspace" / "published"

    def asking(self, relying: str, matter: str) -> list[str]:
        return ["--at", WHEN, "--test-trust", "--relying", relying, "--matter", matter]

    def published(self) -> list[str]:
        return ["--trust", str(self.bundle), "--root", self.root]


def laid_out(folder: Path, at: datetime) -> Place:
    """Issue a licence, publish the federation's bundle, both shortly before an instant."""
    bureau = Bureau("chuanyu", at=at)
    record = bureau.licence(COMPANIES[0])
    (folder / FILES[0]).write_bytes(bureau.pdf(record))
    (folder / FILES[1]).write_bytes(bureau.ofd(record, "business_license"))
    publisher = Publisher(folder / "workspace")
    publisher.publish(bureau.federation(), bureau.offices.pki, at=at)
    return Place(folder, first_root(publisher.files()))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return laid_out(tmp_path_factory.mktemp("federation"), AT)


@pytest.fixture(scope="module")
def today(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The same, made now: a store takes in only what is fresh by the clock."""
    return laid_out(tmp_path_factory.mktemp("today"), datetime.now(UTC).replace(microsecond=0))


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(
    ("relying", "matter", "code", "reason"),
    [
        ("500103", "enterprise.change", 12, None),
        ("500103", "enterprise.cancel", 10, "agreement.refused"),
        ("500112", "enterprise.relocation", 11, "agreement.matter_not_covered"),
        ("500101", "enterprise.tender", 11, "agreement.reference_only"),
        ("510107", "enterprise.change", 12, None),
        ("520000", "enterprise.change", 11, "agreement.reference_only"),
    ],
)
def test_verify_with_a_region_and_a_matter(
    *,
    capfd: pytest.CaptureFixture[str],
    place: Place,
    file: str,
    relying: str,
    matter: str,
    code: int,
    reason: str | None,
) -> None:
    done = call(
        capfd,
        "verify",
        place.folder / file,
        *place.published(),
        *place.asking(relying, matter),
        "--json",
    )
    assert done.code == code, done.out + done.err
    assert reason is None or f'"{reason}"' in done.out
    assert done.json["recognition"]["question"]["relying"]["code"] == relying


def test_without_the_fingerprint_of_the_root_nothing_is_judged(
    capfd: pytest.CaptureFixture[str], place: Place
) -> None:
    """A bundle is not believed because it is there."""
    asking = place.asking("500103", "enterprise.change")
    done = call(capfd, "verify", place.folder / FILES[0], "--trust", place.bundle, *asking)
    assert done.code == 5
    other = "0" * 64
    done = call(
        capfd, "verify", place.folder / FILES[0], "--trust", place.bundle, "--root", other, *asking
    )
    assert done.code == 5


def test_imported_into_a_store_it_answers_the_same(
    capfd: pytest.CaptureFixture[str], today: Place
) -> None:
    """The store loads only the roles that a question needs; the answers do not change. Live."""
    store = today.folder / "store"
    done = call(capfd, "trust", "import", today.bundle, "--store", store, "--root", today.root)
    assert done.code == 0, done.err
    for relying, matter, code in (
        ("500103", "enterprise.change", 12),
        ("500103", "enterprise.cancel", 10),
        ("500112", "enterprise.relocation", 11),
        ("510107", "enterprise.change", 12),
    ):
        asking = ["--test-trust", "--relying", relying, "--matter", matter, "--json"]
        file = today.folder / FILES[0]
        done = call(capfd, "verify", file, "--trust", store, *asking)
        whole = call(capfd, "verify", file, *today.published(), *asking)
        assert done.code == whole.code == code, done.out + done.err
        assert done.json["question"]["mode"] == "live"
        for member in ("outcome", "agreement", "findings", "deviations"):
            assert done.json["recognition"][member] == whole.json["recognition"][member]


def test_two_processes_write_the_same_bytes(place: Place) -> None:
    """D1: same file, bundle, question and engine."""

    def told(seed: str) -> Done:
        return spawn(
            "verify", place.folder / FILES[0], *place.published(),
            *place.asking("500112", "enterprise.relocation"), "--json",
            env={"PYTHONHASHSEED": seed},
        )  # fmt: skip

    one, other = told("1"), told("2")
    assert one.code == other.code == 11
    assert one.out == other.out


def test_matrix_and_window_of_the_federation(
    capfd: pytest.CaptureFixture[str], place: Place
) -> None:
    done = call(
        capfd, "matrix", "11100000MB0143028R001", "--issuing", "510104", "--issued", "2025-03-01",
        "--matter", "enterprise.tender", "--at", WHEN, *place.published(), "--lang", "zh",
    )  # fmt: skip
    assert done.code == 12
    rows = {line[:6]: line[8] for line in done.out.splitlines() if line[:6].isdigit()}
    assert rows["500112"] == "✓"
    assert rows["500101"] == "?", "Wanzhou's deviation excludes tenders"
    assert rows["520000"] == "?"
    done = call(
        capfd, "window", place.folder / FILES[0], *place.published(), "--at", WHEN,
        "--until", "2025-06-20T00:00:00Z", "--relying", "500103", "--matter", "enterprise.change",
    )  # fmt: skip
    assert done.code == 12
    assert "test.chuanyu.enterprise 2" in done.out


def test_rules_of_the_federations_are_fit_and_pass_their_tests(
    capfd: pytest.CaptureFixture[str],
) -> None:
    rules = sorted((ROOT / "federations").glob("*/roles/*/rules/*.yaml"))
    assert len(rules) >= 6
    for verb in ("lint", "test"):
        done = call(capfd, "rules", verb, *rules)
        assert done.code == 0, done.out + done.err
        assert f"{len(rules)} rules, 0 with findings" in done.out


def test_generated_parts_are_up_to_date() -> None:
    tool = ROOT / "tools" / "make_federations.py"
    done = subprocess.run([sys.executable, tool, "--check"], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode()
