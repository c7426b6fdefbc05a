"""The document security store: what is read, what is left out, what document stamps cover; bounds."""

from __future__ import annotations

import io
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import crypto_kit
from ecert.crypto.evidence import Evidence
from ecert.documents.facts import SignatureFacts
from ecert.documents.pdf import dss
from ecert.documents.pdf.coverage import Covered
from ecert.errors import MalformedInput
from ecert.limits import Limits
from ecert.report.outcome import OK, failed
from ecert.trust.store import TrustStore
from ecert.verification.relating import Relating

CERTIFICATE = crypto_kit.root().cert.der


def document(store=None, **more) -> bytes:
    """Return a one-page PDF whose catalogue has a store made by ``store(pdf)``."""
    pdf = pikepdf.new()
    pdf.add_blank_page()
    if store is not None:
        pdf.Root.DSS = store(pdf)
    out = io.BytesIO()
    pdf.save(out, **more)
    return out.getvalue()


def streams(pdf, *values: bytes):
    return pikepdf.Array([pdf.make_indirect(pikepdf.Stream(pdf, one)) for one in values])


def evidence(store, limits: Limits | None = None, **more) -> tuple[Evidence, ...]:
    from ecert.documents.pdf.facts import inspect_pdf

    return inspect_pdf(document(store, **more), limits or Limits()).evidence


def test_all_three_kinds_and_those_of_one_signature_are_found_once():
    def store(pdf):
        certificates = streams(pdf, b"certificate")
        own = pikepdf.Dictionary(Cert=certificates, OCSP=streams(pdf, b"another"))
        return pikepdf.Dictionary(
            Certs=certificates,
            CRLs=pdf.make_indirect(streams(pdf, b"list")),
            OCSPs=streams(pdf, b"response"),
            VRI=pikepdf.Dictionary({"/" + "AB" * 20: own}),
        )

    found = [(e.kind, e.der, e.source) for e in evidence(store)]
    assert found == [
        ("certificate", b"certificate", "DSS/Certs"),
        ("crl", b"list", "DSS/CRLs"),
        ("ocsp", b"response", "DSS/OCSPs"),
        ("ocsp", b"another", "DSS/VRI/OCSP"),
    ]
    assert all(e.covered_by == () for e in evidence(store))


def test_a_file_without_a_store_is_not_searched_for_one(monkeypatch):
    looked = []
    monkeypatch.setattr(dss, "_streams", lambda store: looked.append(store) or iter(()))
    assert evidence(None) == ()
    assert looked == []
    assert evidence(lambda _pdf: pikepdf.Dictionary()) == ()
    assert len(looked) == 1


@pytest.mark.parametrize(
    "store",
    [
        lambda _pdf: pikepdf.Array([]),
        lambda _pdf: pikepdf.Dictionary(Certs=pikepdf.Dictionary(), CRLs=1, OCSPs=pikepdf.Name.X),
        lambda _pdf: pikepdf.Dictionary(Certs=pikepdf.Array([1, pikepdf.Array([]), b"text"])),
        lambda _pdf: pikepdf.Dictionary(VRI=pikepdf.Dictionary(A=1, B=pikepdf.Array([]))),
        lambda pdf: pikepdf.Dictionary(Certs=streams(pdf, b"")),
    ],
)
def test_what_is_no_store_is_left_out(store):
    assert evidence(store) == ()


def test_a_store_is_bounded_in_number_and_in_bytes():
    assert len(evidence(lambda pdf: pikepdf.Dictionary(CRLs=streams(pdf, *[b"x"] * 300)))) == 256
    many = Limits(signature_bytes=1000)
    big = lambda pdf: pikepdf.Dictionary(CRLs=streams(pdf, b"x" * 600, b"y" * 600, b"z" * 300))  # noqa: E731
    assert [e.der[:1] for e in evidence(big, many)] == [b"x", b"z"]


def test_a_bomb_in_a_store_is_left_out():
    def store(pdf):
        bomb = pikepdf.Stream(pdf, zlib.compress(bytes(8 * 1024 * 1024), 9))
        bomb.Filter = pikepdf.Name.FlateDecode
        return pikepdf.Dictionary(CRLs=pikepdf.Array([pdf.make_indirect(bomb)]))

    try:
        found = evidence(store, Limits(signature_bytes=100_000))
    except MalformedInput as error:
        pytest.fail(error.code)
    assert found == ()


def related(*found: Evidence, limits: Limits | None = None) -> Relating:
    relating = Relating(TrustStore.empty(), limits or Limits())
    relating.with_evidence(found)
    return relating


def test_l17_unreadable_and_too_many_pieces_are_left_out():
    junk = [Evidence(kind=kind, der=b"junk", source="x") for kind in ("certificate", "crl", "ocsp")]
    relating = related(*junk)
    assert (relating.file_certificates, relating.file_crls, relating.file_responses) == ((), (), ())
    good = Evidence(kind="certificate", der=CERTIFICATE, source="x")
    assert len(related(good, good).file_certificates) == 1
    assert related(*junk, good, limits=Limits(certificates=1)).file_certificates == ()
    assert len(related(*junk, good, limits=Limits(certificates=2)).file_certificates) == 1
    assert related(good, limits=Limits(signature_bytes=10)).file_certificates == ()


def facts(kind: str, **more) -> SignatureFacts:
    return SignatureFacts(index=0, where="x", kind=kind, **more)


def test_a_document_stamp_covers_what_ends_before_its_own_gap():
    inside = Covered(ranges=((0, 10), (20, 30)), gap=(10, 20))
    around = Covered(ranges=((0, 40), (60, 90)), gap=(40, 60))
    overlapping = Covered(ranges=((0, 35), (38, 50)), gap=(35, 38))
    gapless = Covered(ranges=((0, 5),))
    covered = [inside, overlapping, gapless, around]
    found = [facts("cms"), facts("cms"), facts("cms"), facts("timestamp", structure=OK)]
    assert [f.stamps for f in dss.with_stamps(found, covered)] == [(), (), (), (0,)]
    broken = replace(found[3], structure=failed("pdf.byte_range"))
    assert dss.with_stamps([*found[:3], broken], covered)[3].stamps == ()
