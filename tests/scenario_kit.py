"""Scenario files (tests/scenarios): one question each, put to a worked federation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from ecert.ids.region import current
from ecert.model.textdata import load_yaml
from ecert.recognition import Asked, Recognition, evaluate
from ecert.recognition.asked import Fact, holder_kind
from ecert.report.explained import clerk_page
from ecert.testpki.federation import Federation
from ecert.trust.issuers import Listing
from ecert.trust.knowledge import Knowledge
from ecert.trust.reading import sha256_hex
from ecert.verification.case import ListingCase

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "tests" / "scenarios"


@lru_cache(maxsize=4)
def federation(name: str) -> Federation:
    return Federation.load(ROOT / "federations" / name)


@lru_cache(maxsize=16)
def knowledge(name: str, missing: tuple[str, ...]) -> Knowledge:
    return federation(name).without(missing).knowledge()


@lru_cache(maxsize=4)
def listings(name: str) -> Mapping[str, list[Listing]]:
    """Return the listings by credit code; each body gets a key that nobody holds."""
    one = federation(name)
    keyed = one.with_keys({c: [(sha256_hex(c.encode()), "TEST ONLY")] for c in one.codes()})
    found: dict[str, list[Listing]] = {}
    for listing in (x for known in keyed.issuer_lists() for x in known.listings):
        found.setdefault(listing.authority, []).append(listing)
    return found


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario file."""

    name: str
    body: Mapping[str, Any]

    @property
    def expect(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.body["expect"]
        return found

    @property
    def knowledge(self) -> Knowledge:
        return knowledge(self.body["federation"], tuple(self.body.get("missing", ())))

    @property
    def at(self) -> datetime:
        return _instant(self.body["question"]["at"])

    def asked(self) -> Asked:
        """Return the question as recognition takes it."""
        given, question = self.body["certificate"], self.body["question"]
        signed, id_type = given["signed"], given.get("holder_id_type")
        return Asked(
            relying=question["relying"],
            matter=question.get("matter"),
            issuing=given["issuing"],
            type_code=given["type_code"],
            profile_id=given.get("profile"),
            issue_date=_day(given.get("issue_date")),
            grade=signed["grade"],
            signed_by=_instant(signed["at"])
            if signed["grade"] in ("proven", "witnessed")
            else None,
            kind=given.get("kind", "original"),
            valid_from=_day(given.get("valid_from")),
            valid_to=_day(given.get("valid_to")),
            holder_kind=holder_kind(id_type),
            holder_id_type=id_type,
            facts=tuple(
                Fact(f"fields.{name}", None, many=tuple(value))
                if isinstance(value, list)
                else Fact(f"fields.{name}", value)
                for name, value in given.get("fields", {}).items()
            ),
            issuer=self._issuer(given.get("issuer"), given["type_code"]),
            state=given.get("state"),
        )

    def _issuer(self, code: str | None, type_code: str) -> ListingCase | None:
        """Return the issuer's entry in the lists of the federation."""
        if code is None:
            return None
        found = listings(self.body["federation"]).get(code, [])
        fit = [x for x in found if type_code in x.certificate_types]
        assert fit, f"{self.name}: no list lets {code} issue {type_code}"
        return ListingCase(
            authority=code,
            name=fit[0].name,
            kind=fit[0].kind,
            territory=fit[0].territory,
            types=fit[0].certificate_types,
            states=fit[0].windows,
            signed=True,
            assurance=fit[0].assurance,
        )

    def answer(self) -> Recognition:
        return evaluate(self.asked(), self.knowledge, at=self.at)

    def unsigned_by(self, division: str) -> Recognition:
        """Return the answer where no role over a division has signed any agreement."""
        over = {division, division[:4] + "00", division[:2] + "0000", *current(division)}
        over |= {code[:n] + "0" * (6 - n) for code in over for n in (2, 4)}
        bare = tuple(
            replace(a, signed_by=tuple(d for d in a.signed_by if d not in over))
            for a in self.knowledge.agreements
        )
        return evaluate(self.asked(), replace(self.knowledge, agreements=bare), at=self.at)

    def turned(self) -> Recognition:
        """Return the answer where every document came in the other order."""
        known = self.knowledge
        kinds = ("agreements", "rules", "deviations", "code_tables", "matters")
        turned = replace(known, **{kind: getattr(known, kind)[::-1] for kind in kinds})
        return evaluate(self.asked(), turned, at=self.at)


def scenarios() -> list[Scenario]:
    return [Scenario(p.stem, load_yaml(p.read_bytes())) for p in sorted(FOLDER.glob("*.yaml"))]


def explained(found: Recognition) -> str:
    """Return the clerk's page in zh: whoever reads it alone must be able to say why."""
    return "\n".join(f"{head}　{text}" for head, text in clerk_page(found.explanation, "zh"))


def evidence_of(found: Recognition) -> dict[str, object]:
    """Return what the agreement's check names, by name; of several values the last."""
    check = found.axis.find("recognition.agreement")
    assert check is not None
    return {e.name: e.value for e in check.evidence}


def codes(found: Recognition) -> set[str]:
    return {r.code for c in found.axis.walk() for r in c.reasons}


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
