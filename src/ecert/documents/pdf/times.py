"""Reads PDF dates (ISO 32000-2, 7.9.4) as claims; a missing zone leaves an interval (L11)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from ecert.crypto.times import ZONELESS_SLACK, TimeClaim

__all__ = ["parse_pdf_date"]

_DATE: Final = re.compile(
    r"D:(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:(Z)(?:00'?(?:00'?)?)?|([+-])(\d{2})'?(\d{2})?'?)?",
)


def parse_pdf_date(text: str, *, source: str, covered: bool) -> TimeClaim:
    """Return the claim that a PDF date makes; unreadable text gives a claim without instants."""
    text = text.strip()[:64]
    match = _DATE.fullmatch(text)
    if match is None:
        return TimeClaim(source=source, text=text, earliest=None, latest=None, covered=covered)
    slack = timedelta(0)
    if match[8]:
        offset = timedelta(hours=int(match[9]), minutes=int(match[10] or 0))
        offset = -offset if match[8] == "-" else offset
    else:
        offset = timedelta(0)
        slack = timedelta(0) if match[7] else ZONELESS_SLACK
    try:
        numbers = [int(match[index]) for index in range(1, 7)]
        zone = timezone(offset)
        moment = datetime(*numbers, tzinfo=zone).astimezone(UTC)  # type: ignore[arg-type,misc]
        earliest, latest = moment - slack, moment + slack
    except (ValueError, OverflowError):
        return TimeClaim(source=source, text=text, earliest=None, latest=None, covered=covered)
    return TimeClaim(source=source, text=text, earliest=earliest, latest=latest, covered=covered)
