"""L19: how far the word of an anchor or of a time stamper reaches, by whose role lists it."""

from __future__ import annotations

import hashlib
import sys
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bundle_kit import NOW, Simulator, issuers_json, reader
from ecert.documents import inspect_document
from ecert.errors import TrustError
from ecert.facade import verify
from ecert.limits import Limits
from ecert.testpki import Party, SyntheticPKI
from ecert.trust.bundle.floors import Floor, Floors
from ecert.trust.bundle.trusting import BundleTrust
from federation_kit import Bureau

PKI = SyntheticPKI(at=NOW)
CODE = "11510100MB0T000012"


def opened(made: Simulator) -> BundleTrust:
    return BundleTrust.open(reader(made.publish()), made.start(), name="test")


def world(*, anchor_by: str) -> tuple[Simulator, Party]:
    """Return a federation in which Chengdu lists a body, and one role lists the anchor above it."""
    made = Simulator()
    made.role("sichuan", "510000")
    made.role("chongqing", "500000")
    made.role("nation", "100000")
    body = PKI.party("测试机关", CODE)
    made.put(
        "sichuan/issuers/main.json",
        issuers_json("510100", body.certificate.spki_sha256, code=CODE),
    )
    made.put(f"{anchor_by}/anchors/root.cer", body.issuer.der)
    return made, body


@pytest.mark.parametrize(
    ("anchor_by", "counts"), [("sichuan", 1), ("nation", 1), ("targets", 1), ("chongqing", 0)]
)
def test_l19_an_anchor_counts_for_the_bodies_of_its_own_region_alone(anchor_by, counts) -> None:
    store = opened(world(anchor_by=anchor_by)[0]).whole()
    assert len(store.anchors) == 1
    assert len(store.anchors_for(["510100"])) == counts
    assert len(store.anchors_for([])) == (anchor_by in ("nation", "targets"))
    assert len(store.anchors_for(["510100", "500000"])) == (anchor_by in ("nation", "targets"))


def test_l19_an_anchor_that_two_regions_list_reaches_both_and_no_further() -> None:
    made, body = world(anchor_by="sichuan")
    made.put("chongqing/anchors/same.cer", body.issuer.der)
    store = opened(made).whole()
    assert len(store.anchors) == 1
    assert len(store.anchors_for(["510100"])) == len(store.anchors_for(["500000"])) == 1
    assert not store.anchors_for(["440000"])


def test_l19_a_region_cannot_make_a_time_stamper_for_everybody() -> None:
    made = world(anchor_by="sichuan")[0]
    stamper = issuers_json("510100", "ab" * 32, code=CODE).replace(b"certificate-issuer", b"TSA")
    made.put("sichuan/issuers/stampers.json", stamper)
    with pytest.raises(TrustError) as caught:
        opened(made).whole()
    assert caught.value.code == "bundle.not_for_all"
    made.specs["sichuan"].files.pop("sichuan/issuers/stampers.json")
    made.specs["sichuan"].changed = True
    made.put("nation/issuers/stampers.json", stamper)
    assert len(opened(made).whole().issuer_lists) == 2


@pytest.mark.parametrize(("anchor_by", "chain"), [("sichuan", True), ("chongqing", False)])
def test_l19_a_neighbour_s_anchor_completes_no_chain(anchor_by, chain) -> None:
    bureau = Bureau("chuanyu", at=NOW)
    licence = bureau.licence("91510104MA0T00001H")
    data = bureau.pdf(licence)
    signer = inspect_document(data, Limits()).signatures[0].signer
    assert signer is not None
    made = Simulator()
    made.role("sichuan", "510000")
    made.role("chongqing", "500000")
    listed = issuers_json("510100", signer.spki_sha256, code=CODE)
    made.put("sichuan/issuers/main.json", listed)
    made.put(f"{anchor_by}/anchors/root.cer", bureau.offices.pki.root("sm2")[1].der)
    report = verify(data, trust=opened(made), at=NOW + timedelta(minutes=1))
    found = {c.id: c for c in report.root.walk()}["signer[0].chain"]
    assert [r.code for r in found.reasons] == ([] if chain else ["signer.chain_unknown"])


def test_d12_an_older_file_in_a_newer_role_is_refused_on_load_too() -> None:
    made, body = world(anchor_by="sichuan")
    newer = issuers_json("510100", body.certificate.spki_sha256, version="2", code=CODE)
    made.put("sichuan/issuers/main.json", newer)
    known = opened(made)
    path = "sichuan/issuers/main.json"
    digest = hashlib.sha256(newer).hexdigest()
    floors = Floors(roles=known.opened.floors.roles, files={path: Floor("2", digest)})
    assert BundleTrust.open(reader(made.publish()), made.start(floors=floors), name="t").whole()
    older = issuers_json("510100", body.certificate.spki_sha256, version="1", code=CODE)
    made.put(path, older)
    with pytest.raises(TrustError) as caught:
        BundleTrust.open(reader(made.publish()), made.start(floors=floors), name="t").whole()
    assert caught.value.code == "bundle.rollback"
