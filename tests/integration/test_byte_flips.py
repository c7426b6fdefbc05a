"""One byte changed at 2,000 random places of every good file: never accepted.

Except where nobody sees or relies on the byte. The classes are listed and argued by the readers
themselves (`documents.pdf.insignificant`, `documents.ofd.ziprecords`) and below; a change counts as
harmless only if all of it lies in one such range, so the list of classes is closed.
"""

from __future__ import annotations

import random
import re
import sys
from collections import Counter
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest
import yaml

from ecert.documents.ofd.ziprecords import insignificant_ranges as ofd_ranges
from ecert.documents.pdf.insignificant import insignificant_ranges as pdf_ranges
from ecert.facade import Asking, verify
from ecert.trust.store import TrustStore
from ecert.verification.policy import Policy

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "sample_certs"
sys.path.insert(0, str(ROOT / "tests"))

PLACES, PARTS = 2000, 4
ROWS = yaml.safe_load((SAMPLES / "manifest.yaml").read_text(encoding="utf-8"))["samples"]
GOOD = {
    row["file"] for row in ROWS if row["decision"] == "accept" and row["question"]["matter"] is None
}
CLASSES = {
    "hex_case": "a hexadecimal digit of /Contents in the other case has the same value",
    "other_certificate": "embedded beside the signer's: never trusted for being there",
    "crl": "the presenter's own evidence clears only where its own signature holds (L17)",
    "unsigned_attribute": "a time stamp proves only where its own signature holds",
    "version": "which program packed the entry; nothing reads it",
    "timestamp": "when the entry was packed; the signed time stands in the signature",
    "attributes": "file permissions of an unpacked entry",
    "extra": "extra fields of the zip entry; what it holds is digested unpacked",
    "cms_version": "SignedData.version, unsigned syntax: 1 and 3 are both read, nothing follows from it",
    "tolerated_spelling": "an L22 spelling outside the signed bytes, named in the report as a quirk",
    "packing": "how the same bytes are compressed; what comes out is digested",
}


@cache
def setting():
    at = datetime.fromisoformat(ROWS[0]["question"]["at"])
    return TrustStore.load(SAMPLES / "trust"), at, Policy.default()


def accepted(data: bytes, trust: TrustStore, at: datetime, policy: Policy) -> set[str] | None:
    """Return the named quirks of an accepted file, None for one that is not accepted."""
    report = verify(data, trust=trust, at=at, policy=policy, asking=Asking(test_trust="allowed"))
    assert report.exit_code in (4, 10, 11, 12)
    if report.decision.value != "accept":
        return None
    return {quirk for signature in report.signatures for quirk in signature.quirks}


def flip(data: bytes, rng: random.Random, number: int) -> bytes:
    """Return the file with one byte changed: one bit, or any other value, in turn."""
    place = rng.randrange(len(data))
    old = data[place]
    new = old ^ (1 << rng.randrange(8)) if number % 2 else (old + rng.randrange(1, 256)) % 256
    return data[:place] + bytes([new]) + data[place + 1 :]


HEADER = rb"(?:[0-7][0-9a-f]|81..|82....|83......)"
VERSION = re.compile(
    rb"30%s06(?:09.{18}|0a.{20})a0%s30%s0201(?=0[13])" % (HEADER, HEADER, HEADER), re.IGNORECASE
)
"""Everything before SignedData.version: ContentInfo with either content type (RFC 5652, GM/T 0010)."""
SPELLINGS = {"seal.unused_bits", "x509.unused_bits", "cms.null_parameters"}


def harmless(data: bytes, changed: bytes, gained: set[str]) -> str | None:
    """Return the class of a change that nobody sees or relies on, or None."""
    at = next(i for i, (a, b) in enumerate(zip(data, changed, strict=True)) if a != b)
    if gained and gained <= SPELLINGS:
        return "tolerated_spelling"
    if data.startswith(b"PK"):
        return next((name for start, end, name in ofd_ranges(data) if start <= at < end), None)
    found = VERSION.search(data)
    if found and found.end() <= at < found.end() + 2:
        return "cms_version"
    return next((r.name for r in pdf_ranges(data) if r.covers(data, changed)), None)


