"""The worked federations as signed bundles: what comes out is what was read, and answers the same."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ecert import verify
from ecert.errors import TrustError
from ecert.facade import Asking
from ecert.recognition import evaluate
from ecert.report import Decision
from ecert.testpki.publishing import Publisher
from ecert.trust.store import TrustStore
from federation_kit import AT, COMPANIES, ROOT, Bureau
from scenario_kit import Scenario, codes, scenarios

ALL = scenarios()


@dataclass(frozen=True, slots=True)
class Signed:
    """One federation, published, with a licence of its own that no list has touched."""

    bureau: Bureau
    publisher: Publisher
    licence: bytes
    whole: TrustStore


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Signed]:
    found = {}
    for name, region in (("chuanyu", "510104"), ("wuhan", "420106")):
        bureau = Bureau(name)
        codes_ = bureau.offices.federation.codes()
        code = next(c for c in codes_ if c[2:6] == region[:4] and "MB0T00001" in c)
        licence = bureau.pdf(bureau.licence(COMPANIES[0], code=code, region=region))
        listed = () if name == "chuanyu" else bureau.ecids
        publisher = Publisher(tmp_path_factory.mktemp(name) / "workspace")
        publisher.publish(bureau.federation(*listed), bureau.offices.pki, at=AT)
        found[name] = Signed(bureau, publisher, licence, publisher.trust().whole())
    return found


@pytest.mark.parametrize("name", ["chuanyu", "wuhan"])
def test_a_verified_bundle_says_what_the_workspace_says(
    signed: dict[str, Signed], name: str
) -> None:
    """Documents, who signed them (L19) and completeness (L18), read two ways."""
    plain, whole = signed[name].bureau.federation().knowledge(), signed[name].whole
    assert whole.signed
    assert whole.test_only
    assert whole.usable() is None
    for kind in ("agreements", "rules", "deviations", "code_tables", "matters"):
        ours = {(d.sha256, d.signed_by): d for d in getattr(plain, kind)}
        theirs = {(d.sha256, d.signed_by): d for d in getattr(whole.knowledge, kind)}
        assert ours == theirs
        assert ours or (name, kind) == ("wuhan", "code_tables")
    assert plain.complete == whole.knowledge.complete


@pytest.mark.parametrize(
    "scenario",
    [s for s in ALL if "certificate" in s.body and "missing" not in s.body],
    ids=lambda s: s.name,
)
def test_scenarios_under_a_verified_bundle(signed: dict[str, Signed], scenario: Scenario) -> None:
    knowledge = signed[scenario.body["federation"]].whole.knowledge
    found = evaluate(scenario.asked(), knowledge, at=scenario.at)
    assert found.outcome == scenario.expect["outcome"]
    assert set(scenario.expect.get("codes", ())) <= codes(found)


def test_a_licence_under_the_bundle(signed: dict[str, Signed]) -> None:
    one = signed["chuanyu"]
    for relying, matter, decision in (
        ("500103", "enterprise.change", Decision.ACCEPT),
        ("500103", "enterprise.cancel", Decision.REFUSE),
        ("500112", "enterprise.relocation", Decision.REFER),
    ):
        asking = Asking(relying=relying, matter=matter, test_trust="allowed")
        report = verify(one.licence, trust=one.whole, at=AT, asking=asking)
        assert report.decision is decision, report.render("zh")
    refused = verify(
        one.licence,
        trust=one.whole,
        at=AT,
        asking=Asking(relying="500103", matter="enterprise.change"),
    )
    assert refused.decision is Decision.REFER, "L4: test trust carries no accept unless allowed"


def test_the_repository_holds_no_keys() -> None:
    for path in sorted((ROOT / "federations").rglob("*")):
        assert path.is_dir() or path.suffix in (".yaml", ".md"), path
        assert path.is_dir() or b"PRIVATE" not in path.read_bytes()


def test_publishing_refuses_a_role_that_speaks_for_another(tmp_path: Path) -> None:
    """L19: Yubei's deviation put into Wanzhou's folder cannot be signed."""
    bureau = Bureau("chuanyu")
    files = bureau.offices.federation.files
    moved = {"wanzhou/deviations/stolen.json": files["yubei/deviations/relocation.json"]}
    federation = bureau.offices.federation.with_files(moved)
    bureau.offices.party(federation.codes()[0])
    with pytest.raises(TrustError) as caught:
        Publisher(tmp_path / "w").publish(federation, bureau.offices.pki, at=AT)
    assert caught.value.code == "bundle.out_of_scope"


def test_the_snapshot_pins_the_root_that_nobody_may_leave_out(signed: dict[str, Signed]) -> None:
    for one in signed.values():
        opened = one.publisher.trust().opened
        listed = opened.snapshot.roles["root"]
        assert (listed.version, listed.sha256) == (1, _digest(one.publisher, "root/1.json"))


def _digest(publisher: Publisher, name: str) -> str:
    return hashlib.sha256(publisher.files()[f"metadata/{name}"]).hexdigest()
