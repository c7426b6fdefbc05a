"""Calendar dates are Asia/Shanghai days, end inclusive (never-accept.md L12); 长期 is a symbol."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from ecert.errors import InvalidIdentifier
from ecert.ids import LONG_TERM, CertDate, Validity, first_instant, last_instant
from ecert.ids.dates import FAR_DATES, State, parse_end, parse_end_lenient, shanghai_day

DAY = date(2025, 3, 1)


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def test_instants_of_a_day():
    assert first_instant(DAY) == utc(2025, 2, 28, 16)
    assert last_instant(DAY) == utc(2025, 3, 1, 15, 59, 59, 999999)
    assert first_instant(DAY).tzinfo is UTC
    assert last_instant(DAY) + timedelta(microseconds=1) == first_instant(date(2025, 3, 2))
    assert first_instant(date(1988, 7, 1)) == utc(1988, 6, 30, 16)  # no summer time of 1986-1991


@pytest.mark.parametrize(
    ("instant", "state"),
    [
        (utc(2025, 3, 1, 15, 59, 59), State.IN_FORCE),
        (utc(2025, 3, 1, 15, 59, 59, 999999), State.IN_FORCE),
        (utc(2025, 3, 1, 16), State.EXPIRED),
        (utc(2019, 12, 31, 15, 59, 59), State.NOT_YET),
        (utc(2019, 12, 31, 16), State.IN_FORCE),
        (datetime(2025, 3, 1, 23, 59, 59, tzinfo=timezone(timedelta(hours=8))), State.IN_FORCE),
        (datetime(2025, 3, 1, 23, 59, 59, tzinfo=timezone(timedelta(hours=-8))), State.EXPIRED),
    ],
)
def test_l12_last_day(instant, state):
    validity = Validity(date(2020, 1, 1), DAY)
    assert validity.state(instant) is state
    assert validity.covers(instant) is (state is State.IN_FORCE)


def test_what_is_not_stated_is_unknown():
    now = utc(2025, 1, 1)
    assert Validity(date(2020, 1, 1), LONG_TERM).state(now) is State.IN_FORCE
    assert Validity(date(2020, 1, 1), None).state(now) is State.UNKNOWN
    assert Validity(None, DAY).state(now) is State.UNKNOWN
    assert Validity(None, DAY).state(utc(2026, 1, 1)) is State.EXPIRED
    assert Validity(date(2026, 1, 1), None).state(now) is State.NOT_YET
    assert not Validity(None, None).covers(now)


def test_an_instant_needs_a_zone():
    with pytest.raises(ValueError, match="time zone"):
        Validity(None, DAY).state(datetime(2025, 1, 1))


def test_the_ends_of_the_calendar():
    assert first_instant(date.min) == datetime.min.replace(tzinfo=UTC)
    assert last_instant(date.max) == utc(9999, 12, 31, 15, 59, 59, 999999)
    assert shanghai_day(utc(9999, 12, 31, 23)) == date.max
    assert shanghai_day(datetime(1, 1, 1, 0, tzinfo=timezone(timedelta(hours=14)))) == date.min


def test_validity_parse_and_text():
    found = Validity.parse("2020年1月1日", "长期")
    assert found == Validity(date(2020, 1, 1), LONG_TERM)
    assert str(found) == "2020-01-01/长期"
    assert str(Validity.parse(None, " ")) == "/"
    assert str(Validity.parse("", "20250301")) == "/2025-03-01"
    assert pickle.loads(pickle.dumps(found)) == found
    assert hash(found) == hash(Validity.parse("20200101", "长期"))
    with pytest.raises(InvalidIdentifier) as caught:
        Validity.parse("20250302", "20250301")
    assert caught.value.code == "validity.order"
    assert Validity(DAY, DAY).covers(utc(2025, 3, 1))


def test_long_term_is_one_symbol():
    assert parse_end("长期") is LONG_TERM
    assert parse_end(" 长期有效 ") is LONG_TERM
    assert pickle.loads(pickle.dumps(LONG_TERM)) is LONG_TERM
    assert str(LONG_TERM) == "长期"
    for text in ("永久", "长", "长期1", None, 7):
        with pytest.raises(InvalidIdentifier):
            parse_end(text)


@pytest.mark.parametrize("text", ["99991231", "20991231", "9999-12-31", "2099年12月31日"])
def test_far_dates_are_long_term_only_by_the_lenient_door(text):
    assert parse_end(text) in FAR_DATES
    assert parse_end_lenient(text) is LONG_TERM


def test_lenient_end():
    assert parse_end_lenient("永久") is LONG_TERM
    assert parse_end_lenient("长期") is LONG_TERM
    assert parse_end_lenient("20991230") == date(2099, 12, 30)
    with pytest.raises(InvalidIdentifier):
        parse_end_lenient("2年")


def test_cert_date():
    value = CertDate.parse("2024/1/31")
    assert (str(value), value.iso, value.chinese) == ("20240131", "2024-01-31", "2024年01月31日")
    assert value.day == date(2024, 1, 31)
    assert CertDate.of(date(999, 1, 2)).text == "09990102"
    assert CertDate("20240131") < CertDate("20240201")
    for text in ("2024-01-31", "20240231", "２０２４０１３１", "2024013"):
        with pytest.raises(InvalidIdentifier):
            CertDate(text)
