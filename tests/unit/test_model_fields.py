"""Field kinds: what is refused, why, and what is printed."""

import base64
import struct
from datetime import date

import pytest

from ecert.model.fields import KINDS, Context, FieldSpec, check_value, display_value, flat_value
from ecert.model.images import decode_image
from ecert.model.issue import Cause, FieldIssue
from ecert.report.codes import info, is_known, placeholders

PNG = (
    b"\x89PNG\r\n\x1a\n"
    + struct.pack(">I", 13)
    + b"IHDR"
    + struct.pack(">II", 30, 40)
    + b"\x08\x02\0\0\0"
)
SOF = b"\xff\xc0\x00\x11\x08" + struct.pack(">HH", 40, 30) + b"\x03" + b"\0" * 9
JPEG = b"\xff\xd8\xff\xe0\x00\x04ab" + SOF


def b64(data):
    return base64.b64encode(data).decode()


def spec(kind, **more):
    return FieldSpec(name="x", zh="某项", en="x", kind=kind, **more)


def codes(kind, value, context=None, **more):
    causes = check_value(spec(kind, **more), value, context)
    for cause in causes:
        assert is_known(cause.code)
        names = {n for n, _ in cause.params}
        assert placeholders(info(cause.code).zh) <= names, cause.code
    return [c.code for c in causes]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", "住所 1"),
        ("name", "欧阳·娜塔莎"),
        ("name", "O'Neill Ltd."),
        ("name", "王㛃"),
        ("name", "𠮷野"),
        ("name", "\U000323b0"),  # extension I/H: newer than some Unicode tables
        ("date", "20240229"),
        ("date_or_long_term", "长期"),
        ("instant", "2026-01-01T00:00:00+08:00"),
        ("instant", "2026-01-01T00:00:00Z"),
        ("region", "110105"),
        ("region", "510200"),  # withdrawn: valid history
        ("uscc", "91110105MA0000007L"),
        ("idnumber", "11010519491231002X"),
        (
            "ecid",
            "1.2.156.3005.2.11100000MB0143028R001.11110105MB00000009.91110105MA0000007L.001.G",
        ),
        ("money", "壹佰万元整"),
        ("money", "100.5万元"),
        ("integer", 0),
        ("image", b64(PNG)),
        ("image", b64(JPEG)),
        ("table", []),
    ],
)
def test_accepted(kind, value):
    assert codes(kind, value) == []


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        ("text", 5, "value.type"),
        ("text", "a\u200bb", "value.character"),  # zero-width
        ("text", "a\u202eb", "value.character"),  # bidi
        ("text", "a\u2066b", "value.character"),
        ("text", "a\nb", "value.character"),
        ("text", "a\x00b", "value.character"),
        ("text", "\ue000", "value.character"),  # private use
        ("text", "\U0010fffe", "value.character"),
        ("text", "\U0002fffe", "value.character"),
        ("text", "\u0378", "value.character"),  # unassigned
        ("text", "辻\U000e0100", "value.character"),  # variation selector
        ("text", "a\u3164", "value.character"),  # Hangul filler
        ("text", "e\u0301", "value.not_nfc"),
        ("text", "\uf900", "value.not_nfc"),  # compatibility ideograph
        ("text", " a", "value.edge_blank"),
        ("text", "a\u3000", "value.edge_blank"),
        ("text", "x" * 2001, "value.too_long"),
        ("name", "x" * 201, "value.too_long"),
        ("name", "阿\u2022卜", "value.interpunct"),
        ("name", "阿\u30fb卜", "value.interpunct"),
        ("name", "--", "value.no_letter"),
        ("name", "\u00b7", "value.no_letter"),
        ("date", "2024-02-29", "value.date"),
        ("date", "20230229", "value.date"),
        ("date", "２０２４０１０１", "value.date"),
        ("date", "长期", "value.date"),
        ("date", 20240101, "value.type"),
        ("date_or_long_term", "99991231", "value.date_range"),
        ("instant", "2026-01-01T00:00:00", "value.instant"),
        ("instant", "2026-01-01", "value.instant"),
        ("instant", "2026-13-01T00:00:00Z", "value.instant"),
        ("region", "1101", "region.length"),
        ("uscc", "91110105MA0000007M", "uscc.check"),
        ("idnumber", "110105194912310021", "idnumber.check"),
        ("ecid", "1.2.156.3005.2.x", "ecid.format"),
        ("money", "若干元整", "value.money"),
        ("integer", True, "value.type"),
        ("integer", "5", "value.type"),
        ("image", 5, "value.type"),
        ("image", "not base64!", "value.image_type"),
        ("image", "照", "value.image_type"),
        ("image", b64(b"GIF89a"), "value.image_type"),
        ("image", b64(PNG[:14]), "value.image_broken"),
        ("image", b64(PNG[:16] + struct.pack(">II", 99999, 1)), "value.image_pixels"),
        ("image", b64(PNG[:16] + struct.pack(">II", 0, 1)), "value.image_pixels"),
        ("image", b64(b"\xff\xd8\xff\xe0\x00\x04"), "value.image_broken"),
        ("image", b64(b"\xff\xd8\xff\xe0\x00\x04abQQQQQQQQQQQQ"), "value.image_broken"),
        ("image", b64(PNG) * 1, None),
        ("table", {}, "value.type"),
        ("table", [{}] * 501, "value.too_many_rows"),
        ("table", [5], "value.type"),
    ],
)
def test_refused(kind, value, code):
    assert codes(kind, value) == ([code] if code else [])


