"""Issuer list (recognition.md D3): which body may issue, seal or stamp time, with which key, when.

Windows are half-open and contiguous; the current status continues the history without a gap.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ecert.trust.reading import Node, Window, bad, windows

__all__ = ["KINDS", "IssuerList", "Listing", "parse_issuer_list"]

KINDS = (
    "certificate-issuer",
    "seal-maker",
    "seal-holder",
    "CA",
    "TSA",
    "status-publisher",
    "converter",
    "qr-signer",
)
STATES = ("granted", "suspended", "withdrawn", "ceased")
_DIGEST_LENGTH = 64
_USCC = re.compile(r"[0-9A-Z]{2}([0-9]{6})[0-9A-Z]{10}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One key of one service of one listed body.

    Args:
        authority: the body's identifier.
        name: its current display name (shown instead of the file's, L26).
        spki_sha256: hex digest of exactly this key.
        windows: (state, from, to), clipped to the key's use.
        direct_trust: the listing vouches for the key without a chain.
    """

    authority: str
    name: str
    kind: str
    territory: str
    certificate_types: tuple[str, ...]
    spki_sha256: str
    windows: tuple[Window, ...]
    direct_trust: bool
    assurance: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerList:
    """A dated list of bodies; ``listings`` is flat, one entry per key.

    Args:
        evidence_until: until when the signed list, by its own dates and those of all that it rests on,
            is evidence that a key is in service (L17); a local grace does not prolong it (L19).
    """

    list_id: str
    territory: str
    version: str
    issued_at: datetime
    next_update: datetime
    listings: tuple[Listing, ...]
    evidence_until: datetime | None = None

    def is_evidence(self, at: datetime | None) -> bool:
        """Whether a signed list may stand for revocation evidence at an instant (L17, L19)."""
        until = self.evidence_until
        return until is None or (at is not None and at < until)

    @property
    def issuers(self) -> tuple[str, ...]:
        """The bodies it speaks of, for the delegation of its signer (L19)."""
        return tuple(sorted({x.authority for x in self.listings}))

    @property
    def territories(self) -> tuple[str, ...]:
        """The divisions it speaks of, likewise; with those in which issuing bodies are registered.

        Else a region could name its own key as another region's authority, in a place of its own.
        """
        issuing = (x.authority for x in self.listings if x.kind == "certificate-issuer")
        homes = (m[1] for code in issuing if (m := _USCC.fullmatch(code)))
        return tuple(sorted({self.territory, *(x.territory for x in self.listings), *homes}))

    @property
    def certificate_types(self) -> tuple[str, ...]:
        """The certificate types it speaks of, likewise."""
        return tuple(sorted({t for x in self.listings for t in x.certificate_types}))


_LIST = {
    "list_id", "territory", "operator", "version", "issued_at", "next_update", "history_period",
    "entries",
}  # fmt: skip
_ENTRY = {"issuer_id", "names", "territory", "legal_basis", "services"}
_SERVICE = {
    "kind", "certificate_types", "anchors", "status", "status_start", "history", "assurance",
    "trust",
}  # fmt: skip
_ANCHOR = {"spki_sha256", "subject", "usage", "from", "to", "sunset"}


def parse_issuer_list(body: Any, source: str) -> IssuerList:
    """Return the issuer list of one file.

    Raises:
        TrustError: unknown or missing members, gaps or overlaps in a history, bad digests.
    """
    top = Node(body, source, "", _LIST)
    listings: list[Listing] = []
    for entry in top.nodes("entries", _ENTRY):
        listings += _entry(entry)
    return IssuerList(
        list_id=top.text("list_id"),
        territory=top.text("territory"),
        version=top.text("version"),
        issued_at=top.instant("issued_at"),
        next_update=top.instant("next_update"),
        listings=tuple(listings),
    )


def _entry(entry: Node) -> list[Listing]:
    names = entry.nodes("names", {"name", "from", "to"})
    if not names:
        raise bad(entry.source, entry.at("names"), "needs at least one name")
    stated = [(name.text("name"), name.has("to")) for name in names]
    current = next((name for name, ended in stated if not ended), stated[-1][0])
    authority, territory = entry.text("issuer_id"), entry.text("territory")
    services = [_service(service) for service in entry.nodes("services", _SERVICE)]
    return [
        replace(listing, authority=authority, name=current, territory=territory)
        for listings in services
        for listing in listings
    ]


def _service(service: Node) -> list[Listing]:
    """Return a service's keys; whose service it is, its entry says."""
    known = windows(service, STATES)
    made = Listing(
        authority="",
        name="",
        kind=service.choice("kind", KINDS),
        territory="",
        certificate_types=service.texts("certificate_types"),
        spki_sha256="",
        windows=(),
        direct_trust=service.choice("trust", ("chain", "direct"), "chain") == "direct",
        assurance=service.text("assurance", ""),
    )
    return [
        replace(made, spki_sha256=_digest(anchor), windows=_clip(known, anchor))
        for anchor in service.nodes("anchors", _ANCHOR)
    ]


def _digest(anchor: Node) -> str:
    text = anchor.text("spki_sha256").lower()
    if len(text) != _DIGEST_LENGTH or not set(text) <= set("0123456789abcdef"):
        raise bad(anchor.source, anchor.at("spki_sha256"), "must be 64 hex digits")
    return text


def _clip(known: tuple[Window, ...], anchor: Node) -> tuple[Window, ...]:
    """Return the windows limited to the time in which this key was used."""
    first, last = anchor.instant_or_none("from"), anchor.instant_or_none("to")
    sunset = anchor.instant_or_none("sunset")
    ends = [e for e in (last, sunset) if e is not None]
    clipped: list[Window] = []
    for state, start, end in known:
        begin = max(start, first) if first else start
        stops = [e for e in (end, *ends) if e is not None]
        stop = min(stops) if stops else None
        if stop is None or begin < stop:
            clipped.append((state, begin, stop))
    return tuple(clipped)
