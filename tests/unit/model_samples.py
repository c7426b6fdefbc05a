"""Invented certificates, one per shipped profile; identity numbers are the samples of GB 11643."""

from datetime import date

from ecert.ids import LONG_TERM, USCC, IDNumber
from ecert.model import Certificate, Issuer, Profile, Terms

LICENCE_ECID = "1.2.156.3005.2.11100000MB0143028R001.11110105MB00000009.91110105MA0000007L.001.G"
# ecert-data.md 2.2: a synthetic type code that no body gave to a real type
LOCAL_TYPE = "11410800MB18523953004"
UUID_SERIAL = "fce90446-8949-4e00-92b4-4bd193200933"
ISSUER = Issuer(name="示例市市场监督管理局", code="11110105MB00000009")
POLICE = Issuer(name="示例市公安局", code="11110105MB00000009")
PERSON = "11010519491231002X"

LICENCE = {
    "uscc": USCC("91110105MA0000007L"),
    "name": "示例科技（京澄）有限公司",
    "entity_type": "有限责任公司（自然人投资或控股）",
    "representative_title": "legal_representative",
    "representative": "王㛃",
    "capital": "壹佰万元整",
    "founded": date(2024, 3, 18),
    "term_start": "20240318",
    "term_end": LONG_TERM,
    "address": "示例市澄清区文津路一号院二号楼三层三〇六",
    "scope": "技术开发、技术推广、技术转让、技术咨询、技术服务。",
    "copy": "duplicate",
    "authority": ISSUER.name,
    "issue_date": date(2024, 3, 18),
}
_PERSON = {
    "name": "示例·阿依古丽",
    "sex": "2",
    "birth": "19491231",
}
FIELDS = {
    "business_license": LICENCE,
    "id_card": {
        **_PERSON,
        "ethnic": "05",
        "address": "示例市澄清区文津路二号",
        "id_number": IDNumber(PERSON),
        "authority": POLICE.name,
        "term_start": "20150101",
        "term_end": "长期",
    },
    "driving_licence": {
        **_PERSON,
        "licence_number": PERSON,
        "nationality": "中国",
        "address": "示例市澄清区文津路二号",
        "first_issued": "19800101",
        "vehicle_classes": ["C1", "D"],
        "term_start": "20200101",
        "term_end": "20300101",
        "file_number": "110100000001",
        "authority": POLICE.name,
    },
    "residence_permit": {
        **_PERSON,
        "ethnic": "05",
        "id_number": PERSON,
        "registered_address": "另一市某区某路一号",
        "residence_address": "示例市澄清区文津路二号",
        "authority": POLICE.name,
        "issue_date": "20260101",
        "endorsed_until": "20270101",
    },
    "social_security_card": {
        "name": "示例·阿依古丽",
        "social_security_number": PERSON,
        "card_number": "A12345678",
        "issue_date": "20200101",
        "valid_until": "20300101",
        "authority": POLICE.name,
        "bank": "示例银行",
    },
}
_GIVEN = Terms(serial=UUID_SERIAL, type_code=LOCAL_TYPE)
TERMS = {
    "driving_licence": Terms(serial=UUID_SERIAL, type_code=LOCAL_TYPE, issued=date(2020, 1, 1)),
    "residence_permit": Terms(serial=UUID_SERIAL, type_code=LOCAL_TYPE, number="京0001"),
    "social_security_card": _GIVEN,
}


def make(name="business_license", /, terms=None, issuer=None, **changes):
    profile = Profile.load(name)
    fields = {**FIELDS[name], **changes}
    return Certificate.create(
        profile,
        region="110105",
        fields={k: v for k, v in fields.items() if v is not None},
        issuer=issuer or (ISSUER if name == "business_license" else POLICE),
        terms=terms or TERMS.get(name),
    )
