"""Validation data inside a CMS: each place it can stand in, and what is left alone."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import crypto_kit as kit
from ecert.crypto import der
from ecert.crypto import der_build as build
from ecert.crypto.cms_build import Content, build_signed_data
from ecert.crypto.digest import digest
from ecert.crypto.evidence import evidence_in
from ecert.crypto.x509_build import CRLSpec, make_crl

ARCHIVAL = "1.2.840.113583.1.1.8"
CERTIFICATES = "1.2.840.113549.1.9.16.2.23"
REVOCATIONS = "1.2.840.113549.1.9.16.2.24"
OCSP = build.sequence(b"\x0a\x01\x00")
"""Evidence is found here and read elsewhere: any value will do."""


@cache
def crl() -> bytes:
    spec = CRLSpec(this_update=kit.NOW, next_update=None)
    return make_crl(spec, issuer=kit.root().cert, issuer_key=kit.root().key)


def plain() -> bytes:
    content = Content(digest="sm3", value=digest("sm3", b"x"))
    return build_signed_data(content, signer=kit.signer(), signing_time=kit.NOW)


def rebuilt(change) -> bytes:
    """Return the plain CMS after ``change`` of the members of its SignedData and its SignerInfo."""
    outer = der.parse(plain()).children()
    members = [m.raw for m in outer[1].only().children()]
    signer = [m.raw for m in der.parse(members[-1]).only().children()]
    change(members, signer)
    members[-1] = build.tlv(der.SET, build.sequence(*signer))
    return build.sequence(outer[0].raw, build.explicit(0, build.sequence(*members)))


def with_attribute(oid: str, value: bytes, *, place: str = "unsigned_attrs") -> bytes:
    attribute = build.sequence(build.oid(oid), build.tlv(der.SET, value))

    def change(_members, signer):
        if place == "unsigned_attrs":
            signer.append(build.tlv(0xA1, attribute))
            return
        at = next(n for n, raw in enumerate(signer) if raw[0] == 0xA0)
        signer[at] = build.tlv(0xA0, der.parse(signer[at]).body + attribute)

    return rebuilt(change)


def values(crls: list[bytes], ocsps: list[bytes]) -> bytes:
    return build.sequence(
        build.explicit(0, build.sequence(*crls)), build.explicit(1, build.sequence(*ocsps))
    )


def found(data: bytes) -> list[tuple[str, bytes, str]]:
    return [(e.kind, e.der, e.source) for e in evidence_in(data)]


def test_the_common_signature_has_none():
    assert evidence_in(plain()) == ()


@pytest.mark.parametrize("place", ["signed_attrs", "unsigned_attrs"])
@pytest.mark.parametrize(
    ("oid", "source"),
    [(ARCHIVAL, "adbe-revocationInfoArchival"), (REVOCATIONS, "revocation-values")],
)
def test_lists_and_responses_in_attributes(oid, source, place):
    data = with_attribute(oid, values([crl()], [OCSP, OCSP]), place=place)
    assert found(data) == [("crl", crl(), source), *[("ocsp", OCSP, source)] * 2]


def test_certificates_in_an_attribute():
    der = kit.root().cert.der
    data = with_attribute(CERTIFICATES, build.sequence(der))
    assert found(data) == [("certificate", der, "certificate-values")]


def test_a_response_among_the_lists_of_the_signed_data():
    other = build.tlv(0xA1, build.tlv(0xA1, build.oid("1.3.6.1.5.5.7.16.2") + OCSP))
    data = rebuilt(lambda members, _signer: members.insert(-1, other))
    assert found(data) == [("ocsp", OCSP, "cms.crls")]


@pytest.mark.parametrize(
    "value",
    [
        build.integer(1),
        build.sequence(build.integer(1)),
        build.sequence(build.explicit(0, b"\5\0")),
    ],
)
def test_what_is_none_is_left_out(value):
    assert found(with_attribute(ARCHIVAL, value)) == []


def test_no_prefix_of_it_raises():
    data = with_attribute(ARCHIVAL, values([crl()], [OCSP]))
    for cut in range(0, len(data), 5):
        assert evidence_in(data[:cut]) == ()
