"""Files known by their skeleton have the facts of the full reading, whoever made them and whatever came first (L24)."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ecert.crypto import cms_skeleton
from ecert.crypto.cms_parse import parse_cms
from ecert.documents.facts import DocumentFacts
from ecert.documents.pdf import arithmetic, carriers, facts, skeleton, xmpform
from ecert.documents.pdf.facts import inspect_pdf
from ecert.documents.pdf.xmpns import XMP_NAMESPACE
from ecert.errors import ECertError, MalformedInput
from ecert.limits import Limits
from ecert.memo import forget_all

pytestmark = pytest.mark.property
LIMITS = Limits()
ROOT = Path(__file__).resolve().parents[2]
ISSUED = sorted((ROOT / "sample_certs").glob("*.pdf"))
FOREIGN = sorted((ROOT.parent / "shared" / "samples").rglob("*.pdf"))
GOOD = ("good_cms_sm2", "good_cms_rsa", "good_cms_p256", "good_ses", "unsigned")


@cache
def good(name: str = "good_cms_rsa") -> bytes:
    return (ROOT / "sample_certs" / f"{name}.pdf").read_bytes()


@contextmanager
def nothing_known() -> Iterator[None]:
    """Read everything in full and learn nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(facts, "recall", lambda *_: None)
        patch.setattr(facts, "learn", lambda *_: None)
        patch.setattr(arithmetic, "read_cms", parse_cms)
        patch.setattr(carriers.xmpform, "recall", lambda *_: None)
        patch.setattr(carriers.xmpform, "learn", lambda *_: None)
        yield


def answer(data: bytes, scope: Any) -> DocumentFacts | str:
    try:
        return inspect_pdf(data, LIMITS, scope)
    except ECertError as error:
        return error.code


def in_full(data: bytes, scope: Any = "signatures") -> DocumentFacts | str:
    with nothing_known():
        return answer(data, scope)


def same(data: bytes, scope: Any = "signatures") -> None:
    assert answer(data, scope) == in_full(data, scope)


def learned(*files: bytes) -> None:
    """Begin anew and meet each file twice."""
    forget_all()
    for data in (*files, *files):
        answer(data, "everything")


def known(data: bytes) -> bool:
    return skeleton.recall(data, LIMITS) is not None


# -- what is known, and that it is the same ---------------------------------------------------------


@pytest.mark.parametrize("name", GOOD)
def test_l24_an_issued_file_is_known_the_third_time(name: str) -> None:
    learned(good(name))
    assert known(good(name))
    same(good(name), "everything")


def test_l24_other_files_of_an_issuer_are_known_by_the_first_ones() -> None:
    """Status, holder, dates, fonts and signature differ: slots and streams do, nothing else."""
    learned(good("good_cms_sm2"))
    assert known((ROOT / "sample_certs" / "cancelled.pdf").read_bytes())


@pytest.mark.parametrize("scope", ["signatures", "everything"])
def test_l24_the_same_facts_of_every_sample(scope: str) -> None:
    files = [path.read_bytes() for path in (*ISSUED, *FOREIGN)]
    expected = [in_full(data, scope) for data in files]
    forget_all()
    for _ in range(3):
        assert [answer(data, scope) for data in files] == expected


def test_nothing_of_a_file_is_kept_but_what_the_next_one_must_have() -> None:
    data = good()
    learned(data)
    held = repr([entry for entry, _ in skeleton.SKELETONS._held.values()])
    cms = re.search(rb"/Contents <([0-9a-f]+)>", data)
    assert cms is not None
    pieces = [cms[1][at : at + 64] for at in range(0, len(cms[1]) - 64, 64)]
    streams = [m[1] for m in re.finditer(rb"stream\n(.*?)endstream", data, re.DOTALL)]
    pieces += [stream[20:60] for stream in streams if len(stream) > 64]
    assert len(pieces) > 20
    assert not [piece for piece in pieces if repr(piece)[2:-1] in held]


# -- an attacker who knows the skeleton ---------------------------------------------------------------


def put(data: bytes, pattern: bytes, make: Callable[[re.Match[bytes]], bytes]) -> bytes:
    """Change the first place that fits, leaving the table and everything behind as they are."""
    found = re.search(pattern, data)
    assert found is not None
    return data[: found.start()] + make(found) + data[found.end() :]


