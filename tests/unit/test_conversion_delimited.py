"""Rows of delimited text: every broken row is one row, and the next one is read."""

import io

import pytest

from ecert.conversion.readers.delimited import Layout, read_header, read_rows, survey
from ecert.conversion.rows import Record, Source
from ecert.errors import MalformedInput
from ecert.limits import Limits

SOURCE = Source("t.csv", "00")
UTF8, GB = Layout(), Layout(encoding="gb18030")


def rows(data, layout=UTF8, limits=None):
    data = data if isinstance(data, bytes) else data.encode(layout.encoding)
    found = []
    for row in read_rows(io.BytesIO(data), layout, source=SOURCE, limits=limits):
        assert row.source is SOURCE
        if isinstance(row, Record):
            found.append((row.line, list(row.values.values())))
        else:
            found.append((row.line, [cause.code for cause in row.causes]))
    return found


def test_plain_rows_and_line_numbers():
    assert rows("a,b\r\n1,2\r\n\r\n3,4") == [(2, ["1", "2"]), (4, ["3", "4"])]
    assert rows("") == []
    assert rows("a,b\n") == []


@pytest.mark.parametrize(("name", "delimiter"), [("tab", "\t"), ("semicolon", ";"), ("pipe", "|")])
def test_delimiters(name, delimiter):
    layout = Layout(encoding="gb18030", delimiter=delimiter)
    # 0x7C is a second byte in GB18030: a vertical bar inside a character splits nothing
    text = f"a{delimiter}b\n醸{delimiter}示,例\n"
    assert b"|" in "醸".encode("gb18030")
    assert rows(text, layout) == [(2, ["醸", "示,例"])], name


def test_quotes():
    text = 'a,b\n"1,""x""",2\n"3\n4",5\n6,7\n'
    assert rows(text) == [(2, ['1,"x"', "2"]), (3, ["3\n4", "5"]), (5, ["6", "7"])]
    assert rows('a,b\n1"2,3\n') == [(2, ['1"2', "3"])]


def test_a_stray_quote_spoils_its_own_line_only():
    text = 'a,b\n"1,2\n3,4\n5,6\n'
    assert rows(text) == [(2, ["conversion.quote_open"]), (3, ["3", "4"]), (4, ["5", "6"])]
    # also where a later row closes it by accident
    text = 'a,b\n"1,2\n3,"4"\n5,6\n'
    assert rows(text) == [(2, ["conversion.quote_open"]), (3, ["3", "4"]), (4, ["5", "6"])]
    text = 'a,b\n"1,2\n3,"4,x"x\n'
    assert rows(text) == [(2, ["conversion.quote_open"]), (3, ["conversion.quoting"])]


def test_many_stray_quotes_cost_bounded_work():
    text = "a,b\n" + '"1,2\n' * 301 + "3,4\n"
    found = rows(text)
    assert len(found) >= 150
    assert found[-1] == (303, ["3", "4"])
    text = "a,b\n" + '"1,2\n' + "3,4\n" * 200
    assert len(rows(text)) == 201


def test_a_wrong_number_of_columns():
    assert rows("a,b\n1\n1,2,3\n4,5\n") == [
        (2, ["conversion.column_count"]),
        (3, ["conversion.column_count"]),
        (4, ["4", "5"]),
    ]
    assert rows("a,b\n , \n,\n") == [(2, ["conversion.empty_row"]), (3, ["conversion.empty_row"])]


def test_undecodable_bytes_reject_that_row_with_the_offset():
    data = "名,号\n甲,1\n".encode("gb18030") + b"\xff,2\n" + "乙,3\n".encode("gb18030")
    found = list(read_rows(io.BytesIO(data), GB, source=SOURCE))
    assert [row.line for row in found] == [2, 3, 4]
    (cause,) = found[1].causes
    assert (cause.code, dict(cause.params)) == ("conversion.undecodable", {"offset": 11})
    assert data[11] == 0xFF
    assert found[2].values == {"名": "乙", "号": "3"}


