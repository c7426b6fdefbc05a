"""Recognition in the demonstration: one licence of Chengdu, several regions, one signed bundle.

The federation of Sichuan and Chongqing is worked and synthetic (示例 TEST ONLY): real divisions, invented
bodies and agreements. Its keys are made here; its bundle is published and opened as anybody would.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ecert.commands.demo_kit import World, record_of
from ecert.commands.demo_people import LICENCE
from ecert.testpki.federation import Federation, worked_federation
from ecert.testpki.offices import Offices
from ecert.testpki.publishing import Publisher

if TYPE_CHECKING:
    from ecert.model import Certificate
    from ecert.trust.store import TrustStore

__all__ = ["FOLDER", "Regions"]

FOLDER = "federation"
_CHENGDU, _YUZHONG = "11510100MB0T000012", "11500103MB0T000019"
_COMPANIES = {
    "chengdu": (_CHENGDU, "510104", "91510104MA0T00001"),
    "deregistered": (_CHENGDU, "510104", "91510104MA0T00002"),
    "yuzhong": (_YUZHONG, "500103", "91500103MA0T00001"),
}
"""Record -> bureau, division, company without check character; the second one left the register."""


@dataclass(slots=True)
class Regions:
    """The federation's bodies and their certificates, beside the world of the other acts.

    Args:
        records: by name.
    """

    world: World
    offices: Offices = field(init=False)
    records: dict[str, Certificate] = field(default_factory=dict)

    def __post_init__(self) -> None:
        federation = Federation.load(worked_federation("chuanyu"))
        self.offices = Offices(federation, self.world.pki)
        for name, (code, region, holder) in _COMPANIES.items():
            body = self.offices.party(code)
            self.records[name] = record_of(
                LICENCE, body, at=self.world.at, holder=holder, region=region
            )

    @property
    def roles(self) -> int:
        """How many roles sign their own lists."""
        return len(self.offices.federation.plan.delegated)

    def documents(self, at: datetime) -> Iterator[tuple[str, bytes]]:
        """Yield name and bytes of each certificate, signed at an instant."""
        from ecert.issuance import SAMPLE_NOTICE, IssueOptions, issue

        for name, (code, _, _) in _COMPANIES.items():
            document = issue(
                self.records[name],
                signer=self.offices.party(code).signer,
                seal=self.offices.seal(code),
                at=at,
                options=IssueOptions(notice=SAMPLE_NOTICE),
            )
            yield f"{name}.pdf", document.data

    def publish(self, folder: Path) -> TrustStore:
        """Sign the federation's bundle and return what it says, verified from its first root."""
        publisher = Publisher(folder / FOLDER)
        listed = [str(self.records["yuzhong"].ecid)]
        federation = self.offices.published(listed)
        publisher.publish(federation, self.world.pki, at=self.world.at)
        return publisher.trust().whole()
