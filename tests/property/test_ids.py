"""Laws of the identifiers: every error a scheme can catch is caught; python-stdnum agrees; nothing else escapes."""

from __future__ import annotations

import itertools
import pickle
import string
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import uscc as std_uscc
from stdnum.iso7064 import mod_11_2, mod_11_10, mod_37_36

from ecert.errors import InvalidIdentifier
from ecert.ids import (
    ECID,
    USCC,
    CertDate,
    IDNumber,
    OrgCode,
    RegionCode,
    RegistrationNumber,
    Validity,
    ecid,
    first_instant,
    last_instant,
    parse_date,
    region,
)
from ecert.ids import checkdigit as cd
from ecert.ids.dates import shanghai_day

pytestmark = pytest.mark.property

DIGITS = string.digits
digits = st.text(DIGITS, min_size=1, max_size=40)
alnum = st.text(cd.ALNUM, min_size=1, max_size=60)
dates = st.dates(min_value=date(1800, 1, 1), max_value=date(2199, 12, 31))


@st.composite
def usccs(draw):
    head = draw(st.text(cd.USCC_ALPHABET, min_size=2, max_size=2))
    body = draw(st.text(DIGITS, min_size=6, max_size=6))
    body += draw(st.text(cd.USCC_ALPHABET, min_size=9, max_size=9))
    return USCC(head + body + cd.gb32100(head + body))


@st.composite
def orgcodes(draw):
    body = draw(st.text(cd.ALNUM, min_size=8, max_size=8))
    return OrgCode(body + cd.gb11714(body))


@st.composite
def regnos(draw):
    body = draw(st.text(DIGITS, min_size=14, max_size=14))
    return RegistrationNumber(body + cd.iso7064_mod11_10(body))


@st.composite
def idnumbers(draw):
    body = draw(st.text(DIGITS, min_size=6, max_size=6)) + draw(dates).strftime("%Y%m%d")
    body += draw(st.text(DIGITS, min_size=3, max_size=3))
    return IDNumber(body + cd.iso7064_mod11_2(body))


@st.composite
def ecids(draw):
    issuer = draw(st.one_of(usccs().map(str), st.text(cd.ALNUM, min_size=6, max_size=18)))
    return ECID.create(
        type_code=str(draw(usccs())) + draw(st.text(DIGITS, min_size=3, max_size=3)),
        issuer_code=issuer,
        serial=draw(st.text(cd.ALNUM, min_size=1, max_size=40)),
        version=f"{draw(st.integers(1, 999)):03}",
    )


anything = st.one_of(usccs(), orgcodes(), regnos(), idnumbers(), ecids())


def refused(kind, text):
    with pytest.raises(InvalidIdentifier):
        kind(text)


@given(anything)
def test_round_trips(value):
    kind = type(value)
    assert kind(str(value)) == value
    assert kind.parse(f" {str(value).lower()} ") == value
    assert pickle.loads(pickle.dumps(value)) == value
    assert value.check == str(value)[-1]


@given(st.lists(usccs(), min_size=2, max_size=6))
def test_order_is_the_order_of_the_texts(values):
    assert [str(v) for v in sorted(values)] == sorted(str(v) for v in values)


@given(st.one_of(usccs(), idnumbers(), regnos()), st.data())
def test_every_single_substitution_is_caught(value, data):
    text = str(value)
    at = data.draw(st.integers(0, len(text) - 1))
    char = data.draw(st.sampled_from([c for c in cd.ALNUM if c != text[at]]))
    refused(type(value), text[:at] + char + text[at + 1 :])


@given(ecids(), st.data())
def test_every_single_substitution_in_an_ecid_is_caught(value, data):
    text = str(value)
    at = data.draw(st.integers(0, len(text) - 1))
    char = data.draw(st.sampled_from([c for c in cd.ALNUM + "." if c != text[at]]))
    refused(ECID, text[:at] + char + text[at + 1 :])


@given(orgcodes(), st.data())
def test_substitutions_an_organisation_code_can_catch(value, data):
    text = str(value)
    at = data.draw(st.integers(0, 8))
    char = data.draw(st.sampled_from([c for c in cd.ALNUM if c != text[at]]))
    wrong = text[:at] + char + text[at + 1 :]
    same = at < 8 and (cd.ALNUM.index(char) - cd.ALNUM.index(text[at])) % 11 == 0
    if same:  # the scheme cannot tell: values equal modulo 11
        assert str(OrgCode(wrong)) == wrong
    else:
        refused(OrgCode, wrong)


@given(st.one_of(usccs(), idnumbers()), st.data())
def test_every_swap_is_caught(value, data):
    """The weights differ pairwise (an identity number's within ten places), so such a swap is caught.

    Only the first and the last place of a credit code have the same weight.
    """
    text = str(value)
    first = data.draw(st.integers(0, len(text) - 2))
    reach = len(text) - 1 if isinstance(value, USCC) else min(len(text) - 1, first + 9)
    second = data.draw(st.integers(first + 1, reach))
    chars = list(text)
    chars[first], chars[second] = chars[second], chars[first]
    same_weight = isinstance(value, USCC) and (first, second) == (0, 17)
    if chars[first] != chars[second] and not same_weight:
        refused(type(value), "".join(chars))


