"""Small PDFs written by hand, byte by byte, and signed: independent of the project's writer."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import keys_kit
import seals_kit
from ecert.crypto.cms_build import build_cms
from ecert.crypto.digest import digest
from ecert.crypto.keys import PrivateKey
from ecert.crypto.signer import Signer
from ecert.crypto.tsp import make_timestamp
from ecert.documents.facts import DocumentFacts, SignatureFacts
from ecert.documents.pdf.facts import inspect_pdf
from ecert.limits import Limits
from ecert.seals.making import make_seal, sign_with_seal

SAMPLES = Path(__file__).resolve().parents[1] / "../shared/samples"
AT = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
ROOM = 9000
HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
CONTENT = b"BT /F1 12 Tf 20 100 Td (Licence 12345) Tj ET"
WIDGET = b"/Type/Annot/Subtype/Widget/F 132/P 3 0 R"


def stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (entries, len(content), content)


def table(offsets: dict[int, int]) -> bytes:
    """A classic cross-reference table, one subsection per object."""
    rows = [b"xref\n0 1\n0000000000 65535 f \n"]
    rows += [b"%d 1\n%010d 00000 n \n" % (n, at) for n, at in sorted(offsets.items())]
    return b"".join(rows)


def write(objects: dict[int, bytes], *, trailer: bytes = b"", base: bytes = b"") -> bytes:
    """A file, or an incremental update after ``base``."""
    out = bytearray(base or HEADER)
    offsets = {}
    for number, body in objects.items():
        offsets[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    previous = re.findall(rb"startxref\s+(\d+)", base)
    if previous:
        trailer += b"/Prev %s" % previous[-1]
    out += table(offsets)
    numbers = [int(n) for n in re.findall(rb"(?:^|\n)(\d+) 0 obj\b", bytes(out))]
    size = max(numbers) + 1
    out += b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, start)
    return bytes(out)


@dataclass
class Draft:
    """The parts of a file; tests change what they are about."""

    catalog: bytes = b""
    form: bytes = b"/SigFlags 3"
    page: bytes = b""
    content: bytes = CONTENT
    field: bytes = b"/FT/Sig/T(Signature1)/V 6 0 R/Rect[0 0 0 0]"
    signature: bytes = b"/Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.pkcs7.detached"
    date: bytes = b"/M(D:20260301120000+08'00')"
    extra: dict[int, bytes] = dataclasses.field(default_factory=dict)

    def objects(self) -> dict[int, bytes]:
        return {
            1: b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]%s>>%s>>"
            % (self.form, self.catalog),
            2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Annots[5 0 R]"
            b"/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>%s>>"
            % self.page,
            4: stream(self.content),
            5: b"<<%s%s>>" % (WIDGET, self.field),
            6: self.dictionary(),
            **self.extra,
        }

    def dictionary(self) -> bytes:
        return b"<<%s%s/ByteRange[0 0000000000 0000000000 0000000000]/Contents<%s>>>" % (
            self.signature,
            self.date,
            b"0" * ROOM * 2,
        )

    def unsigned(self) -> bytes:
        return write(self.objects())


def fill(data: bytes, make: Callable[[bytes], bytes]) -> bytes:
    """Set the last signature's ByteRange and value."""
    start = data.rfind(b"/Contents<") + len(b"/Contents")
    end = data.index(b">", start) + 1
    at = data.rfind(b"/ByteRange[")
    numbers = b"/ByteRange[0 %010d %010d %010d]" % (start, end, len(data) - end)
    data = data[:at] + numbers + data[at + len(numbers) :]
    value = make(data[:start] + data[end:]).hex().encode()
    return data[: start + 1] + value.ljust(end - start - 2, b"0") + data[end - 1 :]


@cache
def signer(kind: str) -> Signer:
    if kind == "sm2":
        return seals_kit.signer()  # type: ignore[return-value]
    key = PrivateKey.generate(kind)
    return Signer.from_key(key, keys_kit.certificate(key))


def cms(kind: str = "sm2", *, name: str | None = None) -> Callable[[bytes], bytes]:
    name = name or {"sm2": "sm3"}.get(kind, "sha256")
    return lambda covered: build_cms(
        digest_value=digest(name, covered),
        digest=name,
        signer=signer(kind),
        signing_time=AT,
        profile="adbe",
    )


@cache
def seal() -> bytes:
    return make_seal(seals_kit.order(), maker=seals_kit.maker())  # type: ignore[arg-type]


def ses(covered: bytes) -> bytes:
    return sign_with_seal(
        seal=seal(),
        signer=seals_kit.signer(),  # type: ignore[arg-type]
        data_hash=digest("sm3", covered),
        property_info="0",
        at=AT,
    )


def token(covered: bytes) -> bytes:
    tsa = seals_kit.party("TEST-ONLY TSA")
    return make_timestamp(covered, signer=tsa, at=AT, serial=3)  # type: ignore[arg-type]


def signed(make: Callable[[bytes], bytes] | None = None, **parts: object) -> bytes:
    return fill(Draft(**parts).unsigned(), make or cms())  # type: ignore[arg-type]


def inspect(data: bytes) -> DocumentFacts:
    return inspect_pdf(data, Limits())


def only(data: bytes) -> SignatureFacts:
    (one,) = inspect(data).signatures
    return one


def codes(outcomes: Sequence[object]) -> list[str | None]:
    return [getattr(outcome, "code", None) for outcome in outcomes]


def second_signature(
    base: bytes,
    *,
    field: bytes,
    make: Callable[[bytes], bytes],
    extra: dict[int, bytes] | None = None,
) -> bytes:
    """Append a revision with another signature field (objects 20 and 21)."""
    draft = Draft()
    objects = {
        1: draft.objects()[1].replace(b"[5 0 R]", b"[5 0 R 20 0 R]"),
        3: draft.objects()[3].replace(b"[5 0 R]", b"[5 0 R 20 0 R]"),
        20: b"<<%s/FT/Sig/T(Signature2)/V 21 0 R%s>>" % (WIDGET, field),
        **(extra or {}),
        21: draft.dictionary(),
    }
    return fill(write(objects, base=base), make)


def read_sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()
