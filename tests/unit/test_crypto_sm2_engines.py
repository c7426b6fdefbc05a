"""SM2: the standard's vector, hostile signatures on each engine, encodings, self-test (L25), threads."""

from __future__ import annotations

import gc
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import keys_kit as kit
from ecert.crypto.keys import PrivateKey, PublicKey, SignatureCheck
from ecert.crypto.sm2 import curve, ecpoint, engine, libcrypto, native, pure
from ecert.errors import MalformedInput, SigningError, TrustError

N = curve.N
SAMPLES = Path(__file__).resolve().parents[2] / "../shared/samples/x509/sm2"


@pytest.fixture(scope="module", params=engine.ENGINES)
def each(request):
    return engine.select_engine(request.param)


@pytest.fixture(scope="module", params=["libcrypto", "libcrypto-ecpoint"])
def signing(request):
    return engine.select_engine(request.param)


def test_vector_of_the_standard(each):
    assert curve.e_value(kit.PUBLIC, b"message digest") == kit.E
    assert each.verify_digest(kit.PUBLIC, kit.E, kit.R, kit.S)


def test_z_of_the_standard():
    # GB/T 32918.5-2017 A.2
    expected = "b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3"
    assert curve.z_value(kit.PUBLIC).hex() == expected
    assert curve.z_value(kit.PUBLIC, b"") != curve.z_value(kit.PUBLIC)


def test_engines_name_themselves_and_are_not_certified(each):
    assert each.name in engine.ENGINES
    assert each.version
    assert each.certified is False


