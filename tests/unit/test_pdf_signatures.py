"""Signatures in PDFs: by content, over the file's own bytes (L3, L6, L21, L22)."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pdf_kit as kit
from ecert.crypto.digest import digest
from ecert.crypto.keyforms import write_pem
from ecert.documents.pdf import revisions
from ecert.documents.pdf.insignificant import insignificant_ranges
from ecert.limits import Limits
from ecert.report.codes import is_known

APPEARANCE = b"/Rect[10 10 60 60]/AP<</N 30 0 R>>"
FORM = {30: kit.stream(b"0 0 50 50 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 50 50]")}


@pytest.mark.parametrize("kind", ["sm2", "rsa", "p256", "p384", "ed25519"])
def test_cms_layouts(kind):
    name = {"sm2": "sm3", "p384": "sha384", "ed25519": "sha512"}.get(kind, "sha256")
    facts = kit.inspect(kit.signed(kit.cms(kind, name=name)))
    (one,) = facts.signatures
    assert (one.kind, one.profile, one.where) == ("cms", "adbe.pkcs7.detached", "Signature1")
    assert (one.structure.ok, one.digest.ok, one.value.ok, one.signer_bound.ok) == (True,) * 4
    assert (one.coverage, one.covers_current, one.changes_after.ok) == ("whole", True, True)
    assert one.uncovered == ()
    assert one.algorithms[0] == name
    assert one.signer == kit.signer(kind).certificate
    assert not one.draws
    assert not one.weak
    assert facts.revisions == 1
    assert facts.format.recognized.ok
    assert facts.format.single.ok
    assert facts.format.static.ok
    assert facts.face_text == "Licence12345"
    assert {claim.source: claim.covered for claim in one.times} == {"M": True, "signingTime": True}
    assert all(claim.earliest == claim.latest == kit.AT for claim in one.times)


def test_seal_signature_in_the_dictionary():
    data = kit.signed(kit.ses, signature=b"/Type/Sig/Filter/Gomain.GMPkiLite/SubFilter/GM.sm2seal")
    one = kit.only(data)
    assert (one.kind, one.profile, one.algorithms) == ("seal", "gbt38540", ("sm3", "sm2"))
    assert (one.digest.ok, one.seal_digest.ok, one.value.ok, one.signer_bound.ok) == (True,) * 4
    assert one.seal is not None
    assert one.seal.maker_signature.ok
    changed = data.replace(b"Licence 12345", b"Licence 12346")
    assert kit.only(changed).seal_digest.code == "seal.document_digest"
    assert kit.only(changed).value.ok


def test_content_decides_not_the_subfilter():
    one = kit.only(kit.signed(kit.ses))
    assert one.kind == "seal"
    two = kit.only(kit.signed(signature=b"/Type/Sig/SubFilter/GM.sm2seal"))
    assert (two.kind, two.value.ok) == ("cms", True)
    bare = kit.only(kit.signed(signature=b"/Type/Sig"))
    assert (bare.kind, bare.profile, bare.digest.ok) == ("cms", None, True)


def test_document_time_stamp():
    one = kit.only(
        kit.signed(kit.token, signature=b"/Type/DocTimeStamp/SubFilter/ETSI.RFC3161", date=b"")
    )
    assert (one.kind, one.digest.ok, one.value.ok) == ("timestamp", True, True)
    assert one.timestamps[0].gen_time == kit.AT
    moved = kit.fill(
        kit.Draft(signature=b"/Type/DocTimeStamp/SubFilter/ETSI.RFC3161").unsigned(),
        lambda covered: kit.token(b"other"),
    )
    assert kit.only(moved).digest.ok is False


def test_a_changed_byte_breaks_the_digest_only():
    data = kit.signed()
    one = kit.only(data.replace(b"12345", b"12346"))
    assert (one.digest.ok, one.value.ok, one.coverage) == (False, True, "whole")


@pytest.mark.parametrize("handler", [b"adbe.x509.rsa_sha1", b"adbe.pkcs7.sha1"])
def test_the_content_decides_and_a_weak_handler_stays_weak(handler):
    one = kit.only(kit.signed(signature=b"/Type/Sig/SubFilter/" + handler))
    assert (one.kind, one.structure.ok, one.digest.ok, one.value.ok) == ("cms", True, True, True)
    assert one.weak == ("sha1",)


def test_a_bare_pkcs1_value_is_listed_and_not_read():
    handler = b"/Type/Sig/SubFilter/adbe.x509.rsa_sha1"
    one = kit.only(kit.signed(lambda covered: b"\x04\x03abc", signature=handler))
    assert (one.kind, one.structure.code) == ("unknown", "signature.unsupported")
    assert (one.structure.ok, one.weak) == (None, ("sha1",))


def old_pkcs7(covered: bytes, *, content: bytes | None = None) -> bytes:
    """adbe.pkcs7.sha1: the SHA-1 of the range is the content, signed by openssl without attributes."""
    signer = kit.signer("rsa")
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        (here / "key").write_bytes(signer.key.to_pkcs8())
        (here / "cert").write_bytes(write_pem("CERTIFICATE", signer.certificate.der))
        (here / "data").write_bytes(content or digest("sha1", covered))
        how = f"-in {here}/data -inkey {here}/key -signer {here}/cert -md sha256 -outform DER"
        command = f"openssl cms -sign -nodetach -binary -noattr {how}"
        return subprocess.run(command.split(), capture_output=True, check=True).stdout


def test_a_sha1_inside_pkcs7_is_computed_and_never_rested_on():
    """ISO 32000-1, 12.8.3.3.1; L22: SHA-1 and a CMS without signed attributes."""
    handler = b"/Type/Sig/SubFilter/adbe.pkcs7.sha1"
    one = kit.only(kit.signed(old_pkcs7, signature=handler))
    assert (one.kind, one.structure.ok, one.digest.ok, one.value.ok) == ("cms", True, True, True)
    assert one.weak == ("sha1",)
    assert {"cms.content_is_digest", "cms.no_signed_attributes", "digest.weak"} <= set(one.quirks)
    other = kit.only(
        kit.signed(lambda c: old_pkcs7(c, content=digest("sha1", b"x")), signature=handler)
    )
    assert (other.digest.code, other.value.ok) == ("cms.digest_mismatch", True)
    named = kit.only(kit.signed(old_pkcs7))
    assert named.structure.code == "pdf.cms_with_content"


@pytest.mark.parametrize(
    "value", [b"\x04\x03abc", b"\x30\x03\x31\x01\x30", b"\x30\x00", b"\x30\x02\x30\x00"]
)
def test_unknown_content_is_listed(value):
    one = kit.only(kit.signed(lambda covered: value))
    assert one.structure.ok is None
    assert one.structure.code == "signature.unsupported"


def test_content_that_is_no_der():
    assert kit.only(kit.signed(lambda c: b"\x30\x80\x04\x80")).structure.code == "pdf.contents_ber"
    assert kit.only(kit.signed(lambda c: b"\x1f\x80")).structure.code == "pdf.contents_unreadable"
    empty = kit.only(kit.signed(lambda c: b""))
    assert (empty.structure.code, empty.structure.ok) == ("signature.empty", None)


def test_only_zero_bytes_may_follow_the_value():
    data = kit.signed()
    assert (
        kit.only(data).quirks == ("pdf.trailing_zeros",)
        or "pdf.trailing_zeros" in kit.only(data).quirks
    )
    end = data.rindex(b">>>")
    spoiled = data[: end - 2] + b"01" + data[end:]
    assert kit.only(spoiled).structure.code == "pdf.contents_tail"
    assert kit.only(spoiled).structure.ok is False


def test_cms_that_carries_content_is_refused():
    from ecert.crypto.cms_build import Content, build_signed_data

    def make(covered):
        content = Content(digest="sm3", value=digest("sm3", covered), embedded=b"content")
        return build_signed_data(content, signer=kit.signer("sm2"), signing_time=kit.AT)

    assert kit.only(kit.signed(make)).structure.code == "pdf.cms_with_content"


def test_damaged_cms_is_a_coded_failure():
    value = kit.cms()(b"x")
    one = kit.only(kit.signed(lambda c: value[:40] + bytes(60) + value[100:]))
    assert one.structure.ok is False
    assert one.value.ok is None


def _moved(numbers: bytes) -> bytes:
    """The signed file with another ByteRange, signed over what that range says."""
    data = kit.Draft().unsigned()
    return data.replace(b"/ByteRange[0 0000000000 0000000000 0000000000]", numbers)


@pytest.mark.parametrize(
    "numbers",
    [
        b"/ByteRange[0 10 20 9999999999                 ]",
        b"/ByteRange[0 10 5 10                          ]",
        b"/ByteRange[0 10 20                            ]",
        b"/ByteRange[0 -1 20 30                         ]",
        b"/ByteRange[0 (a) 20 30                        ]",
        b"/ByteRange[9223372036854775807 1 2 3          ]",
        b"/ByteRange[]                                   ",
        b"/ByteRange(no array)                           ",
    ],
)
def test_impossible_ranges(numbers):
    data = _moved(numbers)
    one = kit.only(data)
    assert one.structure.code == "pdf.byte_range"
    assert one.coverage == "unknown"
    assert one.changes_after.ok is False


def test_ranges_that_do_not_start_at_zero_or_have_two_gaps():
    data = kit.signed()
    size = len(data)
    start = data.rindex(b"/Contents<") + len(b"/Contents")
    end = data.index(b">", start) + 1
    old = b"/ByteRange[0 %010d %010d %010d]" % (start, end, size - end)
    for new in (
        b"/ByteRange[1 %d %d %d" % (start - 1, end, size - end),
        b"/ByteRange[0 5 6 7 20 9",
        b"/ByteRange[0 %d" % start,
    ):
        one = kit.only(data.replace(old, new.ljust(len(old) - 1) + b"]"))
        assert one.structure.code == "pdf.byte_range"
        assert one.coverage == "partial"
        assert one.uncovered


def test_gap_must_be_exactly_the_hexadecimal_string():
    data = kit.signed()
    start = data.rindex(b"/Contents<") + len(b"/Contents")
    end = data.index(b">", start) + 1
    old = b"/ByteRange[0 %010d %010d %010d]" % (start, end, len(data) - end)

    def with_range(first: int, second: int) -> bytes:
        new = b"/ByteRange[0 %010d %010d %010d]" % (first, second, len(data) - second)
        return data.replace(old, new)

    assert kit.only(with_range(start - 3, end)).structure.code == "pdf.contents_gap"
    assert kit.only(with_range(start, end + 2)).structure.code == "pdf.contents_gap"
    inner = kit.only(with_range(start + 1, end - 1))
    assert (inner.structure.ok, inner.coverage) == (True, "whole")
    assert "pdf.contents_brackets" in inner.quirks
    blank = bytearray(data)
    blank[start + 5] = 0x20
    assert kit.only(bytes(blank)).structure.code == "pdf.contents_gap"


def test_gap_must_be_this_dictionarys_own_contents():
    """Signature wrapping: a second dictionary states the range of the first (USF, SWA)."""
    inner = kit.Draft(
        field=b"/FT/Sig/T(Signature1)/V 9 0 R/Rect[0 0 0 0]",
        extra={9: b"<</Placeholder true>>"},
    )
    data = kit.fill(inner.unsigned(), kit.cms())
    start = data.rindex(b"/Contents<") + len(b"/Contents")
    copy = data[data.rindex(b"<</Type/Sig") : data.index(b">>>", start) + 3]
    wrapped = kit.write({9: copy.replace(b"/Contents", b"/Reason(x)/Contents")}, base=data)
    by_name = {one.where: one for one in kit.inspect(wrapped).signatures}
    shown = by_name["Signature1"]
    assert shown.structure.code == "pdf.contents_elsewhere"
    assert (shown.digest.ok, shown.value.ok) == (True, True)
    assert by_name["object 6"].structure.code == "signature.unreferenced"


def test_duplicate_key_in_the_dictionary():
    draft = kit.Draft(signature=b"/Type/Sig/Reason(a)/Reason(b)")
    data = kit.fill(draft.unsigned(), kit.cms())
    assert kit.only(data).structure.code == "pdf.duplicate_key"


def test_hidden_and_shared_signatures():
    hidden = kit.only(kit.signed(field=b"/FT/Sig/T(Signature1)/Rect[0 0 0 0]"))
    assert (hidden.where, hidden.structure.code) == ("object 6", "signature.unreferenced")
    shared = kit.only(
        kit.signed(
            form=b"",
            field=b"/T(A)/Kids[10 0 R 11 0 R]",
            extra={
                10: b"<</FT/Sig/T(x)/V 6 0 R>>",
                11: b"<</FT/Sig/T(y)/V 6 0 R>>",
            },
        )
    )
    assert (shared.where, shared.structure.code) == ("A.x", "pdf.signature_shared")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<</Type/Sig>>", "pdf.byte_range"),
        (b"<</ByteRange[0 1 2 3]>>", "pdf.contents_gap"),
        (b"<</SubFilter/x/Contents<00>>>", "pdf.byte_range"),
        (b"<</Type/Sig/ByteRange[0 1 2 3]/Contents 7>>", "pdf.contents_gap"),
    ],
)
def test_signatures_with_parts_removed_are_still_listed(body, code):
    """Universal signature forgery: a viewer may show such a field as signed."""
    one = kit.only(kit.write({**kit.Draft().objects(), 6: body}))
    assert (one.where, one.structure.code, one.value.ok) == ("Signature1", code, None)
    assert not one.covers_current


def test_direct_signature_dictionary_in_the_field():
    draft = kit.Draft()
    draft.field = b"/FT/Sig/T(S)/Rect[0 0 0 0]/V " + draft.dictionary()
    objects = draft.objects()
    del objects[6]
    one = kit.only(kit.fill(kit.write(objects), kit.cms()))
    assert (one.where, one.structure.ok, one.digest.ok) == ("S", True, True)


def test_field_trees_that_loop_end():
    data = kit.signed(
        field=b"/FT/Sig/T(S)/V 6 0 R/Kids[5 0 R 10 0 R 7 null]/Parent 5 0 R",
        extra={10: b"<</Kids[5 0 R 10 0 R]>>"},
    )
    assert kit.only(data).where == "S"


@pytest.mark.parametrize(
    ("parts", "draws"),
    [
        (APPEARANCE, True),
        (b"/Rect[10 10 60 60]", False),
        (b"/Rect[10 10 10 60]/AP<</N 30 0 R>>", False),
        (b"/Rect[a b]/AP<</N 30 0 R>>", True),
        (b"/Rect[/a /b /c /d]/AP<</N 30 0 R>>", True),
    ],
)
def test_visible_widgets(parts, draws):
    data = kit.signed(field=b"/FT/Sig/T(S)/V 6 0 R" + parts, extra=FORM)
    assert kit.only(data).draws is draws


@pytest.mark.parametrize(
    "flags", [b"4294967298", b"8589934594", b"2147483650", b"-2", b"32", b"2.0"]
)
def test_l6_flags_that_some_viewer_does_not_heed_hide_nothing(flags):
    """pdfium and poppler take flags beyond 32 bits for none, and pdfium draws fields with NoView."""
    objects = kit.Draft(field=b"/FT/Sig/T(S)/V 6 0 R" + APPEARANCE, extra=FORM).objects()
    objects[5] = objects[5].replace(b"/F 132", b"/F " + flags)
    assert kit.only(kit.fill(kit.write(objects), kit.cms())).draws


@pytest.mark.parametrize("flags", [b"4294967298", b"32", b"132"])
def test_l6_a_later_field_with_such_flags_is_drawn_afterwards(flags, monkeypatch):
    monkeypatch.setattr(kit, "WIDGET", kit.WIDGET.replace(b"/F 132", b"/F " + flags))
    data = kit.second_signature(
        kit.signed(), field=b"/Rect[10 10 90 90]/AP<</N 22 0 R>>", make=kit.cms("p256"),
        extra={22: kit.stream(b"0 0 9 9 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]")},
    )  # fmt: skip
    assert kit.inspect(data).signatures[0].changes_after.code == "document.drawn_after_issuer"


@pytest.mark.parametrize(
    ("box", "looks", "draws"),
    [
        (b"/BBox[0 0 9 9]", b"22 0 R", False),
        (b"/BBox[0 0 0 0]", b"<</On 22 0 R>>", False),
        (b"", b"22 0 R", True),
        (b"", b"<</On 22 0 R>>", True),
        (b"/BBox[0 0]", b"22 0 R", True),
        (b"/BBox[0 0 /a 9]", b"22 0 R", True),
        (b"/BBox[0 0 9 9]/Matrix[1 0 0 1 0 0]", b"22 0 R", False),
        (b"/BBox[0 0 9 9]/Matrix[.000001 0 0 .000001 0 0]", b"22 0 R", True),
        (b"/BBox[0 0 9 9]/Matrix[0]", b"22 0 R", True),
    ],
)
def test_l6_a_field_without_area_is_clipped_by_its_box_alone(box, looks, draws):
    """pdfium draws an appearance without /BBox at its full size, whatever the rectangle."""
    data = kit.second_signature(
        kit.signed(), field=b"/Rect[0 0 0 0]/AP<</N %s>>" % looks, make=kit.cms("p256"),
        extra={22: kit.stream(b"0 0 9 9 re f", b"/Type/XObject/Subtype/Form" + box)},
    )  # fmt: skip
    first, second = kit.inspect(data).signatures
    assert second.draws is draws
    assert first.changes_after.code == ("document.drawn_after_issuer" if draws else None)


def test_l6_an_appearance_that_is_null_is_none():
    """Viewers draw the background of such a field, as of one that names no appearance."""
    data = kit.second_signature(
        kit.signed(), field=b"/Rect[10 10 90 90]/MK<</BG[1 0 0]>>/AP 22 0 R", make=kit.cms("p256"),
        extra={22: b"null"},
    )  # fmt: skip
    assert kit.inspect(data).signatures[0].changes_after.code == "document.drawn_after_issuer"


def test_hidden_widget_does_not_draw():
    objects = kit.Draft(field=b"/FT/Sig/T(S)/V 6 0 R" + APPEARANCE, extra=FORM).objects()
    objects[5] = objects[5].replace(b"/F 132", b"/F 2")
    assert not kit.only(kit.fill(kit.write(objects), kit.cms())).draws


@pytest.mark.parametrize(
    ("reference", "level"),
    [
        (b"/Reference[<</TransformMethod/DocMDP/TransformParams<</P 1>>>>]", 1),
        (b"/Reference[<</TransformMethod/DocMDP/TransformParams<</P 9>>>>]", 2),
        (b"/Reference[<</TransformMethod/DocMDP>>]", 2),
        (b"/Reference[<</TransformMethod/FieldMDP>>]", None),
        (b"/Reference 7", None),
    ],
)
def test_certification_level(reference, level):
    assert kit.only(kit.signed(signature=b"/Type/Sig" + reference)).docmdp == level


def test_appended_bytes_and_revisions():
    data = kit.signed()
    tail = kit.inspect(data + b"junk")
    assert tail.signatures[0].coverage == "revision"
    assert tail.signatures[0].changes_after.code == "document.bytes_after"
    assert tail.signatures[0].uncovered[0].path == f"bytes {len(data)}-{len(data) + 4}"
    assert tail.format.single.code == "format.bytes_outside"
    drawn = kit.write({4: kit.stream(kit.CONTENT.replace(b"12345", b"99999"))}, base=data)
    one = kit.only(drawn)
    assert (one.digest.ok, one.coverage, one.covers_current) == (True, "revision", False)
    assert one.changes_after.code == "document.drawn_after_issuer"
    assert kit.inspect(drawn).revisions == 2


def test_second_signature_that_draws_nothing_is_allowed_and_one_that_draws_is_not():
    """L6: after the issuer's signature nothing may follow that can draw."""
    data = kit.signed()
    quiet = kit.inspect(kit.second_signature(data, field=b"/Rect[0 0 0 0]", make=kit.cms("p256")))
    first, second = quiet.signatures
    assert (first.where, first.coverage, first.covers_current) == ("Signature1", "revision", True)
    assert first.changes_after.ok
    assert first.uncovered == ()
    assert (second.coverage, second.value.ok) == ("whole", True)
    loud = kit.inspect(
        kit.second_signature(data, field=APPEARANCE, make=kit.cms("p256"), extra=FORM)
    )
    assert loud.signatures[0].changes_after.code == "document.drawn_after_issuer"
    assert not loud.signatures[0].covers_current


