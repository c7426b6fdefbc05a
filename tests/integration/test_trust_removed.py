"""Deleting any evidence from the trust folder turns every accept into refer (L15, L16, L17)."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
import yaml

from ecert.facade import Asking, verify
from ecert.trust.store import TrustStore

SAMPLES = Path(__file__).resolve().parents[2] / "sample_certs"
ROWS = yaml.safe_load((SAMPLES / "manifest.yaml").read_text(encoding="utf-8"))["samples"]
GOOD = [row for row in ROWS if row["decision"] == "accept"]
REMOVED = {
    "crls": ("revocation.unknown", 11),
    "status": ("status.unknown", 11),
    "issuers.yaml": ("issuer.not_listed", 5),
    "anchors": ("signer.chain_unknown", 5),
}


def without(folder: Path, name: str) -> TrustStore:
    shutil.copytree(SAMPLES / "trust", folder)
    target = folder / name
    shutil.rmtree(target) if target.is_dir() else target.unlink()
    return TrustStore.load(folder)


def judge(row, trust, at=None):
    ask = row["question"]
    return verify(
        SAMPLES / row["file"],
        trust=trust,
        at=at or datetime.fromisoformat(ask["at"]),
        asking=Asking(matter=ask["matter"], test_trust="allowed"),
    )


@pytest.mark.parametrize("name", REMOVED)
@pytest.mark.parametrize("row", GOOD, ids=lambda r: r["id"])
def test_l15_absence_never_passes(row, name, tmp_path):
    code, exit_code = REMOVED[name]
    report = judge(row, without(tmp_path / "trust", name))
    assert report.decision.value == "refer"
    assert code in report.reasons()
    assert report.exit_code == exit_code


@pytest.mark.parametrize("name", sorted(p.name for p in (SAMPLES / "trust" / "crls").iterdir()))
def test_one_list_removed_refers_what_rests_on_it(name, tmp_path):
    """Each root's own list is needed; another root's does not stand in for it."""
    trust = without(tmp_path / "trust", f"crls/{name}")
    kind = name.removeprefix("root-").removesuffix(".crl")
    answers = {row["id"]: judge(row, trust).decision.value for row in GOOD}
    affected = {"sm2": "sm2 ses ofd copy", "rsa": "rsa", "p256": "p256"}[kind].split()
    for ident, answer in answers.items():
        hit = any(part in ident for part in affected)
        assert answer == ("refer" if hit else "accept"), ident


def test_l4_a_test_root_stays_one_without_the_folders_marker(tmp_path):
    """The roots call themselves TEST ONLY; and an as-of answer is never exit 0 anyway (L14)."""
    trust = without(tmp_path / "trust", "TEST-ONLY")
    assert trust.test_only
    for row in GOOD:
        refused = verify(
            SAMPLES / row["file"],
            trust=trust,
            at=datetime.fromisoformat(row["question"]["at"]),
            asking=Asking(matter=row["question"]["matter"]),
        )
        assert (refused.decision.value, refused.exit_code) == ("refer", 11)
        report = judge(row, replace(trust, test_only=False))
        assert (report.decision.value, report.exit_code, bool(report)) == ("accept", 12, False)


def test_a_trust_folder_is_used_whole_or_not_at_all(tmp_path):
    from ecert.errors import TrustError

    for number, name in enumerate(("crls/root-sm2.crl", "status/status.json", "issuers.yaml")):
        folder = tmp_path / str(number)
        shutil.copytree(SAMPLES / "trust", folder)
        (folder / name).write_bytes((folder / name).read_bytes()[:-9])
        with pytest.raises(TrustError):
            TrustStore.load(folder)
    folder = tmp_path / "misspelt"
    shutil.copytree(SAMPLES / "trust", folder)
    (folder / "crls").rename(folder / "crl")
    with pytest.raises(TrustError):
        TrustStore.load(folder)
