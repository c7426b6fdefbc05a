"""Documents of a worked federation, issued by its bodies with keys made for the test."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from ecert.commands.demo_people import fields_of, portrait
from ecert.documents.ofd.write import make_sealed_ofd
from ecert.issuance import SAMPLE_NOTICE, IssueOptions, issue
from ecert.model import Certificate, Issuer, Profile, Terms, to_short_names
from ecert.testpki import SyntheticPKI
from ecert.testpki.federation import Federation
from ecert.testpki.offices import Offices
from ecert.trust.store import TrustStore

ROOT = Path(__file__).resolve().parents[1]
AT = datetime(2025, 6, 1, 2, 0, tzinfo=UTC)
CHENGDU = "11510100MB0T000012"
COMPANIES = ("91510104MA0T00001H", "91510104MA0T00002L", "91510104MA0T00003P")
"""Active; deregistered 2025-05-10; simple deregistration announced 2025-05-20."""


@dataclass(slots=True)
class Bureau:
    """The bodies of one federation, their documents, and trust in what they say."""

    name: str
    at: datetime = AT
    offices: Offices = field(init=False)
    ecids: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        federation = Federation.load(ROOT / "federations" / self.name)
        self.offices = Offices(federation, SyntheticPKI(at=self.at))

    def licence(self, uscc: str, *, code: str = CHENGDU, region: str = "510104") -> Certificate:
        """Return a business licence, issued two weeks before."""
        return self.record("business_license", code, region, changes={"uscc": uscc})

    def record(
        self, profile: str, code: str, region: str, *, type_code: str = "", changes: dict[str, Any]
    ) -> Certificate:
        """Return a certificate of a type, its fields those of the demonstration but for changes."""
        form = Profile.load(profile)
        body = self.offices.party(code)
        day = (self.at - timedelta(days=14)).date()
        fields = fields_of(profile, authority=body.name, uscc=COMPANIES[0], today=day)
        if "photo" in form.fields:
            fields["photo"] = picture()
        terms = Terms(
            serial=None if form.serial == "number" else f"{len(self.ecids):032d}",
            type_code=type_code or None,
            issued=None if "issueDate" in form.bindings else day,
            number=None if "certificateNumber" in form.bindings else "示例0001",
        )
        made = Certificate.create(
            form,
            region=region,
            fields={**fields, **changes},
            issuer=Issuer(name=body.name, code=code),
            terms=terms,
        )
        self.ecids.append(str(made.ecid))
        return made

    def pdf(self, record: Certificate, *, layout: str = "cms") -> bytes:
        """Return a certificate as a sealed PDF, signed an hour before."""
        code = str(record.issuer.code)
        return issue(
            record,
            signer=self.offices.party(code).signer,
            seal=self.offices.seal(code),
            at=self.at - timedelta(hours=1),
            layout=layout,
            options=IssueOptions(notice=SAMPLE_NOTICE),
        ).data

    def ofd(self, record: Certificate, profile: str) -> bytes:
        """Return a certificate as a sealed OFD."""
        code, form = str(record.issuer.code), Profile.load(profile)
        lines = [form.face.title, *(f"{r.label} {r.text}" for r in form.face_rows(record))]
        return make_sealed_ofd(
            record.canonical(),
            lines,
            seal=self.offices.seal(code),
            signer=self.offices.party(code).signer,
            at=self.at - timedelta(hours=1),
            custom_datas=dict(to_short_names(record, form)),
        )

    def federation(self, *listed: str) -> Federation:
        """Return the federation as it would be signed: keys in, dated, some certificates listed."""
        return self.offices.published(listed)

    def store(self, *listed: str) -> TrustStore:
        return self.federation(*listed).store(self.offices.pki)


@lru_cache(maxsize=1)
def picture() -> str:
    return portrait()
