"""A small synthetic world for samples and attacks: authorities, seals, a licence, a trust folder.

Everything is invented and TEST ONLY (L4). `World.forge` makes what `ecert.issuance.issue` rightly
refuses to make: the same file, with one thing wrong, genuinely signed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from ecert.crypto import der_build
from ecert.crypto.crl import RevokedEntry
from ecert.crypto.keys import PrivateKey
from ecert.crypto.signer import Signer
from ecert.crypto.x509 import CertificateFacts
from ecert.crypto.x509_build import CertificateSpec, CRLSpec, make_certificate, make_crl
from ecert.documents.pdf.appearance import Rectangle, read_picture
from ecert.documents.pdf.sign import Stamp, sign_pdf
from ecert.documents.pdf.write import Attachment
from ecert.documents.pdf.xmpns import CERTIFICATE_FILENAME
from ecert.issuance import SAMPLE_NOTICE, locate_fonts
from ecert.issuance.drawing import drawing_mark
from ecert.issuance.face import face_of
from ecert.issuance.render import geometry, render_face
from ecert.issuance.sealart import seal_picture
from ecert.issuance.xmp import build_xmp
from ecert.model import Certificate, Issuer, Profile
from ecert.model.metadata import to_short_names
from ecert.seals import Seal
from ecert.seals.facts import Picture
from ecert.seals.making import SealOrder, make_seal
from ecert.testpki import Party, SealEntry, SyntheticPKI, TrustPlan, trust_files
from ecert.testpki.authority import synthetic_uscc

AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)
YEAR = timedelta(days=365)
SIGNED = AT - 30 * DAY
AUTHORITY = "示例市市场监督管理局"
AUTHORITY_CODE = synthetic_uscc("11110105MB0000000")
OTHER = "示例市住房公积金管理中心"
OTHER_CODE = synthetic_uscc("12110105MB0000007")
MAKER_CODE = synthetic_uscc("12110000MB0000001")
TSA_CODE = synthetic_uscc("12110000MB0000004")
LICENCE_TYPE = "11100000MB0143028R001"
OTHER_TYPE = "11100000000019141R005"
PROFILE = "business_license"
MATTER = "000131023000"
"""The matter a copy was made for; OTHER_MATTER is another one."""
OTHER_MATTER = "000131010000"


def licence(number: int = 7, **changes: Any) -> Certificate:
    """Return an invented licence; ``number`` makes its identifier different."""
    fields = {
        "uscc": synthetic_uscc(f"91110105MA{number:07d}"),
        "name": "示例科技（京澄）有限公司",
        "entity_type": "有限责任公司（自然人投资或控股）",
        "representative": "王㛃",
        "capital": "壹佰万元整",
        "founded": "20240318",
        "term_start": "20240318",
        "term_end": "长期",
        "address": "示例市澄清区文津路玖号院二号楼三层三〇六",
        "scope": "技术开发、技术推广、技术转让、技术咨询、技术服务；计算机系统服务。",
        "authority": AUTHORITY,
        "issue_date": "20240318",
        "copy": "duplicate",
    } | changes
    return Certificate.create(
        Profile.load(PROFILE),
        region="110105",
        issuer=Issuer(name=AUTHORITY, code=AUTHORITY_CODE),
        fields=fields,
    )


def altered(certificate: Certificate, change: Callable[[dict[str, Any]], None]) -> Certificate:
    """Return a certificate whose JSON was changed without asking any rule."""
    value = json.loads(certificate.to_json())
    change(value)
    return Certificate.from_json(json.dumps(value, ensure_ascii=False))


@dataclass(frozen=True, kw_only=True)
class Forgery:
    """What differs from a proper licence; every default is the proper thing.

    Args:
        data: bytes of the attachment(s). xmp, face: the certificate the mirror or the face shows.
        body: changes the face's PDF before it is signed. at: the instant of signing.
    """

    data: Sequence[bytes] = ()
    xmp: Certificate | None = None
    face: Certificate | None = None
    body: Callable[[bytes], bytes] | None = None
    at: datetime = SIGNED
    layout: str = "cms"


@dataclass
class World:
    """Parties, seals and trust; made on first use, the keys never leave the process."""

    dpi: int = 150
    pki: SyntheticPKI = field(default_factory=lambda: SyntheticPKI(at=AT))
    _seals: dict[str, Seal] = field(default_factory=dict)

    @cached_property
    def bureau(self) -> Party:
        return self.pki.party(AUTHORITY, AUTHORITY_CODE)

    @cached_property
    def bureau_rsa(self) -> Party:
        return self.pki.party(AUTHORITY, AUTHORITY_CODE, kind="rsa")

    @cached_property
    def bureau_rsa_twin(self) -> Party:
        """Another certificate of the bureau under the same root, which signs nothing."""
        return self.pki.party(AUTHORITY, AUTHORITY_CODE, kind="rsa")

    @cached_property
    def bureau_p256(self) -> Party:
        return self.pki.party(AUTHORITY, AUTHORITY_CODE, kind="p256")

    @cached_property
    def other(self) -> Party:
        """Another listed authority, genuine in its own field."""
        return self.pki.party(OTHER, OTHER_CODE)

    @cached_property
    def revoked(self) -> Party:
        """A listed key of the bureau, revoked ten days ago."""
        party = self.pki.party(AUTHORITY, AUTHORITY_CODE)
        self.pki.revoke(party, AT - 10 * DAY, reason="superseded")
        return party

    @cached_property
    def stolen(self) -> Party:
        """A listed key of the bureau, revoked ten days ago because it was stolen."""
        party = self.pki.party(AUTHORITY, AUTHORITY_CODE)
        self.pki.revoke(party, AT - 10 * DAY, reason="key_compromise")
        return party

    @cached_property
    def expired(self) -> Party:
        """A listed key of the bureau whose certificate ran out five days ago."""
        period = (AT - 3 * YEAR, AT - 5 * DAY)
        return self.pki.party(AUTHORITY, AUTHORITY_CODE, period=period)

    @cached_property
    def encryption_only(self) -> Party:
        usage = ("key_encipherment", "data_encipherment", "key_agreement")
        return self.pki.party(AUTHORITY, AUTHORITY_CODE, usage=usage)

    @cached_property
    def unlisted(self) -> Party:
        """Under the trusted root, named like the bureau, on no list."""
        return self.pki.party(AUTHORITY, AUTHORITY_CODE)

    @cached_property
    def maker(self) -> Party:
        return self.pki.party("示例制章中心", MAKER_CODE)

    @cached_property
    def unlisted_maker(self) -> Party:
        return self.pki.party("示例制章中心", MAKER_CODE)

    @cached_property
    def tsa(self) -> Party:
        usage = ("digital_signature",)
        return self.pki.party("示例时间戳中心", TSA_CODE, usage=usage, purpose=("time_stamping",))

    @cached_property
    def tsa_p256(self) -> Party:
        """A listed time stamper under another root than the issuers'."""
        return self.pki.party(
            "第三时间戳中心",
            TSA_CODE,
            kind="p256",
            usage=("digital_signature",),
            purpose=("time_stamping",),
        )

    @cached_property
    def unlisted_tsa(self) -> Party:
        """A time stamper under the trusted root that no list names."""
        return self.pki.party(
            "另一时间戳中心", TSA_CODE, usage=("digital_signature",), purpose=("time_stamping",)
        )

    @cached_property
    def revoked_ca(self) -> tuple[PrivateKey, CertificateFacts]:
        """An issuing CA under the trusted root, revoked ten days ago."""
        root_key, root = self.pki.root()
        key = PrivateKey.generate("sm2")
        spec = CertificateSpec(
            subject=(("C", "CN"), ("O", "TEST ONLY"), ("CN", "TEST ONLY issuing CA")),
            serial=77,
            not_before=AT - 3 * YEAR,
            not_after=AT + 4 * YEAR,
            is_ca=True,
            key_usage=("key_cert_sign", "crl_sign"),
        )
        der = make_certificate(spec, public_key=key.public, issuer_key=root_key, issuer=root)
        when = AT - 10 * DAY
        self.pki.revoked.append(
            RevokedEntry(serial=77, revoked_at=when, reason="cessation_of_operation")
        )
        return key, CertificateFacts.parse(der)

    @cached_property
    def under_revoked_ca(self) -> Signer:
        """A listed key of the bureau whose issuing CA was revoked."""
        ca_key, ca = self.revoked_ca
        key = PrivateKey.generate("sm2")
        spec = CertificateSpec(
            subject=(("C", "CN"), ("O", AUTHORITY), ("CN", f"{AUTHORITY} TEST ONLY")),
            serial=78,
            not_before=AT - 2 * YEAR,
            not_after=AT + 2 * YEAR,
            key_usage=("digital_signature", "non_repudiation"),
        )
        der = make_certificate(spec, public_key=key.public, issuer_key=ca_key, issuer=ca)
        return Signer.from_key(key, CertificateFacts.parse(der), (ca,))

    @cached_property
    def strangers(self) -> SyntheticPKI:
        """A foreign root of the same name, which nobody trusts."""
        return SyntheticPKI(at=AT)

    @cached_property
    def forger(self) -> Party:
        """Calls itself the bureau, under a root of its own."""
        return self.strangers.party(AUTHORITY, AUTHORITY_CODE)

    @cached_property
    def picture(self) -> bytes:
        return seal_picture(AUTHORITY, fonts=locate_fonts(), dpi=self.dpi)

    @cached_property
    def other_picture(self) -> bytes:
        return seal_picture(OTHER, fonts=locate_fonts(), dpi=self.dpi)

    def seal(self, name: str = "good") -> Seal:
        """Return one of the seals of this world by its short name."""
        if name not in self._seals:
            self._seals[name] = Seal.parse(self._press(name))
        return self._seals[name]

    def _press(self, name: str) -> bytes:
        """Make a seal: who uses it, who made it, when it ends."""
        users = {"other": self.other, "self_made": self.forger, "revoked": self.revoked}
        user = users.get(name, self.bureau)
        makers = {"self_made": self.forger, "unlisted_maker": self.unlisted_maker}
        maker = makers.get(name, self.maker)
        picture = self.other_picture if name == "other" else self.picture
        order = SealOrder(
            es_id=SEALS.get(name, SEALS["good"]),
            name=user.name,
            vendor_id="TEST",
            certificates=(user.certificate.der,),
            created=AT - YEAR,
            valid_from=AT - YEAR,
            valid_to=AT - 5 * DAY if name == "expired" else AT + 3 * YEAR,
            picture=Picture(type="PNG", data=picture, width_mm=42, height_mm=42),
        )
        return make_seal(order, maker=maker.signer)

    def plan(
        self,
        certificates: Mapping[str, tuple[str, datetime | None]],
        *,
        seals: Mapping[str, str] | None = None,
    ) -> TrustPlan:
        """Return who is believed for what; ``seals`` are states by short name."""
        later = self.__dict__.get("under_revoked_ca")
        keys = (
            self.bureau, self.bureau_rsa, self.bureau_p256, self.revoked, self.stolen,
            self.expired, self.encryption_only,
        )  # fmt: skip
        states = dict.fromkeys(SEALS, "active") | dict(seals or {})
        return TrustPlan(
            issuers=[
                *((key, "110000", [LICENCE_TYPE]) for key in keys),
                (self.other, "110000", [OTHER_TYPE]),
                *([(_listed(later), "110000", [LICENCE_TYPE])] if later else []),
            ],
            makers=[(self.maker, "110000")],
            stampers=[self.tsa, self.tsa_p256],
            certificates=certificates,
            seals=[SealEntry(es_id=SEALS[name], state=state) for name, state in states.items()],
        )

    def trust(
        self,
        certificates: Mapping[str, tuple[str, datetime | None]],
        *,
        seals: Mapping[str, str] | None = None,
    ) -> dict[str, bytes]:
        """Return the TEST-ONLY trust folder of this world."""
        files = trust_files(self.pki, self.plan(certificates, seals=seals))
        if "revoked_ca" in self.__dict__:
            key, ca = self.revoked_ca
            spec = CRLSpec(this_update=AT - DAY, next_update=AT + 30 * DAY)
            files["crls/issuing-ca.crl"] = make_crl(spec, issuer=ca, issuer_key=key)
        return files

    def forge(
        self,
        certificate: Certificate,
        *,
        signer: Signer | None = None,
        seal: Seal | None = None,
        forgery: Forgery | None = None,
    ) -> bytes:
        """Return a signed file as the issuer would make it, nothing checked."""
        what = forgery or Forgery()
        key, pressed = signer or self.bureau.signer, seal or self.seal()
        profile = Profile.load(PROFILE)
        template = profile.face.template
        face = face_of(what.face or certificate, profile, template=template, notice=SAMPLE_NOTICE)
        body = render_face(face, template=template, fonts=locate_fonts(), at=what.at)
        if what.body is not None:
            body = what.body(body)
        xmp = build_xmp(
            to_short_names(what.xmp or certificate, profile),
            title=face.title,
            identifier=face.ecid,
            at=what.at,
            producer="ecert",
            drawing=drawing_mark(template, locate_fonts()),
        )
        files = [_file(data) for data in what.data or (certificate.canonical(),)]
        stamp = stamp_of(key, pressed, layout=what.layout, at=what.at, template=template)
        return sign_pdf(body, xmp=xmp, attachments=files, stamp=stamp)


