"""The same attacks over every kind of key, signature and container, and those that only some have.

Rows are (id, what was done, how, codes, decision); ids end in ``@`` and the file they were done to.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from attacks import generator as base
from attacks import ofd_attacks as ofd
from attacks import pdf_attacks as pdf
from attacks import values
from attacks.generator import Attack, Files
from attacks.values import Cms, Ses, Sm2
from attacks.world import AT, DAY, MATTER, OTHER_MATTER, SIGNED, AnyKey, Forgery, licence, ofd_lines
from ecert.crypto import der
from ecert.crypto.cms_build import with_timestamp
from ecert.crypto.digest import digest
from ecert.crypto.signer import Signer
from ecert.crypto.tsp import make_timestamp
from ecert.model import Annotation, Certificate

__all__ = ["matrix"]

OFDS = ("ofd", "ofd_cms_sm2", "ofd_cms_rsa")
INFO = f"/{ofd.SIGN}Signature.xml".encode()
PAGE, DATA = "Doc_0/Pages/Page_0/Content.xml", "Doc_0/Attachs/certificate.json"
LIST = "Doc_0/Attachs/Attachments.xml"


def matrix() -> list[Attack]:
    """Return every attack of this module."""
    found = [
        *(at(name, a) for name in ("cms_rsa", "cms_p256", "ses") for a in base._pdf_after(name)),
        *(
            at(name, a)
            for name in ("cms_rsa", "ses")
            for a in base._pdf_before(name)
            if a.id != "before_certificate" or name != "ses"
        ),
        *(
            at(name, a)
            for name in ("cms_rsa", "ses", *OFDS)
            for a in base._trust(name)
            if fits(a, name)
        ),
        *cms_values(),
        *ses_values(),
        *ofd_after(),
        *ofd_before(),
        *ofd_signers(),
        *copies(),
        *evidence(),
        *stamps(),
        *spellings(),
        *ends(),
        *strange_files(),
    ]
    assert len({a.id for a in found}) == len(found)
    return found


def at(name: str, attack: Attack) -> Attack:
    return replace(attack, id=f"{attack.id}@{name}")


def fits(attack: Attack, name: str) -> bool:
    """The foreign list is one of the SM2 root; RSA keys stand under another."""
    return attack.id != "foreign_crl" or not name.endswith("rsa")


def one(name: str, what: str, make: Callable[[], bytes], *reasons: str, **more: Any) -> Attack:
    return Attack(id=name, what=what, make=make, reasons=frozenset(reasons), **more)


# -- values that are wrong in themselves -----------------------------------------------------------

REFER: dict[str, Any] = {"decision": "refer"}
SM2_CMS: list[tuple[str, str, Cms, tuple[str, ...], dict[str, Any]]] = [
    ("no_z", "SM2 without Z", Cms(sm2=Sm2(z=False)), ("crypto.signature_mismatch",), {}),
    ("user_id", "SM2 with another user ID", Cms(sm2=Sm2(user_id=b"1234567812345679")), ("crypto.signature_mismatch",), {}),
    ("user_id_empty", "SM2 with an empty user ID", Cms(sm2=Sm2(user_id=b"")), ("crypto.signature_mismatch",), {}),
    ("negative", "r and s read as negative", Cms(sm2=Sm2(spelling="negative")), ("signature.quirk",), REFER),
    ("padded", "r and s with leading zeros", Cms(sm2=Sm2(spelling="padded")), ("signature.quirk",), REFER),
    ("no_attributes", "CMS without signed attributes", Cms(attributes=False), ("signature.quirk",), REFER),
    ("hash_as_e", "the document's hash signed as e", Cms(direct=True), ("crypto.signature_mismatch",), {}),
    ("bare_hash", "the same without attributes", Cms(direct=True, attributes=False), ("signature.quirk",), REFER),
    ("short_digest", "a digest of 20 bytes", Cms(stated=lambda d: d[:20]), ("cms.digest_length",), {}),
    ("other_digest", "the digest of something else", Cms(stated=lambda d: digest("sm3", d)), ("cms.digest_mismatch",), {}),
    ("no_certificate", "no certificate beside the signature", Cms(certificates=()), ("signature.no_certificate",), REFER),
    ("unbound", "nothing signed names the certificate", Cms(unbound=True), ("signer.not_bound",), REFER),
]  # fmt: skip


def cms_values() -> Iterator[Attack]:
    """Digital signatures, in PDF and in OFD."""
    world, cert = base.the_world(), base.subject()
    key, rsa = world.bureau.signer, world.bureau_rsa.signer
    rows = [(*row, key, "sm2") for row in SM2_CMS]
    rows += [
        (
            f"named_{name}",
            what,
            Cms(issuer_of=party.certificate),
            ("signature.no_certificate",),
            REFER,
            key,
            "sm2",
        )
        for name, what, party in (("other", "names another authority's certificate", world.other),)
    ]
    rows.append((
        "swapped_certificate", "another certificate of the same name and number in place of the signer's",
        Cms(certificates=[_twin()]), ("signer.bound_to_another",), {}, key, "sm2",
    ))  # fmt: skip
    for name in ("sha1", "md5"):
        rows.append((name, f"RSA with {name}", Cms(digest=name), ("algorithm.weak", "signature.quirk"), REFER, rsa, "rsa"))  # fmt: skip
    for name, what, how, codes, more, signer, kind in rows:
        make = how.by(signer)
        yield one(
            f"{name}@cms_{kind}", what,
            lambda make=make, signer=signer: values.pdf_with(world, cert, make, signer=signer), *codes, **more,
        )  # fmt: skip
        yield one(
            f"{name}@ofd_cms_{kind}", what,
            lambda make=make, kind=kind: values.ofd_with(world, cert, make, kind=kind), *codes, **more,
        )  # fmt: skip


def _twin() -> bytes:
    """Return a certificate of a stranger with the bureau's issuer and serial number."""
    from ecert.crypto.keys import PrivateKey
    from ecert.crypto.x509_build import CertificateSpec, make_certificate

    world = base.the_world()
    own = world.bureau.certificate
    stranger_key, stranger = world.strangers.root()
    assert stranger.subject == world.pki.root()[1].subject
    spec = CertificateSpec(
        subject=(("C", "CN"), ("O", world.bureau.name)),
        serial=own.serial,
        not_before=own.not_before,
        not_after=own.not_after,
        key_usage=("digital_signature", "non_repudiation"),
    )
    return make_certificate(
        spec, public_key=PrivateKey.generate("sm2").public, issuer_key=stranger_key, issuer=stranger
    )


