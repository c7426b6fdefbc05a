"""Verifying a sealed OFD against the SM2 operations alone that it needs.

The peer is no other program: it repeats, on the same messages and keys, every SM2 verification (Z and
SM3 included) that one verification of the file makes when nothing is remembered: signature, seal,
both certificates, revocation list. So 1 / ratio is the cost of the whole answer as a multiple of
that arithmetic. Once everything is forgotten before each file; once file after file of one
authority, as at a counter, where only what the files share is remembered.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from unittest.mock import patch

from material import AT, SIGNED_AT, Material
from timing import Row, Turns, compare

from ecert.crypto.publickey import PublicKey
from ecert.documents.ofd.write import make_sealed_ofd
from ecert.facade import Asking, verify
from ecert.memo import forget_all
from ecert.model import Certificate, Profile
from ecert.model.metadata import to_short_names

__all__ = ["FILES", "cost", "operations", "rows", "sealed"]

FILES = 64
"""Different files in a row; after so many everything is forgotten."""
_PEER = "the SM2 operations alone"
_PROFILE = "business_license"
_NAME = "示例科技（京澄）有限公司"


def sealed(material: Material, number: int = 0) -> bytes:
    """Return the licence as a sealed OFD; ``number`` changes its name, hence every digest."""
    text = material.certificate.to_json()
    certificate = Certificate.from_json(text.replace(_NAME, f"{_NAME[:-4]}{number}{_NAME[-4:]}"))
    profile = Profile.load(_PROFILE)
    return make_sealed_ofd(
        certificate.canonical(),
        [f"{row.label} {row.text}" for row in profile.face_rows(certificate)],
        seal=material.seal,
        signer=material.parties["sm2"].signer,
        at=SIGNED_AT,
        custom_datas=to_short_names(certificate, profile),
    )


def operations(material: Material, data: bytes) -> list[Callable[[], object]]:
    """Return the SM2 verifications of one file, each to be repeated as it was made."""
    made: list[Callable[[], object]] = []
    plain = PublicKey._verify  # noqa: SLF001 - below what it remembers

    def recorded(self: PublicKey, *args: object, **more: object) -> object:
        if self.kind == "sm2":
            made.append(lambda: plain(self, *args, **more))  # type: ignore[arg-type]
        return plain(self, *args, **more)  # type: ignore[arg-type]

    forget_all()
    with patch.object(PublicKey, "_verify", recorded):
        _answer(material, data)
    return made


def _answer(material: Material, data: bytes) -> None:
    report = verify(data, trust=material.trust, at=AT, asking=Asking(test_trust="allowed"))
    assert report.decision.value == "accept", report.reasons()


def rows(material: Material, turns: Turns) -> list[Row]:
    """Return both comparisons."""
    files = [sealed(material, number) for number in range(FILES)]
    work = operations(material, files[0])
    turn = count()

    def alone() -> None:
        for operation in work:
            operation()

    def forgetful() -> None:
        forget_all()
        _answer(material, files[0])

    def one_after_another() -> None:
        number = next(turn) % FILES
        if not number:
            forget_all()
        _answer(material, files[number])

    return [
        compare(name, ours, alone, peer_name=f"{_PEER} ({len(work)})", turns=turns)
        for name, ours in (
            ("verify, OFD with a seal, nothing remembered", forgetful),
            ("verify, OFD with a seal, file after file", one_after_another),
        )
    ]


def cost(row: Row) -> float:
    """Return what the whole answer costs, as a multiple of the SM2 operations."""
    return 1 / row.ratio
