"""Forms of CMS in a PDF, made by hand and signed by gmalg or openssl: which may accompany accept (L22).

Every form stands in an issued licence whose signer is listed, so that "accept" is within reach and
the form alone decides. Rows of standards/eseal-crypto.md 4; old and odd forms of other makers.
"""

from __future__ import annotations

import base64
import dataclasses
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import gmalg
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from attacks import values
from attacks.generator import named, store, the_world
from attacks.world import AT, SIGNED, licence
from ecert.crypto import cms_attrs, cms_build, der
from ecert.crypto import der_build as b
from ecert.crypto.algorithms import DIGEST_OIDS
from ecert.crypto.digest import digest
from ecert.crypto.x509 import CertificateFacts
from ecert.facade import Asking, verify
from ecert.issuance import SAMPLE_NOTICE, IssueOptions, issue

SIGNED_DATA, DATA = "1.2.840.113549.1.7.2", "1.2.840.113549.1.7.1"
GM_SIGNED_DATA, GM_DATA = "1.2.156.10197.6.1.4.2.2", "1.2.156.10197.6.1.4.2.1"
SM2_SM3, SM2_SIGN, SM2_CURVE = "1.2.156.10197.1.501", "1.2.156.10197.1.301.1", "1.2.156.10197.1.301"


def gmalg_sm2(signer, message: bytes, *, raw: bool = False) -> bytes:
    """Sign with another implementation of SM2, Z and all."""
    point = signer.certificate.public_key.point
    key = gmalg.SM2(signer.key._secret, b"1234567812345678", point)
    r, s = key.sign(message)
    if raw:
        return r + s
    return b.sequence(b.integer(int.from_bytes(r)), b.integer(int.from_bytes(s)))


def openssl(signer, message: bytes, tmp: Path, *options: str) -> bytes:
    """Sign with the openssl program."""
    key, data = tmp / "key.pem", tmp / "message"
    key.write_bytes(signer.key.to_pkcs8())
    data.write_bytes(message)
    command = ["openssl", "dgst", "-sign", str(key), *options, str(data)]
    return subprocess.run(command, capture_output=True, check=True).stdout


@dataclass(frozen=True, kw_only=True)
class Form:
    """One form of CMS; the defaults are those of a PDF signed with SM2."""

    outer: str = SIGNED_DATA
    inner: str = DATA
    stated: str | None = None
    econtent: Callable[[bytes], bytes] | None = None
    attributes: bool = True
    ess: bool = True
    algorithm: bytes = b.algorithm(SM2_SM3)
    raw: bool = False
    name: str = "sm3"
    key_id: bool = False
    ber: int = 0

    def make(self, signer, sign) -> values.Make:
        return lambda covered, _: self.over(signer, covered, sign)

    def over(self, signer, covered: bytes, sign) -> bytes:
        own = signer.certificate
        hashed = digest(self.name, covered)
        econtent = self.econtent(hashed) if self.econtent else None
        attributes = self.signed(own, hashed) if self.attributes else []
        message = b.set_of(attributes) if attributes else econtent or covered
        by_name = b.sequence(own.issuer_der, b.integer(own.serial))
        info = b.sequence(
            b.integer(3 if self.key_id else 1),
            b.tlv(0x80, own.ski) if self.key_id else by_name,
            b.algorithm(DIGEST_OIDS[self.name]),
            b.set_of(attributes, 0xA0) if attributes else b"",
            self.algorithm,
            b.octet_string(sign(message)),
        )
        inside = b"" if econtent is None else b.explicit(0, b.octet_string(econtent))
        members = [
            b.integer(1),
            b.set_of([b.algorithm(DIGEST_OIDS[self.name])]),
            self.long(3, 0x30, b.oid(self.inner), inside),
            self.long(3, 0xA0, own.der),
            self.long(3, 0x31, info),
        ]
        body = self.long(1, 0xA0, self.long(2, 0x30, *members))
        return self.long(0, 0x30, b.oid(self.outer), body)

    def long(self, level: int, tag: int, *parts: bytes) -> bytes:
        """Return a value; with ``ber``, of indefinite length down to that level."""
        if level < self.ber:
            return bytes((tag, 0x80)) + b"".join(parts) + b"\0\0"
        return b.tlv(tag, *parts)

    def signed(self, own, hashed: bytes) -> list[bytes]:
        content = cms_build.Content(digest=self.name, value=hashed)
        made = cms_build._signed_attributes(content, own, SIGNED)
        kind = b.oid(cms_attrs.CONTENT_TYPE)
        made = [one for one in made if kind not in one]
        made.append(b.sequence(kind, b.set_of([b.oid(self.stated or self.inner)])))
        ess = b.oid(cms_attrs.ESS_V2)
        return sorted(one for one in made if self.ess or ess not in one)


def judged(make: values.Make, signer):
    data = values.pdf_with(the_world(), licence(), make, signer=signer)
    return verify(data, trust=store(), at=AT, asking=Asking(test_trust="allowed"))