def ses_values() -> Iterator[Attack]:
    """Seal signatures, in PDF and in OFD."""
    world, cert = base.the_world(), base.subject()
    bureau, seal = world.bureau, world.seal().raw
    rows: list[tuple[str, str, Ses, tuple[str, ...], dict[str, Any]]] = [
        ("no_z", "SM2 without Z", Ses(sm2=Sm2(z=False)), ("seal.no_z",), REFER),
        ("user_id", "another user ID", Ses(sm2=Sm2(user_id=b"1")), ("seal.signature_value",), {}),
        ("negative", "r and s read as negative", Ses(sm2=Sm2(spelling="negative")), ("signature.quirk",), REFER),
        ("padded", "r and s with leading zeros", Ses(sm2=Sm2(spelling="padded")), ("signature.quirk",), REFER),
        ("hash_as_e", "the document's hash signed as e", Ses(direct=True), ("seal.hash_as_e",), {}),
        ("other_named", "another's certificate beside the value", Ses(named=world.other.certificate), ("seal.signature_value", "seal.signer_not_listed"), {}),
        ("sha256_hash", "the hash by another algorithm", Ses(data_hash=lambda c: digest("sha256", c)), ("seal.document_digest",), {}),
        ("short_hash", "half a hash", Ses(data_hash=lambda c: digest("sm3", c)[:16]), ("seal.document_digest",), {}),
        ("empty_hash", "no hash", Ses(data_hash=lambda _: b""), ("seal.document_digest",), {}),
        ("version", "version of another standard", Ses(version=1), ("signature.quirk",), REFER),
        ("empty_list", "a seal that lists nobody", Ses(seal=values.seal_of(world, certificates=())), ("seal.signer_not_listed",), {}),
        ("other_list", "a seal that lists another", Ses(seal=values.seal_of(world, certificates=(world.other.certificate.der,))), ("seal.signer_not_listed",), {}),
        ("text_list", "a list of text", Ses(seal=values.seal_of(world, listed=b"\x16\x03abc")), ("seal.malformed",), {}),
        ("three_elements", "the maker's signature over three elements", Ses(seal=values.seal_of(world, form="tbs")), ("seal.three_element_form", "signature.quirk"), REFER),
        ("own_maker", "the issuer makes its seal itself", Ses(seal=values.seal_of(world, maker=bureau.signer)), ("seal.maker_is_signer",), {}),
        ("issuer_as_maker", "another authority makes the seal", Ses(seal=values.seal_of(world, maker=world.other.signer)), ("seal.maker_not_listed",), REFER),
        ("unknown_seal", "a seal that no status file knows", Ses(seal=values.seal_of(world, es_id="11010500009999")), ("seal.status_unknown",), REFER),
        ("before_seal", "signed before the seal was made", Ses(time=AT - 400 * DAY), ("seal.outside_period",), {}),
    ]  # fmt: skip
    yield one("range@ses", "says that it protects other bytes", lambda: values.pdf_with(world, cert, Ses(info=b"[0 1 2 3]").by(bureau.signer, seal), layout="ses"), "seal.property_range")  # fmt: skip
    for name, what, how, codes, more in rows:
        yield one(f"{name}@ses", what, lambda how=how: values.pdf_with(world, cert, how.by(bureau.signer, seal), layout="ses"), *codes, **more)  # fmt: skip
        yield one(f"{name}@ofd", what, lambda how=how: _sealed(how, bureau.signer), *codes, **more)


