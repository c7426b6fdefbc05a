"""SM2 through libcrypto's EVP calls: the default engine, patched by the operating system's vendor.

Keys are EVP_PKEY objects owned by Python and kept in a bounded cache by their bytes; each operation
makes and frees its own EVP_PKEY_CTX, because those are not thread-safe. GB/T 32918.2-2016.
"""

from __future__ import annotations

import ctypes as C  # noqa: N812 - as in native
from functools import lru_cache

from ecert.crypto.sm2 import curve
from ecert.crypto.sm2.ecpoint import Arithmetic
from ecert.crypto.sm2.native import EngineUnavailable, Handle, Library
from ecert.errors import SigningError

__all__ = ["LibcryptoEngine"]

_PTR, _INT, _BYTES, _SIZE = C.c_void_p, C.c_int, C.c_char_p, C.c_size_t
_PUBLIC_KEY, _KEYPAIR = 0x86, 0x87  # EVP_PKEY_PUBLIC_KEY, EVP_PKEY_KEYPAIR
_SIGNATURE_BYTES = 80  # DER of two 33-byte integers is at most 72


class LibcryptoEngine:
    """SM2 by EVP_PKEY_sign and EVP_PKEY_verify over a 32-byte e.

    Args:
        library: the libcrypto to use.

    Raises:
        EngineUnavailable: the library was built without SM2.

    """

    name = "libcrypto"
    certified = False
    can_sign = True

    def __init__(self, library: Library) -> None:
        self.version = library.version
        self.source = library.source
        self._library = library
        self._arithmetic = Arithmetic(library)
        bind = library.function
        self._ctx_from_name = bind("EVP_PKEY_CTX_new_from_name", _PTR, _PTR, _BYTES, _BYTES)
        self._ctx_from_key = bind("EVP_PKEY_CTX_new_from_pkey", _PTR, _PTR, _PTR, _BYTES)
        self._ctx_free = bind("EVP_PKEY_CTX_free", None, _PTR)
        self._key_free = bind("EVP_PKEY_free", None, _PTR)
        self._fromdata_init = bind("EVP_PKEY_fromdata_init", _INT, _PTR)
        self._fromdata = bind("EVP_PKEY_fromdata", _INT, _PTR, C.POINTER(_PTR), _INT, _PTR)
        self._builder_new = bind("OSSL_PARAM_BLD_new", _PTR)
        self._builder_free = bind("OSSL_PARAM_BLD_free", None, _PTR)
        self._push_text = bind("OSSL_PARAM_BLD_push_utf8_string", _INT, _PTR, _BYTES, _BYTES, _SIZE)
        self._push_octets = bind(
            "OSSL_PARAM_BLD_push_octet_string", _INT, _PTR, _BYTES, _BYTES, _SIZE
        )
        self._push_number = bind("OSSL_PARAM_BLD_push_BN", _INT, _PTR, _BYTES, _PTR)
        self._to_params = bind("OSSL_PARAM_BLD_to_param", _PTR, _PTR)
        self._params_free = bind("OSSL_PARAM_free", None, _PTR)
        self._secure_new = bind("BN_secure_new", _PTR)
        self._sign_init = bind("EVP_PKEY_sign_init", _INT, _PTR)
        self._sign = bind("EVP_PKEY_sign", _INT, _PTR, _BYTES, C.POINTER(_SIZE), _BYTES, _SIZE)
        self._verify_init = bind("EVP_PKEY_verify_init", _INT, _PTR)
        self._verify = bind("EVP_PKEY_verify", _INT, _PTR, _BYTES, _SIZE, _BYTES, _SIZE)
        self._public = lru_cache(maxsize=1024)(self._load_public)
        self._private = lru_cache(maxsize=16)(self._load_private)
        probe = self._ctx_from_name(library.context, b"SM2", None)
        if not probe:
            library.clear_errors()
            raise EngineUnavailable("libcrypto was built without SM2")
        self._ctx_free(probe)

    def _load_public(self, public: bytes) -> Handle | None:
        return self._key(public, None) if curve.is_on_curve(public) else None

    def _load_private(self, private: bytes) -> Handle | None:
        return self._key(self.public_of(private), private)

    def _key(self, public: bytes, private: bytes | None) -> Handle | None:
        """Make an EVP_PKEY; every intermediate object is freed on every path."""
        number = params = None
        builder = self._builder_new()
        context = self._ctx_from_name(self._library.context, b"SM2", None)
        made = C.c_void_p()
        try:
            ok = self._push_text(builder, b"group", b"SM2", 0) == 1
            ok = ok and self._push_octets(builder, b"pub", public, len(public)) == 1
            if private is not None:
                # A secure BIGNUM makes the builder keep its copy in cleansed memory.
                number = self._arithmetic.bin2bn(private, len(private), self._secure_new())
                ok = ok and self._push_number(builder, b"priv", number) == 1
            params = self._to_params(builder)
            selection = _PUBLIC_KEY if private is None else _KEYPAIR
            ok = ok and bool(params) and self._fromdata_init(context) == 1
            if not ok or self._fromdata(context, C.byref(made), selection, params) != 1:
                self._library.clear_errors()
                return None
            assert made.value is not None
            return Handle(made.value, self._key_free)
        finally:
            self._params_free(params)
            self._builder_free(builder)
            self._ctx_free(context)
            self._arithmetic.bn_free(number)

    def verify_digest(self, public: bytes, e: bytes, r: int, s: int) -> bool:
        """Whether (r, s) signs e; False for any malformed argument."""
        if not curve.in_range(r, s) or len(e) != curve.DIGEST_BYTES:
            return False
        key = self._public(public)
        if key is None:
            return False
        signature = curve.encode_signature(r, s)
        context = self._ctx_from_key(self._library.context, key.pointer, None)
        try:
            if (
                self._verify_init(context) == 1
                and self._verify(context, signature, len(signature), e, len(e)) == 1
            ):
                return True
            self._library.clear_errors()
            return False
        finally:
            self._ctx_free(context)

    def sign_digest(self, private: bytes, e: bytes) -> tuple[int, int]:
        """Return (r, s) over e.

        Raises:
            SigningError: ``key.out_of_range``, ``sm2.digest_length`` or ``sm2.engine_failed``.

        """
        if len(e) != curve.DIGEST_BYTES:
            raise SigningError("sm2.digest_length", "SM2 signs 32 bytes")
        key = self._private(private)
        if key is None:
            raise SigningError("sm2.engine_failed", "libcrypto refuses the SM2 private key")
        out, size = C.create_string_buffer(_SIGNATURE_BYTES), C.c_size_t(_SIGNATURE_BYTES)
        context = self._ctx_from_key(self._library.context, key.pointer, None)
        try:
            if (
                self._sign_init(context) != 1
                or self._sign(context, out, C.byref(size), e, len(e)) != 1
            ):
                self._library.clear_errors()
                raise SigningError("sm2.engine_failed", "libcrypto could not sign")
        finally:
            self._ctx_free(context)
        r, s, _ = curve.decode_signature(out.raw[: size.value])
        return r, s

    def generate(self) -> tuple[bytes, bytes]:
        """Return a new private key and its public key."""
        return self._arithmetic.generate()

    def public_of(self, private: bytes) -> bytes:
        """Return the public key of a private key."""
        return self._arithmetic.public_of(private)