OFF_CURVE = kit.PUBLIC[:-1] + bytes((kit.PUBLIC[-1] ^ 1,))
TOO_LARGE = b"\4" + (int.from_bytes(kit.PUBLIC[1:33], "big") + curve.P).to_bytes(33, "big")[1:]
HOSTILE = {
    "r=0": (kit.PUBLIC, kit.E, 0, kit.S),
    "s=0": (kit.PUBLIC, kit.E, kit.R, 0),
    "r=s=0": (kit.PUBLIC, kit.E, 0, 0),
    "r=n": (kit.PUBLIC, kit.E, N, kit.S),
    "s=n": (kit.PUBLIC, kit.E, kit.R, N),
    "r=n+1": (kit.PUBLIC, kit.E, N + 1, kit.S),
    "s=n+1": (kit.PUBLIC, kit.E, kit.R, N + 1),
    "r+n": (kit.PUBLIC, kit.E, kit.R + N, kit.S),
    "s+n": (kit.PUBLIC, kit.E, kit.R, kit.S + N),
    "r+s=n": (kit.PUBLIC, kit.E, kit.R, N - kit.R),
    "-s": (kit.PUBLIC, kit.E, kit.R, N - kit.S),
    "negative": (kit.PUBLIC, kit.E, -kit.R, kit.S),
    "swapped": (kit.PUBLIC, kit.E, kit.S, kit.R),
    "huge": (kit.PUBLIC, kit.E, 1 << 4096, kit.S),
    "other e": (kit.PUBLIC, bytes(32), kit.R, kit.S),
    "short e": (kit.PUBLIC, kit.E[1:], kit.R, kit.S),
    "long e": (kit.PUBLIC, b"\0" + kit.E, kit.R, kit.S),
    "empty e": (kit.PUBLIC, b"", kit.R, kit.S),
    "off curve": (OFF_CURVE, kit.E, kit.R, kit.S),
    "infinity": (b"\0", kit.E, kit.R, kit.S),
    "infinity padded": (bytes(65), kit.E, kit.R, kit.S),
    "zero point": (b"\4" + bytes(64), kit.E, kit.R, kit.S),
    "compressed": (b"\3" + kit.PUBLIC[1:33], kit.E, kit.R, kit.S),
    "hybrid": (b"\7" + kit.PUBLIC[1:], kit.E, kit.R, kit.S),
    "no tag": (kit.PUBLIC[1:], kit.E, kit.R, kit.S),
    "long key": (kit.PUBLIC + b"\0", kit.E, kit.R, kit.S),
    "empty key": (b"", kit.E, kit.R, kit.S),
    "x >= p": (TOO_LARGE[:33] + kit.PUBLIC[33:], kit.E, kit.R, kit.S),
    "negated key": (
        kit.PUBLIC[:33] + (curve.P - int.from_bytes(kit.PUBLIC[33:], "big")).to_bytes(32, "big"),
        kit.E,
        kit.R,
        kit.S,
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_signatures_are_refused(each, case):
    assert each.verify_digest(*HOSTILE[case]) is False


def test_signatures_and_keys_of_one_engine_hold_in_the_others(signing):
    others = [engine.select_engine(name) for name in engine.ENGINES]
    for _ in range(8):
        private, public = signing.generate()
        assert len(private) == 32
        assert curve.is_on_curve(public)
        assert signing.public_of(private) == public
        r, s = signing.sign_digest(private, kit.E)
        assert curve.in_range(r, s)
        assert all(other.verify_digest(public, kit.E, r, s) for other in others)
        assert not any(other.verify_digest(public, kit.E, r, s ^ 1) for other in others)


def test_signatures_differ(signing):
    assert signing.sign_digest(kit.D, kit.E) != signing.sign_digest(kit.D, kit.E)


@pytest.mark.parametrize("scalar", [0, N - 1, N, N + 1, (1 << 256) - 1])
def test_private_keys_out_of_range_are_refused(signing, scalar):
    private = scalar.to_bytes(32, "big")
    for call in (signing.public_of, lambda d: signing.sign_digest(d, kit.E)):
        with pytest.raises(SigningError) as caught:
            call(private)
        assert caught.value.code == "key.out_of_range"


def test_the_largest_and_smallest_private_keys_work(signing, each):
    for scalar in (1, N - 2):
        private = scalar.to_bytes(32, "big")
        public = signing.public_of(private)
        assert each.verify_digest(public, kit.E, *signing.sign_digest(private, kit.E))


def test_only_32_bytes_are_signed(signing):
    for e in (b"", kit.E[1:], kit.E + b"\0"):
        with pytest.raises(SigningError) as caught:
            signing.sign_digest(kit.D, e)
        assert caught.value.code == "sm2.digest_length"


def test_pure_python_does_not_sign():
    slow = engine.select_engine("pure-python")
    assert not slow.can_sign
    calls = (slow.generate, lambda: slow.public_of(kit.D), lambda: slow.sign_digest(kit.D, kit.E))
    for call in calls:
        with pytest.raises(SigningError) as caught:
            call()
        assert caught.value.code == "sm2.signing_unavailable"
        assert caught.value.hint


def test_point_arithmetic_meets_its_exceptional_cases():
    # s*G + t*P with P = G: the tables add equal and opposite points.
    base = pure._multiples(curve.GENERATOR)
    assert pure._combine(1, N - 1, base, base)[2] == 0
    assert pure._affine(pure._combine(1, 1, base, base)) == base[1]
    assert pure._affine(pure._combine(0x11, 0, base, base)) == pure._affine(
        pure._combine(0, 0x11, base, base)
    )
    assert pure._add(pure._INFINITY, base[0]) == (*base[0], 1)


def test_a_signature_whose_point_is_infinity_is_refused(each):
    # P = dG with d = -1/2: s = 1, t = 2 gives 1*G + 2*P = infinity.
    d = (-pow(2, -1, N)) % N
    public = engine.select_engine("libcrypto-ecpoint").public_of(d.to_bytes(32, "big"))
    assert not each.verify_digest(public, kit.E, 1, 1)


# L25


class Fake:
    """An engine that is right except where told."""

    name, version, certified, can_sign = "fake", "0", False, True

    def __init__(self, **wrong):
        self.__dict__.update(wrong)
        self._real = engine.select_engine("libcrypto-ecpoint")

    def verify_digest(self, public, e, r, s):
        return self._real.verify_digest(public, e, r, s)

    def sign_digest(self, private, e):
        return self._real.sign_digest(private, e)

    def public_of(self, private):
        return self._real.public_of(private)

    def generate(self):
        return self._real.generate()


def _accepting(which):
    real = engine.select_engine("pure-python")
    return lambda *case: real.verify_digest(*case) or which(*case)


def test_l25_right_engines_pass(each):
    assert engine.self_test(each)
    assert engine.self_test(Fake())


@pytest.mark.parametrize(
    "wrong",
    [
        {"verify_digest": lambda *_: True},
        {"verify_digest": lambda *_: False},
        {"verify_digest": _accepting(lambda _p, _e, r, _s: r == 0)},
        {"verify_digest": _accepting(lambda _p, _e, r, s: r == kit.R and s != kit.S)},
        {"verify_digest": _accepting(lambda p, *_: p != kit.PUBLIC)},
        {"verify_digest": _accepting(lambda _p, e, *_: e != kit.E)},
        {"sign_digest": lambda *_: (kit.R, kit.S ^ 1)},
        {"public_of": lambda _: curve.GENERATOR},
    ],
)
def test_l25_wrong_engines_fail(wrong):
    fake = Fake(**wrong)
    assert not engine.self_test(fake)
    with pytest.raises(TrustError) as caught:
        engine.use_engine(fake)
    assert caught.value.code == "sm2.engine_unusable"


def test_l25_selection_skips_what_fails(monkeypatch):
    monkeypatch.setattr(libcrypto.LibcryptoEngine, "verify_digest", lambda *_: True)
    assert engine.select_engine().name == "libcrypto-ecpoint"
    with pytest.raises(TrustError) as caught:
        engine.select_engine("libcrypto")
    assert caught.value.code == "sm2.engine_unusable"
    monkeypatch.setattr(ecpoint.EcPointEngine, "verify_digest", lambda *_: True)
    assert engine.select_engine().name == "pure-python"
    monkeypatch.setattr(pure.PureEngine, "verify_digest", lambda *_: True)
    with pytest.raises(TrustError):
        engine.select_engine()


def test_l25_no_environment_variable_chooses(monkeypatch):
    monkeypatch.setenv("ECERT_LIBCRYPTO", "/nonexistent.so")
    monkeypatch.setenv("OPENSSL_CONF", "/nonexistent.cnf")
    assert engine.select_engine().name == "libcrypto"


def test_unknown_names_and_libraries_are_configuration_errors(tmp_path):
    with pytest.raises(TrustError) as caught:
        engine.select_engine("fastest")
    assert caught.value.code == "sm2.engine_unknown"
    with pytest.raises(TrustError) as caught:
        engine.select_engine("libcrypto", str(tmp_path / "libnothing.so"))
    assert caught.value.code == "sm2.engine_unusable"
    assert engine.select_engine(library=str(tmp_path / "libnothing.so")).name == "pure-python"


def test_a_library_without_openssl_functions_is_not_usable():
    with pytest.raises(native.EngineUnavailable):
        native.open_library("libm.so.6")
    with pytest.raises(native.EngineUnavailable):
        native.open_library().function("no_such_function", None)


def test_an_interpreter_without_ssl_asks_the_loader(monkeypatch):
    def absent(name):
        raise ImportError(name)

    monkeypatch.setattr(native, "import_module", absent)
    assert next(native._candidates()) == "libcrypto.so.3"
    monkeypatch.setattr(native.sys, "platform", "win32")
    assert next(native._candidates()).endswith("libcrypto-3-x64.dll")


def test_a_library_that_gives_no_context_is_not_usable(monkeypatch):
    real = native.Library.function

    def function(self, name, result, *arguments):
        if name == "OSSL_LIB_CTX_new":
            return lambda *_: None
        return real(self, name, result, *arguments)

    monkeypatch.setattr(native.Library, "function", function)
    native.open_library.cache_clear()
    try:
        with pytest.raises(native.EngineUnavailable):
            native.open_library("libcrypto.so.3")
    finally:
        native.open_library.cache_clear()


def test_a_point_that_the_library_refuses_is_no_key(monkeypatch):
    generic = engine.select_engine("libcrypto-ecpoint")
    monkeypatch.setattr(generic._arithmetic, "_from_octets", lambda *_: 0)
    generic._point.cache_clear()
    assert not generic.verify_digest(kit.PUBLIC, kit.E, kit.R, kit.S)


def test_a_library_without_sm2_leaves_the_generic_calls(monkeypatch):
    # What a no-sm2 build answers: no key type of that name.
    real = native.Library.function

    def function(self, name, result, *arguments):
        if name == "EVP_PKEY_CTX_new_from_name":
            return lambda *_: None
        return real(self, name, result, *arguments)

    monkeypatch.setattr(native.Library, "function", function)
    assert engine.select_engine().name == "libcrypto-ecpoint"


def test_an_old_library_is_not_usable(monkeypatch):
    monkeypatch.setattr(native, "_MINIMUM", 0xF0000000)
    native.open_library.cache_clear()
    try:
        with pytest.raises(native.EngineUnavailable, match="older"):
            native.open_library("libcrypto.so.3")
        assert engine.select_engine().name == "pure-python"
    finally:
        native.open_library.cache_clear()


def test_a_library_that_fails_inside_never_accepts(monkeypatch):
    broken = engine.select_engine("libcrypto")
    monkeypatch.setattr(broken, "_fromdata_init", lambda *_: 0)
    broken._public.cache_clear()
    broken._private.cache_clear()
    assert not broken.verify_digest(kit.PUBLIC, kit.E, kit.R, kit.S)
    with pytest.raises(SigningError) as caught:
        broken.sign_digest(kit.D, kit.E)
    assert caught.value.code == "sm2.engine_failed"


def test_a_library_that_cannot_sign_says_so(monkeypatch):
    broken = engine.select_engine("libcrypto")
    monkeypatch.setattr(broken, "_sign_init", lambda *_: 0)
    with pytest.raises(SigningError):
        broken.sign_digest(kit.D, kit.E)
    generic = engine.select_engine("libcrypto-ecpoint")
    monkeypatch.setattr(generic._arithmetic, "mod_exp", lambda *_: 0)
    with pytest.raises(SigningError) as caught:
        generic.sign_digest(kit.D, kit.E)
    assert caught.value.code == "sm2.engine_failed"
    monkeypatch.setattr(generic._arithmetic, "random", lambda *_: 0)
    with pytest.raises(SigningError):
        generic.generate()
    monkeypatch.setattr(generic._arithmetic, "multiply", lambda *_: 0)
    with pytest.raises(SigningError):
        generic.public_of(kit.D)
    assert not generic.verify_digest(kit.PUBLIC, kit.E, kit.R, kit.S)


def test_a_library_that_refuses_the_curve_is_not_usable(monkeypatch):
    library = native.open_library()
    monkeypatch.setattr(curve, "GENERATOR", OFF_CURVE)
    with pytest.raises(native.EngineUnavailable):
        ecpoint.Arithmetic(library)
    monkeypatch.setattr(curve, "P", 4)
    with pytest.raises(native.EngineUnavailable):
        ecpoint.Arithmetic(library)


def test_current_engine_is_chosen_once_and_replaced_only_by_argument(monkeypatch):
    monkeypatch.setattr(engine, "_CURRENT", engine._Current())
    first = engine.current_engine()
    assert first.name == "libcrypto"
    assert engine.current_engine() is first
    slow = engine.select_engine("pure-python")
    engine.use_engine(slow)
    assert engine.current_engine() is slow
    check = PublicKey.from_point(kit.PUBLIC).verify(
        b"message digest", curve.encode_signature(kit.R, kit.S), digest="sm3"
    )
    assert check.ok
    with pytest.raises(SigningError) as caught:
        PrivateKey.generate("sm2")
    assert caught.value.code == "sm2.signing_unavailable"


def test_threads_share_an_engine_and_its_keys(each):
    makers = engine.select_engine("libcrypto")
    keys = [makers.generate() for _ in range(4)]
    signed = [(public, makers.sign_digest(private, kit.E)) for private, public in keys]

    def work(number):
        public, (r, s) = signed[number % len(signed)]
        good = each.verify_digest(public, kit.E, r, s)
        bad = each.verify_digest(public, kit.E, r, s ^ 1)
        if each.can_sign:
            pair = each.sign_digest(keys[number % len(keys)][0], kit.E)
            good = good and each.verify_digest(public, kit.E, *pair)
        return good and not bad

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(120)))


