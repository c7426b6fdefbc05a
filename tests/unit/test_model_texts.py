"""JSON and YAML texts: the RFC 8785 vectors, and everything that is refused."""

import json

import pytest

from ecert.errors import MalformedInput
from ecert.limits import Limits
from ecert.model.canonical import JsonNumber, canonical_bytes, parse_json, pretty_json
from ecert.model.textdata import load_yaml, read_yaml
from ecert.report.codes import is_known


def json_code(text, **limits):
    with pytest.raises(MalformedInput) as caught:
        parse_json(text, limits=Limits(**limits))
    assert is_known(caught.value.code)
    return caught.value.code


def yaml_codes(data, **limits):
    found = [p.code for p in read_yaml(data, limits=Limits(**limits))[1]]
    assert all(map(is_known, found))
    return found


def test_rfc_8785_sorting():
    """RFC 8785, 3.2.3: members sort by UTF-16 code units."""
    text = r"""{"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One", "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis"}"""
    values = list(json.loads(canonical_bytes(parse_json(text))).values())
    assert values == [
        "Carriage Return",
        "One",
        "Control",
        "Latin Small Letter O With Diaeresis",
        "Euro Sign",
        "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh",
    ]


def test_rfc_8785_strings_and_literals():
    """RFC 8785, 3.2.2: escapes of strings, literals."""
    text = (
        r'{"string": "\u20ac$\u000F\u000aA'
        "'"
        r'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}'
    )
    expected = '{"literals":[null,true,false],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    assert canonical_bytes(parse_json(text)).decode() == expected


def test_numbers_keep_their_spelling():
    text = "[0,-1,999999999999999,1000000000000000,-0,1.50,1e5,4.5E-3]"
    value = parse_json(text)
    assert value[:3] == [0, -1, 999999999999999]
    assert value[3] == JsonNumber("1000000000000000")
    assert canonical_bytes(value).decode() == text
    assert parse_json(pretty_json(value)) == value
    with pytest.raises(MalformedInput):
        JsonNumber("01")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"a":1,"a":2}', "json.duplicate_key"),
        ('{"x":{"a":1,"\\u0061":1}}', "json.duplicate_key"),
        ("NaN", "json.number"),
        ("[Infinity]", "json.number"),
        ("[-Infinity]", "json.number"),
        ("", "json.syntax"),
        ("{", "json.syntax"),
        ("[1,]", "json.syntax"),
        ("1 2", "json.syntax"),
        ("'a'", "json.syntax"),
        (b"\xff", "json.encoding"),
        ('"\\ud800"', "json.encoding"),
        ('{"\\udc00":1}', "json.encoding"),
        ('{"a":["\\udc00"]}', "json.encoding"),
        ("\ud800", "json.encoding"),
        ("[" * 33 + "]" * 33, "json.too_deep"),
        ("[" * 100_000, "json.too_deep"),
        ('{"a":' * 40, "json.too_deep"),
    ],
)
def test_json_refused(text, code):
    assert json_code(text) == code


def test_json_limits():
    assert json_code(b" " * 11, json_bytes=10) == "json.too_large"
    assert parse_json("[" * 32 + "]" * 32) is not None
    assert parse_json('"' + "[" * 100 + '"') == "[" * 100
    assert parse_json(b'\xef\xbb\xbf{"a":"\\\\"}') == {"a": "\\"}


def test_depth_scan_is_linear():
    """A quadratic scan of these would take hours: reaching the end is the assertion."""
    for text in ('"' + '\\"' * 500_000 + "\\", '"' * 999_999, '\\"' * 500_000, "[]" * 500_000):
        assert json_code(text) == "json.syntax"


def test_canonical_refuses_what_json_lacks():
    loop = []
    loop.append(loop)
    for value in (1.5, {1: 2}, {"a": b""}, 10**15, "\udc00", loop):
        with pytest.raises(MalformedInput):
            canonical_bytes(value)
    with pytest.raises(MalformedInput):
        pretty_json("\udc00")
    assert canonical_bytes(()) == b"[]"
    assert pretty_json({"b": [], "a": {}}) == '{\n  "b": [],\n  "a": {}\n}\n'


def test_yaml_is_text():
    data = b"code: 0101\ndate: 2024-03-18\nno: no\noctal: 0o17\nfloat: 1e3\nnothing:\nquoted: 'null'\nempty: ''\nlist: [1, ~, null]\n"
    assert load_yaml(data) == {
        "code": "0101",
        "date": "2024-03-18",
        "no": "no",
        "octal": "0o17",
        "float": "1e3",
        "nothing": None,
        "quoted": "null",
        "empty": "",
        "list": ["1", None, None],
    }
    assert load_yaml(b"") is None
    assert load_yaml(b"a: |\n  x\n  y\n") == {"a": "x\ny\n"}


@pytest.mark.parametrize(
    ("data", "codes"),
    [
        (b"a: 1\nb: 2\na: 3\nb: 4", ["yaml.duplicate_key", "yaml.duplicate_key"]),
        (b"a: &x 1\nb: *x", ["yaml.alias"]),
        (b"a: *x", ["yaml.alias"]),
        (b"a: !!int 5", ["yaml.tag"]),
        (b"!!python/object/apply:os.system [x]", ["yaml.tag"]),
        (b"? [a]\n: b", ["yaml.key"]),
        (b"~: b", ["yaml.key"]),
        (b"a: [", ["yaml.syntax"]),
        (b"a: b: c", ["yaml.syntax"]),
        (b"--- a\n--- b\n", ["yaml.syntax"]),
        (b"a: \x01", ["yaml.syntax"]),
        (b"\xff\xfe\x00", ["yaml.encoding"]),
        (b"[" * 5000, ["yaml.too_deep"]),
        (b"a:\n" + b"".join(b" " * i + b"a:\n" for i in range(1, 40)), ["yaml.too_deep"]),
    ],
)
def test_yaml_refused(data, codes):
    assert yaml_codes(data) == codes
    with pytest.raises(MalformedInput) as caught:
        load_yaml(data)
    assert caught.value.code == codes[0]


def test_yaml_limits():
    assert yaml_codes(b"a: 1", json_bytes=3) == ["yaml.too_large"]
    assert read_yaml(b"a: 1\na: 2")[0] == {"a": "1"}


def test_the_common_characters_are_all_allowed_one_by_one() -> None:
    from ecert.model.characters import _UNCOMMON, _refused

    common = [chr(p) for p in range(0x30000) if not _UNCOMMON.match(chr(p))]
    assert len(common) > 27000
    assert not [c for c in common if _refused(c)]
