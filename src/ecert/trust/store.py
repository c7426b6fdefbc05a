"""The operator's local trust folder (recognition.md D2), read whole or not at all.

    anchors/*.{pem,cer,crt,der}   issuers.yaml   agreements/*.yaml   crls/*.{crl,pem,der}
    ocsp/*.{ocsp,der}             status/*.json  entities/*.json   TEST-ONLY (marker: L4)
    rules/*.yaml   deviations/*.yaml   code-tables/*.yaml   matters/*.yaml

The operator's own decision, named so in every report; unsigned, hence never rollback-safe, and its
listings are no evidence about revocation (L17 asks for a signed list). Unknown files are refused,
so that a misspelt folder cannot silently drop evidence.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from ecert.crypto.crl import CRLFacts
from ecert.crypto.ocsp import OCSPFacts
from ecert.crypto.x509 import CertificateFacts
from ecert.errors import MalformedInput, TrustError
from ecert.ids.region import under
from ecert.limits import Limits
from ecert.model.textdata import load_yaml
from ecert.report import Pin
from ecert.trust.bundle.freshness import Dated
from ecert.trust.documents import KINDS, knowledge_of, parse_document
from ecert.trust.entities import EntityFile, parse_entities
from ecert.trust.issuers import IssuerList, Listing, parse_issuer_list
from ecert.trust.knowledge import Knowledge
from ecert.trust.need import Need
from ecert.trust.pem import pem_blocks
from ecert.trust.reading import bad, sha256_hex
from ecert.trust.status import StatusAnswer, StatusFile, ask, ask_of_all, parse_status_file

__all__ = ["TrustStore"]

MARKER = "TEST-ONLY"
TEST_UNIT = "TEST ONLY"
_FOLDERS = {
    "anchors": {".pem", ".cer", ".crt", ".der"},
    "crls": {".crl", ".pem", ".der"},
    "ocsp": {".ocsp", ".der"},
    "status": {".json"},
    "entities": {".json"},
    **{kind: {".yaml"} for kind in KINDS},
}
_IGNORED = ("README", "README.md", ".gitignore")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustStore:
    """Everything one operator believes, at one moment.

    Args:
        name: folder name, for the report. sha256: digest over all files and their names.
        test_only: the folder carries the TEST-ONLY marker (L4).
        signed: the lists carry verified signatures; False for a plain folder.
        anchor_reach: divisions, with all below them, for whose bodies an anchor counts, by its digest;
            one that is not named counts everywhere (L19).
        dated: the roles of the bundle that it rests on; None for a plain folder.
        assumptions: what was taken as true and is not: whatever is judged by it is simulated (L14).
    """

    name: str
    sha256: str
    test_only: bool = False
    signed: bool = False
    anchors: tuple[CertificateFacts, ...] = ()
    issuer_lists: tuple[IssuerList, ...] = ()
    crls: tuple[CRLFacts, ...] = ()
    ocsps: tuple[OCSPFacts, ...] = ()
    status_files: tuple[StatusFile, ...] = ()
    entities: tuple[EntityFile, ...] = ()
    knowledge: Knowledge = field(default_factory=Knowledge)
    anchor_reach: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    dated: Dated | None = None
    assumptions: tuple[str, ...] = ()

    @classmethod
    def empty(cls) -> TrustStore:
        """Return the default trust: nothing."""
        return cls(name="(none)", sha256=hashlib.sha256(b"").hexdigest())

    @classmethod
    def load(cls, folder: str | Path, *, limits: Limits | None = None) -> TrustStore:
        """Read a trust folder.

        Raises:
            TrustError: not a folder, unreadable, too large, or any file in it unusable.
        """
        root, bounds = Path(folder), limits or Limits()
        if not root.is_dir():
            raise TrustError(
                "trust.no_folder",
                f"no trust folder {str(folder)!r}",
                params={"name": str(folder)},
                hint="give a folder with anchors/, issuers.yaml, crls/ and status/",
            )
        return cls.from_files(_read_folder(root, bounds), name=root.name, limits=bounds)

    @classmethod
    def from_files(
        cls, files: Mapping[str, bytes], *, name: str = "trust", limits: Limits | None = None
    ) -> TrustStore:
        """Return the store of a folder given as relative path -> bytes."""
        bounds = limits or Limits()
        sorted_files = dict(sorted(files.items()))
        groups = _groups(sorted_files)
        digest = hashlib.sha256()
        for path, data in sorted_files.items():
            # A name that is no text in the file system's encoding comes as surrogates.
            digest.update(f"{path}\0{sha256_hex(data)}\n".encode("utf-8", "surrogatepass"))
        anchors = _certificates(groups["anchors"], bounds)
        issuer_lists = tuple(
            parse_issuer_list(_yaml(sorted_files[name], name, bounds), name)
            for name in ("issuers.yaml",)
            if name in sorted_files
        )
        return cls(
            name=name,
            sha256=digest.hexdigest(),
            test_only=MARKER in sorted_files or any(is_test_root(a) for a in anchors),
            anchors=anchors,
            issuer_lists=issuer_lists,
            crls=_crls(groups["crls"], bounds),
            ocsps=_ocsps(groups["ocsp"], bounds),
            status_files=tuple(
                parse_status_file(_json(data, path, bounds), path)
                for path, data in groups["status"].items()
            ),
            entities=tuple(
                parse_entities(_json(data, path, bounds), path)
                for path, data in groups["entities"].items()
            ),
            knowledge=_knowledge(groups, bounds),
        )

    def listings(self, spki_sha256: str) -> tuple[tuple[IssuerList, Listing], ...]:
        """Return every entry of the issuer lists for exactly this key, with its list."""
        return tuple(
            (known, x)
            for known in self.issuer_lists
            for x in known.listings
            if x.spki_sha256 == spki_sha256
        )

    def anchors_for(self, territories: Iterable[str]) -> tuple[CertificateFacts, ...]:
        """Return the anchors that count for a body listed for these divisions; for none, those of all."""
        if not self.anchor_reach:
            return self.anchors
        asked = tuple(territories)
        return tuple(a for a in self.anchors if self._reaches(a, asked))

    def _reaches(self, anchor: CertificateFacts, asked: tuple[str, ...]) -> bool:
        reach = self.anchor_reach.get(anchor.sha256)
        if reach is None:
            return True
        return bool(asked) and all(any(under(a, r) for r in reach) for a in asked)

    def status(self, ecid: str | None, at: datetime | None = None) -> StatusAnswer:
        """Return what is known of a certificate, as of an instant if one is given (L16)."""
        return ask(self.status_files, ecid, "certificates", at)

    def seal_status(
        self, es_id: str | None, at: datetime | None = None, *, bodies: Iterable[str] = ()
    ) -> StatusAnswer:
        """Return what is known of a seal, as of an instant if one is given (L16).

        Args:
            bodies: those for which the key that used it is listed; a scoped snapshot speaks of one,
                and of several each must call it good.
        """
        return ask_of_all(self.status_files, es_id, at, bodies=bodies)

    def pins(self, at: datetime) -> tuple[Pin, ...]:
        """Return what was used, with its age at an instant, for the report."""
        state = "local-folder" if self.dated is None else f"bundle,{self.dated.at(at).state}"
        state += ",test-only" if self.test_only else ""
        state += ",assumed" if self.assumptions else ""
        found = [Pin(id=self.name, version="", sha256=self.sha256, state=state)]
        for role in self.dated.roles if self.dated else ():
            age = max(0, int((at - role.issued_at).total_seconds()))
            fresh = "current" if at < role.expires else "expired"
            found.append(
                Pin(
                    id=f"role:{role.name}",
                    version=str(role.version),
                    sha256=role.sha256,
                    state=fresh,
                    age_s=age,
                )
            )
        dated: list[IssuerList | StatusFile | EntityFile] = [
            *self.issuer_lists, *self.status_files, *self.entities,
        ]  # fmt: skip
        for item in dated:
            age = max(0, int((at - item.issued_at).total_seconds()))
            fresh = "current" if at <= item.next_update else "past-next-update"
            found.append(
                Pin(id=item.list_id, version=item.version, sha256="", state=fresh, age_s=age)
            )
        return tuple(found)

    def narrowed(self, need: Need) -> TrustStore:
        """Return itself: a plain folder is read whole (``source.Trust``)."""
        del need
        return self

    def usable(self) -> TrustError | None:
        """Return why nothing can be judged with this trust, or None (L15)."""
        if not self.anchors:
            return TrustError(
                "trust.no_anchors",
                "the trust has no anchors",
                hint="give --trust DIR with certificates in anchors/",
            )
        if not any(known.listings for known in self.issuer_lists):
            return TrustError(
                "trust.no_issuers",
                "the trust names no issuers",
                hint="put an issuers.yaml into the trust folder",
            )
        return None


def is_test_root(anchor: CertificateFacts) -> bool:
    """L4: a root that calls itself TEST ONLY stays one, in whatever folder it is put."""
    return f"OU={TEST_UNIT}" in anchor.subject.split(", ")


def _groups(files: Mapping[str, bytes]) -> dict[str, dict[str, bytes]]:
    """Return files by folder, refusing what has no place (a misspelt name would drop evidence)."""
    groups: dict[str, dict[str, bytes]] = {name: {} for name in _FOLDERS}
    for path, data in files.items():
        pure = PurePosixPath(path)
        if path in ("issuers.yaml", MARKER) or pure.name in _IGNORED:
            continue
        folder = pure.parts[0] if len(pure.parts) == 2 else ""  # noqa: PLR2004 - folder/file
        if folder not in _FOLDERS or pure.suffix.lower() not in _FOLDERS[folder]:
            raise bad(path, "", "has no place in a trust folder")
        groups[folder][path] = data
    return groups


def _read_folder(root: Path, limits: Limits) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    try:
        for path in _listed(root):
            name = path.relative_to(root).as_posix()
            with path.open("rb") as stream:
                data = stream.read(limits.trust_file_bytes + 1)
            if len(files) >= limits.trust_files or len(data) > limits.trust_file_bytes:
                raise bad(name, "", "is beyond the limits of a trust folder")
            files[name] = data
    except OSError as error:
        raise bad(root.name, "", f"cannot be read: {error.strerror or 'input error'}") from error
    return files


def _listed(root: Path) -> Iterator[Path]:
    """Yield the files of a trust folder and of its folders, links to either followed.

    What is neither (a link that leads nowhere, a pipe, an unknown folder) is refused: evidence or
    the marker behind it would be missing without a word (L4, L15).
    """
    for path in sorted(root.iterdir()):
        if path.is_file():
            yield path
            continue
        if path.name not in _FOLDERS or not path.is_dir():
            raise bad(path.name, "", "is neither a file nor a folder that belongs here")
        for inner in sorted(path.iterdir()):
            if not inner.is_file():
                raise bad(f"{path.name}/{inner.name}", "", "is no regular file")
            yield inner


def _knowledge(groups: Mapping[str, Mapping[str, bytes]], limits: Limits) -> Knowledge:
    """Return what the folder says of recognition; one version in two files is equivocation (D2)."""
    return knowledge_of(
        (path, parse_document(kind, _yaml(data, path, limits), path, sha256=sha256_hex(data)))
        for kind in KINDS
        for path, data in groups[kind].items()
    )


def _yaml(data: bytes, source: str, limits: Limits) -> Any:
    try:
        return load_yaml(data, limits=limits)
    except MalformedInput as error:
        raise bad(source, "", f"is not usable YAML: {error.message}") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member stands twice")
    return found


def _json(data: bytes, source: str, limits: Limits) -> Any:
    if len(data) > limits.status_bytes:
        raise bad(source, "", "is too large; split it into lists of their own")
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise bad(source, "", f"is not usable JSON: {error}") from error


def _certificates(files: Mapping[str, bytes], limits: Limits) -> tuple[CertificateFacts, ...]:
    found: list[CertificateFacts] = []
    for path, data in files.items():
        try:
            blocks = pem_blocks(data, "CERTIFICATE")
            found += [CertificateFacts.parse(block, limits) for block in blocks]
        except MalformedInput as error:
            raise bad(path, "", f"is no certificate: {error.message}") from error
    return tuple(found)


def _crls(files: Mapping[str, bytes], limits: Limits) -> tuple[CRLFacts, ...]:
    found: list[CRLFacts] = []
    for path, data in files.items():
        try:
            found += [CRLFacts.parse(block, limits) for block in pem_blocks(data, "X509 CRL")]
        except MalformedInput as error:
            raise bad(path, "", f"is no revocation list: {error.message}") from error
    return tuple(found)


def _ocsps(files: Mapping[str, bytes], limits: Limits) -> tuple[OCSPFacts, ...]:
    found: list[OCSPFacts] = []
    for path, data in files.items():
        try:
            found.append(OCSPFacts.parse(data, limits))
        except MalformedInput as error:
            raise bad(path, "", f"is no OCSP response: {error.message}") from error
    return tuple(found)