def test_keys_outlive_their_place_in_the_cache_and_engines_can_go(monkeypatch):
    fresh = engine.select_engine("libcrypto")
    for _ in range(20):  # more than the private cache holds
        private, public = fresh.generate()
        assert fresh.verify_digest(public, kit.E, *fresh.sign_digest(private, kit.E))
    assert fresh._private.cache_info().currsize == 16
    del fresh
    gc.collect()
    assert engine.current_engine().verify_digest(kit.PUBLIC, kit.E, kit.R, kit.S)


# encodings

DER = curve.encode_signature(kit.R, kit.S)
RAW = kit.R.to_bytes(32, "big") + kit.S.to_bytes(32, "big")


def test_der_and_raw_signatures_are_read():
    assert curve.decode_signature(DER) == (kit.R, kit.S, ())
    assert curve.decode_signature(RAW) == (kit.R, kit.S, ("sm2.raw_signature",))
    assert curve.decode_signature(curve.encode_signature(1, 127)) == (1, 127, ())
    assert curve.encode_signature(0x80, 0) == bytes.fromhex("3007020200800201 00")


def _sequence(*numbers, head=b"\x30"):
    body = b"".join(b"\2" + bytes((len(n),)) + n for n in numbers)
    return head + bytes((len(body),)) + body


