"""L6: what follows a signature may be another signature that holds; each keeps its own verdict."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pdf_kit as kit
from ecert.facade import verify

QUIET = b"/Rect[0 0 0 0]"
TOKEN = b"/Type/DocTimeStamp/Filter/Adobe.PPKLite/SubFilter/ETSI.RFC3161"


def followed(make, *, signature: bytes | None = None, base: bytes | None = None) -> bytes:
    """A signed file, and a second dictionary that draws nothing in an increment."""
    base = base or kit.signed(kit.cms("p256"))
    if signature is None:
        return kit.second_signature(base, field=QUIET, make=make)
    one = kit.Draft(signature=signature)
    objects = {
        1: one.objects()[1].replace(b"[5 0 R]", b"[5 0 R 20 0 R]"),
        3: one.objects()[3].replace(b"[5 0 R]", b"[5 0 R 20 0 R]"),
        20: b"<<%s/FT/Sig/T(Signature2)/V 21 0 R%s>>" % (kit.WIDGET, QUIET),
        21: one.dictionary(),
    }
    return kit.fill(kit.write(objects, base=base), make)


def broken(covered: bytes) -> bytes:
    return kit.cms("rsa")(covered + b"x")


CASES = {
    "a signature": (kit.cms("rsa"), None, True, None),
    "a time stamp": (kit.token, TOKEN, True, None),
    "a broken signature": (broken, None, False, "document.broken_signature_after"),
    "a stamp of another file": (
        lambda covered: kit.token(covered + b"x"),
        TOKEN,
        False,
        "document.broken_signature_after",
    ),
    "a value that nobody knows": (
        lambda covered: b"\x04\x03abc",
        b"/Type/Sig/Filter/Own.Filter/SubFilter/own.format",
        None,
        "document.unread_signature_after",
    ),
    "no value": (lambda covered: b"", None, None, "document.unread_signature_after"),
    "a value of another sort": (
        lambda covered: b"\x30\x03\x02\x01\x01",
        None,
        None,
        "document.unread_signature_after",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_law_l6_only_what_holds_may_follow(case):
    make, signature, ok, code = CASES[case]
    first, second = kit.inspect(followed(make, signature=signature)).signatures
    assert (first.changes_after.ok, first.changes_after.code) == (ok, code)
    assert first.covers_current is (ok is True)
    # Each keeps its own: the first is as good as it was, and the second is listed with its reason.
    assert (first.digest.ok, first.value.ok, first.structure.ok) == (True, True, True)
    assert (second.where, second.coverage) == ("Signature2", "whole")
    if code is not None:
        assert dict(first.changes_after.params) == {"where": "Signature2"}
        reasons = (second.structure, second.digest, second.value)
        assert any(one.ok is not True and one.code for one in reasons)


def test_unknown_handlers_are_listed_with_a_reason():
    make, signature, *_ = CASES["a value that nobody knows"]
    report = verify(followed(make, signature=signature))
    assert [s.kind for s in report.signatures] == ["cms", "unknown"]
    check = report.root.find("signature[1].structure")
    assert [(r.code, dict(r.params)) for r in check.reasons] == [
        ("signature.unsupported", {"handler": "own.format"})
    ]
    assert report.to_dict()["signatures"][1]["profile"] == "own.format"
    assert "种类无法处理" in report.render("zh", detail="tree")


def test_law_l6_signing_again_heals_nothing():
    """The same signer signs over a change that no rule permits: a person must look."""
    base = kit.signed(kit.cms("p256"))
    changed = kit.write({4: kit.stream(kit.CONTENT.replace(b"12345", b"99999"))}, base=base)
    first, second = kit.inspect(followed(kit.cms("p256"), base=changed)).signatures
    assert first.changes_after.code == "document.drawn_after_issuer"
    assert (second.changes_after.ok, second.changes_after.code) == (None, "document.altered_before")
    assert (second.coverage, second.covers_current) == ("whole", False)


def test_law_l6_the_fate_of_another_signer_is_no_concern_of_this_one():
    base = kit.signed(kit.cms("p256"))
    changed = kit.write({4: kit.stream(kit.CONTENT.replace(b"12345", b"99999"))}, base=base)
    first, second = kit.inspect(followed(kit.cms("rsa"), base=changed)).signatures
    assert first.changes_after.ok is False
    assert (second.changes_after.ok, second.covers_current) == (True, True)


def test_a_dictionary_that_claims_an_earlier_end_still_follows():
    """Its range ends before the first signature's, and its bytes stand behind it."""
    base = kit.signed(kit.cms("p256"))
    data = followed(kit.cms("rsa"), base=base)
    at = data.rindex(b"/ByteRange[")
    end = data.index(b"]", at) + 1
    data = data[:at] + b"/ByteRange[0 10 20 30]".ljust(end - at) + data[end:]
    facts = kit.inspect(data).signatures
    first = next(one for one in facts if one.where == "Signature1")
    assert (first.changes_after.ok, first.covers_current) == (False, False)


def chain(count: int) -> bytes:
    """A signed file with so many further signatures, each in an increment of its own."""
    data, known = kit.signed(kit.cms("p256")), [5]
    for number in range(20, 20 + 2 * count, 2):
        known.append(number)
        listed = b"[%s]" % b" ".join(b"%d 0 R" % one for one in known)
        objects = {n: kit.Draft().objects()[n].replace(b"[5 0 R]", listed) for n in (1, 3)}
        field = b"/FT/Sig/T(S%d)/V %d 0 R" % (number, number + 1)
        objects[number] = b"<<%s%s%s>>" % (kit.WIDGET, field, QUIET)
        objects[number + 1] = kit.Draft().dictionary()
        data = kit.fill(kit.write(objects, base=data), kit.cms("rsa"))
    return data


def test_a_chain_of_signatures_is_read():
    facts = kit.inspect(chain(3)).signatures
    assert [one.changes_after.ok for one in facts] == [True] * 4
    assert [len(one.changes) for one in facts] == [3, 2, 1, 0]


def test_a_bounded_number_of_states_is_read_again(monkeypatch):
    """The states of the first signatures are; of the others it is said that they are not."""
    from ecert.documents.pdf import general, history

    reader, read = general.read_general, []

    def counted(data, limits):
        read.append(len(data))
        return reader(data, limits)

    monkeypatch.setattr(history, "_MAX_STATES", 3)
    monkeypatch.setattr(general, "read_general", counted)
    facts = kit.inspect(chain(4)).signatures
    assert len(read) == 3  # the file itself and two earlier states
    unread = [[c.code for c in one.changes] == ["change.unread"] for one in facts]
    assert unread == [False, False, True, True, False]
    assert [one.covers_current for one in facts] == [True, True, False, False, True]


def test_long_texts_are_read_again_but_once(monkeypatch):
    from ecert.documents.pdf import history

    monkeypatch.setattr(history, "_MAX_READ", 1)
    facts = kit.inspect(chain(2)).signatures
    unread = [[c.code for c in one.changes] == ["change.unread"] for one in facts]
    assert unread == [False, True, False]
