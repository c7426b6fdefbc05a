"""Issuer list (recognition.md D3): which body may issue, seal or stamp time, with which key, when.

Windows are half-open and contiguous; the current status continues the history without a gap.
"""

from __future__ import annotations

from dataclasses import dataclass
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
    """A dated list of bodies; ``listings`` is flat, one entry per key."""

    list_id: str
    territory: str
    version: str
    issued_at: datetime
    next_update: datetime
    listings: tuple[Listing, ...]


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
    current = next((n for n in names if not n.has("to")), names[-1])
    found: list[Listing] = []
    for service in entry.nodes("services", _SERVICE):
        known = windows(service, STATES)
        found += [
            Listing(
                authority=entry.text("issuer_id"),
                name=current.text("name"),
                kind=service.choice("kind", KINDS),
                territory=entry.text("territory"),
                certificate_types=service.texts("certificate_types"),
                spki_sha256=_digest(anchor),
                windows=_clip(known, anchor),
                direct_trust=service.choice("trust", ("chain", "direct"), "chain") == "direct",
                assurance=service.text("assurance", ""),
            )
            for anchor in service.nodes("anchors", _ANCHOR)
        ]
    return found


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