def moved(data: bytes, pattern: bytes, make: Callable[[re.Match[bytes]], bytes]) -> bytes:
    """Change it, and keep every offset true."""
    found = re.search(pattern, data)
    assert found is not None
    changed, by = make(found), 0
    by = len(changed) - len(found[0])
    table = data.rindex(b"xref\n0 ", 0, data.rindex(b"startxref"))
    body, rest = data[: found.start()] + changed + data[found.end() : table], data[table:]
    rest = re.sub(
        rb"(\d{10}) (?=00000 n)",
        lambda m: b"%010d " % (int(m[1]) + (by if int(m[1]) > found.start() else 0)),
        rest,
    )
    rest = re.sub(rb"startxref\n\d+", b"startxref\n%d" % (table + by), rest)
    return body + rest


RANGE = rb"/ByteRange \[ (\d+) (\d+) (\d+) (\d+) *\]"
LENGTH = rb"/Length (\d+)(?= >>\nstream\n)"
CONTENTS = rb"/Contents <([0-9a-f]+)>"
ATTACKS: dict[str, Callable[[bytes], bytes]] = {
    "leading zero": lambda d: moved(d, LENGTH, lambda m: b"/Length 0" + m[1]),
    "nine zeros": lambda d: moved(d, LENGTH, lambda m: b"/Length 000000000" + m[1]),
    "plus": lambda d: moved(d, LENGTH, lambda m: b"/Length +" + m[1]),
    "white space": lambda d: moved(d, LENGTH, lambda m: b"/Length  " + m[1]),
    "line feed": lambda d: moved(d, LENGTH, lambda m: b"/Length\n" + m[1]),
    "real": lambda d: moved(d, LENGTH, lambda m: b"/Length " + m[1] + b".0"),
    "negative": lambda d: moved(d, LENGTH, lambda m: b"/Length -" + m[1]),
    "by reference": lambda d: moved(d, LENGTH, lambda _: b"/Length 6 0 R"),
    "too long": lambda d: put(d, LENGTH, lambda m: b"/Length %d" % (int(m[1]) + 1)),
    "too short": lambda d: put(d, LENGTH, lambda m: b"/Length %d" % (int(m[1]) - 1)),
    "to the end": lambda d: moved(d, LENGTH, lambda _: b"/Length 999999999"),
    "twice": lambda d: moved(d, LENGTH, lambda m: m[0] + b" " + m[0]),
    "end inside": lambda d: put(
        d, rb"(stream\n.{8}).{17}", lambda m: m[1] + b"endstream\nendobj\n"
    ),
    "object inside": lambda d: put(
        d, rb"(stream\n.{8}).{60}", lambda m: m[1] + b"endstream\nendobj\n7 0 obj\n<<>>\n".ljust(60)
    ),
    "capital digits": lambda d: put(d, CONTENTS, lambda m: b"/Contents <" + m[1].upper() + b">"),
    "blank digits": lambda d: put(d, CONTENTS, lambda m: b"/Contents <" + m[1][:-2] + b"  >"),
    "odd digits": lambda d: put(d, CONTENTS, lambda m: b"/Contents <" + m[1][:-1] + b"> "),
    "early end": lambda d: put(
        d, CONTENTS, lambda m: b"/Contents <" + m[1][:-40] + b">/X(" + b"0" * 36 + b")"
    ),
    "no digits": lambda d: put(
        d, CONTENTS, lambda m: b"/Contents <>".ljust(len(m[0]), b" ")
    ),
    "another string": lambda d: put(
        d, CONTENTS, lambda m: (b"/Contents (" + m[1][: len(m[1])] + b")")
    ),
    "range in reals": lambda d: put(
        d, RANGE, lambda m: (b"/ByteRange [ %s.0 %s %s %s" % m.groups()).ljust(len(m[0]) - 1) + b"]"
    ),
    "range with signs": lambda d: put(
        d, RANGE, lambda m: (b"/ByteRange [ %s +%s %s %s" % m.groups()).ljust(len(m[0]) - 1) + b"]"
    ),
    "overlapping": lambda d: put(
        d,
        RANGE,
        lambda m: (
            b"/ByteRange [ 0 %d %d %d" % (int(m[2]), int(m[2]) - 9, len(d) - int(m[2]) + 9)
        ).ljust(len(m[0]) - 1)
        + b"]",
    ),
    "one range": lambda d: put(
        d, RANGE, lambda m: (b"/ByteRange [ 0 %d" % len(d)).ljust(len(m[0]) - 1) + b"]"
    ),
    "six numbers": lambda d: put(
        d,
        RANGE,
        lambda m: (b"/ByteRange [ 0 1 1 1 %d 4" % (len(d) - 4)).ljust(len(m[0]) - 1) + b"]",
    ),
    "wider gap": lambda d: put(
        d,
        RANGE,
        lambda m: (
            b"/ByteRange [ 0 %d %d %d" % (int(m[2]) - 9, int(m[3]), int(m[4]))
        ).ljust(len(m[0]) - 1)
        + b"]",
    ),
    "nested range": lambda d: put(
        d, RANGE, lambda m: (b"/ByteRange [[ %s %s %s %s ]" % m.groups()).ljust(len(m[0]) - 1) + b"]"
    ),
    "date with escape": lambda d: moved(d, rb"/ModDate \(D:2", lambda _: rb"/ModDate (D:\062"),
    "date with bracket": lambda d: moved(d, rb"/ModDate \(D:20", lambda _: b"/ModDate (D:()20"),
    "date with stream": lambda d: moved(d, rb"/ModDate \(D:", lambda _: b"/ModDate (stream\nD:"),
    "tag too short": lambda d: moved(d, rb"/BaseFont /[A-Z]{6}", lambda _: b"/BaseFont /ABCDE"),
    "tag escaped": lambda d: moved(d, rb"/BaseFont /[A-Z]{6}", lambda _: b"/BaseFont /#41BCDEF"),
    "widths nested": lambda d: moved(d, rb"/W \[ ", lambda _: b"/W [ [ 1 [ 2 ] ] "),
    "widths with name": lambda d: moved(d, rb"/W \[ ", lambda _: b"/W [ /A "),
    "widths glued": lambda d: moved(d, rb"/W \[ 0", lambda _: b"/W [ 0.5.5"),
    "widths of many figures": lambda d: moved(d, rb"/W \[ ", lambda _: b"/W [ 1234567890123456 "),
    "offset one more": lambda d: put(
        d, rb"(\d{10}) 00000 n \n(?=trailer)", lambda m: b"%010d 00000 n \n" % (int(m[1]) + 1)
    ),
    "two offsets changed over": lambda d: put(
        d, rb"(\d{10} 00000 n \n)(\d{10} 00000 n \n)(?=trailer)", lambda m: m[2] + m[1]
    ),
    "same offset twice": lambda d: put(
        d, rb"(\d{10} 00000 n \n)(\d{10} 00000 n \n)(?=trailer)", lambda m: m[1] + m[1]
    ),
    "freed": lambda d: put(d, rb"00000 n \n(?=trailer)", lambda _: b"00000 f \n"),
    "generation": lambda d: put(d, rb"00000 n \n(?=trailer)", lambda _: b"00001 n \n"),
    "table elsewhere": lambda d: put(
        d, rb"startxref\n(\d+)", lambda m: b"startxref\n%d" % (int(m[1]) - 1)
    ),
    "number of the table with zeros": lambda d: put(
        d, rb"startxref\n(\d+)", lambda m: b"startxref\n000" + m[1]
    ),
    "comment at the end": lambda d: d + b"%x\n",
    "second end": lambda d: d + b"startxref\n0\n%%EOF\n",
    "zip at the end": lambda d: put(
        d, rb"(stream\n).{22}(?=.{200})", lambda m: m[1] + b"PK\x05\x06" + bytes(8) + b"\x01" + bytes(9)
    ),
    "ID of another kind": lambda d: put(
        d, rb"<[0-9a-f]{32}>\]", lambda m: b"(" + b"a" * (len(m[0]) - 3) + b")]"
    ),
    "another root": lambda d: put(d, rb"/Root 1 0 R", lambda _: b"/Root 6 0 R"),
    "encrypted": lambda d: put(d, rb"trailer <<", lambda _: b"trailer << /Encrypt 1 0 R"),
    "one object less": lambda d: put(d, rb"xref\n0 (\d+)", lambda m: b"xref\n0 %d" % (int(m[1]) - 1)),
    "script": lambda d: moved(d, rb"/Lang \(zh-CN\)", lambda _: b"/OpenAction << /S /JavaScript >>"),
    "wider box": lambda d: put(d, rb"/Rect \[ 6", lambda _: b"/Rect [ 7"),
    "flag off": lambda d: put(d, rb"/F 132", lambda _: b"/F 130"),
    "another header": lambda d: b"%PDF-1.6" + d[8:],
}  # fmt: skip


