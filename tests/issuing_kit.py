"""Keys and certificates for the issuing tests: one root and one issuer for each kind of key."""

import io
import json
from base64 import b64encode
from datetime import UTC, date, datetime
from functools import cache

from PIL import Image

from ecert.crypto.keys import PrivateKey
from ecert.crypto.signer import Signer
from ecert.crypto.x509 import CertificateFacts
from ecert.crypto.x509_build import CertificateSpec, make_certificate
from ecert.model.certificate import Certificate, Issuer
from ecert.model.profile import Profile
from ecert.model.terms import Terms
from ecert.seals.facts import Picture
from ecert.seals.making import Seal, SealOrder, make_seal

AT = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
START, END = datetime(2025, 1, 1, tzinfo=UTC), datetime(2034, 1, 1, tzinfo=UTC)
AUTHORITY = "示例市市场监督管理局"


def _spec(name: str, **more) -> CertificateSpec:
    base = {
        "subject": [("C", "CN"), ("O", AUTHORITY), ("CN", name)],
        "serial": 77,
        "not_before": START,
        "not_after": END,
        "key_usage": ("digital_signature", "non_repudiation"),
    }
    return CertificateSpec(**{**base, **more})


@cache
def root(kind: str) -> tuple[PrivateKey, CertificateFacts]:
    key = PrivateKey.generate(kind)
    spec = _spec(
        f"TEST ONLY root {kind}", serial=1, is_ca=True, key_usage=("key_cert_sign", "crl_sign")
    )
    return key, CertificateFacts.parse(
        make_certificate(spec, public_key=key.public, issuer_key=key)
    )


@cache
def signer(kind: str, name: str = "issuer") -> Signer:
    root_key, root_certificate = root(kind)
    key = PrivateKey.generate(kind)
    der = make_certificate(
        _spec(f"TEST ONLY {name}"),
        public_key=key.public,
        issuer_key=root_key,
        issuer=root_certificate,
    )
    return Signer.from_key(key, CertificateFacts.parse(der), (root_certificate,))


@cache
def seal(picture: bytes, kind: str = "sm2") -> Seal:
    maker = signer("sm2", "seal maker")
    order = SealOrder(
        es_id="ES0001",
        name=AUTHORITY,
        vendor_id="TEST",
        certificates=(signer("sm2").certificate.der,),
        created=START,
        valid_from=START,
        valid_to=END,
        picture=Picture(type="PNG", data=picture, width_mm=42, height_mm=42),
    )
    return Seal(make_seal(order, maker=maker))


NAME = "示例科技（京澄）有限公司"
_PHOTO = io.BytesIO()
Image.new("RGB", (358, 441), (90, 140, 210)).save(_PHOTO, "JPEG")
PERSON = {
    "name": "王㛃",
    "photo": b64encode(_PHOTO.getvalue()).decode(),
    "authority": "示例市公安局",
}
FIELDS = {
    "business_license": {
        "uscc": "91110105MA0000007L",
        "name": NAME,
        "entity_type": "有限责任公司（自然人投资或控股）",
        "representative": "王㛃",
        "capital": "壹佰万元整",
        "founded": "20240318",
        "term_start": "20240318",
        "term_end": "长期",
        "address": "示例市澄清区文津路一号院A-12号楼三层三〇六",
        "scope": "技术开发、技术推广、技术转让；软件开发；数据处理。（依法须经批准的项目，经相关部门批准后依批准的内容开展经营活动。）",
        "copy": "duplicate",
        "authority": AUTHORITY,
        "issue_date": "20240318",
    },
    "driving_licence": {
        **PERSON,
        "licence_number": "11010519491231002X",
        "sex": "2",
        "nationality": "中国",
        "address": "示例市澄清区文津路一号院二号楼",
        "birth": "19491231",
        "first_issued": "20100101",
        "vehicle_classes": ["C1"],
        "term_start": "20240318",
        "term_end": "20340318",
        "file_number": "110100000001",
    },
    "id_card": {
        **PERSON,
        "sex": "2",
        "ethnic": "01",
        "birth": "19491231",
        "address": "示例市澄清区文津路一号院二号楼",
        "id_number": "11010519491231002X",
        "term_start": "20240318",
        "term_end": "长期",
    },
    "residence_permit": {
        **PERSON,
        "sex": "2",
        "ethnic": "01",
        "birth": "19491231",
        "id_number": "11010519491231002X",
        "registered_address": "示例省示例县示例镇一号",
        "residence_address": "示例市澄清区文津路一号院二号楼",
        "issue_date": "20240318",
        "endorsed_until": "20270317",
    },
    "social_security_card": {
        **PERSON,
        "social_security_number": "11010519491231002X",
        "card_number": "A12345678",
        "bank": "示例银行",
        "issue_date": "20240318",
        "valid_until": "长期",
        "authority": "示例市人力资源和社会保障局",
    },
}


def certificate(kind: str = "business_license", **fields) -> Certificate:
    profile = Profile.load(kind)
    terms = Terms(
        type_code=None if profile.type_code else "11100000MB0143028R999",
        serial="11010519491231002X" if profile.serial == "given" else None,
        number=None if "certificateNumber" in profile.bindings else "A12345678",
        issued=None if "issueDate" in profile.bindings else date(2024, 3, 18),
    )
    return Certificate.create(
        profile,
        region="110105",
        fields={**FIELDS[kind], **fields},
        issuer=Issuer(name=FIELDS[kind]["authority"], code="11110105MB00000009"),
        terms=terms,
    )


def altered(original: Certificate, path: str, value) -> Certificate:
    """Return the certificate with one member changed, without any check."""
    document = json.loads(original.to_json())
    part, name = path.split(".")
    document[part][name] = value
    return Certificate.from_json(json.dumps(document, ensure_ascii=False))