def test_adjacent_swaps_that_hybrid_systems_cannot_see():
    """One pair of characters in one state of the sum, so 36 (10) of all swaps; the rest is caught."""
    for alphabet, check in ((cd.ALNUM, cd.hybrid_mod37_36), (DIGITS, cd.iso7064_mod11_10)):
        size = len(alphabet)
        states = {}
        for pair in itertools.product(alphabet, repeat=2):
            states.setdefault(check("".join(pair)), "".join(pair))
        assert len(states) == size  # every state is reachable
        missed = 0
        for head in states.values():
            for a, b in itertools.combinations(alphabet, 2):
                missed += check(head + a + b) == check(head + b + a)
        total = size * size * (size - 1) // 2
        assert missed / total < 0.005 if size == 36 else missed / total < 0.03


@given(digits)
def test_stdnum_agrees_on_digits(text):
    assert cd.iso7064_mod11_2(text) == mod_11_2.calc_check_digit(text)
    assert cd.iso7064_mod11_10(text) == mod_11_10.calc_check_digit(text)


@given(alnum)
def test_stdnum_agrees_on_mod_37_36(text):
    assert cd.hybrid_mod37_36(text) == mod_37_36.calc_check_digit(text)


@given(usccs())
def test_stdnum_agrees_on_uscc(value):
    body = "91" + str(value)[2:17]  # stdnum takes only digits in the first eight places
    text = body + cd.gb32100(body)
    assert std_uscc.is_valid(text)
    assert USCC(text).check == std_uscc.calc_check_digit(body)


@given(idnumbers())
def test_parts_of_identity_numbers(value):
    assert value.birth_date.strftime("%Y%m%d") == str(value)[6:14]
    assert (value.sex == "1") is (int(value.order) % 2 == 1)
    assert isinstance(value.region_known, bool)


@given(dates.filter(lambda d: 1900 <= d.year < 2000), st.integers(0, 999), st.integers(0, 999999))
def test_upgrade_keeps_the_digits(day, order, place):
    old = f"{place:06}{day:%y%m%d}{order:03}"
    if order >= 996:
        if (day.month, day.day) == (2, 29) and day.year % 100 == 0:
            return
        assert IDNumber.upgrade(old).birth_date.year // 100 == 18
    else:
        new = IDNumber.upgrade(old)
        assert str(new)[:6] + str(new)[8:17] == old
        assert new.birth_date == day


@given(ecids(), st.sampled_from(cd.ALNUM))
def test_diagnose_agrees_with_the_type(value, char):
    text = str(value)[:-1] + char
    found = ecid.diagnose(text)
    assert found.expected == value.check
    assert found.stated == char
    assert found.ok is (char == value.check)
    assert (found.rule is None) is (found.rules == ())
    assert found.corrected is None


@given(ecids())
def test_diagnose_undoes_slips_of_form(value):
    body = str(value).removeprefix("1.2.156.3005.2.")
    for slip in (body, body.lower(), f" {value}", str(value).replace("1.2", "１.2", 1)):
        found = ecid.diagnose(slip)
        assert found.corrected == value
        assert not found.ok
        assert found.rule
        assert ECID.parse(slip) == value


@settings(max_examples=300)
@given(st.one_of(st.text(max_size=60), st.text(cd.ALNUM + ".-／ 年月日x", max_size=220)))
def test_any_text_gives_a_value_or_an_identifier_error(text):
    for kind in (ECID, USCC, IDNumber, OrgCode, RegistrationNumber, RegionCode, CertDate):
        for door in (kind, kind.parse):
            try:
                value = door(text)
            except InvalidIdentifier as error:
                start, end = error.span
                assert 0 <= start <= end
                assert error.code.startswith(f"{error.kind}.")  # noqa: PT017
            else:
                assert kind(str(value)) == value
    diagnosis = ecid.diagnose(text)
    assert diagnosis.ok is (diagnosis.code is None)
    for call in (parse_date, USCC.nonconforming, IDNumber.upgrade, region.lookup):
        try:
            call(text)
        except InvalidIdentifier as error:
            assert error.code  # noqa: PT017


@given(st.dates())
def test_dates_round_trip(day):
    value = CertDate.of(day)
    assert value.day == day
    for form in (value.text, value.iso, value.chinese, f"{day.year:04}/{day.month}/{day.day}"):
        assert CertDate.parse(form) == value
        assert parse_date(form.translate({ord(d): ord(d) + 0xFEE0 for d in DIGITS})) == day


@given(st.dates(min_value=date(2, 1, 1), max_value=date(9998, 12, 31)))
def test_a_day_is_24_hours_and_holds_its_instants(day):
    first, last = first_instant(day), last_instant(day)
    assert last - first == timedelta(days=1) - timedelta(microseconds=1)
    assert (first.hour, last.hour, last.minute) == (16, 15, 59)
    assert shanghai_day(first) == shanghai_day(last) == day


@given(
    dates,
    st.integers(0, 4000),
    st.datetimes(min_value=datetime(1801, 1, 1), timezones=st.just(UTC)),
)
def test_validity_is_the_comparison_of_instants(start, days, instant):
    end = start + timedelta(days=days)
    inside = first_instant(start) <= instant <= last_instant(end)
    assert Validity(start, end).covers(instant) is inside


@given(st.text(DIGITS, min_size=6, max_size=6), st.one_of(st.none(), st.dates()))
def test_lookup_answers_with_a_record_of_the_code(code, on):
    found = region.lookup(code, on)
    assert found is None or found in region.history(code)
    assert region.under(code, code)
    for above in region.ancestors(code):
        assert region.under(code, above)
