"""Claimed times as they are written: an instant, or an interval where the text leaves room.

Reads UTCTime, GeneralizedTime (X.690 11.7, 11.8 and their BER forms), ISO 8601, PDF dates (ISO
32000-1 7.9.4) and the plain local text that real seals carry. What cannot be read becomes a claim
without instants, never an exception: the judge decides what a missing time means.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from ecert.crypto import der
from ecert.errors import MalformedInput

__all__ = ["ZONELESS_SLACK", "TimeClaim", "parse_asn1_time", "parse_claim"]

ZONELESS_SLACK = timedelta(hours=8)
"""A time without a zone, or with a false Z, may be Asia/Shanghai or UTC (never-accept.md L11)."""

_TEXT_LENGTH = 64
_MICROSECOND = timedelta(microseconds=1)
_UTC_TIME_PIVOT = 50
_ZONE = r"(?P<zone>Z(?:00'?00'?)?|[+-]\d\d:?'?(?:\d\d)?'?)?"
_COMPACT = re.compile(
    r"(?:D:)?(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)(?P<hour>\d\d)(?P<minute>\d\d)"
    rf"(?P<second>\d\d)?(?:[.,](?P<fraction>\d{{1,9}}))?{_ZONE}",
    re.ASCII,
)
_UTC = re.compile(
    r"(?P<year>\d\d)(?P<month>\d\d)(?P<day>\d\d)(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?"
    r"(?P<fraction>(?!))?"
    rf"{_ZONE}",
    re.ASCII,
)
_ISO = re.compile(
    r"(?P<year>\d{4})[-/](?P<month>\d\d?)[-/](?P<day>\d\d?)[T ](?P<hour>\d\d?):(?P<minute>\d\d)"
    rf"(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{{1,9}}))?)? ?{_ZONE}",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeClaim:
    """One time that a file states about itself (grade "declared": it can worsen, never rescue).

    Args:
        source: where it stands: ``"signingTime"``, ``"M"``, ``"timeInfo"``,
            ``"SignatureDateTime"``.
        text: the characters as written, for the report.
        earliest: first instant it can mean (aware, UTC), or None when unreadable.
        latest: last instant it can mean; equal to ``earliest`` for a time with a zone.
        covered: the claim stands in bytes covered by the signature it belongs to.

    """

    source: str
    text: str
    earliest: datetime | None
    latest: datetime | None
    covered: bool = True

    @property
    def readable(self) -> bool:
        """Whether the text was a time at all."""
        return self.earliest is not None


def parse_claim(text: str, source: str) -> TimeClaim:
    """Read a time written as text in any form met in real files (eseal-crypto.md 1.2, 8.6, 8.7).

    Without a zone the claim is the interval of eight hours either side (L11); without seconds it
    is the whole minute.
    """
    stripped = text.strip(" \t\r\n\0")
    for form in (_COMPACT, _ISO):
        match = form.fullmatch(stripped) if len(stripped) <= _TEXT_LENGTH else None
        if match:
            return _claim(match, source, text)
    return TimeClaim(source=source, text=text[:_TEXT_LENGTH], earliest=None, latest=None)


def parse_asn1_time(encoded: bytes, source: str) -> TimeClaim:
    """Read one DER value as a time: UTCTime or GeneralizedTime, by its tag.

    Two-digit years below 50 are 20xx (RFC 5280 4.1.2.5.1). A value that is neither type, or is
    broken, yields an unreadable claim.
    """
    try:
        node = der.parse(encoded)
    except MalformedInput:
        return TimeClaim(source=source, text="", earliest=None, latest=None)
    text = node.body[:_TEXT_LENGTH].decode("latin-1")
    form = {der.UTC_TIME: _UTC, der.GENERALIZED_TIME: _COMPACT}.get(node.tag)
    match = form.fullmatch(text) if form and not text.startswith("D:") else None
    if match is None:
        return TimeClaim(source=source, text=text, earliest=None, latest=None)
    return _claim(match, source, text)


def _claim(match: re.Match[str], source: str, text: str) -> TimeClaim:
    parts = match.groupdict()
    year = int(parts["year"])
    if len(parts["year"]) == 2:  # noqa: PLR2004 - UTCTime
        year += 2000 if year < _UTC_TIME_PIVOT else 1900
    try:
        moment = datetime(
            year,
            int(parts["month"]),
            int(parts["day"]),
            int(parts["hour"]),
            int(parts["minute"]),
            int(parts["second"] or 0),
            int((parts["fraction"] or "0").ljust(6, "0")[:6]),
            tzinfo=_zone(parts["zone"]),
        ).astimezone(UTC)
        slack = timedelta() if parts["zone"] else ZONELESS_SLACK
        width = timedelta() if parts["second"] else timedelta(minutes=1) - _MICROSECOND
        first, last = moment - slack, moment + slack + width
    except (ValueError, OverflowError):
        return TimeClaim(source=source, text=text, earliest=None, latest=None)
    return TimeClaim(source=source, text=text, earliest=first, latest=last)


def _zone(text: str | None) -> timezone:
    if not text or text[0] == "Z":
        return UTC
    digits = re.sub(r"\D", "", text).ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)
