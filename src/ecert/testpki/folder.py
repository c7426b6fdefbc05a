"""The trust folder of the test PKI: anchors, issuer list, revocation, status, agreements, marker."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ecert.testpki.authority import Party, SyntheticPKI

__all__ = ["SealEntry", "TrustPlan", "trust_files", "write_trust"]

_YEAR = timedelta(days=365)
_MARKER = b"TEST-ONLY: made by ecert for demonstrations and tests; trust nothing on its word.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class SealEntry:
    """One seal in the status file."""

    es_id: str
    state: str = "active"
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustPlan:
    """Who is believed for what.

    Args:
        issuers: (party, territory, certificate type codes) of certificate issuers.
        makers: (party, territory) of seal makers. stampers: time-stamping parties.
        certificates: ECID -> (state, since) for the status file. seals: the seals in it.
        agreements: file name -> D4 mapping.
    """

    issuers: Sequence[tuple[Party, str, Sequence[str]]]
    makers: Sequence[tuple[Party, str]] = ()
    stampers: Sequence[Party] = ()
    certificates: Mapping[str, tuple[str, datetime | None]] = field(default_factory=dict)
    seals: Sequence[SealEntry] = ()
    agreements: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def _z(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _service(party: Party, kind: str, start: datetime, types: Sequence[str]) -> dict[str, Any]:
    return {
        "kind": kind,
        "certificate_types": list(types),
        "anchors": [
            {"spki_sha256": party.certificate.spki_sha256, "subject": party.certificate.subject}
        ],
        "status": "granted",
        "status_start": _z(start),
    }


def _issuer_list(pki: SyntheticPKI, plan: TrustPlan) -> dict[str, Any]:
    start = pki.at - 3 * _YEAR
    services: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for party, territory, types in plan.issuers:
        key = (party.code, party.name, territory)
        services.setdefault(key, []).append(_service(party, "certificate-issuer", start, types))
    for party, territory in plan.makers:
        key = (party.code, party.name, territory)
        services.setdefault(key, []).append(_service(party, "seal-maker", start, ()))
    for party in plan.stampers:
        key = (party.code, party.name, "100000")
        services.setdefault(key, []).append(_service(party, "TSA", start, ()))
    return {
        "list_id": "ecert-test-only-issuers",
        "territory": "100000",
        "version": "1",
        "issued_at": _z(pki.at - timedelta(days=2)),
        "next_update": _z(pki.at + timedelta(days=60)),
        "entries": [
            {
                "issuer_id": code,
                "names": [{"name": name}],
                "territory": territory,
                "legal_basis": "TEST ONLY",
                "services": found,
            }
            for (code, name, territory), found in services.items()
        ],
    }


def _status(pki: SyntheticPKI, plan: TrustPlan) -> dict[str, Any]:
    def entry(ident: str, state: str, since: datetime | None) -> dict[str, Any]:
        return {"id": ident, "state": state} | ({"since": _z(since)} if since else {})

    return {
        "schema": "ecert.status/1",
        "list_id": "ecert-test-only-status",
        "publisher": "TEST ONLY",
        "version": "1",
        "issued_at": _z(pki.at - timedelta(hours=6)),
        "next_update": _z(pki.at + timedelta(days=2)),
        "certificates": [entry(k, s, d) for k, (s, d) in plan.certificates.items()],
        "seals": [entry(s.es_id, s.state, s.since) for s in plan.seals],
    }


def trust_files(pki: SyntheticPKI, plan: TrustPlan) -> dict[str, bytes]:
    """Return the trust folder as relative path -> bytes."""
    import yaml

    def as_yaml(value: Mapping[str, Any]) -> bytes:
        return yaml.safe_dump(dict(value), allow_unicode=True, sort_keys=False).encode()

    files = {
        "TEST-ONLY": _MARKER,
        "issuers.yaml": as_yaml(_issuer_list(pki, plan)),
        "status/status.json": json.dumps(_status(pki, plan), ensure_ascii=False, indent=1).encode(),
    }
    for kind, (_, root) in sorted(pki.roots.items()):
        files[f"anchors/root-{kind}.cer"] = root.der
        files[f"crls/root-{kind}.crl"] = pki.crl(kind)
    for name, agreement in plan.agreements.items():
        files[f"agreements/{name}.yaml"] = as_yaml(agreement)
    return files


def write_trust(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a trust folder, making what is missing of it."""
    for name, data in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