def check(
    data: bytes, part: int, seed: str, *, places: int = PLACES // PARTS, setting=None
) -> Counter:
    trust, at, policy = setting
    rng, seen = random.Random(f"{seed}-{part}"), Counter()
    before = accepted(data, trust, at, policy)
    assert before is not None
    for number in range(places):
        changed = flip(data, rng, number)
        after = accepted(changed, trust, at, policy)
        if after is None:
            continue
        name = harmless(data, changed, after - before)
        place = next(i for i, (a, b) in enumerate(zip(data, changed, strict=True)) if a != b)
        assert name in CLASSES, (
            f"{seed}: byte {place} {data[place]:#x} -> {changed[place]:#x} accepted: "
            f"{data[max(0, place - 40) : place + 40]!r}"
        )
        seen[name] += 1
    return seen


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_flipped_byte_of_a_sample_is_never_accepted(name, part):
    data = (SAMPLES / name).read_bytes()
    check(data, part, name, setting=setting())


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_a_flipped_byte_of_a_new_ofd_is_never_accepted(part):
    from attacks.generator import good_files, store
    from attacks.world import AT

    data = good_files()["ofd"]
    trust = store()
    check(data, part, "new ofd", setting=(trust, AT, Policy.default()))


def entry_flip(files: dict[str, bytes], rng: random.Random) -> dict[str, bytes]:
    """Change one byte of one entry; places are drawn over small and large entries alike."""
    name = rng.choice(sorted(files))
    data, place = files[name], rng.randrange(len(files[name]))
    changed = data[:place] + bytes([data[place] ^ (1 << rng.randrange(8))]) + data[place + 1 :]
    return files | {name: changed}


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_a_flipped_byte_inside_an_ofd_entry_is_never_accepted(part):
    """The package is put together anew, so that the checksum of the zip does not catch the change."""
    from attacks.generator import good_files, store
    from attacks.ofd_attacks import pack, unpack
    from attacks.world import AT

    trust, policy = store(), Policy.default()
    files = unpack(good_files()["ofd"])
    before = accepted(pack(files), trust, AT, policy)
    assert before is not None
    rng = random.Random(f"entries {part}")
    for _ in range(PLACES // PARTS):
        changed = entry_flip(files, rng)
        (name,) = [n for n in files if files[n] != changed[n]]
        after = accepted(pack(changed), trust, AT, policy)
        assert after is None or (after - before) in ({s} for s in SPELLINGS), (
            name,
            changed[name][:2000],
        )


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(GOOD))
def test_every_byte_of_the_signature_and_of_the_end_matters(name):
    """Random places seldom meet the small parts: the skeleton is walked byte by byte."""
    data = (SAMPLES / name).read_bytes()
    trust, at, policy = setting()
    rng = random.Random(name)
    before = accepted(data, trust, at, policy)
    assert before is not None
    places = [*range(16), *range(len(data) - 120, len(data))]
    marks = (b"/ByteRange", b"/Contents", b"/Perms", b"/AcroForm", b"PK\x01\x02")
    starts = [data.find(mark) for mark in marks]
    places += [p + i for p in starts if p >= 0 for i in range(24)]
    for place in places:
        changed = data[:place] + bytes([data[place] ^ (1 << rng.randrange(8))]) + data[place + 1 :]
        after = accepted(changed, trust, at, policy)
        if after is not None:
            assert harmless(data, changed, after - before) in CLASSES, (
                name,
                place,
                data[place - 20 : place + 20],
            )


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(GOOD - {"good_ofd.ofd"}))
def test_every_bit_around_the_signed_data_of_the_value_matters(name):
    """The first and last bytes of the signature value, where structure and value stand, bit by bit."""
    data = (SAMPLES / name).read_bytes()
    trust, at, policy = setting()
    before = accepted(data, trust, at, policy)
    start = data.index(b"/Contents <") + len(b"/Contents <")
    value = bytes.fromhex(data[start : data.index(b">", start)].decode())
    size = len(value.rstrip(b"\0"))
    classes = Counter()
    for place in [*range(20, 30), *range(size - 80, size + 2)]:
        for bit in (1, 2):
            new = bytearray(value)
            new[place] ^= bit
            changed = data[:start] + bytes(new).hex().encode() + data[start + 2 * len(value) :]
            after = accepted(changed, trust, at, policy)
            if after is not None:
                classes[harmless(data, changed, after - before)] += 1
    assert set(classes) <= {"cms_version", "tolerated_spelling"}, classes
