"""Every quirk of real e-seals (eseal-crypto.md 8) on an otherwise perfect, fully trusted licence.

Its place in L22 decides: what is tolerated is accepted and named, what may never accompany an accept is
referred and named, what fails is refused. The table of docs/reference/seals.md is this list.
"""

from __future__ import annotations

import base64
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import eseal_kit as e
import ofd_kit as o
import seals_kit as kit
from ecert.crypto.digest import digest
from ecert.crypto.sm2 import curve
from ecert.report import Report
from ecert.trust.store import TrustStore
from ecert.verification.tolerance import strange
from seals_kit import b

Make = Callable[[], bytes]
DECISIONS = {"fine": "accept", "tolerated": "accept", "never": "refer", "failed": "refuse"}
PAGE = Path(__file__).resolve().parents[2] / "docs/reference/seals.md"


@dataclass(frozen=True)
class Quirk:
    """One way in which a real file departs from the text; ``code`` is what the report says of it.

    ``number`` is that of the list of quirks, 0 for the rest of L22's own list.
    Place: ``fine`` the standard allows it, or L11 handles it; ``tolerated``, ``never``, ``failed``: L22.
    """

    number: int
    name: str
    place: str
    make: Make
    code: str | None = None
    trust: Callable[[], TrustStore] = field(default=e.everybody)

    @property
    def id(self) -> str:
        return f"{self.number:02}-{self.name}"


def v4(**changes) -> Make:
    """A GB/T 38540 signature over TBS_Sign with something else in it."""
    return lambda: e.sealed(lambda xml: kit.ses_v4(e.tbs(xml, **changes)))


def valued(sign: Callable[[bytes, bytes], bytes]) -> Make:
    """A GB/T 38540 signature with another value: ``sign(tbs, dataHash)``."""

    def value(xml: bytes) -> bytes:
        tbs = e.tbs(xml)
        return kit.ses_v4(tbs, value=sign(tbs, kit.sm3(xml)))

    return lambda: e.sealed(value)


def with_seal(seal: Callable[[], bytes], **changes) -> Make:
    return lambda: e.sealed(lambda xml: kit.ses_v4(e.tbs(xml, seal=seal(), **changes)))


def sealing(**changes) -> Make:
    """A v4 seal whose information has something else in it."""
    return with_seal(lambda: kit.seal_v4(kit.info(**changes)))


def old(*, seal: Callable[[], bytes] = kit.seal_v1, when: bytes = b"2026-05-04 11:02:01", version=1) -> Make:  # fmt: skip
    """A GM/T 0031-2014 signature."""

    def value(xml: bytes) -> bytes:
        who = kit.signer()
        tbs = b.sequence(
            b.integer(version),
            seal(),
            b.bit_string(when),
            b.bit_string(kit.sm3(xml)),
            kit.ia5(kit.PROPERTY),
            b.octet_string(who.der),
            b.oid(kit.SM2_SM3),
        )
        return b.sequence(tbs, b.bit_string(who.sign(tbs)))

    return lambda: e.sealed(value)


def numbers(change: Callable[[bytes], bytes], *, high: int) -> Callable[[bytes, bytes], bytes]:
    """A signature whose first INTEGER is written wrongly; ``high`` is the wanted high bit of r."""

    def sign(tbs: bytes, _: bytes) -> bytes:
        while True:
            r, s, _quirks = curve.decode_signature(kit.signer().sign(tbs))
            octets = r.to_bytes(32, "big")
            if octets[0] >> 7 == high and octets[0] & 0x7F:
                second = b.integer(s)
                return b.sequence(b.tlv(0x02, change(octets)), second)

    return sign


def bits() -> bytes:
    def value(xml: bytes) -> bytes:
        tbs, who = e.tbs(xml), kit.signer()
        signed = b.bit_string(who.sign(tbs), 3)
        return b.sequence(tbs, b.octet_string(who.der), b.oid(kit.SM2_SM3), signed)

    return e.sealed(value)


def cms(content: Callable[[bytes], bytes]) -> Make:
    return lambda: e.sealed(o.gm_cms(content), kind="Sign")


# --- certificates with the oddities of real ones (13) ---------------------------------------------


def odd_party(mark: str) -> kit.Party:
    """A self-signed signer whose certificate has one oddity; made once for each mark."""
    return kit.odd(mark, ODD[mark])


def attribute(oid: str, tag: int, text: bytes) -> bytes:
    return b.set_of([b.sequence(b.oid(oid), b.tlv(tag, text))])