def _sealed(how: Ses, signer: Signer) -> bytes:
    """Return an OFD under a seal signature; the seal beside it is the one inside."""
    world = base.the_world()
    files = ofd.unpack(base.good("ofd"))
    files[ofd.SIGN + "Seal.esl"] = how.seal or world.seal().raw
    files = ofd.rereferenced(files)
    xml = files[ofd.SIGN + "Signature.xml"]
    files[ofd.SIGN + "SignedValue.dat"] = how.over(signer, world.seal().raw, xml, INFO)
    return ofd.pack(files)


# -- OFD -------------------------------------------------------------------------------------------


def ofd_after() -> Iterator[Attack]:
    """Done to a finished OFD without any key, seal or digital signature."""
    reference = "signature.reference_digest"
    for name in OFDS:
        rows: list[tuple[str, str, Callable[[bytes], bytes], tuple[str, ...], dict[str, Any]]] = [
            ("added", "a file nobody signed", ofd.added_file, ("document.uncovered",), REFER),
            ("page", "page changed", ofd.altered_page, (reference,), {}),
            ("data", "data changed", ofd.altered_data, (reference,), {}),
            ("custom", "CustomDatas changed", ofd.altered_custom_data, ("carrier.mismatch", reference), {}),
            ("stripped", "signature removed", ofd.signature_removed, ("document.unsigned",), {}),
            ("emptied", "list of signatures emptied", ofd.list_emptied, ("document.unsigned",), {}),
            ("prefix", "PDF before the package", ofd.pdf_before, ("format.multiple_formats",), {}),
            ("pdf", "PDF header inside", ofd.pdf_inside, ("format.multiple_formats",), {}),
            ("suffix", "bytes after", ofd.bytes_behind, ("format.bytes_outside",), REFER),
            ("twice", "one name twice", ofd.name_twice, ("format.duplicate_name",), {}),
            ("case_twin", "a name in another case", _case_twin, ("format.duplicate_name",), {}),
            ("missing", "a signed page is gone", _missing, ("signature.reference_missing",), {}),
            ("rereferenced", "page changed, digests made anew", _rereferenced, (_DIGEST[name],), {}),
            ("second_body", "a second document of other content", _second_body, ("certificate.two_metadata", reference), {}),
        ]  # fmt: skip
        for attack, what, how, codes, more in rows:
            if name == "ofd" and f"ofd_{attack}" in _KNOWN:
                continue
            yield one(f"{attack}@{name}", what, lambda how=how, name=name: how(base.good(name)), *codes, **more)  # fmt: skip


_DIGEST = {
    "ofd": "seal.document_digest",
    "ofd_cms_sm2": "cms.digest_mismatch",
    "ofd_cms_rsa": "cms.digest_mismatch",
}
_KNOWN = {
    f"ofd_{n}"
    for n in (
        "added",
        "page",
        "data",
        "custom",
        "stripped",
        "emptied",
        "prefix",
        "pdf",
        "suffix",
        "twice",
    )
}


def _case_twin(data: bytes) -> bytes:
    return ofd.pack(ofd.unpack(data) | {PAGE.replace("Content", "CONTENT"): b"<x/>"})


def _missing(data: bytes) -> bytes:
    return ofd.pack({name: raw for name, raw in ofd.unpack(data).items() if name != PAGE})


def _rereferenced(data: bytes) -> bytes:
    return ofd.pack(ofd.rereferenced(ofd.unpack(ofd.altered_page(data))))


