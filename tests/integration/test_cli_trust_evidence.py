"""`ecert trust` on evidence: OCSP responses are shown, and old lists may be kept beside new ones."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from test_ocsp_evidence import response

from attacks.generator import the_world, trust_files_of_world
from attacks.world import AT, DAY
from cli_kit import call
from ecert.crypto.x509_build import CRLSpec, make_crl
from ecert.testpki import write_trust


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    key, root = the_world().pki.root("p256")
    old = CRLSpec(this_update=AT - 90 * DAY, next_update=AT - 60 * DAY)
    more = {
        "crls/kept.crl": make_crl(old, issuer=root, issuer_key=key),
        "ocsp/kept.ocsp": response(at=AT - 80 * DAY),
        "ocsp/new.der": response(at=AT - DAY),
    }
    write_trust(tmp_path / "trust", {**dict(trust_files_of_world()), **more})
    return tmp_path / "trust"


def test_responses_are_shown_and_counted(folder, capfd):
    shown = call(capfd, "trust", "show", folder, "--json").json
    assert [one["says"] for one in shown["ocsp"]] == ["good", "good"]
    done = call(capfd, "trust", "check", folder, "--at", AT.isoformat(), "--lang", "en")
    assert "2 OCSP responses" in done.out


def test_evidence_kept_for_old_files_does_not_make_a_folder_out_of_date(folder, capfd):
    asked = ("trust", "check", folder, "--json", "--at")
    assert call(capfd, *asked, AT.isoformat()).code == 0
    late = call(capfd, *asked, (AT + 365 * DAY).isoformat())
    names = {p["params"]["name"] for p in late.json["problems"]}
    assert late.code == 5
    assert any(name.startswith("OCSP ") for name in names)