@pytest.mark.parametrize("name", ["good_cms_rsa", "good_ses"])
@pytest.mark.parametrize("attack", ATTACKS)
def test_l24_whoever_knows_the_skeleton_gains_nothing(attack: str, name: str) -> None:
    """First the honest file, then the hostile one: and the other way round."""
    honest = good(name)
    hostile = ATTACKS[attack](honest)
    assert hostile != honest
    learned(honest)
    assert known(honest)
    same(hostile, "everything")
    learned(hostile)
    same(honest, "everything")
    same(hostile, "everything")
    learned(hostile, honest)
    same(honest)
    same(hostile)


def test_some_attacks_fit_the_skeleton_and_fail_for_what_they_are() -> None:
    """What is compared above is no comparison of the general reader with itself."""
    learned(good())
    fitting = {name for name, attack in ATTACKS.items() if known(attack(good()))}
    assert {"leading zero", "capital digits", "end inside", "zip at the end"} <= fitting
    assert not fitting & {
        "plus",
        "too long",
        "odd digits",
        "offset one more",
        "script",
        "wider box",
    }


def test_slots_changed_over_between_two_files() -> None:
    one, other = good("good_cms_sm2"), (ROOT / "sample_certs" / "cancelled.pdf").read_bytes()
    learned(one, other)
    for pattern in (CONTENTS, RANGE, rb"/ID \[<[0-9a-f]+><[0-9a-f]+>\]"):
        first, second = re.search(pattern, one), re.search(pattern, other)
        assert first
        assert second
        room = len(first[0])
        text = second[0][:-1].ljust(room - 1)[: room - 1] + second[0][-1:]
        same(one[: first.start()] + text + one[first.end() :])


