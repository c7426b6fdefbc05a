"""Documents of a worked federation, issued by its bodies with keys made for the test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from ecert import verify
from ecert.commands.demo_people import fields_of, portrait
from ecert.documents.ofd.write import make_sealed_ofd
from ecert.facade import Asking
from ecert.issuance import SAMPLE_NOTICE, IssueOptions, issue
from ecert.model import Certificate, Issuer, Profile, Terms, to_short_names
from ecert.report import Report
from ecert.testpki import SyntheticPKI
from ecert.testpki.federation import Federation
from ecert.testpki.offices import Offices
from ecert.testpki.publishing import Publisher
from ecert.trust.store import TrustStore
from scenario_kit import Scenario, scenarios

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


@dataclass(slots=True)
class Publications:
    """Signed bundles of the worked federations by date, with the documents that scenarios ask about."""

    folders: pytest.TempPathFactory
    found: dict[tuple[str, str], tuple[Bureau, dict[str, bytes], TrustStore]] = field(
        default_factory=dict
    )

    def ask(self, scenario: Scenario) -> Report[Any]:
        """Return the report on the scenario's document, as of its instant."""
        asked = scenario.body["document"]
        _, documents, trust = self._published(scenario.body["federation"], asked["published"])
        question = scenario.body["question"]
        asking = Asking(
            relying=question["relying"], matter=question["matter"], test_trust="allowed"
        )
        return verify(documents[_named(asked)], trust=trust, at=scenario.at, asking=asking)

    def _published(self, name: str, when: str) -> tuple[Bureau, dict[str, bytes], TrustStore]:
        if (name, when) not in self.found:
            bureau = Bureau(name, at=datetime.fromisoformat(when).astimezone(UTC))
            documents = {}
            for one in (s.body.get("document", {}) for s in scenarios()):
                if one.get("published") == when:
                    record = bureau.licence(
                        one["company"], code=one["issuer"], region=one["division"]
                    )
                    documents[_named(one)] = (
                        bureau.ofd(record, "business_license")
                        if one["form"] == "ofd"
                        else bureau.pdf(record)
                    )
            publisher = Publisher(self.folders.mktemp(name) / "workspace")
            publisher.publish(bureau.federation(), bureau.offices.pki, at=bureau.at)
            self.found[name, when] = bureau, documents, publisher.trust().whole()
        return self.found[name, when]


def _named(document: Mapping[str, Any]) -> str:
    return f"{document['company']}.{document['form']}"
