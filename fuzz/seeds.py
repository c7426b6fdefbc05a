"""Seed corpora, made at run time by our own writers and test kits; nothing foreign, nothing kept.

Every key is fresh, so two corpora differ in their bytes and not in their shapes.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from targets import ROOT

import crypto_kit
import ofd_kit
import pdf_kit
import seals_kit
from attacks.world import AT, SIGNED, World, licence
from ecert.crypto import der_build
from ecert.crypto.cms_build import build_cms, with_timestamp
from ecert.crypto.crl import RevokedEntry
from ecert.crypto.der import parse as der_parse
from ecert.crypto.digest import digest
from ecert.crypto.tsp import make_timestamp
from ecert.crypto.x509_build import CRLSpec, make_crl
from ecert.issuance.xmp import build_xmp
from ecert.model import Profile, list_profiles
from ecert.model.metadata import to_short_names

__all__ = ["write_seeds"]

_KINDS = ("sm2", "rsa", "p256", "ed25519")
_ROOM = 1500
"""Bytes for a value in a seed PDF: enough for a CMS with one certificate and for a seal."""


def _cms() -> Iterator[bytes]:
    for kind in _KINDS[:3]:
        signer, name = crypto_kit.signer(kind), "sm3" if kind == "sm2" else "sha256"
        for profile in ("adbe", "pades"):
            yield build_cms(
                digest_value=digest(name, b"content"), digest=name, signer=signer,
                signing_time=crypto_kit.NOW, profile=profile,
            )  # fmt: skip
    yield from _evidence()


def _evidence() -> Iterator[bytes]:
    """Values that carry lists, a response, a stamp, and the attributes that hold such data."""
    signer = crypto_kit.signer("p256")
    response = der_parse(next(_ocsp())).children()[2].raw
    crl = next(_crls())
    other = der_build.tlv(0xA1, der_build.oid("1.3.6.1.5.5.7.16.2") + response)
    plain = build_cms(
        digest_value=digest("sha256", b"content"), digest="sha256", signer=signer,
        signing_time=crypto_kit.NOW, profile="adbe",
    )  # fmt: skip
    token = make_timestamp(
        b"stamped", signer=crypto_kit.tsa_signer("p256"), at=crypto_kit.NOW, serial=5
    )
    yield with_timestamp(plain, token)
    lists = der_build.explicit(0, der_build.sequence(crl))
    responses = der_build.explicit(1, der_build.sequence(response))
    for oid, value in (
        ("1.2.840.113583.1.1.8", der_build.sequence(lists, responses)),
        ("1.2.840.113549.1.9.16.2.24", der_build.sequence(lists, responses)),
        ("1.2.840.113549.1.9.16.2.23", der_build.sequence(crypto_kit.leaf("p256").cert.der)),
    ):
        yield _with_unsigned(
            plain, der_build.sequence(der_build.oid(oid), der_build.set_of([value]))
        )
    yield _with_crls(plain, crl, other)


def _members(cms: bytes) -> tuple[Any, list[Any], Any]:
    kind, tagged = der_parse(cms).children()
    *head, infos = tagged.only().children()
    return kind, head, infos


def _with_unsigned(cms: bytes, attribute: bytes) -> bytes:
    kind, head, infos = _members(cms)
    info = der_build.sequence(
        *(m.raw for m in infos.children()[0].children()), der_build.tlv(0xA1, attribute)
    )
    inner = der_build.sequence(*(m.raw for m in head), der_build.set_of([info]))
    return der_build.sequence(kind.raw, der_build.explicit(0, inner))


def _with_crls(cms: bytes, *data: bytes) -> bytes:
    kind, head, infos = _members(cms)
    inner = der_build.sequence(
        *(m.raw for m in head), der_build.tlv(0xA1, b"".join(data)), infos.raw
    )
    return der_build.sequence(kind.raw, der_build.explicit(0, inner))


def _certificates() -> Iterator[bytes]:
    for kind in _KINDS[:3]:
        yield from (e(kind).cert.der for e in (crypto_kit.root, crypto_kit.middle, crypto_kit.leaf))
    yield crypto_kit.tsa().cert.der


def _paths() -> Iterator[bytes]:
    """Make authorities with every extension that path validation reads."""
    from cryptography import x509 as lib

    name = lib.Name([lib.NameAttribute(lib.NameOID.COUNTRY_NAME, "CN")])
    names = [lib.DNSName("a.example"), lib.RFC822Name("a@a.example"), lib.DirectoryName(name)]
    any_policy, own = lib.ObjectIdentifier("2.5.29.32.0"), lib.ObjectIdentifier("1.2.3.4")
    extensions: list[tuple[str, Any]] = [
        (
            "2.5.29.30",
            lib.NameConstraints([lib.DNSName(".example"), lib.DirectoryName(name)], None),
        ),
        (
            "2.5.29.30",
            lib.NameConstraints(
                None, [lib.RFC822Name("example"), lib.UniformResourceIdentifier(".a")]
            ),
        ),
        ("2.5.29.17", lib.SubjectAlternativeName(names)),
        (
            "2.5.29.32",
            lib.CertificatePolicies([lib.PolicyInformation(p, None) for p in (any_policy, own)]),
        ),
        ("2.5.29.36", lib.PolicyConstraints(0, 1)),
        ("2.5.29.54", lib.InhibitAnyPolicy(0)),
    ]
    encoded = [(oid, value.public_bytes()) for oid, value in extensions]
    mapping = der_build.sequence(
        der_build.sequence(der_build.oid("1.2.3.4"), der_build.oid("1.2.3.5"))
    )
    encoded.append(("2.5.29.33", mapping))
    for together in (*({oid: value} for oid, value in encoded), dict(encoded)):
        authority = crypto_kit.entity(
            "middle", kind="p256", issuer=crypto_kit.root("p256"), is_ca=True,
            key_usage=crypto_kit.CA, extensions=together,
        )  # fmt: skip
        path = (crypto_kit.leaf("p256"), authority, crypto_kit.root("p256"))
        yield der_build.sequence(*(one.cert.der for one in path))


def _revocation() -> Iterator[bytes]:
    for kind in _KINDS[:3]:
        leaf, root = (
            crypto_kit.entity("direct", kind=kind, issuer=crypto_kit.root(kind), serial=77),
            crypto_kit.root(kind),
        )
        lists = [raw for raw in _crls() if root.cert.subject_der in raw]
        yield der_build.sequence(leaf.cert.der, root.cert.der, root.cert.der, *lists)


def _ocsp() -> Iterator[bytes]:
    """Responses that `cryptography` writes, for the leaf of the kit."""
    from cryptography import x509 as lib
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.x509 import ocsp

    leaf = lib.load_der_x509_certificate(crypto_kit.leaf("p256").cert.der)
    root = lib.load_der_x509_certificate(crypto_kit.root("p256").cert.der)
    key: Any = serialization.load_der_private_key(crypto_kit.root("p256").key.to_pkcs8_der(), None)
    for status in (
        ocsp.OCSPCertStatus.GOOD,
        ocsp.OCSPCertStatus.REVOKED,
        ocsp.OCSPCertStatus.UNKNOWN,
    ):
        revoked = status is ocsp.OCSPCertStatus.REVOKED
        for encoding in (ocsp.OCSPResponderEncoding.HASH, ocsp.OCSPResponderEncoding.NAME):
            made = ocsp.OCSPResponseBuilder().add_response(
                cert=leaf, issuer=root, algorithm=hashes.SHA256(), cert_status=status,
                this_update=SIGNED, next_update=AT, revocation_time=SIGNED if revoked else None,
                revocation_reason=lib.ReasonFlags.key_compromise if revoked else None,
            ).responder_id(encoding, root).certificates([root])  # fmt: skip
            response = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
            issuer = crypto_kit.root("p256").cert.der
            yield der_build.sequence(crypto_kit.leaf("p256").cert.der, issuer, response)


def _crls() -> Iterator[bytes]:
    revoked = (
        RevokedEntry(serial=77, revoked_at=SIGNED, reason="key_compromise"),
        RevokedEntry(serial=78, revoked_at=SIGNED, reason="superseded"),
    )
    for kind in _KINDS[:3]:
        for entries in ((), revoked):
            spec = CRLSpec(this_update=SIGNED, next_update=AT, revoked=entries)
            yield make_crl(
                spec, issuer=crypto_kit.root(kind).cert, issuer_key=crypto_kit.root(kind).key
            )


def _seals() -> Iterator[bytes]:
    yield from (pdf_kit.seal(), seals_kit.seal_v4(), seals_kit.seal_v1())
    yield seals_kit.seal_v4(form="tbs")
    listed = seals_kit.digest_list(seals_kit.sm3(seals_kit.signer().der))
    yield seals_kit.seal_v4(seals_kit.info(prop=seals_kit.prop_v4(listed, kind=2)))
    yield seals_kit.seal_v1_rsa("sha256")


def _ses() -> Iterator[bytes]:
    yield from (seals_kit.ses_v4(), seals_kit.ses_v1(), pdf_kit.ses(b"content"))
    value = seals_kit.signer().sign(seals_kit.tbs_v4())
    token = der_build.explicit(0, der_build.bit_string(seals_kit.stamp(value)))
    yield seals_kit.ses_v4(seals_kit.tbs_v4(), value=value, tail=token)


def _pem() -> Iterator[bytes]:
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509 import load_der_x509_certificate

    ders = [crypto_kit.root("rsa").cert.der, crypto_kit.root("p256").cert.der]
    texts = [load_der_x509_certificate(d).public_bytes(Encoding.PEM) for d in ders]
    yield from (*ders, *texts, b"".join(texts), b"# comment\n" + texts[1])


def _trust(prefix: str) -> Callable[[], Iterator[bytes]]:
    def make() -> Iterator[bytes]:
        world = World(dpi=72)
        known = {str(licence(n).ecid): (state, None) for n, state in ((7, "valid"), (8, "revoked"))}
        files = world.trust(known, seals={"cancelled": "cancelled"})
        yield from (data for name, data in files.items() if name.startswith(prefix))

    return make


def _agreements() -> Iterator[bytes]:
    folder = ROOT / "src/ecert/recognition/agreements"
    yield from (path.read_bytes() for path in sorted(folder.glob("*.yaml")))


_AUTHORED = {
    "issuers": 0, "agreements": 1, "rules": 2, "deviations": 3, "code-tables": 4, "matters": 5,
    "status": 6, "entities": 7,
}  # fmt: skip
"""Folders of a worked federation, and the byte that picks their parser in `targets.trust_document`."""
_LARGEST = 12_000


def _authored(*kinds: str) -> Iterator[tuple[str, bytes]]:
    """Yield the documents of the worked federations as they stand in a bundle."""
    from ecert.model.canonical import canonical_bytes
    from ecert.model.textdata import load_yaml

    for kind in kinds:
        for path in sorted((ROOT / "federations").glob(f"*/roles/*/{kind}/*.yaml")):
            body = canonical_bytes(load_yaml(path.read_bytes()))
            if len(body) <= _LARGEST:
                yield kind, body


def _documents() -> Iterator[bytes]:
    yield from (bytes([_AUTHORED[kind]]) + body for kind, body in _authored(*_AUTHORED))
    yield from (bytes([_AUTHORED["entities"]]) + body for body in _entities())


def _entities() -> Iterator[bytes]:
    from datetime import timedelta

    from ecert.model.canonical import canonical_bytes
    from ecert.testpki.authority import synthetic_uscc

    firm, code = synthetic_uscc("91500103MA0000001"), synthetic_uscc("11500103MB0000000")
    said = {"entity": firm, "basis": {"document": "决定（示例）"}}
    at = {"at": (SIGNED - timedelta(days=1)).isoformat()}
    events: list[dict[str, Any]] = [
        {
            "kind": "deregistered",
            **at,
            "procedure": "simple",
            "dependents": "refuse",
            "es_ids": ["1"],
        },
        {"kind": "licence_revoked", "day": "2026-01-01", "received_from": code},
        {
            "kind": "deregistration_announced",
            **at,
            "procedure": "simple",
            "announced_until": "2026-01-20",
        },
        {"kind": "transferred_out", **at, "to": code},
        {"kind": "lifted", "at": SIGNED.isoformat(), "lifts": "0", "reason": "更正"},
    ]
    told = [{"event_id": str(n), **said, **event} for n, event in enumerate(events)]
    for some in (told[:1], told[3:4], told[:1] + told[4:], told):
        yield canonical_bytes(
            {
                "schema": "ecert.entities/1", "list_id": "l", "version": "1",
                "issued_at": SIGNED.isoformat(), "next_update": AT.isoformat(),
                "register": {"code": code, "name": "示例", "territories": ["500000"],
                             "departments": ["9"], "licence_types": ["11100000MB0143028R001"]},
                "events": some,
            }
        )  # fmt: skip
    yield from (body for _, body in _authored("entities"))


def _plans() -> Iterator[bytes]:
    """Yield a plan of a few roles: the worked ones are longer than an input may be."""
    from ecert.trust.publishing.plan import parse_plan, plan_yaml

    for path in sorted((ROOT / "federations").glob("*/federation.yaml")):
        made = parse_plan(path.read_bytes())
        leaves = [r.name for r in made.delegated if not made.delegates(r.name)]
        for name in leaves[2:]:
            made = made.without_role(name)
        yield plan_yaml(made)


def _envelopes() -> Iterator[bytes]:
    import bundle_kit
    from ecert.trust.bundle.dsse import parse_envelope

    made = bundle_kit.Simulator(kinds=("sm2", "ed25519"))
    made.role("role", "500000", issuers=["11500103MB00000007"], kinds=["status"])
    made.put("role/status/a.json", b"{}")
    for name, data in sorted(made.publish().items()):
        if name.startswith("metadata/"):
            yield data
            yield parse_envelope(data, name, limit=_LARGEST * 10).payload


def _metadata() -> Iterator[bytes]:
    first = licence()
    yield from (first.canonical(), first.to_json().encode())
    for kind in ("copy", "converted", "extract"):
        yield json.dumps(json.loads(first.to_json()) | {"kind": kind}, ensure_ascii=False).encode()
    for name in list_profiles():
        yield json.dumps(json.loads(first.to_json()) | {"profile": name}).encode()


def _xmp() -> Iterator[bytes]:
    first, profile = licence(), Profile.load("business_license")
    yield build_xmp(
        to_short_names(first, profile), title="营业执照", identifier=str(first.ecid), at=SIGNED,
        producer="ecert",
    )  # fmt: skip


def _qr() -> Iterator[bytes]:
    from ecert.model.printed_code import PrintedCode

    for number in (7, 8):
        one = licence(number)
        yield PrintedCode.of(str(one.ecid), one.canonical()).text().encode()
    yield from (b"ECERT:1::", b"ECERT:2:1.2:0123456789abcdef")


def _small_zip() -> Iterator[bytes]:
    import zipfile

    files = {"OFD.xml": b"<ofd:OFD xmlns:ofd='a'/>", "Doc_0/a.xml": b"<a/>" * 40, "Doc_0/": b""}
    yield ofd_kit.pack(files)
    yield ofd_kit.pack(files, zipfile.ZIP_DEFLATED)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("OFD.xml", "w", force_zip64=True) as entry:
            entry.write(b"<a/>")
        archive.comment = b"comment"
    yield buffer.getvalue()


def _ofd() -> Iterator[bytes]:
    import zipfile

    files = ofd_kit.unpack(ofd_kit.good())
    yield ofd_kit.pack(files)
    yield ofd_kit.pack(files, zipfile.ZIP_DEFLATED)
    for path in sorted((ROOT / "sample_certs").glob("good*.ofd")):
        yield path.read_bytes()


def _samples() -> Iterator[bytes]:
    for name in ("good_ofd.ofd", "good_cms_sm2.pdf", "good_ses.pdf", "copy.pdf"):
        yield (ROOT / "sample_certs" / name).read_bytes()


def _ofd_xml() -> Iterator[bytes]:
    import targets

    files = ofd_kit.unpack(ofd_kit.good())
    for number, part in enumerate(targets._PARTS):  # noqa: SLF001 - the same table
        if part in files:
            yield bytes([number]) + files[part]


def _pdf() -> Iterator[bytes]:
    import pikepdf

    pdf_kit.ROOM = _ROOM
    plain = pdf_kit.signed()
    yield from (plain, pdf_kit.signed(pdf_kit.cms("p256")), pdf_kit.signed(pdf_kit.ses))
    data = b"/Names<</EmbeddedFiles<</Names[(certificate.json)7 0 R]>>>>/AF[7 0 R]/Metadata 9 0 R"
    extra = {
        7: b"<</Type/Filespec/F(certificate.json)/UF(certificate.json)/AFRelationship/Data/EF<</F 8 0 R>>>>",
        8: pdf_kit.stream(licence().canonical(), b"/Type/EmbeddedFile"),
        9: pdf_kit.stream(next(_xmp()), b"/Type/Metadata/Subtype/XML"),
    }
    yield pdf_kit.signed(catalog=data, extra=extra)
    yield pdf_kit.write({10: b"<</Type/DSS>>", **_root(b"/DSS 10 0 R")}, base=plain)
    note = b"<</Type/Annot/Subtype/FreeText/Rect[9 9 90 90]/Contents(note)/DA(/F1 9 Tf)>>"
    yield pdf_kit.write({10: note}, base=plain)
    second = {
        **_root(b"", fields=b"5 0 R 10 0 R"),
        10: b"<<%s/FT/Sig/T(Signature2)/V 11 0 R/Rect[0 0 0 0]>>" % pdf_kit.WIDGET,
        11: pdf_kit.Draft().dictionary(),
    }
    yield pdf_kit.fill(pdf_kit.write(second, base=plain), pdf_kit.cms("p256"))
    with pikepdf.open(io.BytesIO(plain)) as pdf:
        out = io.BytesIO()
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        yield out.getvalue()


def _root(more: bytes, fields: bytes = b"5 0 R") -> dict[int, bytes]:
    form = b"/AcroForm<</Fields[%s]/SigFlags 3>>" % fields
    return {1: b"<</Type/Catalog/Pages 2 0 R%s%s>>" % (form, more)}


def _der() -> Iterator[bytes]:
    yield from (*_certificates(), *_crls(), seals_kit.ses_v4())
    yield bytes.fromhex("308002010100000000") + b""
    yield bytes.fromhex("30800480040141040142000000 00")


_SEEDS: dict[str, Callable[[], Iterator[bytes]]] = {
    "der": _der,
    "seal": _seals,
    "ses": _ses,
    "cms": _cms,
    "timestamp": lambda: iter(
        make_timestamp(b"stamped", signer=crypto_kit.tsa_signer(kind), at=crypto_kit.NOW, serial=5)
        for kind in _KINDS[:3]
    ),
    "certificate": _certificates,
    "crl": _crls,
    "ocsp": _ocsp,
    "path": _paths,
    "revocation": _revocation,
    "anchor": _pem,
    "issuers": _trust("issuers.yaml"),
    "status": _trust("status/"),
    "agreement": _agreements,
    "entities": _entities,
    "trust_document": _documents,
    "rule": lambda: (body for _, body in _authored("rules")),
    "plan": _plans,
    "envelope": _envelopes,
    "metadata": _metadata,
    "qr": _qr,
    "xmp": _xmp,
    "ofd_zip": _small_zip,
    "ofd_xml": _ofd_xml,
    "ofd": _ofd,
    "pdf": _pdf,
    "verify": _samples,
}


def write_seeds(name: str, folder: Path) -> int:
    """Write a target's seeds into a folder and return how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    seeds = list(_SEEDS[name]())
    for number, data in enumerate(seeds):
        (folder / f"seed-{number:03}").write_bytes(data)
    return len(seeds)
