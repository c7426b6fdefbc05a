"""Signature values that are wrong in themselves, put into files that are otherwise as they should be.

PDF: `revalued` exchanges the value in its place, `Roomy` leaves room for a longer one. OFD: the
value is a file of its own. What a value covers is computed here, by hand, from the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from attacks import ofd_attacks as ofd
from attacks.world import AT, DAY, SIGNED, YEAR, AnyKey, Forgery, World
from ecert.crypto import cms_attrs, cms_build
from ecert.crypto import der_build as b
from ecert.crypto.digest import digest
from ecert.crypto.keys import PrivateKey
from ecert.crypto.signer import Signer
from ecert.crypto.sm2 import curve
from ecert.crypto.sm2.engine import current_engine
from ecert.crypto.x509 import CertificateFacts
from ecert.model import Certificate

Make = Callable[[bytes, Sequence[int]], bytes]
"""Covered bytes and /ByteRange -> the value."""
SM2_SM3 = "1.2.156.10197.1.501"
METHODS = {"sm2": SM2_SM3, "rsa": "1.2.840.113549.1.1.11"}
_OIDS = {
    "sm3": "1.2.156.10197.1.401",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha1": "1.3.14.3.2.26",
    "md5": "1.2.840.113549.2.5",
}
_RANGE = re.compile(rb"/ByteRange \[ (\d+) (\d+) (\d+) (\d+) *\]")


class Roomy(AnyKey):
    """Signs like a party and carries certificates that nobody needs: room for another value."""

    def __init__(self, signer: Signer, filler: Sequence[CertificateFacts]) -> None:
        self.certificate, self.key, self.kind = signer.certificate, signer, signer.kind
        self.chain = (*signer.chain, *filler)


def revalued(data: bytes, make: Make) -> bytes:
    """Return the file with another value over the same bytes."""
    found = _RANGE.search(data)
    assert found
    a, first, second, last = (int(found[n]) for n in range(1, 5))
    value = (
        make(data[a:first] + data[second : second + last], (a, first, second, last)).hex().encode()
    )
    room = second - first - 2
    assert len(value) <= room, "forge the file with `Roomy`"
    return data[: first + 1] + value.ljust(room, b"0") + data[second - 1 :]


# -- bare SM2 --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sm2:
    """How e is made and how r and s are written; the defaults are right."""

    user_id: bytes = curve.DEFAULT_ID
    z: bool = True
    spelling: str = "der"

    def __call__(self, signer: Signer, message: bytes) -> bytes:
        secret, point = signer.key._secret, signer.certificate.public_key.point
        e = curve.e_value(point, message, self.user_id) if self.z else digest("sm3", message)
        return self.of_digest(secret, e)

    def of_digest(self, secret: bytes, e: bytes) -> bytes:
        while True:
            r, s = current_engine().sign_digest(secret, e)
            if self.spelling != "negative" or r >> 255:
                break
        numbers = (r.to_bytes(32, "big"), s.to_bytes(32, "big"))
        if self.spelling == "raw":
            return b"".join(numbers)
        if self.spelling == "negative":
            return b.sequence(*(b.tlv(2, number) for number in numbers))
        if self.spelling == "padded":
            return b.sequence(*(b.tlv(2, bytes(3) + number) for number in numbers))
        return curve.encode_signature(r, s)


def sign_rsa(signer: Signer, message: bytes, name: str) -> bytes:
    """Sign with RSA and a digest that our own signer refuses."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    algorithm = {"sha1": hashes.SHA1, "md5": hashes.MD5, "sha256": hashes.SHA256}[name]()
    value: bytes = signer.key._secret.sign(message, padding.PKCS1v15(), algorithm)
    return value


