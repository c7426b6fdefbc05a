"""The trust that would make a foreign sample acceptable: its own roots, its own signers granted.

Given to the public ``verify``, so that a row that must not be accepted is kept out by what is wrong
with it and not by want of trust. The list is signed, grants exactly the keys that signed the file,
for all days, with direct trust; the keys of its time stamps are granted as TSA.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ecert.crypto.crl import CRLFacts
from ecert.crypto.ocsp import OCSPFacts
from ecert.crypto.x509 import CertificateFacts
from ecert.documents import inspect_document
from ecert.documents.facts import DocumentFacts
from ecert.errors import MalformedInput
from ecert.facade import verify
from ecert.limits import Limits
from ecert.report import Report, Verdict
from ecert.trust.issuers import IssuerList, Listing
from ecert.trust.pem import pem_blocks
from ecert.trust.store import TrustStore

SAMPLES = Path(__file__).resolve().parents[1] / "../shared/samples"
BEGINNING = datetime(1990, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def rows(area: str) -> list[dict[str, str]]:
    """Return the rows of one folder's INDEX.tsv; none where the samples are absent."""
    index = SAMPLES / area / "INDEX.tsv"
    if not index.exists():
        return []
    with index.open(encoding="utf-8", newline="") as lines:
        found = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [{**row, "area": area} for row in found]


def content(row: dict[str, str]) -> bytes:
    data = (SAMPLES / row["area"] / row["file"]).read_bytes()
    return gzip.decompress(data) if row["file"].endswith(".gz") else data


def anchors(row: dict[str, str]) -> tuple[CertificateFacts, ...]:
    name = row.get("anchors")
    if not name:
        return ()
    pem = (SAMPLES / row["area"] / name).read_bytes()
    found = []
    for der in pem_blocks(pem, "CERTIFICATE"):
        try:
            found.append(CertificateFacts.parse(der))
        except MalformedInput:
            continue  # a root that cannot be read here is no anchor; the signers are listed anyway
    return tuple(found)


def _listing(certificate: CertificateFacts, kind: str) -> Listing:
    return Listing(
        authority="authority",
        name="listed",
        kind=kind,
        territory="100000",
        certificate_types=(),
        spki_sha256=certificate.spki_sha256,
        windows=(("granted", BEGINNING, None),),
        direct_trust=True,
    )


def trust_for(row: dict[str, str], facts: DocumentFacts, at: datetime) -> TrustStore:
    """Return the store that trusts everybody who signed this file."""
    tokens = [t for s in facts.signatures for t in s.timestamps]
    stampers = {t.signer for t in tokens if t.signer}
    stampers |= {s.signer for s in facts.signatures if s.signer and s.kind == "timestamp"}
    signers = {s.signer for s in facts.signatures if s.signer}
    makers = {s.seal.maker for s in facts.signatures if s.seal and s.seal.maker}
    listings = [_listing(c, "TSA") for c in stampers]
    listings += [_listing(c, "certificate-issuer") for c in signers]
    listings += [_listing(c, "seal-maker") for c in makers]
    return TrustStore(
        name="sample",
        sha256=hashlib.sha256(row["file"].encode()).hexdigest(),
        signed=True,
        anchors=anchors(row),
        issuer_lists=(
            IssuerList(
                list_id="sample",
                territory="100000",
                version="1",
                issued_at=at,
                next_update=at + timedelta(days=1),
                listings=tuple(listings),
            ),
        ),
    )


def instants(facts: DocumentFacts) -> list[datetime]:
    """Return the instants at which the file has the best chance: its own times, and today."""
    found = {NOW}
    for one in facts.signatures:
        found |= {c.latest + MINUTE for c in one.times if c.latest}
        found |= {t.gen_time + MINUTE for t in one.timestamps if t.gen_time}
        if one.signer is not None:
            found.add(one.signer.not_after - MINUTE)
    for item in facts.all_evidence[:64]:
        try:
            if item.kind == "crl":
                found.add(CRLFacts.parse(item.der, Limits()).this_update + MINUTE)
            elif item.kind == "ocsp":
                said = OCSPFacts.parse(item.der, Limits()).responses
                found |= {one.this_update + MINUTE for one in said}
        except MalformedInput:
            continue  # unreadable evidence offers no instant
    return sorted(m for m in found if m <= NOW)


def reports(row: dict[str, str], data: bytes) -> Iterator[Report[Any]]:
    """Judge a row at every such instant, each time with the trust that suits it best."""
    facts = inspect_document(data, Limits())
    for at in instants(facts):
        yield verify(data, trust=trust_for(row, facts, at), at=at)


def taken(report: Report[Any]) -> list[int]:
    """Return the signatures that would carry the file: integrity, trust, and all that is shown."""
    return [
        s.index
        for s in report.signatures
        if s.integrity is Verdict.PASSED and s.trust is Verdict.PASSED and s.covers_current
    ]