def test_l24_mutants_of_known_files_have_the_facts_of_the_full_reading() -> None:
    rng = random.Random("skeleton")
    files = [good(name) for name in GOOD]
    learned(*files)
    fitting = 0
    for _ in range(1500):
        data = bytearray(rng.choice(files))
        for _ in range(rng.choice((1, 1, 2))):
            at = rng.choice(spots(bytes(data)))
            what = rng.randrange(4)
            if what == 0:
                data[at] ^= 1 << rng.randrange(8)
            elif what == 1:
                data[at] = rng.choice(b"0123456789 />[]()<\n+-.afAF")
            elif what == 2:
                del data[at]
            else:
                data[at:at] = bytes((rng.choice(b"0 1/>]\n"),))
        fitting += known(bytes(data))
        same(bytes(data))
    assert fitting > 20


@cache
def spots(data: bytes) -> list[int]:
    """Return places outside of streams, and some inside."""
    holes = [m.span(1) for m in re.finditer(rb"stream\n(.*?)endstream", data, re.DOTALL)]
    inside = {at for start, end in holes for at in range(start + 4, end)}
    return [at for at in range(len(data)) if at not in inside]


# -- CMS and XMP ---------------------------------------------------------------------------------------


def cms_of(name: str) -> bytes:
    found = re.search(CONTENTS, good(name))
    assert found
    raw = bytes.fromhex(found[1].decode())
    return raw[: 4 + int.from_bytes(raw[2:4], "big")]


def read(reader: Callable[[bytes, Limits], Any], data: bytes) -> Any:
    try:
        return reader(data, LIMITS)
    except MalformedInput as error:
        return error.code, str(error), error.params


@pytest.mark.parametrize("name", GOOD[:3])
def test_l24_a_known_cms_is_read_as_any_other(name: str) -> None:
    data = cms_of(name)
    forget_all()
    for _ in range(3):
        assert read(cms_skeleton.read_cms, data) == read(parse_cms, data)
    assert len(cms_skeleton._KNOWN)
    for at in range(len(data)):
        for new in (data[at] ^ 1, data[at] ^ 0x80, 0x30, 0):
            changed = data[:at] + bytes((new,)) + data[at + 1 :]
            assert read(cms_skeleton.read_cms, changed) == read(parse_cms, changed), at