R_BYTES, S_BYTES = RAW[:32], RAW[32:]
ODD = {
    "both negative": (_sequence(R_BYTES, S_BYTES), {"sm2.negative_integer"}),
    "r padded": (_sequence(b"\0\0" + R_BYTES, b"\0" + S_BYTES), {"sm2.nonminimal_der"}),
    "r padded, s negative": (
        _sequence(b"\0\0" + R_BYTES, S_BYTES),
        {"sm2.nonminimal_der", "sm2.negative_integer"},
    ),
    "long length": (b"\x30\x81" + DER[1:], {"sm2.nonminimal_der"}),
    "long inner length": (
        b"\x30" + bytes((DER[1] + 1,)) + b"\2\x81" + DER[3:],
        {"sm2.nonminimal_der"},
    ),
}


@pytest.mark.parametrize("case", ODD)
def test_l22_odd_encodings_are_named_and_never_pass(case):
    value, quirks = ODD[case]
    r, s, found = curve.decode_signature(value)
    assert (r, s, set(found)) == (kit.R, kit.S, quirks)
    assert quirks <= curve.FORBIDDEN_QUIRKS
    check = PublicKey.from_point(kit.PUBLIC).verify(b"message digest", value, digest="sm3")
    assert check.ok
    assert not check
    assert check.outcome.ok is None
    assert check.outcome.code in quirks


