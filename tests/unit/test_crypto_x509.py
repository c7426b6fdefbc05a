"""Facts of certificates: what odd encodings say, and what is refused."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import x509 as oracle
from cryptography import x509 as pyca

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import crypto_kit as kit
from ecert.crypto import der, names
from ecert.crypto import der_build as build
from ecert.crypto.keys import PublicKey
from ecert.crypto.sigcheck import Algorithm, check_prehashed, check_signature, plan_signature
from ecert.crypto.sm2 import curve
from ecert.crypto.x509 import (
    NAMING_QUIRKS,
    TOLERATED_QUIRKS,
    CertificateFacts,
    explain_signature,
    is_signed_by,
)
from ecert.crypto.x509_build import make_certificate
from ecert.errors import MalformedInput
from ecert.limits import Limits

KINDS = ["sm2", "rsa", "p256", "p384", "ed25519"]


def members(data: bytes) -> list[bytes]:
    return [node.raw for node in der.parse(data).children()]


def rebuilt(cert: bytes, place: int, value: bytes) -> bytes:
    """The certificate with one member of its TBS replaced, unsigned."""
    tbs, algorithm, signature = members(cert)
    parts = members(tbs)
    parts[place] = value
    return build.sequence(build.sequence(*parts), algorithm, signature)


def with_extensions(*extensions: bytes) -> CertificateFacts:
    value = build.explicit(3, build.sequence(*extensions))
    return CertificateFacts.parse(rebuilt(kit.leaf().cert.der, 7, value))


def extension(oid: str, value: bytes, flag: bytes = b"") -> bytes:
    return build.sequence(build.oid(oid), flag, build.octet_string(value))


@pytest.mark.parametrize("kind", KINDS)
def test_own_certificates_read_the_same_in_two_libraries(kind):
    cert = kit.leaf(kind).cert
    seen = oracle.Certificate.load(cert.der, strict=True)
    assert seen.serial_number == cert.serial == 77
    assert seen.key_identifier == cert.ski
    assert seen.authority_key_identifier == cert.aki == kit.middle(kind).cert.ski
    assert seen.key_usage_value.native == {"digital_signature", "non_repudiation"}
    assert cert.key_usage == {"digital_signature", "non_repudiation"}
    assert seen.not_valid_before == cert.not_before
    assert seen.not_valid_after == cert.not_after
    assert seen.sha256.hex() == cert.sha256
    assert seen["tbs_certificate"].dump() == cert.tbs
    assert pyca.load_der_x509_certificate(cert.der).serial_number == 77
    assert cert.quirks == ()
    assert cert.common_name == f"leaf {kind}"
    assert cert.organization == "测试机构 TEST ONLY"
    assert cert.subject == f"C=CN, O=测试机构 TEST ONLY, CN=leaf {kind}"
    assert cert.public_key.kind == kind
    assert not cert.is_ca
    assert cert.path_length is None
    assert cert.extended_key_usage is None


@pytest.mark.parametrize("kind", KINDS)
def test_signature_and_authority(kind):
    issuer = kit.middle(kind).cert
    assert issuer.is_ca
    assert issuer.path_length == 0
    check = is_signed_by(kit.leaf(kind).cert, issuer.public_key)
    assert check.ok
    assert check.quirks == ()
    assert not is_signed_by(kit.leaf(kind).cert, kit.root(kind).cert.public_key).ok
    assert kit.tsa(kind).cert.extended_key_usage == {"time_stamping"}
    if kind in {"rsa", "p256", "p384", "ed25519"}:
        pyca.load_der_x509_certificate(kit.leaf(kind).cert.der).verify_directly_issued_by(
            pyca.load_der_x509_certificate(issuer.der)
        )


def test_certificates_are_equal_by_their_bytes():
    one = kit.leaf().cert
    assert one == CertificateFacts.parse(one.der)
    assert len({one, CertificateFacts.parse(one.der)}) == 1


def test_a_key_of_another_kind_never_verifies():
    check = is_signed_by(kit.leaf("sm2").cert, kit.middle("p256").cert.public_key)
    assert (check.ok, check.code) == (False, "signature.key_mismatch")


def test_inner_and_outer_algorithm_must_agree():
    tbs, _algorithm, signature = members(kit.leaf().cert.der)
    other = build.algorithm("1.2.156.10197.1.301.1")
    cert = CertificateFacts.parse(build.sequence(tbs, other, signature))
    assert cert.quirks == ("x509.algorithm_mismatch",)
    assert cert.signature_oid == "1.2.156.10197.1.301.1"
    assert is_signed_by(cert, kit.middle().cert.public_key).code == "x509.algorithm_mismatch"
    assert not set(cert.quirks) & (TOLERATED_QUIRKS | NAMING_QUIRKS)


def test_null_and_absent_parameters_are_alike():
    tbs, _algorithm, signature = members(kit.leaf().cert.der)
    null = build.algorithm("1.2.156.10197.1.501", build.NULL_VALUE)
    cert = CertificateFacts.parse(build.sequence(tbs, null, signature))
    assert cert.quirks == ("x509.null_parameters",)
    check = is_signed_by(cert, kit.middle().cert.public_key)
    assert check.ok
    assert check.quirks == ("signature.null_parameters",)
    odd = build.algorithm("1.2.156.10197.1.501", build.integer(1))
    cert = CertificateFacts.parse(build.sequence(tbs, odd, signature))
    assert cert.quirks == ("x509.algorithm_mismatch",)


def test_l22_wrong_user_ids_explain_and_never_pass():
    issuer = kit.middle()
    tbs, algorithm, _signature = members(kit.leaf().cert.der)
    empty = issuer.key.sign(tbs, user_id=b"")
    cert = CertificateFacts.parse(build.sequence(tbs, algorithm, build.bit_string(empty)))
    assert not is_signed_by(cert, issuer.cert.public_key).ok
    assert explain_signature(cert, issuer.cert.public_key) == "x509.signature_empty_id"
    assert is_signed_by(cert, issuer.cert.public_key, user_id=b"").ok
    assert explain_signature(cert, kit.root().cert.public_key) is None
    assert explain_signature(kit.leaf("rsa").cert, kit.root("rsa").cert.public_key) is None


def test_explicit_defaults_are_read_and_named():
    false = b"\x01\x01\x00"
    cert = with_extensions(
        extension("2.5.29.19", build.sequence(false)),
        extension("1.2.86.11.7.1", b"x", false),
    )
    assert cert.quirks == ("x509.explicit_default",)
    assert not cert.is_ca
    assert cert.unknown_critical == ()
    assert set(cert.quirks) <= TOLERATED_QUIRKS


def test_private_critical_extensions_are_listed():
    true = build.boolean(1)
    cert = with_extensions(
        extension("1.2.86.11.7.1", b"anything", true),
        extension("1.2.156.10260.4.1.4", b"x"),
        extension("2.5.29.30", build.sequence()),
        extension("2.5.29.17", build.sequence(), b"\x01\x01\x01"),
    )
    assert cert.unknown_critical == ("1.2.86.11.7.1",)
    assert cert.extensions.constraints == ("2.5.29.30",)
    assert cert.quirks == ("x509.boolean_not_der",)


@pytest.mark.parametrize(
    ("oid", "value"),
    [
        ("2.5.29.15", b"\x05\x00"),
        ("2.5.29.15", b""),
        ("2.5.29.19", build.sequence(build.boolean(1), build.integer(-1))),
        ("2.5.29.19", build.sequence(build.integer(1), build.boolean(1))),
        ("2.5.29.14", b"\x04\x02a"),
        ("2.5.29.35", b"\x05\x00"),
        ("2.5.29.37", build.sequence(build.integer(1))),
    ],
)
def test_extensions_that_decide_must_be_readable(oid, value):
    with pytest.raises(MalformedInput):
        with_extensions(extension(oid, value))


def test_an_extension_may_not_stand_twice():
    twice = extension("2.5.29.19", build.sequence())
    with pytest.raises(MalformedInput) as error:
        with_extensions(twice, twice)
    assert error.value.code == "x509.duplicate_extension"


def test_authority_key_by_name_only_names_no_key():
    cert = with_extensions(extension("2.5.29.35", build.sequence(build.tlv(0x82, b"\1"))))
    assert cert.aki is None
    assert cert.ski is None
    assert cert.key_usage is None


def test_purposes_that_are_not_known_stay_dotted():
    value = build.sequence(build.oid("1.3.6.1.5.5.7.3.4"), build.oid("1.2.3.4"))
    assert with_extensions(extension("2.5.29.37", value)).extended_key_usage == {
        "email_protection",
        "1.2.3.4",
    }


def name(tag: int, body: bytes, kind: str = "2.5.4.3") -> bytes:
    value = build.sequence(build.oid(kind), build.tlv(tag, body))
    return build.sequence(build.set_of([value]))


@pytest.mark.parametrize(
    ("tag", "body", "text", "quirks"),
    [
        (0x0C, "审批局".encode(), "审批局", ()),
        (0x16, "审批局".encode(), "审批局", ("x509.utf8_in_ascii",)),
        (0x13, "审批局".encode("gb18030"), "审批局", ("x509.gb18030_name",)),
        (0x1E, "审批局".encode("utf-16-be"), "审批局", ()),
        (0x1E, b"\xd8\x00", "\ufffd", ()),
        (0x1C, "审批局".encode("utf-32-be"), "审批局", ()),
        (0x14, b"\xff\xff", "ÿÿ", ("x509.undecodable_name",)),
        (0x0C, b"a" * 65, "a" * 65, ("x509.long_attribute",)),
        (0x0C, b"a\x1b\x00", "a\x1b\x00", ()),
    ],
)
def test_names_in_any_encoding_are_shown(tag, body, text, quirks):
    cert = CertificateFacts.parse(rebuilt(kit.leaf().cert.der, 5, name(tag, body)))
    assert cert.common_name == text
    assert cert.quirks == quirks
    assert set(quirks) <= NAMING_QUIRKS


def test_separators_inside_a_name_cannot_fake_another_attribute():
    attributes, _quirks = names.parse_name(der.parse(name(0x0C, b'x, O=y+"')))
    assert names.display(attributes) == 'CN=x\\, O\\=y\\+\\"'
    assert names.last(attributes, names.ORGANIZATION) is None


def test_names_compare_whatever_their_string_type():
    one, other = name(0x0C, b"Some  CA"), name(0x13, b"some ca")
    assert names.folded(one) == names.folded(other)
    assert names.folded(one) != names.folded(name(0x0C, b"other"))
    with pytest.raises(MalformedInput):
        names.folded(b"\x30\x01")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (0, build.explicit(0, build.integer(3))),
        (0, build.explicit(0, build.integer(0))),
        (1, build.integer(1 << 600)),
        (4, build.sequence(build.utf8("x"), build.utf8("y"))),
        (4, build.sequence(build.time(kit.START))),
        (5, build.sequence(build.set_of([]))),
        (5, build.integer(1)),
        (7, build.explicit(3, build.integer(1))),
        (7, build.integer(1)),
    ],
)
def test_what_is_no_certificate(place, value):
    with pytest.raises(MalformedInput):
        CertificateFacts.parse(rebuilt(kit.leaf().cert.der, place, value))


def test_size_is_checked_before_reading():
    with pytest.raises(MalformedInput) as error:
        CertificateFacts.parse(kit.leaf().cert.der, Limits(signature_bytes=10))
    assert error.value.code == "x509.too_large"


def test_bytes_after_a_certificate_are_refused():
    with pytest.raises(MalformedInput):
        CertificateFacts.parse(kit.leaf().cert.der + b"\0")


def test_version_1_has_no_extensions_and_is_no_authority():
    tbs, algorithm, signature = members(kit.root().cert.der)
    data = build.sequence(build.sequence(*members(tbs)[1:-1]), algorithm, signature)
    cert = CertificateFacts.parse(data)
    assert not cert.is_ca
    assert cert.quirks == ()
    assert cert.self_issued


def test_vague_dates_only_shorten_the_period():
    value = build.sequence(build.tlv(0x18, b"20200101000000"), build.tlv(0x17, b"400101000000"))
    cert = CertificateFacts.parse(rebuilt(kit.leaf().cert.der, 4, value))
    assert cert.quirks == ("x509.vague_time",)
    assert cert.not_before == kit.START + timedelta(hours=8)
    assert cert.not_after == kit.END - timedelta(hours=8)


def test_unused_bits_and_unique_identifiers_are_named():
    tbs, algorithm, signature = members(kit.leaf().cert.der)
    value = der.parse(signature).bits()[0]
    parts = members(tbs)
    parts.insert(7, build.tlv(0x81, b"\0x"))
    odd = build.sequence(build.sequence(*parts), algorithm, build.bit_string(value, 1))
    cert = CertificateFacts.parse(odd)
    assert cert.quirks == ("x509.unique_id", "x509.unused_bits")
    assert cert.signature == value


def spki(algorithm: bytes, point: bytes) -> bytes:
    return build.sequence(algorithm, build.bit_string(point))


def test_keys_spelled_by_the_curve_and_keys_that_are_unsupported():
    sm2 = build.oid("1.2.156.10197.1.301")
    point = kit.leaf().key.public.point
    base = kit.leaf().cert.der
    cert = CertificateFacts.parse(rebuilt(base, 6, spki(build.sequence(sm2, sm2), point)))
    assert cert.public_key.point == point
    assert "x509.sm2_key_oid" in cert.quirks or cert.quirks == ()
    cert = CertificateFacts.parse(rebuilt(base, 6, spki(build.sequence(sm2, sm2), b"\4" * 65)))
    assert cert.public_key is None
    assert "x509.key_unsupported" in cert.quirks
    cert = CertificateFacts.parse(rebuilt(base, 6, spki(build.algorithm("1.2.3"), b"x")))
    assert cert.public_key is None


# -- one value under one algorithm identifier


def test_algorithm_confusion_is_refused_before_arithmetic():
    def code(oid, kind="rsa", parameters=None, digest=None):
        public = kit.leaf(kind).key.public
        return plan_signature(Algorithm(oid, parameters), public, declared_digest=digest).code

    assert code("1.2.3") == "signature.algorithm_unknown"
    assert code("1.2.840.10045.4.3.2") == "signature.key_mismatch"
    assert code("1.2.840.113549.1.1.11", digest="sha512") == "signature.digest_mismatch"
    assert code("1.2.840.113549.1.1.1") == "signature.no_digest"
    assert code("1.2.840.113549.1.1.11", parameters=b"\2\1\1") == "signature.parameters"
    assert code("1.2.840.113549.1.1.10", parameters=b"\2\1\1") == "signature.parameters"
    assert code("1.2.156.10197.1.501", "sm2", digest="sha256") == "signature.digest_mismatch"
    assert code("1.3.101.112", "ed25519", digest="sha256") == "signature.digest_mismatch"
    assert code("1.3.101.112", "ed25519", b"\5\0") == "signature.parameters"
    assert code("1.3.101.112", "ed25519", digest="sha512") is None


def pss_parameters(digest: str, mgf: str, salt: int) -> bytes:
    from asn1crypto import algos

    return algos.RSASSAPSSParams(
        {
            "hash_algorithm": {"algorithm": digest},
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": mgf}},
            "salt_length": salt,
        }
    ).dump()


@pytest.mark.parametrize(("mgf", "ok"), [("sha256", True), ("sha1", False)])
def test_pss_with_its_parameters(mgf, ok):
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    key = kit.leaf("rsa").key
    masks = {"sha256": hashes.SHA256, "sha1": hashes.SHA1}
    scheme = padding.PSS(mgf=padding.MGF1(masks[mgf]()), salt_length=32)
    value = key._secret.sign(b"message", scheme, hashes.SHA256())
    algorithm = Algorithm("1.2.840.113549.1.1.10", pss_parameters("sha256", mgf, 32))
    check = check_signature(algorithm, key.public, b"message", value, declared_digest="sha256")
    assert check.ok is ok
    assert check.code == (None if ok else "signature.parameters")
    hashed = __import__("hashlib").sha256(b"message").digest()
    assert check_prehashed(algorithm, key.public, hashed, value, declared_digest="sha256").ok is ok


def test_prehashed_values_for_explanations():
    import hashlib

    for kind, oid in (("rsa", "1.2.840.113549.1.1.1"), ("p256", "1.2.840.10045.4.3.2")):
        key = kit.leaf(kind).key
        value = key.sign(b"m", digest="sha256")
        hashed = hashlib.sha256(b"m").digest()
        algorithm = Algorithm(oid, b"\5\0" if kind == "rsa" else None)
        good = check_prehashed(algorithm, key.public, hashed, value, declared_digest="sha256")
        assert good.ok
        bad = check_prehashed(algorithm, key.public, bytes(32), value, declared_digest="sha256")
        assert bad.code == "crypto.signature_mismatch"
        short = check_prehashed(algorithm, key.public, b"x", value, declared_digest="sha256")
        assert short.code == "signature.digest_mismatch"
    ed = kit.leaf("ed25519").key.public
    none = check_prehashed(Algorithm("1.3.101.112"), ed, b"x", b"y", declared_digest="sha512")
    assert none.code == "signature.no_digest"
    sm2 = kit.leaf("sm2").key.public
    algorithm = Algorithm("1.2.156.10197.1.501")
    assert not check_prehashed(algorithm, sm2, bytes(32), b"y", declared_digest="sm3").ok


def test_no_z_is_explained():
    from ecert.crypto.digest import digest
    from ecert.crypto.sm2.engine import current_engine

    issuer = kit.middle()
    tbs, algorithm, _ = members(kit.leaf().cert.der)
    r, s = current_engine().sign_digest(issuer.key._secret, digest("sm3", tbs))
    value = build.bit_string(curve.encode_signature(r, s))
    cert = CertificateFacts.parse(build.sequence(tbs, algorithm, value))
    assert not is_signed_by(cert, issuer.cert.public_key).ok
    assert explain_signature(cert, issuer.cert.public_key) == "x509.signature_no_z"


def test_built_certificates_carry_what_was_asked():
    spec = replace(
        kit.spec("x", serial=9),
        extended_key_usage=["client_auth", "1.2.3"],
        key_usage=["decipher_only", "digital_signature"],
        extensions={"1.2.156.10260.4.1.4": build.utf8("code")},
        critical_extensions={"1.2.3.4": b"\5\0"},
    )
    key = kit.leaf("p384").key
    data = make_certificate(spec, public_key=key.public, issuer_key=key, digest="sha512")
    cert = CertificateFacts.parse(data)
    assert cert.key_usage == {"decipher_only", "digital_signature"}
    assert cert.extended_key_usage == {"client_auth", "1.2.3"}
    assert cert.unknown_critical == ("1.2.3.4",)
    assert is_signed_by(cert, key.public).ok
    assert PublicKey.from_spki(cert.spki) == key.public
    assert oracle.Certificate.load(data, strict=True).key_usage_value.native == {
        "decipher_only",
        "digital_signature",
    }
