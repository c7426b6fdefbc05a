"""Changes to hostile input that keep its outer form: a DER tree with right lengths, a zip that unpacks.

``change`` is whoever changes bytes: libFuzzer, or a seeded generator.
"""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable
from typing import Any

__all__ = ["Change", "mutate_der", "mutate_zip", "tree_bytes", "tree_of"]

Change = Callable[[bytes, int], bytes]
"""Bytes and a greatest length -> other bytes."""
Tree = list[Any]
"""[identifier octet, content or Tree] for each value in turn."""

_DEPTH = 30
_TAGS = (2, 3, 4, 5, 6, 12, 22, 23, 24, 48, 49, 160, 161, 128)
_STORED, _CONTAINER, _TWICE, _STRUCTURED = 0.7, 0.4, 0.1, 0.75
"""Shares: entries stored and not deflated, container bytes changed, an entry doubled, tree changed."""


def mutate_zip(change: Change, data: bytes, size: int, rng: random.Random) -> bytes:
    """Change one entry and pack anew, or change the bytes of the container."""
    files = _entries(data) if rng.random() >= _CONTAINER else []
    if not files:
        return change(data, size)
    at = rng.randrange(len(files))
    path, content = files[at]
    files[at] = (path, change(content, max(64, min(len(content) * 2, 8192))))
    if rng.random() < _TWICE:
        files.insert(rng.randrange(len(files)), rng.choice(files))
    buffer = io.BytesIO()
    method = zipfile.ZIP_STORED if rng.random() < _STORED else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for entry, body in files:
            archive.writestr(zipfile.ZipInfo(entry, (1980, 1, 1, 0, 0, 0)), body, method)
    out = buffer.getvalue()
    return out if len(out) <= size else change(data, size)


def _entries(data: bytes) -> list[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return [(i.filename, archive.read(i)) for i in archive.infolist()]
    except Exception:  # noqa: BLE001 - damaged in any way: its bytes are changed instead
        return []


def tree_of(data: bytes, depth: int = 0) -> Tree | None:
    """Return the values of DER, or None where it is none (long tags and lengths beyond the end)."""
    at, found = 0, []
    while at < len(data):
        start, at = at, at + 2
        if at > len(data) or data[start] & 31 == 31 or depth > _DEPTH:
            return None
        length = data[at - 1]
        if length & 128:
            count = length & 127
            length, at = int.from_bytes(data[at : at + count], "big"), at + count
        if length > len(data) - at:
            return None
        body = data[at : at + length]
        inner = tree_of(body, depth + 1) if data[start] & 32 and body else None
        found.append([data[start], body if inner is None else inner])
        at += length
    return found


def tree_bytes(tree: Tree) -> bytes:
    """Return DER with lengths that fit."""
    out = bytearray()
    for tag, content in tree:
        body = tree_bytes(content) if isinstance(content, list) else content
        size = len(body)
        wide = size.to_bytes((size.bit_length() + 7) // 8, "big")
        out += bytes([tag]) + (bytes([size]) if size < 128 else bytes([128 | len(wide)]) + wide)
        out += body
    return bytes(out)


def _places(tree: Tree) -> list[tuple[Tree, int]]:
    found: list[tuple[Tree, int]] = []
    for number, item in enumerate(tree):
        found.append((tree, number))
        if isinstance(item[1], list):
            found += _places(item[1])
    return found


def mutate_der(change: Change, data: bytes, size: int, rng: random.Random) -> bytes:
    """Change values of the tree and write all lengths anew, or change bytes."""
    tree = tree_of(data) if rng.random() < _STRUCTURED else None
    if not tree:
        return change(data, size)
    for _ in range(rng.choice((1, 1, 2, 3))):
        places = _places(tree)
        if places:
            _one(change, *rng.choice(places), rng.choice(places), rng)
    out = tree_bytes(tree)
    return out if len(out) <= size else change(data, size)


def _one(change: Change, owner: Tree, at: int, other: tuple[Tree, int], rng: random.Random) -> None:
    """Change the value at one place; ``other`` is a place to copy from."""
    item, (tag, content) = owner[at], other[0][other[1]]
    what = rng.randrange(6)
    if what == 0:
        del owner[at]
    elif what == 1:
        owner.insert(at, [tag, _copy(content)])
    elif what == 2:
        item[0] = rng.choice((*_TAGS, rng.randrange(256)))
    elif what == 3:
        item[1] = _copy(content)
    elif isinstance(item[1], bytes):
        item[1] = change(item[1] or b"\0", max(16, 2 * len(item[1])))
    else:
        rng.shuffle(item[1])


def _copy(content: Any) -> Any:
    return [[tag, _copy(body)] for tag, body in content] if isinstance(content, list) else content
