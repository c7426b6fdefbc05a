"""Signers: opened from files, put together in memory, refused with a code and a hint."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import keys_kit as kit
from ecert.crypto.keyforms import write_pem
from ecert.crypto.keys import KINDS, PrivateKey
from ecert.crypto.pkcs12 import dump_pkcs12
from ecert.crypto.signer import Signer
from ecert.errors import SigningError

KEYS = {kind: PrivateKey.generate(kind) for kind in KINDS}
CERTIFICATES = {kind: kit.certificate(key) for kind, key in KEYS.items()}


class Secrets:
    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    def __call__(self, where):
        self.asked.append(where)
        return self.answer


def refused(uri, answer=None):
    with pytest.raises(SigningError) as caught:
        Signer.open(uri, secrets=Secrets(answer))
    return caught.value


@pytest.mark.parametrize("kind", KINDS)
def test_open_pkcs12(kind, tmp_path):
    path = tmp_path / "发证 机关.p12"
    data = dump_pkcs12(
        KEYS[kind],
        CERTIFICATES[kind],
        password=b"pw",
        chain=[kit.certificate(KEYS["p384"], name="root")],
        iterations=1000,
    )
    path.write_bytes(data)
    secrets = Secrets(b"pw")
    signer = Signer.open(f"file:{path}", secrets=secrets)
    assert secrets.asked == [f"file:{path}"]
    assert signer.kind == kind
    assert signer.certificate.der == CERTIFICATES[kind].der
    assert len(signer.chain) == 1
    digest = signer.digest
    assert signer.certificate.public_key.verify(
        b"m", signer.sign(b"m", digest=digest), digest=digest
    )
    assert refused(f"file:{path}", b"no").code == "key.wrong_password"
    assert refused(f"file:{path}").code == "key.wrong_password"


def test_open_pem(tmp_path):
    path = tmp_path / "issuer.pem"
    root = kit.certificate(KEYS["rsa"], name="root")
    certificates = write_pem("CERTIFICATE", root.der) + write_pem(
        "CERTIFICATE", CERTIFICATES["sm2"].der
    )
    path.write_bytes(certificates + KEYS["sm2"].to_pkcs8())
    secrets = Secrets(None)
    signer = Signer.open(f"file:{path}", secrets=secrets)
    assert secrets.asked == []
    assert signer.certificate.der == CERTIFICATES["sm2"].der
    assert [c.der for c in signer.chain] == [root.der]
    path.write_bytes(KEYS["sm2"].to_pkcs8(b"pw") + certificates)
    assert Signer.open(f"file:{path}", secrets=Secrets(b"pw")).kind == "sm2"
    assert refused(f"file:{path}").code == "key.password_needed"
    assert refused(f"file:{path}", b"x").code == "key.wrong_password"
    path.write_bytes(KEYS["sm2"].to_pkcs8())
    assert refused(f"file:{path}").code == "key.no_certificate"
    path.write_bytes(certificates)
    assert refused(f"file:{path}").code == "key.malformed"
    path.write_bytes(KEYS["sm2"].to_pkcs8() + write_pem("CERTIFICATE", b"\x30\x00"))
    assert refused(f"file:{path}").code == "key.malformed"


@pytest.mark.parametrize("uri", ["issuer.p12", "pkcs11:token=x", "", "file:", "FILE:x", "http://x"])
def test_other_locations(uri):
    error = refused(uri)
    assert error.code == "key.location_unsupported"
    assert error.hint


def test_unreadable_files(tmp_path):
    assert refused(f"file:{tmp_path / 'none.p12'}").code == "key.file_unreadable"
    assert refused(f"file:{tmp_path}").code == "key.file_unreadable"
    assert refused("file:a\0b").code == "key.file_unreadable"
    path = tmp_path / "x"
    for data, code in (
        (b"", "key.malformed"),
        (b"text", "key.malformed"),
        (bytes(2 * 1024 * 1024), "key.malformed"),
        (CERTIFICATES["sm2"].der, "key.malformed"),
        (KEYS["sm2"].to_pkcs8_der(), "key.no_certificate"),
    ):
        path.write_bytes(data)
        assert refused(f"file:{path}", b"pw").code == code


def test_from_key():
    signer = Signer.from_key(KEYS["sm2"], CERTIFICATES["sm2"], [CERTIFICATES["rsa"]])
    assert signer.chain == (CERTIFICATES["rsa"],)
    assert signer.digest == "sm3"
    assert Signer.from_key(KEYS["ed25519"], CERTIFICATES["ed25519"]).digest == "sha512"
    assert "_secret" not in repr(signer)
    with pytest.raises(SigningError) as caught:
        Signer.from_key(KEYS["sm2"], CERTIFICATES["rsa"])
    assert caught.value.code == "key.no_certificate"


def test_l3_an_encryption_certificate_never_signs():
    with pytest.raises(SigningError) as caught:
        Signer.from_key(KEYS["sm2"], kit.certificate(KEYS["sm2"], usage=0x20))
    assert caught.value.code == "key.encryption_only"
    for usage in (None, 0x80, 0x40, 0xE0, 0x04, 0x02):
        assert Signer.from_key(KEYS["sm2"], kit.certificate(KEYS["sm2"], usage=usage))
