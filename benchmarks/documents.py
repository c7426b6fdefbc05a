"""Issuing against typst and stock pyHanko, on the same licence.

Issuing: the peer compiles the same face with typst, through the same warm compiler, and signs it
with pyHanko's `SimpleSigner` as a certified PAdES signature with the seal's picture left out; ours
also embeds data and XMP, draws the seal and reads the finished file back with the verifier.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable

from asn1crypto import keys, x509
from material import OPTIONS, SIGNED_AT, Material
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore
from timing import Row, Turns, compare

from ecert.issuance import locate_fonts
from ecert.issuance.face import face_of
from ecert.issuance.render import render_face
from ecert.model import Profile

logging.disable(logging.CRITICAL)


def _stock_issue(material: Material) -> Callable[[], bytes]:
    """Return the peer: typst, then pyHanko with its own RSA signer."""
    party = material.parties["rsa"]
    signer = signers.SimpleSigner(
        signing_cert=x509.Certificate.load(party.certificate.der),
        signing_key=keys.PrivateKeyInfo.load(party.key.to_pkcs8_der()),
        cert_registry=SimpleCertificateStore(),
    )
    profile = Profile.load("business_license")
    fonts = locate_fonts()
    certificate, template = material.certificate, profile.face.template
    meta = signers.PdfSignatureMetadata(
        field_name="Signature",
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )

    def work() -> bytes:
        face = face_of(certificate, profile, template=template, notice=OPTIONS.notice)
        body = render_face(face, template=template, fonts=fonts, at=SIGNED_AT)
        out = io.BytesIO()
        signers.sign_pdf(
            IncrementalPdfFileWriter(io.BytesIO(body)), meta, signer=signer, output=out
        )
        return out.getvalue()

    return work


def rows(material: Material, turns: Turns) -> list[Row]:
    """Return the comparisons for RSA-2048, and ours for SM2 against the same peer."""
    peer = _stock_issue(material)
    name = "typst + stock pyHanko, RSA-2048"
    return [
        compare(
            what,
            lambda k=kind, how=layout: material.issued(k, how),
            peer,
            peer_name=name,
            turns=turns,
        )
        for what, kind, layout in (
            ("issue, RSA-2048", "rsa", "cms"),
            ("issue, SM2 (CMS)", "sm2", "cms"),
            ("issue, SM2 (GB/T 38540 seal)", "sm2", "ses"),
        )
    ]