NULL = b.NULL_VALUE
ACCEPTED = {
    "PDF, 1.501": (Form(), ()),
    "PDF, 1.301": (Form(algorithm=b.algorithm(SM2_CURVE)), ()),
    "PDF, 1.301.1 with NULL": (
        Form(algorithm=b.algorithm(SM2_SIGN, NULL)),
        ("signature.null_parameters",),
    ),
    "PDF, raw r and s": (Form(raw=True), ("sm2.raw_signature",)),
    "bank receipts: GM types throughout, 301.1": (
        Form(outer=GM_SIGNED_DATA, inner=GM_DATA, algorithm=b.algorithm(SM2_SIGN)),
        (),
    ),
    "e-licence service: content types differ": (
        Form(
            outer=GM_SIGNED_DATA,
            inner=DATA,
            stated=GM_DATA,
            algorithm=b.algorithm(SM2_SIGN),
        ),
        ("cms.oid_spelling",),
    ),
    "GM content in a standard envelope": (
        Form(outer=SIGNED_DATA, inner=GM_DATA),
        ("cms.oid_spelling",),
    ),
    "signer named by key identifier": (Form(key_id=True), ()),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_law_l22_forms_that_may_accompany_accept(case):
    form, quirks = ACCEPTED[case]
    signer = the_world().bureau.signer
    if form.key_id and signer.certificate.ski is None:
        pytest.skip("the signer's certificate has no key identifier")
    report = judged(form.make(signer, lambda m: gmalg_sm2(signer, m, raw=form.raw)), signer)
    assert (report.decision.value, report.exit_code, report.reasons()) == ("accept", 12, ())
    (one,) = report.signatures
    assert set(quirks) <= set(one.quirks)
    shown = {e.value for e in report.root.find("signature[0].quirks").evidence}
    assert set(quirks) <= shown


NOT_ACCEPTED = {
    "Shandong: the digest as content, no attributes, raw": (
        Form(
            outer=GM_SIGNED_DATA,
            inner=GM_DATA,
            econtent=lambda h: h,
            attributes=False,
            raw=True,
        ),
        {"pdf.cms_with_content", "signature.quirk"},
        "refuse",
    ),
    "the digest as Base64 text": (
        Form(
            outer=GM_SIGNED_DATA,
            inner=GM_DATA,
            econtent=base64.b64encode,
            attributes=False,
            algorithm=b.algorithm(SM2_SIGN),
        ),
        {"pdf.cms_with_content", "signature.quirk"},
        "refuse",
    ),
    "no attributes at all": (
        Form(attributes=False),
        {"signature.quirk", "cms.content_needed"},
        "refer",
    ),
    "nothing signed names the certificate": (Form(ess=False), {"signer.not_bound"}, "refer"),
    "BER outside": (Form(ber=1), {"signature.quirk"}, "refer"),
    "BER down to the members": (Form(ber=4), {"signature.quirk"}, "refer"),
    "GM types in BER": (
        Form(outer=GM_SIGNED_DATA, inner=GM_DATA, ber=3),
        {"signature.quirk"},
        "refer",
    ),
    "SHA-3": (
        Form(name="sha3_256"),
        {"signature.digest_mismatch"},
        "refuse",
    ),
}


@pytest.mark.parametrize("case", NOT_ACCEPTED)
def test_law_l22_forms_that_never_accompany_accept(case):
    form, codes, decision = NOT_ACCEPTED[case]
    signer = the_world().bureau.signer
    report = judged(form.make(signer, lambda m: gmalg_sm2(signer, m, raw=form.raw)), signer)
    assert (report.decision.value, bool(report)) == (decision, False)
    assert codes <= named(report)


def test_ber_is_computed_over_what_was_signed():
    """L21: the arithmetic holds although the frame is BER; the frame alone keeps it from accept."""
    signer = the_world().bureau.signer
    report = judged(Form(ber=4).make(signer, lambda m: gmalg_sm2(signer, m)), signer)
    (one,) = report.signatures
    assert (one.integrity.value, one.coverage, one.covers_current) == ("passed", "whole", True)
    assert "cms.ber" in one.quirks
    assert report.reasons() == ("signature.quirk",)


PSS = b.sequence(
    b.explicit(0, b.algorithm(DIGEST_OIDS["sha256"])),
    b.explicit(1, b.sequence(b.oid("1.2.840.113549.1.1.8"), b.algorithm(DIGEST_OIDS["sha256"]))),
    b.explicit(2, b.integer(32)),
)
PSS_OTHER_MASK = b.sequence(
    b.explicit(0, b.algorithm(DIGEST_OIDS["sha256"])),
    b.explicit(1, b.sequence(b.oid("1.2.840.113549.1.1.8"), b.algorithm(DIGEST_OIDS["sha384"]))),
    b.explicit(2, b.integer(32)),
)
PSS_OPTIONS = ("-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32")
RSA_PSS, RSA, RSA_SHA256 = (f"1.2.840.113549.1.1.{n}" for n in (10, 1, 11))
RSA_FORMS = {
    "rsaEncryption": (b.algorithm(RSA, NULL), "sha256", (), "accept", set()),
    "sha256WithRSA": (b.algorithm(RSA_SHA256, NULL), "sha256", (), "accept", set()),
    "without NULL": (b.algorithm(RSA_SHA256), "sha256", (), "accept", set()),
    "SHA-512": (b.algorithm(RSA, NULL), "sha512", (), "accept", set()),
    "PSS": (b.algorithm(RSA_PSS, PSS), "sha256", PSS_OPTIONS, "accept", set()),
    "PSS, another mask digest": (
        b.algorithm(RSA_PSS, PSS_OTHER_MASK),
        "sha256",
        (*PSS_OPTIONS, "-sigopt", "rsa_mgf1_md:sha384"),
        "refuse",
        {"signature.parameters"},
    ),
    "another digest than declared": (
        b.algorithm(RSA_SHA256, NULL),
        "sha384",
        (),
        "refuse",
        {"signature.digest_mismatch"},
    ),
    "SHA-1": (
        b.algorithm(RSA, NULL),
        "sha1",
        (),
        "refer",
        {"algorithm.weak", "signature.quirk"},
    ),
}


@pytest.mark.parametrize("case", RSA_FORMS)
def test_forms_of_rsa_signed_by_openssl(case, tmp_path):
    algorithm, name, options, decision, codes = RSA_FORMS[case]
    signer = the_world().bureau_rsa.signer
    if name == "sha1":
        form = Form(algorithm=algorithm, name=name, ess=False)
    else:
        form = Form(algorithm=algorithm, name=name)
    options = (f"-{name}", *options)
    report = judged(form.make(signer, lambda m: openssl(signer, m, tmp_path, *options)), signer)
    assert report.decision.value == decision
    assert codes <= named(report)
    if decision == "accept":
        assert report.reasons() == ()


def with_negative_modulus(certificate: bytes) -> bytes:
    """Return the certificate as old makers wrote it: the modulus lacks its leading zero."""
    whole = der.parse(certificate).children()
    members = [member.raw for member in whole[0].children()]
    place = next(
        index
        for index, member in enumerate(whole[0].children())
        if member.tag == der.SEQUENCE and member.children()[-1].tag == der.BIT_STRING
    )
    algorithm, key = whole[0].children()[place].children()
    modulus, exponent = der.parse(key.bits()[0]).children()
    number = modulus.body.lstrip(b"\0")
    assert number[0] & 0x80
    public = b.sequence(b.tlv(2, number), exponent.raw)
    members[place] = b.sequence(algorithm.raw, b.bit_string(public))
    return b.sequence(b.sequence(*members), *(member.raw for member in whole[1:]))


def test_a_negative_rsa_modulus_is_no_key_and_no_crash(tmp_path):
    """Which number was meant would be a guess: the signature is listed and cannot be checked."""
    signer = the_world().bureau_rsa.signer
    old = CertificateFacts.parse(with_negative_modulus(signer.certificate.der))
    assert old.public_key is None
    stand_in = dataclasses.replace(signer, certificate=old)
    form = Form(algorithm=b.algorithm(RSA, NULL), name="sha256")
    make = form.make(stand_in, lambda m: openssl(signer, m, tmp_path, "-sha256"))
    report = judged(make, signer)
    assert report.decision.value == "refuse"  # the CA never signed this spelling either
    assert {"signature.key_unsupported", "issuer.not_listed"} <= named(report)
    (one,) = report.signatures
    assert (one.integrity.value, one.kind) == ("indeterminate", "cms")


# -- the names of handlers -------------------------------------------------------------------------


def renamed(data: bytes, old: bytes, new: bytes) -> bytes:
    assert data.count(old) == 1
    return data.replace(old, new)


def own(layout: str) -> bytes:
    world = the_world()
    options = IssueOptions(notice=SAMPLE_NOTICE)
    signer = world.bureau.signer
    return issue(
        licence(), signer=signer, seal=world.seal(), at=SIGNED, layout=layout, options=options
    ).data


@pytest.mark.parametrize("layout", ["cms", "ses"])
def test_the_content_decides_whatever_the_handler_is_called(layout):
    """eseal-crypto.md 7: the name is covered by the signature, so that a changed one only breaks it."""
    data = own(layout)
    good = verify(data, trust=store(), at=AT, asking=Asking(test_trust="allowed"))
    start = data.index(b"/SubFilter") + len(b"/SubFilter")
    name = data[start : start + 60].split(b"/")[1].split()[0].split(b">")[0]
    other = (
        renamed(data, b"/SubFilter /" + name, b"/SubFilter /" + b"X" * len(name))
        if (b"/SubFilter /" + name in data)
        else renamed(data, b"/SubFilter/" + name, b"/SubFilter/" + b"X" * len(name))
    )
    report = verify(other, trust=store(), at=AT, asking=Asking(test_trust="allowed"))
    (one,) = report.signatures
    assert one.kind == good.signatures[0].kind == {"cms": "cms", "ses": "seal"}[layout]
    assert report.decision.value == "refuse"