EMAIL, OU, CN = "1.2.840.113549.1.9.1", "2.5.4.11", "2.5.4.3"
CA_FALSE = b.sequence(b.oid("2.5.29.19"), b.octet_string(b.sequence(b.boolean(0))))
PRIVATE = b.sequence(b.oid("1.2.86.11.7.1"), b.octet_string(b.utf8("x")))
CRITICAL = b.sequence(b.oid("1.2.86.11.7.1"), b.boolean(1), b.octet_string(b.utf8("x")))
ODD = {
    "explicit default": {"extensions": (CA_FALSE,)},
    "null parameters": {"null": True},
    "utf8 in ascii": {"names": (attribute(EMAIL, 0x16, "章@example.test".encode()),)},
    "long attribute": {"names": (attribute(OU, 0x0C, b"x" * 80),)},
    "several units": {"names": (attribute(OU, 0x0C, b"a"), attribute(OU, 0x0C, b"b"))},
    "private extension": {"extensions": (PRIVATE,)},
    "private critical": {"extensions": (CRITICAL,)},
}


NAMED = {
    "explicit default": "x509.explicit_default",
    "null parameters": "x509.null_parameters",
    "utf8 in ascii": "x509.utf8_in_ascii",
    "long attribute": "x509.long_attribute",
    "several units": None,
    "private extension": None,
}


def signed_by(mark: str) -> Make:
    def value(xml: bytes) -> bytes:
        who = odd_party(mark)
        seal = kit.seal_v4(kit.info(prop=kit.prop_v4(kit.cert_list(who.der))))
        return kit.ses_v4(e.tbs(xml, seal=seal), by=who)

    return lambda: e.sealed(value)


def trusting(mark: str) -> Callable[[], TrustStore]:
    return lambda: e.everybody(odd_party(mark).certificate)


# --- maker and signer in one (14) ---------------------------------------------------------------


def self_made() -> bytes:
    def value(xml: bytes) -> bytes:
        who = kit.maker()
        seal = kit.seal_v4(kit.info(prop=kit.prop_v4(kit.cert_list(who.der))))
        return kit.ses_v4(e.tbs(xml, seal=seal), by=who)

    return e.sealed(value)


def not_as_maker() -> TrustStore:
    return e.everybody(kinds=e.only(kit.maker(), "certificate-issuer"))


# --- the rest --------------------------------------------------------------------------------------


def spelled(method: str, check: str) -> Make:
    extra = f"<ofd:SignatureMethod>{method}</ofd:SignatureMethod>"
    return lambda: e.sealed(lambda xml: kit.ses_v4(e.tbs(xml)), extra=extra, method=check)


def reserialised() -> bytes:
    files = o.unpack(v4()())
    name = o.SIGN + "Signature.xml"
    files[name] = files[name].replace(b"<ofd:SignedInfo>", b"<ofd:SignedInfo >")
    return o.pack(files)


def stranger() -> kit.Party:
    return kit.party("TEST-ONLY stranger")


def by_stranger() -> bytes:
    return e.sealed(lambda xml: kit.ses_v4(e.tbs(xml), by=stranger()))


def ended() -> bytes:
    return kit.prop_v4(
        dates=tuple(kit.gtime(t) for t in ("20240101000000Z", "20240101000000Z", "20250101000000Z"))
    )


def strangers_root() -> TrustStore:
    return e.everybody(anchors=[stranger().certificate], direct_trust=False)


def stamped(*, seal: bool = False, token: bytes | None = None, over: bytes | None = None) -> Make:
    def tail(value: bytes) -> bytes:
        made = e.stamp(value if over is None else over) if token is None else token
        return b.explicit(0, b.bit_string(made))

    def on_seal() -> bytes:
        body = kit.info(head=kit.header(5))
        value = kit.maker().sign(body)
        return kit.seal_v4(body, value=value, tail=tail(value))

    def value(xml: bytes) -> bytes:
        tbs = e.tbs(xml, seal=on_seal(), version=5) if seal else e.tbs(xml)
        value = kit.signer().sign(tbs)
        return kit.ses_v4(tbs, value=value, tail=b"" if seal else tail(value))

    return lambda: e.sealed(value)


def c0119(xml: bytes) -> bytes:
    """Certificate and algorithm are signed behind the members of TBS_Sign (eseal-crypto.md 1.5)."""
    tbs = e.tbs(xml)
    body = tbs[4:] if tbs[1] == 0x82 else tbs[3:]
    signed = b.sequence(body, b.octet_string(kit.signer().der), b.oid(kit.SM2_SM3))
    return kit.ses_v4(tbs, value=kit.signer().sign(signed))


def weak(name: str) -> Make:
    return lambda: e.sealed(
        lambda xml: kit.ses_v4(e.tbs(xml)), method=name.upper(), references=name
    )


