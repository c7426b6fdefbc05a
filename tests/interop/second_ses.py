"""A second reader and verifier of seals and SES_Signature, sharing nothing with ecert.

Own slicing, gmalg for SM2 and SM3; default user ID only. It answers in a plain dict, or raises.
"""

from __future__ import annotations

from typing import Any

from gmalg import SM2, SM3

Node = tuple[int, bytes, bytes]  # tag, content, whole encoding


def tlv(data: bytes, at: int = 0) -> tuple[Node, int]:
    tag, length, head = data[at], data[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7F
        length, head = int.from_bytes(data[head : head + count], "big"), head + count
    end = head + length
    if end > len(data):
        raise ValueError("short")
    return (tag, data[head:end], data[at:end]), end


def kids(content: bytes) -> list[Node]:
    found, at = [], 0
    while at < len(content):
        node, at = tlv(content, at)
        found.append(node)
    return found


def one(data: bytes) -> list[Node]:
    node, end = tlv(data)
    if end != len(data) or node[0] != 0x30:
        raise ValueError("not one SEQUENCE")
    return kids(node[1])


def sm3(data: bytes) -> bytes:
    hasher = SM3()
    hasher.update(data)
    return hasher.value()


def public_key(certificate: bytes) -> bytes:
    tbs = kids(one(certificate)[0][1])
    tbs = tbs[1:] if tbs[0][0] == 0xA0 else tbs
    algorithm, bits = kids(tbs[5][1])
    assert algorithm[1].endswith(bytes.fromhex("06082a811ccf5501822d")), "not an SM2 key"
    return bits[1][1:]


def sm2_ok(certificate: bytes, message: bytes, signature: bytes) -> bool:
    if len(signature) == 64:
        r, s = signature[:32], signature[32:]
    else:
        r, s = (int.from_bytes(n[1], "big").to_bytes(32, "big") for n in one(signature))
    return bool(SM2(uid=b"1234567812345678", pk=public_key(certificate)).verify(message, r, s))


def seal(raw: bytes) -> dict[str, Any]:
    top = one(raw)
    info = kids(top[0][1])
    prop = kids(info[2][1])
    old = len(top) == 2
    if old:
        cert, oid, bits = kids(top[1][1])
        body = top[0][2] + cert[2] + oid[2]
        size = len(body)
        head = bytes([0x30, 0x82]) + size.to_bytes(2, "big") if size < 65536 else b""
        if size >= 65536:
            head = bytes([0x30, 0x83]) + size.to_bytes(3, "big")
        message, entries = head + body, prop[2]
    else:
        cert, oid, bits = top[1], top[2], top[3]
        message, entries = top[0][2], prop[3]
    return {
        "version": int.from_bytes(kids(info[0][1])[1][1], "big"),
        "es_id": info[1][1].decode("ascii"),
        "name": prop[1][1].decode("utf-8"),
        "dates": tuple(n[1].decode("ascii") for n in prop[-3:]),
        "digests": not old and prop[2][1] == b"\x02",
        "list": [n[1] for n in kids(entries[1])],
        "maker": cert[1],
        "picture": kids(info[3][1])[1][1],
        "ok": sm2_ok(cert[1], message, bits[1][1:]),
    }


def signature(raw: bytes) -> dict[str, Any]:
    top = one(raw)
    tbs = kids(top[0][1])
    cert, bits = (tbs[5], top[1]) if len(top) == 2 else (top[1], top[3])
    inner = seal(tbs[1][2])
    entries = [kids(e)[1][1] for e in inner["list"]] if inner["digests"] else inner["list"]
    return {
        "seal": inner,
        "signer": cert[1],
        "data_hash": tbs[3][1][1:],
        "property": tbs[4][1],
        "listed": (sm3(cert[1]) if inner["digests"] else cert[1]) in entries,
        "timestamp": kids(top[4][1])[0][1][1:] if len(top) == 5 else None,
        "ok": sm2_ok(cert[1], top[0][2], bits[1][1:]),
    }
