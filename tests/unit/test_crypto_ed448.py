"""Ed448 and SHAKE256 (RFC 8032, RFC 8419): computed by `cryptography`, and only together."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed448

from ecert.crypto import algorithms, digest
from ecert.crypto.keys import PrivateKey
from ecert.crypto.publickey import PublicKey
from ecert.crypto.sigcheck import Algorithm, check_signature, plan_signature
from ecert.errors import MalformedInput

OID = "1.3.101.113"
PREFIX = bytes.fromhex("3043300506032b6571033a00")


def pair() -> tuple[ed448.Ed448PrivateKey, PublicKey]:
    key = ed448.Ed448PrivateKey.generate()
    spki = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return key, PublicKey.from_spki(spki)


def test_shake256_gives_64_bytes():
    found = digest.new("shake256")
    found.update(b"ab")
    twin = found.copy()
    found.update(b"c")
    assert found.digest() == hashlib.shake_256(b"abc").digest(64)
    assert found.hexdigest() == found.digest().hex()
    assert twin.digest() == hashlib.shake_256(b"ab").digest(64)
    assert (found.name, found.digest_size) == ("shake256", digest.SIZES["shake256"])
    assert algorithms.digest_name("2.16.840.1.101.3.4.2.12") == "shake256"


def test_a_signature_holds_over_its_message_alone():
    key, public = pair()
    value = key.sign(b"message")
    ed = Algorithm(OID)
    assert (public.kind, public.key_bits) == ("ed448", 456)
    assert check_signature(ed, public, b"message", value, declared_digest="shake256").outcome.ok
    for message, signature in ((b"messagf", value), (b"message", value[:-1]), (b"message", b"")):
        assert check_signature(ed, public, message, signature).ok is False


@pytest.mark.parametrize(
    ("algorithm", "declared", "code"),
    [
        (Algorithm(OID), "sha512", "signature.digest_mismatch"),
        (Algorithm(OID, b"\5\0"), "shake256", "signature.parameters"),
        (Algorithm("1.3.101.112"), "sha512", "signature.key_mismatch"),
    ],
)
def test_what_is_said_beside_it_must_agree(algorithm, declared, code):
    assert plan_signature(algorithm, pair()[1], declared_digest=declared).code == code


@pytest.mark.parametrize("y", [0, 1, 2**448 - 2**224 - 2, 2**448 - 2**224])
def test_points_of_small_order_are_refused(y):
    """Anybody could sign for them: the check needs no private key."""
    with pytest.raises(MalformedInput) as caught:
        PublicKey.from_spki(PREFIX + y.to_bytes(56, "little") + b"\0")
    assert caught.value.code == "key.small_order"


def test_other_keys_do_not_sign_shake256():
    """No identifier of this package pairs it with RSA or ECDSA (RFC 8702 is not implemented)."""
    for kind, oid in (("rsa", "1.2.840.113549.1.1.1"), ("p256", "1.2.840.10045.2.1")):
        key = PrivateKey.generate(kind)
        value = key.sign(b"message", digest="sha256")
        check = check_signature(
            Algorithm(oid), key.public, b"message", value, declared_digest="shake256"
        )
        assert (check.ok, check.code) == (False, "digest.unsupported")