# -- CMS -------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Cms:
    """A CMS that is wrong in the ways that are set; the defaults are right.

    Args:
        sm2: how the value is made. attributes: signed attributes at all. direct: the digest of the
            document is signed as e itself. stated: the digest that the attributes state.
        certificates: those beside SignerInfo, None for the signer's. crls: revocation lists beside it.
        issuer_of: whose issuer and serial SignerInfo names. unbound: no ESS attribute.
    """

    digest: str = "sm3"
    sm2: Sm2 = Sm2()
    attributes: bool = True
    direct: bool = False
    stated: Callable[[bytes], bytes] | None = None
    certificates: Sequence[bytes] | None = None
    crls: Sequence[bytes] = ()
    issuer_of: CertificateFacts | None = None
    unbound: bool = False
    time: datetime | None = SIGNED

    def by(self, signer: Signer) -> Make:
        return lambda covered, _: self.over(signer, covered)

    def over(self, signer: Signer, covered: bytes) -> bytes:
        name, own = self.digest, signer.certificate
        document = digest(name, covered)
        content = cms_build.Content(digest=name, value=(self.stated or (lambda d: d))(document))
        attributes = self._attributes(content, own) if self.attributes else []
        message = b.set_of(attributes) if attributes else covered
        if signer.kind == "rsa":
            value, algorithm = (
                sign_rsa(signer, message, name),
                b.sequence(b.oid("1.2.840.113549.1.1.1"), b.NULL_VALUE),
            )
        else:
            e = document if self.direct else None
            value = self.sm2.of_digest(signer.key._secret, e) if e else self.sm2(signer, message)
            algorithm = b.algorithm(SM2_SM3)
        named = self.issuer_of or own
        info = b.sequence(
            b.integer(1),
            b.sequence(named.issuer_der, b.integer(named.serial)),
            b.algorithm(_OIDS[name]),
            b.set_of(attributes, 0xA0) if attributes else b"",
            algorithm,
            b.octet_string(value),
        )
        beside = [own.der] if self.certificates is None else self.certificates
        return b.sequence(
            b.oid("1.2.840.113549.1.7.2"),
            b.explicit(
                0,
                b.sequence(
                    b.integer(1),
                    b.set_of([b.algorithm(_OIDS[name])]),
                    b.sequence(b.oid("1.2.840.113549.1.7.1")),
                    b.set_of(beside, 0xA0) if beside else b"",
                    b.set_of(self.crls, 0xA1) if self.crls else b"",
                    b.set_of([info]),
                ),
            ),
        )

    def _attributes(self, content: cms_build.Content, own: CertificateFacts) -> list[bytes]:
        made = cms_build._signed_attributes(
            replace(content, digest=_ess(content.digest)), own, self.time
        )
        ess = b.oid(cms_attrs.ESS_V2)
        return [one for one in made if not (self.unbound and ess in one)]


def _ess(name: str) -> str:
    return "sha256" if name in {"sha1", "md5"} else name


# -- seals -----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Ses:
    """A seal signature that is wrong in the ways that are set; the defaults are right.

    Args:
        seal: other bytes of the seal. data_hash: made from the covered bytes. named: the certificate
            beside the value. order: right, or ``raw`` for the hash of the document as e.
    """

    seal: bytes | None = None
    sm2: Sm2 = Sm2()
    data_hash: Callable[[bytes], bytes] = lambda covered: digest("sm3", covered)
    named: CertificateFacts | None = None
    direct: bool = False
    version: int = 4
    info: bytes | None = None
    time: datetime = SIGNED

    def by(self, signer: Signer, seal: bytes) -> Make:
        return lambda covered, numbers: self.over(
            signer, seal, covered, self.info or b"[%s]" % b" ".join(b"%d" % n for n in numbers)
        )

    def over(self, signer: Signer, seal: bytes, covered: bytes, info: bytes) -> bytes:
        hashed = self.data_hash(covered)
        tbs = b.sequence(
            b.integer(self.version),
            self.seal or seal,
            b.generalized_time(self.time),
            b.bit_string(hashed),
            b.tlv(0x16, self.info or info),
        )
        secret = signer.key._secret
        value = self.sm2.of_digest(secret, hashed) if self.direct else self.sm2(signer, tbs)
        named = self.named or signer.certificate
        return b.sequence(tbs, b.octet_string(named.der), b.oid(SM2_SM3), b.bit_string(value))


