"""Issuing against typst and stock pyHanko, verifying against stock pyHanko, on the same licence.

Issuing: the peer compiles the same face with typst, through the same warm compiler, and signs it
with pyHanko's `SimpleSigner` as a certified PAdES signature with the seal's picture left out; ours
also embeds data and XMP, draws the seal and reads the finished file back with the verifier.
Verifying: the peer validates the one signature with path building and the same revocation list,
required; ours answers the whole question (data, face, status, issuer list, seal, policy).
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable

from asn1crypto import crl, keys, x509
from material import AT, OPTIONS, SIGNED_AT, Material
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore
from timing import Row, Turns, compare

from ecert.facade import Asking, verify
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


def _stock_verify(material: Material, data: bytes) -> Callable[[], None]:
    root = x509.Certificate.load(material.parties["rsa"].issuer.der)
    revoked = crl.CertificateList.load(material.pki.crl("rsa"))

    def work() -> None:
        context = ValidationContext(
            trust_roots=[root],
            crls=[revoked],
            revocation_mode="require",
            moment=AT,
            allow_fetching=False,
        )
        found = validate_pdf_signature(
            PdfFileReader(io.BytesIO(data)).embedded_signatures[0], context
        )
        assert found.intact
        assert found.valid
        assert found.trusted

    return work


def _our_verify(material: Material, data: bytes) -> Callable[[], None]:
    asking = Asking(test_trust="allowed")

    def work() -> None:
        assert verify(data, trust=material.trust, at=AT, asking=asking).decision.value == "accept"

    return work


def rows(material: Material, turns: Turns) -> list[Row]:
    """Return the comparisons for RSA-2048, and ours for SM2 against the same peers."""
    rsa, sm2, ses = material.issued("rsa"), material.issued("sm2"), material.issued("sm2", "ses")
    issue_peer, verify_peer = _stock_issue(material), _stock_verify(material, rsa)
    name = "typst + stock pyHanko, RSA-2048"
    checker = "pyHanko, the RSA-2048 file"
    return [
        compare(
            "issue, RSA-2048",
            lambda: material.issued("rsa"),
            issue_peer,
            peer_name=name,
            turns=turns,
        ),
        compare(
            "issue, SM2 (CMS)",
            lambda: material.issued("sm2"),
            issue_peer,
            peer_name=name,
            turns=turns,
        ),
        compare(
            "issue, SM2 (GB/T 38540 seal)",
            lambda: material.issued("sm2", "ses"),
            issue_peer,
            peer_name=name,
            turns=turns,
        ),
        compare(
            "verify, RSA-2048",
            _our_verify(material, rsa),
            verify_peer,
            peer_name=checker,
            turns=turns,
        ),
        compare(
            "verify, SM2 (CMS)",
            _our_verify(material, sm2),
            verify_peer,
            peer_name=checker,
            turns=turns,
        ),
        compare(
            "verify, SM2 (GB/T 38540 seal)",
            _our_verify(material, ses),
            verify_peer,
            peer_name=checker,
            turns=turns,
        ),
    ]