def test_certified_document_allows_no_second_signature():
    locked = b"/Type/Sig/Reference[<</TransformMethod/DocMDP/TransformParams<</V/1.2/P 1>>>>]"
    data = kit.signed(signature=locked)
    later = kit.inspect(kit.second_signature(data, field=b"/Rect[0 0 0 0]", make=kit.cms("p256")))
    found = later.signatures[0].changes_after
    assert (found.ok, found.code) == (False, "document.drawn_after_issuer")
    assert ("forbidden", True) in found.params


def test_analysis_that_cannot_be_made_is_unknown(monkeypatch):
    data = kit.second_signature(kit.signed(), field=b"/Rect[0 0 0 0]", make=kit.cms("p256"))
    monkeypatch.setattr(revisions, "MAX_ANALYSED_BYTES", 10)
    assert kit.inspect(data).signatures[0].changes_after.code == "pdf.analysis_impossible"
    monkeypatch.undo()

    def broken(*_args):
        raise RecursionError

    monkeypatch.setattr(revisions, "_review", broken)
    outcome = kit.inspect(data).signatures[0].changes_after
    assert (outcome.ok, dict(outcome.params)) == (None, {"reason": "RecursionError"})
    monkeypatch.setattr(revisions, "_open", broken)
    assert kit.inspect(data).signatures[0].changes_after.ok is None


