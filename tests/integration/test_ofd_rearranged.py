"""An accepted OFD in "continue" mode taken apart and put together at random: nothing else is accepted (L6, L7, L9).

The list of signatures is open in that mode, so it alone may differ in an accepted file, and then it
leads to the issuer's signature and to nothing else.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import eseal_kit as e
import ofd_kit as o
import seals_kit as kit

Files = dict[str, bytes]
LIST, SECOND = "Doc_0/Signs/Signatures.xml", "Doc_0/Signs/Sign_1/"
PLACES = (
    "Doc_0/x.xml", "Doc_0/Res/i.png", "Doc_0/Document2.xml", "Doc_0/Annotations.xml", "a.xml",
    "Pages/Page_0/Content.xml", "Doc_0/Signs/a.dat", SECOND + "Signature.xml", SECOND + "Seal.esl",
)  # fmt: skip
SEEDS = range(12)
EACH = 50


@cache
def good() -> Files:
    files = e.package()
    xml = o.signature_xml(files, [name for name in files if name != LIST])
    own = {o.SIGN + "Signature.xml": xml, o.SIGN + "SignedValue.dat": kit.ses_v4(e.tbs(xml))}
    return files | own


@cache
def others() -> tuple[bytes, ...]:
    """Signature files of somebody else: one draws a stamp, one does not."""
    return tuple(o.signature_xml(e.package(), ["OFD.xml"], stamp=stamp) for stamp in (True, False))


def dropped(files: Files, rng: random.Random) -> None:
    files.pop(rng.choice(list(files)))


def added(files: Files, rng: random.Random) -> None:
    data = rng.choice([b"1", *others(), files[rng.choice(list(files))]])
    files[rng.choice(PLACES)] = data


def exchanged(files: Files, rng: random.Random) -> None:
    one, other = rng.choice(list(files)), rng.choice(list(files))
    files[one], files[other] = files[other], files[one]


def renamed(files: Files, rng: random.Random) -> None:
    name = rng.choice(list(files))
    files[rng.choice([name.upper(), name.lower(), name + ".bak"])] = files[name]


def spoilt(files: Files, rng: random.Random) -> None:
    name = rng.choice(list(files))
    data = bytearray(files[name] or b"0")
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    files[name] = bytes(data)


def padded(files: Files, rng: random.Random) -> None:
    files[rng.choice(list(files))] += rng.choice([b" ", b"\n", b"<!-- -->"])


def listed(files: Files, rng: random.Random) -> None:
    extra = rng.choice(["", 'Relative="0"', 'Relative="1"'])
    kind, where = rng.choice(["Seal", "Sign"]), "/" + rng.choice(list(files))
    row = o.row(rng.randrange(4), kind=kind, loc=where, extra=extra).encode()
    end = b"</ofd:Signatures>"
    files[LIST] = files.get(LIST, o.listing()).replace(end, row + end)


def relisted(files: Files, rng: random.Random) -> None:
    files[LIST] = o.listing(*(o.row(n) for n in rng.sample(range(3), rng.randrange(4))))


def signed_again(files: Files, rng: random.Random) -> None:
    xml = rng.choice(others())
    values = (kit.ses_v4(e.tbs(xml)), good()[o.SIGN + "SignedValue.dat"], bytes(64), b"")
    files |= {SECOND + "Signature.xml": xml, SECOND + "SignedValue.dat": rng.choice(values)}


CHANGES: tuple[Callable[[Files, random.Random], None], ...] = (
    dropped, added, exchanged, renamed, spoilt, padded, listed, relisted, signed_again,
)  # fmt: skip


def test_the_good_one_is_accepted() -> None:
    assert e.judged(o.pack(good())).decision.value == "accept"


@pytest.mark.parametrize("seed", SEEDS)
def test_l6_l7_l9_a_rearranged_package_is_not_accepted(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(EACH):
        files = dict(good())
        for _ in range(rng.randrange(1, 4)):
            if files:
                rng.choice(CHANGES)(files, rng)
        report = e.judged(o.pack(files))
        if report.decision.value == "accept":
            assert {n for n in {*files, *good()} if files.get(n) != good().get(n)} <= {LIST}
            assert [s.role for s in report.signatures] == ["issuer"]
