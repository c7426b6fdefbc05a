"""Laws of the PDF reader: it never raises, and no single changed byte goes unnoticed (L9, L21)."""

from __future__ import annotations

import random
import sys
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pdf_kit as kit
from ecert.documents.facts import DocumentFacts
from ecert.documents.pdf.insignificant import Insignificant, insignificant_ranges

pytestmark = pytest.mark.property


@cache
def document(kind: str) -> bytes:
    if kind == "ses":
        return kit.signed(kit.ses)
    if kind.endswith(".pdf"):
        return kit.read_sample(kind)
    return kit.signed(kit.cms(kind))


@cache
def ranges(kind: str) -> tuple[Insignificant, ...]:
    return insignificant_ranges(document(kind))


def good(facts: DocumentFacts, original: DocumentFacts) -> bool:
    """Everything that an accept rests on, as facts: nothing failed, and the signer is the same."""
    before = original.signatures[0]
    return (
        all(o.ok for o in (facts.format.recognized, facts.format.single, facts.format.static))
        and len(facts.signatures) == 1
        and all(
            one.structure.ok and one.digest.ok and one.value.ok and one.changes_after.ok
            and one.coverage == "whole" and one.signer == before.signer
            and one.signer_bound.ok is before.signer_bound.ok
            and set(one.quirks) <= set(before.quirks)
            for one in facts.signatures
        )
    )  # fmt: skip


KINDS = ["sm2", "rsa", "p256", "ses"]
FOREIGN = ["eseal/pdf/sm2sign.pdf", "eseal/pdf/rsasign.pdf", "pdf/itext/B-B.pdf"]


def flips(kind: str, count: int, seed: int) -> list[int]:
    """Change single bytes, half of them inside the signature value; return the places unnoticed."""
    data = document(kind)
    original = kit.inspect(data)
    assert good(original, original)
    value = next(r for r in ranges(kind) if r.name == "hex_case")
    used = value.end - value.start - len(data[value.start : value.end].split(b"00" * 16)[-1])
    rand = random.Random(seed)
    unnoticed = []
    for turn in range(count):
        at = rand.randrange(len(data)) if turn % 2 else value.start + rand.randrange(used)
        changed = bytearray(data)
        changed[at] ^= rand.choice([1 << rand.randrange(8), rand.randrange(1, 256), 0x20])
        new = bytes(changed)
        if good(kit.inspect(new), original) and not any(r.covers(data, new) for r in ranges(kind)):
            unnoticed.append(at)
    return unnoticed


@pytest.mark.parametrize("kind", KINDS)
def test_no_changed_byte_goes_unnoticed(kind):
    assert flips(kind, 500, 1) == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_no_changed_byte_goes_unnoticed_at_length(kind):
    assert flips(kind, 2000, 2) == []


@pytest.mark.parametrize("kind", FOREIGN)
def test_no_changed_byte_of_foreign_files_goes_unnoticed(kind):
    if not (kit.SAMPLES / kind).exists():
        pytest.skip("../shared/samples is absent")
    assert flips(kind, 300, 3) == []


@given(st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_random_bytes_are_answered(data):
    for candidate in (data, b"%PDF-1.7\n" + data, b"%PDF-1.7\n" + data + b"startxref\n9\n%%EOF\n"):
        facts = kit.inspect(candidate)
        assert facts.size == len(candidate)
        assert facts.format.recognized.ok is not True or not facts.signatures


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_mutated_files_are_answered(data):
    """Blocks cut, doubled or overwritten: always facts, never an exception."""
    file = document(data.draw(st.sampled_from(KINDS)))
    start = data.draw(st.integers(0, len(file) - 1))
    length = data.draw(st.integers(0, 400))
    block = data.draw(
        st.sampled_from([b"", b"<<", b"[[[", b"(", b"%", b"endobj", b"\0", b"9" * 30])
    )
    times = data.draw(st.integers(0, 3))
    mutated = file[:start] + block * times + file[start + length :]
    facts = kit.inspect(mutated)
    if mutated != file:
        assert not (facts.signatures and good(facts, kit.inspect(file)))