def test_a_graph_with_too_many_paths_is_unknown():
    """Ten layers of six references have 60 million paths, which pyHanko would list."""
    extra = {99: b"(x)"}
    for layer in range(10):
        for place in range(6):
            below = range(100 + (layer + 1) * 6, 106 + (layer + 1) * 6) if layer < 9 else (99,)
            extra[100 + layer * 6 + place] = b"[%s]" % b" ".join(b"%d 0 R" % n for n in below)
    data = kit.write({99: b"(y)"}, base=kit.signed(catalog=b"/X 100 0 R", extra=extra))
    outcome = kit.only(data).changes_after
    assert (outcome.ok, dict(outcome.params)) == (None, {"reason": "AnalysisTooLong"})


def test_revisions_of_hybrid_files_are_unknown():
    from ecert.documents.pdf.structure import scan

    data = kit.write({4: kit.stream(b"x")}, base=kit.signed())
    layout = scan(data, Limits())
    mixed = replace(layout, sections=(replace(layout.sections[0], hybrid=True),) * 2)
    question = revisions.Question(section=0, owner=(6, 0), docmdp=None)
    (outcome,) = revisions.judge_changes(data, mixed, [question], {})
    assert dict(outcome.params) == {"reason": "hybrid"}
    (counted,) = revisions.judge_changes(
        data, replace(layout, sections=layout.sections[:1]), [question], {}
    )
    assert dict(counted.params) == {"reason": "revisions"}


