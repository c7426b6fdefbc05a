"""Laws of the model: canonical form, round trips, parsers that never leave their error family."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecert.errors import MalformedInput, ProfileError
from ecert.model import Certificate, Profile, canonical_bytes, parse_json
from ecert.model.canonical import pretty_json
from ecert.model.fields import KINDS, FieldSpec, check_value, display_value
from ecert.model.textdata import read_yaml

pytestmark = pytest.mark.property

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15) + 1, 10**15 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
LOOSE = VALUES | st.floats() | st.binary(max_size=4)


@given(VALUES)
def test_canonical_round_trip(value):
    data = canonical_bytes(value)
    assert parse_json(data) == value
    assert canonical_bytes(parse_json(data)) == data
    assert parse_json(pretty_json(value)) == value
    assert json.loads(data) == value


@given(st.dictionaries(TEXT, VALUES, min_size=2, max_size=5), st.randoms())
def test_canonical_form_ignores_order(value, random):
    items = list(value.items())
    random.shuffle(items)
    assert canonical_bytes(dict(items)) == canonical_bytes(value)


@given(VALUES, VALUES)
def test_canonical_form_is_injective(a, b):
    # JSON tells 1 from true, Python's == does not: json.dumps is the judge
    same = json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True)
    assert (canonical_bytes(a) == canonical_bytes(b)) == same


@given(st.text(alphabet='{}[]",:\\u0123e.-truefalsn ') | st.binary(max_size=60))
def test_json_stays_in_its_error_family(data):
    try:
        value = parse_json(data)
    except MalformedInput:
        return
    assert parse_json(canonical_bytes(value)) == value


@given(st.text(alphabet="ab:-[]{}#&*!|>'\"\n ?~0.") | st.binary(max_size=60))
def test_yaml_stays_in_its_error_family(data):
    raw = data.encode() if isinstance(data, str) else data
    value, problems = read_yaml(raw)
    assert problems or _text_only(value)
    try:
        Profile.parse(raw)
    except ExceptionGroup as group:
        assert all(isinstance(e, ProfileError) for e in group.exceptions)  # noqa: PT017
    else:
        raise AssertionError("noise became a profile")


def _text_only(value):
    if isinstance(value, dict):
        return all(isinstance(k, str) and _text_only(v) for k, v in value.items())
    if isinstance(value, list):
        return all(map(_text_only, value))
    return value is None or isinstance(value, str)


@given(st.sampled_from(KINDS), LOOSE | st.sampled_from(["1", "长期", "20240229"]))
def test_checking_never_raises(kind, value):
    for many in (False, True):
        column = FieldSpec(name="c", zh="c", en="c", kind="text")
        spec = FieldSpec(
            name="x", zh="x", en="x", kind=kind, table="sex", many=many, columns={"c": column}
        )
        causes = check_value(spec, value)
        assert all(c.code for c in causes)
        if not causes:
            assert isinstance(display_value(spec, value), str)


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(["metadata", "fields", "copy", "kind", "profile"]), VALUES))
def test_reading_never_raises(members):
    certificate = Certificate({"schema": "ecert.certificate/1", **members})
    again = Certificate.from_json(certificate.to_json())
    assert again == certificate
    for name in ("business_license", "id_card", "driving_licence"):
        profile = Profile.load(name)
        assert again.validate(profile)
        assert isinstance(profile.face_rows(again), tuple)
    assert again.copy is None or again.kind == "copy"
    assert again.holder.name == again.holder.name.strip() or again.holder.name


@settings(max_examples=60)
@given(st.data())
def test_any_field_of_any_value(data):
    profile = Profile.load(
        data.draw(st.sampled_from(["business_license", "id_card", "driving_licence"]))
    )
    fields = {n: data.draw(VALUES) for n in profile.fields if data.draw(st.booleans())}
    metadata = {
        n: data.draw(VALUES)
        for n in (
            "certificateIdentifier",
            "issueDate",
            "certificateHolderTypeCode",
            "certificateValidateEnd",
        )
    }
    certificate = Certificate(
        {"schema": "ecert.certificate/1", "kind": "copy", "fields": fields, "metadata": metadata}
    )
    assert certificate.validate(profile)
    assert all(isinstance(r.text, str) for r in profile.face_rows(certificate))
