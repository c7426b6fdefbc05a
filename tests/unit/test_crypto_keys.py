"""Keys of every kind: reading, writing, signing, and what must be refused without a traceback."""

from __future__ import annotations

import base64
import pickle
import sys
from pathlib import Path

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, padding, rsa

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import keys_kit as kit
from ecert.crypto import algorithms, keyforms, pbe, publickey
from ecert.crypto import der_build as b
from ecert.crypto.algorithms import PssParameters
from ecert.crypto.keys import KINDS, PrivateKey, PublicKey, SignatureCheck
from ecert.crypto.sm2 import curve
from ecert.errors import MalformedInput, SigningError

KEYS = {kind: PrivateKey.generate(kind) for kind in KINDS}
SM2_ALGORITHM = b.sequence(b.oid(algorithms.EC_PUBLIC_KEY), b.oid(algorithms.SM2_CURVE))


@pytest.fixture(params=KINDS)
def key(request):
    return KEYS[request.param]


def digest_of(key):
    return algorithms.default_digest(key.kind)


def test_sign_and_verify(key):
    value = key.sign(b"message")
    check = key.public.verify(b"message", value, digest=digest_of(key))
    assert check == SignatureCheck(ok=True)
    assert check
    wrong = key.public.verify(b"messagE", value, digest=digest_of(key))
    assert (wrong.ok, wrong.code) == (False, "crypto.signature_mismatch")
    assert not wrong
    assert wrong.outcome.ok is False


@pytest.mark.parametrize(
    "value", [b"", b"\0", bytes(64), bytes(256), b"\x30\x06\2\1\0\2\1\0", bytes(5000)]
)
def test_nonsense_signatures_never_hold(key, value):
    assert key.public.verify(b"message", value, digest=digest_of(key)).ok is False


def test_a_signature_of_another_key_kind_never_holds(key):
    for other in KEYS.values():
        if other.kind != key.kind:
            assert not other.public.verify(b"m", key.sign(b"m"), digest=digest_of(other)).ok


def test_pkcs8_round_trip(key):
    for password in (None, b"pass \xe5\xae\x89"):
        text = key.to_pkcs8(password)
        again = PrivateKey.from_pkcs8(text, password)
        assert again.kind == key.kind
        assert again.public == key.public
        assert again.public.same_key(key.public)
    assert PrivateKey.from_pkcs8(key.to_pkcs8_der()).public == key.public
    assert PrivateKey.from_pkcs8(key.to_pkcs8(), b"needless").public == key.public


def test_no_secret_in_repr_or_pickled_public_key(key):
    assert "_secret" not in repr(key)
    assert key.to_pkcs8_der()[-40:].hex() not in repr(key)
    twin = pickle.loads(pickle.dumps(key.public))
    assert twin == key.public
    assert hash(twin) == hash(key.public)
    assert twin.verify(b"m", key.sign(b"m"), digest=digest_of(key))


def test_public_key_facts(key):
    again = PublicKey.from_spki(key.public.spki)
    assert again == key.public
    assert len(again.sha256) == 64
    bits = {"rsa": 2048, "p384": 384}.get(key.kind, 256)
    assert again.key_bits == bits
    assert (again.point is None) == (key.kind != "sm2")


def test_different_keys_differ():
    assert len({key.public for key in KEYS.values()}) == len(KINDS)
    other = PrivateKey.generate("sm2")
    assert not other.public.same_key(KEYS["sm2"].public)
    assert not KEYS["p256"].public.same_key(KEYS["sm2"].public)


def test_published_spki_of_sm2():
    spki = keyforms.sm2_spki(kit.PUBLIC)
    assert PublicKey.from_spki(spki) == PublicKey.from_point(kit.PUBLIC)
    assert spki.hex().startswith("3059301306072a8648ce3d020106082a811ccf5501822d034200" + "04")


def test_sm2_reads_sec1_and_short_scalars():
    inner = b.sequence(b.integer(1), b.octet_string(kit.D), b.explicit(0, b.oid(curve.OID)))
    assert PrivateKey.from_pkcs8(inner).public.point == kit.PUBLIC
    pem = keyforms.write_pem("EC PARAMETERS", b.oid(curve.OID)) + keyforms.write_pem(
        "EC PRIVATE KEY", inner
    )
    assert (
        PrivateKey.from_pkcs8(b"notes\r\n" + pem.replace(b"\n", b"\r\n")).public.point == kit.PUBLIC
    )
    small = b.sequence(b.integer(1), b.octet_string(b"\1"))
    pkcs8 = b.sequence(b.integer(0), SM2_ALGORITHM, b.octet_string(small))
    assert PrivateKey.from_pkcs8(pkcs8).public.point == curve.GENERATOR


