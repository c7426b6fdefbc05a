"""Laws of SM2 signatures and their encodings, over any input; differential against gmssl_pyx and gmalg."""

from __future__ import annotations

import contextlib

import gmalg
import gmssl_pyx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecert.crypto.keys import PrivateKey, PublicKey
from ecert.crypto.sm2 import curve, engine
from ecert.errors import ECertError, MalformedInput, SigningError

pytestmark = pytest.mark.property

FIELD = st.integers(0, (1 << 256) - 1)
ENGINES = [engine.select_engine(name) for name in engine.ENGINES]
KEY = PrivateKey.from_sm2_scalar(b"\0" * 31 + b"\7")
PKCS8 = (
    bytes.fromhex("308187020100301306072a8648ce3d020106082a811ccf5501822d046d306b0201010420")
    + b"\0" * 31
    + b"\7"
    + bytes.fromhex("a144034200")
    + engine.current_engine().public_of(b"\0" * 31 + b"\7")
)
SIGNATURE = KEY.sign(b"message")
E = bytes(range(32))
R, S = ENGINES[0].sign_digest(*(b"\0" * 31 + b"\7", E))
SEVEN = ENGINES[0].public_of(b"\0" * 31 + b"\7")


@given(FIELD, FIELD)
def test_der_round_trip(r, s):
    value = curve.encode_signature(r, s)
    assert curve.decode_signature(value) == (r, s, ())
    raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    assert curve.decode_signature(raw)[:2] == (r, s) or raw[0] == 0x30


@given(st.binary(max_size=200))
def test_any_bytes_decode_or_are_refused(data):
    try:
        r, s, quirks = curve.decode_signature(data)
    except MalformedInput:
        return
    assert 0 <= r < 1 << 256
    assert 0 <= s < 1 << 256
    if not quirks:
        assert curve.encode_signature(r, s) == data


@given(st.data())
def test_no_changed_byte_of_a_signature_passes(data):
    value = bytearray(SIGNATURE)
    at = data.draw(st.integers(0, len(value) - 1))
    value[at] ^= data.draw(st.integers(1, 255))
    assert not KEY.public.verify(b"message", bytes(value), digest="sm3")


@settings(max_examples=60)
@given(FIELD, FIELD)
def test_engines_agree_on_any_pair(r, s):
    found = {e.verify_digest(SEVEN, E, r, s) for e in ENGINES}
    assert found == {False}


@settings(max_examples=30, deadline=None)
@given(st.integers(1, curve.N - 2), st.binary(min_size=32, max_size=32))
def test_engines_agree_on_any_key_and_digest(scalar, e):
    private = scalar.to_bytes(32, "big")
    for maker in ENGINES[:2]:
        public = maker.public_of(private)
        r, s = maker.sign_digest(private, e)
        assert all(other.verify_digest(public, e, r, s) for other in ENGINES)
        assert not any(other.verify_digest(public, e, (r + 1) % curve.N, s) for other in ENGINES)


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=300), st.binary(min_size=1, max_size=60))
def test_gmalg_agrees_both_ways(message, ident):
    secret = KEY.to_pkcs8_der()
    private = secret[secret.index(b"\4\x20") + 2 :][:32]
    other = gmalg.SM2(private, ident, KEY.public.point)
    r, s = (int.from_bytes(part, "big") for part in other.sign(message))
    value = curve.encode_signature(r, s)
    assert KEY.public.verify(message, value, digest="sm3", user_id=ident)
    r, s, _ = curve.decode_signature(KEY.sign(message, user_id=ident))
    assert other.verify(message, r.to_bytes(32, "big"), s.to_bytes(32, "big"))


@settings(max_examples=40, deadline=None)
@given(st.binary(min_size=1, max_size=300))
def test_gmssl_agrees_both_ways(message):
    point = KEY.public.point
    secret = KEY.to_pkcs8_der()
    private = secret[secret.index(b"\4\x20") + 2 :][:32]
    value = gmssl_pyx.sm2_sign(private, point[1:], message)
    assert KEY.public.verify(message, value, digest="sm3")
    assert gmssl_pyx.sm2_verify(point[1:], message, KEY.sign(message))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.none() | st.binary(max_size=8))
def test_any_bytes_as_keys_end_in_our_errors(data, password):
    for read in (PublicKey.from_spki, lambda d: PrivateKey.from_pkcs8(d, password)):
        with pytest.raises(ECertError):
            read(data)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_changed_private_keys_end_in_our_errors_or_load(data):
    body = bytearray(PKCS8)
    at = data.draw(st.integers(0, len(body) - 1))
    body[at] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(SigningError):
        PrivateKey.from_pkcs8(bytes(body))