def test_a_cut_character_does_not_eat_the_delimiter():
    data = b"a,b\n" + "甲".encode("gb18030")[:1] + b",2\n3,4\n"
    assert rows(data, GB) == [(2, ["conversion.undecodable"]), (3, ["3", "4"])]
    data = b'a,b\n"' + "甲".encode()[:2] + b'\nx",2\n3,4\n'
    assert rows(data) == [(2, ["conversion.undecodable"]), (4, ["3", "4"])]
    assert rows(b'a,b\n"\xff,2\n3,4\n') == [
        (2, ["conversion.quote_open", "conversion.undecodable"]),
        (3, ["3", "4"]),
    ]


def test_byte_order_marks():
    assert rows(b"\xef\xbb\xbfa,b\n1,2\n") == [(2, ["1", "2"])]
    assert rows("\ufeffa,b\n1,2\n".encode("gb18030"), GB) == [(2, ["1", "2"])]
    data = b"\xef\xbb\xbf" + b"a,\xff\n"
    with pytest.raises(MalformedInput) as caught:
        rows(data)
    assert caught.value.code == "conversion.header"


def test_large_rows():
    limits = Limits(record_bytes=40)
    text = "a,b\n" + "x" * 100 + ",1\n2,3\n" + '"' + "y" * 30 + "\n" + "z" * 30 + '",4\n5,6\n'
    assert rows(text, limits=limits) == [
        (2, ["conversion.row_too_large"]),
        (3, ["2", "3"]),
        (4, ["y" * 30 + "\n" + "z" * 30, "4"]),
        (6, ["5", "6"]),
    ]
    text = 'a,b\n"1,2\n' + "x" * 100 + ",1\n2,3\n"
    assert rows(text, limits=limits) == [
        (2, ["conversion.quote_open"]),
        (3, ["conversion.row_too_large"]),
        (4, ["2", "3"]),
    ]
    big = "a,b\n" + '"' + "x" * 200_000 + '",1\n2,3\n'
    assert rows(big) == [(2, ["conversion.row_too_large"]), (3, ["2", "3"])]
    # a last line without its end, larger than the limit
    assert rows("a,b\n" + "x" * 81, limits=limits) == [(2, ["conversion.row_too_large"])]


def test_header():
    assert read_header(io.BytesIO(b" a ,b\n"), UTF8) == ["a", "b"]
    assert read_header(io.BytesIO(b""), UTF8) == []
    with pytest.raises(MalformedInput) as caught:
        read_header(io.BytesIO(b"a,b,c\n"), UTF8, limits=Limits(records_field_count=2))
    assert caught.value.code == "conversion.too_many_columns"
    with pytest.raises(MalformedInput):
        read_header(io.BytesIO(b'"a,b\n'), UTF8)


def test_survey_settles_the_encoding():
    text = "名,号\n甲骨,1\n乙,2\n"
    for encoding, expected in (("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("gb18030", "gb18030")):
        data = text.encode(encoding)
        found = survey(io.BytesIO(data), "auto")
        assert found.encoding == expected
        assert found.size == len(data)
        assert survey(io.BytesIO(data), encoding).encoding == expected
    assert survey(io.BytesIO(b"a,b\n"), "auto").encoding == "utf-8"
    # one broken line does not turn a UTF-8 table into other characters
    broken = text.encode() + b"\xff,3\n"
    assert survey(io.BytesIO(broken), "auto").encoding == "utf-8"
    # nor do many, where the header can be read in one way only
    header = "代码,名称,类型\n"
    for encoding in ("utf-8", "gb18030"):
        other = {"utf-8": b"\x80\n", "gb18030": "文字\n".encode()}[encoding]
        data = header.encode(encoding) + other * 3
        assert survey(io.BytesIO(data), "auto").encoding == encoding
    # a header that is neither leaves it to the majority, one of other letters too
    assert survey(io.BytesIO(b"\xff\n" + "文字\n".encode()), "auto").encoding == "utf-8"
    assert survey(io.BytesIO("é\n".encode() + b"\xb4\xfa\n" * 2), "auto").encoding == "gb18030"
    with pytest.raises(MalformedInput) as caught:
        survey(io.BytesIO(text.encode("utf-16")), "auto")
    assert caught.value.code == "conversion.utf16"


def test_survey_counts_whole_lines_only():
    limits = Limits(record_bytes=10)
    text = "甲" * 50 + "\n乙,2\n丙"
    assert survey(io.BytesIO(text.encode()), "auto", limits=limits).encoding == "utf-8"
    assert survey(io.BytesIO(text.encode("gb18030")), "auto", limits=limits).encoding == "gb18030"
