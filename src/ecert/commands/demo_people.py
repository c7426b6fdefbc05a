"""The records of the demonstration: invented bodies and people, one per certificate type.

Identity numbers are the published samples of GB 11643; no person stands behind any of them.
"""

from __future__ import annotations

import base64
import io
from datetime import date, timedelta
from typing import Any

__all__ = ["LOCAL_TYPE", "TYPES", "fields_of", "portrait"]

LICENCE = "business_license"
TYPES = (LICENCE, "id_card", "driving_licence", "residence_permit", "social_security_card")
LOCAL_TYPE = "11410800MB18523953004"
"""A type code that no body gave to a real type, for profiles that know none."""
PERSON = "11010519491231002X"


def fields_of(profile: str, *, authority: str, uscc: str, today: date) -> dict[str, Any]:
    """Return the face fields of one type, dated a little before today."""
    issued = today - timedelta(days=30)
    table: dict[str, dict[str, Any]] = {
        LICENCE: _licence(authority, uscc, issued),
        "id_card": {
            **_person(),
            "ethnic": "05",
            "address": "示例市澄清区文津路二号",
            "id_number": PERSON,
            "authority": authority,
            "term_start": issued,
            "term_end": "长期",
        },
        "driving_licence": {
            **_person(),
            "licence_number": PERSON,
            "nationality": "中国",
            "address": "示例市澄清区文津路二号",
            "first_issued": date(1980, 1, 1),
            "vehicle_classes": ["C1", "D"],
            "term_start": issued,
            "term_end": issued.replace(year=issued.year + 10, day=1),
            "file_number": "320100000001",
            "authority": authority,
        },
        "residence_permit": {
            **_person(),
            "ethnic": "05",
            "id_number": PERSON,
            "registered_address": "另一市北山区石桥街七号",
            "residence_address": "示例市澄清区文津路二号",
            "authority": authority,
            "issue_date": issued,
            "endorsed_until": issued.replace(year=issued.year + 1, day=1),
        },
        "social_security_card": {
            "name": "示例·阿依古丽",
            "social_security_number": PERSON,
            "card_number": "A12345678",
            "issue_date": issued,
            "valid_until": issued.replace(year=issued.year + 10, day=1),
            "authority": authority,
            "bank": "示例银行",
        },
    }
    return table[profile]


def _person() -> dict[str, Any]:
    return {"name": "示例·阿依古丽", "sex": "2", "birth": "19491231"}


def _licence(authority: str, uscc: str, issued: date) -> dict[str, Any]:
    return {
        "uscc": uscc,
        "name": "示例科技（京澄）有限公司",
        "entity_type": "有限责任公司（自然人投资或控股）",
        "representative_title": "legal_representative",
        "representative": "王㛃",
        "capital": "壹佰万元整",
        "founded": date(2024, 3, 18),
        "term_start": date(2024, 3, 18),
        "term_end": "长期",
        "address": "示例市澄清区文津路一号院二号楼三层三〇六",
        "scope": "技术开发、技术推广、技术转让、技术咨询、技术服务；计算机系统服务；软件开发；"
        "数据处理；销售计算机、软件及辅助设备。（依法须经批准的项目，经相关部门批准后方可开展经营活动）",
        "copy": "duplicate",
        "authority": authority,
        "issue_date": issued,
    }


def portrait() -> str:
    """Return a neutral silhouette as base64 JPEG, for the photograph of people who do not exist."""
    from PIL import Image, ImageDraw

    width, height = 358, 441
    picture = Image.new("RGB", (width, height), (228, 234, 240))
    draw = ImageDraw.Draw(picture)
    grey = (150, 162, 176)
    draw.ellipse((width * 0.30, height * 0.18, width * 0.70, height * 0.58), fill=grey)
    draw.rounded_rectangle(
        (width * 0.42, height * 0.52, width * 0.58, height * 0.68), 12, fill=grey
    )
    draw.ellipse((width * 0.10, height * 0.64, width * 0.90, height * 1.30), fill=grey)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=82)
    return base64.b64encode(buffer.getvalue()).decode("ascii")