BROKEN = {
    "empty": b"",
    "one byte": b"\x30",
    "trailing": DER + b"\0",
    "trailing zeros": DER + bytes(8),
    "truncated": DER[:-1],
    "three integers": _sequence(b"\1", b"\2", b"\3"),
    "one integer": _sequence(R_BYTES),
    "empty integer": _sequence(b"", S_BYTES),
    "too large": _sequence(b"\1" + R_BYTES, S_BYTES),
    "set": _sequence(R_BYTES, S_BYTES, head=b"\x31"),
    "octet strings": DER[:2] + b"\4" + DER[3:],
    "indefinite": b"\x30\x80" + DER[2:] + b"\0\0",
    "two length octets": b"\x30\x82\0" + DER[1:],
    "long padding": _sequence(bytes(100) + R_BYTES, S_BYTES),
    "inner runs out": b"\x30\x06\2\1\1\2\5\1",
    "raw short": RAW[1:],
    "raw long": RAW + b"\0",
    "huge": b"\x30" * 100_000,
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_signature_values_are_refused(case):
    with pytest.raises(MalformedInput) as caught:
        curve.decode_signature(BROKEN[case])
    expected = "trailing_bytes" if case.startswith("trailing") else "malformed_signature"
    assert caught.value.code == f"sm2.{expected}"
    key = PublicKey.from_point(kit.PUBLIC)
    check = key.verify(b"message digest", BROKEN[case], digest=None)
    assert check == SignatureCheck(ok=False, code=caught.value.code)


def test_raw_signatures_pass_and_are_named():
    check = PublicKey.from_point(kit.PUBLIC).verify(b"message digest", RAW, digest=None)
    assert check.ok
    assert check
    assert check.quirks == ("sm2.raw_signature",)


def test_other_user_ids_and_lengths():
    key = PrivateKey.from_sm2_scalar(kit.D)
    for ident in (b"", b"ALICE123@YAHOO.COM", bytes(8191)):
        value = key.sign(b"m", user_id=ident)
        assert key.public.verify(b"m", value, digest="sm3", user_id=ident)
        assert not key.public.verify(b"m", value, digest="sm3")
    check = key.public.verify(b"m", value, digest="sm3", user_id=bytes(8192))
    assert check.code == "sm2.user_id_too_long"
    with pytest.raises(MalformedInput):
        curve.z_value(b"\4")


def _stanzas():
    path = SAMPLES / "tongsuo/evppkey_sm2.txt"
    if not path.exists():
        pytest.skip("../shared/samples is absent")
    for block in path.read_text().split("\n\n"):
        pairs = [line.split("=", 1) for line in block.splitlines() if "=" in line]
        yield block, {name.strip(): value.strip().strip('"') for name, value in pairs}


def test_known_answers_of_tongsuo(each):
    blocks = list(_stanzas())
    text = next(block for block, _ in blocks if "BEGIN PRIVATE KEY" in block)
    key = PrivateKey.from_pkcs8(text.encode())
    seen = 0
    for _, fields in blocks:
        if fields.get("Verify") == "SM2_key1" and "Result" not in fields:
            r, s, quirks = curve.decode_signature(bytes.fromhex(fields["Output"]))
            e = bytes.fromhex(fields["Input"])
            assert each.verify_digest(key.public.point, e, r, s)
            assert not each.verify_digest(key.public.point, e, s, r)
            assert quirks == ()
            seen += 1
    assert seen == 2


@pytest.mark.parametrize("name", ["sm2_bad_0.pem", "sm2_bad_1.pem", "sm2_bad_neg1.pem"])
def test_bad_private_keys_of_tongsuo_are_refused(name):
    path = SAMPLES / "tongsuo" / name
    if not path.exists():
        pytest.skip("../shared/samples is absent")
    with pytest.raises(SigningError) as caught:
        PrivateKey.from_pkcs8(path.read_bytes())
    assert caught.value.code == "key.out_of_range"
