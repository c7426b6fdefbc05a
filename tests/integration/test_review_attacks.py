"""Attacks that a reviewer thought of once everything else was there: each was an accept before its fix."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

import ecert.facade

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from attacks import ofd_attacks as ofd
from attacks import values
from attacks.generator import good_files, store, the_world
from attacks.world import AT, DAY, MAKER_CODE, SEALS, SIGNED, YEAR, licence, ofd_lines
from ecert.crypto.crl import RevokedEntry
from ecert.crypto.keys import PrivateKey
from ecert.crypto.x509 import CertificateFacts
from ecert.crypto.x509_build import CertificateSpec, CRLSpec, make_certificate, make_crl
from ecert.documents.ofd.write import make_sealed_ofd
from ecert.facade import Asking, verify
from ecert.model import Profile
from ecert.model.metadata import to_short_names
from ecert.seals import Seal
from ecert.seals.facts import Picture
from ecert.seals.making import SealOrder, make_seal
from ecert.testpki import Party, trust_files
from ecert.trust.store import TrustStore


def ask(data, trust=None):
    return verify(data, trust=trust or store(), at=AT, asking=Asking(test_trust="allowed"))


def told(report):
    return report.decision.value, set(report.reasons())


# -- a seal file that nothing covers ---------------------------------------------------------------


def signed_beside_a_seal(*, covered: bool, seal: str) -> bytes:
    """The issuer's CMS signature over an OFD whose stamp is drawn out of Seal.esl."""
    world, name = the_world(), ofd.SIGN + "Seal.esl"
    files = ofd.unpack(good_files()["ofd"])
    listing = "Doc_0/Signs/Signatures.xml"
    files[listing] = files[listing].replace(b'Type="Seal"', b'Type="Sign"')
    if not covered:
        files = ofd.unreferenced(files, name)
    files = ofd.rereferenced(files)
    made = values.Cms().over(world.bureau.signer, files[ofd.SIGN + "Signature.xml"])
    files[ofd.SIGN + "SignedValue.dat"] = made
    files[name] = world.seal(seal).raw
    return ofd.pack(files)


def test_l6_what_a_stamp_draws_stands_under_the_signature():
    assert told(ask(signed_beside_a_seal(covered=True, seal="good"))) == ("accept", set())
    for seal in ("good", "self_made"):
        report = ask(signed_beside_a_seal(covered=False, seal=seal))
        assert told(report) == ("refer", {"ofd.open_seal"})
    swapped = ask(signed_beside_a_seal(covered=True, seal="self_made"))
    assert "signature.reference_digest" in swapped.reasons()


# -- a revoked maker whose authority the presenter leaves out --------------------------------------


class Below:
    """An issuing CA under the trusted root, a listed seal maker under it, and a licence so sealed."""

    def __init__(self, reason: str | None) -> None:
        world = the_world()
        root_key, root = world.pki.root()
        self.key, maker_key = PrivateKey.generate("sm2"), PrivateKey.generate("sm2")
        self.ca = self._certified(501, self.key, (root_key, root), ("key_cert_sign", "crl_sign"))
        made = self._certified(502, maker_key, (self.key, self.ca), ("digital_signature",))
        self.maker = Party(
            name="示例制章中心", code=MAKER_CODE, key=maker_key, certificate=made, issuer=self.ca
        )
        self.licence = licence()
        entries = (RevokedEntry(serial=502, revoked_at=AT - 2 * YEAR, reason=reason),)
        spec = CRLSpec(
            this_update=AT - DAY,
            next_update=AT + 30 * DAY,
            revoked=entries if reason is not None else (),
        )
        self.crl = make_crl(spec, issuer=self.ca, issuer_key=self.key)

    @staticmethod
    def _certified(serial, key, issuer, usage):
        spec = CertificateSpec(
            subject=(("C", "CN"), ("O", "TEST ONLY"), ("CN", f"TEST ONLY {serial}")),
            serial=serial,
            not_before=AT - 3 * YEAR,
            not_after=AT + 4 * YEAR,
            is_ca="key_cert_sign" in usage,
            key_usage=usage,
        )
        der = make_certificate(spec, public_key=key.public, issuer_key=issuer[0], issuer=issuer[1])
        return CertificateFacts.parse(der)

    def file(self) -> bytes:
        world = the_world()
        order = SealOrder(
            es_id=SEALS["good"],
            name=world.bureau.name,
            vendor_id="TEST",
            certificates=(world.bureau.certificate.der,),
            created=AT - YEAR,
            valid_from=AT - YEAR,
            valid_to=AT + 3 * YEAR,
            picture=Picture(type="PNG", data=world.picture, width_mm=42, height_mm=42),
        )
        return make_sealed_ofd(
            self.licence.canonical(),
            ofd_lines(self.licence),
            seal=Seal.parse(make_seal(order, maker=self.maker.signer)),
            signer=world.bureau.signer,
            at=SIGNED,
            custom_datas=to_short_names(self.licence, Profile.load("business_license")),
        )

    def trust(self, **more: bytes) -> TrustStore:
        world = the_world()
        plan = world.plan({self.licence.ecid_text: ("valid", None)})
        plan = replace(plan, makers=[*plan.makers, (self.maker, "110000")])
        return TrustStore.from_files(
            trust_files(world.pki, plan) | {"crls/ca.crl": self.crl} | more
        )