def _second_body(data: bytes) -> bytes:
    """A second document of the package says something else; the first is as it was signed."""
    files = ofd.unpack(data)
    files |= {n.replace("Doc_0", "Doc_1"): d.replace(b"Doc_0", b"Doc_1") for n, d in files.items() if "Sign" not in n and n != "OFD.xml"}  # fmt: skip
    body = b"<ofd:DocBody><ofd:DocInfo><ofd:DocID>0123456789abcdef0123456789abcdef</ofd:DocID></ofd:DocInfo><ofd:DocRoot>Doc_1/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>"
    files["OFD.xml"] = files["OFD.xml"].replace(b"</ofd:OFD>", body)
    return ofd.pack(files)


def ofd_before() -> Iterator[Attack]:
    """Genuinely sealed by the issuer, and wrong."""
    world, cert = base.the_world(), base.subject()
    twice = cert.canonical().replace(b'"kind":', b'"kind":"original","kind":', 1)

    def sealed(**changes: bytes) -> Callable[[], bytes]:
        return lambda: ofd.resigned(ofd.unpack(base.good("ofd")) | {_PATHS[k]: v for k, v in changes.items()}, world)  # fmt: skip

    def data(certificate: Certificate) -> Callable[[], bytes]:
        return lambda: ofd.good(world, certificate)

    def part(name: str) -> Callable[[], bytes]:
        return lambda: ofd.moved_out(base.good("ofd"), name, world)

    shown = "\n".join(ofd_lines(cert)).replace("壹佰万", "玖佰万").split("\n")
    yield from (
        one("duplicate_key@ofd", "a member twice", sealed(data=twice), "json.duplicate_key"),
        one("not_json@ofd", "data that are no JSON", sealed(data=b"{"), "json.syntax"),
        one("two_attachments@ofd", "two files of the reserved name", lambda: _two_attachments(world), "certificate.two_metadata"),
        one("face_signed@ofd", "face shows another capital", lambda: _with_face(shown), "face.mismatch"),
        one("mirror_signed@ofd", "CustomDatas of another certificate", lambda: _with_mirror(base.another()), "carrier.mismatch"),
        one("check_character@ofd", "ECID with a wrong check character", data(base._wrong_check()), "ecid.check"),
        one("other_authority_name@ofd", "name of another authority", data(base._metadata("certificateIssuingAuthorityName", "另一机关")), "field.conflict"),
        one("missing_field@ofd", "a required field is missing", data(base._without_field("name")), "field.missing"),
        one("converted@ofd", "a converted certificate", data(base._kind("converted")), "certificate.converted", **REFER),
        one("kind@ofd", "a kind nobody knows", data(base._kind("更好")), "certificate.kind"),
        one("copy_unlimited@ofd", "a copy without limits", data(base._kind("copy")), "field.missing"),
        one("root_uncovered@ofd", "OFD.xml with the mirror left unsigned", part("OFD.xml"), "document.uncovered", **REFER),
        one("page_uncovered@ofd", "the page left unsigned", part(PAGE), "document.uncovered", **REFER),
        one("data_uncovered@ofd", "the data left unsigned", part(DATA), "document.uncovered", **REFER),
        one("list_uncovered@ofd", "the list of attachments left unsigned", part(LIST), "document.uncovered", **REFER),
        one("future@ofd", "sealed in the future", lambda: ofd.resigned(ofd.unpack(base.good("ofd")), world, at=AT + DAY), "signer.outside_validity"),
    )  # fmt: skip


_PATHS = {"data": DATA, "page": PAGE, "list": LIST, "root": "OFD.xml"}


def _two_attachments(world: Any) -> bytes:
    files = ofd.unpack(base.good("ofd"))
    other = DATA.replace("Attachs/", "Attachs/other/")
    entry = files[LIST][
        files[LIST].index(b"<ofd:Attachment ") : files[LIST].index(b"</ofd:Attachments>")
    ]
    second = entry.replace(
        DATA.rsplit("/", 1)[0].encode(), other.rsplit("/", 1)[0].encode()
    ).replace(b'ID="', b'ID="9')
    if second == entry.replace(b'ID="', b'ID="9'):
        second = second.replace(
            b"certificate.json</ofd:FileLoc>", b"other/certificate.json</ofd:FileLoc>"
        )
    files[LIST] = files[LIST].replace(entry, entry + second)
    files[other] = base.another().canonical()
    name = ofd.SIGN + "Signature.xml"
    reference = f'<ofd:Reference FileRef="/{other}"><ofd:CheckValue>AA==</ofd:CheckValue></ofd:Reference></ofd:References>'
    files[name] = files[name].replace(b"</ofd:References>", reference.encode())
    return ofd.resigned(files, world)


