"""One synthetic licence, its authority with keys of three kinds, a seal and a trust folder, in memory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ecert.issuance import SAMPLE_NOTICE, IssueOptions, issue, locate_fonts
from ecert.issuance.sealart import seal_picture
from ecert.model import Certificate, Issuer, Profile
from ecert.seals import Seal
from ecert.seals.facts import Picture
from ecert.seals.making import SealOrder, make_seal
from ecert.testpki import Party, SealEntry, SyntheticPKI, TrustPlan, trust_files
from ecert.testpki.authority import synthetic_uscc
from ecert.trust.store import TrustStore

AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
SIGNED_AT = AT - timedelta(days=30)
OPTIONS = IssueOptions(notice=SAMPLE_NOTICE)
_AUTHORITY = "示例市市场监督管理局"
_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Everything that the comparisons need."""

    pki: SyntheticPKI
    parties: dict[str, Party]
    certificates: tuple[Certificate, ...]
    seal: Seal
    trust: TrustStore
    trust_files: dict[str, bytes]

    @property
    def certificate(self) -> Certificate:
        """The first licence."""
        return self.certificates[0]

    def issued(self, kind: str, layout: str = "cms", number: int = 0) -> bytes:
        """Return one licence issued with a key of one kind."""
        signer = self.parties[kind].signer
        return issue(
            self.certificates[number],
            signer=signer,
            seal=self.seal,
            at=SIGNED_AT,
            layout=layout,
            options=OPTIONS,
        ).data

    def corpus(self, kind: str, layout: str = "cms") -> list[bytes]:
        """Return every licence, issued with a key of one kind: other data, other text, other fonts."""
        return [self.issued(kind, layout, number) for number in range(len(self.certificates))]


_DOCUMENTS = 60
"""Files of one issuer in a corpus."""
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"
_TRADES = ("科技", "商贸", "餐饮", "咨询", "物流", "印刷")


def _licence(profile: Profile, code: str, number: int) -> Certificate:
    trade = _TRADES[number % len(_TRADES)]
    founded = f"2024{number % 12 + 1:02d}{number % 28 + 1:02d}"
    return Certificate.create(
        profile,
        region="110105",
        issuer=Issuer(name=_AUTHORITY, code=code),
        fields={
            "uscc": synthetic_uscc(f"91110105MA{number:06d}0"),
            "name": f"示例{trade}（京澄）{f'第{number}号' if number else ''}有限公司",
            "entity_type": "有限责任公司（自然人投资或控股）",
            "representative": f"{_SURNAMES[number % len(_SURNAMES)]}示例",
            "capital": "壹佰万元整",
            "founded": founded,
            "term_start": founded,
            "term_end": "长期",
            "address": f"示例市澄清区文津路{number + 1}号院二号楼三层",
            "scope": f"{trade}技术开发、技术推广、技术转让、技术咨询、技术服务；计算机系统服务。",
            "authority": _AUTHORITY,
            "issue_date": founded,
        },
    )


def make(documents: int = _DOCUMENTS) -> Material:
    """Return fresh material; keys are random, everything else is fixed."""
    pki = SyntheticPKI(at=AT)
    code = synthetic_uscc("11110105MB0000000")
    parties = {kind: pki.party(_AUTHORITY, code, kind=kind) for kind in ("sm2", "rsa", "p256")}
    maker = pki.party("示例制章中心", synthetic_uscc("12110000MB0000001"))
    profile = Profile.load("business_license")
    certificates = tuple(_licence(profile, code, number) for number in range(documents))
    picture = seal_picture(_AUTHORITY, fonts=locate_fonts())
    order = SealOrder(
        es_id="11010500000001",
        name=_AUTHORITY,
        vendor_id="TEST",
        certificates=(parties["sm2"].certificate.der,),
        created=AT - _YEAR,
        valid_from=AT - _YEAR,
        valid_to=AT + 3 * _YEAR,
        picture=Picture(type="PNG", data=picture, width_mm=42, height_mm=42),
    )
    plan = TrustPlan(
        issuers=[(p, "110000", [str(profile.type_code)]) for p in parties.values()],
        makers=[(maker, "110000")],
        certificates={str(c.ecid): ("valid", None) for c in certificates},
        seals=[SealEntry(es_id="11010500000001")],
    )
    files = dict(trust_files(pki, plan))
    return Material(
        pki=pki,
        parties=parties,
        certificates=certificates,
        seal=Seal.parse(make_seal(order, maker=maker.signer)),
        trust=TrustStore.from_files(files),
        trust_files=files,
    )