def test_other_traditional_forms_are_read():
    rsa_key = rsa.generate_private_key(65537, 2048)
    ec_key = ec.generate_private_key(ec.SECP384R1())
    for loaded, kind in ((rsa_key, "rsa"), (ec_key, "p384")):
        for encoding in (serialization.Encoding.PEM, serialization.Encoding.DER):
            text = loaded.private_bytes(
                encoding,
                serialization.PrivateFormat.TraditionalOpenSSL,
                serialization.NoEncryption(),
            )
            assert PrivateKey.from_pkcs8(text).kind == kind


def sm2_pkcs8(inner, *, algorithm=SM2_ALGORITHM, version=0):
    return b.sequence(b.integer(version), algorithm, b.octet_string(inner))


def _ed448():
    return ed448.Ed448PrivateKey.generate().private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _p521():
    return ec.generate_private_key(ec.SECP521R1()).private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


SEC1 = b.sequence(b.integer(1), b.octet_string(kit.D))
TWO_CURVES = b.sequence(
    b.integer(1), b.octet_string(kit.D), b.explicit(0, b.oid("1.2.840.10045.3.1.7"))
)
OTHER_PUBLIC = b.sequence(
    b.integer(1), b.octet_string(kit.D), b.explicit(1, b.bit_string(curve.GENERATOR))
)
REFUSED = {
    "empty": (b"", "key.malformed"),
    "text": (b"not a key", "key.malformed"),
    "truncated": (KEYS["sm2"].to_pkcs8_der()[:-1], "key.malformed"),
    "truncated rsa": (KEYS["rsa"].to_pkcs8_der()[:-1], "key.malformed"),
    "trailing": (KEYS["sm2"].to_pkcs8_der() + b"\0", "key.malformed"),
    "bad base64": (b"-----BEGIN PRIVATE KEY-----\n!!!\n-----END PRIVATE KEY-----", "key.malformed"),
    "no end line": (b"-----BEGIN PRIVATE KEY-----\nMIGH", "key.malformed"),
    "public key": (KEYS["sm2"].public.spki, "key.malformed"),
    "certificate": (kit.certificate(KEYS["sm2"]).der, "key.malformed"),
    "certificate pem": (
        keyforms.write_pem("CERTIFICATE", kit.certificate(KEYS["sm2"]).der),
        "key.malformed",
    ),
    "nested": (b"\x30\x80" * 5000, "key.malformed"),
    "deep": (b"0\x82\x27\x0f" * 2000, "key.malformed"),
    "huge": (bytes(2 * 1024 * 1024), "key.malformed"),
    "pkcs12": (b.sequence(b.integer(3), b.sequence(b.oid("1.2.3"))), "key.malformed"),
    "old pem encryption": (
        b"-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END EC PRIVATE KEY-----\n",
        "key.encryption_unsupported",
    ),
    "ed448": (_ed448(), "key.unsupported"),
    "p521": (_p521(), "key.unsupported"),
    "unknown algorithm": (
        sm2_pkcs8(SEC1, algorithm=b.sequence(b.oid("1.2.3.4"))),
        "key.unsupported",
    ),
    "scalar zero": (
        sm2_pkcs8(b.sequence(b.integer(1), b.octet_string(bytes(32)))),
        "key.out_of_range",
    ),
    "scalar long": (
        sm2_pkcs8(b.sequence(b.integer(1), b.octet_string(b"\1" + bytes(32)))),
        "key.out_of_range",
    ),
    "two curves": (sm2_pkcs8(TWO_CURVES), "key.malformed"),
    "other public": (sm2_pkcs8(OTHER_PUBLIC), "key.public_mismatch"),
    "raw scalar": (sm2_pkcs8(kit.D), "key.malformed"),
    "sec1 version": (sm2_pkcs8(b.sequence(b.integer(2), b.octet_string(kit.D))), "key.malformed"),
    "pkcs8 version": (sm2_pkcs8(SEC1, version=7), "key.malformed"),
    "algorithm of three": (
        sm2_pkcs8(SEC1, algorithm=b.sequence(b.oid("1.2.3"), b.NULL_VALUE, b.NULL_VALUE)),
        "key.malformed",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_key_is_refused_with_code_and_no_traceback(case):
    data, code = REFUSED[case]
    with pytest.raises(SigningError) as caught:
        PrivateKey.from_pkcs8(data)
    assert caught.value.code == code


def test_every_truncation_of_an_encrypted_key_is_refused():
    key = KEYS["sm2"]
    ((_, body),) = keyforms.pem_blocks(key.to_pkcs8(b"pw"))
    for size in range(0, len(body), 7):
        with pytest.raises(SigningError) as caught:
            PrivateKey.from_pkcs8(body[:size], b"pw")
        assert caught.value.code == "key.malformed"


def test_wrong_passwords_say_so():
    text = KEYS["ed25519"].to_pkcs8(b"right")
    with pytest.raises(SigningError) as caught:
        PrivateKey.from_pkcs8(text)
    assert caught.value.code == "key.password_needed"
    for password in (b"", b"wrong", b"Right", b"right ", b"\xff\xfe"):
        with pytest.raises(SigningError) as caught:
            PrivateKey.from_pkcs8(text, password)
        assert caught.value.code == "key.wrong_password"
        assert caught.value.hint


def test_padding_that_happens_to_fit_is_still_a_wrong_password(monkeypatch):
    text = KEYS["sm2"].to_pkcs8(b"right")
    monkeypatch.setattr(pbe, "decrypt", lambda *_: b"\x30\x03garbage")
    with pytest.raises(SigningError) as caught:
        PrivateKey.from_pkcs8(text, b"wrong")
    assert caught.value.code == "key.wrong_password"
    monkeypatch.setattr(pbe, "decrypt", lambda *_: sm2_pkcs8(OTHER_PUBLIC))
    with pytest.raises(SigningError) as caught:
        PrivateKey.from_pkcs8(text, b"right")
    assert caught.value.code == "key.public_mismatch"


def encrypted(scheme, cipher=bytes(16)):
    return b.sequence(scheme, b.octet_string(cipher))


def pbes2(kdf, scheme=None):
    aes = b.sequence(b.oid("2.16.840.1.101.3.4.1.42"), b.octet_string(bytes(16)))
    return b.sequence(b.oid("1.2.840.113549.1.5.13"), b.sequence(kdf, scheme or aes))


def pbkdf2(*parts, salt=bytes(8), rounds=1000):
    fields = b.sequence(b.octet_string(salt), b.integer(rounds), *parts)
    return b.sequence(b.oid("1.2.840.113549.1.5.12"), fields)


def scrypt(n, r, p):
    parts = (b.octet_string(b"salt"), b.integer(n), b.integer(r), b.integer(p))
    return b.sequence(b.oid("1.3.6.1.4.1.11591.4.11"), b.sequence(*parts))


def legacy(number, *parts):
    return b.sequence(b.oid(f"1.2.840.113549.1.12.1.{number}"), b.sequence(*parts))


DES_CBC = b.sequence(b.oid("1.3.14.3.2.7"), b.octet_string(bytes(8)))
SALT = b.octet_string(bytes(8))
SCHEMES = {
    "unknown": (b.sequence(b.oid("1.2.3"), b.NULL_VALUE), "key.encryption_unsupported"),
    "pbes1": (
        b.sequence(b.oid("1.2.840.113549.1.5.3"), b.NULL_VALUE),
        "key.encryption_unsupported",
    ),
    "no parameters": (b.sequence(b.oid("1.2.3")), "key.malformed"),
    "oid missing": (b.sequence(b.NULL_VALUE, b.NULL_VALUE), "key.malformed"),
    "rounds": (pbes2(pbkdf2(rounds=2**40)), "key.derivation_excessive"),
    "no rounds": (pbes2(pbkdf2(rounds=0)), "key.derivation_excessive"),
    "salt": (pbes2(pbkdf2(salt=bytes(5000))), "key.derivation_excessive"),
    "prf": (pbes2(pbkdf2(b.sequence(b.oid("1.2.3")))), "key.encryption_unsupported"),
    "length": (pbes2(pbkdf2(b.integer(16))), "key.malformed"),
    "kdf": (pbes2(b.sequence(b.oid("1.2.3"), b.NULL_VALUE)), "key.encryption_unsupported"),
    "kdf empty": (
        pbes2(b.sequence(b.oid("1.2.840.113549.1.5.12"), b.sequence())),
        "key.malformed",
    ),
    "kdf bare": (pbes2(b.sequence(b.oid("1.2.840.113549.1.5.12"))), "key.malformed"),
    "cipher": (pbes2(pbkdf2(), DES_CBC), "key.encryption_unsupported"),
    "iv": (
        pbes2(pbkdf2(), b.sequence(b.oid("2.16.840.1.101.3.4.1.42"), b.octet_string(b"x"))),
        "key.malformed",
    ),
    "scrypt memory": (pbes2(scrypt(2**30, 8, 1)), "key.derivation_excessive"),
    "scrypt parallel": (pbes2(scrypt(16, 8, 1000)), "key.derivation_excessive"),
    "scrypt block": (pbes2(scrypt(16, 2**20, 1)), "key.derivation_excessive"),
    "scrypt cost": (pbes2(scrypt(15, 8, 1)), "key.malformed"),
    "scrypt short": (
        pbes2(b.sequence(b.oid("1.3.6.1.4.1.11591.4.11"), b.sequence(SALT))),
        "key.malformed",
    ),
    "legacy rounds": (legacy(3, SALT, b.integer(2**30)), "key.derivation_excessive"),
    "legacy parameters": (legacy(3, SALT), "key.malformed"),
    "rc4": (legacy(1, SALT, b.integer(1)), "key.encryption_unsupported"),
}


@pytest.mark.parametrize("case", SCHEMES)
def test_hostile_encryption_schemes_are_refused_quickly(case):
    scheme, code = SCHEMES[case]
    with pytest.raises(SigningError) as caught:
        PrivateKey.from_pkcs8(encrypted(scheme), b"pw")
    assert caught.value.code == code


@pytest.mark.parametrize("number", [3, 4, 5, 6])
@pytest.mark.parametrize("size", [0, 7, 8])
def test_broken_legacy_cipher_text_is_refused(number, size):
    scheme = legacy(number, SALT, b.integer(2))
    with pytest.raises(SigningError) as caught:
        PrivateKey.from_pkcs8(encrypted(scheme, bytes(size)), b"pw")
    assert caught.value.code in {"key.malformed", "key.wrong_password"}


def test_gm_spelling_of_pbes2_with_sm4_and_hmac_sm3():
    from cryptography.hazmat.primitives.ciphers import Cipher, modes
    from cryptography.hazmat.primitives.ciphers import algorithms as ciphers
    from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

    plain = keyforms.sm2_pkcs8(kit.D, kit.PUBLIC)
    secret = PBKDF2HMAC(hashes.SM3(), 16, b"salt", 1000).derive(b"pw")
    encryptor = Cipher(ciphers.SM4(secret), modes.CBC(bytes(16))).encryptor()
    count = 16 - len(plain) % 16
    cipher = encryptor.update(plain + bytes((count,)) * count) + encryptor.finalize()
    prf = b.sequence(b.oid("1.2.156.10197.1.401.2"))
    kdf = b.sequence(
        b.oid("1.2.156.10197.6.4.1.5.1"),
        b.sequence(b.octet_string(b"salt"), b.integer(1000), b.integer(16), prf),
    )
    sm4 = b.sequence(b.oid("1.2.156.10197.1.104.2"), b.octet_string(bytes(16)))
    scheme = b.sequence(b.oid("1.2.156.10197.6.4.1.5.2"), b.sequence(kdf, sm4))
    assert PrivateKey.from_pkcs8(encrypted(scheme, cipher), b"pw").public.point == kit.PUBLIC


def test_rsa_with_every_digest_and_weak_ones_named():
    loaded = rsa.generate_private_key(65537, 2048)
    public = PublicKey.from_spki(
        loaded.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    for name, algorithm in {
        "sha256": hashes.SHA256(),
        "sha384": hashes.SHA384(),
        "sha512": hashes.SHA512(),
        "sm3": hashes.SM3(),
    }.items():
        value = loaded.sign(b"m", padding.PKCS1v15(), algorithm)
        assert public.verify(b"m", value, digest=name) == SignatureCheck(ok=True)
        assert not public.verify(b"m", value, digest="sha224").ok
    for name, algorithm in {"sha1": hashes.SHA1(), "md5": hashes.MD5()}.items():
        check = public.verify(b"m", loaded.sign(b"m", padding.PKCS1v15(), algorithm), digest=name)
        assert check.ok
        assert not check
        assert check.outcome.ok is None
        assert check.outcome.code == "digest.weak"
    for name in (None, "md4", "sm4"):
        assert public.verify(b"m", value, digest=name).code == "digest.unsupported"


def test_rsa_pss_only_with_its_own_parameters():
    loaded = rsa.generate_private_key(65537, 2048)
    public = PublicKey.from_spki(
        loaded.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    scheme = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
    value = loaded.sign(b"m", scheme, hashes.SHA256())
    right = PssParameters(digest="sha256", mgf_digest="sha256", salt_length=32)
    assert public.verify(b"m", value, digest=None, pss=right)
    for other in (
        PssParameters(digest="sha256", mgf_digest="sha256", salt_length=20),
        PssParameters(digest="sha256", mgf_digest="sha1", salt_length=32),
        PssParameters(digest="sha512", mgf_digest="sha512", salt_length=500),
        PssParameters(),
    ):
        assert not public.verify(b"m", value, digest=None, pss=other).ok
    assert not public.verify(b"m", value, digest="sha256").ok


def pss_der(digest="2.16.840.1.101.3.4.2.1", salt=32, trailer=None, mgf="1.2.840.113549.1.1.8"):
    name = b.sequence(b.oid(digest), b.NULL_VALUE)
    parts = [b.explicit(0, name), b.explicit(1, b.sequence(b.oid(mgf), name))]
    parts.append(b.explicit(2, b.integer(salt)))
    if trailer is not None:
        parts.append(b.explicit(3, b.integer(trailer)))
    return b.sequence(*parts)


def test_pss_parameters_are_read():
    expected = PssParameters(digest="sha256", mgf_digest="sha256", salt_length=32)
    assert PssParameters.parse(pss_der()) == expected
    assert PssParameters.parse(pss_der(trailer=1)) == expected
    assert PssParameters.parse(None) == PssParameters.parse(b"") == PssParameters()
    assert PssParameters.parse(b.sequence()) == PssParameters()


@pytest.mark.parametrize(
    "data",
    [
        b"\5\0",
        b"\x30",
        b"\x30\x03\2\1",
        pss_der(digest="1.2.3"),
        pss_der(mgf="1.2.3"),
        pss_der(salt=10_000),
        pss_der(trailer=2),
        pss_der() + b"\0",
        b.sequence(b.explicit(9, b.NULL_VALUE)),
        b.sequence(b.explicit(2, b.integer(1)), b.explicit(0, b.NULL_VALUE)),
        b.sequence(b.explicit(2, b.integer(1)), b.explicit(2, b.integer(1))),
        b.sequence(b.explicit(0, b.sequence())),
        b.sequence(b.explicit(1, b.sequence(b.oid("1.2.840.113549.1.1.8")))),
        b.sequence(b.explicit(2, b.integer(-1))),
    ],
)
def test_other_pss_parameters_are_refused(data):
    with pytest.raises(MalformedInput) as caught:
        PssParameters.parse(data)
    assert caught.value.code == "key.pss_parameters"


@pytest.mark.parametrize(
    ("kind", "digest"),
    [
        ("rsa", "sha1"),
        ("rsa", "md5"),
        ("p256", "sha1"),
        ("sm2", "sha256"),
        ("rsa", "x"),
        ("sm2", "sha1"),
    ],
)
def test_keys_do_not_sign_with_weak_or_foreign_digests(kind, digest):
    with pytest.raises(SigningError) as caught:
        KEYS[kind].sign(b"m", digest=digest)
    assert caught.value.code == "digest.mismatch"


def test_sm2_with_another_digest_is_refused():
    value = KEYS["sm2"].sign(b"m")
    assert KEYS["sm2"].public.verify(b"m", value, digest="sha256").code == "digest.mismatch"
    assert KEYS["rsa"].public.verify_prehashed_sm2(bytes(32), value).code == "crypto.key_mismatch"


def test_an_algorithm_that_the_library_lacks_is_named(monkeypatch):
    class Lacking:
        def verify(self, *_):
            raise UnsupportedAlgorithm("no")

    monkeypatch.setattr(publickey, "_load_public", lambda _: Lacking())
    assert KEYS["rsa"].public.verify(b"m", b"s", digest="sm3").code == "crypto.unsupported"


def test_unknown_kinds_are_not_generated():
    with pytest.raises(SigningError) as caught:
        PrivateKey.generate("p521")
    assert caught.value.code == "key.unsupported"


def spki(algorithm, key):
    return b.sequence(algorithm, b.bit_string(key))


EXPLICIT_CURVE = b.sequence(b.oid(algorithms.EC_PUBLIC_KEY), b.sequence(b.integer(1)))
P256 = b.sequence(b.oid(algorithms.EC_PUBLIC_KEY), b.oid("1.2.840.10045.3.1.7"))
RSA = b.sequence(b.oid("1.2.840.113549.1.1.1"), b.NULL_VALUE)
BAD_SPKI = {
    "empty": (b"", "key.malformed"),
    "truncated": (KEYS["rsa"].public.spki[:-1], "key.malformed"),
    "trailing": (KEYS["sm2"].public.spki + b"\0", "key.malformed"),
    "three members": (b.sequence(SM2_ALGORITHM, b.bit_string(b"x"), b.NULL_VALUE), "key.malformed"),
    "unused bits": (b.sequence(SM2_ALGORITHM, b.bit_string(kit.PUBLIC, 1)), "key.malformed"),
    "off curve": (spki(SM2_ALGORITHM, kit.PUBLIC[:-1] + b"\0"), "key.not_on_curve"),
    "infinity": (spki(SM2_ALGORITHM, b"\0"), "key.not_on_curve"),
    "compressed": (spki(SM2_ALGORITHM, b"\3" + kit.PUBLIC[1:33]), "key.not_on_curve"),
    "empty point": (spki(SM2_ALGORITHM, b""), "key.not_on_curve"),
    "p256 off curve": (spki(P256, kit.PUBLIC), "key.malformed"),
    "rsa nonsense": (spki(RSA, b"nonsense"), "key.malformed"),
    "explicit curve": (spki(EXPLICIT_CURVE, kit.PUBLIC), "key.unsupported"),
    "curve as algorithm": (spki(b.sequence(b.oid(curve.OID)), kit.PUBLIC), "key.unsupported"),
    "unknown": (spki(b.sequence(b.oid("1.2.3")), b"x"), "key.unsupported"),
    "rsa huge": (
        spki(RSA, b.sequence(b.integer((1 << 9000) + 1), b.integer(65537))),
        "key.unsupported",
    ),
}


@pytest.mark.parametrize("case", BAD_SPKI)
def test_bad_public_keys_are_refused(case):
    data, code = BAD_SPKI[case]
    with pytest.raises(MalformedInput) as caught:
        PublicKey.from_spki(data)
    assert caught.value.code == code


def test_signature_checks_fail_closed():
    assert not SignatureCheck(ok=False)
    assert SignatureCheck(ok=False).outcome.code == "crypto.signature_mismatch"
    assert SignatureCheck(ok=True, quirks=("anything.new",)).outcome.ok is None
    assert SignatureCheck(ok=True, quirks=("a", "a")).quirks == ("a",)
    assert SignatureCheck(ok=True, quirks=("signature.null_parameters",))


def test_algorithm_tables():
    assert algorithms.digest_name("1.2.156.10197.1.401") == "sm3"
    assert algorithms.digest_name("1.2.156.10197.1.401.2") is None
    assert algorithms.signature_algorithm("1.2.3") is None
    found = algorithms.signature_algorithm("1.2.156.10197.1.501")
    assert (found.key_kind, found.digest) == ("sm2", "sm3")
    ecdsa = algorithms.signature_algorithm("1.2.840.10045.4.3.2")
    assert [ecdsa.fits(kind) for kind in KINDS] == [False, False, True, True, False]
    assert algorithms.signature_oid("sm2", "sm3") == "1.2.156.10197.1.501"
    assert algorithms.signature_oid("p384", "sha384") == "1.2.840.10045.4.3.3"
    assert algorithms.signature_oid("rsa", "sha256") == "1.2.840.113549.1.1.11"
    assert algorithms.signature_oid("ed25519", None) == "1.3.101.112"
    with pytest.raises(MalformedInput):
        algorithms.signature_oid("sm2", "sha256")


def test_pem_text_wraps_at_64():
    lines = keyforms.write_pem("X", bytes(100)).splitlines()
    assert max(map(len, lines)) == 64
    assert base64.b64decode(b"".join(lines[1:-1])) == bytes(100)