@pytest.mark.parametrize("known", [False, True], ids=["left out", "known"])
@pytest.mark.parametrize(
    ("reason", "decision", "codes"),
    [
        (None, "accept", set()),
        ("key_compromise", "refuse", {"seal.maker_compromised"}),
        ("superseded", "refuse", {"seal.maker_revoked"}),
    ],
)
def test_l17_a_given_list_condemns_a_seal_maker_whose_authority_is_left_out(
    known, reason, decision, codes
):
    """Without the authority's certificate no signature of its list can be checked; it was given."""
    below = Below(reason)
    more = {"anchors/ca.cer": below.ca.der} if known else {}
    assert told(ask(below.file(), below.trust(**more))) == (decision, codes)


def test_l17_a_given_list_condemns_where_the_delegate_that_signed_it_is_left_out():
    """The authority has a key of its own for lists; its certificate travels in files alone."""
    below = Below(None)
    key = PrivateKey.generate("sm2")
    spec = CertificateSpec(
        subject=(("C", "CN"), ("O", "TEST ONLY"), ("CN", "TEST ONLY 501")),
        serial=503,
        not_before=AT - YEAR,
        not_after=AT + YEAR,
        key_usage=("crl_sign",),
    )
    der = make_certificate(spec, public_key=key.public, issuer_key=below.key, issuer=below.ca)
    known = {"anchors/ca.cer": below.ca.der}
    for revoked, expected in (
        ((), ("accept", set())),
        ((RevokedEntry(serial=9, revoked_at=AT - YEAR),), ("accept", set())),
        (
            (RevokedEntry(serial=502, revoked_at=AT - 2 * YEAR, reason="key_compromise"),),
            ("refuse", {"seal.maker_compromised"}),
        ),
    ):
        lists = CRLSpec(this_update=AT - DAY, next_update=AT + 30 * DAY, revoked=revoked)
        below.crl = make_crl(lists, issuer=CertificateFacts.parse(der), issuer_key=key)
        assert told(ask(below.file(), below.trust(**known))) == expected


# -- a clock that stands before what the file brings -----------------------------------------------


class Clock(datetime):
    """A clock that shows the instant of these tests."""

    @classmethod
    def now(cls, tz=None):
        return AT.astimezone(tz)


@pytest.mark.parametrize(("days", "decision"), [(-1, "accept"), (10, "refer")])
def test_l13_evidence_of_the_file_is_seen_by_the_clock(monkeypatch, days, decision):
    """An authority signed it after "now": so the clock is behind, and what is fresh to it is old."""
    world = the_world()
    key, root = world.pki.root()
    when = AT + days * DAY
    crl = make_crl(
        CRLSpec(this_update=when, next_update=when + 9 * DAY), issuer=root, issuer_key=key
    )
    make = values.Cms(crls=(crl,)).by(world.bureau.signer)
    data = values.ofd_with(world, licence(), make, kind="sm2")
    monkeypatch.setattr(ecert.facade, "datetime", Clock)
    report = verify(data, trust=replace(store(lambda files: files), test_only=False))
    assert report.decision.value == decision
    assert ("trust.clock_suspect" in report.reasons()) is (decision == "refer")
