"""The zip under an OFD: what is read, what is reported, what is refused (L9)."""

from __future__ import annotations

import io
import struct
import sys
import zipfile
import zlib
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import ofd_kit as o
from ecert.documents.ofd.package import open_package
from ecert.documents.ofd.ziprecords import insignificant_ranges
from ecert.errors import MalformedDocument
from ecert.limits import Limits

FILES = {"OFD.xml": b"<OFD/>", "Doc_0/Document.xml": b"<Document/>" * 9}


def opened(data: bytes, **limits: int):
    return open_package(data, Limits(**limits))


def refused(data: bytes, **limits: int) -> str:
    with pytest.raises(MalformedDocument) as caught:
        opened(data, **limits)
    return caught.value.code


def single(data: bytes) -> str | None:
    return opened(data).single.code


def built(*entries: tuple[zipfile.ZipInfo | str, bytes], method: int = 0) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return buffer.getvalue()


def patched(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


def both(name: str, **fields: int) -> tuple[zipfile.ZipInfo, bytes]:
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    for key, value in fields.items():
        setattr(info, key, value)
    return info, b"x"


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_reads_stored_and_deflated_entries(method):
    package = opened(o.pack(FILES, method))
    assert dict(package.files) == {"/" + name: data for name, data in FILES.items()}
    assert package.single.ok is True
    assert package.folded["/doc_0/document.xml"] == "/Doc_0/Document.xml"
    assert "/OFD.xml" in package
    assert "OFD.xml" not in package


def test_folders_are_no_files():
    assert list(opened(built(("Doc_0/", b""), ("Doc_0/a", b"1"))).files) == ["/Doc_0/a"]


def test_a_folder_with_content_is_damaged():
    assert refused(built(("Doc_0/", b"1"))) == "format.entry_damaged"


class Unseekable(io.RawIOBase):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self.parts.append(bytes(data))
        return len(data)


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_data_descriptors_are_read_and_compared(wide, method):
    stream = Unseekable()
    with zipfile.ZipFile(stream, "w", method) as archive:  # type: ignore[arg-type]
        for name, data in FILES.items():
            with archive.open(zipfile.ZipInfo(name), "w", force_zip64=wide) as entry:
                entry.write(data)
    data = b"".join(stream.parts)
    assert opened(data).single.ok is True
    at = data.index(b"PK\x07\x08")
    assert single(patched(data, at + 4, b"\x00\x01")) == "format.headers_differ"


def test_a_data_descriptor_may_lack_its_mark():
    stream = Unseekable()
    with zipfile.ZipFile(stream, "w") as archive:  # type: ignore[arg-type]
        archive.writestr("OFD.xml", b"<OFD/>")
    data = b"".join(stream.parts)
    at = data.index(b"PK\x07\x08")
    shorter = data[:at] + data[at + 4 :]
    end = shorter.rindex(b"PK\x05\x06")
    offset = struct.unpack_from("<I", shorter, end + 16)[0]
    assert opened(patched(shorter, end + 16, struct.pack("<I", offset - 4))).single.ok is True


def test_zip64_entries_are_read_where_consistent():
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w") as archive,
        archive.open("OFD.xml", "w", force_zip64=True) as entry,
    ):
        entry.write(b"<OFD/>")
    assert opened(buffer.getvalue()).single.ok is True


def zip64_end(data: bytes, **changes: int) -> bytes:
    end = data.rindex(b"PK\x05\x06")
    count, size, offset = struct.unpack_from("<H2I", data, end + 10)
    values = {"here": count, "count": count, "size": size, "offset": offset, "disk": 0} | changes
    record = struct.pack(
        "<4sQ2H2I4Q",
        b"PK\x06\x06",
        values.get("length", 44),
        45,
        45,
        values["disk"],
        0,
        values["here"],
        values["count"],
        values["size"],
        values["offset"],
    )
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1)
    short = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return data[:end] + record + locator + short


def test_zip64_end_record():
    data = o.pack(FILES)
    assert opened(zip64_end(data)).single.ok is True
    for change in ({"here": 1}, {"disk": 1}, {"length": 45}):
        assert refused(zip64_end(data, **change)) == "format.zip_structure"
    wrong = zip64_end(data)
    assert refused(patched(wrong, len(wrong) - 14, b"\x01\x00")) == "format.zip_structure"
    locator = data[:-22][-20:]
    lone = b"PK\x06\x07" + locator[4:]
    assert refused(lone + data[-22:]) == "format.zip_structure"


@pytest.mark.parametrize("cut", [1, 10, 21, 30, 60, 100])
def test_truncated_files_are_refused(cut):
    assert refused(o.pack(FILES)[:-cut]).startswith("format.")


def test_no_zip_is_not_recognised():
    assert refused(b"") == "format.not_recognized"
    assert refused(b"%PDF-1.7") == "format.not_recognized"


def test_an_empty_archive_is_only_empty():
    assert dict(opened(b"PK\x05\x06" + bytes(18)).files) == {}