def moved() -> bytes:
    files = e.package() | {"Doc_0/Signs/Signatures.xml": o.listing(o.row(7))}
    xml = o.signature_xml(files, list(files))
    folder = "Doc_0/Signs/Sign_7/"
    own = {folder + "Signature.xml": xml, folder + "SignedValue.dat": kit.ses_v4(e.tbs(xml))}
    return o.pack(files | own)


def re_dated(text: str) -> bytes:
    """SignatureDateTime in local time with a Z; the signed time is right."""
    files = e.package() | {"Doc_0/Signs/Signatures.xml": o.listing(o.row(0))}
    xml = o.signature_xml(files, list(files)).replace(b"2026-05-04 11:02:01", text.encode())
    value = kit.ses_v4(e.tbs(xml))
    return o.pack(files | {o.SIGN + "Signature.xml": xml, o.SIGN + "SignedValue.dat": value})


GBK = b.tlv(0x0C, "测试用电子印章".encode("gb18030"))
IA5_LIST = b.sequence(kit.ia5("1"), b.octet_string(kit.signer().der))
ODD_DER = kit.signer().der

QUIRKS = [
    Quirk(1, "raw r||s of 64 bytes", "tolerated", valued(lambda tbs, _: kit.signer().sign_raw(tbs)), "sm2.raw_signature"),
    Quirk(2, "negative r", "never", valued(numbers(lambda r: r, high=1)), "sm2.negative_integer"),
    Quirk(2, "padded r", "never", valued(numbers(lambda r: b"\0" + r, high=0)), "sm2.nonminimal_der"),
    Quirk(3, "unused bits in a BIT STRING", "tolerated", bits, "seal.unused_bits"),
    Quirk(4, "bytes after the signature structure", "failed", lambda: e.sealed(lambda x: kit.ses_v4(e.tbs(x)) + b"\0"), "seal.malformed"),
    Quirk(4, "bytes after the signature value", "failed", valued(lambda tbs, _: kit.signer().sign(tbs) + b"\0"), "seal.signature_value"),
    Quirk(5, "v1 structure with version 4", "never", old(seal=lambda: kit.seal_v1(kit.info(head=kit.header(4), prop=kit.prop_v1())), version=4), "seal.version_mismatch"),
    Quirk(5, "byte-swapped version", "never", v4(version=0x04000000), "seal.version_mismatch"),
    Quirk(6, "UTCTime for GeneralizedTime", "never", v4(when=kit.utctime("260504030201Z")), "seal.time_type"),
    Quirk(6, "GeneralizedTime for UTCTime", "never", old(seal=lambda: kit.seal_v1(kit.info(head=kit.header(1), prop=kit.prop_v1(dates=kit.DATES_V4)))), "seal.time_type"),
    Quirk(6, "fraction of a second", "fine", v4(when=kit.gtime("20260504030201.923Z"))),
    Quirk(6, "no Z", "fine", v4(when=kit.gtime("20260504110201"))),
    Quirk(6, "local time with Z", "fine", lambda: re_dated("20260504110201Z"), "ofd.false_zone"),
    Quirk(7, "timeInfo as text", "fine", old()),
    Quirk(7, "timeInfo as ISO text", "fine", old(when=b"2026-05-04T03:02:01.000Z")),
    Quirk(8, "IA5String in certList", "failed", old(seal=lambda: kit.seal_v1(kit.info(head=kit.header(1), prop=kit.prop_v1(IA5_LIST)))), "seal.cert_list_ia5string"),
    Quirk(8, "bare certificate in certList", "failed", sealing(prop=kit.prop_v4(b.sequence(ODD_DER))), "seal.malformed"),
    Quirk(9, "dataHash directly as e", "failed", valued(lambda _, hashed: kit.signer().sign_e(hashed)), "seal.hash_as_e"),
    Quirk(10, "CMS over the digest in base64", "never", cms(base64.b64encode), "cms.base64_digest"),
    Quirk(10, "CMS over the bare digest", "never", cms(lambda hashed: hashed), "cms.content_is_digest"),
    Quirk(11, "picture type in another case", "fine", sealing(image=kit.picture("png"))),
    Quirk(11, "picture that is an OFD", "tolerated", sealing(image=kit.picture("ofd", b"PK\x03\x04rest")), "seal.picture_type"),
    Quirk(12, "name in GB18030", "never", sealing(prop=kit.prop_v4(title=GBK)), "seal.text_encoding"),
    *(
        Quirk(13, f"certificate: {mark}", "tolerated" if code else "fine", signed_by(mark), code, trusting(mark))
        for mark, code in NAMED.items()
    ),
    Quirk(13, "certificate: private critical", "never", signed_by("private critical"), "signer.critical_extension", trusting("private critical")),
    Quirk(14, "maker is signer, on one list", "failed", self_made, "seal.maker_is_signer", not_as_maker),
    Quirk(14, "maker is signer, on both lists", "fine", self_made),
    Quirk(15, "methods by name, any case", "fine", spelled("sm2WITHsm3", "sm3")),
    Quirk(15, "methods by OID", "fine", spelled("1.2.156.10197.1.501", "1.2.156.10197.1.401")),
    Quirk(15, "OID of HMAC-SM3 for SM3", "tolerated", spelled("SM2", "1.2.156.10197.1.401.2"), "ofd.digest_spelling"),
    Quirk(15, "method of another algorithm", "never", spelled("SHA1withRSA", "SM3"), "ofd.signature_method"),
    Quirk(16, "Signature.xml written again", "failed", reserialised, "seal.document_digest"),
    Quirk(17, "seal signature wrong", "failed", with_seal(lambda: kit.seal_v4(value=kit.signer().sign(b"x"))), "seal.maker_signature"),
    Quirk(17, "signer not in certList", "failed", by_stranger, "seal.signer_not_listed", lambda: e.everybody(stranger().certificate)),
    Quirk(17, "outside the seal's period", "failed", sealing(prop=ended()), "seal.outside_period"),
    Quirk(17, "chain to another root", "never", v4(), "signer.chain_unknown", strangers_root),
    Quirk(18, "time stamp on the signature", "fine", stamped()),
    Quirk(18, "time stamp on the seal (v5)", "fine", stamped(seal=True)),
    Quirk(18, "three bytes for a time stamp", "never", stamped(token=b"\1\2\3"), "time.token_broken"),
    Quirk(18, "three bytes for a time stamp on the seal", "never", stamped(seal=True, token=b"\1\2\3"), "time.token_broken"),
    Quirk(0, "C 0119 form", "never", lambda: e.sealed(c0119), "seal.c0119_form"),
    Quirk(0, "three-element form of a v4 seal", "never", with_seal(lambda: kit.seal_v4(form="three")), "seal.three_element_form"),
    Quirk(0, "information-only form of a v1 seal", "never", old(seal=lambda: kit.seal_v1(form="info")), "seal.info_only_form"),
    Quirk(0, "no Z value", "never", valued(lambda tbs, _: kit.signer().sign_e(kit.sm3(tbs))), "seal.no_z"),
    Quirk(0, "empty user ID", "never", valued(lambda tbs, _: kit.signer().sign(tbs, user_id=b"")), "seal.empty_id"),
    Quirk(0, "another user ID", "failed", valued(lambda tbs, _: kit.signer().sign(tbs, user_id=b"other")), "seal.signature_value"),
    Quirk(0, "references by SHA-1", "never", weak("sha1"), "algorithm.weak"),
    Quirk(0, "references by MD5", "never", weak("md5"), "algorithm.weak"),
    Quirk(0, "certificate digests by SHA-1", "never", sealing(prop=kit.prop_v4(kit.digest_list(digest("sha1", ODD_DER)), kind=2)), "seal.cert_digest_weak"),
    Quirk(0, "dataHash of another length", "failed", lambda: e.sealed(lambda xml: kit.ses_v4(kit.tbs_v4(data=kit.sm3(xml)[:20]))), "seal.document_digest"),
    Quirk(0, "bytes behind the package", "never", lambda: v4()() + b"more", "format.bytes_outside"),
    Quirk(0, "signature moved to another place", "never", moved, "seal.property_path"),
    Quirk(18, "time stamp over something else", "never", stamped(over=b"other"), "time.token_broken"),
]  # fmt: skip


