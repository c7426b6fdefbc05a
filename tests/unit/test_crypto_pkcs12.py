"""PKCS#12: written and read for every kind; wrong passwords, truncation, odd stores."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import keys_kit as kit
from ecert.crypto import ber, keyforms, rc2
from ecert.crypto import der_build as b
from ecert.crypto.keys import KINDS, PrivateKey
from ecert.crypto.pbe import derive_pkcs12
from ecert.crypto.pkcs12 import dump_pkcs12, load_pkcs12
from ecert.errors import MalformedInput, SigningError

KEYS = {kind: PrivateKey.generate(kind) for kind in KINDS}
CERTIFICATES = {kind: kit.certificate(key) for kind, key in KEYS.items()}
PASSWORD = "密码 pass".encode()
DATA, KEY_BAG, CERT_BAG = (
    "1.2.840.113549.1.7.1",
    "1.2.840.113549.1.12.10.1.1",
    "1.2.840.113549.1.12.10.1.3",
)


def store(kind="sm2", **options):
    options.setdefault("iterations", 1000)
    return dump_pkcs12(KEYS[kind], CERTIFICATES[kind], password=PASSWORD, **options)


def refused(data, password=PASSWORD):
    with pytest.raises(SigningError) as caught:
        load_pkcs12(data, password)
    return caught.value.code


@pytest.mark.parametrize("kind", KINDS)
def test_round_trip(kind):
    chain = [CERTIFICATES["p256"], CERTIFICATES["rsa"]]
    data = store(kind, chain=chain, friendly_name="测试 issuer")
    key, certificate, others = load_pkcs12(data, PASSWORD)
    assert key.public == KEYS[kind].public
    assert certificate.der == CERTIFICATES[kind].der
    assert [c.der for c in others] == [c.der for c in chain if c.der != certificate.der]
    assert CERTIFICATES[kind].public_key.verify(
        b"m", key.sign(b"m"), digest=certificate_digest(kind)
    )


def certificate_digest(kind):
    return {"sm2": "sm3", "p384": "sha384"}.get(kind, "sha256")


@pytest.mark.parametrize("password", [None, b"", b"wrong", b"\xff\xfe", PASSWORD + b" "])
def test_wrong_passwords(password):
    assert refused(store(), password) == "key.wrong_password"


def test_truncated_and_changed_stores():
    data = store()
    codes = {refused(data[:size]) for size in range(0, len(data), 11)}
    assert codes == {"key.malformed"}
    for at in range(0, len(data), 13):
        changed = data[:at] + bytes((data[at] ^ 0x40,)) + data[at + 1 :]
        try:
            load_pkcs12(changed, PASSWORD)
        except SigningError as error:
            assert error.code.startswith("key.")  # noqa: PT017


@pytest.mark.parametrize(
    "data",
    [b"", b"\x30", b"text", bytes(2 * 1024 * 1024), b"\x30\x80" * 3000, KEYS["sm2"].to_pkcs8_der()],
)
def test_other_files(data):
    assert refused(data) == "key.malformed"


def test_writing_refuses_another_certificate_and_no_password():
    with pytest.raises(SigningError) as caught:
        dump_pkcs12(KEYS["sm2"], CERTIFICATES["rsa"], password=b"pw")
    assert caught.value.code == "key.no_certificate"
    with pytest.raises(SigningError) as caught:
        dump_pkcs12(KEYS["sm2"], CERTIFICATES["sm2"], password=b"")
    assert caught.value.code == "key.password_needed"


def bag(kind, value):
    return b.sequence(b.oid(kind), b.explicit(0, value))


def certificate_bag(certificate):
    body = b.sequence(
        b.oid("1.2.840.113549.1.9.22.1"), b.explicit(0, b.octet_string(certificate.der))
    )
    return bag(CERT_BAG, body)


def plain_store(*bags, version=3, outer=DATA, mac=b""):
    """Return a store without encryption or MAC."""
    inner = b.sequence(b.oid(DATA), b.explicit(0, b.octet_string(b.sequence(*bags))))
    safe = b.octet_string(b.sequence(inner))
    return b.sequence(b.integer(version), b.sequence(b.oid(outer), b.explicit(0, safe)), mac)


def test_plain_keys_and_the_signing_pair_is_taken():
    signing, encrypting = KEYS["sm2"], PrivateKey.generate("sm2")
    only_encrypts = kit.certificate(encrypting, usage=0x20)
    bags = [
        bag(KEY_BAG, encrypting.to_pkcs8_der()),
        certificate_bag(only_encrypts),
        bag("1.2.3.4", b.NULL_VALUE),
        certificate_bag(CERTIFICATES["sm2"]),
        bag(KEY_BAG, signing.to_pkcs8_der()),
    ]
    key, certificate, others = load_pkcs12(plain_store(*bags), None)
    assert key.public == signing.public
    assert certificate.der == CERTIFICATES["sm2"].der
    assert [c.der for c in others] == [only_encrypts.der]
    key, certificate, _ = load_pkcs12(plain_store(*bags[:2]), None)
    assert certificate.der == only_encrypts.der


def test_stores_without_a_pair():
    key_bag = bag(KEY_BAG, KEYS["sm2"].to_pkcs8_der())
    for bags in ([key_bag], [certificate_bag(CERTIFICATES["sm2"])], []):
        assert refused(plain_store(*bags)) == "key.no_certificate"
    wrong = [key_bag, certificate_bag(CERTIFICATES["rsa"])]
    assert refused(plain_store(*wrong)) == "key.no_certificate"


def test_unsupported_and_broken_parts():
    assert refused(plain_store(version=4)) == "key.malformed"
    signed = "1.2.840.113549.1.7.2"
    assert refused(plain_store(outer=signed)) == "key.encryption_unsupported"
    enveloped = b.sequence(b.oid("1.2.840.113549.1.7.3"), b.explicit(0, b.NULL_VALUE))
    safe = b.octet_string(b.sequence(enveloped))
    data = b.sequence(b.integer(3), b.sequence(b.oid(DATA), b.explicit(0, safe)))
    assert refused(data) == "key.encryption_unsupported"
    mac = b.sequence(
        b.sequence(b.sequence(b.oid("1.2.3")), b.octet_string(b"")), b.octet_string(b"")
    )
    assert refused(plain_store(mac=mac)) == "key.encryption_unsupported"
    assert refused(plain_store(bag(KEY_BAG, b"\x30\x00"))) == "key.malformed"
    assert refused(plain_store(b.sequence(b.oid(KEY_BAG)))) == "key.malformed"
    nested = b.sequence(b.oid("1.2.3"), b.NULL_VALUE, b.octet_string(b""))
    hidden = b.sequence(
        b.oid("1.2.840.113549.1.7.6"), b.explicit(0, b.sequence(b.integer(0), nested))
    )
    safe = b.octet_string(b.sequence(hidden))
    data = b.sequence(b.integer(3), b.sequence(b.oid(DATA), b.explicit(0, safe)))
    assert refused(data) == "key.malformed"


def test_derivation_is_bounded():
    mac = b.sequence(
        b.sequence(b.sequence(b.oid("1.3.14.3.2.26")), b.octet_string(bytes(20))),
        b.octet_string(b"salt"),
        b.integer(2**31),
    )
    assert refused(plain_store(mac=mac)) == "key.derivation_excessive"
    ((_, body),) = keyforms.pem_blocks(KEYS["p256"].to_pkcs8(PASSWORD))
    shrouded = bag("1.2.840.113549.1.12.10.1.2", body)
    assert refused(plain_store(*[shrouded] * 9)) == "key.malformed"


def test_mac_without_iterations_counts_one():
    safe = b.sequence()
    key = derive_pkcs12(b"pw", b"salt", iterations=1, purpose=3, size=20)
    import hmac

    mac = hmac.new(key, safe, "sha1").digest()
    stated = b.sequence(b.sequence(b.oid("1.3.14.3.2.26")), b.octet_string(mac))
    data = b.sequence(
        b.integer(3),
        b.sequence(b.oid(DATA), b.explicit(0, b.octet_string(safe))),
        b.sequence(stated, b.octet_string(b"salt")),
    )
    assert refused(data, b"pw") == "key.no_certificate"
    assert refused(data, b"no") == "key.wrong_password"


def test_pkcs12_derivation_known_answers():
    # RFC 7292 B.2 values published with other implementations of it ("smeg", SHA-1).
    salt = bytes.fromhex("0A58CF64530D823F")
    key = derive_pkcs12(b"smeg", salt, iterations=1, purpose=1, size=24)
    assert key.hex() == "8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3"
    iv = derive_pkcs12(b"smeg", salt, iterations=1, purpose=2, size=8)
    assert iv.hex() == "79993dfe048d3b76"


@pytest.mark.parametrize(
    ("key", "plain", "cipher"),
    [  # RFC 2268 5, the vectors whose effective bits are eight times the key's length
        ("ffffffffffffffff", "ffffffffffffffff", "278b27e42e2f0d49"),
        ("3000000000000000", "1000000000000001", "30649edf9be7d2c2"),
    ],
)
def test_rc2_vectors(key, plain, cipher):
    out = rc2.decrypt_cbc(bytes.fromhex(key), bytes(8), bytes.fromhex(cipher))
    assert out.hex() == plain


def test_rc2_agrees_with_cryptography_for_128_bits():
    from cryptography.hazmat.decrepit.ciphers.algorithms import RC2
    from cryptography.hazmat.primitives.ciphers import Cipher, modes

    for number in range(20):
        key = bytes((number * 37 + i * 11) & 0xFF for i in range(16))
        iv, plain = key[:8], bytes(range(number, number + 24))
        cipher = Cipher(RC2(key), modes.CBC(iv)).encryptor().update(plain)
        assert rc2.decrypt_cbc(key, iv, cipher) == plain


def indefinite(data):
    """Return the same values with indefinite lengths and strings in two pieces."""
    from ecert.crypto import der

    out = b""
    for node in der.iterate(data, 0, len(data)):
        body = node.body
        if node.tag & 0x20:
            out += bytes((node.tag, 0x80)) + indefinite(body) + b"\0\0"
        elif node.tag == 4 and len(body) > 4:
            pieces = b.octet_string(body[:3]) + b.octet_string(body[3:])
            out += b"\x24\x80" + pieces + b"\0\0"
        elif node.tag == 0x80:
            pieces = b.octet_string(body[:16]) + b.octet_string(body[16:])
            out += b"\xa0\x80" + pieces + b"\0\0"
        else:
            out += node.raw
    return out


def test_ber_stores_are_read():
    data = store()
    loose = indefinite(data)
    assert loose != data
    assert ber.to_der(loose) == data
    key, certificate, _ = load_pkcs12(loose, PASSWORD)
    assert key.public.same_key(certificate.public_key)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x80",
        b"\x30\x80\0",
        b"\x04\x80\0\0",
        b"\x30\x80\0\0\0",
        b"\x30\x80\x02\x05\0\0",
        b"\x30\x80\x30\x03\x02\x02\x01\0\0",
        b"\x30\x80\x30\x01\x02\0\0",
        b"\x30\x80" * 100 + b"\0\0" * 100,
        b"\x30\x80\x04\x84\xff\xff\xff\xff\0\0",
    ],
)
def test_broken_ber_is_refused(data):
    with pytest.raises(MalformedInput):
        ber.to_der(data)


def test_ber_with_long_lengths():
    text = b.octet_string(bytes(300))
    assert ber.to_der(b"\x30\x80" + text + b"\0\0") == b.sequence(text)
    pieces = b"\x24\x80" + text + text + b"\0\0"
    assert ber.to_der(pieces) == b.octet_string(bytes(600))


def test_an_unreadable_certificate_inside_is_refused():
    body = b.sequence(b.oid("1.2.840.113549.1.9.22.1"), b.explicit(0, b.octet_string(b"\x30\x00")))
    assert refused(plain_store(bag(CERT_BAG, body))) == "key.malformed"
    other = b.sequence(b.oid("1.2.840.113549.1.9.22.2"), b.explicit(0, b.octet_string(b"")))
    assert refused(plain_store(bag(CERT_BAG, other))) == "key.no_certificate"
