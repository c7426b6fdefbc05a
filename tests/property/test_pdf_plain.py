"""Two readers of objects, one answer: where the plain reader answers, qpdf reads the same (L8, L24)."""

from __future__ import annotations

import random
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


import pdf_kit as kit
from ecert.documents.pdf import plain
from ecert.documents.pdf.facts import inspect_pdf
from ecert.documents.pdf.fields import can_draw, is_signature
from ecert.documents.pdf.general import read_general
from ecert.documents.pdf.objects import Found
from ecert.documents.pdf.plain import read_plain
from ecert.documents.pdf.static import Stillness
from ecert.documents.pdf.structure import scan
from ecert.documents.pdf.values import Array, Body, Dictionary, Numbers
from ecert.errors import MalformedInput
from ecert.limits import Limits

pytestmark = pytest.mark.property
LIMITS = Limits()
ROOT = Path(__file__).resolve().parents[2]
ISSUED = sorted((ROOT / "sample_certs").glob("*.pdf"))
FOREIGN = sorted((ROOT.parent / "shared" / "samples" / "pdf").rglob("*.pdf"))
PIECES = (
    b"/", b"<<", b">>", b"[", b"]", b"(", b")", b"<", b">", b" ", b"\n", b"%", b"\\", b"0", b"-", b".",
    b" 7 0 R", b" null ", b"#41", b"/Type/Catalog", b"endobj\n", b"stream\n", b"endstream", b"(a\\)b)", b"true",
    b"+.5", b"1e3", b"--4", b"99999999999999999999", b"/A 1 /A 2", b"\x80", b"\x00", b"R", b"obj", b"<</Length 3>>",
)  # fmt: skip


def expanded(value: Any) -> Any:
    if isinstance(value, Numbers):
        return tuple(map(expanded, value.read()))
    if isinstance(value, dict):
        return {key: expanded(item) for key, item in value.items()}
    return tuple(map(expanded, value)) if type(value) is tuple else value


def content(body: Body) -> tuple[Any, ...]:
    things = {
        place: (expanded(t.value), t.stream, t.refs, body.stored(place) if t.stream else b"")
        for place, t in body.things.items()
    }
    return things, list(things), body.root.objgen, body.warnings


def plainly(data: bytes) -> Body | None:
    try:
        found = read_plain(data, scan(data, LIMITS))
    except MalformedInput:
        return None
    return found[0] if found else None


def same(data: bytes) -> bool:
    """Whether both read the same; True where the plain reader has no opinion."""
    mine = plainly(data)
    return mine is None or content(mine) == content(read_general(data, LIMITS))


@cache
def corpus() -> tuple[bytes, ...]:
    made = [kit.signed(kit.cms("sm2")), kit.signed(kit.ses)]
    return (*made, *(path.read_bytes() for path in ISSUED))


def shifted(base: bytes, changed: bytes, here: int) -> bytes:
    """Return the changed file with its table mended: what stood behind ``here`` has moved."""
    moved = len(changed) - len(base)

    def row(match: re.Match[bytes]) -> bytes:
        place = int(match[1])
        return b"%010d%s" % (place + moved * (place > here), match[2])

    start = changed.rindex(b"\nxref") + 1
    tail = re.sub(rb"(\d{10})( \d{5} n)", row, changed[start:])
    return changed[:start] + re.sub(rb"startxref\n\d+", b"startxref\n%d" % start, tail)


def mutant(seed: int) -> bytes:
    """Insert, drop or replace a piece of the text of a plain file; mend the table half of the time."""
    rng = random.Random(seed)
    base = rng.choice(corpus())
    body = plainly(base)
    assert body is not None or b"startxref" in base
    starts = [e.offset for e in scan(base, LIMITS).entries.values() if e is not None]
    start = rng.choice(starts)
    here = start + rng.randrange(0, 300)
    piece = rng.choice(PIECES)
    gone = rng.choice((0, 0, 1, 2, len(piece), len(piece)))
    changed = base[:here] + piece + base[here + gone :]
    return shifted(base, changed, here) if rng.random() < 0.7 else changed


@pytest.mark.parametrize("path", ISSUED, ids=lambda p: p.name)
def test_issued_files_of_one_revision_are_plain(path: Path) -> None:
    data = path.read_bytes()
    assert (plainly(data) is None) is (inspect_pdf(data, LIMITS).revisions > 1)
    assert same(data)


def test_foreign_files() -> None:
    if not FOREIGN:
        pytest.skip("the foreign samples are not here")
    answered = 0
    for path in FOREIGN:
        data = path.read_bytes()
        answered += plainly(data) is not None
        assert same(data), path.name
    assert answered


@pytest.mark.parametrize("block", range(8))
def test_l24_mutants(block: int) -> None:
    answered = 0
    for seed in range(block * 60, block * 60 + 60):
        data = mutant(seed)
        answered += plainly(data) is not None
        assert same(data), seed
    assert answered  # the comparison is not empty


def lively(found: Found) -> bool:
    still = Stillness(plainly(corpus()[0]))  # type: ignore[arg-type]
    before = (still.outcome, still.notes)
    still.look(found)
    acts = can_draw(found) or is_signature(found) or "EF" in found.keys
    return acts or (still.outcome, still.notes) != before


def test_l8_what_is_passed_over_can_do_nothing() -> None:
    passed = 0
    for data in [
        *corpus(),
        *(mutant(seed) for seed in range(120)),
        *(p.read_bytes() for p in FOREIGN),
    ]:
        try:
            body = plainly(data) or read_general(data, LIMITS)
        except MalformedInput:
            continue
        for place, thing in body.things.items():
            if thing.calm:
                passed += 1
                found = (
                    Found(
                        body.at(place) if v is thing.value else Dictionary(body, v),
                        keys,
                        place,
                        v is thing.value,
                    )
                    for v, keys in thing.inside
                )
                assert not any(map(lively, found)), place
    assert passed


def test_members_of_an_array_come_bound() -> None:
    body = plainly(corpus()[0])
    assert body is not None
    arrays = [v for t in body.things.values() for d, _ in t.inside for v in d.values()]
    boxes = [Array(body, v) for v in arrays if isinstance(v, Numbers)]
    assert boxes
    assert all(len(box) == len(list(box)) for box in boxes)


def test_l24_half_a_figure_is_no_figure() -> None:
    """Python before 3.11.5 kept half an iteration of a possessive group: `.` stood for a number."""
    for source in (b"[ 10 0 .]", b"[10 -]", b"[1 [2 .] 3]"):
        found = plain.TOKEN.match(source)
        assert found is not None
        assert found[0] == b"["
    assert plain.TOKEN.match(rb"(a\nb)") is None


def test_l24_long_texts_are_left_to_the_general_reader() -> None:
    """Repeated groups keep their way back while they match: gigabytes for one long array of arrays."""
    short, long = (kit.signed(extra={10: b"<" + b"61" * size + b">"}) for size in (999, 300_000))
    assert plainly(short) is not None
    assert plainly(long) is None
    assert same(long)
