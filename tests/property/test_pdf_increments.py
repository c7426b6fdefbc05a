"""L6: whatever an increment does, what is taken for unchanged looks unchanged (pdfium as the oracle)."""

from __future__ import annotations

import io
import random
import re
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pikepdf
import pypdfium2
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pdf_kit as kit
from attacks import rewrite as cut
from attacks.generator import good_files

pytestmark = [pytest.mark.property, pytest.mark.slow]
ROUNDS = 15
ENTRIES = (
    b"/Rect [0 0 500 700]", b"/AP 4 0 R", b"/DSS <<>>", b"/Annots []", b"/Contents 4 0 R",
    b"/Resources <<>>", b"/MediaBox [0 0 50 50]", b"/F 4", b"/V (other)", b"/Rotate 90",
    b"/Kids []", b"/Fields []", b"/AcroForm <<>>", b"/OCProperties <<>>", b"/Type /ObjStm",
    b"/Type /XRef", b"/Type /Metadata", b"/Type /DSS", b"/UserUnit 2", b"/Extensions <<>>",
)  # fmt: skip


def looks(data: bytes) -> tuple[bytes, ...]:
    document = pypdfium2.PdfDocument(data)
    try:
        document.init_forms()
        return tuple(bytes(page.render(scale=0.5).buffer) for page in document)
    finally:
        document.close()


@cache
def bases() -> dict[str, bytes]:
    form = {}
    for level in (None, 2, 3):
        text = b"/P %d" % level if level else b""
        rules = (
            b"/Reference[<</Type/SigRef/TransformMethod/DocMDP/TransformParams<<%s/V/1.2>>>>]"
            % text
        )
        draft = kit.Draft()
        draft.signature += rules if level else b""
        objects = draft.objects()
        objects[1] = objects[1].replace(b"[5 0 R]", b"[5 0 R 40 0 R]")
        objects[3] = objects[3].replace(b"[5 0 R]", b"[5 0 R 40 0 R 41 0 R]")
        objects |= {
            40: b"<<%s/FT/Tx/T(Text1)/V(one)/Rect[0 0 0 0]>>" % kit.WIDGET,
            41: b"<</Type/Annot/Subtype/Square/Rect[10 10 60 60]/C[1 0 0]/AP<</N 42 0 R>>>>",
            42: kit.stream(b"1 0 0 rg 0 0 9 9 re f", b"/Subtype/Form/BBox[0 0 9 9]"),
        }
        objects[6] = objects.pop(6)
        form[f"level {level}"] = kit.fill(kit.write(objects), kit.cms("p256"))
    return {"issued": good_files()["cms_sm2"], **form}


def parts(data: bytes) -> dict[int, tuple[bytes, bytes | None]]:
    """Return every object: its text, and the stored bytes of a stream."""
    found: dict[int, tuple[bytes, bytes | None]] = {}
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for one in pdf.objects:
            if isinstance(one, pikepdf.Stream):
                entries = {k: v for k, v in one.items() if k != "/Length"}
                text = pikepdf.Dictionary(entries).unparse()
                found[one.objgen[0]] = (text, one.read_raw_bytes())
            elif isinstance(one, pikepdf.Object):
                found[one.objgen[0]] = (one.unparse(resolved=True), None)
    return found


def changed(rng: random.Random, known: dict[int, tuple[bytes, bytes | None]]) -> bytes:
    text, stored = known[rng.choice(list(known))]
    kind = rng.randrange(5)
    references = list(re.finditer(rb"(\d+) 0 R", text))
    names = re.findall(rb"/[A-Za-z]+", text)
    if kind == 0 and text.endswith(b">>"):
        text = text[:-2] + rng.choice(ENTRIES) + b">>"
    elif kind == 1 and references:
        one = rng.choice(references)
        text = text[: one.start()] + b"%d 0 R" % rng.choice([*known, 900]) + text[one.end() :]
    elif kind == 2 and names:
        text = text.replace(rng.choice(names), rng.choice(names), 1)
    elif kind == 3 and stored is not None:
        stored = stored[: len(stored) // 2]
    elif kind == 4 and rng.random() < 0.5:
        return b"null"
    return text if stored is None else cut.stream(stored, text[2:-2])


@pytest.mark.parametrize("name", ["issued", "level None", "level 2", "level 3"])
def test_law_l6_what_is_taken_for_unchanged_looks_unchanged(name):
    data = bases()[name]
    known, before = parts(data), looks(data)
    rng = random.Random(name)
    seen: Counter[bool] = Counter()
    for _ in range(ROUNDS):
        numbers = [rng.choice(list(known)) for _ in range(rng.choice((1, 1, 2, 3)))]
        objects = {number: changed(rng, known) for number in numbers}
        again = cut.append(data, objects) if name == "issued" else kit.write(objects, base=data)
        first = kit.inspect(again).signatures[:1]
        taken = bool(first) and first[0].covers_current
        seen[taken] += 1
        assert not taken or looks(again) == before, objects
    assert seen[False]
    # The control: an increment that changes nothing is taken.
    number = next(n for n, (_, stored) in known.items() if stored is None)
    same = {number: known[number][0]}
    quiet = cut.append(data, same) if name == "issued" else kit.write(same, base=data)
    assert kit.inspect(quiet).signatures[0].covers_current
