"""RC2 decryption in CBC (RFC 2268): old PKCS#12 files hide their public certificates with it.

Never used to write. ``cryptography`` has it for 128-bit keys, OpenSSL 3 in its legacy provider.
"""

from __future__ import annotations

import struct

__all__ = ["decrypt_cbc"]

# RFC 2268 2: the permutation PITABLE.
_PI = bytes.fromhex(
    "d978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2"
    "179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0bf09521225c6b4e82"
    "54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626"
    "6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed7"
    "08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ec"
    "c2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731"
    "2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a9"
    "0d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad"
)
_ROTATE = (1, 2, 3, 5)
_WORD = 0xFFFF


def _expand(key: bytes) -> tuple[int, ...]:
    """Return the 64 words of the key schedule; effective bits are eight times the key's length."""
    size, table = len(key), bytearray(key)
    while len(table) < 128:  # noqa: PLR2004 - RFC 2268 2
        table.append(_PI[(table[-1] + table[-size]) & 0xFF])
    table[128 - size] = _PI[table[128 - size]]
    for at in range(127 - size, -1, -1):
        table[at] = _PI[table[at + 1] ^ table[at + size]]
    return struct.unpack("<64H", table)


def _block(words: tuple[int, ...], data: bytes) -> bytes:
    """Decrypt one block (RFC 2268 4)."""
    r = list(struct.unpack("<4H", data))
    at = 63
    for step in range(16):
        for i in (3, 2, 1, 0):
            count = _ROTATE[i]
            value = (r[i] >> count | r[i] << 16 - count) & _WORD
            mixed = (r[i - 1] & r[i - 2]) + (~r[i - 1] & r[i - 3])
            r[i] = (value - words[at] - mixed) & _WORD
            at -= 1
        if step in {4, 10}:
            for i in (3, 2, 1, 0):
                r[i] = (r[i] - words[r[i - 1] & 63]) & _WORD
    return struct.pack("<4H", *r)


def decrypt_cbc(key: bytes, iv: bytes, data: bytes) -> bytes:
    """Return the plain text, padding included; ``data`` is whole blocks of 8 bytes."""
    words, last, out = _expand(key), iv, bytearray()
    for at in range(0, len(data), 8):
        block = data[at : at + 8]
        out += bytes(a ^ b for a, b in zip(_block(words, block), last, strict=True))
        last = block
    return bytes(out)