def _with_face(lines: list[str]) -> bytes:
    world, cert = base.the_world(), base.subject()
    files = ofd.unpack(base.good("ofd"))
    changed = ofd.unpack(ofd.pack(files))
    old = "\n".join(ofd_lines(cert))
    assert "\n".join(lines) != old
    changed[PAGE] = files[PAGE].replace("壹佰万".encode(), "玖佰万".encode())
    assert changed[PAGE] != files[PAGE]
    return ofd.resigned(changed, world)


def _with_mirror(other: Certificate) -> bytes:
    world = base.the_world()
    files = ofd.unpack(base.good("ofd"))
    files["OFD.xml"] = ofd.unpack(ofd.good(world, other))["OFD.xml"]
    return ofd.resigned(files, world)


def ofd_signers() -> Iterator[Attack]:
    """Sealed or signed by somebody else, or with a key that may not."""
    world, cert = base.the_world(), base.subject()
    rows: list[tuple[str, str, Any, tuple[str, ...], dict[str, Any]]] = [
        ("another_authority", "genuine key of another authority", world.other, ("issuer.not_the_signer",), {}),
        ("own_root", "own root, named like the bureau", world.forger, ("signer.chain_unknown", "issuer.not_listed"), REFER),
        ("unknown", "trusted root, no listing", world.unlisted, ("issuer.not_listed",), REFER),
        ("expired", "certificate ran out after signing", world.expired, ("signer.expired_no_poe",), REFER),
        ("revoked", "revoked after the declared time", world.revoked, ("signer.revoked_no_poe",), REFER),
        ("stolen", "key stolen", world.stolen, ("signer.key_compromised",), {}),
        ("encryption_only", "certificate for encryption", world.encryption_only, ("signer.usage",), {}),
        ("tsa_signs", "a time stamper signs", world.tsa, ("issuer.not_listed",), REFER),
        ("maker_signs", "the seal maker signs", world.maker, ("issuer.not_listed",), REFER),
    ]  # fmt: skip
    for name, what, party, codes, more in rows:
        yield one(f"{name}@ofd_cms_sm2", what, lambda party=party: values.ofd_with(world, cert, Cms().by(AnyKey(party)), kind="sm2"), *codes, **more)  # fmt: skip
        if name in {"tsa_signs", "maker_signs"}:
            continue
        yield one(f"{name}@ofd", what, lambda party=party: _sealed_by(party), *codes, **more)
        yield one(f"{name}@ses", what, lambda party=party: _pdf_sealed_by(party), *codes, **more)


def _sealed_by(party: Any) -> bytes:
    world = base.the_world()
    seal = values.seal_of(world, certificates=(party.certificate.der,))
    return _sealed(Ses(seal=seal), AnyKey(party))


def _pdf_sealed_by(party: Any) -> bytes:
    world, cert = base.the_world(), base.subject()
    seal = values.seal_of(world, certificates=(party.certificate.der,))
    return values.pdf_with(world, cert, Ses(seal=seal).by(AnyKey(party), seal), layout="ses")


# -- copies, evidence, strange files ---------------------------------------------------------------


def copies() -> Iterator[Attack]:
    """L10: a copy beyond its matter or time, in every container."""
    world = base.the_world()
    note = Annotation(
        matter=MATTER, creator="示例市政务服务中心", cause="办理示例事项",
        created=SIGNED, expires=AT + DAY,
    )  # fmt: skip
    late = replace(note, expires=AT - DAY)
    makers: dict[str, Callable[[Certificate], bytes]] = {
        "cms_sm2": world.forge,
        "ses": lambda cert: world.forge(cert, forgery=Forgery(layout="ses")),
        "ofd": lambda cert: ofd.good(world, cert),
    }
    for name, make in makers.items():
        rows: list[tuple[str, str, Annotation, str | None, str, dict[str, Any]]] = [
            ("copy_late", "a copy after its time", late, MATTER, "copy.expired", {}),
            ("copy_elsewhere", "a copy for another matter", note, OTHER_MATTER, "copy.other_matter", {}),
            ("copy_unasked", "a copy, the matter not stated", note, None, "copy.matter_not_asked", REFER),
        ]  # fmt: skip
        for attack, what, terms, matter, code, more in rows:
            yield one(f"{attack}@{name}", what, lambda make=make, terms=terms: make(base.subject().annotated_copy(terms)), code, matter=matter, **more)  # fmt: skip


