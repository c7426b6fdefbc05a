"""Verifying the files of one issuer against pyHanko's full validation of the same files.

A corpus is 60 different licences of one issuer. Each turn goes through it once and begins with empty
memories, so that no file is met twice; what the files share (certificates, revocation list, seal
picture, ground of the page) is remembered within the turn, as in any run over many files. The row
"signers always different" empties them before every file.
pyHanko validates the one signature with path building and the same revocation list, required; list and
root are parsed beforehand and for SM2 it is taught the algorithm through its public hook.
"authenticity" asks what pyHanko is asked and the issuer listing besides; "everything" answers the whole
question (data, copies of the data, face, status, issuer list, seal, policy).
The row "arithmetic alone" is no verifier but the bound of all: SHA-256 of the file, the digest of its
signed bytes, one signature check (SM2: Z and SM3 of the attributes included), with the ranges, the
attributes and the key read beforehand. Its ratio is what no verifier on these libraries can exceed.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable, Sequence
from hashlib import sha256

from asn1crypto import crl, x509
from material import AT, Material
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from timing import Row, Turns, compare

from ecert.crypto import digest as digests
from ecert.crypto.cms_parse import parse_cms
from ecert.documents.pdf.pyhanko_sm2 import SM2AlgorithmPolicy, SM2SignatureValidator
from ecert.facade import Asking, verify
from ecert.limits import Limits
from ecert.memo import forget_all
from ecert.verification.policy import Policy

logging.disable(logging.CRITICAL)

_NAMES = {"rsa": "RSA-2048", "sm2": "SM2 (CMS)", "ses": "SM2 (GB/T 38540 seal)"}


def _context(material: Material, kind: str) -> ValidationContext:
    root = x509.Certificate.load(material.parties[kind].issuer.der)
    revoked = crl.CertificateList.load(material.pki.crl(kind))
    taught = (
        {
            "signature_validator": SM2SignatureValidator(),
            "algorithm_usage_policy": SM2AlgorithmPolicy(),
        }
        if kind == "sm2"
        else {}
    )
    return ValidationContext(
        trust_roots=[root],
        crls=[revoked],
        revocation_mode="require",
        moment=AT,
        allow_fetching=False,
        **taught,
    )


def peer(material: Material, kind: str, files: Sequence[bytes]) -> Callable[[], None]:
    """Return pyHanko's turn over the files; its context is made once."""
    context = _context(material, kind)

    def work() -> None:
        for data in files:
            signature = PdfFileReader(io.BytesIO(data)).embedded_signatures[0]
            found = validate_pdf_signature(signature, context)
            assert found.intact
            assert found.valid
            assert found.trusted

    return work


def ours(
    material: Material, files: Sequence[bytes], *, policy: str, memory: str = "kept"
) -> Callable[[], None]:
    """Return our turn over the files.

    Args:
        memory: "kept" within a turn, or "emptied" before each file.
    """
    asking, rules = Asking(test_trust="allowed"), Policy.load(policy)

    def work() -> None:
        forget_all()
        for data in files:
            if memory == "emptied":
                forget_all()
            found = verify(data, trust=material.trust, policy=rules, at=AT, asking=asking)
            if rules.accept == "allowed":
                assert found.decision.value == "accept", found.reasons()
            else:
                assert found.reasons() == ("policy.cannot_accept",), found.reasons()

    return work


def bound(files: Sequence[bytes]) -> Callable[[], None]:
    """Return the turn of nothing but digests and signature checks over the files."""
    limits, prepared = Limits(), []
    for data in files:
        numbers = re.search(rb"/ByteRange \[ (\d+) (\d+) (\d+) (\d+) *\]", data)
        assert numbers is not None
        _, first, second, rest = map(int, numbers.groups())
        content = bytes.fromhex(data[first + 1 : second - 1].decode("ascii"))
        signer = (cms := parse_cms(content, limits, padding="zeros")).signers[0]
        key = next(c.public_key for c in cms.certificates if c.serial == signer.serial)
        assert key is not None
        assert signer.signed_attrs is not None
        ranges = ((0, first), (second, second + rest))
        prepared.append((data, ranges, signer, signer.signed_attrs, key))

    def work() -> None:
        forget_all()
        for data, ranges, signer, attributes, key in prepared:
            sha256(data).digest()
            hasher, view = digests.new(signer.digest), memoryview(data)
            for start, end in ranges:
                hasher.update(view[start:end])
            assert hasher.digest() == signer.message_digest
            assert key.verify(attributes, signer.signature, digest=signer.digest).ok

    return work


def rows(material: Material, turns: Turns) -> list[Row]:
    """Return the comparisons; both sides go through the same files, except for the seal's."""
    found = []
    for kind in ("rsa", "sm2"):
        files = material.corpus(kind)
        theirs = peer(material, kind, files)
        name = f"pyHanko, the same {_NAMES[kind]} files"
        for what, policy, memory in (
            ("authenticity", "authenticity", "kept"),
            ("authenticity, signers always different", "authenticity", "emptied"),
            ("everything", "default", "kept"),
        ):
            work = ours(material, files, policy=policy, memory=memory)
            row = compare(
                f"verify {_NAMES[kind]}, {what}", work, theirs, peer_name=name, turns=turns
            )
            found.append(row.times(len(files)))
        alone = compare(
            f"{_NAMES[kind]}: the arithmetic alone, no verifier",
            bound(files),
            theirs,
            peer_name=name,
            turns=turns,
        )
        found.append(alone.times(len(files)))
    files = material.corpus("sm2", "ses")
    work = ours(material, files, policy="default")
    row = compare(
        f"verify {_NAMES['ses']}, everything",
        work,
        theirs,
        peer_name="pyHanko, the SM2 (CMS) files",
        turns=turns,
    )
    return [*found, row.times(len(files))]
