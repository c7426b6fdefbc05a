"""Keys, signatures and stores exchanged with the openssl command line, both ways."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import keys_kit as kit
from ecert.crypto.keyforms import pem_blocks, write_pem
from ecert.crypto.keys import KINDS, PrivateKey, PublicKey
from ecert.crypto.pkcs12 import dump_pkcs12, load_pkcs12
from ecert.crypto.signer import Signer
from ecert.crypto.x509 import CertificateFacts
from ecert.errors import SigningError

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="the openssl command line is absent")

ID = "1234567812345678"
GENERATE = {
    "sm2": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2"],
    "rsa": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "p256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "p384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "ed25519": ["-algorithm", "ED25519"],
}
DIGEST = {"sm2": "sm3", "rsa": "sha256", "p256": "sha256", "p384": "sha384", "ed25519": None}


def run(folder, *arguments, ok=True):
    done = subprocess.run(
        [OPENSSL, *map(str, arguments)], cwd=folder, capture_output=True, timeout=60, check=False
    )
    if ok and done.returncode:
        raise AssertionError(done.stderr.decode())
    return done


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """Keys made by openssl, in one folder."""
    folder = tmp_path_factory.mktemp("openssl")
    for kind, options in GENERATE.items():
        run(folder, "genpkey", *options, "-out", f"{kind}.pem")
        run(folder, "pkey", "-in", f"{kind}.pem", "-pubout", "-out", f"{kind}.pub")
    return folder


def scheme(kind, ident=ID):
    if kind == "ed25519":
        return ["-rawin"]
    options = ["-rawin", "-digest", DIGEST[kind]]
    return [*options, "-pkeyopt", f"distid:{ident}"] if kind == "sm2" else options


@pytest.mark.parametrize("kind", KINDS)
def test_their_keys_and_signatures(kind, theirs):
    key = PrivateKey.from_pkcs8((theirs / f"{kind}.pem").read_bytes())
    assert key.kind == kind
    ((_, spki),) = pem_blocks((theirs / f"{kind}.pub").read_bytes())
    assert PublicKey.from_spki(spki).same_key(key.public)
    (theirs / "m").write_bytes(b"message \xe8\xaf\x81\xe7\x85\xa7")
    run(theirs, "pkeyutl", "-sign", "-inkey", f"{kind}.pem", *scheme(kind), "-in", "m", "-out", "s")
    value = (theirs / "s").read_bytes()
    assert key.public.verify((theirs / "m").read_bytes(), value, digest=DIGEST[kind])
    assert not key.public.verify(b"other", value, digest=DIGEST[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_our_keys_and_signatures(kind, tmp_path):
    key = PrivateKey.generate(kind)
    (tmp_path / "k.pem").write_bytes(key.to_pkcs8())
    (tmp_path / "k.pub").write_bytes(write_pem("PUBLIC KEY", key.public.spki))
    (tmp_path / "m").write_bytes(b"message")
    (tmp_path / "s").write_bytes(key.sign(b"message"))
    command = ["pkeyutl", "-verify", "-pubin", "-inkey", "k.pub", *scheme(kind), "-in", "m"]
    run(tmp_path, *command, "-sigfile", "s")
    (tmp_path / "m").write_bytes(b"messagE")
    assert run(tmp_path, *command, "-sigfile", "s", ok=False).returncode
    run(tmp_path, "pkey", "-in", "k.pem", "-check", "-noout")


@pytest.mark.parametrize("ident", ["ALICE123@YAHOO.COM", "测试"])
def test_sm2_with_other_ids(ident, theirs):
    key = PrivateKey.from_pkcs8((theirs / "sm2.pem").read_bytes())
    (theirs / "m").write_bytes(b"m")
    (theirs / "s").write_bytes(key.sign(b"m", user_id=ident.encode()))
    command = ["pkeyutl", "-inkey", "sm2.pem", *scheme("sm2", ident), "-in", "m"]
    run(theirs, *command, "-verify", "-sigfile", "s")
    run(theirs, *command, "-sign", "-out", "s")
    value = (theirs / "s").read_bytes()
    assert key.public.verify(b"m", value, digest="sm3", user_id=ident.encode())
    assert not key.public.verify(b"m", value, digest="sm3")


@pytest.mark.parametrize(
    "options",
    [
        ["-v2", "aes-256-cbc"],
        ["-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA512", "-iter", "5000"],
        ["-v2", "aes-192-cbc", "-v2prf", "hmacWithSHA1"],
        ["-v2", "des-ede3-cbc"],
        ["-v2", "sm4-cbc"],
        ["-scrypt", "-scrypt_N", "1024", "-scrypt_r", "8", "-scrypt_p", "1"],
        ["-v1", "PBE-SHA1-3DES"],
        ["-v1", "PBE-SHA1-2DES"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("form", ["PEM", "DER"])
def test_their_encrypted_keys(options, form, theirs):
    for kind in ("sm2", "p256"):
        command = ["pkcs8", "-topk8", "-in", f"{kind}.pem", "-passout", "pass:secret"]
        run(theirs, *command, "-outform", form, *options, "-out", "e")
        data = (theirs / "e").read_bytes()
        plain = PrivateKey.from_pkcs8((theirs / f"{kind}.pem").read_bytes())
        assert PrivateKey.from_pkcs8(data, b"secret").public == plain.public
        with pytest.raises(SigningError) as caught:
            PrivateKey.from_pkcs8(data, b"Secret")
        assert caught.value.code == "key.wrong_password"


@pytest.mark.parametrize("kind", KINDS)
def test_our_encrypted_keys(kind, tmp_path):
    (tmp_path / "e").write_bytes(PrivateKey.generate(kind).to_pkcs8(b"secret"))
    run(tmp_path, "pkey", "-in", "e", "-passin", "pass:secret", "-noout")
    assert run(tmp_path, "pkey", "-in", "e", "-passin", "pass:no", ok=False).returncode


def test_traditional_sm2_file(theirs):
    run(theirs, "ecparam", "-name", "SM2", "-genkey", "-out", "ec.pem")
    assert b" PARAMETERS" in (theirs / "ec.pem").read_bytes()
    assert PrivateKey.from_pkcs8((theirs / "ec.pem").read_bytes()).kind == "sm2"
    run(theirs, "ec", "-in", "sm2.pem", "-out", "old.pem")
    assert b"SM2 PRIVATE KEY" in (theirs / "old.pem").read_bytes()
    key = PrivateKey.from_pkcs8((theirs / "old.pem").read_bytes())
    assert key.public == PrivateKey.from_pkcs8((theirs / "sm2.pem").read_bytes()).public
    run(theirs, "ec", "-in", "sm2.pem", "-aes128", "-passout", "pass:x", "-out", "old.pem")
    with pytest.raises(SigningError) as caught:
        PrivateKey.from_pkcs8((theirs / "old.pem").read_bytes(), b"x")
    assert caught.value.code == "key.encryption_unsupported"


def self_signed(folder, kind):
    options = ["-sm3", "-sigopt", f"distid:{ID}"] if kind == "sm2" else []
    subject = "/CN=TEST-ONLY issuer/O=Example"
    command = ["req", "-x509", "-new", "-key", f"{kind}.pem", "-subj", subject, "-days", "30"]
    run(folder, *command, *options, "-addext", "keyUsage=digitalSignature", "-out", f"{kind}.crt")
    ((_, data),) = pem_blocks((folder / f"{kind}.crt").read_bytes())
    return CertificateFacts.parse(data)


LEGACY = ["-legacy"]
STORES = {
    "default": [],
    "aes-128": ["-keypbe", "AES-128-CBC", "-certpbe", "AES-128-CBC", "-macalg", "sha512"],
    "no encryption": ["-keypbe", "NONE", "-certpbe", "NONE"],
    "no mac": ["-nomac"],
    "3des": ["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"],
    "rc2-40": [*LEGACY],
    "rc2-128": [*LEGACY, "-certpbe", "PBE-SHA1-RC2-128"],
    "sm3 mac": ["-macalg", "sm3"],
}


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("kind", ["sm2", "rsa", "ed25519"])
def test_their_stores(kind, store, theirs):
    certificate = self_signed(theirs, kind)
    command = ["pkcs12", "-export", "-inkey", f"{kind}.pem", "-in", f"{kind}.crt", "-name", "测试"]
    made = run(theirs, *command, "-passout", "pass:秘密", *STORES[store], "-out", "p12", ok=False)
    if made.returncode and "rc2" in store:
        pytest.skip("openssl's legacy provider is absent")
    assert made.returncode == 0, made.stderr
    data = (theirs / "p12").read_bytes()
    key, found, others = load_pkcs12(data, "秘密".encode())
    assert found.der == certificate.der
    assert others == ()
    assert certificate.public_key.verify(b"m", key.sign(b"m"), digest=DIGEST[kind])
    if store not in {"no encryption", "no mac"}:
        with pytest.raises(SigningError) as caught:
            load_pkcs12(data, b"no")
        assert caught.value.code == "key.wrong_password"
    signer = Signer.open(f"file:{theirs / 'p12'}", secrets=lambda _: "秘密".encode())
    assert signer.kind == kind


def test_their_store_with_an_empty_password(theirs):
    self_signed(theirs, "sm2")
    run(
        theirs,
        "pkcs12",
        "-export",
        "-inkey",
        "sm2.pem",
        "-in",
        "sm2.crt",
        "-passout",
        "pass:",
        "-out",
        "p12",
    )
    data = (theirs / "p12").read_bytes()
    assert load_pkcs12(data, b"")[0].kind == load_pkcs12(data, None)[0].kind == "sm2"


@pytest.mark.parametrize("kind", KINDS)
def test_our_stores(kind, tmp_path):
    key = PrivateKey.generate(kind)
    certificate = kit.certificate(key)
    root = kit.certificate(PrivateKey.generate("p256"), name="root")
    data = dump_pkcs12(
        key,
        certificate,
        password="秘密".encode(),
        chain=[root],
        friendly_name="测试",
        iterations=2048,
    )
    (tmp_path / "p12").write_bytes(data)
    done = run(tmp_path, "pkcs12", "-in", "p12", "-passin", "pass:秘密", "-nodes")
    blocks = pem_blocks(done.stdout)
    assert [body for label, body in blocks if label == b"CERTIFICATE"] == [
        certificate.der,
        root.der,
    ]
    private = next(body for label, body in blocks if label == b"PRIVATE KEY")
    assert PrivateKey.from_pkcs8(private).public == key.public
    assert run(tmp_path, "pkcs12", "-in", "p12", "-passin", "pass:no", ok=False).returncode
