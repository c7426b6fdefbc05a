"""What was changed after a signature, named piece by piece; what the signer's rules say of it (L6)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pdf_kit as kit
from ecert.documents.changes import Change
from ecert.documents.pdf.changes import FieldLock, Rules, compare
from ecert.documents.pdf.history import certain
from ecert.documents.pdf.inventory import Field, Inventory, Page
from ecert.facade import verify
from ecert.report.outcome import OK, failed, unknown

CATALOG = b"/Metadata 50 0 R/Outlines 51 0 R/Names<</EmbeddedFiles<</Names[(a.txt) 52 0 R]>>>>"
RDF = b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"%s/>'
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">' + RDF + b"</x:xmpmeta>"
STAMP = b"/Type/DocTimeStamp/Filter/Adobe.PPKLite/SubFilter/ETSI.RFC3161"
NOTE = b"<</Type/Annot/Subtype/Text/Rect[10 10 20 20]/Contents(note)>>"
TEXT_FIELD = b"<</Type/Annot/Subtype/Widget/FT/Tx/T(Text1)/V(one)/F 132/P 3 0 R/Rect[0 0 0 0]>>"
FIELDS = b"[5 0 R 40 0 R]"
SECOND_PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 31 0 R>>"


def mdp(method: str, params: str) -> bytes:
    return (
        f"/Reference[<</Type/SigRef/TransformMethod/{method}"
        f"/TransformParams<</Type/TransformParams/V/1.2{params}>>>>]"
    ).encode()


def draft(rules: bytes = b"", lock: bytes = b"") -> dict[int, bytes]:
    """Two pages, a note, a text field, properties, an outline, an attachment."""
    plain = kit.Draft(catalog=CATALOG)
    plain.signature += rules
    plain.field += lock
    objects = plain.objects()
    objects[1] = objects[1].replace(b"[5 0 R]", FIELDS)
    objects[2] = b"<</Type/Pages/Kids[3 0 R 30 0 R]/Count 2>>"
    objects[3] = objects[3].replace(b"[5 0 R]", b"[5 0 R 40 0 R 41 0 R]")
    return {
        **objects,
        30: SECOND_PAGE,
        31: kit.stream(b"BT ET"),
        40: TEXT_FIELD,
        41: NOTE,
        50: kit.stream(XMP % b"", b"/Type/Metadata/Subtype/XML"),
        51: b"<</Type/Outlines/Count 0>>",
        52: b"<</Type/Filespec/F(a.txt)/EF<</F 53 0 R>>>>",
        53: kit.stream(b"data", b"/Type/EmbeddedFile"),
    }


def signed(rules: bytes = b"", lock: bytes = b"") -> bytes:
    # The signature dictionary comes last, so that fill() finds it.
    objects = draft(rules, lock)
    objects[6] = objects.pop(6)
    return kit.fill(kit.write(objects), kit.cms("p256"))


def increment(base: bytes, objects: dict[int, bytes], trailer: bytes = b"") -> bytes:
    return kit.write(objects, base=base, trailer=trailer)


def named(data: bytes, index: int = 0) -> dict[str, Change]:
    return {change.code: change for change in kit.inspect(data).signatures[index].changes}


D = draft()
PAGE = D[3].replace(b"41 0 R]", b"41 0 R 60 0 R]")
CASES = {
    "change.annotation_added": (
        {3: PAGE, 60: NOTE.replace(b"10 10", b"30 30")},
        {"page": 1, "kind": "Text"},
    ),
    "change.annotation_removed": (
        {3: D[3].replace(b" 41 0 R]", b"]")},
        {"page": 1, "kind": "Text"},
    ),
    "change.annotation_changed": (
        {41: NOTE.replace(b"(note)", b"(other)")},
        {"page": 1, "kind": "Text"},
    ),
    "change.page_added": (
        {2: b"<</Type/Pages/Kids[3 0 R 30 0 R 60 0 R]/Count 3>>", 60: SECOND_PAGE},
        {"page": 3},
    ),
    "change.page_removed": ({2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>"}, {"page": 2}),
    "change.page_order": ({2: b"<</Type/Pages/Kids[30 0 R 3 0 R]/Count 2>>"}, {}),
    "change.page_content": ({31: kit.stream(b"BT (x) Tj ET")}, {"page": 2}),
    "change.field_added": (
        {1: D[1].replace(FIELDS, b"[5 0 R 40 0 R 60 0 R]"), 60: b"<</FT/Tx/T(Text2)/V(two)>>"},
        {"name": "Text2"},
    ),
    "change.field_removed": ({1: D[1].replace(FIELDS, b"[5 0 R]")}, {"name": "Text1"}),
    "change.field_changed": ({40: TEXT_FIELD.replace(b"(one)", b"(two)")}, {"name": "Text1"}),
    "change.form": ({1: D[1].replace(b"/SigFlags 3", b"/SigFlags 3/NeedAppearances true")}, {}),
    "change.properties": (
        {50: kit.stream(XMP % b" ", b"/Type/Metadata/Subtype/XML")},
        {"what": "XMP"},
    ),
    "change.catalog": ({51: b"<</Type/Outlines/Count 1>>"}, {"what": "/Outlines"}),
    "change.attachment_changed": (
        {53: kit.stream(b"other", b"/Type/EmbeddedFile")},
        {"name": "a.txt"},
    ),
    "change.attachment_removed": (
        {1: D[1].replace(b"(a.txt) 52 0 R", b"")},
        {"name": "a.txt"},
    ),
    "change.attachment_added": (
        {
            1: D[1].replace(b"52 0 R]", b"52 0 R(b.txt) 60 0 R]"),
            60: b"<</Type/Filespec/F(b.txt)/EF<</F 53 0 R>>>>",
        },
        {"name": "b.txt"},
    ),
    "change.validation_data": ({1: D[1][:-2] + b"/DSS<<>>>>"}, {}),
    "change.rewritten": ({51: D[51]}, {"count": 1}),
}


@pytest.mark.parametrize("code", CASES)
def test_every_level_is_named(code):
    objects, params = CASES[code]
    data = increment(signed(), objects)
    found = named(data)
    assert dict(found[code].params) == params
    one = kit.only(data)
    assert one.covers_current is (code == "change.validation_data" or one.changes_after.ok is True)
    report = verify(data)
    check = report.root.find("signature[0].changes_after")
    assert code in {reason.code for reason in check.reasons}
    assert (code, found[code].value) in {(e.name, e.value) for e in check.evidence}
    for lang in ("zh", "en"):
        assert report.render(lang, detail="tree")


def test_the_words_stand_in_the_report():
    data = increment(signed(), CASES["change.annotation_added"][0])
    assert "第 1 页增加了批注（Text）" in verify(data).render("zh", detail="full")
    assert "an annotation (Text) was added on page 1" in verify(data).render("en", detail="full")


def test_the_information_dictionary_is_a_property():
    data = increment(signed(), {60: b"<</Title(other)>>"}, b"/Info 60 0 R")
    assert dict(named(data)["change.properties"].params) == {"what": "Info"}
    assert kit.only(data).changes_after.code == "document.properties_after"


def test_signatures_and_time_stamps_are_named_as_such():
    base = kit.signed(kit.cms("p256"))
    field = b"/Rect[0 0 0 0]"
    again = kit.second_signature(base, field=field, make=kit.cms("rsa"))
    assert dict(named(again)["change.signature_field_added"].params) == {"name": "Signature2"}
    one = kit.Draft(signature=STAMP)
    objects = {
        1: one.objects()[1].replace(b"[5 0 R]", b"[5 0 R 20 0 R]"),
        20: b"<</Type/Annot/Subtype/Widget/FT/Sig/T(Stamp)/V 21 0 R/F 132/Rect[0 0 0 0]/P 3 0 R>>",
        3: one.objects()[3].replace(b"[5 0 R]", b"[5 0 R 20 0 R]"),
        21: one.dictionary(),
    }
    later = kit.fill(kit.write(objects, base=base), kit.token)
    found = named(later)
    assert dict(found["change.timestamp_added"].params) == {"name": "Stamp"}
    assert found["change.timestamp_added"].permitted is True
    first, second = kit.inspect(later).signatures
    assert (first.changes_after.ok, first.covers_current, second.kind) == (True, True, "timestamp")


def test_what_did_not_change_has_no_changes():
    one = kit.only(signed())
    assert (one.changes, one.changes_after, one.coverage) == ((), OK, "whole")


LEVELS = [
    ("change.annotation_added", {1: False, 2: False, 3: True}),
    ("change.annotation_changed", {1: False, 2: False, 3: True}),
    ("change.field_changed", {1: False, 2: True, 3: True}),
    ("change.page_content", {1: False, 2: False, 3: False}),
    ("change.attachment_changed", {1: False, 2: False, 3: False}),
    ("change.catalog", {1: False, 2: False, 3: False}),
    ("change.validation_data", {1: True, 2: True, 3: True}),
    ("change.properties", {1: None, 2: None, 3: None}),
]


@pytest.mark.parametrize(("code", "permitted"), LEVELS)
@pytest.mark.parametrize("level", [1, 2, 3])
def test_docmdp_says_what_it_permits(code, permitted, level):
    """ISO 32000-2, table 257."""
    data = increment(signed(mdp("DocMDP", f"/P {level}")), CASES[code][0])
    found = named(data)
    assert found[code].permitted is permitted[level]
    broken = permitted[level] is False
    assert ("change.not_certified" in found) is broken
    if broken:
        assert dict(found["change.not_certified"].params) == {"count": 1, "level": level}
        assert kit.only(data).changes_after.ok is False
        assert not kit.only(data).covers_current


LOCKS = {
    "all": ("/Action/All", False),
    "include": ("/Action/Include/Fields[(Text1)]", False),
    "include another": ("/Action/Include/Fields[(Text2)]", None),
    "exclude": ("/Action/Exclude/Fields[(Text1)]", None),
    "exclude another": ("/Action/Exclude/Fields[(Text2)]", False),
    "unreadable": ("/Action/Include/Fields[7]", False),
    "no action": ("", False),
}


@pytest.mark.parametrize("case", LOCKS)
@pytest.mark.parametrize("place", ["reference", "field"])
def test_fieldmdp_is_named(case, place):
    """ISO 32000-2, 12.8.2.4 and 12.7.5.5: in the signature's reference or as its field's /Lock."""
    text, permitted = LOCKS[case]
    if place == "reference":
        base = signed(rules=mdp("FieldMDP", text))
    else:
        base = signed(lock=f"/Lock<</Type/SigFieldLock{text}>>".encode())
    data = increment(base, CASES["change.field_changed"][0])
    found = named(data)
    assert found["change.field_changed"].permitted is permitted
    assert ("change.locked" in found) is (permitted is False)
    if permitted is False:
        assert dict(found["change.locked"].params) == {"name": "Text1"}
        assert kit.only(data).changes_after.ok is False


def test_a_lock_may_bring_a_certification_level():
    base = signed(lock=b"/Lock<</Action/Include/Fields[(Text2)]/P 1>>")
    found = named(increment(base, CASES["change.field_changed"][0]))
    assert found["change.field_changed"].permitted is False
    assert dict(found["change.not_certified"].params) == {"count": 1, "level": 1}


def test_a_lock_holds_for_the_fields_below():
    lock = FieldLock("Include", ("a.b",))
    assert [lock.locks(name) for name in ("a.b", "a.b.c", "a.bc", "a")] == [
        True,
        True,
        False,
        False,
    ]


def test_equal_names_do_not_hide_each_other():
    objects = {
        1: D[1].replace(FIELDS, b"[60 0 R 5 0 R 40 0 R]"),
        60: TEXT_FIELD.replace(b"(one)", b"(two)"),
    }
    found = named(increment(signed(), objects))
    assert {"change.field_added", "change.field_changed"} <= found.keys()


def test_many_changes_are_counted_and_the_forbidden_ones_named_first():
    old = Inventory(attachments={})
    new = Inventory(
        attachments={f"{n:03}": b"x" for n in range(80)},
        properties={"XMP": b"1"},
        validation=b"2",
    )
    found = compare(old, new, Rules(docmdp=1))
    assert len(found) == 21
    assert all(one.permitted is False for one in found[:20])
    assert (found[-1].code, dict(found[-1].params)) == ("change.more", {"count": 62})


def test_law_l6_no_analysis_alone_makes_a_change_harmless():
    """Both must find it harmless; the graver finding counts."""
    page = Change(code="change.page_content", params=(("page", 1),))
    quiet = Change(code="change.validation_data", permitted=True)
    locked = Change(code="change.field_changed", permitted=False)
    assert certain(OK, (quiet,)) == OK
    assert certain(OK, (page,)).code == "document.changes_disagree"
    assert certain(OK, None).code == "pdf.analysis_impossible"
    assert certain(OK, (locked,)).code == "document.changed_after"
    grave = failed("document.changed_after")
    assert certain(grave, (quiet,)) == grave
    vague = unknown("document.properties_after")
    assert certain(vague, (quiet,)) == vague
    assert certain(vague, (locked,)).ok is False
    drawn = failed("document.drawn_after_issuer")
    assert certain(unknown("pdf.analysis_impossible", reason="x"), (page,)) == drawn
    assert ("forbidden", True) in certain(failed("document.changed_after"), (page,)).params
    assert ("forbidden", True) in certain(drawn, (locked,)).params


def test_pages_and_fields_compare_by_what_they_hold():
    page = Page(number=1, content=b"a", annotations={})
    item = Field(
        kind="Tx",
        signed=None,
        owner=(0, 0),
        lock=None,
        stamp=False,
        value=b"v",
        rest=b"r",
        places=frozenset(),
    )
    one = Inventory(pages={(3, 0): page}, fields={"a": item})
    assert compare(one, one, Rules()) == ()


@pytest.mark.parametrize(
    "body",
    [
        b"<</Type/Pages/Kids[2 0 R]/Count 1>>",
        b"<</Type/Pages/Kids[3 0 R 3 0 R]/Count 2>>",
        b"<</Type/Pages/Kids 7/Count 1>>",
        b"(no dictionary)",
    ],
)
def test_hostile_page_trees_end(body):
    data = increment(signed(), {2: body})
    assert not kit.only(data).covers_current


def test_loops_between_objects_end():
    loop = b"<</Type/Filespec/F(a.txt)/EF<</F 53 0 R>>/Next 60 0 R>>"
    data = increment(signed(), {52: loop, 60: b"<</Next 52 0 R>>"})
    assert "change.attachment_changed" in named(data)


def test_values_that_nest_too_deeply_are_not_compared():
    deep = {n: b"<</Next %d 0 R>>" % (n + 1) for n in range(60, 130)}
    data = increment(signed(), {**deep, 51: b"<</Type/Outlines/First 60 0 R>>"})
    assert [one.code for one in kit.only(data).changes] == ["change.unread"]
    assert not kit.only(data).covers_current


MANY = 1500


@pytest.mark.parametrize("what", ["pages", "annotations", "fields", "attachments", "parents"])
def test_one_list_that_is_named_often_ends(what, monkeypatch):
    """Lists and parents that stand once in the file and are reached a thousand times over."""
    from ecert.documents.pdf import inventory

    monkeypatch.setattr(inventory, "_MAX_LISTED", 100_000)
    monkeypatch.setattr(inventory, "_MAX_LOOKED_AT", 50_000)
    numbers = range(100, 100 + MANY)
    shared = b"[%s]" % b" ".join(b"%d 0 R" % n for n in numbers)
    objects: dict[int, bytes] = {60: shared}
    if what == "pages":
        objects |= {2: b"<</Type/Pages/Kids 60 0 R/Count 1>>"}
        objects |= dict.fromkeys(numbers, b"<</Type/Pages/Kids 60 0 R>>")
    elif what == "annotations":
        objects |= {2: b"<</Type/Pages/Kids 60 0 R/Count %d>>" % MANY}
        objects |= dict.fromkeys(numbers, b"<</Type/Page/Annots 60 0 R>>")
    elif what == "attachments":
        objects |= {1: D[1].replace(b"[(a.txt) 52 0 R]", b"60 0 R/Kids 60 0 R")}
        objects |= dict.fromkeys(numbers, b"<</Names 60 0 R/Kids 60 0 R>>")
    else:
        kids = b"/Kids 60 0 R" if what == "fields" else b""
        big = b"/Big[%s]" % (b"(x)" * 2000)
        objects |= {1: D[1].replace(FIELDS, b"[61 0 R 5 0 R]")}
        objects |= {61: b"<</T(a)%s/Kids 60 0 R>>" % big}
        objects |= dict.fromkeys(numbers, b"<</T(b)/FT/Tx%s>>" % kids)
    one = kit.only(increment(signed(), objects))
    assert [change.code for change in one.changes] == ["change.unread"]
    assert not one.covers_current
