"""PDFs with document time stamps and security stores, written by pyHanko: what they prove (L11, L17).

The issuer's certificate ended five days before the judged day, its list entry is unsigned: nothing but
a proven time and evidence newer than it can carry such a file.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from asn1crypto import cms, crl
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.signers import PdfTimeStamper
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation import DocumentSecurityStore

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from attacks.generator import store, the_world
from attacks.world import AT, DAY, SIGNED, YEAR, licence
from ecert.crypto import der_build as build
from ecert.crypto.cms_build import Content, build_signed_data
from ecert.crypto.digest import digest
from ecert.crypto.tsp import TST_INFO
from ecert.crypto.x509_build import CRLSpec, make_crl
from ecert.facade import Asking, verify
from ecert.testpki import Party

pytestmark = pytest.mark.filterwarnings("ignore")
HOUR = timedelta(hours=1)


class Stamper(TimeStamper):
    """A time-stamping authority of our test PKI behind pyHanko's interface."""

    def __init__(self, party: Party, at: datetime) -> None:
        super().__init__()
        self.party, self.at = party, at

    async def async_timestamp(self, message_digest, md_algorithm):
        info = build.sequence(
            build.integer(1),
            build.oid("1.3.6.1.4.1.99999.1"),
            build.sequence(
                build.algorithm("2.16.840.1.101.3.4.2.1"), build.octet_string(message_digest)
            ),
            build.integer(7),
            build.generalized_time(self.at),
        )
        assert md_algorithm == "sha256"
        content = Content(digest="sm3", value=digest("sm3", info), inner=TST_INFO, embedded=info)
        made = build_signed_data(content, signer=self.party.signer, signing_time=self.at)
        return cms.ContentInfo.load(made)


@pytest.fixture(autouse=True)
def properties_left_alone(monkeypatch):
    """pyHanko dates the document's properties with each increment, which L6 does not allow here."""
    monkeypatch.setattr(IncrementalPdfFileWriter, "_prep_dom_for_writing", lambda _: None)


def stamped(data: bytes, at: datetime, party: Party | None = None) -> bytes:
    out = io.BytesIO()
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    tsa = Stamper(party or the_world().tsa, at)
    PdfTimeStamper(tsa).timestamp_pdf(writer, "sha256", output=out)
    return out.getvalue()


def with_store(data: bytes, *crls: bytes) -> bytes:
    out = io.BytesIO(data)
    lists = [crl.CertificateList.load(der) for der in crls]
    DocumentSecurityStore.add_dss(out, None, crls=lists)
    assert DocumentSecurityStore.read_dss(PdfFileReader(io.BytesIO(out.getvalue()))).crls
    return out.getvalue()


@cache
def signed() -> bytes:
    """Return a proper licence under a certificate that has ended since."""
    return the_world().forge(licence(), signer=the_world().expired.signer)


def root_crl(at: datetime, *revoked) -> bytes:
    key, root = the_world().pki.root()
    spec = CRLSpec(revoked=revoked, this_update=at, next_update=at + 30 * DAY)
    return make_crl(spec, issuer=root, issuer_key=key)


def ask(data: bytes, at: datetime = AT):
    trust = store()
    return verify(data, trust=trust, at=at, asking=Asking(test_trust="allowed"))


def answer(data: bytes) -> tuple[str, Sequence[str]]:
    report = ask(data)
    return report.decision.value, report.reasons()


def test_l11_without_a_stamp_the_ended_certificate_is_not_accepted():
    decision, reasons = answer(signed())
    assert (decision, "signer.expired_no_poe" in reasons) == ("refer", True)


def test_l11_a_document_stamp_and_newer_evidence_carry_it():
    data = with_store(stamped(signed(), SIGNED + HOUR), root_crl(AT - 10 * DAY))
    report = ask(data)
    assert report.decision.value == "accept", report.reasons()
    first, second = report.signatures
    assert (first.role, second.role) == ("issuer", "timestamp")
    assert (first.time.grade, first.time.proven) == ("proven", SIGNED + HOUR)
    assert (first.trust.value, second.trust.value) == ("passed", "passed")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        # A list made after the certificate ended may have dropped it (RFC 5280 3.3).
        (lambda: stamped(signed(), SIGNED + HOUR), "revocation.unknown"),
        (lambda: with_store(signed(), root_crl(AT - 10 * DAY)), "signer.expired_no_poe"),
        (
            lambda: with_store(stamped(signed(), SIGNED + HOUR), root_crl(SIGNED - 10 * DAY)),
            "revocation.stale",
        ),
        (
            lambda: with_store(stamped(signed(), AT - DAY), root_crl(AT - 10 * DAY)),
            "signer.expired_no_poe",
        ),
        (
            lambda: with_store(
                stamped(signed(), SIGNED + HOUR, the_world().unlisted_tsa), root_crl(AT - 10 * DAY)
            ),
            "signer.expired_no_poe",
        ),
        (
            lambda: with_store(stamped(signed(), AT + DAY), root_crl(AT - 10 * DAY)),
            "signer.expired_no_poe",
        ),
    ],
    ids=["no-evidence", "no-stamp", "older-evidence", "late-stamp", "unlisted", "tomorrow"],
)
def test_l17_less_than_that_does_not(make, reason):
    decision, reasons = answer(make())
    assert (decision, reason in reasons) == ("refer", True), reasons


def test_l17_evidence_inside_the_file_condemns():
    from ecert.crypto.crl import RevokedEntry

    serial = the_world().expired.certificate.serial
    entry = RevokedEntry(serial=serial, revoked_at=SIGNED - DAY, reason="key_compromise")
    data = with_store(stamped(signed(), SIGNED + HOUR), root_crl(AT - 10 * DAY, entry))
    assert answer(data)[0] == "refuse"


@cache
def ended_tsa() -> Party:
    """A listed time stamper whose certificate has ended since."""
    world = the_world()
    return world.pki.party(
        "旧时间戳中心",
        world.tsa.code,
        usage=("digital_signature",),
        purpose=("time_stamping",),
        period=(AT - 3 * YEAR, AT - 12 * DAY),
    )


def with_listing(files):
    """Add the ended time stamper to the issuer list."""
    old = the_world().tsa.certificate.spki_sha256.encode()
    text = files["issuers.yaml"]
    assert text.count(old) == 1
    line = next(one for one in text.splitlines() if old in one)
    indent = line[: line.index(b"-")]
    more = indent + b"- spki_sha256: " + ended_tsa().certificate.spki_sha256.encode()
    return {**files, "issuers.yaml": text.replace(line, more + b"\n" + line)}


@pytest.mark.parametrize(
    ("renewed", "evidence", "expected"),
    [
        (None, AT - 13 * DAY, "refer"),  # an ended certificate: nothing proves its stamp older
        (AT - 11 * DAY, AT - 13 * DAY, "refer"),  # renewed too late
        (AT - 14 * DAY, AT - 15 * DAY, "refer"),  # evidence not newer than the renewal
        (AT - 14 * DAY, AT - 13 * DAY, "accept"),
    ],
)
def test_l11_a_newer_stamp_vouches_for_an_older_one(renewed, evidence, expected):
    """The first stamp's certificate has ended; the second was made while it was in force."""
    data = stamped(signed(), SIGNED + HOUR, ended_tsa())
    if renewed is not None:
        data = stamped(data, renewed)
    data = with_store(data, root_crl(evidence))
    report = verify(data, trust=store(with_listing), at=AT, asking=Asking(test_trust="allowed"))
    assert report.decision.value == expected
    assert report.signatures[0].time.proven == (SIGNED + HOUR if expected == "accept" else renewed)