def evidence() -> Iterator[Attack]:
    """L13, L16, L17: the presenter, or an old folder, chooses what is known."""
    world, cert = base.the_world(), base.subject()
    key = world.bureau.signer
    stale, revoked = values.old_crl(world), values.old_crl(world, revoked=True)
    _, foreign = world.strangers.root("sm2"), world.strangers.crl("sm2")
    no_crl = base._without("crls/")
    rows: list[tuple[str, str, tuple[bytes, ...], Any, tuple[str, ...], dict[str, Any]]] = [
        ("own_old_crl", "an old revocation list in the file, none in the trust", (stale,), no_crl, ("revocation.stale",), REFER),
        ("own_foreign_crl", "a fresh list of a namesake CA in the file", (foreign,), no_crl, ("revocation.unknown",), REFER),
        ("own_condemning_crl", "the list in the file names the signer", (revoked,), None, ("signer.revoked",), {}),
        ("own_condemning_crl_alone", "the same, none in the trust", (revoked,), no_crl, ("signer.revoked",), {}),
        ("own_both_crls", "two lists that contradict each other", (stale, revoked), None, ("signer.revoked",), {}),
    ]  # fmt: skip
    for name, what, lists, trust, codes, more in rows:
        make = Cms(crls=lists).by(key)
        yield one(f"{name}@cms_sm2", what, lambda make=make: values.pdf_with(world, cert, make), *codes, trust=trust, **more)  # fmt: skip
        yield one(f"{name}@ofd_cms_sm2", what, lambda make=make: values.ofd_with(world, cert, make, kind="sm2"), *codes, trust=trust, **more)  # fmt: skip
    yield from _responses()
    for name in ("cms_sm2", "ses", "ofd"):
        for state in ("cancelled", "suspended", "revoked"):
            yield one(f"status_{state}@{name}", f"the register says {state}", lambda name=name: base.good(name), f"status.{state}", trust=_status(state))  # fmt: skip
        yield one(f"newer_snapshot@{name}", "a newer snapshot leaves it out", lambda name=name: base.good(name), "status.not_listed", trust=_newer(None), **REFER)  # fmt: skip
        yield one(f"older_good@{name}", "an older snapshot still says valid", lambda name=name: base.good(name), "status.cancelled", trust=_newer("cancelled"))  # fmt: skip
        yield one(f"old_snapshot@{name}", "only an old snapshot", lambda name=name: base.good(name), "status.too_old", trust=_old_snapshot, **REFER)  # fmt: skip


def _responses() -> Iterator[Attack]:
    """OCSP responses that the presenter put in, where the trust has no list."""
    world, cert = base.the_world(), base.subject()
    party = world.bureau_rsa
    key, root = world.pki.root("rsa")
    their_key, their_root = world.strangers.root("rsa")
    say = values.ocsp_response
    rows: list[tuple[str, str, bytes, str]] = [
        ("own_old_ocsp", "an old response", say(party.certificate, root, key, at=AT - 60 * DAY), "revocation.stale"),
        ("own_foreign_ocsp", "a response of a namesake CA", say(party.certificate, their_root, their_key, at=AT - DAY / 2), "revocation.unknown"),
        ("own_own_ocsp", "a response that the signer gave himself", say(party.certificate, root, party.key, at=AT - DAY / 2, signer=party.certificate), "revocation.unknown"),
        ("own_other_ocsp", "a response about another certificate", say(world.bureau_rsa_twin.certificate, root, key, at=AT - DAY / 2), "revocation.unknown"),
    ]  # fmt: skip
    for name, what, response, code in rows:
        make = Cms(digest="sha256", crls=(response,)).by(party.signer)
        more: dict[str, Any] = {"trust": base._without("crls/"), **REFER}
        yield one(f"{name}@cms_rsa", what, lambda make=make: values.pdf_with(world, cert, make, signer=party.signer), code, **more)  # fmt: skip
        yield one(f"{name}@ofd_cms_rsa", what, lambda make=make: values.ofd_with(world, cert, make, kind="rsa"), code, **more)  # fmt: skip


def _edited(files: Files, change: Callable[[dict[str, Any]], None]) -> bytes:
    body = json.loads(files["status/status.json"])
    change(body)
    return json.dumps(body, ensure_ascii=False).encode()


def _status(state: str) -> Callable[[Files], Files]:
    def change(body: dict[str, Any]) -> None:
        for row in body["certificates"]:
            row["state"], row["since"] = state, base._z(AT - 5 * DAY)

    return lambda files: files | {"status/status.json": _edited(files, change)}


def _newer(state: str | None) -> Callable[[Files], Files]:
    """The old snapshot stays, and a newer one says otherwise."""

    def change(body: dict[str, Any]) -> None:
        body["issued_at"], body["version"] = base._z(AT - DAY / 24), "9999"
        rows = body["certificates"]
        body["certificates"] = (
            [r | {"state": state, "since": base._z(AT - 5 * DAY)} for r in rows] if state else []
        )

    return lambda files: files | {"status/z-newer.json": _edited(files, change)}