def test_too_many_signatures_and_too_large_values():
    data = kit.signed()
    from ecert.documents.pdf.facts import inspect_pdf

    none = inspect_pdf(data, replace(Limits(), signatures=0))
    assert none.format.within_limits.code == "format.too_large"
    assert none.signatures[0].structure.code == "pdf.signature_unread"
    small = inspect_pdf(data, replace(Limits(), signature_bytes=100))
    assert small.signatures[0].structure.code == "format.too_large"


def test_insignificant_ranges_name_what_nobody_relies_on():
    data = kit.signed(kit.cms("p256"))
    ranges = insignificant_ranges(data)
    assert ranges[0].name == "hex_case"
    at = next(i for i in range(ranges[0].start, ranges[0].end) if data[i : i + 1].islower())
    upper = data[:at] + data[at : at + 1].upper() + data[at + 1 :]
    assert ranges[0].covers(data, upper)
    assert kit.only(upper).value.ok
    other = data[:at] + b"0" + data[at + 1 :]
    assert not ranges[0].covers(data, other)
    assert not ranges[0].covers(data, data + b"x")
    assert not ranges[0].covers(data, b"x" + data[1:])


def test_unsigned_attributes_are_named():
    from ecert.crypto.cms_build import with_timestamp

    def stamped(covered):
        value = kit.cms("p256")(covered)
        from ecert.crypto.cms import parse_cms

        return with_timestamp(value, kit.token(parse_cms(value).signers[0].signature))

    data = kit.signed(stamped)
    assert kit.only(data).timestamps[0].imprint_ok.ok
    names = [one.name for one in insignificant_ranges(data)]
    assert names == ["hex_case", "unsigned_attribute"]


def test_every_code_is_in_the_catalogue():
    import re

    folder = Path(revisions.__file__).parent
    found = set()
    for name in ("arithmetic", "bounds", "carriers", "coverage", "facts", "fields", "guard",
                 "inflate", "lexer", "objects", "revisions", "signatures", "static",
                 "structure", "xref"):  # fmt: skip
        text = (folder / f"{name}.py").read_text(encoding="utf-8")
        found |= set(re.findall(r'"((?:pdf|format|document|signature)\.[a-z0-9_]+)"', text))
    assert found
    assert sorted(code for code in found - {"pdf.trailing_zeros"} if not is_known(code)) == []
