"""What an attacker tried against documents and verification, and must never succeed with again."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pdf_kit as kit

FORM = b"/Type/XObject/Subtype/Form/BBox[0 0 160 40]"
WIDGET = b"/Type/Annot/Subtype/Widget/P 3 0 R"
STAMP = kit.Draft(signature=b"/Type/DocTimeStamp/Filter/Adobe.PPKLite/SubFilter/ETSI.RFC3161")
DOCMDP = (
    b"/Reference[<</Type/SigRef/TransformMethod/DocMDP"
    b"/TransformParams<</Type/TransformParams/P 1/V/1.2>>>>]"
)


def _stamped(field: bytes, *, certified: bool) -> bytes:
    """A signed file, an increment of unused objects (20 draws, 21-23 are numbers), a time stamp."""
    base = kit.signed(signature=kit.Draft().signature + (DOCMDP if certified else b""))
    unused = {
        20: kit.stream(b"1 0 0 rg 0 0 160 40 re f", FORM),
        21: b"10",
        22: b"150",
        23: b"50",
    }
    objects = kit.Draft().objects()
    update = {
        1: objects[1].replace(b"[5 0 R]", b"[5 0 R 30 0 R]"),
        3: objects[3].replace(b"[5 0 R]", b"[5 0 R 30 0 R]"),
        30: b"<<%s/FT/Sig/T(Stamp)/V 31 0 R/AP<</N 20 0 R>>%s>>" % (WIDGET, field),
        31: STAMP.dictionary(),
    }
    return kit.fill(kit.write(update, base=kit.write(unused, base=base)), kit.token)


@pytest.mark.parametrize("certified", [True, False])
@pytest.mark.parametrize(
    "field",
    [
        b"/F 132/Rect[10 10 150 50]",
        b"/F 132/Rect[21 0 R 21 0 R 22 0 R 23 0 R]",
        b"/F 132/Rect[10 10 150 50 0]",
        b"/F 36/Rect[10 10 150 50 0]",
        b"/F 288/Rect[10 10 150 50 0]",
    ],
    ids=["plain", "numbers elsewhere", "five numbers", "printed", "toggled"],
)
def test_l6_a_later_time_stamp_never_draws(field, certified):
    """pyHanko takes a rectangle it cannot read for no area, and earlier leftovers for known."""
    issuer = kit.inspect(_stamped(field, certified=certified)).signatures[0]
    assert issuer.changes_after.code == "document.drawn_after_issuer"
    assert not issuer.covers_current


@pytest.mark.parametrize("field", [b"/F 132/Rect[0 0 0 0]"])
def test_l6_a_later_time_stamp_without_area_may_follow(field):
    assert kit.inspect(_stamped(field, certified=True)).signatures[0].changes_after.ok