def _old_snapshot(files: Files) -> Files:
    def change(body: dict[str, Any]) -> None:
        body["issued_at"] = base._z(AT - 60 * DAY)

    return files | {"status/status.json": _edited(files, change)}


def stamps() -> Iterator[Attack]:
    """L11: genuine time stamps that prove too little, over seal and over digital signatures."""
    world = base.the_world()
    rows: list[tuple[str, str, Any, Any, tuple[str, ...], dict[str, Any]]] = [
        ("revoked_late_stamp", "stamped only after the revocation", world.revoked, AT - DAY, ("signer.revoked_no_poe",), REFER),
        ("stolen_late_stamp", "stamped only after the theft", world.stolen, AT - DAY, ("signer.key_compromised",), {}),
        ("expired_late_stamp", "stamped only after the certificate ran out", world.expired, AT - DAY, ("signer.expired_no_poe",), REFER),
        ("stamp_before_signing", "stamped before it says it was signed", world.bureau, SIGNED - 100 * DAY, ("time.order",), REFER),
        ("stolen_order", "the same with a stolen key", world.stolen, SIGNED - 100 * DAY, ("time.order",), REFER),
        ("stamp_tomorrow", "stamped tomorrow", world.bureau, AT + DAY, ("time.in_future",), {}),
    ]  # fmt: skip
    for name, what, party, moment, codes, more in rows:
        yield one(f"{name}@ofd", what, lambda party=party, moment=moment: _stamped_seal(party, moment), *codes, **more)  # fmt: skip
        yield one(f"{name}@ofd_cms_sm2", what, lambda party=party, moment=moment: values.ofd_with(world, base.subject(), _stamped_cms(party, moment), kind="sm2"), *codes, **more)  # fmt: skip
        yield one(f"{name}@cms_sm2", what, lambda party=party, moment=moment: values.pdf_with(world, base.subject(), _stamped_cms(party, moment)), *codes, **more)  # fmt: skip
    foreign = _stamped_cms(world.bureau, SIGNED, over=b"another value")
    unknown = _stamped_cms(world.bureau, SIGNED, tsa=world.unlisted_tsa)
    for name, kind in (("cms_sm2", "pdf"), ("ofd_cms_sm2", "ofd")):
        put = values.pdf_with if kind == "pdf" else lambda w, c, m: values.ofd_with(w, c, m, kind="sm2")  # fmt: skip
        yield one(f"foreign_stamp@{name}", "time stamp over something else", lambda put=put: put(world, base.subject(), foreign), "time.token_broken", **REFER)  # fmt: skip
        yield one(f"untrusted_stamp@{name}", "time stamp of an unknown maker", lambda put=put: put(world, base.subject(), unknown), "tsp.untrusted", **REFER)  # fmt: skip


def _token(moment: Any, tsa: Any = None) -> Callable[[bytes], bytes]:
    stamper = tsa or base.the_world().tsa
    return lambda value: make_timestamp(value, signer=stamper.signer, at=moment, serial=5)


def _stamped_seal(party: Any, moment: Any) -> bytes:
    files = ofd.unpack(base.good("ofd"))
    files[ofd.SIGN + "Seal.esl"] = values.seal_of(
        base.the_world(), certificates=(party.certificate.der,)
    )
    return ofd.resigned(files, base.the_world(), signer=party.signer, stamp=_token(moment))


def _stamped_cms(party: Any, moment: Any, *, over: bytes = b"", tsa: Any = None) -> values.Make:
    def make(covered: bytes, _: Any) -> bytes:
        value = Cms().over(party.signer, covered)
        return with_timestamp(value, _token(moment, tsa)(over or _info(value).children()[-1].octets()))  # fmt: skip

    return make


def _info(value: bytes) -> der.Node:
    """Return the SignerInfo of a CMS with one."""
    return der.parse(value).children()[1].only().children()[-1].children()[0]


