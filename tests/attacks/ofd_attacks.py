"""Attacks on sealed OFD packages: each returns the bytes of a file that must never be accepted."""

from __future__ import annotations

import base64
import io
import zipfile
from datetime import datetime

from attacks.world import SIGNED, World, ofd_lines, press
from ecert.crypto.digest import digest
from ecert.crypto.tsp import make_timestamp
from ecert.documents.ofd.write import make_sealed_ofd
from ecert.model import Certificate, Profile
from ecert.model.metadata import to_short_names
from ecert.seals import Seal
from ecert.testpki import Party

SIGN = "Doc_0/Signs/Sign_0/"


def good(world: World, certificate: Certificate) -> bytes:
    """A minimal sealed OFD of the issuer, as `ecert` makes it."""
    return make_sealed_ofd(
        certificate.canonical(),
        ofd_lines(certificate),
        seal=world.seal(),
        signer=world.bureau.signer,
        at=SIGNED,
        custom_datas=to_short_names(certificate, Profile.load("business_license")),
    )


def unpack(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist()}


def pack(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)
    return buffer.getvalue()


def added_file(data: bytes) -> bytes:
    """A resource nobody signed lies in the package."""
    return pack(unpack(data) | {"Doc_0/Res/image_9.png": b"\x89PNG\r\n\x1a\nother picture"})


def altered_page(data: bytes) -> bytes:
    files = unpack(data)
    page = "Doc_0/Pages/Page_0/Content.xml"
    files[page] = files[page].replace("壹佰万".encode(), "玖佰万".encode())
    return pack(files)


def altered_data(data: bytes) -> bytes:
    files = unpack(data)
    name = "Doc_0/Attachs/certificate.json"
    files[name] = files[name].replace("示例科技".encode(), "示例重科".encode())
    return pack(files)


def altered_custom_data(data: bytes) -> bytes:
    files = unpack(data)
    files["OFD.xml"] = files["OFD.xml"].replace("示例科技".encode(), "示例重科".encode())
    return pack(files)


def signature_removed(data: bytes) -> bytes:
    """The list of signatures and all it names are gone."""
    files = {n: d for n, d in unpack(data).items() if "/Signs/" not in n}
    entry = b"<ofd:Signatures>Doc_0/Signs/Signatures.xml</ofd:Signatures>"
    assert entry in files["OFD.xml"]
    files["OFD.xml"] = files["OFD.xml"].replace(entry, b"")
    return pack(files)


def list_emptied(data: bytes) -> bytes:
    """The list of signatures names none; the signature's files still lie there."""
    files = unpack(data)
    files["Doc_0/Signs/Signatures.xml"] = (
        b'<ofd:Signatures xmlns:ofd="http://www.ofdspec.org/2016"/>'
    )
    return pack(files)


def value_of_another(data: bytes, donor: bytes) -> bytes:
    """The signature value of another genuine file."""
    return pack(unpack(data) | {SIGN + "SignedValue.dat": unpack(donor)[SIGN + "SignedValue.dat"]})


def resealed(data: bytes, *, seal: Seal, world: World) -> bytes:
    """The bureau's key seals with a seal that does not list it (or is not its own)."""
    files = unpack(data)
    files[SIGN + "Seal.esl"] = seal.raw
    xml = files[SIGN + "Signature.xml"]
    old = digest("sm3", unpack(data)[SIGN + "Seal.esl"])
    new = digest("sm3", seal.raw)
    xml = xml.replace(base64.b64encode(old), base64.b64encode(new))
    files[SIGN + "Signature.xml"] = xml
    files[SIGN + "SignedValue.dat"] = press(
        seal.raw,
        signer=world.bureau.signer,
        data_hash=digest("sm3", xml),
        info=f"/{SIGN}Signature.xml",
        at=SIGNED,
    )
    return pack(files)


def seal_file_swapped(data: bytes, seal: Seal) -> bytes:
    """Seal.esl beside the signature is another seal than the one inside it."""
    return pack(unpack(data) | {SIGN + "Seal.esl": seal.raw})


def stamped(
    data: bytes, world: World, tsa: Party, *, over: bytes | None = None, at: datetime = SIGNED
) -> bytes:
    """The signature value again, with a time stamp over it (or over something else)."""
    files = unpack(data)
    files[SIGN + "SignedValue.dat"] = press(
        world.seal().raw,
        signer=world.bureau.signer,
        data_hash=digest("sm3", files[SIGN + "Signature.xml"]),
        info=f"/{SIGN}Signature.xml",
        at=SIGNED,
        stamp=lambda value: make_timestamp(over or value, signer=tsa.signer, at=at, serial=5),
    )
    return pack(files)


def pdf_before(data: bytes) -> bytes:
    return b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n" + data


def pdf_inside(data: bytes) -> bytes:
    """The first entry begins with a PDF header: a PDF viewer opens something else."""
    return pack({"a": b"%PDF-1.7\n"} | unpack(data))


def bytes_behind(data: bytes) -> bytes:
    return data + b"and more"


def name_twice(data: bytes) -> bytes:
    """Two entries of one name: readers differ in which one they take."""
    import warnings

    buffer = io.BytesIO(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(buffer, "a") as archive:
            archive.writestr("Doc_0/Pages/Page_0/Content.xml", b"<x/>")
    return buffer.getvalue()