def seal_of(
    world: World, *, listed: bytes | None = None, maker: Signer | None = None,
    es_id: str = "11010500000001", form: str = "info", certificates: Sequence[bytes] | None = None,
) -> bytes:  # fmt: skip
    """Return a seal with the good one's picture: other list, other maker, or an older form."""
    picture, who = world.seal().facts.picture, maker or world.maker.signer
    used = [world.bureau.certificate.der] if certificates is None else certificates
    entries = b.sequence(*(b.octet_string(item) for item in used)) if listed is None else listed
    moment = [b.generalized_time(at) for at in (AT - YEAR, AT - YEAR, AT + 3 * YEAR)]
    body = b.sequence(
        b.sequence(b.tlv(0x16, b"ES"), b.integer(4), b.tlv(0x16, b"TEST")),
        b.tlv(0x16, es_id.encode()),
        b.sequence(b.integer(1), b.utf8("示例"), b.integer(1), entries, *moment),
        b.sequence(
            b.tlv(0x16, picture.type.encode()), b.octet_string(picture.data),
            b.integer(42), b.integer(42),
        ),
    )  # fmt: skip
    cert, algorithm = b.octet_string(who.certificate.der), b.oid(SM2_SM3)
    message = body if form == "info" else b.sequence(body, cert, algorithm)
    return b.sequence(body, cert, algorithm, b.bit_string(who.sign(message, digest="sm3")))


# -- files -----------------------------------------------------------------------------------------


def pdf_with(
    world: World,
    certificate: Certificate,
    make: Make,
    *,
    signer: Signer | None = None,
    layout: str = "cms",
) -> bytes:
    """Return a licence whose value is made by ``make``, with room for a long one."""
    own = signer or world.bureau.signer
    parties = (world.bureau_rsa, world.bureau_rsa_twin, world.bureau_p256, world.maker, world.tsa)
    roomy = Roomy(own, [party.certificate for party in parties])
    data = world.forge(
        certificate, signer=roomy if layout == "cms" else own, forgery=Forgery(layout=layout)
    )
    return revalued(data, make)


def ofd_with(world: World, certificate: Certificate, make: Make, *, kind: str = "Seal") -> bytes:
    """Return an OFD whose value is made by ``make``: sealed, or signed with a key of a kind."""
    files = ofd.unpack(ofd.good(world, certificate))
    if kind != "Seal":
        files = ofd.unsealed(files, METHODS[kind])
    xml = files[ofd.SIGN + "Signature.xml"]
    files[ofd.SIGN + "SignedValue.dat"] = make(xml, ())
    return ofd.pack(files)


def old_crl(world: World, *, revoked: bool = False) -> bytes:
    """Return a list of the trusted root from before the revocation, long past its date."""
    from ecert.crypto.crl import RevokedEntry
    from ecert.crypto.x509_build import CRLSpec, make_crl

    key, root = world.pki.root()
    entries = (
        RevokedEntry(
            serial=world.bureau.certificate.serial, revoked_at=AT - 40 * DAY, reason="superseded"
        ),
    )
    spec = CRLSpec(
        this_update=AT - 60 * DAY, next_update=AT - 50 * DAY, revoked=entries if revoked else ()
    )  # fmt: skip
    return make_crl(spec, issuer=root, issuer_key=key)


def ocsp_response(
    certificate: CertificateFacts,
    issuer: CertificateFacts,
    key: PrivateKey,
    *,
    at: datetime,
    signer: CertificateFacts | None = None,
) -> bytes:
    """Return "good" for an RSA certificate, as revocation data of a CMS; `cryptography` writes it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.x509 import ocsp

    by = x509.load_der_x509_certificate((signer or issuer).der)
    made = ocsp.OCSPResponseBuilder().add_response(
        cert=x509.load_der_x509_certificate(certificate.der),
        issuer=x509.load_der_x509_certificate(issuer.der),
        algorithm=hashes.SHA256(), cert_status=ocsp.OCSPCertStatus.GOOD,
        this_update=at, next_update=at + DAY, revocation_time=None, revocation_reason=None,
    ).responder_id(ocsp.OCSPResponderEncoding.HASH, by).certificates([by])  # fmt: skip
    native = serialization.load_der_private_key(key.to_pkcs8_der(), None)
    response = made.sign(native, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    return b.tlv(0xA1, b.oid("1.3.6.1.5.5.7.16.2") + response)
