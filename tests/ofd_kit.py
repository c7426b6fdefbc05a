"""OFD packages for tests: one good file from our writer, and hands to take it apart and put it together wrongly."""

from __future__ import annotations

import base64
import io
import random
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import seals_kit as kit
from ecert.crypto import der_build as b
from ecert.crypto.digest import digest
from ecert.documents.facts import DocumentFacts, SignatureFacts
from ecert.documents.ofd.facts import inspect_ofd
from ecert.documents.ofd.write import make_sealed_ofd
from ecert.limits import Limits
from ecert.seals.making import make_seal, sign_with_seal
from ecert.seals.seal import Seal

SAMPLES = Path(__file__).resolve().parents[1] / "../shared/samples"
AT = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
CERTIFICATE = '{"name": "电子营业执照", "holder": "测试有限公司"}'.encode()
LINES = ("营业执照", "名称 测试有限公司")
CUSTOM = {"ZZMC": "营业执照", "CYRMC": "测试有限公司"}
SIGN = "Doc_0/Signs/Sign_0/"
NS = 'xmlns:ofd="http://www.ofdspec.org/2016"'
OWN = {SIGN + "Signature.xml", SIGN + "SignedValue.dat"}


@cache
def seal() -> Seal:
    return Seal.parse(make_seal(kit.order(), maker=kit.maker()))


@cache
def good() -> bytes:
    return make_sealed_ofd(
        CERTIFICATE, LINES, seal=seal(), signer=kit.signer(), at=AT, custom_datas=CUSTOM
    )


def unpack(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist()}


def pack(files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, method)
    return buffer.getvalue()


def inspect(data: bytes | dict[str, bytes], **limits: int) -> DocumentFacts:
    return inspect_ofd(pack(data) if isinstance(data, dict) else data, Limits(**limits))


def one(data: bytes | dict[str, bytes]) -> SignatureFacts:
    (signature,) = inspect(data).signatures
    return signature


def signature_xml(
    files: dict[str, bytes],
    covers: list[str],
    *,
    where: str = SIGN,
    method: str | None = "SM3",
    stamp: bool = True,
    name: str = "sm3",
    extra: str = "",
) -> bytes:
    references = "".join(
        f'<ofd:Reference FileRef="/{path}"><ofd:CheckValue>'
        f"{base64.b64encode(digest(name, files[path])).decode()}</ofd:CheckValue></ofd:Reference>"
        for path in covers
    )
    check = f' CheckMethod="{method}"' if method else ""
    annot = '<ofd:StampAnnot ID="9" PageRef="1" Boundary="1 1 9 9"/>' if stamp else ""
    return (
        f"<ofd:Signature {NS}><ofd:SignedInfo>"
        f"<ofd:SignatureDateTime>2026-05-04 11:02:01</ofd:SignatureDateTime>"
        f"<ofd:References{check}>{references}</ofd:References>{annot}{extra}</ofd:SignedInfo>"
        f"<ofd:SignedValue>SignedValue.dat</ofd:SignedValue></ofd:Signature>"
    ).encode()


def seal_value(xml: bytes) -> bytes:
    return sign_with_seal(
        seal=seal().raw,
        signer=kit.signer(),
        data_hash=digest("sm3", xml),
        property_info=kit.PROPERTY,
        at=AT,
    )


def resigned(files: dict[str, bytes], covers: list[str] | None = None, **how) -> dict[str, bytes]:
    """Seal the files again, over ``covers`` or all but the signature's own."""
    files = {name: data for name, data in files.items() if name not in OWN}
    files = {name: data for name, data in files.items() if not name.endswith("Seal.esl")}
    covered = list(files) if covers is None else covers
    xml = signature_xml(files, covered, **how)
    return files | {SIGN + "Signature.xml": xml, SIGN + "SignedValue.dat": seal_value(xml)}


def listing(*rows: str) -> bytes:
    return f"<ofd:Signatures {NS}>{''.join(rows)}</ofd:Signatures>".encode()


def row(number: int, *, kind: str = "Seal", loc: str | None = None, extra: str = "") -> str:
    loc = loc or f"/Doc_0/Signs/Sign_{number}/Signature.xml"
    return f'<ofd:Signature ID="{number}" Type="{kind}" BaseLoc="{loc}" {extra}/>'


def gm_cms(
    econtent: bytes | Callable[[bytes], bytes] | None, *, certificate: bool = True, signers: int = 1
) -> Callable[[bytes], bytes]:
    """A GB/T 35275 message without attributes over its content, as ofdrw makes them.

    The content is the digest of the signed file, that digest as ``econtent`` writes it, or other bytes.
    """

    def make(data: bytes) -> bytes:
        who, body = kit.signer(), digest("sm3", data)
        if econtent is not None:
            body = econtent if isinstance(econtent, bytes) else econtent(body)
        arc = "1.2.156.10197.6.1.4.2."
        sm3 = b.algorithm("1.2.156.10197.1.401")
        inner = b.sequence(b.oid(arc + "1"), b.explicit(0, b.octet_string(body)))
        info = b.sequence(
            b.integer(1),
            b.sequence(who.certificate.issuer_der, b.integer(who.certificate.serial)),
            sm3,
            b.algorithm("1.2.156.10197.1.301.1"),
            b.octet_string(who.sign(body)),
        )
        certificates = [b.tlv(0xA0, who.der)] if certificate else []
        signed = b.sequence(
            b.integer(1), b.set_of([sm3]), inner, *certificates, b.set_of([info] * signers)
        )
        return b.sequence(b.oid(arc + "2"), b.explicit(0, signed))

    return make


def content() -> dict[str, bytes]:
    """The files of the good one without anything of its signature but the list."""
    files = unpack(good())
    return {n: d for n, d in files.items() if not n.startswith(SIGN)}


def acceptable(facts: DocumentFacts) -> bool:
    """Whether a judge could accept on these facts, every signature trusted."""
    container = facts.format
    outcomes = [container.recognized, container.within_limits, container.single, container.static]
    outcomes += [note for note in facts.notes if note.ok is not True]
    for signature in facts.signatures:
        outcomes += [
            signature.structure,
            signature.digest,
            signature.value,
            signature.changes_after,
            signature.signer_bound,
            signature.seal_file,
        ]
        if signature.seal is not None:
            outcomes += [signature.seal_digest, signature.seal.maker_signature]
        if signature.coverage != "whole" or not signature.covers_current or signature.weak:
            return False
    return bool(facts.signatures) and all(outcome.ok is True for outcome in outcomes)


def calls(work: Callable[[], object]) -> int:
    """Return how many calls a piece of work makes, whatever the machine and its load."""
    count = 0

    def counted(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def rng(seed: int) -> random.Random:
    return random.Random(seed)