@pytest.mark.parametrize("where", ["before", "after", "between", "comment"])
def test_bytes_outside_are_reported(where):
    data = o.pack(FILES)
    if where == "before":
        data = b"\x00" * 7 + data
    elif where == "after":
        data += b"\x00" * 7
    elif where == "comment":
        data = data[:-2] + b"\x07\x00" + b"comment"
    else:
        end = data.rindex(b"PK\x05\x06")
        start = data.index(b"PK\x01\x02")
        offset = struct.pack("<I", start + 7)
        data = data[:start] + bytes(7) + data[start:end] + data[end : end + 16] + offset + bytes(2)
    outcome = opened(data).single
    assert (outcome.ok, outcome.code) == (None, "format.bytes_outside")
    assert dict(outcome.params)["size"] == 7


def test_an_entry_comment_lies_outside_too():
    info, data = both("OFD.xml", comment=b"hidden")
    assert single(built((info, data))) == "format.bytes_outside"


def test_a_cut_off_comment_is_refused():
    assert (
        refused(patched(o.pack(FILES), len(o.pack(FILES)) - 2, b"\x01")) == "format.zip_structure"
    )


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    "names",
    [
        ("a.xml", "a.xml"),
        ("a.xml", "A.XML"),
        ("é", "e\u0301"),
        ("a/b", "A/B"),
        ("a", "a/b"),
        ("ａ", "a"),
    ],
)
def test_names_that_viewers_confuse_are_failed(names):
    outcome = opened(built(*((name, b"1") for name in names))).single
    assert (outcome.ok, outcome.code) == (False, "format.duplicate_name")


@pytest.mark.parametrize(
    "name",
    [
        "../a",
        "a/../b",
        "/a",
        "a\\b",
        "c:a",
        "a//b",
        "./a",
        "a/.",
        "a.",
        "a ",
        "x" * 513,
        "a\nb",
        "a\u202eb",
    ],
)
def test_names_that_leave_the_package_are_refused(name):
    assert refused(built((zipfile.ZipInfo(name), b"1"))) == "format.entry_name"


def test_names_are_utf8_or_gb18030():
    data = built(("名.xml", b"1"))
    assert list(opened(data).files) == ["/名.xml"]
    raw = built(("ab.xml", b"1")).replace(b"ab.xml", "名".encode("gb18030") + b".xml")
    assert list(opened(raw).files) == ["/名.xml"]
    flagged = raw.replace(b"\x14\x00\x00\x00", b"\x14\x00\x00\x08")
    assert refused(flagged) == "format.entry_name"
    assert (
        refused(built(("ab.xml", b"1")).replace(b"ab.xml", b"\xff\xff.xml")) == "format.entry_name"
    )


def test_links_and_devices_are_refused():
    assert refused(built(both("OFD.xml", external_attr=0o120777 << 16))) == "format.entry_name"
    assert refused(built(both("OFD.xml", external_attr=0o020666 << 16))) == "format.entry_name"


LOCAL_FIELDS = {"flags": 7, "method": 8, "crc": 14, "packed": 18, "size": 22, "name": 30}


@pytest.mark.parametrize("field", LOCAL_FIELDS)
def test_a_local_header_that_differs_is_failed(field):
    data = o.pack(FILES)
    at = LOCAL_FIELDS[field]
    other = bytes([data[at] ^ 1]) if field != "method" else b"\x08"
    outcome = opened(patched(data, at, other)).single
    assert (outcome.ok, outcome.code) == (False, "format.headers_differ")


def extra(tag: int, body: bytes = b"") -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("OFD.xml", (1980, 1, 1, 0, 0, 0))
    info.extra = struct.pack("<HH", tag, len(body)) + body
    return info


def test_extra_fields():
    assert opened(built((extra(0x5455, b"12345"), b"1"))).single.ok is True
    assert refused(built((extra(0x9901, b"1234567"), b"1"))) == "format.encrypted"
    assert single(built((extra(0x7075, b"\x01abcdOther"), b"1"))) == "format.headers_differ"


def test_a_second_name_in_the_central_directory_only_is_failed():
    data = built((extra(0x5455, b"\x01abcdOther"), b"1"))
    at = data.rindex(b"UT")
    assert single(patched(data, at, b"\x75\x70")) == "format.headers_differ"


@pytest.mark.parametrize("flag", [0x0001, 0x0040, 0x2000])
def test_encrypted_entries_are_refused(flag):
    data = o.pack(FILES)
    central = data.index(b"PK\x01\x02")
    low = struct.pack("<H", flag)
    assert refused(patched(patched(data, 6, low), central + 8, low)) == "format.encrypted"


def test_other_packing_is_refused():
    assert (
        refused(built(("OFD.xml", b"1" * 99), method=zipfile.ZIP_BZIP2))
        == "format.unsupported_packing"
    )


def test_content_must_match_its_crc_and_length():
    data = o.pack(FILES)
    at = data.index(b"<OFD/>")
    assert refused(patched(data, at, b"<ofd/>")) == "format.entry_damaged"