def said(report: Report) -> set[str]:
    """Every reason and every quirk that the report names."""
    found = {reason.code for check in report.root.walk() for reason in check.reasons}
    return found | {q.partition("=")[0] for s in report.signatures for q in s.quirks}


def test_without_a_quirk_the_licence_is_accepted() -> None:
    report = e.judged(v4()())
    assert (report.decision.value, report.signatures[0].quirks) == ("accept", ())


@pytest.mark.parametrize("quirk", QUIRKS, ids=lambda q: q.id)
def test_l22_quirk(quirk: Quirk) -> None:
    report = e.judged(quirk.make(), trust=quirk.trust())
    assert report.decision.value == DECISIONS[quirk.place], report.reasons()
    assert quirk.code is None or quirk.code in said(report)
    names = {q.partition("=")[0] for q in report.signatures[0].quirks}
    if quirk.place == "fine":
        assert not names & {quirk.code}
    if quirk.place == "tolerated":
        assert quirk.code in names
    if quirk.code in names:
        assert bool(strange([quirk.code])) is (quirk.place != "tolerated")
    for lang in ("zh", "en"):
        assert report.render(lang, detail="full")


def test_l11_a_time_without_zone_is_an_interval_that_must_hold_throughout() -> None:
    """The same text is accepted well inside the seal's period, and refused at its edge."""
    inside = e.judged(v4(when=kit.gtime("20260504110201"))())
    assert inside.signatures[0].time.declared is not None
    edge = e.judged(v4(when=kit.gtime("20240101040000"))())
    assert "seal.outside_period" in said(edge)


