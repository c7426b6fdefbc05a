"""A working folder for the examples of README and docs: keys, seal, trust, tables; all synthetic, made now.

The trust folder of the test PKI is written without its TEST-ONLY marker, so that the examples show what an
operator sees. It lives in a temporary directory only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from unittest import mock

from ecert.crypto.pkcs12 import dump_pkcs12
from ecert.issuance import issue, locate_fonts
from ecert.issuance.sealart import seal_picture
from ecert.model import Certificate, Issuer, Profile
from ecert.seals import Seal
from ecert.seals.facts import Picture
from ecert.seals.making import SealOrder, make_seal, sign_with_seal
from ecert.testpki import SealEntry, SyntheticPKI, TrustPlan, trust_files, write_trust
from ecert.testpki.authority import synthetic_uscc

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
AUTHORITY, AUTHORITY_CODE = "示例市市场监督管理局", "11350100MB0000000Y"
ECID = "1.2.156.3005.2.11100000MB0143028R001.11350100MB0000000Y.91350100M000100Y43.001.4"
PASSWORD = "1234"
YEAR = timedelta(days=365)
FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One fenced block of a page: what its info string says, its text, the line it starts at."""

    info: str
    text: str
    line: int


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(m[1].strip(), m[2], text.count("\n", 0, m.start()) + 1) for m in FENCE.finditer(text)
    ]


def story(page: Path) -> list[Path]:
    """Return the pages that a page goes on from, oldest first, and itself."""
    before = re.search(r"<!-- continues (\S+) -->", page.read_text(encoding="utf-8"))
    return [*(story(page.with_name(before[1])) if before else []), page]


def fingerprint(folder: Path) -> str:
    """Return the fingerprint of the first root that the examples published."""
    from ecert.trust.publishing.published import first_root
    from ecert.trust.publishing.workspace import read_bundle

    return first_root(read_bundle(folder / "federation/published"))


def name_of(page: Path) -> str:
    """Return a page's path below the root."""
    return page.relative_to(ROOT).as_posix()


def licence() -> Certificate:
    """Return the licence of the examples."""
    return Certificate.create(
        Profile.load("business_license"),
        region="350100",
        issuer=Issuer(name=AUTHORITY, code=AUTHORITY_CODE),
        fields={
            "uscc": "91350100M000100Y43",
            "name": "示例科技有限公司",
            "entity_type": "有限责任公司",
            "representative": "示例人",
            "founded": "20240318",
            "term_start": "20240318",
            "term_end": "长期",
            "address": "示例市示例路一号",
            "scope": "技术开发、技术咨询",
            "authority": AUTHORITY,
            "issue_date": "20240318",
        },
    )


@cache
def _files(now: datetime) -> tuple[dict[str, bytes], bytes]:
    with mock.patch(
        "ecert.testpki.authority.UNIT", "documentation"
    ):  # its roots are no TEST ONLY roots
        return _made(now)


def _made(now: datetime) -> tuple[dict[str, bytes], bytes]:
    pki = SyntheticPKI(at=now)
    authority = pki.party(AUTHORITY, AUTHORITY_CODE)
    maker = pki.party("示例制章中心", synthetic_uscc("12350000MB0000001"))
    order = SealOrder(
        es_id="35010000000001",
        name=AUTHORITY,
        vendor_id="TEST",
        certificates=(authority.certificate.der,),
        created=now - YEAR,
        valid_from=now - YEAR,
        valid_to=now + 3 * YEAR,
        picture=Picture(
            type="PNG",
            data=seal_picture(AUTHORITY, fonts=locate_fonts()),
            width_mm=42,
            height_mm=42,
        ),
    )
    seal = make_seal(order, maker=maker.signer)
    plan = TrustPlan(
        issuers=[(authority, "350100", ["11100000MB0143028R001"])],
        makers=[(maker, "350000")],
        certificates={ECID: ("valid", None)},
        seals=[SealEntry(es_id="35010000000001")],
        agreements={"example": AGREEMENT},
    )
    trust = trust_files(pki, plan)
    del trust["TEST-ONLY"]
    listed = trust["issuers.yaml"].decode()
    trust["issuers.yaml"] = re.sub(
        r"status_start: .*", "status_start: '2020-01-01T00:00:00Z'", listed
    ).encode()
    files = {f"trust/{name}": data for name, data in trust.items()}
    files["office.esl"] = seal
    files["license.pdf"] = issue(
        licence(), signer=authority.signer, seal=Seal.parse(seal), at=now
    ).data
    files["issuer.p12"] = dump_pkcs12(
        authority.key, authority.certificate, password=PASSWORD.encode(), iterations=2048
    )
    value = sign_with_seal(
        seal=seal, signer=authority.signer, data_hash=bytes(32), property_info=b"x", at=now
    )
    return files, value


MAPPING = """schema: ecert.mapping/1
id: licences_2009
version: "1"
profile: business_license
source: {encoding: gb18030}
fields:
  uscc: {from: 信用代码, steps: [trim]}
  name: {from: 企业名称, steps: [trim]}
  entity_type: {from: 企业类型}
  representative: {from: 法定代表人}
  founded: {from: 成立日期, steps: [{date: [yyyy-M-d]}]}
  address: {from: 住所}
  scope: {from: 经营范围}
  authority: {constant: 示例市市场监督管理局}
  issue_date: {from: 发照日期, steps: [{date: [yyyy-M-d]}]}
region: {constant: "350100"}
issuer:
  code: {constant: 11350100MB0000000Y}
"""
TABLE = """信用代码,企业名称,企业类型,法定代表人,成立日期,住所,经营范围,发照日期
91350100M000100Y43,示例科技有限公司,有限责任公司,示例人,2009-3-18,示例市示例路一号,技术开发,2024-3-18
91350100M000100Y44,示例贸易有限公司,有限责任公司,示例人,2009-3-18,示例市示例路二号,货物销售,2024-3-18
"""
AGREEMENT = {
    "schema": "ecert.agreement/1",
    "agreement_id": "example.hu-min.business-licence",
    "version": "1",
    "title": "示例互认协议",
    "kind": "bilateral",
    "legal_basis": [
        {"document": "示例文件", "issuer": "示例机关", "date": "2020-01-01", "clause": "第一条"}
    ],
    "edges": [{"relying": "310000", "issuing": "350000", "covers": "subtree"}],
    "scope": {"certificate_types": ["11100000MB0143028R001"], "matters": ["company.change"]},
    "effect": "equivalent",
    "status": "enacted",
    "status_start": "2020-01-01T00:00:00+08:00",
    "confidence": "confirmed",
}


@cache
def _today() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def furnish(folder: Path) -> dict[str, object]:
    """Fill a folder with what the examples name; return what reference pages take for granted."""
    files, value = _files(_today())
    write_trust(folder, files)
    (folder / "licences_2009.yaml").write_text(MAPPING, encoding="utf-8")
    (folder / "legacy").mkdir()
    (folder / "legacy/2009.csv").write_bytes(TABLE.encode("gb18030"))
    (folder / "docs").symlink_to(ROOT / "docs", target_is_directory=True)
    return {"data": value}