class AnyKey:
    """A signer that does not ask whether its certificate may sign."""

    def __init__(self, party: Party) -> None:
        self.certificate, self.key, self.kind = party.certificate, party.key, party.key.kind
        self.chain: tuple[CertificateFacts, ...] = ()

    def sign(self, message: bytes, *, digest: str | None = None) -> bytes:
        return self.key.sign(message, digest=digest)


def _listed(signer: Signer) -> Party:
    """Return what an issuer list needs of a signer."""
    return Party(
        name=AUTHORITY,
        code=AUTHORITY_CODE,
        key=PrivateKey.generate("sm2"),
        certificate=signer.certificate,
        issuer=signer.chain[0],
    )


SEALS = {
    "good": "11010500000001",
    "other": "11010500000002",
    "expired": "11010500000003",
    "revoked": "11010500000004",
    "cancelled": "11010500000005",
    "unlisted_maker": "11010500000006",
    "self_made": "11010500000007",
}


def stamp_of(
    signer: Signer, seal: Seal, *, layout: str, at: datetime, template: str | Any
) -> Stamp:
    """Return the signing order with the seal's picture where the template puts it."""
    picture = seal.facts.picture
    x, y = geometry(template).seal
    where = Rectangle(centre_x=x, centre_y=y, width=picture.width_mm, height=picture.height_mm)
    return Stamp(
        signer=signer,
        at=at,
        layout=layout,
        seal=seal,
        picture=read_picture(picture.data),
        where=where,
    )


