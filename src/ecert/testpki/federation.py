"""A worked federation (`federations/NAME/`): what its roles say, read as if each had signed its folder.

Nothing is signed here, so it serves tests of recognition and demonstrations alone (L4): a store made
of it is test-only. L19 is kept all the same: who signed a document is who holds exactly its bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ecert.crypto.crl import CRLFacts
from ecert.ids import ECID
from ecert.model.canonical import canonical_bytes, parse_json
from ecert.testpki.authority import SyntheticPKI
from ecert.trust.documents import KINDS, Document, knowledge_of, parse_document
from ecert.trust.entities import parse_entities
from ecert.trust.issuers import IssuerList, parse_issuer_list
from ecert.trust.knowledge import Knowledge
from ecert.trust.publishing.plan import Plan
from ecert.trust.publishing.workspace import Workspace
from ecert.trust.reading import sha256_hex
from ecert.trust.status import parse_status_file
from ecert.trust.store import TrustStore

__all__ = ["Federation", "worked_federation"]


Anchor = tuple[str, str]
"""Digest of a key and the subject of its certificate."""


def worked_federation(name: str) -> Path:
    """Return the folder of a worked federation, in an installed wheel or in the checkout."""
    here = Path(__file__).resolve()
    installed = here.parents[1] / "_data" / "federations"
    return (installed if installed.is_dir() else here.parents[3] / "federations") / name


@dataclass(frozen=True, slots=True, kw_only=True)
class Federation:
    """A federation as planned, and every file of every role.

    Args:
        files: ROLE/KIND/NAME.json -> canonical bytes, as they would be signed.
    """

    plan: Plan
    files: Mapping[str, bytes]

    @classmethod
    def load(cls, folder: Path) -> Federation:
        """Read a publisher's workspace.

        Raises:
            TrustError: it is none, or a file in it has no place or form.
        """
        workspace = Workspace(folder)
        files: dict[str, bytes] = {}
        for role in workspace.roles_with_content():
            files |= workspace.content(role)
        return cls(plan=workspace.plan(), files=files)

    def of(self, kind: str) -> dict[str, bytes]:
        """Return the files of one kind, by path."""
        return {p: data for p, data in self.files.items() if p.split("/")[1] == kind}

    def with_files(self, more: Mapping[str, bytes]) -> Federation:
        """Return the federation with files added or replaced."""
        return replace(self, files={**self.files, **more})

    def without(self, paths: Iterable[str]) -> Federation:
        """Return the federation without some files: parties that have not signed."""
        gone = set(paths)
        missing = gone - set(self.files)
        if missing:
            raise KeyError(min(missing))
        return replace(self, files={p: d for p, d in self.files.items() if p not in gone})

    def with_keys(self, keys: Mapping[str, Iterable[Anchor]]) -> Federation:
        """Return the federation whose issuer lists name keys, by the body's credit code."""
        files = dict(self.files)
        for path, data in self.of("issuers").items():
            body = parse_json(data)
            for entry in body["entries"]:
                given = [
                    {"spki_sha256": k, "subject": s} for k, s in keys.get(entry["issuer_id"], ())
                ]
                for service in entry["services"]:
                    service["anchors"] = service["anchors"] + given
            files[path] = canonical_bytes(body)
        return replace(self, files=files)

    def dated(self, at: datetime) -> Federation:
        """Return the federation with its dated lists made shortly before an instant."""
        files = dict(self.files)
        for path in (p for kind in ("issuers", "status", "entities") for p in self.of(kind)):
            body = parse_json(files[path])
            body["issued_at"] = (at - timedelta(hours=6)).isoformat()
            body["next_update"] = (at + timedelta(days=2)).isoformat()
            files[path] = canonical_bytes(body)
        return replace(self, files=files)

    def listing(
        self, ecids: Iterable[str], *, seals: Mapping[str, str], at: datetime
    ) -> Federation:
        """Return the federation with certificates and seals listed as good, dated.

        Args:
            ecids: certificates. seals: number of the seal by the body's credit code. at: instant of
                the lists.
        """
        groups: dict[tuple[str, str], list[str]] = {}
        for text in ecids:
            one = ECID(text)
            groups.setdefault((one.issuer_code, one.type_code), []).append(text)
        files = dict(self.files)
        for number, ((issuer, kind), found) in enumerate(sorted(groups.items())):
            good = [{"id": text, "state": "valid"} for text in found]
            body = {"issuer": issuer, "certificate_type": kind, "certificates": good}
            files |= self._status_file(issuer, f"made-{number}", body)
        for issuer, es_id in sorted(seals.items()):
            body = {"issuer": issuer, "seals": [{"id": es_id, "state": "active"}]}
            files |= self._status_file(issuer, f"seal-{issuer.lower()}", body)
        return replace(self, files=files).dated(at)

    def _status_file(self, issuer: str, name: str, body: Mapping[str, Any]) -> dict[str, bytes]:
        role = self.role_of(issuer)
        start = {
            "schema": "ecert.status/1",
            "list_id": f"test.{name}",
            "publisher": "TEST ONLY",
            "version": "1",
        }
        return {f"{role}/status/{name}.json": canonical_bytes({**start, **body})}

    def role_of(self, code: str) -> str:
        """Return the role whose issuer list names a body."""
        return next(
            path.split("/")[0]
            for path, data in self.of("issuers").items()
            if code in {e["issuer_id"] for e in parse_json(data)["entries"]}
        )

    def provider(self, kind: str, province: str) -> str:
        """Return the credit code of the body that offers a service in a province (two digits)."""
        lists = (parse_json(data) for data in self.of("issuers").values())
        found: str = next(
            e["issuer_id"]
            for body in lists
            for e in body["entries"]
            if e["territory"].startswith(province) and e["services"][0]["kind"] == kind
        )
        return found

    def name_of(self, code: str) -> str:
        """Return the name under which a body is listed."""
        lists = (parse_json(data) for data in self.of("issuers").values())
        entries = (e for body in lists for e in body["entries"])
        found: str = next(e for e in entries if e["issuer_id"] == code)["names"][0]["name"]
        return found

    def store(self, pki: SyntheticPKI) -> TrustStore:
        """Return trust in everything as it stands, unsigned: for tests and demonstrations alone."""
        digest = sha256_hex(
            "".join(f"{p}\0{sha256_hex(d)}\n" for p, d in sorted(self.files.items())).encode()
        )
        return TrustStore(
            name=self.plan.name,
            sha256=digest,
            test_only=True,
            anchors=tuple(root for _, root in pki.roots.values()),
            issuer_lists=self.issuer_lists(),
            crls=tuple(CRLFacts.parse(pki.crl(kind)) for kind in pki.roots),
            status_files=tuple(
                parse_status_file(parse_json(d), p, origin="bundle")
                for p, d in self.of("status").items()
            ),
            entities=tuple(
                parse_entities(parse_json(d), p, origin="bundle")
                for p, d in self.of("entities").items()
            ),
            knowledge=self.knowledge(),
        )

    def signed_by(self, sha256: str) -> tuple[str, ...]:
        """Return the divisions of every role that holds exactly these bytes."""
        roles = {p.split("/")[0] for p, data in self.files.items() if sha256_hex(data) == sha256}
        return tuple(sorted({t for r in roles for t in self.plan.roles[r].territories}))

    def codes(self) -> tuple[str, ...]:
        """Return the credit code of every listed body."""
        lists = (parse_json(data) for data in self.of("issuers").values())
        return tuple(sorted({e["issuer_id"] for body in lists for e in body["entries"]}))

    def issuer_lists(self) -> tuple[IssuerList, ...]:
        """Return the issuer lists; those of the repository hold no keys, hence no listings."""
        return tuple(parse_issuer_list(parse_json(d), p) for p, d in self.of("issuers").items())

    def knowledge(self) -> Knowledge:
        """Return what recognition may read, as it would come out of a verified bundle."""
        complete = {t for r in self.plan.delegated if r.complete for t in r.territories}
        return knowledge_of(self._documents(), origin="bundle", complete=tuple(sorted(complete)))

    def _documents(self) -> Iterator[tuple[str, Document]]:
        """Yield each document once, however many roles hold it, with all who signed it."""
        seen: set[str] = set()
        for kind in KINDS:
            for path, data in self.of(kind).items():
                digest = sha256_hex(data)
                if digest not in seen:
                    made = parse_document(kind, parse_json(data), path, sha256=digest)
                    yield path, replace(made, signed_by=self.signed_by(digest))
                seen.add(digest)