def test_l11_a_token_on_the_signature_proves_its_time_and_one_on_the_seal_does_not() -> None:
    assert e.judged(stamped()()).signatures[0].time.grade == "proven"
    report = e.judged(stamped(seal=True)())
    assert report.signatures[0].time.grade == "declared"
    check = report.root.find("seal[0].timestamp")
    assert check is not None
    assert check.verdict.value == "passed"


def test_the_digest_of_a_certificate_list_is_named() -> None:
    listed = kit.digest_list(digest("sm3", kit.signer().der))
    report = e.judged(sealing(prop=kit.prop_v4(listed, kind=2))())
    assert report.decision.value == "accept"
    assert report.signatures[0].quirks == ("seal.cert_digest_algorithm=sm3",)


def test_every_quirk_of_the_list_has_its_test() -> None:
    assert {quirk.number for quirk in QUIRKS} == set(range(19))
    assert len({quirk.id for quirk in QUIRKS}) == len(QUIRKS)


def table() -> list[str]:
    head = ["| § 8 | quirk | place | the report says |", "| ---: | --- | --- | --- |"]
    return head + [
        f"| {q.number or 'L22'} | {q.name.replace('|', chr(92) + '|')} | {q.place} | {f'`{q.code}`' if q.code else ''} |"
        for q in sorted(QUIRKS, key=lambda q: q.number or 99)
    ]


def test_the_table_of_the_reference_is_this_list() -> None:
    text = PAGE.read_text(encoding="utf-8")
    found = re.search(r"<!-- quirks -->\n(.*?)\n<!-- /quirks -->", text, re.DOTALL)
    assert found is not None
    assert found[1].splitlines() == table()


def test_the_byte_range_that_a_seal_in_a_pdf_states_is_compared(monkeypatch) -> None:
    """The same file, sealed by the issuer, with another range in the signed propertyInfo."""
    from attacks.generator import good, store, the_world
    from attacks.world import AT as THEN
    from attacks.world import Forgery, licence
    from ecert.documents.pdf import sign
    from ecert.facade import Asking, verify

    def answer(data: bytes) -> Report:
        return verify(data, trust=store(), at=THEN, asking=Asking(test_trust="allowed"))

    fine = answer(good("ses"))
    check = fine.root.find("seal[0].property")
    assert check is not None
    assert (fine.decision.value, check.verdict.value, check.reasons) == ("accept", "passed", ())
    plain = sign.property_info
    monkeypatch.setattr(sign, "property_info", lambda r: plain((0, r[1] - 1, *r[2:])))
    wrong = answer(the_world().forge(licence(), forgery=Forgery(layout="ses")))
    assert wrong.decision.value == "refuse"
    assert wrong.reasons() == ("seal.property_range",)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: e.sealed(lambda xml: kit.ses_v4(e.tbs(xml)), method="SHA-256", references="sha256"), "sha256"),
        (sealing(prop=kit.prop_v4(kit.digest_list(digest("sha256", ODD_DER)), kind=2)), "sha256"),
        (lambda: e.sealed(lambda xml: kit.ses_v4(e.tbs(xml)), method="SHA-224", references="sha224"), "sha224"),
    ],
    ids=["references", "certificate list", "references by a digest of no policy"],
)  # fmt: skip
def test_the_policy_judges_every_digest_that_a_seal_rests_on(make: Make, name: str) -> None:
    from ecert.facade import verify
    from ecert.verification.policy import Policy

    data = make()
    for policy, allowed in (("default", name == "sha256"), ("domestic", False)):
        report = verify(data, trust=e.everybody(), at=e.AT, policy=Policy.load(policy))
        assert report.signatures[0].algorithms == ("sm3", "sm2", name)
        assert report.decision.value == ("accept" if allowed else "refer")
        assert allowed or report.reasons() == ("algorithm.not_allowed",)