def _file(data: bytes) -> Attachment:
    return Attachment(
        name=CERTIFICATE_FILENAME,
        data=data,
        media_type="application/json",
        description="电子证照数据 (ecert.certificate/1)",
    )


def press(
    seal: bytes,
    *,
    signer: Signer,
    data_hash: bytes,
    info: str,
    at: datetime,
    stamp: Callable[[bytes], bytes] | None = None,
) -> bytes:
    """Return a SES_Signature over a hash, whether or not the seal may be used so."""
    tbs = der_build.sequence(
        der_build.integer(4),
        seal,
        der_build.generalized_time(at.replace(microsecond=0)),
        der_build.bit_string(data_hash),
        der_build.tlv(0x16, info.encode("ascii")),
    )
    value = signer.sign(tbs, digest="sm3")
    token = [der_build.explicit(0, der_build.bit_string(stamp(value)))] if stamp else []
    return der_build.sequence(
        tbs,
        der_build.octet_string(signer.certificate.der),
        der_build.oid("1.2.156.10197.1.501"),
        der_build.bit_string(value),
        *token,
    )


def ofd_lines(certificate: Certificate) -> list[str]:
    """Return the lines of a plain OFD face: every row the profile prints."""
    profile = Profile.load(PROFILE)
    return [f"{row.label} {row.text}" for row in profile.face_rows(certificate)]