def test_every_kind_has_a_case():
    marks = [*test_accepted.pytestmark, *test_refused.pytestmark]
    tried = {case[0] for mark in marks for case in mark.args[1]}
    assert tried | {"code"} == set(KINDS)


def test_lengths_and_charsets():
    assert codes("text", "12a", length=4, charset="digits") == ["value.length", "value.charset"]
    assert codes("text", "1", min_length=2) == ["value.too_short"]
    assert codes("text", "12", min_length=2, max_length=2, length=2, charset="digits") == []
    assert codes("text", "ａ", charset="ascii") == ["value.charset"]
    assert codes("text", "a", charset="upper_alphanumeric") == ["value.charset"]
    assert codes("image", b64(PNG), max_bytes=10) == ["value.image_too_large"]


def test_jpeg_with_fill_bytes_and_restart_markers():
    data = b"\xff\xd8\xff\xff\xe0\x00\x04ab\xff\x01" + SOF
    assert codes("image", b64(data)) == []
    assert decode_image(b64(data)) == ("jpeg", data)


def test_codes():
    assert codes("code", "1", table="sex") == []
    assert codes("code", "3", table="sex") == ["value.not_in_table"]
    assert codes("code", 1, table="sex") == ["value.type"]
    early, late = Context(on=date(2022, 3, 1)), Context(on=date(2022, 4, 1))
    assert codes("code", "C6", early, table="driving_class") == ["value.code_not_in_force"]
    assert codes("code", "C6", late, table="driving_class") == []
    many = {"table": "driving_class", "many": True}
    assert codes("code", ["C1", "D"], **many) == []
    assert codes("code", "C1", **many) == ["value.type"]
    assert codes("code", [], **many) == ["value.type"]
    assert codes("code", ["C1", "C1"], **many) == ["value.repeated"]
    bad = check_value(spec("code", **many), ["C1", "Z"])
    assert [c.place for c in bad] == ["[1]"]


def test_nonconforming_credit_code_is_an_unknown():
    value = "91110105MA0000007M"
    (cause,) = check_value(spec("uscc"), value, Context(nonconforming=frozenset({value})))
    assert (cause.code, cause.ok) == ("uscc.nonconforming", None)
    (outcome, exact) = FieldIssue(
        "fields.x", "field.invalid", "某项", cause, ok=cause.ok
    ).outcomes()
    assert outcome.verdict.value == exact.verdict.value == "indeterminate"


def test_causes_carry_no_value():
    """L26: nothing of a person's number reaches a reason."""
    number = "110105194912310021"
    (cause,) = check_value(spec("idnumber"), number)
    assert number not in str(cause)
    error = FieldIssue("fields.x", "field.invalid", "某项", cause).to_error()
    assert number not in f"{error} {error.params}"
    assert error.params["cause"] == "idnumber.check"
    assert Cause.of("a", b=1).at("[0]").at("x").place == "x[0]"


def test_display():
    assert display_value(spec("date"), "20240318") == "2024年03月18日"
    assert display_value(spec("date"), "20240318", "date_dots") == "2024.03.18"
    assert display_value(spec("date_or_long_term"), "长期", "date_dots") == "长期"
    assert display_value(spec("date"), "soon") == "soon"
    assert display_value(spec("code", table="sex"), "1") == "男"
    assert display_value(spec("code", table="sex"), "1", "code") == "1"
    assert display_value(spec("code", table="sex"), "7") == "7"
    assert display_value(spec("code", table="no_table"), "7") == "7"
    assert display_value(spec("region"), "110105") == "朝阳区"
    assert display_value(spec("region"), "110105", "code") == "110105"
    assert display_value(spec("region"), "999999") == "999999"
    assert display_value(spec("region"), "x") == "x"
    many = spec("code", table="driving_class", many=True, join="/")
    assert display_value(many, ("C1", "D"), "code") == "C1/D"
    assert flat_value(many, ("C1", "D")) == "C1,D"
    assert flat_value(spec("integer"), 5) == "5"
    assert flat_value(spec("table"), [{"b": 1, "a": "x"}]) == '[{"a":"x","b":1}]'
