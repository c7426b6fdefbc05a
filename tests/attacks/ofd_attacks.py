"""Attacks on sealed OFD packages: each returns the bytes of a file that must never be accepted."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import zipfile
from collections.abc import Callable
from datetime import datetime

from attacks.world import SIGNED, World, ofd_lines, press
from ecert.crypto.digest import digest
from ecert.crypto.signer import Signer
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


def rereferenced(
    files: dict[str, bytes], *, name: str = SIGN + "Signature.xml", by: str = "sm3"
) -> dict[str, bytes]:
    """Return the files with every digest in Signature.xml made anew; the value is left as it was."""

    def one(found: re.Match[bytes]) -> bytes:
        content = files[found[1].decode().lstrip("/")]
        return b'FileRef="%s"><ofd:CheckValue>%s<' % (
            found[1],
            base64.b64encode(
                hashlib.new(by, content).digest() if by != "sm3" else digest(by, content)
            ),
        )

    pattern = rb'FileRef="([^"]*)"><ofd:CheckValue>[^<]*<'
    return files | {name: re.sub(pattern, one, files[name])}


def resigned(
    files: dict[str, bytes],
    world: World,
    *,
    signer: Signer | None = None,
    at: datetime = SIGNED,
    stamp: Callable[[bytes], bytes] | None = None,
    by: str = "sm3",
) -> bytes:
    """Return the package with a genuine seal signature over whatever stands in it now."""
    files = rereferenced(files, by=by)
    files[SIGN + "SignedValue.dat"] = press(
        files[SIGN + "Seal.esl"],
        signer=signer or world.bureau.signer,
        data_hash=digest("sm3", files[SIGN + "Signature.xml"]),
        info=f"/{SIGN}Signature.xml",
        at=at,
        stamp=stamp,
    )
    return pack(files)


def unreferenced(files: dict[str, bytes], path: str) -> dict[str, bytes]:
    """Return the files with one path taken out of the list of what is signed."""
    name, entry = SIGN + "Signature.xml", f'<ofd:Reference FileRef="/{path}">'.encode()
    xml = files[name]
    start = xml.index(entry)
    end = xml.index(b"</ofd:Reference>", start) + len(b"</ofd:Reference>")
    return files | {name: xml[:start] + xml[end:]}


def unsealed(files: dict[str, bytes], method: str = "1.2.156.10197.1.501") -> dict[str, bytes]:
    """Return the files as a digital signature without a seal has them (GB/T 33190 18.2.1)."""
    seal = SIGN + "Seal.esl"
    files = unreferenced(files, seal)
    files = {name: data for name, data in files.items() if name != seal}
    name, listing = SIGN + "Signature.xml", "Doc_0/Signs/Signatures.xml"
    files[name] = re.sub(rb"<ofd:(StampAnnot [^>]*/|Seal>.*?</ofd:Seal)>", b"", files[name])
    files[name] = files[name].replace(b"1.2.156.10197.1.501", method.encode())
    files[listing] = files[listing].replace(b'Type="Seal"', b'Type="Sign"')
    return rereferenced(files)


def moved_out(data: bytes, path: str, world: World) -> bytes:
    """The issuer seals everything but one part of the package."""
    return resigned(unreferenced(unpack(data), path), world)


def weakly_digested(data: bytes, world: World, *, by: str, method: str) -> bytes:
    """The issuer seals digests that somebody can find a second page for."""
    files, name = unpack(data), SIGN + "Signature.xml"
    method_of = b'CheckMethod="%s"' % method.encode()
    files[name] = re.sub(rb'CheckMethod="[^"]*"', method_of, files[name])
    return resigned(files, world, by=by)


def second_seal(data: bytes, world: World, party: Party, seal: bytes) -> bytes:
    """Another party stamps the page of a file whose list of signatures the issuer left open."""
    listing, place = "Doc_0/Signs/Signatures.xml", "Doc_0/Signs/Sign_1/"
    files = unpack(resigned(unreferenced(unpack(data), listing), world))
    name = place + "Signature.xml"
    row = f'<ofd:Signature ID="2" Type="Seal" BaseLoc="/{name}"/></ofd:Signatures>'.encode()
    files[listing] = files[listing].replace(b"</ofd:Signatures>", row)
    files[place + "Seal.esl"] = seal
    files[name] = files[SIGN + "Signature.xml"].replace(b"Sign_0", b"Sign_1")
    files = rereferenced(files, name=name)
    files[place + "SignedValue.dat"] = press(
        seal,
        signer=party.signer,
        data_hash=digest("sm3", files[name]),
        info=f"/{name}",
        at=SIGNED,
    )
    return pack(files)


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
    return resigned(unpack(data) | {SIGN + "Seal.esl": seal.raw}, world)


def seal_file_swapped(data: bytes, seal: Seal) -> bytes:
    """Seal.esl beside the signature is another seal than the one inside it."""
    return pack(unpack(data) | {SIGN + "Seal.esl": seal.raw})


def stamped(
    data: bytes, world: World, tsa: Party, *, over: bytes | None = None, at: datetime = SIGNED
) -> bytes:
    """The signature value again, with a time stamp over it (or over something else)."""
    return resigned(
        unpack(data),
        world,
        stamp=lambda value: make_timestamp(over or value, signer=tsa.signer, at=at, serial=5),
    )


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