def deflated(raw: bytes, size: int, crc: int, packed: int | None = None) -> bytes:
    name = b"OFD.xml"
    length = len(raw) if packed is None else packed
    common = struct.pack("<4HI2I2H", 0, 8, 0, 33, crc, length, size, len(name), 0)
    local = b"PK\x03\x04" + struct.pack("<H", 20) + common + name + raw
    central = b"PK\x01\x02" + struct.pack("<2H", 20, 20) + common + bytes(14 - 4) + bytes(4) + name
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, len(central), len(local), 0)
    return local + central + end


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def test_deflate_streams_must_end_where_stated():
    body = b"abc" * 50
    stream, crc = raw_deflate(body), zlib.crc32(body)
    assert opened(deflated(stream, len(body), crc)).files["/OFD.xml"] == body
    for raw, size in (
        (stream + b"\x00", len(body)),
        (stream[:-2], len(body)),
        (stream, len(body) - 1),
        (stream, len(body) + 1),
        (b"\xff" * 20, len(body)),
        (b"", 0),
    ):
        assert refused(deflated(raw, size, crc)) == "format.entry_damaged"


def test_a_bomb_that_lies_about_its_size_is_never_inflated_beyond_it():
    body = bytes(5 * 1024 * 1024)
    assert refused(deflated(raw_deflate(body), 10, zlib.crc32(body))) == "format.entry_damaged"


@pytest.mark.parametrize(
    ("limits", "what"),
    [
        ({"file_bytes": 100}, "file_bytes"),
        ({"zip_entries": 1}, "zip_entries"),
        ({"zip_entry_bytes": 50}, "zip_entry_bytes"),
        ({"zip_total_bytes": 100}, "zip_total_bytes"),
    ],
)
def test_limits_are_held(limits, what):
    with pytest.raises(MalformedDocument) as caught:
        opened(o.pack(FILES), **limits)
    assert caught.value.code == "format.too_large"
    assert caught.value.params["what"] == what


def test_the_ratio_is_held():
    body = bytes(3 * 1024 * 1024)
    assert refused(o.pack({"OFD.xml": body}, zipfile.ZIP_DEFLATED)) == "format.too_large"
    assert opened(o.pack({"OFD.xml": bytes(1000_000)}, zipfile.ZIP_DEFLATED)).single.ok is True


def test_split_archives_are_refused():
    data = o.pack(FILES)
    end = data.rindex(b"PK\x05\x06")
    assert refused(patched(data, end + 4, b"\x01")) == "format.zip_structure"
    assert refused(patched(data, end + 8, b"\x01")) == "format.zip_structure"
    central = data.index(b"PK\x01\x02")
    assert refused(patched(data, central + 34, b"\x01")) == "format.zip_structure"


def test_records_in_the_wrong_place_are_refused():
    data = o.pack(FILES)
    end, central = data.rindex(b"PK\x05\x06"), data.index(b"PK\x01\x02")
    second = data.index(b"PK\x01\x02", central + 1)
    for at, new in (
        (end + 12, b"\xff\xff"),  # directory size
        (end + 16, b"\xff\xff"),  # directory offset
        (central, b"XX"),
        (0, b"XX"),
        (second + 42, b"\x00\x00"),  # both entries share the first's bytes
        (second + 42, b"\xff\xff"),
        (end + 8, b"\x01\x00\x01\x00"),  # one entry fewer than there are
    ):
        assert refused(patched(data, at, new)) == "format.zip_structure"


def test_an_entry_may_not_reach_into_the_directory():
    data = o.pack({"OFD.xml": b"1"})
    central = data.index(b"PK\x01\x02")
    length = struct.pack("<I", 30)
    longer = patched(patched(data, 18, length), central + 20, length)
    assert refused(longer) == "format.zip_structure"


@pytest.mark.parametrize(
    ("name", "content", "other"),
    [
        ("a.pdf", b"%PDF-1.7", "pdf"),
        ("[Content_Types].xml", b"<Types/>", "office"),
        ("META-INF/MANIFEST.MF", b"1", "jar"),
        ("mimetype", b"application/epub+zip", "opendocument"),
        ("a", bytes(256 - 31) + b"\x00ustar", "tar"),
    ],
)
def test_a_second_format_is_failed(name, content, other):
    outcome = opened(o.pack({name: content})).single
    assert (outcome.ok, outcome.code) == (False, "format.multiple_formats")
    assert dict(outcome.params) == {"other": other}


def test_insignificant_ranges_name_only_what_nobody_reads():
    data = o.pack(FILES, zipfile.ZIP_DEFLATED)
    ranges = insignificant_ranges(data)
    assert {name for _, _, name in ranges} == {"version", "timestamp", "attributes", "packing"}
    assert all(0 <= start < end <= len(data) for start, end, _ in ranges)
    changed = bytearray(data)
    for start, end, name in ranges:
        if name in ("version", "timestamp"):
            changed[start:end] = bytes(end - start)
    assert dict(opened(bytes(changed)).files) == dict(opened(data).files)
    extras = insignificant_ranges(built((extra(0x5455, b"12345"), b"1")))
    assert [name for _, _, name in extras].count("extra") == 2
    with pytest.raises(MalformedDocument):
        insignificant_ranges(b"nothing")
