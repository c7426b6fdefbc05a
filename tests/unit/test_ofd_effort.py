"""What reading and judging one OFD costs, counted: each part read once, each SM2 value checked once (L24)."""

from __future__ import annotations

import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import eseal_kit as e
import ofd_kit as o
import seals_kit as kit
from ecert.crypto.sm2.engine import current_engine
from ecert.documents.ofd import facts, signatures, structure, xmlns
from ecert.documents.ofd.paths import candidates
from ecert.limits import Limits
from ecert.memo import forget_all


@cache
def licence(number: int = 0) -> bytes:
    """Different files, each with the very same seal."""
    extra = f"<!--{number}-->"
    return e.sealed(lambda xml: kit.ses_v4(e.tbs(xml, seal=o.seal().raw)), extra=extra)


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count how often each part is parsed."""
    found: Counter[str] = Counter()
    plain = xmlns.parse_xml

    def counted(data: bytes, path: str, limits: object) -> object:
        found[path] += 1
        return plain(data, path, limits)  # type: ignore[arg-type]

    for module in (structure, signatures):
        monkeypatch.setattr(module, "parse_xml", counted)
    return found


def test_every_part_is_parsed_once(parsed):
    data = licence()
    parsed.clear()
    assert o.inspect(data).face_text
    names = {"/" + name for name in o.unpack(data) if name.endswith(".xml")}
    assert parsed == Counter(dict.fromkeys(names, 1))
    assert not hasattr(facts, "parse_xml")


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Record the digest of every SM2 verification that an engine makes."""
    made: list[bytes] = []
    engine = type(current_engine())
    plain = engine.verify_digest

    def recorded(self: object, public: bytes, digest: bytes, r: int, s: int) -> bool:
        made.append(digest)
        return bool(plain(self, public, digest, r, s))

    _ = licence(1), licence(2)
    monkeypatch.setattr(engine, "verify_digest", recorded)
    forget_all()
    return made


def test_l24_no_sm2_value_is_checked_twice_for_one_file(checks):
    assert e.judged(licence()).decision.value == "accept"
    assert len(checks) == len(set(checks))
    # The signature and the seal; signer and maker are anchors here and need no path.
    assert len(checks) == 2


def test_l24_a_second_file_of_the_same_seal_costs_its_own_signature_alone(checks):
    assert e.judged(licence(1)).decision.value == "accept"
    before = len(checks)
    assert e.judged(licence(2)).decision.value == "accept"
    assert len(checks) == before + 1


def test_l24_what_is_remembered_never_serves_a_changed_file(checks):
    assert e.judged(licence(1)).decision.value == "accept"
    files = o.unpack(licence(1))
    files[o.SIGN + "Signature.xml"] = o.unpack(licence(2))[o.SIGN + "Signature.xml"]
    assert e.judged(o.pack(files)).decision.value == "refuse"


def test_the_work_grows_with_the_file_and_no_faster():
    """Ten times the entries cost about ten times the calls."""

    def package(count: int) -> bytes:
        files = e.package() | {f"Doc_0/Res/{n}.bin": b"1" for n in range(count)}
        xml = o.signature_xml(files, list(files))
        own = {o.SIGN + "Signature.xml": xml, o.SIGN + "SignedValue.dat": kit.ses_v4(e.tbs(xml))}
        return o.pack(files | own)

    small, large = package(100), package(1000)
    o.inspect(small)
    few, many = (o.calls(lambda data=data: o.inspect(data)) for data in (small, large))
    assert many < 12 * few


def repeated(name: str, count: int) -> dict[str, bytes]:
    """One package that says the same thing over and over, in a way that once cost the square of it."""
    files, page = o.content(), "Doc_0/Pages/Page_0/Content.xml"
    if name == "rows of one signature":
        files = o.unpack(o.good())
        row = o.row(0, loc=f"/{o.SIGN}Signature.xml")
        files["Doc_0/Signs/Signatures.xml"] = o.listing(*[row] * count)
    elif name == "templates on pages":
        document = files["Doc_0/Document.xml"].decode()
        made = "".join(f'<ofd:TemplatePage ID="{n}" BaseLoc="T.xml"/>' for n in range(count))
        pages = '<ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/>' * count
        document = document.replace("<ofd:PublicRes>", made + "<ofd:PublicRes>", 1)
        files["Doc_0/Document.xml"] = document.replace(
            "</ofd:Pages>", pages + "</ofd:Pages>"
        ).encode()
        files["Doc_0/T.xml"] = f"<ofd:Page {o.NS}/>".encode()
        used = "".join(f'<ofd:Template TemplateID="{n}"/>' for n in range(count))
        files[page] = f"<ofd:Page {o.NS}>{used}</ofd:Page>".encode()
    else:
        depth = 29
        body = "<ofd:Actions><ofd:Action>" * depth + "<ofd:URI/>" * count
        body += "</ofd:Action></ofd:Actions>" * depth
        files[page] = f"<ofd:Page {o.NS}>{body}</ofd:Page>".encode()
    return files


@pytest.mark.parametrize("name", ["rows of one signature", "templates on pages", "nested actions"])
def test_l15_the_work_does_not_grow_with_the_square_of_what_is_repeated(name):
    few, many = (repeated(name, count) for count in (400, 4000))
    o.inspect(few)
    assert o.calls(lambda: o.inspect(many)) < 12 * o.calls(lambda: o.inspect(few))


def test_l15_rows_templates_and_pages_are_bounded():
    for name in ("rows of one signature", "templates on pages"):
        found = o.inspect(repeated(name, 300)).format.within_limits
        assert found.code == "format.too_large"
    within = o.inspect(repeated("templates on pages", 256))
    assert within.format.within_limits.ok is True
    assert within.face_text is None, "more pages than are compared"


def test_an_attribute_is_found_among_as_many_as_an_element_has():
    def element(count: int) -> xmlns.Element:
        others = " ".join(f'a{n}="1"' for n in range(count))
        return xmlns.parse_xml(f'<r xmlns:x="u" {others} x:Late="2"/>'.encode(), "r", Limits())

    assert xmlns.attribute(element(60), "Late") == "2"
    assert xmlns.attribute(element(64), "Late") is None
    assert o.calls(lambda: xmlns.attribute(element(5000), "Late")) < 20_000


def test_a_location_beyond_any_name_leads_nowhere():
    assert candidates("/" + "a" * 2047, "/OFD.xml")
    assert candidates("/" + "\ufdfa" * 2048, "/OFD.xml") == ()