@pytest.mark.parametrize("name", GOOD[:3])
def test_l24_a_cms_learned_from_an_attacker_gives_away_nothing(name: str) -> None:
    data = cms_of(name)
    rng = random.Random(name)
    for _ in range(150):
        at = rng.randrange(64, len(data))
        hostile = data[:at] + rng.randbytes(1) + data[at + 1 :]
        forget_all()
        for one in (hostile, hostile, data, hostile):
            assert read(cms_skeleton.read_cms, one) == read(parse_cms, one)


def packet() -> bytes:
    found = re.search(rb"<\?xpacket begin.*?<\?xpacket end=\"r\"\?>", good(), re.DOTALL)
    assert found
    return found[0]


def properties(data: bytes) -> Any:
    try:
        return carriers._properties(carriers._parse(data), XMP_NAMESPACE, LIMITS)
    except ECertError as error:
        return error.code


TEXTS = (
    b"", b" ", b"a b", b"\n", b"\t", b"\r", b"\r\n", b"&amp;", b"&", b"<b/>", b"<!--x-->", b"<![CDATA[x]]>", b"]]>", b">",
    b"\x00", b"\x0b", b"\x7f", b"\xc2\x85", b"\xe2\x80\xa8", b"\xef\xbf\xbe", b"\xef\xbf\xbf", b"\xed\xa0\x80", b"\xff",
    b"\xc3", b"\xf4\x90\x80\x80", b"\xf0\x9f\x98\x80", b"\xe7\x94\xb2\xe3\x80\x80", b'"', b"'", b"</ecert:CZZT><ecert:CZZT>",
    b"&#65;", b"&x;", b"<?pi?>", b"\xef\xbb\xbf",
)  # fmt: skip


def test_l24_known_packets_are_read_as_the_parser_reads_them() -> None:
    honest = packet()
    forget_all()
    for _ in range(2):
        xmpform.learn(honest, XMP_NAMESPACE, LIMITS, properties(honest))
    assert xmpform.recall(honest, XMP_NAMESPACE, LIMITS) == properties(honest)
    places = [m.span(1) for m in re.finditer(rb">([^<>]*)(?=</)", honest)]
    answered = 0
    for start, end in places[:12] + places[-3:]:
        for text in (*TEXTS, *(b"x" + text + b"y" for text in TEXTS)):
            data = honest[:start] + text + honest[end:]
            found = xmpform.recall(data, XMP_NAMESPACE, LIMITS)
            assert found is None or found == properties(data), (start, text)
            answered += found is not None
    assert answered > 100


def test_l24_packets_of_an_attacker_teach_nothing_wrong() -> None:
    honest, rng = packet(), random.Random("xmp")
    pieces = (
        b"<", b">", b"/", b'"', b" ", b"=", b"&", b"<ecert:A>", b"</ecert:A>", b"<!--", b"-->", b"<a:b>", b'xmlns:x="urn:ecert:metadata:1"',
        b'xmlns:ecert="urn:x"', b"<?xpacket ?>", b"<rdf:li>", b"</rdf:li>", b"'", b"\n", b"x",
    )  # fmt: skip
    taught = 0
    for _ in range(600):
        hostile = bytearray(honest)
        for _ in range(rng.choice((1, 2, 3))):
            at = rng.randrange(160, 3000)
            hostile[at : at + rng.choice((0, 0, 1, 5))] = rng.choice(pieces)
        data = bytes(hostile)
        pairs = properties(data)
        if isinstance(pairs, str):
            continue
        forget_all()
        for _ in range(2):
            xmpform.learn(data, XMP_NAMESPACE, LIMITS, pairs)
        other = bytearray(data)
        at = rng.randrange(160, 3000)
        other[at : at + 1] = rng.choice(pieces)
        for one in (data, honest, bytes(other)):
            found = xmpform.recall(one, XMP_NAMESPACE, LIMITS)
            assert found is None or found == properties(one)
            taught += found is not None
    assert taught > 50