def ends() -> Iterator[Attack]:
    """What the issuer said itself no longer holds, or not yet, or rests on weak digests."""
    world = base.the_world()
    for name, make in (("cms_sm2", world.forge), ("ofd", lambda cert: ofd.good(world, cert))):
        yield one(f"licence_ended@{name}", "the licence ended yesterday", lambda make=make: make(licence(term_end="20261119")), "status.expired")  # fmt: skip
        yield one(f"licence_early@{name}", "the licence begins tomorrow", lambda make=make: make(licence(term_start="20261121")), "status.not_yet_valid")  # fmt: skip
    for by, method in (("md5", "MD5"), ("sha1", "1.3.14.3.2.26")):
        yield one(f"weak_references_{by}@ofd", f"parts digested with {by}", lambda by=by, method=method: ofd.weakly_digested(base.good("ofd"), world, by=by, method=method), "algorithm.weak", **REFER)  # fmt: skip
    for name, party in (("other", world.other), ("forger", world.forger)):
        seal = values.seal_of(world, certificates=(party.certificate.der,))
        yield one(f"second_seal_{name}@ofd", "a second seal over the page", lambda party=party, seal=seal: ofd.second_seal(base.good("ofd"), world, party, seal), "document.drawn_after_issuer")  # fmt: skip


def spellings() -> Iterator[Attack]:
    """L21: the same values written otherwise, so that a reader which writes them anew sees no change."""
    world, cert, key = base.the_world(), base.subject(), base.the_world().bureau.signer

    def sorted_away(covered: bytes, _: Any) -> bytes:
        value = Cms().over(key, covered)
        listed = next(n for n in _info(value).children() if n.tag == 0xA0)
        members = [n.raw for n in listed.children()]
        head = listed.raw[: len(listed.raw) - sum(map(len, members))]
        return value.replace(listed.raw, head + b"".join(reversed(members)))

    def indefinite(covered: bytes, _: Any) -> bytes:
        return b"\x30\x80" + Cms().over(key, covered)[4:] + b"\0\0"

    def long_length(covered: bytes, _: Any) -> bytes:
        value = Cms().over(key, covered)
        return b"\x30\x83\0" + value[2:]

    def tail(covered: bytes, _: Any) -> bytes:
        return Cms().over(key, covered) + b"\1"

    rows: list[tuple[str, str, values.Make, str, str, dict[str, Any]]] = [
        ("reordered", "signed attributes in another order", sorted_away, "crypto.signature_mismatch", "crypto.signature_mismatch", {}),
        ("long_length", "a length with a needless octet", long_length, "signature.quirk", "signature.quirk", REFER),
        ("tail", "bytes after the value", tail, "pdf.contents_tail", "der.trailing", {}),
    ]  # fmt: skip
    for name, what, make, in_pdf, in_ofd, more in rows:
        yield one(f"{name}@cms_sm2", what, lambda make=make: values.pdf_with(world, cert, make), in_pdf, **more)  # fmt: skip
        yield one(f"{name}@ofd_cms_sm2", what, lambda make=make: values.ofd_with(world, cert, make, kind="sm2"), in_ofd, **more)  # fmt: skip
    yield one("indefinite@cms_sm2", "indefinite lengths", lambda: values.pdf_with(world, cert, indefinite), "signature.quirk", **REFER)  # fmt: skip
    yield one("xml_spacing@ofd", "a space in Signature.xml", lambda: _spaced(base.good("ofd")), "seal.document_digest")  # fmt: skip


def _spaced(data: bytes) -> bytes:
    files = ofd.unpack(data)
    name = ofd.SIGN + "Signature.xml"
    return ofd.pack(files | {name: files[name].replace(b"<ofd:References ", b"<ofd:References  ")})


def strange_files() -> Iterator[Attack]:
    """L9, L10: what is no certificate file at all, or more than one kind of file."""
    from ecert.model.printed_code import PrintedCode

    cert = base.subject()
    payload = PrintedCode.of(str(cert.ecid), cert.canonical()).text().encode()
    yield one(
        "qr_alone", "the text of the printed code alone", lambda: payload, "format.not_recognized"
    )
    yield one(
        "json_alone", "the data without the document", cert.canonical, "format.not_recognized"
    )
    yield one(
        "html_polyglot@cms_sm2",
        "a web page before the PDF",
        lambda: b"<html><script>1</script>" + base.good(),
        "pdf.unreadable",
    )
    yield one(
        "pdf_and_ofd",
        "a good OFD behind a good PDF",
        lambda: base.good() + base.good("ofd"),
        "format.multiple_formats",
    )
    yield one(
        "ofd_and_pdf",
        "a good PDF behind a good OFD",
        lambda: base.good("ofd") + base.good(),
        "format.not_recognized",
    )
    yield one(
        "jpeg_polyglot@cms_sm2",
        "a picture before the PDF",
        lambda: b"\xff\xd8\xff\xe0" + base.good(),
        "format.bytes_outside",
    )
    yield one(
        "unsigned@cms_sm2",
        "never signed",
        lambda: pdf.stripped(base.good("ses")),
        "document.unsigned",
    )
