"""BER around a CMS: only the frame is made definite, what lies inside stays byte for byte (L21)."""

from __future__ import annotations

import random

import pytest

from ecert.crypto import der_build as b
from ecert.crypto.ber import frame
from ecert.errors import MalformedInput

END = b"\0\0"
INNER = b.sequence(b.integer(1), b.octet_string(b"signed"))


def long(tag: int, *parts: bytes) -> bytes:
    return bytes((tag, 0x80)) + b"".join(parts) + END


def cms(levels: int, inner: bytes = INNER) -> bytes:
    def one(level: int, tag: int, *parts: bytes) -> bytes:
        return long(tag, *parts) if level < levels else b.tlv(tag, *parts)

    members = (b.integer(1), one(3, 0x31, inner), one(3, 0xA0, inner))
    body = one(1, 0xA0, one(2, 0x30, *members))
    return one(0, 0x30, b.oid("1.2.840.113549.1.7.2"), body)


@pytest.mark.parametrize("levels", [1, 2, 3, 4])
@pytest.mark.parametrize("tail", [b"", b"\0" * 7, b"rest"])
def test_the_frame_becomes_what_der_would_be(levels, tail):
    data = cms(levels)
    assert frame(data + tail) == (cms(0), len(data))


def test_values_of_definite_length_are_kept_as_they_are():
    """Also where they are no DER: a long form where the short one would do."""
    odd = b"\x30\x81\x03\x02\x01\x07"
    framed, _ = frame(cms(4, odd))
    assert framed.count(odd) == 2


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        cms(0),
        cms(4, long(0x30, b.integer(1))),  # a signer or certificate of indefinite length
        b"\x30\x80\x04\x80ab\0\0\0\0",
        b"\x30\x80\x02\x05\x01",
        cms(4)[:-1],
        b"\x30\x80" * 5000,
        b"\x30\x80" + b"\x05\x00" * 5000,
    ],
)
def test_what_is_no_frame_is_refused(data):
    with pytest.raises(MalformedInput):
        frame(data)


def test_any_bytes_end():
    rng = random.Random(8)
    for _ in range(3000):
        data = bytearray(cms(rng.randrange(5)))
        for _ in range(rng.randrange(1, 4)):
            data[rng.randrange(len(data))] = rng.choice((0, 0x30, 0x80, 0xA0, rng.randrange(256)))
        try:
            framed, end = frame(bytes(data))
        except MalformedInput:
            continue
        assert framed[:1] == data[:1]
        assert end <= len(data)
