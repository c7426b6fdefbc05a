"""Digests: published vectors, and the second SM3 behind the first."""

from __future__ import annotations

import hashlib

import gmalg
import gmssl_pyx
import pytest

from ecert.crypto import digest
from ecert.errors import MalformedInput

# GB/T 32905-2016 A.1 and A.2
SM3 = {
    b"abc": "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
    b"abcd" * 16: "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732",
}
ABC = {
    "md5": "900150983cd24fb0d6963f7d28e17f72",
    "sha1": "a9993e364706816aba3e25717850c26c9cd0d89d",
    "sha224": "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
    "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "sha3_256": "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
    "sm3": SM3[b"abc"],
}


@pytest.mark.parametrize(("message", "expected"), SM3.items())
def test_sm3_vectors_of_the_standard(message, expected):
    assert digest.digest("sm3", message).hex() == expected


@pytest.mark.parametrize(("name", "expected"), ABC.items())
def test_published_digests_of_abc(name, expected):
    assert digest.digest(name, b"abc").hex() == expected


@pytest.mark.parametrize("name", digest.SIZES)
def test_every_name_has_its_stated_size(name):
    hasher = digest.new(name)
    assert hasher.digest_size == digest.SIZES[name] == len(hasher.digest())
    assert digest.is_known(name)


@pytest.mark.parametrize("size", [0, 1, 55, 56, 63, 64, 65, 1000])
def test_sm3_agrees_with_two_other_implementations(size):
    data = bytes(i * 7 & 0xFF for i in range(size))
    second = gmalg.SM3()
    second.update(data)
    assert digest.digest("sm3", data) == second.value() == gmssl_pyx.sm3_hash(data)


def test_sm3_without_openssl_support_comes_from_cryptography(monkeypatch):
    def refuse(name, **_):
        raise ValueError(name)

    monkeypatch.setattr(hashlib, "new", refuse)
    with pytest.raises(MalformedInput):
        digest.new("md5")
    hasher = digest.new("sm3")
    assert type(hasher).__name__ == "_LibrarySM3"
    hasher.update(b"ab")
    twin = hasher.copy()
    twin.update(b"c")
    assert (twin.name, twin.digest_size) == ("sm3", 32)
    assert twin.hexdigest() == twin.hexdigest() == SM3[b"abc"]
    monkeypatch.undo()
    assert hasher.digest() == digest.digest("sm3", b"ab")


@pytest.mark.parametrize("name", ["", "SM3", "md4", "shake_128", "x" * 5000])
def test_unknown_names_are_refused(name):
    assert not digest.is_known(name)
    with pytest.raises(MalformedInput) as caught:
        digest.new(name)
    assert caught.value.code == "digest.unsupported"
    assert len(caught.value.message) < 100
