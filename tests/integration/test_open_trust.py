"""`open_trust` and verification by bundles: folder, store, published bundle; in one process and in two."""

from __future__ import annotations

import pickle
import sys
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bundle_kit import NOW, Simulator, issuers_json
from ecert import __version__, open_trust, verify
from ecert.documents import inspect_document
from ecert.errors import TrustError
from ecert.limits import Limits
from ecert.manyfiles import verify_many
from ecert.trust.bundle.files import folder_reader
from ecert.trust.bundle.floors import Floor, Floors
from ecert.trust.bundle.local import LocalStore
from ecert.trust.bundle.rootchain import Start
from ecert.trust.store import TrustStore
from federation_kit import CHENGDU, Bureau

AT = NOW + timedelta(minutes=1)


@pytest.fixture(scope="module")
def licence() -> tuple[bytes, bytes, str]:
    """Return a licence, the root above its signer, and the signer's key."""
    bureau = Bureau("chuanyu", at=NOW)
    data = bureau.pdf(bureau.licence("91510104MA0T00001H"))
    signer = inspect_document(data, Limits()).signatures[0].signer
    assert signer is not None
    return data, bureau.offices.pki.root("sm2")[1].der, signer.spki_sha256


@pytest.fixture
def made(licence: tuple[bytes, bytes, str]) -> Simulator:
    sim = Simulator()
    sim.role("sichuan", "510000")
    sim.put("sichuan/issuers/main.json", issuers_json("510100", licence[2], code=CHENGDU))
    sim.put("sichuan/anchors/root.cer", licence[1])
    return sim


def written(sim: Simulator, folder: Path) -> Path:
    for name, data in sim.publish().items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return folder


def imported(sim: Simulator, folder: Path) -> Path:
    bundle = written(sim, folder / "bundle")
    start = Start(anchor=sim.anchor, engine=__version__)
    LocalStore(folder / "store").import_(folder_reader(bundle), start, at=NOW)
    return folder / "store"


def refusal(**given: object) -> str:
    with pytest.raises(TrustError) as caught:
        open_trust(**given)  # type: ignore[arg-type]
    return caught.value.code


def test_what_a_folder_is_shows_in_it(made: Simulator, tmp_path: Path) -> None:
    store = imported(made, tmp_path)
    from_store = open_trust(store)
    published = open_trust(tmp_path / "bundle", root=made.anchor)
    assert from_store.sha256 == published.sha256
    plain = tmp_path / "plain"
    plain.mkdir()
    assert isinstance(open_trust(plain), TrustStore)


def test_l15_nothing_is_trusted_because_it_was_found(made: Simulator, tmp_path: Path) -> None:
    store = imported(made, tmp_path)
    assert refusal(path=tmp_path / "bundle") == "bundle.no_anchor"
    assert refusal(path=tmp_path / "bundle", root="ab" * 32) == "bundle.anchor"
    assert refusal(path=tmp_path / "bundle", root="ab") == "publish.fingerprint"
    assert refusal(path=store, root=made.anchor) == "trust.root_of_store"
    (store / "state.json").unlink()
    assert refusal(path=store) == "trust.invalid_file"
    plain = tmp_path / "plain"
    plain.mkdir()
    assert refusal(path=plain, root=made.anchor) == "trust.no_bundle"
    assert refusal(path=tmp_path / "none") == "trust.no_folder"


def test_a_configured_floor_holds_for_a_published_bundle(made: Simulator, tmp_path: Path) -> None:
    bundle = written(made, tmp_path / "bundle")
    floor = tmp_path / "floor.json"
    floor.write_bytes(Floors(roles={"timestamp": Floor("2")}).to_bytes())
    assert refusal(path=bundle, root=made.anchor, floor=floor) == "bundle.rollback"
    assert refusal(path=bundle, root=made.anchor, floor=tmp_path / "no") == "trust.invalid_file"
    floor.write_bytes(Floors(roles={"timestamp": Floor("1")}).to_bytes())
    assert open_trust(bundle, root=made.anchor, floor=floor).sha256


@pytest.mark.parametrize("form", ["store", "published"])
def test_many_processes_judge_by_the_same_bundle(
    licence: tuple[bytes, bytes, str], made: Simulator, tmp_path: Path, form: str
) -> None:
    store = imported(made, tmp_path)
    trust = (
        open_trust(store) if form == "store" else open_trust(tmp_path / "bundle", root=made.anchor)
    )
    paths = []
    for number in range(3):
        path = tmp_path / f"{number}.pdf"
        path.write_bytes(licence[0])
        paths.append(path)
    alone = [r.to_json() for r in verify_many(paths, trust=trust, at=AT, jobs=1)]
    together = [r.to_json() for r in verify_many(paths, trust=trust, at=AT, jobs=2)]
    assert alone == together
    assert '"issuer.listed"' in alone[0]
    again = verify(licence[0], trust=pickle.loads(pickle.dumps(trust)), at=AT)
    assert again.root == verify(licence[0], trust=trust, at=AT).root


def test_a_bundle_that_breaks_while_it_is_used_ends_in_a_report(
    licence: tuple[bytes, bytes, str], made: Simulator, tmp_path: Path
) -> None:
    bundle = written(made, tmp_path / "bundle")
    trust = open_trust(bundle, root=made.anchor)
    for place in (bundle / "files").iterdir():
        place.write_bytes(b"{}")
    report = verify(licence[0], trust=trust, at=AT)
    assert report.exit_code == 5
    assert report.error is not None
    assert report.error.code == "bundle.truncated"
    assert not report


def test_l19_a_bundle_beyond_its_grace_never_accepts(
    licence: tuple[bytes, bytes, str], made: Simulator, tmp_path: Path
) -> None:
    trust = open_trust(written(made, tmp_path / "bundle"), root=made.anchor)
    fresh = verify(licence[0], trust=trust, at=AT)
    assert "trust.stale" not in {c.code for c in fresh.conditions}
    late = verify(licence[0], trust=trust, at=NOW + timedelta(days=40))
    assert ("trust.stale", "no") in {(c.code, c.met) for c in late.conditions}
    assert next(p.state for p in late.trust).startswith("bundle,expired")
