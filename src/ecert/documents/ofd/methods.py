"""SignatureMethod and CheckMethod: an OID or a name, in any case and spelling (L22 allows no more).

GB/T 33190-2016 ch. 18 gives MD5 where CheckMethod is absent. A SignatureMethod that names another
algorithm than the signature value carries, or one that nobody knows, is named.
"""

from __future__ import annotations

import re

from ecert.crypto import digest as digests
from ecert.crypto.algorithms import digest_name, signature_algorithm

__all__ = ["check_digest", "method_quirks"]

_HMAC_OID = "1.2.156.10197.1.401.2"
_FILLERS = re.compile(r"with|and|[^a-z0-9]")
_KEYS = {"sm2": "sm2", "rsa": "rsa", "ecdsa": "ec"}


def check_digest(written: str) -> tuple[str | None, tuple[str, ...]]:
    """Return the digest behind a CheckMethod, or None, and the deviations met."""
    if written == _HMAC_OID:
        # The OID of HMAC-SM3 stands for plain SM3 in real files (eseal-crypto.md 6).
        return "sm3", ("ofd.digest_spelling",)
    by_oid = digest_name(written)
    if by_oid is not None:
        return by_oid, ()
    name = written.lower().replace("-", "")
    return (name, ()) if digests.is_known(name) else (None, ())


def method_quirks(written: str, algorithms: tuple[str, ...]) -> tuple[str, ...]:
    """Return what stands against a SignatureMethod.

    Args:
        written: text of the element; blank says nothing.
        algorithms: digest and key kind of the signature value, empty where unknown.

    """
    if not written.strip() or not algorithms:
        return ()
    named = _named(written.strip())
    if named is None:
        return ("ofd.signature_method",)
    same = named[1] == algorithms[1] and named[0] in (None, algorithms[0])
    return () if same else ("ofd.signature_method",)


def _named(written: str) -> tuple[str | None, str] | None:
    """Return (digest or None, key kind) of a method by OID or name, or None."""
    known = signature_algorithm(written)
    if known is not None:
        return known.digest, known.key_kind
    words = _FILLERS.sub("", written.lower())
    for word, key in _KEYS.items():
        if word in words:
            digest = words.replace(word, "", 1).removesuffix("encryption")
            return (digest or None, key) if not digest or digests.is_known(digest) else None
    return None
