"""An index of a bundle's files by what a question names; made at import, trusted like the state file.

It only selects: whatever it selects is verified anew. It must not leave anything out, so a store keeps
its digest, and without it everything is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ecert.crypto.crl import CRLFacts
from ecert.crypto.names import folded
from ecert.errors import MalformedInput
from ecert.trust.bundle.content import Item
from ecert.trust.bundle.machine import OpenedRole
from ecert.trust.bundle.refusing import malformed
from ecert.trust.entities import EntityFile
from ecert.trust.issuers import IssuerList
from ecert.trust.reading import sha256_hex
from ecert.trust.status import StatusFile

__all__ = ["QUESTIONS", "Index", "make_index", "name_key", "parse_index"]

SCHEMA = "ecert.bundle-index/2"
QUESTIONS = ("key", "status", "entity", "seal", "crl")
"""What selects files: a listed key, a body with status, an entity with events, a seal that events name,
the issuer of a revocation list."""
MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """Which files speak of what.

    Args:
        entries: question -> identifier -> paths. above: role -> roles above it.
        bodies: listed key -> bodies for which it is listed. sealed: seal -> bodies whose it is said to be.
        always: files that no identifier selects and that might speak of anybody.
    """

    entries: Mapping[str, Mapping[str, Sequence[str]]]
    above: Mapping[str, tuple[str, ...]]
    bodies: Mapping[str, Sequence[str]]
    sealed: Mapping[str, Sequence[str]]
    always: tuple[str, ...]

    def paths(self, question: str, identifiers: Iterable[str]) -> set[str]:
        """Return the files that name one of these."""
        known = self.entries[question]
        return {path for ident in identifiers for path in known.get(ident, ())}

    def roles(self, paths: Iterable[str]) -> set[str]:
        """Return the roles of some files, and all that they rest on."""
        found: set[str] = set()
        for path in paths:
            role = path.split("/")[0]
            found |= {role, *self.above[role]}
        return found

    def to_bytes(self) -> bytes:
        """Return the index as a file."""
        body = {
            "schema": SCHEMA,
            "entries": self.entries,
            "above": self.above,
            "bodies": self.bodies,
            "sealed": self.sealed,
            "always": self.always,
        }
        return json.dumps(body, separators=(",", ":")).encode()


def name_key(encoded: bytes) -> str | None:
    """Return the key of an issuer's Name, the same for names that mean the same; None for no Name."""
    try:
        return sha256_hex(repr(folded(encoded)).encode("utf-8", "surrogatepass"))
    except MalformedInput:
        return None


def make_index(roles: Iterable[OpenedRole], items: Sequence[Item]) -> Index:
    """Return the index of a bundle that was read whole."""
    entries: dict[str, dict[str, dict[str, None]]] = {question: {} for question in QUESTIONS}
    bodies: dict[str, dict[str, None]] = {}
    sealed: dict[str, dict[str, None]] = {}
    always = []
    for item in items:
        document = item.document
        for question, identifier in _names(item):
            entries[question].setdefault(identifier, {})[item.path] = None
        if isinstance(document, IssuerList):
            for listing in document.listings:
                bodies.setdefault(listing.spki_sha256, {})[listing.authority] = None
        if isinstance(document, EntityFile):
            for es_id, codes in document.seals.items():
                sealed.setdefault(es_id, {}).update(dict.fromkeys(codes))
        if item.kind == "ocsp" or (isinstance(document, CRLFacts) and _anybody(document)):
            always.append(item.path)
    _hand_over(entries["entity"], items)
    return Index(
        entries={question: _listed(found) for question, found in entries.items()},
        above={role.name: role.above for role in roles},
        bodies=_listed(bodies),
        sealed=_listed(sealed),
        always=tuple(always),
    )


def parse_index(data: bytes) -> Index:
    """Return an index that this program wrote, known by its digest.

    Raises:
        TrustError: ``bundle.malformed``: it is damaged.
    """
    try:
        body = json.loads(data)
        if body["schema"] != SCHEMA or set(body["entries"]) != set(QUESTIONS):
            raise malformed("index", "is not one of this version")
        return Index(
            entries=body["entries"],
            above=_listed(body["above"]),
            bodies=body["bodies"],
            sealed=body["sealed"],
            always=tuple(body["always"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise malformed("index", "has not its form") from error


def _names(item: Item) -> Iterable[tuple[str, str]]:
    match item.document:
        case IssuerList():
            return [("key", x.spki_sha256) for x in item.document.listings]
        case StatusFile():
            return [("status", code) for code in item.document.issuers]
        case EntityFile():
            # The register's own code too: also one without any event speaks, by its silence (L15).
            entities = [("entity", c) for c in (item.document.register.code, *item.document.events)]
            return entities + [("seal", es_id) for es_id in item.document.seals]
        case CRLFacts():
            key = name_key(item.document.issuer_der)
            return [("crl", key)] if key else []
    return []


def _hand_over(entries: dict[str, dict[str, None]], items: Iterable[Item]) -> None:
    """Let an entity select the files of every register to which it was handed over."""
    files = [i for i in items if isinstance(i.document, EntityFile)]
    by_register: dict[str, dict[str, None]] = {}
    moved: dict[tuple[str, str], None] = {}
    for item in files:
        assert isinstance(item.document, EntityFile)
        by_register.setdefault(item.document.register.code, {})[item.path] = None
        events = (e for said in item.document.events.values() for e in said)
        moved.update(((e.entity, e.to), None) for e in events if e.to is not None)
    for entity, to in moved:
        entries.setdefault(entity, {}).update(by_register.get(to, {}))


def _anybody(crl: CRLFacts) -> bool:
    """Whether a list may speak of certificates of other issuers, or of issuers we cannot name."""
    indirect = crl.point is not None and crl.point.indirect
    return indirect or name_key(crl.issuer_der) is None


def _listed(found: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(values) for name, values in found.items()}
